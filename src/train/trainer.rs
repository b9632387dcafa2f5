//! One training step, timed by phase, and the forward pass of an evaluation.

use super::input::{Pixels, Samples};
use super::update::{self, Updater};
use super::{Network, OpenDevice, TrainError};
use crate::config::{ModelConfig, OptimizerConfig};
use crate::protocol::StepPhases;
use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::time::Instant;

/// What a trainer is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerSpec {
    pub model: ModelConfig,
    pub optimizer: OptimizerConfig,
    pub loss: LossSpec,
    pub in_channels: usize,
    pub classes: usize,
    pub seed: u64,
}

/// What the cross entropy of a training batch is made with; an evaluation's is plain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LossSpec {
    /// Share of each label that is spread evenly over all classes.
    pub smoothing: f64,
    /// What each class counts, above 0; empty where all count the same.
    pub class_weights: Vec<f32>,
}

impl LossSpec {
    fn build(&self, device: &Device) -> CrossEntropyLoss {
        CrossEntropyLossConfig::new()
            .with_smoothing((self.smoothing > 0.0).then_some(self.smoothing as f32))
            .with_weights((!self.class_weights.is_empty()).then(|| self.class_weights.clone()))
            .init(device)
    }
}

/// A network, its optimiser and the device they live on.
pub struct Trainer {
    open: OpenDevice,
    /// The device with gradients.
    pub(super) device: Device,
    /// `None` only inside a step, while the optimiser has it.
    pub(super) network: Option<Network>,
    pub(super) updater: Updater,
    loss: CrossEntropyLoss,
    lr: f64,
    pub(super) spec: TrainerSpec,
    parameter_count: usize,
    /// Steps so far, those before a resume included.
    pub(super) steps: u64,
}

/// How a step is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepMode {
    /// The host waits for the device between phases, so that each phase's time is its own; else the times are what the host saw.
    pub sync: bool,
    /// The host waits for the loss.
    pub read_loss: bool,
    /// The batch's share in its step of the optimiser; 1 where it has one of its own.
    pub share: f64,
    /// The optimiser steps, with this batch's gradients and those gathered before.
    pub update: bool,
    /// The sum of their shares; below 1 where a batch could not be loaded.
    pub gathered: f64,
}

impl StepMode {
    /// One batch, one step of the optimiser.
    pub fn whole(sync: bool, read_loss: bool) -> Self {
        Self { sync, read_loss, share: 1.0, update: true, gathered: 1.0 }
    }
}

/// What a step gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepOutcome {
    /// Mean cross entropy of the batch; `None` where it was not asked for.
    pub loss: Option<f64>,
    /// `wait_secs` and `cpu` are the caller's to fill in.
    pub phases: StepPhases,
}

impl Trainer {
    /// Builds the network with weights drawn from the seed.
    ///
    /// # Errors
    /// The network or the optimiser is none of the catalogue's.
    pub fn new(spec: TrainerSpec, open: OpenDevice) -> Result<Self, TrainError> {
        let device = open.device.clone().autodiff();
        let network = Network::new(&spec.model, spec.in_channels, spec.classes, spec.seed, &device)?;
        let network = network.in_training(spec.model.freeze);
        let parameter_count = network.parameter_count();
        Ok(Self {
            open,
            loss: spec.loss.build(&device),
            device,
            updater: Updater::new(&spec.optimizer)?,
            network: Some(network),
            lr: spec.optimizer.lr,
            spec,
            parameter_count,
            steps: 0,
        })
    }

    /// Another network like this one, with fresh weights, on the same device: to be tried without touching this one.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn twin(&self) -> Result<Self, TrainError> {
        Self::new(self.spec.clone(), self.open.clone())
    }

    pub fn parameter_count(&self) -> usize {
        self.parameter_count
    }

    /// Channels of the images that the network takes.
    pub fn in_channels(&self) -> usize {
        self.spec.in_channels
    }

    pub fn device(&self) -> &OpenDevice {
        &self.open
    }

    /// A network of this kind, with gradients.
    pub(super) fn fresh_network(&self) -> Result<Network, TrainError> {
        let TrainerSpec { model, in_channels, classes, seed, .. } = &self.spec;
        Network::new(model, *in_channels, *classes, *seed, &self.device)
    }

    pub(super) fn network(&self) -> Result<&Network, TrainError> {
        self.network.as_ref().ok_or_else(|| TrainError::Device(msg!("train-step-unfinished")))
    }

    /// The learning rate of the steps that follow; at first that of the optimiser's section.
    pub fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    /// Whether every weight is a number; the host waits for the device.
    ///
    /// # Errors
    /// The device failed.
    pub fn is_finite(&self) -> Result<bool, TrainError> {
        update::is_finite(self.network()?)
    }

    /// Trains on one batch.
    ///
    /// # Errors
    /// The device failed.
    pub fn step(&mut self, samples: Samples<'_>, mode: StepMode) -> Result<StepOutcome, TrainError> {
        let StepMode { sync, read_loss, share, update, gathered } = mode;
        let mut clock = PhaseClock { last: Instant::now(), sync, device: self.open.device.clone() };
        let images = samples.pixels.upload(samples.shape, &self.device, self.open.is_synchronous());
        let labels = upload_labels(samples.labels, &self.device);
        let partners = samples.mixed.map(|mixed| (mixed.share, upload_labels(mixed.partners, &self.device)));
        let upload_secs = clock.lap()?;

        // What dropout draws is of the run's seed and the step, so that a run repeats, and goes on as it would have.
        self.open.device.seed(self.spec.seed.wrapping_add(self.steps.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        self.steps += 1;
        let network = self.network()?;
        let logits = network.forward(images);
        let loss = match partners {
            None => self.loss.forward(logits, labels),
            Some((share, partners)) => {
                let own = self.loss.forward(logits.clone(), labels) * share;
                own + self.loss.forward(logits, partners) * (1.0 - share)
            }
        };
        let forward_secs = clock.lap()?;

        let gradients = GradientsParams::from_grads(loss.backward(), network);
        let backward_secs = clock.lap()?;

        if let Some(network) = self.network.take() {
            self.updater.gather(&network, gradients, share);
            self.network = Some(if update { self.updater.step(self.lr, network, gathered) } else { network });
        }
        let optimizer_secs = clock.lap()?;

        // The host waits for the device here.
        let loss = if read_loss { read_values(loss)?.first().map(|v| f64::from(*v)) } else { None };
        let read_secs = clock.lap()?;
        let synced = sync || self.open.is_synchronous();
        let phases = StepPhases {
            synced,
            upload_secs,
            forward_secs,
            backward_secs,
            optimizer_secs,
            read_secs,
            ..StepPhases::default()
        };
        Ok(StepOutcome { loss, phases })
    }

    /// Makes the step of the optimiser that waits for batches which do not come. `gathered` is the sum of the shares that came.
    pub fn update(&mut self, gathered: f64) {
        if let Some(network) = self.network.take() {
            self.network = Some(self.updater.step(self.lr, network, gathered));
        }
    }

    /// The weights as they are, or their moving average where one is kept, for an evaluation.
    ///
    /// # Errors
    /// The device failed.
    pub fn evaluator(&self) -> Result<Evaluator, TrainError> {
        Ok(self.evaluator_with(match self.updater.average() {
            Some(average) => average,
            None => self.network()?.valid(),
        }))
    }

    pub(super) fn evaluator_with(&self, network: Network) -> Evaluator {
        Evaluator { network, device: self.open.device.clone(), host_converts: self.open.is_synchronous() }
    }
}

fn upload_labels(labels: &[u32], device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = labels.iter().map(|l| *l as i32).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}

/// A frozen copy of the network for one evaluation.
pub struct Evaluator {
    network: Network,
    device: Device,
    host_converts: bool,
}

impl Evaluator {
    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    /// Logits `[N, classes]` in C order of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// The device failed.
    pub fn logits(&self, pixels: Pixels<'_>, shape: [usize; 4]) -> Result<Vec<f32>, TrainError> {
        let images = pixels.upload(shape, &self.device, self.host_converts);
        // The host waits for the device here.
        read_values(self.network.forward(images))
    }
}

/// Reads a tensor back; the host waits for the device.
pub(super) fn read_values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    let data = tensor.try_into_data_as::<f32>().map_err(TrainError::said_by_device)?;
    data.try_to_vec::<f32>().map_err(|e| TrainError::said_by_device(format!("{e:?}")))
}

struct PhaseClock {
    last: Instant,
    sync: bool,
    device: Device,
}

impl PhaseClock {
    /// Seconds since the last lap; with `sync`, the host first waits for the device.
    fn lap(&mut self) -> Result<f64, TrainError> {
        if self.sync {
            self.device.sync().map_err(TrainError::said_by_device)?;
        }
        let now = Instant::now();
        Ok((now - std::mem::replace(&mut self.last, now)).as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::MixedLabels;
    use super::*;

    fn samples<'a>(images: &'a [f32], shape: [usize; 4], labels: &'a [u32]) -> Samples<'a> {
        Samples { pixels: Pixels::Floats(images), shape, labels, mixed: None }
    }

    fn trainer(seed: u64) -> Trainer {
        let spec = TrainerSpec {
            model: ModelConfig::named("small_cnn"),
            optimizer: OptimizerConfig { lr: 1e-2, ..OptimizerConfig::default() },
            loss: LossSpec::default(),
            in_channels: 1,
            classes: 2,
            seed,
        };
        Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap()
    }

    /// Two classes told apart by their mean: bright and dark noise.
    fn batch() -> (Vec<f32>, [usize; 4], Vec<u32>) {
        let pixels = (0..8 * 256).map(|i| ((i * 37 % 101) as f32 / 101.0) + if i / 256 % 2 == 0 { 0.0 } else { 0.5 });
        (pixels.collect(), [8, 1, 16, 16], (0..8).map(|i| i % 2).collect())
    }

    #[test]
    fn the_loss_falls_and_the_same_seed_repeats_it() {
        let run = || {
            let mut trainer = trainer(3);
            let (images, shape, labels) = batch();
            let step =
                |_| trainer.step(samples(&images, shape, &labels), StepMode::whole(true, true)).unwrap().loss.unwrap();
            (0..12).map(step).collect::<Vec<f64>>()
        };
        let losses = run();
        assert!(losses[11] < losses[0] * 0.5, "{losses:?}");
        assert_eq!(losses, run());
    }

    #[test]
    fn without_a_learning_rate_nothing_is_learnt() {
        let mut trainer = trainer(3);
        let (images, shape, labels) = batch();
        trainer.set_lr(0.0);
        let step =
            |_| trainer.step(samples(&images, shape, &labels), StepMode::whole(true, true)).unwrap().loss.unwrap();
        let losses: Vec<f64> = (0..3).map(step).collect();
        assert_eq!(losses, [losses[0]; 3]);
    }

    #[test]
    fn an_evaluation_leaves_the_network_as_it_was() {
        let mut trainer = trainer(1);
        let (images, shape, labels) = batch();
        trainer.step(samples(&images, shape, &labels), StepMode::whole(false, false)).unwrap();
        let logits = || trainer.evaluator().unwrap().logits(Pixels::Floats(&images), shape).unwrap();
        let first = logits();
        assert_eq!(first.len(), 16);
        assert_eq!(first, logits());
    }

    /// The loss of mixed samples lies between those of the labels alone, as far along as the share says.
    #[test]
    fn mixed_labels_mix_the_loss() {
        let (images, shape, labels) = batch();
        let partners: Vec<u32> = labels.iter().map(|label| 1 - label).collect();
        let loss = |labels: &[u32], mixed| {
            let samples = Samples { mixed, ..samples(&images, shape, labels) };
            trainer(5).step(samples, StepMode::whole(true, true)).unwrap().loss.unwrap()
        };
        let (own, other) = (loss(&labels, None), loss(&partners, None));
        assert!((own - other).abs() > 1e-3, "{own} {other}");
        for share in [0.0, 0.25, 1.0] {
            let mixed = loss(&labels, Some(MixedLabels { share, partners: &partners }));
            let expected = f64::from(share) * own + (1.0 - f64::from(share)) * other;
            assert!((mixed - expected).abs() < 1e-5, "{mixed} {expected}");
        }
    }
}
