//! Holds what `src/language` promises: every message that the sources make has its text in every language, with the same
//! arguments, and no text is left that nobody says. Reads sources and texts as text.

#[path = "language/documentation.rs"]
mod documentation;
#[path = "common/rust_source.rs"]
mod rust_source;
#[path = "language/sources.rs"]
mod sources;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use sources::{Said, sentences};
use std::collections::{BTreeMap, BTreeSet};
use trainscope::language::{Language, areas};

/// Layers whose words are all messages: there no sentence stands in the code, but for those of [`NO_WORDS`]. `metrics` is not
/// among them: it imports nothing, its errors' texts are for developers, and `engine::run_error` has a message for each.
const SPOKEN: &[&str] = &[
    "app",
    "cli",
    "client",
    "config",
    "data",
    "diagnose",
    "engine",
    "language",
    "loader",
    "plot",
    "protocol",
    "store",
    "system",
    "telemetry",
    "train",
    "transform",
    "ui/common",
    "ui/mod.rs",
    "ui/pages",
    "ui/settings",
    "ui/shell",
    "ui/state.rs",
];

/// Sentences that are none to a person, by their beginning: SQL, formats, names, commands.
const NO_WORDS: &[&str] = &[
    "which mix",
    "--set transform.",
    "{command} --set loader.workers",
    "symbolic links",
    "[[transform]]",
    "{name}\nsubtrahend",
    "Normalize(mean",
    "enabled = true",
    "a list of {\"file\"",
    "system volume information",
    "PALETTE COLOR",
    "JPEG XL",
    "High-Throughput JPEG 2000",
    "old-style JPEG",
    "SGI LogLuv",
    "lossy DNG JPEG",
    "the class of the largest logit",
    // SQL.
    "\nCREATE TABLE",
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "(step > ",
    // What the Rust runtime says, and Linux's names of fields.
    "panicked at",
    "memory allocation of",
    "out of memory",
    "model name",
    "physical id",
    "core id",
    // Figures, names and keys.
    "{ms:.",
    "wait for data",
    "read back",
    "GPU {index}",
    "{name} {count}",
    "{bc} x {bh} x {bw}",
    "{channels} channels, {pixels} pixels",
    "Ring({} of {} words)",
    "nvidia-smi -",
    "`sudo {command}`",
    "power saver",
    "battery saver",
    "best power efficiency",
    "better performance",
    "best performance",
    "high performance",
    "ultimate performance",
    "'Battery Power'",
    "\\GPU ",
    "{vendor_name} GPU at",
    "PNG, SVG",
    "{author_prefix}reset",
    "{height} ×",
    // Elements of an SVG, its fonts, a CSV's header, a font's own name, pairs.
    "<",
    "Ubuntu, ",
    "plot,series,x,",
    "system font ",
    "\n<table",
    "[Trash Info]",
    "{number}: {what}",
    "{width} × {height}",
    // For developers.
    "command pipe: ",
    "derivative with respect to {N} tensors",
    // Of a device, what drivers are called.
    "flex (CPU)",
    "wgpu (",
];

/// A file that is a table of names.
const NAMES_ONLY: &str = "src/transform/import/signatures.rs";

/// What a pattern names: arguments, and messages of its own.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    args: BTreeSet<String>,
    messages: BTreeSet<String>,
    /// Of Fluent, what the resolver has not.
    beyond: bool,
}

fn names(pattern: &Pattern<&str>) -> Names {
    let mut names = Names::default();
    of_pattern(pattern, &mut names);
    names
}

fn of_pattern(pattern: &Pattern<&str>, names: &mut Names) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { .. } => {}
            PatternElement::Placeable { expression } => of_expression(expression, names),
        }
    }
}

fn of_expression(expression: &Expression<&str>, names: &mut Names) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, names),
        Expression::Select { selector, variants } => {
            of_inline(selector, names);
            names.beyond |= !matches!(selector, InlineExpression::VariableReference { .. });
            variants.iter().for_each(|variant| of_pattern(&variant.value, names));
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, names: &mut Names) {
    match inline {
        InlineExpression::VariableReference { id } => {
            names.args.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => {
            names.messages.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => of_expression(expression, names),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::FunctionReference { .. } | InlineExpression::TermReference { .. } => names.beyond = true,
    }
}

/// Every text of a language by its key, with what it names. Fails on what cannot be read and on a key that stands twice.
fn texts(language: Language) -> BTreeMap<String, Names> {
    let mut found = BTreeMap::new();
    for area in areas() {
        let place = format!("{}/{}.ftl", language.tag(), area.name);
        let text = area.texts[language as usize];
        let resource = fluent_syntax::parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{place}: {errors:?}"));
        for entry in &resource.body {
            let message = match entry {
                Entry::Message(message) => message,
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                other => panic!("{place}: {other:?}"),
            };
            let id = message.id.name;
            let own = area.name.strip_prefix("document-").unwrap_or(area.name);
            assert!(id.starts_with(&format!("{own}-")), "{place}: {id} does not begin with its file's name");
            let attributes = message.attributes.iter().map(|a| (format!("{id}.{}", a.id.name), &a.value));
            for (key, pattern) in attributes.chain(message.value.iter().map(|value| (id.to_owned(), value))) {
                let named = names(pattern);
                assert!(!named.beyond, "{place}: {key} uses more of Fluent than src/language/render.rs knows");
                assert!(found.insert(key.clone(), named).is_none(), "{place}: {key} stands twice");
            }
        }
    }
    found
}

/// A text of a table's row, which stands in the table in English.
fn is_documentation(key: &str) -> bool {
    ["command-help-", "setting-", "transform-doc-"].iter().any(|prefix| key.starts_with(prefix))
}

#[test]
fn every_message_has_its_text_and_every_argument_is_used() {
    let english = texts(Language::English);
    let mut wrong = Vec::new();
    let mut said: BTreeSet<String> = english.values().flat_map(|names| names.messages.clone()).collect();
    for Said { place, id, args } in sources::messages() {
        match english.get(&id) {
            None => wrong.push(format!("{place}: {id} has no text")),
            Some(text) if text.args != args => {
                wrong.push(format!("{place}: {id} is made with {args:?}, and its text has {:?}", text.args));
            }
            Some(_) => {}
        }
        said.insert(id);
    }
    let asked_for = sources::asked_for();
    assert!(asked_for.len() > 10, "{asked_for:?}");
    wrong.extend(
        asked_for.iter().filter(|(_, id)| !english.contains_key(id)).map(|(at, id)| format!("{at}: {id} has no text")),
    );
    wrong.extend(english.keys().filter(|id| !said.contains(*id)).map(|id| format!("{id} is said nowhere")));
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_language_has_the_same_messages() {
    let english = texts(Language::English);
    for language in Language::ALL {
        let other = texts(language);
        let mut wrong = Vec::new();
        for (key, names) in &english {
            match other.get(key) {
                None => wrong.push(format!("{key} is missing")),
                Some(translated) if translated != names => {
                    wrong.push(format!("{key} names {translated:?}, not {names:?}"))
                }
                Some(_) => {}
            }
        }
        let of_nobody = other.keys().filter(|key| !english.contains_key(*key) && !is_documentation(key));
        wrong.extend(of_nobody.map(|key| format!("{key} is in no other language")));
        assert!(wrong.is_empty(), "{}, {} faults:\n{}", language.tag(), wrong.len(), wrong.join("\n"));
    }
}

/// Which keys a system has, and which of them shows a page, is for the code to say.
#[test]
fn no_text_of_the_window_names_keys() {
    for area in areas().iter().filter(|area| ["page", "plot", "window"].contains(&area.name)) {
        for text in area.texts {
            assert!(!["Ctrl", "⌘", "Cmd"].iter().any(|key| text.contains(key)), "{}", area.name);
        }
    }
}

/// What the command line alone says, by the beginning of its key, and what is said of other programs or to be read elsewhere.
const OF_COMMANDS: &[&str] = &[
    "client-lr-range-too-",
    "doctor-",
    "engine-note-again",
    "page-export-exists",
    "page-judge-no-data",
    "plot-command-",
    "train-file-exists",
    "window-no-display",
    "window-not-opened-at-all",
];

/// Whoever has the window before them has no command line to write a flag or a command on.
#[test]
fn what_the_window_says_names_no_command_of_the_program() {
    let names_one = |text: &str| {
        let mut words = text.split(|c: char| c.is_whitespace() || c == '`' || !c.is_ascii());
        text.contains("`trainscope ") || words.any(|word| word.len() > 2 && word.starts_with("--"))
    };
    let (mut wrong, mut allowed) = (Vec::new(), Vec::new());
    for area in areas().iter().filter(|area| !["command", "document-command"].contains(&area.name)) {
        for text in area.texts {
            let mut key = "";
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                    key = line.split([' ', '=']).next().unwrap_or_default();
                }
                match OF_COMMANDS.iter().find(|beginning| key.starts_with(**beginning)) {
                    _ if !names_one(line) => {}
                    Some(beginning) => allowed.push(*beginning),
                    None => wrong.push(format!("{}: {line}", area.name)),
                }
            }
        }
    }
    let rows = documentation::rows().into_iter().filter(|(area, _, _)| *area != "document-command");
    let rows = rows.filter(|(_, _, english)| names_one(english));
    wrong.extend(rows.map(|(_, key, english)| format!("{key}: {english}")));
    let idle = OF_COMMANDS.iter().filter(|beginning| !allowed.contains(beginning));
    wrong.extend(idle.map(|beginning| format!("{beginning}: names none any more")));
    assert!(wrong.is_empty(), "{} texts:\n{}", wrong.len(), wrong.join("\n"));
}

/// What egui's own fonts have beyond that.
const OWN_GLYPHS: [char; 2] = ['−', '▾'];

/// Fonts for Simplified Chinese have what GBK has.
#[test]
fn no_text_has_a_character_that_fonts_lack() {
    for area in areas() {
        for text in area.texts {
            let lacking: BTreeSet<char> = text
                .chars()
                .filter(|c| !OWN_GLYPHS.contains(c))
                .filter(|c| encoding_rs::GBK.encode(c.encode_utf8(&mut [0; 4])).2)
                .collect();
            assert!(lacking.is_empty(), "{}: {lacking:?}", area.name);
        }
    }
}

/// A system may have no font for a sign, and a window without one shows an empty box.
#[test]
fn every_sign_but_chinese_is_in_the_fonts_that_the_program_brings() {
    let of_code = ["ui", "plot"].into_iter().flat_map(sources::texts);
    let english = areas().iter().map(|area| (area.name.to_owned(), area.texts[Language::English as usize].to_owned()));
    let texts: Vec<(String, String)> = of_code.chain(english).collect();
    let is_chinese = |c: char| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}');
    let (context, font) = (egui::Context::default(), egui::FontId::proportional(14.0));
    context.set_fonts(trainscope::plot::fonts());
    let mut lacking = BTreeSet::new();
    let _ = context.run_ui(egui::RawInput::default(), |ui| {
        ui.fonts_mut(|fonts| {
            for (place, text) in &texts {
                let signs = text.chars().filter(|c| !c.is_ascii() && !is_chinese(*c));
                lacking.extend(signs.filter(|c| !fonts.has_glyph(&font, *c)).map(|sign| (place, sign)));
            }
        });
    });
    assert!(lacking.is_empty(), "{lacking:?}");
}

#[test]
fn layers_that_speak_through_messages_have_no_sentence_in_the_code() {
    // Tables are in English in the code, and in other languages in files of their own.
    let tables: BTreeSet<String> = documentation::rows().into_iter().map(|(_, _, english)| english).collect();
    let left: Vec<String> = SPOKEN
        .iter()
        .flat_map(|layer| sentences(layer))
        .filter(|(place, sentence)| !place.starts_with(NAMES_ONLY) && !tables.contains(sentence))
        .filter(|(_, sentence)| !NO_WORDS.iter().any(|beginning| sentence.starts_with(beginning)))
        .map(|(place, sentence)| format!("{place}: {sentence:?}"))
        .collect();
    assert!(left.is_empty(), "{} sentences:\n{}", left.len(), left.join("\n"));
}

/// How many sentences stand in the code of each layer, for whoever moves them: `cargo test --test language -- --ignored --nocapture`.
#[test]
#[ignore = "a count to look at"]
fn sentences_by_file() {
    for layer in std::fs::read_dir("src").expect("run in the checkout") {
        let layer = layer.expect("readable").file_name().to_string_lossy().into_owned();
        let mut by_file: BTreeMap<String, usize> = BTreeMap::new();
        for (place, _) in sentences(&layer) {
            *by_file.entry(place.rsplit_once(':').map_or(place.clone(), |(file, _)| file.to_owned())).or_default() += 1;
        }
        trainscope::print_line!("{layer}: {}", by_file.values().sum::<usize>());
        by_file.iter().for_each(|(file, n)| trainscope::print_line!("  {n:4} {file}"));
    }
}
