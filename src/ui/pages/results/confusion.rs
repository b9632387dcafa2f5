//! The confusion matrix: true classes down, predicted ones across, darker the larger the share of the row.

use crate::ui::common::{style, words};
use egui::{
    Align2, Color32, FontId, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};
use std::ops::Range;

/// A cell's side, in points.
const SIDE: [f32; 2] = [14.0, 46.0];
/// A cell smaller than this holds no number.
const LEAST_FOR_NUMBER: f32 = 24.0;
/// Of a longer name of a class the middle is left out, in points.
const MOST_OF_NAME: f32 = 130.0;
/// Between names that stand side by side, in points.
const NAME_GAP: f32 = 6.0;
/// Up to so many classes every cell is a widget of its own, found by the keyboard and by assistive technology. Of more only
/// what is in sight is drawn, as one widget.
const MOST_FOR_WIDGETS: usize = 30;

/// Classes stand in `order`, or in their own where that is of other classes.
pub(super) fn confusion_ui(
    ui: &mut Ui,
    classes: &[String],
    matrix: &[Vec<u64>],
    order: &[usize],
    clickable: bool,
    chosen: &mut Option<(u32, u32)>,
) {
    let n = matrix.len();
    if n == 0 {
        return;
    }
    let own: Vec<usize>;
    let order: &[usize] = if order.len() == n {
        order
    } else {
        own = (0..n).collect();
        &own
    };
    let few = n <= MOST_FOR_WIDGETS;
    let font = FontId::proportional(11.5);
    let colour = ui.visuals().text_color();
    let label = |ui: &Ui, at: usize| style::cut_in_middle(ui, name(classes, order[at]), &font, MOST_OF_NAME);
    let widest = if few { (0..n).map(|at| label(ui, at).size().x).fold(0.0, f32::max) } else { MOST_OF_NAME };
    let left = widest + 10.0;
    let side = ((ui.available_width() - left) / n as f32).clamp(SIDE[0], SIDE[1]);
    // Upright, so that a hundred classes have room; side by side where each has room enough.
    let upright = widest + NAME_GAP > side;
    let top = if upright { left.min(MOST_OF_NAME) } else { label(ui, 0).size().y + 10.0 };
    let (rect, _) = ui.allocate_exact_size(vec2(left + side * n as f32, top + side * n as f32), Sense::hover());
    let grid = Grid { cells: Rect::from_min_max(rect.min + vec2(left, top), rect.max), side, n };
    let (rows, columns) = if few { (0..n, 0..n) } else { grid.in_sight(ui.clip_rect()) };
    for row in rows.clone() {
        let galley = label(ui, row);
        let place = grid.cell(row, 0).left_center() + vec2(-6.0 - galley.size().x, -galley.size().y / 2.0);
        ui.painter().galley(place, galley, colour);
    }
    for column in columns.clone() {
        let galley = label(ui, column);
        let above = grid.cell(0, column).center_top() - vec2(0.0, 6.0);
        if upright {
            let head = egui::epaint::TextShape::new(above - vec2(galley.size().y / 2.0, 0.0), galley, colour);
            ui.painter().add(head.with_angle(-std::f32::consts::FRAC_PI_2));
        } else {
            ui.painter().galley(above - vec2(galley.size().x / 2.0, galley.size().y), galley, colour);
        }
    }
    let sense = if clickable { Sense::click() } else { Sense::hover() };
    let mut clicked = None;
    if !few {
        // Cells without an image, most of so many, are its ground.
        ui.painter().rect_filled(grid.cells, 0.0, ui.visuals().extreme_bg_color);
    }
    for row in rows {
        let class = order[row];
        let sum: u64 = matrix[class].iter().sum();
        for column in columns.clone() {
            let predicted = order[column];
            let Some(&count) = matrix[class].get(predicted) else { continue };
            let place = grid.cell(row, column);
            if few || count > 0 {
                cell_ui(ui, place, class == predicted, count, share_of(count, sum), &font);
            }
            if few {
                let response = ui.interact(place, ui.scope_id().with(("cell", class, predicted)), sense);
                let words = || words_of(classes, matrix, (class, predicted));
                let response = hover_ui(response, words);
                let kind = if clickable { Role::Button } else { Role::Cell };
                // With its place, which a label alone does not give.
                response.widget_info(|| WidgetInfo::labeled(kind, true, words()));
                if style::with_author_id(response, &format!("cell={class},{predicted}")).clicked() {
                    clicked = Some((class, predicted));
                }
            }
        }
    }
    if !few {
        let response = ui.interact(grid.cells, ui.scope_id().with("cells"), sense);
        let response = style::with_author_id(style::named(response, &tr!("page-results-confusion")), "cells");
        let classes_at = |at: Pos2| grid.at(at).map(|(row, column)| (order[row], order[column]));
        if response.clicked() {
            clicked = response.interact_pointer_pos().and_then(classes_at);
        }
        if let Some(cell) = response.hover_pos().and_then(classes_at) {
            response.on_hover_ui_at_pointer(|ui| words_ui(ui, words_of(classes, matrix, cell)));
        }
    }
    if let Some((class, predicted)) = clicked {
        let cell = Some((class as u32, predicted as u32));
        *chosen = if *chosen == cell { None } else { cell };
    }
    let place_of = |class: u32| order.iter().position(|other| *other == class as usize);
    if let Some((class, predicted)) = *chosen
        && let Some((row, column)) = place_of(class).zip(place_of(predicted))
    {
        let stroke = Stroke::new(2.0, style::selection_colour(ui));
        ui.painter().rect_stroke(grid.cell(row, column), 0.0, stroke, StrokeKind::Inside);
    }
}

/// Where the cells lie.
struct Grid {
    cells: Rect,
    side: f32,
    n: usize,
}

impl Grid {
    fn cell(&self, row: usize, column: usize) -> Rect {
        Rect::from_min_size(self.cells.min + self.side * vec2(column as f32, row as f32), Vec2::splat(self.side))
    }

    /// Row and column of the cell at that point.
    fn at(&self, point: Pos2) -> Option<(usize, usize)> {
        let from = (point - self.cells.min) / self.side;
        let inside = |at: f32| (at >= 0.0 && at < self.n as f32).then_some(at as usize);
        Some((inside(from.y)?, inside(from.x)?))
    }

    /// Rows and columns of which this shows something.
    fn in_sight(&self, clip: Rect) -> (Range<usize>, Range<usize>) {
        let range = |start: f32, low: f32, high: f32| {
            let at = |edge: f32| ((edge - start) / self.side).clamp(0.0, self.n as f32);
            at(low).floor() as usize..at(high).ceil() as usize
        };
        let min = self.cells.min;
        (range(min.y, clip.top(), clip.bottom()), range(min.x, clip.left(), clip.right()))
    }
}

fn name(classes: &[String], at: usize) -> &str {
    classes.get(at).map_or("N/A", String::as_str)
}

fn share_of(count: u64, sum: u64) -> f32 {
    if sum == 0 { 0.0 } else { count as f32 / sum as f32 }
}

fn words_of(classes: &[String], matrix: &[Vec<u64>], (row, column): (usize, usize)) -> String {
    let counts = matrix.get(row).map(Vec::as_slice).unwrap_or_default();
    let images = counts.get(column).copied().unwrap_or_default();
    let percent = crate::language::Arg::percent(f64::from(share_of(images, counts.iter().sum())), 1);
    tr!("page-results-cell", class = name(classes, row), predicted = name(classes, column), images, percent)
}

fn hover_ui(response: Response, words: impl Fn() -> String) -> Response {
    response.on_hover_ui(|ui| words_ui(ui, words()))
}

fn words_ui(ui: &mut Ui, words: String) {
    // As tooltips of text do, which would have the words made for every cell.
    ui.set_max_width(ui.spacing().tooltip_width);
    ui.label(words);
}

/// What is right in one colour, mistakes in another.
fn cell_ui(ui: &Ui, place: Rect, is_right: bool, count: u64, share: f32, font: &FontId) {
    let ground = ui.visuals().extreme_bg_color;
    let ink = if is_right { crate::plot::series_color(0, ui.visuals().dark_mode) } else { style::error_colour(ui) };
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

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn a_cell_is_found_by_its_place_and_what_is_out_of_sight_is_passed_over() {
        let cells = Rect::from_min_size(pos2(100.0, 200.0), Vec2::splat(14.0 * 1000.0));
        let grid = Grid { cells, side: 14.0, n: 1000 };
        for cell in [(0, 0), (3, 999), (999, 0), (41, 17)] {
            assert_eq!(grid.at(grid.cell(cell.0, cell.1).center()), Some(cell));
        }
        assert_eq!(grid.at(pos2(99.0, 300.0)), None);
        assert_eq!(grid.at(cells.max + vec2(1.0, 0.0)), None);
        let (rows, columns) = grid.in_sight(Rect::from_min_max(pos2(0.0, 0.0), pos2(128.0, 214.0)));
        assert_eq!((rows, columns), (0..1, 0..2));
        let (rows, _) = grid.in_sight(Rect::from_min_max(pos2(0.0, 0.0), pos2(128.0, 100.0)));
        assert!(rows.is_empty());
        let (rows, _) = grid.in_sight(Rect::from_min_max(pos2(0.0, 14_190.0), pos2(128.0, 20_000.0)));
        assert_eq!(rows, 999..1000);
    }
}
