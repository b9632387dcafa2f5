//! What holds training back: operational laws over what a run tells anyhow, and experiments with an interval around them.
//!
//! Three tiers. [`verdict`] needs no experiment. [`loader_only`] compares what the loader costs with each transform off,
//! over the same images and draws, while nothing trains. [`Bisect`] does it in place: it says which transform is off in
//! which steps of a training that goes on, and takes the step times. Both feed [`PairedTest`], whose interval may be
//! looked at after every block.
//!
//! Plain `f64` arithmetic, but for [`loader_only`], which runs loaders on the caller's thread. Imports `config`,
//! `protocol`, `data`, `transform` and `loader` only; knows nothing of devices, engines or windows.

mod conclusion;
pub mod doctor;
mod laws;
mod loader_only;
mod paired;
mod schedule;
#[cfg(test)]
mod tests_paired;
#[cfg(test)]
mod tests_schedule;
#[cfg(test)]
mod tests_sim;
#[cfg(test)]
mod tests_verdict;
mod verdict;

pub use conclusion::Candidate;
pub use laws::{Demands, FEWEST_STEPS, LoaderCase, Rate, RunFacts, StageDemand};
pub use loader_only::{LoaderOnlySettings, LoaderReport, loader_only, switchable};
pub use paired::{Estimate, PairedTest, PairedTestSettings, Stop, block_log_ratio, effect_frac, noise_floor};
pub use schedule::{Bisect, BisectSettings, BlockOrder, StepSeen, Toggle, settle_steps};
pub use verdict::verdict;
