//! Where the files are that a table names: paths as people write them, against what lies in the dataset's folder.
//!
//! Folders are listed when they are asked for, the whole tree only for bare names that lie nowhere obvious.

use crate::language::Message;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::labels::is_image_name;
use super::super::roles::{PartWord, count_to_class, fold, is_systems, part_word};
use super::super::watch::reading;
use super::{MAX_DEPTH, io_reason, is_hidden, kind_of, natural};
use crate::console::show_path;

/// A file with how its name was understood, or why there is none.
type Found = Result<(PathBuf, How), Miss>;

/// Folders with a file of the same name that are looked at.
const MAX_ALIKE: usize = 64;

/// How a name led to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As it stands there, from the table's folder or the dataset's; maybe without its extension.
    Plain,
    /// Other case, or another Unicode form.
    Folded,
    /// Another extension.
    OtherExtension,
    /// The path's beginning is none of this folder's; its end is.
    End,
    /// A bare name whose only file lies in some folder.
    Elsewhere,
}

impl How {
    /// What is said of so many rows that were read so; `None` where there is nothing to be said.
    pub(super) fn note(self, count: u64, first: &str) -> Option<Message> {
        match self {
            Self::Plain => None,
            Self::Folded => Some(msg!("data-note-named-in-other-case", count, first)),
            Self::OtherExtension => Some(msg!("data-note-named-with-other-extension", count, first)),
            Self::End => Some(msg!("data-note-named-by-end", count, first)),
            Self::Elsewhere => Some(msg!("data-note-named-by-bare-name", count, first)),
        }
    }
}

/// Why a name leads to no file, in words.
pub(super) type Miss = Message;

/// What one folder holds.
#[derive(Default)]
struct Folder {
    /// Sorted, as the system gives them.
    files: Vec<OsString>,
    dirs: Vec<OsString>,
    /// Places in `files` by folded name, and by folded name without an image's extension.
    folded: OnceCell<[HashMap<String, Vec<usize>>; 2]>,
    /// Places in `dirs` by folded name.
    folded_dirs: OnceCell<HashMap<String, Vec<usize>>>,
}

impl Folder {
    fn by_fold(&self) -> &[HashMap<String, Vec<usize>>; 2] {
        self.folded.get_or_init(|| {
            let mut maps = <[HashMap<String, Vec<usize>>; 2]>::default();
            for (i, name) in self.files.iter().enumerate() {
                let Some(name) = name.to_str() else { continue };
                maps[0].entry(fold(name)).or_default().push(i);
                if let Some(stem) = without_extension(name) {
                    maps[1].entry(fold(stem)).or_default().push(i);
                }
            }
            maps
        })
    }

    /// The folder that `name` means here: of that name, else the first of other case.
    fn dir(&self, name: &str) -> Option<&OsStr> {
        let folded = self.folded_dirs.get_or_init(|| {
            let mut map: HashMap<String, Vec<usize>> = HashMap::new();
            for (i, name) in self.dirs.iter().enumerate() {
                if let Some(name) = name.to_str() {
                    map.entry(fold(name)).or_default().push(i);
                }
            }
            map
        });
        let mut alike = folded.get(&fold(name))?.iter().filter_map(|i| self.dirs.get(*i)).map(OsString::as_os_str);
        let first = alike.next()?;
        let exact = |dir: &&OsStr| dir.to_str() == Some(name);
        Some(if exact(&first) { first } else { alike.find(exact).unwrap_or(first) })
    }

    /// The file that `name` means here: itself, without its extension, of other case, of another extension.
    fn find(&self, name: &str) -> Option<Result<(&OsStr, How), Miss>> {
        if let Ok(i) = self.files.binary_search_by(|file| file.as_os_str().cmp(OsStr::new(name))) {
            return Some(Ok((&self.files[i], How::Plain)));
        }
        let [by_name, by_stem] = self.by_fold();
        let only = |found: Option<&Vec<usize>>, how: How| match found.map(Vec::as_slice) {
            None | Some([]) => None,
            Some([one]) => Some(Ok((self.files[*one].as_os_str(), how))),
            Some(several) => {
                let first: Vec<String> =
                    several.iter().take(3).map(|i| show_path(Path::new(&self.files[*i]))).collect();
                Some(Err(msg!(
                    "data-miss-several-files",
                    count = several.len(),
                    names = (first.join(", ")).to_string()
                )))
            }
        };
        let folded = fold(name);
        // The same stem in the same case is what an extension was left off.
        let exact_stem = |i: &&usize| self.files[**i].to_str().and_then(without_extension) == Some(name);
        only(by_name.get(&folded), How::Folded)
            .or_else(|| {
                let stems = by_stem.get(&folded)?;
                let exact: Vec<usize> = stems.iter().filter(exact_stem).copied().collect();
                let how = if exact.is_empty() { How::Folded } else { How::Plain };
                only(Some(if exact.is_empty() { stems } else { &exact }), how)
            })
            .or_else(|| only(by_stem.get(&fold(without_extension(name)?)), How::OtherExtension))
    }
}

/// A name without an image's extension (or `.dcm`, which tables of converted images keep).
fn without_extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (is_image_name(name) || extension.eq_ignore_ascii_case("dcm")).then_some(stem).filter(|stem| !stem.is_empty())
}

/// Folders by what their files are called: 16 bytes a name, as there may be millions.
#[derive(Default)]
struct ByName {
    dirs: Vec<PathBuf>,
    /// A hash of a file's folded name, or of that without its extension, and its folder's place in `dirs`; sorted.
    names: Vec<(u64, u32)>,
}

impl ByName {
    fn hash(name: &str) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        fold(name).hash(&mut hasher);
        hasher.finish()
    }

    fn add(&mut self, dir: PathBuf, files: &[OsString]) {
        let Ok(at) = u32::try_from(self.dirs.len()) else { return };
        self.dirs.push(dir);
        for name in files.iter().filter_map(|name| name.to_str()) {
            let keys = [Some(name), without_extension(name)];
            self.names.extend(keys.into_iter().flatten().map(|key| (Self::hash(key), at)));
        }
    }

    /// The folders that may have a file of that name, in the order of the walk; at most [`MAX_ALIKE`].
    fn dirs_of(&self, name: &str) -> Vec<PathBuf> {
        let hash = Self::hash(name);
        let from = self.names.partition_point(|(other, _)| *other < hash);
        let same = self.names[from..].iter().take_while(|(other, _)| *other == hash).take(MAX_ALIKE);
        same.filter_map(|(_, at)| self.dirs.get(*at as usize).cloned()).collect()
    }
}

/// The files below a dataset's folder.
pub(super) struct Places {
    root: PathBuf,
    /// The root's own name, folded.
    root_name: String,
    /// The root's whole path with forward slashes, as given and as the system has it; folded on Windows.
    root_paths: Vec<String>,
    folders: HashMap<PathBuf, Rc<Folder>>,
    /// Paths of folders as written and as they are.
    resolved: HashMap<String, Option<PathBuf>>,
    /// The part whose folder is meant where several have a file of the same name.
    preferred: PartWord,
    /// Once the whole tree was walked.
    by_name: Option<ByName>,
    /// Folders of the system's or hidden ones that were come across.
    pub(super) left_out: Vec<PathBuf>,
    /// Folders that could not be read, and why.
    pub(super) unread: Vec<(PathBuf, Message)>,
}

/// One spelling for all ways to write a path.
fn comparable(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("//?/").unwrap_or(&text).trim_end_matches('/').to_owned();
    if cfg!(windows) { fold(&text) } else { text }
}

impl Places {
    pub(super) fn new(root: &Path) -> Self {
        let whole = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let real = fs::canonicalize(root).unwrap_or_else(|_| whole.clone());
        let root_name = whole.file_name().or(real.file_name()).and_then(OsStr::to_str).map(fold).unwrap_or_default();
        Self {
            root: root.to_owned(),
            root_name,
            root_paths: vec![comparable(&whole), comparable(&real)],
            folders: HashMap::new(),
            resolved: HashMap::new(),
            preferred: PartWord::Train,
            by_name: None,
            left_out: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Of files with the same name in folders of several parts the one in this part is meant; in train without one, as
    /// labels of test images are seldom given.
    pub(super) fn prefer(&mut self, part: Option<PartWord>) {
        self.preferred = part.unwrap_or(PartWord::Train);
    }

    /// The path below the root of the file that `written` means; `base` is the table's own folder below the root.
    ///
    /// # Errors
    /// Why there is none, or not one only.
    pub(super) fn find(&mut self, base: &Path, written: &str) -> Found {
        let written = written.trim().replace('\\', "/");
        let drive = written.as_bytes().get(1) == Some(&b':') && written.as_bytes()[0].is_ascii_alphabetic();
        let is_url = written.contains("://");
        let absolute = written.starts_with('/') || drive || is_url;
        if absolute && let Some(inside) = self.inside(&written) {
            let parts = clean("", &inside).ok_or_else(leads_out)?;
            return self.lookup(&parts).unwrap_or_else(|| Err(msg!("data-miss-not-there")));
        }
        if !absolute {
            let base_text = base.to_string_lossy().replace('\\', "/");
            let bases = if base_text.is_empty() { vec![""] } else { vec![base_text.as_str(), ""] };
            let mut leads_somewhere = false;
            for base in bases {
                let Some(parts) = clean(base, &written) else { continue };
                leads_somewhere = true;
                if let Some(found) = self.lookup(&parts) {
                    return found;
                }
            }
            if !leads_somewhere {
                return Err(leads_out());
            }
        }
        let parts = clean("", &written).ok_or_else(leads_out)?;
        if parts.is_empty() {
            return Err(msg!("data-miss-no-name"));
        }
        if parts.len() == 1 && !absolute {
            return self.anywhere(&parts[0]).unwrap_or_else(|| Err(msg!("data-miss-not-there")));
        }
        // Only a folder that is not here may stand for one that is.
        let first_is_here = !absolute && self.folder(&parts[..1].concat()).is_some();
        if !first_is_here {
            // The longest end that leads to a file; past the root's own name if that stands in it.
            for from in usize::from(!absolute)..parts.len() {
                if let Some(found) = self.lookup(&parts[from..]) {
                    let own = from > 0 && fold(&parts[from - 1]) == self.root_name;
                    return found.map(|(path, how)| (path, if own || from == 0 { how } else { How::End }));
                }
            }
        }
        if absolute {
            if let Some(found) = parts.last().and_then(|name| self.anywhere(name)) {
                return found;
            }
            return Err(msg!("data-miss-absolute"));
        }
        Err(match parts.split_last().map(|(_, dirs)| dirs.join("/")) {
            Some(dirs) if self.folder(&dirs).is_none() => msg!("data-miss-no-folder", dirs = dirs.to_string()),
            _ => msg!("data-miss-not-there"),
        })
    }

    /// What an absolute path that lies in the root says below it.
    fn inside(&self, written: &str) -> Option<String> {
        let whole = comparable(Path::new(written));
        let below = self.root_paths.iter().find_map(|root| whole.strip_prefix(root.as_str())?.strip_prefix('/'))?;
        // Cut from what was written, which need not be folded.
        written.get(written.len().checked_sub(below.len())?..).map(str::to_owned)
    }

    /// The file of that path below the root; `None` where nothing there has such a name.
    fn lookup(&mut self, parts: &[String]) -> Option<Found> {
        let (name, dirs) = parts.split_last()?;
        let written = dirs.join("/");
        let dir = self.folder(&written)?;
        let folder = self.list(&dir);
        let found = folder.find(name)?;
        let is_as_written =
            dir.to_str().is_some_and(|dir| dir == written || (cfg!(windows) && dir.replace('\\', "/") == written));
        Some(
            found.map(|(file, how)| {
                (dir.join(file), if how == How::Plain && !is_as_written { How::Folded } else { how })
            }),
        )
    }

    /// The folder that a path below the root means, in whatever case.
    fn folder(&mut self, written: &str) -> Option<PathBuf> {
        if let Some(known) = self.resolved.get(written) {
            return known.clone();
        }
        let mut dir = PathBuf::new();
        let mut found = true;
        for part in written.split('/').filter(|part| !part.is_empty()) {
            let around = self.list(&dir);
            match around.dir(part) {
                Some(name) => dir.push(name),
                None => {
                    found = false;
                    break;
                }
            }
        }
        let dir = found.then_some(dir);
        self.resolved.insert(written.to_owned(), dir.clone());
        dir
    }

    /// The only file of that name in any folder.
    fn anywhere(&mut self, name: &str) -> Option<Found> {
        if self.by_name.is_none() {
            self.walk();
        }
        let dirs = |name: &str| self.by_name.as_ref().map(|all| all.dirs_of(name)).filter(|dirs| !dirs.is_empty());
        let candidates = dirs(name).or_else(|| dirs(without_extension(name)?)).unwrap_or_default();
        let found: Vec<(PathBuf, Found)> = candidates
            .into_iter()
            .filter_map(|dir| {
                let folder = self.list(&dir);
                let found = folder.find(name)?.map(|(file, how)| (dir.join(file), how));
                Some((dir, found))
            })
            .collect();
        // A file of just this name before those of its like.
        let plain = |found: &&(PathBuf, Found)| matches!(found.1, Ok((_, How::Plain)));
        let mut best: Vec<_> = found.iter().filter(plain).collect();
        if best.is_empty() {
            best = found.iter().collect();
        }
        if best.len() > 1 {
            let part = |dir: &Path| dir.components().find_map(|name| part_word(name.as_os_str().to_str()?));
            let all_parts = best.iter().all(|(dir, _)| part(dir).is_some());
            let preferred = best.iter().filter(|(dir, _)| part(dir) == Some(self.preferred)).count();
            if all_parts && preferred == 1 {
                best.retain(|(dir, _)| part(dir) == Some(self.preferred));
            }
        }
        match best.as_slice() {
            [] => None,
            [(_, found)] => {
                Some(found.clone().map(|(path, how)| (path, if how == How::Plain { How::Elsewhere } else { how })))
            }
            several => {
                let first: Vec<String> = several.iter().take(3).map(|(dir, _)| show_path(dir)).collect();
                Some(Err(msg!(
                    "data-miss-several-folders",
                    count = several.len(),
                    names = (first.join(", ")).to_string()
                )))
            }
        }
    }

    /// Lists the whole tree.
    fn walk(&mut self) {
        let mut by_name = ByName::default();
        self.each_below(Path::new(""), |_, dir, folder| {
            by_name.add(dir.to_owned(), &folder.files);
            vec![true; folder.dirs.len()]
        });
        by_name.names.sort_unstable();
        by_name.names.dedup();
        self.by_name = Some(by_name);
    }

    /// Enters the folder and those inside it, each once however links lie. `enter` is told of each, and says which of those in it
    /// to enter next.
    fn each_below(&mut self, top: &Path, mut enter: impl FnMut(&mut Self, &Path, &Folder) -> Vec<bool>) {
        let mut waiting = vec![(top.to_owned(), 0)];
        let mut visited = std::collections::HashSet::new();
        while let Some((dir, depth)) = waiting.pop() {
            let whole = self.root.join(&dir);
            let opening = reading(&whole);
            let real = fs::canonicalize(&whole).unwrap_or_else(|_| dir.clone());
            drop(opening);
            if depth > MAX_DEPTH || !visited.insert(real) {
                continue;
            }
            let folder = self.list(&dir);
            let wanted = enter(self, &dir, &folder);
            let inside = folder.dirs.iter().zip(wanted).rev().filter(|(_, wanted)| *wanted);
            waiting.extend(inside.map(|(name, _)| (dir.join(name), depth + 1)));
        }
    }

    /// The images in a folder below the root, in the order of their bytes.
    pub(super) fn image_files(&mut self, dir: &Path) -> Vec<PathBuf> {
        let folder = self.list(dir);
        let is_image = |name: &&OsString| name.to_str().is_some_and(is_image_name);
        folder.files.iter().filter(is_image).map(|name| dir.join(name)).collect()
    }

    /// How many images a class's folder below the root holds, with the folders inside that count to the class.
    pub(super) fn images_below(&mut self, dir: &Path) -> usize {
        let mut count = 0;
        self.each_below(dir, |places, dir, folder| {
            let images = places.image_files(dir).len();
            count += images;
            count_to_class(&folder.dirs, images > 0)
        });
        count
    }

    /// What a folder below the root holds; read once.
    fn list(&mut self, dir: &Path) -> Rc<Folder> {
        if let Some(known) = self.folders.get(dir) {
            return Rc::clone(known);
        }
        let mut folder = Folder::default();
        let whole = self.root.join(dir);
        let reading = reading(&whole);
        let entries = fs::read_dir(&whole).map_err(|e| {
            self.unread.push((whole.clone(), msg!("data-folder-cannot-be-read", reason = io_reason(&e))));
        });
        for entry in entries.into_iter().flatten() {
            reading.moved();
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    self.unread.push((whole.clone(), msg!("data-folder-not-read-to-end", reason = io_reason(&e))));
                    break;
                }
            };
            let name = entry.file_name();
            match kind_of(&entry) {
                Ok(kind) if kind.is_dir() && (is_hidden(&name) || is_systems(&name) || is_run(&entry.path())) => {
                    self.left_out.push(entry.path());
                }
                Ok(kind) if kind.is_dir() => folder.dirs.push(name),
                Ok(_) if is_hidden(&name) || is_systems(&name) => {}
                Ok(_) => folder.files.push(name),
                Err(_) => {}
            }
        }
        folder.files.sort_unstable();
        folder.dirs.sort_by(|a, b| natural(a, b));
        let folder = Rc::new(folder);
        self.folders.insert(dir.to_owned(), Rc::clone(&folder));
        folder
    }
}

/// A folder of a run of this program.
pub(super) fn is_run(dir: &Path) -> bool {
    dir.join("run.toml").is_file()
}

fn leads_out() -> Miss {
    msg!("data-miss-leads-out")
}

/// The parts of a path without `.` and `..`; `None` where it leads out.
fn clean(base: &str, path: &str) -> Option<Vec<String>> {
    let mut parts: Vec<String> = Vec::new();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part.to_owned()),
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_people_write_them() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("Data Set");
        for file in [
            "images/im0.png",
            "images/Café.JPG",
            "deep/er/only.jpg",
            "a/twice.png",
            "b/twice.png",
            "top.png",
            "s.1.2.png",
            "x/half.jpg",
            "x/half.png",
            "labels/t.csv",
            "c/a.png",
            "Upper/u.png",
            ".git/hidden.png",
            "@eaDir/nas.png",
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        let absolute = root.join("images").join("im0.png").display().to_string();
        let mut places = Places::new(&root);
        use How::{Elsewhere, End, Folded, OtherExtension, Plain};
        for (written, expected) in [
            ("images/im0.png", Ok(("images/im0.png", Plain))),
            ("./images//im0.png", Ok(("images/im0.png", Plain))),
            ("images\\im0.png", Ok(("images/im0.png", Plain))),
            ("images/im0", Ok(("images/im0.png", Plain))),
            ("s.1.2", Ok(("s.1.2.png", Plain))),
            ("../images/im0.png", Ok(("images/im0.png", Plain))),
            (&absolute, Ok(("images/im0.png", Plain))),
            ("/images/im0.png", Ok(("images/im0.png", Plain))),
            ("Data Set/images/im0.png", Ok(("images/im0.png", Plain))),
            ("C:\\me\\Data Set\\images\\im0.png", Ok(("images/im0.png", Plain))),
            ("C:\\me\\data\\images\\im0.png", Ok(("images/im0.png", End))),
            ("/mnt/other/images/im0.png", Ok(("images/im0.png", End))),
            ("elsewhere/images/im0.png", Ok(("images/im0.png", End))),
            ("https://host/images/im0.png", Ok(("images/im0.png", End))),
            ("IMAGES/IM0.PNG", Ok(("images/im0.png", Folded))),
            ("images/cafe\u{301}.jpg", Ok(("images/Café.JPG", Folded))),
            ("upper/u.png", Ok(("Upper/u.png", Folded))),
            ("images/im0.dcm", Ok(("images/im0.png", OtherExtension))),
            ("only.jpg", Ok(("deep/er/only.jpg", Elsewhere))),
            ("only", Ok(("deep/er/only.jpg", Elsewhere))),
            ("/far/away/only.jpg", Ok(("deep/er/only.jpg", Elsewhere))),
            ("top.png", Ok(("top.png", Plain))),
            ("c/a.png", Ok(("c/a.png", Plain))),
            ("twice.png", Err("2 folders have a file of that name: a, b")),
            ("x/half", Err("any of 2 files: half.jpg, half.png")),
            ("images/gone.png", Err("it is not there")),
            ("gone.png", Err("it is not there")),
            ("nowhere/im0.png", Err("there is no folder nowhere")),
            ("/etc/passwd", Err("an absolute path")),
            ("../../x.png", Err("leads out")),
            ("hidden.png", Err("not there")),
            ("nas.png", Err("not there")),
            ("", Err("names no file")),
        ] {
            let found = places.find(Path::new("labels"), written);
            match (&found, expected) {
                (Ok((path, how)), Ok((file, wanted))) => {
                    assert_eq!((path.to_string_lossy().replace('\\', "/").as_str(), *how), (file, wanted), "{written}");
                }
                (Err(miss), Err(words)) => assert!(miss.to_string().contains(words), "{written}: {miss}"),
                _ => panic!("{written}: {found:?}"),
            }
        }
    }
}
