//! Equal and nearly equal images: as groups, across the split, and across classes.

use serde::Serialize;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;

use super::near::{Answer, Best, PART_PAIRS, Question, search, stands_across};
use super::{Bounded, ImageRef, InspectOptions, Names, Record};
use crate::data::{Part, Split};

/// Images of a group that are named; the others are counted.
const MAX_MEMBERS: usize = 12;
/// Parts of a split, by bit of a mask.
const PARTS: [Part; 3] = [Part::Train, Part::Val, Part::Test];

/// Images whose pixels are equal, or that are alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateGroup {
    pub images: u64,
    /// The files are equal byte for byte (always false for images that are only alike).
    pub equal_files: bool,
    /// Every pixel has the same value: nothing to learn from.
    pub constant: bool,
    /// The first twelve.
    pub members: Vec<ImageRef>,
}

/// Images with equal pixels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExactDuplicates {
    /// Groups of equal pixels, the largest first.
    pub groups: Bounded<DuplicateGroup>,
    /// Of these groups, the ones whose files are equal byte for byte.
    pub equal_file_groups: u64,
    /// Images in groups.
    pub images: u64,
    /// Images that could go while one of each group stays.
    pub redundant_images: u64,
}

/// Two images that look alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearPair {
    pub a: ImageRef,
    pub b: ImageRef,
    /// Bits in which the 64-bit perceptual hashes differ.
    pub hash_bits: u32,
    /// Pearson correlation of 12 x 12 thumbnails.
    pub correlation: f64,
}

/// Images that look alike, equal ones taken as one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearDuplicates {
    /// The most in which hashes of a pair differ, of 64 bits.
    pub max_hash_bits: u32,
    /// The least correlation of a pair's thumbnails.
    pub min_correlation: f64,
    /// The most alike first.
    pub pairs: Bounded<NearPair>,
    /// Images that hang together by pairs, the largest group first.
    pub groups: Bounded<DuplicateGroup>,
    /// Images in groups.
    pub images: u64,
    pub compared_images: u64,
    /// Images that resemble so many others that only some were compared; more pairs exist than were found.
    pub images_cut_short: u64,
}

/// Duplicates of two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PartPair {
    pub parts: [Part; 2],
    /// Pairs of images with equal pixels.
    pub equal_pairs: u64,
    /// Pairs of images that look alike, equal ones taken as one.
    pub near_pairs: u64,
}

/// How much of a held-out part is known from training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SeenInTraining {
    pub part: Part,
    pub images: u64,
    /// Images of which training has an equal one.
    pub equal: u64,
    /// Images of which training has none equal, but one that looks alike.
    pub near: u64,
}

/// Equal or similar images in different parts: metrics on the held-out part are then better than they should be. Images
/// of one constant value do not count here; they are a finding of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leakage {
    /// Train and val, train and test, val and test.
    pub part_pairs: Vec<PartPair>,
    /// Validation, then test.
    pub seen_in_training: Vec<SeenInTraining>,
    /// Groups of equal images that stand in more than one part.
    pub equal: Bounded<DuplicateGroup>,
    /// Pairs that look alike and stand in different parts.
    pub near: Bounded<NearPair>,
}

/// Equal or similar images of different classes: at most one label is right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelConflicts {
    pub equal: Bounded<DuplicateGroup>,
    pub near: Bounded<NearPair>,
}

/// Everything about duplicates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Duplicates {
    pub exact: ExactDuplicates,
    pub near: NearDuplicates,
    /// Missing where the dataset cannot be split.
    pub leakage: Option<Leakage>,
    pub conflicts: LabelConflicts,
}

/// What the search for duplicates knows of a dataset.
pub(super) struct Material<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) options: &'a InspectOptions,
    pub(super) threads: usize,
    /// By place in `images`.
    pub(super) records: &'a [Record],
    pub(super) has_split: bool,
    /// By place: a bit for each part.
    pub(super) parts: &'a [u8],
}

/// Parts of the images at `places`, a bit for each.
pub(super) fn part_masks(images: &[u32], split: &Split) -> Vec<u8> {
    let mut masks = vec![0; images.len()];
    for (bit, list) in [&split.train, &split.val, &split.test].into_iter().enumerate() {
        for i in list {
            if let Ok(place) = images.binary_search(i) {
                masks[place] |= 1 << bit;
            }
        }
    }
    masks
}

/// All of it; `None` where `progress` breaks off.
pub(super) fn find(
    material: &Material<'_>,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Option<Duplicates> {
    let records = material.records;
    // By pixels, so that equal ones stand side by side.
    let mut order: Vec<u32> = (0..records.len() as u32).filter(|i| records[*i as usize].readable()).collect();
    order.sort_unstable_by_key(|i| (records[*i as usize].pixel_hash, *i));
    let same = |a: &u32, b: &u32| records[*a as usize].pixel_hash == records[*b as usize].pixel_hash;
    let mut masks = material.parts.to_vec();
    let mut leaders = Vec::with_capacity(order.len());
    for group in order.chunk_by(same) {
        let all = group.iter().fold(0, |all, i| all | masks[*i as usize]);
        group.iter().for_each(|i| masks[*i as usize] = all);
        // Images without contrast are alike in nothing but that.
        leaders.extend(group.iter().take(1).filter(|i| records[**i as usize].print.length > 0.0));
    }
    leaders.sort_unstable();
    let class = |i: u32| material.names.class(i);
    let question = Question {
        records,
        images: &leaders,
        masks: &masks,
        class: &class,
        max_bits: material.options.near_hash_bits,
        min_correlation: material.options.near_correlation,
        limit: material.options.list_limit,
        threads: material.threads,
    };
    let answer = search(&question, progress)?;
    let groups: Vec<&[u32]> = order.chunk_by(same).filter(|group| group.len() > 1).collect();
    Some(Duplicates {
        exact: material.exact(&groups),
        leakage: material.has_split.then(|| material.leakage(&groups, &order, &masks, &answer)),
        conflicts: LabelConflicts {
            equal: material.bounded(groups.iter().copied().filter(|g| material.classes_differ(g))),
            near: material.pairs(&answer.conflicts),
        },
        near: material.near(&answer, leaders.len()),
    })
}

impl Material<'_> {
    fn classes_differ(&self, group: &[u32]) -> bool {
        let class = |i: &u32| self.names.class(*i);
        group.windows(2).any(|pair| class(&pair[0]) != class(&pair[1]))
    }

    fn group(&self, group: &[u32], equal: bool) -> DuplicateGroup {
        let first = group.first().map(|i| &self.records[*i as usize]);
        let file = |i: &u32| self.records[*i as usize].file_hash;
        DuplicateGroup {
            images: group.len() as u64,
            equal_files: equal && group.windows(2).all(|pair| file(&pair[0]) == file(&pair[1])),
            constant: equal && first.is_some_and(|r| r.constant()),
            members: group.iter().take(MAX_MEMBERS).map(|i| self.names.image(*i)).collect(),
        }
    }

    /// Groups of equal images, the largest first.
    fn bounded<'g>(&self, groups: impl Iterator<Item = &'g [u32]>) -> Bounded<DuplicateGroup> {
        let mut all: Vec<&[u32]> = groups.collect();
        all.sort_by_key(|group| (std::cmp::Reverse(group.len()), group.first().copied()));
        let shown = all.iter().take(self.options.list_limit).map(|group| self.group(group, true)).collect();
        Bounded { total: all.len() as u64, shown }
    }

    fn exact(&self, groups: &[&[u32]]) -> ExactDuplicates {
        let images: usize = groups.iter().map(|g| g.len()).sum();
        let file = |i: &u32| self.records[*i as usize].file_hash;
        let equal_files = |g: &&&[u32]| g.windows(2).all(|pair| file(&pair[0]) == file(&pair[1]));
        ExactDuplicates {
            groups: self.bounded(groups.iter().copied()),
            equal_file_groups: groups.iter().filter(equal_files).count() as u64,
            images: images as u64,
            redundant_images: (images - groups.len()) as u64,
        }
    }

    fn pairs(&self, best: &Best) -> Bounded<NearPair> {
        let shown = best.pairs.iter().map(|pair| NearPair {
            a: self.names.image(pair.a),
            b: self.names.image(pair.b),
            hash_bits: pair.bits,
            correlation: pair.correlation,
        });
        Bounded { total: best.total, shown: shown.collect() }
    }

    fn near(&self, answer: &Answer, compared: usize) -> NearDuplicates {
        let mut sizes = vec![0_u32; answer.roots.len()];
        answer.roots.iter().for_each(|root| sizes[*root as usize] += 1);
        let mut roots: Vec<u32> = (0..sizes.len() as u32).filter(|i| sizes[*i as usize] > 1).collect();
        let (total, images) = (roots.len() as u64, roots.iter().map(|r| u64::from(sizes[*r as usize])).sum());
        roots.sort_by_key(|root| (std::cmp::Reverse(sizes[*root as usize]), *root));
        roots.truncate(self.options.list_limit);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); roots.len()];
        let place: std::collections::HashMap<u32, usize> = roots.iter().enumerate().map(|(i, r)| (*r, i)).collect();
        for (i, root) in (0_u32..).zip(&answer.roots) {
            if let Some(list) = place.get(root).and_then(|place| members.get_mut(*place))
                && list.len() < MAX_MEMBERS
            {
                list.push(i);
            }
        }
        let shown = roots.iter().zip(&members).map(|(root, members)| DuplicateGroup {
            images: u64::from(sizes[*root as usize]),
            ..self.group(members, false)
        });
        NearDuplicates {
            max_hash_bits: self.options.near_hash_bits,
            min_correlation: self.options.near_correlation,
            pairs: self.pairs(&answer.all),
            groups: Bounded { total, shown: shown.collect() },
            images,
            compared_images: compared as u64,
            images_cut_short: answer.cut_short,
        }
    }

    fn leakage(&self, groups: &[&[u32]], order: &[u32], masks: &[u8], answer: &Answer) -> Leakage {
        let constant = |g: &[u32]| g.first().is_some_and(|i| self.records[*i as usize].constant());
        let mut equal_pairs = [0_u64; 3];
        for group in groups.iter().filter(|g| !constant(g)) {
            let mut counts = [0_u64; 3];
            for i in *group {
                (0..3).for_each(|bit| counts[bit] += u64::from(self.parts[*i as usize] >> bit & 1));
            }
            for (pairs, (p, q)) in equal_pairs.iter_mut().zip(PART_PAIRS) {
                *pairs += counts[usize::from(p)] * counts[usize::from(q)];
            }
        }
        let part = |bit: u8| PARTS[usize::from(bit).min(2)];
        let mut seen = [1_u8, 2].map(|bit| SeenInTraining { part: part(bit), images: 0, equal: 0, near: 0 });
        let same = |a: &u32, b: &u32| self.records[*a as usize].pixel_hash == self.records[*b as usize].pixel_hash;
        for group in order.chunk_by(same) {
            let near = group.first().map_or(0, |leader| answer.seen_in[*leader as usize].load(Relaxed));
            for i in group {
                for (seen, bit) in seen.iter_mut().zip([1_u8, 2]) {
                    if self.parts[*i as usize] >> bit & 1 == 1 {
                        seen.images += 1;
                        if constant(group) {
                            continue;
                        }
                        if masks[*i as usize] & 1 == 1 {
                            seen.equal += 1;
                        } else if near & 1 == 1 {
                            seen.near += 1;
                        }
                    }
                }
            }
        }
        let across = |g: &&[u32]| {
            let mask = g.first().map_or(0, |i| masks[*i as usize]);
            !constant(g) && PART_PAIRS.iter().any(|parts| stands_across(*parts, mask, mask))
        };
        Leakage {
            part_pairs: PART_PAIRS
                .iter()
                .zip(equal_pairs)
                .zip(answer.across_parts)
                .map(|(((p, q), equal_pairs), near_pairs)| PartPair {
                    parts: [part(*p), part(*q)],
                    equal_pairs,
                    near_pairs,
                })
                .collect(),
            seen_in_training: seen.to_vec(),
            equal: self.bounded(groups.iter().copied().filter(across)),
            near: self.pairs(&answer.across),
        }
    }
}
