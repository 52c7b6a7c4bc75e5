//! What the header of a safetensors file says about its tensors.
//!
//! Format: <https://huggingface.co/docs/safetensors/index>. Eight bytes give the length `n` of the
//! header, little-endian; `n` bytes of JSON follow: tensor name to dtype, shape and data offsets.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The tensors of one file, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafetensorsHeader {
    /// Number of tensors.
    pub tensors: usize,
    /// Elements by dtype as written there (`BF16`, `F8_E4M3`, ...). Packed formats store several
    /// weights in one element of an integer type: there, elements are fewer than weights.
    pub elements: BTreeMap<String, u64>,
    /// Bytes by dtype.
    pub bytes: BTreeMap<String, u64>,
}

/// Why a header cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The file ends before its header does.
    #[error("the header ends early")]
    Short,
    /// The announced length is above the format's own limit of 100 MB.
    #[error("a header of {0} bytes is announced, more than the format allows")]
    TooLong(u64),
    /// It is not the JSON it should be.
    #[error("the header is malformed at line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Shape, dtype and offsets of a tensor contradict each other or overflow.
    #[error("tensor `{0}` does not fill its bytes")]
    Tensor(String),
}

/// Longest header the format allows, in bytes.
const LONGEST: u64 = 100_000_000;

/// Bytes before the JSON.
const LENGTH_BYTES: usize = 8;

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl SafetensorsHeader {
    /// Reads the beginning of a file, which holds at least the whole header.
    pub fn parse(file: &[u8]) -> Result<Self, HeaderError> {
        let end = header_end(file)? as usize;
        let json = file.get(LENGTH_BYTES..end).ok_or(HeaderError::Short)?;
        let malformed =
            |e: &serde_json::Error| HeaderError::Json { line: e.line(), column: e.column() };
        let entries: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(json).map_err(|error| malformed(&error))?;
        let mut header = Self::default();
        for (name, entry) in entries {
            if name != "__metadata__" {
                let tensor = Tensor::deserialize(entry).ok().and_then(|tensor| header.add(tensor));
                tensor.ok_or(HeaderError::Tensor(name))?;
            }
        }
        Ok(header)
    }

    /// Elements of all dtypes.
    pub fn total_elements(&self) -> u64 {
        self.elements.values().copied().fold(0, u64::saturating_add)
    }

    /// Bytes of all dtypes.
    pub fn total_bytes(&self) -> u64 {
        self.bytes.values().copied().fold(0, u64::saturating_add)
    }

    /// Adds the tensors of another file, as of the next shard.
    pub fn merge(&mut self, other: &Self) {
        self.tensors += other.tensors;
        for (mine, theirs) in
            [(&mut self.elements, &other.elements), (&mut self.bytes, &other.bytes)]
        {
            for (dtype, count) in theirs {
                let sum = mine.entry(dtype.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// `None` if the tensor contradicts itself.
    fn add(&mut self, tensor: Tensor) -> Option<()> {
        let elements = tensor.shape.iter().try_fold(1_u64, |n, side| n.checked_mul(*side))?;
        let bytes = tensor.data_offsets.1.checked_sub(tensor.data_offsets.0)?;
        if let Some(bits) = bits(&tensor.dtype)
            && elements.checked_mul(bits)? != bytes.checked_mul(8)?
        {
            return None;
        }
        let all_elements = self.elements.entry(tensor.dtype.clone()).or_default();
        *all_elements = all_elements.checked_add(elements)?;
        let all_bytes = self.bytes.entry(tensor.dtype).or_default();
        *all_bytes = all_bytes.checked_add(bytes)?;
        self.tensors += 1;
        Some(())
    }
}

/// Where the header of a file that begins with `bytes` ends.
pub(crate) fn header_end(bytes: &[u8]) -> Result<u64, HeaderError> {
    let length = bytes.first_chunk::<LENGTH_BYTES>().ok_or(HeaderError::Short)?;
    let length = u64::from_le_bytes(*length);
    if length > LONGEST { Err(HeaderError::TooLong(length)) } else { Ok(length + 8) }
}

/// Bits of one element; `None` for dtypes that are newer than this list.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F64" | "I64" | "U64" | "C64" => 64,
        "F32" | "I32" | "U32" => 32,
        "F16" | "BF16" | "I16" | "U16" => 16,
        "F8_E4M3" | "F8_E5M2" | "F8_E8M0" | "I8" | "U8" | "BOOL" => 8,
        "F6_E2M3" | "F6_E3M2" => 6,
        "F4" => 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(json: &str) -> Vec<u8> {
        [&(json.len() as u64).to_le_bytes(), json.as_bytes()].concat()
    }

    #[test]
    fn elements_and_bytes_add_up_by_dtype() {
        let json = r#"{"__metadata__":{"format":"pt"},
            "a":{"dtype":"BF16","shape":[3,5],"data_offsets":[0,30]},
            "b":{"dtype":"BF16","shape":[],"data_offsets":[30,32]},
            "c":{"dtype":"F4","shape":[6],"data_offsets":[32,35]},
            "d":{"dtype":"NEW","shape":[7],"data_offsets":[35,36]}}"#;
        let mut header = SafetensorsHeader::parse(&file(json)).unwrap();
        assert_eq!(header.tensors, 4);
        let elements: Vec<_> = header.elements.iter().map(|(d, n)| (d.as_str(), *n)).collect();
        assert_eq!(elements, [("BF16", 16), ("F4", 6), ("NEW", 7)]);
        assert_eq!((header.total_elements(), header.total_bytes()), (29, 36));
        header.merge(&header.clone());
        assert_eq!((header.tensors, header.total_elements(), header.total_bytes()), (8, 58, 72));
    }

    #[test]
    fn malformed_headers_are_refused() {
        let tensor = |rest: &str| format!(r#"{{"a":{{"dtype":"BF16",{rest}}}}}"#);
        let bad = Err(HeaderError::Tensor("a".to_owned()));
        for rest in [
            r#""shape":[2],"data_offsets":[0,3]"#,
            r#""shape":[2],"data_offsets":[4,0]"#,
            r#""shape":[-2],"data_offsets":[0,4]"#,
            r#""shape":[4294967296,4294967296],"data_offsets":[0,0]"#,
            r#""shape":[2]"#,
        ] {
            assert_eq!(SafetensorsHeader::parse(&file(&tensor(rest))), bad, "{rest}");
        }
        assert_eq!(SafetensorsHeader::parse(b"1234567"), Err(HeaderError::Short));
        assert_eq!(SafetensorsHeader::parse(&file("{}")[..9]), Err(HeaderError::Short));
        let long = u64::MAX.to_le_bytes();
        assert_eq!(SafetensorsHeader::parse(&long), Err(HeaderError::TooLong(u64::MAX)));
        let json = SafetensorsHeader::parse(&file("[1]"));
        assert!(matches!(json, Err(HeaderError::Json { line: 1, .. })), "{json:?}");
    }
}
