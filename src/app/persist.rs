//! What the window remembers from one start to the next, beside egui's own memory and the window's place.

use crate::config::RunConfig;
use crate::language::{Arg, Language};
use crate::ui::Page;
use crate::ui::State;
use crate::ui::inspect::state::THUMB_SIDES;
use crate::ui::plots::state::PlotsView;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// The key in eframe's storage.
const KEY: &str = "trainscope";
/// Folders remembered.
pub const MAX_RECENT: usize = 8;
/// Of so many runs it is remembered that their values are to be as they are.
pub const MAX_KEPT_RANGES: usize = 50;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default)]
struct Remembered {
    recent: Vec<PathBuf>,
    dataset: Option<PathBuf>,
    config: RunConfig,
    theme: String,
    /// `None` is the system's.
    language: Option<Language>,
    /// `None` in a file of before there was a choice.
    hidden_plots: Option<Vec<String>>,
    plots: PlotsView,
    /// The Inspect page stood in the middle.
    inspecting: bool,
    thumb_side: u32,
    kept_ranges: Vec<PathBuf>,
}

/// Writes what `state` holds.
pub fn save(state: &State, storage: &mut dyn eframe::Storage) {
    let remembered = Remembered {
        recent: state.recent.clone(),
        // A path that is no text would keep all else from being written.
        dataset: state.dataset.dir().filter(|dir| dir.to_str().is_some()).cloned(),
        config: state.config.clone(),
        theme: state.view.theme.name().to_owned(),
        language: state.view.language,
        hidden_plots: Some(state.view.hidden_plots.clone()),
        plots: state.view.plots.clone(),
        inspecting: state.view.page == Page::INSPECT,
        thumb_side: state.inspect.thumb_side,
        kept_ranges: state.kept_ranges.iter().filter(|run_dir| run_dir.to_str().is_some()).cloned().collect(),
    };
    // All of it has a JSON form; were it not so, the last one stays.
    if let Ok(text) = serde_json::to_string(&remembered) {
        storage.set_string(KEY, text);
    }
}

impl Remembered {
    /// `None` where something in it cannot be read, or may not stand in a configuration.
    fn read(stored: Map<String, Value>) -> Option<Self> {
        let read: Self = serde_json::from_value(Value::Object(stored)).ok()?;
        read.config.with_sets(&[]).is_ok().then_some(read)
    }
}

/// `stored` without the fields that cannot be read; these are added to `left_out`. `reads` is asked of what is kept so far with
/// a field more; `within` is where the fields stand.
fn readable(
    stored: Map<String, Value>,
    within: &str,
    left_out: &mut Vec<String>,
    reads: &dyn Fn(Map<String, Value>) -> bool,
) -> Map<String, Value> {
    let mut kept = Map::new();
    // What is chosen first: it says which other keys there are.
    let (chosen, others): (Vec<_>, Vec<_>) = stored.into_iter().partition(|(field, _)| field == "name");
    for (field, value) in chosen.into_iter().chain(others) {
        let place = format!("{within}{field}");
        let with = |value: Value| {
            let mut fields = kept.clone();
            fields.insert(field.clone(), value);
            fields
        };
        let value = match value {
            Value::Object(fields) if !reads(with(Value::Object(fields.clone()))) => {
                let reads = |fields: Map<String, Value>| reads(with(Value::Object(fields)));
                Value::Object(readable(fields, &format!("{place}."), left_out, &reads))
            }
            other => other,
        };
        if reads(with(value.clone())) {
            kept.insert(field, value);
        } else {
            left_out.push(place);
        }
    }
    kept
}

/// Fills `state`; gives the dataset's folder to read again. What cannot be read (another version's) is left out, and said.
pub fn restore(state: &mut State, storage: &dyn eframe::Storage) -> Option<PathBuf> {
    let stored: Map<String, Value> = match serde_json::from_str(&storage.get_string(KEY)?) {
        Ok(stored) => stored,
        Err(error) => {
            state.run.note(true, msg!("window-remembered-not-read", error = error.to_string()));
            return None;
        }
    };
    let mut left_out = Vec::new();
    let kept = readable(stored, "", &mut left_out, &|fields| Remembered::read(fields).is_some());
    if !left_out.is_empty() {
        // A setting is known by its key.
        let names = left_out.iter().map(|place| place.strip_prefix("config.").unwrap_or(place));
        state.run.note(true, msg!("window-remembered-left-out", names = Arg::names(names)));
    }
    let remembered = Remembered::read(kept)?;
    state.recent = remembered.recent;
    state.recent.truncate(MAX_RECENT);
    state.kept_ranges = remembered.kept_ranges;
    state.config = remembered.config;
    if let Some(hidden) = remembered.hidden_plots {
        state.view.hidden_plots = hidden;
    }
    state.view.plots = remembered.plots;
    state.view.page = if remembered.inspecting { Page::INSPECT } else { Page::PLOTS };
    if THUMB_SIDES.contains(&remembered.thumb_side) {
        state.inspect.thumb_side = remembered.thumb_side;
    }
    state.view.language = remembered.language;
    state.view.theme = match remembered.theme.as_str() {
        "dark" => egui::ThemePreference::Dark,
        "light" => egui::ThemePreference::Light,
        _ => egui::ThemePreference::System,
    };
    remembered.dataset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelConfig, OptimizerConfig, ParamValue, TransformSpec};
    use std::collections::HashMap;

    #[derive(Default)]
    struct Memory(HashMap<String, String>);

    impl eframe::Storage for Memory {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }

    #[test]
    fn what_is_saved_comes_back() {
        let mut state = State::default();
        state.recent = vec![PathBuf::from("/data/MedNIST")];
        state.view.theme = egui::ThemePreference::Dark;
        state.view.language = Some(Language::SimplifiedChinese);
        state.view.page = Page::INSPECT;
        state.inspect.thumb_side = 128;
        state.config.loader.workers = 7;
        state.config.optimizer.lr = 1e-5;
        let prob = ParamValue::Float(0.25);
        state.config.transforms = vec![TransformSpec::new("RandFlip").with("prob", prob)];
        let mut storage = Memory::default();
        save(&state, &mut storage);
        let mut back = State::default();
        assert_eq!(restore(&mut back, &storage), None);
        assert_eq!(back.recent, state.recent);
        assert_eq!(back.config, state.config);
        assert_eq!(back.view.theme, egui::ThemePreference::Dark);
        assert_eq!(back.view.language, Some(Language::SimplifiedChinese));
        assert_eq!((back.view.page, back.inspect.thumb_side), (Page::INSPECT, 128));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_path_is_no_text_keeps_nothing_else_from_being_saved() {
        use std::os::unix::ffi::OsStringExt as _;
        let dir = PathBuf::from(std::ffi::OsString::from_vec(b"/data/\xff".to_vec()));
        let mut state = State::default();
        state.dataset = crate::ui::state::DatasetState::Failed { dir, error: "no such folder".into() };
        state.config.loader.workers = 7;
        let mut storage = Memory::default();
        save(&state, &mut storage);
        let mut back = State::default();
        assert_eq!(restore(&mut back, &storage), None);
        assert_eq!(back.config.loader.workers, 7);
    }

    fn said(state: &State) -> Vec<String> {
        state.run.log.iter().map(|entry| entry.message.to_string()).collect()
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_said_and_all_else_is_kept() {
        let mut state = State::default();
        state.recent = vec![PathBuf::from("/data/MedNIST")];
        state.view.theme = egui::ThemePreference::Dark;
        state.view.plots.in_view = 3;
        state.config.loader.workers = 7;
        state.config.model = ModelConfig::named("resnet18");
        state.config.optimizer = OptimizerConfig::named("sgd");
        state.config.optimizer.params.insert("momentum".to_owned(), ParamValue::Float(0.5));
        state.config.transforms = vec![TransformSpec::new("RandFlip")];
        let mut storage = Memory::default();
        save(&state, &mut storage);
        let whole: Value = serde_json::from_str(&storage.0[KEY]).unwrap();

        // Names of another version, another type, a number beyond its range, a parameter that there is no more.
        for (place, value, named) in [
            ("/config/loader/cache", Value::from("tape"), "loader.cache"),
            ("/config/model/name", Value::from("alexnet"), "model.name"),
            ("/config/loader/prefetch", Value::from(0), "loader.prefetch"),
            ("/plots/view/x", Value::from("moon"), "plots.view.x"),
            ("/language", Value::from("latin"), "language"),
            ("/hidden_plots", Value::from(3), "hidden_plots"),
            ("/config/optimizer/params_of_old", Value::from(0.5), "optimizer.params_of_old"),
        ] {
            let mut stored = whole.clone();
            let (within, field) = place.rsplit_once('/').unwrap();
            let fields = stored.pointer_mut(within).and_then(Value::as_object_mut).unwrap();
            fields.insert(field.to_owned(), value);
            storage.0.insert(KEY.to_owned(), stored.to_string());
            let mut back = State::default();
            restore(&mut back, &storage);
            let mut config = state.config.clone();
            if named == "model.name" {
                config.model = ModelConfig::default();
            }
            assert_eq!(back.config, config, "{place}");
            assert_eq!((&back.recent, back.view.theme), (&state.recent, state.view.theme), "{place}");
            assert_eq!(back.view.plots, state.view.plots, "{place}");
            let said = said(&back);
            assert!(said.len() == 1 && said[0].ends_with(&format!(": {named}")), "{place}: {said:?}");
        }
    }

    #[test]
    fn rubbish_is_left_out() {
        let mut storage = Memory::default();
        storage.0.insert(KEY.to_owned(), "{\"recent\": 3".to_owned());
        let mut state = State::default();
        assert_eq!(restore(&mut state, &storage), None);
        assert_eq!(state.config, RunConfig::default());
        assert_eq!(said(&state).len(), 1);
    }
}
