//! Which runs are asked about, by which promises and at which price.

use super::download::Form;
use crate::error::WebError;
use farebox_calculator::{Billing, Fleet, NamedPrice};
use farebox_catalog::Catalogue;
use farebox_core::run::Rental;
use farebox_core::{Deployment, Slo};
use farebox_price::{PriceSettings, Utilisation};
use url::form_urlencoded;

/// A question about runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RunsAsked {
    /// Their names; the first is the baseline.
    pub(crate) runs: Vec<String>,
    /// The whole billed machine, in dollars per hour; none for what each run says.
    pub(super) usd_per_hour: Option<f64>,
    /// The share of what it serves that is sold; none for all of it.
    pub(super) utilisation: Option<Utilisation>,
    /// Promises in place of those of the runs.
    pub(super) slos: Vec<Slo>,
    /// A file in place of a page.
    pub(super) download: Option<Form>,
}

/// Runs that one page still shows.
const MOST_RUNS: usize = 8;
/// Promises that one page still shows.
const MOST_SLOS: usize = 8;
/// More than any machine costs in an hour: a slip of the finger beyond.
const MOST_USD: f64 = 1e6;

impl RunsAsked {
    /// What a program asks: only names in `taken`, for a slip must not be left out silently.
    pub(crate) fn of_program(query: &str, taken: &[&str]) -> Result<Self, WebError> {
        let asks = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        for name in asks.filter(|name| name != "token") {
            if !taken.contains(&name.replace('-', "_").as_str()) {
                let shown: String = name.chars().take(40).collect();
                let message = format!("nothing is called `{shown}` here");
                let known = match taken {
                    [] => "only the path is asked".to_owned(),
                    taken => format!("known: {}", taken.join(", ")),
                };
                return Err(WebError::bad("parameter", message).hint(known));
            }
        }
        Self::of(query)
    }

    /// What a page is asked; names that mean nothing here are left out.
    pub(super) fn of(query: &str) -> Result<Self, WebError> {
        let mut asked = Self::default();
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let text = text.trim();
            if !text.is_empty() {
                asked.add(&name.replace('-', "_"), text)?;
            }
        }
        if asked.runs.len() > MOST_RUNS || asked.slos.len() > MOST_SLOS {
            let message = format!("at most {MOST_RUNS} runs and {MOST_SLOS} promises at once");
            return Err(WebError::bad("parameter", message));
        }
        Ok(asked)
    }

    /// The same about one run, whose name stands in the path.
    pub(crate) fn about(self, name: &str) -> Self {
        Self { runs: vec![name.to_owned()], ..self }
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), WebError> {
        match name {
            "run" | "a" | "b" if !self.runs.iter().any(|run| run == text) => {
                self.runs.push(text.to_owned());
            }
            "price" | "price_per_hour" => self.usd_per_hour = Some(number(name, text, MOST_USD)?),
            "utilisation" => {
                self.utilisation = Utilisation::new(number(name, text, 100.0)? / 100.0);
            }
            "slo" => {
                for word in text.split_whitespace() {
                    let slo = word.parse::<Slo>();
                    let bad = |error| WebError::bad("parameter", format!("slo: {error}"));
                    self.slos.push(slo.map_err(bad)?);
                }
            }
            "download" => {
                let form = Form::named(text).ok_or_else(|| {
                    let shown: String = text.chars().take(40).collect();
                    WebError::bad("parameter", format!("download: `{shown}` is no form"))
                        .hint(Form::NAMES)
                })?;
                self.download = Some(form);
            }
            // The token has done its work at the door; a link may carry what others add to it.
            _ => {}
        }
        Ok(())
    }

    /// How a run is priced when it is asked like this; `stored` is what it says that its machine
    /// costs. None where nobody said.
    pub(super) fn settings(
        &self,
        stored: Option<&Rental>,
        deployment: &Deployment,
    ) -> Option<PriceSettings> {
        let price = self.usd_per_hour.map(NamedPrice::Machine);
        let billing = Billing { price, ..Billing::default() };
        let fleet = Fleet::of_deployment(deployment);
        let rental = billing.rental(stored, fleet, Catalogue::embedded()).ok()??;
        let typed = self.usd_per_hour.map(|_| "as asked".to_owned());
        let source = typed.unwrap_or_else(|| rental.source.clone());
        let utilisation = self.utilisation.unwrap_or_default();
        Some(PriceSettings { utilisation, ..PriceSettings::new(Rental { source, ..rental }) })
    }

    /// The same as a query, with `runs` or without.
    pub(super) fn query(&self, with_runs: bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if with_runs {
            query.extend_pairs(self.runs.iter().map(|run| ("run", run)));
        }
        query.extend_pairs(self.usd_per_hour.map(|usd| ("price", usd.to_string())));
        query.extend_pairs(self.utilisation.map(|u| ("utilisation", percent(u).to_string())));
        query.extend_pairs(self.slos.iter().map(|slo| ("slo", slo.to_string())));
        query.finish()
    }
}

/// As the pages ask it.
pub(super) fn percent(utilisation: Utilisation) -> f64 {
    // Rounded, for 0.07 x 100 is no 7 in binary.
    (utilisation.get() * 1e6).round() / 1e4
}

/// A number above zero up to `most`.
fn number(name: &str, text: &str, most: f64) -> Result<f64, WebError> {
    let number = text.parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= most);
    number.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        let message = format!("{name}: `{shown}` is out of range");
        WebError::bad("parameter", message).hint(format!("{name} takes a number up to {most}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_core::Pool;

    #[test]
    fn a_question_is_read_and_said_again() {
        let query = "run=a&run=m%2Fcells%2Fx&price=2.5&utilisation=40&slo=fast%3Attft.p90%3D500ms";
        let asked = RunsAsked::of(query).unwrap();
        assert_eq!(asked.runs, ["a", "m/cells/x"]);
        assert_eq!((asked.usd_per_hour, asked.utilisation), (Some(2.5), Utilisation::new(0.4)));
        assert_eq!(RunsAsked::of(&asked.query(true)).unwrap(), asked);
        assert_eq!(RunsAsked::of("price-per-hour=2.5").unwrap().usd_per_hour, Some(2.5));
        assert_eq!(RunsAsked::of("a=x&b=y&b=x").unwrap().runs, ["x", "y"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for query in [
            "price=0",
            "price=-1",
            "price=NaN",
            "price=inf",
            "utilisation=101",
            "utilisation=0",
            "slo=fast",
            "download=exe",
            "run=1&run=2&run=3&run=4&run=5&run=6&run=7&run=8&run=9",
        ] {
            assert_eq!(RunsAsked::of(query).unwrap_err().code, "parameter", "{query}");
        }
    }

    #[test]
    fn a_slip_of_a_program_is_refused() {
        assert!(RunsAsked::of_program("slo=ttft.p90=1s&token=x", &["slo"]).is_ok());
        for (query, taken) in [("prize=2", &["slo"][..]), ("download=json", &["slo"]), ("q=1", &[])]
        {
            let error = RunsAsked::of_program(query, taken).unwrap_err();
            assert_eq!(error.code, "parameter", "{query}");
        }
        assert_eq!(RunsAsked::of("prize=2").unwrap(), RunsAsked::default(), "a page looks past it");
    }

    #[test]
    fn an_idle_machine_is_paid_for_by_what_it_serves() {
        let asked = RunsAsked::of("price=3&utilisation=50").unwrap();
        let two = Deployment { pools: vec![Pool::tensor_parallel(2)], ..Deployment::machine("m") };
        let PriceSettings { rental, utilisation, .. } = asked.settings(None, &two).unwrap();
        assert_eq!((rental.usd_per_hour_total.get(), utilisation.get()), (3.0, 0.5));
        assert_eq!((rental.gpus_billed, rental.gpus_used), (2, 2));
        assert_eq!(RunsAsked::default().settings(None, &two), None, "unknown stays unknown");
    }
}
