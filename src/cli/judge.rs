//! `trainscope judge`: what a run's network takes each image for, image by image, and the figures that this comes to.

use super::predict::files_in;
use super::scanning::scan_said;
use super::trained::{failed, open};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::console::show_path;
use crate::data::{Dataset, split};
use crate::engine::{TrainedError, TrainedRun};
use crate::language::Message;
use crate::metrics::Tally;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// The run's folder; its best weights judge.
    run: PathBuf,
    /// Of its dataset's images, which.
    #[arg(long, value_enum, default_value_t = Which::Test)]
    part: Which,
    /// Another dataset with the same classes, all of it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["part", "inputs"])]
    data: Option<PathBuf>,
    /// Images of no known class, or folders of such; may be given again.
    #[arg(long = "in", value_name = "FILE|DIR", conflicts_with = "part")]
    inputs: Vec<PathBuf>,
    /// A JSON object an image (path, class, predicted, confidence, of_class) after one with their number and, in `instead`, why the
    /// weights are not the best; the figures at the end.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Train,
    Val,
    Test,
}

/// Images with the labels that they should get, as far as that is known.
struct Asked {
    files: Vec<PathBuf>,
    truths: Vec<Option<usize>>,
}

pub(super) fn run(args: &JudgeArgs) -> CommandResult {
    let run = open(&args.run)?;
    let Asked { files, truths } = asked(args, &run)?;
    if files.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("page-judge-empty")));
    }
    if args.json {
        print_json(&json!({
            "type": "judging", "images": files.len(), "classes": run.class_names, "instead": run.instead,
        }));
    }
    let mut tally: Tally<f32> = Tally::new(run.class_names.len());
    let mut truths = truths.into_iter();
    let tell = |path: &Path, outcome: Result<&[f32], Message>| -> Result<(), TrainedError> {
        let truth = truths.next().flatten();
        match outcome {
            Ok(probabilities) => {
                if let Some(truth) = truth {
                    // Logarithms of probabilities are scores as good as those that they came from.
                    let scores: Vec<f32> = probabilities.iter().map(|p| p.max(f32::MIN_POSITIVE).ln()).collect();
                    tally.add(&[truth as u32], &scores)?;
                }
                print_image(args.json, &run.class_names, path, truth, probabilities);
            }
            Err(reason) if args.json => {
                print_json(&json!({ "type": "left_out", "path": path.to_string_lossy(), "reason": reason }));
            }
            Err(reason) => say!("{}", msg!("page-judge-left-out", reason, path = show_path(path))),
        }
        Ok(())
    };
    run.predict(files, tell).map_err(failed)?;
    if args.json
        && tally.images() > 0
        && let Ok(evaluation) = tally.finish()
    {
        print_json(&json!({ "type": "figures", "report": run.report(&evaluation) }));
    }
    Ok(EXIT_OK)
}

fn asked(args: &JudgeArgs, run: &TrainedRun) -> Result<Asked, Failure> {
    if !args.inputs.is_empty() {
        let mut files = Vec::new();
        for input in &args.inputs {
            files.extend(files_in(input)?);
        }
        return Ok(Asked { truths: vec![None; files.len()], files });
    }
    let data_error = |e: crate::data::DataError| Failure::new(EXIT_DATA, e);
    let dir = args.data.as_ref().or(run.config.data.dir.as_ref());
    let dir = dir.ok_or_else(|| Failure::new(EXIT_USAGE, msg!("page-judge-no-data")))?;
    let dataset = scan_said(dir, &run.config.data).map_err(data_error)?;
    let images: Vec<u32> = match &args.data {
        Some(_) => (0..dataset.len() as u32).collect(),
        None => of_part(&dataset, args.part, run).map_err(data_error)?,
    };
    // By the run's labels: the folder may hold some of its classes only.
    let label = |name: &String| run.class_names.iter().position(|known| known == name);
    let labels: Vec<Option<usize>> = dataset.class_names.iter().map(label).collect();
    Ok(Asked {
        truths: images.iter().map(|image| labels[dataset.class_of(*image as usize)]).collect(),
        files: images.iter().map(|image| dataset.path_of(*image as usize)).collect(),
    })
}

fn of_part(dataset: &Dataset, part: Which, run: &TrainedRun) -> Result<Vec<u32>, crate::data::DataError> {
    let parts = split(dataset, &run.config.data)?;
    Ok(match part {
        Which::Train => parts.train,
        Which::Val => parts.val,
        Which::Test => parts.test,
    })
}

fn print_image(as_json: bool, classes: &[String], path: &Path, truth: Option<usize>, probabilities: &[f32]) {
    let best = probabilities.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(label, _)| label);
    let confidence = probabilities.get(best).copied().unwrap_or(f32::NAN);
    let of_class = truth.and_then(|truth| probabilities.get(truth)).copied();
    if as_json {
        print_json(&json!({
            "type": "image", "path": path.to_string_lossy(), "class": truth, "predicted": best,
            "confidence": confidence, "of_class": of_class,
        }));
        return;
    }
    let name = |label: Option<usize>| label.and_then(|label| classes.get(label)).map_or("N/A", String::as_str);
    print_line!("{}\t{}\t{}\t{confidence:.4}", show_path(path), name(truth), name(Some(best)));
}
