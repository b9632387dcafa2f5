//! A loader, its queue and a trainer in simulated time, to hold laws and bisect against: workers claim some images of the
//! batch begun last, batches are taken in order, no more are begun than may wait.

use super::tests_paired::Dice;
use std::collections::VecDeque;
use std::f64::consts::TAU;

const CLAIM_IMAGES: usize = 4;

/// What else the machine does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Weather {
    Idle,
    /// It gets slower, by 30 % in a minute, and a wave of 10 % comes every ten seconds.
    Drift,
    /// A neighbour takes a third of the speed for half a second, once in 1.5 s, at random.
    Neighbour,
    /// Either of two speeds, 20 % apart, for 1.3 s in the mean.
    TwoSpeeds,
}

pub(super) struct Sim {
    pub dice: Dice,
    pub batch_size: usize,
    pub prefetch: usize,
    /// Loader seconds an image; of batches begun from now on.
    pub image_secs: f64,
    /// Trainer seconds an image.
    pub train_secs: f64,
    /// Of batches begun from now on.
    pub version: u64,
    /// When each worker is free; none load on the trainer's own thread.
    workers: Vec<f64>,
    /// (version, begun, done) of those not yet taken.
    batches: VecDeque<(u64, f64, f64)>,
    /// When a place in the queue became free, of the batches to begin.
    places: VecDeque<f64>,
    pub now: f64,
    pub weather: Weather,
    /// The neighbour is there, or the slower of two speeds, until then.
    is_slow: bool,
    changes_at: f64,
}

pub(super) struct SimStep {
    pub version: u64,
    pub step_secs: f64,
    pub wait_secs: f64,
    pub queue_len: usize,
}

impl Sim {
    pub fn new(seed: u64, workers: usize, prefetch: usize, image_secs: f64, train_secs: f64) -> Self {
        Self {
            dice: Dice::new(seed),
            batch_size: 32,
            prefetch,
            image_secs,
            train_secs,
            version: 0,
            workers: vec![0.0; workers],
            batches: VecDeque::new(),
            places: vec![0.0; prefetch + 1].into(),
            now: 0.0,
            weather: Weather::Idle,
            is_slow: false,
            changes_at: 0.0,
        }
    }

    /// Times as long as on an idle machine does everything take now.
    fn slowness(&mut self) -> f64 {
        let (slow_secs, fast_secs, slowness) = match self.weather {
            Weather::Idle => return 1.0,
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

    /// An image's cost: a third of it varies from image to image.
    fn image(&mut self) -> f64 {
        let slowness = self.slowness();
        slowness * self.image_secs * (0.67 + 0.33 * self.dice.exponential())
    }

    /// When the next batch would begin; none without a place.
    fn begins(&self) -> Option<f64> {
        let free = self.workers.iter().copied().fold(f64::INFINITY, f64::min);
        self.places.front().map(|place| free.max(*place))
    }

    fn begin(&mut self) {
        let Some(begun) = self.begins() else { return };
        let place = self.places.pop_front().unwrap_or(0.0);
        let mut done = begun;
        for _ in 0..self.batch_size / CLAIM_IMAGES {
            let secs: f64 = (0..CLAIM_IMAGES).map(|_| self.image()).sum();
            let worker = self.workers.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
            *worker = worker.max(place) + secs;
            done = f64::max(done, *worker);
        }
        self.batches.push_back((self.version, begun, done));
    }

    pub fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
    }

    /// The trainer's next step.
    pub fn step(&mut self) -> SimStep {
        let begun = self.now;
        let train = self.slowness() * self.train_secs * self.batch_size as f64 * (1.0 + 0.03 * self.dice.normal());
        if self.workers.is_empty() {
            let wait_secs: f64 = (0..self.batch_size).map(|_| self.image()).sum();
            self.now += wait_secs + train;
            return SimStep { version: self.version, step_secs: self.now - begun, wait_secs, queue_len: 0 };
        }
        while self.batches.is_empty() || self.begins().is_some_and(|at| at <= self.now) {
            self.begin();
        }
        let (version, _, done) = self.batches.pop_front().unwrap();
        self.now = self.now.max(done);
        let wait_secs = self.now - begun;
        self.places.push_back(self.now);
        let queue_len = self.batches.iter().take_while(|b| b.2 <= self.now).count().min(self.prefetch);
        self.now += train;
        // What began while the step ran, before anything is changed.
        while self.begins().is_some_and(|at| at <= self.now) {
            self.begin();
        }
        SimStep { version, step_secs: self.now - begun, wait_secs, queue_len }
    }
}

#[test]
fn the_simulated_loader_keeps_to_the_laws_where_they_are_certain() {
    let rate = |workers, image_secs, train_secs| {
        let mut sim = Sim::new(1, workers, 2, image_secs, train_secs);
        sim.run(500);
        500.0 * 32.0 / sim.now
    };
    let near = |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 0.03, "{value} {expected}");
    near(rate(0, 0.002, 0.003), 200.0);
    near(rate(1, 0.004, 0.001), 250.0);
    near(rate(3, 0.006, 0.001), 500.0);
    near(rate(2, 0.001, 0.004), 250.0);
}
