//! Frames: how events are spelled on the wire.

/// How frames are spelled. The default is what vLLM sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameStyle {
    /// How lines end.
    pub line_end: LineEnd,
    /// What stands between `data:` and the payload.
    pub gap: Gap,
    /// An `event:` line before the data.
    pub event_name: Option<&'static str>,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// `\n`.
    #[default]
    Lf,
    /// `\r\n`, the default of servers built on sse-starlette.
    CrLf,
    /// `\r`, which the standard allows and nobody expects.
    Cr,
}

/// What stands behind `data:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gap {
    /// A space.
    #[default]
    Space,
    /// Nothing, as in TGI.
    Tight,
}

impl LineEnd {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

impl FrameStyle {
    /// Writes one event. Line feeds in the payload make several data lines, as the standard asks.
    pub fn event(self, out: &mut Vec<u8>, payload: &[u8]) {
        let line_end = self.line_end.bytes();
        if let Some(name) = self.event_name {
            out.extend_from_slice(b"event: ");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(line_end);
        }
        for line in payload.split(|byte| *byte == b'\n') {
            out.extend_from_slice(match self.gap {
                Gap::Space => b"data: ",
                Gap::Tight => b"data:",
            });
            out.extend_from_slice(line);
            out.extend_from_slice(line_end);
        }
        out.extend_from_slice(line_end);
    }

    /// Writes a keep-alive comment.
    pub fn comment(self, out: &mut Vec<u8>, text: &str) {
        out.extend_from_slice(b": ");
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(self.line_end.bytes());
        out.extend_from_slice(self.line_end.bytes());
    }

    /// Writes `[DONE]`.
    pub fn done(self, out: &mut Vec<u8>) {
        Self { event_name: None, ..self }.event(out, b"[DONE]");
    }
}
