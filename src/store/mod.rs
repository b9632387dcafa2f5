//! A run on disk: one folder that can be copied whole. This layer owns all that lies in it.
//!
//! `run.toml` runs it again (versions, device and driver stand in its comments) and is written first: a folder without it is no
//! run. `data.json` says what it was trained on, `run.sqlite` holds every event, `checkpoints/` the weights, `exports/` plots;
//! `run.lock` is held by the engine that trains. docs/reliability.md says what is durable when.

pub mod atomic;
mod checkpoints;
mod door;
mod folder;
mod identity;
mod lock;
mod record;
mod summary;

pub use checkpoints::{Checkpoint, CheckpointState, Checkpoints, Newest, PlateauState};
pub use door::DoorKey;
pub use folder::{is_run, make, read_config, set_aside, sweep, write_config};
pub use identity::{ClassIdentity, Identity, ListIdentity, read_identity, write_identity};
pub use lock::{Holder, RunLock, holder_of};
pub use record::{Record, Recorded, read_record};
pub use summary::{ResumeOffer, RunStanding, RunSummary, list_runs, newest_run, summarize, trained_by};

use crate::console::show_path;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the run's record could not be {action}: {source}; is the disk full, or the folder read-only? {}",
        show_path(path)
    )]
    Database { action: &'static str, source: rusqlite::Error, path: PathBuf },
    #[error("the run's record could not be read: {source}: {}", show_path(path))]
    ReadRecord { source: std::io::Error, path: PathBuf },
    #[error(
        "the run's folder could not be written: {source}; is the disk full, or the folder read-only? {}",
        show_path(path)
    )]
    Io { source: std::io::Error, path: PathBuf },
    #[error("no run is here: expected a folder with run.toml and run.sqlite, as `trainscope train --run` writes it: {}", show_path(.0))]
    NoRun(PathBuf),
    #[error("this is no run's record, it has no table of events: {}", show_path(.0))]
    NoRecord(PathBuf),
    #[error("a run is here already; name another folder, or continue it with --resume: {}", show_path(.0))]
    RunExists(PathBuf),
    #[error(
        "the run is being trained by {}; stop that one, or wait for its end: {}",
        holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::words),
        show_path(path)
    )]
    Locked { holder: Option<Holder>, path: PathBuf },
    #[error(
        "the run was written by a newer trainscope (record version {found}, this one reads {}): {}",
        record::SCHEMA_VERSION,
        show_path(path)
    )]
    Newer { found: i64, path: PathBuf },
    #[error("run.toml could not be read: {source}: {}", show_path(path))]
    ReadConfig { source: std::io::Error, path: PathBuf },
    #[error("run.toml: {source}: {}", show_path(path))]
    Config { source: crate::config::ConfigError, path: PathBuf },
    #[error("the checkpoint could not be {action}: {reason}: {}", show_path(path))]
    Checkpoint { action: &'static str, reason: String, path: PathBuf },
    #[error(
        "no checkpoint of this run is as it was written, so that it cannot be gone on with ({reasons}); its record is left as \
         it is. Start a new run from its run.toml, or resume with --on-changed-data restart, which keeps what is there: {}",
        show_path(path)
    )]
    NoWholeCheckpoint { reasons: String, path: PathBuf },
}
