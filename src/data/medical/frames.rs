//! One frame's bytes out of a DICOM file (PS3.5 annex A.4).

use super::dicom::{Dicom, Packing, with_dicom};
use super::elements::{cut_off, fragments};
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

/// Which fragments are that frame's.
fn of_frame(source: &mut Source<'_>, dicom: &Dicom, frame: u32) -> Result<Vec<(u64, u32)>, Message> {
    let mut pieces = fragments(source, dicom.pixels.at)?;
    if pieces.is_empty() {
        return Err(cut_off());
    }
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
