//! The page of runs: the folder's list is read, and what is asked for is done, by a job.

use super::App;
use super::jobs::{JobHandle, JobKind};
use super::work::{Report, runs_unread};
use crate::client::RunState;
use crate::config::Edit;
use crate::language::Message;
use crate::store::{CardError, RunCard, read_cards, read_record, rename_run, write_notes};
use crate::ui::Page;
use crate::ui::runs::state::{Overlaid, RunsCommand};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Moves a run's folder into the trash; gives where it lies there, where the system says so.
pub type Trash = dyn Fn(&Path) -> Result<Option<PathBuf>, CardError> + Send + Sync;

/// Changes a run's folder.
pub(super) type RunChange = Box<dyn FnOnce() -> Result<Changed, CardError> + Send>;

/// What a job found or did.
pub enum RunsNews {
    Cards(Result<Vec<RunCard>, Message>),
    /// With what is not there of its record.
    Overlaid(Result<(Overlaid, Option<Message>), Message>),
    /// A folder was changed: the list is read again.
    Changed(Result<Changed, Message>),
}

/// What became of a run's folder.
pub enum Changed {
    Noted,
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Trashed {
        dir: PathBuf,
        /// Where it lies in the trash, where that is known.
        place: Option<PathBuf>,
    },
}

impl App {
    pub(super) fn apply_runs(&mut self, command: RunsCommand) {
        self.state.runs.error = None;
        match command {
            RunsCommand::Read => self.read_runs(),
            RunsCommand::Overlay { dir, shown: false } => {
                self.state.runs.overlaid.retain(|overlaid| overlaid.dir != dir);
            }
            RunsCommand::Overlay { dir, shown: true } => {
                self.start_job(JobKind::Overlay, move |job| job.send(Report::Runs(RunsNews::Overlaid(overlay(&dir)))));
            }
            RunsCommand::Show(dir) => self.look_at_run(dir, false),
            RunsCommand::Resume(dir) => self.look_at_run(dir, true),
            RunsCommand::Duplicate(dir) => self.duplicate_run(&dir),
            RunsCommand::Rename { dir, .. } | RunsCommand::Trash(dir) if self.is_trained_here(&dir) => {
                self.state.runs.error = Some(CardError::Held.message());
            }
            RunsCommand::Rename { dir, name } => {
                self.change_run(move || rename_run(&dir, &name).map(|to| Changed::Renamed { from: dir, to }));
            }
            RunsCommand::Note { dir, notes } => {
                self.change_run(move || write_notes(&dir, &notes).map(|()| Changed::Noted));
            }
            RunsCommand::Trash(dir) => {
                let trash = Arc::clone(&self.trash);
                self.change_run(move || trash(&dir).map(|place| Changed::Trashed { dir, place }));
            }
        }
    }

    fn is_trained_here(&self, dir: &Path) -> bool {
        self.state.run_dir.as_deref() == Some(dir) && self.state.run.live.is_active()
    }

    /// A run of this window began or ended. Where the list is not in sight, opening its page reads it.
    pub(super) fn read_runs_in_sight(&mut self) {
        if self.state.view.page == Page::RUNS {
            self.read_runs();
        }
    }

    /// What is shown stays until the new list comes.
    pub(super) fn read_runs(&mut self) {
        self.state.runs.busy = true;
        let dirs = self.dirs.clone();
        self.start_job(JobKind::Runs, move |job| {
            let dir = dirs.runs();
            let cards = read_cards(&dir, Some(&dirs.run_list(&dir)), &mut || !job.is_cancelled());
            job.send(Report::Runs(RunsNews::Cards(cards.map_err(|error| runs_unread(&dir, &error)))));
        });
    }

    /// One after the other: a new job would have the window never hear of the one before.
    fn change_run(&mut self, change: impl FnOnce() -> Result<Changed, CardError> + Send + 'static) {
        self.run_changes.push_back(Box::new(change));
        if !self.jobs.is_running(JobKind::RunChange) {
            self.change_next_run();
        }
    }

    fn change_next_run(&mut self) {
        let Some(change) = self.run_changes.pop_front() else { return };
        self.start_job(JobKind::RunChange, move |job: &JobHandle<Report>| {
            job.send(Report::Runs(RunsNews::Changed(change().map_err(|error| error.message()))));
        });
    }

    fn look_at_run(&mut self, dir: PathBuf, go_on: bool) {
        if !self.state.run.live.is_active() && !self.state.sweep.busy {
            self.show_run(dir, go_on);
            self.state.view.page = Page::PLOTS;
        }
    }

    /// Takes over a run's settings: a change that can be undone, and with another dataset a second one.
    fn duplicate_run(&mut self, dir: &Path) {
        let cards = self.state.runs.cards.iter().flatten();
        let config = cards.filter(|card| card.summary.dir == dir).find_map(|card| card.config.get().cloned());
        let Some(config) = config.filter(|_| !self.state.run.live.is_active()) else { return };
        let another = config.data.dir.clone().filter(|dataset| self.state.config.data.dir.as_ref() != Some(dataset));
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        if let Some(edit) = Edit::settings_of_run(&self.state.config, &config, &name, another.is_none()) {
            self.change(edit, true);
        }
        if let Some(dataset) = another {
            self.open_as_run(dataset, config.data);
        }
        self.state.view.page = Page::PLOTS;
    }

    pub(super) fn take_runs(&mut self, news: RunsNews) {
        if matches!(news, RunsNews::Changed(_)) {
            self.change_next_run();
        }
        let runs = &mut self.state.runs;
        match news {
            RunsNews::Cards(Ok(cards)) => {
                // Of a folder that is gone nothing is laid over the plots any more.
                runs.overlaid.retain(|overlaid| cards.iter().any(|card| card.summary.dir == overlaid.dir));
                (runs.cards, runs.busy) = (Some(cards), false);
            }
            RunsNews::Cards(Err(error)) => {
                (runs.error, runs.busy) = (Some(error), false);
                runs.cards.get_or_insert_default();
            }
            RunsNews::Overlaid(Ok((overlaid, missing))) => {
                runs.overlaid.retain(|known| known.dir != overlaid.dir);
                let dir = overlaid.dir.clone();
                runs.overlaid.push(overlaid);
                self.note_missing(&dir, missing);
            }
            RunsNews::Changed(Ok(changed)) => {
                match changed {
                    Changed::Noted => {}
                    Changed::Renamed { from, to } => {
                        for shown in [&mut self.state.results.run_dir, &mut self.state.run_dir] {
                            if shown.as_ref() == Some(&from) {
                                *shown = Some(to.clone());
                            }
                        }
                    }
                    Changed::Trashed { dir, place } => self.forget_run(&dir, place),
                }
                self.read_runs();
                self.list_recent_runs();
            }
            RunsNews::Overlaid(Err(error)) | RunsNews::Changed(Err(error)) => {
                runs.error = Some(error);
            }
        }
    }

    /// Its folder lies in the trash, at `place` where that is known: it is neither shown any more nor offered to be gone on with.
    fn forget_run(&mut self, dir: &Path, place: Option<PathBuf>) {
        let results = &mut self.state.results;
        if results.run_dir.as_deref() == Some(dir) {
            (results.judged, results.predicted, results.run_dir) = (None, None, None);
        }
        if self.state.run_dir.as_deref() == Some(dir) && !self.state.run.live.is_active() {
            self.put_run_away();
        }
        let run = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let said = match place {
            Some(place) => msg!("page-run-trashed-to", run, place = place.display().to_string()),
            None => msg!("page-run-trashed", run),
        };
        self.state.run.note(false, said);
    }
}

fn overlay(dir: &Path) -> Result<(Overlaid, Option<Message>), Message> {
    let (events, missing) = read_record(dir).map_err(|error| Message::verbatim(error.to_string()))?;
    let name = dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut run = RunState::from_events(&events);
    // A folder that was renamed is called as it is now.
    if let Some(started) = &mut run.started {
        started.run_id.clone_from(&name);
    }
    Ok((Overlaid { dir: dir.to_owned(), name, run: Arc::new(run) }, missing))
}
