//! The confusion matrix: true classes down, predicted ones across, darker the larger the share of the row.

use crate::ui::common::{style, words};
use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, vec2};

/// A cell's side, in points.
const SIDE: [f32; 2] = [14.0, 46.0];
/// A cell smaller than this holds no number.
const LEAST_FOR_NUMBER: f32 = 24.0;

pub(super) fn confusion_ui(
    ui: &mut Ui,
    classes: &[String],
    matrix: &[Vec<u64>],
    clickable: bool,
    chosen: &mut Option<(u32, u32)>,
) {
    let n = matrix.len();
    if n == 0 {
        return;
    }
    let font = FontId::proportional(11.5);
    let colour = ui.visuals().text_color();
    let name = |at: usize| classes.get(at).map_or("N/A", String::as_str);
    let label = |ui: &Ui, at: usize| {
        let mut job = egui::text::LayoutJob::simple_singleline(name(at).to_owned(), font.clone(), colour);
        job.wrap = egui::text::TextWrapping::truncate_at_width(130.0);
        ui.painter().layout_job(job)
    };
    let labels: Vec<_> = (0..n).map(|at| label(ui, at)).collect();
    let left = labels.iter().map(|galley| galley.size().x).fold(0.0, f32::max) + 10.0;
    let side = ((ui.available_width() - left) / n as f32).clamp(SIDE[0], SIDE[1]);
    let top = left.min(130.0);
    let (rect, _) = ui.allocate_exact_size(vec2(left + side * n as f32, top + side * n as f32), Sense::hover());
    let origin = rect.min + vec2(left, top);
    for (at, galley) in labels.iter().enumerate() {
        let middle = (at as f32 + 0.5) * side;
        let place = origin + vec2(-6.0 - galley.size().x, middle - galley.size().y / 2.0);
        ui.painter().galley(place, galley.clone(), colour);
        // Names of columns stand upright, so that a hundred classes have room.
        let place = origin + vec2(middle - galley.size().y / 2.0, -6.0);
        let upright = egui::epaint::TextShape::new(place, galley.clone(), colour);
        ui.painter().add(upright.with_angle(-std::f32::consts::FRAC_PI_2));
    }
    for (row, counts) in matrix.iter().enumerate() {
        let sum: u64 = counts.iter().sum();
        for (column, count) in counts.iter().enumerate().take(n) {
            let place = Rect::from_min_size(origin + side * vec2(column as f32, row as f32), Vec2::splat(side));
            let share = if sum == 0 { 0.0 } else { *count as f32 / sum as f32 };
            cell_ui(ui, place, (row, column), *count, share, &font);
            let cell = (row as u32, column as u32);
            let sense = if clickable { Sense::click() } else { Sense::hover() };
            let response = ui.interact(place, ui.scope_id().with(("cell", row, column)), sense);
            if *chosen == Some(cell) {
                let stroke = Stroke::new(2.0, style::selection_colour(ui));
                ui.painter().rect_stroke(place, 0.0, stroke, StrokeKind::Inside);
            }
            let (class, predicted) = (name(row), name(column));
            let percent = crate::language::Arg::percent(f64::from(share), 1);
            let words = tr!("page-results-cell", class, predicted, images = *count, percent);
            let response = style::named(response.on_hover_text(&words), &words);
            if style::with_author_id(response, &format!("cell={row},{column}")).clicked() {
                *chosen = if *chosen == Some(cell) { None } else { Some(cell) };
            }
        }
    }
}

/// What is right in one colour, mistakes in another.
fn cell_ui(ui: &Ui, place: Rect, (row, column): (usize, usize), count: u64, share: f32, font: &FontId) {
    let ground = ui.visuals().extreme_bg_color;
    let ink =
        if row == column { crate::plot::series_color(0, ui.visuals().dark_mode) } else { style::error_colour(ui) };
    // A single mistake among a thousand is still to be seen.
    let depth = if count == 0 { 0.0 } else { 0.12 + 0.78 * share.sqrt() };
    let fill = ground.lerp_to_gamma(ink, depth);
    ui.painter().rect_filled(place.shrink(0.5), 1.0, fill);
    if count > 0 && place.width() >= LEAST_FOR_NUMBER {
        let bright = f32::from(fill.r()) * 0.3 + f32::from(fill.g()) * 0.6 + f32::from(fill.b()) * 0.1;
        let colour = if bright > 140.0 { Color32::from_gray(20) } else { Color32::from_gray(240) };
        ui.painter().text(place.center(), Align2::CENTER_CENTER, words::count(count), font.clone(), colour);
    }
}
