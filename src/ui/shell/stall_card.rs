//! Threads that hang: which, in what, for how long against what is usual, and what can be done.

use crate::language::Arg;
use crate::protocol::{Stall, StallAction, StallAnswer, Staller};
use crate::ui::common::{card, style};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Label, Ui};

/// More are only counted: a dead disk stops them all.
const MAX_SHOWN: usize = 4;

/// What hangs; there is something.
pub fn stall_card(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let stalls = &state.run.stalls;
    let colour = style::error_colour(ui);
    card::frame_ui(ui, colour, |ui| {
        for stall in stalls.list.iter().take(MAX_SHOWN) {
            stall_ui(ui, state, stall, commands);
        }
        let more = stalls.list.len().saturating_sub(MAX_SHOWN);
        if more > 0 {
            ui.label(tr!("window-stall-more", threads = more));
        }
    });
}

fn stall_ui(ui: &mut Ui, state: &State, stall: &Stall, commands: &mut Commands) {
    let thread = stall.thread().to_string();
    let lasted = Arg::duration(stall.elapsed_secs);
    let stage = stall.stage.to_string();
    let head = match stall.who {
        Staller::Worker(_) => tr!("window-stall", thread = &thread, stage, lasted),
        Staller::Scan => tr!("window-stall-scan", stage, lasted),
        Staller::Caller | Staller::Trainer => tr!("window-stall-trainer", stage, lasted),
    };
    let meaning = match stall.who {
        Staller::Worker(_) => tr!("window-stall-worker-meaning"),
        Staller::Caller => tr!("window-stall-caller-meaning"),
        Staller::Trainer => tr!("window-may-hang"),
        Staller::Scan if stall.file.is_some() => tr!("window-stall-scan-meaning"),
        Staller::Scan => tr!("window-stall-folder-meaning"),
    };
    let head = style::error(ui, head).strong();
    style::lines(ui, head, 1).on_hover_text(&meaning);
    ui.horizontal(|ui| {
        if let Some(file) = &stall.file {
            ui.label(&file.name).on_hover_text(file.path.display().to_string());
        }
        if let Some(facts) = facts(stall) {
            ui.add(Label::new(style::faint(ui, facts)).truncate());
        }
        if state.run.stalls.left_behind > 0 {
            let words = tr!("window-stall-left-behind", threads = state.run.stalls.left_behind);
            ui.add(Label::new(style::faint(ui, words).small()).truncate());
        }
        if stall.file.is_none() {
            ui.add(Label::new(&meaning).truncate());
        }
    });
    ui.horizontal_wrapped(|ui| {
        let (who, sample) = stall.key();
        let mut answer = |ui: &mut Ui, text: String, hint: String, action: StallAction| {
            let name = tr!("window-stall-button", button = &text, thread = &thread);
            if style::pressed(&style::named(ui.button(text), &name).on_hover_text(hint)) {
                commands.send(UiCommand::AnswerStall(StallAnswer { who, sample, action }));
            }
        };
        let (wait, wait_hint) = (tr!("window-stall-wait"), tr!("window-stall-wait-hint"));
        answer(ui, wait, wait_hint, StallAction::KeepWaiting);
        if let Staller::Worker(_) = who {
            answer(ui, tr!("window-stall-skip"), tr!("window-stall-skip-hint"), StallAction::Skip);
            answer(ui, tr!("window-stall-replace"), tr!("window-stall-replace-hint"), StallAction::Replace);
            answer(ui, tr!("window-stall-quarantine"), tr!("window-stall-quarantine-hint"), StallAction::Quarantine);
        } else if who == Staller::Scan {
            if stall.file.is_some() {
                answer(ui, tr!("window-leave-out"), tr!("window-leave-out-hint"), StallAction::Quarantine);
            }
        } else {
            restart_buttons(ui, state, stall, commands);
        }
        if let Some(dir) = stall.file.as_ref().and_then(|file| file.path.parent()) {
            let text = tr!("window-stall-folder");
            let name = tr!("window-stall-button", button = &text, thread = &thread);
            let button = ui.button(text).on_hover_text(dir.display().to_string());
            if style::named(button, &name).clicked() {
                commands.send(UiCommand::OpenFolder(dir.to_owned()));
            }
        }
    });
}

/// What is usual, and which draw it was.
fn facts(stall: &Stall) -> Option<String> {
    let usual = stall.usual().map(|usual| usual.to_string());
    match (&stall.file, usual) {
        // It reads every file once, whatever is drawn.
        (_, usual) if stall.who == Staller::Scan => usual,
        (Some(file), Some(usual)) => {
            Some(tr!("window-stall-usual-and-draw", usual, epoch = file.epoch, seed = file.seed.to_string()))
        }
        (Some(file), None) => Some(tr!("window-stall-draw", epoch = file.epoch, seed = file.seed.to_string())),
        (None, usual) => usual,
    }
}

/// What is left where the trainer's own thread hangs.
fn restart_buttons(ui: &mut Ui, state: &State, stall: &Stall, commands: &mut Commands) {
    if let (Staller::Caller, Some(file)) = (stall.who, &stall.file) {
        let with_worker = ui.button(tr!("window-restart-with-worker"));
        if style::pressed(&with_worker.on_hover_text(tr!("window-restart-with-worker-hint"))) {
            commands.send(UiCommand::RestartEngine { quarantine: None, workers: Some(1) });
        }
        let without_file = ui.button(tr!("window-restart-without-file"));
        if style::pressed(&without_file.on_hover_text(tr!("window-restart-without-file-hint"))) {
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
    let button = ui.add(style::primary_button(ui, &tr!("window-restart")));
    if style::pressed(&button.on_hover_text(tr!("window-restart-hint"))) {
        commands.send(UiCommand::RestartEngine { quarantine: None, workers: None });
    }
}
