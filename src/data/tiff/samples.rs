//! From a strip's bytes to samples: predictors undone, bits taken apart, bytes in this machine's order.

use crate::language::Message;

/// What a sample's bits mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SampleFormat {
    Unsigned,
    Signed,
    Float,
}

/// How the samples of a strip or tile lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) bits: usize,
    pub(super) format: SampleFormat,
    pub(super) big_endian: bool,
    /// Samples of a pixel in these bytes: one where the planes are apart.
    pub(super) samples: usize,
    /// Of these, how many of the first count.
    pub(super) kept: usize,
    /// Samples of less than 8 bits are spread over 0 to 255 (a palette's indices are not).
    pub(super) spread: bool,
}

impl Form {
    /// Bytes of a row of `width` pixels.
    pub(super) fn row_bytes(&self, width: usize) -> Option<usize> {
        Some(width.checked_mul(self.samples)?.checked_mul(self.bits)?.div_ceil(8))
    }

    /// Samples are bytes once decoded.
    pub(super) fn is_bytes(&self) -> bool {
        self.bits <= 8
    }

    /// Undoes horizontal differencing (Predictor 2) in a row.
    ///
    /// # Errors
    /// A depth that it has no meaning for.
    pub(super) fn undo_differences(&self, row: &mut [u8]) -> Result<(), Message> {
        let step = self.samples * self.bits / 8;
        let big = self.big_endian;
        match self.bits {
            8 => (step..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - step])),
            16 => add::<2>(row, step, |a, b| {
                let of = if big { u16::from_be_bytes } else { u16::from_le_bytes };
                let sum = of(a).wrapping_add(of(b));
                if big { sum.to_be_bytes() } else { sum.to_le_bytes() }
            }),
            32 => add::<4>(row, step, |a, b| {
                let of = if big { u32::from_be_bytes } else { u32::from_le_bytes };
                let sum = of(a).wrapping_add(of(b));
                if big { sum.to_be_bytes() } else { sum.to_le_bytes() }
            }),
            64 => add::<8>(row, step, |a, b| {
                let of = if big { u64::from_be_bytes } else { u64::from_le_bytes };
                let sum = of(a).wrapping_add(of(b));
                if big { sum.to_be_bytes() } else { sum.to_le_bytes() }
            }),
            bits => return Err(msg!("data-tiff-predicted-depth", bits = bits.to_string())),
        }
        Ok(())
    }

    /// Undoes the floating point predictor (Predictor 3, Adobe's Technical Note 3) in a row: bytes are differences, and all
    /// highest bytes come first. They come out big-endian. `spare` is a buffer.
    pub(super) fn undo_float_differences(&self, row: &mut [u8], spare: &mut Vec<u8>) {
        let bytes = self.bits / 8;
        (self.samples..row.len()).for_each(|i| row[i] = row[i].wrapping_add(row[i - self.samples]));
        let n = row.len() / bytes;
        spare.clear();
        spare.extend_from_slice(row);
        for (i, value) in row.chunks_exact_mut(bytes).enumerate() {
            value.iter_mut().enumerate().for_each(|(b, to)| *to = spare[b * n + i]);
        }
    }

    /// The kept samples of a row of up to 8 bits.
    pub(super) fn bytes(&self, row: &[u8], out: &mut [u8]) {
        if self.bits == 8 {
            if self.samples == self.kept {
                let n = out.len().min(row.len());
                out[..n].copy_from_slice(&row[..n]);
            } else {
                let pixels = row.chunks_exact(self.samples).zip(out.chunks_exact_mut(self.kept));
                pixels.for_each(|(pixel, to)| to.copy_from_slice(&pixel[..self.kept]));
            }
            return;
        }
        let most = (1u32 << self.bits) - 1;
        let value = |v: u32| if self.spread { ((v * 510 + most) / (2 * most)) as u8 } else { v as u8 };
        self.each_bits(row, out.chunks_exact_mut(self.kept), |v, to| *to = value(v));
    }

    /// The kept samples of a row of more than 8 bits.
    pub(super) fn floats(&self, row: &[u8], out: &mut [f32]) {
        let big = self.big_endian;
        let pixels = out.chunks_exact_mut(self.kept);
        macro_rules! whole {
            ($n:literal, $of:ty, $to:expr) => {
                self.each_whole::<$n>(row, pixels, |raw| {
                    let value = if big { <$of>::from_be_bytes(raw) } else { <$of>::from_le_bytes(raw) };
                    let to: fn($of) -> f32 = $to;
                    to(value)
                })
            };
        }
        match (self.bits, self.format) {
            (16, SampleFormat::Unsigned) => whole!(2, u16, f32::from),
            (16, SampleFormat::Signed) => whole!(2, i16, f32::from),
            (16, SampleFormat::Float) => whole!(2, u16, half),
            (32, SampleFormat::Unsigned) => whole!(4, u32, |v| v as f32),
            (32, SampleFormat::Signed) => whole!(4, i32, |v| v as f32),
            (32, SampleFormat::Float) => whole!(4, f32, |v| v),
            (64, SampleFormat::Unsigned) => whole!(8, u64, |v| v as f32),
            (64, SampleFormat::Signed) => whole!(8, i64, |v| v as f32),
            (64, SampleFormat::Float) => whole!(8, f64, |v| v as f32),
            _ => self.each_bits(row, pixels, |v, to| *to = v as f32),
        }
    }

    fn each_whole<'o, const N: usize>(
        &self,
        row: &[u8],
        pixels: impl Iterator<Item = &'o mut [f32]>,
        value: impl Fn([u8; N]) -> f32,
    ) {
        for (pixel, to) in row.chunks_exact(self.samples * N).zip(pixels) {
            pixel.as_chunks::<N>().0.iter().zip(to).for_each(|(raw, to)| *to = value(*raw));
        }
    }

    /// Samples that lie bit after bit, the highest first, whatever the byte order.
    fn each_bits<'o, T: 'o>(
        &self,
        row: &[u8],
        pixels: impl Iterator<Item = &'o mut [T]>,
        mut set: impl FnMut(u32, &mut T),
    ) {
        let mut at = 0;
        for to in pixels {
            for (sample, to) in to.iter_mut().enumerate() {
                let from = at + sample * self.bits;
                let mut value = 0u32;
                for byte in from / 8..(from + self.bits).div_ceil(8) {
                    value = (value << 8) | u32::from(row.get(byte).copied().unwrap_or(0));
                }
                let over = (from + self.bits).div_ceil(8) * 8 - (from + self.bits);
                set((value >> over) & ((1 << self.bits) - 1), to);
            }
            at += self.samples * self.bits;
        }
    }
}

fn add<const N: usize>(row: &mut [u8], step: usize, sum: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let at = |row: &[u8], i: usize| {
        let mut raw = [0; N];
        raw.copy_from_slice(&row[i..i + N]);
        raw
    };
    let mut i = step;
    while i + N <= row.len() {
        let value = sum(at(row, i), at(row, i - step));
        row[i..i + N].copy_from_slice(&value);
        i += N;
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(bits: usize) -> Form {
        Form { bits, format: SampleFormat::Unsigned, big_endian: false, samples: 1, kept: 1, spread: true }
    }

    #[test]
    fn bits_are_taken_apart() {
        let mut out = [0; 4];
        form(2).bytes(&[0b00_01_10_11], &mut out);
        assert_eq!(out, [0, 85, 170, 255]);
        let mut out = [0.0; 3];
        form(12).floats(&[0x12, 0x3a, 0xbc, 0xde, 0xf0], &mut out);
        assert_eq!(out, [f32::from(0x123u16), f32::from(0xabcu16), f32::from(0xdefu16)]);
        form(6).bytes(&[0xff], &mut [0, 0]);
    }

    #[test]
    fn halves_are_numbers() {
        // numpy.array([1, -2.5, 65504, 6e-8, numpy.inf], "float16").view("uint16")
        let bits = [0x3c00, 0xc100, 0x7bff, 0x0001, 0x7c00];
        assert_eq!(bits.map(half), [1.0, -2.5, 65_504.0, 5.960_464_5e-8, f32::INFINITY]);
    }

    #[test]
    fn differences_are_undone() {
        let mut row = [1, 2, 3, 255, 255, 255];
        Form { samples: 3, kept: 3, ..form(8) }.undo_differences(&mut row).unwrap();
        assert_eq!(row, [1, 2, 3, 0, 1, 2]);
        let mut row = [0xff, 0x00, 0x01, 0x00];
        form(16).undo_differences(&mut row).unwrap();
        assert_eq!(row, [0xff, 0x00, 0x00, 0x01]);
        assert!(form(12).undo_differences(&mut row).is_err());
    }
}
