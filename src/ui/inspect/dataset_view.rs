//! Figures of the whole dataset.

use super::super::state::ReadyDataset;
use egui::Ui;

pub(super) fn dataset_view(ui: &mut Ui, _ready: &ReadyDataset) {
    ui.label("soon");
}
