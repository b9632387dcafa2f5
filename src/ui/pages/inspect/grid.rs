//! Thumbnails of any number of images: only the rows in sight are laid out.

use super::state::{Shown, part_name};
use super::thumbs::{MAX_CELL, Placed, Thumb};
use crate::console::show_path;
use crate::ui::common::style;
use crate::ui::state::{Commands, ReadyDataset, State, UiCommand};
use egui::emath::GuiRounding as _;
use egui::{
    Align2, Color32, EventFilter, FontId, Key, Mesh, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, vec2,
};

const GAP: f32 = 4.0;
/// Rows above and below the ones in sight whose thumbnails are made too, after those.
const MARGIN_ROWS: usize = 3;

/// What the grid remembers from frame to frame.
#[derive(Default)]
pub struct GridForm {
    columns: usize,
    /// The place in the middle of the last frame: it stays there when the columns change.
    middle: usize,
    /// Offset and height of the view in the last frame.
    offset: f32,
    height: f32,
    /// The selected image and how many were shown in the last frame: a change of either brings it into sight.
    selected: Option<(usize, usize)>,
}

/// `looked_at` are images of which the page shows thumbnails elsewhere.
pub fn grid_ui(
    ui: &mut Ui,
    state: &State,
    ready: &ReadyDataset,
    form: &mut GridForm,
    looked_at: &[u32],
    commands: &mut Commands,
) {
    let shown = &state.inspect.shown;
    let side = state.inspect.thumb_side as f32;
    if shown.is_empty() {
        ui.label(style::faint(ui, tr!("page-grid-none")));
        commands.send(UiCommand::LookAt { images: looked_at.to_vec(), side: pixels(ui, side) });
        return;
    }
    let step = side + GAP;
    let bar = ui.spacing().scroll.allocated_width();
    let columns = ((ui.available_width() - bar + GAP) / step).floor().max(1.0) as usize;
    let rows = shown.len().div_ceil(columns);

    let mut area = ScrollArea::vertical().id_salt("thumbnails").auto_shrink([false, false]);
    if let Some(offset) = wanted_offset(state, form, columns, step) {
        area = area.vertical_scroll_offset(offset);
    }
    let output = area.show_viewport(ui, |ui, viewport| {
        ui.set_height(rows as f32 * step);
        ui.set_width(ui.available_width());
        let view = Rect::from_min_size(ui.max_rect().min + viewport.min.to_vec2(), viewport.size());
        let first = (viewport.min.y / step).floor().max(0.0) as usize;
        let last = (((viewport.max.y / step).ceil()).max(0.0) as usize).min(rows);
        form.columns = columns;
        form.middle = (first + last) / 2 * columns;
        let grid = Grid { state, ready, columns, side, view, top: f64::from(viewport.min.y) };
        grid.ask_for_thumbs(ui, looked_at, first..last, rows, commands);
        grid.ui(ui, first * columns..(last * columns).min(shown.len()), commands);
    });
    form.offset = output.state.clamped_offset().y;
    form.height = output.inner_rect.height();
}

/// Pixels on a side of a thumbnail of so many points.
fn pixels(ui: &Ui, side: f32) -> usize {
    ((side * ui.ctx().pixels_per_point()).round() as usize).clamp(1, MAX_CELL)
}

/// Where to scroll to, if anywhere: the selected image comes into sight when it changes, and what was in the middle stays
/// there when the columns do.
fn wanted_offset(state: &State, form: &mut GridForm, columns: usize, step: f32) -> Option<f32> {
    let image = state.preview.index;
    let now = (image, state.inspect.shown.len());
    let changed = form.selected.replace(now) != Some(now);
    if form.columns != 0 && form.columns != columns {
        return Some(((form.middle / columns) as f32 * step - form.height / 2.0).max(0.0));
    }
    let place = state.inspect.shown.place_of(image).unwrap_or_else(|place| place);
    let (top, height) = ((place / columns) as f32 * step, form.height);
    if !changed || (top >= form.offset && top + step <= form.offset + height) {
        return None;
    }
    if height == 0.0 {
        return (top > 0.0).then_some(top);
    }
    // One row away it is only brought in; a jump puts it into the middle.
    Some(if top < form.offset && top + step >= form.offset - step {
        top
    } else if top + step > form.offset + height && top < form.offset + height + step {
        top + step - height
    } else {
        (top - (height - step) / 2.0).max(0.0)
    })
}

struct Grid<'a> {
    state: &'a State,
    ready: &'a ReadyDataset,
    columns: usize,
    side: f32,
    /// What is in sight, on the screen.
    view: Rect,
    /// Of the view, in the scrolled content. Kept wide: a million rows are more points than `f32` counts one by one.
    top: f64,
}

impl Grid<'_> {
    fn shown(&self) -> &Shown {
        &self.state.inspect.shown
    }

    /// Where the image at a place of the grid is drawn.
    fn rect(&self, place: usize) -> Rect {
        let step = self.side + GAP;
        let y = (place / self.columns) as f64 * f64::from(step) - self.top;
        let x = (place % self.columns) as f32 * step;
        Rect::from_min_size(self.view.min + vec2(x, y as f32), Vec2::splat(self.side))
    }

    /// What is looked at elsewhere and the rows in sight first, then some below and above.
    fn ask_for_thumbs(
        &self,
        ui: &Ui,
        looked_at: &[u32],
        rows: std::ops::Range<usize>,
        all_rows: usize,
        commands: &mut Commands,
    ) {
        let after = rows.end..(rows.end + MARGIN_ROWS).min(all_rows);
        let before = (rows.start.saturating_sub(MARGIN_ROWS)..rows.start).rev();
        let places = rows.chain(after).chain(before).flat_map(|row| row * self.columns..(row + 1) * self.columns);
        let images = places.filter_map(|place| self.shown().get(place)).filter_map(|image| u32::try_from(image).ok());
        let images = looked_at.iter().copied().chain(images).collect();
        commands.send(UiCommand::LookAt { images, side: pixels(ui, self.side) });
    }

    fn ui(&self, ui: &mut Ui, places: std::ops::Range<usize>, commands: &mut Commands) {
        let id = ui.scope_id().with("grid");
        let area = ui.interact(self.view, id, Sense::focusable_noninteractive());
        area.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Thumbnails"));
        self.keys(ui, &area, commands);
        let thumbs = &self.state.inspect.thumbs;
        let empty = ui.visuals().extreme_bg_color;
        let mut meshes: Vec<Mesh> = Vec::new();
        let mut over: Vec<(Rect, Stroke)> = Vec::new();
        let mut failed = Vec::new();
        for place in places {
            let Some(image) = self.shown().get(place) else { continue };
            let rect = self.rect(place).round_to_pixels(ui.ctx().pixels_per_point());
            let thumb = u32::try_from(image).ok().and_then(|image| thumbs.get(image));
            let response = ui.interact(rect, id.with(image), Sense::CLICK);
            let selected = image == self.state.preview.index;
            response.widget_info(|| {
                let class = self.class_name(image);
                WidgetInfo::selected(
                    Role::ListBoxOption,
                    true,
                    selected,
                    tr!("page-grid-image", image = image.to_string(), class),
                )
            });
            ui.painter().rect_filled(rect, 2.0, empty);
            match thumb {
                Some(Thumb::Picture(placed)) => self.add_picture(&mut meshes, rect, placed),
                Some(Thumb::Failed(_)) => failed.push(rect),
                None => {}
            }
            if selected {
                over.push((rect, Stroke::new(2.5, style::selection_colour(ui))));
            } else if response.hovered() {
                over.push((rect, Stroke::new(1.5, ui.visuals().strong_text_color())));
            }
            if response.clicked() {
                area.request_focus();
                commands.send(UiCommand::SelectImage(image));
            }
            response.on_hover_ui(|ui| self.hover_ui(ui, image, thumb));
        }
        for mesh in meshes {
            ui.painter().add(mesh);
        }
        let colour = style::error_colour(ui);
        for rect in failed {
            ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.0, colour), StrokeKind::Inside);
            let (words, font) = (tr!("page-grid-unreadable"), FontId::proportional(11.0));
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, font, colour);
        }
        for (rect, stroke) in over {
            ui.painter().rect_stroke(rect, 2.0, stroke, StrokeKind::Outside);
        }
        if area.has_focus() {
            let stroke = Stroke::new(1.0, style::selection_colour(ui));
            ui.painter().rect_stroke(self.view, 2.0, stroke, StrokeKind::Inside);
        }
    }

    /// The thumbnails of one page of textures are drawn in one call.
    fn add_picture(&self, meshes: &mut Vec<Mesh>, tile: Rect, placed: &Placed) {
        let Some(texture) = self.state.inspect.thumbs.page(placed.page) else { return };
        let scale = self.side / placed.pixels.max_elem().max(1.0);
        let rect = Rect::from_center_size(tile.center(), placed.pixels * scale);
        let mesh = match meshes.iter().position(|mesh| mesh.texture_id == texture) {
            Some(at) => &mut meshes[at],
            None => {
                meshes.push(Mesh::with_texture(texture));
                let last = meshes.len() - 1;
                &mut meshes[last]
            }
        };
        mesh.add_rect_with_uv(rect, placed.uv, Color32::WHITE);
    }

    fn class_name(&self, image: usize) -> &str {
        let dataset = &self.ready.dataset;
        dataset.class_names.get(dataset.class_of(image)).map_or("?", String::as_str)
    }

    fn hover_ui(&self, ui: &mut Ui, image: usize, thumb: Option<&Thumb>) {
        ui.set_max_width(420.0);
        let part = self.ready.parts.get(image).copied().flatten().map_or_else(|| tr!("page-grid-no-part"), part_name);
        ui.strong(tr!("page-grid-class", class = self.class_name(image), part));
        match thumb {
            Some(Thumb::Picture(placed)) => {
                let [width, height] = placed.image_size;
                ui.label(tr!("page-grid-size", width = width.to_string(), height = height.to_string(), index = image));
            }
            Some(Thumb::Failed(reason)) => {
                ui.colored_label(style::error_colour(ui), reason);
            }
            None => {
                ui.label(tr!("page-grid-reading"));
            }
        }
        ui.label(style::faint(ui, show_path(&self.ready.dataset.path_of(image))).small());
    }

    /// Arrows, Page Up, Page Down, Home and End move the selection while the grid has the focus.
    fn keys(&self, ui: &Ui, area: &Response, commands: &mut Commands) {
        if !area.has_focus() {
            return;
        }
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(area.id, arrows));
        let len = self.shown().len();
        let place = self.shown().place_of(self.state.preview.index).unwrap_or_else(|place| place).min(len - 1);
        let page = ((self.view.height() / (self.side + GAP)).floor() as usize).max(1) * self.columns;
        let to = ui.input(|input| {
            let pressed = |key| input.key_pressed(key);
            match () {
                () if pressed(Key::ArrowLeft) => place.checked_sub(1),
                () if pressed(Key::ArrowRight) => Some(place + 1),
                () if pressed(Key::ArrowUp) => place.checked_sub(self.columns),
                () if pressed(Key::ArrowDown) => Some(place + self.columns),
                () if pressed(Key::PageUp) => Some(place.saturating_sub(page)),
                () if pressed(Key::PageDown) => Some((place + page).min(len - 1)),
                () if pressed(Key::Home) => Some(0),
                () if pressed(Key::End) => Some(len - 1),
                () => None,
            }
        });
        if let Some(image) = to.and_then(|place| self.shown().get(place)) {
            commands.send(UiCommand::SelectImage(image));
        }
    }
}
