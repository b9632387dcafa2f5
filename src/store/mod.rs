//! A run on disk: one folder that can be copied whole. This layer owns all that lies in it.
//!
//! `run.toml` runs it again (versions, device and driver stand in its comments) and is written first: a folder without it is no
//! run. `left-out.txt` lists files it does without. `data.json` says what it was trained on, `run.sqlite` holds every event, `checkpoints/` the weights, `exports/` plots;
//! `run.began` says when it began, and what it is told from others by; `run.lock` is held by the engine that trains.
//! docs/reliability.md says what is durable when.

pub mod atomic;
mod began;
mod card;
mod checkpoint_state;
mod checkpoints;
mod door;
mod folder;
mod identity;
mod lock;
mod random;
mod record;
mod recorded;
mod run_list;
mod summary;
mod trash_can;

pub use began::{RunId, began_at, begin_run, keep_began, newest_first, run_id};
pub use card::{CardError, Figures, MAX_NOTE_BYTES, RunCard, RunNotes, read_card, rename_run, trash_run, write_notes};
pub use checkpoint_state::{CheckpointState, PlateauState};
pub use checkpoints::{Checkpoint, Checkpoints, Newest};
pub use door::DoorKey;
pub use folder::{WrittenConfig, is_run, make, read_config, set_aside, sweep, write_config, write_left_out};
pub use identity::{ClassIdentity, Identity, ListIdentity, read_identity, write_identity};
pub use lock::{Holder, RunLock, RunPlace, holder_of};
pub use record::{Record, is_done_again};
pub use recorded::{Recorded, read_record};
pub use run_list::{list_runs, read_cards};
pub use summary::{ResumeOffer, RunStanding, RunSummary, glance, newest_run, summarize, trained_by};

use crate::console::show_path;
use crate::language::Message;
use crate::system::{Refusal, refused, refused_to_write};
use std::path::{Path, PathBuf};

/// What was to be done with a record or a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreAction {
    Open,
    Read,
    Write,
    CutBack,
}

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum StoreError {
    Database { action: StoreAction, source: rusqlite::Error, path: PathBuf },
    OpenRecord { source: std::io::Error, path: PathBuf },
    ReadRecord { source: std::io::Error, path: PathBuf },
    Io { source: std::io::Error, path: PathBuf },
    NoRun(PathBuf),
    NoRecord(PathBuf),
    RunExists(PathBuf),
    Locked { holder: Option<Holder>, path: PathBuf },
    FolderGone(PathBuf),
    Newer { found: i64, path: PathBuf },
    ReadConfig { source: std::io::Error, path: PathBuf },
    Config { source: crate::config::ConfigError, path: PathBuf },
    WriteCheckpoint { reason: Message, path: PathBuf },
    NoWholeCheckpoint { reasons: Message, path: PathBuf },
}

impl StoreError {
    /// Which message says that a run's folder is no longer there.
    pub const FOLDER_GONE: &str = "store-folder-gone";

    pub fn message(&self) -> Message {
        match self {
            Self::Database { action, source, path } => {
                let (error, path) = (refused_by_database(source, path), show_path(path));
                match action {
                    StoreAction::Open => msg!("store-record-not-opened", error, path),
                    StoreAction::Read => msg!("store-record-not-read", error, path),
                    StoreAction::Write => msg!("store-record-not-written", error, path),
                    StoreAction::CutBack => msg!("store-record-not-cut-back", error, path),
                }
            }
            Self::OpenRecord { source, path } => {
                msg!("store-record-not-opened", error = refused_to_write(source, path), path = show_path(path))
            }
            Self::ReadRecord { source, path } => {
                msg!("store-record-unreadable", error = refused(source, path), path = show_path(path))
            }
            Self::Io { source, path } => {
                use std::io::ErrorKind::{AlreadyExists, NotADirectory, NotFound};
                let error = match source.kind() {
                    // Something else stands in its place, or nothing can.
                    AlreadyExists | NotADirectory | NotFound => refused(source, path),
                    _ => refused_to_write(source, path),
                };
                msg!("store-folder-refused", error, path = show_path(path))
            }
            Self::NoRun(path) => msg!("store-no-run", path = show_path(path)),
            Self::NoRecord(path) => msg!("store-no-record", path = show_path(path)),
            Self::RunExists(path) => msg!("store-run-exists", path = show_path(path)),
            Self::Locked { holder: Some(holder), path } => {
                msg!("store-locked", holder = holder.words(), path = show_path(path))
            }
            Self::Locked { holder: None, path } => msg!("store-locked-by-another", path = show_path(path)),
            Self::FolderGone(path) => msg!("store-folder-gone", path = show_path(path)),
            Self::Newer { found, path } => msg!(
                "store-newer",
                found = found.to_string(),
                known = record::SCHEMA_VERSION.to_string(),
                path = show_path(path)
            ),
            Self::ReadConfig { source, path } => {
                msg!("store-config-not-read", error = refused(source, path), path = show_path(path))
            }
            Self::Config { source, path } => {
                msg!("store-config-wrong", error = source.message(), path = show_path(path))
            }
            Self::WriteCheckpoint { reason, path } => {
                msg!("store-checkpoint-not-written", reason, path = show_path(path))
            }
            Self::NoWholeCheckpoint { reasons, path } => {
                msg!("store-no-whole-checkpoint", reasons, path = show_path(path))
            }
        }
    }
}

/// What SQLite says, and what can be done about it. Its words of a file that it cannot open end with the path, which is said anyway.
fn refused_by_database(error: &rusqlite::Error, path: &Path) -> Message {
    use rusqlite::ErrorCode as C;
    let words = error.to_string();
    let words = words.strip_suffix(&format!(": {}", path.display())).unwrap_or(&words);
    match error.sqlite_error_code() {
        Some(C::DiskFull) => Refusal::Full.message(words),
        Some(C::DatabaseBusy) => Refusal::Held.message(words),
        Some(C::CannotOpen | C::PermissionDenied | C::ReadOnly | C::SystemIoFailure) => {
            msg!("store-disk-refused", error = words)
        }
        _ => words.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_refuses_is_said_with_its_path_once_and_with_what_can_be_done() {
        let said = |code, words: Option<&str>| {
            let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), words.map(str::to_owned));
            StoreError::Database { action: StoreAction::Open, source, path: "run/run.sqlite".into() }.to_string()
        };
        let not_opened = said(rusqlite::ffi::SQLITE_CANTOPEN, Some("unable to open database file: run/run.sqlite"));
        assert_eq!(not_opened.matches("run/run.sqlite").count(), 1, "{not_opened}");
        assert!(not_opened.contains("is the disk full"), "{not_opened}");
        assert!(said(rusqlite::ffi::SQLITE_FULL, None).contains("; the disk is full: run"));
        assert!(said(rusqlite::ffi::SQLITE_BUSY, None).contains("another program has it open"));
        assert!(!said(rusqlite::ffi::SQLITE_CORRUPT, None).contains("disk full"));
    }
}
