//! `trainscope scan`: what is in a dataset's folder.

use super::{CommandResult, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::config::DataConfig;
use crate::console::show_path;
use crate::data::scan;
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// The dataset's folder.
    dir: PathBuf,
    /// Refuse images of more pixels.
    #[arg(long, default_value_t = DataConfig::default().max_pixels)]
    max_pixels: u64,
    /// One JSON object: classes with counts, formats, sizes, bad files with reasons.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ScanArgs) -> CommandResult {
    let dataset =
        scan(&args.dir, args.max_pixels, &mut |_| ControlFlow::Continue(())).map_err(|e| Failure::new(EXIT_DATA, e))?;
    let check = || dataset.check_usable().map(|()| EXIT_OK).map_err(|e| Failure::new(EXIT_DATA, e));
    let summary = dataset.summary();
    if args.json {
        let mut line = json!(summary);
        line["type"] = json!("scan");
        print_json(&line);
        return check();
    }
    print_line!("{} images of {} classes", dataset.len(), dataset.class_names.len());
    for (name, count) in dataset.class_names.iter().zip(dataset.class_counts()) {
        print_line!("  {name:<24} {count}");
    }
    let list = |items: Vec<String>| items.join(", ");
    print_line!("formats: {}", list(dataset.formats.iter().map(|(f, n)| format!("{f} {n}")).collect()));
    print_line!(
        "sizes: {}",
        list(dataset.sizes.iter().take(10).map(|((w, h), n)| format!("{w} x {h}: {n}")).collect())
    );
    for note in &dataset.notes {
        print_line!("{note}");
    }
    for bad in &dataset.bad_files {
        print_line!("cannot be used: {}: {}", bad.reason, show_path(&bad.path));
    }
    check()
}
