//! The runs of the folder: a list to search and sort, and what is to be done with one of them.

mod compare;
mod list;
pub mod state;

use crate::store::{RunCard, RunNotes};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{RichText, ScrollArea, TextEdit, Ui};
use list::Column;
use state::RunsCommand;
use std::path::{Path, PathBuf};

impl Page {
    pub const RUNS: Self = Self::new("runs");
}

/// What the page keeps from frame to frame.
#[derive(Default)]
pub struct RunsForm {
    search: String,
    sort: Column,
    /// The other way round than the column begins with.
    turned: bool,
    /// Figures are the last epoch's in place of the best.
    last: bool,
    selected: Option<PathBuf>,
    /// Compared with the selected one.
    beside: Option<PathBuf>,
    /// Of the selected run, being typed.
    edited: Edited,
    /// Asked whether that one is to go.
    leaving: Option<PathBuf>,
}

#[derive(Default)]
struct Edited {
    of: Option<PathBuf>,
    name: String,
    tags: String,
    note: String,
}

pub fn runs_page(ui: &mut Ui, state: &State, form: &mut RunsForm, commands: &mut Commands) {
    if state.runs.cards.is_none() && !state.runs.busy {
        commands.send(UiCommand::Runs(RunsCommand::Read));
    }
    head_ui(ui, state, form, commands);
    if let Some(error) = &state.runs.error {
        ui.label(style::error(ui, error.to_string()));
    }
    let Some(cards) = &state.runs.cards else {
        ui.spinner();
        return;
    };
    if cards.is_empty() {
        ui.label(style::faint(ui, tr!("page-runs-none", folder = state.runs_dir.display().to_string())));
        return;
    }
    let selected = form.selected.as_ref().and_then(|dir| cards.iter().find(|card| card.summary.dir == *dir));
    if let Some(card) = selected {
        let height = (ui.available_height() * 0.5).clamp(120.0, 320.0);
        egui::Panel::bottom("selected-run").resizable(true).default_size(height).show(ui, |ui| {
            ScrollArea::vertical().id_salt("run-details").auto_shrink([false, false]).show(ui, |ui| {
                details_ui(ui, state, card, cards, form, commands);
            });
        });
    }
    list::list_ui(ui, state, cards, form, commands);
}

fn head_ui(ui: &mut Ui, state: &State, form: &mut RunsForm, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        let hint = tr!("page-runs-search-hint");
        let search = ui.add(TextEdit::singleline(&mut form.search).hint_text(hint.as_str()).desired_width(220.0));
        style::with_author_id(style::named(search, &tr!("page-runs-search")), "runs-search");
        ui.separator();
        ui.label(tr!("page-runs-figures"));
        ui.selectable_value(&mut form.last, false, tr!("page-runs-best")).on_hover_text(tr!("page-runs-best-hint"));
        ui.selectable_value(&mut form.last, true, tr!("page-runs-last")).on_hover_text(tr!("page-runs-last-hint"));
        ui.separator();
        let again = ui.add_enabled(!state.runs.busy, egui::Button::new(tr!("page-runs-read")));
        if style::with_author_id(again, "runs-read").clicked() {
            commands.send(UiCommand::Runs(RunsCommand::Read));
        }
        if ui.button(tr!("page-runs-folder")).clicked() {
            commands.send(UiCommand::OpenFolder(state.runs_dir.clone()));
        }
        if state.runs.busy {
            ui.spinner();
        }
    });
    ui.add_space(4.0);
}

/// What there is of one run, and what can be done with it.
fn details_ui(
    ui: &mut Ui,
    state: &State,
    card: &RunCard,
    cards: &[RunCard],
    form: &mut RunsForm,
    commands: &mut Commands,
) {
    let dir = &card.summary.dir;
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(&card.summary.name).strong().size(15.0));
        ui.label(style::faint(ui, dir.display().to_string()));
    });
    if let Some(trouble) = &card.summary.trouble {
        ui.label(style::warning(ui, trouble.to_string()));
    }
    buttons_ui(ui, state, card, form, commands);
    ui.add_space(4.0);
    edit_ui(ui, card, form, commands);
    ui.add_space(4.0);
    compare::compare_ui(ui, card, cards, &mut form.beside);
}

fn buttons_ui(ui: &mut Ui, state: &State, card: &RunCard, form: &mut RunsForm, commands: &mut Commands) {
    let dir = card.summary.dir.clone();
    let idle = !state.run.live.is_active() && !state.sweep.busy;
    let busy = tr!("page-runs-busy");
    ui.horizontal_wrapped(|ui| {
        let mut overlaid = state.runs.is_overlaid(&dir);
        let check = ui.checkbox(&mut overlaid, tr!("page-runs-overlay")).on_hover_text(tr!("page-runs-overlay-hint"));
        if style::with_author_id(check, "run-overlay").changed() {
            commands.send(UiCommand::Runs(RunsCommand::Overlay { dir: dir.clone(), shown: overlaid }));
        }
        let mut button =
            |ui: &mut Ui, id: &str, may: bool, words: String, hint: String, why: &str, ask: RunsCommand| {
                let button = ui.add_enabled(may, egui::Button::new(words)).on_hover_text(hint);
                let button = style::with_author_id(button, id).on_disabled_hover_text(why);
                if button.clicked() {
                    commands.send(UiCommand::Runs(ask));
                }
            };
        let (show, hint) = (tr!("page-runs-show"), tr!("page-runs-show-hint"));
        button(ui, "run-show", idle, show, hint, &busy, RunsCommand::Show(dir.clone()));
        let (resume, hint) = (tr!("page-runs-resume"), tr!("page-runs-resume-hint"));
        let goes_on = card.summary.resume.goes_on();
        let why = if goes_on { busy.clone() } else { tr!("page-runs-no-resume") };
        button(ui, "run-resume", idle && goes_on, resume, hint, &why, RunsCommand::Resume(dir.clone()));
        let (duplicate, hint) = (tr!("page-runs-duplicate"), tr!("page-runs-duplicate-hint"));
        let has_config = card.config.exists();
        button(ui, "run-duplicate", idle && has_config, duplicate, hint, &busy, RunsCommand::Duplicate(dir.clone()));
        if ui.button(tr!("page-runs-open-folder")).clicked() {
            commands.send(UiCommand::OpenFolder(dir.clone()));
        }
        if form.leaving.as_ref() == Some(&dir) {
            ui.label(tr!("page-runs-trash-sure"));
            let yes = ui.button(style::error(ui, tr!("page-runs-trash-yes")));
            if style::pressed(&style::with_author_id(yes, "run-trash-yes")) {
                form.leaving = None;
                commands.send(UiCommand::Runs(RunsCommand::Trash(dir)));
            }
            if style::pressed(&ui.button(tr!("page-runs-trash-no"))) {
                form.leaving = None;
            }
        } else {
            let trash = ui.button(tr!("page-runs-trash")).on_hover_text(tr!("page-runs-trash-hint"));
            if style::pressed(&style::with_author_id(trash, "run-trash")) {
                form.leaving = Some(dir);
            }
        }
    });
}

/// Name, tags and note; kept when the field is left.
fn edit_ui(ui: &mut Ui, card: &RunCard, form: &mut RunsForm, commands: &mut Commands) {
    let dir: &Path = &card.summary.dir;
    let edited = &mut form.edited;
    if edited.of.as_deref() != Some(dir) {
        *edited = Edited {
            of: Some(dir.to_owned()),
            name: card.summary.name.clone(),
            tags: card.notes.tags.join(", "),
            note: card.notes.note.clone(),
        };
    }
    let mut kept = false;
    style::row(ui, &tr!("page-runs-name"), &tr!("page-runs-name-hint"), |ui, id| {
        let field = ui.add(TextEdit::singleline(&mut edited.name).desired_width(280.0)).labelled_by(id);
        let changed = edited.name.trim() != card.summary.name;
        let rename = ui.add_enabled(changed, egui::Button::new(tr!("page-runs-rename")));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter)) && changed;
        if style::with_author_id(rename, "run-rename").clicked() || entered {
            let name = edited.name.clone();
            commands.send(UiCommand::Runs(RunsCommand::Rename { dir: dir.to_owned(), name }));
        }
        style::with_author_id(field, "run-name");
    });
    style::row(ui, &tr!("page-runs-tags"), &tr!("page-runs-tags-hint"), |ui, id| {
        let field = ui.add(TextEdit::singleline(&mut edited.tags).desired_width(280.0)).labelled_by(id);
        kept |= style::with_author_id(field, "run-tags").lost_focus();
    });
    style::row(ui, &tr!("page-runs-note"), &tr!("page-runs-note-hint"), |ui, id| {
        let field = TextEdit::multiline(&mut edited.note).desired_rows(2).desired_width(ui.available_width() - 8.0);
        let field = ui.add(field).labelled_by(id);
        kept |= style::with_author_id(field, "run-note").lost_focus();
    });
    let tags = edited.tags.split(words::COMMAS).map(str::trim).filter(|tag| !tag.is_empty());
    let notes = RunNotes { tags: tags.map(str::to_owned).collect(), note: edited.note.trim().to_owned() };
    if kept && notes != card.notes {
        commands.send(UiCommand::Runs(RunsCommand::Note { dir: dir.to_owned(), notes }));
    }
}
