//! What a sweep is asked for, and what cannot be asked for.

use super::report::SweepKind;
use crate::config::{ConfigError, RunConfig, described};
use crate::language::Message;
use crate::system::refused_to_write;
use crate::transform::{Family, find};
use std::path::PathBuf;

/// The key of a sweep over threads.
pub const WORKERS_KEY: &str = "loader.workers";
/// The key whose values change how many images a step takes.
pub const BATCH_SIZE_KEY: &str = "loader.batch_size";
/// Keys of which two runs would not be the same training, or that the sweep itself sets.
const NOT_SWEPT: [&str; 3] = ["train.epochs", "train.early_stopping", "train.seed"];
/// Keys whose values change what a loss measures: what it makes of labels, and how much each class counts in it.
const LOSS_KEYS: [&str; 4] =
    ["train.label_smoothing", "train.class_weights", "train.class_weight_values", "train.sampling"];

/// What a sweep is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepSpec {
    /// What all runs have in common; `data.dir` is absolute, as engines may run elsewhere.
    pub config: RunConfig,
    /// The key of the configuration that differs.
    pub key: String,
    /// As a person writes them; the others are compared with the first, of a sweep over threads with `config`'s.
    pub values: Vec<String>,
    /// Training steps after which losses are compared, of the first value; 0 where they do not matter.
    pub steps: u64,
    /// Seconds for everything, the engines' start included.
    pub budget_secs: f64,
    /// For `sweep.json` and the runs' folders; must not hold a sweep already.
    pub dir: PathBuf,
    /// Differences of step time within this share are none.
    pub margin_frac: f64,
    /// Chance of a false statement over all comparisons together.
    pub alpha: f64,
    /// Of the order in which values have their turn.
    pub seed: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum SweepError {
    TooFew(String),
    Twice { key: String, value: String },
    NotSwept(String),
    Config(#[from] ConfigError),
    Chain(#[from] crate::transform::ChainError),
    Exists(PathBuf),
    Write { source: std::io::Error, path: PathBuf },
    AllFailed(Message),
}

impl SweepError {
    pub fn message(&self) -> Message {
        match self {
            Self::TooFew(key) => msg!("client-sweep-too-few", key),
            Self::Twice { key, value } => msg!("client-sweep-twice", key, value),
            Self::NotSwept(key) => msg!("client-sweep-not-swept", key),
            Self::Config(error) => error.message(),
            Self::Chain(error) => error.message(),
            Self::Exists(path) => msg!("client-sweep-exists", path = path.display().to_string()),
            Self::Write { source, path } => {
                let error = refused_to_write(source, path);
                msg!("client-sweep-not-written", error, path = path.display().to_string())
            }
            Self::AllFailed(why) => msg!("client-sweep-all-failed", why),
        }
    }
}

impl SweepSpec {
    /// Usual values.
    pub fn new(config: RunConfig, key: impl Into<String>, values: Vec<String>, dir: PathBuf) -> Self {
        let key = key.into();
        let steps = if compares_losses(&key) { 200 } else { 0 };
        let seed = config.train.seed;
        Self { config, key, values, steps, budget_secs: 180.0, dir, margin_frac: 0.02, alpha: 0.05, seed }
    }

    /// See [`changes_loss`]; here a step of the chain may be called by its place too.
    pub(super) fn changes_loss(&self) -> bool {
        let path = self.key.strip_prefix("transform.").and_then(|path| path.split_once('.'));
        let step = path.and_then(|(place, _)| self.config.transforms.get(place.parse::<usize>().ok()?));
        changes_loss(&self.key) || step.is_some_and(|step| mixes(&step.name))
    }

    pub fn kind(&self) -> SweepKind {
        if self.key == WORKERS_KEY { SweepKind::Threads } else { SweepKind::SideBySide }
    }

    /// The configuration of each value's run.
    ///
    /// # Errors
    /// The key or a value is none, a value is named twice, or there are fewer than two.
    pub fn configs(&self) -> Result<Vec<RunConfig>, SweepError> {
        if NOT_SWEPT.contains(&self.key.as_str()) {
            return Err(SweepError::NotSwept(self.key.clone()));
        }
        let mut base = self.config.clone();
        base.train.endless();
        if base.transforms.is_empty() && self.key.starts_with("transform.") {
            base.transforms = crate::transform::tutorial_chain(None);
        }
        let mut configs: Vec<RunConfig> = Vec::new();
        for value in &self.values {
            let config = base.with_sets(&[format!("{}={value}", self.key)])?;
            crate::transform::Chain::build(&config.transforms)?;
            if configs.contains(&config) {
                return Err(SweepError::Twice { key: self.key.clone(), value: value.clone() });
            }
            configs.push(config);
        }
        if configs.len() < 2 {
            return Err(SweepError::TooFew(self.key.clone()));
        }
        Ok(configs)
    }

    /// `DIR/optimizer.lr=1e-3`; what a file name must not hold becomes `_`.
    pub fn run_dir(&self, value: &str) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._=+-".contains(c) { c } else { '_' };
        self.dir.join(format!("{}={value}", self.key).chars().map(plain).collect::<String>())
    }
}

/// Values of this key, one of the settings or of the chain, may come to different losses: they do not only load, keep or time
/// the same training differently.
pub fn compares_losses(key: &str) -> bool {
    described(key).is_none_or(|info| !info.same_training)
}

/// Losses with two values of this key are not of one kind: a lower one is not yet a better network.
pub fn changes_loss(key: &str) -> bool {
    LOSS_KEYS.contains(&key) || key.strip_prefix("transform.").is_some_and(|path| path.split('.').any(mixes))
}

/// Whether a transform mixes images, and so their labels.
fn mixes(transform: &str) -> bool {
    find(transform).is_some_and(|info| info.family == Family::Batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TransformSpec;

    fn spec(key: &str, values: &[&str]) -> SweepSpec {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        SweepSpec::new(RunConfig::default(), key, values, PathBuf::from("/s"))
    }

    #[test]
    fn values_become_configurations() {
        let configs = spec("optimizer.lr", &["1e-3", "1e-5"]).configs().unwrap();
        assert_eq!(configs.iter().map(|c| c.optimizer.lr).collect::<Vec<_>>(), [1e-3, 1e-5]);
        let chains = spec("transform.RandRotate.enabled", &["true", "false"]).configs().unwrap();
        let on = |c: &RunConfig| c.transforms.iter().find(|t| t.name == "RandRotate").unwrap().enabled;
        assert_eq!(chains.iter().map(on).collect::<Vec<_>>(), [true, false]);
        assert_eq!(spec("model.name", &["a/b"]).run_dir("a/b"), PathBuf::from("/s/model.name=a_b"));
    }

    #[test]
    fn no_run_of_a_sweep_ends_by_itself() {
        let mut spec = spec("optimizer.lr", &["1e-3", "1e-5"]);
        (spec.config.train.epochs, spec.config.train.early_stopping) = (2, 1);
        let configs = spec.configs().unwrap();
        assert!(configs.iter().all(|c| (c.train.epochs, c.train.early_stopping) == (100_000, 0)));
    }

    #[test]
    fn what_cannot_be_swept_is_said() {
        for (key, values, words) in [
            ("optimizer.lr", &["1e-3"][..], "at least two values"),
            ("optimizer.lr", &["1e-3", "0.001"], "named twice"),
            ("optimizer.lr", &["1e-3", "-1"], "expected a number from"),
            ("optimizer.rl", &["1e-3", "1e-5"], "did you mean"),
            ("loader.workers", &["0", "two"], "expected a whole number"),
            ("train.seed", &["1", "2"], "cannot be swept"),
            ("train.early_stopping", &["1", "2"], "cannot be swept"),
        ] {
            let error = spec(key, values).configs().unwrap_err().to_string();
            assert!(error.contains(words), "{key} {values:?}: {error}");
        }
    }

    #[test]
    fn what_changes_the_loss_itself_is_known() {
        assert_eq!(LOSS_KEYS.into_iter().find(|key| described(key).is_none() || !changes_loss(key)), None);
        assert!(changes_loss("transform.MixUp.alpha") && changes_loss("transform.CutMix.enabled"));
        let others = ["optimizer.lr", "optimizer.weight_decay", "model.name", "transform.RandRotate.prob"];
        assert_eq!(others.into_iter().find(|key| changes_loss(key)), None);
        let by_place = ["transform.0.alpha", "transform.1.prob", "transform.2.alpha"].map(|key| {
            let mut spec = spec(key, &["0.2", "0.4"]);
            spec.config.transforms = ["MixUp", "RandRotate"].map(TransformSpec::new).to_vec();
            spec.changes_loss()
        });
        assert_eq!(by_place, [true, false, false]);
    }

    #[test]
    fn only_what_changes_the_training_compares_losses() {
        let learning = [
            "optimizer.lr",
            "schedule.end_frac",
            "loader.batch_size",
            "loader.fuse",
            "model.name",
            "data.limit",
            "transform.RandFlip.prob",
            "train.label_smoothing",
            "train.class_weights",
            "train.class_weight_values",
            "train.sampling",
            "train.precision",
        ];
        assert_eq!(learning.into_iter().find(|key| !compares_losses(key)), None);
        assert_eq!(spec("train.label_smoothing", &["0", "0.1"]).steps, 200);
        let other = ["loader.prefetch", "loader.workers", "train.device", "train.time_every_steps"];
        assert_eq!(other.into_iter().find(|key| compares_losses(key)), None);
        assert_eq!(spec("loader.prefetch", &["2", "4"]).steps, 0);
    }
}
