//! The Timeline page: what the trainer, the queue and every loading thread did in the last seconds, span by span.

mod canvas;
mod describe;
mod layout;
mod paint;
pub mod state;

use crate::language::Arg;
use crate::protocol::Trace;
use crate::protocol::trace::SpanEnd;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use describe::Prepared;
use egui::text::{LayoutJob, TextFormat};
use egui::{Button, Label, RichText, TextStyle, Ui};
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
        ui.label(style::error(ui, error.to_string()));
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
            let secs_text = Arg::number(secs, 0);
            let name = tr!("page-timeline-take", secs = secs_text.clone());
            let button = if i == 0 { name.clone() } else { tr!("page-timeline-secs", secs = secs_text) };
            let button = Button::new(button);
            let taken = style::named(ui.add_enabled(active, button), &name)
                .on_hover_text(tr!("page-timeline-take-hint"))
                .on_disabled_hover_text(tr!("page-timeline-no-run"));
            if taken.clicked() {
                commands.send(UiCommand::TakeTrace(secs));
            }
        }
        let mut live = timeline.live_secs.is_some();
        let hint = tr!("page-timeline-live-hint", secs = Arg::number(LIVE_SECS, 0));
        let box_ = ui
            .add_enabled(active || live, egui::Checkbox::new(&mut live, tr!("page-timeline-live")))
            .on_hover_text(hint);
        if box_.changed() {
            commands.send(UiCommand::FollowTrace(live.then_some(LIVE_SECS)));
        }
        if timeline.asked.is_some() && timeline.live_secs.is_none() {
            ui.spinner();
        }
        let Some(trace) = timeline.trace.as_deref() else { return };
        ui.separator();
        let view = form.view.unwrap_or_else(|| whole(trace));
        for (sign, name, factor) in
            [("+", tr!("page-timeline-zoom-in"), 0.5), ("−", tr!("page-timeline-zoom-out"), 2.0)]
        {
            let button = style::named(ui.add(Button::new(sign)), &name);
            if button.on_hover_text(tr!("page-timeline-zoom-hint", name)).clicked() {
                form.view = Some(view.zoomed(0.5, factor, whole(trace)));
            }
        }
        if ui.button(tr!("page-timeline-all")).on_hover_text(tr!("page-timeline-all-hint")).clicked() {
            form.view = None;
        }
        ui.separator();
        let save = ui.button(tr!("page-timeline-save"));
        if save.on_hover_text(tr!("page-timeline-save-hint")).clicked() {
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
        _ if timeline.asked.is_some() => tr!("page-timeline-asked"),
        Some(_) if !instrument => tr!("page-timeline-off"),
        Some(_) => tr!("page-timeline-empty"),
        None if active => tr!("page-timeline-none-active"),
        None => tr!("page-timeline-none"),
    };
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(12.0));
        ui.label(style::faint(ui, text).size(14.5));
    });
}

/// How much there is, and from when on.
fn about_ui(ui: &mut Ui, trace: &Trace, timeline: &TimelineState) {
    let to = Arg::number(trace.taken_ns as f64 / 1e9, 1);
    let mut text = tr!("page-timeline-about", spans = trace.span_count(), threads = trace.tracks.len(), to);
    if trace.complete_from_ns > trace.from_ns {
        let known = trace.taken_ns.saturating_sub(trace.complete_from_ns) as f64 / 1e9;
        text.push(' ');
        text.push_str(&tr!("page-timeline-whole", secs = Arg::number(known, 2)));
    }
    if timeline.live_secs.is_none() {
        text.push(' ');
        text.push_str(&tr!("page-timeline-use"));
    }
    ui.label(style::faint(ui, text).small());
}

/// The colours, with what share of the time each name took.
fn legend_ui(ui: &mut Ui, trace: &Trace, prepared: &Prepared) {
    let dark = ui.visuals().dark_mode;
    for (who, shares) in
        [(tr!("page-timeline-loading"), &prepared.loader), (tr!("page-timeline-trainer"), &prepared.trainer)]
    {
        if shares.is_empty() {
            continue;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            ui.label(style::faint(ui, who).small());
            let font = TextStyle::Small.resolve(ui.style());
            for (name, share) in shares {
                let text = format!("{} {:.0} %", describe::name_of(trace, *name), share * 100.0);
                // One text, so that no line ends between a colour and its name.
                let mut entry = LayoutJob::default();
                entry.append("■", 0.0, TextFormat::simple(font.clone(), prepared.colour(*name, dark)));
                entry.append(&text, 4.0, TextFormat::simple(font.clone(), ui.visuals().text_color()));
                ui.add(Label::new(entry).extend());
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
        if let Some(draw) = trace.draw_of(track.kind, span)
            && let Some(file) = trace.file(draw.sample).and_then(|file| file.path.as_ref())
        {
            let hint = if state.config.train.seed == trace.seed {
                tr!("page-timeline-show-same")
            } else {
                tr!("page-timeline-show-other")
            };
            let show = ui.button(tr!("page-timeline-show")).on_hover_text(hint);
            if show.clicked() {
                commands.send(UiCommand::ShowDraw { file: file.clone(), draw: u64::from(draw.epoch) });
            }
        }
        if ui.button(tr!("page-timeline-put-away")).clicked() {
            form.pinned = None;
        }
    });
}
