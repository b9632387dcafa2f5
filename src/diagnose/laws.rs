//! Operational laws: what loader and trainer each could do, from what a run tells anyhow, and what would be if.
//!
//! With D the loader's CPU seconds an image, W its wall seconds, g the trainer's seconds an image and N workers on C cores:
//! X(N) <= min(1/g, N/W, C/D) where they work side by side, and X(0) = 1/(W + g) where they take turns. Where the two sides
//! are about equally fast, a queue of finite length costs a tenth or so of that: predictions come with a band.
//!
//! On a CPU device workers and training share the cores. How many the training uses is not known, so the band reaches from
//! "one" (the loader's work costs training nothing) to "all" (each CPU second spared is a second over C gained).

use super::paired::step_cap_secs;
use crate::protocol::{StagesEvent, StepEvent, StepPhases};

/// Fewer steps say nothing.
pub const FEWEST_STEPS: usize = 20;
/// Share by which means over a window of so few steps may be off.
pub(super) const UNSURE_FRAC: f64 = 0.05;
/// The larger the sharper the corner between two limits; what a queue of a few batches makes of it lies between these.
const SOFT_CORNER: f64 = 5.0;
const USUAL_CORNER: f64 = 12.0;
/// Hyperthreads and shared caches: the least that a core beyond half of them adds.
const LEAST_OF_A_CORE: f64 = 0.3;

/// The circumstances of a run that its events do not tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFacts {
    /// Images in a full batch.
    pub batch_size: usize,
    /// Logical cores that the run may use.
    pub cores: usize,
    /// Training computes on the same cores.
    pub device_is_cpu: bool,
    /// Loader threads now.
    pub workers: usize,
    /// Stages that may be switched off.
    pub switchable: Vec<String>,
    /// Stages that a cache would spare, `read` and `decode` among them; empty where there is one already.
    pub cacheable: Vec<String>,
    /// For so long nothing has come, and longer than ever before; `None` where all is well.
    pub stalled_secs: Option<f64>,
}

/// A stage's mean cost in seconds an image that leaves the loader.
#[derive(Debug, Clone, PartialEq)]
pub struct StageDemand {
    pub name: String,
    pub cpu_secs: f64,
    pub wall_secs: f64,
}

/// What a window of a run comes to. Times are seconds an image, shares are of the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Demands {
    /// Steps that it is made from, all of one version of the chain.
    pub steps: usize,
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
    /// In the order of the chain; empty where no event told.
    pub stages: Vec<StageDemand>,
}

/// A rate in images a second, and the band that it is expected in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub images_per_sec: f64,
    pub low: f64,
    pub high: f64,
    /// What the loader alone could do over what the trainer alone could.
    pub loader_over_trainer: f64,
}

/// A loader as it might be: seconds an image, threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoaderCase {
    pub cpu_secs: f64,
    pub wall_secs: f64,
    pub workers: usize,
}

impl Demands {
    /// Of the steps and stages made under the newest version of the chain. `None` without steps.
    pub fn of(steps: &[StepEvent], stages: &[StagesEvent], facts: &RunFacts) -> Option<Self> {
        let version = steps.last()?.config_version;
        let steps: Vec<&StepEvent> =
            steps.iter().filter(|s| s.config_version == version && s.images_per_sec > 0.0).collect();
        // Steps that wait for the device between phases are slower; where all do (on the CPU), they are the usual ones.
        let plain: Vec<&StepEvent> = steps.iter().copied().filter(|s| !s.phases.synced).collect();
        let usual = if plain.len() >= FEWEST_STEPS / 2 { &plain } else { &steps };
        if usual.is_empty() {
            return None;
        }
        let batch = facts.batch_size.max(1) as f64;
        let secs_of = |step: &StepEvent| batch / step.images_per_sec;
        let cap = step_cap_secs(usual.iter().map(|s| secs_of(s)).collect());
        let total: f64 = usual.iter().map(|s| secs_of(s).min(cap)).sum();
        let waited: f64 = usual.iter().map(|s| secs_of(s).min(cap) * s.data_wait_frac).sum();
        let count = usual.len() as f64;
        let train_secs = (total - waited) / (count * batch);
        let phases_secs = mean_phases(&steps, batch);
        let synced_secs = phases_secs.map_or(0.0, |phases| phases.iter().sum());
        Some(Self {
            steps: steps.len(),
            images_per_sec: count * batch / total,
            wait_frac: waited / total,
            train_secs,
            train_secs_most: train_secs.max(synced_secs),
            phases_secs,
            read_frac: read_frac(&plain),
            queue_len: usual.iter().map(|s| s.queue_len as f64).sum::<f64>() / count,
            stages: stage_demands(stages, version),
        })
    }

    /// The loader as it is.
    pub fn loader(&self, facts: &RunFacts) -> LoaderCase {
        let sum = |secs: fn(&StageDemand) -> f64| self.stages.iter().map(secs).sum::<f64>();
        LoaderCase { cpu_secs: sum(|s| s.cpu_secs), wall_secs: sum(|s| s.wall_secs), workers: facts.workers }
    }

    /// The rate that training would have with such a loader. The band holds the rate measured now, for the loader as it
    /// is. `None` where no stage is known.
    pub fn predict(&self, facts: &RunFacts, case: LoaderCase) -> Option<Rate> {
        let now = self.loader(facts);
        if self.stages.is_empty() || now.wall_secs <= 0.0 || self.train_secs <= 0.0 {
            return None;
        }
        let raw = self.raw(facts, now, case);
        let raw_now = self.raw(facts, now, now);
        // What the laws do not see now they will not see then, unless another side becomes the limit.
        let missed = (self.images_per_sec / raw_now.images_per_sec).clamp(0.5, 2.0);
        let same_side = (raw.loader_over_trainer < 1.0) == (raw_now.loader_over_trainer < 1.0);
        let (low, high) = (raw.low * missed.min(1.0), raw.high * missed.max(1.0));
        let images_per_sec = raw.images_per_sec * if same_side { missed } else { 1.0 };
        Some(Rate { images_per_sec: images_per_sec.clamp(low, high), low, high, ..raw })
    }

    /// By the laws alone.
    fn raw(&self, facts: &RunFacts, now: LoaderCase, case: LoaderCase) -> Rate {
        let (least, most) = (1.0 - UNSURE_FRAC, 1.0 + UNSURE_FRAC);
        let loader = loader_rate(facts, now, case);
        let trainer = (1.0 / self.train_secs_most, 1.0 / self.train_secs);
        let loader_over_trainer = loader.1 / trainer.1;
        let cores = facts.cores.max(1) as f64;
        // What the loader's CPU time costs a training that uses all cores.
        let shared = |cpu_secs: f64, workers: usize| if workers == 0 { 0.0 } else { cpu_secs / cores };
        if case.workers == 0 {
            // Where workers took the training's cores before, it is faster without them, at most by what they took.
            let spared = if facts.device_is_cpu { shared(now.cpu_secs, now.workers) } else { 0.0 };
            let trained = (self.train_secs - spared).max(0.3 * self.train_secs);
            let slow = 1.0 / (case.wall_secs + self.train_secs_most);
            let fast = 1.0 / (case.cpu_secs.min(case.wall_secs) + trained);
            let usual = 1.0 / (case.wall_secs + 0.5 * (self.train_secs + trained));
            return Rate { images_per_sec: usual, low: slow * least, high: fast * most, loader_over_trainer };
        }
        let apart = Rate {
            images_per_sec: corner(loader.1, trainer.1, USUAL_CORNER),
            low: corner(loader.0, trainer.0, SOFT_CORNER) * least,
            high: loader.2.min(trainer.1) * most,
            loader_over_trainer,
        };
        if !facts.device_is_cpu {
            return apart;
        }
        let saved = shared(now.cpu_secs, now.workers) - shared(case.cpu_secs, case.workers);
        let measured_secs = if now.workers == 0 { self.train_secs } else { 1.0 / self.images_per_sec };
        let together_secs = (measured_secs - saved).max(0.3 * measured_secs).max(1.0 / loader.2);
        let together = 1.0 / together_secs;
        Rate {
            images_per_sec: (apart.images_per_sec * together).sqrt(),
            low: apart.low.min(together * least),
            high: apart.high.max(together * most),
            loader_over_trainer,
        }
    }

    /// Images a second that the loader could make, were nobody slower. `None` where no stage is known.
    pub fn loader_images_per_sec(&self, facts: &RunFacts) -> Option<f64> {
        let now = self.loader(facts);
        (now.wall_secs > 0.0).then(|| loader_rate(facts, now, now).1)
    }

    /// Images a second that the trainer could take, had it never to wait.
    pub fn trainer_images_per_sec(&self) -> f64 {
        1.0 / self.train_secs
    }
}

/// Low, usual and high of what such a loader could make.
fn loader_rate(facts: &RunFacts, now: LoaderCase, case: LoaderCase) -> (f64, f64, f64) {
    let cores = facts.cores.max(1) as f64;
    let workers = case.workers.max(1) as f64;
    // The first half of the cores count whole, beyond them each counts for less; one is the trainer's.
    let spare = (workers.min(cores) - 0.5 * cores).max(0.0);
    let least_workers = workers.min(0.5 * cores) + LEAST_OF_A_CORE * spare;
    // Waiting for files stays; waiting for a core goes with the threads that were in the way.
    let waiting = (case.wall_secs - case.cpu_secs).max(0.0);
    let crowd = now.workers.saturating_sub(1).max(1) as f64;
    let fewer = ((workers - 1.0) / crowd).clamp(0.0, 1.0);
    let quickest = case.cpu_secs.min(case.wall_secs) + waiting * fewer;
    let slowest = case.wall_secs.max(1e-12);
    // On so many cores in turn; a thread that waits for a file leaves its core to others.
    let on_cores = |workers: f64, secs: f64| (workers / secs).min(cores / case.cpu_secs.max(1e-12));
    // As many workers as there are now take as long as they do now, whatever the cores are.
    let tried = case.workers <= now.workers;
    let low = if tried { on_cores(workers, slowest) } else { on_cores(least_workers.max(1.0), slowest) };
    (low, on_cores(workers, slowest), on_cores(workers, quickest.max(1e-12)))
}

/// The lower of two limits, rounded off where they meet.
fn corner(a: f64, b: f64, sharpness: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    low * (1.0 + (low / high).powf(sharpness)).powf(-1.0 / sharpness)
}

/// Seconds an image of upload, forward, backward and optimiser, over the synchronised steps; the read back counts with
/// the optimiser's, whose end it is.
fn mean_phases(steps: &[&StepEvent], batch: f64) -> Option<[f64; 4]> {
    let synced: Vec<&StepPhases> = steps.iter().map(|s| &s.phases).filter(|p| p.synced).collect();
    let mean = |secs: fn(&StepPhases) -> f64| {
        let all: Vec<f64> = synced.iter().map(|p| secs(p)).collect();
        let cap = step_cap_secs(all.clone());
        all.iter().map(|s| s.min(cap)).sum::<f64>() / all.len() as f64 / batch
    };
    (synced.len() >= 2).then(|| {
        [
            mean(|p| p.upload_secs),
            mean(|p| p.forward_secs),
            mean(|p| p.backward_secs),
            mean(|p| p.optimizer_secs + p.read_secs),
        ]
    })
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
        let index = sums.iter().position(|(s, _)| s.name == stage.name).unwrap_or_else(|| {
            sums.push((StageDemand { name: stage.name.clone(), cpu_secs: 0.0, wall_secs: 0.0 }, 0.0));
            sums.len() - 1
        });
        if let Some((demand, images)) = sums.get_mut(index) {
            let count = stage.images as f64;
            demand.cpu_secs += count * stage.cpu_us.max(0.0) * 1e-6;
            demand.wall_secs += count * stage.wall_us.max(0.0) * 1e-6;
            *images += count;
        }
    }
    let left = sums.iter().map(|(_, images)| *images).fold(0.0, f64::max);
    sums.into_iter()
        .map(|(s, _)| StageDemand { cpu_secs: s.cpu_secs / left, wall_secs: s.wall_secs / left, ..s })
        .collect()
}
