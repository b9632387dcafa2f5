//! `trainscope bench-loader`: the loader alone, without a device.

use super::loader_alone::LoaderAlone;
use super::{CommandResult, ConfigArgs, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::loader::bench;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

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
    let LoaderAlone { mut job, shape: [c, h, w] } = LoaderAlone::read(&args.data, &args.config)?;
    let images = if args.images == 0 { job.dataset.len() as u64 } else { args.images };
    job.epochs = images.div_ceil(job.indices.len() as u64).max(1) + 1;
    for &workers in &args.workers {
        let result = bench(&job, workers, images).map_err(|e| Failure::new(EXIT_DATA, e))?;
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
            print_line!(
                "{workers} workers: {:.0} images/s of {c} x {h} x {w}, first batch after {:.1} ms",
                result.images_per_sec,
                result.first_batch_secs * 1e3
            );
            if let Some(later) = result.later_images_per_sec {
                print_line!("  {later:.0} images/s after the first pass");
            }
            if let Some(cache) = &result.cache {
                print_line!("  cache: {} images kept in {} MiB", cache.kept, cache.bytes >> 20);
                if let Some(trouble) = &cache.trouble {
                    print_line!("  cache: {trouble}");
                }
            }
            for stage in &result.stages {
                print_line!("  {:<24} {:8.2} us wall {:8.2} us CPU an image", stage.name, stage.wall_us, stage.cpu_us);
            }
            if result.failures > 0 {
                print_line!("  {} images could not be loaded", result.failures);
            }
        }
    }
    Ok(EXIT_OK)
}
