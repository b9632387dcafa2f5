//! Values side by side: an engine for each, of which one trains at a time.
//!
//! All have the same seed, so the same split and the same batches. First each has a few turns in one order drawn by lot, which
//! tell large differences ([`QuickPhase`]). Then those that are open take turns in rounds, one turn each in an order
//! drawn by lot, so that whatever drifts hits all alike; each round gives every value one paired difference to the
//! baseline. A value that is decided has no more turns, but for those that bring its training to the steps asked for. Where
//! only losses tell the values apart there are no other turns: these are the rounds.
//! More engines than memory holds, or than four, go over in groups, each beside the baseline.

use super::arm::{Arm, quick_alpha, take_round};
use super::desk::{Desk, End, Halt, START_FRAC};
use super::quick::QuickPhase;
use super::report::{AccuracyAgainst, FEWEST_LOSSES, LossAgainst, Standing, loss_after};
use super::runner::{Runner, TurnLength, quick_turn_secs, stop_all};
use super::segment::Segment;
use super::spec::SweepSpec;
use super::words;
use crate::config::RunConfig;
use crate::diagnose::{LotTurns, shuffle};
use crate::language::Message;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// Engines beside the baseline's.
const MOST_BESIDE: usize = 3;
/// What the losses may take of a group's time.
const LOSSES_FRAC: f64 = 0.6;
/// Losses on the way are shown anew so often.
const PUBLISH_SECS: f64 = 0.5;
/// Values are brought to the steps asked for in up to so many stages, of so many steps at least.
const STAGES: u64 = 10;
const STAGE_STEPS: u64 = 10;

pub(super) struct Comparison<'a, 'b> {
    spec: &'a SweepSpec,
    desk: &'a mut Desk<'b>,
    configs: Vec<RunConfig>,
    arms: Vec<Arm>,
    /// By value; `None` for one that does not stand ready.
    runners: Vec<Option<Runner>>,
    baseline: usize,
    /// Whose turn it is.
    running: Option<usize>,
    /// On the clock: until then another engine's loader fills its queue.
    quiet_at: f64,
    /// What it took to come from one engine to another.
    switch_secs: f64,
    /// The longest that an engine took to be warm.
    start_secs: f64,
    dice: Pcg64Mcg,
}

/// Runs it to its end; `None` where everything was decided.
pub(super) fn compare(spec: &SweepSpec, configs: Vec<RunConfig>, desk: &mut Desk<'_>) -> Option<End> {
    let arms = spec.values.iter().map(|v| Arm::new(v, spec.values.len(), spec.alpha, spec.margin_frac)).collect();
    let mut comparison = Comparison {
        runners: configs.iter().map(|_| None).collect(),
        spec,
        desk,
        configs,
        arms,
        baseline: 0,
        running: None,
        quiet_at: 0.0,
        switch_secs: 0.0,
        start_secs: 0.0,
        dice: Pcg64Mcg::seed_from_u64(spec.seed),
    };
    let end = comparison.all().err();
    let all: Vec<usize> = (0..comparison.arms.len()).collect();
    comparison.stop(&all);
    comparison.arms.iter_mut().for_each(Arm::close);
    comparison.publish();
    if spec.steps > 0 && spec.changes_loss() {
        let note = words::losses_differ(&comparison.desk.report);
        comparison.desk.note(note);
    }
    let open = match comparison.is_by_loss() {
        true => all.iter().any(|i| comparison.is_behind(*i, comparison.target_steps(*i))),
        false => comparison.arms.iter().any(|arm| arm.standing == Standing::Undecided),
    };
    end.or(open.then_some(End::Budget))
}

impl Comparison<'_, '_> {
    fn all(&mut self) -> Result<(), End> {
        let mut waiting: Vec<usize> = (0..self.arms.len()).collect();
        while !waiting.is_empty() {
            // Whoever comes first is the baseline, and the next where that one has gone.
            if !self.is_alive(self.baseline) {
                let first = waiting.remove(0);
                if self.start(first)? {
                    self.baseline = first;
                    self.arm(first, |arm| arm.begin(Standing::Baseline, None));
                    self.reckon(&[], waiting.len());
                }
                continue;
            }
            let mut group: Vec<usize> = waiting.drain(..self.beside().min(waiting.len())).collect();
            self.desk.share_out(1 + waiting.len().div_ceil(MOST_BESIDE));
            match self.group(&mut group, waiting.len()) {
                // The time was this group's only.
                Ok(()) | Err(End::Budget) => {}
                Err(End::Cancelled) => return Err(End::Cancelled),
            }
            self.stop(&group);
            for i in group {
                self.arm(i, Arm::close);
            }
            self.desk.share_out(1);
        }
        Ok(())
    }

    /// `waiting` come after it.
    fn group(&mut self, group: &mut Vec<usize>, waiting: usize) -> Result<(), End> {
        let against = self.arms.get(self.baseline).map(|arm| arm.value.clone());
        for &i in group.iter() {
            self.arm(i, |arm| arm.begin(Standing::Measuring, against.as_deref()));
            self.start(i)?;
        }
        self.reckon(group, waiting);
        if !self.is_by_loss() {
            let begun_with = self.desk.left_secs();
            self.quick(group, begun_with)?;
            self.rounds(group, begun_with)?;
        }
        self.losses(group)
    }

    /// Only losses tell the values apart, and they were asked for.
    fn is_by_loss(&self) -> bool {
        self.spec.steps > 0 && self.desk.report.is_by_loss()
    }

    /// Says what all of it needs, by the paces known so far; who has not trained yet is taken for the baseline's equal.
    fn reckon(&mut self, group: &[usize], waiting: usize) {
        let Some(baseline) = self.step_secs(self.baseline) else { return };
        let known: Vec<f64> = group.iter().filter_map(|i| self.step_secs(*i)).collect();
        let unknown = vec![baseline; waiting];
        let alpha = quick_alpha(self.arms.len(), self.spec.alpha);
        let quick_secs = |step_secs: &[f64]| {
            let turns = LotTurns::fewest(step_secs.len(), alpha);
            let values: f64 = step_secs.iter().map(|secs| quick_turn_secs(*secs)).sum();
            f64::from(turns.baseline) * quick_turn_secs(baseline) + f64::from(turns.value) * values
        };
        let groups = std::iter::once(known.as_slice()).chain(unknown.chunks(MOST_BESIDE));
        let measured = groups.filter(|group| !group.is_empty() && !self.is_by_loss());
        let quick: f64 = measured.map(quick_secs).sum();
        let losses = self.losses_secs(group) + waiting as f64 * self.spec.steps as f64 * baseline;
        self.desk.need(self.arms.len(), self.start_secs * waiting as f64 + quick.max(losses));
    }

    /// Seconds of a step, as a value trains; `None` where it does not.
    fn step_secs(&self, i: usize) -> Option<f64> {
        self.runners.get(i)?.as_ref().map(|runner| runner.pace.step_secs)
    }

    /// Seconds that turns may take: those left but for what the losses are to have.
    fn spare_secs(&self, group: &[usize], begun_with: f64) -> f64 {
        self.desk.left_secs() - self.losses_secs(group).min(LOSSES_FRAC * begun_with)
    }

    fn arm(&mut self, i: usize, change: impl FnOnce(&mut Arm)) {
        if let Some(arm) = self.arms.get_mut(i) {
            change(arm);
        }
    }

    fn is_alive(&self, i: usize) -> bool {
        self.runners.get(i).is_some_and(Option::is_some)
    }

    fn name(&self, i: usize) -> String {
        format!("{}={}", self.spec.key, self.arms.get(i).map_or("", |arm| arm.value.as_str()))
    }

    /// Engines that may stand beside the baseline's.
    fn beside(&mut self) -> usize {
        let room = self.runners.get(self.baseline).and_then(Option::as_ref).and_then(Runner::room_beside);
        if room == Some(0) {
            self.desk.note(msg!("client-sweep-little-memory"));
        }
        room.unwrap_or(MOST_BESIDE).clamp(1, MOST_BESIDE)
    }

    /// Works with one engine; `None` where it is gone, or goes.
    fn with<T>(
        &mut self,
        i: usize,
        work: impl FnOnce(&mut Runner, &mut Desk<'_>) -> Result<T, Halt>,
    ) -> Result<Option<T>, End> {
        let Some(runner) = self.runners.get_mut(i).and_then(Option::as_mut) else { return Ok(None) };
        match work(runner, self.desk) {
            Ok(result) => Ok(Some(result)),
            Err(Halt::End(end)) => Err(end),
            Err(Halt::Lost(why)) => {
                self.lose(i, why);
                Ok(None)
            }
        }
    }

    fn lose(&mut self, i: usize, why: Message) {
        let runner = self.runners.get_mut(i).and_then(Option::take);
        self.arm(i, |arm| {
            if let Some(runner) = &runner {
                arm.look_at(runner);
            }
            arm.fail(why);
        });
        if self.running == Some(i) {
            self.running = None;
        }
        self.publish();
    }

    /// Starts a value's engine and lets it warm up; false where it does not come to training.
    fn start(&mut self, i: usize) -> Result<bool, End> {
        self.rest()?;
        let begun = self.desk.now();
        let until = begun + START_FRAC * self.spec.budget_secs / self.arms.len() as f64;
        self.desk.say(msg!("client-sweep-starting-value", value = self.name(i)));
        let (Some(config), Some(arm)) = (self.configs.get(i), self.arms.get(i)) else { return Ok(false) };
        let mut config = config.clone();
        // `auto` must not mean another device from one engine to the next.
        let baseline = self.runners.get(self.baseline).and_then(Option::as_ref);
        if let Some(started) = baseline.and_then(|r| r.started.as_ref()).filter(|_| self.spec.key != "train.device") {
            config.train.device.clone_from(&started.config.train.device);
        }
        let run_dir = self.spec.run_dir(&arm.value);
        match Runner::launch(self.desk, config, run_dir) {
            Ok(runner) => {
                if let Some(place) = self.runners.get_mut(i) {
                    *place = Some(runner);
                }
            }
            Err(Halt::End(end)) => return Err(end),
            Err(Halt::Lost(why)) => {
                self.arm(i, |arm| arm.fail(why));
                return Ok(false);
            }
        }
        self.running = Some(i);
        self.with(i, |runner, desk| runner.warm_up(desk, until))?;
        self.start_secs = self.start_secs.max(self.desk.now() - begun);
        self.publish();
        Ok(self.is_alive(i))
    }

    /// Whoever trains pauses.
    fn rest(&mut self) -> Result<(), End> {
        let Some(i) = self.running else { return Ok(()) };
        if let Some(filling_secs) = self.with(i, |runner, desk| runner.pause(desk))? {
            self.quiet_at = self.desk.now() + filling_secs;
        }
        self.running = None;
        Ok(())
    }

    /// This one trains, and nobody else. False where it is gone.
    fn switch_to(&mut self, i: usize) -> Result<bool, End> {
        if self.running == Some(i) {
            return Ok(true);
        }
        self.rest()?;
        let now = self.desk.now();
        for other in 0..self.runners.len() {
            self.with(other, |runner, _| runner.drain(now))?;
        }
        let resumed = self.with(i, |runner, desk| runner.resume(desk))?;
        self.running = resumed.map(|()| i);
        Ok(resumed.is_some())
    }

    /// One turn's usual seconds an image. `afresh` lets who had the turn before begin as all others do.
    fn turn(&mut self, i: usize, length: TurnLength, afresh: bool) -> Result<Option<f64>, End> {
        let begun = self.desk.now();
        if afresh {
            self.rest()?;
        }
        let fresh = self.running != Some(i);
        if !self.switch_to(i)? {
            return Ok(None);
        }
        let quiet_at = self.quiet_at;
        let measured =
            self.with(i, |runner, desk| runner.measure(desk, runner.begin_turn(length, fresh), None, quiet_at))?;
        let Some(measured) = measured else { return Ok(None) };
        if fresh {
            self.switch_secs = measured.settled_at - begun;
        }
        Ok(measured.image_secs)
    }

    /// Tells large differences in little time.
    fn quick(&mut self, group: &[usize], begun_with: f64) -> Result<(), End> {
        let open: Vec<usize> = group.iter().copied().filter(|i| self.is_alive(*i)).collect();
        if open.is_empty() {
            return Ok(());
        }
        let alpha = quick_alpha(self.arms.len(), self.spec.alpha);
        let mut phase = QuickPhase::new(self.arms.len(), self.baseline, &open, alpha, &mut self.dice);
        let spare_secs = self.spare_secs(group, begun_with);
        let length = TurnLength::quick(spare_secs, phase.to_come().filter_map(|i| self.step_secs(i)));
        let begun = self.desk.now();
        while let Some(turn) = phase.next_turn(&self.arms) {
            if self.spare_secs(group, begun_with) < 0.0 {
                return Ok(());
            }
            self.desk.say(msg!("client-sweep-measuring-value", value = self.name(turn.0)));
            let secs = match self.turn(turn.0, length, true) {
                Ok(secs) => secs,
                Err(end) => {
                    self.desk.fall_short(phase.missing_secs(self.desk.now() - begun));
                    return Err(end);
                }
            };
            phase.take(&mut self.arms, turn, secs);
            self.publish();
        }
        phase.conclude(&mut self.arms);
        self.publish();
        Ok(())
    }

    /// Rounds until all of the group are decided.
    fn rounds(&mut self, group: &mut Vec<usize>, begun_with: f64) -> Result<(), End> {
        loop {
            if !self.is_alive(self.baseline) && !self.promote(group) {
                return Ok(());
            }
            let open = |i: &usize| {
                self.is_alive(*i) && self.arms.get(*i).is_some_and(|arm| arm.standing == Standing::Measuring)
            };
            let open: Vec<usize> = group.iter().copied().filter(open).collect();
            let spare_secs = self.spare_secs(group, begun_with);
            if open.is_empty() || spare_secs < 0.0 {
                return Ok(());
            }
            let missing = open.iter().filter_map(|i| self.arms.get(*i)).map(Arm::rounds_to_interval).max();
            let mut order = open;
            order.push(self.baseline);
            shuffle(&mut self.dice, &mut order);
            let step_secs = order.iter().filter_map(|i| self.step_secs(*i));
            let length = TurnLength::of_round(spare_secs, missing.unwrap_or(0), step_secs, self.switch_secs);
            let (secs, whole) = self.turns(order, |comparison, i| {
                comparison.desk.say(msg!("client-sweep-measuring-value", value = comparison.name(i)));
                comparison.turn(i, length, false)
            });
            take_round(&mut self.arms, self.baseline, &secs, whole.is_ok());
            self.publish();
            whole?;
        }
    }

    /// A turn for each, in that order, until one is broken off; by value, the seconds that those before it measured.
    fn turns(
        &mut self,
        order: Vec<usize>,
        mut turn: impl FnMut(&mut Self, usize) -> Result<Option<f64>, End>,
    ) -> (Vec<Option<f64>>, Result<(), End>) {
        let mut secs = vec![None; self.arms.len()];
        for i in order {
            match (turn(self, i), secs.get_mut(i)) {
                (Ok(measured), Some(place)) => *place = measured,
                (Ok(_), None) => {}
                (Err(end), _) => return (secs, Err(end)),
            }
        }
        (secs, Ok(()))
    }

    /// The baseline's engine is gone: the next takes its place, and comparisons not yet decided begin anew. False where
    /// there is none.
    fn promote(&mut self, group: &mut Vec<usize>) -> bool {
        let Some(at) = group.iter().position(|i| self.is_alive(*i)) else { return false };
        let lost = self.name(self.baseline);
        self.baseline = group.remove(at);
        let value = self.arms.get(self.baseline).map(|arm| arm.value.clone());
        self.arm(self.baseline, |arm| arm.begin(Standing::Baseline, None));
        for &i in group.iter() {
            self.arm(i, |arm| {
                if arm.standing == Standing::Measuring {
                    arm.begin(Standing::Measuring, value.as_deref());
                }
            });
        }
        let now = self.name(self.baseline);
        self.desk.note(msg!("client-sweep-baseline-lost", lost, now));
        true
    }

    fn batch_size(&self, i: usize) -> f64 {
        self.configs.get(i).map_or(1.0, |c| c.loader.batch_size as f64)
    }

    /// Steps after which a value has seen as many images as the baseline in the steps asked for.
    fn target_steps(&self, i: usize) -> u64 {
        let steps = (self.spec.steps as f64 * self.batch_size(self.baseline) / self.batch_size(i)).ceil() as u64;
        // A validation after the last of them is over when there is one more.
        steps + u64::from(steps > 0 && self.spec.changes_loss())
    }

    /// What it will take to bring all of them there.
    fn losses_secs(&self, group: &[usize]) -> f64 {
        let secs = |i: &usize| {
            let runner = self.runners.get(*i).and_then(Option::as_ref)?;
            Some(self.target_steps(*i).saturating_sub(runner.steps) as f64 * runner.pace.step_secs)
        };
        1.1 * group.iter().chain([&self.baseline]).filter_map(secs).sum::<f64>()
    }

    /// Trains each to the steps asked for, in stages, so that a budget that ends on the way leaves all equally far.
    fn losses(&mut self, group: &mut Vec<usize>) -> Result<(), End> {
        let stages = (self.spec.steps / STAGE_STEPS).clamp(1, STAGES);
        for stage in 1..=stages {
            if self.is_by_loss() && !self.is_alive(self.baseline) && !self.promote(group) {
                return Ok(());
            }
            let goal = |comparison: &Self, i: usize| (comparison.target_steps(i) * stage).div_ceil(stages);
            let all = std::iter::once(self.baseline).chain(group.iter().copied());
            let mut order: Vec<usize> = all.filter(|i| self.is_behind(*i, goal(self, *i))).collect();
            shuffle(&mut self.dice, &mut order);
            let (secs, whole) = self.turns(order, |comparison, i| comparison.train_to(i, goal(comparison, i)));
            if self.is_by_loss() {
                take_round(&mut self.arms, self.baseline, &secs, whole.is_ok());
            }
            self.publish();
            whole?;
        }
        Ok(())
    }

    /// It has not come to so many steps, and more of them would tell something.
    fn is_behind(&self, i: usize, steps: u64) -> bool {
        self.arms.get(i).is_some_and(|arm| arm.learns() && arm.note.is_none() && arm.steps < steps)
    }

    /// A turn until so many steps; its usual seconds an image.
    fn train_to(&mut self, i: usize, goal: u64) -> Result<Option<f64>, End> {
        let fresh = self.running != Some(i);
        if !self.switch_to(i)? {
            return Ok(None);
        }
        self.desk.say(msg!("client-sweep-training", value = self.name(i), step = self.target_steps(i)));
        let (quiet_at, mut published) = (self.quiet_at, self.desk.now());
        let begun = |runner: &mut Runner, _: &mut Desk<'_>| Ok(runner.begin_turn(TurnLength::TO_A_STEP, fresh));
        let Some(mut segment) = self.with(i, begun)? else { return Ok(None) };
        let go_on = |runner: &mut Runner, desk: &mut Desk<'_>, segment: &mut Segment| {
            runner.hear_turn(desk, segment, None, quiet_at)?;
            Ok(runner.steps < goal)
        };
        while self.with(i, |runner, desk| go_on(runner, desk, &mut segment))? == Some(true) {
            if self.desk.now() >= published + PUBLISH_SECS {
                self.publish();
                published = self.desk.now();
            }
        }
        Ok(segment.image_secs())
    }

    /// Ends these engines.
    fn stop(&mut self, which: &[usize]) {
        let mut gone = Vec::new();
        for &i in which {
            let Some(runner) = self.runners.get_mut(i).and_then(Option::take) else { continue };
            self.arm(i, |arm| arm.look_at(&runner));
            if self.running == Some(i) {
                self.running = None;
            }
            gone.push(runner);
        }
        stop_all(self.desk.tools.clock, gone);
    }

    /// Brings the report up to date.
    fn publish(&mut self) {
        for (arm, runner) in self.arms.iter_mut().zip(&self.runners) {
            if let Some(runner) = runner {
                arm.look_at(runner);
            }
        }
        let by_loss = self.desk.report.is_by_loss();
        let point = |i: usize, arm: &Arm| {
            let mut point = arm.point();
            match self.spec.changes_loss() {
                true => point.accuracy_against = self.accuracy_against(i),
                false => point.loss_against = self.loss_against(i),
            }
            point.sentence = words::point(&self.spec.key, by_loss, &point);
            point
        };
        self.desk.report.points = self.arms.iter().enumerate().map(|(i, arm)| point(i, arm)).collect();
        self.desk.tell();
    }

    /// Both losses at the same place of the training: after the steps asked for, or as many as both have come to.
    fn loss_against(&self, i: usize) -> Option<LossAgainst> {
        let arm = self.arms.get(i).filter(|_| self.spec.steps > 0)?;
        let against = arm.against.as_ref()?;
        let base = self.arms.iter().position(|a| a.value == *against)?;
        let images = |i: usize| Some(self.arms.get(i)?.losses.last()?.step * self.batch_size(i));
        let asked = self.spec.steps as f64 * self.batch_size(base);
        let images = images(i)?.min(images(base)?).min(asked);
        let steps = |i: usize| (images / self.batch_size(i)).floor();
        if steps(i).min(steps(base)) < FEWEST_LOSSES {
            return None;
        }
        let loss = loss_after(&arm.losses, steps(i))?;
        let baseline_loss = loss_after(&self.arms.get(base)?.losses, steps(base))?;
        Some(LossAgainst { steps: steps(i), loss, baseline_loss })
    }

    /// Both accuracies after the last validation that both have come to, where learning is to be compared.
    fn accuracy_against(&self, i: usize) -> Option<AccuracyAgainst> {
        let arm = self.arms.get(i).filter(|_| self.spec.steps > 0)?;
        let against = arm.against.as_ref()?;
        let base = self.arms.iter().find(|a| a.value == *against)?;
        arm.accuracies.iter().rev().find_map(|&(steps, accuracy)| {
            let (_, baseline_accuracy) = *base.accuracies.iter().find(|(step, _)| *step == steps)?;
            Some(AccuracyAgainst { steps, accuracy, baseline_accuracy })
        })
    }
}
