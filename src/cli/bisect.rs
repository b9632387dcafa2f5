//! `trainscope bisect`: which transform costs training speed, by experiment and with an interval: in place, while a network
//! trains, or over the loader alone.

mod in_place;

use super::loader_alone::LoaderAlone;
use super::{CommandResult, ConfigArgs, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, Failure, interrupt_flag, print_json};
use crate::diagnose::{LoaderOnlySettings, LoaderReport, loader_only, switchable};
use crate::language::Arg;
use crate::protocol::{BisectVerdict, Bound, Decision, Gain, Measure, OffMethod, Trial};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[derive(Debug, Args)]
pub struct BisectArgs {
    /// The dataset's folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// Stop after so many seconds of experiment; what is open then is undecided.
    #[arg(long, value_name = "SECS", default_value_t = 60.0)]
    budget: f64,
    /// Go on until each transform is decided, not only until the costliest is.
    #[arg(long)]
    thorough: bool,
    /// Measure the loader alone, while nothing trains: says what loading costs, not whether training would be faster.
    #[arg(long, conflicts_with_all = ["run", "thorough"])]
    loader_only: bool,
    /// How a transform is off, of the loader alone: left out, or what it made before put in its place, so that what comes
    /// after it has as much to do as ever.
    #[arg(long, value_enum, default_value_t = Method::Removed, requires = "loader_only")]
    method: Method,
    /// Keep the run that is trained meanwhile in this folder; else it is thrown away.
    #[arg(long, value_name = "RUNDIR")]
    run: Option<PathBuf>,
    /// One JSON object a line: `trial` for each transform, then `verdict`.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Removed,
    Replayed,
}

/// What a bisect came to.
struct Outcome {
    trials: Vec<Trial>,
    verdict: BisectVerdict,
    /// What training was bound by before; `None` where nothing trained.
    bound: Option<Bound>,
    /// What came of switching the culprits off, measured before and after; `None` where it was not tried.
    confirmed: Option<Gain>,
    /// Of the loader alone.
    cpu_us: Option<f64>,
    interrupted: bool,
}

pub(super) fn run(args: &BisectArgs) -> CommandResult {
    let interrupted = interrupt_flag();
    let outcome =
        if args.loader_only { loader_alone(args, &interrupted)? } else { in_place::bisect(args, &interrupted)? };
    let code = if outcome.interrupted { EXIT_INTERRUPTED } else { EXIT_OK };
    if args.json {
        outcome.print_json()
    } else {
        outcome.print()
    }
    Ok(code)
}

fn loader_alone(args: &BisectArgs, interrupted: &AtomicBool) -> Result<Outcome, Failure> {
    let LoaderAlone { job, .. } = LoaderAlone::read(&args.data, &args.config)?;
    let method = match args.method {
        Method::Removed => OffMethod::Removed,
        Method::Replayed => OffMethod::Replayed,
    };
    // What is replayed has the size that it had.
    let candidates = switchable(&job.chain, job.dataset.one_size().is_some() || method == OffMethod::Replayed);
    if candidates.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("command-nothing-to-switch")));
    }
    let settings = LoaderOnlySettings {
        method,
        ..LoaderOnlySettings::new(candidates, args.budget.clamp(1.0, 86_400.0), job.seed)
    };
    let (report, verdict) = loader_only(&job, &settings, &mut |_| {
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(|e| Failure::new(EXIT_DATA, e))?;
    let LoaderReport { trials, cpu_us, blocks, .. } = report;
    if blocks == 0 {
        return Err(Failure::new(EXIT_DATA, msg!("command-budget-spent")));
    }
    let interrupted = interrupted.load(Relaxed);
    Ok(Outcome { trials, verdict, bound: None, confirmed: None, cpu_us: Some(cpu_us), interrupted })
}

impl Outcome {
    fn print_json(&self) {
        for trial in &self.trials {
            print_json(&json!({
                "type": "trial", "transform": trial.transform, "index": trial.index, "method": trial.method,
                "measure": trial.measure, "effect_frac": trial.effect_frac, "low": trial.low, "high": trial.high,
                "blocks": trial.blocks, "decision": trial.decision, "without": trial.without,
            }));
        }
        let Self { verdict, confirmed, .. } = self;
        let times = |frac: f64| 1.0 + frac;
        print_json(&json!({
            "type": "verdict", "bound": self.bound, "culprits": verdict.culprits,
            "predicted_speedup": verdict.predicted_speedup,
            "confirmed_speedup": confirmed.map(|c| times(c.effect_frac)),
            "confirmed_low": confirmed.map(|c| times(c.low)), "confirmed_high": confirmed.map(|c| times(c.high)),
            "noise_floor_frac": verdict.noise_floor_frac, "undecided": verdict.undecided, "secs": verdict.secs,
            "cpu_us": self.cpu_us, "sentence": verdict.sentence,
        }));
    }

    fn print(&self) {
        match (self.bound, self.cpu_us) {
            (Some(bound), _) => print_line!("{}", msg!("command-bisect-bound", bound = bound.to_string())),
            (None, Some(cpu_us)) => print_line!("{}", msg!("command-bisect-loader", cpu_us = Arg::number(cpu_us, 1))),
            (None, None) => print_line!("{}", msg!("command-bisect-unbound")),
        }
        for trial in self.trials.iter().filter(|trial| trial.measure != Measure::LoaderWall) {
            print_line!("  {}", line(trial));
        }
        print_line!("{}", self.verdict.sentence);
        if let Some(Gain { effect_frac, low, high }) = self.confirmed {
            let [times, low, high] = [effect_frac, low, high].map(|frac| Arg::number(1.0 + frac, 2));
            print_line!("{}", msg!("command-bisect-confirmed", times, low, high));
        }
    }
}

/// `RandRotate    24.1 %  (22.9 to 25.4 %), 41 blocks`.
fn line(trial: &Trial) -> String {
    let percent = |v: Option<f64>| v.map_or_else(|| "?".to_owned(), |v| format!("{:.1}", 100.0 * v));
    let decision = match trial.decision {
        Decision::Undecided | Decision::Measuring => "undecided",
        Decision::CannotSwitch => "cannot-switch",
        Decision::Effect | Decision::Nothing => "decided",
    };
    let name = format!("{:<28}", trial.transform);
    let percent_cell = format!("{:>6}", percent(trial.effect_frac));
    let (low, high, blocks) = (percent(trial.low), percent(trial.high), trial.blocks);
    match trial.without.as_slice() {
        [] => tr!("command-bisect-trial", name, percent = percent_cell, low, high, blocks, decision),
        names => {
            let without = names.join(", ");
            tr!("command-bisect-trial-without", name, percent = percent_cell, low, high, blocks, decision, without)
        }
    }
}
