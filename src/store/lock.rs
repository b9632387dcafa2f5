//! One engine a run: a lock on the run's folder, which ends with the process that holds it, however it ends.

use super::StoreError;
use crate::language::{Arg, Message};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The file that is locked. It stays: a lock file that is removed can be held by two.
const LOCK: &str = "run.lock";
/// Who holds it, as JSON: Windows lets nobody read a file that is locked.
const HOLDER: &str = "run.holder";
/// An engine whose client was killed has so long to say that it is ending ...
const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// ... and so long to finish its step and its checkpoint.
const ENDING_PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// Who trains in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The engine's process.
    pub pid: u32,
    /// The machine, where its name is known.
    pub host: Option<String>,
    /// Seconds since 1970.
    pub since_unix_secs: u64,
    /// It was told to stop, or its client is gone: the folder will be free soon.
    pub ending: bool,
}

impl Holder {
    fn this_process() -> Self {
        let host = std::env::var("COMPUTERNAME").ok().or_else(|| {
            let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { pid: std::process::id(), host, since_unix_secs: since.as_secs(), ending: false }
    }

    /// Such as `process 4711 on lab-3, for 2 min 05 s`.
    pub fn words(&self) -> Message {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let (pid, time) = (self.pid.to_string(), Arg::duration(now.saturating_sub(self.since_unix_secs) as f64));
        match (self.host.as_ref().map(|host| crate::console::one_line(host)), self.ending) {
            (Some(host), false) => msg!("store-holder-on-host", pid, host, time),
            (Some(host), true) => msg!("store-holder-on-host-ending", pid, host, time),
            (None, false) => msg!("store-holder", pid, time),
            (None, true) => msg!("store-holder-ending", pid, time),
        }
    }
}

impl Holder {
    /// It was killed and cannot go, as it hangs in the system itself (a file on a mount that is dead): it holds its lock until
    /// then, and will never write again. Only Linux tells.
    fn is_killed(&self) -> bool {
        let here = Self::this_process().host;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        here.is_some() && self.host == here && is_killed(&status)
    }

    fn is_this_process(&self) -> bool {
        let this = Self::this_process();
        (self.pid, &self.host) == (this.pid, &this.host)
    }
}

/// By a process's `/proc/PID/status`: it is gone but for threads that hang, or a SIGKILL waits for it.
fn is_killed(status: &str) -> bool {
    /// Bit 8 of a mask is signal 9.
    const SIGKILL: u64 = 1 << 8;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let pending = |name| field(name).and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    field("State:").is_some_and(|state| state.starts_with(['Z', 'X']))
        || (pending("SigPnd:") | pending("ShdPnd:")) & SIGKILL != 0
}

/// What the system tells files apart by for as long as they are open; `None` where it does not say (Windows).
fn number_of(found: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        None
    }
}

/// That file is the one of that name, and not one that took its place.
fn is_at(file: &File, path: &Path) -> bool {
    let number = |found: io::Result<Metadata>| found.map(|found| number_of(&found)).ok();
    number(file.metadata()).is_some_and(|of_file| number(path.metadata()) == Some(of_file))
}

/// A run's folder as it was when it was taken: what was moved, deleted or made anew since is told from it.
#[derive(Debug, Clone)]
pub struct RunPlace {
    run_dir: PathBuf,
    /// Its lock file. It stays open: until then no other gets its number.
    file: Arc<File>,
    number: Option<(u64, u64)>,
    /// Who had the folder before.
    held_before: Option<Holder>,
}

impl RunPlace {
    /// The folder as it is now, whoever has its lock.
    ///
    /// # Errors
    /// It is not there, or cannot be written.
    pub fn of(run_dir: &Path) -> Result<Self, StoreError> {
        let path = run_dir.join(LOCK);
        match open(&path) {
            Ok(file) => Ok(Self::with(run_dir, file)),
            Err(source) => Err(StoreError::Io { source, path }),
        }
    }

    fn with(run_dir: &Path, file: File) -> Self {
        let number = file.metadata().ok().as_ref().and_then(number_of);
        let held_before = read_holder(&run_dir.join(HOLDER));
        Self { run_dir: run_dir.to_owned(), file: Arc::new(file), number, held_before }
    }

    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// To be asked before anything is written there. What else may be wrong with the folder, whoever writes finds out.
    ///
    /// # Errors
    /// It was moved or deleted, and what may be there now is another.
    pub fn check(&self) -> Result<(), StoreError> {
        match std::fs::metadata(self.run_dir.join(LOCK)) {
            Ok(found) if self.has(&found) => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Ok(()),
            _ => Err(StoreError::FolderGone(self.run_dir.clone())),
        }
    }

    fn has(&self, found: &Metadata) -> bool {
        match (self.number, number_of(found)) {
            (Some(ours), Some(found)) => ours == found,
            // Whoever made the folder anew says in it who trains there.
            _ => {
                let holder = read_holder(&self.holder_path());
                holder == self.held_before || holder.is_none_or(|holder| holder.is_this_process())
            }
        }
    }

    fn holder_path(&self) -> PathBuf {
        self.run_dir.join(HOLDER)
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).write(true).truncate(false).open(path)
}

/// The right to write a run's folder, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    place: RunPlace,
    holder: Holder,
}

impl RunLock {
    /// Takes the folder, which must be there. One whose engine is just ending is waited for, as long as `keep_waiting` says.
    /// `Ok(None)`: the file system knows no locks, and nobody can be kept out.
    ///
    /// # Errors
    /// Another process has it, or it cannot be written.
    pub fn take(run_dir: &Path, keep_waiting: &mut dyn FnMut() -> bool) -> Result<Option<Self>, StoreError> {
        let path = run_dir.join(LOCK);
        let io = |source| StoreError::Io { source, path: path.clone() };
        let mut file = open(&path).map_err(io)?;
        let holder_path = run_dir.join(HOLDER);
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => break,
                // Who had it before made no run of the folder, and removed it; or somebody moved it.
                Ok(()) => {
                    std::fs::create_dir_all(run_dir).map_err(io)?;
                    file = open(&path).map_err(io)?;
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = read_holder(&holder_path);
                    if holder.as_ref().is_some_and(Holder::is_killed) && is_at(&file, &path) {
                        // Its lock stays with the old file, which nobody will ask for again.
                        std::fs::remove_file(&path).map_err(io)?;
                        file = open(&path).map_err(io)?;
                        continue;
                    }
                    let ending = holder.as_ref().is_some_and(|holder| holder.ending);
                    let patience = if ending { ENDING_PATIENCE } else { FIRST_PATIENCE };
                    if begun.elapsed() >= patience || !keep_waiting() {
                        return Err(StoreError::Locked { holder, path: run_dir.to_owned() });
                    }
                    std::thread::sleep(POLL);
                }
                Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
        }
        let lock = Self { place: RunPlace::with(run_dir, file), holder: Holder::this_process() };
        lock.say_who();
        Ok(Some(lock))
    }

    /// The folder that it is the right to.
    pub fn place(&self) -> &RunPlace {
        &self.place
    }

    /// Gives the folder up, and removes it where there is nothing in it but this lock: no run was made of it.
    pub fn leave(self) {
        if self.place.check().is_err() {
            return;
        }
        let run_dir = &self.place.run_dir;
        let _ = std::fs::remove_file(self.place.holder_path());
        let others = std::fs::read_dir(run_dir)
            .map(|mut entries| entries.any(|entry| entry.map_or(true, |entry| entry.file_name() != LOCK)));
        if others.is_ok_and(|others| !others) {
            let _ = std::fs::remove_file(run_dir.join(LOCK));
            let _ = std::fs::remove_dir(run_dir);
        }
    }

    /// Lets those who wait know that it will not be long.
    pub fn note_ending(&mut self) {
        if !std::mem::replace(&mut self.holder.ending, true) {
            self.say_who();
        }
    }

    /// Without it the lock holds all the same, and whoever is kept out hears no name.
    fn say_who(&self) {
        if let (Ok(text), Ok(())) = (serde_json::to_vec(&self.holder), self.place.check()) {
            let _ = super::atomic::write(&self.place.holder_path(), &text);
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if self.place.check().is_ok() {
            let _ = std::fs::remove_file(self.place.holder_path());
        }
        let _ = self.place.file.unlock();
    }
}

/// Who trains in that folder now; `None` where nobody does.
pub fn holder_of(run_dir: &Path) -> Option<Holder> {
    let file = File::open(run_dir.join(LOCK)).ok()?;
    // Shared: several may ask at once, and none of them is to be taken for an engine.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(read_holder(&run_dir.join(HOLDER)).unwrap_or(Holder {
            pid: 0,
            host: None,
            since_unix_secs: 0,
            ending: false,
        })),
        _ => None,
    }
}

fn read_holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&super::folder::read_small(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(dir: &Path) -> Result<RunLock, StoreError> {
        RunLock::take(dir, &mut || false).map(|lock| lock.expect("locks work here"))
    }

    #[test]
    fn one_has_it_and_who_comes_second_hears_who() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = take(folder.path()).unwrap();
        let error = take(folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        assert!(!holder_of(folder.path()).unwrap().ending);
        first.note_ending();
        assert!(holder_of(folder.path()).unwrap().words().to_string().ends_with("about to end"));
        drop(first);
        assert_eq!(holder_of(folder.path()), None);
        drop(take(folder.path()).unwrap());
        // All that stays is the file itself.
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [LOCK]);
    }

    #[test]
    fn a_folder_of_which_no_run_was_made_goes_and_any_other_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, used] = ["empty", "used"].map(|name| folder.path().join(name));
        for dir in [&empty, &used] {
            std::fs::create_dir(dir).unwrap();
        }
        std::fs::write(used.join("run.toml"), "").unwrap();
        for dir in [&empty, &used] {
            take(dir).unwrap().leave();
        }
        assert!(!empty.exists() && used.exists() && holder_of(&used).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_was_moved_and_made_anew_is_told_from_what_was_taken_and_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let [dir, moved] = ["run", "moved"].map(|name| home.path().join(name));
        std::fs::create_dir(&dir).unwrap();
        let mut first = take(&dir).unwrap();
        let place = first.place().clone();
        place.check().unwrap();
        std::fs::rename(&dir, &moved).unwrap();
        assert!(matches!(place.check(), Err(StoreError::FolderGone(path)) if path == dir));
        std::fs::create_dir(&dir).unwrap();
        let second = take(&dir).unwrap();
        assert!(place.check().is_err() && second.place().check().is_ok());
        let holder = std::fs::read(dir.join(HOLDER)).unwrap();
        first.note_ending();
        first.leave();
        assert_eq!(std::fs::read(dir.join(HOLDER)).unwrap(), holder);
        assert!(holder_of(&dir).is_some());
        drop(second);
        std::fs::remove_dir_all(&dir).unwrap();
        std::fs::rename(&moved, &dir).unwrap();
        place.check().unwrap();
    }

    /// As on systems that do not number files.
    #[test]
    fn without_numbers_a_folder_is_told_by_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = take(folder.path()).unwrap();
        let place = RunPlace { number: None, ..lock.place().clone() };
        place.check().unwrap();
        let other = Holder { pid: 0, ..Holder::this_process() };
        std::fs::write(folder.path().join(HOLDER), serde_json::to_vec(&other).unwrap()).unwrap();
        assert!(place.check().is_err());
        // One that was killed may have left its name there.
        let place = RunPlace { number: None, ..RunPlace::of(folder.path()).unwrap() };
        place.check().unwrap();
    }

    #[test]
    fn who_only_asks_is_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "").unwrap();
        let asking = File::open(folder.path().join(LOCK)).unwrap();
        asking.try_lock_shared().unwrap();
        assert_eq!(holder_of(folder.path()), None);
        drop(asking);
        let lock = take(folder.path()).unwrap();
        assert!(holder_of(folder.path()).is_some());
        drop(lock);
    }

    #[test]
    fn what_a_killed_engine_left_locks_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOCK), "").unwrap();
        std::fs::write(folder.path().join(HOLDER), "{").unwrap();
        assert_eq!(holder_of(folder.path()), None);
        take(folder.path()).unwrap();
    }

    #[test]
    fn one_that_was_killed_and_cannot_go_is_told_from_one_that_works() {
        let status = |state: &str, own: &str, shared: &str| {
            format!("Name:\ttrainscope\nState:\t{state}\nSigPnd:\t{own}\nShdPnd:\t{shared}\n")
        };
        let none = "0000000000000000";
        assert!(!is_killed(&status("S (sleeping)", none, none)) && !is_killed(""));
        assert!(!is_killed(&status("D (disk sleep)", none, "0000000000004000")), "a SIGTERM is a stop");
        assert!(is_killed(&status("D (disk sleep)", "0000000000000100", none)));
        assert!(is_killed(&status("D (disk sleep)", none, "0000000000000100")));
        assert!(is_killed(&status("Z (zombie)", none, none)));
    }

    #[test]
    fn who_is_about_to_end_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Some(take(folder.path()).unwrap());
        let mut asked = 0;
        let second = RunLock::take(folder.path(), &mut || {
            asked += 1;
            if let Some(lock) = first.as_mut() {
                lock.note_ending();
            }
            first = None;
            true
        });
        assert!(second.unwrap().is_some() && asked == 1);
    }
}
