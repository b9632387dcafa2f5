//! The bisect in place: which transforms are off in which steps of a training that goes on.
//!
//! A state machine without clocks or threads. The engine asks [`Bisect::next`] after every step whether the chain is to
//! change, changes it, says so ([`Bisect::applied`]) and shows it every step ([`Bisect::observe`]). What is compared with
//! what, and what it says, is [`super::rounds`]' business; here steps become segments of rounds. Every segment sets the
//! chain anew, also where it is the same as before, so that all are begun alike.
//!
//! **Washout.** Steps of batches made under another version of the chain are left out by the version they carry. Then the
//! queue may still hold the batches of a faster loader, or hide a slower one: the first step is left out, and more of them
//! until the trainer finds the queue empty or `settle_steps` have gone by ([`settle_steps`] says how many it
//! takes). Where it runs empty by two batches and more while it is measured, the steps are counted as the loader made them:
//! `n` steps that took `q` batches off the queue count as `n - q`. Segments are as long as what a change leaves out, at
//! least: waiting for longer than one measures would be a waste. Where steps are so slow that too few segments would fit
//! into the budget, they are shorter: what is decided takes a number of pairs, however much each of them shows.

use super::conclusion::{Candidate, conclude};
use super::paired::PairedTestSettings;
use super::rounds::{Segment, Study};
use crate::protocol::{BisectVerdict, OffMethod, Trial};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// A step that waited for so much of its time found an empty queue.
pub const WAITED_FRAC: f64 = 0.03;

/// It is the budget that ends most; with steps of a few milliseconds so many rounds fit into a minute.
const MAX_ROUNDS: u32 = 1000;

/// So many segments are to fit into the budget: a culprit that stands out is convicted in some fifty.
const WANTED_SEGMENTS: f64 = 60.0;
const SHORTEST_SEGMENT_STEPS: u32 = 2;

/// How a bisect goes about it.
#[derive(Debug, Clone, PartialEq)]
pub struct BisectSettings {
    /// Enabled transforms that may be switched off without breaking a batch.
    pub candidates: Vec<Candidate>,
    pub method: OffMethod,
    /// Fewest steps measured in a segment; at least 2. Fewer where steps are slow.
    pub segment_steps: u32,
    /// The most steps left out after a change took effect; 0 where no batch is begun before the last was trained with.
    pub settle_steps: u32,
    /// The loader is faster than the trainer: begins with all off together, which settles it sooner if none costs anything.
    pub outpaces: bool,
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
    /// Usual values, for a loader that lets `queue_capacity` batches wait, whose images a second over the trainer's may be
    /// known.
    pub fn new(
        candidates: Vec<Candidate>,
        queue_capacity: usize,
        loader_over_trainer: Option<f64>,
        budget_secs: f64,
        seed: u64,
    ) -> Self {
        let paired = PairedTestSettings::default();
        Self {
            candidates,
            method: OffMethod::Removed,
            segment_steps: 4,
            settle_steps: if queue_capacity == 0 { 0 } else { settle_steps(queue_capacity, loader_over_trainer) },
            outpaces: queue_capacity > 0 && loader_over_trainer.is_some_and(outpaces),
            budget_secs,
            margin_frac: paired.margin_frac,
            alpha: paired.alpha,
            max_blocks: MAX_ROUNDS,
            thorough: false,
            seed,
        }
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

/// What the chain is to be from the next batch on. It is set even where it is the same as before: the control compares
/// the chain with itself, set anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toggle {
    /// Indices into the chain of the transforms that are off, in rising order; all others are as configured.
    pub off: Vec<usize>,
}

/// One step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSeen {
    /// Of its batch.
    pub config_version: u64,
    /// From the end of the step before to its own.
    pub step_secs: f64,
    /// Share of it (0 to 1) that the trainer waited for the batch.
    pub wait_frac: f64,
    /// Full batches that waited when its own was taken.
    pub queue_len: usize,
}

impl StepSeen {
    /// It is the last of the washout after a change, `steps` of which it is: the queue holds no older pace any more.
    pub(super) fn washed_out(&self, steps: u32, settle_steps: u32) -> bool {
        self.queue_len == 0 && self.wait_frac >= WAITED_FRAC || steps >= settle_steps
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// The chain is to change.
    Due(Toggle),
    /// The engine was told and has not answered yet.
    Told(Toggle),
    /// Batches of another version, then so many steps of this one.
    Washing {
        version: u64,
        steps: u32,
    },
    Measuring {
        version: u64,
        secs: Vec<f64>,
        queue: Vec<usize>,
    },
    /// Over, and the whole chain stands.
    Over,
}

/// A bisect under way.
#[derive(Debug)]
pub struct Bisect {
    settings: BisectSettings,
    dice: Pcg64Mcg,
    study: Study,
    /// The segments of this round, and the one under way.
    round: Vec<Segment>,
    at: usize,
    phase: Phase,
    /// Some transform is off.
    is_off: bool,
    version: u64,
    /// Steps measured in each segment of this round.
    segment_steps: u32,
    /// The most steps that a change left out in this round, and those since the last one.
    most_lost: u32,
    lost: u32,
    steps: u32,
    spent_secs: f64,
    ended: bool,
}

impl Bisect {
    /// `config_version` is the whole chain's, as it stands.
    pub fn new(settings: BisectSettings, config_version: u64) -> Self {
        let mut bisect = Self {
            dice: Pcg64Mcg::seed_from_u64(settings.seed),
            study: Study::new(settings.clone()),
            round: Vec::new(),
            at: 0,
            phase: Phase::Over,
            is_off: false,
            version: config_version,
            segment_steps: SHORTEST_SEGMENT_STEPS,
            most_lost: 0,
            lost: 0,
            steps: 0,
            settings,
            spent_secs: 0.0,
            ended: false,
        };
        bisect.begin_round();
        bisect
    }

    /// The change that is due, once. The engine makes it and calls [`Self::applied`], or [`Self::refused`] where it
    /// cannot be made. After the end it restores the whole chain, if need be.
    #[allow(clippy::should_implement_trait, reason = "the engine's next move, not an iterator's")]
    pub fn next(&mut self) -> Option<Toggle> {
        let Phase::Due(toggle) = &self.phase else { return None };
        let toggle = toggle.clone();
        self.phase = Phase::Told(toggle.clone());
        Some(toggle)
    }

    /// The change last told of counts for batches from this version on.
    pub fn applied(&mut self, config_version: u64) {
        let Phase::Told(toggle) = &self.phase else { return };
        self.is_off = !toggle.off.is_empty();
        self.version = config_version;
        self.lost = 0;
        self.phase = if self.ended { Phase::Over } else { Phase::Washing { version: config_version, steps: 0 } };
    }

    /// The change last told of cannot be made: the batch would break without these transforms.
    pub fn refused(&mut self) {
        if !matches!(self.phase, Phase::Told(_)) {
            return;
        }
        if self.ended {
            self.phase = Phase::Over;
            return;
        }
        if let Some(segment) = self.round.get(self.at) {
            self.study.refused(segment);
        }
        self.begin_round();
    }

    /// Takes in a step, those of the washout too. A change by somebody else (of the workers, say) costs the round under
    /// way; one of the chain itself ends the bisect: call [`Self::stop`].
    pub fn observe(&mut self, step: StepSeen) {
        if self.ended {
            return;
        }
        self.steps += 1;
        self.spent_secs += step.step_secs.max(0.0);
        if self.spent_secs >= self.settings.budget_secs {
            self.stop();
            return;
        }
        let settle_steps = self.settings.settle_steps;
        if let Phase::Washing { version, steps: 0 } = self.phase
            && settle_steps == 0
            && step.config_version == version
        {
            self.phase = Phase::Measuring { version, secs: Vec::new(), queue: Vec::new() };
        }
        match &mut self.phase {
            // Somebody else changed the run in mid-round; what was off still is.
            Phase::Washing { version, .. } | Phase::Measuring { version, .. } if step.config_version > *version => {
                self.version = step.config_version;
                self.begin_round();
            }
            Phase::Washing { version, steps } => {
                self.lost += 1;
                if step.config_version == *version {
                    *steps += 1;
                    if step.washed_out(*steps, settle_steps) {
                        self.most_lost = self.most_lost.max(self.lost);
                        self.phase = Phase::Measuring { version: self.version, secs: Vec::new(), queue: Vec::new() };
                    }
                }
            }
            Phase::Measuring { secs, queue, .. } => {
                secs.push(step.step_secs);
                queue.push(step.queue_len);
                if secs.len() >= self.segment_steps as usize {
                    self.end_segment();
                }
            }
            _ => {}
        }
    }

    /// Ends it here; what is not decided stays so.
    pub fn stop(&mut self) {
        self.ended = true;
        self.round.clear();
        self.study.give_up();
        let restored = !self.is_off && !matches!(self.phase, Phase::Told(_));
        self.phase = if restored { Phase::Over } else { Phase::Due(Toggle { off: Vec::new() }) };
    }

    /// Every transform's trial as it stands.
    pub fn report(&self) -> Vec<Trial> {
        self.study.trials()
    }

    /// Seconds of training that went into it.
    pub fn spent_secs(&self) -> f64 {
        self.spent_secs
    }

    /// `None` while it goes on. The chain may still have to be restored: [`Self::next`].
    pub fn finished(&self) -> Option<BisectVerdict> {
        let floor = self.noise_floor_frac();
        let verdict =
            || conclude(&self.report(), self.study.together(), self.settings.margin_frac, floor, self.spent_secs);
        self.ended.then(verdict)
    }

    /// What the control shows so far.
    pub fn noise_floor_frac(&self) -> Option<f64> {
        self.study.noise_floor_frac()
    }

    fn end_segment(&mut self) {
        let Phase::Measuring { secs, queue, .. } = std::mem::replace(&mut self.phase, Phase::Over) else { return };
        let factor = drained_factor(&queue);
        if let Some(segment) = self.round.get_mut(self.at) {
            segment.secs = secs.iter().map(|s| s * factor).collect();
        }
        self.at += 1;
        if self.at < self.round.len() {
            self.begin_segment();
        } else {
            self.study.take(&self.round);
            self.begin_round();
        }
    }

    /// The next round's first segment, or the end.
    fn begin_round(&mut self) {
        let affordable = self.affordable_steps();
        self.round = self.study.plan(&mut self.dice);
        self.at = 0;
        if self.round.is_empty() {
            self.stop();
            return;
        }
        let longest = self.settings.segment_steps.max(self.most_lost).max(SHORTEST_SEGMENT_STEPS);
        self.segment_steps = affordable.saturating_sub(self.most_lost).clamp(SHORTEST_SEGMENT_STEPS, longest);
        self.most_lost = 0;
        self.begin_segment();
    }

    /// Of a segment and what a change leaves out, so that enough of them fit into the budget.
    fn affordable_steps(&self) -> u32 {
        let step_secs = self.spent_secs / f64::from(self.steps.max(1));
        (self.settings.budget_secs / WANTED_SEGMENTS / step_secs.max(1e-6)) as u32
    }

    fn begin_segment(&mut self) {
        if let Some(segment) = self.round.get(self.at) {
            self.phase = Phase::Due(Toggle { off: segment.off.clone() });
        }
    }
}

/// What the times of steps are to be multiplied by that were partly served from the queue; `queue` holds the batches that
/// waited at each of them.
pub fn drained_factor(queue: &[usize]) -> f64 {
    let (Some(first), Some(last)) = (queue.first(), queue.last()) else { return 1.0 };
    let drained = first.saturating_sub(*last).min(queue.len() / 2);
    if drained < 2 { 1.0 } else { queue.len() as f64 / (queue.len() - drained) as f64 }
}
