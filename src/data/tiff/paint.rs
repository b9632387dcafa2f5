//! From samples to gray or colour, by TIFF's photometric interpretation and by Pillow's arithmetic.

use super::super::convert::{cmyk_to_rgb, float_luma, luma, ycbcr_to_rgb};
use super::samples::SampleFormat;
use crate::language::Message;

/// What a pixel's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// `inverted`: 0 is white.
    Gray {
        inverted: bool,
    },
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

/// How pixels are made of samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) colour: Colour,
    /// Colours were multiplied by an alpha that follows them.
    premultiplied: bool,
    /// The value of white, where there is one.
    most: f32,
    /// Whole numbers of up to 16 bits.
    whole: bool,
}

impl Paint {
    /// # Errors
    /// A photometric interpretation that is not supported, or too few samples for it.
    pub(super) fn of(
        photometric: u64,
        samples: usize,
        bits: u64,
        format: SampleFormat,
        premultiplied: bool,
    ) -> Result<Self, Message> {
        let colour = match photometric {
            // Pillow inverts up to 8 bits only.
            0 => Colour::Gray { inverted: bits <= 8 },
            1 => Colour::Gray { inverted: false },
            2 => Colour::Rgb,
            3 if bits <= 8 && format == SampleFormat::Unsigned => Colour::Palette,
            5 => Colour::Cmyk,
            6 if samples == 1 => Colour::Gray { inverted: false },
            6 if bits == 8 => Colour::YCbCr,
            _ => {
                let name = match photometric {
                    3 => msg!("data-tiff-kind-palette", bits = bits.to_string()),
                    4 => msg!("data-tiff-kind-mask"),
                    6 => msg!("data-tiff-kind-ycbcr", bits = bits.to_string()),
                    8..=10 => msg!("data-tiff-kind-lab"),
                    32_803 => msg!("data-tiff-kind-mosaic"),
                    32_844 | 32_845 => msg!("data-tiff-kind-logluv"),
                    34_892 => msg!("data-tiff-kind-raw"),
                    _ => msg!("data-tiff-kind-photometric", photometric = photometric.to_string()),
                };
                return Err(msg!("data-tiff-kind-unsupported", name));
            }
        };
        let least = match colour {
            Colour::Gray { .. } | Colour::Palette => 1,
            Colour::Rgb | Colour::YCbCr => 3,
            Colour::Cmyk => 4,
        };
        if samples < least || (least == 1 && samples > 2) {
            return Err(msg!("data-tiff-one-colour-channels", samples = samples.to_string()));
        }
        let whole = format == SampleFormat::Unsigned && bits <= 16;
        let premultiplied = premultiplied && whole && samples > least && colour != Colour::Palette;
        let most = if bits <= 8 { 255.0 } else { ((1u64 << bits.min(63)) - 1) as f32 };
        Ok(Self { colour, premultiplied, most, whole })
    }

    /// Samples of a pixel that are needed: the first ones.
    pub(super) fn needs(&self) -> usize {
        let colours = match self.colour {
            Colour::Gray { .. } | Colour::Palette => 1,
            Colour::Rgb | Colour::YCbCr => 3,
            Colour::Cmyk => 4,
        };
        colours + usize::from(self.premultiplied)
    }

    /// Pixels of [`Self::needs`] bytes to pixels of `channels` (1 or 3).
    pub(super) fn bytes(&self, samples: &[u8], palette: &[[u8; 3]], channels: usize, out: &mut [u8]) {
        let pixels = samples.chunks_exact(self.needs()).zip(out.chunks_exact_mut(channels));
        let plain = |v: u8, alpha: u8| match (self.premultiplied, alpha) {
            (false, _) | (true, 255) => v,
            (true, 0) => 0,
            (true, a) => (u32::from(v) * 255 / u32::from(a)).min(255) as u8,
        };
        let write = |rgb: [u8; 3], to: &mut [u8]| {
            if channels == 1 {
                to[0] = luma(rgb[0].into(), rgb[1].into(), rgb[2].into()) as u8;
            } else {
                to.copy_from_slice(&rgb);
            }
        };
        match self.colour {
            Colour::Gray { inverted } => pixels.for_each(|(pixel, to)| {
                let value = plain(pixel[0], pixel[pixel.len() - 1]);
                to.fill(if inverted { 255 - value } else { value });
            }),
            Colour::Rgb if channels == 3 && !self.premultiplied => out.copy_from_slice(samples),
            Colour::Rgb => pixels.for_each(|(pixel, to)| {
                let alpha = pixel[pixel.len() - 1];
                write([pixel[0], pixel[1], pixel[2]].map(|v| plain(v, alpha)), to);
            }),
            Colour::Palette => pixels.for_each(|(pixel, to)| {
                write(palette.get(usize::from(pixel[0])).copied().unwrap_or_default(), to);
            }),
            Colour::Cmyk => pixels.for_each(|(pixel, to)| {
                write(cmyk_to_rgb([pixel[0], pixel[1], pixel[2], pixel[3]]), to);
            }),
            Colour::YCbCr => pixels.for_each(|(pixel, to)| {
                if channels == 1 {
                    to[0] = pixel[0];
                } else {
                    to.copy_from_slice(&ycbcr_to_rgb([pixel[0], pixel[1], pixel[2]]));
                }
            }),
        }
    }

    /// Pixels of [`Self::needs`] floats to pixels of `channels` (1 or 3).
    pub(super) fn floats(&self, samples: &[f32], channels: usize, out: &mut [f32]) {
        let pixels = samples.chunks_exact(self.needs()).zip(out.chunks_exact_mut(channels));
        // With Pillow's precision: the upper 8 bits of 16.
        let upper = |v: f32| (v as u32) >> 8;
        let plain = |v: f32, alpha: f32| match self.premultiplied {
            true if self.most == 65_535.0 => match upper(alpha) {
                0 => 0.0,
                255 => v,
                alpha => ((upper(v) * 255 / alpha).min(255) * 257) as f32,
            },
            true if alpha == 0.0 => 0.0,
            true => (v * self.most / alpha).min(self.most).floor(),
            false => v,
        };
        let gray = |[r, g, b]: [f32; 3]| {
            if self.whole { luma(r as u32, g as u32, b as u32) as f32 } else { float_luma([r, g, b]) }
        };
        pixels.for_each(|(pixel, to)| {
            let alpha = pixel[pixel.len() - 1];
            let rgb = match self.colour {
                Colour::Gray { .. } | Colour::Palette => return to.fill(plain(pixel[0], alpha)),
                Colour::Cmyk => [0, 1, 2].map(|c| (self.most - pixel[3]) * (1.0 - pixel[c] / self.most)),
                Colour::Rgb | Colour::YCbCr => [0, 1, 2].map(|c| plain(pixel[c], alpha)),
            };
            if channels == 1 {
                to[0] = gray(rgb);
            } else {
                to.copy_from_slice(&rgb);
            }
        });
    }
}
