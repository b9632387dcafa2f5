//! A loader, its queue and a trainer in simulated time: workers claim some images of the batch begun last, batches are
//! taken in order, no more are begun than may wait. The bench's long cells are run on it, over noise recorded on a real
//! machine; the unit tests of `diagnose` include this file and play weather of their own.

#![allow(dead_code, reason = "the bench and the unit tests each use a part")]

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::Arc;

/// Samples that the loader claims at once, at most; it makes four claims or more of a worker's share.
const MOST_CLAIMED: usize = 8;

/// Random numbers for simulations.
pub struct Dice(Pcg64Mcg);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// In (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
    }

    /// Of mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }
}

/// What else the machine does.
#[derive(Debug, Clone, PartialEq)]
pub enum Weather {
    Idle,
    /// It gets slower, by 30 % in a minute, and a wave of 10 % comes every ten seconds.
    Drift,
    /// A neighbour takes a third of the speed for half a second, once in 1.5 s, at random.
    Neighbour,
    /// Either of two speeds, 20 % apart, for 1.3 s in the mean.
    TwoSpeeds,
    /// As a real machine was: how many times as long as usual the same work took, one after another, each for so many
    /// seconds; again from the start where it ends. The trainer's device is not the machine's.
    Recorded {
        every_secs: f64,
        slowness: Arc<[f32]>,
    },
}

/// How batches are made from one on.
#[derive(Debug, Clone, Copy)]
struct Making {
    version: u64,
    /// Of a worker's time that slows down as the machine does.
    image_secs: f64,
    /// Asleep, whatever the machine does.
    asleep_secs: f64,
}

pub struct Sim {
    pub dice: Dice,
    pub batch_size: usize,
    pub prefetch: usize,
    /// Trainer seconds an image.
    pub train_secs: f64,
    pub now: f64,
    pub weather: Weather,
    /// Seconds by which a recording is shifted.
    pub shift_secs: f64,
    /// Standard deviation of a step's training, of it.
    pub train_noise: f64,
    making: Making,
    /// Batches that are still to begin with it before the next plan.
    left: u32,
    planned: VecDeque<(Making, u32)>,
    versions: u64,
    claim_images: usize,
    /// When each worker is free; none load on the trainer's own thread.
    workers: Vec<f64>,
    /// (version, done) of those not yet taken.
    batches: VecDeque<(u64, f64)>,
    /// When a place in the queue became free, of the batches to begin.
    places: VecDeque<f64>,
    /// The neighbour is there, or the slower of two speeds, until then.
    is_slow: bool,
    changes_at: f64,
}

pub struct SimStep {
    pub version: u64,
    pub step_secs: f64,
    pub wait_secs: f64,
    pub queue_len: usize,
}

impl Sim {
    /// `image_secs` of a worker's time and `train_secs` of the trainer's an image; batches of 32.
    pub fn new(seed: u64, workers: usize, prefetch: usize, image_secs: f64, train_secs: f64) -> Self {
        let batch_size = 32;
        Self {
            dice: Dice::new(seed),
            batch_size,
            prefetch,
            train_secs,
            now: 0.0,
            weather: Weather::Idle,
            shift_secs: 0.0,
            train_noise: 0.03,
            making: Making { version: 0, image_secs, asleep_secs: 0.0 },
            left: 0,
            planned: VecDeque::new(),
            versions: 0,
            claim_images: (batch_size / (4 * workers.max(1))).clamp(1, MOST_CLAIMED),
            workers: vec![0.0; workers],
            batches: VecDeque::new(),
            places: vec![0.0; prefetch + 1].into(),
            is_slow: false,
            changes_at: 0.0,
        }
    }

    /// From the next batch not yet begun on, whatever was planned.
    pub fn set(&mut self, image_secs: f64, asleep_secs: f64, batches: u32) -> u64 {
        self.planned.clear();
        self.versions += 1;
        self.making = Making { version: self.versions, image_secs, asleep_secs };
        self.left = batches;
        self.versions
    }

    /// For so many batches, after those planned before.
    pub fn plan(&mut self, image_secs: f64, asleep_secs: f64, batches: u32) -> u64 {
        self.versions += 1;
        self.planned.push_back((Making { version: self.versions, image_secs, asleep_secs }, batches));
        self.versions
    }

    /// What a batch begun now costs, of both kinds of time.
    pub fn image_secs(&self) -> f64 {
        self.making.image_secs + self.making.asleep_secs
    }

    /// Times as long as usual does everything take now.
    fn slowness(&mut self) -> f64 {
        let (slow_secs, fast_secs, slowness) = match &self.weather {
            Weather::Idle | Weather::Recorded { .. } => return 1.0,
            Weather::Drift => return (0.3 * self.now / 60.0 + 0.1 * (TAU * self.now / 10.0).sin()).exp(),
            Weather::Neighbour => (0.5, 1.0, 1.5),
            Weather::TwoSpeeds => (1.3, 1.3, 1.2),
        };
        while self.changes_at <= self.now {
            self.is_slow = !self.is_slow;
            self.changes_at += self.dice.exponential() * if self.is_slow { slow_secs } else { fast_secs };
        }
        if self.is_slow { slowness } else { 1.0 }
    }

    /// Seconds that so much work takes from that moment on.
    fn worked(&mut self, secs: f64, at: f64) -> f64 {
        let Weather::Recorded { every_secs, slowness } = &self.weather else { return secs * self.slowness() };
        let (mut left, mut now) = (secs, at + self.shift_secs);
        loop {
            let slot = (now / every_secs).floor();
            let factor = slowness.get(slot as usize % slowness.len().max(1)).copied().map_or(1.0, f64::from).max(1e-3);
            let most = ((slot + 1.0) * every_secs - now).max(1e-9);
            if left * factor <= most {
                return now + left * factor - at - self.shift_secs;
            }
            (left, now) = (left - most / factor, now + most);
        }
    }

    /// An image's cost, begun at that moment: a third of its work varies from image to image.
    fn image(&mut self, making: Making, at: f64) -> f64 {
        let work = making.image_secs * (0.67 + 0.33 * self.dice.exponential());
        self.worked(work, at) + making.asleep_secs
    }

    /// When the next batch would begin; none without a place.
    fn begins(&self) -> Option<f64> {
        let free = self.workers.iter().copied().fold(f64::INFINITY, f64::min);
        self.places.front().map(|place| free.max(*place))
    }

    fn next_making(&mut self) -> Making {
        if self.left == 0
            && let Some((making, batches)) = self.planned.pop_front()
        {
            (self.making, self.left) = (making, batches);
        }
        self.left = self.left.saturating_sub(1);
        self.making
    }

    fn begin(&mut self) {
        let Some(begun) = self.begins() else { return };
        let place = self.places.pop_front().unwrap_or(0.0);
        let making = self.next_making();
        let mut done = begun;
        for _ in 0..self.batch_size / self.claim_images {
            let free = self.workers.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((worker, free)) = free else { return };
            let mut now = free.max(place);
            for _ in 0..self.claim_images {
                now += self.image(making, now);
            }
            if let Some(worker) = self.workers.get_mut(worker) {
                *worker = now;
            }
            done = f64::max(done, now);
        }
        self.batches.push_back((making.version, done));
    }

    pub fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
    }

    /// The trainer's next step.
    pub fn step(&mut self) -> SimStep {
        let begun = self.now;
        let noise = 1.0 + self.train_noise * self.dice.normal();
        let train = self.slowness() * self.train_secs * self.batch_size as f64 * noise;
        if self.workers.is_empty() {
            let making = self.next_making();
            let mut wait_secs = 0.0;
            for _ in 0..self.batch_size {
                let secs = self.image(making, self.now);
                (wait_secs, self.now) = (wait_secs + secs, self.now + secs);
            }
            self.now += train;
            return SimStep { version: making.version, step_secs: self.now - begun, wait_secs, queue_len: 0 };
        }
        while self.batches.is_empty() || self.begins().is_some_and(|at| at <= self.now) {
            self.begin();
        }
        let (version, done) = self.batches.pop_front().unwrap_or_default();
        self.now = self.now.max(done);
        let wait_secs = self.now - begun;
        self.places.push_back(self.now);
        let queue_len = self.batches.iter().take_while(|b| b.1 <= self.now).count().min(self.prefetch);
        self.now += train;
        // What began while the step ran, before anything is changed.
        while self.begins().is_some_and(|at| at <= self.now) {
            self.begin();
        }
        SimStep { version, step_secs: self.now - begun, wait_secs, queue_len }
    }
}
