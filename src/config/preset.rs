//! Whole trainings to begin with: settings that belong together, and the chain that goes with them. Plain data.

use super::param::{Item, Owner};
use super::settings::RunConfig;
use crate::language::documented;
use std::borrow::Cow;

/// A training to begin with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    pub item: Item,
    /// Keys and values, as `--set` takes them; all others stay as they are.
    pub sets: &'static [(&'static str, &'static str)],
    /// The key of its chain among the transforms' presets.
    pub chain: &'static str,
}

/// Every one, in the order of menus.
pub const PRESETS: &[Preset] = &[Preset {
    item: Item::new(
        "tutorial",
        "MONAI's MedNIST tutorial",
        "DenseNet121, Adam at 1e-5, batches of 300, 4 epochs, the tutorial's chain: accuracy 0.995 with MONAI",
    ),
    sets: &[
        ("data.val_frac", "0.1"),
        ("data.test_frac", "0.1"),
        ("data.limit", "0"),
        ("loader.batch_size", "300"),
        ("loader.drop_last", "false"),
        ("model.name", "densenet121"),
        ("model.weights", ""),
        ("model.freeze", "none"),
        ("optimizer.name", "adam"),
        ("optimizer.beta_1", "0.9"),
        ("optimizer.beta_2", "0.999"),
        ("optimizer.eps", "1e-8"),
        ("optimizer.weight_decay", "0.0"),
        ("optimizer.lr", "1e-5"),
        ("optimizer.head_lr_factor", "1.0"),
        ("optimizer.clip_norm", "0.0"),
        ("optimizer.accumulate_batches", "1"),
        ("optimizer.ema_decay", "0.0"),
        ("schedule.name", "constant"),
        ("schedule.warmup_steps", "0"),
        ("train.epochs", "4"),
        ("train.validate_every_epochs", "1"),
        ("train.validate_every_steps", "0"),
        ("train.early_stopping", "0"),
        ("train.label_smoothing", "0.0"),
        ("train.class_weights", "none"),
        ("train.sampling", "shuffled"),
        ("train.precision", "f32"),
    ],
    chain: "mednist",
}];

impl Preset {
    /// The one of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.item.name == name)
    }

    /// As menus show it.
    pub fn title(&self) -> Cow<'static, str> {
        documented(&format!("{}.title", self.key()), self.item.title)
    }

    /// What it sets, in a line.
    pub fn meaning(&self) -> Cow<'static, str> {
        documented(&self.key(), self.item.doc)
    }

    /// The key of its texts in other languages.
    pub(super) fn key(&self) -> String {
        Owner::Item { section: "preset", item: self.item.name }.key()
    }

    /// The configuration with it; the chain is left as it is.
    pub fn applied(&self, mut config: RunConfig) -> RunConfig {
        for (path, text) in self.sets {
            let value = config.key(path).and_then(|key| key.info.parse_text(text).ok());
            if let Some(value) = value {
                // That each can be set is held by a test.
                let _ = config.set_value(path, &value);
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_preset_is_set() {
        for preset in PRESETS {
            let name = preset.item.name;
            let set = preset.applied(RunConfig::default());
            for (path, text) in preset.sets {
                let key = set.key(path).unwrap_or_else(|| panic!("{name}: {path}"));
                assert_eq!(set.value(&key), key.info.parse_text(text).unwrap(), "{name}: {path}");
            }
            assert_eq!(preset.applied(set.clone()), set, "{name}");
            assert_eq!(Preset::find(name), Some(preset));
        }
        assert_eq!(Preset::find("no such"), None);
    }

    /// Whatever was tried before; what it leaves alone beside the dataset and the loader is said here.
    #[test]
    fn a_preset_leaves_nothing_of_another_training() {
        let stay = [
            "optimizer.decay_norms",
            "schedule.warmup_start_frac",
            "train.seed",
            "train.device",
            "train.loss_every_steps",
            "train.time_every_steps",
            "train.class_weight_values",
            "train.on_divergence",
        ];
        for preset in PRESETS {
            let set = preset.applied(RunConfig::default());
            for key in set.keys().iter().filter(|key| !["data", "loader"].contains(&key.section.name)) {
                let path = key.path();
                let is_set = preset.sets.iter().any(|(set, _)| *set == path);
                assert_ne!(is_set, stay.contains(&path.as_str()), "{}: {path}", preset.item.name);
            }
        }
    }
}
