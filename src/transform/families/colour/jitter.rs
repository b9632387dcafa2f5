//! torchvision's random changes of colour: ColorJitter, RandomPhotometricDistort, RandomChannelPermutation,
//! RandomGrayscale.

use super::adjust::{
    adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, one_or_three, rgb_to_grayscale,
};
use crate::config::ParamValue;
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::P;
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;

const fn jitter(name: &'static str, max: f64, doc: &'static str) -> ParamInfo {
    let range: &'static ParamKind = if max > 1.0 {
        &ParamKind::Floats { min: 0.0, max: 1e6, least: 2, most: 2 }
    } else {
        &ParamKind::Floats { min: -0.5, max: 0.5, least: 2, most: 2 }
    };
    param(name, ParamKind::Optional(range), ParamDefault::None, "", doc)
}

const COLOR_JITTER: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "ColorJitter",
    Family::Colour,
    "Changes brightness, contrast, saturation and hue by factors drawn for every picture, in an order drawn too.",
    &[
        jitter("brightness", 2.0, "v: a factor from 1 - v (at least 0) to 1 + v, or [low, high] of it"),
        jitter("contrast", 2.0, "as brightness"),
        jitter("saturation", 2.0, "as brightness"),
        jitter("hue", 0.5, "v: a turn from -v to v of the colour circle, or [low, high] of it; at most half a turn"),
    ],
    &[("brightness", ""), ("contrast", ""), ("saturation", ""), ("hue", ""), ("order", "")],
    |values| built(ColorJitter::new(values)?),
)
.noting("order 2413 means contrast, hue, brightness, saturation");

const fn distort(name: &'static str, default: &'static [f64], range: ParamKind, doc: &'static str) -> ParamInfo {
    param(name, range, ParamDefault::Floats(default), "", doc)
}
const FACTORS: ParamKind = ParamKind::Floats { min: 0.0, max: 1e6, least: 2, most: 2 };
const HUES: ParamKind = ParamKind::Floats { min: -0.5, max: 0.5, least: 2, most: 2 };

const RANDOM_PHOTOMETRIC_DISTORT: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomPhotometricDistort",
    Family::Colour,
    "Changes brightness, contrast, saturation, hue and the order of the channels, each by chance, as SSD was trained.",
    &[
        distort("brightness", &[0.875, 1.125], FACTORS, "[low, high] of the factor"),
        distort("contrast", &[0.5, 1.5], FACTORS, "[low, high] of the factor"),
        distort("saturation", &[0.5, 1.5], FACTORS, "[low, high] of the factor"),
        distort("hue", &[-0.05, 0.05], HUES, "[low, high] of the turn, as a share of a full one"),
        param("p", P.kind, P.default, "", "probability of each of them"),
    ],
    &[("brightness", ""), ("contrast", ""), ("saturation", ""), ("hue", ""), ("contrast first", ""), ("channels", "")],
    |values| built(PhotometricDistort::new(values)?),
)
.noting("a factor of 1, a hue of 0 and channels 0 are those left out");

const RANDOM_CHANNEL_PERMUTATION: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomChannelPermutation",
    Family::Colour,
    "Puts the channels in an order drawn for every picture.",
    &[],
    &[("channels", "")],
    |_| built(ChannelPermutation),
)
.noting("channels 312 means: the third, the first, the second");

const RANDOM_GRAYSCALE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomGrayscale",
    Family::Colour,
    "Makes the picture gray by chance; it keeps its number of channels.",
    &[param("p", P.kind, ParamDefault::Float(0.1), "", P.doc)],
    &[],
    |values| built(RandomGrayscale { p: values.float("p") }),
)
.by_chance_alone();

pub(crate) const ALL: &[TransformInfo] =
    &[COLOR_JITTER, RANDOM_PHOTOMETRIC_DISTORT, RANDOM_CHANNEL_PERMUTATION, RANDOM_GRAYSCALE];

/// `[low, high]` of what a factor is drawn from; `None` where it changes nothing.
fn range(values: &Values<'_>, name: &'static str, centre: f64) -> Result<Option<[f64; 2]>, Invalid> {
    let list = matches!(values.given.get(name), Some(ParamValue::List(_)));
    let [low, high] = match values.floats(name)[..] {
        [] => return Ok(None),
        [v] if !list && v < 0.0 => return Err(Invalid::new(name, msg!("transform-expected-not-negative-or-low-high"))),
        [v] if !list => [if centre > 0.0 { (centre - v).max(0.0) } else { -v }, centre + v],
        [low, high] if low <= high => [low, high],
        _ => return Err(Invalid::new(name, msg!("transform-expected-low-first"))),
    };
    Ok((low != centre || high != centre).then_some([low, high]))
}

/// As [`range`], for parameters that are always a pair.
fn pair(values: &Values<'_>, name: &'static str) -> Result<[f64; 2], Invalid> {
    match values.floats(name)[..] {
        [low, high] if low <= high => Ok([low, high]),
        _ => Err(Invalid::new(name, msg!("transform-expected-low-first"))),
    }
}

/// More channels are not put in another order: the order would not fit a number.
const MOST: usize = 9;

/// A random order of `n` things (at most [`MOST`]), as a number whose digits count from 1: 312.
fn order(stream: &mut Stream, n: usize) -> f64 {
    let n = n.min(MOST);
    let mut things = [1u8, 2, 3, 4, 5, 6, 7, 8, 9];
    for i in 0..n.saturating_sub(1) {
        things.swap(i, stream.integer(i as i64, n as i64) as usize);
    }
    things.iter().take(n).fold(0.0, |number, digit| number * 10.0 + f64::from(*digit))
}

/// The digits of [`order`]'s number, counted from 0, in order.
fn digits(order: f64) -> impl Iterator<Item = usize> {
    let order = order as u64;
    let places = (0..MOST as u32).rev().map(|place| 10u64.pow(place));
    places.filter(move |place| order >= *place).map(move |place| (order / place % 10).saturating_sub(1) as usize)
}

#[derive(Debug, Clone)]
struct ColorJitter {
    /// Of brightness, contrast, saturation and hue.
    ranges: [Option<[f64; 2]>; 4],
}

impl ColorJitter {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [b, c, s] = ["brightness", "contrast", "saturation"].map(|name| range(values, name, 1.0));
        Ok(Self { ranges: [b?, c?, s?, range(values, "hue", 0.0)?] })
    }
}

/// Brightness, contrast, saturation or hue, by their place in ColorJitter's signature.
fn adjust(which: usize, image: &mut Image, factor: f64, scratch: &mut Scratch) -> Result<(), Message> {
    match which {
        0 => adjust_brightness(image, factor),
        1 => adjust_contrast(image, factor, scratch),
        2 => adjust_saturation(image, factor, scratch),
        _ => adjust_hue(image, factor),
    }
}

const UNCHANGED: [f64; 4] = [1.0, 1.0, 1.0, 0.0];

impl Operation for ColorJitter {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        let order = order(&mut stream, 4);
        let mut figures = [0.0, 0.0, 0.0, 0.0, order];
        for ((figure, range), unchanged) in figures.iter_mut().zip(self.ranges).zip(UNCHANGED) {
            *figure = range.map_or(unchanged, |[low, high]| stream.uniform(low, high));
        }
        Draw::happens(&figures, stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        for which in digits(drawn.figure(4)) {
            if self.ranges.get(which).is_some_and(Option::is_some) {
                adjust(which, image, drawn.figure(which), scratch)?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct PhotometricDistort {
    ranges: [[f64; 2]; 4],
    p: f64,
}

impl PhotometricDistort {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [b, c, s, h] = ["brightness", "contrast", "saturation", "hue"].map(|name| pair(values, name));
        Ok(Self { ranges: [b?, c?, s?, h?], p: values.float("p") })
    }
}

impl Operation for PhotometricDistort {
    fn draw(&self, mut stream: Stream, [channels, ..]: [usize; 3]) -> Draw {
        let mut figures = [0.0; 6];
        for ((figure, [low, high]), unchanged) in figures.iter_mut().zip(self.ranges).zip(UNCHANGED) {
            *figure = if stream.happens(self.p) { stream.uniform(low, high) } else { unchanged };
        }
        figures[4] = f64::from(u8::from(stream.happens(0.5)));
        figures[5] = if stream.happens(self.p) { order(&mut stream, channels) } else { 0.0 };
        Draw::happens(&figures, stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        one_or_three(image)?;
        let steps = if drawn.figure(4) == 1.0 { [0, 1, 2, 3] } else { [0, 2, 3, 1] };
        for which in steps {
            if drawn.figure(which) != UNCHANGED[which] {
                adjust(which, image, drawn.figure(which), scratch)?;
            }
        }
        permute(image, drawn.figure(5), scratch)
    }
}

#[derive(Debug, Clone)]
struct ChannelPermutation;

impl Operation for ChannelPermutation {
    fn draw(&self, mut stream: Stream, [channels, ..]: [usize; 3]) -> Draw {
        Draw::happens(&[order(&mut stream, channels)], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        permute(image, drawn.figure(0), scratch)
    }
}

/// Puts the channels in that order; 0 leaves them.
fn permute(image: &mut Image, order: f64, scratch: &mut Scratch) -> Result<(), Message> {
    if order == 0.0 {
        return Ok(());
    }
    if image.channels > MOST {
        return Err(msg!("transform-too-many-channels", channels = image.channels, most = MOST));
    }
    let plane = image.height * image.width;
    match image.dtype {
        Dtype::U8 => {
            reorder(&image.bytes, plane, order, &mut scratch.bytes);
            std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        }
        Dtype::F32 => {
            reorder(&image.data, plane, order, &mut scratch.image);
            std::mem::swap(&mut image.data, &mut scratch.image);
        }
    }
    Ok(())
}

fn reorder<T: Copy>(values: &[T], plane: usize, order: f64, out: &mut Vec<T>) {
    out.clear();
    for channel in digits(order) {
        out.extend_from_slice(values.get(channel * plane..(channel + 1) * plane).unwrap_or_default());
    }
}

#[derive(Debug, Clone)]
struct RandomGrayscale {
    p: f64,
}

impl Operation for RandomGrayscale {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.p) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let channels = image.channels;
        rgb_to_grayscale(image, channels, scratch)
    }
}
