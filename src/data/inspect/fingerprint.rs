//! A small likeness of an image: a perceptual hash to find candidates by, and a thumbnail to judge them by.
//!
//! Both come from one reduction to 48 x 48 gray values by area. The hash is the 64-bit pHash (signs of the lowest 8 x 8
//! DCT coefficients against their median); the thumbnail is 12 x 12, without mean and of length one, so that the product
//! of two is their Pearson correlation.

use image::GrayImage;
use image_hasher::{HashAlg, Hasher, HasherConfig};

use crate::data::{Dtype, Image};

/// Values of a thumbnail.
pub(super) const THUMB: usize = 12 * 12;
const GRID: usize = 48;
const HASH_SIDE: usize = 16;

/// One thread's buffers.
pub(super) struct Fingerprinter {
    hasher: Hasher<[u8; 8]>,
    columns: Vec<Cell>,
    row: Vec<f32>,
    grid: Vec<f32>,
    gray: GrayImage,
}

/// Which cells of the reduced axis one source position covers: the first, and how much of it falls in it and the next
/// ones (a source pixel wider than a cell covers several).
#[derive(Clone, Copy)]
struct Cell {
    first: usize,
    last: usize,
    begin: f32,
    end: f32,
}

/// What one image looks like.
#[derive(Clone, Copy)]
pub(super) struct Fingerprint {
    pub(super) hash: u64,
    /// Unit vector in steps of 1/127 of `scale`.
    pub(super) thumb: [i8; THUMB],
    /// Length of `thumb` as it is stored; 0 for an image without contrast.
    pub(super) length: f32,
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self { hash: 0, thumb: [0; THUMB], length: 0.0 }
    }
}

impl Fingerprint {
    /// Pearson correlation of the thumbnails, -1 to 1; 0 where one has no contrast.
    pub(super) fn correlation(&self, other: &Self) -> f64 {
        let product: i32 = self.thumb.iter().zip(&other.thumb).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        let lengths = f64::from(self.length) * f64::from(other.length);
        if lengths > 0.0 { (f64::from(product) / lengths).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

impl Fingerprinter {
    pub(super) fn new() -> Self {
        let hasher = HasherConfig::with_bytes_type::<[u8; 8]>()
            .hash_alg(HashAlg::Median)
            .preproc_dct()
            .hash_size(8, 8)
            .to_hasher();
        let gray = GrayImage::new(HASH_SIDE as u32, HASH_SIDE as u32);
        Self { hasher, columns: Vec::new(), row: Vec::new(), grid: Vec::new(), gray }
    }

    /// `image` as decoded: channel last, 1 or 3 channels.
    pub(super) fn of(&mut self, image: &Image) -> Fingerprint {
        self.reduce(image);
        let (mut thumb, mut hashed) = ([0.0; THUMB], [0.0; HASH_SIDE * HASH_SIDE]);
        block_means(&self.grid, &mut thumb);
        block_means(&self.grid, &mut hashed);
        let (low, high) =
            hashed.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
        // Stretched, since the hasher takes bytes and faint images would lose their structure in them.
        let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
        for (to, from) in self.gray.iter_mut().zip(&hashed) {
            *to = ((from - low) * scale).round() as u8;
        }
        let hash = self.hasher.hash_image(&self.gray);
        let hash = hash.as_bytes().iter().fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
        let (thumb, length) = quantise(&thumb);
        Fingerprint { hash, thumb, length }
    }

    fn reduce(&mut self, image: &Image) {
        let [channels, height, width] = image.shape();
        cells(width, &mut self.columns);
        self.grid.clear();
        self.grid.resize(GRID * GRID, 0.0);
        self.row.resize(GRID, 0.0);
        let stride = (width * channels).max(1);
        for y in 0..height {
            self.row.fill(0.0);
            let span = y * stride..(y + 1) * stride;
            match (image.dtype, channels) {
                (Dtype::U8, 1) => add_row(gray_bytes(&image.bytes[span]), &self.columns, &mut self.row),
                (Dtype::U8, _) => add_row(mixed_bytes(&image.bytes[span]), &self.columns, &mut self.row),
                (Dtype::F32, 1) => add_row(finite(&image.data[span]), &self.columns, &mut self.row),
                (Dtype::F32, _) => add_row(mixed_floats(&image.data[span]), &self.columns, &mut self.row),
            }
            let cell = cell(y, height);
            for to in cell.first..=cell.last {
                let share = cell.share(to);
                let out = &mut self.grid[to * GRID..(to + 1) * GRID];
                out.iter_mut().zip(&self.row).for_each(|(out, v)| *out += v * share);
            }
        }
    }
}

impl Cell {
    fn share(self, cell: usize) -> f32 {
        if cell == self.first {
            self.begin
        } else if cell == self.last {
            self.end
        } else {
            1.0
        }
    }
}

/// The cells that position `i` of `n` covers, each share in cell units.
fn cell(i: usize, n: usize) -> Cell {
    let (from, to) = ((i * GRID) as f64 / n as f64, ((i + 1) * GRID) as f64 / n as f64);
    let first = (from as usize).min(GRID - 1);
    // A boundary that falls on a cell's begin covers nothing of that cell.
    let last = ((to.ceil() as usize).max(1) - 1).clamp(first, GRID - 1);
    if first == last {
        return Cell { first, last, begin: (to - from) as f32, end: 0.0 };
    }
    Cell { first, last, begin: ((first + 1) as f64 - from) as f32, end: (to - last as f64) as f32 }
}

fn cells(n: usize, out: &mut Vec<Cell>) {
    out.clear();
    out.extend((0..n).map(|i| cell(i, n)));
}

fn add_row(values: impl Iterator<Item = f32>, columns: &[Cell], row: &mut [f32]) {
    for (value, cell) in values.zip(columns) {
        for to in cell.first..=cell.last {
            row[to] += value * cell.share(to);
        }
    }
}

fn gray_bytes(row: &[u8]) -> impl Iterator<Item = f32> {
    row.iter().map(|v| f32::from(*v))
}

fn mixed_bytes(row: &[u8]) -> impl Iterator<Item = f32> {
    row.as_chunks::<3>().0.iter().map(|[r, g, b]| 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b))
}

fn finite(row: &[f32]) -> impl Iterator<Item = f32> {
    row.iter().map(|v| if v.is_finite() { *v } else { 0.0 })
}

fn mixed_floats(row: &[f32]) -> impl Iterator<Item = f32> {
    row.as_chunks::<3>().0.iter().map(|[r, g, b]| {
        let mixed = 0.299 * r + 0.587 * g + 0.114 * b;
        if mixed.is_finite() { mixed } else { 0.0 }
    })
}

/// Means of equal square blocks of the grid.
fn block_means<const N: usize>(grid: &[f32], out: &mut [f32; N]) {
    let side = N.isqrt();
    let block = GRID / side;
    for (i, to) in out.iter_mut().enumerate() {
        let (top, left) = (i / side * block, i % side * block);
        let sum: f32 =
            (top..top + block).map(|y| grid[y * GRID + left..y * GRID + left + block].iter().sum::<f32>()).sum();
        *to = sum / (block * block) as f32;
    }
}

/// Without its mean, in steps of 1/127 of its largest value, and how long it is then.
fn quantise(values: &[f32; THUMB]) -> ([i8; THUMB], f32) {
    let mean = values.iter().sum::<f32>() / THUMB as f32;
    let largest = values.iter().fold(0.0_f32, |most, v| most.max((v - mean).abs()));
    let mut thumb = [0; THUMB];
    // Differences this small are the rounding of the sums, not contrast.
    if largest <= mean.abs() * 1e-5 || !largest.is_finite() {
        return (thumb, 0.0);
    }
    for (to, from) in thumb.iter_mut().zip(values) {
        *to = ((from - mean) / largest * 127.0).round() as i8;
    }
    let squares: i32 = thumb.iter().map(|v| i32::from(*v) * i32::from(*v)).sum();
    (thumb, (squares as f32).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, shade: impl Fn(f64, f64) -> f64) -> Image {
        let bytes = (0..height * width)
            .map(|i| {
                let (y, x) = ((i / width) as f64 + 0.5, (i % width) as f64 + 0.5);
                shade(x / width as f64, y / height as f64).round().clamp(0.0, 255.0) as u8
            })
            .collect();
        Image::from_bytes([1, height, width], bytes)
    }

    fn blobs(x: f64, y: f64) -> f64 {
        120.0 + 80.0 * (7.0 * x + 2.0 * y).sin() + 50.0 * (11.0 * y * x).cos()
    }

    #[test]
    fn scaled_and_brightened_copies_are_alike_and_others_are_not() {
        let mut maker = Fingerprinter::new();
        let first = maker.of(&picture(64, 64, blobs));
        let copies =
            [picture(200, 100, blobs), picture(31, 47, blobs), picture(64, 64, |x, y| blobs(x, y) * 0.8 + 12.0)];
        for copy in &copies {
            let copy = maker.of(copy);
            let (bits, alike) = ((first.hash ^ copy.hash).count_ones(), first.correlation(&copy));
            assert!(bits <= 6 && alike > 0.99, "{bits} bits, correlation {alike}");
        }
        let mirrored = maker.of(&picture(64, 64, |x, y| blobs(1.0 - x, y)));
        assert!((first.hash ^ mirrored.hash).count_ones() > 12);
        assert!(first.correlation(&mirrored) < 0.9);
        let negative = maker.of(&picture(64, 64, |x, y| 255.0 - blobs(x, y)));
        assert!(first.correlation(&negative) < -0.9);
    }

    #[test]
    fn reduction_keeps_the_mean_at_any_size() {
        let mut maker = Fingerprinter::new();
        for (width, height) in [(1, 1), (1, 300), (47, 49), (96, 5), (1000, 3)] {
            let image = picture(width, height, |x, y| 40.0 + 100.0 * x + 60.0 * y);
            maker.reduce(&image);
            let mean = image.bytes.iter().map(|v| f64::from(*v)).sum::<f64>() / (width * height) as f64;
            let reduced = maker.grid.iter().map(|v| f64::from(*v)).sum::<f64>() / (GRID * GRID) as f64;
            assert!((reduced - mean).abs() < 0.01, "{width} x {height}: {reduced} {mean}");
        }
    }

    #[test]
    fn no_contrast_is_like_nothing() {
        let mut maker = Fingerprinter::new();
        let flat = maker.of(&picture(64, 64, |_, _| 93.0));
        assert_eq!((flat.length, flat.correlation(&flat)), (0.0, 0.0));
        let nan =
            Image { layout: crate::data::Layout::ChannelLast, ..Image::from_floats([3, 1, 2], vec![f32::NAN; 6]) };
        assert_eq!(maker.of(&nan).length, 0.0);
    }
}
