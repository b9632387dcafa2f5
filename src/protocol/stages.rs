//! The words for a loader's stages and a step's phases.

use crate::language::Message;

/// A stage of the loader (`read`, `decode`, `collate`) or a phase of the step ([`super::StepPhases::NAMES`]) as a person
/// calls it. A transform's name stays as it is.
pub fn stage_words(stage: &str) -> Message {
    match stage {
        "read" => msg!("loader-stage-read"),
        "decode" => msg!("loader-stage-decode"),
        "cache" => msg!("loader-stage-cache"),
        "collate" => msg!("loader-stage-collate"),
        "wait for data" => msg!("engine-phase-wait"),
        "upload" => msg!("engine-phase-upload"),
        "forward" => msg!("engine-phase-forward"),
        "backward" => msg!("engine-phase-backward"),
        "optimiser" => msg!("engine-phase-optimizer"),
        "read back" => msg!("engine-phase-read-back"),
        transform => Message::verbatim(transform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::protocol::StepPhases;

    #[test]
    fn every_phase_has_its_words_and_a_transform_its_name() {
        for name in StepPhases::NAMES.into_iter().chain(["read", "decode", "cache", "collate"]) {
            assert_eq!(stage_words(name).render(Language::English), name);
            assert_ne!(stage_words(name).render(Language::SimplifiedChinese), name);
        }
        assert_eq!(stage_words("RandZoom 2").render(Language::SimplifiedChinese), "RandZoom 2");
    }
}
