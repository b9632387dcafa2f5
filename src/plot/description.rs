//! A plot as it is described: the same for the screen, a PNG and a CSV.

use std::borrow::Cow;
use std::path::PathBuf;

/// What is drawn: lines or shares over a common x, with named marks and shaded stretches.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot<'a> {
    /// The heading; also the plot's identity among its neighbours in one `Ui`. Empty where the caller has its own.
    pub title: String,
    /// Such as `time (min)`; the unit stands in brackets.
    pub x_label: String,
    /// The unit of y, or what y is: `GB`, `images/s`, `cross-entropy`.
    pub y_label: String,
    pub kind: PlotKind,
    pub series: Vec<Series<'a>>,
    /// Intervals around the points of series.
    pub spreads: Vec<Spread>,
    pub marks: Vec<Mark>,
    pub bands: Vec<Band>,
    /// The x axis holds at least this range, in the unit of the points.
    pub x_range: Option<[f64; 2]>,
    /// The y axis holds at least this range, in the unit of the points; `[0, 0]` is "from zero".
    pub y_range: Option<[f64; 2]>,
    /// x is counted: no ticks between whole numbers.
    pub x_whole: bool,
    /// One of the x label's unit in the points' unit: 60 where points are in seconds and the label says minutes.
    pub x_unit: f64,
    /// One of the y label's unit in the points' unit: 1e9 where points are bytes and the label says GB.
    pub y_unit: f64,
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
            x_range: None,
            y_range: None,
            x_whole: false,
            x_unit: 1.0,
            y_unit: 1.0,
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
pub enum PlotError {
    #[error("there is no plot to write; choose at least one metric")]
    Nothing,
    #[error(
        "a picture of {width} x {height} points at scale {scale} cannot be made; each side must be 64 to 16384 pixels \
         and the whole at most 100 million"
    )]
    Size { width: u32, height: u32, scale: f32 },
    #[error("the picture cannot carry a text named `{key}`; names are 1 to 79 Latin letters")]
    TextKey { key: String },
    #[error("the picture could not be encoded: {0}")]
    Encode(#[from] png::EncodingError),
    #[error("could not write the file ({error}); check that the folder exists, may be written and has room: {}", path.display())]
    Write { path: PathBuf, error: std::io::Error },
}

/// Whole, so that a reader never sees half a file.
pub(super) fn write_whole(path: &std::path::Path, bytes: &[u8]) -> Result<(), PlotError> {
    let fail = |error| PlotError::Write { path: path.to_owned(), error };
    crate::store::atomic::write(path, bytes).map_err(fail)
}
