//! The system's trash. On Windows and macOS the crate `trash` asks the system; elsewhere the trash is folders, by freedesktop.org's
//! specification (1.0), in the user's home.

use std::path::{Path, PathBuf};

/// Moves a folder into the trash; gives where it lies there, where the system says so. To be called on a thread of its own: on
/// Windows it becomes one for the shell's calls.
///
/// # Errors
/// In words why it is where it was, such as a disk that has no trash.
#[cfg(any(windows, target_os = "macos"))]
pub(super) fn throw_away(path: &Path) -> Result<Option<PathBuf>, String> {
    #[cfg(windows)]
    let system = trash::TrashContext::new();
    #[cfg(target_os = "macos")]
    let system = {
        use trash::macos::{DeleteMethod, TrashContextExtMacos as _};
        let mut system = trash::TrashContext::new();
        // The other way is to ask the Finder, for which the user has to give a permission first.
        system.set_delete_method(DeleteMethod::NsFileManager);
        system
    };
    system.delete(path).map(|()| None).map_err(|error| match error {
        trash::Error::Unknown { description } | trash::Error::Os { description, .. } => description,
        other => other.to_string(),
    })
}

/// Moves a folder into the trash; gives where it lies there.
///
/// # Errors
/// In words why it is where it was; a folder of another file system is not copied.
#[cfg(not(any(windows, target_os = "macos")))]
pub(super) fn throw_away(path: &Path) -> Result<Option<PathBuf>, String> {
    let data = directories::BaseDirs::new().map(|dirs| dirs.data_dir().to_path_buf());
    let data = data.ok_or_else(|| "HOME".to_owned())?;
    let moved = into_trash(path, &data.join("Trash"), std::time::SystemTime::now());
    moved.map(Some).map_err(|error| error.to_string())
}

/// Into that trash: what it was and when goes into `info`, before the folder goes into `files`.
#[cfg(not(any(windows, target_os = "macos")))]
fn into_trash(path: &Path, trash: &Path, now: std::time::SystemTime) -> std::io::Result<PathBuf> {
    use std::io::Write as _;
    let path = std::path::absolute(path)?;
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
    let (files, infos) = (trash.join("files"), trash.join("info"));
    std::fs::create_dir_all(&files)?;
    std::fs::create_dir_all(&infos)?;
    let secs = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let info = format!("[Trash Info]\nPath={}\nDeletionDate={}\n", percent_encoded(&path), date_of(secs));
    for number in 1..10_000_u32 {
        let free = if number == 1 { name.clone() } else { format!("{name}.{number}") };
        let info_file = infos.join(format!("{free}.trashinfo"));
        // Whoever makes this file has the name.
        let made = std::fs::File::create_new(&info_file);
        let mut made = match made {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            made => made?,
        };
        let target = files.join(&free);
        let moved = if target.exists() {
            Err(std::io::ErrorKind::AlreadyExists.into())
        } else {
            made.write_all(info.as_bytes()).and_then(|()| std::fs::rename(&path, &target))
        };
        if moved.is_err() {
            // It says nothing true.
            let _ = std::fs::remove_file(&info_file);
        }
        return moved.map(|()| target);
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

/// As a URL has it, slashes left alone.
#[cfg(not(any(windows, target_os = "macos")))]
fn percent_encoded(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// `2026-11-22T21:59:30`; in UTC, as the system's zone is not asked for.
#[cfg(not(any(windows, target_os = "macos")))]
fn date_of(secs: u64) -> String {
    // SQLite's own arithmetic of days.
    let text = rusqlite::Connection::open_in_memory().and_then(|c| {
        c.query_row("SELECT strftime('%Y-%m-%dT%H:%M:%S', ?1, 'unixepoch')", [secs as i64], |row| row.get(0))
    });
    text.unwrap_or_else(|_| "1970-01-01T00:00:00".to_owned())
}

#[cfg(all(test, not(any(windows, target_os = "macos"))))]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_folder_is_moved_and_what_it_was_is_written_down() {
        let dir = tempfile::tempdir().unwrap();
        let trash = dir.path().join("Trash");
        for name in ["运行 1", "运行 1.2"] {
            let run = dir.path().join("运行 1");
            std::fs::create_dir(&run).unwrap();
            std::fs::write(run.join("run.toml"), "x").unwrap();
            let place = into_trash(&run, &trash, UNIX_EPOCH + Duration::from_secs(1_795_384_770)).unwrap();
            assert_eq!(place, trash.join("files").join(name));
            assert!(!run.exists() && place.join("run.toml").exists());
        }
        let info = std::fs::read_to_string(trash.join("info/运行 1.trashinfo")).unwrap();
        assert!(info.contains("%E8%BF%90%E8%A1%8C%201\nDeletionDate=2026-11-22T21:59:30"), "{info}");
        let missing = dir.path().join("none");
        assert!(into_trash(&missing, &trash, UNIX_EPOCH).is_err());
        assert!(!trash.join("info/none.trashinfo").exists());
    }
}
