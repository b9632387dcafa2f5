//! Files that are there whole or not at all: written beside their place, synced, then renamed.

use crate::system::{rename, sync_folder};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How the names of files and folders begin that are still being written; a kill leaves them behind, and whoever owns the
/// folder removes them.
pub const WRITING: &str = ".writing-";

/// What this process is writing at this moment, under the names that it has until it is whole.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Held by all who make a file until it is in [`UNFINISHED`], and by [`give_up()`] alone: no file is there that it does not know of.
static MAKING: RwLock<()> = RwLock::new(());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file of [`UNFINISHED`], until it has taken its place or is gone.
struct Unfinished(PathBuf);

impl Unfinished {
    fn list(path: &Path) -> Self {
        unfinished().push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

/// A removal on a disk that hangs is not waited for any longer.
const GIVE_UP_WITHIN: Duration = Duration::from_secs(1);

/// Removes what is half written, for a process that ends the next moment: whoever writes waits from then on, for ever. It returns
/// within a second, whatever the disk does.
pub fn give_up() {
    wait_at_most(GIVE_UP_WITHIN, || {
        let nobody_makes = MAKING.write().unwrap_or_else(PoisonError::into_inner);
        let unfinished = unfinished();
        remove_all(&unfinished);
        std::mem::forget((nobody_makes, unfinished));
    });
}

/// Does it on a thread of its own, which is left behind where it takes longer.
fn wait_at_most(limit: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = std::sync::mpsc::channel();
    let work = move || {
        work();
        // Nobody listens any more after that time.
        let _ = done.send(());
    };
    // Where no thread can be had, it is not done.
    if std::thread::Builder::new().name("give-up".to_owned()).spawn(work).is_ok() {
        // Too late or done: who waits goes on.
        let _ = is_done.recv_timeout(limit);
    }
}

fn remove_all(paths: &[PathBuf]) {
    for path in paths {
        // What cannot be removed only costs room.
        let _ = std::fs::remove_file(path);
    }
}

/// Puts these bytes there. What was there before is replaced at once, or stays as it was.
///
/// # Errors
/// The disk is full or refuses.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write()`], of what `fill` writes.
///
/// # Errors
/// As [`write()`], or what `fill` says.
pub fn write_with(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // As any new file; the user's mask is taken from it.
    write_as(path, 0o666, fill)
}

/// As [`write()`], for its owner's eyes alone, where the system knows such rights.
///
/// # Errors
/// As [`write()`].
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_as(path, 0o600, |file| file.write_all(bytes))
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "other systems have no such rights"))]
fn write_as(path: &Path, mode: u32, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A pipe or a device is written to; a file in its place would be no use to who waits there.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
        fill(&mut file)?;
        return file.flush();
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    // Opened here: what `tempfile` says of one that it could not open itself names a file that nobody has heard of.
    // Listed until it is gone, as that is dropped first.
    let (_listed, mut temporary) = list_made(|| {
        let made = tempfile::Builder::new().prefix(WRITING).make_in(parent, |path| options.open(path))?;
        Ok((Unfinished::list(made.path()), made))
    })?;
    let mut writer = BufWriter::new(temporary.as_file_mut());
    fill(&mut writer)?;
    writer.flush()?;
    drop(writer);
    temporary.as_file().sync_all()?;
    let temporary = temporary.into_temp_path().keep().map_err(|error| error.error)?;
    if let Err(error) = rename(&temporary, path) {
        // What cannot be removed only costs room.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(parent);
    Ok(())
}

/// What `make` makes and lists, with nobody giving up in between. A destination that hangs holds up nobody who makes a file elsewhere.
fn list_made<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let _making = MAKING.read().unwrap_or_else(PoisonError::into_inner);
    make()
}

/// Removes what a kill left half written in that folder.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(WRITING.as_bytes()))
    {
        let path = entry.path();
        // What cannot be removed only costs room.
        let _ = match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => std::fs::remove_dir_all(path),
            false => std::fs::remove_file(path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_fails_leaves_what_was_there_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the disk is full");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        write(&path, b"new").unwrap();
        assert_eq!(
            (std::fs::read(&path).unwrap(), names(folder.path())),
            (b"new".to_vec(), vec!["run.toml".to_owned()])
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_refused_in_the_system_s_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let refused = write(&folder.path().join("missing/plot.png"), b"").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotFound);
        assert!(refused.raw_os_error().is_some() && !refused.to_string().contains(WRITING), "{refused}");
    }

    #[test]
    fn what_is_half_written_is_known_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let ours = || -> Vec<PathBuf> {
            unfinished().iter().filter(|unfinished| unfinished.starts_with(folder.path())).cloned().collect()
        };
        let given_up = write_with(&path, |file| {
            file.write_all(b"half")?;
            let unfinished = ours();
            assert!(unfinished.len() == 1 && unfinished[0].exists());
            remove_all(&unfinished);
            Ok(())
        });
        assert!(given_up.is_err() && names(folder.path()).is_empty() && ours().is_empty());
        write(&path, b"whole").unwrap();
        assert!(names(folder.path()) == ["table.csv"] && ours().is_empty());
    }

    #[test]
    fn nobody_gives_up_between_a_file_and_its_place_in_the_list() {
        list_made(|| {
            assert!(MAKING.try_write().is_err());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_disk_that_hangs_is_not_waited_for_and_one_that_answers_is() {
        let (answer, answers) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        wait_at_most(Duration::from_millis(1), move || {
            let _ = answers.recv();
        });
        // It would come only now.
        drop(answer);
        wait_at_most(Duration::from_secs(600), move || tell.send(()).unwrap());
        told.try_recv().unwrap();
    }

    #[test]
    fn what_a_kill_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".writing-a"), "half").unwrap();
        std::fs::create_dir(folder.path().join(".writing-b")).unwrap();
        std::fs::write(folder.path().join("writing"), "whole").unwrap();
        sweep(folder.path());
        assert_eq!(names(folder.path()), ["writing"]);
    }

    #[cfg(unix)]
    #[test]
    fn new_files_have_the_rights_of_any_new_file() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let [ours, any] = ["ours", "any"].map(|name| folder.path().join(name));
        write(&ours, b"").unwrap();
        std::fs::write(&any, b"").unwrap();
        assert_eq!(ours.metadata().unwrap().mode(), any.metadata().unwrap().mode());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }
}
