//! The one place above the pages that says what is the matter: what holds training back while all is well, and in its
//! place whatever matters more. Always of the same height.

use super::{banner, stall_card, verdict};
use crate::client::Live;
use crate::ui::common::card::frame_ui;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, SILENCE_SECS, State, UiCommand};
use egui::{RichText, Ui};

pub fn notice_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let active = state.run.live.is_active();
    if let Some(secs) = state.silent_secs.filter(|s| *s > SILENCE_SECS && active) {
        silence_ui(ui, state, secs, commands);
    } else if active && !state.run.stalls.list.is_empty() {
        stall_card::stall_card(ui, state, commands);
    } else if let Some(found) = state.run.findings.unscaled.as_ref().filter(|_| active) {
        banner::unscaled_ui(ui, found, commands);
    } else if active {
        verdict::verdict_ui(ui, state, commands);
    } else if state.lacks_font {
        banner::no_font_ui(ui, commands);
    } else if let Some(run_dir) = state.going_on.as_ref() {
        banner::going_on_ui(ui, state, run_dir, commands);
    } else if !state.view.banner_dismissed {
        match &state.run.live {
            Live::Died { how } => banner::died_ui(ui, state, &how.to_string(), commands),
            Live::Failed { error, kind } => banner::failed_ui(ui, state, &error.to_string(), *kind, commands),
            Live::Finished(finished) => banner::finished_ui(ui, state, finished, commands),
            Live::Idle | Live::Starting | Live::Running | Live::Paused | Live::Stopping => {}
        }
    }
}

fn silence_ui(ui: &mut Ui, state: &State, secs: f64, commands: &mut Commands) {
    let colour = style::warning_colour(ui);
    frame_ui(ui, colour, |ui| {
        ui.label(RichText::new(tr!("window-silence", lasted = words::duration(secs))).color(colour).strong());
        style::lines(ui, RichText::new(tr!("window-may-hang")), 1);
        ui.horizontal_wrapped(|ui| {
            stall_card::restart_button(ui, state, commands);
            if style::pressed(&ui.button(tr!("window-end-engine")).on_hover_text(tr!("window-end-engine-hint"))) {
                commands.send(UiCommand::EndEngine);
            }
        });
    });
}
