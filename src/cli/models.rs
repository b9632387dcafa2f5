//! `trainscope models`: the networks that can be trained.

use super::{CommandResult, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::config::{Key, ModelConfig, NETWORKS, RunConfig};
use crate::train::Network;
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
    /// One JSON object a line: name, title, parameters, smallest_side, photo_side, meaning.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ModelsArgs) -> CommandResult {
    let (channels, classes) = (usize::from(args.channels), args.classes as usize);
    if !args.json {
        let name = msg!("command-column-name");
        let (parameters, side) = (msg!("command-column-parameters"), msg!("command-column-smallest-side"));
        let of = msg!("command-models-of", channels, classes);
        print_line!("{name:<20} {parameters:>12} {side:>14}  {of}");
    }
    let Some(Key { info: name, .. }) = RunConfig::default().key("model.name") else { return Ok(EXIT_OK) };
    for network in NETWORKS {
        let meaning = name.item_meaning(&network.item);
        let model = ModelConfig::named(network.item.name);
        let parameters =
            Network::count_parameters(&model, channels, classes).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        if args.json {
            print_json(&json!({
                "type": "model", "name": network.item.name, "title": network.item.title, "parameters": parameters,
                "smallest_side": network.smallest_side, "photo_side": network.photo_side, "meaning": meaning,
                "channels": channels, "classes": classes,
            }));
        } else {
            print_line!("{:<20} {parameters:>12} {:>14}  {}", network.item.name, network.smallest_side, meaning);
        }
    }
    Ok(EXIT_OK)
}
