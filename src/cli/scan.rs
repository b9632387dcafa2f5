//! `trainscope scan`: what is in a dataset's folder.

use super::config_args::data_config;
use super::scanning::scan_said;
use super::{CommandResult, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::console::{fill, show_path};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// The dataset's folder, or its table of labels (.csv, .tsv, .json, .jsonl, .txt).
    dir: PathBuf,
    /// Refuse images of more pixels.
    #[arg(long)]
    max_pixels: Option<u64>,
    /// Set one key, such as data.labels=folders, data.labels=F.csv, data.label_column=breed; may be given often.
    #[arg(long = "set", value_name = "data.k=v")]
    sets: Vec<String>,
    /// One JSON object: classes with counts, formats, sizes, bad files with reasons.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ScanArgs) -> CommandResult {
    let mut config = data_config(&args.sets)?;
    if let Some(max_pixels) = args.max_pixels {
        config.max_pixels = max_pixels;
    }
    let dataset = scan_said(&args.dir, &config).map_err(|e| Failure::new(EXIT_DATA, e))?;
    let usable = dataset.check_usable().map(|()| EXIT_OK).map_err(|e| Failure::new(EXIT_DATA, e));
    let summary = dataset.summary();
    if args.json {
        let mut line = json!(summary);
        line["type"] = json!("scan");
        print_json(&line);
        return usable;
    }
    let (images, classes) = (dataset.len(), dataset.class_names.len());
    print_line!("{}", msg!("command-scan-images-of-classes", images, classes));
    for (name, count) in dataset.class_names.iter().zip(dataset.class_counts()) {
        print_line!("  {} {count}", fill(name, 24));
    }
    let list = |items: Vec<String>| items.join(", ");
    let formats = list(dataset.formats.iter().map(|(f, n)| format!("{f} {n}")).collect());
    print_line!("{}", msg!("command-scan-formats", formats));
    let sizes = list(dataset.sizes.iter().take(10).map(|((w, h), n)| format!("{w} x {h}: {n}")).collect());
    print_line!("{}", msg!("command-scan-sizes", sizes));
    // Why it cannot be used is said at the end.
    let said_last = |note: &str| usable.as_ref().is_err_and(|failure| failure.message == note);
    for note in dataset.notes.iter().map(ToString::to_string).filter(|note| !said_last(note)) {
        print_line!("{note}");
    }
    for bad in &dataset.bad_files {
        print_line!("{}", msg!("command-scan-unusable", reason = &bad.reason, path = show_path(&bad.path)));
    }
    usable
}
