//! Sizes and colours of one plot.

use egui::{Color32, FontId, Ui, Vec2};

/// Sizes and colours for one plot: small plots get small type and one line of labels less.
pub(super) struct Look {
    pub(super) font: FontId,
    pub(super) title_size: f32,
    pub(super) line_width: f32,
    pub(super) compact: bool,
    /// It is drawn into a file: nothing can be pointed at.
    pub(super) is_picture: bool,
    pub(super) dark: bool,
    pub(super) text: Color32,
    pub(super) strong: Color32,
    pub(super) mark: Color32,
    pub(super) grid: Color32,
}

impl Look {
    pub(super) fn new(ui: &Ui, size: Vec2) -> Self {
        let visuals = ui.visuals();
        let dark = visuals.dark_mode;
        let type_size = (size.x / 40.0).min(size.y / 32.0).clamp(10.0, 18.0);
        Self {
            font: FontId::proportional(type_size),
            title_size: type_size * 1.25,
            line_width: (type_size / 7.5).clamp(1.5, 2.4),
            is_picture: ui.data(|d| d.get_temp(picture_id())).unwrap_or_default(),
            compact: size.y < 200.0 || size.x < 300.0,
            dark,
            text: if dark { Color32::from_gray(190) } else { Color32::from_gray(50) },
            strong: visuals.strong_text_color(),
            mark: if dark { Color32::from_gray(210) } else { Color32::from_gray(60) },
            grid: if dark { Color32::from_gray(48) } else { Color32::from_gray(226) },
        }
    }

    pub(super) fn type_size(&self) -> f32 {
        self.font.size
    }
}

/// Where a context says that it draws a picture.
pub(super) fn picture_id() -> egui::Id {
    egui::Id::unique("drawn-into-a-picture")
}
