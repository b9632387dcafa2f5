//! One image from its file to the end of the chain, on whatever thread asks.

use super::queue::{Chunk, Shared, Task};
use super::stats::{StageCounter, StageTally};
use super::SampleFailure;
use crate::data::{Decoder, Image};
use crate::transform::{Chain, SampleSeed, Scratch, StageClock};
use cpu_time::ThreadTime;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) const READ: &str = "read";
pub(super) const DECODE: &str = "decode";
pub(super) const COLLATE: &str = "collate";

/// The thread's CPU clock costs a system call (about 0.2 us), many times a short stage; it is read for one image in so
/// many, which keeps all measuring under a hundredth of a 60 us image.
const CPU_CLOCK_EVERY: u64 = 16;

/// What a thread is doing, for the watchdog.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Nanoseconds since the loader began, plus one; 0 while idle.
    since_ns: AtomicU64,
    stage: AtomicU64,
    sample: AtomicU64,
    names: Mutex<Vec<String>>,
}

pub(super) struct Doing {
    pub stage: String,
    pub sample: u32,
    pub elapsed: Duration,
}

impl Activity {
    pub(super) fn now(&self, begun: Instant) -> Option<Doing> {
        let since = self.since_ns.load(Ordering::Relaxed).checked_sub(1)?;
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let stage = names.get(self.stage.load(Ordering::Relaxed) as usize)?.clone();
        let sample = self.sample.load(Ordering::Relaxed) as u32;
        Some(Doing { stage, sample, elapsed: begun.elapsed().saturating_sub(Duration::from_nanos(since)) })
    }
}

/// A thread's own buffers, clocks and counters.
pub(super) struct SampleMaker {
    shared: Arc<Shared>,
    decoder: Decoder,
    image: Image,
    scratch: Scratch,
    stages: Stages,
}

/// Times the stages of the chain the thread last worked with: read, decode, the chain's steps, collate.
struct Stages {
    version: Option<u64>,
    names: Vec<String>,
    counters: Vec<Arc<StageCounter>>,
    tallies: Vec<StageTally>,
    activity: Arc<Activity>,
    begun: Instant,
    images: u64,
    /// This image's CPU time is read too.
    with_cpu: bool,
    wall_start: Instant,
    cpu_start: Option<ThreadTime>,
    current: usize,
}

impl Stages {
    fn use_chain(&mut self, version: u64, chain: &Chain, shared: &Shared) {
        if self.version == Some(version) {
            return;
        }
        self.flush();
        self.version = Some(version);
        let steps = chain.steps().iter().map(|s| s.name());
        self.names = [READ, DECODE].into_iter().chain(steps).chain([COLLATE]).map(str::to_owned).collect();
        // A step that is off never ends, so its counter stays as it is.
        self.counters = self.names.iter().map(|name| shared.stats().counter(name)).collect();
        self.tallies = vec![StageTally::default(); self.names.len()];
        self.activity.names.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&self.names);
    }

    fn next_image(&mut self, sample: u32) {
        self.activity.sample.store(u64::from(sample), Ordering::Relaxed);
        self.images += 1;
        self.with_cpu = self.images % CPU_CLOCK_EVERY == 0;
    }

    fn start(&mut self, stage: usize) {
        self.current = stage;
        self.wall_start = Instant::now();
        let since = (self.wall_start - self.begun).as_nanos() as u64 + 1;
        self.activity.stage.store(stage as u64, Ordering::Relaxed);
        self.activity.since_ns.store(since, Ordering::Relaxed);
        self.cpu_start = if self.with_cpu { Some(ThreadTime::now()) } else { None };
    }

    fn stop(&mut self, stage: usize, images: u64) {
        let cpu_ns = self.cpu_start.take().map(|start| start.elapsed().as_nanos() as u64);
        let wall_ns = self.wall_start.elapsed().as_nanos() as u64;
        let Some(tally) = self.tallies.get_mut(stage) else { return };
        tally.images += images;
        tally.wall_ns += wall_ns;
        tally.longest_ns = tally.longest_ns.max(wall_ns);
        if let Some(cpu_ns) = cpu_ns {
            tally.cpu_images += images;
            tally.cpu_ns += cpu_ns;
        }
    }

    fn idle(&mut self) {
        self.activity.since_ns.store(0, Ordering::Relaxed);
    }

    fn flush(&mut self) {
        for (counter, tally) in self.counters.iter().zip(&mut self.tallies) {
            if tally.images > 0 {
                counter.add(tally);
                *tally = StageTally::default();
            }
        }
    }
}

/// The chain's steps come after read and decode.
impl StageClock for Stages {
    fn begin(&mut self, step: usize) {
        self.start(step + 2);
    }

    fn end(&mut self, step: usize) {
        self.stop(step + 2, 1);
    }

    fn skipped(&mut self, step: usize) {
        if let Some(tally) = self.tallies.get_mut(step + 2) {
            tally.images += 1;
            tally.cpu_images += u64::from(self.with_cpu);
        }
    }
}

impl SampleMaker {
    pub(super) fn new(shared: Arc<Shared>, activity: Arc<Activity>) -> Self {
        let job = shared.job();
        let decoder = Decoder::new(job.channels, job.max_pixels);
        let stages = Stages {
            version: None,
            names: Vec::new(),
            counters: Vec::new(),
            tallies: Vec::new(),
            activity,
            begun: shared.begun(),
            images: 0,
            with_cpu: false,
            wall_start: Instant::now(),
            cpu_start: None,
            current: 0,
        };
        Self { decoder, image: Image::empty(), scratch: Scratch::default(), stages, shared }
    }

    /// Makes the samples of a chunk; one that fails is named in it.
    pub(super) fn make(&mut self, task: &Task) -> Chunk {
        let mut chunk = self.shared.spare_chunk();
        self.stages.use_chain(task.version, &task.chain, &self.shared);
        for &sample in &task.order[task.range.clone()] {
            self.stages.next_image(sample);
            let made = catch_unwind(AssertUnwindSafe(|| self.one(sample, task)));
            let reason = match made {
                Ok(Ok(())) => {
                    chunk.push(sample, self.image.shape(), &self.image.data);
                    continue;
                }
                Ok(Err(reason)) => reason,
                Err(panic) => {
                    // Whatever the panic left half done is not used again.
                    let job = self.shared.job();
                    self.decoder = Decoder::new(job.channels, job.max_pixels);
                    (self.image, self.scratch) = (Image::empty(), Scratch::default());
                    format!("it panicked, which is a fault of trainscope: {}", panic_words(panic.as_ref()))
                }
            };
            let stage = self.stages.names.get(self.stages.current).cloned().unwrap_or_default();
            let path = self.shared.job().dataset.path_of(sample as usize);
            chunk.failures.push(SampleFailure { sample, path, stage, reason });
        }
        self.stages.idle();
        self.stages.flush();
        chunk
    }

    fn one(&mut self, sample: u32, task: &Task) -> Result<(), String> {
        let job = self.shared.job();
        let path = job.dataset.path_of(sample as usize);
        self.stages.start(0);
        self.decoder.read(&path).map_err(|e| e.to_string())?;
        self.stages.stop(0, 1);
        self.stages.start(1);
        self.decoder.decode(&path, &mut self.image).map_err(|e| e.to_string())?;
        self.stages.stop(1, 1);
        let seed = SampleSeed { seed: job.seed, epoch: task.epoch, sample: u64::from(sample) };
        task.chain.run(&mut self.image, &mut self.scratch, seed, &mut self.stages).map_err(|e| e.to_string())
    }

    /// Times the putting together of a batch of so many images.
    pub(super) fn timed_collate(&mut self, images: usize, collate: impl FnOnce()) {
        let stage = self.stages.names.len().saturating_sub(1);
        self.stages.with_cpu = true;
        self.stages.start(stage);
        collate();
        self.stages.stop(stage, images as u64);
        self.stages.idle();
        self.stages.flush();
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}
