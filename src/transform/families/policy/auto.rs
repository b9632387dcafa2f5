//! RandAugment, TrivialAugmentWide and AutoAugment as torchvision has them: operations drawn from a list, at magnitudes
//! that lie in bins. AugMix, which mixes what such chains make, has a file of its own.

use super::operations::Op;
use super::policy_tables::{Policy, policy};
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, MAX_DRAWN, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::families::colour::adjust::{adjust_brightness, adjust_contrast, adjust_saturation, one_or_three};
use crate::transform::families::colour::tone::{adjust_sharpness, autocontrast, equalize, invert, posterize, solarize};
use crate::transform::families::spatial::geometry::{affine, affine_about, rotate};
use crate::transform::kernels::scratch::Scratch;

pub(crate) const FILL: ParamInfo = param(
    "fill",
    ParamKind::OptionalFloat { min: -1e6, max: 1e6 },
    ParamDefault::None,
    "",
    "what stands outside of a picture that was moved, for all channels; none: 0",
);
pub(crate) const fn interpolation(default: &'static str) -> ParamInfo {
    crate::transform::families::spatial::geometry::interpolation(default)
}
const BINS: ParamInfo = param(
    "num_magnitude_bins",
    ParamKind::Int { min: 2, max: 1000 },
    ParamDefault::Int(31),
    "",
    "how many magnitudes there are, from nothing to the most",
);
pub(crate) const NUMBERS: &str = "operations: 0 Identity, 1 ShearX, 2 ShearY, 3 TranslateX, 4 TranslateY, 5 Rotate, \
    6 Brightness, 7 Color, 8 Contrast, 9 Sharpness, 10 Posterize, 11 Solarize, 12 AutoContrast, 13 Equalize, 14 Invert; \
    a fill of 0 counts as none";

const RAND_AUGMENT: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandAugment",
    Family::Policy,
    "Does some operations drawn for every picture, one after the other, all at one magnitude.",
    &[
        param("num_ops", ParamKind::Int { min: 0, max: 100 }, ParamDefault::Int(2), "", "how many operations"),
        param(
            "magnitude",
            ParamKind::Int { min: 0, max: 999 },
            ParamDefault::Int(9),
            "",
            "which of the magnitudes, from 0; below num_magnitude_bins",
        ),
        BINS,
        interpolation("nearest"),
        FILL,
    ],
    &[
        ("operation 1", ""),
        ("magnitude 1", ""),
        ("operation 2", ""),
        ("magnitude 2", ""),
        ("operation 3", ""),
        ("magnitude 3", ""),
        ("operation 4", ""),
        ("magnitude 4", ""),
    ],
    |values| {
        let (magnitude, bins) = (values.int("magnitude"), values.int("num_magnitude_bins"));
        if magnitude >= bins {
            return Err(Invalid::new("magnitude", msg!("transform-expected-below-bins", bins = bins.to_string())));
        }
        let (ops, bins, bin) = (values.int("num_ops") as usize, bins as usize, magnitude as usize);
        built(Augment { ops, bins, bin: Some(bin), space: RAND, how: How::new(values) })
    },
)
.noting(NUMBERS);

const TRIVIAL_AUGMENT_WIDE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "TrivialAugmentWide",
    Family::Policy,
    "Does one operation drawn for every picture, at a magnitude drawn too.",
    &[BINS, interpolation("nearest"), FILL],
    &[("operation", ""), ("magnitude", "")],
    |values| {
        let bins = values.int("num_magnitude_bins") as usize;
        built(Augment { ops: 1, bins, bin: None, space: WIDE, how: How::new(values) })
    },
)
.noting(NUMBERS);

const AUTO_AUGMENT: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "AutoAugment",
    Family::Policy,
    "Does one of 25 pairs of operations that were found by search on a known dataset, each of the two by chance.",
    &[
        param(
            "policy",
            ParamKind::Choice(&["imagenet", "cifar10", "svhn"]),
            ParamDefault::Text("imagenet"),
            "",
            "the dataset",
        ),
        interpolation("nearest"),
        FILL,
    ],
    &[("pair", ""), ("operation 1", ""), ("magnitude 1", ""), ("operation 2", ""), ("magnitude 2", "")],
    |values| built(AutoAugment { policy: policy(&values.text("policy")), how: How::new(values) }),
)
.noting(NUMBERS);

pub(crate) const ALL: &[TransformInfo] = &[RAND_AUGMENT, TRIVIAL_AUGMENT_WIDE, AUTO_AUGMENT];

/// Which operations may be drawn, and how far each goes in its last bin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    pub ops: &'static [Op],
    pub shear: f64,
    /// Pixels, from the side.
    pub translate: fn(f64) -> f64,
    /// Degrees.
    pub rotate: f64,
    /// Brightness, colour, contrast and sharpness, added to or taken from 1.
    pub factor: f64,
    /// Bits kept in the first bin, and how many fewer in the last.
    pub bits: [f32; 2],
}

/// RandAugment's and TrivialAugmentWide's, in torchvision's order.
const OPS: [Op; 14] = [
    Op::Identity,
    Op::ShearX,
    Op::ShearY,
    Op::TranslateX,
    Op::TranslateY,
    Op::Rotate,
    Op::Brightness,
    Op::Color,
    Op::Contrast,
    Op::Sharpness,
    Op::Posterize,
    Op::Solarize,
    Op::AutoContrast,
    Op::Equalize,
];
pub(crate) const RAND: Space = Space {
    ops: &OPS,
    shear: 0.3,
    translate: |side| 150.0 / 331.0 * side,
    rotate: 30.0,
    factor: 0.9,
    bits: [8.0, 4.0],
};
pub(crate) const WIDE: Space =
    Space { ops: &OPS, shear: 0.99, translate: |_| 32.0, rotate: 135.0, factor: 0.99, bits: [8.0, 6.0] };

/// An operation and how much of it; of the sign drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    pub op: Op,
    pub magnitude: f64,
}

impl Step {
    pub(crate) const NOTHING: Self = Self { op: Op::Identity, magnitude: 0.0 };
}

impl Space {
    /// Any of the operations.
    pub(crate) fn any(&self, stream: &mut Stream) -> Op {
        let i = stream.integer(0, self.ops.len() as i64) as usize;
        self.ops.get(i).copied().unwrap_or(Op::Identity)
    }

    /// The operation at the magnitude of a bin, its sign drawn where it has two.
    pub(crate) fn step(
        &self,
        op: Op,
        bins: usize,
        bin: impl FnOnce(&mut Stream) -> usize,
        [height, width]: [usize; 2],
        stream: &mut Stream,
    ) -> Step {
        let most = match op {
            Op::Identity | Op::AutoContrast | Op::Equalize | Op::Invert => return Step { op, magnitude: 0.0 },
            Op::Posterize => {
                let [first, fewer] = self.bits;
                let per_bit = (bins as f64 - 1.0) / f64::from(fewer);
                let bits = (first - bin(stream) as f32 / per_bit as f32).round_ties_even();
                return Step { op, magnitude: f64::from(bits) };
            }
            Op::Solarize => {
                let magnitude = linspace([1.0, 0.0], bins, bin(stream));
                return Step { op, magnitude };
            }
            Op::ShearX | Op::ShearY => self.shear,
            Op::TranslateX => (self.translate)(width as f64),
            Op::TranslateY => (self.translate)(height as f64),
            Op::Rotate => self.rotate,
            Op::Brightness | Op::Color | Op::Contrast | Op::Sharpness => self.factor,
        };
        let magnitude = linspace([0.0, most], bins, bin(stream));
        Step { op, magnitude: if stream.happens(0.5) { -magnitude } else { magnitude } }
    }
}

/// `torch.linspace(start, end, bins)[bin]`: float32, from the nearer end, product and sum rounded once. A move is cut to
/// whole pixels, so the last digit counts.
fn linspace([start, end]: [f64; 2], bins: usize, bin: usize) -> f64 {
    let (start, end) = (start as f32, end as f32);
    let step = f64::from((end - start) / (bins.max(2) - 1) as f32);
    let value = if bin < bins / 2 {
        f64::from(start) + step * bin as f64
    } else {
        f64::from(end) - step * (bins.saturating_sub(bin + 1)) as f64
    };
    f64::from(value as f32)
}

/// What the policies have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How {
    pub nearest: bool,
    pub fill: f32,
}

impl How {
    pub(crate) fn new(values: &Values<'_>) -> Self {
        let fill = values.optional_float("fill").unwrap_or_default() as f32;
        Self { nearest: values.text("interpolation") == "nearest", fill }
    }

    /// # Errors
    /// The image has another number of channels than 1 or 3.
    pub(crate) fn apply(self, step: Step, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let Step { op, magnitude } = step;
        let Self { nearest, fill } = self;
        // Sheared about the upper left corner.
        let shear = |image: &mut Image, shear, scratch: &mut Scratch| {
            affine_about(image, Some([0.0; 2]), (0.0, [0.0; 2], 1.0, shear), nearest, fill, scratch)
        };
        let shift = |image: &mut Image, by, scratch: &mut Scratch| {
            affine(image, 0.0, by, 1.0, [0.0; 2], nearest, fill, scratch)
        };
        match op {
            Op::Identity => Ok(()),
            Op::ShearX => shear(image, [magnitude.atan().to_degrees(), 0.0], scratch),
            Op::ShearY => shear(image, [0.0, magnitude.atan().to_degrees()], scratch),
            Op::TranslateX => shift(image, [magnitude.trunc(), 0.0], scratch),
            Op::TranslateY => shift(image, [0.0, magnitude.trunc()], scratch),
            Op::Rotate => rotate(image, magnitude, nearest, fill, scratch),
            Op::Brightness => adjust_brightness(image, 1.0 + magnitude),
            Op::Color => adjust_saturation(image, 1.0 + magnitude, scratch),
            Op::Contrast => adjust_contrast(image, 1.0 + magnitude, scratch),
            Op::Sharpness => adjust_sharpness(image, 1.0 + magnitude, scratch),
            Op::Posterize => {
                posterize(image, magnitude as u32);
                Ok(())
            }
            Op::Solarize => solarize(image, if image.dtype == Dtype::U8 { 255.0 * magnitude } else { magnitude }),
            Op::AutoContrast => autocontrast(image),
            Op::Equalize => {
                equalize(image);
                Ok(())
            }
            Op::Invert => {
                invert(image);
                Ok(())
            }
        }
    }
}

/// RandAugment, and TrivialAugmentWide as one operation at any magnitude.
#[derive(Debug, Clone)]
struct Augment {
    ops: usize,
    bins: usize,
    /// Always this one, or any.
    bin: Option<usize>,
    space: Space,
    how: How,
}

impl Augment {
    fn next(&self, stream: &mut Stream, size: [usize; 2]) -> Step {
        let op = self.space.any(stream);
        let bin = |stream: &mut Stream| self.bin.unwrap_or_else(|| stream.integer(0, self.bins as i64) as usize);
        self.space.step(op, self.bins, bin, size, stream)
    }
}

impl Operation for Augment {
    /// The figures are the first operations; `apply` draws the same ones again, and those that find no room here.
    fn draw(&self, stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let mut figures = [0.0; MAX_DRAWN];
        let shown = self.ops.min(MAX_DRAWN / 2);
        let mut ahead = stream.clone();
        for pair in figures.chunks_exact_mut(2).take(shown) {
            let step = self.next(&mut ahead, [height, width]);
            pair.copy_from_slice(&[step.op as u8 as f64, step.magnitude]);
        }
        Draw::happens(figures.get(..2 * shown).unwrap_or_default(), stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        one_or_three(image)?;
        let (mut stream, size) = (drawn.stream(), [image.height, image.width]);
        for _ in 0..self.ops {
            let step = self.next(&mut stream, size);
            self.how.apply(step, image, scratch)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct AutoAugment {
    policy: &'static Policy,
    how: How,
}

impl AutoAugment {
    /// Which pair, and its two operations; one that does not happen is Identity.
    fn next(&self, stream: &mut Stream, size: [usize; 2]) -> (usize, [Step; 2]) {
        const BINS: usize = 10;
        let pair = stream.integer(0, self.policy.len() as i64) as usize;
        let mut steps = [Step::NOTHING; 2];
        for (step, (op, tenths, bin)) in steps.iter_mut().zip(self.policy.get(pair).into_iter().flatten()) {
            if stream.happens(f64::from(*tenths) / 10.0) {
                *step = RAND.step(*op, BINS, |_| usize::from(*bin), size, stream);
            }
        }
        (pair, steps)
    }
}

impl Operation for AutoAugment {
    fn draw(&self, stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let (pair, [a, b]) = self.next(&mut stream.clone(), [height, width]);
        let figures = [pair as f64, a.op as u8 as f64, a.magnitude, b.op as u8 as f64, b.magnitude];
        Draw::happens(&figures, stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        one_or_three(image)?;
        let (_, steps) = self.next(&mut drawn.stream(), [image.height, image.width]);
        steps.into_iter().try_for_each(|step| self.how.apply(step, image, scratch))
    }
}
