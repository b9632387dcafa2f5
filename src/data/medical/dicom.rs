//! What a DICOM file says of its pixels (PS3.3 C.7.6.3, PS3.5 annex A).

use crate::language::Message;
use std::io::Read as _;

use super::elements::{Element, Elements, Encoding, PIXEL_DATA, Tag, cut_off, damaged, fragments};
use super::page::{MedicalHeader, Pages, SourceReader, check_size, read_exact_at};
use crate::data::hash::hash;
use crate::data::header::Source;

const FLOAT_PIXELS: Tag = 0x7fe0_0008;
const DOUBLE_PIXELS: Tag = 0x7fe0_0009;
/// Frames of one file, a bound for what a scan makes of a header.
const MAX_FRAMES: u32 = 1 << 20;

/// How pixels are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    RunLength,
    Jpeg,
    JpegLossless,
    Jpeg2000,
}

/// What the samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    /// High is dark.
    Monochrome1,
    Monochrome2,
    Palette,
    Rgb,
    YbrFull,
    /// As `YbrFull`; plain pixels have half as many samples of colour.
    YbrFull422,
    /// JPEG 2000's own, which its decoder undoes.
    YbrOfJpeg2000,
}

/// Where pixels stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) at: u64,
    /// `None`: in fragments.
    pub(super) len: Option<u32>,
}

/// A curve from values to brightness (PS3.3 C.11.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Curve {
    #[default]
    Linear,
    LinearExact,
    Sigmoid,
}

/// One of the three tables of a palette.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The index that the first entry stands for; lower ones get that entry too, higher ones the last.
    pub(super) first: i32,
    pub(super) entries: Vec<u16>,
}

/// The header of an image.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dicom {
    pub(super) packing: Packing,
    pub(super) big_endian: bool,
    /// Samples of one byte that are written as big-endian words.
    pub(super) turned_words: bool,
    pub(super) photometric: Photometric,
    pub(super) rows: u16,
    pub(super) columns: u16,
    /// Of a pixel: 1 or 3.
    pub(super) samples: u8,
    /// One plane after another instead of pixel by pixel.
    pub(super) planar: bool,
    pub(super) frames: u32,
    /// Bits of a sample in the file: 8, 16, 32 or 64.
    pub(super) allocated: u8,
    /// Bits of a sample that count: the low ones.
    pub(super) stored: u8,
    pub(super) signed: bool,
    pub(super) float: bool,
    /// Slope and intercept, where there is one of them.
    pub(super) rescale: Option<[f64; 2]>,
    /// Centre and width.
    pub(super) window: Option<[f64; 2]>,
    pub(super) curve: Curve,
    /// Red, green and blue.
    pub(super) palette: Option<Box<[Table; 3]>>,
    /// Bits of a palette's entries: 8 or 16.
    pub(super) palette_bits: u8,
    pub(super) pixels: Pixels,
    /// The table of 64-bit offsets: where it stands, and its length.
    pub(super) offsets: Option<(u64, u32)>,
    patient: u64,
}

impl Dicom {
    /// Of one frame of plain pixels.
    pub(super) fn frame_bytes(&self) -> u64 {
        let pixels = u64::from(self.rows) * u64::from(self.columns);
        let samples = if self.is_422() { 2 } else { u64::from(self.samples) };
        pixels * samples * u64::from(self.allocated / 8)
    }

    /// Pixels of a frame, and the bytes of its samples once they are unpacked; plain ones lie as they are.
    pub(super) fn pixels_and_unpacked(&self) -> [u64; 2] {
        let pixels = u64::from(self.rows) * u64::from(self.columns);
        let each = u64::from(self.allocated / 8).max(4);
        [pixels, if self.packing == Packing::Plain { 0 } else { pixels * u64::from(self.samples) * each }]
    }

    /// Plain pixels that share their colour with a neighbour.
    pub(super) fn is_422(&self) -> bool {
        self.photometric == Photometric::YbrFull422 && self.packing == Packing::Plain
    }

    pub(super) fn is_gray(&self) -> bool {
        matches!(self.photometric, Photometric::Monochrome1 | Photometric::Monochrome2)
    }

    /// Refuses fragments that are fewer than the frames. Not for one frame of a file: there may be thousands.
    pub(super) fn check_fragments(&self, found: &[(u64, u32)]) -> Result<(), Message> {
        let pixels = found.iter().skip(1).filter(|(_, len)| *len > 0).count() as u64;
        if pixels < u64::from(self.frames) {
            let (frames, pixels) = (self.frames.to_string(), pixels.to_string());
            return Err(msg!("data-dicom-frames-missing", frames, pixels));
        }
        Ok(())
    }

    /// Refuses plain pixels that are not all there. Nothing is allocated for what is not.
    fn check_pixels(&self) -> Result<(), Message> {
        let Some(len) = self.pixels.len else { return Ok(()) };
        if self.packing != Packing::Plain {
            return Err(msg!("data-dicom-no-fragments"));
        }
        let wanted = self.frame_bytes().saturating_mul(u64::from(self.frames));
        if wanted > u64::from(len) {
            return Err(msg!("data-dicom-pixels-missing", wanted = wanted.to_string(), len = len.to_string()));
        }
        Ok(())
    }
}

/// Reads the header for a scan.
///
/// # Errors
/// Cut off, or of a kind that is not supported.
pub(super) fn header(source: &mut Source<'_>, max_pixels: u64) -> Result<MedicalHeader, Message> {
    let dicom = with_dicom(source, max_pixels, |dicom, source| {
        if dicom.pixels.len.is_none() {
            dicom.check_fragments(&fragments(source, dicom.pixels.at)?)?;
        }
        Ok(dicom)
    })?;
    Ok(MedicalHeader {
        format: "dicom",
        width: dicom.columns.into(),
        height: dicom.rows.into(),
        channels: if dicom.is_gray() { 1 } else { 3 },
        bits: if dicom.palette.is_some() { dicom.palette_bits } else { dicom.allocated },
        pages: Pages { count: dicom.frames, axis: None },
        complete: true,
        patient: dicom.patient,
        inverted: dicom.photometric == Photometric::Monochrome1,
        packed: false,
    })
}

/// Reads and checks the header; `then` gets it with the bytes that it speaks of, which are the file's own unless all of it
/// is deflated.
pub(super) fn with_dicom<T>(
    source: &mut Source<'_>,
    max_pixels: u64,
    then: impl FnOnce(Dicom, &mut Source<'_>) -> Result<T, Message>,
) -> Result<T, Message> {
    let (syntax, at) = meta(source)?;
    let (packing, encoding) = match syntax.strip_prefix("1.2.840.10008.1.2") {
        Some("") => (Packing::Plain, Encoding { explicit: false, big_endian: false }),
        Some(".2") => (Packing::Plain, Encoding { explicit: true, big_endian: true }),
        Some(rest) => (packing_of(rest, &syntax)?, Encoding { explicit: true, big_endian: false }),
        None => return Err(unsupported(&syntax)),
    };
    if syntax == DEFLATED {
        let limit = max_pixels.saturating_mul(16).saturating_add(64 << 20);
        let mut bytes = Vec::new();
        let mut inflated = flate2::read::DeflateDecoder::new(SourceReader::new(source, at)).take(limit);
        inflated.read_to_end(&mut bytes).map_err(|_| msg!("data-dicom-inflate"))?;
        let mut source = Source::whole(&bytes);
        let dicom = parse(&mut source, 0, packing, encoding, max_pixels)?;
        return then(dicom, &mut source);
    }
    let dicom = parse(source, at, packing, encoding, max_pixels)?;
    then(dicom, source)
}

/// The transfer syntax, and where the elements begin.
fn meta(source: &mut Source<'_>) -> Result<(String, u64), Message> {
    let mut elements = Elements::new(source, 132, Encoding { explicit: true, big_endian: false });
    let mut syntax = None;
    while elements.peek().is_some_and(|tag| tag >> 16 == 2) {
        let Some(element) = elements.next()? else { break };
        if element.tag == 0x0002_0010 {
            syntax = elements.text(element);
        }
    }
    let syntax = syntax.ok_or(msg!("data-dicom-no-syntax"))?;
    Ok((syntax, elements.at()))
}

const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// By what follows `1.2.840.10008.1.2`.
fn packing_of(rest: &str, syntax: &str) -> Result<Packing, Message> {
    let name = match rest {
        ".1" | ".1.99" => return Ok(Packing::Plain),
        ".5" => return Ok(Packing::RunLength),
        ".4.50" | ".4.51" => return Ok(Packing::Jpeg),
        ".4.57" | ".4.70" => return Ok(Packing::JpegLossless),
        ".4.90" | ".4.91" => return Ok(Packing::Jpeg2000),
        ".4.80" | ".4.81" => "JPEG-LS",
        ".4.110" | ".4.111" | ".4.112" => "JPEG XL",
        ".4.201" | ".4.202" | ".4.203" => "High-Throughput JPEG 2000",
        rest if rest.starts_with(".4.10") => "video",
        _ => return Err(unsupported(syntax)),
    };
    Err(msg!("data-dicom-packing", name))
}

fn unsupported(syntax: &str) -> Message {
    let shown = crate::console::show_name(syntax.as_ref());
    msg!("data-dicom-syntax", shown = shown.to_string())
}

/// Elements as they are found.
#[derive(Default)]
struct Found {
    rows: Option<u16>,
    columns: Option<u16>,
    samples: Option<u16>,
    planar: u16,
    photometric: String,
    frames: Option<f64>,
    allocated: Option<u16>,
    stored: Option<u16>,
    signed: u16,
    slope: Option<f64>,
    intercept: Option<f64>,
    center: Option<f64>,
    width: Option<f64>,
    curve: Curve,
    tables: [Option<Element>; 3],
    descriptors: [Option<[u16; 3]>; 3],
    segmented: bool,
    offsets: Option<(u64, u32)>,
    patient: u64,
}

impl Found {
    fn take(&mut self, elements: &mut Elements<'_, '_>, element: Element) {
        let channel = (element.tag & 3).wrapping_sub(1) as usize;
        match element.tag {
            0x0010_0020 => self.patient = elements.name(element).map_or(0, patient),
            0x0028_0002 => self.samples = elements.number(element),
            0x0028_0004 => self.photometric = elements.text(element).unwrap_or_default(),
            0x0028_0006 => self.planar = elements.number(element).unwrap_or(0),
            0x0028_0008 => self.frames = elements.decimal(element),
            0x0028_0010 => self.rows = elements.number(element),
            0x0028_0011 => self.columns = elements.number(element),
            0x0028_0100 => self.allocated = elements.number(element),
            0x0028_0101 => self.stored = elements.number(element),
            0x0028_0103 => self.signed = elements.number(element).unwrap_or(0),
            0x0028_1050 => self.center = elements.decimal(element),
            0x0028_1051 => self.width = elements.decimal(element),
            0x0028_1052 => self.intercept = elements.decimal(element),
            0x0028_1053 => self.slope = elements.decimal(element),
            0x0028_1056 => {
                self.curve = match elements.text(element).as_deref() {
                    Some("LINEAR_EXACT") => Curve::LinearExact,
                    Some("SIGMOID") => Curve::Sigmoid,
                    _ => Curve::Linear,
                }
            }
            0x0028_1101..=0x0028_1103 => {
                self.descriptors[channel] = elements.numbers(element, 3).and_then(|n| n.try_into().ok());
            }
            0x0028_1201..=0x0028_1203 => self.tables[channel] = Some(element),
            0x0028_1221..=0x0028_1223 => self.segmented = true,
            0x7fe0_0001 => self.offsets = element.len.map(|len| (element.at, len)),
            _ => {}
        }
    }
}

/// What stands before the pixels, the element that these are, and of floats the bits.
fn find(elements: &mut Elements<'_, '_>) -> Result<(Found, Element, Option<u16>), Message> {
    let mut found = Found::default();
    loop {
        let Some(element) = elements.next()? else {
            return Err(msg!("data-dicom-no-pixels"));
        };
        match element.tag {
            PIXEL_DATA => return Ok((found, element, None)),
            FLOAT_PIXELS => return Ok((found, element, Some(32))),
            DOUBLE_PIXELS => return Ok((found, element, Some(64))),
            _ => found.take(elements, element),
        }
    }
}

fn frame_count(given: Option<f64>) -> Result<u32, Message> {
    match given {
        None => Ok(1),
        Some(n) if n > f64::from(MAX_FRAMES) => {
            Err(msg!("data-dicom-too-many-frames", count = n.to_string(), most = MAX_FRAMES.to_string()))
        }
        Some(n) if n >= 1.0 => Ok(n as u32),
        Some(n) => Err(msg!("data-dicom-frame-count", n = n.to_string())),
    }
}

fn parse(
    source: &mut Source<'_>,
    at: u64,
    packing: Packing,
    encoding: Encoding,
    max_pixels: u64,
) -> Result<Dicom, Message> {
    let mut elements = Elements::new(source, at, encoding);
    let explicit = elements.is_explicit();
    elements.set_explicit(explicit);
    let (found, pixels, bits) = find(&mut elements)?;
    let missing = |what: &str| msg!("data-dicom-missing", what);
    let photometric = photometric(&found.photometric)?;
    let rows = found.rows.ok_or_else(|| missing("rows"))?;
    let columns = found.columns.ok_or_else(|| missing("columns"))?;
    check_size(rows.into(), columns.into(), max_pixels)?;
    let allocated = found.allocated.ok_or_else(|| missing("bits"))?;
    let samples = found.samples.unwrap_or(1);
    let expected = if matches!(photometric, Photometric::Rgb) || is_ybr(photometric) { 3 } else { 1 };
    if samples != expected {
        return Err(msg!(
            "data-dicom-samples-differ",
            samples = samples.to_string(),
            photometric = found.photometric.to_string()
        ));
    }
    let (float, allocated) = match (bits, allocated) {
        (None, 8 | 16 | 32) => (false, allocated as u8),
        (Some(32), 32) | (Some(64), 64) => (true, allocated as u8),
        _ => {
            return Err(msg!("data-dicom-depth", allocated = allocated.to_string()));
        }
    };
    let stored = found.stored.filter(|bits| (1..=u16::from(allocated)).contains(bits)).map_or(allocated, |b| b as u8);
    let frames = frame_count(found.frames)?;
    let most = if is_ybr(photometric) { 8 } else { 16 };
    if samples > 1 && allocated > most {
        return Err(msg!(
            "data-dicom-depth-of",
            photometric = found.photometric.to_string(),
            allocated = allocated.to_string()
        ));
    }
    let mut dicom = Dicom {
        packing,
        big_endian: encoding.big_endian,
        turned_words: encoding.big_endian && allocated == 8 && pixels.kind == *b"OW",
        photometric,
        rows,
        columns,
        samples: expected as u8,
        planar: found.planar == 1 && samples > 1,
        frames,
        allocated,
        stored,
        signed: found.signed == 1,
        float,
        rescale: (found.slope.is_some() || found.intercept.is_some())
            .then(|| [found.slope.unwrap_or(1.0), found.intercept.unwrap_or(0.0)]),
        window: found.center.zip(found.width).map(|(center, width)| [center, width]),
        curve: found.curve,
        palette: None,
        palette_bits: 8,
        pixels: Pixels { at: pixels.at, len: pixels.len },
        offsets: found.offsets,
        patient: found.patient,
    };
    if packing == Packing::Jpeg && dicom.stored > 8 {
        return Err(msg!("data-dicom-12-bit-jpeg"));
    }
    if dicom.is_422() && columns % 2 == 1 {
        return Err(msg!("data-dicom-odd-columns"));
    }
    let source = elements.source();
    dicom.check_pixels()?;
    if photometric == Photometric::Palette {
        let (palette, bits) = palette(&found, encoding, source)?;
        (dicom.palette, dicom.palette_bits) = (Some(palette), bits);
    }
    Ok(dicom)
}

fn photometric(name: &str) -> Result<Photometric, Message> {
    Ok(match name {
        "MONOCHROME1" => Photometric::Monochrome1,
        "MONOCHROME2" => Photometric::Monochrome2,
        "PALETTE COLOR" => Photometric::Palette,
        "RGB" => Photometric::Rgb,
        "YBR_FULL" => Photometric::YbrFull,
        "YBR_FULL_422" => Photometric::YbrFull422,
        "YBR_ICT" | "YBR_RCT" => Photometric::YbrOfJpeg2000,
        "" => return Err(msg!("data-dicom-no-photometric")),
        other => {
            let shown = crate::console::show_name(other.as_ref());
            return Err(msg!("data-dicom-photometric", shown = shown.to_string()));
        }
    })
}

/// Stands for a patient in place of the number, which nobody needs to see; 0 is none.
fn patient(id: &[u8]) -> u64 {
    if id.is_empty() { 0 } else { hash(id).max(1) }
}

fn is_ybr(photometric: Photometric) -> bool {
    matches!(photometric, Photometric::YbrFull | Photometric::YbrFull422 | Photometric::YbrOfJpeg2000)
}

fn palette(found: &Found, encoding: Encoding, source: &mut Source<'_>) -> Result<(Box<[Table; 3]>, u8), Message> {
    if found.segmented {
        return Err(msg!("data-dicom-segmented-palette"));
    }
    let missing = || msg!("data-dicom-palette");
    let mut tables = <[Table; 3]>::default();
    let mut bits = 8;
    for ((table, descriptor), element) in tables.iter_mut().zip(found.descriptors).zip(found.tables) {
        let [count, first, of_entry] = descriptor.ok_or_else(missing)?;
        let (at, len) = element.and_then(|element| Some((element.at, element.len?))).ok_or_else(missing)?;
        // 0 is 65536, which has no room in two bytes.
        let count = if count == 0 { 1 << 16 } else { usize::from(count) };
        let (wide, len) = (of_entry > 8, len as usize);
        bits = bits.max(if wide { 16 } else { 8 });
        // Eight bits an entry, or those in the lower half of sixteen.
        let each = if len >= count * 2 { 2 } else { 1 };
        if len < count * each || (wide && each == 1) {
            return Err(missing());
        }
        let mut raw = vec![0; count * each];
        read_exact_at(source, at, &mut raw).map_err(|_| cut_off())?;
        table.first = if found.signed == 1 { i32::from(first.cast_signed()) } else { i32::from(first) };
        table.entries = if each == 1 {
            raw.iter().map(|&entry| entry.into()).collect()
        } else {
            let value =
                |raw: &[u8; 2]| if encoding.big_endian { u16::from_be_bytes(*raw) } else { u16::from_le_bytes(*raw) };
            raw.as_chunks::<2>().0.iter().map(value).collect()
        };
    }
    if tables.iter().any(|table| table.entries.is_empty()) {
        return Err(damaged());
    }
    Ok((Box::new(tables), bits))
}
