//! What egui_plot draws for us: lines, intervals and stacked shares straight from borrowed points.
//!
//! egui_plot's own `Line` wants its own point type and every point; these take `[f64; 2]` slices as `History` holds
//! them and give the screen no more than it has columns. Bounds and hovering are `show`'s.

use super::decimate::{Seen, line_runs, seen, share_runs, smoothed, thin_stack};
use super::palette::{Dash, series_color};
use super::{Band, Series};
use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, Ui};
use egui_plot::{PlotBounds, PlotGeometry, PlotItem, PlotItemBase, PlotPoint, PlotTransform};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The height of a band's strip, in points.
const STRIP: f32 = 3.0;

/// Signs for values off the scale stand at least so far apart, in points.
const SIGN_GAP: f32 = 7.0;
/// Their size.
const SIGN: f32 = 3.5;

/// Where on the axis a value lies: by itself or by its logarithm, which what is not above 0 has none of.
pub(super) fn on_axis(y: f64, log: bool) -> f64 {
    match log {
        false => y,
        true if y > 0.0 => y.log10(),
        true => f64::NAN,
    }
}

/// What a plot's transform does, without working it out anew for each of many points: both axes are linear.
struct Straight {
    origin: [f64; 2],
    scale: [f64; 2],
}

impl Straight {
    fn of(transform: &PlotTransform) -> Self {
        let [least, most] = [transform.bounds().min(), transform.bounds().max()];
        let [from, to] = [least, most].map(|[x, y]| transform.position_from_point(&PlotPoint::new(x, y)));
        let scale = [f64::from(to.x - from.x) / (most[0] - least[0]), f64::from(to.y - from.y) / (most[1] - least[1])];
        Self { origin: [f64::from(from.x) - least[0] * scale[0], f64::from(from.y) - least[1] * scale[1]], scale }
    }

    fn x(&self, x: f64) -> f32 {
        (x * self.scale[0] + self.origin[0]) as f32
    }

    fn y(&self, y: f64) -> f32 {
        (y * self.scale[1] + self.origin[1]) as f32
    }
}

/// A line with gaps; smoothed, over a faint one of what it is made of.
pub(super) struct LineItem<'a> {
    base: PlotItemBase,
    series: &'a Series<'a>,
    stroke: Stroke,
    log: bool,
    smooth: f64,
}

impl<'a> LineItem<'a> {
    pub(super) fn new(series: &'a Series<'a>, stroke: Stroke, log: bool, smooth: f64) -> Self {
        // A few points with dots are what was measured: there is no noise in them to take out.
        let smooth = if series.dots { 0.0 } else { smooth };
        Self { base: PlotItemBase::new(String::new()), series, stroke, log, smooth }
    }

    fn line(&self, points: &[[f64; 2]], stroke: Stroke, transform: &PlotTransform, column: f32, to: &mut Vec<Shape>) {
        let dots = self.series.dots;
        let straight = Straight::of(transform);
        let floor = if self.log { 0.0 } else { f64::NEG_INFINITY };
        let y_at = |y: f64| straight.y(on_axis(y, self.log));
        for run in line_runs(points, column, floor, |x| straight.x(x), y_at) {
            let radius = if dots { stroke.width * 1.7 } else { stroke.width * 0.75 };
            if dots || run.len() == 1 {
                to.extend(run.iter().map(|at| Shape::circle_filled(*at, radius, stroke.color)));
            }
            if run.len() < 2 {
                continue;
            }
            match Dash::of(self.series.color).lengths() {
                None => to.push(Shape::line(run, stroke)),
                Some((dash, gap)) => {
                    let width = stroke.width;
                    Shape::dashed_line_many(&run, stroke, dash * width, gap * width, to);
                }
            }
        }
    }

    /// Values that have no place on the axis: no number at the upper edge, none above 0 on a logarithmic axis at the lower.
    fn signs(&self, seen: &Seen, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let frame = *transform.frame();
        let mut row = |xs: &mut dyn Iterator<Item = f64>, y: f32, up: f32| {
            let mut last = f32::NEG_INFINITY;
            for x in xs.map(|x| transform.position_from_point_x(x)) {
                if !frame.x_range().contains(x) || x - last < SIGN_GAP {
                    continue;
                }
                last = x;
                let base = y - up * SIGN * 1.8;
                let corners = vec![Pos2::new(x, y), Pos2::new(x - SIGN, base), Pos2::new(x + SIGN, base)];
                shapes.push(Shape::convex_polygon(corners, self.stroke.color, Stroke::NONE));
            }
        };
        row(&mut seen.gaps.iter().copied(), frame.top() + 1.0, -1.0);
        if self.log {
            let low = seen.points.iter().filter(|p| p[1] <= 0.0).map(|p| p[0]);
            row(&mut { low }, frame.bottom() - 1.0, 1.0);
        }
    }
}

impl PlotItem for LineItem<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let bounds = transform.bounds();
        let x_range = [bounds.min()[0], bounds.max()[0]];
        let pixels = ui.pixels_per_point();
        let column = 1.0 / pixels;
        let width = transform.frame().width();
        let columns = (width * pixels) as usize;
        let seen = seen(self.series, x_range, columns);
        // Noise with a point in nearly every column would be a solid band under a full line.
        let crowded = seen.count as f32 > 2.0 * width;
        let stroke = Stroke::new(self.stroke.width * if crowded { 0.6 } else { 1.0 }, self.stroke.color);
        if self.smooth > 0.0 {
            let faint = Stroke::new(stroke.width * 0.8, stroke.color.gamma_multiply(0.32));
            self.line(&seen.points, faint, transform, column, shapes);
            let smooth = smoothed(self.series, self.smooth, x_range, columns);
            self.line(&smooth, self.stroke, transform, column, shapes);
        } else {
            self.line(&seen.points, stroke, transform, column, shapes);
        }
        self.signs(&seen, transform, shapes);
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.stroke.color
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

/// Filled areas that add up to 100 at each x.
pub(super) struct ShareItem<'a> {
    base: PlotItemBase,
    series: Vec<Series<'a>>,
    /// By series; transparent is hidden.
    fills: Vec<Color32>,
    /// Thin line between areas.
    seam: Stroke,
}

impl<'a> ShareItem<'a> {
    pub(super) fn new(series: &'a [Series<'a>], fills: Vec<Color32>, seam: Stroke) -> Self {
        Self { base: PlotItemBase::new(String::new()), series: thin_stack(series), fills, seam }
    }
}

impl PlotItem for ShareItem<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let bounds = transform.bounds();
        // Two pixels to a column: narrower columns cannot be told apart in an area.
        let column = 2.0 * transform.dvalue_dpos()[0].abs() / f64::from(ui.pixels_per_point());
        let parts = self.series.len();
        let x_range = [bounds.min()[0], bounds.max()[0]];
        for run in share_runs(&self.series, x_range, column.max(f64::MIN_POSITIVE)) {
            // A lone column would have no width.
            let pad = if run.xs.len() == 1 { column } else { 0.0 };
            let xs: Vec<f64> = match run.xs.as_slice() {
                [x] => vec![x - pad, x + pad],
                xs => xs.to_vec(),
            };
            let edge = |part: Option<usize>| -> Vec<Pos2> {
                let top = |i: usize| {
                    let i = i.min(run.xs.len() - 1);
                    part.map_or(0.0, |k| run.tops[i * parts + k]) * 100.0
                };
                xs.iter().enumerate().map(|(i, x)| transform.position_from_point(&PlotPoint::new(*x, top(i)))).collect()
            };
            let edges: Vec<Vec<Pos2>> = std::iter::once(edge(None)).chain((0..parts).map(|k| edge(Some(k)))).collect();
            for (k, fill) in self.fills.iter().enumerate().take(parts) {
                if *fill != Color32::TRANSPARENT {
                    shapes.push(area(&edges[k], &edges[k + 1], *fill));
                }
            }
            for line in edges.iter().take(parts).skip(1) {
                shapes.push(Shape::line(line.clone(), self.seam));
            }
        }
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::TRANSPARENT
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

/// Intervals: error bars, or a band between their ends.
pub(super) struct SpreadItem<'a> {
    base: PlotItemBase,
    ends: &'a [[f64; 3]],
    stroke: Stroke,
    bars: bool,
    log: bool,
}

impl<'a> SpreadItem<'a> {
    pub(super) fn new(ends: &'a [[f64; 3]], stroke: Stroke, bars: bool, log: bool) -> Self {
        Self { base: PlotItemBase::new(String::new()), ends, stroke, bars, log }
    }
}

impl PlotItem for SpreadItem<'_> {
    fn shapes(&self, _ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let floor = transform.bounds().min()[1];
        // An end that a logarithmic axis has no place for lies at its lower edge.
        let on_axis = |y: f64| Some(on_axis(y, self.log)).filter(|y| y.is_finite()).unwrap_or(floor);
        let at = |x: f64, y: f64| transform.position_from_point(&PlotPoint::new(x, on_axis(y)));
        let ends = self.ends.iter().filter(|end| end.iter().all(|v| v.is_finite()));
        let ends: Vec<[Pos2; 2]> = ends.map(|[x, low, high]| [at(*x, *low), at(*x, *high)]).collect();
        if !self.bars {
            let (low, high): (Vec<Pos2>, Vec<Pos2>) = ends.iter().map(|[low, high]| (*low, *high)).unzip();
            shapes.push(area(&low, &high, self.stroke.color.gamma_multiply(0.2)));
            return;
        }
        let cap = egui::vec2(self.stroke.width * 2.5, 0.0);
        for [low, high] in ends {
            shapes.push(Shape::line_segment([low, high], self.stroke));
            for end in [low, high] {
                shapes.push(Shape::line_segment([end - cap, end + cap], self.stroke));
            }
        }
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        self.stroke.color
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

/// Shaded stretches of x, with a strip along the top that shows over anything.
pub(super) struct BandItem<'a> {
    base: PlotItemBase,
    bands: &'a [Band],
    dark: bool,
    /// Over areas that leave no background to be seen.
    over: bool,
}

impl<'a> BandItem<'a> {
    pub(super) fn new(bands: &'a [Band], dark: bool, over: bool) -> Self {
        Self { base: PlotItemBase::new(String::new()), bands, dark, over }
    }
}

/// A band's colour, thin enough for lines to be read on it.
pub(super) fn band_fill(color: Color32, dark: bool) -> Color32 {
    color.gamma_multiply(if dark { 0.2 } else { 0.13 })
}

impl PlotItem for BandItem<'_> {
    fn shapes(&self, ui: &Ui, transform: &PlotTransform, shapes: &mut Vec<Shape>) {
        let frame = *transform.frame();
        let pixel = 1.0 / ui.pixels_per_point();
        for band in self.bands.iter().filter(|band| band.x.iter().all(|x| x.is_finite())) {
            let [left, right] = band.x.map(|x| transform.position_from_point_x(x));
            if right < frame.left() || left > frame.right() {
                continue;
            }
            // The shortest pause is still to be seen.
            let right = right.max(left + pixel);
            let x = left.max(frame.left())..=right.min(frame.right());
            let color = series_color(band.color, self.dark);
            let fill = if self.over { color.gamma_multiply(0.22) } else { band_fill(color, self.dark) };
            shapes.push(Shape::rect_filled(Rect::from_x_y_ranges(x.clone(), frame.y_range()), 0.0, fill));
            let strip = frame.top()..=frame.top() + STRIP;
            shapes.push(Shape::rect_filled(Rect::from_x_y_ranges(x, strip), 0.0, color.gamma_multiply(0.8)));
        }
    }

    fn initialize(&mut self, _x_range: RangeInclusive<f64>) {}

    fn color(&self) -> Color32 {
        Color32::TRANSPARENT
    }

    fn allow_hover(&self) -> bool {
        false
    }

    fn geometry(&self) -> PlotGeometry<'_> {
        PlotGeometry::None
    }

    fn bounds(&self) -> PlotBounds {
        PlotBounds::NOTHING
    }

    fn base(&self) -> &PlotItemBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut PlotItemBase {
        &mut self.base
    }
}

fn area(lower: &[Pos2], upper: &[Pos2], fill: Color32) -> Shape {
    let mut mesh = Mesh::default();
    mesh.reserve_vertices(lower.len() * 2);
    mesh.reserve_triangles(lower.len() * 2);
    for (i, (low, high)) in lower.iter().zip(upper).enumerate() {
        mesh.colored_vertex(*low, fill);
        mesh.colored_vertex(*high, fill);
        if i > 0 {
            let at = i as u32 * 2;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    Shape::Mesh(Arc::new(mesh))
}
