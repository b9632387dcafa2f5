//! What holds training back, as a run that is followed says it: as JSON lines while it trains, and in words at its end.

use super::outcome::key_of;
use super::place::Place;
use crate::client::Findings;
use crate::engine::verdict_of_record;
use crate::language::Message;
use crate::protocol::{Bound, RunChange, RunStatus, Verdict};
use crate::store::{read_config, read_record};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two lines of verdicts that say the same of what holds training back; there is one a second.
const VERDICT_LINE_EVERY: Duration = Duration::from_secs(10);

/// What holds training back, as the engine says it.
#[derive(Default)]
pub(super) struct Verdicts {
    pub findings: Findings,
    /// The last one that had a line while training went on, and when.
    told: Option<(Instant, Verdict)>,
    /// Of the configuration, where no stages were heard of.
    workers: usize,
}

impl Verdicts {
    /// Whether the newest is to have a line now, which then counts as told: at once where it is the first that says something or
    /// says something else.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let Some(newest) = self.findings.verdict.as_ref().filter(|verdict| verdict.bound != Bound::NotEnough) else {
            return false;
        };
        let is_due = self.told.as_ref().is_none_or(|(at, last)| {
            last.bound != newest.bound || last != newest && now.duration_since(*at) >= VERDICT_LINE_EVERY
        });
        if is_due {
            self.told = Some((now, newest.clone()));
        }
        is_due
    }

    /// Who came only to stop a run has heard no verdict: it is worked out of the record, where that lies on this machine.
    pub fn or_of_record(&mut self, place: &Place) {
        if self.findings.verdict.is_some() || place.host.is_some() {
            return;
        }
        let Ok((events, _)) = read_record(&place.run_dir) else { return };
        let config = read_config(&place.run_dir).ok();
        if let Some(verdict) = verdict_of_record(&events, config.as_ref()) {
            self.findings.take_verdict(&verdict);
            self.workers = config.map_or(0, |config| config.loader.workers);
        }
    }

    /// The newest as a line; `old` says that it is of before the last change. A program knows the evidence by its names and units,
    /// which are the same in every language, as a person by the words beside them.
    pub fn json_line(&self) -> Option<serde_json::Value> {
        let verdict = self.findings.verdict.as_ref()?;
        let evidence = verdict.evidence.iter().map(|found| {
            json!({
                "name": key_of(&found.name, "diagnose-evidence-"), "text": found.name, "value": found.value,
                "unit": key_of(&found.unit, "diagnose-unit-"), "unit_text": found.unit,
            })
        });
        let mut line = json!(verdict);
        line["evidence"] = evidence.collect();
        line["type"] = json!("verdict");
        line["old"] = json!(self.findings.verdict_is_old);
        Some(line)
    }

    /// The newest for a person, at the end: what held training back, what was wrong around it, what to try next. A run that was stopped
    /// goes on with that, or as it was; of one that is complete a new one is made. `data` is the dataset's folder.
    pub fn lines(&self, place: &Place, end: RunStatus, data: Option<&Path>) -> Vec<Message> {
        let mut lines = self.words();
        let set = self.to_set();
        lines.extend(match (&set, end) {
            (Some(set), RunStatus::Completed) => Some(msg!("command-train-try-set", command = place.again(set))),
            (Some(set), RunStatus::Stopped) => {
                Some(msg!("command-train-try-set", command = place.resume(&["--set", set])))
            }
            (None, _) => data
                .filter(|_| self.current().is_some_and(|verdict| verdict.bound == Bound::Input))
                .map(|data| msg!("command-train-try-bisect", command = place.bisect(data))),
        });
        if set.is_none() && end == RunStatus::Stopped {
            lines.push(msg!("command-train-go-on", command = place.resume(&[])));
        }
        lines
    }

    fn words(&self) -> Vec<Message> {
        let (Some(verdict), Some(sentence)) = (&self.findings.verdict, self.findings.verdict_words()) else {
            return Vec::new();
        };
        if verdict.bound == Bound::NotEnough {
            return vec![msg!("page-diagnosis-too-short")];
        }
        let mut lines = vec![msg!("command-train-verdict", sentence)];
        lines.extend(verdict.troubles.iter().cloned());
        lines
    }

    /// The newest where it is of the run as it is.
    fn current(&self) -> Option<&Verdict> {
        self.findings.verdict.as_ref().filter(|_| !self.findings.verdict_is_old)
    }

    fn to_set(&self) -> Option<String> {
        let workers = self.findings.stages.as_ref().map_or(self.workers, |stages| stages.workers);
        to_set(self.current()?, workers)
    }
}

/// What of the configuration to change next, of what surely brings something: the workers where loading holds training back, for they
/// change nothing but the speed, else what brings most.
fn to_set(verdict: &Verdict, workers: usize) -> Option<String> {
    let now = verdict.images_per_sec?;
    if matches!(verdict.bound, Bound::Input | Bound::Balanced)
        && let Some((workers, better)) = verdict.better_workers(workers)
        && better.is_certain(now)
    {
        return Some(format!("loader.workers={workers}"));
    }
    let certain = verdict.changes(workers).into_iter().filter(|prediction| prediction.is_certain(now));
    certain.map(|prediction| &prediction.change).find_map(|change| match change {
        // The second of a name, `Resize 2`, has no key by it.
        RunChange::TransformOff(name) if !name.contains(' ') => Some(format!("transform.{name}.enabled=false")),
        RunChange::Cache => Some("loader.cache=ram".to_owned()),
        RunChange::TransformOff(_) | RunChange::Workers(_) | RunChange::BatchSize(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Evidence, Prediction, StagesEvent, played};

    fn verdict(bound: Bound, images_per_sec: f64) -> Verdict {
        Verdict { images_per_sec: Some(images_per_sec), ..played::verdict(bound) }
    }

    #[test]
    fn what_holds_training_back_has_a_line_at_once_and_its_figures_now_and_then() {
        let (begun, mut verdicts) = (Instant::now(), Verdicts::default());
        let mut due = |secs: u64, verdict: Verdict| {
            verdicts.findings.take_verdict(&verdict);
            verdicts.is_due(begun + Duration::from_secs(secs))
        };
        let told = [
            due(0, played::verdict(Bound::NotEnough)),
            due(1, verdict(Bound::Input, 100.0)),
            due(10, verdict(Bound::Input, 101.0)),
            due(11, verdict(Bound::Input, 102.0)),
            due(12, verdict(Bound::Compute, 103.0)),
            due(30, verdict(Bound::Compute, 103.0)),
        ];
        assert_eq!(told, [false, true, false, true, true, false]);
    }

    #[test]
    fn a_line_has_what_the_protocol_has_with_names_of_no_language() {
        let mut verdicts = Verdicts::default();
        assert_eq!(verdicts.json_line(), None);
        let (name, unit) = (msg!("diagnose-evidence-waiting"), msg!("diagnose-unit-percent-of-step"));
        let evidence = vec![Evidence { name, value: 11.0, unit }];
        let predictions = vec![more_workers()];
        verdicts.findings.take_verdict(&Verdict { predictions, evidence, ..verdict(Bound::Input, 100.0) });
        verdicts.findings.take_verdict(&played::verdict(Bound::NotEnough));
        let line = verdicts.json_line().unwrap();
        assert_eq!((&line["type"], &line["bound"], &line["old"]), (&json!("verdict"), &json!("input"), &json!(true)));
        assert_eq!(line["predictions"][0]["change"], json!({"workers": 4}));
        let waiting = &line["evidence"][0];
        let known = (&waiting["name"], &waiting["value"], &waiting["unit"]);
        assert_eq!(known, (&json!("waiting"), &json!(11.0), &json!("percent_of_step")), "{line}");
        assert_eq!(waiting["text"], json!(msg!("diagnose-evidence-waiting")), "words of the language it is printed in");
        assert!(line["sentence"].is_string() && line["ceilings"].is_array(), "{line}");
    }

    fn more_workers() -> Prediction {
        Prediction {
            change: RunChange::Workers(4),
            images_per_sec: 180.0,
            low: 150.0,
            high: 200.0,
            measured: false,
            next_bound: Bound::Compute,
            next_limit: msg!("diagnose-limit-device"),
        }
    }

    #[test]
    fn the_end_says_what_held_training_back_and_what_to_try() {
        let place = Place { host: None, run_dir: "run".into(), detached: false };
        let lines_at = |end: RunStatus, verdict: Verdict| {
            let mut verdicts = Verdicts::default();
            let stages = Vec::new();
            verdicts.findings.stages = Some(StagesEvent {
                secs: 1.0,
                config_version: 0,
                workers: 2,
                stages,
                queue_len: 0,
                queue_capacity: 4,
                cache: None,
            });
            verdicts.findings.take_verdict(&verdict);
            verdicts.lines(&place, end, Some(Path::new("images"))).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let lines = |verdict: Verdict| lines_at(RunStatus::Stopped, verdict);
        let helped = Verdict {
            predictions: vec![more_workers()],
            troubles: vec!["It is hot.".into()],
            ..verdict(Bound::Input, 100.0)
        };
        let words = ["verdict: input-bound", "It is hot."];
        let resumed = "to try next: trainscope train --resume --run run --set loader.workers=4";
        let go_on = "to go on: trainscope train --resume --run run";
        assert_eq!(lines(helped.clone()), [&words[..], &[resumed]].concat());
        // Of what is complete nothing is left to train.
        let anew = &lines_at(RunStatus::Completed, helped)[2];
        assert!(anew.starts_with("to try next: trainscope train --config run/run.toml --run run-"), "{anew}");
        assert!(anew.ends_with(" --set loader.workers=4"), "{anew}");
        let helpless = lines(verdict(Bound::Input, 100.0));
        assert!(helpless[1].ends_with(": trainscope bisect --data images --config run/run.toml"), "{helpless:?}");
        assert_eq!(helpless.last().map(String::as_str), Some(go_on));
        assert_eq!(lines(verdict(Bound::Compute, 100.0)), ["verdict: compute-bound", go_on]);
        assert_eq!(lines_at(RunStatus::Completed, verdict(Bound::Compute, 100.0)), ["verdict: compute-bound"]);
        // What the verdict speaks against, or what is not certain, is not advised.
        let of = |bound: Bound, predictions: Vec<Prediction>| lines(Verdict { predictions, ..verdict(bound, 100.0) });
        assert_eq!(of(Bound::Compute, vec![more_workers()]), ["verdict: compute-bound", go_on]);
        let unsure = Prediction { low: 80.0, ..more_workers() };
        assert!(of(Bound::Input, vec![unsure.clone()])[1].contains("trainscope bisect"));
        let sure = |change: RunChange| Prediction { change, ..more_workers() };
        let off = sure(RunChange::TransformOff("RandZoom".to_owned()));
        let try_off = "to try next: trainscope train --resume --run run --set transform.RandZoom.enabled=false";
        assert_eq!(of(Bound::Balanced, vec![unsure, off]), ["verdict: balanced", try_off]);
        let second = sure(RunChange::TransformOff("RandZoom 2".to_owned()));
        let cached = of(Bound::Input, vec![second, sure(RunChange::Cache)]);
        assert!(cached[1].ends_with(" --set loader.cache=ram"), "{cached:?}");
        assert!(lines(played::verdict(Bound::NotEnough))[0].starts_with("The run was over before"));
        let unheard = |end: RunStatus| Verdicts::default().lines(&place, end, None);
        assert!(unheard(RunStatus::Completed).is_empty());
        assert_eq!(unheard(RunStatus::Stopped).iter().map(ToString::to_string).collect::<Vec<_>>(), [go_on]);
    }
}
