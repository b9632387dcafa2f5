//! Whether batches and network can take what a chain makes: it is tried on one image, on whatever thread asks.

use super::super::run::Images;
use super::super::trains::Trains;
use super::super::{Probes, RunError, prepare};
use crate::config::{RunConfig, TransformSpec};
use crate::data::Dataset;
use crate::transform::Chain;
use std::sync::Arc;

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
        let chain = Arc::new(Chain::build(specs)?);
        let samples = self.samples.iter().copied();
        let probes = watch(Probes::new(&self.dataset, samples, self.channels, self.config.data.max_pixels));
        let shape = probes.sample_shape(&chain)?;
        prepare::check_fits(&self.config, shape, self.dataset.class_names.len(), self.train_images)?;
        let (found, needed) = (shape[0], self.network_channels);
        if found != needed {
            return Err(prepare::PrepareError::OtherChannels { found, needed }.into());
        }
        Ok(chain)
    }
}
