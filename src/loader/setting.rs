//! From a chain to a [`Setting`]: fused or not, kept or not, ending in floats or in bytes.

use super::cache::{Kept, SampleCache};
use super::stats::{LoaderStats, stages_of};
use crate::config::LoaderConfig;
use crate::data::{Dataset, Image, Layout};
use crate::protocol::Stage;
use crate::transform::{AffineTail, Chain};
use std::sync::Arc;

/// How batches are made from some batch on.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub version: u64,
    pub chain: Arc<Chain>,
    pub workers: usize,
    pub stages: Arc<[Stage]>,
    /// Where the results of the first `fixed` steps are kept.
    pub kept: Option<Arc<Kept>>,
    pub fixed: usize,
    /// What is left to the device, where batches are to be bytes.
    pub tail: Option<AffineTail>,
    /// See [`crate::data::Decoder::set_target`].
    pub target: Option<[usize; 2]>,
}

impl Setting {
    #[cfg(test)]
    pub fn new(version: u64, chain: Arc<Chain>, workers: usize) -> Arc<Self> {
        let (stages, fixed) = (super::stats::stages_of(&chain), chain.fixed_steps());
        Arc::new(Self { version, chain, workers, stages, kept: None, fixed, tail: None, target: None })
    }
}

/// What a setting is made from, beside its chain: the same for a loader's whole life.
#[derive(Debug)]
pub(super) struct Making {
    pub dataset: Arc<Dataset>,
    pub channels: usize,
    pub max_pixels: u64,
    pub config: LoaderConfig,
    pub cache: Arc<SampleCache>,
    pub stats: Arc<LoaderStats>,
}

/// How a chain is run over a dataset.
pub(super) struct Plan {
    /// Fused where that is asked for.
    pub chain: Arc<Chain>,
    pub target: Option<[usize; 2]>,
    pub tail: Option<AffineTail>,
    /// Steps whose results are worth keeping.
    pub fixed: usize,
}

impl Plan {
    pub fn new(chain: &Arc<Chain>, dataset: &Dataset, channels: usize, config: &LoaderConfig) -> Self {
        let chain = if chain.fuses() == config.fuse {
            Arc::clone(chain)
        } else {
            Arc::new(Chain::clone(chain).with_fuse(config.fuse))
        };
        let tail = if config.bytes_to_device { tail(&chain, dataset, channels) } else { None };
        let fixed = chain.fixed_steps().min(tail.as_ref().map_or(usize::MAX, |tail| tail.first));
        let target = if config.scaled_decode { chain.least_input() } else { None };
        Self { chain, target, tail, fixed }
    }
}

/// What can be left to the device: every file must give bytes, and an image of theirs stay bytes up to the tail.
fn tail(chain: &Chain, dataset: &Dataset, channels: usize) -> Option<AffineTail> {
    if dataset.bit_depths.keys().any(|bits| *bits != 8) {
        return None;
    }
    let (width, height) = dataset.sizes.keys().copied().min_by_key(|&(w, h)| u64::from(w) * u64::from(h))?;
    let mut image = Image::empty();
    let channels = if channels == 1 { 1 } else { 3 };
    let values = image.reshape_bytes(channels, height as usize, width as usize, Layout::ChannelLast);
    values.iter_mut().enumerate().for_each(|(i, v)| *v = (i % 251) as u8);
    chain.affine_tail(&image)
}

impl Making {
    /// `leaving` is the setting that this one follows: what was kept for it and is of no more use is dropped.
    pub fn setting(&self, version: u64, chain: &Arc<Chain>, workers: usize, leaving: Option<&Setting>) -> Arc<Setting> {
        let Plan { chain, target, tail, fixed } = Plan::new(chain, &self.dataset, self.channels, &self.config);
        self.stats.set_bytes_refused(self.config.bytes_to_device && tail.is_none());
        let kept = self.kept(&chain, fixed, target, leaving.and_then(|leaving| leaving.kept.as_ref()));
        let stages = stages_of(&chain);
        self.stats.set_order(Arc::clone(&stages));
        Arc::new(Setting { version, chain, workers, stages, kept, fixed, tail, target })
    }

    fn kept(
        &self,
        chain: &Chain,
        fixed: usize,
        target: Option<[usize; 2]>,
        leaving: Option<&Arc<Kept>>,
    ) -> Option<Arc<Kept>> {
        // How files are decoded: part of what tells kept samples apart.
        let turned = self.dataset.orientation();
        let (channels, pixels, window) = (self.channels, self.max_pixels, self.dataset.decoded_as());
        let decoding = format!("{channels} channels, {pixels} pixels, target {target:?}, {turned:?}{window}");
        let kept = self.cache.of(chain, fixed, &self.dataset, &decoding, leaving);
        self.stats.set_cache(kept.as_ref().map(|kept| Arc::clone(&kept.counts)));
        kept
    }
}
