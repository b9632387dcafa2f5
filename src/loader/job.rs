//! What a loader takes and gives: the job, its batches, and what goes wrong.

use crate::config::LoaderConfig;
use crate::console::show_path;
use crate::data::{Dataset, Dtype};
use crate::language::Message;
use crate::protocol::Stage;
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
    pub order: EpochOrder,
    /// 1-based.
    pub first_epoch: u64,
    /// Batches of the first epoch to leave out, as when a run is resumed; the number of an epoch's batches means that
    /// the stream begins with the next epoch.
    pub first_batch: u64,
    /// Epochs that the stream holds, the first counted whole.
    pub epochs: u64,
}

/// Which images an epoch has, and in which order. What is drawn comes from hash(seed, epoch).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochOrder {
    /// As they are listed, in each epoch; for validation and test.
    Listed,
    /// Each once, in another order each epoch.
    Shuffled,
    /// As many as are listed, drawn with replacement so that every class comes equally often.
    Balanced,
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
    /// Which chain and worker count made it: what [`super::Loader::set_chain`] and [`super::Loader::set_workers`] answered, 0 before.
    pub config_version: u64,
    /// What was left out of this batch, and of batches before it that were skipped.
    pub failures: Vec<SampleFailure>,
    /// Its samples were mixed with each other; `None` where the chain does not ask for it.
    pub mixed: Option<Mixed>,
}

/// Each sample is mixed with another of its batch: its loss is `share` times that of its own label and the rest that of
/// its partner's.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    /// 0 to 1, the same for all of the batch.
    pub share: f32,
    /// Class of each sample's partner, in the order of [`Batch::labels`].
    pub partner_labels: Vec<u32>,
}

/// Where a sample was left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LeftOutAt {
    /// It failed in this stage.
    Stage(Stage),
    /// It was not even opened: `data.quarantine` names it.
    Quarantine,
    /// The thread that had it died between stages.
    Thread,
}

impl LeftOutAt {
    pub fn words(&self) -> Message {
        match self {
            Self::Stage(stage) => stage.words(),
            Self::Quarantine => msg!("loader-place-quarantine"),
            Self::Thread => msg!("loader-place-thread"),
        }
    }
}

impl From<Stage> for LeftOutAt {
    fn from(stage: Stage) -> Self {
        Self::Stage(stage)
    }
}

/// A sample that was left out of its batch.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleFailure {
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    pub place: LeftOutAt,
    /// What happened and, where it is known, what to do; one line without the path.
    pub reason: Message,
}

/// What [`super::Loader::next_timeout`] found.
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
#[error("{}", self.message())]
pub enum LoaderError {
    NoImages,
    NoFullBatch { images: usize, batch_size: usize },
    NoSuchImage { index: u32, len: usize },
    NothingLoaded { epoch: u64, images: u64, first: Box<SampleFailure> },
    Thread { worker: usize, reason: String },
}

impl LoaderError {
    pub fn message(&self) -> Message {
        match self {
            Self::NoImages => msg!("loader-no-images"),
            Self::NoFullBatch { images, batch_size } => {
                msg!("loader-no-full-batch", images = *images, batch_size = *batch_size)
            }
            Self::NoSuchImage { index, len } => msg!("loader-no-such-image", index = *index, len = *len),
            Self::NothingLoaded { epoch, images, first } => msg!(
                "loader-nothing-loaded",
                epoch = *epoch,
                images = *images,
                stage = first.place.words(),
                reason = &first.reason,
                path = show_path(&first.path)
            ),
            Self::Thread { worker, reason } => msg!("loader-no-thread", worker = worker.to_string(), reason),
        }
    }
}

/// Batches in an epoch of so many images; 0 where there is not one.
pub fn batches_per_epoch(images: usize, batch_size: usize, drop_last: bool) -> u64 {
    let size = batch_size.max(1);
    if drop_last { (images / size) as u64 } else { images.div_ceil(size) as u64 }
}
