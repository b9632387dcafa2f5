//! Runs at a glance: what lies in a folder of runs, and which of them can be gone on with.

use super::folder::{WrittenConfig, read_config_and_text};
use super::{Checkpoints, Holder, Newest, holder_of, is_run, newest_first, recorded::read_outline};
use crate::language::{Message, clauses};
use crate::protocol::{Event, RunStatus};
use serde::{Deserialize, Serialize, Serializer};
use std::path::{Path, PathBuf};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStanding {
    /// An engine trains in it.
    Running,
    Completed,
    /// On command, with a checkpoint.
    Stopped,
    Failed,
    /// Its engine is gone without a word.
    Died,
}

impl RunStanding {
    /// As its JSON has it, and texts tell them apart.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Died => "died",
        }
    }
}

/// What a resume of a run would come to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum ResumeOffer {
    /// Nothing: it is done, it is being trained, or its `run.toml` cannot be read.
    #[default]
    None,
    /// It goes on from a checkpoint; one that was cut off before its first begins anew, which is as good.
    GoesOn,
    /// It can only be begun anew, as no checkpoint is as it was written; in words, what is the matter with them.
    OnlyAnew(Message),
}

impl ResumeOffer {
    pub fn goes_on(&self) -> bool {
        *self == Self::GoesOn
    }
}

fn as_goes_on<S: Serializer>(offer: &ResumeOffer, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(offer.goes_on())
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    #[serde(serialize_with = "crate::protocol::path_as_text")]
    pub dir: PathBuf,
    /// The folder's name.
    pub name: String,
    pub state: RunStanding,
    /// The dataset's folder.
    pub dataset: Option<PathBuf>,
    pub model: String,
    /// Epochs that were trained to their end.
    pub epochs: u64,
    pub best_val_auc: Option<f64>,
    /// Over the last steps.
    pub images_per_sec: Option<f64>,
    #[serde(rename = "can_resume", serialize_with = "as_goes_on")]
    pub resume: ResumeOffer,
    /// What is missing of it or why it cannot be read.
    pub trouble: Option<Message>,
}

/// The run in that folder; `None` where none is. Reads checkpoints whole, to the first that is as it was written.
pub fn summarize(run_dir: &Path) -> Option<RunSummary> {
    summarize_with_outline(run_dir, Checkpoints::newest).map(|(summary, _, _)| summary)
}

/// As [`summarize`], for a list of many: a checkpoint is believed where its files are there, and they are not read.
pub fn glance(run_dir: &Path) -> Option<RunSummary> {
    summarize_with_outline(run_dir, Checkpoints::newest_listed).map(|(summary, _, _)| summary)
}

/// As [`summarize`], with what it was made of: the configuration, and the record's outline. `newest` finds the checkpoint.
pub(super) fn summarize_with_outline(
    run_dir: &Path,
    newest: fn(&Checkpoints) -> Newest,
) -> Option<(RunSummary, WrittenConfig, Vec<Event>)> {
    if !is_run(run_dir) {
        return None;
    }
    let name = run_dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut summary = RunSummary {
        dir: run_dir.to_owned(),
        name,
        state: RunStanding::Died,
        dataset: None,
        model: String::new(),
        epochs: 0,
        best_val_auc: None,
        images_per_sec: None,
        resume: ResumeOffer::None,
        trouble: None,
    };
    let (mut known, mut outline) = (WrittenConfig::default(), Vec::new());
    match read_config_and_text(run_dir) {
        Ok((config, text)) => {
            (summary.dataset, summary.model) = (config.data.dir, config.model.name);
            known = WrittenConfig::of(text);
        }
        Err(error) => summary.trouble = Some(error.message()),
    }
    let configured = summary.trouble.is_none();
    let held = holder_of(run_dir).is_some();
    match read_outline(run_dir, !held) {
        Ok((events, missing)) => {
            summary.trouble = summary.trouble.or(missing);
            summary.take(&events);
            outline = events;
        }
        // Killed before its record was made.
        Err(super::StoreError::NoRun(_)) => {}
        Err(error) => summary.trouble = Some(error.message()),
    }
    // It may have ended while its record was read.
    if held && holder_of(run_dir).is_some() {
        summary.state = RunStanding::Running;
    }
    if configured {
        summary.resume = offer(summary.state, || newest(&Checkpoints::of(run_dir)));
    }
    if let ResumeOffer::OnlyAnew(why) = &summary.resume {
        summary.trouble = summary.trouble.or_else(|| Some(msg!("store-no-whole-checkpoints", why)));
    }
    Some((summary, known, outline))
}

fn offer(state: RunStanding, newest: impl FnOnce() -> Newest) -> ResumeOffer {
    match state {
        RunStanding::Running | RunStanding::Completed => ResumeOffer::None,
        RunStanding::Stopped | RunStanding::Failed | RunStanding::Died => {
            let newest = newest();
            if newest.checkpoint.is_some() || newest.passed_over.is_empty() {
                ResumeOffer::GoesOn
            } else {
                ResumeOffer::OnlyAnew(clauses(newest.passed_over))
            }
        }
    }
}

impl RunSummary {
    fn take(&mut self, events: &[Event]) {
        let (mut images, mut secs) = (0.0, 0.0);
        for event in events {
            match event {
                Event::Started(_) => self.state = RunStanding::Died,
                Event::Epoch(epoch) => {
                    self.epochs = epoch.epoch;
                    if epoch.best {
                        self.best_val_auc = epoch.val_auc.or(self.best_val_auc);
                    }
                }
                Event::Validation(validation) if validation.best => {
                    self.best_val_auc = validation.auc.or(self.best_val_auc);
                }
                // Steps vary by much: their times are what adds up. Of an older engine all count alike.
                Event::Step(step) if step.images_per_sec > 0.0 => {
                    images += step.images_or(1) as f64;
                    secs += step.step_secs(1);
                }
                Event::Finished(finished) => {
                    self.state = match finished.status {
                        RunStatus::Completed => RunStanding::Completed,
                        RunStatus::Stopped => RunStanding::Stopped,
                    };
                    self.trouble = self.trouble.take().or_else(|| finished.missing.first().cloned());
                }
                Event::Failed { error, .. } => {
                    self.state = RunStanding::Failed;
                    self.trouble = Some(error.clone());
                }
                _ => {}
            }
        }
        self.images_per_sec = (secs > 0.0).then(|| images / secs);
    }
}

/// The run that was begun last, in a folder of runs.
pub fn newest_run(dir: &Path) -> Option<RunSummary> {
    summarize(newest_first(dir).ok()?.first()?)
}

/// Who trains in that folder, in words, where somebody does.
pub fn trained_by(run_dir: &Path) -> Option<Message> {
    holder_of(run_dir).as_ref().map(Holder::words)
}

#[cfg(test)]
mod tests {
    use super::super::{CheckpointState, Record, RunLock, keep_began, list_runs, write_config};
    use super::*;
    use crate::config::RunConfig;
    use crate::protocol::{EpochEvent, FailureKind, Finished, StepEvent, played};
    use std::time::{Duration, UNIX_EPOCH};

    fn step(step: u64, images_per_sec: f64) -> Event {
        Event::Step(StepEvent { images_per_sec, ..played::step(step) })
    }

    fn finished(status: RunStatus) -> Event {
        Event::Finished(Box::new(Finished {
            secs: 9.0,
            status,
            steps: 2,
            best_epoch: None,
            best_val_auc: None,
            test: None,
            missing: Vec::new(),
            stopped_early: false,
        }))
    }

    #[track_caller]
    fn check(events: &[Event], state: RunStanding, goes_on: bool) -> RunSummary {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), &[], &RunConfig::default()).unwrap();
        Record::create(folder.path()).unwrap().append(events).unwrap();
        let summary = summarize(folder.path()).unwrap();
        assert_eq!((summary.state, summary.resume.goes_on()), (state, goes_on));
        let lock = RunLock::take(folder.path(), &mut || false).unwrap();
        let held = summarize(folder.path()).unwrap();
        assert_eq!((held.state, held.resume), (RunStanding::Running, ResumeOffer::None));
        drop(lock);
        summary
    }

    #[test]
    fn a_run_s_last_word_says_how_it_stands() {
        let steps = [step(1, 50.0), step(2, 200.0)];
        let with = |last: &[Event]| [&steps[..], last].concat();
        let died = check(&with(&[]), RunStanding::Died, true);
        assert_eq!(died.images_per_sec, Some(80.0));
        // A short batch counts as little as it is.
        let sized = [(1, 60, 480.0), (2, 4, 32.0)].map(|(step, images, images_per_sec)| {
            Event::Step(StepEvent { images: Some(images), images_per_sec, ..played::step(step) })
        });
        assert_eq!(check(&sized, RunStanding::Died, true).images_per_sec, Some(256.0));
        check(&with(&[finished(RunStatus::Completed)]), RunStanding::Completed, false);
        let failed = Event::Failed { error: "the device is gone".into(), kind: FailureKind::Device };
        let failed = check(&with(&[failed]), RunStanding::Failed, true);
        assert_eq!(failed.trouble, Some("the device is gone".into()));
        // The second was judged by few images, and is none to compare with.
        let epoch = |epoch, auc, best| Event::Epoch(EpochEvent { val_auc: Some(auc), best, ..played::epoch(epoch) });
        let epochs = [epoch(1, 0.9, true), epoch(2, 1.0, false), finished(RunStatus::Stopped)];
        let stopped = check(&with(&epochs), RunStanding::Stopped, true);
        assert_eq!((stopped.epochs, stopped.best_val_auc), (2, Some(0.9)));
    }

    #[test]
    fn runs_are_listed_and_what_is_none_is_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "no run"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (name, began) in [("b", 2), ("a", 1)] {
            let dir = folder.path().join(name);
            write_config(&dir, &[], &RunConfig::default()).unwrap();
            keep_began(&dir, UNIX_EPOCH + Duration::from_secs(began)).unwrap();
        }
        std::fs::write(folder.path().join("b/run.sqlite"), "no database").unwrap();
        let runs = list_runs(folder.path(), None).unwrap();
        assert_eq!(runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(runs[0].resume.goes_on() && runs[0].trouble.is_none(), "killed before its record was made");
        assert!(runs[1].trouble.as_ref().unwrap().to_string().contains("run.sqlite"));
        assert_eq!(list_runs(&folder.path().join("a"), None).unwrap().len(), 1);
        assert_eq!(newest_run(folder.path()).unwrap().name, "b");
    }

    #[test]
    fn a_run_whose_checkpoints_are_all_damaged_can_only_be_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), &[], &RunConfig::default()).unwrap();
        let fill = |dir: &Path| std::fs::write(dir.join("model.bpk"), "weights").map_err(|e| e.to_string().into());
        let state = CheckpointState { step: 1, ..CheckpointState::begin() };
        let checkpoint = Checkpoints::of(folder.path()).write(&state, fill).unwrap();
        assert!(summarize(folder.path()).unwrap().resume.goes_on());
        std::fs::write(checkpoint.path.join("model.bpk"), "weighus").unwrap();
        let summary = summarize(folder.path()).unwrap();
        let ResumeOffer::OnlyAnew(why) = &summary.resume else { panic!("{summary:?}") };
        assert!(why.to_string().starts_with("step-0000000001 is damaged"), "{why}");
        assert!(summary.trouble.as_ref().unwrap().to_string().contains(&why.to_string()));
        assert_eq!(serde_json::json!(summary)["can_resume"], false);
        // A list of many runs reads none of their weights, and sees what is gone.
        assert!(glance(folder.path()).unwrap().resume.goes_on());
        std::fs::remove_file(checkpoint.path.join("model.bpk")).unwrap();
        let ResumeOffer::OnlyAnew(why) = glance(folder.path()).unwrap().resume else { panic!("it is not whole") };
        assert!(why.to_string().contains("model.bpk"), "{why}");
    }
}
