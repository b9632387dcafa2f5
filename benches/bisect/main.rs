//! The bisect in place on trial: delays planted in one of six transforms, in a real loader and in a simulated one.
//!
//! `cargo bench --bench bisect -- --trials 100` measures the whole grid (an hour and more: let nothing else run); `--only real`
//! or `--only simulated` the half of it; `-- --quick` one trial each of a few cases, in a minute, to see that it works. Further:
//! `--case WORD` (cases whose name holds it), `--data DIR` (a folder of images in place of drawn ones), `--budget SECS` (of one
//! bisect, 60 if not said), `--secs SECS` (no real trial is begun after that), `--seed N`, `--json FILE` (a line for each trial
//! and each case).
//!
//! What is real in a real trial: files, loader threads, transforms, the chain changed while the loader runs, the verdict that
//! names the first suspect, `Bisect`. What is not: the device, which takes each batch and sleeps (as a host does that waits for
//! a GPU) or spins (as one that trains itself); and the planted transform, `SimulateDelay`, asleep or busy for as long as is
//! asked for. Long steps are made of smoothing, as often as it takes. The neighbour is threads that burn the same cores in
//! random bursts.
//!
//! **Simulated** trials run the same `Bisect` over the loader of `sim.rs`. Its work is slowed down as work was on this machine:
//! recorded before, idle and beside the neighbour, on as many threads as there are workers.
//!
//! **Truth.** Planted is a share of the step by construction; what it comes to beside a neighbour, or hidden behind a
//! device, is measured after the real trials of a case, by long segments with it on and off in turns. Coverage is of that
//! measured effect, whose own standard error is in the table. The other five transforms do cost something (a thousandth of
//! the shortest step each); whoever accuses one of them raises a false alarm.

mod cases;
mod noise;
mod report;
mod rivals;
mod sim;
mod training;

use cases::{Case, Conditions, Machine, grid};
use report::{Tally, Trials, Truth, heading};
use sim::Weather;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

struct Options {
    /// Of a main case; others have fewer.
    trials: u64,
    quick: bool,
    /// Real trials, simulated ones.
    only: [bool; 2],
    case: Option<String>,
    data: Option<PathBuf>,
    budget_secs: f64,
    limit_secs: f64,
    seed: u64,
    json: Option<PathBuf>,
}

impl Options {
    fn from_args() -> Result<Self, String> {
        let mut options = Self {
            trials: 100,
            quick: false,
            only: [true, true],
            case: None,
            data: None,
            budget_secs: 60.0,
            limit_secs: f64::INFINITY,
            seed: 1,
            json: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value after it."));
            match arg.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--quick" => options.quick = true,
                "--trials" => options.trials = number(&arg, &value()?)?,
                "--seed" => options.seed = number(&arg, &value()?)?,
                "--budget" => options.budget_secs = number(&arg, &value()?)?,
                "--secs" => options.limit_secs = number(&arg, &value()?)?,
                "--only" => {
                    options.only = match value()?.as_str() {
                        "real" => [true, false],
                        "simulated" => [false, true],
                        other => return Err(format!("--only wants real or simulated, not {other}.")),
                    }
                }
                "--case" => options.case = Some(value()?),
                "--data" => options.data = Some(value()?.into()),
                "--json" => options.json = Some(value()?.into()),
                _ => return Err(format!("{arg} is not an option; the head of benches/bisect/main.rs lists them.")),
            }
        }
        if options.quick {
            (options.trials, options.limit_secs) = (1, options.limit_secs.min(50.0));
            (options.budget_secs, options.only) = (options.budget_secs.min(8.0), [true, false]);
        }
        Ok(options)
    }
}

impl Options {
    /// Of a trial of a case.
    fn seed_of(&self, case: usize, trial: u64) -> u64 {
        self.seed.wrapping_mul(1_000_003) + 1000 * case as u64 + trial
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} wants a number, not {text}."))
}

fn main() -> ExitCode {
    match Options::from_args().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let mut json = match &options.json {
        Some(path) => {
            Some(File::create(path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?)
        }
        None => None,
    };
    let mut write = |line: serde_json::Value| match &mut json {
        Some(file) => writeln!(file, "{line}").map_err(|error| format!("The JSON file cannot be written: {error}")),
        None => Ok(()),
    };
    let asked = |case: &Case| {
        options.case.as_ref().is_none_or(|word| case.name().contains(word.as_str())) && (!options.quick || case.quick)
    };
    let cases: Vec<Case> = grid().into_iter().filter(asked).collect();
    let (mut tallies, mut trials) = (Vec::new(), Trials::default());
    if options.only[1] {
        simulate(options, &cases, &mut tallies, &mut trials, &mut write)?;
    }
    if options.only[0] {
        try_for_real(options, &cases, &mut tallies, &mut trials, &mut write)?;
    }
    println!("\n{}", heading());
    tallies.iter().for_each(|tally| println!("{}", tally.row()));
    println!("\n{}\n", report::LEGEND);
    trials.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}

type Line<'a> = dyn FnMut(serde_json::Value) -> Result<(), String> + 'a;

/// Seconds of each recording.
const RECORDED_SECS: f64 = 20.0;

fn simulate(
    options: &Options,
    cases: &[Case],
    tallies: &mut Vec<Tally>,
    trials: &mut Trials,
    write: &mut Line<'_>,
) -> Result<(), String> {
    let rounds = noise::calibrate();
    let mut recordings: Vec<(Machine, usize, Weather)> = Vec::new();
    for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.simulated > 0.0) {
        let threads = case.workers.max(1);
        let known = recordings.iter().find(|(machine, workers, _)| (*machine, *workers) == (case.machine, threads));
        let weather = match known {
            Some((_, _, weather)) => weather.clone(),
            None => {
                eprintln!("recording {threads} threads for {RECORDED_SECS} s, {:?}", case.machine);
                let weather = noise::record(case.machine, threads, rounds, RECORDED_SECS)?;
                recordings.push((case.machine, threads, weather.clone()));
                weather
            }
        };
        let mut scores = Vec::new();
        for trial in 0..(options.trials as f64 * case.simulated).ceil() as u64 {
            let seed = options.seed_of(number, trial);
            let score = case.simulate(&weather, seed, options.budget_secs);
            write(score.json(case, true, trial))?;
            scores.push(score);
        }
        trials.add(case, true, &scores);
        let truth = Truth { effect_frac: case.effect_frac, error_frac: 0.0 };
        let tally = Tally::of(case, true, case.step_secs, truth, &scores);
        write(tally.json())?;
        tallies.push(tally);
    }
    Ok(())
}

fn try_for_real(
    options: &Options,
    cases: &[Case],
    tallies: &mut Vec<Tally>,
    trials: &mut Trials,
    write: &mut Line<'_>,
) -> Result<(), String> {
    let begun = Instant::now();
    let conditions = Conditions::new(options.data.as_deref())?;
    let trials_of = |case: &Case| (options.trials as f64 * case.real).ceil() as u64;
    let total: u64 = cases.iter().map(trials_of).sum();
    let mut done = 0;
    for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.real > 0.0) {
        if begun.elapsed().as_secs_f64() >= options.limit_secs {
            break;
        }
        let bench = case.prepare(&conditions)?;
        let mut scores = Vec::new();
        for trial in 0..trials_of(case) {
            if begun.elapsed().as_secs_f64() >= options.limit_secs {
                break;
            }
            let seed = options.seed_of(number, trial);
            let score = bench.trial(seed, options.budget_secs)?;
            write(score.json(case, false, trial))?;
            scores.push(score);
            done += 1;
            eprint!("\r{done} of {total} trials, {}: {:.0} s   ", case.name(), begun.elapsed().as_secs_f64());
        }
        let truth = if options.quick { bench.truth(6, 2.0)? } else { bench.truth(40, 6.0)? };
        trials.add(case, false, &scores);
        let tally = Tally::of(case, false, bench.step_secs, truth, &scores);
        write(tally.json())?;
        eprintln!("\n{}\n{}", heading(), tally.row());
        tallies.push(tally);
    }
    if done < total {
        println!("{done} of {total} real trials were made in the time allowed.");
    }
    Ok(())
}
