//! From the gradients of one batch or several to new weights: their mean, its norm, a rate for the body and one for the last layer,
//! and the moving average of what comes of it.

use super::model::{Network, TensorPath};
use super::{TrainError, optimizer};
use crate::config::OptimizerConfig;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;

/// Added to the norm that gradients are divided by, as in PyTorch's `clip_grad_norm_`.
const CLIP_EPS: f32 = 1e-6;
/// Shares that add up to 1 may be off by as much as rounding makes of it.
const SHARES_EPS: f64 = 1e-9;

/// What is between gradients and weights.
pub(super) struct Updater {
    config: OptimizerConfig,
    pub optimizer: ModuleOptimizer,
    /// Of the batches since the last step of the optimiser.
    pending: Option<GradientsParams>,
    /// Without gradients. `None` where none is kept, and before the first step.
    average: Option<Network>,
}

/// What of an [`Updater`] a checkpoint holds beside the optimiser, each in a network's shape.
pub(super) struct Kept {
    pub average: Option<Network>,
    pub pending: Option<Network>,
}

impl Updater {
    /// Before the first step.
    ///
    /// # Errors
    /// The optimiser is none of the catalogue's.
    pub fn new(config: &OptimizerConfig) -> Result<Self, TrainError> {
        Ok(Self { config: config.clone(), optimizer: optimizer::build(config)?, pending: None, average: None })
    }

    /// The same as it was at a checkpoint of that network, which is in training.
    pub fn resumed(config: &OptimizerConfig, network: &Network, optimizer: ModuleOptimizer, kept: Kept) -> Self {
        let pending = kept.pending.map(|pending| {
            let mut values = Values::default();
            pending.visit(&mut values);
            let mut of = AsGradients { values: values.by_place, place: 0, gradients: GradientsParams::new() };
            network.visit(&mut of);
            of.gradients
        });
        let average = kept.average.filter(|_| config.ema_decay > 0.0);
        Self { config: config.clone(), optimizer, pending, average }
    }

    /// What a checkpoint is to hold.
    pub fn kept(&self, network: &Network) -> Kept {
        let pending = self.pending.as_ref().map(|gradients| network.valid().map(&mut Replaced { gradients }));
        // Running statistics are shared by clones, and not by what `valid` gives.
        Kept { average: self.average.as_ref().map(Module::valid), pending }
    }

    /// The moving average, to be evaluated.
    pub fn average(&self) -> Option<Network> {
        self.average.as_ref().map(Module::valid)
    }

    /// Takes in a batch's gradients, whose share in their step of the optimiser is `share`.
    pub fn gather(&mut self, network: &Network, gradients: GradientsParams, share: f64) {
        self.pending = Some(match self.pending.take() {
            None if share == 1.0 => gradients,
            before => {
                let before = before.unwrap_or_default();
                let mut sum = Sum { before, new: gradients, share, sum: GradientsParams::new() };
                network.visit(&mut sum);
                sum.sum
            }
        });
    }

    /// The network after a step of the optimiser with what was gathered. It is made with the mean of these gradients: `gathered` is
    /// the sum of their shares.
    pub fn step(&mut self, lr: f64, network: Network, gathered: f64) -> Network {
        let Some(mut gradients) = self.pending.take() else { return network };
        if (gathered - 1.0).abs() > SHARES_EPS {
            let before = GradientsParams::new();
            let mut sum = Sum { before, new: gradients, share: 1.0 / gathered, sum: GradientsParams::new() };
            network.visit(&mut sum);
            gradients = sum.sum;
        }
        if self.config.clip_norm > 0.0 {
            gradients = clipped(&network, gradients, self.config.clip_norm as f32);
        }
        let factor = self.config.head_lr_factor;
        let network = if factor == 1.0 {
            self.optimizer.step(lr, network, gradients)
        } else {
            let mut parts = Parts { head: head_of(&network), gradients, of_head: GradientsParams::new() };
            network.visit(&mut parts);
            let Parts { gradients, of_head, .. } = parts;
            let network = self.optimizer.step(lr, network, gradients);
            self.optimizer.step(lr * factor, network, of_head)
        };
        if self.config.ema_decay > 0.0 {
            self.take_into_average(&network);
        }
        network
    }

    /// PyTorch's `AveragedModel` with `get_ema_multi_avg_fn` and `use_buffers`: the first network is its first value.
    fn take_into_average(&mut self, network: &Network) {
        let network = network.valid();
        self.average = Some(match self.average.take() {
            None => network,
            Some(average) => {
                let mut values = Values::default();
                network.visit(&mut values);
                average.map(&mut Average { values: values.by_place, place: 0, keep: self.config.ema_decay })
            }
        });
    }
}

/// Whether every weight is a number; the host waits for the device.
///
/// # Errors
/// The device failed.
pub(super) fn is_finite(network: &Network) -> Result<bool, TrainError> {
    let mut zeros = Zeros { sum: None };
    network.visit(&mut zeros);
    let Some(sum) = zeros.sum else { return Ok(true) };
    Ok(super::trainer::read_values(sum)?.iter().all(|v| *v == 0.0))
}

/// The last layer's weight and bias.
fn head_of(network: &Network) -> Vec<ParamId> {
    let Some(names) = network.head() else { return Vec::new() };
    let mut found = Named { names, path: TensorPath::default(), ids: Vec::new() };
    network.visit(&mut found);
    found.ids
}

fn clipped(network: &Network, gradients: GradientsParams, most: f32) -> GradientsParams {
    let mut squares = Squares { gradients: &gradients, sum: None };
    network.visit(&mut squares);
    let Some(sum) = squares.sum else { return gradients };
    let scale = sum.sqrt().add_scalar(CLIP_EPS).recip().mul_scalar(most).clamp_max(1.0);
    let mut scaled = Scaled { gradients, scale, scaled: GradientsParams::new() };
    network.visit(&mut scaled);
    scaled.scaled
}

/// A place among a network's tensors as a key: networks of one kind have them in one order, and a loaded one other ids.
fn key(place: &mut u64) -> ParamId {
    *place += 1;
    ParamId::from(*place)
}

#[derive(Default)]
struct Values {
    place: u64,
    by_place: GradientsParams,
}

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.by_place.register(key(&mut self.place), param.val());
    }
}

struct Average {
    values: GradientsParams,
    place: u64,
    keep: f64,
}

impl ModuleMapper for Average {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.values.remove::<D>(key(&mut self.place)) {
            Some(value) => param.map(|old| old * self.keep + value * (1.0 - self.keep)),
            None => param,
        }
    }
}

/// Values by place to gradients by parameter.
struct AsGradients {
    values: GradientsParams,
    place: u64,
    gradients: GradientsParams,
}

impl ModuleVisitor for AsGradients {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = self.values.remove::<D>(key(&mut self.place));
        if let Some(value) = value.filter(|_| param.is_require_grad()) {
            self.gradients.register(param.id, value);
        }
    }
}

/// Puts gradients in place of the weights.
struct Replaced<'a> {
    gradients: &'a GradientsParams,
}

impl ModuleMapper for Replaced<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = self.gradients.get::<D>(param.id);
        param.map(|weight| gradient.unwrap_or_else(|| weight.zeros_like()))
    }
}

struct Sum {
    before: GradientsParams,
    new: GradientsParams,
    share: f64,
    sum: GradientsParams,
}

impl ModuleVisitor for Sum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let new = self.new.remove::<D>(param.id).map(|gradient| gradient * self.share);
        let sum = match (self.before.remove::<D>(param.id), new) {
            (Some(before), Some(new)) => before + new,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return,
        };
        self.sum.register(param.id, sum);
    }
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scaled {
    gradients: GradientsParams,
    scale: Tensor<1>,
    scaled: GradientsParams,
}

impl ModuleVisitor for Scaled {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.scaled.register(param.id, gradient * self.scale.clone().reshape([1; D]));
        }
    }
}

/// Takes the last layer's gradients out of the others.
struct Parts {
    head: Vec<ParamId>,
    gradients: GradientsParams,
    of_head: GradientsParams,
}

impl ModuleVisitor for Parts {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.head.contains(&param.id)
            && let Some(gradient) = self.gradients.remove::<D>(param.id)
        {
            self.of_head.register(param.id, gradient);
        }
    }
}

struct Named {
    names: [String; 2],
    path: TensorPath,
    ids: Vec<ParamId>,
}

impl ModuleVisitor for Named {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.names.contains(&self.path.torch_name()) {
            self.ids.push(param.id);
        }
    }
}

/// Zero times each weight, which is no number where the weight is none or infinite.
struct Zeros {
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Zeros {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let zero = (param.val() * 0.0).sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + zero,
            None => zero,
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{ModelConfig, OptimizerConfig};
    use crate::train::{LossSpec, OpenDevice, Pixels, Samples, StepMode, Trainer, TrainerSpec};

    /// Of two batches that were to share a step one did not come.
    #[test]
    fn a_batch_that_is_missing_makes_the_step_no_smaller() {
        let pixels: Vec<f32> = (0..4 * 256).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        let samples =
            Samples { pixels: Pixels::Floats(&pixels), shape: [4, 1, 16, 16], labels: &[0, 1, 1, 0], mixed: None };
        let whole = StepMode::whole(false, true);
        // The loss after that first step.
        let loss_after = |mode: StepMode, rest: Option<f64>| {
            let spec = TrainerSpec {
                model: ModelConfig::named("small_cnn"),
                // Adam would make the same of gradients of any size.
                optimizer: OptimizerConfig { lr: 0.1, ..OptimizerConfig::named("sgd") },
                loss: LossSpec::default(),
                in_channels: 1,
                classes: 2,
                seed: 3,
            };
            let mut trainer = Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap();
            trainer.step(samples, mode).unwrap();
            rest.into_iter().for_each(|gathered| trainer.update(gathered));
            trainer.step(samples, whole).unwrap().loss.unwrap()
        };
        let expected = loss_after(whole, None);
        let half = StepMode { share: 0.5, ..whole };
        assert_ne!(loss_after(half, None), expected);
        assert_eq!(loss_after(StepMode { gathered: 0.5, ..half }, None), expected);
        assert_eq!(loss_after(StepMode { update: false, ..half }, Some(0.5)), expected);
    }
}
