//! How good predictions are, in plain `f64`: accuracy, loss, MONAI's ROC AUC, confusion, calibration, per-class figures.
//!
//! Runs on any thread; knows no tensors, files or networks. Imports nothing of this crate.

mod certainty;
mod scores;

use certainty::Certainty;
use scores::{Areas, Scale, Scores};
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
    class_areas: Vec<Areas>,
    confusion: Vec<Vec<u64>>,
    classes: Vec<ClassFigures>,
    calibration_error: Option<f64>,
    top_k: Vec<f64>,
}

/// Judges predictions as they come, batch by batch. Logits are kept only as far as areas under curves need them, and no more of
/// them than some millions.
#[derive(Debug, Clone)]
pub struct Tally<T> {
    classes: usize,
    images: u64,
    scores: Scores<T>,
    certainty: Certainty,
    confusion: Vec<Vec<u64>>,
    loss_sum: f64,
}

impl<T: Copy + Into<f64>> Tally<T> {
    pub fn new(classes: usize) -> Self {
        Self {
            classes,
            images: 0,
            scores: Scores::new(classes),
            certainty: Certainty::new(classes),
            confusion: vec![vec![0; classes]; classes],
            loss_sum: 0.0,
        }
    }

    /// Images so far.
    pub fn images(&self) -> u64 {
        self.images
    }

    /// Takes in `logits` (`[N, classes]`, row by row) of images with these `labels`. The first of equal logits wins.
    ///
    /// # Errors
    /// Lengths that do not fit, or a label that is no class; nothing is taken in then.
    pub fn add(&mut self, labels: &[u32], logits: &[T]) -> Result<(), MetricsError> {
        check(self.classes, labels, logits.len())?;
        for (row, &label) in logits.chunks_exact(self.classes).zip(labels) {
            let class = label as usize;
            let predicted = first_maximum(row);
            self.confusion[class][predicted] += 1;
            let scale = Scale::of(row);
            let own: f64 = row[class].into();
            self.loss_sum += scale.sum.ln() + scale.top - own;
            let before = |(i, logit): (usize, &T)| {
                let logit: f64 = (*logit).into();
                i != class && !(logit < own || logit == own && i > class)
            };
            let place = row.iter().enumerate().filter(|logit| before(*logit)).count();
            let best: f64 = row[predicted].into();
            self.certainty.add(scale.probability(best), predicted == class, place);
            self.scores.add(label, row, scale);
        }
        self.images += labels.len() as u64;
        Ok(())
    }

    /// The figures over all of it.
    ///
    /// # Errors
    /// There was no image.
    pub fn finish(self) -> Result<Evaluation, MetricsError> {
        if self.images == 0 {
            return Err(MetricsError::Empty);
        }
        Ok(Evaluation {
            loss: self.loss_sum / self.images as f64,
            class_areas: self.scores.areas(),
            classes: (0..self.classes).map(|class| class_figures(&self.confusion, class)).collect(),
            confusion: self.confusion,
            calibration_error: self.certainty.calibration_error(),
            top_k: self.certainty.top_k(),
        })
    }
}

impl Evaluation {
    /// Judges all of them at once, as [`Tally`] does.
    ///
    /// # Errors
    /// No image, lengths that do not fit, or a label that is no class.
    #[cfg(test)]
    fn from_logits(classes: usize, labels: &[u32], logits: &[f64]) -> Result<Self, MetricsError> {
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
        let sum: Option<f64> = self.class_roc_auc().sum();
        sum.map(|sum| sum / self.class_areas.len() as f64)
    }

    /// ROC AUC of each class against the rest, where it has one.
    pub fn class_roc_auc(&self) -> impl Iterator<Item = Option<f64>> {
        self.class_areas.iter().map(|areas| areas.roc)
    }

    /// scikit-learn's `average_precision_score` (the area under precision and recall), averaged over classes; `None` where a class
    /// has no image, or a logit is not a number.
    pub fn average_precision_macro(&self) -> Option<f64> {
        let sum: Option<f64> = self.class_average_precision().sum();
        sum.map(|sum| sum / self.class_areas.len() as f64)
    }

    /// Average precision of each class against the rest, where it has one.
    pub fn class_average_precision(&self) -> impl Iterator<Item = Option<f64>> {
        self.class_areas.iter().map(|areas| areas.precision_recall)
    }

    /// The expected calibration error (Guo et al. 2017) of the predicted class's probability, in 15 bins; `None` where a logit is not
    /// a number.
    pub fn calibration_error(&self) -> Option<f64> {
        self.calibration_error
    }

    /// Shares of images whose true class is the first, among the first two, and so on: up to five, and fewer than there are
    /// classes.
    pub fn top_k(&self) -> &[f64] {
        &self.top_k
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

    /// Places 0, 1, 2 and 1 of four classes; the last is a tie, in which the first wins.
    #[test]
    fn the_true_class_is_among_the_first() {
        let logits = [4., 3., 2., 1., 3., 4., 2., 1., 3., 4., 2., 1., 1., 9., 9., 0.];
        let found = evaluate(4, &[0, 0, 2, 2], &logits);
        assert_eq!(found.top_k(), [0.25, 0.75, 1.0]);
        assert_eq!(found.top_k()[0], found.accuracy());
        assert_eq!(evaluate(2, &[0, 1], &[0.0; 4]).top_k(), [0.5]);
    }

    /// Two images at 0.9 of which one is right, two at 0.6 of which both are: (|1 - 1.8| + |2 - 1.2|) / 4.
    #[test]
    fn calibration_is_hits_against_probabilities() {
        let row = |p: f64| [p.ln(), (1.0 - p).ln()];
        let logits = [row(0.9), row(0.9), row(0.6), row(0.6)].concat();
        let error = evaluate(2, &[0, 1, 0, 0], &logits).calibration_error().unwrap();
        assert!((error - 0.4).abs() < 1e-12, "{error}");
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
        assert!(nan.loss().is_nan() && nan.roc_auc_macro().is_none() && nan.calibration_error().is_none());
        assert_eq!(nan.images(), 2);
    }
}
