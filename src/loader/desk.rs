//! Where a loading thread says what it is doing, and since when.

use super::lock::lock;
use crate::protocol::Stage;
use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex};

const NO_SAMPLE: u32 = u32::MAX;

/// Where a thread says what it is doing: stores only, no lock while it loads.
#[derive(Debug)]
pub(super) struct Desk {
    sample: AtomicU32,
    /// Of the sample in the thread's claim.
    place: AtomicUsize,
    epoch: AtomicU64,
    stage: AtomicUsize,
    since_ns: AtomicU64,
    stages: Mutex<Option<Arc<[Stage]>>>,
    /// Another thread has taken its place: what it does counts for nothing any more.
    left_behind: AtomicBool,
}

/// The sample that a thread begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub sample: u32,
    pub place: usize,
    pub epoch: u64,
}

/// Sample, stage and since when, in nanoseconds of the loader's clock.
pub(super) struct Doing {
    pub turn: Turn,
    pub stage: Stage,
    pub since_ns: u64,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            sample: AtomicU32::new(NO_SAMPLE),
            place: AtomicUsize::new(0),
            epoch: AtomicU64::new(0),
            stage: AtomicUsize::new(0),
            since_ns: AtomicU64::new(0),
            stages: Mutex::new(None),
            left_behind: AtomicBool::new(false),
        }
    }

    pub fn set_stages(&self, stages: Arc<[Stage]>) {
        *lock(&self.stages) = Some(stages);
    }

    pub fn begin(&self, turn: Turn, now_ns: u64) {
        self.stage.store(0, Relaxed);
        self.since_ns.store(now_ns, Relaxed);
        self.place.store(turn.place, Relaxed);
        self.epoch.store(turn.epoch, Relaxed);
        self.sample.store(turn.sample, Release);
    }

    pub fn leave_behind(&self) {
        self.left_behind.store(true, Release);
    }

    pub fn is_left_behind(&self) -> bool {
        self.left_behind.load(Acquire)
    }

    pub fn enter(&self, stage: usize, now_ns: u64) {
        self.stage.store(stage, Relaxed);
        self.since_ns.store(now_ns, Release);
    }

    pub fn leave(&self) {
        self.sample.store(NO_SAMPLE, Release);
    }

    /// Which of its stages the thread is in, or was in last.
    pub fn place(&self) -> usize {
        self.stage.load(Relaxed)
    }

    /// The same as a stage; before the first image the one that each begins with.
    pub fn stage(&self) -> Stage {
        let place = self.place();
        lock(&self.stages).as_ref().and_then(|stages| stages.get(place).cloned()).unwrap_or(Stage::Read)
    }

    /// `None` while it waits for work. A thread that moves on in between is read again; one that always does is no
    /// concern of a watchdog.
    pub fn doing(&self) -> Option<Doing> {
        for _ in 0..4 {
            let turn = || Turn {
                sample: self.sample.load(Acquire),
                place: self.place.load(Acquire),
                epoch: self.epoch.load(Acquire),
            };
            let (now, since_ns) = (turn(), self.since_ns.load(Acquire));
            if now.sample == NO_SAMPLE {
                return None;
            }
            let stage = self.stage();
            if (turn(), self.since_ns.load(Acquire)) == (now, since_ns) {
                return Some(Doing { turn: now, stage, since_ns });
            }
        }
        None
    }
}
