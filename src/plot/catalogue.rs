//! The plots of a run by name: what each shows, in which unit, and what it says where there is nothing to show.
//!
//! Points are borrowed from the run's `History`; only a machine of many cores makes new ones (mean and extremes).

use super::bisect::bisect_plot;
use super::decimate::extent;
use super::description::{MarkedRun, Moment, MomentKind, Scale};
use super::palette::{PALETTE_SLOTS, PHASE_COLORS, stage_slot};
use super::{Band, Mark, Plot, PlotKind, Series};
use crate::client::{GpuHistory, History, RunState, Span, TurnKind};
use crate::language::Message;
use crate::protocol::{RunPhase, SpanKind, StepPhases, stage_words};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Names for `--metric` and the window.
pub const METRICS: &[&str] = &[
    "loss",
    "metrics",
    "images_per_sec",
    "data_wait",
    "phases",
    "stages",
    "queue",
    "cpu",
    "memory",
    "gpu_util",
    "gpu_memory",
    "gpu_power",
    "gpu_temperature",
    "gpu_clocks",
    "gpu_pcie",
    "val",
];

/// What the last bisect found; only of a run in which there was one, and not over time.
pub const BISECT: &str = "bisect";

/// More cores than this are drawn as their mean, busiest and idlest.
const MOST_CORES: usize = 16;

/// Of the run's time: shorter validations would be a curtain of bands ...
const SHORTEST_VALIDATION: f64 = 0.01;
/// ... but where the longest is shaded, so are those that come near it: this share of its time.
const LIKE_THE_LONGEST: f64 = 0.25;

/// How plots of a run are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotView {
    pub x: XAxis,
    /// See [`Plot::y_log`]; what lies between two known ends, as shares do, stays as it is.
    pub log: bool,
    /// See [`Plot::smooth`].
    pub smooth: f64,
}

/// What a run's curves are drawn over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XAxis {
    #[default]
    Time,
    Step,
    Epoch,
}

impl XAxis {
    pub const ALL: [Self; 3] = [Self::Time, Self::Step, Self::Epoch];

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Step => "step",
            Self::Epoch => "epoch",
        }
    }
}

/// All names there are, for a caller that looks for the nearest to a misspelt one.
pub fn metric_names() -> Vec<&'static str> {
    METRICS.iter().copied().chain([BISECT]).collect()
}

/// What there is of this run.
pub fn metrics_of(run: &RunState) -> impl Iterator<Item = &'static str> {
    METRICS.iter().copied().chain(run.findings.bisect.is_some().then_some(BISECT))
}

/// What a metric shows, in a line.
pub fn metric_doc(name: &str) -> Message {
    msg!("plot-metric-doc", name)
}

/// A metric's heading.
pub fn metric_title(name: &str) -> Message {
    msg!("plot-metric-title", name)
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

/// What stands below a picture of these runs: which they are, their dataset and the day.
pub fn caption(runs: &[&RunState], now: std::time::SystemTime) -> String {
    let names: Vec<String> = runs.iter().enumerate().map(|(number, run)| run_name(run, number)).collect();
    let started = runs.iter().find_map(|run| run.started.as_ref());
    let dataset = started.and_then(|started| started.config.data.dir.as_ref()?.file_name());
    let dataset = dataset.map_or_else(|| "N/A".to_owned(), |name| name.to_string_lossy().into_owned());
    let model = started.map_or_else(String::new, |started| started.config.model.name.clone());
    let device = started.map_or_else(String::new, |started| started.device.name.clone());
    let date = crate::client::dirs::date(now);
    tr!("plot-caption", runs = names.join(", "), dataset, model, device, date)
}

/// One metric of several runs in one plot, each series under its run's name. A run has one colour in all plots, and all that happened
/// in it has it too; its series are told apart by how their lines are broken.
///
/// Stacked shares cannot lie over each other: there the first run is shown alone. `None` for an unknown name or no run.
pub fn metric_plot_of_runs<'a>(name: &str, runs: &[&'a RunState], view: &PlotView) -> Option<Plot<'a>> {
    let (first, rest) = runs.split_first()?;
    let mut whole = metric_plot(name, first, view)?;
    if rest.is_empty() {
        return Some(whole);
    }
    if whole.kind == PlotKind::StackedShare || name == BISECT {
        whole.title = tr!("plot-title-of-run", title = whole.title, run = run_name(first, 0));
        return Some(whole);
    }
    let plots: Vec<Plot<'_>> = runs.iter().filter_map(|run| metric_plot(name, run, view)).collect();
    // The longest run decides between seconds, minutes and hours.
    let longest = plots.iter().max_by(|a, b| end_of(a).total_cmp(&end_of(b)));
    if let Some(longest) = longest {
        (whole.x_label, whole.x_unit, whole.x_range) = (longest.x_label.clone(), longest.x_unit, longest.x_range);
    }
    // As far as runs are not in the same unit of y, the coarsest.
    if let Some(coarsest) = plots.iter().max_by(|a, b| a.y_unit.total_cmp(&b.y_unit)) {
        (whole.y_label, whole.y_unit) = (coarsest.y_label.clone(), coarsest.y_unit);
    }
    (whole.series, whole.marks, whole.bands, whole.moments) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, (plot, run)) in plots.into_iter().zip(runs).enumerate() {
        let run_name = run_name(run, number);
        let alone = plot.series.len() == 1;
        for (place, series) in plot.series.into_iter().enumerate().filter(|(_, s)| !s.points.is_empty()) {
            let name = if alone { run_name.clone() } else { tr!("plot-of-run", run = &run_name, name = &series.name) };
            let color = number + PALETTE_SLOTS * place;
            whole.series.push(Series { name, color, ..series });
        }
        let of_run = |label: &str| tr!("plot-of-run", run = &run_name, name = label);
        // A run's name takes the room that there is for a mark's: the colour says whose it is.
        let marked = MarkedRun { name: run_name.clone(), color: number };
        whole.marks.extend(plot.marks.into_iter().map(|m| Mark { run: Some(marked.clone()), ..m }));
        let color = number;
        let moment = |m: Moment| Moment { label: of_run(&m.label), color: Some(color), ..m };
        whole.moments.extend(plot.moments.into_iter().map(moment));
        whole.bands.extend(plot.bands.into_iter().map(|b| Band { label: of_run(&b.label), color, ..b }));
    }
    whole.marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    Some(whole)
}

fn end_of(plot: &Plot<'_>) -> f64 {
    plot.x_range.map_or(0.0, |r| r[1])
}

fn run_name(run: &RunState, number: usize) -> String {
    run.started.as_ref().map_or_else(|| tr!("plot-run-number", number = number + 1), |s| s.run_id.clone())
}

/// The plot of that name; `None` for a name that there is not.
pub fn metric_plot<'a>(name: &str, run: &'a RunState, view: &PlotView) -> Option<Plot<'a>> {
    let titled = |y_label: String| Plot { title: metric_title(name).to_string(), y_label, ..Plot::default() };
    let plot = match name {
        BISECT => return Some(bisect_plot(run.findings.bisect.as_ref())),
        "loss" => Plot {
            series: vec![
                Series { counts_gaps: true, ..of_steps(tr!("plot-training"), &run.series.loss, run, 0) },
                dots(tr!("plot-validation"), &run.series.val_loss, 1),
            ],
            y_range: FROM_ZERO,
            ..titled(tr!("plot-y-loss"))
        },
        "val" => Plot {
            series: vec![dots(tr!("plot-validation-loss"), &run.series.val_loss, 1)],
            y_range: FROM_ZERO,
            note: Some(tr!("plot-after-epoch")),
            ..titled(tr!("plot-y-loss"))
        },
        "metrics" => Plot {
            series: vec![
                dots(tr!("plot-accuracy"), &run.series.val_accuracy, 0),
                dots(tr!("plot-auc"), &run.series.val_auc, 1),
            ],
            y_range: Some([0.0, 1.0]),
            note: Some(tr!("plot-after-epoch")),
            ..titled(tr!("plot-y-share"))
        },
        "images_per_sec" => Plot {
            series: vec![of_steps(tr!("plot-training"), &run.series.images_per_sec, run, 0)],
            y_range: FROM_ZERO,
            ..titled(tr!("plot-y-rate"))
        },
        "data_wait" => Plot {
            series: vec![of_steps(tr!("plot-waiting-for-data"), &run.series.data_wait_frac, run, PHASE_COLORS[0])],
            y_range: Some([0.0, 1.0]),
            y_unit: 0.01,
            ..titled(tr!("plot-y-share-of-step"))
        },
        "phases" => phases(run, titled(tr!("plot-y-share-of-step"))),
        "stages" => stages(run, titled(String::new())),
        "queue" => Plot {
            series: vec![of_steps(tr!("plot-batches-ready"), &run.series.queue_len, run, 2)],
            y_range: Some([0.0, run.findings.stages.as_ref().map_or(0.0, |s| s.queue_capacity as f64)]),
            ..titled(tr!("plot-y-batches"))
        },
        "cpu" => Plot { series: cores(run), y_range: PERCENT, ..titled("%".to_owned()) },
        "memory" => Plot {
            series: vec![
                line(tr!("plot-whole-machine"), &run.hardware.memory_used_bytes, 0),
                line(tr!("plot-engine"), &run.hardware.engine_memory_bytes, 1),
            ],
            y_range: FROM_ZERO,
            y_unit: GIB,
            ..titled("GiB".to_owned())
        },
        "gpu_util" => {
            Plot { y_range: PERCENT, ..gpu(run, titled("%".to_owned()), vec![(None, |g| &g.utilization_percent)]) }
        }
        "gpu_memory" => {
            Plot { y_unit: GIB, ..gpu(run, titled("GiB".to_owned()), vec![(None, |g| &g.memory_used_bytes)]) }
        }
        "gpu_power" => gpu(run, titled("W".to_owned()), vec![(None, |g| &g.power_watts)]),
        "gpu_temperature" => {
            Plot { y_range: None, ..gpu(run, titled("°C".to_owned()), vec![(None, |g| &g.temperature_celsius)]) }
        }
        "gpu_clocks" => {
            let readings: Vec<Reading> = vec![
                (Some(tr!("plot-clock-sm")), |g| &g.sm_clock_mhz),
                (Some(tr!("plot-clock-memory")), |g| &g.memory_clock_mhz),
            ];
            gpu(run, titled("MHz".to_owned()), readings)
        }
        "gpu_pcie" => {
            let readings: Vec<Reading> = vec![
                (Some(tr!("plot-pcie-to")), |g| &g.pcie_rx_bytes_per_sec),
                (Some(tr!("plot-pcie-from")), |g| &g.pcie_tx_bytes_per_sec),
            ];
            Plot { y_unit: 1e6, ..gpu(run, titled("MB/s".to_owned()), readings) }
        }
        _ => return None,
    };
    Some(viewed(over_time(plot, run), run, view))
}

const FROM_ZERO: Option<[f64; 2]> = Some([0.0, 0.0]);
const PERCENT: Option<[f64; 2]> = Some([0.0, 100.0]);
/// Memory is counted in these everywhere.
const GIB: f64 = (1u64 << 30) as f64;

fn line(name: String, history: &History, color: usize) -> Series<'_> {
    let points = Cow::Borrowed(history.points());
    Series { name, points, summary: Some(history.summary()), color, ..Series::default() }
}

/// Of what is measured at steps alone.
fn of_steps<'a>(name: String, history: &'a History, run: &'a RunState, color: usize) -> Series<'a> {
    Series { unmeasured: &run.series.unmeasured, ..line(name, history, color) }
}

fn dots(name: String, history: &History, color: usize) -> Series<'_> {
    Series { dots: true, counts_gaps: true, ..line(name, history, color) }
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
    let end = end_secs(run);
    (plot.x_label, plot.x_unit) = match end {
        e if e < 600.0 => (tr!("plot-x-secs"), 1.0),
        e if e < 4.0 * 3600.0 => (tr!("plot-x-minutes"), 60.0),
        _ => (tr!("plot-x-hours"), 3600.0),
    };
    plot.x_range = (end > 0.0).then_some([0.0, end]);
    plot.marks = run.marks.iter().map(|m| Mark { x: m.secs, label: m.label.to_string(), run: None }).collect();
    let band = |span: &Span| Band {
        x: [span.from_secs, span.to_secs.unwrap_or(end).max(span.from_secs)],
        label: span.kind.name().to_string(),
        color: band_color(span.kind),
    };
    plot.bands = run.spans.list().iter().map(band).chain(validations(run, end)).collect();
    let epochs = run.epochs.iter().map(|e| {
        let kind = if e.best { MomentKind::Best } else { MomentKind::Epoch };
        let label = if e.best { tr!("plot-epoch-best", epoch = e.epoch) } else { tr!("plot-epoch", epoch = e.epoch) };
        Moment { x: e.secs, kind, label, color: None }
    });
    let turns = run.turns.iter().map(|turn| {
        let (kind, label) = (MomentKind::Turn, turn_label(turn.kind));
        Moment { x: turn.secs, kind, label, color: None }
    });
    plot.moments = epochs.chain(turns).collect();
    plot
}

/// Validations as bands, and the one under way; none where steps went on at once.
fn validations(run: &RunState, end: f64) -> Vec<Band> {
    let epochs = run.epochs.iter().filter(|epoch| epoch.val_loss.is_some()).map(|epoch| epoch.secs);
    let within = run.validations.iter().map(|validation| validation.secs);
    let under_way = (run.phase == Some(RunPhase::Validating)).then_some(end);
    let stretch = |ended: f64| {
        // The step after it may have begun at once.
        let after = run.series.unmeasured.partition_point(|stretch| stretch[1] + 0.01 < ended);
        match run.series.unmeasured.get(after) {
            Some(stretch) => (stretch[0] < ended).then_some([stretch[0], ended]),
            // No step came after it yet.
            None => (run.now.secs < ended).then_some([run.now.secs, ended]),
        }
    };
    let stretches: Vec<[f64; 2]> = epochs.chain(within).chain(under_way).filter_map(stretch).collect();
    let secs = |x: &[f64; 2]| x[1] - x[0];
    let (shortest, longest) = (SHORTEST_VALIDATION * end, stretches.iter().map(secs).fold(0.0, f64::max));
    let least = if longest >= shortest { shortest.min(LIKE_THE_LONGEST * longest) } else { shortest };
    let bands = stretches.into_iter().filter(|x| secs(x) >= least);
    bands.map(|x| Band { x, label: tr!("plot-validating"), color: 5 }).collect()
}

fn end_secs(run: &RunState) -> f64 {
    let telemetry = run.hardware.telemetry.as_ref().map_or(0.0, |t| t.secs);
    run.now.secs.max(telemetry).max(run.epochs.last().map_or(0.0, |e| e.secs))
}

fn turn_label(kind: TurnKind) -> String {
    match kind {
        TurnKind::Resumed => tr!("plot-turn-resumed"),
        TurnKind::Stopped => tr!("plot-turn-stopped"),
        TurnKind::Completed => tr!("plot-turn-completed"),
        TurnKind::Failed => tr!("plot-turn-failed"),
    }
}

/// The plot as it is to be looked at.
fn viewed<'a>(mut plot: Plot<'a>, run: &'a RunState, view: &PlotView) -> Plot<'a> {
    // Where the ends are known, as of percent, a logarithm would only hide how near to them it is.
    let between = plot.y_range.is_some_and(|[low, high]| low < high);
    plot.y_log = view.log && plot.kind == PlotKind::Lines && !between;
    plot.smooth = view.smooth;
    let steps_per_epoch = run.started.as_ref().map_or(0, |started| started.steps_per_epoch);
    let scale = |steps_per_unit| Scale { steps: &run.series.steps, steps_per_unit };
    let (scale, x_label) = match view.x {
        XAxis::Time => return plot,
        // Without a length of an epoch there is nothing to count in.
        XAxis::Epoch if steps_per_epoch == 0 => return plot,
        XAxis::Step => (scale(1.0), tr!("plot-x-step")),
        XAxis::Epoch => (scale(steps_per_epoch as f64), tr!("plot-x-epoch")),
    };
    (plot.x_label, plot.x_unit) = (x_label, 1.0);
    plot.x_range = plot.x_range.map(|range| range.map(|secs| scale.at(secs)));
    plot.marks.iter_mut().for_each(|mark| mark.x = scale.at(mark.x));
    plot.moments.iter_mut().for_each(|moment| moment.x = scale.at(moment.x));
    plot.bands.iter_mut().for_each(|band| band.x = band.x.map(|secs| scale.at(secs)));
    for series in &mut plot.series {
        series.scale = Some(scale);
        // Between two steps there is none that is missing.
        series.unmeasured = &[];
    }
    plot
}

fn phases<'a>(run: &'a RunState, plot: Plot<'a>) -> Plot<'a> {
    let parts = run.series.phase_shares.iter().zip(StepPhases::NAMES).zip(PHASE_COLORS);
    Plot {
        kind: PlotKind::StackedShare,
        series: parts
            .map(|((history, name), color)| of_steps(stage_words(name).to_string(), history, run, color))
            .collect(),
        note: Some(tr!("plot-no-timed-step")),
        ..plot
    }
}

/// In the unit that its largest value takes four digits in at most.
fn stages<'a>(run: &'a RunState, plot: Plot<'a>) -> Plot<'a> {
    let stage_us = run.series.stage_us.iter();
    let series: Vec<Series<'a>> = stage_us
        .map(|(stage, history)| of_steps(stage.words().to_string(), history, run, stage_slot(stage.name())))
        .collect();
    let extents = series.iter().filter_map(|series| extent(series, None, false));
    let highest = extents.map(|[_, high]| high).fold(0.0, f64::max);
    let (y_unit, y_label) = match highest {
        us if us < 1e4 => (1.0, tr!("plot-y-us-per-image")),
        us if us < 1e7 => (1e3, tr!("plot-y-ms-per-image")),
        _ => (1e6, tr!("plot-y-secs-per-image")),
    };
    Plot { series, y_range: FROM_ZERO, y_unit, y_label, ..plot }
}

fn cores(run: &RunState) -> Vec<Series<'_>> {
    let cores = &run.hardware.cpu_percent;
    if cores.len() <= MOST_CORES {
        let core = |(number, history)| line(tr!("plot-core", number), history, number);
        return cores.iter().enumerate().map(core).collect();
    }
    let together = cores_together(cores, usize::MAX);
    let row =
        |value: fn(&CoresAt) -> f64| -> Vec<[f64; 2]> { together.iter().map(|at| [at.secs, value(at)]).collect() };
    let rows = [row(|at| at.mean), row(|at| at.busiest), row(|at| at.idlest)];
    let names = [tr!("plot-cores-mean", cores = cores.len()), tr!("plot-cores-busiest"), tr!("plot-cores-idlest")];
    names
        .into_iter()
        .zip(rows)
        .enumerate()
        .map(|(color, (name, points))| Series { name, points: Cow::Owned(points), color, ..Series::default() })
        .collect()
}

/// All cores at one moment, in percent; NaN where none was read.
pub struct CoresAt {
    pub secs: f64,
    pub mean: f64,
    pub busiest: f64,
    pub idlest: f64,
}

/// The last moments at which all cores were read, at most so many. A core that appeared later leaves the start out.
pub fn cores_together(cores: &[History], most: usize) -> Vec<CoresAt> {
    let length = cores.iter().map(|core| core.points().len()).min().unwrap_or(0).min(most);
    let ends: Vec<&[[f64; 2]]> = cores.iter().map(|core| &core.points()[core.points().len() - length..]).collect();
    let at = |i: usize| {
        let (mut sum, mut count, mut low, mut high) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for y in ends.iter().map(|points| points[i][1]).filter(|y| y.is_finite()) {
            sum += y;
            count += 1.0;
            low = low.min(y);
            high = high.max(y);
        }
        let [mean, busiest, idlest] = if count > 0.0 { [sum / count, high, low] } else { [f64::NAN; 3] };
        CoresAt { secs: ends[0][i][0], mean, busiest, idlest }
    };
    (0..length).map(at).collect()
}

/// What it is called beside others, and where it is kept.
type Reading = (Option<String>, fn(&GpuHistory) -> &History);

/// A GPU plot from zero, one series for each GPU and reading.
fn gpu<'a>(run: &'a RunState, plot: Plot<'a>, readings: Vec<Reading>) -> Plot<'a> {
    let several = run.hardware.gpus.len() > 1;
    let mut series = Vec::new();
    for (number, gpu) in run.hardware.gpus.iter().enumerate() {
        for (what, history) in &readings {
            let what = what.as_ref().unwrap_or(&gpu.name);
            let name = if several { format!("{number}: {what}") } else { what.clone() };
            let color = series.len();
            series.push(line(name, history(gpu), color));
        }
    }
    let note = match &run.hardware.telemetry {
        None => None,
        Some(t) if run.hardware.gpus.is_empty() => Some(match &t.gpu_note {
            Some(reason) => tr!("plot-no-reading", reason = reason.to_string()),
            None => tr!("plot-no-gpu"),
        }),
        Some(_) => Some(tr!("plot-no-such-reading")),
    };
    Plot { series, note, y_range: FROM_ZERO, ..plot }
}
