//! A framed message of one colour.

use egui::{Color32, ScrollArea, Ui};

/// Two lines of text and one of buttons.
const HEIGHT: f32 = 66.0;

/// Draws `body` in a frame of that colour, as wide as there is room and always of the same height, so that nothing below moves
/// when one message takes another's place; what is longer scrolls.
pub(crate) fn frame_ui(ui: &mut Ui, colour: Color32, body: impl FnOnce(&mut Ui)) {
    egui::Frame::new()
        .fill(colour.gamma_multiply(0.11))
        .stroke(egui::Stroke::new(1.0, colour.gamma_multiply(0.7)))
        .corner_radius(5)
        .inner_margin(egui::Margin::symmetric(10, 4))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.set_height(HEIGHT);
            ui.spacing_mut().item_spacing.y = 2.0;
            ScrollArea::vertical().id_salt("notice").auto_shrink([false, false]).max_height(HEIGHT).show(ui, body);
        });
    ui.add_space(4.0);
}
