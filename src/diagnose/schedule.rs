//! The bisect in place: which transform is off in which steps of a training that goes on.
//!
//! A state machine without clocks or threads. The engine asks [`Bisect::next`] after every step whether the chain is to
//! change, changes it, says so ([`Bisect::applied`]) and shows it every step ([`Bisect::observe`]). Rounds go over all
//! undecided transforms in an order drawn by lot, one block each, so that all get on and whatever drifts hits all alike.
//! In a round of its own kind the chain is set anew without a change: the A/A control, whose differences say how much of
//! an effect this machine makes up.
//!
//! **Washout.** Steps of batches made under another version of the chain are left out by the version they carry. Then the
//! queue may still hold the batches of a faster loader, or hide a slower one: the first step is always left out, and
//! more of them until the trainer finds the queue empty or `settle_steps` have gone by ([`settle_steps`] says how many it takes). Where it runs empty by two batches and more while
//! it is measured, the steps are counted as the loader made them: `n` steps that took `q` batches off the queue count as
//! `n - q`.

use super::conclusion::{Candidate, conclude, trial_of};
use super::paired::{PairedTest, PairedTestSettings, Stop, block_log_ratio, noise_floor};
use crate::protocol::{BisectVerdict, Decision, Measure, OffMethod, Trial};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The control is in every round until it has so many blocks, then in one round of [`CONTROL_EVERY`].
const CONTROL_BLOCKS: u32 = 10;
const CONTROL_EVERY: u64 = 4;
/// A step that waited for so much of its time found an empty queue.
pub const WAITED_FRAC: f64 = 0.03;

/// How the segments of a block follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockOrder {
    /// On, off, off, on or the reverse, by lot: a steady drift cancels within the block.
    Abba,
    /// On, off or the reverse, by lot: half as long; a drift cancels over blocks only.
    Pair,
}

/// How a bisect goes about it.
#[derive(Debug, Clone, PartialEq)]
pub struct BisectSettings {
    /// Enabled transforms that may be switched off without breaking a batch.
    pub candidates: Vec<Candidate>,
    pub method: OffMethod,
    pub order: BlockOrder,
    /// Steps measured in a segment; at least 2.
    pub segment_steps: u32,
    /// The most steps left out after a change took effect.
    pub settle_steps: u32,
    /// Seconds of training, washout included, after which what is not decided stays so.
    pub budget_secs: f64,
    /// Effects within this share are none.
    pub margin_frac: f64,
    /// Chance of accusing an innocent transform, over the whole bisect.
    pub alpha: f64,
    /// Blocks after which a transform is given up as undecided.
    pub max_blocks: u32,
    /// Go on until each transform is decided; else only until a culprit is found that all undecided ones lie below.
    pub thorough: bool,
    pub seed: u64,
}

impl BisectSettings {
    /// Usual values, for a loader that lets `queue_capacity` batches wait.
    pub fn new(candidates: Vec<Candidate>, queue_capacity: usize, budget_secs: f64, seed: u64) -> Self {
        let paired = PairedTestSettings::default();
        Self {
            candidates,
            method: OffMethod::Removed,
            order: BlockOrder::Pair,
            segment_steps: 4,
            settle_steps: settle_steps(queue_capacity, None),
            budget_secs,
            margin_frac: paired.margin_frac,
            alpha: paired.alpha,
            max_blocks: paired.max_blocks,
            thorough: false,
            seed,
        }
    }
}

/// Steps to leave out after a change, for a queue of so many batches and the loader's images a second over the trainer's,
/// where they are known.
///
/// A loader that is slower by a tenth lives on a full queue for ten times its length, and seems not to be slower as long.
/// One that is much slower empties it at once (which ends the washout anyhow), a faster one has nothing to hide.
pub fn settle_steps(queue_capacity: usize, loader_over_trainer: Option<f64>) -> u32 {
    let lengths = match loader_over_trainer {
        Some(ratio) if ratio > 1.05 => 1.0,
        Some(ratio) => {
            let ratio = ratio.clamp(0.0, 0.95);
            (ratio / (1.0 - ratio)).max(1.0)
        }
        None => 4.0,
    };
    ((1.0 + queue_capacity as f64) * lengths).ceil().clamp(1.0, 64.0) as u32
}

/// What the chain is to be from the next batch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toggle {
    /// Index into the chain; `None` is the chain as a whole.
    pub transform: Option<usize>,
    /// True: the chain as it was configured. False: the same without just this transform; without one (the control),
    /// the chain as it was configured, set anew.
    pub on: bool,
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

/// One transform's series, or the control's.
#[derive(Debug)]
struct Arm {
    /// `None` for the control.
    candidate: Option<Candidate>,
    test: PairedTest,
    decision: Decision,
}

/// A block under way.
#[derive(Debug)]
struct Block {
    arm: usize,
    /// On or off, of each segment.
    segments: Vec<bool>,
    at: usize,
    on_secs: Vec<f64>,
    off_secs: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// The chain is to change.
    Due(Toggle),
    /// The engine was told and has not answered yet.
    Told(Toggle),
    /// Batches of another version, and so many steps since.
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
    /// The candidates in their order, then the control.
    arms: Vec<Arm>,
    rounds: u64,
    /// Arms whose turn in this round is still to come.
    round: Vec<usize>,
    block: Option<Block>,
    phase: Phase,
    /// The arm whose off state the chain is in.
    off_arm: Option<usize>,
    version: u64,
    spent_secs: f64,
    ended: bool,
}

impl Bisect {
    /// `config_version` is the whole chain's, as it stands.
    pub fn new(settings: BisectSettings, config_version: u64) -> Self {
        let paired = PairedTestSettings {
            alpha: settings.alpha,
            comparisons: settings.candidates.len().max(1),
            margin_frac: settings.margin_frac,
            max_blocks: settings.max_blocks,
        };
        let arm = |candidate| Arm { candidate, test: PairedTest::new(paired), decision: Decision::Measuring };
        let arms = settings.candidates.iter().cloned().map(Some).chain([None]).map(arm).collect();
        let mut bisect = Self {
            dice: Pcg64Mcg::seed_from_u64(settings.seed),
            settings,
            arms,
            rounds: 0,
            round: Vec::new(),
            block: None,
            phase: Phase::Over,
            off_arm: None,
            version: config_version,
            spent_secs: 0.0,
            ended: false,
        };
        bisect.begin_block();
        bisect
    }

    /// The change that is due, once. The engine makes it and calls [`Self::applied`], or [`Self::refused`] where it
    /// cannot be made. After the end it restores the whole chain, if need be.
    #[allow(clippy::should_implement_trait, reason = "the engine's next move, not an iterator's")]
    pub fn next(&mut self) -> Option<Toggle> {
        let Phase::Due(toggle) = self.phase else { return None };
        self.phase = Phase::Told(toggle);
        Some(toggle)
    }

    /// The change last told of counts for batches from this version on.
    pub fn applied(&mut self, config_version: u64) {
        let Phase::Told(toggle) = self.phase else { return };
        self.version = config_version;
        self.off_arm = if toggle.on { None } else { self.block.as_ref().map(|block| block.arm) };
        self.phase = if self.ended { Phase::Over } else { Phase::Washing { version: config_version, steps: 0 } };
    }

    /// The change last told of cannot be made: the batch would break without this transform.
    pub fn refused(&mut self) {
        if !matches!(self.phase, Phase::Told(_)) {
            return;
        }
        if self.ended {
            self.phase = Phase::Over;
            return;
        }
        if let Some(arm) = self.block.take().and_then(|block| self.arms.get_mut(block.arm)) {
            arm.decision = Decision::CannotSwitch;
        }
        self.begin_block();
    }

    /// Takes in a step, those of the washout too. A change by somebody else (of the workers, say) costs the block under
    /// way; one of the chain itself ends the bisect: call [`Self::stop`].
    pub fn observe(&mut self, step: StepSeen) {
        if self.ended {
            return;
        }
        self.spent_secs += step.step_secs.max(0.0);
        if self.spent_secs >= self.settings.budget_secs {
            self.stop();
            return;
        }
        let settle_steps = self.settings.settle_steps;
        match &mut self.phase {
            Phase::Washing { version, .. } | Phase::Measuring { version, .. } if step.config_version > *version => {
                // Somebody else changed the run in mid-block; what was off still is.
                self.version = step.config_version;
                self.block = None;
                self.begin_block();
                if matches!(self.phase, Phase::Measuring { .. }) {
                    self.phase = Phase::Washing { version: self.version, steps: 0 };
                }
            }
            Phase::Washing { version, steps } if step.config_version == *version => {
                *steps += 1;
                if step.queue_len == 0 && step.wait_frac >= WAITED_FRAC || *steps >= settle_steps {
                    self.measure();
                }
            }
            Phase::Measuring { secs, queue, .. } => {
                secs.push(step.step_secs);
                queue.push(step.queue_len);
                if secs.len() >= self.settings.segment_steps.max(2) as usize {
                    self.end_segment();
                }
            }
            _ => {}
        }
    }

    /// Ends it here; what is not decided stays so.
    pub fn stop(&mut self) {
        self.ended = true;
        self.block = None;
        for arm in &mut self.arms {
            if arm.decision == Decision::Measuring {
                arm.decision = Decision::Undecided;
            }
        }
        let restored = self.off_arm.is_none() && !matches!(self.phase, Phase::Told(_));
        self.phase = if restored { Phase::Over } else { Phase::Due(Toggle { transform: None, on: true }) };
    }

    /// Every transform's trial as it stands.
    pub fn report(&self) -> Vec<Trial> {
        let trial = |arm: &Arm| {
            let candidate = arm.candidate.as_ref()?;
            Some(trial_of(candidate, self.settings.method, Measure::StepTime, &arm.test, arm.decision))
        };
        self.arms.iter().filter_map(trial).collect()
    }

    /// Seconds of training that went into it.
    pub fn spent_secs(&self) -> f64 {
        self.spent_secs
    }

    /// `None` while it goes on. The chain may still have to be restored: [`Self::next`].
    pub fn finished(&self) -> Option<BisectVerdict> {
        let verdict = || conclude(&self.report(), self.settings.margin_frac, self.noise_floor_frac(), self.spent_secs);
        self.ended.then(verdict)
    }

    /// What the control shows so far.
    pub fn noise_floor_frac(&self) -> Option<f64> {
        self.control().and_then(|control| noise_floor(control.test.differences()))
    }

    fn control(&self) -> Option<&Arm> {
        self.arms.last()
    }

    /// Washed out: what comes is measured.
    fn measure(&mut self) {
        self.phase = Phase::Measuring { version: self.version, secs: Vec::new(), queue: Vec::new() };
    }

    fn end_segment(&mut self) {
        let Phase::Measuring { secs, queue, .. } = std::mem::replace(&mut self.phase, Phase::Over) else { return };
        let Some(block) = &mut self.block else { return };
        let factor = drained_factor(&queue);
        let side = if block.segments.get(block.at) == Some(&true) { &mut block.on_secs } else { &mut block.off_secs };
        side.extend(secs.iter().map(|s| s * factor));
        block.at += 1;
        if block.at < block.segments.len() {
            self.begin_segment();
        } else {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        let floor = self.noise_floor_frac();
        if let Some(block) = self.block.take()
            && let Some(arm) = self.arms.get_mut(block.arm)
            && let Some(difference) = block_log_ratio(&block.on_secs, &block.off_secs)
        {
            arm.test.push(difference);
            // An effect is not believed before the control says what the machine makes up.
            let stop = arm.test.stop(floor).filter(|stop| floor.is_some() || *stop != Stop::Effect);
            if let (Some(stop), true, Decision::Measuring) = (stop, arm.candidate.is_some(), arm.decision) {
                arm.decision = stop.into();
            }
        }
        self.begin_block();
    }

    /// The next block's first segment, or the end.
    fn begin_block(&mut self) {
        let candidates = self.arms.len() - 1;
        let open = self.arms.iter().any(|arm| arm.candidate.is_some() && arm.decision == Decision::Measuring);
        if !open || !self.settings.thorough && self.order_is_settled() {
            self.stop();
            return;
        }
        // A culprit's interval goes on shrinking while others are measured: the order is settled the sooner.
        let goes_on = |arms: &[Arm], arm: usize| {
            arms.get(arm).is_some_and(|a| matches!(a.decision, Decision::Measuring | Decision::Effect))
        };
        self.round.retain(|arm| goes_on(&self.arms, *arm));
        if self.round.is_empty() {
            let control_blocks = self.control().map_or(0, |control| control.test.blocks());
            let with_control = control_blocks < CONTROL_BLOCKS || self.rounds.is_multiple_of(CONTROL_EVERY);
            self.round = (0..candidates + usize::from(with_control)).filter(|a| goes_on(&self.arms, *a)).collect();
            for i in (1..self.round.len()).rev() {
                let j = (u128::from(self.dice.next_u64()) * (i as u128 + 1)) >> 64;
                self.round.swap(i, j as usize);
            }
            self.rounds += 1;
        }
        let Some(arm) = self.round.pop() else { return };
        let first = self.dice.next_u64() >> 63 == 1;
        let segments = match self.settings.order {
            BlockOrder::Abba => vec![first, !first, !first, first],
            BlockOrder::Pair => vec![first, !first],
        };
        self.block = Some(Block { arm, segments, at: 0, on_secs: Vec::new(), off_secs: Vec::new() });
        self.begin_segment();
    }

    /// A culprit's interval lies above those of all that are still measured.
    fn order_is_settled(&self) -> bool {
        let margin = self.settings.margin_frac.ln_1p();
        let ends = |decision| {
            let arms = self.arms.iter().filter(move |arm| arm.candidate.is_some() && arm.decision == decision);
            arms.map(|arm| arm.test.estimate().map_or((f64::NEG_INFINITY, f64::INFINITY), |e| (e.low, e.high)))
        };
        let culprit = ends(Decision::Effect).map(|(low, _)| low).fold(f64::NEG_INFINITY, f64::max);
        culprit > margin && ends(Decision::Measuring).all(|(_, high)| high < culprit)
    }

    /// Goes on measuring where the chain stays as it is, else asks for the change.
    fn begin_segment(&mut self) {
        let Some(block) = &self.block else { return };
        let on = block.segments.get(block.at) == Some(&true);
        let wanted = (!on).then_some(block.arm);
        if wanted == self.off_arm {
            self.measure();
            return;
        }
        // Back to the whole chain from whichever was off last; to the other the arm's own.
        let arm = self.arms.get(if on { self.off_arm.unwrap_or(block.arm) } else { block.arm });
        let transform = arm.and_then(|arm| arm.candidate.as_ref()).map(|candidate| candidate.index);
        self.phase = Phase::Due(Toggle { transform, on });
    }
}

/// What the times of steps are to be multiplied by that were partly served from the queue; `queue` holds the batches that
/// waited at each of them.
pub fn drained_factor(queue: &[usize]) -> f64 {
    let (Some(first), Some(last)) = (queue.first(), queue.last()) else { return 1.0 };
    let drained = first.saturating_sub(*last).min(queue.len() / 2);
    if drained < 2 { 1.0 } else { queue.len() as f64 / (queue.len() - drained) as f64 }
}
