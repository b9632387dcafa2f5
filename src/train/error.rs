//! What goes wrong in a training.

use crate::console::show_path;
use crate::language::{Arg, Message};
use std::path::PathBuf;

/// What is chosen by name, of a list in `config::catalogue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Network,
    Optimizer,
    Schedule,
}

/// What the trainer could not do.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum TrainError {
    Unknown { what: Choice, name: String },
    UnknownDevice { id: String, known: Vec<String> },
    OpenDevice { id: String, reason: Message },
    Device(Message),
    Checkpoint { reason: Message, path: PathBuf },
}

impl TrainError {
    pub fn message(&self) -> Message {
        match self {
            Self::Unknown { what, name } => match what {
                Choice::Network => msg!("train-unknown-network", name),
                Choice::Optimizer => msg!("train-unknown-optimizer", name),
                Choice::Schedule => msg!("train-unknown-schedule", name),
            },
            Self::UnknownDevice { id, known } => msg!("train-unknown-device", id, known = Arg::names(known)),
            Self::OpenDevice { id, reason } => msg!("train-device-not-opened", id, reason),
            Self::Device(reason) => msg!("train-device-failed", reason),
            Self::Checkpoint { reason, path } => msg!("train-checkpoint-not-read", reason, path = show_path(path)),
        }
    }

    /// A device that failed, in its own words or its driver's.
    pub(super) fn said_by_device(error: impl std::fmt::Display) -> Self {
        Self::Device(error.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language::{English, SimplifiedChinese};

    #[test]
    fn what_is_wrong_is_said_in_either_language() {
        let known = vec!["vulkan:0".to_owned(), "cpu".to_owned()];
        let device = TrainError::UnknownDevice { id: "gpu:9".to_owned(), known }.message();
        assert_eq!(
            device.render(English),
            "no device is called `gpu:9`; there is: vulkan:0 and cpu. The doctor lists them with name and driver"
        );
        assert_eq!(
            device.render(SimplifiedChinese),
            "没有名为 `gpu:9` 的设备，可用的有：vulkan:0 和 cpu。机器检查会列出它们的名称和驱动"
        );
        // A driver's words are the same in every language.
        let failed = TrainError::said_by_device("device lost").message();
        assert_eq!(failed.render(SimplifiedChinese), "设备计算时出错：device lost");
        for (what, english) in
            [(Choice::Network, "network"), (Choice::Optimizer, "optimiser"), (Choice::Schedule, "schedule")]
        {
            let message = TrainError::Unknown { what, name: "x".to_owned() }.message();
            assert_eq!(message.render(English), format!("no {english} is called `x`"));
            assert_ne!(message.render(SimplifiedChinese), message.render(English));
        }
    }
}
