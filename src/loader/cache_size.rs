//! What a cache would take, before it is switched on.

use super::SampleFailure;
use super::setting::ChainPlan;
use super::{cache_disk, cache_ram};
use crate::config::{CacheMode, LoaderConfig};
use crate::data::{Dataset, Decoder, Image, Layout};
use crate::language::Message;
use crate::protocol::Stage;
use crate::transform::{Chain, SampleSeed, Scratch};
use std::sync::Arc;

/// Images that are tried before it is said that none can be loaded.
const TRIES: usize = 16;

/// Bytes that keeping all images would take, in memory or on disk; a range where the images differ in size and what is
/// kept of them does too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheSize {
    pub images: u64,
    pub low_bytes: u64,
    pub high_bytes: u64,
}

impl std::ops::AddAssign for CacheSize {
    fn add_assign(&mut self, other: Self) {
        self.images += other.images;
        self.low_bytes = self.low_bytes.saturating_add(other.low_bytes);
        self.high_bytes = self.high_bytes.saturating_add(other.high_bytes);
    }
}

/// What it would take to keep all of `indices` behind the steps of `chain` before its first random one. Loads one image,
/// and where the dataset's images differ in size, runs the steps on drawn ones of the smallest and the largest size.
///
/// # Errors
/// None of the first images could be loaded: the first's failure.
pub fn cache_size_bytes(
    dataset: &Dataset,
    indices: &[u32],
    chain: &Arc<Chain>,
    channels: usize,
    max_pixels: u64,
    config: &LoaderConfig,
) -> Result<CacheSize, SampleFailure> {
    let plan = ChainPlan::new(chain, dataset, channels, config);
    let mut decoder = dataset.decoder(channels, max_pixels);
    decoder.set_target(plan.target);
    let (mut image, mut first) = (Image::empty(), None);
    for &index in indices.iter().take(TRIES) {
        match load(dataset, index, &plan, &mut decoder, &mut image) {
            Ok(decoded) => return Ok(size(dataset, indices.len(), &plan, &image, decoded, config.cache)),
            Err(failure) => drop(first.get_or_insert(failure)),
        }
    }
    first.map_or(Ok(CacheSize { images: 0, low_bytes: 0, high_bytes: 0 }), Err)
}

/// Leaves what is kept of the image in `image`; answers channels and dtype as decoded.
fn load(
    dataset: &Dataset,
    index: u32,
    plan: &ChainPlan,
    decoder: &mut Decoder,
    image: &mut Image,
) -> Result<Image, SampleFailure> {
    let path = dataset.path_of(index as usize);
    let failed = |stage: Stage, reason: Message| SampleFailure {
        sample: index,
        path: path.clone(),
        place: stage.into(),
        reason,
    };
    decoder.read(&path).map_err(|e| failed(Stage::Read, e.reason()))?;
    decoder.decode(&path, image).map_err(|e| failed(Stage::Decode, e.reason()))?;
    let decoded = Image { data: Vec::new(), bytes: Vec::new(), ..*image };
    run_fixed(plan, image).map_err(|(stage, reason)| failed(stage, reason))?;
    Ok(decoded)
}

fn run_fixed(plan: &ChainPlan, image: &mut Image) -> Result<(), (Stage, Message)> {
    let run = plan.chain.run_steps(0..plan.fixed, image, &mut Scratch::default(), SampleSeed::default(), &mut ());
    run.map_err(|error| (error.step.into(), error.reason))
}

fn size(
    dataset: &Dataset,
    images: usize,
    plan: &ChainPlan,
    kept: &Image,
    decoded: Image,
    mode: CacheMode,
) -> CacheSize {
    let one = |image: &Image| match mode {
        CacheMode::Disk => cache_disk::bytes_of(image),
        CacheMode::Ram | CacheMode::Off => cache_ram::bytes_of(image),
    };
    let beside = match mode {
        CacheMode::Disk => cache_disk::data_begins(dataset.len()),
        CacheMode::Ram | CacheMode::Off => cache_ram::places_bytes(dataset.len()),
    };
    let (mut low, mut high) = (one(kept), one(kept));
    if dataset.one_size().is_none() {
        let area = |&(width, height): &(u32, u32)| u64::from(width) * u64::from(height);
        let sizes = || dataset.sizes.keys().copied();
        for (width, height) in [sizes().min_by_key(area), sizes().max_by_key(area)].into_iter().flatten() {
            let mut drawn = decoded.clone();
            drawn_image(&mut drawn, height as usize, width as usize);
            // A size that a step refuses is not kept either.
            if run_fixed(plan, &mut drawn).is_ok() {
                (low, high) = (low.min(one(&drawn)), high.max(one(&drawn)));
            }
        }
    }
    let all = |bytes: u64| bytes.saturating_mul(images as u64).saturating_add(beside);
    CacheSize { images: images as u64, low_bytes: all(low), high_bytes: all(high) }
}

/// Some picture of that size, of the channels and the dtype that the image has.
fn drawn_image(image: &mut Image, height: usize, width: usize) {
    let channels = image.channels;
    if image.dtype == crate::data::Dtype::U8 {
        let values = image.reshape_bytes(channels, height, width, Layout::ChannelLast);
        values.iter_mut().enumerate().for_each(|(i, v)| *v = (i % 251) as u8);
    } else {
        let sixteen_bit = image.sixteen_bit;
        let values = image.reshape(channels, height, width, Layout::ChannelLast);
        values.iter_mut().enumerate().for_each(|(i, v)| *v = (i % 251) as f32);
        image.sixteen_bit = sixteen_bit;
    }
}
