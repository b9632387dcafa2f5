//! The cache of what comes before the first random step: the same stream with it and without, whatever becomes of it.

#[path = "common/loader.rs"]
mod common;

use common::{IMAGES, Images, PER_EPOCH, chain, digest, images, job, next, scanned, stream, stream_with};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trainscope::config::{CacheMode, LoaderConfig, ParamValue, TransformSpec};
use trainscope::loader::{LeftOutAt, Loader, LoaderJob, SampleCache, cache_size_bytes};
use trainscope::protocol::Stage;
use trainscope::transform::{Chain, tutorial_chain};

/// The tutorial's chain with a Resize, so that there is something to keep; and one without its last fixed step.
fn chains_to_change_between() -> [Arc<Chain>; 3] {
    let whole = tutorial_chain(Some([24, 20]));
    let (mut other_prefix, mut same_prefix) = (whole.clone(), whole.clone());
    other_prefix[3].enabled = false;
    same_prefix[5].enabled = false;
    [chain(&whole), chain(&other_prefix), chain(&same_prefix)]
}

fn with_cache(mode: CacheMode, dir: &Path, job: LoaderJob) -> LoaderJob {
    let config = LoaderConfig { cache: mode, cache_mb: 64, cache_dir: Some(dir.to_owned()), ..job.config.clone() };
    LoaderJob { config, ..job }
}

fn mode_only(cache: CacheMode) -> LoaderConfig {
    LoaderConfig { cache, ..LoaderConfig::default() }
}

/// The file of the first steps is still in use by batches under way when it is wanted again.
#[test]
fn a_change_and_back_again_finds_its_cache() {
    let Images { dataset, _home } = images();
    let [whole, ..] = chains_to_change_between();
    let other = chain(&tutorial_chain(Some([12, 12])));
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        let dir = tempfile::tempdir().unwrap();
        let job = LoaderJob { chain: Arc::clone(&whole), ..job(&dataset, 2) };
        let mut stats = None;
        stream_with(with_cache(mode, dir.path(), job), |loader, batch| {
            stats.get_or_insert_with(|| loader.stats());
            if batch == 2 {
                loader.set_chain(Arc::clone(&other));
                loader.set_chain(Arc::clone(&whole));
            }
        });
        let cache = stats.unwrap().cache().unwrap();
        assert_eq!(cache.trouble, None, "{mode:?}");
        // Two workers may load one image at a time, each for its epoch, and a file then holds it twice.
        assert!((IMAGES as u64..=IMAGES as u64 + 1).contains(&cache.kept), "{mode:?}: {}", cache.kept);
    }
}

#[test]
fn the_stream_is_the_same_with_a_cache() {
    let Images { dataset, _home } = images();
    let [whole, ..] = chains_to_change_between();
    let base = |workers| LoaderJob { chain: Arc::clone(&whole), ..job(&dataset, workers) };
    let expected = stream(base(0));
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        let dir = tempfile::tempdir().unwrap();
        for (run, workers) in [0, 1, 2, 7].into_iter().enumerate() {
            let mut stats = None;
            let digests = stream_with(with_cache(mode, dir.path(), base(workers)), |loader, _| {
                stats.get_or_insert_with(|| loader.stats());
            });
            assert_eq!(digests, expected, "{mode:?}, {workers} workers");
            let stats = stats.unwrap();
            let cache = stats.cache().unwrap();
            // A second run finds on disk what the first one kept.
            let from_files = if mode == CacheMode::Disk && run > 0 { 0 } else { IMAGES as u64 };
            let all = 3 * IMAGES as u64;
            assert_eq!((cache.kept, cache.misses + cache.hits), (IMAGES as u64, all), "{cache:?}");
            // Two workers may load one image at a time, each for its epoch.
            let most = if from_files == 0 { 0 } else { from_files + (workers as u64).saturating_sub(1) };
            assert!((from_files..=most).contains(&cache.misses), "{cache:?}");
            assert_eq!((cache.full, &cache.trouble, cache.mode), (false, &None, mode));
            assert!(cache.bytes > 78 * 24 * 20 * 4 && cache.bytes < 78 * (24 * 20 * 4 + 200), "{cache:?}");
            let images =
                |name: &str| stats.snapshot().stages.iter().find(|s| s.stage.name() == name).map_or(0, |s| s.images);
            // Those kept passed through on their way in.
            let read = cache.misses;
            assert_eq!((images("cache"), images("read"), images("decode")), (all, read, read));
            assert_eq!((images("ScaleIntensity"), images("RandFlip"), images("collate")), (read, all, all));
        }
    }
}

#[test]
fn changes_and_resumes_leave_the_stream_alone_with_a_cache() {
    let Images { dataset, _home } = images();
    let chains = chains_to_change_between();
    let plain: Vec<_> = chains.iter().map(|c| stream(LoaderJob { chain: Arc::clone(c), ..job(&dataset, 0) })).collect();
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        let dir = tempfile::tempdir().unwrap();
        for (workers, pin) in [(0, false), (1, true), (2, true), (7, false)] {
            let mut base =
                with_cache(mode, dir.path(), LoaderJob { chain: Arc::clone(&chains[0]), ..job(&dataset, workers) });
            (base.config.pin, base.config.low_priority) = (pin, pin);
            let mut loader = Loader::start(base.clone()).unwrap();
            let (mut chain_of, mut hits) = (vec![0], 0);
            for i in 0..plain[0].len() {
                if i % 7 == 6 {
                    let next = [2, 1, 0, 2][i / 7];
                    assert_eq!(loader.set_chain(Arc::clone(&chains[next])), chain_of.len() as u64);
                    chain_of.push(next);
                    chain_of.push(next);
                    loader.set_workers([0, 2, 1, 7][i / 7]);
                }
                let batch = next(&mut loader).unwrap();
                let expected = plain[chain_of[batch.config_version as usize]][i];
                assert_eq!(digest(&batch), expected, "batch {i}, {mode:?}, {workers} workers at first");
                loader.recycle(batch);
                hits = loader.stats().cache().unwrap().hits.max(hits);
            }
            assert!(hits > 0);
            drop(loader);
            let resumed = LoaderJob { first_epoch: 2, first_batch: 4, epochs: 2, ..base };
            assert_eq!(stream(resumed), plain[0][14..], "{mode:?}, {workers} workers");
        }
    }
}

#[test]
fn only_another_beginning_of_the_chain_drops_the_cache() {
    let Images { dataset, _home } = images();
    let [whole, other_prefix, same_prefix] = chains_to_change_between();
    let dir = tempfile::tempdir().unwrap();
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        let base = with_cache(mode, dir.path(), LoaderJob { chain: Arc::clone(&whole), ..job(&dataset, 0) });
        let mut loader = Loader::start(base).unwrap();
        let epoch = |loader: &mut Loader| {
            (0..PER_EPOCH).for_each(|_| drop(next(loader)));
            loader.stats().cache().unwrap()
        };
        let first = epoch(&mut loader);
        assert_eq!((first.kept, first.hits, first.misses), (78, 0, 78));
        loader.set_workers(2);
        loader.set_chain(Arc::clone(&same_prefix));
        loader.set_workers(0);
        assert_eq!(loader.stats().cache().unwrap().kept, 78);
        let second = epoch(&mut loader);
        assert_eq!((second.kept, second.misses), (78, 78));
        assert!(second.hits >= 78);
        loader.set_chain(Arc::clone(&other_prefix));
        assert_eq!(loader.stats().cache().unwrap().kept, 0);
        let third = epoch(&mut loader);
        assert_eq!((third.kept, third.misses), (78, 78));
    }
}

#[test]
fn a_cache_keeps_what_there_is_room_for() {
    let Images { dataset, _home } = images();
    let big = chain(&tutorial_chain(Some([128, 128])));
    let base = |workers| LoaderJob { chain: Arc::clone(&big), ..job(&dataset, workers) };
    let expected = stream(base(0));
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        for (cache_mb, most) in [(0, 0), (1, 15), (3, 47)] {
            for workers in [0, 2] {
                let dir = tempfile::tempdir().unwrap();
                let mut job = with_cache(mode, dir.path(), base(workers));
                job.config.cache_mb = cache_mb;
                let mut stats = None;
                let digests = stream_with(job, |loader, _| stats = Some(loader.stats()));
                assert_eq!(digests, expected, "{mode:?}, {cache_mb} MiB, {workers} workers");
                let cache = stats.unwrap().cache();
                if most == 0 {
                    assert_eq!(cache, None);
                    continue;
                }
                let cache = cache.unwrap();
                assert_eq!((cache.kept, cache.full, cache.limit_bytes), (most, true, cache_mb << 20), "{cache:?}");
                assert!(cache.bytes <= cache.limit_bytes && cache.trouble.is_none(), "{cache:?}");
                let on_disk: u64 =
                    std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
                assert!(on_disk <= cache.limit_bytes);
            }
        }
    }
}

/// Validation starts a loader anew after each epoch: given the run's cache, it finds its images.
#[test]
fn a_later_loader_finds_what_an_earlier_one_kept() {
    let Images { dataset, _home } = images();
    let dir = tempfile::tempdir().unwrap();
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        let [whole, ..] = chains_to_change_between();
        let base = with_cache(mode, dir.path(), LoaderJob { chain: whole, epochs: 1, ..job(&dataset, 2) });
        let fixed = LoaderJob {
            chain: Arc::new(base.chain.deterministic()),
            order: trainscope::loader::EpochOrder::Listed,
            ..base.clone()
        };
        let cache = SampleCache::new(&base.config);
        let run = |job: &LoaderJob| {
            let mut loader = Loader::start_with_cache(job.clone(), Arc::clone(&cache)).unwrap();
            while next(&mut loader).is_some() {}
            loader.stats().cache().unwrap()
        };
        let mut training = Loader::start_with_cache(base.clone(), Arc::clone(&cache)).unwrap();
        while next(&mut training).is_some() {}
        // The tutorial's fixed part is its validation chain.
        assert_eq!((run(&fixed).hits, run(&fixed).misses), (78, 78));
        let mut specs = base.chain.specs().to_vec();
        specs.push(TransformSpec::new("Flip").with("spatial_axis", ParamValue::Int(0)));
        let longer = LoaderJob { chain: Arc::new(chain(&specs).deterministic()), ..fixed };
        assert_eq!((run(&longer).hits, run(&longer).hits), (0, 78));
        assert_eq!(run(&base).misses, 78, "training's own are still there");
    }
}

/// The one file in there.
fn only_file(dir: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None);
    file
}

#[test]
fn a_file_that_does_not_hold_is_made_again() {
    let Images { dataset, _home } = images();
    let [whole, ..] = chains_to_change_between();
    let dir = tempfile::tempdir().unwrap();
    let base = with_cache(CacheMode::Disk, dir.path(), LoaderJob { chain: whole, epochs: 2, ..job(&dataset, 0) });
    let expected =
        stream(LoaderJob { config: LoaderConfig { cache: CacheMode::Off, ..base.config.clone() }, ..base.clone() });
    let run = || {
        let mut stats = None;
        let digests = stream_with(base.clone(), |loader, _| stats = Some(loader.stats()));
        assert_eq!(digests, expected);
        let cache = stats.unwrap().cache().unwrap();
        assert_eq!((cache.kept, cache.full, cache.trouble), (78, false, None));
        cache.misses
    };
    assert_eq!(run(), 78);
    let file = only_file(dir.path());
    let whole = std::fs::read(&file).unwrap();
    // Of the records, 64 bytes and 24 x 20 floats each, so many are lost.
    let record = 64 + 24 * 20 * 4;
    let cut_in_data = &whole[..whole.len() - 10 * record - 1];
    let mut damaged = whole.clone();
    damaged[whole.len() - 1] ^= 1;
    damaged[whole.len() - 1 - 5 * record] ^= 1;
    let mut no_magic = whole.clone();
    no_magic[0] ^= 1;
    let mut another_key = whole.clone();
    another_key[20] ^= 1;
    let mut wild_index = whole.clone();
    wild_index[64..80].fill(0xff);
    wild_index[80..88].copy_from_slice(&whole[88..96]);
    let cases: [(&str, &[u8], u64); 9] = [
        ("as it was", &whole, 0),
        ("empty", b"", 78),
        ("cut off in its head", &whole[..40], 78),
        ("cut off in its index", &whole[..64 + 300], 78),
        ("cut off in its data", cut_in_data, 11),
        ("two damaged records", &damaged, 2),
        ("something else", &no_magic, 78),
        ("of another key", &another_key, 78),
        ("offsets that lead nowhere, and to another's record", &wild_index, 3),
    ];
    for (case, bytes, misses) in cases {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(run(), misses, "{case}");
        assert_eq!(run(), 0, "{case}, then whole again");
    }
}

#[test]
fn an_image_that_changed_is_made_again() {
    let Images { dataset, _home } = images();
    let [whole, ..] = chains_to_change_between();
    let dir = tempfile::tempdir().unwrap();
    let base = with_cache(CacheMode::Disk, dir.path(), LoaderJob { chain: whole, epochs: 1, ..job(&dataset, 1) });
    let plain = LoaderJob { config: LoaderConfig { cache: CacheMode::Off, ..base.config.clone() }, ..base.clone() };
    let before = stream(base.clone());
    std::fs::copy(dataset.path_of(5), dataset.path_of(70)).unwrap();
    let after = stream(base.clone());
    assert_ne!(before, after);
    assert_eq!(after, stream(plain));
}

#[test]
fn a_cache_that_cannot_be_had_is_said_once_and_done_without() {
    let Images { dataset, _home } = images();
    let [whole, ..] = chains_to_change_between();
    let dir = tempfile::tempdir().unwrap();
    let base = with_cache(CacheMode::Disk, dir.path(), LoaderJob { chain: whole, ..job(&dataset, 2) });
    let expected =
        stream(LoaderJob { config: LoaderConfig { cache: CacheMode::Off, ..base.config.clone() }, ..base.clone() });
    let check = |job: &LoaderJob, words: &str| {
        let mut stats = None;
        assert_eq!(stream_with(job.clone(), |loader, _| stats = Some(loader.stats())), expected, "{words}");
        let cache = stats.unwrap().cache().unwrap();
        let trouble = cache.trouble.unwrap().to_string();
        assert!(trouble.contains(words) && (cache.kept, cache.hits) == (0, 0), "{trouble}");
    };
    let mut elsewhere = base.clone();
    elsewhere.config.cache_dir = None;
    check(&elsewhere, "loader.cache_dir");
    let file = dir.path().join("a file");
    std::fs::write(&file, "").unwrap();
    elsewhere.config.cache_dir = Some(file.join("below"));
    check(&elsewhere, "a file/below");
    let _other = Loader::start(base.clone()).unwrap();
    check(&base, "another run");
}

#[test]
fn old_files_make_room_for_new_ones() {
    let Images { dataset, _home } = images();
    let dir = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(dir.path()).unwrap().count();
    for (sides, expected) in [(64, 1), (65, 2), (66, 2)] {
        let chain = chain(&tutorial_chain(Some([sides, sides])));
        let mut job = with_cache(CacheMode::Disk, dir.path(), LoaderJob { chain, epochs: 1, ..job(&dataset, 0) });
        // 1.3 MB each; the second finds the first below half of the room, the third must remove one.
        job.config.cache_mb = 4;
        let mut kept = 0;
        stream_with(job, |loader, _| kept = loader.stats().cache().unwrap().kept);
        assert_eq!((kept > 60, files()), (true, expected), "{sides}");
    }
    std::fs::write(dir.path().join("mine.txt"), vec![0; 5 << 20]).unwrap();
    assert_eq!(files(), 3);
}

/// What is said beforehand is what is taken.
#[test]
fn the_size_is_known_beforehand() {
    let Images { dataset, _home } = images();
    let bytes_only = chain(&[TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")]);
    let indices: Vec<u32> = (0..IMAGES as u32).collect();
    for chain in [bytes_only, chains_to_change_between()[0].clone()] {
        for mode in [CacheMode::Ram, CacheMode::Disk] {
            let dir = tempfile::tempdir().unwrap();
            let size = cache_size_bytes(&dataset, &indices, &chain, 1, 1 << 20, &mode_only(mode)).unwrap();
            let mut taken = 0;
            let job = with_cache(mode, dir.path(), LoaderJob { chain: Arc::clone(&chain), ..job(&dataset, 0) });
            stream_with(job, |loader, _| taken = loader.stats().cache().unwrap().bytes);
            assert_eq!((size.images, size.low_bytes), (78, size.high_bytes));
            // The last record in a file is not followed by another.
            assert!(size.low_bytes.abs_diff(taken) < 64, "{size:?} and {taken}");
        }
    }
}

#[test]
fn sizes_that_differ_make_a_range() {
    let home = tempfile::tempdir().unwrap();
    for (class, sizes) in [("a", [16_u32, 40]), ("b", [24, 24])] {
        std::fs::create_dir(home.path().join(class)).unwrap();
        for (i, size) in sizes.into_iter().enumerate() {
            let path = home.path().join(class).join(format!("{i}.png"));
            image::GrayImage::from_fn(size, size, |x, y| image::Luma([(x * y) as u8])).save(path).unwrap();
        }
    }
    let dataset = scanned(home.path());
    let disk = mode_only(CacheMode::Disk);
    let size = |chain: &Arc<Chain>| cache_size_bytes(&dataset, &[2, 3, 1], chain, 1, 1 << 20, &disk).unwrap();
    let plain = size(&chain(&[TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")]));
    // A head of 64 bytes, four offsets, then 64 bytes and the pixels at multiples of 64.
    assert_eq!((plain.low_bytes, plain.high_bytes), (128 + 3 * (64 + 256), 128 + 3 * (64 + 1600)));
    let resized = size(&chain(&tutorial_chain(Some([8, 8]))));
    assert_eq!((resized.low_bytes, resized.high_bytes), (128 + 3 * (64 + 256), 128 + 3 * (64 + 256)));
    for i in 0..4 {
        std::fs::remove_file(dataset.path_of(i)).unwrap();
    }
    let failure = cache_size_bytes(&dataset, &[2, 3], &chain(&[]), 1, 1 << 20, &mode_only(CacheMode::Ram)).unwrap_err();
    assert_eq!((failure.sample, &failure.place), (2, &LeftOutAt::Stage(Stage::Read)));
    assert_eq!(
        cache_size_bytes(&dataset, &[], &chain(&[]), 1, 1 << 20, &mode_only(CacheMode::Ram)).unwrap().high_bytes,
        0
    );
}

/// Fused steps reach over the place where the cache ends: what may be fused with a random step is not kept.
#[test]
fn fused_steps_are_the_same_with_a_cache() {
    let Images { dataset, _home } = images();
    let turn = TransformSpec::new("Rotate").with("angle", ParamValue::Float(0.3));
    let mut specs = tutorial_chain(None);
    specs.insert(3, turn.clone());
    specs.insert(2, turn);
    let mut fused = LoaderJob { chain: chain(&specs), ..job(&dataset, 0) };
    let apart = stream(fused.clone());
    fused.config.fuse = true;
    let expected = stream(fused.clone());
    assert_ne!(apart, expected);
    let dir = tempfile::tempdir().unwrap();
    for mode in [CacheMode::Ram, CacheMode::Disk] {
        // The one before is not mistaken for what this one needs.
        let mut unfused = with_cache(mode, dir.path(), fused.clone());
        unfused.config.fuse = false;
        assert_eq!(stream(unfused), apart, "{mode:?}");
        let mut hits = 0;
        let digests = stream_with(with_cache(mode, dir.path(), fused.clone()), |loader, _| {
            hits = loader.stats().cache().unwrap().hits;
        });
        assert_eq!(digests, expected, "{mode:?}");
        assert!(hits > 100);
    }
}
