//! `trainscope evaluate`: a run's network judged by a dataset.

use super::trained::{failed, open};
use super::{CommandResult, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::console::{show_path, status};
use crate::data::scan_as;
use crate::engine::Evaluated;
use clap::Args;
use serde_json::json;
use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const TOLD_EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The run's folder; its best weights are judged.
    run: PathBuf,
    /// The dataset: a folder of class folders, or a file of labels. All of its images count.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// One JSON object: images, failures, loss, accuracy, auc, f1_macro, ..., confusion, classes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &EvaluateArgs) -> CommandResult {
    let run = open(&args.run)?;
    let data_error = |e: crate::data::DataError| Failure::new(EXIT_DATA, e);
    let dataset = scan_as(&args.data, &run.config.data, &mut |_| ControlFlow::Continue(())).map_err(data_error)?;
    dataset.check_usable().map_err(data_error)?;
    let bad_files: Vec<(PathBuf, String)> =
        dataset.bad_files.iter().map(|bad| (bad.path.clone(), bad.reason.clone())).collect();
    let (total, mut told) = (dataset.len(), Instant::now());
    let is_watched = std::io::stderr().is_terminal();
    let mut progress = |images| {
        if is_watched && told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            status(&format!("{images} of {total} images"));
        }
    };
    let Evaluated { evaluation, failures } = run.evaluate(dataset, &mut progress).map_err(failed)?;
    if is_watched {
        status("");
    }
    let failed_to_load = failures.into_iter().map(|f| (f.path, format!("{}: {}", f.stage, f.reason)));
    let bad_files: Vec<(PathBuf, String)> = bad_files.into_iter().chain(failed_to_load).collect();
    for (path, reason) in &bad_files {
        say!("left out: {reason}: {}", show_path(path));
    }
    let classes = run.class_names.iter().zip(evaluation.class_reports()).zip(evaluation.class_roc_auc());
    if args.json {
        let classes: Vec<_> = classes
            .map(|((name, figures), auc)| {
                json!({
                    "name": name, "precision": figures.precision, "recall": figures.recall, "f1": figures.f1,
                    "auc": auc, "support": figures.support,
                })
            })
            .collect();
        print_json(&json!({
            "type": "evaluation", "model": run.config.model.name, "step": run.step, "best": run.is_best,
            "images": evaluation.images(), "failures": bad_files.len(), "loss": evaluation.loss(),
            "accuracy": evaluation.accuracy(), "auc": evaluation.roc_auc_macro(), "f1": evaluation.f1_macro(),
            "balanced_accuracy": evaluation.balanced_accuracy(), "kappa": evaluation.kappa(), "mcc": evaluation.mcc(),
            "confusion": evaluation.confusion(), "classes": classes,
        }));
        return Ok(EXIT_OK);
    }
    let auc = |auc: Option<f64>| auc.map_or_else(|| "N/A".to_owned(), |auc| format!("{auc:.4}"));
    print_line!("{} images, weights of step {}", evaluation.images(), run.step);
    print_line!(
        "accuracy {:.4}  loss {:.4}  AUC {}  F1 {:.4}",
        evaluation.accuracy(),
        evaluation.loss(),
        auc(evaluation.roc_auc_macro()),
        evaluation.f1_macro()
    );
    print_line!("{:<24} {:>9} {:>9} {:>9} {:>9} {:>9}", "class", "precision", "recall", "F1", "AUC", "images");
    for ((name, figures), class_auc) in classes {
        print_line!(
            "{name:<24} {:>9.4} {:>9.4} {:>9.4} {:>9} {:>9}",
            figures.precision,
            figures.recall,
            figures.f1,
            auc(*class_auc),
            figures.support
        );
    }
    print_line!("confusion (rows are the true classes):");
    for row in evaluation.confusion() {
        print_line!("{}", row.iter().map(|n| format!("{n:>7}")).collect::<String>());
    }
    Ok(EXIT_OK)
}
