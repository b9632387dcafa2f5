//! TIFF, read as Pillow reads it: the first page of a file, its values in the file's units, turned as its tag says.
//!
//! [`Picture`] is what the first directory says, made by the scan and by the decoder alike, so that both refuse the same
//! files for the same reasons. Own code, as the `tiff` crate lacks half of the kinds that people have (palettes, YCbCr, 1
//! to 12 bits, FillOrder, tiles of planes).

mod codec;
mod fax;
mod paint;
mod samples;

use crate::language::Message;
use codec::{Compression, ends_early};
use paint::{Colour, Paint};
use samples::{Form, SampleFormat};

use super::directory::Directory;
use super::header::{Format, Header, Source};
use super::image::{Dtype, Image, Layout};
use super::jpeg::Coded;
use super::orientation;

fn too_large() -> Message {
    msg!("data-memory-limit")
}

/// Tags that say what the picture is.
const TAGS: &[u16] = &[256, 257, 258, 259, 262, 266, 274, 277, 278, 284, 292, 317, 322, 323, 338, 339, 530];
/// More samples in a pixel are no picture.
const MAX_SAMPLES: u64 = 64;
/// The scan looks at the places of up to so many strips or tiles; of more, at the last.
const MAX_LOOKED_AT: u64 = 1024;

/// What the first directory says of its picture.
#[derive(Debug)]
pub(super) struct Picture {
    directory: Directory,
    width: usize,
    height: usize,
    orientation: u8,
    form: Form,
    paint: Paint,
    samples: usize,
    planar: bool,
    compression: Compression,
    predictor: u64,
    bits_reversed: bool,
    two_dimensional_fax: bool,
    /// Rows and columns of a strip or tile.
    chunk: [usize; 2],
    tiled: bool,
    /// Chroma samples of YCbCr lie one to so many columns and rows.
    subsampling: [usize; 2],
}

/// Bits of a sample, which all of a pixel must have, and what they are.
fn depth(bits: &[u64], formats: &[u64], samples: u64) -> Result<(u64, SampleFormat), Message> {
    let bit = bits.first().copied().unwrap_or(1);
    if bits.iter().take(samples as usize).any(|b| *b != bit) {
        return Err(msg!("data-tiff-mixed-depths"));
    }
    let format = match formats.first().copied().unwrap_or(1) {
        1 | 4 => SampleFormat::Unsigned,
        2 => SampleFormat::Signed,
        3 => SampleFormat::Float,
        5 | 6 => return Err(msg!("data-tiff-complex")),
        other => return Err(msg!("data-tiff-sample-format", other = other.to_string())),
    };
    let fits = match format {
        SampleFormat::Unsigned => matches!(bit, 1..=16 | 32 | 64),
        SampleFormat::Signed => matches!(bit, 8 | 16 | 32 | 64),
        SampleFormat::Float => matches!(bit, 16 | 32 | 64),
    };
    if !fits {
        let kind = if format == SampleFormat::Float { "float" } else { "whole" };
        return Err(msg!("data-tiff-depth", bit = bit.to_string(), kind));
    }
    Ok((bit, format))
}

/// To how many columns and rows a chroma sample belongs, by the tag of it.
fn chroma(subsampling: &[u64]) -> Result<[usize; 2], Message> {
    match *subsampling {
        [h @ (1 | 2 | 4), v @ (1 | 2 | 4), ..] => Ok([h as usize, v as usize]),
        [] => Ok([2, 2]),
        _ => Err(msg!("data-tiff-subsampling")),
    }
}

impl Picture {
    /// Reads it; `None` where its directory is not whole.
    ///
    /// # Errors
    /// A kind that is not supported.
    pub(super) fn read(source: &mut Source<'_>) -> Result<Option<Self>, Message> {
        let Some(directory) = Directory::read(source, 0) else { return Ok(None) };
        // A tag whose values lie beyond a cut must not turn into its default.
        if TAGS.iter().any(|tag| directory.has(*tag) && directory.numbers(source, *tag, 0, MAX_SAMPLES).is_none()) {
            return Ok(None);
        }
        let mut number = |tag, default| directory.number(source, tag).unwrap_or(default);
        let (width, height) = (number(256, 0), number(257, 0));
        let compression = Compression::of(number(259, 1))?;
        let photometric = number(262, 0);
        let (planar, mut predictor) = (number(284, 1) == 2, number(317, 1));
        let orientation = orientation::valid(number(orientation::ORIENTATION_TAG, 1)).unwrap_or(1);
        let bits_reversed = number(266, 1) == 2;
        let two_dimensional_fax = number(292, 0) & 1 == 1;
        let samples = number(277, 1);
        let tiled = directory.has(322) && directory.has(324);
        let mut number = |tag, default| directory.number(source, tag).unwrap_or(default);
        let chunk = if tiled { [number(323, 0), number(322, 0)] } else { [number(278, height).min(height), width] };
        let numbers = |source: &mut Source<'_>, tag| directory.numbers(source, tag, 0, MAX_SAMPLES).unwrap_or_default();
        let (bits, formats) = (numbers(source, 258), numbers(source, 339));
        let alpha = numbers(source, 338).first().copied();
        let subsampling = numbers(source, 530);
        if width == 0 || height == 0 || samples == 0 || chunk.contains(&0) {
            return Ok(None);
        }
        if samples > MAX_SAMPLES {
            return Err(msg!("data-tiff-channels", samples = samples.to_string()));
        }
        let (bit, format) = depth(&bits, &formats, samples)?;
        let to_size = |n: u64| usize::try_from(n).map_err(|_| too_large());
        let samples = to_size(samples)?;
        let jpeg = compression == Compression::Jpeg;
        let fax = matches!(compression, Compression::Fax3 | Compression::Fax4 | Compression::FaxRows { .. });
        if (fax && (bit != 1 || samples != 1)) || (jpeg && (bit != 8 || format != SampleFormat::Unsigned)) {
            return Err(msg!("data-tiff-compressed-depth", bit = bit.to_string()));
        }
        let premultiplied = alpha == Some(1);
        let paint = Paint::of(photometric, samples, bit, format, premultiplied)?;
        let mut form = Form {
            bits: to_size(bit)?,
            format,
            big_endian: directory.big_endian,
            samples: if planar { 1 } else { samples },
            kept: if planar { 1 } else { paint.needs() },
            spread: paint.colour != Colour::Palette,
        };
        let subsampling = if paint.colour == Colour::YCbCr && !jpeg { chroma(&subsampling)? } else { [1, 1] };
        if subsampling != [1, 1] && (planar || bit != 8 || samples != 3) {
            return Err(msg!("data-tiff-planar-ycbcr"));
        }
        if !compression.has_predictor() {
            predictor = 1;
        }
        match predictor {
            1 => {}
            2 if matches!(bit, 8 | 16 | 32 | 64) => {}
            // It gives the highest bytes first.
            3 if format == SampleFormat::Float => form.big_endian = true,
            _ => return Err(msg!("data-tiff-predictor", bit = bit.to_string(), predictor = predictor.to_string())),
        }
        Ok(Some(Self {
            width: to_size(width)?,
            height: to_size(height)?,
            orientation,
            form,
            paint,
            samples,
            planar,
            compression,
            predictor,
            bits_reversed,
            two_dimensional_fax,
            chunk: [to_size(chunk[0])?, to_size(chunk[1])?],
            tiled,
            subsampling,
            directory,
        }))
    }

    /// For the scan and the checks of size.
    pub(super) fn header(&self, source: &mut Source<'_>) -> Header {
        let gray = match self.paint.colour {
            Colour::Gray { .. } => true,
            Colour::Palette => self.palette(source).is_some_and(|p| p.iter().all(|[r, g, b]| r == g && g == b)),
            _ => false,
        };
        let mut size = [self.width, self.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        if orientation::is_on_its_side(self.orientation) {
            size.reverse();
        }
        Header {
            width: size[0],
            height: size[1],
            channels: if gray { 1 } else { 3 },
            bits: match self.form.bits {
                0..=8 => 8,
                9..=16 => 16,
                bits => bits as u8,
            },
            complete: self.is_whole(source),
            pictures: if self.directory.has_more { 2 } else { 1 },
            ..Header::new(Format::Tiff)
        }
    }

    /// The tags of the places and the lengths of strips or tiles.
    fn tags(&self) -> [u16; 2] {
        if self.tiled { [324, 325] } else { [273, 279] }
    }

    /// Strips or tiles in a row and in a column of the picture, and planes.
    fn chunks(&self) -> [usize; 3] {
        let planes = if self.planar { self.samples } else { 1 };
        [self.width.div_ceil(self.chunk[1]), self.height.div_ceil(self.chunk[0]), planes]
    }

    fn chunk_count(&self) -> u64 {
        self.chunks().iter().fold(1u64, |n, side| n.saturating_mul(*side as u64))
    }

    /// Rows of strip or tile `i`: the last strip has fewer, tiles are padded.
    fn rows_of(&self, i: usize) -> usize {
        let [across, down, _] = self.chunks();
        let y = i / across % down * self.chunk[0];
        if self.tiled { self.chunk[0] } else { self.chunk[0].min(self.height - y) }
    }

    /// Bytes of `rows` rows of a strip or tile before chroma is spread.
    fn packed_bytes(&self, rows: usize) -> Option<usize> {
        match self.subsampling {
            [1, 1] => self.row_bytes(rows),
            [h, v] => self.chunk[1].div_ceil(h).checked_mul(rows.div_ceil(v))?.checked_mul(h * v + 2),
        }
    }

    /// Every strip or tile lies within the file.
    fn is_whole(&self, source: &mut Source<'_>) -> bool {
        let [places, lengths] = self.tags();
        let all = self.chunk_count();
        if self.directory.count(places) < all || self.directory.count(lengths) < all {
            return false;
        }
        let (from, n) = if all > MAX_LOOKED_AT { (all - 1, 1) } else { (0, all) };
        let Some(at) = self.directory.numbers(source, places, from, n) else { return false };
        let Some(len) = self.directory.numbers(source, lengths, from, n) else { return false };
        let lies_in_file = |i: u64, at: u64, len: u64| {
            let len = match self.compression {
                Compression::None => self.packed_bytes(self.rows_of((from + i) as usize)).map(|len| len as u64),
                _ => Some(len),
            };
            len.is_some_and(|len| len > 0 && at.checked_add(len).is_some_and(|end| end <= source.len))
        };
        at.len() as u64 == n
            && len.len() as u64 == n
            && (0..).zip(at.iter().zip(&len)).all(|(i, (at, len))| lies_in_file(i, *at, *len))
    }

    fn palette(&self, source: &mut Source<'_>) -> Option<Vec<[u8; 3]>> {
        let n = 1 << self.form.bits;
        let values = self.directory.numbers(source, 320, 0, 3 * n)?;
        let n = n as usize;
        // 16 bits an entry, of which Pillow takes the upper ones.
        (values.len() == 3 * n).then(|| (0..n).map(|i| [0, 1, 2].map(|c| (values[c * n + i] >> 8) as u8)).collect())
    }

    /// Decodes it to `channels` (1 or 3).
    ///
    /// # Errors
    /// Cut off or damaged.
    pub(super) fn decode(&self, file: &[u8], channels: usize, out: &mut Image) -> Result<(), Message> {
        let source = &mut Source::whole(file);
        let palette = match self.paint.colour {
            Colour::Palette => self.palette(source).ok_or(msg!("data-tiff-palette"))?,
            _ => Vec::new(),
        };
        let [places, lengths] = self.tags();
        let all = self.chunk_count();
        let at = self.directory.numbers(source, places, 0, all).unwrap_or_default();
        let lens = self.directory.numbers(source, lengths, 0, all).unwrap_or_default();
        if (at.len() as u64) < all {
            return Err(msg!("data-tiff-strips"));
        }
        let [height, width] = [self.height, self.width];
        let kept = self.paint.needs();
        let is_bytes = self.form.is_bytes();
        // Planes must all be there before a pixel can be made; else a row does.
        let rows = if self.planar { height } else { 1 };
        let values = rows * width * kept;
        let (mut bytes, mut floats) = (vec![0; if is_bytes { values } else { 0 }], Vec::new());
        floats.resize(if is_bytes { 0 } else { values }, 0.0);
        if is_bytes {
            out.reshape_bytes(channels, height, width, Layout::ChannelLast);
        } else {
            out.reshape(channels, height, width, Layout::ChannelLast);
            // As Pillow reads them: 12 bits are a `uint16` too.
            out.sixteen_bit = self.form.format == SampleFormat::Unsigned && self.form.bits <= 16;
        }
        let [across, down, planes] = self.chunks();
        let mut raw = Vec::new();
        let mut spare = Vec::new();
        for plane in 0..planes.min(kept) {
            for index in 0..across * down {
                let i = plane * across * down + index;
                let [y, x] = [index / across * self.chunk[0], index % across * self.chunk[1]];
                let rows = self.rows_of(i);
                let columns = self.chunk[1].min(width - x);
                let len = lens.get(i).copied().unwrap_or(0);
                self.chunk(file, at[i], len, rows, &mut raw, &mut spare)?;
                let row_bytes = self.row_bytes(1).ok_or_else(too_large)?;
                for (r, row) in raw.chunks_exact(row_bytes).take(rows.min(height - y)).enumerate() {
                    if self.planar {
                        let at = ((y + r) * width + x) * kept + plane;
                        if is_bytes {
                            spare.resize(columns, 0);
                            self.form.bytes(row, &mut spare[..columns]);
                            (0..columns).for_each(|i| bytes[at + i * kept] = spare[i]);
                        } else {
                            let mut line = vec![0.0; columns];
                            self.form.floats(row, &mut line);
                            (0..columns).for_each(|i| floats[at + i * kept] = line[i]);
                        }
                        continue;
                    }
                    let at = ((y + r) * width + x) * channels;
                    let to = at..at + columns * channels;
                    if is_bytes {
                        self.form.bytes(row, &mut bytes[..columns * kept]);
                        self.paint.bytes(&bytes[..columns * kept], &palette, channels, &mut out.bytes[to]);
                    } else {
                        self.form.floats(row, &mut floats[..columns * kept]);
                        self.paint.floats(&floats[..columns * kept], channels, &mut out.data[to]);
                    }
                }
            }
        }
        if self.planar {
            match out.dtype {
                Dtype::U8 => self.paint.bytes(&bytes, &palette, channels, &mut out.bytes),
                Dtype::F32 => self.paint.floats(&floats, channels, &mut out.data),
            }
        }
        if self.orientation != 1 {
            orientation::make_upright(out, self.orientation, &mut Image::empty());
        }
        Ok(())
    }

    /// Bytes that a strip or tile may have: what it claims may be anything.
    fn most_bytes(&self) -> usize {
        (self.width * self.height).saturating_mul(32).saturating_add(64 << 20)
    }

    /// Bytes of `rows` rows of a strip or tile, as they are once unpacked and, with YCbCr, spread.
    fn row_bytes(&self, rows: usize) -> Option<usize> {
        self.form.row_bytes(self.chunk[1])?.checked_mul(rows)
    }

    /// One strip or tile of `rows` rows into `raw`, its predictor undone.
    fn chunk(
        &self,
        file: &[u8],
        at: u64,
        len: u64,
        rows: usize,
        raw: &mut Vec<u8>,
        spare: &mut Vec<u8>,
    ) -> Result<(), Message> {
        let bytes = self.row_bytes(rows).filter(|bytes| *bytes <= self.most_bytes()).ok_or_else(too_large)?;
        let [h, v] = self.subsampling;
        let packed_bytes = self.packed_bytes(rows).ok_or_else(too_large)?;
        let start = usize::try_from(at).ok().filter(|at| *at < file.len()).ok_or_else(ends_early)?;
        let len = match self.compression {
            // What is there counts, not what the tag says.
            Compression::None => packed_bytes,
            _ if len == 0 => file.len() - start,
            _ => usize::try_from(len).unwrap_or(usize::MAX),
        };
        let cut = file.len() - start < len;
        let data = &file[start..start + len.min(file.len() - start)];
        // A decompressor may find all it needs in what is left; JPEG and fax would make up the rest.
        if cut && matches!(self.compression, Compression::Jpeg | Compression::Fax3 | Compression::Fax4) {
            return Err(ends_early());
        }
        raw.clear();
        raw.resize(packed_bytes, 0);
        let reversed;
        let data = if self.bits_reversed && self.compression != Compression::Jpeg {
            reversed = data.iter().map(|byte| byte.reverse_bits()).collect::<Vec<_>>();
            &reversed
        } else {
            data
        };
        match self.compression {
            Compression::Jpeg => self.jpeg(file, data, rows, raw)?,
            Compression::Fax3 | Compression::Fax4 | Compression::FaxRows { .. } => {
                fax::unpack(self.compression, self.two_dimensional_fax, data, self.chunk[1], raw)?;
            }
            compression => codec::unpack(compression, data, raw)?,
        }
        if packed_bytes != bytes || [h, v] != [1, 1] {
            std::mem::swap(raw, spare);
            raw.clear();
            raw.resize(bytes, 0);
            self.spread_chroma(spare, rows, raw);
        }
        let row_bytes = self.row_bytes(1).ok_or_else(too_large)?;
        for row in raw.chunks_exact_mut(row_bytes) {
            match self.predictor {
                2 => self.form.undo_differences(row)?,
                3 => self.form.undo_float_differences(row, spare),
                _ => {}
            }
        }
        Ok(())
    }

    /// A strip or tile that is a JPEG, whose tables may stand in a tag.
    fn jpeg(&self, file: &[u8], data: &[u8], rows: usize, out: &mut [u8]) -> Result<(), Message> {
        let words = |reason: Message| msg!("data-tiff-jpeg", reason);
        let tables = self.directory.bytes(file, 347);
        let most = self.chunk.iter().fold(1, |n, side| n * (*side as u64 + 64));
        let coded = Coded::read(data, tables, most).map_err(words)?;
        let [height, width] = coded.size();
        if coded.components() != self.form.samples || width != self.chunk[1] || height < rows {
            return Err(msg!("data-tiff-jpeg-size"));
        }
        let mut pixels = Vec::new();
        coded.samples(1, false, &mut pixels);
        out.copy_from_slice(pixels.get(..out.len()).ok_or_else(ends_early)?);
        Ok(())
    }

    /// Units of `h * v` lumas and two chromas to pixels; each chroma serves its whole unit, as in libtiff.
    fn spread_chroma(&self, units: &[u8], rows: usize, out: &mut [u8]) {
        let [h, v] = self.subsampling;
        let width = self.chunk[1];
        let across = width.div_ceil(h);
        for (i, unit) in units.chunks_exact(h * v + 2).enumerate() {
            let [top, left] = [i / across * v, i % across * h];
            for (j, luma) in unit[..h * v].iter().enumerate() {
                let [y, x] = [top + j / h, left + j % h];
                if y < rows && x < width {
                    let at = (y * width + x) * 3;
                    out[at..at + 3].copy_from_slice(&[*luma, unit[h * v], unit[h * v + 1]]);
                }
            }
        }
    }
}
