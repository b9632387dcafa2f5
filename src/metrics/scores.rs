//! Each class's scores against the rest, from which areas under curves are made: every score while they are few, counts by score
//! when they are many.

/// Scores that are kept one by one: 64 MiB of `f32`. Beyond, they are counted in bins, and an area is exact but for the order
/// within a bin.
const MOST_KEPT: usize = 1 << 24;
/// Bins of a class, fewer where there are very many classes.
const MOST_BINS: usize = 4096;
const FEWEST_BINS: usize = 64;
/// Bins are even in the log odds from minus to plus this.
const LOG_ODDS: f64 = 20.0;

/// What makes a logit of an image a probability.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// The largest logit.
    pub top: f64,
    /// The sum of the exponentials of all less that one.
    pub sum: f64,
}

impl Scale {
    pub fn of<T: Copy + Into<f64>>(row: &[T]) -> Self {
        let value = |v: &T| -> f64 { (*v).into() };
        let top = row.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
        Self { top, sum: row.iter().map(|v| (value(v) - top).exp()).sum() }
    }

    pub fn probability(self, logit: f64) -> f64 {
        (logit - self.top).exp() / self.sum
    }
}

/// The scores of every class.
#[derive(Debug, Clone)]
pub(super) struct Scores<T> {
    classes: usize,
    most_kept: usize,
    kept: Kept<T>,
}

#[derive(Debug, Clone)]
enum Kept<T> {
    /// Image by image.
    All { labels: Vec<u32>, logits: Vec<T>, scales: Vec<Scale> },
    /// Class by class: other images, and its own, by bin; whether a score was no number.
    Counts(Vec<Counts>),
}

#[derive(Debug, Clone)]
struct Counts {
    bins: Vec<[u32; 2]>,
    is_number: bool,
}

/// Areas of a class against the rest; `None` where the class has no image (of the ROC curve also where there is no other), or a
/// score is no number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Areas {
    pub roc: Option<f64>,
    pub precision_recall: Option<f64>,
}

impl<T: Copy + Into<f64>> Scores<T> {
    pub fn new(classes: usize) -> Self {
        Self::keeping(classes, MOST_KEPT)
    }

    fn keeping(classes: usize, most_kept: usize) -> Self {
        let kept = Kept::All { labels: Vec::new(), logits: Vec::new(), scales: Vec::new() };
        Self { classes, most_kept, kept }
    }

    /// Takes in an image.
    pub fn add(&mut self, label: u32, row: &[T], scale: Scale) {
        if let Kept::All { labels, logits, scales } = &mut self.kept {
            if logits.len() + row.len() <= self.most_kept {
                labels.push(label);
                logits.extend_from_slice(row);
                scales.push(scale);
                return;
            }
            let mut counts = vec![Counts::new(self.classes); self.classes];
            for ((row, scale), label) in logits.chunks_exact(self.classes.max(1)).zip(scales).zip(labels) {
                count(&mut counts, *label, row, *scale);
            }
            self.kept = Kept::Counts(counts);
        }
        if let Kept::Counts(counts) = &mut self.kept {
            count(counts, label, row, scale);
        }
    }

    /// The areas of each class.
    pub fn areas(&self) -> Vec<Areas> {
        let of = |class: usize| match &self.kept {
            Kept::All { labels, logits, scales } => {
                let mut scored: Vec<(f64, bool)> = Vec::with_capacity(labels.len());
                for ((row, scale), label) in logits.chunks_exact(self.classes).zip(scales).zip(labels) {
                    let logit: f64 = row[class].into();
                    scored.push((scale.probability(logit), *label as usize == class));
                }
                if scored.iter().any(|(score, _)| score.is_nan()) {
                    return Areas::default();
                }
                scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                let ties = scored.chunk_by(|a, b| a.0 == b.0);
                let counts = ties.map(|tie| {
                    let own = tie.iter().filter(|(_, own)| *own).count();
                    [(tie.len() - own) as f64, own as f64]
                });
                areas(&counts.collect::<Vec<_>>())
            }
            Kept::Counts(counts) if counts[class].is_number => {
                areas(&counts[class].bins.iter().map(|bin| bin.map(f64::from)).collect::<Vec<_>>())
            }
            Kept::Counts(_) => Areas::default(),
        };
        (0..self.classes).map(of).collect()
    }
}

impl Counts {
    fn new(classes: usize) -> Self {
        let bins = (MOST_KEPT / classes.max(1)).clamp(FEWEST_BINS, MOST_BINS);
        Self { bins: vec![[0; 2]; bins], is_number: true }
    }
}

fn count<T: Copy + Into<f64>>(counts: &mut [Counts], label: u32, row: &[T], scale: Scale) {
    for (class, (logit, counts)) in row.iter().zip(counts).enumerate() {
        let logit: f64 = (*logit).into();
        let own = (logit - scale.top).exp();
        let log_odds = (own / (scale.sum - own).max(0.0)).ln();
        counts.is_number &= !log_odds.is_nan();
        let place = (log_odds / (2.0 * LOG_ODDS) + 0.5).clamp(0.0, 1.0);
        let bin = ((place * counts.bins.len() as f64) as usize).min(counts.bins.len() - 1);
        counts.bins[bin][usize::from(label as usize == class)] += 1;
    }
}

/// From the numbers of other and own images of each score, in rising order of scores.
///
/// The area under the ROC curve is MONAI's `_calculate` of `metrics/rocauc.py`, ties half: for each group of equal scores, its own
/// against the others below and half of those beside. That under precision and recall is scikit-learn's `average_precision_score`.
fn areas(groups: &[[f64; 2]]) -> Areas {
    let (mut others, mut owns, mut area) = (0.0, 0.0, 0.0);
    for [other, own] in groups {
        area += own * (others + other / 2.0);
        others += other;
        owns += own;
    }
    let (mut seen, mut hits, mut precision) = (0.0, 0.0, 0.0);
    for [other, own] in groups.iter().rev() {
        hits += own;
        seen += own + other;
        if *own > 0.0 {
            precision += own * hits / seen;
        }
    }
    Areas {
        roc: (others > 0.0 && owns > 0.0).then(|| area / (others * owns)),
        precision_recall: (owns > 0.0).then(|| precision / owns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many images of three classes, whose logits say something of them.
    fn scores(most_kept: usize) -> Scores<f32> {
        let mut scores = Scores::keeping(3, most_kept);
        for image in 0..5000_u32 {
            let noise = |class: u32| {
                let h = (image * 3 + class + 1).wrapping_mul(2_654_435_761);
                let h = (h ^ (h >> 15)).wrapping_mul(0x85eb_ca6b);
                (h ^ (h >> 13)) % 1000
            };
            let label = image % 3;
            let row = [0, 1, 2].map(|class| noise(class) as f32 / 200.0 + if class == label { 1.5 } else { 0.0 });
            scores.add(label, &row, Scale::of(&row));
        }
        scores
    }

    #[test]
    fn counted_scores_give_the_areas_of_those_that_are_kept() {
        let (all, counted) = (scores(usize::MAX), scores(3000));
        assert!(matches!(all.kept, Kept::All { .. }) && matches!(counted.kept, Kept::Counts(_)));
        for (exact, binned) in all.areas().into_iter().zip(counted.areas()) {
            let (roc, precision) = (exact.roc.unwrap(), exact.precision_recall.unwrap());
            assert!(roc > 0.6 && roc < 0.95, "{roc}");
            assert!((roc - binned.roc.unwrap()).abs() < 1e-4, "{roc} {binned:?}");
            assert!((precision - binned.precision_recall.unwrap()).abs() < 1e-3, "{precision} {binned:?}");
        }
    }

    #[test]
    fn certain_scores_and_none_at_all_fall_into_bins() {
        let mut scores = Scores::<f64>::keeping(2, 0);
        for (label, row) in [(0, [500.0, -500.0]), (1, [-500.0, 500.0])] {
            scores.add(label, &row, Scale::of(&row));
        }
        assert_eq!(scores.areas(), [Areas { roc: Some(1.0), precision_recall: Some(1.0) }; 2]);
        scores.add(0, &[f64::NAN, 0.0], Scale::of(&[f64::NAN, 0.0]));
        assert_eq!(scores.areas()[0], Areas::default());
    }
}
