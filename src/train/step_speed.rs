//! What a training step takes on images made up for it.

use super::{OpenDevice, Pixels, Samples, StepMode, TrainError, Trainer, TrainerSpec};
use cpu_time::ProcessTime;
use std::time::Instant;

/// Steps before those that count: they compile, tune and fill caches.
const WARM_UP: usize = 2;

/// The medians of some steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSpeed {
    pub images_per_sec: f64,
    pub forward_ms: f64,
    pub backward_ms: f64,
    pub optimizer_ms: f64,
    /// Of all the process's threads, on the host.
    pub cpu_ms: f64,
    /// The most that the process has held in memory, or, of a GPU, that burn holds on the device; where it can be known.
    pub peak_bytes: Option<u64>,
}

/// Trains on one made-up batch of `batch` square images again and again, and measures `steps` of the steps; at least one.
///
/// # Errors
/// The network cannot be built, or the device fails.
pub fn measure_step(
    spec: TrainerSpec,
    open: OpenDevice,
    batch: usize,
    side: usize,
    steps: usize,
) -> Result<StepSpeed, TrainError> {
    let (channels, classes) = (spec.in_channels, spec.classes);
    let on_host = open.is_synchronous();
    let device = open.device.clone();
    let mut trainer = Trainer::new(spec, open)?;
    let images: Vec<f32> = (0..batch * channels * side * side).map(|i| (i * 37 % 251) as f32 / 125.0 - 1.0).collect();
    let labels: Vec<u32> = (0..batch).map(|i| (i % classes.max(1)) as u32).collect();
    let shape = [batch, channels, side, side];
    let samples = Samples { pixels: Pixels::Floats(&images), shape, labels: &labels, mixed: None };
    let mut columns: [Vec<f64>; 5] = Default::default();
    for step in 0..WARM_UP + steps.max(1) {
        let (begun, cpu) = (Instant::now(), ProcessTime::try_now().ok());
        let phases = trainer.step(samples, StepMode::whole(true, true))?.phases;
        let secs = begun.elapsed().as_secs_f64();
        let cpu = cpu.and_then(|cpu| cpu.try_elapsed().ok()).map_or(0.0, |cpu| cpu.as_secs_f64());
        if step >= WARM_UP {
            let row = [secs, phases.forward_secs, phases.backward_secs, phases.optimizer_secs, cpu];
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    let [secs, forward, backward, optimizer, cpu] = columns.map(median);
    let peak_bytes = match on_host {
        true => crate::telemetry::peak_memory_bytes(),
        false => device.memory_pool_usage().map(|usage| usage.bytes_reserved),
    };
    Ok(StepSpeed {
        images_per_sec: batch as f64 / secs.max(1e-9),
        forward_ms: forward * 1e3,
        backward_ms: backward * 1e3,
        optimizer_ms: optimizer * 1e3,
        cpu_ms: cpu * 1e3,
        peak_bytes,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::super::LossSpec;
    use super::*;
    use crate::config::{ModelConfig, OptimizerConfig};

    #[test]
    fn every_figure_of_a_small_step_is_there() {
        let spec = TrainerSpec {
            model: ModelConfig::named("small_cnn"),
            optimizer: OptimizerConfig::default(),
            loss: LossSpec::default(),
            in_channels: 1,
            classes: 3,
            seed: 0,
        };
        let speed = measure_step(spec, OpenDevice::open("cpu").unwrap(), 4, 16, 2).unwrap();
        for figure in [speed.images_per_sec, speed.forward_ms, speed.backward_ms, speed.optimizer_ms] {
            assert!(figure > 0.0 && figure.is_finite(), "{speed:?}");
        }
        // An empty process has megabytes; a terabyte would be another unit.
        assert!(speed.peak_bytes.is_none_or(|bytes| (1 << 20..1 << 40).contains(&bytes)), "{speed:?}");
    }
}
