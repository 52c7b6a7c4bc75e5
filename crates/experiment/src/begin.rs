//! Where a run begins to be written, anew or after it was cut short.

use crate::bench::{BenchError, BenchPlan, Place};
use crate::resume::{Past, Standing};
use crate::run_dir::RunDir;
use crate::telemetry::{Asked, Before};
use farebox_core::run::RunManifest;
use farebox_measure::RunClock;
use std::fs::File;

/// A run directory that is written to from now on.
pub(crate) struct Begun {
    pub(crate) dir: RunDir,
    pub(crate) manifest: RunManifest,
    pub(crate) standing: Standing,
    pub(crate) records: File,
    pub(crate) before: Before,
}

/// Makes the run directory, or takes up the one that is there.
pub(crate) fn begin(
    plan: &BenchPlan,
    (mut now, past): (RunManifest, Option<Past>),
    asked: &Asked,
    clock: RunClock,
) -> Result<Begun, BenchError> {
    if let Some(past) = past {
        past.check_server(&plan.out, &now)?;
        let (mut manifest, standing, (records, before)) = past.go_on(now, clock);
        asked.introduce(&mut manifest);
        let dir = RunDir::existing(&plan.out);
        dir.write_manifest(&manifest)?;
        return Ok(Begun { dir, manifest, standing, records, before });
    }
    asked.introduce(&mut now);
    let dir = match plan.place {
        Place::Beside => RunDir::create_beside(&plan.out, &now)?,
        Place::Named | Place::There => RunDir::create(&plan.out, &now)?,
    };
    let records = dir.open_records()?;
    let (standing, before) = (Standing::default(), Before::default());
    Ok(Begun { dir, manifest: now, standing, records, before })
}
