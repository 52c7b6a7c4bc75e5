//! The product of a matrix: its cells, in an order that spares restarts; `skip` is why one cannot be.

mod skip;

use self::skip::skip;
use super::engine::Start;
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
    /// What is asked of its server, as flags of `farebox bench`; no value of a header is in it.
    pub fn asked(&self) -> Vec<String> {
        let seed = self.seed.map(|seed| ["--seed".to_owned(), seed.to_string()]);
        self.flags.shown().chain(seed.into_iter().flatten()).collect()
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
    let model = match &engine.start {
        Start::Launched { .. } => engine.model.as_deref().or(matrix.checkpoint(&server.precision)),
        Start::Url(_) => engine.model.as_deref(),
        // It knows only one.
        Start::Simulated(_) => None,
    };
    Cell {
        name: parts.join("-"),
        model: model.map(str::to_owned),
        traffic: traffic.name.clone(),
        loads: loads.name.clone(),
        flags: loads.flags.over(&traffic.flags).over(&engine.bench).over(&matrix.bench),
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// A matrix with so many engines, precisions, widths, traffics and load sets.
    fn matrix(sizes: [usize; 5], seed: u64, order: &str) -> Matrix {
        let [engines, precisions, widths, traffics, loads] = sizes;
        let tp: Vec<String> = (0..widths).map(|n| (1_u32 << n).to_string()).collect();
        let mut text = format!("seed = {seed}\norder = \"{order}\"\ntp = [{}]\n", tp.join(", "));
        text += "[checkpoints]\n";
        text.extend((0..precisions).map(|n| format!("p{n} = \"org/m{n}\"\n")));
        text.extend((0..engines).map(|n| format!("[engines.e{n}]\nkind = \"vllm\"\n")));
        text += "[engines.baseline]\nkind = \"transformers\"\n";
        text.extend((0..traffics).map(|n| format!("[traffic.t{n}]\nisl = {}\n", n + 1)));
        text.extend((0..loads).map(|n| format!("[loads.l{n}]\nconcurrency = {}\n", n + 1)));
        Matrix::read("m.toml", &text).unwrap()
    }

    proptest! {
        #[test]
        fn every_server_is_started_once(
            sizes in [1_usize..4, 1..4, 1..4, 1..4, 1..4],
            seed in 0..u64::from(u32::MAX),
            order in prop::sample::select(vec!["listed", "shuffled"]),
        ) {
            let matrix = matrix(sizes, seed, order);
            let all = cells(&matrix);
            let run = all.iter().filter(|cell| cell.skip.is_none());
            let distinct: BTreeSet<&ServerKey> = run.map(|cell| &cell.server).collect();
            prop_assert_eq!(servers(&all), distinct.len());
            let names: BTreeSet<&String> = all.iter().map(|cell| &cell.name).collect();
            prop_assert_eq!(names.len(), all.len(), "each cell has a name of its own");
            let product = (sizes[0] + 1) * sizes[1] * sizes[2] * sizes[3] * sizes[4];
            prop_assert_eq!(all.len(), product);
            prop_assert_eq!(&all, &cells(&matrix), "the same seed, the same order");
        }

        #[test]
        fn engines_are_asked_the_same_and_cells_of_one_server_something_else(
            sizes in [2_usize..4, 1..3, 1..3, 1..4, 1..4],
            seed in 0..u64::from(u32::MAX),
        ) {
            let all = cells(&matrix(sizes, seed, "listed"));
            for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
                let is_asked_the_same = (&a.traffic, &a.loads) == (&b.traffic, &b.loads);
                prop_assert_eq!(a.seed == b.seed, is_asked_the_same);
            }
        }
    }

    #[test]
    fn the_listed_order_is_that_of_the_file_and_a_shuffled_one_is_another() {
        let sizes = [3, 2, 1, 1, 2];
        let listed = cells(&matrix(sizes, 1, "listed"));
        assert_eq!(listed[0].name, "e0-p0-tp1-t0-l0");
        assert_eq!(listed[1].name, "e0-p0-tp1-t0-l1");
        let shuffled = cells(&matrix(sizes, 1, "shuffled"));
        assert_ne!(listed, shuffled);
        assert_ne!(shuffled, cells(&matrix(sizes, 2, "shuffled")));
    }

    #[test]
    fn a_load_set_may_say_how_long_answers_are() {
        let text = "[engines.a]\nkind = \"vllm\"\nurl = \"http://127.0.0.1:1\"\n\
                    [traffic.chat]\nisl = 8\nosl = 4\n[loads.long]\nosl = 64\n[loads.usual]\n";
        let all = cells(&Matrix::read("m.toml", text).unwrap());
        assert_eq!(all[0].workload(), "chat, 64 out");
        assert_eq!(all[0].asked(), ["--osl", "64", "--isl", "8"]);
        assert_eq!(all[1].workload(), "chat");
        let drawn = text.replace("isl = 8\nosl = 4", "profile = \"wildchat-2024-03\"");
        let error = Matrix::read("m.toml", &drawn).unwrap_err().to_string();
        assert!(error.starts_with("m.toml:7: loads.long.osl: "), "{error}");
    }
}
