//! One frame's bytes out of a DICOM file (PS3.5 annex A.4).

use super::dicom::{Dicom, Packing, with_dicom};
use super::elements::{cut_off, fragments, fragments_until};
use super::page::{Page, read_exact_at};
use crate::data::header::Source;
use crate::language::Message;

/// Reads frame `page` (the first without one) into `out`: plain samples, or one compressed stream.
///
/// # Errors
/// As the header's, no such frame, or one that is not all there.
pub(super) fn read(
    source: &mut Source<'_>,
    page: Option<Page>,
    max_pixels: u64,
    out: &mut Vec<u8>,
) -> Result<Dicom, Message> {
    let frame = match page {
        None => 0,
        Some(Page::Frame(frame)) => frame,
        Some(Page::Slice(..)) => return Err(msg!("data-dicom-no-slices")),
    };
    with_dicom(source, max_pixels, |dicom, source| {
        if frame >= dicom.frames {
            return Err(msg!("data-dicom-no-frame", frame = frame.to_string(), frames = dicom.frames.to_string()));
        }
        out.clear();
        if dicom.pixels.len.is_some() {
            let len = dicom.frame_bytes();
            if dicom.turned_words && len % 2 == 1 && dicom.frames > 1 {
                return Err(msg!("data-dicom-big-endian"));
            }
            // The word that the last byte of an odd frame is in is whole in the file.
            let len_read = if dicom.turned_words { len.next_multiple_of(2) } else { len };
            // Checked against the file's length with the header.
            out.resize(usize::try_from(len_read).map_err(|_| msg!("data-too-large-for-machine"))?, 0);
            read_exact_at(source, dicom.pixels.at + u64::from(frame) * len, out).map_err(|_| cut_off())?;
            return Ok(dicom);
        }
        for (at, len) in of_frame(source, &dicom, frame)? {
            let from = out.len();
            // A fragment is within the file, so all of them together are no longer than it.
            out.resize(from + len as usize, 0);
            read_exact_at(source, at, &mut out[from..]).map_err(|_| cut_off())?;
        }
        Ok(dicom)
    })
}

/// Which fragments are that frame's. Those of others are looked at only where no table says it: a film may have thousands, and
/// each of its frames is a sample.
fn of_frame(source: &mut Source<'_>, dicom: &Dicom, frame: u32) -> Result<Vec<(u64, u32)>, Message> {
    if dicom.frames > 1
        && let Some(pieces) = by_table(source, dicom, frame as usize)
    {
        return Ok(pieces);
    }
    let mut pieces = fragments(source, dicom.pixels.at)?;
    if pieces.is_empty() {
        return Err(cut_off());
    }
    dicom.check_fragments(&pieces)?;
    let (table_at, table_len) = pieces.remove(0);
    let (frame, frames) = (frame as usize, dicom.frames as usize);
    if frames == 1 {
        return Ok(pieces);
    }
    if pieces.len() == frames {
        return Ok(vec![pieces[frame]]);
    }
    let first = pieces.first().map_or(0, |(at, _)| at - 8);
    if let Some((begin, end)) = offsets(source, dicom, (table_at, table_len), frame) {
        let (begin, end) = (first.saturating_add(begin), end.map(|end| first.saturating_add(end)));
        let inside = |(at, _): &(u64, u32)| at - 8 >= begin && end.is_none_or(|end| at - 8 < end);
        let of_frame: Vec<_> = pieces.iter().copied().filter(inside).collect();
        if !of_frame.is_empty() {
            return Ok(of_frame);
        }
    }
    // Without a table a frame begins where its stream's first bytes stand.
    let mut starts = Vec::new();
    for (i, (at, _)) in pieces.iter().enumerate() {
        let head = source.get(*at, 2).map(<[u8]>::to_vec);
        let begins = match dicom.packing {
            Packing::Jpeg2000 => head.as_deref() == Some(b"\xff\x4f") || head.as_deref() == Some(b"\0\0"),
            _ => head.as_deref() == Some(b"\xff\xd8"),
        };
        if begins {
            starts.push(i);
        }
    }
    let begin = starts.get(frame).copied().filter(|_| starts.len() == frames);
    let begin = begin.ok_or(msg!("data-dicom-frames"))?;
    Ok(pieces[begin..starts.get(frame + 1).copied().unwrap_or(pieces.len())].to_vec())
}

/// Those from where the table says that the frame begins up to where it ends; `None` where there is no table, or there is no
/// fragment in its place.
fn by_table(source: &mut Source<'_>, dicom: &Dicom, frame: usize) -> Option<Vec<(u64, u32)>> {
    let len = source.u32_le(dicom.pixels.at.checked_add(4)?)?;
    let table = (dicom.pixels.at.checked_add(8)?, len);
    let first = table.0.checked_add(len.into())?;
    let (begin, end) = offsets(source, dicom, table, frame)?;
    if let Some(before) = frame.checked_sub(1) {
        // A table of nothing but zeros is no table.
        offsets(source, dicom, table, before).filter(|(before, _)| *before < begin)?;
    }
    let end = match end {
        Some(end) => Some(first.checked_add(end)?),
        None => None,
    };
    fragments_until(source, first.checked_add(begin)?, end).ok().filter(|pieces| !pieces.is_empty())
}

/// Where that frame begins and ends, counted from the first fragment; the last one has no end.
fn offsets(source: &mut Source<'_>, dicom: &Dicom, basic: (u64, u32), frame: usize) -> Option<(u64, Option<u64>)> {
    let (at, len, each) = match dicom.offsets {
        Some((at, len)) => (at, len, 8),
        None => (basic.0, basic.1, 4),
    };
    if (len as usize) < each * dicom.frames as usize {
        return None;
    }
    let mut entry = |i: usize| {
        let low = source.u32_le(at + (i * each) as u64)?;
        let high = if each == 8 { source.u32_le(at + (i * each) as u64 + 4)? } else { 0 };
        Some((u64::from(high) << 32) | u64::from(low))
    };
    let begin = entry(frame)?;
    let end = if frame + 1 < dicom.frames as usize { Some(entry(frame + 1)?) } else { None };
    Some((begin, end))
}

#[cfg(test)]
mod tests {
    use super::super::dicom::header;
    use super::*;
    use std::path::Path;

    /// A film of two frames whose table of offsets begins at `.1 + 8`, its second frame's fragment at `.1 + 250`.
    fn film() -> (Vec<u8>, usize) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/medical/rle_film.dcm");
        let file = std::fs::read(path).unwrap();
        let pixels = file.windows(4).position(|tag| tag == b"\xe0\x7f\x10\0").unwrap() + 12;
        (file, pixels)
    }

    fn frame(file: &[u8], frame: u32) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        read(&mut Source::whole(file), Some(Page::Frame(frame)), 1 << 20, &mut out).ok().map(|_| out)
    }

    #[test]
    fn a_frame_is_read_without_a_look_at_the_others() {
        let (whole, pixels) = film();
        let mut damaged = whole.clone();
        damaged[pixels + 250] = 0;
        assert_eq!(frame(&damaged, 0), frame(&whole, 0));
        assert!(frame(&damaged, 0).is_some() && frame(&damaged, 1).is_none());
        // The scan looks at all of them.
        assert!(header(&mut Source::whole(&whole), 1 << 20).is_ok());
        assert!(header(&mut Source::whole(&damaged), 1 << 20).is_err());
    }

    #[test]
    fn a_table_that_is_wrong_is_not_believed() {
        let (whole, pixels) = film();
        let frames = [frame(&whole, 0), frame(&whole, 1)];
        assert!(frames[0] != frames[1] && frames.iter().all(Option::is_some));
        for second in [0_u32, 7, 233, 235, u32::MAX] {
            let mut wrong = whole.clone();
            wrong[pixels + 12..pixels + 16].copy_from_slice(&second.to_le_bytes());
            assert_eq!([frame(&wrong, 0), frame(&wrong, 1)], frames, "{second}");
        }
    }
}
