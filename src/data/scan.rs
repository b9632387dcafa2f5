//! Reads a folder of class folders: which images, of which class, and everything that is not as expected.
//!
//! Runs on the caller's thread; directories are read there one after the other, file headers by a few scoped
//! threads. Of a file only its first 4 KiB and its end are read; one whose end looks wrong is decoded to be sure.

mod labelled;

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::dataset::{BadFile, Dataset, Found, NO_CLASSES, Part};
use super::decode::Decoder;
use super::error::{DataError, counted, io_reason};
use super::image::Image;
use super::names::part_of_name;
use super::open::{kind_words, open_regular};
use super::probe::{Format, Source, probe};
use crate::console::show_name;

/// Bytes of a file read at first: whole small images, the header of the others.
const HEAD_BYTES: usize = 4096;
/// Files between two reports of progress (and two looks at whether to stop): few at first, more while they go by fast,
/// as each chunk costs the start of some threads.
const CHUNKS: std::ops::RangeInclusive<usize> = 128..=4096;
/// A chunk shorter than this makes the next one twice as large, one four times as long makes it half.
const CHUNK_TIME: Duration = Duration::from_millis(10);
/// More threads gain nothing: the directory entries and the kernel's locks are shared.
const MAX_THREADS: usize = 4;
/// Folders inside a class folder deeper than this are left out.
const MAX_DEPTH: usize = 32;

/// Files that go with images and are none: counted as ignored, never opened.
const SIDECARS: &[&str] = &[
    "txt", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "toml", "md", "html", "htm", "pdf", "log", "ini", "db",
    "py", "sh", "sha256", "md5", "lst", "zip", "gz", "tar", "url",
];

/// How far a scan is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanProgress {
    pub files_seen: u64,
    pub images: u64,
    pub bad: u64,
    pub current_dir: PathBuf,
}

/// Scans `dir`: one folder per class, or train/val/test folders (also training, valid, validation, testing) of
/// such. Without a choice of classes in folders, a file of labels in `dir` says them (CSV or JSON: which file is of
/// which class, and maybe of which part); `dir` may be such a file itself. Folders inside a class folder count to the class. `progress` is called every few hundred files and may
/// stop the scan. Bad files never stop it; they are listed. A folder without images gives an empty dataset whose
/// notes say what was found, see [`Dataset::check_usable`].
///
/// # Errors
/// The folder itself cannot be read, or `progress` broke off ([`DataError::Cancelled`]).
pub fn scan(
    dir: &Path,
    max_pixels: u64,
    progress: &mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
) -> Result<Dataset, DataError> {
    scan_around(dir, &[], max_pixels, progress)
}

/// As [`scan`], but never opens the files of these names ([`Dataset::name_of`]): they hung once, and may hang again. They
/// keep their place among the images; of what kind they are stays unknown.
///
/// # Errors
/// As [`scan`].
pub fn scan_around(
    dir: &Path,
    untouched: &[String],
    max_pixels: u64,
    progress: &mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
) -> Result<Dataset, DataError> {
    let folder_error = |reason| DataError::Folder { reason, path: dir.to_owned() };
    let metadata = fs::metadata(dir).map_err(|e| folder_error(io_reason(&e)))?;
    let labels = if metadata.is_dir() { None } else { labelled::folder_of(dir) };
    if !metadata.is_dir() && labels.is_none() {
        return Err(folder_error("it is not a folder, nor a .csv, .tsv or .json file of labels".to_owned()));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let root = labels.as_deref().unwrap_or(dir);
    let untouched: Arc<HashSet<PathBuf>> = Arc::new(untouched.iter().map(|name| root.join(name)).collect());
    let mut scan = Scan {
        dataset: Dataset::new(root),
        state: ScanProgress { current_dir: dir.to_owned(), ..ScanProgress::default() },
        progress,
        workers: (0..threads).map(|_| Prober::new(max_pixels, &untouched)).collect(),
        wrong_extensions: Tally::default(),
        nested: Tally::default(),
        chunk: *CHUNKS.start(),
    };
    if labels.is_some() {
        return labelled::scan_file(scan, dir);
    }
    scan.report()?;
    let root = scan.list(dir).map_err(folder_error)?;
    scan.run(&root)?;
    scan.labels_instead(dir)?;
    scan.dataset.shrink();
    Ok(scan.dataset)
}

/// What one directory holds, in natural order.
#[derive(Default)]
struct Listing {
    dirs: Vec<OsString>,
    files: Vec<OsString>,
}

/// How many, and the first of them.
#[derive(Default)]
struct Tally {
    count: u64,
    first: String,
}

impl Tally {
    fn add(&mut self, n: u64, what: impl FnOnce() -> String) {
        if self.count == 0 && n > 0 {
            self.first = what();
        }
        self.count += n;
    }
}

/// A class folder, maybe one in each part.
type ClassDirs = Vec<(Option<Part>, PathBuf)>;

struct Scan<'a> {
    dataset: Dataset,
    state: ScanProgress,
    progress: &'a mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
    workers: Vec<Prober>,
    wrong_extensions: Tally,
    nested: Tally,
    /// Files to be probed at once.
    chunk: usize,
}

impl Scan<'_> {
    fn report(&mut self) -> Result<(), DataError> {
        match (self.progress)(&self.state) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DataError::Cancelled),
        }
    }

    /// What the headers of these files say; settles how many the next chunk holds.
    fn probe_chunk(&mut self, dir: &Path, names: &[OsString]) -> Vec<Probed> {
        let begun = Instant::now();
        let results = probe_chunk(&mut self.workers, dir, names);
        let took = begun.elapsed();
        if took < CHUNK_TIME && names.len() == self.chunk {
            self.chunk = (self.chunk * 2).min(*CHUNKS.end());
        } else if took > CHUNK_TIME * 4 {
            self.chunk = (self.chunk / 2).max(*CHUNKS.start());
        }
        results
    }

    fn note(&mut self, note: String) {
        self.dataset.notes.push(note);
    }

    fn bad(&mut self, path: PathBuf, reason: String) {
        self.state.bad += 1;
        self.dataset.bad_files.push(BadFile { path, reason });
    }

    fn run(&mut self, root: &Listing) -> Result<(), DataError> {
        let dir = self.dataset.root.clone();
        let parts = self.part_dirs(root);
        let mut classes: BTreeMap<NaturalName, ClassDirs> = BTreeMap::new();
        if parts.is_empty() {
            self.count_loose(&dir, root)?;
            for name in &root.dirs {
                classes.entry(NaturalName(name.clone())).or_default().push((None, dir.join(name)));
            }
        } else {
            self.dataset.has_parts = true;
            self.note_beside_parts(root, &parts);
            for (part, path, listing) in &parts {
                self.count_loose(path, listing)?;
                for name in &listing.dirs {
                    classes.entry(NaturalName(name.clone())).or_default().push((Some(*part), path.join(name)));
                }
            }
        }
        let mut empty = Vec::new();
        for (NaturalName(name), mut dirs) in classes {
            dirs.sort_by_key(|(part, _)| *part);
            let (before, class) = (self.dataset.len(), self.dataset.class_names.len());
            for (part, path) in dirs {
                self.class_dir(&path, class, part)?;
            }
            if self.dataset.len() == before {
                empty.push(show_name(&name));
            } else {
                self.dataset.class_names.push(show_name(&name));
            }
        }
        self.report()?;
        self.note_empty(&empty);
        self.note_findings();
        Ok(())
    }

    /// The train, val and test folders, if this is a dataset of such: a train folder that holds folders.
    fn part_dirs(&mut self, root: &Listing) -> Vec<(Part, PathBuf, Listing)> {
        let named: Vec<_> = root.dirs.iter().filter_map(|name| Some((part_of_name(name)?, name))).collect();
        if !named.iter().any(|(part, _)| *part == Part::Train) {
            return Vec::new();
        }
        let mut parts = Vec::new();
        let (bad, ignored) = (self.dataset.bad_files.len(), self.dataset.ignored_files);
        for (part, name) in named {
            let path = self.dataset.root.join(name);
            match self.list(&path) {
                Ok(listing) => parts.push((part, path, listing)),
                Err(reason) => self.bad(path, format!("the folder cannot be read: {reason}")),
            }
        }
        if parts.iter().any(|(part, _, listing)| *part == Part::Train && !listing.dirs.is_empty()) {
            return parts;
        }
        // They will be read again as class folders: nothing may be counted twice.
        self.dataset.bad_files.truncate(bad);
        self.state.bad = bad as u64;
        self.dataset.ignored_files = ignored;
        Vec::new()
    }

    /// Images beside the class folders belong to no class: say so.
    fn count_loose(&mut self, dir: &Path, listing: &Listing) -> Result<(), DataError> {
        let mut images = 0;
        let mut rest = listing.files.as_slice();
        while !rest.is_empty() {
            let names;
            (names, rest) = rest.split_at(self.chunk.min(rest.len()));
            self.state.files_seen += names.len() as u64;
            self.report()?;
            images += self.probe_chunk(dir, names).iter().filter(|r| r.is_ok()).count() as u64;
        }
        let lie = if images == 1 { "lies" } else { "lie" };
        let shown = crate::console::show_path(dir);
        if listing.dirs.is_empty() {
            let found = match images {
                0 => "no image is there either".to_owned(),
                n => format!("{} {lie} directly in the folder", counted(n, "image", "images")),
            };
            self.note(format!("{NO_CLASSES}{found}; expected one folder per class: {shown}"));
        } else if images > 0 {
            self.note(format!(
                "{} {lie} beside the class folders and are left out; expected images inside class folders: {shown}",
                counted(images, "image", "images")
            ));
        }
        Ok(())
    }

    fn note_beside_parts(&mut self, root: &Listing, parts: &[(Part, PathBuf, Listing)]) {
        let others: Vec<String> =
            root.dirs.iter().filter(|name| part_of_name(name).is_none()).map(|name| show_name(name)).collect();
        if !others.is_empty() {
            let first = few(&others);
            self.note(format!("folders beside train, val and test are left out: {first}"));
        }
        let missing = |wanted: Part| parts.iter().all(|(part, _, _)| *part != wanted);
        if missing(Part::Val) {
            self.note("no val folder beside train: validation images are cut from train".to_owned());
        }
        if missing(Part::Test) {
            self.note("no test folder beside train: there will be no test at the end".to_owned());
        }
    }

    /// Every image of a class folder, and of the folders in it.
    fn class_dir(&mut self, top: &Path, class: usize, part: Option<Part>) -> Result<(), DataError> {
        let mut visited = HashSet::new();
        let mut waiting = vec![(top.to_owned(), 0)];
        while let Some((dir, depth)) = waiting.pop() {
            // Links can make a folder its own descendant: each real folder is read once.
            let real = fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone());
            if depth > MAX_DEPTH || !visited.insert(real) {
                self.bad(dir, "a folder already read, or too deep: links that lead in a circle?".to_owned());
                continue;
            }
            self.state.current_dir.clone_from(&dir);
            self.report()?;
            let listing = match self.list(&dir) {
                Ok(listing) => listing,
                Err(reason) => {
                    self.bad(dir, format!("the folder cannot be read: {reason}"));
                    continue;
                }
            };
            let before = self.dataset.len();
            self.images(&dir, &listing.files, class, part)?;
            if depth > 0 {
                let images = (self.dataset.len() - before) as u64;
                self.nested
                    .add(images, || crate::console::show_path(dir.strip_prefix(&self.dataset.root).unwrap_or(&dir)));
            }
            waiting.extend(listing.dirs.iter().rev().map(|name| (dir.join(name), depth + 1)));
        }
        Ok(())
    }

    fn images(&mut self, dir: &Path, files: &[OsString], class: usize, part: Option<Part>) -> Result<(), DataError> {
        if files.is_empty() {
            return Ok(());
        }
        let dir_index = self.dataset.add_dir(dir.to_owned());
        let mut rest = files;
        while !rest.is_empty() {
            let names;
            (names, rest) = rest.split_at(self.chunk.min(rest.len()));
            let results = self.probe_chunk(dir, names);
            self.state.files_seen += names.len() as u64;
            for (name, result) in names.iter().zip(results) {
                match result {
                    Ok(found) => self.add(dir_index, dir, name, class, part, found.as_ref()),
                    Err(reason) => self.bad(dir.join(name), reason),
                }
            }
            self.report()?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        dir_index: usize,
        dir: &Path,
        name: &OsStr,
        class: usize,
        part: Option<Part>,
        found: Option<&Found>,
    ) {
        let promised = extension(name).and_then(|e| Format::of_extension(&e));
        if let (Some(promised), Some(found)) = (promised, found)
            && promised.name() != found.format
        {
            self.wrong_extensions.add(1, || format!("{} is {}", show_name(name), found.format));
        }
        if self.dataset.push(dir_index, name, class, part, found) {
            self.state.images += 1;
        } else {
            self.bad(dir.join(name), "there is no room for so many images in one dataset".to_owned());
        }
    }

    /// What a directory holds. Hidden files and sidecars are counted as ignored; FIFOs, sockets and devices are bad
    /// files and never opened; links are followed.
    fn list(&mut self, dir: &Path) -> Result<Listing, String> {
        let mut listing = Listing::default();
        for entry in fs::read_dir(dir).map_err(|e| io_reason(&e))? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    self.bad(dir.to_owned(), format!("the folder cannot be read to its end: {}", io_reason(&e)));
                    break;
                }
            };
            let name = entry.file_name();
            let kind = entry.file_type().and_then(|kind| {
                if kind.is_symlink() { fs::metadata(entry.path()).map(|m| m.file_type()) } else { Ok(kind) }
            });
            let hidden = name.as_encoded_bytes().starts_with(b".") || name == "__MACOSX";
            match kind {
                Ok(kind) if kind.is_dir() && !hidden => listing.dirs.push(name),
                Ok(kind) if kind.is_dir() => {}
                _ if hidden || is_sidecar(&name) => self.dataset.ignored_files += 1,
                Ok(kind) if kind.is_file() => listing.files.push(name),
                Ok(kind) => self.bad(entry.path(), format!("it is {}, not a file", kind_words(kind))),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    self.bad(entry.path(), "a symbolic link that leads nowhere".to_owned());
                }
                Err(e) => self.bad(entry.path(), io_reason(&e)),
            }
        }
        listing.dirs.sort_by(|a, b| natural(a, b));
        // Bytes compare far faster, and leave next to nothing for the second pass to do.
        listing.files.sort_unstable();
        listing.files.sort_by(|a, b| natural(a, b));
        Ok(listing)
    }

    fn note_empty(&mut self, empty: &[String]) {
        if empty.is_empty() {
            return;
        }
        let n = empty.len() as u64;
        let holds = if n == 1 { "holds no image and is" } else { "hold no image and are" };
        self.note(format!("{} {holds} left out: {}", counted(n, "class folder", "class folders"), few(empty)));
    }

    fn note_findings(&mut self) {
        if self.nested.count > 0 {
            let (n, first) = (counted(self.nested.count, "image", "images"), std::mem::take(&mut self.nested.first));
            self.note(format!(
                "{n} in folders inside class folders; they count to the class around them (such as {first})"
            ));
        }
        if self.dataset.class_names.len() == 1 {
            let only = self.dataset.class_names[0].clone();
            let hint =
                if self.nested.count > 0 { "; if the classes are the folders inside it, open that folder" } else { "" };
            self.note(format!(
                "one class only ({only}): there is nothing to tell apart; expected two or more class folders{hint}"
            ));
        }
        if self.wrong_extensions.count > 0 {
            let n = counted(self.wrong_extensions.count, "file has", "files have");
            let first = std::mem::take(&mut self.wrong_extensions.first);
            self.note(format!("{n} an extension that does not fit the content ({first}); they are read by content"));
        }
        if self.dataset.bit_depths.len() > 1 {
            let depths: Vec<_> = self
                .dataset
                .bit_depths
                .iter()
                .map(|(bits, n)| format!("{} of {bits} bit", counted(*n, "image", "images")))
                .collect();
            self.note(format!(
                "mixed bit depths ({}): their values differ in scale, use ScaleIntensity",
                depths.join(", ")
            ));
        }
        let (colour, all) = (self.dataset.colour_images, self.dataset.len() as u64);
        if colour > 0 && colour < all {
            let gray = counted(all - colour, "gray image", "gray images");
            self.note(format!("{gray} among {colour} in colour: all are read as colour unless `data.channels` = 1"));
        }
        self.note_class_parts();
    }

    /// Classes that miss a part which others have.
    fn note_class_parts(&mut self) {
        if !self.dataset.has_parts {
            return;
        }
        let mut has = vec![[false; 3]; self.dataset.class_names.len()];
        for i in 0..self.dataset.len() {
            if let Some(part) = self.dataset.part_of(i) {
                has[self.dataset.class_of(i)][part as usize] = true;
            }
        }
        for (part, word) in [(Part::Train, "train"), (Part::Val, "val"), (Part::Test, "test")] {
            let lacks = |h: &[bool; 3]| !h[part as usize];
            if has.iter().all(lacks) {
                continue;
            }
            let without: Vec<String> = has
                .iter()
                .zip(&self.dataset.class_names)
                .filter(|(h, _)| lacks(h))
                .map(|(_, name)| name.clone())
                .collect();
            if !without.is_empty() {
                let n = counted(without.len() as u64, "class has", "classes have");
                self.note(format!("{n} no image in {word}: {}", few(&without)));
            }
        }
    }
}

/// The first five of them, and how many more.
fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(5)].join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}

fn extension(name: &OsStr) -> Option<String> {
    Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase)
}

fn is_sidecar(name: &OsStr) -> bool {
    extension(name).is_some_and(|extension| SIDECARS.contains(&extension.as_str()))
}

/// `img2` before `img10`; names that are equal in that order stand in byte order.
fn natural(a: &OsStr, b: &OsStr) -> std::cmp::Ordering {
    let order = match (a.to_str(), b.to_str()) {
        (Some(a), Some(b)) => natord::compare(a, b),
        _ => natord::compare(&a.to_string_lossy(), &b.to_string_lossy()),
    };
    order.then_with(|| a.cmp(b))
}

#[derive(PartialEq, Eq)]
struct NaturalName(OsString);

impl Ord for NaturalName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural(&self.0, &other.0)
    }
}

impl PartialOrd for NaturalName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What a file's header says, `None` where it is not to be opened; or why it is no image.
type Probed = Result<Option<Found>, String>;

/// One thread's buffers.
struct Prober {
    head: Vec<u8>,
    max_pixels: u64,
    untouched: Arc<HashSet<PathBuf>>,
    decoder: Decoder,
    image: Image,
}

impl Prober {
    fn new(max_pixels: u64, untouched: &Arc<HashSet<PathBuf>>) -> Self {
        Self {
            head: vec![0; HEAD_BYTES],
            max_pixels,
            untouched: Arc::clone(untouched),
            decoder: Decoder::new(3, max_pixels),
            image: Image::empty(),
        }
    }

    fn probe(&mut self, path: &Path) -> Probed {
        if self.untouched.contains(path) {
            return Ok(None);
        }
        let (mut file, len) = open_regular(path)?;
        let mut filled = 0;
        let wanted = usize::try_from(len).unwrap_or(HEAD_BYTES).min(HEAD_BYTES);
        while filled < wanted {
            match file.read(&mut self.head[filled..wanted]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(io_reason(&e)),
            }
        }
        let header = probe(&mut Source::head_of(&self.head[..filled], &file, len))?;
        header.check_size(self.max_pixels)?;
        if !header.complete {
            self.decoder.read_bytes(path)?;
            self.decoder.decode_bytes(&mut self.image)?;
        }
        Ok(Some(Found {
            format: header.format.name(),
            width: header.width,
            height: header.height,
            channels: header.channels,
            bits: header.bits,
        }))
    }

    fn probe_all(&mut self, dir: &Path, names: &[OsString]) -> Vec<Probed> {
        let mut path = dir.join("x");
        names
            .iter()
            .map(|name| {
                path.set_file_name(name);
                self.probe(&path)
            })
            .collect()
    }
}

/// Probes files of one directory on the scan's threads, results in order.
fn probe_chunk(workers: &mut [Prober], dir: &Path, names: &[OsString]) -> Vec<Probed> {
    let Some((first, others)) = workers.split_first_mut() else { return Vec::new() };
    let share = names.len().div_ceil(others.len() + 1).max(32);
    let mut slices = names.chunks(share);
    let own = slices.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let started: Vec<_> = slices
            .zip(others)
            .enumerate()
            .map(|(i, (slice, worker))| {
                let thread = std::thread::Builder::new().name(format!("scan-{}", i + 1));
                let spare = (worker.max_pixels, Arc::clone(&worker.untouched));
                (slice, spare, thread.spawn_scoped(scope, move || worker.probe_all(dir, slice)))
            })
            .collect();
        let mut results = first.probe_all(dir, own);
        for (slice, (max_pixels, untouched), thread) in started {
            let result = thread.ok().and_then(|thread| thread.join().ok());
            // A thread that could not be had, or died: its files are done here.
            results.extend(result.unwrap_or_else(|| Prober::new(max_pixels, &untouched).probe_all(dir, slice)));
        }
        results
    })
}
