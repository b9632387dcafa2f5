//! The command line: every command that needs no window.
//!
//! Figures and `--json` lines go to stdout, everything said to a person to stderr.

mod apply;
mod attach;
mod bench_loader;
mod bench_step;
mod bisect;
mod chain;
mod config_args;
mod doctor;
mod evaluate;
mod export;
mod export_record;
mod follow;
mod help;
mod html_report;
mod inspect;
mod judge;
mod loader_alone;
mod lr_range;
mod models;
mod on_stall;
mod outcome;
mod place;
mod plot;
mod predict;
mod progress;
mod report;
mod run_events;
mod runs;
mod sample;
mod scan;
mod scanning;
mod settings;
mod sweep;
mod trace_file;
mod train;
mod trained;
mod verdicts;

pub use help::help_texts;
pub use outcome::{
    EXIT_DATA, EXIT_DEVICE, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure,
};

use crate::language::{self, Arg, Language};
use clap::{FromArgMatches as _, Parser, Subcommand};
use config_args::ConfigArgs;
use outcome::{CommandResult, at_path, interrupt_flag, print_json};
use std::path::PathBuf;

/// Train image classifiers and see what holds training back.
#[derive(Debug, Parser)]
#[command(name = "trainscope", version = crate::about::version_detail())]
pub struct Cli {
    /// Open the window with this dataset.
    pub dir: Option<PathBuf>,
    /// The language of all that is said: en or zh-CN; the system's if left out.
    #[arg(long = "lang", global = true, value_name = "LANGUAGE", value_parser = language_of)]
    pub language: Option<Language>,
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
    /// Measure training steps alone, on images made up for it.
    BenchStep(bench_step::BenchStepArgs),
    /// Find the transform that costs the loader most, proved and with an interval.
    Bisect(bisect::BisectArgs),
    /// Train several values of one key side by side: which is faster, proved and with an interval, and how losses compare.
    Sweep(sweep::SweepArgs),
    /// Try rising learning rates for some steps: which of them a network can be trained with, with a plot.
    LrRange(lr_range::LrRangeArgs),
    /// Say what is wrong with this machine for training: devices checked and measured, drivers, power, memory, disk.
    Doctor(doctor::DoctorArgs),
    /// Watch a run that trains by itself (`train --detached`), here or on another machine, or stop it.
    Attach(attach::AttachArgs),
    /// List runs: how each stands, and whether it can be gone on with.
    Runs(runs::RunsArgs),
    /// Judge a run's network by a dataset: loss, accuracy, AUC, F1, confusion.
    Evaluate(evaluate::EvaluateArgs),
    /// Say of each image of a run's dataset what its network takes it for.
    Judge(judge::JudgeArgs),
    /// Write what a run's network sees in images into a table: the class, and the probability of each.
    Predict(predict::PredictArgs),
    /// Write a run's network into a file that PyTorch or onnxruntime takes, or its numbers for TensorBoard, as Parquet or CSV.
    Export(export::ExportArgs),
    /// List the networks that can be trained: parameters, smallest images.
    Models(models::ModelsArgs),
    /// Draw a metric of finished or running runs into a PNG.
    Plot(plot::PlotArgs),
    /// Write a run into one HTML file to pass on: configuration, plots, verdict, figures, machine.
    Report(html_report::ReportArgs),
    /// Put one image or .npy array through a chain of transforms.
    Apply(apply::ApplyArgs),
    /// Turn a chain in Python into TOML, print a preset, or the catalogue of transforms.
    Chain(chain::ChainArgs),
    /// Print every setting with its default, range, unit and meaning.
    Settings(settings::SettingsArgs),
    /// Serve a client over stdin and stdout (the window and `train` start this themselves).
    Engine,
    /// Check one device in this process, or list all.
    #[command(hide = true)]
    SelfCheck(doctor::SelfCheckArgs),
}

fn language_of(tag: &str) -> Result<Language, String> {
    Language::of_locale(tag)
        .ok_or_else(|| tr!("language-unknown", languages = Arg::names(Language::ALL.map(Language::tag))))
}

/// Reads the command line in the wanted language and makes that the program's; ends the program where it cannot be read.
pub fn parse() -> Cli {
    let asked = asked_language(std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()));
    language::set(asked.unwrap_or_else(Language::wanted));
    let parsed = help::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = parsed.unwrap_or_else(|error| help::exit(&error));
    if cli.dir.is_some() && cli.command.is_some() {
        say!("trainscope: {}", msg!("command-folder-and-command"));
        std::process::exit(EXIT_USAGE.into());
    }
    cli
}

/// The language that `--lang` asks for, wherever it stands: help and errors of the other words are in it.
fn asked_language(mut args: impl Iterator<Item = String>) -> Option<Language> {
    while let Some(arg) = args.next() {
        match arg.split_once('=') {
            _ if arg == "--" => return None,
            None if arg == "--lang" => return Language::of_locale(&args.next()?),
            Some(("--lang", tag)) => return Language::of_locale(tag),
            _ => {}
        }
    }
    None
}

impl Command {
    /// It hears of an interrupt by itself and ends in its own way, or is the child of one that does.
    fn minds_interrupts(&self) -> bool {
        match self {
            Self::Sample(_)
            | Self::Inspect(_)
            | Self::Train(_)
            | Self::Bisect(_)
            | Self::Sweep(_)
            | Self::LrRange(_)
            | Self::Doctor(_)
            | Self::Attach(_)
            | Self::Engine
            | Self::SelfCheck(_) => true,
            Self::Scan(_)
            | Self::BenchLoader(_)
            | Self::BenchStep(_)
            | Self::Runs(_)
            | Self::Evaluate(_)
            | Self::Judge(_)
            | Self::Predict(_)
            | Self::Export(_)
            | Self::Models(_)
            | Self::Plot(_)
            | Self::Report(_)
            | Self::Apply(_)
            | Self::Chain(_)
            | Self::Settings(_) => false,
        }
    }
}

/// An interrupt ends the command with the exit code that says so, and leaves no half of a file behind.
fn end_at_interrupts() {
    // Where no handler can be set, it ends the command all the same.
    let _ = crate::console::on_interrupt(|| {
        crate::store::atomic::give_up();
        crate::console::exit_now(EXIT_INTERRUPTED);
    });
}

/// Runs a command to its exit code.
pub fn run(command: Command) -> u8 {
    if !command.minds_interrupts() {
        end_at_interrupts();
    }
    let result = match command {
        Command::Sample(args) => sample::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Train(args) => train::run(&args),
        Command::BenchLoader(args) => bench_loader::run(&args),
        Command::BenchStep(args) => bench_step::run(&args),
        Command::Bisect(args) => bisect::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::LrRange(args) => lr_range::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Attach(args) => attach::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Judge(args) => judge::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Plot(args) => plot::run(&args),
        Command::Report(args) => html_report::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Chain(args) => chain::run(&args),
        Command::Settings(args) => settings::run(&args),
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
        say!("trainscope: {}", msg!("command-output-lost"));
        return EXIT_OTHER;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_be_a_url() {
        let given = |command: &str, argument: &str, words: &[&str]| {
            let words = ["trainscope", command].into_iter().chain(words.iter().copied());
            let matches = help::command().try_get_matches_from(words).unwrap();
            matches.subcommand_matches(command).unwrap().get_one::<PathBuf>(argument).unwrap().clone()
        };
        assert_eq!(given("scan", "dir", &["file:///data/a%20b"]), PathBuf::from("/data/a b"));
        assert_eq!(given("runs", "dir", &["data/100%20"]), PathBuf::from("data/100%20"));
        let train = ["--data", "file:///data/x", "--run", "out"];
        assert_eq!(given("train", "data", &train), PathBuf::from("/data/x"));
    }

    #[test]
    fn the_language_is_known_before_the_words_are_read() {
        let asked = |words: &str| asked_language(words.split(' ').map(str::to_owned));
        assert_eq!(asked("--lang zh-CN scan --help"), Some(Language::SimplifiedChinese));
        assert_eq!(asked("scan x --lang=en"), Some(Language::English));
        assert_eq!(asked("scan x --lang"), None);
        assert_eq!(asked("scan -- --lang zh-CN"), None);
    }
}
