//! What is known of what holds a run back.

use crate::protocol::{
    BisectProgress, BisectVerdict, Bound, ChangeEffect, ChangeMark, MeasuredCeilings, SlowSamples, StagesEvent,
    Unscaled, Verdict,
};
use std::collections::VecDeque;

/// Changes by hand of which it is kept what they did.
const MAX_EFFECTS: usize = 20;

#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The loader's last second.
    pub stages: Option<StagesEvent>,
    /// What holds the run back, by its last second.
    pub verdict: Option<Verdict>,
    /// The verdict was made before the last change: too few steps have been made since.
    pub verdict_is_old: bool,
    /// The last bisect, under way or ended.
    pub bisect: Option<BisectProgress>,
    /// A person changed the run since it began, and did not do what it advised: what it found is of a run that is no more.
    pub bisect_is_old: bool,
    pub ceilings: Option<MeasuredCeilings>,
    /// The slowest files and draws so far.
    pub slow: SlowSamples,
    /// What changes by hand did, the newest first.
    pub effects: VecDeque<ChangeEffect>,
    /// Images enter the network with the values of files; until the chain is changed.
    pub unscaled: Option<Unscaled>,
}

impl Findings {
    pub(super) fn take_verdict(&mut self, verdict: &Verdict) {
        let known = self.verdict.as_ref().is_some_and(|old| old.bound != Bound::NotEnough);
        self.verdict_is_old = known && verdict.bound == Bound::NotEnough;
        if !self.verdict_is_old {
            self.verdict = Some(verdict.clone());
        }
    }

    /// What the last bisect found, where it is of the run as it is.
    pub fn bisect_verdict(&self) -> Option<&BisectVerdict> {
        self.bisect.as_ref().filter(|_| !self.bisect_is_old)?.verdict.as_ref()
    }

    pub(super) fn take_bisect(&mut self, progress: &BisectProgress) {
        // One that began, or was given more time, and not the next word of one under way.
        if self.bisect.as_ref().is_none_or(|last| last.verdict.is_some() || last.steps > progress.steps) {
            self.bisect_is_old = false;
        }
        self.bisect = Some(progress.clone());
    }

    /// A person's.
    pub(super) fn take_change(&mut self, mark: &ChangeMark) {
        self.unscaled = None;
        if let Some(bisect) = self.bisect.as_ref().filter(|bisect| bisect.config_version < mark.config_version) {
            let verdict = bisect.verdict.as_ref();
            self.bisect_is_old |= !verdict.is_some_and(|verdict| verdict.is_followed_by(&mark.switched_off));
        }
    }

    pub(super) fn take_effect(&mut self, effect: &ChangeEffect) {
        match self.effects.front_mut().filter(|newest| newest.config_version == effect.config_version) {
            Some(newest) => *newest = effect.clone(),
            None => self.effects.push_front(effect.clone()),
        }
        self.effects.truncate(MAX_EFFECTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Culprit;

    fn progress(config_version: u64, steps: u64, ended: bool) -> BisectProgress {
        let culprit = Culprit {
            transform: "RandZoom".to_owned(),
            index: 3,
            effect_frac: 0.5,
            low: 0.4,
            high: 0.6,
            without: Vec::new(),
        };
        BisectProgress {
            trials: Vec::new(),
            so_far: "".into(),
            off: Vec::new(),
            spent_secs: 1.0,
            budget_secs: 60.0,
            noise_floor_frac: None,
            steps,
            config_version,
            verdict: ended.then(|| BisectVerdict {
                culprits: vec![culprit],
                predicted_speedup: Some(1.5),
                noise_floor_frac: None,
                undecided: Vec::new(),
                secs: 1.0,
                sentence: "".into(),
            }),
        }
    }

    fn change(config_version: u64, off: &[&str]) -> ChangeMark {
        let switched_off = off.iter().map(|name| (*name).to_owned()).collect();
        ChangeMark { secs: 1.0, step: 1, config_version, label: "".into(), experiment: false, switched_off }
    }

    #[test]
    fn a_bisect_is_old_after_any_change_but_what_it_advised() {
        let mut findings = Findings::default();
        findings.take_bisect(&progress(2, 0, false));
        // Made before it began, seen in a batch only now.
        findings.take_change(&change(1, &[]));
        findings.take_bisect(&progress(2, 90, true));
        assert!(findings.bisect_verdict().is_some());
        findings.take_change(&change(30, &["RandZoom"]));
        assert!(findings.bisect_verdict().is_some(), "it was followed");
        findings.take_change(&change(31, &["RandZoom", "RandFlip"]));
        assert!(findings.bisect_verdict().is_none());
        // Another one, in whose midst the workers change.
        findings.take_bisect(&progress(31, 0, false));
        assert!(!findings.bisect_is_old);
        findings.take_change(&change(40, &[]));
        findings.take_bisect(&progress(31, 90, true));
        assert!(findings.bisect_verdict().is_none() && findings.bisect.is_some());
    }
}
