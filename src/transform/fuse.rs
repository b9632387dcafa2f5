//! Several spatial steps done as one: their maps multiplied, the picture sampled once (MONAI calls it lazy).
//!
//! A picture sampled twice is smoothed twice; sampled once, it loses less and takes less time. What may differ is what
//! stands outside: the steps of a group see the first picture's surroundings, not those of the pictures in between,
//! which are never made.

use super::affine::transpose;
use super::draw::Drawn;
use super::flip::flip_image;
use super::operation::Accepts;
use super::scratch::Scratch;
use super::warp::{Mapping, Padding, sample_affine};
use crate::data::{Dtype, Image};

/// Where an operation takes its result's pixels from, for one that does no more than that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement {
    pub mapping: Mapping,
    /// Height and width of the result.
    pub size: [usize; 2],
    /// `None`: every pixel of the result is one of the picture's.
    pub sampling: Option<Sampling>,
}

/// How a picture is sampled between and beyond its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sampling {
    pub nearest: bool,
    pub padding: Padding,
}

impl Placement {
    /// Sampled where `mapping` says.
    pub(super) fn sampled(mapping: Mapping, size: [usize; 2], nearest: bool, padding: Padding) -> Self {
        Self { mapping, size, sampling: Some(Sampling { nearest, padding }) }
    }

    /// Rows, columns or both reversed.
    pub(super) fn flip(axes: [bool; 2], size: [usize; 2]) -> Self {
        let [h, w] = axes.map(|reversed| if reversed { -1.0 } else { 1.0 });
        Self::moves([[h, 0.0], [0.0, w]], size, size)
    }

    /// So many quarter turns from H to W.
    pub(super) fn quarter_turns(quarters: i64, [height, width]: [usize; 2]) -> Self {
        let (sin, cos) = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)][quarters.rem_euclid(4) as usize];
        let to = if sin == 0.0 { [height, width] } else { [width, height] };
        Self::moves([[cos, sin], [-sin, cos]], [height, width], to)
    }

    /// Rows and columns swapped.
    pub(super) fn transposition([height, width]: [usize; 2]) -> Self {
        Self::moves([[0.0, 1.0], [1.0, 0.0]], [height, width], [width, height])
    }

    pub(super) fn has_pixels(&self) -> bool {
        !self.size.contains(&0)
    }

    fn moves(matrix: [[f64; 2]; 2], from: [usize; 2], to: [usize; 2]) -> Self {
        Self { mapping: Mapping::about_centres(matrix, [0.0; 2], from, to), size: to, sampling: None }
    }
}

/// Steps that wait to be done together.
#[derive(Debug)]
pub(super) struct Group {
    placement: Placement,
    /// The latest of them.
    pub last: usize,
    /// What the step drew, as long as it is alone: it then runs as it always does.
    pub alone: Option<Drawn>,
    /// What all of them can work on.
    pub accepts: Accepts,
}

impl Group {
    pub(super) fn new(step: usize, placement: Placement, drawn: &Drawn, accepts: Accepts) -> Self {
        Self { placement, last: step, alone: Some(drawn.clone()), accepts }
    }

    /// Height and width of the result so far.
    pub(super) fn size(&self) -> [usize; 2] {
        self.placement.size
    }

    /// Whether this one can be done with those.
    pub(super) fn fits(&self, next: &Placement) -> bool {
        match (self.placement.sampling, next.sampling) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }

    pub(super) fn join(&mut self, step: usize, next: &Placement, accepts: Accepts) {
        self.placement = Placement {
            mapping: next.mapping.after(&self.placement.mapping),
            size: next.size,
            sampling: self.placement.sampling.or(next.sampling),
        };
        self.last = step;
        self.alone = None;
        self.accepts.bytes &= accepts.bytes;
        self.accepts.channel_last = false;
    }

    /// # Errors
    /// The steps together reach too far from the picture.
    pub(super) fn apply(&self, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        let Placement { mapping, size, sampling } = &self.placement;
        let Some(Sampling { nearest, padding }) = *sampling else {
            self.moved(image, scratch);
            return Ok(());
        };
        let shape = image.shape();
        match image.dtype {
            Dtype::U8 => {
                sample_affine(&image.bytes, shape, mapping, *size, nearest, |_| padding, &mut scratch.bytes)?;
                std::mem::swap(&mut image.bytes, &mut scratch.bytes);
            }
            Dtype::F32 => {
                sample_affine(&image.data, shape, mapping, *size, nearest, |_| padding, &mut scratch.image)?;
                std::mem::swap(&mut image.data, &mut scratch.image);
            }
        }
        [image.height, image.width] = *size;
        Ok(())
    }

    /// Flips and quarter turns, however many, are a transposition or none, and a flip.
    fn moved(&self, image: &mut Image, scratch: &mut Scratch) {
        let Mapping { y: [yy, yx, _], x: [xy, xx, _] } = self.placement.mapping;
        let swapped = yy == 0.0;
        if swapped {
            transpose(image, scratch);
        }
        flip_image(image, if swapped { [xy < 0.0, yx < 0.0] } else { [yy < 0.0, xx < 0.0] });
    }
}
