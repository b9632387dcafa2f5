//! How much memory a loader takes: the peak of a process that does nothing else, at any number of workers.
#![cfg(target_os = "linux")]

#[path = "common/loader.rs"]
mod common;
#[path = "common/process_status.rs"]
mod process_status;

use common::{Images, chain, images, job, scanned};
use process_status::status;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use trainscope::config::{CacheMode, LoaderConfig};
use trainscope::data::{scan, set_room_for_pictures};
use trainscope::loader::{Loader, LoaderJob};
use trainscope::transform::tutorial_chain;

const DIR: &str = "TRAINSCOPE_TEST_MEMORY_DIR";
const WORKERS: &str = "TRAINSCOPE_TEST_MEMORY_WORKERS";
const CACHE_MB: &str = "TRAINSCOPE_TEST_MEMORY_CACHE_MB";

const SIDE: usize = 224;
const BATCH: usize = 64;
const PREFETCH: usize = 4;
const BATCH_BYTES: u64 = (BATCH * 3 * SIDE * SIDE * 4) as u64;

/// Not a test of its own: what the others start as a process.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let number = |key: &str| std::env::var(key).unwrap().parse::<usize>().unwrap();
    let (workers, cache_mb) = (number(WORKERS), number(CACHE_MB) as u64);
    let dataset = scanned(Path::new(&dir));
    let cache = if cache_mb == 0 { CacheMode::Off } else { CacheMode::Ram };
    let config =
        LoaderConfig { workers, batch_size: BATCH, prefetch: PREFETCH, cache, cache_mb, ..LoaderConfig::default() };
    let chain = chain(&tutorial_chain(Some([SIDE, SIDE])));
    // Ten full batches.
    let indices = (0..(10 * BATCH) as u32).map(|i| i % dataset.len() as u32).collect();
    let job = LoaderJob { config, chain, indices, channels: 3, epochs: 1, ..job(&dataset, workers) };
    let before = status("VmRSS");
    let mut loader = Loader::start(job).unwrap();
    let stats = loader.stats();
    while let Some(batch) = loader.next().unwrap() {
        // With this batch in hand the queue fills, and every worker comes to rest.
        let full =
            || loader.queue_len() >= loader.queue_capacity() && loader.workers_state().iter().all(|w| w.busy.is_none());
        let begun = Instant::now();
        while batch.index < 4 && !full() && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        loader.recycle(batch);
    }
    let cache = stats.cache().map_or(0, |cache| cache.bytes);
    println!("peak {} cache {cache}", status("VmHWM") - before);
}

/// Peak of loading, and the bytes that the cache says it takes.
fn peak(dir: &Path, workers: usize, cache_mb: usize) -> (u64, u64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(DIR, dir)
        .env(WORKERS, workers.to_string())
        .env(CACHE_MB, cache_mb.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<&str> =
        text.lines().find_map(|line| line.split_once("peak ")).unwrap().1.split_whitespace().collect();
    (words[0].parse().unwrap(), words[2].parse().unwrap())
}

#[test]
fn memory_stays_within_the_queue_and_100_mb() {
    let Images { dataset, _home } = images();
    for workers in [0, 1, 2, 7, 32] {
        for cache_mb in [0, 20] {
            let (peak, cache) = peak(&dataset.root, workers, cache_mb);
            let most = PREFETCH as u64 * BATCH_BYTES + 100_000_000 + cache;
            println!(
                "{workers} workers, cache of {cache_mb} MiB: {peak} bytes, at most {most} with {cache} in the cache"
            );
            assert!(peak <= most, "{workers} workers, cache of {cache_mb} MiB: {peak} bytes, at most {most}");
            assert!(cache <= (cache_mb as u64) << 20 && (cache_mb == 0 || cache > 10 << 20));
        }
    }
}

const LARGE_DIR: &str = "TRAINSCOPE_TEST_MEMORY_LARGE_DIR";
/// Of 16-bit colour and alpha: 353 MB to decode.
const LARGE_SIDE: u32 = 4200;

/// Not a test of its own either.
#[test]
fn child_of_large_pictures() {
    let Some(dir) = std::env::var_os(LARGE_DIR) else { return };
    let workers = std::env::var(WORKERS).unwrap().parse().unwrap();
    let dataset = scan(Path::new(&dir), 1 << 25, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((dataset.len(), dataset.bad_files.len()), (4, 0), "{:?}", dataset.bad_files);
    let config = LoaderConfig { workers, batch_size: 1, prefetch: 4, ..LoaderConfig::default() };
    let chain = chain(&tutorial_chain(Some([64, 64])));
    let dataset = std::sync::Arc::new(dataset);
    let job = LoaderJob { config, chain, channels: 3, max_pixels: 1 << 25, epochs: 1, ..job(&dataset, workers) };
    // So little that each has it alone.
    set_room_for_pictures(1);
    let before = status("VmRSS");
    let mut loader = Loader::start(job).unwrap();
    let mut images = 0;
    while let Some(batch) = loader.next().unwrap() {
        assert!(batch.failures.is_empty(), "{:?}", batch.failures);
        images += batch.labels.len();
        loader.recycle(batch);
    }
    assert_eq!(images, 4);
    println!("peak {} left {}", status("VmHWM") - before, status("VmRSS").saturating_sub(before));
}

#[test]
fn large_pictures_share_their_room_and_give_it_back() {
    let home = tempfile::tempdir().unwrap();
    let class = home.path().join("images/a");
    std::fs::create_dir_all(&class).unwrap();
    let first = class.join("0.png");
    image::ImageBuffer::<image::Rgba<u16>, Vec<u16>>::new(LARGE_SIDE, LARGE_SIDE).save(&first).unwrap();
    for n in 1..4 {
        std::fs::copy(&first, class.join(format!("{n}.png"))).unwrap();
    }
    let figures = |workers: usize| -> [u64; 2] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["child_of_large_pictures", "--exact", "--nocapture"])
            .env(LARGE_DIR, class.parent().unwrap())
            .env(WORKERS, workers.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.split_once("peak ")).unwrap_or_else(|| panic!("{text}")).1;
        let words: Vec<&str> = line.split_whitespace().collect();
        [words[0], words[2]].map(|figure| figure.parse().unwrap())
    };
    let ([alone, _], [together, left]) = (figures(1), figures(4));
    println!("peak of one worker {alone}, of four {together}, left {left}");
    assert!(alone > 353_000_000, "they are large: {alone}");
    assert!(together < alone + alone / 4, "four workers take {together}, one {alone}");
    assert!(left < 100_000_000, "{left} bytes are kept");
}
