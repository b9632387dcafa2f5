//! Numbers of loader threads: one engine, whose workers change while it trains.
//!
//! First it trains as it is configured, and says what it would do with other numbers: that curve stands before anything is
//! changed. Then all numbers have their turn in rounds, in an order drawn by lot, and the curve is held against what comes.

use super::arm::Arm;
use super::desk::{Desk, End, Halt};
use super::report::{PredictedCurve, PredictedRate, Standing, SweepPoint};
use super::runner::{Heard, Runner, stop_all};
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
/// A rate known well enough has no more turns, unless its comparison is open and has had fewer rounds than this.
const FAIR_BLOCKS: u32 = 20;

struct Threads<'a, 'b> {
    spec: &'a SweepSpec,
    desk: &'a mut Desk<'b>,
    /// The configuration's own number of workers.
    from: usize,
    /// By rising number of workers.
    counts: Vec<usize>,
    arms: Vec<Arm>,
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
    let mut sweep = Threads {
        spec,
        desk,
        from,
        arms: counts.iter().map(arm).collect(),
        ahead: vec![false; counts.len()],
        counts,
        turn: None,
        workers: from,
        version: None,
        switch_secs: 0.0,
        dice: Pcg64Mcg::seed_from_u64(spec.seed),
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
        let mut runner = Runner::launch(self.desk, config, self.spec.dir.join(name))?;
        let result = self.predict(&mut runner).and_then(|()| self.rounds(&mut runner));
        if !matches!(result, Err(Halt::Lost(_))) {
            stop_all(self.desk.tools.clock, vec![runner]);
        }
        result
    }

    /// Warms up, and waits for the curve.
    fn predict(&mut self, runner: &mut Runner) -> Result<(), Halt> {
        runner.warm_up(self.desk)?;
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
            if enough && curve.is_some() || runner.steps >= NO_CURVE_STEPS && waited >= NO_CURVE_SECS {
                break;
            }
        }
        if curve.is_none() {
            self.desk.note(msg!("client-sweep-no-prediction"));
        }
        self.desk.report.curve = curve;
        self.publish();
        Ok(())
    }

    fn rounds(&mut self, runner: &mut Runner) -> Result<(), Halt> {
        loop {
            let open: Vec<usize> = (0..self.arms.len()).filter(|i| self.is_open(*i)).collect();
            if open.is_empty() {
                return Ok(());
            }
            let base = self.counts.iter().position(|count| *count == self.from);
            let mut order = open;
            // One that failed has no more turns.
            order.extend(base.filter(|base| !order.contains(base) && self.standing(*base) == Some(Standing::Baseline)));
            shuffle(&mut self.dice, &mut order);
            let mut round: Vec<(usize, f64)> = Vec::new();
            for i in order {
                self.turn = Some(i);
                let secs = self.take_turn(runner, i)?;
                self.turn = None;
                round.extend(secs.map(|secs| (i, secs)));
            }
            let base_secs = round.iter().find(|(i, _)| Some(*i) == base).map(|(_, secs)| *secs);
            for (i, secs) in round {
                if let Some(arm) = self.arms.get_mut(i) {
                    arm.push_rate(secs);
                    if let Some(base_secs) = base_secs.filter(|_| Some(i) != base) {
                        arm.push_pair(secs, base_secs);
                    }
                }
            }
            self.publish();
        }
    }

    fn standing(&self, i: usize) -> Option<Standing> {
        self.arms.get(i).map(|arm| arm.standing)
    }

    fn is_open(&self, i: usize) -> bool {
        self.arms.get(i).is_some_and(|arm| match arm.standing {
            Standing::Failed => false,
            // Its engine died: not to be tried again.
            _ if arm.note.is_some() => false,
            Standing::Measuring if arm.point().blocks < FAIR_BLOCKS => true,
            _ => !arm.rate_is_precise(),
        })
    }

    fn take_turn(&mut self, runner: &mut Runner, i: usize) -> Result<Option<f64>, Halt> {
        let Some(&count) = self.counts.get(i) else { return Ok(None) };
        self.desk.say(msg!("client-sweep-measuring", workers = count));
        let (begun, steps) = (self.desk.now(), runner.steps);
        let fresh = count != self.workers;
        if fresh {
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
        let plan = runner.plan(count, ahead, self.switch_secs);
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
            point.sentence = words::point(WORKERS_KEY, &point);
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
