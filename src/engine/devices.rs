//! Which device a run gets: what there is, and whether it computes rightly, found out in child processes.

use super::RunError;
use super::child::ask_child;
use super::mailbox::Mailbox;
use crate::language::Message;
use crate::protocol::{DeviceInfo, DeviceKind, RunPhase, Telemetry};
use crate::train::{OpenDevice, SelfCheck, is_software};
use std::time::Duration;

pub(super) const LIST_TIMEOUT: Duration = Duration::from_secs(60);
/// A software adapter compiles and tunes for a minute or two.
const CHECK_TIMEOUT: Duration = Duration::from_secs(400);

/// What the check of a device came to.
#[derive(Debug, Clone, PartialEq)]
pub enum DeviceCheck {
    Passed {
        secs: f64,
    },
    /// With every operation run by itself; why not several in one kernel.
    PassedWithoutFusion {
        reason: Message,
    },
    /// Wrong numbers, a crash, no answer.
    Failed {
        reason: Message,
    },
}

/// Every device, asked in a child process.
///
/// # Errors
/// The graphics driver crashed or hung while it was asked.
pub fn list_devices_in_child(keep_waiting: &mut dyn FnMut() -> bool) -> Result<Vec<DeviceInfo>, Message> {
    let answer = ask_child(&["self-check", "--list"], LIST_TIMEOUT, keep_waiting)?;
    last_json_line(&answer).ok_or_else(not_understood)
}

/// Why an answer is none.
pub(super) fn not_understood() -> Message {
    msg!("engine-child-not-understood")
}

/// Checks `cpu` or a listed device in child processes: as a run would train on it, and where it fails, without fusion.
pub fn check_device(id: &str, keep_waiting: &mut dyn FnMut() -> bool) -> DeviceCheck {
    check_both_ways(id, &mut |args, timeout| ask_child(args, timeout, keep_waiting))
}

/// The same, by a child that `ask` asks.
pub(super) fn check_both_ways(id: &str, ask: &mut Ask<'_>) -> DeviceCheck {
    match check_with(&["self-check", id], ask) {
        DeviceCheck::Failed { reason } => match check_with(&["self-check", id, "--without-fusion"], ask) {
            DeviceCheck::Passed { .. } => DeviceCheck::PassedWithoutFusion { reason },
            _ => DeviceCheck::Failed { reason },
        },
        passed => passed,
    }
}

/// What asks a child: arguments and timeout to what it printed, or why it did not.
pub(super) type Ask<'a> = dyn FnMut(&[&str], Duration) -> Result<String, Message> + 'a;

fn check_with(args: &[&str], ask: &mut Ask<'_>) -> DeviceCheck {
    match ask(args, CHECK_TIMEOUT) {
        Err(reason) => DeviceCheck::Failed { reason },
        Ok(answer) => match last_json_line::<SelfCheck>(&answer) {
            Some(SelfCheck { passed: true, secs, .. }) => DeviceCheck::Passed { secs },
            Some(SelfCheck { reason, .. }) => {
                DeviceCheck::Failed { reason: reason.unwrap_or_else(|| msg!("engine-no-reason")) }
            }
            None => DeviceCheck::Failed { reason: not_understood() },
        },
    }
}

/// Drivers like to print, so only the last line counts.
pub(super) fn last_json_line<T: serde::de::DeserializeOwned>(answer: &str) -> Option<T> {
    serde_json::from_str(answer.lines().rev().find(|line| !line.trim().is_empty())?).ok()
}

/// For the window's list: what there is, and a warning where a driver crashed.
pub(super) fn list_or_cpu(mailbox: &Mailbox) -> Vec<DeviceInfo> {
    let listed = list_devices_in_child(&mut || !mailbox.client_gone() && !mailbox.stop_sent());
    let mut devices = listed.unwrap_or_else(|reason| {
        mailbox.warn(msg!("engine-only-cpu-listed", reason));
        OpenDevice::open("cpu").map(|cpu| cpu.info).into_iter().collect()
    });
    if devices.iter().any(|device| device.memory_bytes.is_none()) {
        add_memory(&mut devices, &crate::telemetry::Sampler::new().sample(0.0));
    }
    devices
}

/// Of GPUs that the readings of the hardware call by the same name.
fn add_memory(devices: &mut [DeviceInfo], reading: &Telemetry) {
    for device in devices.iter_mut().filter(|device| device.memory_bytes.is_none()) {
        let gpu = reading.gpus.iter().find(|gpu| gpu.name == device.name);
        device.memory_bytes = gpu.and_then(|gpu| gpu.memory_total_bytes);
    }
}

/// Opens the device that `train.device` asks for.
///
/// # Errors
/// A device asked for by id is not there or failed its check. `auto` always ends with the CPU.
pub(super) fn open(mailbox: &Mailbox, wanted: &str) -> Result<OpenDevice, RunError> {
    if wanted == "cpu" {
        return Ok(OpenDevice::open("cpu")?);
    }
    mailbox.phase(RunPhase::CheckingDevice);
    let mut stopped = false;
    let mut keep_waiting = || {
        stopped |= mailbox.stop_wanted();
        !stopped
    };
    let listed = list_devices_in_child(&mut keep_waiting);
    if wanted != "auto" {
        let devices = listed.map_err(|reason| RunError::Device(msg!("engine-driver-gave-no-devices", reason)))?;
        let Some(info) = devices.iter().find(|d| d.id == wanted) else {
            let known: Vec<String> = devices.into_iter().map(|d| d.id).collect();
            let error = crate::train::TrainError::UnknownDevice { id: wanted.to_owned(), known };
            return Err(error.into());
        };
        let check = check_device(wanted, &mut keep_waiting);
        return match check {
            _ if stopped => Err(RunError::Stopped),
            DeviceCheck::Passed { .. } => Ok(OpenDevice::open(wanted)?),
            DeviceCheck::PassedWithoutFusion { reason } => {
                mailbox.warn(without_fusion(info, reason));
                crate::train::do_without_fusion();
                Ok(OpenDevice::open(wanted)?)
            }
            DeviceCheck::Failed { reason } => {
                Err(RunError::Device(msg!("engine-wanted-device-failed", device = named(info), reason)))
            }
        };
    }
    let Chosen { id, fusion, warnings } = choose(listed, &mut |id| check_device(id, &mut keep_waiting));
    if stopped {
        return Err(RunError::Stopped);
    }
    if !fusion {
        crate::train::do_without_fusion();
    }
    for warning in warnings {
        mailbox.warn(warning);
    }
    Ok(OpenDevice::open(&id)?)
}

/// What `auto` comes to.
#[derive(Debug, PartialEq)]
pub(super) struct Chosen {
    pub id: String,
    /// Whether operations may be run several in one kernel.
    pub fusion: bool,
    /// Why not another device, and why not with fusion.
    pub warnings: Vec<Message>,
}

fn without_fusion(device: &DeviceInfo, reason: Message) -> Message {
    msg!("engine-device-without-fusion", device = named(device), reason)
}

/// `auto`: the first GPU that passes its check, discrete before integrated before virtual; else the CPU. With it go
/// the sentences that say why not another.
pub(super) fn choose(listed: Result<Vec<DeviceInfo>, Message>, check: &mut dyn FnMut(&str) -> DeviceCheck) -> Chosen {
    let cpu = |warnings| Chosen { id: "cpu".to_owned(), fusion: true, warnings };
    let mut devices = match listed {
        Ok(devices) => devices,
        Err(reason) => {
            return cpu(vec![msg!("engine-driver-so-cpu", reason)]);
        }
    };
    let rank = |d: &DeviceInfo| match d.kind {
        DeviceKind::DiscreteGpu => 0,
        DeviceKind::IntegratedGpu => 1,
        DeviceKind::VirtualGpu => 2,
        _ => 3,
    };
    devices.sort_by_key(rank);
    let mut warnings = Vec::new();
    for gpu in devices.iter().filter(|d| rank(d) < 3) {
        match check(&gpu.id) {
            DeviceCheck::Passed { .. } => return Chosen { id: gpu.id.clone(), fusion: true, warnings },
            DeviceCheck::PassedWithoutFusion { reason } => {
                warnings.push(without_fusion(gpu, reason));
                return Chosen { id: gpu.id.clone(), fusion: false, warnings };
            }
            DeviceCheck::Failed { reason } => warnings.push(msg!("engine-device-failed", device = named(gpu), reason)),
        }
    }
    let why = match devices.iter().find(|d| is_software(d)) {
        _ if !warnings.is_empty() => msg!("engine-no-gpu-passed"),
        Some(software) => msg!("engine-only-software-gpu", name = &software.name),
        None => msg!("engine-no-gpu"),
    };
    warnings.push(why);
    cpu(warnings)
}

fn named(info: &DeviceInfo) -> String {
    format!("{} ({}, {})", info.id, info.name, info.driver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::GpuTelemetry;
    use crate::protocol::played::device;

    #[track_caller]
    fn check(listed: Result<Vec<DeviceInfo>, Message>, bad: &[&str], expected: &str, words: &[&str]) {
        let mut check = |id: &str| match bad.contains(&id) {
            true => DeviceCheck::Failed { reason: "it crashed (signal 11)".into() },
            false => DeviceCheck::Passed { secs: 1.0 },
        };
        let Chosen { id, fusion, warnings } = choose(listed, &mut check);
        assert_eq!((id.as_str(), fusion), (expected, true));
        let warnings = crate::language::clauses(warnings).to_string();
        assert_eq!(warnings.is_empty(), words.is_empty(), "{warnings}");
        for word in words {
            assert!(warnings.contains(word), "{warnings:?} lacks {word:?}");
        }
    }

    #[test]
    fn auto_takes_the_best_gpu_that_passes_and_says_why_not() {
        use DeviceKind::{Cpu, DiscreteGpu, IntegratedGpu, SoftwareGpu};
        let both = || vec![device("v:0", IntegratedGpu), device("v:1", DiscreteGpu), device("cpu", Cpu)];
        check(Ok(both()), &[], "v:1", &[]);
        check(Ok(both()), &["v:1"], "v:0", &["v:1", "it crashed"]);
        check(Ok(both()), &["v:0", "v:1"], "cpu", &["v:0", "v:1", "training on the CPU"]);
        check(Ok(vec![device("v:0", SoftwareGpu), device("cpu", Cpu)]), &[], "cpu", &["v:0", "slower", "CPU"]);
        check(Ok(vec![device("cpu", Cpu)]), &[], "cpu", &["no GPU was found"]);
        check(Err("it crashed (signal 11)".into()), &[], "cpu", &["crashed", "training on the CPU"]);
    }

    #[test]
    fn a_gpu_s_memory_is_that_of_the_board_of_its_name() {
        let mut devices = vec![device("v:0", DeviceKind::DiscreteGpu), device("v:1", DeviceKind::DiscreteGpu)];
        let gpu = |name: &str, total| GpuTelemetry {
            name: name.to_owned(),
            memory_total_bytes: Some(total),
            ..GpuTelemetry::default()
        };
        let gpus = vec![gpu("another", 1), gpu("name of v:1", 8 << 30)];
        add_memory(&mut devices, &Telemetry { gpus, ..Telemetry::default() });
        let memory: Vec<Option<u64>> = devices.iter().map(|device| device.memory_bytes).collect();
        assert_eq!(memory, [None, Some(8 << 30)]);
    }

    #[test]
    fn a_device_that_computes_rightly_without_fusion_is_taken_so() {
        let answer = |passed: bool, reason: Option<&str>| {
            let reason = reason.map(Message::from);
            serde_json::json!(SelfCheck { device: "v:0".to_owned(), passed, reason, secs: 1.0 }).to_string()
        };
        let mut asked = Vec::new();
        let mut ask = |args: &[&str], _| {
            asked.push(args.join(" "));
            Ok(if args.contains(&"--without-fusion") {
                answer(true, None)
            } else {
                answer(false, Some("the loss is off"))
            })
        };
        let check = check_both_ways("v:0", &mut ask);
        assert_eq!(asked, ["self-check v:0", "self-check v:0 --without-fusion"]);
        assert_eq!(check, DeviceCheck::PassedWithoutFusion { reason: "the loss is off".into() });
        let chosen = choose(Ok(vec![device("v:0", DeviceKind::DiscreteGpu)]), &mut |_| check.clone());
        assert_eq!((chosen.id.as_str(), chosen.fusion), ("v:0", false));
        let said = chosen.warnings[0].to_string();
        assert!(
            chosen.warnings.len() == 1 && said.contains("the loss is off") && said.contains("one by one"),
            "{said}"
        );
        // Wrong either way: what is said is of the way that runs would take.
        let mut ask = |args: &[&str], _| match args.len() {
            2 => Ok(answer(false, Some("first"))),
            _ => Err(Message::from("it crashed")),
        };
        assert_eq!(check_both_ways("v:0", &mut ask), DeviceCheck::Failed { reason: "first".into() });
    }

    /// Whoever shows it does so in a language of its own; an older child's is text.
    #[test]
    fn why_a_child_s_check_failed_is_still_a_message() {
        let reason = msg!("train-check-wrong", what = msg!("train-check-matmul"), difference = "1.000");
        let found = SelfCheck { device: "v:0".to_owned(), passed: false, reason: Some(reason.clone()), secs: 1.0 };
        let mut ask = |_: &[&str], _| Ok(serde_json::json!(found).to_string());
        assert_eq!(check_with(&["self-check", "v:0"], &mut ask), DeviceCheck::Failed { reason });
        let older = r#"{"device":"v:0","passed":false,"reason":"a loss is off","secs":1.5}"#;
        assert_eq!(last_json_line::<SelfCheck>(older).unwrap().reason, Some("a loss is off".into()));
    }

    #[test]
    fn only_the_last_line_of_an_answer_counts() {
        let answer = "MESA: warning\n{\"device\":\"v:0\",\"passed\":true,\"reason\":null,\"secs\":1.5}\n\n";
        assert!(last_json_line::<SelfCheck>(answer).unwrap().passed);
        assert!(last_json_line::<SelfCheck>("").is_none());
    }
}
