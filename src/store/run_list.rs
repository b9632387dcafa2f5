//! What a list of runs remembers: each run's line, as long as its files are as they were. A run's record is a database, and to look
//! into ten thousand of them takes half a minute.
//!
//! The list lies outside the runs' folder. It is only believed as far as names, lengths and times of files agree, and holds nothing
//! that is not in the runs themselves: without it, or where it cannot be read, they are read.

use super::card::{Figures, NOTES_FILE, RunCard, RunNotes};
use super::folder::{CONFIG, WrittenConfig, checkpoints_dir};
use super::{ResumeOffer, RunStanding, RunSummary, atomic, holder_of, newest_first, read_card, summarize};
use crate::language::Message;
use crate::protocol::TestReport;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Lines of another form are not read.
const FORM: u32 = 3;
/// A longer file is no list of ours.
const MOST_BYTES: u64 = 256 << 20;
/// What was changed so recently may be changed again without its time telling.
const SETTLED: Duration = Duration::from_secs(2);

/// Length and time of change (nanoseconds since 1970) of each file that a line is made from; zeros where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp([(u64, u64); 5]);

impl Stamp {
    /// `None` where there is no run.
    fn of(run_dir: &Path) -> Option<Self> {
        let look = |path: PathBuf| {
            let found = std::fs::metadata(path).ok()?;
            let since = found.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            Some((found.is_file(), (found.len(), u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))))
        };
        let (_, config) = look(run_dir.join(CONFIG)).filter(|(is_file, _)| *is_file)?;
        let or_none = |path: PathBuf| look(path).map_or((0, 0), |(_, seen)| seen);
        let beside = ["run.sqlite", "run.sqlite-wal", NOTES_FILE].map(|name| or_none(run_dir.join(name)));
        Some(Self([config, beside[0], beside[1], beside[2], or_none(checkpoints_dir(run_dir))]))
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        let now = now.checked_sub(SETTLED).and_then(|then| then.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        self.0.iter().all(|(_, changed)| u128::from(*changed) < now.as_nanos())
    }
}

/// A run as it was when its files were so.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    name: String,
    stamp: Stamp,
    state: RunStanding,
    dataset: Option<String>,
    model: String,
    epochs: u64,
    best_val_auc: Option<f64>,
    images_per_sec: Option<f64>,
    resume: ResumeOffer,
    trouble: Option<Message>,
    config: String,
    device: String,
    best: Figures,
    last: Figures,
    test: Option<TestReport>,
    changes: Vec<Message>,
    notes: RunNotes,
}

impl Line {
    /// `None` of a run that still trains, and of what has no form in the file.
    fn of(card: &RunCard, stamp: Stamp) -> Option<Self> {
        let summary = &card.summary;
        if summary.state == RunStanding::Running || summary.dir.file_name()?.to_str()? != summary.name {
            return None;
        }
        let dataset = match &summary.dataset {
            Some(dataset) => Some(dataset.to_str()?.to_owned()),
            None => None,
        };
        Some(Self {
            name: summary.name.clone(),
            stamp,
            state: summary.state,
            dataset,
            model: summary.model.clone(),
            epochs: summary.epochs,
            best_val_auc: summary.best_val_auc,
            images_per_sec: summary.images_per_sec,
            resume: summary.resume.clone(),
            trouble: summary.trouble.clone(),
            config: card.config.text().to_owned(),
            device: card.device.clone(),
            best: card.best,
            last: card.last,
            test: card.test.clone(),
            changes: card.changes.clone(),
            notes: card.notes.clone(),
        })
    }

    fn card(&self, run_dir: &Path) -> RunCard {
        RunCard {
            summary: RunSummary {
                dir: run_dir.to_owned(),
                name: self.name.clone(),
                state: self.state,
                dataset: self.dataset.as_ref().map(PathBuf::from),
                model: self.model.clone(),
                epochs: self.epochs,
                best_val_auc: self.best_val_auc,
                images_per_sec: self.images_per_sec,
                resume: self.resume.clone(),
                trouble: self.trouble.clone(),
            },
            config: WrittenConfig::of(self.config.clone()),
            device: self.device.clone(),
            best: self.best,
            last: self.last,
            test: self.test.clone(),
            changes: self.changes.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// Every run in a folder of runs, or the one that the folder itself is, the newest last. Folders that are no runs are passed over. `list` as for
/// [`read_cards`].
///
/// # Errors
/// The folder cannot be read.
pub fn list_runs(dir: &Path, list: Option<&Path>) -> io::Result<Vec<RunSummary>> {
    if let Some(run) = summarize(dir) {
        return Ok(vec![run]);
    }
    let mut cards = cards_of(dir, list, &mut || true)?;
    cards.reverse();
    Ok(cards.into_iter().map(|card| card.summary).collect())
}

/// Every run in a folder of runs, the newest first; none where the folder is not there. Stops early where
/// `go_on` says so. In the file `list`, if one is given, stands what is remembered from one time to the next.
///
/// # Errors
/// The folder cannot be read.
pub fn read_cards(dir: &Path, list: Option<&Path>, go_on: &mut dyn FnMut() -> bool) -> io::Result<Vec<RunCard>> {
    match cards_of(dir, list, go_on) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn cards_of(dir: &Path, list: Option<&Path>, go_on: &mut dyn FnMut() -> bool) -> io::Result<Vec<RunCard>> {
    let now = SystemTime::now();
    let dirs = newest_first(dir)?;
    let mut lines = RunList::read(list);
    let mut cards = Vec::new();
    for dir in &dirs {
        if !go_on() {
            return Ok(cards);
        }
        cards.extend(lines.card(dir, now));
    }
    lines.keep(list);
    Ok(cards)
}

/// The lines of one folder of runs.
struct RunList {
    known: HashMap<String, Line>,
    kept: Vec<Line>,
    changed: bool,
}

impl RunList {
    /// Those that lie there; none where they cannot be read.
    fn read(path: Option<&Path>) -> Self {
        let lines = path.and_then(read_lines).unwrap_or_default();
        let known = lines.into_iter().map(|line| (line.name.clone(), line)).collect();
        Self { known, kept: Vec::new(), changed: false }
    }

    /// The run in that folder: as it is remembered where nothing has changed, and looked into otherwise. `None` where there is none.
    fn card(&mut self, run_dir: &Path, now: SystemTime) -> Option<RunCard> {
        let stamp = Stamp::of(run_dir)?;
        let line = run_dir.file_name().and_then(|name| name.to_str()).and_then(|name| self.known.remove(name));
        if let Some(line) = line.filter(|line| line.stamp == stamp && holder_of(run_dir).is_none()) {
            let card = line.card(run_dir);
            self.kept.push(line);
            return Some(card);
        }
        self.changed = true;
        let card = read_card(run_dir)?;
        // As the files were before they were read: what changed meanwhile has another stamp.
        self.kept.extend(Line::of(&card, stamp).filter(|_| stamp.is_settled(now)));
        Some(card)
    }

    /// Keeps what was seen, after all runs were. Where it cannot be written the next list takes as long as this one.
    fn keep(self, path: Option<&Path>) {
        let Some(path) = path else { return };
        if self.changed || !self.known.is_empty() {
            let written = rmp_serde::to_vec_named(&(FORM, env!("CARGO_PKG_VERSION"), &self.kept));
            let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
            if let (Ok(bytes), Ok(())) = (written, folder) {
                let _ = atomic::write(path, &bytes);
            }
        }
    }
}

fn read_lines(path: &Path) -> Option<Vec<Line>> {
    let file = std::fs::File::open(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let (form, version, lines): (u32, String, Vec<Line>) = rmp_serde::from_slice(&bytes).ok()?;
    (form == FORM && version == env!("CARGO_PKG_VERSION")).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::super::{Record, RunLock, read_cards, write_config, write_notes};
    use super::*;
    use crate::config::RunConfig;
    use crate::protocol::{EpochEvent, Event, played};

    fn epoch(epoch: u64, val_auc: f64) -> Event {
        Event::Epoch(EpochEvent { val_auc: Some(val_auc), val_loss: Some(0.5), ..played::epoch(epoch) })
    }

    /// A folder of two runs that were last changed a minute ago.
    fn runs() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        for name in ["a", "b"] {
            let dir = runs.join(name);
            std::fs::create_dir_all(&dir).unwrap();
            write_config(&dir, &[], &RunConfig::default()).unwrap();
            Record::create(&dir).unwrap().append(&[epoch(1, 0.7)]).unwrap();
            age(&dir);
        }
        let list = folder.path().join("lists/runs");
        (folder, runs, list)
    }

    fn age(dir: &Path) {
        let then = SystemTime::now() - Duration::from_secs(60);
        for name in ["run.toml", "run.sqlite", NOTES_FILE] {
            let _ = std::fs::File::options().write(true).open(dir.join(name)).and_then(|file| file.set_modified(then));
        }
    }

    fn read(runs: &Path, list: &Path) -> Vec<RunCard> {
        read_cards(runs, Some(list), &mut || true).unwrap()
    }

    /// Changes what the list says of a run, so that a line from the list is told from one that was read.
    fn mark(list: &Path, name: &str) {
        let mut lines = read_lines(list).unwrap();
        lines.iter_mut().find(|line| line.name == name).unwrap().device = "remembered".to_owned();
        atomic::write(list, &rmp_serde::to_vec_named(&(FORM, env!("CARGO_PKG_VERSION"), &lines)).unwrap()).unwrap();
    }

    #[test]
    fn a_line_that_is_remembered_is_the_one_that_was_read() {
        let (_folder, runs, list) = runs();
        let first = read(&runs, &list);
        let again = read(&runs, &list);
        assert_eq!(first.len(), 2);
        assert_eq!(first, again);
        assert_eq!(again[0].config.get(), Some(&RunConfig::default()));
        mark(&list, "a");
        let devices: Vec<String> = read(&runs, &list).into_iter().map(|card| card.device).collect();
        assert_eq!(devices, ["", "remembered"], "the newest first");
    }

    #[test]
    fn what_has_changed_is_read_anew() {
        let (_folder, runs, list) = runs();
        read(&runs, &list);
        let remembered = |name: &str| {
            mark(&list, name);
            let cards = read(&runs, &list);
            cards.iter().find(|card| card.summary.name == name).unwrap().device == "remembered"
        };
        assert!(remembered("a"));
        let notes = RunNotes { tags: vec!["x".to_owned()], note: String::new() };
        write_notes(&runs.join("a"), &notes).unwrap();
        age(&runs.join("a"));
        assert!(!remembered("a"), "notes");
        let lock = RunLock::take(&runs.join("b"), &mut || false).unwrap();
        assert!(!remembered("b"), "it is being trained");
        drop(lock);
        read(&runs, &list);
        assert!(remembered("b"));
        std::fs::create_dir(runs.join("b/checkpoints")).unwrap();
        assert!(!remembered("b"), "checkpoints");
    }

    #[test]
    fn what_was_just_changed_is_not_remembered_and_what_is_gone_is_forgotten() {
        let (_folder, runs, list) = runs();
        std::fs::File::options()
            .write(true)
            .open(runs.join("b/run.toml"))
            .unwrap()
            .set_modified(SystemTime::now())
            .unwrap();
        read(&runs, &list);
        let names = || read_lines(&list).unwrap().into_iter().map(|line| line.name).collect::<Vec<_>>();
        assert_eq!(names(), ["a"]);
        std::fs::remove_dir_all(runs.join("a")).unwrap();
        assert_eq!(read(&runs, &list).len(), 1);
        assert!(names().is_empty());
    }

    #[test]
    fn a_list_that_is_none_is_passed_over() {
        let (_folder, runs, list) = runs();
        let whole = read(&runs, &list);
        let bytes = std::fs::read(&list).unwrap();
        for wrong in [&b""[..], b"no list", &bytes[..bytes.len() / 2]] {
            std::fs::write(&list, wrong).unwrap();
            assert_eq!(read(&runs, &list), whole);
        }
    }
}
