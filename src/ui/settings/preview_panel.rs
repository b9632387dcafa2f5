//! One image of the dataset before and after the chain.

use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::pages::inspect::state::InspectTab;
use crate::ui::state::{Commands, Preview, State, UiCommand};
use egui::{RichText, Ui, vec2};

pub fn preview_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if state.dataset.ready().is_none() {
        return;
    }
    // The page shows the same image, larger and step by step.
    if state.view.page == Page::INSPECT && state.inspect.tab == InspectTab::Chain {
        return;
    }
    egui::CollapsingHeader::new("Preview").default_open(true).show_unindented(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(style::faint(ui, "Image"));
            if style::named(ui.small_button("◀"), "Previous image").on_hover_text("The image before").clicked() {
                commands.send(UiCommand::PreviewStep(-1));
            }
            if ui.button("Next image").clicked() {
                commands.send(UiCommand::PreviewStep(1));
            }
            if ui.button("New draw").on_hover_text("The same image with other random draws").clicked() {
                commands.send(UiCommand::NewDraw);
            }
            let link = ui.link("Step by step").on_hover_text("This image after every transform (Ctrl+2)");
            if link.clicked() {
                commands.send(UiCommand::ShowInspectTab(InspectTab::Chain));
                commands.send(UiCommand::ShowPage(Page::INSPECT));
            }
            // A spinner in each short preview would only flicker.
            if state.preview.busy && state.preview.shown.is_none() {
                ui.spinner();
            }
        });
        if let Some(error) = &state.preview.error {
            ui.label(RichText::new(error).color(style::error_colour(ui)));
        }
        if let Some(preview) = &state.preview.shown {
            images_ui(ui, preview);
        }
    });
}

fn images_ui(ui: &mut Ui, preview: &Preview) {
    let side = ((ui.available_width() - ui.spacing().item_spacing.x) / 2.0).clamp(60.0, 200.0);
    ui.horizontal(|ui| {
        for (title, texture) in [("before", &preview.before), ("after", &preview.after)] {
            ui.vertical(|ui| {
                ui.set_width(side);
                let size = texture.size_vec2();
                let scale = (side / size.x.max(1.0)).min(side / size.y.max(1.0));
                let (rect, response) = ui.allocate_exact_size(vec2(side, side), egui::Sense::hover());
                ui.painter().rect_filled(rect, 3.0, ui.visuals().extreme_bg_color);
                let picture = egui::Image::new(texture).alt_text(title);
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
            format!(
                "{}; read {}, decode {}, chain {}",
                preview.after_text,
                words::ms(preview.read_us),
                words::ms(preview.decode_us),
                words::ms(on)
            ),
        )
        .small(),
    );
}
