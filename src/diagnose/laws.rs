//! What a window of a run comes to: what loader and trainer each cost, from what a run tells anyhow.
//!
//! What would be if is `queue_model`'s matter.

use super::paired::step_cap_secs;
use crate::protocol::{Gain, RunChange, Stage, StagesEvent, StepCpu, StepEvent, StepPhases};

/// So many steps say enough, however fast they are; see [`steps_needed`].
pub const FEWEST_STEPS: usize = 20;
/// So many do where they are slow ...
const FEWEST_SLOW_STEPS: usize = 6;
/// ... and took so long together.
const SLOW_STEPS_SECS: f64 = 10.0;
/// Share by which means over a window may be off, at the least.
pub(super) const UNSURE_FRAC: f64 = 0.05;
const MOST_UNSURE_FRAC: f64 = 0.15;
/// A stage that takes more than so many times what the run's own threads could make of its CPU time waits for something
/// else than a core.
const MOST_BEYOND_OWN: f64 = 2.0;
/// Threads of other programs a core, at most.
pub(super) const MOST_OTHERS: f64 = 3.0;
/// No trainer waits for its core for longer, as a multiple of its CPU time.
const MOST_CROWDING: f64 = 50.0;
/// Batches that may wait where no event has told.
const USUAL_QUEUE: f64 = 4.0;
/// Windows' clock of a process's CPU time.
const PROCESS_TICK_SECS: f64 = 1.0 / 64.0;
/// Cores that the trainer of a device of its own takes at most: one thread hands out the work.
pub(super) const DEVICE_TRAINER_CORES: f64 = 1.0;

/// The circumstances of a run that its events do not tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFacts {
    /// As configured: an epoch of fewer images has one batch, of these.
    pub batch_size: usize,
    /// Batches that share a step of the optimiser; 0 counts as 1.
    pub accumulate_batches: usize,
    /// Images of an epoch; `None` where that is not known.
    pub train_images: Option<usize>,
    /// Logical cores that the run may use.
    pub cores: usize,
    /// Training computes on the same cores.
    pub device_is_cpu: bool,
    /// The hardware's readings say that there are more threads than cores; see [`super::oversubscribed`].
    pub oversubscribed: bool,
    /// Cores that all programs use together, the run among them, of those that the run may use; see [`super::busy_cores`]. `None`
    /// where that is not known.
    pub busy_cores: Option<f64>,
    /// Loader threads now.
    pub workers: usize,
    /// Of the batches that are made with these: steps of an older one say nothing of them.
    pub config_version: u64,
    /// Stages that may be switched off.
    pub switchable: Vec<String>,
    /// Stages that a cache would spare, `read` and `decode` among them; empty where there is one already.
    pub cacheable: Vec<Stage>,
    /// What experiments have measured of changes to the run as it is.
    pub measured: Vec<(RunChange, Gain)>,
    /// For so long nothing has come, and longer than ever before; `None` where all is well.
    pub stalled_secs: Option<f64>,
}

/// CPU seconds an image of the engine's process, all threads together, where training computes on the CPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessCpu {
    /// While the trainer waits for data: the loader's.
    pub wait_secs: f64,
    /// While it trains.
    pub train_secs: f64,
    /// Of both, the loader's.
    pub loader_secs: f64,
}

impl ProcessCpu {
    /// The trainer's own: what an image costs it whoever else works on the machine.
    pub fn trainer_secs(&self) -> f64 {
        self.wait_secs + self.train_secs - self.loader_secs
    }
}

/// A stage's mean cost in seconds an image that leaves the loader.
#[derive(Debug, Clone, PartialEq)]
pub struct StageDemand {
    pub stage: Stage,
    pub cpu_secs: f64,
    pub wall_secs: f64,
}

/// What a window of a run comes to. Times are seconds an image, shares are of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Demands {
    /// Steps that it is made from, all of one version of the chain.
    pub steps: usize,
    /// Steps that are enough, of such as these.
    pub steps_needed: usize,
    pub images_per_sec: f64,
    pub wait_frac: f64,
    /// The trainer's g; the larger of it and what synchronised steps took is `train_secs_most`.
    pub train_secs: f64,
    pub train_secs_most: f64,
    /// Mean of the synchronised steps; upload, forward, backward, optimiser.
    pub phases_secs: Option<[f64; 4]>,
    /// Of steps that read the loss unsynchronised, the share of the busy time that went into waiting for the device.
    pub read_frac: Option<f64>,
    pub queue_len: f64,
    /// Batches that may wait.
    pub queue_capacity: f64,
    /// Share by which the means may be off.
    pub unsure_frac: f64,
    /// `None` where steps do not tell, and where training has a device of its own.
    pub cpu: Option<ProcessCpu>,
    /// In the order of the chain; empty where no event told.
    pub stages: Vec<StageDemand>,
}

impl Demands {
    /// Of the steps and stages made under the newest version of the chain. `None` without steps, or where the newest is of a
    /// version before the facts'.
    pub fn of(steps: &[StepEvent], stages: &[StagesEvent], facts: &RunFacts) -> Option<Self> {
        let version = steps.last()?.config_version;
        if version < facts.config_version {
            return None;
        }
        let steps: Vec<&StepEvent> =
            steps.iter().filter(|s| s.config_version == version && s.images_per_sec > 0.0).collect();
        // Steps that wait for the device between phases are slower; where all do (on the CPU), they are the usual ones.
        let plain: Vec<&StepEvent> = steps.iter().copied().filter(|s| !s.phases.synced).collect();
        let usual = if plain.len() >= FEWEST_STEPS / 2 { &plain } else { &steps };
        if usual.is_empty() {
            return None;
        }
        let full_batch = facts.full_batch();
        let secs_of = |step: &StepEvent| step.step_secs(full_batch);
        let images_of = |step: &StepEvent| step.images_or(full_batch) as f64;
        let cap = step_cap_secs(usual.iter().map(|s| secs_of(s)).collect());
        let total: f64 = usual.iter().map(|s| secs_of(s).min(cap)).sum();
        let waited: f64 = usual.iter().map(|s| secs_of(s).min(cap) * s.data_wait_frac).sum();
        let count = usual.len() as f64;
        let images: f64 = usual.iter().map(|s| images_of(s)).sum();
        let train_secs = (total - waited) / images;
        // A short batch takes less: each step is held against its own images at the mean pace.
        let squares: f64 = usual.iter().map(|s| (secs_of(s).min(cap) - images_of(s) * total / images).powi(2)).sum();
        // Of a step's time, as a share of its mean.
        let deviation = (squares / (count - 1.0).max(1.0)).sqrt() / (total / count);
        let queue = stages.iter().rev().find(|e| e.config_version == version && e.queue_capacity > 0);
        let phases_secs = mean_phases(&steps, facts);
        let synced_secs = phases_secs.map_or(0.0, |phases| phases.iter().sum());
        // What is left out of a step as a hiccup, its CPU time is left out of.
        let kept = |step: &StepEvent| (cap / secs_of(step)).min(1.0);
        Some(Self {
            steps: steps.len(),
            steps_needed: steps_needed(total / count),
            images_per_sec: images / total,
            wait_frac: waited / total,
            train_secs,
            train_secs_most: train_secs.max(synced_secs),
            phases_secs,
            read_frac: read_frac(&plain),
            queue_len: usual.iter().map(|s| s.queue_len as f64).sum::<f64>() / count,
            queue_capacity: queue.map_or(USUAL_QUEUE, |e| e.queue_capacity.max(1) as f64),
            unsure_frac: (2.0 * deviation / count.sqrt()).clamp(UNSURE_FRAC, MOST_UNSURE_FRAC),
            cpu: facts.device_is_cpu.then(|| process_cpu(usual, facts, kept)).flatten(),
            stages: stage_demands(stages, version),
        })
    }

    /// The loader's wall seconds an image, all stages together; 0 where none is known.
    pub fn wall_secs(&self) -> f64 {
        self.stages.iter().map(|s| s.wall_secs).sum()
    }

    /// The loader's CPU seconds an image.
    pub fn cpu_secs(&self) -> f64 {
        self.stages.iter().map(|s| s.cpu_secs).sum()
    }

    /// Images a second that the loader could make, were nobody slower. `None` where no stage is known.
    pub fn loader_images_per_sec(&self, facts: &RunFacts) -> Option<f64> {
        let (wall_secs, cpu_secs) = (self.wall_secs(), self.cpu_secs());
        let by_cores = facts.cores.max(1) as f64 / cpu_secs.max(1e-12);
        (wall_secs > 0.0).then(|| (facts.workers.max(1) as f64 / wall_secs).min(by_cores))
    }

    /// Steps enough to say something.
    pub fn is_enough(&self) -> bool {
        self.steps >= self.steps_needed
    }

    /// Cores that other programs take, as far as all that is busy is not the run's own; before a device of its own at least so many, as
    /// nothing tells how long the trainer's thread computes. `None` where that is not known.
    pub fn others_cores(&self, facts: &RunFacts) -> Option<f64> {
        let own = match self.cpu {
            Some(cpu) => (cpu.wait_secs + cpu.train_secs) * self.images_per_sec,
            None if facts.device_is_cpu || self.stages.is_empty() => return None,
            None => self.cpu_secs() * self.images_per_sec + DEVICE_TRAINER_CORES,
        };
        Some((facts.busy_cores? - own).max(0.0))
    }

    /// Images a second that the trainer could take, had it never to wait.
    pub fn trainer_images_per_sec(&self) -> f64 {
        1.0 / self.train_secs
    }

    /// Wall time over CPU time of a trainer that keeps one thread busy; each of several waits for longer. `None` where its CPU
    /// time is not known.
    fn crowding(&self) -> Option<f64> {
        self.cpu.map(|cpu| (self.train_secs / cpu.trainer_secs()).clamp(1.0, MOST_CROWDING))
    }

    /// Wall time over CPU time of a stage that only computes: how long a thread waits for its core. The lower median of
    /// the stages, by their CPU time; those that clearly sleep do not count.
    pub fn stretch(&self, facts: &RunFacts) -> f64 {
        let cores = facts.cores.max(1) as f64;
        let own = 1.0 + (facts.workers as f64 + cores) / cores;
        let threads_make = match self.crowding() {
            Some(crowding) => own * crowding,
            None if facts.oversubscribed => own + MOST_OTHERS,
            None => own,
        };
        let most = MOST_BEYOND_OWN * threads_make;
        let mut stages: Vec<(f64, f64)> = self
            .stages
            .iter()
            .filter(|s| s.cpu_secs > 0.0)
            .map(|s| (s.wall_secs / s.cpu_secs, s.cpu_secs))
            .filter(|(stretch, _)| *stretch < most)
            .collect();
        stages.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let half = 0.5 * stages.iter().map(|(_, cpu_secs)| cpu_secs).sum::<f64>();
        let mut below = 0.0;
        let median = stages.iter().find(|(_, cpu_secs)| {
            below += cpu_secs;
            below >= half
        });
        median.map_or(1.0, |(stretch, _)| stretch.max(1.0))
    }
}

impl StageDemand {
    /// Seconds an image that it waits without wanting a core, where computing takes `stretch` times its CPU time.
    pub fn sleep_secs(&self, stretch: f64) -> f64 {
        (self.wall_secs - stretch * self.cpu_secs).max(0.0)
    }
}

/// Steps of so many seconds in the mean that are needed before anything is said: [`FEWEST_STEPS`], or 6 that took 10 s
/// together.
pub fn steps_needed(mean_step_secs: f64) -> usize {
    let slow = (SLOW_STEPS_SECS / mean_step_secs.max(1e-9)).ceil();
    FEWEST_STEPS.min(FEWEST_SLOW_STEPS.max(slow as usize))
}

/// Seconds an image of upload, forward, backward and optimiser, over the synchronised steps; the read back counts with
/// the optimiser's, whose end it is. Of batches that share a step of the optimiser one alone has its time, which is no hiccup among
/// the others': it is held against that of other such batches.
fn mean_phases(steps: &[&StepEvent], facts: &RunFacts) -> Option<[f64; 4]> {
    let synced: Vec<&StepEvent> = steps.iter().copied().filter(|s| s.phases.synced).collect();
    let images: usize = synced.iter().map(|s| s.images_or(facts.full_batch())).sum();
    let mean = |secs: fn(&StepPhases) -> f64, one_in: usize| {
        let mut all: Vec<f64> = synced.iter().map(|s| secs(&s.phases)).collect();
        all.sort_unstable_by(|a, b| b.total_cmp(a));
        let cap = step_cap_secs(all[..all.len().div_ceil(one_in)].to_vec());
        all.iter().map(|s| s.min(cap)).sum::<f64>() / images as f64
    };
    (synced.len() >= 2).then(|| {
        [
            mean(|p| p.upload_secs, 1),
            mean(|p| p.forward_secs, 1),
            mean(|p| p.backward_secs, 1),
            mean(|p| p.read_secs, 1) + mean(|p| p.optimizer_secs, facts.accumulate_batches.max(1)),
        ]
    })
}

/// Of the steps that tell, if half of them do; `kept` is the share that counts of a step's time.
fn process_cpu(usual: &[&StepEvent], facts: &RunFacts, kept: impl Fn(&StepEvent) -> f64) -> Option<ProcessCpu> {
    let told: Vec<(&StepEvent, StepCpu)> = usual.iter().filter_map(|step| Some((*step, step.phases.cpu?))).collect();
    if 2 * told.len() < usual.len() {
        return None;
    }
    let images: f64 = told.iter().map(|(step, _)| step.images_or(facts.full_batch()) as f64).sum();
    let mean = |secs: fn(&StepCpu) -> f64| told.iter().map(|(step, cpu)| kept(step) * secs(cpu)).sum::<f64>() / images;
    let wait_secs = mean(|cpu| cpu.wait_secs);
    // Without workers the trainer's own thread loads, and calls that waiting.
    let loader_secs = if facts.workers == 0 { wait_secs } else { mean(|cpu| cpu.loader_secs) };
    let cpu = ProcessCpu { wait_secs, train_secs: mean(|cpu| cpu.busy_secs), loader_secs };
    // The trainer's is the difference of two readings: each worker's newest image may not be told yet, and a process's clock may
    // tick 64 times a second.
    let least = 2.0 * (facts.workers as f64 * loader_secs).max(PROCESS_TICK_SECS);
    (loader_secs > 0.0 && cpu.trainer_secs() * images > least).then_some(cpu)
}

/// See [`Demands::read_frac`].
fn read_frac(plain: &[&StepEvent]) -> Option<f64> {
    let read: Vec<&StepPhases> = plain.iter().filter(|s| s.loss.is_some()).map(|s| &s.phases).collect();
    let busy: f64 = read.iter().map(|p| p.total_secs() - p.wait_secs).sum();
    (read.len() >= FEWEST_STEPS / 2 && busy > 0.0).then(|| read.iter().map(|p| p.read_secs).sum::<f64>() / busy)
}

/// Means over the events of one version, over all images that left the loader: those spared a stage by a cache count.
fn stage_demands(events: &[StagesEvent], version: u64) -> Vec<StageDemand> {
    let mut sums: Vec<(StageDemand, f64)> = Vec::new();
    for stage in events.iter().filter(|e| e.config_version == version).flat_map(|e| &e.stages) {
        let index = sums.iter().position(|(s, _)| s.stage == stage.stage).unwrap_or_else(|| {
            sums.push((StageDemand { stage: stage.stage.clone(), cpu_secs: 0.0, wall_secs: 0.0 }, 0.0));
            sums.len() - 1
        });
        if let Some((demand, images)) = sums.get_mut(index) {
            let count = stage.images as f64;
            demand.cpu_secs += count * stage.cpu_us.max(0.0) * 1e-6;
            demand.wall_secs += count * stage.wall_us.max(0.0) * 1e-6;
            *images += count;
        }
    }
    let left = sums.iter().map(|(_, images)| *images).fold(1.0, f64::max);
    sums.into_iter()
        .map(|(s, _)| StageDemand { cpu_secs: s.cpu_secs / left, wall_secs: s.wall_secs / left, ..s })
        .collect()
}
