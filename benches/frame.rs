//! What a frame of the whole window costs, page by page, before a run and in a long one, at 1280 x 800. At 60 frames a second there
//! are 16.7 ms, the graphics driver's share included.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use egui::{Context, Pos2, RawInput, Rect, Vec2};
use std::hint::black_box;
use std::path::PathBuf;
use trainscope::config::RunConfig;
use trainscope::protocol::{DeviceInfo, DeviceKind, Event, RunPhase, Started, StepEvent, StepPhases, Telemetry};
use trainscope::ui::Page;
use trainscope::ui::{Commands, Forms, State, style, window_ui};

const STEPS: u64 = 100_000;

/// A run of so many steps with a reading of two cores a second.
fn long_run() -> State {
    let mut state = State::default();
    state.run.apply(&Event::Started(Box::new(Started {
        run_id: "run".to_owned(),
        run_dir: PathBuf::new(),
        config: RunConfig::default(),
        device: DeviceInfo {
            id: "cpu".to_owned(),
            name: "CPU".to_owned(),
            kind: DeviceKind::Cpu,
            driver: "".into(),
            memory_bytes: None,
        },
        class_names: vec!["a".to_owned(), "b".to_owned()],
        train_count: 64_000,
        val_count: 0,
        test_count: 0,
        bad_file_count: 0,
        sample_shape: [1, 64, 64],
        parameter_count: 1000,
        steps_per_epoch: 1000,
        first_step: 0,
        resumed: false,
        resumed_from: None,
    })));
    state.run.apply(&Event::Phase(RunPhase::Training));
    for n in 1..=STEPS {
        let secs = n as f64 * 0.1;
        state.run.apply(&Event::Step(StepEvent {
            secs,
            step: n,
            epoch: 1,
            loss: Some(2.0 / (n as f64).sqrt()),
            lr: 1e-3,
            images_per_sec: 600.0 + (n % 37) as f64,
            images: None,
            data_wait_frac: (n % 11) as f64 / 20.0,
            phases: StepPhases { synced: true, wait_secs: 0.01, forward_secs: 0.04, ..StepPhases::default() },
            queue_len: (n % 4) as usize,
            config_version: 0,
        }));
        if n % 10 == 0 {
            let cpu_percent = vec![(n % 100) as f32, 50.0];
            state.run.apply(&Event::Telemetry(Box::new(Telemetry { secs, cpu_percent, ..Telemetry::default() })));
        }
    }
    state
}

fn frame(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    for (name, mut state) in [("empty", State::default()), ("long run", long_run())] {
        for page in [Page::PLOTS, Page::DIAGNOSIS, Page::TIMELINE, Page::SWEEPS] {
            state.view.page = page;
            let (context, mut forms, mut commands) = (Context::default(), Forms::default(), Commands::default());
            let size = Rect::from_min_size(Pos2::ZERO, Vec2::new(1280.0, 800.0));
            // Fonts are there from the second frame on.
            let input = RawInput { screen_rect: Some(size), ..RawInput::default() };
            let _ = context.run_ui(input, |ui| style::apply(ui.ctx()));
            group.bench_function(BenchmarkId::new(name, page.name()), |b| {
                b.iter(|| {
                    let input = RawInput { screen_rect: Some(size), ..RawInput::default() };
                    let output = context.run_ui(input, |ui| window_ui(ui, &state, &mut forms, &mut commands));
                    drop(commands.take());
                    black_box(context.tessellate(output.shapes, output.pixels_per_point).len())
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, frame);
criterion_main!(benches);
