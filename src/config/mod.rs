//! What a run is made of, as plain data: the TOML file, its defaults, ranges and error messages.
//!
//! Runs on any thread, touches no file. [`SETTINGS`] is the one list of keys: parsing, `--set`, range checks, the window's
//! forms and the docs are made from it. What is chosen by name stands in a catalogue; transform parameters, described in
//! the same words, are checked by `transform::registry`, which stands above this layer.

mod catalogue;
mod docs;
mod edit;
mod error;
mod keys;
mod names;
mod param;
mod param_text;
mod parse;
mod preset;
mod settings;
mod spec;
#[cfg(test)]
mod tests_settings;
mod value;
mod values;

pub use catalogue::{NETWORKS, NetworkInfo, OPTIMIZERS, SCHEDULES, network, network_title};
pub use docs::{SettingsDocs, settings_docs, settings_texts};
pub use edit::{Edit, EditHistory, ManyOf};
pub use error::ConfigError;
pub use keys::{Key, described};
pub(crate) use names::hint;
pub use names::nearest;
pub use param::{Item, Owner, ParamDefault, ParamInfo, ParamKind, param};
pub use param_text::Suggestion;
pub use parse::transforms_to_toml;
pub use preset::{PRESETS, Preset};
pub use settings::{
    CacheMode, ClassWeights, DataConfig, Freeze, LoaderConfig, ModelConfig, OnDivergence, OptimizerConfig, Orientation,
    Precision, RunConfig, SECTIONS, SETTINGS, Sampling, ScheduleConfig, Section, Setting, SliceAxis, TrainConfig,
};
pub use spec::{ParamValue, Params, TransformSpec};
pub use values::Values;
