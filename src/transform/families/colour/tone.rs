//! The PIL operations as torchvision has them: bytes by table wherever a value's result hangs on its channel alone.

use super::adjust::{FACTOR, one_or_three};
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Built, Operation, built};
use crate::transform::core::params::P;
use crate::transform::core::params::{ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::bytes::{BYTE, TO_BYTE, fused, look_up, table, to_byte, unit_range};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;

const BITS: ParamInfo = param(
    "bits",
    ParamKind::Int { min: 0, max: 8 },
    ParamDefault::Int(4),
    "",
    "so many bits of each value are kept: 2 to the power of bits levels",
);
const THRESHOLD: ParamInfo = param(
    "threshold",
    ParamKind::OptionalFloat { min: -1e6, max: 255.0 },
    ParamDefault::None,
    "",
    "values from here up are inverted: 0 to 255 for bytes, 0 to 1 for floats; none: the upper half",
);
const SHARPNESS: ParamInfo =
    param("sharpness_factor", FACTOR, ParamDefault::Float(2.0), "", "0 blurs, 1 changes nothing, 2 sharpens");

const POSTERIZED: &str = "Leaves each value so many bits: flat steps of colour.";
const SOLARIZED: &str = "Inverts the values from a threshold up.";
const AUTOCONTRASTED: &str = "Stretches each channel so that its darkest value is black and its brightest white.";
const EQUALIZED: &str = "Spreads the values so that all are about as common, channel by channel.";
const INVERTED: &str = "Makes dark bright and bright dark.";
const SHARPENED: &str = "Blends the picture with a smoothed one, or away from it.";

const fn fixed(
    name: &'static str,
    doc: &'static str,
    params: &'static [ParamInfo],
    build: fn(&Values<'_>) -> Built,
) -> TransformInfo {
    TransformInfo::fixed(Library::Torchvision, name, Family::Colour, doc, params, build)
}

const fn random(
    name: &'static str,
    doc: &'static str,
    params: &'static [ParamInfo],
    build: fn(&Values<'_>) -> Built,
) -> TransformInfo {
    TransformInfo::random(Library::Torchvision, name, Family::Colour, doc, params, &[], build).by_chance_alone()
}

pub(crate) const ALL: &[TransformInfo] = &[
    fixed("posterize", POSTERIZED, &[BITS], Tone::posterize).noting("`bits` has no default there"),
    fixed("solarize", SOLARIZED, &[THRESHOLD], Tone::solarize).noting("`threshold` has no default there"),
    fixed("autocontrast", AUTOCONTRASTED, &[], |_| built(Toning { p: 1.0, tone: Tone::AutoContrast })),
    fixed("equalize", EQUALIZED, &[], |_| built(Toning { p: 1.0, tone: Tone::Equalize })),
    fixed("invert", INVERTED, &[], |_| built(Toning { p: 1.0, tone: Tone::Invert })),
    fixed("adjust_sharpness", SHARPENED, &[SHARPNESS], Tone::sharpness)
        .noting("`sharpness_factor` has no default there"),
    random("RandomPosterize", POSTERIZED, &[BITS, P], Tone::posterize).noting("`bits` has no default there"),
    random("RandomSolarize", SOLARIZED, &[THRESHOLD, P], Tone::solarize).noting("`threshold` has no default there"),
    random("RandomAutocontrast", AUTOCONTRASTED, &[P], |values| {
        built(Toning { p: values.float("p"), tone: Tone::AutoContrast })
    }),
    random("RandomEqualize", EQUALIZED, &[P], |values| built(Toning { p: values.float("p"), tone: Tone::Equalize })),
    random("RandomInvert", INVERTED, &[P], |values| built(Toning { p: values.float("p"), tone: Tone::Invert })),
    random("RandomAdjustSharpness", SHARPENED, &[SHARPNESS, P], Tone::sharpness)
        .noting("`sharpness_factor` has no default there"),
];

#[derive(Debug, Clone, Copy)]
enum Tone {
    Posterize(u32),
    Solarize(Option<f64>),
    AutoContrast,
    Equalize,
    Invert,
    Sharpness(f64),
}

impl Tone {
    fn posterize(values: &Values<'_>) -> Built {
        let bits = values.int("bits").clamp(0, 8) as u32;
        built(Toning { p: values.float("p"), tone: Self::Posterize(bits) })
    }

    fn solarize(values: &Values<'_>) -> Built {
        built(Toning { p: values.float("p"), tone: Self::Solarize(values.optional_float("threshold")) })
    }

    fn sharpness(values: &Values<'_>) -> Built {
        built(Toning { p: values.float("p"), tone: Self::Sharpness(values.float("sharpness_factor")) })
    }
}

/// A functional, or its class that happens by chance.
#[derive(Debug, Clone, Copy)]
struct Toning {
    /// Not asked of a fixed transform.
    p: f64,
    tone: Tone,
}

impl Operation for Toning {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.p) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn accepts(&self) -> Accepts {
        match self.tone {
            Tone::Posterize(_) | Tone::Solarize(_) | Tone::Invert => Accepts::ANY,
            _ => Accepts::PLANES,
        }
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        match self.tone {
            Tone::Posterize(bits) => posterize(image, bits),
            Tone::Solarize(threshold) => {
                let half = if image.dtype == Dtype::U8 { 128.0 } else { 0.5 };
                return solarize(image, threshold.unwrap_or(half));
            }
            Tone::AutoContrast => return autocontrast(image),
            Tone::Equalize => equalize(image),
            Tone::Invert => invert(image),
            Tone::Sharpness(factor) => return adjust_sharpness(image, factor, scratch),
        }
        Ok(())
    }
}

/// `bits` from 0 to 8.
pub(crate) fn posterize(image: &mut Image, bits: u32) {
    match image.dtype {
        Dtype::U8 => {
            let mask = !(0xffu32 >> bits.min(8)) as u8;
            image.bytes.iter_mut().for_each(|v| *v &= mask);
        }
        Dtype::F32 => {
            let levels = (1u32 << bits.min(8)) as f32;
            let step = 1.0 / levels;
            image.data.iter_mut().for_each(|v| *v = (*v * levels).floor().clamp(0.0, levels - 1.0) * step);
        }
    }
}

/// # Errors
/// The threshold lies above what the image's values can reach.
pub(crate) fn solarize(image: &mut Image, threshold: f64) -> Result<(), Message> {
    let bound = if image.dtype == Dtype::U8 { 255.0 } else { 1.0 };
    if threshold > bound {
        return Err(msg!("transform-threshold-beyond", threshold = threshold.to_string(), bound = bound.to_string()));
    }
    let threshold = threshold as f32;
    match image.dtype {
        Dtype::U8 => look_up(&mut image.bytes, &table(|v| if v >= threshold { 255.0 - v } else { v })),
        Dtype::F32 => image.data.iter_mut().for_each(|v| *v = if *v >= threshold { 1.0 - *v } else { *v }),
    }
    Ok(())
}

pub(crate) fn invert(image: &mut Image) {
    match image.dtype {
        Dtype::U8 => image.bytes.iter_mut().for_each(|v| *v = !*v),
        Dtype::F32 => image.data.iter_mut().for_each(|v| *v = 1.0 - *v),
    }
}

/// # Errors
/// The image has another number of channels than 1 or 3.
pub(crate) fn autocontrast(image: &mut Image) -> Result<(), Message> {
    one_or_three(image)?;
    let plane = (image.height * image.width).max(1);
    match image.dtype {
        Dtype::U8 => {
            for channel in image.bytes.chunks_mut(plane) {
                let (low, high) = channel.iter().fold((255, 0), |(low, high), v| (*v.min(&low), *v.max(&high)));
                if low < high {
                    let (low, scale) = (f32::from(low), f32::from(high - low) * BYTE);
                    look_up(channel, &table(|v| (v - low) / scale));
                }
            }
        }
        Dtype::F32 => {
            for channel in image.data.chunks_mut(plane) {
                let (low, high) = extremes(channel);
                let (low, span) = if low < high { (low, high - low) } else { (0.0, 1.0) };
                channel.iter_mut().for_each(|v| *v = unit_range((*v - low) / span));
            }
        }
    }
    Ok(())
}

pub(crate) fn equalize(image: &mut Image) {
    let plane = (image.height * image.width).max(1);
    match image.dtype {
        Dtype::U8 => {
            for channel in image.bytes.chunks_mut(plane) {
                if let Some(table) = equalizing(channel.iter().copied()) {
                    look_up(channel, &table);
                }
            }
        }
        // As torchvision does: by way of bytes.
        Dtype::F32 => {
            for channel in image.data.chunks_mut(plane) {
                let byte = |v: f32| to_byte(v * TO_BYTE);
                let table = equalizing(channel.iter().map(|v| byte(*v)));
                let of = |v: u8| table.map_or(v, |table| table[usize::from(v)]);
                channel.iter_mut().for_each(|v| *v = f32::from(of(byte(*v))) * BYTE);
            }
        }
    }
}

/// PIL's table: each value's share of what lies below it, in steps of a 255th of all but the brightest. `None` where
/// there is less than a step.
fn equalizing(values: impl Iterator<Item = u8>) -> Option<[u8; 256]> {
    // Four histograms by turns: values that follow each other are often the same, and would wait for each other.
    let mut counts = [[0u32; 256]; 4];
    for (i, v) in values.enumerate() {
        counts[i % 4][usize::from(v)] += 1;
    }
    let count = |v: usize| counts.iter().map(|part| u64::from(part[v])).sum::<u64>();
    let brightest = (0..256).rev().map(count).find(|n| *n > 0)?;
    let all: u64 = (0..256).map(count).sum();
    let step = (all - brightest) / 255;
    if step == 0 {
        return None;
    }
    let mut below = 0;
    Some(std::array::from_fn(|v| {
        let share = ((below + step / 2) / step).min(255) as u8;
        below += count(v);
        share
    }))
}

/// # Errors
/// The image has another number of channels than 1 or 3.
pub(crate) fn adjust_sharpness(image: &mut Image, factor: f64, scratch: &mut Scratch) -> Result<(), Message> {
    one_or_three(image)?;
    let (height, width) = (image.height, image.width);
    if height <= 2 || width <= 2 {
        return Ok(());
    }
    let rest = (1.0 - factor) as f32;
    let channels = image.channels;
    match image.dtype {
        Dtype::U8 => {
            scratch.bytes.clone_from(&image.bytes);
            let near = |n: [u8; 9]| {
                // Thirteenths are never halves: whole numbers round as float32 does.
                let sum = n.iter().map(|v| u16::from(*v)).sum::<u16>() + 4 * u16::from(n[4]);
                let smooth = ((u32::from(sum) + 6) * 5042) >> 16;
                let v = f32::from(n[4]);
                to_byte(fused(smooth as f32 - v, rest, v))
            };
            inner(&scratch.bytes, &mut image.bytes, [channels, height, width], near);
        }
        Dtype::F32 => {
            scratch.image.clone_from(&image.data);
            let (a, b) = (1.0 / 13.0, 5.0 / 13.0);
            let near = |n: [f32; 9]| {
                let around = n[0] + n[1] + n[2] + n[3] + n[5] + n[6] + n[7] + n[8];
                let smooth = around * a + n[4] * b;
                (smooth - n[4]) * rest + n[4]
            };
            inner(&scratch.image, &mut image.data, [channels, height, width], near);
            image.data.iter_mut().for_each(|v| *v = unit_range(*v));
        }
    }
    Ok(())
}

/// Gives every value that has eight neighbours what `of` makes of the nine.
fn inner<T: Copy>(from: &[T], to: &mut [T], [_, height, width]: [usize; 3], of: impl Fn([T; 9]) -> T) {
    let plane = (height * width).max(1);
    for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
        let rows = from.windows(3 * width).step_by(width);
        for (three, out) in rows.zip(to.chunks_exact_mut(width).skip(1)) {
            let (above, rest) = three.split_at(width);
            let (row, below) = rest.split_at(width);
            let out = &mut out[1..width - 1];
            let triples = above.windows(3).zip(row.windows(3)).zip(below.windows(3));
            for (((a, b), c), out) in triples.zip(out) {
                *out = of([a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]]);
            }
        }
    }
}
