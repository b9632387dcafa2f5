//! Paired comparisons: is training faster with a transform off, by how much, and when has one looked long enough?
//!
//! A block is a few steps with the transform on and a few with it off, close together and in an order drawn by lot; it
//! gives one difference, d = ln(step time on / step time off). The lot makes what drifts or repeats itself fall on either
//! sign alike, so under no effect the differences are symmetric about 0 and uncorrelated, whatever the machine does.
//!
//! **The interval** is the t mixture confidence sequence (Lai 1976; Wang and Ramdas 2025, "Anytime-valid t-tests"): for
//! normal differences of unknown spread it holds at all numbers of blocks at once with the probability asked for, from the
//! second block on, so that looking after every block and stopping when one likes raises no false alarm. For symmetric
//! heavy tails it is on the safe side, as t tests are; the simulations in `tests_paired.rs` hold it to that. It is cut to what
//! a second one holds that asks for symmetry alone ([`super::betting`]), each with half the error: beside a neighbour that one
//! is the narrower, on a calm machine the first.
//!
//! **Against outliers** step times are capped within a block ([`block_log_ratio`]) and differences are winsorised at 3
//! robust standard deviations, an eighth of them at most, once there are [`WINSORISE_FROM`]; the spread is widened by the
//! share that was cut. So intervals are about the usual step, not about a rare hiccup: those are the stall card's.
//!
//! **Many transforms**: the error is divided by their number (Bonferroni), so that all intervals hold at once and a
//! bisect over them accuses an innocent one in at most 5 % of cases.

use super::betting::{betting_interval, is_bet_away};
use super::quantile::{LEAST_SD, median, quantile};
use std::cell::OnceCell;

/// Differences are winsorised from this number on. Of fewer, one that lies apart may as well be the rarer side of a
/// distribution of two points.
const WINSORISE_FROM: usize = 16;
const WINSORISE_AT_SDS: f64 = 3.0;
/// A normal distribution's standard deviation over its median absolute deviation.
const SD_OF_MAD: f64 = 1.4826;
/// Mean to standard deviation of the effects that the mixture is made for. 2 makes the interval narrowest between 8 and
/// 30 blocks; anything from 1 to 4 is within a tenth of that up to 60.
const MIXTURE_SD: f64 = 2.0;
/// A step may count as so many medians of its block ...
const CAP_MEDIANS: f64 = 2.0;
/// ... or, where more than what is beyond this quantile is longer, as much as the quantile: a loader that delivers in bursts
/// keeps its pattern. Of
/// differences too no more than what is beyond this quantile is cut.
const CAP_QUANTILE: f64 = 0.875;

/// How a comparison is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedTestSettings {
    /// Chance of a false alarm over all comparisons together; 0.05 for 95 %.
    pub alpha: f64,
    /// Comparisons that share it; at least 1.
    pub comparisons: usize,
    /// Effects whose interval lies within this share on both sides are none.
    pub margin_frac: f64,
    /// The budget is spent after so many blocks.
    pub max_blocks: u32,
}

impl Default for PairedTestSettings {
    fn default() -> Self {
        Self { alpha: 0.05, comparisons: 1, margin_frac: 0.02, max_blocks: 60 }
    }
}

/// Why no more blocks are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The interval leaves 0 out and the estimate stands above the noise floor.
    Effect,
    /// The interval lies inside the margin.
    Nothing,
    /// No more blocks are to be had, and neither can be said.
    Budget,
}

/// What the blocks so far say of d = ln(time on / time off).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub log_ratio: f64,
    /// Infinite where there are too few blocks.
    pub low: f64,
    pub high: f64,
    pub blocks: u32,
}

impl Estimate {
    /// What the interval leaves no doubt of. An effect is one if the interval leaves 0 out and the estimate stands above the
    /// noise floor; whoever's interval leaves 0 out by more than the margin is one whatever the floor.
    pub fn judge(&self, margin_frac: f64, noise_floor_frac: Option<f64>) -> Option<Stop> {
        let (is_below, is_above) = (|effect: f64| self.high < effect, |effect: f64| self.low > effect);
        judge(self.log_ratio, is_below, is_above, margin_frac, noise_floor_frac)
    }

    /// What another interval about the same effect holds too; the chances that either is wrong add up.
    pub fn cut_to(self, other: &Self) -> Self {
        let (low, high) = in_both((self.low, self.high), (other.low, other.high));
        Self { log_ratio: self.log_ratio.clamp(low, high), low, high, ..self }
    }
}

/// Where nothing is in both, one of them is wrong, and all of either is kept.
fn in_both(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    let both = (one.0.max(other.0), one.1.min(other.1));
    let either = (one.0.min(other.0), one.1.max(other.1));
    if both.0 <= both.1 { both } else { either }
}

/// The one rule by which all experiments decide; the interval lies below, or above, the effects (ln) asked about.
fn judge(
    mean: f64,
    is_below: impl Fn(f64) -> bool,
    is_above: impl Fn(f64) -> bool,
    margin_frac: f64,
    noise_floor_frac: Option<f64>,
) -> Option<Stop> {
    let margin = margin_frac.ln_1p();
    let believed = effect_frac(mean.abs()) >= noise_floor_frac.unwrap_or(0.0);
    if believed && (is_above(0.0) || is_below(0.0)) || is_above(margin) || is_below(-margin) {
        Some(Stop::Effect)
    } else {
        (is_above(-margin) && is_below(margin)).then_some(Stop::Nothing)
    }
}

/// The share by which training is faster with it off: images a second off / on, less 1, of d = ln(time on / time off).
pub fn effect_frac(log_ratio: f64) -> f64 {
    log_ratio.exp_m1()
}

/// One transform's series of differences.
#[derive(Debug, Clone)]
pub struct PairedTest {
    settings: PairedTestSettings,
    differences: Vec<f64>,
    /// Of these differences, once it was asked for.
    estimate: OnceCell<Option<Estimate>>,
}

impl PairedTest {
    pub fn new(settings: PairedTestSettings) -> Self {
        Self { settings, differences: Vec::new(), estimate: OnceCell::new() }
    }

    /// Takes in a block's d = ln(time on / time off); what is not finite is left out.
    pub fn push(&mut self, difference: f64) {
        if difference.is_finite() {
            self.differences.push(difference);
            self.estimate.take();
        }
    }

    pub fn blocks(&self) -> u32 {
        u32::try_from(self.differences.len()).unwrap_or(u32::MAX)
    }

    pub fn differences(&self) -> &[f64] {
        &self.differences
    }

    /// `None` before the first block; without bounds before [`Self::fewest_blocks`], as nothing is decided by fewer.
    pub fn estimate(&self) -> Option<Estimate> {
        *self.estimate.get_or_init(|| {
            let (mean, by_t) = self.t_mixture()?;
            if self.blocks() < self.fewest_blocks() {
                let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
                return Some(Estimate { log_ratio: mean, low, high, blocks: self.blocks() });
            }
            let by_bets = betting_interval(&self.differences, 0.5 * self.alpha());
            let (low, high) = in_both(by_t, by_bets);
            Some(Estimate { log_ratio: mean.clamp(low, high), low, high, blocks: self.blocks() })
        })
    }

    /// The estimate's middle, without its interval. `None` before the first block.
    pub fn mean(&self) -> Option<f64> {
        Centre::of(&self.differences).map(|centre| centre.mean)
    }

    /// The mean and one of the two intervals.
    fn t_mixture(&self) -> Option<(f64, (f64, f64))> {
        let centre = Centre::of(&self.differences)?;
        let half = centre.sd * half_width_sds(self.differences.len(), 0.5 * self.alpha());
        Some((centre.mean, (centre.mean - half, centre.mean + half)))
    }

    /// Whether to go on (`None`); `noise_floor_frac` is what an A/A control series shows, see [`Estimate::judge`].
    pub fn stop(&self, noise_floor_frac: Option<f64>) -> Option<Stop> {
        let (mean, (low, high)) = self.t_mixture()?;
        let enough = self.blocks() >= self.fewest_blocks();
        // The same as where the estimate's ends lie, without the search for them.
        let is_below = |effect: f64| high < effect || mean < effect && self.is_bet_away(effect);
        let is_above = |effect: f64| low > effect || mean > effect && self.is_bet_away(effect);
        let judged = enough.then(|| judge(mean, is_below, is_above, self.settings.margin_frac, noise_floor_frac));
        judged.flatten().or_else(|| (self.blocks() >= self.settings.max_blocks).then_some(Stop::Budget))
    }

    /// The same by the ends of the estimate, without a thought of the budget.
    pub fn judge(&self, noise_floor_frac: Option<f64>) -> Option<Stop> {
        self.estimate()?.judge(self.settings.margin_frac, noise_floor_frac)
    }

    fn is_bet_away(&self, effect: f64) -> bool {
        is_bet_away(&self.differences, effect, 0.5 * self.alpha())
    }

    /// Nothing is decided before so many blocks. Were all differences of one size and their signs by lot, the most
    /// treacherous of symmetric distributions, so many of one sign would still be rarer than half the error allowed.
    pub fn fewest_blocks(&self) -> u32 {
        (2.0 + (1.0 / self.alpha()).log2()).ceil().clamp(6.0, 64.0) as u32
    }

    pub fn margin_frac(&self) -> f64 {
        self.settings.margin_frac
    }

    fn alpha(&self) -> f64 {
        self.settings.alpha.clamp(1e-9, 0.5) / self.settings.comparisons.max(1) as f64
    }
}

/// Half the interval's width in standard deviations of a difference, valid for all numbers of blocks at once; infinite
/// for so few that nothing can be said.
///
/// The mixture over effects N(0, g²) in standard deviations makes of n differences with t statistic t the martingale
/// (1 + n g²)^(-1/2) ((1 + t²/(n-1)) / (1 + t²/((n-1)(1 + n g²))))^(n/2), which exceeds 1/alpha with a chance below
/// alpha. Solved for t.
fn half_width_sds(blocks: usize, alpha: f64) -> f64 {
    let n = blocks as f64;
    if blocks < 2 {
        return f64::INFINITY;
    }
    let spread = 1.0 + n * MIXTURE_SD * MIXTURE_SD;
    let k = (spread.sqrt() / alpha).powf(2.0 / n);
    if k >= spread {
        return f64::INFINITY;
    }
    let t2_a_degree = (k - 1.0) / (1.0 - k / spread);
    (t2_a_degree * (n - 1.0) / n).sqrt()
}

/// Winsorised mean and standard deviation.
#[derive(Debug, Clone, Copy)]
struct Centre {
    pub mean: f64,
    /// Infinite of one value.
    pub sd: f64,
}

impl Centre {
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let (low, high) = if values.len() < WINSORISE_FROM {
            (f64::NEG_INFINITY, f64::INFINITY)
        } else {
            let middle = median(values.to_vec());
            let mut far: Vec<f64> = values.iter().map(|v| (v - middle).abs()).collect();
            let mad = quantile(&mut far, 0.5);
            let reach = (WINSORISE_AT_SDS * (SD_OF_MAD * mad).max(LEAST_SD)).max(quantile(&mut far, CAP_QUANTILE));
            (middle - reach, middle + reach)
        };
        let cut = values.iter().filter(|v| **v < low || **v > high).count() as f64;
        let mean = values.iter().map(|v| v.clamp(low, high)).sum::<f64>() / n;
        if values.len() < 2 {
            return Some(Self { mean, sd: f64::INFINITY });
        }
        let squares: f64 = values.iter().map(|v| (v.clamp(low, high) - mean).powi(2)).sum();
        // A value that was cut no longer moves the mean: the others weigh more, and so does their spread.
        let sd = (squares / (n - 1.0)).sqrt() / (1.0 - cut / n);
        Some(Self { mean, sd: sd.max(LEAST_SD) })
    }
}

/// What a step may count as among these: see [`block_log_ratio`].
pub(super) fn step_cap_secs(mut step_secs: Vec<f64>) -> f64 {
    let cap = CAP_MEDIANS * quantile(&mut step_secs, 0.5);
    let long = step_secs.iter().filter(|secs| **secs > cap).count();
    // Of eight steps one is an eighth, and not more.
    let is_rare = long as f64 <= (1.0 - CAP_QUANTILE) * step_secs.len() as f64;
    if is_rare { cap } else { quantile(&mut step_secs, CAP_QUANTILE) }
}

/// A block's d = ln(mean step time on / mean step time off), from step times in seconds.
///
/// Steps longer than two medians of the whole block, on and off together, count as two medians, unless more than an
/// eighth of the block is that long: then it is no hiccup but how the run goes. `None` without a step on either side, or
/// where a time is not a positive number.
pub fn block_log_ratio(on_secs: &[f64], off_secs: &[f64]) -> Option<f64> {
    let all = [on_secs, off_secs].concat();
    if all.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return None;
    }
    let cap = step_cap_secs(all);
    let mean = |secs: &[f64]| secs.iter().map(|s| s.min(cap)).sum::<f64>() / secs.len() as f64;
    let ratio = (mean(on_secs) / mean(off_secs)).ln();
    ratio.is_finite().then_some(ratio)
}

/// The usual step time of one side of a comparison, in the unit of `step_secs`: their mean, capped as a block's
/// ([`block_log_ratio`]) but by this side alone. For sides that take their steps apart, and in different numbers. `None`
/// without a step, or where a time is not a positive number.
pub fn usual_step_secs(step_secs: &[f64]) -> Option<f64> {
    if step_secs.is_empty() || step_secs.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return None;
    }
    let cap = step_cap_secs(step_secs.to_vec());
    Some(step_secs.iter().map(|s| s.min(cap)).sum::<f64>() / step_secs.len() as f64)
}

/// The largest effect that a control series, on against on, still allows for with 95 %: `|mean|` and what it may be off
/// by. Effects below it are not to be believed. `None` from fewer than 4 blocks.
pub fn noise_floor(differences: &[f64]) -> Option<f64> {
    let centre = Centre::of(differences).filter(|_| differences.len() >= 4)?;
    let n = differences.len() as f64;
    Some(effect_frac(centre.mean.abs() + t_975(n - 1.0) * centre.sd / n.sqrt()))
}

/// Student's 97.5 % quantile by Cornish and Fisher's expansion; within 2 % from 3 degrees up.
fn t_975(degrees: f64) -> f64 {
    let z: f64 = 1.959_964;
    z + (z.powi(3) + z) / (4.0 * degrees)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * degrees * degrees)
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * degrees.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_step_counts_as_two_medians_and_a_burst_as_it_is() {
        let calm = [1.0; 16];
        let mut hiccup = [1.0; 16];
        hiccup[3] = 10.0;
        let expected = (17.0f64 / 16.0).ln();
        assert!((block_log_ratio(&hiccup, &calm).unwrap() - expected).abs() < 1e-12);
        // One of eight, as in a card's blocks.
        let few = block_log_ratio(&[1.0, 10.0, 1.0, 1.0], &[1.0; 4]).unwrap();
        assert!((few - 1.25f64.ln()).abs() < 1e-12, "{few}");
        // Three short steps and one long, on either side; on takes half as long again.
        let off = [0.1, 0.1, 0.1, 3.7].repeat(4);
        let on: Vec<f64> = off.iter().map(|s| s * 1.5).collect();
        assert!((block_log_ratio(&on, &off).unwrap() - 1.5f64.ln()).abs() < 0.2);
        assert_eq!(block_log_ratio(&[], &calm), None);
        assert_eq!(block_log_ratio(&[f64::NAN], &calm), None);
        assert_eq!(block_log_ratio(&[0.0], &calm), None);
    }

    #[test]
    fn one_side_s_usual_step_leaves_its_hiccups_out() {
        let mut secs = vec![0.1; 16];
        secs[5] = 7.0;
        assert!((usual_step_secs(&secs).unwrap() - 1.7 / 16.0).abs() < 1e-12);
        assert_eq!(usual_step_secs(&[]), None);
        assert_eq!(usual_step_secs(&[0.1, f64::INFINITY]), None);
    }

    /// Figures by hand: n = 10, g = 2, alpha = 0.05: spread 41, k = (sqrt 41 / 0.05)^0.2 = 2.6395, (k - 1) / (1 - k / 41)
    /// = 1.7523, times 0.9.
    #[test]
    fn the_interval_is_as_wide_as_the_formula_says() {
        assert!((half_width_sds(10, 0.05) - (1.7523f64 * 0.9).sqrt()).abs() < 1e-3, "{}", half_width_sds(10, 0.05));
        assert_eq!(half_width_sds(1, 0.05), f64::INFINITY);
        assert_eq!(half_width_sds(2, 0.05), f64::INFINITY);
        assert!((8..200).all(|n| half_width_sds(n + 1, 0.01) < half_width_sds(n, 0.01)));
    }

    #[test]
    fn students_quantiles_are_near() {
        for (degrees, expected) in [(3.0, 3.1824), (5.0, 2.5706), (10.0, 2.2281), (30.0, 2.0423)] {
            assert!((t_975(degrees) / expected - 1.0).abs() < 0.02, "{degrees}: {}", t_975(degrees));
        }
    }

    #[test]
    fn one_spike_among_differences_hardly_moves_the_estimate() {
        let mut test = PairedTest::new(PairedTestSettings::default());
        for i in 0..20 {
            test.push(0.10 + 0.01 * f64::from(i % 5 - 2));
        }
        let calm = test.estimate().unwrap();
        test.push(3.0);
        test.push(f64::NAN);
        let estimate = test.estimate().unwrap();
        assert_eq!(estimate.blocks, 21);
        assert!((estimate.log_ratio - calm.log_ratio).abs() < 0.005, "{estimate:?}");
        assert!(estimate.low > 0.05 && estimate.high < 0.15, "{estimate:?}");
    }

    #[test]
    fn an_effect_below_the_noise_floor_is_refused() {
        let stops = |margin_frac: f64| {
            let mut test = PairedTest::new(PairedTestSettings { margin_frac, ..PairedTestSettings::default() });
            for i in 0..30 {
                test.push(0.01 + 0.001 * f64::from(i % 3 - 1));
            }
            let by_estimate = [None, Some(0.009), Some(0.02)].map(|floor| test.judge(floor));
            assert_eq!([None, Some(0.009), Some(0.02)].map(|floor| test.stop(floor)), by_estimate);
            by_estimate
        };
        assert_eq!(stops(0.0099), [Some(Stop::Effect), Some(Stop::Effect), None]);
        // By more than the margin for certain it is one whatever the floor.
        assert_eq!(stops(0.005), [Some(Stop::Effect); 3]);
    }

    #[test]
    fn two_intervals_are_cut_to_what_both_hold() {
        let estimate = |log_ratio: f64, low: f64, high: f64| Estimate { log_ratio, low, high, blocks: 8 };
        let one = estimate(0.5, 0.1, 0.9);
        assert_eq!(one.cut_to(&estimate(0.0, f64::NEG_INFINITY, 0.4)), estimate(0.4, 0.1, 0.4));
        assert_eq!(one.cut_to(&estimate(2.0, 1.0, 3.0)), estimate(0.5, 0.1, 3.0), "one of them is wrong");
    }

    #[test]
    fn a_control_series_gives_a_floor_that_shrinks() {
        let wobble = |n: i32| (0..n).map(|i| 0.02 * f64::from(i % 3 - 1)).collect::<Vec<_>>();
        assert_eq!(noise_floor(&wobble(3)), None);
        let (few, many) = (noise_floor(&wobble(6)).unwrap(), noise_floor(&wobble(60)).unwrap());
        assert!(few > many && many > 0.002 && few < 0.05, "{few} {many}");
    }
}
