//! What holds training back: the numbers behind the verdict and what would change it.

pub(crate) mod bisect;
pub(crate) mod commands;
pub(crate) mod effects;

use crate::diagnose::is_sure;
use crate::language::Arg;
use crate::protocol::{Bound, Ceiling, MeasuredCeilings, RunPhase, Verdict, stage_words};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use bisect::{BisectForm, bisect_ui};
use commands::command_of;
use effects::effects_ui;
use egui::{Align, Button, Color32, Grid, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, vec2};

/// Below this the two columns stand one under the other.
const LEAST_FOR_TWO: f32 = 800.0;

impl Page {
    pub const DIAGNOSIS: Self = Self::new("diagnosis");
}

pub(crate) fn bound_colour(ui: &Ui, bound: Bound) -> Color32 {
    match bound {
        Bound::Compute | Bound::Balanced => style::good_colour(ui),
        Bound::Input | Bound::Transfer | Bound::Launch => style::warning_colour(ui),
        Bound::Stalled => style::error_colour(ui),
        Bound::NotEnough => style::faint_colour(ui),
    }
}

fn verdict_of(state: &State) -> Option<&Verdict> {
    state.run.findings.verdict.as_ref().filter(|verdict| verdict.bound != Bound::NotEnough)
}

pub fn diagnosis_page(ui: &mut Ui, state: &State, form: &mut BisectForm, commands: &mut Commands) {
    let Some(verdict) = verdict_of(state) else {
        let words = match &state.run.findings.verdict {
            Some(verdict) if state.run.live.is_active() => verdict.sentence.to_string(),
            Some(_) => tr!("page-diagnosis-too-short"),
            None => tr!("page-diagnosis-none"),
        };
        ui.add_space(24.0);
        ui.vertical_centered(|ui| ui.label(words));
        return;
    };
    ScrollArea::vertical().id_salt("diagnosis").auto_shrink([false, false]).show(ui, |ui| {
        // Above the pages it may be cut.
        ui.label(RichText::new(verdict.sentence.to_string()).size(16.0).color(bound_colour(ui, verdict.bound)));
        if state.run.findings.verdict_is_old {
            ui.label(style::faint(ui, tr!("page-diagnosis-old")).small());
        }
        for trouble in &verdict.troubles {
            ui.label(style::warning(ui, trouble.to_string()));
        }
        ui.add_space(8.0);
        bisect_ui(ui, state, verdict, form, commands);
        effects_ui(ui, state);
        ui.add_space(8.0);
        if ui.available_width() < LEAST_FOR_TWO {
            // What can be done comes first.
            predictions_ui(ui, state, verdict, commands);
            ui.add_space(8.0);
            ceilings_ui(ui, &verdict.ceilings, verdict.images_per_sec);
            measured_ui(ui, state, commands);
            ui.add_space(8.0);
            slow_ui(ui, state, commands);
            ui.add_space(8.0);
            evidence_ui(ui, verdict);
            return;
        }
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            // A column would stretch the lines of a text to its width.
            left.vertical(|ui| {
                ceilings_ui(ui, &verdict.ceilings, verdict.images_per_sec);
                measured_ui(ui, state, commands);
            });
            right.vertical(|ui| predictions_ui(ui, state, verdict, commands));
        });
        ui.add_space(8.0);
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            left.vertical(|ui| evidence_ui(ui, verdict));
            right.vertical(|ui| slow_ui(ui, state, commands));
        });
    });
}

/// A bar for each part, as long as the logarithm of what it could do alone; the lowest is marked.
fn ceilings_ui(ui: &mut Ui, ceilings: &[Ceiling], now: Option<f64>) {
    ui.label(RichText::new(tr!("page-ceilings")).strong());
    ui.label(style::faint(ui, tr!("page-ceilings-scale")).small());
    let known = || ceilings.iter().filter_map(|c| c.images_per_sec).chain(now);
    let low = known().fold(f64::INFINITY, f64::min).max(1e-3) * 0.5;
    let high = known().fold(0.0, f64::max).max(low * 10.0);
    let share = |rate: f64| ((rate / low).ln() / (high / low).ln()).clamp(0.0, 1.0) as f32;
    for ceiling in ceilings {
        ui.horizontal(|ui| {
            let height = 16.0;
            let (name, _) = ui.allocate_exact_size(vec2(130.0, height), Sense::hover());
            ui.place(name, |ui: &mut Ui| {
                let left = Layout::left_to_right(Align::Center);
                ui.with_layout(left, |ui| ui.add(Label::new(stage_words(&ceiling.name).to_string()).truncate())).inner
            });
            let Some(rate) = ceiling.images_per_sec else {
                ui.label(style::faint(ui, "N/A")).on_hover_text(tr!("page-ceilings-unknown"));
                return;
            };
            let width = (ui.available_width() - 70.0).max(20.0);
            let (bar, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            let filled = Rect::from_min_size(bar.min, vec2(width * share(rate), height)).shrink2(vec2(0.0, 2.0));
            let colour = if ceiling.lowest { style::warning_colour(ui) } else { style::accent(ui) };
            ui.painter().rect_filled(filled, 2.0, colour);
            if let Some(now) = now {
                let x = bar.left() + width * share(now);
                ui.painter().vline(x, bar.y_range(), ui.visuals().widgets.noninteractive.fg_stroke);
            }
            let text = RichText::new(words::rate(rate));
            ui.label(if ceiling.lowest { text.strong() } else { text });
        });
    }
}

/// The button that measures, and what was found.
fn measured_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.add_space(4.0);
    if state.run.phase == Some(RunPhase::Measuring) {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(tr!("page-ceilings-measuring"));
        });
    } else {
        let measure = Button::new(tr!("page-ceilings-measure"));
        let button = ui.horizontal(|ui| ui.add_enabled(state.may_measure_ceilings(), measure)).inner;
        let button = button.on_hover_text(tr!("page-ceilings-hint"));
        if button.on_disabled_hover_text(tr!("page-ceilings-not-now")).clicked() {
            commands.send(UiCommand::MeasureCeilings);
        }
    }
    let Some(found) = &state.run.findings.ceilings else { return };
    let rate = |rate: Option<f64>| rate.map_or_else(|| "N/A".to_owned(), words::rate);
    Grid::new("measured-ceilings").num_columns(2).show(ui, |ui| {
        for (name, value) in [
            ("nothing", found.synthetic_images_per_sec),
            ("cached", found.cached_images_per_sec),
            ("now", found.now_images_per_sec),
            ("loader", found.loader_images_per_sec),
        ] {
            ui.label(style::faint(ui, tr!("page-ceiling-of", name)));
            ui.label(tr!("page-rate", rate = rate(value)));
            ui.end_row();
        }
    });
    if let Some(words) = ceilings_words(found) {
        ui.label(words);
    }
}

/// `Preparing data costs 72 % of what the trainer could do, fetching it from the disk 5 %`.
fn ceilings_words(found: &MeasuredCeilings) -> Option<String> {
    let (synthetic, cached) = (found.synthetic_images_per_sec?, found.cached_images_per_sec?);
    let share = |lost: f64| Arg::percent((lost / synthetic).clamp(0.0, 1.0), 0);
    let preparing = share(synthetic - cached);
    Some(match found.now_images_per_sec {
        Some(now) => tr!("page-ceilings-cost-both", preparing, fetching = share(cached - now)),
        None => tr!("page-ceilings-cost", preparing),
    })
}

/// What each change would bring, the best first, with a button where it can be made now.
fn predictions_ui(ui: &mut Ui, state: &State, verdict: &Verdict, commands: &mut Commands) {
    ui.label(RichText::new(tr!("page-predictions")).strong());
    ui.label(style::faint(ui, tr!("page-predictions-hint")).small());
    let now = verdict.images_per_sec.unwrap_or(0.0);
    // So that a long name leaves the button its room.
    let most = ui.available_width() * 0.45;
    Grid::new("predictions").num_columns(4).max_col_width(most).striped(true).show(ui, |ui| {
        for prediction in verdict.changes(state.config.loader.workers) {
            ui.label(prediction.change.words().to_string());
            let rate = RichText::new(words::rate(prediction.images_per_sec));
            let better = now > 0.0 && prediction.is_worth(now);
            let is_sure = better && is_sure(prediction, now);
            let rate = if is_sure { rate.strong().color(style::good_colour(ui)) } else { rate };
            let band = prediction.band().to_string();
            let limit = prediction.next_limit.to_string();
            ui.label(rate).on_hover_text(tr!("page-prediction-limit", band = &band, limit));
            ui.label(style::faint(ui, band).small());
            let may = better && !state.bisecting() && !state.run.findings.verdict_is_old;
            if let Some(command) = command_of(state, &prediction.change).filter(|_| may) {
                let button = ui.add(Button::new(tr!("page-do-it")).small());
                let name = tr!("page-do-it-named", change = prediction.change.words());
                if style::named(button, &name).on_hover_text(tr!("page-do-it-hint")).clicked() {
                    commands.send(command);
                }
            } else {
                ui.label("");
            }
            ui.end_row();
        }
    });
}

/// The slowest files by size, and the slowest transforms of single images; a click shows it in Inspect.
fn slow_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let slow = &state.run.findings.slow;
    for (title, samples) in [(tr!("page-slow-files"), &slow.files), (tr!("page-slow-draws"), &slow.draws)] {
        if samples.is_empty() {
            continue;
        }
        ui.label(RichText::new(&title).strong());
        let font = egui::TextStyle::Body.resolve(ui.style());
        Grid::new(&title).num_columns(3).striped(true).show(ui, |ui| {
            for sample in samples {
                ui.label(style::faint(ui, sample.class.to_string()));
                ui.label(words::ms(sample.wall_us));
                // The last column has what the others leave.
                let file = style::cut_in_middle(ui, &sample.file, &font, ui.available_width());
                let link = style::named(ui.link(file.text()), &sample.file);
                let hint = tr!("page-slow-hint");
                let hint = if file.text() == sample.file { hint } else { format!("{}\n{hint}", sample.file) };
                if link.on_hover_text(hint).clicked() {
                    commands.send(UiCommand::ShowDraw { file: sample.file.clone(), draw: sample.epoch });
                }
                ui.end_row();
            }
        });
    }
}

fn evidence_ui(ui: &mut Ui, verdict: &Verdict) {
    ui.label(RichText::new(tr!("page-evidence")).strong());
    Grid::new("evidence").num_columns(2).show(ui, |ui| {
        for evidence in &verdict.evidence {
            ui.label(style::faint(ui, evidence.name.to_string()));
            let value = if evidence.value.fract() == 0.0 && evidence.value < 1e6 {
                format!("{:.0}", evidence.value)
            } else {
                words::rate(evidence.value)
            };
            ui.label(format!("{value} {}", evidence.unit));
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_ceilings_say_what_preparing_and_fetching_cost() {
        let found = MeasuredCeilings {
            now_images_per_sec: Some(200.0),
            loader_images_per_sec: None,
            cached_images_per_sec: Some(280.0),
            synthetic_images_per_sec: Some(1000.0),
        };
        let words = ceilings_words(&found).unwrap();
        assert_eq!(words, "Preparing data costs 72 % of what the trainer could do, fetching it from the disk 8 %.");
        assert_eq!(ceilings_words(&MeasuredCeilings { cached_images_per_sec: None, ..found }), None);
    }
}
