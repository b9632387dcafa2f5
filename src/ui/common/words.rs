//! Figures and states in words.

use crate::client::{Live, RunState};
use crate::config::TransformSpec;
pub use crate::language::{bytes, count, duration, milliseconds as ms, rate};
use crate::protocol::{DeviceInfo, DeviceKind, RunPhase, RunStatus};

/// A loss: `0.1234`, or `1.2e-6` where that says nothing.
pub fn loss(loss: f64) -> String {
    if loss != 0.0 && loss.abs() < 1e-3 { format!("{loss:.1e}") } else { format!("{loss:.4}") }
}

/// The stages of a chain's steps, as the loader names them: a second Resize is `Resize 2`.
pub fn stages(specs: &[TransformSpec]) -> Vec<String> {
    crate::loader::step_names(specs.iter().map(|spec| spec.name.as_str()))
}

/// The step whose stage has that name.
pub fn stage_index(specs: &[TransformSpec], stage: &str) -> Option<usize> {
    stages(specs).iter().position(|name| name == stage)
}

/// What the engine is busy with, in two or three words.
pub fn phase(phase: RunPhase) -> String {
    tr!("window-phase", phase = phase_name(phase))
}

/// The same with what that comes to.
pub fn phase_in_full(phase: RunPhase) -> String {
    tr!("window-phase-in-full", phase = phase_name(phase))
}

/// As the texts tell phases apart.
fn phase_name(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Scanning => "scanning",
        RunPhase::Probing => "probing",
        RunPhase::CheckingDevice => "checking-device",
        RunPhase::WarmingUp => "warming-up",
        RunPhase::Training => "training",
        RunPhase::Validating => "validating",
        RunPhase::Testing => "testing",
        RunPhase::Paused => "paused",
        RunPhase::Measuring => "measuring",
        RunPhase::Stopping => "stopping",
    }
}

/// The run's state in two or three words.
pub fn live(run: &RunState) -> String {
    match &run.live {
        Live::Idle => tr!("window-state-idle"),
        Live::Starting | Live::Running => match run.phase {
            Some(p) => phase(p),
            None if run.live == Live::Running => phase(RunPhase::Training),
            None => tr!("window-state-starting"),
        },
        Live::Paused => phase(RunPhase::Paused),
        Live::Stopping => phase(RunPhase::Stopping),
        Live::Finished(finished) => match finished.status {
            RunStatus::Completed => tr!("window-state-finished"),
            RunStatus::Stopped => tr!("window-state-stopped"),
        },
        Live::Failed { .. } => tr!("window-state-failed"),
        Live::Died { .. } => tr!("window-state-died"),
    }
}

/// The window's title: program, dataset, state; a sweep under way goes before what the last run came to.
pub fn title(dataset: Option<&str>, run: &RunState, is_sweeping: bool) -> String {
    let mut title = "trainscope".to_owned();
    if let Some(dataset) = dataset {
        title.push_str(" - ");
        // A name may hold newlines and other controls; a title bar takes none.
        title.extend(dataset.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    if is_sweeping {
        title.push_str(" - ");
        title.push_str(&tr!("window-state-sweeping"));
    } else if run.live != Live::Idle {
        title.push_str(" - ");
        if run.live.is_active() && run.now.epoch > 0 {
            title.push_str(&tr!("window-title-epoch", state = live(run), epoch = run.now.epoch));
        } else {
            title.push_str(&live(run));
        }
    }
    title
}

/// What kind of device it is.
pub fn device_kind(kind: DeviceKind) -> String {
    let kind = match kind {
        DeviceKind::DiscreteGpu => "discrete",
        DeviceKind::IntegratedGpu => "integrated",
        DeviceKind::VirtualGpu => "virtual",
        DeviceKind::SoftwareGpu => "software",
        DeviceKind::Cpu => "cpu",
        DeviceKind::Other => "other",
    };
    tr!("window-device-kind", kind)
}

/// A device in a line.
pub fn device(device: &DeviceInfo) -> String {
    let kind = device_kind(device.kind);
    tr!("window-device", name = &device.name, kind, driver = &device.driver)
}

/// Between the entries of a list that is typed, as keyboards of several scripts have it.
pub const COMMAS: [char; 3] = [',', '，', '、'];

/// With a large letter first, where the script has such.
pub fn capitalised(text: &str) -> String {
    match text.get(..1) {
        Some(first) => first.to_uppercase() + &text[1..],
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_loss_reads_well() {
        assert_eq!(loss(1.2e-6), "1.2e-6");
    }

    #[test]
    fn the_title_says_what_runs() {
        let mut run = RunState::default();
        assert_eq!(title(None, &run, false), "trainscope");
        assert_eq!(title(Some("Med\nNIST"), &run, false), "trainscope - Med NIST");
        run.live = Live::Running;
        run.phase = Some(RunPhase::WarmingUp);
        run.now.epoch = 1;
        assert_eq!(title(Some("MedNIST"), &run, false), "trainscope - MedNIST - warming up, epoch 1");
        run.live = Live::Died { how: "".into() };
        assert_eq!(title(Some("MedNIST"), &run, false), "trainscope - MedNIST - engine died");
        assert_eq!(title(Some("MedNIST"), &run, true), "trainscope - MedNIST - sweep under way");
    }

    #[test]
    fn stages_are_found_by_their_names() {
        let specs = ["LoadImage", "Resize", "RandFlip", "Resize"].map(TransformSpec::new);
        let found = ["Resize", "Resize 2", "RandFlip", "Resize 3"].map(|stage| stage_index(&specs, stage));
        assert_eq!(found, [Some(1), Some(3), Some(2), None]);
    }
}
