//! What an inspection found, as lists of small pictures: a click selects the image.

use super::measure::{Finding, FindingList, Measured};
use super::thumbs::Thumb;
use crate::ui::common::list::list_ui;
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Color32, Label, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

const TILE: f32 = 40.0;
/// Pictures in a row; groups have at most twelve members that are named.
const MAX_TILES: usize = 5;

pub(crate) fn findings_ui(
    ui: &mut Ui,
    state: &State,
    measured: &Measured,
    looked_at: &mut Vec<u32>,
    commands: &mut Commands,
) {
    ui.add_space(4.0);
    ui.strong(tr!("page-findings"));
    if measured.lists.is_empty() {
        ui.label(RichText::new(tr!("page-findings-none")).color(style::good_colour(ui)));
    }
    for list in &measured.lists {
        list_of_findings_ui(ui, state, list, looked_at, commands);
    }
}

fn list_of_findings_ui(
    ui: &mut Ui,
    state: &State,
    list: &FindingList,
    looked_at: &mut Vec<u32>,
    commands: &mut Commands,
) {
    let colour = if list.grave { style::error_colour(ui) } else { style::warning_colour(ui) };
    let title = RichText::new(tr!("page-finding-count", title = &list.title, total = list.total)).color(colour);
    egui::CollapsingHeader::new(title).id_salt(list.kind).show(ui, |ui| {
        ui.label(style::faint(ui, list.hint.to_string()).small());
        let pictures = list.rows.iter().any(|row| !row.images.is_empty());
        let height = if pictures { TILE } else { ui.text_style_height(&egui::TextStyle::Small) };
        list_ui(ui, list.kind, list.rows.len(), height, |ui, i| {
            finding_ui(ui, state, &list.rows[i], height, looked_at, commands);
        });
        let more = list.total.saturating_sub(list.rows.len() as u64);
        if more > 0 {
            ui.label(style::faint(ui, tr!("page-finding-more", more)).small());
        }
    });
}

fn finding_ui(
    ui: &mut Ui,
    state: &State,
    finding: &Finding,
    height: f32,
    looked_at: &mut Vec<u32>,
    commands: &mut Commands,
) {
    let size = vec2(ui.available_width(), height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut ui =
        ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(egui::Layout::left_to_right(egui::Align::Center)));
    ui.spacing_mut().item_spacing.x = 3.0;
    for image in finding.images.iter().take(MAX_TILES) {
        looked_at.push(*image);
        tile_ui(&mut ui, state, *image, commands);
    }
    if finding.images.len() > MAX_TILES {
        let more = format!("+{}", finding.images.len() - MAX_TILES);
        ui.label(style::faint(&ui, more).small());
    }
    ui.add_space(3.0);
    ui.add(Label::new(RichText::new(finding.text.to_string()).small()).truncate())
        .on_hover_text(finding.text.to_string());
}

fn tile_ui(ui: &mut Ui, state: &State, image: u32, commands: &mut Commands) {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(TILE), Sense::click());
    let index = image as usize;
    let selected = state.preview.index == index;
    let label = tr!("page-finding-show", index = index.to_string());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &label));
    ui.painter().rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    match state.inspect.thumbs.get(image) {
        Some(Thumb::Picture(placed)) => {
            if let Some(texture) = state.inspect.thumbs.page(placed.page) {
                let fit = placed.pixels * (TILE / placed.pixels.max_elem().max(1.0));
                let to = Rect::from_center_size(rect.center(), fit);
                ui.painter().image(texture, to, placed.uv, Color32::WHITE);
            }
        }
        Some(Thumb::Failed(_)) => {
            let stroke = Stroke::new(1.0, style::error_colour(ui));
            ui.painter().rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
        }
        None => {}
    }
    if selected || response.hovered() || response.has_focus() {
        let colour = if selected { style::selection_colour(ui) } else { ui.visuals().strong_text_color() };
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(2.0, colour), StrokeKind::Inside);
    }
    let response = response.on_hover_text(tr!("page-finding-show-hint"));
    if response.clicked() {
        commands.send(UiCommand::SelectImage(index));
    }
}
