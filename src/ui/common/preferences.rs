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

/// The same in letters that can be read, of one that no font has.
fn readable_title(language: Option<Language>, without_font: &[Language]) -> Message {
    match language.filter(|language| without_font.contains(language)) {
        Some(_) => msg!("window-language-no-font"),
        None => language_title(language),
    }
}

/// Both choices, a row each.
pub fn preferences_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let (theme, theme_hint) = (tr!("window-theme"), tr!("window-theme-hint"));
    style::setting_row(ui, &theme, &theme_hint, |ui, _| theme_ui(ui, state, commands));
    let (language, language_hint) = (tr!("window-language"), tr!("window-language-hint"));
    style::setting_row(ui, &language, &language_hint, |ui, _| language_ui(ui, state, commands));
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
        let title = readable_title(language, &state.without_font).to_string();
        let choice = ui.radio(state.view.language == language, title);
        let id = format!("language={}", language.map_or("system", Language::tag));
        if style::with_author_id(choice, &id).clicked() {
            commands.send(UiCommand::SetLanguage(language));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_a_font_is_named_in_letters_that_can_be_read() {
        let chinese = Language::SimplifiedChinese;
        let title = |without_font: &[Language]| readable_title(Some(chinese), without_font).to_string();
        assert_eq!(title(&[]), "简体中文");
        let readable = title(&[chinese]);
        assert!(readable.is_ascii() && readable.contains("no font"), "{readable}");
    }
}
