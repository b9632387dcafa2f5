//! torchvision's JPEG: the picture as it looks after it was written to a JPEG file and read again. Encoder and decoder
//! allocate for each image.

use crate::data::{Dtype, Image, Layout};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, param};
use crate::transform::families::colour::adjust::one_or_three;
use crate::transform::families::io::numeric::to_bytes;
use crate::transform::kernels::bytes::{BYTE, TO_BYTE};
use crate::transform::kernels::scratch::Scratch;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

const fn quality(kind: ParamKind, doc: &'static str) -> ParamInfo {
    param("quality", kind, ParamDefault::Int(75), "", doc)
}
const NOTE: &str = "`quality` has no default there; colour is kept at full size where torchvision halves it, gray is \
    the same to a rounding; floats of 0 to 1 go by way of bytes and are refused there";

const JPEG_FUNCTION: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "jpeg",
    Family::Noise,
    "Writes the picture as a JPEG file and reads it again.",
    &[quality(ParamKind::Int { min: 1, max: 100 }, "the less, the smaller the file and the coarser the picture")],
    |values| {
        let quality = values.int("quality");
        built(Jpeg { quality: [quality; 2] })
    },
)
.noting(NOTE);

const JPEG: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "JPEG",
    Family::Noise,
    "Writes every picture as a JPEG file of a quality drawn for it and reads it again.",
    &[quality(
        ParamKind::Ints { min: 1, max: 100, least: 2, most: 2 },
        "always this, or [low, high] to draw from, both of them too",
    )],
    &[("quality", "")],
    |values| match values.ints("quality")[..] {
        [low, high] if low <= high => built(Jpeg { quality: [low, high] }),
        [one] => built(Jpeg { quality: [one; 2] }),
        _ => Err(Invalid::new("quality", msg!("transform-expected-low-first"))),
    },
)
.noting(NOTE);

pub(crate) const ALL: &[TransformInfo] = &[JPEG_FUNCTION, JPEG];

#[derive(Debug, Clone)]
struct Jpeg {
    quality: [i64; 2],
}

impl Operation for Jpeg {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        let [low, high] = self.quality;
        Draw::happens(&[stream.integer(low, high + 1) as f64], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        one_or_three(image)?;
        let floats = image.dtype == Dtype::F32;
        if floats {
            to_bytes(image, TO_BYTE);
        }
        let quality = drawn.figures().first().map_or(self.quality[0], |q| *q as i64);
        there_and_back(image, quality.clamp(1, 100) as u8, scratch)?;
        if floats {
            image.to_floats();
            image.data.iter_mut().for_each(|v| *v *= BYTE);
        }
        Ok(())
    }
}

/// Bytes of 1 or 3 channels, in either layout; three come out as `[H, W, C]`.
fn there_and_back(image: &mut Image, quality: u8, scratch: &mut Scratch) -> Result<(), Message> {
    let (channels, plane) = (image.channels, image.height * image.width);
    if image.layout == Layout::ChannelFirst && channels == 3 {
        scratch.bytes.resize(image.bytes.len(), 0);
        for (c, values) in image.bytes.chunks_exact(plane.max(1)).enumerate() {
            for (to, from) in scratch.bytes.iter_mut().skip(c).step_by(3).zip(values) {
                *to = *from;
            }
        }
        std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        image.layout = Layout::ChannelLast;
    }
    let side = |side: usize| {
        u16::try_from(side).map(u32::from).map_err(|_| msg!("transform-jpeg-side", side = side.to_string()))
    };
    let (height, width) = (side(image.height)?, side(image.width)?);
    let (kind, space) = match channels {
        1 => (ExtendedColorType::L8, ColorSpace::Luma),
        _ => (ExtendedColorType::Rgb8, ColorSpace::RGB),
    };
    scratch.coded.clear();
    let mut encoder = JpegEncoder::new_with_quality(&mut scratch.coded, quality);
    encoder
        .encode(&image.bytes, width, height, kind)
        .map_err(|e| msg!("transform-jpeg-not-written", reason = e.to_string()))?;
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&scratch.coded), options);
    decoder.decode_into(&mut image.bytes).map_err(|e| msg!("transform-jpeg-not-read", reason = e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::{one, run};
    use crate::transform::tests_random::draws;

    /// Slopes and a square: 33 x 50.
    fn scene(channels: usize) -> Image {
        let of = |i: usize| {
            let (c, y, x) = (i / 1650, i / 50 % 33, i % 50);
            let square = (10..20).contains(&y) && (8..30).contains(&x);
            (x * 4 + y * 2 + c * 20 + if square { 40 } else { 0 }).min(255) as u8
        };
        Image::from_bytes([channels, 33, 50], (0..channels * 1650).map(of).collect())
    }

    /// Values of `torchvision.transforms.v2.functional.jpeg(scene, quality)` at row 12, columns 5 to 12.
    #[test]
    fn gray_is_torchvisions_to_a_rounding() {
        for (quality, expected) in GRAY {
            let out = run(&one("jpeg", &format!("quality = {quality}")), &scene(1), 0);
            for (x, expected) in (5..13).zip(expected) {
                let got = out.at(0, 12, x).unwrap();
                assert!((got - expected).abs() <= 2.0, "quality {quality}, column {x}: {got}, expected {expected}");
            }
        }
    }

    #[test]
    fn colour_stays_near_and_layouts_agree() {
        let image = scene(3);
        let far = |quality: u32| {
            let out = run(&one("jpeg", &format!("quality = {quality}")), &image, 0);
            assert_eq!((out.shape(), out.layout), (image.shape(), Layout::ChannelFirst));
            let sum: f32 = out.data.iter().zip(&image.bytes).map(|(a, b)| (a - f32::from(*b)).abs()).sum();
            sum / image.bytes.len() as f32
        };
        let (fine, coarse) = (far(95), far(5));
        assert!(fine < 2.0 && coarse > 2.0 * fine && coarse < 20.0, "{fine} {coarse}");
        let mut last = image.clone();
        last.layout = Layout::ChannelLast;
        last.bytes = (0..image.len()).map(|i| image.bytes[i % 3 * 1650 + i / 3]).collect();
        let jpeg = one("jpeg", "");
        assert_eq!(run(&jpeg, &last, 0), run(&jpeg, &image, 0));
        let floats = Image::from_floats(image.shape(), image.bytes.iter().map(|v| f32::from(*v) / 255.0).collect());
        let (floats, bytes) = (run(&jpeg, &floats, 0), run(&jpeg, &image, 0));
        assert!(floats.data.iter().zip(&bytes.data).all(|(a, b)| (a * 255.0 - b).abs() < 1e-3));
    }

    #[test]
    fn qualities_are_drawn_evenly_both_ends_too() {
        let jpeg = one("JPEG", "quality = [40, 49]");
        let mut counts = [0.0; 10];
        draws(&jpeg, 10_000).iter().for_each(|d| counts[d.figures()[0] as usize - 40] += 1.0);
        let chi2: f64 = counts.iter().map(|n: &f64| (n - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 27.9, "chi² of 9 degrees: {chi2}"); // p = 0.001
        for sample in 0..10 {
            let seed = crate::transform::SampleSeed { seed: 3, epoch: 1, sample };
            let quality = jpeg.steps()[0].draw(seed, [3, 33, 50]).figures()[0];
            let fixed = one("jpeg", &format!("quality = {quality}"));
            assert_eq!(run(&jpeg, &scene(3), sample), run(&fixed, &scene(3), 0));
        }
    }

    const GRAY: [(u32, [f32; 8]); 2] = [
        (90, [44.0, 48.0, 52.0, 95.0, 99.0, 103.0, 107.0, 111.0]),
        (20, [47.0, 51.0, 54.0, 97.0, 99.0, 103.0, 108.0, 114.0]),
    ];
}
