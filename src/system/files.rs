//! A file's way to its place and to the disk.

use super::refusal::is_held_up;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// A virus scanner looks at a new file for some milliseconds, at a large one for a second or two.
const WAITS_MS: [u64; 9] = [1, 5, 10, 25, 50, 100, 250, 500, 1000];

/// As [`fs::rename`], which replaces a file. On Windows, where whoever has a file open may hold up its renaming, it is tried
/// again for two seconds.
///
/// # Errors
/// The system refuses.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| fs::rename(from, to))
}

/// Does it, on Windows again for two seconds where another program may be the reason that it fails.
///
/// # Errors
/// What the last attempt says.
pub fn patiently<T>(attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    try_again(is_held_up, std::thread::sleep, attempt)
}

fn try_again<T>(
    is_held_up: impl Fn(&io::Error) -> bool,
    mut wait: impl FnMut(Duration),
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    for ms in WAITS_MS {
        match attempt() {
            Err(error) if is_held_up(&error) => wait(Duration::from_millis(ms)),
            done => return done,
        }
    }
    attempt()
}

/// What was written to that file survives a power cut. Through a handle that may write: Windows syncs no other.
///
/// # Errors
/// The system refuses.
pub fn sync_file(path: &Path) -> io::Result<()> {
    fs::File::options().write(true).open(path)?.sync_all()
}

/// A rename itself must survive a power cut. Not every system lets a folder be opened for this; then the rename still
/// stands, only less surely.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it was tried, how long was waited, and how it ended.
    fn played(held_up: bool, fails: usize) -> (usize, u64, bool) {
        let (mut tried, mut waited) = (0, 0);
        let done = try_again(
            |_| held_up,
            |time| waited += time.as_millis() as u64,
            || {
                tried += 1;
                if tried > fails { Ok(()) } else { Err(io::Error::other("in use")) }
            },
        );
        (tried, waited, done.is_ok())
    }

    #[test]
    fn who_is_held_up_waits_a_while_and_nobody_else_does() {
        assert_eq!(played(true, 0), (1, 0, true));
        assert_eq!(played(true, 3), (4, 16, true));
        let (tried, waited, done) = played(true, usize::MAX);
        assert!(tried == WAITS_MS.len() + 1 && (1000..3000).contains(&waited) && !done, "{tried}, {waited} ms");
        assert_eq!(played(false, 1), (1, 0, false));
    }

    #[test]
    fn a_file_takes_another_s_place() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        sync_file(&from).unwrap();
        rename(&from, &to).unwrap();
        sync_folder(folder.path());
        assert_eq!(fs::read(&to).unwrap(), b"new");
        assert!(!from.exists() && rename(&from, &to).is_err() && sync_file(&from).is_err());
    }
}
