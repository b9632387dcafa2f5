//! Schedules of the learning rate, by the names of `config::SCHEDULES`: functions of how far the run is (and, of one, of what the
//! validations said so far, which checkpoints keep), so that a resumed run goes on where it was.

use super::{Choice, TrainError};
use crate::config::{OptimizerConfig, ScheduleConfig, Values};
use crate::store::PlateauState;
use std::f64::consts::PI;

/// Where a run's step stands in its schedule, behind the warm-up.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// 0 for the first step, up to `steps - 1`.
    step: f64,
    /// At least 1.
    steps: f64,
    steps_per_epoch: f64,
    plateau: PlateauState,
}

impl Place {
    /// 0 at the first step, 1 at the last.
    fn progress(&self) -> f64 {
        self.step / (self.steps - 1.0).max(1.0)
    }

    fn epochs(&self) -> f64 {
        self.step / self.steps_per_epoch
    }
}

/// The share of the learning rate at a place.
type Share = fn(&Values<'_>, &Place) -> f64;

/// A row for each of the catalogue.
const SHARES: &[(&str, Share)] = &[
    ("constant", |_, _| 1.0),
    ("step", step),
    ("cosine", cosine),
    ("exponential", exponential),
    ("one_cycle", one_cycle),
    ("plateau", plateau),
    ("range_test", range_test),
];

/// PyTorch's `StepLR`, stepped with every epoch.
fn step(values: &Values<'_>, place: &Place) -> f64 {
    values.float("gamma").powf((place.epochs() / values.int("every_epochs") as f64).floor())
}

/// PyTorch's `CosineAnnealingLR`, stepped with every batch, with `T_max` one less than the steps.
fn cosine(values: &Values<'_>, place: &Place) -> f64 {
    between(1.0, values.float("end_frac"), place.progress())
}

/// PyTorch's `ExponentialLR`, stepped with every batch, with the root of `gamma` that an epoch's steps make whole.
fn exponential(values: &Values<'_>, place: &Place) -> f64 {
    values.float("gamma").powf(place.epochs())
}

/// PyTorch's `OneCycleLR` along cosines, stepped with every batch, without its cycle of the momentum.
fn one_cycle(values: &Values<'_>, place: &Place) -> f64 {
    let first = 1.0 / values.float("div_factor");
    let top = values.float("rise_frac") * place.steps - 1.0;
    if top > 0.0 && place.step <= top {
        return between(first, 1.0, place.step / top);
    }
    let top = top.max(0.0);
    let fall = (place.steps - 1.0 - top).max(1.0);
    between(1.0, first / values.float("final_div_factor"), ((place.step - top) / fall).min(1.0))
}

fn plateau(values: &Values<'_>, place: &Place) -> f64 {
    values.float("factor").powf(place.plateau.falls as f64).max(values.float("end_frac"))
}

fn range_test(values: &Values<'_>, place: &Place) -> f64 {
    let progress = place.step / (values.int("rise_steps") - 1) as f64;
    values.float("start_frac").powf(1.0 - progress.min(1.0))
}

/// From one value to another along half a cosine.
fn between(from: f64, to: f64, progress: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * progress).cos())
}

/// The learning rate of each step of a run.
pub struct Schedule {
    config: ScheduleConfig,
    share: Share,
    lr: f64,
    steps: u64,
    steps_per_epoch: u64,
}

impl Schedule {
    /// Over a run of so many epochs of so many steps.
    ///
    /// # Errors
    /// The name is none of `config::SCHEDULES`.
    pub fn new(
        config: &ScheduleConfig,
        optimizer: &OptimizerConfig,
        epochs: u64,
        steps_per_epoch: u64,
    ) -> Result<Self, TrainError> {
        let row = SHARES.iter().find(|(name, _)| *name == config.name);
        let (_, share) =
            row.ok_or_else(|| TrainError::Unknown { what: Choice::Schedule, name: config.name.clone() })?;
        let steps = epochs.saturating_mul(steps_per_epoch);
        Ok(Self { config: config.clone(), share: *share, lr: optimizer.lr, steps, steps_per_epoch })
    }

    /// The learning rate of the step of that number, 1 being the first of the run, with what the validations before it said.
    pub fn lr(&self, step: u64, plateau: &PlateauState) -> f64 {
        let warmup = self.config.warmup_steps as u64;
        let steps = self.steps.saturating_sub(warmup).max(1);
        let at = step.saturating_sub(1);
        let place = Place {
            step: at.saturating_sub(warmup).min(steps - 1) as f64,
            steps: steps as f64,
            steps_per_epoch: self.steps_per_epoch.max(1) as f64,
            plateau: *plateau,
        };
        let share = (self.share)(&self.config.values(), &place);
        let lr = self.lr * share;
        if at >= warmup {
            return lr;
        }
        // PyTorch's LinearLR.
        let start = self.config.warmup_start_frac;
        lr * (start + (1.0 - start) * at as f64 / warmup as f64)
    }

    /// Takes in a validation's loss, or an epoch's where there is no validation; whether the rate falls.
    pub fn judge(&self, loss: f64, plateau: &mut PlateauState) -> bool {
        if self.config.name != "plateau" {
            return false;
        }
        let values = self.config.values();
        // What is no number is no better.
        if plateau.best.is_none_or(|best| loss < best * (1.0 - values.float("threshold"))) && !loss.is_nan() {
            (plateau.best, plateau.waited) = (Some(loss), 0);
        } else {
            plateau.waited += 1;
        }
        if plateau.cooldown > 0 {
            (plateau.cooldown, plateau.waited) = (plateau.cooldown - 1, 0);
        }
        let falls = plateau.waited > values.int("patience") as u64;
        if falls {
            *plateau = PlateauState {
                best: plateau.best,
                waited: 0,
                cooldown: values.int("cooldown") as u64,
                falls: plateau.falls + 1,
            };
        }
        falls
    }

    /// The rates of a run as they are planned, for a plot before it starts: up to `points` pairs of step and rate, the first and
    /// the last step among them. A rate that waits for a plateau is drawn without one.
    pub fn planned(&self, points: usize) -> Vec<(u64, f64)> {
        let last = self.steps.max(1) - 1;
        let count = (points as u64).clamp(2, last.max(1) + 1);
        let mut planned: Vec<(u64, f64)> = Vec::with_capacity(points);
        for point in 0..count {
            let step = 1 + (u128::from(last) * u128::from(point) / u128::from(count - 1)) as u64;
            if planned.last().is_none_or(|(before, _)| *before < step) {
                planned.push((step, self.lr(step, &PlateauState::default())));
            }
        }
        planned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, SCHEDULES};
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn schedule(config: &ScheduleConfig, epochs: u64, steps_per_epoch: u64) -> Schedule {
        let optimizer = OptimizerConfig { lr: 0.1, ..OptimizerConfig::default() };
        Schedule::new(config, &optimizer, epochs, steps_per_epoch).unwrap()
    }

    fn lr(schedule: &Schedule, step: u64) -> f64 {
        schedule.lr(step, &PlateauState::default())
    }

    #[test]
    fn every_schedule_of_the_catalogue_gives_rates_however_short_the_run() {
        for item in SCHEDULES {
            for (epochs, per_epoch) in [(0, 0), (1, 1), (2, 1), (1, 2), (10, 100)] {
                for warmup_steps in [0, 1, 7] {
                    let config = ScheduleConfig { warmup_steps, ..ScheduleConfig::named(item.name) };
                    let schedule = schedule(&config, epochs, per_epoch);
                    for step in 0..1200 {
                        let lr = lr(&schedule, step);
                        assert!((0.0..=0.1).contains(&lr), "{} {step} of {epochs} x {per_epoch}: {lr}", item.name);
                    }
                }
            }
        }
        assert_eq!(SHARES.len(), SCHEDULES.len());
        let error = Schedule::new(&ScheduleConfig::named("no_such"), &OptimizerConfig::default(), 1, 1).err().unwrap();
        assert_eq!(error.to_string(), "no schedule is called `no_such`");
    }

    #[test]
    fn a_constant_rate_is_the_same_to_the_last_bit() {
        let constant = schedule(&ScheduleConfig::default(), 7, 11);
        assert!((1..=77).all(|step| lr(&constant, step).to_bits() == 0.1_f64.to_bits()));
    }

    /// Cosines of 0, 60, 90, 120 and 180 degrees; past the end the rate stays.
    #[test]
    fn a_cosine_falls_to_its_end() {
        let params = [("end_frac".to_owned(), ParamValue::Float(0.2))].into();
        let config = ScheduleConfig { params, ..ScheduleConfig::named("cosine") };
        let cosine = schedule(&config, 1, 13);
        for (step, expected) in [(1, 0.1), (5, 0.08), (7, 0.06), (9, 0.04), (13, 0.02), (99, 0.02)] {
            let lr = lr(&cosine, step);
            assert!((lr - expected).abs() < 1e-15, "{step}: {lr}");
        }
    }

    #[test]
    fn a_range_test_rises_by_the_same_factor() {
        let params =
            [("start_frac".to_owned(), ParamValue::Float(1e-4)), ("rise_steps".to_owned(), ParamValue::Int(5))];
        let config = ScheduleConfig { params: params.into(), ..ScheduleConfig::named("range_test") };
        let range = schedule(&config, 9, 9);
        for (step, expected) in [(1, 1e-5), (2, 1e-4), (3, 1e-3), (5, 1e-1), (80, 1e-1)] {
            assert!((lr(&range, step) / expected - 1.0).abs() < 1e-12, "{step}: {}", lr(&range, step));
        }
    }

    /// `tests/data/schedules.json`, made by `tests/make_optimizers.py`: rates of 20 steps, and losses that plateaus are told by.
    #[test]
    fn twenty_steps_are_pytorchs() {
        let cases: Value = serde_json::from_str(include_str!("../../tests/data/schedules.json")).unwrap();
        let mut seen = BTreeSet::new();
        for case in cases.as_array().unwrap() {
            let mut config = ScheduleConfig::named(case["name"].as_str().unwrap());
            config.warmup_steps = case["warmup_steps"].as_u64().unwrap() as usize;
            config.warmup_start_frac = case["warmup_start_frac"].as_f64().unwrap();
            for (key, value) in case["params"].as_object().unwrap() {
                let value = value.as_i64().map_or_else(|| ParamValue::Float(value.as_f64().unwrap()), ParamValue::Int);
                config.params.insert(key.clone(), value);
            }
            seen.insert(config.name.clone());
            let per_epoch = case["steps_per_epoch"].as_u64().unwrap();
            let schedule = schedule(&config, 20 / per_epoch, per_epoch);
            let rates = case["rates"].as_array().unwrap();
            assert_eq!(rates.len(), 20);
            let mut plateau = PlateauState::default();
            for (i, expected) in rates.iter().enumerate() {
                let (found, expected) = (schedule.lr(i as u64 + 1, &plateau), expected.as_f64().unwrap());
                assert!((found - expected).abs() <= 1e-9 * expected, "{case}: step {i}: {found} against {expected}");
                if let Some(loss) = case["losses"].get(i) {
                    schedule.judge(loss.as_f64().unwrap(), &mut plateau);
                }
            }
        }
        let known: BTreeSet<String> = SCHEDULES.iter().map(|item| item.name.to_owned()).collect();
        assert_eq!(known.difference(&seen).collect::<Vec<_>>(), ["range_test"], "PyTorch has none of these");
    }

    #[test]
    fn what_is_planned_is_what_is_done() {
        for item in SCHEDULES {
            let config = ScheduleConfig { warmup_steps: 5, ..ScheduleConfig::named(item.name) };
            let schedule = schedule(&config, 10, 30);
            for points in [0, 2, 50, 1000] {
                let planned = schedule.planned(points);
                assert_eq!((planned[0].0, planned.last().unwrap().0), (1, 300), "{}", item.name);
                assert!(planned.len() <= points.max(2) && planned.is_sorted_by(|a, b| a.0 < b.0));
                assert!(planned.iter().all(|(step, rate)| *rate == lr(&schedule, *step)));
            }
        }
        assert_eq!(schedule(&ScheduleConfig::default(), 1, 1).planned(9), [(1, 0.1)]);
    }
}
