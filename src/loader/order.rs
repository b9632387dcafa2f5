//! Which samples make which batch: the epoch's order and the place in it where the stream stands.

use super::{LoaderJob, batches_per_epoch};
use crate::transform::splitmix64;
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// The next batches of the stream, one after another.
#[derive(Debug)]
pub(super) struct Plan {
    indices: Arc<[u32]>,
    /// `indices` in the order of `order_epoch`; unused where nothing is shuffled.
    order: Vec<u32>,
    order_epoch: Option<u64>,
    shuffle: bool,
    seed: u64,
    batch_size: usize,
    per_epoch: u64,
    /// Where the next batch stands.
    epoch: u64,
    batch: u64,
    /// The first epoch after the stream.
    end_epoch: u64,
}

/// One batch: `Plan::samples(start, len)` are its samples until the next batch is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Planned {
    pub epoch: u64,
    pub index: u64,
    pub start: usize,
    pub len: usize,
}

impl Plan {
    pub fn new(job: &LoaderJob) -> Self {
        let batch_size = job.config.batch_size.max(1);
        let per_epoch = batches_per_epoch(job.indices.len(), batch_size, job.config.drop_last);
        let mut plan = Self {
            indices: Arc::clone(&job.indices),
            order: Vec::new(),
            order_epoch: None,
            shuffle: job.shuffle,
            seed: job.seed,
            batch_size,
            per_epoch,
            epoch: job.first_epoch,
            batch: job.first_batch,
            end_epoch: job.first_epoch.saturating_add(job.epochs),
        };
        if plan.batch >= per_epoch {
            (plan.epoch, plan.batch) = (plan.epoch.saturating_add(1), 0);
        }
        plan
    }

    pub fn per_epoch(&self) -> u64 {
        self.per_epoch
    }

    pub fn at_end(&self) -> bool {
        self.epoch >= self.end_epoch || self.per_epoch == 0
    }

    /// Moves on by one batch. The first of an epoch makes the epoch's order: some milliseconds for a million images.
    pub fn next(&mut self) -> Option<Planned> {
        if self.at_end() {
            return None;
        }
        if self.shuffle && self.order_epoch != Some(self.epoch) {
            self.order.clear();
            self.order.extend_from_slice(&self.indices);
            shuffle(&mut self.order, self.seed, self.epoch);
            self.order_epoch = Some(self.epoch);
        }
        let start = usize::try_from(self.batch).unwrap_or(usize::MAX).saturating_mul(self.batch_size);
        let len = self.batch_size.min(self.indices.len().saturating_sub(start));
        let planned = Planned { epoch: self.epoch, index: self.batch, start, len };
        self.batch += 1;
        if self.batch >= self.per_epoch {
            (self.epoch, self.batch) = (self.epoch + 1, 0);
        }
        Some(planned)
    }

    /// Samples of the batch that [`Self::next`] gave last.
    pub fn samples(&self, start: usize, len: usize) -> &[u32] {
        let order = if self.shuffle { self.order.as_slice() } else { &self.indices };
        order.get(start..start + len).unwrap_or(&[])
    }
}

/// Fisher and Yates, drawn from hash(seed, epoch). Written out, as a library's may change from version to version and
/// a resumed run must see the same order.
fn shuffle(order: &mut [u32], seed: u64, epoch: u64) {
    let high = splitmix64(seed ^ 0x6f72_6465_7200_0001);
    let low = splitmix64(high ^ epoch);
    let mut rng = Pcg64Mcg::new((u128::from(splitmix64(low)) << 64) | u128::from(low));
    for i in (1..order.len()).rev() {
        let j = (u128::from(rng.next_u64()) * (i as u128 + 1)) >> 64;
        order.swap(i, j as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epochs_order_is_a_fixed_permutation() {
        let order = |seed, epoch| {
            let mut order: Vec<u32> = (0..1000).collect();
            shuffle(&mut order, seed, epoch);
            order
        };
        let first = order(7, 1);
        assert_eq!(first, order(7, 1));
        assert_ne!(first, order(7, 2));
        assert_ne!(first, order(8, 1));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        // Fixed for ever: a run resumed by a later version must go on with the same batches.
        let mut small: Vec<u32> = (0..8).collect();
        shuffle(&mut small, 0, 1);
        assert_eq!(small, [0, 6, 5, 3, 2, 1, 4, 7]);
    }

    /// Every image comes to every place about equally often: chi² over 6 x 6 cells of 6000 shuffles.
    #[test]
    fn every_place_is_equally_likely() {
        let mut counts = [[0u32; 6]; 6];
        for epoch in 1..=6000 {
            let mut order: Vec<u32> = (0..6).collect();
            shuffle(&mut order, 3, epoch);
            for (place, image) in order.iter().enumerate() {
                counts[place][*image as usize] += 1;
            }
        }
        let chi2: f64 = counts.iter().flatten().map(|c| (f64::from(*c) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 52.6, "chi² of 25 degrees: {chi2}"); // p = 0.001
    }
}
