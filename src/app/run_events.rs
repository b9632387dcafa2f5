//! What the engine of the run tells, and what the window makes of it beside showing it.

use super::jobs::JobKind;
use super::persist::MAX_KEPT_RANGES;
use super::{App, work};
use crate::client::{ClientEvent, EngineExit, Live, RunState};
use crate::protocol::{Event, OnChangedData, ResumePoint, Started};
use crate::store::is_done_again;
use crate::ui::state::Closing;
use std::time::{Duration, Instant};

impl App {
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
            Event::Unscaled(found) => self.take_unscaled(event, found.is_some()),
            // An engine that goes on with the run says again what was to be kept so.
            Event::Warning { message, .. } if message.is("transform-unscaled") && self.is_range_kept() => {}
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

    /// Images are to enter the network of this run as they do: neither this window nor the next one asks again.
    pub(super) fn keep_range(&mut self) {
        let Some(run_dir) = self.state.run_dir.clone().filter(|_| self.state.run.findings.unscaled.is_some()) else {
            return;
        };
        self.state.run.findings.keep_unscaled();
        let kept = &mut self.state.kept_ranges;
        kept.retain(|known| *known != run_dir);
        kept.push(run_dir);
        kept.drain(..kept.len().saturating_sub(MAX_KEPT_RANGES));
    }

    fn is_range_kept(&self) -> bool {
        self.state.run_dir.as_ref().is_some_and(|run_dir| self.state.kept_ranges.contains(run_dir))
    }

    /// The engine says anew what the values are, be it to a window that was opened since or after a resume.
    fn take_unscaled(&mut self, event: &Event, is_unscaled: bool) {
        self.state.run.apply(event);
        let Some(run_dir) = &self.state.run_dir else { return };
        if !is_unscaled {
            self.state.kept_ranges.retain(|kept| kept != run_dir);
        } else if self.is_range_kept() {
            self.state.run.findings.keep_unscaled();
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
        if !started.resumed {
            self.state.kept_ranges.retain(|kept| *kept != started.run_dir);
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

    pub(super) fn on_exit_of_engine(&mut self, exit: EngineExit) {
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
            others_moved: false,
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
