//! The statistics of the bisect in place: what is to be measured next, what it says, and when that is enough.
//!
//! A round is two or three segments. Their order is drawn by lot, and they follow each other at once: so whatever drifts or
//! comes in bursts falls on each alike, and the difference of any two is symmetric about the effect. Three kinds of rounds
//! follow each other as needed:
//!
//! - **screening** ([`super::screen`]): a random half of the transforms off, and the other half;
//! - **clearing**: the whole chain, and all open transforms off. Where that changes nothing, none of them costs anything,
//!   *as long as switching one off makes nothing slower*. One that makes training faster (it crops, say) breaks that: its
//!   gain could hide another's cost. Where screening sees it, it is tried on its own and then left on;
//! - **conviction**: the whole chain, the suspect alone off, and all other open ones off.
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

/// One transform.
#[derive(Debug)]
struct Arm {
    candidate: Candidate,
    decision: Decision,
    /// Alone off; from the suspicion on.
    test: Option<PairedTest>,
    /// Of the last set that it was off in: it alone changes no more than they together.
    bound: Option<Estimate>,
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
    /// The sides of the pair under way.
    sides: Vec<(bool, bool)>,
    /// Measured alone in each round of trying.
    suspects: Vec<usize>,
    /// Suspects so far.
    suspected: usize,
    rest: Option<Rest>,
    /// Sets so far.
    rests: usize,
    /// ln(whole / the next whole), and the steps of the last.
    control: Vec<f64>,
    last_whole: Vec<f64>,
    /// The chain cannot do without several at once.
    singly: bool,
}

impl Study {
    pub fn new(settings: BisectSettings) -> Self {
        let arm = |candidate: &Candidate| Arm {
            candidate: candidate.clone(),
            decision: Decision::Measuring,
            test: None,
            bound: None,
        };
        let mut study = Self {
            arms: settings.candidates.iter().map(arm).collect(),
            settings,
            stage: Stage::Over,
            screen: Screen::default(),
            sides: Vec::new(),
            suspects: Vec::new(),
            suspected: 0,
            rest: None,
            rests: 0,
            control: Vec::new(),
            last_whole: Vec::new(),
            singly: false,
        };
        if study.settings.outpaces && study.arms.len() > 1 {
            study.suspect(Vec::new());
        } else {
            study.look_for_suspects(1);
        }
        study
    }

    /// The next round's segments; none when it is over.
    pub fn plan(&mut self, dice: &mut Pcg64Mcg) -> Vec<Segment> {
        let mut parts: Vec<Part> = match self.stage {
            Stage::Over => return Vec::new(),
            Stage::Screening { .. } => {
                self.sides = self.screen.draw(dice, self.arms.len(), &self.in_play());
                vec![Part::MixedFirst, Part::MixedSecond]
            }
            Stage::Trying => {
                let goes_on = |decision| matches!(decision, Decision::Measuring | Decision::Effect);
                let suspects = self.suspects.iter().copied();
                let alone = suspects.filter(|i| self.arms.get(*i).is_some_and(|arm| goes_on(arm.decision)));
                let rest = self.rest.as_ref().filter(|rest| rest.stop != Some(Stop::Nothing)).map(|_| Part::Rest);
                alone.map(Part::Alone).chain(rest).chain([Part::Whole]).collect()
            }
        };
        shuffle(dice, &mut parts);
        parts.into_iter().map(|part| Segment { part, off: self.off(part), secs: Vec::new() }).collect()
    }

    /// What is off in it, in rising order.
    fn off(&self, part: Part) -> Vec<usize> {
        let is_off = |index: usize| match part {
            Part::Whole => false,
            Part::Alone(suspect) => suspect == index,
            Part::Rest => self.rest.as_ref().is_some_and(|rest| rest.members.contains(&index)),
            Part::MixedFirst => self.sides.get(index).is_some_and(|side| !side.0),
            Part::MixedSecond => self.sides.get(index).is_some_and(|side| !side.1),
        };
        let off = self.arms.iter().enumerate().filter(|(index, _)| is_off(*index));
        let mut off: Vec<usize> = off.map(|(_, arm)| arm.candidate.index).collect();
        off.sort_unstable();
        off
    }

    /// The chain cannot do without what is off in this segment; its round is lost.
    pub fn refused(&mut self, segment: &Segment) {
        match segment.off.as_slice() {
            [one] => {
                let arm = self.arms.iter_mut().find(|arm| arm.candidate.index == *one);
                if let Some(arm) = arm {
                    arm.decision = Decision::CannotSwitch;
                }
                self.suspects.retain(|suspect| self.arms.get(*suspect).is_some_and(|a| a.candidate.index != *one));
                if self.open().is_empty() {
                    self.stage = Stage::Over;
                } else if !self.singly {
                    self.look_for_suspects(1);
                }
            }
            _ => {
                self.singly = true;
                self.rest = None;
                self.suspects.clear();
                self.suspect(self.open());
            }
        }
    }

    /// Takes in a round whose segments all have their steps.
    pub fn take(&mut self, round: &[Segment]) {
        let secs =
            |part: Part| round.iter().find(|segment| segment.part == part).map(|segment| segment.secs.as_slice());
        if let (Some(first), Some(second)) = (secs(Part::MixedFirst), secs(Part::MixedSecond)) {
            if let Some(difference) = block_log_ratio(first, second) {
                self.screen.push(&self.sides, difference);
            }
        } else if let Some(whole) = secs(Part::Whole) {
            self.control.extend(block_log_ratio(&self.last_whole, whole));
            self.last_whole = whole.to_vec();
            self.compare(round, whole);
        }
        match self.stage {
            Stage::Screening { pairs } => self.judge_screening(pairs),
            Stage::Trying => self.judge_trying(),
            Stage::Over => {}
        }
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

    /// No more rounds are to be had: what is open stays so.
    pub fn give_up(&mut self) {
        self.stage = Stage::Over;
        for arm in self.arms.iter_mut().filter(|arm| arm.decision == Decision::Measuring) {
            arm.decision = Decision::Undecided;
        }
    }

    fn judge_screening(&mut self, most_pairs: usize) {
        if !self.screen.may_judge() {
            return;
        }
        if !self.settings.thorough && self.order_is_settled() {
            self.give_up();
            return;
        }
        let known = self.known();
        let Some((first, is_suspicious)) = self.screen.first(&self.open(), &known, self.margin()) else { return };
        let exhausted = self.screen.pairs() >= most_pairs;
        // With a culprit found, screening may yet show that no other costs as much: sooner than trying them one by one.
        if !exhausted && !self.settings.thorough && self.culprit().is_some() {
            return;
        }
        let something_matters = self.rest.as_ref().is_some_and(|rest| rest.stop.is_some());
        if is_suspicious || exhausted && something_matters {
            self.suspect(vec![first]);
        } else if exhausted {
            self.suspect(Vec::new());
        }
    }

    fn judge_trying(&mut self) {
        let margin = self.margin();
        let floor = self.noise_floor_frac();
        for suspect in &self.suspects {
            let Some(arm) = self.arms.get_mut(*suspect).filter(|arm| arm.decision == Decision::Measuring) else {
                continue;
            };
            // An effect is not believed before the control says what the machine makes up.
            let stop = arm.test.as_ref().and_then(|test| test.stop(floor));
            if let Some(stop) = stop.filter(|stop| floor.is_some() || *stop != Stop::Effect) {
                arm.decision = stop.into();
            }
        }
        if let Some(rest) = &mut self.rest {
            let estimate = rest.test.estimate().filter(|_| rest.test.blocks() >= rest.test.fewest_blocks());
            // What costs something, but too little to matter, needs no search for who it is.
            let matters = |stop: &Stop| *stop != Stop::Effect || estimate.is_some_and(|e| e.log_ratio.abs() >= margin);
            rest.stop = rest.stop.or_else(|| rest.test.stop(floor).filter(matters));
            for member in &rest.members {
                let Some(arm) = self.arms.get_mut(*member).filter(|arm| arm.test.is_none()) else { continue };
                arm.bound = estimate.or(arm.bound);
                if rest.stop == Some(Stop::Nothing) && arm.decision == Decision::Measuring {
                    arm.decision = Decision::Nothing;
                }
            }
        }
        let open = self.open();
        if open.is_empty() || !self.settings.thorough && self.order_is_settled() {
            self.give_up();
            return;
        }
        let rest_is_measured = self.rest.as_ref().is_some_and(|rest| rest.stop.is_none() || self.will_settle(rest));
        if self.suspects.iter().any(|suspect| open.contains(suspect)) || rest_is_measured {
            return;
        }
        self.look_for_suspects(SCREENING_CYCLES);
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
        let count = self.arms.len().max(1);
        for suspect in &suspects {
            self.suspected += 1;
            let share = if self.singly { count } else { self.suspected * (self.suspected + 1) };
            let test = PairedTest::new(self.paired(share));
            if let Some(arm) = self.arms.get_mut(*suspect) {
                arm.test = Some(test);
            }
        }
        let members: Vec<usize> = self.open().into_iter().filter(|index| !suspects.contains(index)).collect();
        self.rest = (!members.is_empty() && !self.singly).then(|| {
            self.rests += 1;
            Rest { members, test: PairedTest::new(self.paired(self.rests * (self.rests + 1))), stop: None }
        });
        self.suspects = suspects;
        self.stage = Stage::Trying;
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

    /// Screened: the open ones, and the costliest culprit, to be compared with them.
    fn in_play(&self) -> Vec<usize> {
        let culprit = self.culprit().map(|(index, _)| index).filter(|_| !self.settings.thorough);
        let mut in_play: Vec<usize> = self.open().into_iter().chain(culprit).collect();
        in_play.sort_unstable();
        in_play
    }

    /// The costliest convicted, and its interval's lower end.
    fn culprit(&self) -> Option<(usize, f64)> {
        let convicted = self.arms.iter().enumerate().filter(|(_, arm)| arm.decision == Decision::Effect);
        let low = |arm: &Arm| arm.test.as_ref()?.estimate().map(|estimate| estimate.low);
        let lows = convicted.filter_map(|(index, arm)| Some((index, low(arm)?)));
        lows.filter(|(_, low)| *low > self.margin()).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn margin(&self) -> f64 {
        self.settings.margin_frac.ln_1p()
    }

    /// Effects measured alone.
    fn known(&self) -> Vec<(usize, f64)> {
        let effect = |arm: &Arm| arm.test.as_ref().and_then(PairedTest::estimate).map(|estimate| estimate.log_ratio);
        self.arms.iter().enumerate().filter_map(|(index, arm)| Some((index, effect(arm)?))).collect()
    }

    /// A culprit costs more than each that is open: its interval lies above, or the two were screened against each other.
    fn order_is_settled(&self) -> bool {
        let Some((culprit, low)) = self.culprit() else { return false };
        let (known, settings) = (self.known(), self.paired(self.arms.len().max(1)));
        let is_below = |index: usize, arm: &Arm| {
            let contrast = || self.screen.contrast(culprit, index, &known, settings);
            arm.tried().is_some_and(|estimate| estimate.high < low) || contrast().is_some_and(|more| more.low > 0.0)
        };
        let mut open = self.arms.iter().enumerate().filter(|(_, arm)| arm.decision == Decision::Measuring);
        open.all(|(index, arm)| is_below(index, arm))
    }

    /// All others together seem to cost far less than a culprit that is measured beside them: it takes just more rounds.
    fn will_settle(&self, rest: &Rest) -> bool {
        let log_ratio = |test: &PairedTest| test.estimate().map_or(f64::INFINITY, |estimate| estimate.log_ratio);
        let culprits = self.suspects.iter().filter_map(|suspect| self.arms.get(*suspect));
        let mut costs =
            culprits.filter(|a| a.decision == Decision::Effect).filter_map(|a| a.test.as_ref()).map(log_ratio);
        !self.settings.thorough && costs.any(|cost| cost > (2.0 * log_ratio(&rest.test)).max(self.margin()))
    }

    /// Every transform's trial as it stands. One that was only screened has the effect in mixed company; one that was off
    /// only with others has an interval that no more than holds them all.
    pub fn trials(&self) -> Vec<Trial> {
        let (known, settings) = (self.known(), self.paired(self.arms.len().max(1)));
        let trial = |(index, arm): (usize, &Arm)| {
            let screened = || self.screen.estimate(index, &known, settings);
            let bounded = || {
                let bound = arm.bound?;
                let (low, high) = (bound.low.min(0.0), bound.high.max(0.0));
                let log_ratio = screened().map_or(bound.log_ratio, |screened| screened.log_ratio).clamp(low, high);
                Some(Estimate { log_ratio, low, high, blocks: bound.blocks })
            };
            let alone = arm.test.as_ref().and_then(PairedTest::estimate);
            let estimate = alone.or_else(bounded).or_else(screened);
            trial_of(&arm.candidate, self.settings.method, Measure::StepTime, estimate, arm.decision)
        };
        self.arms.iter().enumerate().map(trial).collect()
    }

    /// What the last set was found to change, off together.
    pub fn together(&self) -> Option<Together> {
        let rest = self.rest.as_ref()?;
        let estimate = rest.test.estimate().filter(|_| rest.test.blocks() >= rest.test.fewest_blocks())?;
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
}

impl Arm {
    /// What experiments alone or together say of it.
    fn tried(&self) -> Option<Estimate> {
        self.test.as_ref().and_then(PairedTest::estimate).or(self.bound)
    }
}
