//! `trainscope sample`: a drawn dataset, so that nothing needs to be downloaded.

use super::{CommandResult, EXIT_DATA, EXIT_INTERRUPTED, EXIT_OK, EXIT_OTHER, Failure, interrupt_flag, print_json};
use crate::data::DataError;
use crate::data::sample_images::write_sample_dataset;
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

#[derive(Debug, Args)]
pub struct SampleArgs {
    /// A folder that is empty or not there yet.
    dir: PathBuf,
    /// Images in each of the six classes.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    images_per_class: u32,
    /// Say what was written as a JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &SampleArgs) -> CommandResult {
    let interrupted = interrupt_flag();
    let mut go_on = |_, _| if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let summary = match write_sample_dataset(&args.dir, args.images_per_class as usize, 0, &mut go_on) {
        Ok(summary) => summary,
        Err(DataError::Cancelled) => return Ok(EXIT_INTERRUPTED),
        Err(error) => {
            let code = if matches!(error, DataError::Write { .. }) { EXIT_OTHER } else { EXIT_DATA };
            return Err(Failure::new(code, error));
        }
    };
    if args.json {
        print_json(
            &json!({"type": "sample", "dir": args.dir.to_string_lossy(), "images": summary.images, "classes": summary.class_names}),
        );
    } else {
        let (images, classes) = (summary.images, summary.class_names.len());
        print_line!("{}", msg!("command-sample-written", images, classes, path = crate::console::show_path(&args.dir)));
    }
    Ok(EXIT_OK)
}
