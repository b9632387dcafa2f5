//! A field for a number, dragged or typed. What is typed and cannot stand there is refused and said so, where egui would take the
//! nearest bound.

use super::numbers::{percent_text, read_number, read_percent};
use super::style;
use crate::config::ParamKind;
use crate::language::Message;
use egui::emath::Numeric;
use egui::{Context, DragValue, Id, Key, Response, Ui};
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
    let id = ui.next_auto_id();
    let is_dropped = was_escaped(ui, id);
    let drag = shape(DragValue::new(value));
    // Digits on the way are no values: 0.1 would be 0 first. So this is asked when the field is left.
    let drag = drag.range(range).update_while_editing(false).custom_parser(|text| {
        if is_dropped {
            return None;
        }
        let number = read(text).filter(|x| (min..=max).contains(x) && (!N::INTEGRAL || x.fract() == 0.0));
        if number.is_none() {
            *in_vain.borrow_mut() = Some(text.to_owned());
        }
        number
    });
    let response = ui.add(drag);
    if is_escaped(ui, &response) {
        let pass = ui.ctx().cumulative_pass_nr();
        ui.data_mut(|data| data.insert_temp(id, Escaped(pass)));
    }
    let refused = in_vain.into_inner().and_then(|typed| refusal(&typed, bounds));
    let refused = keep_in_sight(ui, &response, refused, value.to_f64().to_string());
    NumberField { response, refused }
}

/// In which pass a field was left by Escape.
#[derive(Clone, Copy)]
struct Escaped(u64);

/// It is left by Escape, which takes back what was typed.
pub(crate) fn is_escaped(ui: &Ui, field: &Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape))
}

/// It was left so in the pass before, in which egui does not take what was typed; in this one it would.
fn was_escaped(ui: &Ui, id: Id) -> bool {
    let escaped = ui.data(|data| data.get_temp::<Escaped>(id));
    escaped.is_some_and(|Escaped(pass)| pass + 1 == ui.ctx().cumulative_pass_nr())
}

/// That what was typed cannot stand there, and what can; `None` where all was taken out and nothing put in.
pub(crate) fn refusal(typed: &str, bounds: Message) -> Option<Message> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| msg!("window-value-refused", typed, bounds))
}

/// What a click does that left a field comes so soon after what was refused there, in seconds, and takes no word on that away.
const SAME_CLICK_SECS: f64 = 1.0;

/// When settings were last changed, or a run begun.
#[derive(Clone, Copy)]
struct ChangedAt(f64);

/// Settings are changed, or a run begins: what was refused before is over with.
pub(crate) fn forget_refused(ctx: &Context) {
    let now = ctx.input(|input| input.time);
    ctx.data_mut(|data| data.insert_temp(Id::NULL, ChangedAt(now)));
}

/// What is refused of a field now, or was before, until the field is gone back to, shows something else or is not drawn any more, or
/// something else is changed.
pub(crate) fn keep_in_sight(ui: &Ui, field: &Response, refused: Option<Message>, shown: String) -> Option<Message> {
    #[derive(Clone)]
    struct Refused {
        words: Message,
        shown: String,
        frame: u64,
        at: f64,
    }
    let now = ui.input(|input| input.time);
    let frame = ui.ctx().cumulative_frame_nr();
    let before = || {
        let before = ui.data(|data| data.get_temp::<Refused>(field.id))?;
        let changed = ui.data(|data| data.get_temp::<ChangedAt>(Id::NULL));
        let is_over = changed.is_some_and(|ChangedAt(at)| at > before.at + SAME_CLICK_SECS);
        let stands = !field.has_focus() && before.shown == shown && before.frame + 1 >= frame && !is_over;
        stands.then_some((before.words, before.at))
    };
    let words = refused.map(|words| (words, now)).or_else(before);
    ui.data_mut(|data| match &words {
        Some((words, at)) => {
            data.insert_temp(field.id, Refused { words: words.clone(), shown, frame, at: *at });
        }
        None => data.remove::<Refused>(field.id),
    });
    words.map(|(words, _)| words)
}

/// Says at a row's end what was refused, in what room is left there, so that what stands in the row and below it keeps its place.
pub(crate) fn refused_ui(ui: &mut Ui, refused: Option<&Message>) {
    match refused {
        Some(words) => {
            style::lines(ui, style::error(ui, words.to_string()).small(), 1);
        }
        // What follows keeps its id, and with it the keyboard that goes on to it.
        None => ui.skip_ahead_auto_ids(1),
    }
}
