//! How fast a device is with the library that trains on it: a matrix product, its memory, the way onto it, a launch.
//!
//! The best of several runs counts, after one that compiles and tunes; the host waits for the device at each end. Like
//! the self-check this may crash or hang with its driver: run it in a child process.

use super::{OpenDevice, TrainError};
use crate::protocol::doctor::DeviceSpeed;
use burn::tensor::{Device, Tensor, TensorData};
use std::time::{Duration, Instant};

/// 96 MiB: more than the caches of a GPU, less than the 128 MiB that every Vulkan driver takes in one buffer.
const STREAM_VALUES: usize = 24 << 20;
const STREAM_BYTES: f64 = (STREAM_VALUES * size_of::<f32>()) as f64;
/// A product that takes less than [`LARGE_ENOUGH`] is tried in the next size; each size is tuned anew.
const MATMUL_SIZES: [usize; 3] = [512, 2048, 4096];
const LARGE_ENOUGH: Duration = Duration::from_millis(4);
const LAUNCHES: usize = 256;
const RUNS: usize = 7;
/// One figure takes no longer, but for its first run.
const FIGURE_TIME: Duration = Duration::from_secs(2);
/// Nothing more is begun after this.
const TIME: Duration = Duration::from_secs(60);

/// Measures `cpu` or a listed device. What there is no time for is `None`.
///
/// # Errors
/// The device could not be opened, or failed while it computed.
pub fn measure_speed(id: &str) -> Result<DeviceSpeed, TrainError> {
    let begun = Instant::now();
    let open = OpenDevice::open(id)?;
    let device = &open.device;
    let mut speed = DeviceSpeed::default();
    let in_time = || begun.elapsed() < TIME;
    if !open.is_synchronous() && in_time() {
        speed.upload_gb_per_sec = Some(upload(device)?);
    }
    if in_time() {
        speed.memory_gb_per_sec = Some(memory(device)?);
    }
    if in_time() {
        speed.launch_us = Some(launch(device)?);
        speed.round_trip_us = Some(round_trip(device)?);
    }
    // Last: on a slow driver the tuning takes a minute.
    for size in MATMUL_SIZES {
        if !in_time() {
            break;
        }
        let secs = matmul(device, size)?;
        speed.matmul_tflops = Some(2.0 * (size as f64).powi(3) / secs * 1e-12);
        speed.matmul_size = Some(size);
        if secs > LARGE_ENOUGH.as_secs_f64() {
            break;
        }
    }
    speed.secs = begun.elapsed().as_secs_f64();
    Ok(speed)
}

/// Seconds of the fastest run. `prepare` is not timed; what `work` gives lives until the device is done, so that
/// nothing is left out as unused.
fn fastest<P, R>(
    device: &Device,
    mut prepare: impl FnMut() -> P,
    mut work: impl FnMut(P) -> Result<R, TrainError>,
) -> Result<f64, TrainError> {
    let mut best = f64::INFINITY;
    let mut begun = Instant::now();
    for run in 0..=RUNS {
        let prepared = prepare();
        device.sync().map_err(TrainError::said_by_device)?;
        let start = Instant::now();
        let result = work(prepared)?;
        device.sync().map_err(TrainError::said_by_device)?;
        let secs = start.elapsed().as_secs_f64();
        drop(result);
        if run == 0 {
            // It compiled and tuned.
            begun = Instant::now();
            continue;
        }
        best = best.min(secs);
        if begun.elapsed() > FIGURE_TIME {
            break;
        }
    }
    // A clock may be coarser than a launch.
    Ok(best.max(1e-9))
}

fn upload(device: &Device) -> Result<f64, TrainError> {
    let host = vec![0.5_f32; STREAM_VALUES];
    let prepare = || TensorData::new(host.clone(), [STREAM_VALUES]);
    let secs = fastest(device, prepare, |data| Ok(Tensor::<1>::from_data(data, device)))?;
    Ok(STREAM_BYTES / secs * 1e-9)
}

fn zeros(values: usize, device: &Device) -> Tensor<1> {
    Tensor::zeros([values], device)
}

/// Each value is read once and written once.
fn memory(device: &Device) -> Result<f64, TrainError> {
    let secs = fastest(device, || zeros(STREAM_VALUES, device), |values| Ok(values.add_scalar(1.0)))?;
    Ok(2.0 * STREAM_BYTES / secs * 1e-9)
}

fn launch(device: &Device) -> Result<f64, TrainError> {
    let many = |mut values: Tensor<1>| {
        for _ in 0..LAUNCHES {
            values = values.add_scalar(1.0);
            // Otherwise they would be fused into one.
            device.flush().map_err(TrainError::said_by_device)?;
        }
        Ok(values)
    };
    Ok(fastest(device, || zeros(32, device), many)? / LAUNCHES as f64 * 1e6)
}

fn round_trip(device: &Device) -> Result<f64, TrainError> {
    Ok(fastest(device, || zeros(32, device), |values| Ok(values.add_scalar(1.0)))? * 1e6)
}

/// Seconds of one product of two square matrices.
fn matmul(device: &Device, size: usize) -> Result<f64, TrainError> {
    let values = |seed: u32| {
        // Any values do that are neither all alike nor denormal.
        let value = |i: usize| ((i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / 1.7e7 - 0.5;
        let values: Vec<f32> = (0..size * size).map(value).collect();
        Tensor::<2>::from_data(TensorData::new(values, [size, size]), device)
    };
    let (a, b) = (values(1), values(77));
    fastest(device, || (a.clone(), b.clone()), |(a, b)| Ok(a.matmul(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_has_every_figure_but_an_upload() {
        let speed = measure_speed("cpu").unwrap();
        assert_eq!(speed.upload_gb_per_sec, None);
        for figure in [speed.matmul_tflops, speed.memory_gb_per_sec, speed.launch_us, speed.round_trip_us] {
            assert!(figure.is_some_and(|value| value.is_finite() && value > 0.0), "{speed:?}");
        }
        assert!(speed.matmul_size.is_some_and(|size| MATMUL_SIZES.contains(&size)));
    }

    #[test]
    fn a_run_more_than_is_timed_and_an_error_goes_up() {
        let mut runs = 0;
        let count = |()| {
            runs += 1;
            Ok(())
        };
        assert!(fastest(&Device::flex(), || (), count).unwrap() >= 1e-9);
        assert!((2..=RUNS + 1).contains(&runs), "{runs}");
        let lost = fastest(&Device::flex(), || (), |()| Err::<(), _>(TrainError::said_by_device("lost")));
        assert!(lost.unwrap_err().to_string().contains("lost"));
    }
}
