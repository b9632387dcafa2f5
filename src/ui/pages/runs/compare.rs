//! What two runs were configured differently in, and what was changed while they ran.

use crate::config::RunConfig;
use crate::language::{Arg, Message};
use crate::store::RunCard;
use crate::ui::common::style;
use egui::{ComboBox, Grid, RichText, Ui};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) fn compare_ui(ui: &mut Ui, card: &RunCard, cards: &[RunCard], beside: &mut Option<PathBuf>) {
    let others = || cards.iter().filter(|other| other.summary.dir != card.summary.dir);
    if others().next().is_none() {
        return;
    }
    let other = others().find(|other| beside.as_ref() == Some(&other.summary.dir));
    style::row(ui, &tr!("page-runs-compare"), &tr!("page-runs-compare-hint"), |ui, id| {
        let text = other.map_or_else(|| tr!("page-runs-compare-none"), |other| other.summary.name.clone());
        let combo = ComboBox::from_id_salt("compared-run").selected_text(text).width(280.0).show_ui(ui, |ui| {
            for other in others() {
                let name = &other.summary.name;
                let choice = ui.selectable_value(beside, Some(other.summary.dir.clone()), name);
                style::with_author_id(choice, &format!("compare={name}"));
            }
        });
        style::with_author_id(combo.response.labelled_by(id), "run-compare");
    });
    let Some(other) = other else { return };
    let (Some(a), Some(b)) = (card.config.get(), other.config.get()) else {
        ui.label(style::faint(ui, tr!("page-runs-no-config")));
        return;
    };
    let differences = differences(a, b);
    let changes = [card, other].map(|card| changes_words(&card.changes));
    if differences.is_empty() && changes.iter().all(Option::is_none) {
        ui.label(tr!("page-runs-same-config"));
        return;
    }
    let column = (ui.available_width() / 3.0 - 16.0).max(120.0);
    Grid::new("differences").striped(true).spacing([16.0, 3.0]).max_col_width(column).show(ui, |ui| {
        ui.label(RichText::new(tr!("page-runs-key")).strong());
        ui.label(RichText::new(&card.summary.name).strong());
        ui.label(RichText::new(&other.summary.name).strong());
        ui.end_row();
        for (key, [own, others]) in differences {
            match title_of(&key, [a, b]) {
                Some(title) => ui.label(title).on_hover_text(key),
                None => ui.monospace(key),
            };
            ui.label(own);
            ui.label(others);
            ui.end_row();
        }
        if changes.iter().any(Option::is_some) {
            ui.label(tr!("page-runs-changed")).on_hover_text(tr!("page-runs-changed-hint"));
            for words in changes {
                ui.label(words.unwrap_or_else(|| "-".to_owned()));
            }
            ui.end_row();
        }
    });
}

/// How many there were, and which; `None` of none.
fn changes_words(changes: &[Message]) -> Option<String> {
    let list = Arg::List(changes.to_vec());
    (!changes.is_empty()).then(|| tr!("page-runs-changes", count = changes.len(), list))
}

/// What the form calls the setting; a step of the chain has no such name, nor what is older than this program.
fn title_of(key: &str, configs: [&RunConfig; 2]) -> Option<String> {
    configs.into_iter().find_map(|config| Some(config.key(key)?.info.title().into_owned()))
}

/// Keys of the configuration whose values are not the same, with both. Transforms by their place in the chain.
pub(super) fn differences(a: &RunConfig, b: &RunConfig) -> Vec<(String, [String; 2])> {
    let [a, b] = [a, b].map(|config| {
        let mut flat = BTreeMap::new();
        if let Ok(value) = serde_json::to_value(config) {
            flatten(String::new(), &value, &mut flat);
        }
        flat
    });
    let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let value = |of: &BTreeMap<String, String>, key: &String| of.get(key).cloned().unwrap_or_else(|| "-".to_owned());
    let both = keys.into_iter().map(|key| (key.clone(), [value(&a, key), value(&b, key)]));
    both.filter(|(_, [a, b])| a != b).collect()
}

fn flatten(path: String, value: &serde_json::Value, to: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        serde_json::Value::Object(object) => {
            object.iter().for_each(|(name, value)| flatten(below(name), value, to));
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().enumerate().for_each(|(at, value)| flatten(below(&(at + 1).to_string()), value, to));
        }
        serde_json::Value::String(text) => {
            to.insert(path, text.clone());
        }
        other => {
            to.insert(path, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TransformSpec;

    #[test]
    fn only_what_differs_is_listed() {
        let a = RunConfig::default();
        let mut b = a.clone();
        b.loader.workers = a.loader.workers + 3;
        b.transforms.push(TransformSpec::new("RandFlip"));
        let found = differences(&a, &b);
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert!(keys.contains(&"loader.workers"), "{keys:?}");
        assert!(found.iter().any(|(_, values)| values[1] == "RandFlip"), "{found:?}");
        assert!(keys.iter().all(|key| *key == "loader.workers" || key.starts_with("transform.")), "{keys:?}");
        assert!(differences(&a, &a).is_empty());
    }

    #[test]
    fn settings_are_named_as_in_the_form() {
        let config = RunConfig::default();
        let title = |key: &str| title_of(key, [&config, &config]);
        assert_eq!(title("loader.workers").as_deref(), Some("Workers"));
        assert_eq!((title("transform.3.prob"), title("loader")), (None, None));
    }
}
