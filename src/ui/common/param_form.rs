//! Controls for values, made from the one description of parameters: of a transform's parameters as of the settings.

use super::number_field::{NumberField, is_escaped, keep_in_sight, number_field, refusal, refused_ui, share_field};
use super::numbers::{narrow, number_text};
use super::style;
use crate::config::{ParamInfo, ParamKind, ParamValue, Suggestion, TransformSpec};
use crate::language::Message;
use crate::transform::TransformInfo;
use egui::{Id, Response, TextEdit, Ui};

/// Up to so many choices stand side by side; more are in a list.
const MOST_SIDE_BY_SIDE: usize = 3;

/// A text field being typed into: its text is a value only when it is left.
#[derive(Default)]
pub struct Typing {
    field: Option<Id>,
    text: String,
}

/// What became of a value in this frame.
pub struct Edited {
    pub value: Option<ParamValue>,
    /// It rests: no drag, no typing under way.
    pub settled: bool,
    /// What was typed and cannot stand there, for the row's end.
    pub refused: Option<Message>,
}

impl Edited {
    fn settled(value: Option<ParamValue>) -> Self {
        Self { value, settled: true, refused: None }
    }
}

/// What a control is for.
pub struct Control<'a> {
    pub info: &'a ParamInfo,
    pub current: &'a ParamValue,
    /// The label that names it.
    pub label: Id,
    /// Text beside a box to tick; empty where the label says it.
    pub text: &'a str,
    pub hint: &'a str,
    /// What finds it again, whatever it is called: the accessible author id.
    pub author_id: &'a str,
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
        let hint = hint(param);
        let author_id = format!("{}.{}", spec.name, param.name);
        let edited = style::row(ui, &param.title(), &hint, |ui, label| {
            let control =
                Control { info: param, current: &current, label, text: "", hint: &hint, author_id: &author_id };
            let edited = value_ui(ui, &control, typing);
            unit_ui(ui, param, &current);
            refused_ui(ui, edited.refused.as_ref());
            edited
        });
        if let Some(value) = edited.value.filter(|v| *v != current) {
            result = Some((spec.clone().with(param.name, value), edited.settled));
        }
    }
    result
}

/// Meaning, what may stand there, and the default.
pub fn hint(info: &ParamInfo) -> String {
    let default = ParamInfo::show_text(&info.default_value());
    if says_itself(info.kind) {
        let default = if default.is_empty() { tr!("window-no-value") } else { default };
        return plain(&tr!("window-hint-with-default", meaning = info.meaning(), default));
    }
    plain(&tr!("config-hint", meaning = info.meaning(), kind = info.kind.message(), default))
}

/// Meaning, range and unit in a line; without what the control shows by itself.
pub fn meaning(info: &ParamInfo) -> String {
    plain(&if says_itself(info.kind) { info.meaning().into_owned() } else { info.describe().to_string() })
}

/// What may stand there is seen: a box, choices by name, or any text.
fn says_itself(kind: ParamKind) -> bool {
    matches!(kind, ParamKind::Bool | ParamKind::Text | ParamKind::Choice(_) | ParamKind::OneOf(_))
}

/// Without the signs that set names apart where texts are read in a terminal.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// The control for a value, whatever its kind.
pub fn value_ui(ui: &mut Ui, control: &Control<'_>, typing: &mut Typing) -> Edited {
    let info = control.info;
    match (info.kind, control.current) {
        (ParamKind::Bool, ParamValue::Bool(on)) => {
            let mut on = *on;
            let response = ui.checkbox(&mut on, control.text);
            let response = if control.text.is_empty() { response.labelled_by(control.label) } else { response };
            let changed = finish(response, control).changed();
            Edited::settled(changed.then_some(ParamValue::Bool(on)))
        }
        (ParamKind::Int { min, max }, ParamValue::Int(n)) => {
            let chosen = presets_ui(ui, control);
            let mut n = *n;
            // A drag moves a large number faster.
            let speed = (n.unsigned_abs() as f64 * 0.02).clamp(0.05, 1e6);
            let field = number_field(ui, &mut n, min..=max, |drag| drag.speed(speed));
            let edited = dragged(field, control, ParamValue::Int(n));
            if chosen.is_some() { Edited::settled(chosen) } else { edited }
        }
        (ParamKind::Float { min, max }, value) if value.as_f64().is_some() => {
            let mut x = value.as_f64().unwrap_or_default();
            let field = float_field(ui, &mut x, info, min, max);
            dragged(field, control, ParamValue::Float(x))
        }
        (ParamKind::OneOf(_) | ParamKind::Whole(_), _) if info.suggestions().len() <= MOST_SIDE_BY_SIDE => {
            Edited::settled(side_by_side_ui(ui, control, &info.suggestions()))
        }
        _ if !info.suggestions().is_empty() => choice_ui(ui, control),
        _ => text_ui(ui, control, typing),
    }
}

fn float_field(ui: &mut Ui, x: &mut f64, info: &ParamInfo, min: f64, max: f64) -> NumberField {
    if info.name.ends_with("_frac") {
        return share_field(ui, x, min..=max, |drag| drag.speed(0.005));
    }
    // A drag moves a value by its own size: 0.001 and 1000 are equally near at hand.
    let of_its_size = x.abs() * 0.01;
    let (speed, decimals) = match min > 0.0 {
        // Of any magnitude, as a learning rate is.
        true => (of_its_size * 2.0, 12),
        false => (of_its_size.clamp(1e-3, 10.0), 6),
    };
    number_field(ui, x, min..=max, |drag| {
        drag.custom_formatter(|x, _| number_text(x)).speed(speed).max_decimals(decimals)
    })
}

/// Hints, and the id by which it is found.
fn finish(response: Response, control: &Control<'_>) -> Response {
    style::with_author_id(response.on_hover_text(control.hint), control.author_id)
}

fn dragged(field: NumberField, control: &Control<'_>, value: ParamValue) -> Edited {
    let response = finish(field.response.labelled_by(control.label), control);
    let settled = !response.dragged() && !response.has_focus();
    Edited { value: response.changed().then_some(value), settled, refused: field.refused }
}

/// The named values of a number, before the number itself.
fn presets_ui(ui: &mut Ui, control: &Control<'_>) -> Option<ParamValue> {
    let presets = control.info.suggestions();
    if presets.is_empty() { None } else { side_by_side_ui(ui, control, &presets) }
}

fn side_by_side_ui(ui: &mut Ui, control: &Control<'_>, choices: &[Suggestion]) -> Option<ParamValue> {
    let current = ParamInfo::show_text(control.current);
    let mut chosen = None;
    for choice in choices {
        let label = ui.selectable_label(current == choice.text, &choice.title);
        let label = label.on_hover_text(if choice.doc.is_empty() { control.hint } else { &choice.doc });
        let label = style::named(label, &format!("{} {}", control.info.title(), choice.title));
        if style::with_author_id(label, &format!("{}={}", control.author_id, choice.text)).clicked() {
            chosen = control.info.parse_text(&choice.text).ok();
        }
    }
    chosen
}

fn choice_ui(ui: &mut Ui, control: &Control<'_>) -> Edited {
    let shown = ParamInfo::show_text(control.current);
    let choices = control.info.suggestions();
    let title = choices.iter().find(|choice| choice.text == shown).map_or(shown.as_str(), |choice| &choice.title);
    let mut chosen = None;
    let salt = (control.label, control.info.name);
    let combo = egui::ComboBox::from_id_salt(salt).selected_text(title).width(110.0).show_ui(ui, |ui| {
        for choice in &choices {
            let label = ui.selectable_label(shown == choice.text, &choice.title);
            let label = if choice.doc.is_empty() { label } else { label.on_hover_text(&*choice.doc) };
            if style::with_author_id(label, &format!("{}={}", control.author_id, choice.text)).clicked() {
                chosen = control.info.parse_text(&choice.text).ok();
            }
        }
    });
    finish(combo.response.labelled_by(control.label), control);
    Edited::settled(chosen)
}

/// Lists, pairs and "none or a number" are typed; Enter or leaving the field takes them, Escape does not.
fn text_ui(ui: &mut Ui, control: &Control<'_>, typing: &mut Typing) -> Edited {
    let info = control.info;
    let id = control.label.with("typed");
    let mut text = if typing.field == Some(id) { typing.text.clone() } else { ParamInfo::show_text(control.current) };
    let is_text = matches!(info.kind, ParamKind::Text | ParamKind::Texts);
    // A path keeps its letters as they are.
    let parse = |text: &str| if is_text { info.parse_text(text) } else { info.parse_text(&narrow(text)) };
    let parsed = parse(&text);
    // Paths and lists want room; what stands behind the field is to stay beside it.
    let width: f32 = if is_text { 300.0 } else { 110.0 };
    let width = width.min(ui.available_size_before_wrap().x - 70.0).max(110.0);
    let mut edit = TextEdit::singleline(&mut text).id(id).desired_width(width);
    if parsed.is_err() {
        edit = edit.text_color(style::error_colour(ui));
    }
    let field = style::with_author_id(ui.add(edit).labelled_by(control.label), control.author_id);
    let field = match &parsed {
        Ok(_) => field.on_hover_text(control.hint),
        Err(error) => field.on_hover_text(error.to_string()),
    };
    if field.has_focus() {
        typing.field = Some(id);
        typing.text.clone_from(&text);
        if let Err(error) = &parsed {
            field.show_tooltip_text(error.to_string());
        }
    }
    let read = (field.lost_focus() && !is_escaped(ui, &field)).then(|| parse(&text));
    if field.lost_focus() {
        typing.field = None;
    }
    // What cannot stand there is dropped; the field shows the old value again.
    let refused = matches!(read, Some(Err(_))).then(|| refusal(&text, info.kind.message())).flatten();
    let refused = keep_in_sight(ui, &field, refused, ParamInfo::show_text(control.current));
    Edited { value: read.and_then(Result::ok), settled: true, refused }
}

/// The unit, and degrees beside radians.
pub fn unit_ui(ui: &mut Ui, info: &ParamInfo, current: &ParamValue) {
    if info.unit.is_empty() {
        return;
    }
    let text = match current.as_f64().filter(|_| info.unit == "rad") {
        Some(radians) => format!("rad ({:.1}°)", radians.to_degrees()),
        None => info.unit_words().to_string(),
    };
    ui.label(style::faint(ui, text).small());
}
