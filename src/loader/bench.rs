//! The loader alone, as fast as it goes: what `trainscope bench-loader` prints.

use super::{Loader, LoaderError, LoaderJob, StageSnapshot};
use crate::protocol::{CacheSnapshot, StageCost};
use cpu_time::ProcessTime;
use std::time::{Duration, Instant};

/// What a loader did when nothing else was to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// Images loaded, in whole batches.
    pub images: u64,
    /// From the loader's start to its last batch.
    pub secs: f64,
    pub images_per_sec: f64,
    /// Of the passes after the first, which find in the cache what it kept; `None` where there was one pass.
    pub later_images_per_sec: Option<f64>,
    /// From the loader's start to its first batch.
    pub first_batch_secs: f64,
    /// CPU time of the whole process in that time.
    pub cpu_secs: f64,
    /// Mean of each stage, in the order of the chain.
    pub stages: Vec<StageCost>,
    /// Images that could not be loaded.
    pub failures: u64,
    /// How the cache stood at the end.
    pub cache: Option<CacheSnapshot>,
}

/// Loads batches with so many workers until there are `images` images, the job's epochs are over or `most` has passed. `progress`
/// gets the images so far.
///
/// # Errors
/// As [`Loader::start`] and [`Loader::next`].
pub fn bench(
    job: &LoaderJob,
    workers: usize,
    images: u64,
    most: Option<Duration>,
    progress: &mut dyn FnMut(u64),
) -> Result<BenchResult, LoaderError> {
    let mut job = job.clone();
    job.config.workers = workers;
    let first_epoch = job.first_epoch;
    let cpu_begun = ProcessTime::try_now().ok();
    let begun = Instant::now();
    let mut loader = Loader::start(job)?;
    let mut first_batch = None;
    let mut last_batch = Duration::ZERO;
    let mut first_pass = (0, Duration::ZERO);
    let (mut loaded, mut failures) = (0, 0);
    // One batch at least.
    while loaded < images && (loaded == 0 || most.is_none_or(|most| last_batch < most)) {
        let Some(batch) = loader.next()? else { break };
        last_batch = begun.elapsed();
        first_batch.get_or_insert(last_batch);
        loaded += batch.labels.len() as u64;
        failures += batch.failures.len() as u64;
        if batch.epoch == first_epoch {
            first_pass = (loaded, last_batch);
        }
        loader.recycle(batch);
        progress(loaded);
    }
    failures += loader.take_failures().len() as u64;
    let cpu = cpu_begun.and_then(|begun| begun.try_elapsed().ok()).unwrap_or_default();
    let stages = loader.stats().snapshot().since(&StageSnapshot::default());
    let secs = last_batch.as_secs_f64();
    let later_secs = (last_batch - first_pass.1).as_secs_f64();
    let later = loaded - first_pass.0;
    Ok(BenchResult {
        images: loaded,
        secs,
        images_per_sec: loaded as f64 / secs.max(1e-9),
        later_images_per_sec: (later > 0 && later_secs > 0.0).then(|| later as f64 / later_secs),
        first_batch_secs: first_batch.unwrap_or_default().as_secs_f64(),
        cpu_secs: cpu.as_secs_f64(),
        stages,
        failures,
        cache: loader.stats().cache(),
    })
}
