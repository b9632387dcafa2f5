//! A transform's parameters as a form, made from the registry's description of them.

use super::style;
use crate::config::{ParamValue, TransformSpec};
use crate::transform::{ParamInfo, ParamKind, TransformInfo};
use egui::{DragValue, Id, Response, TextEdit, Ui};

/// A text field being typed into: its text is a value only when it is left.
#[derive(Default)]
pub struct Typing {
    field: Option<Id>,
    text: String,
}

/// What became of a value in this frame.
struct Edited {
    value: Option<ParamValue>,
    /// It rests: no drag, no typing under way.
    settled: bool,
}

/// Shows the form; gives the edited transform and whether the edit has come to rest.
pub fn param_form(
    ui: &mut Ui,
    info: &TransformInfo,
    spec: &TransformSpec,
    typing: &mut Typing,
) -> Option<(TransformSpec, bool)> {
    let mut result = None;
    for param in info.params {
        let current = spec.params.get(param.name).cloned().unwrap_or_else(|| param.default_value());
        let hint = format!("{}\n{}; default {}", param.doc, param.kind, ParamInfo::show_text(&param.default_value()));
        let edited = style::row(ui, param.name, &hint, |ui, id| {
            let edited = value_ui(ui, id, param, &current, &hint, typing);
            unit_ui(ui, param, &current);
            edited
        });
        if let Some(value) = edited.value.filter(|v| *v != current) {
            result = Some((spec.clone().with(param.name, value), edited.settled));
        }
    }
    result
}

fn value_ui(
    ui: &mut Ui,
    label: Id,
    param: &ParamInfo,
    current: &ParamValue,
    hint: &str,
    typing: &mut Typing,
) -> Edited {
    match (param.kind, current) {
        (ParamKind::Bool, ParamValue::Bool(on)) => {
            let mut on = *on;
            let response = ui.checkbox(&mut on, "").labelled_by(label).on_hover_text(hint);
            Edited { value: response.changed().then_some(ParamValue::Bool(on)), settled: true }
        }
        (ParamKind::Int { min, max }, ParamValue::Int(n)) => {
            let mut n = *n;
            let drag = DragValue::new(&mut n).range(min..=max).speed(0.1);
            let response = ui.add(drag).labelled_by(label).on_hover_text(hint);
            dragged(&response, ParamValue::Int(n))
        }
        (ParamKind::Float { min, max }, value) if value.as_f64().is_some() => {
            let mut x = value.as_f64().unwrap_or_default();
            // A drag moves a value by its own size: 0.001 and 1000 are equally near at hand.
            let speed = (x.abs() * 0.01).clamp(1e-3, 10.0);
            let drag = DragValue::new(&mut x).range(min..=max).speed(speed).max_decimals(6);
            let response = ui.add(drag).labelled_by(label).on_hover_text(hint);
            dragged(&response, ParamValue::Float(x))
        }
        _ if !param.suggestions().is_empty() => choice_ui(ui, label, param, current, hint),
        _ => text_ui(ui, label, param, current, hint, typing),
    }
}

fn dragged(response: &Response, value: ParamValue) -> Edited {
    let settled = !response.dragged() && !response.has_focus();
    Edited { value: response.changed().then_some(value), settled }
}

fn choice_ui(ui: &mut Ui, label: Id, param: &ParamInfo, current: &ParamValue, hint: &str) -> Edited {
    let shown = ParamInfo::show_text(current);
    let mut chosen = None;
    let salt = (label, param.name);
    let combo = egui::ComboBox::from_id_salt(salt).selected_text(&shown).width(110.0).show_ui(ui, |ui| {
        for text in param.suggestions() {
            if ui.selectable_label(shown == *text, *text).clicked() {
                chosen = param.parse_text(text).ok();
            }
        }
    });
    combo.response.labelled_by(label).on_hover_text(hint);
    Edited { value: chosen, settled: true }
}

/// Lists, pairs and "none or a number" are typed; Enter or leaving the field takes them.
fn text_ui(ui: &mut Ui, label: Id, param: &ParamInfo, current: &ParamValue, hint: &str, typing: &mut Typing) -> Edited {
    let id = label.with("typed");
    let mut text = if typing.field == Some(id) { typing.text.clone() } else { ParamInfo::show_text(current) };
    let parsed = param.parse_text(&text);
    let mut edit = TextEdit::singleline(&mut text).id(id).desired_width(110.0);
    if parsed.is_err() {
        edit = edit.text_color(style::error_colour(ui));
    }
    let field = ui.add(edit).labelled_by(label);
    let field = match &parsed {
        Ok(_) => field.on_hover_text(hint),
        Err(error) => field.on_hover_text(error),
    };
    if field.has_focus() {
        typing.field = Some(id);
        typing.text.clone_from(&text);
        if let Err(error) = &parsed {
            field.show_tooltip_text(error);
        }
    }
    if !field.lost_focus() {
        return Edited { value: None, settled: true };
    }
    typing.field = None;
    // What cannot stand there is dropped; the field shows the old value again.
    Edited { value: param.parse_text(&text).ok(), settled: true }
}

/// The unit, and degrees beside radians.
fn unit_ui(ui: &mut Ui, param: &ParamInfo, current: &ParamValue) {
    if param.unit.is_empty() {
        return;
    }
    let text = match current.as_f64().filter(|_| param.unit == "rad") {
        Some(radians) => format!("rad ({:.1}°)", radians.to_degrees()),
        None => param.unit.to_owned(),
    };
    ui.label(style::faint(ui, text).small());
}
