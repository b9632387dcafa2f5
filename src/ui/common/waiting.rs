//! A file that hangs while many are read.

use super::style;
use crate::console::show_path;
use crate::data::Waiting;
use crate::language::Arg;
use crate::ui::state::{Commands, UiCommand};
use egui::Ui;

/// What is waited for, and the button that leaves it out where that is possible.
pub fn waiting_ui(ui: &mut Ui, waiting: &Waiting, commands: &mut Commands) {
    let path = show_path(&waiting.path);
    let shown = waiting.name.as_ref().unwrap_or(&path);
    let words = tr!("window-waiting", lasted = Arg::duration(waiting.elapsed.as_secs_f64()), path = shown);
    ui.horizontal_wrapped(|ui| {
        ui.label(style::warning(ui, words)).on_hover_text(&path);
        if let Some(name) = &waiting.name
            && style::pressed(&ui.button(tr!("window-leave-out")).on_hover_text(tr!("window-leave-out-hint")))
        {
            commands.send(UiCommand::LeaveOut(name.clone()));
        }
    });
}
