//! What each loading thread is doing and since when, for those who wait for it.

use super::shared::{Shared, lock};
use std::path::PathBuf;
use std::sync::atomic::{
    AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// No stage is called stalled before this.
const STALLED_AFTER: Duration = Duration::from_secs(5);
/// ... nor before so many times the longest it ever took.
const STALLED_FACTOR: u64 = 20;

const NO_SAMPLE: u32 = u32::MAX;

/// Where a thread says what it is doing: stores only, no lock while it loads.
#[derive(Debug)]
pub(super) struct Desk {
    sample: AtomicU32,
    stage: AtomicUsize,
    since_ns: AtomicU64,
    stages: Mutex<Option<Arc<[String]>>>,
}

/// Sample, stage and since when, in nanoseconds of the loader's clock.
pub(super) struct Doing {
    pub sample: u32,
    pub stage: String,
    pub since_ns: u64,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            sample: AtomicU32::new(NO_SAMPLE),
            stage: AtomicUsize::new(0),
            since_ns: AtomicU64::new(0),
            stages: Mutex::new(None),
        }
    }

    pub fn set_stages(&self, names: Arc<[String]>) {
        *lock(&self.stages) = Some(names);
    }

    pub fn begin(&self, sample: u32, stage: usize, now_ns: u64) {
        self.stage.store(stage, Relaxed);
        self.since_ns.store(now_ns, Relaxed);
        self.sample.store(sample, Release);
    }

    pub fn enter(&self, stage: usize, now_ns: u64) {
        self.stage.store(stage, Relaxed);
        self.since_ns.store(now_ns, Release);
    }

    pub fn leave(&self) {
        self.sample.store(NO_SAMPLE, Release);
    }

    /// The stage that the thread is in, or was in last.
    pub fn stage(&self) -> usize {
        self.stage.load(Relaxed)
    }

    pub fn stage_name(&self) -> String {
        let stage = self.stage();
        lock(&self.stages).as_ref().and_then(|names| names.get(stage).cloned()).unwrap_or_default()
    }

    /// `None` while it waits for work. A thread that moves on in between is read again; one that always does is no
    /// concern of a watchdog.
    pub fn doing(&self) -> Option<Doing> {
        for _ in 0..4 {
            let (sample, since_ns) = (self.sample.load(Acquire), self.since_ns.load(Acquire));
            if sample == NO_SAMPLE {
                return None;
            }
            let stage = self.stage_name();
            if (self.sample.load(Acquire), self.since_ns.load(Acquire)) == (sample, since_ns) {
                return Some(Doing { sample, stage, since_ns });
            }
        }
        None
    }
}

/// A loading thread at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerState {
    /// The `i` of `loader-{i}`; 0 for the caller's own thread.
    pub worker: usize,
    /// It is the thread that calls [`super::Loader::next`], which loads where there are no workers.
    pub on_caller: bool,
    /// What it works on; `None` while it waits.
    pub busy: Option<Busy>,
}

/// The sample that a thread works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    /// `read`, `decode`, a transform's name or `collate`.
    pub stage: String,
    /// How long it has been in that stage.
    pub elapsed: Duration,
}

/// A thread that has been in one stage for far longer than that stage ever took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stalled {
    /// As in [`WorkerState`].
    pub worker: usize,
    pub on_caller: bool,
    pub sample: u32,
    pub path: PathBuf,
    pub stage: String,
    pub elapsed: Duration,
    /// The longest that stage took before.
    pub slowest: Duration,
}

/// Watches a loader's threads from any thread; with 0 workers, the thread that loads can't watch itself.
#[derive(Debug, Clone)]
pub struct Watch {
    pub(super) shared: Arc<Shared>,
}

impl Watch {
    /// What each thread is doing.
    pub fn workers_state(&self) -> Vec<WorkerState> {
        let now_ns = self.shared.base.elapsed().as_nanos() as u64;
        let state = |(worker, on_caller, desk): (usize, bool, Arc<Desk>)| WorkerState {
            worker,
            on_caller,
            busy: desk.doing().map(|doing| Busy {
                sample: doing.sample,
                path: self.shared.dataset.path_of(doing.sample as usize),
                stage: doing.stage,
                elapsed: Duration::from_nanos(now_ns.saturating_sub(doing.since_ns)),
            }),
        };
        self.shared.desks().into_iter().map(state).collect()
    }

    /// Threads that have been in one stage for over 5 s and over 20 times the longest it ever took; the worst first.
    pub fn stalled(&self) -> Vec<Stalled> {
        self.stalled_after(STALLED_AFTER)
    }

    pub(super) fn stalled_after(&self, after: Duration) -> Vec<Stalled> {
        let mut stalled: Vec<Stalled> = Vec::new();
        for WorkerState { worker, on_caller, busy } in self.workers_state() {
            let Some(Busy { sample, path, stage, elapsed }) = busy.filter(|busy| busy.elapsed > after) else {
                continue;
            };
            let slowest_ns = self.shared.stats.slowest_ns(&stage);
            let slowest = Duration::from_nanos(slowest_ns);
            if elapsed > Duration::from_nanos(slowest_ns.saturating_mul(STALLED_FACTOR)) {
                stalled.push(Stalled { worker, on_caller, sample, path, stage, elapsed, slowest });
            }
        }
        stalled.sort_by_key(|s| std::cmp::Reverse(s.elapsed));
        stalled
    }
}
