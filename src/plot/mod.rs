//! One description of a plot, drawn on screen and into a PNG by the same code.
//!
//! [`show`] draws a [`Plot`] with egui; [`render_png`] runs that very function without a window and rasterises the
//! result on the CPU; [`write_svg`] writes the same shapes as SVG, and [`write_csv`] the numbers behind them. [`catalogue`] makes the plots of a run from its
//! `RunState`. Everything runs on the caller's thread; only `write_png` and `write_csv` touch a file, so a window
//! calls them off its own thread. Must not import `ui`, `app` or `cli`, nor anything below `client` but plain data.

mod bisect;
pub mod catalogue;
mod csv;
mod decimate;
mod description;
mod hover;
mod items;
mod legend;
mod look;
mod lr_range;
mod marks;
mod palette;
mod png_file;
pub mod raster;
mod reading;
mod show;
mod svg_file;
mod sweep;
mod system_fonts;
mod table;
mod ticks;

#[cfg(test)]
mod tests_catalogue;

pub use catalogue::{METRICS, PlotView, XAxis, metric_names, metric_plot, metric_plot_of_runs, metrics_of, png_text};
pub use csv::{UTF8_MARK, csv_text, field as csv_field, write_csv};
pub use description::{
    Band, Mark, MarkedRun, Moment, MomentKind, Plot, PlotError, PlotKind, Scale, Series, Spread, Theme,
};
pub use legend::SeriesNames;
pub use lr_range::range_plot;
pub use palette::{PALETTE_SLOTS, series_color, stage_slot};
pub use png_file::{PngOptions, render_canvas, render_png, write_png};
pub use show::show;
pub use svg_file::{render_svg, write_svg};
pub use sweep::sweep_plots;
pub use system_fonts::{has_font_for, system_fonts};
pub use table::table;
pub use ticks::{decimals_of, format_tick, format_value, nice_step};

/// egui's fonts with one more to fall back on: its text font has no arrow, and marks say `workers 0 → 2`.
///
/// A window calls `Context::set_fonts` with these, so that it shows what pictures show.
pub fn fonts() -> egui::FontDefinitions {
    let mut fonts = egui::FontDefinitions::default();
    let fallback = fonts.families.get(&egui::FontFamily::Monospace).cloned().unwrap_or_default();
    let text = fonts.families.entry(egui::FontFamily::Proportional).or_default();
    text.extend(fallback.into_iter().filter(|name| !text.contains(name)).collect::<Vec<_>>());
    fonts
}
