//! The options that say where a configuration comes from.

use super::outcome::{EXIT_USAGE, Failure, at_path};
use crate::config::{PRESETS, Preset};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Longer texts are no configuration.
const MOST_CONFIG_BYTES: u64 = 16 << 20;

/// Where a configuration comes from.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// A TOML configuration; `run.toml` of an earlier run is one.
    #[arg(long, value_name = "F.toml")]
    pub(super) config: Option<PathBuf>,
    /// A training to begin with in place of a configuration: tutorial (MONAI's on MedNIST).
    #[arg(long, value_name = "NAME", conflicts_with = "config", value_parser = PossibleValuesParser::new(PRESETS.iter().map(|p| p.item.name)))]
    pub(super) preset: Option<String>,
    /// Set one key, such as loader.workers=2 or transform.RandRotate.enabled=false; may be given often.
    #[arg(long = "set", value_name = "a.b=v")]
    pub(super) sets: Vec<String>,
}

impl ConfigArgs {
    /// The configuration, with its transforms checked.
    pub(super) fn read(&self) -> Result<crate::config::RunConfig, Failure> {
        use crate::config::RunConfig;
        let preset = self.preset.as_deref().and_then(Preset::find);
        let mut config = match &self.config {
            None => preset.map_or_else(RunConfig::default, |preset| preset.applied(RunConfig::default())),
            Some(path) => {
                let text = read_config_text(path).map_err(|e| {
                    let (reason, path) = (e.to_string(), crate::console::show_path(path));
                    Failure::new(EXIT_USAGE, msg!("command-config-not-read", reason, path))
                })?;
                RunConfig::from_toml(&text).map_err(|e| Failure::new(EXIT_USAGE, at_path(&e.message(), path)))?
            }
        };
        if let Some(preset) = preset {
            let chain = crate::transform::chain_presets().iter().find(|chain| chain.key == preset.chain);
            config.transforms = chain.map(|chain| chain.chain(None, 3)).unwrap_or_default();
        }
        if config.transforms.is_empty() && self.sets.iter().any(|set| set.starts_with("transform.")) {
            config.transforms = crate::transform::tutorial_chain(None);
        }
        let config = config.with_sets(&self.sets).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        crate::transform::Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, e))?;
        Ok(config)
    }

    /// The same, of the dataset in the folder of `--data`, else in its own; see [`dataset_dir`].
    pub(super) fn read_with_data(
        &self,
        data: Option<&Path>,
        elsewhere: bool,
    ) -> Result<crate::config::RunConfig, Failure> {
        let mut config = self.read()?;
        let dir = data.or(config.data.dir.as_deref());
        let dir = dir.ok_or_else(|| Failure::new(EXIT_USAGE, msg!("command-no-dataset")))?;
        config.data.dir = Some(dataset_dir(dir, elsewhere)?.into());
        Ok(config)
    }
}

/// The dataset's folder as a configuration has it: a text. The engine may run in another folder than this command, so that it is
/// whole, but where it is `elsewhere`, on another machine.
pub(super) fn dataset_dir(dir: &Path, elsewhere: bool) -> Result<String, Failure> {
    let whole = if elsewhere { None } else { std::path::absolute(dir).ok() };
    let dir = whole.unwrap_or_else(|| dir.to_owned());
    dir.into_os_string().into_string().map_err(|_| Failure::new(EXIT_USAGE, msg!("command-path-no-text")))
}

/// The text of a configuration; a pipe may give it.
pub(super) fn read_config_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_at_most(path, MOST_CONFIG_BYTES)?).map_err(io::Error::other)
}

/// All bytes of a file, a pipe or a device that has an end before so many.
pub(super) fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(tr!("command-file-too-long", mib = most >> 20)));
    }
    Ok(bytes)
}

/// The `[data]` of the defaults with these `--set` laid over it.
pub(super) fn data_config(sets: &[String]) -> Result<crate::config::DataConfig, Failure> {
    let config = crate::config::RunConfig::default().with_sets(sets).map_err(|e| Failure::new(EXIT_USAGE, e))?;
    Ok(config.data)
}
