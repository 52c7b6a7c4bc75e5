//! The pages' frames, embedded and parsed once.

use crate::error::WebError;
use minijinja::{Environment, UndefinedBehavior, Value};

const PAGES: [(&str, &str); 8] = [
    ("base.html", include_str!("../../templates/base.html")),
    ("calculator.html", include_str!("../../templates/calculator.html")),
    ("form.html", include_str!("../../templates/form.html")),
    ("result.html", include_str!("../../templates/result.html")),
    ("gpus.html", include_str!("../../templates/gpus.html")),
    ("scenarios.html", include_str!("../../templates/scenarios.html")),
    ("api.html", include_str!("../../templates/api.html")),
    ("error.html", include_str!("../../templates/error.html")),
];

/// Every page. Values are escaped, for their names end in `.html`.
#[derive(Debug)]
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub(crate) fn new() -> Result<Self, WebError> {
        let mut environment = Environment::new();
        // A slip in a template is an error in a test, not an empty place on a page.
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, text) in PAGES {
            environment.add_template(name, text)?;
        }
        Ok(Self(environment))
    }

    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, WebError> {
        Ok(self.0.get_template(name)?.render(context)?)
    }
}
