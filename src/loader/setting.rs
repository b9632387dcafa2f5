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
pub(super) struct ChainPlan {
    /// Fused where that is asked for.
    pub chain: Arc<Chain>,
    pub target: Option<[usize; 2]>,
    pub tail: Option<AffineTail>,
    /// Steps whose results are worth keeping.
    pub fixed: usize,
}

impl ChainPlan {
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
        let ChainPlan { chain, target, tail, fixed } =
            ChainPlan::new(chain, &self.dataset, self.channels, &self.config);
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

#[cfg(test)]
mod tests {
    use super::super::tests::images;
    use super::*;
    use crate::config::{ParamValue, RunConfig, SETTINGS, Setting, TransformSpec};
    use crate::data::scan_as;
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;
    use std::path::Path;

    /// Values of settings of which each wants other samples than the default does.
    const TELLING: &[&str] = &[
        "data.channels=3",
        "data.max_pixels=1000000",
        "data.orientation=upright",
        "data.dicom_window=40,400",
        "loader.fuse=true",
        "loader.scaled_decode=true",
        "loader.bytes_to_device=true",
    ];
    /// Settings of images and loader of which a sample that was kept holds for any value, and why.
    const NOT_TELLING: &[(&str, &[&str])] = &[
        (
            "the dataset's fingerprint has folder, files and slices in their order",
            &[
                "data.dir",
                "data.labels",
                "data.image_column",
                "data.label_column",
                "data.part_column",
                "data.slice_axis",
            ],
        ),
        (
            "it says which samples are taken for what, not what one is",
            &[
                "data.val_frac",
                "data.test_frac",
                "data.split_seed",
                "data.limit",
                "data.group",
                "data.quarantine",
                "loader.batch_size",
                "loader.drop_last",
            ],
        ),
        (
            "it says who makes samples, when, and where they are kept",
            &[
                "loader.workers",
                "loader.prefetch",
                "loader.cache",
                "loader.cache_mb",
                "loader.cache_dir",
                "loader.pin",
                "loader.low_priority",
                "loader.instrument",
            ],
        ),
    ];

    fn kept(dir: &Path, config: &RunConfig, chain: &Arc<Chain>, cache: &Arc<SampleCache>) -> Arc<Kept> {
        let dataset = Arc::new(scan_as(dir, &config.data, &mut |_| ControlFlow::Continue(())).unwrap());
        let making = Making {
            channels: dataset.channels(config.data.channels),
            max_pixels: config.data.max_pixels,
            config: config.loader.clone(),
            cache: Arc::clone(cache),
            stats: Arc::default(),
            dataset,
        };
        making.setting(0, chain, 0, None).kept.clone().unwrap()
    }

    /// One that is in neither list would have samples served that were made with another value.
    #[test]
    fn what_is_kept_is_told_apart_by_every_setting_but_those_named_here() {
        let (home, _) = images();
        let dir = home.path().join("images");
        // It resizes first, of bytes makes bytes, and ends with a scale and a shift: each switch of the loader says something.
        let one = |value: f64| ParamValue::List(vec![ParamValue::Float(value)]);
        let specs = [
            TransformSpec::new("LoadImage"),
            TransformSpec::new("EnsureChannelFirst"),
            TransformSpec::new("torchvision.Resize").with("size", ParamValue::Int(32)),
            TransformSpec::new("NormalizeIntensity").with("subtrahend", one(100.0)).with("divisor", one(50.0)),
        ];
        let chain = Arc::new(Chain::build(&specs).unwrap());
        let config = RunConfig::default().with_sets(&["loader.cache=ram".to_owned()]).unwrap();
        let cache = SampleCache::new(&config.loader);
        let first = kept(&dir, &config, &chain, &cache);
        assert!(Arc::ptr_eq(&kept(&dir, &config, &chain, &cache), &first));
        for set in TELLING {
            let other = config.with_sets(&[(*set).to_owned()]).unwrap();
            assert!(!Arc::ptr_eq(&kept(&dir, &other, &chain, &cache), &first), "{set}");
        }
        let telling = TELLING.iter().filter_map(|set| set.split_once('=')).map(|(path, _)| path);
        let others = NOT_TELLING.iter().flat_map(|(_, paths)| paths.iter().copied());
        let named: BTreeSet<String> = telling.chain(others).map(str::to_owned).collect();
        let rows = SETTINGS.iter().filter(|row| ["data", "loader"].contains(&row.section));
        let rows: BTreeSet<String> = rows.map(Setting::path).collect();
        assert_eq!(rows, named);
    }
}
