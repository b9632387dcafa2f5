//! Checkpoints: one folder each, written under another name, synced, then renamed; never written over, and believed only
//! where their checksums say so.
//!
//! `checkpoints/step-0000000042/` holds `state.json`, what the trainer wrote beside it, and `checksums.txt`, which
//! `b3sum --check` reads. A second one of the same step is `step-0000000042.1`.

use super::checkpoint_state::{CheckpointState, STATE, StateFile, damaged, read_state};
use super::{RunId, RunPlace, StoreError, atomic, run_id};
use crate::language::Message;
use crate::system::{patiently, refused, refused_to_write, rename, sync_file, sync_folder};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// A checkpoint on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub state: CheckpointState,
    /// Of those of the same step, the how many.
    serial: u32,
}

/// The newest checkpoint that is as it was written, and what was newer and is not, in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Newest {
    pub checkpoint: Option<Checkpoint>,
    pub passed_over: Vec<Message>,
}

const PREFIX: &str = "step-";
const CHECKSUMS: &str = "checksums.txt";

/// A run's checkpoints. Clones share what they know of the files.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    run_dir: PathBuf,
    dir: PathBuf,
    held: Option<Held>,
    /// Those that were written or verified by this process, as their files looked then: they are not read again each time
    /// that another is written. A resume and the test read them all the same.
    verified: Arc<Mutex<BTreeMap<PathBuf, Vec<Look>>>>,
}

/// The folder and the run of the engine that writes.
#[derive(Debug, Clone)]
struct Held {
    place: RunPlace,
    run: Option<RunId>,
}

/// A file from outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    name: OsString,
    len: u64,
    modified: SystemTime,
}

/// How a checkpoint's folder looks; `None` where that cannot be said.
fn look(path: &Path) -> Option<Vec<Look>> {
    let mut looks = Vec::new();
    for entry in fs::read_dir(path).ok()? {
        let entry = entry.ok()?;
        let found = entry.metadata().ok()?;
        looks.push(Look { name: entry.file_name(), len: found.len(), modified: found.modified().ok()? });
    }
    looks.sort_unstable();
    Some(looks)
}

impl Checkpoints {
    /// Of the run in that folder.
    pub fn of(run_dir: &Path) -> Self {
        let dir = super::folder::checkpoints_dir(run_dir);
        Self { run_dir: run_dir.to_owned(), dir, held: None, verified: Arc::default() }
    }

    /// For the engine that trains that run in that folder: from now on nothing is written where the folder is no longer that one.
    #[must_use]
    pub fn within(self, place: RunPlace, run: Option<RunId>) -> Self {
        Self { held: Some(Held { place, run }), ..self }
    }

    fn check_place(&self) -> Result<(), StoreError> {
        self.held.as_ref().map_or(Ok(()), |held| held.place.check())
    }

    /// What the run is told from others by, where it says so.
    fn run(&self) -> Option<RunId> {
        self.held.as_ref().map_or_else(|| run_id(&self.run_dir), |held| held.run.clone())
    }

    /// Writes one: `fill` puts the trainer's files into the folder it is given. Then those go that neither a resume nor the
    /// test needs. One that says no more than what stands there is not written again.
    ///
    /// # Errors
    /// The disk is full or refuses; what was there before is left as it was, and nothing half written stays. Or the folder is
    /// no longer the engine's.
    pub fn write(
        &self,
        state: &CheckpointState,
        fill: impl FnOnce(&Path) -> Result<(), Message>,
    ) -> Result<Checkpoint, StoreError> {
        self.check_place()?;
        let before = self.list();
        if let Some(same) = before.iter().find(|c| c.state.covers(state) && self.verify_once(&c.path).is_ok()) {
            return Ok(same.clone());
        }
        let serial = before.iter().filter(|c| c.state.step == state.step).map(|c| c.serial + 1).max().unwrap_or(0);
        let (path, serial) = self.free_place(state.step, serial);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = self.dir.join(format!("{}{name}", atomic::WRITING));
        let fail = |reason: Message| StoreError::WriteCheckpoint { reason, path: path.clone() };
        let written = self.write_to(&temporary, &path, state, fill);
        if let Err(reason) = written {
            // It may have gone meanwhile.
            self.check_place()?;
            // What cannot be removed only costs room, and is swept at the next start.
            let _ = fs::remove_dir_all(&temporary);
            return Err(fail(reason));
        }
        let written = Checkpoint { path, state: *state, serial };
        self.remember(&written.path);
        self.prune(&written);
        Ok(written)
    }

    fn verified(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Vec<Look>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, path: &Path) {
        if let Some(looks) = look(path) {
            self.verified().insert(path.to_owned(), looks);
        }
    }

    /// As [`verify`], remembered for [`Self::verify_once`].
    fn verify(&self, path: &Path) -> Result<(), Message> {
        verify(path)?;
        self.remember(path);
        Ok(())
    }

    /// As [`verify`], but what was found whole and looks as it did then is not read again.
    fn verify_once(&self, path: &Path) -> Result<(), Message> {
        let known = self.verified().get(path).cloned();
        if known.is_some() && known == look(path) { Ok(()) } else { self.verify(path) }
    }

    /// A name that nothing has, not even what is no checkpoint any more.
    fn free_place(&self, step: u64, serial: u32) -> (PathBuf, u32) {
        let place = |serial: u32| {
            let dot = if serial == 0 { String::new() } else { format!(".{serial}") };
            self.dir.join(format!("{PREFIX}{step:010}{dot}"))
        };
        let serial = (serial..u32::MAX).find(|serial| place(*serial).symlink_metadata().is_err()).unwrap_or(u32::MAX);
        (place(serial), serial)
    }

    fn write_to(
        &self,
        temporary: &Path,
        path: &Path,
        state: &CheckpointState,
        fill: impl FnOnce(&Path) -> Result<(), Message>,
    ) -> Result<(), Message> {
        let io = |e: io::Error| refused_to_write(&e, path);
        // The run's own folder is not made: where it is gone, somebody took it away.
        match fs::create_dir(&self.dir) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(io(e)),
            _ => {}
        }
        match patiently(|| fs::remove_dir_all(temporary)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io(e)),
            _ => {}
        }
        // Windows keeps the name of a folder that is removed for as long as somebody looks into it.
        patiently(|| fs::create_dir(temporary)).map_err(io)?;
        fill(temporary)?;
        let file = StateFile::of(*state, self.run());
        let text = serde_json::to_vec_pretty(&file).map_err(|e| Message::from(e.to_string()))?;
        fs::write(temporary.join(STATE), text).map_err(io)?;
        let mut lines = Vec::new();
        for entry in fs::read_dir(temporary).map_err(io)? {
            let entry = entry.map_err(io)?;
            // What was written is read back: what a disk that is full did not take shows here.
            let mut hasher = blake3::Hasher::new();
            patiently(|| sync_file(&entry.path())).map_err(io)?;
            hasher.update_reader(patiently(|| fs::File::open(entry.path())).map_err(io)?).map_err(io)?;
            lines.push(format!("{}  {}\n", hasher.finalize().to_hex(), entry.file_name().to_string_lossy()));
        }
        lines.sort_unstable();
        let checksums = temporary.join(CHECKSUMS);
        fs::write(&checksums, lines.concat()).map_err(io)?;
        patiently(|| sync_file(&checksums)).map_err(io)?;
        sync_folder(temporary);
        rename(temporary, path).map_err(io)?;
        sync_folder(&self.dir);
        Ok(())
    }

    /// The newest one that can be gone on from and is as it was written.
    pub fn newest(&self) -> Newest {
        self.newest_by(|path| self.verify(path))
    }

    /// As [`Self::newest`], for a list: one is believed where the files that its checksums name are there, and nothing of them is read.
    pub fn newest_listed(&self) -> Newest {
        self.newest_by(|path| listed(path).map(|_| ()))
    }

    fn newest_by(&self, verify: impl Fn(&Path) -> Result<(), Message>) -> Newest {
        let mut newest = Newest::default();
        for (_, found) in self.found() {
            match found
                .and_then(|c| if c.state.is_whole { verify(&c.path).map(|()| c) } else { Err(Message::default()) })
            {
                Ok(checkpoint) => {
                    newest.checkpoint = Some(checkpoint);
                    break;
                }
                Err(why) if why.is_empty() => {}
                Err(why) => newest.passed_over.push(why),
            }
        }
        newest
    }

    /// The weights of the best epoch, which ended with that step.
    ///
    /// # Errors
    /// They are not there or not as they were written, in words.
    pub fn best(&self, best_step: u64) -> Result<Checkpoint, Message> {
        self.check_place().map_err(|error| error.message())?;
        self.best_by(best_step, |path| self.verify(path))
    }

    fn best_by(&self, best_step: u64, verify: impl Fn(&Path) -> Result<(), Message>) -> Result<Checkpoint, Message> {
        let mut why = msg!("store-checkpoint-not-there");
        for (_, found) in self.found().into_iter().filter(|(step, _)| *step == best_step) {
            match found.and_then(|c| if c.state.is_best { verify(&c.path).map(|()| Some(c)) } else { Ok(None) }) {
                Ok(Some(checkpoint)) => return Ok(checkpoint),
                Ok(None) => {}
                Err(damaged) => why = damaged,
            }
        }
        Err(why)
    }

    /// Every one whose state can be read, the newest first.
    fn list(&self) -> Vec<Checkpoint> {
        self.found().into_iter().filter_map(|(_, found)| found.ok()).collect()
    }

    /// All that has a checkpoint's name, with the step of that, the newest first; and what is none of this run.
    fn found(&self) -> Vec<(u64, Result<Checkpoint, Message>)> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let run = self.run();
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let Some((step, serial)) = entry.file_name().to_str().and_then(place_of) else { continue };
            // A link may lead into another run.
            let read = match entry.file_type() {
                Ok(kind) if kind.is_dir() => read_state(&entry.path()).and_then(|file| {
                    if file.is_of_another(run.as_ref()) {
                        let checkpoint = crate::console::show_name(&entry.file_name());
                        return Err(msg!("store-checkpoint-other-run", checkpoint));
                    }
                    let state = file.state();
                    if state.step == step {
                        Ok(Checkpoint { path: entry.path(), state, serial })
                    } else {
                        Err(damaged(&entry.path(), &msg!("store-checkpoint-other-step")))
                    }
                }),
                _ => Err(damaged(&entry.path(), &msg!("store-checkpoint-no-folder"))),
            };
            found.push((Reverse((step, serial)), read));
        }
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(Reverse((step, _)), read)| (step, read)).collect()
    }

    /// Keeps what was just written and the best one. What cannot be removed only costs room.
    fn prune(&self, newest: &Checkpoint) {
        let verify = |path: &Path| self.verify_once(path);
        let best = newest.state.best_step.and_then(|step| self.best_by(step, verify).ok());
        let whole = if newest.state.is_whole { None } else { self.newest_by(verify).checkpoint };
        let keep: Vec<&PathBuf> =
            [Some(newest), best.as_ref(), whole.as_ref()].into_iter().flatten().map(|c| &c.path).collect();
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_checkpoint = entry.file_name().to_str().and_then(place_of).is_some();
            if is_checkpoint && !keep.contains(&&path) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                // Under another name first: half of one is none.
                let going = self.dir.join(format!("{}gone-{}", atomic::WRITING, entry.file_name().to_string_lossy()));
                self.verified().remove(&path);
                let path = if rename(&path, &going).is_ok() { going } else { path };
                let _ = fs::remove_dir_all(path);
            }
        }
    }
}

/// Step and serial of a checkpoint's name.
fn place_of(name: &str) -> Option<(u64, u32)> {
    let place = name.strip_prefix(PREFIX)?;
    let (step, serial) = place.split_once('.').map_or((place, Some(0)), |(step, serial)| (step, serial.parse().ok()));
    Some((step.parse().ok()?, serial?))
}

/// Checksum and name of each of its files, all of which are there.
fn listed(path: &Path) -> Result<Vec<(String, String)>, Message> {
    let text = super::folder::read_small(&path.join(CHECKSUMS))
        .map_err(|e| damaged(path, &format!("{CHECKSUMS}: {e}").into()))
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| damaged(path, &CHECKSUMS.into())))?;
    let mut files = Vec::new();
    for line in text.lines() {
        let (sum, name) = line.split_once("  ").ok_or_else(|| damaged(path, &CHECKSUMS.into()))?;
        // A name that leads elsewhere is none of ours.
        if Path::new(name).file_name() != Some(name.as_ref()) || !path.join(name).is_file() {
            return Err(damaged(path, &msg!("store-checkpoint-file-missing", file = name)));
        }
        files.push((sum.to_owned(), name.to_owned()));
    }
    if files.iter().any(|(_, name)| name == STATE) { Ok(files) } else { Err(damaged(path, &CHECKSUMS.into())) }
}

/// Every file is there and as it was written.
fn verify(path: &Path) -> Result<(), Message> {
    for (sum, name) in listed(path)? {
        let mut hasher = blake3::Hasher::new();
        let file = path.join(&name);
        let found = patiently(|| fs::File::open(&file))
            .and_then(|file| hasher.update_reader(file).map(|h| h.finalize().to_hex()));
        match found {
            Ok(found) if found.as_str() == sum => {}
            Ok(_) => return Err(damaged(path, &msg!("store-checkpoint-file-changed", file = name))),
            Err(e) => {
                let error = refused(&e, &file);
                return Err(damaged(path, &msg!("store-checkpoint-file-refused", file = name, error)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{PlateauState, begin_run};
    use super::*;

    fn state(step: u64, is_best: bool) -> CheckpointState {
        let best = is_best.then_some(step);
        CheckpointState { step, is_best, best_step: best, best_epoch: best, ..CheckpointState::begin() }
    }

    fn write(checkpoints: &Checkpoints, state: &CheckpointState, model: &str) -> Checkpoint {
        let fill = |dir: &Path| fs::write(dir.join("model.bpk"), model).map_err(|e| e.to_string().into());
        checkpoints.write(state, fill).unwrap()
    }

    fn names(checkpoints: &Checkpoints) -> Vec<String> {
        let entries = fs::read_dir(&checkpoints.dir).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn in_folder() -> (tempfile::TempDir, Checkpoints) {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(folder.path());
        (folder, checkpoints)
    }

    #[test]
    fn the_best_and_the_newest_are_kept() {
        let (_folder, checkpoints) = in_folder();
        write(&checkpoints, &state(1, false), "1");
        let best = write(&checkpoints, &state(2, true), "2");
        for step in [3, 4] {
            let state = CheckpointState { best_step: Some(2), best_epoch: Some(2), ..state(step, false) };
            write(&checkpoints, &state, "later");
        }
        assert_eq!(names(&checkpoints), ["step-0000000002", "step-0000000004"]);
        assert_eq!(checkpoints.newest().checkpoint.unwrap().state.step, 4);
        assert_eq!(checkpoints.best(2), Ok(best));
        assert!(checkpoints.best(4).is_err());
    }

    /// A stop right after a best epoch writes a checkpoint of the same step.
    #[test]
    fn the_best_one_is_not_written_over_by_one_that_says_less() {
        let (_folder, checkpoints) = in_folder();
        let best = write(&checkpoints, &state(10, true), "best");
        let again = CheckpointState { is_best: false, secs: 9.0, ..state(10, true) };
        assert_eq!(write(&checkpoints, &again, "again"), best);
        assert_eq!(names(&checkpoints), ["step-0000000010"]);
    }

    #[test]
    fn a_later_place_of_the_same_step_stands_beside_until_it_is_whole() {
        let (_folder, checkpoints) = in_folder();
        let stopped = CheckpointState { next_batch: 9, ..state(10, false) };
        write(&checkpoints, &stopped, "stopped in validation");
        let failed = checkpoints.write(&state(10, true), |_| Err("the disk is full".into()));
        assert!(failed.unwrap_err().to_string().contains("the disk is full"));
        assert_eq!(checkpoints.newest().checkpoint.unwrap().state, stopped);
        write(&checkpoints, &state(10, true), "validated");
        assert_eq!(names(&checkpoints), ["step-0000000010.1"]);
        assert_eq!(checkpoints.newest().checkpoint.unwrap().state, state(10, true));
    }

    #[test]
    fn a_damaged_one_is_passed_over_and_named() {
        let (_folder, checkpoints) = in_folder();
        type Damage = (&'static str, fn(&Path));
        let damages: [Damage; 7] = [
            ("cut short", |dir| fs::write(dir.join("model.bpk"), "wei").unwrap()),
            ("a flipped bit", |dir| fs::write(dir.join("model.bpk"), "weighus").unwrap()),
            ("a missing file", |dir| fs::remove_file(dir.join("model.bpk")).unwrap()),
            ("no checksums", |dir| fs::remove_file(dir.join(CHECKSUMS)).unwrap()),
            ("no state", |dir| fs::remove_file(dir.join(STATE)).unwrap()),
            ("a state that is none", |dir| fs::write(dir.join(STATE), "[".repeat(50_000)).unwrap()),
            ("another step's state", |dir| {
                let text = serde_json::to_vec(&state(u64::MAX, true)).unwrap();
                fs::write(dir.join(STATE), text).unwrap();
            }),
        ];
        for (what, damage) in damages {
            let _ = fs::remove_dir_all(&checkpoints.dir);
            let whole = write(&checkpoints, &state(1, true), "weights");
            let later = CheckpointState { best_step: Some(1), best_epoch: Some(1), ..state(2, false) };
            let newer = write(&checkpoints, &later, "weights");
            damage(&newer.path);
            let newest = checkpoints.newest();
            assert_eq!(newest.checkpoint, Some(whole), "{what}");
            let [why] = newest.passed_over.as_slice() else { panic!("{what}: {:?}", newest.passed_over) };
            assert!(why.to_string().starts_with("step-0000000002 is damaged: "), "{what}: {why}");
        }
    }

    /// It was copied there, or an engine wrote it whose folder somebody had deleted and begun another run in.
    #[test]
    fn one_of_another_run_is_passed_over_and_named() {
        let [ours, theirs, older] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let written = |folder: &Path, step| write(&Checkpoints::of(folder), &state(step, true), "weights");
        let older = written(older.path(), 1);
        let runs = [&ours, &theirs].map(|folder| begin_run(folder.path()).unwrap());
        assert_ne!(runs[0], runs[1]);
        let own = written(ours.path(), 2);
        let place = |step: u64| ours.path().join(format!("checkpoints/step-{step:010}"));
        fs::rename(written(theirs.path(), 3).path, place(3)).unwrap();
        let checkpoints = Checkpoints::of(ours.path());
        let words = "step-0000000003 is another run's";
        let newest = checkpoints.newest();
        assert_eq!(newest.checkpoint, Some(own));
        assert_eq!(newest.passed_over.iter().map(ToString::to_string).collect::<Vec<_>>(), [words]);
        assert_eq!(checkpoints.best(3).unwrap_err().to_string(), words);
        // One that does not say of which run it is may be this one's.
        fs::remove_dir_all(place(2)).unwrap();
        fs::rename(older.path, place(1)).unwrap();
        assert_eq!(checkpoints.newest().checkpoint.unwrap().state.step, 1);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_where_the_folder_is_gone_or_another() {
        let home = tempfile::tempdir().unwrap();
        let [dir, moved] = ["run", "moved"].map(|name| home.path().join(name));
        fs::create_dir(&dir).unwrap();
        let checkpoints = Checkpoints::of(&dir).within(RunPlace::of(&dir).unwrap(), None);
        write(&checkpoints, &state(1, true), "1");
        let is_refused = |step, fill: &dyn Fn(&Path)| {
            let written = checkpoints.write(&state(step, true), |temporary| {
                fill(temporary);
                Ok(())
            });
            matches!(written, Err(StoreError::FolderGone(gone)) if gone == dir)
        };
        fs::rename(&dir, &moved).unwrap();
        assert!(is_refused(2, &|_| {}) && checkpoints.best(1).is_err() && !dir.exists());
        fs::create_dir(&dir).unwrap();
        RunPlace::of(&dir).unwrap();
        assert!(is_refused(3, &|_| {}) && !checkpoints.dir.exists());
        fs::remove_dir_all(&dir).unwrap();
        fs::rename(&moved, &dir).unwrap();
        assert!(is_refused(4, &|_| fs::rename(&dir, &moved).unwrap()) && !dir.exists(), "it goes meanwhile");
        fs::rename(&moved, &dir).unwrap();
        write(&checkpoints, &state(5, true), "5");
        assert_eq!(checkpoints.newest().checkpoint.unwrap().state.step, 5);
    }

    #[test]
    fn why_the_best_one_cannot_be_had_is_said() {
        let (_folder, checkpoints) = in_folder();
        let best = write(&checkpoints, &state(2, true), "weights");
        assert_eq!(checkpoints.best(3).unwrap_err().to_string(), "it is not there");
        fs::write(best.path.join(STATE), "{").unwrap();
        let why = checkpoints.best(2).unwrap_err().to_string();
        assert!(why.starts_with("step-0000000002 is damaged: state.json"), "{why}");
    }

    /// The weights flip a bit on the disk, unseen from outside: whoever goes on with them finds out.
    #[test]
    fn what_was_verified_is_read_again_for_a_resume_and_the_test_alone() {
        let (_folder, checkpoints) = in_folder();
        let best = write(&checkpoints, &state(1, true), "weights");
        let model = best.path.join("model.bpk");
        let modified = fs::metadata(&model).unwrap().modified().unwrap();
        fs::write(&model, "weighus").unwrap();
        fs::File::options().write(true).open(&model).unwrap().set_modified(modified).unwrap();
        let later = |step| CheckpointState { best_step: Some(1), best_epoch: Some(1), ..state(step, false) };
        write(&checkpoints, &later(2), "2");
        assert_eq!(names(&checkpoints), ["step-0000000001", "step-0000000002"]);
        assert!(checkpoints.best(1).unwrap_err().to_string().contains("model.bpk is not as it was written"));
        // What looks otherwise is read.
        fs::write(&model, "weight").unwrap();
        write(&checkpoints, &later(3), "3");
        assert_eq!(names(&checkpoints), ["step-0000000003"]);
    }

    /// The first of these is one that a soak found: the mean of an epoch that was resumed differed in its last bit.
    #[test]
    fn sums_and_scores_come_back_to_the_bit() {
        let (_folder, checkpoints) = in_folder();
        let mut bits = (1.926_770_250_002_543_2f64 * 6.0).to_bits();
        for step in 1..200 {
            let value = f64::from_bits(bits);
            let sums = CheckpointState {
                epoch_loss_sum: value,
                best_score: Some(-value),
                best_loss: Some(value / 5.0),
                plateau: PlateauState { best: Some(value / 7.0), waited: 2, cooldown: 1, falls: 3 },
                secs: value / 3.0,
                ..state(step, true)
            };
            write(&checkpoints, &sums, "weights");
            assert_eq!(checkpoints.newest().checkpoint.unwrap().state, sums);
            bits += 0x1357_9bdf_0123;
        }
        // As it was written before: numbers alone.
        let sums = CheckpointState { epoch_loss_sum: 1.5, ..state(7, true) };
        let old: StateFile = serde_json::from_value(serde_json::json!(sums)).unwrap();
        assert_eq!(old.state(), sums);
    }

    #[test]
    fn what_only_looks_like_one_is_passed_over() {
        let (folder, checkpoints) = in_folder();
        let whole = write(&checkpoints, &state(3, false), "weights");
        fs::create_dir(checkpoints.dir.join("step-0000000009")).unwrap();
        fs::write(checkpoints.dir.join("step-0000000008"), "a file").unwrap();
        fs::create_dir(checkpoints.dir.join(".writing-step-0000000010")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&whole.path, checkpoints.dir.join("step-9999999999")).unwrap();
        assert_eq!(checkpoints.newest().checkpoint, Some(whole.clone()));
        super::super::sweep(folder.path());
        // None of it is in the way of the next.
        let next = write(&checkpoints, &state(9, false), "weights");
        assert_eq!(checkpoints.newest().checkpoint, Some(next));
    }

    #[test]
    fn weights_alone_are_the_best_and_nothing_to_go_on_from() {
        let (_folder, checkpoints) = in_folder();
        let whole = write(&checkpoints, &CheckpointState { best_step: Some(4), ..state(5, false) }, "5");
        let weights = CheckpointState { is_whole: false, ..state(4, true) };
        write(&checkpoints, &weights, "4");
        assert_eq!(checkpoints.newest().checkpoint, Some(whole));
        assert_eq!(checkpoints.best(4).unwrap().state, weights);
        assert!(Checkpoints::of(Path::new("not there")).newest().checkpoint.is_none());
    }
}
