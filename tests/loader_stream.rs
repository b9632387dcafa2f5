//! The stream of batches: the same whatever the workers, whole whatever happens to files.

#[path = "common/loader.rs"]
mod common;

use common::{IMAGES, Images, PER_EPOCH, chain, digest, images, job, next, scanned, stream, stream_with};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trainscope::config::{LoaderConfig, ParamValue, TransformSpec};
use trainscope::loader::{Loader, LoaderError, LoaderJob, Next, StageSnapshot, batches_per_epoch, bench};
use trainscope::transform::tutorial_chain;

#[test]
fn the_stream_is_the_same_for_any_number_of_workers() {
    let Images { dataset, _home } = images();
    let expected = stream(job(&dataset, 0));
    assert_eq!(expected.len(), 3 * PER_EPOCH as usize);
    assert_eq!(expected.iter().collect::<BTreeSet<_>>().len(), expected.len());
    for workers in [1, 2, 7] {
        assert_eq!(stream(job(&dataset, workers)), expected, "{workers} workers");
    }
    assert_ne!(stream(LoaderJob { seed: 6, ..job(&dataset, 2) }), expected);
}

#[test]
fn a_sample_looks_different_in_each_epoch_and_with_each_seed() {
    let Images { dataset, _home } = images();
    let firsts = |seed| {
        let mut loader =
            Loader::start(LoaderJob { order: trainscope::loader::EpochOrder::Listed, seed, ..job(&dataset, 2) })
                .unwrap();
        let mut firsts = Vec::new();
        while let Some(batch) = next(&mut loader) {
            if batch.index == 0 {
                firsts.push((batch.samples, batch.data));
            }
        }
        firsts
    };
    let (five, six) = (firsts(5), firsts(6));
    assert!(five.iter().chain(&six).all(|(samples, _)| samples.iter().copied().eq(0..8)));
    assert!(five[0].1 != five[1].1 && five[1].1 != five[2].1 && five[0].1 != six[0].1);
}

#[test]
fn an_epoch_holds_every_image_once_in_its_own_order() {
    let Images { dataset, _home } = images();
    let mut loader = Loader::start(job(&dataset, 2)).unwrap();
    let mut orders = vec![Vec::new(); 3];
    while let Some(batch) = next(&mut loader) {
        for (sample, label) in batch.samples.iter().zip(&batch.labels) {
            assert_eq!(dataset.class_of(*sample as usize), *label as usize);
        }
        orders[batch.epoch as usize - 1].extend_from_slice(&batch.samples);
    }
    assert!(orders[0] != orders[1] && orders[1] != orders[2]);
    for mut order in orders {
        order.sort_unstable();
        assert!(order.into_iter().eq(0..IMAGES as u32));
    }
    let plain = LoaderJob {
        order: trainscope::loader::EpochOrder::Listed,
        indices: [9, 3, 70].into(),
        epochs: 1,
        ..job(&dataset, 2)
    };
    assert_eq!(next(&mut Loader::start(plain).unwrap()).unwrap().samples, [9, 3, 70]);
}

#[test]
fn changing_the_workers_leaves_the_stream_as_it_is() {
    let Images { dataset, _home } = images();
    let expected = stream(job(&dataset, 0));
    for start in [0, 2] {
        let changed = stream_with(job(&dataset, start), |loader, i| {
            loader.set_workers([2, 0, 0, 7, 1, 0, 3, 3][i % 8]);
        });
        assert_eq!(changed, expected, "from {start} workers on");
    }
}

#[test]
fn a_changed_chain_makes_the_batches_that_carry_its_version() {
    let Images { dataset, _home } = images();
    let mut without = tutorial_chain(None);
    without[3].enabled = false;
    let without = chain(&without);
    let before = stream(job(&dataset, 0));
    let after = stream(LoaderJob { chain: Arc::clone(&without), ..job(&dataset, 0) });
    for workers in [0, 1, 2, 7] {
        let mut loader = Loader::start(job(&dataset, workers)).unwrap();
        let mut changed_at = None;
        for i in 0..before.len() {
            if i == 12 {
                assert_eq!(loader.set_chain(Arc::clone(&without)), 1);
            }
            let batch = next(&mut loader).unwrap();
            let expected = if batch.config_version == 0 { before[i] } else { after[i] };
            assert_eq!(digest(&batch), expected, "batch {i} of {workers} workers, version {}", batch.config_version);
            if batch.config_version == 1 {
                changed_at.get_or_insert(i);
            }
            assert_eq!(batch.config_version, u64::from(changed_at.is_some()), "versions never go back");
        }
        // At once without workers; else after at most prefetch + workers batches begun.
        let latest = if workers == 0 { 12 } else { 12 + 2 + workers };
        assert!((12..=latest).contains(&changed_at.unwrap()), "{changed_at:?} with {workers} workers");
    }
}

#[test]
fn a_short_queue_changes_no_batch() {
    let Images { dataset, _home } = images();
    let expected = stream(job(&dataset, 0));
    let changed = stream_with(job(&dataset, 2), |loader, i| {
        loader.set_depth([1, 1, 2, 9, 0, 1][i % 6]);
        assert!((1..=2).contains(&loader.queue_capacity()));
        assert!(loader.queue_len() <= 2);
    });
    assert_eq!(changed, expected);
}

/// Chains for 2, 1 and 3 batches, planned while the first batches are made; the last one stays.
#[test]
fn planned_chains_have_their_batches_in_turn_whatever_the_workers() {
    let Images { dataset, _home } = images();
    let mut without = tutorial_chain(None);
    without[3].enabled = false;
    let (whole, without) = (chain(&tutorial_chain(None)), chain(&without));
    for workers in [0, 1, 2, 7] {
        let mut loader = Loader::start(job(&dataset, workers)).unwrap();
        let first = next(&mut loader).unwrap();
        assert_eq!(first.config_version, 0);
        assert_eq!(loader.set_chain_for(Arc::clone(&without), 2, true), 1);
        assert_eq!(loader.set_chain_for(Arc::clone(&whole), 1, false), 2);
        assert_eq!(loader.set_chain_for(Arc::clone(&without), 3, false), 3);
        let mut versions: Vec<u64> = (0..14).map(|_| next(&mut loader).unwrap().config_version).collect();
        versions.retain(|version| *version > 0);
        assert_eq!(versions[..6], [1, 1, 2, 3, 3, 3], "{workers} workers");
        assert!(versions[6..].iter().all(|version| *version == 3));
        // A change in between forgets what was planned, and comes after all versions given out.
        assert_eq!(loader.set_chain_for(Arc::clone(&whole), 1, false), 4);
        assert_eq!(loader.set_chain_for(Arc::clone(&without), 1, false), 5);
        assert_eq!(loader.set_workers(workers + 1), 6);
        let last: Vec<u64> = (0..10).map(|_| next(&mut loader).unwrap().config_version).collect();
        assert_eq!((last.last(), loader.config_version()), (Some(&6), 6), "{last:?}");
    }
}

#[test]
fn a_stream_can_begin_anywhere() {
    let Images { dataset, _home } = images();
    let expected = stream(job(&dataset, 0));
    for (workers, epoch, batch) in [(0, 1, 3), (2, 2, 0), (2, 2, 9), (1, 1, PER_EPOCH), (2, 3, PER_EPOCH)] {
        let epochs = 4 - epoch;
        let rest = LoaderJob { first_epoch: epoch, first_batch: batch, epochs, ..job(&dataset, workers) };
        let skipped = ((epoch - 1) * PER_EPOCH + batch) as usize;
        assert_eq!(stream(rest), expected[skipped..], "from epoch {epoch}, batch {batch} on");
    }
}

#[test]
fn files_that_cannot_be_loaded_are_left_out_and_named() {
    let Images { dataset, _home } = images();
    let path = |i| dataset.path_of(i);
    std::fs::remove_file(path(3)).unwrap();
    std::fs::write(path(20), b"not an image").unwrap();
    let whole = std::fs::read(path(41)).unwrap();
    std::fs::write(path(41), &whole[..whole.len() / 2]).unwrap();
    let mut bad = vec![(3, "read"), (20, "decode"), (41, "decode")];
    // A FIFO without a writer would hang whoever opens it.
    std::fs::remove_file(path(50)).unwrap();
    if std::process::Command::new("mkfifo").arg(path(50)).status().is_ok_and(|s| s.success()) {
        bad.push((50, "read"));
    } else {
        std::fs::create_dir(path(50)).unwrap();
        bad.push((50, "read"));
    }
    let expected = stream(job(&dataset, 0));
    for workers in [0, 1, 2, 7] {
        assert_eq!(stream(job(&dataset, workers)), expected, "{workers} workers");
        let mut loader = Loader::start(LoaderJob { epochs: 1, ..job(&dataset, workers) }).unwrap();
        let (mut failed, mut loaded) = (Vec::new(), BTreeSet::new());
        while let Some(batch) = next(&mut loader) {
            loaded.extend(batch.samples.iter().map(|i| *i as usize));
            for failure in batch.failures {
                assert_eq!(failure.path, path(failure.sample as usize));
                assert!(!failure.reason.to_string().is_empty());
                failed.push((failure.sample as usize, failure.place.words().to_string()));
            }
        }
        failed.sort();
        assert!(failed.iter().map(|(i, stage)| (*i, stage.as_str())).eq(bad.iter().copied()), "{failed:?}");
        assert!(loaded.into_iter().eq((0..IMAGES).filter(|i| bad.iter().all(|(b, _)| b != i))));
        assert_eq!(loader.stats().failures(), 4);
    }
}

#[test]
fn failures_of_a_batch_without_samples_reach_the_next() {
    let Images { dataset, _home } = images();
    for i in [2, 3, 5] {
        std::fs::remove_file(dataset.path_of(i)).unwrap();
    }
    for workers in [0, 2] {
        let mut one_by_one = job(&dataset, workers);
        one_by_one.config.batch_size = 1;
        let few = LoaderJob {
            order: trainscope::loader::EpochOrder::Listed,
            indices: (0..6).collect(),
            epochs: 1,
            ..one_by_one
        };
        let mut loader = Loader::start(few).unwrap();
        let mut seen = Vec::new();
        while let Some(batch) = next(&mut loader) {
            seen.push((batch.index, batch.failures.iter().map(|f| f.sample).collect::<Vec<_>>()));
        }
        assert_eq!(seen, [(0, vec![]), (1, vec![]), (4, vec![2, 3])]);
        assert_eq!(loader.take_failures().iter().map(|f| f.sample).collect::<Vec<_>>(), [5]);
    }
}

#[test]
fn an_epoch_of_which_nothing_loads_is_an_error() {
    let Images { dataset, _home } = images();
    for i in 0..IMAGES {
        std::fs::remove_file(dataset.path_of(i)).unwrap();
    }
    for workers in [0, 2] {
        let mut loader = Loader::start(job(&dataset, workers)).unwrap();
        let error = loader.next().unwrap_err();
        assert!(matches!(&error, LoaderError::NothingLoaded { epoch: 1, images: 78, .. }), "{error:?}");
        assert!(error.to_string().contains("read"), "{error}");
        assert_eq!(loader.next().unwrap_err(), error);
    }
}

#[test]
fn a_size_that_differs_from_its_batchs_first_is_a_failure() {
    let home = tempfile::tempdir().unwrap();
    for (class, sizes) in [("a", [16, 24, 24, 16]), ("b", [24, 16, 24, 24])] {
        let dir = home.path().join(class);
        std::fs::create_dir(&dir).unwrap();
        for (i, size) in sizes.into_iter().enumerate() {
            let pixel = |x, y| image::Luma([(x * 7 + y * 5 + i as u32 * 40) as u8]);
            image::GrayImage::from_fn(size, size, pixel).save(dir.join(format!("{i}.png"))).unwrap();
        }
    }
    let dataset = scanned(home.path());
    let plain = chain(&[TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")]);
    let base = LoaderJob { chain: plain, order: trainscope::loader::EpochOrder::Listed, epochs: 1, ..job(&dataset, 0) };
    let expected = stream(base.clone());
    for workers in [1, 2, 7] {
        for _ in 0..20 {
            let mut base = base.clone();
            base.config.workers = workers;
            assert_eq!(stream(base), expected, "{workers} workers");
        }
    }
    let batch = next(&mut Loader::start(base.clone()).unwrap()).unwrap();
    assert_eq!((batch.shape, batch.samples), ([3, 1, 16, 16], vec![0, 3, 5]));
    assert_eq!(batch.failures.iter().map(|f| f.sample).collect::<Vec<_>>(), [1, 2, 4, 6, 7]);
    assert!(batch.failures.iter().all(|f| f.reason.to_string().contains("Resize")), "{:?}", batch.failures);
    assert!(batch.data[..256].iter().copied().eq((0..256_u32).map(|i| (i % 16 * 7 + i / 16 * 5) as u8 as f32)));
    // The last sample arrives before the first: the first still decides.
    let backwards = LoaderJob { indices: [4, 3, 0, 2].into(), ..base };
    let batch = next(&mut Loader::start(backwards).unwrap()).unwrap();
    assert_eq!((batch.shape, batch.samples), ([2, 1, 24, 24], vec![4, 2]));
}

#[test]
fn a_last_batch_that_is_not_full_may_be_left_out() {
    assert_eq!(
        [batches_per_epoch(78, 8, false), batches_per_epoch(78, 8, true), batches_per_epoch(7, 8, true)],
        [10, 9, 0]
    );
    let Images { dataset, _home } = images();
    let mut full = job(&dataset, 2);
    full.config.drop_last = true;
    let mut loader = Loader::start(full.clone()).unwrap();
    let mut batches = 0;
    while let Some(batch) = next(&mut loader) {
        assert_eq!(batch.labels.len(), 8);
        batches += 1;
    }
    assert_eq!(batches, 3 * 9);
    full.config.batch_size = 100;
    assert_eq!(Loader::start(full.clone()).unwrap_err(), LoaderError::NoFullBatch { images: 78, batch_size: 100 });
    full.indices = [].into();
    assert_eq!(Loader::start(full.clone()).unwrap_err(), LoaderError::NoImages);
    full.indices = [500].into();
    full.config.drop_last = false;
    assert_eq!(Loader::start(full).unwrap_err(), LoaderError::NoSuchImage { index: 500, len: 78 });
}

#[test]
fn waiting_ends_on_time_and_whoever_hangs_is_left_behind() {
    let Images { dataset, _home } = images();
    let delay = TransformSpec::new("SimulateDelay").with("delay_time", ParamValue::Float(3000.0));
    let mut specs = tutorial_chain(None);
    specs.push(delay);
    for workers in [1, 2] {
        let mut loader = Loader::start(LoaderJob { chain: chain(&specs), ..job(&dataset, workers) }).unwrap();
        assert!(matches!(loader.next_timeout(Duration::from_millis(20)), Ok(Next::NotYet)));
        while loader.workers_state().iter().filter(|worker| worker.busy.is_some()).count() < workers {
            assert!(matches!(loader.next_timeout(Duration::from_millis(20)), Ok(Next::NotYet)));
        }
        let (stats, begun) = (loader.stats(), Instant::now());
        drop(loader);
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!(stats.abandoned(), workers as u64);
    }
}

#[test]
fn every_enabled_stage_is_timed_for_every_image() {
    let Images { dataset, _home } = images();
    let mut specs = tutorial_chain(None);
    specs[4].enabled = false;
    specs.push(TransformSpec::new("SimulateDelay").with("delay_time", ParamValue::Float(0.001)));
    let base = LoaderJob { chain: chain(&specs), ..job(&dataset, 0) };
    for workers in [0, 2] {
        let mut loader = Loader::start(LoaderJob {
            epochs: 1,
            config: LoaderConfig { workers, ..base.config.clone() },
            ..base.clone()
        })
        .unwrap();
        let first = next(&mut loader).unwrap();
        loader.recycle(first);
        let then = loader.stats().snapshot();
        while let Some(batch) = next(&mut loader) {
            loader.recycle(batch);
        }
        let snapshot = loader.stats().snapshot();
        let costs = snapshot.since(&StageSnapshot::default());
        let names: Vec<&str> = costs.iter().map(|s| s.stage.name()).collect();
        let expected = [
            "read",
            "decode",
            "EnsureChannelFirst",
            "ScaleIntensity",
            "RandRotate",
            "RandZoom",
            "SimulateDelay",
            "collate",
        ];
        assert_eq!(names, expected);
        assert!(costs.iter().all(|s| s.images == IMAGES as u64), "{costs:?}");
        assert!(costs.iter().all(|s| s.wall_us.is_finite() && s.cpu_us.is_finite() && s.wall_us > 0.0), "{costs:?}");
        let delay = &costs[6];
        assert!(delay.wall_us >= 1000.0 && delay.cpu_us < 700.0, "asleep is not at work: {delay:?}");
        assert!(snapshot.since(&then).iter().all(|s| s.images < IMAGES as u64));
        assert_eq!(snapshot.since(&snapshot), []);
    }
    let result = bench(&base, 1, 30, None, &mut |_| {}).unwrap();
    assert_eq!((result.images, result.failures, result.stages.len()), (32, 0, 8));
    assert!(result.first_batch_secs > 0.008 && result.first_batch_secs < result.secs, "{result:?}");
    assert!((result.images_per_sec - 32.0 / result.secs).abs() < 1e-6);
    // As long as it may take, and one batch at least.
    let mut told = Vec::new();
    let result = bench(&base, 1, 30, Some(std::time::Duration::ZERO), &mut |loaded| told.push(loaded)).unwrap();
    assert!(result.images < 30 && told == [result.images], "{told:?}");
}

#[test]
fn buffers_are_used_again() {
    let Images { dataset, _home } = images();
    let mut loader = Loader::start(job(&dataset, 0)).unwrap();
    let first = next(&mut loader).unwrap();
    let place = first.data.as_ptr();
    loader.recycle(first);
    for _ in 0..5 {
        let batch = next(&mut loader).unwrap();
        assert_eq!(batch.data.as_ptr(), place);
        loader.recycle(batch);
    }
}
