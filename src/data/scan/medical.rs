//! What a scan makes of medical files, and says of them.

use std::path::Path;

use super::super::medical::MedicalHeader;
use super::{Found, Prober, counted};

impl Prober {
    /// Of a header; decodes the last picture where the file does not seem to be whole.
    pub(super) fn medical(&mut self, path: &Path, header: MedicalHeader) -> Result<Found, String> {
        if !header.complete {
            let mut last = path.to_owned();
            header.pages.page(header.pages.count.saturating_sub(1)).push_to(&mut last);
            self.decoder.read_bytes(&last)?;
            self.decoder.decode_bytes(&mut self.image)?;
        }
        Ok(Found {
            format: header.format,
            width: header.width,
            height: header.height,
            channels: header.channels,
            bits: header.bits,
            orientation: 1,
            has_more: false,
            medical: Some(header),
        })
    }
}

/// Files of several pictures, and others that something is to be said of.
#[derive(Default)]
pub(super) struct MedicalTally {
    volumes: u64,
    slices: u64,
    axis: &'static str,
    packed: u64,
    films: u64,
    frames: u64,
    gray_dicom: u64,
    inverted: u64,
}

impl MedicalTally {
    pub(super) fn add(&mut self, header: &MedicalHeader) {
        let count = header.pages.count;
        if header.format == "dicom" {
            self.gray_dicom += u64::from(header.channels == 1);
            self.inverted += u64::from(header.inverted);
        }
        if count < 2 {
            return;
        }
        match header.pages.axis {
            Some(axis) => {
                self.volumes += 1;
                self.slices += u64::from(count);
                self.axis = axis.name();
                self.packed += u64::from(header.packed);
            }
            None => {
                self.films += 1;
                self.frames += u64::from(count);
            }
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.volumes > 0 {
            let (volumes, slices) =
                (counted(self.volumes, "volume", "volumes"), counted(self.slices, "slice", "slices"));
            let axis = self.axis;
            notes.push(format!(
                "{volumes} taken as {slices} along {axis} (`data.slice_axis`); one's slices stay in one part"
            ));
        }
        if self.packed > 0 {
            notes.push(format!(
                "{} packed (.nii.gz): each slice is had by unpacking those before it; unpack the files to .nii, or use `loader.cache`",
                counted(self.packed, "volume is", "volumes are")
            ));
        }
        if self.films > 0 {
            let files = counted(self.films, "DICOM file", "DICOM files");
            notes.push(format!(
                "{files} of several frames: each of the {} is an image; one file's stay in one part",
                self.frames
            ));
        }
        if self.inverted > 0 && self.inverted < self.gray_dicom {
            notes.push(format!(
                "{} of {} gray DICOM files are MONOCHROME1 (high is dark), the others not: their values are kept as pydicom \
                 gives them; `data.dicom_window` = \"file\" shows all alike",
                self.inverted, self.gray_dicom
            ));
        }
        notes
    }
}
