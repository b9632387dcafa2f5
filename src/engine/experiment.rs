//! Experiments on a run in training: a bisect that switches transforms off in some of its steps, and what changes by hand did.

use super::mailbox::Mailbox;
use crate::diagnose::{Bisect, BisectSettings, Candidate, ChangeWatch, StepSeen, settle_steps};
use crate::protocol::{
    BisectProgress, BisectRequest, BisectVerdict, Event, Gain, RunChange, StepEvent, Trial, Verdict,
};
use std::time::{Duration, Instant};

/// Between two looks at a bisect in the window.
/// Intervals take some milliseconds to make.
const SHOW_EVERY: Duration = Duration::from_millis(300);
/// Shorter ones could not tell anything, longer ones are a mistake of the client's.
const BUDGET_SECS: std::ops::RangeInclusive<f64> = 1.0..=86_400.0;

/// What is being tried on a run.
pub(super) struct Experiments {
    batch_size: usize,
    watch: ChangeWatch,
    bisect: Option<Running>,
    /// The last bisect's, for what a change is said to bring.
    trials: Vec<Trial>,
    concluded: Option<BisectVerdict>,
}

/// A bisect under way.
struct Running {
    bisect: Bisect,
    candidates: Vec<Candidate>,
    off: Vec<String>,
    budget_secs: f64,
    steps: u64,
    shown: Instant,
}

/// What a bisect is made over.
pub(super) struct Ground {
    pub candidates: Vec<Candidate>,
    pub queue_capacity: usize,
    /// The loader's images a second over the trainer's, where they are known.
    pub loader_over_trainer: Option<f64>,
    pub config_version: u64,
    pub seed: u64,
}

impl Experiments {
    pub fn new(batch_size: usize, queue_capacity: usize) -> Self {
        let watch = ChangeWatch::new(batch_size, settle_steps(queue_capacity, None));
        Self { batch_size, watch, bisect: None, trials: Vec::new(), concluded: None }
    }

    /// The chain is a bisect's to change, until it has ended.
    pub fn bisecting(&self) -> bool {
        self.bisect.is_some()
    }

    pub fn begin_bisect(&mut self, mailbox: &Mailbox, request: BisectRequest, ground: Ground) {
        if let Some(card) = self.watch.end() {
            mailbox.send(Event::Effect(Box::new(card)));
        }
        let budget_secs = if request.budget_secs.is_finite() { request.budget_secs } else { 60.0 };
        let budget_secs = budget_secs.clamp(*BUDGET_SECS.start(), *BUDGET_SECS.end());
        let candidates = ground.candidates.clone();
        let (capacity, ratio) = (ground.queue_capacity, ground.loader_over_trainer);
        let settings = BisectSettings {
            thorough: request.thorough,
            ..BisectSettings::new(ground.candidates, capacity, ratio, budget_secs, ground.seed)
        };
        let bisect = Bisect::new(settings, ground.config_version);
        self.bisect =
            Some(Running { bisect, candidates, off: Vec::new(), budget_secs, steps: 0, shown: Instant::now() });
        self.show(mailbox, true);
    }

    /// The set of transforms that is to be off from the next batch on, where it is to change.
    pub fn next_off(&mut self) -> Option<Vec<usize>> {
        self.bisect.as_mut().and_then(|running| running.bisect.next()).map(|toggle| toggle.off)
    }

    /// The chain has been changed as [`Self::next_off`] said; in words what is off.
    pub fn applied(&mut self, config_version: u64, off: &[usize]) -> String {
        let Some(running) = &mut self.bisect else { return String::new() };
        running.bisect.applied(config_version);
        let names = running.candidates.iter().filter(|c| off.contains(&c.index)).map(|c| c.name.clone());
        running.off = names.collect();
        match running.off.as_slice() {
            [] => "bisect: the whole chain".to_owned(),
            names => format!("bisect: {} off", names.join(", ")),
        }
    }

    /// It could not be changed so.
    pub fn refused(&mut self) {
        if let Some(running) = &mut self.bisect {
            running.bisect.refused();
        }
    }

    /// A step was made, with a batch of the usual size's time.
    pub fn observe(&mut self, mailbox: &Mailbox, event: &StepEvent) {
        let step = StepSeen {
            config_version: event.config_version,
            step_secs: self.batch_size as f64 / event.images_per_sec.max(1e-9),
            wait_frac: event.data_wait_frac,
            queue_len: event.queue_len,
        };
        if let Some(running) = &mut self.bisect {
            running.steps += 1;
            running.bisect.observe(step);
            self.show(mailbox, false);
        } else if event.step > 1
            && let Some(card) = self.watch.observe(step)
        {
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// A person changed the run: measures what it brings, and says what had been predicted.
    pub fn changed_by_hand(&mut self, mailbox: &Mailbox, version: u64, label: &str, predicted: Option<Gain>) {
        if self.bisect.is_none()
            && let Some(card) = self.watch.changed(version, label, predicted)
        {
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// Ends the bisect under way; [`Self::next_off`] may still restore the chain.
    pub fn stop_bisect(&mut self) {
        if let Some(running) = &mut self.bisect {
            running.bisect.stop();
        }
    }

    /// Says the verdict, once a bisect has ended and the whole chain stands again (or is a person's).
    pub fn conclude(&mut self, mailbox: &Mailbox) {
        if self.bisect.as_ref().is_some_and(|running| running.bisect.finished().is_some()) {
            self.show(mailbox, true);
            if let Some(running) = self.bisect.take() {
                self.trials = running.bisect.report();
                self.concluded = running.bisect.finished();
            }
        }
    }

    /// The run ends.
    pub fn end(&mut self, mailbox: &Mailbox) {
        self.stop_bisect();
        self.conclude(mailbox);
        if let Some(card) = self.watch.end() {
            mailbox.send(Event::Effect(Box::new(card)));
        }
    }

    /// The verdict goes out once, with `concluding`.
    fn show(&mut self, mailbox: &Mailbox, concluding: bool) {
        let Some(running) = &mut self.bisect else { return };
        if !concluding && running.shown.elapsed() < SHOW_EVERY {
            return;
        }
        running.shown = Instant::now();
        mailbox.send(Event::Bisect(Box::new(BisectProgress {
            trials: running.bisect.report(),
            off: running.off.clone(),
            spent_secs: running.bisect.spent_secs(),
            budget_secs: running.budget_secs,
            noise_floor_frac: running.bisect.noise_floor_frac(),
            steps: running.steps,
            verdict: if concluding { running.bisect.finished() } else { None },
        })));
    }

    /// What had been said that switching off these stages would bring: by the last bisect, else by the operational laws.
    pub fn predicted_off(&self, names: &[String], verdict: Option<&Verdict>) -> Option<Gain> {
        let trial = |name: &String| self.trials.iter().find(|trial| trial.transform == *name);
        if let [name] = names {
            if let Some(trial) = trial(name)
                && let (Some(effect_frac), Some(low), Some(high)) = (trial.effect_frac, trial.low, trial.high)
            {
                return Some(Gain { effect_frac, low, high });
            }
            return predicted_by_laws(verdict?, &RunChange::TransformOff(name.clone()));
        }
        let culprits = &self.concluded.as_ref()?.culprits;
        let chosen: Vec<_> = culprits.iter().filter(|c| names.contains(&c.transform)).collect();
        if chosen.len() != names.len() {
            return None;
        }
        // Shares of the time add up.
        let together = |of: fn(&crate::protocol::Culprit) -> f64| {
            let spared: f64 = chosen.iter().map(|c| of(c) / (1.0 + of(c))).sum();
            1.0 / (1.0 - spared.min(0.99)) - 1.0
        };
        Some(Gain { effect_frac: together(|c| c.effect_frac), low: together(|c| c.low), high: together(|c| c.high) })
    }
}

/// As the verdict has it, over the rate it was made at.
pub(super) fn predicted_by_laws(verdict: &Verdict, change: &RunChange) -> Option<Gain> {
    let now = verdict.images_per_sec.filter(|rate| *rate > 0.0)?;
    let prediction = verdict.predictions.iter().find(|p| p.change == *change)?;
    let frac = |rate: f64| rate / now - 1.0;
    Some(Gain { effect_frac: frac(prediction.images_per_sec), low: frac(prediction.low), high: frac(prediction.high) })
}
