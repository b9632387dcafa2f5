//! [`show`]: a plot on screen, or on the canvas of a picture.
//!
//! From the top: title and legend (never over the data), the names of the marks, the axes. Runs on the thread of the
//! `Ui`; one pass costs a look at each borrowed point and draws at most a few points for a pixel column.

use super::decimate::{drawable, extent};
use super::items::{BandItem, LineItem, ShareItem, SpreadItem, on_axis};
use super::legend::{self, Shown};
use super::look::Look;
use super::marks::{self, Placed};
use super::palette::series_color;
use super::{Mark, MomentKind, Plot, PlotKind, hover, ticks};
use egui::{
    Color32, FontId, Galley, Label, Pos2, Rangef, Rect, Response, RichText, Sense, Stroke, Ui, UiBuilder, Vec2,
};
use egui_plot::{AxisHints, PlotMemory, PlotTransform};
use std::sync::Arc;

/// egui_plot's finest grid spacing, in points; only a number both sides agree on, see [`ticks::marks`].
const GRID_BASE: f32 = 8.0;

/// Draws the plot in a space of `size` points and returns the response of its data area.
///
/// The title tells plots of one `Ui` apart: two with the same title belong under `ui.push_id`. A click on a name in the
/// legend hides its series. Plots over the same x axis are moved and zoomed together (drag, Ctrl and wheel, a box with the
/// right button); a double click or the pill in the corner shows all again, and what comes.
pub fn show(ui: &mut Ui, plot: &Plot<'_>, size: Vec2) -> Response {
    let size = size.max(Vec2::new(100.0, 70.0));
    let look = Look::new(ui, size);
    let (rect, whole) = ui.allocate_exact_size(size, Sense::hover());
    if !ui.is_rect_visible(rect) {
        return whole;
    }
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("plot", &plot.title)));
    let id = ui.scope_id().with("data");
    let (below_heading, shown) = legend::heading(&mut ui, plot, &look, rect);

    let mut area = Rect::from_min_max(Pos2::new(rect.left() + 4.0, below_heading + 2.0), rect.right_bottom());
    if !plot.has_data() {
        let frame = area.shrink2(Vec2::splat(4.0));
        ui.painter().rect(
            frame,
            2.0,
            ui.visuals().extreme_bg_color,
            Stroke::new(1.0, look.grid),
            egui::StrokeKind::Inside,
        );
        let note = plot.note.clone().unwrap_or_else(|| tr!("plot-waiting"));
        let text = RichText::new(note).font(look.font.clone()).color(look.text);
        ui.put(frame.shrink(8.0), Label::new(text).wrap().selectable(false));
        return whole;
    }

    let memory = PlotMemory::load(ui.ctx(), id);
    let names: Vec<Arc<Galley>> = if plot.marks.is_empty() { Vec::new() } else { mark_names(&ui, plot, &look, rect) };
    let most_rows = if look.compact {
        1
    } else if size.y < 260.0 {
        2
    } else {
        3
    };
    let rows = match &memory {
        _ if plot.marks.is_empty() => 0,
        Some(memory) => {
            place_marks(plot, &names, &memory.transform(), most_rows).iter().map(|p| p.row + 1).max().unwrap_or(0)
        }
        None => 1,
    };
    let row_height = look.type_size() * 1.2;
    area.min.y += rows as f32 * row_height;
    // Room for the half of the last tick's label that stands out.
    area.max.x -= look.type_size() * 1.6;

    let mut inner = ui.new_child(UiBuilder::new().max_rect(area).id_salt("area"));
    let live_id = id.with("live");
    let live: bool = ui.data(|d| d.get_temp(live_id)).unwrap_or_default();
    // A box that was drawn over another plot of the group and left again: this one's y goes with its x.
    let left = memory.as_ref().is_some_and(|m| m.auto_bounds.x && !m.auto_bounds.y);
    let response = axes(plot, &look, id, area, memory.as_ref(), &shown).show(&mut inner, |plot_ui| {
        if live || left {
            plot_ui.set_auto_bounds(true);
        }
        let background = plot_ui.ctx().global_style().visuals.extreme_bg_color;
        add_items(plot_ui, plot, &look, &shown, background);
    });
    let transform = response.transform;
    draw_moments(&ui, plot, &look, &transform);
    draw_marks(&ui, plot, &look, &names, &transform, rows, row_height);
    let zoomed = PlotMemory::load(ui.ctx(), id).is_some_and(|m| !m.auto_bounds.x);
    let back = zoomed && live_pill(&ui, plot, &look, *transform.frame(), live_id);
    ui.data_mut(|d| d.insert_temp(live_id, back));
    if back {
        ui.ctx().request_repaint();
    }
    hover::tooltip(&ui, plot, &look, &transform, &response.response, &shown);
    response.response
}

/// The way back from a part of the run to all of it and to what comes; true when it was clicked.
fn live_pill(ui: &Ui, plot: &Plot<'_>, look: &Look, frame: Rect, id: egui::Id) -> bool {
    let font = FontId::proportional(look.type_size() * 0.9);
    let name = ui.painter().layout_no_wrap(tr!("plot-live"), font, Color32::WHITE);
    let size = name.size() + Vec2::new(look.type_size() * 1.6, 4.0);
    let pill = Rect::from_min_size(frame.right_bottom() - size - Vec2::splat(5.0), size);
    let response = ui.interact(pill, id, Sense::click()).on_hover_text(tr!("plot-live-hint"));
    let label = tr!("plot-live-of", plot = &plot.title);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
    let fill = ui.visuals().selection.bg_fill.gamma_multiply(if response.hovered() { 1.0 } else { 0.85 });
    ui.painter().rect_filled(pill, size.y / 2.0, fill);
    ui.painter().galley(pill.center() - name.size() / 2.0, name, ui.visuals().strong_text_color());
    response.clicked()
}

/// The axes, bounds and ways to zoom.
fn axes<'a>(
    plot: &'a Plot<'_>,
    look: &Look,
    id: egui::Id,
    area: Rect,
    memory: Option<&PlotMemory>,
    shown: &Shown,
) -> egui_plot::Plot<'a> {
    let zoomed = memory.filter(|m| !m.auto_bounds.x).map(|m| [m.bounds().min()[0], m.bounds().max()[0]]);
    let (x, y) = bounds(plot, shown, zoomed);
    let x_whole = plot.x_whole;
    let (x_unit, y_unit) = (plot.x_unit, if plot.kind == PlotKind::StackedShare { 1.0 } else { plot.y_unit });
    let compact = look.compact;
    let size = f64::from(look.type_size());
    let base = f64::from(GRID_BASE);
    let log = plot.y_log && plot.kind == PlotKind::Lines;
    let tick = |range: &std::ops::RangeInclusive<f64>, mark: egui_plot::GridMark, unit: f64| {
        let largest = range.start().abs().max(range.end().abs()) / unit;
        ticks::format_tick(mark.value / unit, mark.step_size / unit, largest)
    };
    let label = |text: &str| RichText::new(text).font(look.font.clone()).color(look.text);
    let mut x_axis = AxisHints::new_x()
        .tick_label_font(look.font.clone())
        .tick_label_color(look.text)
        .label_spacing(Rangef::new(1.0, 2.0))
        .formatter(move |mark, range| {
            let text = tick(range, mark, x_unit);
            // Without room for the axis's label its unit stands at the ticks.
            if compact { ticks::with_unit(text, &plot.x_label) } else { text }
        });
    let mut y_axis = AxisHints::new_y()
        .tick_label_font(look.font.clone())
        .tick_label_color(look.text)
        .label_spacing(Rangef::new(1.0, 2.0))
        .min_thickness(look.type_size() * if compact { 2.4 } else { 4.6 })
        .formatter(move |mark, range| match log {
            true => ticks::format_value(10f64.powf(mark.value) / y_unit),
            false => tick(range, mark, y_unit),
        });
    if !compact {
        x_axis = x_axis.label(label(&plot.x_label)).min_thickness(look.type_size() * 2.6);
        y_axis = y_axis.label(label(&plot.y_label));
    }
    let mut axes = egui_plot::Plot::new(id)
        .id(id)
        .width(area.width())
        .height(area.height())
        .min_size(Vec2::splat(1.0))
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .grid_color(look.grid)
        .grid_spacing(Rangef::new(GRID_BASE, GRID_BASE + 1.0))
        .x_grid_spacer(move |input| ticks::marks(&input, x_unit, x_whole, size * if compact { 5.0 } else { 6.0 }, base))
        .y_grid_spacer(move |input| match log {
            true => ticks::log_marks(&input, y_unit, size * 2.2, base),
            false => ticks::marks(&input, y_unit, false, size * 2.2, base),
        })
        .set_margin_fraction(Vec2::ZERO)
        .include_x(x[0])
        .include_x(x[1])
        .include_y(y[0])
        .include_y(y[1])
        .show_x(true)
        .show_y(false)
        .cursor_color(look.mark)
        // Time is what one zooms into; the wheel alone scrolls the panel that holds the plots.
        .allow_zoom([true, false])
        .allow_drag([true, false])
        .allow_axis_zoom_drag(false)
        .allow_scroll(false);
    if !plot.x_label.is_empty() {
        let group = egui::Id::unique(("plots-over", &plot.x_label));
        axes = axes.link_cursor(group, [true, false]).link_axis(group, [true, false]);
    }
    axes
}

fn add_items<'a>(
    plot_ui: &mut egui_plot::PlotUi<'a>,
    plot: &'a Plot<'_>,
    look: &Look,
    shown: &Shown,
    background: Color32,
) {
    let color = |index: usize, slot: usize| {
        let color = series_color(slot, look.dark);
        if shown.hovered.is_some_and(|h| h != index) { color.gamma_multiply(0.3) } else { color }
    };
    match plot.kind {
        PlotKind::StackedShare => {
            let fill = |(i, s): (usize, &super::Series<'_>)| {
                if shown.is_hidden(i) { Color32::TRANSPARENT } else { color(i, s.color) }
            };
            let fills = plot.series.iter().enumerate().map(fill).collect();
            let seam = Stroke::new(0.6, background.gamma_multiply(0.7));
            plot_ui.add(ShareItem::new(&plot.series, fills, seam));
            if !plot.bands.is_empty() {
                plot_ui.add(BandItem::new(&plot.bands, look.dark, true));
            }
        }
        PlotKind::Lines => {
            if !plot.bands.is_empty() {
                plot_ui.add(BandItem::new(&plot.bands, look.dark, false));
            }
            // The first series is the plot's subject and lies on top of the rest, but for the few points with dots.
            let mut order: Vec<(usize, &super::Series<'_>)> = plot.series.iter().enumerate().rev().collect();
            order.sort_by_key(|(_, series)| series.dots);
            for (i, series) in order.into_iter().filter(|(i, _)| !shown.is_hidden(*i)) {
                let width = if shown.hovered == Some(i) { look.line_width * 1.5 } else { look.line_width };
                let stroke = Stroke::new(width, color(i, series.color));
                for spread in plot.spreads.iter().filter(|spread| spread.series == i) {
                    plot_ui.add(SpreadItem::new(&spread.ends, stroke, series.dots, plot.y_log));
                }
                plot_ui.add(LineItem::new(series, stroke, plot.y_log, plot.smooth));
            }
        }
    }
}

/// What the axes show: the data and the asked-for ranges with a little air, never an empty range.
fn bounds(plot: &Plot<'_>, shown: &Shown, zoomed: Option<[f64; 2]>) -> ([f64; 2], [f64; 2]) {
    let nothing = [f64::INFINITY, f64::NEG_INFINITY];
    let (mut x, mut y) = (nothing, nothing);
    let hold = |range: &mut [f64; 2], value: f64| {
        if value.is_finite() {
            *range = [range[0].min(value), range[1].max(value)];
        }
    };
    let log = plot.y_log && plot.kind == PlotKind::Lines;
    let hold_y = |range: &mut [f64; 2], value: f64| hold(range, on_axis(value, log));
    for (i, series) in plot.series.iter().enumerate() {
        match series.summary {
            // x rises and is always there.
            Some(_) => {
                let ends = [series.points.first(), series.points.last()];
                ends.into_iter().flatten().for_each(|point| hold(&mut x, series.x(point[0])));
            }
            None => {
                series.points.iter().filter(|p| drawable(**p)).for_each(|point| hold(&mut x, series.x(point[0])));
            }
        }
        if plot.kind == PlotKind::Lines && !shown.is_hidden(i) {
            extent(series, zoomed, log).into_iter().flatten().for_each(|v| hold_y(&mut y, v));
        }
    }
    for spread in plot.spreads.iter().filter(|spread| !shown.is_hidden(spread.series)) {
        let inside = |x: f64| zoomed.is_none_or(|[low, high]| (low..=high).contains(&x));
        spread.ends.iter().filter(|end| inside(end[0])).flat_map(|end| &end[1..]).for_each(|v| hold_y(&mut y, *v));
    }
    plot.x_range.iter().flatten().for_each(|v| hold(&mut x, *v));
    plot.marks.iter().for_each(|m| hold(&mut x, m.x));
    plot.moments.iter().for_each(|m| hold(&mut x, m.x));
    plot.bands.iter().flat_map(|band| band.x).for_each(|v| hold(&mut x, v));
    if plot.kind == PlotKind::StackedShare {
        return (with_air(x, None, 0.01), with_air([0.0, 100.0], Some([0.0, 100.0]), 0.0));
    }
    // Zero is nowhere on a logarithmic axis.
    let asked = plot.y_range.filter(|r| !log && r.iter().all(|v| v.is_finite()));
    asked.iter().flatten().for_each(|v| hold(&mut y, *v));
    (with_air(x, None, 0.01), with_air(y, asked, 0.06))
}

/// A margin on both sides; a side that lies where it was asked to be gets only enough for a line on it.
fn with_air([low, high]: [f64; 2], asked: Option<[f64; 2]>, air: f64) -> [f64; 2] {
    if low > high {
        return [0.0, 1.0];
    }
    let size = low.abs().max(high.abs());
    if high - low <= size * 1e-12 {
        // One value only: it stands in the middle, or on the floor where the floor was asked for.
        let half = if size == 0.0 { 1.0 } else { size * 0.1 };
        return if asked.is_some() && low == 0.0 { [-0.02, 1.0] } else { [low - half, high + half] };
    }
    let height = high - low;
    let side = |value: f64, wanted: Option<f64>| if wanted == Some(value) { height * 0.015 } else { height * air };
    [low - side(low, asked.map(|a| a[0])), high + side(high, asked.map(|a| a[1]))]
}

/// The marks' names, cut to a share of the plot's width; empty for all but the newest, which are all that fit.
fn mark_names(ui: &Ui, plot: &Plot<'_>, look: &Look, rect: Rect) -> Vec<Arc<Galley>> {
    let widest = (rect.width() * 0.28).clamp(look.type_size() * 8.0, look.type_size() * 20.0);
    let font = FontId::proportional(look.type_size() * 0.95);
    let name = |mark: &Mark| {
        let mut job = egui::text::LayoutJob::simple_singleline(mark.label.clone(), font.clone(), look.text);
        job.wrap = egui::text::TextWrapping::truncate_at_width(widest);
        ui.painter().layout_job(job)
    };
    plot.marks.iter().map(name).collect()
}

fn place_marks(plot: &Plot<'_>, names: &[Arc<Galley>], transform: &PlotTransform, rows: usize) -> Vec<Placed> {
    let frame = transform.frame();
    let places: Vec<(f32, f32)> =
        plot.marks.iter().zip(names).map(|(m, name)| (transform.position_from_point_x(m.x), name.size().x)).collect();
    marks::place(&places, [frame.left() - 1.0, frame.right() + 1.0], rows)
}

/// Epochs as faint lines with a foot (a diamond for the best so far), ends and resumptions as lines with a square on top.
fn draw_moments(ui: &Ui, plot: &Plot<'_>, look: &Look, transform: &PlotTransform) {
    let frame = *transform.frame();
    let at = |moment: &super::Moment| transform.position_from_point_x(moment.x);
    let inside: Vec<&super::Moment> = plot.moments.iter().filter(|m| frame.x_range().contains(at(m))).collect();
    let epochs = inside.iter().filter(|m| m.kind != MomentKind::Turn).count();
    // Beyond one in twelve points lines would be a curtain.
    let lines = (epochs as f32) < frame.width() / 12.0;
    for moment in inside {
        let x = at(moment);
        let (top, bottom) = (Pos2::new(x, frame.top()), Pos2::new(x, frame.bottom()));
        let color = moment.color.map_or(look.mark, |slot| series_color(slot, look.dark));
        let faint = color.gamma_multiply(0.35);
        match moment.kind {
            MomentKind::Epoch if !lines => {}
            MomentKind::Epoch => {
                ui.painter().line_segment([top, bottom], Stroke::new(0.7, faint));
            }
            MomentKind::Best => {
                if lines {
                    ui.painter().line_segment([top, bottom], Stroke::new(0.7, faint));
                }
                let side = look.type_size() * 0.32;
                let middle = bottom - Vec2::new(0.0, side);
                let corners = [[0.0, -side], [side, 0.0], [0.0, side], [-side, 0.0]];
                let diamond = corners.map(|[dx, dy]| middle + Vec2::new(dx, dy)).to_vec();
                ui.painter().add(egui::Shape::convex_polygon(diamond, color, Stroke::NONE));
            }
            MomentKind::Turn => {
                ui.painter().line_segment([top, bottom], Stroke::new(1.2, color));
                let square = Rect::from_center_size(top + Vec2::new(0.0, 3.0), Vec2::splat(6.0));
                ui.painter().rect_filled(square, 0.0, color);
            }
        }
    }
}

fn draw_marks(
    ui: &Ui,
    plot: &Plot<'_>,
    look: &Look,
    names: &[Arc<Galley>],
    transform: &PlotTransform,
    rows: usize,
    row_height: f32,
) {
    if plot.marks.is_empty() {
        return;
    }
    let frame = *transform.frame();
    let stroke = |mark: &Mark| {
        let color = mark.run.as_ref().map_or(look.mark, |run| series_color(run.color, look.dark));
        Stroke::new(1.0, color)
    };
    for mark in &plot.marks {
        let x = transform.position_from_point_x(mark.x);
        if (frame.left() - 1.0..=frame.right() + 1.0).contains(&x) {
            let line = [Pos2::new(x, frame.top()), Pos2::new(x, frame.bottom())];
            ui.painter().extend(egui::Shape::dashed_line(&line, stroke(mark), 4.0, 3.0));
        }
    }
    for placed in place_marks(plot, names, transform, rows) {
        let mark = &plot.marks[placed.mark];
        let x = transform.position_from_point_x(mark.x);
        let top = frame.top() - (rows - placed.row) as f32 * row_height;
        ui.painter().line_segment([Pos2::new(x, top + 2.0), Pos2::new(x, frame.top())], stroke(mark));
        let name = &names[placed.mark];
        let at = Pos2::new(placed.left, top + (row_height - name.size().y) / 2.0);
        ui.painter().galley(at, Arc::clone(name), look.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Series;

    #[test]
    fn ranges_are_never_empty() {
        for (range, asked) in [
            ([f64::INFINITY, f64::NEG_INFINITY], None),
            ([3.0, 3.0], None),
            ([0.0, 0.0], None),
            ([0.0, 0.0], Some([0.0, 0.0])),
            ([-2.0, -2.0], None),
            ([0.0, 5.0], Some([0.0, 0.0])),
            ([1e300, 1e300], None),
        ] {
            let [low, high] = with_air(range, asked, 0.06);
            assert!(low < high && low.is_finite() && high.is_finite(), "{range:?}: {low} {high}");
        }
    }

    #[test]
    fn bounds_hold_intervals() {
        let plot = Plot {
            series: vec![Series { points: vec![[1.0, 5.0], [2.0, 6.0]].into(), ..Series::default() }],
            spreads: vec![super::super::Spread { series: 0, ends: vec![[1.0, 3.0, 9.0], [2.0, 5.0, f64::INFINITY]] }],
            ..Plot::default()
        };
        let (_, y) = bounds(&plot, &Shown::default(), None);
        assert!(y[0] < 3.0 && y[0] > 2.0 && y[1] > 9.0 && y[1] < 10.0, "{y:?}");
    }

    #[test]
    fn bounds_hold_data_marks_bands_and_ranges() {
        let plot = Plot {
            series: vec![Series { points: vec![[5.0, 0.5], [9.0, f64::NAN], [7.0, 2.0]].into(), ..Series::default() }],
            marks: vec![Mark { x: 12.0, label: String::new(), run: None }],
            bands: vec![super::super::Band { x: [11.0, 20.0], label: String::new(), color: 3 }],
            x_range: Some([0.0, 10.0]),
            y_range: Some([0.0, 0.0]),
            ..Plot::default()
        };
        let (x, y) = bounds(&plot, &Shown::default(), None);
        assert!(x[0] < 0.0 && x[0] > -1.0 && x[1] > 20.0 && x[1] < 21.0, "{x:?}");
        assert!(y[0] < 0.0 && y[0] > -0.1 && y[1] > 2.0 && y[1] < 2.2, "{y:?}");
    }
}
