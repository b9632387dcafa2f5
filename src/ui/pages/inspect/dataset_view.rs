//! Figures of the whole dataset: classes and parts, sizes, and what measuring every pixel found.

use super::findings;
use super::measure::{MeasureState, Measured};
use super::state::part_name;
use crate::data::Part;
use crate::data::inspect::{HISTOGRAM_BINS, InspectProgress, InspectStage};
use crate::language::Arg;
use crate::plot::{self, Plot, Series};
use crate::transform::{normalizing_step, with_normalize};
use crate::ui::common::list::list_ui;
use crate::ui::common::waiting::waiting_ui;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, ReadyDataset, State, UiCommand};
use egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, pos2, vec2};

const ROW: f32 = 17.0;

pub(crate) fn dataset_view(
    ui: &mut Ui,
    state: &State,
    ready: &ReadyDataset,
    looked_at: &mut Vec<u32>,
    commands: &mut Commands,
) {
    ScrollArea::vertical().id_salt("dataset-figures").auto_shrink([false, false]).show(ui, |ui| {
        classes_ui(ui, ready);
        sizes_ui(ui, ready);
        ui.separator();
        measure_ui(ui, state, commands);
        if let MeasureState::Done(measured) = &state.inspect.measure {
            measured_ui(ui, state, ready, measured, looked_at, commands);
        }
    });
}

/// A name, a bar of several colours and a count, in one row.
fn bar_row_ui(ui: &mut Ui, name: &str, stacked: &[(u64, egui::Color32)], most: u64, hint: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let bar_left = rect.left() + rect.width() * 0.34;
    let bar_right = (rect.right() - 60.0).max(bar_left + 8.0);
    let mut x = bar_left;
    for (count, colour) in stacked {
        let width = (bar_right - bar_left) * (*count as f32 / most.max(1) as f32);
        let bar = Rect::from_min_size(pos2(x, rect.top() + 4.0), vec2(width, ROW - 8.0));
        ui.painter().rect_filled(bar, 1.0, *colour);
        x += width;
    }
    let name_rect = Rect::from_min_max(rect.min, pos2(bar_left - 6.0, rect.bottom()));
    ui.place(name_rect, |ui: &mut Ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(Label::new(name).truncate())).inner
    });
    let total = stacked.iter().map(|(count, _)| count).sum();
    let count_rect = Rect::from_min_max(pos2(bar_right + 4.0, rect.top()), rect.max);
    ui.place(count_rect, |ui: &mut Ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(words::count(total))).inner
    });
    if !hint.is_empty() {
        response.on_hover_text(hint);
    }
}

fn classes_ui(ui: &mut Ui, ready: &ReadyDataset) {
    let colours = [0, 1, 2].map(|slot| plot::series_color(slot, ui.visuals().dark_mode));
    ui.horizontal(|ui| {
        ui.strong(tr!("page-figures-classes"));
        for (part, colour) in [Part::Train, Part::Val, Part::Test].into_iter().zip(colours) {
            ui.add_space(4.0);
            let (rect, _) = ui.allocate_exact_size(vec2(9.0, 9.0), Sense::hover());
            ui.painter().rect_filled(rect, 1.0, colour);
            ui.label(style::faint(ui, part_name(part)).small());
        }
    });
    let most = ready.counts.iter().copied().max().unwrap_or(0);
    list_ui(ui, "classes-by-part", ready.dataset.class_names.len(), ROW, |ui, class| {
        let name = &ready.dataset.class_names[class];
        let count = ready.counts.get(class).copied().unwrap_or(0);
        match ready.part_counts.get(class) {
            Some([train, val, test]) => {
                let rest = count.saturating_sub(train + val + test);
                let stacked = [
                    (*train, colours[0]),
                    (*val, colours[1]),
                    (*test, colours[2]),
                    (rest, style::faint_colour(ui).gamma_multiply(0.4)),
                ];
                let hint = match rest {
                    0 => tr!("page-figures-class", name, train = *train, validation = *val, test = *test),
                    rest => tr!("page-figures-class-rest", name, train = *train, validation = *val, test = *test, rest),
                };
                bar_row_ui(ui, name, &stacked, most, &hint);
            }
            None => bar_row_ui(ui, name, &[(count, colours[0])], most, name),
        }
    });
    if let Some(balance) = balance(&ready.counts) {
        ui.label(style::faint(ui, balance).small());
    }
}

/// How far the classes' numbers of images lie apart; nothing where they are alike but for classes without any.
fn balance(counts: &[u64]) -> Option<String> {
    let most = *counts.iter().max()?;
    let least = *counts.iter().filter(|count| **count > 0).min()?;
    let ratio = most as f64 / least as f64;
    // Less would read as 1.0.
    if ratio >= 1.05 {
        return Some(tr!("page-figures-ratio", ratio = Arg::number(ratio, 1)));
    }
    if counts.contains(&0) {
        return None;
    }
    Some(if most == least { tr!("page-figures-equal") } else { tr!("page-figures-about-equal") })
}

fn sizes_ui(ui: &mut Ui, ready: &ReadyDataset) {
    ui.add_space(4.0);
    ui.strong(tr!("page-figures-sizes"));
    let dataset = &ready.dataset;
    let sizes: Vec<_> = dataset.sizes.iter().collect();
    let most = sizes.iter().map(|(_, n)| **n).max().unwrap_or(0);
    let colour = plot::series_color(0, ui.visuals().dark_mode);
    list_ui(ui, "sizes", sizes.len(), ROW, |ui, i| {
        let ((width, height), count) = sizes[i];
        bar_row_ui(ui, &format!("{width} × {height}"), &[(*count, colour)], most, "");
    });
    if dataset.more_sizes > 0 {
        ui.label(style::faint(ui, tr!("page-figures-more-sizes", images = dataset.more_sizes)).small());
    }
}

fn measure_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let measure = &state.inspect.measure;
    if let MeasureState::Busy(progress) = measure {
        ui.horizontal(|ui| {
            let (share, text) = match progress {
                Some(InspectProgress { stage, done, total, .. }) => {
                    let text = match stage {
                        InspectStage::Reading => tr!("page-measure-reading", done = *done, total = *total),
                        InspectStage::Comparing => tr!("page-measure-comparing", done = *done, total = *total),
                    };
                    (*done as f32 / (*total).max(1) as f32, text)
                }
                None => (0.0, tr!("page-measure-starting")),
            };
            ui.add(
                egui::ProgressBar::new(share)
                    .desired_width((ui.available_width() - 70.0).max(80.0))
                    .fill(style::accent(ui).gamma_multiply(0.55))
                    .text(RichText::new(text).color(ui.visuals().strong_text_color())),
            );
            if style::pressed(&ui.button(tr!("page-measure-cancel"))) {
                commands.send(UiCommand::CancelMeasure);
            }
        });
        if let Some(waiting) = progress.as_ref().and_then(|progress| progress.waiting.as_ref()) {
            waiting_ui(ui, waiting, commands);
        }
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let done = matches!(measure, MeasureState::Done(_));
        let button = match done {
            true => egui::Button::new(tr!("page-measure-again")),
            false => style::primary_button(ui, &tr!("page-measure")),
        };
        let active = state.run.live.is_active();
        let hint = if active { tr!("page-measure-hint-active") } else { tr!("page-measure-hint") };
        if style::pressed(&ui.add(button).on_hover_text(hint)) {
            commands.send(UiCommand::Measure);
        }
        if !done {
            ui.label(style::faint(ui, tr!("page-measure-what")).small());
        }
    });
    match measure {
        MeasureState::Failed(error) => {
            ui.label(style::error(ui, error.to_string()));
        }
        MeasureState::Done(measured) if measured.config != state.config.data => {
            ui.label(style::warning(ui, tr!("page-measure-old")));
        }
        _ => {}
    }
}

fn measured_ui(
    ui: &mut Ui,
    state: &State,
    ready: &ReadyDataset,
    measured: &Measured,
    looked_at: &mut Vec<u32>,
    commands: &mut Commands,
) {
    let statistics = &measured.found.statistics;
    let names: &[&str] = if statistics.channels == 1 { &["gray"] } else { &["red", "green", "blue"] };
    egui::Grid::new("pixel-figures").num_columns(5).spacing([14.0, 2.0]).show(ui, |ui| {
        ui.label("");
        for head in ["mean", "std", "unit-mean", "unit-std"] {
            ui.label(style::faint(ui, tr!("page-measure-head", head)).small());
        }
        ui.end_row();
        for (figures, name) in statistics.overall.iter().zip(names) {
            ui.label(tr!("page-measure-channel", channel = *name));
            for value in [figures.mean, figures.std, figures.unit_mean, figures.unit_std] {
                ui.label(RichText::new(format!("{value:.4}")).monospace());
            }
            ui.end_row();
        }
    });
    let step = normalizing_step(&state.config.transforms);
    let add = ui.button(tr!("page-measure-normalize", step)).on_hover_text(tr!("page-measure-normalize-hint", step));
    if add.clicked() {
        let specs = with_normalize(&state.config.transforms, &statistics.overall);
        commands.send(UiCommand::SetTransforms { specs, settled: true });
    }
    histogram_ui(ui, state, ready, measured, names);
    findings::findings_ui(ui, state, measured, looked_at, commands);
}

/// Of the class that the filter shows, where it shows one.
fn histogram_ui(ui: &mut Ui, state: &State, ready: &ReadyDataset, measured: &Measured, names: &[&str]) {
    let statistics = &measured.found.statistics;
    let class = state.inspect.filter.class.and_then(|class| {
        Some((ready.dataset.class_names.get(class)?.clone(), statistics.class_histograms.get(class)?))
    });
    let (whose, histograms) = class.unwrap_or_else(|| (tr!("page-measure-all-images"), &statistics.histograms));
    let [low, high] = statistics.histogram_span;
    // Of 8-bit files a bin is a value, and the last of them is 1.
    let steps = if [low, high] == [0.0, 1.0] { HISTOGRAM_BINS - 1 } else { HISTOGRAM_BINS };
    // Vermilion, green and blue of the palette.
    let slots: &[usize] = if histograms.len() == 1 { &[0] } else { &[1, 2, 0] };
    let series = histograms.iter().zip(names).zip(slots).map(|((histogram, name), slot)| {
        let points: Vec<[f64; 2]> = histogram
            .iter()
            .enumerate()
            .map(|(bin, count)| (low + (high - low) * bin as f64 / steps as f64, *count as f64))
            .map(|(value, count)| [value, (1.0 + count).log10()])
            .collect();
        Series {
            name: tr!("page-measure-channel", channel = *name),
            points: points.into(),
            color: *slot,
            ..Series::default()
        }
    });
    let plot = Plot {
        title: tr!("page-measure-values", whose),
        x_label: if [low, high] == [0.0, 1.0] { tr!("page-measure-x") } else { tr!("page-measure-x-own") },
        y_label: tr!("page-measure-y"),
        series: series.collect(),
        x_range: Some([low, high]),
        y_range: Some([0.0, 0.0]),
        ..Plot::default()
    };
    ui.add_space(4.0);
    let width = ui.available_width();
    plot::show(ui, &plot, vec2(width, 170.0));
}

#[cfg(test)]
mod tests {
    use super::balance;

    #[test]
    fn classes_of_one_size_are_not_said_to_be_so_many_times_each_other() {
        let said = |counts: &[u64]| balance(counts).unwrap_or_default();
        assert_eq!(said(&[500, 500, 500]), "All classes have the same number of images.");
        assert_eq!(said(&[500, 501]), "All classes have about the same number of images.");
        assert_eq!(said(&[500, 1000, 0]), "The largest class has 2.0 times the images of the smallest.");
        assert_eq!((balance(&[500, 0]), balance(&[]), balance(&[0])), (None, None, None));
    }
}
