//! The commands that make the changes which the diagnosis names.

use crate::protocol::{Prediction, RunChange, Verdict};
use crate::ui::common::words;
use crate::ui::state::{State, UiCommand};
use egui::{Context, Id, Response};

/// The number of workers on the button that the pointer is on, and the pass in which it was.
#[derive(Clone, Copy)]
struct UnderPointer {
    workers: usize,
    pass: u64,
}

/// The number of workers that a button offers. There is a verdict a second: on a button that is about to be clicked the number stays as
/// long as it is worth it.
pub(crate) fn better_workers<'a>(
    ctx: &Context,
    state: &State,
    verdict: &'a Verdict,
) -> Option<(usize, &'a Prediction)> {
    let workers = state.config.loader.workers;
    let now = verdict.images_per_sec?;
    let pass = ctx.cumulative_pass_nr();
    let stays = ctx.data(|data| data.get_temp::<UnderPointer>(Id::NULL));
    // A button that is gone holds nothing.
    let stays = stays.filter(|held| held.workers != workers && held.pass + 1 >= pass).and_then(|held| {
        let change = RunChange::Workers(held.workers);
        let its = verdict.predictions.iter().find(|prediction| prediction.change == change)?;
        its.is_worth(now).then_some((held.workers, its))
    });
    stays.or_else(|| verdict.better_workers(workers))
}

/// This button offers so many workers.
pub(crate) fn offers_workers(button: &Response, workers: usize) {
    if button.hovered() {
        let under = UnderPointer { workers, pass: button.ctx.cumulative_pass_nr() };
        button.ctx.data_mut(|data| data.insert_temp(Id::NULL, under));
    }
}

/// What makes the change while the run goes on.
pub(crate) fn command_of(state: &State, change: &RunChange) -> Option<UiCommand> {
    if !state.run.live.is_active() {
        return None;
    }
    match change {
        RunChange::Workers(workers) => Some(UiCommand::set("loader.workers", *workers)),
        RunChange::TransformOff(name) => switch_off(state, std::slice::from_ref(name)),
        RunChange::Cache | RunChange::BatchSize(_) => None,
    }
}

/// The chain as it is without these stages; `None` where it has not all of them, or they are off.
pub(crate) fn switch_off(state: &State, stages: &[String]) -> Option<UiCommand> {
    let mut specs = state.config.transforms.clone();
    for stage in stages {
        let at = words::stage_index(&specs, stage)?;
        specs.get_mut(at)?.enabled = false;
    }
    (specs != state.config.transforms).then_some(UiCommand::SetTransforms { specs, settled: true })
}
