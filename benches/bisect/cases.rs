//! The grid of cases, and one trial of one of them.

use super::report::{Accused, Score, Truth};
use super::rivals::{naive, self_time};
use super::training::{BATCH, Device, Dice, Neighbour, PREFETCH, Training, WORKERS};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::data::{Dataset, sample_images::write_sample_dataset, scan};
use trainscope::diagnose::{Bisect, BisectSettings, Candidate, block_log_ratio, switchable};
use trainscope::transform::Chain;

/// The six among which the delay is planted; together they take half a hundredth of what reading, decoding and resizing to
/// what a network wants takes.
const SIX: [&str; 6] =
    ["RandFlip", "RandAxisFlip", "RandShiftIntensity", "RandScaleIntensity", "RandFlip", "RandShiftIntensity"];
/// What a network wants; not to be switched off.
const SIDE: i64 = 224;
const PLANTED: &str = "SimulateDelay";
/// Steps of a segment when the truth is measured.
const TRUTH_STEPS: usize = 24;
/// Of finding out what a batch costs, and as many before them.
const CALIBRATION_STEPS: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The device takes four tenths of the loader's time.
    Input,
    /// The device takes twice the loader's time, so that what is planted costs training nothing.
    Compute,
    /// As much as the loader's, on the cores that the loader works on.
    Cpu,
}

impl Bound {
    /// The device's time over the loader's; what a run would know of it.
    fn loader_over_trainer(self) -> Option<f64> {
        match self {
            Self::Input => Some(0.4),
            Self::Compute => Some(2.0),
            Self::Cpu => None,
        }
    }
}

pub struct Case {
    pub name: &'static str,
    pub bound: Bound,
    pub noisy: bool,
    /// Planted, of the step's time.
    pub delay_frac: f64,
    pub share_of_trials: f64,
    pub quick: bool,
}

pub fn grid() -> Vec<Case> {
    let case = |name, bound, noisy, delay_frac, share_of_trials, quick| Case {
        name,
        bound,
        noisy,
        delay_frac,
        share_of_trials,
        quick,
    };
    vec![
        case("input 0 %", Bound::Input, false, 0.0, 0.25, true),
        case("input 1 %", Bound::Input, false, 0.01, 0.12, false),
        case("input 3 %", Bound::Input, false, 0.03, 0.15, false),
        case("input 10 %", Bound::Input, false, 0.1, 1.0, true),
        case("input 30 %", Bound::Input, false, 0.3, 1.0, false),
        case("input 0 % noisy", Bound::Input, true, 0.0, 0.1, false),
        case("input 10 % noisy", Bound::Input, true, 0.1, 0.4, false),
        case("input 30 % noisy", Bound::Input, true, 0.3, 0.2, false),
        case("compute 10 %", Bound::Compute, false, 0.1, 0.1, false),
        case("compute 30 %", Bound::Compute, false, 0.3, 0.4, true),
        case("compute 30 % noisy", Bound::Compute, true, 0.3, 0.1, false),
        case("cpu 0 %", Bound::Cpu, false, 0.0, 0.1, false),
        case("cpu 30 %", Bound::Cpu, false, 0.3, 0.2, false),
    ]
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

/// The chain with the delay in place of one of the six; none where `at` is beyond them.
fn specs(at: usize, delay_secs: f64) -> Vec<TransformSpec> {
    let size = ParamValue::List(vec![ParamValue::Int(SIDE); 2]);
    let six = SIX.iter().enumerate().map(|(index, name)| {
        if index == at {
            let delayed = TransformSpec::new(PLANTED).with("delay_time", ParamValue::Float(delay_secs));
            return delayed.with("kind", ParamValue::Text("busy".to_owned()));
        }
        let spec = TransformSpec::new(name);
        match *name {
            "RandShiftIntensity" => spec.with("offsets", ParamValue::Float(0.1)),
            "RandScaleIntensity" => spec.with("factors", ParamValue::Float(0.1)),
            _ => spec,
        }
    });
    let front = [TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
    let back = [TransformSpec::new("Resize").with("spatial_size", size)];
    front.into_iter().chain(six).chain(back).collect()
}

/// A case made ready: how long a device takes, and the delay.
pub struct Bench<'a> {
    case: &'a Case,
    dataset: Arc<Dataset>,
    device: Device,
    /// Of a step without the delay, as planned: of the slower side.
    pub step_secs: f64,
    delay_secs: f64,
    _neighbour: Option<Neighbour>,
}

impl Case {
    /// How fast the loader is, and what follows.
    pub fn prepare<'a>(&'a self, conditions: &Conditions) -> Result<Bench<'a>, String> {
        let dataset = Arc::clone(&conditions.dataset);
        let device = Device { secs: 0.0, on_cpu: false };
        let mut training = Training::start(&dataset, specs(SIX.len(), 0.0), device, 0)?;
        // The first steps find files, buffers and code cold.
        training.steps_secs(CALIBRATION_STEPS)?;
        let mut steps_secs = training.steps_secs(CALIBRATION_STEPS)?;
        steps_secs.sort_by(f64::total_cmp);
        let loader_secs = steps_secs.get(CALIBRATION_STEPS / 2).copied().unwrap_or_default();
        drop(training);
        let share = self.bound.loader_over_trainer().unwrap_or(1.0);
        let device = Device { secs: share * loader_secs, on_cpu: self.bound == Bound::Cpu };
        let step_secs = loader_secs.max(device.secs);
        // Spread over the workers, so much longer does a batch take.
        let delay_secs = self.delay_frac * step_secs * WORKERS as f64 / BATCH as f64;
        let neighbour = if self.noisy { Some(Neighbour::move_in(WORKERS)?) } else { None };
        Ok(Bench { case: self, dataset, device, step_secs, delay_secs, _neighbour: neighbour })
    }
}

impl Bench<'_> {
    fn training(&self, seed: u64) -> Result<(Training, usize, Vec<Candidate>), String> {
        let at = ((Dice(seed).uniform() * SIX.len() as f64) as usize).min(SIX.len() - 1);
        let specs = specs(at, self.delay_secs);
        let chain = Chain::build(&specs).map_err(|error| error.to_string())?;
        let mut candidates = switchable(&chain, true);
        candidates.retain(|candidate| candidate.name != "Resize");
        let mut training = Training::start(&self.dataset, specs, self.device, seed)?;
        training.steps_secs(20)?;
        let planted = candidates.iter().find(|c| c.name == PLANTED).map(|c| c.index);
        Ok((training, planted.ok_or("The delay is not among the candidates.")?, candidates))
    }

    /// A bisect, then the rivals in the same run, for as long.
    pub fn trial(&self, seed: u64, budget_secs: f64) -> Result<Score, String> {
        let (mut training, planted, candidates) = self.training(seed)?;
        let ratio = self.case.bound.loader_over_trainer();
        let mut bisect = Bisect::new(BisectSettings::new(candidates.clone(), PREFETCH, ratio, budget_secs, seed), 0);
        let verdict = loop {
            if let Some(toggle) = bisect.next() {
                match training.set_off(&toggle.off) {
                    Some(version) => bisect.applied(version),
                    None => bisect.refused(),
                }
            }
            if let Some(verdict) = bisect.finished() {
                break verdict;
            }
            bisect.observe(training.step()?);
        };
        let trial = bisect.report().into_iter().find(|trial| trial.index == planted);
        let interval = trial.as_ref().and_then(|trial| Some((trial.low?, trial.high?)));
        let (naive, stages) = naive(&mut training, &candidates, verdict.secs)?;
        Ok(Score {
            bisect: Accused::of(verdict.culprits.iter().map(|c| c.index), planted),
            decision: trial.map(|trial| trial.decision),
            interval,
            secs: verdict.secs,
            noise_floor_frac: verdict.noise_floor_frac,
            sentence: verdict.sentence,
            naive: Accused::of(naive.into_iter(), planted),
            self_time: Accused::of(self_time(&stages, &candidates).into_iter(), planted),
        })
    }

    /// What is planted comes to, by so many pairs of long segments.
    pub fn truth(&self, pairs: usize) -> Result<Truth, String> {
        if self.case.delay_frac == 0.0 {
            return Ok(Truth { effect_frac: 0.0, error_frac: 0.0 });
        }
        let mut differences = Vec::new();
        let mut dice = Dice(7);
        for seed in 0..3 {
            let (mut training, planted, _) = self.training(1000 + seed)?;
            for _ in 0..pairs.div_ceil(3) {
                let on_first = dice.uniform() < 0.5;
                let (mut on, mut off) = (Vec::new(), Vec::new());
                for is_on in [on_first, !on_first] {
                    training.settle(if is_on { &[] } else { std::slice::from_ref(&planted) })?;
                    let side = if is_on { &mut on } else { &mut off };
                    *side = training.steps_secs(TRUTH_STEPS)?;
                }
                differences.extend(block_log_ratio(&on, &off));
            }
        }
        Ok(Truth::of(&differences))
    }
}
