//! Engines in simulated time, to hold sweeps against: a trainer, a loader with a queue that fills while nobody takes from
//! it, and a clock that only they move.

use crate::client::{ClientError, ClientEvent, EngineExit, EngineLink};
use crate::config::RunConfig;
use crate::language::Message;
use crate::protocol::{
    Bound, ChangeMark, Command, DeviceInfo, DeviceKind, EpochEvent, Event, FailureKind, Finished, PAUSED_DEPTH,
    Prediction, RunChange, RunPhase, RunStatus, StartRun, Started, StepEvent, StepPhases, Telemetry, Verdict, played,
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How an engine of a configuration behaves.
#[derive(Debug, Clone)]
pub(super) struct Behaviour {
    /// Seconds of a batch of 64; others in proportion.
    pub train_secs: f64,
    /// Seconds a batch with so many workers.
    pub loader_secs: fn(usize) -> f64,
    /// Standard deviation of a step's seconds, as a share.
    pub noise: f64,
    pub train_count: usize,
    /// After each epoch; 0 without a validation part.
    pub val_secs: f64,
    pub loss: fn(u64) -> f64,
    /// On the validation part.
    pub accuracy: f64,
    pub dies_at: Option<u64>,
    /// Dies at the first step of a batch loaded by so many workers.
    pub dies_with: Option<usize>,
    /// Turns of so many workers that it gets over before.
    pub survives: usize,
    pub fails: Option<&'static str>,
    pub memory_bytes: u64,
    /// Predicted images a second by number of workers, with half the band's width as a share.
    pub predictions: fn(usize) -> Option<(f64, f64)>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            train_secs: 0.1,
            loader_secs: |_| 0.02,
            noise: 0.03,
            train_count: 6400,
            val_secs: 0.0,
            loss: |_| 1.0,
            accuracy: 0.5,
            dies_at: None,
            dies_with: None,
            survives: 0,
            fails: None,
            memory_bytes: 1 << 20,
            predictions: |_| None,
        }
    }
}

/// What all engines share.
#[derive(Default)]
pub(super) struct World {
    pub now: f64,
    pub alive: usize,
    pub most_alive: usize,
    /// Engines that train, neither paused nor gone.
    training: usize,
    pub most_training: usize,
    pub started: usize,
    /// Other dice.
    pub salt: u64,
    pub stopped: usize,
}

#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

pub(super) struct SimEngine {
    world: Shared,
    state: Mutex<State>,
}

struct State {
    behave: fn(&RunConfig) -> Behaviour,
    behaviour: Behaviour,
    config: RunConfig,
    events: VecDeque<ClientEvent>,
    running: bool,
    gone: bool,
    dice: Pcg64Mcg,
    step: u64,
    /// Batches ready, and since when the loader has gone on unseen.
    queue: f64,
    looked: f64,
    workers: usize,
    version: u64,
    /// Batches of the version before that are still to be trained with.
    old: u64,
    began: bool,
    survived: usize,
}

impl SimEngine {
    pub fn new(world: &Shared, behave: fn(&RunConfig) -> Behaviour) -> Self {
        let seed = {
            let mut world = world.world();
            world.alive += 1;
            world.most_alive = world.most_alive.max(world.alive);
            world.started += 1;
            world.started as u64 + 1000 * world.salt
        };
        let state = State {
            behave,
            behaviour: Behaviour::default(),
            config: RunConfig::default(),
            events: VecDeque::new(),
            running: false,
            gone: false,
            dice: Pcg64Mcg::seed_from_u64(seed),
            step: 0,
            queue: 0.0,
            looked: 0.0,
            workers: 0,
            version: 0,
            old: 0,
            began: false,
            survived: 0,
        };
        Self { world: world.clone(), state: Mutex::new(state) }
    }
}

impl State {
    fn say(&mut self, event: Event) {
        self.events.push_back(ClientEvent::Event(event));
    }

    fn exit(&mut self, world: &mut World, how: &str) {
        if !std::mem::replace(&mut self.gone, true) {
            self.set_running(world, false);
            world.alive -= 1;
            self.events.push_back(ClientEvent::Exited(EngineExit { how: how.into(), last_words: Vec::new() }));
        }
    }

    fn set_running(&mut self, world: &mut World, running: bool) {
        if std::mem::replace(&mut self.running, running) != running {
            world.training = if running { world.training + 1 } else { world.training - 1 };
            world.most_training = world.most_training.max(world.training);
        }
    }

    fn start(&mut self, world: &mut World, start: StartRun) {
        self.behaviour = (self.behave)(&start.config);
        self.workers = start.config.loader.workers;
        self.config = start.config.clone();
        world.now += 3.0;
        if let Some(error) = self.behaviour.fails {
            self.say(Event::Failed { error: error.into(), kind: FailureKind::Device });
            return;
        }
        let device = DeviceInfo {
            id: "cpu".to_owned(),
            name: "Sim".to_owned(),
            kind: DeviceKind::Cpu,
            driver: Message::default(),
            memory_bytes: None,
        };
        let (train_count, val_count) = (self.behaviour.train_count, usize::from(self.behaviour.val_secs > 0.0));
        let steps_per_epoch = train_count.div_ceil(start.config.loader.batch_size) as u64;
        self.say(Event::Started(Box::new(Started {
            run_id: "run".to_owned(),
            run_dir: start.run_dir,
            config: start.config,
            device,
            class_names: Vec::new(),
            train_count,
            val_count,
            test_count: 0,
            bad_file_count: 0,
            sample_shape: [1, 8, 8],
            parameter_count: 1,
            steps_per_epoch,
            first_step: 0,
            resumed: false,
            resumed_from: None,
        })));
        self.say(Event::Telemetry(Box::new(Telemetry {
            memory_used_bytes: Some(2 << 30),
            memory_total_bytes: Some(8 << 30),
            engine_memory_bytes: Some(self.behaviour.memory_bytes),
            ..Telemetry::default()
        })));
        self.looked = world.now;
        self.set_running(world, true);
    }

    fn capacity(&self) -> f64 {
        let most = if self.running { usize::MAX } else { PAUSED_DEPTH };
        if self.workers == 0 { 0.0 } else { self.config.loader.prefetch.min(most) as f64 }
    }

    /// What the loader has done since it was looked at.
    fn load(&mut self, now: f64) {
        let secs = now - std::mem::replace(&mut self.looked, now);
        let made = secs / (self.behaviour.loader_secs)(self.workers);
        self.queue = (self.queue + made).min(self.capacity().max(self.queue));
    }

    fn train(&mut self, world: &mut World) {
        self.load(world.now);
        if self.version > 0 && self.old == 0 && !std::mem::replace(&mut self.began, true) {
            let label = String::new();
            let (step, config_version) = (self.step + 1, self.version);
            self.say(Event::Changed(ChangeMark {
                secs: world.now,
                step,
                config_version,
                label: label.into(),
                experiment: false,
                switched_off: Vec::new(),
            }));
            if self.behaviour.dies_with == Some(self.workers) {
                if self.survived >= self.behaviour.survives {
                    self.exit(world, "ended by signal 9");
                    return;
                }
                self.survived += 1;
            }
        }
        let begun = world.now;
        let loader = (self.behaviour.loader_secs)(self.workers);
        let batch_size = self.config.loader.batch_size;
        let place = self.step as usize % self.behaviour.train_count.div_ceil(batch_size);
        let images = batch_size.min(self.behaviour.train_count - place * batch_size);
        let size = images as f64 / 64.0;
        let wait = if self.queue >= 1.0 { 0.0 } else { (1.0 - self.queue) * loader };
        self.queue = (self.queue - 1.0).max(0.0);
        let spread: f64 = (0..12).map(|_| self.dice.next_u64() as f64 / u64::MAX as f64).sum::<f64>() - 6.0;
        let train = self.behaviour.train_secs * size * (1.0 + self.behaviour.noise * spread).max(0.2);
        self.looked = begun + wait;
        world.now = begun + wait + train;
        if self.workers > 0 {
            self.load(world.now);
        }
        self.step += 1;
        let config_version = if self.old > 0 { self.version - 1 } else { self.version };
        self.old = self.old.saturating_sub(1);
        let step_secs = world.now - begun;
        self.say(Event::Step(StepEvent {
            secs: world.now,
            step: self.step,
            epoch: 1,
            // As the engine tells it.
            loss: Some((self.behaviour.loss)(self.step)).filter(|loss| loss.is_finite()),
            lr: self.config.optimizer.lr,
            images_per_sec: images as f64 / step_secs,
            images: Some(images),
            data_wait_frac: wait / step_secs,
            phases: StepPhases::default(),
            queue_len: self.queue as usize,
            config_version,
        }));
        if self.step.is_multiple_of(20) {
            self.predict();
        }
        if self.behaviour.val_secs > 0.0 && (place + 1) * batch_size >= self.behaviour.train_count {
            self.say(Event::Phase(RunPhase::Validating));
            world.now += self.behaviour.val_secs;
            self.load(world.now);
            let val_accuracy = Some(self.behaviour.accuracy);
            self.say(Event::Epoch(EpochEvent { step: self.step, val_accuracy, ..played::epoch(1) }));
            self.say(Event::Phase(RunPhase::Training));
        }
        if self.behaviour.dies_at == Some(self.step) {
            self.exit(world, "ended by signal 9");
        }
    }

    fn predict(&mut self) {
        let prediction = |workers: usize| {
            let (images_per_sec, band) = (self.behaviour.predictions)(workers)?;
            Some(Prediction {
                change: RunChange::Workers(workers),
                images_per_sec,
                low: images_per_sec * (1.0 - band),
                high: images_per_sec * (1.0 + band),
                measured: false,
                next_bound: Bound::Compute,
                next_limit: Message::default(),
            })
        };
        let verdict = Verdict {
            bound: Bound::Input,
            sentence: Message::default(),
            images_per_sec: None,
            evidence: Vec::new(),
            ceilings: Vec::new(),
            predictions: (0..9).filter_map(prediction).collect(),
            troubles: Vec::new(),
        };
        self.say(Event::Verdict(Box::new(verdict)));
    }
}

impl EngineLink for SimEngine {
    fn send(&self, command: Command) -> Result<(), ClientError> {
        let mut world = self.world.world();
        let mut state = self.state.lock().unwrap();
        if state.gone {
            return Err(ClientError::Gone);
        }
        match command {
            Command::Start(start) => state.start(&mut world, *start),
            Command::Pause => {
                state.set_running(&mut world, false);
                state.say(Event::Phase(RunPhase::Paused));
            }
            Command::Resume => {
                let now = world.now;
                state.load(now);
                state.set_running(&mut world, true);
                state.say(Event::Phase(RunPhase::Training));
            }
            Command::SetWorkers(workers) => {
                state.old = state.queue as u64;
                state.workers = workers;
                state.version += 1;
                state.began = false;
            }
            Command::Stop => {
                let (secs, steps) = (world.now, state.step);
                world.stopped += 1;
                state.say(Event::Finished(Box::new(Finished {
                    secs,
                    status: RunStatus::Stopped,
                    steps,
                    best_epoch: None,
                    best_val_auc: None,
                    test: None,
                    missing: Vec::new(),
                    stopped_early: false,
                })));
                state.exit(&mut world, "exit code 0");
            }
            _ => {}
        }
        Ok(())
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        let mut world = self.world.world();
        let mut state = self.state.lock().unwrap();
        if state.events.is_empty() && !timeout.is_zero() {
            if state.running {
                state.train(&mut world);
            } else {
                world.now += timeout.as_secs_f64();
            }
        }
        state.events.pop_front()
    }

    fn kill(&self) {
        let mut world = self.world.world();
        self.state.lock().unwrap().exit(&mut world, "ended by signal 9");
    }
}

/// As a process: with nobody at its pipe it ends.
impl Drop for SimEngine {
    fn drop(&mut self) {
        self.kill();
    }
}
