//! Counts over the images themselves: balance of classes, sizes, ratios, file sizes, brightness outliers.

use crate::language::Message;
use serde::Serialize;
use std::cmp::Reverse;

use super::statistics::Scale;
use super::{Bounded, Duplicates, ImageRef, InspectOptions, Inspection, NEARLY_CONSTANT, Names, Read, Record};
use crate::console::show_path;
use crate::data::summary::{BadFileSummary, SizeCount};

/// Width by height: the ends of bins, `[edge[i], edge[i + 1])`.
const ASPECT_EDGES: [f64; 10] = [0.25, 0.5, 2.0 / 3.0, 0.75, 0.9, 1.0 / 0.9, 4.0 / 3.0, 1.5, 2.0, 4.0];
pub(super) const ASPECT_BINS: usize = ASPECT_EDGES.len() + 1;

/// How even the classes are, by the images that were inspected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassBalance {
    pub classes: Vec<ClassCount>,
    /// Images of the largest class for one of the smallest (that has any); 1 is even.
    pub imbalance_ratio: f64,
    /// Shannon entropy of the classes' shares in bits.
    pub entropy_bits: f64,
    /// Entropy by its largest value for so many classes: 1 is even, 0 is one class only.
    pub evenness: f64,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassCount {
    pub name: String,
    pub images: u64,
    /// Of all images, 0 to 1.
    pub share: f64,
}

/// Images whose width by height lies in `[from, to)`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AspectCount {
    pub from: f64,
    /// Missing: without end.
    pub to: Option<f64>,
    pub images: u64,
}

/// Sizes of the files in bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FileSizes {
    pub total_bytes: u64,
    pub min_bytes: u64,
    pub median_bytes: u64,
    pub max_bytes: u64,
    /// By powers of two, from the smallest to the largest.
    pub histogram: Vec<SizeBin>,
}

/// Files of at least `from_bytes` and less than twice that.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SizeBin {
    pub from_bytes: u64,
    pub images: u64,
}

/// An image much darker or brighter than its class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlier {
    pub image: ImageRef,
    /// Mean over pixels and channels on 0..1, of files of floats as they are.
    pub mean: f64,
    /// The median of these, of the class's images of the same kind: bytes, 16 bits or floats.
    pub class_median: f64,
    /// 0.6745 (mean - median) / median absolute deviation (Iglewicz and Hoaglin).
    pub robust_z: f64,
}

pub(super) fn aspect_bin(width: usize, height: usize) -> usize {
    let ratio = width as f64 / height.max(1) as f64;
    ASPECT_EDGES.partition_point(|edge| *edge <= ratio)
}

fn aspects(counts: &[u64]) -> Vec<AspectCount> {
    let edge = |i: usize| ASPECT_EDGES.get(i).copied();
    let bin = |(i, images): (usize, &u64)| AspectCount {
        from: i.checked_sub(1).and_then(edge).unwrap_or(0.0),
        to: edge(i),
        images: *images,
    };
    counts.iter().enumerate().map(bin).filter(|bin| bin.images > 0).collect()
}

pub(super) fn balance(names: &[String], counts: &[u64]) -> ClassBalance {
    let all: u64 = counts.iter().sum();
    let share = |n: u64| if all > 0 { n as f64 / all as f64 } else { 0.0 };
    let there = || counts.iter().copied().filter(|n| *n > 0);
    let (least, most) = (there().min().unwrap_or(1), there().max().unwrap_or(1));
    let entropy: f64 = there().map(|n| -share(n) * share(n).log2()).sum();
    let largest = (there().count() as f64).log2();
    ClassBalance {
        classes: names
            .iter()
            .zip(counts)
            .map(|(name, n)| ClassCount { name: name.clone(), images: *n, share: share(*n) })
            .collect(),
        imbalance_ratio: most as f64 / least as f64,
        // One class alone gives -0.
        entropy_bits: entropy.max(0.0),
        evenness: if largest > 0.0 { entropy / largest } else { 0.0 },
    }
}

fn file_sizes(records: &[Record]) -> FileSizes {
    let mut sizes: Vec<u32> = records.iter().map(|r| r.file_bytes).filter(|n| *n > 0).collect();
    let n = sizes.len();
    if n == 0 {
        return FileSizes::default();
    }
    let mut bins = [0_u64; 32];
    for size in &sizes {
        bins[size.ilog2() as usize] += 1;
    }
    let (first, last) = (bins.iter().position(|n| *n > 0), bins.iter().rposition(|n| *n > 0));
    let span = first.unwrap_or(0)..=last.unwrap_or(0);
    let (_, median, _) = sizes.select_nth_unstable(n / 2);
    let median_bytes = u64::from(*median);
    FileSizes {
        total_bytes: sizes.iter().map(|n| u64::from(*n)).sum(),
        min_bytes: sizes.iter().min().copied().unwrap_or(0).into(),
        median_bytes,
        max_bytes: sizes.iter().max().copied().unwrap_or(0).into(),
        histogram: span.map(|i| SizeBin { from_bytes: 1 << i, images: bins[i] }).collect(),
    }
}

/// Median of a sorted or unsorted list; it is put in some order.
fn median(values: &mut [f32]) -> f64 {
    let n = values.len();
    if n == 0 {
        return 0.0;
    }
    let (below, middle, _) = values.select_nth_unstable_by(n / 2, f32::total_cmp);
    let middle = f64::from(*middle);
    if n % 2 == 1 {
        return middle;
    }
    let lower = below.iter().copied().max_by(f32::total_cmp).map_or(middle, f64::from);
    (lower + middle) / 2.0
}

/// What half of the images of that scale span at least, those of one value aside: few of 16 bits use all of these, and floats
/// have no range of their own. Bytes do.
fn usual_range(records: &[Record], scale: Scale) -> f64 {
    let of_scale = records.iter().filter(|r| r.readable() && r.scale == scale && !r.constant());
    match scale {
        Scale::Byte => 1.0,
        Scale::Wide | Scale::Unit => median(&mut of_scale.map(|r| r.range).collect::<Vec<_>>()),
    }
}

/// (place, class median, robust z) of what lies further out than `least`, the furthest first.
fn far_out(names: &Names<'_>, records: &[Record], least: f64) -> Vec<(u32, f64, f64)> {
    // Apart by kind: means of bytes and of a scanner's values have nothing in common.
    let mut by_class: Vec<Vec<u32>> = vec![Vec::new(); names.dataset.class_names.len() * Scale::ALL.len()];
    for place in (0..records.len() as u32).filter(|i| records[*i as usize].readable()) {
        by_class[names.class(place) * Scale::ALL.len() + records[place as usize].scale as usize].push(place);
    }
    let mut found = Vec::new();
    for places in by_class {
        let means = || places.iter().map(|i| records[*i as usize].mean);
        let center = median(&mut means().collect::<Vec<_>>());
        let mut off: Vec<f32> = means().map(|m| (f64::from(m) - center).abs() as f32).collect();
        let mut spread = median(&mut off) / 0.6745;
        if spread == 0.0 {
            // More than half are equal: the mean absolute deviation, as a normal's standard deviation.
            let mean = off.iter().map(|v| f64::from(*v)).sum::<f64>() / off.len().max(1) as f64;
            spread = mean * 1.253_314;
        }
        if spread <= 0.0 {
            continue;
        }
        let scores = places.iter().map(|i| (*i, center, (f64::from(records[*i as usize].mean) - center) / spread));
        found.extend(scores.filter(|(_, _, z)| z.abs() >= least));
    }
    found.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then(a.0.cmp(&b.0)));
    found
}

impl Read {
    pub(super) fn inspection(
        mut self,
        names: &Names<'_>,
        options: &InspectOptions,
        split: Option<[u64; 3]>,
        duplicates: Option<Duplicates>,
        notes: Vec<Message>,
    ) -> Inspection {
        let (dataset, limit) = (names.dataset, options.list_limit);
        let mut counts = vec![0; dataset.class_names.len()];
        (0..names.images.len() as u32).for_each(|place| counts[names.class(place)] += 1);
        let list = |wanted: &dyn Fn(&Record) -> bool| {
            let all = || (0_u32..).zip(&self.records).filter(|(_, r)| r.readable() && wanted(r));
            Bounded {
                total: all().count() as u64,
                shown: all().take(limit).map(|(place, _)| names.image(place)).collect(),
            }
        };
        let far = far_out(names, &self.records, options.outlier_z);
        let outlier = |(place, class_median, robust_z): &(u32, f64, f64)| Outlier {
            image: names.image(*place),
            mean: self.records[*place as usize].mean.into(),
            class_median: *class_median,
            robust_z: *robust_z,
        };
        let least = Scale::ALL.map(|scale| NEARLY_CONSTANT * usual_range(&self.records, scale));
        let (constant, nearly_constant) =
            (list(&Record::constant), list(&|r| !r.constant() && f64::from(r.range) <= least[r.scale as usize]));
        let outliers = Bounded { total: far.len() as u64, shown: far.iter().take(limit).map(outlier).collect() };
        let found = &mut self.found;
        found.trim(limit);
        let mut sizes: Vec<SizeCount> =
            found.sizes.iter().map(|(&(width, height), &images)| SizeCount { width, height, images }).collect();
        sizes.sort_by_key(|size| Reverse(size.images));
        let unreadable = found
            .unreadable
            .iter()
            .map(|(place, reason)| BadFileSummary { path: names.image(*place).path, reason: reason.clone() });
        let bad = dataset.bad_files.iter().take(limit).map(|bad| BadFileSummary {
            path: show_path(bad.path.strip_prefix(&dataset.root).unwrap_or(&bad.path)),
            reason: bad.reason.clone(),
        });
        Inspection {
            root: show_path(&dataset.root),
            images: names.images.len() as u64,
            readable_images: names.images.len() as u64 - found.unreadable_total,
            class_names: dataset.class_names.clone(),
            split,
            statistics: found.sums.statistics(),
            balance: balance(&dataset.class_names, &counts),
            sizes,
            more_sizes: found.more_sizes,
            aspect_ratios: aspects(&found.aspects),
            file_sizes: file_sizes(&self.records),
            duplicates,
            constant,
            nearly_constant,
            outliers,
            unreadable: Bounded { total: found.unreadable_total, shown: unreadable.collect() },
            bad_files: Bounded { total: dataset.bad_files.len() as u64, shown: bad.collect() },
            notes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balance_of_even_and_uneven_classes() {
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let even = balance(&names, &[5, 5, 5, 5]);
        assert_eq!((even.imbalance_ratio, even.entropy_bits, even.evenness), (1.0, 2.0, 1.0));
        let uneven = balance(&names[..2], &[30, 10]);
        assert_eq!((uneven.imbalance_ratio, uneven.classes[1].share), (3.0, 0.25));
        // scipy.stats.entropy([3, 1], base=2)
        assert!((uneven.entropy_bits - 0.811_278_124_459_132_8).abs() < 1e-12);
        let one = balance(&names[..1], &[7]);
        assert_eq!((one.imbalance_ratio, one.entropy_bits, one.evenness), (1.0, 0.0, 0.0));
    }

    #[test]
    fn medians_and_ratios() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut []), 0.0);
        let mut counts = vec![0; ASPECT_BINS];
        for (width, height) in [(64, 64), (65, 64), (1, 1000), (1000, 1), (200, 100), (199, 100)] {
            counts[aspect_bin(width, height)] += 1;
        }
        let bins: Vec<_> = aspects(&counts).iter().map(|b| (b.from, b.to, b.images)).collect();
        assert_eq!(
            bins,
            [(0.0, Some(0.25), 1), (0.9, Some(1.0 / 0.9), 2), (1.5, Some(2.0), 1), (2.0, Some(4.0), 1), (4.0, None, 1)]
        );
    }

    /// Slices of a scanner span little of what floats could; an empty one spans little of that.
    #[test]
    fn what_is_usual_is_told_of_the_images_themselves() {
        let record = |scale, range| Record { scale, range, ..Record::default() };
        let records = [
            record(Scale::Byte, 0.5),
            record(Scale::Unit, 0.0),
            record(Scale::Unit, 4.0),
            record(Scale::Unit, 400.0),
            record(Scale::Unit, 1e30),
            Record { mean: f32::NAN, ..record(Scale::Wide, 1.0) },
        ];
        let [bytes, wide, floats] = Scale::ALL.map(|scale| usual_range(&records, scale));
        assert_eq!((bytes, wide, floats), (1.0, 0.0, 400.0));
    }

    #[test]
    fn a_record_stays_small() {
        assert!(size_of::<Record>() <= 192, "{}", size_of::<Record>());
    }
}
