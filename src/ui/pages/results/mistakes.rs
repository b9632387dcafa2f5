//! The worst mistakes, or the images of one cell of the confusion matrix, the most confident first.

use super::state::{JudgedSet, ResultsCommand};
use crate::ui::common::style;
use crate::ui::state::{Commands, UiCommand};
use egui::{Align, Grid, Rect, RichText, Ui};

/// Images listed.
const MOST: usize = 100;

/// The cell has just been chosen where it `is_new`: its images are brought into sight.
pub(super) fn mistakes_ui(
    ui: &mut Ui,
    set: &JudgedSet,
    cell: &mut Option<(u32, u32)>,
    is_new: bool,
    commands: &mut Commands,
) {
    let judged = &set.judged;
    let name = |label: Option<u32>| label.and_then(|l| judged.classes.get(l as usize)).map_or("N/A", String::as_str);
    let found = set.worst(*cell);
    let head = ui.horizontal_wrapped(|ui| {
        let title = match *cell {
            Some((class, predicted)) => {
                let (class, predicted) = (name(Some(class)), name(Some(predicted)));
                tr!("page-results-of-cell", class, predicted, images = found.len())
            }
            None => tr!("page-results-mistakes", mistakes = found.len(), images = judged.images.len()),
        };
        ui.label(RichText::new(title).strong());
        if cell.is_some() && ui.small_button(tr!("page-results-all-mistakes")).clicked() {
            *cell = None;
        }
    });
    if is_new {
        // No further to the side than where one is.
        let place = Rect::from_x_y_ranges(ui.clip_rect().x_range(), head.response.rect.y_range());
        ui.scroll_to_rect(place, Some(Align::Center));
    }
    if found.is_empty() {
        return;
    }
    Grid::new("mistakes").striped(true).spacing([16.0, 4.0]).show(ui, |ui| {
        for head in ["image", "class", "predicted", "confidence"] {
            ui.label(style::faint(ui, tr!("page-results-head", head)));
        }
        ui.end_row();
        for image in found.iter().take(MOST).map(|at| &judged.images[*at]) {
            let file = image.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let link = ui.link(&file).on_hover_text(image.path.display().to_string());
            if style::with_author_id(link, &format!("mistake={file}")).clicked() {
                commands.send(UiCommand::Results(ResultsCommand::ShowImage(image.path.clone())));
            }
            ui.label(name(image.class));
            let predicted = RichText::new(name(Some(image.predicted)));
            let mistaken = image.is_mistake();
            ui.label(if mistaken { predicted.color(style::error_colour(ui)) } else { predicted });
            let own = image.of_class.map_or_else(|| "N/A".to_owned(), |of_class| format!("{of_class:.3}"));
            let confidence = ui.label(format!("{:.3}", image.confidence));
            confidence.on_hover_text(tr!("page-results-own-confidence", own));
            ui.end_row();
        }
    });
    if found.len() > MOST {
        ui.label(style::faint(ui, tr!("page-results-more", more = found.len() - MOST)));
    }
}
