//! What the network can be asked: the test images one by one, another folder, images of no known class.

use super::state::{JudgedSet, ResultsCommand};
use crate::client::{Judged, Judges};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Button, Grid, RichText, TextEdit, Ui};
use std::path::PathBuf;

/// Predictions listed.
const MOST: usize = 200;

/// The field's own text.
#[derive(Default)]
pub(super) struct AskForm {
    path: String,
}

pub(super) fn ask_ui(ui: &mut Ui, state: &State, form: &mut AskForm, commands: &mut Commands) {
    let mut send = |command| commands.send(UiCommand::Results(command));
    ui.label(RichText::new(tr!("page-results-ask")).strong());
    if let Some((done, total)) = state.results.busy {
        ui.horizontal_wrapped(|ui| {
            ui.spinner();
            // How many there are is known when the network is there.
            ui.label(match total {
                0 => tr!("page-results-judging-begins"),
                total => tr!("page-results-judging", done, total),
            });
            if style::pressed(&ui.button(tr!("page-results-cancel"))) {
                send(ResultsCommand::Cancel);
            }
        });
    } else {
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            ui.horizontal_wrapped(|ui| {
                let mut ask = |ui: &mut Ui, id: &str, text: String, hint: String, command: ResultsCommand| {
                    let button = ui.add(Button::new(text)).on_hover_text(hint);
                    let button = button.on_disabled_hover_text(tr!("page-results-judge-busy"));
                    if style::pressed(&style::with_author_id(button, id)) {
                        send(command);
                    }
                };
                let again = judged_of(state).is_some_and(|set| set.judges == Judges::Test);
                let text = if again { tr!("page-results-judge-again") } else { tr!("page-results-judge") };
                ask(ui, "judge", text, tr!("page-results-judge-hint"), ResultsCommand::Judge(Judges::Test));
                let (text, hint) = (tr!("page-results-folder"), tr!("page-results-folder-hint"));
                ask(ui, "judge-folder", text, hint, ResultsCommand::ChooseFolder);
                let (text, hint) = (tr!("page-results-images"), tr!("page-results-images-hint"));
                ask(ui, "judge-images", text, hint, ResultsCommand::ChooseImages);
            });
            path_ui(ui, form, &mut send);
        });
    }
    ui.label(style::faint(ui, tr!("page-results-drop")));
    if let Some(error) = &state.results.error {
        ui.label(style::error(ui, error.to_string()));
    }
}

/// What was judged, if it was by the network of the run shown.
pub(super) fn judged_of(state: &State) -> Option<&JudgedSet> {
    state.results.judged.as_ref().filter(|_| state.results.run_dir == state.run_dir)
}

pub(super) fn predicted_of(state: &State) -> Option<&Judged> {
    state.results.predicted.as_ref().filter(|_| state.results.run_dir == state.run_dir)
}

/// A path typed or pasted: of class folders, or of images.
fn path_ui(ui: &mut Ui, form: &mut AskForm, send: &mut impl FnMut(ResultsCommand)) {
    ui.horizontal_wrapped(|ui| {
        let field = TextEdit::singleline(&mut form.path).hint_text(tr!("page-results-path")).desired_width(280.0);
        style::named(ui.add(field), &tr!("page-results-path"));
        let path = PathBuf::from(form.path.trim().trim_matches('"'));
        let is_typed = !path.as_os_str().is_empty();
        let folder = ui.add_enabled(is_typed, Button::new(tr!("page-results-path-folder")));
        if folder.on_hover_text(tr!("page-results-folder-hint")).clicked() {
            send(ResultsCommand::Judge(Judges::Folder(path.clone())));
        }
        let images = ui.add_enabled(is_typed, Button::new(tr!("page-results-path-images")));
        if images.on_hover_text(tr!("page-results-images-hint")).clicked() {
            send(ResultsCommand::Judge(Judges::Images(vec![path])));
        }
    });
}

/// What the network takes images of no known class for, the most certain first.
pub(super) fn predicted_ui(ui: &mut Ui, predicted: &Judged, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(tr!("page-results-predicted", images = predicted.images.len())).strong());
        if ui.small_button(tr!("page-results-forget")).clicked() {
            commands.send(UiCommand::Results(ResultsCommand::ForgetPredicted));
        }
    });
    if let Some(why) = &predicted.instead {
        ui.label(style::warning(ui, words::capitalised(&why.to_string())));
    }
    Grid::new("predicted").striped(true).spacing([16.0, 4.0]).show(ui, |ui| {
        for head in ["image", "predicted", "confidence"] {
            ui.label(style::faint(ui, tr!("page-results-head", head)));
        }
        ui.end_row();
        for image in predicted.images.iter().take(MOST) {
            let file = image.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            ui.label(file).on_hover_text(image.path.display().to_string());
            ui.label(predicted.classes.get(image.predicted as usize).map_or("N/A", String::as_str));
            ui.label(format!("{:.3}", image.confidence));
            ui.end_row();
        }
    });
    if predicted.images.len() > MOST {
        ui.label(style::faint(ui, tr!("page-results-more", more = predicted.images.len() - MOST)));
    }
    left_out_ui(ui, predicted);
}

/// Images that could not be judged, and why.
pub(super) fn left_out_ui(ui: &mut Ui, judged: &Judged) {
    const SHOWN: usize = 10;
    for (path, reason) in judged.left_out.iter().take(SHOWN) {
        let path = path.display().to_string();
        let words = tr!("page-judge-left-out", reason = reason.to_string(), path);
        ui.label(style::warning(ui, words));
    }
    if judged.left_out.len() > SHOWN {
        ui.label(style::faint(ui, tr!("page-results-more", more = judged.left_out.len() - SHOWN)));
    }
}
