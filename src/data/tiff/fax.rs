//! CCITT's fax compressions (ITU-T T.4 and T.6) as TIFF has them: the rows; the code tables are the `fax` crate's.

use crate::language::Message;
use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader, Color};
use std::convert::Infallible;

use super::codec::{Compression, ends_early};

/// Unpacks rows of `width` pixels into `out`, one bit a pixel, a row beginning at a byte, 1 where it is black (TIFF's
/// `WhiteIsZero`). `two_dimensional` is T4Options' first bit.
///
/// # Errors
/// The data end early or are damaged. Rows that an encoder left out at the end are white.
pub(super) fn unpack(
    compression: Compression,
    two_dimensional: bool,
    data: &[u8],
    width: usize,
    out: &mut [u8],
) -> Result<(), Message> {
    // The tables look at more bits than a last code has.
    let padded = data.iter().copied().chain([0; 4]).map(Ok::<u8, Infallible>);
    let Ok(bits) = ByteReader::new(padded);
    let left = data.len() as u64 * 8;
    let mut rows = Rows { bits, width, reference: Vec::new(), current: Vec::new(), left, all: left };
    out.fill(0);
    let row_bytes = width.div_ceil(8).max(1);
    for row in out.chunks_exact_mut(row_bytes) {
        let whole = match compression {
            Compression::Fax4 => rows.two_dimensional(),
            Compression::Fax3 => rows.group_3(two_dimensional),
            Compression::FaxRows { words } => rows.byte_row(if words { 16 } else { 8 }),
            _ => None,
        };
        match whole {
            Some(true) => {}
            // The end of the block.
            Some(false) => return Ok(()),
            None if rows.left < 8 => return Err(ends_early()),
            None => return Err(msg!("data-tiff-fax-code")),
        }
        rows.draw(row);
        std::mem::swap(&mut rows.reference, &mut rows.current);
    }
    Ok(())
}

struct Rows<R> {
    bits: R,
    width: usize,
    /// Where the colour changes in the row above, white first; all below `width`.
    reference: Vec<usize>,
    current: Vec<usize>,
    /// Bits that were not looked at, without the padding.
    left: u64,
    all: u64,
}

/// Counts what is consumed.
struct Counted<'a, R>(&'a mut R, &'a mut u64);

impl<R: BitReader> BitReader for Counted<'_, R> {
    type Error = R::Error;
    fn peek(&self, bits: u8) -> Option<u16> {
        self.0.peek(bits)
    }
    fn consume(&mut self, bits: u8) -> Result<(), R::Error> {
        *self.1 = self.1.saturating_sub(bits.into());
        self.0.consume(bits)
    }
    fn bits_to_byte_boundary(&self) -> u8 {
        self.0.bits_to_byte_boundary()
    }
}

impl<R: BitReader> Rows<R> {
    fn skip(&mut self, bits: u8) -> Option<()> {
        Counted(&mut self.bits, &mut self.left).consume(bits).ok()
    }

    fn run(&mut self, colour: Color) -> Option<usize> {
        let mut bits = Counted(&mut self.bits, &mut self.left);
        let mut sum = 0;
        loop {
            let n = usize::from(match colour {
                Color::Black => black::decode(&mut bits)?,
                Color::White => white::decode(&mut bits)?,
            });
            sum += n;
            if n < 64 {
                return Some(sum);
            }
            if sum > self.width + 2560 {
                return None;
            }
        }
    }

    fn push(&mut self, at: usize) {
        self.current.push(at.min(self.width));
    }

    /// A row of runs.
    fn one_dimensional(&mut self) -> Option<bool> {
        self.current.clear();
        let (mut at, mut colour) = (0, Color::White);
        while at < self.width {
            at += self.run(colour)?;
            self.push(at);
            colour = !colour;
        }
        Some(true)
    }

    /// A row of runs that ends at a byte or a word.
    fn byte_row(&mut self, unit: u64) -> Option<bool> {
        if self.left == 0 {
            return None;
        }
        let whole = self.one_dimensional()?;
        let over = (self.all - self.left) % unit;
        if over > 0 {
            self.skip((unit - over).min(8) as u8)?;
            self.skip((unit - over).saturating_sub(8) as u8)?;
        }
        Some(whole)
    }

    /// A row of Group 3: an end-of-line code, where there is one, then with two dimensions a bit that tells the kind.
    fn group_3(&mut self, two_dimensional: bool) -> Option<bool> {
        let mut ends = 0;
        while self.bits.peek(11) == Some(0) {
            while self.bits.peek(1) == Some(0) {
                if self.left == 0 {
                    return None;
                }
                self.skip(1)?;
            }
            self.skip(1)?;
            ends += 1;
            if ends > 1 && !two_dimensional {
                return Some(false);
            }
            if two_dimensional {
                let one = self.bits.peek(1)? == 1;
                self.skip(1)?;
                if ends > 1 {
                    return Some(false);
                }
                if !one {
                    return self.two_dimensional();
                }
            }
        }
        if self.left == 0 {
            return None;
        }
        self.one_dimensional()
    }

    /// The first change right of `at` (or at 0 where the row begins) that is to the other colour than `colour`.
    fn change_above(&self, at: usize, colour: Color, begins: bool, from: &mut usize) -> usize {
        // A change at an even place is to black.
        let parity = usize::from(colour == Color::Black);
        while *from > 0 && self.reference.get(*from - 1).is_some_and(|&b| b > at) {
            *from -= 1;
        }
        while self.reference.get(*from).is_some_and(|&b| b <= at && !(begins && b == 0 && at == 0)) {
            *from += 1;
        }
        let place = *from + usize::from(*from % 2 != parity);
        self.reference.get(place).copied().unwrap_or(self.width)
    }

    /// A row of what changed against the one above; false at the end of the block.
    fn two_dimensional(&mut self) -> Option<bool> {
        self.current.clear();
        let (mut at, mut colour, mut begins, mut from) = (0, Color::White, true, 0);
        while at < self.width {
            let code = mode::decode(&mut Counted(&mut self.bits, &mut self.left))?;
            let above = self.change_above(at, colour, begins, &mut from);
            match code {
                Mode::Pass => {
                    let place = self.reference.iter().position(|&b| b == above);
                    at = place.and_then(|i| self.reference.get(i + 1)).copied().unwrap_or(self.width);
                }
                Mode::Vertical(by) => {
                    at = above.checked_add_signed(by.into()).filter(|to| *to >= at)?;
                    self.push(at);
                    colour = !colour;
                }
                Mode::Horizontal => {
                    for colour in [colour, !colour] {
                        at += self.run(colour)?;
                        self.push(at);
                    }
                }
                Mode::EOF if begins => return Some(false),
                Mode::EOF | Mode::Extension => return None,
            }
            begins = false;
        }
        Some(true)
    }

    /// Makes the row's changes real ones: two at one place are none, one at the end is none.
    fn draw(&mut self, row: &mut [u8]) {
        let mut kept = 0;
        for i in 0..self.current.len() {
            if kept > 0 && self.current[kept - 1] == self.current[i] {
                kept -= 1;
            } else {
                self.current[kept] = self.current[i];
                kept += 1;
            }
        }
        self.current.truncate(kept);
        self.current.retain(|at| *at < self.width);
        for run in self.current.chunks(2) {
            let end = run.get(1).copied().unwrap_or(self.width);
            for x in run[0]..end {
                row[x / 8] |= 0x80 >> (x % 8);
            }
        }
    }
}
