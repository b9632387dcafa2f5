//! Affine, Rotate90 and their random ones, Transpose (MONAI).

use crate::config::{ParamValue, TransformSpec};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DEVICE, DTYPE, Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::placement::Placement;
use crate::transform::core::sizes::{MAX_SIDE, gives_spatial_size};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::turns::{quarter_turns, transpose};
use crate::transform::kernels::warp::{Mapping, Padding, sample_affine};
use std::f64::consts::TAU;

const FAR: f64 = 1e5;
pub(crate) const SPATIAL_SIZE: ParamInfo = param(
    "spatial_size",
    ParamKind::Optional(&ParamKind::Size { max: MAX_SIDE }),
    ParamDefault::None,
    "px",
    "size of the result about the same centre; none: as the image",
);
pub(crate) const ROTATE_RANGE: ParamInfo = param(
    "rotate_range",
    ParamKind::Ranges { min: -TAU, max: TAU, most: 1 },
    ParamDefault::None,
    "rad",
    "range of the angle",
);
pub(crate) const SHEAR_RANGE: ParamInfo = param(
    "shear_range",
    ParamKind::Ranges { min: -100.0, max: 100.0, most: 2 },
    ParamDefault::None,
    "",
    "ranges of shearing along H and W; one alone is H's",
);
pub(crate) const TRANSLATE_RANGE: ParamInfo = param(
    "translate_range",
    ParamKind::Ranges { min: -FAR, max: FAR, most: 2 },
    ParamDefault::None,
    "px",
    "ranges of the move along H and W; one alone is H's",
);
pub(crate) const SCALE_RANGE: ParamInfo = param(
    "scale_range",
    ParamKind::Ranges { min: -100.0, max: 100.0, most: 2 },
    ParamDefault::None,
    "",
    "ranges of what is added to 1 for the factors of H and W; one alone is H's",
);
const MODE: ParamInfo =
    param("mode", ParamKind::Choice(&["bilinear", "nearest"]), ParamDefault::Text("bilinear"), "", "interpolation");
const PADDING_MODE: ParamInfo = param(
    "padding_mode",
    ParamKind::Choice(&["border", "zeros", "reflection"]),
    ParamDefault::Text("reflection"),
    "",
    "what stands outside of the picture",
);
const IMAGE_ONLY: (&str, &str) = ("image_only", "there is nothing but the image here");

/// In validation, in the place of what gives images a size of its own: that size, and no more.
pub(crate) fn at_spatial_size(spec: &TransformSpec) -> Vec<TransformSpec> {
    // -1 and none are as the image comes.
    if !matches!(spec.params.get("spatial_size"), Some(ParamValue::Int(1..) | ParamValue::List(_))) {
        return Vec::new();
    }
    let given = ["spatial_size", "mode", "padding_mode"].into_iter().filter_map(|name| spec.params.get_key_value(name));
    vec![given.fold(TransformSpec::new("Affine"), |still, (name, value)| still.with(name, value.clone()))]
}

const AFFINE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Affine",
    Family::Spatial,
    "Turns, shears, moves and scales the picture about its centre. The figures say where the result looks: a scale above \
     1 shows more of the picture, smaller; a move to the right looks further right.",
    &[
        param(
            "rotate_params",
            ParamKind::OptionalFloat { min: -TAU, max: TAU },
            ParamDefault::None,
            "rad",
            "angle from the first axis to the second",
        ),
        param(
            "shear_params",
            ParamKind::Optional(&ParamKind::Floats { min: -100.0, max: 100.0, least: 1, most: 2 }),
            ParamDefault::None,
            "",
            "how far H moves with W, and W with H; one number is H's",
        ),
        param(
            "translate_params",
            ParamKind::Optional(&ParamKind::Floats { min: -FAR, max: FAR, least: 1, most: 2 }),
            ParamDefault::None,
            "px",
            "along H and W; one number is H's",
        ),
        param(
            "scale_params",
            ParamKind::Optional(&ParamKind::Floats { min: -100.0, max: 100.0, least: 1, most: 2 }),
            ParamDefault::None,
            "",
            "factors of H and W; one number is H's",
        ),
        param(
            "affine",
            ParamKind::Optional(&ParamKind::Rows { min: -FAR, max: FAR }),
            ParamDefault::None,
            "",
            "instead of those, a 3 x 3 matrix from the result's [row, column, 1] about its centre to the picture's",
        ),
        SPATIAL_SIZE,
        MODE,
        PADDING_MODE,
        param(
            "align_corners",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "true puts the middles of corner pixels where false puts their outer corners",
        ),
    ],
    |values| built(Affine::new(values)?),
)
.without(&[
    LAZY,
    DTYPE,
    DEVICE,
    IMAGE_ONLY,
    ("normalized", "`affine` is in pixels here"),
    ("rotate_order", "it is for 3-D images"),
]);

const RAND_AFFINE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandAffine",
    Family::Spatial,
    "Turns, shears, moves and scales the picture about its centre by figures drawn from ranges, by chance.",
    &[PROB, ROTATE_RANGE, SHEAR_RANGE, TRANSLATE_RANGE, SCALE_RANGE, SPATIAL_SIZE, MODE, PADDING_MODE],
    &[
        ("angle", "rad"),
        ("shear H", ""),
        ("shear W", ""),
        ("move H", "px"),
        ("move W", "px"),
        ("scale H", ""),
        ("scale W", ""),
    ],
    |values| built(RandAffine::new(values)),
)
.evaluated_as(at_spatial_size)
.fixing_size(gives_spatial_size)
.without(&[LAZY, DEVICE, ("cache_grid", "no grid is made that could be kept")]);

const SPATIAL_AXES: ParamInfo = param(
    "spatial_axes",
    ParamKind::Ints { min: -2, max: 1, least: 2, most: 2 },
    ParamDefault::Ints(&[0, 1]),
    "",
    "from which axis to which it turns: [0, 1] anticlockwise as pictures are shown, [1, 0] clockwise",
);

const ROTATE_90: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Rotate90",
    Family::Spatial,
    "Turns the image by quarter turns; pixels are only moved.",
    &[
        param("k", ParamKind::Int { min: -1000, max: 1000 }, ParamDefault::Int(1), "", "number of quarter turns"),
        SPATIAL_AXES,
    ],
    |values| {
        let k = values.int("k").rem_euclid(4);
        built(Rotate90 { quarters: if backwards(values)? { (4 - k) % 4 } else { k } })
    },
)
.without(&[LAZY]);

const RAND_ROTATE_90: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandRotate90",
    Family::Spatial,
    "Turns the image by 1 to max_k quarter turns, by chance.",
    &[
        PROB,
        param("max_k", ParamKind::Int { min: 1, max: 1000 }, ParamDefault::Int(3), "", "most quarter turns"),
        SPATIAL_AXES,
    ],
    &[("quarter turns", "")],
    |values| {
        let (prob, max_k) = (values.float("prob"), values.int("max_k"));
        built(RandRotate90 { prob, max_k, backwards: backwards(values)? })
    },
)
.without(&[LAZY]);

const TRANSPOSE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Transpose",
    Family::Spatial,
    "Swaps rows and columns.",
    &[param(
        "indices",
        ParamKind::Ints { min: 0, max: 2, least: 3, most: 3 },
        ParamDefault::Ints(&[0, 2, 1]),
        "",
        "the new order of the axes [C, H, W]; the channels stay first",
    )],
    |values| match values.ints("indices")[..] {
        [0, 1, 2] => built(Transpose { swap: false }),
        [0, 2, 1] => built(Transpose { swap: true }),
        _ => Err(Invalid::new("indices", msg!("transform-expected-indices"))),
    },
)
.noting("`indices` has no default there");

pub(crate) const ALL: &[TransformInfo] = &[AFFINE, RAND_AFFINE, ROTATE_90, RAND_ROTATE_90, TRANSPOSE];

/// Matrix and move of [`Affine`]'s figures, about the centres.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Linear {
    matrix: [[f64; 2]; 2],
    shift: [f64; 2],
}

impl Linear {
    /// Rotation, shear, move and scale multiplied in this order.
    fn of(angle: f64, shear: [f64; 2], shift: [f64; 2], scale: [f64; 2]) -> Self {
        let (sin, cos) = angle.sin_cos();
        let [a, b] = shear;
        // H is sheared first, then W.
        let sheared = [[1.0, a], [b, 1.0 + a * b]];
        let turned = [0, 1].map(|k| {
            let column = [sheared[0][k], sheared[1][k]];
            [cos * column[0] - sin * column[1], sin * column[0] + cos * column[1]]
        });
        let row = |r: usize| [turned[0][r], turned[1][r]];
        let matrix = [row(0), row(1)];
        let shift = matrix.map(|[h, w]| h * shift[0] + w * shift[1]);
        Self { matrix: matrix.map(|[h, w]| [h * scale[0], w * scale[1]]), shift }
    }
}

/// What Affine and RandAffine have in common.
#[derive(Debug, Clone)]
struct How {
    size: [Option<usize>; 2],
    nearest: bool,
    padding: Padding,
    align_corners: bool,
}

impl How {
    /// `align_corners` is Affine's alone.
    fn new(values: &Values<'_>, align_corners: bool) -> Self {
        let sized = values.optional_floats("spatial_size").is_some();
        Self {
            size: if sized { values.size("spatial_size") } else { [None; 2] },
            nearest: values.text("mode") == "nearest",
            padding: Padding::parse(&values.text("padding_mode"), align_corners),
            align_corners,
        }
    }

    fn output(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        [self.size[0].unwrap_or(height), self.size[1].unwrap_or(width)]
    }

    fn placement(&self, linear: Linear, from: [usize; 2]) -> Placement {
        let to = self.output(from);
        let side = |n: usize| n.max(2) as f64;
        // MONAI divides by half of the side to get at torch's -1 to 1, which torch with align_corners multiplies with
        // half of (the side - 1); and a single pixel counts as two.
        let reach = from.map(|n| if self.align_corners { n as f64 - 1.0 } else { n as f64 } / side(n));
        let spread = to.map(|n| if self.align_corners { side(n) / (side(n) - 1.0) } else { 1.0 });
        let matrix = [0, 1].map(|r| [0, 1].map(|c| reach[r] * linear.matrix[r][c] * spread[c]));
        let mapping = Mapping::about_centres(matrix, [0, 1].map(|r| reach[r] * linear.shift[r]), from, to);
        Placement::sampled(mapping, to, self.nearest, self.padding)
    }

    fn apply(&self, image: &mut Image, linear: Linear, scratch: &mut Scratch) -> Result<(), Message> {
        let shape @ [_, height, width] = image.shape();
        let Placement { mapping, size, .. } = self.placement(linear, [height, width]);
        sample_affine(&image.data, shape, &mapping, size, self.nearest, |_| self.padding, &mut scratch.image)?;
        std::mem::swap(&mut image.data, &mut scratch.image);
        [image.height, image.width] = size;
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Affine {
    linear: Linear,
    how: How,
}

impl Affine {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let how = How::new(values, values.bool("align_corners"));
        let rows = values.rows("affine");
        if !rows.is_empty() {
            let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            return match rows[..] {
                [&[a, b, c], &[d, e, f], &[0.0, 0.0, 1.0]] => {
                    Ok(Self { linear: Linear { matrix: [[a, b], [d, e]], shift: [c, f] }, how })
                }
                _ => Err(Invalid::new("affine", msg!("transform-expected-matrix"))),
            };
        }
        let two = |name: &str, rest: f64| match values.floats(name)[..] {
            [h, w] => [h, w],
            [h] => [h, rest],
            _ => [rest; 2],
        };
        let angle = values.optional_float("rotate_params").unwrap_or(0.0);
        let (shear, shift) = (two("shear_params", 0.0), two("translate_params", 0.0));
        Ok(Self { linear: Linear::of(angle, shear, shift, two("scale_params", 1.0)), how })
    }
}

impl Operation for Affine {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, self.linear, scratch)
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(self.how.placement(self.linear, size))
    }
}

#[derive(Debug, Clone)]
struct RandAffine {
    prob: f64,
    /// Of the figures in order; `None` is not drawn.
    ranges: [Option<[f64; 2]>; 7],
    how: How,
}

/// Of RandAffine's figures in order; `None` is not drawn.
pub(crate) fn ranges_of(values: &Values<'_>) -> [Option<[f64; 2]>; 7] {
    let of = |name: &str, k: usize| values.ranges(name).get(k).copied();
    let grown = |k: usize| of("scale_range", k).map(|[low, high]| [1.0 + low, 1.0 + high]);
    [
        of("rotate_range", 0),
        of("shear_range", 0),
        of("shear_range", 1),
        of("translate_range", 0),
        of("translate_range", 1),
        grown(0),
        grown(1),
    ]
}

/// What changes nothing, in the order of RandAffine's figures.
const AS_IT_IS: [f64; 7] = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];

impl RandAffine {
    fn new(values: &Values<'_>) -> Self {
        Self { prob: values.float("prob"), ranges: ranges_of(values), how: How::new(values, false) }
    }

    fn linear(drawn: &Drawn) -> Linear {
        let [angle, a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5, 6].map(|i| drawn.figure(i));
        Linear::of(angle, [a, b], [c, d], [e, f])
    }
}

impl Operation for RandAffine {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let mut figures = AS_IT_IS;
        if stream.happens(self.prob) {
            for (figure, range) in figures.iter_mut().zip(self.ranges) {
                if let Some([low, high]) = range {
                    *figure = stream.uniform(low, high);
                }
            }
        } else if self.how.output([height, width]) == [height, width] {
            return Draw::Skip;
        }
        // Not by chance, but the size is changed all the same.
        Draw::happens(&figures, stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, Self::linear(drawn), scratch)
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(self.how.placement(Self::linear(drawn), size))
    }
}

/// Whether `spatial_axes` says to turn from W to H.
fn backwards(values: &Values<'_>) -> Result<bool, Invalid> {
    match values.ints("spatial_axes")[..] {
        [0 | -2, 1 | -1] => Ok(false),
        [1 | -1, 0 | -2] => Ok(true),
        _ => Err(Invalid::new("spatial_axes", msg!("transform-expected-one-of", values = "[0, 1], [1, 0]"))),
    }
}

#[derive(Debug, Clone)]
struct Rotate90 {
    quarters: i64,
}

impl Operation for Rotate90 {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        quarter_turns(image, self.quarters, scratch);
        Ok(())
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::quarter_turns(self.quarters, size))
    }

    fn is_nothing(&self) -> bool {
        self.quarters == 0
    }
}

#[derive(Debug, Clone)]
struct RandRotate90 {
    prob: f64,
    max_k: i64,
    backwards: bool,
}

impl RandRotate90 {
    fn quarters(&self, drawn: &Drawn) -> i64 {
        let k = drawn.figure(0) as i64;
        if self.backwards { -k } else { k }
    }
}

impl Operation for RandRotate90 {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        Draw::happens(&[stream.integer(1, self.max_k + 1) as f64], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        quarter_turns(image, self.quarters(drawn), scratch);
        Ok(())
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::quarter_turns(self.quarters(drawn), size))
    }
}

#[derive(Debug, Clone)]
struct Transpose {
    swap: bool,
}

impl Operation for Transpose {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        transpose(image, scratch);
        Ok(())
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        Some(Placement::transposition(size))
    }

    fn is_nothing(&self) -> bool {
        !self.swap
    }
}
