//! What can go wrong with a dataset, and how counts are written.

use crate::console::show_path;
use std::io;
use std::path::PathBuf;

/// Why a dataset or an image cannot be used. Messages say what happened and what to do; the path comes last.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("the scan was cancelled")]
    Cancelled,
    #[error("the folder cannot be read: {reason}; choose a folder that exists and may be read: {}", show_path(.path))]
    Folder { reason: String, path: PathBuf },
    #[error("the table of labels cannot be used: {reason}: {}", show_path(.path))]
    Labels { reason: String, path: PathBuf },
    #[error(
        "no class folders: {found}; expected one folder per class with the images inside, or a table of files and labels: {}",
        show_path(.path)
    )]
    NoClasses { found: String, path: PathBuf },
    #[error("nothing to train on: {found}; expected images in every class folder: {}", show_path(.path))]
    NothingToTrain { found: String, path: PathBuf },
    #[error("`data.limit` = {limit} is fewer than the {classes} classes; use 0 (all images) or at least {classes}")]
    LimitTooSmall { limit: usize, classes: usize },
    #[error("`data.val_frac` + `data.test_frac` = {0}: together they must stay below 1")]
    Fractions(f64),
    #[error("`data.group` = \"{group}\" cannot be used: {reason}")]
    Group { group: String, reason: String },
    #[error("`data.dicom_window`: {0}")]
    Window(String),
    #[error("the image cannot be read: {reason}: {}", show_path(.path))]
    Image { reason: String, path: PathBuf },
    #[error("the sample images need an empty or new folder, this one holds files; name another: {}", show_path(.path))]
    NotEmpty { path: PathBuf },
    #[error("the sample images cannot be written: {reason}: {}", show_path(.path))]
    Write { reason: String, path: PathBuf },
}

/// An I/O error in words, without the path.
pub(super) fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there, or no longer".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        io::ErrorKind::NotADirectory => "it is a file, not a folder".to_owned(),
        // ELOOP has no stable kind of its own yet.
        _ if error.to_string().contains("symbolic links") => "a symbolic link that leads back to itself".to_owned(),
        _ => error.to_string(),
    }
}

/// `1 image`, `12 images`, `58,954 images`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// The first five of them, and how many more.
pub(super) fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(5)].join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}

/// `1234567` as `1,234,567`.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(58_954), thousands(1_234_567)].join(" "),
            "0 999 58,954 1,234,567"
        );
    }
}
