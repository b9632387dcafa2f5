//! `trainscope export`: a run's network as a file that other programs take.

use super::trained::open;
use super::{CommandResult, EXIT_OK, EXIT_OTHER, Failure};
use crate::config::transforms_to_toml;
use crate::console::show_path;
use crate::train::write_safetensors;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::HashMap;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run's folder.
    run: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value_t = Format::Safetensors)]
    format: Format,
    /// The file to write.
    #[arg(long, value_name = "F")]
    out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Weights by PyTorch's names; classes, chain and shape are in the header's metadata.
    Safetensors,
}

pub(super) fn run(args: &ExportArgs) -> CommandResult {
    let run = open(&args.run)?;
    let Format::Safetensors = args.format;
    let text = |value: serde_json::Value| value.to_string();
    let metadata = [
        // What the libraries that read safetensors look for.
        ("format", "pt".to_owned()),
        ("model", run.config.model.name.clone()),
        ("model_parameters", text(json!(run.config.model.params))),
        ("labels", text(json!(run.class_names))),
        ("input_shape", text(json!(run.sample_shape))),
        ("preprocessing", transforms_to_toml(run.chain.specs())),
        ("step", run.step.to_string()),
        ("best", run.is_best.to_string()),
        ("made_by", crate::about::version_line()),
    ];
    let metadata: HashMap<String, String> = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    write_safetensors(run.evaluator(), metadata, &args.out, args.overwrite).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    say!("{}: {}, {} classes", show_path(&args.out), run.config.model.name, run.class_names.len());
    Ok(EXIT_OK)
}
