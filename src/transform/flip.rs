//! Flip and RandFlip.

use super::draw::{Draw, Stream};
use super::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use super::registry::{Family, LAZY, Op, TransformInfo};
use crate::data::Image;

const SPATIAL_AXIS: ParamInfo = param(
    "spatial_axis",
    ParamKind::Axes,
    ParamDefault::None,
    "",
    "0 turns the picture upside down, 1 mirrors it left to right, none does both",
);

pub(super) const FLIP: TransformInfo = TransformInfo {
    name: "Flip",
    family: Family::Spatial,
    random: false,
    pinned: false,
    doc: "Reverses the image along its axes.",
    source: "MONAI 1.6.1 Flip",
    params: &[SPATIAL_AXIS],
    elsewhere: &[LAZY],
    build: |values| Ok(Op::Flip(Flip::new(values))),
};

pub(super) const RAND_FLIP: TransformInfo = TransformInfo {
    name: "RandFlip",
    family: Family::Spatial,
    random: true,
    pinned: false,
    doc: "Reverses the image along its axes, by chance.",
    source: "MONAI 1.6.1 RandFlip",
    params: &[PROB, SPATIAL_AXIS],
    elsewhere: &[LAZY],
    build: |values| Ok(Op::RandFlip(RandFlip { prob: values.float("prob"), flip: Flip::new(values) })),
};

#[derive(Debug, Clone)]
pub(super) struct Flip {
    /// Whether H and W are reversed.
    axes: [bool; 2],
}

impl Flip {
    fn new(values: &Values<'_>) -> Self {
        Self { axes: values.axes("spatial_axis") }
    }

    pub(super) fn apply(&self, image: &mut Image) {
        let plane = image.height * image.width;
        let width = image.width;
        if plane == 0 {
            return;
        }
        for plane in image.data.chunks_exact_mut(plane) {
            match self.axes {
                [true, true] => plane.reverse(),
                [true, false] => {
                    let half = image.height / 2 * width;
                    let (top, rest) = plane.split_at_mut(half);
                    for (a, b) in top.chunks_exact_mut(width).zip(rest.rchunks_exact_mut(width)) {
                        a.swap_with_slice(b);
                    }
                }
                [false, true] => plane.chunks_exact_mut(width).for_each(<[f32]>::reverse),
                [false, false] => {}
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct RandFlip {
    prob: f64,
    pub(super) flip: Flip,
}

impl RandFlip {
    pub(super) fn draw(&self, mut stream: Stream) -> Draw {
        if stream.happens(self.prob) { Draw::Flip } else { Draw::Skip }
    }
}
