//! A frame's samples out of its bytes: plain, run-length coded (PS3.5 annex G), JPEG, lossless JPEG and JPEG 2000.

use crate::language::Message;
use std::borrow::Cow;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::dicom::{Dicom, Packing, Photometric};

/// Samples of a frame.
pub(super) struct Samples<'a> {
    store: Store<'a>,
    /// One plane after another.
    pub(super) planar: bool,
    /// The decoder made RGB of them, whatever the header says.
    pub(super) is_rgb: bool,
}

enum Store<'a> {
    /// `each` bytes a sample: 1, 2, 4 or 8.
    Packed { bytes: Cow<'a, [u8]>, each: usize, big_endian: bool },
    /// Whole numbers with their sign.
    Ints(Vec<i32>),
}

impl Samples<'_> {
    pub(super) fn len(&self) -> usize {
        match &self.store {
            Store::Packed { bytes, each, .. } => bytes.len() / each,
            Store::Ints(values) => values.len(),
        }
    }

    /// Sample `i` as its bits stand there; 0 outside.
    pub(super) fn bits(&self, i: usize) -> u64 {
        match &self.store {
            Store::Packed { bytes, each, big_endian } => {
                let raw = bytes.get(i * each..(i + 1) * each).unwrap_or_default();
                let join = |value: u64, &byte: &u8| (value << 8) | u64::from(byte);
                if *big_endian { raw.iter().fold(0, join) } else { raw.iter().rev().fold(0, join) }
            }
            Store::Ints(values) => u64::from(values.get(i).copied().unwrap_or(0).cast_unsigned()),
        }
    }

    /// The bytes, where a sample is one.
    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        match &self.store {
            Store::Packed { bytes, each: 1, .. } => Some(bytes),
            _ => None,
        }
    }
}

/// Unpacks one frame. There are as many samples as the header says.
///
/// # Errors
/// Damaged, of a kind that is not supported, or of another size than the header says.
pub(super) fn unpack<'a>(dicom: &Dicom, bytes: &'a [u8]) -> Result<Samples<'a>, Message> {
    let pixels = usize::from(dicom.rows) * usize::from(dicom.columns);
    let wanted = pixels * usize::from(dicom.samples);
    let found = match dicom.packing {
        Packing::Plain => {
            // Words of two samples each, their bytes turned (PS3.5 annex D).
            let bytes = if dicom.turned_words {
                Cow::Owned(bytes.as_chunks::<2>().0.iter().flat_map(|[a, b]| [*b, *a]).collect())
            } else {
                Cow::Borrowed(bytes)
            };
            let store = Store::Packed { bytes, each: usize::from(dicom.allocated / 8), big_endian: dicom.big_endian };
            Samples { store, planar: dicom.planar, is_rgb: false }
        }
        Packing::RunLength => run_length(dicom, bytes, pixels)?,
        Packing::Jpeg => jpeg(dicom, bytes)?,
        Packing::JpegLossless => jpeg_lossless(dicom, bytes, wanted)?,
        Packing::Jpeg2000 => jpeg_2000(dicom, bytes, wanted)?,
    };
    let wanted = if dicom.is_422() { pixels * 2 } else { wanted };
    if found.len() < wanted {
        return Err(msg!("data-dicom-samples-end"));
    }
    Ok(found)
}

fn run_length<'a>(dicom: &Dicom, bytes: &[u8], pixels: usize) -> Result<Samples<'a>, Message> {
    let damaged = || msg!("data-dicom-run-lengths");
    let word = |i: usize| -> Option<usize> {
        let raw = bytes.get(i * 4..i * 4 + 4)?;
        usize::try_from(u32::from_le_bytes(raw.try_into().ok()?)).ok()
    };
    let (samples, each) = (usize::from(dicom.samples), usize::from(dicom.allocated / 8));
    let segments = word(0).ok_or_else(damaged)?;
    if segments != samples * each || segments > 15 {
        return Err(damaged());
    }
    let mut out = vec![0; pixels * samples * each];
    for segment in 0..segments {
        let begin = word(1 + segment).ok_or_else(damaged)?;
        let end = if segment + 1 < segments { word(2 + segment).ok_or_else(damaged)? } else { bytes.len() };
        let coded = bytes.get(begin..end.min(bytes.len())).ok_or_else(damaged)?;
        // The high byte of a sample comes first.
        let from = segment / each * each + (each - 1 - segment % each);
        let mut places = out.iter_mut().skip(from).step_by(samples * each);
        let mut left = pixels;
        let mut at = 0;
        while left > 0 {
            let control = *coded.get(at).ok_or_else(damaged)?;
            at += 1;
            match control {
                0..=127 => {
                    let n = usize::from(control) + 1;
                    let run = coded.get(at..at + n.min(left)).ok_or_else(damaged)?;
                    for (&value, place) in run.iter().zip(&mut places) {
                        *place = value;
                    }
                    at += n;
                    left -= n.min(left);
                }
                128 => {}
                129..=255 => {
                    let n = (257 - usize::from(control)).min(left);
                    let value = *coded.get(at).ok_or_else(damaged)?;
                    for place in places.by_ref().take(n) {
                        *place = value;
                    }
                    at += 1;
                    left -= n;
                }
            }
        }
    }
    Ok(Samples {
        store: Store::Packed { bytes: Cow::Owned(out), each, big_endian: false },
        planar: false,
        is_rgb: false,
    })
}

fn size_differs(width: usize, height: usize) -> Message {
    msg!("data-dicom-size-differs", width = width.to_string(), height = height.to_string())
}

fn channels_differ() -> Message {
    msg!("data-dicom-channels-differ")
}

/// Eight bits. Colour comes out as it is coded, since the header says what it is; an Adobe marker, where there is one,
/// knows better.
fn jpeg<'a>(dicom: &Dicom, bytes: &[u8]) -> Result<Samples<'a>, Message> {
    let words = |e: zune_jpeg::errors::DecodeErrors| msg!("data-dicom-jpeg", e = e.to_string());
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(words)?;
    let (width, height) = decoder.dimensions().ok_or(msg!("data-size-missing"))?;
    if [height, width] != [usize::from(dicom.rows), usize::from(dicom.columns)] {
        return Err(size_differs(width, height));
    }
    let coded = decoder.input_colorspace().unwrap_or(ColorSpace::Luma);
    if coded.num_components() != usize::from(dicom.samples) {
        // An Adobe marker that says "as it is" is read as four channels.
        return jpeg_as_coded(dicom, bytes);
    }
    let is_rgb = coded == ColorSpace::YCbCr && has_adobe_marker(bytes);
    decoder.set_options(options.jpeg_set_out_colorspace(if is_rgb { ColorSpace::RGB } else { coded }));
    let pixels = decoder.decode().map_err(words)?;
    Ok(Samples {
        store: Store::Packed { bytes: Cow::Owned(pixels), each: 1, big_endian: false },
        planar: false,
        is_rgb: is_rgb || coded == ColorSpace::RGB,
    })
}

/// Three channels as they are coded.
fn jpeg_as_coded<'a>(dicom: &Dicom, bytes: &[u8]) -> Result<Samples<'a>, Message> {
    let words = |e: jpeg_decoder::Error| msg!("data-dicom-jpeg", e = e.to_string());
    let wanted = usize::from(dicom.rows) * usize::from(dicom.columns) * usize::from(dicom.samples);
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(wanted);
    decoder.set_color_transform(jpeg_decoder::ColorTransform::None);
    let pixels = decoder.decode().map_err(words)?;
    if pixels.len() != wanted {
        return Err(channels_differ());
    }
    let store = Store::Packed { bytes: Cow::Owned(pixels), each: 1, big_endian: false };
    Ok(Samples { store, planar: false, is_rgb: dicom.photometric == Photometric::Rgb })
}

/// Whether an Adobe segment stands before the first scan.
fn has_adobe_marker(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        match marker {
            0xee if bytes.get(at + 4..at + 9) == Some(b"Adobe") => return true,
            0xda | 0xd9 => return false,
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}

fn jpeg_lossless<'a>(dicom: &Dicom, bytes: &[u8], wanted: usize) -> Result<Samples<'a>, Message> {
    let words = |e: jpeg_decoder::Error| msg!("data-dicom-lossless-jpeg", e = e.to_string());
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(wanted * 2);
    decoder.read_info().map_err(words)?;
    let info = decoder.info().ok_or(msg!("data-size-missing"))?;
    if [info.height, info.width] != [dicom.rows, dicom.columns] {
        return Err(size_differs(info.width.into(), info.height.into()));
    }
    let pixels = decoder.decode().map_err(words)?;
    // Two bytes a sample wherever it has other than eight bits.
    let each = match pixels.len() {
        n if n == wanted => 1,
        n if n == wanted * 2 => 2,
        _ => return Err(channels_differ()),
    };
    let big_endian = cfg!(target_endian = "big");
    Ok(Samples { store: Store::Packed { bytes: Cow::Owned(pixels), each, big_endian }, planar: false, is_rgb: false })
}

fn jpeg_2000<'a>(dicom: &Dicom, bytes: &[u8], wanted: usize) -> Result<Samples<'a>, Message> {
    let words = |e: hayro_jpeg2000::DecodeError| msg!("data-dicom-jpeg-2000", e = e.to_string());
    let settings = hayro_jpeg2000::DecodeSettings { strict: true, ..hayro_jpeg2000::DecodeSettings::default() };
    // Some writers put a whole JP2 file around the code stream, which is all that belongs here.
    let begin = bytes.windows(4).position(|w| w == b"\xff\x4f\xff\x51").unwrap_or(0);
    let bytes = &bytes[begin..];
    let picture = hayro_jpeg2000::Image::new(bytes, &settings).map_err(words)?;
    let (width, height) = (picture.width(), picture.height());
    if [height, width] != [u32::from(dicom.rows), u32::from(dicom.columns)] {
        return Err(size_differs(width as usize, height as usize));
    }
    // Before anything is made for what it claims: tiles are numbered by two bytes.
    let stream = CodeStream::read(bytes).filter(|stream| stream.tiles <= 1 << 16);
    let stream = stream.ok_or(msg!("data-dicom-jpeg-2000-header"))?;
    if stream.components != u16::from(dicom.samples) {
        return Err(channels_differ());
    }
    let mut context = hayro_jpeg2000::DecoderContext::default();
    let decoded = picture.decode(&mut context).map_err(words)?;
    let planes = decoded.components();
    if planes.len() != usize::from(dicom.samples) {
        return Err(channels_differ());
    }
    let mut values = Vec::with_capacity(wanted);
    for plane in planes {
        let bits = u32::from(plane.bit_depth()).clamp(1, 31);
        // The decoder shifts all samples to where unsigned ones are, and lossy ones may come to lie outside.
        let (shift, highest) = (1i64 << (bits - 1), (1i64 << bits) - 1);
        values.extend(plane.samples().iter().map(|&sample| {
            let value = (sample.round() as i64).clamp(0, highest);
            (if stream.signed { value - shift } else { value }) as i32
        }));
    }
    let is_rgb = dicom.photometric == Photometric::YbrOfJpeg2000;
    Ok(Samples { store: Store::Ints(values), planar: true, is_rgb })
}

/// What a code stream, which begins with its sizes, says of itself (ISO 15444-1 A.5.1).
struct CodeStream {
    components: u16,
    /// The first component's samples have a sign.
    signed: bool,
    tiles: u64,
}

impl CodeStream {
    fn read(bytes: &[u8]) -> Option<Self> {
        let word = |i: usize| Some(u32::from_be_bytes(bytes.get(i..i + 4)?.try_into().ok()?));
        let components = u16::from_be_bytes(bytes.get(40..42)?.try_into().ok()?);
        let signed = bytes.get(42)? & 0x80 != 0;
        // Of the whole grid and of a tile: end, and width or height; the offsets change the number by one at most.
        let along = |size: usize, of_tile: usize| {
            let (size, of_tile) = (word(size)?, word(of_tile)?);
            (of_tile > 0).then(|| u64::from(size.div_ceil(of_tile)))
        };
        Some(Self { components, signed, tiles: along(8, 24)?.saturating_mul(along(12, 28)?) })
    }
}
