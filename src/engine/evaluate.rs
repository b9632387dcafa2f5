//! A pass over the validation or the test images with the chain's deterministic part.

use super::RunError;
use super::mailbox::Mailbox;
use super::trains::Evaluates;
use crate::data::Dtype;
use crate::loader::{Batch, LeftOutAt, Loader, Next, SampleFailure};
use crate::metrics::{Evaluation, Tally};
use crate::protocol::{ClassReport, Event, RunPhase, TestReport};
use crate::train::Pixels;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(50);
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// What is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evaluating {
    pub phase: RunPhase,
    /// Images.
    pub total: u64,
    pub classes: usize,
}

/// What a pass came to.
pub(super) struct Pass {
    pub evaluation: Evaluation,
    /// Images that it did without, those in quarantine among them.
    pub failures: Vec<SampleFailure>,
    /// Images that were to be judged, without those in quarantine.
    pub wanted: u64,
}

/// So few of the images were judged that the figures do not stand beside those of all of them.
pub(super) fn is_partial(judged: u64, of: u64) -> bool {
    judged * 20 < of * 19
}

/// A batch's pixels as the device takes them.
pub(super) fn pixels_of(batch: &Batch) -> Pixels<'_> {
    match batch.dtype {
        Dtype::F32 => Pixels::Floats(&batch.data),
        Dtype::U8 => Pixels::Bytes { bytes: &batch.bytes, scale: &batch.scale, shift: &batch.shift },
    }
}

/// Runs what the loader brings through the network; `None` where `interrupted` said so before the end.
///
/// # Errors
/// No image could be loaded, or the device failed.
pub(super) fn evaluate(
    mailbox: &Mailbox,
    Evaluating { phase, total, classes }: Evaluating,
    weights: &impl Evaluates,
    mut loader: Loader,
    interrupted: &mut dyn FnMut() -> bool,
) -> Result<Option<Pass>, RunError> {
    let mut tally = Tally::new(classes);
    let mut failures = Vec::new();
    let clock = mailbox.clock();
    let mut reported = clock.now();
    mailbox.send(Event::Progress { phase, done: 0, total });
    loop {
        if interrupted() {
            return Ok(None);
        }
        let mut batch = match loader.next_timeout(POLL)? {
            Next::Batch(batch) => batch,
            Next::NotYet => continue,
            Next::End => break,
        };
        failures.append(&mut batch.failures);
        if !batch.labels.is_empty() {
            tally.add(&batch.labels, &weights.logits(pixels_of(&batch), batch.shape)?)?;
        }
        loader.recycle(batch);
        if clock.elapsed(reported) >= PROGRESS_EVERY {
            reported = clock.now();
            mailbox.send(Event::Progress { phase, done: tally.images(), total });
        }
    }
    failures.append(&mut loader.take_failures());
    let quarantined = failures.iter().filter(|failure| failure.place == LeftOutAt::Quarantine).count() as u64;
    Ok(Some(Pass { evaluation: tally.finish()?, failures, wanted: total.saturating_sub(quarantined) }))
}

/// The figures of an evaluation, the classes by their names.
pub(super) fn report(evaluation: &Evaluation, class_names: &[String]) -> TestReport {
    let areas = evaluation.class_roc_auc().zip(evaluation.class_average_precision());
    let classes = class_names.iter().zip(evaluation.class_reports()).zip(areas);
    TestReport {
        loss: evaluation.loss(),
        accuracy: evaluation.accuracy(),
        auc: evaluation.roc_auc_macro(),
        confusion: evaluation.confusion().to_vec(),
        classes: classes
            .map(|((name, figures), (auc, average_precision))| ClassReport {
                name: name.clone(),
                precision: figures.precision,
                recall: figures.recall,
                f1: figures.f1,
                support: figures.support,
                auc,
                average_precision,
            })
            .collect(),
        average_precision: evaluation.average_precision_macro(),
        f1: Some(evaluation.f1_macro()),
        balanced_accuracy: Some(evaluation.balanced_accuracy()),
        kappa: evaluation.kappa(),
        mcc: Some(evaluation.mcc()),
        calibration_error: evaluation.calibration_error(),
        top_k: evaluation.top_k().to_vec(),
    }
}
