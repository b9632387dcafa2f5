//! Eight hours of a run, eighty and more, told to a client as fast as it takes them in: what it keeps stays within bounds.
#![cfg(target_os = "linux")]

#[path = "common/process_status.rs"]
mod process_status;

use process_status::status;
use trainscope::client::RunState;
use trainscope::protocol::{
    Event, GpuTelemetry, Pressure, Stage, StageCost, StagesEvent, StepEvent, StepPhases, Telemetry,
};

const STEPS_PER_SEC: u64 = 10;

/// A second of a run on a machine with 16 threads and a GPU.
fn second(state: &mut RunState, secs: u64) {
    for n in 0..STEPS_PER_SEC {
        state.apply(&Event::Step(StepEvent {
            secs: secs as f64 + n as f64 / STEPS_PER_SEC as f64,
            step: secs * STEPS_PER_SEC + n + 1,
            epoch: 1,
            loss: Some(1.0),
            lr: 1e-3,
            images_per_sec: 640.0,
            images: None,
            data_wait_frac: 0.5,
            phases: StepPhases::default(),
            queue_len: 2,
            config_version: 0,
        }));
    }
    let stage = |n: usize| StageCost {
        stage: Stage::Step(format!("Step{n}").into()),
        images: 640,
        wall_us: 100.0,
        cpu_us: 90.0,
    };
    state.apply(&Event::Stages(StagesEvent {
        secs: secs as f64,
        config_version: 0,
        workers: 4,
        stages: (0..8).map(stage).collect(),
        queue_len: 2,
        queue_capacity: 8,
        cache: None,
    }));
    let gpu = GpuTelemetry { utilization_percent: Some(50.0), power_watts: Some(80.0), ..GpuTelemetry::default() };
    state.apply(&Event::Telemetry(Box::new(Telemetry {
        secs: secs as f64,
        cpu_percent: vec![50.0; 16],
        memory_used_bytes: Some(1 << 33),
        gpus: vec![gpu],
        pressure: Pressure::default(),
        ..Telemetry::default()
    })));
}

#[test]
fn what_a_client_keeps_of_a_long_run_is_bounded() {
    const HOUR: u64 = 3600;
    let before = status("VmRSS");
    let mut state = RunState::default();
    let mut from = 0;
    let [day, week, two_weeks] = [8, 80, 160].map(|hours| {
        (from..hours * HOUR).for_each(|secs| second(&mut state, secs));
        from = hours * HOUR;
        status("VmRSS").saturating_sub(before) >> 20
    });
    println!("8 hours: {day} MiB, 80 hours: {week} MiB, 160 hours: {two_weeks} MiB");
    assert_eq!(state.now.step, 160 * HOUR * STEPS_PER_SEC);
    assert!(day < 80, "8 hours: {day} MiB");
    // By then every series was joined to half as many points, and again.
    assert!(week < 480, "80 hours: {week} MiB");
    assert!(two_weeks < week + week / 8, "160 hours: {two_weeks} MiB after {week}");
}
