//! What each stage costs, counted by every thread into the same few atomics, once a chunk.

use crate::protocol::StageCost;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One stage's sums since the loader began.
#[derive(Debug, Default)]
pub(super) struct StageCounter {
    images: AtomicU64,
    wall_ns: AtomicU64,
    /// Thread-CPU time is read for one image in a few: so many, and their sum.
    cpu_images: AtomicU64,
    cpu_ns: AtomicU64,
    longest_ns: AtomicU64,
}

/// What one thread has seen of a stage since it last added it up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StageTally {
    pub images: u64,
    pub wall_ns: u64,
    pub cpu_images: u64,
    pub cpu_ns: u64,
    pub longest_ns: u64,
}

impl StageCounter {
    pub(super) fn add(&self, tally: &StageTally) {
        self.images.fetch_add(tally.images, Ordering::Relaxed);
        self.wall_ns.fetch_add(tally.wall_ns, Ordering::Relaxed);
        self.cpu_images.fetch_add(tally.cpu_images, Ordering::Relaxed);
        self.cpu_ns.fetch_add(tally.cpu_ns, Ordering::Relaxed);
        self.longest_ns.fetch_max(tally.longest_ns, Ordering::Relaxed);
    }
}

/// Counters by stage name, in order of first appearance.
#[derive(Debug, Default)]
pub struct LoaderStats {
    stages: Mutex<Vec<(String, Arc<StageCounter>)>>,
}

impl LoaderStats {
    /// The counter of that stage; made when it is new.
    pub(super) fn counter(&self, name: &str) -> Arc<StageCounter> {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter)) = stages.iter().find(|(n, _)| n == name) {
            return Arc::clone(counter);
        }
        let counter = Arc::new(StageCounter::default());
        // Collate is the last stage whatever was switched on later.
        let at = if stages.last().is_some_and(|(n, _)| n == super::sample::COLLATE) { stages.len() - 1 } else { stages.len() };
        stages.insert(at, (name.to_owned(), Arc::clone(&counter)));
        counter
    }

    /// The longest that stage has taken.
    pub(super) fn longest(&self, name: &str) -> Duration {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = stages.iter().find(|(n, _)| n == name).map_or(0, |(_, c)| c.longest_ns.load(Ordering::Relaxed));
        Duration::from_nanos(longest)
    }

    /// The sums as they now are.
    pub fn snapshot(&self) -> StageSnapshot {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |c: &StageCounter| StageTally {
            images: c.images.load(Ordering::Relaxed),
            wall_ns: c.wall_ns.load(Ordering::Relaxed),
            cpu_images: c.cpu_images.load(Ordering::Relaxed),
            cpu_ns: c.cpu_ns.load(Ordering::Relaxed),
            longest_ns: c.longest_ns.load(Ordering::Relaxed),
        };
        StageSnapshot { stages: stages.iter().map(|(name, counter)| (name.clone(), read(counter))).collect() }
    }
}

/// Sums at one moment.
#[derive(Debug, Clone, Default)]
pub struct StageSnapshot {
    stages: Vec<(String, StageTally)>,
}

impl StageSnapshot {
    /// What an image cost by stage since `older`; stages that nothing went through are left out.
    pub fn since(&self, older: &Self) -> Vec<StageCost> {
        let before: HashMap<&str, &StageTally> = older.stages.iter().map(|(n, t)| (n.as_str(), t)).collect();
        let cost = |(name, now): &(String, StageTally)| {
            let zero = StageTally::default();
            let then = before.get(name.as_str()).copied().unwrap_or(&zero);
            let images = now.images - then.images;
            let mean_us = |ns: u64, n: u64| if n == 0 { 0.0 } else { ns as f64 / n as f64 / 1e3 };
            (images > 0).then(|| StageCost {
                name: name.clone(),
                images,
                wall_us: mean_us(now.wall_ns - then.wall_ns, images),
                cpu_us: mean_us(now.cpu_ns - then.cpu_ns, now.cpu_images - then.cpu_images),
            })
        };
        self.stages.iter().filter_map(cost).collect()
    }
}
