//! Files to batches: an ordered, bounded stream over epochs, made by worker threads or on the caller's thread.
//!
//! [`Loader`] is the handle. Its threads are named `loader-{i}`; with `workers = 0` everything happens on the thread
//! that calls [`Loader::next`]. Imports `config`, `protocol`, `data` and `transform` only, and of `store` where a run's
//! folder is; knows nothing of devices, tensors or training.
//!
//! **Same stream for any number of workers.** The order comes from hash(seed, epoch), a sample's random draws from
//! (seed, epoch, index in the dataset); its place in the batch is fixed before it is loaded. Neither the number of
//! workers nor who loads what shows in a batch.
//!
//! **Who loads what.** Workers claim a few neighbouring samples (at most 8, fewer where there are many workers), so
//! several workers share a batch: the first batch is there after 1/workers of its work, a slow image holds up its
//! batch but not the other workers, and a batch of large images keeps every core busy. One worker to a batch would
//! save a lock every few samples (100 ns, against 60 us for the smallest image) and make the first batch wait
//! `workers` times as long. A loaded sample is copied into its place under the batch's own lock.
//!
//! **Bounded.** A batch is begun only while those begun and not yet taken are fewer than `prefetch` plus what keeps
//! all workers busy, which never is more than one batch a worker nor than 32 MiB. With 0 workers nothing is begun ahead.
//! So host memory is `prefetch` batches, the one in the caller's hands, those 32 MiB and a worker's own image buffers
//! (`tests/loader_memory.rs`); a cache says its own size, beforehand too ([`cache_size_bytes`]).
//!
//! **What does not change is made once** where `loader.cache` says so: see [`SampleCache`].
//!
//! **Live changes** ([`Loader::set_chain`], [`Loader::set_workers`]) count from the next batch not yet begun; those
//! begun are finished as they were, and each batch carries its `config_version`.
//!
//! **What time costs.** A stage's end is the next one's beginning, so the wall clock (24 ns) is read once a stage. The
//! thread's CPU clock is a system call (600 ns): it is read on one image in 4 ms, so on every one that takes longer;
//! means are over the images on which it was read, less what the reading itself takes. What was done when is kept too, in
//! a ring of each thread's own ([`FlightRecorder`]): a nanosecond a stage. Counters belong to one thread each and are never
//! locked. `loader.instrument = false` does without all of it, which is how `benches/loader.rs` measures what it costs.
//!
//! **What goes wrong** costs a sample, not the run: a file that cannot be read, a transform that fails or panics, a
//! size that differs from the batch's are left out of the batch and named in [`Batch::failures`]. A worker that dies
//! is replaced. One that hangs is seen by [`Watch::stalled`], from any thread, and may be replaced from there
//! ([`Watch::skip`], [`Watch::replace`], [`Watch::quarantine`]): a thread cannot be killed, so it is left behind, what
//! it comes back with is refused, and the other samples that it had claimed go to others.

mod assembly;
mod batch;
mod bench;
mod cache;
mod cache_disk;
mod cache_ram;
mod cache_size;
mod cpu_clock;
mod desk;
mod handle;
mod histogram;
mod job;
mod lock;
mod mixed;
mod order;
mod panics;
mod quarantine;
mod replace;
mod setting;
mod shared;
mod slow;
mod spans;
mod stats;
mod trace;
mod watch;
mod worker;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_replace;
#[cfg(test)]
mod tests_trace;

pub use bench::{BenchResult, bench};
pub use cache::SampleCache;
pub use cache_size::{CacheSize, cache_size_bytes};
pub(crate) use cpu_clock::{process_cpu_time, thread_cpu_time};
pub use handle::Loader;
pub use histogram::Usual;
pub use job::{Batch, EpochOrder, LeftOutAt, LoaderError, LoaderJob, Mixed, Next, SampleFailure, batches_per_epoch};
pub use quarantine::Quarantine;
pub use replace::{MAX_HANGING, ReplaceError};
pub use slow::Slow;
pub use stats::{FIRST_STEP, LoaderStats, Slowest, StageSnapshot, StageTotal, stages_of, step_names};
pub use trace::{FlightRecorder, LoaderTrace, ThreadTrace};
pub use watch::{Busy, Stalled, Watch, WorkerState};
