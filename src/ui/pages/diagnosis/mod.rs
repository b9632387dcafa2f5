//! What holds training back: the numbers behind the verdict and what would change it.

pub(crate) mod bisect;
pub(crate) mod commands;
mod effects;

use crate::client::Live;
use crate::protocol::{Bound, Ceiling, MeasuredCeilings, Prediction, RunChange, RunPhase, Verdict};
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use bisect::{BisectForm, bisect_ui};
use commands::{change_text, command_of};
use effects::effects_ui;
use egui::{Align, Button, Color32, Grid, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, vec2};

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
            Some(verdict) => verdict.sentence.to_string(),
            None => {
                "Start a run: after twenty steps, or ten seconds of slow ones, this page says what holds it back, and \
                     what would change it."
                    .to_owned()
            }
        };
        ui.add_space(24.0);
        ui.vertical_centered(|ui| ui.label(words));
        return;
    };
    ScrollArea::vertical().id_salt("diagnosis").auto_shrink([false, false]).show(ui, |ui| {
        ui.label(RichText::new(&verdict.sentence).size(16.0).color(bound_colour(ui, verdict.bound)));
        if state.run.findings.verdict_is_old {
            ui.label(
                style::faint(ui, "From before the last change; some twenty steps after it this is said anew.").small(),
            );
        }
        for trouble in &verdict.troubles {
            ui.label(RichText::new(trouble).color(style::warning_colour(ui)));
        }
        ui.add_space(8.0);
        bisect_ui(ui, state, verdict, form, commands);
        effects_ui(ui, state);
        ui.add_space(8.0);
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            ceilings_ui(left, &verdict.ceilings, verdict.images_per_sec);
            measured_ui(left, state, commands);
            predictions_ui(right, state, verdict, commands);
        });
        ui.add_space(8.0);
        ui.columns(2, |columns| {
            let [left, right] = columns else { return };
            evidence_ui(left, verdict);
            slow_ui(right, state, commands);
        });
    });
}

/// A bar for each part, as long as the logarithm of what it could do alone; the lowest is marked.
fn ceilings_ui(ui: &mut Ui, ceilings: &[Ceiling], now: Option<f64>) {
    ui.label(RichText::new("What each part could do alone").strong());
    ui.label(style::faint(ui, "images/s, on a logarithmic scale; the line is what training does now").small());
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
                ui.with_layout(left, |ui| ui.add(Label::new(&ceiling.name).truncate())).inner
            });
            let Some(rate) = ceiling.images_per_sec else {
                ui.label(style::faint(ui, "N/A")).on_hover_text("Not measured yet, or not to be measured here");
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
            ui.label("Measuring; training waits");
        });
    } else {
        let idle = state.run.live == Live::Running && !state.bisecting();
        let button = ui.horizontal(|ui| ui.add_enabled(idle, Button::new("Measure the ceilings"))).inner;
        let hint = "Trains a fresh copy of the network on one batch again and again, then on files that are in memory: \
                    about 15 s, in which the run waits; its weights are not touched";
        if button.on_hover_text(hint).on_disabled_hover_text("A run must be training, without a bisect").clicked() {
            commands.send(UiCommand::MeasureCeilings);
        }
    }
    let Some(found) = &state.run.findings.ceilings else { return };
    let rate = |rate: Option<f64>| rate.map_or_else(|| "N/A".to_owned(), words::rate);
    Grid::new("measured ceilings").num_columns(2).show(ui, |ui| {
        for (name, value) in [
            ("nothing to load", found.synthetic_images_per_sec),
            ("files in memory", found.cached_images_per_sec),
            ("as it was", found.now_images_per_sec),
            ("the loader alone", found.loader_images_per_sec),
        ] {
            ui.label(style::faint(ui, name));
            ui.label(format!("{} images/s", rate(value)));
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
    let share = |lost: f64| format!("{:.0} %", 100.0 * (lost / synthetic).clamp(0.0, 1.0));
    let preparing = share(synthetic - cached);
    Some(match found.now_images_per_sec {
        Some(now) => format!(
            "Preparing data costs {preparing} of what the trainer could do, fetching it from the disk {}.",
            share(cached - now)
        ),
        None => format!("Preparing data costs {preparing} of what the trainer could do."),
    })
}

/// What each change would bring, the best first, with a button where it can be made now.
fn predictions_ui(ui: &mut Ui, state: &State, verdict: &Verdict, commands: &mut Commands) {
    ui.label(RichText::new("What would change it").strong());
    ui.label(style::faint(ui, "predicted images/s, with the band they are expected in; bold is worth it").small());
    let now = verdict.images_per_sec.unwrap_or(0.0);
    let mut predictions: Vec<&Prediction> =
        verdict.predictions.iter().filter(|p| changes_something(state, p)).collect();
    predictions.sort_by(|a, b| b.images_per_sec.total_cmp(&a.images_per_sec));
    Grid::new("predictions").num_columns(4).striped(true).show(ui, |ui| {
        for prediction in predictions {
            ui.label(change_text(&prediction.change));
            let rate = RichText::new(words::rate(prediction.images_per_sec));
            let better = now > 0.0 && prediction.is_worth(now);
            let rate = if better { rate.strong() } else { rate };
            // In colour where it is sure.
            let rate = if better && prediction.is_certain(now) { rate.color(style::good_colour(ui)) } else { rate };
            let band = format!("{} to {}", words::rate(prediction.low), words::rate(prediction.high));
            ui.label(rate).on_hover_text(format!("{band}; then the limit is {}", prediction.next_limit));
            ui.label(style::faint(ui, band).small());
            if let Some(command) = command_of(state, &prediction.change).filter(|_| better && !state.bisecting()) {
                let button = ui.add(Button::new("Do it").small());
                let name = format!("Do it: {}", change_text(&prediction.change));
                if style::named(button, &name).on_hover_text("Takes effect at the next batch not yet begun").clicked() {
                    commands.send(command);
                }
            } else {
                ui.label("");
            }
            ui.end_row();
        }
    });
}

/// Not what is so already.
fn changes_something(state: &State, prediction: &Prediction) -> bool {
    match &prediction.change {
        RunChange::Workers(workers) => *workers != state.config.loader.workers,
        RunChange::TransformOff(_) | RunChange::Cache | RunChange::BatchSize(_) => true,
    }
}

/// The slowest files by size, and the slowest draws by transform; a click shows it in Inspect.
fn slow_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let slow = &state.run.findings.slow;
    for (title, samples) in [("Slowest files, by size", &slow.files), ("Slowest draws, by transform", &slow.draws)] {
        if samples.is_empty() {
            continue;
        }
        ui.label(RichText::new(title).strong());
        Grid::new(title).num_columns(3).striped(true).show(ui, |ui| {
            for sample in samples {
                ui.label(style::faint(ui, &sample.class));
                ui.label(words::ms(sample.wall_us));
                let link = ui.link(&sample.file).on_hover_text("Show it in Inspect, with this draw");
                if link.clicked() {
                    commands.send(UiCommand::ShowDraw { image: sample.sample as usize, draw: sample.epoch });
                }
                ui.end_row();
            }
        });
    }
}

fn evidence_ui(ui: &mut Ui, verdict: &Verdict) {
    ui.label(RichText::new("The numbers behind it").strong());
    Grid::new("evidence").num_columns(2).show(ui, |ui| {
        for evidence in &verdict.evidence {
            ui.label(style::faint(ui, &evidence.name));
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
