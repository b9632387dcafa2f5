//! Loading threads that hang for good, in a read that never returns (a dead mount, played by FUSE) and in a transform that
//! never returns: what each answer makes of the batch stream, and that nothing else of it changes.
//!
//! Threads that hang at other points, come back or die there are in the loader's own tests, which can stop a thread anywhere;
//! a FIFO in a file's place, which hangs PyTorch, is refused at once and is in `loader_stream`.
#![cfg(target_os = "linux")]

#[path = "common/loader.rs"]
mod common;
#[path = "common/hanging_file.rs"]
mod hanging_file;

use common::{Images, LONG, PER_EPOCH, chain, digest, images, job, stream};
use hanging_file::HangingFile;
use std::time::{Duration, Instant};
use trainscope::config::ParamValue;
use trainscope::loader::{Batch, LeftOutAt, Loader, LoaderJob, Next, Watch};
use trainscope::protocol::Stage;
use trainscope::transform::tutorial_chain;

const SAMPLE: u32 = 40;
/// Long against any other image of these tests, so that no other is taken for hanging.
const AFTER: Duration = Duration::from_millis(300);

/// All batches; `stalled` is called for each look at which a thread hangs in [`SAMPLE`].
fn batches(loader: &mut Loader, mut stalled: impl FnMut(&Watch, usize)) -> Vec<Batch> {
    let (watch, begun) = (loader.watch(), Instant::now());
    let mut batches = Vec::new();
    loop {
        assert!(begun.elapsed() < LONG, "it hangs after {} batches", batches.len());
        match loader.next_timeout(Duration::from_millis(20)).unwrap() {
            Next::Batch(batch) => batches.push(batch),
            Next::End => return batches,
            Next::NotYet => {
                for worker in watch.stalled_after(AFTER).iter().filter(|s| s.sample == SAMPLE) {
                    assert_eq!((&worker.stage, worker.on_caller, worker.seed), (&Stage::Read, false, 5));
                    stalled(&watch, worker.worker);
                }
            }
        }
    }
}

/// The batches are the undisturbed ones, but that each of `epochs` lacks the sample that was left out.
#[track_caller]
fn check(batches: &[Batch], undisturbed: &[u64], epochs: &[u64], place: &LeftOutAt) {
    assert_eq!(batches.len(), undisturbed.len());
    let mut without = Vec::new();
    for (batch, undisturbed) in batches.iter().zip(undisturbed) {
        if batch.failures.is_empty() {
            assert_eq!(digest(batch), *undisturbed, "batch {} of epoch {}", batch.index, batch.epoch);
        } else {
            let failed: Vec<_> = batch.failures.iter().map(|f| (f.sample, f.place.clone())).collect();
            let first = without.is_empty();
            assert_eq!(failed, [(SAMPLE, if first { Stage::Read.into() } else { place.clone() })]);
            assert!(!batch.samples.contains(&SAMPLE));
            without.push(batch.epoch);
        }
    }
    assert_eq!(without, epochs);
}

#[test]
fn a_read_that_never_returns_is_skipped_in_each_epoch() {
    let Images { dataset, _home } = images();
    let job = LoaderJob { epochs: 2, ..job(&dataset, 2) };
    let undisturbed = stream(job.clone());
    let Some(_file) = HangingFile::over(&dataset.path_of(SAMPLE as usize)) else { return };
    let mut loader = Loader::start(job).unwrap();
    let batches = batches(&mut loader, |watch, worker| watch.skip(worker, SAMPLE).unwrap());
    check(&batches, &undisturbed, &[1, 2], &Stage::Read.into());
    let reasons: Vec<_> = batches.iter().flat_map(|b| &b.failures).map(|f| f.reason.to_string()).collect();
    assert!(reasons.iter().all(|reason| reason.starts_with("skipped: the thread loader-")), "{reasons:?}");
    let stats = loader.stats();
    assert_eq!((stats.abandoned(), stats.hanging()), (2, 2));
    let begun = Instant::now();
    drop(loader);
    assert!(begun.elapsed() < LONG / 2);
}

#[test]
fn a_worker_is_replaced_once_the_file_is_back() {
    let Images { dataset, _home } = images();
    let job = LoaderJob { epochs: 2, ..job(&dataset, 2) };
    let undisturbed = stream(job.clone());
    let Some(file) = HangingFile::over(&dataset.path_of(SAMPLE as usize)) else { return };
    let mut loader = Loader::start(job).unwrap();
    let mut tries = 0;
    let batches = batches(&mut loader, |watch, worker| {
        tries += 1;
        // The first time in vain.
        file.hang(tries == 1);
        watch.replace(worker, SAMPLE).unwrap();
    });
    check(&batches, &undisturbed, &[], &Stage::Read.into());
    let stats = loader.stats();
    assert_eq!((tries, stats.abandoned(), stats.hanging(), stats.failures()), (2, 2, 2, 0));
    // Those left behind come back, with the image in their hands, and are refused.
    file.let_go();
    let begun = Instant::now();
    while stats.hanging() > 0 {
        assert!(begun.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_quarantined_file_is_not_read_again() {
    let Images { dataset, _home } = images();
    let job = LoaderJob { epochs: 3, ..job(&dataset, 2) };
    let undisturbed = stream(job.clone());
    let Some(file) = HangingFile::over(&dataset.path_of(SAMPLE as usize)) else { return };
    let mut loader = Loader::start(job).unwrap();
    let batches = batches(&mut loader, |watch, worker| watch.quarantine(worker, SAMPLE).unwrap());
    check(&batches, &undisturbed, &[1, 2, 3], &LeftOutAt::Quarantine);
    assert_eq!((file.reads(), loader.stats().abandoned()), (1, 1));
}

#[test]
fn who_keeps_waiting_gets_the_same_batches() {
    let Images { dataset, _home } = images();
    let job = LoaderJob { epochs: 1, ..job(&dataset, 2) };
    let undisturbed = stream(job.clone());
    assert_eq!(undisturbed.len() as u64, PER_EPOCH);
    let Some(file) = HangingFile::over(&dataset.path_of(SAMPLE as usize)) else { return };
    let mut loader = Loader::start(job).unwrap();
    let batches = batches(&mut loader, |_, _| {
        file.hang(false);
        file.let_go();
    });
    check(&batches, &undisturbed, &[], &Stage::Read.into());
    assert_eq!(loader.stats().abandoned(), 0);
}

#[test]
fn a_loader_whose_threads_all_hang_is_dropped() {
    let Images { dataset, _home } = images();
    let job = LoaderJob { indices: [SAMPLE].into(), epochs: 1, ..job(&dataset, 2) };
    let Some(file) = HangingFile::over(&dataset.path_of(SAMPLE as usize)) else { return };
    let loader = Loader::start(job).unwrap();
    file.wait_until_it_hangs();
    let (stats, begun) = (loader.stats(), Instant::now());
    drop(loader);
    assert!(begun.elapsed() < LONG / 2);
    assert_eq!(stats.abandoned(), 1);
}

#[test]
fn a_transform_that_never_returns_is_got_rid_of() {
    let Images { dataset, _home } = images();
    let mut job = LoaderJob { epochs: 1, ..job(&dataset, 2) };
    (job.config.batch_size, job.config.prefetch) = (2, 1);
    let good = chain(&tutorial_chain(None));
    let of = |mut batch: Batch| {
        batch.failures.clear();
        digest(&batch)
    };
    let mut loader = Loader::start(LoaderJob { chain: good.clone(), ..job.clone() }).unwrap();
    let undisturbed: Vec<u64> = batches(&mut loader, |_, _| {}).into_iter().map(of).collect();

    let mut specs = tutorial_chain(None);
    let hour = trainscope::config::TransformSpec::new("SimulateDelay").with("delay_time", ParamValue::Float(3600.0));
    specs.push(hour);
    let mut loader = Loader::start(LoaderJob { chain: chain(&specs), ..job }).unwrap();
    let (watch, begun) = (loader.watch(), Instant::now());
    let hanging = || watch.stalled_after(Duration::ZERO).into_iter().filter(|s| s.stage.is_step("SimulateDelay"));
    while hanging().count() < 2 {
        assert!(begun.elapsed() < LONG, "nothing hangs");
        std::thread::sleep(Duration::from_millis(5));
    }
    // Until the first batch came there is no second one: the two that hang are all that has the delay.
    loader.set_chain(good);
    for stalled in hanging() {
        watch.skip(stalled.worker, stalled.sample).unwrap();
    }
    let rest = batches(&mut loader, |_, _| {});
    assert_eq!(
        rest[0].failures.iter().map(|f| &f.place).collect::<Vec<_>>(),
        [&LeftOutAt::Stage("SimulateDelay".into()); 2]
    );
    assert_eq!(rest.into_iter().map(of).collect::<Vec<_>>(), undisturbed[1..]);
    let (stats, begun) = (loader.stats(), Instant::now());
    drop(loader);
    assert!(begun.elapsed() < LONG / 2);
    assert_eq!((stats.abandoned(), stats.hanging()), (2, 2));
}
