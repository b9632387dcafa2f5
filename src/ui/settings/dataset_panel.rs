//! Choosing a dataset, and what was found in it.

use super::dataset_reading::reading_ui;
use crate::config::ParamValue;
use crate::console::{show_name, show_path};
use crate::ui::common::param_form::Typing;
use crate::ui::common::{settings_form, style, words};
use crate::ui::state::{Commands, DatasetState, ReadyDataset, State, UiCommand};
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use std::path::PathBuf;

/// A list longer than this scrolls by itself.
const ROWS_SHOWN: usize = 10;
/// Names in a hint.
const MAX_NAMES: usize = 20;

/// The panel's own field.
#[derive(Default)]
pub struct DatasetForm {
    path: String,
    /// The folder `path` was last set from.
    shown: Option<PathBuf>,
}

pub fn dataset_panel(ui: &mut Ui, state: &State, form: &mut DatasetForm, typing: &mut Typing, commands: &mut Commands) {
    let current = state.dataset.dir();
    if form.shown.as_ref() != current {
        form.shown = current.cloned();
        form.path = current.map(|p| p.display().to_string()).unwrap_or_default();
    }
    let active = state.run.live.is_active();
    ui.add_enabled_ui(!active, |ui| path_ui(ui, state, form, commands))
        .response
        .on_disabled_hover_text("Stop the run to choose another dataset");

    match &state.dataset {
        DatasetState::None => {
            ui.label(style::faint(
                ui,
                "A folder with one subfolder of images for each class, with train, val and test folders of such, or with a \
                 table that names images and their labels. Drop it on the window, paste its path, or draw six classes of sample images.",
            ));
        }
        DatasetState::Scanning { progress, .. } => {
            ui.horizontal(|ui| {
                ui.spinner();
                match progress {
                    Some(p) => ui.label(format!(
                        "Reading: {}, {} bad",
                        words::plural(p.images, "image", "images"),
                        words::count(p.bad)
                    )),
                    None => ui.label("Reading the folder"),
                };
                if ui.button("Cancel").clicked() {
                    commands.send(UiCommand::CancelScan);
                }
            });
            if let Some(dir) = progress.as_ref().map(|p| show_path(&p.current_dir)) {
                ui.add(egui::Label::new(style::faint(ui, dir).small()).truncate());
            }
        }
        DatasetState::WritingSamples { done, total, .. } => {
            let frac = if *total == 0 { 0.0 } else { *done as f32 / *total as f32 };
            ui.horizontal(|ui| {
                ui.add(egui::ProgressBar::new(frac).desired_width(150.0).text("drawing samples"));
                if ui.button("Cancel").clicked() {
                    commands.send(UiCommand::CancelScan);
                }
            });
        }
        DatasetState::Failed { error, .. } => {
            ui.label(RichText::new(error).color(style::error_colour(ui)));
            if ui.button("Read again").clicked() {
                commands.send(UiCommand::RescanDataset);
            }
        }
        DatasetState::Ready(ready) => ready_ui(ui, ready, state, typing, commands),
    }
}

fn path_ui(ui: &mut Ui, state: &State, form: &mut DatasetForm, commands: &mut Commands) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let open = ui.button("Open").on_hover_text("Read the folder of this path (Enter)");
            let edit = egui::TextEdit::singleline(&mut form.path)
                .hint_text("path of a folder")
                .desired_width(ui.available_width());
            let field = style::named(ui.add(edit), "Dataset folder").on_hover_text(form.path.clone());
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            if (open.clicked() || entered) && !form.path.trim().is_empty() {
                commands.send(UiCommand::OpenDataset(form.path.clone()));
            }
        });
    });
    ui.horizontal_wrapped(|ui| {
        let choose = ui.button("Choose folder…").on_hover_text("Ctrl+O");
        if choose.clicked() {
            commands.send(UiCommand::ChooseDataset);
        }
        let labels = ui
            .button("Labels…")
            .on_hover_text("A table (.csv, .tsv, .json, .jsonl, .txt) that names images and their labels");
        if labels.clicked() {
            commands.send(UiCommand::ChooseLabelFile);
        }
        ui.add_enabled_ui(!state.recent.is_empty(), |ui| {
            ui.menu_button("Recent ▾", |ui| recent_ui(ui, state, commands));
        });
        let sample = ui.button("Try with sample images");
        if sample.on_hover_text("Draws a small dataset of six classes, nothing is downloaded").clicked() {
            commands.send(UiCommand::TrySampleImages);
        }
    });
}

fn recent_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.set_min_width(260.0);
    for dir in &state.recent {
        let text = dir.display().to_string();
        ui.horizontal(|ui| {
            if style::named(ui.small_button("×"), "Forget").on_hover_text("Forget this folder").clicked() {
                commands.send(UiCommand::ForgetRecent(dir.clone()));
            }
            if ui.button(&text).clicked() {
                commands.send(UiCommand::OpenDataset(text));
                ui.close();
            }
        });
    }
}

fn ready_ui(ui: &mut Ui, ready: &ReadyDataset, state: &State, typing: &mut Typing, commands: &mut Commands) {
    let dataset = &ready.dataset;
    ui.horizontal_wrapped(|ui| {
        let images = words::plural(dataset.len() as u64, "image", "images");
        let classes = words::plural(dataset.class_names.len() as u64, "class", "classes");
        ui.label(RichText::new(format!("{images} in {classes}")).strong());
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            if ui.small_button("Read again").on_hover_text("Reads the folder anew").clicked() {
                commands.send(UiCommand::RescanDataset);
            }
        });
    });
    let formats: Vec<String> = dataset.formats.iter().map(|(name, n)| format!("{} {name}", words::count(*n))).collect();
    let colour = if dataset.all_gray { "gray" } else { "colour" };
    let size = match (dataset.one_size(), dataset.sizes.len()) {
        (Some((w, h)), _) => format!("all {w} × {h}"),
        (None, n) => format!("{n} sizes"),
    };
    ui.label(style::faint(ui, format!("{}; {size}; {colour}", formats.join(", "))));
    for note in &dataset.notes {
        ui.label(RichText::new(note.to_string()).color(style::warning_colour(ui)));
    }
    reading_ui(ui, &dataset.reading, state, commands);
    classes_ui(ui, ready);
    bad_files_ui(ui, ready);
    quarantine_ui(ui, state, commands);
    split_ui(ui, ready, state, typing, commands);
}

/// Runs `row` for each index, in a scroll area of its own where there are many.
pub(crate) fn list_ui(ui: &mut Ui, salt: &str, len: usize, row_height: f32, mut row: impl FnMut(&mut Ui, usize)) {
    if len <= ROWS_SHOWN {
        (0..len).for_each(|i| row(ui, i));
        return;
    }
    let height = (row_height + ui.spacing().item_spacing.y) * ROWS_SHOWN as f32;
    ScrollArea::vertical().id_salt(salt).max_height(height).auto_shrink([false, true]).show_rows(
        ui,
        row_height,
        len,
        |ui, range| range.for_each(|i| row(ui, i)),
    );
}

fn classes_ui(ui: &mut Ui, ready: &ReadyDataset) {
    let most = ready.counts.iter().copied().max().unwrap_or(0).max(1);
    let height = 17.0;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        list_ui(ui, "classes", ready.dataset.class_names.len(), height, |ui, i| {
            let name = &ready.dataset.class_names[i];
            let n = ready.counts.get(i).copied().unwrap_or(0);
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            let bar_left = rect.left() + rect.width() * 0.45;
            let bar_space = (rect.right() - bar_left - 58.0).max(8.0);
            let bar = egui::Rect::from_min_size(
                egui::pos2(bar_left, rect.top() + 4.0),
                vec2(bar_space * n as f32 / most as f32, height - 8.0),
            );
            ui.painter().rect_filled(bar, 2.0, style::accent(ui).gamma_multiply(0.7));
            let name_rect = egui::Rect::from_min_max(rect.min, egui::pos2(bar_left - 6.0, rect.bottom()));
            ui.place(name_rect, |ui: &mut Ui| {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(egui::Label::new(name).truncate()))
                    .inner
            });
            let count_rect = egui::Rect::from_min_max(egui::pos2(rect.right() - 56.0, rect.top()), rect.max);
            ui.place(count_rect, |ui: &mut Ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(words::count(n))).inner
            });
        });
    });
}

fn bad_files_ui(ui: &mut Ui, ready: &ReadyDataset) {
    let bad = &ready.dataset.bad_files;
    if bad.is_empty() {
        return;
    }
    let title = format!("{} left out", words::plural(bad.len() as u64, "file", "files"));
    egui::CollapsingHeader::new(RichText::new(title).color(style::warning_colour(ui))).id_salt("bad files").show(
        ui,
        |ui| {
            let height = ui.text_style_height(&egui::TextStyle::Body);
            list_ui(ui, "bad file list", bad.len(), height, |ui, i| {
                let file = &bad[i];
                let name = show_name(file.path.file_name().unwrap_or(file.path.as_os_str()));
                let line = format!("{name}: {}", file.reason);
                ui.add(egui::Label::new(line).truncate()).on_hover_text(format!(
                    "{}\n{}",
                    file.reason,
                    show_path(&file.path)
                ));
            });
        },
    );
}

/// Files that hung once and are left out since.
fn quarantine_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let names = &state.config.data.quarantine;
    if names.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let files = words::plural(names.len() as u64, "file", "files");
        let label = ui.label(RichText::new(format!("{files} quarantined")).color(style::warning_colour(ui)));
        let shown: Vec<&str> = names.iter().take(MAX_NAMES).map(String::as_str).collect();
        label.on_hover_text(format!("Left out of every batch, as they hung once:\n{}", shown.join("\n")));
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            let again = ui.small_button("Use again").on_hover_text("From the next run on they are read again");
            if again.on_disabled_hover_text("Stop the run to use them again").clicked() {
                commands.send(UiCommand::set("data.quarantine", ParamValue::List(Vec::new())));
            }
        });
    });
}

fn split_ui(ui: &mut Ui, ready: &ReadyDataset, state: &State, typing: &mut Typing, commands: &mut Commands) {
    match &ready.split {
        Ok([train, val, test]) => {
            let by = if ready.dataset.has_parts {
                "by folders or a table"
            } else {
                "drawn with a seed, even over the classes"
            };
            ui.label(format!(
                "Train {}, validation {}, test {}",
                words::count(*train as u64),
                words::count(*val as u64),
                words::count(*test as u64)
            ))
            .on_hover_text(format!("The split is {by}"));
        }
        Err(error) => {
            ui.label(RichText::new(error).color(style::error_colour(ui)));
        }
    }
    egui::CollapsingHeader::new("Split and limit").id_salt("split").show(ui, |ui| {
        let split_keys = ["val_frac", "test_frac", "split_seed"];
        // The folder, how it is read and what is quarantined have their places above.
        let shown = |name: &str| match name {
            "dir" | "labels" | "image_column" | "label_column" | "part_column" | "quarantine" => false,
            name => !(ready.dataset.has_parts && split_keys.contains(&name)),
        };
        settings_form::keys_form(ui, state, &["data"], typing, commands, shown, |ui, key| {
            if key.info.name == "limit" && state.config.data.limit == 0 {
                ui.label(style::faint(ui, "(all)"));
            }
        });
    });
}
