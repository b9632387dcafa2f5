//! How good the network of the run is: the figures of its test, the confusion matrix, classes one by one, the worst mistakes; and
//! what it makes of other images.

mod ask;
mod classes;
mod confusion;
mod mistakes;
pub mod state;

use crate::client::{Judges, Live, figures_of};
use crate::language::Message;
use crate::protocol::{EpochEvent, TestReport};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use ask::{judged_of, predicted_of};
use egui::{Grid, RichText, ScrollArea, Ui};
use state::ResultsCommand;
use std::path::PathBuf;

impl Page {
    pub const RESULTS: Self = Self::new("results");
}

/// The confusion matrix stands beside the classes where they leave it this, in points.
const LEAST_FOR_MATRIX: f32 = 300.0;
const BETWEEN_BOTH: f32 = 16.0;

/// What the page keeps from frame to frame.
#[derive(Default)]
pub struct ResultsForm {
    /// A cell of the confusion matrix: true class, predicted class.
    cell: Option<(u32, u32)>,
    /// What it is a cell of: which run's network, and which images.
    of: Option<(Option<PathBuf>, Judges)>,
    classes: classes::ClassesForm,
    ask: ask::AskForm,
}

pub fn results_page(ui: &mut Ui, state: &State, form: &mut ResultsForm, commands: &mut Commands) {
    if state.run.started.is_none() {
        ui.label(style::faint(ui, tr!("page-results-none")));
        return;
    }
    ScrollArea::both().id_salt("results").auto_shrink([false, false]).show(ui, |ui| {
        let judged = judged_of(state);
        let is_same = match (&form.of, judged) {
            (Some((run_dir, judges)), Some(set)) => *run_dir == state.run_dir && *judges == set.judges,
            (of, judged) => of.is_none() && judged.is_none(),
        };
        if !is_same {
            (form.cell, form.of) = (None, judged.map(|set| (state.run_dir.clone(), set.judges.clone())));
        }
        let chosen_before = form.cell;
        let other = judged.filter(|set| set.judges != Judges::Test);
        let finished = match &state.run.live {
            Live::Finished(finished) => Some(finished),
            _ => None,
        };
        let own = finished.and_then(|finished| finished.test.as_ref());
        let test = match other {
            Some(set) => set.judged.report.as_deref(),
            // What was judged is then the run's test images, of which it may have made no test itself.
            None => own.or(judged.and_then(|set| set.judged.report.as_deref())),
        };
        let is_made_now = own.is_none() && judged.is_some() && other.is_none();
        let of_own = finished.filter(|_| own.is_some() && other.is_none()).map(|finished| &finished.missing);
        let of_own = of_own.into_iter().flatten().filter(|what| what.is("engine-best-gone"));
        // Of the matrix and the mistakes, where the figures are the run's own.
        let other_weights: Vec<&Message> = of_own.chain(judged.and_then(|set| set.judged.instead.as_ref())).collect();
        title_ui(ui, state, other.map(|set| &set.judges), test, is_made_now, &other_weights, commands);
        let names: &[String] = match (judged, &state.run.started) {
            (Some(set), _) => &set.judged.classes,
            (None, Some(started)) => &started.class_names,
            (None, None) => &[],
        };
        let matrix = judged.map(|set| &set.confusion).or(test.map(|test| &test.confusion));
        let clickable = judged.is_some();
        // Of both, so that a class is found at the same place.
        let order = test.map(|test| form.classes.order(test)).unwrap_or_default();
        let room = ui.available_width() - BETWEEN_BOTH - LEAST_FOR_MATRIX;
        let beside = test.filter(|test| classes::classes_width(ui, test) <= room);
        if let Some(test) = beside {
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| classes::classes_ui(ui, test, &order, &mut form.classes));
                ui.add_space(BETWEEN_BOTH);
                ui.vertical(|ui| matrix_ui(ui, names, matrix, &order, clickable, &mut form.cell));
            });
        } else {
            if let Some(test) = test {
                classes::classes_ui(ui, test, &order, &mut form.classes);
                ui.add_space(8.0);
            }
            matrix_ui(ui, names, matrix, &order, clickable, &mut form.cell);
        }
        ui.add_space(8.0);
        ask::ask_ui(ui, state, &mut form.ask, commands);
        if let Some(predicted) = predicted_of(state) {
            ui.add_space(6.0);
            ask::predicted_ui(ui, predicted, commands);
        }
        if let Some(set) = judged {
            ui.add_space(6.0);
            let is_new = form.cell.is_some() && form.cell != chosen_before;
            mistakes::mistakes_ui(ui, set, &mut form.cell, is_new, commands);
            ask::left_out_ui(ui, &set.judged);
        }
        ui.add_space(8.0);
        epochs_ui(ui, state);
    });
}

/// What the figures are of, and the figures over all classes.
fn title_ui(
    ui: &mut Ui,
    state: &State,
    of: Option<&Judges>,
    test: Option<&TestReport>,
    is_made_now: bool,
    other_weights: &[&Message],
    commands: &mut Commands,
) {
    ui.horizontal_wrapped(|ui| {
        let title = match of {
            Some(Judges::Folder(dir)) => tr!("page-results-of-folder", folder = dir.display().to_string()),
            Some(Judges::Test | Judges::Images(_)) | None if other_weights.is_empty() => tr!("page-results-test"),
            Some(Judges::Test | Judges::Images(_)) | None => tr!("page-results-test-of-others"),
        };
        ui.label(RichText::new(title).strong());
        if of.is_some() && ui.small_button(tr!("page-results-own-test")).clicked() {
            commands.send(UiCommand::Results(ResultsCommand::ForgetJudged));
        }
    });
    let none = match test {
        _ if is_made_now => Some(tr!("page-results-tested-now")),
        Some(_) => None,
        None if state.run.live.is_active() => Some(tr!("page-results-no-test")),
        None => Some(tr!("page-results-not-tested")),
    };
    if let Some(none) = none {
        ui.label(style::faint(ui, none));
    }
    for why in other_weights {
        ui.label(style::warning(ui, words::capitalised(&why.to_string())));
    }
    let Some(test) = test else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        let font = egui::TextStyle::Body.resolve(ui.style());
        for figure in figures_of(test) {
            // One text, so that no line ends between name and value.
            let mut text = egui::text::LayoutJob::default();
            let format = |colour| egui::TextFormat::simple(font.clone(), colour);
            text.append(&figure.name.to_string(), 0.0, format(style::faint_colour(ui)));
            text.append(&format!(" {}", figure.value), 0.0, format(ui.visuals().strong_text_color()));
            ui.add(egui::Label::new(text).extend()).on_hover_text(figure.meaning.to_string());
        }
    });
    ui.add_space(6.0);
}

fn matrix_ui(
    ui: &mut Ui,
    names: &[String],
    matrix: Option<&Vec<Vec<u64>>>,
    order: &[usize],
    clickable: bool,
    cell: &mut Option<(u32, u32)>,
) {
    let Some(matrix) = matrix else { return };
    ui.label(RichText::new(tr!("page-results-confusion")).strong());
    let hint = if clickable { tr!("page-results-cell-hint") } else { tr!("page-results-cell-record") };
    ui.label(style::faint(ui, hint).small());
    confusion::confusion_ui(ui, names, matrix, order, clickable, cell);
}

/// The best epoch's and the last one's figures.
fn epochs_ui(ui: &mut Ui, state: &State) {
    let Some(last) = state.run.epochs.last() else {
        ui.label(style::faint(ui, tr!("page-results-no-epoch")));
        return;
    };
    let of_epoch =
        |epoch: &EpochEvent| (epoch.epoch, [Some(epoch.train_loss), epoch.val_loss, epoch.val_accuracy, epoch.val_auc]);
    let best_epoch = state.run.epochs.iter().rev().find(|epoch| epoch.best);
    let best_within = state.run.validations.iter().rev().find(|validation| validation.best);
    let later = best_within.filter(|within| best_epoch.is_none_or(|epoch| epoch.step < within.step));
    let best = match later {
        Some(within) => (within.epoch, [None, Some(within.loss), Some(within.accuracy), within.auc]),
        None => of_epoch(best_epoch.unwrap_or(last)),
    };
    ui.label(RichText::new(tr!("page-results-validation")).strong());
    Grid::new("epochs").spacing([18.0, 3.0]).show(ui, |ui| {
        for head in ["epoch", "train-loss", "val-loss", "accuracy", "auc"] {
            ui.label(style::faint(ui, tr!("page-results-head", head)));
        }
        ui.end_row();
        for (which, (epoch, [train_loss, val_loss, accuracy, auc])) in [("best", best), ("last", of_epoch(last))] {
            ui.label(tr!("page-results-epoch", which, epoch));
            for loss in [train_loss, val_loss] {
                ui.label(loss.map_or_else(|| "N/A".to_owned(), words::loss));
            }
            for share in [accuracy, auc] {
                ui.label(share.map_or_else(|| "N/A".to_owned(), |v| format!("{v:.4}")));
            }
            ui.end_row();
        }
    });
    ui.add_space(8.0);
}
