//! Which device a run gets: what there is, and whether it computes rightly, found out in child processes.

use super::RunError;
use super::child::ask_child;
use super::mailbox::Mailbox;
use crate::language::Message;
use crate::protocol::{DeviceInfo, DeviceKind, RunPhase};
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

/// Checks `cpu` or a listed device in a child process.
pub fn check_device(id: &str, keep_waiting: &mut dyn FnMut() -> bool) -> DeviceCheck {
    check_by(id, &mut |args, timeout| ask_child(args, timeout, keep_waiting))
}

/// What asks a child: arguments and timeout to what it printed, or why it did not.
pub(super) type Ask<'a> = dyn FnMut(&[&str], Duration) -> Result<String, Message> + 'a;

/// As [`check_device`], by a child that `ask` asks.
pub(super) fn check_by(id: &str, ask: &mut Ask<'_>) -> DeviceCheck {
    match ask(&["self-check", id], CHECK_TIMEOUT) {
        Err(reason) => DeviceCheck::Failed { reason },
        Ok(answer) => match last_json_line::<SelfCheck>(&answer) {
            Some(SelfCheck { passed: true, secs, .. }) => DeviceCheck::Passed { secs },
            Some(SelfCheck { reason, .. }) => {
                DeviceCheck::Failed { reason: reason.map_or_else(|| msg!("engine-no-reason"), Message::from) }
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
    list_devices_in_child(&mut || !mailbox.client_gone() && !mailbox.stop_sent()).unwrap_or_else(|reason| {
        mailbox.warn(msg!("engine-only-cpu-listed", reason));
        OpenDevice::open("cpu").map(|cpu| cpu.info).into_iter().collect()
    })
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
            let error = crate::train::TrainError::UnknownDevice { id: wanted.to_owned(), known: known.join(", ") };
            return Err(error.into());
        };
        let check = check_device(wanted, &mut keep_waiting);
        return match check {
            _ if stopped => Err(RunError::Stopped),
            DeviceCheck::Passed { .. } => Ok(OpenDevice::open(wanted)?),
            DeviceCheck::Failed { reason } => {
                Err(RunError::Device(msg!("engine-wanted-device-failed", device = named(info), reason)))
            }
        };
    }
    let (id, warnings) = choose(listed, &mut |id| check_device(id, &mut keep_waiting));
    if stopped {
        return Err(RunError::Stopped);
    }
    for warning in warnings {
        mailbox.warn(warning);
    }
    Ok(OpenDevice::open(&id)?)
}

/// `auto`: the first GPU that passes its check, discrete before integrated before virtual; else the CPU. With it go
/// the sentences that say why not another.
pub(super) fn choose(
    listed: Result<Vec<DeviceInfo>, Message>,
    check: &mut dyn FnMut(&str) -> DeviceCheck,
) -> (String, Vec<Message>) {
    let cpu = "cpu".to_owned();
    let mut devices = match listed {
        Ok(devices) => devices,
        Err(reason) => {
            let warning = msg!("engine-driver-so-cpu", reason);
            return (cpu, vec![warning]);
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
            DeviceCheck::Passed { .. } => return (gpu.id.clone(), warnings),
            DeviceCheck::Failed { reason } => warnings.push(msg!("engine-device-failed", device = named(gpu), reason)),
        }
    }
    let why = match devices.iter().find(|d| is_software(d)) {
        _ if !warnings.is_empty() => msg!("engine-no-gpu-passed"),
        Some(software) => msg!("engine-only-software-gpu", name = &software.name, id = &software.id),
        None => msg!("engine-no-gpu"),
    };
    warnings.push(why);
    (cpu, warnings)
}

fn named(info: &DeviceInfo) -> String {
    format!("{} ({}, {})", info.id, info.name, info.driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, kind: DeviceKind) -> DeviceInfo {
        DeviceInfo { id: id.to_owned(), name: format!("name of {id}"), kind, driver: "driver".to_owned() }
    }

    #[track_caller]
    fn check(listed: Result<Vec<DeviceInfo>, Message>, bad: &[&str], expected: &str, words: &[&str]) {
        let mut check = |id: &str| match bad.contains(&id) {
            true => DeviceCheck::Failed { reason: "it crashed (signal 11)".into() },
            false => DeviceCheck::Passed { secs: 1.0 },
        };
        let (id, warnings) = choose(listed, &mut check);
        assert_eq!(id, expected);
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
    fn only_the_last_line_of_an_answer_counts() {
        let answer = "MESA: warning\n{\"device\":\"v:0\",\"passed\":true,\"reason\":null,\"secs\":1.5}\n\n";
        assert!(last_json_line::<SelfCheck>(answer).unwrap().passed);
        assert!(last_json_line::<SelfCheck>("").is_none());
    }
}
