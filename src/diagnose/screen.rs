//! Screening: which of many transforms is worth an experiment of its own.
//!
//! A pair is a segment with some of the transforms off and one with just the others off. Which are together is drawn by lot
//! from the columns of a Hadamard matrix: over a cycle of pairs, each transform is off with every other as often as apart
//! from it, so that all learn from every pair, and what one costs falls on either side of all others alike. So a transform
//! that changes nothing in whatever company is not taken for another's; and as the two of a pair mirror each other, what two
//! do only together cancels too.
//!
//! What comes out is an effect in mixed company: right where times add up, less where a slower trainer hides it. It says
//! whom to suspect. Convicted is nobody here: that takes segments with the suspect alone off ([`super::rounds`]).

use super::quantile::{LEAST_SD, median};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// Fewer pairs suspect nobody.
const FEWEST_PAIRS: usize = 8;
/// Standard errors that a suspect stands apart from nothing; more of few pairs, of which errors are estimated badly.
const SUSPICIOUS_ERRORS: f64 = 3.5;
const FEW_PAIRS: f64 = 4.0;
/// Differences so many median deviations away do not count.
const BIWEIGHT_REACH: f64 = 6.0;

/// One pair of segments.
#[derive(Debug)]
struct Pair {
    /// Of each transform: 1 where it was on in the first segment and off in the second, -1 the reverse, 0 on in both.
    signs: Vec<f64>,
    /// ln(step time of the first / of the second).
    difference: f64,
}

impl Pair {
    fn sign(&self, index: usize) -> f64 {
        self.signs.get(index).copied().unwrap_or(0.0)
    }
}

/// Pairs so far.
#[derive(Debug, Default)]
pub(super) struct Screen {
    pairs: Vec<Pair>,
    /// Rows of the matrix that this cycle has yet to use.
    rows: Vec<u64>,
    /// Of this cycle: the column of each transform in play, and whether it is turned about.
    columns: Vec<(usize, u64, bool)>,
}

impl Screen {
    /// For each of `count` transforms: whether it is on in the next pair's first segment, and in its second. Those not in
    /// play are on in both.
    pub fn draw(&mut self, dice: &mut Pcg64Mcg, count: usize, in_play: &[usize]) -> Vec<(bool, bool)> {
        let same = in_play.iter().copied().eq(self.columns.iter().map(|(index, _, _)| *index));
        if self.rows.is_empty() || !same {
            let size = cycle(in_play.len()) as u64;
            self.rows = (0..size).collect();
            shuffle(dice, &mut self.rows);
            let mut columns: Vec<u64> = (1..size).collect();
            shuffle(dice, &mut columns);
            let turned = |(index, column): (&usize, u64)| (*index, column, dice.next_u64() >> 63 == 1);
            self.columns = in_play.iter().zip(columns).map(turned).collect();
        }
        let row = self.rows.pop().unwrap_or(0);
        let mut sides = vec![(true, true); count];
        for (index, column, turned) in &self.columns {
            let first = ((row & column).count_ones() % 2 == 1) != *turned;
            if let Some(side) = sides.get_mut(*index) {
                *side = (first, !first);
            }
        }
        sides
    }

    /// Takes in a pair's d = ln(step time of its first segment / of its second).
    pub fn push(&mut self, sides: &[(bool, bool)], difference: f64) {
        let sign = |(first, second): &(bool, bool)| f64::from(i8::from(*first) - i8::from(*second));
        self.pairs.push(Pair { signs: sides.iter().map(sign).collect(), difference });
    }

    /// A cycle is complete, and there are pairs enough to judge by.
    pub fn may_judge(&self) -> bool {
        self.rows.is_empty() && self.pairs.len() >= FEWEST_PAIRS
    }

    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// Of the transforms asked about, the one whose effect is largest either way, and whether it stands apart from nothing
    /// by more than the margin (ln).
    pub fn first(&self, among: &[usize], margin: f64) -> Option<(usize, bool)> {
        let centre = |index: usize, known: &[(usize, f64)]| biweight(&self.differences(index, known));
        let means = among.iter().filter_map(|index| Some((*index, centre(*index, &[])?.0)));
        let mut means: Vec<(usize, f64)> = means.collect();
        means.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let (first, _) = *means.first()?;
        // The runner-up would pass for noise.
        let runner_up: Vec<(usize, f64)> = means.get(1).copied().into_iter().collect();
        let errors = SUSPICIOUS_ERRORS * (1.0 + FEW_PAIRS / self.pairs.len() as f64);
        // It only says whom to try, so that it may be bold with what lies apart.
        let apart = |(mean, error): (f64, f64)| mean.abs() >= (errors * error).max(margin);
        Some((first, self.pairs.len() >= FEWEST_PAIRS && centre(first, &runner_up).is_some_and(apart)))
    }

    /// The effect in mixed company (ln), and of how many pairs.
    pub fn mean(&self, index: usize) -> Option<(f64, u32)> {
        let differences = self.differences(index, &[]);
        let pairs = u32::try_from(differences.len()).unwrap_or(u32::MAX);
        Some((biweight(&differences)?.0, pairs))
    }

    /// Its ln(on / off) of each pair that it was in play, less what the known effects (transform, ln) make of it.
    fn differences(&self, index: usize, known: &[(usize, f64)]) -> Vec<f64> {
        let others = |pair: &Pair| {
            let known = known.iter().filter(|(other, _)| *other != index);
            known.map(|(other, effect)| pair.sign(*other) * effect).sum::<f64>()
        };
        let own = |pair: &Pair| {
            let sign = pair.sign(index);
            (sign != 0.0).then(|| sign * (pair.difference - others(pair)))
        };
        self.pairs.iter().filter_map(own).collect()
    }
}

/// Tukey's biweight: location and standard error; the error is infinite where nothing of a spread is left. `None` of none.
fn biweight(values: &[f64]) -> Option<(f64, f64)> {
    let middle = median(values.to_vec());
    let spread = median(values.iter().map(|value| (value - middle).abs()).collect()).max(LEAST_SD);
    let (mut weight, mut sum, mut squares, mut slope) = (0.0, 0.0, 0.0, 0.0);
    for value in values {
        let far = ((value - middle) / (BIWEIGHT_REACH * spread)).powi(2);
        if far < 1.0 {
            let inward = (1.0 - far).powi(2);
            weight += inward;
            sum += inward * (value - middle);
            squares += ((value - middle) * inward).powi(2);
            slope += (1.0 - far) * (1.0 - 5.0 * far);
        }
    }
    let error = if slope > 0.0 { squares.sqrt() / slope } else { f64::INFINITY };
    (weight > 0.0).then(|| (middle + sum / weight, error.max(LEAST_SD / (values.len() as f64).sqrt())))
}

/// Pairs of a cycle: columns enough that none is used twice.
pub(super) fn cycle(transforms: usize) -> usize {
    (transforms + 1).next_power_of_two().max(FEWEST_PAIRS)
}

/// In an order drawn by lot.
pub fn shuffle<T>(dice: &mut Pcg64Mcg, values: &mut [T]) {
    for i in (1..values.len()).rev() {
        let j = (u128::from(dice.next_u64()) * (i as u128 + 1)) >> 64;
        values.swap(i, j as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Two that cost something, one that does so only together with another, and noise of none.
    #[test]
    fn over_a_cycle_each_gets_its_own_share_and_no_other() {
        for seed in 0..50 {
            let mut dice = Pcg64Mcg::seed_from_u64(seed);
            let mut screen = Screen::default();
            let play: Vec<usize> = (0..6).collect();
            for _ in 0..cycle(6) {
                let sides = screen.draw(&mut dice, 6, &play);
                let time = |on: Vec<bool>| {
                    let cost = |index: usize, cost: f64| if on[index] { cost } else { 0.0 };
                    cost(1, 0.1) + cost(4, 0.03) + if on[2] && on[3] { 0.05 } else { 0.0 }
                };
                let first = time(sides.iter().map(|side| side.0).collect());
                let second = time(sides.iter().map(|side| side.1).collect());
                screen.push(&sides, first - second);
            }
            assert!(screen.may_judge());
            let expected = [0.0, 0.1, 0.025, 0.025, 0.03, 0.0];
            for (index, expected) in expected.iter().enumerate() {
                let differences = screen.differences(index, &[]);
                let mean = differences.iter().sum::<f64>() / differences.len() as f64;
                assert!((mean - expected).abs() < 1e-12, "{seed} {index}: {mean}");
            }
            assert_eq!(screen.first(&play, 0.02), Some((1, true)));
            assert_eq!(screen.first(&[0, 2, 4], 0.05), Some((4, false)));
        }
    }

    #[test]
    fn the_biweight_hears_the_many_and_not_the_few() {
        let calm: Vec<f64> = (0..20).map(|i| 0.1 + 0.01 * f64::from(i % 5 - 2)).collect();
        let torn: Vec<f64> = calm.iter().copied().chain([9.0, -7.0]).collect();
        let ((calm, calm_error), (torn, torn_error)) = (biweight(&calm).unwrap(), biweight(&torn).unwrap());
        assert!((calm - 0.1).abs() < 1e-12 && (torn - 0.1).abs() < 1e-12, "{calm} {torn}");
        // Of means it would be 0.01 * sqrt(2 / 19).
        assert!((calm_error / 0.00324 - 1.0).abs() < 0.2 && torn_error < 1.1 * calm_error, "{calm_error} {torn_error}");
        assert_eq!(biweight(&[]), None);
    }

    #[test]
    fn who_is_not_in_play_stays_on() {
        let mut dice = Pcg64Mcg::seed_from_u64(1);
        let mut screen = Screen::default();
        for _ in 0..20 {
            let sides = screen.draw(&mut dice, 4, &[0, 3]);
            assert_eq!(sides[1..3], [(true, true); 2]);
            assert!(sides[0].0 != sides[0].1 && sides[3].0 != sides[3].1);
            screen.push(&sides, 0.0);
        }
        assert!(screen.mean(1).is_none());
        assert_eq!(screen.mean(0).unwrap().1, 20);
    }
}
