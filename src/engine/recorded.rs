//! The verdict on a run that is over: worked out of its record as the engine works it out while it trains.

use super::learnt::Found;
use super::observer::Observer;
use crate::config::RunConfig;
use crate::diagnose::RunFacts;
use crate::protocol::{BisectProgress, Bound, Event, SpanKind, StagesEvent, Started, Verdict};
use crate::transform::Chain;

/// What held the run back in its last steps; `None` where it made none, or its chain is none that this program knows. Where the
/// last engine made too few to say (a resume that was stopped at once), it is the verdict on the last one that made enough.
/// `newest` is the run's configuration with what was changed while it trained, where it is known. What changes by hand were measured to
/// bring is predicted here as all else is: how the run was set up before and after them is in no record.
pub fn verdict_of_record(events: &[Event], newest: Option<&RunConfig>) -> Option<Verdict> {
    let newest = newest.filter(|config| !config.transforms.is_empty());
    // By the last reading that has them: an engine's first has no load of the cores.
    let mut cores: Option<usize> = None;
    let mut engine: Option<Engine<'_>> = None;
    let mut before: Option<Verdict> = None;
    for event in events {
        match event {
            Event::Started(started) => {
                let ended = engine.replace(Engine::new(started));
                // A resume that began with another chain says nothing of the one before.
                let its_own = |config: &&RunConfig| config.transforms == started.config.transforms;
                let config = newest.filter(its_own);
                let verdict = ended.and_then(|engine| engine.verdict(config, cores));
                before = verdict.filter(|verdict| verdict.bound != Bound::NotEnough).or(before);
            }
            Event::Telemetry(reading) => {
                cores = Some(reading.cpu_percent.len()).filter(|cores| *cores > 0).or(cores);
                if let Some(engine) = &mut engine {
                    engine.observer.reading(reading);
                }
            }
            event => {
                if let Some(engine) = &mut engine {
                    engine.see(event);
                }
            }
        }
    }
    let last = engine?.verdict(newest, cores)?;
    Some(if last.bound == Bound::NotEnough { before.unwrap_or(last) } else { last })
}

/// What one engine did of a run. Versions are counted anew by each: those of the one before are another's.
struct Engine<'a> {
    started: &'a Started,
    stages: Option<&'a StagesEvent>,
    /// Of its newest step.
    version: Option<u64>,
    /// Its steps and stages are of several chains.
    bisecting: bool,
    /// By the last bisect, of the run as it was at this version.
    found: (u64, Found),
    /// The version of the newest change by a person.
    newest_change: u64,
    observer: Observer,
}

impl<'a> Engine<'a> {
    fn new(started: &'a Started) -> Self {
        let (found, observer) = ((0, Found::default()), Observer::default());
        Self { started, stages: None, version: None, bisecting: false, found, newest_change: 0, observer }
    }

    fn see(&mut self, event: &'a Event) {
        match event {
            Event::Span(mark) if mark.kind == SpanKind::Bisect => self.bisecting = mark.begins,
            Event::Step(step) if !self.bisecting => {
                self.version = Some(step.config_version);
                self.observer.step(step);
            }
            Event::Stages(now) if !self.bisecting => {
                // After a change of workers some steps are of those before it.
                if self.version.is_none_or(|version| now.config_version <= version) {
                    self.stages = Some(now);
                }
                self.observer.stages(now);
            }
            Event::Bisect(progress) if progress.verdict.is_some() => {
                // A change in its midst makes it one of two runs, and older records do not say when it began.
                let version = progress.config_version;
                let of_one_run = version >= self.newest_change && version != BisectProgress::NO_VERSION;
                let found = of_one_run.then(|| Found::new(progress.trials.clone(), progress.verdict.clone()));
                self.found = (version, found.unwrap_or_default());
            }
            Event::Changed(mark) if !mark.experiment => {
                self.newest_change = self.newest_change.max(mark.config_version);
                let (version, found) = &mut self.found;
                if mark.config_version > *version {
                    found.changed(&mark.switched_off);
                }
            }
            _ => {}
        }
    }

    fn verdict(&self, newest: Option<&RunConfig>, cores: Option<usize>) -> Option<Verdict> {
        let config = newest.unwrap_or(&self.started.config);
        let chain = Chain::build(&config.transforms).ok()?;
        // Whether images are of one size is in no record: what a chain needs for that is not called a candidate.
        let facts = RunFacts::of(config, &chain, self.started.device.kind, false, self.started.train_count);
        let facts = RunFacts {
            cores: cores.unwrap_or(facts.cores),
            workers: self.stages.map_or(config.loader.workers, |stages| stages.workers),
            measured: self.found.1.measured(),
            ..facts
        };
        Some(self.observer.verdict(&facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TransformSpec;
    use crate::protocol::{ChangeMark, RunChange, SpanMark, StageCost, StepEvent, Telemetry, Trial, played};

    /// Half of each second is waited for data.
    fn step(step: u64, config_version: u64) -> Event {
        Event::Step(StepEvent { data_wait_frac: 0.5, config_version, ..played::step(step) })
    }

    fn stages(config_version: u64, workers: usize) -> Event {
        let cost = |stage: &str| StageCost { stage: stage.into(), images: 100, wall_us: 5e4, cpu_us: 5e4 };
        Event::Stages(StagesEvent {
            secs: 0.0,
            config_version,
            workers,
            stages: ["decode", "RandFlip", "RandZoom"].into_iter().map(cost).collect(),
            queue_len: 0,
            queue_capacity: 4,
            cache: None,
        })
    }

    fn config(zoom: bool) -> RunConfig {
        let on = ["LoadImage", "EnsureChannelFirst", "RandFlip"].map(TransformSpec::new);
        let zoom = TransformSpec { enabled: zoom, ..TransformSpec::new("RandZoom") };
        let mut config = RunConfig { transforms: [&on[..], &[zoom]].concat(), ..RunConfig::default() };
        (config.loader.batch_size, config.loader.workers) = (10, 1);
        config
    }

    fn started() -> Event {
        let (config, train_count, steps_per_epoch) = (config(true), 200, 20);
        Event::Started(Box::new(Started { config, train_count, steps_per_epoch, ..played::started() }))
    }

    fn bisect(begins: bool) -> Event {
        Event::Span(SpanMark { secs: 0.0, step: 0, kind: SpanKind::Bisect, begins })
    }

    #[test]
    fn a_bisect_s_steps_are_left_out_and_candidates_are_of_the_chain_that_ran_last() {
        let mut events = vec![started()];
        // An engine that is gone: its versions are not those of the next.
        events.extend((1..40).map(|n| step(n, 1)));
        events.push(started());
        events.extend((40..70).map(|n| step(n, 1)));
        events.push(stages(1, 2));
        events.push(bisect(true));
        events.extend((70..75).map(|n| step(n, 2)));
        events.push(stages(2, 7));
        events.push(bisect(false));
        let verdict = verdict_of_record(&events, Some(&config(false))).unwrap();
        assert_eq!(verdict.bound, Bound::Input, "{verdict:?}");
        let figure = |id: &str| verdict.evidence.iter().find(|e| e.name.is(id)).unwrap().value;
        assert_eq!((figure("diagnose-evidence-steps"), figure("diagnose-evidence-workers")), (29.0, 2.0));
        let off = |name: &str| RunChange::TransformOff(name.to_owned());
        let named = |change: &RunChange| verdict.predictions.iter().any(|p| p.change == *change);
        assert!(named(&off("RandFlip")) && !named(&off("RandZoom")), "{:?}", verdict.predictions);
    }

    #[test]
    fn cores_are_those_of_the_last_reading_that_has_them() {
        let reading = |cores: usize| {
            Event::Telemetry(Box::new(Telemetry { cpu_percent: vec![50.0; cores], ..Telemetry::default() }))
        };
        let mut events = vec![started()];
        events.extend((1..40).map(|n| step(n, 1)));
        events.extend([stages(1, 2), reading(37), reading(0)]);
        let verdict = verdict_of_record(&events, None).unwrap();
        let cores = verdict.evidence.iter().find(|e| e.name.is("diagnose-evidence-cores")).unwrap();
        assert_eq!(cores.value, 37.0);
    }

    /// Until the run is another one.
    #[test]
    fn what_a_bisect_measured_is_said_of_a_run_that_is_over() {
        let bisect = |config_version: u64| {
            let trial = Trial { transform: "RandFlip".to_owned(), ..played::trial(2, 2.0, 0.1) };
            Event::Bisect(Box::new(BisectProgress { trials: vec![trial], config_version, ..played::bisect() }))
        };
        let mut events = vec![started()];
        events.extend((1..40).map(|n| step(n, 1)));
        events.extend([stages(1, 2), bisect(1)]);
        let said = |events: &[Event]| verdict_of_record(events, None).unwrap().sentence.to_string();
        let sentence = said(&events);
        assert!(sentence.contains("3.00 times as fast (2.90 to 3.10, measured) with RandFlip off"), "{sentence}");
        let change = ChangeMark {
            secs: 40.0,
            step: 40,
            config_version: 2,
            label: "workers 1 → 2".into(),
            experiment: false,
            switched_off: Vec::new(),
        };
        events.push(Event::Changed(change));
        assert!(!said(&events).contains("measured"), "{}", said(&events));
        // Whether that change came before or after it, a record of before does not say.
        events.push(bisect(BisectProgress::NO_VERSION));
        assert!(!said(&events).contains("measured"), "{}", said(&events));
    }

    #[test]
    fn a_resume_of_few_steps_does_not_take_the_verdict_away() {
        let mut events = vec![started()];
        events.extend((1..40).map(|n| step(n, 1)));
        events.push(stages(1, 2));
        let alone = verdict_of_record(&events, None).unwrap();
        assert_eq!(alone.bound, Bound::Input, "{alone:?}");
        for steps in [0, 3] {
            events.push(started());
            events.extend((40..40 + steps).map(|n| step(n, 0)));
            assert_eq!(verdict_of_record(&events, None), Some(alone.clone()), "{steps} steps");
        }
        let few = [started(), step(1, 0), started(), step(2, 0), step(3, 0)];
        assert_eq!(verdict_of_record(&few, None).unwrap().bound, Bound::NotEnough);
    }
}
