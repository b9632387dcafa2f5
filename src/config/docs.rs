//! The settings in writing, for people and for programs.

use super::keys::Key;
use super::param::{Item, Owner, ParamInfo, ParamKind};
use super::preset::PRESETS;
use super::settings::{RunConfig, SECTIONS, Section};
use super::spec::ParamValue;
use crate::language::Message;
use std::fmt::Write as _;

/// How the settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsDocs {
    /// A configuration with every key at its default and its meaning in a comment; what has no default of its own is
    /// commented out.
    Toml,
    /// A table a section.
    Markdown,
    /// One object with a list `settings`.
    Json,
}

/// Every key of the settings in writing.
pub fn settings_docs(format: SettingsDocs) -> String {
    match format {
        SettingsDocs::Toml => toml(),
        SettingsDocs::Markdown => markdown(),
        SettingsDocs::Json => json(),
    }
}

/// Every text of the settings in English, by the key of what it is in other languages.
pub fn settings_texts() -> Vec<(String, &'static str)> {
    let mut texts = Vec::new();
    for section in SECTIONS {
        let key = Owner::Section(section.name).key();
        texts.extend([(format!("{key}.title"), section.english_title), (key, section.doc)]);
        let (keys, items) = keys_and_items(section);
        texts.extend(keys.iter().flat_map(|key| key.info.texts()));
        texts.extend(items.iter().flat_map(|item| section.params_of(item)).flat_map(|info| info.texts()));
    }
    texts.extend(
        PRESETS.iter().flat_map(|preset| {
            [(format!("{}.title", preset.key()), preset.item.title), (preset.key(), preset.item.doc)]
        }),
    );
    texts
}

/// The keys of a section whatever is chosen, and what can be chosen that has parameters of its own.
fn keys_and_items(section: &'static Section) -> (Vec<Key>, Vec<&'static Item>) {
    let items = section.choice().map_or(&[][..], |(_, items)| items);
    (section.keys(None), items.iter().filter(|item| !item.params.is_empty()).collect())
}

fn toml() -> String {
    let mut text = String::new();
    let config = RunConfig::default();
    // Writing to a String does not fail.
    for section in SECTIONS {
        let _ = writeln!(text, "# {}\n[{}]", section.meaning(), section.name);
        for key in config.section_keys(section) {
            let value = key.info.default_value();
            // A path that is not given is left out.
            let off = if value == ParamValue::Text(String::new()) { "# " } else { "" };
            let _ = writeln!(text, "{off}{} = {value} # {}", key.info.name, key.info.describe());
        }
        text.push('\n');
    }
    text
}

fn markdown() -> String {
    let mut text = String::new();
    let rows = |text: &mut String, infos: &[ParamInfo]| {
        let _ = writeln!(text, "| {} |\n|---|---|---|---|---|", msg!("config-docs-columns"));
        for info in infos {
            let meaning = match info.live {
                true => msg!("config-docs-live", meaning = info.meaning()),
                false => Message::verbatim(info.meaning()),
            };
            let (default, unit) = (info.default_value(), info.unit_words());
            let _ = writeln!(text, "| `{}` | `{default}` | {} | {unit} | {meaning} |", info.name, info.kind);
        }
        text.push('\n');
    };
    for section in SECTIONS {
        let (keys, items) = keys_and_items(section);
        let _ = writeln!(text, "## `[{}]`\n\n{}\n", section.name, section.meaning());
        rows(&mut text, &keys.iter().map(|key| key.info).collect::<Vec<_>>());
        for (key, items) in keys.iter().filter_map(|key| match key.info.kind {
            ParamKind::OneOf(items) => Some((key, items)),
            _ => None,
        }) {
            for item in items {
                let meaning = key.info.item_meaning(item);
                let meaning = meaning.trim_end_matches(['.', '。']);
                let _ =
                    writeln!(text, "- {}", msg!("config-docs-item", key = key.info.name, item = item.name, meaning));
            }
            text.push('\n');
        }
        for item in items {
            let _ = writeln!(text, "{}\n", msg!("config-docs-with-item", item = item.name));
            rows(&mut text, &section.params_of(item).collect::<Vec<_>>());
        }
    }
    text
}

fn json() -> String {
    let describe = |section: &str, info: &ParamInfo, chosen: Option<&str>| {
        let (min, max) = match info.kind {
            ParamKind::Int { min, max } => (serde_json::json!(min), serde_json::json!(max)),
            ParamKind::Float { min, max } => (serde_json::json!(min), serde_json::json!(max)),
            _ => (serde_json::Value::Null, serde_json::Value::Null),
        };
        let values: Vec<String> = match info.kind {
            ParamKind::OneOf(_) | ParamKind::Choice(_) | ParamKind::Whole(_) => {
                info.suggestions().into_iter().map(|suggestion| suggestion.text).collect()
            }
            _ => Vec::new(),
        };
        serde_json::json!({
            "key": format!("{section}.{}", info.name), "title": info.title(), "default": info.default_value(),
            "may_be": info.kind.to_string(), "min": min, "max": max, "values": values, "unit": info.unit,
            "meaning": info.meaning(), "live": info.live, "advanced": info.advanced, "with_name": chosen,
        })
    };
    let mut settings = Vec::new();
    for section in SECTIONS {
        let (keys, items) = keys_and_items(section);
        settings.extend(keys.iter().map(|key| describe(section.name, &key.info, None)));
        for item in items {
            settings.extend(section.params_of(item).map(|info| describe(section.name, &info, Some(item.name))));
        }
    }
    serde_json::json!({ "type": "settings", "settings": settings }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_docs_as_toml_are_the_defaults() {
        assert_eq!(RunConfig::from_toml(&toml()).unwrap(), RunConfig::default());
    }

    #[test]
    fn every_key_is_in_the_docs() {
        let (markdown, json) = (markdown(), json());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        let keys: Vec<&str> = json["settings"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
        for key in RunConfig::default().keys() {
            assert!(markdown.contains(&format!("| `{}` |", key.info.name)), "{}", key.path());
            assert!(markdown.contains(key.info.doc), "{}", key.path());
            assert!(keys.contains(&key.path().as_str()), "{}", key.path());
        }
        assert!(keys.contains(&"schedule.end_frac"), "{keys:?}");
    }
}
