//! Samples that are left out without their files being touched: by the configuration (`data.quarantine`), or since somebody
//! said so while training ran.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

/// What a run's loaders leave out, one for all of them; a sample that is added counts from its next turn on.
#[derive(Debug, Default)]
pub struct Quarantine {
    /// Looked at for each sample, so that an empty quarantine costs no lock.
    some: AtomicBool,
    samples: RwLock<BTreeSet<u32>>,
}

impl Quarantine {
    /// Holds these samples, by index in the dataset.
    pub fn new(samples: impl IntoIterator<Item = u32>) -> Arc<Self> {
        let samples: BTreeSet<u32> = samples.into_iter().collect();
        Arc::new(Self { some: AtomicBool::new(!samples.is_empty()), samples: RwLock::new(samples) })
    }

    /// Puts a sample in; false where it was in before.
    pub fn add(&self, sample: u32) -> bool {
        let new = self.samples.write().unwrap_or_else(PoisonError::into_inner).insert(sample);
        self.some.store(true, Relaxed);
        new
    }

    pub fn holds(&self, sample: u32) -> bool {
        self.some.load(Relaxed) && self.samples.read().unwrap_or_else(PoisonError::into_inner).contains(&sample)
    }
}
