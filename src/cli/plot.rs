//! `trainscope plot`: a PNG from a run's record, by the code that draws the window.

use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, at_path};
use crate::client::RunState;
use crate::config::hint;
use crate::plot::{PngOptions, Theme, catalogue, write_csv, write_png};
use crate::store::read_record;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Folders of runs, finished or running.
    #[arg(required = true, value_name = "RUNDIR")]
    runs: Vec<PathBuf>,
    /// What to draw; `all` draws every plot of the first run.
    #[arg(long, value_name = "NAME", default_value = "loss")]
    metric: String,
    /// The PNG to write.
    #[arg(long, value_name = "F.png")]
    out: PathBuf,
    /// Width in points.
    #[arg(long, default_value_t = 1600, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    width: u32,
    /// Height in points.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    height: u32,
    /// Pixels a point.
    #[arg(long, default_value_t = 2.0)]
    scale: f32,
    /// On dark ground.
    #[arg(long)]
    dark: bool,
    /// Write the points beside it as CSV.
    #[arg(long)]
    csv: bool,
}

pub(super) fn run(args: &PlotArgs) -> CommandResult {
    let mut states = Vec::new();
    for run in &args.runs {
        let recorded = read_record(run).map_err(|e| Failure::new(EXIT_DATA, e))?;
        if let Some(missing) = recorded.what_is_missing() {
            say!("{}", msg!("command-warning", message = at_path(&missing.into(), run)));
        }
        states.push(RunState::from_events(&recorded.events));
    }
    let Some(first) = states.first() else {
        return Err(Failure::new(EXIT_USAGE, msg!("command-no-run-named")));
    };
    let names = catalogue::metric_names();
    let plots = if args.metric == "all" {
        catalogue::metrics_of(first).filter_map(|(name, _)| catalogue::metric_plot(name, first)).collect()
    } else {
        let unknown = || {
            let near = hint(&args.metric, names.iter().copied());
            let known = names.join(", ");
            Failure::new(EXIT_USAGE, msg!("command-no-metric", name = &args.metric, near, known))
        };
        vec![catalogue::metric_plot_of_runs(&args.metric, &states).ok_or_else(unknown)?]
    };
    if !(0.25..=8.0).contains(&args.scale) {
        return Err(Failure::new(EXIT_USAGE, msg!("command-scale-expected", given = args.scale.to_string())));
    }
    let options = PngOptions {
        width: args.width,
        height: args.height,
        scale: args.scale,
        theme: if args.dark { Theme::Dark } else { Theme::Light },
        text: catalogue::png_text(first),
    };
    write_png(&args.out, &plots, &options).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    if args.csv {
        write_csv(&args.out.with_extension("csv"), &plots).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    }
    Ok(EXIT_OK)
}
