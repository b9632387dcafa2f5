//! Which tables of labels lie in a dataset's folder, and whether they or the folders say the classes.

use crate::language::Message;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::super::dataset::{Refusal, TablePreview};
use super::super::labels::{Choice, Columns, Kind, MAX_BYTES, Table};
use super::super::open::open_regular;
use super::super::roles::{PartWord, fold, is_systems, part_word, part_word_of_table};
use super::super::watch::reading;
use super::labelled::{Entry, Read};
use super::layout::{Layer, Layout, read};
use super::places::Places;
use super::{DataError, Listing, Part, Scan, few, is_hidden, natural};
use crate::console::{show_name, show_path};

/// Files that are tried as tables; a folder of more is no dataset with a table beside it.
const MAX_TRIED: usize = 32;
/// Larger tables are read only where they are named.
const MAX_UNASKED_BYTES: u64 = 256 << 20;
const MAX_LIST_BYTES: u64 = 64 << 20;
/// Folders that are looked into for tables where none lies at the top.
const MAX_FOLDERS: usize = 64;
/// Rows of a table that are shown.
const PREVIEW_ROWS: usize = 5;

/// A table with its columns told.
pub(super) struct Prepared {
    pub(super) path: PathBuf,
    /// Its path in the dataset's folder, for messages.
    pub(super) name: String,
    /// Its folder below the dataset's.
    pub(super) base: PathBuf,
    pub(super) table: Table,
    pub(super) columns: Columns,
    /// What its name, or its folder's, says all of its images are for.
    pub(super) part: Option<PartWord>,
    /// Some of its first rows name files that are there.
    names_files: bool,
}

/// Why a table cannot be used, and its beginning where it could be read.
type Unusable = (Message, Option<TablePreview>);

/// What came of looking for tables.
#[derive(Default)]
struct Search {
    taken: Vec<Prepared>,
    /// Tables that could be chosen.
    choices: Vec<PathBuf>,
    /// Why none was taken, where one could have been meant.
    why_not: Option<Message>,
    preview: Option<TablePreview>,
    notes: Vec<Message>,
}

impl Scan<'_> {
    /// The images of `dir`, by folders or by a table, as `data.labels` says or as is likelier.
    pub(super) fn folder(&mut self, dir: &Path, root: &Listing) -> Result<(), DataError> {
        match self.labels.clone().as_str() {
            "auto" | "" => self.likelier(dir, root),
            "folders" => self.forced(dir, root, Layer::Top),
            "subfolders" => self.forced(dir, root, Layer::Second),
            path => self.chosen_table(dir, root, &dir.join(path)),
        }
    }

    fn forced(&mut self, dir: &Path, root: &Listing, layer: Layer) -> Result<(), DataError> {
        let layout = read(dir, &root.dirs, layer);
        let choices = candidates(dir);
        self.set_choices(dir, root, &layout, &choices);
        self.folders(dir, root, layout, None)?;
        self.dataset.reading.taken = if layer == Layer::Top { "folders" } else { "subfolders" }.to_owned();
        Ok(())
    }

    /// A table that was named; it alone says the classes.
    pub(super) fn chosen_table(&mut self, dir: &Path, root: &Listing, path: &Path) -> Result<(), DataError> {
        let layout = read(dir, &root.dirs, Layer::Auto);
        let mut choices = candidates(dir);
        if !choices.iter().any(|choice| choice == path) {
            choices.push(path.to_owned());
        }
        self.set_choices(dir, root, &layout, &choices);
        self.dataset.reading.taken = choice_name(dir, path);
        let mut places = Places::new(dir);
        let refused = match self.prepare(dir, path, false, &mut places) {
            Ok(prepared) => {
                self.dataset.reading.table = Some(preview(&prepared.path, &prepared.table, Some(&prepared.columns)));
                let tables = [prepared];
                match self.entries(&tables, &mut places)? {
                    Read::Entries(entries) => {
                        self.label(dir, entries, &tables, &mut places)?;
                        None
                    }
                    Read::Nothing(reason) => Some(reason),
                }
            }
            Err((reason, table)) => {
                self.dataset.reading.table = table;
                Some(reason)
            }
        };
        if let Some(reason) = refused {
            let shown = show_path(path);
            self.note(msg!("data-labels-not-usable-note", reason = &reason, shown = shown.to_string()));
            self.dataset.refusal = Some(Refusal::Table(path.to_owned(), reason));
        }
        Ok(())
    }

    fn set_choices(&mut self, dir: &Path, root: &Listing, layout: &Layout, tables: &[PathBuf]) {
        let choices = &mut self.dataset.reading.choices;
        choices.clear();
        if !root.dirs.is_empty() {
            choices.push("folders".to_owned());
        }
        if layout.has_second {
            choices.push("subfolders".to_owned());
        }
        choices.extend(tables.iter().take(MAX_TRIED).map(|path| choice_name(dir, path)));
    }

    fn likelier(&mut self, dir: &Path, root: &Listing) -> Result<(), DataError> {
        let layout = read(dir, &root.dirs, Layer::Auto);
        self.report()?;
        let sure = layout.refusal.is_none() && layout.filled > 1;
        let mut places = Places::new(dir);
        let search = self.search(dir, sure, &mut places)?;
        self.set_choices(dir, root, &layout, &search.choices);
        let mut why_not = search.why_not;
        self.dataset.reading.table = search.preview;
        if !search.taken.is_empty() {
            let names = tables_named(&search.taken);
            // What the listing of the folder said holds for either reading.
            let before = self.dataset.clone();
            match self.entries(&search.taken, &mut places)? {
                Read::Entries(entries) => match weigh(dir, &layout, &entries, &mut places, sure) {
                    Weight::Table(note) => {
                        let taken = search.taken.iter().map(|table| table.name.clone());
                        self.dataset.reading.taken = taken.collect::<Vec<_>>().join(", ");
                        self.label(dir, entries, &search.taken, &mut places)?;
                        self.dataset.notes.splice(1..1, note.into_iter().chain(search.notes));
                        return Ok(());
                    }
                    weight @ (Weight::Folders(_) | Weight::FoldersOfMore) => {
                        self.start_anew(before);
                        self.dataset.reading.table = None;
                        why_not = None;
                        let note = match weight {
                            Weight::Folders(labels) => {
                                labels.map(|labels| msg!("data-note-folders-taken", labels, table = &names))
                            }
                            _ => Some(msg!("data-note-table-names-few", table = &names)),
                        };
                        self.dataset.notes.extend(note);
                    }
                },
                Read::Nothing(reason) => {
                    self.start_anew(before);
                    why_not = Some(msg!("data-table-unused", names, reason));
                }
            }
        }
        self.folders(dir, root, layout, why_not)
    }

    fn search(&mut self, dir: &Path, sure: bool, places: &mut Places) -> Result<Search, DataError> {
        let mut search = Search { choices: candidates(dir), ..Search::default() };
        self.take_tables(dir, sure, places, &mut search)?;
        if search.taken.is_empty() && !sure {
            let below = tables_below(dir);
            if !below.is_empty() {
                let above = std::mem::replace(&mut search, Search { choices: below, ..Search::default() });
                self.take_tables(dir, sure, places, &mut search)?;
                search.choices.splice(0..0, above.choices);
                if search.taken.is_empty() {
                    search.why_not = above.why_not.or(search.why_not);
                    search.preview = above.preview.or(search.preview);
                }
            }
        }
        if search.taken.is_empty() && !sure {
            self.table_above(dir, places, &mut search)?;
        }
        if search.taken.is_empty() && !sure && search.why_not.is_none() {
            let name = spreadsheet(dir).map(|path| name(&path));
            search.why_not = name.map(|name| msg!("data-spreadsheet", name));
        }
        Ok(search)
    }

    /// A table beside the folder, whose names lead into it: the images' folder was opened, not the one around both.
    fn table_above(&mut self, dir: &Path, places: &mut Places, search: &mut Search) -> Result<(), DataError> {
        let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let Some(above) = whole.parent() else { return Ok(()) };
        let mut found = Vec::new();
        for path in plain_candidates(above) {
            self.report()?;
            found.extend(self.prepare(dir, &path, true, places).ok().filter(|table| table.names_files));
        }
        if found.len() == 1 {
            search.notes.push(msg!("data-note-table-beside"));
            search.preview = found.first().map(|table| preview(&table.path, &table.table, Some(&table.columns)));
            search.choices.extend(found.iter().map(|table| table.path.clone()));
            search.taken = found;
        }
        Ok(())
    }

    /// Of the tables in `search.choices` those that say the classes.
    fn take_tables(
        &mut self,
        dir: &Path,
        sure: bool,
        places: &mut Places,
        search: &mut Search,
    ) -> Result<(), DataError> {
        let mut prepared: Vec<Prepared> = Vec::new();
        let mut refused: Vec<(PathBuf, Unusable)> = Vec::new();
        // By names first: a column that merely repeats itself is a label only where nothing else is.
        for by_name_only in [true, false] {
            refused.clear();
            for path in search.choices.iter().take(MAX_TRIED) {
                self.report()?;
                match self.prepare(dir, path, by_name_only, places) {
                    Ok(table) => prepared.push(table),
                    Err(why) => refused.push((path.clone(), why)),
                }
            }
            if !prepared.is_empty() || sure {
                break;
            }
        }
        if prepared.iter().any(|table| table.names_files) {
            prepared.retain(|table| table.names_files);
        }
        let is_labels = |table: &Prepared| matches!(name_of(&table.path).as_str(), "labels" | "label");
        let speaks_of = |table: &Prepared| {
            ["label", "meta", "groundtruth", "ground_truth", "annotation", "class"]
                .iter()
                .any(|w| name_of(&table.path).contains(w))
        };
        let has_train = prepared.iter().any(|table| table.part == Some(PartWord::Train));
        if let Some(at) = prepared.iter().position(is_labels) {
            search.taken.push(prepared.swap_remove(at));
        } else if has_train {
            prepared.retain(|table| table.part.is_some());
            search.taken = prepared;
        } else if prepared.len() == 1 || prepared.iter().filter(|table| speaks_of(table)).count() == 1 {
            let at = prepared.iter().position(speaks_of).unwrap_or(0);
            search.taken.push(prepared.swap_remove(at));
        } else if let Some(at) = self.names_most(&prepared, places)? {
            let taken = prepared.swap_remove(at);
            let others = tables_named(&prepared);
            search.notes.push(msg!("data-note-names-more", table = taken.name.to_string(), others));
            search.taken.push(taken);
        } else if !prepared.is_empty() {
            let all: Vec<String> = prepared.iter().map(|table| table.name.clone()).collect();
            search.why_not = Some(msg!("data-several-tables", names = few(&all)));
        }
        for table in &search.taken {
            search.preview.get_or_insert_with(|| preview(&table.path, &table.table, Some(&table.columns)));
        }
        if search.taken.len() > 1 || has_train {
            let unused = refused.iter().filter(|(path, _)| part_of_table(dir, path).is_some());
            let unused: Vec<String> = unused.map(|(path, _)| choice_name(dir, path)).collect();
            if !unused.is_empty() && !search.taken.is_empty() {
                search.notes.push(msg!("data-note-tables-without-labels", names = few(&unused)));
            }
        }
        if search.taken.is_empty() && search.why_not.is_none() && !sure {
            let first = refused.into_iter().find(|(_, (_, preview))| preview.is_some());
            if let Some((path, (reason, table))) = first {
                search.why_not = Some(msg!("data-table-unused", names = choice_name(dir, &path), reason));
                search.preview = table;
            }
        }
        Ok(())
    }

    /// The table that names at least twice as many images as any other.
    fn names_most(&mut self, tables: &[Prepared], places: &mut Places) -> Result<Option<usize>, DataError> {
        let mut counts = Vec::with_capacity(tables.len());
        for (at, table) in tables.iter().enumerate() {
            self.report()?;
            let rows = table.table.rows(&table.columns, None).unwrap_or_default();
            let files: BTreeSet<PathBuf> =
                rows.iter().filter_map(|row| places.find(&table.base, &row.file).ok()).map(|(path, _)| path).collect();
            counts.push((files.len(), at));
        }
        counts.sort_unstable_by(|a, b| b.cmp(a));
        Ok(match counts.as_slice() {
            [(most, at), (next, _), ..] if *most >= 2 * *next && *next > 0 => Some(*at),
            _ => None,
        })
    }

    /// Reads the beginning of a table and tells its columns.
    #[expect(clippy::result_large_err, reason = "once a table")]
    fn prepare(
        &mut self,
        dir: &Path,
        path: &Path,
        by_name_only: bool,
        places: &mut Places,
    ) -> Result<Prepared, Unusable> {
        let table = read_table(path)
            .map_err(|reason| (reason, Some(TablePreview { name: name(path), ..Default::default() })))?;
        let base = path.parent().and_then(|parent| parent.strip_prefix(dir).ok()).unwrap_or(Path::new("")).to_owned();
        let part = part_of_table(dir, path);
        places.prefer(part);
        let choice = Choice { image: &self.columns[0], label: &self.columns[1], part: &self.columns[2] };
        let mut names_file = |cell: &str| places.find(&base, cell).is_ok();
        let columns = Columns::choose(&table, &choice, by_name_only, &mut names_file)
            .map_err(|reason| (reason, Some(preview(path, &table, None))))?;
        let mut cells = table.sample.iter().filter_map(|row| row.get(columns.file)).take(50);
        let names_files = cells.any(|cell| names_file(cell));
        Ok(Prepared { path: path.to_owned(), name: choice_name(dir, path), base, table, columns, part, names_files })
    }
}

enum Weight {
    /// The table says the classes; what else they could be.
    Table(Option<Message>),
    /// The folders do; the labels that the table has, where they say something else.
    Folders(Option<Message>),
    /// The folders do; the table names the same classes and says more, but not of all images.
    FoldersOfMore,
}

/// Table or folders: folders that a table agrees with, or only divides further, stay; where its labels cut across the
/// folders, the folders are something else than classes. A table that agrees and says besides which images are for what, or
/// the groups that were asked for, is taken: the classes are the same, and the folders say less.
fn weigh(dir: &Path, layout: &Layout, entries: &[Entry], places: &mut Places, sure: bool) -> Weight {
    if !sure {
        return Weight::Table(None);
    }
    let mut of_dir: HashMap<&Path, String> = HashMap::new();
    for (name, dirs) in &layout.classes {
        for (_, path) in dirs {
            of_dir.insert(path.strip_prefix(dir).unwrap_or(path), show_name(&name.0));
        }
    }
    let mut classes_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut labels_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let (mut inside, mut agree) = (0usize, 0usize);
    let mut named: HashSet<&Path> = HashSet::new();
    for entry in entries {
        let found = entry.path.ancestors().skip(1).find_map(|above| of_dir.get_key_value(above));
        let Some((class_dir, class)) = found else { continue };
        named.insert(*class_dir);
        inside += 1;
        agree += usize::from(fold(class) == fold(&entry.label));
        classes_of.entry(&entry.label).or_default().insert(class);
        labels_of.entry(class).or_default().insert(&entry.label);
    }
    let several = |sets: &HashMap<&str, BTreeSet<&str>>| sets.values().any(|set| set.len() > 1);
    let agrees = inside > 0 && agree * 10 >= inside * 9;
    let has = |part: Part| entries.iter().any(|entry| entry.part == Some(part));
    // Parts that are folders stay what they are.
    let has_parts = !layout.has_parts && has(Part::Train) && (has(Part::Val) || has(Part::Test));
    let says_more = has_parts || entries.iter().any(|entry| entry.group != 0);
    if agrees && !says_more {
        return Weight::Folders(None);
    }
    if agrees {
        // Not where it leaves many images out, nor where a class or a part of the folders would be lost.
        let held: Vec<(&Path, usize)> = of_dir.keys().map(|dir| (*dir, places.images_below(dir))).collect();
        let images: usize = held.iter().map(|(_, images)| images).sum();
        let names_most = inside * 10 >= images * 9;
        let is_lost = held.iter().any(|(dir, images)| *images > 0 && !named.contains(dir));
        return match names_most && !is_lost {
            true => Weight::Table(Some(msg!("data-note-table-says-more"))),
            false => Weight::FoldersOfMore,
        };
    }
    let folders: BTreeSet<&Path> = entries.iter().filter_map(|entry| entry.path.parent()).collect();
    let images: usize = folders.iter().map(|folder| places.image_files(folder).len()).sum();
    let labels: BTreeSet<&str> = entries.iter().map(|entry| entry.label.as_str()).collect();
    let names: Vec<String> = labels.iter().map(|label| show_name(label.as_ref())).collect();
    let class_names: Vec<String> = layout.classes.keys().map(|name| show_name(&name.0)).collect();
    let cuts_across = several(&classes_of) && several(&labels_of);
    let is_elsewhere = inside * 2 < entries.len();
    if (cuts_across || is_elsewhere) && entries.len() * 2 >= images && labels.len() > 1 {
        return Weight::Table(Some(msg!("data-note-table-taken", names = few(&class_names))));
    }
    Weight::Folders(Some(few(&names)))
}

/// How `data.labels` names a table.
fn choice_name(dir: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(dir).unwrap_or(path);
    show_path(inside).replace('\\', "/")
}

pub(super) fn tables_named(tables: &[Prepared]) -> Message {
    few(&tables.iter().map(|table| table.name.clone()).collect::<Vec<_>>())
}

fn name(path: &Path) -> String {
    show_name(path.file_name().unwrap_or_default())
}

/// The part that a table's name says, or that of the folder it lies in.
fn part_of_table(dir: &Path, path: &Path) -> Option<PartWord> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(part_word_of_table);
    stem.or_else(|| {
        let inside = path.parent()?.strip_prefix(dir).ok()?;
        inside.components().find_map(|part| part_word(part.as_os_str().to_str()?))
    })
}

fn preview(path: &Path, table: &Table, columns: Option<&Columns>) -> TablePreview {
    TablePreview {
        name: name(path),
        columns: table.columns.clone(),
        rows: table.sample.iter().take(PREVIEW_ROWS).cloned().collect(),
        image: columns.map(|columns| columns.file),
        label: columns.and_then(Columns::first_label),
        part: columns.and_then(|columns| columns.part),
    }
}

fn read_table(path: &Path) -> Result<Table, Message> {
    let kind = Kind::of(path).ok_or(msg!("data-no-kind-of-table"))?;
    let _reading = reading(path);
    let (file, len) = open_regular(path)?;
    if len > MAX_BYTES {
        return Err(msg!("data-table-too-large", len = len.to_string(), most = MAX_BYTES.to_string()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| super::io_reason(&e))?;
    Table::read(kind, &bytes)
}

/// Files in `dir` that may be tables of labels, in natural order. A submission's sample gives no labels.
fn candidates(dir: &Path) -> Vec<PathBuf> {
    let (mut tables, mut lists) = split_candidates(dir);
    // Notes and settings have these extensions too; and where there is one beside each image, none is a table of all.
    if lists.len() > MAX_TRIED {
        lists.clear();
    }
    lists.retain(|path| is_small(path, MAX_LIST_BYTES));
    lists.retain(|path| name_of(path).starts_with("label") || read_table(path).is_ok_and(|t| t.looks_like_labels()));
    tables.append(&mut lists);
    tables.sort_by(|a, b| natural(a.as_os_str(), b.as_os_str()));
    tables
}

/// As [`candidates`], but only what is a table by its extension.
fn plain_candidates(dir: &Path) -> Vec<PathBuf> {
    split_candidates(dir).0
}

fn split_candidates(dir: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut tables, mut lists) = (Vec::new(), Vec::new());
    let _reading = reading(dir);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(kind) = Kind::of(Path::new(&name)) else { continue };
        if is_hidden(&name) || is_systems(&name) || fold(&name.to_string_lossy()).contains("submission") {
            continue;
        }
        if matches!(kind, Kind::Csv | Kind::JsonLines) { &mut tables } else { &mut lists }.push(entry.path());
    }
    tables.sort();
    tables.truncate(MAX_TRIED);
    tables.retain(|path| is_small(path, MAX_UNASKED_BYTES));
    (tables, lists)
}

fn spreadsheet(dir: &Path) -> Option<PathBuf> {
    let is_one = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
        extension.is_some_and(|e| matches!(e.as_str(), "xlsx" | "xls" | "ods" | "numbers"))
    };
    let mut found: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).filter(is_one).collect();
    found.sort();
    found.into_iter().next()
}

fn is_small(path: &Path, most: u64) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= most)
}

fn name_of(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).map(fold).unwrap_or_default()
}

/// Tables in the folders inside, and in those inside them.
fn tables_below(dir: &Path) -> Vec<PathBuf> {
    let dirs_in = |dir: &Path| -> Vec<PathBuf> {
        let is_own = |path: &PathBuf| {
            path.file_name().is_some_and(|name| !is_hidden(name) && !is_systems(name)) && !super::places::is_run(path)
        };
        let _reading = reading(dir);
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path());
        let mut dirs: Vec<PathBuf> = dirs.filter(is_own).take(MAX_FOLDERS).collect();
        dirs.sort_by(|a, b| natural(a.as_os_str(), b.as_os_str()));
        dirs
    };
    let mut folders = dirs_in(dir);
    let further: Vec<PathBuf> = folders.iter().flat_map(|dir| dirs_in(dir)).collect();
    folders.extend(further);
    folders.iter().take(MAX_FOLDERS).flat_map(|dir| candidates(dir)).collect()
}
