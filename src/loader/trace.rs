//! The flight recorder: what each loading thread, and the queue, did lately; always on, so that one may look back after
//! something odd has happened.
//!
//! A thread writes into a ring of its own ([`Ring`]), which anyone may read without stopping it. A thread that waits for
//! work or room writes nothing: waiting is the gap between two images.
//!
//! The rings of a loader take 8 MiB, or a little over 35 MiB where 256 workers are added one after another.

use super::desk::Desk;
use super::lock::lock;
use super::spans::{Decoded, MAX_NAMES, Ring};
use crate::protocol::Stage;
use crate::protocol::trace::{Draw, MAX_TRACE_BATCHES, QueueChange, Span, SpanEnd, TracedBatch};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Words in all rings of a loader; rings of threads that have left make room for new ones.
const ALL_WORDS: usize = 1 << 20;
/// Words in one ring: some 10,000 images of nine stages.
const MOST_WORDS: usize = 1 << 17;
const LEAST_WORDS: usize = 1 << 12;

/// What one loader's threads and queue did; outlives the loader.
#[derive(Debug)]
pub struct FlightRecorder {
    base: Instant,
    on: bool,
    queue_capacity: u32,
    names: Mutex<Vec<String>>,
    threads: Mutex<Vec<Arc<ThreadLog>>>,
    batches: Mutex<BatchLog>,
}

/// What a loader did lately. Times are nanoseconds of its own clock; see [`FlightRecorder::now_ns`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LoaderTrace {
    pub names: Vec<String>,
    pub threads: Vec<ThreadTrace>,
    pub batches: Vec<TracedBatch>,
    pub queue: Vec<QueueChange>,
    /// Full batches that may wait, where there are workers.
    pub queue_capacity: u32,
}

impl LoaderTrace {
    /// Puts it on a clock that shows so many nanoseconds more.
    pub fn shift(&mut self, later_ns: i64) {
        let move_on = |ns: &mut u64| *ns = ns.saturating_add_signed(later_ns);
        for thread in &mut self.threads {
            thread.spans.iter_mut().for_each(|span| move_on(&mut span.begin_ns));
            thread.lost_before_ns.iter_mut().for_each(move_on);
        }
        for batch in &mut self.batches {
            move_on(&mut batch.begun_ns);
            batch.ready_ns.iter_mut().chain(&mut batch.taken_ns).for_each(move_on);
        }
        self.queue.iter_mut().for_each(|change| move_on(&mut change.at_ns));
    }
}

/// What one thread did lately.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ThreadTrace {
    /// The `i` of `loader-{i}`; `None` for the caller's own thread.
    pub worker: Option<u32>,
    /// Ascending, none over another. `Span::of` points into `draws`.
    pub spans: Vec<Span>,
    pub draws: Vec<Draw>,
    /// What was before is no longer kept; `None` where nothing is lost.
    pub lost_before_ns: Option<u64>,
}

impl FlightRecorder {
    pub(super) fn new(base: Instant, on: bool, queue_capacity: usize) -> Self {
        let queue_capacity = u32::try_from(queue_capacity).unwrap_or(u32::MAX);
        Self { base, on, queue_capacity, names: Mutex::default(), threads: Mutex::default(), batches: Mutex::default() }
    }

    /// Nanoseconds since the loader began.
    pub fn now_ns(&self) -> u64 {
        self.base.elapsed().as_nanos() as u64
    }

    /// What was done in the last `secs`, and what is under way. Takes a millisecond or two a thread, and no lock that a
    /// thread waits for while it loads an image.
    pub fn take(&self, last: Duration) -> LoaderTrace {
        let now = self.now_ns();
        let since = now.saturating_sub(u64::try_from(last.as_nanos()).unwrap_or(u64::MAX));
        let threads = lock(&self.threads).clone();
        let threads: Vec<ThreadTrace> = threads.iter().map(|thread| thread.take(since, now, self)).collect();
        let (batches, queue) = lock(&self.batches).take(since);
        // Last, so that every name in a span is in it.
        let names = lock(&self.names).clone();
        LoaderTrace { names, threads, batches, queue, queue_capacity: self.queue_capacity }
    }

    fn name_index(&self, name: &str) -> u16 {
        let mut names = lock(&self.names);
        let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
            if names.len() < MAX_NAMES {
                names.push(name.to_owned());
            }
            names.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn register(&self, worker: Option<usize>, desk: Arc<Desk>, workers: usize) -> Arc<ThreadLog> {
        let capacity = (ALL_WORDS / workers.max(1)).clamp(LEAST_WORDS, MOST_WORDS);
        let log = Arc::new(ThreadLog {
            worker: worker.and_then(|worker| u32::try_from(worker).ok()),
            desk,
            ring: Ring::new(capacity),
            left: AtomicBool::new(false),
        });
        let mut threads = lock(&self.threads);
        threads.push(Arc::clone(&log));
        while threads.iter().map(|thread| thread.ring.capacity()).sum::<usize>() > ALL_WORDS {
            let Some(oldest) = threads.iter().position(|thread| thread.left.load(Relaxed)) else { break };
            threads.remove(oldest);
        }
        log
    }

    /// The batch of that number was begun; numbers rise by one.
    pub(super) fn batch_begun(&self, number: u64, epoch: u64, index: u64, config_version: u64) {
        if self.on {
            let begun_ns = self.now_ns();
            let batch = TracedBatch { epoch, index, config_version, begun_ns, ready_ns: None, taken_ns: None };
            lock(&self.batches).begun(number, batch);
        }
    }

    /// Its last sample is in; `queue_len` full batches wait now.
    pub(super) fn batch_ready(&self, number: u64, queue_len: usize) {
        self.batch_at(number, queue_len, |batch, now| batch.ready_ns = Some(now));
    }

    /// The caller has it.
    pub(super) fn batch_taken(&self, number: u64, queue_len: usize) {
        self.batch_at(number, queue_len, |batch, now| batch.taken_ns = Some(now));
    }

    fn batch_at(&self, number: u64, queue_len: usize, set: impl FnOnce(&mut TracedBatch, u64)) {
        if self.on {
            let now = self.now_ns();
            let mut log = lock(&self.batches);
            log.queue_is(now, queue_len);
            if let Some(batch) = log.batch(number) {
                set(batch, now);
            }
        }
    }
}

/// Batches and the queue: written some times a batch, under the loader's own lock.
#[derive(Debug, Default)]
struct BatchLog {
    /// The number of the first in `batches`.
    first: u64,
    batches: VecDeque<TracedBatch>,
    queue: VecDeque<QueueChange>,
}

impl BatchLog {
    fn begun(&mut self, number: u64, batch: TracedBatch) {
        if self.batches.is_empty() {
            self.first = number;
        }
        if self.batches.len() >= MAX_TRACE_BATCHES {
            self.batches.pop_front();
            self.first += 1;
        }
        self.batches.push_back(batch);
    }

    fn batch(&mut self, number: u64) -> Option<&mut TracedBatch> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.batches.get_mut(at)
    }

    fn queue_is(&mut self, at_ns: u64, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        if self.queue.back().is_some_and(|last| last.len == len) {
            return;
        }
        if self.queue.len() >= 2 * MAX_TRACE_BATCHES {
            self.queue.pop_front();
        }
        self.queue.push_back(QueueChange { at_ns, len });
    }

    fn take(&self, since: u64) -> (Vec<TracedBatch>, Vec<QueueChange>) {
        let batches = self.batches.iter().filter(|batch| batch.taken_ns.is_none_or(|taken| taken >= since));
        // The one before says how it was when the time began.
        let first = self.queue.partition_point(|change| change.at_ns < since).saturating_sub(1);
        (batches.copied().collect(), self.queue.range(first..).copied().collect())
    }
}

/// One thread's ring, and what else is known of it.
#[derive(Debug)]
struct ThreadLog {
    worker: Option<u32>,
    desk: Arc<Desk>,
    ring: Ring,
    left: AtomicBool,
}

impl ThreadLog {
    fn take(&self, since: u64, now: u64, recorder: &FlightRecorder) -> ThreadTrace {
        // Before the ring: what it then says is over is not taken for what goes on.
        let doing = if self.left.load(Relaxed) { None } else { self.desk.doing() };
        let (words, lost) = self.ring.read();
        let mut decoded = Decoded::of(&words, since);
        if let Some(doing) = doing
            && let Some((draw, at)) = decoded.last
            && (draw.sample, at) == (doing.turn.sample, doing.since_ns)
        {
            let duration_ns = now.saturating_sub(doing.since_ns);
            decoded.push(recorder.name_index(doing.stage.name()), doing.since_ns, duration_ns, SpanEnd::Open);
        }
        let Decoded { spans, draws, first_ns, .. } = decoded;
        let lost_before_ns = lost.then(|| first_ns.unwrap_or(now));
        ThreadTrace { worker: self.worker, spans, draws, lost_before_ns }
    }
}

/// A loading thread's side of the recorder.
#[derive(Debug)]
pub(super) struct SpanWriter {
    recorder: Arc<FlightRecorder>,
    /// `None` where nothing is recorded.
    log: Option<Arc<ThreadLog>>,
    /// Names of the stages, as the recorder counts them.
    names: Vec<u64>,
}

impl SpanWriter {
    /// `worker` is `None` for the caller's own thread; `workers` are to share the memory.
    pub fn new(recorder: &Arc<FlightRecorder>, worker: Option<usize>, desk: &Arc<Desk>, workers: usize) -> Self {
        let log = recorder.on.then(|| recorder.register(worker, Arc::clone(desk), workers));
        Self { recorder: Arc::clone(recorder), log, names: Vec::new() }
    }

    pub fn set_stages(&mut self, stages: &[Stage]) {
        if self.log.is_none() {
            return;
        }
        self.names.clear();
        self.names.extend(stages.iter().map(|stage| u64::from(self.recorder.name_index(stage.name()))));
    }

    pub fn image(&self, begin_ns: u64, draw: Draw) {
        if let Some(log) = &self.log {
            log.ring.image(begin_ns, draw);
        }
    }

    /// A stage ended, or the image failed there.
    pub fn stage(&self, stage: usize, duration_ns: u64, failed: bool) {
        if let (Some(log), Some(name)) = (&self.log, self.names.get(stage)) {
            log.ring.stage(*name, duration_ns, failed);
        }
    }

    /// Time that passed without a stage.
    pub fn gap(&self, duration_ns: u64) {
        if let Some(log) = &self.log {
            log.ring.gap(duration_ns);
        }
    }
}

impl Drop for SpanWriter {
    fn drop(&mut self) {
        if let Some(log) = &self.log {
            log.left.store(true, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spans::{DURATION_MASK, LOW_MASK};
    use super::*;

    fn recorder() -> Arc<FlightRecorder> {
        Arc::new(FlightRecorder::new(Instant::now(), true, 3))
    }

    fn draw(k: u64) -> Draw {
        let k = (k & 0xfff_ffff) as u32;
        Draw { sample: k, epoch: k, batch: k, config_version: k }
    }

    /// While one thread writes round and round, what another reads is whole, in order, and ends where it should.
    #[test]
    fn a_reader_beside_the_writer_never_sees_a_torn_span() {
        const IMAGES: u64 = if cfg!(miri) { 3_000 } else { 300_000 };
        let recorder = recorder();
        let desk = Arc::new(Desk::new());
        // The smallest ring, so that the writer is often where the reader is.
        let mut writer = SpanWriter::new(&recorder, Some(0), &desk, usize::MAX);
        writer.set_stages(&[Stage::Read, Stage::Decode]);
        let looked = Arc::new(AtomicBool::new(false));
        let is_seen = Arc::clone(&looked);
        let thread = crate::loader::tests::spawn(move || {
            for k in 0..IMAGES {
                writer.image(k * 10, draw(k));
                writer.stage(0, k % 5, false);
                writer.gap(1);
                writer.stage(1, k % 3, false);
            }
            // On a busy machine it may be over before the reader has its turn.
            while !is_seen.load(Relaxed) {
                std::thread::yield_now();
            }
        });
        let mut looks = 0;
        loop {
            let over = thread.is_finished();
            let trace = recorder.take(Duration::from_secs(1_000_000));
            let thread = &trace.threads[0];
            assert!(thread.spans.len() <= LEAST_WORDS);
            for span in &thread.spans {
                let k = u64::from(thread.draws[span.of.unwrap() as usize].sample);
                assert_eq!(thread.draws[span.of.unwrap() as usize], draw(k));
                let expected = if span.name == 0 { (k * 10, k % 5) } else { (k * 10 + k % 5 + 1, k % 3) };
                assert_eq!((span.begin_ns, span.duration_ns), expected);
            }
            let images: Vec<u32> = thread.draws.iter().map(|draw| draw.sample).collect();
            assert!(images.windows(2).all(|pair| pair[1] == pair[0] + 1), "images are missing in between");
            looks += 1;
            looked.store(true, Relaxed);
            if over {
                assert_eq!(images.last(), Some(&(IMAGES as u32 - 1)));
                assert_eq!(thread.lost_before_ns, Some(u64::from(images[0]) * 10));
                break;
            }
        }
        assert!(looks > 1);
    }

    #[test]
    fn long_values_do_not_run_into_each_other() {
        let recorder = recorder();
        let desk = Arc::new(Desk::new());
        let mut writer = SpanWriter::new(&recorder, None, &desk, 0);
        let names: Vec<Stage> = (0..5000).map(|i| format!("stage {i}").into()).collect();
        writer.set_stages(&names);
        let most = Draw { sample: u32::MAX, epoch: u32::MAX, batch: u32::MAX, config_version: u32::MAX };
        writer.image(77, most);
        writer.stage(4999, u64::MAX, false);
        writer.stage(3, 5, true);
        // A stage that the chain has not is no stage.
        writer.stage(5000, 5, false);
        let trace = recorder.take(Duration::MAX);
        let thread = &trace.threads[0];
        let low = LOW_MASK as u32;
        assert_eq!(thread.draws, [Draw { epoch: low, config_version: low, ..most }]);
        let span = |begin_ns, duration_ns, name, end| Span { begin_ns, duration_ns, name, of: Some(0), end };
        let last = (MAX_NAMES - 1) as u16;
        let expected = [span(77, DURATION_MASK, last, SpanEnd::Done), span(77 + DURATION_MASK, 5, 3, SpanEnd::Failed)];
        assert_eq!((thread.worker, thread.spans.as_slice()), (None, expected.as_slice()));
        assert_eq!(trace.names.len(), MAX_NAMES);
    }

    #[test]
    fn rings_of_threads_that_left_stay_until_others_need_the_room() {
        let recorder = recorder();
        let desk = || Arc::new(Desk::new());
        for round in 0..40_u32 {
            let mut writer = SpanWriter::new(&recorder, Some(1), &desk(), 1);
            writer.set_stages(&[Stage::Read]);
            writer.image(0, Draw { sample: round, ..Draw::default() });
            writer.stage(0, 1, false);
        }
        let trace = recorder.take(Duration::MAX);
        let kept: Vec<u32> = trace.threads.iter().map(|thread| thread.draws[0].sample).collect();
        assert_eq!(kept, (40 - (ALL_WORDS / MOST_WORDS) as u32..40).collect::<Vec<_>>());
    }

    #[test]
    fn batches_are_bounded_and_the_queue_tells_its_level_at_the_beginning() {
        let recorder = recorder();
        for number in 0..MAX_TRACE_BATCHES as u64 + 10 {
            recorder.batch_begun(number, 1, number, 0);
            recorder.batch_ready(number, 1);
            recorder.batch_taken(number, 0);
        }
        let trace = recorder.take(Duration::MAX);
        assert_eq!((trace.batches.len(), trace.queue.len()), (MAX_TRACE_BATCHES, 2 * MAX_TRACE_BATCHES));
        assert_eq!(trace.batches[0].index, 10);
        for batch in &trace.batches {
            assert!(batch.begun_ns <= batch.ready_ns.unwrap() && batch.ready_ns <= batch.taken_ns);
        }
        assert!(trace.queue.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns && pair[0].len != pair[1].len));
        // Nothing happened since: the level is known all the same.
        std::thread::sleep(Duration::from_millis(2));
        let late = recorder.take(Duration::from_nanos(1));
        assert_eq!((late.batches.len(), late.queue.as_slice()), (0, &trace.queue[trace.queue.len() - 1..]));
    }
}
