//! `trainscope models`: the networks that can be trained, and what a step of each takes.

use super::{CommandResult, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::config::{Key, ModelConfig, NETWORKS, OptimizerConfig, RunConfig};
use crate::console::{fill, fill_front};
use crate::language;
use crate::train::{StepSize, step_cost};
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Channels of the images; the first layer's parameters depend on it.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    /// Classes; the last layer's parameters depend on it.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    classes: u32,
    /// Height and width of the images; without it each network's usual one for photographs.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=8192))]
    side: Option<u32>,
    /// Images a step.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: u32,
    /// One JSON object a line: name, title, parameters, smallest_side, photo_side, meaning, and for `side` and `batch`:
    /// multiply_adds (of an image, forward), weights_bytes, gradients_bytes, optimizer_bytes (Adam's), activations_bytes,
    /// memory_bytes (their sum, on the CPU), gpu_memory_bytes. Null where the images are too small.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ModelsArgs) -> CommandResult {
    let (channels, classes, batch) = (usize::from(args.channels), args.classes as usize, args.batch as usize);
    if !args.json {
        let (name, parameters) = (tr!("command-column-name"), tr!("command-column-parameters"));
        let (smallest, side) = (tr!("command-column-smallest-side"), tr!("command-column-side"));
        let (adds, memory) = (tr!("command-column-multiply-adds"), tr!("command-column-memory"));
        print_row([name, parameters, smallest, side, adds, memory, tr!("command-models-of", channels, classes, batch)]);
    }
    let Some(Key { info: name, .. }) = RunConfig::default().key("model.name") else { return Ok(EXIT_OK) };
    let optimizer = OptimizerConfig::default();
    for network in NETWORKS {
        let meaning = name.item_meaning(&network.item);
        let model = ModelConfig::named(network.item.name);
        let side = args.side.map_or(network.photo_side, |side| side as usize);
        // What does not depend on their size is told of images that it can take.
        let fits = side >= network.smallest_side;
        let counted = side.max(network.smallest_side);
        let cost = |on_cpu| {
            let sample = [channels, counted, counted];
            let size = StepSize { model: &model, optimizer: &optimizer, sample, classes, batch, on_cpu };
            step_cost(&size).map_err(|e| Failure::new(EXIT_USAGE, e))
        };
        let (on_cpu, on_gpu) = (cost(true)?, cost(false)?);
        if args.json {
            let sized = |figure: u64| fits.then_some(figure);
            print_json(&json!({
                "type": "model", "name": network.item.name, "title": network.item.title,
                "parameters": on_cpu.parameters, "smallest_side": network.smallest_side,
                "photo_side": network.photo_side, "meaning": meaning, "channels": channels, "classes": classes,
                "side": side, "batch": batch, "multiply_adds": sized(on_cpu.multiply_adds),
                "weights_bytes": on_cpu.weights_bytes, "gradients_bytes": on_cpu.gradients_bytes,
                "optimizer_bytes": on_cpu.optimizer_bytes, "activations_bytes": sized(on_cpu.activations_bytes),
                "memory_bytes": sized(on_cpu.bytes()), "gpu_memory_bytes": sized(on_gpu.bytes()),
            }));
            continue;
        }
        let sized = |figure: String| if fits { figure } else { "-".to_owned() };
        let adds = sized(language::large_count(on_cpu.multiply_adds));
        let memory = sized(language::bytes(on_cpu.bytes()));
        let [parameters, smallest, side] = [on_cpu.parameters, network.smallest_side as u64, side as u64];
        let [parameters, smallest, side] = [parameters, smallest, side].map(|figure| figure.to_string());
        print_row([network.item.name.to_owned(), parameters, smallest, side, adds, memory, meaning.to_string()]);
    }
    Ok(EXIT_OK)
}

fn print_row([name, parameters, smallest, side, adds, memory, words]: [String; 7]) {
    let [name, parameters, smallest] = [fill(name, 20), fill_front(parameters, 12), fill_front(smallest, 14)];
    let [side, adds, memory] = [fill_front(side, 6), fill_front(adds, 16), fill_front(memory, 10)];
    print_line!("{name} {parameters} {smallest} {side} {adds} {memory}  {words}");
}
