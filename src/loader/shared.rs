//! What workers and caller share: where the stream stands, who may load what, and which batches are ready.

use super::assembly::Assembly;
use super::cache::SampleCache;
use super::desk::Desk;
use super::lock::lock;
use super::order::Plan;
use super::panics::panicked;
use super::quarantine::Quarantine;
use super::setting::{Making, Setting};
use super::stats::LoaderStats;
use super::trace::FlightRecorder;
use super::{Batch, EpochOrder, LeftOutAt, LoaderJob, SampleFailure};
use crate::data::Dataset;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

/// More samples are never claimed at once.
const MAX_CLAIM: usize = 8;
/// Batches begun beyond `prefetch`, so that workers need not rest, take at most this.
const MAX_AHEAD_BYTES: u64 = 32 << 20;

/// Some neighbouring samples of a batch that one thread loads.
#[derive(Debug, Default)]
pub(super) struct Claim {
    assembly: Option<Arc<Assembly>>,
    first_slot: usize,
    samples: Vec<u32>,
    next: usize,
}

impl Claim {
    /// Batch, place in it and sample that come next.
    pub fn current(&self) -> Option<(&Arc<Assembly>, usize, u32)> {
        let sample = *self.samples.get(self.next)?;
        Some((self.assembly.as_ref()?, self.first_slot + self.next, sample))
    }

    /// How many samples of it are done with.
    pub fn place(&self) -> usize {
        self.next
    }

    /// Its samples from `place` on.
    pub fn beginning_at(mut self, place: usize) -> Self {
        self.next = place;
        if self.next >= self.samples.len() {
            self.assembly = None;
        }
        self
    }

    /// Holds nothing any more, but keeps its memory.
    fn clear(&mut self) {
        self.assembly = None;
        self.samples.clear();
    }

    /// Becomes a copy of the other, in the memory it has.
    fn copy_from(&mut self, other: &Self) {
        self.assembly.clone_from(&other.assembly);
        (self.first_slot, self.next) = (other.first_slot, other.next);
        self.samples.clone_from(&other.samples);
    }

    /// The current sample is in its batch, or was left out of it.
    pub fn advance(&mut self) {
        self.next += 1;
        if self.next >= self.samples.len() {
            self.assembly = None;
        }
    }
}

/// Who asks for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Worker(usize),
    Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Claimed,
    Wait,
    /// This worker is no longer wanted.
    Leave,
}

#[derive(Debug)]
pub(super) struct Worker {
    pub desk: Arc<Desk>,
    pub running: bool,
    /// What it claimed last, for whoever takes its place; empty while it waits.
    pub claimed: Claim,
    pub thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub plan: Plan,
    /// Of the batch begun last, or the next where nothing else is planned for it.
    pub setting: Arc<Setting>,
    /// What is planned after it.
    coming: Coming,
    /// Full batches that may wait: `prefetch`, or fewer for a while.
    pub depth: usize,
    /// Batches begun and not yet taken, in order; `Some` is ready.
    begun: VecDeque<Option<Batch>>,
    next_number: u64,
    /// What a full batch takes by the one finished last; 0 before the first.
    batch_bytes: u64,
    /// The batch begun last, while it has samples that nobody claimed.
    open: Option<Open>,
    /// Left behind by workers that died or hang.
    pub redo: Vec<Claim>,
    /// Buffers to use again.
    free: Vec<Batch>,
    pub workers: Vec<Worker>,
    /// A worker died since the caller last looked.
    pub death: bool,
    pub stop: bool,
}

/// Settings that are planned for batches not begun yet.
#[derive(Debug, Default)]
struct Coming {
    /// Batches that are still to begin as they do now before the next setting.
    left: u64,
    /// Each with the batches that it is for at least.
    settings: VecDeque<(Arc<Setting>, u64)>,
}

#[derive(Debug)]
struct Open {
    assembly: Arc<Assembly>,
    start: usize,
    len: usize,
    next: usize,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub dataset: Arc<Dataset>,
    pub channels: usize,
    pub max_pixels: u64,
    pub seed: u64,
    /// An image may come more than once in an epoch.
    pub repeats: bool,
    pub pin: bool,
    pub low_priority: bool,
    pub quarantine: Arc<Quarantine>,
    pub making: Making,
    pub prefetch: usize,
    batch_size: usize,
    /// Where the loader's clock begins.
    pub base: Instant,
    pub stats: Arc<LoaderStats>,
    /// Stages are timed and recorded.
    pub instrument: bool,
    pub recorder: Arc<FlightRecorder>,
    /// Looked at between samples.
    pub stop: AtomicBool,
    pub caller_desk: Arc<Desk>,
    state: Mutex<State>,
    /// Workers wait here for room or for a batch to share.
    pub work: Condvar,
    /// The caller waits here for its batch, or for workers to leave.
    pub ready: Condvar,
    #[cfg(test)]
    pub hook: super::tests::Hook,
}

impl Shared {
    pub fn new(
        job: &LoaderJob,
        cache: Arc<SampleCache>,
        quarantine: Arc<Quarantine>,
        #[cfg(test)] hook: super::tests::Hook,
    ) -> Self {
        let stats = Arc::new(LoaderStats::default());
        let making = Making {
            dataset: Arc::clone(&job.dataset),
            channels: job.channels,
            max_pixels: job.max_pixels,
            config: job.config.clone(),
            cache,
            stats: Arc::clone(&stats),
        };
        let setting = making.setting(0, &job.chain, job.config.workers, None);
        let base = Instant::now();
        Self {
            dataset: Arc::clone(&job.dataset),
            channels: job.channels,
            max_pixels: job.max_pixels,
            seed: job.seed,
            repeats: job.order == EpochOrder::Balanced,
            pin: job.config.pin,
            low_priority: job.config.low_priority,
            quarantine,
            making,
            prefetch: job.config.prefetch.max(1),
            batch_size: job.config.batch_size.max(1),
            base,
            stats,
            instrument: job.config.instrument,
            recorder: Arc::new(FlightRecorder::new(base, job.config.instrument, job.config.prefetch)),
            stop: AtomicBool::new(false),
            caller_desk: Arc::new(Desk::new()),
            state: Mutex::new(State {
                plan: Plan::new(job),
                setting,
                coming: Coming::default(),
                depth: job.config.prefetch,
                begun: VecDeque::new(),
                next_number: 0,
                batch_bytes: 0,
                open: None,
                redo: Vec::new(),
                free: Vec::new(),
                workers: Vec::new(),
                death: false,
                stop: false,
            }),
            work: Condvar::new(),
            ready: Condvar::new(),
            #[cfg(test)]
            hook,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub fn stopping(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// A point where a test may look in or break something.
    #[cfg(test)]
    pub fn at(&self, point: super::tests::Point) {
        (self.hook.0)(point);
    }

    /// Work for that worker; waits for some. False when it is to end, and is then no longer counted as running.
    pub fn claim(&self, worker: usize, desk: &Desk, claim: &mut Claim) -> bool {
        let mut state = self.state();
        if desk.is_left_behind() {
            // The place is another's by now.
            return false;
        }
        if let Some(worker) = state.workers.get_mut(worker) {
            worker.claimed.clear();
        }
        loop {
            let answer = if state.stop { Answer::Leave } else { state.claim(Who::Worker(worker), self, claim) };
            match answer {
                Answer::Claimed => {
                    if let Some(worker) = state.workers.get_mut(worker) {
                        worker.claimed.copy_from(claim);
                    }
                    return true;
                }
                Answer::Leave => {
                    if let Some(worker) = state.workers.get_mut(worker) {
                        worker.running = false;
                    }
                    self.ready.notify_all();
                    return false;
                }
                Answer::Wait => {
                    #[cfg(test)]
                    self.at(super::tests::Point::Waiting(state.begun.len()));
                    state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Every sample of the batch has come: puts it among the ready ones.
    pub fn finish(&self, assembly: &Assembly) {
        if let Some(batch) = self.seal(assembly) {
            self.hand_over(assembly, batch);
        }
    }

    /// The batch, once, when every sample has come or failed, with what the chain does to whole batches. Where that panics the
    /// batch is left out: whoever waits for it would wait for ever.
    pub fn seal(&self, assembly: &Assembly) -> Option<Batch> {
        let mut batch = assembly.seal(&self.dataset)?;
        let mixed = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            self.at(super::tests::Point::Sealed(assembly.number));
            batch.mix(&assembly.setting.chain, self.seed);
        }));
        if let Err(panic) = mixed {
            batch.leave_out_all(&self.dataset, &panicked(&*panic));
        }
        Some(batch)
    }

    /// Puts the batch among the ready ones.
    pub fn hand_over(&self, assembly: &Assembly, batch: Batch) {
        self.stats.count_failures(batch.failures.len() as u64);
        let bytes = batch.pixel_bytes().checked_div(batch.labels.len()).unwrap_or_default() as u64;
        let bytes = bytes * self.batch_size as u64;
        let mut state = self.state();
        if bytes > 0 && bytes != state.batch_bytes {
            // There may be room for another one now.
            state.batch_bytes = bytes;
            self.work.notify_all();
        }
        let front = state.next_number - state.begun.len() as u64;
        let place = assembly.number.checked_sub(front).and_then(|place| usize::try_from(place).ok());
        if let Some(place) = place.and_then(|place| state.begun.get_mut(place)) {
            *place = Some(batch);
        }
        self.recorder.batch_ready(assembly.number, state.ready().min(self.prefetch));
        self.ready.notify_all();
    }

    /// A worker's thread ended without leave: what it had claimed goes to others, but the sample it died on.
    pub fn bury(&self, worker: usize, desk: &Desk, mut claim: Claim) {
        {
            let mut state = self.state();
            if desk.is_left_behind() {
                return;
            }
            // From here on nobody else gives its claim away.
            if let Some(worker) = state.workers.get_mut(worker) {
                worker.running = false;
                worker.claimed.clear();
            }
        }
        self.stats.count_death();
        if let Some((assembly, slot, sample)) = claim.current() {
            let assembly = Arc::clone(assembly);
            let failure = SampleFailure {
                sample,
                path: self.dataset.path_of(sample as usize),
                place: LeftOutAt::Thread,
                reason: msg!("loader-thread-died", worker = worker.to_string()),
            };
            assembly.fail(slot, failure);
            // Or it died between the last sample and this.
            self.finish(&assembly);
            claim.advance();
        }
        let mut state = self.state();
        if claim.current().is_some() {
            state.redo.push(claim);
        }
        state.death = true;
        self.work.notify_all();
        self.ready.notify_all();
    }

    pub fn desks(&self) -> Vec<(usize, bool, Arc<Desk>)> {
        let state = self.state();
        let running = state.workers.iter().enumerate().filter(|(_, worker)| worker.running);
        let mut desks: Vec<_> = running.map(|(i, worker)| (i, false, Arc::clone(&worker.desk))).collect();
        if state.setting.workers == 0 || desks.is_empty() {
            desks.push((0, true, Arc::clone(&self.caller_desk)));
        }
        desks
    }

    /// Samples to claim at once, and batches that then are needed to keep every worker busy.
    fn shares(&self, workers: usize) -> (usize, usize) {
        let claim = (self.batch_size / (4 * workers.max(1))).clamp(1, MAX_CLAIM);
        (claim, (workers * claim).div_ceil(self.batch_size))
    }
}

impl State {
    /// Finds work, from the oldest batch on; begins a batch where there is room for one.
    pub fn claim(&mut self, who: Who, shared: &Shared, claim: &mut Claim) -> Answer {
        let may_share = |workers: usize, state: &Self| match who {
            Who::Worker(index) => index < workers,
            Who::Caller => workers == 0 || state.running() == 0,
        };
        let wanted = may_share(self.setting.workers, self);
        if (wanted || matches!(who, Who::Worker(_)))
            && let Some(left) = self.redo.pop()
        {
            *claim = left;
            return Answer::Claimed;
        }
        if self.open.is_none() && wanted && self.has_room(shared) {
            self.begin(shared);
        }
        let Some(workers) = self.open.as_ref().map(|open| open.assembly.setting.workers) else {
            return if wanted || who == Who::Caller { Answer::Wait } else { Answer::Leave };
        };
        if !may_share(workers, self) {
            return if wanted || who == Who::Caller { Answer::Wait } else { Answer::Leave };
        }
        let Some(open) = &mut self.open else { return Answer::Wait };
        let count = shared.shares(workers).0.min(open.len - open.next);
        claim.assembly = Some(Arc::clone(&open.assembly));
        (claim.first_slot, claim.next) = (open.next, 0);
        claim.samples.clear();
        claim.samples.extend_from_slice(self.plan.samples(open.start + open.next, count));
        open.next += count;
        if open.next >= open.len {
            self.open = None;
        }
        Answer::Claimed
    }

    fn has_room(&self, shared: &Shared) -> bool {
        let workers = self.setting.workers;
        // What a batch takes is not known before the first: until then it is taken for large.
        let affordable = MAX_AHEAD_BYTES.checked_div(self.batch_bytes).unwrap_or_default();
        let ahead = shared.shares(workers).1.min(usize::try_from(affordable).unwrap_or(usize::MAX));
        self.begun.len() < if workers == 0 { 1 } else { self.depth + ahead }
    }

    fn begin(&mut self, shared: &Shared) {
        let Some(planned) = self.plan.next() else { return };
        if self.coming.left == 0
            && let Some((setting, batches)) = self.coming.settings.pop_front()
        {
            (self.setting, self.coming.left) = (setting, batches);
        }
        self.coming.left = self.coming.left.saturating_sub(1);
        let samples = self.plan.samples(planned.start, planned.len);
        let buffers = self.free.pop().unwrap_or_default();
        let setting = Arc::clone(&self.setting);
        shared.recorder.batch_begun(self.next_number, planned.epoch, planned.index, setting.version);
        let assembly = Assembly::begin(self.next_number, planned, samples, &shared.dataset, setting, buffers);
        self.next_number += 1;
        self.begun.push_back(None);
        shared.stats.count_begun(self.begun.len());
        self.open = Some(Open { assembly: Arc::new(assembly), start: planned.start, len: planned.len, next: 0 });
        // Others may share it.
        shared.work.notify_all();
    }

    /// From the next batch not yet begun on, for at least so many; nothing else is planned any more.
    pub fn set(&mut self, setting: Arc<Setting>, batches: u64) {
        self.setting = setting;
        self.coming = Coming { left: batches, settings: VecDeque::new() };
    }

    /// For at least so many batches, once those before it have had theirs.
    pub fn append(&mut self, setting: Arc<Setting>, batches: u64) {
        self.coming.settings.push_back((setting, batches));
    }

    /// The setting planned last.
    pub fn last_setting(&self) -> &Arc<Setting> {
        self.coming.settings.back().map_or(&self.setting, |(setting, _)| setting)
    }

    /// Of the next batch not yet begun.
    pub fn next_setting(&self) -> &Arc<Setting> {
        let planned = self.coming.settings.front().filter(|_| self.coming.left == 0);
        planned.map_or(&self.setting, |(setting, _)| setting)
    }

    /// The oldest batch, when it is ready.
    pub fn take(&mut self, shared: &Shared) -> Option<Batch> {
        let number = self.next_number - self.begun.len() as u64;
        let batch = self.begun.front_mut()?.take()?;
        self.begun.pop_front();
        shared.recorder.batch_taken(number, self.ready().min(shared.prefetch));
        Some(batch)
    }

    pub fn at_end(&self) -> bool {
        self.begun.is_empty() && self.plan.at_end()
    }

    /// Batches that could be taken one after another now.
    pub fn ready(&self) -> usize {
        self.begun.iter().take_while(|batch| batch.is_some()).count()
    }

    pub fn running(&self) -> usize {
        self.workers.iter().filter(|worker| worker.running).count()
    }

    /// Keeps a batch's buffers for another, up to what can be in use at once.
    pub fn recycle(&mut self, batch: Batch, prefetch: usize) {
        if self.free.len() <= prefetch + self.setting.workers {
            self.free.push(batch);
        }
    }
}
