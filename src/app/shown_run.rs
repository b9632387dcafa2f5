//! Runs of the disk that the window shows: the last one that was cut off, one to look at, to go on with or to attach to.

use super::App;
use super::catch_up::CatchingUp;
use super::edits::WORKERS;
use super::jobs::JobKind;
use super::work::{self, LastRun};
use crate::client::{Live, RunState};
use crate::config::{ParamValue, RunConfig, TransformSpec};
use crate::language::Message;
use crate::protocol::OnChangedData;
use crate::store::{ResumeOffer, RunSummary};
use crate::ui::timeline::state::TimelineState;
use std::path::{Path, PathBuf};

/// What a run may change while it trains.
struct LiveSettings {
    transforms: Vec<TransformSpec>,
    workers: usize,
}

impl LiveSettings {
    fn of(config: &RunConfig) -> Self {
        Self { transforms: config.transforms.clone(), workers: config.loader.workers }
    }
}

/// Of a run of the disk.
pub(super) struct ShownRun {
    /// As its folder has it.
    own: LiveSettings,
    /// As the window had it when the run was shown: what differs since is the person's, for this run.
    before: LiveSettings,
}

impl App {
    /// Watches and steers a run that trains without a window. What it did so far is read from its record.
    pub(super) fn attach(&mut self, run_dir: PathBuf) {
        if self.state.run.live.is_active() || self.state.sweep.busy {
            return;
        }
        self.state.going_on = Some(run_dir.clone());
        self.show_run(run_dir, false);
    }

    /// Reads a run of the disk, to show it; [`Self::take_shown_run`] does.
    pub(super) fn show_run(&mut self, run_dir: PathBuf, go_on: bool) {
        if !self.state.run.live.is_active() {
            self.start_job(JobKind::Checkpoint, move |job| work::show_run(job, &run_dir, go_on));
        }
    }

    pub(super) fn take_shown_run(&mut self, run: Result<Box<LastRun>, Message>, go_on: bool) {
        if self.state.run.live.is_active() {
            return;
        }
        match run {
            Ok(run) if self.state.going_on.as_ref() == Some(&run.run_dir) => {
                let starter = (self.attach_to)(run.run_dir.clone());
                let (until, run_dir) = (run.until.clone(), run.run_dir.clone());
                self.put_run(*run);
                self.take_settings_of_shown_run();
                self.begin(run_dir, &starter);
                self.recorded_until = Some(until);
                self.catching_up = Some(CatchingUp::default());
            }
            Ok(run) => {
                self.put_run(*run);
                if go_on {
                    self.read_run_to_resume(OnChangedData::Refuse);
                }
            }
            Err(error) => self.state.run.note(true, error),
        }
    }

    pub(super) fn list_recent_runs(&mut self) {
        let runs_dir = self.dirs.runs();
        self.start_job(JobKind::RecentRuns, move |job| work::list_recent_runs(job, &runs_dir));
    }

    pub(super) fn take_recent_runs(&mut self, runs: Vec<RunSummary>, going_on: Option<PathBuf>) {
        if !self.state.run.live.is_active() {
            self.state.going_on = going_on;
        }
        self.state.recent_runs = runs;
    }

    /// Looks for a run that was cut off before this window was opened.
    pub(super) fn look_for_last_run(&mut self) {
        let runs_dir = self.dirs.runs();
        self.start_job(JobKind::Checkpoint, move |job| work::find_last_run(job, &runs_dir));
    }

    /// Shows that run, where nothing else is shown by now, so that it can be gone on with.
    pub(super) fn show_last_run(&mut self, last: Result<Box<LastRun>, Message>) {
        match last {
            Ok(_) if self.state.run.live != Live::Idle || self.state.run_dir.is_some() => {}
            Ok(last) => self.put_run(*last),
            Err(error) => self.note_once(error),
        }
    }

    /// Of a record that is not whole, however often it is read.
    pub(super) fn note_missing(&mut self, run_dir: &Path, missing: Option<Message>) {
        let run = run_dir.file_name().unwrap_or_default().to_string_lossy();
        if let Some(missing) = missing {
            self.note_once(msg!("window-record-not-whole", missing, run));
        }
    }

    /// A warning that the log need not have twice.
    pub(super) fn note_once(&mut self, warning: Message) {
        if self.state.run.log.iter().all(|line| line.message != warning) {
            self.state.run.note(true, warning);
        }
    }

    /// A run that is gone on with brings its own chain and workers: changes that can be undone, as others can. What the person has
    /// changed since the run was shown stays: they lowered the workers that took too much memory, and go on.
    pub(super) fn take_settings_of_shown_run(&mut self) {
        let Some(ShownRun { own, before }) = self.of_shown_run.take() else { return };
        if self.state.config.transforms == before.transforms {
            self.set_transforms(own.transforms, true);
        }
        if self.state.config.loader.workers == before.workers {
            self.set(WORKERS, ParamValue::Int(i64::try_from(own.workers).unwrap_or(i64::MAX)), true);
        }
    }

    /// Shows a run of the disk in place of what is shown. What the person has set for the next run stays as it is.
    fn put_run(&mut self, last: LastRun) {
        let log = std::mem::take(&mut self.state.run.log);
        self.state.run = RunState { devices: std::mem::take(&mut self.state.run.devices), ..last.state };
        self.state.run.keep_own_lines(log);
        self.note_missing(&last.run_dir, last.missing);
        self.state.last_words.clear();
        self.state.view.banner_dismissed = false;
        if self.state.run.live.is_active() {
            self.state.run.live = Live::Died { how: msg!("window-died-before") };
        }
        // Shown already: what was changed since the first time stays a change.
        let again = self.of_shown_run.take().filter(|_| self.state.run_dir.as_ref() == Some(&last.run_dir));
        let before = again.map_or_else(|| LiveSettings::of(&self.state.config), |shown| shown.before);
        self.of_shown_run = Some(ShownRun { own: LiveSettings::of(&last.config), before });
        self.state.run_dir = Some(last.run_dir);
        self.state.resume = last.resume;
    }

    /// Shows no run any more; the log stays.
    pub(super) fn put_run_away(&mut self) {
        // Whatever is still being found out or judged is of it.
        for kind in [JobKind::Checkpoint, JobKind::Judge] {
            self.jobs.cancel(kind);
        }
        self.state.results.busy = None;
        let RunState { log, devices, .. } = std::mem::take(&mut self.state.run);
        self.state.run = RunState { log, devices, ..RunState::default() };
        self.state.run_dir = None;
        self.state.resume = ResumeOffer::None;
        self.state.last_words.clear();
        self.state.timeline = TimelineState::default();
        self.state.chain_before_bisect = None;
        self.of_shown_run = None;
    }
}
