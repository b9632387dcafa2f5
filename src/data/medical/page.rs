//! The pictures of a file: what their headers say, and the paths that tell them apart.

use crate::language::Message;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::SliceAxis;
use crate::data::header::{self, Source};

/// An axis of a volume, numbered as NumPy counts those of nibabel's arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Axis {
    X,
    Y,
    Z,
}

impl From<SliceAxis> for Axis {
    fn from(axis: SliceAxis) -> Self {
        match axis {
            SliceAxis::X => Self::X,
            SliceAxis::Y => Self::Y,
            SliceAxis::Z => Self::Z,
        }
    }
}

impl Axis {
    pub(in crate::data) fn name(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::Y => "y",
            Self::Z => "z",
        }
    }
}

/// Which picture of a file that holds several, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Page {
    Frame(u32),
    Slice(Axis, u32),
}

impl Page {
    /// The last part of its path.
    fn name(self) -> String {
        match self {
            Self::Frame(i) => format!("#frame{i}"),
            Self::Slice(axis, i) => format!("#{}{i}", axis.name()),
        }
    }

    fn of_name(name: &OsStr) -> Option<Self> {
        let name = name.to_str()?.strip_prefix('#')?;
        let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let word = &name[..name.len() - digits.len()];
        // A name has one form only, or one picture would have several.
        let number = digits.parse::<u32>().ok().filter(|n| n.to_string() == digits)?;
        match word {
            "frame" => Some(Self::Frame(number)),
            word => {
                let axis = [Axis::X, Axis::Y, Axis::Z].into_iter().find(|axis| axis.name() == word)?;
                Some(Self::Slice(axis, number))
            }
        }
    }

    /// Makes `path`, a file's, that of this picture in it.
    pub(in crate::data) fn push_to(self, path: &mut PathBuf) {
        path.push(self.name());
    }
}

/// The file that holds a sample: `path` itself, or what it lies in where it is one picture of several.
pub fn file_of(path: &Path) -> &Path {
    split_path(path).0
}

/// A sample's file, and which picture of it.
pub(in crate::data) fn split_path(path: &Path) -> (&Path, Option<Page>) {
    match (path.parent(), path.file_name().and_then(Page::of_name)) {
        (Some(file), Some(page)) if !file.is_dir() => (file, Some(page)),
        _ => (path, None),
    }
}

/// The pictures of a file of several, beyond what every image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) struct Pages {
    pub(in crate::data) count: u32,
    /// `None`: frames.
    pub(in crate::data) axis: Option<Axis>,
}

impl Pages {
    pub(in crate::data) fn page(self, i: u32) -> Page {
        self.axis.map_or(Page::Frame(i), |axis| Page::Slice(axis, i))
    }
}

/// What the header of a medical file says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::data) struct MedicalHeader {
    pub(in crate::data) format: &'static str,
    pub(in crate::data) width: u32,
    pub(in crate::data) height: u32,
    /// 1 or 3.
    pub(in crate::data) channels: u8,
    /// Bits of a sample in the file.
    pub(in crate::data) bits: u8,
    pub(in crate::data) pages: Pages,
    /// The file seems to go to its end. False is a suspicion, not a verdict.
    pub(in crate::data) complete: bool,
    /// Stands for the patient that the file names; 0 where it names none.
    pub(in crate::data) patient: u64,
    /// MONOCHROME1: high values are dark.
    pub(in crate::data) inverted: bool,
    /// Its slices can only be had by unpacking what comes before them.
    pub(in crate::data) packed: bool,
}

/// A file's bytes from some place on, in order.
pub(super) struct SourceReader<'s, 'a> {
    source: &'s mut Source<'a>,
    at: u64,
}

impl<'s, 'a> SourceReader<'s, 'a> {
    pub(super) fn new(source: &'s mut Source<'a>, at: u64) -> Self {
        Self { source, at }
    }

    pub(super) fn skip(&mut self, n: u64) {
        self.at = self.at.saturating_add(n);
    }
}

impl io::Read for SourceReader<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read_at(self.at, out)?;
        self.at += n as u64;
        Ok(n)
    }
}

pub(super) fn read_exact_at(source: &mut Source<'_>, at: u64, out: &mut [u8]) -> io::Result<()> {
    io::Read::read_exact(&mut SourceReader::new(source, at), out)
}

/// Refuses pictures without pixels or with more than allowed, before anything is allocated for them.
pub(super) fn check_size(height: u64, width: u64, max_pixels: u64) -> Result<(), Message> {
    header::check_size(width, height, max_pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_name() {
        for page in [Page::Frame(0), Page::Frame(120), Page::Slice(Axis::X, 3), Page::Slice(Axis::Z, 154)] {
            let mut path = PathBuf::from("cat/scan.nii.gz");
            page.push_to(&mut path);
            assert_eq!(split_path(&path), (Path::new("cat/scan.nii.gz"), Some(page)), "{path:?}");
        }
        for path in ["cat/scan.nii.gz", "cat/a.nii/#z01", "cat/a.nii/#z", "cat/a.nii/#3", "cat/a.nii/#z-1", "#w1", ""] {
            assert_eq!(split_path(Path::new(path)), (Path::new(path), None), "{path}");
        }
        // A file of such a name in a folder is a file.
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("#z3");
        assert_eq!(split_path(&path), (path.as_path(), None));
    }
}
