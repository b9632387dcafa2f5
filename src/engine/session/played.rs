//! A session that is played: its clock, its trainer and its client are the test's; images, loader and checkpoints are real.
//!
//! Two epochs of three steps. A step takes a second, a batch of a validation or of the test half a second, a trial of an edit one
//! and a half; nothing else takes time. So left alone, steps end at 1, 2 and 3 s, the first epoch at 4 s, the second at 8 s and the
//! test at 9 s.

use super::super::clock::RunClock;
use super::super::mailbox::Mailbox;
use super::super::prepare::RangeWord;
use super::super::run::Images;
use super::super::stalls::{RunFile, Watched};
use super::super::trains::{Evaluates, Trains};
use super::{Beginning, take_early_changes, train_and_test};
use crate::config::{ParamValue, RunConfig, TransformSpec};
use crate::data::{Dataset, Split, sample_images::write_sample_dataset, scan, split};
use crate::protocol::{Command, DeviceInfo, DeviceKind, Event, Finished, SpanKind, StepPhases};
use crate::store::{self, Checkpoint, CheckpointState, Checkpoints, RunPlace, StoreError};
use crate::train::{Pixels, Samples, StepMode, StepOutcome, TrainError};
use crate::transform::Chain;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(1);
const EVALUATE: Duration = Duration::from_millis(500);
const TRIAL: Duration = Duration::from_millis(1500);
/// While the ceilings are measured, which waits for time to pass.
const TICK: Duration = Duration::from_millis(50);
const MODEL: &str = "model.bpk";

/// What happens while a session runs.
#[derive(Debug, Clone)]
pub(super) enum Does {
    Command(Command),
    ClientGoes,
    /// It computes nothing any more.
    DeviceGoes,
    /// Losses and weights are no numbers from then on.
    Diverges,
    DiskFills,
    DiskIsFreed,
    /// From then on a step takes so long.
    StepsTake(Duration),
    /// They cannot be read for a while.
    FilesGo(Vec<PathBuf>),
    FilesComeBack(Vec<PathBuf>),
}

/// When, in seconds since the session began.
pub(super) type Script = Vec<(f64, Does)>;

pub(super) fn command(at: f64, command: Command) -> (f64, Does) {
    (at, Does::Command(command))
}

#[derive(Clone)]
struct World {
    clock: RunClock,
    device_gone: Arc<AtomicBool>,
    disk_full: Arc<AtomicBool>,
    diverged: Arc<AtomicBool>,
    step_takes: Arc<Mutex<Duration>>,
    /// Of each step of the optimiser, the sum of its batches' shares.
    updates: Arc<Mutex<Vec<f64>>>,
}

/// Where a file is while it cannot be read.
fn gone(file: &Path) -> PathBuf {
    file.with_extension("gone")
}

impl World {
    fn compute(&self, takes: Duration) -> Result<(), TrainError> {
        self.clock.advance(takes);
        if self.device_gone.load(Relaxed) { Err(TrainError::Device("it is lost".into())) } else { Ok(()) }
    }

    fn write(&self, weights: u64, to: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        to.write(state, |dir| {
            if self.disk_full.load(Relaxed) {
                return Err("the disk is full".into());
            }
            std::fs::write(dir.join(MODEL), weights.to_string()).map_err(|e| e.to_string().into())
        })
    }
}

/// A network whose weights are a number that every image it has seen, in their order, went into.
struct PlayedTrainer {
    world: World,
    weights: u64,
    channels: usize,
    device: DeviceInfo,
    is_twin: bool,
}

struct PlayedWeights {
    world: World,
    weights: u64,
}

fn mixed(into: u64, value: u64) -> u64 {
    (into ^ value).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
}

fn mixed_pixels(into: u64, pixels: Pixels<'_>) -> u64 {
    let Pixels::Floats(values) = pixels else { panic!("bytes") };
    values.iter().fold(into, |into, value| mixed(into, u64::from(value.to_bits())))
}

/// 0 to 1.
fn share(weights: u64) -> f64 {
    (weights >> 11) as f64 / (1u64 << 53) as f64
}

fn read_weights(checkpoint: &Checkpoint) -> u64 {
    std::fs::read_to_string(checkpoint.path.join(MODEL)).unwrap().parse().unwrap()
}

impl Trains for PlayedTrainer {
    type Weights = PlayedWeights;

    fn set_lr(&mut self, lr: f64) {
        self.weights = mixed(self.weights, lr.to_bits());
    }

    fn step(&mut self, samples: Samples<'_>, mode: StepMode) -> Result<StepOutcome, TrainError> {
        let takes = *self.world.step_takes.lock().unwrap();
        self.world.compute(takes)?;
        if mode.update {
            self.world.updates.lock().unwrap().push(mode.gathered);
        }
        self.weights = mixed(self.weights, mode.share.to_bits() ^ u64::from(mode.update));
        self.weights = samples.labels.iter().fold(self.weights, |into, label| mixed(into, u64::from(*label)));
        self.weights = mixed_pixels(self.weights, samples.pixels);
        let loss = if self.world.diverged.load(Relaxed) { f64::NAN } else { share(self.weights) };
        Ok(StepOutcome { loss: mode.read_loss.then_some(loss), phases: StepPhases::default() })
    }

    fn update(&mut self, gathered: f64) {
        self.world.updates.lock().unwrap().push(gathered);
        self.weights = mixed(self.weights, gathered.to_bits());
    }

    fn weights(&self) -> Result<PlayedWeights, TrainError> {
        Ok(PlayedWeights { world: self.world.clone(), weights: self.weights })
    }

    fn weights_of(&self, checkpoint: &Checkpoint) -> Result<PlayedWeights, TrainError> {
        Ok(PlayedWeights { world: self.world.clone(), weights: read_weights(checkpoint) })
    }

    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        self.world.write(self.weights, checkpoints, state)
    }

    fn twin(&self) -> Result<Self, TrainError> {
        self.world.clock.tick(TICK);
        let (world, device) = (self.world.clone(), self.device.clone());
        Ok(Self { world, weights: 0, channels: self.channels, device, is_twin: true })
    }

    fn is_finite(&self) -> Result<bool, TrainError> {
        Ok(!self.world.diverged.load(Relaxed))
    }

    fn in_channels(&self) -> usize {
        self.channels
    }

    fn device(&self) -> &DeviceInfo {
        &self.device
    }
}

impl Drop for PlayedTrainer {
    fn drop(&mut self) {
        if self.is_twin {
            self.world.clock.tick(Duration::ZERO);
        }
    }
}

impl Evaluates for PlayedWeights {
    fn logits(&self, pixels: Pixels<'_>, shape: [usize; 4]) -> Result<Vec<f32>, TrainError> {
        self.world.compute(EVALUATE)?;
        let seed = mixed_pixels(self.weights, pixels);
        Ok((0..shape[0] * CLASSES).map(|at| share(mixed(mixed(seed, at as u64), 7)) as f32).collect())
    }

    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        self.world.write(self.weights, checkpoints, state)
    }
}

const CLASSES: usize = 6;

/// Images, and runs over them.
pub(super) struct Stage {
    home: tempfile::TempDir,
    dataset: Arc<Dataset>,
    pub config: RunConfig,
}

impl Stage {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("images");
        write_sample_dataset(&dir, 4, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let dataset = Arc::new(scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap());
        assert_eq!(dataset.class_names.len(), CLASSES);
        let mut config = RunConfig::default();
        config.model.name = "small_cnn".to_owned();
        (config.data.val_frac, config.data.test_frac) = (0.25, 0.25);
        (config.train.epochs, config.train.loss_every_steps) = (2, 1);
        (config.loader.batch_size, config.loader.workers) = (4, 0);
        config.transforms = chain_with_flip(true);
        let mut stage = Self { home, dataset, config };
        // The best epoch is to be the first: its weights are then others than the last.
        let best = |stage: &Self| stage.play(&stage.config.train.seed.to_string(), Script::new()).finished().best_epoch;
        while best(&stage) != Some(1) {
            stage.config.train.seed += 1;
        }
        stage
    }

    pub fn run_dir(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// As it stands in the run's folder.
    pub fn config_of(&self, name: &str) -> RunConfig {
        store::read_config(&self.run_dir(name)).unwrap()
    }

    /// Begins or resumes that run; what it came to.
    pub fn play(&self, name: &str, mut script: Script) -> Came {
        script.sort_by(|a, b| a.0.total_cmp(&b.0));
        let clock = RunClock::played();
        clock.set_trials_take(TRIAL);
        let mailbox = Mailbox::without_client(clock.clone());
        let watcher = mailbox.outbox().admit(Event::Heartbeat { secs: 0.0 });
        let world = World {
            clock: clock.clone(),
            device_gone: Arc::default(),
            disk_full: Arc::default(),
            diverged: Arc::default(),
            step_takes: Arc::new(Mutex::new(STEP)),
            updates: Arc::default(),
        };
        let updates = Arc::clone(&world.updates);
        for (at, does) in script {
            let (reader, world) = (mailbox.command_reader(), world.clone());
            clock.at(Duration::from_secs_f64(at), move || match does {
                Does::Command(command) => assert!(reader.take(command)),
                Does::ClientGoes => reader.client_went(),
                Does::DeviceGoes => world.device_gone.store(true, Relaxed),
                Does::Diverges => world.diverged.store(true, Relaxed),
                Does::DiskFills => world.disk_full.store(true, Relaxed),
                Does::DiskIsFreed => world.disk_full.store(false, Relaxed),
                Does::StepsTake(takes) => *world.step_takes.lock().unwrap() = takes,
                Does::FilesGo(files) => files.iter().for_each(|file| std::fs::rename(file, gone(file)).unwrap()),
                Does::FilesComeBack(files) => files.iter().for_each(|file| std::fs::rename(gone(file), file).unwrap()),
            });
        }
        clock.advance(Duration::ZERO);
        let run_dir = self.run_dir(name);
        let end = self.run(&mailbox, world, &run_dir);
        watcher.close();
        let events: Vec<Event> = std::iter::from_fn(|| watcher.pop()).skip(1).collect();
        let updates = std::mem::take(&mut *updates.lock().unwrap());
        Came { events, end: end.map_err(|error| error.to_string()), saved: saved(&run_dir), updates }
    }

    /// The images of each part.
    pub fn parts(&self) -> Split {
        split(&self.dataset, &self.config.data).unwrap()
    }

    pub fn files(&self, images: &[u32]) -> Vec<PathBuf> {
        images.iter().map(|image| self.dataset.path_of(*image as usize)).collect()
    }

    /// As `data.quarantine` names it.
    pub fn name_of(&self, image: u32) -> String {
        self.dataset.name_of(image as usize)
    }

    /// As `engine::run` does it, from its first look at what was changed meanwhile.
    fn run(&self, mailbox: &Mailbox, world: World, run_dir: &Path) -> Result<Finished, super::RunError> {
        let config = if store::is_run(run_dir) { store::read_config(run_dir).unwrap() } else { self.config.clone() };
        let mut config = config;
        let parts = split(&self.dataset, &config.data).unwrap();
        assert_eq!([parts.train.len(), parts.val.len(), parts.test.len()], [12, 6, 6]);
        let watched: Arc<Watched> = Arc::default();
        store::make(run_dir)?;
        let place = RunPlace::of(run_dir)?;
        let (images, _) = Images::new(mailbox, Arc::clone(&self.dataset), parts, &config, &place, &watched);
        let checkpoints = Checkpoints::of(run_dir);
        let newest = checkpoints.newest();
        assert_eq!(newest.passed_over, []);
        let device = DeviceInfo {
            id: "played".to_owned(),
            name: "played".to_owned(),
            kind: DeviceKind::DiscreteGpu,
            driver: "".into(),
            memory_bytes: None,
        };
        let weights = newest.checkpoint.as_ref().map_or(42, read_weights);
        let mut trainer = PlayedTrainer { world, weights, channels: images.channels, device, is_twin: false };
        let state = newest.checkpoint.map_or(CheckpointState::begin(), |checkpoint| checkpoint.state);
        let chain = Arc::new(Chain::build(&config.transforms).unwrap());
        let chain = take_early_changes(mailbox, &images, &trainer, &mut config, chain, &mut None)?;
        mailbox.clock().set_secs(state.secs);
        store::write_config(run_dir, &[], &config)?;
        let checkpoints = checkpoints.within(place.clone(), None);
        watched.set_run(RunFile { place, notes: Vec::new(), config: config.clone() });
        train_and_test(
            mailbox,
            &mut trainer,
            &images,
            Beginning { config, chain, checkpoints, state, range_word: RangeWord::default() },
        )
    }
}

/// The steps of a chain, the random one on or off.
pub(super) fn chain_with_flip(on: bool) -> Vec<TransformSpec> {
    let flip = TransformSpec::new("RandFlip").with("prob", ParamValue::Float(1.0));
    vec![
        TransformSpec::new("LoadImage"),
        TransformSpec::new("EnsureChannelFirst"),
        TransformSpec::new("ScaleIntensity"),
        TransformSpec { enabled: on, ..flip },
    ]
}

/// A checkpoint: step, the next epoch and batch; whether it is the best epoch's, and whether it can be gone on from.
pub(super) type Saved = (u64, u64, u64, bool, bool);

/// By step.
fn saved(run_dir: &Path) -> Vec<Saved> {
    let checkpoints = Checkpoints::of(run_dir);
    let Ok(entries) = std::fs::read_dir(run_dir.join("checkpoints")) else { return Vec::new() };
    let mut saved: Vec<Saved> = entries
        .map(|entry| std::fs::read(entry.unwrap().path().join("state.json")).unwrap())
        .map(|json| serde_json::from_slice::<CheckpointState>(&json).unwrap())
        .map(|state| (state.step, state.next_epoch, state.next_batch, state.is_best, state.is_whole))
        .collect();
    saved.sort_unstable();
    assert!(saved.is_empty() || checkpoints.newest().passed_over.is_empty());
    saved
}

/// What a session came to.
pub(super) struct Came {
    pub events: Vec<Event>,
    pub end: Result<Finished, String>,
    pub saved: Vec<Saved>,
    /// Of each step of the optimiser, the sum of its batches' shares.
    pub updates: Vec<f64>,
}

impl Came {
    /// A line for each event but those that are sent by the second.
    pub fn told(&self) -> Vec<String> {
        let line = |event: &Event| {
            Some(match event {
                Event::Phase(phase) => format!("{phase:?}"),
                Event::Step(step) => format!("step {} at {}", step.step, step.secs),
                Event::Epoch(epoch) => {
                    format!("epoch {} at {}{}", epoch.epoch, epoch.secs, if epoch.best { ", the best" } else { "" })
                }
                Event::Validation(v) => {
                    format!("validation after step {} at {}{}", v.step, v.secs, if v.best { ", the best" } else { "" })
                }
                Event::Span(span) => {
                    let does = if span.begins { "begins" } else { "ends" };
                    format!("{:?} {does} at {} after step {}", span.kind, span.secs, span.step)
                }
                Event::Changed(mark) => format!("{} from step {}", mark.label, mark.step),
                Event::Trying(trying) => match &trying.label {
                    Some(label) => format!("trying {label} since {}", trying.secs),
                    None => format!("tried {}", trying.edits),
                },
                Event::Warning { message, .. } => format!("warning: {message}"),
                Event::Ceilings(_) => "ceilings".to_owned(),
                Event::Progress { .. } | Event::Stages(_) | Event::Verdict(_) | Event::Slow(_) | Event::Effect(_) => {
                    return None;
                }
                other => format!("{other:?}"),
            })
        };
        self.events.iter().filter_map(line).collect()
    }

    /// Images a second of each step.
    pub fn rates(&self) -> Vec<f64> {
        let rate = |event: &Event| if let Event::Step(step) = event { Some(step.images_per_sec) } else { None };
        self.events.iter().filter_map(rate).collect()
    }

    /// Of each epoch: its seconds, and its validation's.
    pub fn epoch_secs(&self) -> Vec<(f64, f64)> {
        let secs = |event: &Event| match event {
            Event::Epoch(epoch) => Some((epoch.epoch_secs, epoch.val_secs)),
            _ => None,
        };
        self.events.iter().filter_map(secs).collect()
    }

    /// Begin and end of each pause.
    pub fn pauses(&self) -> Vec<(f64, f64)> {
        let mark = |event: &Event| match event {
            Event::Span(span) if span.kind == SpanKind::Paused => Some(span.secs),
            _ => None,
        };
        let marks: Vec<f64> = self.events.iter().filter_map(mark).collect();
        marks.chunks(2).map(|pair| (pair[0], pair[1])).collect()
    }

    #[track_caller]
    pub fn finished(&self) -> &Finished {
        self.end.as_ref().unwrap_or_else(|error| panic!("{error}: {:#?}", self.told()))
    }

    pub fn story(&self) -> Story {
        let mut story = Story::default();
        for event in &self.events {
            match event {
                Event::Step(step) => {
                    story.losses.insert(step.step, step.loss.unwrap().to_bits());
                }
                Event::Validation(v) => {
                    let figures = [Some(v.loss), Some(v.accuracy), v.auc];
                    story.validations.insert(v.step, figures.map(|figure| figure.map(f64::to_bits)));
                }
                Event::Epoch(epoch) => {
                    let figures = [Some(epoch.train_loss), epoch.val_loss, epoch.val_accuracy, epoch.val_auc];
                    story.epochs.insert(epoch.epoch, figures.map(|figure| figure.map(f64::to_bits)));
                }
                _ => {}
            }
        }
        if let Ok(finished) = &self.end {
            story.test = finished.test.as_ref().map(|test| (finished.best_epoch.unwrap(), test.loss.to_bits()));
        }
        story
    }
}

/// What training came to, to the bit.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Story {
    /// By step.
    pub losses: BTreeMap<u64, u64>,
    pub epochs: BTreeMap<u64, [Option<u64>; 4]>,
    /// By step.
    pub validations: BTreeMap<u64, [Option<u64>; 3]>,
    /// The best epoch and the test's loss.
    pub test: Option<(u64, u64)>,
}

impl Story {
    /// Followed by what a resume did; what is made again is the same again.
    #[track_caller]
    pub fn then(mut self, later: Self) -> Self {
        assert_eq!(self.test, None);
        for (step, loss) in later.losses {
            assert!(self.losses.insert(step, loss).is_none_or(|before| before == loss), "step {step}");
        }
        for (epoch, figures) in later.epochs {
            assert!(self.epochs.insert(epoch, figures).is_none_or(|before| before == figures), "epoch {epoch}");
        }
        for (step, figures) in later.validations {
            assert!(self.validations.insert(step, figures).is_none_or(|before| before == figures), "step {step}");
        }
        Self { test: later.test, ..self }
    }
}
