//! Simulations that hold the interval to its promises: `cargo test diagnose::tests_paired -- --nocapture` prints them.

use super::paired::{PairedTest, PairedTestSettings, Stop, block_log_ratio};
use super::quantile::median;
use super::sim::Dice;
use std::f64::consts::TAU;

/// Student's t of 3 degrees.
fn t3(dice: &mut Dice) -> f64 {
    let squares: f64 = (0..3).map(|_| dice.normal().powi(2)).sum();
    dice.normal() / (squares / 3.0).sqrt()
}

/// How step times wander about what they should be; each has a standard deviation of about 5 % a step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Noise {
    Normal,
    /// Student's t of 3 degrees.
    Heavy,
    /// Normal, and one step in 50 takes ten times as long.
    Spikes,
    /// AR(1) of 0.3, on a drift of 30 % and a slow wave of 10 %.
    Drift,
    /// Either of two speeds, 20 % apart, for 40 steps in the mean: a clock that changes its mind.
    TwoSpeeds,
}

const NOISES: [Noise; 5] = [Noise::Normal, Noise::Heavy, Noise::Spikes, Noise::Drift, Noise::TwoSpeeds];

struct Machine {
    dice: Dice,
    noise: Noise,
    steps: f64,
    last: f64,
    slow: bool,
}

impl Machine {
    fn new(noise: Noise, seed: u64) -> Self {
        Self { dice: Dice::new(seed), noise, steps: 0.0, last: 0.0, slow: false }
    }

    /// Step time over what it should be.
    fn factor(&mut self) -> f64 {
        self.steps += 1.0;
        match self.noise {
            Noise::Normal => (0.05 * self.dice.normal()).exp(),
            Noise::Heavy => (0.05 / 3f64.sqrt() * t3(&mut self.dice)).exp(),
            Noise::Spikes => {
                let spike = if self.dice.uniform() < 0.02 { 10.0 } else { 1.0 };
                spike * (0.05 * self.dice.normal()).exp()
            }
            Noise::Drift => {
                self.last = 0.3 * self.last + 0.05 * self.dice.normal();
                (self.last + 0.3 * self.steps / 2000.0 + 0.1 * (TAU * self.steps / 300.0).sin()).exp()
            }
            Noise::TwoSpeeds => {
                self.slow ^= self.dice.uniform() < 1.0 / 40.0;
                (0.05 * self.dice.normal() + if self.slow { 0.2 } else { 0.0 }).exp()
            }
        }
    }

    /// One block of four times eight steps: ABBA or BAAB by lot.
    fn block(&mut self, log_ratio: f64) -> f64 {
        let first_on = self.dice.uniform() < 0.5;
        let (mut on, mut off) = (Vec::new(), Vec::new());
        for part in 0..4 {
            let is_on = first_on == (part == 0 || part == 3);
            for _ in 0..8 {
                let secs = self.factor();
                if is_on { on.push(secs * log_ratio.exp()) } else { off.push(secs) }
            }
        }
        block_log_ratio(&on, &off).unwrap()
    }
}

struct Outcome {
    stop: Stop,
    covered: bool,
    blocks: u32,
}

fn trial(machine: &mut Machine, settings: PairedTestSettings, log_ratio: f64) -> Outcome {
    let mut test = PairedTest::new(settings);
    loop {
        test.push(machine.block(log_ratio));
        if let Some(stop) = test.stop(None) {
            let estimate = test.estimate().unwrap();
            let covered = estimate.low <= log_ratio && log_ratio <= estimate.high;
            return Outcome { stop, covered, blocks: estimate.blocks };
        }
    }
}

const TRIALS: u64 = 1000;

#[test]
fn a_bisect_over_six_innocent_transforms_accuses_one_in_at_most_a_twentieth() {
    for noise in NOISES {
        // A margin of nothing: none is let off early, each is looked at 60 times.
        let settings = PairedTestSettings { comparisons: 6, margin_frac: 0.0, ..PairedTestSettings::default() };
        let alarms = (0..TRIALS).filter(|seed| {
            let mut machine = Machine::new(noise, *seed);
            (0..6).any(|_| trial(&mut machine, settings, 0.0).stop == Stop::Effect)
        });
        let share = alarms.count() as f64 / TRIALS as f64;
        println!("{noise:?}: false alarms over six transforms {:.2} %", 100.0 * share);
        assert!(share <= 0.05, "{noise:?}: {share}");
    }
}

#[test]
fn the_interval_at_the_stop_holds_the_truth() {
    for noise in NOISES {
        for effect in [0.0f64, 0.01, 0.03, 0.1, 0.3] {
            let outcomes: Vec<Outcome> = (0..TRIALS)
                .map(|seed| trial(&mut Machine::new(noise, seed), PairedTestSettings::default(), effect.ln_1p()))
                .collect();
            let share = |what: &dyn Fn(&Outcome) -> bool| {
                outcomes.iter().filter(|o| what(o)).count() as f64 / outcomes.len() as f64
            };
            let covered = share(&|o| o.covered);
            let (effects, nothings) = (share(&|o| o.stop == Stop::Effect), share(&|o| o.stop == Stop::Nothing));
            let blocks = median(outcomes.iter().map(|o| f64::from(o.blocks)).collect());
            println!(
                "{noise:?}, effect {:>4.1} %: covered {:.1} %, effect {:.1} %, nothing {:.1} %, median {blocks} blocks",
                100.0 * effect,
                100.0 * covered,
                100.0 * effects,
                100.0 * nothings
            );
            assert!(covered >= 0.93, "{noise:?} {effect}: covered {covered}");
            if effect == 0.0 {
                assert!(effects <= 0.05, "{noise:?}: false alarms {effects}");
            }
            if effect >= 0.1 {
                assert!(effects >= 0.98, "{noise:?} {effect}: power {effects}");
            }
        }
    }
}

/// The same with differences that are heavy-tailed themselves, not means of many steps.
#[test]
fn bare_heavy_tails_raise_no_alarm_either() {
    type Draw = fn(&mut Dice) -> f64;
    let kinds: [(&str, Draw); 3] = [
        ("t3", t3),
        ("two points", |dice| if dice.uniform() < 0.5 { 1.0 } else { -1.0 }),
        ("mostly still", |dice| dice.normal() * if dice.uniform() < 0.2 { 10.0 } else { 0.1 }),
    ];
    for (name, draw) in kinds {
        let mut alarms = 0;
        for seed in 0..TRIALS {
            let mut dice = Dice::new(seed);
            let mut test = PairedTest::new(PairedTestSettings {
                margin_frac: 0.0,
                max_blocks: 200,
                ..PairedTestSettings::default()
            });
            let stop = loop {
                test.push(0.02 * draw(&mut dice));
                if let Some(stop) = test.stop(None) {
                    break stop;
                }
            };
            alarms += u64::from(stop == Stop::Effect);
        }
        println!("{name}: false alarms in 200 blocks {:.2} %", 100.0 * alarms as f64 / TRIALS as f64);
        assert!(alarms * 20 <= TRIALS, "{name}: {alarms} of {TRIALS}");
    }
}
