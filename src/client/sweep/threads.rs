//! Numbers of loader threads: one engine, whose workers change while it trains.
//!
//! First it trains as it is configured, and says what it would do with other numbers: that curve stands before anything is
//! changed. Then all numbers have a few turns in one order drawn by lot, which tell large differences ([`QuickPhase`]), and those
//! that are open their turn in rounds, in an order drawn by lot. The curve is held against what comes.

use super::arm::{Arm, quick_alpha, take_round};
use super::desk::{Desk, End, Halt, START_FRAC};
use super::quick::QuickPhase;
use super::report::{PredictedCurve, PredictedRate, Standing, SweepPoint};
use super::runner::{Heard, Runner, TurnLength, quick_turn_secs, stop_all};
use super::segment::Segment;
use super::spec::{SweepSpec, WORKERS_KEY};
use super::words;
use crate::config::RunConfig;
use crate::diagnose::shuffle;
use crate::protocol::{Command, RunChange, Verdict};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// The curve is taken over from the running verdict after so many steps, twice the fewest that a verdict needs (the first
/// ones read from a cold disk) ...
const PREDICT_STEPS: u64 = 40;
/// ... or so long after the first of them.
const PREDICT_SECS: f64 = 10.0;
/// Without a prediction by then there will be none.
const NO_CURVE_STEPS: u64 = 200;
const NO_CURVE_SECS: f64 = 20.0;
/// While a comparison is open that has had fewer rounds than this, decided ones wait until their rates are refined.
const FAIR_BLOCKS: u32 = 20;

struct Threads<'a, 'b> {
    spec: &'a SweepSpec,
    desk: &'a mut Desk<'b>,
    /// The configuration's own number of workers.
    from: usize,
    /// By rising number of workers.
    counts: Vec<usize>,
    arms: Vec<Arm>,
    /// Of `from`, as an index.
    baseline: usize,
    /// Goes on where one engine after another dies.
    quick: QuickPhase,
    /// Seconds that its turns have taken.
    quick_secs: f64,
    /// The loader of so many workers kept the queue full in its last turn.
    ahead: Vec<bool>,
    /// Whose turn it is, as an index.
    turn: Option<usize>,
    /// How many workers there are now, and the version of the batches they make.
    workers: usize,
    version: Option<u64>,
    switch_secs: f64,
    dice: Pcg64Mcg,
}

/// Runs it to its end; `None` where every rate is known well enough.
pub(super) fn threads(spec: &SweepSpec, configs: &[RunConfig], desk: &mut Desk<'_>) -> Option<End> {
    let from = spec.config.loader.workers;
    let mut counts: Vec<usize> = configs.iter().map(|c| c.loader.workers).chain([from]).collect();
    counts.sort_unstable();
    counts.dedup();
    let base = from.to_string();
    let arm = |count: &usize| {
        let mut arm = Arm::new(&count.to_string(), counts.len(), spec.alpha, spec.margin_frac);
        if *count == from {
            arm.begin(Standing::Baseline, None);
        } else {
            arm.begin(Standing::Measuring, Some(&base));
        }
        arm
    };
    let mut dice = Pcg64Mcg::seed_from_u64(spec.seed);
    let baseline = counts.iter().position(|count| *count == from).unwrap_or_default();
    let others: Vec<usize> = (0..counts.len()).filter(|i| *i != baseline).collect();
    let alpha = quick_alpha(counts.len(), spec.alpha);
    let mut sweep = Threads {
        spec,
        desk,
        from,
        arms: counts.iter().map(arm).collect(),
        baseline,
        quick: QuickPhase::new(counts.len(), baseline, &others, alpha, &mut dice),
        quick_secs: 0.0,
        ahead: vec![false; counts.len()],
        counts,
        turn: None,
        workers: from,
        version: None,
        switch_secs: 0.0,
        dice,
    };
    let end = sweep.all(configs).err();
    sweep.arms.iter_mut().for_each(Arm::close);
    sweep.publish();
    end
}

impl Threads<'_, '_> {
    /// One engine after another, as long as one dies with some number of workers.
    fn all(&mut self, configs: &[RunConfig]) -> Result<(), End> {
        let Some(config) = configs.first() else { return Ok(()) };
        let mut config = config.clone();
        config.loader.workers = self.from;
        for attempt in 1..=self.counts.len() {
            let name = if attempt == 1 { self.spec.key.clone() } else { format!("{}-{attempt}", self.spec.key) };
            self.turn = None;
            match self.engine(config.clone(), &name) {
                Ok(()) => return Ok(()),
                Err(Halt::End(end)) => return Err(end),
                Err(Halt::Lost(why)) => match self.turn.and_then(|i| self.arms.get_mut(i)) {
                    // Not to be tried again with so many.
                    Some(arm) => arm.fail(why),
                    None => {
                        self.arms.iter_mut().for_each(|arm| arm.fail(why.clone()));
                        return Ok(());
                    }
                },
            }
            self.publish();
        }
        Ok(())
    }

    /// One engine's life.
    fn engine(&mut self, config: RunConfig, name: &str) -> Result<(), Halt> {
        self.desk.say(msg!("client-sweep-starting"));
        (self.workers, self.version) = (self.from, None);
        let until = self.desk.now() + START_FRAC * self.spec.budget_secs;
        let mut runner = Runner::launch(self.desk, config, self.spec.dir.join(name))?;
        let result = self.predict(&mut runner, until);
        let result = result.and_then(|()| self.quick(&mut runner)).and_then(|()| self.rounds(&mut runner));
        if !matches!(result, Err(Halt::Lost(_))) {
            stop_all(self.desk.tools.clock, vec![runner]);
        }
        result
    }

    /// Warms up, and waits for the curve until then, by the clock.
    fn predict(&mut self, runner: &mut Runner, until: f64) -> Result<(), Halt> {
        runner.warm_up(self.desk, until)?;
        if self.desk.report.curve.is_some() {
            return Ok(());
        }
        self.desk.say(msg!("client-sweep-predicting", workers = self.from));
        let begun = self.desk.now();
        let mut curve: Option<PredictedCurve> = None;
        loop {
            if let Some(Heard::Verdict(verdict)) = runner.hear(self.desk)? {
                curve = curve_of(&verdict, self.from).or(curve);
            }
            let waited = self.desk.now() - begun;
            let enough = runner.steps >= PREDICT_STEPS || waited >= PREDICT_SECS;
            let in_vain = runner.steps >= NO_CURVE_STEPS && waited >= NO_CURVE_SECS || self.desk.now() >= until;
            if enough && curve.is_some() || in_vain {
                break;
            }
        }
        if curve.is_none() {
            self.desk.note(msg!("client-sweep-no-prediction"));
        }
        self.desk.report.curve = curve;
        self.publish();
        let turns = self.quick.to_come().map(|i| quick_turn_secs(self.step_secs(runner, i))).sum();
        self.desk.need(self.counts.len(), turns);
        Ok(())
    }

    /// Seconds of a step with so many workers, as predicted, or as a step goes now.
    fn step_secs(&self, runner: &Runner, i: usize) -> f64 {
        let curve = self.desk.report.curve.as_ref();
        let predicted = self.counts.get(i).zip(curve).and_then(|(count, curve)| curve.rate(*count));
        let rate = predicted.map(|predicted| predicted.images_per_sec).filter(|rate| *rate > 0.0);
        rate.map_or(runner.pace.step_secs, |rate| runner.full_batch() as f64 / rate)
    }

    /// Tells large differences in little time.
    fn quick(&mut self, runner: &mut Runner) -> Result<(), Halt> {
        let step_secs = self.quick.to_come().map(|i| self.step_secs(runner, i));
        let length = TurnLength::quick(self.desk.left_secs(), step_secs);
        while let Some(turn) = self.quick.next_turn(&self.arms) {
            self.turn = Some(turn.0);
            let begun = self.desk.now();
            let turned = self.take_turn(runner, turn.0, length, true);
            self.quick_secs += self.desk.now() - begun;
            let secs = match turned {
                Ok(secs) => secs,
                Err(halt) => {
                    if halt == Halt::End(End::Budget) {
                        self.desk.fall_short(self.quick.missing_secs(self.quick_secs));
                    }
                    return Err(halt);
                }
            };
            self.turn = None;
            self.quick.take(&mut self.arms, turn, secs);
            self.publish();
        }
        self.quick.conclude(&mut self.arms);
        self.publish();
        Ok(())
    }

    fn rounds(&mut self, runner: &mut Runner) -> Result<(), Halt> {
        loop {
            let mut order = self.open();
            if order.is_empty() {
                return Ok(());
            }
            let open = order.iter().filter_map(|i| self.arms.get(*i)).filter(|arm| arm.standing == Standing::Measuring);
            let missing = open.map(Arm::rounds_to_interval).max().unwrap_or(0);
            // One that failed has no more turns.
            let compares = self.arms.get(self.baseline).is_some_and(|arm| arm.standing == Standing::Baseline);
            if compares && !order.contains(&self.baseline) {
                order.push(self.baseline);
            }
            shuffle(&mut self.dice, &mut order);
            let step_secs = order.iter().map(|i| self.step_secs(runner, *i));
            let length = TurnLength::of_round(self.desk.left_secs(), missing, step_secs, self.switch_secs);
            let mut round: Vec<Option<f64>> = vec![None; self.arms.len()];
            let mut whole = Ok(());
            for i in order {
                self.turn = Some(i);
                match self.take_turn(runner, i, length, false) {
                    Ok(secs) => {
                        if let Some(place) = round.get_mut(i) {
                            *place = secs;
                        }
                    }
                    Err(halt) => {
                        whole = Err(halt);
                        break;
                    }
                }
                self.turn = None;
            }
            take_round(&mut self.arms, self.baseline, &round, whole.is_ok());
            self.publish();
            whole?;
        }
    }

    /// Who is to have a turn: those whose comparison is open, and when there are none those whose rate is not known well.
    fn open(&self) -> Vec<usize> {
        let among = |is_open: &dyn Fn(&Arm) -> bool| -> Vec<usize> {
            // Of one whose engine died there is a note, and it is not to be tried again.
            let arms = self.arms.iter().enumerate().filter(|(_, arm)| arm.note.is_none() && is_open(arm));
            arms.map(|(i, _)| i).collect()
        };
        let compared = among(&|arm| arm.standing == Standing::Measuring && arm.point().blocks < FAIR_BLOCKS);
        if compared.is_empty() { among(&|arm| !arm.rate_is_precise()) } else { compared }
    }

    /// `afresh` lets who had the turn before begin as all others do.
    fn take_turn(
        &mut self,
        runner: &mut Runner,
        i: usize,
        length: TurnLength,
        afresh: bool,
    ) -> Result<Option<f64>, Halt> {
        let Some(&count) = self.counts.get(i) else { return Ok(None) };
        self.desk.say(msg!("client-sweep-measuring", workers = count));
        let (begun, steps) = (self.desk.now(), runner.steps);
        let fresh = afresh || count != self.workers;
        if count != self.workers {
            runner.send(Command::SetWorkers(count))?;
            loop {
                if let Some(Heard::Changed(version)) = runner.hear(self.desk)? {
                    self.version = Some(version);
                    break;
                }
            }
            self.workers = count;
        }
        let ahead = self.ahead.get(i).copied().unwrap_or(false);
        let plan = runner.plan(runner.queue_capacity(count), ahead, length);
        let measured = runner.measure(self.desk, Segment::new(plan, fresh), self.version, begun)?;
        if fresh {
            self.switch_secs = measured.settled_at - begun;
        }
        if let (Some(ahead), Some(arm)) = (self.ahead.get_mut(i), self.arms.get_mut(i)) {
            *ahead = runner.is_ahead(count);
            arm.steps += runner.steps - steps;
            arm.run_dir = Some(runner.run_dir.clone());
        }
        Ok(measured.image_secs)
    }

    fn publish(&mut self) {
        let rate = |arm: &Arm| arm.rate().map(|rate| rate.estimate);
        let measured: Vec<(usize, f64)> =
            self.counts.iter().zip(&self.arms).filter_map(|(count, arm)| Some((*count, rate(arm)?))).collect();
        let report = &mut self.desk.report;
        if let Some(curve) = &mut report.curve {
            curve.hold_out = curve.hold_out_of(&measured);
        }
        let point = |arm: &Arm| -> SweepPoint {
            let mut point = arm.point();
            point.sentence = words::point(WORKERS_KEY, false, &point);
            point
        };
        report.points = self.arms.iter().map(point).collect();
        self.desk.tell();
    }
}

/// The predictions for other numbers of workers, where the verdict has some.
fn curve_of(verdict: &Verdict, from_workers: usize) -> Option<PredictedCurve> {
    let rates: Vec<PredictedRate> = verdict
        .predictions
        .iter()
        .filter_map(|p| match p.change {
            RunChange::Workers(workers) => {
                Some(PredictedRate { workers, images_per_sec: p.images_per_sec, low: p.low, high: p.high })
            }
            _ => None,
        })
        .collect();
    (!rates.is_empty()).then_some(PredictedCurve { from_workers, rates, hold_out: None })
}
