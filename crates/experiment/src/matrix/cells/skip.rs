//! Combinations that cannot be served, each with its reason.

use super::ServerKey;
use crate::matrix::engine::{EngineSpec, Start};
use crate::matrix::server::spec_of;
use crate::matrix::spec::Matrix;
use farebox_launch::{How, command_line};

/// Why no such server can be.
pub(super) fn skip(matrix: &Matrix, engine: &EngineSpec, server: &ServerKey) -> Option<String> {
    let gpus_per_box = engine.price.as_ref().and_then(|price| price.gpus_per_box);
    if let Some(gpus) = gpus_per_box.filter(|gpus| server.tp > *gpus) {
        return Some(format!("tp {} does not fit a box of {gpus}", server.tp));
    }
    let usual_precision = engine.precisions.as_ref().unwrap_or(&matrix.precisions).first();
    let usual_tp = engine.tp.as_ref().unwrap_or(&matrix.tp).first();
    let is_other_precision = usual_precision != Some(&server.precision);
    let is_other_width = usual_tp != Some(&server.tp);
    let is_other = is_other_precision || is_other_width;
    match &engine.start {
        Start::Url(_) => {
            is_other.then(|| "what is up already serves one precision at one width".to_owned())
        }
        Start::Simulated(_) => is_other
            .then(|| "the simulated machine serves one precision on one accelerator".to_owned()),
        Start::Launched { spec, .. } => match &spec.how {
            How::Custom(words) => {
                let takes = |what: &str| words.iter().any(|word| word.contains(what));
                let lacks_width = is_other_width && !takes("{tp}");
                let lacks_model = is_other_precision && !takes("{precision}") && !takes("{model}");
                let reason = match (lacks_width, lacks_model) {
                    (true, _) => "its command has no {tp}",
                    (false, true) => "its command has neither {model} nor {precision}",
                    (false, false) => return None,
                };
                Some(reason.to_owned())
            }
            How::Local(_) | How::Docker(_) => {
                let model = engine.model.as_deref().or(matrix.checkpoint(&server.precision));
                let Some(model) = model else {
                    return Some(format!("[checkpoints] has no {}", server.precision));
                };
                // What an engine cannot be told it cannot serve.
                let spec = spec_of(spec, engine, server, Some(model));
                command_line(&spec).err().map(|error| error.to_string())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::cells;

    #[test]
    fn what_cannot_be_served_is_skipped_with_its_reason() {
        let text = r#"
            tp = [1, 2, 4]
            precisions = ["base", "w8a8"]
            [checkpoints]
            base = "org/m"
            w8a8 = "org/m.w8a8"
            [engines.vllm]
            [engines.baseline]
            kind = "transformers"
            [engines.up]
            kind = "vllm"
            url = "http://127.0.0.1:8000"
            [engines.mine]
            kind = "vllm"
            command = ["serve.sh", "{tp}", "{port}"]
            [engines.own]
            kind = "openai"
            url = "http://127.0.0.1:8001"
            precisions = ["w8a8"]
            tp = [2]
            [price]
            per-gpu-hour = 1
            gpus-per-box = 2
        "#;
        let all = cells(&Matrix::read("m.toml", text).unwrap());
        let reason = |name: &str| {
            let cell = all.iter().find(|cell| cell.name == name);
            cell.unwrap_or_else(|| panic!("{name}")).skip.clone().unwrap_or_default()
        };
        for (name, said) in [
            ("vllm-w8a8-tp2", ""),
            ("vllm-base-tp4", "tp 4 does not fit a box of 2"),
            ("baseline-base-tp1", ""),
            ("baseline-base-tp2", "transformers has no flag for tensor parallelism"),
            ("up-base-tp1", ""),
            ("up-base-tp2", "what is up already serves one precision at one width"),
            ("mine-base-tp2", ""),
            ("mine-w8a8-tp1", "its command has neither {model} nor {precision}"),
            ("own-w8a8-tp2", ""),
        ] {
            assert_eq!(reason(name), said, "{name}");
        }
        let model = |name: &str| all.iter().find(|c| c.name == name).unwrap().model.as_deref();
        assert_eq!(model("vllm-w8a8-tp2"), Some("org/m.w8a8"));
        assert_eq!(model("up-base-tp1"), None, "it is asked what it serves");
    }
}
