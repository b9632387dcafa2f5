//! From files to batches: worker threads, order, bounds, costs by stage.
//!
//! The unit of work is a chunk of a few images of one batch, so that several workers share the first batch (it comes
//! early) and a batch of slow files does not hold up its worker alone. Workers (`loader-0`, `loader-1`, …) take chunks
//! in order and put batches together; `next` hands them out in order. With 0 workers the caller's thread does the same
//! work inside `next`, and nothing ahead of it. The stream of batches depends on the seed and the images alone, never on
//! who made it. Must not import `train` or anything above.

mod bench;
mod order;
mod queue;
mod sample;
mod stats;

pub use bench::{BenchResult, bench};
pub use order::batches_per_epoch;
pub use stats::{LoaderStats, StageSnapshot};

use crate::config::LoaderConfig;
use crate::data::Dataset;
use crate::transform::Chain;
use queue::{Shared, Taken};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A worker is called stalled after this long in one stage, and after so many times that stage's longest so far.
const STALL_AFTER: Duration = Duration::from_secs(5);
const STALL_FACTOR: u32 = 20;
/// Workers get so long to end when the loader is dropped; one that hangs is left behind.
const DROP_GRACE: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum LoaderError {
    #[error("a loader thread could not be started: {0}")]
    Thread(std::io::Error),
    #[error("not one of {images} images of the epoch could be loaded; the last failed in {stage}: {reason}: {}", path.display())]
    NothingLoaded { images: usize, stage: String, reason: String, path: PathBuf },
}

/// What to load.
#[derive(Clone)]
pub struct LoaderJob {
    pub dataset: Arc<Dataset>,
    /// Which of its images.
    pub indices: Arc<[u32]>,
    pub chain: Arc<Chain>,
    pub config: LoaderConfig,
    /// Channels the files are decoded to.
    pub channels: usize,
    pub max_pixels: u64,
    pub seed: u64,
    /// A new order each epoch; else the order of `indices`.
    pub shuffle: bool,
    /// 1-based.
    pub first_epoch: u64,
    /// 0-based, within the first epoch.
    pub first_batch: u64,
    /// How many epochs the stream holds.
    pub epochs: u64,
}

/// An image that is missing from its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleFailure {
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    /// `read`, `decode`, a transform's name or `collate`.
    pub stage: String,
    pub reason: String,
}

/// Samples ready to upload.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// `[N, C, H, W]` in C order.
    pub data: Vec<f32>,
    pub shape: [usize; 4],
    pub labels: Vec<u32>,
    /// Indices in the dataset.
    pub samples: Vec<u32>,
    /// 1-based.
    pub epoch: u64,
    /// Place in the epoch, 0-based.
    pub index: u64,
    pub config_version: u64,
    /// Images left out of this batch, or of skipped ones before it.
    pub failures: Vec<SampleFailure>,
}

/// What `next_timeout` found.
#[derive(Debug)]
pub enum Next {
    Batch(Batch),
    NotYet,
    End,
}

/// A worker that has been in one stage far longer than that stage ever took.
#[derive(Debug, Clone, PartialEq)]
pub struct Stalled {
    pub worker: usize,
    pub stage: String,
    pub path: PathBuf,
    pub elapsed: Duration,
}

/// A stream of batches and the threads that make it.
pub struct Loader {
    shared: Arc<Shared>,
    workers: Vec<Worker>,
    /// For loading on the caller's thread.
    maker: sample::SampleMaker,
    next_worker_id: usize,
    failures: Vec<SampleFailure>,
    loaded_any: bool,
}

struct Worker {
    id: usize,
    thread: JoinHandle<()>,
    activity: Arc<sample::Activity>,
}

impl Loader {
    /// Starts the workers.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(job: LoaderJob) -> Result<Self, LoaderError> {
        let workers = job.config.workers;
        let shared = Arc::new(Shared::new(job));
        let maker = sample::SampleMaker::new(Arc::clone(&shared), Arc::default());
        let mut loader =
            Self { shared, workers: Vec::new(), maker, next_worker_id: 0, failures: Vec::new(), loaded_any: false };
        while loader.workers.len() < workers {
            loader.add_worker()?;
        }
        Ok(loader)
    }

    fn add_worker(&mut self) -> Result<(), LoaderError> {
        let id = self.next_worker_id;
        self.next_worker_id += 1;
        let activity = Arc::new(sample::Activity::default());
        let (shared, its) = (Arc::clone(&self.shared), Arc::clone(&activity));
        let work = move || {
            let mut maker = sample::SampleMaker::new(Arc::clone(&shared), its);
            while let Some(task) = shared.wait_task(id) {
                let chunk = maker.make(&task);
                shared.finish_chunk(&task, chunk, &mut maker);
            }
        };
        let thread =
            std::thread::Builder::new().name(format!("loader-{id}")).spawn(work).map_err(LoaderError::Thread)?;
        self.shared.lock().working.push(id);
        self.workers.push(Worker { id, thread, activity });
        Ok(())
    }

    /// The next batch, waiting as long as it takes; `None` after the last.
    ///
    /// # Errors
    /// As [`Self::next_timeout`].
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot say why it failed")]
    pub fn next(&mut self) -> Result<Option<Batch>, LoaderError> {
        loop {
            match self.next_timeout(Duration::from_secs(1))? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::NotYet => {}
            }
        }
    }

    /// The next batch, if it is there within `timeout`; with 0 workers, work goes on for about that long.
    ///
    /// # Errors
    /// A whole epoch went by and no image could be loaded.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Next, LoaderError> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.shared.take_batch(deadline) {
                Taken::Batch(mut batch) => {
                    self.failures.append(&mut batch.failures);
                    if batch.labels.is_empty() {
                        self.check_any_loaded(&batch)?;
                        self.recycle(batch);
                        continue;
                    }
                    self.loaded_any = true;
                    batch.failures = std::mem::take(&mut self.failures);
                    return Ok(Next::Batch(batch));
                }
                Taken::End => {
                    if let (false, Some(_)) = (self.loaded_any, self.failures.first()) {
                        return Err(self.nothing_loaded());
                    }
                    return Ok(Next::End);
                }
                Taken::Late => {
                    self.replace_dead_workers()?;
                    return Ok(Next::NotYet);
                }
                Taken::Work(task) => {
                    let chunk = self.maker.make(&task);
                    self.shared.finish_chunk(&task, chunk, &mut self.maker);
                }
            }
        }
    }

    fn check_any_loaded(&self, batch: &Batch) -> Result<(), LoaderError> {
        let epoch_over = batch.index + 1 >= self.shared.batches_per_epoch();
        if epoch_over && !self.loaded_any && !self.failures.is_empty() { Err(self.nothing_loaded()) } else { Ok(()) }
    }

    fn nothing_loaded(&self) -> LoaderError {
        let last = self.failures.last().cloned().unwrap_or_else(|| SampleFailure {
            sample: 0,
            path: PathBuf::new(),
            stage: String::new(),
            reason: String::new(),
        });
        LoaderError::NothingLoaded {
            images: self.failures.len(),
            stage: last.stage,
            reason: last.reason,
            path: last.path,
        }
    }

    /// A worker never ends by itself while its number is wanted; one that did has lost its chunk, which is done again.
    fn replace_dead_workers(&mut self) -> Result<(), LoaderError> {
        let wanted = self.shared.lock().working.clone();
        while let Some(at) = self.workers.iter().position(|w| w.thread.is_finished() && wanted.contains(&w.id)) {
            let dead = self.workers.swap_remove(at);
            self.shared.give_back_work_of(dead.id);
            self.add_worker()?;
        }
        Ok(())
    }

    /// Takes a batch's buffers back for a later one.
    pub fn recycle(&mut self, batch: Batch) {
        self.shared.recycle(batch);
    }

    /// Uses another chain from the next batch not yet begun on; gives that batch's version.
    pub fn set_chain(&mut self, chain: Arc<Chain>) -> u64 {
        self.shared.set_chain(chain)
    }

    /// Uses so many threads from the next batch not yet begun on; gives that batch's version. A thread that cannot be
    /// started is tried again while batches are late.
    pub fn set_workers(&mut self, workers: usize) -> u64 {
        let retired: Vec<usize> = self.workers.drain(workers.min(self.workers.len())..).map(|w| w.id).collect();
        let version = self.shared.set_workers(workers, &retired);
        while self.workers.len() < workers && self.add_worker().is_ok() {}
        version
    }

    /// The version the next batch begun will carry.
    pub fn config_version(&self) -> u64 {
        self.shared.lock().version
    }

    /// Full batches that wait.
    pub fn queue_len(&self) -> usize {
        self.shared.queue_len()
    }

    pub fn queue_capacity(&self) -> usize {
        self.shared.prefetch()
    }

    pub fn stats(&self) -> &LoaderStats {
        self.shared.stats()
    }

    /// Workers that hang, the longest first.
    pub fn watchdog(&self) -> Vec<Stalled> {
        let mut stalled: Vec<Stalled> = self.workers.iter().filter_map(|w| self.stall_of(w)).collect();
        stalled.sort_by_key(|s| std::cmp::Reverse(s.elapsed));
        stalled
    }

    fn stall_of(&self, worker: &Worker) -> Option<Stalled> {
        let now = worker.activity.now(self.shared.begun())?;
        let longest = self.shared.stats().longest(&now.stage);
        let limit = STALL_AFTER.max(longest * STALL_FACTOR);
        (now.elapsed > limit).then(|| Stalled {
            worker: worker.id,
            path: self.shared.job().dataset.path_of(now.sample as usize),
            stage: now.stage,
            elapsed: now.elapsed,
        })
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.shared.stop();
        let deadline = Instant::now() + DROP_GRACE;
        while Instant::now() < deadline && self.workers.iter().any(|w| !w.thread.is_finished()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        for worker in self.workers.drain(..) {
            // A thread that hangs cannot be ended; it is left behind and finds the loader stopped when it returns.
            if worker.thread.is_finished() {
                let _ = worker.thread.join();
            }
        }
    }
}
