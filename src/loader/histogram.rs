//! How long images took in a stage, counted in buckets that grow by an eighth to a quarter: what 99.9 % of them stay under.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// All that takes less than 2^10 ns is in one bucket.
const FIRST_BIT: u32 = 10;
/// Buckets to a doubling: 4.
const SUB_BITS: u32 = 2;
/// Up to 2^42 ns (73 min); what takes longer is in the last.
const BUCKETS: usize = 1 + ((42 - FIRST_BIT as usize) << SUB_BITS);
/// A share of one in a thousand needs so many images to be seen.
const FEWEST: u64 = 1000;

/// Counts of one thread, which alone writes; anyone reads.
#[derive(Debug)]
pub(super) struct Histogram([AtomicU64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Histogram {
    pub fn count(&self, ns: u64) {
        if let Some(count) = self.0.get(bucket(ns)) {
            count.store(count.load(Relaxed) + 1, Relaxed);
        }
    }
}

/// Sums of many threads' counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spread([u64; BUCKETS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Spread {
    pub fn take_in(&mut self, histogram: &Histogram) {
        self.0.iter_mut().zip(&histogram.0).for_each(|(sum, count)| *sum += count.load(Relaxed));
    }

    pub fn usual(&self, slowest_ns: u64) -> Usual {
        let images: u64 = self.0.iter().sum();
        let mut seen = 0;
        let at = self.0.iter().position(|count| {
            seen += count;
            // At least 999 of 1000.
            (images - seen).saturating_mul(FEWEST) <= images
        });
        let p999 = at.filter(|_| images >= FEWEST).map(|at| Duration::from_nanos(upper_ns(at).min(slowest_ns)));
        Usual { images, p999, slowest: (images > 0).then(|| Duration::from_nanos(slowest_ns)) }
    }
}

fn bucket(ns: u64) -> usize {
    let bit = ns.max(1).ilog2();
    if bit < FIRST_BIT {
        return 0;
    }
    let sub = (ns >> (bit - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    (1 + ((((bit - FIRST_BIT) as usize) << SUB_BITS) | sub as usize)).min(BUCKETS - 1)
}

/// What everything in that bucket is below; for the last, which is open, the largest there is.
fn upper_ns(bucket: usize) -> u64 {
    let Some(place) = bucket.checked_sub(1) else { return 1 << FIRST_BIT };
    if bucket == BUCKETS - 1 {
        return u64::MAX;
    }
    let (bit, sub) = (FIRST_BIT as usize + (place >> SUB_BITS), place & ((1 << SUB_BITS) - 1));
    ((1 << SUB_BITS) + sub as u64 + 1) << (bit - SUB_BITS as usize)
}

/// What a stage takes as a rule, over all threads since the loader began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usual {
    /// Images that the stage worked on; those that a random step passed by are not among them.
    pub images: u64,
    /// 99.9 % of them took less, or as long; at most a quarter too high. `None` below 1000 images.
    pub p999: Option<Duration>,
    /// The longest that one took; `None` before the first.
    pub slowest: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        let mut last = 0;
        for bucket_number in 0..BUCKETS - 1 {
            let upper = upper_ns(bucket_number);
            assert!(upper > last, "{bucket_number}");
            assert_eq!(
                (bucket(last), bucket(upper - 1), bucket(upper)),
                (bucket_number, bucket_number, bucket_number + 1)
            );
            assert!(bucket_number == 0 || (upper - last) * 4 <= last, "{bucket_number} is too wide");
            last = upper;
        }
        assert_eq!((bucket(0), bucket(u64::MAX)), (0, BUCKETS - 1));
    }

    #[test]
    fn the_share_of_a_thousandth_is_found() {
        #[track_caller]
        fn check(fast: u64, slow: u64, p999_us: Option<std::ops::RangeInclusive<u128>>) {
            let histogram = Histogram::default();
            (0..fast).for_each(|i| histogram.count(20_000 + i % 1000));
            (0..slow).for_each(|_| histogram.count(3_000_000_000));
            let mut spread = Spread::default();
            spread.take_in(&histogram);
            let usual = spread.usual(3_000_000_000);
            assert_eq!((usual.images, usual.slowest), (fast + slow, Some(Duration::from_secs(3))));
            match p999_us {
                None => assert_eq!(usual.p999, None),
                Some(range) => assert!(range.contains(&usual.p999.unwrap().as_micros()), "{usual:?}"),
            }
        }
        check(998, 1, None);
        check(999, 1, Some(20..=26));
        check(9990, 10, Some(20..=26));
        check(9989, 11, Some(3_000_000..=3_000_000));
        check(0, 2000, Some(3_000_000..=3_000_000));
        assert_eq!(Spread::default().usual(0), Usual::default());
    }
}
