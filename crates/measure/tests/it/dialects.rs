//! Each engine's habits together, as `docs/engines.md` lists them: how its stream looks, how its
//! errors look, and what it refuses.

use crate::support::{PROBES, Rig, settings};
use farebox_core::{EngineKind, FailureReason, Metric, TokenSource};
use farebox_measure::Endpoint;
use farebox_testkit::{Answer, ErrorForm, Script, StreamAnswer, UsagePlace, ms};
use farebox_wire::FinishReason;
use std::time::Duration;

/// When the first token comes; no role chunk may pass for it.
const FIRST: Duration = ms(30);

/// One row of the table.
struct Habits {
    engine: EngineKind,
    api: &'static str,
    stream: StreamAnswer,
    error: ErrorForm,
    /// Fields that it refuses, with this status.
    refuses: (u16, &'static [&'static str]),
    /// Fields that are left out without asking.
    known: &'static [&'static str],
    /// Who counts its tokens.
    source: TokenSource,
}

fn stream() -> StreamAnswer {
    Answer::stream().tokens(FIRST, ms(2), 8).input_tokens(50)
}

fn usual(engine: EngineKind) -> Habits {
    Habits {
        engine,
        api: "chat",
        stream: stream(),
        error: ErrorForm::Object,
        refuses: (400, &[]),
        known: &[],
        source: TokenSource::UsageFinal,
    }
}

fn table() -> Vec<Habits> {
    use EngineKind::{Dynamo, LlamaCpp, Ollama, OpenAi, Sglang, Tgi, Transformers, Trtllm, Vllm};
    use TokenSource::{Native, UsageStream};
    const NO_EOS: &[&str] = &["ignore_eos"];
    vec![
        // The role comes with the first result, the reason on the last token's chunk.
        Habits { stream: stream().role_at(FIRST).finish_on_last_token(), ..usual(Vllm) },
        // Not even the head of the answer comes before the first result.
        Habits { stream: stream().headers_at(FIRST), ..usual(Sglang) },
        Habits {
            api: "sglang",
            stream: stream().headers_at(FIRST),
            error: ErrorForm::Text,
            source: UsageStream,
            ..usual(Sglang)
        },
        // Keep-alives while it waits, no role chunk.
        Habits { stream: stream().no_role().comment_at(ms(5)), known: NO_EOS, ..usual(Tgi) },
        Habits { api: "tgi", error: ErrorForm::Text, known: NO_EOS, source: Native, ..usual(Tgi) },
        // Tokens that are no text yet come without any; unknown fields are refused.
        Habits {
            stream: stream().empty_text(2..4),
            refuses: (400, &["stream_options"]),
            source: TokenSource::Chunks,
            ..usual(Trtllm)
        },
        Habits { stream: stream().empty_text(2..4), ..usual(Trtllm) },
        Habits { stream: stream().null_role_at(FIRST), ..usual(LlamaCpp) },
        // Zeros on every chunk, the truth on the last.
        Habits {
            stream: stream().no_role().usage(UsagePlace::ZerosThenFinish),
            error: ErrorForm::Unframed,
            known: NO_EOS,
            ..usual(Ollama)
        },
        Habits {
            api: "ollama",
            error: ErrorForm::Unframed,
            known: NO_EOS,
            source: Native,
            ..usual(Ollama)
        },
        // A role before anything is computed, usage with the reason, no [DONE], 422.
        Habits {
            stream: stream().role_at(ms(0)).usage(UsagePlace::OnFinish).no_done(),
            error: ErrorForm::BrokenText,
            refuses: (422, &["stream_options"]),
            known: NO_EOS,
            ..usual(Transformers)
        },
        // Named frames; the last token, the reason and the usage in one chunk.
        Habits {
            stream: stream()
                .event_name("message")
                .finish_on_last_token()
                .usage(UsagePlace::OnFinish),
            error: ErrorForm::NamedEvent,
            ..usual(Dynamo)
        },
        // A role at once, pings, no [DONE]; a model that takes no temperature but its own.
        Habits {
            stream: stream().role_at(ms(0)).comment_at(ms(5)).no_done(),
            error: ErrorForm::Unframed,
            refuses: (400, &["temperature", "max_tokens"]),
            known: NO_EOS,
            ..usual(OpenAi)
        },
    ]
}

impl Habits {
    fn name(&self) -> String {
        format!("{} at {}", self.engine, self.api)
    }

    async fn rig(&self, script: Script) -> Rig {
        let mut settings = settings();
        settings.engine = Some(self.engine);
        settings.endpoint = Endpoint::parse(self.api).unwrap();
        Rig::with(script, settings).await
    }

    /// Answers with this whoever does not send what is refused.
    fn script(&self, answer: StreamAnswer) -> Script {
        let (status, fields) = self.refuses;
        let fields = fields.iter().chain(self.known);
        fields.fold(Script::always(answer), |script, field| {
            script.on_field(field, Answer::refuse_field(status, field))
        })
    }
}

#[tokio::test]
async fn every_engine_is_measured_in_its_own_dialect() {
    for habits in table() {
        let name = habits.name();
        let mut rig = habits.rig(habits.script(habits.stream.clone())).await;
        let record = &rig.one_by_one(1).await[0];
        assert!(record.is_ok(), "{name}: {record:?}");
        assert_eq!(record.token_source, Some(habits.source), "{name}");
        // Who refuses `stream_options` has its chunks counted, and hides two tokens.
        if habits.source == TokenSource::Chunks {
            assert_eq!((record.input_tokens, record.output_tokens), (None, Some(6)), "{name}");
        } else {
            let counted = (record.input_tokens, record.output_tokens);
            assert_eq!(counted, (Some(50), Some(8)), "{name}");
        }
        assert_eq!(record.finish_reason.as_deref(), Some("length"), "{name}");
        let ttft = record.latency(Metric::Ttft).unwrap().get();
        assert!(ttft >= FIRST.as_secs_f64() * 1e3, "{name}: {ttft} ms is no token's time");

        let (status, refused) = habits.refuses;
        let given_up: Vec<_> =
            rig.prepared.negotiated.iter().map(|n| (&*n.field, n.http_status)).collect();
        let known = habits.known.iter().map(|field| (*field, None));
        let refused = refused.iter().map(|field| (*field, Some(status)));
        assert_eq!(given_up, known.chain(refused).collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn every_engines_errors_are_failures_on_either_side_of_the_first_token() {
    for habits in table() {
        for tokens in [0, 3] {
            let broken = habits.stream.clone().error_after(tokens, habits.error);
            let probes = PROBES + habits.refuses.1.len();
            let script = habits.script(broken).on_ordinals(0..probes, habits.stream.clone());
            let mut rig = habits.rig(script).await;
            let record = &rig.one_by_one(1).await[0];
            let name = habits.name();
            assert_eq!(record.reason, Some(FailureReason::InBandError), "{name}: {record:?}");
            assert_eq!(record.token_chunks > 0, tokens > 0, "{name}");
            let detail = record.detail.as_deref().unwrap();
            assert!(detail.contains("scripted failure"), "{name}: {detail}");
        }
    }
}

/// SGLang ends a request that it gives up as if it were done.
#[tokio::test]
async fn an_abort_that_looks_like_an_end_is_none() {
    let aborted = stream().finish(FinishReason::Abort);
    let mut rig = Rig::start(Script::always(aborted).on_ordinals(0..PROBES, stream())).await;
    let record = &rig.one_by_one(1).await[0];
    assert_eq!(record.reason, Some(FailureReason::InBandError), "{record:?}");
    assert_eq!(record.token_chunks, 8, "its tokens came");
}
