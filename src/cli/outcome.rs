//! How a command ends: its exit code, and what it prints for machines.

use crate::language::Message;
use std::path::Path;

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

/// A file that is there is not written over unasked.
pub(super) fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), Failure> {
    if !overwrite && path.symlink_metadata().is_ok() {
        let path = crate::console::show_path(path);
        return Err(Failure::new(EXIT_USAGE, msg!("page-export-exists", path)));
    }
    Ok(())
}

/// What is wrong, and with which file.
pub(super) fn at_path(what: &Message, path: &Path) -> Message {
    msg!("command-at-path", what, path = crate::console::show_path(path))
}

pub(super) type CommandResult = Result<u8, Failure>;

/// Prints one JSON object as a line. What is said to a person in it is text in the current language.
pub(super) fn print_json(value: &serde_json::Value) {
    let mut value = value.clone();
    crate::language::render_all(&mut value);
    print_line!("{value}");
}
