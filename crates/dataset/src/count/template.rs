//! A model's chat template, rendered as its server renders it.
//!
//! Settings and helpers are those of the `transformers` library, which servers share.

use crate::shape::Message;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde_json::Value as Json;

/// A template and the special tokens it names.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
    bos: Option<String>,
    eos: Option<String>,
}

/// Why a template cannot be used, in the words of its engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the chat template: {0}")]
pub struct TemplateError(String);

/// The day that templates are told: counts should not depend on when they are made.
const TODAY: jiff::civil::Date = jiff::civil::date(2024, 7, 26);

const NAME: &str = "chat";

impl ChatTemplate {
    /// The template of a model: its own file, else the one in its configuration; `None` if it has
    /// none.
    pub fn of(config: Option<&str>, file: Option<&str>) -> Result<Option<Self>, TemplateError> {
        let config: Json = match config {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| TemplateError(format!("tokenizer_config.json: {error}")))?,
            None => Json::Null,
        };
        let inside = || default_template(&config["chat_template"]);
        let Some(source) = file.map(str::to_owned).or_else(inside) else { return Ok(None) };
        let token = |name: &str| special(&config[name]);
        Self::new(&source, token("bos_token"), token("eos_token")).map(Some)
    }

    /// A template with the tokens that begin and end a text.
    pub fn new(
        source: &str,
        bos: Option<String>,
        eos: Option<String>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_syntax(syntax()?);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", refuse);
        environment.add_function("strftime_now", |format: &str| TODAY.strftime(format).to_string());
        environment.add_filter("tojson", to_json);
        // Marks for training, which nothing else knows.
        let source = without_training_marks(source);
        environment.add_template_owned(NAME, source.clone()).map_err(|error| wrong(&error))?;
        Ok(Self { environment, source, bos, eos })
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The prompt of a server that is to answer `messages`.
    pub fn prompt(&self, messages: &[Message]) -> Result<String, TemplateError> {
        self.render(&Self::values(messages))
    }

    /// Messages as the engine holds them: cheap to copy, so that a conversation is made once.
    pub(super) fn values(messages: &[Message]) -> Vec<Value> {
        messages.iter().map(|message| Value::from(Serde(message))).collect()
    }

    /// The prompt that ends with these messages.
    pub(super) fn render(&self, messages: &[Value]) -> Result<String, TemplateError> {
        let context = context! {
            messages => messages,
            add_generation_prompt => true,
            bos_token => self.bos.as_deref().unwrap_or_default(),
            eos_token => self.eos.as_deref().unwrap_or_default(),
            tools => Value::from(()),
            documents => Value::from(()),
        };
        let template = self.environment.get_template(NAME).map_err(|error| wrong(&error))?;
        template.render(context).map_err(|error| wrong(&error))
    }
}

/// Blocks leave no blank lines behind.
fn syntax() -> Result<SyntaxConfig, TemplateError> {
    let mut builder = SyntaxConfig::builder();
    builder.trim_blocks(true).lstrip_blocks(true).build().map_err(|error| wrong(&error))
}

fn wrong(error: &Error) -> TemplateError {
    TemplateError(error.to_string())
}

/// What templates call to say that they cannot render such messages.
fn refuse(reason: &str) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, reason.to_owned()))
}

/// Python's `json.dumps` as templates use it: spaces behind commas and colons, no HTML escapes.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes options by value")]
fn to_json(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    // Keys such as ensure_ascii do not matter to what we print.
    let json = serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let text = match indent {
        Some(_) => serde_json::to_string_pretty(&json),
        None => Ok(spaced(&json)),
    };
    let text = text.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(Value::from_safe_string(text))
}

fn spaced(value: &Json) -> String {
    match value {
        Json::Array(list) => {
            format!("[{}]", list.iter().map(spaced).collect::<Vec<_>>().join(", "))
        }
        Json::Object(fields) => {
            let field = |(name, value): (&String, &Json)| {
                format!("{}: {}", Json::String(name.clone()), spaced(value))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A template, or the one called `default` of several.
fn default_template(value: &Json) -> Option<String> {
    let named = |list: &Vec<Json>| {
        let default = list.iter().find(|item| item["name"] == "default")?;
        default["template"].as_str().map(str::to_owned)
    };
    value.as_str().map(str::to_owned).or_else(|| named(value.as_array()?))
}

/// A special token, written as a text or as an object with its content.
fn special(value: &Json) -> Option<String> {
    value.as_str().or_else(|| value["content"].as_str()).map(str::to_owned)
}

/// Blocks that only say what is trained on become blocks that always hold, so that the space
/// around them is treated alike.
fn without_training_marks(source: &str) -> String {
    let mut source = source.to_owned();
    for (mark, instead) in [("generation", "if true"), ("endgeneration", "endif")] {
        for (open, close) in [("{%", "%}"), ("{%-", "%}"), ("{%", "-%}"), ("{%-", "-%}")] {
            let block = |inner: &str| format!("{open} {inner} {close}");
            source = source.replace(&block(mark), &block(instead));
        }
    }
    source
}
