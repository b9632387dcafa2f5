//! Zoom and RandZoom: interpolated to the zoomed size, then cropped or padded to the old one about the centre.
//!
//! The three are done in one pass over what is kept: each output position knows which position of the zoomed image
//! stands there.

use crate::data::Image;
use crate::language::{Message, sides};
use crate::transform::core::description::{DTYPE, Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::placement::Placement;
use crate::transform::core::sizes::within_bounds;
use crate::transform::families::size::resize::align_corners;
use crate::transform::kernels::padding::Padding;
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::warp::{self, Mapping};
use crate::transform::kernels::window::{Axis, MODES, Mode, Scaling};

const FACTOR: ParamKind = ParamKind::PerAxis { min: 0.01, max: 100.0 };
const MODE: ParamInfo = param("mode", ParamKind::Choice(MODES), ParamDefault::Text("area"), "", "interpolation");
const PADDING_MODE: ParamInfo = param(
    "padding_mode",
    ParamKind::Choice(&["edge", "constant", "reflect", "symmetric", "wrap"]),
    ParamDefault::Text("edge"),
    "",
    "what stands around an image made smaller, as numpy.pad has it; constant is 0",
);
const ALIGN_CORNERS: ParamInfo = param(
    "align_corners",
    ParamKind::OptionalBool,
    ParamDefault::None,
    "",
    "for bilinear and bicubic: true puts corner pixels on corner pixels",
);
const KEEP_SIZE: ParamInfo =
    param("keep_size", ParamKind::Bool, ParamDefault::Bool(true), "", "crop or pad to the size before");

const ZOOM: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Zoom",
    Family::Spatial,
    "Makes the picture larger or smaller, and keeps the image's size unless told otherwise.",
    &[
        param("zoom", FACTOR, ParamDefault::Float(1.0), "", "factor: above 1 shows less of the picture, larger"),
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
        KEEP_SIZE,
    ],
    |values| built(Zoom { factor: values.per_axis("zoom"), how: How::new(values)? }),
)
.without(&[LAZY, DTYPE])
.noting("`zoom` has no default there");

const RAND_ZOOM: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandZoom",
    Family::Spatial,
    "Makes the picture larger or smaller by a factor drawn between two, by chance.",
    &[
        PROB,
        param("min_zoom", FACTOR, ParamDefault::Float(0.9), "", "smallest factor"),
        param("max_zoom", FACTOR, ParamDefault::Float(1.1), "", "largest factor"),
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
        KEEP_SIZE,
    ],
    &[("zoom H", ""), ("zoom W", "")],
    |values| built(RandZoom::new(values)?),
)
.without(&[LAZY, DTYPE]);

pub(crate) const ALL: &[TransformInfo] = &[ZOOM, RAND_ZOOM];

/// What Zoom and RandZoom have in common.
#[derive(Debug, Clone)]
struct How {
    mode: Mode,
    padding: Padding,
    align_corners: bool,
    keep_size: bool,
}

impl How {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let mode = Mode::parse(&values.text("mode"));
        Ok(Self {
            mode,
            padding: Padding::parse(&values.text("padding_mode")),
            align_corners: align_corners(values, mode)?,
            keep_size: values.bool("keep_size"),
        })
    }

    /// Height and width before anything is cropped or padded.
    fn zoomed(from: [usize; 2], factor: [f64; 2]) -> [usize; 2] {
        [0, 1].map(|k| (from[k] as f64 * factor[k]).floor() as usize)
    }

    fn apply(&self, image: &mut Image, factor: [f64; 2], scratch: &mut Scratch) -> Result<(), Message> {
        let from = [image.height, image.width];
        let zoomed = Self::zoomed(from, factor);
        if zoomed.contains(&0) {
            return Err(msg!("transform-no-pixel-left", from = sides(&from)));
        }
        if !self.keep_size {
            within_bounds(zoomed)?;
        }
        if zoomed == from {
            return Ok(());
        }
        self.fill(&mut scratch.rows, from[0], zoomed[0]);
        self.fill(&mut scratch.columns, from[1], zoomed[1]);
        resample(&image.data, from, &scratch.rows, &scratch.columns, &mut scratch.line, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
        if !self.keep_size {
            [image.height, image.width] = zoomed;
        }
        Ok(())
    }

    fn fill(&self, axis: &mut Axis, input: usize, output: usize) {
        let scaling = Scaling { mode: self.mode, align_corners: self.align_corners, input, output };
        if !self.keep_size || input == output {
            axis.resize(scaling);
            return;
        }
        let (offset, len) = (offset(input, output), output as i64);
        axis.fill(scaling, input, |p| self.padding.position(p as i64 + offset, len));
    }
}

/// Which position of the zoomed image comes first. MONAI's ResizeWithPadOrCrop: half of the padding, rounded down,
/// before; a crop begins at half of the zoomed size less half of the wanted one, each rounded down.
fn offset(input: usize, output: usize) -> i64 {
    if output < input { -(((input - output) / 2) as i64) } else { (output / 2 - input / 2) as i64 }
}

impl How {
    /// As bilinear samples: `None` for a padding or a mode that such cannot stand for.
    fn placement(&self, factor: [f64; 2], from: [usize; 2]) -> Option<Placement> {
        let zoomed = Self::zoomed(from, factor);
        if zoomed.contains(&0) || !self.keep_size {
            return None;
        }
        let nearest = match self.mode {
            Mode::Bilinear => false,
            // A window of more than two pixels is more than a sample between them.
            Mode::Area if [0, 1].iter().all(|k| zoomed[*k] * 2 >= from[*k]) => false,
            Mode::NearestExact => true,
            Mode::Area | Mode::Nearest | Mode::Bicubic => return None,
        };
        let padding = match self.padding {
            Padding::Edge => warp::Padding::Border,
            Padding::Constant => warp::Padding::ZEROS,
            Padding::Reflect => warp::Padding::Reflection { corners: true },
            Padding::Symmetric => warp::Padding::Reflection { corners: false },
            Padding::Wrap => return None,
        };
        let axis = |k: usize| {
            let (input, output, first) = (from[k] as f64, zoomed[k] as f64, offset(from[k], zoomed[k]) as f64);
            if self.align_corners {
                let step = if zoomed[k] > 1 { (input - 1.0) / (output - 1.0) } else { 0.0 };
                return (step, step * first);
            }
            let step = input / output;
            (step, step * (first + 0.5) - 0.5)
        };
        let ((row, top), (column, left)) = (axis(0), axis(1));
        let mapping = Mapping { y: [row, 0.0, top], x: [0.0, column, left] };
        Some(Placement::sampled(mapping, from, nearest, padding))
    }
}

#[derive(Debug, Clone)]
struct Zoom {
    factor: [f64; 2],
    how: How,
}

impl Operation for Zoom {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, self.factor, scratch)
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        self.how.placement(self.factor, size)
    }
}

#[derive(Debug, Clone)]
struct RandZoom {
    prob: f64,
    low: [f64; 2],
    high: [f64; 2],
    /// One factor for both axes, so that the picture keeps its proportions.
    together: bool,
    how: How,
}

impl RandZoom {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let together = values.is_one_number("min_zoom");
        if together != values.is_one_number("max_zoom") {
            return Err(Invalid::new("max_zoom", msg!("transform-expected-as-many-as", name = "min_zoom")));
        }
        let (low, high) = (values.per_axis("min_zoom"), values.per_axis("max_zoom"));
        if low[0] > high[0] || low[1] > high[1] {
            return Err(Invalid::new("max_zoom", msg!("transform-expected-at-least", name = "min_zoom")));
        }
        Ok(Self { prob: values.float("prob"), low, high, together, how: How::new(values)? })
    }
}

impl Operation for RandZoom {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let h = stream.uniform(self.low[0], self.high[0]);
        let w = if self.together { h } else { stream.uniform(self.low[1], self.high[1]) };
        Draw::happens(&[h, w], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, [drawn.figure(0), drawn.figure(1)], scratch)
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        self.how.placement([drawn.figure(0), drawn.figure(1)], size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_numpys() {
        #[track_caller]
        fn check(padding: Padding, expected: [Option<usize>; 13]) {
            let found: Vec<_> = (-5..8).map(|i| padding.position(i, 3)).collect();
            assert_eq!(found, expected);
        }
        // numpy.pad([0, 1, 2], 5, mode=…)
        check(Padding::Edge, [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2].map(Some));
        check(Padding::Reflect, [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1].map(Some));
        check(Padding::Symmetric, [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1].map(Some));
        check(Padding::Wrap, [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1].map(Some));
        let inside = [None, None, None, None, None, Some(0), Some(1), Some(2), None, None, None, None, None];
        check(Padding::Constant, inside);
        assert_eq!(Padding::Reflect.position(4, 1), Some(0));
    }
}
