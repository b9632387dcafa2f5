//! Parts for whole groups of images: as near to the fractions as the groups allow, for every class.
//!
//! Nothing here depends on the order of images or groups: a group is known by its key alone.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::dataset::Part;

const PARTS: [Part; 3] = [Part::Train, Part::Val, Part::Test];
/// Rounds of improvement; the first one or two find all there is.
const ROUNDS: usize = 8;

/// One group: how many images it has of which class.
struct Group {
    key: u64,
    /// Ascending by class.
    counts: Vec<(usize, f64)>,
    part: usize,
}

/// The part of every group. `images` gives each image's group and class; `fractions` are of train, validation and test, and
/// a part of fraction 0 gets nothing. Every other part gets a group where there are enough of them; train always does.
pub(super) fn assign(
    images: impl Iterator<Item = (u64, usize)>,
    classes: usize,
    fractions: [f64; 3],
    seed: u64,
) -> HashMap<u64, Part> {
    let mut counts: HashMap<u64, HashMap<usize, f64>> = HashMap::new();
    let mut of_class = vec![0.0; classes];
    for (key, class) in images {
        *counts.entry(key).or_default().entry(class).or_default() += 1.0;
        of_class[class] += 1.0;
    }
    let mut groups: Vec<Group> = counts
        .into_iter()
        .map(|(key, counts)| {
            let mut counts: Vec<(usize, f64)> = counts.into_iter().collect();
            counts.sort_unstable_by_key(|(class, _)| *class);
            Group { key, counts, part: 0 }
        })
        .collect();
    // Large ones first, as small ones then fill what is left; among those of about one size the seed decides.
    let size = |group: &Group| group.counts.iter().map(|(_, n)| n).sum::<f64>() as u64;
    groups.sort_by_cached_key(|group| (Reverse(size(group).ilog2()), mix(seed ^ group.key), group.key));
    let mut balance = Balance {
        short: fractions.map(|fraction| of_class.iter().map(|n| n * fraction).collect()),
        weight: of_class.iter().map(|n| if *n > 0.0 { 1.0 / (n * n) } else { 0.0 }).collect(),
        groups: [0; 3],
    };
    let wanted: Vec<usize> = (0..3).filter(|&part| part == 0 || fractions[part] > 0.0).collect();
    for group in &mut groups {
        group.part = least(&wanted, |part| balance.cost_of_adding(group, part)).unwrap_or(0);
        balance.add(group, 1.0);
    }
    for _ in 0..ROUNDS {
        let mut moved = false;
        for group in &mut groups {
            if balance.groups[group.part] < 2 {
                continue;
            }
            balance.add(group, -1.0);
            let best = least(&wanted, |part| balance.cost_of_adding(group, part)).unwrap_or(group.part);
            // By more than rounding, or groups might be moved to and fro.
            if balance.cost_of_adding(group, best) < balance.cost_of_adding(group, group.part) - 1e-9 {
                group.part = best;
                moved = true;
            }
            balance.add(group, 1.0);
        }
        if !moved {
            break;
        }
    }
    for &part in &wanted {
        if balance.groups[part] > 0 {
            continue;
        }
        // Train is filled from whatever there is, the others from what can spare one.
        let spare = |group: &Group| part == 0 || balance.groups[group.part] > 1;
        let candidates: Vec<usize> = (0..groups.len()).filter(|&i| spare(&groups[i])).collect();
        let Some(i) = least(&candidates, |i| balance.cost_of_adding(&groups[i], part)) else { continue };
        balance.add(&groups[i], -1.0);
        groups[i].part = part;
        balance.add(&groups[i], 1.0);
    }
    groups.into_iter().map(|group| (group.key, PARTS[group.part])).collect()
}

/// What parts still want of each class.
struct Balance {
    /// Images by part and class; negative where there are too many.
    short: [Vec<f64>; 3],
    /// A class's, so that all classes count alike.
    weight: Vec<f64>,
    groups: [usize; 3],
}

impl Balance {
    /// By how much the squared distance from what is wanted grows with the group in that part, which it is not in yet.
    fn cost_of_adding(&self, group: &Group, part: usize) -> f64 {
        group.counts.iter().map(|&(class, n)| self.weight[class] * n * (n - 2.0 * self.short[part][class])).sum()
    }

    /// Adds the group to its part, or takes it out (`sign` -1).
    fn add(&mut self, group: &Group, sign: f64) {
        for &(class, n) in &group.counts {
            self.short[group.part][class] -= sign * n;
        }
        let groups = &mut self.groups[group.part];
        *groups = if sign > 0.0 { *groups + 1 } else { groups.saturating_sub(1) };
    }
}

/// The first of the least.
fn least(of: &[usize], cost: impl Fn(usize) -> f64) -> Option<usize> {
    of.iter().copied().min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
}

/// Spreads a key over all numbers (the last step of SplitMix64).
fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Groups of 1 to `most` images, each of one or two classes.
    fn draw(seed: u64, groups: u64, most: u64, classes: usize) -> Vec<(u64, usize)> {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut images = Vec::new();
        for group in 0..groups {
            let n = 1 + rng.next_u64() % most;
            let class = rng.next_u64() as usize % classes;
            for _ in 0..n {
                let other = rng.next_u64() % 4 == 0;
                images.push((mix(group + 1), if other { (class + 1) % classes } else { class }));
            }
        }
        images
    }

    fn counts(images: &[(u64, usize)], parts: &HashMap<u64, Part>) -> [f64; 3] {
        let mut counts = [0.0; 3];
        images.iter().for_each(|(key, _)| counts[parts[key] as usize] += 1.0);
        counts
    }

    #[test]
    fn fractions_are_held_as_near_as_groups_allow() {
        for seed in 0..50 {
            for (groups, most, classes) in [(200, 1, 2), (300, 9, 3), (40, 20, 2), (1000, 30, 5)] {
                let images = draw(seed, groups, most, classes);
                let fractions = [0.8, 0.1, 0.1];
                let parts = assign(images.iter().copied(), classes, fractions, seed);
                let counts = counts(&images, &parts);
                for (count, fraction) in counts.iter().zip(fractions) {
                    let off = (count - images.len() as f64 * fraction).abs();
                    // Groups are whole: half of one a class is what may be missing or too much.
                    let allowed = (most * classes as u64) as f64;
                    assert!(off <= allowed, "seed {seed}, {groups} groups up to {most}: {counts:?}, off by {off}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_images_is_nothing_and_the_seed_is_something() {
        let mut images = draw(3, 300, 6, 3);
        let split = |images: &[(u64, usize)], seed| assign(images.iter().copied(), 3, [0.7, 0.2, 0.1], seed);
        let before = split(&images, 0);
        images.reverse();
        images.rotate_left(77);
        assert_eq!(split(&images, 0), before);
        assert_ne!(split(&images, 1), before);
        assert_eq!(before.len(), 300);
    }

    /// The sum that [`assign`] makes small, of a split.
    fn cost(images: &[(u64, usize)], parts: &HashMap<u64, Part>, classes: usize, fractions: [f64; 3]) -> f64 {
        let mut of_class = vec![0.0; classes];
        let mut found = vec![[0.0; 3]; classes];
        for (key, class) in images {
            of_class[*class] += 1.0;
            found[*class][parts[key] as usize] += 1.0;
        }
        let off = |class: usize, part: usize| found[class][part] / of_class[class] - fractions[part];
        (0..classes).flat_map(|class| (0..3).map(move |part| (class, part))).map(|(c, p)| off(c, p).powi(2)).sum()
    }

    #[test]
    fn no_group_would_be_better_elsewhere() {
        for seed in 0..30 {
            let (classes, fractions) = (3, [0.6, 0.25, 0.15]);
            let images = draw(seed, 60, 12, classes);
            let parts = assign(images.iter().copied(), classes, fractions, seed);
            let best = cost(&images, &parts, classes, fractions);
            for key in parts.keys() {
                for part in PARTS {
                    let mut other = parts.clone();
                    other.insert(*key, part);
                    let other = cost(&images, &other, classes, fractions);
                    assert!(other >= best - 1e-9, "seed {seed}: {other} < {best}");
                }
            }
        }
    }

    #[test]
    fn few_groups_fill_train_first_and_then_what_was_asked_for() {
        let parts_of = |groups: u64, fractions: [f64; 3]| {
            let images: Vec<_> = (0..groups * 5).map(|i| (mix(i / 5 + 1), 0)).collect();
            let parts = assign(images.iter().copied(), 1, fractions, 0);
            counts(&images, &parts).map(|n| n as u64 / 5)
        };
        assert_eq!(parts_of(1, [0.2, 0.4, 0.4]), [1, 0, 0]);
        assert!(parts_of(2, [0.2, 0.4, 0.4])[0] > 0);
        assert_eq!(parts_of(3, [0.8, 0.1, 0.1]), [1, 1, 1]);
        assert_eq!(parts_of(10, [0.8, 0.1, 0.1]), [8, 1, 1]);
        assert_eq!(parts_of(10, [0.9, 0.1, 0.0]), [9, 1, 0]);
        assert_eq!(parts_of(10, [1.0, 0.0, 0.0]), [10, 0, 0]);
        assert_eq!(parts_of(0, [0.8, 0.1, 0.1]), [0, 0, 0]);
    }
}
