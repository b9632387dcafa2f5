//! Told apart by the lot alone: from a few turns of each value and of a baseline, in one order drawn by lot.
//!
//! Were a value as fast as the baseline, its turns would be any of its and the baseline's together with the same chance,
//! whatever the machine does meanwhile: so that every one of them takes longer than every one of the baseline's, or each
//! less, has a chance of 2 / C(n + m, n), of n turns against m (a permutation test, Fisher 1935). Turned about, the interval
//! holds each ratio by which the value's turns can be divided without that: from the shortest of the value's over the longest of
//! the baseline's to the longest over the shortest.
//!
//! It takes fewer turns than [`super::PairedTest`] takes blocks, and tells large differences only: for all others the paired
//! test goes on, with an error of its own.

use super::paired::Estimate;
use super::quantile::median;

/// Fewer turns of a value are too few for an estimate.
const LEAST_TURNS: u32 = 4;
const MOST_TURNS: u32 = 16;
const MOST_OF_BASELINE: u32 = 1000;

/// Turns of each value and of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotTurns {
    pub value: u32,
    pub baseline: u32,
}

impl LotTurns {
    /// The fewest in all by which each of so many values can be told from the baseline, with this chance of error each.
    pub fn fewest(values: usize, alpha: f64) -> Self {
        let enough = |value: u32| {
            let mut turns = (value..MOST_OF_BASELINE).map(|baseline| Self { value, baseline });
            turns.find(|turns| turns.chance() <= alpha.max(1e-9))
        };
        let fewest = (LEAST_TURNS..=MOST_TURNS).filter_map(enough).min_by_key(|turns| turns.total(values));
        fewest.unwrap_or(Self { value: MOST_TURNS, baseline: MOST_TURNS })
    }

    /// Turns in all, of so many values beside the baseline.
    pub fn total(self, values: usize) -> usize {
        self.baseline as usize + values * self.value as usize
    }

    /// That the lot alone separates a value from the baseline.
    fn chance(self) -> f64 {
        let choices = (1..=self.value).map(|i| f64::from(self.baseline + i) / f64::from(i)).product::<f64>();
        2.0 / choices
    }

    /// What the turns say of ln(time of the value / of the baseline), from ln(time) of each; `None` where some are missing.
    pub fn estimate(self, value: &[f64], baseline: &[f64]) -> Option<Estimate> {
        if value.len() < self.value as usize || baseline.len() < self.baseline as usize {
            return None;
        }
        let range = |times: &[f64]| {
            let start = (f64::INFINITY, f64::NEG_INFINITY);
            times.iter().fold(start, |(least, most), time| (least.min(*time), most.max(*time)))
        };
        let (value_range, baseline_range) = (range(value), range(baseline));
        let (low, high) = (value_range.0 - baseline_range.1, value_range.1 - baseline_range.0);
        // Of all pairs (Hodges and Lehmann 1963): a turn that lies apart hardly moves it.
        let differences = value.iter().flat_map(|v| baseline.iter().map(move |b| v - b)).collect();
        Some(Estimate { log_ratio: median(differences), low, high, blocks: self.value })
    }
}

#[cfg(test)]
mod tests {
    use super::super::paired::Stop;
    use super::super::screen::shuffle;
    use super::*;
    use crate::diagnose::sim::Dice;
    use rand::SeedableRng;
    use rand_pcg::Pcg64Mcg;

    const ALPHA: f64 = 0.025;

    #[test]
    fn as_few_turns_as_the_lot_allows() {
        let fewest = |values: usize| LotTurns::fewest(values, ALPHA / values as f64);
        // 2 / C(9, 4), 2 / C(10, 4), 2 / C(11, 4): a 63rd, a 105th and a 165th, of at most a 40th, an 80th and a 120th.
        for (values, value, baseline) in [(1, 4, 5), (2, 4, 6), (3, 4, 7), (4, 4, 7), (8, 4, 9)] {
            assert_eq!(fewest(values), LotTurns { value, baseline }, "{values}");
        }
        assert!((LotTurns { value: 5, baseline: 5 }.chance() - 2.0 / 252.0).abs() < 1e-12);
        assert!(fewest(1).chance() <= ALPHA && LotTurns { value: 4, baseline: 4 }.chance() > ALPHA);
        assert_eq!(fewest(3).total(3), 19);
        assert!(LotTurns::fewest(0, 0.0).value >= LEAST_TURNS);
    }

    #[test]
    fn an_interval_from_the_shortest_over_the_longest() {
        let turns = LotTurns { value: 4, baseline: 5 };
        let value = [1.8, 2.0, 1.9, 9.0];
        let estimate = turns.estimate(&value, &[0.0, 0.1, -0.1, 0.2, 0.0]).unwrap();
        assert!((estimate.low - 1.6).abs() < 1e-12 && (estimate.high - 9.1).abs() < 1e-12, "{estimate:?}");
        assert!((estimate.log_ratio - 1.9).abs() < 0.11, "one that lies apart moves it: {estimate:?}");
        assert_eq!(turns.estimate(&value[..3], &[0.0; 5]), None);
        assert_eq!(turns.estimate(&value, &[0.0; 4]), None);
    }

    /// What else the machine does, by how much (ln) a turn takes longer than it should.
    #[derive(Debug, Clone, Copy)]
    enum Machine {
        Normal,
        /// Sixfold for three turns in the mean.
        Bursts,
        /// One turn in twenty takes six times as long.
        Hiccups,
        /// Each turn takes a tenth longer than the one before.
        Drift,
        TwoPoints,
    }

    const MACHINES: [Machine; 5] =
        [Machine::Normal, Machine::Bursts, Machine::Hiccups, Machine::Drift, Machine::TwoPoints];

    impl Machine {
        fn turns(self, count: usize, dice: &mut Dice) -> Vec<f64> {
            let mut slow = false;
            let turn = |i: usize| match self {
                Self::Normal => 0.3 * dice.normal(),
                Self::Bursts => {
                    slow ^= dice.uniform() < 0.3;
                    0.1 * dice.normal() + if slow { 6f64.ln() } else { 0.0 }
                }
                Self::Hiccups => 0.1 * dice.normal() + if dice.uniform() < 0.05 { 6f64.ln() } else { 0.0 },
                Self::Drift => 0.05 * dice.normal() + 0.1 * i as f64,
                Self::TwoPoints => 1.8 * (dice.uniform() - 0.5).signum(),
            };
            (0..count).map(turn).collect()
        }
    }

    /// Three values beside a baseline, of these true ln(ratios): whether each is told from it, and whether all intervals hold
    /// the truth.
    fn trial(machine: Machine, truth: [f64; 3], seed: u64) -> ([bool; 3], bool) {
        let mut dice = Dice::new(seed);
        let turns = LotTurns::fewest(3, ALPHA / 3.0);
        let mut order: Vec<usize> = vec![0; turns.baseline as usize];
        (1..=3).for_each(|value| order.extend(std::iter::repeat_n(value, turns.value as usize)));
        shuffle(&mut Pcg64Mcg::seed_from_u64(seed + TRIALS), &mut order);
        let mut times = vec![Vec::new(); 4];
        for (of, more) in order.iter().zip(machine.turns(order.len(), &mut dice)) {
            let effect = if *of == 0 { 0.0 } else { truth[of - 1] };
            times[*of].push(more + effect);
        }
        let estimates = [1, 2, 3].map(|value| turns.estimate(&times[value], &times[0]).unwrap());
        // Of noise that has two values, ends are often the truth itself, but for rounding.
        let holds = |(estimate, truth): (&Estimate, f64)| estimate.low <= truth + 1e-9 && truth <= estimate.high + 1e-9;
        let told = estimates.map(|estimate| estimate.judge(0.02, Some(0.02)) == Some(Stop::Effect));
        (told, estimates.iter().zip(truth).all(holds))
    }

    const TRIALS: u64 = 4000;

    fn share(mut what: impl FnMut(u64) -> bool) -> f64 {
        (0..TRIALS).filter(|seed| what(*seed)).count() as f64 / TRIALS as f64
    }

    #[test]
    fn whatever_the_machine_does_one_in_forty_sweeps_is_wrong_at_most() {
        for machine in MACHINES {
            let false_alarms = share(|seed| trial(machine, [0.0; 3], seed).0.contains(&true));
            let truth = [6f64.ln(), 0.0, -0.3];
            let missed = share(|seed| !trial(machine, truth, seed).1);
            println!("{machine:?}: one of three is accused in {false_alarms:.4}, an interval misses in {missed:.4}");
            // 2.5 %, and three standard errors of so many trials.
            assert!(false_alarms <= 0.0325 && missed <= 0.0325, "{machine:?}: {false_alarms} {missed}");
        }
    }

    #[test]
    fn a_sixfold_difference_is_told_on_a_calm_machine() {
        let found = |machine, ratio: f64| share(|seed| trial(machine, [ratio.ln(), 0.0, 0.0], seed).0[0]);
        for (machine, least) in [(Machine::Normal, 0.99), (Machine::Drift, 0.85), (Machine::Hiccups, 0.6)] {
            let power = found(machine, 6.0);
            println!("{machine:?}: sixfold is told in {power:.3}, twofold in {:.3}", found(machine, 2.0));
            assert!(power >= least, "{machine:?}: {power}");
        }
    }
}
