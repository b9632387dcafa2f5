//! Files to batches: an ordered, bounded stream over epochs, made by worker threads or on the caller's thread.
//!
//! [`Loader`] is the handle. Its threads are named `loader-{i}`; with `workers = 0` everything happens on the thread
//! that calls [`Loader::next`]. Imports `config`, `protocol`, `data` and `transform` only; knows nothing of devices,
//! tensors or training.
//!
//! **Same stream for any number of workers.** The order comes from hash(seed, epoch), a sample's random draws from
//! (seed, epoch, index in the dataset); its place in the batch is fixed before it is loaded. Neither the number of
//! workers nor who loads what shows in a batch.
//!
//! **Who loads what.** Workers claim a few neighbouring samples (at most 8, fewer where there are many workers), so
//! several workers share a batch: the first batch is there after 1/workers of its work, a slow image holds up its
//! batch but not the other workers, and a batch of large images keeps every core busy. One worker to a batch would
//! save a lock every few samples (100 ns, against 60 us for the smallest image) and make the first batch wait
//! `workers` times as long. A loaded sample is copied into its place under the batch's own lock.
//!
//! **Bounded.** A batch is begun only while those begun and not yet taken are fewer than `prefetch` plus what keeps
//! all workers busy, which never is more than one batch a worker nor than 32 MiB. With 0 workers nothing is begun ahead.
//! So host memory is `prefetch` batches, the one in the caller's hands, those 32 MiB and a worker's own image buffers
//! (`tests/loader_memory.rs`); a cache says its own size, beforehand too ([`cache_size_bytes`]).
//!
//! **What does not change is made once** where `loader.cache` says so: see [`SampleCache`].
//!
//! **Live changes** ([`Loader::set_chain`], [`Loader::set_workers`]) count from the next batch not yet begun; those
//! begun are finished as they were, and each batch carries its `config_version`.
//!
//! **What time costs.** A stage's end is the next one's beginning, so the wall clock (24 ns) is read once a stage. The
//! thread's CPU clock is a system call (600 ns): it is read on one image in 4 ms, so on every one that takes longer;
//! means are over the images on which it was read, less what the reading itself takes. What was done when is kept too, in
//! a ring of each thread's own ([`FlightRecorder`]): a nanosecond a stage. Counters belong to one thread each and are never
//! locked. `loader.instrument = false` does without all of it, which is how `benches/loader.rs` measures what it costs.
//!
//! **What goes wrong** costs a sample, not the run: a file that cannot be read, a transform that fails or panics, a
//! size that differs from the batch's are left out of the batch and named in [`Batch::failures`]. A worker that dies
//! is replaced. One that hangs is seen by [`Watch::stalled`], from any thread, and may be replaced from there
//! ([`Watch::skip`], [`Watch::replace`], [`Watch::quarantine`]): a thread cannot be killed, so it is left behind, what
//! it comes back with is refused, and the other samples that it had claimed go to others.

mod assembly;
mod batch;
mod bench;
mod cache;
mod cache_disk;
mod cache_ram;
mod cache_size;
mod handle;
mod histogram;
mod mixed;
mod order;
mod quarantine;
mod replace;
mod setting;
mod shared;
mod slow;
mod spans;
mod stats;
mod trace;
mod watch;
mod worker;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_replace;
#[cfg(test)]
mod tests_trace;

pub use bench::{BenchResult, bench};
pub use cache::SampleCache;
pub use cache_size::{CacheSize, cache_size_bytes};
pub use handle::{Canceller, Loader};
pub use histogram::Usual;
pub use mixed::Mixed;
pub use quarantine::{QUARANTINE, Quarantine};
pub use replace::{MAX_HANGING, ReplaceError};
pub use slow::Slow;
pub use stats::{FIRST_STEP, LoaderStats, Slowest, StageSnapshot, StageTotal, stage_names, step_stages};
pub use trace::{FlightRecorder, LoaderTrace, ThreadTrace};
pub use watch::{Busy, Stalled, Watch, WorkerState};

use crate::config::LoaderConfig;
use crate::console::show_path;
use crate::data::{Dataset, Dtype};
use crate::transform::Chain;
use std::path::PathBuf;
use std::sync::Arc;

/// What a loader loads, and how.
#[derive(Debug, Clone)]
pub struct LoaderJob {
    pub dataset: Arc<Dataset>,
    /// Images of the dataset that make an epoch; each below `dataset.len()`.
    pub indices: Arc<[u32]>,
    pub chain: Arc<Chain>,
    pub config: LoaderConfig,
    /// 1 or 3.
    pub channels: usize,
    /// Larger images are failures.
    pub max_pixels: u64,
    /// Of the epoch order and every random draw.
    pub seed: u64,
    /// Another order each epoch; off for validation and test.
    pub shuffle: bool,
    /// 1-based.
    pub first_epoch: u64,
    /// Batches of the first epoch to leave out, as when a run is resumed; the number of an epoch's batches means that
    /// the stream begins with the next epoch.
    pub first_batch: u64,
    /// Epochs that the stream holds, the first counted whole.
    pub epochs: u64,
}

/// Samples to train on, in host memory.
#[derive(Debug, Default)]
pub struct Batch {
    /// `[N, C, H, W]`, row-major; empty where `dtype` is bytes.
    pub data: Vec<f32>,
    /// The same as bytes where `dtype` says so, which only `loader.bytes_to_device` makes it: every value is then to be
    /// made `v * scale[c] + shift[c]`, `c` being its channel.
    pub bytes: Vec<u8>,
    pub dtype: Dtype,
    /// One a channel; empty for floats.
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    /// N is at least 1.
    pub shape: [usize; 4],
    /// Class of each sample.
    pub labels: Vec<u32>,
    /// Index in the dataset of each sample.
    pub samples: Vec<u32>,
    /// 1-based.
    pub epoch: u64,
    /// In its epoch, 0-based; a batch of which nothing could be loaded is missing from the row.
    pub index: u64,
    /// Which chain and worker count made it: what [`Loader::set_chain`] and [`Loader::set_workers`] answered, 0 before.
    pub config_version: u64,
    /// What was left out of this batch, and of batches before it that were skipped.
    pub failures: Vec<SampleFailure>,
    /// Its samples were mixed with each other; `None` where the chain does not ask for it.
    pub mixed: Option<Mixed>,
}

/// A sample that was left out of its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFailure {
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    /// `read`, `decode`, a transform's name or `collate`.
    pub stage: String,
    /// What happened and, where it is known, what to do; one line without the path.
    pub reason: String,
}

/// What [`Loader::next_timeout`] found.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one is there at a time, and a box would be an allocation a batch")]
pub enum Next {
    Batch(Batch),
    /// The stream is at its end.
    End,
    /// The time was up before the batch was ready; nothing is lost.
    NotYet,
}

/// Why there is no batch.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LoaderError {
    #[error("there is no image to load: the part of the dataset is empty")]
    NoImages,
    #[error(
        "{images} images do not fill one batch of {batch_size}: lower loader.batch_size, or set loader.drop_last=false"
    )]
    NoFullBatch { images: usize, batch_size: usize },
    #[error("image {index} was asked for and the dataset has {len}")]
    NoSuchImage { index: u32, len: usize },
    #[error("none of the {images} images of epoch {epoch} could be loaded; the first failed in {}: {}: {}", .first.stage, .first.reason, show_path(&.first.path))]
    NothingLoaded { epoch: u64, images: u64, first: Box<SampleFailure> },
    #[error("loading was cancelled")]
    Cancelled,
    #[error("the thread loader-{worker} could not be started: {reason}; use fewer loader.workers")]
    Thread { worker: usize, reason: String },
}

/// Batches in an epoch of so many images; 0 where there is not one.
pub fn batches_per_epoch(images: usize, batch_size: usize, drop_last: bool) -> u64 {
    let size = batch_size.max(1);
    if drop_last { (images / size) as u64 } else { images.div_ceil(size) as u64 }
}
