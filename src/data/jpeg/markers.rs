//! A JPEG's segments (ITU-T T.81, annex B): the frame, the tables and the scans' headers, as libjpeg takes them.

use super::bits::HuffmanTable;
use crate::language::Message;

/// One colour component of the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameComponent {
    pub(super) id: u8,
    /// Sampling factors, 1 to 4.
    pub(super) h: usize,
    pub(super) v: usize,
    /// Which quantisation table.
    pub(super) table: usize,
}

/// What a frame header says.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) components: Vec<FrameComponent>,
}

impl Frame {
    /// The largest sampling factors.
    pub(super) fn most(&self) -> [usize; 2] {
        let most = |of: fn(&FrameComponent) -> usize| self.components.iter().map(of).max().unwrap_or(1);
        [most(|c| c.h), most(|c| c.v)]
    }

    fn parse(marker: u8, body: &[u8]) -> Result<Self, Message> {
        let &[bits, h1, h0, w1, w0, n, ref rest @ ..] = body else { return Err(broken()) };
        if bits != 8 {
            return Err(msg!("data-jpeg-depth", bits = bits.to_string()));
        }
        let components: Vec<_> = rest
            .chunks_exact(3)
            .take(n.into())
            .map(|c| FrameComponent { id: c[0], h: (c[1] >> 4).into(), v: (c[1] & 15).into(), table: c[2].into() })
            .collect();
        let fits = |c: &FrameComponent| (1..=4).contains(&c.h) && (1..=4).contains(&c.v) && c.table < 4;
        if components.len() != usize::from(n) || !matches!(n, 1..=4) || !components.iter().all(fits) {
            return Err(broken());
        }
        let (height, width) = (u16::from_be_bytes([h1, h0]).into(), u16::from_be_bytes([w1, w0]).into());
        if height == 0 || width == 0 {
            return Err(msg!("data-no-pixels"));
        }
        Ok(Self { progressive: marker == 0xc2, width, height, components })
    }
}

/// What a scan header says.
#[derive(Debug, Clone)]
pub(super) struct ScanHeader {
    /// Index of the component, its DC and its AC table.
    pub(super) components: Vec<[usize; 3]>,
    /// First and last coefficient, in zigzag order.
    pub(super) band: [usize; 2],
    /// Successive approximation: the bit before, and the one that this scan brings.
    pub(super) bits: [u8; 2],
}

/// How the components are to be read as colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColourSpace {
    Gray,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

pub(super) fn broken() -> Message {
    msg!("data-segment-damaged")
}

/// Everything that stands in segments so far.
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub(super) frame: Option<Frame>,
    pub(super) quantisation: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<HuffmanTable>; 4],
    pub(super) ac: [Option<HuffmanTable>; 4],
    pub(super) restart_interval: usize,
    jfif: bool,
    adobe: Option<u8>,
    /// Tables are passed over.
    without_tables: bool,
    /// Where tables are passed over: a code of zeros means something other than "no change, and a coefficient".
    pub(super) zeros_may_be_flat: bool,
}

/// The order in which coefficients are written.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

impl Segments {
    /// For a look at the headers alone, which costs next to nothing.
    pub(super) fn without_tables() -> Self {
        Self { without_tables: true, ..Self::default() }
    }

    /// Reads segments from `at` on, up to and with the next scan header; `at` is then where its data begin. `None` at the
    /// end marker or the end of the file; the flag tells which.
    ///
    /// # Errors
    /// A damaged segment or a kind that is not supported.
    pub(super) fn read_to_scan(&mut self, file: &[u8], at: &mut usize) -> Result<(Option<ScanHeader>, bool), Message> {
        loop {
            // Stray bytes between segments are skipped, as libjpeg does.
            let Some(next) = file.get(*at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xff)) else {
                return Ok((None, false));
            };
            *at += next + 1;
            let Some(&marker) = file.get(*at) else { return Ok((None, false)) };
            match marker {
                0xff => continue,
                0xd9 => return Ok((None, true)),
                0x00 | 0x01 | 0xd0..=0xd8 => {
                    *at += 1;
                    continue;
                }
                _ => *at += 1,
            }
            let Some(len) = file.get(*at..*at + 2).map(|raw| usize::from(u16::from_be_bytes([raw[0], raw[1]]))) else {
                return Ok((None, false));
            };
            let Some(body) = file.get(*at + 2..*at + len.max(2)) else { return Ok((None, false)) };
            *at += len.max(2);
            match marker {
                0xc0..=0xc2 if self.frame.is_none() => self.frame = Some(Frame::parse(marker, body)?),
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(coding_of(marker)),
                0xc4 if self.without_tables => self.look_at_zeros(body),
                0xdb if self.without_tables => {}
                0xc4 => self.huffman(body)?,
                0xdb => self.quantisation(body)?,
                0xdd => self.restart_interval = body.get(..2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]).into()),
                0xe0 if body.starts_with(b"JFIF\0") => self.jfif = true,
                0xee if body.starts_with(b"Adobe") => self.adobe = body.get(11).copied(),
                0xda => return Ok((Some(self.scan(body)?), false)),
                _ => {}
            }
        }
    }

    fn scan(&self, body: &[u8]) -> Result<ScanHeader, Message> {
        let frame = self.frame.as_ref().ok_or_else(broken)?;
        let n = usize::from(*body.first().ok_or_else(broken)?);
        let (list, &[first, last, bits, ..]) = body[1..].split_at_checked(n * 2).ok_or_else(broken)? else {
            return Err(broken());
        };
        let mut components = Vec::new();
        for pair in list.chunks_exact(2) {
            let index = frame.components.iter().position(|c| c.id == pair[0]).ok_or_else(broken)?;
            if components.iter().any(|c: &[usize; 3]| c[0] == index) || pair[1] >> 4 > 3 || pair[1] & 15 > 3 {
                return Err(broken());
            }
            components.push([index, (pair[1] >> 4).into(), (pair[1] & 15).into()]);
        }
        let (mut band, mut bits) = ([first.into(), last.into()], [bits >> 4, bits & 15]);
        if frame.progressive {
            let alone = band[0] > 0 && components.len() != 1;
            if band[0] > band[1] || band[1] > 63 || (band[0] == 0 && band[1] > 0) || alone || bits[1] > 13 {
                return Err(broken());
            }
        } else {
            // What else stands there is of no meaning in a sequential one.
            (band, bits) = ([0, 63], [0, 0]);
        }
        if components.is_empty() || components.len() > 4 {
            return Err(broken());
        }
        Ok(ScanHeader { components, band, bits })
    }

    fn quantisation(&mut self, mut body: &[u8]) -> Result<(), Message> {
        while let Some((&head, rest)) = body.split_first() {
            let bytes = if head >> 4 == 0 { 64 } else { 128 };
            let values = rest.get(..bytes).ok_or_else(broken)?;
            let mut table = [0; 64];
            for (i, place) in ZIGZAG.iter().enumerate() {
                table[usize::from(*place)] = match bytes {
                    64 => values[i].into(),
                    _ => u16::from_be_bytes([values[2 * i], values[2 * i + 1]]),
                };
            }
            *self.quantisation.get_mut(usize::from(head & 15)).ok_or_else(broken)? = Some(table);
            body = &rest[bytes..];
        }
        Ok(())
    }

    /// The first value of a table is that of the code of zeros.
    fn look_at_zeros(&mut self, mut body: &[u8]) {
        while let Some((head, rest)) = body.split_at_checked(17) {
            let n: usize = head[1..].iter().map(|n| usize::from(*n)).sum();
            let is_zero = rest.first() == Some(&0);
            self.zeros_may_be_flat |= if head[0] >> 4 == 0 { !is_zero } else { is_zero };
            body = rest.get(n..).unwrap_or_default();
        }
    }

    fn huffman(&mut self, mut body: &[u8]) -> Result<(), Message> {
        while let Some((&head, rest)) = body.split_first() {
            let counts = rest.get(..16).ok_or_else(broken)?;
            let n: usize = counts.iter().map(|n| usize::from(*n)).sum();
            let values = rest.get(16..16 + n).ok_or_else(broken)?;
            let table = HuffmanTable::new(counts, values).ok_or_else(broken)?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(head & 15)).ok_or_else(broken)? = Some(table);
            body = &rest[16 + n..];
        }
        Ok(())
    }

    /// By libjpeg's rules: JFIF is YCbCr, Adobe's marker says it, else the components' names do.
    pub(super) fn colour_space(&self) -> ColourSpace {
        let ids: Vec<u8> = self.frame.iter().flat_map(|frame| frame.components.iter().map(|c| c.id)).collect();
        match (ids.as_slice(), self.adobe) {
            ([_] | [_, _], _) => ColourSpace::Gray,
            ([_, _, _], _) if self.jfif => ColourSpace::YCbCr,
            ([_, _, _], Some(0)) => ColourSpace::Rgb,
            ([b'R', b'G', b'B'], None) => ColourSpace::Rgb,
            ([_, _, _], _) => ColourSpace::YCbCr,
            (_, Some(2)) => ColourSpace::Ycck,
            _ => ColourSpace::Cmyk,
        }
    }
}

/// Why a frame of that marker is refused.
pub(in super::super) fn coding_of(marker: u8) -> Message {
    let coding = match marker {
        0xc3 | 0xc7 | 0xcb | 0xcf => "lossless",
        0xc5 | 0xc6 | 0xcd | 0xce => "hierarchical",
        0xc9 | 0xca => "arithmetic",
        _ => "many-framed",
    };
    msg!("data-jpeg-coding", coding)
}
