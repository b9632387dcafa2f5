//! `trainscope plot`: a PNG from a run's record, by the code that draws the window.

use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure};
use crate::client::RunState;
use crate::config::nearest;
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
            say!("warning: {missing}: {}", crate::console::show_path(run));
        }
        states.push(RunState::from_events(&recorded.events));
    }
    let Some(first) = states.first() else {
        return Err(Failure::new(EXIT_USAGE, "no run was named"));
    };
    let names = catalogue::metric_names();
    let plots = if args.metric == "all" {
        catalogue::metrics_of(first).filter_map(|(name, _)| catalogue::metric_plot(name, first)).collect()
    } else {
        let unknown = || {
            let near = nearest(&args.metric, names.iter().copied());
            let near = near.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            Failure::new(
                EXIT_USAGE,
                format!("no metric is called `{}`{near}; there is: all, {}", args.metric, names.join(", ")),
            )
        };
        vec![catalogue::metric_plot_of_runs(&args.metric, &states).ok_or_else(unknown)?]
    };
    if !(0.25..=8.0).contains(&args.scale) {
        return Err(Failure::new(EXIT_USAGE, format!("--scale {}: a number from 0.25 to 8", args.scale)));
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
