//! The commands that make the changes which the diagnosis names.

use crate::protocol::RunChange;
use crate::ui::common::words;
use crate::ui::state::{State, UiCommand};

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
