//! A framed message of one colour.

use egui::{Color32, Ui};

/// Draws `body` in a frame of that colour, as wide as there is room.
pub(crate) fn frame_ui(ui: &mut Ui, colour: Color32, body: impl FnOnce(&mut Ui)) {
    egui::Frame::new()
        .fill(colour.gamma_multiply(0.13))
        .stroke(egui::Stroke::new(1.0, colour))
        .corner_radius(5)
        .inner_margin(egui::Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            body(ui);
        });
    ui.add_space(4.0);
}
