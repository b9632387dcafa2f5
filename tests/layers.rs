//! Holds the arrows of ARCHITECTURE.md: imports point down the list of layers, each outside library that a layer wraps is
//! named in that layer alone, and files import each other in a circle only where it is written down why. Reads the
//! sources as text, since the compiler has no such notion.

#[path = "layers/imports.rs"]
mod imports;
#[path = "common/rust_source.rs"]
mod rust_source;

use imports::{Imports, room};
use rust_source::Token;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// From the top down; layers in one row may not import each other. The last three rows may be imported by all.
const LAYERS: &[&[&str]] = &[
    &["app", "cli"],
    &["ui"],
    &["plot"],
    &["client"],
    &["engine"],
    &["diagnose"],
    &["train"],
    &["telemetry"],
    &["loader"],
    &["transform"],
    &["data"],
    &["metrics"],
    &["store"],
    &["protocol"],
    &["config"],
    &["about", "console"],
    &["system"],
    &["language"],
];

/// Crates, and the layers that may name them.
const WRAPPED: &[(&str, &[&str])] = &[
    ("burn", &["train"]),
    ("cubecl", &["train"]),
    ("wgpu", &["train"]),
    ("nvml_wrapper", &["telemetry"]),
    ("sysinfo", &["telemetry"]),
    ("rusqlite", &["store"]),
    ("clap", &["cli"]),
    ("fluent_syntax", &["language"]),
    ("macerator", &["train"]),
    ("fontique", &["plot"]),
    ("unicode_script", &["plot"]),
    ("windows_sys", &["system"]),
];

/// Rooms of `transform`, from the top down; what is in none of them stands above. Only the registry imports families.
const TRANSFORM: &[&str] = &["transform/registry.rs", FAMILIES, "transform/core/", "transform/kernels/"];
const FAMILIES: &str = "transform/families/";

/// Circles of files of one room, and why each stands. None may join files of two rooms.
const CIRCLES: &[(&[&str], &str)] = &[
    (
        &[
            "app/catch_up.rs",
            "app/datasets.rs",
            "app/edits.rs",
            "app/mod.rs",
            "app/preview.rs",
            "app/results.rs",
            "app/runs.rs",
            "app/shown_run.rs",
            "app/sweep.rs",
            "app/trace.rs",
            "app/work.rs",
        ],
        "the thread that works sends what each page's file describes, and these send their own reports through it; `App` \
         reads them all, and the pages' files hold methods of `App`",
    ),
    (
        &["cli/bisect.rs", "cli/bisect/in_place.rs"],
        "the command chooses between two ways, and the longer one has a file of its own that reads the command's options",
    ),
    (
        &["cli/help.rs", "cli/mod.rs"],
        "help is put into the commands and options that `Cli` has, and `Cli` is read with that help",
    ),
    (&["data/convert.rs", "data/image.rs"], "an image's own methods convert it, and conversions take images"),
    (
        &[
            "data/inspect/census.rs",
            "data/inspect/duplicates.rs",
            "data/inspect/mod.rs",
            "data/inspect/near.rs",
            "data/inspect/report.rs",
        ],
        "the inspection has the records that its parts read, with fields that nobody else sees",
    ),
    (
        &["data/labels/cells.rs", "data/labels/columns.rs", "data/labels/json.rs", "data/labels/mod.rs"],
        "a table's forms are told apart by what its columns are called, and its columns by its rows",
    ),
    (
        &["data/scan.rs", "data/scan/labelled.rs", "data/scan/layout.rs", "data/scan/places.rs", "data/scan/tables.rs"],
        "methods of one `Scan`, which weighs folders against tables; all list folders and leave out the same of them",
    ),
    (
        &["diagnose/rounds.rs", "diagnose/schedule.rs"],
        "the schedule plans by what its rounds found, and rounds go by the schedule's settings",
    ),
    (
        &["engine/outbox.rs", "engine/recorder.rs"],
        "the outbox hands notes to the recorder, which says through it what goes wrong",
    ),
    (
        &[
            "engine/session.rs",
            "engine/session/divergence.rs",
            "engine/session/edits.rs",
            "engine/session/live.rs",
            "engine/session/reports.rs",
            "engine/session/saving.rs",
        ],
        "methods of one `Session`, by subject",
    ),
    (
        &["language/message.rs", "language/render.rs"],
        "a message renders its arguments, and an argument may be a message",
    ),
    (
        &["loader/cache.rs", "loader/cache_disk.rs", "loader/cache_ram.rs"],
        "a cache is one of two stores, which share its room and its counts",
    ),
    (
        &[
            "store/began.rs",
            "store/checkpoint_state.rs",
            "store/folder.rs",
            "store/identity.rs",
            "store/lock.rs",
            "store/mod.rs",
            "store/record.rs",
        ],
        "`StoreError` says who holds a run and which record it is, and all of them fail with it; a folder set aside \
         takes the identity along, which is read as the folder's other small files are; a record asks whether the folder \
         is still the one that was locked, and goes on from what a checkpoint says, which says of which run it is",
    ),
    (
        &["train/trainer.rs", "train/update.rs"],
        "the updates of weights have a file of their own, which reads values back as the trainer does",
    ),
    (
        &["ui/pages/inspect/measure.rs", "ui/pages/inspect/state.rs"],
        "the page keeps what its measurements do, and these call parts as the page does",
    ),
    (
        &["ui/pages/runs/list.rs", "ui/pages/runs/mod.rs"],
        "the page has a list, which is sorted and filtered by what the page keeps",
    ),
];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&layer))
}

/// The words of a Rust source with their lines: identifiers, `::`, and single other characters. What texts name is not imported.
fn tokens(source: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (line, token) in rust_source::tokens(source) {
        match token {
            Token::Word(word) => found.push((line, word)),
            Token::Sign(':') if found.last().is_some_and(|(_, last)| last == ":") => {
                found.pop();
                found.push((line, "::".to_owned()));
            }
            Token::Sign(sign) => found.push((line, sign.to_string())),
            Token::Text(_) => {}
        }
    }
    found
}

/// The first name of each path in what follows `crate::`: one, or those of a `{group}`.
fn heads(tokens: &[(usize, String)], begin: usize) -> Vec<(usize, &str)> {
    let Some((line, first)) = tokens.get(begin) else { return Vec::new() };
    if first != "{" {
        return vec![(*line, first)];
    }
    let (mut depth, mut expect, mut found) = (0, false, Vec::new());
    for (line, token) in &tokens[begin..] {
        match token.as_str() {
            "{" => {
                depth += 1;
                expect = depth == 1;
            }
            "}" => depth -= 1,
            "," => expect = depth == 1,
            name if expect && depth == 1 => {
                found.push((*line, name));
                expect = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// What is wrong in one file. `path` is relative to src; `own` are the names of the layer's own modules, which
/// `super::` may mean.
fn violations(path: &Path, source: &str, own: &BTreeSet<String>) -> Vec<String> {
    let parts: Vec<String> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let layer = parts[0].as_str();
    if layer == "lib" || layer == "main" {
        return Vec::new(); // above all layers
    }
    let Some(layer_rank) = rank(layer) else {
        return vec![format!("{}: `{layer}` is not in the list of layers", path.display())];
    };
    let depth = parts.iter().filter(|part| *part != "mod").count();

    let tokens = tokens(source);
    let word = |i: usize| tokens.get(i).map_or("", |(_, token)| token.as_str());
    let mut wrong = Vec::new();
    let mut refer = |line: usize, name: &str| match rank(name) {
        _ if name == layer || ["about", "console", "say", "print_line"].contains(&name) => {}
        None => wrong.push(format!("{}:{line}: crate::{name} is no layer", path.display())),
        Some(rank) if rank > layer_rank => {}
        Some(_) => wrong.push(format!("{}:{line}: `{layer}` may not import `{name}`", path.display())),
    };
    for i in 0..tokens.len() {
        let starts_path = word(i + 1) == "::" && (i == 0 || word(i - 1) != "::");
        if word(i) == "crate" && starts_path {
            heads(&tokens, i + 2).into_iter().for_each(|(line, name)| refer(line, name));
        }
        // `super` as often as the module is deep is the crate's root.
        if word(i) == "super" && starts_path {
            let supers = (0..).take_while(|n| word(i + 2 * n) == "super").count();
            if supers >= depth {
                for (line, name) in heads(&tokens, i + 2 * supers) {
                    if rank(name).is_some() && !own.contains(name) {
                        refer(line, name);
                    }
                }
            }
        }
    }
    for (i, (line, token)) in tokens.iter().enumerate() {
        let before = if i == 0 { "" } else { word(i - 1) };
        // `burn::…` and `use burn …`, but not a module or field of that name; `::burn` is the crate again.
        let named = (word(i + 1) == "::" && before != "::")
            || before == "use"
            || (before == "::" && word(i.wrapping_sub(2)) == "use");
        for (library, layers) in WRAPPED {
            let same = token == library || token.strip_prefix(library).is_some_and(|rest| rest.starts_with('_'));
            if same && named && !layers.contains(&layer) {
                let only = layers.join(", ");
                wrong.push(format!("{}:{line}: `{token}` is named in `{layer}`; only {only} may", path.display()));
            }
        }
    }
    wrong
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_source::files("");
    assert!(files.len() > 20, "the sources were found: {files:?}");
    let mut wrong = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&src).expect("lies in src");
        let layer_dir = src.join(path.iter().next().expect("has a first part"));
        let own = fs::read_dir(&layer_dir)
            .map(|entries| {
                entries.flatten().filter_map(|e| Some(e.path().file_stem()?.to_string_lossy().into_owned())).collect()
            })
            .unwrap_or_default();
        wrong.extend(violations(path, &rust_source::read(file), &own));
    }
    assert!(wrong.is_empty(), "imports must point down the list of layers:\n{}", wrong.join("\n"));
}

#[test]
fn files_import_each_other_only_where_it_is_said_why() {
    let imports = Imports::read();
    let arrows = imports.arrows();
    let all: Vec<&str> = arrows.keys().copied().collect();
    let mut wrong = Vec::new();
    let circles = imports.circles();
    for circle in &circles {
        let within = |from: &&str| {
            let to: Vec<&str> = arrows[from].iter().copied().filter(|to| circle.contains(to)).collect();
            format!("\n    {from} imports {}", to.join(", "))
        };
        let within: String = circle.iter().map(within).collect();
        let rooms: BTreeSet<&str> = circle.iter().map(|path| room(path, &all)).collect();
        if rooms.len() > 1 {
            wrong.push(format!("between rooms {rooms:?}:{within}"));
        } else if !CIRCLES.iter().any(|(files, _)| files == circle) {
            wrong.push(format!("not written down:{within}"));
        }
    }
    for (files, _) in CIRCLES.iter().filter(|(files, _)| !circles.iter().any(|circle| circle == files)) {
        wrong.push(format!("written down, and no longer there: {files:?}"));
    }
    assert!(wrong.is_empty(), "files import each other:\n{}", wrong.join("\n"));
}

/// Whether one file of `transform` may not import another.
fn against_the_rooms(from: &str, to: &str) -> bool {
    let rank = |path: &str| TRANSFORM.iter().position(|room| path.starts_with(room)).map_or(0, |at| at + 1);
    let families = to.starts_with(FAMILIES) && !from.starts_with(FAMILIES) && from != TRANSFORM[0];
    from.starts_with("transform/") && to.starts_with("transform/") && (families || rank(to) < rank(from))
}

#[test]
fn only_the_registry_knows_families_and_the_core_knows_neither() {
    let imports = Imports::read();
    let arrows = imports.arrows();
    assert!(arrows["transform/registry.rs"].iter().filter(|to| to.starts_with(FAMILIES)).count() > 20);
    for (from, to) in arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to))) {
        assert!(!against_the_rooms(from, to), "{from} may not import {to}");
    }
    for (from, to) in [
        ("transform/core/params.rs", "transform/registry.rs"),
        ("transform/core/params.rs", "transform/families/batch.rs"),
        ("transform/evaluate/chain.rs", "transform/families/batch.rs"),
        ("transform/kernels/warp.rs", "transform/core/params.rs"),
        ("transform/families/batch.rs", "transform/evaluate/chain.rs"),
    ] {
        assert!(against_the_rooms(from, to), "{from} to {to} would be found");
    }
}

/// The checker must see what it is for: each case is a file, its text, and what it must say (empty: nothing).
#[test]
fn planted_violations_are_caught() {
    let none = BTreeSet::new();
    let check = |path: &str, source: &str, expected: &[&str]| {
        let found = violations(Path::new(path), source, &none);
        assert_eq!(found.len(), expected.len(), "{path}: {source}\n{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{path}: {source}\n{found} should say {expected}");
        }
    };
    // up, down, level, own, about
    check("loader/mod.rs", "use crate::ui::State;", &["loader/mod.rs:1: `loader` may not import `ui`"]);
    check("ui/mod.rs", "use crate::loader::Loader;", &[]);
    check("app/mod.rs", "use crate::cli::Cli;", &["`app` may not import `cli`"]);
    check("protocol/mod.rs", "use crate::config::RunConfig;", &[]);
    check("config/mod.rs", "use crate::protocol::Event;", &["`config` may not import `protocol`"]);
    check("data/scan.rs", "use crate::data::DataError; fn f() { crate::about::version_line(); }", &[]);
    // an expression, a group over several lines, a path to the root through `super`
    check(
        "data/scan.rs",
        "fn f() {\n    crate::engine::serve();\n}",
        &["data/scan.rs:2: `data` may not import `engine`"],
    );
    check(
        "data/scan.rs",
        "use crate::{\n    config::{Key, ui},\n    plot::show,\n    train,\n};",
        &["scan.rs:3: `data` may not import `plot`", "scan.rs:4: `data` may not import `train`"],
    );
    check("data/scan.rs", "use super::super::ui::State;", &["`data` may not import `ui`"]);
    check("data/scan.rs", "use super::ui::State;", &[]);
    check("data/mod.rs", "use super::ui::State;", &["`data` may not import `ui`"]);
    // names that are no layer, files that are in none
    check("data/scan.rs", "use crate::secret::X;", &["crate::secret is no layer"]);
    check("secret/mod.rs", "", &["`secret` is not in the list"]);
    // what is only written about
    check(
        "data/scan.rs",
        "//! [`crate::ui`]\n/* crate::ui /* burn:: */ crate::ui */ const A: &str = \"crate::ui\";",
        &[],
    );
    check("data/scan.rs", "const A: &str = r#\"use \"crate::ui\"#; const B: char = '\"'; const C: char = '\\'';", &[]);
    check("data/scan.rs", "fn f<'a>(x: &'a str) { g('\"'); crate::ui::h() }", &["`data` may not import `ui`"]);
    // libraries
    check("train/mod.rs", "use burn::tensor::Tensor;", &[]);
    check("engine/mod.rs", "use burn::tensor::Tensor;", &["`burn` is named in `engine`; only train may"]);
    check("engine/mod.rs", "use burn as b;", &["`burn` is named in `engine`"]);
    check("engine/mod.rs", "use ::burn::tensor;", &["`burn` is named in `engine`"]);
    check("engine/mod.rs", "fn f(x: burn_tensor::Tensor) {}", &["`burn_tensor` is named in `engine`"]);
    check("engine/mod.rs", "let v = about.burn; let w = versions::burn::NAME; let burn = 1;", &[]);
    check("telemetry/nvidia.rs", "use nvml_wrapper::Nvml;", &[]);
    check("ui/mod.rs", "use nvml_wrapper::Nvml;", &["`nvml_wrapper` is named in `ui`; only telemetry may"]);
}

/// The same for circles: paths with their texts, and the circles that must be found.
#[test]
fn planted_circles_are_found() {
    let check = |sources: &[(&str, &str)], expected: &[&[&str]]| {
        let imports = Imports::of(sources.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        assert_eq!(imports.circles(), expected, "{sources:?}");
    };
    check(&[("a/x.rs", "use super::y::Y;"), ("a/y.rs", "pub struct Y;")], &[]);
    check(&[("a/x.rs", "use super::y::Y;"), ("a/y.rs", "use crate::a::x;")], &[&["a/x.rs", "a/y.rs"]]);
    // Three, by a path in an expression, a group over lines and a child's name.
    check(
        &[
            ("a/mod.rs", "mod x;\nuse x::X;"),
            ("a/x.rs", "use crate::{\n    b::{self, B},\n};"),
            ("b.rs", "fn f() { crate::a::g(); }"),
        ],
        &[&["a/mod.rs", "a/x.rs", "b.rs"]],
    );
    // Handing on is no arrow: `y` takes `X` from `x` itself, and so does one that renames.
    let door = ("a/mod.rs", "mod x;\nmod y;\npub use x::X;\npub use y::Y;");
    check(&[door, ("a/x.rs", "pub struct X;"), ("a/y.rs", "use super::X;")], &[]);
    check(&[door, ("a/x.rs", "use super::Y as Z;"), ("a/y.rs", "use super::X;")], &[&["a/x.rs", "a/y.rs"]]);
    // ... but what the door itself makes of it is.
    let door = ("a/mod.rs", "mod x;\npub use x::X;\npub struct Y(X);");
    check(&[door, ("a/x.rs", "use super::Y;")], &[&["a/mod.rs", "a/x.rs"]]);
    // Tests, comments and visibility import nothing.
    let tests =
        "#[cfg(test)]\nmod tests {\n    use crate::a::x::X;\n}\n// use crate::a::x;\npub(in crate::a::x) struct Y;";
    check(&[("a/x.rs", "use super::y::Y;"), ("a/y.rs", tests)], &[]);
    check(
        &[("a.rs", "#[cfg(test)]\nmod tests;\nuse crate::b::B;"), ("a/tests.rs", "use super::A;"), ("b.rs", "")],
        &[],
    );

    let all = ["a/mod.rs", "a/x.rs", "a/b.rs", "a/b/y.rs", "a/c/mod.rs"];
    assert_eq!(all.map(|path| room(path, &all)), ["a", "a", "a/b", "a/b", "a/c"]);
}
