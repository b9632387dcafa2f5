//! What the bytes of a strip or tile are before they are compressed, one function for each compression of TIFF.

use crate::language::Message;
use std::io::Read;

/// Why a strip or tile gives nothing.
pub(super) fn ends_early() -> Message {
    msg!("data-file-cut-off", format = "tiff")
}

/// How strips and tiles are compressed. JPEG is elsewhere, as it gives pixels rather than bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    /// Modified Huffman, rows that begin at a byte (2) or at a word (32771).
    FaxRows {
        words: bool,
    },
    Fax3,
    Fax4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
    Lzma,
    Zstd,
}

impl Compression {
    /// The one of that number.
    ///
    /// # Errors
    /// The name of one that is not read.
    pub(super) fn of(number: u64) -> Result<Self, Message> {
        Ok(match number {
            1 => Self::None,
            2 => Self::FaxRows { words: false },
            32_771 => Self::FaxRows { words: true },
            3 => Self::Fax3,
            4 => Self::Fax4,
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32_946 => Self::Deflate,
            32_773 => Self::PackBits,
            34_925 => Self::Lzma,
            50_000 => Self::Zstd,
            _ => {
                let name = match number {
                    6 => "old-style JPEG",
                    32_809 => "ThunderScan",
                    33_003 | 33_005 | 34_712 => "JPEG 2000",
                    34_661 | 34_715 => "JBIG",
                    34_676 | 34_677 => "SGI LogLuv",
                    34_887 => "LERC",
                    34_892 => "lossy DNG JPEG",
                    50_001 => "WebP",
                    50_002 | 52_546 => "JPEG XL",
                    _ => "",
                };
                let name = if name.is_empty() { number.to_string() } else { name.to_owned() };
                return Err(msg!("data-tiff-compression", name));
            }
        })
    }

    /// A predictor may have been applied before this compression.
    pub(super) fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Lzma | Self::Zstd)
    }
}

/// Fills `out` from `data`, of a compression that stands for plain bytes.
///
/// # Errors
/// The data end early or are damaged.
pub(super) fn unpack(compression: Compression, data: &[u8], out: &mut [u8]) -> Result<(), Message> {
    match compression {
        Compression::None => {
            out.copy_from_slice(data.get(..out.len()).ok_or_else(ends_early)?);
            Ok(())
        }
        Compression::Lzw => lzw(data, out),
        Compression::PackBits => pack_bits(data, out),
        Compression::Deflate => fill(flate2::read::ZlibDecoder::new(data), out),
        Compression::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(data).map_err(|e| damaged(&e))?;
            fill(decoder, out)
        }
        Compression::Lzma => xz(data, out),
        Compression::FaxRows { .. } | Compression::Fax3 | Compression::Fax4 | Compression::Jpeg => {
            Err(msg!("data-tiff-compression-of-pixels"))
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Message {
    msg!("data-tiff-damaged", error = error.to_string())
}

fn fill(mut reader: impl Read, out: &mut [u8]) -> Result<(), Message> {
    reader.read_exact(out).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ends_early(),
        _ => damaged(&error),
    })
}

fn lzw(data: &[u8], out: &mut [u8]) -> Result<(), Message> {
    // Files from before 1989 have the bits from the other end, as GIF; their first code, "clear", tells.
    let old = matches!(data, [0, second, ..] if second & 1 == 1);
    let mut decoder = if old {
        weezl::decode::Decoder::new(weezl::BitOrder::Lsb, 8)
    } else {
        weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8)
    };
    let (mut read, mut written) = (0, 0);
    while written < out.len() {
        let step = decoder.decode_bytes(&data[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(damaged(&error)),
        }
    }
    if written < out.len() { Err(ends_early()) } else { Ok(()) }
}

fn pack_bits(mut data: &[u8], mut out: &mut [u8]) -> Result<(), Message> {
    while !out.is_empty() {
        let (&head, rest) = data.split_first().ok_or_else(ends_early)?;
        data = rest;
        let n = match head {
            0..=127 => usize::from(head) + 1,
            128 => continue,
            _ => 257 - usize::from(head),
        };
        let room = n.min(out.len());
        if head < 128 {
            out[..room].copy_from_slice(data.get(..room).ok_or_else(ends_early)?);
            data = data.get(n..).unwrap_or_default();
        } else {
            let (&value, rest) = data.split_first().ok_or_else(ends_early)?;
            out[..room].fill(value);
            data = rest;
        }
        out = &mut out[room..];
    }
    Ok(())
}

/// The first block of an xz stream (the format's own description, 1.2): LZMA2, before it maybe a delta filter, as libtiff
/// writes it. Checksums are not looked at.
fn xz(data: &[u8], out: &mut [u8]) -> Result<(), Message> {
    let not_xz = || msg!("data-tiff-not-xz");
    if !data.starts_with(b"\xfd7zXZ\0") {
        return Err(not_xz());
    }
    let block = data.get(12..).ok_or_else(ends_early)?;
    let header_bytes = (usize::from(*block.first().ok_or_else(ends_early)?) + 1) * 4;
    let header = block.get(1..header_bytes).ok_or_else(ends_early)?;
    let mut at = 1;
    let flags = *header.first().ok_or_else(not_xz)?;
    for _ in 0..u32::from(flags & 0x40 != 0) + u32::from(flags & 0x80 != 0) {
        xz_number(header, &mut at).ok_or_else(not_xz)?;
    }
    let (mut distance, mut dictionary) = (0, None);
    for _ in 0..=flags & 3 {
        let id = xz_number(header, &mut at).ok_or_else(not_xz)?;
        let len = xz_number(header, &mut at).ok_or_else(not_xz)? as usize;
        let property = u32::from(*header.get(at).ok_or_else(not_xz)?);
        at += len;
        match (id, len) {
            (3, 1) => distance = property as usize + 1,
            (0x21, 1) if property <= 40 => {
                let bits = property / 2 + 11;
                dictionary = Some(if property == 40 { u32::MAX } else { (2 | (property & 1)) << bits });
            }
            _ => return Err(msg!("data-tiff-lzma-filter")),
        }
    }
    // No larger than what is to come out: the header may claim 4 GiB.
    let room = u32::try_from(out.len()).unwrap_or(u32::MAX).max(4096);
    let dictionary = dictionary.ok_or_else(not_xz)?.min(room);
    fill(lzma_rust2::Lzma2Reader::new(&block[header_bytes..], dictionary, None), out)?;
    if distance > 0 {
        for i in distance..out.len() {
            out[i] = out[i].wrapping_add(out[i - distance]);
        }
    }
    Ok(())
}

fn xz_number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals() {
        // The example of Apple's Technical Note TN1023.
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        let mut out = [0; 24];
        unpack(Compression::PackBits, &packed, &mut out).unwrap();
        assert_eq!(out, plain);
        assert_eq!(unpack(Compression::PackBits, &packed[..13], &mut out).unwrap_err(), ends_early());
    }

    #[test]
    fn what_is_not_read_has_a_name() {
        assert!(Compression::of(6).unwrap_err().to_string().contains("old-style JPEG"));
        assert!(Compression::of(4711).unwrap_err().to_string().contains("4711"));
    }
}
