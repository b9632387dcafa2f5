//! The Doctor page: what is wrong with this machine for training and what to do, with the facts behind it.

mod facts;
pub mod state;
mod text;

pub use text::doctor_text;

use crate::protocol::doctor::{DoctorReport, Finding};
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Frame, Grid, Label, Layout, ProgressBar, RichText, ScrollArea, TextStyle, Ui, WidgetText, vec2};
use facts::severity;

impl Page {
    pub const DOCTOR: Self = Self::new("doctor");
}

/// Widths in points: of a fact's name, and of a device's.
const NAME_WIDTH: f32 = 150.0;
const DEVICE_WIDTH: f32 = 260.0;

pub fn doctor_page(ui: &mut Ui, state: &State, commands: &mut Commands) {
    buttons(ui, state, commands);
    ui.add_space(4.0);
    ScrollArea::vertical().id_salt("doctor").auto_shrink([false, false]).show(ui, |ui| {
        match state.doctor.report.as_deref() {
            Some(report) => report_ui(ui, report),
            None if state.doctor.busy.is_none() => {
                ui.add_space(8.0);
                ui.label(tr!("page-doctor-about"));
            }
            None => {}
        }
    });
}

fn buttons(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        if let Some(progress) = &state.doctor.busy {
            if style::pressed(&ui.button(tr!("page-doctor-cancel"))) {
                commands.send(UiCommand::CancelExamination);
            }
            let frac = progress.done as f32 / progress.total.max(1) as f32;
            ui.add(ProgressBar::new(frac).desired_width(160.0));
            ui.label(progress.what.to_string());
            return;
        }
        let again = if state.doctor.report.is_some() { tr!("page-doctor-again") } else { tr!("page-doctor-examine") };
        let button = ui.add(style::primary_button(ui, &again));
        if style::pressed(&button.on_hover_text(tr!("page-doctor-examine-hint"))) {
            commands.send(UiCommand::ExamineMachine);
        }
        if let Some(report) = &state.doctor.report
            && ui.button(tr!("page-doctor-copy")).on_hover_text(tr!("page-doctor-copy-hint")).clicked()
        {
            ui.ctx().copy_text(doctor_text(report));
        }
        if state.run.live.is_active() {
            ui.label(style::faint(ui, tr!("page-doctor-run-active")));
        } else if state.dataset.dir().is_none() {
            ui.label(style::faint(ui, tr!("page-doctor-no-dataset")));
        }
    });
}

fn report_ui(ui: &mut Ui, report: &DoctorReport) {
    if report.findings.is_empty() {
        let words = match report.measured {
            true => tr!("page-doctor-all-well"),
            false => tr!("page-doctor-all-well-unmeasured"),
        };
        ui.label(RichText::new(words).size(16.0).color(style::good_colour(ui)));
    }
    for finding in &report.findings {
        finding_ui(ui, finding);
    }
    ui.add_space(8.0);
    ui.label(RichText::new(tr!("page-doctor-devices")).strong());
    devices_ui(ui, report);
    for section in facts::sections(report) {
        ui.add_space(8.0);
        ui.label(RichText::new(&section.title).strong());
        for (name, value) in &section.rows {
            // No grid: values are long, and are to break within what is left of the width.
            ui.horizontal_top(|ui| {
                let name = style::faint(ui, name.as_str());
                cell(ui, NAME_WIDTH, name);
                ui.add(Label::new(value).wrap());
            });
        }
    }
}

/// A label of that width, cut where it is longer.
fn cell(ui: &mut Ui, width: f32, text: impl Into<WidgetText>) {
    let height = ui.text_style_height(&TextStyle::Body);
    ui.allocate_ui_with_layout(vec2(width, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(width);
        ui.add(Label::new(text).truncate());
    });
}

fn finding_ui(ui: &mut Ui, finding: &Finding) {
    let (name, colour) = severity(finding.severity);
    let colour = colour(ui);
    Frame::group(ui.style()).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(name).strong().color(colour));
            ui.label(RichText::new(finding.what.to_string()).strong());
        });
        ui.label(finding.why.to_string());
        ui.label(tr!("page-doctor-what-to-do", advice = finding.what_to_do.to_string()));
    });
}

fn devices_ui(ui: &mut Ui, report: &DoctorReport) {
    ScrollArea::horizontal().id_salt("doctor-devices").show(ui, |ui| {
        Grid::new("doctor-devices").striped(true).spacing([16.0, 3.0]).show(ui, |ui| {
            for column in facts::DEVICE_COLUMNS {
                ui.label(style::faint(ui, facts::column_name(column))).on_hover_text(facts::column_hint(column));
            }
            ui.end_row();
            for row in facts::devices(report) {
                for (column, text) in facts::DEVICE_COLUMNS.iter().zip(row) {
                    if *column == "device" {
                        cell(ui, DEVICE_WIDTH, text);
                    } else {
                        ui.label(text);
                    }
                }
                ui.end_row();
            }
        });
    });
}
