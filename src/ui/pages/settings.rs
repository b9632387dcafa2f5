//! The Settings page: every key there is, searchable, with a dot where it is changed and a way back.

use crate::config::{Key, SECTIONS};
use crate::ui::common::param_form::{self, Typing};
use crate::ui::common::preferences::preferences_ui;
use crate::ui::common::settings_form::key_row;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State};
use egui::{RichText, Ui};

impl Page {
    pub const SETTINGS: Self = Self::new("settings");
}

/// The page's own fields.
#[derive(Default)]
pub struct SettingsForm {
    typing: Typing,
    search: String,
    /// Only what is not at its default.
    changed_only: bool,
}

/// Every key of the settings, searchable.
pub fn settings_page(ui: &mut Ui, state: &State, form: &mut SettingsForm, commands: &mut Commands) {
    let keys = state.config.keys();
    let changed = keys.iter().filter(|key| state.config.is_changed(key)).count();
    ui.horizontal_wrapped(|ui| {
        let search =
            egui::TextEdit::singleline(&mut form.search).hint_text(tr!("page-settings-search")).desired_width(220.0);
        style::named(ui.add(search), &tr!("page-settings-search-named"))
            .on_hover_text(tr!("page-settings-search-hint"));
        let text = tr!("page-settings-changed-only", changed);
        ui.checkbox(&mut form.changed_only, text).on_hover_text(tr!("page-settings-changed-only-hint"));
    });
    ui.add_space(4.0);
    egui::ScrollArea::vertical().id_salt("all-settings").auto_shrink([false, false]).show(ui, |ui| {
        preferences_ui(ui, state, commands);
        ui.add_space(8.0);
        let mut any = false;
        for section in SECTIONS {
            let fits = |key: &&Key| {
                key.section.name == section.name
                    && matches(&form.search, key)
                    && (!form.changed_only || state.config.is_changed(key))
            };
            let shown: Vec<&Key> = keys.iter().filter(fits).collect();
            if shown.is_empty() {
                continue;
            }
            any = true;
            ui.label(RichText::new(section.title()).strong().size(15.0)).on_hover_text(section.meaning());
            for key in shown {
                described_row(ui, state, key, &mut form.typing, commands);
            }
            ui.add_space(8.0);
        }
        if !any {
            ui.label(style::faint(ui, tr!("page-settings-none")));
        }
    });
}

/// A row with its meaning beneath, and a dot before it where the default does not stand.
fn described_row(ui: &mut Ui, state: &State, key: &Key, typing: &mut Typing, commands: &mut Commands) {
    ui.horizontal(|ui| {
        let (rect, dot) = ui.allocate_exact_size(egui::vec2(10.0, ui.spacing().interact_size.y), egui::Sense::hover());
        if state.config.is_changed(key) {
            ui.painter().circle_filled(rect.center(), 3.5, style::accent(ui));
            style::named(dot, &tr!("page-settings-is-changed", key = key.path()))
                .on_hover_text(tr!("page-settings-not-default"));
        }
        ui.vertical(|ui| {
            key_row(ui, state, key, "", typing, commands, |ui| {
                ui.label(style::faint(ui, key.path()).small().monospace());
                if key.info.live {
                    let live = ui.label(style::faint(ui, tr!("page-settings-live")).small());
                    live.on_hover_text(tr!("page-settings-live-hint"));
                }
            });
            ui.add(egui::Label::new(style::faint(ui, param_form::meaning(&key.info)).small()).wrap());
        });
    });
}

/// Every word typed stands in the key's names or its meaning.
fn matches(search: &str, key: &Key) -> bool {
    let text =
        format!("{} {} {} {}", key.section.title(), key.info.title(), key.path(), key.info.meaning()).to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| text.contains(word))
}
