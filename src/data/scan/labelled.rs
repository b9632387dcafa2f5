//! The scan of images whose classes stand in tables: from rows to files, and what is wrong with either.

use crate::language::Message;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use super::super::hash::hash;
use super::super::labels::{Place, Row, is_missing, number};
use super::super::roles::{PartWord, Role, part_word, roles, settle};
use super::places::{How, Places};
use super::tables::{Prepared, tables_named};
use super::{CHUNKS, DataError, Part, Scan, Tally, few, natural};
use crate::console::{show_name, show_path};

/// Rows that cannot be used and are named one by one; more are counted.
const MAX_NAMED_ROWS: u64 = 1000;
/// Rows that lead to no file and are given as examples where none does.
const EXAMPLES: usize = 3;

/// One image as a row gives it.
pub(super) struct Entry {
    /// Below the folder.
    pub(super) path: PathBuf,
    pub(super) label: String,
    pub(super) part: Option<Part>,
    /// Stands for the group that the row names; 0 for none.
    pub(super) group: u64,
    at: Place,
    /// Index into the tables.
    table: usize,
}

/// What a table's rows come to.
pub(super) enum Read {
    Entries(Vec<Entry>),
    /// No row leads to an image; why.
    Nothing(Message),
}

/// Rows that are left out or read with a doubt.
#[derive(Default)]
pub(super) struct Doubts {
    no_label: Tally,
    unknown_part: Tally,
    no_part: Tally,
    repeated: Tally,
    /// Labels of rows that lead to no file.
    missed: BTreeSet<String>,
    unnamed: u64,
    named: u64,
    /// By how they led to their files.
    found: Vec<(How, Tally)>,
}

impl Scan<'_> {
    /// The images that the tables' rows name. Rows that lead to none are bad files.
    pub(super) fn entries(&mut self, tables: &[Prepared], places: &mut Places) -> Result<Read, DataError> {
        self.doubts = Doubts::default();
        let mut entries = Vec::new();
        let (mut rows_seen, mut misses) = (0u64, Vec::new());
        let mut words: Vec<Option<PartWord>> = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            self.report()?;
            places.prefer(table.part);
            let rows = match table.table.rows(&table.columns, self.group_column.as_deref()) {
                Ok(rows) => rows,
                Err(reason) if tables.len() > 1 => {
                    return Ok(Read::Nothing(msg!("data-note-of-table", table = table.name.as_str(), note = reason)));
                }
                Err(reason) => return Ok(Read::Nothing(reason)),
            };
            for row in rows {
                rows_seen += 1;
                if rows_seen.is_multiple_of(*CHUNKS.start() as u64) {
                    self.report()?;
                }
                let at = || tr!("data-place-in-table", at = row.at.message(), table = table.name.as_str());
                if row.file.is_empty() || is_missing(&row.label) {
                    self.doubts.no_label.add(1, || no_label_words(&row, &table.name));
                    continue;
                }
                let word = part_word(&row.part);
                if word.is_none() && !row.part.is_empty() {
                    self.doubts.unknown_part.add(1, || format!("{}: {}", at(), show_name(row.part.as_ref())));
                }
                match places.find(&table.base, &row.file) {
                    Ok((path, how)) => {
                        if how != How::Plain {
                            let (name, path) = (show_name(row.file.as_ref()), show_path(&path));
                            let example = || tr!("data-name-is-path", name, path);
                            self.doubts.tally(how).add(1, example);
                        }
                        let label = row.label.nfc().collect();
                        words.push(word.or(table.part.filter(|_| tables.len() > 1)));
                        let group = if row.group.is_empty() { 0 } else { hash(row.group.as_bytes()).max(1) };
                        entries.push(Entry { path, label, part: None, group, at: row.at, table: index });
                    }
                    Err(miss) => {
                        if misses.len() < EXAMPLES {
                            misses.push(format!("{} ({miss})", show_name(row.file.as_ref())));
                        }
                        let reason = msg!("data-at-reason", at = at(), reason = miss);
                        self.doubts.missed.insert(row.label);
                        self.row_fault(PathBuf::from(row.file), reason);
                    }
                }
            }
        }
        if entries.is_empty() {
            return Ok(Read::Nothing(match misses.is_empty() {
                true => msg!("data-rows-without-file-or-label", rows = rows_seen),
                false => msg!("data-rows-name-nothing", rows = rows_seen, misses = misses.join(", ")),
            }));
        }
        let known: Vec<PartWord> = words.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let part = settle(&known);
        entries.iter_mut().zip(words).for_each(|(entry, word)| entry.part = word.map(&part));
        Ok(Read::Entries(entries))
    }

    /// Makes the dataset of them.
    pub(super) fn label(
        &mut self,
        dir: &Path,
        mut entries: Vec<Entry>,
        tables: &[Prepared],
        places: &mut Places,
    ) -> Result<(), DataError> {
        self.note(msg!("data-note-classes-from", tables = described(tables)));
        for table in tables {
            for note in &table.table.notes {
                self.note(msg!("data-note-of-table", table = table.name.as_str(), note));
            }
        }
        self.join_equal_numbers(&mut entries);
        self.note_several_labels(&entries);
        self.note_too_many_labels(&entries, tables);
        let unlabelled = unlabelled(places, &entries);
        let entries = self.without_contradictions(dir, entries, tables);
        let entries = self.parts_of_rows(entries, tables);
        self.system.extend(std::mem::take(&mut places.left_out));
        for (path, reason) in std::mem::take(&mut places.unread) {
            self.bad(path, reason);
        }
        self.label_classes(dir, entries, tables)?;
        self.report()?;
        self.note_doubts(&unlabelled);
        self.note_findings();
        Ok(())
    }

    /// `0`, `0.0` and `1`, `1.0` are two classes, not four.
    fn join_equal_numbers(&mut self, entries: &mut [Entry]) {
        let mut spellings: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        // Adding 0 makes -0 the same as 0.
        let bits = |label: &str| number(label).map(|value| (value + 0.0).to_bits());
        let labels: HashSet<&str> = entries.iter().map(|entry| entry.label.as_str()).collect();
        for label in labels {
            if let Some(bits) = bits(label) {
                spellings.entry(bits).or_default().insert(label.to_owned());
            }
        }
        spellings.retain(|_, names| names.len() > 1);
        if spellings.is_empty() {
            return;
        }
        let canonical = |bits: u64, names: &BTreeSet<String>| {
            let value = f64::from_bits(bits);
            let shortest = || names.iter().min_by_key(|name| name.len()).cloned().unwrap_or_default();
            if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { shortest() }
        };
        for entry in entries.iter_mut() {
            if let Some((bits, names)) = bits(&entry.label).and_then(|bits| Some((bits, spellings.get(&bits)?))) {
                entry.label = canonical(bits, names);
            }
        }
        let mut joined: Vec<(f64, String)> = spellings
            .values()
            .filter_map(|names| {
                let shown: Vec<&str> = names.iter().map(String::as_str).collect();
                Some((number(shown.first()?)?, shown.join(" / ")))
            })
            .collect();
        joined.sort_by(|a, b| a.0.total_cmp(&b.0));
        let joined: Vec<String> = joined.into_iter().map(|(_, words)| words).collect();
        self.note(msg!("data-note-same-numbers", names = few(&joined)));
    }

    /// `Cardiomegaly|Effusion` beside `Cardiomegaly`: a class of its own, which is said.
    fn note_several_labels(&mut self, entries: &[Entry]) {
        let labels: HashSet<&str> = entries.iter().map(|entry| entry.label.as_str()).collect();
        let is_several = |label: &str| {
            ['|', ';', ','].iter().any(|separator| {
                label.contains(*separator) && label.split(*separator).any(|one| labels.contains(one.trim()))
            })
        };
        let mut several = Tally::default();
        let mut known: HashMap<&str, bool> = HashMap::new();
        for entry in entries {
            if *known.entry(&entry.label).or_insert_with(|| is_several(&entry.label)) {
                several.add(1, || show_name(entry.label.as_ref()));
            }
        }
        if several.count > 0 {
            self.note(msg!("data-note-several-labels", count = several.count, first = several.first));
        }
    }

    /// A column of names or measures, taken for labels.
    fn note_too_many_labels(&mut self, entries: &[Entry], tables: &[Prepared]) {
        let labels = entries.iter().map(|entry| entry.label.as_str()).collect::<HashSet<_>>().len();
        if labels > 20 && labels * 2 > entries.len() {
            let column = tables.first().and_then(|t| t.table.columns.get(t.columns.first_label()?)).cloned();
            let column = column.map(|name| show_name(name.as_ref())).unwrap_or_default();
            self.note(msg!("data-note-many-classes", images = entries.len(), classes = labels, column));
        }
    }

    /// One entry a file. Rows that contradict each other make it a bad file.
    fn without_contradictions(&mut self, dir: &Path, mut entries: Vec<Entry>, tables: &[Prepared]) -> Vec<Entry> {
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
            let both = || (place(before, tables), place(&entry, tables));
            let shown = |text: &str| show_name(text.as_ref());
            let reason = if before.label != entry.label {
                let (a, b) = (shown(&before.label), shown(&entry.label));
                let (first, second) = both();
                Some(msg!("data-different-labels", first, second, a, b))
            } else if before.part != entry.part {
                let (first, second) = both();
                Some(msg!("data-different-parts", first, second))
            } else {
                self.doubts.repeated.add(1, || place(&entry, tables));
                None
            };
            if let Some(reason) = reason {
                kept.pop();
                self.row_fault(dir.join(&entry.path), reason);
                refused = Some(entry.path);
            }
        }
        kept
    }

    /// All or none have parts: rows without one belong to train. Where no row says one, folders may.
    fn parts_of_rows(&mut self, mut entries: Vec<Entry>, tables: &[Prepared]) -> Vec<Entry> {
        if entries.iter().all(|entry| entry.part.is_none()) {
            if !parts_of_folders(&mut entries) {
                return entries;
            }
            self.note(msg!("data-note-parts-of-folders"));
        }
        let has = |part: Part| entries.iter().any(|entry| entry.part == Some(part));
        let [train, val, test] = [Part::Train, Part::Val, Part::Test].map(has);
        if !train || !(val || test) {
            if val || test {
                self.note(msg!("data-note-no-train-row"));
            } else {
                self.note(msg!("data-note-all-rows-train"));
            }
            entries.iter_mut().for_each(|entry| entry.part = None);
            return entries;
        }
        self.dataset.has_parts = true;
        for entry in entries.iter_mut().filter(|entry| entry.part.is_none()) {
            entry.part = Some(Part::Train);
            self.doubts.no_part.add(1, || place(entry, tables));
        }
        if !val {
            self.note(msg!("data-note-no-val-row"));
        }
        if !test {
            self.note(msg!("data-note-no-test-row"));
        }
        entries
    }

    /// Looks at the files, class by class, and adds the images.
    fn label_classes(&mut self, dir: &Path, mut entries: Vec<Entry>, tables: &[Prepared]) -> Result<(), DataError> {
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
                let folder = match first.path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => dir.join(parent),
                    _ => dir.to_owned(),
                };
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
                let results = self.probers.probe(&folder, &file_names);
                self.state.files_seen += run.len() as u64;
                self.state.current_dir.clone_from(&folder);
                for ((entry, name), result) in run.iter().zip(&file_names).zip(results) {
                    match result {
                        Ok(found) => {
                            self.add(index, &folder, name, class, entry.part, found.as_ref());
                            self.dataset.group_last(entry.group);
                        }
                        Err(reason) => {
                            let reason = msg!("data-reason-of-row", reason, place = place(entry, tables));
                            self.row_fault(folder.join(name), reason);
                        }
                    }
                }
                self.report()?;
            }
            let label = of_class.first().map_or_else(String::new, |entry| show_name(entry.label.as_ref()));
            if self.dataset.len() == before { empty.push(label) } else { self.dataset.class_names.push(label) }
        }
        let missed = std::mem::take(&mut self.doubts.missed).into_iter().map(|label| show_name(label.as_ref()));
        let known: HashSet<&str> = empty.iter().chain(&self.dataset.class_names).map(String::as_str).collect();
        let missed: Vec<String> = missed.filter(|label| !known.contains(label.as_str())).collect();
        empty.extend(missed);
        if !empty.is_empty() {
            self.note(msg!("data-note-empty-labels", count = empty.len(), names = few(&empty)));
        }
        Ok(())
    }

    fn row_fault(&mut self, path: PathBuf, reason: Message) {
        if self.doubts.named < MAX_NAMED_ROWS {
            self.doubts.named += 1;
            self.bad(path, reason);
        } else {
            self.doubts.unnamed += 1;
            self.state.bad += 1;
        }
    }

    fn note_doubts(&mut self, unlabelled: &Tally) {
        let doubts = std::mem::take(&mut self.doubts);
        let mut notes = Vec::new();
        for (how, tally) in &doubts.found {
            notes.extend(how.note(tally.count, &tally.first));
        }
        if unlabelled.count > 0 {
            notes.push(msg!("data-note-unlabelled", count = unlabelled.count, first = unlabelled.first.as_str()));
        }
        let mut doubtful = |Tally { count, first }: &Tally, note: fn(u64, &str) -> Message| {
            if *count > 0 {
                notes.push(note(*count, first));
            }
        };
        doubtful(&doubts.no_label, |count, first| msg!("data-note-rows-without-label", count, first));
        doubtful(&doubts.unknown_part, |count, first| msg!("data-note-rows-of-unknown-part", count, first));
        doubtful(&doubts.no_part, |count, first| msg!("data-note-rows-without-part", count, first));
        doubtful(&doubts.repeated, |count, first| msg!("data-note-rows-repeated", count, first));
        if doubts.unnamed > 0 {
            notes.push(msg!("data-note-rows-not-listed", count = doubts.unnamed));
        }
        self.dataset.notes.append(&mut notes);
    }
}

impl Doubts {
    fn tally(&mut self, how: How) -> &mut Tally {
        let at = match self.found.iter().position(|(known, _)| *known == how) {
            Some(at) => at,
            None => {
                self.found.push((how, Tally::default()));
                self.found.len() - 1
            }
        };
        &mut self.found[at].1
    }
}

/// Images that lie beside labelled ones and have no label.
fn unlabelled(places: &mut Places, entries: &[Entry]) -> Tally {
    let known: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
    let folders: BTreeSet<&Path> = entries.iter().filter_map(|entry| entry.path.parent()).collect();
    let mut tally = Tally::default();
    for folder in folders {
        for path in places.image_files(folder) {
            if !known.contains(path.as_path()) {
                tally.add(1, || show_path(&path));
            }
        }
    }
    tally
}

/// Takes parts from the folders' names, if those of all images say one and they are not all the same.
fn parts_of_folders(entries: &mut [Entry]) -> bool {
    let folders: BTreeSet<&Path> = entries.iter().filter_map(|entry| entry.path.parent()).collect();
    let mut of_folder: HashMap<PathBuf, PartWord> = HashMap::new();
    for depth in 0..2 {
        // Side by side, so that names with a dataset's around the part's are read too.
        let names: BTreeSet<String> = folders
            .iter()
            .filter_map(|folder| folder.components().nth(depth)?.as_os_str().to_str().map(str::to_owned))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let words: HashMap<&str, PartWord> = names
            .iter()
            .zip(roles(&names))
            .filter_map(|(name, role)| match role {
                Role::Part(word) => Some((*name, word)),
                _ => None,
            })
            .collect();
        for folder in &folders {
            let word = folder.components().nth(depth).and_then(|part| words.get(part.as_os_str().to_str()?));
            if let Some(word) = word {
                of_folder.entry(folder.to_path_buf()).or_insert(*word);
            }
        }
    }
    let words: BTreeSet<PartWord> = of_folder.values().copied().collect();
    if of_folder.len() < folders.len() || words.len() < 2 || !words.contains(&PartWord::Train) {
        return false;
    }
    let part = settle(&words.into_iter().collect::<Vec<_>>());
    for entry in entries.iter_mut() {
        entry.part = entry.path.parent().and_then(|folder| of_folder.get(folder)).map(|word| part(*word));
    }
    true
}

fn no_label_words(row: &Row, table: &str) -> String {
    let at = tr!("data-place-in-table", at = row.at.message(), table);
    if row.label.is_empty() || row.file.is_empty() { at } else { format!("{at}: {}", show_name(row.label.as_ref())) }
}

fn place(entry: &Entry, tables: &[Prepared]) -> String {
    let table = tables.get(entry.table).map_or("", |table| table.name.as_str());
    tr!("data-place-in-table", at = entry.at.message(), table)
}

/// The tables' names, and which columns were taken where that is the same in all.
fn described(tables: &[Prepared]) -> Message {
    let names = tables_named(tables);
    let Some(first) = tables.first().filter(|table| table.table.has_header) else { return names };
    let column = |i: usize| first.table.columns.get(i).map(|name| show_name(name.as_ref())).unwrap_or_default();
    let labels = match &first.columns.label {
        super::super::labels::LabelColumns::One(i) => msg!("data-labels-in-column", column = column(*i)),
        super::super::labels::LabelColumns::OneEach(classes) => {
            let names = few(&classes.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>());
            msg!("data-one-column-a-class", names)
        }
    };
    let told = if first.columns.by_name { "name" } else { "content" };
    let files = column(first.columns.file);
    match first.columns.part.map(column) {
        Some(parts) => msg!("data-columns-with-parts", names, files, labels, parts, told),
        None => msg!("data-columns", names, files, labels, told),
    }
}
