//! The figures of an evaluation, for machines and for people: one set of names for a run's test and for `evaluate`.

use crate::console::{fill, fill_front, one_line};
use crate::language::Arg;
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
        tr!(
            "command-report-figures",
            accuracy = Arg::number(report.accuracy, 4),
            loss = Arg::number(report.loss, 4),
            auc = show(report.auc),
            average_precision = show(report.average_precision),
            f1 = show(report.f1),
            balanced_accuracy = show(report.balanced_accuracy)
        ),
        tr!(
            "command-report-more-figures",
            kappa = show(report.kappa),
            mcc = show(report.mcc),
            calibration_error = show(report.calibration_error)
        ),
    ];
    for (k, share) in report.top_k.iter().enumerate().skip(1) {
        lines.push(tr!("command-report-top-k", k = k + 1, share = Arg::number(*share, 4)));
    }
    let [class, precision, recall, images] = [
        msg!("command-column-class"),
        msg!("command-column-precision"),
        msg!("command-column-recall"),
        msg!("command-column-images"),
    ];
    let [precision, recall, images] = [precision, recall, images].map(|title| fill_front(title, 9));
    lines.push(format!("{} {precision} {recall} {:>9} {:>9} {:>9} {images}", fill(class, 24), "F1", "AUC", "AP"));
    for class in &report.classes {
        lines.push(format!(
            "{} {:>9.4} {:>9.4} {:>9.4} {:>9} {:>9} {:>9}",
            fill(one_line(&class.name), 24),
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
