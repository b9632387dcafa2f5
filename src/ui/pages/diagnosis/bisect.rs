//! The bisect on the Diagnosis page: its start, its forest plot while blocks arrive, its answer, and what to do about it.

use super::commands::{better_workers, command_of, offers_workers, switch_off};
use super::effects::percent;
use crate::client::Live;
use crate::diagnose::is_sure;
use crate::language::Arg;
use crate::protocol::{
    BisectProgress, BisectVerdict, Culprit, Decision, DeviceKind, Prediction, RunChange, Trial, Verdict,
};
use crate::ui::common::keys::{EXPORT, hint_with_keys, keys_text};
use crate::ui::common::number_field::{number_field, refused_ui};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{
    Align, Color32, Frame, Label, Layout, ProgressBar, Rect, Response, RichText, Sense, Stroke, Ui, pos2, vec2,
};

/// Effects within this share are none; as the experiment has it.
const MARGIN_FRAC: f64 = 0.02;
/// The plot reaches at least from and to these.
const LEAST_RANGE: (f64, f64) = (-0.1, 0.2);
const ROW_HEIGHT: f32 = 20.0;
/// Of a row's name, of its bar at least, and of its words, in points; where the three find no room the words stand under the bar.
const NAME_WIDTH: f32 = 150.0;
const LEAST_BAR: f32 = 120.0;
const WORDS_WIDTH: f32 = 260.0;
/// Below this the title has a line of its own.
const NARROW: f32 = 560.0;

/// The section's own fields.
pub struct BisectForm {
    pub budget_secs: f64,
    pub thorough: bool,
}

impl Default for BisectForm {
    fn default() -> Self {
        Self { budget_secs: 60.0, thorough: false }
    }
}

/// How far it is, in a line.
pub(crate) fn progress_words(bisect: &BisectProgress) -> String {
    let (spent, budget) = (Arg::number(bisect.spent_secs, 0), Arg::number(bisect.budget_secs, 0));
    match bisect.off.as_slice() {
        [] => tr!("page-bisect-underway-all", spent, budget),
        names => tr!("page-bisect-underway", spent, budget, off = names.join(", ")),
    }
}

pub fn bisect_ui(ui: &mut Ui, state: &State, verdict: &Verdict, form: &mut BisectForm, commands: &mut Commands) {
    Frame::group(ui.style()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let title = RichText::new(tr!("page-bisect")).strong();
        let controls = |ui: &mut Ui| controls_ui(ui, state, form, commands);
        let narrow = ui.available_width() < NARROW;
        if narrow {
            ui.label(title.clone());
        }
        ui.horizontal(|ui| {
            if !narrow {
                ui.label(title);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), controls);
        });
        let Some(bisect) = &state.run.findings.bisect else {
            ui.label(style::faint(ui, tr!("page-bisect-about")));
            return;
        };
        if bisect.verdict.is_none() {
            let share = (bisect.spent_secs / bisect.budget_secs.max(1e-9)).clamp(0.0, 1.0) as f32;
            ui.add(ProgressBar::new(share).desired_height(6.0));
            ui.label(progress_words(bisect));
            if !bisect.so_far.is_empty() {
                ui.label(RichText::new(bisect.so_far.to_string()).size(15.0));
            }
        }
        forest_ui(ui, bisect);
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let hint = hint_with_keys(tr!("page-bisect-export-hint"), keys_text(ui.ctx(), &EXPORT));
                if ui.small_button(tr!("page-bisect-export")).on_hover_text(hint).clicked() {
                    commands.send(UiCommand::ShowExport(true));
                }
                ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
                    ui.label(style::faint(ui, stop_rule(bisect)).small());
                });
            });
        });
        if let Some(percent) = waiting_percent(state, verdict) {
            let words = tr!("page-bisect-most-by-waiting", percent = Arg::number(percent, 0));
            ui.label(style::faint(ui, words).small());
        }
        if let Some(answer) = &bisect.verdict {
            ui.add_space(4.0);
            ui.label(RichText::new(answer.sentence.to_string()).size(15.0));
            if state.run.findings.bisect_is_old {
                ui.label(style::faint(ui, tr!("page-bisect-old")).small());
            }
            actions_ui(ui, state, verdict, answer, commands);
            more_time_ui(ui, state, answer, form, commands);
        }
    });
}

fn begin(form: &BisectForm, go_on: bool) -> UiCommand {
    UiCommand::Bisect { budget_secs: form.budget_secs, thorough: form.thorough, go_on }
}

/// For what was left undecided; intervals hold at whatever moment one stops, so that one may go on.
fn more_time_ui(ui: &mut Ui, state: &State, answer: &BisectVerdict, form: &BisectForm, commands: &mut Commands) {
    let unchanged = state.chain_before_bisect.as_ref().is_none_or(|before| *before == state.config.transforms);
    let unchanged = unchanged && !state.run.findings.bisect_is_old;
    if answer.undecided.is_empty() || !unchanged || state.run.live != Live::Running {
        return;
    }
    let says = tr!("page-bisect-more", secs = Arg::number(form.budget_secs, 0));
    let button = ui.button(says).on_hover_text(tr!("page-bisect-more-hint"));
    if button.clicked() {
        commands.send(begin(form, true));
    }
}

fn controls_ui(ui: &mut Ui, state: &State, form: &mut BisectForm, commands: &mut Commands) {
    if state.bisecting() {
        if style::pressed(&ui.button(tr!("page-bisect-stop")).on_hover_text(tr!("page-bisect-stop-hint"))) {
            commands.send(UiCommand::StopBisect);
        }
        return;
    }
    let running = state.run.live == Live::Running && state.run.findings.verdict.is_some();
    let button = ui.add_enabled(running, style::primary_button(ui, &tr!("page-bisect-start")));
    let button = button.on_disabled_hover_text(tr!("page-bisect-not-now"));
    if style::pressed(&button.on_hover_text(tr!("page-bisect-start-hint"))) {
        commands.send(begin(form, false));
    }
    ui.checkbox(&mut form.thorough, tr!("page-bisect-all")).on_hover_text(tr!("page-bisect-all-hint"));
    let budget =
        number_field(ui, &mut form.budget_secs, 5.0..=3600.0, |drag| drag.speed(1.0).suffix(tr!("page-secs-suffix")));
    style::named(budget.response, &tr!("page-bisect-budget")).on_hover_text(tr!("page-bisect-budget-hint"));
    refused_ui(ui, budget.refused.as_ref());
}

/// Of a step: what the whole chain can cost training at most. `None` where that is not known, or where workers take the
/// cores that training computes on and cost it more than it waits.
fn waiting_percent(state: &State, verdict: &Verdict) -> Option<f64> {
    let started = state.run.started.as_ref()?;
    let shares_cores = matches!(started.device.kind, DeviceKind::Cpu | DeviceKind::SoftwareGpu);
    if state.run.findings.bisect_is_old || shares_cores && state.config.loader.workers > 0 {
        return None;
    }
    verdict.evidence.iter().find(|found| found.name.is("diagnose-evidence-waiting")).map(|found| found.value)
}

/// When it ends, and what it believes.
fn stop_rule(bisect: &BisectProgress) -> String {
    let noise = match bisect.noise_floor_frac {
        Some(floor) => msg!("page-bisect-noise", noise = Arg::percent(floor, 1)),
        None if bisect.verdict.is_none() => msg!("page-bisect-noise-coming"),
        None => msg!("page-bisect-noise-unknown"),
    };
    tr!("page-bisect-rule", margin = Arg::percent(MARGIN_FRAC, 0), noise, steps = bisect.steps)
}

/// Names, intervals and words: a row a transform, and one for those that were off only together.
fn forest_ui(ui: &mut Ui, bisect: &BisectProgress) {
    let ends = || bisect.trials.iter().flat_map(|t| [t.effect_frac, t.low, t.high]).flatten().filter(|v| v.is_finite());
    // An interval of two blocks may reach to the moon: it is cut off where four times the estimates end.
    let estimates = bisect.trials.iter().filter_map(|t| t.effect_frac).fold(LEAST_RANGE.1, f64::max);
    let low = ends().fold(LEAST_RANGE.0, f64::min).max(-0.5).ln_1p();
    let high = ends().fold(LEAST_RANGE.1, f64::max).min(4.0 * estimates).ln_1p();
    let is_narrow = ui.available_width() < NAME_WIDTH + LEAST_BAR + WORDS_WIDTH + 2.0 * ui.spacing().item_spacing.x;
    for row in Trial::rows(&bisect.trials) {
        let [trial, ..] = row.as_slice() else { continue };
        let row_ui = |ui: &mut Ui| {
            let (name, _) = ui.allocate_exact_size(vec2(NAME_WIDTH, ROW_HEIGHT), Sense::hover());
            ui.place(name, |ui: &mut Ui| {
                let layout = Layout::left_to_right(Align::Center);
                ui.with_layout(layout, |ui| ui.add(Label::new(row_name(trial)).truncate())).inner
            });
            let is_off = |trial: &&Trial| bisect.off.contains(&trial.transform);
            let off_now = bisect.verdict.is_none() && row.iter().all(is_off);
            let names: Vec<&str> = row.iter().map(|trial| trial.transform.as_str()).collect();
            let (transform, words, rounds) = (names.join(", "), trial_words(trial), trial.blocks);
            let whole = match trial.without.as_slice() {
                [] => tr!("page-trial", transform, words, rounds),
                names => tr!("page-trial-without", transform, words, rounds, off = names.join(", ")),
            };
            let bar_ui = |ui: &mut Ui, width: f32| {
                let (area, response) = ui.allocate_exact_size(vec2(width.max(LEAST_BAR), ROW_HEIGHT), Sense::hover());
                paint_interval(ui, area, trial, (low, high), off_now);
                response.on_hover_text(&whole);
            };
            let text = RichText::new(trial_words(trial)).color(trial_colour(ui, trial));
            if is_narrow {
                ui.vertical(|ui| {
                    let width = ui.available_width();
                    bar_ui(ui, width);
                    ui.label(text).on_hover_text(&whole);
                });
            } else {
                let width = ui.available_width() - WORDS_WIDTH;
                bar_ui(ui, width);
                ui.add(Label::new(text).truncate()).on_hover_text(&whole);
            }
        };
        if is_narrow {
            ui.horizontal_top(row_ui);
        } else {
            ui.horizontal(row_ui);
        }
    }
}

fn row_name(trial: &Trial) -> String {
    if trial.together > 0 { tr!("plot-trial-together", count = trial.together) } else { trial.transform.clone() }
}

fn trial_colour(ui: &Ui, trial: &Trial) -> Color32 {
    match (trial.decision, trial.effect_frac) {
        (Decision::Effect, Some(frac)) if frac >= MARGIN_FRAC => style::warning_colour(ui),
        (Decision::Measuring, _) => style::selection_colour(ui),
        _ => style::faint_colour(ui),
    }
}

fn trial_words(trial: &Trial) -> String {
    let measured = trial.effect_frac.map(|frac| percent(frac, trial.low, trial.high));
    let measured = match measured {
        Some(measured) => measured,
        None => tr!("page-trial-no-round"),
    };
    match trial.decision {
        Decision::Measuring => measured,
        Decision::Effect => measured,
        Decision::Nothing => tr!("page-trial-nothing", measured),
        Decision::Undecided => tr!("page-trial-undecided", measured),
        Decision::CannotSwitch => tr!("page-trial-cannot"),
    }
}

fn paint_interval(ui: &Ui, area: Rect, trial: &Trial, (low, high): (f64, f64), off_now: bool) {
    let x = |frac: f64| {
        let share = ((frac.max(-0.99).ln_1p() - low) / (high - low)).clamp(0.0, 1.0);
        area.left() + area.width() * share as f32
    };
    let painter = ui.painter_at(area);
    let margin = Rect::from_x_y_ranges(x(-MARGIN_FRAC)..=x(MARGIN_FRAC), area.y_range());
    painter.rect_filled(margin, 0.0, ui.visuals().faint_bg_color);
    if off_now {
        painter.rect_filled(area, 2.0, style::selection_colour(ui).gamma_multiply(0.15));
    }
    painter.vline(x(0.0), area.y_range(), Stroke::new(1.0, style::faint_colour(ui)));
    let (Some(effect), colour) = (trial.effect_frac, trial_colour(ui, trial)) else { return };
    let (from, to) = (trial.low.map_or(area.left(), x), trial.high.map_or(area.right(), x));
    let y = area.center().y;
    painter.hline(from..=to, y, Stroke::new(2.0, colour));
    for (end, known) in [(from, trial.low), (to, trial.high)] {
        if known.is_some() {
            painter.vline(end, y - 4.0..=y + 4.0, Stroke::new(2.0, colour));
        }
    }
    painter.circle_filled(pos2(x(effect), y), 4.0, colour);
}

/// What may be done about it, each with what it is said to bring.
fn actions_ui(ui: &mut Ui, state: &State, verdict: &Verdict, answer: &BisectVerdict, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        if state.run.live.is_active() && !state.run.findings.bisect_is_old {
            // What was found with others off is of use together with them only.
            for culprit in answer.culprits.iter().filter(|culprit| culprit.without.is_empty()) {
                let says = tr!("page-switch-off", transform = &culprit.transform);
                let brings = gain(culprit.effect_frac, culprit.low, culprit.high);
                action(ui, &says, &brings, switch_off(state, std::slice::from_ref(&culprit.transform)), commands);
            }
            if let (true, Some(speedup)) = (answer.culprits.len() > 1, answer.predicted_speedup) {
                let names: Vec<String> = answer.culprits.iter().map(|c: &Culprit| c.transform.clone()).collect();
                let brings = tr!("page-switch-all-off-brings", times = Arg::number(speedup, 1));
                action(ui, &tr!("page-switch-all-off"), &brings, switch_off(state, &names), commands);
            }
        }
        for prediction in worthwhile(ui, state, verdict).into_iter().flatten() {
            let brings = prediction_words(prediction, verdict);
            let (says, command) = match &prediction.change {
                RunChange::Cache => (tr!("page-use-cache"), Some(UiCommand::set("loader.cache", "ram"))),
                change => (tr!("page-set-change", change = change.words()), command_of(state, change)),
            };
            let button = action(ui, &says, &brings, command, commands);
            if let (Some(button), RunChange::Workers(workers)) = (button, &prediction.change) {
                offers_workers(&button, *workers);
            }
        }
        action(ui, &tr!("page-restore"), &tr!("page-restore-hint"), switch_on_again(state, answer), commands);
    });
    ui.label(style::faint(ui, tr!("page-bisect-after")).small());
}

fn gain(frac: f64, low: f64, high: f64) -> String {
    let times = |frac: f64| Arg::number(1.0 + frac, 2);
    tr!("page-gain", times = times(frac), low = times(low), high = times(high))
}

/// The chain with all that was found on again; `None` where none of it is off. What else was changed since is the person's.
fn switch_on_again(state: &State, answer: &BisectVerdict) -> Option<UiCommand> {
    let mut specs = state.config.transforms.clone();
    for culprit in &answer.culprits {
        if let Some(at) = words::stage_index(&specs, &culprit.transform)
            && let Some(spec) = specs.get_mut(at)
        {
            spec.enabled = true;
        }
    }
    (specs != state.config.transforms).then_some(UiCommand::SetTransforms { specs, settled: true })
}

/// Workers and cache, where the laws say that they bring something to the run as it is.
fn worthwhile<'a>(ui: &Ui, state: &State, verdict: &'a Verdict) -> [Option<&'a Prediction>; 2] {
    let Some(now) = verdict.images_per_sec.filter(|_| !state.run.findings.verdict_is_old) else { return [None; 2] };
    let workers = better_workers(ui.ctx(), state, verdict).map(|(_, better)| better);
    let is_cache: fn(&RunChange) -> bool = |change| *change == RunChange::Cache;
    [workers, Prediction::best(&verdict.predictions, now, state.config.loader.workers, is_cache)]
}

fn prediction_words(prediction: &Prediction, verdict: &Verdict) -> String {
    let now = verdict.images_per_sec.unwrap_or(f64::NAN);
    let frac = |rate: f64| rate / now - 1.0;
    let brings = gain(frac(prediction.images_per_sec), frac(prediction.low), frac(prediction.high));
    if prediction.measured {
        tr!("page-gain-measured", brings)
    } else if is_sure(prediction, now) {
        brings
    } else {
        tr!("page-gain-uncertain", brings)
    }
}

/// The button, where there is something to do.
fn action(
    ui: &mut Ui,
    says: &str,
    brings: &str,
    command: Option<UiCommand>,
    commands: &mut Commands,
) -> Option<Response> {
    let command = command?;
    let button = ui.button(says).on_hover_text(brings);
    if button.clicked() {
        commands.send(command);
    }
    ui.label(style::faint(ui, brings));
    ui.add_space(8.0);
    Some(button)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RunConfig, TransformSpec};
    use crate::protocol::{Bound, Evidence, Started, played};

    #[test]
    fn waiting_says_what_the_chain_costs_at_most_where_no_worker_takes_the_trainers_cores() {
        let waiting = Evidence { name: msg!("diagnose-evidence-waiting"), value: 11.0, unit: "".into() };
        let verdict = Verdict { evidence: vec![waiting], ..played::verdict(Bound::Compute) };
        let percent = |kind, workers| {
            let mut state = State::default();
            state.run.started = Some(Started { device: played::device("any", kind), ..played::started() });
            state.config.loader.workers = workers;
            waiting_percent(&state, &verdict)
        };
        assert_eq!(percent(DeviceKind::Cpu, 0), Some(11.0));
        assert_eq!(percent(DeviceKind::Cpu, 2), None);
        assert_eq!(percent(DeviceKind::DiscreteGpu, 2), Some(11.0));
    }

    #[test]
    fn what_was_found_is_switched_on_again_and_nothing_else() {
        let answer = |names: &[&str]| {
            let culprit = |name: &&str| Culprit {
                transform: (*name).to_owned(),
                index: 1,
                effect_frac: 0.5,
                low: 0.4,
                high: 0.6,
                without: Vec::new(),
            };
            BisectVerdict {
                culprits: names.iter().map(culprit).collect(),
                predicted_speedup: None,
                noise_floor_frac: None,
                undecided: Vec::new(),
                secs: 1.0,
                sentence: "".into(),
            }
        };
        // The person's order.
        let specs: Vec<TransformSpec> = ["RandZoom", "RandFlip"].map(TransformSpec::new).into();
        let mut state = State {
            chain_before_bisect: Some(specs.iter().rev().cloned().collect()),
            config: RunConfig { transforms: specs.clone(), ..RunConfig::default() },
            ..State::default()
        };
        assert_eq!(switch_on_again(&state, &answer(&[])), None);
        assert_eq!(switch_on_again(&state, &answer(&["RandZoom"])), None);
        state.config.transforms[0].enabled = false;
        let again = UiCommand::SetTransforms { specs, settled: true };
        assert_eq!(switch_on_again(&state, &answer(&["RandZoom"])), Some(again));
    }
}
