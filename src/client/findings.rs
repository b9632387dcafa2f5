//! What is known of what holds a run back.

use crate::language::Message;
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
    /// The version of the newest change by a person that the engine at work, or the last one, has made; 0 without one. A record
    /// has it before the bisect that it fell into.
    pub newest_change: u64,
    pub ceilings: Option<MeasuredCeilings>,
    /// The slowest files and draws so far.
    pub slow: SlowSamples,
    /// What changes by hand did, the newest first.
    pub effects: VecDeque<ChangeEffect>,
    /// The newest of them is of an engine before the one at work.
    effects_are_older: bool,
    /// Images enter the network with the values of files, as the chain stands.
    pub unscaled: Option<Unscaled>,
    /// And are to.
    unscaled_is_kept: bool,
}

impl Findings {
    pub fn take_verdict(&mut self, verdict: &Verdict) {
        let known = self.verdict.as_ref().is_some_and(|old| old.bound != Bound::NotEnough);
        self.verdict_is_old = known && verdict.bound == Bound::NotEnough;
        if !self.verdict_is_old {
            self.verdict = Some(verdict.clone());
        }
    }

    /// The verdict's sentence, which says so where it is of before the last change.
    pub fn verdict_words(&self) -> Option<Message> {
        let sentence = &self.verdict.as_ref()?.sentence;
        Some(if self.verdict_is_old { msg!("window-verdict-old", sentence) } else { sentence.clone() })
    }

    /// What the last bisect found, where it is of the run as it is.
    pub fn bisect_verdict(&self) -> Option<&BisectVerdict> {
        self.bisect.as_ref().filter(|_| !self.bisect_is_old)?.verdict.as_ref()
    }

    pub(super) fn take_bisect(&mut self, progress: &BisectProgress) {
        // One that began, or was given more time, and not the next word of one under way.
        if self.bisect.as_ref().is_none_or(|last| last.verdict.is_some() || last.steps > progress.steps) {
            self.bisect_is_old = progress.config_version < self.newest_change;
        }
        self.bisect = Some(progress.clone());
    }

    /// Another engine goes on with the run; it counts versions anew.
    pub(super) fn engine_began(&mut self) {
        self.newest_change = 0;
        self.effects_are_older = true;
        if let Some(bisect) = self.bisect.as_mut().filter(|b| b.config_version != BisectProgress::NO_VERSION) {
            bisect.config_version = 0;
        }
    }

    pub(super) fn take_unscaled(&mut self, found: Option<&Unscaled>) {
        // Who keeps the values as they are is not asked again at the next change.
        self.unscaled_is_kept &= found.is_some();
        self.unscaled = found.filter(|_| !self.unscaled_is_kept).cloned();
    }

    pub fn keep_unscaled(&mut self) {
        self.unscaled_is_kept |= self.unscaled.take().is_some();
    }

    /// A person's.
    pub(super) fn take_change(&mut self, mark: &ChangeMark) {
        self.verdict_is_old |= self.verdict.as_ref().is_some_and(|verdict| verdict.bound != Bound::NotEnough);
        self.newest_change = self.newest_change.max(mark.config_version);
        if let Some(bisect) = self.bisect.as_ref().filter(|bisect| bisect.config_version < mark.config_version) {
            let verdict = bisect.verdict.as_ref();
            self.bisect_is_old |= !verdict.is_some_and(|verdict| verdict.is_followed_by(&mark.switched_off));
        }
    }

    pub(super) fn take_effect(&mut self, effect: &ChangeEffect) {
        let older = std::mem::take(&mut self.effects_are_older);
        match self.effects.front_mut().filter(|newest| !older && newest.config_version == effect.config_version) {
            Some(newest) => *newest = effect.clone(),
            None => self.effects.push_front(effect.clone()),
        }
        self.effects.truncate(MAX_EFFECTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Culprit, Decision, played};

    fn progress(config_version: u64, steps: u64, ended: bool) -> BisectProgress {
        let culprit = Culprit {
            transform: "RandZoom".to_owned(),
            index: 3,
            effect_frac: 0.5,
            low: 0.4,
            high: 0.6,
            without: Vec::new(),
        };
        let verdict = played::bisect().verdict.filter(|_| ended);
        let verdict =
            verdict.map(|nothing| BisectVerdict { culprits: vec![culprit], predicted_speedup: Some(1.5), ..nothing });
        BisectProgress { steps, config_version, verdict, ..played::bisect() }
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

    #[test]
    fn a_verdict_is_old_from_the_change_on_until_there_is_another() {
        let mut findings = Findings::default();
        findings.take_change(&change(1, &[]));
        assert!(!findings.verdict_is_old);
        findings.take_verdict(&played::verdict(Bound::Input));
        findings.take_change(&change(2, &[]));
        assert!(findings.verdict_is_old);
        findings.take_verdict(&played::verdict(Bound::NotEnough));
        assert!(findings.verdict_is_old);
        findings.take_verdict(&played::verdict(Bound::Compute));
        assert!(!findings.verdict_is_old);
    }

    fn effect(config_version: u64) -> ChangeEffect {
        ChangeEffect {
            config_version,
            label: "".into(),
            before_images_per_sec: None,
            after_images_per_sec: None,
            effect_frac: None,
            low: None,
            high: None,
            blocks: 0,
            predicted: None,
            decision: Decision::Measuring,
            with_next: false,
            others_moved: false,
            remaining_secs: None,
        }
    }

    #[test]
    fn what_a_change_did_before_a_resume_stays_beside_what_one_of_the_same_number_did_after() {
        let mut findings = Findings::default();
        for _ in 0..2 {
            findings.engine_began();
            findings.take_effect(&effect(1));
            findings.take_effect(&effect(1));
        }
        assert_eq!(findings.effects.len(), 2);
    }

    /// A record has of a bisect its end alone.
    #[test]
    fn a_bisect_of_a_record_is_as_old_as_it_was_live() {
        let old_after = |events: &[Result<BisectProgress, ChangeMark>]| {
            let mut findings = Findings::default();
            for event in events {
                match event {
                    Ok(progress) => findings.take_bisect(progress),
                    Err(mark) => findings.take_change(mark),
                }
            }
            findings
        };
        let ended = |version: u64| Ok(progress(version, 90, true));
        let mark = |version: u64, off: &[&str]| Err(change(version, off));
        assert!(!old_after(&[mark(2, &[]), ended(2)]).bisect_is_old);
        assert!(old_after(&[mark(2, &[]), mark(7, &[]), ended(2)]).bisect_is_old, "changed in its midst");
        assert!(old_after(&[mark(1, &[]), ended(0)]).bisect_is_old);
        // Followed, and another one after it.
        assert!(!old_after(&[ended(0), mark(9, &["RandZoom"])]).bisect_is_old);
        assert!(!old_after(&[ended(0), mark(9, &["RandZoom"]), ended(9)]).bisect_is_old);
        // A record of before says neither its version nor what a change switched off.
        let no_version = BisectProgress::NO_VERSION;
        assert!(!old_after(&[mark(3, &[]), ended(no_version), mark(9, &[])]).bisect_is_old);
        // A resume counts anew.
        let mut findings = old_after(&[mark(20, &[]), ended(20)]);
        findings.engine_began();
        assert!(!findings.bisect_is_old);
        findings.take_change(&change(1, &[]));
        assert!(findings.bisect_is_old);
        findings.take_bisect(&progress(1, 0, false));
        assert!(!findings.bisect_is_old);
    }
}
