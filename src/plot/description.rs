//! A plot as it is described: the same for the screen, a PNG and a CSV.

use crate::client::{Ruler, Summary};
use crate::language::Message;
use crate::system::refused;
use std::borrow::Cow;
use std::path::PathBuf;

/// What is drawn: lines or shares over a common x, with named marks and shaded stretches.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot<'a> {
    /// The heading; also the plot's identity among its neighbours in one `Ui`. Empty where the caller has its own.
    pub title: String,
    /// Such as `time (min)`; the unit stands in brackets.
    pub x_label: String,
    /// The unit of y, or what y is: `GiB`, `images/s`, `cross-entropy`.
    pub y_label: String,
    pub kind: PlotKind,
    pub series: Vec<Series<'a>>,
    /// Intervals around the points of series.
    pub spreads: Vec<Spread>,
    pub marks: Vec<Mark>,
    pub bands: Vec<Band>,
    /// What else happened; it gets no name above the plot.
    pub moments: Vec<Moment>,
    /// The x axis holds at least this range, in the unit of the points.
    pub x_range: Option<[f64; 2]>,
    /// The y axis holds at least this range, in the unit of the points; `[0, 0]` is "from zero".
    pub y_range: Option<[f64; 2]>,
    /// x is counted: no ticks between whole numbers.
    pub x_whole: bool,
    /// One of the x label's unit in the points' unit: 60 where points are in seconds and the label says minutes.
    pub x_unit: f64,
    /// One of the y label's unit in the points' unit: 2^30 where points are bytes and the label says GiB.
    pub y_unit: f64,
    /// y is drawn by its logarithm; what is not above 0 is drawn at the lower edge.
    pub y_log: bool,
    /// 0 to below 1: how much of a smoothed point is what came before it, as TensorBoard has it. Lines without dots are then drawn
    /// faintly behind their smoothed selves.
    pub smooth: f64,
    /// Shown in the middle while there is no data, such as `N/A: no NVIDIA driver`.
    pub note: Option<String>,
}

impl Default for Plot<'_> {
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            kind: PlotKind::Lines,
            series: Vec::new(),
            spreads: Vec::new(),
            marks: Vec::new(),
            bands: Vec::new(),
            moments: Vec::new(),
            x_range: None,
            y_range: None,
            x_whole: false,
            x_unit: 1.0,
            y_unit: 1.0,
            y_log: false,
            smooth: 0.0,
            note: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlotKind {
    #[default]
    Lines,
    /// Series with the same x, stacked and drawn as percent of their sum at each x.
    StackedShare,
}

/// A named row of points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series<'a> {
    pub name: String,
    /// `[x, y]` in rising x; a NaN in y is a gap.
    pub points: Cow<'a, [[f64; 2]]>,
    /// Palette slot; beyond [`PALETTE_SLOTS`] the colours come again with broken lines.
    pub color: usize,
    /// A dot on every point, for series of few points.
    pub dots: bool,
    /// What the points come to, where somebody has it: many points are drawn by it.
    pub summary: Option<&'a Summary>,
    /// Points are in seconds and drawn by steps.
    pub scale: Option<Scale<'a>>,
    /// A gap is a value that is no number: it is shown at the upper edge.
    pub counts_gaps: bool,
    /// Stretches of x, in rising order, in which nothing was measured: no line goes over them.
    pub unmeasured: &'a [[f64; 2]],
}

/// From seconds to steps or epochs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale<'a> {
    pub steps: &'a Ruler,
    /// 1 for steps, an epoch's steps for epochs.
    pub steps_per_unit: f64,
}

impl Scale<'_> {
    pub fn at(&self, secs: f64) -> f64 {
        self.steps.step_at(secs) / self.steps_per_unit
    }

    pub fn secs_at(&self, x: f64) -> f64 {
        self.steps.secs_at(x * self.steps_per_unit)
    }
}

impl Series<'_> {
    /// Where a point is drawn, in the unit of the plot's x.
    pub(super) fn x(&self, x: f64) -> f64 {
        self.scale.map_or(x, |scale| scale.at(x))
    }

    /// Back from there to the points' own x.
    pub(super) fn own_x(&self, x: f64) -> f64 {
        self.scale.map_or(x, |scale| scale.secs_at(x))
    }
}

/// Intervals around a series' points, drawn and hidden with it: bars where it has dots, else a band.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Which of the plot's series.
    pub series: usize,
    /// `[x, low, high]` in rising x; what is not finite is left out.
    pub ends: Vec<[f64; 3]>,
}

/// A named moment, drawn as a vertical line.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// In the unit of the points.
    pub x: f64,
    pub label: String,
    /// Whose it is, in a plot of several runs.
    pub run: Option<MarkedRun>,
}

impl Mark {
    /// The label, after the run's name where there are several.
    pub(super) fn in_full(&self) -> String {
        match &self.run {
            Some(run) => tr!("plot-of-run", run = &run.name, name = &self.label),
            None => self.label.clone(),
        }
    }
}

/// A run among others in one plot.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkedRun {
    pub name: String,
    /// The palette slot of its series.
    pub color: usize,
}

/// Something that happened, drawn as a small sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// In the unit of the points.
    pub x: f64,
    pub kind: MomentKind,
    pub label: String,
    /// The palette slot of its run's series, in a plot of several runs.
    pub color: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentKind {
    /// An epoch ended and was kept: a faint line.
    Epoch,
    /// The same, and it was the best so far.
    Best,
    /// The run ended, or was gone on with.
    Turn,
}

/// A stretch of x that is shaded over the whole height, since it is not like the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// From and to, in the unit of the points.
    pub x: [f64; 2],
    /// For the legend, where bands of one label stand once.
    pub label: String,
    /// Palette slot.
    pub color: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum PlotError {
    Nothing,
    Size { width: u32, height: u32, scale: f32 },
    TextKey { key: String },
    Encode(#[from] png::EncodingError),
    Write { path: PathBuf, error: std::io::Error },
}

impl PlotError {
    pub fn message(&self) -> Message {
        match self {
            Self::Nothing => msg!("plot-error-nothing"),
            Self::Size { width, height, scale } => {
                let (width, height) = (width.to_string(), height.to_string());
                msg!("plot-error-size", width, height, scale = scale.to_string())
            }
            Self::TextKey { key } => msg!("plot-error-text-key", key),
            Self::Encode(error) => msg!("plot-error-encode", error = error.to_string()),
            Self::Write { path, error } => {
                msg!("plot-error-write", error = refused(error, path), path = path.display().to_string())
            }
        }
    }
}

/// Whole, so that a reader never sees half a file.
pub(super) fn write_whole(path: &std::path::Path, bytes: &[u8]) -> Result<(), PlotError> {
    let fail = |error| PlotError::Write { path: path.to_owned(), error };
    crate::store::atomic::write(path, bytes).map_err(fail)
}
