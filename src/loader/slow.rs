//! The slowest that was met: files by the size of their picture, draws by transform. A few of each are kept.

use super::lock::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Kept of each class.
const KEPT: usize = 3;
/// Pictures of a class have up to four times the pixels of the class before; the first ends at 64 x 64.
const CLASSES: usize = 10;
const FIRST_CLASS_BITS: u32 = 12;

/// What of a dataset was slow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slow {
    /// Index in the dataset.
    pub sample: u32,
    /// Of the draw, 1-based.
    pub epoch: u64,
    pub wall_ns: u64,
}

/// The slowest of some classes.
#[derive(Debug, Default)]
struct Class {
    /// What is quicker than this is not among the slowest; read without the lock.
    floor_ns: AtomicU64,
    slowest: Mutex<Vec<Slow>>,
}

impl Class {
    fn add(&self, slow: Slow) {
        if slow.wall_ns <= self.floor_ns.load(Relaxed) {
            return;
        }
        let mut slowest = lock(&self.slowest);
        match slowest.iter_mut().find(|known| known.sample == slow.sample) {
            // The same file in a later epoch: the longest counts.
            Some(known) if known.wall_ns >= slow.wall_ns => return,
            Some(known) => *known = slow,
            None => slowest.push(slow),
        }
        keep_slowest(&mut slowest);
        if slowest.len() == KEPT {
            self.floor_ns.store(slowest.last().map_or(0, |last| last.wall_ns), Relaxed);
        }
    }
}

/// The slowest first, and no more of them than are kept.
pub(super) fn keep_slowest(slow: &mut Vec<Slow>) {
    slow.sort_by_key(|known| std::cmp::Reverse(known.wall_ns));
    slow.truncate(KEPT);
}

/// The slowest decodes, by size.
#[derive(Debug, Default)]
pub(super) struct SlowFiles {
    classes: [Class; CLASSES],
}

impl SlowFiles {
    pub fn add(&self, pixels: usize, slow: Slow) {
        if let Some(class) = self.classes.get(class_of(pixels)) {
            class.add(slow);
        }
    }

    /// The largest side of a square picture of the class, and the slowest of it; classes without any are left out.
    pub fn list(&self) -> Vec<(u32, Vec<Slow>)> {
        let listed = self.classes.iter().enumerate().map(|(class, kept)| (side_of(class), lock(&kept.slowest).clone()));
        listed.filter(|(_, slow)| !slow.is_empty()).collect()
    }
}

fn class_of(pixels: usize) -> usize {
    let bits = usize::BITS - pixels.saturating_sub(1).leading_zeros();
    (bits.saturating_sub(FIRST_CLASS_BITS).div_ceil(2) as usize).min(CLASSES - 1)
}

fn side_of(class: usize) -> u32 {
    64 << class
}

/// The slowest of each stage of one chain.
#[derive(Debug)]
pub(super) struct SlowDraws {
    stages: Box<[Class]>,
}

impl SlowDraws {
    pub fn new(stages: usize) -> Self {
        Self { stages: (0..stages).map(|_| Class::default()).collect() }
    }

    pub fn add(&self, stage: usize, slow: Slow) {
        if let Some(class) = self.stages.get(stage) {
            class.add(slow);
        }
    }

    pub fn list(&self) -> Vec<Vec<Slow>> {
        self.stages.iter().map(|class| lock(&class.slowest).clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_classed_by_four_times_their_pixels() {
        let side = |pixels: usize| side_of(class_of(pixels));
        assert_eq!([1, 64 * 64, 64 * 64 + 1, 128 * 128, 500 * 375, 1 << 40].map(side), [64, 64, 128, 128, 512, 32_768]);
    }

    #[test]
    fn the_slowest_of_each_class_are_kept_and_a_file_once() {
        let files = SlowFiles::default();
        let slow = |sample: u32, wall_ns: u64| Slow { sample, epoch: 1, wall_ns };
        for (sample, wall_ns) in [(1, 10), (2, 50), (3, 30), (4, 40), (2, 20), (2, 60), (5, 5)] {
            files.add(100, slow(sample, wall_ns));
        }
        files.add(1 << 20, slow(9, 1));
        let list = files.list();
        let kept = |class: usize| list[class].1.iter().map(|s| (s.sample, s.wall_ns)).collect::<Vec<_>>();
        assert_eq!((list[0].0, kept(0)), (64, vec![(2, 60), (4, 40), (3, 30)]));
        assert_eq!((list[1].0, kept(1)), (1024, vec![(9, 1)]));
        files.add(100, slow(7, 30));
        assert_eq!(files.list(), list, "what is no slower than the last changes nothing");
    }
}
