//! The handle: start, take batches, change things while it runs, end.

use super::cache::SampleCache;
use super::quarantine::Quarantine;
use super::setting::Setting;
use super::shared::{Answer, Claim, Shared, Who};
use super::stats::LoaderStats;
use super::trace::FlightRecorder;
use super::watch::{Stalled, Watch, WorkerState};
use super::worker::Workbench;
use super::{Batch, LoaderError, LoaderJob, Next, SampleFailure};
use crate::transform::Chain;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How long a dropped loader waits for workers to finish the image in their hands.
const GRACE: Duration = Duration::from_millis(500);
/// Failures of skipped batches that are kept for the next batch; more are only counted.
const MAX_PENDING_FAILURES: usize = 1000;

/// A running loader. Dropped, it ends its threads; one that hangs in a file or a transform is left alone after half a
/// second and counted in [`LoaderStats::abandoned`].
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    /// For loading on this thread; made when first needed.
    bench: Option<Box<Workbench>>,
    /// What this thread has claimed and not yet loaded.
    claim: Claim,
    /// Of batches that were skipped.
    pending: Vec<SampleFailure>,
    epoch: EpochCount,
    /// The stream ended in this error.
    failed: Option<LoaderError>,
}

/// Whether an epoch brought any sample at all.
#[derive(Debug, Default)]
struct EpochCount {
    epoch: u64,
    loaded: u64,
    failed: u64,
    /// Counted from its first batch on.
    whole: bool,
    first: Option<SampleFailure>,
}

impl Loader {
    /// Starts the workers, which begin to load at once.
    ///
    /// # Errors
    /// There is nothing to load, an index is out of range, or a thread cannot be started.
    pub fn start(job: LoaderJob) -> Result<Self, LoaderError> {
        let cache = SampleCache::new(&job.config);
        Self::start_with_cache(job, cache)
    }

    /// As [`Self::start`], with a cache that other loaders of the run use too, and later ones find filled; where and how
    /// much it keeps is the cache's own configuration's say.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with_cache(job: LoaderJob, cache: Arc<SampleCache>) -> Result<Self, LoaderError> {
        Self::start_with(job, cache, Arc::default())
    }

    /// As [`Self::start_with_cache`], with samples to be left out, which other loaders of the run leave out too.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_with(
        job: LoaderJob,
        cache: Arc<SampleCache>,
        quarantine: Arc<Quarantine>,
    ) -> Result<Self, LoaderError> {
        Self::check(&job)?;
        Self::start_shared(Shared::new(
            &job,
            cache,
            quarantine,
            #[cfg(test)]
            super::tests::Hook::default(),
        ))
    }

    #[cfg(test)]
    pub(super) fn start_hooked(job: &LoaderJob, hook: super::tests::Hook) -> Result<Self, LoaderError> {
        Self::check(job)?;
        Self::start_shared(Shared::new(job, SampleCache::new(&job.config), Arc::default(), hook))
    }

    /// What this thread loads with, once it has.
    #[cfg(test)]
    pub(super) fn bench(&self) -> Option<&Workbench> {
        self.bench.as_deref()
    }

    fn check(job: &LoaderJob) -> Result<(), LoaderError> {
        let (images, batch_size, len) = (job.indices.len(), job.config.batch_size, job.dataset.len());
        if images == 0 {
            return Err(LoaderError::NoImages);
        }
        if super::batches_per_epoch(images, batch_size, job.config.drop_last) == 0 {
            return Err(LoaderError::NoFullBatch { images, batch_size });
        }
        match job.indices.iter().find(|index| **index as usize >= len) {
            Some(&index) => Err(LoaderError::NoSuchImage { index, len }),
            None => Ok(()),
        }
    }

    fn start_shared(shared: Shared) -> Result<Self, LoaderError> {
        let loader = Self {
            shared: Arc::new(shared),
            bench: None,
            claim: Claim::default(),
            pending: Vec::new(),
            epoch: EpochCount::default(),
            failed: None,
        };
        loader.shared.hire()?;
        Ok(loader)
    }

    /// The next batch; `None` after the last. Blocks, on loading itself where there are no workers.
    ///
    /// # Errors
    /// Not one image of an epoch could be loaded.
    #[allow(clippy::should_implement_trait, reason = "it can fail, and an iterator would end at the first error")]
    pub fn next(&mut self) -> Result<Option<Batch>, LoaderError> {
        loop {
            match self.advance(None)? {
                Next::Batch(batch) => return Ok(Some(batch)),
                Next::End => return Ok(None),
                Next::NotYet => {}
            }
        }
    }

    /// As [`Self::next`], but for so long only. Without workers the time is looked at after each image, and what is
    /// loaded so far is kept.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Next, LoaderError> {
        self.advance(Instant::now().checked_add(timeout))
    }

    fn advance(&mut self, deadline: Option<Instant>) -> Result<Next, LoaderError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        // However short the time is, a call loads an image: without workers nobody else does.
        let mut loaded = false;
        loop {
            if self.claim.current().is_some() {
                let shared = Arc::clone(&self.shared);
                let desk = || Arc::clone(&shared.caller_desk);
                let bench = self.bench.get_or_insert_with(|| Box::new(Workbench::new(&shared, desk(), Who::Caller, 1)));
                bench.load_next(&shared, &mut self.claim);
                loaded = true;
                if self.claim.current().is_some() {
                    if late() {
                        return Ok(Next::NotYet);
                    }
                    continue;
                }
            }
            let mut state = self.shared.state();
            if let Some(batch) = state.take(&self.shared) {
                drop(state);
                self.shared.work.notify_all();
                if let Some(batch) = self.account(batch)? {
                    return Ok(Next::Batch(batch));
                }
                continue;
            }
            if state.at_end() {
                return Ok(Next::End);
            }
            if state.death {
                drop(state);
                // Where no thread can be had, those left go on, and this one where none is left.
                let _ = self.shared.hire();
                continue;
            }
            if loaded && late() {
                return Ok(Next::NotYet);
            }
            if state.claim(Who::Caller, &self.shared, &mut self.claim) == Answer::Claimed {
                continue;
            }
            if late() {
                return Ok(Next::NotYet);
            }
            match deadline {
                None => drop(self.shared.ready.wait(state).unwrap_or_else(PoisonError::into_inner)),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    drop(self.shared.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner));
                }
            }
        }
    }

    /// Hands failures of skipped batches on; `None` where this one is to be skipped too.
    fn account(&mut self, mut batch: Batch) -> Result<Option<Batch>, LoaderError> {
        let count = &mut self.epoch;
        if count.epoch != batch.epoch {
            *count = EpochCount { epoch: batch.epoch, whole: batch.index == 0, ..EpochCount::default() };
        }
        count.loaded += batch.labels.len() as u64;
        count.failed += batch.failures.len() as u64;
        if count.first.is_none() {
            count.first = batch.failures.first().cloned();
        }
        let last = batch.index + 1 >= self.shared.state().plan.per_epoch();
        if let (true, true, 0, Some(first)) = (last, count.whole, count.loaded, &count.first) {
            let (images, first) = (count.failed, Box::new(first.clone()));
            let error = LoaderError::NothingLoaded { epoch: batch.epoch, images, first };
            self.failed = Some(error.clone());
            return Err(error);
        }
        if batch.labels.is_empty() {
            let room = MAX_PENDING_FAILURES.saturating_sub(self.pending.len());
            self.pending.extend(batch.failures.drain(..).take(room));
            self.recycle(batch);
            return Ok(None);
        }
        if !self.pending.is_empty() {
            self.pending.append(&mut batch.failures);
            batch.failures = std::mem::take(&mut self.pending);
        }
        Ok(Some(batch))
    }

    /// Failures that no batch is left to carry: those of skipped batches at the stream's end.
    pub fn take_failures(&mut self) -> Vec<SampleFailure> {
        std::mem::take(&mut self.pending)
    }

    /// Gives a batch's buffers back, so that the next ones need no memory of their own.
    pub fn recycle(&mut self, batch: Batch) {
        self.shared.state().recycle(batch, self.shared.prefetch);
    }

    /// The chain from the next batch not yet begun on; answers the `config_version` of that batch. What was planned is
    /// forgotten; what the cache keeps is dropped where the steps before the first random one differ.
    pub fn set_chain(&mut self, chain: Arc<Chain>) -> u64 {
        self.plan(&chain, None)
    }

    /// The chain for at least so many batches, from the next one not yet begun on in place of what was planned
    /// (`at_once`), or once the batches planned before have begun; answers their `config_version`. It stays until a chain
    /// planned after it has its turn.
    pub fn set_chain_for(&mut self, chain: Arc<Chain>, batches: u64, at_once: bool) -> u64 {
        self.plan(&chain, Some((batches, at_once)))
    }

    fn plan(&mut self, chain: &Arc<Chain>, plan: Option<(u64, bool)>) -> u64 {
        let before = Arc::clone(self.shared.state().last_setting());
        // A cache on disk is opened here: not while others wait for the lock.
        let setting = self.shared.making.setting(before.version + 1, chain, before.workers, Some(&before));
        let version = setting.version;
        let mut state = self.shared.state();
        match plan {
            Some((batches, false)) => state.append(setting, batches),
            Some((batches, true)) => state.set(setting, batches),
            None => state.set(setting, 0),
        }
        version
    }

    /// Worker threads from the next batch not yet begun on; answers the `config_version` of that batch. Workers no
    /// longer wanted finish the batches begun with them. Where a thread cannot be started, those there are go on. Chains
    /// that were planned are forgotten: the one of the next batch stays.
    pub fn set_workers(&mut self, workers: usize) -> u64 {
        let mut state = self.shared.state();
        let version = state.last_setting().version + 1;
        let setting = Setting { version, workers, ..Setting::clone(state.next_setting()) };
        state.set(Arc::new(setting), 0);
        drop(state);
        let _ = self.shared.hire();
        // Those no longer wanted may be waiting.
        self.shared.work.notify_all();
        version
    }

    /// Lets no more than so many full batches wait, at most `loader.prefetch` and at least 1: a short queue hides little of
    /// what a change does. Those that wait already are kept.
    pub fn set_depth(&mut self, batches: usize) {
        self.shared.state().depth = batches.clamp(1, self.shared.prefetch.max(1));
        self.shared.work.notify_all();
    }

    /// Of the next batch not yet begun.
    pub fn config_version(&self) -> u64 {
        self.shared.state().next_setting().version
    }

    /// Full batches that wait, up to [`Self::queue_capacity`]; more may be finished in workers' hands.
    pub fn queue_len(&self) -> usize {
        self.shared.state().ready().min(self.shared.prefetch)
    }

    /// Full batches that may wait: `loader.prefetch` or what [`Self::set_depth`] says, or 0 without workers.
    pub fn queue_capacity(&self) -> usize {
        let state = self.shared.state();
        if state.setting.workers == 0 { 0 } else { state.depth }
    }

    pub fn stats(&self) -> Arc<LoaderStats> {
        Arc::clone(&self.shared.stats)
    }

    /// What its threads and its queue did lately.
    pub fn recorder(&self) -> Arc<FlightRecorder> {
        Arc::clone(&self.shared.recorder)
    }

    /// A view of the threads that may be given to another thread, and what can be done there about those that hang.
    pub fn watch(&self) -> Watch {
        Watch { shared: Arc::clone(&self.shared) }
    }

    /// What each thread is doing.
    pub fn workers_state(&self) -> Vec<WorkerState> {
        self.watch().workers_state()
    }

    /// Threads that hang, as far as can be told; see [`Watch::stalled`].
    pub fn watchdog(&self) -> Vec<Stalled> {
        self.watch().stalled()
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        let mut state = self.shared.state();
        state.stop = true;
        self.shared.work.notify_all();
        let deadline = Instant::now() + GRACE;
        while state.running() > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            (state, _) = self.shared.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        let abandoned = state.running() as u64;
        let left = state.workers.iter_mut().filter(|worker| !worker.running);
        let threads: Vec<_> = left.filter_map(|worker| worker.thread.take()).collect();
        drop(state);
        self.shared.stats.count_abandoned(abandoned);
        for thread in threads {
            // A worker that died has said so already.
            let _ = thread.join();
        }
    }
}
