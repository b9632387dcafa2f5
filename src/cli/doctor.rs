//! `trainscope doctor`: what this machine offers, and whether each device computes rightly.

use super::{CommandResult, EXIT_DEVICE, EXIT_OK, Failure, print_json};
use crate::engine::{DeviceCheck, check_device, list_devices_in_child};
use crate::train::{list_devices, self_check};
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// One JSON object a line: machine, then device for each.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct SelfCheckArgs {
    /// A device's id.
    #[arg(required_unless_present = "list")]
    device: Option<String>,
    /// List the devices instead.
    #[arg(long)]
    list: bool,
}

/// Runs in a child process: the last line it prints is the answer.
pub(super) fn run_self_check(args: &SelfCheckArgs) -> CommandResult {
    let answer = match &args.device {
        Some(id) => json!(self_check(id).map_err(|e| Failure::new(EXIT_DEVICE, e))?),
        None => json!(list_devices()),
    };
    print_json(&answer);
    Ok(EXIT_OK)
}

pub(super) fn run(args: &DoctorArgs) -> CommandResult {
    let reading = crate::telemetry::Sampler::new().sample(0.0);
    let memory = reading.memory_total_bytes;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if args.json {
        print_json(&json!({
            "type": "machine", "version": crate::about::version_line(), "threads": threads,
            "memory_bytes": memory, "gpus": reading.gpus, "gpu_note": reading.gpu_note,
        }));
    } else {
        println!("{}", crate::about::version_line());
        let memory = memory.map_or_else(|| "N/A".to_owned(), |b| format!("{:.1} GB", b as f64 / 1e9));
        println!("{threads} threads, {memory} of memory");
        match &reading.gpu_note {
            Some(note) => println!("GPU readings: N/A: {note}"),
            None => reading.gpus.iter().for_each(|gpu| println!("GPU readings: {}", gpu.name)),
        }
    }
    let mut all_well = true;
    let devices = match list_devices_in_child(&mut || true) {
        Ok(devices) => devices,
        Err(reason) => {
            all_well = false;
            eprintln!("trainscope: the graphics driver was asked for its devices and {reason}; update or remove it");
            Vec::new()
        }
    };
    for device in &devices {
        let check = check_device(&device.id, &mut || true);
        let (passed, words) = match &check {
            DeviceCheck::Passed { secs } => (true, format!("computes rightly (checked in {secs:.1} s)")),
            DeviceCheck::Failed { reason } => (false, format!("must not be used: {reason}")),
        };
        all_well &= passed;
        if args.json {
            let reason = if let DeviceCheck::Failed { reason } = check { Some(reason) } else { None };
            print_json(&json!({"type": "device", "device": device, "passed": passed, "reason": reason}));
        } else {
            println!("{:<10} {} ({}): {words}", device.id, device.name, device.driver);
        }
    }
    Ok(if all_well { EXIT_OK } else { EXIT_DEVICE })
}
