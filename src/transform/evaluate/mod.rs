//! How a chain runs: built from its specs, step by step or fused, its tail on the device, its mixing of whole batches; what it
//! lacks, and where that is put.

pub(crate) mod batchwise;
pub(crate) mod chain;
pub(crate) mod fuse;
pub(crate) mod placing;
pub(crate) mod replay;
pub(crate) mod tail;
pub(crate) mod value_range;
