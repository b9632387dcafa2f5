//! The Timeline page: what the trainer, the queue and every loading thread did in the last seconds, span by span.

mod canvas;
mod describe;
mod layout;
mod paint;
pub mod state;

use crate::protocol::Trace;
use crate::protocol::trace::SpanEnd;
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use describe::Prepared;
use egui::{Button, RichText, Ui};
use layout::{View, whole};
use state::{LIVE_SECS, TAKE_SECS, TimelineState};

impl Page {
    pub const TIMELINE: Self = Self::new("timeline");
}

/// The page's own fields.
#[derive(Default)]
pub struct TimelineForm {
    /// What is in sight; all of the trace where nobody chose.
    view: Option<View>,
    prepared: Option<Prepared>,
    /// Track and span that were clicked.
    pinned: Option<(usize, usize)>,
}

impl TimelineForm {
    /// Takes note of a trace that is new: one zooms into the newest again while it is followed, and sees all of another.
    fn prepare(&mut self, trace: &Trace, live: bool) {
        let old_ns = self.prepared.as_ref().map(|prepared| prepared.taken_ns);
        if old_ns == Some(trace.taken_ns) {
            return;
        }
        let later_ns = trace.taken_ns as f64 - old_ns.unwrap_or_default() as f64;
        let moved = self.view.map(|view| View::new(view.begin_ns + later_ns, view.end_ns + later_ns));
        self.view = moved.filter(|_| live).map(|view| view.within(whole(trace)));
        self.pinned = None;
        self.prepared = Some(Prepared::new(trace));
    }
}

pub fn timeline_page(ui: &mut Ui, state: &State, form: &mut TimelineForm, commands: &mut Commands) {
    let timeline = &state.timeline;
    toolbar_ui(ui, state, form, commands);
    if let Some(error) = &timeline.error {
        ui.label(RichText::new(error).color(style::error_colour(ui)));
    }
    let Some(trace) = timeline.trace.as_deref().filter(|trace| trace.span_count() > 0) else {
        nothing_ui(ui, state);
        return;
    };
    form.prepare(trace, timeline.live_secs.is_some());
    let Some(prepared) = form.prepared.take() else { return };
    about_ui(ui, trace, timeline);
    legend_ui(ui, trace, &prepared);
    let mut view = form.view.unwrap_or_else(|| whole(trace));
    canvas::canvas_ui(ui, trace, &prepared, &mut view, &mut form.pinned);
    form.view = (view != whole(trace)).then_some(view);
    form.prepared = Some(prepared);
    pinned_ui(ui, state, trace, form, commands);
}

fn toolbar_ui(ui: &mut Ui, state: &State, form: &mut TimelineForm, commands: &mut Commands) {
    let timeline = &state.timeline;
    let active = state.run.live.is_active();
    ui.horizontal_wrapped(|ui| {
        for (i, secs) in TAKE_SECS.into_iter().enumerate() {
            let name = format!("Take the last {secs:.0} s");
            let button = if i == 0 { Button::new(&name) } else { Button::new(format!("{secs:.0} s")) };
            let taken = style::named(ui.add_enabled(active, button), &name)
                .on_hover_text("Asks the engine for what it did; the training is not held up")
                .on_disabled_hover_text("No run is active");
            if taken.clicked() {
                commands.send(UiCommand::TakeTrace(secs));
            }
        }
        let mut live = timeline.live_secs.is_some();
        let hint = format!("Takes the last {LIVE_SECS:.0} s again, about once a second");
        let box_ = ui.add_enabled(active || live, egui::Checkbox::new(&mut live, "Live")).on_hover_text(hint);
        if box_.changed() {
            commands.send(UiCommand::FollowTrace(live.then_some(LIVE_SECS)));
        }
        if timeline.asked.is_some() && timeline.live_secs.is_none() {
            ui.spinner();
        }
        let Some(trace) = timeline.trace.as_deref() else { return };
        ui.separator();
        let view = form.view.unwrap_or_else(|| whole(trace));
        for (sign, name, factor) in [("+", "Zoom in", 0.5), ("−", "Zoom out", 2.0)] {
            let button = style::named(ui.add(Button::new(sign)), name);
            if button.on_hover_text(format!("{name} (also with the wheel)")).clicked() {
                form.view = Some(view.zoomed(0.5, factor, whole(trace)));
            }
        }
        if ui.button("All").on_hover_text("All of the trace (also with a double click)").clicked() {
            form.view = None;
        }
        ui.separator();
        let save = ui.button("Save for Perfetto…");
        if save.on_hover_text("A JSON file that ui.perfetto.dev opens").clicked() {
            commands.send(UiCommand::SaveTrace);
        }
    });
}

/// What the page says while there is nothing to draw.
fn nothing_ui(ui: &mut Ui, state: &State) {
    let timeline = &state.timeline;
    let active = state.run.live.is_active();
    let instrument = state.run.started.as_ref().is_none_or(|started| started.config.loader.instrument);
    let text = match &timeline.trace {
        _ if timeline.asked.is_some() => "The engine is asked for what it did last.",
        Some(_) if !instrument => "Nothing was recorded: the run was started with loader.instrument = false.",
        Some(_) => "Nothing happened in those seconds.",
        None if active => "Take the last seconds to see what each loading thread, the queue and the trainer did.",
        None => {
            "Start a run: this page then shows what each loading thread, the queue and the trainer did in the last seconds."
        }
    };
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(12.0));
        ui.label(style::faint(ui, text).size(14.5));
    });
}

/// How much there is, and from when on.
fn about_ui(ui: &mut Ui, trace: &Trace, timeline: &TimelineState) {
    let count = words::plural(trace.span_count() as u64, "span", "spans");
    let threads = words::plural(trace.tracks.len() as u64, "thread", "threads");
    let mut text = format!("{count} of {threads}, up to {:.1} s of the run.", trace.taken_ns as f64 / 1e9);
    if trace.complete_from_ns > trace.from_ns {
        let known = trace.taken_ns.saturating_sub(trace.complete_from_ns) as f64 / 1e9;
        text.push_str(&format!(" Whole for the last {known:.2} s: more than that is not kept of threads this busy."));
    }
    if timeline.live_secs.is_none() {
        text.push_str(" Wheel: zoom; drag: move; click: keep a span's details.");
    }
    ui.label(style::faint(ui, text).small());
}

/// The colours, with what share of the time each name took.
fn legend_ui(ui: &mut Ui, trace: &Trace, prepared: &Prepared) {
    let dark = ui.visuals().dark_mode;
    for (who, shares) in [("loading", &prepared.loader), ("trainer", &prepared.trainer)] {
        if shares.is_empty() {
            continue;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            ui.label(style::faint(ui, format!("{who}:")).small());
            for (name, share) in shares {
                let text = trace.names.get(usize::from(*name)).map_or("N/A", String::as_str);
                ui.label(RichText::new("■").color(prepared.colour(*name, dark)));
                ui.label(RichText::new(format!("{text} {:.0} %", share * 100.0)).small());
                ui.add_space(4.0);
            }
        });
    }
}

/// The details of the span that was clicked, and what can be done with it.
fn pinned_ui(ui: &mut Ui, state: &State, trace: &Trace, form: &mut TimelineForm, commands: &mut Commands) {
    let Some((at, span)) = form.pinned else {
        ui.label("");
        return;
    };
    let Some((track, span)) = trace.tracks.get(at).and_then(|track| Some((track, track.spans.get(span)?))) else {
        form.pinned = None;
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let text = describe::span_lines(trace, track, span).join("; ");
        let text = RichText::new(text);
        ui.label(if span.end == SpanEnd::Failed { text.color(style::error_colour(ui)) } else { text });
        let len = state.dataset.ready().map_or(0, |ready| ready.dataset.len());
        if let Some(draw) = trace.draw_of(track.kind, span).filter(|draw| (draw.sample as usize) < len) {
            let hint = if state.config.train.seed == trace.seed {
                "This image with these draws, step by step"
            } else {
                "This image, step by step; the draws will differ, as the seed in the settings is another now"
            };
            let show = ui.button("Show in Inspect").on_hover_text(hint);
            if show.clicked() {
                commands.send(UiCommand::ShowDraw { image: draw.sample as usize, draw: u64::from(draw.epoch) });
            }
        }
        if ui.button("Put away").clicked() {
            form.pinned = None;
        }
    });
}
