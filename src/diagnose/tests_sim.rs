//! The simulated loader itself.

use super::sim::{Sim, Weather};
use std::sync::Arc;

#[test]
fn the_simulated_loader_keeps_to_the_laws_where_they_are_certain() {
    let rate = |workers, image_secs, train_secs| {
        let mut sim = Sim::new(1, workers, 2, image_secs, train_secs);
        sim.run(500);
        500.0 * 32.0 / sim.now
    };
    let near = |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 0.03, "{value} {expected}");
    near(rate(0, 0.002, 0.003), 200.0);
    near(rate(1, 0.004, 0.001), 250.0);
    near(rate(3, 0.006, 0.001), 500.0);
    near(rate(2, 0.001, 0.004), 250.0);
}

/// Half of the time everything takes twice as long: half as much again in all.
#[test]
fn a_recording_slows_work_and_not_sleep() {
    let step_secs = |image_secs, asleep_secs| {
        let mut sim = Sim::new(1, 1, 2, image_secs, 0.0);
        sim.set(image_secs, asleep_secs, 0);
        sim.weather = Weather::Recorded { every_secs: 0.01, slowness: Arc::from([1.0, 2.0]) };
        sim.run(500);
        sim.now / (500.0 * 32.0)
    };
    assert!((step_secs(0.004, 0.0) / (0.004 * 4.0 / 3.0) - 1.0).abs() < 0.02, "{}", step_secs(0.004, 0.0));
    assert!((step_secs(0.0, 0.004) / 0.004 - 1.0).abs() < 0.01, "{}", step_secs(0.0, 0.004));
}

#[test]
fn planned_batches_come_in_turn() {
    let mut sim = Sim::new(1, 2, 2, 0.001, 0.0001);
    sim.run(3);
    let first = sim.set(0.002, 0.0, 2);
    let second = sim.plan(0.001, 0.0, 1);
    let third = sim.plan(0.002, 0.0, 1);
    let versions: Vec<u64> = (0..12).map(|_| sim.step().version).filter(|version| *version >= first).collect();
    assert_eq!(versions[..4], [first, first, second, third]);
    assert!(versions[4..].iter().all(|version| *version == third));
}
