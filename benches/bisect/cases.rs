//! The grid of cases, and one trial of one of them.

use super::report::{Accused, Guess, Score, Truth};
use super::rivals::{naive, self_time};
use super::sim::{Dice, Sim, Weather};
use super::training::{BATCH, Device, Neighbour, PREFETCH, Training};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::data::{Dataset, sample_images::write_sample_dataset, scan};
use trainscope::diagnose::{
    BISECT_DEPTH, Bisect, BisectSettings, Candidate, Known, RunFacts, StepSeen, Toggle, block_log_ratio, switchable,
    verdict,
};
use trainscope::loader::stages_of;
use trainscope::protocol::{BisectVerdict, Decision, Prediction, RunChange, Trial};
use trainscope::transform::Chain;

/// The six among which the delay is planted; together they take half a hundredth of what reading, decoding and resizing to
/// what a network wants takes.
const SIX: [&str; 6] =
    ["RandFlip", "RandAxisFlip", "RandShiftIntensity", "RandScaleIntensity", "RandFlip", "RandShiftIntensity"];
/// What a network wants; not to be switched off.
const SIDE: i64 = 224;
/// What makes steps slow where they are to be: repeated as often as it takes, and not to be switched off.
const WORK: &str = "GaussianSmooth";
const PLANTED: &str = "SimulateDelay";
/// Steps and seconds of finding out what a batch costs, and as many steps before them.
const CALIBRATION: (usize, f64) = (200, 1.5);
/// The device's time over the loader's, without the delay.
const INPUT_SHARE: f64 = 0.4;
/// The loader's over the device's, where it is behind the device.
const BEHIND_SHARE: f64 = 0.2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The device takes four tenths of the loader's time.
    Input,
    /// The device takes twice the loader's time, delay and all, so that what is planted costs training nothing.
    Compute,
    /// Four tenths of the loader's, on the cores that the loader works on.
    Cpu,
    /// Five times the loader's: without the delay the device is the slower side, and the queue fills.
    Behind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    Idle,
    /// Two threads burn the cores in random bursts.
    Neighbour,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    pub bound: Bound,
    pub machine: Machine,
    pub workers: usize,
    /// What is planted sleeps; else it computes.
    pub asleep: bool,
    /// Of a step with the delay in it.
    pub step_secs: f64,
    /// What switching the planted transform off brings, as a share; 0 where nothing is planted.
    pub effect_frac: f64,
    /// Trials for real and on the simulated loader, of each hundred asked for.
    pub real: f64,
    pub simulated: f64,
    pub quick: bool,
}

impl Case {
    pub fn name(&self) -> String {
        let bound = match self.bound {
            Bound::Input => "",
            Bound::Compute => " compute",
            Bound::Cpu => " cpu",
            Bound::Behind => " behind",
        };
        let effect = match self.effect_frac {
            0.0 => "nothing".to_owned(),
            effect if effect < 0.95 => format!("{:.0} %", 100.0 * effect),
            effect => format!("{:.0} times", 1.0 + effect),
        };
        let how = match (self.effect_frac > 0.0, self.asleep) {
            (false, _) => "",
            (true, true) => " asleep",
            (true, false) => " busy",
        };
        let beside = if self.machine == Machine::Neighbour { " beside" } else { "" };
        format!("{effect}{how}{bound} {:.0} ms {} w{beside}", 1e3 * self.step_secs, self.workers)
    }

    /// Something is to be gained by switching it off.
    pub fn is_planted(&self) -> bool {
        self.effect_frac > 0.0 && self.bound != Bound::Compute
    }
}

/// Every step time, effect and number of workers on the simulated loader, idle and beside a neighbour; a part of them for
/// real, and what cannot be simulated (a device on the loader's cores) for real alone.
pub fn grid() -> Vec<Case> {
    use Bound::{Compute, Cpu, Input};
    use Machine::{Idle, Neighbour};
    let mut cases = Vec::new();
    for step_secs in [0.005, 0.05, 0.3, 1.0] {
        for effect_frac in [0.0, 0.1, 0.3, 1.0, 9.0] {
            for machine in [Idle, Neighbour] {
                for workers in [0, 1, 2, 4] {
                    for asleep in [false, true] {
                        if effect_frac > 0.0 || !asleep {
                            let real = share_for_real(step_secs, effect_frac, machine, workers, asleep);
                            let quick = real > 0.0 && step_secs == 0.005 && workers == 2 && machine == Idle;
                            cases.push(Case {
                                bound: Input,
                                machine,
                                workers,
                                asleep,
                                step_secs,
                                effect_frac,
                                real,
                                simulated: 0.2,
                                quick,
                            });
                        }
                    }
                }
            }
        }
    }
    let real = |bound, machine, effect_frac, step_secs, real| Case {
        bound,
        machine,
        workers: 2,
        asleep: false,
        step_secs,
        effect_frac,
        real,
        simulated: 0.0,
        quick: bound == Compute && machine == Idle,
    };
    for step_secs in [0.3, 1.0] {
        for effect_frac in [0.3, 1.0, 9.0] {
            for machine in [Idle, Neighbour] {
                for workers in [1, 2, 4] {
                    if step_secs < 1.0 || effect_frac > 0.5 {
                        let is_real = (step_secs, effect_frac, workers) == (0.3, 1.0, 2)
                            || (step_secs, effect_frac, workers) == (1.0, 9.0, 1);
                        let case =
                            real(Bound::Behind, machine, effect_frac, step_secs, if is_real { 0.03 } else { 0.0 });
                        cases.push(Case { workers, asleep: true, simulated: 0.2, ..case });
                    }
                }
            }
        }
    }
    cases.extend([
        real(Compute, Idle, 0.3, 0.005, 0.1),
        real(Compute, Neighbour, 0.3, 0.005, 0.04),
        real(Cpu, Idle, 0.0, 0.005, 0.04),
        real(Cpu, Idle, 0.3, 0.005, 0.06),
        real(Cpu, Idle, 1.0, 0.3, 0.04),
        real(Cpu, Idle, 9.0, 0.3, 0.04),
        real(Cpu, Neighbour, 9.0, 0.3, 0.04),
    ]);
    cases
}

/// A spread over all step times, effects, workers and machines.
fn share_for_real(step_secs: f64, effect_frac: f64, machine: Machine, workers: usize, asleep: bool) -> f64 {
    let idle = machine == Machine::Idle;
    match (step_secs, effect_frac, workers, asleep) {
        (0.005, 0.1 | 0.3, 2, false) => 0.1,
        (0.005, 0.0, 2, false) => 0.06,
        (0.05, 0.0, 0 | 2, false) => 0.03,
        (0.05, 0.1, 0 | 2, false) if idle => 0.06,
        (0.05, 0.1, 2, false) => 0.06,
        (0.05, 0.3, 4, true) => 0.04,
        (0.3, 0.3, 2, false) => 0.03,
        (0.3, 1.0, 1, true) => 0.03,
        (0.3, 9.0, 0 | 4, true) | (0.3, 9.0, 2, false) => 0.03,
        (1.0, 1.0, 2, true) => 0.02,
        (1.0, 9.0, 2, true) | (1.0, 9.0, 0, false) => 0.02,
        (1.0, 9.0, 4, false) if !idle => 0.02,
        _ => 0.0,
    }
}

/// The images.
pub struct Conditions {
    _home: Option<TempDir>,
    dataset: Arc<Dataset>,
}

impl Conditions {
    pub fn new(data: Option<&Path>) -> Result<Self, String> {
        let home = match data {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|error| error.to_string())?),
        };
        let drawn = home.as_ref().map(|home| home.path().join("images"));
        if let Some(dir) = &drawn {
            write_sample_dataset(dir, 150, 0, &mut |_, _| ControlFlow::Continue(()))
                .map_err(|error| error.to_string())?;
        }
        let dir = data.map(PathBuf::from).or(drawn).unwrap_or_default();
        let dataset = scan(&dir, 100_000_000, &mut |_| ControlFlow::Continue(())).map_err(|error| error.to_string())?;
        Ok(Self { _home: home, dataset: Arc::new(dataset) })
    }
}

/// The delay that is planted in place of one of the six.
#[derive(Debug, Clone, Copy)]
struct Delay {
    at: usize,
    secs: f64,
    asleep: bool,
}

/// The chain with the delay, if any, and so many times the work.
fn specs(delay: Option<Delay>, work: usize) -> Vec<TransformSpec> {
    let size = ParamValue::List(vec![ParamValue::Int(SIDE); 2]);
    let six = SIX.iter().enumerate().map(|(index, name)| {
        if let Some(Delay { secs, asleep, .. }) = delay.filter(|delay| delay.at == index) {
            let kind = if asleep { "sleep" } else { "busy" };
            let delayed = TransformSpec::new(PLANTED).with("delay_time", ParamValue::Float(secs));
            return delayed.with("kind", ParamValue::Text(kind.to_owned()));
        }
        let spec = TransformSpec::new(name);
        match *name {
            "RandShiftIntensity" => spec.with("offsets", ParamValue::Float(0.1)),
            "RandScaleIntensity" => spec.with("factors", ParamValue::Float(0.1)),
            _ => spec,
        }
    });
    let front = [TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
    let back = std::iter::once(TransformSpec::new("Resize").with("spatial_size", size));
    let work = (0..work).map(|_| TransformSpec::new(WORK).with("sigma", ParamValue::Float(3.0)));
    front.into_iter().chain(six).chain(back).chain(work).collect()
}

/// A case made ready: how much work makes a step, how long a device takes, and the delay.
pub struct Bench<'a> {
    case: &'a Case,
    dataset: Arc<Dataset>,
    device: Device,
    work: usize,
    /// Of a step with the delay, as planned: of the slower side.
    pub step_secs: f64,
    delay_secs: f64,
    _neighbour: Option<Neighbour>,
}

impl Case {
    /// How fast the loader is, and what follows.
    pub fn prepare<'a>(&'a self, conditions: &Conditions) -> Result<Bench<'a>, String> {
        let dataset = Arc::clone(&conditions.dataset);
        let batch_secs = |work: usize| -> Result<f64, String> {
            let device = Device { secs: 0.0, on_cpu: false };
            let mut training = Training::start(&dataset, &specs(None, work), device, self.workers, 0)?;
            // The first steps find files, buffers and code cold.
            training.steps_secs(CALIBRATION.0, 0.25 * CALIBRATION.1)?;
            let mut steps_secs = training.steps_secs(CALIBRATION.0, CALIBRATION.1)?;
            steps_secs.sort_by(f64::total_cmp);
            Ok(steps_secs.get(steps_secs.len() / 2).copied().unwrap_or_default())
        };
        let behind = self.bound == Bound::Behind;
        let wanted_secs = self.step_secs / (1.0 + self.effect_frac) * if behind { BEHIND_SHARE } else { 1.0 };
        let bare_secs = batch_secs(0)?;
        // Steps as short as they can be are as long as they are.
        let (work, loader_secs) = if wanted_secs < 1.5 * bare_secs {
            (0, bare_secs)
        } else {
            let each_secs = (batch_secs(4)? - bare_secs) / 4.0;
            let work = ((wanted_secs - bare_secs) / each_secs.max(1e-6)).round().clamp(1.0, 400.0) as usize;
            (work, batch_secs(work)?)
        };
        // What switching it off is to bring, by the slower side without it.
        let without_secs = if behind { loader_secs / BEHIND_SHARE } else { loader_secs };
        let delayed_secs = without_secs * (1.0 + self.effect_frac);
        let device_secs = match self.bound {
            Bound::Compute => 2.0 * delayed_secs,
            Bound::Behind => without_secs,
            Bound::Input | Bound::Cpu => INPUT_SHARE * loader_secs,
        };
        let device = Device { secs: device_secs, on_cpu: self.bound == Bound::Cpu };
        // Without workers the device's time is part of each step.
        let turn_secs = if self.workers == 0 { device_secs } else { 0.0 };
        let step_secs = (delayed_secs + (1.0 + self.effect_frac) * turn_secs).max(device_secs);
        // Spread over the workers, so much longer does a batch take.
        let delay_secs = self.effect_frac * (loader_secs + turn_secs) * self.workers.max(1) as f64 / BATCH as f64;
        let neighbour = match self.machine {
            Machine::Idle => None,
            Machine::Neighbour => Some(Neighbour::move_in()?),
        };
        Ok(Bench { case: self, dataset, device, work, step_secs, delay_secs, _neighbour: neighbour })
    }

    /// A bisect on the simulated loader, in such weather.
    pub fn simulate(&self, weather: &Weather, seed: u64, budget_secs: f64) -> Score {
        let at = (seed % SIX.len() as u64) as usize;
        let base_secs = self.step_secs / (1.0 + self.effect_frac);
        let behind = self.bound == Bound::Behind;
        let (loader_share, workers) = match self.workers {
            0 => (1.0 / (1.0 + INPUT_SHARE), 1.0),
            workers => (1.0, workers as f64),
        };
        let images = 32.0;
        let train_secs = if behind { base_secs } else { INPUT_SHARE * loader_share * base_secs } / images;
        let image_secs = if behind { BEHIND_SHARE } else { loader_share } * base_secs * workers / images;
        let delay_secs = (1.0 + self.effect_frac) * base_secs * workers / images
            - if behind { image_secs } else { base_secs * workers / images };
        let costs = |is_on: bool| {
            let delay_secs = if is_on { delay_secs } else { 0.0 };
            if self.asleep { (image_secs, delay_secs) } else { (image_secs + delay_secs, 0.0) }
        };
        let mut sim = Sim::new(seed, self.workers, BISECT_DEPTH, image_secs, train_secs);
        sim.weather = weather.clone();
        sim.shift_secs = 1000.0 * Dice::new(seed).uniform();
        let (busy_secs, asleep_secs) = costs(true);
        let version = sim.set(busy_secs, asleep_secs, 0);
        sim.run(8);
        let candidates: Vec<Candidate> =
            SIX.iter().enumerate().map(|(index, name)| Candidate { index, name: format!("{name} {index}") }).collect();
        let loader_secs = (image_secs + delay_secs) / workers;
        let known = Known {
            workers: self.workers,
            queue_capacity: if self.workers == 0 { 0 } else { BISECT_DEPTH },
            loader_over_trainer: Some(train_secs / loader_secs),
            step_secs: Some(self.step_secs),
            expected: if self.effect_frac > 0.0 { vec![(at, self.effect_frac)] } else { Vec::new() },
        };
        let settings = BisectSettings::new(candidates, known, budget_secs, seed);
        let mut watched = Watched::new(Bisect::new(settings, version), at);
        loop {
            while let Some(Toggle { off, batches, at_once }) = watched.bisect.next() {
                let (busy_secs, asleep_secs) = costs(!off.contains(&at));
                let version = if at_once {
                    sim.set(busy_secs, asleep_secs, batches)
                } else {
                    sim.plan(busy_secs, asleep_secs, batches)
                };
                watched.bisect.applied(version);
            }
            if let Some(verdict) = watched.bisect.finished() {
                return watched.score(&verdict, None);
            }
            let step = sim.step();
            watched.observe(StepSeen {
                config_version: step.version,
                step_secs: step.step_secs,
                short: false,
                wait_frac: step.wait_secs / step.step_secs,
                queue_len: step.queue_len,
            });
        }
    }
}

/// A bisect, and when it first named the planted one.
struct Watched {
    bisect: Bisect,
    planted: usize,
    named_secs: Option<f64>,
}

impl Watched {
    fn new(bisect: Bisect, planted: usize) -> Self {
        Self { bisect, planted, named_secs: None }
    }

    fn observe(&mut self, step: StepSeen) {
        self.bisect.observe(step);
        if self.named_secs.is_none() && self.trial().is_some_and(|trial| trial.decision == Decision::Effect) {
            self.named_secs = Some(self.bisect.spent_secs());
        }
    }

    fn trial(&self) -> Option<Trial> {
        self.bisect.report().into_iter().find(|trial| trial.index == self.planted)
    }

    fn score(&self, verdict: &BisectVerdict, guess: Option<Guess>) -> Score {
        let trial = self.trial();
        Score {
            bisect: Accused::of(verdict.culprits.iter().map(|c| c.index), self.planted),
            decision: trial.as_ref().map(|trial| trial.decision),
            interval: trial.as_ref().and_then(|trial| Some((trial.low?, trial.high?))),
            cleared: verdict.culprits.is_empty() && verdict.undecided.is_empty(),
            named_secs: self.named_secs.filter(|_| verdict.culprits.iter().any(|c| c.index == self.planted)),
            secs: verdict.secs,
            noise_floor_frac: verdict.noise_floor_frac,
            sentence: verdict.sentence.to_string(),
            guess,
            rivals: None,
        }
    }
}

impl Bench<'_> {
    fn training(&self, seed: u64) -> Result<(Training, usize, Vec<Candidate>), String> {
        let at = ((Dice::new(seed).uniform() * SIX.len() as f64) as usize).min(SIX.len() - 1);
        let delay = Delay { at, secs: self.delay_secs, asleep: self.case.asleep };
        let specs = specs(Some(delay), self.work);
        let chain = Chain::build(&specs).map_err(|error| error.to_string())?;
        let mut candidates = switchable(&chain, true);
        candidates.retain(|candidate| candidate.name != "Resize" && !candidate.name.starts_with(WORK));
        let training = Training::start(&self.dataset, &specs, self.device, self.case.workers, seed)?;
        let planted = candidates.iter().find(|c| c.name == PLANTED).map(|c| c.index);
        Ok((training, planted.ok_or("The delay is not among the candidates.")?, candidates))
    }

    /// A bisect as the engine makes it, then the rivals in the same run, for as long, where steps are short.
    pub fn trial(&self, seed: u64, budget_secs: f64) -> Result<Score, String> {
        let (mut training, planted, candidates) = self.training(seed)?;
        training.steps_secs(4, f64::INFINITY)?;
        let facts = self.facts(&training, &candidates);
        let (steps, stages) = training.events()?;
        let said = verdict(&steps, &stages, &facts);
        let rate = said.images_per_sec.unwrap_or(f64::NAN);
        let of = |change: &RunChange| said.predictions.iter().find(|p: &&Prediction| p.change == *change);
        let gain = |candidate: &Candidate| {
            let prediction = of(&RunChange::TransformOff(candidate.name.clone()))?;
            Some((candidate.index, prediction.images_per_sec / rate - 1.0))
        };
        let guess = of(&RunChange::TransformOff(PLANTED.to_owned())).map(|p| Guess {
            effect_frac: p.images_per_sec / rate - 1.0,
            low: p.low / rate - 1.0,
            high: p.high / rate - 1.0,
        });
        training.set_depth(BISECT_DEPTH);
        let known = Known {
            workers: self.case.workers,
            queue_capacity: training.queue_capacity(),
            loader_over_trainer: trainscope::diagnose::Demands::of(&steps, &stages, &facts)
                .and_then(|demands| Some(demands.loader_images_per_sec(&facts)? / demands.trainer_images_per_sec())),
            step_secs: Some(BATCH as f64 / rate).filter(|secs| secs.is_finite()),
            expected: candidates.iter().filter_map(gain).collect(),
        };
        let settings = BisectSettings::new(candidates.clone(), known, budget_secs, seed);
        let mut watched = Watched::new(Bisect::new(settings, training.config_version()), planted);
        let found = loop {
            while let Some(toggle) = watched.bisect.next() {
                match training.plan(&toggle) {
                    Some(version) => watched.bisect.applied(version),
                    None => watched.bisect.refused(),
                }
            }
            if let Some(found) = watched.bisect.finished() {
                break found;
            }
            watched.observe(training.step()?);
        };
        let mut score = watched.score(&found, guess);
        training.set_depth(PREFETCH);
        if self.step_secs < 0.02 {
            let (naive, stages) = naive(&mut training, &candidates, found.secs)?;
            let naive = Accused::of(naive.into_iter(), planted);
            let self_time = Accused::of(self_time(&stages, &candidates).into_iter(), planted);
            score.rivals = Some([naive, self_time]);
        }
        Ok(score)
    }

    fn facts(&self, training: &Training, candidates: &[Candidate]) -> RunFacts {
        RunFacts {
            batch_size: BATCH,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            device_is_cpu: self.case.bound == Bound::Cpu,
            workers: self.case.workers,
            switchable: candidates.iter().map(|candidate| candidate.name.clone()).collect(),
            cacheable: stages_of(&training.chain).iter().take(2).cloned().collect(),
            stalled_secs: None,
            ..RunFacts::default()
        }
    }

    /// What is planted comes to, by so many pairs of long segments, of `secs` at most all together.
    pub fn truth(&self, pairs: usize, secs: f64) -> Result<Truth, String> {
        if self.case.effect_frac == 0.0 {
            return Ok(Truth { effect_frac: 0.0, error_frac: 0.0 });
        }
        let steps = ((secs / (2 * pairs) as f64 / self.step_secs) as usize).clamp(2, 24);
        let pairs = pairs.min((secs / (2.0 * steps as f64 * self.step_secs)) as usize).max(4);
        let mut differences = Vec::new();
        let mut dice = Dice::new(7);
        let (mut training, planted, _) = self.training(1000)?;
        training.steps_secs(4, f64::INFINITY)?;
        for _ in 0..pairs {
            let on_first = dice.uniform() < 0.5;
            let (mut on, mut off) = (Vec::new(), Vec::new());
            for is_on in [on_first, !on_first] {
                training.settle(if is_on { &[] } else { std::slice::from_ref(&planted) })?;
                let side = if is_on { &mut on } else { &mut off };
                *side = training.steps_secs(steps, f64::INFINITY)?;
            }
            differences.extend(block_log_ratio(&on, &off));
        }
        Ok(Truth::of(&differences))
    }
}
