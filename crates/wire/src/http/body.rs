//! Where a body ends, and which of its bytes are data.

use super::reader::HttpError;

/// How the end of a body is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Chunks, the last of them empty.
    Chunked,
    /// After so many bytes.
    Length(u64),
    /// When the connection is closed.
    UntilClose,
}

/// Where in a body the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// In data that is this long, and ends the body.
    Counted(u64),
    /// In data without an end.
    Endless,
    /// In the digits of a chunk's size: its value so far and how many there were.
    Size(u64, u8),
    /// Behind the digits, before the line's end: extensions are passed over.
    Extension(u64),
    /// In the data of a chunk.
    Chunk(u64),
    /// Behind the data, before the line's end.
    ChunkEnd,
    /// In the trailers, in a line that holds something or not yet.
    Trailer(Line),
    /// Behind the last byte.
    Over,
}

/// A line of the trailers so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Empty,
    Filled,
}

/// A chunk's size in hexadecimal digits, at most.
const DIGITS: u8 = 15;

impl Body {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Chunked => Self::Size(0, 0),
            Framing::Length(0) => Self::Over,
            Framing::Length(length) => Self::Counted(length),
            Framing::UntilClose => Self::Endless,
        }
    }

    /// Takes from `bytes` what belongs to the body, handing its data over; how much it took.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        on_data: &mut impl FnMut(&[u8]),
    ) -> Result<usize, HttpError> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            taken += match self {
                Self::Over => break,
                Self::Endless => {
                    on_data(rest);
                    rest.len()
                }
                Self::Counted(left) | Self::Chunk(left) => {
                    let data =
                        &rest[..rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX))];
                    on_data(data);
                    *left -= data.len() as u64;
                    self.after_data();
                    data.len()
                }
                // The usual spelling, whole: the way of nearly every token.
                Self::ChunkEnd if rest.starts_with(b"\r\n") => {
                    *self = Self::Size(0, 0);
                    2
                }
                Self::Size(0, 0) if let Some((size, length)) = plain_size(rest) => {
                    *self = Self::Chunk(size);
                    length
                }
                _ => {
                    *self = self.after(rest[0])?;
                    1
                }
            };
        }
        Ok(taken)
    }

    fn after_data(&mut self) {
        match self {
            Self::Counted(0) => *self = Self::Over,
            Self::Chunk(0) => *self = Self::ChunkEnd,
            _ => {}
        }
    }

    /// The state after one byte of framing. Lines may end without CR, as readers everywhere
    /// allow.
    fn after(self, byte: u8) -> Result<Self, HttpError> {
        Ok(match (self, byte) {
            (Self::Size(size, digits), byte) if byte.is_ascii_hexdigit() => {
                if digits == DIGITS {
                    return Err(HttpError::Chunk("its size has too many digits"));
                }
                let digit = (byte as char).to_digit(16).unwrap_or_default();
                Self::Size(size << 4 | u64::from(digit), digits + 1)
            }
            (Self::Size(_, 0), _) => return Err(HttpError::Chunk("its size is no number")),
            (Self::Size(size, _) | Self::Extension(size), b'\n') => match size {
                0 => Self::Trailer(Line::Empty),
                size => Self::Chunk(size),
            },
            (Self::Size(size, _), b'\r' | b';' | b' ' | b'\t') | (Self::Extension(size), _) => {
                Self::Extension(size)
            }
            (Self::Size(..), _) => return Err(HttpError::Chunk("its size is no number")),
            (Self::ChunkEnd, b'\n') => Self::Size(0, 0),
            (Self::ChunkEnd, b'\r') => Self::ChunkEnd,
            (Self::ChunkEnd, _) => return Err(HttpError::Chunk("it is longer than its size")),
            (Self::Trailer(Line::Empty), b'\n') => Self::Over,
            (Self::Trailer(Line::Filled), b'\n') => Self::Trailer(Line::Empty),
            (Self::Trailer(line), b'\r') => Self::Trailer(line),
            (Self::Trailer(_), _) => Self::Trailer(Line::Filled),
            (state, _) => state,
        })
    }
}

/// The size of a chunk that is not the last, and the length of its line, where the line is whole
/// and holds up to eight digits and nothing else.
fn plain_size(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut size = 0;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        size = match byte {
            b'0'..=b'9' => size << 4 | u64::from(byte - b'0'),
            b'a'..=b'f' => size << 4 | u64::from(byte - b'a' + 10),
            b'\r' if size > 0 && bytes.get(place + 1) == Some(&b'\n') => {
                return Some((size, place + 2));
            }
            _ => return None,
        };
    }
    None
}
