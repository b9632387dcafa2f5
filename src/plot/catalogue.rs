//! The plots of a run by name: what each shows, in which unit, and what it says where there is nothing to show.
//!
//! Points are borrowed from the run's `History`; only a machine of many cores makes new ones (mean and extremes).

use super::bisect::bisect_plot;
use super::{Band, Mark, Plot, PlotKind, Series};
use crate::client::{GpuHistory, History, RunState, Span};
use crate::protocol::{SpanKind, StepPhases};
use std::borrow::Cow;

/// Names for `--metric` and the window, with what they show.
pub const METRICS: &[(&str, &str)] = &[
    ("loss", "training and validation loss"),
    ("metrics", "validation accuracy and macro ROC AUC"),
    ("images_per_sec", "training speed in images a second"),
    ("data_wait", "share of each step spent waiting for data"),
    ("phases", "what a step's time is spent on, by phase"),
    ("stages", "what the loader's stages cost, by image"),
    ("queue", "full batches waiting for the trainer"),
    ("cpu", "CPU use by core"),
    ("memory", "memory in use"),
    ("gpu_util", "GPU utilisation"),
    ("gpu_memory", "GPU memory in use"),
    ("gpu_power", "GPU power draw"),
    ("gpu_temperature", "GPU temperature"),
    ("gpu_clocks", "GPU clocks"),
    ("gpu_pcie", "PCIe traffic of the GPU"),
    ("val", "validation loss"),
];

/// What the last bisect found; only of a run in which there was one, and not over time.
pub const BISECT: (&str, &str) = ("bisect", "what each transform costs, by the last bisect");

/// Palette slots of the step's phases, in the order of `StepPhases::NAMES`: waiting stands out, reading back recedes.
const PHASE_COLORS: [usize; 6] = [1, 4, 0, 5, 2, 7];
/// More cores than this are drawn as their mean, busiest and idlest.
const MOST_CORES: usize = 16;

/// All names there are, for a caller that looks for the nearest to a misspelt one.
pub fn metric_names() -> Vec<&'static str> {
    METRICS.iter().chain([&BISECT]).map(|(name, _)| *name).collect()
}

/// What there is of this run, with what it shows.
pub fn metrics_of(run: &RunState) -> impl Iterator<Item = (&'static str, &'static str)> {
    METRICS.iter().copied().chain(run.findings.bisect.is_some().then_some(BISECT))
}

/// What a picture keeps of the run it shows: the run's id, its device and its configuration as TOML.
pub fn png_text(run: &RunState) -> Vec<(String, String)> {
    let Some(started) = &run.started else { return Vec::new() };
    let mut text = vec![
        ("Run".to_owned(), started.run_id.clone()),
        ("Device".to_owned(), format!("{} ({})", started.device.name, started.device.driver)),
    ];
    // A configuration that TOML cannot say would not have been read from TOML; the picture does without it then.
    if let Ok(config) = toml::to_string(&started.config) {
        text.push(("Configuration".to_owned(), config));
    }
    text
}

/// One metric of several runs in one plot, each series under its run's name, each run with its own marks' names.
///
/// Stacked shares cannot lie over each other: there the first run is shown alone. `None` for an unknown name or no run.
pub fn metric_plot_of_runs<'a>(name: &str, runs: &'a [RunState]) -> Option<Plot<'a>> {
    let (first, rest) = runs.split_first()?;
    let mut whole = metric_plot(name, first)?;
    if rest.is_empty() {
        return Some(whole);
    }
    if whole.kind == PlotKind::StackedShare {
        whole.title = format!("{} of {}", whole.title, run_name(first, 0));
        return Some(whole);
    }
    let plots: Vec<Plot<'_>> = runs.iter().filter_map(|run| metric_plot(name, run)).collect();
    // The longest run decides between seconds, minutes and hours.
    let longest = plots.iter().max_by(|a, b| end_of(a).total_cmp(&end_of(b)));
    if let Some(longest) = longest {
        (whole.x_label, whole.x_unit, whole.x_range) = (longest.x_label.clone(), longest.x_unit, longest.x_range);
    }
    (whole.series, whole.marks, whole.bands) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (plot, run)) in plots.into_iter().zip(runs).enumerate() {
        let run_name = run_name(run, number);
        let alone = plot.series.len() == 1;
        for series in plot.series.into_iter().filter(|s| !s.points.is_empty()) {
            let name = if alone { run_name.clone() } else { format!("{run_name}: {}", series.name) };
            let color = whole.series.len();
            whole.series.push(Series { name, color, ..series });
        }
        let of_run = |label: &str| format!("{run_name}: {label}");
        whole.marks.extend(plot.marks.into_iter().map(|m| Mark { label: of_run(&m.label), ..m }));
        whole.bands.extend(plot.bands.into_iter().map(|b| Band { label: of_run(&b.label), ..b }));
    }
    whole.marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    Some(whole)
}

fn end_of(plot: &Plot<'_>) -> f64 {
    plot.x_range.map_or(0.0, |r| r[1])
}

fn run_name(run: &RunState, number: usize) -> String {
    run.started.as_ref().map_or_else(|| format!("run {}", number + 1), |s| s.run_id.clone())
}

/// The plot of that name; `None` for a name that there is not.
pub fn metric_plot<'a>(name: &str, run: &'a RunState) -> Option<Plot<'a>> {
    let plot = match name {
        name if name == BISECT.0 => return Some(bisect_plot(run.findings.bisect.as_ref())),
        "loss" => Plot {
            series: vec![line("training", &run.series.loss, 0), dots("validation", &run.series.val_loss, 1)],
            y_range: FROM_ZERO,
            ..titled("Loss", "cross-entropy")
        },
        "val" => Plot {
            series: vec![dots("validation loss", &run.series.val_loss, 1)],
            y_range: FROM_ZERO,
            note: Some(AFTER_EPOCH.to_owned()),
            ..titled("Validation loss", "cross-entropy")
        },
        "metrics" => Plot {
            series: vec![dots("accuracy", &run.series.val_accuracy, 0), dots("macro ROC AUC", &run.series.val_auc, 1)],
            y_range: Some([0.0, 1.0]),
            note: Some(AFTER_EPOCH.to_owned()),
            ..titled("Validation metrics", "0 to 1")
        },
        "images_per_sec" => Plot {
            series: vec![line("training", &run.series.images_per_sec, 0)],
            y_range: FROM_ZERO,
            ..titled("Images per second", "images/s")
        },
        "data_wait" => Plot {
            series: vec![line("waiting for data", &run.series.data_wait_frac, PHASE_COLORS[0])],
            y_range: Some([0.0, 1.0]),
            y_unit: 0.01,
            ..titled("Data wait", "% of step")
        },
        "phases" => phases(run),
        "stages" => Plot {
            series: run.series.stage_us.iter().enumerate().map(|(i, (name, h))| line(name, h, i)).collect(),
            y_range: FROM_ZERO,
            ..titled("Loader stages", "µs/image")
        },
        "queue" => Plot {
            series: vec![line("batches ready", &run.series.queue_len, 2)],
            y_range: Some([0.0, run.findings.stages.as_ref().map_or(0.0, |s| s.queue_capacity as f64)]),
            ..titled("Loader queue", "batches")
        },
        "cpu" => Plot { series: cores(run), y_range: PERCENT, ..titled("CPU use by core", "%") },
        "memory" => Plot {
            series: vec![
                line("whole machine", &run.hardware.memory_used_bytes, 0),
                line("training engine", &run.hardware.engine_memory_bytes, 1),
            ],
            y_range: FROM_ZERO,
            y_unit: 1e9,
            ..titled("Memory", "GB")
        },
        "gpu_util" => {
            Plot { y_range: PERCENT, ..gpu(run, titled("GPU utilisation", "%"), &[("", |g| &g.utilization_percent)]) }
        }
        "gpu_memory" => Plot { y_unit: 1e9, ..gpu(run, titled("GPU memory", "GB"), &[("", |g| &g.memory_used_bytes)]) },
        "gpu_power" => gpu(run, titled("GPU power", "W"), &[("", |g| &g.power_watts)]),
        "gpu_temperature" => {
            Plot { y_range: None, ..gpu(run, titled("GPU temperature", "°C"), &[("", |g| &g.temperature_celsius)]) }
        }
        "gpu_clocks" => {
            gpu(run, titled("GPU clocks", "MHz"), &[("SM", |g| &g.sm_clock_mhz), ("memory", |g| &g.memory_clock_mhz)])
        }
        "gpu_pcie" => Plot {
            y_unit: 1e6,
            ..gpu(
                run,
                titled("PCIe traffic", "MB/s"),
                &[("to the GPU", |g| &g.pcie_rx_bytes_per_sec), ("from the GPU", |g| &g.pcie_tx_bytes_per_sec)],
            )
        },
        _ => return None,
    };
    Some(over_time(plot, run))
}

const FROM_ZERO: Option<[f64; 2]> = Some([0.0, 0.0]);
const PERCENT: Option<[f64; 2]> = Some([0.0, 100.0]);
const AFTER_EPOCH: &str = "waiting for the first validation, at the end of an epoch";

fn titled(title: &str, y_label: &str) -> Plot<'static> {
    Plot { title: title.to_owned(), y_label: y_label.to_owned(), ..Plot::default() }
}

fn line<'a>(name: &str, history: &'a History, color: usize) -> Series<'a> {
    Series { name: name.to_owned(), points: Cow::Borrowed(history.points()), color, dots: false }
}

fn dots<'a>(name: &str, history: &'a History, color: usize) -> Series<'a> {
    Series { dots: true, ..line(name, history, color) }
}

/// Palette slots: a bisect is something to look at, a pause recedes.
fn band_color(kind: SpanKind) -> usize {
    match kind {
        SpanKind::Bisect => 3,
        SpanKind::Paused => 7,
        SpanKind::Diverged => 1,
    }
}

/// The x axis, the marks and the bands that all plots of a run share.
fn over_time<'a>(mut plot: Plot<'a>, run: &RunState) -> Plot<'a> {
    let telemetry = run.hardware.telemetry.as_ref().map_or(0.0, |t| t.secs);
    let end = run.now.secs.max(telemetry).max(run.epochs.last().map_or(0.0, |e| e.secs));
    (plot.x_label, plot.x_unit) = match end {
        e if e < 600.0 => ("time (s)".to_owned(), 1.0),
        e if e < 4.0 * 3600.0 => ("time (min)".to_owned(), 60.0),
        _ => ("time (h)".to_owned(), 3600.0),
    };
    plot.x_range = (end > 0.0).then_some([0.0, end]);
    plot.marks = run.marks.iter().map(|m| Mark { x: m.secs, label: m.label.to_string() }).collect();
    let band = |span: &Span| Band {
        x: [span.from_secs, span.to_secs.unwrap_or(end).max(span.from_secs)],
        label: span.kind.name().to_string(),
        color: band_color(span.kind),
    };
    plot.bands = run.spans.list().iter().map(band).collect();
    plot
}

fn phases(run: &RunState) -> Plot<'_> {
    let parts = run.series.phase_shares.iter().zip(StepPhases::NAMES).zip(PHASE_COLORS);
    Plot {
        kind: PlotKind::StackedShare,
        series: parts.map(|((history, name), color)| line(name, history, color)).collect(),
        note: Some("waiting for a step that was timed phase by phase".to_owned()),
        ..titled("Phases of a step", "% of step")
    }
}

fn cores(run: &RunState) -> Vec<Series<'_>> {
    let cores = &run.hardware.cpu_percent;
    if cores.len() <= MOST_CORES {
        return cores.iter().enumerate().map(|(i, h)| line(&format!("core {i}"), h, i)).collect();
    }
    // All cores are read at the same moments; a core that appeared later is left out of the start by `zip`'s end.
    let length = cores.iter().map(|c| c.points().len()).min().unwrap_or(0);
    let mut rows = [Vec::with_capacity(length), Vec::with_capacity(length), Vec::with_capacity(length)];
    for i in 0..length {
        let (mut sum, mut count, mut low, mut high) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for y in cores.iter().map(|c| c.points()[i][1]).filter(|y| y.is_finite()) {
            sum += y;
            count += 1.0;
            low = low.min(y);
            high = high.max(y);
        }
        let x = cores[0].points()[i][0];
        let values = if count > 0.0 { [sum / count, high, low] } else { [f64::NAN; 3] };
        for (row, y) in rows.iter_mut().zip(values) {
            row.push([x, y]);
        }
    }
    let names = [format!("mean of {} cores", cores.len()), "busiest core".to_owned(), "idlest core".to_owned()];
    names
        .into_iter()
        .zip(rows)
        .enumerate()
        .map(|(color, (name, points))| Series { name, points: Cow::Owned(points), color, dots: false })
        .collect()
}

type Reading = (&'static str, fn(&GpuHistory) -> &History);

/// A GPU plot from zero, one series for each GPU and reading.
fn gpu<'a>(run: &'a RunState, plot: Plot<'a>, readings: &[Reading]) -> Plot<'a> {
    let several = run.hardware.gpus.len() > 1;
    let mut series = Vec::new();
    for (number, gpu) in run.hardware.gpus.iter().enumerate() {
        for (what, history) in readings {
            let name = match (several, *what) {
                (true, "") => format!("{number}: {}", gpu.name),
                (true, what) => format!("{number}: {what}"),
                (false, "") => gpu.name.clone(),
                (false, what) => what.to_owned(),
            };
            let color = series.len();
            series.push(Series { name, ..dotless(history(gpu), color) });
        }
    }
    let note = match &run.hardware.telemetry {
        None => None,
        Some(t) if run.hardware.gpus.is_empty() => Some(format!(
            "N/A: {}",
            t.gpu_note.clone().unwrap_or_else(|| "no GPU with readable sensors was found".into())
        )),
        Some(_) => Some("N/A: the driver gives no such reading".to_owned()),
    };
    Plot { series, note, y_range: FROM_ZERO, ..plot }
}

fn dotless(history: &History, color: usize) -> Series<'_> {
    line("", history, color)
}
