//! The command line: every command that needs no window.
//!
//! Figures and `--json` lines go to stdout, everything said to a person to stderr.

mod apply;
mod attach;
mod bench_loader;
mod bisect;
mod chain;
mod doctor;
mod inspect;
mod loader_alone;
mod on_stall;
mod plot;
mod runs;
mod sample;
mod scan;
mod sweep;
mod trace_file;
mod train;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Exit codes; README lists them.
pub const EXIT_OK: u8 = 0;
pub const EXIT_OTHER: u8 = 1;
pub const EXIT_USAGE: u8 = 2;
pub const EXIT_DATA: u8 = 3;
pub const EXIT_DEVICE: u8 = 4;
/// The run ended, and something of its record or its checkpoints is not on the disk.
pub const EXIT_INCOMPLETE: u8 = 5;
pub const EXIT_INTERRUPTED: u8 = 130;

/// A command's end that is not success: what to say, and the exit code.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    fn new(code: u8, error: impl std::fmt::Display) -> Self {
        Self { code, message: error.to_string() }
    }
}

type CommandResult = Result<u8, Failure>;

/// Train image classifiers and see what holds training back.
#[derive(Debug, Parser)]
#[command(name = "trainscope", version = crate::about::version_detail(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Open the window with this dataset.
    pub dir: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Draw a small dataset of six classes, to try the program with.
    Sample(sample::SampleArgs),
    /// Say what is in a dataset's folder: classes, formats, sizes, files that cannot be read.
    Scan(scan::ScanArgs),
    /// Say what is wrong with a dataset: leakage, duplicates, contradicting labels, blank images; and its statistics.
    Inspect(inspect::InspectArgs),
    /// Train without a window.
    Train(train::TrainArgs),
    /// Measure the loader alone, for several numbers of workers.
    BenchLoader(bench_loader::BenchLoaderArgs),
    /// Find the transform that costs the loader most, proved and with an interval.
    Bisect(bisect::BisectArgs),
    /// Train several values of one key side by side: which is faster, proved and with an interval, and how losses compare.
    Sweep(sweep::SweepArgs),
    /// Say what is wrong with this machine for training: devices checked and measured, drivers, power, memory, disk.
    Doctor(doctor::DoctorArgs),
    /// Watch a run that trains by itself (`train --detached`), here or on another machine, or stop it.
    Attach(attach::AttachArgs),
    /// List runs: how each stands, and whether it can be gone on with.
    Runs(runs::RunsArgs),
    /// Draw a metric of finished or running runs into a PNG.
    Plot(plot::PlotArgs),
    /// Put one image or .npy array through a chain of transforms.
    Apply(apply::ApplyArgs),
    /// Turn a chain in Python into TOML, print a preset, or the catalogue of transforms.
    Chain(chain::ChainArgs),
    /// Serve a client over stdin and stdout (the window and `train` start this themselves).
    Engine,
    /// Check one device in this process, or list all.
    #[command(hide = true)]
    SelfCheck(doctor::SelfCheckArgs),
}

/// Where a configuration comes from.
#[derive(Debug, Args)]
struct ConfigArgs {
    /// A TOML configuration; `run.toml` of an earlier run is one.
    #[arg(long, value_name = "F.toml")]
    config: Option<PathBuf>,
    /// Set one key, such as loader.workers=2 or transform.RandRotate.enabled=false; may be given often.
    #[arg(long = "set", value_name = "a.b=v")]
    sets: Vec<String>,
}

impl ConfigArgs {
    /// The configuration, with its transforms checked.
    fn read(&self) -> Result<crate::config::RunConfig, Failure> {
        use crate::config::RunConfig;
        let mut config = match &self.config {
            None => RunConfig::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| {
                    Failure::new(EXIT_USAGE, format!("the configuration could not be read: {e}: {}", path.display()))
                })?;
                RunConfig::from_toml(&text).map_err(|e| Failure::new(EXIT_USAGE, format!("{e}: {}", path.display())))?
            }
        };
        if config.transforms.is_empty() && self.sets.iter().any(|set| set.starts_with("transform.")) {
            config.transforms = crate::transform::tutorial_chain(None);
        }
        let config = config.with_sets(&self.sets).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        crate::transform::Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        Ok(config)
    }
}

/// Prints one JSON object as a line.
fn print_json(value: &serde_json::Value) {
    print_line!("{value}");
}

/// Runs a command to its exit code.
pub fn run(command: Command) -> u8 {
    let result = match command {
        Command::Sample(args) => sample::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Train(args) => train::run(&args),
        Command::BenchLoader(args) => bench_loader::run(&args),
        Command::Bisect(args) => bisect::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Attach(args) => attach::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Plot(args) => plot::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Chain(args) => chain::run(&args),
        Command::Engine => {
            crate::engine::serve(std::io::stdin(), std::io::stdout());
            Ok(EXIT_OK)
        }
        Command::SelfCheck(args) => doctor::run_self_check(&args),
    };
    let code = result.unwrap_or_else(|failure| {
        say!("trainscope: {}", failure.message);
        failure.code
    });
    if code == EXIT_OK && crate::console::output_was_lost() {
        say!("trainscope: the output could not be written; is the disk full?");
        return EXIT_OTHER;
    }
    code
}
