//! What is said of a run that is followed: its events as JSON lines or as text, how it ended, and what can be done next.

use super::outcome::failure_code;
use super::place::Place;
use super::report::{figures, lines};
use super::verdicts::Verdicts;
use super::{EXIT_INCOMPLETE, EXIT_OK, print_json};
use crate::console::one_line;
use crate::language::{Arg, Message};
use crate::protocol::{Event, FailureKind, Finished, RunPhase, RunStatus, Started, TestReport};
use serde_json::json;
use std::time::{Duration, Instant};

const STEP_LINE_EVERY: Duration = Duration::from_secs(2);

/// Says what happens, as JSON lines or as text.
pub(super) struct Report {
    json: bool,
    pub place: Place,
    started: Option<Started>,
    last_line: Option<Instant>,
    /// The change of transforms that was last said to be tried.
    trying: Option<Message>,
    verdicts: Verdicts,
}

impl Report {
    pub fn new(json: bool, place: Place) -> Self {
        Self { json, place, started: None, last_line: None, trying: None, verdicts: Verdicts::default() }
    }

    /// A run had begun, that can be gone on with.
    pub fn has_begun(&self) -> bool {
        self.started.is_some()
    }

    /// The exit code, where the event is the last.
    pub fn event(&mut self, event: &Event) -> Option<u8> {
        match event {
            Event::Started(s) => {
                self.started = Some((**s).clone());
                if self.json {
                    let mut line = json!(s);
                    line["type"] = json!("started");
                    print_json(&line);
                } else {
                    let (model, device, driver) = (&s.config.model.name, &s.device.name, s.device.driver.to_string());
                    let (train, val, test, classes) = (s.train_count, s.val_count, s.test_count, s.class_names.len());
                    say!("{}", msg!("command-train-started", model, device, driver, train, val, test, classes));
                }
            }
            Event::Step(s) if self.json => print_json(&json!({
                "type": "step", "step": s.step, "epoch": s.epoch, "loss": s.loss, "lr": s.lr, "secs": s.secs,
                "images_per_sec": s.images_per_sec, "data_wait_frac": s.data_wait_frac,
                "config_version": s.config_version,
            })),
            Event::Step(s) if self.last_line.is_none_or(|t| t.elapsed() >= STEP_LINE_EVERY) => {
                self.last_line = Some(Instant::now());
                let loss = s.loss.map_or_else(|| "-".to_owned(), |l| format!("{l:.4}"));
                let (epoch, step) = (s.epoch.to_string(), s.step.to_string());
                let (rate, waiting) = (Arg::number(s.images_per_sec, 0), Arg::percent(s.data_wait_frac, 0));
                say!("{}", msg!("command-train-step", epoch, step, loss, rate, waiting));
            }
            Event::Epoch(e) if self.json => print_json(&json!({
                "type": "epoch", "epoch": e.epoch, "train_loss": finite(e.train_loss), "val_loss": e.val_loss,
                "val_accuracy": e.val_accuracy, "val_auc": e.val_auc, "secs": e.epoch_secs, "best": e.best,
            })),
            Event::Epoch(e) => {
                let show = |v: Option<f64>| v.map_or_else(|| "N/A".to_owned(), |v| format!("{v:.4}"));
                let (epoch, train_loss) = (e.epoch.to_string(), Arg::number(e.train_loss, 4));
                let [val_loss, accuracy, auc] = [e.val_loss, e.val_accuracy, e.val_auc].map(show);
                let secs = Arg::number(e.epoch_secs, 0);
                say!("{}", msg!("command-train-epoch", epoch, train_loss, val_loss, accuracy, auc, secs));
            }
            Event::Validation(v) if self.json => print_json(&json!({
                "type": "validation", "epoch": v.epoch, "step": v.step, "val_loss": finite(v.loss),
                "val_accuracy": v.accuracy, "val_auc": v.auc, "secs": v.val_secs, "best": v.best,
            })),
            Event::Validation(v) => {
                let auc = v.auc.map_or_else(|| "N/A".to_owned(), |auc| format!("{auc:.4}"));
                let (step, loss, accuracy) = (v.step.to_string(), Arg::number(v.loss, 4), Arg::number(v.accuracy, 4));
                say!("{}", msg!("command-train-validation", step, loss, accuracy, auc));
            }
            Event::Changed(mark) if self.json => print_json(&json!({
                "type": "changed", "step": mark.step, "secs": mark.secs, "label": mark.label,
            })),
            Event::Trying(trying) => {
                let before = std::mem::replace(&mut self.trying, trying.label.clone());
                if let Some(label) = trying.label.as_ref().filter(|label| before.as_ref() != Some(label)) {
                    if self.json {
                        print_json(&json!({"type": "trying", "secs": trying.secs, "label": label}));
                    } else {
                        say!("{}", msg!("command-trying", label));
                    }
                }
            }
            Event::Stages(stages) => self.verdicts.findings.stages = Some(stages.clone()),
            Event::Verdict(verdict) => {
                self.verdicts.findings.take_verdict(verdict);
                if self.json && self.verdicts.is_due(Instant::now()) {
                    self.verdicts.json_line().iter().for_each(print_json);
                }
            }
            Event::Warning { message, .. } if self.json => print_json(&json!({"type": "warning", "message": message})),
            Event::Warning { message, .. } => {
                say!("{}", msg!("command-warning", message = one_line(&message.to_string())))
            }
            Event::Phase(phase) if !self.json => {
                if matches!(phase, RunPhase::CheckingDevice | RunPhase::WarmingUp | RunPhase::Testing) {
                    say!("{}", describe(*phase));
                }
            }
            Event::Finished(finished) => {
                self.finished(finished);
                return Some(if finished.missing.is_empty() { EXIT_OK } else { EXIT_INCOMPLETE });
            }
            Event::Failed { error, kind } => {
                self.failed(&self.with_advice(*kind, error).to_string());
                return Some(failure_code(*kind));
            }
            _ => {}
        }
        None
    }

    fn finished(&mut self, finished: &Finished) {
        let nothing_left = self.nothing_left(finished);
        // A run that was stopped before its first step has no record, or another's.
        let trained = nothing_left.is_none() && self.has_begun() && finished.steps > 0;
        if trained {
            self.verdicts.or_of_record(&self.place);
        }
        if self.json {
            self.verdicts.json_line().iter().for_each(print_json);
            let test = finished.test.as_ref();
            let mut object = json!({
                "type": "finished",
                "status": finished.status,
                "steps": finished.steps,
                "secs": finished.secs,
                "best_epoch": finished.best_epoch,
                "confusion": test.map(|t| &t.confusion),
                "classes": test.map(|t| &t.classes),
                "missing": finished.missing,
                "stopped_early": finished.stopped_early,
                "new_steps": self.started.as_ref().map(|s| finished.steps.saturating_sub(s.first_step)),
            });
            for (name, figure) in figures(test.unwrap_or(&TestReport::default())) {
                object[format!("test_{name}")] = test.map_or(serde_json::Value::Null, |_| figure);
            }
            print_json(&object);
            return;
        }
        say!("{}", nothing_left.unwrap_or_else(|| how_it_ended(finished)));
        for missing in &finished.missing {
            say!("{}", msg!("command-missing", what = one_line(&missing.to_string())));
        }
        if trained {
            let data = self.started.as_ref().and_then(|s| s.config.data.dir.as_deref());
            let lines = self.verdicts.lines(&self.place, finished.status, data);
            lines.iter().for_each(|line| say!("{}", one_line(&line.to_string())));
        }
        if let Some(test) = &finished.test {
            say!("{}", msg!("command-test"));
            lines(test).iter().for_each(|line| say!("  {line}"));
        }
    }

    /// Of a run that was complete before it was gone on with: that it is, and how to train on.
    fn nothing_left(&self, finished: &Finished) -> Option<Message> {
        let started = self.started.as_ref().filter(|s| s.resumed && s.first_step == finished.steps)?;
        if finished.status != RunStatus::Completed {
            return None;
        }
        let train = &started.config.train;
        let epochs = train.epochs as u64;
        let done = started.resumed_from.map_or(epochs, |from| from.next_epoch.saturating_sub(1));
        // The last one's end may have been made only now.
        let done = if finished.stopped_early { done } else { done.max(epochs) };
        let more = (done >= epochs).then(|| format!("train.epochs={}", 2 * done));
        let patience = finished.stopped_early.then(|| "train.early_stopping=0".to_owned());
        let sets: Vec<&str> = more.iter().chain(&patience).flat_map(|set| ["--set", set.as_str()]).collect();
        let command = self.place.resume(&sets);
        let secs = Arg::number(finished.secs, 0);
        let (steps, done, epochs) = (finished.steps, done.to_string(), epochs.to_string());
        Some(match finished.stopped_early {
            true => msg!("command-train-stopped-early-before", done, epochs, steps, secs, command),
            false => msg!("command-train-nothing-left", done, epochs, steps, secs, command),
        })
    }

    /// Why a run failed, with the command that helps where there is one.
    fn with_advice(&self, kind: FailureKind, error: &Message) -> Message {
        let on_changed_data = |what: &str| self.place.resume(&["--on-changed-data", what]);
        if error.is("store-run-exists") {
            msg!("command-run-exists", error, command = self.place.resume(&[]))
        } else if error.is("store-no-whole-checkpoint") || error.is("engine-network-does-not-fit") {
            msg!("command-begin-anew", error, command = on_changed_data("restart"))
        } else if kind == FailureKind::ChangedData {
            let [keep, restart] = ["keep", "restart"].map(on_changed_data);
            msg!("command-changed-data", error, keep, restart)
        } else {
            error.clone()
        }
    }

    pub fn failed(&self, error: &str) {
        if self.json {
            print_json(&json!({"type": "failed", "error": error}));
        }
        say!("trainscope: {}", one_line(error));
    }
}

fn how_it_ended(finished: &Finished) -> Message {
    let (steps, secs) = (finished.steps, Arg::number(finished.secs, 0));
    match finished.status {
        RunStatus::Completed => msg!("command-train-finished", steps, secs),
        RunStatus::Stopped => msg!("command-train-stopped", steps, secs),
    }
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

fn describe(phase: RunPhase) -> Message {
    match phase {
        RunPhase::CheckingDevice => msg!("command-phase-checking"),
        RunPhase::WarmingUp => msg!("command-phase-warming-up"),
        RunPhase::Testing => msg!("command-phase-testing"),
        _ => Message::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ResumePoint, played};

    fn report(started: Started) -> Report {
        let place = Place { host: Some("far".to_owned()), run_dir: "runs/a".into(), detached: false };
        Report { started: Some(started), ..Report::new(false, place) }
    }

    fn finished(steps: u64, status: RunStatus, stopped_early: bool) -> Finished {
        let (best_epoch, best_val_auc, test, missing) = (None, None, None, Vec::new());
        Finished { secs: 9.0, status, steps, best_epoch, best_val_auc, test, missing, stopped_early }
    }

    /// Resumed after step 30, at the end of epoch 3.
    fn resumed(epochs: usize) -> Started {
        let from = ResumePoint { step: 30, next_epoch: 4, validated_step: 0, secs: 9.0 };
        let mut started = Started { resumed: true, first_step: 30, resumed_from: Some(from), ..played::started() };
        started.config.train.epochs = epochs;
        started
    }

    #[test]
    fn a_run_that_was_complete_says_so_and_how_to_train_on() {
        let left = |epochs: usize, steps: u64, status: RunStatus, early: bool| {
            report(resumed(epochs)).nothing_left(&finished(steps, status, early)).map(|words| words.to_string())
        };
        let complete = left(3, 30, RunStatus::Completed, false).unwrap();
        let command = "trainscope train --resume --ssh far --run runs/a --set train.epochs=6";
        assert!(complete.contains("3 of 3 epochs") && complete.ends_with(command), "{complete}");
        let early = left(9, 30, RunStatus::Completed, true).unwrap();
        assert!(early.contains("3 of 9 epochs") && early.ends_with("--set train.early_stopping=0"), "{early}");
        let both = left(3, 30, RunStatus::Completed, true).unwrap();
        assert!(both.ends_with("--set train.epochs=6 --set train.early_stopping=0"), "{both}");
        assert_eq!(left(9, 90, RunStatus::Completed, false), None, "it was trained on");
        assert_eq!(left(9, 30, RunStatus::Stopped, false), None);
        let fresh = report(Started { first_step: 0, ..played::started() });
        assert_eq!(fresh.nothing_left(&finished(0, RunStatus::Completed, false)), None);
    }

    #[test]
    fn a_failure_that_a_command_helps_against_names_it_whole() {
        let report = report(played::started());
        let said = |kind, error: Message| report.with_advice(kind, &error).to_string();
        let resume = "trainscope train --resume --ssh far --run runs/a";
        let changed = said(FailureKind::ChangedData, "other images".into());
        for command in [format!("{resume} --on-changed-data keep"), format!("{resume} --on-changed-data restart")] {
            assert!(changed.contains(&command), "{changed}");
        }
        let exists = said(FailureKind::Config, msg!("store-run-exists", path = "runs/a"));
        assert!(exists.ends_with(resume), "{exists}");
        let damaged = msg!("store-no-whole-checkpoint", reasons = "is damaged", path = "runs/a");
        assert!(said(FailureKind::Other, damaged).ends_with(&format!("{resume} --on-changed-data restart")));
        assert_eq!(said(FailureKind::Device, "it is hot".into()), "it is hot");
    }
}
