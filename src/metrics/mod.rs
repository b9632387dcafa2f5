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

impl Evaluation {
    /// Judges `logits` (`[N, classes]`, row by row) against `labels`. The first of equal logits wins.
    ///
    /// # Errors
    /// No image, lengths that do not fit, or a label that is no class.
    pub fn from_logits(classes: usize, labels: &[u32], logits: &[f64]) -> Result<Self, MetricsError> {
        check(classes, labels, logits.len())?;
        let mut probabilities = logits.to_vec();
        let mut confusion = vec![vec![0; classes]; classes];
        let mut loss = 0.0;
        for (row, &label) in probabilities.chunks_exact_mut(classes).zip(labels) {
            let label = label as usize;
            confusion[label][first_maximum(row)] += 1;
            loss += softmax(row, label);
        }
        Ok(Self {
            loss: loss / labels.len() as f64,
            class_auc: (0..classes).map(|class| class_auc(class, classes, labels, &probabilities)).collect(),
            classes: (0..classes).map(|class| class_figures(&confusion, class)).collect(),
            confusion,
        })
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
    if labels.is_empty() {
        return Err(MetricsError::Empty);
    }
    match labels.iter().find(|&&label| label as usize >= classes) {
        Some(&label) => Err(MetricsError::Label { label, classes }),
        None => Ok(()),
    }
}

fn first_maximum(row: &[f64]) -> usize {
    let mut best = 0;
    for (i, v) in row.iter().enumerate() {
        if *v > row[best] || row[best].is_nan() && !v.is_nan() {
            best = i;
        }
    }
    best
}

/// Logits to probabilities in place; the cross entropy of `label`.
fn softmax(row: &mut [f64], label: usize) -> f64 {
    let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let logit = row[label];
    let mut sum = 0.0;
    for v in row.iter_mut() {
        *v = (*v - top).exp();
        sum += *v;
    }
    for v in row.iter_mut() {
        *v /= sum;
    }
    sum.ln() + top - logit
}

/// MONAI's `_calculate` of `metrics/rocauc.py`, ties half: for each group of equal scores, its positives against the
/// negatives below and half of those beside. Counts are exact, so the order within a tie does not matter.
fn class_auc(class: usize, classes: usize, labels: &[u32], probabilities: &[f64]) -> Option<f64> {
    let mut scored: Vec<(f64, bool)> = probabilities
        .chunks_exact(classes)
        .zip(labels)
        .map(|(row, &label)| (row[class], label as usize == class))
        .collect();
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
    fn a_network_that_diverged_does_not_panic() {
        let nan = evaluate(2, &[0, 1], &[f64::NAN, 0.0, f64::INFINITY, 1.0]);
        assert!(nan.loss().is_nan() && nan.roc_auc_macro().is_none());
        assert_eq!(nan.images(), 2);
    }
}
