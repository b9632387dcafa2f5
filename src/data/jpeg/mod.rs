//! JPEG. Ordinary files go to `zune-jpeg`, the fastest there is; all others to a decoder of our own: files of several
//! scans, which zune-jpeg decodes wrongly (sequential ones) or does not miss the end of, CMYK, rare samplings, damaged ones,
//! and pictures decoded at a part of their size.

mod bits;
mod coded;
mod markers;
mod pixels;

pub(super) use coded::Coded;
pub(super) use markers::coding_of;

use crate::language::Message;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::convert::{cmyk_to_rgb, convert, luma, ycbcr_to_rgb};
use super::header::Header;
use super::image::{Image, Layout};
use super::room::LARGE_BYTES;
use markers::{ColourSpace, Segments};

/// Pixels from which on half the size is worth it: there the decoder that can scale takes as long as the other for the
/// whole picture or longer, so what it saves is what comes after it.
const HALF_FROM_PIXELS: usize = 2_000_000;

/// Decodes to `channels` (1 or 3); smaller where `target`, a least height and width, has room for it. `pixels` is a
/// buffer.
///
/// # Errors
/// What is wrong with the file. A picture that is not all there is no picture; an end marker may be missing.
pub(super) fn decode(
    file: &[u8],
    header: &Header,
    channels: usize,
    target: Option<[usize; 2]>,
    pixels: &mut Vec<u8>,
    out: &mut Image,
) -> Result<(), Message> {
    let size = [header.height as usize, header.width as usize];
    if let Some(divisor) = target.and_then(|target| divisor(size, target))
        && own(file, size, divisor, channels, pixels, out).is_ok()
    {
        return Ok(());
    }
    if has_end_marker(file, header)
        && let Some(zeros_may_be_flat) = ordinary(file)
        && whole(file, channels, pixels, out).is_ok()
        && !may_be_cut(out, zeros_may_be_flat)
    {
        return Ok(());
    }
    own(file, size, 1, channels, pixels, out)
}

/// Bytes that decoding takes beside the file's samples and the image, for the room of a large picture: our own decoder holds
/// each component's coefficients, of two bytes, and its samples until the picture is put together.
pub(super) fn bytes_beside(file: &[u8], header: &Header, target: Option<[usize; 2]>) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    // CMYK has one more than the image.
    let most = pixels.saturating_mul(3 * if header.channels == 1 { 1 } else { 4 });
    if most < LARGE_BYTES / 4 {
        // Not counted anyhow, with what is not beside it.
        return 0;
    }
    let size = [header.height as usize, header.width as usize];
    let is_scaled = target.is_some_and(|target| divisor(size, target).is_some());
    if is_scaled || ordinary(file).is_none() { most } else { 0 }
}

/// Where data end before an end marker, zune-jpeg reads zeros to the picture's end without a word, which makes one unit like
/// another. A picture whose last units are so is left to the decoder that tells; a flat end only where zeros may make one.
fn may_be_cut(image: &Image, zeros_may_be_flat: bool) -> bool {
    /// Columns of the widest unit.
    const UNIT: usize = 16;
    let [channels, height, width] = image.shape();
    if width < 2 * UNIT {
        return true;
    }
    let (mut steps, mut values) = ([255i16, -255], [255u8, 0]);
    for row in image.bytes.chunks_exact(width * channels).skip(height.saturating_sub(8)) {
        let (before, last) = row[(width - 2 * UNIT) * channels..].split_at(UNIT * channels);
        for (a, b) in before.iter().step_by(channels).zip(last.iter().step_by(channels)) {
            let step = i16::from(*b) - i16::from(*a);
            steps = [steps[0].min(step), steps[1].max(step)];
            values = [values[0].min(*b), values[1].max(*b)];
        }
        if steps[1] - steps[0] > 3 {
            return false;
        }
    }
    zeros_may_be_flat || values[1] - values[0] > 3
}

/// An end marker stands after the frame header (one before it belongs to a preview in the metadata).
fn has_end_marker(file: &[u8], header: &Header) -> bool {
    let from = usize::try_from(header.frame_at).unwrap_or(usize::MAX);
    header.complete || file.get(from..).is_some_and(|rest| rest.windows(2).any(|pair| pair == [0xff, 0xd9]))
}

/// Of the kind that zune-jpeg decodes as libjpeg does: gray, or YCbCr with chroma whole or halved, in one sequential scan.
/// If so, whether a code of zeros may mean a flat block.
fn ordinary(file: &[u8]) -> Option<bool> {
    let mut segments = Segments::without_tables();
    let Ok((Some(scan), _)) = segments.read_to_scan(file, &mut 0) else { return None };
    let frame = segments.frame.as_ref()?;
    let sampling: Vec<_> = frame.components.iter().map(|c| (c.h, c.v)).collect();
    let samples_well = match sampling.as_slice() {
        [(1, 1)] => true,
        [luma, (1, 1), (1, 1)] => matches!(luma, (1 | 2, 1 | 2)),
        _ => false,
    };
    let colours_well = matches!(segments.colour_space(), ColourSpace::Gray | ColourSpace::YCbCr);
    let one_scan = !frame.progressive && scan.components.len() == frame.components.len();
    (samples_well && colours_well && one_scan).then_some(segments.zeros_may_be_flat)
}

/// All of an ordinary file, by zune-jpeg.
fn whole(file: &[u8], channels: usize, pixels: &mut Vec<u8>, out: &mut Image) -> Result<(), Message> {
    let words = |e: zune_jpeg::errors::DecodeErrors| Message::verbatim(e.to_string());
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(words)?;
    // Gray out of YCbCr is its Y plane: no chroma is decoded and nothing converted.
    let space = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => ColorSpace::Luma,
        Some(ColorSpace::YCbCr) if channels == 1 => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let (width, height) = decoder.dimensions().ok_or(msg!("data-size-missing"))?;
    let samples = space.num_components();
    if samples == channels {
        // Straight into the image.
        return decoder.decode_into(out.reshape_bytes(channels, height, width, Layout::ChannelLast)).map_err(words);
    }
    let len = width * height * samples;
    if pixels.len() < len {
        pixels.resize(len, 0);
    }
    let pixels = &mut pixels[..len];
    decoder.decode_into(pixels).map_err(words)?;
    let kind = if samples == 1 { image::ColorType::L8 } else { image::ColorType::Rgb8 };
    convert(pixels, kind, [height, width], channels, out)
}

/// By how much the picture may be made smaller so that it keeps the target's height and width; `None` where that is not
/// worth it.
fn divisor([height, width]: [usize; 2], target: [usize; 2]) -> Option<usize> {
    let keeps = |by: &usize| height.div_ceil(*by) >= target[0] && width.div_ceil(*by) >= target[1];
    [8, 4, 2].into_iter().find(keeps).filter(|by| *by > 2 || height * width >= HALF_FROM_PIXELS)
}

/// Decodes at `1 / divisor` of the size, by our own decoder.
fn own(
    file: &[u8],
    [height, width]: [usize; 2],
    divisor: usize,
    channels: usize,
    pixels: &mut Vec<u8>,
    out: &mut Image,
) -> Result<(), Message> {
    let unsupported =
        |why: &Message| why.is("data-jpeg-chroma") || why.is("data-jpeg-depth") || why.is("data-jpeg-coding");
    let words = |reason: Message| match () {
        () if reason.is("data-ends-early") => msg!("data-file-cut-off", format = "jpeg"),
        () if unsupported(&reason) => reason,
        () => msg!("data-jpeg-damaged", reason),
    };
    let coded = Coded::read(file, None, height as u64 * width as u64).map_err(words)?;
    let gray = coded.components() == 1 || (channels == 1 && coded.colour == ColourSpace::YCbCr);
    let [height, width] = coded.samples(divisor, gray, pixels);
    let rgb: fn(&[u8]) -> [u8; 3] = match coded.colour {
        _ if gray => {
            convert(pixels, image::ColorType::L8, [height, width], channels, out)?;
            return Ok(());
        }
        ColourSpace::Gray | ColourSpace::Rgb => |p| [p[0], p[1], p[2]],
        ColourSpace::YCbCr => |p| ycbcr_to_rgb([p[0], p[1], p[2]]),
        // Adobe's files, and Pillow takes all for such, hold the inks inverted; YCCK does so to the inks' complement.
        ColourSpace::Cmyk => |p| cmyk_to_rgb([0, 1, 2, 3].map(|i| 255 - p[i])),
        ColourSpace::Ycck => |p| {
            let [r, g, b] = ycbcr_to_rgb([p[0], p[1], p[2]]);
            cmyk_to_rgb([r, g, b, 255 - p[3]])
        },
    };
    let out = out.reshape_bytes(channels, height, width, Layout::ChannelLast);
    for (pixel, to) in pixels.chunks_exact(coded.components()).zip(out.chunks_exact_mut(channels)) {
        let [r, g, b] = rgb(pixel);
        if channels == 1 {
            to[0] = luma(r.into(), g.into(), b.into()) as u8;
        } else {
            to.copy_from_slice(&[r, g, b]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::decode::Decoder;
    use super::super::image::Dtype;
    use super::*;

    #[test]
    fn pictures_keep_what_is_needed() {
        assert_eq!(divisor([3000, 4000], [224, 224]), Some(8));
        assert_eq!(divisor([3000, 4000], [376, 224]), Some(4));
        assert_eq!(divisor([3000, 4000], [900, 900]), Some(2));
        assert_eq!(divisor([3000, 4000], [1501, 900]), None);
        assert_eq!(divisor([375, 500], [94, 125]), Some(4));
        // Half of a small picture takes longer than all of it.
        assert_eq!(divisor([375, 500], [95, 125]), None);
    }

    #[test]
    fn what_our_own_decoder_holds_is_counted() {
        let mut file = Vec::new();
        let picture = image::RgbImage::from_pixel(16, 16, image::Rgb([1, 2, 3]));
        image::codecs::jpeg::JpegEncoder::new(&mut file).encode_image(&picture).unwrap();
        let header = Header { width: 10_000, height: 10_000, ..Header::new(super::super::header::Format::Jpeg) };
        assert_eq!(bytes_beside(&file, &header, None), 0);
        assert_eq!(bytes_beside(&file, &header, Some([9_000, 9_000])), 0, "that is all of it");
        assert_eq!(bytes_beside(&file, &header, Some([224, 224])), 1_200_000_000);
        assert_eq!(bytes_beside(b"of several scans", &header, None), 1_200_000_000);
        let small = Header { width: 100, height: 100, ..header };
        assert_eq!(bytes_beside(b"of several scans", &small, None), 0);
    }

    /// A smooth picture decoded at an eighth is the mean of each block.
    #[test]
    fn a_scaled_picture_is_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let value = |x: u32, y: u32| [(x / 2) as u8, (y / 2) as u8, (128 + x / 4 - y / 4) as u8];
        let picture = image::RgbImage::from_fn(397, 243, |x, y| image::Rgb(value(x, y)));
        let path = folder.path().join("p.jpg");
        let file = std::fs::File::create(&path).unwrap();
        image::codecs::jpeg::JpegEncoder::new_with_quality(file, 95).encode_image(&picture).unwrap();
        let gray = folder.path().join("g.jpg");
        let file = std::fs::File::create(&gray).unwrap();
        let luma = image::GrayImage::from_fn(397, 243, |x, y| image::Luma([value(x, y)[0]]));
        image::codecs::jpeg::JpegEncoder::new_with_quality(file, 95).encode_image(&luma).unwrap();
        for (path, channels) in [(&path, 3), (&path, 1), (&gray, 1), (&gray, 3)] {
            let mut decoder = Decoder::new(channels, 1_000_000);
            let (mut whole, mut small) = (Image::empty(), Image::empty());
            decoder.read(path).unwrap();
            decoder.decode(path, &mut whole).unwrap();
            for (target, size) in [([31, 50], [31, 50]), ([32, 50], [61, 100]), ([62, 2], [243, 397])] {
                decoder.set_target(Some(target));
                decoder.decode(path, &mut small).unwrap();
                assert_eq!((small.dtype, small.shape()), (Dtype::U8, [channels, size[0], size[1]]));
                let by = 243usize.div_ceil(size[0]);
                for (c, y, x) in [(0, 0, 0), (channels - 1, 12, 40), (0, size[0] - 2, size[1] - 2)] {
                    let block = (0..by * by).map(|i| whole.at(c, y * by + i / by, x * by + i % by).unwrap());
                    let mean = block.sum::<f32>() / (by * by) as f32;
                    assert!((small.at(c, y, x).unwrap() - mean).abs() < 3.0, "{channels} {size:?} {c} {y} {x}");
                }
            }
            decoder.set_target(None);
            decoder.decode(path, &mut small).unwrap();
            assert!(small == whole);
        }
    }

    /// A file that the whole decoder refuses is refused, or comes out at the size meant, and nothing worse.
    #[test]
    fn damage_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let picture = image::RgbImage::from_fn(160, 120, |x, y| image::Rgb([(x * y) as u8, x as u8, y as u8]));
        let mut good = Vec::new();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut good, 90).encode_image(&picture).unwrap();
        let mut state = 1u32;
        let path = folder.path().join("p.jpg");
        for round in 0..200 {
            let mut file = good.clone();
            for _ in 0..1 + round % 4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % file.len();
                file[at] = (state >> 3) as u8;
            }
            std::fs::write(&path, &file).unwrap();
            let mut decoder = Decoder::new(3, 100_000);
            decoder.set_target(Some([15, 20]));
            let mut image = Image::empty();
            decoder.read(&path).unwrap();
            if decoder.decode(&path, &mut image).is_ok() {
                assert_eq!(image.len(), image.channels * image.height * image.width);
                assert!(image.height >= 15 && image.width >= 20 || image.height * image.width < 160 * 120);
            }
        }
    }
}
