//! The binary as a user has it: what it prints, writes and exits with.
//!
//! Reading order: `farebox` (running it), then `usage` (what it refuses), `bench`, `verdicts`,
//! `failures`, `killed`, `secrets`, `search`, `cache`, `compare` (measuring), `matrix` (many servers), `catalog` (facts), `estimate`, `live` (a real server), `seed` (pricing a foreign file), `serve` (pages and API), `seeds`
//! (estimators of others beside ours), and `quickstart`
//! (everything in one go).

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the finding")]

mod bench;
mod cache;
mod catalog;
mod compare;
mod engine_seed;
mod estimate;
mod failures;
mod farebox;
mod formats;
mod gpus;
mod help;
mod killed;
mod launched;
mod launched_for_real;
mod live;
mod matrix;
mod money;
mod open_loop;
mod processes;
mod profile;
mod prompts;
mod quickstart;
mod report;
mod reported;
mod resumed;
mod run_flags;
mod search;
mod secrets;
mod seed;
mod seeds;
mod serve;
mod serve_door;
mod served;
mod setup;
mod tariff;
mod usage;
mod verdicts;
mod watch;
