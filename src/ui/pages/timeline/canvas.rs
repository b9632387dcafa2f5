//! The rows, and what the pointer and the keyboard do on them.

use super::describe::{self, Prepared, span_lines};
use super::layout::{View, queue_at, span_at, whole};
use super::paint::Canvas;
use crate::client::track_name;
use crate::protocol::Trace;
use crate::protocol::trace::TrackKind;
use crate::ui::common::style;
use egui::{Align, EventFilter, Key, Label, Layout, Rect, Response, RichText, ScrollArea, Sense, Ui, pos2, vec2};

/// Of the rows' names.
const NAMES_WIDTH: f32 = 118.0;
const AXIS_HEIGHT: f32 = 20.0;
const QUEUE_HEIGHT: f32 = 44.0;
const GAP: f32 = 3.0;
/// Below the rows: the details of the span that was clicked.
const BELOW: f32 = 52.0;
/// A span is hit this far from it.
const REACH_POINTS: f64 = 3.0;
/// What a press of an arrow moves, as a share of the view.
const KEY_SHARE: f64 = 0.2;

/// A row from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Row {
    Queue,
    /// An index into `Trace::tracks`.
    Track(usize),
}

/// The trainer, what waits for it, and who makes that.
fn rows(trace: &Trace) -> Vec<Row> {
    let trainer = |row: &usize| trace.tracks.get(*row).is_some_and(|track| track.kind == TrackKind::Trainer);
    let (trainer, loaders): (Vec<_>, Vec<_>) = (0..trace.tracks.len()).partition(trainer);
    let queue = (!trace.queue.is_empty()).then_some(Row::Queue);
    trainer.into_iter().map(Row::Track).chain(queue).chain(loaders.into_iter().map(Row::Track)).collect()
}

/// Draws the rows, changes the view and the clicked span as the pointer and the keys say.
pub fn canvas_ui(
    ui: &mut Ui,
    trace: &Trace,
    prepared: &Prepared,
    view: &mut View,
    pinned: &mut Option<(usize, usize)>,
) {
    let rows = rows(trace);
    let tracks = rows.iter().filter(|row| **row != Row::Queue).count().max(1) as f32;
    let room = ui.available_height() - BELOW - AXIS_HEIGHT - QUEUE_HEIGHT;
    let height = (room / tracks - GAP).clamp(9.0, 30.0);
    let of = |row: &Row| if *row == Row::Queue { QUEUE_HEIGHT } else { height };
    let all = AXIS_HEIGHT + rows.iter().map(|row| of(row) + GAP).sum::<f32>();
    let most = (ui.available_height() - BELOW).max(120.0);
    ScrollArea::vertical().id_salt("timeline").max_height(most).auto_shrink([false, true]).show(ui, |ui| {
        let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), all), Sense::hover());
        let plot = Rect::from_min_max(pos2(area.left() + NAMES_WIDTH, area.top()), area.max);
        let response = ui.interact(plot, ui.scope_id().with("rows"), Sense::click_and_drag());
        let response = style::named(response, &tr!("page-timeline-canvas"));
        move_view(ui, &response, plot, view, whole(trace));

        let canvas =
            Canvas::new(ui, ui.painter().with_clip_rect(plot.intersect(ui.clip_rect())), trace, prepared, *view);
        canvas.axis(Rect::from_min_size(plot.min, vec2(plot.width(), AXIS_HEIGHT - 2.0)));
        let mut top = plot.top() + AXIS_HEIGHT;
        let mut under = None;
        for row in &rows {
            let rect = Rect::from_min_size(pos2(plot.left(), top), vec2(plot.width(), of(row)));
            name_ui(ui, Rect::from_x_y_ranges(area.left()..=plot.left() - 6.0, rect.y_range()), trace, *row);
            match row {
                Row::Queue => canvas.queue(rect),
                Row::Track(at) => {
                    if let Some(track) = trace.tracks.get(*at) {
                        canvas.track(rect, track);
                    }
                    if let Some((_, span)) = pinned.filter(|(track, _)| track == at)
                        && let Some(span) = trace.tracks.get(*at).and_then(|track| track.spans.get(span))
                    {
                        canvas.frame(rect, span.begin_ns, span.end_ns());
                    }
                }
            }
            if response.hover_pos().is_some_and(|pointer| rect.expand(GAP / 2.0).contains(pointer)) {
                under = Some(*row);
            }
            top += of(row) + GAP;
        }
        canvas.shade_unknown(plot);
        if let Some(pointer) = response.hover_pos() {
            canvas.pointer_line(plot, pointer.x);
            let ns = view.at(f64::from((pointer.x - plot.left()) / plot.width()));
            let reach_ns = view.length_ns() * REACH_POINTS / f64::from(plot.width());
            point_at(&response, trace, under, ns, reach_ns, pinned);
        }
    });
}

fn name_ui(ui: &mut Ui, rect: Rect, trace: &Trace, row: Row) {
    let name = match row {
        Row::Queue => tr!("page-timeline-queue"),
        Row::Track(at) => trace.tracks.get(at).map(|track| track_name(track.kind).to_string()).unwrap_or_default(),
    };
    let small = rect.height() < 14.0;
    ui.place(rect, |ui: &mut Ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = RichText::new(&name);
            let text = if small { text.size(9.0) } else { text.small() };
            ui.add(Label::new(text).truncate().selectable(false)).on_hover_text(name)
        })
        .inner
    });
}

/// Wheel and pinch zoom about the pointer, a drag and the arrows move, a double click and Home show all.
fn move_view(ui: &Ui, response: &Response, plot: Rect, view: &mut View, whole: View) {
    let width = f64::from(plot.width());
    if response.double_clicked() {
        *view = whole;
    }
    if response.dragged() {
        *view = view.moved(-f64::from(response.drag_delta().x) / width, whole);
    }
    if let Some(pointer) = response.hover_pos() {
        let (wheel, pinch) = ui.input_mut(|input| (std::mem::take(&mut input.smooth_scroll_delta), input.zoom_delta()));
        let factor = f64::from(-wheel.y * 0.005).exp() / f64::from(pinch);
        if (factor - 1.0).abs() > 1e-9 {
            let share = f64::from((pointer.x - plot.left()) / plot.width());
            *view = view.zoomed(share, factor, whole);
        }
        if wheel.x != 0.0 {
            *view = view.moved(-f64::from(wheel.x) / width, whole);
        }
    }
    if response.clicked() {
        response.request_focus();
    }
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    } else if ui.memory(|memory| memory.focused().is_some()) {
        // Another widget has the keyboard.
        return;
    }
    let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    let plus = ui.input(|input| input.key_pressed(Key::Plus)) || pressed(Key::Equals);
    if plus {
        *view = view.zoomed(0.5, 0.5, whole);
    }
    if pressed(Key::Minus) {
        *view = view.zoomed(0.5, 2.0, whole);
    }
    if pressed(Key::ArrowLeft) {
        *view = view.moved(-KEY_SHARE, whole);
    }
    if pressed(Key::ArrowRight) {
        *view = view.moved(KEY_SHARE, whole);
    }
    if pressed(Key::Home) {
        *view = whole;
    }
}

/// Says what the pointer is on; a click keeps it.
fn point_at(
    response: &Response,
    trace: &Trace,
    under: Option<Row>,
    ns: f64,
    reach_ns: f64,
    pinned: &mut Option<(usize, usize)>,
) {
    let found = match under {
        Some(Row::Track(at)) => {
            trace.tracks.get(at).and_then(|track| Some((at, track, span_at(&track.spans, ns, reach_ns)?)))
        }
        _ => None,
    };
    if response.clicked() {
        *pinned = found.map(|(at, _, span)| (at, span));
    }
    let lines = match (under, found) {
        (_, Some((_, track, span))) => {
            track.spans.get(span).map(|span| span_lines(trace, track, span)).unwrap_or_default()
        }
        (Some(Row::Queue), None) => {
            let len = queue_at(&trace.queue, ns).map_or_else(|| "N/A".to_owned(), |len| len.to_string());
            vec![tr!("page-timeline-waiting", len, most = trace.queue_capacity), describe::at_line(ns)]
        }
        (Some(Row::Track(at)), None) if ns >= trace.complete_from_ns as f64 => {
            let trainer = trace.tracks.get(at).is_some_and(|track| track.kind == TrackKind::Trainer);
            let idle = if trainer { tr!("page-timeline-between") } else { tr!("page-timeline-idle") };
            vec![idle, describe::at_line(ns)]
        }
        _ => return,
    };
    response.clone().on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(420.0);
        for (i, line) in lines.into_iter().enumerate() {
            let text = RichText::new(line);
            ui.label(if i == 0 { text.strong() } else { text });
        }
    });
}
