//! What every format's header is read from and into: a file's bytes, and what they say of the picture.

use crate::language::Message;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Tiff,
    Bmp,
    Webp,
    Gif,
    Pnm,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Pnm => "pnm",
        }
    }

    /// The format an extension (lower case) promises.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "png" => Self::Png,
            "tif" | "tiff" => Self::Tiff,
            "bmp" | "dib" => Self::Bmp,
            "webp" => Self::Webp,
            "gif" => Self::Gif,
            "pnm" | "pbm" | "pgm" | "ppm" | "pam" => Self::Pnm,
            _ => return None,
        })
    }

    /// The format these first bytes belong to.
    pub(super) fn of_content(head: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| head.starts_with(magic);
        if starts(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
            Some(Self::Tiff)
        } else if starts(b"BM") && head.get(14).is_some_and(|size| matches!(size, 12 | 40 | 52 | 56 | 64 | 108 | 124)) {
            Some(Self::Bmp)
        } else if starts(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Self::Gif)
        } else if matches!(head, [b'P', b'1'..=b'7', b' ' | b'\t' | b'\r' | b'\n' | b'#', ..]) {
            Some(Self::Pnm)
        } else {
            None
        }
    }
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Header {
    pub(super) format: Format,
    pub(super) width: u32,
    pub(super) height: u32,
    /// 1 or 3; alpha does not count, a palette of grays is 1.
    pub(super) channels: u8,
    /// Bits of a channel in the file, rounded up: 8, 16, 32 or 64.
    pub(super) bits: u8,
    /// The file seems to go to its end. False is a suspicion, not a verdict.
    pub(super) complete: bool,
    /// Where a JPEG's frame header stands; 0 elsewhere.
    pub(super) frame_at: u64,
    /// EXIF's orientation, 1 to 8, which nobody applies unless asked to. Always 1 for TIFF, whose own one counts.
    pub(super) orientation: u8,
    /// Pictures in the file, as far as can be told at once: 1, or 2 for more.
    pub(super) pictures: u8,
}

impl Header {
    /// Nothing known yet.
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            width: 0,
            height: 0,
            channels: 3,
            bits: 8,
            complete: false,
            frame_at: 0,
            orientation: 1,
            pictures: 1,
        }
    }

    /// Refuses more pixels than allowed, and more bytes than these may take, before anything is allocated for them.
    pub(super) fn check_size(&self, max_pixels: u64) -> Result<(), Message> {
        check_size(self.width.into(), self.height.into(), max_pixels)?;
        let bytes = self.bytes(self.channels.into());
        check_bytes([self.width, self.height], bytes, max_pixels)
    }

    /// What it takes to decode it to so many channels: the file's own samples, and bytes or floats made of them.
    pub(super) fn bytes(&self, channels: u64) -> u64 {
        let stored = u64::from(self.channels) * u64::from(self.bits).div_ceil(8);
        let made = channels * if self.bits > 8 { 4 } else { 1 };
        (u64::from(self.width) * u64::from(self.height)).saturating_mul(stored + made)
    }
}

/// Refuses no pixels, and more than allowed.
pub(super) fn check_size(width: u64, height: u64, max_pixels: u64) -> Result<(), Message> {
    let pixels = width.saturating_mul(height);
    if pixels == 0 {
        return Err(msg!("data-no-pixels-of-size", width = width.to_string(), height = height.to_string()));
    }
    if pixels > max_pixels {
        return Err(msg!(
            "data-too-many-pixels",
            width = width.to_string(),
            height = height.to_string(),
            pixels,
            most = max_pixels
        ));
    }
    Ok(())
}

/// As many as three floats of each pixel that is allowed take, and room for what is small.
pub(super) fn check_bytes([width, height]: [u32; 2], bytes: u64, max_pixels: u64) -> Result<(), Message> {
    if bytes > max_pixels.saturating_mul(12).saturating_add(64 << 20) {
        let (width, height) = (width.to_string(), height.to_string());
        return Err(msg!("data-too-many-bytes-to-decode", width, height, bytes, most = max_pixels));
    }
    Ok(())
}

/// Bytes asked for at most in one [`Source::get`].
pub(super) const MAX_GET: usize = 1024;

/// A file's bytes: the first ones in memory, the rest read when asked for.
pub(super) struct Source<'a> {
    pub(super) head: &'a [u8],
    rest: Option<&'a File>,
    pub(super) len: u64,
    buffer: [u8; MAX_GET],
}

impl<'a> Source<'a> {
    /// The whole file is in memory.
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self { head: bytes, rest: None, len: bytes.len() as u64, buffer: [0; MAX_GET] }
    }

    pub(super) fn head_of(head: &'a [u8], file: &'a File, len: u64) -> Self {
        Self { head, rest: Some(file), len, buffer: [0; MAX_GET] }
    }

    /// Fills some of `out` from `at` on; 0 at the end of the file.
    pub(super) fn read_at(&mut self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let head = usize::try_from(at).ok().and_then(|at| self.head.get(at..)).unwrap_or_default();
        if !head.is_empty() {
            let n = head.len().min(out.len());
            out[..n].copy_from_slice(&head[..n]);
            return Ok(n);
        }
        let Some(mut file) = self.rest else { return Ok(0) };
        file.seek(SeekFrom::Start(at))?;
        file.read(out)
    }

    /// `n` bytes (at most [`MAX_GET`]) from `at` on, if the file has them.
    pub(super) fn get(&mut self, at: u64, n: usize) -> Option<&[u8]> {
        if let Some(bytes) = usize::try_from(at).ok().and_then(|at| self.head.get(at..at.checked_add(n)?)) {
            return Some(bytes);
        }
        if at.checked_add(n as u64)? > self.len {
            return None;
        }
        let mut file = self.rest?;
        let buffer = self.buffer.get_mut(..n)?;
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(buffer).ok()?;
        Some(buffer)
    }

    pub(super) fn u16_be(&mut self, at: u64) -> Option<u16> {
        Some(u16::from_be_bytes(self.get(at, 2)?.try_into().ok()?))
    }

    pub(super) fn u16_le(&mut self, at: u64) -> Option<u16> {
        Some(u16::from_le_bytes(self.get(at, 2)?.try_into().ok()?))
    }

    pub(super) fn byte(&mut self, at: u64) -> Option<u8> {
        self.get(at, 1)?.first().copied()
    }

    pub(super) fn u32_be(&mut self, at: u64) -> Option<u32> {
        Some(u32::from_be_bytes(self.get(at, 4)?.try_into().ok()?))
    }

    pub(super) fn u32_le(&mut self, at: u64) -> Option<u32> {
        Some(u32::from_le_bytes(self.get(at, 4)?.try_into().ok()?))
    }

    pub(super) fn ends_with(&mut self, tail: &[u8]) -> bool {
        let n = tail.len();
        self.len.checked_sub(n as u64).and_then(|at| self.get(at, n)) == Some(tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 9999 x 9999 pixels, all within the limit by their number.
    #[test]
    fn deep_pixels_are_bounded_by_their_bytes() {
        let refused = |channels, bits| {
            let header = Header { width: 9999, height: 9999, channels, bits, ..Header::new(Format::Png) };
            header.check_size(100_000_000).err()
        };
        assert!(refused(3, 16).is_some_and(|why| why.to_string().contains("data.max_pixels")));
        assert!(refused(3, 32).is_some());
        for (channels, bits) in [(1, 8), (3, 8), (1, 16), (1, 32)] {
            assert_eq!(refused(channels, bits), None, "{channels} x {bits}");
        }
        // Small pictures of any depth.
        let small = Header { width: 100, height: 100, bits: 64, ..Header::new(Format::Tiff) };
        assert!(small.check_size(10_000).is_ok() && small.check_size(9_999).is_err());
    }
}
