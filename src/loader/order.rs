//! Which image comes when: a function of the seed and the epoch alone.

use super::LoaderJob;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::ops::Range;
use std::sync::Arc;

/// Batches of one epoch; a last one that is not full counts unless it is dropped.
pub fn batches_per_epoch(images: usize, batch_size: usize, drop_last: bool) -> u64 {
    let batch_size = batch_size.max(1);
    (if drop_last { images / batch_size } else { images.div_ceil(batch_size) }) as u64
}

/// The order of an epoch: Fisher and Yates from hash(seed, epoch).
fn epoch_order(indices: &[u32], seed: u64, epoch: u64) -> Vec<u32> {
    let mut order = indices.to_vec();
    let mut rng = Pcg64Mcg::seed_from_u64(mix(seed ^ mix(epoch)));
    for last in (1..order.len()).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
    order
}

/// The finaliser of splitmix64: near seeds give unlike streams.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Which images make a batch.
#[derive(Debug, Clone)]
pub(super) struct BatchPlan {
    pub epoch: u64,
    pub index: u64,
    pub order: Arc<[u32]>,
    pub range: Range<usize>,
}

/// Walks the batches of every epoch in order.
#[derive(Debug)]
pub(super) struct Plan {
    epoch: u64,
    index: u64,
    last_epoch: u64,
    batches: u64,
    order: Option<Arc<[u32]>>,
}

impl Plan {
    pub(super) fn new(job: &LoaderJob) -> Self {
        let batches = batches_per_epoch(job.indices.len(), job.config.batch_size, job.config.drop_last);
        let mut plan = Self {
            epoch: job.first_epoch,
            index: job.first_batch,
            last_epoch: (job.first_epoch + job.epochs).saturating_sub(1),
            batches,
            order: None,
        };
        if plan.index >= batches {
            plan.next_epoch();
        }
        plan
    }

    pub(super) fn batches(&self) -> u64 {
        self.batches
    }

    pub(super) fn ended(&self) -> bool {
        self.batches == 0 || self.epoch > self.last_epoch
    }

    fn next_epoch(&mut self) {
        self.epoch += 1;
        self.index = 0;
        self.order = None;
    }

    pub(super) fn next(&mut self, job: &LoaderJob) -> Option<BatchPlan> {
        if self.ended() {
            return None;
        }
        let epoch = self.epoch;
        let order = self.order.get_or_insert_with(|| match job.shuffle {
            true => epoch_order(&job.indices, job.seed, epoch).into(),
            false => Arc::clone(&job.indices),
        });
        let start = self.index as usize * job.config.batch_size;
        let end = (start + job.config.batch_size).min(order.len());
        let plan = BatchPlan { epoch, index: self.index, order: Arc::clone(order), range: start..end };
        self.index += 1;
        if self.index >= self.batches {
            self.next_epoch();
        }
        Some(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_permutation_and_differs_by_seed_and_epoch() {
        let indices: Vec<u32> = (0..1000).collect();
        let order = epoch_order(&indices, 7, 1);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, indices);
        assert_eq!(order, epoch_order(&indices, 7, 1));
        assert_ne!(order, epoch_order(&indices, 7, 2));
        assert_ne!(order, epoch_order(&indices, 8, 1));
    }

    #[test]
    fn batches_are_counted() {
        assert_eq!(batches_per_epoch(10, 4, false), 3);
        assert_eq!(batches_per_epoch(10, 4, true), 2);
        assert_eq!(batches_per_epoch(0, 4, false), 0);
        assert_eq!(batches_per_epoch(3, 4, true), 0);
    }
}
