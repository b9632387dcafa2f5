//! Which folders are classes: decided by names and by what is in which, before any image is read.
//!
//! Only folders are looked into, and of each only as far as it takes to see whether it holds folders.

use crate::language::Message;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::super::roles::{Role, fold, is_source, is_systems, is_verdict, roles, settle};
use super::super::watch::reading;
use super::places::is_run;
use super::{NaturalName, Part, few, is_hidden, is_sidecar, kind_of};
use crate::console::show_name;

/// Files of a folder that are looked at before it is taken to hold no folder.
const FILES_LOOKED_AT: usize = 256;
/// Folders that are looked into; with more there is no question of folders that are alike everywhere.
const FOLDERS_LOOKED_AT: usize = 4096;
/// Layers of folders around the classes.
const MAX_LAYERS: usize = 6;

/// What folders are, where no classes are in them.
#[derive(Clone, Copy)]
enum RatherThanClasses {
    Parts,
    ImagesAndMore,
    Pieces,
}

/// A class folder, maybe one in each part or piece.
pub(super) type ClassDirs = Vec<(Option<Part>, PathBuf)>;

/// Which folders are taken for the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Auto,
    /// Those in the dataset's folder, whatever their names.
    Top,
    /// Those inside them.
    Second,
}

/// What the folders say.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) classes: BTreeMap<NaturalName, ClassDirs>,
    pub(super) has_parts: bool,
    /// Classes in whose folders something lies.
    pub(super) filled: usize,
    /// Folders around class folders: images in them belong to no class.
    pub(super) around: Vec<PathBuf>,
    pub(super) notes: Vec<Message>,
    /// Why the folders there are no classes.
    pub(super) refusal: Option<Message>,
    /// Some top folder holds folders, so that [`Layer::Second`] gives something.
    pub(super) has_second: bool,
    /// Folders of runs that were come across.
    pub(super) runs: Vec<PathBuf>,
}

/// What is in a folder.
#[derive(Clone, Default)]
struct Inside {
    dirs: Vec<OsString>,
    has_files: bool,
}

struct Top<'a> {
    name: &'a OsStr,
    path: PathBuf,
    role: Role,
    inside: Inside,
}

impl Top<'_> {
    fn is_deep(&self) -> bool {
        !self.inside.dirs.is_empty()
    }
}

struct Reader {
    known: HashMap<PathBuf, Inside>,
    layout: Layout,
}

/// Reads the folders `names` in `root`.
pub(super) fn read(root: &Path, names: &[OsString], layer: Layer) -> Layout {
    let mut reader = Reader { known: HashMap::new(), layout: Layout::default() };
    let tops = reader.tops(root, names);
    reader.layout.has_second = tops.iter().any(Top::is_deep);
    match layer {
        Layer::Top => tops.iter().for_each(|top| reader.add(top.name, None, &top.path)),
        Layer::Second => {
            for top in &tops {
                let names = top.inside.dirs.clone();
                reader.layout.around.push(top.path.clone());
                for name in &names {
                    reader.add(name, None, &top.path.join(name));
                }
            }
        }
        Layer::Auto => {
            reader.layout.around.push(root.to_owned());
            reader.classes(&tops, None, 0);
        }
    }
    let dirs: Vec<Vec<PathBuf>> =
        reader.layout.classes.values().map(|dirs| dirs.iter().map(|(_, path)| path.clone()).collect()).collect();
    let mut holds = |path: &PathBuf| {
        let inside = reader.inside(path);
        inside.has_files || !inside.dirs.is_empty()
    };
    let filled = dirs.iter().filter(|dirs| dirs.iter().any(&mut holds)).count();
    let mut layout = reader.layout;
    layout.filled = filled;
    if layout.has_parts {
        // What lies in no part's folder is trained on.
        for (part, _) in layout.classes.values_mut().flatten() {
            part.get_or_insert(Part::Train);
        }
    }
    layout
}

impl Reader {
    fn add(&mut self, name: &OsStr, part: Option<Part>, path: &Path) {
        self.layout.classes.entry(NaturalName(name.to_owned())).or_default().push((part, path.to_owned()));
    }

    fn note(&mut self, note: Message) {
        self.layout.notes.push(note);
    }

    fn refuse(&mut self, tops: &[&Top<'_>], what: RatherThanClasses) {
        let (names, count) = (named(tops.iter().copied()), tops.len());
        self.layout.refusal.get_or_insert(match what {
            RatherThanClasses::Parts => msg!("data-folders-are-parts", count, names),
            RatherThanClasses::ImagesAndMore => msg!("data-folders-hold-images", count, names),
            RatherThanClasses::Pieces => msg!("data-folders-are-pieces", count, names),
        });
    }

    fn inside(&mut self, dir: &Path) -> Inside {
        if let Some(known) = self.known.get(dir) {
            return known.clone();
        }
        let mut inside = Inside::default();
        if self.known.len() >= FOLDERS_LOOKED_AT {
            return Inside { has_files: true, ..inside };
        }
        let mut files = 0;
        let _reading = reading(dir);
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if is_hidden(&name) || is_systems(&name) {
                continue;
            }
            if kind_of(&entry).is_ok_and(|kind| kind.is_dir()) {
                if is_run(&entry.path()) {
                    self.layout.runs.push(entry.path());
                } else {
                    inside.dirs.push(name);
                }
                continue;
            }
            files += 1;
            inside.has_files |= !is_sidecar(&name);
            if files >= FILES_LOOKED_AT && inside.dirs.is_empty() {
                break;
            }
        }
        inside.dirs.sort_by(|a, b| super::natural(a, b));
        self.known.insert(dir.to_owned(), inside.clone());
        inside
    }

    fn tops<'a>(&mut self, dir: &Path, names: &'a [OsString]) -> Vec<Top<'a>> {
        let texts: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
        let roles = roles(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
        names
            .iter()
            .zip(roles)
            .filter_map(|(name, role)| {
                let path = dir.join(name);
                if is_run(&path) {
                    self.layout.runs.push(path);
                    return None;
                }
                let inside = self.inside(&path);
                Some(Top { name, path, role, inside })
            })
            .collect()
    }

    /// The folders in `top`, which lie in `part`.
    fn expand(&mut self, top: &Top<'_>, part: Option<Part>, layer: usize) {
        self.layout.around.push(top.path.clone());
        let names = top.inside.dirs.clone();
        let tops = self.tops(&top.path, &names);
        self.classes(&tops, part, layer + 1);
    }

    fn classes(&mut self, tops: &[Top<'_>], part: Option<Part>, layer: usize) {
        // A folder without anything in it says nothing.
        let (filled, empty): (Vec<&Top<'_>>, Vec<_>) =
            tops.iter().partition(|top| top.is_deep() || top.inside.has_files);
        let settled = layer < MAX_LAYERS
            && !filled.is_empty()
            && ((part.is_none() && self.parts(tops, &filled, layer))
                || self.images_and_beside(&filled, part, layer)
                || self.pieces(&filled, part, layer)
                || (part.is_none() && self.parts_inside(&filled, layer))
                || self.alike_inside(&filled, part, layer)
                || self.one_around(&filled, part, layer));
        if settled {
            // Named as class folders without images.
            empty.iter().filter(|top| top.role == Role::Plain).for_each(|top| self.add(top.name, part, &top.path));
            return;
        }
        tops.iter().for_each(|top| self.add(top.name, part, &top.path));
    }

    /// train/{cat, dog}, test/{cat, dog}; train and test of images only are no classes either.
    fn parts(&mut self, tops: &[Top<'_>], filled: &[&Top<'_>], layer: usize) -> bool {
        let word = |top: &Top<'_>| match top.role {
            Role::Part(word) => Some(word),
            _ => None,
        };
        let parts: Vec<&Top<'_>> = filled.iter().copied().filter(|top| word(top).is_some()).collect();
        let mut words: Vec<_> = parts.iter().filter_map(|top| word(top)).collect();
        words.sort_unstable();
        words.dedup();
        let of = settle(&words);
        let of = |top: &Top<'_>| word(top).map(&of);
        let plain: Vec<&Top<'_>> =
            filled.iter().copied().filter(|top| matches!(top.role, Role::Plain | Role::Piece(_))).collect();
        let deep = parts.iter().filter(|top| top.is_deep());
        let deep_train = deep.clone().any(|top| of(top) == Some(Part::Train));
        if deep_train || (plain.is_empty() && deep.count() > 0) {
            self.parts_apart(tops, &parts, &of, layer);
            return true;
        }
        match (words.len(), plain.len()) {
            (0, _) => false,
            (_, 0) => {
                self.refuse(filled, RatherThanClasses::Parts);
                true
            }
            // A vehicle among others.
            (1, _) => {
                let name = named(parts.into_iter());
                let others = named(plain.into_iter());
                self.note(msg!("data-note-folder-is-class", name, others));
                false
            }
            (_, 1) => {
                self.refuse(filled, RatherThanClasses::Parts);
                true
            }
            _ => {
                let left = named(parts.iter().copied());
                self.note(msg!("data-note-parts-left-out", left));
                plain.iter().for_each(|top| self.add(top.name, None, &top.path));
                true
            }
        }
    }

    fn parts_apart(
        &mut self,
        tops: &[Top<'_>],
        parts: &[&Top<'_>],
        of: &dyn Fn(&Top<'_>) -> Option<Part>,
        layer: usize,
    ) {
        let others: Vec<&Top<'_>> = tops.iter().filter(|top| of(top).is_none()).collect();
        if !others.is_empty() {
            let others = named(others.into_iter());
            self.note(msg!("data-note-beside-parts", others));
        }
        let has = |part: Part| parts.iter().any(|top| of(top) == Some(part));
        if !has(Part::Train) {
            let names = named(parts.iter().copied());
            self.note(msg!("data-note-no-train-folder", names));
            parts.iter().for_each(|top| self.expand(top, None, layer));
            return;
        }
        self.layout.has_parts = true;
        if !has(Part::Val) {
            self.note(msg!("data-note-no-val-folder"));
        }
        if !has(Part::Test) {
            self.note(msg!("data-note-no-test-folder"));
        }
        for top in parts {
            self.expand(top, of(top), layer);
        }
    }

    /// images/{cat, dog} beside masks/{cat, dog}; images and masks of images only are no classes.
    fn images_and_beside(&mut self, filled: &[&Top<'_>], part: Option<Part>, layer: usize) -> bool {
        let images: Vec<&Top<'_>> = filled.iter().copied().filter(|top| top.role == Role::Images).collect();
        let plain: Vec<&Top<'_>> =
            filled.iter().copied().filter(|top| matches!(top.role, Role::Plain | Role::Piece(_))).collect();
        if images.is_empty() {
            return false;
        }
        if images.iter().any(|top| top.is_deep()) {
            let others: Vec<&Top<'_>> = filled.iter().copied().filter(|top| top.role != Role::Images).collect();
            if !others.is_empty() {
                let (images, others) = (named(images.iter().copied()), named(others.into_iter()));
                self.note(msg!("data-note-classes-in-images", images, others));
            }
            images.iter().for_each(|top| self.expand(top, part, layer));
            return true;
        }
        if plain.len() < 2 {
            self.refuse(filled, RatherThanClasses::ImagesAndMore);
            return true;
        }
        let left: Vec<&Top<'_>> =
            filled.iter().copied().filter(|top| matches!(top.role, Role::Images | Role::Beside)).collect();
        let left = named(left.into_iter());
        self.note(msg!("data-note-no-class-by-name", left));
        plain.iter().for_each(|top| self.add(top.name, part, &top.path));
        true
    }

    /// `fold0/{cat, dog}`, `fold1/{cat, dog}`; `part_1` and `part_2` of images only are no classes.
    fn pieces(&mut self, filled: &[&Top<'_>], part: Option<Part>, layer: usize) -> bool {
        let main: Vec<&Top<'_>> = filled.iter().copied().filter(|top| top.role != Role::Beside).collect();
        let piece = |top: &Top<'_>| match &top.role {
            Role::Piece(words) => Some(words.clone()),
            _ => None,
        };
        let Some(first) = main.first().and_then(|top| piece(top)) else { return false };
        if main.iter().any(|top| piece(top).as_ref() != Some(&first)) {
            return false;
        }
        let names = named(main.iter().copied());
        if !main.iter().any(|top| top.is_deep()) {
            self.refuse(&main, RatherThanClasses::Pieces);
            return true;
        }
        if main.len() > 1 {
            self.note(msg!("data-note-pieces", names));
        }
        main.iter().for_each(|top| self.expand(top, part, layer));
        true
    }

    /// cat/{train, val}, dog/{train, val}.
    fn parts_inside(&mut self, filled: &[&Top<'_>], layer: usize) -> bool {
        let deep: Vec<&Top<'_>> = filled.iter().copied().filter(|top| top.is_deep()).collect();
        if deep.is_empty() || deep.len() * 2 < filled.len() {
            return false;
        }
        let mut words = Vec::new();
        for top in &deep {
            let inner = roles_in(top);
            let parts = inner.iter().filter_map(|role| match role {
                Role::Part(word) => Some(*word),
                _ => None,
            });
            let mut parts: Vec<_> = parts.collect();
            parts.sort_unstable();
            parts.dedup();
            let others = inner.iter().filter(|role| !matches!(role, Role::Part(_) | Role::Beside)).count();
            if others > 0 || parts.is_empty() {
                return false;
            }
            words.extend(parts);
        }
        words.sort_unstable();
        words.dedup();
        let of = settle(&words);
        if words.len() < 2 || !words.iter().any(|word| of(*word) == Part::Train) {
            return false;
        }
        // site_1/{train, val}/{cat, dog}: the classes are further down.
        let further = deep.iter().all(|top| {
            let names: Vec<PathBuf> = top.inside.dirs.iter().map(|name| top.path.join(name)).collect();
            names.iter().filter(|path| self.inside(path).dirs.len() > 1).count() == names.len()
        });
        self.layout.has_parts = true;
        let names = named(deep.iter().copied());
        self.note(if further {
            msg!("data-note-innermost", names)
        } else {
            msg!("data-note-parts-in-classes", parts = few(&shown(&deep[0].inside.dirs)))
        });
        for top in filled {
            self.layout.around.push(top.path.clone());
            if !top.is_deep() {
                self.add(top.name, Some(Part::Train), &top.path);
            }
            let names = top.inside.dirs.clone();
            let inner = self.tops(&top.path, &names);
            for sub in &inner {
                let Role::Part(word) = sub.role else { continue };
                if further {
                    self.expand(sub, Some(of(word)), layer + 1);
                } else {
                    self.add(top.name, Some(of(word)), &sub.path);
                }
            }
        }
        true
    }

    /// The same folders in all: `site_A/{benign, malignant}`, `site_B/{benign, malignant}`; or cat/{front, side}, which
    /// stay classes.
    fn alike_inside(&mut self, filled: &[&Top<'_>], part: Option<Part>, layer: usize) -> bool {
        if filled.len() < 2 {
            return false;
        }
        let mut counts: HashMap<String, (usize, &OsStr)> = HashMap::new();
        for top in filled {
            for name in &top.inside.dirs {
                counts.entry(fold(&name.to_string_lossy())).or_insert((0, name)).0 += 1;
            }
        }
        // One in ten may lack one.
        let in_all = |n: usize| n * 10 >= filled.len() * 9;
        let mut common: Vec<OsString> =
            counts.values().filter(|(n, _)| in_all(*n)).map(|(_, name)| (*name).to_owned()).collect();
        common.sort_by(|a, b| super::natural(a, b));
        let texts: Vec<_> = common.iter().map(|name| name.to_string_lossy()).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        if common.len() < 2 || common.len() * 2 < counts.len() || roles(&texts).iter().any(|role| *role != Role::Plain)
        {
            return false;
        }
        let is_source = |top: &&Top<'_>| is_source(&top.name.to_string_lossy());
        let tops_are_verdicts = filled.iter().any(|top| is_verdict(&top.name.to_string_lossy()));
        let inner = !tops_are_verdicts && (filled.iter().all(is_source) || texts.iter().any(|name| is_verdict(name)));
        let (names, inside) = (named(filled.iter().copied()), few(&shown(&common)));
        if inner {
            self.note(msg!("data-note-inner-taken", names, inside));
            filled.iter().for_each(|top| self.expand(top, part, layer));
        } else if layer == 0 {
            self.note(msg!("data-note-outer-taken", names, inside));
        }
        inner
    }

    /// One folder around all others.
    fn one_around(&mut self, filled: &[&Top<'_>], part: Option<Part>, layer: usize) -> bool {
        let [only] = filled else { return false };
        if only.inside.dirs.len() < 2 || only.inside.has_files || only.role == Role::Beside {
            return false;
        }
        self.note(msg!("data-note-one-folder", folder = show_name(only.name).to_string()));
        self.expand(only, part, layer);
        true
    }
}

fn roles_in(top: &Top<'_>) -> Vec<Role> {
    let texts: Vec<_> = top.inside.dirs.iter().map(|name| name.to_string_lossy()).collect();
    roles(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>())
}

fn named<'a>(tops: impl Iterator<Item = &'a Top<'a>>) -> Message {
    few(&tops.map(|top| show_name(top.name)).collect::<Vec<_>>())
}

fn shown(names: &[OsString]) -> Vec<String> {
    names.iter().map(|name| show_name(name)).collect()
}
