//! Runs as a bench writes them.

use crate::support::Site;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Answers of a point: enough for a ramp, a window and a drain.
const ANSWERS: u64 = 40;
const MS: u64 = 1_000_000;

/// A run that is written load by load, as a bench does.
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    manifest: Value,
}

impl Written {
    pub(crate) fn new(site: &Site, name: &str) -> Self {
        let path = site.runs().join(name);
        fs::create_dir_all(&path).unwrap();
        let manifest = json!({
            "schema": "farebox.run/1", "label": "a run", "state": "running", "epoch_unix_ns": 0,
            "started_at": "2026-01-01T00:00:00Z", "command": ["farebox", "bench"],
            "farebox_version": "0.1.0", "seed": 0,
            "deployment": {
                "kind": "machine", "model": "m/8b", "engine": "vllm",
                "pools": [{"role": "both", "gpu": "h100-sxm", "gpus": 1, "tp": 1, "pp": 1, "ep": 1,
                           "dp": 1, "replicas": 1, "precision": null, "kv_dtype": null}],
            },
            "workload": {"isl": 100, "osl": 10},
            "server": {"base_url": "http://127.0.0.1:1", "endpoint": "/v1/chat/completions",
                       "server_header": null, "models": ["m/8b"], "max_model_len": null},
            "negotiation": [],
            "price": {"usd_per_hour_total": 3.6, "gpus_billed": 1, "gpus_used": 1,
                      "source": "--price-per-hour"},
            "slos": ["fast:ttft.p90=50ms"], "points": [], "client": null, "settings": {},
        });
        let run = Self { path, manifest };
        run.write();
        run
    }

    fn write(&self) {
        fs::write(self.path.join("run.json"), self.manifest.to_string()).unwrap();
    }

    /// A finished load of `concurrency`: each slot answers every 100 ms.
    pub(crate) fn load(&mut self, concurrency: u64) {
        let points = self.manifest["points"].as_array_mut().unwrap();
        let (point, start) = (points.len() as u64, points.len() as u64 * 100_000 * MS);
        let waves = ANSWERS / concurrency;
        points.push(json!({
            "load": {"kind": "concurrency", "value": concurrency}, "started_ns": start,
            "stopped_ns": start + waves * 100 * MS, "client_busy_fraction": null,
        }));
        let mut lines = String::new();
        for nth in 0..waves * concurrency {
            let send = start + nth / concurrency * 100 * MS;
            let record = json!({
                "request_id": format!("{point}-{nth}"), "point": point, "phase": "window",
                "send_ns": send, "first_token_ns": send + 10 * MS,
                "first_output_ns": send + 10 * MS, "last_token_ns": send + 100 * MS,
                "end_ns": send + 100 * MS, "token_chunks": 10, "isl_requested": 100,
                "osl_requested": 10, "input_tokens": 100, "output_tokens": 10,
                "token_source": "usage_final", "early_stop": false, "http_status": 200,
                "connection_reused": true, "status": "ok",
            });
            writeln!(lines, "{record}").unwrap();
        }
        let file = self.path.join("requests.jsonl");
        let before = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, before + &lines).unwrap();
        self.write();
    }

    pub(crate) fn ends(&mut self) {
        self.manifest["state"] = json!("complete");
        self.write();
    }

    /// A run of two loads, done.
    pub(crate) fn whole(site: &Site, name: &str) -> Self {
        let mut run = Self::new(site, name);
        run.load(1);
        run.load(4);
        run.ends();
        run
    }

    /// What its engine and an accelerator reported every second.
    pub(crate) fn reports(&self) {
        let mut lines = String::new();
        for second in 0..5_u64 {
            for (scope, metric, value) in [
                ("engine", "kv_used_fraction", 0.1 * second as f64),
                ("engine", "requests_running", 4.0),
                ("gpu:0", "power_w", 300.0),
            ] {
                let t_ns = second * 1000 * MS;
                let line = json!({"t_ns": t_ns, "scope": scope, "metric": metric, "value": value});
                writeln!(lines, "{line}").unwrap();
            }
        }
        fs::write(self.path.join("telemetry.jsonl"), lines).unwrap();
    }
}
