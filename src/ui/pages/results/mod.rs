//! How good the network of the run is: the confusion matrix, classes one by one, and the worst mistakes.

mod confusion;
mod mistakes;
pub mod state;

use crate::client::Live;
use crate::protocol::{ClassReport, TestReport};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Grid, Label, RichText, ScrollArea, Sense, Ui};
use state::ResultsCommand;

impl Page {
    pub const RESULTS: Self = Self::new("results");
}

/// What the page keeps from frame to frame.
#[derive(Default)]
pub struct ResultsForm {
    /// A cell of the confusion matrix: true class, predicted class.
    cell: Option<(u32, u32)>,
    sort: Sort,
    /// Classes by their names in place of a figure.
    by_name: bool,
}

/// What classes are sorted by; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Sort {
    #[default]
    F1,
    Precision,
    Recall,
    Support,
}

impl Sort {
    const ALL: [Self; 4] = [Self::Precision, Self::Recall, Self::F1, Self::Support];

    fn key(self) -> &'static str {
        match self {
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Support => "support",
        }
    }

    fn of(self, class: &ClassReport) -> f64 {
        match self {
            Self::F1 => class.f1,
            Self::Precision => class.precision,
            Self::Recall => class.recall,
            Self::Support => class.support as f64,
        }
    }
}

pub fn results_page(ui: &mut Ui, state: &State, form: &mut ResultsForm, commands: &mut Commands) {
    if state.run.started.is_none() {
        ui.label(style::faint(ui, tr!("page-results-none")));
        return;
    }
    ScrollArea::both().id_salt("results").auto_shrink([false, false]).show(ui, |ui| {
        epochs_ui(ui, state);
        let test = match &state.run.live {
            Live::Finished(finished) => finished.test.as_ref(),
            _ => None,
        };
        match test {
            Some(test) => test_ui(ui, test, form),
            None => {
                ui.label(style::faint(ui, tr!("page-results-no-test")));
            }
        }
        let judged = judged_of(state);
        let confusion = judged.map(|judged| judged.confusion());
        let classes: Vec<String> = match (judged, &state.run.started) {
            (Some(judged), _) => judged.classes.clone(),
            (None, Some(started)) => started.class_names.clone(),
            (None, None) => Vec::new(),
        };
        if let Some(matrix) = confusion.as_ref().or(test.map(|test| &test.confusion)) {
            ui.add_space(8.0);
            ui.label(RichText::new(tr!("page-results-confusion")).strong());
            let clickable = confusion.is_some();
            let hint = if clickable { tr!("page-results-cell-hint") } else { tr!("page-results-cell-record") };
            ui.label(style::faint(ui, hint));
            confusion::confusion_ui(ui, &classes, matrix, clickable, &mut form.cell);
        }
        ui.add_space(8.0);
        judge_ui(ui, state, commands);
        if let Some(judged) = judged {
            mistakes::mistakes_ui(ui, judged, &mut form.cell, commands);
        }
    });
}

/// What was judged, if it was by the network of the run shown.
fn judged_of(state: &State) -> Option<&crate::client::Judged> {
    state.results.judged.as_ref().filter(|_| state.results.run_dir == state.run_dir)
}

/// The best epoch's and the last one's figures.
fn epochs_ui(ui: &mut Ui, state: &State) {
    let Some(last) = state.run.epochs.last() else {
        ui.label(style::faint(ui, tr!("page-results-no-epoch")));
        return;
    };
    let best = state.run.epochs.iter().rev().find(|epoch| epoch.best).unwrap_or(last);
    ui.label(RichText::new(tr!("page-results-validation")).strong());
    Grid::new("epochs").spacing([18.0, 3.0]).show(ui, |ui| {
        for head in ["epoch", "train-loss", "val-loss", "accuracy", "auc"] {
            ui.label(style::faint(ui, tr!("page-results-head", head)));
        }
        ui.end_row();
        for (which, epoch) in [("best", best), ("last", last)] {
            ui.label(tr!("page-results-epoch", which, epoch = epoch.epoch));
            ui.label(words::loss(epoch.train_loss));
            ui.label(epoch.val_loss.map_or_else(|| "N/A".to_owned(), words::loss));
            for share in [epoch.val_accuracy, epoch.val_auc] {
                ui.label(share.map_or_else(|| "N/A".to_owned(), |v| format!("{v:.4}")));
            }
            ui.end_row();
        }
    });
    ui.add_space(8.0);
}

fn test_ui(ui: &mut Ui, test: &TestReport, form: &mut ResultsForm) {
    ui.label(RichText::new(tr!("page-results-test")).strong());
    let auc = test.auc.map_or_else(|| "N/A".to_owned(), |auc| format!("{auc:.4}"));
    let (loss, accuracy) = (words::loss(test.loss), format!("{:.4}", test.accuracy));
    ui.label(tr!("page-results-test-figures", loss, accuracy, auc));
    ui.add_space(6.0);
    let mut classes: Vec<&ClassReport> = test.classes.iter().collect();
    if form.by_name {
        classes.sort_by(|a, b| a.name.cmp(&b.name));
    } else {
        classes.sort_by(|a, b| form.sort.of(a).total_cmp(&form.sort.of(b)));
    }
    Grid::new("classes").striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        let head = |ui: &mut Ui, key: &str, sorted: bool| -> bool {
            let text = tr!("page-results-head", head = key);
            let text = if sorted { RichText::new(text).strong() } else { RichText::new(text) };
            let head = ui.add(Label::new(text).selectable(false).sense(Sense::click()));
            style::with_author_id(head, &format!("classes-sort={key}"))
                .on_hover_text(tr!("page-results-sort"))
                .clicked()
        };
        if head(ui, "class", form.by_name) {
            form.by_name = true;
        }
        for sort in Sort::ALL {
            if head(ui, sort.key(), !form.by_name && form.sort == sort) {
                (form.sort, form.by_name) = (sort, false);
            }
        }
        ui.end_row();
        for class in classes {
            ui.label(&class.name);
            for figure in [class.precision, class.recall, class.f1] {
                bar_ui(ui, figure);
            }
            ui.label(words::count(class.support));
            ui.end_row();
        }
    });
}

/// A share with a bar behind it.
fn bar_ui(ui: &mut Ui, share: f64) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(84.0, ui.spacing().interact_size.y), Sense::hover());
    let bar = rect.shrink2(egui::vec2(0.0, 4.0));
    let filled = bar.with_max_x(bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32);
    ui.painter().rect_filled(bar, 2.0, ui.visuals().faint_bg_color);
    ui.painter().rect_filled(filled, 2.0, style::selection_colour(ui).gamma_multiply(0.35));
    let (font, colour) = (egui::TextStyle::Body.resolve(ui.style()), ui.visuals().text_color());
    let at = rect.left_center() + egui::vec2(5.0, 0.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, format!("{share:.4}"), font, colour);
}

/// Has the test images judged.
fn judge_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        if let Some((done, total)) = state.results.busy {
            ui.spinner();
            ui.label(tr!("page-results-judging", done, total));
            if ui.button(tr!("page-results-cancel")).clicked() {
                commands.send(UiCommand::Results(ResultsCommand::Cancel));
            }
            return;
        }
        let idle = !state.run.live.is_active();
        let again = judged_of(state).is_some();
        let text = if again { tr!("page-results-judge-again") } else { tr!("page-results-judge") };
        let button = ui.add_enabled(idle, egui::Button::new(text)).on_hover_text(tr!("page-results-judge-hint"));
        let button = button.on_disabled_hover_text(tr!("page-results-judge-busy"));
        if style::with_author_id(button, "judge").clicked() {
            commands.send(UiCommand::Results(ResultsCommand::Judge));
        }
    });
    if let Some(error) = &state.results.error {
        ui.label(RichText::new(error.to_string()).color(style::error_colour(ui)));
    }
}
