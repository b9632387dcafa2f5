//! What can be known about a dataset before anything is trained on it: pixel statistics, balance, duplicates, leakage
//! between the parts of a split, labels that contradict each other, images that hold nothing or cannot be read.
//!
//! [`inspect`] reads every image once, on all cores, and keeps under 200 bytes of each. It blocks the caller's thread,
//! which reports progress and may stop it, even where a file hangs.

mod census;
mod duplicates;
mod fingerprint;
mod near;
mod report;
mod statistics;
mod workers;

pub use census::{AspectCount, ClassBalance, ClassCount, FileSizes, Outlier, SizeBin};
pub use duplicates::{
    DuplicateGroup, Duplicates, ExactDuplicates, LabelConflicts, Leakage, NearDuplicates, NearPair, PartPair,
    SeenInTraining,
};
pub use report::report;
pub use statistics::{ChannelFigures, HISTOGRAM_BINS, Histogram, Statistics};

use crate::language::Message;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::dataset::{Dataset, Part};
use super::decode::Decoder;
use super::error::DataError;
use super::image::{Dtype, Image};
use super::split::{Split, split};
use super::summary::{BadFileSummary, SizeCount};
use super::watch::{Board, Hand, Progress, Waiting, watched};
use crate::config::DataConfig;
use crate::console::show_path;
use fingerprint::{Fingerprint, Fingerprinter};
use statistics::{Scale, Sums};
use workers::run_on_all;

/// More different image sizes than this are counted together.
const MAX_SIZES: usize = 1000;
/// Images taken at a time by a thread.
const CHUNK: usize = 16;
/// Of 0 to 255, or of what images of 16 bits or of floats usually span: an image whose values lie closer together is nearly
/// constant. Noise of a JPEG of one colour stays below.
const NEARLY_CONSTANT: f64 = 4.0 / 255.0;
/// Floats that are hashed at a time.
const HASHED_TOGETHER: usize = 1 << 14;

/// What to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectOptions {
    /// Split, seed, limit, channels and the largest image.
    pub data: DataConfig,
    /// Look for equal and similar images.
    pub duplicates: bool,
    /// Perceptual hashes of similar images differ in at most so many of 64 bits (0 to 11).
    pub near_hash_bits: u32,
    /// Thumbnails of similar images correlate at least so well (0 to 1).
    pub near_correlation: f64,
    /// The robust z-score of an image's mean brightness within its class from which it is an outlier.
    pub outlier_z: f64,
    /// The longest list of findings; more are counted.
    pub list_limit: usize,
    /// 0: one for each core.
    pub threads: usize,
}

impl Default for InspectOptions {
    /// Of chest X-rays, which all look alike, hardly any are called similar by these; a copy that was scaled, brightened
    /// or saved again as JPEG is.
    fn default() -> Self {
        Self {
            data: DataConfig::default(),
            duplicates: true,
            near_hash_bits: 6,
            near_correlation: 0.99,
            outlier_z: 6.0,
            list_limit: 100,
            threads: 0,
        }
    }
}

/// What an inspection is at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InspectStage {
    #[default]
    Reading,
    Comparing,
}

/// How far an inspection is: images done of all in this stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InspectProgress {
    pub stage: InspectStage,
    pub done: u64,
    pub total: u64,
    /// What does not come to its end.
    pub waiting: Option<Waiting>,
}

impl InspectProgress {
    fn of(stage: InspectStage, done: u64, total: u64) -> Self {
        Self { stage, done, total, waiting: None }
    }
}

impl Progress for InspectProgress {
    fn set_waiting(&mut self, waiting: Option<Waiting>) {
        self.waiting = waiting;
    }
}

/// A list that is no longer than [`InspectOptions::list_limit`], and how many there are in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bounded<T> {
    pub total: u64,
    pub shown: Vec<T>,
}

impl<T> Bounded<T> {
    /// How many are not in `shown`.
    pub fn left_out(&self) -> u64 {
        self.total - self.shown.len() as u64
    }
}

/// An image of the dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageRef {
    /// Its place in the dataset.
    pub index: u32,
    /// Below the dataset's folder, on one line.
    pub path: String,
    pub class: String,
    /// Where the dataset is split.
    pub part: Option<Part>,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The dataset's folder, on one line.
    pub root: String,
    /// Images that were to be read.
    pub images: u64,
    /// Images that could be read.
    pub readable_images: u64,
    pub class_names: Vec<String>,
    /// Images of train, val and test; missing where the dataset cannot be split, with the reason in `notes`.
    pub split: Option<[u64; 3]>,
    pub statistics: Statistics,
    pub balance: ClassBalance,
    /// By width and height in pixels, the most frequent first; at most 1000.
    pub sizes: Vec<SizeCount>,
    pub more_sizes: u64,
    pub aspect_ratios: Vec<AspectCount>,
    pub file_sizes: FileSizes,
    /// Missing where they were not looked for.
    pub duplicates: Option<Duplicates>,
    /// All pixels have one value.
    pub constant: Bounded<ImageRef>,
    /// Values lie within 4/255 of the range: that of bytes, or what half of the images of 16 bits or of floats span.
    pub nearly_constant: Bounded<ImageRef>,
    /// Far from their class in mean brightness, the furthest first.
    pub outliers: Bounded<Outlier>,
    /// What the scan passed and the decoder refused.
    pub unreadable: Bounded<BadFileSummary>,
    /// What the scan refused already.
    pub bad_files: Bounded<BadFileSummary>,
    pub notes: Vec<Message>,
}

/// What is kept of one image: 192 bytes.
#[derive(Clone, Default)]
struct Record {
    /// First 8 bytes of BLAKE3: among a million images, two different ones are taken for equal with odds of 1 to 10^7.
    file_hash: u64,
    /// Over shape and pixel values.
    pixel_hash: u64,
    print: Fingerprint,
    /// Mean on 0..1; NaN: could not be read.
    mean: f32,
    /// Range of values on 0..1.
    range: f32,
    file_bytes: u32,
    /// What these are by.
    scale: Scale,
}

impl Record {
    fn readable(&self) -> bool {
        !self.mean.is_nan()
    }

    fn constant(&self) -> bool {
        self.range <= 0.0
    }
}

/// Names images by their place in what is inspected.
struct Names<'a> {
    dataset: &'a Dataset,
    /// Indices into the dataset, ascending.
    images: &'a [u32],
    /// By place; empty without a split.
    parts: &'a [u8],
}

impl Names<'_> {
    fn index(&self, place: u32) -> usize {
        self.images[place as usize] as usize
    }

    fn class(&self, place: u32) -> usize {
        self.dataset.class_of(self.index(place))
    }

    fn image(&self, place: u32) -> ImageRef {
        let index = self.index(place);
        let path = self.dataset.path_of(index);
        ImageRef {
            index: self.images[place as usize],
            path: show_path(path.strip_prefix(&self.dataset.root).unwrap_or(&path)),
            class: self.dataset.class_names.get(self.dataset.class_of(index)).cloned().unwrap_or_default(),
            part: match self.parts.get(place as usize) {
                Some(1) => Some(Part::Train),
                Some(2) => Some(Part::Val),
                Some(4) => Some(Part::Test),
                _ => None,
            },
        }
    }
}

/// Reads all images of `dataset` (or as many as `options.data.limit` takes of them) and says what is to be said.
/// Files in `options.data.quarantine` are not opened, and count as unreadable. `progress` is called about 20 times a second.
///
/// # Errors
/// The dataset has no image, or `progress` broke off ([`DataError::Cancelled`]).
pub fn inspect(
    dataset: &Arc<Dataset>,
    options: &InspectOptions,
    progress: &mut dyn FnMut(&InspectProgress) -> ControlFlow<()>,
) -> Result<Inspection, DataError> {
    let (dataset, options) = (Arc::clone(dataset), options.clone());
    watched("inspect", progress, move |board, report| inspect_here(&dataset, &options, board, report))
}

fn inspect_here(
    dataset: &Dataset,
    options: &InspectOptions,
    board: &Board,
    progress: &mut dyn FnMut(&InspectProgress) -> ControlFlow<()>,
) -> Result<Inspection, DataError> {
    dataset.check_usable()?;
    let mut notes = Vec::new();
    let split = match split(dataset, &options.data) {
        Ok(split) => Some(split),
        Err(error @ (DataError::Fractions(_) | DataError::LimitTooSmall { .. })) => return Err(error),
        Err(error) => {
            notes.push(msg!("data-inspect-no-split", error = error.to_string()));
            None
        }
    };
    let images = chosen(dataset, split.as_ref());
    let parts = split.as_ref().map_or_else(Vec::new, |split| duplicates::part_masks(&images, split));
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let names = Names { dataset, images: &images, parts: &parts };
    board.set_root(&dataset.root);
    let read = read_all(&names, options, threads, board, progress)?;
    let found = if options.duplicates {
        let unsplit;
        let parts = if split.is_some() {
            &parts
        } else {
            unsplit = vec![0; images.len()];
            &unsplit
        };
        let material = duplicates::Material {
            names: &names,
            options,
            threads,
            records: &read.records,
            has_split: split.is_some(),
            parts,
        };
        let mut report = |done, total| progress(&InspectProgress::of(InspectStage::Comparing, done, total));
        Some(duplicates::find(&material, &mut report).ok_or(DataError::Cancelled)?)
    } else {
        None
    };
    let counts = split.as_ref().map(|s| [s.train.len() as u64, s.val.len() as u64, s.test.len() as u64]);
    Ok(read.inspection(&names, options, counts, found, notes))
}

/// The images of the split, ascending; all where there is none.
fn chosen(dataset: &Dataset, split: Option<&Split>) -> Vec<u32> {
    match split {
        None => (0..dataset.len() as u32).collect(),
        Some(split) => {
            let mut all = [split.train.as_slice(), &split.val, &split.test].concat();
            all.sort_unstable();
            all
        }
    }
}

/// What the pass over the files gives.
struct Read {
    records: Vec<Record>,
    found: Found,
}

/// What one thread found.
struct Found {
    sums: Sums,
    sizes: BTreeMap<(u32, u32), u64>,
    more_sizes: u64,
    aspects: Vec<u64>,
    /// By place, with the reason.
    unreadable: Vec<(u32, Message)>,
    unreadable_total: u64,
}

impl Found {
    fn new(classes: usize, channels: usize) -> Self {
        Self {
            sums: Sums::new(classes, channels),
            sizes: BTreeMap::new(),
            more_sizes: 0,
            aspects: vec![0; census::ASPECT_BINS],
            unreadable: Vec::new(),
            unreadable_total: 0,
        }
    }

    fn count_size(&mut self, size: (u32, u32), images: u64) {
        if self.sizes.len() < MAX_SIZES || self.sizes.contains_key(&size) {
            *self.sizes.entry(size).or_default() += images;
        } else {
            self.more_sizes += images;
        }
    }

    fn refuse(&mut self, place: u32, reason: Message, limit: usize) {
        self.unreadable_total += 1;
        self.unreadable.push((place, reason));
        if self.unreadable.len() > 4 * limit + 64 {
            self.trim(limit);
        }
    }

    /// Keeps the first ones, whatever the threads' order.
    fn trim(&mut self, limit: usize) {
        self.unreadable.sort_unstable_by_key(|(place, _)| *place);
        self.unreadable.truncate(limit);
    }

    fn merge(&mut self, other: Self, limit: usize) {
        self.sums.merge(&other.sums);
        other.sizes.iter().for_each(|(size, images)| self.count_size(*size, *images));
        self.more_sizes += other.more_sizes;
        self.aspects.iter_mut().zip(other.aspects).for_each(|(a, b)| *a += b);
        self.unreadable_total += other.unreadable_total;
        self.unreadable.extend(other.unreadable);
        self.trim(limit);
    }
}

/// One thread's buffers.
struct Reader {
    hand: Hand,
    decoder: Decoder,
    image: Image,
    prints: Option<Fingerprinter>,
    buffer: Vec<u8>,
    found: Found,
}

fn read_all(
    names: &Names<'_>,
    options: &InspectOptions,
    threads: usize,
    board: &Board,
    progress: &mut dyn FnMut(&InspectProgress) -> ControlFlow<()>,
) -> Result<Read, DataError> {
    let (classes, channels) = (names.dataset.class_names.len(), names.dataset.channels(options.data.channels));
    let limit = options.list_limit;
    let mut records = vec![Record::default(); names.images.len()];
    let total = Mutex::new(Found::new(classes, channels));
    let done = AtomicU64::new(0);
    let quarantined = names.dataset.quarantined(&options.data.quarantine);
    let chunks = Mutex::new((0_u32..).step_by(CHUNK).zip(records.chunks_mut(CHUNK)));
    let work = |stop: &AtomicBool| {
        let mut reader = Reader {
            hand: board.hand(),
            decoder: names.dataset.decoder(channels, options.data.max_pixels).until_let_go(),
            image: Image::empty(),
            prints: options.duplicates.then(Fingerprinter::new),
            buffer: Vec::new(),
            found: Found::new(classes, channels),
        };
        loop {
            let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((first, records)) = next else { break };
            for (place, record) in (first..).zip(records) {
                if stop.load(Relaxed) {
                    return;
                }
                let read = if quarantined.contains(&names.images[place as usize]) {
                    Err(msg!("data-inspect-quarantined"))
                } else {
                    reader.read(names, place, record)
                };
                reader.let_go();
                if let Err(reason) = read {
                    record.mean = f32::NAN;
                    reader.found.refuse(place, reason, limit);
                }
                done.fetch_add(1, Relaxed);
            }
        }
        total.lock().unwrap_or_else(PoisonError::into_inner).merge(reader.found, limit);
    };
    let all = names.images.len() as u64;
    let mut report = || progress(&InspectProgress::of(InspectStage::Reading, done.load(Relaxed), all));
    if run_on_all("inspect", threads, &work, &mut report).is_break() {
        return Err(DataError::Cancelled);
    }
    let found = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Read { records, found })
}

impl Reader {
    fn read(&mut self, names: &Names<'_>, place: u32, record: &mut Record) -> Result<(), Message> {
        let index = names.index(place);
        let path = names.dataset.path_of(index);
        self.hand.take_image(&path);
        self.decoder.read_bytes(&path)?;
        let file = self.decoder.file();
        record.file_bytes = u32::try_from(file.len()).unwrap_or(u32::MAX);
        if self.prints.is_some() {
            record.file_hash = first_bytes(&blake3::hash(file));
        }
        self.decoder.decode_bytes(&mut self.image)?;
        let [_, height, width] = self.image.shape();
        let brief = self.found.sums.add(&self.image, names.dataset.class_of(index));
        (record.scale, record.mean, record.range) = (brief.scale, brief.mean as f32, brief.range as f32);
        self.found.count_size((width as u32, height as u32), 1);
        self.found.aspects[census::aspect_bin(width, height)] += 1;
        if let Some(prints) = &mut self.prints {
            record.pixel_hash = pixel_hash(&self.image, &mut self.buffer);
            record.print = prints.of(&self.image);
        }
        Ok(())
    }

    /// The image is done with; what a large one took, others may have.
    fn let_go(&mut self) {
        self.hand.let_go();
        self.image.let_go();
        self.decoder.let_go();
    }
}

fn first_bytes(hash: &blake3::Hash) -> u64 {
    hash.as_bytes().iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

/// Over the shape and the values, bytes apart from floats.
fn pixel_hash(image: &Image, buffer: &mut Vec<u8>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for n in image.shape() {
        hasher.update(&(n as u64).to_le_bytes());
    }
    match image.dtype {
        Dtype::U8 => {
            hasher.update(b"u").update(&image.bytes);
        }
        Dtype::F32 => {
            hasher.update(b"f");
            for values in image.data.chunks(HASHED_TOGETHER) {
                buffer.clear();
                buffer.extend(values.iter().flat_map(|v| v.to_le_bytes()));
                hasher.update(buffer);
            }
        }
    }
    first_bytes(&hasher.finalize())
}
