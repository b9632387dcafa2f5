//! `trainscope bench-loader`: the loader alone, without a device.

use super::{CommandResult, ConfigArgs, EXIT_DATA, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::data::scan;
use crate::engine::{complete_chain, sample_shape};
use crate::loader::{LoaderJob, bench};
use crate::transform::Chain;
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
pub struct BenchLoaderArgs {
    /// The dataset's folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Numbers of workers to measure, in this order.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2")]
    workers: Vec<usize>,
    /// Images to load for each number; 0 is one pass over all.
    #[arg(long, default_value_t = 20_000)]
    images: u64,
    #[command(flatten)]
    config: ConfigArgs,
    /// One JSON object a line for each number of workers.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BenchLoaderArgs) -> CommandResult {
    let config = args.config.read()?;
    let data = |e: &dyn std::fmt::Display| Failure::new(EXIT_DATA, e);
    let dataset = scan(&args.data, config.data.max_pixels, &mut |_| ControlFlow::Continue(())).map_err(|e| data(&e))?;
    if dataset.is_empty() {
        return Err(data(&format!("there is no image to load: {}", args.data.display())));
    }
    let config = complete_chain(config, &dataset);
    let chain = Arc::new(Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, e))?);
    let channels = dataset.channels(config.data.channels);
    let indices: Arc<[u32]> = (0..dataset.len() as u32).collect();
    let [c, h, w] = sample_shape(&dataset, &indices, &chain, channels, config.data.max_pixels).map_err(|e| data(&e))?;
    let images = if args.images == 0 { dataset.len() as u64 } else { args.images };
    let dataset = Arc::new(dataset);
    for &workers in &args.workers {
        let mut loader = config.loader.clone();
        loader.workers = workers;
        let job = LoaderJob {
            dataset: Arc::clone(&dataset),
            indices: Arc::clone(&indices),
            chain: Arc::clone(&chain),
            config: loader,
            channels,
            max_pixels: config.data.max_pixels,
            seed: config.train.seed,
            shuffle: true,
            first_epoch: 1,
            first_batch: 0,
            epochs: images.div_ceil(indices.len() as u64).max(1) + 1,
        };
        let result = bench(&job, workers, images).map_err(|e| data(&e))?;
        if args.json {
            print_json(&json!({
                "type": "bench", "workers": workers, "images": result.images,
                "images_per_sec": result.images_per_sec, "first_batch_secs": result.first_batch_secs,
                "stages": result.stages.iter().map(|s| json!({
                    "name": s.name, "wall_us": s.wall_us, "cpu_us": s.cpu_us,
                })).collect::<Vec<_>>(),
                "failures": result.failures,
                "later_images_per_sec": result.later_images_per_sec, "cache": result.cache,
            }));
        } else {
            println!(
                "{workers} workers: {:.0} images/s of {c} x {h} x {w}, first batch after {:.1} ms",
                result.images_per_sec,
                result.first_batch_secs * 1e3
            );
            if let Some(later) = result.later_images_per_sec {
                println!("  {later:.0} images/s after the first pass");
            }
            if let Some(cache) = &result.cache {
                println!("  cache: {} images kept in {} MiB", cache.kept, cache.bytes >> 20);
                if let Some(trouble) = &cache.trouble {
                    println!("  cache: {trouble}");
                }
            }
            for stage in &result.stages {
                println!("  {:<24} {:8.2} us wall {:8.2} us CPU an image", stage.name, stage.wall_us, stage.cpu_us);
            }
            if result.failures > 0 {
                println!("  {} images could not be loaded", result.failures);
            }
        }
    }
    Ok(EXIT_OK)
}
