//! Threads that hang, above the pages: which, in what, for how long against what is usual, and what can be done.

use crate::protocol::{Stall, StallAction, StallAnswer, Staller};
use crate::ui::common::{card, style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Label, RichText, Ui};

/// More are only counted: a dead disk stops them all.
const MAX_SHOWN: usize = 4;

pub fn stall_card(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let stalls = &state.run.stalls;
    // An engine that says nothing has a banner of its own, and what it said last may be long over.
    if !state.run.live.is_active() || state.silent_secs.is_some() || stalls.list.is_empty() {
        return;
    }
    let colour = style::error_colour(ui);
    card::frame_ui(ui, colour, |ui| {
        for stall in stalls.list.iter().take(MAX_SHOWN) {
            stall_ui(ui, state, stall, commands);
        }
        let more = stalls.list.len().saturating_sub(MAX_SHOWN) as u64;
        if more > 0 {
            ui.label(format!("{} more", words::plural(more, "thread hangs", "threads hang")));
        }
        if stalls.left_behind > 0 {
            let threads = words::plural(stalls.left_behind, "loader thread", "loader threads");
            let words = format!("{threads} left behind earlier: each ends itself when it comes back");
            ui.label(style::faint(ui, words).small());
        }
    });
}

fn stall_ui(ui: &mut Ui, state: &State, stall: &Stall, commands: &mut Commands) {
    let thread = match stall.who {
        Staller::Worker(_) => stall.thread().to_string(),
        Staller::Caller | Staller::Trainer => "The trainer".to_owned(),
    };
    let head = format!("{thread} has been in {} for {}", stall.stage, words::duration(stall.elapsed_secs));
    ui.label(RichText::new(head).color(style::error_colour(ui)).strong());
    if let Some(file) = &stall.file {
        ui.add(Label::new(&file.name).truncate()).on_hover_text(file.path.display().to_string());
    }
    let mut facts = Vec::new();
    facts.extend(stall.usual().map(|usual| usual.to_string()));
    if let Some(file) = &stall.file {
        facts.push(format!("epoch {}, seed {}", file.epoch, file.seed));
    }
    if !facts.is_empty() {
        ui.label(style::faint(ui, facts.join("; ")));
    }
    ui.label(match stall.who {
        Staller::Worker(_) => {
            "Training waits for this sample. A thread cannot be killed: it is left behind, another takes its place."
        }
        Staller::Caller => {
            "There are 0 workers: the trainer loads by itself, and nobody can take its place. With a worker such a sample \
             can be skipped while training goes on."
        }
        Staller::Trainer => "It may hang in a driver or wait for a disk. Its last checkpoint is kept.",
    });
    ui.horizontal_wrapped(|ui| {
        let (who, sample) = stall.key();
        let mut answer = |ui: &mut Ui, text: &str, hint: &str, action: StallAction| {
            let button = style::named(ui.button(text), &format!("{text} ({})", stall.thread()));
            if button.on_hover_text(hint).clicked() {
                commands.send(UiCommand::AnswerStall(StallAnswer { who, sample, action }));
            }
        };
        answer(ui, "Keep waiting", "Say no more of it until it has taken twice as long", StallAction::KeepWaiting);
        if let Staller::Worker(_) = who {
            let skip = "Leave this image out of its batch, this once; a new thread goes on";
            answer(ui, "Skip this sample", skip, StallAction::Skip);
            let replace = "A new thread tries this image again: where the disk is back, or the file was mended";
            answer(ui, "Replace the worker", replace, StallAction::Replace);
            let quarantine = "Leave this image out from now on: in this run, its resumption and those started from its \
                              run.toml";
            answer(ui, "Quarantine the file", quarantine, StallAction::Quarantine);
        } else {
            restart_buttons(ui, state, stall, commands);
        }
        if let Some(dir) = stall.file.as_ref().and_then(|file| file.path.parent()) {
            let button = ui.button("Open its folder").on_hover_text(dir.display().to_string());
            if style::named(button, &format!("Open its folder ({})", stall.thread())).clicked() {
                commands.send(UiCommand::OpenFolder(dir.to_owned()));
            }
        }
    });
}

/// What is left where the trainer's own thread hangs.
fn restart_buttons(ui: &mut Ui, state: &State, stall: &Stall, commands: &mut Commands) {
    if let (Staller::Caller, Some(file)) = (stall.who, &stall.file) {
        let with_worker = ui.button("End the engine, resume with 1 worker");
        if with_worker.on_hover_text("The image is tried again by a thread that can be replaced").clicked() {
            commands.send(UiCommand::RestartEngine { quarantine: None, workers: Some(1) });
        }
        let without_file = ui.button("End the engine, resume without this file");
        if without_file.on_hover_text("Quarantines the file for this run and its resumptions").clicked() {
            commands.send(UiCommand::RestartEngine { quarantine: Some(file.name.clone()), workers: None });
        }
    } else {
        restart_button(ui, state, commands);
    }
}

/// Ends the engine and has another go on from the last checkpoint; not there where nothing was begun.
pub(crate) fn restart_button(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if state.run.started.is_none() {
        return;
    }
    let button = ui.add(style::primary_button(ui, "End the engine and resume"));
    let hint =
        "Ends it at once; another one goes on from the last checkpoint, or from the beginning where there is none";
    if button.on_hover_text(hint).clicked() {
        commands.send(UiCommand::RestartEngine { quarantine: None, workers: None });
    }
}
