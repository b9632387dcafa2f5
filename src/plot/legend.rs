//! Title and legend above a plot. The legend wraps, hides a series on a click, shows it alone on two, and has a menu to call it
//! something else; it never lies over the data.

use super::decimate::has_points;
use super::items::band_fill;
use super::look::Look;
use super::palette::{Dash, series_color};
use super::ticks::in_brackets;
use super::{Plot, PlotKind};
use egui::{Color32, FontId, Galley, Label, Pos2, Rect, RichText, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo};
use std::collections::HashMap;
use std::sync::Arc;

/// What the legend says of the series.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    hidden: Vec<usize>,
    /// What series are called in place of their names.
    names: SeriesNames,
    /// The series under the pointer, in the legend.
    pub(super) hovered: Option<usize>,
}

impl Shown {
    pub(super) fn is_hidden(&self, series: usize) -> bool {
        self.hidden.contains(&series)
    }

    /// What that series of the plot is called.
    pub(super) fn name(&self, plot: &Plot<'_>, series: usize) -> String {
        plot.series.get(series).map(|s| self.names.of(&s.name).to_owned()).unwrap_or_default()
    }
}

/// What a person calls series, by the names that they have; the same in every plot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesNames(HashMap<String, String>);

impl SeriesNames {
    /// Those of a window, kept for as long as it is open.
    pub fn of_window(ctx: &egui::Context) -> Self {
        ctx.data(|d| d.get_temp(Self::id())).unwrap_or_default()
    }

    fn keep(&self, ctx: &egui::Context) {
        ctx.data_mut(|d| d.insert_temp(Self::id(), self.clone()));
    }

    fn id() -> egui::Id {
        egui::Id::unique("series-names")
    }

    fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.get(name).map_or(name, String::as_str)
    }

    /// Calls the series of a plot so, for a picture of it.
    pub fn give(&self, plot: &mut Plot<'_>) {
        for series in &mut plot.series {
            series.name = self.of(&series.name).to_owned();
        }
    }
}

/// Names of hidden series: series may come and go, their names stay.
#[derive(Clone, Default)]
struct HiddenNames(Vec<String>);

impl HiddenNames {
    fn toggle(&mut self, name: &str) {
        if self.0.iter().any(|hidden| hidden == name) {
            self.0.retain(|hidden| hidden != name);
        } else {
            self.0.push(name.to_owned());
        }
    }

    /// That one alone; again, all.
    fn isolate(&mut self, name: &str, plot: &Plot<'_>) {
        let others = plot.series.iter().map(|s| s.name.clone()).filter(|other| other != name);
        let others: Vec<String> = others.collect();
        let alone = !self.0.iter().any(|hidden| hidden == name) && others.iter().all(|other| self.0.contains(other));
        self.0 = if alone { Vec::new() } else { others };
    }
}

/// Draws title and legend at the top of `rect`; returns where they end and what is to be shown.
pub(super) fn heading(ui: &mut Ui, plot: &Plot<'_>, look: &Look, rect: Rect) -> (f32, Shown) {
    // A small plot has no room for the axis's label. A plot without a title stands under a heading of the caller's.
    let title = match (look.compact && !plot.y_label.is_empty(), plot.title.is_empty()) {
        (true, false) => tr!("plot-title-with-unit", title = &plot.title, unit = in_brackets(&plot.y_label)),
        (true, true) => plot.y_label.clone(),
        (false, _) => plot.title.clone(),
    };
    let bare = plot.title.is_empty();
    let font = if bare { look.font.clone() } else { FontId::proportional(look.title_size) };
    let title_width = ui.painter().layout_no_wrap(title.clone(), font.clone(), look.strong).size().x;
    let left = rect.left() + 6.0;

    let names = SeriesNames::of_window(ui.ctx());
    let entries = entries(ui, plot, look, &names);
    let title_height = match (title.is_empty(), bare) {
        (true, _) if entries.is_empty() => 0.0,
        (_, true) => look.type_size() * 1.4,
        (_, false) => look.title_size * 1.4,
    };
    let gap = look.type_size();
    let row_height = look.type_size() * 1.35;
    let wide: f32 = entries.iter().map(|e| e.width + gap).sum();
    let beside_title = wide > 0.0
        && (title_width + gap * 2.0 + wide <= rect.right() - left || title.is_empty() && wide <= rect.width());
    let title_right = if beside_title { rect.right() - wide } else { rect.right() - 4.0 };
    let title_rect = Rect::from_min_max(Pos2::new(left, rect.top()), Pos2::new(title_right, rect.top() + title_height));
    let mut title_ui = ui.new_child(
        egui::UiBuilder::new().max_rect(title_rect).layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    let untitled = title.is_empty();
    if !untitled {
        title_ui.add(Label::new(RichText::new(title).font(font).color(look.strong)).truncate().selectable(false));
    }

    let hidden_id = ui.scope_id().with("hidden-series");
    let mut hidden: HiddenNames = ui.data(|d| d.get_temp(hidden_id)).unwrap_or_default();
    let mut hovered = None;
    let (mut x, mut y) = if beside_title {
        (rect.right() - wide, rect.top() + (title_height - row_height) / 2.0)
    } else {
        (left, rect.top() + if untitled { 0.0 } else { title_height })
    };
    let most_rows = match (look.is_picture, look.compact) {
        // Of a picture nobody can ask for the rest.
        (true, _) => usize::MAX,
        (false, true) => 2,
        (false, false) => 3,
    };
    let mut row = 0;
    for (at, entry) in entries.iter().enumerate() {
        let more = entries.len() - at - 1;
        // On the last row something must be left to say how many are not shown.
        let reserve = if row + 1 == most_rows && more > 0 { look.type_size() * 4.5 } else { 0.0 };
        if !beside_title && x > left && x + entry.width + reserve > rect.right() - 4.0 {
            if row + 1 == most_rows {
                rest(ui, look, &entries[at..], Pos2::new(x, y), row_height);
                break;
            }
            row += 1;
            x = left;
            y += row_height;
        }
        let place = Rect::from_min_size(Pos2::new(x, y), Vec2::new(entry.width, row_height));
        let series = match entry.what {
            What::Series(series) => series,
            What::Band(color) => {
                draw_band(ui, look, entry, place, color);
                x += entry.width + gap;
                continue;
            }
        };
        let name = &plot.series[series].name;
        let is_hidden = hidden.0.contains(name);
        let response = ui.interact(place, ui.scope_id().with(("legend", series)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, !is_hidden, names.of(name)));
        let before = hidden.0.clone();
        if response.double_clicked() {
            hidden.isolate(name, plot);
        } else if response.clicked() {
            hidden.toggle(name);
        }
        response.context_menu(|ui| series_menu(ui, plot, name, &names, &mut hidden));
        if hidden.0 != before {
            ui.data_mut(|d| d.insert_temp(hidden_id, hidden.clone()));
        }
        if response.hovered() {
            hovered = Some(series).filter(|_| !is_hidden);
        }
        let response = response.on_hover_text(tr!("plot-legend-hint"));
        draw_entry(ui, (plot, series), look, entry, place, is_hidden, response.hovered());
        x += entry.width + gap;
    }
    let bottom = if beside_title || entries.is_empty() { rect.top() + title_height } else { y + row_height };
    let is_hidden = |i: &usize| plot.series.get(*i).is_some_and(|s| hidden.0.contains(&s.name));
    (bottom, Shown { hidden: (0..plot.series.len()).filter(is_hidden).collect(), names, hovered })
}

fn series_menu(ui: &mut Ui, plot: &Plot<'_>, name: &str, names: &SeriesNames, hidden: &mut HiddenNames) {
    let is_hidden = hidden.0.iter().any(|n| n == name);
    if ui.button(if is_hidden { tr!("plot-series-show") } else { tr!("plot-series-hide") }).clicked() {
        hidden.toggle(name);
        ui.close();
    }
    if ui.button(tr!("plot-series-alone")).clicked() {
        hidden.isolate(name, plot);
        ui.close();
    }
    if ui.add_enabled(!hidden.0.is_empty(), egui::Button::new(tr!("plot-series-all"))).clicked() {
        hidden.0.clear();
        ui.close();
    }
    ui.separator();
    let mut called = names.of(name).to_owned();
    let label = ui.label(tr!("plot-series-name"));
    let field = ui.add(egui::TextEdit::singleline(&mut called).desired_width(160.0)).labelled_by(label.id);
    let mut changed = names.clone();
    if field.changed() {
        changed.0.insert(name.to_owned(), called);
        changed.keep(ui.ctx());
    }
    if names.0.contains_key(name) && ui.button(tr!("plot-series-own-name")).clicked() {
        changed.0.remove(name);
        changed.keep(ui.ctx());
        ui.close();
    }
}

struct Entry {
    what: What,
    name: Arc<Galley>,
    width: f32,
}

enum What {
    /// Which of the plot's.
    Series(usize),
    /// Of that palette slot.
    Band(usize),
}

fn swatch_width(look: &Look) -> f32 {
    look.type_size() * 1.6
}

fn entries(ui: &Ui, plot: &Plot<'_>, look: &Look, names: &SeriesNames) -> Vec<Entry> {
    let named = plot.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty());
    let of_series = |(series, s): (usize, &super::Series<'_>)| {
        // Readings that were looked for and never there: the legend says why no line is seen.
        let missing = plot.kind == PlotKind::Lines && !s.points.is_empty() && !has_points(s);
        let name = names.of(&s.name);
        let name = if missing { tr!("plot-series-missing", name) } else { name.to_owned() };
        entry(ui, look, What::Series(series), name)
    };
    let mut bands: Vec<(&str, usize)> = Vec::new();
    for band in &plot.bands {
        if !bands.iter().any(|(label, _)| *label == band.label) {
            bands.push((&band.label, band.color));
        }
    }
    let bands = bands.into_iter().map(|(label, color)| entry(ui, look, What::Band(color), label.to_owned()));
    // A plot that has nothing to show needs no legend.
    if plot.has_data() { named.map(of_series).chain(bands).collect() } else { Vec::new() }
}

fn entry(ui: &Ui, look: &Look, what: What, name: String) -> Entry {
    let name = ui.painter().layout_no_wrap(name, look.font.clone(), look.text);
    let width = swatch_width(look) + 4.0 + name.size().x;
    Entry { what, name, width }
}

/// A piece of the band: its shade under its strip.
fn draw_band(ui: &Ui, look: &Look, entry: &Entry, place: Rect, color: usize) {
    let color = series_color(color, look.dark);
    let side = look.type_size() * 0.8;
    let right = place.left() + swatch_width(look);
    let piece = Rect::from_center_size(Pos2::new(right - side / 2.0, place.center().y), Vec2::splat(side));
    ui.painter().rect_filled(piece, 0.0, band_fill(color, look.dark));
    let strip = Rect::from_min_max(piece.min, Pos2::new(piece.right(), piece.top() + 2.0));
    ui.painter().rect_filled(strip, 0.0, color.gamma_multiply(0.8));
    let at = Pos2::new(right + 4.0, place.center().y - entry.name.size().y / 2.0);
    ui.painter().galley(at, Arc::clone(&entry.name), look.text);
}

fn draw_entry(
    ui: &Ui,
    (plot, series): (&Plot<'_>, usize),
    look: &Look,
    entry: &Entry,
    place: Rect,
    hidden: bool,
    hovered: bool,
) {
    let series = &plot.series[series];
    let faded = |color: Color32| if hidden { color.gamma_multiply(0.35) } else { color };
    let color = faded(series_color(series.color, look.dark));
    let middle = place.center().y;
    let (start, end) = (place.left(), place.left() + swatch_width(look));
    match plot.kind {
        PlotKind::StackedShare => {
            let side = look.type_size() * 0.8;
            let square = Rect::from_center_size(Pos2::new(end - side / 2.0, middle), Vec2::splat(side));
            ui.painter().rect_filled(square, 2.0, color);
        }
        PlotKind::Lines => {
            let line = [Pos2::new(start, middle), Pos2::new(end, middle)];
            let stroke = Stroke::new(look.line_width * 1.2, color);
            match Dash::of(series.color).lengths() {
                None => {
                    ui.painter().line_segment(line, stroke);
                }
                Some((dash, gap)) => {
                    let unit = stroke.width;
                    ui.painter().extend(Shape::dashed_line(&line, stroke, dash * unit, gap * unit));
                }
            }
            if series.dots {
                ui.painter().circle_filled(Pos2::new(f32::midpoint(start, end), middle), look.line_width * 1.9, color);
            }
        }
    }
    let text_color = if hovered { look.strong } else { faded(look.text) };
    let at = Pos2::new(end + 4.0, middle - entry.name.size().y / 2.0);
    ui.painter().add(
        egui::epaint::TextShape::new(at, Arc::clone(&entry.name), text_color).with_override_text_color(text_color),
    );
}

/// `+5 more`, with their names on hover.
fn rest(ui: &Ui, look: &Look, left_out: &[Entry], at: Pos2, row_height: f32) {
    let text = tr!("plot-legend-more", more = left_out.len());
    let galley = ui.painter().layout_no_wrap(text, look.font.clone(), look.text);
    let place = Rect::from_min_size(at, Vec2::new(galley.size().x, row_height));
    ui.painter().galley(Pos2::new(at.x, place.center().y - galley.size().y / 2.0), galley, look.text);
    let names: Vec<&str> = left_out.iter().map(|e| e.name.text()).collect();
    ui.interact(place, ui.scope_id().with("more-names"), Sense::hover()).on_hover_text(names.join("\n"));
}
