//! Where a dataset's classes are from: the choice between folders and tables, and a table's columns.

use crate::config::{DataConfig, ParamValue};
use crate::console::one_line;
use crate::data::{Reading, TablePreview};
use crate::ui::common::style;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{ComboBox, Grid, RichText, ScrollArea, Ui};

/// Columns that are shown; a table may have a thousand.
const COLUMNS_SHOWN: usize = 12;

/// What `data.labels` could be, and the table that is used with the columns that it has. Nothing where there is no choice.
pub(super) fn reading_ui(ui: &mut Ui, reading: &Reading, state: &State, commands: &mut Commands) {
    let data = &state.config.data;
    let is_auto = matches!(data.labels.as_str(), "auto" | "");
    if reading.choices.len() < 2 && reading.table.is_none() && is_auto {
        return;
    }
    ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
        style::row(ui, &tr!("window-classes-from"), &tr!("window-classes-from-hint"), |ui, id| {
            let auto = match reading.taken.as_str() {
                taken if taken.is_empty() || !is_auto => tr!("window-automatic"),
                taken => tr!("window-automatic-as", choice = words(taken)),
            };
            let shown = if is_auto { auto.clone() } else { words(&data.labels) };
            let combo = ComboBox::from_id_salt("classes-from").selected_text(shown).truncate().show_ui(ui, |ui| {
                let mut choose = |ui: &mut Ui, text: String, value: &str, chosen: bool| {
                    if ui.selectable_label(chosen, text).clicked() && !chosen {
                        commands.send(set("data.labels", value));
                    }
                };
                choose(ui, auto, "auto", is_auto);
                for choice in &reading.choices {
                    choose(ui, words(choice), choice, *choice == data.labels);
                }
            });
            combo.response.labelled_by(id);
        });
        if let Some(table) = &reading.table {
            table_ui(ui, table, data, commands);
        }
    })
    .response
    .on_disabled_hover_text(tr!("window-stop-to-read-otherwise"));
}

fn set(key: &str, value: &str) -> UiCommand {
    UiCommand::Set { key: key.to_owned(), value: ParamValue::Text(value.to_owned()), settled: true }
}

fn words(choice: &str) -> String {
    match choice {
        "folders" => tr!("window-top-folders"),
        "subfolders" => tr!("window-inner-folders"),
        table => tr!("window-table", name = one_line(table)),
    }
}

fn table_ui(ui: &mut Ui, table: &TablePreview, data: &DataConfig, commands: &mut Commands) {
    const PART: &str = "data.part_column";
    let image = (tr!("window-images-in"), tr!("window-images-in-hint"));
    let label = (tr!("window-labels-in"), tr!("window-labels-in-hint"));
    let part = (tr!("window-parts-in"), tr!("window-parts-in-hint"));
    for (key, (label, hint), chosen, found) in [
        ("data.image_column", image, &data.image_column, table.image),
        ("data.label_column", label, &data.label_column, table.label),
        (PART, part, &data.part_column, table.part),
    ] {
        style::row(ui, &label, &hint, |ui, id| {
            let name = |i: usize| table.columns.get(i).map(|name| one_line(name)).unwrap_or_default();
            let guessed = match found {
                Some(i) if chosen.is_empty() => tr!("window-automatic-as", choice = name(i)),
                _ => tr!("window-automatic"),
            };
            let shown = match chosen.as_str() {
                "" => guessed.clone(),
                "none" => tr!("window-no-column"),
                named => one_line(named),
            };
            let combo = ComboBox::from_id_salt(key).selected_text(shown).truncate().show_ui(ui, |ui| {
                let mut choose = |ui: &mut Ui, text: String, value: &str| {
                    if ui.selectable_label(value == chosen, text).clicked() && value != chosen {
                        commands.send(set(key, value));
                    }
                };
                choose(ui, guessed, "");
                if key == PART {
                    choose(ui, tr!("window-no-column"), "none");
                }
                for (i, name) in table.columns.iter().enumerate() {
                    // A name that comes twice, or that means something else here, is told by its number.
                    let is_plain = name != "none" && table.columns.iter().filter(|other| *other == name).count() == 1;
                    let value = if is_plain { name.clone() } else { (i + 1).to_string() };
                    choose(ui, one_line(name), &value);
                }
            });
            combo.response.labelled_by(id);
        });
    }
    if table.rows.is_empty() {
        return;
    }
    let title = tr!("window-first-rows", table = one_line(&table.name));
    egui::CollapsingHeader::new(title).id_salt("table").show(ui, |ui| {
        ScrollArea::horizontal().id_salt("table-rows").show(ui, |ui| {
            Grid::new("first-rows").striped(true).show(ui, |ui| {
                for name in table.columns.iter().take(COLUMNS_SHOWN) {
                    ui.label(RichText::new(short(name)).strong());
                }
                ui.end_row();
                for row in &table.rows {
                    for cell in row.iter().take(COLUMNS_SHOWN) {
                        ui.label(short(cell));
                    }
                    ui.end_row();
                }
            });
        });
        if table.columns.len() > COLUMNS_SHOWN {
            ui.label(style::faint(ui, tr!("window-more-columns", columns = table.columns.len() - COLUMNS_SHOWN)));
        }
    });
}

/// A cell may hold a whole report.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    let text = one_line(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
