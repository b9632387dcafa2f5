//! A learning-rate range test (Smith 2017): the rate rises by the same factor with every step, and the loss says which rates a
//! network can be trained with.

use crate::language::Message;
use serde::Serialize;

/// Steps that the smoothed loss is the mean of, as good as.
const WINDOW: usize = 10;
/// Share of its past that it keeps in a step.
const KEEP: f64 = 1.0 - 1.0 / WINDOW as f64;
/// Fewer say nothing: until so many are there the mean is of a few losses, and as many again are to show where it goes.
const FEWEST: usize = 2 * WINDOW;
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
#[derive(Debug, Clone, PartialEq)]
pub struct RangeTest {
    /// The first rate and the last.
    range: [f64; 2],
    points: Vec<RangePoint>,
    sum: f64,
    weight: f64,
    left: bool,
}

impl RangeTest {
    /// One whose rates are to rise from the first to the last.
    pub fn new(from: f64, to: f64) -> Self {
        Self { range: [from, to], points: Vec::new(), sum: 0.0, weight: 0.0, left: false }
    }

    /// Steps from one rate to another after which a rate can be named. The smoothed loss follows the loss a window late: where a window
    /// is more than a tenfold rise, what it says is of rates that are long gone.
    pub fn fewest_steps(from: f64, to: f64) -> usize {
        // Short of what rounding makes of whole numbers.
        let by_rise = (WINDOW as f64 * (to / from).log10() - 1e-6).ceil();
        (by_rise as usize).max(FEWEST)
    }

    /// Enough steps were made for a rate to be named.
    fn is_sound(&self) -> bool {
        let ends = self.points.first().zip(self.points.last());
        ends.is_some_and(|(first, last)| self.points.len() >= Self::fewest_steps(first.lr, last.lr))
    }

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

    /// The rate at which the smoothed loss falls fastest; `None` where it never falls, and after too few steps.
    pub fn steepest(&self) -> Option<f64> {
        let lowest = self.lowest().filter(|_| self.is_sound())?;
        let slope = |i: usize| {
            let [before, after] = [&self.points[i - 1], &self.points[i + 1]];
            (after.smoothed - before.smoothed) / (after.lr / before.lr).ln()
        };
        let falls = (FIRST.max(1)..lowest.min(self.points.len().saturating_sub(1))).map(|i| (i, slope(i)));
        let (i, slope) = falls.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (slope < 0.0).then(|| self.points[i].lr)
    }

    /// A tenth of the rate at which the smoothed loss is lowest; `None` after too few steps.
    pub fn tenth_of_lowest(&self) -> Option<f64> {
        Some(self.points[self.lowest().filter(|_| self.is_sound())?].lr / 10.0)
    }

    /// Where the smoothed loss is lowest, past its first steps.
    fn lowest(&self) -> Option<usize> {
        let behind = self.points.iter().enumerate().skip(FIRST);
        behind.min_by(|a, b| a.1.smoothed.total_cmp(&b.1.smoothed)).map(|(i, _)| i)
    }

    /// Why no rate is named, with what to give another test.
    fn why_unsound(&self) -> Option<Message> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        if self.is_sound() {
            return None;
        }
        let ([from, to], steps) = (self.range, self.points.len());
        // As many steps over that rise as it takes at least.
        let low_enough = last.lr / 10f64.powf(FEWEST as f64 / WINDOW as f64);
        Some(if self.left && first.lr > low_enough {
            // With room to spare, and counted from the rate that is shown.
            let from = format!("{:.1e}", low_enough / 10.0);
            let needed = Self::fewest_steps(from.parse().unwrap_or(low_enough), to).to_string();
            msg!("client-lr-range-too-soon", steps, from, needed)
        } else {
            let needed = Self::fewest_steps(from, to).to_string();
            msg!("client-lr-range-too-few", steps, window = WINDOW, needed)
        })
    }

    /// What it came to, in a sentence.
    pub fn sentence(&self) -> Message {
        if let Some(why) = self.why_unsound() {
            return why;
        }
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
        let mut test = RangeTest::new(1e-6, 1e2);
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
        let mut test = RangeTest::new(1e-2, 1.0);
        assert_eq!((test.steepest(), test.tenth_of_lowest()), (None, None));
        assert!(test.sentence().is("client-lr-range-never"));
        for i in 0..20 {
            test.take(10f64.powf(f64::from(i - 20) / 10.0), 1.0 + f64::from(i) / 100.0);
        }
        assert_eq!(test.steepest(), None);
        assert!(test.sentence().is("client-lr-range-never"));
        assert!(!test.take(1.0, f64::NAN) && !test.take(2.0, 1.0));
        assert_eq!(test.points().len(), 20);
    }

    /// Rates from 1e-6 to 1 in so many steps, with a loss that falls all along, until it is none.
    fn falling(steps: u32, explodes_at: f64) -> RangeTest {
        let mut test = RangeTest::new(1e-6, 1.0);
        for i in 0..steps {
            let share = f64::from(i) / f64::from(steps - 1);
            let lr = 10f64.powf(6.0 * share - 6.0);
            test.take(lr, if lr > explodes_at { f64::NAN } else { 2.0 - share });
        }
        test
    }

    #[test]
    fn too_few_steps_name_no_rate_but_how_many_would() {
        for steps in [10, 12, 59] {
            let test = falling(steps, 2.0);
            assert_eq!((test.steepest(), test.tenth_of_lowest()), (None, None), "{steps}");
            let said = test.sentence();
            assert!(said.is("client-lr-range-too-few") && said.to_string().ends_with("--steps 60"), "{said}");
        }
        let test = falling(60, 2.0);
        assert!(test.steepest().is_some() && test.sentence().is("client-lr-range"), "{}", test.sentence());
    }

    #[test]
    fn a_loss_that_explodes_at_once_asks_for_lower_rates() {
        // 15 steps of 10 a decade.
        let said = falling(61, 3e-5).sentence();
        assert!(said.is("client-lr-range-too-soon"), "{said}");
        assert!(said.to_string().ends_with("--from 2.5e-8 --steps 77"), "{said}");
        assert!(falling(61, 1e-3).sentence().is("client-lr-range"));
    }
}
