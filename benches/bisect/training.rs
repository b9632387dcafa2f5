//! A training that trains nothing: a real loader, and a device that takes its time over each batch.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use trainscope::config::{LoaderConfig, TransformSpec};
use trainscope::data::Dataset;
use trainscope::diagnose::StepSeen;
use trainscope::loader::{Loader, LoaderJob, StageSnapshot};
use trainscope::transform::Chain;

pub const BATCH: usize = 64;
pub const WORKERS: usize = 2;
pub const PREFETCH: usize = 2;

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
    specs: Vec<TransformSpec>,
    device: Device,
    ended: Instant,
}

impl Training {
    pub fn start(dataset: &Arc<Dataset>, specs: Vec<TransformSpec>, device: Device, seed: u64) -> Result<Self, String> {
        let config = LoaderConfig {
            workers: WORKERS,
            prefetch: PREFETCH,
            batch_size: BATCH,
            drop_last: true,
            ..LoaderConfig::default()
        };
        let job = LoaderJob {
            dataset: Arc::clone(dataset),
            indices: (0..u32::try_from(dataset.len()).unwrap_or(u32::MAX)).collect(),
            chain: Arc::new(Chain::build(&specs).map_err(|error| error.to_string())?),
            config,
            channels: dataset.channels(0),
            max_pixels: 100_000_000,
            seed,
            shuffle: true,
            first_epoch: 1,
            first_batch: 0,
            epochs: u64::MAX / 2,
        };
        let loader = Loader::start(job).map_err(|error| error.to_string())?;
        Ok(Self { loader, specs, device, ended: Instant::now() })
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
        Ok(StepSeen { config_version, step_secs, wait_frac: wait_secs / step_secs, queue_len })
    }

    /// Switches off what is listed, all else on; `None` where no chain can be made so.
    pub fn set_off(&mut self, off: &[usize]) -> Option<u64> {
        let spec = |(index, spec): (usize, &TransformSpec)| TransformSpec {
            enabled: spec.enabled && !off.contains(&index),
            ..spec.clone()
        };
        let specs: Vec<TransformSpec> = self.specs.iter().enumerate().map(spec).collect();
        Some(self.loader.set_chain(Arc::new(Chain::build(&specs).ok()?)))
    }

    /// The same, and steps until it shows: its first batches, and a queue filled or emptied.
    pub fn settle(&mut self, off: &[usize]) -> Result<(), String> {
        let version = self.set_off(off).ok_or("The chain cannot do without what is to be off.")?;
        while self.step()?.config_version < version {}
        (0..2 * PREFETCH).try_for_each(|_| self.step().map(|_| ()))
    }

    /// Step times of so many steps.
    pub fn steps_secs(&mut self, steps: usize) -> Result<Vec<f64>, String> {
        (0..steps).map(|_| self.step().map(|step| step.step_secs)).collect()
    }

    pub fn stages(&self) -> StageSnapshot {
        self.loader.stats().snapshot()
    }
}

/// Threads that burn cores in random bursts, until dropped.
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Means of the bursts and of the calm between them.
const BURST_SECS: f64 = 0.25;
const CALM_SECS: f64 = 0.5;

impl Neighbour {
    pub fn move_in(threads: usize) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut neighbour = Self { stop: Arc::clone(&stop), threads: Vec::new() };
        for number in 0..threads {
            let stop = Arc::clone(&stop);
            let thread = thread::Builder::new().name(format!("neighbour-{number}"));
            let thread = thread.spawn(move || noise(&stop, number as u64)).map_err(|error| error.to_string())?;
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
    let mut dice = Dice(seed);
    while !stop.load(Ordering::Relaxed) {
        let until = Instant::now() + Duration::from_secs_f64(BURST_SECS * dice.exponential());
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            spin_loop();
        }
        thread::sleep(Duration::from_secs_f64(CALM_SECS * dice.exponential()));
    }
}

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    /// 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 1.
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }
}
