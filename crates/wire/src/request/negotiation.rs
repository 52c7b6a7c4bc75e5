//! Adapting a request to a server that refuses some of its fields.
//!
//! A 400 or 422 that names a field we sent is an offer: leave it out, or call it something else.
//! What was refused once is never sent again, so that a server cannot send us round in circles.

use super::options::{OptionalField, OutputLimitField, RequestOptions, StreamMode};
use crate::error_body::ErrorBody;

/// Options on their way to what the server accepts, and what was given up for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Negotiation {
    options: RequestOptions,
    /// What the server was known not to understand before it was asked.
    lacks: Vec<OptionalField>,
    made: Vec<Adaptation>,
}

/// One concession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adaptation {
    /// The field is no longer sent.
    Dropped(OptionalField),
    /// The field is sent under, or made up for by, another one.
    Replaced {
        /// What the server refused.
        refused: OptionalField,
        /// What is sent now.
        instead: OptionalField,
    },
}

impl Adaptation {
    /// The field the server refused.
    pub fn refused(self) -> OptionalField {
        match self {
            Self::Dropped(field) => field,
            Self::Replaced { refused, .. } => refused,
        }
    }
}

impl Negotiation {
    /// Begins with what one would like to send.
    pub fn new(options: RequestOptions) -> Self {
        Self::lacking(options, &[])
    }

    /// Begins without the fields that the server is known not to understand. What that gives up is
    /// among the [`Self::adaptations`] like any other concession.
    pub fn lacking(options: RequestOptions, lacks: &[OptionalField]) -> Self {
        let mut talk = Self { options, lacks: lacks.to_vec(), made: Vec::new() };
        for field in lacks {
            if talk.options.sends(*field) {
                let adaptation = talk.give_up(*field);
                talk.made.extend(adaptation);
            }
        }
        talk
    }

    /// What to send now.
    pub fn options(&self) -> &RequestOptions {
        &self.options
    }

    /// Every concession so far, in order: a run records them.
    pub fn adaptations(&self) -> &[Adaptation] {
        &self.made
    }

    /// Adapts the options to a refusal. Returns the concessions it led to; none means that the
    /// refusal is about something else and asking again would be useless.
    pub fn adapt(&mut self, refusal: &ErrorBody) -> &[Adaptation] {
        let before = self.made.len();
        let named = named_in(refusal);
        // Judged against what was sent: `use max_completion_tokens` must not undo the replacement
        // that the same sentence has just led to.
        let sent = self.options.clone();
        // Of a field inside another the inner one goes: `stream_options.continuous_usage_stats`.
        let inner = OptionalField::ContinuousUsageStats;
        let only_inner = named.contains(&inner) && sent.sends(inner);
        let outer = |field: &OptionalField| *field == OptionalField::StreamOptions && only_inner;
        let gone = named.into_iter().filter(|field| sent.sends(*field) && !outer(field));
        for field in gone {
            let adaptation = self.give_up(field);
            self.made.extend(adaptation);
        }
        &self.made[before..]
    }

    fn give_up(&mut self, field: OptionalField) -> Option<Adaptation> {
        let options = &mut self.options;
        match field {
            OptionalField::ContinuousUsageStats => options.stream = StreamMode::FinalUsage,
            OptionalField::StreamOptions => options.stream = StreamMode::Plain,
            OptionalField::MinTokens => options.min_tokens = None,
            OptionalField::Temperature => options.temperature = None,
            OptionalField::Seed => options.seed = None,
            OptionalField::IgnoreEos => return Some(self.replace_ignore_eos()),
            OptionalField::MaxTokens => return self.rename_limit(OutputLimitField::MaxTokens),
            OptionalField::MaxCompletionTokens => {
                return self.rename_limit(OutputLimitField::MaxCompletionTokens);
            }
        }
        Some(Adaptation::Dropped(field))
    }

    /// A minimum as high as the limit fixes the output length too, where it is understood.
    fn replace_ignore_eos(&mut self) -> Adaptation {
        let refused = OptionalField::IgnoreEos;
        let wanted = self.options.ignore_eos.take() == Some(true);
        let has_minimum = self.options.min_tokens.is_some();
        let limit = self.options.output_limit.filter(|_| wanted && !has_minimum);
        if limit.is_none() || self.has_refused(OptionalField::MinTokens) {
            return Adaptation::Dropped(refused);
        }
        self.options.min_tokens = limit;
        Adaptation::Replaced { refused, instead: OptionalField::MinTokens }
    }

    /// A limit is never dropped: an unbounded answer is a different experiment.
    fn rename_limit(&mut self, refused: OutputLimitField) -> Option<Adaptation> {
        let instead = refused.other();
        if self.has_refused(instead.as_optional()) {
            return None;
        }
        self.options.limit_field = instead;
        Some(Adaptation::Replaced {
            refused: refused.as_optional(),
            instead: instead.as_optional(),
        })
    }

    fn has_refused(&self, field: OptionalField) -> bool {
        self.lacks.contains(&field) || self.made.iter().any(|made| made.refused() == field)
    }
}

/// The fields that a refusal is about.
fn named_in(refusal: &ErrorBody) -> Vec<OptionalField> {
    // There is nothing else in `stream_options` that we would send.
    let by_content =
        |field| field == OptionalField::StreamOptions && refusal.names_field("include_usage");
    let all = OptionalField::ALL.into_iter();
    all.filter(|field| refusal.names_field(field.name()) || by_content(*field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use OptionalField::{IgnoreEos, MaxCompletionTokens, MaxTokens, MinTokens, StreamOptions};

    fn wished() -> Negotiation {
        Negotiation::new(RequestOptions {
            output_limit: Some(64),
            ignore_eos: Some(true),
            stream: StreamMode::FinalUsage,
            ..RequestOptions::default()
        })
    }

    fn refusal(detail: &str) -> ErrorBody {
        ErrorBody { message: detail.to_owned(), ..ErrorBody::default() }
    }

    #[test]
    fn ignore_eos_becomes_min_tokens_and_then_nothing() {
        let mut talk = wished();
        let made = talk.adapt(&refusal("Unexpected fields in the request: {'ignore_eos'}"));
        assert_eq!(made, [Adaptation::Replaced { refused: IgnoreEos, instead: MinTokens }]);
        assert_eq!((talk.options().ignore_eos, talk.options().min_tokens), (None, Some(64)));
        let made = talk.adapt(&refusal("Unexpected fields in the request: {'min_tokens'}"));
        assert_eq!(made, [Adaptation::Dropped(MinTokens)]);
        assert_eq!(talk.options().min_tokens, None);
    }

    #[test]
    fn ignore_eos_does_not_become_what_was_refused_before() {
        let mut talk = wished();
        talk.options.min_tokens = Some(8);
        talk.adapt(&refusal("unknown field min_tokens"));
        assert_eq!(
            talk.adapt(&refusal("unknown field ignore_eos")),
            [Adaptation::Dropped(IgnoreEos)]
        );
        assert_eq!(talk.options().min_tokens, None);
    }

    #[test]
    fn what_is_known_to_be_lacking_is_not_asked_for() {
        let talk = Negotiation::lacking(wished().options, &[MinTokens, IgnoreEos]);
        assert_eq!(talk.adaptations(), [Adaptation::Dropped(IgnoreEos)]);
        assert_eq!((talk.options().ignore_eos, talk.options().min_tokens), (None, None));
        let talk = Negotiation::lacking(wished().options, &[IgnoreEos]);
        assert_eq!(talk.options().min_tokens, Some(64), "the second best way is still open");
    }

    #[test]
    fn the_limit_is_renamed_once_and_never_dropped() {
        let mut talk = wished();
        let both = refusal("'max_tokens' is not supported. Use 'max_completion_tokens' instead.");
        let renamed = Adaptation::Replaced { refused: MaxTokens, instead: MaxCompletionTokens };
        assert_eq!(talk.adapt(&both), [renamed]);
        assert!(talk.adapt(&both).is_empty());
        assert_eq!(talk.options().output_limit, Some(64));
        assert_eq!(talk.adaptations(), [renamed]);
    }

    #[test]
    fn several_fields_in_one_refusal_go_together() {
        let mut talk = wished();
        let made = talk.adapt(&refusal("unknown: stream_options, ignore_eos, top_k"));
        assert_eq!(
            made.iter().map(|made| made.refused()).collect::<Vec<_>>(),
            [StreamOptions, IgnoreEos]
        );
        assert_eq!(talk.options().stream, StreamMode::Plain);
    }

    #[test]
    fn of_a_field_inside_another_the_inner_one_goes_first() {
        let running = RequestOptions { stream: StreamMode::RunningUsage, ..wished().options };
        let mut talk = Negotiation::new(running);
        talk.adapt(&refusal("Unknown parameter: 'stream_options.continuous_usage_stats'."));
        assert_eq!(talk.options().stream, StreamMode::FinalUsage);
        talk.adapt(&refusal("Unknown parameter: 'stream_options.include_usage'."));
        assert_eq!(talk.options().stream, StreamMode::Plain);
    }

    /// In the words of OpenAI, of pydantic and of TGI.
    #[test]
    fn every_field_is_known_by_any_servers_words() {
        let asked = RequestOptions { temperature: Some(0.0), seed: Some(1), ..wished().options };
        for (words, field) in [
            ("Unsupported value: 'temperature' does not support 0 with this model.", "temperature"),
            ("Input validation error: `temperature` must be strictly positive", "temperature"),
            ("Unrecognized request argument supplied: seed", "seed"),
            ("body.ignore_eos: Extra inputs are not permitted", "ignore_eos"),
            ("Unrecognized request arguments: stream_options", "stream_options"),
        ] {
            let mut talk = Negotiation::new(asked.clone());
            let made = talk.adapt(&refusal(words));
            let refused: Vec<_> = made.iter().map(|made| made.refused().name()).collect();
            assert_eq!(refused, [field], "{words}");
        }
    }

    #[test]
    fn a_refusal_about_something_else_changes_nothing() {
        let mut talk = wished();
        assert!(
            talk.adapt(&refusal("prompt must be a string; seed, min_tokens not sent")).is_empty()
        );
        assert_eq!(talk, wished());
    }
}
