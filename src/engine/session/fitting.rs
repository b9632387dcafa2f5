//! Whether batches and network can take what a chain makes: it is tried on one image, on whatever thread asks.

use super::super::run::Images;
use super::super::trains::Trains;
use super::super::{Probes, RunError, prepare};
use super::trial::Tried;
use crate::config::{RunConfig, TransformSpec};
use crate::data::{Dataset, Image};
use crate::transform::Chain;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A chain that takes longer over an image is not asked for its range while training goes on.
const QUICK: Duration = Duration::from_secs(1);

/// All that is needed to try a chain, away from the run.
pub(super) struct Fitting {
    pub dataset: Arc<Dataset>,
    /// Training images to try it on, one after another until one goes through.
    pub samples: Vec<u32>,
    /// Of the images as they are decoded.
    pub channels: usize,
    pub config: RunConfig,
    pub train_images: usize,
    /// Of the images that the network takes.
    pub network_channels: usize,
}

impl Fitting {
    /// For a run over these images.
    pub fn of(images: &Images, config: &RunConfig, trainer: &impl Trains) -> Self {
        Self {
            dataset: Arc::clone(&images.dataset),
            samples: images.probe_samples(),
            channels: images.channels,
            config: config.clone(),
            train_images: images.split.train.len(),
            network_channels: trainer.in_channels(),
        }
    }

    /// The chain of these steps; `watch` says who looks on.
    pub fn chain(
        &self,
        specs: &[TransformSpec],
        watch: impl for<'p> FnOnce(Probes<'p>) -> Probes<'p>,
    ) -> Result<Arc<Chain>, RunError> {
        Ok(self.fit(specs, &watch(self.probes()))?.0)
    }

    /// As [`Self::chain`]; also what is the matter with its values, where its steps are quick enough to be gone through once
    /// more for that.
    pub fn chain_and_range(
        &self,
        specs: &[TransformSpec],
        watch: impl for<'p> FnOnce(Probes<'p>) -> Probes<'p>,
    ) -> Result<Tried, RunError> {
        let (probes, begun) = (watch(self.probes()), Instant::now());
        let (chain, sample) = self.fit(specs, &probes)?;
        let is_quick = begun.elapsed() < QUICK;
        let unscaled = is_quick.then(|| prepare::range_fault(&probes, &chain, &sample)).flatten();
        Ok(Tried { chain, unscaled })
    }

    fn probes(&self) -> Probes<'_> {
        let samples = self.samples.iter().copied();
        Probes::new(&self.dataset, samples, self.channels, self.config.data.max_pixels)
    }

    /// The chain, and an image at its end.
    fn fit(&self, specs: &[TransformSpec], probes: &Probes<'_>) -> Result<(Arc<Chain>, Image), RunError> {
        let chain = Arc::new(Chain::build(specs)?);
        let sample = probes.sample(&chain)?;
        let shape = sample.shape();
        prepare::check_fits(&self.config, shape, self.dataset.class_names.len(), self.train_images)?;
        let (found, needed) = (shape[0], self.network_channels);
        if found != needed {
            return Err(prepare::PrepareError::OtherChannels { found, needed }.into());
        }
        Ok((chain, sample))
    }
}
