//! An interval for differences that are symmetric about the effect, whatever else they are.
//!
//! Were delta the effect, each residual d - delta would have either sign with the same chance, whatever its size. So bet on
//! the sign, more the larger the residual is beside the usual one so far: money that doubles by chance alone is as rare as
//! it should be, at all numbers of blocks at once (Ville 1939; Ramdas, Ruf, Larsson and Koolen 2022). What the interval
//! holds is each delta against which less than 1/alpha is won.
//!
//! On residuals that lie far out no bet is made (Tukey's biweight): they say that a neighbour came or went, not which side
//! of the comparison is faster. Where these are many, this interval is half as wide as the t mixture's, which needs fewer
//! blocks where there are none; [`super::paired`] takes the part that both hold.

use super::quantile::{LEAST_SD, median};

/// Stakes, as log odds of a residual of the usual size; an even mixture over them, and over both directions.
const STAKES: [f64; 4] = [0.15, 0.4, 1.0, 2.5];
/// Residuals from so many times the usual size on are not bet on.
const FAR: f64 = 4.5;
/// Later ones are not bet on either, as each costs time at every look: what was won by then stays, and so does the promise.
const MOST_BETS: usize = 1000;
/// How finely the interval's ends are looked for, of its half width.
const PRECISION: f64 = 0.02;
/// Differences further than this (ln) from the median are not looked at.
const FARTHEST: f64 = 5.0;

/// Infinite ends where nothing can be said.
pub(super) fn betting_interval(differences: &[f64], alpha: f64) -> (f64, f64) {
    let middle = median(differences.to_vec());
    let mut sizes = Vec::with_capacity(differences.len());
    let mut reach = |direction: f64| {
        let mut is_held = |reach: f64| wealth(differences, middle + direction * reach, &mut sizes) < 1.0 / alpha;
        let (mut inner, mut outer) = (0.0, 2.0 * LEAST_SD);
        while is_held(outer) {
            (inner, outer) = (outer, 2.0 * outer);
            if outer > FARTHEST {
                return f64::INFINITY;
            }
        }
        while outer - inner > PRECISION * outer {
            let halfway = 0.5 * (inner + outer);
            if is_held(halfway) { inner = halfway } else { outer = halfway }
        }
        outer
    };
    (middle - reach(-1.0), middle + reach(1.0))
}

/// The interval leaves this effect out.
pub(super) fn is_bet_away(differences: &[f64], effect: f64, alpha: f64) -> bool {
    wealth(differences, effect, &mut Vec::with_capacity(differences.len())) >= 1.0 / alpha
}

/// What was won against this effect, of 1. `sizes` is scratch.
fn wealth(differences: &[f64], effect: f64, sizes: &mut Vec<f64>) -> f64 {
    let bets = differences.iter().take(MOST_BETS);
    let mut up = [1.0; STAKES.len()];
    let mut down = up;
    sizes.clear();
    for difference in bets {
        let residual = difference - effect;
        // The usual size may know this residual's, but not its sign.
        let at = sizes.partition_point(|size| *size < residual.abs());
        sizes.insert(at, residual.abs());
        let usual = sizes.get(sizes.len() / 2).copied().unwrap_or_default().max(LEAST_SD);
        let relative = residual / usual;
        if relative.abs() >= FAR {
            continue;
        }
        let bet = relative * (1.0 - (relative / FAR).powi(2)).powi(2);
        for ((up, down), stake) in up.iter_mut().zip(&mut down).zip(STAKES) {
            let odds = (2.0 * stake * bet).exp();
            *up *= 2.0 * odds / (1.0 + odds);
            *down *= 2.0 / (1.0 + odds);
        }
    }
    up.iter().chain(&down).sum::<f64>() / (2 * STAKES.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::sim::Dice;

    /// All of one sign and size: each bet wins 2 odds / (1 + odds), by hand for three.
    #[test]
    fn wealth_is_what_the_bets_pay() {
        let bet = (1.0f64 - 1.0 / (FAR * FAR)).powi(2);
        let paid = |stake: f64| {
            let odds = (2.0 * stake * bet).exp();
            (2.0 * odds / (1.0 + odds)).powi(3) + (2.0 / (1.0 + odds)).powi(3)
        };
        let expected = STAKES.into_iter().map(paid).sum::<f64>() / 8.0;
        let mut sizes = Vec::new();
        assert!((wealth(&[0.3, 0.3, 0.3], 0.0, &mut sizes) - expected).abs() < 1e-12);
        assert!((wealth(&[0.3, 0.3, 0.3], 0.6, &mut sizes) - expected).abs() < 1e-12);
        assert_eq!(wealth(&[0.3; 3], 0.3, &mut sizes), 1.0);
        // One that lies apart costs nothing.
        let calm = wealth(&[0.3; 9], 0.0, &mut sizes);
        let torn: Vec<f64> = [0.3; 9].into_iter().chain([-9.0]).collect();
        assert_eq!(wealth(&torn, 0.0, &mut sizes), calm);
    }

    #[test]
    fn few_say_nothing_and_many_are_held_tight() {
        assert_eq!(betting_interval(&[0.1; 4], 0.05), (f64::NEG_INFINITY, f64::INFINITY));
        let (low, high) = betting_interval(&[0.1; 40], 0.05);
        assert!(low > 0.09 && high < 0.11, "{low} {high}");
    }

    /// At each of 200 blocks, of three symmetric distributions about 0.1 that no t test was made for.
    #[test]
    fn it_holds_the_effect_at_all_numbers_of_blocks_at_once() {
        type Draw = fn(&mut Dice) -> f64;
        let kinds: [(&str, Draw); 3] = [
            ("normal", Dice::normal),
            ("a neighbour now and then", |dice| dice.normal() * if dice.uniform() < 0.3 { 1.0 } else { 0.1 }),
            ("two points", |dice| if dice.uniform() < 0.5 { 1.0 } else { -1.0 }),
        ];
        for (name, draw) in kinds {
            let misses = (0..400).filter(|seed| {
                let mut dice = Dice::new(*seed);
                let differences: Vec<f64> = (0..200).map(|_| 0.1 + 0.05 * draw(&mut dice)).collect();
                let mut sizes = Vec::new();
                (6..=200).any(|n| wealth(&differences[..n], 0.1, &mut sizes) >= 20.0)
            });
            let misses = misses.count();
            println!("{name}: {misses} of 400 miss it once in 200 blocks");
            assert!(misses <= 28, "{name}: {misses}");
        }
    }
}
