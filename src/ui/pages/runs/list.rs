//! The list: a row a run, columns that sort.

use super::RunsForm;
use super::state::RunsCommand;
use crate::store::{RunCard, RunStanding};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Grid, RichText, ScrollArea, Sense, Ui};
use std::cmp::Ordering;

/// What a column shows and sorts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Column {
    #[default]
    Name,
    State,
    Dataset,
    Model,
    Device,
    Epochs,
    Loss,
    ValLoss,
    Accuracy,
    Auc,
    Test,
    Rate,
    Tags,
}

impl Column {
    const ALL: [Self; 13] = [
        Self::Name,
        Self::State,
        Self::Dataset,
        Self::Model,
        Self::Device,
        Self::Epochs,
        Self::Rate,
        Self::ValLoss,
        Self::Accuracy,
        Self::Auc,
        Self::Test,
        Self::Tags,
        Self::Loss,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state",
            Self::Dataset => "dataset",
            Self::Model => "model",
            Self::Device => "device",
            Self::Epochs => "epochs",
            Self::Loss => "loss",
            Self::ValLoss => "val-loss",
            Self::Accuracy => "accuracy",
            Self::Auc => "auc",
            Self::Test => "test",
            Self::Rate => "rate",
            Self::Tags => "tags",
        }
    }

    /// What there is more of stands first.
    fn falls(self) -> bool {
        matches!(self, Self::Name | Self::Epochs | Self::Accuracy | Self::Auc | Self::Test | Self::Rate)
    }

    fn figure(self, card: &RunCard, last: bool) -> Option<f64> {
        let figures = if last { &card.last } else { &card.best };
        match self {
            Self::Epochs => Some(card.summary.epochs as f64),
            Self::Loss => figures.train_loss,
            Self::ValLoss => figures.val_loss,
            Self::Accuracy => figures.val_accuracy,
            Self::Auc => figures.val_auc,
            Self::Test => card.test.as_ref().map(|test| test.accuracy),
            Self::Rate => card.summary.images_per_sec,
            Self::Name | Self::State | Self::Dataset | Self::Model | Self::Device | Self::Tags => None,
        }
    }

    fn text(self, card: &RunCard, last: bool) -> String {
        let figure = self.figure(card, last);
        let share = |v: f64| format!("{v:.4}");
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "N/A".to_owned());
        match self {
            Self::Name => card.summary.name.clone(),
            Self::State => standing(card.summary.state),
            Self::Dataset => or_none(dataset(card)),
            Self::Model => card.summary.model.clone(),
            Self::Device => card.device.clone(),
            Self::Epochs => card.summary.epochs.to_string(),
            Self::Loss | Self::ValLoss => or_none(figure.map(words::loss)),
            Self::Accuracy | Self::Auc | Self::Test => or_none(figure.map(share)),
            Self::Rate => or_none(figure.map(words::rate)),
            Self::Tags => card.notes.tags.join(", "),
        }
    }

    /// What a run stands by in the order of the column: its figure, or its text where there is none.
    fn place(self, card: &RunCard, last: bool) -> Result<f64, String> {
        self.figure(card, last).ok_or_else(|| self.text(card, last))
    }

    /// In the order of the column; runs without a figure come last, whichever way it is.
    fn compare(self, a: &Result<f64, String>, b: &Result<f64, String>, turned: bool) -> Ordering {
        let falls = self.falls() != turned;
        let direct = |order: Ordering| if falls { order.reverse() } else { order };
        match (a, b) {
            (Ok(x), Ok(y)) => direct(x.total_cmp(y)),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(a), Err(b)) => direct(a.cmp(b)),
        }
    }
}

fn dataset(card: &RunCard) -> Option<String> {
    Some(card.summary.dataset.as_ref()?.file_name()?.to_string_lossy().into_owned())
}

pub(super) fn standing(state: RunStanding) -> String {
    tr!("page-runs-state", state = state.name())
}

/// The runs that are searched for, in the order asked for.
pub(super) fn arranged<'a>(cards: &'a [RunCard], form: &RunsForm) -> Vec<&'a RunCard> {
    let wanted: Vec<String> = form.search.split_whitespace().map(str::to_lowercase).collect();
    let is_wanted = |card: &&RunCard| {
        if wanted.is_empty() {
            return true;
        }
        let columns = [Column::Name, Column::State, Column::Dataset, Column::Model, Column::Device, Column::Tags];
        let mut text: Vec<String> = columns.iter().map(|column| column.text(card, false).to_lowercase()).collect();
        text.push(card.notes.note.to_lowercase());
        wanted.iter().all(|word| text.iter().any(|text| text.contains(word)))
    };
    let place = |card| (form.sort.place(card, form.last), card);
    let mut found: Vec<(_, &RunCard)> = cards.iter().filter(is_wanted).map(place).collect();
    found.sort_by(|(a, a_card), (b, b_card)| {
        let order = form.sort.compare(a, b, form.turned);
        order.then_with(|| b_card.summary.name.cmp(&a_card.summary.name))
    });
    found.into_iter().map(|(_, card)| card).collect()
}

pub(super) fn list_ui(ui: &mut Ui, state: &State, cards: &[RunCard], form: &mut RunsForm, commands: &mut Commands) {
    let found = arranged(cards, form);
    if found.is_empty() {
        ui.label(style::faint(ui, tr!("page-runs-not-found")));
        return;
    }
    let area = ScrollArea::both().id_salt("runs").auto_shrink([false, false]);
    if found.len() <= MOST_AT_ONCE {
        area.show(ui, |ui| rows_ui(ui, state, &found, 0, form, commands));
        return;
    }
    let height = ui.spacing().interact_size.y;
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, ROW_SPACING);
    area.show_rows(ui, height, found.len() + 1, |ui, shown| {
        ui.spacing_mut().item_spacing.y = spacing;
        let rows = shown.start.saturating_sub(1)..shown.end.saturating_sub(1);
        rows_ui(ui, state, &found[rows], shown.start, form, commands);
    });
    ui.spacing_mut().item_spacing.y = spacing;
}

/// More rows are only drawn where they are in sight.
const MOST_AT_ONCE: usize = 200;
const ROW_SPACING: f32 = 5.0;

/// The head, where the first line is in sight, and these rows. Stripes are those of their places in the list.
fn rows_ui(ui: &mut Ui, state: &State, rows: &[&RunCard], first: usize, form: &mut RunsForm, commands: &mut Commands) {
    let spacing = [14.0, ROW_SPACING];
    let grid = Grid::new("runs").striped(true).start_row(first).spacing(spacing);
    grid.min_row_height(ui.spacing().interact_size.y).show(ui, |ui| {
        if first == 0 {
            ui.label("").on_hover_text(tr!("page-runs-overlay-hint"));
            for column in Column::ALL {
                head_ui(ui, column, form);
            }
            ui.end_row();
        }
        for card in rows {
            row_ui(ui, state, card, form, commands);
            ui.end_row();
        }
    });
}

fn head_ui(ui: &mut Ui, column: Column, form: &mut RunsForm) {
    let sorted = form.sort == column;
    let title = tr!("page-runs-column", column = column.key());
    let text = match (sorted, column.falls() != form.turned) {
        (false, _) => RichText::new(title),
        (true, true) => RichText::new(format!("{title} ↓")).strong(),
        (true, false) => RichText::new(format!("{title} ↑")).strong(),
    };
    let head = ui.add(egui::Label::new(text).selectable(false).sense(Sense::click()));
    let head = head.on_hover_text(tr!("page-runs-column-hint", column = column.key()));
    if style::with_author_id(head, &format!("runs-sort={}", column.key())).clicked() {
        form.turned = sorted && !form.turned;
        form.sort = column;
    }
}

fn row_ui(ui: &mut Ui, state: &State, card: &RunCard, form: &mut RunsForm, commands: &mut Commands) {
    let dir = &card.summary.dir;
    let mut overlaid = state.runs.is_overlaid(dir);
    let check = style::named(ui.checkbox(&mut overlaid, ""), &tr!("page-runs-overlay-of", run = &card.summary.name));
    if style::with_author_id(check, &format!("overlay={}", card.summary.name)).changed() {
        commands.send(UiCommand::Runs(RunsCommand::Overlay { dir: dir.clone(), shown: overlaid }));
    }
    for column in Column::ALL {
        let text = column.text(card, form.last);
        match column {
            Column::Name => {
                let selected = form.selected.as_ref() == Some(dir);
                let name = ui.selectable_label(selected, text);
                let own = state.run_dir.as_ref() == Some(dir);
                let name = if own { name.on_hover_text(tr!("page-runs-own")) } else { name };
                if style::with_author_id(name, &format!("run={}", card.summary.name)).clicked() {
                    form.selected = (!selected).then(|| dir.clone());
                }
            }
            Column::State => {
                let colour = match card.summary.state {
                    RunStanding::Failed => style::error_colour(ui),
                    RunStanding::Died => style::warning_colour(ui),
                    RunStanding::Running => style::good_colour(ui),
                    RunStanding::Completed | RunStanding::Stopped => ui.visuals().text_color(),
                };
                ui.label(RichText::new(text).color(colour));
            }
            Column::Dataset | Column::Model | Column::Device | Column::Tags => {
                style::name_label(ui, &text, style::MOST_OF_NAME);
            }
            _ => {
                ui.label(text);
            }
        }
    }
}
