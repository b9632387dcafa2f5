//! What happens to an image between the decoder and the batch: the registry of transforms and the chain that runs them.
//!
//! Names, parameters, defaults, units and results are those of the library each comes from ([`Library`]); spatial axis 0
//! is H (rows), 1 is W (columns). Each family has a file with its description (what the forms, the TOML check and the docs
//! are made from) beside its arithmetic.
//!
//! Runs on loader threads, and on whatever thread previews an image. A [`Chain`] is immutable and shared; what changes
//! lives in one [`Scratch`] a thread. Imports `config` and `data` only; knows nothing of files, batches or training.

mod core;
mod docs;
mod evaluate;
mod families;
mod import;
mod kernels;
mod presets;
mod registry;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_random;

pub use self::core::description::{Family, Library, TransformInfo};
pub(crate) use self::core::draw::splitmix64;
pub use self::core::draw::{Draw, Drawn, SampleSeed, Stream};
pub use self::core::mix::{BatchMix, MixDraw};
pub use self::core::params::{ParamDefault, ParamInfo, ParamKind};
pub use docs::{markdown_docs, toml_docs};
pub use evaluate::chain::{Chain, ChainError, StageClock, Step, TransformError, Witness};
pub use evaluate::placing::{normalizing_step, with_normalize, with_resize};
pub use evaluate::replay::Recording;
pub use evaluate::tail::AffineTail;
pub use evaluate::value_range::{RangeFault, Remedy, looks_unscaled, range_fault};
pub use import::{
    Ask, ImportNote, ImportOptions, Imported, MAX_CHAIN_FILE_BYTES, chain_file_text, chain_from_text, from_python,
};
pub use kernels::scratch::Scratch;
pub use presets::{ChainPreset, chain_presets, tutorial_chain};
pub use registry::{find, registry};
