//! Why the system refuses a file, and what a person can do about it.

use crate::language::{Arg, Message};
use std::io;
use std::path::{Component, Path};

/// What is the matter, as far as something can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another program has it open.
    Held,
    /// That, or rights: Windows says the same of both.
    HeldOrForbidden,
    /// Characters that no name may hold.
    Name,
    Full,
    Forbidden,
}

impl Refusal {
    fn of(error: &io::Error, windows: bool) -> Option<Self> {
        match error.raw_os_error().filter(|_| windows) {
            // `ERROR_SHARING_VIOLATION`, `ERROR_LOCK_VIOLATION`, `ERROR_USER_MAPPED_FILE`.
            Some(32 | 33 | 1224) => return Some(Self::Held),
            // `ERROR_ACCESS_DENIED`.
            Some(5) => return Some(Self::HeldOrForbidden),
            // `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_NAME`.
            Some(87 | 123) => return Some(Self::Name),
            _ => {}
        }
        match error.kind() {
            io::ErrorKind::StorageFull => Some(Self::Full),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(Self::Forbidden),
            _ => None,
        }
    }

    /// With what was said of it.
    pub fn message(self, error: impl Into<Arg>) -> Message {
        match self {
            Self::Held => msg!("store-refused-held", error),
            Self::HeldOrForbidden => msg!("store-refused-held-or-forbidden", error),
            Self::Name => msg!("store-refused-name", error),
            Self::Full => msg!("store-refused-full", error),
            Self::Forbidden => msg!("store-refused-forbidden", error),
        }
    }
}

/// Whether another program may be the reason, which may be done soon.
pub(super) fn is_held_up(error: &io::Error) -> bool {
    matches!(Refusal::of(error, cfg!(windows)), Some(Refusal::Held | Refusal::HeldOrForbidden))
}

/// The system's words, and what can be done about it where that is known.
pub fn refused(error: &io::Error, path: &Path) -> Message {
    advice(error, path, cfg!(windows)).unwrap_or_else(|| error.to_string().into())
}

/// As [`refused`], of what was to be written: a disk may be full or read-only, whatever the words are.
pub fn refused_to_write(error: &io::Error, path: &Path) -> Message {
    advice(error, path, cfg!(windows)).unwrap_or_else(|| msg!("store-disk-refused", error = error.to_string()))
}

fn advice(error: &io::Error, path: &Path, windows: bool) -> Option<Message> {
    match reserved_name(path).filter(|_| windows) {
        Some(name) => Some(msg!("store-refused-reserved", error = error.to_string(), name)),
        None => Refusal::of(error, windows).map(|refusal| refusal.message(error.to_string())),
    }
}

/// The part of a path that Windows takes for a device, whatever stands behind a dot in it.
fn reserved_name(path: &Path) -> Option<String> {
    let is_reserved = |name: &&str| {
        let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
        let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
        let is_port = port.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']));
        is_port || ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
    };
    let mut names = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.find(is_reserved).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, path: &str) -> String {
        let error = io::Error::from_raw_os_error(code);
        advice(&error, Path::new(path), true).map_or_else(String::new, |message| message.to_string())
    }

    #[test]
    fn what_windows_refuses_comes_with_what_can_be_done() {
        for held in [32, 33, 1224, 5] {
            assert!(said(held, "table.csv").contains("another program has it open (Excel, a virus scanner)"), "{held}");
        }
        assert!(said(5, "table.csv").contains("this account"));
        for name in [87, 123] {
            assert!(said(name, "a|b").contains("a name may not hold < > : \" | ? *"), "{name}");
        }
        for (path, name) in [("runs/NUL", "NUL"), ("con.txt/a", "con.txt"), ("Lpt1", "Lpt1")] {
            assert!(said(2, path).contains(&format!("{name} is a name that Windows keeps for itself")), "{path}");
        }
        assert_eq!(said(2, "runs/console/com0/nul-1"), "");
    }

    #[test]
    fn elsewhere_those_codes_are_other_errors_and_kinds_speak_for_themselves() {
        let advice = |error: io::Error| advice(&error, Path::new("NUL"), false).map(|message| message.to_string());
        assert_eq!(advice(io::Error::from_raw_os_error(32)), None);
        assert!(advice(io::ErrorKind::StorageFull.into()).unwrap().ends_with("the disk is full"));
        let forbidden = advice(io::ErrorKind::PermissionDenied.into());
        assert_eq!(advice(io::ErrorKind::ReadOnlyFilesystem.into()).is_some(), forbidden.is_some());
        assert!(forbidden.unwrap().contains("no right to it"));
        let other = io::Error::other("gone");
        assert_eq!(refused(&other, Path::new("a")).to_string(), "gone");
        assert!(refused_to_write(&other, Path::new("a")).to_string().contains("gone (is the disk full"));
    }
}
