//! The elements of a DICOM file one after another (PS3.5 section 7), without what is nested in them.

use super::super::header::Source;
use crate::language::Message;

/// Group in the upper half, element in the lower.
pub(super) type Tag = u32;

pub(super) const PIXEL_DATA: Tag = 0x7fe0_0010;
const ITEM: Tag = 0xfffe_e000;
const ITEM_END: Tag = 0xfffe_e00d;
const SEQUENCE_END: Tag = 0xfffe_e0dd;
const UNDEFINED: u32 = u32::MAX;

/// Sequences in sequences: more is no file that a device wrote.
const MAX_DEPTH: usize = 64;
/// Elements before the pixels, nested ones too, so that a file of nothing but them ends.
const MAX_ELEMENTS: u32 = 2_000_000;
const MAX_FRAGMENTS: usize = 1 << 20;
const WINDOW_BYTES: usize = 1024;

/// One element: its value stands at `at` and has `len` bytes, all of them in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: Tag,
    pub(super) at: u64,
    /// `None`: in fragments, as compressed pixels are.
    pub(super) len: Option<u32>,
    /// Two letters where the file says them.
    pub(super) kind: [u8; 2],
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    /// Each element names the kind of its value.
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

/// A walk through a file's elements.
pub(super) struct Elements<'s, 'a> {
    source: &'s mut Source<'a>,
    at: u64,
    encoding: Encoding,
    /// Sequences and items of undefined length that are open: whether elements in them name no kind.
    open: Vec<bool>,
    seen: u32,
    window: Vec<u8>,
    window_at: u64,
}

impl<'s, 'a> Elements<'s, 'a> {
    pub(super) fn new(source: &'s mut Source<'a>, at: u64, encoding: Encoding) -> Self {
        Self { source, at, encoding, open: Vec::new(), seen: 0, window: Vec::new(), window_at: 0 }
    }

    /// Where the next element stands.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn source(&mut self) -> &mut Source<'a> {
        self.source
    }

    /// Whether the next element names the kind of its value, whatever the file says of itself: some writers do not keep to it.
    pub(super) fn is_explicit(&mut self) -> bool {
        self.bytes::<2>(self.at + 4).is_some_and(|kind| kind.iter().all(u8::is_ascii_uppercase))
    }

    pub(super) fn set_explicit(&mut self, explicit: bool) {
        self.encoding.explicit = explicit;
    }

    /// The tag of the next element; `None` at the end of the file.
    pub(super) fn peek(&mut self) -> Option<Tag> {
        let raw = self.bytes::<4>(self.at)?;
        Some((u32::from(self.u16([raw[0], raw[1]])) << 16) | u32::from(self.u16([raw[2], raw[3]])))
    }

    /// The next element that is not nested in another; `None` at the end of the file.
    ///
    /// # Errors
    /// The file ends within an element, or is no such file.
    pub(super) fn next(&mut self) -> Result<Option<Element>, Message> {
        loop {
            if self.at >= self.source.len && self.open.is_empty() {
                return Ok(None);
            }
            self.seen += 1;
            if self.seen > MAX_ELEMENTS {
                return Err(msg!("data-dicom-elements", most = MAX_ELEMENTS.to_string()));
            }
            let tag = self.peek().ok_or_else(cut_off)?;
            if tag >> 16 == 0xfffe {
                self.delimiter(tag)?;
                continue;
            }
            let (value_at, len, kind) = self.value(self.at)?;
            if len == UNDEFINED {
                self.at = value_at;
                if tag == PIXEL_DATA && self.open.is_empty() {
                    return Ok(Some(Element { tag, at: value_at, len: None, kind }));
                }
                // An unknown kind of undefined length holds a sequence whose elements name no kinds (PS3.5 6.2.2).
                self.push(kind == *b"UN")?;
                continue;
            }
            let end = value_at + u64::from(len);
            if end > self.source.len {
                return Err(cut_off());
            }
            self.at = end;
            if self.open.is_empty() {
                return Ok(Some(Element { tag, at: value_at, len: Some(len), kind }));
            }
        }
    }

    fn delimiter(&mut self, tag: Tag) -> Result<(), Message> {
        let len = self.bytes::<4>(self.at + 4).map(|raw| self.u32(raw)).ok_or_else(cut_off)?;
        self.at += 8;
        match tag {
            ITEM if len == UNDEFINED => self.push(false),
            ITEM => {
                self.at += u64::from(len);
                if self.at > self.source.len { Err(cut_off()) } else { Ok(()) }
            }
            ITEM_END | SEQUENCE_END => {
                self.open.pop();
                Ok(())
            }
            _ => Err(damaged()),
        }
    }

    fn push(&mut self, implicit: bool) -> Result<(), Message> {
        if self.open.len() >= MAX_DEPTH {
            return Err(msg!("data-dicom-depth-of-nesting", most = MAX_DEPTH.to_string()));
        }
        self.open.push(implicit || self.open.last() == Some(&true));
        Ok(())
    }

    /// Where the value of the element at `at` stands, its length and its kind.
    fn value(&mut self, at: u64) -> Result<(u64, u32, [u8; 2]), Message> {
        let raw = self.bytes::<4>(at + 4).ok_or_else(cut_off)?;
        if !self.encoding.explicit || self.open.last() == Some(&true) {
            return Ok((at + 8, self.u32(raw), *b"  "));
        }
        let kind = [raw[0], raw[1]];
        match &kind {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
                let raw = self.bytes::<4>(at + 8).ok_or_else(cut_off)?;
                Ok((at + 12, self.u32(raw), kind))
            }
            [b'A'..=b'Z', b'A'..=b'Z'] => Ok((at + 8, self.u16([raw[2], raw[3]]).into(), kind)),
            _ => Err(damaged()),
        }
    }

    /// Bytes of the file, read some more at once: elements are small and stand side by side.
    fn bytes<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        let inside = |window: &[u8], window_at: u64| -> Option<[u8; N]> {
            let from = usize::try_from(at.checked_sub(window_at)?).ok()?;
            window.get(from..from.checked_add(N)?)?.try_into().ok()
        };
        if let Some(bytes) = inside(&self.window, self.window_at) {
            return Some(bytes);
        }
        let n = self.source.len.checked_sub(at)?.min(WINDOW_BYTES as u64);
        let more = self.source.get(at, usize::try_from(n).ok()?)?;
        self.window.clear();
        self.window.extend_from_slice(more);
        self.window_at = at;
        inside(&self.window, self.window_at)
    }

    fn u16(&self, raw: [u8; 2]) -> u16 {
        if self.encoding.big_endian { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) }
    }

    fn u32(&self, raw: [u8; 4]) -> u32 {
        if self.encoding.big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) }
    }

    /// A whole number of two bytes.
    pub(super) fn number(&mut self, element: Element) -> Option<u16> {
        self.numbers(element, 1)?.first().copied()
    }

    /// Up to `most` whole numbers of two bytes.
    pub(super) fn numbers(&mut self, element: Element, most: usize) -> Option<Vec<u16>> {
        let n = (element.len? as usize / 2).min(most);
        let raw = self.source.get(element.at, n * 2)?.to_vec();
        Some(raw.as_chunks::<2>().0.iter().map(|raw| self.u16(*raw)).collect())
    }

    /// A text (at most 1024 bytes of it) without the blanks around it.
    pub(super) fn text(&mut self, element: Element) -> Option<String> {
        let text = String::from_utf8_lossy(self.raw(element)?);
        Some(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
    }

    /// A value's bytes (at most 1024 of them).
    fn raw(&mut self, element: Element) -> Option<&[u8]> {
        self.source.get(element.at, (element.len? as usize).min(WINDOW_BYTES))
    }

    /// As [`Self::text`], whatever its letters are: those that are none here would all be the same.
    pub(super) fn name(&mut self, element: Element) -> Option<&[u8]> {
        let is_blank = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
        let raw = self.raw(element)?;
        let begin = raw.iter().position(|byte| !is_blank(byte)).unwrap_or(raw.len());
        let end = raw.iter().rposition(|byte| !is_blank(byte)).map_or(begin, |last| last + 1);
        raw.get(begin..end)
    }

    /// The first of a text's numbers, which backslashes part.
    pub(super) fn decimal(&mut self, element: Element) -> Option<f64> {
        self.text(element)?.split('\\').next()?.trim().parse().ok().filter(|value: &f64| value.is_finite())
    }
}

pub(super) fn cut_off() -> Message {
    msg!("data-dicom-cut-off")
}

pub(super) fn damaged() -> Message {
    msg!("data-dicom-damaged")
}

/// The fragments that compressed pixels consist of: where each stands and how long it is, the table of offsets first.
///
/// # Errors
/// The file ends within a fragment.
pub(super) fn fragments(source: &mut Source<'_>, at: u64) -> Result<Vec<(u64, u32)>, Message> {
    fragments_until(source, at, None)
}

/// As [`fragments`], of those from `at` up to `end`: one frame's, say.
///
/// # Errors
/// As [`fragments`], or the last does not end there.
pub(super) fn fragments_until(
    source: &mut Source<'_>,
    mut at: u64,
    end: Option<u64>,
) -> Result<Vec<(u64, u32)>, Message> {
    let mut found = Vec::new();
    loop {
        if end.is_some_and(|end| at >= end) {
            return if end == Some(at) { Ok(found) } else { Err(damaged()) };
        }
        let Some(&[g0, g1, e0, e1, l0, l1, l2, l3]) = source.get(at, 8) else {
            // Files without the end mark are read by others too.
            return if at == source.len && end.is_none() { Ok(found) } else { Err(cut_off()) };
        };
        let len = u32::from_le_bytes([l0, l1, l2, l3]);
        match u32::from_be_bytes([g1, g0, e1, e0]) {
            SEQUENCE_END if end.is_none() => return Ok(found),
            ITEM if len != UNDEFINED => {
                let end = at + 8 + u64::from(len);
                if end > source.len {
                    return Err(cut_off());
                }
                if found.len() >= MAX_FRAGMENTS {
                    return Err(msg!("data-dicom-pieces", most = MAX_FRAGMENTS.to_string()));
                }
                found.push((at + 8, len));
                at = end;
            }
            _ => return Err(damaged()),
        }
    }
}
