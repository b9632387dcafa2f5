//! What a run is made of, as plain data: the TOML file, its defaults, ranges and error messages.
//!
//! Runs on any thread, touches no file. [`schema`] is the one list of keys: parsing, `--set`, range checks,
//! the window's forms and the docs read it. Transform parameters are checked by `transform::registry`, which
//! stands above this layer.

mod parse;
pub mod schema;
mod spec;

pub(crate) use parse::hint;
pub use parse::{ConfigError, nearest, transforms_to_toml};
pub use spec::{ParamValue, Params, TransformSpec};

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything needed to run a training again, but the machine it ran on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    pub data: DataConfig,
    pub loader: LoaderConfig,
    pub model: ModelConfig,
    pub optimizer: OptimizerConfig,
    pub train: TrainConfig,
    /// The chain, in order; empty means "the tutorial's chain, fit to the dataset".
    #[serde(rename = "transform", skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<TransformSpec>,
}

/// `[data]`: which images, and how they are split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataConfig {
    /// The dataset's folder; `--data` on the command line takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Where the classes are from: `auto`, `folders`, `subfolders`, or a table's path, from `dir` or whole.
    pub labels: String,
    /// The table's column with the images: its name, or its number from 1; empty: guessed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_column: String,
    /// The same for the labels.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label_column: String,
    /// The same for the parts; `none` for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub part_column: String,
    /// Share of the images held out for validation (0 to 0.9), unless folders say otherwise.
    pub val_frac: f64,
    /// Share of the images held out for the test (0 to 0.9), unless folders say otherwise.
    pub test_frac: f64,
    /// Seed of the stratified split.
    pub split_seed: u64,
    /// Use at most this many images, evenly over the classes; 0 means all.
    pub limit: usize,
    /// Channels of every sample: 0 (as the files have: 1 where all are gray, else 3), 1 or 3.
    pub channels: usize,
    /// Files of more pixels than this are refused before anything is allocated.
    pub max_pixels: u64,
    /// Whether EXIF's orientation is applied to photographs.
    pub orientation: Orientation,
    /// Files that are left out of every batch without being touched, by their paths in `dir`, with `/`: they hung once. They
    /// keep their place in the split and in the order, so that all other batches stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quarantine: Vec<String>,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            dir: None,
            labels: "auto".to_owned(),
            image_column: String::new(),
            label_column: String::new(),
            part_column: String::new(),
            val_frac: 0.1,
            test_frac: 0.1,
            split_seed: 0,
            limit: 0,
            channels: 0,
            max_pixels: 100_000_000,
            orientation: Orientation::AsStored,
            quarantine: Vec::new(),
        }
    }
}

/// What is done about photographs that were taken with the camera turned (EXIF's orientation in JPEG, PNG and WebP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// Nothing, as Pillow, torchvision and MONAI open them.
    #[default]
    AsStored,
    /// They are turned upright, as viewers show them.
    Upright,
}

/// `[loader]`: how samples become batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoaderConfig {
    /// Loader threads; 0 loads on the trainer's own thread, as PyTorch does.
    pub workers: usize,
    /// Samples in a batch.
    pub batch_size: usize,
    /// Full batches that may wait in the queue.
    pub prefetch: usize,
    /// Leave out a last training batch that is not full.
    pub drop_last: bool,
    /// Where what the chain makes of an image before its first random transform is kept, once made.
    pub cache: CacheMode,
    /// Room for that, in MiB (2^20 bytes); images beyond it are not kept. 0 keeps nothing.
    pub cache_mb: u64,
    /// The folder of the cache on disk; without one the run's own is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_dir: Option<PathBuf>,
    /// Worker `i` runs on core `i + 1` only (modulo the cores there are), so that core 0 is left to the trainer.
    pub pin: bool,
    /// Workers give way to every other thread that wants to run.
    pub low_priority: bool,
    /// Neighbouring spatial transforms are done in one resampling; faster, and not quite the same pixels.
    pub fuse: bool,
    /// JPEGs are decoded at a half, a quarter or an eighth of their size where the chain needs no more; faster, and not
    /// quite the same pixels.
    pub scaled_decode: bool,
    /// Batches stay bytes where nothing but a scale and a shift of each channel is left to do, which the device does: a
    /// quarter of the memory and of the upload.
    pub bytes_to_device: bool,
    /// Stages are timed and their spans recorded. Off, there are no stage costs, no trace and a poorer verdict: to measure
    /// what the instrumentation itself costs.
    pub instrument: bool,
}

impl Default for LoaderConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            batch_size: 64,
            prefetch: 4,
            drop_last: false,
            cache: CacheMode::Off,
            cache_mb: 1024,
            cache_dir: None,
            pin: false,
            low_priority: false,
            fuse: false,
            scaled_decode: false,
            bytes_to_device: false,
            instrument: true,
        }
    }
}

/// Where the loader keeps what does not change from epoch to epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    #[default]
    Off,
    /// In memory, for as long as the run lasts.
    Ram,
    /// In a file, which a later run over the same files uses again.
    Disk,
}

/// `[model]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelConfig {
    /// `densenet121` (MONAI's) or `small_cnn`.
    pub name: String,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self { name: "small_cnn".to_owned() }
    }
}

/// `[optimizer]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptimizerConfig {
    /// `adam`, with PyTorch's betas (0.9, 0.999) and epsilon (1e-8).
    pub name: String,
    /// Learning rate.
    pub lr: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self { name: "adam".to_owned(), lr: 1e-3 }
    }
}

/// `[train]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainConfig {
    pub epochs: usize,
    /// Seed of the initial weights, the epoch order and every random draw.
    pub seed: u64,
    /// `auto`, `cpu` or an id that `trainscope doctor` lists.
    pub device: String,
    /// The loss is read back from the device every so many steps.
    pub loss_every_steps: usize,
    /// One step in so many is timed phase by phase; 0 never, 1 every step.
    pub time_every_steps: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self { epochs: 4, seed: 0, device: "auto".to_owned(), loss_every_steps: 1, time_every_steps: 10 }
    }
}
