//! Experiments on a run in training: a bisect that switches transforms off in some of its steps, and what changes by hand did.

use super::learnt::{ByHand, Found};
use super::mailbox::Mailbox;
use crate::diagnose::{
    Bisect, BisectSettings, Candidate, Change, ChangeWatch, Known, Setup, StepSeen, Toggle, settle_steps, with_expected,
};
use crate::language::{Arg, Message};
use crate::protocol::{
    BisectProgress, BisectRequest, BisectVerdict, Bound, ChangeEffect, Event, Gain, RunChange, StepEvent, Verdict,
};
use std::time::{Duration, Instant};

/// Between two looks at a bisect in the window.
/// Intervals take some milliseconds to make.
const SHOW_EVERY: Duration = Duration::from_millis(300);
/// Shorter ones could not tell anything, longer ones are a mistake of the client's.
const BUDGET_SECS: std::ops::RangeInclusive<f64> = 1.0..=86_400.0;

/// What is being tried on a run.
pub(super) struct Experiments {
    /// Images of one.
    full_batch: usize,
    watch: ChangeWatch,
    /// The session's first step was made: it compiles and tunes.
    begun: bool,
    bisect: Option<Running>,
    /// The last one, while the run is as it was: it may be given more time.
    ended: Option<Running>,
    /// By the last bisect, and by changes by hand.
    found: Found,
    by_hand: ByHand,
}

/// A bisect under way.
struct Running {
    bisect: Bisect,
    candidates: Vec<Candidate>,
    /// As in [`Known::expected`].
    expected: Vec<(usize, f64)>,
    /// In the step seen last, as indices into the chain.
    off: Vec<usize>,
    steps: u64,
    shown: Instant,
    /// When it began.
    config_version: u64,
    /// The workers changed while it ran: what it learnt is of two runs.
    mixed: bool,
}

/// What a bisect is made over.
pub(super) struct Ground {
    pub candidates: Vec<Candidate>,
    pub known: Known,
    pub config_version: u64,
    pub seed: u64,
}

impl Experiments {
    pub fn new(full_batch: usize, queue_capacity: usize) -> Self {
        let watch = ChangeWatch::new(full_batch, settle_steps(queue_capacity, None));
        let (found, by_hand) = (Found::default(), ByHand::default());
        Self { full_batch, watch, begun: false, bisect: None, ended: None, found, by_hand }
    }

    /// The chain is a bisect's to change, until it has ended.
    pub fn bisecting(&self) -> bool {
        self.bisect.is_some()
    }

    pub fn begin_bisect(&mut self, mailbox: &Mailbox, request: BisectRequest, ground: Ground) {
        self.end_watch(mailbox);
        let budget_secs = budget_of(request);
        let (candidates, expected) = (ground.candidates.clone(), ground.known.expected.clone());
        let settings = BisectSettings {
            thorough: request.thorough,
            ..BisectSettings::new(ground.candidates, ground.known, budget_secs, ground.seed)
        };
        let config_version = ground.config_version;
        let bisect = Bisect::new(settings, config_version);
        let (off, shown) = (Vec::new(), mailbox.clock().now());
        self.ended = None;
        self.bisect =
            Some(Running { bisect, candidates, expected, off, steps: 0, shown, config_version, mixed: false });
        self.show(mailbox, true);
    }

    /// Gives the last bisect more time for what it left undecided; false where there is none, or the run has changed since.
    pub fn go_on(&mut self, mailbox: &Mailbox, request: BisectRequest, config_version: u64) -> bool {
        let Some(mut running) = self.ended.take().filter(|_| self.bisect.is_none()) else { return false };
        self.end_watch(mailbox);
        running.bisect.go_on(budget_of(request), config_version);
        self.bisect = Some(running);
        self.show(mailbox, true);
        true
    }

    /// The run is about to be changed by an experiment, or over: what is measured of a change by hand ends.
    fn end_watch(&mut self, mailbox: &Mailbox) {
        if let Some(card) = self.watch.end() {
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// A change that is to be planned; there may be more.
    pub fn next_toggle(&mut self) -> Option<Toggle> {
        self.bisect.as_mut().and_then(|running| running.bisect.next())
    }

    /// The change last asked for counts for batches of this version; gives the mark of what is off in them.
    pub fn applied(&mut self, config_version: u64, off: &[usize]) -> Message {
        let Some(running) = &mut self.bisect else { return Message::default() };
        running.bisect.applied(config_version);
        match running.names(off).as_slice() {
            [] => msg!("engine-bisect-whole-chain"),
            names => msg!("engine-bisect-off", transforms = Arg::names(names)),
        }
    }

    /// It could not be changed so.
    pub fn refused(&mut self) {
        if let Some(running) = &mut self.bisect {
            running.bisect.refused();
        }
    }

    /// A step was made; `short` says that its batch is an epoch's last, and small.
    pub fn observe(&mut self, mailbox: &Mailbox, event: &StepEvent, short: bool) {
        // Where some images could not be read, the time of all.
        let images = if short { event.images_or(self.full_batch) } else { self.full_batch };
        let step = StepSeen {
            config_version: event.config_version,
            step_secs: images as f64 / event.images_per_sec.max(1e-9),
            short,
            wait_frac: event.data_wait_frac,
            queue_len: event.queue_len,
        };
        let begun = std::mem::replace(&mut self.begun, true);
        if let Some(running) = &mut self.bisect {
            running.steps += 1;
            // Before the step is taken in, which may forget what was planned.
            running.off = running.bisect.off_in(event.config_version).unwrap_or_default().to_vec();
            running.bisect.observe(step);
            self.show(mailbox, false);
        } else if begun && let Some(card) = self.watch.observe(step) {
            let card = ChangeEffect { others_moved: self.by_hand.others_moved(), ..card };
            if !self.by_hand.take(&card) {
                mailbox.warn(msg!("engine-change-not-believed", change = &card.label));
            }
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// See [`ChangeWatch::unmeasured_from`].
    pub fn unmeasured_from(&self) -> Option<&Setup> {
        self.watch.unmeasured_from()
    }

    /// A person changed the run: measures what it brings, and says what had been predicted. `switched_off` names the stages
    /// that it switched off, where that is all it did.
    pub fn changed_by_hand(&mut self, mailbox: &Mailbox, version: u64, change: Change, switched_off: &[String]) {
        // What was learnt is of a run that is no more ...
        self.ended = None;
        // ... but for what it says of each culprit once another is off.
        self.found.changed(switched_off);
        self.by_hand.begin(&change.from, &change.to);
        if let Some(running) = &mut self.bisect {
            running.mixed = true;
            self.watch.forget();
        } else if let Some(card) = self.watch.changed(version, change) {
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// Ends the bisect under way before its time; [`Self::next_toggle`] may still restore the chain. What it
    /// learnt stays.
    pub fn stop_bisect(&mut self, why: Message) {
        if let Some(running) = &mut self.bisect {
            running.bisect.stop_because(why);
        }
    }

    /// Says the verdict, once a bisect has ended and the whole chain stands again (or is a person's), from batches of this
    /// version on; true where it did.
    pub fn conclude(&mut self, mailbox: &Mailbox, config_version: u64) -> bool {
        let has_ended = self.bisect.as_ref().is_some_and(|running| running.bisect.finished().is_some());
        if has_ended {
            self.show(mailbox, true);
            self.watch.as_before(config_version);
            if let Some(running) = self.bisect.take().filter(|running| !running.mixed) {
                self.found = Found::new(running.bisect.report(), running.verdict());
                self.ended = Some(running);
            }
        }
        has_ended
    }

    /// The run ends.
    pub fn end(&mut self, mailbox: &Mailbox) {
        self.stop_bisect(msg!("engine-training-ended"));
        self.conclude(mailbox, u64::MAX);
        self.end_watch(mailbox);
    }

    /// The verdict goes out once, with `concluding`.
    fn show(&mut self, mailbox: &Mailbox, concluding: bool) {
        let Some(running) = &mut self.bisect else { return };
        if !concluding && mailbox.clock().elapsed(running.shown) < SHOW_EVERY {
            return;
        }
        running.shown = mailbox.clock().now();
        mailbox.send(Event::Bisect(Box::new(BisectProgress {
            trials: running.bisect.report(),
            so_far: running.bisect.so_far(),
            off: running.names(&running.off),
            spent_secs: running.bisect.spent_secs(),
            budget_secs: running.bisect.budget_secs(),
            noise_floor_frac: running.bisect.noise_floor_frac(),
            steps: running.steps,
            config_version: running.config_version,
            verdict: if concluding { running.verdict() } else { None },
        })));
    }

    /// What had been said that switching off these stages would bring: by the last bisect, else by the operational laws.
    pub fn predicted_off(&self, names: &[String], verdict: Option<&Verdict>) -> Option<Gain> {
        match names {
            [name] => {
                self.found.off(name).or_else(|| predicted_by_laws(verdict?, &RunChange::TransformOff(name.clone())))
            }
            names => self.found.off_together(names),
        }
    }

    /// What was measured of changes to the run as it is, which is so set up.
    pub fn measured(&self, now: &Setup) -> Vec<(RunChange, Gain)> {
        let mut measured = self.found.measured();
        for (change, gain) in self.by_hand.measured(now) {
            if measured.iter().all(|(known, _)| *known != change) {
                measured.push((change, gain));
            }
        }
        measured
    }

    /// The run's newest verdict: not to be believed is what is measured of a change by hand while other programs come or go. Whose the busy
    /// cores are is not known before there are steps enough.
    pub fn beside(&mut self, verdict: &Verdict) {
        if verdict.bound != Bound::NotEnough {
            self.by_hand.beside_others(verdict.is_beside_others(), verdict.others_frac());
        }
    }
}

impl Running {
    /// `None` while it goes on.
    fn verdict(&self) -> Option<BisectVerdict> {
        Some(with_expected(self.bisect.finished()?, &self.bisect.report(), &self.expected))
    }

    fn names(&self, off: &[usize]) -> Vec<String> {
        self.candidates.iter().filter(|c| off.contains(&c.index)).map(|c| c.name.clone()).collect()
    }
}

fn budget_of(request: BisectRequest) -> f64 {
    let secs = if request.budget_secs.is_finite() { request.budget_secs } else { 60.0 };
    secs.clamp(*BUDGET_SECS.start(), *BUDGET_SECS.end())
}

/// As the verdict has it, over the rate it was made at.
pub(super) fn predicted_by_laws(verdict: &Verdict, change: &RunChange) -> Option<Gain> {
    let now = verdict.images_per_sec.filter(|rate| *rate > 0.0)?;
    let prediction = verdict.predictions.iter().find(|p| p.change == *change)?;
    let frac = |rate: f64| rate / now - 1.0;
    Some(Gain { effect_frac: frac(prediction.images_per_sec), low: frac(prediction.low), high: frac(prediction.high) })
}

#[cfg(test)]
mod tests {
    use super::super::clock::RunClock;
    use super::*;
    use crate::protocol::played;

    const REQUEST: BisectRequest = BisectRequest { budget_secs: 60.0, thorough: false, go_on: false };

    /// Whether a bisect within which the workers were changed, or not, may be given more time.
    fn may_go_on(changed: bool) -> bool {
        let mailbox = Mailbox::without_client(RunClock::played());
        let mut experiments = Experiments::new(10, 0);
        let candidates = vec![Candidate { index: 3, name: "RandZoom".to_owned() }];
        let ground = Ground { candidates, known: Known::default(), config_version: 1, seed: 1 };
        experiments.begin_bisect(&mailbox, REQUEST, ground);
        if changed {
            let [from, to] = [2, 8].map(|workers| Setup { workers, transforms: Vec::new() });
            let change = Change { from, to, label: "workers 2 → 8".into(), predicted: None };
            experiments.changed_by_hand(&mailbox, 2, change, &[]);
        }
        experiments.stop_bisect("stopped".into());
        assert!(experiments.conclude(&mailbox, 3));
        experiments.go_on(&mailbox, REQUEST, 3)
    }

    #[test]
    fn what_a_bisect_did_not_come_to_has_its_prediction() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let mut experiments = Experiments::new(10, 0);
        let candidates = vec![Candidate { index: 3, name: "RandZoom".to_owned() }];
        let known = Known { expected: vec![(3, 0.4)], ..Known::default() };
        experiments.begin_bisect(&mailbox, REQUEST, Ground { candidates, known, config_version: 1, seed: 1 });
        experiments.stop_bisect("stopped".into());
        assert!(experiments.conclude(&mailbox, 2));
        let said = experiments.found.verdict().unwrap().sentence.to_string();
        assert!(said.ends_with("by the predictions, training would be 40 % faster with RandZoom off"), "{said}");
    }

    /// Twice as fast with more workers.
    #[test]
    fn what_was_measured_is_known_once_it_is_taken_back() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let mut experiments = Experiments::new(10, 0);
        let setup = |workers: usize| Setup { workers, transforms: Vec::new() };
        let change = |from: usize, to: usize| {
            let (from, to) = (setup(from), setup(to));
            Change { from, to, label: "".into(), predicted: None }
        };
        let train = |experiments: &mut Experiments, config_version: u64, images_per_sec: f64| {
            for n in 0..100 {
                // It wobbles.
                let images_per_sec = images_per_sec * (1.0 + 0.004 * ((n * 7) % 5) as f64);
                let event = StepEvent { images_per_sec, config_version, ..played::step(n) };
                experiments.observe(&mailbox, &event, false);
            }
        };
        train(&mut experiments, 0, 100.0);
        experiments.changed_by_hand(&mailbox, 1, change(2, 4), &[]);
        // After a few steps, whose the cores are is a guess.
        let troubles = vec![msg!("diagnose-cores-other-programs")];
        experiments.beside(&Verdict { troubles, ..played::verdict(Bound::NotEnough) });
        train(&mut experiments, 1, 200.0);
        experiments.changed_by_hand(&mailbox, 2, change(4, 2), &[]);
        let measured = experiments.measured(&setup(2));
        let [(RunChange::Workers(4), gain)] = measured.as_slice() else { panic!("{measured:?}") };
        assert!(gain.low < 1.0 && gain.high > 1.0 && gain.low > 0.9, "{gain:?}");
        assert!(experiments.measured(&setup(8)).is_empty());
    }

    #[test]
    fn a_bisect_within_which_the_run_was_changed_is_not_gone_on_with() {
        assert_eq!([false, true].map(may_go_on), [true, false]);
    }
}
