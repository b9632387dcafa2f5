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
        if let Some(preview) = &state.preview.shown {
            images_ui(ui, preview);
        }
    });
}

fn images_ui(ui: &mut Ui, preview: &Preview) {
    let side = ((ui.available_width() - ui.spacing().item_spacing.x) / 2.0).clamp(60.0, 200.0);
    ui.horizontal(|ui| {
        for (title, texture) in [(tr!("window-before"), &preview.before), (tr!("window-after"), &preview.after)] {
            ui.vertical(|ui| {
                ui.set_width(side);
                let size = texture.size_vec2();
                let scale = (side / size.x.max(1.0)).min(side / size.y.max(1.0));
                let (rect, response) = ui.allocate_exact_size(vec2(side, side), egui::Sense::hover());
                ui.painter().rect_filled(rect, 3.0, ui.visuals().extreme_bg_color);
                let picture = egui::Image::new(texture).alt_text(&title);
                picture.paint_at(ui, egui::Rect::from_center_size(rect.center(), size * scale));
                response.on_hover_text(preview.path.display().to_string());
                ui.label(style::faint(ui, title).small());
            });
        }
    });
    ui.add(egui::Label::new(style::faint(ui, &preview.caption).small()).truncate());
    let on: f64 = preview.step_us.iter().flatten().sum();
    ui.label(
        style::faint(
            ui,
            tr!(
                "window-preview-costs",
                image = preview.after_text.to_string(),
                read = words::ms(preview.read_us),
                decode = words::ms(preview.decode_us),
                chain = words::ms(on),
            ),
        )
        .small(),
    );
}
