//! Everything a client knows of a run, built from its events alone, live or read back from disk.

use super::{Findings, Hardware, Pace, Series, Spans};
use crate::language::Message;
use crate::protocol::{
    ChangeMark, DeviceInfo, EpochEvent, Event, FailureKind, Finished, RunPhase, RunStatus, SpanKind, Stalls, Started,
    StepEvent, Trying, ValidationEvent,
};
use std::collections::VecDeque;

/// The log keeps so many lines; the oldest goes first.
const MAX_LOG: usize = 500;
/// Live changes kept; a run with more has the newest.
const MAX_MARKS: usize = 1000;
/// Validations within epochs that are kept.
pub const MAX_VALIDATIONS: usize = 10_000;

/// Where a run stands, as its client sees it.
#[allow(clippy::large_enum_variant, reason = "there is one a run, and it is never moved about")]
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Live {
    /// No engine, no run.
    #[default]
    Idle,
    /// An engine was started and has not said `Started`.
    Starting,
    Running,
    Paused,
    Stopping,
    Finished(Finished),
    /// The engine said what went wrong.
    Failed {
        error: Message,
        kind: FailureKind,
    },
    /// The engine is gone without a word: killed, crashed, out of memory.
    Died {
        how: Message,
    },
}

impl Live {
    /// An engine is at work on this run.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Paused | Self::Stopping)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Of the run's time; `None` where no run was active.
    pub secs: Option<f64>,
    /// A warning, else a plain note.
    pub warning: bool,
    pub message: Message,
    /// The client's own: no record has it.
    pub own: bool,
}

impl LogEntry {
    /// The same line, be it told live or read from a record.
    fn is_that_of(&self, other: &Self) -> bool {
        let same_moment = match (self.secs, other.secs) {
            (Some(secs), Some(others)) => (secs - others).abs() <= ROUNDING_SECS,
            (secs, others) => secs == others,
        };
        same_moment && (self.own, &self.message) == (other.own, &other.message)
    }
}

/// What a number loses on its way through a record.
pub const ROUNDING_SECS: f64 = 1e-9;

/// The newest figures, for a bar.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NewestFigures {
    pub step: u64,
    pub epoch: u64,
    pub secs: f64,
    pub loss: Option<f64>,
    pub images_per_sec: Option<f64>,
    pub data_wait_frac: Option<f64>,
    pub queue_len: usize,
}

/// A moment at which a run ended or was gone on with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    pub secs: f64,
    pub kind: TurnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnKind {
    Resumed,
    Stopped,
    Completed,
    Failed,
}

/// A run: what it is, where it stands, and what was measured of it.
#[derive(Debug, Clone, Default)]
pub struct RunState {
    pub live: Live,
    pub phase: Option<RunPhase>,
    /// (done, total) of the phase; total 0 is unknown.
    pub progress: Option<(u64, u64)>,
    pub devices: Vec<DeviceInfo>,
    pub started: Option<Started>,
    pub now: NewestFigures,
    pub epochs: Vec<EpochEvent>,
    /// Within epochs, the first [`MAX_VALIDATIONS`].
    pub validations: Vec<ValidationEvent>,
    pub marks: Vec<ChangeMark>,
    /// Bisects, pauses, stretches of a loss that is no number.
    pub spans: Spans,
    /// Its ends and its beginnings after them.
    pub turns: Vec<Turn>,
    pub pace: Pace,
    /// A change of transforms that takes long to be tried.
    pub trying: Option<Trying>,
    pub log: VecDeque<LogEntry>,
    /// What hangs now.
    pub stalls: Stalls,
    /// Files that were quarantined while the run went on, beside those of its configuration.
    pub quarantined: Vec<String>,
    pub heartbeat_secs: Option<f64>,
    pub series: Series,
    pub hardware: Hardware,
    pub findings: Findings,
}

impl RunState {
    /// A state rebuilt from a run's recorded events.
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Seconds left of the run, its validations and its test among them, by its pace lately; `None` before the first steps.
    pub fn eta_secs(&self) -> Option<f64> {
        let started = self.started.as_ref().filter(|_| self.live.is_active())?;
        // Of an evaluation that is under way, so much is left.
        let left = self.progress.filter(|(_, total)| *total > 0).map(|(done, total)| 1.0 - done as f64 / total as f64);
        self.pace.left_secs(started, self.now.step, self.epochs.len() as u64, self.phase.zip(left))
    }

    /// Steps are made now; where it is not, what was measured of the last one is of the past.
    pub fn is_training(&self) -> bool {
        self.live.is_active() && self.phase.is_none_or(|phase| phase == RunPhase::Training)
    }

    /// Share of all steps done, 0 to 1.
    pub fn progress_frac(&self) -> Option<f64> {
        let started = self.started.as_ref()?;
        let total = started.steps_per_epoch * started.config.train.epochs as u64;
        (total > 0).then(|| self.now.step as f64 / total as f64)
    }

    /// A line for the log that did not come from the engine.
    pub fn note(&mut self, warning: bool, message: impl Into<Message>) {
        // Its clock stands still when it is over.
        let secs = self.live.is_active().then(|| self.heartbeat_secs.unwrap_or_default().max(self.now.secs));
        self.push_log(LogEntry { secs, warning, message: message.into(), own: true });
    }

    /// Of the log that a client had before it read this run anew, its own lines: each behind what it stood behind there, and all at the
    /// end where there was nothing of this run.
    pub fn keep_own_lines(&mut self, before: VecDeque<LogEntry>) {
        let mut unplaced = std::mem::take(&mut self.log);
        if !before.iter().any(|line| !line.own && unplaced.iter().any(|known| known.is_that_of(line))) {
            self.log.append(&mut unplaced);
        }
        for line in before {
            if line.own {
                self.log.push_back(line);
            } else if let Some(at) = unplaced.iter().position(|known| known.is_that_of(&line)) {
                self.log.extend(unplaced.drain(..=at));
            }
        }
        self.log.append(&mut unplaced);
        self.log.drain(..self.log.len().saturating_sub(MAX_LOG));
    }

    /// Takes one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            // A trace is the business of who asked for it.
            Event::Hello { .. } | Event::Trace(_) => {}
            Event::Devices(devices) => self.devices.clone_from(devices),
            Event::Phase(phase) => self.set_phase(*phase),
            Event::Progress { phase, done, total } => self.on_progress(*phase, *done, *total),
            Event::Started(started) => self.on_started(started),
            Event::Step(step) => self.on_step(step),
            Event::Epoch(epoch) => self.on_epoch(epoch),
            Event::Validation(validation) => self.on_validation(validation),
            // A bisect's are undone again: they are in the record, and their marks would only hide the curves.
            Event::Changed(mark) if mark.experiment => self.spans.bisect_changed(mark.secs),
            Event::Changed(mark) => {
                self.findings.take_change(mark);
                if self.marks.len() >= MAX_MARKS {
                    self.marks.remove(0);
                }
                self.marks.push(mark.clone());
                self.log_event(mark.secs, false, mark.label.clone());
            }
            Event::Stages(stages) => {
                self.series.stages(stages);
                self.findings.stages = Some(stages.clone());
            }
            Event::Verdict(verdict) => self.findings.take_verdict(verdict),
            Event::Trying(trying) => self.trying = trying.label.is_some().then(|| (**trying).clone()),
            Event::Span(mark) => self.spans.mark(mark),
            Event::Bisect(progress) => {
                if progress.verdict.is_some() {
                    self.spans.bisect_ended(self.now.secs);
                }
                self.findings.take_bisect(progress);
            }
            Event::Unscaled(found) => self.findings.take_unscaled(found.as_deref()),
            Event::Slow(slow) => self.findings.slow = (**slow).clone(),
            Event::Ceilings(found) => self.findings.ceilings = Some(*found),
            Event::Effect(effect) => self.findings.take_effect(effect),
            Event::Stalls(stalls) => self.stalls.clone_from(stalls),
            Event::Quarantined { secs, name } => {
                if !self.quarantined.contains(name) {
                    self.quarantined.push(name.clone());
                }
                self.log_event(*secs, false, msg!("client-quarantined", file = name));
            }
            Event::Telemetry(telemetry) => self.hardware.take(telemetry),
            Event::Warning { secs, message } => self.log_event(*secs, true, message.clone()),
            Event::Heartbeat { secs } => self.heartbeat_secs = Some(*secs),
            Event::Finished(finished) => {
                self.nothing_goes_on(finished.secs);
                let kind = match finished.status {
                    RunStatus::Completed => TurnKind::Completed,
                    RunStatus::Stopped => TurnKind::Stopped,
                };
                self.turns.push(Turn { secs: finished.secs, kind });
                self.live = Live::Finished((**finished).clone());
            }
            Event::Failed { error, kind } => {
                self.log_event(self.now.secs, true, error.clone());
                self.nothing_goes_on(self.now.secs);
                self.turns.push(Turn { secs: self.now.secs, kind: TurnKind::Failed });
                self.live = Live::Failed { error: error.clone(), kind: *kind };
            }
        }
    }

    fn nothing_goes_on(&mut self, secs: f64) {
        self.progress = None;
        self.phase = None;
        self.trying = None;
        self.spans.end(secs);
    }

    fn on_progress(&mut self, phase: RunPhase, done: u64, total: u64) {
        if self.phase.replace(phase) != Some(phase) {
            self.pace.phase();
        }
        self.progress = Some((done, total));
        if total > 0 {
            let secs = self.heartbeat_secs.unwrap_or_default().max(self.now.secs);
            self.pace.progress(secs, done as f64 / total as f64);
        }
    }

    fn set_phase(&mut self, phase: RunPhase) {
        self.phase = Some(phase);
        self.progress = None;
        self.pace.phase();
        self.live = match phase {
            RunPhase::Paused => Live::Paused,
            RunPhase::Stopping => Live::Stopping,
            // Whatever goes on, the pause is over.
            _ if self.live == Live::Paused => Live::Running,
            RunPhase::Training if self.started.is_some() => Live::Running,
            _ => return,
        };
    }

    fn on_started(&mut self, started: &Started) {
        // What the engine before it did not end.
        self.trying = None;
        self.spans.end(self.now.secs);
        self.pace = Pace::default();
        self.findings.engine_began();
        if started.resumed {
            self.turns.push(Turn { secs: self.now.secs, kind: TurnKind::Resumed });
            self.log_event(self.now.secs, false, msg!("client-resumed", step = started.first_step));
        }
        self.started = Some(started.clone());
        self.live = Live::Running;
    }

    fn on_step(&mut self, step: &StepEvent) {
        if let Some(full_batch) = step.images.or(self.started.as_ref().map(Started::full_batch)) {
            self.series.step_took(step.step_secs(full_batch), self.now.secs, step);
        }
        self.now = NewestFigures {
            step: step.step,
            epoch: step.epoch,
            secs: step.secs,
            loss: step.loss.or(self.now.loss),
            images_per_sec: Some(step.images_per_sec),
            data_wait_frac: Some(step.data_wait_frac),
            queue_len: step.queue_len,
        };
        if let Some(started) = &self.started {
            self.pace.step(started.full_batch(), step);
        }
        self.series.step(step, self.spans.is_open(SpanKind::Diverged));
    }

    fn on_epoch(&mut self, epoch: &EpochEvent) {
        self.pace.epoch(epoch);
        // One that was reported and not yet in a checkpoint comes again after a resume.
        if let Some(at) = self.epochs.iter().position(|known| known.epoch >= epoch.epoch) {
            let from = self.epochs.drain(at..).map(|again| again.secs).fold(f64::INFINITY, f64::min);
            self.series.take_back_epochs_from(from);
        }
        self.series.epoch(epoch);
        self.epochs.push(epoch.clone());
    }

    fn on_validation(&mut self, validation: &ValidationEvent) {
        // As with epochs.
        if let Some(at) = self.validations.iter().position(|known| known.step >= validation.step) {
            let from = self.validations.drain(at..).map(|again| again.secs).fold(f64::INFINITY, f64::min);
            self.series.take_back_epochs_from(from);
        }
        self.series.validation(validation);
        if self.validations.len() < MAX_VALIDATIONS {
            self.validations.push(validation.clone());
        }
    }

    fn log_event(&mut self, secs: f64, warning: bool, message: Message) {
        self.push_log(LogEntry { secs: Some(secs), warning, message, own: false });
    }

    fn push_log(&mut self, entry: LogEntry) {
        if self.log.len() >= MAX_LOG {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    /// A run that was resumed before a client's eyes, and is read from its record then; and another run after it.
    #[test]
    fn a_run_s_lines_are_there_once_and_a_client_s_own_between_them() {
        let warning = |secs: f64, words: &str| Event::Warning { secs, message: words.into() };
        let resumed = Event::Started(Box::new(Started { resumed: true, ..played::started() }));
        let mut events = vec![warning(1.0, "slow disk"), resumed, warning(0.5, "little memory")];
        let mut lived = RunState::from_events(&events[..1]);
        lived.note(true, Message::verbatim("the engine died"));
        events[1..].iter().for_each(|event| lived.apply(event));
        lived.note(false, Message::verbatim("undone"));
        events.push(warning(2.0, "hot"));

        let said = |run: &RunState| run.log.iter().map(|line| line.message.to_string()).collect::<Vec<_>>();
        let mut read = RunState::from_events(&events);
        read.keep_own_lines(lived.log);
        let step = played::started().first_step;
        let resumed = format!("resumed at step {step}");
        assert_eq!(said(&read), ["slow disk", "the engine died", resumed.as_str(), "little memory", "undone", "hot"]);
        let mut again = RunState::from_events(&events);
        again.keep_own_lines(read.log.clone());
        assert_eq!(again.log, read.log);
        let mut other = RunState::from_events(&[warning(1.0, "no driver")]);
        other.keep_own_lines(read.log);
        assert_eq!(said(&other), ["no driver", "the engine died", "undone"]);
    }

    #[test]
    fn what_is_noted_when_no_run_is_active_is_of_no_time_of_it() {
        let mut run = RunState { live: Live::Running, ..RunState::default() };
        run.apply(&Event::Heartbeat { secs: 419.0 });
        run.note(false, Message::verbatim("one worker more"));
        run.live = Live::Died { how: Message::verbatim("killed") };
        run.note(false, Message::verbatim("undone"));
        assert_eq!(run.log.iter().map(|line| line.secs).collect::<Vec<_>>(), [Some(419.0), None]);
    }

    /// A pause may fall into any phase, and that phase is what its end tells.
    #[test]
    fn whatever_phase_follows_a_pause_the_run_goes_on() {
        for phase in [
            RunPhase::Scanning,
            RunPhase::Probing,
            RunPhase::CheckingDevice,
            RunPhase::WarmingUp,
            RunPhase::Training,
            RunPhase::Measuring,
            RunPhase::Validating,
            RunPhase::Testing,
        ] {
            let mut state = RunState { live: Live::Running, ..RunState::default() };
            state.apply(&Event::Phase(RunPhase::Paused));
            assert_eq!(state.live, Live::Paused);
            state.apply(&Event::Phase(phase));
            assert_eq!((&state.live, state.phase), (&Live::Running, Some(phase)));
        }
    }

    #[test]
    fn a_stop_within_a_pause_is_no_going_on() {
        let mut state = RunState { live: Live::Paused, ..RunState::default() };
        state.apply(&Event::Phase(RunPhase::Stopping));
        assert_eq!(state.live, Live::Stopping);
    }
}
