//! NIfTI-1 and NIfTI-2 in one file, packed by gzip or not: slices of volumes, as nibabel's arrays hold them.
//!
//! The image of a slice has the first of the two axes that are left as its rows: that of slice 7 along the last axis is
//! `volume[:, :, 7]`.

use crate::language::Message;
use std::io::{self, Read};

use super::page::{Axis, MedicalHeader, Page, Pages, SourceReader, check_size};
use crate::data::convert::convert;
use crate::data::header::Source;
use crate::data::image::{Image, Layout};
use image::ColorType;

/// A NIfTI-2 header, the longer one.
const HEADER_BYTES: usize = 540;
/// Deflate makes a byte of at most so many.
const MOST_PER_PACKED_BYTE: u64 = 1032;
/// Slices of one file, a bound for what a scan makes of a header.
const MAX_SLICES: u64 = 1 << 20;

/// Kinds of values by their code in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    Rgb,
    Rgba,
}

impl Kind {
    fn of_code(code: i64) -> Result<Self, Message> {
        Ok(match code {
            2 => Self::U8,
            4 => Self::I16,
            8 => Self::I32,
            16 => Self::F32,
            64 => Self::F64,
            128 => Self::Rgb,
            256 => Self::I8,
            512 => Self::U16,
            768 => Self::U32,
            1024 => Self::I64,
            1280 => Self::U64,
            2304 => Self::Rgba,
            other => {
                let name = match other {
                    1 => msg!("data-nifti-kind-bits"),
                    32 | 1792 | 2048 => msg!("data-nifti-kind-complex"),
                    1536 => msg!("data-nifti-kind-floats"),
                    other => msg!("data-nifti-kind-other", other = other.to_string()),
                };
                return Err(msg!("data-nifti-kind", name));
            }
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::Rgb => 3,
            Self::U32 | Self::I32 | Self::F32 | Self::Rgba => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    fn is_colour(self) -> bool {
        matches!(self, Self::Rgb | Self::Rgba)
    }
}

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Volume {
    /// x, y and z.
    size: [u64; 3],
    kind: Kind,
    big_endian: bool,
    /// Where the values begin.
    at: u64,
    /// Slope and intercept, where they change something.
    scale: Option<[f64; 2]>,
}

impl Volume {
    /// Of the values.
    fn bytes(&self) -> u64 {
        // Three sizes below 2^31 and eight bytes could pass 2^64.
        self.size.iter().fold(self.kind.bytes() as u64, |bytes, &n| bytes.saturating_mul(n))
    }

    /// The axis its slices are taken along: a flat picture has one slice whatever is asked for.
    fn slice_axis(&self, axis: Axis) -> Axis {
        if self.size[2] == 1 { Axis::Z } else { axis }
    }

    /// Rows and columns of a slice, as its image has them.
    fn slice_size(&self, axis: Axis) -> [u64; 2] {
        let [x, y, z] = self.size;
        match axis {
            Axis::X => [y, z],
            Axis::Y => [x, z],
            Axis::Z => [x, y],
        }
    }
}

/// One slice, whose values stand by columns in the bytes that come with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slice {
    rows: usize,
    columns: usize,
    kind: Kind,
    big_endian: bool,
    scale: Option<[f64; 2]>,
}

impl Slice {
    pub(super) fn pixels(&self) -> u64 {
        (self.rows as u64).saturating_mul(self.columns as u64)
    }
}

/// Whether these first bytes are such a header in one file with its values.
pub(super) fn is_header(head: &[u8]) -> bool {
    let first = head.get(..4).and_then(|raw| raw.try_into().ok());
    let is_size = |n: i32| first.is_some_and(|raw| i32::from_le_bytes(raw) == n || i32::from_be_bytes(raw) == n);
    (is_size(348) && matches!(head.get(344..348), Some(b"n+1\0" | b"ni1\0")))
        || (is_size(540) && matches!(head.get(4..8), Some(b"n+2\0" | b"ni2\0")))
}

/// Whether these first bytes of a gzip file hold such a header.
pub(super) fn is_packed(head: &[u8]) -> bool {
    let mut start = [0; 348];
    flate2::read::GzDecoder::new(head).read_exact(&mut start).is_ok() && is_header(&start)
}

/// Reads the header for a scan.
///
/// # Errors
/// Cut off, or of a kind that is not supported.
pub(super) fn header(
    source: &mut Source<'_>,
    packed: bool,
    axis: Axis,
    max_pixels: u64,
) -> Result<MedicalHeader, Message> {
    let volume = volume(source, packed)?;
    let axis = volume.slice_axis(axis);
    let [rows, columns] = volume.slice_size(axis);
    check_size(rows, columns, max_pixels)?;
    let count = volume.size[axis as usize];
    if count > MAX_SLICES {
        return Err(msg!(
            "data-nifti-slices",
            count = count.to_string(),
            axis = axis.name().to_string(),
            most = MAX_SLICES.to_string()
        ));
    }
    // The end of a gzip file says how long its content is, by the lower 32 bits.
    let end = source.len.checked_sub(4).and_then(|at| source.u32_le(at));
    let complete = !packed || end == Some((volume.at.saturating_add(volume.bytes())) as u32);
    Ok(MedicalHeader {
        format: "nifti",
        width: u32::try_from(columns).unwrap_or(u32::MAX),
        height: u32::try_from(rows).unwrap_or(u32::MAX),
        channels: if volume.kind.is_colour() { 3 } else { 1 },
        bits: if volume.kind.is_colour() { 8 } else { 8 * volume.kind.bytes() as u8 },
        pages: Pages { count: u32::try_from(count).unwrap_or(u32::MAX), axis: Some(axis) },
        complete,
        patient: 0,
        inverted: false,
        packed,
    })
}

fn cut_off() -> Message {
    msg!("data-nifti-cut-off")
}

fn volume(source: &mut Source<'_>, packed: bool) -> Result<Volume, Message> {
    let mut head = [0; HEADER_BYTES];
    let mut stream = Stream::new(source, packed);
    let mut filled = 0;
    while filled < HEADER_BYTES {
        match stream.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(_) => return Err(cut_off()),
        }
    }
    let volume = parse(&head[..filled])?;
    let wanted = volume.at.saturating_add(volume.bytes());
    let most = if packed { source.len.saturating_mul(MOST_PER_PACKED_BYTE) } else { source.len };
    if wanted > most {
        return Err(msg!("data-nifti-bytes", wanted = wanted.to_string(), most = most.to_string()));
    }
    Ok(volume)
}

/// Numbers of a header, in its byte order.
struct Numbers<'a> {
    head: &'a [u8],
    big_endian: bool,
}

impl Numbers<'_> {
    fn raw<const N: usize>(&self, at: usize) -> Result<[u8; N], Message> {
        let mut raw: [u8; N] = self.head.get(at..at + N).and_then(|raw| raw.try_into().ok()).ok_or_else(cut_off)?;
        if self.big_endian {
            raw.reverse();
        }
        Ok(raw)
    }

    fn i16(&self, at: usize) -> Result<i64, Message> {
        Ok(i16::from_le_bytes(self.raw(at)?).into())
    }

    fn i64(&self, at: usize) -> Result<i64, Message> {
        Ok(i64::from_le_bytes(self.raw(at)?))
    }

    fn f32(&self, at: usize) -> Result<f64, Message> {
        Ok(f32::from_le_bytes(self.raw(at)?).into())
    }

    fn f64(&self, at: usize) -> Result<f64, Message> {
        Ok(f64::from_le_bytes(self.raw(at)?))
    }
}

fn parse(head: &[u8]) -> Result<Volume, Message> {
    if !is_header(head) {
        return Err(cut_off());
    }
    let big_endian = matches!(head.get(..2), Some([0, 0]));
    let numbers = Numbers { head, big_endian };
    // Its size stands first: 540 or 348, in either byte order.
    let second = matches!(head, [0x1c, ..] | [0, 0, _, 0x1c, ..]);
    if head.get(if second { 4..6 } else { 344..346 }) == Some(b"ni".as_slice()) {
        return Err(msg!("data-nifti-pair"));
    }
    let mut dimensions = [0; 8];
    for (i, n) in dimensions.iter_mut().enumerate() {
        *n = if second { numbers.i64(16 + 8 * i)? } else { numbers.i16(40 + 2 * i)? };
    }
    let (code, at, slope, intercept) = if second {
        (numbers.i16(12)?, numbers.i64(168)? as f64, numbers.f64(176)?, numbers.f64(184)?)
    } else {
        (numbers.i16(70)?, numbers.f32(108)?, numbers.f32(112)?, numbers.f32(116)?)
    };
    let count = usize::try_from(dimensions[0]).ok().filter(|n| (1..=7).contains(n));
    let count = count.ok_or_else(|| msg!("data-nifti-dimensions", count = dimensions[0].to_string()))?;
    let mut size = [1; 3];
    for (i, &n) in dimensions[1..=count].iter().enumerate() {
        let n = u64::try_from(n).ok().filter(|n| (1..1 << 31).contains(n));
        let n = n.ok_or_else(|| msg!("data-nifti-size", size = format!("{:?}", &dimensions[1..=count])))?;
        match size.get_mut(i) {
            Some(place) => *place = n,
            None if n == 1 => {}
            None => {
                return Err(msg!("data-nifti-volumes", n = n.to_string()));
            }
        }
    }
    let kind = Kind::of_code(code)?;
    let least = if second { 544.0 } else { 352.0 };
    // 0 stands in files that were written without care; the values then follow the header.
    let at = if at == 0.0 { least } else { at };
    if !(at >= least - 4.0 && at <= 1e15) {
        return Err(msg!("data-nifti-offset", at = at.to_string()));
    }
    // As nibabel takes them: a slope of 0 or none leaves the values alone.
    let scale = if slope == 0.0 || !slope.is_finite() || kind.is_colour() {
        None
    } else if !intercept.is_finite() {
        return Err(msg!("data-nifti-slope"));
    } else {
        Some([slope, intercept]).filter(|scale| *scale != [1.0, 0.0])
    };
    Ok(Volume { size, kind, big_endian, at: at as u64, scale })
}

/// A file's content from its beginning, unpacked where it is packed.
enum Stream<'s, 'a> {
    Plain(SourceReader<'s, 'a>),
    Packed(Box<flate2::read::MultiGzDecoder<io::BufReader<SourceReader<'s, 'a>>>>),
}

impl<'s, 'a> Stream<'s, 'a> {
    fn new(source: &'s mut Source<'a>, packed: bool) -> Self {
        let reader = SourceReader::new(source, 0);
        if packed {
            let buffered = io::BufReader::with_capacity(1 << 16, reader);
            Self::Packed(Box::new(flate2::read::MultiGzDecoder::new(buffered)))
        } else {
            Self::Plain(reader)
        }
    }

    fn skip(&mut self, n: u64) -> io::Result<()> {
        match self {
            Self::Plain(reader) => {
                reader.skip(n);
                Ok(())
            }
            Self::Packed(reader) => {
                let skipped = io::copy(&mut reader.take(n), &mut io::sink())?;
                if skipped == n { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
        }
    }
}

impl Read for Stream<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(out),
            Self::Packed(reader) => reader.read(out),
        }
    }
}

/// Reads one slice (the middle one along the last axis without a `page`) into `out`.
///
/// # Errors
/// As the header's, no such slice, or one that is not all there.
pub(super) fn read(
    source: &mut Source<'_>,
    packed: bool,
    page: Option<Page>,
    max_pixels: u64,
    out: &mut Vec<u8>,
) -> Result<Slice, Message> {
    let volume = volume(source, packed)?;
    let (axis, index) = match page {
        None => (Axis::Z, volume.size[2] / 2),
        Some(Page::Slice(axis, index)) => (axis, index.into()),
        Some(Page::Frame(_)) => return Err(msg!("data-nifti-no-frames")),
    };
    let count = volume.size[axis as usize];
    if index >= count {
        return Err(msg!(
            "data-nifti-no-slice",
            index = index.to_string(),
            axis = axis.name().to_string(),
            count = count.to_string()
        ));
    }
    let [rows, columns] = volume.slice_size(axis);
    check_size(rows, columns, max_pixels)?;
    if axis == Axis::X {
        check_size(volume.size[0], 1, max_pixels)?;
    }
    let each = volume.kind.bytes();
    let [x, y, z] = volume.size.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let index = usize::try_from(index).map_err(|_| cut_off())?;
    // Bounded by `max_pixels`, and `volume` has seen that the file is long enough for it.
    out.clear();
    out.resize(usize::try_from(rows * columns).map_err(|_| cut_off())? * each, 0);
    let mut stream = Stream::new(source, packed);
    let mut fill = || -> io::Result<()> {
        stream.skip(volume.at)?;
        let bytes = |n: usize| (n as u64).saturating_mul(each as u64);
        match axis {
            Axis::Z => {
                stream.skip(bytes(x * y).saturating_mul(index as u64))?;
                stream.read_exact(out)
            }
            Axis::Y => {
                for (i, row) in out.chunks_exact_mut(x * each).enumerate() {
                    stream.skip(bytes(if i == 0 { x * index } else { x * (y - 1) }))?;
                    stream.read_exact(row)?;
                }
                Ok(())
            }
            Axis::X => {
                // Single values: lines are read whole (`check_size` bounds them) and those picked out.
                let mut line = vec![0; x * each];
                for value in out.chunks_exact_mut(each).take(y * z) {
                    stream.read_exact(&mut line)?;
                    value.copy_from_slice(&line[index * each..(index + 1) * each]);
                }
                Ok(())
            }
        }
    };
    fill().map_err(|_| cut_off())?;
    let [rows, columns] = [rows, columns].map(|n| n as usize);
    Ok(Slice { rows, columns, kind: volume.kind, big_endian: volume.big_endian, scale: volume.scale })
}

/// Decodes to `channels` (1 or 3).
///
/// # Errors
/// Fewer bytes than the slice has.
pub(super) fn decode(slice: &Slice, bytes: &[u8], channels: usize, out: &mut Image) -> Result<(), Message> {
    let (rows, columns, each) = (slice.rows, slice.columns, slice.kind.bytes());
    let bytes = bytes.get(..rows * columns * each).ok_or_else(cut_off)?;
    // Where the value of image row `r` and column `c` stands: columns one after another.
    let raw = |r: usize, c: usize| &bytes[(c * rows + r) * each..][..each];
    let size = [rows, columns];
    if slice.kind.is_colour() || (slice.kind == Kind::U8 && slice.scale.is_none()) {
        let samples = if slice.kind.is_colour() { 3 } else { 1 };
        let mut turned = Vec::with_capacity(rows * columns * samples);
        for r in 0..rows {
            (0..columns).for_each(|c| turned.extend_from_slice(&raw(r, c)[..samples]));
        }
        let kind = if samples == 3 { ColorType::Rgb8 } else { ColorType::L8 };
        return convert(&turned, kind, size, channels, out);
    }
    let values = out.reshape(channels, rows, columns, Layout::ChannelLast);
    for (i, pixel) in values.chunks_exact_mut(channels).enumerate() {
        let value = number(slice, raw(i / columns, i % columns));
        let value = slice.scale.map_or(value, |[slope, intercept]| value * slope + intercept);
        pixel.fill(value as f32);
    }
    Ok(())
}

fn number(slice: &Slice, raw: &[u8]) -> f64 {
    let mut bytes = [0; 8];
    let n = raw.len().min(8);
    bytes[..n].copy_from_slice(&raw[..n]);
    if slice.big_endian {
        bytes[..n].reverse();
    }
    let [b0, b1, b2, b3, ..] = bytes;
    match slice.kind {
        Kind::U8 | Kind::Rgb | Kind::Rgba => b0.into(),
        Kind::I8 => b0.cast_signed().into(),
        Kind::U16 => u16::from_le_bytes([b0, b1]).into(),
        Kind::I16 => i16::from_le_bytes([b0, b1]).into(),
        Kind::U32 => u32::from_le_bytes([b0, b1, b2, b3]).into(),
        Kind::I32 => i32::from_le_bytes([b0, b1, b2, b3]).into(),
        Kind::F32 => f32::from_le_bytes([b0, b1, b2, b3]).into(),
        Kind::U64 => u64::from_le_bytes(bytes) as f64,
        Kind::I64 => i64::from_le_bytes(bytes) as f64,
        Kind::F64 => f64::from_le_bytes(bytes),
    }
}
