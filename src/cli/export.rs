//! `trainscope export`: a run's network as a file that other programs take, or its numbers.

use super::export_record::{self, RecordFormat};
use super::outcome::refuse_existing;
use super::trained::open;
use super::{CommandResult, EXIT_OK, EXIT_OTHER, Failure};
use crate::config::transforms_to_toml;
use crate::console::show_path;
use crate::train::{WriteError, write_new, write_onnx, write_safetensors};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// How a class comes of what the network gives: there are no thresholds beside it.
const DECISION: &str = "the class of the largest logit; probabilities are the softmax of the logits";

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run's folder.
    run: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value_t = Format::Safetensors)]
    format: Format,
    /// The file to write; of a run's numbers the folder.
    #[arg(long, value_name = "F|DIR")]
    out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Weights by PyTorch's names; classes, chain and shape are in the header's metadata.
    Safetensors,
    /// The whole network for onnxruntime and its like, for images of the run's size; classes, chain and shape are in its metadata
    /// and beside it in F.json.
    Onnx,
    /// The run's numbers for TensorBoard: `tensorboard --logdir DIR`.
    Tensorboard,
    /// The run's numbers as Parquet, a row a value: tag, step, secs, value.
    Parquet,
    /// The same as CSV, and the changes made to the run.
    Csv,
}

/// What is written of a run.
enum Kind {
    Network(NetworkFormat),
    Record(RecordFormat),
}

enum NetworkFormat {
    Safetensors,
    Onnx,
}

impl Format {
    fn kind(self) -> Kind {
        match self {
            Self::Safetensors => Kind::Network(NetworkFormat::Safetensors),
            Self::Onnx => Kind::Network(NetworkFormat::Onnx),
            Self::Tensorboard => Kind::Record(RecordFormat::Tensorboard),
            Self::Parquet => Kind::Record(RecordFormat::Parquet),
            Self::Csv => Kind::Record(RecordFormat::Csv),
        }
    }
}

pub(super) fn run(args: &ExportArgs) -> CommandResult {
    match args.format.kind() {
        Kind::Record(format) => export_record::run(&args.run, format, &args.out, args.overwrite),
        Kind::Network(format) => export_network(args, format),
    }
}

fn export_network(args: &ExportArgs, format: NetworkFormat) -> CommandResult {
    let mut name_beside = args.out.clone().into_os_string();
    name_beside.push(".json");
    let name_beside = PathBuf::from(name_beside);
    refuse_existing(&args.out, args.overwrite)?;
    // Neither is written where the other one cannot be.
    if matches!(format, NetworkFormat::Onnx) {
        refuse_existing(&name_beside, args.overwrite)?;
    }
    let run = open(&args.run)?;
    let write = |e: WriteError| Failure::new(EXIT_OTHER, e);
    let text = |value: serde_json::Value| value.to_string();
    let mut metadata = vec![
        ("model", run.config.model.name.clone()),
        ("model_parameters", text(json!(run.config.model.params))),
        ("labels", text(json!(run.class_names))),
        ("input_shape", text(json!(run.sample_shape))),
        ("preprocessing", transforms_to_toml(run.chain.specs())),
        ("decision", DECISION.to_owned()),
        ("step", run.step.to_string()),
        ("best", run.is_best().to_string()),
        ("made_by", crate::about::version_line()),
    ];
    match format {
        NetworkFormat::Safetensors => {
            // What the libraries that read safetensors look for.
            metadata.push(("format", "pt".to_owned()));
            let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            write_safetensors(run.evaluator(), metadata, &args.out, args.overwrite).map_err(write)?;
        }
        NetworkFormat::Onnx => {
            let [channels, height, width] = run.sample_shape;
            let beside = json!({
                "model": run.config.model.name, "labels": run.class_names, "decision": DECISION,
                "input": {"name": "images", "shape": ["N", channels, height, width], "type": "float32"},
                "output": {"name": "logits", "shape": ["N", run.class_names.len()], "type": "float32"},
                "preprocessing": run.chain.specs(), "channels_of_files": run.channels,
                "step": run.step, "best": run.is_best(), "made_by": crate::about::version_line(),
            });
            let beside = format!("{beside:#}\n");
            let model = &run.config.model.name;
            write_onnx(run.evaluator(), model, run.sample_shape, &metadata, &args.out, args.overwrite)
                .map_err(write)?;
            write_new(&name_beside, beside.as_bytes(), args.overwrite).map_err(write)?;
        }
    }
    let (path, model) = (show_path(&args.out), &run.config.model.name);
    say!("{}", msg!("command-exported", path, model, classes = run.class_names.len()));
    Ok(EXIT_OK)
}
