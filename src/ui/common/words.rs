//! Figures and states in words.

use crate::client::{Live, RunState};
use crate::config::TransformSpec;
pub use crate::language::{bytes, count, duration, milliseconds as ms, rate};
use crate::protocol::{DeviceInfo, DeviceKind, RunPhase, RunStatus};

/// `1 image`, `3 images`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A loss: `0.1234`, or `1.2e-6` where that says nothing.
pub fn loss(loss: f64) -> String {
    if loss != 0.0 && loss.abs() < 1e-3 { format!("{loss:.1e}") } else { format!("{loss:.4}") }
}

/// The stages of a chain's steps, as the loader names them: a second Resize is `Resize 2`.
pub fn stages(specs: &[TransformSpec]) -> Vec<String> {
    crate::loader::step_stages(specs.iter().map(|spec| spec.name.as_str()))
}

/// The step whose stage has that name.
pub fn stage_index(specs: &[TransformSpec], stage: &str) -> Option<usize> {
    stages(specs).iter().position(|name| name == stage)
}

/// What the engine is busy with.
pub fn phase(phase: RunPhase) -> &'static str {
    match phase {
        RunPhase::Scanning => "reading the dataset",
        RunPhase::Probing => "trying the transforms on a first image",
        RunPhase::CheckingDevice => "checking the device",
        RunPhase::WarmingUp => "warming up: compiling shaders and tuning kernels",
        RunPhase::Training => "training",
        RunPhase::Validating => "validating",
        RunPhase::Testing => "testing",
        RunPhase::Paused => "paused",
        RunPhase::Measuring => "measuring what loader and trainer can do alone; training waits",
        RunPhase::Stopping => "stopping: finishing the step and writing a checkpoint",
    }
}

/// The run's state in a few words.
pub fn live(run: &RunState) -> String {
    match &run.live {
        Live::Idle => "no run yet".to_owned(),
        Live::Starting | Live::Running => match run.phase {
            Some(p) => phase(p).to_owned(),
            None if run.live == Live::Running => "training".to_owned(),
            None => "starting".to_owned(),
        },
        Live::Paused => phase(RunPhase::Paused).to_owned(),
        Live::Stopping => phase(RunPhase::Stopping).to_owned(),
        Live::Finished(finished) => match finished.status {
            RunStatus::Completed => "finished".to_owned(),
            RunStatus::Stopped => "stopped".to_owned(),
        },
        Live::Failed { .. } => "failed".to_owned(),
        Live::Died { .. } => "engine died".to_owned(),
    }
}

/// The window's title: program, dataset, state.
pub fn title(dataset: Option<&str>, run: &RunState) -> String {
    let mut title = "trainscope".to_owned();
    if let Some(dataset) = dataset {
        title.push_str(" - ");
        // A name may hold newlines and other controls; a title bar takes none.
        title.extend(dataset.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }
    if run.live != Live::Idle {
        title.push_str(" - ");
        title.push_str(live(run).split(':').next().unwrap_or_default());
        if run.live.is_active() && run.now.epoch > 0 {
            title.push_str(&format!(", epoch {}", run.now.epoch));
        }
    }
    title
}

/// What kind of device it is.
pub fn device_kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::DiscreteGpu => "discrete GPU",
        DeviceKind::IntegratedGpu => "integrated GPU",
        DeviceKind::VirtualGpu => "virtual GPU",
        DeviceKind::SoftwareGpu => "software GPU, computes on the CPU",
        DeviceKind::Cpu => "CPU",
        DeviceKind::Other => "other",
    }
}

/// A device in a line.
pub fn device(device: &DeviceInfo) -> String {
    format!("{} ({}; {})", device.name, device_kind(device.kind), device.driver)
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
        assert_eq!(title(None, &run), "trainscope");
        assert_eq!(title(Some("Med\nNIST"), &run), "trainscope - Med NIST");
        run.live = Live::Running;
        run.phase = Some(RunPhase::WarmingUp);
        run.now.epoch = 1;
        assert_eq!(title(Some("MedNIST"), &run), "trainscope - MedNIST - warming up, epoch 1");
        run.live = Live::Died { how: "".into() };
        assert_eq!(title(Some("MedNIST"), &run), "trainscope - MedNIST - engine died");
    }

    #[test]
    fn stages_are_found_by_their_names() {
        let specs = ["LoadImage", "Resize", "RandFlip", "Resize"].map(TransformSpec::new);
        let found = ["Resize", "Resize 2", "RandFlip", "Resize 3"].map(|stage| stage_index(&specs, stage));
        assert_eq!(found, [Some(1), Some(3), Some(2), None]);
    }
}
