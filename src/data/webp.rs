//! The first frame of an animated WebP (RFC 9649) on its canvas, as libwebp's animation decoder gives it: as stored, with
//! nothing behind it, whatever its alpha.

use super::image::{Dtype, Image, Layout};
use crate::language::Message;

/// The first frame as a file of its own, and where it goes.
pub(super) struct Frame {
    pub(super) file: Vec<u8>,
    top: usize,
    left: usize,
    /// Rows and columns of the canvas.
    canvas: [usize; 2],
}

fn u24(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
}

/// The body of the first chunk of that name in a list of chunks.
fn chunk<'f>(mut list: &'f [u8], name: &[u8; 4]) -> Option<&'f [u8]> {
    while let Some(head) = list.first_chunk::<8>() {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if head.starts_with(name) {
            return list.get(8..8 + len);
        }
        list = list.get(8 + len.checked_next_multiple_of(2)?..)?;
    }
    None
}

impl Frame {
    /// `None` where the file is no animation, or its first frame is not whole.
    pub(super) fn first(file: &[u8]) -> Option<Self> {
        let chunks = file.get(12..)?;
        let head = chunk(chunks, b"VP8X")?;
        if head.first()? & 2 == 0 {
            return None;
        }
        let frame = chunk(chunks, b"ANMF")?;
        let (place, data) = frame.split_at_checked(16)?;
        let mut out = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
        out.extend_from_slice(&[if chunk(data, b"ALPH").is_some() { 0x10 } else { 0 }, 0, 0, 0]);
        out.extend_from_slice(&place[6..12]);
        out.extend_from_slice(data);
        let len = u32::try_from(out.len() - 8).ok()?;
        out[4..8].copy_from_slice(&len.to_le_bytes());
        Some(Self {
            file: out,
            top: u24(&place[3..6]) * 2,
            left: u24(&place[..3]) * 2,
            canvas: [u24(head.get(7..10)?) + 1, u24(&head[4..7]) + 1],
        })
    }

    /// Puts the decoded frame on its canvas, which is black where nothing is.
    ///
    /// # Errors
    /// It does not fit.
    pub(super) fn place(&self, frame: &Image, out: &mut Image) -> Result<(), Message> {
        let [height, width] = self.canvas;
        let (rows, columns, channels) = (frame.height, frame.width, frame.channels);
        if frame.dtype != Dtype::U8 || self.top + rows > height || self.left + columns > width {
            return Err(msg!("data-webp-canvas"));
        }
        let canvas = out.reshape_bytes(channels, height, width, Layout::ChannelLast);
        canvas.fill(0);
        for (y, row) in frame.bytes.chunks_exact(columns * channels).enumerate() {
            let at = ((self.top + y) * width + self.left) * channels;
            canvas[at..at + row.len()].copy_from_slice(row);
        }
        Ok(())
    }
}
