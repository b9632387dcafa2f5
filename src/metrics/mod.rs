//! How good predictions are, in plain `f64`: accuracy, loss, MONAI's ROC AUC, confusion, per-class figures.
//!
//! Runs on any thread; knows no tensors, files or networks. Imports nothing of this crate.

use serde::{Deserialize, Serialize};

/// Logits and labels that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    #[error("no image to judge the predictions by")]
    Empty,
    #[error("{logits} logits do not fit {labels} labels of {classes} classes")]
    Shape { logits: usize, labels: usize, classes: usize },
    #[error("label {label} is not below the {classes} classes")]
    Label { label: u32, classes: usize },
}

/// One class as scikit-learn's `classification_report` counts it; 0 where there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Images of this class.
    pub support: u64,
}

/// Figures over a set of images. Shares are 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    loss: f64,
    class_auc: Vec<Option<f64>>,
    confusion: Vec<Vec<u64>>,
    classes: Vec<ClassFigures>,
}

/// Judges predictions as they come, batch by batch. Of each logit it keeps what it was given (four bytes of an `f32`) and of
/// each image the two numbers that make it a probability: the ROC AUC needs all of them at once.
#[derive(Debug, Clone)]
pub struct Tally<T> {
    classes: usize,
    labels: Vec<u32>,
    logits: Vec<T>,
    /// Of each image the largest logit and the sum of the exponentials of all less that one.
    scales: Vec<(f64, f64)>,
    confusion: Vec<Vec<u64>>,
    loss_sum: f64,
}

impl<T: Copy + Into<f64>> Tally<T> {
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            labels: Vec::new(),
            logits: Vec::new(),
            scales: Vec::new(),
            confusion: vec![vec![0; classes]; classes],
            loss_sum: 0.0,
        }
    }

    /// Images so far.
    pub fn images(&self) -> u64 {
        self.labels.len() as u64
    }

    /// Takes in `logits` (`[N, classes]`, row by row) of images with these `labels`. The first of equal logits wins.
    ///
    /// # Errors
    /// Lengths that do not fit, or a label that is no class; nothing is taken in then.
    pub fn add(&mut self, labels: &[u32], logits: &[T]) -> Result<(), MetricsError> {
        check(self.classes, labels, logits.len())?;
        for (row, &label) in logits.chunks_exact(self.classes).zip(labels) {
            let label = label as usize;
            self.confusion[label][first_maximum(row)] += 1;
            let top = row.iter().map(|v| (*v).into()).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|v| ((*v).into() - top).exp()).sum();
            self.loss_sum += sum.ln() + top - row[label].into();
            self.scales.push((top, sum));
        }
        self.labels.extend_from_slice(labels);
        self.logits.extend_from_slice(logits);
        Ok(())
    }

    /// The figures over all of it.
    ///
    /// # Errors
    /// There was no image.
    pub fn finish(self) -> Result<Evaluation, MetricsError> {
        if self.labels.is_empty() {
            return Err(MetricsError::Empty);
        }
        Ok(Evaluation {
            loss: self.loss_sum / self.labels.len() as f64,
            class_auc: (0..self.classes).map(|class| self.class_auc(class)).collect(),
            classes: (0..self.classes).map(|class| class_figures(&self.confusion, class)).collect(),
            confusion: self.confusion,
        })
    }

    /// MONAI's `_calculate` of `metrics/rocauc.py`, ties half: for each group of equal scores, its positives against the
    /// negatives below and half of those beside. Counts are exact, so the order within a tie does not matter.
    fn class_auc(&self, class: usize) -> Option<f64> {
        let rows = self.logits.chunks_exact(self.classes).zip(&self.scales).zip(&self.labels);
        let probability = |row: &[T], (top, sum): (f64, f64)| (row[class].into() - top).exp() / sum;
        let mut scored: Vec<(f64, bool)> =
            rows.map(|((row, scale), label)| (probability(row, *scale), *label as usize == class)).collect();
        if scored.iter().any(|(score, _)| score.is_nan()) {
            return None;
        }
        scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut negatives, mut positives, mut area) = (0.0, 0.0, 0.0);
        for tie in scored.chunk_by(|a, b| a.0 == b.0) {
            let tie_positives = tie.iter().filter(|(_, positive)| *positive).count() as f64;
            let tie_negatives = tie.len() as f64 - tie_positives;
            area += tie_positives * (negatives + tie_negatives / 2.0);
            negatives += tie_negatives;
            positives += tie_positives;
        }
        (negatives > 0.0 && positives > 0.0).then(|| area / (negatives * positives))
    }
}

impl Evaluation {
    /// Judges all of them at once, as [`Tally`] does.
    ///
    /// # Errors
    /// No image, lengths that do not fit, or a label that is no class.
    pub fn from_logits(classes: usize, labels: &[u32], logits: &[f64]) -> Result<Self, MetricsError> {
        let mut tally = Tally::new(classes);
        tally.add(labels, logits)?;
        tally.finish()
    }

    /// Images that were judged; at least 1.
    pub fn images(&self) -> u64 {
        self.confusion.iter().flatten().sum()
    }

    /// Share of images whose class was predicted.
    pub fn accuracy(&self) -> f64 {
        self.hits() / self.images() as f64
    }

    /// Mean cross entropy of the softmax in nats, as PyTorch's `CrossEntropyLoss`; not finite where logits are not.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// MONAI's `ROCAUCMetric`, one class against the rest, averaged over classes; `None` where a class has no
    /// image, or all of them, or a logit is not a number.
    pub fn roc_auc_macro(&self) -> Option<f64> {
        let sum: Option<f64> = self.class_auc.iter().copied().sum();
        sum.map(|sum| sum / self.class_auc.len() as f64)
    }

    /// ROC AUC of each class against the rest, where it has one.
    pub fn class_roc_auc(&self) -> &[Option<f64>] {
        &self.class_auc
    }

    /// Rows are the true classes, columns the predicted.
    pub fn confusion(&self) -> &[Vec<u64>] {
        &self.confusion
    }

    /// Figures of each class.
    pub fn class_reports(&self) -> &[ClassFigures] {
        &self.classes
    }

    /// Mean F1 of the classes that occur in labels or predictions, as scikit-learn's.
    pub fn f1_macro(&self) -> f64 {
        let occurring = self.margins().zip(&self.classes).filter(|((trues, predicted), _)| trues + predicted > 0.0);
        mean(occurring.map(|(_, figures)| figures.f1))
    }

    /// Mean recall of the classes that occur in labels.
    pub fn balanced_accuracy(&self) -> f64 {
        mean(self.classes.iter().filter(|f| f.support > 0).map(|f| f.recall))
    }

    /// Cohen's kappa; `None` where chance alone explains everything (one class only).
    pub fn kappa(&self) -> Option<f64> {
        let n = self.images() as f64;
        let chance = self.margins().map(|(t, p)| t * p).sum::<f64>() / (n * n);
        (chance < 1.0).then(|| (self.accuracy() - chance) / (1.0 - chance))
    }

    /// Matthews correlation coefficient for many classes (Gorodkin 2004); 0 where it is not defined.
    pub fn mcc(&self) -> f64 {
        let n = self.images() as f64;
        let (mut both, mut trues, mut predictions) = (0.0, 0.0, 0.0);
        for (t, p) in self.margins() {
            both += t * p;
            trues += t * t;
            predictions += p * p;
        }
        let below = (n * n - predictions) * (n * n - trues);
        if below > 0.0 { (self.hits() * n - both) / below.sqrt() } else { 0.0 }
    }

    fn hits(&self) -> f64 {
        self.confusion.iter().enumerate().map(|(class, row)| row[class]).sum::<u64>() as f64
    }

    /// (true images, predicted images) of each class.
    fn margins(&self) -> impl Iterator<Item = (f64, f64)> {
        let predicted = |class: usize| self.confusion.iter().map(|row| row[class]).sum::<u64>() as f64;
        self.classes.iter().enumerate().map(move |(class, figures)| (figures.support as f64, predicted(class)))
    }
}

fn check(classes: usize, labels: &[u32], logits: usize) -> Result<(), MetricsError> {
    if classes == 0 || labels.len().checked_mul(classes) != Some(logits) {
        return Err(MetricsError::Shape { logits, labels: labels.len(), classes });
    }
    match labels.iter().find(|&&label| label as usize >= classes) {
        Some(&label) => Err(MetricsError::Label { label, classes }),
        None => Ok(()),
    }
}

fn first_maximum<T: Copy + Into<f64>>(row: &[T]) -> usize {
    let mut best = 0;
    for (i, v) in row.iter().enumerate() {
        let (v, so_far): (f64, f64) = ((*v).into(), row[best].into());
        if v > so_far || so_far.is_nan() && !v.is_nan() {
            best = i;
        }
    }
    best
}

fn class_figures(confusion: &[Vec<u64>], class: usize) -> ClassFigures {
    let hits = confusion[class][class];
    let support: u64 = confusion[class].iter().sum();
    let predicted: u64 = confusion.iter().map(|row| row[class]).sum();
    ClassFigures {
        precision: ratio(hits, predicted),
        recall: ratio(hits, support),
        f1: ratio(2 * hits, support + predicted),
        support,
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0u32), |(sum, n), v| (sum + v, n + 1));
    if n == 0 { 0.0 } else { sum / f64::from(n) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(classes: usize, labels: &[u32], logits: &[f64]) -> Evaluation {
        Evaluation::from_logits(classes, labels, logits).unwrap()
    }

    #[test]
    fn ties_count_half() {
        let all_equal = evaluate(2, &[0, 1, 1, 0], &[0.0; 8]);
        assert_eq!(all_equal.roc_auc_macro(), Some(0.5));
        assert_eq!(all_equal.confusion(), [[2, 0], [2, 0]]);
        assert!((all_equal.loss() - 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_defined_is_none() {
        let one_class = evaluate(3, &[0, 0], &[1., 0., 0., 0., 1., 0.]);
        assert_eq!((one_class.roc_auc_macro(), one_class.accuracy(), one_class.mcc()), (None, 0.5, 0.0));
        assert_eq!(one_class.class_reports()[2], ClassFigures { precision: 0.0, recall: 0.0, f1: 0.0, support: 0 });
        assert_eq!(evaluate(1, &[0], &[3.0]).kappa(), None);
        assert_eq!(Evaluation::from_logits(2, &[], &[]), Err(MetricsError::Empty));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(matches!(Evaluation::from_logits(2, &[0], &[0.0]), Err(MetricsError::Shape { .. })));
        assert!(matches!(Evaluation::from_logits(2, &[2], &[0.0; 2]), Err(MetricsError::Label { label: 2, .. })));
        assert!(matches!(Evaluation::from_logits(0, &[], &[]), Err(MetricsError::Shape { .. })));
    }

    #[test]
    fn in_parts_it_is_the_same_as_at_once() {
        let labels: Vec<u32> = (0..30).map(|i| i * 7 % 3).collect();
        let logits: Vec<f32> = (0..90).map(|i| ((i * 37 % 11) as f32 - 5.0) / 3.0).collect();
        let as_f64: Vec<f64> = logits.iter().map(|v| f64::from(*v)).collect();
        let mut tally = Tally::new(3);
        for (labels, logits) in labels.chunks(7).zip(logits.chunks(21)) {
            tally.add(labels, logits).unwrap();
        }
        assert_eq!(tally.add(&[3], &[0.0; 3]), Err(MetricsError::Label { label: 3, classes: 3 }));
        assert_eq!((tally.images(), tally.finish()), (30, Evaluation::from_logits(3, &labels, &as_f64)));
    }

    #[test]
    fn a_network_that_diverged_does_not_panic() {
        let nan = evaluate(2, &[0, 1], &[f64::NAN, 0.0, f64::INFINITY, 1.0]);
        assert!(nan.loss().is_nan() && nan.roc_auc_macro().is_none());
        assert_eq!(nan.images(), 2);
    }
}
