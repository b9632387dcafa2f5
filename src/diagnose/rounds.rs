//! The statistics of the bisect in place: what is to be measured next, what it says, and when that is enough.
//!
//! A round is two or three segments. Their order is drawn by lot, and they follow each other at once: so whatever drifts or
//! comes in bursts falls on each alike, and the difference of any two is symmetric about the effect. Rounds follow each
//! other as needed:
//!
//! - **conviction**: the whole chain, the suspect alone off, and all other open ones off. Where the operational laws name
//!   the suspect, these others are left for later: nothing but the suspect is tried until it is seen whether it stands out;
//! - **clearing**: the whole chain, and all open transforms off. Where that changes nothing, none of them costs anything,
//!   *as long as switching one off makes nothing slower*. One that makes training faster (it crops, say) breaks that: its
//!   gain could hide another's cost. Where screening sees it, it is tried on its own and then left on;
//! - **screening** ([`super::screen`]), where nobody is known to suspect: a random half of the transforms off, and the
//!   other half.
//!
//! **Left off.** A culprit of some weight, once convicted, stays off in all rounds that follow: steps are as fast as without
//! it, and what the others cost is what they will cost once it is switched off. Their trials say so (`without`).
//!
//! Each whole segment is compared with the next round's, too: this A/A control says what the machine makes up.
//!
//! A suspect is judged by rounds that came after the suspicion, so choosing it costs no certainty; the j-th suspect may use
//! up 1 / (j (j + 1)) of the error allowed, which adds up to less than the whole however many there are. The same goes for
//! the sets that are cleared. Where the chain cannot do without several at once, all are tried alone, side by side, and
//! share the error evenly.

use super::conclusion::{Candidate, Together, trial_of};
use super::paired::{Estimate, PairedTest, PairedTestSettings, Stop, block_log_ratio, effect_frac, noise_floor};
use super::schedule::BisectSettings;
use super::screen::{Screen, cycle, shuffle};
use crate::protocol::{Decision, Measure, Trial};
use rand_pcg::Pcg64Mcg;

/// Of a screening because something costs speed and it is not known what; the first one is one cycle.
const SCREENING_CYCLES: usize = 3;
/// A suspect that the laws named is tried alone for so many rounds; one that then is open is tried beside the others.
const LONELY_ROUNDS: u32 = 10;
/// A culprit that training is faster without by so much for certain (ln) is left off from then on.
const LEFT_OFF_FROM: f64 = 0.4;

/// A segment's part in its round; transforms by their place among the candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Alone(usize),
    Rest,
    MixedFirst,
    MixedSecond,
}

/// Steps of one state of the chain.
#[derive(Debug)]
pub(super) struct Segment {
    part: Part,
    /// Indices into the chain of what is off.
    pub off: Vec<usize>,
    /// Of each step measured.
    pub secs: Vec<f64>,
}

/// Segments to be compared.
#[derive(Debug)]
pub(super) struct Round {
    pub segments: Vec<Segment>,
    /// Steps to be measured in each.
    pub steps: u32,
    /// Of a pair of mixed ones.
    pub sides: Vec<(bool, bool)>,
}

/// Whether it is known who costs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Open,
    /// A culprit costs most, whatever those do that were not looked at.
    Settled,
    /// It costs more than each other, all of which were measured.
    Known,
}

/// One transform.
#[derive(Debug)]
struct Arm {
    candidate: Candidate,
    decision: Decision,
    /// What the laws expect of it, as ln.
    expected: f64,
    /// Alone off; from the suspicion on.
    test: Option<PairedTest>,
    /// Arms that were left off meanwhile.
    without: Vec<usize>,
    /// Of the last set that it was off in, and how many these were: it alone changes no more than they together.
    bound: Option<(Estimate, usize)>,
}

/// All open transforms but the suspect, off together.
#[derive(Debug)]
struct Rest {
    members: Vec<usize>,
    test: PairedTest,
    /// `None` while it is measured.
    stop: Option<Stop>,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Until so many pairs, at the latest.
    Screening {
        pairs: usize,
    },
    /// Clearing, or conviction where there are suspects.
    Trying,
    Over,
}

/// A bisect's evidence.
#[derive(Debug)]
pub(super) struct Study {
    settings: BisectSettings,
    arms: Vec<Arm>,
    stage: Stage,
    screen: Screen,
    /// Measured alone in each round of trying.
    suspects: Vec<usize>,
    /// Suspects so far.
    suspected: usize,
    rest: Option<Rest>,
    /// Sets so far.
    rests: usize,
    /// Culprits that are off in every segment.
    left_off: Vec<usize>,
    /// ln(whole / the next whole), and the steps of the last.
    control: Vec<f64>,
    last_whole: Vec<f64>,
    /// The chain cannot do without several at once.
    singly: bool,
}

impl Study {
    pub fn new(settings: BisectSettings) -> Self {
        let arm = |candidate: &Candidate| {
            let expected = settings.known.expected.iter().find(|(index, _)| *index == candidate.index);
            Arm {
                candidate: candidate.clone(),
                decision: Decision::Measuring,
                expected: expected.map_or(0.0, |(_, frac)| frac.max(-0.5).ln_1p()),
                test: None,
                without: Vec::new(),
                bound: None,
            }
        };
        let mut study = Self {
            arms: settings.candidates.iter().map(arm).collect(),
            settings,
            stage: Stage::Over,
            screen: Screen::default(),
            suspects: Vec::new(),
            suspected: 0,
            rest: None,
            rests: 0,
            left_off: Vec::new(),
            control: Vec::new(),
            last_whole: Vec::new(),
            singly: false,
        };
        study.begin();
        study
    }

    fn begin(&mut self) {
        if let Some(expected) = self.expected() {
            self.try_alone(vec![expected]);
        } else if self.settings.outpaces() && self.open().len() > 1 {
            self.suspect(Vec::new());
        } else {
            // Whoever wants all decided wants to know, too, if one's gain hides another's cost.
            self.look_for_suspects(if self.settings.thorough { SCREENING_CYCLES } else { 1 });
        }
    }

    /// The open transform that the laws say costs most, where that is more than the margin and it was not tried yet.
    fn expected(&self) -> Option<usize> {
        let untried = self.open().into_iter().filter_map(|index| Some((index, self.arms.get(index)?)));
        let untried = untried.filter(|(_, arm)| arm.test.is_none() && arm.expected > self.margin());
        untried.max_by(|a, b| a.1.expected.total_cmp(&b.1.expected)).map(|(index, _)| index)
    }

    /// The next round; without segments when it is over.
    pub fn plan(&mut self, dice: &mut Pcg64Mcg) -> Round {
        let mut sides = Vec::new();
        let mut parts: Vec<Part> = match self.stage {
            Stage::Over => Vec::new(),
            Stage::Screening { .. } => {
                let open = self.open();
                sides = self.screen.draw(dice, self.arms.len(), &open);
                vec![Part::MixedFirst, Part::MixedSecond]
            }
            Stage::Trying => {
                let suspects = self.suspects.iter().copied();
                let goes_on = |decision| matches!(decision, Decision::Measuring | Decision::Effect);
                let alone = suspects.filter(|i| self.arms.get(*i).is_some_and(|arm| goes_on(arm.decision)));
                let rest = self.rest.as_ref().filter(|rest| rest.stop != Some(Stop::Nothing)).map(|_| Part::Rest);
                alone.map(Part::Alone).chain(rest).chain([Part::Whole]).collect()
            }
        };
        shuffle(dice, &mut parts);
        let segment = |part| Segment { part, off: self.off(part, &sides), secs: Vec::new() };
        Round { segments: parts.into_iter().map(segment).collect(), steps: 1, sides }
    }

    /// What is off in it, in rising order.
    fn off(&self, part: Part, sides: &[(bool, bool)]) -> Vec<usize> {
        let is_off = |index: usize| match part {
            Part::Whole => false,
            Part::Alone(suspect) => suspect == index,
            Part::Rest => self.rest.as_ref().is_some_and(|rest| rest.members.contains(&index)),
            Part::MixedFirst => sides.get(index).is_some_and(|side| !side.0),
            Part::MixedSecond => sides.get(index).is_some_and(|side| !side.1),
        };
        let off = self.arms.iter().enumerate().filter(|(index, _)| is_off(*index) || self.left_off.contains(index));
        let mut off: Vec<usize> = off.map(|(_, arm)| arm.candidate.index).collect();
        off.sort_unstable();
        off
    }

    /// The chain cannot do without these; what was planned is lost.
    pub fn refused(&mut self, off: &[usize]) {
        match off {
            [one] => {
                let arm = self.arms.iter_mut().find(|arm| arm.candidate.index == *one);
                if let Some(arm) = arm {
                    arm.decision = Decision::CannotSwitch;
                }
                self.suspects.retain(|suspect| self.arms.get(*suspect).is_some_and(|a| a.candidate.index != *one));
                if self.open().is_empty() {
                    self.stage = Stage::Over;
                } else if !self.singly {
                    self.begin();
                }
            }
            _ => {
                self.singly = true;
                self.rest = None;
                self.left_off.clear();
                self.last_whole.clear();
                self.suspect(self.open());
            }
        }
    }

    /// Takes in a round whose segments all have steps. False where what was planned before is of no use any more.
    pub fn take(&mut self, round: &Round) -> bool {
        let secs = |part: Part| {
            round.segments.iter().find(|segment| segment.part == part).map(|segment| segment.secs.as_slice())
        };
        if let (Some(first), Some(second)) = (secs(Part::MixedFirst), secs(Part::MixedSecond)) {
            if let Some(difference) = block_log_ratio(first, second) {
                self.screen.push(&round.sides, difference);
            }
        } else if let Some(whole) = secs(Part::Whole) {
            self.control.extend(block_log_ratio(&self.last_whole, whole));
            self.last_whole = whole.to_vec();
            self.compare(&round.segments, whole);
        }
        let planned = self.parts_to_come();
        match self.stage {
            Stage::Screening { pairs } => self.judge_screening(pairs),
            Stage::Trying => self.judge_trying(),
            Stage::Over => {}
        }
        planned == self.parts_to_come()
    }

    /// What the rounds to come are made of.
    fn parts_to_come(&self) -> (Stage, Vec<Decision>, Option<Vec<usize>>, Vec<usize>, usize) {
        let stage = match self.stage {
            Stage::Screening { .. } => Stage::Screening { pairs: 0 },
            other => other,
        };
        let rest = self.rest.as_ref().filter(|rest| rest.stop != Some(Stop::Nothing)).map(|rest| rest.members.clone());
        let decisions = self.arms.iter().map(|arm| arm.decision).collect();
        (stage, decisions, rest, self.suspects.clone(), self.left_off.len())
    }

    /// Each segment with something off, with the round's whole chain.
    fn compare(&mut self, round: &[Segment], whole: &[f64]) {
        for segment in round {
            let test = match segment.part {
                Part::Alone(suspect) => self.arms.get_mut(suspect).and_then(|arm| arm.test.as_mut()),
                Part::Rest => self.rest.as_mut().map(|rest| &mut rest.test),
                _ => None,
            };
            if let (Some(test), Some(difference)) = (test, block_log_ratio(whole, &segment.secs)) {
                test.push(difference);
            }
        }
    }

    /// No more rounds are to be had: what is open stays so, unless what is known of it leaves no doubt.
    pub fn give_up(&mut self) {
        self.stage = Stage::Over;
        let floor = self.floor();
        for arm in self.arms.iter_mut().filter(|arm| arm.decision == Decision::Measuring) {
            let stop = arm.test.as_ref().and_then(|test| test.judge(floor));
            arm.decision = stop.map_or(Decision::Undecided, Decision::from);
        }
    }

    /// What comes is of another run (of other workers, say): it is not held against what was before.
    pub fn run_changed(&mut self) {
        self.last_whole.clear();
    }

    /// More rounds are to be had after all.
    pub fn reopen(&mut self) {
        for arm in self.arms.iter_mut().filter(|arm| arm.decision == Decision::Undecided) {
            arm.decision = Decision::Measuring;
        }
        self.last_whole.clear();
        let open = self.open();
        if open.is_empty() {
            return;
        }
        // Its trials go on where they were; tests are kept, and so is their share of the error.
        self.suspects.retain(|suspect| open.contains(suspect));
        if self.suspects.is_empty() && self.rest.as_ref().is_none_or(|rest| rest.stop.is_some()) {
            self.begin();
        } else {
            self.stage = Stage::Trying;
        }
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    fn judge_screening(&mut self, most_pairs: usize) {
        if !self.screen.may_judge() {
            return;
        }
        let Some((first, is_suspicious)) = self.screen.first(&self.open(), self.margin()) else { return };
        let exhausted = self.screen.pairs() >= most_pairs;
        let something_matters = self.rest.as_ref().is_some_and(|rest| rest.stop.is_some());
        if is_suspicious || exhausted && something_matters {
            self.suspect(vec![first]);
        } else if exhausted {
            self.suspect(Vec::new());
        }
    }

    fn judge_trying(&mut self) {
        let margin = self.margin();
        let floor = self.floor();
        let mut convicted = None;
        for suspect in &self.suspects {
            let Some(arm) = self.arms.get_mut(*suspect).filter(|arm| arm.decision == Decision::Measuring) else {
                continue;
            };
            if let Some(stop) = arm.test.as_ref().filter(|test| is_look(test)).and_then(|test| test.stop(floor)) {
                arm.decision = stop.into();
                let low = arm.test.as_ref().and_then(PairedTest::estimate).map_or(0.0, |estimate| estimate.low);
                convicted = convicted.or((stop == Stop::Effect && low > LEFT_OFF_FROM).then_some(*suspect));
            }
        }
        if let Some(rest) = self.rest.as_mut().filter(|rest| is_look(&rest.test)) {
            let estimate = rest.test.estimate();
            // What costs something, but too little to matter, needs no search for who it is.
            let matters = |stop: &Stop| *stop != Stop::Effect || estimate.is_some_and(|e| e.log_ratio.abs() >= margin);
            rest.stop = rest.stop.or_else(|| rest.test.stop(floor).filter(matters));
            let bound = estimate.filter(|estimate| estimate.high.is_finite()).map(|e| (e, rest.members.len()));
            for member in &rest.members {
                let Some(arm) = self.arms.get_mut(*member).filter(|arm| arm.test.is_none()) else { continue };
                arm.bound = bound.or(arm.bound);
                arm.without.clone_from(&self.left_off);
                if rest.stop == Some(Stop::Nothing) && arm.decision == Decision::Measuring {
                    arm.decision = Decision::Nothing;
                }
            }
        }
        let open = self.open();
        if open.is_empty() {
            self.stage = Stage::Over;
            return;
        }
        if let Some(culprit) = convicted.filter(|_| !self.singly) {
            self.leave_off(culprit);
            return;
        }
        let lonely = |suspect: &usize| {
            let test = self.arms.get(*suspect).and_then(|arm| arm.test.as_ref());
            self.rest.is_none() && !self.singly && test.is_some_and(|test| test.blocks() >= LONELY_ROUNDS)
        };
        if self.suspects.iter().any(|suspect| open.contains(suspect)) {
            if self.suspects.iter().any(lonely) {
                self.measure_rest();
            }
            return;
        }
        if self.rest.as_ref().is_some_and(|rest| rest.stop.is_none() || self.will_settle(rest)) {
            return;
        }
        self.go_on();
    }

    /// It is off in all that follows; the others are measured against that.
    fn leave_off(&mut self, culprit: usize) {
        self.left_off.push(culprit);
        self.last_whole.clear();
        self.screen = Screen::default();
        self.rest = None;
        self.go_on();
    }

    /// Whom to try next: whom the laws name, then all others together, then whoever stands apart among them.
    fn go_on(&mut self) {
        if let Some(expected) = self.expected() {
            self.suspect(vec![expected]);
        } else if self.rest.is_none() {
            self.suspect(Vec::new());
        } else {
            self.look_for_suspects(SCREENING_CYCLES);
        }
    }

    /// Screens for so many cycles more; the last one open needs none.
    fn look_for_suspects(&mut self, cycles: usize) {
        let open = self.open();
        match open.as_slice() {
            [] => self.stage = Stage::Over,
            [one] => self.suspect(vec![*one]),
            _ => self.stage = Stage::Screening { pairs: self.screen.pairs() + cycles * cycle(open.len()) },
        }
    }

    /// Tries these alone, and all other open ones together.
    fn suspect(&mut self, suspects: Vec<usize>) {
        self.try_alone(suspects);
        self.measure_rest();
    }

    fn try_alone(&mut self, suspects: Vec<usize>) {
        let count = self.arms.len().max(1);
        for suspect in &suspects {
            self.suspected += 1;
            let share = if self.singly { count } else { self.suspected * (self.suspected + 1) };
            let test = PairedTest::new(self.paired(share));
            if let Some(arm) = self.arms.get_mut(*suspect) {
                arm.test = Some(test);
                arm.without.clone_from(&self.left_off);
            }
        }
        self.suspects = suspects;
        self.rest = None;
        self.stage = Stage::Trying;
    }

    fn measure_rest(&mut self) {
        let members: Vec<usize> = self.open().into_iter().filter(|index| !self.suspects.contains(index)).collect();
        self.rest = (!members.is_empty() && !self.singly).then(|| {
            self.rests += 1;
            Rest { members, test: PairedTest::new(self.paired(self.rests * (self.rests + 1))), stop: None }
        });
    }

    fn paired(&self, comparisons: usize) -> PairedTestSettings {
        PairedTestSettings {
            alpha: self.settings.alpha,
            comparisons,
            margin_frac: self.settings.margin_frac,
            max_blocks: self.settings.max_blocks,
        }
    }

    fn open(&self) -> Vec<usize> {
        let open = self.arms.iter().enumerate().filter(|(_, arm)| arm.decision == Decision::Measuring);
        open.map(|(index, _)| index).collect()
    }

    /// The costliest convicted, and its interval's lower end.
    fn culprit(&self) -> Option<(usize, f64)> {
        let convicted = self.arms.iter().enumerate().filter(|(_, arm)| arm.decision == Decision::Effect);
        let low = |arm: &Arm| arm.test.as_ref()?.estimate().map(|estimate| estimate.low);
        let lows = convicted.filter_map(|(index, arm)| Some((index, low(arm)?, arm.without.len())));
        // One that was left off costs more than those found after it, or they would have been found before.
        let first = lows.filter(|(_, low, _)| *low > self.margin());
        first.min_by(|a, b| a.2.cmp(&b.2).then(b.1.total_cmp(&a.1))).map(|(index, low, _)| (index, low))
    }

    fn margin(&self) -> f64 {
        self.settings.margin_frac.ln_1p()
    }

    /// The largest effect (ln) that is expected of whoever is switched off now, or was measured of them.
    pub fn leading_effect(&self) -> f64 {
        let seen = |test: &PairedTest| test.mean().filter(|_| test.blocks() > 2);
        let suspects = self.suspects.iter().filter_map(|suspect| self.arms.get(*suspect));
        let effects = suspects.map(|arm| arm.test.as_ref().and_then(seen).unwrap_or(arm.expected));
        let rest = self.rest.as_ref().and_then(|rest| seen(&rest.test));
        effects.chain(rest).map(f64::abs).fold(0.0, f64::max)
    }

    /// The suspect under trial.
    pub fn suspect_name(&self) -> Option<&str> {
        let suspect = self.suspects.first().filter(|_| self.stage == Stage::Trying)?;
        let arm = self.arms.get(*suspect).filter(|arm| arm.decision == Decision::Measuring)?;
        Some(&arm.candidate.name)
    }

    /// A culprit costs more than each that is open. Without it training takes at most exp(-low) of the time: nobody can
    /// save more than that of what is left.
    pub fn order(&self) -> Order {
        let Some((culprit, low)) = self.culprit() else { return Order::Open };
        let (saved, left) = (1.0 - (-low).exp(), (-low).exp());
        let most_saved = |arm: &Arm| {
            let high = arm.tried().map(|estimate| estimate.high).filter(|high| high.is_finite());
            let of_its_time = high.map_or(1.0, |high| 1.0 - (-high.max(0.0)).exp());
            let beside = if arm.without.contains(&culprit) { left * of_its_time } else { of_its_time };
            (beside.min(left), high.is_some())
        };
        let open = self.arms.iter().filter(|arm| arm.decision == Decision::Measuring).map(most_saved);
        let (mut settled, mut all_seen) = (true, true);
        for (most, seen) in open {
            settled &= most < saved;
            all_seen &= seen;
        }
        match (settled, all_seen) {
            (false, _) => Order::Open,
            (true, false) => Order::Settled,
            (true, true) => Order::Known,
        }
    }

    /// All others together seem to cost far less than a culprit that is measured beside them: it takes just more rounds.
    fn will_settle(&self, rest: &Rest) -> bool {
        let log_ratio = |test: &PairedTest| test.mean().unwrap_or(f64::INFINITY);
        let culprits = self.suspects.iter().filter_map(|suspect| self.arms.get(*suspect));
        let mut costs =
            culprits.filter(|a| a.decision == Decision::Effect).filter_map(|a| a.test.as_ref()).map(log_ratio);
        !self.settings.thorough && costs.any(|cost| cost > (2.0 * log_ratio(&rest.test)).max(self.margin()))
    }

    /// Every transform's trial as it stands. One that was off only with others has their estimate, and an interval that no
    /// more than holds them all; of one that was only screened there is the effect in mixed company, without an interval.
    pub fn trials(&self) -> Vec<Trial> {
        let trial = |(index, arm): (usize, &Arm)| {
            let screened = || {
                let (log_ratio, blocks) = self.screen.mean(index)?;
                Some((Estimate { log_ratio, low: f64::NEG_INFINITY, high: f64::INFINITY, blocks }, 0))
            };
            let bounded = || {
                let (bound, members) = arm.bound?;
                let together = if members > 1 { members } else { 0 };
                Some((Estimate { low: bound.low.min(0.0), high: bound.high.max(0.0), ..bound }, together))
            };
            let alone = arm.test.as_ref().and_then(PairedTest::estimate).map(|estimate| (estimate, 0));
            let (estimate, together) = alone.or_else(bounded).or_else(screened).unzip();
            let without = arm.without.iter().filter_map(|other| Some(self.arms.get(*other)?.candidate.name.clone()));
            let (without, method) = (without.collect(), self.settings.method);
            let trial = trial_of(&arm.candidate, method, Measure::StepTime, estimate, arm.decision, without);
            Trial { together: together.unwrap_or(0), ..trial }
        };
        self.arms.iter().enumerate().map(trial).collect()
    }

    /// What the last set was found to change, off together.
    pub fn together(&self) -> Option<Together> {
        let rest = self.rest.as_ref()?;
        let estimate = rest.test.estimate().filter(|estimate| estimate.high.is_finite())?;
        Some(Together {
            transforms: rest.members.len(),
            all: rest.members.len() == self.arms.len(),
            effect_frac: effect_frac(estimate.log_ratio),
            low: effect_frac(estimate.low),
            high: effect_frac(estimate.high),
        })
    }

    /// What the control shows so far.
    pub fn noise_floor_frac(&self) -> Option<f64> {
        noise_floor(&self.control)
    }

    /// Before the control says what the machine makes up, no small effect is believed.
    fn floor(&self) -> Option<f64> {
        self.noise_floor_frac().or(Some(f64::INFINITY))
    }
}

/// Whether a test is looked at after this round: of many rounds one more says little, and looking takes time.
fn is_look(test: &PairedTest) -> bool {
    let blocks = test.blocks();
    blocks.is_multiple_of((blocks / 32).max(1))
}

impl Arm {
    /// What experiments alone or together say of it.
    fn tried(&self) -> Option<Estimate> {
        self.test.as_ref().and_then(PairedTest::estimate).or(self.bound.map(|(bound, _)| bound))
    }
}
