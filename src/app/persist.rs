//! What the window remembers from one start to the next, beside egui's own memory and the window's place.

use crate::config::RunConfig;
use crate::language::Language;
use crate::ui::Page;
use crate::ui::State;
use crate::ui::inspect::state::THUMB_SIDES;
use crate::ui::plots::state::PlotsView;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The key in eframe's storage.
const KEY: &str = "trainscope";
/// Folders remembered.
pub const MAX_RECENT: usize = 8;

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
    };
    // All of it has a JSON form; were it not so, the last one stays.
    if let Ok(text) = serde_json::to_string(&remembered) {
        storage.set_string(KEY, text);
    }
}

/// Fills `state`; gives the dataset's folder to read again. What cannot be read (another version's) is left out.
pub fn restore(state: &mut State, storage: &dyn eframe::Storage) -> Option<PathBuf> {
    let remembered: Remembered = serde_json::from_str(&storage.get_string(KEY)?).ok()?;
    state.recent = remembered.recent;
    state.recent.truncate(MAX_RECENT);
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
    use crate::config::{ParamValue, TransformSpec};
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

    #[test]
    fn rubbish_is_left_out() {
        let mut storage = Memory::default();
        storage.0.insert(KEY.to_owned(), "{\"recent\": 3".to_owned());
        let mut state = State::default();
        assert_eq!(restore(&mut state, &storage), None);
        assert_eq!(state.config, RunConfig::default());
    }
}
