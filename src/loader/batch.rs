//! A batch's pixels, floats or bytes: where samples are put, moved together and dropped.

use super::{Batch, SampleFailure};
use crate::data::{Dataset, Dtype, Image};
use crate::language::Message;
use crate::protocol::Stage;
use crate::transform::AffineTail;

impl Batch {
    /// Makes it one of bytes with that tail left to be done, or one of floats.
    pub(super) fn begin_pixels(&mut self, tail: Option<&AffineTail>) {
        self.scale.clear();
        self.shift.clear();
        self.dtype = if tail.is_some() { Dtype::U8 } else { Dtype::F32 };
        if let Some(tail) = tail {
            self.scale.extend_from_slice(&tail.scale);
            self.shift.extend_from_slice(&tail.shift);
            self.data.clear();
        } else {
            self.bytes.clear();
        }
    }

    /// Makes room for so many samples of so many values; where there is, nothing is written.
    pub(super) fn resize_pixels(&mut self, samples: usize, size: usize) {
        match self.dtype {
            Dtype::U8 => self.bytes.resize(samples * size, 0),
            Dtype::F32 => self.data.resize(samples * size, 0.0),
        }
    }

    /// Puts a sample of the batch's dtype in its place.
    pub(super) fn set_pixels(&mut self, slot: usize, image: &Image) {
        let size = image.len();
        match self.dtype {
            Dtype::U8 => self.bytes[slot * size..][..size].copy_from_slice(&image.bytes),
            Dtype::F32 => self.data[slot * size..][..size].copy_from_slice(&image.data),
        }
    }

    pub(super) fn move_pixels(&mut self, from: usize, to: usize, size: usize) {
        let (from, to) = (from * size..(from + 1) * size, to * size);
        match self.dtype {
            Dtype::U8 => self.bytes.copy_within(from, to),
            Dtype::F32 => self.data.copy_within(from, to),
        }
    }

    pub(super) fn truncate_pixels(&mut self, samples: usize, size: usize) {
        match self.dtype {
            Dtype::U8 => self.bytes.truncate(samples * size),
            Dtype::F32 => self.data.truncate(samples * size),
        }
    }

    /// None of its samples is to be trained on, for that reason.
    pub(super) fn leave_out_all(&mut self, dataset: &Dataset, reason: &Message) {
        let failure = |sample: u32| SampleFailure {
            sample,
            path: dataset.path_of(sample as usize),
            place: Stage::Collate.into(),
            reason: reason.clone(),
        };
        self.failures.extend(self.samples.drain(..).map(failure));
        self.labels.clear();
        self.truncate_pixels(0, 0);
        (self.shape[0], self.mixed) = (0, None);
    }

    /// Bytes that the pixels take.
    pub(super) fn pixel_bytes(&self) -> usize {
        self.bytes.len() + self.data.len() * 4
    }
}

/// A copy of what counts of an image.
pub(super) fn copy_of(image: &Image) -> Image {
    match image.dtype {
        Dtype::U8 => Image { data: Vec::new(), bytes: image.bytes.clone(), ..*image },
        Dtype::F32 => Image { data: image.data.clone(), bytes: Vec::new(), ..*image },
    }
}
