//! Schedules of the learning rate, by the names of `config::SCHEDULES`: functions of how far the run is, so that a resumed
//! run goes on where it was.

use super::TrainError;
use crate::config::{OptimizerConfig, ScheduleConfig, Values};
use std::f64::consts::PI;

/// The share of the learning rate at `progress`, which is 0 at the first step and 1 at the last.
type Share = fn(&Values<'_>, f64) -> f64;

/// A row for each of the catalogue.
const SHARES: &[(&str, Share)] = &[("constant", |_, _| 1.0), ("cosine", cosine)];

/// PyTorch's `CosineAnnealingLR`, stepped with every batch, with `T_max` one less than the steps of the run.
fn cosine(values: &Values<'_>, progress: f64) -> f64 {
    let end = values.float("end_frac");
    end + (1.0 - end) * 0.5 * (1.0 + (PI * progress).cos())
}

/// The learning rate of each step of a run.
pub struct Schedule {
    config: ScheduleConfig,
    share: Share,
    lr: f64,
    steps: u64,
}

impl Schedule {
    /// Over a run of `steps` steps.
    ///
    /// # Errors
    /// The name is none of `config::SCHEDULES`.
    pub fn new(config: &ScheduleConfig, optimizer: &OptimizerConfig, steps: u64) -> Result<Self, TrainError> {
        let row = SHARES.iter().find(|(name, _)| *name == config.name);
        let (_, share) = row.ok_or_else(|| TrainError::Unknown { what: "schedule", name: config.name.clone() })?;
        Ok(Self { config: config.clone(), share: *share, lr: optimizer.lr, steps })
    }

    /// The learning rate of the step of that number, 1 being the first of the run.
    pub fn lr(&self, step: u64) -> f64 {
        let last = self.steps.saturating_sub(1).max(1);
        let progress = step.saturating_sub(1).min(last) as f64 / last as f64;
        self.lr * (self.share)(&self.config.values(), progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, SCHEDULES};

    fn schedule(config: &ScheduleConfig, steps: u64) -> Schedule {
        Schedule::new(config, &OptimizerConfig { lr: 0.1, ..OptimizerConfig::default() }, steps).unwrap()
    }

    #[test]
    fn every_schedule_of_the_catalogue_begins_with_the_rate_that_is_set() {
        for item in SCHEDULES {
            for steps in [0, 1, 2, 1000] {
                assert_eq!(schedule(&ScheduleConfig::named(item.name), steps).lr(1), 0.1, "{}", item.name);
            }
        }
        assert_eq!(SHARES.len(), SCHEDULES.len());
        let error = Schedule::new(&ScheduleConfig::named("no_such"), &OptimizerConfig::default(), 1).err().unwrap();
        assert_eq!(error.to_string(), "no schedule is called `no_such`");
    }

    #[test]
    fn a_constant_rate_is_the_same_to_the_last_bit() {
        let constant = schedule(&ScheduleConfig::default(), 77);
        assert!((1..=77).all(|step| constant.lr(step).to_bits() == 0.1_f64.to_bits()));
    }

    /// Cosines of 0, 60, 90, 120 and 180 degrees; past the end the rate stays.
    #[test]
    fn a_cosine_falls_to_its_end() {
        let params = [("end_frac".to_owned(), ParamValue::Float(0.2))].into();
        let config = ScheduleConfig { params, ..ScheduleConfig::named("cosine") };
        let cosine = schedule(&config, 13);
        for (step, expected) in [(1, 0.1), (5, 0.08), (7, 0.06), (9, 0.04), (13, 0.02), (99, 0.02)] {
            assert!((cosine.lr(step) - expected).abs() < 1e-15, "{step}: {}", cosine.lr(step));
        }
    }
}
