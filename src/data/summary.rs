//! A dataset in figures, as it is printed.

use super::dataset::{Dataset, Part, Reading};
use crate::console::show_path;
use crate::language::Message;
use serde::Serialize;
use std::collections::BTreeMap;

/// A dataset in figures. Paths are escaped to one line each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanSummary {
    pub root: String,
    pub images: u64,
    pub classes: Vec<ClassSummary>,
    pub formats: BTreeMap<String, u64>,
    /// At most 1000, by width, then height.
    pub sizes: Vec<SizeCount>,
    pub more_sizes: u64,
    /// Images by bits of a channel.
    pub bit_depths: BTreeMap<u8, u64>,
    pub gray_images: u64,
    pub colour_images: u64,
    /// Photographs with an EXIF orientation other than upright.
    pub turned_images: u64,
    /// Files of several pages or frames, of which the first is taken.
    pub many_pictures: u64,
    pub bad_file_count: u64,
    pub bad_files: Vec<BadFileSummary>,
    pub ignored_files: u64,
    pub reading: Reading,
    pub notes: Vec<Message>,
}

/// One class of a [`ScanSummary`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassSummary {
    pub name: String,
    pub images: u64,
    /// Where the folder holds train, val and test folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<PartCounts>,
}

/// Images of a class by the part their folder names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PartCounts {
    pub train: u64,
    pub val: u64,
    pub test: u64,
}

/// Images of one size in pixels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SizeCount {
    pub width: u32,
    pub height: u32,
    pub images: u64,
}

/// A [`super::BadFile`] as text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BadFileSummary {
    pub path: String,
    pub reason: Message,
}

impl Dataset {
    /// What `scan --json` prints.
    pub fn summary(&self) -> ScanSummary {
        let mut parts = vec![PartCounts::default(); self.class_names.len()];
        for i in 0..self.len() {
            let counts = &mut parts[self.class_of(i)];
            match self.part_of(i) {
                Some(Part::Train) => counts.train += 1,
                Some(Part::Val) => counts.val += 1,
                Some(Part::Test) => counts.test += 1,
                None => {}
            }
        }
        let named = self.class_names.iter().zip(self.class_counts()).zip(parts);
        ScanSummary {
            root: show_path(&self.root),
            images: self.len() as u64,
            classes: named
                .map(|((name, images), parts)| ClassSummary {
                    name: name.clone(),
                    images,
                    parts: self.has_parts.then_some(parts),
                })
                .collect(),
            formats: self.formats.clone(),
            sizes: self.sizes.iter().map(|(&(width, height), &images)| SizeCount { width, height, images }).collect(),
            more_sizes: self.more_sizes,
            bit_depths: self.bit_depths.clone(),
            gray_images: self.len() as u64 - self.colour_images,
            colour_images: self.colour_images,
            turned_images: self.turned_images,
            many_pictures: self.many_pictures,
            bad_file_count: self.bad_files.len() as u64,
            bad_files: self
                .bad_files
                .iter()
                .map(|bad| BadFileSummary { path: show_path(&bad.path), reason: bad.reason.clone() })
                .collect(),
            ignored_files: self.ignored_files,
            reading: self.reading.clone(),
            notes: self.notes.clone(),
        }
    }
}
