//! What so many users cost on the machine that was measured.

use crate::error::CliError;
use crate::output;
use farebox_calculator::{Traffic, Users};
use farebox_core::run::Rental;
use farebox_core::{Load, LoadCurve, Slo};
use farebox_experiment::run_dir::replace_file;
use farebox_price::{PriceSettings, Tier};
use farebox_report::numbers::dollars;
use serde::Serialize;
use std::path::Path;

/// The file in the run directory.
const FILE: &str = "users.json";

/// `users.json`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    tiers: Vec<Carried>,
}

/// One promise, and what the users cost on machines that keep it.
#[derive(Debug, Serialize)]
struct Carried {
    name: String,
    slo: Option<String>,
    /// The load that each machine is held at; null where no load keeps the promise.
    load: Option<Load>,
    /// Why there is none.
    reason: Option<String>,
    traffic: Option<Traffic>,
}

/// Works it out for each promise of a run at the load that it is priced at, says it, and keeps it
/// beside the run in `dir`.
pub(super) fn conclude(
    users: Users,
    (curve, slos): (&LoadCurve, &[Slo]),
    rental: Rental,
    dir: &Path,
) -> Result<(), CliError> {
    let mut settings = PriceSettings::new(rental);
    settings.slos = slos.to_vec();
    let sheet = farebox_price::price(std::slice::from_ref(curve), &settings);
    let sheet = sheet.map_err(CliError::usage)?;
    let tiers: Vec<Carried> =
        sheet.tiers.iter().map(|tier| Carried::of(users, curve, tier)).collect();
    for tier in &tiers {
        output::note(tier.said());
    }
    let document = Document { schema: "farebox.users/1", tiers };
    let text = serde_json::to_string_pretty(&document).map_err(CliError::failed)? + "\n";
    let path = dir.join(FILE);
    replace_file(&path, text.as_bytes())
        .map_err(|error| CliError::failed(format_args!("{}: {error}", path.display())))
}

impl Carried {
    fn of(users: Users, curve: &LoadCurve, tier: &Tier) -> Self {
        let traffic = tier.price().and_then(|price| {
            let point = curve.points.iter().find(|point| point.offered.load() == price.load)?;
            let carried = point.requests_per_s.get() * f64::from(price.replicas);
            Some(Traffic::of(users, carried, Some(price.usd_per_hour_total.get())))
        });
        Self {
            name: tier.name.clone(),
            slo: tier.slo.clone(),
            load: tier.price().map(|price| price.load),
            reason: tier.reason().map(str::to_owned),
            traffic,
        }
    }

    fn said(&self) -> String {
        let (Some(load), Some(traffic)) = (self.load, &self.traffic) else {
            return format!("users at {}: {}", self.name, self.reason.as_deref().unwrap_or("-"));
        };
        let Traffic { users, requests_per_user_hour: each, machines, utilisation, .. } = *traffic;
        let usd = |usd: Option<f64>| usd.map_or("-".to_owned(), |usd| format!("${}", dollars(usd)));
        format!(
            "users at {} ({load}): {users} with {each} requests an hour take {machines} x this \
             machine, {:.1} % used: {} per hour, {} per hour and user",
            self.name,
            utilisation * 100.0,
            usd(traffic.usd_per_hour),
            usd(traffic.usd_per_user_hour),
        )
    }
}
