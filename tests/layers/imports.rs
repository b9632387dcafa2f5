//! Which file imports which, and where files import each other in a circle. Reads the sources as text.
//!
//! A name that a module only hands on (`pub use`, or `use` for the files below it) is followed to the file that has it, so that a layer's `mod.rs` stands
//! in nobody's way. What is there for tests alone is left out.

use super::{rust_source, tokens};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module's names from the crate's root: `["transform", "core", "draw"]`.
type Module = Vec<String>;

/// A file of sources, its tests left out.
struct File {
    /// Relative to src, with `/` on every system.
    path: String,
    words: Vec<String>,
}

/// A `use`: the path, and the name by which it is known afterwards; `*` for all.
struct Import {
    path: Vec<String>,
    name: String,
    public: bool,
}

/// All files of a crate by their module.
pub struct Imports {
    files: BTreeMap<Module, File>,
    uses: BTreeMap<Module, Vec<Import>>,
}

impl Imports {
    /// Of all sources in `src`.
    pub fn read() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = rust_source::files("");
        Self::of(files.iter().map(|file| {
            let path = file.strip_prefix(&src).expect("lies in src");
            let parts = path.iter().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>();
            (parts.join("/"), rust_source::read(file))
        }))
    }

    /// Of these paths and texts.
    pub fn of(sources: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files = BTreeMap::new();
        let mut for_tests = BTreeSet::new();
        for (path, text) in sources {
            let mut module: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if ["mod", "lib", "main"].contains(&module.last().map_or("", String::as_str)) {
                module.pop();
            }
            let mut words: Vec<String> = tokens(&text).into_iter().map(|(_, word)| word).collect();
            for name in take_tests(&mut words) {
                for_tests.insert([module.clone(), vec![name]].concat());
            }
            files.insert(module, File { path, words });
        }
        files.retain(|module, _| !(1..=module.len()).any(|n| for_tests.contains(&module[..n])));
        let uses = files.iter().map(|(module, file)| (module.clone(), imports(&file.words))).collect();
        Self { files, uses }
    }

    /// The file of the module that a path leads to: names of modules as far as they go, then a name in the last of them,
    /// which may have it from elsewhere.
    fn resolve(&self, path: &[String], depth: usize) -> Option<Module> {
        let known = (0..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
        let module = path[..known].to_vec();
        let Some(name) = path.get(known) else { return Some(module) };
        if depth < 8 {
            for import in self.uses.get(&module).into_iter().flatten() {
                if import.name == *name {
                    let whole = [self.absolute(&module, &import.path)?, path[known + 1..].to_vec()].concat();
                    return self.resolve(&whole, depth + 1);
                }
            }
        }
        Some(module)
    }

    /// A path as it is written in a module, from the crate's root; `None` where it leads out of the crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Module> {
        let mut base = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            child if self.files.contains_key(&[module, &[child.to_owned()]].concat()) => {
                return Some([module, path].concat());
            }
            _ => return None,
        };
        let mut rest = &path[1..];
        while rest.first().is_some_and(|name| name == "super") {
            base.pop()?;
            rest = &rest[1..];
        }
        Some([base.as_slice(), rest].concat())
    }

    /// Each file with those it imports.
    pub fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut arrows = BTreeMap::new();
        for (module, file) in &self.files {
            // What is only handed on is an arrow of whoever takes it, not of the file that stands between.
            let needed =
                |import: &&Import| !import.public || outside_uses(&file.words).any(|word| *word == import.name);
            let uses = self.uses[module].iter().filter(needed).map(|import| import.path.clone());
            let written = uses.chain(paths(&file.words));
            let targets = written.filter_map(|path| self.resolve(&self.absolute(module, &path)?, 0));
            let targets = targets.map(|target| self.files[&target].path.as_str()).filter(|target| *target != file.path);
            arrows.insert(file.path.as_str(), targets.collect::<BTreeSet<_>>());
        }
        arrows
    }

    /// Files that import each other, straight or through others of them, sorted.
    pub fn circles(&self) -> Vec<Vec<&str>> {
        let arrows = self.arrows();
        let reached: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|from| (*from, reach(&arrows, from))).collect();
        let mut circles = BTreeSet::new();
        for (from, to) in &reached {
            if to.contains(from) {
                circles.insert(to.iter().copied().filter(|other| reached[other].contains(from)).collect::<Vec<_>>());
            }
        }
        circles.into_iter().collect()
    }
}

fn reach<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = arrows.get(from).into_iter().flatten().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(arrows.get(next).into_iter().flatten().copied());
        }
    }
    reached
}

/// The room of a file: the folder that it lies in, below its layer. A `name.rs` beside a folder `name` is that room's door.
pub fn room<'a>(path: &'a str, all: &[&str]) -> &'a str {
    let own = path.trim_end_matches(".rs");
    let is_door = all.iter().any(|other| other.strip_prefix(own).is_some_and(|rest| rest.starts_with('/')));
    if is_door { own } else { path.rsplit_once('/').map_or("", |(folder, _)| folder) }
}

/// Takes out what stands under `#[cfg(test)]`; gives the names of modules that lie in files of their own.
fn take_tests(words: &mut Vec<String>) -> Vec<String> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut modules = Vec::new();
    while let Some(begin) = words.windows(TEST.len()).position(|window| window == TEST) {
        let (mut end, mut depth) = (begin + TEST.len(), 0);
        while let Some(word) = words.get(end) {
            match word.as_str() {
                "{" | "[" | "(" => depth += 1,
                "}" | "]" | ")" => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 && (word == ";" || word == "}") {
                break;
            }
        }
        if let Some(at) = words[begin..end].iter().position(|word| word == "mod") {
            modules.extend(words.get(begin + at + 1).cloned());
        }
        words.drain(begin..end);
    }
    modules
}

/// The leaves of all `use`s.
fn imports(words: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    for begin in (0..words.len()).filter(|i| words[*i] == "use") {
        let end = (begin..words.len()).find(|i| words[*i] == ";").unwrap_or(words.len());
        let public = begin > 0 && ["pub", ")"].contains(&words[begin - 1].as_str());
        leaves(&words[begin + 1..end], &[], public, &mut found);
    }
    found
}

fn leaves(tree: &[String], before: &[String], public: bool, found: &mut Vec<Import>) {
    let mut path = before.to_vec();
    for (i, word) in tree.iter().enumerate() {
        match word.as_str() {
            "::" => {}
            "{" => {
                let (mut depth, mut from) = (0, i + 1);
                for (j, word) in tree.iter().enumerate().skip(i) {
                    depth += i32::from(word == "{") - i32::from(word == "}");
                    if (word == "," && depth == 1) || depth == 0 {
                        if from < j {
                            leaves(&tree[from..j], &path, public, found);
                        }
                        from = j + 1;
                    }
                    if depth == 0 {
                        return;
                    }
                }
                return;
            }
            "as" => break,
            "self" if !path.is_empty() => {}
            name => path.push(name.to_owned()),
        }
    }
    let name = tree.last().cloned().unwrap_or_default();
    let name = if name == "self" { path.last().cloned().unwrap_or_default() } else { name };
    if name == "*" {
        path.pop();
    }
    found.push(Import { path, name, public });
}

/// The words that stand in no `use`.
fn outside_uses(words: &[String]) -> impl Iterator<Item = &String> {
    let mut in_use = false;
    words.iter().filter(move |word| {
        in_use = (in_use || word.as_str() == "use") && word.as_str() != ";";
        !in_use
    })
}

/// The paths that are written out in the code, outside of `use`.
fn paths(words: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let is_name = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut in_use = false;
    for (i, word) in words.iter().enumerate() {
        in_use = (in_use || word == "use") && word != ";";
        let before = i.checked_sub(1).map_or("", |i| words[i].as_str());
        // `pub(in crate::transform)` imports nothing.
        let starts = words.get(i + 1).is_some_and(|next| next == "::") && before != "::" && before != "in";
        if starts && !in_use && is_name(word) {
            let names = words[i..].chunks(2).take_while(|pair| is_name(&pair[0]));
            let ends = names.clone().position(|pair| pair.get(1).is_none_or(|next| next != "::"));
            found.push(names.take(ends.map_or(usize::MAX, |n| n + 1)).map(|pair| pair[0].clone()).collect());
        }
    }
    found
}
