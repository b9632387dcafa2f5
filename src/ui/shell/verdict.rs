//! What holds training back, in two lines with the one button that helps most, and what the last change did.

use super::action::{Action, BISECT_SECS};
use crate::client::Live;
use crate::diagnose::is_sure;
use crate::language::Arg;
use crate::protocol::{Bound, Decision, Verdict};
use crate::ui::common::card::frame_ui;
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::pages::diagnosis::bisect::progress_words;
use crate::ui::pages::diagnosis::bound_colour;
use crate::ui::pages::diagnosis::commands::{better_workers, command_of, offers_workers, switch_off};
use crate::ui::pages::diagnosis::effects::is_doubtful;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Button, Color32, Label, Layout, RichText, Sense, Ui};

/// Steps after which there is a verdict.
const STEPS_BEFORE: u64 = 20;

/// A button: what it says, what is to be known before it is pressed, and what it asks for.
struct Offer {
    says: String,
    hint: String,
    commands: Vec<UiCommand>,
    /// What it asks for, where that is a number of workers.
    workers: Option<usize>,
    /// Nothing speaks against it: its button stands out.
    is_sure: bool,
}

pub fn verdict_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let (words, colour) = sentence(ui, state);
    frame_ui(ui, colour, |ui| {
        let height = 2.0 * ui.text_style_height(&egui::TextStyle::Body) + 2.0;
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            ui.set_min_height(height);
            style::two_lines(ui, RichText::new(words).color(colour).strong());
        });
        ui.horizontal(|ui| {
            // The page has these buttons itself, and more.
            if state.view.page != Page::DIAGNOSIS {
                if let Some(offer) = best_offer(ui.ctx(), state) {
                    let button = match offer.is_sure {
                        true => style::primary_button(ui, &offer.says),
                        false => Button::new(offer.says.clone()),
                    };
                    let button = ui.add(button);
                    if let Some(workers) = offer.workers {
                        offers_workers(&button, workers);
                    }
                    if style::pressed(&style::with_author_id(button, "best-offer").on_hover_text(&offer.hint)) {
                        offer.commands.into_iter().for_each(|command| commands.send(command));
                    }
                }
                if state.run.findings.verdict.is_some() && ui.link(tr!("window-why")).clicked() {
                    commands.send(UiCommand::ShowPage(Page::DIAGNOSIS));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| last_change_ui(ui, state, commands));
        });
    });
}

/// What is to be said now, and in which colour.
fn sentence(ui: &Ui, state: &State) -> (String, Color32) {
    let run = &state.run;
    let calm = style::faint_colour(ui);
    if let Some(bisect) = run.findings.bisect.as_ref().filter(|bisect| bisect.verdict.is_none()) {
        return (progress_words(bisect).to_string(), style::selection_colour(ui));
    }
    if run.started.is_none() {
        return (tr!("window-preparing", phase = words::live(run)), calm);
    }
    match (&run.findings.verdict, run.now.step) {
        (Some(verdict), _) if verdict.bound != Bound::NotEnough => {
            let words = run.findings.verdict_words().unwrap_or_default();
            (words.to_string(), bound_colour(ui, verdict.bound))
        }
        // It counts as the Diagnosis page does: of slow steps fewer are needed.
        (Some(verdict), _) => (verdict.sentence.to_string(), calm),
        (None, step) if step < STEPS_BEFORE => (tr!("window-collecting", wanted = STEPS_BEFORE, done = step), calm),
        (None, _) => (words::capitalised(&words::live(run)), calm),
    }
}

/// Of all that could be done the one thing to do first.
fn best_offer(ctx: &egui::Context, state: &State) -> Option<Offer> {
    if state.bisecting() {
        let (says, hint) = (tr!("page-bisect-stop"), tr!("page-bisect-stop-hint"));
        return Some(Offer { says, hint, commands: vec![UiCommand::StopBisect], workers: None, is_sure: true });
    }
    let findings = &state.run.findings;
    let verdict = findings.verdict.as_ref().filter(|verdict| verdict.bound != Bound::NotEnough)?;
    let found = findings.bisect_verdict();
    let culprit = found.and_then(|answer| answer.culprits.iter().find(|culprit| culprit.without.is_empty()));
    if let Some((culprit, command)) =
        culprit.and_then(|c| Some((c, switch_off(state, std::slice::from_ref(&c.transform))?)))
    {
        return Some(Offer {
            says: tr!(
                "window-switch-off",
                transform = &culprit.transform,
                percent = Arg::percent(culprit.effect_frac, 0)
            ),
            hint: tr!("window-switch-off-hint", keys = Action::Undo.keys_text(ctx)),
            commands: vec![command],
            workers: None,
            is_sure: true,
        });
    }
    // The verdict that stands is of the run before its last change.
    if findings.verdict_is_old {
        return None;
    }
    let workers = offer_of_workers(ctx, state, verdict);
    if workers.as_ref().is_some_and(|offer| offer.is_sure) {
        return workers;
    }
    let input_bound = matches!(verdict.bound, Bound::Input | Bound::Stalled);
    let may_look = input_bound && found.is_none() && state.run.live == Live::Running;
    let look = may_look.then(|| Offer {
        says: tr!("window-find-culprit"),
        hint: tr!("window-find-culprit-hint"),
        commands: vec![
            UiCommand::Bisect { budget_secs: BISECT_SECS, thorough: false, go_on: false },
            UiCommand::ShowPage(Page::DIAGNOSIS),
        ],
        workers: None,
        is_sure: true,
    });
    look.or(workers)
}

fn offer_of_workers(ctx: &egui::Context, state: &State, verdict: &Verdict) -> Option<Offer> {
    let now = verdict.images_per_sec?;
    let (workers, better) = better_workers(ctx, state, verdict)?;
    let percent = Arg::percent(better.images_per_sec / now - 1.0, 0);
    let is_sure = is_sure(better, now);
    let (rate, band) = (words::rate(better.images_per_sec), better.band());
    Some(Offer {
        says: if is_sure {
            tr!("window-use-workers", workers, percent)
        } else {
            tr!("window-try-workers", workers, percent)
        },
        hint: match better.measured {
            true => tr!("window-measured-rate", rate, band),
            false => tr!("window-predicted-rate", rate, band),
        },
        commands: vec![command_of(state, &better.change)?],
        workers: Some(workers),
        is_sure,
    })
}

/// What was changed last, and what became of it.
fn last_change_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let Some(mark) = state.run.marks.last() else { return };
    let effect = state.run.findings.effects.iter().find(|effect| effect.config_version == mark.config_version);
    // A card may be of the change before as well, and says so.
    let change = effect.map_or(&mark.label, |effect| &effect.label).to_string();
    let words = match effect.map(|effect| (effect.decision, effect.effect_frac)) {
        Some((Decision::Effect, Some(frac))) if frac >= 0.0 => {
            tr!("window-last-change-faster", change, percent = Arg::percent(frac, 0))
        }
        Some((Decision::Effect, Some(frac))) => {
            tr!("window-last-change-slower", change, percent = Arg::percent(-frac, 0))
        }
        Some((Decision::Nothing, _)) => tr!("window-last-change-nothing", change),
        Some((Decision::Measuring, _)) => tr!("window-last-change-measuring", change),
        _ => tr!("window-last-change", change),
    };
    let words = if effect.is_some_and(is_doubtful) { tr!("window-last-change-doubtful", words) } else { words };
    let label = ui.add(Label::new(style::faint(ui, words)).truncate().selectable(false).sense(Sense::click()));
    if label.on_hover_text(tr!("window-last-change-hint")).clicked() {
        commands.send(UiCommand::ShowPage(Page::DIAGNOSIS));
    }
}
