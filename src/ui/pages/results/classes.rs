//! Classes one by one, in their own order, or the worst first by whatever figure is chosen.

use crate::protocol::{ClassReport, TestReport};
use crate::ui::common::{style, words};
use egui::{Align, Grid, Label, Layout, RichText, ScrollArea, Sense, Ui, vec2};

/// Of a figure's bar, in points.
const BAR_WIDTH: f32 = 58.0;
/// More classes scroll by themselves, and only those in sight are drawn.
const MOST_AT_ONCE: usize = 30;
/// Of a class's name then, in points: the column does not change with the rows in sight.
const NAME_WIDTH: f32 = 130.0;
const ROW_SPACING: f32 = 4.0;
const COLUMN_SPACING: f32 = 12.0;

/// What the table keeps from frame to frame.
#[derive(Default)]
pub(super) struct ClassesForm {
    /// `None` leaves them in their own order.
    sort: Option<Sort>,
}

impl ClassesForm {
    /// The classes as they are listed, by their places in the test's report.
    pub(super) fn order(&self, test: &TestReport) -> Vec<usize> {
        let mut order: Vec<usize> = (0..test.classes.len()).collect();
        if let Some(sort) = self.sort {
            let figure = |at: usize| sort.of(&test.classes[at]).unwrap_or(f64::INFINITY);
            order.sort_by(|a, b| figure(*a).total_cmp(&figure(*b)));
        }
        order
    }
}

/// What classes are sorted by; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    F1,
    Precision,
    Recall,
    Auc,
    AveragePrecision,
    Support,
}

impl Sort {
    const ALL: [Self; 6] = [Self::Precision, Self::Recall, Self::F1, Self::Auc, Self::AveragePrecision, Self::Support];

    fn key(self) -> &'static str {
        match self {
            Self::F1 => "f1",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Auc => "auc",
            Self::AveragePrecision => "average-precision",
            Self::Support => "support",
        }
    }

    /// `None` where it is not known.
    fn of(self, class: &ClassReport) -> Option<f64> {
        match self {
            Self::F1 => Some(class.f1),
            Self::Precision => Some(class.precision),
            Self::Recall => Some(class.recall),
            Self::Auc => class.auc,
            Self::AveragePrecision => class.average_precision,
            Self::Support => Some(class.support as f64),
        }
    }
}

/// The figures that are known; an older record has not all of them.
fn columns_of(test: &TestReport) -> impl Iterator<Item = Sort> {
    Sort::ALL.into_iter().filter(move |sort| test.classes.iter().any(|class| sort.of(class).is_some()))
}

/// What the table takes, in points.
pub(super) fn classes_width(ui: &Ui, test: &TestReport) -> f32 {
    let names = if test.classes.len() <= MOST_AT_ONCE {
        let name = |class: &ClassReport| text_width(ui, class.name.clone()).min(style::MOST_OF_NAME);
        test.classes.iter().map(name).fold(text_width(ui, tr!("page-results-head", head = "class")), f32::max)
    } else {
        NAME_WIDTH
    };
    names + columns_of(test).map(|sort| COLUMN_SPACING + figure_width(ui, test, sort)).sum::<f32>()
}

fn text_width(ui: &Ui, text: String) -> f32 {
    let font = egui::TextStyle::Body.resolve(ui.style());
    ui.painter().layout_no_wrap(text, font, ui.visuals().text_color()).size().x
}

/// `order` is [`ClassesForm::order`].
pub(super) fn classes_ui(ui: &mut Ui, test: &TestReport, order: &[usize], form: &mut ClassesForm) {
    let classes: Vec<&ClassReport> = order.iter().map(|at| &test.classes[*at]).collect();
    let columns = columns_of(test);
    let grid = |ui: &Ui, name: &str, first: usize| {
        let grid = Grid::new(name).striped(true).start_row(first).spacing([COLUMN_SPACING, ROW_SPACING]);
        grid.min_row_height(ui.spacing().interact_size.y)
    };
    if classes.len() <= MOST_AT_ONCE {
        let columns: Vec<(Sort, Option<f32>)> = columns.map(|sort| (sort, None)).collect();
        grid(ui, "classes", 0).show(ui, |ui| {
            heads_ui(ui, &columns, None, form);
            rows_ui(ui, &classes, &columns, None);
        });
        return;
    }
    // The head stays in sight, and the columns do not change with the rows that are.
    let columns: Vec<(Sort, Option<f32>)> = columns.map(|sort| (sort, Some(figure_width(ui, test, sort)))).collect();
    grid(ui, "classes-head", 0).show(ui, |ui| heads_ui(ui, &columns, Some(NAME_WIDTH), form));
    let height = ui.spacing().interact_size.y;
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, ROW_SPACING);
    let area = ScrollArea::vertical().id_salt("classes").max_height((height + ROW_SPACING) * MOST_AT_ONCE as f32);
    area.show_rows(ui, height, classes.len(), |ui, shown| {
        ui.spacing_mut().item_spacing.y = spacing;
        // The head is the first row of the stripes.
        grid(ui, "classes", shown.start + 1).show(ui, |ui| rows_ui(ui, &classes[shown], &columns, Some(NAME_WIDTH)));
    });
    ui.spacing_mut().item_spacing.y = spacing;
}

/// What a column's head and its widest figure take, in points.
fn figure_width(ui: &Ui, test: &TestReport, sort: Sort) -> f32 {
    let figure = match sort {
        Sort::Support => {
            text_width(ui, words::count(test.classes.iter().map(|class| class.support).max().unwrap_or(0)))
        }
        _ => BAR_WIDTH,
    };
    text_width(ui, tr!("page-results-head", head = sort.key())).max(figure).ceil()
}

/// Columns are as wide as what is in them, or as said; names that are longer are cut.
fn heads_ui(ui: &mut Ui, columns: &[(Sort, Option<f32>)], name_width: Option<f32>, form: &mut ClassesForm) {
    if cell_ui(ui, name_width, |ui| head_ui(ui, "class", tr!("page-results-by-class"), form.sort.is_none())) {
        form.sort = None;
    }
    for (sort, width) in columns {
        let hint = tr!("page-results-sort");
        if cell_ui(ui, *width, |ui| head_ui(ui, sort.key(), hint, form.sort == Some(*sort))) {
            form.sort = Some(*sort);
        }
    }
    ui.end_row();
}

fn rows_ui(ui: &mut Ui, classes: &[&ClassReport], columns: &[(Sort, Option<f32>)], name_width: Option<f32>) {
    for class in classes {
        let most = name_width.unwrap_or(style::MOST_OF_NAME);
        cell_ui(ui, name_width, |ui| style::name_label(ui, &class.name, most));
        for (sort, width) in columns {
            cell_ui(ui, *width, |ui| match sort.of(class) {
                Some(_) if *sort == Sort::Support => ui.label(words::count(class.support)),
                Some(share) => bar_ui(ui, share),
                None => ui.label(style::faint(ui, "N/A")),
            });
        }
        ui.end_row();
    }
}

/// What is drawn in a cell that is so wide, where that is said.
fn cell_ui<R>(ui: &mut Ui, width: Option<f32>, add: impl FnOnce(&mut Ui) -> R) -> R {
    let Some(width) = width else { return add(ui) };
    let size = vec2(width, ui.spacing().interact_size.y);
    let cell = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(width);
        add(ui)
    });
    cell.inner
}

/// True when it was clicked.
fn head_ui(ui: &mut Ui, key: &str, hint: String, sorted: bool) -> bool {
    let text = tr!("page-results-head", head = key);
    let text = if sorted { RichText::new(text).strong() } else { RichText::new(text) };
    let head = ui.add(Label::new(text).selectable(false).sense(Sense::click()));
    style::with_author_id(head, &format!("classes-sort={key}")).on_hover_text(hint).clicked()
}

/// A share with a bar behind it.
fn bar_ui(ui: &mut Ui, share: f64) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(BAR_WIDTH, ui.spacing().interact_size.y), Sense::hover());
    let bar = rect.shrink2(egui::vec2(0.0, 4.0));
    let filled = bar.with_max_x(bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32);
    ui.painter().rect_filled(bar, 2.0, ui.visuals().faint_bg_color);
    ui.painter().rect_filled(filled, 2.0, style::selection_colour(ui).gamma_multiply(0.35));
    let (font, colour) = (egui::TextStyle::Body.resolve(ui.style()), ui.visuals().text_color());
    let at = rect.left_center() + egui::vec2(5.0, 0.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, format!("{share:.4}"), font, colour);
    style::named(response, &format!("{share:.4}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_keep_their_order_until_a_figure_is_chosen() {
        let class = |name: &str, f1, auc| ClassReport { name: name.to_owned(), f1, auc, ..ClassReport::default() };
        let classes = vec![class("2", 0.9, None), class("10", 0.2, Some(0.9)), class("cat", 0.5, Some(0.8))];
        let test = TestReport { classes, ..TestReport::default() };
        let order = |sort| ClassesForm { sort }.order(&test);
        assert_eq!(order(None), [0, 1, 2]);
        assert_eq!(order(Some(Sort::F1)), [1, 2, 0], "the worst first");
        assert_eq!(order(Some(Sort::Auc)), [2, 1, 0], "what is not known last");
    }
}
