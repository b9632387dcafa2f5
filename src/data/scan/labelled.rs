//! The scan of a folder whose classes stand in a file of labels instead of class folders.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::super::labels::{self, Kind, MAX_BYTES, Place, relative};
use super::{
    CHUNKS, DataError, Dataset, Format, NO_CLASSES, Part, Scan, Tally, counted, extension, few, natural, open_regular,
    part_of_name, probe_chunk,
};
use crate::console::show_name;

/// Rows that cannot be used and are named one by one; more are counted.
const MAX_NAMED_ROWS: u64 = 1000;
/// Tried in this order where a name in the file has no extension.
const EXTENSIONS: &[&str] = &["jpg", "jpeg", "png", "tif", "tiff", "bmp", "webp", "gif"];

/// A file of labels and the part its name gives all of its images.
type LabelFile = (PathBuf, Option<Part>);

/// One image as a row gives it.
struct Entry {
    /// Below the folder.
    path: PathBuf,
    label: String,
    part: Option<Part>,
    at: Place,
    /// Index into the files of labels.
    file: usize,
}

/// Rows that are left out or read with a doubt.
#[derive(Default)]
struct Doubts {
    no_label: Tally,
    unknown_part: Tally,
    no_part: Tally,
    repeated: Tally,
    unnamed: u64,
    named: u64,
}

impl Scan<'_> {
    /// Where the class folders gave no choice of classes: takes what a file of labels in `dir` says instead, if there is
    /// one that says something.
    pub(super) fn labels_instead(&mut self, dir: &Path) -> Result<(), DataError> {
        if self.dataset.has_parts || self.dataset.class_names.len() > 1 {
            return Ok(());
        }
        let files = match find_label_files(dir) {
            Ok(files) if files.is_empty() => return Ok(()),
            Ok(files) => files,
            Err(several) => {
                self.note(several);
                return Ok(());
            }
        };
        let before = self.dataset.len();
        let folders = std::mem::replace(&mut self.dataset, Dataset::new(dir));
        let state = std::mem::take(&mut self.state);
        (self.wrong_extensions, self.nested) = (Tally::default(), Tally::default());
        match self.labels(dir, &files)? {
            Ok(()) if !self.dataset.is_empty() || before == 0 => Ok(()),
            refused => {
                let reason = refused.err().unwrap_or_else(|| "it names no image that is there".to_owned());
                (self.dataset, self.state) = (folders, state);
                let unused = format!("{} is not used as labels: {reason}", names(&files));
                let no_classes = self.dataset.notes.iter_mut().find(|note| note.starts_with(NO_CLASSES));
                match no_classes {
                    // There it becomes part of the reason why the folder cannot be used.
                    Some(note) => *note = note.replacen("; expected", &format!(", and {unused}; expected"), 1),
                    None => self.note(unused),
                }
                Ok(())
            }
        }
    }

    /// The images that `files` name below `dir`. The inner error says why the files cannot be used at all.
    pub(super) fn labels(&mut self, dir: &Path, files: &[LabelFile]) -> Result<Result<(), String>, DataError> {
        let mut doubts = Doubts::default();
        let mut entries = Vec::new();
        for (file, (path, of_file)) in files.iter().enumerate() {
            self.report()?;
            let rows = match read_rows(path) {
                Ok(rows) => rows,
                Err(reason) if files.len() > 1 => return Ok(Err(format!("{}: {reason}", name(path)))),
                Err(reason) => return Ok(Err(reason)),
            };
            for row in rows {
                let at = || format!("{} of {}", row.at, name(path));
                if row.file.is_empty() || row.label.is_empty() {
                    doubts.no_label.add(1, at);
                    continue;
                }
                let part = labels::part(&row.part).unwrap_or_else(|()| {
                    doubts.unknown_part.add(1, || format!("{}: {}", at(), show_name(row.part.as_ref())));
                    None
                });
                match relative(&row.file) {
                    Ok(path) => {
                        let (label, part) = (row.label, part.or(*of_file));
                        entries.push(Entry { path, label, part, at: row.at, file });
                    }
                    Err(reason) => {
                        let reason = format!("{}: {reason}", at());
                        self.row_fault(&mut doubts, PathBuf::from(row.file), reason);
                    }
                }
            }
        }
        self.find_files(dir, &mut entries)?;
        let unlabelled = self.unlabelled(dir, &entries)?;
        let entries = self.without_contradictions(dir, entries, files, &mut doubts);
        let entries = self.parts_of_rows(entries, files, &mut doubts);
        self.label_classes(dir, entries, files, &mut doubts)?;
        self.report()?;
        self.dataset.notes.insert(0, format!("the classes are read from {}", names(files)));
        self.note_doubts(&doubts, &unlabelled);
        self.note_findings();
        Ok(Ok(()))
    }

    /// Names without an extension get the one of a file that is there.
    fn find_files(&mut self, dir: &Path, entries: &mut [Entry]) -> Result<(), DataError> {
        for chunk in entries.chunks_mut(*CHUNKS.start()) {
            self.report()?;
            for entry in chunk.iter_mut().filter(|entry| !known_extension(&entry.path)) {
                let candidate = |extension: &&str| {
                    let mut name = entry.path.clone().into_os_string();
                    name.push(".");
                    name.push(extension);
                    Some(PathBuf::from(name)).filter(|path| dir.join(path).is_file())
                };
                if !dir.join(&entry.path).is_file()
                    && let Some(found) = EXTENSIONS.iter().find_map(candidate)
                {
                    entry.path = found;
                }
            }
        }
        Ok(())
    }

    /// Images that lie beside labelled ones and have no label.
    fn unlabelled(&mut self, dir: &Path, entries: &[Entry]) -> Result<Tally, DataError> {
        let known: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
        let folders: BTreeSet<&Path> = entries.iter().filter_map(|entry| entry.path.parent()).collect();
        let mut tally = Tally::default();
        for folder in folders {
            self.state.current_dir = dir.join(folder);
            self.report()?;
            // A folder that is not there is said of each file in it.
            let Ok(listing) = self.list(&dir.join(folder)) else { continue };
            for name in listing.files {
                let path = folder.join(&name);
                if known_extension(&path) && !known.contains(path.as_path()) {
                    tally.add(1, || crate::console::show_path(&path));
                }
            }
        }
        Ok(tally)
    }

    /// One entry a file. Rows that contradict each other make it a bad file.
    fn without_contradictions(
        &mut self,
        dir: &Path,
        mut entries: Vec<Entry>,
        files: &[LabelFile],
        doubts: &mut Doubts,
    ) -> Vec<Entry> {
        // Stable: the first row of a file stays the first.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut refused: Option<PathBuf> = None;
        for entry in entries {
            let Some(before) = kept.last().filter(|last| last.path == entry.path) else {
                if refused.as_ref() != Some(&entry.path) {
                    refused = None;
                    kept.push(entry);
                }
                continue;
            };
            let both = || format!("{} and {}", place(before, files), place(&entry, files));
            let shown = |text: &str| show_name(text.as_ref());
            let reason = if before.label != entry.label {
                let (a, b) = (shown(&before.label), shown(&entry.label));
                Some(format!("{} give it different labels ({a}, {b}); keep the right one", both()))
            } else if before.part != entry.part {
                Some(format!("{} put it into different parts; keep one of them", both()))
            } else {
                doubts.repeated.add(1, || place(&entry, files));
                None
            };
            if let Some(reason) = reason {
                kept.pop();
                self.row_fault(doubts, dir.join(&entry.path), reason);
                refused = Some(entry.path);
            }
        }
        kept
    }

    /// All or none have parts: rows without one belong to train.
    fn parts_of_rows(&mut self, mut entries: Vec<Entry>, files: &[LabelFile], doubts: &mut Doubts) -> Vec<Entry> {
        let has = |part: Part| entries.iter().any(|entry| entry.part == Some(part));
        let [train, val, test] = [Part::Train, Part::Val, Part::Test].map(has);
        if !train {
            if val || test {
                self.note("no row is for train: the parts in the file are left aside".to_owned());
            }
            entries.iter_mut().for_each(|entry| entry.part = None);
            return entries;
        }
        self.dataset.has_parts = true;
        for entry in entries.iter_mut().filter(|entry| entry.part.is_none()) {
            entry.part = Some(Part::Train);
            doubts.no_part.add(1, || place(entry, files));
        }
        if !val {
            self.note("no row is for val: validation images are cut from train".to_owned());
        }
        if !test {
            self.note("no row is for test: there will be no test at the end".to_owned());
        }
        entries
    }

    /// Looks at the files, class by class, and adds the images.
    fn label_classes(
        &mut self,
        dir: &Path,
        mut entries: Vec<Entry>,
        files: &[LabelFile],
        doubts: &mut Doubts,
    ) -> Result<(), DataError> {
        let order = |a: &Entry, b: &Entry| {
            natural(a.label.as_ref(), b.label.as_ref())
                .then(a.part.cmp(&b.part))
                .then_with(|| natural(a.path.as_os_str(), b.path.as_os_str()))
        };
        entries.sort_by(order);
        let mut dirs: HashMap<PathBuf, usize> = HashMap::new();
        let mut empty = Vec::new();
        for of_class in entries.chunk_by(|a, b| a.label == b.label) {
            let (before, class) = (self.dataset.len(), self.dataset.class_names.len());
            let same_folder = |a: &Entry, b: &Entry| a.part == b.part && a.path.parent() == b.path.parent();
            for run in of_class.chunk_by(same_folder).flat_map(|run| run.chunks(*CHUNKS.start())) {
                let Some(first) = run.first() else { continue };
                let folder = first.path.parent().map_or_else(|| dir.to_owned(), |parent| dir.join(parent));
                let index = match dirs.get(&folder) {
                    Some(index) => *index,
                    None => {
                        let index = self.dataset.add_dir(folder.clone());
                        dirs.insert(folder.clone(), index);
                        index
                    }
                };
                let of_entry = |entry: &Entry| entry.path.file_name().unwrap_or_default().to_owned();
                let file_names: Vec<OsString> = run.iter().map(of_entry).collect();
                let results = probe_chunk(&mut self.workers, &folder, &file_names);
                self.state.files_seen += run.len() as u64;
                self.state.current_dir.clone_from(&folder);
                for ((entry, name), result) in run.iter().zip(&file_names).zip(results) {
                    match result {
                        Ok(found) => self.add(index, &folder, name, class, entry.part, found.as_ref()),
                        Err(reason) => {
                            let reason = format!("{reason} ({} names it)", place(entry, files));
                            self.row_fault(doubts, folder.join(name), reason);
                        }
                    }
                }
                self.report()?;
            }
            let label = of_class.first().map_or_else(String::new, |entry| show_name(entry.label.as_ref()));
            if self.dataset.len() == before { empty.push(label) } else { self.dataset.class_names.push(label) }
        }
        if !empty.is_empty() {
            let n = counted(empty.len() as u64, "label", "labels");
            self.note(format!("{n} left out for want of an image that can be read: {}", few(&empty)));
        }
        Ok(())
    }

    fn row_fault(&mut self, doubts: &mut Doubts, path: PathBuf, reason: String) {
        if doubts.named < MAX_NAMED_ROWS {
            doubts.named += 1;
            self.bad(path, reason);
        } else {
            doubts.unnamed += 1;
            self.state.bad += 1;
        }
    }

    fn note_doubts(&mut self, doubts: &Doubts, unlabelled: &Tally) {
        let rows = |n: u64| counted(n, "row", "rows");
        let mut notes = Vec::new();
        if unlabelled.count > 0 {
            let n = counted(unlabelled.count, "image", "images");
            notes.push(format!("{n} beside the labelled ones without a label are left out: {}", unlabelled.first));
        }
        for (tally, words) in [
            (&doubts.no_label, "without a file or a label: left out"),
            (&doubts.unknown_part, "with a part that is none of train, val and test: read as without"),
            (&doubts.no_part, "without a part: taken for train"),
            (&doubts.repeated, "naming a file again, with the same label: counted once"),
        ] {
            if tally.count > 0 {
                notes.push(format!("{} {words} (the first: {})", rows(tally.count), tally.first));
            }
        }
        if doubts.unnamed > 0 {
            notes.push(format!("{} more left out that cannot be used, not listed", rows(doubts.unnamed)));
        }
        self.dataset.notes.append(&mut notes);
    }
}

/// Scans what a file of labels names, the file itself having been chosen as the dataset.
pub(super) fn scan_file(mut scan: Scan<'_>, path: &Path) -> Result<Dataset, DataError> {
    let dir = scan.dataset.root.clone();
    scan.report()?;
    let of_name = path.file_stem().and_then(part_of_name);
    match scan.labels(&dir, &[(path.to_owned(), of_name)])? {
        Ok(()) => {
            scan.dataset.shrink();
            Ok(scan.dataset)
        }
        Err(reason) => Err(DataError::Labels { reason, path: path.to_owned() }),
    }
}

/// The folder a file of labels lies in, where `path` is one.
pub(super) fn folder_of(path: &Path) -> Option<PathBuf> {
    Kind::of(path)?;
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
}

fn read_rows(path: &Path) -> Result<Vec<labels::Row>, String> {
    let kind = Kind::of(path).ok_or("it is neither .csv, .tsv nor .json")?;
    let (file, len) = open_regular(path)?;
    if len > MAX_BYTES {
        return Err(format!("it has {len} bytes; files of labels of up to {MAX_BYTES} are read"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| super::io_reason(&e))?;
    labels::parse(kind, &bytes)
}

/// `labels.csv` and its like; else `train.csv` with its siblings; else the only one.
///
/// # Errors
/// Several that could be meant, in words.
fn find_label_files(dir: &Path) -> Result<Vec<LabelFile>, String> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(Vec::new()) };
    let visible = |path: &PathBuf| path.file_name().is_some_and(|n| !n.as_encoded_bytes().starts_with(b"."));
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| Kind::of(path).is_some() && visible(path) && path.is_file())
        .collect();
    found.sort_by(|a, b| natural(a.as_os_str(), b.as_os_str()));
    let stem = |path: &Path| path.file_stem().and_then(|s| s.to_str()).map(str::to_lowercase).unwrap_or_default();
    if let Some(labels) = found.iter().find(|path| matches!(stem(path).as_str(), "labels" | "label")) {
        return Ok(vec![(labels.clone(), None)]);
    }
    let parts: Vec<LabelFile> =
        found.iter().filter_map(|path| Some((path.clone(), Some(path.file_stem().and_then(part_of_name)?)))).collect();
    if parts.iter().any(|(_, part)| *part == Some(Part::Train)) {
        return Ok(parts);
    }
    match found.as_slice() {
        [] => Ok(Vec::new()),
        [only] => Ok(vec![(only.clone(), None)]),
        several => {
            let all: Vec<String> = several.iter().map(|path| name(path)).collect();
            Err(format!("several files could hold labels: choose one of them as the dataset: {}", few(&all)))
        }
    }
}

fn known_extension(path: &Path) -> bool {
    path.file_name().and_then(extension).is_some_and(|e| Format::of_extension(&e).is_some())
}

fn place(entry: &Entry, files: &[LabelFile]) -> String {
    format!("{} of {}", entry.at, files.get(entry.file).map_or_else(String::new, |(path, _)| name(path)))
}

fn name(path: &Path) -> String {
    show_name(path.file_name().unwrap_or_default())
}

fn names(files: &[LabelFile]) -> String {
    few(&files.iter().map(|(path, _)| name(path)).collect::<Vec<_>>())
}
