//! What holds training back: operational laws over what a run tells anyhow, and experiments with an interval around them.
//!
//! Three tiers. [`verdict`] needs no experiment. [`loader_only`] compares what the loader costs with each transform off,
//! over the same images and draws, while nothing trains. [`Bisect`] does it in place: it says which transform is off in
//! which steps of a training that goes on, and takes the step times: first many off at once, to find a suspect, then the
//! suspect alone (`rounds`). Both feed [`PairedTest`], whose interval may be looked at after every block; so does [`ChangeWatch`], which measures what a change by hand did.
//!
//! Plain `f64` arithmetic, but for [`loader_only`], which runs loaders on the caller's thread. Imports `config`,
//! `protocol`, `data`, `transform` and `loader` only; knows nothing of devices, engines or windows.

mod betting;
mod change;
mod conclusion;
pub mod doctor;
mod facts;
mod laws;
mod loader_only;
mod lot;
mod paired;
mod quantile;
mod queue_model;
mod rounds;
mod schedule;
mod screen;
mod shares;
#[cfg(test)]
#[path = "../../benches/bisect/sim.rs"]
mod sim;
#[cfg(test)]
mod tests_loader_only;
#[cfg(test)]
mod tests_paired;
#[cfg(test)]
mod tests_queue;
#[cfg(test)]
mod tests_schedule;
#[cfg(test)]
mod tests_sentence;
#[cfg(test)]
mod tests_shares;
#[cfg(test)]
mod tests_sim;
#[cfg(test)]
mod tests_verdict;
mod trouble;
mod verdict;

pub use change::{Change, ChangeWatch, Setup, switched_off};
pub use conclusion::{Candidate, speedup, with_expected};
pub use laws::{Demands, FEWEST_STEPS, ProcessCpu, RunFacts, StageDemand};
pub use loader_only::{LoaderOnlySettings, LoaderReport, loader_only, switchable};
pub use lot::LotTurns;
pub use paired::{
    Estimate, PairedTest, PairedTestSettings, Stop, block_log_ratio, effect_frac, noise_floor, usual_step_secs,
};
pub use schedule::{
    BISECT_DEPTH, Bisect, BisectSettings, Known, StepSeen, Toggle, WAITED_FRAC, drained_factor, settle_steps,
};
pub use screen::shuffle;
pub use trouble::{busy_cores, oversubscribed, troubles};
pub use verdict::{is_sure, verdict};
