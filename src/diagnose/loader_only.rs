//! The bisect over the loader alone: what each transform costs it, while nothing trains.
//!
//! Loaders without workers go over the same images with the same draws, on the caller's thread. A block is one batch with
//! the whole chain, one more of the same (the control) and one with each transform off, in an order drawn by lot; it
//! compares every transform with the mean of the two whole ones. So a block over k transforms costs k + 2 batches, not 4 k,
//! and what drifts hits all alike. Which loader makes which of them is drawn by lot too: where its buffers happen to lie
//! makes a loader some percent faster or slower for good.
//!
//! Two clocks are read. The thread's CPU clock hardly hears the neighbours and decides most: it says what a loader whose
//! cores are busy would gain. The wall clock hears everything, and is there for transforms that wait rather than work.
//! The images are gone over once before, so that the disk has no part in it.
//!
//! Off is either left out, which changes what later transforms work on, or replayed: what the transform made of the image
//! before is put in its place. Replayed, its own cost shows, less that of a copy, whatever it does to what comes after.

use super::conclusion::{Candidate, conclude, trial_of};
use super::paired::{PairedTest, PairedTestSettings, noise_floor};
use super::screen::shuffle;
use crate::config::{CacheMode, LoaderConfig, TransformSpec};
use crate::data::Image;
use crate::loader::{Batch, EpochOrder, Loader, LoaderError, LoaderJob, thread_cpu_time};
use crate::protocol::{BisectVerdict, Decision, Measure, OffMethod, Trial};
use crate::transform::{Chain, Draw, Recording, SampleSeed, Scratch, splitmix64};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Images that are gone over again and again.
const POOL_IMAGES: usize = 512;
/// Of the budget, that the going over them once may take.
const WARM_UP_FRAC: f64 = 0.1;
/// Batches of the warming up; also the fewest images of a batch.
const LEAST_BATCH: usize = 4;
/// A batch should take so long: far more than a clock's grain, and blocks enough within the budget.
const BATCH_SECS: f64 = 0.008;
/// What is recorded to be replayed takes no more memory; fewer images are gone over if need be.
const RECORDED_BYTES: usize = 256 << 20;
/// Epochs whose draws are tried for one in which a random transform does something.
const RECORDED_EPOCHS: u64 = 4;
/// A block takes a tenth of a second: it is the budget that ends it.
const MAX_BLOCKS: u32 = 2000;

/// How the loader is bisected.
#[derive(Debug, Clone, PartialEq)]
pub struct LoaderOnlySettings {
    /// Enabled transforms that may be switched off.
    pub candidates: Vec<Candidate>,
    pub method: OffMethod,
    pub budget_secs: f64,
    /// Effects within this share are none.
    pub margin_frac: f64,
    /// Chance of accusing an innocent transform, over the whole bisect.
    pub alpha: f64,
    pub max_blocks: u32,
    pub seed: u64,
}

impl LoaderOnlySettings {
    pub fn new(candidates: Vec<Candidate>, budget_secs: f64, seed: u64) -> Self {
        let paired = PairedTestSettings::default();
        Self {
            candidates,
            method: OffMethod::Removed,
            budget_secs,
            margin_frac: paired.margin_frac,
            alpha: paired.alpha,
            max_blocks: MAX_BLOCKS,
            seed,
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct LoaderReport {
    /// Two of each transform: CPU time, wall time.
    pub trials: Vec<Trial>,
    pub noise_floor_frac: Option<f64>,
    pub blocks: u32,
    pub secs: f64,
    /// Mean microseconds an image of the whole chain, reading and decoding included: by the clock, and of CPU.
    pub wall_us: f64,
    pub cpu_us: f64,
}

/// The enabled steps that may be switched off and leave batches that still are some: not what every chain needs, not what
/// brings images to one size where they come in several. What a network or a later step needs besides is the caller's to
/// know.
pub fn switchable(chain: &Chain, one_size: bool) -> Vec<Candidate> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut candidates = Vec::new();
    for (index, (step, spec)) in chain.steps().iter().zip(chain.specs()).enumerate() {
        let count = seen.entry(step.name()).or_default();
        *count += 1;
        let needed = step.info().pinned || ["LoadImage", "EnsureChannelFirst"].contains(&step.name());
        if step.enabled() && !needed && (one_size || !step.info().fixes_size(spec)) {
            let name = if *count == 1 { step.name().to_owned() } else { format!("{} {count}", step.name()) };
            candidates.push(Candidate { index, name });
        }
    }
    candidates
}

/// A batch: what it took on either clock, and what it was.
#[derive(Debug, Clone, Copy, Default)]
struct Batched {
    cpu_secs: f64,
    wall_secs: f64,
    made: Made,
}

/// One transform off.
struct Arm {
    candidate: Candidate,
    /// `None` once there is nothing more to be learnt.
    chain: Option<Arc<Chain>>,
    cpu: PairedTest,
    wall: PairedTest,
    cpu_decision: Decision,
    wall_decision: Decision,
}

/// Who makes a batch of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Whole,
    Control,
    Arm(usize),
}

struct Bench<'a> {
    settings: &'a LoaderOnlySettings,
    whole: Arc<Chain>,
    /// As many as there are variants, all at the same place of the same stream.
    loaders: Vec<Loader>,
    arms: Vec<Arm>,
    /// ln(whole / control).
    control_cpu: Vec<f64>,
    control_wall: Vec<f64>,
    dice: Pcg64Mcg,
    blocks: u32,
    whole_wall_secs: f64,
    whole_cpu_secs: f64,
    whole_images: u64,
}

/// Bisects the loader of this job. `progress` is told after every block how many there are and may break off, which leaves
/// undecided what is.
///
/// # Errors
/// The whole chain cannot load a batch.
pub fn loader_only(
    job: &LoaderJob,
    settings: &LoaderOnlySettings,
    progress: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<(LoaderReport, BisectVerdict), LoaderError> {
    let begun = Instant::now();
    let secs = || begun.elapsed().as_secs_f64();
    let (job, recordings) = warm(job, settings)?;
    let mut bench = Bench::new(&job, settings, recordings)?;
    while secs() < settings.budget_secs && bench.arms.iter().any(|arm| arm.chain.is_some()) {
        bench.block()?;
        if progress(bench.blocks).is_break() {
            break;
        }
    }
    for arm in &mut bench.arms {
        for decision in [&mut arm.cpu_decision, &mut arm.wall_decision] {
            if *decision == Decision::Measuring {
                *decision = Decision::Undecided;
            }
        }
    }
    let report = bench.report(secs());
    let verdict = conclude(&report.trials, None, settings.margin_frac, report.noise_floor_frac, report.secs, None);
    Ok((report, verdict))
}

/// Goes over some of the images once; a job over just these, in batches of a handy size, and what is to be replayed of
/// them, by candidate.
fn warm(job: &LoaderJob, settings: &LoaderOnlySettings) -> Result<(LoaderJob, Vec<Arc<Recording>>), LoaderError> {
    let mut pool = job.indices.to_vec();
    pool.sort_by_key(|index| splitmix64(settings.seed ^ u64::from(*index)));
    pool.truncate(POOL_IMAGES);
    let least = LEAST_BATCH.min(pool.len()).max(1);
    let job = |indices: Vec<u32>, batch_size, order, epochs| LoaderJob {
        indices: indices.into(),
        config: LoaderConfig {
            workers: 0,
            batch_size,
            prefetch: 1,
            drop_last: true,
            cache: CacheMode::Off,
            instrument: true,
            ..job.config.clone()
        },
        order,
        first_epoch: 1,
        first_batch: 0,
        epochs,
        ..job.clone()
    };
    let begun = Instant::now();
    let mut loader = Loader::start(job(pool.clone(), least, EpochOrder::Listed, 1))?;
    let mut warmed = 0;
    while let Some(batch) = loader.next()? {
        warmed = usize::try_from(batch.index + 1).unwrap_or(usize::MAX).saturating_mul(least);
        loader.recycle(batch);
        if begun.elapsed().as_secs_f64() > WARM_UP_FRAC * settings.budget_secs && warmed >= 2 * least {
            break;
        }
    }
    let image_secs = begun.elapsed().as_secs_f64() / warmed.max(1) as f64;
    pool.truncate(warmed.max(least));
    let recordings = match settings.method {
        OffMethod::Removed => Vec::new(),
        OffMethod::Replayed => {
            record(&job(pool.clone(), least, EpochOrder::Listed, 1), &settings.candidates, &mut pool)
        }
    };
    let batch_size = ((BATCH_SECS / image_secs.max(1e-9)) as usize).clamp(least.min(pool.len()), pool.len());
    Ok((job(pool, batch_size, EpochOrder::Shuffled, u64::MAX / 2), recordings))
}

/// What each candidate makes of the images of the pool; those that cannot be loaded, or not be kept, are taken out of it.
fn record(job: &LoaderJob, candidates: &[Candidate], pool: &mut Vec<u32>) -> Vec<Arc<Recording>> {
    let mut recordings: Vec<Recording> = candidates.iter().map(|c| Recording::new(c.index)).collect();
    let mut decoder = job.dataset.decoder(job.channels, job.max_pixels);
    decoder.set_target(if job.config.scaled_decode { job.chain.least_input() } else { None });
    let (mut path, mut decoded, mut scratch) = (PathBuf::new(), Image::empty(), Scratch::default());
    let mut bytes = 0;
    pool.retain(|sample| {
        if bytes > RECORDED_BYTES {
            return false;
        }
        job.dataset.path_into(*sample as usize, &mut path);
        if decoder.read(&path).and_then(|()| decoder.decode(&path, &mut decoded)).is_err() {
            return false;
        }
        let mut wanting: Vec<usize> = candidates.iter().map(|c| c.index).collect();
        for epoch in 1..=RECORDED_EPOCHS {
            let seed = SampleSeed { seed: job.seed, epoch, sample: u64::from(*sample) };
            let mut keep = |index: usize, draw: &Draw, image: &Image, _| {
                let recording = recordings.iter_mut().find(|recording| recording.step() == index);
                if let Some(recording) = recording.filter(|_| wanting.contains(&index)) {
                    recording.keep(seed.sample, image);
                    wanting.retain(|wanted| *wanted != index || *draw == Draw::Skip);
                }
            };
            if job.chain.run_step_by_step(&mut decoded.clone(), &mut scratch, seed, &mut keep).is_err() {
                return false;
            }
            if wanting.is_empty() {
                break;
            }
        }
        bytes = recordings.iter().map(Recording::bytes).sum();
        true
    });
    recordings.into_iter().map(Arc::new).collect()
}

/// The chain without one of its steps; `None` where it cannot be.
fn without(chain: &Chain, index: usize) -> Option<Chain> {
    let off =
        |(i, spec): (usize, &TransformSpec)| TransformSpec { enabled: spec.enabled && i != index, ..spec.clone() };
    let specs: Vec<TransformSpec> = chain.specs().iter().enumerate().map(off).collect();
    Chain::build(&specs).ok()
}

impl<'a> Bench<'a> {
    /// `recordings` by candidate, where they are to be replayed.
    fn new(
        job: &LoaderJob,
        settings: &'a LoaderOnlySettings,
        recordings: Vec<Arc<Recording>>,
    ) -> Result<Self, LoaderError> {
        let paired = PairedTestSettings {
            alpha: settings.alpha,
            // CPU and wall time are looked at both.
            comparisons: 2 * settings.candidates.len().max(1),
            margin_frac: settings.margin_frac,
            max_blocks: settings.max_blocks,
        };
        let fuse = job.config.fuse;
        let mut recordings = recordings.into_iter();
        let arm = |candidate: &Candidate| {
            let chain = match settings.method {
                OffMethod::Removed => without(&job.chain, candidate.index),
                OffMethod::Replayed => recordings.next().map(|r| Chain::clone(&job.chain).replaying(r)),
            };
            let chain = chain.map(|chain| Arc::new(chain.with_fuse(fuse)));
            let decision = if chain.is_some() { Decision::Measuring } else { Decision::CannotSwitch };
            Arm {
                candidate: candidate.clone(),
                chain,
                cpu: PairedTest::new(paired),
                wall: PairedTest::new(paired),
                cpu_decision: decision,
                wall_decision: decision,
            }
        };
        let arms: Vec<Arm> = settings.candidates.iter().map(arm).collect();
        let variants = 2 + arms.iter().filter(|arm| arm.chain.is_some()).count();
        Ok(Self {
            settings,
            whole: Arc::new(Chain::clone(&job.chain).with_fuse(fuse)),
            loaders: (0..variants).map(|_| Loader::start(job.clone())).collect::<Result<_, _>>()?,
            arms,
            control_cpu: Vec::new(),
            control_wall: Vec::new(),
            dice: Pcg64Mcg::seed_from_u64(settings.seed),
            blocks: 0,
            whole_wall_secs: 0.0,
            whole_cpu_secs: 0.0,
            whole_images: 0,
        })
    }

    /// The same batch in all variants.
    fn block(&mut self) -> Result<(), LoaderError> {
        let open = (0..self.arms.len()).filter(|i| self.arms.get(*i).is_some_and(|arm| arm.chain.is_some()));
        let mut variants: Vec<Variant> =
            [Variant::Whole, Variant::Control].into_iter().chain(open.map(Variant::Arm)).collect();
        shuffle(&mut self.dice, &mut variants);
        shuffle(&mut self.dice, &mut self.loaders);
        let (mut whole, mut control) = (Batched::default(), Batched::default());
        let mut off: Vec<(usize, Option<Batched>)> = Vec::new();
        let mut in_step = Vec::new();
        for (mut loader, variant) in std::mem::take(&mut self.loaders).into_iter().zip(variants) {
            let chain = match variant {
                Variant::Arm(arm) => self.arms.get(arm).and_then(|arm| arm.chain.as_ref()),
                _ => Some(&self.whole),
            };
            if let Some(chain) = chain {
                loader.set_chain(Arc::clone(chain));
            }
            match (variant, load(&mut loader)) {
                (Variant::Whole, batched) => whole = batched?.unwrap_or_default(),
                (Variant::Control, batched) => control = batched?.unwrap_or_default(),
                // What the chain cannot do without that step is no error of the bisect.
                (Variant::Arm(arm), batched) => off.push((arm, batched.ok().flatten())),
            }
            in_step.push((loader, variant));
        }
        self.blocks += 1;
        self.whole_wall_secs += whole.wall_secs + control.wall_secs;
        self.whole_cpu_secs += whole.cpu_secs + control.cpu_secs;
        self.whole_images += whole.made.images + control.made.images;
        self.control_cpu.push((whole.cpu_secs / control.cpu_secs).ln());
        self.control_wall.push((whole.wall_secs / control.wall_secs).ln());
        self.control_cpu.retain(|d| d.is_finite());
        self.control_wall.retain(|d| d.is_finite());
        let floors = (noise_floor(&self.control_cpu), noise_floor(&self.control_wall));
        for (index, batched) in off {
            let Some(arm) = self.arms.get_mut(index) else { continue };
            match batched {
                Some(batched) if batched.made == whole.made => {
                    arm.cpu.push((0.5 * (whole.cpu_secs + control.cpu_secs) / batched.cpu_secs).ln());
                    arm.wall.push((0.5 * (whole.wall_secs + control.wall_secs) / batched.wall_secs).ln());
                    arm.decide(floors, self.settings.margin_frac);
                }
                _ => {
                    (arm.cpu_decision, arm.wall_decision) = (Decision::CannotSwitch, Decision::CannotSwitch);
                    arm.chain = None;
                }
            }
            if arm.chain.is_none() {
                // Its loader with it: it may stand elsewhere in the stream.
                in_step.retain(|(_, variant)| *variant != Variant::Arm(index));
            }
        }
        self.loaders = in_step.into_iter().map(|(loader, _)| loader).collect();
        Ok(())
    }

    fn report(&self, secs: f64) -> LoaderReport {
        let trials = self.arms.iter().flat_map(|arm| {
            let trial = |measure, test: &PairedTest, decision| {
                trial_of(&arm.candidate, self.settings.method, measure, test.estimate(), decision, Vec::new())
            };
            [
                trial(Measure::LoaderCpu, &arm.cpu, arm.cpu_decision),
                trial(Measure::LoaderWall, &arm.wall, arm.wall_decision),
            ]
        });
        let us_an_image = |secs: f64| 1e6 * secs / self.whole_images.max(1) as f64;
        LoaderReport {
            trials: trials.collect(),
            noise_floor_frac: noise_floor(&self.control_cpu),
            blocks: self.blocks,
            secs,
            wall_us: us_an_image(self.whole_wall_secs),
            cpu_us: us_an_image(self.whole_cpu_secs),
        }
    }
}

impl Arm {
    fn decide(&mut self, floors: (Option<f64>, Option<f64>), margin_frac: f64) {
        let sides = [(&self.cpu, &mut self.cpu_decision, floors.0), (&self.wall, &mut self.wall_decision, floors.1)];
        for (test, decision, floor) in sides {
            if let (Decision::Measuring, Some(stop), true) = (*decision, test.stop(floor), floor.is_some()) {
                *decision = stop.into();
            }
        }
        // The wall clock takes long to clear a transform: it is waited for only where it looks like an effect.
        let looks_slow = self.wall.mean().is_some_and(|mean| mean > 2.0 * margin_frac.max(floors.1.unwrap_or(0.0)));
        let done = match (self.cpu_decision, self.wall_decision) {
            (Decision::Measuring, _) => false,
            (Decision::Effect, _) => true,
            (_, wall) => wall != Decision::Measuring || !looks_slow,
        };
        if done {
            self.chain = None;
        }
    }
}

/// What a batch must have in common with the whole chain's to be compared with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Made {
    epoch: u64,
    index: u64,
    images: u64,
}

/// The next batch; `None` at the stream's end.
fn load(loader: &mut Loader) -> Result<Option<Batched>, LoaderError> {
    let (begun, cpu_begun) = (Instant::now(), thread_cpu_time());
    let batch = loader.next()?;
    let wall_secs = begun.elapsed().as_secs_f64();
    // Where there is no such clock, the wall's stands for it.
    let cpu = cpu_begun.and_then(|begun| Some(thread_cpu_time()?.saturating_sub(begun)));
    let cpu_secs = cpu.map_or(wall_secs, |cpu| cpu.as_secs_f64());
    let Some(batch) = batch else { return Ok(None) };
    let made = Made { epoch: batch.epoch, index: batch.index, images: batch.labels.len() as u64 };
    loader.recycle(Batch { failures: Vec::new(), ..batch });
    Ok(Some(Batched { cpu_secs, wall_secs, made }))
}
