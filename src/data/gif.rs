//! The first frame of a GIF (GIF89a) on its canvas, as Pillow gives it: what the frame leaves open has the transparent
//! colour, or the first one; the transparent colour itself is shown as its palette has it.

use super::convert::{is_gray, luma};
use super::header::{Format, Header, Source};
use super::image::{Image, Layout};
use crate::language::Message;

/// Blocks before the frame that are walked over.
const MAX_BLOCKS: usize = 4096;

/// What stands before the first frame's pixels.
#[derive(Debug)]
pub(super) struct Picture {
    canvas: [usize; 2],
    /// Top, left, rows, columns.
    frame: [usize; 4],
    palette: Option<Vec<u8>>,
    transparent: Option<u8>,
    interlaced: bool,
    data_at: u64,
    animated: bool,
}

impl Picture {
    /// Reads it; `None` where it is not whole.
    pub(super) fn read(source: &mut Source<'_>) -> Option<Self> {
        let mut canvas = [usize::from(source.u16_le(8)?), usize::from(source.u16_le(6)?)];
        let mut at = 13;
        let palette_at = |source: &mut Source<'_>, flags: u8, at: &mut u64| {
            if flags & 0x80 == 0 {
                return Some(None);
            }
            let bytes = 3usize << ((flags & 7) + 1);
            let palette = source.get(*at, bytes)?.to_vec();
            *at += bytes as u64;
            Some(Some(palette))
        };
        let flags = source.byte(10)?;
        let global = palette_at(source, flags, &mut at)?;
        let (mut transparent, mut animated) = (None, false);
        for _ in 0..MAX_BLOCKS {
            match source.byte(at)? {
                b'!' => {
                    let kind = source.byte(at + 1)?;
                    let len = source.byte(at + 2)?;
                    if kind == 0xf9 && len >= 4 && source.byte(at + 3)? & 1 == 1 {
                        transparent = Some(source.byte(at + 6)?);
                    }
                    animated |= kind == 0xff && source.get(at + 3, 11).is_some_and(|name| name == b"NETSCAPE2.0");
                    at = skip_blocks(source, at + 2)?;
                }
                b',' => {
                    let [left, top] = [usize::from(source.u16_le(at + 1)?), usize::from(source.u16_le(at + 3)?)];
                    let [columns, rows] = [usize::from(source.u16_le(at + 5)?), usize::from(source.u16_le(at + 7)?)];
                    let flags = source.byte(at + 9)?;
                    at += 10;
                    let own = palette_at(source, flags, &mut at)?;
                    canvas = [canvas[0].max(top + rows), canvas[1].max(left + columns)];
                    return Some(Self {
                        canvas,
                        frame: [top, left, rows, columns],
                        palette: own.or(global),
                        transparent,
                        interlaced: flags & 0x40 != 0,
                        data_at: at,
                        animated,
                    });
                }
                0 => at += 1,
                _ => return None,
            }
        }
        None
    }

    pub(super) fn header(&self, source: &mut Source<'_>) -> Header {
        let gray = self.palette.as_deref().is_none_or(|palette| is_gray(palette, 3));
        Header {
            width: self.canvas[1] as u32,
            height: self.canvas[0] as u32,
            channels: if gray { 1 } else { 3 },
            complete: source.ends_with(b"\x3b") && source.byte(self.data_at).is_some_and(|bits| bits <= 8),
            pictures: if self.animated { 2 } else { 1 },
            ..Header::new(Format::Gif)
        }
    }

    /// Decodes it to `channels` (1 or 3).
    ///
    /// # Errors
    /// Cut off or damaged.
    pub(super) fn decode(&self, file: &[u8], channels: usize, out: &mut Image) -> Result<(), Message> {
        let [height, width] = self.canvas;
        let [top, left, rows, columns] = self.frame;
        let (bits, indices) = self.indices(file)?;
        let background = self.transparent.unwrap_or(0);
        let mut canvas = vec![background; height * width];
        for (i, row) in indices.chunks_exact(columns.max(1)).enumerate() {
            let y = if self.interlaced { interlaced_row(i, rows) } else { i };
            let at = (top + y) * width + left;
            canvas[at..at + columns].copy_from_slice(row);
        }
        let colour = |index: u8| match &self.palette {
            Some(palette) => {
                let at = usize::from(index) * 3;
                palette.get(at..at + 3).map_or([0; 3], |c| [c[0], c[1], c[2]])
            }
            None if bits <= 8 => [index; 3],
            None => [0; 3],
        };
        let out = out.reshape_bytes(channels, height, width, Layout::ChannelLast);
        for (index, to) in canvas.iter().zip(out.chunks_exact_mut(channels)) {
            let [r, g, b] = colour(*index);
            if channels == 1 {
                to[0] = luma(r.into(), g.into(), b.into()) as u8;
            } else {
                to.copy_from_slice(&[r, g, b]);
            }
        }
        Ok(())
    }

    /// The smallest code's bits, and the frame's indices in the file's order.
    fn indices(&self, file: &[u8]) -> Result<(u8, Vec<u8>), Message> {
        let cut = || msg!("data-file-cut-off", format = "gif");
        let mut rest = usize::try_from(self.data_at).ok().and_then(|at| file.get(at..)).unwrap_or_default();
        let (&bits, blocks) = rest.split_first().ok_or_else(cut)?;
        if !(1..=11).contains(&bits) {
            return Err(msg!("data-gif-codes", bits = bits.to_string()));
        }
        rest = blocks;
        let mut packed = Vec::new();
        while let Some((&len, data)) = rest.split_first()
            && len > 0
        {
            let (block, after) = data.split_at(usize::from(len).min(data.len()));
            packed.extend_from_slice(block);
            rest = after;
        }
        let mut indices = vec![0; self.frame[2] * self.frame[3]];
        let mut decoder = weezl::decode::Decoder::new(weezl::BitOrder::Lsb, bits);
        let (mut read, mut written) = (0, 0);
        while written < indices.len() {
            let step = decoder.decode_bytes(&packed[read..], &mut indices[written..]);
            read += step.consumed_in;
            written += step.consumed_out;
            match step.status {
                Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
                Ok(_) => break,
                Err(error) => return Err(msg!("data-gif-damaged", error = error.to_string())),
            }
        }
        if written < indices.len() {
            return Err(cut());
        }
        Ok((bits, indices))
    }
}

/// Where the data blocks that begin at `at` end.
fn skip_blocks(source: &mut Source<'_>, mut at: u64) -> Option<u64> {
    for _ in 0..MAX_BLOCKS {
        match source.byte(at)? {
            0 => return Some(at + 1),
            len => at += u64::from(len) + 1,
        }
    }
    None
}

/// Rows come in four passes: every eighth, those between, and so on (GIF89a, appendix E).
fn interlaced_row(i: usize, rows: usize) -> usize {
    let mut before = 0;
    for (first, step) in [(0, 8), (4, 8), (2, 4), (1, 2)] {
        let n = rows.saturating_sub(first).div_ceil(step);
        if i < before + n {
            return first + (i - before) * step;
        }
        before += n;
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interlaced_rows_are_all_there() {
        for rows in 1..40 {
            let mut seen: Vec<_> = (0..rows).map(|i| interlaced_row(i, rows)).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..rows), "{rows}");
        }
        assert_eq!([0, 1, 2, 3, 4].map(|i| interlaced_row(i, 10)), [0, 8, 4, 2, 6]);
    }
}
