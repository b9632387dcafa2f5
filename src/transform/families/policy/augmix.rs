//! AugMix as torchvision has it: some chains of drawn operations, each on the picture as it was, mixed with it.

use super::auto::{FILL, How, Space, Step, interpolation};
use super::operations::Op;
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, MAX_DRAWN, Stream};
use crate::transform::core::gamma::{beta, dirichlet};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{ParamDefault, ParamKind, param};
use crate::transform::families::colour::adjust::one_or_three;
use crate::transform::kernels::bytes::to_byte;
use crate::transform::kernels::scratch::Scratch;

const WIDEST: usize = 16;

const AUG_MIX: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "AugMix",
    Family::Policy,
    "Mixes the picture with what chains of drawn operations make of it, in shares drawn for every picture.",
    &[
        param(
            "severity",
            ParamKind::Int { min: 1, max: 10 },
            ParamDefault::Int(3),
            "",
            "magnitudes are drawn from so many of ten, the smallest",
        ),
        param(
            "mixture_width",
            ParamKind::Int { min: 1, max: WIDEST as i64 },
            ParamDefault::Int(3),
            "",
            "how many chains",
        ),
        param(
            "chain_depth",
            ParamKind::Int { min: -1, max: 100 },
            ParamDefault::Int(-1),
            "",
            "operations in a chain; 0 or less: 1 to 3, drawn for each",
        ),
        param(
            "alpha",
            ParamKind::Float { min: 0.001, max: 1e6 },
            ParamDefault::Float(1.0),
            "",
            "the larger, the more alike the shares",
        ),
        param(
            "all_ops",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "brightness, colour, contrast and sharpness too",
        ),
        interpolation("bilinear"),
        FILL,
    ],
    &[
        ("picture's share", ""),
        ("share 1", ""),
        ("operations 1", ""),
        ("share 2", ""),
        ("operations 2", ""),
        ("share 3", ""),
        ("operations 3", ""),
    ],
    |values| {
        built(AugMix {
            severity: values.int("severity"),
            width: values.int("mixture_width").clamp(1, WIDEST as i64) as usize,
            depth: values.int("chain_depth"),
            alpha: values.float("alpha"),
            space: if values.bool("all_ops") { ALL_OPS } else { PARTIAL },
            how: How::new(values),
        })
    },
)
.noting(NUMBERS_OF_CHAINS);

const NUMBERS_OF_CHAINS: &str = "the operations of a chain are shown as one number of two digits each, 50310 for 5, 3 and \
    10: 1 ShearX, 2 ShearY, 3 TranslateX, 4 TranslateY, 5 Rotate, 6 Brightness, 7 Color, 8 Contrast, 9 Sharpness, \
    10 Posterize, 11 Solarize, 12 AutoContrast, 13 Equalize; at most 16 chains, and a fill of 0 counts as none";

/// The last four are left out without `all_ops`; in torchvision's order.
const OPS: &[Op] = &[
    Op::ShearX,
    Op::ShearY,
    Op::TranslateX,
    Op::TranslateY,
    Op::Rotate,
    Op::Posterize,
    Op::Solarize,
    Op::AutoContrast,
    Op::Equalize,
    Op::Brightness,
    Op::Color,
    Op::Contrast,
    Op::Sharpness,
];
const ALL_OPS: Space =
    Space { ops: OPS, shear: 0.3, translate: |side| side / 3.0, rotate: 30.0, factor: 0.9, bits: [4.0, 4.0] };
const PARTIAL: Space = Space { ops: OPS.split_at(9).0, ..ALL_OPS };
const BINS: usize = 10;

pub(crate) const ALL: &[TransformInfo] = &[AUG_MIX];

#[derive(Debug, Clone)]
struct AugMix {
    severity: i64,
    width: usize,
    depth: i64,
    alpha: f64,
    space: Space,
    how: How,
}

impl AugMix {
    /// The picture's share, and the chains'.
    fn shares(&self, stream: &mut Stream) -> (f64, [f64; WIDEST]) {
        let picture = beta(stream, self.alpha);
        let mut shares = [0.0; WIDEST];
        if let Some(shares) = shares.get_mut(..self.width) {
            dirichlet(stream, self.alpha, shares);
            shares.iter_mut().for_each(|share| *share *= 1.0 - picture);
        }
        (picture, shares)
    }

    fn depth(&self, stream: &mut Stream) -> i64 {
        if self.depth > 0 { self.depth } else { stream.integer(1, 4) }
    }

    fn next(&self, stream: &mut Stream, size: [usize; 2]) -> Step {
        let op = self.space.any(stream);
        self.space.step(op, BINS, |stream| stream.integer(0, self.severity) as usize, size, stream)
    }
}

/// Operations of a chain that its figure has room for.
const SHOWN: i64 = 7;

impl Operation for AugMix {
    /// What the figures show is drawn again by `apply`, from the same stream.
    fn draw(&self, stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let mut ahead = stream.clone();
        let (picture, shares) = self.shares(&mut ahead);
        let shown = self.width.min((MAX_DRAWN - 1) / 2);
        let mut figures = [picture; MAX_DRAWN];
        for (i, share) in shares.iter().take(shown).enumerate() {
            let mut number = 0.0;
            for k in 0..self.depth(&mut ahead) {
                let Step { op, .. } = self.next(&mut ahead, [height, width]);
                if k < SHOWN {
                    number = number * 100.0 + f64::from(op as u8);
                }
            }
            (figures[1 + 2 * i], figures[2 + 2 * i]) = (*share, number);
        }
        Draw::happens(figures.get(..1 + 2 * shown).unwrap_or_default(), stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        one_or_three(image)?;
        let (mut before, mut mixed) = (std::mem::take(&mut scratch.before), std::mem::take(&mut scratch.mixed));
        let outcome = self.mix(&mut drawn.stream(), image, &mut before, &mut mixed, scratch);
        (scratch.before, scratch.mixed) = (before, mixed);
        outcome
    }
}

impl AugMix {
    fn mix(
        &self,
        stream: &mut Stream,
        image: &mut Image,
        before: &mut Image,
        mixed: &mut Vec<f32>,
        scratch: &mut Scratch,
    ) -> Result<(), Message> {
        let size = [image.height, image.width];
        let (picture, shares) = self.shares(stream);
        copy(image, before);
        mixed.clear();
        mixed.resize(image.len(), 0.0);
        add(image, picture as f32, mixed);
        for share in shares.iter().take(self.width) {
            copy(before, image);
            for _ in 0..self.depth(stream) {
                let step = self.next(stream, size);
                self.how.apply(step, image, scratch)?;
            }
            add(image, *share as f32, mixed);
        }
        match image.dtype {
            Dtype::U8 => image.bytes.iter_mut().zip(mixed).for_each(|(to, v)| *to = to_byte(*v)),
            Dtype::F32 => image.data.copy_from_slice(mixed),
        }
        Ok(())
    }
}

/// The values that count, of an image of the same shape; allocates only when it grows.
fn copy(from: &Image, to: &mut Image) {
    to.dtype = from.dtype;
    match from.dtype {
        Dtype::U8 => to.bytes.clone_from(&from.bytes),
        Dtype::F32 => to.data.clone_from(&from.data),
    }
}

fn add(image: &Image, share: f32, mixed: &mut [f32]) {
    match image.dtype {
        Dtype::U8 => mixed.iter_mut().zip(&image.bytes).for_each(|(sum, v)| *sum += f32::from(*v) * share),
        Dtype::F32 => mixed.iter_mut().zip(&image.data).for_each(|(sum, v)| *sum += v * share),
    }
}
