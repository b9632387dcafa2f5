//! `trainscope evaluate`: a run's network judged by a dataset.

use super::progress::ProgressLine;
use super::report::{figures, lines};
use super::scanning::scan_said;
use super::trained::{failed, open};
use super::{CommandResult, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::console::show_path;
use crate::engine::Evaluated;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The run's folder; its best weights are judged.
    run: PathBuf,
    /// The dataset: a folder of class folders, or a file of labels. All of its images count.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// One JSON object: images, failures, loss, accuracy, auc, f1, ..., confusion, classes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &EvaluateArgs) -> CommandResult {
    let run = open(&args.run)?;
    let data_error = |e: crate::data::DataError| Failure::new(EXIT_DATA, e);
    let dataset = scan_said(&args.data, &run.config.data).map_err(data_error)?;
    dataset.check_usable().map_err(data_error)?;
    let bad_files: Vec<(PathBuf, String)> =
        dataset.bad_files.iter().map(|bad| (bad.path.clone(), bad.reason.to_string())).collect();
    let (total, mut line) = (dataset.len(), ProgressLine::new());
    let mut progress = |images| line.show(|| tr!("command-images-of", images, total));
    let Evaluated { images, report, failures } = run.evaluate(dataset, &mut progress).map_err(failed)?;
    line.clear();
    let failed_to_load = failures.into_iter().map(|f| (f.path, format!("{}: {}", f.place.words(), f.reason)));
    let bad_files: Vec<(PathBuf, String)> = bad_files.into_iter().chain(failed_to_load).collect();
    for (path, reason) in &bad_files {
        say!("{}", msg!("command-left-out", reason, path = show_path(path)));
    }
    if args.json {
        let mut object = json!({
            "type": "evaluation", "model": run.config.model.name, "step": run.step, "best": run.is_best(),
            "images": images, "failures": bad_files.len(), "confusion": report.confusion, "classes": report.classes,
        });
        figures(&report).into_iter().for_each(|(name, figure)| object[name] = figure);
        print_json(&object);
        return Ok(EXIT_OK);
    }
    print_line!("{}", msg!("command-evaluated", images, step = run.step.to_string()));
    for line in lines(&report) {
        print_line!("{line}");
    }
    print_line!("{}", msg!("command-confusion"));
    for row in &report.confusion {
        print_line!("{}", row.iter().map(|n| format!("{n:>7}")).collect::<String>());
    }
    Ok(EXIT_OK)
}
