//! Flips, rotation and affine maps as torchvision has them: pixels are (x, y), angles degrees, and what lies outside of
//! the picture is `fill`. Bytes are computed with in float32 and rounded.

use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Built, Operation, built};
use crate::transform::core::params::{Invalid, P, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::placement::Placement;
use crate::transform::core::sizes::within_bounds;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::turns::{flip_image, quarter_turns};
use crate::transform::kernels::warp::{Mapping, Padding, sample_affine};

const FAR: f64 = 1e5;
/// As many channels as can have a `fill` of their own.
const MAX_FILLS: usize = 4;
pub(crate) const fn interpolation(default: &'static str) -> ParamInfo {
    param(
        "interpolation",
        ParamKind::Choice(&["nearest", "bilinear"]),
        ParamDefault::Text(default),
        "",
        "between pixels",
    )
}
pub(crate) const fn fill(default: ParamDefault) -> ParamInfo {
    param(
        "fill",
        ParamKind::Optional(&ParamKind::Floats { min: -1e6, max: 1e6, least: 1, most: MAX_FILLS }),
        default,
        "",
        "what stands outside of the picture, for all channels or one each; none: 0, and the edge is smoothed once, not twice",
    )
}
const CENTER: ParamInfo = param(
    "center",
    ParamKind::Optional(&ParamKind::Floats { min: -FAR, max: FAR, least: 2, most: 2 }),
    ParamDefault::None,
    "px",
    "[x, y] from the upper left corner; none: the picture's",
);
const EXPAND: ParamInfo = param(
    "expand",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "make the image large enough for the turned picture",
);
const DEGREES: ParamInfo = param(
    "degrees",
    ParamKind::Range { min: -3600.0, max: 3600.0 },
    ParamDefault::Float(0.0),
    "°",
    "range of the angle",
);

const fn flipping(name: &'static str, doc: &'static str, build: fn(&Values<'_>) -> Built) -> TransformInfo {
    TransformInfo::fixed(Library::Torchvision, name, Family::Spatial, doc, &[], build)
}
const HORIZONTAL_FLIP: TransformInfo =
    flipping("horizontal_flip", "Mirrors the picture left to right.", |_| built(Flip { p: 1.0, axes: [false, true] }));
const VERTICAL_FLIP: TransformInfo =
    flipping("vertical_flip", "Turns the picture upside down, as a mirror does.", |_| {
        built(Flip { p: 1.0, axes: [true, false] })
    });
const RANDOM_HORIZONTAL_FLIP: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomHorizontalFlip",
    Family::Spatial,
    "Mirrors the picture left to right, by chance.",
    &[P],
    &[],
    |values| built(Flip { p: values.float("p"), axes: [false, true] }),
)
.by_chance_alone();
const RANDOM_VERTICAL_FLIP: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomVerticalFlip",
    Family::Spatial,
    "Turns the picture upside down, as a mirror does, by chance.",
    &[P],
    &[],
    |values| built(Flip { p: values.float("p"), axes: [true, false] }),
)
.by_chance_alone();

const ROTATE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "rotate",
    Family::Spatial,
    "Turns the picture; quarter turns about its centre only move pixels.",
    &[
        param(
            "angle",
            ParamKind::Float { min: -3600.0, max: 3600.0 },
            ParamDefault::Float(0.0),
            "°",
            "above 0 is anticlockwise",
        ),
        interpolation("nearest"),
        EXPAND,
        CENTER,
        fill(ParamDefault::None),
    ],
    |values| {
        built(Rotation { degrees: [values.float("angle"); 2], expand: values.bool("expand"), how: How::new(values)? })
    },
)
.noting("`angle` has no default there");

const RANDOM_ROTATION: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomRotation",
    Family::Spatial,
    "Turns every picture by an angle drawn from a range.",
    &[DEGREES, interpolation("nearest"), EXPAND, CENTER, fill(ParamDefault::Int(0))],
    &[("angle", "°")],
    |values| {
        built(Rotation { degrees: values.range("degrees"), expand: values.bool("expand"), how: How::new(values)? })
    },
)
.noting("`degrees` has no default there");

const AFFINE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "affine",
    Family::Spatial,
    "Turns, scales, shears and moves the picture about its centre.",
    &[
        param(
            "angle",
            ParamKind::Float { min: -3600.0, max: 3600.0 },
            ParamDefault::Float(0.0),
            "°",
            "above 0 is clockwise",
        ),
        param(
            "translate",
            ParamKind::Floats { min: -FAR, max: FAR, least: 2, most: 2 },
            ParamDefault::Ints(&[0, 0]),
            "px",
            "[x, y]: to the right and down",
        ),
        param(
            "scale",
            ParamKind::Float { min: 0.001, max: 1000.0 },
            ParamDefault::Float(1.0),
            "",
            "factor: above 1 makes larger",
        ),
        param(
            "shear",
            ParamKind::Floats { min: -89.9, max: 89.9, least: 1, most: 2 },
            ParamDefault::Floats(&[0.0, 0.0]),
            "°",
            "along x, and along y where a second is given",
        ),
        interpolation("nearest"),
        fill(ParamDefault::None),
        CENTER,
    ],
    |values| {
        let translate = pair(values, "translate")?.unwrap_or_default();
        let list = matches!(values.given.get("shear"), Some(crate::config::ParamValue::List(_)));
        let shear = match values.floats("shear")[..] {
            [x, y] => [x, y],
            // torchvision reads a list of one as both, and a number as x alone.
            [x] => [x, if list { x } else { 0.0 }],
            _ => [0.0; 2],
        };
        let (angle, scale) = (values.float("angle"), values.float("scale"));
        built(Affine { turn: Turn { angle, translate, scale, shear }, how: How::new(values)? })
    },
)
.noting("`angle`, `translate`, `scale` and `shear` have no defaults there");

const RANDOM_AFFINE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomAffine",
    Family::Spatial,
    "Turns, moves, scales and shears every picture about its centre by figures drawn from ranges.",
    &[
        DEGREES,
        param(
            "translate",
            ParamKind::Optional(&ParamKind::Floats { min: 0.0, max: 1.0, least: 2, most: 2 }),
            ParamDefault::None,
            "",
            "[x, y]: farthest move, as a share of width and height",
        ),
        param(
            "scale",
            ParamKind::Optional(&ParamKind::Floats { min: 0.001, max: 1000.0, least: 2, most: 2 }),
            ParamDefault::None,
            "",
            "[low, high] of the factor",
        ),
        param(
            "shear",
            ParamKind::Optional(&ParamKind::Floats { min: -89.9, max: 89.9, least: 1, most: 4 }),
            ParamDefault::None,
            "°",
            "along x: s means -s to s, or [low, high]; along y too: [x low, x high, y low, y high]",
        ),
        interpolation("nearest"),
        fill(ParamDefault::Int(0)),
        CENTER,
    ],
    &[("angle", "°"), ("move x", "px"), ("move y", "px"), ("scale", ""), ("shear x", "°"), ("shear y", "°")],
    |values| built(RandomAffine::new(values)?),
)
.noting("`degrees` has no default there");

pub(crate) const ALL: &[TransformInfo] = &[
    HORIZONTAL_FLIP,
    VERTICAL_FLIP,
    RANDOM_HORIZONTAL_FLIP,
    RANDOM_VERTICAL_FLIP,
    ROTATE,
    RANDOM_ROTATION,
    AFFINE,
    RANDOM_AFFINE,
];

/// Two numbers, where given.
pub(crate) fn pair(values: &Values<'_>, name: &'static str) -> Result<Option<[f64; 2]>, Invalid> {
    match values.floats(name)[..] {
        [] => Ok(None),
        [a, b] => Ok(Some([a, b])),
        _ => Err(Invalid::new(name, msg!("transform-expected-two"))),
    }
}

/// torchvision's `fill`: `None` where it is, one number, or one a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fill {
    values: [f32; MAX_FILLS],
    len: usize,
}

/// What one number is to the functions below: 0 is none given.
impl From<f32> for Fill {
    fn from(value: f32) -> Self {
        Self { values: [value; MAX_FILLS], len: usize::from(value != 0.0) }
    }
}

impl Fill {
    pub(crate) fn new(values: &Values<'_>) -> Self {
        let given = values.floats("fill");
        let mut fill = Self { values: [0.0; MAX_FILLS], len: given.len().min(MAX_FILLS) };
        for (to, from) in fill.values.iter_mut().zip(given) {
            *to = from as f32;
        }
        fill
    }

    /// # Errors
    /// It has not as many numbers as the image has channels.
    pub(crate) fn check(&self, channels: usize) -> Result<(), Message> {
        match self.len {
            0 | 1 => Ok(()),
            n if n == channels => Ok(()),
            n => Err(msg!("transform-one-or-each-channel", name = "fill", given = n, channels)),
        }
    }

    /// The padding of all channels, where it is one.
    fn one(&self) -> Option<Padding> {
        (self.len <= 1).then(|| self.padding(0))
    }

    pub(crate) fn padding(&self, channel: usize) -> Padding {
        let given = self.values.get(..self.len).unwrap_or_default();
        let value = given.get(channel).or(given.first());
        value.map_or(Padding::ZEROS, |v| Padding::Faded(*v))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct How {
    nearest: bool,
    center: Option<[f64; 2]>,
    fill: Fill,
}

impl How {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let nearest = values.text("interpolation") == "nearest";
        Ok(Self { nearest, center: pair(values, "center")?, fill: Fill::new(values) })
    }

    fn resample(
        &self,
        image: &mut Image,
        mapping: &Mapping,
        to: [usize; 2],
        scratch: &mut Scratch,
    ) -> Result<(), Message> {
        let shape = image.shape();
        self.fill.check(shape[0])?;
        let padding = |channel| self.fill.padding(channel);
        match image.dtype {
            Dtype::U8 => {
                sample_affine(&image.bytes, shape, mapping, to, self.nearest, padding, &mut scratch.bytes)?;
                std::mem::swap(&mut image.bytes, &mut scratch.bytes);
            }
            Dtype::F32 => {
                sample_affine(&image.data, shape, mapping, to, self.nearest, padding, &mut scratch.image)?;
                std::mem::swap(&mut image.data, &mut scratch.image);
            }
        }
        [image.height, image.width] = to;
        Ok(())
    }
}

impl How {
    /// `None` where channels have fills of their own.
    fn placement(&self, (mapping, size): (Mapping, [usize; 2])) -> Option<Placement> {
        let padding = self.fill.one()?;
        Some(Placement::sampled(mapping, size, self.nearest, padding))
    }
}

/// What `affine` does to a picture: degrees and pixels, (x, y).
#[derive(Debug, Clone, Copy)]
struct Turn {
    angle: f64,
    translate: [f64; 2],
    scale: f64,
    shear: [f64; 2],
}

impl Turn {
    /// Turned clockwise about the picture's centre.
    fn by(angle: f64) -> Self {
        Self { angle, translate: [0.0; 2], scale: 1.0, shear: [0.0; 2] }
    }

    /// From the result's (x, y) to the picture's, both seen from the centre: the inverse of moving, turning, scaling
    /// and shearing about `center`.
    fn inverse(&self, center: [f64; 2]) -> [[f64; 3]; 2] {
        let (angle, sx, sy) = (self.angle.to_radians(), self.shear[0].to_radians(), self.shear[1].to_radians());
        let (a, c) = ((angle - sy).cos() / sy.cos(), (angle - sy).sin() / sy.cos());
        let (b, d) = (-(a * sx.tan() + angle.sin()), angle.cos() - c * sx.tan());
        let rows = [[d, -b], [-c, a]].map(|row| row.map(|v| v / self.scale));
        let [x, y] = [center[0] + self.translate[0], center[1] + self.translate[1]];
        let shift = |k: usize| center[k] - rows[k][0] * x - rows[k][1] * y;
        [0, 1].map(|k| [rows[k][0], rows[k][1], shift(k)])
    }

    /// The mapping to `to`, and the size where it is to hold all of the picture.
    fn mapping(&self, center: Option<[f64; 2]>, from: [usize; 2], expand: bool) -> (Mapping, [usize; 2]) {
        let half = [from[1] as f64 / 2.0, from[0] as f64 / 2.0];
        let matrix = self.inverse(center.map_or([0.0; 2], |c| [c[0] - half[0], c[1] - half[1]]));
        let [[xx, xy, right], [yx, yy, down]] = matrix;
        let to = if expand { expanded(matrix, half) } else { from };
        (Mapping::about_centres([[yy, yx], [xy, xx]], [down, right], from, to), to)
    }
}

/// Height and width of what the corners span, in float32 and cut to four digits, as torchvision reckons it.
fn expanded(matrix: [[f64; 3]; 2], half: [f64; 2]) -> [usize; 2] {
    let matrix = matrix.map(|row| row.map(|v| v as f32));
    let half = half.map(|v| v as f32);
    let side = |k: usize| {
        let [a, b, c] = matrix[k];
        let corners = [[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]];
        let at = corners.map(|[x, y]: [f32; 2]| x * half[0] * a + y * half[1] * b + c);
        let low = at.into_iter().fold(f32::INFINITY, f32::min) + half[k];
        let high = at.into_iter().fold(f32::NEG_INFINITY, f32::max) + half[k];
        let cut = |v: f32| (v * 1e4).trunc() * 1e-4;
        (cut(high).ceil() - cut(low).floor()) as usize
    };
    [side(1), side(0)]
}

/// torchvision's `affine`: clockwise by `angle_deg`, moved by `translate` (x, y) pixels, `scale` times as large, sheared
/// along x and y. A `fill` of the number 0 counts as none given.
///
/// # Errors
/// The figures reach too far from the picture.
#[expect(clippy::too_many_arguments, reason = "torchvision's")]
pub(crate) fn affine(
    image: &mut Image,
    angle_deg: f64,
    translate: [f64; 2],
    scale: f64,
    shear_deg: [f64; 2],
    nearest: bool,
    fill: impl Into<Fill>,
    scratch: &mut Scratch,
) -> Result<(), Message> {
    affine_about(image, None, (angle_deg, translate, scale, shear_deg), nearest, fill, scratch)
}

/// [`affine`] about a `center` (x, y) in pixels from the upper left corner; the figures are angle, translation, scale
/// and shear.
///
/// # Errors
/// As there.
pub(crate) fn affine_about(
    image: &mut Image,
    center: Option<[f64; 2]>,
    (angle, translate, scale, shear): (f64, [f64; 2], f64, [f64; 2]),
    nearest: bool,
    fill: impl Into<Fill>,
    scratch: &mut Scratch,
) -> Result<(), Message> {
    let (mapping, to) = Turn { angle, translate, scale, shear }.mapping(center, [image.height, image.width], false);
    How { nearest, center, fill: fill.into() }.resample(image, &mapping, to, scratch)
}

/// torchvision's `rotate`: anticlockwise by `angle_deg` about the centre, the size kept. A `fill` of the number 0
/// counts as none given.
///
/// # Errors
/// None that can come of these figures.
pub(crate) fn rotate(
    image: &mut Image,
    angle_deg: f64,
    nearest: bool,
    fill: impl Into<Fill>,
    scratch: &mut Scratch,
) -> Result<(), Message> {
    rotate_by(image, angle_deg, false, &How { nearest, center: None, fill: fill.into() }, scratch)
}

/// How many quarter turns it is, where it only moves pixels.
fn quarters(angle: f64, expand: bool, center: Option<[f64; 2]>, [height, width]: [usize; 2]) -> Option<i64> {
    let quarters = angle.rem_euclid(360.0) / 90.0;
    let moves = quarters.fract() == 0.0 && center.is_none() && (quarters % 2.0 == 0.0 || expand || height == width);
    moves.then_some(quarters as i64)
}

fn fits(size: [usize; 2]) -> bool {
    !size.contains(&0) && within_bounds(size).is_ok()
}

fn rotate_by(image: &mut Image, angle: f64, expand: bool, how: &How, scratch: &mut Scratch) -> Result<(), Message> {
    let from = [image.height, image.width];
    if let Some(quarters) = quarters(angle, expand, how.center, from) {
        quarter_turns(image, quarters, scratch);
        return Ok(());
    }
    let (mapping, to) = Turn::by(-angle.rem_euclid(360.0)).mapping(how.center, from, expand);
    within_bounds(to)?;
    if to.contains(&0) {
        return Err(msg!("transform-turned-to-nothing"));
    }
    how.resample(image, &mapping, to, scratch)
}

#[derive(Debug, Clone)]
struct Flip {
    p: f64,
    axes: [bool; 2],
}

impl Operation for Flip {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.p) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

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

/// `rotate` where both ends of the range are one and nothing is drawn, else RandomRotation.
#[derive(Debug, Clone)]
struct Rotation {
    degrees: [f64; 2],
    expand: bool,
    how: How,
}

impl Rotation {
    fn angle(&self, drawn: &Drawn) -> f64 {
        drawn.figures().first().copied().unwrap_or(self.degrees[0])
    }
}

impl Operation for Rotation {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::happens(&[stream.uniform(self.degrees[0], self.degrees[1])], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        rotate_by(image, self.angle(drawn), self.expand, &self.how, scratch)
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        let angle = self.angle(drawn);
        if let Some(quarters) = quarters(angle, self.expand, self.how.center, size) {
            return Some(Placement::quarter_turns(quarters, size));
        }
        let place = Turn::by(-angle.rem_euclid(360.0)).mapping(self.how.center, size, self.expand);
        self.how.placement(place).filter(|_| fits(place.1))
    }
}

#[derive(Debug, Clone)]
struct Affine {
    turn: Turn,
    how: How,
}

impl Operation for Affine {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let (mapping, to) = self.turn.mapping(self.how.center, [image.height, image.width], false);
        self.how.resample(image, &mapping, to, scratch)
    }

    fn placement(&self, _drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        self.how.placement(self.turn.mapping(self.how.center, size, false))
    }
}

#[derive(Debug, Clone)]
struct RandomAffine {
    degrees: [f64; 2],
    /// Shares of width and height.
    translate: Option<[f64; 2]>,
    scale: Option<[f64; 2]>,
    shear: [Option<[f64; 2]>; 2],
    how: How,
}

impl RandomAffine {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let shear = match values.floats("shear")[..] {
            [] => [None; 2],
            [s] => [Some([-s.abs(), s.abs()]), None],
            [low, high] => [Some([low, high]), None],
            [a, b, c, d] => [Some([a, b]), Some([c, d])],
            _ => return Err(Invalid::new("shear", msg!("transform-expected-one-two-or-four"))),
        };
        let (translate, scale) = (pair(values, "translate")?, pair(values, "scale")?);
        Ok(Self { degrees: values.range("degrees"), translate, scale, shear, how: How::new(values)? })
    }

    fn turn(drawn: &Drawn) -> Turn {
        let [angle, x, y, scale, a, b] = [0, 1, 2, 3, 4, 5].map(|i| drawn.figure(i));
        Turn { angle, translate: [x, y], scale, shear: [a, b] }
    }
}

impl Operation for RandomAffine {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let mut within = |range: Option<[f64; 2]>, rest| range.map_or(rest, |[low, high]| stream.uniform(low, high));
        let angle = within(Some(self.degrees), 0.0);
        let farthest = |k: usize, side: usize| self.translate.map(|t| t[k] * side as f64).map(|far| [-far, far]);
        let [x, y] = [farthest(0, width), farthest(1, height)].map(|range| within(range, 0.0).round_ties_even());
        let scale = within(self.scale, 1.0);
        let [a, b] = self.shear.map(|range| within(range, 0.0));
        Draw::happens(&[angle, x, y, scale, a, b], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let (mapping, to) = Self::turn(drawn).mapping(self.how.center, [image.height, image.width], false);
        self.how.resample(image, &mapping, to, scratch)
    }

    fn placement(&self, drawn: &Drawn, size: [usize; 2]) -> Option<Placement> {
        self.how.placement(Self::turn(drawn).mapping(self.how.center, size, false))
    }
}
