//! Which image is for training, validation and the test: seeded, even over the classes, the same on every
//! platform.

use crate::language::Message;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::dataset::{Dataset, Part};
use super::error::{DataError, few};
use super::{group_split, groups::groups, hash::hash};
use crate::config::DataConfig;

/// Indices into a [`Dataset`], ascending in each part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    pub train: Vec<u32>,
    pub val: Vec<u32>,
    pub test: Vec<u32>,
}

/// Splits each class by itself. Every class keeps an image to train on; with three or more it has one in every
/// part asked for. Folders named train, val and test win over the fractions: only a missing val part is cut from
/// train, by `val_frac`. `limit` takes as many of each class as of every other, as far as they go, and from each
/// folder part its share.
///
/// With `group` the images of one group (and always those of one file) stay in one part, the fractions are held as near as
/// the groups allow, and a class may come to lack a part. The split depends on the groups' names and the seed alone.
///
/// # Errors
/// No class folders, nothing to train on, a limit that leaves out whole classes, or a `group` that fits nothing.
pub fn split(dataset: &Dataset, config: &DataConfig) -> Result<Split, DataError> {
    dataset.check_usable()?;
    let held_out = config.val_frac + config.test_frac;
    // Written so that NaN is refused too.
    if !(held_out < 1.0 && config.val_frac >= 0.0 && config.test_frac >= 0.0) {
        return Err(DataError::Fractions(held_out));
    }
    let classes = dataset.class_names.len();
    let mut by_class: Vec<[Vec<u32>; 3]> = vec![<[Vec<u32>; 3]>::default(); classes];
    let folder_part = |i: usize| dataset.part_of(i).unwrap_or(Part::Train);
    let mut has_val = (0..dataset.len()).any(|i| folder_part(i) == Part::Val);
    let mut has_parts = dataset.has_parts;
    let groups = groups(dataset, config)?.filter(|_| !has_val);
    let by_group = groups.as_ref().map(|keys| {
        let test_frac = if has_parts { 0.0 } else { config.test_frac };
        let images = (0..dataset.len()).filter(|&i| folder_part(i) == Part::Train);
        let images = images.map(|i| (keys[i], dataset.class_of(i)));
        let fractions = [1.0 - config.val_frac - test_frac, config.val_frac, test_frac];
        // From here on these are parts as folders say them.
        (has_parts, has_val) = (true, true);
        group_split::assign(images, classes, fractions, config.split_seed)
    });
    for i in 0..dataset.len() {
        let of_group = groups.as_ref().zip(by_group.as_ref()).and_then(|(keys, parts)| parts.get(&keys[i]));
        let part = match folder_part(i) {
            Part::Train => of_group.copied().unwrap_or(Part::Train),
            part => part,
        };
        by_class[dataset.class_of(i)][part as usize].push(u32::try_from(i).unwrap_or(u32::MAX));
    }
    let quotas = quotas(&by_class, config.limit)?;
    let mut split = Split::default();
    for ((parts, quota), name) in by_class.into_iter().zip(quotas).zip(&dataset.class_names) {
        // By name, so that a class that comes or goes leaves the others' split alone.
        let mut rng = Pcg64Mcg::seed_from_u64(config.split_seed ^ hash(name.as_bytes()));
        let sizes = shares(quota, [parts[0].len(), parts[1].len(), parts[2].len()]);
        let [mut train, mut val, mut test] = parts;
        for (list, size) in [&mut train, &mut val, &mut test].into_iter().zip(sizes) {
            shuffle(list, &mut rng);
            list.truncate(size);
        }
        if !has_parts {
            let (n_val, n_test) = held_out_counts(train.len(), config.val_frac, config.test_frac);
            test = train.split_off(train.len() - n_test);
            val = train.split_off(train.len() - n_val);
        } else if !has_val {
            let (n_val, _) = held_out_counts(train.len(), config.val_frac, 0.0);
            val = train.split_off(train.len() - n_val);
        }
        split.train.append(&mut train);
        split.val.append(&mut val);
        split.test.append(&mut test);
    }
    for list in [&mut split.train, &mut split.val, &mut split.test] {
        list.sort_unstable();
    }
    if split.train.is_empty() {
        let found = msg!("data-no-train-image");
        return Err(DataError::NothingToTrain { found, path: dataset.root.clone() });
    }
    Ok(split)
}

/// What training on this split would not show: an empty validation part, classes that validation or training lacks.
pub fn split_doubts(dataset: &Dataset, split: &Split) -> Vec<Message> {
    let lacking = |images: &[u32]| {
        let mut has = vec![false; dataset.class_names.len()];
        images.iter().for_each(|image| has[dataset.class_of(*image as usize)] = true);
        let names = dataset.class_names.iter().zip(has).filter(|(_, has)| !has).map(|(name, _)| name.clone());
        names.collect::<Vec<String>>()
    };
    let mut doubts = Vec::new();
    let untrained = lacking(&split.train);
    if !untrained.is_empty() {
        doubts.push(msg!("data-doubt-untrained", count = untrained.len(), names = few(&untrained)));
    }
    if split.val.is_empty() {
        doubts.push(match dataset.has_parts {
            true => msg!("data-doubt-no-val-part"),
            false => msg!("data-doubt-no-val-share"),
        });
        return doubts;
    }
    let unseen = lacking(&split.val);
    if !unseen.is_empty() {
        doubts.push(msg!("data-doubt-unseen", count = unseen.len(), names = few(&unseen)));
    }
    doubts
}

/// How many images of each class to take: the limit poured evenly, small classes whole.
fn quotas(by_class: &[[Vec<u32>; 3]], limit: usize) -> Result<Vec<usize>, DataError> {
    let counts: Vec<usize> = by_class.iter().map(|parts| parts.iter().map(Vec::len).sum()).collect();
    if limit == 0 || limit >= counts.iter().sum() {
        return Ok(counts);
    }
    let classes = counts.len();
    if limit < classes {
        return Err(DataError::LimitTooSmall { limit, classes });
    }
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by_key(|&c| counts[c]);
    let mut quotas = vec![0; classes];
    let mut left = limit;
    for (i, &class) in order.iter().enumerate() {
        // From the smallest class on, each takes its even share of what is left, rounded down.
        let quota = counts[class].min(left / (classes - i));
        quotas[class] = quota;
        left -= quota;
    }
    Ok(quotas)
}

/// `quota` over folder parts in proportion to their sizes, by largest remainder; train gets one where it has any.
fn shares(quota: usize, sizes: [usize; 3]) -> [usize; 3] {
    let total: usize = sizes.iter().sum();
    if quota >= total {
        return sizes;
    }
    let mut taken = sizes.map(|size| (size as u128 * quota as u128 / total as u128) as usize);
    while taken.iter().sum::<usize>() < quota {
        // The part furthest below its share; ties go to train.
        let behind = |i: usize| sizes[i] as i128 * quota as i128 - taken[i] as i128 * total as i128;
        let next = (0..3).filter(|&i| taken[i] < sizes[i]).max_by_key(|&i| (behind(i), std::cmp::Reverse(i)));
        match next {
            Some(i) => taken[i] += 1,
            None => break,
        }
    }
    if taken[0] == 0 && sizes[0] > 0 {
        let from = if taken[1] >= taken[2] { 1 } else { 2 };
        if taken[from] > 0 {
            taken[from] -= 1;
            taken[0] = 1;
        }
    }
    taken
}

/// Images of a class of `n` for (validation, test); at least one is left to train on.
fn held_out_counts(n: usize, val_frac: f64, test_frac: f64) -> (usize, usize) {
    let wanted = |frac: f64| if frac > 0.0 { ((n as f64 * frac).round() as usize).max(1) } else { 0 };
    let val = wanted(val_frac).min(n.saturating_sub(1));
    let test = wanted(test_frac).min(n.saturating_sub(1 + val));
    (val, test)
}

/// Fisher and Yates; own code, so that no release of `rand` can change a split.
fn shuffle(list: &mut [u32], rng: &mut Pcg64Mcg) {
    for i in (1..list.len()).rev() {
        let below = i as u128 + 1;
        let j = ((u128::from(rng.next_u64()) * below) >> 64) as usize;
        list.swap(i, j);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Found;
    use std::ffi::OsStr;
    use std::path::Path;

    const GRAY: Found = Found {
        format: "png",
        width: 8,
        height: 8,
        channels: 1,
        bits: 8,
        orientation: 1,
        has_more: false,
        medical: None,
    };

    fn dataset(counts: &[usize]) -> Dataset {
        let mut dataset = Dataset::new(Path::new("root"));
        for (class, &count) in counts.iter().enumerate() {
            dataset.class_names.push(format!("class{class}"));
            let dir = dataset.add_dir(format!("root/class{class}").into());
            for i in 0..count {
                assert!(dataset.push(dir, OsStr::new(&format!("{i}.png")), class, None, Some(&GRAY)));
            }
        }
        dataset
    }

    fn per_class(dataset: &Dataset, list: &[u32]) -> Vec<usize> {
        let mut counts = vec![0; dataset.class_names.len()];
        for &i in list {
            counts[dataset.class_of(i as usize)] += 1;
        }
        counts
    }

    #[test]
    fn every_class_is_split_and_nothing_twice() {
        let dataset = dataset(&[100, 10, 3, 2, 1]);
        let split = split(&dataset, &DataConfig::default()).unwrap();
        assert_eq!(per_class(&dataset, &split.train), [80, 8, 1, 1, 1]);
        assert_eq!(per_class(&dataset, &split.val), [10, 1, 1, 1, 0]);
        assert_eq!(per_class(&dataset, &split.test), [10, 1, 1, 0, 0]);
        let mut all = [split.train, split.val, split.test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..116).collect::<Vec<_>>());
    }

    #[test]
    fn the_seed_decides_and_other_classes_do_not() {
        let config = DataConfig::default();
        let both = dataset(&[50, 50]);
        let one = dataset(&[50]);
        let split_both = split(&both, &config).unwrap();
        assert_eq!(split_both, split(&both, &config).unwrap());
        let first = |s: &Split| s.val.iter().copied().filter(|&i| i < 50).collect::<Vec<_>>();
        assert_eq!(first(&split_both), first(&split(&one, &config).unwrap()));
        let other = split(&both, &DataConfig { split_seed: 1, ..config }).unwrap();
        assert_ne!(first(&split_both), first(&other));
        // Pinned: the same on every platform and in every version.
        assert_eq!(first(&split_both), PINNED);
    }

    const PINNED: [u32; 5] = [4, 15, 30, 34, 43];

    #[test]
    fn a_limit_is_even_over_classes() {
        let dataset = dataset(&[100, 4, 50]);
        let config = DataConfig { limit: 30, ..DataConfig::default() };
        let split = split(&dataset, &config).unwrap();
        let all = [split.train.clone(), split.val, split.test].concat();
        assert_eq!(per_class(&dataset, &all), [13, 4, 13]);
        let small = super::split(&dataset, &DataConfig { limit: 2, ..config }).unwrap_err().to_string();
        assert!(small.contains("`data.limit` = 2") && small.contains("3 classes"), "{small}");
    }

    #[test]
    fn shares_follow_the_parts() {
        assert_eq!(shares(10, [80, 10, 10]), [8, 1, 1]);
        assert_eq!(shares(1, [1, 50, 50]), [1, 0, 0]);
        assert_eq!(shares(7, [0, 5, 5]).iter().sum::<usize>(), 7);
        assert_eq!(shares(200, [80, 10, 10]), [80, 10, 10]);
    }

    fn said(dataset: &Dataset, split: &Split) -> Vec<String> {
        split_doubts(dataset, split).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_validation_will_not_show() {
        let config = DataConfig::default();
        let whole = dataset(&[20, 20]);
        assert_eq!(said(&whole, &split(&whole, &config).unwrap()), [""; 0]);
        let small = dataset(&[20, 1]);
        let doubts = said(&small, &split(&small, &config).unwrap());
        assert_eq!(doubts, ["the validation part has no image of 1 class: class1; its figures say nothing of it"]);
        let none = split(&whole, &DataConfig { val_frac: 0.0, ..config }).unwrap();
        let doubts = said(&whole, &none);
        assert!(doubts.len() == 1 && doubts[0].starts_with("the validation part is empty"), "{doubts:?}");
        assert!(doubts[0].ends_with("set `data.val_frac` above 0"), "{doubts:?}");
        let lost = Split { train: vec![0], val: vec![1, 21], test: Vec::new() };
        let doubts = said(&whole, &lost);
        assert_eq!(doubts, ["the training part has no image of 1 class: class1; it cannot be learnt"]);
    }

    #[test]
    fn nothing_to_train_on_is_said() {
        let empty = split(&dataset(&[]), &DataConfig::default()).unwrap_err().to_string();
        assert!(empty.contains("nothing to train on"), "{empty}");
        let config = DataConfig { val_frac: f64::NAN, ..DataConfig::default() };
        assert!(matches!(split(&dataset(&[3]), &config), Err(DataError::Fractions(_))));
    }
}
