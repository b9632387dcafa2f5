//! What stage times and the flight recorder cost the loader: `cargo bench --bench instruments`, half a minute, with nothing
//! else running. `-- DIR` takes that folder's images in place of drawn ones.
//!
//! Loaders with and without them go over the same images with the same draws, in turns of a batch whose order is drawn by
//! lot; each pair is started anew, as a loader is some percent faster or slower for good by where its buffers happen to lie.
//! Time is CPU time of the one thread. Fewer than one in a hundred is what is promised.

use cpu_time::ThreadTime;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use trainscope::config::LoaderConfig;
use trainscope::data::{sample_images::write_sample_dataset, scan};
use trainscope::diagnose::{PairedTest, PairedTestSettings};
use trainscope::loader::{Loader, LoaderJob};
use trainscope::transform::{Chain, tutorial_chain};

const PAIRS: u64 = 120;
/// Of each loader of a pair; a tenth of them before it counts.
const BATCHES: usize = 60;
const MAX_PIXELS: u64 = 100_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let named = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let dir = named.unwrap_or_else(|| home.path().join("images"));
    if dir.starts_with(home.path()) {
        write_sample_dataset(&dir, 200, 0, &mut |_, _| ControlFlow::Continue(()))?;
    }
    let dataset = Arc::new(scan(&dir, MAX_PIXELS, &mut |_| ControlFlow::Continue(()))?);
    let images = u32::try_from(dataset.len().min(1200))?;
    let chain = Arc::new(Chain::build(&tutorial_chain(None))?);
    let start = |instrument: bool, seed: u64| {
        Loader::start(LoaderJob {
            dataset: Arc::clone(&dataset),
            indices: (0..images).collect(),
            chain: Arc::clone(&chain),
            config: LoaderConfig { workers: 0, instrument, drop_last: true, ..LoaderConfig::default() },
            channels: dataset.channels(0),
            max_pixels: MAX_PIXELS,
            seed,
            order: trainscope::loader::EpochOrder::Shuffled,
            first_epoch: 1,
            first_batch: 0,
            epochs: u64::MAX / 2,
        })
    };
    let mut dice = Pcg64Mcg::seed_from_u64(1);
    let mut by_lot = || dice.next_u64() >> 63 == 1;
    let mut test = PairedTest::new(PairedTestSettings { max_blocks: u32::MAX, ..PairedTestSettings::default() });
    let mut image_us = Vec::new();
    for pair in 0..PAIRS {
        let with_first = by_lot();
        let mut loaders = [start(with_first, pair)?, start(!with_first, pair)?];
        let mut secs = [Vec::new(), Vec::new()];
        for _ in 0..BATCHES {
            let first = usize::from(by_lot());
            for at in [first, 1 - first] {
                let (Some(loader), Some(secs)) = (loaders.get_mut(at), secs.get_mut(at)) else { continue };
                let begun = ThreadTime::now();
                let batch = loader.next()?.ok_or("the loader has no more batches")?;
                secs.push(begun.elapsed().as_secs_f64());
                loader.recycle(batch);
            }
        }
        let [mut with, mut without] = secs;
        if !with_first {
            std::mem::swap(&mut with, &mut without);
        }
        // The usual batch: a neighbour's interrupts are nobody's cost.
        let (with, without) = (median(with), median(without));
        test.push((with / without).ln());
        image_us.push(1e6 * without / LoaderConfig::default().batch_size as f64);
    }
    let Some(estimate) = test.estimate() else { return Ok(()) };
    println!(
        "Stage times and the flight recorder cost {:.2} % ({:.2} to {:.2}) of {:.1} us an image, by {} pairs of loaders",
        100.0 * estimate.log_ratio.exp_m1(),
        100.0 * estimate.low.exp_m1(),
        100.0 * estimate.high.exp_m1(),
        median(image_us),
        estimate.blocks
    );
    Ok(())
}

/// Of all but the first tenth.
fn median(mut values: Vec<f64>) -> f64 {
    let mut values = values.split_off(values.len() / 10);
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
