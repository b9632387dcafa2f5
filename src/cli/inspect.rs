//! `trainscope inspect`: what can be known about a dataset before training on it.

use super::config_args::data_config;
use super::progress::ProgressLine;
use super::scanning::Waits;
use super::{CommandResult, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, Failure, interrupt_flag, print_json};
use crate::config::DataConfig;
use crate::data::inspect::{InspectOptions, InspectProgress, InspectStage, inspect, report};
use crate::data::{DataError, scan_as};
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The dataset's folder, or its table of labels (.csv, .tsv, .json, .jsonl, .txt).
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Share held out for validation, unless folders or labels say otherwise.
    #[arg(long)]
    val_frac: Option<f64>,
    /// Share held out for the test, unless folders or labels say otherwise.
    #[arg(long)]
    test_frac: Option<f64>,
    /// Seed of the split.
    #[arg(long)]
    split_seed: Option<u64>,
    /// Inspect at most this many images, evenly over the classes; 0 is all.
    #[arg(long)]
    limit: Option<usize>,
    /// Refuse images of more pixels.
    #[arg(long)]
    max_pixels: Option<u64>,
    /// Do not look for equal and similar images (and so for no leakage and no label conflicts).
    #[arg(long)]
    no_duplicates: bool,
    /// Set one key, such as data.labels=folders or data.label_column=breed; may be given often.
    #[arg(long = "set", value_name = "data.k=v")]
    sets: Vec<String>,
    /// One JSON object with everything that was found.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &InspectArgs) -> CommandResult {
    let interrupted = interrupt_flag();
    let go_on = || if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let mut waits = Waits::default();
    let mut line = ProgressLine::new();
    let options = options(args)?;
    let result = scan_as(&args.data, &options.data, &mut |progress| {
        waits.tell(progress.waiting.as_ref());
        line.show(|| tr!("command-scanning", files = progress.files_seen));
        go_on()
    })
    .and_then(|dataset| {
        inspect(&Arc::new(dataset), &options, &mut |progress| {
            waits.tell(progress.waiting.as_ref());
            line.show(|| words(progress));
            go_on()
        })
    });
    line.clear();
    let found = match result {
        Ok(found) => found,
        Err(DataError::Cancelled) => return Ok(EXIT_INTERRUPTED),
        Err(error @ (DataError::Fractions(_) | DataError::LimitTooSmall { .. })) => {
            return Err(Failure::new(EXIT_USAGE, error));
        }
        Err(error) => return Err(Failure::new(EXIT_DATA, error)),
    };
    if args.json {
        let mut object = json!(found);
        object["type"] = json!("inspect");
        print_json(&object);
    } else {
        crate::console::text_to_stdout(&report(&found));
    }
    Ok(EXIT_OK)
}

fn options(args: &InspectArgs) -> Result<InspectOptions, Failure> {
    let set = data_config(&args.sets)?;
    Ok(InspectOptions {
        data: DataConfig {
            val_frac: args.val_frac.unwrap_or(set.val_frac),
            test_frac: args.test_frac.unwrap_or(set.test_frac),
            split_seed: args.split_seed.unwrap_or(set.split_seed),
            limit: args.limit.unwrap_or(set.limit),
            max_pixels: args.max_pixels.unwrap_or(set.max_pixels),
            ..set
        },
        duplicates: !args.no_duplicates,
        ..InspectOptions::default()
    })
}

fn words(progress: &InspectProgress) -> String {
    let (done, total) = (progress.done, progress.total);
    match progress.stage {
        InspectStage::Reading => tr!("command-inspect-reading", done, total),
        InspectStage::Comparing => tr!("command-inspect-comparing", done, total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: InspectArgs,
    }

    #[test]
    fn what_is_set_holds_where_no_option_says_otherwise() {
        let data = |words: &[&str]| {
            let words = ["inspect", "images"].into_iter().chain(words.iter().copied());
            options(&Line::parse_from(words).args).unwrap().data
        };
        let sets = ["--set", "data.limit=5", "--set", "data.split_seed=7", "--set", "data.val_frac=0.3"];
        let set = data(&sets);
        assert_eq!((set.limit, set.split_seed, set.val_frac), (5, 7, 0.3));
        assert_eq!(data(&[&sets[..], &["--limit", "9"]].concat()), DataConfig { limit: 9, ..set });
        assert_eq!(data(&[]), DataConfig::default());
    }
}
