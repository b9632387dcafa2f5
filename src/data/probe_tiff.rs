//! The first directory of a TIFF (TIFF 6.0) or `BigTIFF` file: size, kind, and whether its strips are all there.

use super::probe::{Format, Header, Source};

struct Tiff<'s, 'a> {
    source: &'s mut Source<'a>,
    big_endian: bool,
    big: bool,
}

/// One entry: how many values, of what type, standing where.
#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: u64,
    at: u64,
}

impl Tiff<'_, '_> {
    fn number(&mut self, at: u64, bytes: usize) -> Option<u64> {
        let mut value = 0;
        let raw = self.source.get(at, bytes)?;
        for i in 0..bytes {
            let byte = if self.big_endian { raw[i] } else { raw[bytes - 1 - i] };
            value = (value << 8) | u64::from(byte);
        }
        Some(value)
    }

    /// The entry at `at`, its values in place or elsewhere.
    fn entry(&mut self, at: u64) -> Option<(u16, Entry)> {
        let word = if self.big { 8 } else { 4 };
        let tag = u16::try_from(self.number(at, 2)?).ok()?;
        let kind = u16::try_from(self.number(at + 2, 2)?).ok()?;
        let count = self.number(at + 4, word)?;
        let place = at + 4 + word as u64;
        let fits = count.checked_mul(kind_bytes(kind) as u64)? <= word as u64;
        let at = if fits { place } else { self.number(place, word)? };
        Some((tag, Entry { kind, count, at }))
    }

    fn value(&mut self, entry: Entry, index: u64) -> Option<u64> {
        let bytes = kind_bytes(entry.kind);
        if index >= entry.count || !matches!(entry.kind, 1 | 3 | 4 | 16) {
            return None;
        }
        self.number(entry.at.checked_add(index.checked_mul(bytes as u64)?)?, bytes)
    }
}

fn kind_bytes(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

/// What the first directory says, `None` where it is not whole. Kinds that decoders often lack are marked as not complete, so that the
/// scan tries them.
pub(super) fn tiff(source: &mut Source<'_>) -> Option<Header> {
    let file_len = source.len;
    let start: [u8; 4] = source.get(0, 4)?.try_into().ok()?;
    let big_endian = start[0] == b'M';
    let big = start.contains(&b'+');
    let mut tiff = Tiff { source, big_endian, big };
    let word = if big { 8 } else { 4 };
    let directory = tiff.number(if big { 8 } else { 4 }, word)?;
    let count_bytes = if big { 8 } else { 2 };
    let entries = tiff.number(directory, count_bytes)?.min(512);
    let (mut width, mut height, mut bits, mut samples, mut photometric) = (None, None, 1, 1, 1);
    let (mut sample_format, mut offsets, mut counts) = (1, None, None);
    for i in 0..entries {
        let entry_bytes = if big { 20 } else { 12 };
        let (tag, entry) = tiff.entry(directory + count_bytes as u64 + i * entry_bytes)?;
        match tag {
            256 => width = tiff.value(entry, 0),
            257 => height = tiff.value(entry, 0),
            258 => bits = tiff.value(entry, 0)?,
            262 => photometric = tiff.value(entry, 0)?,
            277 => samples = tiff.value(entry, 0)?,
            339 => sample_format = tiff.value(entry, 0)?,
            273 | 324 => offsets = Some(entry),
            279 | 325 => counts = Some(entry),
            _ => {}
        }
    }
    let common = matches!(bits, 8 | 16) && sample_format == 1 && photometric <= 2 && samples <= 4;
    // The last strip lies last in nearly every file; where it does not, the decode finds out.
    let last_end = offsets.zip(counts).and_then(|(offsets, counts)| {
        let last = offsets.count.checked_sub(1)?;
        tiff.value(offsets, last)?.checked_add(tiff.value(counts, last)?)
    });
    Some(Header {
        format: Format::Tiff,
        width: u32::try_from(width?).ok()?,
        height: u32::try_from(height?).ok()?,
        channels: if photometric < 2 { 1 } else { 3 },
        bits: if bits > 8 { 16 } else { 8 },
        complete: common && last_end.is_some_and(|end| end <= file_len),
        frame_at: 0,
    })
}
