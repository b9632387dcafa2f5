//! Draws the rows of a timeline: what is in sight and no more.

use super::describe::{Prepared, name_of};
use super::layout::{Block, View, blocks, queue_steps};
use crate::plot::{decimals_of, nice_step};
use crate::protocol::Trace;
use crate::protocol::trace::{SpanEnd, Track};
use crate::ui::common::style;
use egui::{Align2, Color32, FontId, Painter, Rect, Shape, Stroke, Ui, pos2, vec2};

/// Ticks are at least so far apart.
const TICK_POINTS: f64 = 120.0;
/// A span that is narrower has no name in it.
const NAMED_POINTS: f32 = 44.0;

/// Everything that drawing needs.
pub struct Canvas<'a> {
    pub painter: Painter,
    pub trace: &'a Trace,
    pub prepared: &'a Prepared,
    pub view: View,
    pub dark: bool,
    text: Color32,
    faint: Color32,
    accent: Color32,
    error: Color32,
    background: Color32,
}

impl<'a> Canvas<'a> {
    pub fn new(ui: &Ui, painter: Painter, trace: &'a Trace, prepared: &'a Prepared, view: View) -> Self {
        Self {
            painter,
            trace,
            prepared,
            view,
            dark: ui.visuals().dark_mode,
            text: ui.visuals().text_color(),
            faint: style::faint_colour(ui),
            accent: style::accent(ui),
            error: style::error_colour(ui),
            background: ui.visuals().extreme_bg_color,
        }
    }

    fn x(&self, row: Rect, ns: f64) -> f32 {
        row.left() + self.view.share(ns).clamp(0.0, 1.0) as f32 * row.width()
    }

    /// Seconds of the run, with as many decimals as the view is near.
    pub fn axis(&self, row: Rect) {
        let secs = self.view.length_ns() / 1e9;
        let step = nice_step(secs / (f64::from(row.width()) / TICK_POINTS).max(1.0));
        let decimals = decimals_of(step);
        let (first, last) = ((self.view.begin_ns / 1e9 / step).ceil(), (self.view.end_ns / 1e9 / step).floor());
        let mut tick = first;
        while tick <= last {
            let x = self.x(row, tick * step * 1e9);
            self.painter.vline(x, row.bottom() - 4.0..=row.bottom(), Stroke::new(1.0, self.faint));
            let text = format!("{:.decimals$} s", tick * step);
            self.painter.text(pos2(x, row.top()), Align2::CENTER_TOP, text, FontId::proportional(11.0), self.faint);
            tick += 1.0;
        }
    }

    /// What was before all that is kept is shaded.
    pub fn shade_unknown(&self, area: Rect) {
        let known = self.x(area, self.trace.complete_from_ns as f64);
        if self.trace.complete_from_ns > self.trace.from_ns && known > area.left() {
            let unknown = Rect::from_min_max(area.min, pos2(known, area.bottom()));
            self.painter.rect_filled(unknown, 0.0, self.faint.gamma_multiply(0.18));
            self.painter.vline(known, area.y_range(), Stroke::new(1.0, self.faint));
        }
    }

    pub fn track(&self, row: Rect, track: &Track) {
        self.painter.rect_filled(row, 0.0, self.background);
        let small = row.height() < 12.0;
        let mut shapes = Vec::new();
        for block in blocks(&track.spans, self.view, row.width()) {
            let rect = Rect::from_x_y_ranges(row.left() + block.left..=row.left() + block.right, row.y_range());
            shapes.push(Shape::rect_filled(rect, 0.0, self.colour(&block)));
            if block.end == SpanEnd::Failed {
                let mark = Rect::from_min_size(rect.left_top(), vec2(rect.width().max(2.0), 3.0));
                shapes.push(Shape::rect_filled(mark, 0.0, self.error));
            }
            if block.spans == 1 && rect.width() > 3.0 {
                // So that two of one name beside each other are two.
                shapes.push(Shape::vline(rect.left(), rect.y_range(), Stroke::new(1.0, self.background)));
            }
            if rect.width() > NAMED_POINTS && !small {
                self.name_in(&mut shapes, rect, &block);
            }
        }
        self.painter.extend(shapes);
    }

    fn colour(&self, block: &Block) -> Color32 {
        let colour = self.prepared.colour(block.name, self.dark);
        // Sparse spans look sparse, and are still seen.
        self.background.lerp_to_gamma(colour, block.covered.max(0.25))
    }

    fn name_in(&self, shapes: &mut Vec<Shape>, rect: Rect, block: &Block) {
        let on = self.prepared.colour(block.name, self.dark);
        let bright = 0.299 * f32::from(on.r()) + 0.587 * f32::from(on.g()) + 0.114 * f32::from(on.b()) > 140.0;
        let colour = if bright { Color32::BLACK } else { Color32::WHITE };
        let font = FontId::proportional((rect.height() - 5.0).clamp(9.0, 12.0));
        let galley = self.painter.layout_no_wrap(name_of(self.trace, block.name), font, colour);
        if galley.size().x + 6.0 < rect.width() {
            let at = pos2(rect.left() + 3.0, rect.center().y - galley.size().y / 2.0);
            shapes.push(Shape::galley(at, galley, colour));
        }
    }

    /// The queue as a curve of steps over what may wait.
    pub fn queue(&self, row: Rect) {
        self.painter.rect_filled(row, 0.0, self.background);
        let most = self.trace.queue.iter().map(|change| change.len).max().unwrap_or(0);
        let most = most.max(self.trace.queue_capacity).max(1);
        let y = |len: u32| row.bottom() - 1.0 - (row.height() - 3.0) * len as f32 / most as f32;
        let mut steps = queue_steps(&self.trace.queue, self.view, row.width());
        let Some(&(_, last)) = steps.last() else { return };
        steps.push((self.view.share(self.trace.taken_ns as f64).min(1.0), last));
        let mut corners = Vec::with_capacity(2 * steps.len());
        for pair in steps.windows(2) {
            let [(from, len), (to, _)] = pair else { continue };
            let x = |share: f64| row.left() + share as f32 * row.width();
            let bar = Rect::from_min_max(pos2(x(*from), y(*len)), pos2(x(*to), row.bottom()));
            self.painter.rect_filled(bar, 0.0, self.accent.gamma_multiply(0.25));
            corners.extend([pos2(x(*from), y(*len)), pos2(x(*to), y(*len))]);
        }
        self.painter.line(corners, Stroke::new(1.2, self.accent));
    }

    /// A frame around a span, where it is in sight.
    pub fn frame(&self, row: Rect, begin_ns: u64, end_ns: u64) {
        if (end_ns as f64) < self.view.begin_ns || begin_ns as f64 > self.view.end_ns {
            return;
        }
        let (left, right) = (self.x(row, begin_ns as f64), self.x(row, end_ns as f64));
        let rect = Rect::from_x_y_ranges(left..=right.max(left + 2.0), row.y_range());
        self.painter.rect_stroke(rect, 0.0, Stroke::new(2.0, self.text), egui::StrokeKind::Outside);
    }

    pub fn pointer_line(&self, area: Rect, x: f32) {
        self.painter.vline(x, area.y_range(), Stroke::new(1.0, self.faint.gamma_multiply(0.6)));
    }
}
