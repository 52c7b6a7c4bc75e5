//! The definitions: how a record becomes latencies.
//!
//! | name | definition |
//! |---|---|
//! | `ttft` | first token-bearing chunk - first byte sent; `ttft_sched` from the scheduled time |
//! | `ttfo` | first token that is not reasoning - first byte sent |
//! | `tpot` | (last token - first token) / (output tokens - tokens in the first chunk) |
//! | `icl`  | gap between successive token-bearing chunks |
//! | `itl`  | `icl` / tokens in the later chunk, weighted by them; absent unless they are known |
//! | `e2e`  | last token - first byte sent; `e2e_sched` from the scheduled time |
//!
//! A role, a ping or a usage chunk is never a token. Where the server does not count the tokens
//! of its first chunk it is taken to hold one.

use crate::metric::Metric;
use crate::quantity::{Milliseconds, RunInstant};
use crate::record::{Event, RequestRecord, TokenSource};

impl RequestRecord {
    /// The request's latency by `metric`, for those that are one number per request.
    pub fn latency(&self, metric: Metric) -> Option<Milliseconds> {
        match metric {
            Metric::Ttft => self.after_send(self.first_token_ns),
            Metric::TtftSched => self.after_schedule(self.first_token_ns),
            Metric::Ttfo => self.after_send(self.first_output_ns),
            Metric::Tpot => self.tpot(),
            Metric::E2e => self.after_send(self.last_token_ns),
            Metric::E2eSched => self.after_schedule(self.last_token_ns),
            Metric::Icl | Metric::Itl => None,
        }
    }

    /// How much later than scheduled its first byte went out; none in closed loop.
    pub fn send_lag(&self) -> Option<Milliseconds> {
        self.after_schedule(Some(self.send_ns))
    }

    /// Gaps between successive token-bearing chunks; empty where events were not kept.
    pub fn chunk_gaps(&self) -> impl Iterator<Item = Milliseconds> + '_ {
        self.gaps().map(|(gap, _)| gap)
    }

    /// Gaps per token, and how many tokens share each; empty unless the server counted the tokens
    /// of every chunk.
    pub fn token_gaps(&self) -> impl Iterator<Item = (Milliseconds, u32)> + '_ {
        let counted = self.token_events().all(|event| event.tokens.is_some());
        let gaps = self.gaps().filter(move |_| counted);
        gaps.map(|(gap, later)| {
            let tokens = later.tokens.unwrap_or(0);
            (gap.times(1.0 / f64::from(tokens.max(1))), tokens)
        })
    }

    /// The stream's token-bearing events.
    pub fn token_events(&self) -> impl Iterator<Item = &Event> + Clone {
        self.events.iter().filter(|event| event.kind.bears_tokens())
    }

    fn gaps(&self) -> impl Iterator<Item = (Milliseconds, &Event)> {
        let later = self.token_events().skip(1);
        self.token_events().zip(later).map(|(earlier, later)| {
            let gap = later.since_send_ns.saturating_sub(earlier.since_send_ns);
            (Milliseconds::from_nanos(gap), later)
        })
    }

    /// None for a one-chunk answer, and where nobody but us counted the tokens.
    fn tpot(&self) -> Option<Milliseconds> {
        if self.token_source == Some(TokenSource::Chunks) || self.token_chunks < 2 {
            return None;
        }
        let first_chunk = u64::from(self.first_chunk_tokens.unwrap_or(1));
        let later = self.output_tokens?.checked_sub(first_chunk).filter(|tokens| *tokens > 0)?;
        let decode = self.last_token_ns?.ms_since(self.first_token_ns?);
        Some(decode.times(1.0 / later as f64))
    }

    fn after_send(&self, instant: Option<RunInstant>) -> Option<Milliseconds> {
        Some(instant?.ms_since(self.send_ns))
    }

    fn after_schedule(&self, instant: Option<RunInstant>) -> Option<Milliseconds> {
        Some(instant?.ms_since(self.sched_ns?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::EventKind::{Content, Reasoning, Role, Usage};
    use crate::record::{EventKind, tests_support::record};

    /// One request on which common tools disagree: scheduled at -0.50 s, sent at 0, role chunk
    /// 0.20, first reasoning token 0.21, first answer token 0.61, last token 2.60, end 2.62;
    /// 50 reasoning and 51 answer tokens.
    fn worked_request() -> RequestRecord {
        let second = |s: f64| (s * 1e9).round() as u64;
        let send = RunInstant::from_nanos(second(10.0));
        let at = |s: f64| RunInstant::from_nanos(second(10.0 + s));
        let event = |s: f64, kind: EventKind| Event {
            since_send_ns: second(s),
            kind,
            tokens: None,
            read_id: 0,
        };
        let reasoning = (0..50).map(|i| event(0.21 + 0.008 * f64::from(i), Reasoning));
        let answer = (0..51).map(|i| event(0.61 + 0.0398 * f64::from(i), Content));
        let events: Vec<Event> = std::iter::once(event(0.20, Role))
            .chain(reasoning)
            .chain(answer)
            .chain([event(2.62, Usage)])
            .collect();
        RequestRecord {
            sched_ns: Some(RunInstant::from_nanos(second(9.5))),
            send_ns: send,
            first_token_ns: Some(at(0.21)),
            first_output_ns: Some(at(0.61)),
            last_token_ns: Some(at(2.60)),
            end_ns: at(2.62),
            events,
            token_chunks: 101,
            output_tokens: Some(101),
            reasoning_tokens: Some(50),
            token_source: Some(TokenSource::UsageFinal),
            ..record()
        }
    }

    #[test]
    fn the_worked_request_comes_out_as_defined() {
        let request = worked_request();
        for (metric, expected) in [
            (Metric::Ttft, 210.0),
            (Metric::TtftSched, 710.0),
            (Metric::Ttfo, 610.0),
            (Metric::Tpot, 23.9),
            (Metric::E2e, 2600.0),
            (Metric::E2eSched, 3100.0),
        ] {
            let got = request.latency(metric).unwrap().get();
            assert!((got - expected).abs() < 1e-6, "{metric}: {got}, not {expected}");
        }
        let gaps: Vec<f64> = request.chunk_gaps().map(Milliseconds::get).collect();
        assert_eq!(gaps.len(), 100, "a role or usage chunk makes no gap");
        assert!((gaps[0] - 8.0).abs() < 1e-6 && (gaps[99] - 39.8).abs() < 1e-6);
        assert_eq!(request.token_gaps().count(), 0, "never guessed from chunks");
    }

    #[test]
    fn tokens_of_the_first_chunk_are_not_decoded_in_the_gaps() {
        // 4 tokens per event, 10 ms a token: 32 events, 40 ms apart, 128 tokens.
        let request = RequestRecord {
            first_token_ns: Some(RunInstant::from_nanos(50_000_000)),
            last_token_ns: Some(RunInstant::from_nanos(50_000_000 + 31 * 40_000_000)),
            token_chunks: 32,
            first_chunk_tokens: Some(4),
            output_tokens: Some(128),
            ..record()
        };
        assert_eq!(request.latency(Metric::Tpot), Some(Milliseconds::new(10.0)));
    }

    #[test]
    fn one_chunk_or_uncounted_tokens_have_no_tpot() {
        let one = RequestRecord { token_chunks: 1, output_tokens: Some(16), ..record() };
        assert_eq!(one.latency(Metric::Tpot), None);
        let uncounted = RequestRecord {
            token_source: Some(TokenSource::Chunks),
            token_chunks: 9,
            output_tokens: Some(9),
            ..record()
        };
        assert_eq!(uncounted.latency(Metric::Tpot), None);
    }

    #[test]
    fn token_gaps_weigh_each_chunk_by_its_tokens() {
        let event = |ms: u64, tokens| Event {
            since_send_ns: ms * 1_000_000,
            kind: Content,
            tokens: Some(tokens),
            read_id: 0,
        };
        let request = RequestRecord { events: vec![event(50, 1), event(90, 4)], ..record() };
        assert_eq!(request.token_gaps().collect::<Vec<_>>(), [(Milliseconds::new(10.0), 4)]);
    }
}
