//! `trainscope bisect`: which transform costs training speed, by experiment and with an interval: in place, while a network
//! trains, or over the loader alone.

mod in_place;

use super::loader_alone::LoaderAlone;
use super::outcome::refuse_budget;
use super::{
    CommandResult, ConfigArgs, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, Failure, interrupt_flag, print_json,
};
use crate::config::TransformSpec;
use crate::diagnose::{LoaderOnlySettings, LoaderReport, loader_only, switchable};
use crate::language::{Arg, Message};
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
    /// Stop after so many seconds of experiment; what is open then is undecided. Training is watched before it until it has its
    /// verdict, a minute at most, and after it with the culprits off, as many seconds again at most.
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
    /// What came of switching the culprits off, measured before and after, or why that is not known; `None` without culprits, and of
    /// the loader alone.
    confirmation: Option<Result<Gain, Message>>,
    /// Of the loader alone.
    an_image: Option<AnImage>,
    interrupted: bool,
}

/// Microseconds that the loader takes over one, by the clock and of CPU.
#[derive(Clone, Copy)]
struct AnImage {
    wall_us: f64,
    cpu_us: f64,
}

pub(super) fn run(args: &BisectArgs) -> CommandResult {
    refuse_budget(args.budget)?;
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
        return Err(nothing_to_switch(job.chain.specs()));
    }
    let settings = LoaderOnlySettings { method, ..LoaderOnlySettings::new(candidates, args.budget, job.seed) };
    let (report, verdict) = loader_only(&job, &settings, &mut |_| {
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(|e| Failure::new(EXIT_DATA, e))?;
    let LoaderReport { trials, wall_us, cpu_us, blocks, .. } = report;
    if blocks == 0 {
        return Err(Failure::new(EXIT_DATA, msg!("command-budget-spent")));
    }
    let interrupted = interrupted.load(Relaxed);
    let an_image = Some(AnImage { wall_us, cpu_us });
    Ok(Outcome { trials, verdict, bound: None, confirmation: None, an_image, interrupted })
}

/// Nothing of the chain can be compared; what is off already is named.
fn nothing_to_switch(specs: &[TransformSpec]) -> Failure {
    let off: Vec<&str> = specs.iter().filter(|spec| !spec.enabled).map(|spec| spec.name.as_str()).collect();
    let why = match off.first() {
        None => msg!("command-nothing-to-switch"),
        Some(name) => {
            let set = format!("--set transform.{name}.enabled=true");
            msg!("command-nothing-left-to-switch", transforms = Arg::names(&off), set)
        }
    };
    Failure::new(EXIT_USAGE, why)
}

impl Outcome {
    fn print_json(&self) {
        for trial in &self.trials {
            print_json(&json!({
                "type": "trial", "transform": trial.transform, "index": trial.index, "method": trial.method,
                "measure": trial.measure, "effect_frac": trial.effect_frac, "low": trial.low, "high": trial.high,
                "blocks": trial.blocks, "decision": trial.decision, "without": trial.without, "together": trial.together,
            }));
        }
        let Self { verdict, confirmation, .. } = self;
        let confirmed = confirmation.as_ref().and_then(|found| found.as_ref().ok());
        let times = |frac: f64| 1.0 + frac;
        print_json(&json!({
            "type": "verdict", "bound": self.bound, "culprits": verdict.culprits,
            "predicted_speedup": verdict.predicted_speedup,
            "confirmed_speedup": confirmed.map(|c| times(c.effect_frac)),
            "confirmed_low": confirmed.map(|c| times(c.low)), "confirmed_high": confirmed.map(|c| times(c.high)),
            "not_confirmed": confirmation.as_ref().and_then(|found| found.as_ref().err()),
            "noise_floor_frac": verdict.noise_floor_frac, "undecided": verdict.undecided, "secs": verdict.secs,
            "wall_us": self.an_image.map(|a| a.wall_us), "cpu_us": self.an_image.map(|a| a.cpu_us),
            "sentence": verdict.sentence,
        }));
    }

    fn print(&self) {
        self.lines().iter().for_each(|line| print_line!("{line}"));
    }

    fn lines(&self) -> Vec<String> {
        let head = match (self.bound, self.an_image) {
            (Some(bound), _) => tr!("command-bisect-bound", bound = bound.to_string()),
            (None, Some(AnImage { wall_us, cpu_us })) => {
                let [wall_us, cpu_us] = [wall_us, cpu_us].map(|us| Arg::number(us, 1));
                tr!("command-bisect-loader", wall_us, cpu_us)
            }
            (None, None) => tr!("command-bisect-unbound"),
        };
        let mut lines = vec![head];
        lines.extend(rows(&self.trials).iter().map(|row| format!("  {row}")));
        lines.push(self.verdict.sentence.to_string());
        // What a busy machine costs: no round is thrown away, but small effects are not believed.
        if let Some(floor) = self.verdict.noise_floor_frac {
            lines.push(tr!("page-bisect-noise", noise = Arg::percent(floor, 1)));
        }
        lines.extend(self.confirmation.as_ref().map(|found| match found {
            Ok(gain) => confirmed(gain),
            Err(why) => why.to_string(),
        }));
        lines
    }
}

/// A line for each transform, and one for those that were off only together: in place by the time of a step, of the loader alone by
/// the clock, with CPU time beside it.
fn rows(trials: &[Trial]) -> Vec<String> {
    let cpu_of = |wall: &Trial| {
        let same = |other: &&Trial| other.index == wall.index && other.measure == Measure::LoaderCpu;
        trials.iter().find(same).filter(|_| wall.measure == Measure::LoaderWall)
    };
    let line = |of: Vec<&Trial>| {
        let trial = *of.first().filter(|trial| trial.measure != Measure::LoaderCpu)?;
        Some(row(&name_of(&of), trial, cpu_of(trial)))
    };
    Trial::rows(trials).into_iter().filter_map(line).collect()
}

/// A row's transform, or all that were off only together.
pub(super) fn name_of(row: &[&Trial]) -> String {
    let names: Vec<&str> = row.iter().map(|trial| trial.transform.as_str()).collect();
    match row.first().map_or(0, |trial| trial.together) {
        0 => names.join(", "),
        count => format!("{} ({})", names.join(", "), msg!("plot-trial-together", count)),
    }
}

/// What switching the culprits off brought.
pub(super) fn confirmed(gain: &Gain) -> String {
    let [times, low, high] = [gain.effect_frac, gain.low, gain.high].map(|frac| Arg::number(1.0 + frac, 2));
    tr!("command-bisect-confirmed", times, low, high)
}

/// `RandRotate    24.1 %  (22.9 to 25.4 %), 41 blocks`.
fn row(name: &str, trial: &Trial, cpu: Option<&Trial>) -> String {
    let decision = standing(trial, cpu);
    let (name, gain) = (format!("{name:<28}"), gain_of(trial, 6));
    let gain = match cpu {
        Some(cpu) => msg!("command-bisect-gain-and-cpu", gain, cpu = gain_of(cpu, 0)),
        None => gain,
    };
    let blocks = blocks(trial.blocks);
    match trial.without.as_slice() {
        [] => tr!("command-bisect-trial", name, gain, blocks, decision),
        names => tr!("command-bisect-trial-without", name, gain, blocks, decision, without = names.join(", ")),
    }
}

/// As messages call it.
pub(super) fn standing(trial: &Trial, cpu: Option<&Trial>) -> &'static str {
    // The clock on the wall takes too long to clear anyone: that is the CPU's part.
    match (trial.decision, cpu.map(|cpu| cpu.decision)) {
        (Decision::CannotSwitch, _) => "cannot-switch",
        (Decision::Effect, _) | (_, Some(Decision::Effect | Decision::Nothing)) | (Decision::Nothing, None) => {
            "decided"
        }
        _ => "undecided",
    }
}

fn blocks(blocks: u32) -> Message {
    msg!("command-bisect-blocks", blocks)
}

/// What switching it off brings, with its interval; without a block it counts as not measured.
fn gain_of(trial: &Trial, width: usize) -> Message {
    let (Some(effect_frac), Some(low), Some(high)) = (trial.effect_frac, trial.low, trial.high) else {
        return if trial.blocks > 0 { msg!("command-bisect-no-interval") } else { msg!("command-bisect-not-measured") };
    };
    let percent = format!("{:>width$.1}", 100.0 * effect_frac);
    msg!("command-bisect-gain", percent, low = Arg::percent(low, 1), high = Arg::percent(high, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    fn trial(measure: Measure, effect_frac: f64, decision: Decision) -> Trial {
        let transform = "SimulateDelay".to_owned();
        Trial { transform, measure, blocks: 41, decision, ..played::trial(3, effect_frac, 0.5) }
    }

    /// A step that sleeps costs no CPU, and what people wait by is the clock on the wall.
    #[test]
    fn the_loaders_gain_is_that_of_the_clock_with_the_cpus_beside_it() {
        let cpu = trial(Measure::LoaderCpu, 2.5, Decision::Undecided);
        let wall = trial(Measure::LoaderWall, 173.0, Decision::Effect);
        let rows = rows(&[cpu, wall]);
        assert_eq!(rows.len(), 1);
        let gain = "17300.0 %  (17250.0 to 17350.0 %); CPU 250.0 %  (200.0 to 300.0 %), 41 blocks";
        assert!(rows[0].starts_with("SimulateDelay  ") && rows[0].ends_with(gain), "{rows:?}");
    }

    fn lines(noise_floor_frac: Option<f64>, confirmation: Option<Result<Gain, Message>>) -> Vec<String> {
        let verdict = BisectVerdict {
            culprits: Vec::new(),
            predicted_speedup: None,
            noise_floor_frac,
            undecided: Vec::new(),
            secs: 60.0,
            sentence: "Not decided".into(),
        };
        let trials = vec![trial(Measure::StepTime, 0.1, Decision::Undecided)];
        Outcome { trials, verdict, bound: None, confirmation, an_image: None, interrupted: false }.lines()
    }

    #[test]
    fn what_the_machine_makes_up_is_said_beside_the_answer() {
        let noisy = lines(Some(0.034), None);
        assert_eq!(noisy[2..], ["Not decided", "Noise here is 3.4 %; smaller effects are ignored"]);
        assert_eq!(lines(None, None)[2..], ["Not decided"]);
    }

    #[test]
    fn whether_the_gain_came_or_why_that_is_not_known_is_said() {
        let gain = Gain { effect_frac: 0.5, low: 0.4, high: 0.6 };
        let came = "Confirmed: switched off, training is 1.50 times as fast (1.40 to 1.60) as before";
        assert_eq!(lines(None, Some(Ok(gain)))[3..], [came]);
        let why = msg!("command-bisect-not-confirmed-interrupted");
        assert_eq!(lines(None, Some(Err(why)))[3..], ["Not confirmed: interrupted"]);
    }

    #[test]
    fn what_has_no_block_is_not_measured_and_what_has_too_few_has_no_interval() {
        let open = |blocks| Trial { high: None, blocks, ..trial(Measure::StepTime, 0.1, Decision::Undecided) };
        assert!(row("RandZoom", &open(0), None).ends_with(" not measured, 0 blocks, undecided"));
        let few = row("RandZoom", &open(1), None);
        assert!(few.ends_with(" no interval yet, 1 block, undecided"), "{few}");
        let told = Trial { without: vec!["RandFlip".to_owned()], ..trial(Measure::StepTime, 1.0, Decision::Effect) };
        let row = row("RandZoom", &told, None);
        assert!(row.ends_with(" 100.0 %  (50.0 to 150.0 %), 41 blocks, with RandFlip off"), "{row}");
    }

    #[test]
    fn what_was_off_only_together_has_one_line() {
        let joint = |transform: &str| Trial {
            transform: transform.to_owned(),
            together: 2,
            ..trial(Measure::StepTime, 0.1, Decision::Undecided)
        };
        let rows = rows(&[joint("RandFlip"), trial(Measure::StepTime, 1.0, Decision::Effect), joint("RandZoom")]);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows[0].starts_with("RandFlip, RandZoom (2 together)"), "{rows:?}");
    }
}
