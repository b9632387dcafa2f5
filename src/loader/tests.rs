//! What needs a look inside: the bound, workers that die or hang, the place where a change takes effect.

use super::handle::Loader;
use super::{Batch, LeftOutAt, LoaderError, LoaderJob, Next};
use crate::config::{LoaderConfig, ParamValue, TransformSpec};
use crate::data::{Dataset, sample_images::write_sample_dataset, scan};
use crate::protocol::Stage;
use crate::transform::{Chain, tutorial_chain};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough for anything but a hang.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// Called where a test may look in or break something.
#[derive(Clone)]
pub(super) struct Hook(pub Arc<dyn Fn(Point) + Send + Sync>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// A worker found nothing to do; so many batches are begun and not yet taken.
    Waiting(usize),
    /// A worker is about to load a sample: a panic here ends its thread.
    Claimed(usize),
    /// A sample's stages begin: a panic here is a transform's.
    Sample(u32),
    /// That batch is whole and about to be mixed: a panic here is a mixing step's.
    Sealed(u64),
}

impl Default for Hook {
    fn default() -> Self {
        Self(Arc::new(|_| {}))
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

pub(super) fn hook(f: impl Fn(Point) + Send + Sync + 'static) -> Hook {
    Hook(Arc::new(f))
}

/// 48 drawn images; the folder lives as long as the first.
pub(super) fn images() -> (TempDir, Arc<Dataset>) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("images");
    write_sample_dataset(&dir, 8, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let dataset = scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
    (home, Arc::new(dataset))
}

pub(super) fn job(dataset: &Arc<Dataset>, workers: usize) -> LoaderJob {
    LoaderJob {
        dataset: Arc::clone(dataset),
        indices: (0..dataset.len() as u32).collect(),
        chain: Arc::new(Chain::build(&tutorial_chain(None)).unwrap()),
        config: LoaderConfig { workers, batch_size: 4, prefetch: 3, drop_last: false, ..LoaderConfig::default() },
        channels: 1,
        max_pixels: 1 << 20,
        seed: 5,
        order: super::EpochOrder::Shuffled,
        first_epoch: 1,
        first_batch: 0,
        epochs: 1,
    }
}

pub(super) fn rest(loader: &mut Loader) -> Vec<Batch> {
    let mut batches = Vec::new();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < LONG, "it hangs after {} batches", batches.len());
        match loader.next_timeout(Duration::from_millis(100)).unwrap() {
            Next::Batch(batch) => batches.push(batch),
            Next::End => return batches,
            Next::NotYet => {}
        }
    }
}

fn samples(batches: &[Batch]) -> BTreeSet<u32> {
    batches.iter().flat_map(|b| b.samples.iter().copied()).collect()
}

/// Batches begun when every worker has come to rest with so many.
fn wait_for_rest(waiting: &Receiver<usize>, workers: usize, expected: usize) {
    let mut at_rest = 0;
    while at_rest < workers {
        let begun = waiting.recv_timeout(LONG).expect("the workers never came to rest");
        assert!(begun <= expected, "{begun} batches begun, at most {expected} were to be");
        at_rest += usize::from(begun == expected);
    }
}

fn report_waiting() -> (Hook, Receiver<usize>) {
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    let hook = hook(move |point| {
        if let Point::Waiting(begun) = point {
            let _ = sender.lock().unwrap().send(begun);
        }
    });
    (hook, receiver)
}

#[test]
fn no_more_batches_are_begun_than_prefetch_and_workers() {
    #[track_caller]
    fn check(workers: usize, batch_size: usize, expected: usize) {
        let (_home, dataset) = images();
        let (hook, waiting) = report_waiting();
        let mut job = job(&dataset, workers);
        job.config.batch_size = batch_size;
        job.epochs = 5;
        let mut loader = Loader::start_hooked(&job, hook).unwrap();
        wait_for_rest(&waiting, workers, expected);
        assert_eq!((loader.queue_len(), loader.queue_capacity()), (3, 3));
        // One taken makes room for one.
        let batch = loader.next().unwrap().unwrap();
        loader.recycle(batch);
        wait_for_rest(&waiting, workers, expected);
        assert_eq!(rest(&mut loader).len(), 5 * 48 / batch_size - 1);
        assert_eq!(loader.stats().most_begun(), expected as u64);
        assert!(expected <= job.config.prefetch + workers);
    }
    check(1, 4, 4);
    check(2, 4, 4);
    check(7, 4, 5);
    check(7, 1, 10);
}

#[test]
fn a_change_counts_from_the_first_batch_not_yet_begun() {
    let (_home, dataset) = images();
    let (hook, waiting) = report_waiting();
    let mut loader = Loader::start_hooked(&job(&dataset, 2), hook).unwrap();
    wait_for_rest(&waiting, 2, 4);
    let mut specs = tutorial_chain(None);
    specs[3].enabled = false;
    assert_eq!(loader.set_chain(Arc::new(Chain::build(&specs).unwrap())), 1);
    let versions: Vec<u64> = rest(&mut loader).iter().map(|b| b.config_version).collect();
    assert_eq!(versions, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
}

#[test]
fn a_panic_in_a_transform_costs_its_sample() {
    for workers in [0, 2] {
        let (_home, dataset) = images();
        let hook = hook(|point| assert!(!matches!(point, Point::Sample(7 | 30)), "a bug in a transform"));
        let mut loader = Loader::start_hooked(&job(&dataset, workers), hook).unwrap();
        let batches = rest(&mut loader);
        let mut failed: Vec<_> =
            batches.iter().flat_map(|b| &b.failures).map(|f| (f.sample, f.reason.to_string())).collect();
        failed.sort();
        assert_eq!(failed.iter().map(|f| f.0).collect::<Vec<_>>(), [7, 30]);
        assert!(failed[0].1.contains("panicked: a bug in a transform"), "{failed:?}");
        assert_eq!(samples(&batches).len(), 46);
        assert_eq!((loader.stats().failures(), loader.stats().deaths()), (2, 0));
    }
}

/// Whoever was to mix it has it, and nobody else would hand it over.
#[test]
fn a_panic_in_a_mixing_step_costs_its_batch_and_nobody_waits_for_it() {
    for workers in [0, 2] {
        let (_home, dataset) = images();
        let hook = hook(|point| assert!(point != Point::Sealed(3), "a bug in a mixing step"));
        let mut loader = Loader::start_hooked(&job(&dataset, workers), hook).unwrap();
        let batches = rest(&mut loader);
        assert_eq!(batches.iter().map(|batch| batch.index).collect::<Vec<_>>(), [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
        let failures = &batches[3].failures;
        assert_eq!((failures.len(), samples(&batches).len()), (4, 44));
        assert!(
            failures.iter().all(|f| f.reason.to_string().contains("panicked: a bug in a mixing step")),
            "{failures:?}"
        );
        assert_eq!((loader.stats().failures(), loader.stats().deaths()), (4, 0));
    }
}

#[test]
fn a_worker_that_dies_is_replaced() {
    const DEATHS: usize = 5;
    let (_home, dataset) = images();
    let left = AtomicUsize::new(DEATHS);
    let hook = hook(move |point| {
        let dies = || left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        assert!(!(matches!(point, Point::Claimed(_)) && dies()), "the worker dies");
    });
    let mut loader = Loader::start_hooked(&job(&dataset, 2), hook).unwrap();
    let batches = rest(&mut loader);
    let stats = loader.stats();
    let failed: Vec<_> = batches.iter().flat_map(|b| &b.failures).collect();
    assert_eq!((stats.deaths(), failed.len(), samples(&batches).len()), (5, DEATHS, 48 - DEATHS));
    assert!(failed.iter().all(|f| f.reason.is("loader-thread-died")), "{failed:?}");
    drop(loader);
    assert_eq!(stats.abandoned(), 0);
}

#[test]
fn a_worker_that_hangs_is_seen_and_left_behind() {
    let (_home, dataset) = images();
    let release = Arc::new(Barrier::new(2));
    let (sender, stuck) = channel();
    let sender = Mutex::new(sender);
    let in_hook = Arc::clone(&release);
    let hook = hook(move |point| {
        if let Point::Sample(sample) = point {
            let _ = sender.lock().unwrap().send(sample);
            in_hook.wait();
        }
    });
    let mut loader = Loader::start_hooked(&job(&dataset, 1), hook).unwrap();
    let sample = stuck.recv_timeout(LONG).unwrap();
    assert!(matches!(loader.next_timeout(Duration::ZERO).unwrap(), Next::NotYet));
    let stalled = loader.watch().stalled_after(Duration::ZERO);
    assert_eq!(stalled.len(), 1);
    let worst = &stalled[0];
    assert_eq!((worst.worker, worst.on_caller, worst.sample, &worst.stage), (0, false, sample, &Stage::Read));
    assert_eq!(worst.path, dataset.path_of(sample as usize));
    assert_eq!(loader.watchdog(), []);
    assert_eq!(loader.workers_state()[0].busy.as_ref().map(|b| b.sample), Some(sample));
    let stats = loader.stats();
    let begun = Instant::now();
    drop(loader);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(stats.abandoned(), 1);
    release.wait();
}

#[test]
fn a_busy_loader_is_dropped_at_once() {
    let (_home, dataset) = images();
    let mut job = job(&dataset, 2);
    job.epochs = 1_000_000;
    let mut loader = Loader::start(job).unwrap();
    drop(loader.next().unwrap());
    let stats = loader.stats();
    drop(loader);
    assert_eq!(stats.abandoned(), 0);
    // Everything that counted has been summed up: no thread is left to add to it.
    assert_eq!(stats.snapshot(), stats.snapshot());
}

#[test]
fn without_workers_time_is_looked_at_after_each_image() {
    let (_home, dataset) = images();
    let mut loader = Loader::start(job(&dataset, 0)).unwrap();
    for _ in 0..3 {
        assert!(matches!(loader.next_timeout(Duration::ZERO).unwrap(), Next::NotYet));
    }
    let Next::Batch(first) = loader.next_timeout(Duration::ZERO).unwrap() else { panic!("the fourth image ends it") };
    let whole = Loader::start(job(&dataset, 0)).unwrap().next().unwrap().unwrap();
    assert_eq!((first.data, first.samples), (whole.data, whole.samples));
    assert_eq!(loader.queue_capacity(), 0);
}

#[test]
fn workers_leave_a_batch_to_the_thread_that_began_it() {
    let (_home, dataset) = images();
    let mut loader = Loader::start(job(&dataset, 0)).unwrap();
    assert!(matches!(loader.next_timeout(Duration::ZERO).unwrap(), Next::NotYet));
    assert_eq!(loader.set_workers(2), 1);
    let batches = rest(&mut loader);
    assert_eq!(batches.iter().map(|b| b.config_version).collect::<Vec<_>>(), [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(samples(&batches).len(), 48);
}

#[test]
fn threads_counters_are_summed_up_when_the_chain_changes() {
    let (_home, dataset) = images();
    let mut loader = Loader::start(LoaderJob { epochs: 20, ..job(&dataset, 0) }).unwrap();
    for toggle in 0..200 {
        let mut specs = tutorial_chain(None);
        specs[3].enabled = toggle % 2 == 0;
        loader.set_chain(Arc::new(Chain::build(&specs).unwrap()));
        let batch = loader.next().unwrap().unwrap();
        loader.recycle(batch);
    }
    let stages = loader.stats().snapshot().stages;
    let images = |name: &str| stages.iter().find(|s| s.stage.name() == name).map(|s| s.images);
    assert_eq!((images("read"), images("RandRotate"), images("collate")), (Some(800), Some(400), Some(800)));
    assert_eq!(images("LoadImage"), None);
    assert!(stages.iter().all(|s| s.cpu_images > 0 && s.cpu_images <= s.images), "{stages:?}");
}

/// The caller's thread does other things too.
#[test]
fn the_loader_s_own_threads_tell_their_cpu_time() {
    let (_home, dataset) = images();
    let told = |workers: usize, instrument: bool| {
        let mut job = job(&dataset, workers);
        job.config.instrument = instrument;
        let mut loader = Loader::start(job).unwrap();
        rest(&mut loader);
        loader.stats().cpu_time()
    };
    assert!(told(2, true) > Duration::ZERO);
    assert_eq!([told(0, true), told(2, false)], [Duration::ZERO; 2]);
}

#[test]
fn of_two_steps_of_one_name_the_one_that_fails_is_named() {
    let (_home, dataset) = images();
    let crop = |side| TransformSpec::new("RandomCrop").with("size", ParamValue::Int(side));
    let chain = Arc::new(Chain::build(&[TransformSpec::new("LoadImage"), crop(8), crop(16)]).unwrap());
    for workers in [0, 1] {
        let mut loader = Loader::start(LoaderJob { chain: Arc::clone(&chain), ..job(&dataset, workers) }).unwrap();
        let Err(LoaderError::NothingLoaded { first, .. }) = loader.next() else { panic!("16 cannot be cut out of 8") };
        assert_eq!(first.place, LeftOutAt::Stage(Stage::Step("RandomCrop 2".into())));
    }
}

/// A thread with a name.
pub(super) fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().name("test".to_owned()).spawn(work).unwrap()
}
