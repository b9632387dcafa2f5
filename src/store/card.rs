//! Runs as a list shows them: their figures, what a person wrote about them, and what is done with their folders.

use super::folder::WrittenConfig;
use super::summary::summarize_with_outline;
use super::{Checkpoints, RunSummary, atomic, began_at, holder_of, keep_began};
use crate::language::Message;
use crate::protocol::{EpochEvent, Event, TestReport, ValidationEvent};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a person wrote about a run lies beside its record.
pub(super) const NOTES_FILE: &str = "notes.json";
/// Longer notes are no notes.
pub const MAX_NOTE_BYTES: usize = 1 << 16;

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCard {
    pub summary: RunSummary,
    /// As its `run.toml` has it; `None` where that cannot be read.
    pub config: WrittenConfig,
    /// The device's name; empty where the run never began.
    pub device: String,
    /// Of the network that was the best, by what decides which is kept.
    pub best: Figures,
    /// Of the last epoch.
    pub last: Figures,
    /// Of the best network, on the test part.
    pub test: Option<TestReport>,
    /// What was changed by hand while it ran, the oldest first.
    pub changes: Vec<Message>,
    pub notes: RunNotes,
}

/// An epoch's figures, or those of a look at the validation images within it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    pub train_loss: Option<f64>,
    pub val_loss: Option<f64>,
    pub val_accuracy: Option<f64>,
    pub val_auc: Option<f64>,
}

impl Figures {
    fn of(epoch: &EpochEvent) -> Self {
        Self {
            train_loss: Some(epoch.train_loss).filter(|loss| loss.is_finite()),
            val_loss: epoch.val_loss,
            val_accuracy: epoch.val_accuracy,
            val_auc: epoch.val_auc,
        }
    }

    fn within_epoch(validation: &ValidationEvent) -> Self {
        Self {
            train_loss: None,
            val_loss: Some(validation.loss),
            val_accuracy: Some(validation.accuracy),
            val_auc: validation.auc,
        }
    }
}

/// What a person wrote about a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunNotes {
    pub tags: Vec<String>,
    pub note: String,
}

/// The run in that folder; `None` where none is.
pub fn read_card(run_dir: &Path) -> Option<RunCard> {
    let (summary, config, outline) = summarize_with_outline(run_dir, Checkpoints::newest_listed)?;
    let mut card = RunCard {
        summary,
        config,
        device: String::new(),
        best: Figures::default(),
        last: Figures::default(),
        test: None,
        changes: Vec::new(),
        notes: read_notes(run_dir),
    };
    // The step and the figures of what was the best when it came.
    let mut best: Vec<(u64, Figures)> = Vec::new();
    for event in outline {
        let (step, is_best, figures) = match event {
            Event::Epoch(epoch) => {
                card.last = Figures::of(&epoch);
                (epoch.step, epoch.best, card.last)
            }
            Event::Validation(validation) => (validation.step, validation.best, Figures::within_epoch(&validation)),
            Event::Started(started) => {
                card.device = started.device.name;
                continue;
            }
            Event::Finished(finished) => {
                card.test = finished.test;
                continue;
            }
            Event::Changed(mark) if !mark.experiment => {
                card.changes.push(mark.label);
                continue;
            }
            _ => continue,
        };
        // What was not in a checkpoint yet comes again after a resume.
        best.retain(|(known, _)| *known < step);
        best.extend(is_best.then_some((step, figures)));
    }
    card.best = best.last().map_or(card.last, |(_, figures)| *figures);
    Some(card)
}

/// Notes that cannot be read are none.
fn read_notes(run_dir: &Path) -> RunNotes {
    let path = run_dir.join(NOTES_FILE);
    let small = std::fs::metadata(&path).is_ok_and(|meta| meta.len() <= 2 * MAX_NOTE_BYTES as u64);
    let text = if small { std::fs::read_to_string(path).ok() } else { None };
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Why something could not be done with a run's folder.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum CardError {
    Held,
    BadName(String),
    Taken(String),
    Io(#[from] std::io::Error),
    Trash(String),
}

impl CardError {
    pub fn message(&self) -> Message {
        match self {
            Self::Held => msg!("page-run-held"),
            Self::BadName(name) => msg!("page-run-bad-name", name),
            Self::Taken(name) => msg!("page-run-name-taken", name),
            Self::Io(error) => msg!("page-run-io", error = error.to_string()),
            Self::Trash(error) => msg!("page-run-no-trash", error),
        }
    }
}

/// Keeps what was written about a run; nothing written leaves no file.
///
/// # Errors
/// The folder cannot be written.
pub fn write_notes(run_dir: &Path, notes: &RunNotes) -> Result<(), CardError> {
    let path = run_dir.join(NOTES_FILE);
    if *notes == RunNotes::default() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        };
    }
    let text = serde_json::to_string_pretty(notes).map_err(std::io::Error::other)?;
    Ok(atomic::write(&path, text.as_bytes())?)
}

/// Gives the run's folder another name beside where it is; gives its new path.
///
/// # Errors
/// It is being trained, the name is none for a folder or is taken, or the system refuses.
pub fn rename_run(run_dir: &Path, name: &str) -> Result<PathBuf, CardError> {
    let name = name.trim();
    let bad = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    if name.is_empty() || name.len() > 200 || name.starts_with('.') || name.ends_with('.') || name.contains(bad) {
        return Err(CardError::BadName(name.to_owned()));
    }
    let to = run_dir.with_file_name(name);
    if to == run_dir {
        return Ok(to);
    }
    if to.exists() && !is_respelled(run_dir, &to) {
        return Err(CardError::Taken(name.to_owned()));
    }
    if holder_of(run_dir).is_some() {
        return Err(CardError::Held);
    }
    // An older run's time stands in its name alone. What cannot be written costs no more than its place in the list.
    let _ = began_at(run_dir).map(|began| keep_began(run_dir, began));
    crate::system::rename(run_dir, &to)?;
    Ok(to)
}

/// Two names of one folder beside each other that differ in small and capital letters alone: a system that tells no such letters apart
/// finds the one by the other, though nothing is called so.
fn is_respelled(run_dir: &Path, to: &Path) -> bool {
    let folded = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let Some(Ok(mut entries)) = to.parent().map(std::fs::read_dir) else { return false };
    let is_called_so = |entry: std::fs::DirEntry| Some(entry.file_name().as_os_str()) == to.file_name();
    folded(run_dir) == folded(to) && !entries.any(|entry| entry.map_or(true, is_called_so))
}

/// Puts a run's folder into the system's trash, from which it can be taken back; gives where it lies there, where the system says so.
///
/// # Errors
/// It is being trained, or the system has no trash for it; nothing is deleted then. On Windows to be called on a thread of its own.
pub fn trash_run(run_dir: &Path) -> Result<Option<PathBuf>, CardError> {
    if holder_of(run_dir).is_some() {
        return Err(CardError::Held);
    }
    super::trash_can::throw_away(run_dir).map_err(CardError::Trash)
}

#[cfg(test)]
mod tests {
    use super::super::{Record, RunLock, read_cards, write_config};
    use super::*;
    use crate::config::RunConfig;
    use crate::protocol::{ChangeMark, played};

    fn run(dir: &Path, events: &[Event]) {
        std::fs::create_dir_all(dir).unwrap();
        write_config(dir, &[], &RunConfig::default()).unwrap();
        Record::create(dir).unwrap().append(events).unwrap();
    }

    /// An epoch of ten steps.
    fn epoch(epoch: u64, best: bool, val_loss: f64, val_auc: f64) -> Event {
        let (val_loss, val_auc) = (Some(val_loss), Some(val_auc));
        Event::Epoch(EpochEvent { val_loss, val_auc, best, step: 10 * epoch, ..played::epoch(epoch) })
    }

    #[test]
    fn a_card_has_the_figures_of_the_best_and_of_the_last_epoch() {
        let folder = tempfile::tempdir().unwrap();
        // The loss is lowest in the first, and the second is what was kept.
        let events = [epoch(1, true, 0.4, 0.8), epoch(2, true, 0.5, 0.9), epoch(3, false, 0.6, 0.85)];
        run(&folder.path().join("b"), &events);
        run(&folder.path().join("c"), &[]);
        std::fs::create_dir(folder.path().join("no run")).unwrap();
        let cards = read_cards(folder.path(), None, &mut || true).unwrap();
        assert_eq!(cards.iter().map(|card| card.summary.name.as_str()).collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!((cards[1].best.val_loss, cards[1].last.val_loss), (Some(0.5), Some(0.6)));
        assert_eq!((cards[1].best.val_auc, cards[1].last.val_auc), (Some(0.9), Some(0.85)));
        assert_eq!(cards[0].best, Figures::default());
        assert!(read_cards(&folder.path().join("none"), None, &mut || true).unwrap().is_empty());
    }

    #[test]
    fn the_best_may_be_within_an_epoch_and_is_forgotten_where_it_came_again_after_a_resume() {
        let folder = tempfile::tempdir().unwrap();
        let within = |step: u64, auc: f64| {
            let (epoch, secs) = (2, step as f64);
            let (loss, accuracy, auc, best, val_secs) = (0.3, 0.75, Some(auc), true, 1.0);
            Event::Validation(ValidationEvent { secs, step, epoch, loss, accuracy, auc, best, val_secs })
        };
        let best = |name: &str, events: &[Event]| {
            let dir = folder.path().join(name);
            run(&dir, events);
            read_card(&dir).unwrap().best
        };
        let found = best("a", &[epoch(1, true, 0.4, 0.8), within(15, 0.95), epoch(2, false, 0.5, 0.9)]);
        assert_eq!((found.val_auc, found.val_accuracy, found.train_loss), (Some(0.95), Some(0.75), None));
        let found = best("b", &[epoch(1, true, 0.4, 0.8), epoch(2, true, 0.3, 0.9), epoch(2, false, 0.5, 0.7)]);
        assert_eq!(found.val_auc, Some(0.8));
        assert_eq!(best("c", &[epoch(1, false, 0.4, 0.8)]).val_auc, Some(0.8), "none was judged the best");
    }

    #[test]
    fn a_card_has_what_was_changed_by_hand_and_not_a_bisect_s_changes() {
        let folder = tempfile::tempdir().unwrap();
        let change = |step: u64, label: &str, experiment: bool| {
            let (secs, label, switched_off) = (step as f64, label.into(), Vec::new());
            Event::Changed(ChangeMark { secs, step, config_version: step, label, experiment, switched_off })
        };
        run(
            folder.path(),
            &[change(1, "workers 2 → 0", false), change(2, "a", true), change(3, "workers 0 → 2", false)],
        );
        let changes: Vec<String> = read_card(folder.path()).unwrap().changes.iter().map(Message::to_string).collect();
        assert_eq!(changes, ["workers 2 → 0", "workers 0 → 2"]);
    }

    #[test]
    fn notes_stay_with_their_run_and_none_leave_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a");
        run(&dir, &[]);
        let notes = RunNotes { tags: vec!["基线".to_owned()], note: "lr 1e-3".to_owned() };
        write_notes(&dir, &notes).unwrap();
        assert_eq!(read_card(&dir).unwrap().notes, notes);
        write_notes(&dir, &RunNotes::default()).unwrap();
        assert!(!dir.join(NOTES_FILE).exists());
        std::fs::write(dir.join(NOTES_FILE), "{").unwrap();
        assert_eq!(read_card(&dir).unwrap().notes, RunNotes::default());
    }

    #[test]
    fn a_run_is_renamed_unless_it_is_trained_or_the_name_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a");
        run(&dir, &[]);
        run(&folder.path().join("taken"), &[]);
        for name in ["", "x/y", "..", "con:x", "a\nb"] {
            assert!(matches!(rename_run(&dir, name), Err(CardError::BadName(_))), "{name}");
        }
        assert!(matches!(rename_run(&dir, "taken"), Err(CardError::Taken(_))));
        let lock = RunLock::take(&dir, &mut || false).unwrap();
        assert!(matches!(rename_run(&dir, "b"), Err(CardError::Held)));
        assert!(matches!(trash_run(&dir), Err(CardError::Held)));
        drop(lock);
        let to = rename_run(&dir, " 基线 1 ").unwrap();
        assert_eq!(to, folder.path().join("基线 1"));
        assert!(read_card(&to).is_some() && !dir.exists());
    }

    /// On systems too that find a folder by its name in whatever letters.
    #[test]
    fn a_run_s_name_may_change_its_letters_to_capitals() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("resnet");
        run(&dir, &[]);
        let [capitals, other] = ["ResNet", "other"].map(|name| folder.path().join(name));
        assert!(is_respelled(&dir, &capitals) && !is_respelled(&dir, &other));
        assert_eq!(rename_run(&dir, "ResNet").unwrap(), capitals);
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["ResNet"]);
        assert!(!is_respelled(&dir, &capitals), "something is called so");
    }
}
