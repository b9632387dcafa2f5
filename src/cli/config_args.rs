//! The options that say where a configuration comes from.

use super::outcome::{EXIT_USAGE, Failure};
use clap::Args;
use std::path::PathBuf;

/// Where a configuration comes from.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// A TOML configuration; `run.toml` of an earlier run is one.
    #[arg(long, value_name = "F.toml")]
    pub(super) config: Option<PathBuf>,
    /// Set one key, such as loader.workers=2 or transform.RandRotate.enabled=false; may be given often.
    #[arg(long = "set", value_name = "a.b=v")]
    pub(super) sets: Vec<String>,
}

impl ConfigArgs {
    /// The configuration, with its transforms checked.
    pub(super) fn read(&self) -> Result<crate::config::RunConfig, Failure> {
        use crate::config::RunConfig;
        let mut config = match &self.config {
            None => RunConfig::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| {
                    Failure::new(EXIT_USAGE, format!("the configuration could not be read: {e}: {}", path.display()))
                })?;
                RunConfig::from_toml(&text).map_err(|e| Failure::new(EXIT_USAGE, format!("{e}: {}", path.display())))?
            }
        };
        if config.transforms.is_empty() && self.sets.iter().any(|set| set.starts_with("transform.")) {
            config.transforms = crate::transform::tutorial_chain(None);
        }
        let config = config.with_sets(&self.sets).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        crate::transform::Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        Ok(config)
    }
}

/// The `[data]` of the defaults with these `--set` laid over it.
pub(super) fn data_config(sets: &[String]) -> Result<crate::config::DataConfig, Failure> {
    let config = crate::config::RunConfig::default().with_sets(sets).map_err(|e| Failure::new(EXIT_USAGE, e))?;
    Ok(config.data)
}
