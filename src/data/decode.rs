//! One file to one [`Image`], with buffers that are kept from file to file. Runs on loader threads, one decoder
//! each.

use crate::language::Message;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};
use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::convert::convert;
use super::error::{DataError, io_reason};
use super::header::{Format, Header, Source, check_bytes};
use super::image::Image;
use super::medical::{self, Axis, Raw, Window, split_path};
use super::open::open_regular;
use super::orientation::{is_on_its_side, make_upright};
use super::probe::probe;
use super::room::{Permit, room_for};
use super::{bmp, gif, jpeg, png, tiff, webp};
use crate::config::Orientation;

/// Reads and decodes images to 1 or 3 channels.
///
/// Values stay in the file's units (0 to 255, or 0 to 65535 for 16 bit). Colour becomes gray by PIL's `L` weights
/// (a colour JPEG gives its own luma, which is the same before rounding and clipping), gray becomes colour by
/// repeating it, alpha is dropped. EXIF orientation is not applied, as in PIL and MONAI's `PILReader`, unless
/// [`Self::decoding_as`] asks for it; TIFF's own is, as in PIL. Animations give their first frame, TIFF its first page, a path
/// that names one picture of a medical file that one.
/// A picture that ends early is an error, as in PIL; one that lacks only its end mark is read.
#[derive(Debug)]
pub struct Decoder {
    channels: usize,
    max_pixels: u64,
    /// The file's bytes are `file[..file_len]`; the buffer shrinks when [`Self::let_go`] says so.
    file: Vec<u8>,
    file_len: usize,
    pixels: Vec<u8>,
    /// Height and width that a picture must keep; `None` is all of it.
    target: Option<[usize; 2]>,
    orientation: Orientation,
    spare: Image,
    /// What was read last, where it is a picture of a medical file.
    raw: Option<Raw>,
    window: Window,
    /// For the picture that was decoded last, where it is large.
    permit: Option<Permit>,
    keeps_permit: bool,
}

impl Decoder {
    /// `channels` is 1, anything else gives 3. Images of more than `max_pixels` are refused before anything is
    /// allocated for them.
    pub fn new(channels: usize, max_pixels: u64) -> Self {
        let channels = if channels == 1 { 1 } else { 3 };
        Self {
            channels,
            max_pixels,
            file: Vec::new(),
            file_len: 0,
            pixels: Vec::new(),
            target: None,
            orientation: Orientation::AsStored,
            spare: Image::empty(),
            raw: None,
            window: Window::Full,
            permit: None,
            keeps_permit: false,
        }
    }

    /// The room that a large picture takes stays its own until [`Self::let_go`], for whoever makes more of it; else only while it
    /// is decoded.
    #[must_use]
    pub fn until_let_go(mut self) -> Self {
        self.keeps_permit = true;
        self
    }

    /// Bytes in buffers.
    pub fn kept_bytes(&self) -> u64 {
        let own = self.file.capacity() + self.pixels.capacity() + self.raw.as_ref().map_or(0, |raw| raw.bytes().len());
        own as u64 + self.spare.kept_bytes()
    }

    /// What was read last is done with. Buffers that grew for a large picture are given back, and the room that it took.
    pub fn let_go(&mut self) {
        if self.permit.is_some() || self.kept_bytes() >= super::LARGE_BYTES {
            (self.file, self.file_len, self.pixels) = (Vec::new(), 0, Vec::new());
            (self.spare, self.raw) = (Image::empty(), None);
        }
        self.permit = None;
    }

    /// As a dataset's settings have it: whether photographs that were taken with the camera turned stand upright, and which values
    /// of gray DICOM files are seen. At first all is as it is stored.
    #[must_use]
    pub fn decoding_as(mut self, orientation: Orientation, window: Window) -> Self {
        (self.orientation, self.window) = (orientation, window);
        self
    }

    /// Channels of the images: 1 or 3.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// From now on a JPEG may come out at a quarter or an eighth of its size (large ones at half), as long as it keeps
    /// this height and width: quicker where a chain makes it smaller anyway, with pixels that differ a little from those
    /// of the whole picture made smaller. `None`, as at first, is the whole picture.
    pub fn set_target(&mut self, target: Option<[usize; 2]>) {
        self.target = target;
    }

    /// Reads the file's bytes, for [`Self::decode`].
    ///
    /// # Errors
    /// The file is gone, is no regular file (never a hang on a FIFO), cannot be read, or is larger than any image
    /// of `max_pixels`.
    pub fn read(&mut self, path: &Path) -> Result<(), DataError> {
        self.read_bytes(path).map_err(|reason| DataError::Image { reason, path: path.to_owned() })
    }

    /// Decodes the bytes that [`Self::read`] read; `path` is for the message.
    ///
    /// # Errors
    /// No image, cut off, damaged, too large, or of an unsupported kind.
    pub fn decode(&mut self, path: &Path, out: &mut Image) -> Result<(), DataError> {
        self.decode_bytes(out).map_err(|reason| DataError::Image { reason, path: path.to_owned() })
    }

    /// Decodes a file's bytes that are in memory already.
    ///
    /// # Errors
    /// The reason, as [`Self::decode`] has it.
    pub fn decode_slice(&mut self, file: &[u8], out: &mut Image) -> Result<(), Message> {
        if self.file.len() < file.len() {
            self.file.resize(file.len(), 0);
        }
        self.file[..file.len()].copy_from_slice(file);
        self.file_len = file.len();
        self.raw = None;
        if medical::is_medical(file) {
            self.raw = Raw::read(&mut Source::whole(file), None, self.max_pixels, Vec::new()).transpose()?;
        }
        self.decode_bytes(out)
    }

    /// As [`Self::read`]; the error is the reason alone.
    pub(super) fn read_bytes(&mut self, path: &Path) -> Result<(), Message> {
        self.file_len = 0;
        let buffer = self.raw.take().map(Raw::into_buffer).unwrap_or_default();
        let (path, page) = split_path(path);
        let (mut file, len) = open_regular(path)?;
        let wanted = usize::try_from(len).unwrap_or(usize::MAX);
        fill(&mut file, &mut self.file, &mut self.file_len, wanted.min(medical::HEAD_BYTES))?;
        let head = &self.file[..self.file_len];
        if medical::is_medical(head) {
            let mut source = Source::head_of(head, &file, len);
            self.raw = Raw::read(&mut source, page, self.max_pixels, buffer).transpose()?;
            return Ok(());
        }
        if page.is_some() {
            return Err(msg!("data-no-longer-several"));
        }
        // 16 bytes a pixel is more than any format here needs; the rest is room for metadata.
        let limit = self.max_pixels.saturating_mul(16).saturating_add(64 << 20);
        let too_long = || msg!("data-too-many-bytes", bytes = len);
        let len = usize::try_from(len).ok().filter(|_| len <= limit).ok_or_else(too_long)?;
        fill(&mut file, &mut self.file, &mut self.file_len, len)
    }

    /// The bytes that were read last: the file's, or those of the one picture that was wanted of several.
    pub(super) fn file(&self) -> &[u8] {
        self.raw.as_ref().map_or(&self.file[..self.file_len], Raw::bytes)
    }

    /// As [`Self::decode`]; the error is the reason alone.
    pub(super) fn decode_bytes(&mut self, out: &mut Image) -> Result<(), Message> {
        // Decoders are large and their input is anybody's: a panic in one must cost one file, not the loader.
        let decoded = catch_unwind(AssertUnwindSafe(|| self.decode_any(out))).unwrap_or_else(|_| {
            let format = match self.raw {
                Some(_) => "medical",
                None => Format::of_content(self.file()).map_or("image", Format::name),
            };
            Err(msg!("data-decoder-failed", format))
        });
        if !self.keeps_permit || decoded.is_err() {
            self.permit = None;
        }
        decoded
    }

    fn decode_any(&mut self, out: &mut Image) -> Result<(), Message> {
        // Its own comes first: it would wait for itself.
        self.permit = None;
        if let Some(raw) = &self.raw {
            self.permit = room_for(raw.room(self.channels as u64));
            return raw.decode(self.channels, self.window, out);
        }
        let file = &self.file[..self.file_len];
        let source = &mut Source::whole(file);
        let header = probe(source)?;
        header.check_size(self.max_pixels)?;
        let upright = self.orientation == Orientation::Upright && header.orientation > 1;
        let target = self.target.map(|[rows, columns]| {
            if upright && is_on_its_side(header.orientation) { [columns, rows] } else { [rows, columns] }
        });
        let beside = if header.format == Format::Jpeg { jpeg::bytes_beside(file, &header, target) } else { 0 };
        self.permit = room_for(header.bytes(self.channels as u64).saturating_add(beside));
        let channels = self.channels;
        let changed = || msg!("data-header-not-whole");
        match header.format {
            Format::Jpeg => jpeg::decode(file, &header, channels, target, &mut self.pixels, out),
            Format::Tiff => tiff::Picture::read(source)?.ok_or_else(changed)?.decode(file, channels, out),
            Format::Bmp => bmp::Picture::read(source)?.ok_or_else(changed)?.decode(file, channels, out),
            Format::Gif => gif::Picture::read(source).ok_or_else(changed)?.decode(file, channels, out),
            Format::Webp if header.pictures > 1 => {
                let frame = webp::Frame::first(file).ok_or(msg!("data-webp-cut-off"))?;
                other(&frame.file, &header, channels, self.max_pixels, &mut self.pixels, &mut self.spare)?;
                frame.place(&self.spare, out)
            }
            Format::Png | Format::Webp | Format::Pnm => {
                let mended = if header.format == Format::Png { png::mended(file) } else { None };
                other(mended.as_deref().unwrap_or(file), &header, channels, self.max_pixels, &mut self.pixels, out)
            }
        }?;
        if upright {
            make_upright(out, header.orientation, &mut self.spare);
        }
        Ok(())
    }
}

/// Reads on until `filled` is `len`, or the file ends.
fn fill(file: &mut File, buffer: &mut Vec<u8>, filled: &mut usize, len: usize) -> Result<(), Message> {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
    while *filled < len {
        match file.read(&mut buffer[*filled..len]) {
            Ok(0) => break,
            Ok(n) => *filled += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(io_reason(&e)),
        }
    }
    Ok(())
}

/// Channels that the file has, by its header: 1 (gray) or 3.
///
/// # Errors
/// The file cannot be read or is no image.
pub fn channels_of_file(path: &Path) -> Result<usize, DataError> {
    let channels = open_regular(split_path(path).0).and_then(|(file, len)| {
        let mut head = Vec::new();
        (&file).take(4096).read_to_end(&mut head).map_err(|e| io_reason(&e))?;
        let mut source = Source::head_of(&head, &file, len);
        match medical::probe(&mut source, Axis::Z, u64::MAX) {
            Some(header) => header.map(|header| header.channels),
            None => probe(&mut source).map(|header| header.channels),
        }
    });
    match channels {
        Ok(channels) => Ok(channels.into()),
        Err(reason) => Err(DataError::Image { reason, path: path.to_owned() }),
    }
}

/// PNG, WebP and netpbm, by the `image` crate.
fn other(
    file: &[u8],
    header: &Header,
    channels: usize,
    max_pixels: u64,
    pixels: &mut Vec<u8>,
    out: &mut Image,
) -> Result<(), Message> {
    let name = header.format.name();
    let words = |e: image::ImageError| match e {
        image::ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            msg!("data-file-cut-off-early", name)
        }
        image::ImageError::Limits(_) => msg!("data-memory-limit"),
        image::ImageError::Unsupported(_) => {
            msg!("data-kind-unsupported", name)
        }
        e if header.complete => msg!("data-file-damaged", name, e = e.to_string()),
        e => msg!("data-file-cut-off-or-damaged", name, e = e.to_string()),
    };
    let format = match header.format {
        Format::Webp => ImageFormat::WebP,
        Format::Pnm => ImageFormat::Pnm,
        _ => ImageFormat::Png,
    };
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(16).saturating_add(64 << 20));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(words)?;
    let (width, height) = decoder.dimensions();
    // The header was checked; should the decoder read another size out of it, that one counts.
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err(msg!("data-more-than-max-pixels", width = width.to_string(), height = height.to_string()));
    }
    let kind = decoder.color_type();
    // The header says nothing of alpha.
    let made = if kind.bytes_per_pixel() > kind.channel_count() { 4 } else { 1 } * channels as u64;
    let made = u64::from(width) * u64::from(height) * made;
    check_bytes([width, height], decoder.total_bytes().saturating_add(made), max_pixels)?;
    let len = usize::try_from(decoder.total_bytes()).map_err(|_| msg!("data-too-large-for-machine"))?;
    if pixels.len() < len {
        pixels.resize(len, 0);
    }
    let pixels = &mut pixels[..len];
    decoder.read_image(pixels).map_err(words)?;
    convert(pixels, kind, [height as usize, width as usize], channels, out)
}
