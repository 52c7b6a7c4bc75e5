//! JSON: the elements of one array, or objects one after another, cut apart without being parsed.

use super::raw::{Numbered, RawRow};
use super::{LONGEST_ROW, broken};
use crate::error::DatasetError;
use crate::skip::Skip;
use std::io::BufRead;

/// Values of a JSON text, cut apart at commas and brackets outside strings.
pub(crate) struct Elements {
    name: String,
    text: Box<dyn BufRead + Send>,
    layout: Layout,
    row: u64,
}

/// What surrounds the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `[`, elements between commas, `]`.
    Array,
    /// The array's closing bracket was read.
    Closed,
    /// Nothing but space.
    Objects,
}

impl Elements {
    pub(super) fn of_array(name: String, mut text: Box<dyn BufRead + Send>) -> Self {
        text.consume(1);
        Self { name, text, layout: Layout::Array, row: 0 }
    }

    pub(super) fn of_objects(name: String, text: Box<dyn BufRead + Send>) -> Self {
        Self { name, text, layout: Layout::Objects, row: 0 }
    }

    /// The next element; a text that ends inside one, or before its bracket, is broken.
    pub(super) fn next(&mut self) -> Result<Option<Numbered>, DatasetError> {
        if self.layout == Layout::Closed {
            return Ok(None);
        }
        let mut element = Element::default();
        loop {
            let buffer = match self.text.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => return Err(broken(&self.name, self.row, &error)),
            };
            if buffer.is_empty() {
                return self.end(&element);
            }
            let (used, stop) = element.take(buffer, self.layout);
            self.text.consume(used);
            match stop {
                Stop::Not => {}
                Stop::Closed if element.length == 0 => {
                    self.layout = Layout::Closed;
                    return Ok(None);
                }
                Stop::Closed => {
                    self.layout = Layout::Closed;
                    return Ok(Some(self.numbered(element)));
                }
                Stop::Element => return Ok(Some(self.numbered(element))),
            }
        }
    }

    fn end(&self, element: &Element) -> Result<Option<Numbered>, DatasetError> {
        match (self.layout, element.length) {
            (Layout::Objects, 0) => Ok(None),
            _ => Err(broken(&self.name, self.row, &"the JSON ends before its last bracket")),
        }
    }

    fn numbered(&mut self, element: Element) -> Numbered {
        self.row += 1;
        let fits = element.length <= LONGEST_ROW;
        let row = if fits { Ok(RawRow::Json(element.bytes)) } else { Err(Skip::TooLong) };
        Numbered { number: self.row, row }
    }
}

/// An element under way.
#[derive(Debug, Default)]
struct Element {
    bytes: Vec<u8>,
    length: usize,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

/// Why taking stopped.
enum Stop {
    /// The buffer is used up.
    Not,
    /// The element is whole.
    Element,
    /// The array is closed.
    Closed,
}

impl Element {
    /// Takes what belongs to it: bytes used, separators included, and why it stopped.
    fn take(&mut self, buffer: &[u8], layout: Layout) -> (usize, Stop) {
        for (at, byte) in buffer.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                self.push(*byte);
                continue;
            }
            match byte {
                b',' if self.depth == 0 && self.length > 0 => return (at + 1, Stop::Element),
                b']' if self.depth == 0 && layout == Layout::Array => {
                    return (at + 1, Stop::Closed);
                }
                byte if byte.is_ascii_whitespace() || (*byte == b',' && self.depth == 0) => {
                    if self.depth > 0 {
                        self.push(*byte);
                    }
                    continue;
                }
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.push(*byte);
            if self.depth == 0 && *byte == b'}' && layout == Layout::Objects {
                return (at + 1, Stop::Element);
            }
        }
        (buffer.len(), Stop::Not)
    }

    fn push(&mut self, byte: u8) {
        self.length += 1;
        if self.length <= LONGEST_ROW {
            self.bytes.push(byte);
        } else {
            self.bytes = Vec::new();
        }
    }
}
