//! The bisect in place: which transforms are off in which batches of a training that goes on.
//!
//! A state machine without clocks or threads. The engine asks [`Bisect::next`] after every step which changes of the chain
//! are to be planned, plans them, says so ([`Bisect::applied`]) and shows it every step ([`Bisect::observe`]). What is
//! compared with what, and what it says, is [`super::rounds`]' business; here batches become segments of rounds.
//!
//! **Planned ahead.** A segment is a number of batches of one state of the chain, known by the version they carry. The
//! loader is told of the next round while this one is trained with, so that batches in flight are never waited for: where
//! a step takes a second, a segment may be a single one.
//!
//! **Washout.** At a change the queue may still hold the batches of a faster loader, or hide a slower one. So the loader is to
//! keep it short meanwhile ([`BISECT_DEPTH`]); the pace of the slower side is the same. Where the trainer
//! waited for the last batch before the change, it hides nothing. Several workers begin a batch while they finish the one
//! before: a tenth of an effect or so is lost by that, which matters only where the effect is large; then the first batch is
//! left out. Else steps are left out until the trainer finds the queue empty or
//! `settle_steps` have gone by ([`settle_steps`] says how many it takes). Where it runs empty by two batches and more while
//! it is measured, the steps are counted as the loader made them: `n` steps that took `q` batches off the queue count as
//! `n - q`. What a change left out is planned for the next time.
//!
//! Segments are short, as what disturbs them (a neighbour, a drift) then falls on both sides of a comparison; but as long as
//! what a change leaves out, at least: waiting for longer than one measures would be a waste. Where steps are so slow that
//! too few segments would fit into the budget, they are a step: what is decided takes a number of pairs, however much each
//! of them shows.

use super::conclusion::{Candidate, conclude, so_far};
use super::paired::PairedTestSettings;
use super::rounds::{Order, Round, Study};
use crate::language::Message;
use crate::protocol::{BisectVerdict, OffMethod, Trial};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;

/// A step that waited for so much of its time found an empty queue.
pub const WAITED_FRAC: f64 = 0.03;

/// It is the budget that ends most; with steps of a few milliseconds so many rounds fit into a minute.
const MAX_ROUNDS: u32 = 1000;

/// So many segments are to fit into the budget.
const WANTED_SEGMENTS: f64 = 60.0;
/// Steps of a segment where somebody is suspected, and where nobody is and workers make batches that overlap.
const SEGMENT_STEPS: u32 = 2;
const CLEARING_STEPS: u32 = 4;
/// Steps of a few milliseconds: a change of the chain costs some time of its own, and a line in the record.
const LEAST_SEGMENT_SECS: f64 = 0.03;
/// Of an effect so large (ln) the overlap of batches would hide too much.
const LARGE_EFFECT: f64 = 0.4;
/// Full batches that the loader is to let wait meanwhile: a longer queue hides a slow loader for as many steps.
pub const BISECT_DEPTH: usize = 1;
/// Batches that may have been begun beyond the one trained with: the next round is planned before they are the last.
const BEGUN_AHEAD: u32 = 2;
/// After a culprit that is the costliest whatever the others do, these are looked at for so much of the time it took.
const AFTERTHOUGHT_FRAC: f64 = 0.3;

/// What is known of a run before anything is tried.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    pub workers: usize,
    /// Full batches that may wait; 0 without workers.
    pub queue_capacity: usize,
    /// The loader's images a second over the trainer's.
    pub loader_over_trainer: Option<f64>,
    /// Seconds of a step, as the run goes.
    pub step_secs: Option<f64>,
    /// By index into the chain, what the operational laws say that switching it off would bring, as a share. It says whom
    /// to try first; it convicts nobody.
    pub expected: Vec<(usize, f64)>,
}

/// How a bisect goes about it.
#[derive(Debug, Clone, PartialEq)]
pub struct BisectSettings {
    /// Enabled transforms that may be switched off without breaking a batch.
    pub candidates: Vec<Candidate>,
    pub method: OffMethod,
    pub known: Known,
    /// The most steps left out after a change took effect; 0 where no batch is begun before the last was trained with.
    pub settle_steps: u32,
    /// Seconds of training, washout included, after which what is not decided stays so.
    pub budget_secs: f64,
    /// Effects within this share are none.
    pub margin_frac: f64,
    /// Chance of accusing an innocent transform, over the whole bisect.
    pub alpha: f64,
    /// Rounds after which a suspect is given up as undecided.
    pub max_blocks: u32,
    /// Go on until each transform is decided; else only until a culprit is found that costs more than all undecided ones.
    pub thorough: bool,
    pub seed: u64,
}

impl BisectSettings {
    /// Usual values.
    pub fn new(candidates: Vec<Candidate>, known: Known, budget_secs: f64, seed: u64) -> Self {
        let paired = PairedTestSettings::default();
        let settle_steps = match known.queue_capacity {
            0 => 0,
            capacity => settle_steps(capacity, known.loader_over_trainer),
        };
        Self {
            candidates,
            method: OffMethod::Removed,
            known,
            settle_steps,
            budget_secs,
            margin_frac: paired.margin_frac,
            alpha: paired.alpha,
            max_blocks: MAX_ROUNDS,
            thorough: false,
            seed,
        }
    }

    /// The loader is faster than the trainer: begins with all off together, which settles it sooner if none costs anything.
    pub(super) fn outpaces(&self) -> bool {
        self.known.queue_capacity > 0 && self.known.loader_over_trainer.is_some_and(outpaces)
    }

    /// Batches overlap: workers begin one while others finish the one before.
    fn overlaps(&self) -> bool {
        self.known.workers >= 2
    }
}

/// A loader of so many times the trainer's images a second is faster for certain.
fn outpaces(loader_over_trainer: f64) -> bool {
    loader_over_trainer > 1.05
}

/// Steps to leave out after a change, for a queue of so many batches and the loader's images a second over the trainer's,
/// where they are known.
///
/// A loader that is slower by a tenth lives on a full queue for ten times its length, and seems not to be slower as long.
/// One that is much slower empties it at once (which ends the washout anyhow), a faster one has nothing to hide.
pub fn settle_steps(queue_capacity: usize, loader_over_trainer: Option<f64>) -> u32 {
    let lengths = match loader_over_trainer {
        Some(ratio) if outpaces(ratio) => 1.0,
        Some(ratio) => {
            let ratio = ratio.clamp(0.0, 0.95);
            (ratio / (1.0 - ratio)).max(1.0)
        }
        None => 4.0,
    };
    ((1.0 + queue_capacity as f64) * lengths).ceil().clamp(1.0, 64.0) as u32
}

/// What the chain is to be for some batches. It is set even where it is the same as before: all segments are begun alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toggle {
    /// Indices into the chain of the transforms that are off, in rising order; all others are as configured.
    pub off: Vec<usize>,
    /// Batches before the next planned change, if there is one by then.
    pub batches: u32,
    /// From the next batch not yet begun on, in place of what was planned; else after it.
    pub at_once: bool,
}

/// One step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSeen {
    /// Of its batch.
    pub config_version: u64,
    /// From the end of the step before to its own; of a batch that is nearly full, what a full one's would be.
    pub step_secs: f64,
    /// Of a batch much smaller than the others: its time counts for the budget only.
    pub short: bool,
    /// Share of it (0 to 1) that the trainer waited for the batch.
    pub wait_frac: f64,
    /// Full batches that waited when its own was taken.
    pub queue_len: usize,
}

impl StepSeen {
    /// The queue was empty: it holds no older pace.
    fn found_nothing(&self) -> bool {
        self.queue_len == 0 && self.wait_frac >= WAITED_FRAC
    }

    /// It is the last of the washout after a change, `steps` of which it is: the queue holds no older pace any more.
    pub(super) fn washed_out(&self, steps: u32, settle_steps: u32) -> bool {
        self.found_nothing() || steps >= settle_steps
    }
}

/// A segment whose batches are planned, being made or trained with.
#[derive(Debug, Clone)]
struct Planned {
    /// Once the loader has it.
    version: Option<u64>,
    round: u64,
    segment: usize,
    off: Vec<usize>,
    batches: u32,
    seen: u32,
    /// Steps left out though the queue hides nothing.
    overlap: u32,
    /// Steps left out so far; `None` once it is measured.
    washing: Option<u32>,
    queue: Vec<usize>,
    /// It has all its steps; more may come before the next segment's.
    done: bool,
}

/// A round under way.
#[derive(Debug)]
struct Open {
    number: u64,
    round: Round,
    /// Segments that are still to be measured.
    left: usize,
}

/// A bisect under way.
#[derive(Debug)]
pub struct Bisect {
    settings: BisectSettings,
    dice: Pcg64Mcg,
    study: Study,
    /// Changes that the engine has not been told of.
    due: VecDeque<Toggle>,
    /// It was told of one and has not answered yet.
    told: Option<Toggle>,
    planned: VecDeque<Planned>,
    rounds: VecDeque<Open>,
    round_number: u64,
    /// What changes to these sets left out the last time.
    washed: Vec<(Vec<usize>, u32)>,
    /// What was off in the step before, and whether the trainer waited in it for an empty queue.
    last_off: Option<Vec<usize>>,
    found_nothing: bool,
    /// The newest version that is known of.
    version: u64,
    /// The chain is not the whole one, or may not be.
    touched: bool,
    steps: u32,
    spent_secs: f64,
    /// When a culprit was first known that is the costliest whatever the others do, which were not looked at yet.
    settled_at_secs: Option<f64>,
    ended: bool,
    /// What ended it before its time.
    ended_by: Option<Message>,
}

impl Bisect {
    /// `config_version` is the whole chain's, as it stands.
    pub fn new(settings: BisectSettings, config_version: u64) -> Self {
        let mut bisect = Self {
            dice: Pcg64Mcg::seed_from_u64(settings.seed),
            study: Study::new(settings.clone()),
            due: VecDeque::new(),
            told: None,
            planned: VecDeque::new(),
            rounds: VecDeque::new(),
            round_number: 0,
            washed: Vec::new(),
            last_off: None,
            found_nothing: false,
            version: config_version,
            touched: false,
            steps: 0,
            settings,
            spent_secs: 0.0,
            settled_at_secs: None,
            ended: false,
            ended_by: None,
        };
        bisect.begin_anew();
        bisect
    }

    /// A change that is due, once; there may be more. The engine plans it and calls [`Self::applied`], or [`Self::refused`]
    /// where it cannot be made. After the end it restores the whole chain, if need be.
    #[allow(clippy::should_implement_trait, reason = "the engine's next move, not an iterator's")]
    pub fn next(&mut self) -> Option<Toggle> {
        if self.told.is_some() {
            return None;
        }
        self.told = self.due.pop_front();
        self.told.clone()
    }

    /// The change last told of counts for batches of this version.
    pub fn applied(&mut self, config_version: u64) {
        let Some(toggle) = self.told.take() else { return };
        self.version = self.version.max(config_version);
        self.touched = !self.ended || !toggle.off.is_empty();
        if let Some(planned) = self.planned.iter_mut().find(|planned| planned.version.is_none()) {
            planned.version = Some(config_version);
        }
    }

    /// The change last told of cannot be made: the batch would break without these transforms.
    pub fn refused(&mut self) {
        let Some(toggle) = self.told.take() else { return };
        if !self.ended {
            self.study.refused(&toggle.off);
            self.begin_anew();
        }
    }

    /// What is off in batches of this version, as indices into the chain; `None` where it is not one of its own.
    pub fn off_in(&self, config_version: u64) -> Option<&[usize]> {
        let planned = self.planned.iter().find(|planned| planned.version == Some(config_version));
        planned.map(|planned| planned.off.as_slice())
    }

    /// Takes in a step, those of the washout too. A change by somebody else (of the workers, say) costs the rounds under
    /// way; one of the chain itself ends the bisect: call [`Self::stop`].
    pub fn observe(&mut self, step: StepSeen) {
        if self.ended {
            return;
        }
        self.steps += 1;
        self.spent_secs += step.step_secs.max(0.0);
        self.take(step);
        self.found_nothing = step.found_nothing();
        if self.spent_secs >= self.settings.budget_secs || self.afterthought_is_over() {
            self.stop();
        }
        if !self.ended && self.told.is_none() && self.batches_ahead() <= self.begun_ahead() {
            self.plan_round(false);
        }
    }

    fn take(&mut self, step: StepSeen) {
        if step.config_version > self.version {
            // Somebody else changed the run; what was off still is.
            self.version = step.config_version;
            self.study.run_changed();
            self.begin_anew();
            return;
        }
        let of_later = |planned: &Planned| planned.version.is_some_and(|version| version < step.config_version);
        while self.planned.front().is_some_and(of_later) {
            let Some(missed) = self.planned.pop_front() else { break };
            if !missed.done {
                self.close(&missed);
            }
        }
        let settle_steps = self.settings.settle_steps;
        let Some(planned) = self.planned.front_mut().filter(|p| p.version == Some(step.config_version)) else {
            self.last_off = None;
            return;
        };
        planned.seen += 1;
        let round = self.rounds.iter_mut().find(|open| open.number == planned.round).map(|open| &mut open.round);
        let Some(round) = round.filter(|_| !planned.done) else { return };
        let (wanted, segment) = (round.steps as usize, round.segments.get_mut(planned.segment));
        let Some(segment) = segment else { return };
        if planned.seen == 1 {
            let goes_on = self.last_off.as_ref() == Some(&planned.off);
            let nothing_hidden = self.found_nothing && planned.overlap == 0 || settle_steps == 0;
            planned.washing = match (goes_on || nothing_hidden, self.found_nothing) {
                (true, _) => None,
                (false, true) => Some(settle_steps.saturating_sub(planned.overlap)),
                (false, false) => Some(0),
            };
            self.last_off = Some(planned.off.clone());
            if nothing_hidden && !goes_on {
                self.washed.retain(|(off, _)| *off != planned.off);
            }
        }
        if step.short {
            return;
        }
        if let Some(steps) = &mut planned.washing {
            *steps += 1;
            if step.washed_out(*steps, settle_steps) {
                planned.washing = None;
                let (off, seen) = (planned.off.clone(), planned.seen);
                self.remember_washout(off, seen);
            }
            return;
        }
        segment.secs.push(step.step_secs);
        planned.queue.push(step.queue_len);
        if segment.secs.len() >= wanted {
            planned.done = true;
            let done = planned.clone();
            self.close(&done);
        }
    }

    /// A segment has all its steps, or will get no more; without any its round is lost.
    fn close(&mut self, planned: &Planned) {
        let Some(at) = self.rounds.iter().position(|open| open.number == planned.round) else { return };
        let Some(open) = self.rounds.get_mut(at) else { return };
        let factor = drained_factor(&planned.queue);
        let steps = open.round.segments.get_mut(planned.segment).map_or(0, |segment| {
            segment.secs.iter_mut().for_each(|secs| *secs *= factor);
            segment.secs.len()
        });
        if steps == 0 {
            // What it left out was more than planned for.
            self.remember_washout(planned.off.clone(), planned.seen.max(1));
            self.rounds.remove(at);
            return;
        }
        open.left = open.left.saturating_sub(1);
        if open.left > 0 {
            return;
        }
        let Some(done) = self.rounds.remove(at) else { return };
        let goes_on_as_planned = self.study.take(&done.round);
        let order = if self.settings.thorough { Order::Open } else { self.study.order() };
        if order == Order::Settled {
            self.settled_at_secs.get_or_insert(self.spent_secs);
        }
        if self.study.is_over() || order == Order::Known {
            self.stop();
        } else if !goes_on_as_planned {
            self.begin_anew();
        }
    }

    fn remember_washout(&mut self, off: Vec<usize>, steps: u32) {
        self.washed.retain(|(set, _)| *set != off);
        self.washed.push((off, steps));
    }

    fn afterthought_is_over(&self) -> bool {
        self.settled_at_secs.is_some_and(|secs| self.spent_secs >= (1.0 + AFTERTHOUGHT_FRAC) * secs)
    }

    /// Ends it before its time.
    pub fn stop_because(&mut self, why: Message) {
        if !self.ended {
            self.ended_by = Some(why);
            self.stop();
        }
    }

    /// Ends it here; what is not decided stays so.
    pub fn stop(&mut self) {
        if !self.ended {
            self.ended = true;
            self.study.give_up();
        }
        self.forget_plans();
        if self.touched || self.told.is_some() {
            self.due.push_back(Toggle { off: Vec::new(), batches: 0, at_once: true });
        }
    }

    /// Goes on for so many seconds more with what was left undecided: intervals hold at whatever moment one stops.
    pub fn go_on(&mut self, secs: f64, config_version: u64) {
        if self.ended {
            (self.ended, self.ended_by) = (false, None);
            self.settings.budget_secs = self.spent_secs + secs;
            (self.settled_at_secs, self.last_off) = (None, None);
            self.version = self.version.max(config_version);
            self.study.reopen();
            self.begin_anew();
        }
    }

    /// Every transform's trial as it stands.
    pub fn report(&self) -> Vec<Trial> {
        self.study.trials()
    }

    /// Seconds of training that went into it.
    pub fn spent_secs(&self) -> f64 {
        self.spent_secs
    }

    pub fn budget_secs(&self) -> f64 {
        self.settings.budget_secs
    }

    /// What can be said already.
    pub fn so_far(&self) -> Message {
        so_far(&self.report(), self.study.suspect_name(), self.settings.margin_frac)
    }

    /// `None` while it goes on. The chain may still have to be restored: [`Self::next`].
    pub fn finished(&self) -> Option<BisectVerdict> {
        let (floor, why) = (self.noise_floor_frac(), self.ended_by.as_ref());
        let (together, margin_frac) = (self.study.together(), self.settings.margin_frac);
        self.ended.then(|| conclude(&self.report(), together, margin_frac, floor, self.spent_secs, why))
    }

    /// What the control shows so far.
    pub fn noise_floor_frac(&self) -> Option<f64> {
        self.study.noise_floor_frac()
    }

    fn forget_plans(&mut self) {
        self.due.clear();
        self.planned.clear();
        self.rounds.clear();
    }

    /// What was planned is of no use any more.
    fn begin_anew(&mut self) {
        self.forget_plans();
        self.plan_round(true);
    }

    /// Plans the next round, or ends.
    fn plan_round(&mut self, at_once: bool) {
        let round = self.study.plan(&mut self.dice);
        if round.segments.is_empty() {
            self.stop();
            return;
        }
        let overlap = u32::from(self.settings.overlaps() && self.study.leading_effect() > LARGE_EFFECT);
        let before = self.planned.back().map(|planned| planned.off.clone());
        let mut before = before.or_else(|| self.last_off.clone());
        let washed: Vec<u32> = (round.segments.iter())
            .map(|segment| {
                let same = before.as_ref() == Some(&segment.off);
                before = Some(segment.off.clone());
                if same { 0 } else { self.expected_washout(&segment.off, overlap) }
            })
            .collect();
        let most = washed.iter().copied().max().unwrap_or_default();
        let suspects = self.study.suspect_name().is_some() || !self.settings.overlaps();
        let worth_a_change = (LEAST_SEGMENT_SECS / self.step_secs()).ceil() as u32;
        let longest = if suspects { SEGMENT_STEPS } else { CLEARING_STEPS }.max(most).max(worth_a_change);
        let affordable = (self.settings.budget_secs / WANTED_SEGMENTS / self.step_secs()) as u32;
        let steps = affordable.saturating_sub(most).clamp(1, longest);
        self.round_number += 1;
        for (at, (segment, washed)) in round.segments.iter().zip(washed).enumerate() {
            let (off, batches) = (segment.off.clone(), steps + washed);
            self.due.push_back(Toggle { off: off.clone(), batches, at_once: at_once && at == 0 });
            let (round, queue) = (self.round_number, Vec::new());
            let fresh = Planned {
                version: None,
                round,
                segment: at,
                off,
                batches,
                seen: 0,
                overlap,
                washing: None,
                queue,
                done: false,
            };
            self.planned.push_back(fresh);
        }
        let (number, left) = (self.round_number, round.segments.len());
        self.rounds.push_back(Open { number, round: Round { steps, ..round }, left });
    }

    fn expected_washout(&self, off: &[usize], overlap: u32) -> u32 {
        let known = self.washed.iter().find(|(set, _)| set == off).map_or(0, |(_, steps)| *steps);
        known.max(overlap).min(self.settings.settle_steps)
    }

    /// Batches planned beyond those trained with.
    fn batches_ahead(&self) -> u32 {
        self.planned.iter().map(|planned| planned.batches.saturating_sub(planned.seen)).sum()
    }

    fn begun_ahead(&self) -> u32 {
        if self.settings.known.queue_capacity == 0 { 0 } else { BEGUN_AHEAD }
    }

    /// In the mean so far; before the first as the run goes.
    fn step_secs(&self) -> f64 {
        let so_far = (self.steps > 0).then(|| self.spent_secs / f64::from(self.steps.max(1)));
        so_far.or(self.settings.known.step_secs).unwrap_or(1.0).max(1e-6)
    }
}

/// What the times of steps are to be multiplied by that were partly served from the queue; `queue` holds the batches that
/// waited at each of them.
pub fn drained_factor(queue: &[usize]) -> f64 {
    let (Some(first), Some(last)) = (queue.first(), queue.last()) else { return 1.0 };
    let drained = first.saturating_sub(*last).min(queue.len() / 2);
    if drained < 2 { 1.0 } else { queue.len() as f64 / (queue.len() - drained) as f64 }
}
