//! What a scan says of medical files.

use crate::language::Message;

use super::super::medical::MedicalHeader;

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

    pub(super) fn notes(&self) -> Vec<Message> {
        let mut notes = Vec::new();
        if self.volumes > 0 {
            let (volumes, slices, axis) = (self.volumes, self.slices, self.axis);
            notes.push(msg!("data-note-volumes", volumes, slices, axis));
        }
        if self.packed > 0 {
            notes.push(msg!("data-note-packed-volumes", count = self.packed));
        }
        if self.films > 0 {
            notes.push(msg!("data-note-films", files = self.films, frames = self.frames));
        }
        if self.inverted > 0 && self.inverted < self.gray_dicom {
            notes.push(msg!("data-note-monochrome1", inverted = self.inverted, all = self.gray_dicom));
        }
        notes
    }
}
