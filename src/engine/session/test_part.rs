//! A session's whole course: training, then the test of its best weights.

use super::super::RunError;
use super::super::evaluate::{Evaluating, Pass, evaluate, is_partial, report};
use super::super::mailbox::Mailbox;
use super::super::run::Images;
use super::super::trace::Doing;
use super::super::trains::{Evaluates, Trains};
use super::reports::warn_of_failures;
use super::{Beginning, POLL, Session, SessionEnd};
use crate::loader::LoaderJob;
use crate::protocol::{Finished, RunPhase, RunStatus, TestReport};
use std::sync::Arc;

/// Trains to the last epoch or to a stop, and tests; says what it came to, and what of the weights is not on the disk.
///
/// # Errors
/// The device or the loader failed; what stands on the disk is the last checkpoint.
pub(in crate::engine) fn train_and_test<T: Trains>(
    mailbox: &Mailbox,
    trainer: &mut T,
    images: &Images,
    beginning: Beginning,
) -> Result<Finished, RunError> {
    let mut session = Session::new(mailbox, trainer, images, beginning)?;
    let end = session.train();
    images.tracing.send_at_end();
    let mut status = match end? {
        SessionEnd::Completed => RunStatus::Completed,
        SessionEnd::Stopped => RunStatus::Stopped,
    };
    session.save_what_is_missing()?;
    let mut missing = session.missing();
    let (state, stopped_early) = (session.state, session.is_stopped_early());
    let mut report = None;
    if status == RunStatus::Completed && !images.split.test.is_empty() {
        let job = session.eval_job(Arc::from(images.split.test.as_slice()));
        let best = session.best_weights(&mut missing)?;
        drop(session);
        mailbox.phase(RunPhase::Testing);
        report = test(mailbox, &best, images, job, state.step)?;
        if report.is_none() {
            // A resume has nothing to train, and tests.
            status = RunStatus::Stopped;
        }
    }
    Ok(Finished {
        secs: mailbox.clock().secs(),
        status,
        steps: state.step,
        best_epoch: state.best_epoch,
        best_val_auc: state.best_val_auc,
        test: report,
        missing,
        stopped_early,
    })
}

/// `None` where it was stopped.
fn test(
    mailbox: &Mailbox,
    best: &impl Evaluates,
    images: &Images,
    job: LoaderJob,
    step: u64,
) -> Result<Option<TestReport>, RunError> {
    let dataset = &images.dataset;
    let classes = dataset.class_names.len();
    let total = job.indices.len() as u64;
    let loader = images.start(job, RunPhase::Testing)?;
    let _testing = images.tracing.begin(Doing::Test);
    let mut interrupted = || {
        while mailbox.pause_wanted() && !mailbox.stop_wanted() {
            mailbox.tell_pause(true, step);
            mailbox.wait_for_news(POLL);
        }
        mailbox.tell_pause(false, step);
        mailbox.stop_wanted()
    };
    let of = Evaluating { phase: RunPhase::Testing, total, classes };
    let Some(Pass { evaluation, failures, wanted }) = evaluate(mailbox, of, best, loader, &mut interrupted)? else {
        return Ok(None);
    };
    warn_of_failures(mailbox, images, &failures);
    let loaded = evaluation.images();
    if is_partial(loaded, wanted) {
        mailbox.warn(msg!("engine-test-partial", loaded, images = wanted));
    }
    Ok(Some(report(&evaluation, &dataset.class_names)))
}
