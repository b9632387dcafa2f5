//! Rotate and RandRotate: about the image's centre, sampled as `torch.nn.functional.grid_sample` does.

use crate::data::Image;
use crate::language::{Message, sides};
use crate::transform::core::description::{DTYPE, Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::placement::Placement;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::warp::{Mapping, Padding, sample_affine};
use std::f64::consts::TAU;

const KEEP_SIZE: ParamInfo = param(
    "keep_size",
    ParamKind::Bool,
    ParamDefault::Bool(true),
    "",
    "true cuts the corners off, false makes the image as large as the turned picture",
);
const MODE: ParamInfo =
    param("mode", ParamKind::Choice(&["bilinear", "nearest"]), ParamDefault::Text("bilinear"), "", "interpolation");
const PADDING_MODE: ParamInfo = param(
    "padding_mode",
    ParamKind::Choice(&["border", "zeros", "reflection"]),
    ParamDefault::Text("border"),
    "",
    "what stands outside of the picture",
);
const ALIGN_CORNERS: ParamInfo = param(
    "align_corners",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "for reflection: true mirrors at the middle of the outermost pixels, false at their edge",
);

const ROTATE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Rotate",
    Family::Spatial,
    "Turns the picture about its centre.",
    &[
        param(
            "angle",
            ParamKind::Float { min: -TAU, max: TAU },
            ParamDefault::Float(0.0),
            "rad",
            "above 0 is clockwise as pictures are shown",
        ),
        KEEP_SIZE,
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
    ],
    |values| built(Rotate { angle: values.float("angle"), how: How::new(values) }),
)
.without(&[LAZY, DTYPE, ("rotate_order", "it is for 3-D images")])
.noting("`angle` has no default there");

const RAND_ROTATE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandRotate",
    Family::Spatial,
    "Turns the picture about its centre by an angle drawn from a range, by chance.",
    &[
        param(
            "range_x",
            ParamKind::Range { min: -TAU, max: TAU },
            ParamDefault::Float(0.0),
            "rad",
            "range of the angle",
        ),
        PROB,
        KEEP_SIZE,
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
    ],
    &[("angle", "rad")],
    |values| {
        let range = values.range("range_x");
        built(RandRotate { prob: values.float("prob"), range, how: How::new(values) })
    },
)
.without(&[
    LAZY,
    DTYPE,
    ("range_y", "it is for 3-D images; a picture turns by range_x"),
    ("range_z", "it is for 3-D images; a picture turns by range_x"),
]);

pub(crate) const ALL: &[TransformInfo] = &[ROTATE, RAND_ROTATE];

/// What Rotate and RandRotate have in common.
#[derive(Debug, Clone)]
struct How {
    keep_size: bool,
    nearest: bool,
    padding: Padding,
}

impl How {
    fn new(values: &Values<'_>) -> Self {
        Self {
            keep_size: values.bool("keep_size"),
            nearest: values.text("mode") == "nearest",
            padding: Padding::parse(&values.text("padding_mode"), values.bool("align_corners")),
        }
    }

    fn placement(&self, angle: f64, from: [usize; 2]) -> Placement {
        let (sin, cos) = angle.sin_cos();
        let to = if self.keep_size {
            from
        } else {
            let [h, w] = from.map(|side| side as f64);
            let side = |a: f64, b: f64| (a.abs() + b.abs() + 0.5) as usize;
            [side(cos * h, sin * w), side(sin * h, cos * w)]
        };
        let mapping = Mapping::about_centres([[cos, -sin], [sin, cos]], [0.0; 2], from, to);
        Placement::sampled(mapping, to, self.nearest, self.padding)
    }

    /// # Errors
    /// The turned image would have no pixel.
    fn apply(&self, image: &mut Image, angle: f64, scratch: &mut Scratch) -> Result<(), Message> {
        let shape @ [_, height, width] = image.shape();
        let Placement { mapping, size, .. } = self.placement(angle, [height, width]);
        if size.contains(&0) {
            return Err(msg!("transform-no-pixel-left", from = sides(&[height, width])));
        }
        sample_affine(&image.data, shape, &mapping, size, self.nearest, |_| self.padding, &mut scratch.image)?;
        std::mem::swap(&mut image.data, &mut scratch.image);
        [image.height, image.width] = size;
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Rotate {
    angle: f64,
    how: How,
}

impl Operation for Rotate {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, self.angle, scratch)
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(self.how.placement(self.angle, size)).filter(Placement::has_pixels)
    }
}

#[derive(Debug, Clone)]
struct RandRotate {
    prob: f64,
    range: [f64; 2],
    how: How,
}

impl Operation for RandRotate {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        Draw::happens(&[stream.uniform(self.range[0], self.range[1])], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, drawn.figure(0), scratch)
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(self.how.placement(drawn.figure(0), size)).filter(Placement::has_pixels)
    }
}
