//! The metrics against MONAI's and scikit-learn's, where the golden files are at hand.

#[path = "common/missing.rs"]
mod missing;

use missing::missing;
use serde::Deserialize;
use std::collections::BTreeMap;
use trainscope::metrics::Tally;

#[derive(Deserialize)]
struct Case {
    classes: usize,
    labels: Vec<u32>,
    logits: Vec<Vec<f64>>,
    monai_roc_auc_macro: f64,
    accuracy: f64,
    confusion: Vec<Vec<u64>>,
    f1_macro: f64,
    balanced_accuracy: f64,
    kappa: f64,
    mcc: f64,
    log_loss: f64,
    average_precision_macro: f64,
    report: BTreeMap<String, serde_json::Value>,
}

#[track_caller]
fn close(what: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9, "{what}: {ours}, expected {theirs}");
}

#[test]
fn every_figure_is_the_reference_implementations() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/models/metrics.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        return missing(format_args!("no golden file at {path}"));
    };
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let mut tally = Tally::new(case.classes);
        tally.add(&case.labels, &case.logits.concat()).unwrap();
        let ours = tally.finish().unwrap();
        assert_eq!(ours.confusion(), case.confusion);
        close("accuracy", ours.accuracy(), case.accuracy);
        close("auc", ours.roc_auc_macro().unwrap(), case.monai_roc_auc_macro);
        close("loss", ours.loss(), case.log_loss);
        close("f1", ours.f1_macro(), case.f1_macro);
        close("balanced accuracy", ours.balanced_accuracy(), case.balanced_accuracy);
        close("kappa", ours.kappa().unwrap(), case.kappa);
        close("average precision", ours.average_precision_macro().unwrap(), case.average_precision_macro);
        close("mcc", ours.mcc(), case.mcc);
        for (class, figures) in ours.class_reports().iter().enumerate() {
            let report = &case.report[&class.to_string()];
            close("precision", figures.precision, report["precision"].as_f64().unwrap());
            close("recall", figures.recall, report["recall"].as_f64().unwrap());
            close("f1", figures.f1, report["f1-score"].as_f64().unwrap());
            close("support", figures.support as f64, report["support"].as_f64().unwrap());
        }
    }
}
