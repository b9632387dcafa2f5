//! What can go wrong with a dataset.

use crate::console::show_path;
use crate::language::Message;
use std::io;
use std::path::PathBuf;

/// Why a dataset or an image cannot be used. Messages say what happened and what to do; the path comes last.
#[derive(Debug)]
pub enum DataError {
    Cancelled,
    Folder { reason: Message, path: PathBuf },
    Labels { reason: Message, path: PathBuf },
    NoClasses { found: Message, path: PathBuf },
    NothingToTrain { found: Message, path: PathBuf },
    LimitTooSmall { limit: usize, classes: usize },
    Fractions(f64),
    Group { group: String, reason: Message },
    Window(Message),
    Image { reason: Message, path: PathBuf },
    NotEmpty { path: PathBuf },
    Write { reason: Message, path: PathBuf },
}

impl DataError {
    pub fn message(&self) -> Message {
        match self {
            Self::Cancelled => msg!("data-cancelled"),
            Self::Folder { reason, path } => msg!("data-folder-not-read", reason, path = show_path(path)),
            Self::Labels { reason, path } => msg!("data-labels-not-usable", reason, path = show_path(path)),
            Self::NoClasses { found, path } => msg!("data-no-class-folders", found, path = show_path(path)),
            Self::NothingToTrain { found, path } => msg!("data-nothing-to-train", found, path = show_path(path)),
            Self::LimitTooSmall { limit, classes } => {
                msg!("data-limit-too-small", limit = limit.to_string(), classes = classes.to_string())
            }
            Self::Fractions(held_out) => msg!("config-nothing-to-train", held_out = held_out.to_string()),
            Self::Group { group, reason } => msg!("data-group-not-usable", group, reason),
            Self::Window(reason) => msg!("data-window-not-usable", reason),
            Self::Image { reason, path } => msg!("data-image-not-read", reason, path = show_path(path)),
            Self::NotEmpty { path } => msg!("data-sample-not-empty", path = show_path(path)),
            Self::Write { reason, path } => msg!("data-sample-not-written", reason, path = show_path(path)),
        }
    }

    /// Why an image cannot be read, without its path; of anything else the whole.
    pub fn reason(self) -> Message {
        match self {
            Self::Image { reason, .. } => reason,
            other => other.message(),
        }
    }
}

impl std::fmt::Display for DataError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for DataError {}

/// An I/O error in words, without the path.
pub(crate) fn io_reason(error: &io::Error) -> Message {
    match error.kind() {
        io::ErrorKind::NotFound => msg!("data-not-there"),
        io::ErrorKind::PermissionDenied => msg!("data-no-permission"),
        io::ErrorKind::NotADirectory => msg!("data-file-not-folder"),
        // ELOOP has no stable kind of its own yet.
        _ if error.to_string().contains("symbolic links") => msg!("data-link-to-itself"),
        _ => Message::verbatim(error.to_string()),
    }
}

/// The first five of them, and how many more.
pub(super) fn few(names: &[String]) -> Message {
    let shown = names[..names.len().min(5)].join(", ");
    if names.len() > 5 { msg!("data-few", shown, more = names.len() - 5) } else { Message::verbatim(shown) }
}
