//! A field for a number, dragged or typed. What is typed and cannot stand there is refused and said so, where egui would take the
//! nearest bound.

use super::numbers::{percent_text, read_number, read_percent};
use super::style;
use crate::config::ParamKind;
use crate::language::Message;
use egui::emath::Numeric;
use egui::{DragValue, Response, Ui};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// A field as it was drawn.
pub(crate) struct NumberField {
    pub response: Response,
    /// What was typed in vain, for the row's end.
    pub refused: Option<Message>,
}

/// A field for any number of the range; `shape` has its speed, digits and suffix.
pub(crate) fn number_field<N: Numeric>(
    ui: &mut Ui,
    value: &mut N,
    range: RangeInclusive<N>,
    shape: impl FnOnce(DragValue<'_>) -> DragValue<'_>,
) -> NumberField {
    let (min, max) = (range.start().to_f64(), range.end().to_f64());
    let kind = match N::INTEGRAL {
        true => ParamKind::Int { min: min as i64, max: max as i64 },
        false => ParamKind::Float { min, max },
    };
    field(ui, value, range, read_number, kind.message(), shape)
}

/// A field for a share, in percent.
pub(crate) fn share_field(
    ui: &mut Ui,
    share: &mut f64,
    range: RangeInclusive<f64>,
    shape: impl FnOnce(DragValue<'_>) -> DragValue<'_>,
) -> NumberField {
    let (min, max) = (percent_text(*range.start()), percent_text(*range.end()));
    let bounds = msg!("config-kind-number-between", min, max);
    field(ui, share, range, read_percent, bounds, |drag| shape(drag.custom_formatter(|share, _| percent_text(share))))
}

fn field<N: Numeric>(
    ui: &mut Ui,
    value: &mut N,
    range: RangeInclusive<N>,
    read: fn(&str) -> Option<f64>,
    bounds: Message,
    shape: impl FnOnce(DragValue<'_>) -> DragValue<'_>,
) -> NumberField {
    let (min, max) = (range.start().to_f64(), range.end().to_f64());
    let in_vain = RefCell::new(None::<String>);
    let drag = shape(DragValue::new(value));
    // Digits on the way are no values: 0.1 would be 0 first. So this is asked when the field is left.
    let drag = drag.range(range).update_while_editing(false).custom_parser(|text| {
        let number = read(text).filter(|x| (min..=max).contains(x) && (!N::INTEGRAL || x.fract() == 0.0));
        if number.is_none() {
            *in_vain.borrow_mut() = Some(text.to_owned());
        }
        number
    });
    let response = ui.add(drag);
    let refused = in_vain.into_inner().and_then(|typed| refusal(&typed, bounds));
    let refused = keep_in_sight(ui, &response, refused, value.to_f64().to_string());
    NumberField { response, refused }
}

/// That what was typed cannot stand there, and what can; `None` where all was taken out and nothing put in.
pub(crate) fn refusal(typed: &str, bounds: Message) -> Option<Message> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| msg!("window-value-refused", typed, bounds))
}

/// What is refused of a field now, or was before, until the field is gone back to, shows something else or is not drawn any more.
pub(crate) fn keep_in_sight(ui: &Ui, field: &Response, refused: Option<Message>, shown: String) -> Option<Message> {
    #[derive(Clone)]
    struct Refused {
        words: Message,
        shown: String,
        frame: u64,
    }
    let frame = ui.ctx().cumulative_frame_nr();
    let before = || {
        let before = ui.data(|data| data.get_temp::<Refused>(field.id))?;
        let stands = !field.has_focus() && before.shown == shown && before.frame + 1 >= frame;
        stands.then_some(before.words)
    };
    let words = refused.or_else(before);
    ui.data_mut(|data| match &words {
        Some(words) => {
            data.insert_temp(field.id, Refused { words: words.clone(), shown, frame });
        }
        None => data.remove::<Refused>(field.id),
    });
    words
}

/// Says at a row's end what was refused, so that what stands in the row keeps its place.
pub(crate) fn refused_ui(ui: &mut Ui, refused: Option<&Message>) {
    match refused {
        Some(words) => {
            ui.label(style::error(ui, words.to_string()).small());
        }
        // What follows keeps its id, and with it the keyboard that goes on to it.
        None => ui.skip_ahead_auto_ids(1),
    }
}
