//! A training that trains nothing: a real loader, and a device that takes its time over each batch.

use super::sim::Dice;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use trainscope::config::{LoaderConfig, TransformSpec};
use trainscope::data::Dataset;
use trainscope::diagnose::{StepSeen, Toggle};
use trainscope::loader::{Loader, LoaderJob, StageSnapshot};
use trainscope::protocol::{StagesEvent, StepEvent, StepPhases};
use trainscope::transform::Chain;

pub const BATCH: usize = 64;
pub const PREFETCH: usize = 2;
/// Steps that the verdict is made of, and seconds, whichever is first; as many are left out before.
const VERDICT: (usize, f64) = (60, 10.5);

/// What takes the batches.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    pub secs: f64,
    /// On a core of the host's; else the host sleeps meanwhile.
    pub on_cpu: bool,
}

impl Device {
    fn train(self) {
        let begun = Instant::now();
        if !self.on_cpu {
            thread::sleep(Duration::from_secs_f64(self.secs));
        }
        while begun.elapsed().as_secs_f64() < self.secs {
            spin_loop();
        }
    }
}

/// A training under way.
pub struct Training {
    loader: Loader,
    pub chain: Arc<Chain>,
    device: Device,
    workers: usize,
    ended: Instant,
}

impl Training {
    pub fn start(
        dataset: &Arc<Dataset>,
        specs: &[TransformSpec],
        device: Device,
        workers: usize,
        seed: u64,
    ) -> Result<Self, String> {
        let config =
            LoaderConfig { workers, prefetch: PREFETCH, batch_size: BATCH, drop_last: true, ..LoaderConfig::default() };
        let chain = Arc::new(Chain::build(specs).map_err(|error| error.to_string())?);
        let job = LoaderJob {
            dataset: Arc::clone(dataset),
            indices: (0..u32::try_from(dataset.len()).unwrap_or(u32::MAX)).collect(),
            chain: Arc::clone(&chain),
            config,
            channels: dataset.channels(0),
            max_pixels: 100_000_000,
            seed,
            order: trainscope::loader::EpochOrder::Shuffled,
            first_epoch: 1,
            first_batch: 0,
            epochs: u64::MAX / 2,
        };
        let loader = Loader::start(job).map_err(|error| error.to_string())?;
        Ok(Self { loader, chain, device, workers, ended: Instant::now() })
    }

    pub fn step(&mut self) -> Result<StepSeen, String> {
        let begun = self.ended;
        let queue_len = self.loader.queue_len();
        let batch = self.loader.next().map_err(|error| error.to_string())?.ok_or("The loader has no more batches.")?;
        let wait_secs = begun.elapsed().as_secs_f64();
        let config_version = batch.config_version;
        self.device.train();
        self.loader.recycle(batch);
        self.ended = Instant::now();
        let step_secs = (self.ended - begun).as_secs_f64();
        Ok(StepSeen { config_version, step_secs, short: false, wait_frac: wait_secs / step_secs, queue_len })
    }

    fn chain_without(&self, off: &[usize]) -> Option<Arc<Chain>> {
        let spec = |(index, spec): (usize, &TransformSpec)| TransformSpec {
            enabled: spec.enabled && !off.contains(&index),
            ..spec.clone()
        };
        let specs: Vec<TransformSpec> = self.chain.specs().iter().enumerate().map(spec).collect();
        Some(Arc::new(Chain::build(&specs).ok()?))
    }

    /// As a bisect wants it; `None` where no chain can be made so.
    pub fn plan(&mut self, toggle: &Toggle) -> Option<u64> {
        let chain = self.chain_without(&toggle.off)?;
        Some(self.loader.set_chain_for(chain, u64::from(toggle.batches), toggle.at_once))
    }

    /// Switches off what is listed, all else on, and takes steps until it shows: its first batches, and a queue filled or
    /// emptied.
    pub fn settle(&mut self, off: &[usize]) -> Result<(), String> {
        let chain = self.chain_without(off).ok_or("The chain cannot do without what is to be off.")?;
        let version = self.loader.set_chain(chain);
        while self.step()?.config_version < version {}
        (0..PREFETCH).try_for_each(|_| self.step().map(|_| ()))
    }

    /// Step times of so many steps, or of so many seconds and two steps at least.
    pub fn steps_secs(&mut self, steps: usize, secs: f64) -> Result<Vec<f64>, String> {
        let begun = Instant::now();
        let mut all = Vec::new();
        while all.len() < steps && (all.len() < 2 || begun.elapsed().as_secs_f64() < secs) {
            all.push(self.step()?.step_secs);
        }
        Ok(all)
    }

    pub fn config_version(&self) -> u64 {
        self.loader.config_version()
    }

    pub fn set_depth(&mut self, batches: usize) {
        self.loader.set_depth(batches);
    }

    pub fn queue_capacity(&self) -> usize {
        self.loader.queue_capacity()
    }

    pub fn stages(&self) -> StageSnapshot {
        self.loader.stats().snapshot()
    }

    /// What a client would be told of the next steps: what a verdict is made of.
    pub fn events(&mut self) -> Result<(Vec<StepEvent>, Vec<StagesEvent>), String> {
        let (before, begun) = (self.stages(), Instant::now());
        let mut steps = Vec::new();
        while steps.len() < VERDICT.0 && (steps.len() < 6 || begun.elapsed().as_secs_f64() < VERDICT.1) {
            let seen = self.step()?;
            let busy_secs = seen.step_secs * (1.0 - seen.wait_frac);
            steps.push(StepEvent {
                secs: 0.0,
                step: 1 + steps.len() as u64,
                epoch: 1,
                loss: Some(1.0),
                lr: 1e-3,
                images_per_sec: BATCH as f64 / seen.step_secs,
                images: Some(BATCH),
                data_wait_frac: seen.wait_frac,
                // A host that waits for its device, or is one.
                phases: StepPhases {
                    wait_secs: seen.step_secs - busy_secs,
                    read_secs: busy_secs,
                    ..StepPhases::default()
                },
                queue_len: seen.queue_len,
                config_version: seen.config_version,
            });
        }
        let stages = StagesEvent {
            secs: 0.0,
            config_version: self.config_version(),
            workers: self.workers,
            stages: self.stages().since(&before),
            queue_len: self.loader.queue_len(),
            queue_capacity: self.queue_capacity(),
            cache: None,
        };
        Ok((steps, vec![stages]))
    }
}

/// Threads that burn cores in random bursts, until dropped.
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

const NEIGHBOURS: u64 = 2;
/// Means of the bursts and of the calm between them.
const BURST_SECS: f64 = 0.25;
const CALM_SECS: f64 = 0.5;

impl Neighbour {
    pub fn move_in() -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut neighbour = Self { stop: Arc::clone(&stop), threads: Vec::new() };
        for number in 0..NEIGHBOURS {
            let stop = Arc::clone(&stop);
            let thread = thread::Builder::new().name(format!("neighbour-{number}"));
            let thread = thread.spawn(move || noise(&stop, number)).map_err(|error| error.to_string())?;
            neighbour.threads.push(thread);
        }
        Ok(neighbour)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn noise(stop: &AtomicBool, seed: u64) {
    let mut dice = Dice::new(seed);
    while !stop.load(Ordering::Relaxed) {
        let until = Instant::now() + Duration::from_secs_f64(BURST_SECS * dice.exponential());
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            spin_loop();
        }
        thread::sleep(Duration::from_secs_f64(CALM_SECS * dice.exponential()));
    }
}
