//! The loader alone: how fast it is, and where the time goes.

use super::{Loader, LoaderError, LoaderJob};
use crate::protocol::StageCost;
use std::time::Instant;

/// What one measurement gave.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchResult {
    /// Images that were loaded.
    pub images: u64,
    /// From the call for the first batch to the last batch.
    pub images_per_sec: f64,
    /// From the loader's start to its first batch.
    pub first_batch_secs: f64,
    pub stages: Vec<StageCost>,
    /// Images that could not be loaded.
    pub failures: u64,
}

/// Loads at least `images` images of the job with so many workers.
///
/// # Errors
/// As the loader's.
pub fn bench(job: &LoaderJob, workers: usize, images: u64) -> Result<BenchResult, LoaderError> {
    let mut job = job.clone();
    job.config.workers = workers;
    let begun = Instant::now();
    let mut loader = Loader::start(job)?;
    let before = loader.stats().snapshot();
    let (mut loaded, mut failures, mut first_batch_secs) = (0, 0, None);
    while loaded < images {
        let Some(batch) = loader.next()? else { break };
        first_batch_secs.get_or_insert_with(|| begun.elapsed().as_secs_f64());
        loaded += batch.labels.len() as u64;
        failures += batch.failures.len() as u64;
        loader.recycle(batch);
    }
    let secs = begun.elapsed().as_secs_f64().max(1e-9);
    Ok(BenchResult {
        images: loaded,
        images_per_sec: loaded as f64 / secs,
        first_batch_secs: first_batch_secs.unwrap_or_default(),
        stages: loader.stats().snapshot().since(&before),
        failures,
    })
}
