//! The quick phase: a few turns of each value and of the baseline, in one order drawn by lot. Whoever's all lie on one side of
//! the baseline's is told from it (`diagnose::LotTurns`), in a fraction of what rounds take; for the others its turns are the
//! first rounds.

use super::arm::{Arm, guess_by_rates};
use crate::diagnose::{LotTurns, shuffle};
use rand_pcg::Pcg64Mcg;

/// Whose turn, and which of theirs.
pub(super) type Turn = (usize, usize);

#[derive(Debug)]
pub(super) struct QuickPhase {
    baseline: usize,
    turns: LotTurns,
    /// Those to come, the next one last.
    order: Vec<Turn>,
    /// Seconds an image, by value and turn.
    secs: Vec<Vec<Option<f64>>>,
    taken: usize,
    concluded: bool,
}

impl QuickPhase {
    /// Of so many values, some of which are still to be compared with the baseline, with this chance of error each.
    pub fn new(values: usize, baseline: usize, open: &[usize], alpha: f64, dice: &mut Pcg64Mcg) -> Self {
        let turns = LotTurns::fewest(open.len(), alpha);
        let of = |i: usize, count: u32| (0..count as usize).map(move |turn| (i, turn));
        let mut order: Vec<Turn> = of(baseline, turns.baseline).collect();
        order.extend(open.iter().flat_map(|i| of(*i, turns.value)));
        shuffle(dice, &mut order);
        let most = turns.baseline.max(turns.value) as usize;
        Self { baseline, turns, order, secs: vec![vec![None; most]; values], taken: 0, concluded: false }
    }

    /// Whose the turns to come are.
    pub fn to_come(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().map(|(i, _)| *i)
    }

    /// The next turn; those whose engine is gone have none, and nobody has where the baseline's is.
    pub fn next_turn(&mut self, arms: &[Arm]) -> Option<Turn> {
        let is_gone = |i: usize| arms.get(i).is_none_or(|arm| arm.note.is_some());
        if is_gone(self.baseline) {
            self.order.clear();
        }
        self.order.retain(|(i, _)| !is_gone(*i));
        self.order.pop()
    }

    /// Takes in a turn's seconds an image; what they say so far is shown, and proves nothing.
    pub fn take(&mut self, arms: &mut [Arm], (i, turn): Turn, secs: Option<f64>) {
        self.taken += 1;
        let (Some(secs), Some(arm)) = (secs, arms.get_mut(i)) else { return };
        arm.push_rate(secs);
        if let Some(place) = self.secs.get_mut(i).and_then(|turns| turns.get_mut(turn)) {
            *place = Some(secs);
        }
        guess_by_rates(arms, self.baseline);
    }

    /// After the last turn: tells the values what it came to, once.
    pub fn conclude(&mut self, arms: &mut [Arm]) {
        if std::mem::replace(&mut self.concluded, true) {
            return;
        }
        let logs = |i: usize| self.measured(i).into_iter().map(f64::ln).collect::<Vec<f64>>();
        let baseline = logs(self.baseline);
        for (i, arm) in arms.iter_mut().enumerate().filter(|(i, _)| *i != self.baseline) {
            let value = logs(i);
            if let Some(by_lot) = self.turns.estimate(&value, &baseline) {
                // Which turn is whose first, second and so on was drawn by lot too.
                arm.push_lot(by_lot, value.iter().zip(&baseline).map(|(value, baseline)| value - baseline));
            }
        }
    }

    /// Seconds that the turns not taken would have needed, as those taken did in that time; 0 where none was.
    pub fn missing_secs(&self, spent_secs: f64) -> f64 {
        // One was under way.
        let missing = self.order.len() + 1;
        if self.taken == 0 { 0.0 } else { spent_secs / (self.taken + 1) as f64 * missing as f64 }
    }

    fn measured(&self, i: usize) -> Vec<f64> {
        self.secs.get(i).into_iter().flatten().flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::arm::quick_alpha;
    use super::super::report::Standing;
    use super::*;
    use rand::SeedableRng;

    fn arms() -> Vec<Arm> {
        let mut arms: Vec<Arm> = ["1", "2", "3", "4"].iter().map(|value| Arm::new(value, 4, 0.05, 0.02)).collect();
        arms[0].begin(Standing::Baseline, None);
        arms[1..].iter_mut().for_each(|arm| arm.begin(Standing::Measuring, Some("1")));
        arms
    }

    fn phase(open: &[usize]) -> QuickPhase {
        QuickPhase::new(4, 0, open, quick_alpha(4, 0.05), &mut Pcg64Mcg::seed_from_u64(1))
    }

    /// Plays it to its end; `secs` of whose turn, and of which turn of all.
    fn play(phase: &mut QuickPhase, arms: &mut [Arm], secs: impl Fn(usize, usize) -> Option<f64>) -> Vec<usize> {
        let mut order = Vec::new();
        while let Some(turn) = phase.next_turn(arms) {
            order.push(turn.0);
            phase.take(arms, turn, secs(turn.0, order.len()));
        }
        phase.conclude(arms);
        order
    }

    #[test]
    fn nineteen_turns_tell_four_values_apart() {
        let (mut phase, mut arms) = (phase(&[1, 2, 3]), arms());
        let wobble = |turn: usize| 1.0 + 0.02 * (turn % 5) as f64;
        let secs = |i: usize, turn: usize| Some([1.0, 6.0, 0.5, 1.01][i] * wobble(turn));
        let order = play(&mut phase, &mut arms, secs);
        let turns = |i: usize| order.iter().filter(|of| **of == i).count();
        assert_eq!([0, 1, 2, 3].map(turns), [7, 4, 4, 4]);
        assert!(order[..7] != [0; 7], "drawn by lot: {order:?}");
        let standings: Vec<Standing> = arms.iter().map(|arm| arm.standing).collect();
        assert_eq!(standings, [Standing::Baseline, Standing::Slower, Standing::Faster, Standing::Measuring]);
        assert_eq!(arms[3].point().blocks, 4, "its turns are rounds");
        phase.conclude(&mut arms);
        assert_eq!(arms[3].point().blocks, 4, "but once");
    }

    #[test]
    fn one_turn_on_the_other_side_proves_nothing() {
        let (mut phase, mut arms) = (phase(&[1, 2, 3]), arms());
        let mut order = Vec::new();
        while let Some(turn) = phase.next_turn(&arms) {
            order.push(turn);
            let hiccup = if turn == (0, 6) { 9.0 } else { 1.0 };
            phase.take(&mut arms, turn, Some(hiccup * if turn.0 == 1 { 6.0 } else { 1.0 + 0.01 * turn.1 as f64 }));
        }
        phase.conclude(&mut arms);
        assert_eq!(arms[1].standing, Standing::Measuring);
        let ratio = arms[1].time_ratio().unwrap();
        assert!(ratio.low.unwrap() < 1.0 && (5.0..6.1).contains(&ratio.estimate), "{ratio:?}");
    }

    #[test]
    fn what_was_broken_off_is_a_guess() {
        let (mut phase, mut arms) = (phase(&[1, 2, 3]), arms());
        for _ in 0..18 {
            let turn = phase.next_turn(&arms).unwrap();
            phase.take(&mut arms, turn, Some(if turn.0 == 1 { 6.0 } else { 1.0 }));
        }
        let ratio = arms[1].time_ratio().unwrap();
        assert!((ratio.estimate - 6.0).abs() < 1e-9 && ratio.low.is_none(), "{ratio:?}");
        assert_eq!((arms[1].standing, arms[1].point().blocks), (Standing::Measuring, 0));
        assert_eq!(phase.to_come().count(), 1);
        phase.next_turn(&arms);
        assert!((phase.missing_secs(38.0) - 2.0).abs() < 1e-9, "the one under way: {}", phase.missing_secs(38.0));
    }

    #[test]
    fn whose_engine_is_gone_has_no_more_turns() {
        let (mut phase, mut arms) = (self::phase(&[1, 2, 3]), self::arms());
        arms[2].fail("gone".into());
        let order = play(&mut phase, &mut arms, |i, _| Some(1.0 + i as f64));
        assert!(!order.contains(&2) && order.len() == 15, "{order:?}");
        assert_eq!((arms[1].standing, arms[3].standing), (Standing::Slower, Standing::Slower));
        let (mut phase, mut arms) = (self::phase(&[1, 2, 3]), self::arms());
        arms[0].fail("gone".into());
        assert!(play(&mut phase, &mut arms, |_, _| Some(1.0)).is_empty());
        assert!(arms[1..].iter().all(|arm| arm.time_ratio().is_none()));
    }
}
