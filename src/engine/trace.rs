//! What the trainer did lately, and the whole trace put together from it and the loaders' recorders.
//!
//! Always on and bounded (16,384 steps, 2 MiB). A trace is asked for by a command, which the thread that reads commands
//! answers itself: so there is one while the run is paused, while a loader hangs and while the trainer does, and the
//! training is not held up.

use super::clock::RunClock;
use super::outbox::Outbox;
use crate::data::Dataset;
use crate::loader::{Batch, FlightRecorder, LoaderTrace, ThreadTrace};
use crate::protocol::trace::{
    Draw, MAX_TRACE_PATH_BYTES, MAX_TRACE_SECS, MAX_TRACE_SPANS, Span, SpanEnd, TracedFile, TracedStep, Track,
    TrackKind,
};
use crate::protocol::{Command, Event, RunPhase, StepPhases, Trace};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Steps, validations and checkpoints that are kept.
const MAX_ENTRIES: usize = 16_384;

/// What the trainer does beside the phases of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Waiting,
    /// A step that is not over: its phases are known when it is.
    Step,
    Validation,
    Test,
    Checkpoint,
}

impl Doing {
    /// Its place in the phases and what is beside them.
    fn name(self) -> u16 {
        let others = StepPhases::NAMES.len() as u16;
        match self {
            Self::Waiting => 0,
            Self::Step => others,
            Self::Validation => others + 1,
            Self::Test => others + 2,
            Self::Checkpoint => others + 3,
        }
    }
}

/// A step over that batch.
pub(super) fn traced(step: u64, batch: &Batch, synced: bool) -> TracedStep {
    let Batch { epoch, index, config_version, .. } = *batch;
    let images = u32::try_from(batch.labels.len()).unwrap_or(u32::MAX);
    TracedStep { step, epoch, batch: index, images, config_version, synced }
}

/// Where trainer, loaders and the thread that answers meet. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tracing {
    clock: RunClock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Only while a run is under way, so that it keeps no thread alive that waits for the last event.
    outbox: Option<Outbox>,
    dataset: Option<Arc<Dataset>>,
    seed: u64,
    /// The training's, and that of the newest evaluation.
    recorders: Vec<(RunPhase, Arc<FlightRecorder>)>,
    done: VecDeque<Entry>,
    /// The end of the last entry.
    done_until_ns: u64,
    doing: Option<(Doing, u64)>,
    at_end_secs: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Entry {
    Step {
        step: TracedStep,
        wait_begin_ns: u64,
        wait_ns: u64,
        begin_ns: u64,
        /// Upload, forward, backward, optimiser, read back.
        phases_ns: [u64; 5],
    },
    Other {
        doing: Doing,
        begin_ns: u64,
        duration_ns: u64,
    },
}

/// Dropped, it says that what was begun is over.
pub(super) struct Done {
    tracing: Tracing,
    doing: Doing,
    begun: Instant,
}

impl Drop for Done {
    fn drop(&mut self) {
        let (begin_ns, end_ns) = (self.tracing.clock.ns_of(self.begun), self.tracing.clock.ns());
        self.tracing.state().push(Entry::Other {
            doing: self.doing,
            begin_ns,
            duration_ns: end_ns.saturating_sub(begin_ns),
        });
    }
}

impl Tracing {
    pub(super) fn new(clock: RunClock) -> Self {
        Self { clock, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run begins: from now on traces are sent through `outbox`.
    pub(super) fn open(&self, outbox: Outbox) {
        self.state().outbox = Some(outbox);
    }

    /// The run has ended.
    pub(super) fn close(&self) {
        let mut state = self.state();
        *state = State { at_end_secs: state.at_end_secs, ..State::default() };
    }

    /// What the run's images are.
    pub(super) fn images(&self, dataset: &Arc<Dataset>, seed: u64) {
        let mut state = self.state();
        (state.dataset, state.seed) = (Some(Arc::clone(dataset)), seed);
    }

    /// A loader was started for that part of the run.
    pub(super) fn loader(&self, phase: RunPhase, recorder: Arc<FlightRecorder>) {
        let mut state = self.state();
        state.recorders.retain(|(of, _)| *of == RunPhase::Training && phase != RunPhase::Training);
        state.recorders.push((phase, recorder));
    }

    /// The trainer begins with that; it lasts until something else is told.
    pub(super) fn enter(&self, doing: Doing) {
        let now = self.clock.ns();
        self.state().doing = Some((doing, now));
    }

    /// The same, until the answer is dropped.
    pub(super) fn begin(&self, doing: Doing) -> Done {
        self.enter(doing);
        Done { tracing: self.clone(), doing, begun: self.clock.now() }
    }

    /// A step is over, just now. Its batch came at `batch_came`.
    pub(super) fn step(&self, step: TracedStep, batch_came: Instant, phases: &StepPhases) {
        let ns = |secs: f64| (secs.max(0.0) * 1e9) as u64;
        let phases_ns =
            [phases.upload_secs, phases.forward_secs, phases.backward_secs, phases.optimizer_secs, phases.read_secs]
                .map(ns);
        let came_ns = self.clock.ns_of(batch_came);
        let begin_ns = self.clock.ns().saturating_sub(phases_ns.iter().sum());
        let wait_ns = ns(phases.wait_secs);
        let wait_begin_ns = came_ns.saturating_sub(wait_ns);
        self.state().push(Entry::Step { step, wait_begin_ns, wait_ns, begin_ns, phases_ns });
    }

    /// Answers a command that is about traces; gives back any other, and one that comes before a run.
    pub(super) fn take(&self, command: Command) -> Option<Command> {
        match command {
            Command::TraceAtEnd { secs } => self.state().at_end_secs = Some(secs),
            Command::TakeTrace { secs } => {
                let Some(outbox) = self.state().outbox.clone() else { return Some(command) };
                // One that nobody has room for is not put together.
                if outbox.has_room() {
                    outbox.answer(Event::Trace(Box::new(self.trace(secs))));
                }
            }
            other => return Some(other),
        }
        None
    }

    /// Sends the trace that was asked for at the training's end, if one was.
    pub(super) fn send_at_end(&self) {
        let mut state = self.state();
        state.doing = None;
        let (secs, outbox) = (state.at_end_secs.take(), state.outbox.clone());
        drop(state);
        if let (Some(secs), Some(outbox)) = (secs, outbox) {
            outbox.answer(Event::Trace(Box::new(self.trace(secs))));
        }
    }

    /// The last so many seconds.
    fn trace(&self, secs: f64) -> Trace {
        let secs = if secs.is_finite() { secs.clamp(0.0, MAX_TRACE_SECS) } else { MAX_TRACE_SECS };
        let last = Duration::from_secs_f64(secs);
        let state = self.state();
        let taken_ns = self.clock.ns();
        let from_ns = taken_ns.saturating_sub(last.as_nanos() as u64);
        let (mut trainer, steps, trainer_from_ns) = state.trainer(from_ns, taken_ns);
        let (recorders, dataset, seed) = (state.recorders.clone(), state.dataset.clone(), state.seed);
        // Rings are read without it: the trainer may need it.
        drop(state);
        let mut loaders: Vec<(RunPhase, LoaderTrace)> = Vec::new();
        for (phase, recorder) in recorders {
            // Both clocks are of the same make; how far apart they began is what they show at one moment.
            let later_ns = self.clock.ns() as i64 - recorder.now_ns() as i64;
            let mut trace = recorder.take(last);
            trace.shift(later_ns);
            loaders.push((phase, trace));
        }
        let threads = || loaders.iter().flat_map(|(_, loader)| &loader.threads);
        let mut complete_from_ns =
            threads().filter_map(|thread| thread.lost_before_ns).fold(from_ns.max(trainer_from_ns), u64::max);
        if let Some(cut_ns) = cut(threads().map(|thread| thread.spans.as_slice()).chain([trainer.as_slice()])) {
            complete_from_ns = complete_from_ns.max(cut_ns);
            trainer.retain(|span| span.begin_ns >= cut_ns);
            loaders
                .iter_mut()
                .flat_map(|(_, loader)| &mut loader.threads)
                .for_each(|thread| drop_before(thread, cut_ns));
        }
        let mut whole = Trace {
            taken_ns,
            from_ns,
            complete_from_ns,
            seed,
            names: Vec::new(),
            class_names: dataset.as_ref().map(|dataset| dataset.class_names.clone()).unwrap_or_default(),
            files: Vec::new(),
            draws: Vec::new(),
            steps,
            tracks: Vec::new(),
            batches: Vec::new(),
            queue: Vec::new(),
            queue_capacity: 0,
        };
        for (phase, loader) in loaders {
            add_loader(&mut whole, phase, loader);
        }
        add_trainer(&mut whole, trainer);
        if let Some(dataset) = dataset {
            whole.files = files(&dataset, &whole.draws);
        }
        whole
    }
}

impl State {
    fn push(&mut self, mut entry: Entry) {
        // Clocks were read one after another: nothing begins before what came before it has ended.
        let after = self.done_until_ns;
        match &mut entry {
            Entry::Step { wait_begin_ns, wait_ns, begin_ns, phases_ns, .. } => {
                let wait_end_ns = (*wait_begin_ns + *wait_ns).max(after);
                *wait_begin_ns = (*wait_begin_ns).max(after);
                *wait_ns = wait_end_ns - *wait_begin_ns;
                *begin_ns = (*begin_ns).max(wait_end_ns);
                self.done_until_ns = *begin_ns + phases_ns.iter().sum::<u64>();
            }
            Entry::Other { begin_ns, duration_ns, .. } => {
                let end_ns = (*begin_ns + *duration_ns).max(after);
                *begin_ns = (*begin_ns).max(after);
                *duration_ns = end_ns - *begin_ns;
                self.done_until_ns = end_ns;
            }
        }
        self.doing = None;
        if self.done.len() >= MAX_ENTRIES {
            self.done.pop_front();
        }
        self.done.push_back(entry);
    }

    /// Spans that end after `from_ns`, their steps, and from when on nothing is missing. Names count from the trainer's
    /// first.
    fn trainer(&self, from_ns: u64, now_ns: u64) -> (Vec<Span>, Vec<TracedStep>, u64) {
        let (mut spans, mut steps) = (Vec::new(), Vec::new());
        let mut first_ns = None;
        for entry in &self.done {
            match *entry {
                Entry::Step { step, wait_begin_ns, wait_ns, begin_ns, phases_ns } => {
                    first_ns.get_or_insert(wait_begin_ns);
                    if begin_ns + phases_ns.iter().sum::<u64>() < from_ns {
                        continue;
                    }
                    steps.push(step);
                    let of = u32::try_from(steps.len() - 1).ok();
                    let span =
                        |begin_ns, duration_ns, name| Span { begin_ns, duration_ns, name, of, end: SpanEnd::Done };
                    spans.push(span(wait_begin_ns, wait_ns, Doing::Waiting.name()));
                    let mut at_ns = begin_ns;
                    for (name, duration_ns) in (1..).zip(phases_ns) {
                        spans.push(span(at_ns, duration_ns, name));
                        at_ns += duration_ns;
                    }
                }
                Entry::Other { doing, begin_ns, duration_ns } => {
                    first_ns.get_or_insert(begin_ns);
                    if begin_ns + duration_ns >= from_ns {
                        spans.push(Span { begin_ns, duration_ns, name: doing.name(), of: None, end: SpanEnd::Done });
                    }
                }
            }
        }
        if let Some((doing, begin_ns)) = self.doing {
            let begin_ns = begin_ns.max(self.done_until_ns);
            let duration_ns = now_ns.saturating_sub(begin_ns);
            spans.push(Span { begin_ns, duration_ns, name: doing.name(), of: None, end: SpanEnd::Open });
        }
        let lost = self.done.len() >= MAX_ENTRIES;
        (spans, steps, first_ns.filter(|_| lost).unwrap_or(0))
    }
}

/// When the newest spans that a trace may hold begin; `None` where all may stay.
pub(super) fn cut<'a>(tracks: impl Iterator<Item = &'a [Span]>) -> Option<u64> {
    let mut begins: Vec<u64> = tracks.flatten().map(|span| span.begin_ns).collect();
    let excess = begins.len().checked_sub(MAX_TRACE_SPANS).filter(|excess| *excess > 0)?;
    // Those of the same nanosecond go together, so that there never are too many.
    let (_, last_to_go, _) = begins.select_nth_unstable(excess - 1);
    Some(*last_to_go + 1)
}

pub(super) fn drop_before(thread: &mut ThreadTrace, cut_ns: u64) {
    let first = thread.spans.partition_point(|span| span.begin_ns < cut_ns);
    thread.spans.drain(..first);
    let gone = thread.spans.first().map_or(thread.draws.len(), |span| span.of.map_or(0, |of| of as usize));
    thread.draws.drain(..gone.min(thread.draws.len()));
    for span in &mut thread.spans {
        span.of = span.of.and_then(|of| of.checked_sub(gone as u32));
    }
}

fn add_loader(whole: &mut Trace, phase: RunPhase, loader: LoaderTrace) {
    let mut places = Vec::with_capacity(loader.names.len());
    for name in loader.names {
        let at = whole.names.iter().position(|n| *n == name).unwrap_or_else(|| {
            whole.names.push(name);
            whole.names.len() - 1
        });
        places.push(at as u16);
    }
    for ThreadTrace { worker, mut spans, draws, .. } in loader.threads {
        let before = whole.draws.len() as u32;
        whole.draws.extend(draws);
        for span in &mut spans {
            span.name = places.get(usize::from(span.name)).copied().unwrap_or_default();
            span.of = span.of.map(|of| of + before);
        }
        let kind = worker.map_or(TrackKind::OnTrainer { phase }, |index| TrackKind::Worker { phase, index });
        whole.tracks.push(Track { kind, spans });
    }
    if phase == RunPhase::Training {
        (whole.batches, whole.queue, whole.queue_capacity) = (loader.batches, loader.queue, loader.queue_capacity);
    }
}

/// The trainer's track, the first of all; its names follow the loaders'.
fn add_trainer(whole: &mut Trace, mut spans: Vec<Span>) {
    let before = whole.names.len() as u16;
    whole.names.extend(StepPhases::NAMES.iter().chain(&StepPhases::BESIDE).map(|name| (*name).to_owned()));
    spans.iter_mut().for_each(|span| span.name += before);
    whole.tracks.insert(0, Track { kind: TrackKind::Trainer, spans });
}

fn files(dataset: &Dataset, draws: &[Draw]) -> Vec<TracedFile> {
    let mut samples: Vec<u32> = draws.iter().map(|draw| draw.sample).collect();
    samples.sort_unstable();
    samples.dedup();
    samples.retain(|sample| (*sample as usize) < dataset.len());
    let mut room = MAX_TRACE_PATH_BYTES;
    let file = |sample: u32| {
        let path = dataset.path_of(sample as usize);
        let path = path.strip_prefix(&dataset.root).unwrap_or(&path).to_string_lossy().into_owned();
        let fits = path.len() <= room;
        if fits {
            room -= path.len();
        }
        TracedFile { sample, class: dataset.class_of(sample as usize) as u32, path: fits.then_some(path) }
    };
    samples.into_iter().map(file).collect()
}
