//! What is known of what holds a run back.

use crate::protocol::{
    BisectProgress, Bound, ChangeEffect, MeasuredCeilings, SlowSamples, StagesEvent, Unscaled, Verdict,
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

    pub(super) fn take_effect(&mut self, effect: &ChangeEffect) {
        match self.effects.front_mut().filter(|newest| newest.config_version == effect.config_version) {
            Some(newest) => *newest = effect.clone(),
            None => self.effects.push_front(effect.clone()),
        }
        self.effects.truncate(MAX_EFFECTS);
    }
}
