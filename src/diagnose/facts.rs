//! The circumstances of a run, from its configuration and its chain.

use super::laws::RunFacts;
use super::loader_only::switchable;
use crate::config::{CacheMode, RunConfig};
use crate::loader::{FIRST_STEP, stages_of};
use crate::protocol::{DeviceKind, full_batch};
use crate::transform::Chain;

impl RunFacts {
    /// Of a run over so many training images on this machine, with all its cores. `one_size`: all images are known to be of
    /// one size. The version of its batches, a stall, what was measured and what the hardware's readings say are the caller's to tell.
    pub fn of(config: &RunConfig, chain: &Chain, device: DeviceKind, one_size: bool, train_images: usize) -> Self {
        let cacheable = match config.loader.cache {
            // Reading, decoding and the steps before the first random one.
            CacheMode::Off => stages_of(chain).iter().take(FIRST_STEP + chain.fixed_steps()).cloned().collect(),
            CacheMode::Ram | CacheMode::Disk => Vec::new(),
        };
        Self {
            batch_size: config.loader.batch_size,
            accumulate_batches: config.optimizer.accumulate_batches,
            train_images: Some(train_images),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            device_is_cpu: matches!(device, DeviceKind::Cpu | DeviceKind::SoftwareGpu),
            oversubscribed: false,
            busy_cores: None,
            workers: config.loader.workers,
            config_version: 0,
            switchable: switchable(chain, one_size).into_iter().map(|candidate| candidate.name).collect(),
            cacheable,
            measured: Vec::new(),
            stalled_secs: None,
        }
    }

    /// Images of a full batch: all where there are fewer than `batch_size`; at least 1.
    pub fn full_batch(&self) -> usize {
        full_batch(self.batch_size, self.train_images.unwrap_or(usize::MAX))
    }
}
