//! From a [`StreamAnswer`] and a request to the timetable of its writes.

use std::time::Duration;

use farebox_wire::encode::{ChunkEncoder, ChunkParts, Say, Shape};
use farebox_wire::request::Api;
use farebox_wire::{EventKind, FinishReason, Usage};

use crate::cut::cut;
use crate::fault::Fault;
use crate::http::{LAST_CHUNK, Received, chunk, half_chunk, head};
use crate::native::Native;
use crate::plan::{End, Plan, PlannedWrite};
use crate::stream_answer::{
    Connection, ReasoningField, RoleChunk, StreamAnswer, TokenCount, UsagePlace,
};
use crate::truth::Label;

/// One answer to one request.
pub(crate) struct Planner<'a> {
    answer: &'a StreamAnswer,
    encoder: ChunkEncoder,
    shape: Shape,
    /// The engine's own API that is spoken, where it is none of OpenAI's.
    native: Option<Native<'a>>,
    tokens: u32,
    own_usage_chunk: bool,
}

/// A fault in time: behind how many token events, and when.
#[derive(Clone, Copy)]
struct Break {
    fault: Fault,
    events: usize,
    at: Duration,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(answer: &'a StreamAnswer, request: &Received) -> Self {
        let chat = request.path.contains("/chat/");
        let shape = if chat { Shape::Chat } else { Shape::Completions };
        let model = request.json.get("model").and_then(|model| model.as_str());
        let id = format!("scripted-{}", request.ordinal.unwrap_or(0));
        let tokens = match answer.tokens {
            TokenCount::Fixed(tokens) => tokens,
            TokenCount::AsRequested => request.max_tokens().unwrap_or(16),
        };
        Self {
            answer,
            encoder: ChunkEncoder::new(shape, &id, model.unwrap_or("scripted"), 0),
            shape,
            native: Native::of(answer, Api::at(&request.path), tokens),
            tokens,
            own_usage_chunk: match answer.usage {
                UsagePlace::IfAsked => request.wants_usage(),
                UsagePlace::OwnChunk | UsagePlace::Running => true,
                UsagePlace::Nowhere | UsagePlace::OnFinish | UsagePlace::ZerosThenFinish => false,
            },
        }
    }

    /// Everything in one body, when the last token is due.
    pub(crate) fn whole(&self) -> Plan {
        let mut body = Vec::new();
        let text = self.answer.text.repeat(self.tokens as usize);
        let finish = self.answer.ending.finish.unwrap_or(FinishReason::Length);
        self.encoder.reply(&mut body, &text, finish, self.usage(self.tokens));
        let length = body.len().to_string();
        let mut headers = vec![("Content-Type", "application/json"), ("Content-Length", &*length)];
        headers.extend(self.connection_header());
        let mut bytes = head(200, &headers);
        bytes.extend_from_slice(&body);
        let labels = vec![Label::Head, Label::Body { tokens: self.tokens }];
        let write =
            PlannedWrite { at: self.due(self.event_count().saturating_sub(1)), bytes, labels };
        Plan { writes: vec![write], end: self.proper_end() }
    }

    /// Head, events, and what the fault or the ending asks for.
    pub(crate) fn stream(&self) -> Plan {
        let broken = self.answer.fault.map(|(tokens, fault)| self.break_after(tokens, fault));
        let cut_short = broken.filter(|broken| broken.fault != Fault::BadJson);
        let mut events = self.events(broken);
        if let Some(cut) = cut_short {
            events.retain(|event| event.at <= cut.at);
        } else {
            events.extend(self.tail());
        }
        let mut writes = vec![self.stream_head()];
        writes.extend(events.into_iter().map(|event| PlannedWrite {
            bytes: chunk(&event.bytes),
            at: event.at.max(self.answer.headers_at),
            ..event
        }));
        let end = self.end(cut_short, &mut writes);
        Plan { writes, end }
    }

    /// Role, tokens, comments and a fault's own event, by time.
    fn events(&self, broken: Option<Break>) -> Vec<PlannedWrite> {
        let cut_short = broken.filter(|broken| broken.fault != Fault::BadJson);
        let count = cut_short.map_or(self.event_count(), |cut| cut.events);
        let tokens = (0..count).map(|event| self.token_event(event)).collect();
        let mut events: Vec<PlannedWrite> = self.role().into_iter().collect();
        events.extend(broken.and_then(Break::event));
        events.extend(cut(self.answer.cutting, tokens));
        events.extend(self.answer.comments.iter().map(|at| self.comment(*at)));
        // Stable: what is due at one time keeps its order.
        events.sort_by_key(|event| event.at);
        events
    }

    fn end(&self, cut_short: Option<Break>, writes: &mut Vec<PlannedWrite>) -> End {
        match cut_short {
            Some(Break { fault: Fault::Close, at, .. }) => End::CloseAt(at),
            Some(Break { fault: Fault::Reset, at, .. }) => End::ResetAt(at),
            Some(Break { fault: Fault::Stall, .. }) => End::Hold,
            Some(Break { fault: Fault::CloseInsideChunk, at, events }) => {
                let bytes = half_chunk(&self.token_event(events).bytes);
                writes.push(PlannedWrite { at, bytes, labels: Vec::new() });
                End::CloseAt(at)
            }
            None | Some(Break { fault: Fault::EndBody | Fault::Error(_) | Fault::BadJson, .. }) => {
                let last = writes.last().map_or(Duration::ZERO, |write| write.at);
                let at = cut_short.map_or(last, |cut| cut.at);
                writes.push(PlannedWrite::new(at, LAST_CHUNK.to_vec(), Label::BodyEnd));
                self.proper_end()
            }
        }
    }

    fn break_after(&self, tokens: u32, fault: Fault) -> Break {
        let events =
            (0..self.event_count()).take_while(|event| self.span(*event).1 <= tokens).count();
        Break { fault, events, at: self.due(events) }
    }

    fn event_count(&self) -> usize {
        self.tokens.div_ceil(self.answer.tokens_per_event) as usize
    }

    /// The first token of an event, and the first behind it.
    fn span(&self, event: usize) -> (u32, u32) {
        let from = event as u32 * self.answer.tokens_per_event;
        (from, (from + self.answer.tokens_per_event).min(self.tokens.max(from + 1)))
    }

    fn due(&self, event: usize) -> Duration {
        self.answer.first_at + self.answer.gap * event as u32
    }

    fn token_event(&self, event: usize) -> PlannedWrite {
        let (from, to) = self.span(event);
        let hidden =
            self.answer.empty_text.contains(&from) && self.answer.empty_text.contains(&(to - 1));
        let text = self.answer.text.repeat(if hidden { 0 } else { (to - from) as usize });
        let reasons = from < self.answer.reasoning_tokens && self.shape == Shape::Chat;
        let (kind, say) = match (reasons, self.answer.reasoning_field) {
            (false, _) => (EventKind::Content, Say::Content(&text)),
            (true, ReasoningField::ReasoningContent) => {
                (EventKind::Reasoning, Say::ReasoningContent(&text))
            }
            (true, ReasoningField::Reasoning) => (EventKind::Reasoning, Say::Reasoning(&text)),
        };
        let is_last = event + 1 == self.event_count();
        if let Some(native) = &self.native {
            let (bytes, labels) = native.event((from, to));
            return PlannedWrite { at: self.due(event), bytes, labels };
        }
        let ends = is_last && self.answer.ending.finish_on_last_token;
        let parts = ChunkParts {
            finish: self.answer.ending.finish.filter(|_| ends),
            usage: if ends { self.usage_on_finish() } else { self.usage_on_chunk(to) },
            ..ChunkParts::say(say)
        };
        let mut labels = vec![Label::Event { kind, tokens: to - from }];
        labels.extend(parts.finish.map(|_| Label::event(EventKind::Finish)));
        PlannedWrite { at: self.due(event), bytes: self.frame(parts), labels }
    }

    fn role(&self) -> Option<PlannedWrite> {
        let (at, say) = match self.answer.role {
            _ if self.shape == Shape::Completions || self.native.is_some() => return None,
            RoleChunk::Absent => return None,
            RoleChunk::EmptyAt(at) => (at, Say::Role),
            RoleChunk::NullAt(at) => (at, Say::RoleNull),
        };
        let parts = ChunkParts { usage: self.usage_on_chunk(0), ..ChunkParts::say(say) };
        Some(PlannedWrite::new(at, self.frame(parts), Label::event(EventKind::Role)))
    }

    fn comment(&self, at: Duration) -> PlannedWrite {
        let mut bytes = Vec::new();
        self.answer.style.comment(&mut bytes, "ping");
        PlannedWrite::new(at, bytes, Label::event(EventKind::Ping))
    }

    /// Finish chunk, usage chunk and `[DONE]`, with the last token.
    fn tail(&self) -> Vec<PlannedWrite> {
        let at = self.due(self.event_count().saturating_sub(1));
        if let Some(native) = &self.native {
            let finish = |bytes| PlannedWrite::new(at, bytes, Label::event(EventKind::Finish));
            return native.ending().map(finish).into_iter().collect();
        }
        let ending = self.answer.ending;
        let mut tail = Vec::new();
        let own_finish = !ending.finish_on_last_token || self.tokens == 0;
        if let Some(finish) = ending.finish.filter(|_| own_finish) {
            let parts = ChunkParts { usage: self.usage_on_finish(), ..ChunkParts::finish(finish) };
            tail.push(PlannedWrite::new(at, self.frame(parts), Label::event(EventKind::Finish)));
        }
        if self.own_usage_chunk {
            let (mut json, mut bytes) = (Vec::new(), Vec::new());
            self.encoder.usage(&mut json, self.usage(self.tokens));
            self.answer.style.event(&mut bytes, &json);
            tail.push(PlannedWrite::new(at, bytes, Label::event(EventKind::Usage)));
        }
        if ending.done {
            let mut bytes = Vec::new();
            self.answer.style.done(&mut bytes);
            tail.push(PlannedWrite::new(at, bytes, Label::Done));
        }
        tail
    }

    fn frame(&self, parts: ChunkParts<'_>) -> Vec<u8> {
        let (mut json, mut bytes) = (Vec::new(), Vec::new());
        self.encoder.chunk(&mut json, parts);
        self.answer.style.event(&mut bytes, &json);
        bytes
    }

    fn usage(&self, output_tokens: u32) -> Usage {
        let input_tokens = Some(self.answer.input_tokens);
        let cached_tokens = self.answer.cached_tokens;
        let output_tokens = output_tokens.into();
        Usage { input_tokens, output_tokens, cached_tokens, ..Usage::default() }
    }

    fn usage_on_chunk(&self, so_far: u32) -> Option<Usage> {
        match self.answer.usage {
            UsagePlace::Running => Some(self.usage(so_far)),
            UsagePlace::ZerosThenFinish => Some(Usage { input_tokens: Some(0), ..self.usage(0) }),
            UsagePlace::IfAsked
            | UsagePlace::Nowhere
            | UsagePlace::OwnChunk
            | UsagePlace::OnFinish => None,
        }
    }

    fn usage_on_finish(&self) -> Option<Usage> {
        match self.answer.usage {
            UsagePlace::OnFinish | UsagePlace::ZerosThenFinish | UsagePlace::Running => {
                Some(self.usage(self.tokens))
            }
            UsagePlace::IfAsked | UsagePlace::Nowhere | UsagePlace::OwnChunk => None,
        }
    }

    fn stream_head(&self) -> PlannedWrite {
        let mut headers =
            vec![("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")];
        headers.extend(self.connection_header());
        PlannedWrite::new(self.answer.headers_at, head(200, &headers), Label::Head)
    }

    fn connection_header(&self) -> Option<(&'static str, &'static str)> {
        (self.answer.connection == Connection::Close).then_some(("Connection", "close"))
    }

    fn proper_end(&self) -> End {
        match self.answer.connection {
            Connection::KeepAlive => End::KeepAlive,
            Connection::Close => End::CloseAt(Duration::ZERO),
        }
    }
}

impl Break {
    /// The event the fault consists of, if it is one.
    fn event(self) -> Option<PlannedWrite> {
        let bytes = match self.fault {
            Fault::Error(form) => form.bytes(),
            Fault::BadJson => b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\n\n",
            Fault::EndBody
            | Fault::Close
            | Fault::CloseInsideChunk
            | Fault::Reset
            | Fault::Stall => return None,
        };
        Some(PlannedWrite::new(self.at, bytes.to_vec(), Label::event(EventKind::Error)))
    }
}
