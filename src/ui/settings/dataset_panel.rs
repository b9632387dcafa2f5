//! Choosing a dataset, and what was found in it.

use super::dataset_reading::reading_ui;
use crate::config::ParamValue;
use crate::console::{show_name, show_path};
use crate::data::Dataset;
use crate::ui::common::list::list_ui;
use crate::ui::common::param_form::Typing;
use crate::ui::common::waiting::waiting_ui;
use crate::ui::common::{settings_form, style, words};
use crate::ui::shell::action::Action;
use crate::ui::state::{Commands, DatasetState, ReadyDataset, State, UiCommand};
use egui::{Align, Layout, RichText, Sense, Ui, vec2};
use std::path::PathBuf;

/// Names in a hint.
const MAX_NAMES: usize = 20;

/// The panel's own field.
#[derive(Default)]
pub struct DatasetForm {
    path: String,
    /// The folder `path` was last set from.
    shown: Option<PathBuf>,
    /// The field is to have the focus, once it is drawn.
    asked: bool,
}

impl DatasetForm {
    pub fn ask_for_path(&mut self) {
        self.asked = true;
    }

    pub(super) fn is_asked_for(&self) -> bool {
        self.asked
    }
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
        .on_disabled_hover_text(tr!("window-not-dataset"));
    not_opened_ui(ui, state, commands);

    match &state.dataset {
        DatasetState::None => {
            ui.label(style::faint(ui, tr!("window-dataset-what")));
        }
        DatasetState::Scanning { progress, .. } => {
            ui.horizontal(|ui| {
                ui.spinner();
                match progress {
                    Some(p) => ui.label(tr!("window-reading", images = p.images, bad = p.bad)),
                    None => ui.label(tr!("window-reading-folder")),
                };
                if style::pressed(&ui.button(tr!("window-cancel"))) {
                    commands.send(UiCommand::CancelScan);
                }
            });
            if let Some(dir) = progress.as_ref().map(|p| show_path(&p.current_dir)) {
                ui.add(egui::Label::new(style::faint(ui, dir).small()).truncate());
            }
            if let Some(waiting) = progress.as_ref().and_then(|progress| progress.waiting.as_ref()) {
                waiting_ui(ui, waiting, commands);
            }
        }
        DatasetState::WritingSamples { done, total, .. } => {
            let frac = if *total == 0 { 0.0 } else { *done as f32 / *total as f32 };
            ui.horizontal(|ui| {
                ui.add(egui::ProgressBar::new(frac).desired_width(150.0).text(tr!("window-drawing-samples")));
                if style::pressed(&ui.button(tr!("window-cancel"))) {
                    commands.send(UiCommand::CancelScan);
                }
            });
        }
        DatasetState::Failed { error, .. } => {
            ui.label(style::error(ui, error.to_string()));
            if ui.button(tr!("window-read-again")).clicked() {
                commands.send(UiCommand::RescanDataset);
            }
        }
        DatasetState::Ready(ready) => ready_ui(ui, ready, state, typing, commands),
    }
}

/// What is there of it, in a line.
pub(super) fn summary(state: &State) -> String {
    let name = |dir: &PathBuf| dir.file_name().map_or_else(|| show_path(dir), show_name);
    match &state.dataset {
        DatasetState::None => String::new(),
        DatasetState::Ready(ready) => {
            tr!("window-dataset-summary", name = name(&ready.opened), images = images_in_classes(ready))
        }
        other => other.dir().map(name).unwrap_or_default(),
    }
}

fn images_in_classes(ready: &ReadyDataset) -> String {
    tr!("window-images-in-classes", images = ready.dataset.len(), classes = ready.dataset.class_names.len())
}

/// Another dataset was asked for in vain; the one before stands.
fn not_opened_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let Some(not_opened) = &state.not_opened else { return };
    ui.horizontal_wrapped(|ui| {
        let words = tr!("window-not-opened", folder = show_path(&not_opened.dir), error = &not_opened.error);
        ui.label(style::error(ui, words));
        if ui.small_button(tr!("window-dismiss")).clicked() {
            commands.send(UiCommand::DismissNotOpened);
        }
    });
}

fn path_ui(ui: &mut Ui, state: &State, form: &mut DatasetForm, commands: &mut Commands) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let open = ui.button(tr!("window-open-path")).on_hover_text(tr!("window-open-path-hint"));
            let edit = egui::TextEdit::singleline(&mut form.path)
                .hint_text(tr!("window-path"))
                .desired_width(ui.available_width());
            let field = style::named(ui.add(edit), &tr!("window-dataset-folder")).on_hover_text(form.path.clone());
            if std::mem::take(&mut form.asked) {
                field.request_focus();
                field.scroll_to_me(None);
            }
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
            if (open.clicked() || entered) && !form.path.trim().is_empty() {
                commands.send(UiCommand::OpenDataset(form.path.clone()));
            }
        });
    });
    ui.horizontal_wrapped(|ui| {
        let choose = egui::Button::new(tr!("window-choose-folder"));
        Action::OpenDataset.button(ui, state, choose, commands);
        Action::LabelTable.button(ui, state, egui::Button::new(tr!("window-labels")), commands);
        ui.add_enabled_ui(!state.recent.is_empty(), |ui| {
            ui.menu_button(tr!("window-recent"), |ui| recent_ui(ui, state, commands));
        });
        let sample = Action::SampleImages;
        sample.button(ui, state, egui::Button::new(sample.title()), commands);
    });
}

fn recent_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.set_min_width(260.0);
    for dir in &state.recent {
        let text = dir.display().to_string();
        ui.horizontal(|ui| {
            if style::named(ui.small_button("×"), &tr!("window-forget", folder = &text))
                .on_hover_text(tr!("window-forget-hint"))
                .clicked()
            {
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
        ui.label(RichText::new(images_in_classes(ready)).strong());
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            if ui.small_button(tr!("window-read-again")).on_hover_text(tr!("window-read-again-hint")).clicked() {
                commands.send(UiCommand::RescanDataset);
            }
        });
    });
    if !dataset.is_empty() {
        facts_ui(ui, dataset);
    }
    for note in ready.notes() {
        ui.label(style::warning(ui, note.to_string()));
    }
    reading_ui(ui, &dataset.reading, state, commands);
    classes_ui(ui, ready);
    bad_files_ui(ui, ready);
    quarantine_ui(ui, state, commands);
    split_ui(ui, ready, state, typing, commands);
}

fn facts_ui(ui: &mut Ui, dataset: &Dataset) {
    let formats: Vec<String> = dataset.formats.iter().map(|(name, n)| format!("{} {name}", words::count(*n))).collect();
    let colour = if dataset.all_gray { "gray" } else { "colour" };
    let size = match (dataset.one_size(), dataset.sizes.len()) {
        (Some((w, h)), _) => tr!("window-one-size", width = w.to_string(), height = h.to_string()),
        (None, n) => tr!("window-sizes", sizes = n),
    };
    ui.label(style::faint(ui, tr!("window-dataset-facts", formats = formats.join(", "), size, colour)));
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
    let title = tr!("window-left-out", files = bad.len());
    egui::CollapsingHeader::new(style::warning(ui, title)).id_salt("bad-files").show(ui, |ui| {
        let height = ui.text_style_height(&egui::TextStyle::Body);
        list_ui(ui, "bad-file-list", bad.len(), height, |ui, i| {
            let file = &bad[i];
            let name = show_name(file.path.file_name().unwrap_or(file.path.as_os_str()));
            let line = tr!("window-bad-file", name, reason = file.reason.to_string());
            ui.add(egui::Label::new(line).truncate()).on_hover_text(format!(
                "{}\n{}",
                file.reason,
                show_path(&file.path)
            ));
        });
    });
}

/// Files that hung once and are left out since.
fn quarantine_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let names = &state.config.data.quarantine;
    if names.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let quarantined = tr!("window-quarantined", files = names.len());
        let label = ui.label(style::warning(ui, quarantined));
        let shown: Vec<&str> = names.iter().take(MAX_NAMES).map(String::as_str).collect();
        label.on_hover_text(tr!("window-quarantined-hint", names = shown.join("\n")));
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            let again = ui.small_button(tr!("window-use-again")).on_hover_text(tr!("window-use-again-hint"));
            if again.on_disabled_hover_text(tr!("window-stop-to-use-again")).clicked() {
                commands.send(UiCommand::set("data.quarantine", ParamValue::List(Vec::new())));
            }
        });
    });
}

fn split_ui(ui: &mut Ui, ready: &ReadyDataset, state: &State, typing: &mut Typing, commands: &mut Commands) {
    match &ready.split {
        Ok([train, val, test]) => {
            let by = if ready.dataset.has_parts { tr!("window-split-given") } else { tr!("window-split-drawn") };
            ui.label(tr!("window-split-parts", train = *train, val = *val, test = *test)).on_hover_text(by);
        }
        Err(error) => {
            ui.label(style::error(ui, error.to_string()));
        }
    }
    egui::CollapsingHeader::new(tr!("window-split-and-limit")).id_salt("split").show(ui, |ui| {
        let split_keys = ["val_frac", "test_frac", "split_seed"];
        // The folder, how it is read and what is quarantined have their places above.
        let shown = |name: &str| match name {
            "dir" | "labels" | "image_column" | "label_column" | "part_column" | "quarantine" => false,
            name => !(ready.dataset.has_parts && split_keys.contains(&name)),
        };
        settings_form::keys_form(ui, state, &["data"], typing, commands, shown, |ui, key| {
            if key.info.name == "limit" && state.config.data.limit == 0 {
                ui.label(style::faint(ui, tr!("window-no-limit")));
            }
        });
    });
}
