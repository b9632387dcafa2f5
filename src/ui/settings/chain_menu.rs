//! Below the chain: what can be put into it, and where whole chains come from and go to.

use crate::config::TransformSpec;
use crate::transform::{self, Family, TransformInfo};
use crate::ui::common::style;
use crate::ui::shell::action::Action;
use crate::ui::state::{Commands, State, UiCommand};
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Key, PopupCloseBehavior, ScrollArea, TextEdit, Ui, vec2};

const MENU_WIDTH: f32 = 300.0;
const MENU_HEIGHT: f32 = 420.0;

pub fn chain_menu(ui: &mut Ui, state: &State, search: &mut String, commands: &mut Commands) {
    ui.horizontal(|ui| {
        // Typing and scrolling in the menu must not close it.
        let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (_, inner) = MenuButton::new(tr!("window-add-transform")).config(stays).ui(ui, |ui| {
            let chosen = list_ui(ui, search);
            if chosen.is_some() {
                ui.close();
            }
            chosen
        });
        if let Some(info) = inner.and_then(|i| i.inner) {
            search.clear();
            let mut specs = state.config.transforms.clone();
            specs.push(TransformSpec::new(info.name));
            commands.send(UiCommand::SetTransforms { specs, settled: true });
        }
        ui.menu_button(tr!("window-chain-menu"), |ui| {
            let mut item = |ui: &mut Ui, text: String, hint: String, command: UiCommand| {
                if ui.button(text).on_hover_text(hint).clicked() {
                    commands.send(command);
                    ui.close();
                }
            };
            for preset in transform::chain_presets() {
                item(ui, preset.title().into_owned(), preset.meaning().into_owned(), UiCommand::UsePreset(preset.key));
            }
            ui.separator();
            let paste = Action::PasteChain;
            item(ui, paste.title(), paste.hint(), UiCommand::ShowPaste(true));
            item(ui, tr!("window-save-chain"), tr!("window-save-chain-hint"), UiCommand::SaveChain);
            if ui.button(tr!("window-copy-chain")).clicked() {
                ui.ctx().copy_text(crate::config::transforms_to_toml(&state.config.transforms));
                ui.close();
            }
        });
    });
}

/// All transforms by family, less those that the search leaves out; gives the one that was chosen.
fn list_ui(ui: &mut Ui, search: &mut String) -> Option<&'static TransformInfo> {
    ui.set_width(MENU_WIDTH);
    let field = ui.add(TextEdit::singleline(search).hint_text(tr!("window-search")).desired_width(f32::INFINITY));
    let field = style::named(field, &tr!("window-search-transforms"));
    // Before the field asks for its focus back.
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if !field.has_focus() && ui.memory(|m| m.focused().is_none()) {
        field.request_focus();
    }
    let found: Vec<&TransformInfo> = transform::registry().iter().filter(|i| !i.pinned && fits(i, search)).collect();
    let mut chosen = if enter && !search.trim().is_empty() { found.first().copied() } else { None };
    ScrollArea::vertical().max_height(MENU_HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
        for family in Family::ALL {
            let mut of_family = found.iter().filter(|i| i.family == family).peekable();
            if of_family.peek().is_none() {
                continue;
            }
            ui.label(style::faint(ui, family.to_string()).small().strong());
            for info in of_family {
                let source = style::faint(ui, info.library.to_string()).small();
                let button = egui::Button::new(info.name).right_text(source.clone()).frame(false);
                let button = button.wrap_mode(egui::TextWrapMode::Truncate).min_size(vec2(ui.available_width(), 0.0));
                let button = style::named(ui.add(button), info.name).on_hover_ui(|ui| {
                    ui.set_max_width(360.0);
                    ui.label(info.meaning());
                    ui.label(source);
                });
                if button.clicked() {
                    chosen = Some(info);
                }
            }
        }
        if found.is_empty() {
            ui.label(tr!("window-no-such-transform"));
        }
    });
    chosen
}

/// Every word of the search is in its name, library, family or description.
fn fits(info: &TransformInfo, search: &str) -> bool {
    let text = format!("{} {} {} {}", info.name, info.library, info.family, info.meaning()).to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_by_name_library_and_words() {
        let names = |search: &str| {
            let all = transform::registry().iter().filter(|i| fits(i, search));
            all.map(|i| i.name).collect::<Vec<_>>()
        };
        assert!(names("").len() == transform::registry().len());
        assert!(names("rotate monai").contains(&"RandRotate"));
        assert!(names("turns picture").contains(&"Rotate"));
        assert_eq!(names("no such words"), [""; 0]);
    }
}
