//! The disk of a dataset's folder: what it is, how full, and how fast its files are read.
//!
//! Reads files, and may hang with a dead network mount: call it in a child process. Nothing is written.

mod mounts;
mod read;

use crate::data::is_systems;
use crate::protocol::doctor::DiskReport;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Listing ends after so many files or so long: a sample is enough.
const MAX_FILES: usize = 50_000;
const LIST_TIME: Duration = Duration::from_secs(3);
/// A system that knows the free space of a folder knows it at once, or not at all.
const SPACE_TIMEOUT: Duration = Duration::from_secs(2);

/// Looks at the disk below `dir`, or beside the file `dir`, in about ten seconds at most.
#[must_use]
pub fn disk(dir: &Path) -> DiskReport {
    let mut report = DiskReport { dir: dir.to_path_buf(), ..DiskReport::default() };
    let folder = match std::fs::canonicalize(dir).map(crate::system::plain) {
        Ok(path) if path.is_file() => path.parent().map_or(path.clone(), Path::to_path_buf),
        Ok(path) => path,
        Err(error) => {
            report.trouble = Some(msg!("telemetry-folder-not-read", error = error.to_string()));
            return report;
        }
    };
    mounts::describe(&folder, &mut report);
    if let Some(disk) = ask_system(&folder) {
        (report.total_bytes, report.free_bytes) = disk.space.unzip();
        // Where mounts are listed, they say it better.
        if report.file_system.is_none() {
            (report.file_system, report.source, report.rotational) = (disk.file_system, disk.source, disk.rotational);
        }
    }
    let (files, all) = list(&folder, MAX_FILES, Instant::now() + LIST_TIME);
    (report.files, report.all_files) = (files.len() as u64, all);
    if files.is_empty() {
        report.trouble = Some(msg!("telemetry-no-file"));
        return report;
    }
    read::measure(&files, &mut report);
    report
}

/// Files below `folder` that are not hidden, folder by folder, and whether these are all. Only regular files: a FIFO
/// would never end.
fn list(folder: &Path, most: usize, deadline: Instant) -> (Vec<PathBuf>, bool) {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            // What was thrown away is none of the dataset's, nor can all of it be read.
            if entry.file_name().as_encoded_bytes().starts_with(b".") || is_systems(&entry.file_name()) {
                continue;
            }
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
            if files.len() >= most || Instant::now() > deadline {
                files.sort();
                return (files, false);
            }
        }
    }
    files.sort();
    (files, true)
}

/// A disk as `sysinfo` lists it.
#[derive(Debug, PartialEq)]
struct Listed {
    /// (total, free) bytes.
    space: Option<(u64, u64)>,
    file_system: Option<String>,
    source: Option<String>,
    rotational: Option<bool>,
}

/// The disk that `folder` lies on; network mounts are not listed.
fn ask_system(folder: &Path) -> Option<Listed> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let folder = folder.to_path_buf();
    // It asks every mount point for its number, and one of them may be dead: then this thread goes with the process.
    let asked = std::thread::Builder::new().name("disk-space".to_owned()).spawn(move || {
        // Where nobody waits any more there is nobody to be told.
        let _ = sender.send(listed(&folder));
    });
    asked.ok()?;
    receiver.recv_timeout(SPACE_TIMEOUT).ok().flatten()
}

fn listed(folder: &Path) -> Option<Listed> {
    use sysinfo::{DiskKind, DiskRefreshKind, Disks};
    let mut disks = Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing()).ok()?;
    let mine = disks.iter_mut().filter(|disk| folder.starts_with(disk.mount_point()));
    let disk = mine.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    // A mount that is not listed may lie between: then this is another disk.
    if mounts::mount_point(folder).is_some_and(|point| point != disk.mount_point()) {
        return None;
    }
    disk.refresh_specifics(DiskRefreshKind::everything().without_io_usage());
    let text = |text: &std::ffi::OsStr| Some(text.to_string_lossy().into_owned()).filter(|text| !text.is_empty());
    Some(Listed {
        space: (disk.total_space() > 0).then(|| (disk.total_space(), disk.available_space())),
        file_system: text(disk.file_system()),
        source: text(disk.name()),
        rotational: match disk.kind() {
            DiskKind::HDD => Some(true),
            DiskKind::SSD => Some(false),
            DiskKind::Unknown(_) => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_folder_are_read_three_times_at_most() {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in
            [("a/1.png", 5000), ("a/2.png", 70_000), ("b/3.png", 4096), (".hidden/4.png", 1), ("$RECYCLE.BIN/5.png", 9)]
        {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![7_u8; bytes]).unwrap();
        }
        let report = disk(dir.path());
        assert_eq!((report.files, report.all_files), (3, true));
        let read = [report.first, report.again].map(|speed| speed.map(|speed| (speed.files, speed.bytes)));
        assert_eq!(read, [Some((3, 79_096)); 2]);
        // Not every file system reads past its cache; where it does, it reads the same.
        assert!(report.uncached.is_none_or(|speed| (speed.files, speed.bytes) == (3, 79_096)));
        assert_eq!(report.trouble, None);
        if cfg!(target_os = "linux") {
            assert!(report.file_system.is_some());
        }
    }

    #[test]
    fn a_folder_without_files_and_one_that_is_not_there_are_said() {
        let dir = tempfile::tempdir().unwrap();
        assert!(disk(dir.path()).trouble.unwrap().to_string().contains("no file"));
        let missing = disk(&dir.path().join("missing"));
        assert!(missing.trouble.unwrap().to_string().contains("cannot be read"));
        assert_eq!(missing.first, None);
    }

    #[test]
    fn a_listing_ends_at_its_bound() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..9 {
            std::fs::write(dir.path().join(format!("{n}.png")), [0]).unwrap();
        }
        let later = Instant::now() + Duration::from_secs(3600);
        let (files, all) = list(dir.path(), 4, later);
        assert_eq!((files.len(), all), (4, false));
        let (files, all) = list(dir.path(), 100, later);
        assert_eq!((files.len(), all), (9, true));
    }
}
