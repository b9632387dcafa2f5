//! `trainscope bench-step`: training steps alone, on images made up for it.

use super::{CommandResult, EXIT_DEVICE, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::config::{ModelConfig, NETWORKS, OptimizerConfig};
use crate::language::Arg;
use crate::train::{LossSpec, OpenDevice, TrainError, TrainerSpec, measure_step};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::json;

#[derive(Debug, Args)]
pub struct BenchStepArgs {
    /// The network.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(NETWORKS.iter().map(|n| n.item.name)))]
    model: String,
    /// Images a step.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    batch: u32,
    /// Height and width of the images.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=8192))]
    side: u32,
    /// Channels of the images.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    /// Classes.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    classes: u32,
    /// `cpu`, or a device's id as `trainscope doctor` lists it.
    #[arg(long, default_value = "cpu", value_name = "ID")]
    device: String,
    /// Steps to measure, after two that do not count.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Threads that compute on the CPU; as many as there are cores, if not said.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// One JSON object: images_per_sec, forward_ms, backward_ms, optimizer_ms, cpu_ms, peak_bytes.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BenchStepArgs) -> CommandResult {
    let smallest = NETWORKS.iter().find(|n| n.item.name == args.model).map_or(1, |network| network.smallest_side);
    let (batch, side) = (args.batch as usize, args.side as usize);
    if side < smallest {
        return Err(Failure::new(EXIT_USAGE, msg!("command-step-too-small", model = &args.model, smallest)));
    }
    if let Some(threads) = args.threads {
        crate::train::use_threads(usize::from(threads)).map_err(|e| Failure::new(EXIT_DEVICE, e))?;
    }
    let spec = TrainerSpec {
        model: ModelConfig::named(&args.model),
        optimizer: OptimizerConfig::default(),
        loss: LossSpec::default(),
        in_channels: usize::from(args.channels),
        classes: args.classes as usize,
        seed: 0,
    };
    let open = OpenDevice::open(&args.device).map_err(|e| match e {
        TrainError::UnknownDevice { .. } => Failure::new(EXIT_USAGE, e),
        other => Failure::new(EXIT_DEVICE, other),
    })?;
    let device = open.info.id.clone();
    let speed = measure_step(spec, open, batch, side, args.steps as usize).map_err(|e| Failure::new(EXIT_DEVICE, e))?;
    if args.json {
        print_json(&json!({
            "type": "step_speed", "model": args.model, "batch": batch, "side": side, "channels": args.channels,
            "classes": args.classes, "device": device, "steps": args.steps,
            "images_per_sec": speed.images_per_sec, "forward_ms": speed.forward_ms, "backward_ms": speed.backward_ms,
            "optimizer_ms": speed.optimizer_ms, "cpu_ms": speed.cpu_ms, "peak_bytes": speed.peak_bytes,
        }));
        return Ok(EXIT_OK);
    }
    let (channels, rate) = (u64::from(args.channels), Arg::number(speed.images_per_sec, 1));
    print_line!("{}", msg!("command-step-speed", model = &args.model, device, batch, channels, side, rate));
    let ms = |ms| Arg::number(ms, 1);
    let (forward, backward) = (ms(speed.forward_ms), ms(speed.backward_ms));
    let (optimizer, cpu) = (ms(speed.optimizer_ms), ms(speed.cpu_ms));
    print_line!("  {}", msg!("command-step-phases", forward, backward, optimizer, cpu));
    if let Some(bytes) = speed.peak_bytes {
        print_line!("  {}", msg!("command-step-memory", bytes = Arg::bytes(bytes)));
    }
    Ok(EXIT_OK)
}
