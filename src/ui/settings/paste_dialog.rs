//! A chain as text: pasted or read from a file, in Python or TOML, looked through before it is used.

use crate::transform::{Chain, ImportOptions, Imported, Library, chain_from_text};
use crate::ui::common::focus::typed_ahead;
use crate::ui::common::keys::keys_text;
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{
    ComboBox, Context, Id, Key, KeyboardShortcut, Modal, Modifiers, RichText, ScrollArea, TextEdit, TextStyle, Ui,
};

/// Uses the chain, from within the field too.
const USE_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

/// The dialog's own fields.
#[derive(Default)]
pub struct PasteForm {
    text: String,
    /// What a person said of it: which chain, whose transforms, values from elsewhere.
    options: ImportOptions,
    /// Whose they may be, as the text alone leaves it open.
    open: Vec<Library>,
    /// What was read out of that text.
    read: Option<Result<Imported, String>>,
    was_open: bool,
}

impl PasteForm {
    /// Takes a text that was read from a file.
    pub fn set_text(&mut self, text: String) {
        self.text = text;
        self.forget();
    }

    /// Another text: what was said of the one before says nothing.
    fn forget(&mut self) {
        self.options = ImportOptions::default();
        self.open.clear();
        self.read = None;
    }
}

pub fn paste_dialog(ctx: &Context, state: &State, form: &mut PasteForm, commands: &mut Commands) {
    if !state.view.paste_open {
        form.was_open = false;
        return;
    }
    let opened = !std::mem::replace(&mut form.was_open, true);
    let modal = Modal::new(Id::unique("paste-a-chain")).show(ctx, |ui| {
        ui.set_width(620.0);
        ui.heading(tr!("window-paste-title"));
        ui.label(style::faint(ui, tr!("window-paste-what")));
        let layer = ui.layer_id();
        // A dialog over this one has the keys.
        let by_keys = ui.memory(|memory| memory.top_modal_layer() == Some(layer))
            && ui.input_mut(|input| input.consume_shortcut(&USE_KEYS));
        let ahead = if opened { typed_ahead(ui.ctx()) } else { String::new() };
        form.text.push_str(&ahead);
        let edited = ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            // Tab leaves it, as it does every field.
            let field = TextEdit::multiline(&mut form.text).font(TextStyle::Monospace);
            ui.add(field.desired_rows(12).desired_width(f32::INFINITY))
        });
        let field = style::named(edited.inner, &tr!("window-paste-field"));
        if opened {
            field.request_focus();
        }
        if field.changed() || !ahead.is_empty() {
            // Values stay, as most of what is typed changes none.
            (form.options.chain, form.options.library) = (None, None);
            form.open.clear();
            form.read = None;
        }
        let read =
            form.read.take().unwrap_or_else(|| chain_from_text(&form.text, &form.options).map_err(|e| e.to_string()));
        let usable = outcome_ui(ui, &form.text, &read);
        let questions =
            read.as_ref().ok().map(|imported| questions_ui(ui, imported, &mut form.options, &mut form.open));
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let use_it = ui.add_enabled(usable, style::primary_button(ui, &tr!("window-use-chain")));
            let use_it = use_it.on_hover_text(keys_text(ui.ctx(), &USE_KEYS));
            if (use_it.clicked() || (by_keys && usable))
                && let Ok(imported) = &read
            {
                commands.send(UiCommand::SetTransforms { specs: imported.specs.clone(), settled: true });
                commands.send(UiCommand::ShowPaste(false));
            }
            if ui.button(tr!("window-read-file")).clicked() {
                commands.send(UiCommand::ChooseChainFile);
            }
            if ui.button(tr!("window-cancel")).clicked() {
                commands.send(UiCommand::ShowPaste(false));
            }
        });
        if questions == Some(true) {
            // Read again with the answer, in the next frame.
            ui.ctx().request_repaint();
        } else {
            form.read = Some(read);
        }
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowPaste(false));
    }
}

/// What the text leaves open; true where something was answered.
fn questions_ui(ui: &mut Ui, imported: &Imported, options: &mut ImportOptions, open: &mut Vec<Library>) -> bool {
    let mut answered = false;
    if imported.chains.len() > 1 {
        ui.horizontal(|ui| {
            ui.label(tr!("window-which-chain"));
            let mut chosen = imported.chain.clone();
            let combo = ComboBox::from_id_salt("which-chain").selected_text(chosen.as_str()).width(320.0);
            let shown = combo.show_ui(ui, |ui| {
                for name in &imported.chains {
                    answered |= ui.selectable_value(&mut chosen, name.clone(), name).changed();
                }
            });
            style::named(shown.response, &tr!("window-which-chain"));
            if answered {
                options.chain = Some(chosen);
            }
        });
    }
    if !imported.libraries.is_empty() {
        open.clone_from(&imported.libraries);
    }
    if let Some(first) = open.first().copied() {
        ui.horizontal(|ui| {
            ui.label(tr!("window-whose-transforms"));
            let mut chosen = options.library.unwrap_or(first);
            let mut changed = false;
            for library in open.iter().copied() {
                changed |= ui.radio_value(&mut chosen, library, library.short_name()).changed();
            }
            if changed {
                options.library = Some(chosen);
                answered = true;
            }
        });
    }
    // Those that were answered stay, to be answered otherwise.
    let unanswered = imported.asks.iter().filter(|ask| !options.values.iter().any(|(name, _)| *name == ask.name));
    let names: Vec<String> = unanswered.map(|ask| ask.name.clone()).collect();
    options.values.extend(names.into_iter().map(|name| (name, String::new())));
    if !options.values.is_empty() {
        ui.label(tr!("window-values-from-elsewhere"));
    }
    ScrollArea::vertical().id_salt("values").max_height(110.0).show(ui, |ui| {
        for (name, value) in &mut options.values {
            ui.horizontal(|ui| {
                ui.label(RichText::new(name.as_str()).monospace());
                let field = ui.add(TextEdit::singleline(value).desired_width(160.0));
                answered |= style::named(field, &tr!("window-value-of", name = name.as_str())).changed();
            });
        }
    });
    answered
}

/// What was read and what was not; whether it can be used.
fn outcome_ui(ui: &mut Ui, text: &str, read: &Result<Imported, String>) -> bool {
    if text.trim().is_empty() {
        return false;
    }
    let imported = match read {
        Ok(imported) => imported,
        Err(error) => {
            ui.label(style::error(ui, error.to_string()));
            return false;
        }
    };
    let names: Vec<&str> = imported.specs.iter().map(|s| s.name.as_str()).collect();
    let built = Chain::build(&imported.specs);
    if names.is_empty() {
        ui.label(style::error(ui, tr!("window-nothing-read")));
    } else {
        ui.label(tr!("window-chain-read", steps = names.len(), names = names.join(", ")));
    }
    ScrollArea::vertical().id_salt("notes").max_height(140.0).show(ui, |ui| {
        for note in &imported.notes {
            let words = note.to_string();
            let words = if note.lost { style::warning(ui, words) } else { style::faint(ui, words) };
            ui.label(words);
        }
        for ask in &imported.asks {
            ui.label(style::warning(ui, ask.to_string()));
        }
    });
    if let Err(error) = &built {
        ui.label(style::error(ui, error.to_string()));
    }
    built.is_ok() && !names.is_empty() && imported.asks.is_empty()
}
