//! Where a step takes its result's pixels from, said in one form for all steps that only move the picture.

use crate::transform::kernels::warp::{Mapping, Padding};

/// Where an operation takes its result's pixels from, for one that does no more than that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    pub mapping: Mapping,
    /// Height and width of the result.
    pub size: [usize; 2],
    /// `None`: every pixel of the result is one of the picture's.
    pub sampling: Option<Sampling>,
}

/// How a picture is sampled between and beyond its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    pub nearest: bool,
    pub padding: Padding,
}

impl Placement {
    /// Sampled where `mapping` says.
    pub(crate) fn sampled(mapping: Mapping, size: [usize; 2], nearest: bool, padding: Padding) -> Self {
        Self { mapping, size, sampling: Some(Sampling { nearest, padding }) }
    }

    /// Rows, columns or both reversed.
    pub(crate) fn flip(axes: [bool; 2], size: [usize; 2]) -> Self {
        let [h, w] = axes.map(|reversed| if reversed { -1.0 } else { 1.0 });
        Self::moves([[h, 0.0], [0.0, w]], size, size)
    }

    /// So many quarter turns from H to W.
    pub(crate) fn quarter_turns(quarters: i64, [height, width]: [usize; 2]) -> Self {
        let (sin, cos) = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)][quarters.rem_euclid(4) as usize];
        let to = if sin == 0.0 { [height, width] } else { [width, height] };
        Self::moves([[cos, sin], [-sin, cos]], [height, width], to)
    }

    /// Rows and columns swapped.
    pub(crate) fn transposition([height, width]: [usize; 2]) -> Self {
        Self::moves([[0.0, 1.0], [1.0, 0.0]], [height, width], [width, height])
    }

    pub(crate) fn has_pixels(&self) -> bool {
        !self.size.contains(&0)
    }

    fn moves(matrix: [[f64; 2]; 2], from: [usize; 2], to: [usize; 2]) -> Self {
        Self { mapping: Mapping::about_centres(matrix, [0.0; 2], from, to), size: to, sampling: None }
    }
}
