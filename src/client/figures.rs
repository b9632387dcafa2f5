//! The figures of an evaluation over all classes, with their names: for the page of results and the report.

use crate::language::Message;
use crate::protocol::TestReport;

/// Name, meaning and value; `N/A` where there is none. Figures that a record of before has not are left out.
pub struct Figure {
    pub name: Message,
    pub meaning: Message,
    pub value: String,
}

/// Every figure that is known of the test.
pub fn figures_of(report: &TestReport) -> Vec<Figure> {
    let four = |value: f64| if value.is_finite() { format!("{value:.4}") } else { "N/A".to_owned() };
    let figure = |key: &str, value: f64| Figure {
        name: msg!("page-results-figure", figure = key),
        meaning: msg!("page-results-figure-meaning", figure = key),
        value: four(value),
    };
    let mut figures = vec![figure("accuracy", report.accuracy)];
    // The first is the accuracy.
    for (k, share) in report.top_k.iter().enumerate().skip(1) {
        let k = (k + 1).to_string();
        figures.push(Figure {
            name: msg!("page-results-top-k", k = k.clone()),
            meaning: msg!("page-results-top-k-meaning", k),
            value: four(*share),
        });
    }
    figures.push(figure("loss", report.loss));
    let optional = [
        ("auc", report.auc),
        ("average-precision", report.average_precision),
        ("f1", report.f1),
        ("balanced-accuracy", report.balanced_accuracy),
        ("kappa", report.kappa),
        ("mcc", report.mcc),
        ("calibration-error", report.calibration_error),
    ];
    figures.extend(optional.into_iter().filter_map(|(key, value)| Some(figure(key, value?))));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_record_has_not_is_left_out() {
        let old = TestReport { accuracy: 0.75, loss: 0.5, auc: Some(0.875), ..TestReport::default() };
        let values = |report: &TestReport| -> Vec<String> {
            figures_of(report).into_iter().map(|figure| figure.value).collect()
        };
        assert_eq!(values(&old), ["0.7500", "0.5000", "0.8750"]);
        let new = TestReport { top_k: vec![0.75, 0.9], calibration_error: Some(0.03), ..old };
        assert_eq!(values(&new), ["0.7500", "0.9000", "0.5000", "0.8750", "0.0300"]);
    }
}
