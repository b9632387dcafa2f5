//! Traces of loaders that really load beside a trainer that is played.

use super::mailbox::Mailbox;
use super::trace::{Doing, Tracing, cut, drop_before, traced};
use crate::config::LoaderConfig;
use crate::data::{Dataset, sample_images::write_sample_dataset, scan};
use crate::loader::{EpochOrder, Loader, LoaderJob, ThreadTrace};
use crate::protocol::trace::{Draw, MAX_TRACE_SPANS, Span, SpanEnd, TrackKind};
use crate::protocol::{Command, Event, RunPhase, StepPhases, Trace, read_frame, write_frame};
use crate::transform::{Chain, tutorial_chain};
use std::io::{BufReader, PipeReader, PipeWriter, pipe};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An engine's mailbox with the client's ends of its pipes.
struct Played {
    mailbox: Mailbox,
    commands: PipeWriter,
    events: BufReader<PipeReader>,
}

impl Played {
    fn new() -> Self {
        let ((input, commands), (events, output)) = (pipe().unwrap(), pipe().unwrap());
        let mailbox = Mailbox::open(input, output).unwrap();
        Self { mailbox, commands, events: BufReader::new(events) }
    }

    fn command(&mut self, command: &Command) {
        write_frame(&mut self.commands, command).unwrap();
    }

    fn trace(&mut self) -> Trace {
        match read_frame::<Event>(&mut self.events).unwrap() {
            Event::Trace(trace) => *trace,
            other => panic!("{other:?}"),
        }
    }
}

fn images() -> (tempfile::TempDir, Arc<Dataset>) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("images");
    write_sample_dataset(&dir, 8, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let dataset = scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
    (home, Arc::new(dataset))
}

fn loader(dataset: &Arc<Dataset>, workers: usize) -> Loader {
    Loader::start(LoaderJob {
        dataset: Arc::clone(dataset),
        indices: (0..dataset.len() as u32).collect(),
        chain: Arc::new(Chain::build(&tutorial_chain(None)).unwrap()),
        config: LoaderConfig { workers, batch_size: 4, prefetch: 3, ..LoaderConfig::default() },
        channels: 1,
        max_pixels: 1 << 20,
        seed: 5,
        order: EpochOrder::Shuffled,
        first_epoch: 1,
        first_batch: 0,
        epochs: 1,
    })
    .unwrap()
}

/// Steps over a whole stream, as a session makes them.
fn train(tracing: &Tracing, loader: &mut Loader, phase: RunPhase) {
    tracing.loader(phase, loader.recorder());
    let mut step = 0;
    loop {
        let waited = Instant::now();
        tracing.enter(Doing::Waiting);
        let Some(batch) = loader.next().unwrap() else { return };
        let (came, wait_secs) = (Instant::now(), waited.elapsed().as_secs_f64());
        step += 1;
        tracing.enter(Doing::Step);
        std::thread::sleep(Duration::from_millis(1));
        let phases = StepPhases {
            wait_secs,
            forward_secs: 0.4e-3,
            backward_secs: came.elapsed().as_secs_f64() - 0.4e-3,
            ..StepPhases::default()
        };
        tracing.step(traced(step, &batch, phases.synced), came, &phases);
        loader.recycle(batch);
    }
}

fn ascending(trace: &Trace) {
    for track in &trace.tracks {
        for pair in track.spans.windows(2) {
            assert!(pair[0].end_ns() <= pair[1].begin_ns, "{:?}: {pair:?}", track.kind);
        }
    }
}

/// A thousand seconds less what the run's clock leaves off when it is set.
const SET_NS: u64 = 999_998_000_000;

#[test]
fn a_trace_holds_trainer_loaders_queue_and_files_on_one_clock() {
    let (_home, dataset) = images();
    let mut played = Played::new();
    let tracing = played.mailbox.tracing();
    played.mailbox.clock().set_secs(1000.0);
    tracing.open(played.mailbox.outbox());
    tracing.images(&dataset, 5);
    let mut training = loader(&dataset, 2);
    train(&tracing, &mut training, RunPhase::Training);
    {
        let _validating = tracing.begin(Doing::Validation);
        let mut validating = loader(&dataset, 0);
        tracing.loader(RunPhase::Validating, validating.recorder());
        while validating.next().unwrap().is_some() {}
    }
    tracing.enter(Doing::Checkpoint);
    // Nobody looks at the commands: as where the trainer hangs.
    played.command(&Command::TakeTrace { secs: 60.0 });
    let trace = played.trace();
    assert_eq!((trace.seed, trace.queue_capacity), (5, 3));
    assert_eq!(trace.complete_from_ns, trace.from_ns);
    assert!(trace.taken_ns > SET_NS && trace.from_ns == trace.taken_ns - 60_000_000_000);
    ascending(&trace);
    let kinds: Vec<_> = trace.tracks.iter().map(|track| track.kind).collect();
    let worker = |index| TrackKind::Worker { phase: RunPhase::Training, index };
    assert_eq!(kinds[0], TrackKind::Trainer);
    assert!(kinds.contains(&worker(0)) && kinds.contains(&worker(1)));
    assert_eq!(kinds[3], TrackKind::OnTrainer { phase: RunPhase::Validating });
    let name = |span: &Span| trace.names[usize::from(span.name)].as_str();
    let trainer = &trace.tracks[0].spans;
    let count = |wanted: &str| trainer.iter().filter(|span| name(span) == wanted).count();
    assert_eq!((count("wait for data"), count("backward"), count("validation")), (12, 12, 1));
    let open = trainer.last().unwrap();
    assert_eq!((name(open), open.end), ("checkpoint", SpanEnd::Open));
    assert_eq!(trace.steps.iter().map(|step| step.step).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    assert_eq!(trace.batches.len(), 12);
    assert_eq!(trace.draws.len(), 2 * 48);
    for track in &trace.tracks {
        for span in &track.spans {
            assert!(span.begin_ns >= SET_NS && span.end_ns() <= trace.taken_ns);
            let Some(draw) = trace.draw_of(track.kind, span) else { continue };
            let file = trace.file(draw.sample).unwrap();
            let path = dataset.path_of(draw.sample as usize);
            assert_eq!(dataset.root.join(file.path.as_ref().unwrap()), path);
            assert_eq!(file.class as usize, dataset.class_of(draw.sample as usize));
        }
    }
    // The batch came while the loader says it was taken, and the trainer waited until then.
    for (step, batch) in trace.steps.iter().zip(&trace.batches) {
        assert_eq!((step.epoch, step.batch), (batch.epoch, batch.index));
        let at = trainer.iter().position(|span| span.of.map(|of| trace.steps[of as usize].step) == Some(step.step));
        let (wait, taken_ns) = (trainer[at.unwrap()], batch.taken_ns.unwrap());
        let slack = 1_000_000;
        assert!(wait.begin_ns <= taken_ns + slack && taken_ns <= wait.end_ns() + slack, "{wait:?} {taken_ns}");
    }
}

#[test]
fn at_the_end_comes_what_was_asked_for_before_the_start() {
    let (_home, dataset) = images();
    let mut played = Played::new();
    played.command(&Command::TraceAtEnd { secs: 30.0 });
    // Before a run there is nothing to tell: the command goes on to who says so.
    played.command(&Command::TakeTrace { secs: 1.0 });
    assert_eq!(played.mailbox.wait_command(), Some(Command::TakeTrace { secs: 1.0 }));
    let tracing = played.mailbox.tracing();
    tracing.open(played.mailbox.outbox());
    tracing.images(&dataset, 5);
    train(&tracing, &mut loader(&dataset, 0), RunPhase::Training);
    tracing.send_at_end();
    let trace = played.trace();
    assert_eq!((trace.steps.len(), trace.draws.len()), (12, 48));
    assert!(trace.tracks.iter().flat_map(|track| &track.spans).all(|span| span.end == SpanEnd::Done));
    // Once, and the engine can end at once: nothing keeps the thread that writes events.
    tracing.send_at_end();
    tracing.close();
    let Played { mailbox, mut events, .. } = played;
    let begun = Instant::now();
    mailbox.close();
    assert!(begun.elapsed() < Duration::from_secs(4), "it waited for its own grace");
    assert!(read_frame::<Event>(&mut events).is_err());
}

#[test]
fn only_the_newest_spans_are_told() {
    let thread = |from: u64, count: u64| ThreadTrace {
        spans: (0..count)
            .map(|i| Span { begin_ns: from + i, duration_ns: 1, name: 0, of: Some((i / 2) as u32), end: SpanEnd::Done })
            .collect(),
        draws: (0..count.div_ceil(2)).map(|i| Draw { sample: i as u32, ..Draw::default() }).collect(),
        ..ThreadTrace::default()
    };
    let most = MAX_TRACE_SPANS as u64;
    assert_eq!(cut([thread(0, most).spans.as_slice()].into_iter()), None);
    let mut threads = [thread(0, most), thread(most - 50, 101), thread(0, 3)];
    let cut_ns = cut(threads.iter().map(|thread| thread.spans.as_slice())).unwrap();
    threads.iter_mut().for_each(|thread| drop_before(thread, cut_ns));
    let left: usize = threads.iter().map(|thread| thread.spans.len()).sum();
    assert_eq!((left, cut_ns), (MAX_TRACE_SPANS, 101));
    for thread in &threads {
        for span in &thread.spans {
            // What it points at is what it pointed at.
            let sample = u64::from(thread.draws[span.of.unwrap() as usize].sample);
            assert!(span.begin_ns - sample * 2 <= 1 || span.begin_ns - sample * 2 - (most - 50) <= 1);
        }
        assert_eq!(thread.draws.is_empty(), thread.spans.is_empty());
    }
}
