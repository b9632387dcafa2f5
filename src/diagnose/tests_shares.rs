//! Predictions against what was measured of trainings on the CPU beside other programs, and what CPU time steps tell.

use super::laws::{Demands, ProcessCpu, RunFacts};
use super::tests_queue::{BATCH, stages_event, step};
use super::verdict::verdict;
use crate::protocol::{RunChange, StageCost, StepCpu, StepEvent, StepPhases, Verdict};

const SLOW: &str = "Rand2DElastic";

/// MedNIST through `small_cnn` on two cores that others kept busy.
struct Measured {
    workers: usize,
    images_per_sec: f64,
    wait_frac: f64,
    /// Cores that the process had while the trainer waited, and while it trained.
    cores: [f64; 2],
    /// CPU milliseconds an image.
    loader_ms: f64,
    /// Microseconds an image of read, decode, Resize, Rand2DElastic and Resize 2, on the wall and of CPU time.
    stages_us: [[f64; 2]; 5],
    /// Images a second without Rand2DElastic.
    off: f64,
}

/// Beside programs that always compute; the loader is the limit.
const INPUT_BOUND: [Measured; 5] = [
    Measured {
        workers: 1,
        images_per_sec: 43.0,
        wait_frac: 0.73,
        cores: [0.31, 0.43],
        loader_ms: 6.30,
        stages_us: [[172.0, 59.0], [216.0, 66.0], [605.0, 118.0], [20_703.0, 5984.0], [452.0, 159.0]],
        off: 284.0,
    },
    Measured {
        workers: 1,
        images_per_sec: 36.0,
        wait_frac: 0.71,
        cores: [0.26, 0.36],
        loader_ms: 6.11,
        stages_us: [[169.0, 56.0], [191.0, 63.0], [395.0, 115.0], [24_577.0, 5796.0], [345.0, 161.0]],
        off: 172.0,
    },
    Measured {
        workers: 2,
        images_per_sec: 37.0,
        wait_frac: 0.48,
        cores: [0.29, 0.31],
        loader_ms: 6.39,
        stages_us: [[111.0, 54.0], [71.0, 65.0], [303.0, 131.0], [42_968.0, 5946.0], [389.0, 189.0]],
        off: 198.0,
    },
    Measured {
        workers: 1,
        images_per_sec: 49.0,
        wait_frac: 0.63,
        cores: [0.38, 0.38],
        loader_ms: 6.16,
        stages_us: [[161.0, 81.0], [135.0, 66.0], [170.0, 107.0], [17_042.0, 5783.0], [256.0, 139.0]],
        off: 194.0,
    },
    Measured {
        workers: 1,
        images_per_sec: 46.0,
        wait_frac: 0.62,
        cores: [0.33, 0.34],
        loader_ms: 5.71,
        stages_us: [[156.0, 72.0], [129.0, 66.0], [280.0, 117.0], [21_302.0, 5813.0], [445.0, 158.0]],
        off: 183.0,
    },
];

/// The trainer is the limit, and keeps no more than one core busy without the loader.
const COMPUTE_BOUND: [Measured; 3] = [
    Measured {
        workers: 2,
        images_per_sec: 409.0,
        wait_frac: 0.003,
        cores: [1.26, 1.22],
        loader_ms: 1.47,
        stages_us: [[39.0, 24.0], [65.0, 34.0], [51.0, 38.0], [2528.0, 1377.0], [62.0, 40.0]],
        off: 621.0,
    },
    Measured {
        workers: 2,
        images_per_sec: 453.0,
        wait_frac: 0.003,
        cores: [1.20, 1.30],
        loader_ms: 1.42,
        stages_us: [[33.0, 22.0], [91.0, 35.0], [62.0, 38.0], [2936.0, 1394.0], [63.0, 41.0]],
        off: 640.0,
    },
    Measured {
        workers: 2,
        images_per_sec: 450.0,
        wait_frac: 0.003,
        cores: [1.48, 1.39],
        loader_ms: 1.49,
        stages_us: [[52.0, 33.0], [46.0, 36.0], [52.0, 42.0], [2253.0, 1442.0], [50.0, 41.0]],
        off: 691.0,
    },
];

impl Measured {
    fn verdict(&self, tell_cpu: bool) -> Verdict {
        let step_secs = BATCH as f64 / self.images_per_sec;
        let wait_secs = self.wait_frac * step_secs;
        let train_secs = step_secs - wait_secs;
        let cpu = StepCpu {
            wait_secs: self.cores[0] * wait_secs,
            busy_secs: self.cores[1] * train_secs,
            loader_secs: BATCH as f64 * self.loader_ms * 1e-3,
        };
        let phases = StepPhases {
            synced: true,
            wait_secs,
            forward_secs: 0.4 * train_secs,
            backward_secs: 0.6 * train_secs,
            cpu: tell_cpu.then_some(cpu),
            ..StepPhases::default()
        };
        let steps = vec![StepEvent { phases, ..step(step_secs, wait_secs, 0) }; 20];
        let names = ["read", "decode", "Resize", SLOW, "Resize 2"];
        let cost = |(name, [wall_us, cpu_us]): (&str, [f64; 2])| StageCost {
            stage: name.into(),
            images: 500,
            wall_us,
            cpu_us,
        };
        let stages = names.into_iter().zip(self.stages_us).map(cost).collect();
        verdict(&steps, &[stages_event(stages, self.workers, 4)], &self.facts())
    }

    fn facts(&self) -> RunFacts {
        RunFacts {
            batch_size: BATCH,
            cores: 2,
            device_is_cpu: true,
            oversubscribed: true,
            workers: self.workers,
            switchable: vec![SLOW.to_owned()],
            ..RunFacts::default()
        }
    }
}

/// Most that a number of workers is said to bring, and the largest that is looked at.
fn workers(verdict: &Verdict) -> (f64, usize) {
    let counts = verdict.predictions.iter().filter_map(|p| match p.change {
        RunChange::Workers(count) => Some((p.images_per_sec, count)),
        _ => None,
    });
    counts.fold((0.0, 0), |(rate, most), (r, count)| (rate.max(r), most.max(count)))
}

#[test]
fn what_other_programs_take_is_not_taken_for_the_trainer_s_slowness() {
    for measured in INPUT_BOUND.iter().chain(&COMPUTE_BOUND) {
        let verdict = measured.verdict(true);
        let off = verdict.predictions.iter().find(|p| p.change == RunChange::TransformOff(SLOW.to_owned())).unwrap();
        println!("{:.0} ({:.0} to {:.0}), measured {}", off.images_per_sec, off.low, off.high, measured.off);
        assert!((off.low..=off.high).contains(&measured.off), "{off:?}");
        assert!((off.images_per_sec / measured.off - 1.0).abs() < 0.35, "{off:?}");
        // What else the verdict says of the trainer leaves room for that.
        let alone = verdict.evidence.iter().find(|e| e.name.is("diagnose-evidence-trainer-alone")).unwrap().value;
        assert!(alone >= 0.99 * off.images_per_sec, "{alone} {off:?}");
        for phase in ["forward", "backward"] {
            let ceiling = verdict.ceilings.iter().find(|c| c.name == phase).unwrap();
            assert!(ceiling.images_per_sec.unwrap() > off.images_per_sec, "{ceiling:?} {off:?}");
        }
    }
}

/// As was measured too: 37 images a second with two workers, where there were 36 and 43 with one.
#[test]
fn a_thread_that_waits_for_its_core_is_no_reason_for_more_workers() {
    for measured in &INPUT_BOUND {
        for tell_cpu in [true, false] {
            let verdict = measured.verdict(tell_cpu);
            let (most, count) = workers(&verdict);
            assert!(count <= 2 && (!tell_cpu || most < 1.1 * measured.images_per_sec), "{most} {count}");
            // A core each, were there no others: it never sleeps.
            let slow = verdict.ceilings.iter().find(|c| c.name == SLOW).unwrap().images_per_sec.unwrap();
            assert!(slow > 0.8 * measured.workers as f64 / (1e-6 * measured.stages_us[3][1]), "{slow}");
        }
    }
}

/// A step of 64 ms, 48 of which it waits.
fn told(cpu: StepCpu) -> StepEvent {
    let event = step(0.064, 0.048, 0);
    StepEvent { phases: StepPhases { cpu: Some(cpu), ..event.phases }, ..event }
}

#[test]
fn what_steps_tell_of_their_cpu_time_is_told_an_image() {
    let facts = |workers| RunFacts { batch_size: BATCH, device_is_cpu: true, workers, ..RunFacts::default() };
    let of = |steps: &[StepEvent], facts: &RunFacts| Demands::of(steps, &[], facts).unwrap().cpu;
    let secs = |ms: f64| ms * 1e-3 * BATCH as f64;
    let usual = told(StepCpu { wait_secs: secs(3.0), busy_secs: secs(2.0), loader_secs: secs(4.0) });
    let near = |cpu: Option<ProcessCpu>, ms: [f64; 4]| {
        let cpu = cpu.unwrap();
        let is = [cpu.wait_secs, cpu.train_secs, cpu.loader_secs, cpu.trainer_secs()];
        assert!(is.iter().zip(ms).all(|(is, ms)| (1e3 * is - ms).abs() < 1e-9), "{cpu:?} {ms:?}");
    };
    let mut steps = vec![usual.clone(); 40];
    near(of(&steps, &facts(2)), [3.0, 2.0, 4.0, 1.0]);
    // Without workers all that is done while it waits is loading.
    near(of(&steps, &facts(0)), [3.0, 2.0, 3.0, 2.0]);
    assert_eq!(of(&steps, &RunFacts { device_is_cpu: false, ..facts(2) }), None);
    // A hiccup counts with as much of its CPU time as of its own.
    let phases = &usual.phases;
    let long = StepCpu { wait_secs: secs(300.0), busy_secs: secs(200.0), loader_secs: secs(400.0) };
    steps[7] = StepEvent {
        images_per_sec: usual.images_per_sec / 100.0,
        phases: StepPhases { cpu: Some(long), ..*phases },
        ..usual.clone()
    };
    near(of(&steps, &facts(2)), [3.0, 2.0, 4.0, 1.0].map(|ms| ms * 41.0 / 40.0));
    // Older steps do not tell.
    let older = StepEvent { phases: StepPhases { cpu: None, ..*phases }, ..usual };
    steps[20..].fill(older.clone());
    assert!(of(&steps, &facts(2)).is_some());
    steps[19] = older;
    assert_eq!(of(&steps, &facts(2)), None);
}
