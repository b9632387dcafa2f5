//! A transform's parameters as a form, made from the registry's description of them.

use super::style;
use crate::config::{ParamValue, TransformSpec};
use crate::transform::{ParamInfo, ParamKind, TransformInfo};
use egui::{DragValue, Response, Ui};

/// What became of a value in this frame.
struct Edited {
    value: Option<ParamValue>,
    /// It rests: no drag, no typing under way.
    settled: bool,
}

/// Shows the form; gives the edited transform and whether the edit has come to rest.
pub fn param_form(ui: &mut Ui, info: &TransformInfo, spec: &TransformSpec) -> Option<(TransformSpec, bool)> {
    let mut result = None;
    for param in info.params {
        let current = spec.params.get(param.name).cloned().unwrap_or_else(|| param.default_value());
        let label = param.name.to_owned();
        let hint = format!("{}\n{}", param.doc, describe(param));
        let edited = style::row(ui, &label, &hint, |ui, id| {
            let edited = value_ui(ui, id, param, &current, &hint);
            if !param.unit.is_empty() {
                ui.label(style::faint(ui, param.unit).small());
            }
            edited
        });
        if let Some(value) = edited.value.filter(|v| *v != current) {
            result = Some((spec.clone().with(param.name, value), edited.settled));
        }
    }
    result
}

/// The kind in words, with its range.
fn describe(param: &ParamInfo) -> String {
    let default = param.default_value();
    let default = match &default {
        ParamValue::Text(text) if text.is_empty() => String::new(),
        value => format!("; default {value}"),
    };
    format!("{}{default}", param.kind)
}

fn value_ui(ui: &mut Ui, label: egui::Id, param: &ParamInfo, current: &ParamValue, hint: &str) -> Edited {
    match param.kind {
        ParamKind::Bool => {
            let mut on = matches!(current, ParamValue::Bool(true));
            let response = ui.checkbox(&mut on, "").labelled_by(label).on_hover_text(hint);
            edited(&response, response.changed().then_some(ParamValue::Bool(on)))
        }
        ParamKind::Int { min, max } => {
            let mut n = match current {
                ParamValue::Int(n) => *n,
                other => other.as_f64().unwrap_or(0.0) as i64,
            };
            let response = ui.add(DragValue::new(&mut n).range(min..=max).speed(0.1)).labelled_by(label);
            edited(&response, response.changed().then_some(ParamValue::Int(n)))
        }
        ParamKind::Float { min, max } => {
            let mut x = current.as_f64().unwrap_or(0.0);
            let response = float_ui(ui, &mut x, min, max).labelled_by(label);
            edited(&response, response.changed().then_some(ParamValue::Float(x)))
        }
        ParamKind::Choice(names) => {
            let mut chosen = match current {
                ParamValue::Text(text) => text.clone(),
                other => other.to_string(),
            };
            let combo = egui::ComboBox::from_id_salt((label, param.name)).selected_text(&chosen).show_ui(ui, |ui| {
                for name in names {
                    ui.selectable_value(&mut chosen, (*name).to_owned(), *name);
                }
            });
            combo.response.labelled_by(label);
            Edited { value: Some(ParamValue::Text(chosen)), settled: true }
        }
    }
}

fn edited(response: &Response, value: Option<ParamValue>) -> Edited {
    Edited { value, settled: !response.dragged() && !response.has_focus() }
}

/// A drag moves a value by its own size: 0.001 and 1000 are equally near at hand.
fn float_ui(ui: &mut Ui, x: &mut f64, min: f64, max: f64) -> Response {
    let speed = (x.abs() * 0.01).clamp(1e-3, 10.0);
    ui.add(DragValue::new(x).range(min..=max).speed(speed).max_decimals(6))
}
