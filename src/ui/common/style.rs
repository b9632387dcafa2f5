//! Spacing, type sizes and the few widgets that every panel uses.

use egui::collapsing_header::CollapsingState;
use egui::{Color32, FontId, RichText, Sense, TextStyle, Theme, Ui};

/// Sets spacing and sizes for both themes.
pub fn apply(ctx: &egui::Context) {
    // The fonts that pictures have: marks hold arrows, and the stock icons are few.
    ctx.set_fonts(crate::plot::fonts());
    ctx.add_font_provider(crate::plot::system_fonts());
    ctx.add_plugin(super::focus::FocusInSight::default());
    // What was typed counts before the click that leaves the field does anything.
    ctx.options_mut(|options| options.input_options.surrender_focus_on = egui::SurrenderFocusOn::Presses);
    ctx.all_styles_mut(|style| {
        style.spacing.item_spacing = egui::vec2(8.0, 5.0);
        style.spacing.button_padding = egui::vec2(8.0, 3.0);
        style.spacing.interact_size.y = 22.0;
        style.spacing.scroll.floating = false;
        style.spacing.scroll.bar_width = 8.0;
        // A bright bar beside every list draws the eye from what matters.
        style.spacing.scroll.foreground_color = false;
        style.text_styles.insert(TextStyle::Body, FontId::proportional(13.5));
        style.text_styles.insert(TextStyle::Button, FontId::proportional(13.5));
        style.text_styles.insert(TextStyle::Small, FontId::proportional(11.5));
        style.text_styles.insert(TextStyle::Heading, FontId::proportional(17.0));
        style.interaction.tooltip_delay = 0.3;
    });
    // The stock themes leave labels a little faint for small figures.
    ctx.style_mut_of(Theme::Light, |s| s.visuals.override_text_color = Some(Color32::from_gray(32)));
    ctx.style_mut_of(Theme::Dark, |s| s.visuals.override_text_color = Some(Color32::from_gray(214)));
}

/// The colour that says "this is the next thing to press".
pub fn accent(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(38, 104, 190) } else { Color32::from_rgb(36, 105, 200) }
}

/// The frame around what is selected or has the keyboard, readable on pictures and on the theme's background.
pub fn selection_colour(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(90, 165, 255) } else { Color32::from_rgb(20, 95, 210) }
}

/// A button that stands out.
pub fn primary_button(ui: &Ui, text: &str) -> egui::Button<'static> {
    egui::Button::new(RichText::new(text).color(Color32::WHITE).strong()).fill(accent(ui))
}

/// A quieter text that still has contrast enough to be read.
pub fn faint(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).color(faint_colour(ui))
}

/// The grey of [`faint`].
pub fn faint_colour(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_gray(160) } else { Color32::from_gray(92) }
}

/// A text that somebody should see.
pub fn warning(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).color(warning_colour(ui))
}

/// Amber, readable on the theme's background.
pub fn warning_colour(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(240, 180, 70) } else { Color32::from_rgb(150, 86, 0) }
}

/// A text about what went wrong.
pub fn error(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).color(error_colour(ui))
}

/// Red, readable on the theme's background.
pub fn error_colour(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(255, 120, 110) } else { Color32::from_rgb(180, 24, 20) }
}

/// Green, readable on the theme's background.
pub fn good_colour(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(110, 200, 120) } else { Color32::from_rgb(20, 112, 40) }
}

/// A titled part of the side panel that folds; `summary` stands beside the title and says what is within, and before it, while
/// that is folded in, `warning`. `turn` folds it in this frame, or out.
pub fn section(
    ui: &mut Ui,
    id: &str,
    title: &str,
    summary: impl Into<RichText>,
    warning: Option<String>,
    turn: Option<bool>,
    body: impl FnOnce(&mut Ui),
) {
    let mut fold = CollapsingState::load_with_default_open(ui.ctx(), egui::Id::unique(("section", id)), true);
    if let Some(open) = turn {
        fold.set_open(open);
    }
    let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let (enabled, open) = (ui.is_enabled(), fold.is_open());
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::DisclosureTriangle, enabled, title);
        info.selected = Some(open);
        info
    });
    let response = with_author_id(response, &format!("section-{id}"));
    if response.clicked() {
        fold.toggle(ui);
    }
    let visuals = ui.style().interact(&response);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3.0, visuals.weak_bg_fill);
    }
    let sign = egui::Rect::from_min_size(rect.min, egui::vec2(16.0, rect.height()));
    egui::collapsing_header::paint_default_icon(
        ui,
        fold.openness(ui.ctx()),
        &response.clone().with_new_rect(sign.shrink2(egui::vec2(2.0, 5.0))),
    );
    // The header bears the title's name, so that nothing else needs to.
    let font = FontId::proportional(15.0);
    let galley = ui.painter().layout_no_wrap(title.to_owned(), font, ui.visuals().strong_text_color());
    let left = egui::pos2(sign.right() + 4.0, rect.center().y - galley.size().y / 2.0);
    let summary_left = left.x + galley.size().x + 8.0;
    ui.painter().galley(left, galley, ui.visuals().strong_text_color());
    let words = egui::Rect::from_min_max(egui::pos2(summary_left.min(rect.right()), rect.top()), rect.max);
    ui.place(words, |ui: &mut Ui| {
        let left = egui::Layout::left_to_right(egui::Align::Center);
        ui.with_layout(left, |ui| {
            // The header takes the clicks.
            ui.style_mut().interaction.selectable_labels = false;
            if let Some(warning) = warning.filter(|_| !open) {
                ui.label(RichText::new(warning).color(warning_colour(ui)));
            }
            ui.add(egui::Label::new(summary.into().color(faint_colour(ui))).truncate());
        })
        .response
    });
    fold.show_body_unindented(ui, |ui| {
        body(ui);
        ui.add_space(4.0);
    });
    ui.separator();
}

/// A label of at most `rows` lines, as wide as there is room on this one; what is cut off is read under the pointer.
pub fn lines(ui: &mut Ui, text: RichText, rows: usize) -> egui::Response {
    let whole = text.text().to_owned();
    let galley = in_lines(ui, text, rows);
    // The label itself shows under the pointer what is cut.
    named(ui.label(galley), &whole)
}

/// A label of two lines, or of three smaller ones where these do not hold it: what would help stands at a verdict's end.
pub fn two_lines(ui: &mut Ui, text: RichText) -> egui::Response {
    if in_lines(ui, text.clone(), 2).elided { lines(ui, text.small(), 3) } else { lines(ui, text, 2) }
}

fn in_lines(ui: &Ui, text: RichText, rows: usize) -> std::sync::Arc<egui::Galley> {
    let job =
        egui::WidgetText::from(text).into_layout_job(ui.style(), egui::FontSelection::Default, egui::Align::Center);
    let mut job = std::sync::Arc::unwrap_or_clone(job);
    let max_width = ui.available_size_before_wrap().x;
    job.wrap = egui::text::TextWrapping { max_width, max_rows: rows, ..Default::default() };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// A name on a line that is so wide at most: of a longer one the middle is left out, as names that are alike often differ at
/// their ends.
pub fn cut_in_middle(ui: &Ui, name: &str, font: &FontId, width: f32) -> std::sync::Arc<egui::Galley> {
    let line = |text: String| {
        let colour = ui.visuals().text_color();
        ui.painter().layout_job(egui::text::LayoutJob::simple_singleline(text, font.clone(), colour))
    };
    let whole = line(name.to_owned());
    if whole.size().x <= width {
        return whole;
    }
    let letters: Vec<char> = name.chars().collect();
    let cut = |kept: usize| {
        let (head, tail) = letters.split_at(kept.div_ceil(2).min(letters.len()));
        let tail = &tail[tail.len().saturating_sub(kept / 2)..];
        line(head.iter().chain(&['…']).chain(tail).collect())
    };
    let (mut fits, mut too_many) = (2, letters.len());
    while too_many > fits + 1 {
        let kept = usize::midpoint(fits, too_many);
        if cut(kept).size().x <= width {
            fits = kept;
        } else {
            too_many = kept;
        }
    }
    cut(fits)
}

/// Up to so wide a name in a table is shown whole, in points.
pub const MOST_OF_NAME: f32 = 200.0;

/// A label with [`cut_in_middle`]; the whole name is read under the pointer.
pub fn name_label(ui: &mut Ui, name: &str, width: f32) -> egui::Response {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galley = cut_in_middle(ui, name, &font, width);
    let is_whole = galley.text() == name;
    let label = ui.label(galley);
    // What a label says is its value.
    label.ctx.accesskit_node_builder(label.id, |node| node.set_value(name));
    if is_whole { label } else { label.on_hover_text(name) }
}

/// Of the labels in a form's rows, in points: those of a column at the side, and of a page that has room for the longest.
const LABEL_WIDTH: f32 = 112.0;
const WIDE_LABEL: f32 = 230.0;
const ROOM_FOR_WIDE: f32 = 640.0;

/// A form's row: label left, widgets right of a common edge; what finds no room goes into a second line.
pub fn row<R>(ui: &mut Ui, label: &str, hint: &str, widgets: impl FnOnce(&mut Ui, egui::Id) -> R) -> R {
    row_of(ui, LABEL_WIDTH, label, hint, widgets)
}

/// The row of a setting, whose title is longer than those of other forms.
pub fn setting_row<R>(ui: &mut Ui, label: &str, hint: &str, widgets: impl FnOnce(&mut Ui, egui::Id) -> R) -> R {
    let width = if ui.available_width() >= ROOM_FOR_WIDE { WIDE_LABEL } else { LABEL_WIDTH };
    row_of(ui, width, label, hint, widgets)
}

fn row_of<R>(ui: &mut Ui, width: f32, label: &str, hint: &str, widgets: impl FnOnce(&mut Ui, egui::Id) -> R) -> R {
    ui.horizontal_wrapped(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(width, ui.spacing().interact_size.y), egui::Sense::hover());
        let label = ui.place(rect, |ui: &mut Ui| {
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(egui::Label::new(label).truncate()).on_hover_text(hint)
            })
            .inner
        });
        widgets(ui, label.id)
    })
    .inner
}

/// It was clicked for its own sake: the second half of a double click is meant for what stood there at the first, be it this button or
/// the one whose place it took.
pub fn pressed(response: &egui::Response) -> bool {
    let again = usize::from(response.double_clicked()) + usize::from(response.triple_clicked());
    response.clicked() && (again == 0 || releases(&response.ctx) > again)
}

/// How often the primary button was let go in this frame: a computer that is busy hands both halves of a double click on in one.
fn releases(ctx: &egui::Context) -> usize {
    let is_one = |event: &&egui::Event| {
        matches!(event, egui::Event::PointerButton { button: egui::PointerButton::Primary, pressed: false, .. })
    };
    ctx.input(|input| input.events.iter().filter(is_one).count())
}

/// Gives a widget the name that assistive technology reads, where its text is a sign or none.
pub fn named(response: egui::Response, name: &str) -> egui::Response {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// Gives a widget an id of its own, by which tests and assistive technology find it whatever it is called.
pub fn with_author_id(response: egui::Response, id: &str) -> egui::Response {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_author_id(id));
    response
}
