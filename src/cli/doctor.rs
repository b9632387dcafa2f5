//! `trainscope doctor`: what this machine offers training, whether each device computes rightly and how fast, and what
//! is wrong.

use super::outcome::key_of;
use super::{CommandResult, EXIT_DEVICE, EXIT_INTERRUPTED, EXIT_OK, Failure, interrupt_flag, print_json};
use crate::engine::{DoctorOptions, examine};
use crate::protocol::doctor::{Board, DoctorProgress, DoctorReport, Measured};
use crate::protocol::{DeviceKind, GpuTelemetry};
use crate::ui::doctor_text;
use clap::Args;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// A dataset's folder or file of labels: its disk is looked at too.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What `train.device` would be: auto, cpu or an id of the list.
    #[arg(long, value_name = "ID", default_value = "auto")]
    device: String,
    /// Say what the system and the drivers say; check and measure nothing.
    #[arg(long)]
    quick: bool,
    /// One JSON object a line: machine, then each device, board, disk and finding.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["device", "list", "boards", "measure", "disk"]))]
pub struct SelfCheckArgs {
    /// A device's id.
    device: Option<String>,
    /// Have each operation run by itself.
    #[arg(long)]
    without_fusion: bool,
    /// List the devices.
    #[arg(long)]
    list: bool,
    /// List NVIDIA's boards.
    #[arg(long)]
    boards: bool,
    /// Measure how fast a device is.
    #[arg(long, value_name = "ID")]
    measure: Option<String>,
    /// Look at the disk of a folder.
    #[arg(long, value_name = "DIR")]
    disk: Option<PathBuf>,
}

/// Runs in a child process: the last line it prints is the answer. Messages in it stay messages, for the parent to show in its
/// own language.
pub(super) fn run_self_check(args: &SelfCheckArgs) -> CommandResult {
    // On stdout too: that is what the parent reads.
    let failure = |error: crate::train::TrainError| {
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), "{error}");
        Failure::new(EXIT_DEVICE, error)
    };
    if args.without_fusion {
        crate::train::do_without_fusion();
    }
    let answer = if let Some(id) = &args.device {
        json!(crate::train::self_check(id).map_err(failure)?)
    } else if let Some(id) = &args.measure {
        let (speed, boards) = crate::telemetry::while_watching_boards(|| crate::train::measure_speed(id));
        json!(Measured { speed: speed.map_err(failure)?, boards })
    } else if let Some(dir) = &args.disk {
        json!(crate::telemetry::disk(dir))
    } else if args.boards {
        json!(crate::telemetry::boards())
    } else {
        json!(crate::train::list_devices())
    };
    print_line!("{answer}");
    Ok(EXIT_OK)
}

pub(super) fn run(args: &DoctorArgs) -> CommandResult {
    let interrupted = interrupt_flag();
    let options = DoctorOptions { data: args.data.clone(), device: args.device.clone(), measure: !args.quick };
    let mut shown = None;
    let report = examine(&options, &mut |progress: &DoctorProgress| {
        if shown != Some(progress.done) {
            shown = Some(progress.done);
            let (step, steps, what) = (progress.done + 1, progress.total, &progress.what);
            say!("{}", msg!("command-doctor-step", step, steps, what));
        }
        if interrupted.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let Some(report) = report else { return Ok(EXIT_INTERRUPTED) };
    if args.json {
        json_lines(&report).iter().for_each(print_json);
    } else {
        crate::console::text_to_stdout(&doctor_text(&report));
    }
    Ok(if device_works(&report) { EXIT_OK } else { EXIT_DEVICE })
}

/// Whether the device works that was asked for, or all those do that `auto` would take. Others are findings and no more.
fn device_works(report: &DoctorReport) -> bool {
    if report.wanted != "auto" {
        return report.chosen.is_some() || !report.measured;
    }
    let others = [DeviceKind::SoftwareGpu, DeviceKind::Other];
    let mut taken = report.devices.iter().filter(|device| !others.contains(&device.info.kind));
    report.devices_error.is_none() && taken.all(|device| device.passed != Some(false))
}

fn json_lines(report: &DoctorReport) -> Vec<Value> {
    let machine = &report.machine;
    let mut lines = vec![json!({
        "type": "machine", "version": report.version, "threads": machine.cpu.usable_threads,
        "memory_bytes": machine.memory.total_bytes, "gpus": report.boards.list.iter().map(reading).collect::<Vec<_>>(),
        "gpu_note": report.boards.note, "nvidia_driver": report.boards.driver, "backends": report.backends,
        "debug_build": report.debug_build, "machine": machine, "device_wanted": report.wanted,
        "device_chosen": report.chosen, "devices_error": report.devices_error, "secs": report.secs,
    })];
    lines.extend(report.devices.iter().map(|device| {
        json!({
            "type": "device", "device": device.info, "passed": device.passed,
            "without_fusion": device.without_fusion, "reason": device.reason, "check_secs": device.check_secs, "speed": device.speed, "speed_error": device.speed_error,
        })
    }));
    lines.extend(report.boards.list.iter().map(|board| typed("board", json!(board))));
    lines.extend(report.disk.iter().map(|disk| typed("disk", json!(disk))));
    lines.extend(report.findings.iter().map(|finding| {
        let mut line = typed("finding", json!(finding));
        line["name"] = json!(key_of(&finding.what, "doctor-"));
        line
    }));
    lines
}

/// An object with its type in front.
fn typed(kind: &str, object: Value) -> Value {
    let mut line = serde_json::Map::new();
    line.insert("type".to_owned(), json!(kind));
    if let Value::Object(fields) = object {
        line.extend(fields);
    }
    Value::Object(line)
}

/// A board as a run's telemetry writes it.
fn reading(board: &Board) -> GpuTelemetry {
    GpuTelemetry {
        name: board.name.clone(),
        utilization_percent: board.now.utilization_percent,
        memory_used_bytes: board.now.memory_used_bytes,
        memory_total_bytes: board.memory_total_bytes,
        power_watts: board.now.power_watts,
        power_limit_watts: board.now.power_limit_watts,
        temperature_celsius: board.now.temperature_celsius,
        sm_clock_mhz: board.now.sm_clock_mhz,
        throttle: board.now.throttle.clone(),
        ..GpuTelemetry::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::doctor::{DeviceReport, DiskReport, Finding, Severity};
    use crate::protocol::played;

    /// The engine asks children in these ways (`engine::devices`, `engine::doctor`).
    #[test]
    fn a_self_check_is_asked_for_one_thing_and_a_device_in_either_way() {
        use clap::Parser;
        let parses = |args: &str| {
            let words = ["trainscope", "self-check"].into_iter().chain(args.split_whitespace());
            crate::cli::Cli::try_parse_from(words).is_ok()
        };
        for args in ["cpu", "cpu --without-fusion", "--measure cpu", "--measure cpu --without-fusion", "--list"] {
            assert!(parses(args), "{args}");
        }
        for args in ["", "--without-fusion", "cpu --list", "cpu --measure cpu"] {
            assert!(!parses(args), "{args}");
        }
    }

    #[test]
    fn a_device_that_nobody_would_use_may_fail() {
        let device = |kind, passed| DeviceReport {
            info: played::device("a", kind),
            passed: Some(passed),
            without_fusion: false,
            reason: None,
            check_secs: None,
            speed: None,
            speed_error: None,
        };
        let works = |wanted: &str, chosen: Option<&str>, devices: Vec<DeviceReport>| {
            let (wanted, chosen) = (wanted.to_owned(), chosen.map(str::to_owned));
            device_works(&DoctorReport { wanted, chosen, devices, measured: true, ..DoctorReport::default() })
        };
        let cpu = || device(DeviceKind::Cpu, true);
        assert!(works("auto", Some("cpu"), vec![device(DeviceKind::SoftwareGpu, false), cpu()]));
        assert!(!works("auto", Some("cpu"), vec![device(DeviceKind::DiscreteGpu, false), cpu()]));
        assert!(works("cpu", Some("cpu"), vec![device(DeviceKind::DiscreteGpu, false), cpu()]));
        assert!(!works("vulkan:0", None, vec![device(DeviceKind::SoftwareGpu, false), cpu()]));
        // Nothing was checked.
        let quick = DoctorReport { wanted: "vulkan:0".to_owned(), ..DoctorReport::default() };
        assert!(device_works(&quick));
    }

    #[test]
    fn every_part_is_a_line_with_its_type() {
        let finding = Finding { severity: Severity::Hint, what: "a".into(), why: "b".into(), what_to_do: "c".into() };
        let named = Finding { what: msg!("doctor-debug-build"), ..finding.clone() };
        let mut report = DoctorReport { findings: vec![finding, named], ..DoctorReport::default() };
        report.boards.list.push(Board { name: "Board".into(), ..Board::default() });
        report.disk = Some(DiskReport::default());
        let lines = json_lines(&report);
        let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["machine", "board", "disk", "finding", "finding"]);
        assert_eq!(lines[4]["name"], json!("debug_build"), "what programs go by, in whatever language the words are");
        assert_eq!((&lines[0]["gpus"][0]["name"], &lines[1]["name"]), (&json!("Board"), &json!("Board")));
        assert_eq!((&lines[3]["severity"], &lines[3]["what"]), (&json!("hint"), &json!("a")));
        // What is not known is null, not 0.
        assert!(lines[0]["memory_bytes"].is_null() && lines[0]["threads"].is_null());
    }
}
