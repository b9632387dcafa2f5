//! One image of the dataset before and after the chain.

use crate::ui::common::keys::hint_with_keys;
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::pages::inspect::state::InspectTab;
use crate::ui::shell::action::Action;
use crate::ui::state::{Commands, Preview, State, UiCommand};
use egui::{Ui, vec2};

/// `turn` folds it in this frame, or out.
pub fn preview_ui(ui: &mut Ui, state: &State, turn: Option<bool>, commands: &mut Commands) {
    if state.dataset.ready().is_none() {
        return;
    }
    // The page shows the same image, larger and step by step.
    if state.view.page == Page::INSPECT && state.inspect.tab == InspectTab::Chain {
        return;
    }
    let header = egui::CollapsingHeader::new(tr!("window-preview")).id_salt("preview").default_open(true).open(turn);
    header.show_unindented(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(style::faint(ui, tr!("window-preview-image")));
            if style::named(ui.small_button("◀"), &tr!("window-previous-image"))
                .on_hover_text(tr!("window-previous-image"))
                .clicked()
            {
                commands.send(UiCommand::PreviewStep(-1));
            }
            if ui.button(tr!("window-next-image")).clicked() {
                commands.send(UiCommand::PreviewStep(1));
            }
            if ui.button(tr!("window-new-draw")).on_hover_text(tr!("window-new-draw-hint")).clicked() {
                commands.send(UiCommand::NewDraw);
            }
            let keys = Action::ShowPage(Page::INSPECT).keys_text(ui.ctx());
            let hint = hint_with_keys(tr!("window-step-by-step-hint"), keys);
            if ui.link(tr!("window-step-by-step")).on_hover_text(hint).clicked() {
                commands.send(UiCommand::ShowInspectTab(InspectTab::Chain));
                commands.send(UiCommand::ShowPage(Page::INSPECT));
            }
            // A spinner in each short preview would only flicker.
            if state.preview.busy && state.preview.shown.is_none() {
                ui.spinner();
            }
        });
        if let Some(error) = &state.preview.error {
            ui.label(style::error(ui, error.to_string()));
        }
        if state.preview.shown.is_some() || state.preview.error.is_none() {
            images_ui(ui, state.preview.shown.as_ref());
        }
    });
}

/// Has its room before there is one, so that nothing below moves under the pointer when it comes.
fn images_ui(ui: &mut Ui, preview: Option<&Preview>) {
    let side = ((ui.available_width() - ui.spacing().item_spacing.x) / 2.0).clamp(60.0, 200.0);
    ui.horizontal(|ui| {
        for (title, is_after) in [(tr!("window-before"), false), (tr!("window-after"), true)] {
            ui.vertical(|ui| {
                ui.set_width(side);
                let (rect, response) = ui.allocate_exact_size(vec2(side, side), egui::Sense::hover());
                ui.painter().rect_filled(rect, 3.0, ui.visuals().extreme_bg_color);
                if let Some(preview) = preview {
                    let texture = if is_after { &preview.after } else { &preview.before };
                    let size = texture.size_vec2();
                    let scale = (side / size.x.max(1.0)).min(side / size.y.max(1.0));
                    let picture = egui::Image::new(texture).alt_text(&title);
                    picture.paint_at(ui, egui::Rect::from_center_size(rect.center(), size * scale));
                    response.on_hover_text(preview.path.display().to_string());
                }
                ui.label(style::faint(ui, title).small());
            });
        }
    });
    let caption = preview.map_or(" ", |preview| preview.caption.as_str());
    ui.add(egui::Label::new(style::faint(ui, caption).small()).truncate());
    let costs = preview.map_or_else(String::new, |preview| {
        tr!(
            "window-preview-costs",
            image = preview.after_text.to_string(),
            read = words::ms(preview.read_us),
            decode = words::ms(preview.decode_us),
            chain = words::ms(preview.step_us.iter().flatten().sum()),
        )
    });
    let two_lines = 2.0 * ui.text_style_height(&egui::TextStyle::Small);
    ui.scope(|ui| {
        ui.set_min_height(two_lines);
        ui.label(style::faint(ui, costs).small());
    });
}
