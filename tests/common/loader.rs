//! What the loader's tests share: drawn images, a job over them, digests of its batches.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use trainscope::config::{LoaderConfig, TransformSpec};
use trainscope::data::{Dataset, Dtype, sample_images::write_sample_dataset, scan};
use trainscope::loader::{Batch, Loader, LoaderJob, Next};
use trainscope::transform::{Chain, tutorial_chain};

pub const LONG: Duration = Duration::from_secs(60);
/// 78 images: the last batch of 8 holds 6.
pub const IMAGES: usize = 78;
pub const PER_EPOCH: u64 = 10;

pub struct Images {
    pub _home: TempDir,
    pub dataset: Arc<Dataset>,
}

pub fn images() -> Images {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("images");
    write_sample_dataset(&dir, IMAGES / 6, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let dataset = scanned(&dir);
    assert_eq!(dataset.len(), IMAGES);
    Images { _home: home, dataset }
}

pub fn scanned(dir: &Path) -> Arc<Dataset> {
    Arc::new(scan(dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap())
}

pub fn job(dataset: &Arc<Dataset>, workers: usize) -> LoaderJob {
    LoaderJob {
        dataset: Arc::clone(dataset),
        indices: (0..dataset.len() as u32).collect(),
        chain: chain(&tutorial_chain(None)),
        config: LoaderConfig { workers, batch_size: 8, prefetch: 2, drop_last: false, ..LoaderConfig::default() },
        channels: 1,
        max_pixels: 1 << 20,
        seed: 5,
        order: trainscope::loader::EpochOrder::Shuffled,
        first_epoch: 1,
        first_batch: 0,
        epochs: 3,
    }
}

pub fn chain(specs: &[TransformSpec]) -> Arc<Chain> {
    Arc::new(Chain::build(specs).unwrap())
}

/// Everything in a batch but what made it.
pub fn digest(batch: &Batch) -> u64 {
    let mut hasher = DefaultHasher::new();
    batch.data.iter().for_each(|v| v.to_bits().hash(&mut hasher));
    (&batch.bytes, batch.dtype == Dtype::U8).hash(&mut hasher);
    batch.scale.iter().chain(&batch.shift).for_each(|v| v.to_bits().hash(&mut hasher));
    (batch.shape, &batch.labels, &batch.samples, batch.epoch, batch.index).hash(&mut hasher);
    for failure in &batch.failures {
        (failure.sample, &failure.path, &failure.place, failure.reason.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

pub fn next(loader: &mut Loader) -> Option<Batch> {
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < LONG, "it hangs");
        match loader.next_timeout(Duration::from_millis(200)).unwrap() {
            Next::Batch(batch) => return Some(batch),
            Next::End => return None,
            Next::NotYet => {}
        }
    }
}

/// The digests of all batches; `before` may change things before batch `i` is taken.
pub fn stream_with(job: LoaderJob, mut before: impl FnMut(&mut Loader, usize)) -> Vec<u64> {
    let mut loader = Loader::start(job).unwrap();
    let mut digests = Vec::new();
    loop {
        before(&mut loader, digests.len());
        let Some(batch) = next(&mut loader) else { return digests };
        assert_eq!(batch.data.len() + batch.bytes.len(), batch.shape.iter().product::<usize>());
        assert_eq!((batch.shape[0], batch.samples.len()), (batch.labels.len(), batch.labels.len()));
        digests.push(digest(&batch));
        loader.recycle(batch);
    }
}

pub fn stream(job: LoaderJob) -> Vec<u64> {
    stream_with(job, |_, _| {})
}
