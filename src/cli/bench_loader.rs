//! `trainscope bench-loader`: the loader alone, without a device.

use super::loader_alone::LoaderAlone;
use super::progress::ProgressLine;
use super::{CommandResult, ConfigArgs, EXIT_DATA, EXIT_OK, Failure, print_json};
use crate::language::{Arg, sides};
use crate::loader::bench;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Seconds for each number at most; 0 is as long as it takes.
    #[arg(long, default_value_t = 20.0)]
    secs: f64,
    #[command(flatten)]
    config: ConfigArgs,
    /// One JSON object a line for each number of workers.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &BenchLoaderArgs) -> CommandResult {
    let LoaderAlone { mut job, shape: [c, h, w] } = LoaderAlone::read(&args.data, &args.config)?;
    let images = if args.images == 0 { job.indices.len() as u64 } else { args.images };
    job.epochs = images.div_ceil(job.indices.len() as u64).max(1) + 1;
    let most = (args.secs > 0.0).then(|| Duration::try_from_secs_f64(args.secs).unwrap_or(Duration::MAX));
    for &workers in &args.workers {
        let mut line = ProgressLine::logged();
        let mut progress = |loaded: u64| line.show(|| tr!("command-bench-progress", workers, loaded, total = images));
        let result = bench(&job, workers, images, most, &mut progress).map_err(|e| Failure::new(EXIT_DATA, e));
        line.clear();
        let result = result?;
        if args.json {
            print_json(&json!({
                "type": "bench", "workers": workers, "images": result.images,
                "images_per_sec": result.images_per_sec, "first_batch_secs": result.first_batch_secs,
                "stages": result.stages.iter().map(|s| json!({
                    "name": s.stage, "wall_us": s.wall_us, "cpu_us": s.cpu_us,
                })).collect::<Vec<_>>(),
                "failures": result.failures,
                "later_images_per_sec": result.later_images_per_sec, "cache": result.cache,
            }));
        } else {
            let (rate, size) = (Arg::number(result.images_per_sec, 0), sides(&[c, h, w]));
            let first_ms = Arg::number(result.first_batch_secs * 1e3, 1);
            print_line!("{}", msg!("command-bench-workers", workers, rate, size, first_ms));
            if let Some(later) = result.later_images_per_sec {
                print_line!("  {}", msg!("command-bench-later", rate = Arg::number(later, 0)));
            }
            if let Some(cache) = &result.cache {
                print_line!("  {}", msg!("command-bench-cache", count = cache.kept, mib = cache.bytes >> 20));
                if let Some(trouble) = &cache.trouble {
                    print_line!("  {}", msg!("command-bench-cache-trouble", trouble));
                }
            }
            for stage in &result.stages {
                let [wall, cpu] = [stage.wall_us, stage.cpu_us].map(|us| format!("{us:8.2}"));
                let name = format!("{:<24}", stage.stage.name());
                print_line!("  {}", msg!("command-bench-stage", name, wall, cpu));
            }
            if result.failures > 0 {
                print_line!("  {}", msg!("command-bench-failures", count = result.failures));
            }
        }
    }
    Ok(EXIT_OK)
}
