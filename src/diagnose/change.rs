//! What a change by hand did: the blocks of steps before it against those after, paired in the order they came.
//!
//! A change is made once, so it cannot be randomised as a bisect's are: whatever else changed at that moment is in the
//! difference too. The interval is the paired test's, valid whenever it is looked at.

use super::paired::{PairedTest, PairedTestSettings, block_log_ratio, effect_frac, usual_step_secs};
use super::schedule::StepSeen;
use crate::config::{RunConfig, TransformSpec};
use crate::language::Message;
use crate::loader::step_names;
use crate::protocol::{ChangeEffect, Decision, Gain, RunChange};
use std::collections::VecDeque;

/// Steps of a block.
const BLOCK_STEPS: usize = 4;
/// Blocks kept of the time before, and so compared at most.
const MOST_BLOCKS: usize = 60;

/// Keeps the steps before a change, and measures those after it.
#[derive(Debug)]
pub struct ChangeWatch {
    /// Seconds of the steps of one configuration, in whole blocks, the newest last.
    recent: VecDeque<[f64; BLOCK_STEPS]>,
    filling: Vec<f64>,
    /// Of `recent`.
    version: u64,
    batch_size: usize,
    settle_steps: u32,
    open: Option<Open>,
}

/// What a person can change while a run trains.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    pub workers: usize,
    pub transforms: Vec<TransformSpec>,
}

impl Setup {
    /// As it is configured.
    pub fn of(config: &RunConfig) -> Self {
        Self { workers: config.loader.workers, transforms: config.transforms.clone() }
    }

    /// What leads from this to that, where it is a change that a verdict speaks of.
    pub fn change_to(&self, to: &Self) -> Option<RunChange> {
        let same_workers = self.workers == to.workers;
        if self.transforms == to.transforms {
            return (!same_workers).then_some(RunChange::Workers(to.workers));
        }
        match switched_off(&self.transforms, &to.transforms).as_slice() {
            [stage] if same_workers => Some(RunChange::TransformOff(stage.clone())),
            _ => None,
        }
    }
}

/// Stages that are off in `after` and were on in `before`, where that is all that changed; else none.
pub fn switched_off(before: &[TransformSpec], after: &[TransformSpec]) -> Vec<String> {
    let stages = step_names(before.iter().map(|spec| spec.name.as_str()));
    let mut switched = Vec::new();
    if before.len() != after.len() {
        return switched;
    }
    for ((old, new), stage) in before.iter().zip(after).zip(stages) {
        if (&old.name, &old.params) != (&new.name, &new.params) || new.enabled && !old.enabled {
            return Vec::new();
        }
        if old.enabled && !new.enabled {
            switched.push(stage);
        }
    }
    switched
}

/// A change by hand.
#[derive(Debug, Clone)]
pub struct Change {
    pub from: Setup,
    pub to: Setup,
    /// In words: `workers 2 → 4`.
    pub label: Message,
    pub predicted: Option<Gain>,
}

/// A change that is being measured.
#[derive(Debug)]
struct Open {
    version: u64,
    /// What ran before it.
    from: Setup,
    label: Message,
    predicted: Option<Gain>,
    before: Vec<[f64; BLOCK_STEPS]>,
    after: Vec<[f64; BLOCK_STEPS]>,
    washed: bool,
    steps: u32,
    test: PairedTest,
}

impl ChangeWatch {
    /// Of batches of so many images; `settle_steps` as a bisect has it.
    pub fn new(batch_size: usize, settle_steps: u32) -> Self {
        let (recent, filling) = (VecDeque::new(), Vec::new());
        Self { recent, filling, version: 0, batch_size, settle_steps, open: None }
    }

    /// Steps of one configuration that are needed before a change, and after it, before anything can be said of what it did.
    pub fn fewest_steps() -> usize {
        BLOCK_STEPS * new_test().fewest_blocks() as usize
    }

    /// What ran before a change that has not been measured at all yet: the next one is measured together with it, and its label is
    /// to be of both.
    pub fn unmeasured_from(&self) -> Option<&Setup> {
        self.open.as_ref().filter(|open| open.after.is_empty()).map(|open| &open.from)
    }

    /// A person changed the run, from batches of `version` on. A change that comes before the last one has been measured
    /// at all is measured together with it, and not at all where the two cancel out; one that comes later ends that.
    pub fn changed(&mut self, version: u64, change: Change) -> Option<ChangeEffect> {
        let Change { from, to, label, predicted } = change;
        let fresh = |before, from, predicted| {
            let test = new_test();
            Open { version, from, label, predicted, before, after: Vec::new(), washed: false, steps: 0, test }
        };
        self.filling.clear();
        let batch_size = self.batch_size;
        // Only a card that was shown has to be closed.
        let shown = |open: &Open| (open.steps > 0).then(|| open.card(batch_size, Some(Decision::Undecided)));
        match self.open.take() {
            Some(open) if open.after.is_empty() && open.from == to => {
                let shown = shown(&open);
                (self.recent, self.version) = (open.before.into(), version);
                shown
            }
            Some(open) if open.after.is_empty() => {
                let shown = shown(&open);
                self.open = Some(fresh(open.before, open.from, None));
                shown.map(|card| ChangeEffect { with_next: true, ..card })
            }
            open => {
                self.open = open;
                let ended = self.end();
                self.open = Some(fresh(self.recent.drain(..).collect(), from, predicted));
                ended
            }
        }
    }

    /// Ends a measurement under way: the run is about to be changed by an experiment, or over.
    pub fn end(&mut self) -> Option<ChangeEffect> {
        let open = self.open.take()?;
        self.recent = open.after.iter().copied().collect();
        self.version = open.version;
        Some(open.card(self.batch_size, Some(Decision::Undecided)))
    }

    /// The run was changed within an experiment: what was before is of no use any more.
    pub fn forget(&mut self) {
        self.recent.clear();
        self.filling.clear();
    }

    /// From batches of this version on the run is as it was before an experiment: what was kept of then still counts.
    pub fn as_before(&mut self, version: u64) {
        self.version = version;
        self.filling.clear();
    }

    /// Takes a step in; the card where it has something new to say.
    pub fn observe(&mut self, step: StepSeen) -> Option<ChangeEffect> {
        if step.short {
            return None;
        }
        let Some(open) = &mut self.open else {
            // Of an experiment that has ended.
            if step.config_version < self.version {
                return None;
            }
            if step.config_version != self.version {
                self.version = step.config_version;
                self.recent.clear();
                self.filling.clear();
            }
            if let Some(block) = fill(&mut self.filling, step.step_secs) {
                if self.recent.len() >= MOST_BLOCKS {
                    self.recent.pop_front();
                }
                self.recent.push_back(block);
            }
            return None;
        };
        if step.config_version < open.version {
            return None;
        }
        if !open.washed {
            open.steps += 1;
            open.washed = step.washed_out(open.steps, self.settle_steps);
            return (open.steps == 1).then(|| open.card(self.batch_size, None));
        }
        let block = fill(&mut self.filling, step.step_secs)?;
        open.after.push(block);
        // The newest block before the change is the likest to the first after it.
        if let Some(before) = open.before.len().checked_sub(open.after.len()).and_then(|i| open.before.get(i))
            && let Some(difference) = block_log_ratio(before, &block)
        {
            open.test.push(difference);
        }
        let spent = open.after.len() >= open.before.len();
        let decision = open.test.stop(None).map(Decision::from).or(spent.then_some(Decision::Undecided));
        let card = open.card(self.batch_size, decision);
        if decision.is_some() {
            self.recent = open.after.iter().copied().collect();
            self.version = open.version;
            self.open = None;
        }
        Some(card)
    }
}

fn new_test() -> PairedTest {
    PairedTest::new(PairedTestSettings { max_blocks: MOST_BLOCKS as u32, ..PairedTestSettings::default() })
}

/// Adds a step to a block; the block when it is full.
fn fill(filling: &mut Vec<f64>, step_secs: f64) -> Option<[f64; BLOCK_STEPS]> {
    filling.push(step_secs);
    let block = <[f64; BLOCK_STEPS]>::try_from(filling.as_slice()).ok()?;
    filling.clear();
    Some(block)
}

impl Open {
    fn card(&self, batch_size: usize, decision: Option<Decision>) -> ChangeEffect {
        // Of the blocks that were compared.
        let rate = |blocks: &[[f64; BLOCK_STEPS]]| Some(batch_size as f64 / usual_step_secs(blocks.as_flattened())?);
        let (from, to) = match self.before.len().min(self.after.len()) {
            // Nothing to compare yet, or ever.
            0 => (0, self.after.len()),
            paired => (self.before.len() - paired, paired),
        };
        // Before there is an interval, the estimate of a block or two says nothing.
        let estimate = self.test.estimate().filter(|e| e.low.is_finite() && e.high.is_finite());
        let frac = |of: fn(&super::Estimate) -> f64| {
            estimate.as_ref().map(of).filter(|v| v.is_finite()).map(effect_frac).filter(|v| v.is_finite())
        };
        let (before, after) = (self.before.get(from..).and_then(rate), self.after.get(..to).and_then(rate));
        let effect = frac(|e| e.log_ratio);
        // The estimate goes over pairs, the rates over all their steps: on a machine that is now fast and now slow they may differ, so that
        // the rates are moved to what the estimate says, both by as much.
        let (before, after) = match (before, after, effect) {
            (Some(before), Some(after), Some(effect)) => {
                let (middle, half) = ((before * after).sqrt(), (1.0 + effect).sqrt());
                (Some(middle / half), Some(middle * half))
            }
            rates => (rates.0, rates.1),
        };
        ChangeEffect {
            config_version: self.version,
            label: self.label.clone(),
            before_images_per_sec: before,
            after_images_per_sec: after,
            effect_frac: effect,
            low: frac(|e| e.low),
            high: frac(|e| e.high),
            blocks: self.test.blocks(),
            predicted: self.predicted,
            decision: decision.unwrap_or(Decision::Measuring),
            with_next: false,
            others_moved: false,
            remaining_secs: if decision.is_some() { None } else { self.remaining_secs() },
        }
    }

    /// By how the interval shrinks: it is done when it is narrower than the effect, or than the margin.
    fn remaining_secs(&self) -> Option<f64> {
        let blocks = self.after.len();
        let block_secs = self.after.iter().flatten().sum::<f64>() / blocks as f64;
        let secs = |more: f64| (blocks > 0).then_some(more.max(1.0) * block_secs);
        let fewest = self.test.fewest_blocks() as usize;
        if blocks < fewest {
            let before_secs = self.before.last().map(|block| block.iter().sum::<f64>());
            return secs((fewest - blocks) as f64).or(before_secs.map(|s| s * fewest as f64));
        }
        let estimate = self.test.estimate()?;
        let half = 0.5 * (estimate.high - estimate.low);
        let margin = self.test.margin_frac().ln_1p();
        let enough = estimate.log_ratio.abs().max(margin - estimate.log_ratio.abs());
        let most = self.before.len() as f64;
        let needed = (blocks as f64 * (half / enough).powi(2)).min(most);
        secs(needed - blocks as f64).filter(|_| half.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between two numbers of workers.
    fn workers(from: usize, to: usize) -> Change {
        let [from, to] = [from, to].map(|workers| Setup { workers, transforms: Vec::new() });
        let label = format!("workers {} → {}", from.workers, to.workers);
        Change { from, to, label: Message::verbatim(label), predicted: None }
    }

    fn step(version: u64, step_secs: f64) -> StepSeen {
        StepSeen { config_version: version, step_secs, short: false, wait_frac: 0.5, queue_len: 0 }
    }

    /// A step time that wobbles by 2 %.
    fn wobbling(i: u32, secs: f64) -> f64 {
        secs * (1.0 + 0.02 * f64::from((i * 7) % 5) / 5.0)
    }

    fn follow(watch: &mut ChangeWatch, version: u64, steps: u32, secs: f64) -> Vec<ChangeEffect> {
        (0..steps).filter_map(|i| watch.observe(step(version, wobbling(i, secs)))).collect()
    }

    #[test]
    fn a_gain_is_found_and_told_as_it_is_measured() {
        let mut watch = ChangeWatch::new(10, 5);
        assert!(follow(&mut watch, 0, 100, 0.2).is_empty());
        let predicted = Gain { effect_frac: 0.9, low: 0.7, high: 1.1 };
        assert_eq!(watch.changed(1, Change { predicted: Some(predicted), ..workers(0, 1) }), None);
        // Batches made before the change say nothing.
        assert!(follow(&mut watch, 0, 3, 0.2).is_empty());
        let cards = follow(&mut watch, 1, 100, 0.1);
        let (first, last) = (cards.first().unwrap(), cards.last().unwrap());
        assert_eq!((first.decision, first.after_images_per_sec), (Decision::Measuring, None));
        assert!(first.remaining_secs.unwrap() > 0.0);
        assert_eq!((last.decision, last.remaining_secs, last.predicted), (Decision::Effect, None, Some(predicted)));
        assert!((last.before_images_per_sec.unwrap() - 49.6).abs() < 1.0, "{last:?}");
        let (low, high) = (last.low.unwrap(), last.high.unwrap());
        assert!(low < 1.0 && high > 1.0 && low > 0.9 && high < 1.1, "{last:?}");
        assert!(cards.len() < 20, "it ends when it is decided");
    }

    #[test]
    fn a_change_is_the_one_that_a_verdict_speaks_of_or_none() {
        let chain = ["Resize", "RandZoom", "Resize"].map(TransformSpec::new).to_vec();
        let without = |stages: &[usize], workers: usize| {
            let mut transforms = chain.clone();
            stages.iter().for_each(|i| transforms[*i].enabled = false);
            Setup { workers, transforms }
        };
        let now = without(&[], 2);
        let to = |stages: &[usize], workers: usize| now.change_to(&without(stages, workers));
        assert_eq!(to(&[], 4), Some(RunChange::Workers(4)));
        assert_eq!(to(&[2], 2), Some(RunChange::TransformOff("Resize 2".to_owned())));
        assert_eq!([to(&[], 2), to(&[1], 4), to(&[0, 1], 2)], [None, None, None]);
        assert_eq!(without(&[1], 2).change_to(&now), None, "switched on");
        let mut turned = now.clone();
        turned.transforms.swap(0, 1);
        assert_eq!(now.change_to(&turned), None);
    }

    #[test]
    fn a_change_that_does_nothing_is_said_to_do_nothing() {
        let mut watch = ChangeWatch::new(10, 5);
        follow(&mut watch, 0, 200, 0.1);
        watch.changed(1, workers(0, 1));
        let cards = follow(&mut watch, 1, 200, 0.1);
        assert_eq!(cards.last().unwrap().decision, Decision::Nothing);
    }

    #[test]
    fn quick_changes_are_measured_together_and_a_later_one_ends_the_last() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 40, 0.1);
        assert_eq!(watch.changed(1, workers(0, 1)), None);
        assert_eq!(watch.unmeasured_from(), Some(&workers(0, 1).from));
        assert_eq!(watch.changed(2, Change { label: "workers 0 → 2".into(), ..workers(1, 2) }), None);
        let cards = follow(&mut watch, 2, 10, 0.05);
        assert_eq!(cards.last().unwrap().label.to_string(), "workers 0 → 2");
        assert_eq!(watch.unmeasured_from(), None);
        let ended = watch.changed(3, workers(2, 3)).unwrap();
        assert_eq!((ended.decision, ended.config_version), (Decision::Undecided, 2));
    }

    /// Its first batch was seen, and its card stands.
    #[test]
    fn a_change_that_is_measured_with_the_next_one_says_so() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 40, 0.1);
        watch.changed(1, workers(0, 1));
        assert_eq!(follow(&mut watch, 1, 1, 0.1).len(), 1);
        let closed = watch.changed(2, Change { label: "workers 0 → 2".into(), ..workers(1, 2) }).unwrap();
        assert_eq!((closed.config_version, closed.decision, closed.remaining_secs), (1, Decision::Undecided, None));
        assert!(closed.with_next);
        let cards = follow(&mut watch, 2, 40, 0.05);
        assert!(cards.iter().all(|card| card.config_version == 2 && !card.with_next), "{cards:?}");
    }

    /// While a run pauses, say.
    #[test]
    fn changes_that_cancel_out_are_none() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 100, 0.2);
        for (version, change) in [(1, workers(0, 1)), (2, workers(1, 2)), (3, workers(2, 0))] {
            assert_eq!(watch.changed(version, change), None);
        }
        assert!(follow(&mut watch, 3, 100, 0.2).is_empty());
        // What was measured before them still counts.
        watch.changed(4, workers(0, 1));
        assert_eq!(follow(&mut watch, 4, 100, 0.1).last().unwrap().decision, Decision::Effect);
        // A card that stands by then is taken away.
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 100, 0.2);
        watch.changed(1, workers(0, 1));
        assert_eq!(follow(&mut watch, 1, 1, 0.2).len(), 1);
        assert_eq!(watch.changed(2, workers(1, 0)).unwrap().decision, Decision::Undecided);
    }

    /// The change comes right after a bisect, which restored the chain as version 9.
    #[test]
    fn what_was_before_a_bisect_is_compared_with_what_comes_after_it() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 100, 0.2);
        watch.as_before(9);
        assert!(follow(&mut watch, 7, 3, 5.0).is_empty());
        follow(&mut watch, 9, 2, 0.2);
        watch.changed(10, workers(0, 1));
        let cards = follow(&mut watch, 10, 100, 0.1);
        let last = cards.last().unwrap();
        assert_eq!(last.decision, Decision::Effect, "{last:?}");
        assert!((last.before_images_per_sec.unwrap() - 49.6).abs() < 1.0, "{last:?}");
    }

    /// Of the blocks before that are compared one has a hiccup; others, which are not, were of another time.
    #[test]
    fn a_card_s_rates_are_of_what_was_compared() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 100, 5.0);
        follow(&mut watch, 0, 48, 0.2);
        watch.observe(step(0, 9.0));
        follow(&mut watch, 0, 15, 0.2);
        watch.changed(1, workers(0, 1));
        // A short batch is in no block.
        assert_eq!(watch.observe(StepSeen { short: true, ..step(1, 1e-3) }), None);
        let last = follow(&mut watch, 1, 100, 0.1).pop().unwrap();
        assert_eq!(last.decision, Decision::Effect, "{last:?}");
        let (before, after) = (last.before_images_per_sec.unwrap(), last.after_images_per_sec.unwrap());
        assert!((after / before - 1.0 - last.effect_frac.unwrap()).abs() < 1e-9, "{last:?}");
    }

    #[test]
    fn without_anything_before_no_rate_is_made_up() {
        let mut watch = ChangeWatch::new(10, 2);
        watch.changed(1, workers(0, 1));
        let last = follow(&mut watch, 1, 40, 0.05).pop().unwrap();
        assert_eq!((last.decision, last.before_images_per_sec), (Decision::Undecided, None));
        assert!(last.after_images_per_sec.is_some(), "{last:?}");
    }

    /// Workers are changed while a bisect is under way.
    #[test]
    fn what_was_before_a_change_within_a_bisect_is_not_compared_with() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 100, 0.2);
        watch.forget();
        watch.as_before(9);
        follow(&mut watch, 9, 8, 0.05);
        watch.changed(10, workers(0, 1));
        let last = follow(&mut watch, 10, 100, 0.05).pop().unwrap();
        assert_eq!((last.decision, last.blocks), (Decision::Undecided, 2), "{last:?}");
    }

    #[test]
    fn nothing_is_said_of_fewer_steps_than_are_needed() {
        let fewest = ChangeWatch::fewest_steps() as u32;
        for (before, is_said) in [(fewest - 1, false), (fewest, true)] {
            let mut watch = ChangeWatch::new(10, 1);
            follow(&mut watch, 0, before, 0.2);
            watch.changed(1, workers(0, 1));
            let last = follow(&mut watch, 1, 1 + fewest, 0.1).pop().unwrap();
            assert_eq!(last.effect_frac.is_some(), is_said, "{last:?}");
        }
    }

    #[test]
    fn too_few_steps_before_leave_it_undecided() {
        let mut watch = ChangeWatch::new(10, 2);
        follow(&mut watch, 0, 9, 0.1);
        watch.changed(1, workers(0, 1));
        let cards = follow(&mut watch, 1, 40, 0.05);
        assert_eq!(cards.last().unwrap().decision, Decision::Undecided);
    }
}
