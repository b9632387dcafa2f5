//! Decoded samples to gray or RGB, values as in the file.

use super::image::{Image, Layout};
use crate::language::Message;
use image::ColorType;

/// PIL's `L`: ITU-R 601-2 luma in 16-bit fixed point (`L24` in its Convert.c). Exact for grays of 8 and 16 bit.
#[inline]
pub(super) fn luma(r: u32, g: u32, b: u32) -> u32 {
    // 65535 * 65536 + 0x8000 still fits 32 bits.
    (r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16
}

/// The same of floats.
pub(super) fn float_luma([r, g, b]: [f32; 3]) -> f32 {
    (r * 19_595.0 + g * 38_470.0 + b * 7_471.0) / 65_536.0
}

/// JFIF's YCbCr in libjpeg's 16-bit fixed point.
#[inline]
pub(super) fn ycbcr_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let half = 1 << 15;
    [
        y + ((91_881 * cr + half) >> 16),
        y + ((-22_554 * cb - 46_802 * cr + half) >> 16),
        y + ((116_130 * cb + half) >> 16),
    ]
    .map(|v| v.clamp(0, 255) as u8)
}

/// Inks to light as PIL does it, without a profile.
#[inline]
pub(super) fn cmyk_to_rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    let paper = 255 - u32::from(k);
    [c, m, y].map(|ink| {
        let product = u32::from(ink) * paper + 128;
        (paper - ((product + (product >> 8)) >> 8)) as u8
    })
}

/// Entries of `step` bytes, the first three of which are a colour, are all gray.
pub(super) fn is_gray(palette: &[u8], step: usize) -> bool {
    palette.chunks_exact(step).all(|c| matches!(c, [a, b, c, ..] if a == b && b == c))
}

/// Widens 8-bit samples.
pub(super) fn widen(bytes: &[u8], out: &mut [f32]) {
    for (to, &from) in out.iter_mut().zip(bytes) {
        *to = f32::from(from);
    }
}

/// Pixels of 1 to 4 integer samples (gray, gray + alpha, RGB, RGBA) to `out` of 1 or 3 channels; alpha is dropped.
fn integers<const BYTES: usize, T: Copy>(
    bytes: &[u8],
    samples: usize,
    out: &mut [T],
    out_channels: usize,
    value: fn([u8; BYTES]) -> u32,
    to_out: fn(u32) -> T,
) {
    let at = |pixel: &[u8], i: usize| {
        let mut raw = [0; BYTES];
        raw.copy_from_slice(&pixel[i * BYTES..(i + 1) * BYTES]);
        value(raw)
    };
    let pixels = bytes.chunks_exact(samples * BYTES).zip(out.chunks_exact_mut(out_channels));
    match (samples >= 3, out_channels) {
        (true, 1) => pixels.for_each(|(p, to)| to[0] = to_out(luma(at(p, 0), at(p, 1), at(p, 2)))),
        (true, _) => pixels.for_each(|(p, to)| to.iter_mut().enumerate().for_each(|(i, v)| *v = to_out(at(p, i)))),
        (false, _) => pixels.for_each(|(p, to)| to.fill(to_out(at(p, 0)))),
    }
}

/// What the `image` crate decoded, `size` being rows and columns, to an image of `channels` (1 or 3): bytes where the
/// samples have 8 bits, else floats.
///
/// # Errors
/// A kind of samples that is not known here.
pub(super) fn convert(
    bytes: &[u8],
    kind: ColorType,
    [height, width]: [usize; 2],
    channels: usize,
    out: &mut Image,
) -> Result<(), Message> {
    let samples = usize::from(kind.channel_count());
    let last = Layout::ChannelLast;
    match kind {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => {
            let out = out.reshape_bytes(channels, height, width, last);
            if samples == channels {
                out.copy_from_slice(bytes.get(..out.len()).ok_or(msg!("data-ends-early"))?);
            } else {
                integers::<1, u8>(bytes, samples, out, channels, |raw| u32::from(raw[0]), |v| v as u8);
            }
        }
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            let value = |raw| u32::from(u16::from_ne_bytes(raw));
            integers::<2, f32>(bytes, samples, out.reshape(channels, height, width, last), channels, value, |v| {
                v as f32
            });
            out.sixteen_bit = true;
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            floats(bytes, samples, channels, out.reshape(channels, height, width, last));
        }
        other => return Err(msg!("data-samples-unsupported", other = format!("{other:?}"))),
    }
    Ok(())
}

fn floats(bytes: &[u8], samples: usize, channels: usize, out: &mut [f32]) {
    for (pixel, to) in bytes.chunks_exact(samples * 4).zip(out.chunks_exact_mut(channels)) {
        let mut rgb = [0.0; 3];
        for (value, raw) in rgb.iter_mut().zip(pixel.chunks_exact(4)) {
            *value = f32::from_ne_bytes([raw[0], raw[1], raw[2], raw[3]]);
        }
        if channels == 1 {
            to[0] = float_luma(rgb);
        } else {
            to.copy_from_slice(&rgb);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::Dtype;
    use super::*;

    #[test]
    fn luma_is_pils() {
        // PIL: Image.new("RGB", (1, 1), c).convert("L")
        for (rgb, expected) in [([255, 0, 0], 76.0), ([0, 255, 0], 150.0), ([0, 0, 255], 29.0), ([10, 200, 90], 131.0)]
        {
            let mut out = Image::empty();
            convert(&rgb, ColorType::Rgb8, [1, 1], 1, &mut out).unwrap();
            assert_eq!(out.at(0, 0, 0), Some(expected), "{rgb:?}");
        }
        assert_eq!(luma(65_535, 65_535, 65_535), 65_535);
    }

    #[test]
    fn alpha_is_dropped_and_gray_is_spread() {
        let mut out = Image::empty();
        convert(&[7, 0, 9, 255], ColorType::La8, [1, 2], 3, &mut out).unwrap();
        assert_eq!((out.dtype, out.bytes.as_slice()), (Dtype::U8, [7, 7, 7, 9, 9, 9].as_slice()));
        let wide: Vec<u8> = [1u16, 300, 65_535, 0].iter().flat_map(|v| v.to_ne_bytes()).collect();
        convert(&wide, ColorType::Rgba16, [1, 1], 3, &mut out).unwrap();
        assert_eq!((out.dtype, out.data.as_slice()), (Dtype::F32, [1., 300., 65_535.].as_slice()));
    }
}
