//! What is dropped on the window, or held over it.

use super::jobs::JobKind;
use super::{App, work};
use crate::ui::Page;
use crate::ui::state::UiCommand;
use std::path::PathBuf;

impl App {
    /// A folder of images or a chain's file dropped on the window, or held over it.
    pub(super) fn dropped_files(&mut self, ui: &egui::Ui) {
        let all = ui.input(|i| i.raw.dropped_files.iter().map(|f| f.path().to_path_buf()).collect::<Vec<_>>());
        let dropped = all.first().cloned();
        let is_chain = |path: &PathBuf| {
            let of = |kind: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(kind));
            ["py", "ipynb", "toml"].into_iter().any(of)
        };
        if let Some(path) = dropped.clone().filter(is_chain) {
            self.commands.send(UiCommand::ShowPaste(true));
            self.start_job(JobKind::Chain, move |job| work::read_chain(job, &path));
        } else if self.judge_dropped(&all) {
            // The page of results asks the network about them.
        } else if let Some(path) = dropped.filter(|_| !self.state.run.live.is_active()) {
            self.commands.send(UiCommand::OpenDataset(path.display().to_string()));
        }
        if ui.input(|i| !i.raw.hovered_files.is_empty()) {
            let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
            let painter = ui.ctx().layer_painter(layer);
            let rect = ui.ctx().content_rect();
            painter.rect_filled(rect, 0.0, egui::Color32::from_black_alpha(160));
            let text = if self.state.run.live.is_active() {
                tr!("window-drop-chain")
            } else if self.state.view.page == Page::RESULTS && self.state.run.started.is_some() {
                tr!("window-drop-results")
            } else {
                tr!("window-drop-dataset-or-chain")
            };
            let font = egui::FontId::proportional(24.0);
            painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, egui::Color32::WHITE);
        }
    }
}
