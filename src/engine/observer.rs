//! The last steps and stages of a run, and the verdict on them.

use crate::data::Dataset;
use crate::diagnose::{
    Demands, FEWEST_STEPS, RunFacts, busy_cores, oversubscribed, troubles, usual_step_secs, verdict,
};
use crate::language::Message;
use crate::loader::{Slow, Slowest};
use crate::protocol::{SlowSample, SlowSamples, StagesEvent, StepEvent, Telemetry, Verdict};

/// The verdict is on so many steps at most: what holds training back now, not an hour ago.
const STEPS: usize = 10 * FEWEST_STEPS;
/// ... and on no more than took so many seconds together, if these are enough: where the machine turns slow, steps of a second each
/// would else speak of minutes ago. Stages, of which there is one a second, are of the same time.
const SECS: usize = 40;
/// Enough, though some be short batches, which do not count.
const FEWEST: usize = FEWEST_STEPS + FEWEST_STEPS / 4;
/// So long after a step another was not begun: a validation, a bisect or the like lay between.
const GAP_SECS: f64 = 0.5;
/// A reading of the hardware is of so long a time.
const READING_SECS: f64 = 1.0;
/// More such times do not fit into the readings that a verdict is made of.
const GAPS: usize = 32;

/// What a session tells, kept for the verdict.
#[derive(Debug, Default)]
pub(super) struct Observer {
    steps: Vec<StepEvent>,
    stages: Vec<StagesEvent>,
    begun: bool,
    /// From when to when no steps were made, the time before the first among them. Steps of some milliseconds are forgotten sooner.
    gaps: Vec<(f64, f64)>,
}

impl Observer {
    pub fn step(&mut self, event: &StepEvent) {
        // A session's first one compiles and tunes.
        if std::mem::replace(&mut self.begun, true) {
            let before = self.steps.last().map_or(f64::NEG_INFINITY, |before| before.secs);
            let begun = event.secs - event.phases.total_secs();
            if begun - before > GAP_SECS {
                push(&mut self.gaps, &(before, begun), GAPS);
            }
            push(&mut self.steps, event, STEPS);
        }
    }

    pub fn stages(&mut self, event: &StagesEvent) {
        push(&mut self.stages, event, SECS);
    }

    pub fn verdict(&self, facts: &RunFacts, readings: &[Telemetry]) -> Verdict {
        // A device of its own does not wait for the cores.
        let oversubscribed = facts.device_is_cpu && oversubscribed(readings);
        let busy_cores = busy_cores(self.beside_steps(readings), facts.cores);
        let facts = RunFacts { oversubscribed, busy_cores, ..facts.clone() };
        let (steps, stages) = (self.recent(), self.recent_stages());
        let demands = Demands::of(steps, stages, &facts).filter(Demands::is_enough);
        Verdict { troubles: troubles(readings, &facts, demands.as_ref()), ..verdict(steps, stages, &facts) }
    }

    /// Readings of the time in which steps were made: what the run itself computes before them, in a validation or in a bisect no step
    /// tells, and it would pass for other programs'.
    fn beside_steps<'a>(&self, readings: &'a [Telemetry]) -> impl Iterator<Item = &'a Telemetry> {
        // The step in hand may take as long as the last.
        let next = |last: &StepEvent| (last.secs + last.phases.total_secs() + GAP_SECS, f64::INFINITY);
        let gaps: Vec<(f64, f64)> = self.gaps.iter().copied().chain(self.steps.last().map(next)).collect();
        let between = move |secs: f64| gaps.iter().any(|(from, to)| secs > *from && secs - READING_SECS < *to);
        readings.iter().filter(move |reading| !between(reading.secs))
    }

    /// The steps that a verdict is on.
    fn recent(&self) -> &[StepEvent] {
        let mut secs = 0.0;
        let within = |step: &&StepEvent| {
            secs += step.phases.total_secs();
            secs <= SECS as f64
        };
        let count = self.steps.iter().rev().take(STEPS).take_while(within).count().max(FEWEST);
        self.steps.get(self.steps.len().saturating_sub(count)..).unwrap_or_default()
    }

    fn recent_stages(&self) -> &[StagesEvent] {
        self.stages.get(self.stages.len().saturating_sub(SECS)..).unwrap_or_default()
    }

    /// Seconds of a step lately; `None` before the second one.
    pub fn usual_step_secs(&self, full_batch: usize) -> Option<f64> {
        usual_step_secs(&self.recent().iter().map(|step| step.step_secs(full_batch)).collect::<Vec<f64>>())
    }

    /// What the loader alone could do over what the trainer alone could; `None` before it is known.
    pub fn loader_over_trainer(&self, facts: &RunFacts) -> Option<f64> {
        let demands = Demands::of(self.recent(), self.recent_stages(), facts)?;
        Some(demands.loader_images_per_sec(facts)? / demands.trainer_images_per_sec())
    }
}

/// With names, as a client shows them.
pub(super) fn slow_samples(slowest: &Slowest, dataset: &Dataset) -> SlowSamples {
    let samples = |class: Message, slow: &[Slow]| -> Vec<SlowSample> {
        let name = |sample: u32| {
            let path = dataset.path_of(sample as usize);
            let name = path.strip_prefix(&dataset.root).unwrap_or(&path);
            name.to_string_lossy().into_owned()
        };
        let sample = |slow: &Slow| SlowSample {
            class: class.clone(),
            file: name(slow.sample),
            sample: slow.sample,
            epoch: slow.epoch,
            wall_us: slow.wall_ns as f64 / 1e3,
        };
        slow.iter().map(sample).collect()
    };
    let files =
        slowest.files.iter().flat_map(|(side, slow)| samples(msg!("engine-slow-up-to", side = side.to_string()), slow));
    let draws = slowest.draws.iter().flat_map(|(stage, slow)| samples(stage.words(), slow));
    SlowSamples { files: files.collect(), draws: draws.collect() }
}

/// Keeps between `most` and twice as many, so that few are moved.
fn push<T: Clone>(list: &mut Vec<T>, event: &T, most: usize) {
    if list.len() >= 2 * most {
        list.drain(..most);
    }
    list.push(event.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{StepPhases, played};

    #[test]
    fn the_newest_are_kept() {
        let mut list = Vec::new();
        for i in 0..1000 {
            push(&mut list, &i, 30);
            assert!(list.len() <= 60 && list.last() == Some(&i));
        }
        assert!(list.len() >= 30 && list.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }

    /// Steps of a second each, with a validation of nine between and another after.
    #[test]
    fn what_a_validation_computes_is_not_taken_for_other_programs() {
        let mut observer = Observer::default();
        for n in (0..=10).chain(20..=30) {
            let phases = StepPhases { forward_secs: 1.0, ..StepPhases::default() };
            observer.step(&StepEvent { phases, ..played::step(n) });
        }
        let reading = |secs: u32| Telemetry { secs: f64::from(secs), ..Telemetry::default() };
        let readings: Vec<Telemetry> = (8..=39).map(reading).collect();
        let kept: Vec<f64> = observer.beside_steps(&readings).map(|reading| reading.secs).collect();
        assert_eq!(kept, (8..=10).chain(20..=31).map(f64::from).collect::<Vec<_>>());
    }

    /// Steps of 5 ms: the network is compiled for three seconds before them, and of those before the validation none is kept.
    #[test]
    fn what_the_run_computes_before_its_steps_is_known_when_many_have_been_made_since() {
        let mut observer = Observer::default();
        let phases = StepPhases { forward_secs: 0.005, ..StepPhases::default() };
        for from in [3.0, 9.0] {
            for n in 0..600 {
                observer.step(&StepEvent { secs: from + 0.005 * f64::from(n), phases, ..played::step(1) });
            }
        }
        let reading = |secs: u32| Telemetry { secs: f64::from(secs) + 0.5, ..Telemetry::default() };
        let readings: Vec<Telemetry> = (0..12).map(reading).collect();
        let kept: Vec<f64> = observer.beside_steps(&readings).map(|reading| reading.secs).collect();
        assert_eq!(kept, [4.5, 5.5, 10.5, 11.5]);
    }

    /// The machine turns slow: 4 s where a step took 50 ms.
    #[test]
    fn slow_steps_are_not_held_against_those_of_minutes_ago() {
        let step = |n: u64, secs: f64| StepEvent {
            images_per_sec: 10.0 / secs,
            phases: StepPhases { forward_secs: secs, ..StepPhases::default() },
            ..played::step(n)
        };
        let mut observer = Observer::default();
        (0..500).for_each(|n| observer.step(&step(n, 0.05)));
        assert_eq!(observer.recent().len(), STEPS);
        (500..500 + FEWEST as u64).for_each(|n| observer.step(&step(n, 4.0)));
        assert_eq!(observer.recent().len(), FEWEST);
        assert!((observer.usual_step_secs(10).unwrap() - 4.0).abs() < 1e-9);
        // As many as are counted where each takes little.
        (0..500).for_each(|n| observer.step(&step(n, 0.05)));
        assert_eq!(observer.recent().len(), STEPS);
    }
}
