//! Buffers that a thread keeps from image to image, so that a running chain allocates nothing.

use super::fourier::Fourier;
use super::resample_bytes::FixedPoint;
use super::window::Axis;
use crate::data::Image;

/// One a thread. Its buffers grow to the largest image seen and stay as long as it does.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The next image is written here, then swapped with the image's own buffer.
    pub(crate) image: Vec<f32>,
    /// The same for bytes.
    pub(crate) bytes: Vec<u8>,
    /// A file in memory.
    pub(crate) coded: Vec<u8>,
    /// Whatever an operation needs while it runs; what is in there is of no meaning to the next one.
    pub(crate) floats: [Vec<f32>; 4],
    pub(crate) numbers: Vec<u32>,
    /// One row between the vertical and the horizontal pass of a resampling.
    pub(crate) line: Vec<f32>,
    /// The image before, and sums, of operations that run others while they work.
    pub(crate) before: Image,
    pub(crate) mixed: Vec<f32>,
    pub(crate) rows: Axis,
    pub(crate) columns: Axis,
    pub(crate) fixed_point: FixedPoint,
    pub(crate) resizer: fast_image_resize::Resizer,
    pub(crate) fourier: Fourier,
}

impl Scratch {
    /// Bytes of the buffers that grow with the image.
    pub fn kept_bytes(&self) -> u64 {
        let floats = self.floats.iter().chain([&self.image, &self.mixed]).map(Vec::capacity).sum::<usize>();
        let bytes = self.bytes.capacity() + self.coded.capacity() + 4 * (floats + self.numbers.capacity());
        bytes as u64 + self.before.kept_bytes()
    }
}
