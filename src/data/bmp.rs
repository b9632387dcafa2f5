//! BMP (BITMAPCOREHEADER to BITMAPV5HEADER) as Pillow reads it: pixels that a run-length coded file skips have the first
//! colour of the palette; an alpha is dropped.

use super::convert::{is_gray, luma};
use super::header::{Format, Header, Source};
use super::image::{Image, Layout};
use crate::language::Message;

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    Runs,
    /// Red, green and blue by these masks.
    Fields([u32; 3]),
}

/// What the headers say.
#[derive(Debug)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    top_down: bool,
    bits: usize,
    coding: Coding,
    /// Blue, green, red.
    palette: Vec<[u8; 3]>,
    data_at: u64,
}

fn cut() -> Message {
    msg!("data-file-cut-off", format = "bmp")
}

impl Picture {
    /// Reads them; `None` where they are not whole.
    ///
    /// # Errors
    /// A kind that is not supported.
    pub(super) fn read(source: &mut Source<'_>) -> Result<Option<Self>, Message> {
        let Some(kind) = source.u32_le(14) else { return Ok(None) };
        let Some((size, bits, compression)) = dimensions(source, kind) else { return Ok(None) };
        let [width, height] = size.map(i64::from);
        if width < 0 {
            return Err(msg!("data-bmp-negative-width"));
        }
        let masks_at = |source: &mut Source<'_>| {
            let mask = |source: &mut Source<'_>, i: u64| source.u32_le(54 + 4 * i);
            Some([mask(source, 0)?, mask(source, 1)?, mask(source, 2)?])
        };
        let coding = match (compression, bits) {
            (0, 1 | 2 | 4 | 8 | 24) => Coding::Plain,
            (0, 16) => Coding::Fields([0x7c00, 0x3e0, 0x1f]),
            (0, 32) => Coding::Fields([0xff_0000, 0xff00, 0xff]),
            (1, 8) | (2, 4) => Coding::Runs,
            (3, 16 | 24 | 32) | (6, 16 | 32) if kind != 64 => match masks_at(source) {
                // Masks of nothing: some writers mean the usual ones.
                Some([0, 0, 0]) if bits == 32 => Coding::Fields([0xff_0000, 0xff00, 0xff]),
                Some([0, 0, 0]) => Coding::Fields([0x7c00, 0x3e0, 0x1f]),
                Some(masks) => Coding::Fields(masks),
                None => return Ok(None),
            },
            (0, _) => return Err(msg!("data-bmp-depth", bits = bits.to_string())),
            _ => {
                let name = match compression {
                    4 if kind == 64 => "run-length 24".to_owned(),
                    3 if kind == 64 => "Huffman".to_owned(),
                    4 => "JPEG".to_owned(),
                    5 => "PNG".to_owned(),
                    other => format!("{other} ({bits} bit)"),
                };
                return Err(msg!("data-bmp-compression", name));
            }
        };
        let Some(data_at) = source.u32_le(10) else { return Ok(None) };
        let Some(palette) = palette(source, kind, bits, data_at) else { return Ok(None) };
        let after_headers = 14 + u64::from(kind) + if compression == 3 && kind == 40 { 12 } else { 0 };
        let entry = if kind == 12 { 3 } else { 4 };
        // Some writers leave it open, or forget the palette.
        let data_at = match u64::from(data_at) {
            0 => after_headers + palette.len() as u64 * entry,
            at if at == after_headers => at + palette.len() as u64 * entry,
            at => at,
        };
        Ok(Some(Self {
            width: width as usize,
            height: height.unsigned_abs() as usize,
            top_down: height < 0,
            bits: bits.into(),
            coding,
            palette,
            data_at,
        }))
    }

    pub(super) fn header(&self, source: &Source<'_>) -> Header {
        let palette: Vec<u8> = self.palette.iter().flatten().copied().collect();
        let bytes = self.row_bytes().and_then(|row| row.checked_mul(self.height));
        let end = bytes.and_then(|bytes| self.data_at.checked_add(bytes as u64));
        Header {
            width: u32::try_from(self.width).unwrap_or(u32::MAX),
            height: u32::try_from(self.height).unwrap_or(u32::MAX),
            channels: if self.bits <= 8 && is_gray(&palette, 3) { 1 } else { 3 },
            complete: self.coding != Coding::Runs && end.is_some_and(|end| end <= source.len),
            ..Header::new(Format::Bmp)
        }
    }

    fn row_bytes(&self) -> Option<usize> {
        Some(self.width.checked_mul(self.bits)?.div_ceil(32) * 4)
    }

    /// Decodes it to `channels` (1 or 3).
    ///
    /// # Errors
    /// Cut off or damaged.
    pub(super) fn decode(&self, file: &[u8], channels: usize, out: &mut Image) -> Result<(), Message> {
        let data = usize::try_from(self.data_at).ok().and_then(|at| file.get(at..)).ok_or_else(cut)?;
        let [height, width] = [self.height, self.width];
        let row_bytes = self.row_bytes().ok_or_else(cut)?;
        let runs = if self.coding == Coding::Runs { self.runs(data)? } else { Vec::new() };
        let out = out.reshape_bytes(channels, height, width, Layout::ChannelLast);
        for (y, to) in out.chunks_exact_mut(width * channels).enumerate() {
            let stored = if self.top_down { y } else { height - 1 - y };
            let pixels = to.chunks_exact_mut(channels);
            let write = |[b, g, r]: [u8; 3], to: &mut [u8]| match channels {
                1 => to[0] = luma(r.into(), g.into(), b.into()) as u8,
                _ => to.copy_from_slice(&[r, g, b]),
            };
            let of = |index: u8| self.palette.get(usize::from(index)).copied().unwrap_or_default();
            if self.coding == Coding::Runs {
                let row = &runs[stored * width..(stored + 1) * width];
                pixels.zip(row).for_each(|(to, index)| write(of(*index), to));
                continue;
            }
            // The padding of the last row may be missing.
            let row = data.get(stored * row_bytes..).ok_or_else(cut)?;
            let row = &row[..row_bytes.min(row.len())];
            if row.len() < (width * self.bits).div_ceil(8) {
                return Err(cut());
            }
            match self.coding {
                Coding::Fields(masks) => {
                    let bytes = self.bits / 8;
                    for (to, raw) in pixels.zip(row.chunks_exact(bytes)) {
                        let value = raw.iter().rev().fold(0u32, |value, byte| (value << 8) | u32::from(*byte));
                        write([2, 1, 0].map(|i| field(value, masks[i])), to);
                    }
                }
                _ if self.bits == 24 => {
                    pixels.zip(row.as_chunks::<3>().0).for_each(|(to, bgr)| write(*bgr, to));
                }
                _ => {
                    let mask = ((1u16 << self.bits) - 1) as u8;
                    for (x, to) in pixels.enumerate() {
                        let at = x * self.bits;
                        let index = row[at / 8] >> (8 - self.bits - at % 8) & mask;
                        write(of(index), to);
                    }
                }
            }
        }
        Ok(())
    }

    /// Indices of a run-length coded picture, in the file's order of rows.
    fn runs(&self, data: &[u8]) -> Result<Vec<u8>, Message> {
        let [height, width] = [self.height, self.width];
        let mut out = vec![0; height * width];
        let (mut x, mut y, mut at) = (0, 0, 0);
        let half = self.bits == 4;
        let nibble = |byte: u8, i: usize| match half {
            true if i.is_multiple_of(2) => byte >> 4,
            true => byte & 15,
            false => byte,
        };
        while y < height {
            let Some(&[count, value]) = data.get(at..at + 2) else {
                // All but the end mark is there.
                let at_end = y + 1 == height && x >= width;
                return if at_end { Ok(out) } else { Err(cut()) };
            };
            at += 2;
            let row = &mut out[y * width..(y + 1) * width];
            match (count, value) {
                (0, 0) => (x, y) = (0, y + 1),
                (0, 1) => break,
                (0, 2) => {
                    let &[right, up] = data.get(at..at + 2).ok_or_else(cut)? else { return Err(cut()) };
                    at += 2;
                    (x, y) = (x + usize::from(right), y + usize::from(up));
                }
                (0, n) => {
                    let n = usize::from(n);
                    let bytes = if half { n.div_ceil(2) } else { n };
                    let raw = data.get(at..at + bytes).ok_or_else(cut)?;
                    for i in 0..n {
                        if let Some(to) = row.get_mut(x + i) {
                            *to = nibble(raw[if half { i / 2 } else { i }], i);
                        }
                    }
                    x += n;
                    at += bytes.next_multiple_of(2);
                }
                (n, value) => {
                    for i in 0..usize::from(n) {
                        if let Some(to) = row.get_mut(x + i) {
                            *to = nibble(value, i);
                        }
                    }
                    x += usize::from(n);
                }
            }
        }
        Ok(out)
    }
}

/// Width and height (negative: from the top), bits a pixel, compression.
fn dimensions(source: &mut Source<'_>, kind: u32) -> Option<([i32; 2], u16, u32)> {
    if kind == 12 {
        return Some(([source.u16_le(18)?.into(), source.u16_le(20)?.into()], source.u16_le(24)?, 0));
    }
    let signed = |v: u32| i32::from_le_bytes(v.to_le_bytes());
    let size = [signed(source.u32_le(18)?), signed(source.u32_le(22)?)];
    Some((size, source.u16_le(28)?, source.u32_le(30)?))
}

/// The colours of a picture of up to 8 bits.
fn palette(source: &mut Source<'_>, kind: u32, bits: u16, data_at: u32) -> Option<Vec<[u8; 3]>> {
    if bits > 8 {
        return Some(Vec::new());
    }
    let entry = if kind == 12 { 3 } else { 4 };
    let used = if kind == 12 { 0 } else { source.u32_le(46)? as usize };
    let at = 14 + u64::from(kind);
    let room = usize::try_from(u64::from(data_at).saturating_sub(at)).ok()? / entry;
    let most = 1 << bits;
    let mut entries = if used == 0 || used > most { most } else { used };
    if data_at > 0 && room > 0 {
        entries = entries.min(room);
    }
    let raw = source.get(at, entries * entry)?;
    Some(raw.chunks_exact(entry).map(|colour| [colour[0], colour[1], colour[2]]).collect())
}

/// What a mask cuts out of a pixel, spread over 0 to 255.
fn field(value: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let shift = mask.trailing_zeros();
    let most = u64::from(mask >> shift);
    (u64::from((value & mask) >> shift) * 255 / most) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_spread() {
        // PIL's BGR;15 and BGR;16: value * 255 / 31, / 63.
        assert_eq!([field(0x7c00, 0x7c00), field(0x0010, 0x1f), field(0x0400, 0x7e0)], [255, 131, 129]);
        assert_eq!(field(0xffff_ffff, 0), 0);
    }
}
