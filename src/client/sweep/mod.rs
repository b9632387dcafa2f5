//! Sweeps: one key of the configuration, several values, the same seed and the same batches; which trains faster, by how
//! much and with what interval, and how the losses compare.
//!
//! [`sweep`] runs on the caller's thread for as long as its budget lasts; it starts engines, lets one of them train at a
//! time, and leaves none behind. What it finds goes to the caller as a [`SweepReport`] after every turn, and into
//! `sweep.json` at the end. Must not know of windows.
//!
//! What is compared is seconds an image: with equal batch sizes that is the step time. The arithmetic is `diagnose`'s: a quick
//! phase that tells large differences, then one paired difference a round, and an interval that may be looked at after each.

mod arm;
mod compare;
mod desk;
mod quick;
mod report;
mod runner;
mod segment;
mod spec;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_sim;
mod threads;
mod words;

#[cfg(test)]
pub(crate) use report::made;
pub use report::{
    AccuracyAgainst, HoldOut, Interval, LossAgainst, LossPoint, PredictedCurve, PredictedRate, Standing, SweepKind,
    SweepPoint, SweepReport, SweepState,
};
pub use spec::{BATCH_SIZE_KEY, SweepError, SweepSpec, WORKERS_KEY, changes_loss, compares_losses};

use super::EngineStarter;
use crate::language::{Message, render_all};
use desk::{Desk, Tools};
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

/// The file that keeps what a sweep found, in its folder.
pub const SWEEP_FILE: &str = "sweep.json";

/// Runs a sweep to its end: everything decided, the budget spent, or `cancelled`. `tell` gets the report as it stands, twice
/// a second and after every turn.
///
/// # Errors
/// The key, a value or the folder will not do, or no engine came to training. One that fails later costs its value only.
pub fn sweep(
    spec: &SweepSpec,
    start: &EngineStarter,
    cancelled: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&SweepReport),
) -> Result<SweepReport, SweepError> {
    let begun = Instant::now();
    let tools = Tools { start: &|| start(Box::new(|| {})), cancelled, clock: &|| begun.elapsed().as_secs_f64(), tell };
    sweep_with(spec, tools)
}

fn sweep_with(spec: &SweepSpec, tools: Tools<'_>) -> Result<SweepReport, SweepError> {
    let configs = spec.configs()?;
    let file = spec.dir.join(SWEEP_FILE);
    if file.exists() {
        return Err(SweepError::Exists(spec.dir.clone()));
    }
    std::fs::create_dir_all(&spec.dir).map_err(|source| SweepError::Write { source, path: spec.dir.clone() })?;
    let report = SweepReport {
        key: spec.key.clone(),
        kind: spec.kind(),
        state: SweepState::Running,
        points: Vec::new(),
        curve: None,
        margin_frac: spec.margin_frac,
        now: Message::default(),
        secs: 0.0,
        budget_secs: spec.budget_secs,
        needed_secs: None,
        notes: Vec::new(),
        sentence: Message::default(),
        dir: spec.dir.clone(),
    };
    let mut desk = Desk::new(tools, report);
    let end = match spec.kind() {
        SweepKind::Threads => threads::threads(spec, &configs, &mut desk),
        SweepKind::SideBySide => compare::compare(spec, configs, &mut desk),
    };
    desk.finish(end);
    desk.report.sentence = words::verdict(&desk.report);
    write(&desk.report, &file)?;
    let report = desk.report;
    let failed = |point: &SweepPoint| point.standing == Standing::Failed;
    match report.points.first() {
        Some(first) if report.points.iter().all(failed) => {
            Err(SweepError::AllFailed(first.note.clone().unwrap_or_default()))
        }
        _ => Ok(report),
    }
}

/// Whole, so that a reader never finds half a file.
fn write(report: &SweepReport, file: &Path) -> Result<(), SweepError> {
    let failed = |source| SweepError::Write { source, path: file.to_owned() };
    let not_json = |e: serde_json::Error| failed(std::io::Error::other(e));
    let mut value = serde_json::to_value(report).map_err(not_json)?;
    add_texts(&mut value);
    // Where losses decide, the rounds are only their stages, and nothing is asked of the speed.
    let points = value["points"].as_array_mut().filter(|_| report.is_by_loss());
    points.into_iter().flatten().for_each(|point| point["time_ratio"] = Value::Null);
    let text = serde_json::to_string_pretty(&value).map_err(not_json)?;
    crate::store::atomic::write(file, text.as_bytes()).map_err(failed)
}

/// Puts the words of what is said beside it, in the language of now: what is said itself is read back in any.
fn add_texts(value: &mut Value) {
    match value {
        Value::Object(object) if !object.contains_key("$message") => {
            let said =
                ["sentence", "note", "notes"].into_iter().filter_map(|key| Some((key, object.get(key)?.clone())));
            let texts = said.map(|(key, mut text)| {
                render_all(&mut text);
                (format!("{key}_text"), text)
            });
            let texts: Vec<(String, Value)> = texts.collect();
            object.values_mut().for_each(add_texts);
            object.extend(texts);
        }
        Value::Array(items) => items.iter_mut().for_each(add_texts),
        _ => {}
    }
}
