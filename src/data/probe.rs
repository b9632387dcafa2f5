//! What an image's first bytes say: format, size, gray or colour, bits; and whether its end looks whole.
//!
//! Formats are told by content, never by extension. Only a few bytes are read and nothing is allocated for
//! pixels. Layouts: ITU T.81 annex B (JPEG), W3C PNG 5.2, RFC 9649 (WebP),
//! netpbm; TIFF, BMP and GIF have files of their own, whose headers the decoder reads too.

use super::convert::is_gray;
use super::header::{Format, Header, MAX_GET, Source};
use super::{bmp, gif, jpeg, orientation, tiff};
use crate::language::Message;

/// Reads the header.
///
/// # Errors
/// The reason in words: empty, no image, cut off, or a kind that is not supported.
pub(super) fn probe(source: &mut Source<'_>) -> Result<Header, Message> {
    if source.len == 0 {
        return Err(msg!("data-empty-file"));
    }
    let head = source.head;
    let Some(format) = Format::of_content(head) else {
        return Err(not_an_image(head));
    };
    let header = match format {
        Format::Jpeg => jpeg(source),
        Format::Png => Ok(png(source)),
        Format::Tiff => tiff::Picture::read(source).map(|picture| picture.map(|picture| picture.header(source))),
        Format::Bmp => bmp::Picture::read(source).map(|picture| picture.map(|picture| picture.header(source))),
        Format::Webp => Ok(webp(source)),
        Format::Gif => Ok(gif::Picture::read(source).map(|picture| picture.header(source))),
        Format::Pnm => Ok(pnm(source)),
    }?;
    header.ok_or_else(|| msg!("data-header-damaged", format = format.name().to_string()))
}

/// What the bytes seem to be instead.
fn not_an_image(head: &[u8]) -> Message {
    let seen = if head.get(4..8) == Some(b"ftyp") {
        msg!("data-seen-mp4")
    } else if head.starts_with(b"\x1f\x8b") || head.starts_with(b"PK\x03\x04") {
        msg!("data-seen-archive")
    } else if head.starts_with(b"%PDF") {
        msg!("data-seen-pdf")
    } else if head.starts_with(b"\x93NUMPY") {
        msg!("data-seen-numpy")
    } else if head.iter().all(|&b| b == 0) {
        msg!("data-seen-zeros")
    } else if std::str::from_utf8(&head[..head.len().min(64)]).is_ok() {
        msg!("data-seen-text")
    } else {
        msg!("data-seen-unknown")
    };
    msg!("data-not-an-image", seen)
}

fn jpeg(source: &mut Source<'_>) -> Result<Option<Header>, Message> {
    let mut at = 2;
    let mut turned = None;
    // A bound keeps a large file of junk from being walked byte by byte.
    let mut steps = 0..100_000;
    loop {
        if steps.next().is_none() {
            return Ok(None);
        }
        let Some(&[ff, marker]) = source.get(at, 2) else { return Ok(None) };
        if ff != 0xff {
            // Stray bytes between segments: decoders skip them, so go on to the next marker.
            at += 1;
            continue;
        }
        match marker {
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xc0..=0xc2 => break,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(jpeg::coding_of(marker)),
            0xd9 | 0xda => return Ok(None),
            _ => match source.u16_be(at + 2) {
                Some(len @ 2..) => {
                    if marker == 0xe1 && source.get(at + 4, 6).is_some_and(|name| name == b"Exif\0\0") {
                        turned = turned.or(orientation::of_exif(source, at + 4));
                    }
                    at += 2 + u64::from(len);
                }
                _ => return Ok(None),
            },
        }
    }
    let Some(&[bits, h1, h0, w1, w0, components]) = source.get(at + 4, 6) else { return Ok(None) };
    if bits != 8 {
        return Err(msg!("data-jpeg-depth", bits = bits.to_string()));
    }
    let channels = match components {
        1 => 1,
        3 | 4 => 3,
        n => return Err(msg!("data-jpeg-components", n = n.to_string())),
    };
    Ok(Some(Header {
        width: u16::from_be_bytes([w1, w0]).into(),
        height: u16::from_be_bytes([h1, h0]).into(),
        channels,
        complete: source.ends_with(b"\xff\xd9"),
        frame_at: at,
        orientation: turned.unwrap_or(1),
        ..Header::new(Format::Jpeg)
    }))
}

fn png(source: &mut Source<'_>) -> Option<Header> {
    let (width, height) = (source.u32_be(16)?, source.u32_be(20)?);
    let &[depth, colour] = source.get(24, 2)? else { return None };
    let depths: &[u8] = match colour {
        0 => &[1, 2, 4, 8, 16],
        3 => &[1, 2, 4, 8],
        2 | 4 | 6 => &[8, 16],
        _ => return None,
    };
    let mut sum = flate2::Crc::new();
    sum.update(source.get(12, 17)?);
    if !depths.contains(&depth) || sum.sum() != source.u32_be(29)? {
        return None;
    }
    let mut header = Header {
        width,
        height,
        channels: if matches!(colour, 0 | 4) { 1 } else { 3 },
        bits: depth.max(8),
        complete: source.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"),
        ..Header::new(Format::Png)
    };
    // What is asked for stands before the pixels; a bound keeps a file of tiny chunks from being walked to its end.
    let mut at = 8;
    for _ in 0..64 {
        let Some(len) = source.u32_be(at) else { break };
        let kind = source.get(at + 4, 4).and_then(|kind| <[u8; 4]>::try_from(kind).ok());
        match kind.as_ref() {
            Some(b"PLTE")
                if colour == 3
                    && source.get(at + 8, (len as usize).min(768)).is_some_and(|palette| is_gray(palette, 3)) =>
            {
                header.channels = 1;
            }
            Some(b"eXIf") => header.orientation = orientation::of_exif(source, at + 8).unwrap_or(1),
            Some(b"acTL") if source.u32_be(at + 8).is_some_and(|frames| frames > 1) => header.pictures = 2,
            Some(b"IDAT") | None => break,
            // It has no pixels.
            Some(b"IEND") => return None,
            _ => {}
        }
        at += u64::from(len) + 12;
    }
    Some(header)
}

fn webp(source: &mut Source<'_>) -> Option<Header> {
    let complete = u64::from(source.u32_le(4)?) + 8 <= source.len;
    let kind: [u8; 4] = source.get(12, 4)?.try_into().ok()?;
    let (width, height) = match &kind {
        b"VP8 " => (u32::from(source.u16_le(26)? & 0x3fff), u32::from(source.u16_le(28)? & 0x3fff)),
        b"VP8L" => {
            let bits = source.u32_le(21)?;
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => ((source.u32_le(24)? & 0xff_ffff) + 1, (source.u32_le(26)? >> 8) + 1),
        _ => return None,
    };
    let mut header = Header { width, height, complete, ..Header::new(Format::Webp) };
    let flags = if &kind == b"VP8X" { source.byte(20)? } else { 0 };
    if flags & 2 != 0 {
        header.pictures = 2;
    }
    // EXIF comes after the pixels.
    let mut at = 12;
    for _ in 0..if flags & 8 == 0 { 0 } else { 4096 } {
        let (Some(name), Some(len)) = (source.u32_be(at), source.u32_le(at + 4)) else { break };
        if &name.to_be_bytes() == b"EXIF" {
            header.orientation = orientation::of_exif(source, at + 8).unwrap_or(1);
            break;
        }
        at += u64::from(len) + u64::from(len % 2) + 8;
    }
    Some(header)
}

fn pnm(source: &mut Source<'_>) -> Option<Header> {
    let n = source.len.min(MAX_GET as u64);
    let head: Vec<u8> = source.get(0, usize::try_from(n).ok()?)?.to_vec();
    let kind = *head.get(1)?;
    let mut at = 2;
    let (width, height, maximum, channels);
    if kind == b'7' {
        let text = String::from_utf8_lossy(&head);
        let field = |name: &str| {
            let line = text.lines().take_while(|l| *l != "ENDHDR").find_map(|l| l.strip_prefix(name));
            line.and_then(|v| v.trim().parse::<u32>().ok())
        };
        (width, height, maximum) = (field("WIDTH ")?, field("HEIGHT ")?, field("MAXVAL ")?);
        channels = if field("DEPTH ")? < 3 { 1 } else { 3 };
    } else {
        (width, height) = (pnm_number(&head, &mut at)?, pnm_number(&head, &mut at)?);
        maximum = if matches!(kind, b'1' | b'4') { 1 } else { pnm_number(&head, &mut at)? };
        channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
    }
    let (w, h) = (u64::from(width), u64::from(height));
    let sample_bytes = if maximum > 255 { 2 } else { 1 };
    let bytes = match kind {
        b'4' => Some(w.div_ceil(8) * h),
        b'5' | b'6' => w.checked_mul(h).and_then(|n| n.checked_mul(u64::from(channels) * sample_bytes)),
        _ => None, // text and PAM: only a decode can tell
    };
    let complete = bytes.is_some_and(|n| n.saturating_add(at as u64 + 1) <= source.len);
    let bits = if maximum > 255 { 16 } else { 8 };
    Some(Header { width, height, channels, bits, complete, ..Header::new(Format::Pnm) })
}

/// The next number of a netpbm header; comments run from `#` to the end of the line.
fn pnm_number(head: &[u8], at: &mut usize) -> Option<u32> {
    loop {
        match head.get(*at)? {
            b'#' => *at += head.get(*at..)?.iter().position(|&b| b == b'\n')?,
            b if b.is_ascii_whitespace() => *at += 1,
            _ => break,
        }
    }
    let digits = head.get(*at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = std::str::from_utf8(head.get(*at..*at + digits)?).ok()?.parse().ok()?;
    *at += digits;
    Some(number)
}
