//! A learning-rate range test (Smith 2017): the rate rises by the same factor with every step, and the loss says which rates a
//! network can be trained with.

use crate::language::Message;
use serde::Serialize;

/// Share of its past that the smoothed loss keeps in a step.
const KEEP: f64 = 0.9;
/// A smoothed loss so many times its lowest has left its range.
const LEFT: f64 = 4.0;
/// Steps whose losses say nothing yet.
const FIRST: usize = 5;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RangePoint {
    pub lr: f64,
    /// Before the step.
    pub loss: f64,
    /// Its mean over the last steps, the newest counting most.
    pub smoothed: f64,
}

/// A range test as far as it has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RangeTest {
    points: Vec<RangePoint>,
    sum: f64,
    weight: f64,
    left: bool,
}

impl RangeTest {
    /// Takes in a step's rate and loss; false where the test is over, as the loss is no number or far above its lowest.
    pub fn take(&mut self, lr: f64, loss: f64) -> bool {
        if self.left || !loss.is_finite() {
            self.left = true;
            return false;
        }
        self.sum = KEEP * self.sum + (1.0 - KEEP) * loss;
        self.weight = KEEP * self.weight + (1.0 - KEEP);
        let smoothed = self.sum / self.weight;
        self.points.push(RangePoint { lr, loss, smoothed });
        let lowest = self.points.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
        self.left = self.points.len() > FIRST && smoothed > LEFT * lowest;
        !self.left
    }

    pub fn points(&self) -> &[RangePoint] {
        &self.points
    }

    /// The rate at which the smoothed loss falls fastest; `None` where it never falls.
    pub fn steepest(&self) -> Option<f64> {
        let lowest = self.lowest()?;
        let slope = |i: usize| {
            let [before, after] = [&self.points[i - 1], &self.points[i + 1]];
            (after.smoothed - before.smoothed) / (after.lr / before.lr).ln()
        };
        let falls = (FIRST.max(1)..lowest.min(self.points.len().saturating_sub(1))).map(|i| (i, slope(i)));
        let (i, slope) = falls.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (slope < 0.0).then(|| self.points[i].lr)
    }

    /// A tenth of the rate at which the smoothed loss is lowest.
    pub fn tenth_of_lowest(&self) -> Option<f64> {
        Some(self.points[self.lowest()?].lr / 10.0)
    }

    /// Where the smoothed loss is lowest, past its first steps.
    fn lowest(&self) -> Option<usize> {
        let behind = self.points.iter().enumerate().skip(FIRST);
        behind.min_by(|a, b| a.1.smoothed.total_cmp(&b.1.smoothed)).map(|(i, _)| i)
    }

    /// What it came to, in a sentence.
    pub fn sentence(&self) -> Message {
        match (self.steepest(), self.tenth_of_lowest()) {
            (Some(steepest), Some(tenth)) => {
                msg!("client-lr-range", steepest = format!("{steepest:.1e}"), tenth = format!("{tenth:.1e}"))
            }
            _ => msg!("client-lr-range-never"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that stays, falls fastest at 1e-3, is lowest at 1e-2 and then explodes.
    fn played() -> (RangeTest, usize) {
        let mut test = RangeTest::default();
        let mut taken = 0;
        for i in 0..200 {
            let decade = -6.0 + f64::from(i) / 25.0;
            let loss = 2.0 - 1.5 / (1.0 + (-4.0 * (decade + 3.0)).exp()) + (8.0 * (decade + 1.2)).exp();
            taken += 1;
            if !test.take(10f64.powf(decade), loss) {
                break;
            }
        }
        (test, taken)
    }

    #[test]
    fn it_ends_where_the_loss_explodes_and_names_the_rates() {
        let (test, taken) = played();
        assert!(taken < 200 && test.points().len() == taken);
        let (steepest, tenth) = (test.steepest().unwrap().log10(), test.tenth_of_lowest().unwrap().log10());
        // Smoothing lags by some ten steps, 25 to a decade.
        assert!((-3.1..=-2.4).contains(&steepest), "{steepest}");
        assert!((-3.0..=-2.2).contains(&tenth), "{tenth}");
        assert!(test.sentence().is("client-lr-range"), "{}", test.sentence());
    }

    #[test]
    fn losses_that_only_rise_or_are_none_suggest_nothing() {
        let mut test = RangeTest::default();
        assert_eq!((test.steepest(), test.tenth_of_lowest()), (None, None));
        for i in 0..20 {
            test.take(10f64.powi(i - 20), 1.0 + f64::from(i) / 100.0);
        }
        assert_eq!(test.steepest(), None);
        assert!(test.sentence().is("client-lr-range-never"));
        assert!(!test.take(1.0, f64::NAN) && !test.take(2.0, 1.0));
        assert_eq!(test.points().len(), 20);
    }
}
