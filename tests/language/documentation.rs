//! What every text table has in English in the code has its text in each other language, and no text is left of a row that
//! is not there.

use std::collections::{BTreeMap, BTreeSet};
use trainscope::language::{Language, areas};
use trainscope::{cli, config, transform};

/// Every text of a table: where it is translated, its key, and its English.
pub fn rows() -> Vec<(&'static str, String, String)> {
    let of = |area, texts: Vec<(String, &'static str)>| texts.into_iter().map(move |(k, t)| (area, k, t.to_owned()));
    let transforms = transform::registry().iter().flat_map(|info| info.texts());
    let presets = transform::chain_presets().iter().flat_map(transform::ChainPreset::texts);
    let commands = cli::help_texts().into_iter().map(|(key, text)| ("document-command", key, text));
    of("document-setting", config::settings_texts())
        .chain(of("document-transform", transforms.chain(presets).collect()))
        .chain(commands)
        .collect()
}

/// The keys of a file in a language other than English.
fn keys(area: &str) -> BTreeSet<String> {
    let area = areas().iter().find(|known| known.name == area).expect("an area");
    let text = area.texts[Language::SimplifiedChinese as usize];
    let resource = fluent_syntax::parser::parse(text).unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", area.name));
    let mut keys = BTreeSet::new();
    for entry in resource.body {
        let fluent_syntax::ast::Entry::Message(message) = entry else { continue };
        let id = message.id.name;
        keys.extend(message.value.is_some().then(|| id.to_owned()));
        keys.extend(message.attributes.iter().map(|attribute| format!("{id}.{}", attribute.id.name)));
    }
    keys
}

#[test]
fn every_row_is_translated_and_every_translation_is_of_a_row() {
    let mut wanted: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (area, key, english) in rows() {
        assert!(!english.is_empty(), "{key}");
        if let Some(before) = wanted.entry(area).or_default().insert(key.clone(), english.clone()) {
            assert_eq!(before, english, "two texts have the key {key}");
        }
    }
    for (area, rows) in wanted {
        let keys = keys(area);
        wrong.extend(
            rows.iter().filter(|(key, _)| !keys.contains(*key)).map(|(key, text)| format!("{key} is missing: {text}")),
        );
        wrong.extend(keys.iter().filter(|key| !rows.contains_key(*key)).map(|key| format!("{key} is of nothing")));
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

/// All rows, for whoever translates them: `cargo test --test language list_of_rows -- --ignored --nocapture`.
#[test]
#[ignore = "a list to look at"]
fn list_of_rows() {
    for (area, key, english) in rows() {
        trainscope::print_line!("{area}\t{key}\t{}", english.replace('\n', " "));
    }
}
