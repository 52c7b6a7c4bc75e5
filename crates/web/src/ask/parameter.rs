//! Everything that can be asked: names, ranges and words. The API's description is made of this
//! table, and so are its checks and the form.

/// One thing that can be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parameter {
    /// Its name, as the flag of the command line with underscores.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// What it is, for the API's description.
    pub(crate) about: &'static str,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// A whole number from 1.
    Whole { most: u64 },
    /// A whole number from 1, or a word.
    WholeOr { most: u64, word: &'static str },
    /// A number above 0.
    Positive { most: f64 },
    /// A word, read further by whoever knows it.
    Word { longest: usize },
}

const WIDTH: Kind = Kind::Whole { most: 4096 };
const COUNT: Kind = Kind::Whole { most: 65_536 };
const TOKENS: Kind = Kind::Whole { most: 10_000_000 };
const SIZE: Kind = Kind::Whole { most: 10_000_000_000_000_000 };
const USD: Kind = Kind::Positive { most: 1e6 };
const FIGURE: Kind = Kind::Positive { most: 1e8 };
const NAME: Kind = Kind::Word { longest: 256 };

const fn p(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { name, kind, about }
}

/// Longest configuration that is read, in bytes.
pub(crate) const LONGEST_CONFIG: usize = 512 << 10;

/// What an estimate can be asked. Defaults are those of the command line.
pub(crate) const ESTIMATE: [Parameter; 39] = [
    p("model", NAME, "A Hub id of the catalogue, a Hub id to fetch, or api:provider/model"),
    p(
        "config",
        Kind::Word { longest: LONGEST_CONFIG },
        "The text of a config.json in place of `model`; in an address also packed, as \
         z:BASE64URL(DEFLATE(text))",
    ),
    p(
        "hf_quant_config",
        Kind::Word { longest: LONGEST_CONFIG },
        "The text of a hf_quant_config.json that lies beside `config`: how the weights of a ModelOpt \
         checkpoint are stored; packed likewise",
    ),
    p("assume", NAME, "`dense`: read a configuration of an unknown family as that"),
    p("params", NAME, "Parameters in all, such as 7B, for a model described by hand"),
    p("hidden_size", SIZE, "Elements of a token's hidden vector"),
    p("layers", SIZE, "Layers"),
    p("heads", SIZE, "Query heads"),
    p("kv_heads", SIZE, "Key-value heads"),
    p("experts", SIZE, "Experts per layer"),
    p("active_experts", SIZE, "Experts a token visits"),
    p("gpu", NAME, "The accelerator, by id or alias; `cpu` or `custom` with the three figures"),
    p("mem_gb", FIGURE, "Memory of a custom machine, in GB"),
    p("mem_bw_gb_per_s", FIGURE, "Memory bandwidth of a custom machine, in GB/s"),
    p("tflops", FIGURE, "16-bit peak of a custom machine, in TFLOP/s, dense"),
    p("tp", WIDTH, "Tensor-parallel width [1]"),
    p("pp", WIDTH, "Pipeline-parallel width [1]"),
    p("ep", WIDTH, "Expert-parallel width [1]"),
    p("dp", WIDTH, "Attention data parallelism inside a replica [1]"),
    p("replicas", WIDTH, "Whole copies [1]"),
    p("gpus", COUNT, "Accelerators in all; must agree with the widths"),
    p("nodes", COUNT, "Nodes that hold them, equally many on each"),
    p("gpus_per_node", COUNT, "Accelerators of a node [as such machines are built]"),
    p("precision", NAME, "Precision of weights and products, or `base` [what the checkpoint says]"),
    p("kv_dtype", NAME, "Precision of the KV cache [what the checkpoint says, else bf16]"),
    p("engine", NAME, "The serving engine [vllm]"),
    p("isl", TOKENS, "Input tokens per request [2048]"),
    p("osl", TOKENS, "Output tokens per request [1024]"),
    p(
        "concurrency",
        Kind::WholeOr { most: 1_000_000, word: "max" },
        "Requests in flight, or `max` for as many as the KV cache holds [64]",
    ),
    p("batch", Kind::Whole { most: 28_000 }, "Requests sent at once and then waited for, instead"),
    p("request_rate", Kind::Positive { most: 1e6 }, "Requests per second as they come, instead"),
    p(
        "slo",
        Kind::Word { longest: 1024 },
        "A promise on means, such as ttft.mean=500ms,tpot.mean=50ms: the most requests in flight \
         that keep it, instead",
    ),
    p("users", Kind::Whole { most: 1_000_000_000 }, "Users, for a bill per hour"),
    p("requests_per_user_hour", Kind::Positive { most: 1e6 }, "Requests of each user per hour [1]"),
    p("price_per_hour", USD, "Price of the whole billed machine, in USD per hour"),
    p("price_per_gpu_hour", USD, "Price of one accelerator, in USD per hour"),
    p("offer", NAME, "A published offer to price by, such as lambda:h100-sxm"),
    p("gpus_per_box", COUNT, "Accelerators that are billed at least"),
    p("gpus_used", COUNT, "Accelerators that serve one replica"),
];

/// What only pages can be asked besides.
pub(crate) const PAGE: [Parameter; 4] = [
    p("at", NAME, "Which load is meant: concurrency, max, slo, rate or batch"),
    p("slo_ttft_ms", Kind::Positive { most: 1e9 }, "Longest mean time to the first token, in ms"),
    p("slo_tpot_ms", Kind::Positive { most: 1e9 }, "Longest mean time per output token, in ms"),
    p("pin", Kind::Word { longest: 8192 }, "Another question, to show beside this one"),
];

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A program: a slip of the finger must not be left out silently.
    Api,
    /// A page: it is linked to with names of others too.
    Page,
}

/// The parameter called `name`; dashes are as good as underscores.
pub(crate) fn named(name: &str, scope: Scope) -> Option<&'static Parameter> {
    let name = name.replace('-', "_");
    let pages = PAGE.iter().filter(|_| scope == Scope::Page);
    ESTIMATE.iter().chain(pages).find(|parameter| parameter.name == name)
}

/// Names that look like `name`.
pub(crate) fn near(name: &str) -> Vec<&'static str> {
    let name = name.replace('-', "_").to_lowercase();
    let alike = |other: &str| {
        name.len() >= 2
            && (other.contains(&name) || name.contains(other) || shared(other, &name) >= 3)
    };
    ESTIMATE.iter().map(|p| p.name).filter(|other| alike(other)).take(5).collect()
}

/// Letters that two names begin with alike.
fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

impl Kind {
    /// What is wrong with `text`, if anything.
    pub(crate) fn check(self, text: &str) -> Result<(), String> {
        let whole = |most: u64| match text.parse::<u64>() {
            Ok(n) if (1..=most).contains(&n) => Ok(()),
            _ => Err(format!("whole numbers from 1 to {most}")),
        };
        match self {
            Self::Whole { most } => whole(most),
            Self::WholeOr { word, .. } if text == word => Ok(()),
            Self::WholeOr { most, word } => {
                whole(most).map_err(|range| format!("{range}, or {word}"))
            }
            Self::Positive { most } => match text.parse::<f64>() {
                Ok(x) if x > 0.0 && x <= most => Ok(()),
                _ => Err(format!("numbers above 0, at most {most}")),
            },
            Self::Word { longest } if text.len() <= longest => Ok(()),
            Self::Word { longest } => Err(format!("at most {longest} bytes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_dashes_do_not_matter() {
        let mut names: Vec<&str> = ESTIMATE.iter().chain(&PAGE).map(|p| p.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ESTIMATE.len() + PAGE.len());
        assert_eq!(named("kv-dtype", Scope::Api).map(|p| p.name), Some("kv_dtype"));
        assert_eq!(named("pin", Scope::Api), None);
        assert_eq!(named("kv", Scope::Page), None);
        assert!(near("kv").contains(&"kv_dtype") && near("gpux").contains(&"gpu"));
    }

    #[test]
    fn ranges_are_kept() {
        for (kind, good, bad) in [
            (WIDTH, vec!["1", "4096"], vec!["0", "-1", "1.5", "4097", "1,2", "x", " 1", "1e3"]),
            (USD, vec!["2.5", "1e-9"], vec!["0", "-1", "nan", "inf", "1e7", "$2"]),
            (Kind::WholeOr { most: 9, word: "max" }, vec!["9", "max"], vec!["10", "Max", ""]),
            (Kind::Word { longest: 3 }, vec!["abc"], vec!["abcd"]),
        ] {
            assert!(good.iter().all(|text| kind.check(text).is_ok()), "{kind:?}");
            assert!(bad.iter().all(|text| kind.check(text).is_err()), "{kind:?}");
        }
    }
}
