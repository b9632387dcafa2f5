//! The Doctor page. Its state is put there by the test: an examination starts processes of the program.

use super::Bench;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use trainscope::protocol::doctor::{DeviceReport, DeviceSpeed, DoctorProgress, DoctorReport, Finding, Severity};
use trainscope::protocol::{DeviceInfo, DeviceKind};
use trainscope::ui::Page;
use trainscope::ui::{Commands, Forms, State, UiCommand, style, window_ui};

#[derive(Default)]
struct Stage {
    state: State,
    forms: Forms,
    commands: Commands,
    /// The fonts are there from the second frame on.
    styled: bool,
    sent: Vec<UiCommand>,
}

/// The whole window on that page.
fn stage(prepare: impl FnOnce(&mut State)) -> Harness<'static, Stage> {
    let mut stage = Stage::default();
    stage.state.view.page = Page::DOCTOR;
    prepare(&mut stage.state);
    let mut harness = Harness::builder().with_size([1280.0, 1400.0]).build_ui_state(
        |ui, stage: &mut Stage| {
            if !std::mem::replace(&mut stage.styled, true) {
                style::apply(ui.ctx());
                return;
            }
            window_ui(ui, &stage.state, &mut stage.forms, &mut stage.commands);
            stage.sent.extend(stage.commands.take());
        },
        stage,
    );
    harness.step();
    harness
}

fn has(harness: &Harness<'_, Stage>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// What a click sends.
fn click(harness: &mut Harness<'_, Stage>, label: &str) -> Vec<UiCommand> {
    harness.state_mut().sent.clear();
    harness.get_by_label(label).click();
    harness.step();
    harness.step();
    harness.state().sent.clone()
}

fn report() -> DoctorReport {
    let info = DeviceInfo {
        id: "vulkan:0".to_owned(),
        name: "Board 9000".to_owned(),
        kind: DeviceKind::DiscreteGpu,
        driver: "Vulkan".into(),
        memory_bytes: None,
    };
    let speed = DeviceSpeed { matmul_tflops: Some(12.34), ..DeviceSpeed::default() };
    let device = DeviceReport {
        info,
        passed: Some(true),
        without_fusion: false,
        reason: None,
        check_secs: Some(2.0),
        speed: Some(speed),
        speed_error: None,
    };
    let finding = Finding {
        severity: Severity::Warning,
        what: "The Board 9000 is connected by 4 PCIe lanes of 16.".into(),
        why: "Batches reach it 4 times slower than they could.".into(),
        what_to_do: "Put it into another slot.".into(),
    };
    DoctorReport {
        devices: vec![device],
        chosen: Some("vulkan:0".to_owned()),
        measured: true,
        findings: vec![finding],
        ..DoctorReport::default()
    }
}

#[test]
fn the_page_is_reached_by_keyboard_and_by_its_tab() {
    let mut bench = Bench::new();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num7);
    bench.until("the page", |b| b.has("Examine this machine"));
    assert_eq!(bench.harness.state().state().view.page, Page::DOCTOR);
    assert!(!bench.has("Copy report") && !bench.has("Cancel the examination"));
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    bench.until("another page", |b| !b.has("Examine this machine"));
    bench.click("Doctor");
    assert!(bench.has("Examine this machine"));
}

#[test]
fn an_examination_is_begun_shows_its_progress_and_can_be_cancelled() {
    let mut idle = stage(|_| {});
    assert_eq!(click(&mut idle, "Examine this machine"), [UiCommand::ExamineMachine]);

    let what = "checking that vulkan:0 (Board 9000) computes rightly";
    let mut busy = stage(|state| {
        state.doctor.busy = Some(DoctorProgress { what: what.into(), done: 4, total: 8 });
    });
    assert!(has(&busy, what) && !has(&busy, "Examine this machine"));
    assert_eq!(click(&mut busy, "Cancel the examination"), [UiCommand::CancelExamination]);
}

#[test]
fn findings_and_devices_are_shown_and_the_report_is_copied() {
    let mut shown = stage(|state| state.doctor.report = Some(Box::new(report())));
    for words in [
        "Warning",
        "connected by 4 PCIe lanes of 16",
        "4 times slower",
        "What to do: Put it into another slot.",
        "vulkan:0 (chosen)",
        "right, 2.0 s",
        "12.3",
        "N/A",
        "Examine again",
    ] {
        assert!(has(&shown, words), "{words} is not shown:\n{:#?}", shown.root());
    }
    shown.get_by_label("Copy report").click();
    // Whichever of the two frames takes the click.
    let mut copied = String::new();
    for _ in 0..2 {
        shown.step();
        for command in &shown.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied.clone_from(text);
            }
        }
    }
    assert_eq!(copied, trainscope::ui::doctor_text(&report()));
    assert!(copied.contains("What to do: Put it into another slot."));
}

#[test]
fn a_machine_with_nothing_wrong_is_told_so() {
    let mut report = report();
    report.findings.clear();
    let shown = stage(|state| state.doctor.report = Some(Box::new(report)));
    assert!(has(&shown, "Nothing wrong was found."));
    assert!(!has(&shown, "What to do"));
}
