//! A run's life as the window steers it: start, live changes, stop, resume, and the engine's end.

use super::catch_up::CatchingUp;
use super::edits::WORKERS;
use super::engine_link::{EngineStarter, start_aside};
use super::jobs::JobKind;
use super::work::{self, LastRun, Report};
use super::{App, DATA_FRAME, SETTLE};
use crate::client::{ClientEvent, EngineExit, Live, RunState};
use crate::config::{ParamValue, RunConfig, TransformSpec};
use crate::language::Message;
use crate::protocol::{Command, Event, OnChangedData, ResumePoint, StallAnswer, Stalls, StartRun, Started};
use crate::store::{Recorded, ResumeOffer, RunSummary, is_done_again};
use crate::ui::state::{Closing, ExportState};
use crate::ui::timeline::state::TimelineState;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

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
    fn begin(&mut self, run_dir: PathBuf, starter: &EngineStarter) {
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
                let recorded_lines = run.state.log.len();
                self.put_run(*run);
                self.take_settings_of_shown_run();
                self.begin(run_dir, &starter);
                self.recorded_until = Some(until);
                self.catching_up = Some(CatchingUp::with(recorded_lines));
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
    fn take_running_chain(&mut self, running: &[TransformSpec], edits: u64) {
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

    /// Takes events in until `deadline`; true if more wait.
    pub(super) fn drain_engine(&mut self, deadline: Instant) -> bool {
        loop {
            let Some(event) = self.engine.as_ref().and_then(|e| e.recv_timeout(Duration::ZERO)) else { return false };
            self.last_event = Instant::now();
            if self.catching_up.is_some() {
                self.hold(event);
            } else {
                self.take_client_event(event);
            }
            if Instant::now() > deadline {
                return true;
            }
        }
    }

    pub(super) fn take_client_event(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Event(Event::Trace(trace)) => self.trace_came(*trace),
            ClientEvent::Event(event) => self.take_event(&event),
            ClientEvent::Exited(exit) => self.on_exit_of_engine(exit),
        }
    }

    fn take_event(&mut self, event: &Event) {
        if self.recorded_until.as_ref().is_some_and(|until| until.has(event)) {
            return;
        }
        match event {
            Event::Started(started) if self.recorded_until.is_some() => {
                self.state.run.started = Some((**started).clone());
                if self.state.run.live != Live::Stopping {
                    self.state.run.live = Live::Running;
                }
                // The chain that it began with may have been changed since: the engine says itself which one runs.
            }
            Event::Started(started) => self.on_started(started),
            Event::Epoch(_) if self.state.view.closing == Some(Closing::AfterEpoch) => {
                self.state.run.apply(event);
                self.stop_run();
            }
            Event::Quarantined { name, .. } => {
                self.take_quarantined(name);
                self.state.run.apply(event);
            }
            Event::Trying(trying) => {
                self.state.run.apply(event);
                // What is more than this window sent came from others, before it or beside it.
                self.edits_sent = self.edits_sent.max(trying.edits);
                if trying.label.is_none() {
                    self.take_running_chain(&trying.running, trying.edits);
                }
            }
            Event::Finished(_) | Event::Failed { .. } => {
                self.state.run.apply(event);
                self.after_the_end();
            }
            // A stop that was asked for is not undone by a phase that was under way.
            Event::Phase(_) if self.state.run.live == Live::Stopping => {
                self.state.run.apply(event);
                self.state.run.live = Live::Stopping;
            }
            _ => self.state.run.apply(event),
        }
    }

    fn on_started(&mut self, started: &Started) {
        let stopping = self.state.run.live == Live::Stopping;
        if !started.resumed && self.state.run.now.step > 0 {
            // A run that was to be resumed and begins anew: its curves do too.
            let RunState { log, devices, live, .. } = std::mem::take(&mut self.state.run);
            self.state.run = RunState { log, devices, live, ..RunState::default() };
        }
        if let Some((events, from)) = self.earlier_events.take().zip(started.resumed_from) {
            let RunState { log, devices, .. } = std::mem::take(&mut self.state.run);
            self.state.run = RunState { log, devices, ..state_gone_on_with(&events, &from) };
        }
        self.state.run_dir = Some(started.run_dir.clone());
        self.state.run.apply(&Event::Started(Box::new(started.clone())));
        if stopping {
            self.state.run.live = Live::Stopping;
        }
        // It may have completed the chain (a Resize for another network); of changes sent meanwhile it speaks itself.
        self.take_running_chain(&started.config.transforms, 0);
        self.read_runs_in_sight();
    }

    fn on_exit_of_engine(&mut self, exit: EngineExit) {
        self.engine = None;
        self.catching_up = None;
        self.state.last_words = exit.last_words;
        if self.state.run.live.is_active() {
            self.state.run.live = Live::Died { how: exit.how.clone() };
            // It went with the engine; a resume is to go on with what ran.
            if let Some(trying) = self.state.run.trying.take() {
                self.state.config.transforms = trying.running;
                self.check_chain();
                self.preview();
            }
            self.state.run.phase = None;
            self.state.run.progress = None;
            self.state.run.note(true, msg!("window-died", how = exit.how.to_string()));
            if self.restarting.take().is_some() {
                self.earlier_events = None;
                self.read_run_to_resume(OnChangedData::Refuse);
            } else {
                self.after_the_end();
            }
        }
    }

    /// Finds out whether the run that ended can be gone on with.
    fn after_the_end(&mut self) {
        self.earlier_events = None;
        self.list_recent_runs();
        let Some(run_dir) = self.state.run_dir.clone() else { return };
        self.start_job(JobKind::Checkpoint, move |job| work::look_whether_it_can_be_resumed(job, &run_dir));
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
    fn take_settings_of_shown_run(&mut self) {
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
        self.state.run.log.extend(log);
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

/// The run as it stands where an engine goes on from there: as its record has it by then.
fn state_gone_on_with(events: &[Event], from: &ResumePoint) -> RunState {
    RunState::from_events(events.iter().filter(|event| !is_done_again(event, from)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{
        ChangeEffect, Decision, EpochEvent, Finished, MeasuredCeilings, RunStatus, SpanKind, SpanMark, ValidationEvent,
        played,
    };
    use crate::store::{CheckpointState, Record, read_record};

    fn step(step: u64) -> Event {
        Event::Step(played::step(step))
    }

    fn epoch(epoch: u64, step: u64, secs: f64) -> Event {
        Event::Epoch(EpochEvent { secs, step, val_loss: Some(secs), val_auc: Some(0.5), ..played::epoch(epoch) })
    }

    fn validation(step: u64, secs: f64) -> Event {
        let (epoch, loss, accuracy, auc, best, val_secs) = (2, secs, 0.5, None, false, 0.1);
        Event::Validation(ValidationEvent { secs, step, epoch, loss, accuracy, auc, best, val_secs })
    }

    fn span(secs: f64, begins: bool) -> Event {
        Event::Span(SpanMark { secs, step: 1, kind: SpanKind::Paused, begins })
    }

    fn bisect() -> Event {
        Event::Bisect(Box::new(played::bisect()))
    }

    fn effect() -> Event {
        Event::Effect(Box::new(ChangeEffect {
            config_version: 1,
            label: "RandFlip off".into(),
            before_images_per_sec: Some(100.0),
            after_images_per_sec: Some(120.0),
            effect_frac: Some(0.2),
            low: Some(0.1),
            high: Some(0.3),
            blocks: 9,
            predicted: None,
            decision: Decision::Effect,
            with_next: false,
            remaining_secs: None,
        }))
    }

    /// A run that was gone on with before, and of which most things are known.
    fn events() -> Vec<Event> {
        let started = |resumed| Event::Started(Box::new(Started { resumed, ..played::started() }));
        let ceilings = MeasuredCeilings {
            now_images_per_sec: Some(100.0),
            loader_images_per_sec: Some(200.0),
            cached_images_per_sec: None,
            synthetic_images_per_sec: None,
        };
        let finished = Finished {
            missing: Vec::new(),
            secs: 20.0,
            status: RunStatus::Stopped,
            steps: 8,
            best_epoch: None,
            best_val_auc: None,
            stopped_early: false,
            test: None,
        };
        let mut events = vec![started(false), step(1), started(true), step(2), step(3), epoch(1, 3, 3.5)];
        events.extend([bisect(), effect(), Event::Ceilings(ceilings), span(3.6, true), span(3.7, false)]);
        events.extend([Event::Quarantined { secs: 3.8, name: "a/7.png".to_owned() }, step(4), validation(4, 4.5)]);
        events.extend([step(5), step(6), epoch(2, 6, 6.5), span(6.6, true), step(7), step(8)]);
        events.push(Event::Finished(Box::new(finished)));
        events
    }

    /// One rule says what a resume takes back.
    #[test]
    fn a_resumed_run_is_in_the_window_what_it_is_in_its_record() {
        // Of a checkpoint within an epoch, of one from after a validation, and of two from before an epoch's end was noted.
        for (step, next_epoch, validated_step, secs) in
            [(5, 2, 4, 5.2), (4, 2, 4, 4.6), (6, 2, 4, 6.2), (3, 1, 0, 3.2), (0, 1, 0, 0.0)]
        {
            let folder = tempfile::tempdir().unwrap();
            Record::create(folder.path()).unwrap().append(&events()).unwrap();
            let (before, missing) = read_record(folder.path()).unwrap();
            assert_eq!((before.len(), missing), (events().len(), None));
            let from = CheckpointState { step, next_epoch, validated_step, secs, ..CheckpointState::begin() };
            drop(Record::resume(folder.path(), &from).unwrap());
            let window = state_gone_on_with(&before, &from.resume_point());
            let rebuilt = RunState::from_events(&read_record(folder.path()).unwrap().0);
            assert_eq!(format!("{window:?}"), format!("{rebuilt:?}"), "after step {step}");

            assert_eq!((window.now.step, window.series.loss.points().len() as u64), (step, step));
            let findings = &window.findings;
            assert!(findings.bisect.is_some() && findings.ceilings.is_some() && findings.effects.len() == 1);
            assert_eq!((window.turns.len(), window.quarantined.len()), (1, 1), "its earlier resume, and what hung");
        }
    }

    /// An epoch was reported, and the engine killed before its checkpoint, and its record cannot be read: the curves are those of the
    /// window.
    #[test]
    fn an_epoch_whose_end_a_resume_repeats_is_there_once() {
        let mut events: Vec<Event> = (1..=3).map(step).chain([epoch(1, 3, 3.5)]).collect();
        events.extend((4..=6).map(step).chain([epoch(2, 6, 6.5)]));
        let mut state = RunState::from_events(&events);
        state.apply(&epoch(2, 6, 9.0));
        state.apply(&step(7));
        let epochs: Vec<(u64, f64)> = state.epochs.iter().map(|epoch| (epoch.epoch, epoch.secs)).collect();
        assert_eq!(epochs, [(1, 3.5), (2, 9.0)]);
        assert_eq!(state.series.val_loss.points(), [[3.5, 3.5], [9.0, 9.0]]);
        assert_eq!(state.series.val_auc.points(), [[3.5, 0.5], [9.0, 0.5]]);
    }
}
