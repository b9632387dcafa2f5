//! Colour as torchvision has it. Bytes are computed with in float32, by table where a value's result hangs on it alone,
//! and cut to bytes as torch does; floats are taken to lie in 0 to 1.
//!
//! torch adds a product in one rounding where the processor can. Here that is done in float64, which holds such a
//! product of float32 numbers exactly.

use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Accepts, Built, Operation, built};
use crate::transform::core::params::{ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::bytes::{BYTE, TO_BYTE, fused, look_up, table, to_byte, unit_range};
use crate::transform::kernels::scratch::Scratch;

pub(crate) const FACTOR: ParamKind = ParamKind::Float { min: 0.0, max: 1e6 };

const fn factor(name: &'static str, doc: &'static str) -> [ParamInfo; 1] {
    [param(name, FACTOR, ParamDefault::Float(1.0), "", doc)]
}

const fn adjusting(
    name: &'static str,
    doc: &'static str,
    params: &'static [ParamInfo],
    build: fn(&Values<'_>) -> Built,
) -> TransformInfo {
    TransformInfo::fixed(Library::Torchvision, name, Family::Colour, doc, params, build)
}

const ADJUST_BRIGHTNESS: TransformInfo = adjusting(
    "adjust_brightness",
    "Multiplies the values.",
    &factor("brightness_factor", "0 is black, 1 changes nothing, 2 is twice as bright"),
    |values| built(Colour::Brightness(values.float("brightness_factor"))),
)
.noting("`brightness_factor` has no default there");

const ADJUST_CONTRAST: TransformInfo = adjusting(
    "adjust_contrast",
    "Moves the values away from the picture's mean gray, or towards it.",
    &factor("contrast_factor", "0 is all gray, 1 changes nothing, 2 is twice the contrast"),
    |values| built(Colour::Contrast(values.float("contrast_factor"))),
)
.noting("`contrast_factor` has no default there");

const ADJUST_SATURATION: TransformInfo = adjusting(
    "adjust_saturation",
    "Moves the colours away from gray, or towards it; leaves a gray image as it is.",
    &factor("saturation_factor", "0 is black and white, 1 changes nothing, 2 is twice as colourful"),
    |values| built(Colour::Saturation(values.float("saturation_factor"))),
)
.noting("`saturation_factor` has no default there");

const ADJUST_HUE: TransformInfo = adjusting(
    "adjust_hue",
    "Turns the colours around the colour circle; leaves a gray image as it is.",
    &[param(
        "hue_factor",
        ParamKind::Float { min: -0.5, max: 0.5 },
        ParamDefault::Float(0.0),
        "",
        "share of a full turn: 0.5 and -0.5 give the opposite colours",
    )],
    |values| built(Colour::Hue(values.float("hue_factor"))),
)
.noting("`hue_factor` has no default there");

const ADJUST_GAMMA: TransformInfo = adjusting(
    "adjust_gamma",
    "Raises the values, seen as 0 to 1, to a power.",
    &[
        param(
            "gamma",
            ParamKind::Float { min: 0.0, max: 1e3 },
            ParamDefault::Float(1.0),
            "",
            "the power: above 1 darkens, below 1 brightens",
        ),
        param("gain", ParamKind::Float { min: 0.0, max: 1e6 }, ParamDefault::Float(1.0), "", "factor after that"),
    ],
    |values| built(Colour::Gamma(values.float("gamma"), values.float("gain"))),
)
.noting("`gamma` has no default there");

const CHANNELS_OUT: [ParamInfo; 1] = [param(
    "num_output_channels",
    ParamKind::Int { min: 1, max: 3 },
    ParamDefault::Int(1),
    "",
    "1, or 3 for three channels that are the same",
)];

const RGB_TO_GRAYSCALE: TransformInfo =
    adjusting("rgb_to_grayscale", "Makes the picture gray.", &CHANNELS_OUT, Colour::grayscale);
const GRAYSCALE: TransformInfo = adjusting("Grayscale", "Makes the picture gray.", &CHANNELS_OUT, Colour::grayscale);

const RGB: TransformInfo =
    adjusting("RGB", "Makes three channels of one; leaves three as they are.", &[], |_| built(Colour::Rgb));

pub(crate) const ALL: &[TransformInfo] = &[
    ADJUST_BRIGHTNESS,
    ADJUST_CONTRAST,
    ADJUST_SATURATION,
    ADJUST_HUE,
    ADJUST_GAMMA,
    RGB_TO_GRAYSCALE,
    GRAYSCALE,
    RGB,
];

/// The functionals.
#[derive(Debug, Clone, Copy)]
enum Colour {
    Brightness(f64),
    Contrast(f64),
    Saturation(f64),
    Hue(f64),
    /// Power and gain.
    Gamma(f64, f64),
    Grayscale(usize),
    Rgb,
}

impl Colour {
    fn grayscale(values: &Values<'_>) -> Built {
        match values.int("num_output_channels") {
            1 => built(Self::Grayscale(1)),
            3 => built(Self::Grayscale(3)),
            _ => Err(crate::transform::core::params::Invalid::new(
                "num_output_channels",
                msg!("transform-expected-one-of", values = "1, 3"),
            )),
        }
    }
}

impl Operation for Colour {
    fn accepts(&self) -> Accepts {
        match self {
            Self::Brightness(_) | Self::Gamma(..) => Accepts::ANY,
            _ => Accepts::PLANES,
        }
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        match *self {
            Self::Brightness(factor) => adjust_brightness(image, factor),
            Self::Contrast(factor) => adjust_contrast(image, factor, scratch),
            Self::Saturation(factor) => adjust_saturation(image, factor, scratch),
            Self::Hue(factor) => adjust_hue(image, factor),
            Self::Gamma(gamma, gain) => {
                adjust_gamma(image, gamma, gain);
                Ok(())
            }
            Self::Grayscale(channels) => rgb_to_grayscale(image, channels, scratch),
            Self::Rgb if image.channels >= 3 => Ok(()),
            Self::Rgb => rgb_to_grayscale(image, 3, scratch),
        }
    }
}

/// # Errors
/// The image has another number of channels than 1 or 3, which is all torchvision's colour functions take.
pub(crate) fn one_or_three(image: &Image) -> Result<(), Message> {
    match image.channels {
        1 | 3 => Ok(()),
        n => Err(msg!("transform-channels-of-colour", channels = n)),
    }
}

/// # Errors
/// As [`one_or_three`].
pub(crate) fn adjust_brightness(image: &mut Image, factor: f64) -> Result<(), Message> {
    one_or_three(image)?;
    let factor = factor as f32;
    match image.dtype {
        Dtype::U8 => look_up(&mut image.bytes, &table(|v| v * factor)),
        Dtype::F32 => image.data.iter_mut().for_each(|v| *v = unit_range(*v * factor)),
    }
    Ok(())
}

/// # Errors
/// As [`one_or_three`].
pub(crate) fn adjust_contrast(image: &mut Image, factor: f64, scratch: &mut Scratch) -> Result<(), Message> {
    one_or_three(image)?;
    let pixels = (image.height * image.width).max(1) as f64;
    let (ratio, rest) = (factor as f32, (1.0 - factor) as f32);
    match image.dtype {
        Dtype::U8 => {
            let gray = match image.channels {
                1 => &image.bytes,
                _ => {
                    luma_plane(&image.bytes, &mut scratch.bytes);
                    &scratch.bytes
                }
            };
            let sum: u64 =
                gray.chunks(1 << 16).map(|part| u64::from(part.iter().map(|v| u32::from(*v)).sum::<u32>())).sum();
            let mean = sum as f32 / pixels as f32;
            look_up(&mut image.bytes, &table(|v| fused(mean, rest, v * ratio)));
        }
        Dtype::F32 => {
            let sum: f64 = match planes(&image.data) {
                Some([r, g, b]) if image.channels == 3 => {
                    r.iter().zip(g).zip(b).map(|((r, g), b)| f64::from(gray_of(*r, *g, *b))).sum()
                }
                _ => crate::transform::kernels::statistics::sum(&image.data, |v| (f64::from(v), 0.0)).0,
            };
            let gray = (sum / pixels) as f32 * rest;
            image.data.iter_mut().for_each(|v| *v = unit_range(*v * ratio + gray));
        }
    }
    Ok(())
}

/// # Errors
/// As [`one_or_three`].
pub(crate) fn adjust_saturation(image: &mut Image, factor: f64, scratch: &mut Scratch) -> Result<(), Message> {
    one_or_three(image)?;
    if image.channels == 1 {
        return Ok(());
    }
    let (ratio, rest) = (factor as f32, (1.0 - factor) as f32);
    match image.dtype {
        Dtype::U8 => {
            luma_plane(&image.bytes, &mut scratch.bytes);
            let plane = scratch.bytes.len().max(1);
            for channel in image.bytes.chunks_exact_mut(plane) {
                for (v, gray) in channel.iter_mut().zip(&scratch.bytes) {
                    *v = to_byte(fused(f32::from(*gray), rest, f32::from(*v) * ratio));
                }
            }
        }
        Dtype::F32 => {
            let Some([r, g, b]) = planes_mut(&mut image.data) else { return Ok(()) };
            for ((r, g), b) in r.iter_mut().zip(g).zip(b) {
                let gray = gray_of(*r, *g, *b) * rest;
                for v in [r, g, b] {
                    *v = unit_range(*v * ratio + gray);
                }
            }
        }
    }
    Ok(())
}

/// # Errors
/// As [`one_or_three`].
pub(crate) fn adjust_hue(image: &mut Image, factor: f64) -> Result<(), Message> {
    one_or_three(image)?;
    if image.channels == 1 {
        return Ok(());
    }
    let turn = factor as f32;
    match image.dtype {
        Dtype::U8 => {
            let Some([r, g, b]) = planes_mut(&mut image.bytes) else { return Ok(()) };
            for ((r, g), b) in r.iter_mut().zip(g).zip(b) {
                let turned = turn_hue([*r, *g, *b].map(|v| f32::from(v) * BYTE), turn);
                [*r, *g, *b] = turned.map(|v| to_byte(v * TO_BYTE));
            }
        }
        Dtype::F32 => {
            let Some([r, g, b]) = planes_mut(&mut image.data) else { return Ok(()) };
            for ((r, g), b) in r.iter_mut().zip(g).zip(b) {
                [*r, *g, *b] = turn_hue([*r, *g, *b], turn);
            }
        }
    }
    Ok(())
}

/// `a` or `b`, by mask: an `if` would keep the loop around it from being done several pixels at a time.
#[inline]
fn pick(which: bool, a: f32, b: f32) -> f32 {
    let mask = u32::from(which).wrapping_neg();
    f32::from_bits((a.to_bits() & mask) | (b.to_bits() & !mask))
}

/// To hue, saturation and value and back, the hue turned: torchvision's steps and roundings.
#[inline]
fn turn_hue([r, g, b]: [f32; 3], turn: f32) -> [f32; 3] {
    let larger = |a: f32, b: f32| pick(a > b, a, b);
    let smaller = |a: f32, b: f32| pick(a < b, a, b);
    let (max, min) = (larger(larger(r, g), b), smaller(smaller(r, g), b));
    let (range, gray) = (max - min, max == min);
    let s = range / pick(gray, 1.0, max);
    let [rc, gc, bc] = [r, g, b].map(|v| (max - v) / pick(gray, 1.0, range));
    let h = pick(max == r, bc - gc, pick(max == g, rc + 2.0 - bc, gc + 4.0 - rc));
    let wrapped = |v: f32| pick(v >= 1.0, v - 1.0, v);
    let h = wrapped(h * (1.0 / 6.0) + 1.0) + turn;
    let h6 = pick(h < 0.0, h + 1.0, wrapped(h)) * 6.0;
    let sector = h6 as i32 as f32;
    let f = h6 - sector;
    let within = |share: f32| {
        let v = share * max;
        pick(v < 0.0, 0.0, pick(v > 1.0, 1.0, v))
    };
    let (q, t, p) = (within(1.0 - s * f), within(s * f + (1.0 - s)), within(1.0 - s));
    let is = |i: f32| sector == i;
    let red = pick(is(1.0), q, pick(is(2.0) | is(3.0), p, pick(is(4.0), t, max)));
    let green = pick(is(1.0) | is(2.0), max, pick(is(3.0), q, pick(is(4.0) | is(5.0), p, t)));
    let blue = pick(is(2.0), t, pick(is(3.0) | is(4.0), max, pick(is(5.0), q, p)));
    [red, green, blue]
}

pub(crate) fn adjust_gamma(image: &mut Image, gamma: f64, gain: f64) {
    let (gamma, gain) = (gamma as f32, gain as f32);
    let of = |v: f32| {
        let v = v.powf(gamma);
        if gain == 1.0 { v } else { unit_range(v * gain) }
    };
    match image.dtype {
        Dtype::U8 => look_up(&mut image.bytes, &table(|v| of(v * BYTE) * TO_BYTE)),
        Dtype::F32 => image.data.iter_mut().for_each(|v| *v = of(*v)),
    }
}

/// # Errors
/// The image has another number of channels than 1 or 3.
pub(crate) fn rgb_to_grayscale(image: &mut Image, channels: usize, scratch: &mut Scratch) -> Result<(), Message> {
    one_or_three(image)?;
    if image.channels == 3 {
        match image.dtype {
            Dtype::U8 => {
                luma_plane(&image.bytes, &mut scratch.bytes);
                std::mem::swap(&mut image.bytes, &mut scratch.bytes);
            }
            Dtype::F32 => {
                if let Some([r, g, b]) = planes_mut(&mut image.data) {
                    r.iter_mut().zip(g).zip(b).for_each(|((r, g), b)| *r = gray_of(*r, *g, *b));
                }
                image.data.truncate(image.height * image.width);
            }
        }
        image.channels = 1;
    }
    if channels == 3 {
        image.channels = 3;
        match image.dtype {
            Dtype::U8 => three_times(&mut image.bytes),
            Dtype::F32 => three_times(&mut image.data),
        }
    }
    Ok(())
}

fn three_times<T: Copy + Default>(values: &mut Vec<T>) {
    let plane = values.len();
    values.resize(3 * plane, T::default());
    values.copy_within(..plane, plane);
    values.copy_within(..plane, 2 * plane);
}

fn planes<T>(values: &[T]) -> Option<[&[T]; 3]> {
    let plane = values.len() / 3;
    let (r, rest) = values.split_at_checked(plane)?;
    let (g, b) = rest.split_at_checked(plane)?;
    Some([r, g, b])
}

fn planes_mut<T>(values: &mut [T]) -> Option<[&mut [T]; 3]> {
    let plane = values.len() / 3;
    let (r, rest) = values.split_at_mut_checked(plane)?;
    let (g, b) = rest.split_at_mut_checked(plane)?;
    Some([r, g, b])
}

/// torchvision's weights of red, green and blue.
const WEIGHTS: [f32; 3] = [0.2989, 0.587, 0.114];

fn gray_of(r: f32, g: f32, b: f32) -> f32 {
    r * WEIGHTS[0] + g * WEIGHTS[1] + b * WEIGHTS[2]
}

/// The gray of `[3, plane]` bytes, cut to bytes as torch's float32 arithmetic has it.
///
/// In ten-thousandths the weights are whole numbers and the sum is exact in float32; divided, only a sum that is a whole
/// gray could round to either side of it. Those, one pixel in ten thousand, are reckoned step by step.
pub(crate) fn luma_plane(bytes: &[u8], out: &mut Vec<u8>) {
    const RUN: usize = 64;
    let Some([r, g, b]) = planes(bytes) else { return };
    out.resize(r.len(), 0);
    for (((r, g), b), out) in r.chunks(RUN).zip(g.chunks(RUN)).zip(b.chunks(RUN)).zip(out.chunks_mut(RUN)) {
        let mut whole = false;
        for (((r, g), b), out) in r.iter().zip(g).zip(b).zip(&mut *out) {
            let sum = f32::from(*r) * 2989.0 + f32::from(*g) * 5870.0 + f32::from(*b) * 1140.0;
            *out = to_byte(sum / 10_000.0);
            whole |= (f32::from(*out) * 10_000.0 == sum) & (sum != 0.0);
        }
        if whole {
            for (((r, g), b), out) in r.iter().zip(g).zip(b).zip(out) {
                *out = luma_by_steps(*r, *g, *b);
            }
        }
    }
}

fn luma_by_steps(r: u8, g: u8, b: u8) -> u8 {
    let red = f32::from(r) * WEIGHTS[0];
    to_byte(fused(f32::from(b), WEIGHTS[2], fused(f32::from(g), WEIGHTS[1], red)))
}
