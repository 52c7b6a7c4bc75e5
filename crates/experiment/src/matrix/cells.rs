//! The product of a matrix: its cells, in an order that spares restarts.

use super::engine::{EngineSpec, Start};
use super::flags::Flags;
use super::spec::{Matrix, Named, Order};
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use std::hash::Hasher;

/// One engine at one precision and width, under one traffic at one set of loads.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its name and that of its directory: `vllm-w8a8-tp2-chat-steady`.
    pub name: String,
    /// What serves it.
    pub server: ServerKey,
    /// The checkpoint it serves, where one is named.
    pub model: Option<String>,
    /// Name of the traffic.
    pub traffic: String,
    /// Name of the load set.
    pub loads: String,
    /// What requests are like, how many of them, and how they are sent.
    pub flags: Flags,
    /// The seed of its prompts; none for new ones at every run. Cells that are asked the same
    /// have the same, so that engines are asked the same; other cells of one server have others,
    /// so that none meets the prompts of the one before in the prefix cache.
    pub seed: Option<u64>,
    /// Why it is not run, where it cannot be.
    pub skip: Option<String>,
}

/// What a server is started for: cells of one key share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerKey {
    /// Index of the engine in the matrix.
    pub engine: usize,
    /// The precision.
    pub precision: String,
    /// Accelerators per replica.
    pub tp: u32,
}

impl Cell {
    /// What is asked of its server, as flags of `farebox bench`.
    pub fn asked(&self) -> Vec<String> {
        let seed = self.seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
        self.flags.words().cloned().chain(seed.into_iter().flatten()).collect()
    }

    /// What comparable cells have in common: the tokens that are asked for.
    pub fn workload(&self) -> String {
        let osl = self.flags.0.iter().find(|flag| flag.key == format!("loads.{}.osl", self.loads));
        let osl = osl.and_then(|flag| flag.words.get(1)).map(|osl| format!("{osl} out"));
        let traffic = Some(self.traffic.clone()).filter(|name| !name.is_empty());
        traffic.into_iter().chain(osl).collect::<Vec<_>>().join(", ")
    }
}

/// The cells in the order in which they are run: those of one server are neighbours.
pub fn cells(matrix: &Matrix) -> Vec<Cell> {
    let mut groups: Vec<Vec<Cell>> = Vec::new();
    for key in keys(matrix) {
        let pairs = matrix.traffic.iter().flat_map(|t| matrix.loads.iter().map(move |l| (t, l)));
        groups.push(pairs.map(|(traffic, loads)| cell(matrix, &key, traffic, loads)).collect());
    }
    if matrix.order == Order::Shuffled {
        let mut random = Pcg64::seed_from_u64(matrix.seed.unwrap_or(0));
        shuffle(&mut groups, &mut random);
        for group in &mut groups {
            shuffle(group, &mut random);
        }
    }
    groups.into_iter().flatten().collect()
}

/// How often a server is started to run `cells` in their order, when each serves as long as the
/// next cell is its own.
pub fn servers(cells: &[Cell]) -> usize {
    let run: Vec<&ServerKey> =
        cells.iter().filter(|cell| cell.skip.is_none()).map(|cell| &cell.server).collect();
    run.chunk_by(|a, b| a == b).count()
}

fn shuffle<T>(items: &mut [T], random: &mut Pcg64) {
    // Fisher and Yates; the bias of the remainder is below one in 2^50 for lists this short.
    for last in (1..items.len()).rev() {
        let other = (random.next_u64() % (last as u64 + 1)) as usize;
        items.swap(last, other);
    }
}

fn keys(matrix: &Matrix) -> Vec<ServerKey> {
    let mut keys = Vec::new();
    for (engine, spec) in matrix.engines.iter().enumerate() {
        for precision in spec.precisions.as_ref().unwrap_or(&matrix.precisions) {
            for tp in spec.tp.as_ref().unwrap_or(&matrix.tp) {
                let key = ServerKey { engine, precision: precision.clone(), tp: *tp };
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
    }
    keys
}

fn cell(matrix: &Matrix, server: &ServerKey, traffic: &Named, loads: &Named) -> Cell {
    let engine = &matrix.engines[server.engine];
    let width = format!("tp{}", server.tp);
    let parts = [&engine.name, &server.precision, &width, &traffic.name, &loads.name];
    let parts: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let model = engine.model.as_deref().or(matrix.checkpoint(&server.precision));
    Cell {
        name: parts.join("-"),
        model: model.map(str::to_owned),
        traffic: traffic.name.clone(),
        loads: loads.name.clone(),
        flags: loads.flags.over(&traffic.flags).over(&matrix.bench),
        seed: matrix.seed.map(|seed| seed_of(seed, &traffic.name, &loads.name)),
        skip: skip(matrix, engine, server),
        server: server.clone(),
    }
}

/// FNV-1a over the names: the same on every machine and release. Kept to 53 bits, which every
/// reader of JSON keeps.
fn seed_of(seed: u64, traffic: &str, loads: &str) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(&seed.to_le_bytes());
    hash.write(traffic.as_bytes());
    hash.write(&[0]);
    hash.write(loads.as_bytes());
    hash.finish() >> 11
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Why no such server can be.
fn skip(matrix: &Matrix, engine: &EngineSpec, server: &ServerKey) -> Option<String> {
    let gpus_per_box = engine.price.as_ref().and_then(|price| price.gpus_per_box);
    if let Some(gpus) = gpus_per_box.filter(|gpus| server.tp > *gpus) {
        return Some(format!("tp {} does not fit a box of {gpus}", server.tp));
    }
    let serves_as_it_is = match engine.start {
        Start::Url(_) => "what is up already serves one precision at one width",
        Start::Simulated(_) => "the simulated machine serves bf16 on one accelerator",
        Start::Command { ref words, .. } => {
            let takes = |what: &str| words.iter().any(|word| word.contains(what));
            if !takes("{tp}") && server.tp != first(&engine.tp, &matrix.tp) {
                return Some("its command has no {tp}".to_owned());
            }
            let is_other = server.precision != first(&engine.precisions, &matrix.precisions);
            let is_fixed = !takes("{precision}") && !takes("{model}");
            let reason = "its command has neither {model} nor {precision}";
            return (is_other && is_fixed).then(|| reason.to_owned());
        }
        Start::Local(_) | Start::Docker { .. } => {
            let unsaid = engine.model.is_none() && matrix.checkpoint(&server.precision).is_none();
            return unsaid.then(|| format!("[checkpoints] has no {}", server.precision));
        }
    };
    let is_first = server.precision == first(&engine.precisions, &matrix.precisions)
        && server.tp == first(&engine.tp, &matrix.tp);
    (!is_first).then(|| serves_as_it_is.to_owned())
}

fn first<T: Clone + Default>(own: &Option<Vec<T>>, usual: &[T]) -> T {
    let list = own.as_deref().unwrap_or(usual);
    list.first().cloned().unwrap_or_default()
}
