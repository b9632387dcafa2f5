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
/// Readings that a verdict is made of: the last ten seconds with steps, one a second.
const READINGS: usize = 10;
/// More such times do not fit into the readings that are looked at for the first time.
const GAPS: usize = 32;

/// What a session tells, kept for the verdict.
#[derive(Debug, Default)]
pub(super) struct Observer {
    steps: Vec<StepEvent>,
    stages: Vec<StagesEvent>,
    begun: bool,
    /// That the newest step was made under, and when the first such step was begun; the session's first is as old as it.
    version: Option<(u64, f64)>,
    /// The version of the newest step when the newest stages came.
    version_at_stages: Option<u64>,
    /// The hardware's, of times with steps.
    readings: Vec<Telemetry>,
    /// Newer than the last step: whether one was in hand is not known yet.
    undecided: Vec<Telemetry>,
    /// When the newest of all was made.
    read_secs: Option<f64>,
    /// From when to when no steps were made, the time before the first among them. Steps of some milliseconds are forgotten sooner.
    gaps: Vec<(f64, f64)>,
}

impl Observer {
    pub fn step(&mut self, event: &StepEvent) {
        let begun = event.secs - event.phases.total_secs();
        if self.version.is_none_or(|(version, _)| version != event.config_version) {
            let since = if self.version.is_some() { begun } else { f64::NEG_INFINITY };
            self.version = Some((event.config_version, since));
        }
        // A session's first one compiles and tunes.
        if std::mem::replace(&mut self.begun, true) {
            let before = self.steps.last().map_or(f64::NEG_INFINITY, |before| before.secs);
            if begun - before > GAP_SECS {
                push(&mut self.gaps, &(before, begun), GAPS);
            }
            push(&mut self.steps, event, STEPS);
            self.settle();
        }
    }

    pub fn stages(&mut self, event: &StagesEvent) {
        // Batches come in order: once one of that version was trained with, none of an older one is made any more. What was done since
        // the last event is of one setting only if that was so by then.
        let is_mixed = self.version_at_stages.is_some_and(|version| version < event.config_version);
        self.version_at_stages = self.version.map(|(version, _)| version);
        let stages = if is_mixed { Vec::new() } else { event.stages.clone() };
        push(&mut self.stages, &StagesEvent { stages, ..event.clone() }, SECS);
    }

    /// The newest readings of the hardware, some of which it may know already.
    pub fn take_readings(&mut self, readings: &[Telemetry]) {
        let known = self.read_secs;
        let newer = readings.iter().filter(|reading| known.is_none_or(|known| reading.secs > known));
        newer.for_each(|reading| self.reading(reading));
    }

    /// One that is newer than all before.
    pub fn reading(&mut self, reading: &Telemetry) {
        self.read_secs = Some(reading.secs);
        push(&mut self.undecided, reading, READINGS);
        self.settle();
    }

    /// Keeps those readings of the time up to the last step in which steps were made: what the run itself computes before them, in a
    /// validation or in a bisect no step tells, and it would pass for other programs'.
    fn settle(&mut self) {
        let Some(last) = self.steps.last().filter(|_| !self.undecided.is_empty()) else { return };
        let (told, undecided): (Vec<Telemetry>, Vec<Telemetry>) =
            std::mem::take(&mut self.undecided).into_iter().partition(|reading| reading.secs <= last.secs);
        self.undecided = undecided;
        let gaps = &self.gaps;
        let between = |secs: f64| gaps.iter().any(|(from, to)| secs > *from && secs - READING_SECS < *to);
        let kept = told.iter().filter(|reading| !between(reading.secs));
        kept.for_each(|reading| push(&mut self.readings, reading, READINGS));
    }

    pub fn verdict(&self, facts: &RunFacts) -> Verdict {
        let readings = self.beside_steps();
        // A device of its own does not wait for the cores.
        let oversubscribed = facts.device_is_cpu && oversubscribed(&readings);
        // What the run used before it was changed is not what its steps tell now.
        let since = self.version.map_or(f64::NEG_INFINITY, |(_, since)| since);
        let of_now = readings.iter().filter(|reading| reading.secs - READING_SECS >= since);
        let busy_cores = busy_cores(of_now, facts.cores);
        let facts = RunFacts { oversubscribed, busy_cores, ..facts.clone() };
        let (steps, stages) = (self.recent(), self.recent_stages());
        let demands = Demands::of(steps, stages, &facts).filter(Demands::is_enough);
        Verdict { troubles: troubles(&readings, &facts, demands.as_ref()), ..verdict(steps, stages, &facts) }
    }

    /// The last readings of the time in which steps were made; the step in hand may take as long as the last.
    fn beside_steps(&self) -> Vec<Telemetry> {
        let until = self.steps.last().map_or(f64::INFINITY, |last| last.secs + last.phases.total_secs() + GAP_SECS);
        let newest = self.undecided.iter().filter(|reading| reading.secs <= until);
        let all: Vec<&Telemetry> = self.readings.iter().chain(newest).collect();
        let older = all.len().saturating_sub(READINGS);
        all.into_iter().skip(older).cloned().collect()
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
    use crate::protocol::{Pressure, StageCost, StepCpu, StepPhases, played};

    #[test]
    fn the_newest_are_kept() {
        let mut list = Vec::new();
        for i in 0..1000 {
            push(&mut list, &i, 30);
            assert!(list.len() <= 60 && list.last() == Some(&i));
        }
        assert!(list.len() >= 30 && list.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }

    fn kept(observer: &Observer) -> Vec<f64> {
        observer.beside_steps().iter().map(|reading| reading.secs).collect()
    }

    /// Steps of a second each, with a validation of nine between and another after.
    #[test]
    fn what_a_validation_computes_is_not_taken_for_other_programs() {
        let mut observer = Observer::default();
        for n in (0..=10).chain(20..=24) {
            let phases = StepPhases { forward_secs: 1.0, ..StepPhases::default() };
            observer.step(&StepEvent { phases, ..played::step(n) });
        }
        let reading = |secs: u32| Telemetry { secs: f64::from(secs), ..Telemetry::default() };
        let readings: Vec<Telemetry> = (8..=33).map(reading).collect();
        observer.take_readings(&readings[..20]);
        observer.take_readings(&readings[10..]);
        assert_eq!(kept(&observer), (8..=10).chain(20..=25).map(f64::from).collect::<Vec<_>>());
    }

    /// Both cores are busy while it trains, in two steps a second, and in the minute of validation that ends it.
    #[test]
    fn who_took_the_cores_before_a_long_validation_is_known_after_it() {
        let cpu = StepCpu { wait_secs: 0.1, busy_secs: 0.2, loader_secs: 0.1 };
        let phases =
            StepPhases { wait_secs: 0.2, forward_secs: 0.3, cpu: Some(cpu), synced: true, ..StepPhases::default() };
        let pressure = Pressure { cpu_stall_frac: Some(0.6), ..Pressure::default() };
        let mut observer = Observer::default();
        for secs in 1..=30_u32 {
            for half in [0.5, 0.0] {
                let secs = f64::from(secs) - half;
                let data_wait_frac = 0.4;
                observer.step(&StepEvent { secs, phases, images_per_sec: 20.0, data_wait_frac, ..played::step(1) });
            }
            let secs = f64::from(secs);
            observer.reading(&Telemetry { secs, cpu_percent: vec![99.0; 2], pressure, ..Telemetry::default() });
        }
        let facts = RunFacts { batch_size: 10, cores: 2, device_is_cpu: true, workers: 2, ..RunFacts::default() };
        let before = observer.verdict(&facts);
        assert!(before.troubles.iter().any(|trouble| trouble.says("diagnose-cores-taken")), "{before:?}");
        for secs in 32..=90 {
            observer.reading(&Telemetry { secs: f64::from(secs), cpu_percent: vec![100.0; 2], ..Telemetry::default() });
        }
        assert_eq!(observer.verdict(&facts), before);
        // What the run used before a change, its steps no longer tell.
        let changed = StepEvent { secs: 91.0, config_version: 1, phases, ..played::step(1) };
        observer.step(&changed);
        let of_now = |secs: f64| observer.version.is_some_and(|(_, since)| secs >= since);
        assert!(!of_now(30.0) && of_now(90.5));
    }

    /// The slow step of the older chain is in what is told until a batch of the newer one has come, and in the second of that.
    #[test]
    fn stages_of_two_settings_are_left_out() {
        let mut observer = Observer::default();
        let stages = |config_version: u64| {
            let cost = StageCost { stage: "decode".into(), images: 10, wall_us: 1e3, cpu_us: 1e3 };
            let (queue_len, queue_capacity) = (0, 4);
            StagesEvent {
                secs: 0.0,
                config_version,
                workers: 1,
                stages: vec![cost],
                queue_len,
                queue_capacity,
                cache: None,
            }
        };
        let mut told = |steps_of: u64, stages_of: u64| {
            observer.step(&StepEvent { config_version: steps_of, ..played::step(1) });
            observer.stages(&stages(stages_of));
            observer.stages.last().is_some_and(|event| !event.stages.is_empty())
        };
        assert_eq!(
            [(0, 0), (0, 1), (0, 1), (1, 1), (1, 1), (1, 2)].map(|(a, b)| told(a, b)),
            [true, false, false, false, true, false]
        );
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
        observer.take_readings(&readings);
        assert_eq!(kept(&observer), [4.5, 5.5, 10.5, 11.5]);
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
