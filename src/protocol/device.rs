//! Devices to train on.

use crate::language::Message;
use serde::{Deserialize, Serialize};

/// A device that burn can train on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// What `train.device` names, such as `cpu`, `vulkan:0`.
    pub id: String,
    pub name: String,
    pub kind: DeviceKind,
    /// API and driver, such as `Vulkan, NVIDIA 580.65`.
    pub driver: Message,
    /// All of its memory, where that is known.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    DiscreteGpu,
    IntegratedGpu,
    VirtualGpu,
    /// A GPU driver that computes on the CPU (llvmpipe, SwiftShader).
    SoftwareGpu,
    Cpu,
    Other,
}
