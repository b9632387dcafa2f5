//! The Sweeps page: one key, several values, trained in turns with the same seed; which is faster, and how losses compare.

pub mod state;

pub use state::{SweepRequest, SweepView};

use crate::client::sweep::{
    BATCH_SIZE_KEY, Interval, Standing, SweepKind, SweepPoint, SweepReport, SweepState, WORKERS_KEY, compares_losses,
};
use crate::config::{Edit, RunConfig};
use crate::console::show_path;
use crate::language::Arg;
use crate::plot;
use crate::ui::common::number_field::{number_field, refused_ui};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Button, Color32, Grid, Label, ProgressBar, RichText, ScrollArea, TextEdit, Ui, vec2};
use std::path::PathBuf;

impl Page {
    pub const SWEEPS: Self = Self::new("sweeps");
}

const PREFETCH_KEY: &str = "loader.prefetch";
const LR_KEY: &str = "optimizer.lr";
/// Every number of workers is tried up to so many cores; beyond, some are left out.
const ALL_COUNTS: usize = 8;

/// What can be swept here; the command line sweeps any key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Choice {
    #[default]
    Threads,
    BatchSize,
    Prefetch,
    LearningRate,
}

impl Choice {
    const ALL: [Self; 4] = [Self::Threads, Self::BatchSize, Self::Prefetch, Self::LearningRate];

    fn id(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::BatchSize => "batch-size",
            Self::Prefetch => "prefetch",
            Self::LearningRate => "learning-rate",
        }
    }

    fn name(self) -> String {
        tr!("page-sweep-choice", choice = self.id())
    }

    fn key(self) -> &'static str {
        match self {
            Self::Threads => WORKERS_KEY,
            Self::BatchSize => BATCH_SIZE_KEY,
            Self::Prefetch => PREFETCH_KEY,
            Self::LearningRate => LR_KEY,
        }
    }

    fn hint(self) -> String {
        tr!("page-sweep-choice-hint", choice = self.id())
    }

    /// The values to begin with; the configuration's own first.
    fn values(self, config: &RunConfig, cores: usize) -> Vec<String> {
        let loader = &config.loader;
        let whole = |values: Vec<usize>| {
            let mut texts: Vec<String> = Vec::new();
            for value in values.into_iter().filter(|v| *v > 0) {
                let text = value.to_string();
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            texts
        };
        match self {
            Self::Threads => counts(cores).into_iter().map(|n| n.to_string()).collect(),
            Self::BatchSize => whole(vec![loader.batch_size, loader.batch_size / 2, loader.batch_size * 2]),
            Self::Prefetch => whole(vec![loader.prefetch, 1, loader.prefetch * 2]),
            Self::LearningRate => {
                let lr = config.optimizer.lr;
                [lr, lr / 10.0, lr / 100.0].map(|lr| format!("{lr:e}")).to_vec()
            }
        }
    }
}

/// 0 to all cores; of many cores fewer the higher it goes.
fn counts(cores: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = (0..=cores.min(ALL_COUNTS)).collect();
    let mut next = ALL_COUNTS;
    while next < cores {
        next = (next + next / 2).min(cores);
        counts.push(next);
    }
    counts
}

/// The page's own fields.
pub struct SweepForm {
    choice: Choice,
    /// As typed; `None` while they are those that the configuration suggests.
    values: Option<String>,
    budget_secs: f64,
    steps: u64,
}

impl Default for SweepForm {
    fn default() -> Self {
        Self { choice: Choice::default(), values: None, budget_secs: 180.0, steps: 200 }
    }
}

/// Why no sweep can be started now; `None` when one can.
fn why_not_sweep(state: &State) -> Option<String> {
    if state.run.live.is_active() {
        return Some(tr!("page-sweep-run-active"));
    }
    state.why_not_start().map(|why| why.to_string())
}

pub fn sweeps_page(ui: &mut Ui, state: &State, form: &mut SweepForm, commands: &mut Commands) {
    ScrollArea::vertical().id_salt("sweeps").auto_shrink([false, false]).show(ui, |ui| {
        ui.label(style::faint(ui, tr!("page-sweep-about")));
        ui.add_space(4.0);
        form_ui(ui, state, form, commands);
        ui.add_space(6.0);
        if let Some(error) = state.sweep.error.as_ref().filter(|_| !state.sweep.busy) {
            ui.label(style::error(ui, tr!("page-sweep-failed", error = error.to_string())));
        }
        if let Some(report) = &state.sweep.report {
            report_ui(ui, state, report, commands);
        }
    });
}

fn form_ui(ui: &mut Ui, state: &State, form: &mut SweepForm, commands: &mut Commands) {
    let busy = state.sweep.busy;
    ui.horizontal_wrapped(|ui| {
        for choice in Choice::ALL {
            let label = ui.add_enabled(!busy, Button::selectable(form.choice == choice, choice.name()));
            let label = label.on_hover_text(choice.hint());
            if style::named(label, &tr!("page-sweep-choice-named", choice = choice.id())).clicked() {
                form.choice = choice;
                form.values = None;
            }
        }
    });
    let suggested = form.choice.values(&state.config, state.cores).join(", ");
    let mut text = form.values.clone().unwrap_or(suggested);
    let compares_losses = compares_losses(form.choice.key());
    ui.horizontal_wrapped(|ui| {
        ui.label(tr!("page-sweep-values"));
        let field = ui.add_enabled(!busy, TextEdit::singleline(&mut text).desired_width(220.0));
        let hint = match form.choice {
            Choice::Threads => tr!("page-sweep-values-threads"),
            _ => tr!("page-sweep-values-hint"),
        };
        if style::named(field, &tr!("page-sweep-values-named")).on_hover_text(hint).changed() {
            form.values = Some(text.clone());
        }
        ui.label(tr!("page-sweep-budget"));
        let mut refused = None;
        let budget = ui.add_enabled(!busy, |ui: &mut Ui| {
            let suffix = tr!("page-secs-suffix");
            let field = number_field(ui, &mut form.budget_secs, 10.0..=86_400.0, |drag| drag.speed(5.0).suffix(suffix));
            refused = field.refused;
            field.response
        });
        style::named(budget, &tr!("page-sweep-budget-named")).on_hover_text(tr!("page-sweep-budget-hint"));
        refused_ui(ui, refused.as_ref());
    });
    if compares_losses {
        // On a line of its own, so that what is refused stands beside its field.
        ui.horizontal_wrapped(|ui| {
            ui.label(tr!("page-sweep-steps"));
            let mut refused = None;
            let steps = ui.add_enabled(!busy, |ui: &mut Ui| {
                let suffix = tr!("page-sweep-steps-suffix");
                let field = number_field(ui, &mut form.steps, 0..=1_000_000, |drag| drag.speed(10.0).suffix(suffix));
                refused = field.refused;
                field.response
            });
            style::named(steps, &tr!("page-sweep-steps-named")).on_hover_text(tr!("page-sweep-steps-hint"));
            refused_ui(ui, refused.as_ref());
        });
    }
    let values = values_in(&text);
    ui.horizontal(|ui| {
        if busy {
            let cancel = ui.add_enabled(!state.sweep.stopping, Button::new(tr!("page-sweep-cancel")));
            if style::pressed(&style::named(cancel, &tr!("page-sweep-cancel-named"))) {
                commands.send(UiCommand::CancelSweep);
            }
            progress_ui(ui, state);
            return;
        }
        let why_not = why_not_sweep(state);
        let start = style::primary_button(ui, &tr!("page-sweep-start"));
        let start = ui.add_enabled(why_not.is_none(), start);
        if style::pressed(&start) {
            commands.send(UiCommand::StartSweep(SweepRequest {
                key: form.choice.key(),
                values,
                budget_secs: form.budget_secs,
                steps: if compares_losses { form.steps } else { 0 },
            }));
        }
        if let Some(why_not) = why_not {
            let words = style::faint(ui, tr!("page-sweep-not-now", why_not));
            ui.add(Label::new(words).wrap());
        }
    });
}

fn progress_ui(ui: &mut Ui, state: &State) {
    let (frac, text) = match &state.sweep.report {
        _ if state.sweep.stopping => (0.0, tr!("page-sweep-stopping")),
        Some(report) => {
            let frac = (report.secs / report.budget_secs.max(1e-9)) as f32;
            (frac, tr!("page-sweep-left", now = report.now.to_string(), left = Arg::duration(report.left_secs())))
        }
        None => (0.0, tr!("page-sweep-starting")),
    };
    ui.add(
        ProgressBar::new(frac.clamp(0.0, 1.0))
            .desired_width((ui.available_width() - 8.0).clamp(80.0, 460.0))
            .fill(style::accent(ui).gamma_multiply(0.55))
            .text(RichText::new(text).color(ui.visuals().strong_text_color())),
    );
}

/// What was measured on another dataset says little of the one that is open.
fn is_of_another_dataset(state: &State) -> bool {
    state.sweep.dataset.as_ref() != state.dataset.dir()
}

fn report_ui(ui: &mut Ui, state: &State, report: &SweepReport, commands: &mut Commands) {
    if is_of_another_dataset(state) {
        let dataset = state.sweep.dataset.as_deref().map(show_path).unwrap_or_default();
        ui.label(style::warning(ui, tr!("page-sweep-other-dataset", dataset)));
    }
    if !report.sentence.is_empty() {
        ui.label(RichText::new(report.sentence.to_string()).size(15.0));
    }
    let ended = match report.state {
        SweepState::BudgetSpent => report.is_left_open().then(|| tr!("page-sweep-spent")),
        SweepState::Cancelled => Some(tr!("page-sweep-cancelled")),
        SweepState::Running | SweepState::Done => None,
    };
    if let Some(words) = ended {
        ui.label(style::faint(ui, words));
    }
    if let Some(words) = report.too_short().filter(|_| report.state == SweepState::Running) {
        ui.label(style::warning(ui, words.to_string()));
    }
    ui.add_space(4.0);
    table_ui(ui, state, report, commands);
    if report.state == SweepState::Running {
        for sentence in report.points.iter().filter_map(|point| point.sentence.as_ref()) {
            ui.label(sentence.to_string());
        }
    } else if ui.link(tr!("page-sweep-folder")).on_hover_text(report.dir.display().to_string()).clicked() {
        commands.send(UiCommand::OpenFolder(PathBuf::from(&report.dir)));
    }
    ui.add_space(4.0);
    let plots = plot::sweep_plots(report);
    let columns = if plots.len() > 1 && ui.available_width() > 640.0 { 2 } else { 1 };
    for row in plots.chunks(columns) {
        ui.columns(columns, |columns| {
            for (ui, plot) in columns.iter_mut().zip(row) {
                let width = ui.available_width();
                plot::show(ui, plot, vec2(width, 300.0));
            }
        });
    }
}

fn table_ui(ui: &mut Ui, state: &State, report: &SweepReport, commands: &mut Commands) {
    let (threads, by_loss) = (report.kind == SweepKind::Threads, report.is_by_loss());
    let compared = if report.key == BATCH_SIZE_KEY { "image-time" } else { "step-time" };
    let last = if threads { "predicted" } else { "rounds" };
    // Where losses decide, steps are as fast with every value: its rate would tell of the noise alone.
    let columns = if by_loss { vec!["loss", "steps", "", ""] } else { vec!["rate", compared, "", last, ""] };
    Grid::new("sweep-points").num_columns(columns.len() + 1).striped(true).show(ui, |ui| {
        let (after, losses) = report.losses_beside().unzip();
        let losses = losses.unwrap_or_default();
        ui.label(style::faint(ui, report.title()));
        for column in columns {
            let text = match (column, after) {
                ("", _) => String::new(),
                // A value may have been trained for longer than the losses are compared after.
                ("loss", Some(after)) => tr!("page-sweep-loss-after", steps = words::count(after as u64)),
                _ => tr!("page-sweep-column", column),
            };
            ui.label(style::faint(ui, text));
        }
        ui.end_row();
        for (i, point) in report.points.iter().enumerate() {
            ui.label(RichText::new(&point.value).strong());
            let loss = losses.get(i).copied().flatten();
            if by_loss {
                ui.label(loss.map_or_else(|| "N/A".to_owned(), words::loss));
                ui.label(words::count(point.steps));
            } else {
                ui.label(rate_words(report, point));
                let ratio = point.time_ratio.map(|ratio| format!("{} ×", interval(&ratio, |v| format!("{v:.2}"))));
                ui.label(ratio.unwrap_or_default());
            }
            let is_compared = !matches!(point.standing, Standing::Waiting | Standing::Measuring | Standing::Failed);
            let (word, colour) =
                if by_loss && is_compared { (String::new(), style::faint_colour(ui)) } else { standing(ui, point) };
            let word = ui.label(RichText::new(word).color(colour));
            if let Some(sentence) = &point.sentence {
                word.on_hover_text(sentence.to_string());
            }
            if !by_loss {
                ui.label(if threads { predicted_words(report, point) } else { words::count(u64::from(point.blocks)) });
            }
            let may_use = if by_loss { loss.is_some() } else { point.images_per_sec.is_some() };
            match use_of(state, &report.key, &point.value).filter(|_| may_use) {
                Some(command) => {
                    let button = ui.add(Button::new(tr!("page-sweep-use")).small());
                    let button =
                        style::named(button, &tr!("page-sweep-use-named", key = &report.key, value = &point.value));
                    if button.on_hover_text(tr!("page-sweep-use-hint")).clicked() {
                        commands.send(command);
                    }
                }
                None => {
                    ui.label("");
                }
            }
            ui.end_row();
        }
    });
}

/// Images a second; beside predictions it says that they were measured.
fn rate_words(report: &SweepReport, point: &SweepPoint) -> String {
    let rate = point.images_per_sec.map(|rate| interval(&rate, words::rate));
    match (report.kind, rate) {
        (SweepKind::Threads, Some(rate)) => tr!("client-sweep-measured", rate),
        (SweepKind::Threads, None) => tr!("client-sweep-unmeasured"),
        (SweepKind::SideBySide, rate) => rate.unwrap_or_else(|| "N/A".to_owned()),
    }
}

/// What was predicted of a number of workers; of the baseline nothing is.
fn predicted_words(report: &SweepReport, point: &SweepPoint) -> String {
    match report.predicted(&point.value) {
        Some(predicted) => {
            let [rate, low, high] = [predicted.images_per_sec, predicted.low, predicted.high].map(words::rate);
            tr!("client-sweep-predicted", rate, low, high)
        }
        None if point.standing == Standing::Baseline => String::new(),
        None => "N/A".to_owned(),
    }
}

/// `812 (790 to 835)`.
fn interval(interval: &Interval, digits: impl Fn(f64) -> String) -> String {
    match interval.low.zip(interval.high) {
        Some((low, high)) => {
            tr!("page-interval", value = digits(interval.estimate), low = digits(low), high = digits(high))
        }
        None => digits(interval.estimate),
    }
}

fn standing(ui: &Ui, point: &SweepPoint) -> (String, Color32) {
    let (standing, colour) = match point.standing {
        Standing::Waiting => ("waiting", style::faint_colour(ui)),
        Standing::Measuring => ("measuring", style::faint_colour(ui)),
        Standing::Baseline => ("baseline", style::faint_colour(ui)),
        Standing::Faster => ("faster", style::good_colour(ui)),
        Standing::Slower => ("slower", style::warning_colour(ui)),
        Standing::Same => ("same", ui.visuals().text_color()),
        Standing::Undecided => ("undecided", style::warning_colour(ui)),
        Standing::Failed => ("failed", style::error_colour(ui)),
    };
    (tr!("page-sweep-standing", standing), colour)
}

/// What is typed, with commas of any script or spaces between.
fn values_in(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| words::COMMAS.contains(&c) || c.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What puts the value into the settings; `None` where it stands there, may not be changed now, or was found on another dataset.
fn use_of(state: &State, key: &str, value: &str) -> Option<UiCommand> {
    if is_of_another_dataset(state) {
        return None;
    }
    let value = state.config.key(key)?.info.parse_text(value).ok()?;
    let edit = Edit::set(&state.config, key, value.clone())?;
    state.may_make(&edit).then(|| UiCommand::set(key, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::sweep::made;

    #[test]
    fn the_suggested_values_begin_with_the_configuration_s_own() {
        let mut config = RunConfig::default();
        let values = |choice: Choice, config: &RunConfig| choice.values(config, 2).join(" ");
        assert_eq!(values(Choice::Threads, &config), "0 1 2");
        assert_eq!(values(Choice::BatchSize, &config), "64 32 128");
        assert_eq!(values(Choice::Prefetch, &config), "4 1 8");
        assert_eq!(values(Choice::LearningRate, &config), "1e-3 1e-4 1e-5");
        config.loader.batch_size = 1;
        config.loader.prefetch = 1;
        assert_eq!(values(Choice::BatchSize, &config), "1 2");
        assert_eq!(values(Choice::Prefetch, &config), "1 2");
        assert_eq!(counts(20), [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 20]);
    }

    #[test]
    fn values_are_typed_with_any_comma() {
        for text in ["1,2 4", "1，2、4", " 1, 2,\u{3000}4，"] {
            assert_eq!(values_in(text), ["1", "2", "4"], "{text}");
        }
    }

    #[test]
    fn rates_of_workers_say_whether_they_were_measured() {
        let mut report = made::report(SweepKind::Threads, WORKERS_KEY);
        report.points[1].standing = Standing::Baseline;
        let shown = |report: &SweepReport| {
            let cells = |point: &SweepPoint| [rate_words(report, point), predicted_words(report, point)].join("|");
            report.points.iter().map(cells).collect::<Vec<_>>()
        };
        assert_eq!(shown(&report), ["measured 40.0|predicted 50.0 (1.00 to 99.0)", "measured 10.0|"]);
        report.points[0].images_per_sec = None;
        assert_eq!(shown(&report)[0], "not measured|predicted 50.0 (1.00 to 99.0)");
        report.kind = SweepKind::SideBySide;
        assert_eq!(rate_words(&report, &report.points[0]), "N/A");
    }

    #[test]
    fn what_stands_in_the_settings_has_no_button() {
        let state = State::default();
        assert_eq!(use_of(&state, WORKERS_KEY, "2"), None);
        assert_eq!(use_of(&state, WORKERS_KEY, "4"), Some(UiCommand::set(WORKERS_KEY, 4_i64)));
        assert_eq!(use_of(&state, LR_KEY, "1e-3"), None);
        assert_eq!(use_of(&state, LR_KEY, "1e-5"), Some(UiCommand::set(LR_KEY, 1e-5)));
        assert_eq!(use_of(&state, BATCH_SIZE_KEY, "8"), Some(UiCommand::set(BATCH_SIZE_KEY, 8_i64)));
        assert_eq!(use_of(&state, "model.name", "small_cnn"), None);
    }
}
