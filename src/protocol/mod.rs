//! What crosses the process boundary between a client and its engine: commands in, events out.
//!
//! Plain data and its framing; no threads, no files. A frame is a little-endian `u32` length and a MessagePack
//! body with field names, so that a field can be added without breaking an older peer.

mod device;
mod diagnosis;
pub mod doctor;
mod frame;
mod live;
mod paths;
mod phase;
#[cfg(test)]
pub(crate) mod played;
mod stages;
mod stalls;
pub mod trace;
mod traits;

pub use device::{DeviceInfo, DeviceKind};
pub use diagnosis::{
    BisectProgress, BisectRequest, BisectVerdict, Bound, Ceiling, ChangeEffect, Culprit, Decision, Evidence, Gain,
    Measure, MeasuredCeilings, OffMethod, Prediction, RunChange, SlowSample, SlowSamples, Trial, Verdict,
};
pub use frame::{FrameError, MAX_FRAME_BYTES, read_frame, write_frame};
pub use live::{SpanKind, SpanMark, Trying};
pub use paths::path_as_text;
pub use phase::RunPhase;
pub use stages::{Stage, stage_words};
pub use stalls::{Stall, StallAction, StallAnswer, StalledFile, Staller, Stalls};
pub use trace::Trace;
pub use traits::{EventTraits, RecordEntry, RecordKind, ToldLater, WhenCrowded};

use crate::config::{CacheMode, LoaderConfig, RunConfig, TransformSpec};
use crate::language::Message;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Raised when a command or event changes its meaning; both ends must agree.
pub const PROTOCOL_VERSION: u32 = 11;

/// Full batches that the loader of a paused run lets wait, and no more: what a pause fills the queue with hides afterwards
/// what the loader costs.
pub const PAUSED_DEPTH: usize = 1;

/// From a client to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Starts a run; one engine runs one run.
    Start(Box<StartRun>),
    Pause,
    Resume,
    /// Finish the step, write a checkpoint, say `Finished` and exit.
    Stop,
    /// The chain from the next batch not yet begun on, once an image has gone through it aside from training. A newer one
    /// takes the place of one that is still being tried; the chain that runs takes it back.
    SetTransforms(Vec<TransformSpec>),
    /// Loader threads from the next batch not yet begun on.
    SetWorkers(usize),
    /// Find by experiment which transform costs training speed, while it goes on.
    Bisect(BisectRequest),
    /// Measure what loader and trainer can do alone; training waits meanwhile.
    MeasureCeilings,
    /// End the bisect under way; what is not decided stays so.
    StopBisect,
    /// What to do about a thread that hangs; carried out even while the trainer hangs.
    AnswerStall(StallAnswer),
    /// Answer with `Event::Devices`, without a run.
    ListDevices,
    /// Answer with `Event::Trace` of the last so many seconds: at once, whatever the trainer does.
    TakeTrace {
        secs: f64,
    },
    /// Send such a trace when the training ends, however it ends.
    TraceAtEnd {
        secs: f64,
    },
    /// Exit now if nothing runs, else as `Stop`.
    Shutdown,
}

/// What a run is started from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartRun {
    /// The client's [`PROTOCOL_VERSION`]: an engine of another one refuses.
    #[serde(default)]
    pub protocol: u32,
    pub config: RunConfig,
    /// The run's folder; made if missing.
    pub run_dir: PathBuf,
    /// Continue from the folder's last checkpoint.
    pub resume: bool,
    /// To resume with what stands in the folder's own `run.toml`, where the engine is, and these `--set`s laid over it, in
    /// place of `config`.
    #[serde(default)]
    pub keep_config: Option<Vec<String>>,
    /// What to do where a resumed run's data is not what it was.
    #[serde(default)]
    pub on_changed_data: OnChangedData,
    /// To train on when the client is gone, and let others attach themselves; `Command::Stop` ends it.
    #[serde(default)]
    pub detached: bool,
}

impl StartRun {
    /// A new run.
    pub fn new(config: RunConfig, run_dir: PathBuf) -> Self {
        Self {
            protocol: PROTOCOL_VERSION,
            config,
            run_dir,
            resume: false,
            keep_config: None,
            on_changed_data: OnChangedData::default(),
            detached: false,
        }
    }

    /// Goes on with a run, with that configuration.
    pub fn resume(config: RunConfig, run_dir: PathBuf) -> Self {
        Self { resume: true, ..Self::new(config, run_dir) }
    }
}

/// What to do where a resumed run's data, or a setting that the place in the batch stream depends on, is not what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnChangedData {
    /// End, and say what changed.
    #[default]
    Refuse,
    /// Go on with the weights, over what is there now.
    Keep,
    /// Begin anew, over what is there now; what the run was goes into a folder within its own.
    Restart,
}

/// A chain that leaves images in 0 to 255 or 0 to 65535, and the one that does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unscaled {
    /// What was found.
    pub message: Message,
    /// What is to be changed.
    pub words: Message,
    /// The whole chain, so changed.
    pub transforms: Vec<TransformSpec>,
}

/// From the engine to its client, in order; [`Event::traits`] says what becomes of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The first event of every engine.
    Hello {
        protocol: u32,
        version: String,
        pid: u32,
    },
    Devices(Vec<DeviceInfo>),
    /// What the engine is busy with before and between steps.
    Phase(RunPhase),
    /// Progress of a long phase; `total` is 0 where it is not known.
    Progress {
        phase: RunPhase,
        done: u64,
        total: u64,
    },
    Started(Box<Started>),
    Step(StepEvent),
    Epoch(EpochEvent),
    /// The validation images were looked at within an epoch (`train.validate_every_steps`).
    Validation(ValidationEvent),
    /// A live change took effect with this step's batch.
    Changed(ChangeMark),
    /// A change of transforms takes long to be tried, or is over: made, refused or taken back. Not recorded.
    Trying(Box<Trying>),
    /// A bisect or a pause begins or ends.
    Span(SpanMark),
    Stages(StagesEvent),
    /// What holds training back, about once a second from the twentieth step on. Worked out from steps and stages, so it is
    /// not recorded.
    Verdict(Box<Verdict>),
    /// A bisect as it stands, after each block; the last one holds its verdict and is recorded.
    Bisect(Box<BisectProgress>),
    /// What [`Command::MeasureCeilings`] found.
    Ceilings(MeasuredCeilings),
    /// The slowest files and draws so far, every ten seconds where they have changed. Not recorded.
    Slow(Box<SlowSamples>),
    /// What the last change by hand did, after each block of steps; recorded when decided.
    Effect(Box<ChangeEffect>),
    /// The answer to `Command::TakeTrace` and `Command::TraceAtEnd`. Not recorded.
    Trace(Box<Trace>),
    Telemetry(Box<Telemetry>),
    Warning {
        secs: f64,
        message: Message,
    },
    /// Images enter the network with the values of files, and what makes that right; a warning says so too. `None` once they do
    /// not. Not recorded.
    Unscaled(Option<Box<Unscaled>>),
    /// What hangs: once a second from the first time that something did, empty when it is over. Not recorded.
    Stalls(Stalls),
    /// A file was put into `data.quarantine`, under that name.
    Quarantined {
        secs: f64,
        name: String,
    },
    /// The engine lives; sent once a second whatever else happens.
    Heartbeat {
        secs: f64,
    },
    Finished(Box<Finished>),
    Failed {
        error: Message,
        kind: FailureKind,
    },
}

/// Which exit code and which advice a failure brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    Config,
    Data,
    /// A resumed run's data is not what it was.
    ChangedData,
    Device,
    Other,
}

/// The run as it was begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub run_id: String,
    pub run_dir: PathBuf,
    /// Complete: the chain written out, `device` resolved.
    pub config: RunConfig,
    pub device: DeviceInfo,
    pub class_names: Vec<String>,
    /// Images per part of the split.
    pub train_count: usize,
    pub val_count: usize,
    pub test_count: usize,
    pub bad_file_count: usize,
    /// [channels, height, width] of a training sample.
    pub sample_shape: [usize; 3],
    pub parameter_count: usize,
    pub steps_per_epoch: u64,
    /// Steps already done, where the run was resumed.
    pub first_step: u64,
    pub resumed: bool,
    /// Where it was resumed; not there in records of before.
    #[serde(default)]
    pub resumed_from: Option<ResumePoint>,
}

/// Where a resume goes on: what its run had done after it is done again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResumePoint {
    /// Steps done.
    pub step: u64,
    /// The epoch that ends next, 1-based.
    pub next_epoch: u64,
    /// The step after which the validation images were last looked at within an epoch; 0 before.
    pub validated_step: u64,
    /// Seconds that the run had lasted.
    pub secs: f64,
}

impl Started {
    /// Images of a full batch: `loader.batch_size`, or all where there are fewer; at least 1.
    pub fn full_batch(&self) -> usize {
        full_batch(self.config.loader.batch_size, self.train_count)
    }

    /// As [`ends_short`] has it.
    pub fn ends_short(&self) -> bool {
        ends_short(&self.config.loader, self.train_count)
    }
}

/// Images of a full batch, of so many in an epoch; at least 1.
pub fn full_batch(batch_size: usize, images: usize) -> usize {
    batch_size.min(images).max(1)
}

/// The last batch of an epoch of so many images lacks more than a quarter of a full one: its time is no measure of the others'.
pub fn ends_short(loader: &LoaderConfig, images: usize) -> bool {
    let full = full_batch(loader.batch_size, images);
    let last = images % full;
    !loader.drop_last && last > 0 && 4 * last < 3 * full
}

/// One training step. Seconds since the run began are the run's time axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEvent {
    pub secs: f64,
    /// 1-based over the whole run.
    pub step: u64,
    /// 1-based.
    pub epoch: u64,
    /// `None` where it was not read back at this step.
    pub loss: Option<f64>,
    pub lr: f64,
    pub images_per_sec: f64,
    /// Of its batch, which is short at the end of an epoch; `None` of an engine that did not tell.
    #[serde(default)]
    pub images: Option<usize>,
    /// Share of the step (0 to 1) that the trainer waited for its batch.
    pub data_wait_frac: f64,
    pub phases: StepPhases,
    /// Full batches waiting when this one was taken.
    pub queue_len: usize,
    /// Which chain and worker count made this batch.
    pub config_version: u64,
}

impl StepEvent {
    /// Images of its batch; a full one's where it is not told.
    pub fn images_or(&self, full_batch: usize) -> usize {
        self.images.unwrap_or(full_batch)
    }

    /// Seconds from the end of the step before to its own; of a full batch where its images are not told. Not finite where
    /// the rate is 0.
    pub fn step_secs(&self, full_batch: usize) -> f64 {
        self.images_or(full_batch) as f64 / self.images_per_sec
    }
}

/// Seconds of one step by phase. Where `synced` is false, `compute` is the time the host took to hand the work
/// out, and `read` holds the wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StepPhases {
    pub synced: bool,
    pub wait_secs: f64,
    pub upload_secs: f64,
    pub forward_secs: f64,
    pub backward_secs: f64,
    pub optimizer_secs: f64,
    pub read_secs: f64,
    /// `None` where it is not known, as of a device that computes while the host does something else.
    #[serde(default)]
    pub cpu: Option<StepCpu>,
}

/// CPU seconds of the engine's process in one step, of all its threads together. What a thread computes takes as many of them
/// whoever else works on the machine, while its seconds on the wall are stretched.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StepCpu {
    /// While the trainer waited for its batch.
    pub wait_secs: f64,
    /// In the rest of the step.
    pub busy_secs: f64,
    /// Of both, the loader's threads'; 0 without workers, when all that is done while the trainer waits is loading.
    pub loader_secs: f64,
}

impl StepPhases {
    /// For [`stage_words`].
    pub const NAMES: [&str; 6] = ["wait for data", "upload", "forward", "backward", "optimiser", "read back"];
    /// Likewise what a trainer does beside them: a step that is not over, and what comes between two.
    pub const BESIDE: [&str; 4] = ["step", "validation", "test", "checkpoint"];

    /// In the order of [`Self::NAMES`].
    pub fn secs(&self) -> [f64; 6] {
        [self.wait_secs, self.upload_secs, self.forward_secs, self.backward_secs, self.optimizer_secs, self.read_secs]
    }

    pub fn total_secs(&self) -> f64 {
        self.secs().iter().sum()
    }
}

/// One epoch, after its validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochEvent {
    pub secs: f64,
    pub step: u64,
    pub epoch: u64,
    pub train_loss: f64,
    pub val_loss: Option<f64>,
    pub val_accuracy: Option<f64>,
    /// MONAI's macro ROC AUC; `None` where a class is missing from the validation part.
    pub val_auc: Option<f64>,
    pub epoch_secs: f64,
    /// This epoch's checkpoint is the best so far.
    pub best: bool,
    /// Of `epoch_secs`, what validations took.
    #[serde(default)]
    pub val_secs: f64,
}

/// A look at the validation images within an epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationEvent {
    pub secs: f64,
    /// After that step.
    pub step: u64,
    pub epoch: u64,
    pub loss: f64,
    pub accuracy: f64,
    /// As in [`EpochEvent::val_auc`].
    pub auc: Option<f64>,
    /// The best weights so far.
    pub best: bool,
    pub val_secs: f64,
}

/// A live change: drawn as a mark in every time plot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeMark {
    pub secs: f64,
    pub step: u64,
    pub config_version: u64,
    /// Such as `RandRotate on` or `workers 0 → 2`.
    pub label: Message,
    /// Made by a bisect, which undoes it again; else by a person.
    #[serde(default)]
    pub experiment: bool,
    /// Stages that it switched off, where that is all it did.
    #[serde(default)]
    pub switched_off: Vec<String>,
}

/// What the loader's stages cost lately (over the last interval of about a second).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagesEvent {
    pub secs: f64,
    pub config_version: u64,
    pub workers: usize,
    pub stages: Vec<StageCost>,
    pub queue_len: usize,
    pub queue_capacity: usize,
    /// `None` where nothing is kept.
    pub cache: Option<CacheSnapshot>,
}

/// How a loader's cache stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CacheSnapshot {
    pub mode: CacheMode,
    /// Images that are kept.
    pub kept: u64,
    /// Times that an image came out of the cache ...
    pub hits: u64,
    /// ... and times that it had to be made from its file.
    pub misses: u64,
    /// What the kept images take, on disk or in memory.
    pub bytes: u64,
    pub limit_bytes: u64,
    /// The last image to be kept found no room: those not kept are made from their files each time.
    pub full: bool,
    /// Why nothing more is kept, where something went wrong; one sentence.
    pub trouble: Option<Message>,
}

/// What one stage of the loader costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    #[serde(rename = "name")]
    pub stage: Stage,
    pub images: u64,
    /// Mean microseconds an image, on the wall and on the thread's CPU clock.
    pub wall_us: f64,
    pub cpu_us: f64,
}

/// One reading of the hardware. `None` is "not available here", never 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Telemetry {
    pub secs: f64,
    /// 0 to 100 for each logical core.
    pub cpu_percent: Vec<f32>,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// The engine's own resident memory.
    pub engine_memory_bytes: Option<u64>,
    pub gpus: Vec<GpuTelemetry>,
    /// Why `gpus` is empty.
    pub gpu_note: Option<Message>,
    #[serde(default)]
    pub pressure: Pressure,
}

/// What the machine was short of since the reading before. Shares are of the time, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Pressure {
    /// Some task of the machine had work and no core, waited for a disk, waited for memory.
    pub cpu_stall_frac: Option<f64>,
    pub io_stall_frac: Option<f64>,
    pub memory_stall_frac: Option<f64>,
    /// In and out.
    pub swap_bytes_per_sec: Option<f64>,
    /// What the engine read, and what of it had to come from a disk as the page cache had it not.
    pub read_bytes_per_sec: Option<f64>,
    pub disk_read_bytes_per_sec: Option<f64>,
    /// Of the busiest disk: the share of the time in which it had work, and what was read from it.
    pub disk_busy_frac: Option<f64>,
    pub busiest_disk_read_bytes_per_sec: Option<f64>,
    /// Times that a core was slowed down by its heat.
    pub cpu_throttles_per_sec: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GpuTelemetry {
    pub name: String,
    pub utilization_percent: Option<f64>,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    pub power_watts: Option<f64>,
    pub power_limit_watts: Option<f64>,
    pub temperature_celsius: Option<f64>,
    pub sm_clock_mhz: Option<f64>,
    pub memory_clock_mhz: Option<f64>,
    pub pcie_rx_bytes_per_sec: Option<f64>,
    pub pcie_tx_bytes_per_sec: Option<f64>,
    /// What holds its clocks down; idling does not count. Not in runs recorded before version 3.
    #[serde(default)]
    pub throttle: Option<Vec<doctor::Throttle>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every epoch was trained.
    Completed,
    /// Stopped on command, or because the client went away.
    Stopped,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    pub secs: f64,
    pub status: RunStatus,
    pub steps: u64,
    pub best_epoch: Option<u64>,
    pub best_val_auc: Option<f64>,
    /// `None` where the run was stopped before, or there is no test part.
    pub test: Option<TestReport>,
    /// What of its record and checkpoints is not on the disk, one sentence each; empty where all is.
    #[serde(default)]
    pub missing: Vec<Message>,
    /// It is completed before its last epoch: so many validations were no better (`train.early_stopping`).
    #[serde(default)]
    pub stopped_early: bool,
}

/// How good a network's predictions are; at a run's end, those of its best checkpoint on the test part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TestReport {
    pub loss: f64,
    pub accuracy: f64,
    pub auc: Option<f64>,
    /// Rows are the true classes, columns the predicted.
    pub confusion: Vec<Vec<u64>>,
    pub classes: Vec<ClassReport>,
    /// Means over classes of average precision and F1. `None` from here on also where the run is older than the figure.
    #[serde(default)]
    pub average_precision: Option<f64>,
    #[serde(default)]
    pub f1: Option<f64>,
    #[serde(default)]
    pub balanced_accuracy: Option<f64>,
    #[serde(default)]
    pub kappa: Option<f64>,
    #[serde(default)]
    pub mcc: Option<f64>,
    #[serde(default)]
    pub calibration_error: Option<f64>,
    /// Shares of images whose true class is the first, among the first two, and so on.
    #[serde(default)]
    pub top_k: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClassReport {
    pub name: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub support: u64,
    /// Against the rest; `None` where there is no image of the class, or no other.
    #[serde(default)]
    pub auc: Option<f64>,
    #[serde(default)]
    pub average_precision: Option<f64>,
}
