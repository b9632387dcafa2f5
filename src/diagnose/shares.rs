//! What share of the cores a training on the CPU gets, from the CPU time of its process.
//!
//! Seconds on the wall are stretched by the loader and by other programs alike; CPU seconds are not. While the trainer waits
//! they are the loader's, and what is not the loader's while it trains is the trainer's. How long the loader's threads wait for
//! their cores in either phase says how many threads the trainer keeps busy, as a system has all threads of a
//! process wait alike. How it shares cores out among programs nothing tells: each way is fitted ([`StretchedBy`]), and its odds are
//! how well it goes with both phases.

use super::laws::{Demands, ProcessCpu, RunFacts};

/// Two hyperthreads share a core: the least that a core beyond half of them adds.
const LEAST_OF_A_CORE: f64 = 0.3;
/// A phase that is less of the step says nothing.
const SHORT_FRAC: f64 = 0.05;
/// Where the trainer waits for so much of the step, the loader never rests.
const NEVER_RESTS_FRAC: f64 = 0.15;
/// A loader that works for less of the training says nothing of it.
const LEAST_BESIDE_FRAC: f64 = 0.02;
/// Wall time over CPU time up to here may be page faults or a reading that is off ...
const MAYBE_UNSTRETCHED: f64 = 1.1;
/// ... and by so much more is certainly waiting for a core.
const CERTAINLY_BEYOND: f64 = 0.4;
/// One phase is stretched so many times as much as the stages are, at most: what is left of a step may be too short.
const MOST_APART: f64 = 4.0;
/// The least share of the cores that is left to a run.
const LEAST_CORES_FRAC: f64 = 0.02;
/// What a run tells may be off by so much (log ratio).
const UNSURE_LOG: f64 = 0.15;
/// A stretch that may be off by this share is half believed.
const UNTOLD_FRAC: f64 = 0.5;
/// Cores that a run is told to use may be off by so much of one.
const UNSURE_OF_A_CORE: f64 = 0.1;
/// What others are seen to use may be off by so much of all cores.
const UNSEEN_FRAC: f64 = 0.2;
/// The fits have settled.
const ROUNDS: usize = 6;

/// The cores that all threads share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cores {
    pub count: f64,
    /// So many of them count whole.
    pub whole: f64,
    /// Threads of other programs, always computing.
    pub others: f64,
}

impl Cores {
    /// The share of the time in which one of so many threads has a core.
    pub fn turn(&self, threads: f64) -> f64 {
        (self.count / threads.max(1e-9)).min(1.0)
    }

    /// A thread's speed among so many.
    pub fn speed(&self, threads: f64) -> f64 {
        let busy = threads.min(self.count);
        let work = busy.min(self.whole) + LEAST_OF_A_CORE * (busy - self.whole).max(0.0);
        if threads > 0.0 { work / threads } else { 1.0 }
    }
}

/// What makes a stage take longer than the run's own threads explain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum StretchedBy {
    /// Threads of other programs, each with a share of its own.
    Threads,
    /// Other programs that take their share of the cores, however many threads the run has: systems share cores out
    /// among sessions or containers first.
    Programs,
    /// It is not stretched: it waits for something else.
    Nothing,
}

/// How a run might share the cores, fitted to what it tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Share {
    /// While the trainer waits, and while it trains.
    pub waiting: Cores,
    pub training: Cores,
    /// Of the run, that want a core then.
    pub waiting_threads: f64,
    pub training_threads: f64,
    pub trainer_threads: f64,
    /// Wall time over CPU time of a stage that only computes.
    pub stretch: f64,
    /// 1 where all that is told goes together.
    pub odds: f64,
    /// 1 where other programs are seen to use what they have taken, and where nobody looked.
    pub seen: f64,
    /// Of the cores that its threads would use while it trains, the share that others have.
    pub missing_frac: f64,
}

/// Wall time over CPU time in one phase of the step, and the run's threads that want a core in it.
#[derive(Debug, Clone, Copy)]
struct Phase {
    stretch: f64,
    threads: f64,
}

/// What a run tells of its CPU time.
pub(super) struct Shares<'a> {
    demands: &'a Demands,
    cpu: ProcessCpu,
    cores: f64,
    workers: f64,
    in_turns: bool,
    /// Share of the training in which the loader's threads have something to do.
    beside_frac: f64,
    /// Cores that they have while it trains.
    loader_cores: f64,
    /// Cores that the whole run has while the trainer waits, and while it trains.
    used: [f64; 2],
    /// Cores that other programs are seen to use; `None` where that is not known.
    others_used: Option<f64>,
    /// Workers over the cores that they have, while the trainer waits and while both are at work; `None` where that is too short
    /// to tell.
    waiting: Option<f64>,
    training: Option<f64>,
}

impl Phase {
    /// That it is stretched at all: 0 to 1.
    fn certainty(&self) -> f64 {
        ((self.stretch - MAYBE_UNSTRETCHED) / CERTAINLY_BEYOND).clamp(0.0, 1.0)
    }
}

/// 1 where the ratio is 1.
pub(super) fn likeness(ratio: f64) -> f64 {
    (-0.5 * (ratio.ln() / UNSURE_LOG).powi(2)).exp()
}

impl<'a> Shares<'a> {
    /// `None` where CPU time is not known.
    pub fn of(demands: &'a Demands, facts: &RunFacts) -> Option<Self> {
        let cpu = demands.cpu?;
        let in_turns = facts.workers == 0;
        let workers = facts.workers.max(1) as f64;
        let (wait, images_per_sec) = (demands.wait_frac, demands.images_per_sec);
        // Threads that have something to do are the cores that they have, times wall time over CPU time.
        let working_frac =
            images_per_sec * cpu.loader_secs * demands.wall_secs() / demands.cpu_secs().max(1e-12) / workers;
        let beside_frac = ((working_frac - wait) / (1.0 - wait).max(1e-3)).max(wait / NEVER_RESTS_FRAC);
        let beside_frac = if in_turns { 0.0 } else { beside_frac.clamp(0.0, 1.0) };
        let loader_cores = (cpu.loader_secs - cpu.wait_secs).max(0.0) / demands.train_secs;
        let both_work = !in_turns && wait <= 1.0 - SHORT_FRAC && loader_cores > 0.0 && beside_frac > LEAST_BESIDE_FRAC;
        let wait_cores = cpu.wait_secs * images_per_sec / wait.max(1e-12);
        Some(Self {
            demands,
            cpu,
            cores: facts.cores.max(1) as f64,
            workers,
            in_turns,
            beside_frac,
            loader_cores,
            used: [wait_cores, cpu.train_secs / demands.train_secs],
            others_used: demands.others_cores(facts),
            waiting: (in_turns || wait >= SHORT_FRAC).then(|| workers / wait_cores.max(1e-9)),
            training: both_work.then(|| workers * beside_frac / loader_cores),
        })
    }

    /// The trainer's CPU seconds an image.
    pub fn trainer_secs(&self) -> f64 {
        self.cpu.trainer_secs()
    }

    /// Cores that the whole run has while it trains.
    pub fn used_while_training(&self) -> f64 {
        self.used[1]
    }

    /// Of the loader's CPU time, the share while the trainer waits.
    pub fn waiting_frac(&self) -> f64 {
        (self.cpu.wait_secs / self.cpu.loader_secs).min(1.0)
    }

    /// The fit with cores shared out like that. The stages are stretched as measured, unless it is by nothing; the trainer keeps
    /// `more` times as many threads busy as its CPU time says.
    pub fn fit(&self, by: StretchedBy, measured: f64, more: f64) -> Share {
        let own_only = by == StretchedBy::Nothing;
        let trainer_cores = self.trainer_secs() / self.demands.train_secs;
        let all = Cores { count: self.cores, whole: self.cores, others: 0.0 };
        let idle = Phase { stretch: 1.0, threads: 0.0 };
        let (mut waiting, mut training) = (idle, idle);
        let (mut cores_waiting, mut cores_training) = (all, all);
        let (mut stretch, mut asleep, mut wanted, mut threads, mut loaders) = (measured, 0.0, 1.0, 1.0, 0.0);
        for _ in 0..ROUNDS {
            // Of an image, as a multiple of its CPU time.
            let sleep_secs: f64 = self.demands.stages.iter().map(|stage| stage.sleep_secs(stretch)).sum();
            asleep = sleep_secs / self.demands.cpu_secs().max(1e-12);
            let [apart, beside] = if own_only {
                [waiting, training].map(|phase| (phase.threads / self.cores).max(1.0))
            } else {
                self.stretches(asleep, measured)
            };
            let computing = |stretch: f64| self.workers * stretch / (stretch + asleep);
            loaders = if self.in_turns { 0.0 } else { computing(beside) };
            let alone = cores_training.turn(threads + cores_training.others);
            wanted = trainer_cores / (self.beside_frac / beside + (1.0 - self.beside_frac) * alone);
            waiting = Phase { stretch: apart, threads: computing(apart) };
            training = Phase { stretch: beside, threads: loaders };
            // A trainer that takes longer than its CPU time where cores are free waits for something else; elsewhere one
            // thread of it always wants a core.
            let fought_over = if own_only { 1.0 } else { training.certainty() };
            threads = (more * wanted * (1.0 / wanted).max(1.0).powf(fought_over)).min(self.cores);
            training.threads += threads;
            cores_waiting = self.cores(by, waiting, training);
            cores_training = self.cores(by, training, waiting);
            if own_only {
                let frac = self.waiting_frac();
                stretch = (frac * apart + (1.0 - frac) * beside).clamp(1.0, measured);
            }
        }
        if !own_only && self.waiting.is_none() {
            cores_waiting = cores_training;
        }
        if !own_only && self.training.is_none() && !self.in_turns {
            cores_training = cores_waiting;
        }
        let odds = if own_only {
            let used = |told: f64| self.workers / told + UNSURE_OF_A_CORE;
            let goes = |told: Option<f64>, phase: Phase| {
                told.map_or(1.0, |told| likeness(used(told) / used(phase.stretch + asleep)))
            };
            let told_waiting = self.waiting.filter(|_| !self.in_turns);
            likeness(wanted.min(1.0)) * goes(told_waiting, waiting) * goes(self.training, training)
        } else if self.waiting.is_some() && self.training.is_some() {
            // Would the waiting be stretched as it is, were the cores shared as they are while it trains?
            let taken = self.taken(by, training);
            let expected = match by {
                StretchedBy::Programs => waiting.threads / taken,
                _ => (waiting.threads + taken) / self.cores,
            };
            likeness(expected.max(1.0) / waiting.stretch)
        } else {
            1.0
        };
        let wants = (self.beside_frac * loaders + threads).min(self.cores);
        let missing_frac = (1.0 - (trainer_cores + self.loader_cores) / wants).clamp(0.0, 1.0);
        Share {
            waiting: cores_waiting,
            training: cores_training,
            waiting_threads: waiting.threads,
            training_threads: training.threads,
            trainer_threads: threads,
            stretch,
            odds,
            seen: if own_only { 1.0 } else { self.seen(waiting, training) },
            missing_frac,
        }
    }

    /// How well that goes with what other programs use: who waits for a core waits for somebody who has it.
    fn seen(&self, waiting: Phase, training: Phase) -> f64 {
        let Some(others_used) = self.others_used else { return 1.0 };
        let left = |phase: Phase, used: f64| phase.certainty() * (self.cores - used).max(0.0);
        let [apart, beside] = self.used;
        let wait_frac = self.demands.wait_frac;
        let taken = wait_frac * left(waiting, apart) + (1.0 - wait_frac) * left(training, beside);
        let unseen = (taken - others_used).max(0.0) / (UNSEEN_FRAC * self.cores);
        (-0.5 * unseen * unseen).exp()
    }

    /// How long a thread waits for its core while the trainer waits and while it trains, where images sleep so long. What is told
    /// by cores of which hardly any is used, as nearly all is sleep, is less sure than what the stages were measured to be.
    fn stretches(&self, asleep: f64, measured: f64) -> [f64; 2] {
        let of = |told: Option<f64>| {
            let told = told?;
            let stretch = (told - asleep).clamp(1.0, MOST_APART * measured);
            let sure = 1.0 / (1.0 + (UNSURE_LOG * told / (UNTOLD_FRAC * stretch)).powi(4));
            Some((stretch / measured).powf(sure) * measured)
        };
        let (waiting, training) = (of(self.waiting), of(self.training));
        [waiting.or(training).unwrap_or(measured), training.or(waiting).unwrap_or(measured)]
    }

    /// What is taken by whom in that phase: the cores that the run has, or the threads that others have.
    fn taken(&self, by: StretchedBy, phase: Phase) -> f64 {
        match by {
            StretchedBy::Programs => (phase.threads / phase.stretch).min(self.cores),
            StretchedBy::Threads => (self.cores * phase.stretch - phase.threads).max(0.0),
            StretchedBy::Nothing => 0.0,
        }
    }

    /// The cores in a phase. Where it may not be stretched at all, the other one tells, as far as this one allows it: the run
    /// has no fewer cores than it uses, and others are no more than there is room for.
    fn cores(&self, by: StretchedBy, phase: Phase, other: Phase) -> Cores {
        let count = self.cores;
        let all = Cores { count, whole: count, others: 0.0 };
        let mix = |frac: f64, a: f64, b: f64| frac * a + (1.0 - frac) * b;
        let (own, told) = (self.taken(by, phase), self.taken(by, other));
        match by {
            StretchedBy::Programs => {
                let told = mix(other.certainty(), told, count).max(own);
                let count = mix(phase.certainty(), own, told).max(LEAST_CORES_FRAC * count);
                Cores { count, whole: count, others: 0.0 }
            }
            StretchedBy::Threads => {
                let told = (other.certainty() * told).min((count - phase.threads).max(0.0));
                Cores { others: mix(phase.certainty(), own, told), ..all }
            }
            StretchedBy::Nothing => all,
        }
    }
}
