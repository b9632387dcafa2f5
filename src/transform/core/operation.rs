//! What a built transform is: the one trait that the chain runs.

use super::draw::{Draw, Drawn, Stream};
use super::mix::BatchMix;
use super::placement::Placement;
use crate::data::Image;
use crate::language::Message;
use crate::transform::kernels::scratch::Scratch;

/// What an operation can work on; the chain makes the image so before it calls [`Operation::apply`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepts {
    /// Bytes too; else only floats.
    pub bytes: bool,
    /// `[H, W, C]` too; else only `[C, H, W]`.
    pub channel_last: bool,
}

impl Accepts {
    /// Floats, `[C, H, W]`: MONAI's own idea of an image.
    pub(crate) const FLOATS: Self = Self { bytes: false, channel_last: false };
    /// Bytes or floats, `[C, H, W]`.
    pub(crate) const PLANES: Self = Self { bytes: true, channel_last: false };
    /// Whatever comes.
    pub(crate) const ANY: Self = Self { bytes: true, channel_last: true };
}

/// A built transform. Shared by all loader threads: whatever changes lives in the [`Scratch`].
pub(crate) trait Operation: std::fmt::Debug + Send + Sync {
    /// What this operation decides for a sample of that shape (`[C, H, W]`), before a pixel is touched.
    fn draw(&self, _stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::Fixed
    }

    fn accepts(&self) -> Accepts {
        Accepts::FLOATS
    }

    /// Does it, in place, with what [`Self::draw`] drew (nothing for a fixed one). Allocates nothing once the buffers
    /// have grown to size.
    ///
    /// # Errors
    /// Why this image cannot be worked on.
    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message>;

    /// Where the result's pixels come from in an image of `[height, width]`, if this does no more than to move the
    /// picture: such steps can be done as one. `None` where it cannot be said, then it is done on its own.
    fn placement(&self, _drawn: &Drawn, _size: [usize; 2]) -> Option<Placement> {
        None
    }

    /// The least `[height, width]` of an image that this makes smaller and never larger, where it brings every image to a
    /// size of its own: a file may then be decoded at a part of its size.
    fn least_input(&self) -> Option<[usize; 2]> {
        None
    }

    /// Scale and shift of each of so many channels, where this makes `v * scale + shift` of every value of every image,
    /// given as bytes or as floats, and no more. Such steps at a chain's end can be left to the device.
    fn affine(&self, _channels: usize) -> Option<Vec<[f64; 2]>> {
        None
    }

    /// What this does to batches, if it is a step for whole batches; such a step does nothing to an image.
    fn batch_mix(&self) -> Option<BatchMix> {
        None
    }

    /// There is nothing to be done, whatever comes: not run, not timed.
    fn is_nothing(&self) -> bool {
        false
    }
}

/// What [`super::description::TransformInfo`]'s `build` gives.
pub(crate) type Built = Result<Box<dyn Operation>, super::params::Invalid>;

/// A built operation, for the end of a `build` function.
pub(crate) fn built(operation: impl Operation + 'static) -> Built {
    Ok(Box::new(operation))
}
