//! `trainscope bisect`: which transform costs the loader time, with an interval, while nothing trains. What training is
//! bound by, and whether a gain came, is not known here: those are null in its lines.

use super::loader_alone::LoaderAlone;
use super::{CommandResult, ConfigArgs, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, Failure, print_json};
use crate::diagnose::{LoaderOnlySettings, LoaderReport, loader_only, switchable};
use crate::protocol::{Decision, Measure, Trial};
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[derive(Debug, Args)]
pub struct BisectArgs {
    /// The dataset's folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// Stop after so many seconds; what is open then is undecided.
    #[arg(long, value_name = "SECS", default_value_t = 30.0)]
    budget: f64,
    /// One JSON object a line: `trial` for each transform and clock, then `verdict`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BisectArgs) -> CommandResult {
    let LoaderAlone { job, .. } = LoaderAlone::read(&args.data, &args.config)?;
    let candidates = switchable(&job.chain, job.dataset.one_size().is_some());
    if candidates.is_empty() {
        return Err(Failure::new(EXIT_DATA, "the chain has no transform that could be switched off"));
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // Where no handler can be set, Ctrl-C ends the program without a verdict.
    let _ = ctrlc::set_handler(move || flag.store(true, Relaxed));
    let settings = LoaderOnlySettings::new(candidates, args.budget.clamp(1.0, 86_400.0), job.seed);
    let mut last = None;
    let verdict = loader_only(&job, &settings, &mut |report| {
        last = Some(report.clone());
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(|e| Failure::new(EXIT_DATA, e))?;
    let LoaderReport { trials, cpu_us, .. } =
        last.ok_or_else(|| Failure::new(EXIT_DATA, "the budget was spent before the first block was measured"))?;
    if args.json {
        for trial in &trials {
            print_json(&json!({
                "type": "trial", "transform": trial.transform, "index": trial.index, "method": trial.method,
                "measure": trial.measure, "effect_frac": trial.effect_frac, "low": trial.low, "high": trial.high,
                "blocks": trial.blocks, "decision": trial.decision,
            }));
        }
        print_json(&json!({
            "type": "verdict", "bound": null, "culprits": verdict.culprits,
            "predicted_speedup": verdict.predicted_speedup, "confirmed_speedup": null,
            "noise_floor_frac": verdict.noise_floor_frac, "undecided": verdict.undecided, "secs": verdict.secs,
            "cpu_us": cpu_us, "sentence": verdict.sentence,
        }));
    } else {
        println!("The loader takes {cpu_us:.1} us of CPU an image. With a transform off it is faster by:");
        for trial in trials.iter().filter(|trial| trial.measure == Measure::LoaderCpu) {
            println!("  {}", line(trial));
        }
        println!("{}", verdict.sentence);
    }
    Ok(if interrupted.load(Relaxed) { EXIT_INTERRUPTED } else { EXIT_OK })
}

/// `RandRotate    24.1 %  (22.9 to 25.4 %), 41 blocks`.
fn line(trial: &Trial) -> String {
    let percent = |v: Option<f64>| v.map_or_else(|| "?".to_owned(), |v| format!("{:.1}", 100.0 * v));
    let word = match trial.decision {
        Decision::Undecided | Decision::Measuring => ", undecided",
        Decision::CannotSwitch => ", cannot be switched off",
        Decision::Effect | Decision::Nothing => "",
    };
    format!(
        "{:<28} {:>6} %  ({} to {} %), {} blocks{word}",
        trial.transform,
        percent(trial.effect_frac),
        percent(trial.low),
        percent(trial.high),
        trial.blocks
    )
}
