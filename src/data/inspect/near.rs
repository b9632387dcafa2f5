//! Pairs of images whose perceptual hashes are close and whose thumbnails correlate.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet 2012): hashes that differ in at most r of 64 bits differ in few bits
//! of at least one of four 16-bit bands, so only images that share such a band are compared. Images that are all alike
//! would still make that quadratic; each image has a budget of comparisons, and what the budget cut short is counted.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::Record;
use super::workers::run_on_all;

const BANDS: usize = 4;
const BAND_BITS: u32 = 16;
const KEYS: usize = 1 << BAND_BITS;
/// Comparisons of the whole search, shared evenly over the images.
const COMPARISONS: u64 = 4_000_000_000;
const MIN_COMPARISONS_AN_IMAGE: u64 = 20_000;
const MAX_COMPARISONS_AN_IMAGE: u64 = 2_000_000;
/// Images taken at a time by a thread.
const CHUNK: usize = 64;

/// Two images of a dataset, by index, the lower first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) bits: u32,
    pub(super) correlation: f64,
}

impl Pair {
    /// The most alike first, then by index.
    fn order(&self, other: &Self) -> Ordering {
        other.correlation.total_cmp(&self.correlation).then_with(|| (self.a, self.b).cmp(&(other.a, other.b)))
    }
}

/// The best pairs of many, and how many there were.
#[derive(Debug, Clone, Default)]
pub(super) struct Best {
    pub(super) total: u64,
    pub(super) pairs: Vec<Pair>,
    limit: usize,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { total: 0, pairs: Vec::new(), limit }
    }

    fn push(&mut self, pair: Pair) {
        self.total += 1;
        self.pairs.push(pair);
        if self.pairs.len() > 4 * self.limit + 64 {
            self.trim();
        }
    }

    fn merge(&mut self, other: Self) {
        self.total += other.total;
        self.pairs.extend(other.pairs);
        self.trim();
    }

    fn trim(&mut self) {
        self.pairs.sort_unstable_by(Pair::order);
        self.pairs.truncate(self.limit);
    }
}

/// What is known of the images before the search.
pub(super) struct Question<'a> {
    pub(super) records: &'a [Record],
    /// Indices to compare, ascending: one of each group of equal pixels, none without contrast.
    pub(super) images: &'a [u32],
    /// By image: bit p is set where it, or one of equal pixels, is in part p.
    pub(super) masks: &'a [u8],
    /// Class of an image.
    pub(super) class: &'a (dyn Fn(u32) -> usize + Sync),
    pub(super) max_bits: u32,
    pub(super) min_correlation: f64,
    pub(super) limit: usize,
    pub(super) threads: usize,
}

pub(super) struct Answer {
    pub(super) all: Best,
    /// Pairs that stand in different parts.
    pub(super) across: Best,
    /// Pairs by the parts they stand in: train and val, train and test, val and test.
    pub(super) across_parts: [u64; 3],
    /// Pairs of different classes.
    pub(super) conflicts: Best,
    /// By image: the lowest index of its group.
    pub(super) roots: Vec<u32>,
    /// By image: the parts in which it has a near duplicate.
    pub(super) seen_in: Vec<AtomicU8>,
    /// Images whose budget of comparisons ran out.
    pub(super) cut_short: u64,
}

/// The three unordered pairs of different parts.
pub(super) const PART_PAIRS: [(u8, u8); 3] = [(0, 1), (0, 2), (1, 2)];

/// Whether one of the images stands in either part and the other in the other.
pub(super) fn stands_across((p, q): (u8, u8), a: u8, b: u8) -> bool {
    (a >> p) & (b >> q) & 1 == 1 || (a >> q) & (b >> p) & 1 == 1
}

struct Found {
    all: Best,
    across: Best,
    across_parts: [u64; 3],
    conflicts: Best,
}

/// Searches on all threads; `progress` gets images done of all and may break off, which gives `None`.
pub(super) fn search(question: &Question<'_>, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Option<Answer> {
    let (n, limit) = (question.images.len(), question.limit);
    let new_found =
        || Found { all: Best::new(limit), across: Best::new(limit), across_parts: [0; 3], conflicts: Best::new(limit) };
    let groups = Mutex::new(Groups { parents: (0..question.records.len() as u32).collect() });
    let seen_in: Vec<AtomicU8> = question.records.iter().map(|_| AtomicU8::new(0)).collect();
    let budget = (COMPARISONS / (n.max(1) * BANDS) as u64).clamp(MIN_COMPARISONS_AN_IMAGE, MAX_COMPARISONS_AN_IMAGE);
    let total = Mutex::new(new_found());
    let cut_short: Vec<AtomicBool> = question.images.iter().map(|_| AtomicBool::new(false)).collect();
    for band in 0..BANDS {
        let Some(radius) = band_radius(question.max_bits, band) else { continue };
        let index = Index::new(question, band);
        let flips = flips(radius);
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
        let work = |stop: &AtomicBool| {
            let mut found = new_found();
            let mut fresh: Vec<Pair> = Vec::new();
            while !stop.load(Relaxed) {
                let begin = next.fetch_add(CHUNK, Relaxed);
                if begin >= n {
                    break;
                }
                for at in begin..(begin + CHUNK).min(n) {
                    if !index.pairs_of(question, at, &flips, budget, &mut fresh) {
                        cut_short[at].store(true, Relaxed);
                    }
                    if stop.load(Relaxed) {
                        break;
                    }
                }
                groups.lock().unwrap_or_else(PoisonError::into_inner).join(&fresh);
                fresh.drain(..).for_each(|pair| found.add(question, pair, &seen_in));
                done.fetch_add(CHUNK as u64, Relaxed);
            }
            total.lock().unwrap_or_else(PoisonError::into_inner).merge(found);
        };
        let of_band = (n as u64) * band as u64 / BANDS as u64;
        let mut report = || progress(of_band + (done.load(Relaxed).min(n as u64)) / BANDS as u64, n as u64);
        if run_on_all("inspect-near", question.threads, &work, &mut report).is_break() {
            return None;
        }
    }
    let found = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut groups = groups.into_inner().unwrap_or_else(PoisonError::into_inner);
    for i in 0..groups.parents.len() as u32 {
        let root = groups.root(i);
        groups.parents[i as usize] = root;
    }
    Some(Answer {
        all: found.all,
        across: found.across,
        across_parts: found.across_parts,
        conflicts: found.conflicts,
        roots: groups.parents,
        seen_in,
        cut_short: cut_short.iter().filter(|cut| cut.load(Relaxed)).count() as u64,
    })
}

impl Found {
    fn add(&mut self, question: &Question<'_>, pair: Pair, seen_in: &[AtomicU8]) {
        self.all.push(pair);
        let (a, b) = (pair.a as usize, pair.b as usize);
        let (mask_a, mask_b) = (question.masks[a], question.masks[b]);
        seen_in[a].fetch_or(mask_b, Relaxed);
        seen_in[b].fetch_or(mask_a, Relaxed);
        let mut across = false;
        for (count, parts) in self.across_parts.iter_mut().zip(PART_PAIRS) {
            if stands_across(parts, mask_a, mask_b) {
                *count += 1;
                across = true;
            }
        }
        if across {
            self.across.push(pair);
        }
        if (question.class)(pair.a) != (question.class)(pair.b) {
            self.conflicts.push(pair);
        }
    }

    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.across.merge(other.across);
        self.conflicts.merge(other.conflicts);
        self.across_parts.iter_mut().zip(other.across_parts).for_each(|(a, b)| *a += b);
    }
}

/// How many bits of a band may differ. Of `bits` over all bands, one band has at most its share: the first ones are
/// searched up to the share, the others one bit less; `None`: not at all.
fn band_radius(bits: u32, band: usize) -> Option<u32> {
    let (share, over) = (bits / BANDS as u32, bits as usize % BANDS);
    if band <= over { Some(share) } else { share.checked_sub(1) }
}

/// Every 16-bit pattern of at most `radius` bits, the empty one first.
fn flips(radius: u32) -> Vec<u16> {
    let mut all: Vec<u16> = (0..=u16::MAX).filter(|bits| bits.count_ones() <= radius).collect();
    all.sort_by_key(|bits| bits.count_ones());
    all
}

fn key(hash: u64, band: usize) -> u16 {
    (hash >> (band as u32 * BAND_BITS)) as u16
}

/// Images by their key in one band: a counting sort.
struct Index {
    band: usize,
    /// Where each key begins, and the end.
    starts: Vec<u32>,
    /// Places in `Question::images`, ascending within a key, and their hashes.
    places: Vec<u32>,
    hashes: Vec<u64>,
}

impl Index {
    fn new(question: &Question<'_>, band: usize) -> Self {
        let hash_of = |i: &u32| question.records[*i as usize].print.hash;
        let mut starts = vec![0_u32; KEYS + 1];
        for i in question.images {
            starts[usize::from(key(hash_of(i), band)) + 1] += 1;
        }
        for k in 0..KEYS {
            starts[k + 1] += starts[k];
        }
        let mut next = starts.clone();
        let (mut places, mut hashes) = (vec![0; question.images.len()], vec![0; question.images.len()]);
        for (place, i) in (0_u32..).zip(question.images) {
            let hash = hash_of(i);
            let slot = &mut next[usize::from(key(hash, band))];
            places[*slot as usize] = place;
            hashes[*slot as usize] = hash;
            *slot += 1;
        }
        Self { band, starts, places, hashes }
    }

    /// Adds the pairs of the image at `place` with later ones that no earlier band finds; false where the budget ends.
    fn pairs_of(&self, question: &Question<'_>, place: usize, flips: &[u16], budget: u64, out: &mut Vec<Pair>) -> bool {
        let image = question.images[place];
        let record = &question.records[image as usize];
        let own = key(record.print.hash, self.band);
        let mut left = budget;
        for flip in flips {
            let k = usize::from(own ^ flip);
            let (from, to) = (self.starts[k] as usize, self.starts[k + 1] as usize);
            let skip = self.places[from..to].partition_point(|other| *other as usize <= place);
            let (from, wanted) = (from + skip, (to - from - skip) as u64);
            let to = from + wanted.min(left) as usize;
            for (other, hash) in self.places[from..to].iter().zip(&self.hashes[from..to]) {
                let apart = record.print.hash ^ hash;
                let bits = apart.count_ones();
                if bits > question.max_bits || self.found_before(apart, question.max_bits) {
                    continue;
                }
                let other = question.images[*other as usize];
                let correlation = record.print.correlation(&question.records[other as usize].print);
                if correlation >= question.min_correlation {
                    out.push(Pair { a: image, b: other, bits, correlation });
                }
            }
            if wanted > left {
                return false;
            }
            left -= wanted;
        }
        true
    }

    fn found_before(&self, apart: u64, max_bits: u32) -> bool {
        (0..self.band)
            .any(|band| band_radius(max_bits, band).is_some_and(|radius| key(apart, band).count_ones() <= radius))
    }
}

/// Union-find; a group's root is its lowest index, whatever the order of joining.
struct Groups {
    parents: Vec<u32>,
}

impl Groups {
    fn root(&mut self, mut i: u32) -> u32 {
        while self.parents[i as usize] != i {
            let up = self.parents[self.parents[i as usize] as usize];
            self.parents[i as usize] = up;
            i = up;
        }
        i
    }

    fn join(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            let (a, b) = (self.root(pair.a), self.root(pair.b));
            self.parents[a.max(b) as usize] = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::inspect::fingerprint::Fingerprint;

    fn record(hash: u64, seed: u64) -> Record {
        let mut print = Fingerprint { hash, ..Fingerprint::default() };
        for (i, v) in print.thumb.iter_mut().enumerate() {
            *v = ((seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(i as u32) ^ i as u64) & 0x7f) as i8 - 64;
        }
        print.length = print.thumb.iter().map(|v| f32::from(*v) * f32::from(*v)).sum::<f32>().sqrt();
        Record { print, ..Record::default() }
    }

    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let z = (*state ^ (*state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ (z >> 29)
    }

    #[test]
    fn every_pair_within_the_distance_is_found_once() {
        let mut state = 7;
        // A few centres with up to ten bits flipped, so that distances of all sizes occur.
        let records: Vec<Record> = (0..600)
            .map(|i| {
                let mut hash = (i % 20_u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                for _ in 0..random(&mut state) % 11 {
                    hash ^= 1 << (random(&mut state) % 64);
                }
                record(hash, 1)
            })
            .collect();
        let images: Vec<u32> = (0..600).collect();
        let masks: Vec<u8> = (0..600).map(|i| 1 << (i % 3)).collect();
        for max_bits in [0, 1, 3, 4, 6, 9] {
            let question = Question {
                records: &records,
                images: &images,
                masks: &masks,
                class: &|i| usize::from(i % 2 == 0),
                max_bits,
                min_correlation: 0.99,
                limit: 1_000_000,
                threads: 2,
            };
            let answer = search(&question, &mut |_, _| ControlFlow::Continue(())).unwrap();
            let mut expected = Vec::new();
            for a in 0..600_u32 {
                for b in a + 1..600 {
                    if (records[a as usize].print.hash ^ records[b as usize].print.hash).count_ones() <= max_bits {
                        expected.push((a, b));
                    }
                }
            }
            let mut found: Vec<_> = answer.all.pairs.iter().map(|p| (p.a, p.b)).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{max_bits} bits");
            assert_eq!((answer.all.total as usize, answer.cut_short), (expected.len(), 0));
            let across = expected.iter().filter(|(a, b)| a % 3 != b % 3).count() as u64;
            assert_eq!((answer.across.total, answer.across_parts.iter().sum::<u64>()), (across, across));
            let conflicts = expected.iter().filter(|(a, b)| a % 2 != b % 2).count() as u64;
            assert_eq!(answer.conflicts.total, conflicts);
            assert!(expected.iter().all(|(a, b)| answer.roots[*a as usize] == answer.roots[*b as usize]));
            assert!(answer.roots.iter().enumerate().all(|(i, root)| *root as usize <= i));
        }
    }

    #[test]
    fn close_hashes_of_unlike_images_are_no_pair() {
        let records = [record(5, 1), record(5, 2), record(5, 1)];
        let question = Question {
            records: &records,
            images: &[0, 1, 2],
            masks: &[1, 2, 2],
            class: &|_| 0,
            max_bits: 6,
            min_correlation: 0.99,
            limit: 10,
            threads: 1,
        };
        let answer = search(&question, &mut |_, _| ControlFlow::Continue(())).unwrap();
        assert_eq!(answer.all.pairs.iter().map(|p| (p.a, p.b)).collect::<Vec<_>>(), [(0, 2)]);
        assert_eq!(answer.roots, [0, 1, 0]);
        assert_eq!(answer.seen_in.iter().map(|s| s.load(Relaxed)).collect::<Vec<_>>(), [2, 0, 1]);
    }

    #[test]
    fn images_that_are_all_alike_end_within_the_budget() {
        let n = 30_000_u32;
        let records = vec![record(5, 1); n as usize];
        let images: Vec<u32> = (0..n).collect();
        let question = Question {
            records: &records,
            images: &images,
            masks: &vec![1; n as usize],
            class: &|_| 0,
            max_bits: 0,
            min_correlation: 0.99,
            limit: 10,
            threads: 2,
        };
        // The first images have more than their budget of later ones to be compared with.
        let index = Index::new(&question, 0);
        let mut pairs = Vec::new();
        assert!(!index.pairs_of(&question, 0, &flips(0), 20_000, &mut pairs));
        assert_eq!(pairs.len(), 20_000);
        pairs.clear();
        assert!(index.pairs_of(&question, 15_000, &flips(0), 20_000, &mut pairs));
        assert_eq!(pairs.len(), 14_999);
        assert!(search(&question, &mut |_, _| ControlFlow::Break(())).is_none());
    }
}
