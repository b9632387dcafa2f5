//! How a command ends: its exit code, and what it prints for machines.

use crate::client::EngineExit;
use crate::language::Message;
use crate::protocol::FailureKind;
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
/// Of `attach --relay` alone, to its client: the run in that folder does not train. What to do then is for the client to say, which knows
/// how the folder is reached.
pub(super) const EXIT_NOTHING_TRAINS: u8 = 6;

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

/// The exit code that such a failure of an engine brings.
pub(super) fn failure_code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Config => EXIT_USAGE,
        FailureKind::Data | FailureKind::ChangedData => EXIT_DATA,
        FailureKind::Device => EXIT_DEVICE,
        FailureKind::Other => EXIT_OTHER,
    }
}

/// How an engine ended that was not asked to.
pub(super) fn engine_gone(exit: &EngineExit) -> Message {
    let how = exit.how.to_string();
    match exit.telling_word() {
        Some(word) => msg!("command-engine-gone-with-words", how, words = word.to_string()),
        None => msg!("command-engine-gone", how),
    }
}

/// A file that is there is not written over unasked, and a folder never. A pipe or a device is written to, and loses nothing.
pub(super) fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), Failure> {
    // A link that leads nowhere would be written over as well.
    let Ok(found) = path.metadata().or_else(|_| path.symlink_metadata()) else { return Ok(()) };
    let shown = || crate::console::show_path(path);
    if found.is_dir() {
        return Err(Failure::new(EXIT_USAGE, msg!("command-output-is-folder", path = shown())));
    }
    if !overwrite && (found.is_file() || found.is_symlink()) {
        return Err(Failure::new(EXIT_USAGE, msg!("page-export-exists", path = shown())));
    }
    Ok(())
}

/// Which file was written.
pub(super) fn say_written(path: &Path) {
    say!("{}", msg!("page-report-written", path = crate::console::show_path(path)));
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

/// What a program goes by in place of a message's words, whatever the language: its id, without what those of its kind begin with.
/// `None` of words from elsewhere.
pub(super) fn key_of(words: &Message, beginning: &str) -> Option<String> {
    words.id()?.strip_prefix(beginning).map(|key| key.replace('-', "_"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_over_when_that_is_asked_for_and_a_folder_never() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("out.png");
        assert!(refuse_existing(&file, false).is_ok());
        std::fs::write(&file, "mine").unwrap();
        let refused = refuse_existing(&file, false).unwrap_err();
        assert!(refused.code == EXIT_USAGE && refused.message.contains("--overwrite"), "{refused:?}");
        assert!(refuse_existing(&file, true).is_ok());
        for overwrite in [false, true] {
            let refused = refuse_existing(dir.path(), overwrite).unwrap_err();
            assert!(!refused.message.contains("--overwrite"), "{refused:?}");
        }
        #[cfg(unix)]
        {
            assert!(refuse_existing(Path::new("/dev/null"), false).is_ok(), "nothing of it is lost");
            let link = dir.path().join("link");
            std::os::unix::fs::symlink(dir.path().join("nowhere"), &link).unwrap();
            assert!(refuse_existing(&link, false).is_err() && refuse_existing(&link, true).is_ok());
        }
    }

    #[test]
    fn a_key_is_the_same_in_every_language() {
        assert_eq!(key_of(&msg!("diagnose-evidence-waiting"), "diagnose-evidence-").as_deref(), Some("waiting"));
        let unit = msg!("diagnose-unit-images-per-sec");
        assert_eq!(key_of(&unit, "diagnose-unit-").as_deref(), Some("images_per_sec"));
        assert_eq!(key_of(&"training".into(), "diagnose-evidence-"), None);
    }
}
