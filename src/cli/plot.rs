//! `trainscope plot`: pictures from runs' records, by the code that draws the window.

use super::outcome::{refuse_existing, say_written, unread};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, at_path};
use crate::client::RunState;
use crate::config::hint;
use crate::console::show_path;
use crate::plot::{Plot, PlotError, PlotView, PngOptions, Theme, XAxis, catalogue, write_csv, write_png, write_svg};
use crate::store::read_record;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Of a picture whose size is given, where nothing is said of its resolution.
const DEFAULT_DPI: f64 = 192.0;

#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Folders of runs, finished or running; several are drawn over each other.
    #[arg(required = true, value_name = "RUNDIR")]
    runs: Vec<PathBuf>,
    /// What to draw; several with commas between them; `all` draws every plot there is something to show in.
    #[arg(long, value_name = "NAME", default_value = "loss")]
    metric: String,
    /// The picture to write: a PNG, or an SVG by its name's ending.
    #[arg(long, value_name = "F.png|F.svg")]
    out: PathBuf,
    /// The picture's size: pixels as 1600x900, or inches as 6x4in; in place of width, height and scale.
    #[arg(long, value_name = "WxH[in]", conflicts_with_all = ["width", "height", "scale"])]
    size: Option<String>,
    /// Pixels to the inch of a picture whose size is given: more make type and lines larger in pixels.
    #[arg(long, requires = "size", default_value_t = DEFAULT_DPI)]
    dpi: f64,
    /// Width in points.
    #[arg(long, default_value_t = 1600, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    width: u32,
    /// Height in points.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u32).range(100..=10_000))]
    height: u32,
    /// Pixels a point.
    #[arg(long, default_value_t = 2.0)]
    scale: f32,
    /// On light or dark ground.
    #[arg(long, value_enum, default_value_t = Ground::Light)]
    theme: Ground,
    /// As --theme dark.
    #[arg(long, conflicts_with = "theme")]
    dark: bool,
    /// Without a background of its own.
    #[arg(long)]
    transparent: bool,
    /// y by its logarithm.
    #[arg(long)]
    log: bool,
    /// How much of a smoothed point is what came before it, 0 to below 1; what it is made of is drawn faintly behind it.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    smooth: f64,
    /// What to draw over.
    #[arg(long, value_enum, default_value_t = Axis::Time)]
    x: Axis,
    /// Without the line that names runs, dataset and day.
    #[arg(long)]
    no_caption: bool,
    /// Write the points beside it as CSV.
    #[arg(long)]
    csv: bool,
    /// Write over files that are there.
    #[arg(long)]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ground {
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Axis {
    Step,
    Epoch,
    Time,
}

pub(super) fn run(args: &PlotArgs) -> CommandResult {
    let write = writer_of(&args.out)?;
    let csv = args.csv.then(|| args.out.with_extension("csv"));
    // Neither is written where the other one cannot be.
    for out in [&args.out].into_iter().chain(&csv) {
        refuse_existing(out, args.overwrite)?;
    }
    let states = args.runs.iter().map(|run| read(run)).collect::<Result<Vec<_>, _>>()?;
    let runs: Vec<&RunState> = states.iter().collect();
    let Some(first) = runs.first() else {
        return Err(Failure::new(EXIT_USAGE, msg!("command-no-run-named")));
    };
    let view = view(args)?;
    let options = options(args, &runs)?;
    let plots = plots(&args.metric, &runs, first, &view)?;
    write(&args.out, &plots, &options).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    say_written(&args.out);
    if let Some(csv) = csv {
        write_csv(&csv, &plots).map_err(|e| Failure::new(EXIT_OTHER, e))?;
        say_written(&csv);
    }
    Ok(EXIT_OK)
}

type WritePicture = fn(&Path, &[Plot<'_>], &PngOptions) -> Result<(), PlotError>;

/// What writes a picture of that name: its ending says which kind, and of others there is none.
pub(super) fn writer_of(out: &Path) -> Result<WritePicture, Failure> {
    match out.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("png") => Ok(write_png),
        Some(ending) if ending.eq_ignore_ascii_case("svg") => Ok(write_svg),
        _ => Err(Failure::new(EXIT_USAGE, msg!("command-picture-ending", path = show_path(out)))),
    }
}

/// A run from its record.
fn read(run: &Path) -> Result<RunState, Failure> {
    let (events, missing) = read_record(run).map_err(unread)?;
    if let Some(missing) = missing {
        say!("{}", msg!("command-warning", message = at_path(&missing, run)));
    }
    Ok(RunState::from_events(&events))
}

fn view(args: &PlotArgs) -> Result<PlotView, Failure> {
    if !(0.0..1.0).contains(&args.smooth) {
        return Err(Failure::new(EXIT_USAGE, msg!("plot-command-smooth", smooth = args.smooth.to_string())));
    }
    let x = match args.x {
        Axis::Time => XAxis::Time,
        Axis::Step => XAxis::Step,
        Axis::Epoch => XAxis::Epoch,
    };
    Ok(PlotView { x, log: args.log, smooth: args.smooth })
}

fn options(args: &PlotArgs, runs: &[&RunState]) -> Result<PngOptions, Failure> {
    if !(0.25..=8.0).contains(&args.scale) {
        return Err(Failure::new(EXIT_USAGE, msg!("command-scale-expected", given = args.scale.to_string())));
    }
    if !(24.0..=1200.0).contains(&args.dpi) {
        return Err(Failure::new(EXIT_USAGE, msg!("plot-command-dpi", dpi = args.dpi.to_string())));
    }
    let dark = args.dark || args.theme == Ground::Dark;
    let options = PngOptions {
        width: args.width,
        height: args.height,
        scale: args.scale,
        theme: if dark { Theme::Dark } else { Theme::Light },
        transparent: args.transparent,
        caption: if args.no_caption { String::new() } else { catalogue::caption(runs, SystemTime::now()) },
        text: runs.first().map(|run| catalogue::png_text(run)).unwrap_or_default(),
    };
    let Some(size) = &args.size else { return Ok(options) };
    let (figures, inches) = size.strip_suffix("in").map_or((size.as_str(), false), |figures| (figures, true));
    let parsed = figures.split_once(['x', 'X', '×']).and_then(|(width, height)| {
        let side = |text: &str| text.trim().parse::<f64>().ok().filter(|side| *side > 0.0);
        Some([side(width)?, side(height)?])
    });
    match parsed {
        Some(size) if inches => Ok(options.with_inches(size, args.dpi)),
        Some(size) => Ok(options.with_pixels(size, args.dpi)),
        None => Err(Failure::new(EXIT_USAGE, msg!("plot-command-size", size))),
    }
}

/// The plots that were asked for and have something to show.
fn plots<'a>(
    wanted: &str,
    runs: &[&'a RunState],
    first: &'a RunState,
    view: &PlotView,
) -> Result<Vec<Plot<'a>>, Failure> {
    let known = catalogue::metric_names();
    let names: Vec<&str> = match wanted {
        "all" => catalogue::metrics_of(first).collect(),
        list => list.split(',').map(str::trim).collect(),
    };
    let mut plots = Vec::new();
    let mut empty = Vec::new();
    for name in names {
        let Some(plot) = catalogue::metric_plot_of_runs(name, runs, view) else {
            let near = hint(name, known.iter().copied());
            let known = known.join(", ");
            return Err(Failure::new(EXIT_USAGE, msg!("command-no-metric", name, near, known)));
        };
        if plot.has_data() {
            plots.push(plot);
        } else {
            empty.push(name);
        }
    }
    let names = empty.join(", ");
    if plots.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("plot-command-empty", names)));
    }
    if !empty.is_empty() && wanted != "all" {
        say!("{}", tr!("plot-command-left-out", names));
    }
    Ok(plots)
}
