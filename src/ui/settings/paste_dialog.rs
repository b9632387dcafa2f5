//! A chain as text: pasted or read from a file, in Python or TOML, looked through before it is used.

use crate::transform::{Chain, Imported, chain_from_text};
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Context, Id, Modal, RichText, ScrollArea, TextEdit, Ui};

/// The dialog's own fields.
#[derive(Default)]
pub struct PasteForm {
    text: String,
    /// What was read out of that text.
    read: Option<Result<Imported, String>>,
    was_open: bool,
}

impl PasteForm {
    /// Takes a text that was read from a file.
    pub fn set_text(&mut self, text: String) {
        self.text = text;
        self.read = None;
    }
}

pub fn paste_dialog(ctx: &Context, state: &State, form: &mut PasteForm, commands: &mut Commands) {
    if !state.view.paste_open {
        form.was_open = false;
        return;
    }
    let opened = !std::mem::replace(&mut form.was_open, true);
    let modal = Modal::new(Id::unique("paste a chain")).show(ctx, |ui| {
        ui.set_width(620.0);
        ui.heading("Paste a chain");
        ui.label(style::faint(
            ui,
            "Compose([...]) of MONAI or torchvision, with all around it if you like; or TOML. Nothing of it is run.",
        ));
        let edited = ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            let field = TextEdit::multiline(&mut form.text).code_editor().desired_rows(12).desired_width(f32::INFINITY);
            ui.add(field)
        });
        let field = style::named(edited.inner, "Chain as text");
        if opened {
            field.request_focus();
        }
        if field.changed() {
            form.read = None;
        }
        let text = form.text.as_str();
        let read = form.read.get_or_insert_with(|| chain_from_text(text));
        let usable = outcome_ui(ui, text, read);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let use_it = ui.add_enabled(usable, style::primary_button(ui, "Use this chain"));
            if use_it.clicked()
                && let Ok(imported) = read
            {
                commands.send(UiCommand::SetTransforms { specs: imported.specs.clone(), settled: true });
                commands.send(UiCommand::ShowPaste(false));
            }
            if ui.button("Read a file…").clicked() {
                commands.send(UiCommand::ChooseChainFile);
            }
            if ui.button("Cancel").clicked() {
                commands.send(UiCommand::ShowPaste(false));
            }
        });
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowPaste(false));
    }
}

/// What was read and what was not; whether it can be used.
fn outcome_ui(ui: &mut Ui, text: &str, read: &Result<Imported, String>) -> bool {
    if text.trim().is_empty() {
        return false;
    }
    let imported = match read {
        Ok(imported) => imported,
        Err(error) => {
            ui.label(RichText::new(error).color(style::error_colour(ui)));
            return false;
        }
    };
    let names: Vec<&str> = imported.specs.iter().map(|s| s.name.as_str()).collect();
    let built = Chain::build(&imported.specs);
    if names.is_empty() {
        ui.label(RichText::new("No transform could be read.").color(style::error_colour(ui)));
    } else {
        ui.label(format!("{} read: {}", names.len(), names.join(", ")));
    }
    ScrollArea::vertical().id_salt("notes").max_height(140.0).show(ui, |ui| {
        for note in &imported.notes {
            let words = note.to_string();
            let words =
                if note.lost { RichText::new(words).color(style::warning_colour(ui)) } else { style::faint(ui, words) };
            ui.label(words);
        }
    });
    if let Err(error) = &built {
        ui.label(RichText::new(error.to_string()).color(style::error_colour(ui)));
    }
    built.is_ok() && !names.is_empty()
}
