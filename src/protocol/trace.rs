//! A trace: what every loading thread, the queue and the trainer did in the last seconds, span by span.
//!
//! Times are nanoseconds of the run's clock, the same one that every other event's `secs` is read off. Names, files and
//! draws stand in tables that spans point into, and a span is a tuple on the wire: 200,000 of them are at most 5 MB.

use super::RunPhase;
use serde::{Deserialize, Serialize};

/// Spans in a trace, over all tracks; the oldest are left out. With the tables' own bounds a trace stays under 24 MB on
/// the wire, where [`super::MAX_FRAME_BYTES`] is 64 MiB.
pub const MAX_TRACE_SPANS: usize = 200_000;
/// Batches, and changes of the queue, that are kept and told; the oldest are left out.
pub const MAX_TRACE_BATCHES: usize = 4096;
/// Bytes of all paths together; files beyond it have no path.
pub const MAX_TRACE_PATH_BYTES: usize = 8 << 20;
/// No trace is asked for more seconds than this.
pub const MAX_TRACE_SECS: f64 = 3600.0;

/// What happened in the last seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// When it was taken: its end.
    pub taken_ns: u64,
    /// When what was asked for begins.
    pub from_ns: u64,
    /// From here on nothing is missing. Later than `from_ns` where a thread did more than could be kept; tracks may hold
    /// spans from before.
    pub complete_from_ns: u64,
    /// The run's seed: draws come from hash(seed, epoch, sample, step).
    pub seed: u64,
    /// Stages of the loader, then phases of the trainer.
    pub names: Vec<String>,
    pub class_names: Vec<String>,
    /// Ascending by sample.
    pub files: Vec<TracedFile>,
    /// Images that were loaded, or are being loaded.
    pub draws: Vec<Draw>,
    pub steps: Vec<TracedStep>,
    pub tracks: Vec<Track>,
    /// Batches of the training, by the order in which they were begun.
    pub batches: Vec<TracedBatch>,
    /// How many full batches waited, from each change on; ascending.
    pub queue: Vec<QueueChange>,
    /// Full batches that may wait; 0 without workers.
    pub queue_capacity: u32,
}

/// A file that images of the trace came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedFile {
    /// Index in the dataset.
    pub sample: u32,
    /// An index into `Trace::class_names`.
    pub class: u32,
    /// From the dataset's folder on; `None` where the paths together were too long.
    pub path: Option<String>,
}

/// One image's way through the loader. Its random draws come from (seed, epoch, sample).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "(u32, u32, u32, u32)", into = "(u32, u32, u32, u32)")]
pub struct Draw {
    /// Index in the dataset.
    pub sample: u32,
    /// 1-based.
    pub epoch: u32,
    /// Its batch, 0-based in the epoch.
    pub batch: u32,
    /// Which chain and worker count made it.
    pub config_version: u32,
}

/// A step of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedStep {
    /// 1-based over the whole run.
    pub step: u64,
    /// 1-based.
    pub epoch: u64,
    /// 0-based in the epoch.
    pub batch: u64,
    pub images: u32,
    pub config_version: u64,
    /// The host waited for the device after each phase. Where not, a phase is only what the host saw: the time it took to
    /// hand the work out; the device's own time shows in the phase that waits for it (`read back`, as a rule).
    pub synced: bool,
}

/// What one thread did, in the order of time; no two of its spans overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub kind: TrackKind,
    pub spans: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrackKind {
    /// Phases of steps, validation, checkpoints. `Span::of` is an index into `Trace::steps`.
    Trainer,
    /// Loading on the trainer's own thread, where there are no workers. `Span::of` is an index into `Trace::draws`, here
    /// and in the next.
    OnTrainer { phase: RunPhase },
    /// The thread `loader-{index}`, loading for the training, a validation or the test. One that was replaced has a track
    /// of its own.
    Worker { phase: RunPhase, index: u32 },
}

/// Something that a thread did from `begin_ns` on, for `duration_ns`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SpanOnWire", into = "SpanOnWire")]
pub struct Span {
    pub begin_ns: u64,
    pub duration_ns: u64,
    /// An index into `Trace::names`.
    pub name: u16,
    /// The draw or the step that it belongs to, where there is one.
    pub of: Option<u32>,
    pub end: SpanEnd,
}

type SpanOnWire = (u64, u64, u16, Option<u32>, u8);

impl Span {
    pub fn end_ns(&self) -> u64 {
        self.begin_ns.saturating_add(self.duration_ns)
    }
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpanEnd {
    #[default]
    Done,
    /// It goes on: `duration_ns` is how long it had lasted when the trace was taken.
    Open,
    /// The image could not be loaded and was left out of its batch.
    Failed,
}

/// A batch's way through the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedBatch {
    /// 1-based.
    pub epoch: u64,
    /// 0-based in the epoch.
    pub index: u64,
    pub config_version: u64,
    pub begun_ns: u64,
    /// When its last image was in.
    pub ready_ns: Option<u64>,
    /// When the trainer took it.
    pub taken_ns: Option<u64>,
}

/// From `at_ns` on so many full batches wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u32)", into = "(u64, u32)")]
pub struct QueueChange {
    pub at_ns: u64,
    pub len: u32,
}

impl Trace {
    pub fn span_count(&self) -> usize {
        self.tracks.iter().map(|track| track.spans.len()).sum()
    }

    /// The file of a sample, where the trace has it.
    pub fn file(&self, sample: u32) -> Option<&TracedFile> {
        let at = self.files.binary_search_by_key(&sample, |file| file.sample).ok()?;
        self.files.get(at)
    }

    /// The image that a span of a loading thread belongs to.
    pub fn draw_of(&self, kind: TrackKind, span: &Span) -> Option<&Draw> {
        if kind == TrackKind::Trainer { None } else { self.draws.get(span.of? as usize) }
    }

    /// The step that a span of the trainer belongs to.
    pub fn step_of(&self, kind: TrackKind, span: &Span) -> Option<&TracedStep> {
        if kind == TrackKind::Trainer { self.steps.get(span.of? as usize) } else { None }
    }
}

impl From<SpanOnWire> for Span {
    fn from((begin_ns, duration_ns, name, of, end): SpanOnWire) -> Self {
        let end = match end {
            1 => SpanEnd::Open,
            2 => SpanEnd::Failed,
            _ => SpanEnd::Done,
        };
        Self { begin_ns, duration_ns, name, of, end }
    }
}

impl From<Span> for SpanOnWire {
    fn from(span: Span) -> Self {
        let end = match span.end {
            SpanEnd::Done => 0,
            SpanEnd::Open => 1,
            SpanEnd::Failed => 2,
        };
        (span.begin_ns, span.duration_ns, span.name, span.of, end)
    }
}

impl From<(u32, u32, u32, u32)> for Draw {
    fn from((sample, epoch, batch, config_version): (u32, u32, u32, u32)) -> Self {
        Self { sample, epoch, batch, config_version }
    }
}

impl From<Draw> for (u32, u32, u32, u32) {
    fn from(draw: Draw) -> Self {
        (draw.sample, draw.epoch, draw.batch, draw.config_version)
    }
}

impl From<(u64, u32)> for QueueChange {
    fn from((at_ns, len): (u64, u32)) -> Self {
        Self { at_ns, len }
    }
}

impl From<QueueChange> for (u64, u32) {
    fn from(change: QueueChange) -> Self {
        (change.at_ns, change.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Event, MAX_FRAME_BYTES, read_frame, write_frame};

    /// The largest that can be: every number long, every table full.
    fn largest() -> Trace {
        let far = u64::MAX / 2;
        let span = |i: usize| Span {
            begin_ns: far + i as u64,
            duration_ns: far,
            name: u16::MAX,
            of: Some(u32::MAX),
            end: if i.is_multiple_of(2) { SpanEnd::Open } else { SpanEnd::Failed },
        };
        let draw = Draw { sample: u32::MAX, epoch: u32::MAX, batch: u32::MAX, config_version: u32::MAX };
        let path_bytes = MAX_TRACE_PATH_BYTES / 100_000;
        let file = |i: usize| TracedFile {
            sample: u32::MAX,
            class: u32::MAX,
            path: (i < 100_000).then(|| "x".repeat(path_bytes)),
        };
        let step =
            TracedStep { step: far, epoch: far, batch: far, images: u32::MAX, config_version: far, synced: true };
        let batch = TracedBatch {
            epoch: far,
            index: far,
            config_version: far,
            begun_ns: far,
            ready_ns: Some(far),
            taken_ns: None,
        };
        let worker = TrackKind::Worker { phase: RunPhase::Training, index: 3 };
        // A draw has two spans at the least, but in the middle of its first stage.
        let draws = MAX_TRACE_SPANS / 2;
        Trace {
            taken_ns: far,
            from_ns: 0,
            complete_from_ns: 0,
            seed: far,
            names: vec!["RandRotate".to_owned(); 4096],
            class_names: Vec::new(),
            files: (0..draws).map(file).collect(),
            draws: vec![draw; draws],
            steps: vec![step; 20_000],
            tracks: vec![Track { kind: worker, spans: (0..MAX_TRACE_SPANS).map(span).collect() }],
            batches: vec![batch; MAX_TRACE_BATCHES],
            queue: vec![QueueChange { at_ns: far, len: u32::MAX }; 2 * MAX_TRACE_BATCHES],
            queue_capacity: 4,
        }
    }

    #[test]
    fn the_largest_trace_is_well_within_a_frame_and_comes_back_as_it_was() {
        let event = Event::Trace(Box::new(largest()));
        let mut wire = Vec::new();
        write_frame(&mut wire, &event).unwrap();
        assert!(wire.len() < MAX_FRAME_BYTES / 2, "{} bytes", wire.len());
        assert!(read_frame::<Event>(&mut wire.as_slice()).unwrap() == event);
    }
}
