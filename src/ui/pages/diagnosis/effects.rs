//! Cards of what changes by hand did to the speed: before and after, the difference with its interval, or how long it takes.

use crate::diagnose::ChangeWatch;
use crate::language::Arg;
use crate::protocol::{ChangeEffect, Decision};
use crate::ui::common::{style, words};
use crate::ui::state::State;
use egui::{Color32, Frame, RichText, Ui};

/// Cards shown; older ones are in the log.
const SHOWN: usize = 4;

/// The newest change first.
pub fn effects_ui(ui: &mut Ui, state: &State) {
    if state.run.findings.effects.is_empty() {
        return;
    }
    ui.add_space(8.0);
    ui.label(RichText::new(tr!("page-effects")).strong()).on_hover_text(hint());
    for effect in state.run.findings.effects.iter().take(SHOWN) {
        let doubtful = is_doubtful(effect);
        Frame::group(ui.style()).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(effect.label.to_string()).strong());
                ui.label(RichText::new(outcome(effect)).color(colour(ui, effect, doubtful)));
                if let Some(words) = against_prediction(effect) {
                    ui.label(style::faint(ui, words));
                }
                if doubtful {
                    ui.label(style::faint(ui, tr!("page-effect-doubtful")));
                }
            });
            if !effect.with_next {
                ui.label(style::faint(ui, rates(effect)).small());
            }
        });
    }
}

/// What is compared, and how much of it is waited for.
fn hint() -> String {
    tr!("page-effects-hint", steps = ChangeWatch::fewest_steps())
}

fn colour(ui: &Ui, effect: &ChangeEffect, doubtful: bool) -> Color32 {
    match (effect.decision, effect.effect_frac) {
        _ if doubtful => style::faint_colour(ui),
        (Decision::Effect, Some(frac)) if frac > 0.0 => style::good_colour(ui),
        (Decision::Effect, _) => style::warning_colour(ui),
        _ => style::faint_colour(ui),
    }
}

/// `+63 % (58 to 68 %)`.
pub(crate) fn percent(frac: f64, low: Option<f64>, high: Option<f64>) -> String {
    let digits = |v: f64| if v.abs() < 0.0995 { 1 } else { 0 };
    let signed = |v: f64| format!("{:+.*}", digits(frac), 100.0 * v);
    match (low, high) {
        (Some(low), Some(high)) => {
            tr!("page-percent-from-to", percent = signed(frac), low = signed(low), high = signed(high))
        }
        _ => tr!("page-percent", percent = signed(frac)),
    }
}

/// What it did, as far as that is known.
pub(crate) fn outcome(effect: &ChangeEffect) -> String {
    if effect.with_next {
        return tr!("page-effect-with-next");
    }
    let measured = effect.effect_frac.map(|frac| percent(frac, effect.low, effect.high));
    match (effect.decision, measured) {
        (Decision::Effect, Some(measured)) => tr!("page-effect", measured),
        (Decision::Nothing, _) => tr!("page-effect-none"),
        (Decision::Measuring, measured) => {
            let left = effect.remaining_secs.map(Arg::duration);
            match (measured, left) {
                (Some(measured), Some(left)) => tr!("page-effect-so-far-left", measured, left),
                (Some(measured), None) => tr!("page-effect-so-far", measured),
                (None, Some(left)) => tr!("page-effect-measuring-left", left),
                (None, None) => tr!("page-effect-measuring"),
            }
        }
        (_, Some(measured)) => tr!("page-effect-open", measured),
        (_, None) => tr!("page-effect-too-few", steps = ChangeWatch::fewest_steps()),
    }
}

fn rates(effect: &ChangeEffect) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "N/A".to_owned(), words::rate);
    let (before, after) = (rate(effect.before_images_per_sec), rate(effect.after_images_per_sec));
    tr!("page-effect-rates", before, after, blocks = effect.blocks)
}

/// Other programs may have done it: they came or went meanwhile, or it is not what was predicted.
pub(crate) fn is_doubtful(effect: &ChangeEffect) -> bool {
    effect.decision == Decision::Effect && (effect.others_moved || is_as_predicted(effect) == Some(false))
}

/// The estimate lies in the band; `None` where nothing had been predicted.
fn is_as_predicted(effect: &ChangeEffect) -> Option<bool> {
    let predicted = effect.predicted?;
    Some((predicted.low..=predicted.high).contains(&effect.effect_frac?))
}

/// Whether what had been predicted came; `None` where nothing had, or it cannot be said yet.
fn against_prediction(effect: &ChangeEffect) -> Option<String> {
    let predicted = effect.predicted?;
    let said = percent(predicted.effect_frac, Some(predicted.low), Some(predicted.high));
    let decided = matches!(effect.decision, Decision::Effect | Decision::Nothing);
    Some(match (effect.low.filter(|_| decided), effect.high) {
        (Some(low), _) if low > predicted.high => tr!("page-effect-more", said),
        (Some(_), Some(high)) if high < predicted.low => tr!("page-effect-less", said),
        (Some(_), Some(_)) if is_as_predicted(effect) == Some(true) => tr!("page-effect-as", said),
        _ => tr!("page-effect-predicted", said),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Gain;

    fn effect(decision: Decision, interval: Option<(f64, f64)>) -> ChangeEffect {
        ChangeEffect {
            config_version: 1,
            label: "RandRotate off".into(),
            before_images_per_sec: Some(100.0),
            after_images_per_sec: Some(160.0),
            effect_frac: interval.map(|(low, high)| 0.5 * (low + high)),
            low: interval.map(|i| i.0),
            high: interval.map(|i| i.1),
            blocks: 8,
            predicted: Some(Gain { effect_frac: 0.6, low: 0.5, high: 0.7 }),
            decision,
            with_next: false,
            others_moved: false,
            remaining_secs: (decision == Decision::Measuring).then_some(12.0),
        }
    }

    #[test]
    fn a_card_says_what_came_and_whether_it_was_foretold() {
        let came = effect(Decision::Effect, Some((0.58, 0.68)));
        assert_eq!(outcome(&came), "+63 % (+58 to +68 %) images/s");
        assert_eq!(against_prediction(&came).unwrap(), "as predicted: +60 % (+50 to +70 %)");
        let less = effect(Decision::Effect, Some((0.1, 0.2)));
        assert!(against_prediction(&less).unwrap().starts_with("less than predicted"));
        let early = effect(Decision::Measuring, None);
        assert_eq!(outcome(&early), "still measuring, about 12 s");
        assert!(against_prediction(&early).unwrap().starts_with("predicted: "));
        let unknown = ChangeEffect { before_images_per_sec: None, ..effect(Decision::Undecided, None) };
        assert!(outcome(&unknown).contains("too few steps, as it takes 28 before the change"), "{}", outcome(&unknown));
        assert!(rates(&unknown).contains("N/A"), "{}", rates(&unknown));
        let with_next = ChangeEffect { with_next: true, ..effect(Decision::Undecided, None) };
        assert_eq!(outcome(&with_next), "measured together with the next change");
    }

    /// Of few blocks the interval reaches into the band whatever was measured.
    #[test]
    fn what_is_beside_the_band_or_came_with_other_programs_is_doubtful() {
        let came = effect(Decision::Effect, Some((0.58, 0.68)));
        assert!(!is_doubtful(&came) && is_doubtful(&ChangeEffect { others_moved: true, ..came }));
        let wide = ChangeEffect {
            predicted: Some(Gain { effect_frac: 0.02, low: -0.1, high: 0.15 }),
            ..effect(Decision::Effect, Some((0.09, 1.73)))
        };
        assert!(is_doubtful(&wide));
        assert_eq!(against_prediction(&wide).unwrap(), "predicted: +2.0 % (-10.0 to +15.0 %)");
        assert!(!is_doubtful(&ChangeEffect { predicted: None, ..wide }));
        let nothing = effect(Decision::Nothing, Some((-0.01, 0.01)));
        assert!(!is_doubtful(&ChangeEffect { others_moved: true, ..nothing }));
    }

    #[test]
    fn small_shares_have_a_digit_more() {
        assert_eq!(percent(0.012, Some(0.008), Some(0.016)), "+1.2 % (+0.8 to +1.6 %)");
        assert_eq!(percent(-0.25, None, None), "-25 %");
    }
}
