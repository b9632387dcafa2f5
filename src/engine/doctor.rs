//! The doctor's examination: facts in this process, drivers and disks in children of it, then the findings.
//!
//! Whatever asks a driver or a file system may crash or hang: each runs in a child process with a time limit, and costs
//! one sentence of the report then.

use super::child::ask_child;
use super::devices::{DeviceCheck, LIST_TIMEOUT, check_both_ways, choose, last_json_line, not_understood};
use crate::diagnose::doctor::findings;
use crate::language::Message;
use crate::protocol::doctor::{
    Boards, BoardsFault, DeviceReport, DiskReport, DoctorProgress, DoctorReport, Machine, Measured,
};
use crate::protocol::{DeviceInfo, DeviceKind};
use crate::train::{BACKENDS, OpenDevice};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const BOARDS_TIMEOUT: Duration = Duration::from_secs(30);
const DISK_TIMEOUT: Duration = Duration::from_secs(60);
/// It stops by itself after a minute, but for a kernel that is being tuned.
const SPEED_TIMEOUT: Duration = Duration::from_secs(150);

/// What to examine.
#[derive(Debug, Clone, PartialEq)]
pub struct DoctorOptions {
    /// The dataset's folder, or its file of labels.
    pub data: Option<PathBuf>,
    /// As `train.device`.
    pub device: String,
    /// Check and measure devices and disk; not while a run is active, which would be measured along.
    pub measure: bool,
}

/// What the examination is told fifty times a second.
type Watch<'a> = dyn FnMut(&DoctorProgress) -> ControlFlow<()> + 'a;
/// Arguments, timeout, whether to go on waiting.
type AskChild<'a> = dyn FnMut(&[&str], Duration, &mut dyn FnMut() -> bool) -> Result<String, Message> + 'a;

/// Examines this machine; `None` where `watch` broke it off. Takes seconds without a GPU, a minute or two with one that
/// was never used.
pub fn examine(options: &DoctorOptions, watch: &mut Watch<'_>) -> Option<DoctorReport> {
    examine_by(options, crate::telemetry::machine, &mut ask_child, watch)
}

fn examine_by(
    options: &DoctorOptions,
    machine: impl FnOnce() -> Machine,
    ask: &mut AskChild<'_>,
    watch: &mut Watch<'_>,
) -> Option<DoctorReport> {
    let begun = Instant::now();
    let mut visit = Visit { ask, watch, progress: DoctorProgress::default(), broken_off: false };
    let on_disk = options.data.as_deref().filter(|_| options.measure);
    visit.progress.total = 3 + usize::from(on_disk.is_some());

    visit.next(msg!("doctor-doing-machine"));
    let mut report = DoctorReport {
        version: crate::about::version_line(),
        debug_build: cfg!(debug_assertions),
        backends: BACKENDS.map(str::to_owned).to_vec(),
        machine: machine(),
        wanted: options.device.clone(),
        measured: options.measure,
        ..DoctorReport::default()
    };
    report.boards = visit.boards();
    report.disk = on_disk.map(|dir| visit.disk(dir));
    let listed = visit.list();
    report.devices = match &listed {
        Ok(devices) => devices.iter().cloned().map(unchecked).collect(),
        Err(reason) => {
            report.devices_error = Some(reason.clone());
            OpenDevice::open("cpu").map(|cpu| unchecked(cpu.info)).into_iter().collect()
        }
    };
    if options.measure {
        visit.progress.total += 2 * report.devices.len();
        for device in &mut report.devices {
            visit.check(device);
            visit.measure(device, &options.device, &mut report.boards);
        }
        report.chosen = chosen(options, &report.devices);
    }
    if visit.broken_off {
        return None;
    }
    report.findings = findings(&report);
    report.secs = begun.elapsed().as_secs_f64();
    Some(report)
}

fn unchecked(info: DeviceInfo) -> DeviceReport {
    DeviceReport {
        info,
        passed: None,
        without_fusion: false,
        reason: None,
        check_secs: None,
        speed: None,
        speed_error: None,
    }
}

/// The device that a run would get, by what the checks came to.
fn chosen(options: &DoctorOptions, devices: &[DeviceReport]) -> Option<String> {
    let passed = |id: &str| devices.iter().any(|device| device.info.id == id && device.passed == Some(true));
    if options.device != "auto" {
        return passed(&options.device).then(|| options.device.clone());
    }
    let mut check = |id: &str| match passed(id) {
        true => DeviceCheck::Passed { secs: 0.0 },
        false => DeviceCheck::Failed { reason: Message::default() },
    };
    let listed = devices.iter().map(|device| device.info.clone()).collect();
    Some(choose(Ok(listed), &mut check).id)
}

struct Visit<'a, 'b> {
    ask: &'a mut AskChild<'b>,
    watch: &'a mut Watch<'b>,
    progress: DoctorProgress,
    broken_off: bool,
}

impl Visit<'_, '_> {
    /// Begins the next part.
    fn next(&mut self, what: Message) {
        if !self.progress.what.is_empty() {
            self.progress.done += 1;
        }
        self.progress.what = what;
        self.broken_off |= (self.watch)(&self.progress).is_break();
    }

    /// Asks a child, unless the examination was broken off.
    fn ask(&mut self, args: &[&str], timeout: Duration) -> Result<String, Message> {
        let Self { ask, watch, progress, broken_off } = self;
        if *broken_off {
            return Err(msg!("engine-child-given-up"));
        }
        ask(args, timeout, &mut || {
            *broken_off |= watch(progress).is_break();
            !*broken_off
        })
    }

    fn ask_json<T: serde::de::DeserializeOwned>(&mut self, args: &[&str], timeout: Duration) -> Result<T, Message> {
        last_json_line(&self.ask(args, timeout)?).ok_or_else(not_understood)
    }

    fn boards(&mut self) -> Boards {
        self.next(msg!("doctor-doing-boards"));
        self.ask_json(&["self-check", "--boards"], BOARDS_TIMEOUT).unwrap_or_else(|reason| Boards {
            note: Some(msg!("doctor-boards-not-asked", reason)),
            fault: Some(BoardsFault::NoAnswer),
            ..Boards::default()
        })
    }

    fn disk(&mut self, dir: &Path) -> DiskReport {
        self.next(msg!("doctor-doing-disk"));
        let failed =
            |trouble: Message| DiskReport { dir: dir.to_path_buf(), trouble: Some(trouble), ..DiskReport::default() };
        // Arguments are text here; such a name is rare, and a wrong folder would be worse than none.
        let Some(text) = dir.to_str() else {
            return failed(msg!("doctor-folder-not-utf8"));
        };
        self.ask_json(&["self-check", "--disk", text], DISK_TIMEOUT)
            .unwrap_or_else(|reason| failed(msg!("doctor-disk-child-failed", reason)))
    }

    fn list(&mut self) -> Result<Vec<DeviceInfo>, Message> {
        self.next(msg!("doctor-doing-devices"));
        self.ask_json(&["self-check", "--list"], LIST_TIMEOUT)
    }

    fn check(&mut self, device: &mut DeviceReport) {
        let id = device.info.id.clone();
        self.next(msg!("doctor-doing-check", id = &id, name = &device.info.name));
        let check = check_both_ways(&id, &mut |args, timeout| self.ask(args, timeout));
        device.passed = Some(!matches!(check, DeviceCheck::Failed { .. }));
        device.without_fusion = matches!(check, DeviceCheck::PassedWithoutFusion { .. });
        match check {
            DeviceCheck::Passed { secs } => device.check_secs = Some(secs),
            DeviceCheck::PassedWithoutFusion { reason } | DeviceCheck::Failed { reason } => {
                device.reason = Some(reason)
            }
        }
    }

    /// Only where it passed. A software driver is measured only when it is asked for: it takes minutes, and nobody
    /// should train on it.
    fn measure(&mut self, device: &mut DeviceReport, wanted: &str, boards: &mut Boards) {
        let id = device.info.id.clone();
        self.next(msg!("doctor-doing-measure", id = &id, name = &device.info.name));
        if device.passed != Some(true) || (device.info.kind == DeviceKind::SoftwareGpu && wanted != id) {
            return;
        }
        let mut args = vec!["self-check", "--measure", &id];
        args.extend(device.without_fusion.then_some("--without-fusion"));
        match self.ask_json::<Measured>(&args, SPEED_TIMEOUT) {
            Ok(measured) => {
                device.speed = Some(measured.speed);
                if device.info.kind != DeviceKind::Cpu {
                    for (board, state) in boards.list.iter_mut().zip(measured.boards) {
                        crate::telemetry::keep_busiest(&mut board.busy, state);
                    }
                }
            }
            Err(reason) => device.speed_error = Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::doctor::{Board, BoardState, DeviceSpeed, Finding, Severity};
    use crate::protocol::played::device;
    use serde_json::json;

    fn passes(id: &str) -> String {
        json!({"device": id, "passed": true, "reason": null, "secs": 1.5}).to_string()
    }

    /// A machine with a GPU and a software driver; answers by the arguments behind `self-check`.
    fn answers(args: &[&str]) -> Result<String, Message> {
        let board = Board { name: "name of v:0".to_owned(), ..Board::default() };
        let speed = DeviceSpeed { matmul_tflops: Some(12.0), ..DeviceSpeed::default() };
        let busy = BoardState { utilization_percent: Some(97.0), ..BoardState::default() };
        match args[1..] {
            ["--boards"] => Ok(json!(Boards { list: vec![board], ..Boards::default() }).to_string()),
            ["--list"] => Ok(json!([
                device("v:0", DeviceKind::DiscreteGpu),
                device("v:1", DeviceKind::SoftwareGpu),
                device("cpu", DeviceKind::Cpu)
            ])
            .to_string()),
            ["--disk", dir] => Ok(json!(DiskReport { dir: dir.into(), files: 7, ..DiskReport::default() }).to_string()),
            ["--measure", "cpu"] => Ok(json!(Measured::default()).to_string()),
            ["--measure", "v:0"] => Ok(format!("driver chatter\n{}", json!(Measured { speed, boards: vec![busy] }))),
            [id] => Ok(passes(id)),
            _ => panic!("{args:?}"),
        }
    }

    fn options() -> DoctorOptions {
        DoctorOptions { data: Some("/data".into()), device: "auto".to_owned(), measure: true }
    }

    fn run(options: &DoctorOptions, mut answer: impl FnMut(&[&str]) -> Result<String, Message>) -> DoctorReport {
        let mut ask = |args: &[&str], _: Duration, _: &mut dyn FnMut() -> bool| answer(args);
        let go_on = &mut |_: &DoctorProgress| ControlFlow::Continue(());
        examine_by(options, Machine::default, &mut ask, go_on).unwrap()
    }

    /// What weighs, but for this being a debug build.
    fn found(report: &DoctorReport) -> Vec<&Finding> {
        let weighs = |f: &&Finding| f.severity != Severity::Hint && !f.what.is("doctor-debug-build");
        report.findings.iter().filter(weighs).collect()
    }

    #[test]
    fn every_part_lands_in_the_report_and_software_is_not_measured() {
        let report = run(&options(), answers);
        let passed: Vec<_> = report.devices.iter().map(|device| device.passed).collect();
        assert_eq!(passed, [Some(true); 3]);
        let tflops = |d: &DeviceReport| d.speed.as_ref().and_then(|speed| speed.matmul_tflops);
        assert_eq!(report.devices.iter().map(tflops).collect::<Vec<_>>(), [Some(12.0), None, None]);
        assert!(report.devices[1].speed.is_none() && report.devices[2].speed.is_some());
        assert_eq!(report.boards.list[0].busy.as_ref().unwrap().utilization_percent, Some(97.0));
        assert_eq!(report.disk.as_ref().unwrap().files, 7);
        assert_eq!(report.chosen.as_deref(), Some("v:0"));
        assert!(found(&report).is_empty(), "{:#?}", report.findings);
        // It crosses processes and goes into files; digits of a time are lost there.
        let report = DoctorReport { secs: 1.5, ..report };
        assert_eq!(serde_json::from_str::<DoctorReport>(&json!(report).to_string()).unwrap(), report);

        let software = DoctorOptions { device: "v:1".to_owned(), ..options() };
        let report = run(&software, |args| match args[1..] {
            ["--measure", "v:1"] => Ok(json!(Measured::default()).to_string()),
            _ => answers(args),
        });
        assert!(report.devices[1].speed.is_some());
        assert_eq!(report.chosen.as_deref(), Some("v:1"));
    }

    #[test]
    fn a_child_that_crashes_or_hangs_costs_one_sentence() {
        for (part, finding) in [
            ("--boards", "The NVIDIA driver does not answer."),
            ("--disk", "The dataset's disk could not be measured"),
            ("--list", "The graphics driver does not survive"),
            ("v:0", "v:0 (name of v:0) failed its self-check: it crashed (signal 11)"),
            ("--measure", "v:0 (name of v:0) passed its self-check, but failed"),
        ] {
            let report = run(&options(), |args| {
                let mine = args[1] == part && args.get(2) != Some(&"cpu");
                if mine { Err("it crashed (signal 11)".into()) } else { answers(args) }
            });
            let found = found(&report);
            assert_eq!(found.len(), 1, "{part}: {found:#?}");
            assert!(found[0].what.to_string().starts_with(finding), "{part}: {}", found[0].what);
            assert!(!report.devices.is_empty(), "the CPU is always there");
            let expected = if matches!(part, "--list" | "v:0") { "cpu" } else { "v:0" };
            assert_eq!(report.chosen.as_deref(), Some(expected), "{part}");
        }
    }

    #[test]
    fn a_device_that_computes_rightly_only_without_fusion_is_measured_and_taken_so() {
        let report = run(&options(), |args| match args[1..] {
            ["v:0"] => {
                Ok(json!({"device": "v:0", "passed": false, "reason": "the loss is off", "secs": 1.0}).to_string())
            }
            ["v:0", "--without-fusion"] => Ok(passes("v:0")),
            ["--measure", "v:0", "--without-fusion"] => answers(&["self-check", "--measure", "v:0"]),
            ["--measure", "v:0"] => panic!("measured with what it fails with"),
            _ => answers(args),
        });
        let device = &report.devices[0];
        assert_eq!((device.passed, device.without_fusion, device.speed.is_some()), (Some(true), true, true));
        assert_eq!(report.chosen.as_deref(), Some("v:0"));
        let found = found(&report);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].what.to_string().contains("the loss is off"), "{}", found[0].what);
    }

    #[test]
    fn nothing_is_measured_while_a_run_is_active() {
        let report = run(&DoctorOptions { measure: false, ..options() }, |args| {
            assert!(matches!(args[1], "--boards" | "--list"), "{args:?}");
            answers(args)
        });
        assert_eq!((report.disk, report.chosen, report.measured), (None, None, false));
        assert!(report.devices.iter().all(|device| device.passed.is_none()));
    }

    #[test]
    fn progress_grows_to_its_total_and_breaking_off_asks_no_more() {
        let mut seen = Vec::new();
        let mut ask = |args: &[&str], _: Duration, _: &mut dyn FnMut() -> bool| answers(args);
        let watch = &mut |progress: &DoctorProgress| {
            seen.push(progress.clone());
            ControlFlow::Continue(())
        };
        assert!(examine_by(&options(), Machine::default, &mut ask, watch).is_some());
        let last = seen.last().unwrap();
        assert_eq!((last.done + 1, last.total), (10, 10));
        assert!(seen.iter().all(|progress| progress.done < progress.total && !progress.what.is_empty()));

        let mut asked = 0;
        let mut ask = |args: &[&str], _: Duration, keep_waiting: &mut dyn FnMut() -> bool| {
            asked += 1;
            if keep_waiting() { answers(args) } else { Err("it was given up".into()) }
        };
        let watch = &mut |progress: &DoctorProgress| match progress.what.is("doctor-doing-devices") {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        assert_eq!(examine_by(&options(), Machine::default, &mut ask, watch), None);
        assert_eq!(asked, 2, "boards and disk");
    }
}
