//! A directory of a TIFF (TIFF 6.0) or `BigTIFF` file: tags and their values. EXIF is one as well.

use super::header::Source;

/// More entries than this are no directory.
const MAX_ENTRIES: u64 = 4096;
/// Bytes asked of a file at once.
const BLOCK: usize = 1020;

/// Where one tag's values stand.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    at: u64,
}

/// The first directory. Its methods want the source it was read from.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) big_endian: bool,
    entries: Vec<Entry>,
    /// Another directory follows: the file has more pages.
    pub(super) has_more: bool,
}

impl Directory {
    /// Reads it; offsets in it count from `base`. `None` where it is not whole.
    pub(super) fn read(source: &mut Source<'_>, base: u64) -> Option<Self> {
        let start: [u8; 4] = source.get(base, 4)?.try_into().ok()?;
        let (big_endian, big) = match &start {
            b"II*\0" => (false, false),
            b"MM\0*" => (true, false),
            b"II+\0" => (false, true),
            b"MM\0+" => (true, true),
            _ => return None,
        };
        let number = |bytes: &[u8]| number(bytes, big_endian);
        let (word, place, count_bytes, entry_bytes) = if big { (8, 8, 8, 20) } else { (4, 4, 2, 12) };
        let at = base.checked_add(number(source.get(base + place, word)?))?;
        let count = number(source.get(at, count_bytes)?);
        if count == 0 || count > MAX_ENTRIES {
            return None;
        }
        let mut entries = Vec::with_capacity(count as usize);
        let first = at + count_bytes as u64;
        let block = BLOCK / entry_bytes;
        for start in (0..count).step_by(block) {
            let n = (count - start).min(block as u64) as usize;
            let from = first + start * entry_bytes as u64;
            for (i, raw) in source.get(from, n * entry_bytes)?.chunks_exact(entry_bytes).enumerate() {
                let (tag, kind) = (number(&raw[..2]) as u16, number(&raw[2..4]) as u16);
                let count = number(&raw[4..4 + word]);
                let in_place = from + (i * entry_bytes + 4 + word) as u64;
                let Some(bytes) = count.checked_mul(kind_bytes(kind) as u64) else { continue };
                let at = if bytes <= word as u64 {
                    in_place
                } else {
                    base.saturating_add(number(&raw[4 + word..4 + 2 * word]))
                };
                entries.push(Entry { tag, kind, count, at });
            }
        }
        let has_more = source.get(first + count * entry_bytes as u64, word).is_some_and(|next| number(next) != 0);
        Some(Self { big_endian, entries, has_more })
    }

    fn entry(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }

    /// The tag is there.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// How many values the tag has; 0 where it is not there.
    pub(super) fn count(&self, tag: u16) -> u64 {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    /// The first value, a whole number.
    pub(super) fn number(&self, source: &mut Source<'_>, tag: u16) -> Option<u64> {
        self.numbers(source, tag, 0, 1)?.first().copied()
    }

    /// Up to `most` values from the one at `from` on, whole numbers.
    pub(super) fn numbers(&self, source: &mut Source<'_>, tag: u16, from: u64, most: u64) -> Option<Vec<u64>> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, 1 | 3 | 4 | 6..=9 | 13 | 16) {
            return None;
        }
        let bytes = kind_bytes(entry.kind);
        let end = entry.count.min(from.checked_add(most)?);
        let mut values = Vec::new();
        let block = (BLOCK / bytes) as u64;
        let mut next = from;
        while next < end {
            let n = (end - next).min(block);
            let raw = source.get(entry.at.checked_add(next * bytes as u64)?, n as usize * bytes)?;
            values.extend(raw.chunks_exact(bytes).map(|raw| number(raw, self.big_endian)));
            next += n;
        }
        Some(values)
    }

    /// All of a tag's bytes, as they stand.
    pub(super) fn bytes<'f>(&self, file: &'f [u8], tag: u16) -> Option<&'f [u8]> {
        let entry = self.entry(tag)?;
        let (at, len) = (usize::try_from(entry.at).ok()?, usize::try_from(entry.count).ok()?);
        file.get(at..at.checked_add(len.checked_mul(kind_bytes(entry.kind))?)?)
    }
}

fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let step = |value: u64, byte: &u8| (value << 8) | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, step) } else { bytes.iter().rev().fold(0, step) }
}

fn kind_bytes(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}
