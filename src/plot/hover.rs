//! What the pointer reads off a plot: every series at that x, the marks near it, and the bands that it is in.

use super::decimate::{drawable, share_total};
use super::legend::Shown;
use super::look::Look;
use super::palette::series_color;
use super::ticks::{format_value, unit_of};
use super::{Plot, PlotKind};
use egui::{Color32, PopupAnchor, Response, RichText, Tooltip, Ui};
use egui_plot::{PlotPoint, PlotTransform};

/// A point further away than this, in points of the screen, is not what the pointer is on.
const REACH: f32 = 24.0;
/// A mark's line is hit this far from it.
const MARK_REACH: f32 = 6.0;
/// Bands in the box; a bisect and a pause within it, each of several runs.
const MOST_BANDS: usize = 6;
/// Lines in the box before "and more".
const MOST_LINES: usize = 16;

/// Draws dots on the series and the box beside the pointer.
pub(super) fn tooltip(
    ui: &Ui,
    plot: &Plot<'_>,
    look: &Look,
    transform: &PlotTransform,
    response: &Response,
    shown: &Shown,
) {
    let Some(pointer) = response.hover_pos() else { return };
    let x = transform.value_from_position(pointer).x;
    let mut lines: Vec<(Color32, String)> = Vec::new();
    let mut read_x = None;
    for (_, series) in plot.series.iter().enumerate().filter(|(i, _)| !shown.is_hidden(*i)) {
        let color = series_color(series.color, look.dark);
        let Some(at) = nearest(&series.points, x) else { continue };
        let point = series.points[at];
        if (transform.position_from_point_x(point[0]) - pointer.x).abs() > REACH {
            continue;
        }
        let value = match plot.kind {
            PlotKind::Lines if drawable(point) => {
                let dot = transform.position_from_point(&PlotPoint::new(point[0], point[1]));
                if transform.frame().contains(dot) {
                    ui.painter().circle_filled(dot, look.line_width * 1.8, color);
                }
                format!("{} {}", format_value(point[1] / plot.y_unit), unit_of(&plot.y_label))
            }
            PlotKind::StackedShare => match share_total(&plot.series, at) {
                Some(total) => format!("{:.1} %", 100.0 * point[1] / total),
                None => "N/A".to_owned(),
            },
            PlotKind::Lines => "N/A".to_owned(),
        };
        read_x.get_or_insert(point[0]);
        lines.push((color, format!("{}: {value}", series.name)));
    }
    let near = |m: &&super::Mark| (transform.position_from_point_x(m.x) - pointer.x).abs() <= MARK_REACH;
    let marks: Vec<&super::Mark> = plot.marks.iter().filter(near).collect();

    let bands = plot.bands.iter().filter(|band| (band.x[0]..=band.x[1]).contains(&x)).take(MOST_BANDS);

    let anchor = PopupAnchor::Pointer;
    Tooltip::always_open(ui.ctx().clone(), response.layer_id, response.id, anchor).gap(12.0).show(|ui| {
        ui.set_max_width(360.0);
        let unit = unit_of(&plot.x_label);
        ui.label(format!("{} {unit}", format_value(read_x.unwrap_or(x) / plot.x_unit)));
        for mark in marks {
            ui.label(
                RichText::new(format!("{} (at {} {unit})", mark.label, format_value(mark.x / plot.x_unit))).strong(),
            );
        }
        for band in bands {
            let [from, to] = band.x.map(|x| format_value(x / plot.x_unit));
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.label(RichText::new("■").color(series_color(band.color, look.dark)));
                ui.label(format!("{} (from {from} to {to} {unit})", band.label));
            });
        }
        let more = lines.len().saturating_sub(MOST_LINES);
        for (color, line) in lines.into_iter().take(MOST_LINES) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.label(RichText::new("■").color(color));
                ui.label(line);
            });
        }
        if more > 0 {
            ui.label(format!("and {more} more"));
        }
    });
}

/// The index of the point next to `x`; points rise in x.
fn nearest(points: &[[f64; 2]], x: f64) -> Option<usize> {
    let after = points.partition_point(|p| p[0] < x);
    let candidates = [after.checked_sub(1), (after < points.len()).then_some(after)];
    candidates.into_iter().flatten().min_by(|a, b| (points[*a][0] - x).abs().total_cmp(&(points[*b][0] - x).abs()))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearer_neighbour() {
        let points = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]];
        for (x, at) in [(-5.0, 0), (4.0, 0), (6.0, 1), (10.0, 1), (99.0, 2)] {
            assert_eq!(nearest(&points, x), Some(at));
        }
        assert_eq!(nearest(&[], 1.0), None);
    }
}
