//! Files of medical imaging: DICOM (PS3.5, PS3.10) and NIfTI-1 and -2, read as pydicom and nibabel read them.
//!
//! One file may hold many pictures: the frames of a DICOM file, the slices of a volume. Each is a sample, and has a path
//! of its own: the file's with one more part, `scan.nii.gz/#z12` ([`file_of`]). Only what one picture needs is read.
//!
//! The readers are our own and small. What they read is anybody's, and the libraries there are allocate whatever length
//! a header claims and nest as deep as a file does; they also keep every element of a file, of which a scan wants few.

mod codecs;
mod dicom;
mod elements;
mod frames;
mod nifti;
mod page;
mod values;

use crate::language::Message;
use std::ffi::OsStr;

use super::header::Source;
use super::image::Image;
pub use page::file_of;
pub(super) use page::{Axis, MedicalHeader, Page, Pages, split_path};
pub use values::Window;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dicom,
    Nifti,
    /// NIfTI within gzip.
    NiftiGz,
}

/// What these first bytes belong to. `None` is some other file.
fn kind(head: &[u8]) -> Option<Kind> {
    if head.get(128..132) == Some(b"DICM") {
        Some(Kind::Dicom)
    } else if nifti::is_header(head) {
        Some(Kind::Nifti)
    } else if head.starts_with(b"\x1f\x8b") && nifti::is_packed(head) {
        Some(Kind::NiftiGz)
    } else {
        None
    }
}

/// First bytes that must be there for [`is_medical`] to know.
pub(super) const HEAD_BYTES: usize = 4096;

/// Whether a file that begins so is one of these.
pub(super) fn is_medical(head: &[u8]) -> bool {
    kind(head).is_some()
}

/// Whether a file's name is one that such files have.
pub(super) fn is_medical_name(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    [".dcm", ".dicom", ".ima", ".nii", ".nii.gz"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a file is a directory of DICOM files, which goes with images and is none.
pub(super) fn is_dicom_directory(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case("DICOMDIR")
}

/// Reads the header; `None` where the file is none of these.
///
/// # Errors
/// The reason in words: cut off, or a kind that is not supported.
pub(super) fn probe(source: &mut Source<'_>, axis: Axis, max_pixels: u64) -> Option<Result<MedicalHeader, Message>> {
    let found = match kind(source.head)? {
        Kind::Dicom => dicom::header(source, max_pixels),
        Kind::Nifti => nifti::header(source, false, axis, max_pixels),
        Kind::NiftiGz => nifti::header(source, true, axis, max_pixels),
    };
    Some(found)
}

/// One picture as it stands in its file, read and not yet decoded.
#[derive(Debug)]
pub(super) struct Raw {
    bytes: Vec<u8>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Dicom(Box<dicom::Dicom>),
    Nifti(nifti::Slice),
}

impl Raw {
    /// Reads picture `page` of `source`. Without one it is the first frame, or the middle slice. `None` where the file is
    /// none of these; `bytes` is a buffer.
    ///
    /// # Errors
    /// As [`probe`] has it, or no such page.
    pub(super) fn read(
        source: &mut Source<'_>,
        page: Option<Page>,
        max_pixels: u64,
        mut bytes: Vec<u8>,
    ) -> Option<Result<Self, Message>> {
        let kind = kind(source.head)?;
        let mut read = |bytes: &mut Vec<u8>| match kind {
            Kind::Dicom => frames::read(source, page, max_pixels, bytes).map(|form| Form::Dicom(Box::new(form))),
            Kind::Nifti => nifti::read(source, false, page, max_pixels, bytes).map(Form::Nifti),
            Kind::NiftiGz => nifti::read(source, true, page, max_pixels, bytes).map(Form::Nifti),
        };
        Some(read(&mut bytes).map(|form| Self { bytes, form }))
    }

    /// The picture's own bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the buffer back.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes that it takes with the image of so many channels that is made of it.
    pub(super) fn room(&self, channels: u64) -> u64 {
        let [pixels, unpacked] = match &self.form {
            Form::Dicom(dicom) => dicom.pixels_and_unpacked(),
            Form::Nifti(slice) => [slice.pixels(), 0],
        };
        (self.bytes.len() as u64).saturating_add(unpacked).saturating_add(pixels.saturating_mul(4 * channels))
    }

    /// Decodes to `channels` (1 or 3).
    ///
    /// # Errors
    /// Damaged, or not what its header says.
    pub(super) fn decode(&self, channels: usize, window: Window, out: &mut Image) -> Result<(), Message> {
        match &self.form {
            Form::Dicom(dicom) => values::dicom(dicom, &self.bytes, channels, window, out),
            Form::Nifti(slice) => nifti::decode(slice, &self.bytes, channels, out),
        }
    }
}
