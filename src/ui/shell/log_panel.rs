//! Warnings and notes of the run, at the foot of the window.

use crate::client::LogEntry;
use crate::ui::common::style;
use crate::ui::state::State;
use egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Ui, pos2};

pub fn log_panel(ui: &mut Ui, state: &State) {
    let log = &state.run.log;
    let warnings = log.iter().filter(|e| e.warning).count();
    let title = tr!("window-log", entries = log.len(), warnings);
    let title = if warnings > 0 { style::warning(ui, title) } else { RichText::new(title) };
    let header = egui::CollapsingHeader::new(title).id_salt("log").show_unindented(ui, |ui| {
        if log.is_empty() {
            ui.label(style::faint(ui, tr!("window-log-empty")));
        }
        ScrollArea::vertical()
            .id_salt("log-lines")
            .max_height(150.0)
            .auto_shrink([false, true])
            .stick_to_bottom(true)
            .show(ui, |ui| log.iter().for_each(|entry| entry_ui(ui, entry)));
    });
    let title = style::with_author_id(header.header_response.clone(), "log").rect;
    // The newest line shows beside the title while the log is closed: it also answers what was just done, as saving a chain.
    if header.fully_closed()
        && let Some(last) = log.back()
    {
        let left = title.right() + ui.spacing().item_spacing.x;
        let right = ui.max_rect().right().max(left);
        let beside = Rect::from_min_max(pos2(left, title.top()), pos2(right, title.bottom()));
        ui.place(beside, |ui: &mut Ui| {
            let layout = Layout::left_to_right(Align::Center);
            ui.with_layout(layout, |ui| ui.add(Label::new(entry_text(ui, last).small()).truncate())).inner
        });
    }
}

fn entry_text(ui: &Ui, entry: &LogEntry) -> RichText {
    let text = RichText::new(line(entry));
    if entry.warning { text.color(style::warning_colour(ui)) } else { text }
}

fn line(entry: &LogEntry) -> String {
    let time = entry.secs.map_or_else(String::new, |secs| {
        let whole = secs.max(0.0) as u64;
        format!("{:>3}:{:02}", whole / 60, whole % 60)
    });
    format!("{time:>6}  {}", entry.message.to_string().replace(['\n', '\r'], " "))
}

fn entry_ui(ui: &mut Ui, entry: &LogEntry) {
    ui.add(egui::Label::new(entry_text(ui, entry)).wrap());
}
