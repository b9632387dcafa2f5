//! The command palette: everything that can be asked for, found by typing a part of its name.

use super::action::Action;
use crate::ui::common::focus::typed_ahead;
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align2, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

const WIDTH: f32 = 460.0;
const LIST_HEIGHT: f32 = 340.0;

/// The palette's own fields.
#[derive(Default)]
pub struct PaletteForm {
    search: String,
    /// The line that Enter asks for.
    chosen: usize,
    /// The one that was last brought into sight.
    in_sight: Option<usize>,
    was_open: bool,
}

pub fn palette(ctx: &egui::Context, state: &State, form: &mut PaletteForm, commands: &mut Commands) {
    if !state.view.palette_open {
        form.was_open = false;
        return;
    }
    if !std::mem::replace(&mut form.was_open, true) {
        *form = PaletteForm { was_open: true, search: typed_ahead(ctx), ..PaletteForm::default() };
    }
    // High up, so that the list may grow and shrink below the field.
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 70.0));
    let modal = Modal::new(Id::unique("palette")).area(area).show(ctx, |ui| {
        ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 60.0));
        palette_ui(ui, state, form, commands);
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowPalette(false));
    }
}

fn palette_ui(ui: &mut Ui, state: &State, form: &mut PaletteForm, commands: &mut Commands) {
    let found: Vec<Action> =
        Action::all().filter(|action| *action != Action::Palette && fits(*action, &form.search)).collect();
    // Before the field takes the keys.
    let pressed = |ui: &Ui, key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
    form.chosen = (form.chosen + pressed(ui, Key::ArrowDown)).saturating_sub(pressed(ui, Key::ArrowUp));
    let edit =
        TextEdit::singleline(&mut form.search).hint_text(tr!("window-palette-search")).desired_width(f32::INFINITY);
    let field = style::named(ui.add(edit), &tr!("window-palette-search"));
    if field.changed() {
        (form.chosen, form.in_sight) = (0, None);
    }
    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if !field.has_focus() {
        field.request_focus();
    }
    form.chosen = form.chosen.min(found.len().saturating_sub(1));
    ui.add_space(4.0);
    if found.is_empty() {
        ui.label(style::faint(ui, tr!("window-palette-nothing")));
    }
    let mut asked = found.get(form.chosen).copied().filter(|_| enter);
    // However low the dialog was when it last found nothing.
    let list = ScrollArea::vertical().max_height(LIST_HEIGHT).min_scrolled_height(LIST_HEIGHT);
    let brought = form.in_sight.replace(form.chosen) == Some(form.chosen);
    list.auto_shrink([false, true]).show(ui, |ui| {
        for (line, action) in found.iter().copied().enumerate() {
            let why_not = action.why_not(state);
            let keys = RichText::new(action.keys_text(ui.ctx())).monospace().small();
            let title = action.title();
            let text = if why_not.is_none() { RichText::new(&title) } else { style::faint(ui, &title) };
            let button = egui::Button::selectable(line == form.chosen, text)
                .right_text(keys)
                .min_size(vec2(ui.available_width(), 0.0));
            let response = style::named(ui.add(button), &tr!("window-palette-line", command = title));
            let response = response.on_hover_text(why_not.unwrap_or_else(|| action.hint()));
            if line == form.chosen && !brought {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                asked = Some(action);
            }
        }
    });
    if let Some(action) = asked.filter(|action| action.why_not(state).is_none()) {
        commands.send(UiCommand::ShowPalette(false));
        action.shown_by().into_iter().for_each(|command| commands.send(command));
        commands.send(action.command(state));
    }
}

/// Every word typed stands in the title, the hint or the name.
fn fits(action: Action, search: &str) -> bool {
    let text = format!("{} {} {}", action.title(), action.hint(), action.latin_name()).to_lowercase();
    search.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_by_parts_of_its_name() {
        let found = |search: &str| Action::all().filter(|action| fits(*action, search)).count();
        assert_eq!(found(""), Action::all().count());
        assert!(fits(Action::PauseOrResume, "RES pau") && !fits(Action::Stop, "paus"));
        assert_eq!(found("no such command"), 0);
    }
}
