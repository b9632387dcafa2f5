//! Two runs side by side: is one faster, and by what factor?
//!
//! The runs do the same batches (one seed), so that block k of one is compared with block k of the other. What the interval
//! covers is what happens within blocks. Two runs one after the other differ also by what the machine did at the time, which
//! no arithmetic takes out: run them in turns, a few blocks each in an order drawn by lot, wherever a difference of a few
//! percent matters.

use super::paired::{PairedTest, PairedTestSettings, Stop, block_log_ratio};
use crate::protocol::Decision;

/// Step time of one run over another's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedRatio {
    /// Above 1 where the first is slower.
    pub ratio: f64,
    /// Ends of its interval, valid at whatever moment it is looked at; `None` while it is without bound.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Pairs of blocks.
    pub blocks: u32,
    /// `Nothing`: the same within the margin. `Effect`: one is faster. `Measuring` or `Undecided`: neither can be said, and
    /// more blocks are to be had or not.
    pub decision: Decision,
}

/// Compares step times in seconds, cut into blocks of `block_steps` (4 to 16 are usual; at least 1). What is left over at the
/// end, and blocks that only one of them has, count for nothing. `None` without a pair of blocks.
pub fn paired_ratio(
    first_secs: &[f64],
    second_secs: &[f64],
    block_steps: usize,
    settings: PairedTestSettings,
) -> Option<PairedRatio> {
    let block_steps = block_steps.max(1);
    let mut test = PairedTest::new(settings);
    for (first, second) in first_secs.chunks_exact(block_steps).zip(second_secs.chunks_exact(block_steps)) {
        block_log_ratio(first, second).into_iter().for_each(|difference| test.push(difference));
    }
    PairedRatio::of(&test)
}

impl PairedRatio {
    /// Of a test that was fed d = ln(step time of the first / of the second). `None` before its first block.
    pub fn of(test: &PairedTest) -> Option<Self> {
        let estimate = test.estimate()?;
        let bounded = |v: f64| Some(v.exp()).filter(|v| v.is_finite() && *v > 0.0);
        Some(Self {
            ratio: estimate.log_ratio.exp(),
            low: bounded(estimate.low),
            high: bounded(estimate.high),
            blocks: estimate.blocks,
            decision: test.stop(None).map_or(Decision::Measuring, |stop: Stop| stop.into()),
        })
    }

    /// For a person: "1e-5 is as fast as 1e-3: its steps take 1.00 times as long (0.99 to 1.01)".
    pub fn sentence(&self, first: &str, second: &str) -> String {
        let what = match self.decision {
            Decision::Nothing => format!("{first} is as fast as {second}"),
            Decision::Effect if self.ratio < 1.0 => format!("{first} is faster than {second}"),
            Decision::Effect => format!("{first} is slower than {second}"),
            _ => format!("Whether {first} or {second} is faster is not resolved"),
        };
        let range = match (self.low, self.high) {
            (Some(low), Some(high)) => format!(" ({low:.2} to {high:.2})"),
            _ => String::new(),
        };
        format!("{what}: its steps take {:.2} times as long{range}", self.ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_paired::Dice;
    use super::*;

    fn steps(seed: u64, mean_secs: f64) -> Vec<f64> {
        let mut dice = Dice::new(seed);
        (0..402).map(|_| mean_secs * (0.03 * dice.normal()).exp()).collect()
    }

    #[test]
    fn two_learning_rates_are_as_fast_as_each_other_and_a_larger_model_is_not() {
        let settings = PairedTestSettings::default();
        let same = paired_ratio(&steps(1, 0.1), &steps(2, 0.1), 8, settings).unwrap();
        assert_eq!((same.decision, same.blocks), (Decision::Nothing, 50));
        assert!(same.low.unwrap() < 1.0 && same.high.unwrap() > 1.0 && same.high.unwrap() < 1.02, "{same:?}");
        let words = same.sentence("1e-5", "1e-3");
        assert!(
            words.starts_with("1e-5 is as fast as 1e-3: its steps take 1.00 times as long (0.99 to 1.0"),
            "{words}"
        );
        let slower = paired_ratio(&steps(1, 0.15), &steps(2, 0.1), 8, settings).unwrap();
        assert_eq!(slower.decision, Decision::Effect);
        assert!((slower.ratio / 1.5 - 1.0).abs() < 0.02, "{slower:?}");
        assert!(slower.sentence("A", "B").starts_with("A is slower than B: its steps take 1.5"));
    }

    #[test]
    fn a_few_blocks_decide_nothing() {
        let few = paired_ratio(&[0.1; 9], &[0.2; 9], 8, PairedTestSettings::default()).unwrap();
        assert_eq!((few.low, few.high, few.blocks, few.decision), (None, None, 1, Decision::Measuring));
        assert!(few.sentence("A", "B").contains("not resolved"));
        assert_eq!(paired_ratio(&[0.1; 3], &[0.2; 9], 8, PairedTestSettings::default()), None);
    }
}
