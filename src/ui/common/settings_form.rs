//! The settings as forms: a row a key, made from its description.

use super::number_field::refused_ui;
use super::param_form::{self, Control, Typing};
use super::style;
use crate::config::{Key, ParamInfo, ParamKind, SECTIONS};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{CollapsingHeader, RichText, Ui};

/// On the button that leads back to a default: narrow in every language.
const RESET: &str = "↺";

/// Why a control cannot be moved.
pub fn fixed_while_running() -> String {
    tr!("window-fixed-while-running")
}

/// The keys of these sections that `shown` lets through, those seldom changed in a part that opens; `extra` adds to a row.
pub fn keys_form(
    ui: &mut Ui,
    state: &State,
    sections: &[&str],
    typing: &mut Typing,
    commands: &mut Commands,
    shown: impl Fn(&str) -> bool,
    mut extra: impl FnMut(&mut Ui, &Key),
) {
    let sections = SECTIONS.iter().filter(|section| sections.contains(&section.name));
    let keys = sections.flat_map(|section| state.config.section_keys(section)).filter(|key| shown(key.info.name));
    let (advanced, usual): (Vec<Key>, Vec<Key>) = keys.partition(|key| key.info.advanced);
    let mut row = |ui: &mut Ui, key: &Key, commands: &mut Commands| {
        key_row(ui, state, key, "panel ", typing, commands, |ui| extra(ui, key));
    };
    for key in &usual {
        row(ui, key, commands);
    }
    let Some(first) = advanced.first() else { return };
    let changed = advanced.iter().filter(|key| state.config.is_changed(key)).count();
    let title = tr!("window-more-settings", changed);
    let header = CollapsingHeader::new(title).id_salt(("more-settings", first.path())).show(ui, |ui| {
        for key in &advanced {
            row(ui, key, commands);
        }
    });
    style::named(header.header_response, &tr!("window-more-of", section = first.section.title()));
}

/// The row of one key: title, control, unit, and a way back to the default where that is not what stands there.
/// `author_prefix` tells the places apart in which a key has a control.
pub fn key_row(
    ui: &mut Ui,
    state: &State,
    key: &Key,
    author_prefix: &str,
    typing: &mut Typing,
    commands: &mut Commands,
    extra: impl FnOnce(&mut Ui),
) {
    let info = &key.info;
    let path = key.path();
    let current = state.config.value(key);
    let hint = format!("{}\n{path}", param_form::hint(info));
    let author_id = format!("{author_prefix}{path}");
    let enabled = info.live || !state.run.live.is_active();
    let is_box = info.kind == ParamKind::Bool;
    let control = |ui: &mut Ui, label, typing: &mut Typing| {
        let title = info.title();
        let text = if is_box { &*title } else { "" };
        let control = Control { info, current: &current, label, text, hint: &hint, author_id: &author_id };
        let inner = ui.add_enabled_ui(enabled, |ui| {
            // Side by side as in the row, which a part that may be disabled is not by itself.
            ui.horizontal_wrapped(|ui| param_form::value_ui(ui, &control, typing)).inner
        });
        inner.response.on_disabled_hover_text(fixed_while_running());
        inner.inner
    };
    let rest = |ui: &mut Ui, commands: &mut Commands| {
        // The title of the workers is their unit.
        if info.presets.is_empty() && info.name != "workers" {
            param_form::unit_ui(ui, info, &current);
        }
        extra(ui);
        if state.config.is_changed(key) && enabled {
            let default = ParamInfo::show_text(&info.default_value());
            let default = if default.is_empty() { tr!("window-no-value") } else { default };
            let button = ui.small_button(RichText::new(RESET).color(style::faint_colour(ui)));
            let button = style::named(button, &tr!("window-reset-key", key = info.title()));
            let button = style::with_author_id(button, &format!("{author_prefix}reset {path}"));
            if button.on_hover_text(tr!("window-reset-hint", default)).clicked() {
                commands.send(UiCommand::Reset(path.clone()));
            }
        }
    };
    let edited = if is_box {
        ui.horizontal(|ui| {
            let edited = control(ui, ui.scope_id(), typing);
            rest(ui, commands);
            edited
        })
        .inner
    } else {
        style::setting_row(ui, &info.title(), &hint, |ui, label| {
            let edited = control(ui, label, typing);
            rest(ui, commands);
            refused_ui(ui, edited.refused.as_ref());
            edited
        })
    };
    if let Some(value) = edited.value.filter(|value| *value != current) {
        commands.send(UiCommand::Set { key: path, value, settled: edited.settled });
    }
}
