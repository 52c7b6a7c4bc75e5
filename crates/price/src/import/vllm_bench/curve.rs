//! Runs to curves: one curve per server setting, one point per load.

use super::run::Run;
use farebox_core::curve::{CURVE_SCHEMA, RequestCounts};
use farebox_core::summarise::attach_phase_times;
use farebox_core::{
    Deployment, Distribution, FailureReason, Load, LoadCurve, LoadPoint, Metric, Milliseconds,
    RequestsPerSecond, Source, Statistic, TokensPerSecond, Workload,
};

/// The curves of `runs`, one for each model, backend and setting of the server, by rising load.
/// They are called `name`, with the settings in which they differ.
pub fn curves(runs: &[Run], name: &str) -> Vec<LoadCurve> {
    let groups = grouped(runs, |run| (&run.model, &run.backend, &run.settings));
    let varied = groups.iter().any(|group| group[0].settings != groups[0][0].settings);
    let named = |run: &Run| {
        let settings = run.settings.iter().filter(|_| varied).map(setting);
        [name.to_owned()].into_iter().chain(settings).collect::<Vec<_>>().join(" ")
    };
    groups.iter().map(|group| curve(group, named(group[0]))).collect()
}

fn setting((name, value): &(String, String)) -> String {
    format!("{name}={value}")
}

/// Runs that agree in `key`, in the order of their first.
fn grouped<'a, K: PartialEq>(runs: &'a [Run], key: impl Fn(&'a Run) -> K) -> Vec<Vec<&'a Run>> {
    let mut groups: Vec<(K, Vec<&Run>)> = Vec::new();
    for run in runs {
        let of = key(run);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, group)) => group.push(run),
            None => groups.push((of, vec![run])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn curve(runs: &[&Run], name: String) -> LoadCurve {
    let mut loads: Vec<(Load, Vec<&Run>)> = Vec::new();
    for run in runs {
        match loads.iter_mut().find(|(load, _)| *load == run.load()) {
            Some((_, of_load)) => of_load.push(run),
            None => loads.push((run.load(), vec![run])),
        }
    }
    loads.sort_by(|(a, _), (b, _)| a.value.total_cmp(&b.value));
    let mut points: Vec<LoadPoint> = loads.iter().map(|(load, runs)| point(*load, runs)).collect();
    attach_phase_times(&mut points);
    let per_request = |tokens: fn(&Run) -> f64| sum(runs, tokens) / sum(runs, |r| r.completed);
    LoadCurve {
        schema: CURVE_SCHEMA.to_owned(),
        name,
        deployment: Deployment {
            engine: runs[0].backend.clone(),
            ..Deployment::machine(runs[0].model.clone())
        },
        workload: Workload {
            isl_observed: Some(per_request(|run| run.input_tokens)),
            osl_observed: Some(per_request(|run| run.output_tokens)),
            ..Workload::default()
        },
        source: Source::Imported,
        complete: true,
        price: None,
        points,
    }
}

fn sum(runs: &[&Run], of: fn(&Run) -> f64) -> f64 {
    runs.iter().map(|run| of(run)).sum()
}

/// All runs of a load together: totals over their time.
fn point(load: Load, runs: &[&Run]) -> LoadPoint {
    let seconds = sum(runs, |run| run.duration_s);
    let rate = |total: fn(&Run) -> f64| TokensPerSecond::new(sum(runs, total) / seconds);
    let (ok, failed) = (sum(runs, |run| run.completed), sum(runs, |run| run.failed) as u64);
    let failed = (failed > 0).then_some((FailureReason::Unknown, failed));
    LoadPoint {
        window_s: Some(seconds),
        repeats: runs.len() as u32,
        requests: RequestCounts {
            ok: ok as u64,
            in_window: ok as u64,
            failed: failed.into_iter().collect(),
            ..RequestCounts::default()
        },
        ttft_ms: latency(runs, Metric::Ttft),
        tpot_ms: latency(runs, Metric::Tpot),
        icl_ms: latency(runs, Metric::Icl),
        e2e_ms: latency(runs, Metric::E2e),
        ..LoadPoint::of_rates(
            load.offered(false),
            rate(|run| run.input_tokens),
            rate(|run| run.output_tokens),
            RequestsPerSecond::new(ok / seconds),
        )
    }
}

/// Means weighed by their answers; of each percentile the highest, see the module's head.
fn latency(runs: &[&Run], metric: Metric) -> Option<Distribution> {
    let n: f64 = sum(runs, |run| run.completed);
    let weighed = |run: &&Run| Some(run.latencies.get(&metric)?.mean? * run.completed);
    let mean: f64 = runs.iter().map(weighed).sum::<Option<f64>>()? / n;
    let mean = Milliseconds::new(mean);
    let first = runs[0].latencies.get(&metric)?;
    let highest = |p: f64| {
        let of = |run: &&Run| run.latency(metric, Statistic::Percentile(p));
        let values: Option<Vec<f64>> = runs.iter().map(of).collect();
        values?.into_iter().reduce(f64::max)
    };
    let listed = first.percentiles.iter();
    let quantiles: Vec<(f64, Milliseconds)> =
        listed.filter_map(|(p, _)| Some((*p, Milliseconds::new(highest(*p)?)))).collect();
    Some(if quantiles.is_empty() {
        Distribution::Mean { mean, n: Some(n as u64) }
    } else {
        Distribution::Quantiles { mean, n: n as u64, quantiles }
    })
}
