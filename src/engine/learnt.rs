//! What was measured of changes to a run and still holds for it: the verdict says that in the place of what it predicts.

use crate::diagnose::{Setup, speedup};
use crate::protocol::{BisectVerdict, ChangeEffect, Culprit, Decision, Gain, RunChange, Trial};

/// What the last bisect found, while the run is as it was then or as that advised.
#[derive(Debug, Default)]
pub(super) struct Found {
    trials: Vec<Trial>,
    verdict: Option<BisectVerdict>,
    /// Stages that it advised to switch off, and that a person did.
    followed: Vec<String>,
}

impl Found {
    pub fn new(trials: Vec<Trial>, verdict: Option<BisectVerdict>) -> Self {
        Self { trials, verdict, followed: Vec::new() }
    }

    /// A person changed the run; `switched_off` names the stages that are off by that, where that is all it did.
    pub fn changed(&mut self, switched_off: &[String]) {
        if self.verdict.as_ref().is_some_and(|verdict| verdict.is_followed_by(switched_off)) {
            self.followed.extend_from_slice(switched_off);
        } else {
            *self = Self::default();
        }
    }

    /// What switching a stage off brings the run as it is, decided or not.
    pub fn off(&self, stage: &str) -> Option<Gain> {
        gain_of(self.trials.iter().find(|trial| trial.transform == stage && self.is_of_now(trial))?)
    }

    /// What switching several off brings it, by what each of these culprits was found to cost.
    pub fn off_together(&self, stages: &[String]) -> Option<Gain> {
        let culprits = &self.verdict.as_ref()?.culprits;
        let chosen: Vec<&Culprit> = culprits.iter().filter(|c| stages.contains(&c.transform)).collect();
        // One that was measured with others off says nothing where these stay on.
        let is_off = |stage: &String| stages.contains(stage) || self.followed.contains(stage);
        let complete = chosen.iter().all(|c| c.without.iter().all(is_off));
        if chosen.len() != stages.len() || !complete {
            return None;
        }
        let together = |of: fn(&Culprit) -> f64| Some(speedup(&chosen, of)? - 1.0);
        let (effect_frac, low, high) = (together(|c| c.effect_frac)?, together(|c| c.low)?, together(|c| c.high)?);
        Some(Gain { effect_frac, low, high })
    }

    /// What was decided of the run as it is.
    pub fn measured(&self) -> Vec<(RunChange, Gain)> {
        let decided = |trial: &&Trial| is_decided(trial.decision) && self.is_of_now(trial);
        let measured = |trial: &Trial| Some((RunChange::TransformOff(trial.transform.clone()), gain_of(trial)?));
        self.trials.iter().filter(decided).filter_map(measured).collect()
    }

    /// Off by itself it was compared with the run as it is.
    fn is_of_now(&self, trial: &Trial) -> bool {
        let same = trial.without.len() == self.followed.len()
            && trial.without.iter().all(|stage| self.followed.contains(stage));
        trial.together == 0 && same
    }

    #[cfg(test)]
    pub fn verdict(&self) -> Option<&BisectVerdict> {
        self.verdict.as_ref()
    }
}

/// Other programs that take more or less by this share of all cores than before may have done what is measured. Where cores are full, what
/// a change has the run take is missing to them, so that small shares tell nothing.
const MOVED_FRAC: f64 = 0.25;

/// What changes by hand were measured to bring.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    /// Under way.
    from_to: Option<[Setup; 2]>,
    /// Of all cores, what other programs take, as far as is known.
    others_frac: Option<f64>,
    /// The least and the most of it since just before the change under way.
    range: Option<[f64; 2]>,
    /// Other programs take the cores, however much; and whether they did at some time since just before it.
    are_others: bool,
    were_others: bool,
    /// The newest last.
    tried: Vec<([Setup; 2], Gain)>,
}

impl ByHand {
    pub fn begin(&mut self, from: &Setup, to: &Setup) {
        self.from_to = Some([from.clone(), to.clone()]);
        // It is held against the steps before it.
        self.range = self.others_frac.map(|frac| [frac; 2]);
        self.were_others = self.are_others;
    }

    /// Whether other programs take the cores now, and which share of all, where that is known.
    pub fn beside_others(&mut self, now: bool, frac: Option<f64>) {
        (self.are_others, self.were_others) = (now, self.were_others || now);
        if let Some(frac) = frac {
            let [least, most] = self.range.unwrap_or([frac; 2]);
            (self.others_frac, self.range) = (Some(frac), Some([least.min(frac), most.max(frac)]));
        }
    }

    /// What is measured of the change under way may be the doing of other programs: they came or went. Those that are there all the
    /// time are on both sides of it.
    pub fn others_moved(&self) -> bool {
        self.range.map_or(self.were_others, |[least, most]| most - least > MOVED_FRAC)
    }

    /// A card of the change under way; false where it is decided and not believed.
    pub fn take(&mut self, card: &ChangeEffect) -> bool {
        if !is_decided(card.decision) {
            return true;
        }
        let (Some(from_to), Some(effect_frac)) = (self.from_to.take(), card.effect_frac) else { return true };
        let (Some(low), Some(high)) = (card.low, card.high) else { return true };
        if card.others_moved {
            return false;
        }
        self.tried.retain(|(known, _)| *known != from_to);
        self.tried.push((from_to, Gain { effect_frac, low, high }));
        true
    }

    /// What leads away from the run as it is, or led to it, the newest first.
    pub fn measured(&self, now: &Setup) -> impl Iterator<Item = (RunChange, Gain)> {
        self.tried.iter().rev().filter_map(move |([from, to], gain)| {
            if from == now {
                Some((now.change_to(to)?, *gain))
            } else if to == now {
                Some((now.change_to(from)?, back(*gain)))
            } else {
                None
            }
        })
    }
}

/// Of the change taken back.
fn back(gain: Gain) -> Gain {
    let inverse = |frac: f64| 1.0 / (1.0 + frac) - 1.0;
    Gain { effect_frac: inverse(gain.effect_frac), low: inverse(gain.high), high: inverse(gain.low) }
}

fn is_decided(decision: Decision) -> bool {
    matches!(decision, Decision::Effect | Decision::Nothing)
}

fn gain_of(trial: &Trial) -> Option<Gain> {
    Some(Gain { effect_frac: trial.effect_frac?, low: trial.low?, high: trial.high? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).to_vec()
    }

    /// `T1` holds training back, `T2` does without it, and `T3` costs nothing.
    fn found() -> Found {
        let trials = vec![
            played::trial(1, 1.0, 0.1),
            Trial { without: names(["T1"]), ..played::trial(2, 0.5, 0.1) },
            Trial { decision: Decision::Nothing, ..played::trial(3, 0.0, 0.01) },
            Trial { decision: Decision::Undecided, ..played::trial(4, 0.2, 0.3) },
            Trial { together: 2, ..played::trial(5, 0.2, 0.1) },
        ];
        let culprit = |trial: &Trial, effect_frac: f64| Culprit {
            transform: trial.transform.clone(),
            index: trial.index,
            effect_frac,
            low: effect_frac - 0.1,
            high: effect_frac + 0.1,
            without: trial.without.clone(),
        };
        let culprits = vec![culprit(&trials[0], 1.0), culprit(&trials[1], 0.5)];
        let verdict = played::bisect().verdict.map(|nothing| BisectVerdict { culprits, ..nothing });
        Found::new(trials, verdict)
    }

    fn of_now(found: &Found) -> Vec<(RunChange, f64)> {
        found.measured().into_iter().map(|(change, gain)| (change, gain.effect_frac)).collect()
    }

    #[test]
    fn what_a_bisect_decided_holds_for_the_run_as_it_was_and_as_it_advised() {
        let off = |name: &str, frac: f64| (RunChange::TransformOff(name.to_owned()), frac);
        let mut found = found();
        assert_eq!(of_now(&found), [off("T1", 1.0), off("T3", 0.0)]);
        assert_eq!(found.off("T4"), Some(Gain { effect_frac: 0.2, low: 0.2 - 0.3, high: 0.2 + 0.3 }));
        assert_eq!((found.off("T2"), found.off("T5")), (None, None));
        assert_eq!(found.off_together(&names(["T2"])), None, "T1 is on");
        assert!((found.off_together(&names(["T1", "T2"])).unwrap().effect_frac - 2.0).abs() < 1e-9);
        found.changed(&names(["T1"]));
        assert_eq!(of_now(&found), [off("T2", 0.5)]);
        assert!(found.off_together(&names(["T2"])).is_some());
        found.changed(&[]);
        assert!(of_now(&found).is_empty() && found.off("T2").is_none());
    }

    #[test]
    fn a_change_that_was_tried_is_known_from_either_side_and_from_nowhere_else() {
        let setup = |workers: usize| Setup { workers, transforms: Vec::new() };
        let card = |decision: Decision| ChangeEffect {
            config_version: 1,
            label: "workers 2 → 4".into(),
            before_images_per_sec: Some(100.0),
            after_images_per_sec: Some(200.0),
            effect_frac: Some(1.0),
            low: Some(0.6),
            high: Some(1.5),
            blocks: 9,
            predicted: None,
            decision,
            with_next: false,
            others_moved: false,
            remaining_secs: None,
        };
        let measured = |by_hand: &ByHand, now: usize| by_hand.measured(&setup(now)).collect::<Vec<_>>();
        let mut by_hand = ByHand::default();
        by_hand.begin(&setup(2), &setup(4));
        assert!(by_hand.take(&card(Decision::Measuring)));
        assert!(measured(&by_hand, 2).is_empty());
        assert!(by_hand.take(&card(Decision::Effect)));
        let gain = Gain { effect_frac: 1.0, low: 0.6, high: 1.5 };
        assert_eq!(measured(&by_hand, 2), [(RunChange::Workers(4), gain)]);
        let taken_back = measured(&by_hand, 4);
        let [(change, gain)] = taken_back.as_slice() else { panic!("{taken_back:?}") };
        assert_eq!((change, gain.effect_frac), (&RunChange::Workers(2), -0.5));
        assert!((gain.low + 0.6).abs() < 1e-9 && (gain.high + 0.375).abs() < 1e-9, "{gain:?}");
        assert!(measured(&by_hand, 3).is_empty());
        // Other programs may have done it: they come while it is measured, or go when it has been made; or nobody knows what they take.
        let decided = |before: (bool, Option<f64>), during: (bool, Option<f64>)| {
            let mut by_hand = ByHand::default();
            by_hand.beside_others(before.0, before.1);
            by_hand.begin(&setup(2), &setup(8));
            by_hand.beside_others(during.0, during.1);
            let others_moved = by_hand.others_moved();
            let believed = by_hand.take(&ChangeEffect { others_moved, ..card(Decision::Effect) });
            assert_eq!(measured(&by_hand, 8).len(), usize::from(believed));
            believed
        };
        let taken = |frac: f64| (true, Some(frac));
        let free = (false, Some(0.05));
        assert!(!decided(free, taken(0.6)) && !decided(taken(0.6), free) && !decided((true, None), (true, None)));
        // Those that were there before and after are on both sides of it.
        assert!(decided(taken(0.75), taken(0.55)) && decided(free, free) && decided((false, None), (false, None)));
        // Right after a change nothing is known of them.
        assert!(decided(taken(0.75), (true, None)));
    }
}
