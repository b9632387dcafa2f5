//! The optimisers, built by the names of `config::OPTIMIZERS`.

use super::{Choice, TrainError};
use crate::config::{OptimizerConfig, Values};
use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    Adam, AdamConfig, AdamW, AdamWConfig, Lion, LionConfig, ModuleOptimizer, Optimizer, RmsProp, RmsPropConfig, Sgd,
    SgdConfig,
};

/// Builds an optimiser; the bool says whether weight decay is for norms and biases too.
type Build = fn(&Values<'_>, bool) -> Result<ModuleOptimizer, String>;

/// A row for each of the catalogue.
const BUILDERS: &[(&str, Build)] = &[
    ("adam", |values, decay_norms| grouped(values, decay_norms, adam)),
    ("adamw", |values, decay_norms| grouped(values, decay_norms, adamw)),
    ("sgd", |values, decay_norms| grouped(values, decay_norms, sgd)),
    ("rmsprop", |values, decay_norms| grouped(values, decay_norms, rmsprop)),
    ("lion", |values, decay_norms| grouped(values, decay_norms, lion)),
];

/// The parameters of norms, and biases, by their fields in burn's modules.
const NORMS_AND_BIASES: &str = r"(^|\.)(gamma|beta|bias)$";

/// The chosen optimiser, before its first step.
///
/// # Errors
/// The name is none of `config::OPTIMIZERS`.
pub(super) fn build(config: &OptimizerConfig) -> Result<ModuleOptimizer, TrainError> {
    let row = BUILDERS.iter().find(|(name, _)| *name == config.name);
    let (_, build) = row.ok_or_else(|| TrainError::Unknown { what: Choice::Optimizer, name: config.name.clone() })?;
    build(&config.values(), config.decay_norms).map_err(TrainError::said_by_device)
}

/// One optimiser for all parameters, or a second without weight decay for norms and biases.
fn grouped<O: Optimizer>(
    values: &Values<'_>,
    decay_norms: bool,
    make: fn(&Values<'_>, f32) -> O,
) -> Result<ModuleOptimizer, String> {
    let decay = values.float("weight_decay") as f32;
    let optimizer = ModuleOptimizer::from(make(values, decay));
    if decay_norms || decay == 0.0 {
        return Ok(optimizer);
    }
    let group = ParamGroup::from_regex(NORMS_AND_BIASES).map_err(|e| format!("{e:?}"))?;
    Ok(optimizer.with_group(group, make(values, 0.0), None))
}

fn adam(values: &Values<'_>, decay: f32) -> Adam {
    AdamConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(l2(decay))
        .build()
}

fn adamw(values: &Values<'_>, decay: f32) -> AdamW {
    AdamWConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(decay)
        .build()
}

fn sgd(values: &Values<'_>, decay: f32) -> Sgd {
    let momentum = values.float("momentum");
    let config = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
    let config = config.with_nesterov(values.bool("nesterov"));
    SgdConfig::new().with_momentum((momentum > 0.0).then_some(config)).with_weight_decay(l2(decay)).build()
}

fn rmsprop(values: &Values<'_>, decay: f32) -> RmsProp {
    RmsPropConfig::new()
        .with_alpha(values.float("alpha") as f32)
        .with_momentum(values.float("momentum") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(l2(decay))
        .build()
}

fn lion(values: &Values<'_>, decay: f32) -> Lion {
    LionConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_weight_decay(decay)
        .build()
}

fn l2(penalty: f32) -> Option<WeightDecayConfig> {
    (penalty > 0.0).then(|| WeightDecayConfig::new(penalty))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OPTIMIZERS;

    #[test]
    fn every_optimiser_of_the_catalogue_is_built() {
        for item in OPTIMIZERS {
            build(&OptimizerConfig::named(item.name)).unwrap_or_else(|e| panic!("{e}"));
        }
        assert_eq!(BUILDERS.len(), OPTIMIZERS.len());
        let error = build(&OptimizerConfig::named("no_such")).err().unwrap().to_string();
        assert_eq!(error, "no optimiser is called `no_such`");
    }

    /// PyTorch's defaults, as single precision has them.
    #[test]
    fn adam_s_defaults_are_pytorch_s() {
        let config = OptimizerConfig::named("adam");
        let values = config.values();
        let single = ["beta_1", "beta_2", "eps"].map(|name| values.float(name) as f32);
        assert_eq!(single, [0.9_f32, 0.999, 1e-8]);
    }
}
