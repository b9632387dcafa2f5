//! What the pointer reads off a plot: every series at that x, the marks near it, and the bands that it is in. Plots over the
//! same x axis that the pointer is not on show their values at that x too.

use super::decimate::drawable;
use super::items::on_axis;
use super::legend::Shown;
use super::look::Look;
use super::palette::series_color;
use super::reading::{nearest, value_text};
use super::ticks::{format_value, unit_of, with_unit};
use super::{Plot, PlotKind, Series};
use egui::{Align2, Color32, FontId, Id, PopupAnchor, Pos2, Rect, Response, RichText, Tooltip, Ui, Vec2};
use egui_plot::{PlotPoint, PlotTransform};

/// A point further away than this, in points of the screen, is not what the pointer is on.
const REACH: f32 = 24.0;
/// A mark's line is hit this far from it.
const MARK_REACH: f32 = 6.0;
/// Bands in the box; a bisect and a pause within it, each of several runs.
const MOST_BANDS: usize = 6;
/// Lines in the box before "and more".
const MOST_LINES: usize = 16;
/// Values shown in a plot that the pointer is not on.
const MOST_BESIDE: usize = 4;

/// Where the pointer is on one of the plots over the same x.
#[derive(Clone, Copy)]
struct SharedCursor {
    x: f64,
    /// Of which plot, and in which pass it was so.
    plot: Id,
    pass: u64,
}

/// What one series says at an x.
struct Reading {
    color: Color32,
    name: String,
    value: String,
    x: f64,
    /// Where its point lies, if it can be seen.
    dot: Option<Pos2>,
}

/// Draws dots on the series and the box beside the pointer; without the pointer on this plot, the values at the others' x.
pub(super) fn tooltip(
    ui: &Ui,
    plot: &Plot<'_>,
    look: &Look,
    transform: &PlotTransform,
    response: &Response,
    shown: &Shown,
) {
    let Some(pointer) = response.hover_pos() else {
        if let Some(cursor) = shared_cursor(ui, plot).filter(|cursor| cursor.plot != response.id) {
            beside(ui, plot, look, transform, shown, cursor.x);
        }
        return;
    };
    let x = transform.value_from_position(pointer).x;
    if !plot.x_label.is_empty() {
        let pass = ui.ctx().cumulative_pass_nr();
        ui.data_mut(|d| d.insert_temp(shared_id(plot), SharedCursor { x, plot: response.id, pass }));
    }
    let readings = read(plot, look, transform, shown, x);
    for (dot, color) in readings.iter().filter_map(|r| Some((r.dot?, r.color))) {
        ui.painter().circle_filled(dot, look.line_width * 1.8, color);
    }
    let is_near = |x: f64| (transform.position_from_point_x(x) - pointer.x).abs() <= MARK_REACH;
    let marks = plot.marks.iter().filter(|m| is_near(m.x)).map(|m| (m.x, m.in_full()));
    let moments = plot.moments.iter().filter(|m| is_near(m.x)).map(|m| (m.x, m.label.clone()));
    let near: Vec<(f64, String)> = marks.chain(moments).collect();
    let bands = plot.bands.iter().filter(|band| (band.x[0]..=band.x[1]).contains(&x)).take(MOST_BANDS);

    let anchor = PopupAnchor::Pointer;
    Tooltip::always_open(ui.ctx().clone(), response.layer_id, response.id, anchor).gap(12.0).show(|ui| {
        ui.set_max_width(360.0);
        let unit = unit_of(&plot.x_label);
        let read_x = readings.first().map_or(x, |reading| reading.x);
        ui.label(with_unit(format_value(read_x / plot.x_unit), &plot.x_label));
        for (x, name) in near {
            let at = format_value(x / plot.x_unit);
            ui.label(RichText::new(tr!("plot-mark-at", name, at, unit)).strong());
        }
        for band in bands {
            let [from, to] = band.x.map(|x| format_value(x / plot.x_unit));
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.label(RichText::new("■").color(series_color(band.color, look.dark)));
                ui.label(tr!("plot-band-from-to", name = &band.label, from, to, unit));
            });
        }
        let more = readings.len().saturating_sub(MOST_LINES);
        for reading in readings.into_iter().take(MOST_LINES) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                ui.label(RichText::new("■").color(reading.color));
                ui.label(tr!("plot-reading", name = reading.name, value = reading.value));
            });
        }
        if more > 0 {
            ui.label(tr!("plot-and-more", more));
        }
    });
}

fn shared_id(plot: &Plot<'_>) -> Id {
    Id::unique(("cursor-over", &plot.x_label))
}

/// Where the pointer is on a plot over the same x, now or in the pass before.
fn shared_cursor(ui: &Ui, plot: &Plot<'_>) -> Option<SharedCursor> {
    let pass = ui.ctx().cumulative_pass_nr();
    let cursor: Option<SharedCursor> = ui.data(|d| d.get_temp(shared_id(plot)));
    cursor.filter(|cursor| pass.saturating_sub(cursor.pass) <= 1)
}

/// The x that the pointer is on in a plot beside this one, in the unit of its x.
pub(super) fn cursor_beside(ui: &Ui, plot: &Plot<'_>) -> Option<f64> {
    shared_cursor(ui, plot).map(|cursor| cursor.x)
}

/// The values at an x of another plot, in a corner of this one.
fn beside(ui: &Ui, plot: &Plot<'_>, look: &Look, transform: &PlotTransform, shown: &Shown, x: f64) {
    let frame = *transform.frame();
    if !frame.x_range().contains(transform.position_from_point_x(x)) {
        return;
    }
    let readings = read(plot, look, transform, shown, x);
    let font = FontId::proportional(look.type_size() * 0.9);
    // On the side that the cursor is not on.
    let right = transform.position_from_point_x(x) < frame.center().x;
    let mut at = if right { frame.right_top() + Vec2::new(-5.0, 4.0) } else { frame.left_top() + Vec2::new(5.0, 4.0) };
    let align = if right { Align2::RIGHT_TOP } else { Align2::LEFT_TOP };
    for reading in readings.into_iter().take(MOST_BESIDE) {
        if let Some(dot) = reading.dot {
            ui.painter().circle_filled(dot, look.line_width * 1.8, reading.color);
        }
        let text = ui.painter().layout_no_wrap(reading.value, font.clone(), reading.color);
        let place: Rect = align.anchor_size(at, text.size());
        ui.painter().rect_filled(place.expand(1.5), 2.0, ui.visuals().extreme_bg_color.gamma_multiply(0.85));
        ui.painter().galley(place.min, text, reading.color);
        at.y = place.bottom() + 2.0;
    }
}

fn read(plot: &Plot<'_>, look: &Look, transform: &PlotTransform, shown: &Shown, x: f64) -> Vec<Reading> {
    let reading = |(i, series): (usize, &Series<'_>)| {
        let at = nearest(&series.points, series.own_x(x))?;
        let point = series.points[at];
        let drawn = [series.x(point[0]), on_axis(point[1], plot.y_log)];
        if (transform.position_from_point_x(drawn[0]) - transform.position_from_point_x(x)).abs() > REACH {
            return None;
        }
        let dot = transform.position_from_point(&PlotPoint::new(drawn[0], drawn[1]));
        let dot = (plot.kind == PlotKind::Lines && drawable(drawn) && transform.frame().contains(dot)).then_some(dot);
        let value = match plot.kind {
            PlotKind::Lines if drawable(point) => with_unit(value_text(plot, i, at), &plot.y_label),
            PlotKind::Lines | PlotKind::StackedShare => value_text(plot, i, at),
        };
        let color = series_color(series.color, look.dark);
        Some(Reading { color, name: shown.name(plot, i), value, x: drawn[0], dot })
    };
    plot.series.iter().enumerate().filter(|(i, _)| !shown.is_hidden(*i)).filter_map(reading).collect()
}
