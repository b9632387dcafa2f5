//! The selected image through the chain: for every enabled step what was drawn, before, after, and what it changed.

use super::state::{Trace, TraceDifference, TraceRow, part_name};
use crate::console::show_path;
use crate::ui::common::number_field::{number_field, refused_ui};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, ReadyDataset, State, UiCommand};
use egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Sense, TextureHandle, Ui, Vec2, vec2};

/// Points for a row's words.
const WORDS_WIDTH: f32 = 148.0;
const LEAST_PICTURE: f32 = 56.0;
const LARGEST_PICTURE: f32 = 200.0;

pub(crate) fn chain_view(ui: &mut Ui, state: &State, ready: &ReadyDataset, commands: &mut Commands) {
    steppers_ui(ui, state, ready, commands);
    let trace = &state.inspect.trace;
    if let Some(error) =
        state.chain_error.as_ref().map(ToString::to_string).or_else(|| trace.error.as_ref().map(ToString::to_string))
    {
        ui.label(style::error(ui, error));
    }
    match &trace.shown {
        Some(shown) => trace_ui(ui, ready, shown),
        None if trace.busy => {
            ui.spinner();
        }
        None => {}
    }
}

fn steppers_ui(ui: &mut Ui, state: &State, ready: &ReadyDataset, commands: &mut Commands) {
    let last = ready.dataset.len().saturating_sub(1);
    let arrow =
        |ui: &mut Ui, sign: &str, name: &str| style::named(ui.small_button(sign), name).on_hover_text(name).clicked();
    let mut refused = Vec::new();
    ui.horizontal_wrapped(|ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            ui.label(style::faint(ui, tr!("page-inspect-image")));
            if arrow(ui, "◀", &tr!("page-inspect-previous")) {
                commands.send(UiCommand::SelectStep(-1));
            }
            let mut index = state.preview.index;
            let field = number_field(ui, &mut index, 0..=last, |drag| drag.speed(0.5));
            let value = style::named(field.response, &tr!("page-inspect-index"));
            if value.on_hover_text(tr!("page-inspect-index-hint")).changed() {
                commands.send(UiCommand::SelectImage(index));
            }
            refused.push(field.refused);
            if arrow(ui, "▶", &tr!("page-inspect-next")) {
                commands.send(UiCommand::SelectStep(1));
            }
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            ui.label(style::faint(ui, tr!("page-inspect-draw")));
            if arrow(ui, "◀", &tr!("page-inspect-previous-draw")) {
                commands.send(UiCommand::PreviewDraw(-1));
            }
            let mut draw = state.preview.draw;
            let field = number_field(ui, &mut draw, 0..=u64::MAX, |drag| drag.speed(0.1));
            let value = style::named(field.response, &tr!("page-inspect-draw-number"));
            if value.on_hover_text(tr!("page-inspect-draw-hint")).changed() {
                commands.send(UiCommand::SetDraw(draw));
            }
            refused.push(field.refused);
            if arrow(ui, "▶", &tr!("page-inspect-next-draw")) {
                commands.send(UiCommand::PreviewDraw(1));
            }
        });
        let new = ui.button(tr!("page-inspect-new-draw")).on_hover_text(tr!("page-inspect-new-draw-hint"));
        if new.clicked() {
            commands.send(UiCommand::NewDraw);
        }
        refused.iter().for_each(|refused| refused_ui(ui, refused.as_ref()));
    });
}

fn trace_ui(ui: &mut Ui, ready: &ReadyDataset, trace: &Trace) {
    let part = ready.parts.get(trace.index).copied().flatten();
    let caption = match part {
        Some(part) => tr!("page-inspect-caption", caption = &trace.caption, part = part_name(part)),
        None => trace.caption.clone(),
    };
    let caption = Label::new(caption).truncate();
    ui.add(caption).on_hover_text(show_path(&trace.path));
    let columns = Columns::new(ui);
    columns.heads_ui(ui);
    ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(ui, |ui| {
        for row in &trace.rows {
            row_ui(ui, row, columns);
            ui.separator();
        }
        if let Some(failed) = &trace.failed {
            ui.label(style::error(ui, failed.to_string()));
        } else {
            let total: f64 = trace.rows.iter().map(|row| row.us).sum();
            ui.label(style::faint(ui, tr!("page-inspect-total", time = words::ms(total))).small());
        }
    });
}

/// How a row's words and pictures share the width.
#[derive(Clone, Copy)]
struct Columns {
    /// Points on a side of a picture.
    side: f32,
    /// The words stand above the pictures, as there is no room beside them.
    stacked: bool,
}

impl Columns {
    fn new(ui: &Ui) -> Self {
        let spacing = ui.spacing().item_spacing.x;
        let width = ui.available_width() - ui.spacing().scroll.allocated_width();
        let beside = (width - WORDS_WIDTH - 3.0 * spacing) / 3.0;
        let stacked = beside < LEAST_PICTURE;
        let side = if stacked { (width - 2.0 * spacing) / 3.0 } else { beside };
        Self { side: side.floor().clamp(LEAST_PICTURE, LARGEST_PICTURE), stacked }
    }

    fn heads_ui(self, ui: &mut Ui) {
        let words = (WORDS_WIDTH, "step");
        let pictures = ["before", "after", "difference"].map(|head| (self.side, head));
        ui.horizontal(|ui| {
            for (width, text) in std::iter::once(words).filter(|_| !self.stacked).chain(pictures) {
                let (rect, _) = ui.allocate_exact_size(vec2(width, 15.0), Sense::hover());
                ui.place(rect, |ui: &mut Ui| {
                    let left = Layout::left_to_right(Align::Center);
                    ui.with_layout(left, |ui| {
                        ui.add(Label::new(style::faint(ui, tr!("page-inspect-head", head = text)).small()).truncate())
                    })
                    .inner
                });
            }
        });
    }
}

fn row_ui(ui: &mut Ui, row: &TraceRow, columns: Columns) {
    let side = columns.side;
    if columns.stacked {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            words_ui(ui, row);
        });
    }
    ui.horizontal_top(|ui| {
        if !columns.stacked {
            ui.allocate_ui_with_layout(vec2(WORDS_WIDTH, side), Layout::top_down(Align::Min), |ui| {
                ui.set_min_width(WORDS_WIDTH);
                ui.set_max_width(WORDS_WIDTH);
                ui.spacing_mut().item_spacing.y = 1.0;
                words_ui(ui, row);
            });
        }
        match &row.before {
            Some(before) => {
                picture_ui(ui, before, side, &tr!("page-inspect-head", head = "before"));
            }
            None => {
                ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
            }
        }
        let after = picture_ui(ui, &row.after, side, &tr!("page-inspect-head", head = "after"));
        if row.stretched {
            after.on_hover_text(tr!("page-inspect-stretched"));
        }
        match &row.difference {
            TraceDifference::First => {}
            TraceDifference::None => note_ui(ui, side, &tr!("page-inspect-no-difference")),
            TraceDifference::Incomparable(why) => note_ui(ui, side, &why.to_string()),
            TraceDifference::Picture { texture, text } => {
                ui.vertical(|ui| {
                    ui.set_max_width(side);
                    ui.spacing_mut().item_spacing.y = 1.0;
                    let hint = tr!("page-inspect-difference-hint");
                    picture_ui(ui, texture, side, &tr!("page-inspect-head", head = "difference")).on_hover_text(&hint);
                    ui.add(Label::new(style::faint(ui, text.to_string()).small()).truncate()).on_hover_text(hint);
                });
            }
        }
    });
}

fn words_ui(ui: &mut Ui, row: &TraceRow) {
    let name = if row.skipped { style::faint(ui, row.name) } else { RichText::new(row.name).strong() };
    ui.add(Label::new(name).truncate());
    if !row.drawn.is_empty() {
        let colour = if row.skipped { style::faint_colour(ui) } else { ui.visuals().text_color() };
        ui.add(Label::new(RichText::new(row.drawn.to_string()).color(colour).small()).wrap());
    }
    let image = tr!("page-inspect-shape", shape = &row.shape, numbers = row.numbers);
    ui.add(Label::new(style::faint(ui, image).small()).truncate());
    ui.add(Label::new(style::faint(ui, row.range.to_string()).small()).truncate());
    ui.label(style::faint(ui, words::ms(row.us)).small().monospace()).on_hover_text(tr!("page-inspect-time-hint"));
}

fn picture_ui(ui: &mut Ui, texture: &TextureHandle, side: f32, name: &str) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    let size = texture.size_vec2();
    let fit = size * (side / size.max_elem().max(1.0));
    let picture = egui::Image::new(texture).alt_text(name);
    picture.paint_at(ui, Rect::from_center_size(rect.center(), fit));
    response
}

/// Words where a picture would stand.
fn note_ui(ui: &mut Ui, side: f32, text: &str) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    ui.place(rect, |ui: &mut Ui| {
        let layout = Layout::centered_and_justified(egui::Direction::TopDown);
        ui.with_layout(layout, |ui| ui.add(Label::new(style::faint(ui, text).small()).wrap())).inner
    });
}
