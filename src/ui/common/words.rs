//! Figures and states in words.

use crate::client::{Live, RunState};
use crate::config::TransformSpec;
use crate::protocol::{DeviceInfo, DeviceKind, RunPhase, RunStatus};

/// 58954 as `58,954`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 image`, `3 images`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Seconds as `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 days`.
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "N/A".to_owned();
    }
    let whole = secs.round() as u64;
    match whole {
        _ if secs < 9.95 => format!("{secs:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..172_800 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole / 86_400),
    }
}

/// Microseconds an image as `0.031 ms`, `1.72 ms`, `43 ms`.
pub fn ms(us: f64) -> String {
    let ms = us / 1000.0;
    match ms {
        _ if !ms.is_finite() => "N/A".to_owned(),
        _ if ms > 0.0 && ms < 0.0005 => "<0.001 ms".to_owned(),
        _ if ms < 1.0 => format!("{ms:.3} ms"),
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ => format!("{ms:.0} ms"),
    }
}

/// A rate with as many digits as it is worth.
pub fn rate(per_sec: f64) -> String {
    match per_sec {
        r if !r.is_finite() => "N/A".to_owned(),
        r if r < 10.0 => format!("{r:.2}"),
        r if r < 100.0 => format!("{r:.1}"),
        r => count(r.round() as u64),
    }
}

/// Bytes as `640 KiB`, `972 MiB`, `12.4 GiB`.
pub fn bytes(n: u64) -> String {
    let n = n as f64;
    match n {
        _ if n < 1024.0 * 1024.0 => format!("{:.0} KiB", (n / 1024.0).ceil()),
        _ if n < 10_000.0 * 1024.0 * 1024.0 => format!("{:.0} MiB", n / 1024f64.powi(2)),
        _ => format!("{:.1} GiB", n / 1024f64.powi(3)),
    }
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
    fn figures_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(58_954), "58,954");
        assert_eq!(count(1_000_000), "1,000,000");
        for (secs, words) in [
            (0.42, "0.4 s"),
            (9.96, "10 s"),
            (59.4, "59 s"),
            (185.0, "3 min 05 s"),
            (7800.0, "2 h 10 min"),
            (f64::NAN, "N/A"),
            (f64::INFINITY, "N/A"),
            (400_000.0, "4 days"),
        ] {
            assert_eq!(duration(secs), words, "{secs}");
        }
        assert_eq!(ms(31.0), "0.031 ms");
        assert_eq!(ms(0.2), "<0.001 ms");
        assert_eq!(ms(1720.0), "1.72 ms");
        assert_eq!(rate(15_234.4), "15,234");
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
        run.live = Live::Died { how: String::new() };
        assert_eq!(title(Some("MedNIST"), &run), "trainscope - MedNIST - engine died");
    }

    #[test]
    fn stages_are_found_by_their_names() {
        let specs = ["LoadImage", "Resize", "RandFlip", "Resize"].map(TransformSpec::new);
        let found = ["Resize", "Resize 2", "RandFlip", "Resize 3"].map(|stage| stage_index(&specs, stage));
        assert_eq!(found, [Some(1), Some(3), Some(2), None]);
    }
}
