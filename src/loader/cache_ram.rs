//! Samples kept in memory: a place for every sample of the dataset, filled once and then only read.

use super::cache::{Counts, Room};
use crate::data::{Dtype, Image, Layout};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

/// Memory beside a sample's pixels: its [`Sample`] and what the allocator adds to two blocks.
const BESIDE: u64 = size_of::<Sample>() as u64 + 32;
/// A sample's place, kept or not.
const PLACE: u64 = size_of::<OnceLock<Box<Sample>>>() as u64;

#[derive(Debug)]
pub(super) struct Ram {
    places: Box<[OnceLock<Box<Sample>>]>,
    room: Arc<Room>,
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Sample {
    shape: [usize; 3],
    layout: Layout,
    pixels: Pixels,
}

#[derive(Debug)]
enum Pixels {
    Bytes(Box<[u8]>),
    /// And whether they are a 16-bit file's whole numbers.
    Floats(Box<[f32]>, bool),
}

/// What keeping an image takes, its place left out.
pub(super) fn bytes_of(image: &Image) -> u64 {
    let width = if image.dtype == Dtype::U8 { 1 } else { 4 };
    image.len() as u64 * width + BESIDE
}

/// What the places of a dataset take.
pub(super) fn places_bytes(samples: usize) -> u64 {
    samples as u64 * PLACE
}

/// A copy that is refused rather than fatal where there is no memory for it.
fn copied<T: Copy>(values: &[T]) -> Option<Box<[T]>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(values.len()).ok()?;
    copy.extend_from_slice(values);
    Some(copy.into_boxed_slice())
}

impl Ram {
    /// `None` where not even the places fit.
    pub fn new(samples: usize, room: &Arc<Room>, counts: &Arc<Counts>) -> Option<Self> {
        if places_bytes(samples) > room.limit {
            return None;
        }
        // Fit or not: what a changed chain leaves behind is given back as soon as its last batch is taken.
        room.count(places_bytes(samples));
        counts.bytes.fetch_add(places_bytes(samples), Relaxed);
        let places = (0..samples).map(|_| OnceLock::new()).collect();
        Some(Self { places, room: Arc::clone(room), counts: Arc::clone(counts) })
    }

    pub fn get(&self, sample: u32, image: &mut Image) -> bool {
        let Some(kept) = self.places.get(sample as usize).and_then(OnceLock::get) else { return false };
        let [channels, height, width] = kept.shape;
        match &kept.pixels {
            Pixels::Bytes(bytes) => {
                image.reshape_bytes(channels, height, width, kept.layout).copy_from_slice(bytes);
            }
            Pixels::Floats(floats, sixteen_bit) => {
                image.reshape(channels, height, width, kept.layout).copy_from_slice(floats);
                image.sixteen_bit = *sixteen_bit;
            }
        }
        true
    }

    pub fn put(&self, sample: u32, image: &Image) {
        let Some(place) = self.places.get(sample as usize).filter(|place| place.get().is_none()) else { return };
        let [channels, height, width] = image.shape();
        // What does not hold together would not come out whole either.
        if image.len() != channels * height * width {
            return;
        }
        let bytes = bytes_of(image);
        if !self.room.take(bytes) {
            self.counts.set_full();
            return;
        }
        let pixels = match image.dtype {
            Dtype::U8 => copied(&image.bytes).map(Pixels::Bytes),
            Dtype::F32 => copied(&image.data).map(|floats| Pixels::Floats(floats, image.sixteen_bit)),
        };
        let Some(pixels) = pixels else {
            self.room.give_back(bytes);
            self.counts.set_trouble(msg!("loader-no-memory"));
            return;
        };
        let kept = Box::new(Sample { shape: [channels, height, width], layout: image.layout, pixels });
        match place.set(kept) {
            Ok(()) => self.counts.keep(bytes),
            // Another thread was first, with the same.
            Err(_) => self.room.give_back(bytes),
        }
    }
}

impl Drop for Ram {
    fn drop(&mut self) {
        let kept = self.places.iter().filter_map(OnceLock::get);
        let pixels: u64 = kept
            .map(|kept| match &kept.pixels {
                Pixels::Bytes(bytes) => bytes.len() as u64 + BESIDE,
                Pixels::Floats(floats, _) => floats.len() as u64 * 4 + BESIDE,
            })
            .sum();
        self.room.give_back(pixels + places_bytes(self.places.len()));
    }
}
