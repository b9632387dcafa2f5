//! What a person may choose of the window itself: its colours and its language.

use super::style;
use crate::language::{Language, Message};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{ThemePreference, Ui};

/// Every choice of colours.
pub const THEMES: [ThemePreference; 3] = [ThemePreference::System, ThemePreference::Light, ThemePreference::Dark];
/// Every choice of language; `None` is the system's.
pub const LANGUAGES: [Option<Language>; 3] = [None, Some(Language::English), Some(Language::SimplifiedChinese)];

pub fn theme_title(theme: ThemePreference) -> Message {
    match theme {
        ThemePreference::System => msg!("window-theme-system"),
        ThemePreference::Light => msg!("window-theme-light"),
        ThemePreference::Dark => msg!("window-theme-dark"),
    }
}

/// A language in itself, so that whoever reads it finds it.
pub fn language_title(language: Option<Language>) -> Message {
    language.map_or_else(|| msg!("window-language-system"), |language| Message::verbatim(language.own_name()))
}

/// Both choices, a row each.
pub fn preferences_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    style::row(ui, &tr!("window-theme"), &tr!("window-theme-hint"), |ui, _| theme_ui(ui, state, commands));
    style::row(ui, &tr!("window-language"), &tr!("window-language-hint"), |ui, _| language_ui(ui, state, commands));
}

pub fn theme_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    for theme in THEMES {
        let choice = ui.radio(state.view.theme == theme, theme_title(theme).to_string());
        if style::with_author_id(choice, &format!("theme={}", theme.name())).clicked() {
            commands.send(UiCommand::SetTheme(theme));
        }
    }
}

pub fn language_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    for language in LANGUAGES {
        let choice = ui.radio(state.view.language == language, language_title(language).to_string());
        let id = format!("language={}", language.map_or("system", Language::tag));
        if style::with_author_id(choice, &id).clicked() {
            commands.send(UiCommand::SetLanguage(language));
        }
    }
}
