//! The bisect in place on trial: delays planted in one of six transforms of a real loader, beside two rivals.
//!
//! `cargo bench --bench bisect -- --trials 100` measures the whole grid (half an hour and more: let nothing else run),
//! `-- --quick` one trial each of three cases, in a minute, to see that it works. Further: `--case WORD` (cases whose name
//! holds it), `--data DIR` (a folder of images in place of drawn ones), `--budget SECS` (of one bisect, 30 if not said),
//! `--secs SECS` (no trial is begun after that), `--seed N`, `--json FILE` (a line for each trial and each case).
//!
//! What is real: files, loader threads, transforms, the chain changed while the loader runs, `Bisect`. What is not: the
//! device, which takes each batch and sleeps (as a host does that waits for a GPU) or spins (as one that trains itself), so
//! that a case is input-bound or compute-bound by construction; and the planted transform, `SimulateDelay`, busy for as long
//! as is asked for. The neighbour is threads that burn the same cores in random bursts.
//!
//! **Truth.** Planted is a share of the step by construction; what it comes to beside a neighbour, or hidden behind a
//! device, is measured after the trials of a case, by long segments with it on and off in turns, with far more steps than
//! any bisect sees. Coverage is of that measured effect, whose own standard error is in the table. The other five transforms
//! do cost something (a thousandth of the step each); whoever accuses one of them raises a false alarm.

mod cases;
mod report;
mod rivals;
mod training;

use cases::{Case, Conditions, grid};
use report::{Tally, heading};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

struct Options {
    /// Of a main case; others have fewer.
    trials: u64,
    quick: bool,
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
            case: None,
            data: None,
            budget_secs: 30.0,
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
                "--case" => options.case = Some(value()?),
                "--data" => options.data = Some(value()?.into()),
                "--json" => options.json = Some(value()?.into()),
                _ => return Err(format!("{arg} is not an option; the head of benches/bisect/main.rs lists them.")),
            }
        }
        if options.quick {
            (options.trials, options.limit_secs) = (1, options.limit_secs.min(50.0));
            options.budget_secs = options.budget_secs.min(8.0);
        }
        Ok(options)
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
    let begun = Instant::now();
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
    let conditions = Conditions::new(options.data.as_deref())?;
    let asked = |case: &Case| {
        options.case.as_ref().is_none_or(|word| case.name.contains(word.as_str())) && (!options.quick || case.quick)
    };
    let cases: Vec<Case> = grid().into_iter().filter(asked).collect();
    let trials_of = |case: &Case| (options.trials as f64 * case.share_of_trials).ceil() as u64;
    let total: u64 = cases.iter().map(trials_of).sum();
    let (mut done, mut tallies) = (0, Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let bench = case.prepare(&conditions)?;
        let mut scores = Vec::new();
        for trial in 0..trials_of(case) {
            if begun.elapsed().as_secs_f64() >= options.limit_secs {
                break;
            }
            let seed = options.seed.wrapping_mul(1_000_003) + 1000 * number as u64 + trial;
            let score = bench.trial(seed, options.budget_secs)?;
            write(score.json(case.name, trial))?;
            scores.push(score);
            done += 1;
            let spent = begun.elapsed().as_secs_f64();
            let left = spent / f64::from(u32::try_from(done).unwrap_or(u32::MAX)) * (total - done) as f64;
            eprint!("\r{done} of {total} trials, {}: {spent:.0} s, about {left:.0} s to go   ", case.name);
        }
        if scores.is_empty() {
            continue;
        }
        let truth = bench.truth(if options.quick { 10 } else { 60 })?;
        let tally = Tally::of(case, bench.step_secs, &truth, &scores);
        write(tally.json())?;
        eprintln!("\n{}\n{}", heading(), tally.row());
        tallies.push(tally);
    }
    println!("\n{}", heading());
    tallies.iter().for_each(|tally| println!("{}", tally.row()));
    println!("\n{}", report::LEGEND);
    if done < total {
        println!("{done} of {total} trials were made in the time allowed.");
    }
    Ok(())
}
