//! JPEG: whole pictures, and pictures decoded at a part of their size, which is to leave out the fine parts of each block
//! of 8 x 8.

use std::panic::{AssertUnwindSafe, catch_unwind};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::convert::convert;
use super::image::{Image, Layout};
use super::probe::Header;

/// Pixels from which on half the size is worth it. The decoder that can scale is the slower one: at half the size it takes
/// as long as the other for the whole picture or longer, so what it saves is what comes after it.
const HALF_FROM_PIXELS: usize = 2_000_000;

/// Decodes to `channels` (1 or 3); smaller where `target`, a least height and width, has room for it. `pixels` is a
/// buffer.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn decode(
    file: &[u8],
    header: &Header,
    channels: usize,
    target: Option<[usize; 2]>,
    pixels: &mut Vec<u8>,
    out: &mut Image,
) -> Result<(), String> {
    if !header.complete && !has_end_marker(file, header.frame_at) {
        return Err("the jpeg file is cut off: it has no end marker".to_owned());
    }
    let size = [header.height as usize, header.width as usize];
    if let Some(divisor) = target.and_then(|target| divisor(size, target)) {
        // Whatever the scaling decoder objects to, the other one decodes or explains.
        let small = catch_unwind(AssertUnwindSafe(|| scaled(file, size, divisor, channels, out)));
        if matches!(small, Ok(Some(()))) {
            return Ok(());
        }
    }
    // Damage that libjpeg decodes with a warning (stray bytes, lost restart markers) is decoded here too; missing
    // data is an error there and here.
    match whole(file, true, channels, pixels, out) {
        Err(reason) if !reason.contains("Premature end") && !reason.contains("Exhausted data") => {
            whole(file, false, channels, pixels, out).map_err(|reason| format!("damaged jpeg: {reason}"))
        }
        Err(_) => Err("the jpeg file is cut off: its data end early".to_owned()),
        Ok(()) => Ok(()),
    }
}

/// An end marker stands after the frame header (one before it belongs to a preview in the metadata).
fn has_end_marker(file: &[u8], frame_at: u64) -> bool {
    let from = usize::try_from(frame_at).unwrap_or(usize::MAX);
    file.get(from..).is_some_and(|rest| rest.windows(2).any(|pair| pair == [0xff, 0xd9]))
}

fn whole(file: &[u8], strict: bool, channels: usize, pixels: &mut Vec<u8>, out: &mut Image) -> Result<(), String> {
    let words = |e: zune_jpeg::errors::DecodeErrors| e.to_string();
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
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
    let (width, height) = decoder.dimensions().ok_or("its size is missing")?;
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

/// Decodes at `1 / divisor` of the size; `None` where that cannot be, and `out` then holds nothing of meaning.
fn scaled(file: &[u8], size: [usize; 2], divisor: usize, channels: usize, out: &mut Image) -> Option<()> {
    let [height, width] = size.map(|side| side.div_ceil(divisor));
    let mut decoder = jpeg_decoder::Decoder::new(file);
    decoder.set_max_decoding_buffer_size(size[0].checked_mul(size[1])?.checked_mul(8)?);
    let given = decoder.scale(u16::try_from(width).ok()?, u16::try_from(height).ok()?).ok()?;
    let kind = match decoder.info()?.pixel_format {
        jpeg_decoder::PixelFormat::L8 => image::ColorType::L8,
        jpeg_decoder::PixelFormat::RGB24 => image::ColorType::Rgb8,
        _ => return None,
    };
    if (usize::from(given.0), usize::from(given.1)) != (width, height) {
        return None;
    }
    let pixels = decoder.decode().ok()?;
    convert(&pixels, kind, [height, width], channels, out).ok()
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
