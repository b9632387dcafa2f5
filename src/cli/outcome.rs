//! How a command ends: its exit code, and what it prints for machines.

use crate::language::Message;
use crate::store::StoreError;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Exit codes; docs/command-line.md lists them.
pub const EXIT_OK: u8 = 0;
pub const EXIT_OTHER: u8 = 1;
pub const EXIT_USAGE: u8 = 2;
pub const EXIT_DATA: u8 = 3;
pub const EXIT_DEVICE: u8 = 4;
/// The run ended, and something of its record or its checkpoints is not on the disk.
pub const EXIT_INCOMPLETE: u8 = 5;
pub const EXIT_INTERRUPTED: u8 = 130;

/// A command's end that is not success: what to say, and the exit code.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: u8, error: impl std::fmt::Display) -> Self {
        Self { code, message: error.to_string() }
    }
}

/// A run whose record cannot be read: where no run is at all, the folder named is the wrong one.
pub(super) fn unread(error: StoreError) -> Failure {
    let code = if matches!(error, StoreError::NoRun(_)) { EXIT_USAGE } else { EXIT_DATA };
    Failure::new(code, error)
}

/// A file that is there is not written over unasked.
pub(super) fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), Failure> {
    if !overwrite && path.symlink_metadata().is_ok() {
        let path = crate::console::show_path(path);
        return Err(Failure::new(EXIT_USAGE, msg!("page-export-exists", path)));
    }
    Ok(())
}

/// What may take that long at most measures nothing in less than a second, and nobody waits for longer than a day.
pub(super) fn refuse_budget(secs: f64) -> Result<(), Failure> {
    if (1.0..=86_400.0).contains(&secs) {
        return Ok(());
    }
    Err(Failure::new(EXIT_USAGE, msg!("command-budget-expected", given = secs.to_string())))
}

/// What is wrong, and with which file.
pub(super) fn at_path(what: &Message, path: &Path) -> Message {
    msg!("command-at-path", what, path = crate::console::show_path(path))
}

pub(super) type CommandResult = Result<u8, Failure>;

/// For a command that ends in its own way: true from the first interrupt on. Where none can be heard of, that is said, and an interrupt
/// ends the command at once.
pub(super) fn interrupt_flag() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    if let Err(error) = crate::console::on_interrupt(move || flag.store(true, Relaxed)) {
        say!("trainscope: {}", msg!("command-no-interrupt", reason = error.to_string()));
    }
    interrupted
}

/// Prints one JSON object as a line. What is said to a person in it is text in the current language.
pub(super) fn print_json(value: &serde_json::Value) {
    let mut value = value.clone();
    crate::language::render_all(&mut value);
    print_line!("{value}");
}
