//! The path that a dialog of the system would have asked for, typed where it has none to show.

use crate::ui::common::focus::typed_ahead;
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Context, Id, Key, Modal, TextEdit};

/// The dialog's own field.
#[derive(Default)]
pub struct PathForm {
    path: String,
    was_open: bool,
}

pub fn path_dialog(ctx: &Context, state: &State, form: &mut PathForm, commands: &mut Commands) {
    let Some(asked) = &state.view.asked_path else {
        form.was_open = false;
        return;
    };
    let opened = !std::mem::replace(&mut form.was_open, true);
    let modal = Modal::new(Id::unique("type-a-path")).show(ctx, |ui| {
        ui.set_width(460.0);
        ui.heading(&asked.title);
        ui.label(style::faint(ui, tr!("window-no-file-dialog")));
        if opened {
            // What was refused stays to be changed; what was typed for something else goes.
            if asked.refused.is_none() {
                form.path.clear();
            }
            form.path.push_str(&typed_ahead(ui.ctx()));
        }
        let edit = TextEdit::singleline(&mut form.path).desired_width(f32::INFINITY);
        let field = style::named(ui.add(edit), &asked.title);
        if opened {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if let Some(refused) = &asked.refused {
            ui.label(style::error(ui, refused.to_string()));
        }
        ui.horizontal(|ui| {
            let is_typed = !form.path.trim().is_empty();
            let use_it = ui.add_enabled(is_typed, style::primary_button(ui, &tr!("window-use-path")));
            if is_typed && (use_it.clicked() || entered) {
                commands.send(UiCommand::GivePath(Some(form.path.clone())));
            }
            if ui.button(tr!("window-cancel")).clicked() {
                commands.send(UiCommand::GivePath(None));
            }
        });
    });
    if modal.should_close() {
        commands.send(UiCommand::GivePath(None));
    }
}
