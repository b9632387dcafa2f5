//! A run's curves, over `secs` since it began.

use super::{History, Ruler};
use crate::protocol::{EpochEvent, Stage, StageCost, StagesEvent, StepEvent, ValidationEvent};

#[derive(Debug, Clone, Default)]
pub struct Series {
    /// From these seconds to steps.
    pub steps: Ruler,
    pub loss: History,
    pub val_loss: History,
    pub val_accuracy: History,
    pub val_auc: History,
    pub images_per_sec: History,
    pub data_wait_frac: History,
    pub queue_len: History,
    /// Share of the step (0 to 1) by phase, in the order of `StepPhases::NAMES`.
    pub phase_shares: [History; 6],
    /// Microseconds an image by loader stage, in order of appearance.
    pub stage_us: Vec<(Stage, History)>,
    /// Stretches in which no step was made, as in a pause or a validation: longer than the step after each. In rising order.
    pub unmeasured: Vec<[f64; 2]>,
}

/// Such stretches that are kept; a run with more has the newest.
const MAX_UNMEASURED: usize = 8192;

impl Series {
    /// A step took so many seconds, and the one before it ended at `before_secs`.
    pub(super) fn step_took(&mut self, step_secs: f64, before_secs: f64, step: &StepEvent) {
        let began = step.secs - step_secs;
        if began - before_secs > step_secs {
            if self.unmeasured.len() >= MAX_UNMEASURED {
                self.unmeasured.remove(0);
            }
            self.unmeasured.push([before_secs, began]);
        }
    }

    /// While the loss is no number, one that is not there is none either: a record has no other way to say so.
    pub(super) fn step(&mut self, step: &StepEvent, diverged: bool) {
        self.steps.push(step.secs, step.step);
        if step.loss.is_some() || diverged {
            self.loss.push(step.secs, step.loss);
        }
        self.images_per_sec.push(step.secs, Some(step.images_per_sec));
        self.data_wait_frac.push(step.secs, Some(step.data_wait_frac));
        self.queue_len.push(step.secs, Some(step.queue_len as f64));
        if step.phases.synced {
            let total = step.phases.total_secs();
            for (history, part) in self.phase_shares.iter_mut().zip(step.phases.secs()) {
                history.push(step.secs, (total > 0.0).then(|| part / total));
            }
        }
    }

    pub(super) fn epoch(&mut self, epoch: &EpochEvent) {
        // An epoch may be without a validation: no gap between those beside it.
        if epoch.val_loss.is_none() {
            return;
        }
        // No step is made while one validates.
        self.steps.push(epoch.secs, epoch.step);
        self.val_loss.push(epoch.secs, epoch.val_loss);
        self.val_accuracy.push(epoch.secs, epoch.val_accuracy);
        self.val_auc.push(epoch.secs, epoch.val_auc);
    }

    pub(super) fn validation(&mut self, validation: &ValidationEvent) {
        self.steps.push(validation.secs, validation.step);
        self.val_loss.push(validation.secs, Some(validation.loss));
        self.val_accuracy.push(validation.secs, Some(validation.accuracy));
        self.val_auc.push(validation.secs, validation.auc);
    }

    /// Epochs that ended from then on end once more.
    pub(super) fn take_back_epochs_from(&mut self, secs: f64) {
        for series in [&mut self.val_loss, &mut self.val_accuracy, &mut self.val_auc] {
            series.take_back_from(secs);
        }
    }

    pub(super) fn stages(&mut self, event: &StagesEvent) {
        for StageCost { stage, wall_us, images, .. } in &event.stages {
            let at = self.stage_us.iter().position(|(known, _)| known == stage);
            let at = at.unwrap_or_else(|| {
                self.stage_us.push((stage.clone(), History::by_second()));
                self.stage_us.len() - 1
            });
            self.stage_us[at].1.push(event.secs, (*images > 0).then_some(*wall_us));
        }
    }
}
