//! `trainscope judge`: what a run's network takes each image of its own dataset for, image by image.

use super::trained::{failed, open};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::data::{Part, scan_as, split};
use crate::engine::TrainedError;
use crate::language::Message;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// The run's folder; its best weights judge.
    run: PathBuf,
    /// Of its dataset's images, which.
    #[arg(long, value_enum, default_value_t = Which::Test)]
    part: Which,
    /// Another dataset with the same classes, all of it.
    #[arg(long, value_name = "DIR", conflicts_with = "part")]
    data: Option<PathBuf>,
    /// A JSON object an image (path, class, predicted, confidence, of_class) after one with their number, in place of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Train,
    Val,
    Test,
}

pub(super) fn run(args: &JudgeArgs) -> CommandResult {
    let run = open(&args.run)?;
    let data_error = |e: crate::data::DataError| Failure::new(EXIT_DATA, e);
    let dir = args.data.as_ref().or(run.config.data.dir.as_ref());
    let dir = dir.ok_or_else(|| Failure::new(EXIT_USAGE, msg!("page-judge-no-data")))?;
    let dataset = scan_as(dir, &run.config.data, &mut |_| ControlFlow::Continue(())).map_err(data_error)?;
    let images: Vec<u32> = match &args.data {
        Some(_) => (0..dataset.len() as u32).collect(),
        None => {
            let parts = split(&dataset, &run.config.data).map_err(data_error)?;
            let part = match args.part {
                Which::Train => Part::Train,
                Which::Val => Part::Val,
                Which::Test => Part::Test,
            };
            match part {
                Part::Train => parts.train,
                Part::Val => parts.val,
                Part::Test => parts.test,
            }
        }
    };
    if images.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("page-judge-empty")));
    }
    // By the run's labels: the folder may hold some of its classes only.
    let label = |name: &String| run.class_names.iter().position(|known| known == name);
    let labels: Vec<Option<usize>> = dataset.class_names.iter().map(label).collect();
    if args.json {
        print_json(&json!({ "type": "judging", "images": images.len(), "classes": run.class_names }));
    }
    let mut truths = images.iter().map(|image| labels[dataset.class_of(*image as usize)]);
    let files: Vec<PathBuf> = images.iter().map(|image| dataset.path_of(*image as usize)).collect();
    let tell = |path: &Path, outcome: Result<&[f32], Message>| -> Result<(), TrainedError> {
        let truth = truths.next().flatten();
        match outcome {
            Ok(probabilities) => print_image(args.json, &run.class_names, path, truth, probabilities),
            Err(reason) => say!("{}", msg!("page-judge-left-out", reason, path = path.display().to_string())),
        }
        Ok(())
    };
    run.predict(files, tell).map_err(failed)?;
    Ok(EXIT_OK)
}

fn print_image(as_json: bool, classes: &[String], path: &Path, truth: Option<usize>, probabilities: &[f32]) {
    let best = probabilities.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(label, _)| label);
    let confidence = probabilities.get(best).copied().unwrap_or(f32::NAN);
    let of_class = truth.and_then(|truth| probabilities.get(truth)).copied();
    if as_json {
        print_json(&json!({
            "type": "image", "path": path, "class": truth, "predicted": best, "confidence": confidence,
            "of_class": of_class,
        }));
        return;
    }
    let name = |label: Option<usize>| label.and_then(|label| classes.get(label)).map_or("N/A", String::as_str);
    print_line!("{}\t{}\t{}\t{confidence:.4}", path.display(), name(truth), name(Some(best)));
}
