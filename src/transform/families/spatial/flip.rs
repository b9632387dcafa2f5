//! Flip and RandFlip.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::placement::Placement;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::turns::flip_image;

const SPATIAL_AXIS: ParamInfo = param(
    "spatial_axis",
    ParamKind::Axes,
    ParamDefault::None,
    "",
    "0 turns the picture upside down, 1 mirrors it left to right, none does both",
);

const FLIP: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Flip",
    Family::Spatial,
    "Reverses the image along its axes.",
    &[SPATIAL_AXIS],
    |values| built(Flip::new(values)),
)
.without(&[LAZY]);

const RAND_FLIP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandFlip",
    Family::Spatial,
    "Reverses the image along its axes, by chance.",
    &[PROB, SPATIAL_AXIS],
    &[],
    |values| built(RandFlip { prob: values.float("prob"), flip: Flip::new(values) }),
)
.by_chance_alone()
.without(&[LAZY]);

const RAND_AXIS_FLIP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandAxisFlip",
    Family::Spatial,
    "Reverses the image along an axis drawn from both, by chance.",
    &[PROB],
    &[("axis", "")],
    |values| built(RandAxisFlip { prob: values.float("prob") }),
)
.without(&[LAZY]);

pub(crate) const ALL: &[TransformInfo] = &[FLIP, RAND_FLIP, RAND_AXIS_FLIP];

#[derive(Debug, Clone)]
struct Flip {
    /// Whether H and W are reversed.
    axes: [bool; 2],
}

impl Flip {
    fn new(values: &Values<'_>) -> Self {
        Self { axes: values.axes("spatial_axis") }
    }
}

impl Operation for Flip {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        flip_image(image, self.axes);
        Ok(())
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::flip(self.axes, size))
    }
}

#[derive(Debug, Clone)]
struct RandFlip {
    prob: f64,
    flip: Flip,
}

impl Operation for RandFlip {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.prob) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        flip_image(image, self.flip.axes);
        Ok(())
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::flip(self.flip.axes, size))
    }
}

#[derive(Debug, Clone)]
struct RandAxisFlip {
    prob: f64,
}

impl RandAxisFlip {
    fn axes(drawn: &Drawn) -> [bool; 2] {
        let first = drawn.figure(0) == 0.0;
        [first, !first]
    }
}

impl Operation for RandAxisFlip {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        Draw::happens(&[stream.integer(0, 2) as f64], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        flip_image(image, Self::axes(drawn));
        Ok(())
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::flip(Self::axes(drawn), size))
    }
}
