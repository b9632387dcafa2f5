//! Workers that hang and are replaced: what becomes of their sample, of the others in their claim, and of what they come
//! back with.

use super::tests::{Hook, LONG, Point, hook, images, rest};
use super::{Batch, LeftOutAt, Loader, LoaderJob, MAX_HANGING, Next, ReplaceError, SampleCache, Stalled, Watch};
use crate::data::Dataset;
use crate::protocol::Stage;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Threads that come to one of its samples hang there until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    samples: Vec<u32>,
    waiting: usize,
    passed: usize,
}

impl Gate {
    fn before(samples: &[u32]) -> Self {
        let gate = Self::default();
        gate.0.0.lock().unwrap().samples = samples.to_vec();
        gate
    }

    fn hook(&self) -> Hook {
        let gate = self.clone();
        hook(move |point| {
            if let Point::Sample(sample) = point {
                gate.pass(sample);
            }
        })
    }

    fn pass(&self, sample: u32) {
        let (state, opened) = &*self.0;
        let mut state = state.lock().unwrap();
        if !state.samples.contains(&sample) {
            return;
        }
        state.waiting += 1;
        state = opened.wait_while(state, |state| state.samples.contains(&sample)).unwrap();
        state.waiting -= 1;
        state.passed += 1;
    }

    fn open(&self) {
        self.0.0.lock().unwrap().samples.clear();
        self.0.1.notify_all();
    }

    fn passed(&self) -> usize {
        self.0.0.lock().unwrap().passed
    }
}

/// Every batch may be begun before one is taken, so that the threads come to every sample by themselves.
fn job(dataset: &Arc<Dataset>, workers: usize) -> LoaderJob {
    let mut job = super::tests::job(dataset, workers);
    job.config.prefetch = 64;
    job
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LONG, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The thread that hangs in that sample.
#[track_caller]
fn hanging_in(watch: &Watch, sample: u32) -> Stalled {
    let mut found = None;
    until("the thread that hangs", || {
        found = watch.stalled_after(Duration::ZERO).into_iter().find(|stalled| stalled.sample == sample);
        found.is_some()
    });
    found.unwrap()
}

/// What a batch holds, by sample.
fn pixels(batches: &[Batch]) -> BTreeMap<(u64, u32), Vec<u32>> {
    let mut all = BTreeMap::new();
    for batch in batches {
        let size: usize = batch.shape[1..].iter().product();
        for (place, sample) in batch.samples.iter().enumerate() {
            let values = batch.data[place * size..][..size].iter().map(|v| v.to_bits()).collect();
            assert!(all.insert((batch.epoch, *sample), values).is_none(), "sample {sample} came twice");
        }
    }
    all
}

fn undisturbed(job: &LoaderJob) -> BTreeMap<(u64, u32), Vec<u32>> {
    pixels(&rest(&mut Loader::start(job.clone()).unwrap()))
}

/// (place, reason) of each failure, by epoch and sample.
fn failures(batches: &[Batch]) -> BTreeMap<(u64, u32), (LeftOutAt, String)> {
    let of = |b: &Batch| {
        let epoch = b.epoch;
        b.failures.iter().map(move |f| ((epoch, f.sample), (f.place.clone(), f.reason.to_string()))).collect::<Vec<_>>()
    };
    batches.iter().flat_map(of).collect()
}

/// Batches, recycled as the trainer does, so that a late write into one would show in another.
fn rest_recycled(loader: &mut Loader) -> Vec<Batch> {
    let mut batches = Vec::new();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < LONG, "it hangs after {} batches", batches.len());
        match loader.next_timeout(Duration::from_millis(100)).unwrap() {
            Next::End => return batches,
            Next::NotYet => {}
            Next::Batch(batch) => {
                let copy = Batch {
                    data: batch.data.clone(),
                    labels: batch.labels.clone(),
                    samples: batch.samples.clone(),
                    failures: batch.failures.clone(),
                    ..Batch { shape: batch.shape, epoch: batch.epoch, index: batch.index, ..Batch::default() }
                };
                loader.recycle(batch);
                batches.push(copy);
            }
        }
    }
}

#[test]
fn a_sample_that_is_skipped_is_all_that_is_missing() {
    for workers in [1, 3] {
        let (_home, dataset) = images();
        let job = LoaderJob { epochs: 2, ..job(&dataset, workers) };
        let mut expected = undisturbed(&job);
        let gate = Gate::before(&[7, 30]);
        let mut loader = Loader::start_hooked(&job, gate.hook()).unwrap();
        let (stats, watch) = (loader.stats(), loader.watch());
        let helper = crate::loader::tests::spawn({
            let gate = gate.clone();
            move || {
                // Four times in all: each sample in each epoch.
                for _ in 0..4 {
                    let mut skipped = false;
                    until("a thread that hangs", || {
                        for stalled in watch.stalled_after(Duration::ZERO) {
                            let hangs = [7, 30].contains(&stalled.sample);
                            if hangs && watch.skip(stalled.worker, stalled.sample).is_ok() {
                                assert_eq!((&stalled.stage, stalled.seed), (&Stage::Read, 5));
                                skipped = true;
                                break;
                            }
                        }
                        skipped
                    });
                }
                gate.open();
            }
        });
        let batches = rest_recycled(&mut loader);
        helper.join().unwrap();
        let failed = failures(&batches);
        assert_eq!(failed.keys().copied().collect::<Vec<_>>(), [(1, 7), (1, 30), (2, 7), (2, 30)]);
        assert!(
            failed
                .values()
                .all(|(place, reason)| *place == Stage::Read.into() && reason.starts_with("skipped: the thread"))
        );
        failed.keys().for_each(|key| drop(expected.remove(key)));
        assert_eq!(pixels(&batches), expected);
        assert_eq!((stats.abandoned(), stats.failures(), stats.deaths()), (4, 4, 0));
        // Those left behind come back, are refused and end.
        until("the threads left behind", || stats.hanging() == 0);
        assert_eq!(gate.passed(), 4);
        drop(loader);
        assert_eq!(stats.abandoned(), 4);
    }
}

/// Both threads have the same sample in hand, and the one that hung may come first or last: it comes once.
#[test]
fn a_sample_that_is_tried_again_comes_once() {
    for old_first in [false, true] {
        let (_home, dataset) = images();
        let job = job(&dataset, 2);
        let expected = undisturbed(&job);
        let gate = Gate::before(&[11]);
        let mut loader = Loader::start_hooked(&job, gate.hook()).unwrap();
        let (stats, watch) = (loader.stats(), loader.watch());
        let first = hanging_in(&watch, 11);
        assert_eq!(watch.replace(first.worker, 11), Ok(()));
        // It hangs again, and is seen again.
        let second = hanging_in(&watch, 11);
        assert_eq!(stats.hanging(), 1);
        if !old_first {
            assert_eq!(watch.replace(second.worker, 11), Ok(()));
            hanging_in(&watch, 11);
            assert_eq!(stats.hanging(), 2);
        }
        gate.open();
        let batches = rest_recycled(&mut loader);
        assert_eq!((pixels(&batches), failures(&batches).len()), (expected, 0));
        until("the threads left behind", || stats.hanging() == 0);
        assert_eq!(stats.abandoned(), if old_first { 1 } else { 2 });
    }
}

#[test]
fn a_quarantined_sample_is_not_touched_again() {
    // Of two, the other could come to the sample's second epoch, and hang too, before it is quarantined.
    for workers in [0, 1] {
        let (_home, dataset) = images();
        let job = LoaderJob { epochs: 3, ..job(&dataset, workers) };
        let mut expected = undisturbed(&job);
        let touched = Arc::new(Mutex::new(0));
        let gate = Gate::before(if workers == 0 { &[] } else { &[19] });
        let count = hook({
            let (touched, gate) = (Arc::clone(&touched), gate.clone());
            move |point| {
                if point == Point::Sample(19) {
                    *touched.lock().unwrap() += 1;
                }
                if let Point::Sample(sample) = point {
                    gate.pass(sample);
                }
            }
        });
        let mut loader = Loader::start_hooked(&job, count).unwrap();
        let watch = loader.watch();
        if workers == 0 {
            // Nobody hangs in it; from now on it is left out all the same.
            assert_eq!(watch.quarantine(0, 19), Err(ReplaceError::MovedOn));
        } else {
            assert_eq!(watch.quarantine(hanging_in(&watch, 19).worker, 19), Ok(()));
        }
        let batches = rest_recycled(&mut loader);
        gate.open();
        let failed = failures(&batches);
        assert_eq!(failed.keys().copied().collect::<Vec<_>>(), [(1, 19), (2, 19), (3, 19)]);
        assert!(failed[&(3, 19)] == (LeftOutAt::Quarantine, "it is quarantined (data.quarantine)".to_owned()));
        failed.keys().for_each(|key| drop(expected.remove(key)));
        assert_eq!(pixels(&batches), expected);
        assert_eq!(*touched.lock().unwrap(), usize::from(workers > 0));
    }
}

#[test]
fn a_quarantine_is_shared_and_holds_from_the_start() {
    let (_home, dataset) = images();
    let quarantine = super::Quarantine::new([3, 40]);
    for workers in [0, 2] {
        let job = job(&dataset, workers);
        let cache = SampleCache::new(&job.config);
        let mut loader = Loader::start_with(job, cache, Arc::clone(&quarantine)).unwrap();
        let failed = failures(&rest(&mut loader));
        assert!(failed.contains_key(&(1, 3)) && failed.contains_key(&(1, 40)) && failed.len() == 2 + workers / 2);
        quarantine.add(0);
    }
}

#[test]
fn who_cannot_be_replaced_is_left_alone() {
    let (_home, dataset) = images();
    let gate = Gate::before(&[7]);
    let mut loader = Loader::start_hooked(&job(&dataset, 2), gate.hook()).unwrap();
    let watch = loader.watch();
    let stalled = hanging_in(&watch, 7);
    // Another sample, another thread, one that is not there.
    for (worker, sample) in [(stalled.worker, 8), (1 - stalled.worker, 7), (9, 7)] {
        assert_eq!(watch.skip(worker, sample), Err(ReplaceError::MovedOn));
    }
    assert_eq!(loader.stats().abandoned(), 0);
    gate.open();
    assert_eq!(pixels(&rest(&mut loader)).len(), 48);
    assert_eq!(watch.skip(stalled.worker, 7), Err(ReplaceError::MovedOn));
    drop(loader);
    assert!(watch.is_over());

    // Without workers the thread that asks for batches hangs; another one sees it and can do nothing.
    let gate = Gate::before(&[7]);
    let mut loader = Loader::start_hooked(&job(&dataset, 0), gate.hook()).unwrap();
    let watch = loader.watch();
    let trainer = crate::loader::tests::spawn(move || rest(&mut loader).len());
    let stalled = hanging_in(&watch, 7);
    assert!(stalled.on_caller);
    assert_eq!(watch.replace(0, 7), Err(ReplaceError::OnCaller));
    gate.open();
    assert_eq!(trainer.join().unwrap(), 12);
}

/// Every image hangs, as on a dead disk: so many threads are left behind and no more; the loader ends all the same.
#[test]
fn no_more_threads_are_left_behind_than_the_bound() {
    let (_home, dataset) = images();
    let all: Vec<u32> = (0..48).collect();
    let gate = Gate::before(&all);
    let job = LoaderJob { epochs: 2, ..job(&dataset, 2) };
    let mut loader = Loader::start_hooked(&job, gate.hook()).unwrap();
    let (stats, watch) = (loader.stats(), loader.watch());
    let begun = Instant::now();
    let refused = loop {
        assert!(begun.elapsed() < LONG, "{} hang", stats.hanging());
        // Takes batches of which nothing is left: there is none to be had, only room for more.
        assert!(matches!(loader.next_timeout(Duration::from_millis(1)).unwrap(), Next::NotYet));
        let stalled = watch.stalled_after(Duration::ZERO);
        let answers = stalled.iter().map(|s| watch.skip(s.worker, s.sample));
        if let Some(error) = answers.filter_map(Result::err).find(|error| *error != ReplaceError::MovedOn) {
            break error;
        }
    };
    assert_eq!(refused, ReplaceError::TooMany { hanging: MAX_HANGING });
    assert_eq!((stats.hanging(), stats.abandoned()), (MAX_HANGING, MAX_HANGING));
    drop(loader);
    // Those that hang at the end are left alone too; the newest may not have come so far.
    assert!((MAX_HANGING + 1..=MAX_HANGING + 2).contains(&stats.abandoned()), "{}", stats.abandoned());
    gate.open();
    until("the threads left behind", || stats.hanging() == 0);
}

/// A worker that is no longer wanted hangs: its place is not filled, its other samples come, and the end does not wait.
#[test]
fn a_worker_that_was_let_go_is_left_behind_too() {
    for workers in [0, 1] {
        let (_home, dataset) = images();
        let gate = Gate::before(&[7, 30]);
        let mut loader = Loader::start_hooked(&job(&dataset, 3), gate.hook()).unwrap();
        let watch = loader.watch();
        let hung = [7, 30].map(|sample| hanging_in(&watch, sample));
        loader.set_workers(workers);
        for stalled in hung {
            assert_eq!(watch.skip(stalled.worker, stalled.sample), Ok(()));
        }
        let batches = rest(&mut loader);
        assert_eq!((pixels(&batches).len(), failures(&batches).len()), (46, 2));
        let begun = Instant::now();
        drop(loader);
        assert!(begun.elapsed() < LONG / 2);
        gate.open();
    }
}

/// One that dies after it was left behind takes nothing with it: its place is another's.
#[test]
fn one_that_was_left_behind_may_die() {
    let (_home, dataset) = images();
    let gate = Gate::default();
    let broken = Arc::new(Mutex::new(true));
    let dies = hook({
        let (gate, broken) = (gate.clone(), Arc::clone(&broken));
        move |point| {
            // Outside of what is caught: the thread ends here, once.
            if matches!(point, Point::Claimed(_)) && std::mem::take(&mut *broken.lock().unwrap()) {
                gate.0.0.lock().unwrap().samples = vec![99];
            }
            if let Point::Sample(_) = point
                && gate.0.0.lock().unwrap().samples == [99]
                && gate.0.0.lock().unwrap().waiting == 0
            {
                gate.pass(99);
                std::panic::panic_any("back from the dead");
            }
        }
    });
    let mut loader = Loader::start_hooked(&job(&dataset, 1), dies).unwrap();
    let (stats, watch) = (loader.stats(), loader.watch());
    until("the thread that hangs", || gate.0.0.lock().unwrap().waiting == 1);
    let stalled = watch.stalled_after(Duration::ZERO).remove(0);
    assert_eq!(watch.skip(stalled.worker, stalled.sample), Ok(()));
    let batches = rest(&mut loader);
    gate.open();
    until("the thread left behind", || stats.hanging() == 0);
    assert_eq!((pixels(&batches).len(), stats.deaths(), stats.abandoned()), (47, 0, 1));
}

/// What a stage usually takes is told by the images that came through, not by those that hung.
#[test]
fn a_hang_is_no_part_of_what_a_stage_usually_takes() {
    let (_home, dataset) = images();
    let gate = Gate::before(&[7]);
    let job = LoaderJob { epochs: 30, ..job(&dataset, 2) };
    let mut loader = Loader::start_hooked(&job, gate.hook()).unwrap();
    let (stats, watch) = (loader.stats(), loader.watch());
    let stalled = hanging_in(&watch, 7);
    until("a second", || hanging_in(&watch, 7).elapsed > Duration::from_secs(1));
    assert_eq!(watch.skip(stalled.worker, 7), Ok(()));
    gate.open();
    rest(&mut loader);
    until("the thread left behind", || stats.hanging() == 0);
    drop(loader);
    let usual = stats.usual(&Stage::Read);
    assert_eq!(usual.images, 48 * 30 - 1);
    assert!(usual.p999.unwrap() <= usual.slowest.unwrap() && !usual.p999.unwrap().is_zero());
    let read = stats.snapshot().stages.into_iter().find(|stage| stage.stage == Stage::Read).unwrap();
    assert_eq!((read.images, u128::from(read.slowest_ns)), (48 * 30 - 1, usual.slowest.unwrap().as_nanos()));
    assert_eq!(stats.usual(&"no such stage".into()), super::Usual::default());
}
