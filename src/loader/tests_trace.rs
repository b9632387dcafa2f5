//! The flight recorder of loaders that really load.

use super::tests::{Hook, Point, images, job};
use super::{Loader, LoaderTrace, Next};
use crate::config::LoaderConfig;
use crate::protocol::trace::SpanEnd;
use crate::transform::Chain;
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(60);

/// What it recorded of the whole stream, its threads gone.
fn run(mut loader: Loader) -> (LoaderTrace, Loader) {
    while let Some(batch) = loader.next().unwrap() {
        loader.recycle(batch);
    }
    (loader.recorder().take(Duration::MAX), loader)
}

#[test]
fn spans_add_up_to_what_the_stages_took_and_never_overlap_in_a_thread() {
    let (_home, dataset) = images();
    for workers in [0, 1, 3] {
        let mut job = job(&dataset, workers);
        job.epochs = 4;
        let (trace, loader) = run(Loader::start(job).unwrap());
        let mut by_stage: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for thread in &trace.threads {
            assert_eq!(thread.lost_before_ns, None);
            assert!(thread.spans.windows(2).all(|pair| pair[0].end_ns() <= pair[1].begin_ns), "{workers} workers");
            for span in &thread.spans {
                assert_eq!(span.end, SpanEnd::Done);
                let (count, wall_ns) = by_stage.entry(&trace.names[usize::from(span.name)]).or_default();
                (*count, *wall_ns) = (*count + 1, *wall_ns + span.duration_ns);
            }
        }
        let totals = loader.stats().snapshot().stages;
        assert!(totals.len() >= 6);
        for total in &totals {
            let (count, wall_ns) = by_stage.get(total.stage.name()).copied().unwrap_or_default();
            assert_eq!(wall_ns, total.wall_ns, "{} with {workers} workers", total.stage);
            // A random step that leaves an image as it is counts and takes no time.
            assert!(
                count <= total.images && (count == total.images || total.stage.name().starts_with("Rand")),
                "{}",
                total.stage
            );
        }
        // Every image of every epoch, once, in the batch where the order has it.
        let mut draws: Vec<_> = trace.threads.iter().flat_map(|thread| &thread.draws).collect();
        draws.sort_by_key(|draw| (draw.epoch, draw.batch, draw.sample));
        let mut seen: Vec<_> = draws.iter().map(|draw| (draw.epoch, draw.sample)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (1..=4).flat_map(|epoch| (0..48).map(move |sample| (epoch, sample))).collect::<Vec<_>>());
        assert!(draws.chunks(4).all(|batch| batch.iter().all(|draw| draw.batch == batch[0].batch)));

        let expected = if workers == 0 { vec![None] } else { (0..workers as u32).map(Some).collect() };
        let mut threads: Vec<_> = trace.threads.iter().map(|thread| thread.worker).collect();
        threads.sort_unstable();
        assert_eq!(threads, expected);

        assert_eq!(trace.batches.len(), 48);
        for batch in &trace.batches {
            assert!(batch.begun_ns < batch.ready_ns.unwrap() && batch.ready_ns <= batch.taken_ns);
        }
        assert!(trace.queue.iter().all(|change| change.len <= 3) && trace.queue.last().unwrap().len == 0);
    }
}

#[test]
fn the_last_moment_is_all_that_is_asked_for() {
    let (_home, dataset) = images();
    let (_, loader) = run(Loader::start(job(&dataset, 1)).unwrap());
    std::thread::sleep(Duration::from_millis(5));
    let trace = loader.recorder().take(Duration::from_millis(1));
    assert!(trace.threads.iter().all(|thread| thread.spans.is_empty() && thread.draws.is_empty()));
    assert!(trace.batches.is_empty());
}

/// What hangs is in no ring yet, and is what one wants to see most.
#[test]
fn a_stage_under_way_is_told_while_it_lasts() {
    let (_home, dataset) = images();
    let (go_on, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let hook = Hook(Arc::new(move |point| {
        if point == Point::Sample(7) {
            let _ = wait.lock().unwrap().recv();
        }
    }));
    let in_order = super::LoaderJob { order: super::EpochOrder::Listed, ..job(&dataset, 1) };
    let loader = Loader::start_hooked(&in_order, hook).unwrap();
    let begun = Instant::now();
    let (trace, open) = loop {
        assert!(begun.elapsed() < LONG, "sample 7 never came");
        let trace = loader.recorder().take(Duration::MAX);
        let open =
            trace.threads.iter().flat_map(|thread| &thread.spans).find(|span| span.end == SpanEnd::Open).copied();
        if let Some(open) = open
            && trace.threads[0].draws[open.of.unwrap() as usize].sample == 7
        {
            break (trace, open);
        }
        std::thread::yield_now();
    };
    assert_eq!((trace.threads[0].spans.last(), &*trace.names[usize::from(open.name)]), (Some(&open), "read"));
    let later = loader.recorder().take(Duration::MAX);
    let still = later.threads[0].spans.last().unwrap();
    assert!((still.begin_ns, still.end) == (open.begin_ns, SpanEnd::Open) && still.duration_ns > open.duration_ns);
    go_on.send(()).unwrap();
    let (trace, _loader) = run(loader);
    assert!(trace.threads.iter().flat_map(|thread| &thread.spans).all(|span| span.end == SpanEnd::Done));
}

#[test]
fn an_image_that_fails_is_marked_where_it_did() {
    let (_home, dataset) = images();
    let bytes = std::fs::read(dataset.path_of(5)).unwrap();
    std::fs::write(dataset.path_of(5), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::remove_file(dataset.path_of(6)).unwrap();
    let (trace, _loader) = run(Loader::start(job(&dataset, 2)).unwrap());
    let mut failed = Vec::new();
    for thread in &trace.threads {
        for span in thread.spans.iter().filter(|span| span.end == SpanEnd::Failed) {
            failed.push((thread.draws[span.of.unwrap() as usize].sample, trace.names[usize::from(span.name)].as_str()));
        }
    }
    failed.sort_unstable();
    assert_eq!(failed, [(5, "decode"), (6, "read")]);
}

#[test]
fn without_instruments_the_batches_are_the_same_and_nothing_is_timed() {
    let (_home, dataset) = images();
    let pixels = |instrument: bool| {
        let job = job(&dataset, 2);
        let config = LoaderConfig { instrument, ..job.config.clone() };
        let mut loader = Loader::start(super::LoaderJob { config, ..job }).unwrap();
        let mut pixels = Vec::new();
        loop {
            match loader.next_timeout(LONG).unwrap() {
                Next::Batch(batch) => pixels.push((batch.samples.clone(), batch.data.clone())),
                Next::End => break,
                Next::NotYet => panic!("it hangs"),
            }
        }
        (pixels, loader.stats().snapshot(), loader.recorder().take(Duration::MAX))
    };
    let (with, stages, trace) = pixels(true);
    let (without, no_stages, nothing) = pixels(false);
    assert!(with == without);
    assert!(!stages.stages.is_empty() && !trace.threads.is_empty());
    assert!(no_stages.stages.is_empty());
    assert_eq!(nothing, LoaderTrace { queue_capacity: 3, ..LoaderTrace::default() });
}

/// A chain that changes is told by its own names, whatever stood at that place before.
#[test]
fn a_change_of_the_chain_keeps_the_names_right() {
    let (_home, dataset) = images();
    let mut job = job(&dataset, 0);
    job.epochs = 2;
    let specs = job.chain.specs().to_vec();
    let mut loader = Loader::start(job).unwrap();
    loader.next().unwrap();
    let mut fewer = specs.clone();
    fewer.retain(|spec| spec.name != "ScaleIntensity");
    let version = loader.set_chain(Arc::new(Chain::build(&fewer).unwrap()));
    let (trace, loader) = run(loader);
    let thread = &trace.threads[0];
    for span in &thread.spans {
        let old = u64::from(thread.draws[span.of.unwrap() as usize].config_version) < version;
        assert!(old || trace.names[usize::from(span.name)] != "ScaleIntensity");
    }
    let scaled = thread.spans.iter().filter(|span| trace.names[usize::from(span.name)] == "ScaleIntensity").count();
    let total =
        loader.stats().snapshot().stages.into_iter().find(|stage| stage.stage.is_step("ScaleIntensity")).unwrap();
    assert_eq!(scaled as u64, total.images);
}
