//! A run's life as the window steers it: start, live changes, stop, resume, and an engine that is silent.

use super::engine_link::{EngineStarter, start_aside};
use super::jobs::JobKind;
use super::work::Report;
use super::{App, DATA_FRAME, SETTLE};
use crate::client::{EngineExit, Live, RunState};
use crate::config::TransformSpec;
use crate::language::Message;
use crate::protocol::{Command, Event, OnChangedData, StallAnswer, Stalls, StartRun};
use crate::store::{Recorded, ResumeOffer};
use crate::ui::state::ExportState;
use crate::ui::timeline::state::TimelineState;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// An engine that was killed and has not gone by then is not waited for.
const KILLED_GRACE: Duration = Duration::from_secs(10);

impl App {
    pub(super) fn start_run(&mut self, now: SystemTime) {
        if self.state.why_not_start().is_some() {
            return;
        }
        let mut config = self.state.config.clone();
        config.data.dir = self.state.dataset.dir().cloned();
        let run_dir = self.dirs.new_run(&config.model.name, now);
        self.state.run = RunState { devices: std::mem::take(&mut self.state.run.devices), ..RunState::default() };
        self.launch(StartRun::new(config, run_dir));
    }

    /// Reads what the run has written; [`Self::resume_with`] goes on with it.
    pub(super) fn read_run_to_resume(&mut self, on_changed_data: OnChangedData) {
        if self.state.sweep.busy {
            self.state.run.note(true, msg!("window-not-resumed-sweep"));
            return;
        }
        let Some(run_dir) = self.state.run_dir.clone().filter(|_| !self.state.run.live.is_active()) else { return };
        self.start_job(JobKind::Checkpoint, move |job| {
            let recorded = crate::store::read_record(&run_dir).map_err(|e| e.to_string().into());
            job.send(Report::RunRead(recorded, on_changed_data));
        });
    }

    pub(super) fn resume_with(&mut self, recorded: Result<Recorded, Message>, on_changed_data: OnChangedData) {
        let (Some(started), Some(run_dir)) = (self.state.run.started.clone(), self.state.run_dir.clone()) else {
            return;
        };
        if self.state.run.live.is_active() {
            return;
        }
        match recorded {
            Ok((events, missing)) => {
                self.note_missing(&run_dir, missing);
                self.earlier_events = Some(events);
            }
            // The curves then go on from where the window has them.
            Err(error) => self.state.run.note(true, error),
        }
        self.take_settings_of_shown_run();
        // The window has by now what is live: the run's own, and what the person has changed since it was shown. Everything else is
        // the run's own.
        let mut config = started.config;
        config.transforms.clone_from(&self.state.config.transforms);
        config.loader.workers = self.state.config.loader.workers;
        for name in &self.state.run.quarantined {
            if !config.data.quarantine.contains(name) {
                config.data.quarantine.push(name.clone());
            }
        }
        self.launch(StartRun { on_changed_data, ..StartRun::resume(config, run_dir) });
    }

    /// Ends an engine that hangs; when it is gone, another one goes on from the last checkpoint.
    pub(super) fn restart_engine(&mut self, quarantine: Option<String>, workers: Option<usize>) {
        let Some(engine) = &self.engine else { return };
        if !self.state.run.live.is_active() || self.state.run.started.is_none() {
            return;
        }
        engine.kill();
        self.restarting = Some(Instant::now());
        self.ctx.request_repaint_after(KILLED_GRACE);
        if let Some(name) = quarantine {
            self.take_quarantined(&name);
            self.state.run.apply(&Event::Quarantined { secs: self.state.run.now.secs, name });
        }
        if let Some(workers) = workers {
            self.state.config.loader.workers = workers;
        }
        self.state.run.note(true, msg!("window-engine-ended-by-hand"));
    }

    /// The next run leaves it out too.
    pub(super) fn take_quarantined(&mut self, name: &str) {
        let names = &mut self.state.config.data.quarantine;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    pub(super) fn answer_stall(&mut self, answer: StallAnswer) {
        self.send(Command::AnswerStall(answer));
        // The engine says so within a second; until then the answer is taken for done.
        self.state.run.stalls.list.retain(|stall| stall.key() != (answer.who, answer.sample));
    }

    fn launch(&mut self, start: StartRun) {
        // So that the window may be closed while it trains; a window that is killed does not end it either.
        let start = StartRun { detached: true, ..start };
        let starter = self.start_engine.clone();
        self.begin(start.run_dir.clone(), &starter);
        if let Some(engine) = &self.engine {
            // One that cannot be started is reported by its exit.
            let _ = engine.send(Command::Start(Box::new(start)));
        }
    }

    /// Becomes the client of an engine for the run in that folder.
    pub(super) fn begin(&mut self, run_dir: PathBuf, starter: &EngineStarter) {
        self.state.run.live = Live::Starting;
        self.state.run.phase = None;
        self.state.run.progress = None;
        self.state.last_words.clear();
        self.state.timeline = TimelineState::default();
        self.state.resume = ResumeOffer::None;
        self.state.chain_before_bisect = None;
        self.state.view.banner_dismissed = false;
        self.state.export = ExportState::Idle;
        self.state.run_dir = Some(run_dir);
        self.state.going_on = None;
        self.of_shown_run = None;
        self.recorded_until = None;
        self.catching_up = None;
        self.jobs.cancel(JobKind::CatchUp);
        self.unsent_transforms = None;
        self.unsent_workers = None;
        self.edits_sent = 0;
        self.restarting = None;
        self.state.run.trying = None;
        self.state.run.stalls = Stalls::default();
        self.last_event = Instant::now();
        let ctx = self.ctx.clone();
        self.engine = Some(start_aside(starter, move || ctx.request_repaint_after(DATA_FRAME)));
    }

    pub(super) fn stop_run(&mut self) {
        if self.state.run.live.is_active() {
            self.state.run.live = Live::Stopping;
            self.send(Command::Stop);
        }
    }

    /// Tells the engine; one that is gone is reported by its exit.
    pub(super) fn send(&mut self, command: Command) {
        if let Some(engine) = &self.engine {
            let _ = engine.send(command);
        }
    }

    pub(super) fn send_transforms(&mut self) {
        self.unsent_transforms = None;
        if self.state.run.live.is_active() && self.state.chain_error.is_none() {
            self.edits_sent += 1;
            self.send(Command::SetTransforms(self.state.config.transforms.clone()));
        }
    }

    /// Goes back to the chain that batches are made with.
    pub(super) fn take_back_transforms(&mut self) {
        // The engine says so at once; until then it is taken for done.
        if let Some(trying) = self.state.run.trying.take() {
            self.set_transforms(trying.running, true);
        }
    }

    /// The engine says what runs, having heard of so many changes: the panel shows it, where nothing newer is on its way.
    pub(super) fn take_running_chain(&mut self, running: &[TransformSpec], edits: u64) {
        let editing = self.unsent_transforms.is_some() || self.state.chain_error.is_some();
        if edits == self.edits_sent && !editing && self.state.config.transforms != running {
            self.state.config.transforms = running.to_vec();
            self.check_chain();
            self.size_cache();
            self.preview();
        }
    }

    pub(super) fn send_workers(&mut self) {
        self.unsent_workers = None;
        if self.state.run.live.is_active() {
            self.send(Command::SetWorkers(self.state.config.loader.workers));
        }
    }

    /// Sends edits that have come to rest.
    pub(super) fn send_settled(&mut self) {
        let rested = |since: Option<Instant>| since.is_some_and(|s| s.elapsed() >= SETTLE);
        if rested(self.unsent_transforms) {
            self.send_transforms();
            self.size_cache();
        }
        if rested(self.unsent_workers) {
            self.send_workers();
        }
        if rested(self.unread) {
            self.read_dataset_again();
        }
        if rested(self.stale.since) {
            self.work_out_anew();
        }
        if [self.unsent_transforms, self.unsent_workers, self.unread, self.stale.since].iter().any(Option::is_some) {
            self.ctx.request_repaint_after(SETTLE);
        }
    }

    /// Notices an engine that says nothing for longer than its heartbeat allows.
    pub(super) fn watch_silence(&mut self) {
        self.state.silent_secs = None;
        if self.restarting.is_some_and(|since| since.elapsed() >= KILLED_GRACE) {
            let how = msg!("window-killed-and-not-gone");
            self.on_exit_of_engine(EngineExit { how, last_words: Vec::new() });
        }
        if !self.state.run.live.is_active() {
            return;
        }
        let silent = self.last_event.elapsed().as_secs_f64();
        if silent > crate::ui::SILENCE_SECS {
            self.state.silent_secs = Some(silent);
        }
        self.ctx.request_repaint_after(Duration::from_secs(1));
    }
}
