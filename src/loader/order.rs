//! Which samples make which batch: the epoch's order and the place in it where the stream stands.

use super::{EpochOrder, LoaderJob, batches_per_epoch};
use crate::transform::splitmix64;
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// The next batches of the stream, one after another.
#[derive(Debug)]
pub(super) struct Plan {
    indices: Arc<[u32]>,
    /// Images in the order of `order_epoch`; unused where they come as listed.
    order: Vec<u32>,
    order_epoch: Option<u64>,
    drawn: Drawn,
    seed: u64,
    batch_size: usize,
    per_epoch: u64,
    /// Where the next batch stands.
    epoch: u64,
    batch: u64,
    /// The first epoch after the stream.
    end_epoch: u64,
}

/// How an epoch's order is made.
#[derive(Debug)]
enum Drawn {
    AsListed,
    Shuffled,
    /// From these images by class, none of which is empty.
    Balanced(Vec<Vec<u32>>),
}

impl Drawn {
    fn of(job: &LoaderJob) -> Self {
        match job.order {
            EpochOrder::Listed => Self::AsListed,
            EpochOrder::Shuffled => Self::Shuffled,
            EpochOrder::Balanced => {
                let mut by_class = vec![Vec::new(); job.dataset.class_names.len()];
                job.indices.iter().for_each(|image| by_class[job.dataset.class_of(*image as usize)].push(*image));
                by_class.retain(|class| !class.is_empty());
                Self::Balanced(by_class)
            }
        }
    }
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
            drawn: Drawn::of(job),
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
        if self.order_epoch != Some(self.epoch) {
            self.order.clear();
            match &self.drawn {
                Drawn::AsListed => {}
                Drawn::Shuffled => {
                    self.order.extend_from_slice(&self.indices);
                    shuffle(&mut self.order, self.seed, self.epoch);
                }
                Drawn::Balanced(by_class) => {
                    draw_balanced(&mut self.order, by_class, self.indices.len(), self.seed, self.epoch);
                }
            }
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
        let order = if matches!(self.drawn, Drawn::AsListed) { &self.indices } else { self.order.as_slice() };
        order.get(start..start + len).unwrap_or(&[])
    }
}

/// Fisher and Yates, drawn from hash(seed, epoch). Written out, as a library's may change from version to version and
/// a resumed run must see the same order.
fn shuffle(order: &mut [u32], seed: u64, epoch: u64) {
    let mut below = draws(seed, epoch, 0x6f72_6465_7200_0001);
    for i in (1..order.len()).rev() {
        order.swap(i, below(i + 1));
    }
}

/// Draws `count` images, each of a class that is drawn first. Fixed for ever, as [`shuffle`] is.
fn draw_balanced(order: &mut Vec<u32>, by_class: &[Vec<u32>], count: usize, seed: u64, epoch: u64) {
    let mut below = draws(seed, epoch, 0x6261_6c61_6e63_6564);
    if !by_class.is_empty() {
        order.extend((0..count).map(|_| {
            let class = &by_class[below(by_class.len())];
            class[below(class.len())]
        }));
    }
}

/// Draws whole numbers below a bound.
fn draws(seed: u64, epoch: u64, what: u64) -> impl FnMut(usize) -> usize {
    let high = splitmix64(seed ^ what);
    let low = splitmix64(high ^ epoch);
    let mut rng = Pcg64Mcg::new((u128::from(splitmix64(low)) << 64) | u128::from(low));
    move |bound| ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
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

    /// A class of one image and one of 99: each half of an epoch, the 99 equally often (chi² of 98 degrees, p = 0.001).
    #[test]
    fn balanced_classes_come_equally_often() {
        let by_class = [vec![7], (100..199).collect::<Vec<u32>>()];
        let draw = |seed, epoch| {
            let mut order = Vec::new();
            draw_balanced(&mut order, &by_class, 10_000, seed, epoch);
            order
        };
        let order = draw(7, 1);
        assert_eq!((order.len(), &order), (10_000, &draw(7, 1)));
        assert_ne!(order, draw(7, 2));
        let count = |image| order.iter().filter(|drawn| **drawn == image).count() as f64;
        assert!((count(7) - 5000.0).abs() < 165.0, "{}", count(7)); // 3.3 standard deviations
        let expected = (10_000.0 - count(7)) / 99.0;
        let chi2: f64 = (100..199).map(|image| (count(image) - expected).powi(2) / expected).sum();
        assert!(chi2 < 147.0, "{chi2}");
        let mut small = Vec::new();
        draw_balanced(&mut small, &[vec![1], vec![2, 3]], 8, 0, 1);
        assert_eq!(small, [3, 3, 1, 1, 3, 3, 1, 2]);
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
