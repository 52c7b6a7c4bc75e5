//! Names for contents.

use ring::digest::{Context, SHA256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// SHA-256 over parts and their lengths, in hexadecimal: `ab`,`c` is not `a`,`bc`.
pub fn sha256(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    hex(context)
}

/// SHA-256 of a file's content, read through once.
pub fn sha256_file(path: &Path) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(context)),
            n => context.update(&buffer[..n]),
        }
    }
}

fn hex(context: Context) -> String {
    let mut text = String::with_capacity(64);
    for byte in context.finish().as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
