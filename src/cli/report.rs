//! The figures of an evaluation, for machines and for people: one set of names for a run's test and for `evaluate`.

use crate::console::one_line;
use crate::protocol::TestReport;
use serde_json::{Value, json};

/// The figures over all classes, by their names.
pub(super) fn figures(report: &TestReport) -> [(&'static str, Value); 10] {
    [
        ("loss", json!(report.loss)),
        ("accuracy", json!(report.accuracy)),
        ("auc", json!(report.auc)),
        ("average_precision", json!(report.average_precision)),
        ("f1", json!(report.f1)),
        ("balanced_accuracy", json!(report.balanced_accuracy)),
        ("kappa", json!(report.kappa)),
        ("mcc", json!(report.mcc)),
        ("calibration_error", json!(report.calibration_error)),
        ("top_k", json!(report.top_k)),
    ]
}

/// The same and each class's in lines of text.
pub(super) fn lines(report: &TestReport) -> Vec<String> {
    let show = |figure: Option<f64>| figure.map_or_else(|| "N/A".to_owned(), |figure| format!("{figure:.4}"));
    let mut lines = vec![
        format!(
            "accuracy {:.4}, loss {:.4}, AUC {}, average precision {}, F1 {}, balanced accuracy {}",
            report.accuracy,
            report.loss,
            show(report.auc),
            show(report.average_precision),
            show(report.f1),
            show(report.balanced_accuracy)
        ),
        format!(
            "kappa {}, MCC {}, calibration error {}{}",
            show(report.kappa),
            show(report.mcc),
            show(report.calibration_error),
            report
                .top_k
                .iter()
                .enumerate()
                .skip(1)
                .map(|(k, share)| format!(", top {} {share:.4}", k + 1))
                .collect::<String>()
        ),
        format!(
            "{:<24} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "class", "precision", "recall", "F1", "AUC", "AP", "images"
        ),
    ];
    for class in &report.classes {
        lines.push(format!(
            "{:<24} {:>9.4} {:>9.4} {:>9.4} {:>9} {:>9} {:>9}",
            one_line(&class.name),
            class.precision,
            class.recall,
            class.f1,
            show(class.auc),
            show(class.average_precision),
            class.support
        ));
    }
    lines
}
