//! The stages of loading, and the words for them and for what the trainer does.

use crate::language::Message;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What a loading thread does with an image, in this order. It is sent and stored as its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Stage {
    Read,
    Decode,
    /// Copying a sample out of the cache, or into it.
    Cache,
    /// A step of the chain, by the name that no other step of it has: the second Resize is `Resize 2`.
    Step(Arc<str>),
    Collate,
}

impl Stage {
    pub fn name(&self) -> &str {
        match self {
            Self::Read => "read",
            Self::Decode => "decode",
            Self::Cache => "cache",
            Self::Step(name) => name,
            Self::Collate => "collate",
        }
    }

    /// Whether it is the step of that name.
    pub fn is_step(&self, name: &str) -> bool {
        matches!(self, Self::Step(step) if **step == *name)
    }

    /// As a person calls it. A transform's name stays as it is.
    pub fn words(&self) -> Message {
        match self {
            Self::Read => msg!("loader-stage-read"),
            Self::Decode => msg!("loader-stage-decode"),
            Self::Cache => msg!("loader-stage-cache"),
            Self::Step(name) => Message::verbatim(&**name),
            Self::Collate => msg!("loader-stage-collate"),
        }
    }
}

impl From<&str> for Stage {
    fn from(name: &str) -> Self {
        let around = [Self::Read, Self::Decode, Self::Cache, Self::Collate];
        around.into_iter().find(|stage| stage.name() == name).unwrap_or_else(|| Self::Step(name.into()))
    }
}

impl From<String> for Stage {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl From<Stage> for String {
    fn from(stage: Stage) -> Self {
        stage.name().to_owned()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A [`Stage`] of the loader, a phase of the step ([`super::StepPhases::NAMES`]) or what is beside these, by its name, as a person
/// calls it.
pub fn stage_words(name: &str) -> Message {
    match name {
        "wait for data" => msg!("engine-phase-wait"),
        "upload" => msg!("engine-phase-upload"),
        "forward" => msg!("engine-phase-forward"),
        "backward" => msg!("engine-phase-backward"),
        "optimiser" => msg!("engine-phase-optimizer"),
        "read back" => msg!("engine-phase-read-back"),
        "step" => msg!("engine-phase-step"),
        "validation" => msg!("engine-phase-validation"),
        "test" => msg!("engine-phase-test"),
        "checkpoint" => msg!("engine-phase-checkpoint"),
        stage => Stage::from(stage).words(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::protocol::StepPhases;

    #[test]
    fn every_phase_has_its_words_and_a_transform_its_name() {
        let of_trainer = StepPhases::NAMES.into_iter().chain(StepPhases::BESIDE);
        for name in of_trainer.chain(["read", "decode", "cache", "collate"]) {
            assert_eq!(stage_words(name).render(Language::English), name);
            assert_ne!(stage_words(name).render(Language::SimplifiedChinese), name);
        }
        assert_eq!(stage_words("RandZoom 2").render(Language::SimplifiedChinese), "RandZoom 2");
    }

    #[test]
    fn a_stage_is_sent_as_its_name() {
        let resize = Stage::Step("Resize 2".into());
        for (stage, name) in [(Stage::Read, "read"), (Stage::Collate, "collate"), (resize.clone(), "Resize 2")] {
            assert_eq!(serde_json::to_value(&stage).unwrap(), name);
            assert_eq!(serde_json::from_value::<Stage>(name.into()).unwrap(), stage);
        }
        assert!(resize.is_step("Resize 2") && !resize.is_step("Resize") && !Stage::Read.is_step("read"));
    }
}
