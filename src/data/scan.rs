//! Reads a dataset's folder: which images, of which class, and everything that is not as expected. Which folders are classes
//! is [`layout`]'s to say, whether a table is, [`tables`]'.
//!
//! Runs on a thread of its own, so that a file that hangs does not take the caller's; directories are read there one after
//! the other, file headers by a few scoped threads. Of a file only its first 4 KiB and its end are read; one whose end looks
//! wrong is decoded to be sure.

mod labelled;
mod layout;
mod medical;
mod notes;
mod places;
mod prober;
mod tables;

use crate::language::Message;
use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::dataset::{BadFile, Dataset, Found, Part, Refusal};
use super::error::{DataError, few, io_reason};
use super::header::Format;
use super::medical::{Window, is_dicom_directory, is_medical_name};
use super::open::kind_words;
use super::roles::{count_to_class, is_systems};
use super::watch::{Board, Progress, Waiting, reading, watched};
use crate::config::DataConfig;
use crate::console::{show_name, show_path};
use medical::MedicalTally;
use prober::{ProbeSettings, Probed, Probers};

/// Files between two reports of progress (and two looks at whether to stop): few at first, more while they go by fast,
/// as each chunk costs the start of some threads.
const CHUNKS: std::ops::RangeInclusive<usize> = 128..=4096;
/// A chunk shorter than this makes the next one twice as large, one four times as long makes it half.
const CHUNK_TIME: Duration = Duration::from_millis(10);
/// Folders inside a class folder deeper than this are left out.
const MAX_DEPTH: usize = 32;

/// Files that go with images and are none: counted as ignored, never opened.
const SIDECARS: &[&str] = &[
    "txt", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "toml", "md", "html", "htm", "pdf", "log", "ini", "db",
    "py", "sh", "sha256", "md5", "lst", "zip", "gz", "tar", "url", "ndjson", "tab", "psv", "xlsx", "xls", "ods",
];

/// How far a scan is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanProgress {
    pub files_seen: u64,
    pub images: u64,
    pub bad: u64,
    pub current_dir: PathBuf,
    /// What does not come to its end.
    pub waiting: Option<Waiting>,
}

impl Progress for ScanProgress {
    fn set_waiting(&mut self, waiting: Option<Waiting>) {
        self.waiting = waiting;
    }
}

/// Scans `dir` as [`scan_as`] does with the defaults.
///
/// # Errors
/// As [`scan_as`].
pub fn scan(
    dir: &Path,
    max_pixels: u64,
    progress: &mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
) -> Result<Dataset, DataError> {
    scan_as(dir, &DataConfig { max_pixels, ..DataConfig::default() }, progress)
}

/// Scans `dir`: one folder per class, or folders of parts (train, val, test and their like) or of pieces of such; or a table
/// of files and labels (CSV, TSV, JSON, JSON lines, lists of `path label`) in it; `dir` may be such a table itself.
/// `data.labels` says which, and its columns may be named; `auto` takes what is likelier and says so where both are possible.
/// Folders inside a class folder count to the class. The files in `data.quarantine` are never opened: they hung once, and
/// may hang again; they keep their place among the images, and of what kind they are stays unknown.
///
/// `progress` is called every few hundred files and several times a second, and may stop the scan; a scan that hangs is then
/// left behind. Bad files never stop it; they are listed. A folder without images gives an empty dataset whose notes say what
/// was found, see [`Dataset::check_usable`].
///
/// # Errors
/// The folder itself cannot be read, or `progress` broke off ([`DataError::Cancelled`]).
pub fn scan_as(
    dir: &Path,
    config: &DataConfig,
    progress: &mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
) -> Result<Dataset, DataError> {
    let (dir, config) = (dir.to_owned(), config.clone());
    watched("scan", progress, move |board, report| scan_here(&dir, &config, board, report))
}

fn scan_here(
    dir: &Path,
    config: &DataConfig,
    board: &Board,
    progress: &mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
) -> Result<Dataset, DataError> {
    let opening = reading(dir);
    let folder_error = |reason| DataError::Folder { reason, path: dir.to_owned() };
    let metadata = fs::metadata(dir).map_err(|e| folder_error(io_reason(&e)))?;
    let of_table = if metadata.is_dir() { None } else { folder_of_table(dir) };
    if !metadata.is_dir() && of_table.is_none() {
        return Err(folder_error(msg!("data-no-folder-nor-table")));
    }
    let root = of_table.as_deref().unwrap_or(dir);
    drop(opening);
    board.set_root(root);
    let window = Window::parse(&config.dicom_window).map_err(DataError::Window)?;
    let untouched = config.quarantine.iter().map(|name| root.join(name)).collect();
    let settings = ProbeSettings { max_pixels: config.max_pixels, slice_axis: config.slice_axis.into(), untouched };
    let mut scan = Scan {
        dataset: Dataset::new(root).with_window(window),
        state: ScanProgress { current_dir: dir.to_owned(), ..ScanProgress::default() },
        progress,
        probers: Probers::new(settings, board),
        wrong_extensions: Tally::default(),
        nested: Tally::default(),
        beside: Tally::default(),
        system: BTreeSet::new(),
        system_files: 0,
        doubts: labelled::Doubts::default(),
        labels: config.labels.clone(),
        columns: [&config.image_column, &config.label_column, &config.part_column].map(String::clone),
        group_column: super::groups::column(&config.group).map(str::to_owned),
        medical: MedicalTally::default(),
        chunk: *CHUNKS.start(),
    };
    scan.report()?;
    let listing = scan.list(root).map_err(folder_error)?;
    // The table itself was opened, unless something else is asked for.
    if of_table.is_some() && matches!(config.labels.as_str(), "auto" | "") {
        scan.chosen_table(root, &listing, dir)?;
    } else {
        scan.folder(root, &listing)?;
    }
    scan.note_systems();
    scan.dataset.shrink();
    Ok(scan.dataset.with_orientation(config.orientation))
}

/// The folder a table lies in, where `path` is one by its name. Nothing is read.
pub(crate) fn folder_of_table(path: &Path) -> Option<PathBuf> {
    super::labels::Kind::of(path)?;
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
}

/// What one directory holds, in natural order.
#[derive(Default)]
struct Listing {
    dirs: Vec<OsString>,
    files: Vec<OsString>,
    /// It is the folder of a run of this program.
    is_run: bool,
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

struct Scan<'a> {
    dataset: Dataset,
    state: ScanProgress,
    progress: &'a mut dyn FnMut(&ScanProgress) -> ControlFlow<()>,
    probers: Probers,
    wrong_extensions: Tally,
    nested: Tally,
    /// Folders of masks and the like inside class folders.
    beside: Tally,
    /// Folders of systems and of runs, left out.
    system: BTreeSet<PathBuf>,
    system_files: u64,
    doubts: labelled::Doubts,
    /// `data.labels`.
    labels: String,
    /// The columns of images, labels and parts as configured.
    columns: [String; 3],
    /// The column that `data.group` names.
    group_column: Option<String>,
    medical: MedicalTally,
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
        let results = self.probers.probe(dir, names);
        let took = begun.elapsed();
        if took < CHUNK_TIME && names.len() == self.chunk {
            self.chunk = (self.chunk * 2).min(*CHUNKS.end());
        } else if took > CHUNK_TIME * 4 {
            self.chunk = (self.chunk / 2).max(*CHUNKS.start());
        }
        results
    }

    fn note(&mut self, note: Message) {
        self.dataset.notes.push(note);
    }

    fn bad(&mut self, path: PathBuf, reason: Message) {
        self.state.bad += 1;
        self.dataset.bad_files.push(BadFile { path, reason });
    }

    /// Goes back to what was known `before` a reading that is not taken.
    fn start_anew(&mut self, before: Dataset) {
        let (bad, current_dir) = (before.bad_files.len() as u64, before.root.clone());
        self.state = ScanProgress { bad, current_dir, ..ScanProgress::default() };
        self.dataset = before;
        (self.wrong_extensions, self.nested, self.beside) = <(Tally, Tally, Tally)>::default();
        self.doubts = labelled::Doubts::default();
        self.medical = MedicalTally::default();
    }

    /// The images of class folders. `why_not`: why no table says the classes.
    fn folders(
        &mut self,
        dir: &Path,
        root: &Listing,
        layout: layout::Layout,
        why_not: Option<Message>,
    ) -> Result<(), DataError> {
        self.system.extend(layout.runs);
        if let Some(found) = layout.refusal.filter(|_| layout.classes.is_empty()) {
            self.refuse(unused(msg!("data-folders-all-the-same", found), why_not));
            return Ok(());
        }
        if layout.classes.is_empty() {
            let found = match self.count_images(dir, &root.files)? {
                0 => msg!("data-no-image-either"),
                count => msg!("data-images-directly", count),
            };
            self.refuse(unused(found, why_not));
            return Ok(());
        }
        self.dataset.notes.extend(layout.notes);
        self.dataset.has_parts = layout.has_parts;
        for around in &layout.around {
            let listed;
            let files = if around == dir {
                &root.files
            } else {
                match self.list(around) {
                    Ok(listing) => {
                        listed = listing;
                        &listed.files
                    }
                    Err(reason) => {
                        self.bad(around.clone(), msg!("data-folder-cannot-be-read", reason));
                        continue;
                    }
                }
            };
            let n = self.count_images(around, files)?;
            if n > 0 {
                self.note(msg!("data-images-beside", count = n, path = show_path(around)));
            }
        }
        let mut empty = Vec::new();
        for (NaturalName(name), mut dirs) in layout.classes {
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
        "folders".clone_into(&mut self.dataset.reading.taken);
        self.dataset.notes.extend(why_not);
        self.note_empty(&empty);
        self.note_findings();
        Ok(())
    }

    fn refuse(&mut self, found: Message) {
        let shown = show_path(&self.dataset.root);
        self.note(msg!("data-no-class-folders", found = &found, path = shown));
        self.dataset.refusal = Some(Refusal::NoClasses(found));
    }

    /// How many of these files are images.
    fn count_images(&mut self, dir: &Path, files: &[OsString]) -> Result<u64, DataError> {
        let mut images = 0;
        let mut rest = files;
        while !rest.is_empty() {
            let names;
            (names, rest) = rest.split_at(self.chunk.min(rest.len()));
            self.state.files_seen += names.len() as u64;
            self.report()?;
            images += self.probe_chunk(dir, names).iter().filter(|r| r.is_ok()).count() as u64;
        }
        Ok(images)
    }

    /// Every image of a class folder, and of the folders in it.
    fn class_dir(&mut self, top: &Path, class: usize, part: Option<Part>) -> Result<(), DataError> {
        let mut visited = HashSet::new();
        let mut waiting = vec![(top.to_owned(), 0)];
        while let Some((dir, depth)) = waiting.pop() {
            // Links can make a folder its own descendant: each real folder is read once.
            let opening = reading(&dir);
            let real = fs::canonicalize(&dir).unwrap_or_else(|_| dir.clone());
            drop(opening);
            if depth > MAX_DEPTH || !visited.insert(real) {
                self.bad(dir, msg!("data-folder-already-read"));
                continue;
            }
            self.state.current_dir.clone_from(&dir);
            self.report()?;
            let listing = match self.list(&dir) {
                Ok(listing) => listing,
                Err(reason) => {
                    self.bad(dir, msg!("data-folder-cannot-be-read", reason));
                    continue;
                }
            };
            if listing.is_run {
                self.system.insert(dir);
                continue;
            }
            let before = self.dataset.len();
            self.images(&dir, &listing.files, class, part)?;
            if depth > 0 {
                let images = (self.dataset.len() - before) as u64;
                self.nested.add(images, || show_path(dir.strip_prefix(&self.dataset.root).unwrap_or(&dir)));
            }
            let dirs = self.without_beside(&dir, listing.dirs, self.dataset.len() > before);
            waiting.extend(dirs.iter().rev().map(|name| (dir.join(name), depth + 1)));
        }
        Ok(())
    }

    /// Without folders of masks, labels and the like where the images lie beside them.
    fn without_beside(&mut self, dir: &Path, names: Vec<OsString>, has_images: bool) -> Vec<OsString> {
        let counts = count_to_class(&names, has_images);
        let mut kept = Vec::with_capacity(names.len());
        for (name, counts) in names.into_iter().zip(counts) {
            if counts {
                kept.push(name);
            } else {
                let path = dir.join(&name);
                self.beside.add(1, || show_path(path.strip_prefix(&self.dataset.root).unwrap_or(&path)));
            }
        }
        kept
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
            let words = || tr!("data-name-is-format", name = show_name(name), format = found.format);
            self.wrong_extensions.add(1, words);
        }
        if self.dataset.push(dir_index, name, class, part, found) {
            let medical = found.and_then(|found| found.medical);
            self.state.images += medical.map_or(1, |medical| medical.pages.count.into());
            if let Some(medical) = &medical {
                self.medical.add(medical);
            }
        } else {
            self.bad(dir.join(name), msg!("data-too-many-images"));
        }
    }

    /// What a directory holds. Hidden files and sidecars are counted as ignored; FIFOs, sockets and devices are bad
    /// files and never opened; links are followed.
    fn list(&mut self, dir: &Path) -> Result<Listing, Message> {
        let mut listing = Listing::default();
        let reading = reading(dir);
        for entry in fs::read_dir(dir).map_err(|e| io_reason(&e))? {
            reading.moved();
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    self.bad(dir.to_owned(), msg!("data-folder-not-read-to-end", reason = io_reason(&e)));
                    break;
                }
            };
            let name = entry.file_name();
            let kind = kind_of(&entry);
            let systems = is_systems(&name);
            let hidden = systems || is_hidden(&name);
            listing.is_run |= name == "run.toml";
            match kind {
                Ok(kind) if kind.is_dir() && !hidden => listing.dirs.push(name),
                Ok(kind) if kind.is_dir() => {
                    self.system.insert(entry.path());
                }
                _ if hidden || is_sidecar(&name) => {
                    self.dataset.ignored_files += 1;
                    self.system_files += u64::from(systems);
                }
                Ok(kind) if kind.is_file() => listing.files.push(name),
                Ok(kind) => self.bad(entry.path(), msg!("data-not-a-file", kind = kind_words(kind))),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    self.bad(entry.path(), msg!("data-dead-link"));
                }
                Err(e) => self.bad(entry.path(), io_reason(&e)),
            }
        }
        drop(reading);
        listing.dirs.sort_by(|a, b| natural(a, b));
        // Bytes compare far faster, and leave next to nothing for the second pass to do.
        listing.files.sort_unstable();
        listing.files.sort_by(|a, b| natural(a, b));
        Ok(listing)
    }
}

/// With why no table is used.
fn unused(found: Message, why_not: Option<Message>) -> Message {
    match why_not {
        Some(why) => msg!("data-found-and-table-unused", found, why),
        None => found,
    }
}

/// What an entry of a folder is, links followed.
fn kind_of(entry: &fs::DirEntry) -> std::io::Result<fs::FileType> {
    let kind = entry.file_type()?;
    if kind.is_symlink() { fs::metadata(entry.path()).map(|m| m.file_type()) } else { Ok(kind) }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn extension(name: &OsStr) -> Option<String> {
    Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase)
}

fn is_sidecar(name: &OsStr) -> bool {
    is_dicom_directory(name)
        || (!is_medical_name(name) && extension(name).is_some_and(|extension| SIDECARS.contains(&extension.as_str())))
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
