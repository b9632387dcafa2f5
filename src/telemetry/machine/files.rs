//! Small files of the system.

use std::path::Path;

/// A small file as text.
pub(super) fn text(root: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

pub(super) fn trimmed(text: String) -> String {
    text.trim().to_owned()
}
