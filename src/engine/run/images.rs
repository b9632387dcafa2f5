//! The images of a run: dataset, split, cache, and the loaders over them.

use super::super::mailbox::Mailbox;
use super::super::stalls::{Watched, quarantined};
use super::super::trace::Tracing;
use super::super::{Probes, prepare};
use super::left_out::LeftOut;
use crate::config::{LoaderConfig, RunConfig};
use crate::data::{Dataset, Split};
use crate::language::Message;
use crate::loader::{EpochOrder, Loader, LoaderError, LoaderJob, Quarantine, SampleCache};
use crate::protocol::RunPhase;
use crate::store::RunPlace;
use crate::transform::Chain;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The images of a run and their parts.
pub(in crate::engine) struct Images {
    pub dataset: Arc<Dataset>,
    pub split: Split,
    pub channels: usize,
    /// What training, validation and test keep of them.
    cache: Arc<SampleCache>,
    /// ... and what they leave out.
    quarantine: Arc<Quarantine>,
    pub left_out: LeftOut,
    pub watched: Arc<Watched>,
    pub tracing: Tracing,
}

impl Images {
    /// The images of the run in that folder; and warnings of quarantined names that no file has.
    pub fn new(
        mailbox: &Mailbox,
        dataset: Arc<Dataset>,
        split: Split,
        config: &RunConfig,
        place: &RunPlace,
        watched: &Arc<Watched>,
    ) -> (Self, Vec<Message>) {
        // The rest is for batches, the page cache and others.
        if let Some(bytes) = crate::telemetry::available_memory() {
            crate::data::set_room_for_pictures(bytes / 2);
        }
        let channels = dataset.channels(config.data.channels);
        let (quarantine, unknown_names) = quarantined(&dataset, &config.data.quarantine);
        let cache = sample_cache(&config.loader, place);
        let tracing = mailbox.tracing();
        tracing.images(&dataset, config.train.seed);
        let (left_out, watched) = (LeftOut::default(), Arc::clone(watched));
        let images = Self { dataset, split, channels, cache, quarantine, left_out, watched, tracing };
        (images, unknown_names)
    }

    /// Starts a loader over these images, for that part of the run.
    pub fn start(&self, job: LoaderJob, phase: RunPhase) -> Result<Loader, LoaderError> {
        let loader = Loader::start_with(job, Arc::clone(&self.cache), Arc::clone(&self.quarantine))?;
        self.watched.add(loader.watch());
        self.tracing.loader(phase, loader.recorder());
        Ok(loader)
    }

    /// Training images to try a chain on, without those that hung once.
    pub fn probes(&self, mailbox: &Mailbox, max_pixels: u64) -> Probes<'_> {
        Probes::new(&self.dataset, self.probe_samples(), self.channels, max_pixels).watched(mailbox)
    }

    /// Their indices.
    pub fn probe_samples(&self) -> Vec<u32> {
        let train = self.split.train.iter().copied();
        train.filter(|image| !self.quarantine.holds(*image)).take(prepare::PROBES).collect()
    }

    /// A loader's job over these images; the caller sets what differs.
    pub fn job(&self, indices: Arc<[u32]>, chain: Arc<Chain>, config: &RunConfig) -> LoaderJob {
        LoaderJob {
            dataset: Arc::clone(&self.dataset),
            indices,
            chain,
            config: config.loader.clone(),
            channels: self.channels,
            max_pixels: config.data.max_pixels,
            seed: config.train.seed,
            order: EpochOrder::Listed,
            first_epoch: 1,
            first_batch: 0,
            epochs: 1,
        }
    }
}

pub(super) fn own_cache_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("cache")
}

/// The run's cache; on disk in the run's folder where no other is named.
fn sample_cache(config: &LoaderConfig, place: &RunPlace) -> Arc<SampleCache> {
    let cache_dir = config.cache_dir.clone().unwrap_or_else(|| own_cache_dir(place.run_dir()));
    SampleCache::of_run(&LoaderConfig { cache_dir: Some(cache_dir), ..config.clone() }, place.clone())
}
