//! The optimisers, built by the names of `config::OPTIMIZERS`.

use super::TrainError;
use crate::config::{OptimizerConfig, Values};
use burn::optim::{AdamConfig, ModuleOptimizer};

type Build = fn(&Values<'_>) -> ModuleOptimizer;

/// A row for each of the catalogue.
const BUILDERS: &[(&str, Build)] = &[("adam", adam)];

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
        .init()
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
