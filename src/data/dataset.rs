//! What a scan found: the samples, stored compactly, and what is to be said about them.

use crate::language::Message;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::decode::Decoder;
use super::error::DataError;
use super::medical::{MedicalHeader, Pages, Window};
use super::orientation::is_on_its_side;
use crate::config::Orientation;

/// More different image sizes than this are counted together in [`Dataset::more_sizes`].
const MAX_SIZES: usize = 1000;

/// What a folder named `train`, `val` or `test` says its images are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Train,
    Val,
    Test,
}

/// A file that cannot be used, and why (one line, without the path).
#[derive(Debug, Clone, PartialEq)]
pub struct BadFile {
    pub path: PathBuf,
    pub reason: Message,
}

/// One image: 16 bytes beside its name.
#[derive(Debug, Clone, Copy)]
struct Sample {
    dir: u32,
    name_start: u32,
    class: u32,
    /// [`ODD_NAME`]: the name is no Unicode and stands in `odd_names`.
    name_len: u16,
    part: Option<Part>,
}

const ODD_NAME: u16 = u16::MAX;

/// What one image's header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub format: &'static str,
    pub width: u32,
    pub height: u32,
    /// 1 or 3; alpha does not count.
    pub channels: u8,
    /// 8, 16, 32 or 64.
    pub bits: u8,
    /// EXIF's, 1 to 8; 1 is upright.
    pub orientation: u8,
    /// The file holds more pictures than the one that is taken.
    pub has_more: bool,
    /// Beyond that, where the file is a medical one.
    pub medical: Option<MedicalHeader>,
}

/// The images of a folder, their classes and what else was found. Indices are `0..len()`, by class, then by
/// part, then in natural order (`img2` before `img10`).
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub root: PathBuf,
    /// In natural order, fit for one line; a class's number is its place here.
    pub class_names: Vec<String>,
    /// The folder holds train, val or test folders.
    pub has_parts: bool,
    pub bad_files: Vec<BadFile>,
    /// What was found against what was expected, one sentence each.
    pub notes: Vec<Message>,
    /// Images by format: `jpeg`, `png`, `tiff`, `bmp`, `webp`, `gif`, `pnm`, `dicom`, `nifti`.
    pub formats: BTreeMap<String, u64>,
    /// Images by (width, height) in pixels; at most 1000 sizes.
    pub sizes: BTreeMap<(u32, u32), u64>,
    /// Images of sizes that `sizes` has no room for.
    pub more_sizes: u64,
    /// Images by bits of a channel: 8, 16, 32 or 64.
    pub bit_depths: BTreeMap<u8, u64>,
    /// No image has colour (a palette of grays counts as gray); true for an empty dataset.
    pub all_gray: bool,
    /// Images that have colour.
    pub colour_images: u64,
    /// Photographs whose EXIF says that they are to be turned or mirrored, and files of several pages or frames.
    pub turned_images: u64,
    pub many_pictures: u64,
    /// 1 where all are gray, else 3.
    pub max_channels: usize,
    /// Hidden files and files that are beside the matter (.txt, .csv, …).
    pub ignored_files: u64,
    /// Where the classes are from.
    pub reading: Reading,
    /// Why there is no image, where it is known.
    pub(super) refusal: Option<Refusal>,
    /// How the values of its gray DICOM files are read.
    pub(super) window: Window,
    dirs: Vec<PathBuf>,
    samples: Vec<Sample>,
    names: String,
    odd_names: BTreeMap<u32, OsString>,
    /// Files of several pictures, by the first sample of each; its others follow that.
    pages: Vec<(u32, Pages)>,
    patients: SampleKeys,
    groups: SampleKeys,
    fingerprint: OnceLock<[u8; 32]>,
    orientation: Orientation,
    /// Of `sizes`, those of photographs that lie on their side.
    sizes_on_side: BTreeMap<(u32, u32), u64>,
}

/// A number of each sample, 0 where it has none: nothing is kept before the first other one.
#[derive(Debug, Clone, Default)]
struct SampleKeys(Vec<u64>);

impl SampleKeys {
    /// For the samples of `range`, which ends where the samples do.
    fn set(&mut self, range: std::ops::Range<usize>, key: u64) {
        if key != 0 || !self.0.is_empty() {
            self.0.resize(range.start, 0);
            self.0.resize(range.end, key);
        }
    }

    fn get(&self, i: usize) -> u64 {
        self.0.get(i).copied().unwrap_or(0)
    }
}

impl Dataset {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), all_gray: true, max_channels: 1, ..Self::default() }
    }

    pub(super) fn with_window(self, window: Window) -> Self {
        Self { window, ..self }
    }

    /// Adds a folder that [`Self::push`] can name.
    pub(super) fn add_dir(&mut self, dir: PathBuf) -> usize {
        self.dirs.push(dir);
        self.dirs.len() - 1
    }

    /// Adds an image, or all that a file holds, whose header need not be known; false where there is no room for more (4 GiB of names, 4 thousand
    /// million images).
    pub(super) fn push(
        &mut self,
        dir: usize,
        name: &OsStr,
        class: usize,
        part: Option<Part>,
        found: Option<&Found>,
    ) -> bool {
        let pages = found.and_then(|found| found.medical).map(|medical| medical.pages).filter(|pages| pages.count > 1);
        let count = pages.map_or(1, |pages| pages.count);
        let (Ok(dir), Ok(class), Ok(name_start), Ok(index), true) = (
            u32::try_from(dir),
            u32::try_from(class),
            u32::try_from(self.names.len()),
            u32::try_from(self.samples.len()),
            u32::try_from(self.samples.len() + count as usize).is_ok(),
        ) else {
            return false;
        };
        let name_len = match name.to_str().map(|text| (text, u16::try_from(text.len()))) {
            Some((text, Ok(len))) if len != ODD_NAME => {
                self.names.push_str(text);
                len
            }
            _ => {
                self.odd_names.insert(index, name.to_owned());
                ODD_NAME
            }
        };
        if let Some(pages) = pages {
            self.pages.push((index, pages));
        }
        let begin = self.samples.len();
        self.samples.extend(std::iter::repeat_n(Sample { dir, name_start, class, name_len, part }, count as usize));
        let Some(found) = found else { return true };
        let n = u64::from(count);
        self.patients.set(begin..self.samples.len(), found.medical.map_or(0, |medical| medical.patient));
        *self.formats.entry(found.format.to_owned()).or_default() += n;
        *self.bit_depths.entry(found.bits).or_default() += n;
        self.turned_images += u64::from(found.orientation > 1);
        self.many_pictures += u64::from(found.has_more);
        let size = (found.width, found.height);
        if is_on_its_side(found.orientation)
            && (self.sizes_on_side.len() < MAX_SIZES || self.sizes_on_side.contains_key(&size))
        {
            *self.sizes_on_side.entry(size).or_default() += 1;
        }
        if self.sizes.len() < MAX_SIZES || self.sizes.contains_key(&size) {
            *self.sizes.entry(size).or_default() += n;
        } else {
            self.more_sizes += n;
        }
        if found.channels > 1 {
            self.all_gray = false;
            self.max_channels = 3;
            self.colour_images += n;
        }
        true
    }

    /// The file that was pushed last belongs to a group of that key: its images stay in one part.
    pub(super) fn group_last(&mut self, key: u64) {
        let end = self.samples.len();
        let begin = self.pages.last().map(|(first, pages)| (*first as usize, pages.count as usize));
        let begin =
            begin.filter(|(first, count)| first + count == end).map_or(end.saturating_sub(1), |(first, _)| first);
        self.groups.set(begin..end, key);
    }

    /// Stands for the patient that the file of image `i` names; 0 where it names none.
    pub(super) fn patient_of(&self, i: usize) -> u64 {
        self.patients.get(i)
    }

    /// Stands for the group that a table gives image `i`; 0 where there is none.
    pub(super) fn group_of(&self, i: usize) -> u64 {
        self.groups.get(i)
    }

    /// Whether a file holds several images.
    pub(super) fn has_pages(&self) -> bool {
        !self.pages.is_empty()
    }

    /// The first image of the file of several that image `i` is in, and what else is known of that file.
    fn pages_of(&self, i: usize) -> Option<(usize, Pages)> {
        let index = u32::try_from(i).ok()?;
        let after = self.pages.partition_point(|(first, _)| *first <= index);
        let (first, pages) = *self.pages.get(after.checked_sub(1)?)?;
        (index - first < pages.count).then_some((first as usize, pages))
    }

    /// What is done about EXIF's orientation when these images are decoded.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// Says what is to be done about EXIF's orientation; sizes are from now on those of the images so decoded.
    #[must_use]
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        if self.orientation != orientation {
            self.orientation = orientation;
            let mut turned = BTreeMap::new();
            for (size, n) in std::mem::take(&mut self.sizes_on_side) {
                if let Some(all) = self.sizes.get_mut(&size) {
                    let n = n.min(*all);
                    *all -= n;
                    *self.sizes.entry((size.1, size.0)).or_default() += n;
                    *turned.entry((size.1, size.0)).or_default() += n;
                }
            }
            self.sizes.retain(|_, n| *n > 0);
            self.sizes_on_side = turned;
        }
        self
    }

    pub(super) fn shrink(&mut self) {
        self.samples.shrink_to_fit();
        self.names.shrink_to_fit();
        self.bad_files.shrink_to_fit();
    }

    /// Images that can be read, as far as their headers say.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The class of image `i`, an index into `class_names`.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn class_of(&self, i: usize) -> usize {
        self.samples[i].class as usize
    }

    /// What the folder says image `i` is for; `None` without train, val and test folders.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn part_of(&self, i: usize) -> Option<Part> {
        self.samples[i].part
    }

    /// The file of image `i`, or its place in a file of several ([`super::file_of`]).
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn path_of(&self, i: usize) -> PathBuf {
        let mut path = PathBuf::new();
        self.path_into(i, &mut path);
        path
    }

    /// As [`Self::path_of`], into a buffer that is used again: allocates only when it grows.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn path_into(&self, i: usize, path: &mut PathBuf) {
        path.clear();
        path.push(self.dir_of(i));
        path.push(self.file_name_of(i));
        if let Some((first, pages)) = self.pages_of(i) {
            // It fits, as `i` does.
            pages.page((i - first) as u32).push_to(path);
        }
    }

    /// The folder of image `i`.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub(super) fn dir_of(&self, i: usize) -> &Path {
        &self.dirs[self.samples[i].dir as usize]
    }

    /// The name of image `i`'s file.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub(super) fn file_name_of(&self, i: usize) -> &OsStr {
        let sample = self.samples[i];
        if sample.name_len == ODD_NAME {
            let first = self.pages_of(i).map_or(i, |(first, _)| first);
            let name = u32::try_from(first).ok().and_then(|first| self.odd_names.get(&first));
            return name.map_or(OsStr::new(""), OsString::as_os_str);
        }
        let start = sample.name_start as usize;
        OsStr::new(&self.names[start..start + usize::from(sample.name_len)])
    }

    /// Stands for the folder and the files in it by name and order, whatever is in them: what keeps something by index
    /// over runs asks for it. Computed once.
    pub fn fingerprint(&self) -> [u8; 32] {
        *self.fingerprint.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            let mut text = |bytes: &[u8]| {
                hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
            };
            text(self.root.as_os_str().as_encoded_bytes());
            self.dirs.iter().for_each(|dir| text(dir.as_os_str().as_encoded_bytes()));
            text(self.names.as_bytes());
            self.odd_names.values().for_each(|name| text(name.as_encoded_bytes()));
            let mut numbers = Vec::with_capacity(10 * 1024);
            for samples in self.samples.chunks(1024) {
                numbers.clear();
                for sample in samples {
                    numbers.extend_from_slice(&sample.dir.to_le_bytes());
                    numbers.extend_from_slice(&sample.name_start.to_le_bytes());
                    numbers.extend_from_slice(&sample.name_len.to_le_bytes());
                }
                hasher.update(&numbers);
            }
            for (first, pages) in &self.pages {
                let axis = pages.axis.map_or(3, |axis| axis as u8);
                hasher.update(&first.to_le_bytes()).update(&pages.count.to_le_bytes()).update(&[axis]);
            }
            *hasher.finalize().as_bytes()
        })
    }

    /// Images per class.
    pub fn class_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.class_names.len()];
        for sample in &self.samples {
            counts[sample.class as usize] += 1;
        }
        counts
    }

    /// A decoder for its images, to 1 channel or 3.
    pub fn decoder(&self, channels: usize, max_pixels: u64) -> Decoder {
        Decoder::new(channels, max_pixels).decoding_as(self.orientation, self.window)
    }

    /// Tells its files as decoded one way from those decoded another; empty where there is nothing to tell.
    pub fn decoded_as(&self) -> String {
        if self.window == Window::Full { String::new() } else { format!(", {:?}", self.window) }
    }

    /// (width, height) where every image has the same.
    pub fn one_size(&self) -> Option<(u32, u32)> {
        match self.sizes.first_key_value() {
            Some((size, _)) if self.sizes.len() == 1 && self.more_sizes == 0 => Some(*size),
            _ => None,
        }
    }

    /// Channels of a sample: `configured` (1 or 3), or for 0 what the files have.
    pub fn channels(&self, configured: usize) -> usize {
        match configured {
            0 if self.all_gray => 1,
            0 => 3,
            channels => channels,
        }
    }

    /// Says in words why this dataset cannot be trained on, if it cannot.
    ///
    /// # Errors
    /// No class folders, or no image in them.
    pub fn check_usable(&self) -> Result<(), DataError> {
        if !self.is_empty() {
            return Ok(());
        }
        let path = self.root.clone();
        match &self.refusal {
            Some(Refusal::NoClasses(found)) => return Err(DataError::NoClasses { found: found.clone(), path }),
            Some(Refusal::Table(path, reason)) => {
                return Err(DataError::Labels { reason: reason.clone(), path: path.clone() });
            }
            None => {}
        }
        let found = match self.bad_files.first() {
            Some(bad) => msg!("data-only-bad-files", count = self.bad_files.len(), first = &bad.reason),
            None => msg!("data-no-image-anywhere"),
        };
        Err(DataError::NothingToTrain { found, path })
    }
}

/// Why a folder is no dataset.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// No folder in it is a class; what is there instead.
    NoClasses(Message),
    /// The table that was to say the classes cannot be used; why.
    Table(PathBuf, Message),
}

/// Where the classes are from, and what else they could be from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// What was taken: `folders`, `subfolders` or the table's path in the dataset's folder. Empty where nothing was.
    pub taken: String,
    /// What `data.labels` could be here beside `auto`.
    pub choices: Vec<String>,
    /// The table that was taken, or the one that was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<TablePreview>,
}

/// The beginning of a table, and which columns of it are used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TablePreview {
    /// The file's name.
    pub name: String,
    pub columns: Vec<String>,
    /// The first rows; short rows are short here too.
    pub rows: Vec<Vec<String>>,
    /// Indices into `columns`; `None` where none was found.
    pub image: Option<usize>,
    /// The first of them where there is one column a class.
    pub label: Option<usize>,
    pub part: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_stays_small() {
        assert_eq!(size_of::<Sample>(), 16);
        let mut dataset = Dataset::new(Path::new("root"));
        let dir = dataset.add_dir("root/class".into());
        dataset.class_names.push("class".to_owned());
        let found = Found {
            format: "png",
            width: 1,
            height: 1,
            channels: 3,
            bits: 8,
            orientation: 1,
            has_more: false,
            medical: None,
        };
        for i in 0..2_000 {
            let found = Found { width: i, ..found };
            assert!(dataset.push(dir, OsStr::new(&format!("{i:06}.jpeg")), 0, None, Some(&found)));
        }
        assert_eq!((dataset.names.len(), dataset.sizes.len(), dataset.more_sizes), (2_000 * 11, MAX_SIZES, 1_000));
        assert_eq!(dataset.path_of(1_234), Path::new("root/class/001234.jpeg"));
        let mut path = PathBuf::from("some longer path that was here before/and is no more.png");
        let place = path.as_os_str().as_encoded_bytes().as_ptr();
        dataset.path_into(7, &mut path);
        assert_eq!(path, Path::new("root/class/000007.jpeg"));
        assert_eq!(path.as_os_str().as_encoded_bytes().as_ptr(), place, "the buffer is used again");
        assert_eq!((dataset.one_size(), dataset.channels(0), dataset.max_channels), (None, 3, 3));
        let mut other = Dataset::new(Path::new("root"));
        let dir = other.add_dir("root/class".into());
        assert_eq!(other.fingerprint(), other.clone().fingerprint());
        let with = |name: &str| {
            let mut with = other.clone();
            with.fingerprint = OnceLock::new();
            assert!(with.push(dir, OsStr::new(name), 0, None, Some(&found)));
            with.fingerprint()
        };
        assert!(with("a") != other.fingerprint() && with("a") != with("b") && with("a") == with("a"));
    }
}
