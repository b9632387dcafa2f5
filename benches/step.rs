//! What a training step costs on the device named in `TRAINSCOPE_BENCH_DEVICE` (`cpu` if not said): both networks, and what
//! bytes in place of floats spare on the way there.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use trainscope::config::{ModelConfig, OptimizerConfig};
use trainscope::train::{LossSpec, OpenDevice, Pixels, Samples, StepMode, Trainer, TrainerSpec};

const SIDE: usize = 64;
const CLASSES: usize = 6;

fn step(criterion: &mut Criterion) {
    let device = std::env::var("TRAINSCOPE_BENCH_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    for (model, batch) in [("small_cnn", 64), ("densenet121", 8)] {
        let spec = TrainerSpec {
            model: ModelConfig::named(model),
            optimizer: OptimizerConfig::default(),
            loss: LossSpec::default(),
            in_channels: 1,
            classes: CLASSES,
            seed: 0,
        };
        let open = OpenDevice::open(&device).expect("the device opens");
        let mut trainer = Trainer::new(spec, open).expect("the network is built");
        let bytes: Vec<u8> = (0..batch * SIDE * SIDE).map(|i| (i * 37 % 251) as u8).collect();
        let floats: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte) / 255.0).collect();
        let labels: Vec<u32> = (0..batch as u32).map(|i| i % CLASSES as u32).collect();
        let mut group = criterion.benchmark_group(format!("step of {batch} x 1 x {SIDE} x {SIDE} on {device}"));
        group.sample_size(10).throughput(Throughput::Elements(batch as u64));
        let all = [
            ("floats", Pixels::Floats(&floats)),
            ("bytes", Pixels::Bytes { bytes: &bytes, scale: &[1.0 / 255.0], shift: &[0.0] }),
        ];
        for (name, pixels) in all {
            let samples = Samples { pixels, shape: [batch, 1, SIDE, SIDE], labels: &labels, mixed: None };
            // The loss is read back, so that the device is through with it.
            let once = |trainer: &mut Trainer| {
                trainer.step(samples, StepMode::whole(false, true)).expect("the step is made").loss
            };
            // The first compiles and tunes.
            once(&mut trainer);
            group.bench_function(BenchmarkId::new(model, name), |b| b.iter(|| black_box(once(&mut trainer))));
        }
        group.finish();
    }
}

criterion_group!(benches, step);
criterion_main!(benches);
