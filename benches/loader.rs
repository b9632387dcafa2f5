//! What loading costs: one image through the stages, and batches out of the loader with 0, 1 and 2 workers, with the
//! first part of the chain kept in memory, on disk or not at all.
//!
//! Over drawn images; with TRAINSCOPE_BENCH_DATA=DIR over a folder of one's own.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use trainscope::config::{CacheMode, LoaderConfig};
use trainscope::data::{Dataset, Decoder, Image, sample_images::write_sample_dataset, scan};
use trainscope::loader::{Loader, LoaderJob};
use trainscope::transform::{Chain, SampleSeed, Scratch, StageClock, tutorial_chain};

const MAX_PIXELS: u64 = 100_000_000;

fn dataset() -> (Option<tempfile::TempDir>, Arc<Dataset>) {
    let own = std::env::var_os("TRAINSCOPE_BENCH_DATA").map(PathBuf::from);
    let home = own.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
    let dir = own.unwrap_or_else(|| home.as_ref().map(|h| h.path().join("images")).unwrap_or_default());
    if home.is_some() {
        write_sample_dataset(&dir, 200, 0, &mut |_, _| ControlFlow::Continue(())).expect("room for sample images");
    }
    let dataset = scan(&dir, MAX_PIXELS, &mut |_| ControlFlow::Continue(())).expect("a folder of images");
    (home, Arc::new(dataset))
}

/// Two clock readings a stage, to see what timing itself costs.
struct Twice(std::time::Instant, u128);

impl StageClock for Twice {
    fn begin(&mut self, _step: usize) {
        self.1 += self.0.elapsed().as_nanos();
    }

    fn end(&mut self, _step: usize) {
        self.1 += self.0.elapsed().as_nanos();
    }
}

fn loading(criterion: &mut Criterion) {
    let (_home, dataset) = dataset();
    let side = dataset.one_size().is_none().then_some([64, 64]);
    let chain = Arc::new(Chain::build(&tutorial_chain(side)).expect("the tutorial's chain"));
    let channels = dataset.channels(0);

    let mut one = criterion.benchmark_group("one image");
    let mut decoder = Decoder::new(channels, MAX_PIXELS);
    let (mut image, mut scratch) = (Image::empty(), Scratch::default());
    let mut sample = 0;
    let mut next = || {
        sample = (sample + 1) % dataset.len();
        (dataset.path_of(sample), SampleSeed { seed: 0, epoch: 1, sample: sample as u64 })
    };
    one.bench_function("read", |b| b.iter(|| decoder.read(&next().0).is_ok()));
    one.bench_function("read, decode", |b| {
        b.iter(|| {
            let (path, _) = next();
            decoder.read(&path).and_then(|()| decoder.decode(&path, &mut image)).is_ok()
        });
    });
    let mut whole = |clock: &mut dyn StageClock| {
        let (path, seed) = next();
        let loaded = decoder.read(&path).and_then(|()| decoder.decode(&path, &mut image)).is_ok();
        loaded && chain.run(&mut image, &mut scratch, seed, clock).is_ok()
    };
    one.bench_function("read, decode, chain", |b| b.iter(|| whole(&mut ())));
    one.bench_function("read, decode, chain, clocks", |b| {
        let mut clock = Twice(std::time::Instant::now(), 0);
        b.iter(|| whole(&mut clock));
        black_box(clock.1);
    });
    one.bench_function("thread CPU clock", |b| b.iter(|| cpu_time::ThreadTime::try_now().is_ok()));
    one.bench_function("wall clock", |b| b.iter(std::time::Instant::now));
    one.finish();

    let mut batches = criterion.benchmark_group("loader");
    batches.sample_size(20);
    for (mode, workers) in
        [CacheMode::Off, CacheMode::Ram, CacheMode::Disk].into_iter().flat_map(|m| [0, 1, 2].map(|w| (m, w)))
    {
        let cache_dir = tempfile::tempdir().expect("a temporary folder");
        let config = LoaderConfig {
            workers,
            drop_last: true,
            cache: mode,
            cache_mb: 4096,
            cache_dir: Some(cache_dir.path().to_owned()),
            ..LoaderConfig::default()
        };
        let size = config.batch_size;
        let job = job(&dataset, &chain, config);
        let name = format!("batch of {size}, {workers} workers, cache {mode:?}");
        // The first epoch fills the cache.
        take_batches(&mut batches, &name, &job, if mode == CacheMode::Off { 1 } else { 2 });
    }
    batches.finish();
}

fn job(dataset: &Arc<Dataset>, chain: &Arc<Chain>, config: LoaderConfig) -> LoaderJob {
    LoaderJob {
        dataset: Arc::clone(dataset),
        indices: (0..dataset.len() as u32).collect(),
        chain: Arc::clone(chain),
        config,
        channels: dataset.channels(0),
        max_pixels: MAX_PIXELS,
        seed: 0,
        order: trainscope::loader::EpochOrder::Shuffled,
        first_epoch: 1,
        first_batch: 0,
        epochs: u64::MAX / 2,
    }
}

/// Times batches from the beginning of that epoch on.
fn take_batches(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, job: &LoaderJob, from_epoch: u64) {
    group.throughput(Throughput::Elements(job.config.batch_size as u64));
    group.bench_function(name, |b| {
        let mut loader = Loader::start(job.clone()).expect("a loader");
        while let Ok(Some(batch)) = loader.next() {
            let due = batch.epoch >= from_epoch;
            loader.recycle(batch);
            if due {
                break;
            }
        }
        b.iter(|| {
            if let Ok(Some(batch)) = loader.next() {
                loader.recycle(batch);
            }
        });
    });
}

criterion_group!(benches, loading);
criterion_main!(benches);
