//! Everything a client knows of a run, built from its events alone, live or read back from disk.

use super::{History, Pace, Spans};
use crate::protocol::{
    BisectProgress, Bound, ChangeEffect, ChangeMark, DeviceInfo, EpochEvent, Event, FailureKind, Finished,
    MeasuredCeilings, RunPhase, SlowSamples, StageCost, StagesEvent, Stalls, Started, StepEvent, StepPhases, Telemetry,
    Trying, Unscaled, Verdict,
};
use std::collections::VecDeque;

/// The log keeps so many lines; the oldest goes first.
const MAX_LOG: usize = 500;
/// Live changes kept; a run with more has the newest.
const MAX_MARKS: usize = 1000;
/// Changes by hand of which it is kept what they did.
const MAX_EFFECTS: usize = 20;

/// Where a run stands, as its client sees it.
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
        error: String,
        kind: FailureKind,
    },
    /// The engine is gone without a word: killed, crashed, out of memory.
    Died {
        how: String,
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
    pub secs: f64,
    /// A warning, else a plain note.
    pub warning: bool,
    pub message: String,
}

/// The newest figures, for a bar.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunSummary {
    pub step: u64,
    pub epoch: u64,
    pub secs: f64,
    pub loss: Option<f64>,
    pub images_per_sec: Option<f64>,
    pub data_wait_frac: Option<f64>,
    pub queue_len: usize,
}

/// A run: what it is, where it stands, and its series over `secs` since the run began.
#[derive(Debug, Clone, Default)]
pub struct RunState {
    pub live: Live,
    pub phase: Option<RunPhase>,
    /// (done, total) of the phase; total 0 is unknown.
    pub progress: Option<(u64, u64)>,
    pub devices: Vec<DeviceInfo>,
    pub started: Option<Started>,
    pub now: RunSummary,
    pub epochs: Vec<EpochEvent>,
    pub marks: Vec<ChangeMark>,
    /// Bisects, pauses, stretches of a loss that is no number.
    pub spans: Spans,
    pub pace: Pace,
    /// A change of transforms that takes long to be tried.
    pub trying: Option<Trying>,
    pub log: VecDeque<LogEntry>,
    pub stages: Option<StagesEvent>,
    /// What holds the run back, by its last second.
    pub verdict: Option<Verdict>,
    /// The verdict was made before the last change: too few steps have been made since.
    pub verdict_is_old: bool,
    /// The last bisect, under way or ended.
    pub bisect: Option<BisectProgress>,
    pub ceilings: Option<MeasuredCeilings>,
    /// The slowest files and draws so far.
    pub slow: SlowSamples,
    /// What changes by hand did, the newest first.
    pub effects: VecDeque<ChangeEffect>,
    /// Images enter the network with the values of files; until the chain is changed.
    pub unscaled: Option<Unscaled>,
    /// What hangs now.
    pub stalls: Stalls,
    /// Files that were quarantined while the run went on, beside those of its configuration.
    pub quarantined: Vec<String>,
    pub telemetry: Option<Telemetry>,
    pub heartbeat_secs: Option<f64>,

    pub loss: History,
    pub val_loss: History,
    pub val_accuracy: History,
    pub val_auc: History,
    pub images_per_sec: History,
    pub data_wait_frac: History,
    pub queue_len: History,
    /// Share of the step (0 to 1) by phase, in the order of `StepPhases::NAMES`.
    pub phase_shares: [History; 6],
    /// Percent by logical core.
    pub cpu_percent: Vec<History>,
    pub memory_used_bytes: History,
    pub engine_memory_bytes: History,
    pub gpus: Vec<GpuHistory>,
    /// Microseconds an image by loader stage, in order of appearance.
    pub stage_us: Vec<(String, History)>,
}

/// The series of one GPU; a reading the driver does not give stays empty.
#[derive(Debug, Clone, Default)]
pub struct GpuHistory {
    pub name: String,
    pub utilization_percent: History,
    pub memory_used_bytes: History,
    pub power_watts: History,
    pub temperature_celsius: History,
    pub sm_clock_mhz: History,
    pub memory_clock_mhz: History,
    pub pcie_rx_bytes_per_sec: History,
    pub pcie_tx_bytes_per_sec: History,
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

    /// Share of all steps done, 0 to 1.
    pub fn progress_frac(&self) -> Option<f64> {
        let started = self.started.as_ref()?;
        let total = started.steps_per_epoch * started.config.train.epochs as u64;
        (total > 0).then(|| self.now.step as f64 / total as f64)
    }

    /// A line for the log that did not come from the engine.
    pub fn note(&mut self, warning: bool, message: impl Into<String>) {
        let secs = self.now.secs;
        self.push_log(LogEntry { secs, warning, message: message.into() });
    }

    /// Takes one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            // A trace is the business of who asked for it.
            Event::Hello { .. } | Event::Trace(_) => {}
            Event::Devices(devices) => self.devices.clone_from(devices),
            Event::Phase(phase) => self.set_phase(*phase),
            Event::Progress { phase, done, total } => {
                self.phase = Some(*phase);
                self.progress = Some((*done, *total));
            }
            Event::Started(started) => self.on_started(started),
            Event::Step(step) => self.on_step(step),
            Event::Epoch(epoch) => self.on_epoch(epoch),
            // A bisect's are undone again: they are in the record, and their marks would only hide the curves.
            Event::Changed(mark) if mark.experiment => self.spans.bisect_changed(mark.secs),
            Event::Changed(mark) => {
                self.unscaled = None;
                if self.marks.len() >= MAX_MARKS {
                    self.marks.remove(0);
                }
                self.marks.push(mark.clone());
                self.push_log(LogEntry { secs: mark.secs, warning: false, message: mark.label.clone() });
            }
            Event::Stages(stages) => self.on_stages(stages),
            Event::Verdict(verdict) => {
                let known = self.verdict.as_ref().is_some_and(|old| old.bound != Bound::NotEnough);
                self.verdict_is_old = known && verdict.bound == Bound::NotEnough;
                if !self.verdict_is_old {
                    self.verdict = Some((**verdict).clone());
                }
            }
            Event::Trying(trying) => self.trying = trying.label.is_some().then(|| (**trying).clone()),
            Event::Span(mark) => self.spans.mark(mark),
            Event::Bisect(progress) => {
                if progress.verdict.is_some() {
                    self.spans.bisect_ended(self.now.secs);
                }
                self.bisect = Some((**progress).clone());
            }
            Event::Unscaled(found) => self.unscaled = Some((**found).clone()),
            Event::Slow(slow) => self.slow = (**slow).clone(),
            Event::Ceilings(found) => self.ceilings = Some(*found),
            Event::Effect(effect) => {
                match self.effects.front_mut().filter(|newest| newest.config_version == effect.config_version) {
                    Some(newest) => *newest = (**effect).clone(),
                    None => self.effects.push_front((**effect).clone()),
                }
                self.effects.truncate(MAX_EFFECTS);
            }
            Event::Stalls(stalls) => self.stalls.clone_from(stalls),
            Event::Quarantined { secs, name } => {
                if !self.quarantined.contains(name) {
                    self.quarantined.push(name.clone());
                }
                self.push_log(LogEntry { secs: *secs, warning: false, message: format!("quarantined: {name}") });
            }
            Event::Telemetry(telemetry) => self.on_telemetry(telemetry),
            Event::Warning { secs, message } => {
                self.push_log(LogEntry { secs: *secs, warning: true, message: message.clone() });
            }
            Event::Heartbeat { secs } => self.heartbeat_secs = Some(*secs),
            Event::Finished(finished) => {
                self.nothing_goes_on(finished.secs);
                self.live = Live::Finished((**finished).clone());
            }
            Event::Failed { error, kind } => {
                self.push_log(LogEntry { secs: self.now.secs, warning: true, message: error.clone() });
                self.nothing_goes_on(self.now.secs);
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

    fn set_phase(&mut self, phase: RunPhase) {
        self.phase = Some(phase);
        self.progress = None;
        self.live = match phase {
            RunPhase::Paused => Live::Paused,
            RunPhase::Stopping => Live::Stopping,
            RunPhase::Training if self.started.is_some() => Live::Running,
            _ => return,
        };
    }

    fn on_started(&mut self, started: &Started) {
        // What the engine before it did not end.
        self.trying = None;
        self.spans.end(self.now.secs);
        self.pace = Pace::default();
        if started.resumed {
            self.note(false, format!("resumed at step {}", started.first_step));
        }
        self.started = Some(started.clone());
        self.live = Live::Running;
    }

    fn on_step(&mut self, step: &StepEvent) {
        self.now = RunSummary {
            step: step.step,
            epoch: step.epoch,
            secs: step.secs,
            loss: step.loss.or(self.now.loss),
            images_per_sec: Some(step.images_per_sec),
            data_wait_frac: Some(step.data_wait_frac),
            queue_len: step.queue_len,
        };
        if let Some(started) = &self.started {
            self.pace.step(started.config.loader.batch_size, step);
        }
        if step.loss.is_some() {
            self.loss.push(step.secs, step.loss);
        }
        self.images_per_sec.push(step.secs, Some(step.images_per_sec));
        self.data_wait_frac.push(step.secs, Some(step.data_wait_frac));
        self.queue_len.push(step.secs, Some(step.queue_len as f64));
        if step.phases.synced {
            self.push_phases(step.secs, &step.phases);
        }
    }

    fn push_phases(&mut self, secs: f64, phases: &StepPhases) {
        let total = phases.total_secs();
        for (history, part) in self.phase_shares.iter_mut().zip(phases.secs()) {
            history.push(secs, (total > 0.0).then(|| part / total));
        }
    }

    fn on_epoch(&mut self, epoch: &EpochEvent) {
        self.pace.epoch(epoch);
        self.val_loss.push(epoch.secs, epoch.val_loss);
        self.val_accuracy.push(epoch.secs, epoch.val_accuracy);
        self.val_auc.push(epoch.secs, epoch.val_auc);
        self.epochs.push(epoch.clone());
    }

    fn on_stages(&mut self, event: &StagesEvent) {
        for StageCost { name, wall_us, images, .. } in &event.stages {
            let at = self.stage_us.iter().position(|(n, _)| n == name);
            let at = at.unwrap_or_else(|| {
                self.stage_us.push((name.clone(), History::default()));
                self.stage_us.len() - 1
            });
            self.stage_us[at].1.push(event.secs, (*images > 0).then_some(*wall_us));
        }
        self.stages = Some(event.clone());
    }

    fn on_telemetry(&mut self, telemetry: &Telemetry) {
        let secs = telemetry.secs;
        let bytes = |b: Option<u64>| b.map(|b| b as f64);
        if self.cpu_percent.len() < telemetry.cpu_percent.len() {
            self.cpu_percent.resize_with(telemetry.cpu_percent.len(), History::default);
        }
        for (history, percent) in self.cpu_percent.iter_mut().zip(&telemetry.cpu_percent) {
            history.push(secs, Some(f64::from(*percent)));
        }
        self.memory_used_bytes.push(secs, bytes(telemetry.memory_used_bytes));
        self.engine_memory_bytes.push(secs, bytes(telemetry.engine_memory_bytes));
        if self.gpus.len() < telemetry.gpus.len() {
            self.gpus.resize_with(telemetry.gpus.len(), GpuHistory::default);
        }
        for (history, gpu) in self.gpus.iter_mut().zip(&telemetry.gpus) {
            history.name.clone_from(&gpu.name);
            history.utilization_percent.push(secs, gpu.utilization_percent);
            history.memory_used_bytes.push(secs, bytes(gpu.memory_used_bytes));
            history.power_watts.push(secs, gpu.power_watts);
            history.temperature_celsius.push(secs, gpu.temperature_celsius);
            history.sm_clock_mhz.push(secs, gpu.sm_clock_mhz);
            history.memory_clock_mhz.push(secs, gpu.memory_clock_mhz);
            history.pcie_rx_bytes_per_sec.push(secs, gpu.pcie_rx_bytes_per_sec);
            history.pcie_tx_bytes_per_sec.push(secs, gpu.pcie_tx_bytes_per_sec);
        }
        self.telemetry = Some(telemetry.clone());
    }

    fn push_log(&mut self, entry: LogEntry) {
        if self.log.len() >= MAX_LOG {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }
}
