//! What the workers and the trainer share: the plan, the batches being made, the buffers to use again.

use super::order::{BatchPlan, Plan};
use super::sample::SampleMaker;
use super::stats::LoaderStats;
use super::{Batch, LoaderJob, SampleFailure};
use crate::transform::Chain;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Images in a chunk: enough that the lock does not count, few enough that workers share a batch evenly.
const CHUNK_IMAGES: usize = 4;

/// A piece of a batch for one thread.
#[derive(Clone)]
pub(super) struct Task {
    /// Counts batches from the loader's start.
    serial: u64,
    chunk: usize,
    pub epoch: u64,
    pub version: u64,
    pub chain: Arc<Chain>,
    pub order: Arc<[u32]>,
    pub range: Range<usize>,
}

/// The samples of a task, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    data: Vec<f32>,
    samples: Vec<u32>,
    shapes: Vec<[usize; 3]>,
    pub failures: Vec<SampleFailure>,
}

impl Chunk {
    pub(super) fn push(&mut self, sample: u32, shape: [usize; 3], data: &[f32]) {
        self.data.extend_from_slice(data);
        self.samples.push(sample);
        self.shapes.push(shape);
    }

    fn clear(&mut self) {
        self.data.clear();
        self.samples.clear();
        self.shapes.clear();
        self.failures.clear();
    }
}

/// A batch begun and not yet handed out.
struct OpenBatch {
    serial: u64,
    plan: BatchPlan,
    version: u64,
    chain: Arc<Chain>,
    chunks: Vec<Option<Chunk>>,
    next_chunk: usize,
    /// Chunks given out by a worker that died.
    lost: Vec<usize>,
    missing: usize,
    done: Option<Batch>,
}

pub(super) struct State {
    plan: Plan,
    open: VecDeque<OpenBatch>,
    next_serial: u64,
    chain: Arc<Chain>,
    pub version: u64,
    /// Ids of the workers that are wanted; none of them means that the caller's thread loads.
    pub working: Vec<usize>,
    /// What each worker is at: (worker, batch serial, chunk).
    in_hand: Vec<(usize, u64, usize)>,
    spare_batches: Vec<Batch>,
    spare_chunks: Vec<Chunk>,
    stopped: bool,
}

pub(super) struct Shared {
    job: LoaderJob,
    begun: Instant,
    stats: LoaderStats,
    state: Mutex<State>,
    /// There may be work.
    work: Condvar,
    /// There may be a batch.
    ready: Condvar,
}

/// What the caller of `next` gets.
pub(super) enum Taken {
    Batch(Batch),
    /// A chunk of the next batch, to be made on the caller's thread.
    Work(Task),
    Late,
    End,
}

impl State {
    /// The next chunk to make; begins a batch while at most `open_limit` are begun.
    fn take_task(&mut self, job: &LoaderJob, open_limit: usize) -> Option<Task> {
        let unfinished = self.open.iter().position(|b| b.next_chunk < b.chunks.len() || !b.lost.is_empty());
        let at = match unfinished {
            Some(at) => at,
            None if self.open.len() < open_limit => {
                let plan = self.plan.next(job)?;
                let chunk_count = plan.range.len().div_ceil(CHUNK_IMAGES);
                self.open.push_back(OpenBatch {
                    serial: self.next_serial,
                    plan,
                    version: self.version,
                    chain: Arc::clone(&self.chain),
                    chunks: (0..chunk_count).map(|_| None).collect(),
                    next_chunk: 0,
                    lost: Vec::new(),
                    missing: chunk_count,
                    done: None,
                });
                self.next_serial += 1;
                self.open.len() - 1
            }
            None => return None,
        };
        let batch = self.open.get_mut(at)?;
        let chunk = batch.lost.pop().unwrap_or_else(|| {
            batch.next_chunk += 1;
            batch.next_chunk - 1
        });
        let start = batch.plan.range.start + chunk * CHUNK_IMAGES;
        Some(Task {
            serial: batch.serial,
            chunk,
            epoch: batch.plan.epoch,
            version: batch.version,
            chain: Arc::clone(&batch.chain),
            order: Arc::clone(&batch.plan.order),
            range: start..(start + CHUNK_IMAGES).min(batch.plan.range.end),
        })
    }

    fn find(&mut self, serial: u64) -> Option<&mut OpenBatch> {
        self.open.iter_mut().find(|b| b.serial == serial)
    }
}

impl Shared {
    pub(super) fn new(job: LoaderJob) -> Self {
        let state = State {
            plan: Plan::new(&job),
            open: VecDeque::new(),
            next_serial: 0,
            chain: Arc::clone(&job.chain),
            version: 0,
            working: Vec::new(),
            in_hand: Vec::new(),
            spare_batches: Vec::new(),
            spare_chunks: Vec::new(),
            stopped: false,
        };
        Self {
            job,
            begun: Instant::now(),
            stats: LoaderStats::default(),
            state: Mutex::new(state),
            work: Condvar::new(),
            ready: Condvar::new(),
        }
    }

    pub(super) fn job(&self) -> &LoaderJob {
        &self.job
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }

    pub(super) fn stats(&self) -> &LoaderStats {
        &self.stats
    }

    pub(super) fn prefetch(&self) -> usize {
        self.job.config.prefetch.max(1)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics; if it did, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn batches_per_epoch(&self) -> u64 {
        self.lock().plan.batches()
    }

    pub(super) fn queue_len(&self) -> usize {
        self.lock().open.iter().filter(|b| b.done.is_some()).count()
    }

    /// Waits for work for that worker; `None` when it is no longer wanted.
    pub(super) fn wait_task(&self, worker: usize) -> Option<Task> {
        let mut state = self.lock();
        loop {
            state.in_hand.retain(|(id, ..)| *id != worker);
            if state.stopped || !state.working.contains(&worker) {
                return None;
            }
            // The queue's full batches and the one being made.
            if let Some(task) = state.take_task(&self.job, self.prefetch() + 1) {
                state.in_hand.push((worker, task.serial, task.chunk));
                return Some(task);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Puts a made chunk into its batch; whoever brings the last one puts the batch together.
    pub(super) fn finish_chunk(&self, task: &Task, chunk: Chunk, maker: &mut SampleMaker) {
        let (mut chunks, mut batch) = {
            let mut state = self.lock();
            let spare = state.spare_batches.pop().unwrap_or_default();
            let Some(open) = state.find(task.serial) else { return };
            if let Some(slot @ None) = open.chunks.get_mut(task.chunk) {
                *slot = Some(chunk);
                open.missing -= 1;
            }
            if open.missing > 0 {
                state.spare_batches.push(spare);
                return;
            }
            let mut batch = spare;
            batch.epoch = open.plan.epoch;
            batch.index = open.plan.index;
            batch.config_version = open.version;
            (std::mem::take(&mut open.chunks), batch)
        };
        let images = chunks.iter().flatten().map(|c| c.samples.len()).sum();
        maker.timed_collate(images, || collate(&self.job, &mut chunks, &mut batch));
        let mut state = self.lock();
        for mut chunk in chunks.into_iter().flatten() {
            chunk.clear();
            state.spare_chunks.push(chunk);
        }
        if let Some(open) = state.find(task.serial) {
            open.done = Some(batch);
        }
        drop(state);
        self.ready.notify_all();
    }

    /// The next batch, work towards it (where no worker does it), or nothing by the deadline.
    pub(super) fn take_batch(&self, deadline: Instant) -> Taken {
        let mut state = self.lock();
        loop {
            if let Some(batch) = state.open.front_mut().and_then(|b| b.done.take()) {
                state.open.pop_front();
                drop(state);
                self.work.notify_all();
                return Taken::Batch(batch);
            }
            if state.open.is_empty() && state.plan.ended() {
                return Taken::End;
            }
            if Instant::now() >= deadline {
                return Taken::Late;
            }
            if state.working.is_empty()
                && let Some(task) = state.take_task(&self.job, 1)
            {
                return Taken::Work(task);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            state = self.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn spare_chunk(&self) -> Chunk {
        self.lock().spare_chunks.pop().unwrap_or_default()
    }

    pub(super) fn recycle(&self, mut batch: Batch) {
        batch.data.clear();
        batch.labels.clear();
        batch.samples.clear();
        batch.failures.clear();
        let mut state = self.lock();
        if state.spare_batches.len() <= self.prefetch() + 1 {
            state.spare_batches.push(batch);
        }
    }

    pub(super) fn set_chain(&self, chain: Arc<Chain>) -> u64 {
        let mut state = self.lock();
        state.chain = chain;
        state.version += 1;
        state.version
    }

    pub(super) fn set_workers(&self, _workers: usize, retired: &[usize]) -> u64 {
        let mut state = self.lock();
        state.working.retain(|id| !retired.contains(id));
        state.version += 1;
        let version = state.version;
        drop(state);
        self.work.notify_all();
        version
    }

    /// The chunks of a worker that died are made again by others.
    pub(super) fn give_back_work_of(&self, worker: usize) {
        let mut state = self.lock();
        state.working.retain(|id| *id != worker);
        let lost: Vec<(usize, u64, usize)> = state.in_hand.iter().filter(|(id, ..)| *id == worker).copied().collect();
        state.in_hand.retain(|(id, ..)| *id != worker);
        for (_, serial, chunk) in lost {
            if let Some(batch) = state.find(serial) {
                batch.lost.push(chunk);
            }
        }
        drop(state);
        self.work.notify_all();
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
    }
}

/// Lays the samples of the chunks one behind the other. The first decides the shape; one that differs is left out.
fn collate(job: &LoaderJob, chunks: &mut [Option<Chunk>], batch: &mut Batch) {
    let mut shape = None;
    for chunk in chunks.iter_mut().flatten() {
        let mut start = 0;
        for (&sample, &own) in chunk.samples.iter().zip(&chunk.shapes) {
            let end = start + own.iter().product::<usize>();
            let expected = *shape.get_or_insert(own);
            if own == expected {
                batch.data.extend_from_slice(&chunk.data[start..end]);
                batch.samples.push(sample);
                batch.labels.push(job.dataset.class_of(sample as usize) as u32);
            } else {
                batch.failures.push(SampleFailure {
                    sample,
                    path: job.dataset.path_of(sample as usize),
                    stage: super::sample::COLLATE.to_owned(),
                    reason: format!(
                        "its shape is {own:?} and the batch's is {expected:?}; add Resize to the transforms"
                    ),
                });
            }
            start = end;
        }
        batch.failures.append(&mut chunk.failures);
    }
    let [c, h, w] = shape.unwrap_or_default();
    batch.shape = [batch.labels.len(), c, h, w];
}
