//! A plot as a table: the numbers that its lines are drawn of, the newest first, and those at the cursor of the plots beside it.
//!
//! For whoever does not see lines or wants figures. Only the rows in sight are laid out; of a long series the newest
//! [`MOST_ROWS`] stand here, and all of them in the CSV.

use super::legend::SeriesNames;
use super::palette::series_color;
use super::reading::{text_at, value_text};
use super::ticks::format_value;
use super::{Plot, hover};
use egui::{Align, Label, Layout, Rect, Response, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2, vec2};

/// Rows that are there to scroll through.
const MOST_ROWS: usize = 2000;
/// Of a column, in points.
const WIDTH: f32 = 96.0;
/// Where no point of the series has that x.
const NONE: u32 = u32::MAX;

/// Draws the numbers of the plot in a space of `size` points.
pub fn table(ui: &mut Ui, plot: &Plot<'_>, size: Vec2) -> Response {
    let (rect, whole) = ui.allocate_exact_size(size.max(vec2(100.0, 70.0)), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return whole;
    }
    let inside = UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)).id_salt(("table", &plot.title));
    let mut ui = ui.new_child(inside);
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    if !plot.has_data() {
        ui.label(plot.note.clone().unwrap_or_else(|| tr!("plot-waiting")));
        return whole;
    }
    let mut plot = plot.clone();
    SeriesNames::of_window(ui.ctx()).give(&mut plot);
    let rows = Rows::newest(&plot, MOST_ROWS);
    let all = plot.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    let shown = rows.xs.len();
    let unit = &plot.y_label;
    let about = if all > shown { tr!("plot-table-newest", unit, shown, all) } else { tr!("plot-table", unit) };
    ui.add(Label::new(RichText::new(about).small().weak()).truncate());
    let height = ui.text_style_height(&egui::TextStyle::Body);
    ScrollArea::horizontal().id_salt("columns").auto_shrink([false, false]).show(&mut ui, |ui| {
        heads_ui(ui, &plot);
        if let Some(x) = hover::cursor_beside(ui, &plot) {
            row_ui(ui, &plot, x, true, |series| text_at(&plot, series, x));
        }
        ScrollArea::vertical().id_salt("rows").auto_shrink([false, false]).show_rows(ui, height, shown, |ui, range| {
            for row in range {
                let at = rows.of(row);
                let text = |series: usize| at[series].map(|at| value_text(&plot, series, at)).unwrap_or_default();
                row_ui(ui, &plot, rows.xs[row], false, text);
            }
        });
    });
    whole
}

fn heads_ui(ui: &mut Ui, plot: &Plot<'_>) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        cell_ui(ui, RichText::new(&plot.x_label).strong());
        for series in &plot.series {
            cell_ui(ui, RichText::new(&series.name).strong().color(series_color(series.color, dark)));
        }
    });
}

/// `value` has the text of a series.
fn row_ui(ui: &mut Ui, plot: &Plot<'_>, x: f64, strong: bool, value: impl Fn(usize) -> String) {
    let text = |text: String| if strong { RichText::new(text).strong() } else { RichText::new(text) };
    ui.horizontal(|ui| {
        cell_ui(ui, text(format_value(x / plot.x_unit)));
        for series in 0..plot.series.len() {
            cell_ui(ui, text(value(series)));
        }
    });
}

/// Figures stand at the right of their column.
fn cell_ui(ui: &mut Ui, text: RichText) {
    let height = ui.text_style_height(&egui::TextStyle::Body);
    let (_, place): (_, Rect) = ui.allocate_space(vec2(WIDTH, height));
    let mut cell = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Center)));
    cell.add(Label::new(text).truncate());
}

/// The x at which some series has a point, the newest first, with the point of each series there.
struct Rows {
    xs: Vec<f64>,
    /// As many a row as there are series.
    at: Vec<u32>,
    series: usize,
}

impl Rows {
    fn newest(plot: &Plot<'_>, most: usize) -> Self {
        let mut rows = Self { xs: Vec::new(), at: Vec::new(), series: plot.series.len() };
        let mut left: Vec<usize> = plot.series.iter().map(|series| series.points.len()).collect();
        let x_of = |series: usize, left: usize| {
            let series = &plot.series[series];
            left.checked_sub(1).map(|at| series.x(series.points[at][0]))
        };
        let mut heads: Vec<Option<f64>> = left.iter().enumerate().map(|(series, left)| x_of(series, *left)).collect();
        while rows.xs.len() < most {
            let Some(x) = heads.iter().flatten().copied().max_by(f64::total_cmp) else { break };
            rows.xs.push(x);
            for series in 0..rows.series {
                if heads[series] != Some(x) {
                    rows.at.push(NONE);
                    continue;
                }
                left[series] -= 1;
                rows.at.push(left[series] as u32);
                heads[series] = x_of(series, left[series]);
            }
        }
        rows
    }

    fn of(&self, row: usize) -> Vec<Option<usize>> {
        let at = &self.at[row * self.series..(row + 1) * self.series];
        at.iter().map(|at| (*at != NONE).then_some(*at as usize)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{PlotKind, Series};

    fn series(name: &str, points: &[[f64; 2]]) -> Series<'static> {
        Series { name: name.to_owned(), points: points.to_vec().into(), ..Series::default() }
    }

    fn loss() -> Plot<'static> {
        let training: Vec<[f64; 2]> = (0..10).map(|i| [f64::from(i), f64::from(i) / 2.0]).collect();
        let validation = [[4.0, 0.5], [8.5, f64::NAN]];
        let mut plot = Plot {
            series: vec![series("training", &training), series("validation", &validation)],
            x_unit: 2.0,
            ..Plot::default()
        };
        plot.series[1].counts_gaps = true;
        plot
    }

    #[test]
    fn rows_are_merged_with_the_newest_first() {
        let rows = Rows::newest(&loss(), 100);
        assert_eq!(rows.xs, [9.0, 8.5, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0]);
        assert_eq!(rows.of(0), [Some(9), None]);
        assert_eq!(rows.of(1), [None, Some(1)]);
        assert_eq!(rows.of(6), [Some(4), Some(0)]);
        assert_eq!(Rows::newest(&loss(), 3).xs, [9.0, 8.5, 8.0]);
    }

    #[test]
    fn the_figures_are_those_of_the_plot() {
        let plot = loss();
        assert_eq!(value_text(&plot, 0, 3), "1.5");
        assert_eq!(value_text(&plot, 1, 1), tr!("plot-no-number"));
        let share = Plot {
            kind: PlotKind::StackedShare,
            series: vec![series("a", &[[0.0, 1.0]]), series("b", &[[0.0, 3.0]])],
            ..Plot::default()
        };
        assert_eq!(value_text(&share, 1, 0), "75.0 %");
    }
}
