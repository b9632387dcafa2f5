//! The optimisers, built by the names of `config::OPTIMIZERS`.

use super::TrainError;
use crate::config::{OptimizerConfig, Values};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, LionConfig, ModuleOptimizer, RmsPropConfig, SgdConfig};

type Build = fn(&Values<'_>) -> ModuleOptimizer;

/// A row for each of the catalogue.
const BUILDERS: &[(&str, Build)] =
    &[("adam", adam), ("adamw", adamw), ("sgd", sgd), ("rmsprop", rmsprop), ("lion", lion)];

/// The chosen optimiser, before its first step.
///
/// # Errors
/// The name is none of `config::OPTIMIZERS`.
pub(super) fn build(config: &OptimizerConfig) -> Result<ModuleOptimizer, TrainError> {
    let row = BUILDERS.iter().find(|(name, _)| *name == config.name);
    let (_, build) = row.ok_or_else(|| TrainError::Unknown { what: "optimiser", name: config.name.clone() })?;
    Ok(build(&config.values()))
}

fn adam(values: &Values<'_>) -> ModuleOptimizer {
    AdamConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(l2(values))
        .init()
}

fn adamw(values: &Values<'_>) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(values.float("weight_decay") as f32)
        .init()
}

fn sgd(values: &Values<'_>) -> ModuleOptimizer {
    let momentum = values.float("momentum");
    let config = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
    let config = config.with_nesterov(values.bool("nesterov"));
    SgdConfig::new().with_momentum((momentum > 0.0).then_some(config)).with_weight_decay(l2(values)).init()
}

fn rmsprop(values: &Values<'_>) -> ModuleOptimizer {
    RmsPropConfig::new()
        .with_alpha(values.float("alpha") as f32)
        .with_momentum(values.float("momentum") as f32)
        .with_epsilon(values.float("eps") as f32)
        .with_weight_decay(l2(values))
        .init()
}

fn lion(values: &Values<'_>) -> ModuleOptimizer {
    LionConfig::new()
        .with_beta_1(values.float("beta_1") as f32)
        .with_beta_2(values.float("beta_2") as f32)
        .with_weight_decay(values.float("weight_decay") as f32)
        .init()
}

fn l2(values: &Values<'_>) -> Option<WeightDecayConfig> {
    let penalty = values.float("weight_decay");
    (penalty > 0.0).then(|| WeightDecayConfig::new(penalty as f32))
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
