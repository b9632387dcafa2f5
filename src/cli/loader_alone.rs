//! What commands that run a loader without training begin with: the dataset, its chain and a job over all images.

use super::scanning::scan_said;
use super::{ConfigArgs, EXIT_DATA, EXIT_USAGE, Failure};
use crate::engine::{Probes, complete_chain};
use crate::loader::{EpochOrder, LoaderJob};
use crate::transform::Chain;
use std::path::Path;
use std::sync::Arc;

pub(super) struct LoaderAlone {
    /// One shuffled pass over all images but those in quarantine.
    pub job: LoaderJob,
    /// `[C, H, W]` of a sample.
    pub shape: [usize; 3],
}

impl LoaderAlone {
    pub fn read(data: &Path, config: &ConfigArgs) -> Result<Self, Failure> {
        let config = config.read()?;
        let failed = |e: &dyn std::fmt::Display| Failure::new(EXIT_DATA, e);
        let dataset = scan_said(data, &config.data).map_err(|e| failed(&e))?;
        dataset.check_usable().map_err(|e| failed(&e))?;
        let config = complete_chain(config, &dataset);
        let chain = Arc::new(Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, e))?);
        let channels = dataset.channels(config.data.channels);
        let quarantined = dataset.quarantined(&config.data.quarantine);
        let indices: Arc<[u32]> = (0..dataset.len() as u32).filter(|image| !quarantined.contains(image)).collect();
        let probes = Probes::new(&dataset, indices.iter().copied(), channels, config.data.max_pixels);
        let shape = probes.sample_shape(&chain).map_err(|e| failed(&e))?;
        let job = LoaderJob {
            dataset: Arc::new(dataset),
            indices,
            chain,
            config: config.loader,
            channels,
            max_pixels: config.data.max_pixels,
            seed: config.train.seed,
            order: EpochOrder::Shuffled,
            first_epoch: 1,
            first_batch: 0,
            epochs: 1,
        };
        Ok(Self { job, shape })
    }
}
