//! Where an axis has its ticks and how numbers are written. Plain arithmetic.

use egui_plot::{GridInput, GridMark};

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
pub fn nice_step(least: f64) -> f64 {
    if !(least > 0.0 && least.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].map(|m| m * power).into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// Ticks for egui_plot at nice multiples of `unit`, at least `spacing` points apart, and none between whole units where these
/// are counted; egui_plot's `base_step_size` is `base_points` points wide.
pub(super) fn marks(input: &GridInput, unit: f64, whole: bool, spacing: f64, base_points: f64) -> Vec<GridMark> {
    let (low, high) = (input.bounds.0 / unit, input.bounds.1 / unit);
    let step = nice_step(input.base_step_size / base_points * spacing / unit).max(if whole { 1.0 } else { 0.0 });
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    (0..=(last - first).max(-1.0) as i64)
        .map(|i| GridMark { value: (first + i as f64) * step * unit, step_size: step * unit })
        .collect()
}

/// As [`marks`] for an axis of logarithms to base 10: powers of ten, with 2 and 5 between them where there is room, or every
/// second, fifth power where there is not.
pub(super) fn log_marks(input: &GridInput, unit: f64, spacing: f64, base_points: f64) -> Vec<GridMark> {
    let step = input.base_step_size / base_points * spacing;
    let shift = unit.log10();
    let (low, high) = (input.bounds.0 - shift, input.bounds.1 - shift);
    if !(high - low).is_finite() || high - low > 1000.0 {
        return Vec::new();
    }
    let every = nice_step(step).max(1.0);
    let within = |value: f64| (low..=high).contains(&value);
    let digits: &[f64] = if step < 0.3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (low.floor() as i64..=high.ceil() as i64).filter(|power| (*power as f64).rem_euclid(every) < 0.5);
    let mut found: Vec<f64> =
        powers.flat_map(|power| digits.iter().map(move |d| power as f64 + d.log10())).filter(|v| within(*v)).collect();
    if found.len() < 2 {
        // Less than a decade: ticks of a plain axis, at their logarithms.
        let (from, to) = (10f64.powf(low), 10f64.powf(high));
        let step = nice_step((to - from) * step / (high - low));
        let first = (from / step).ceil();
        let count = ((to / step).floor() - first).clamp(0.0, 100.0) as u32;
        found = (0..=count).map(|i| ((first + f64::from(i)) * step).log10()).filter(|v| within(*v)).collect();
    }
    found.into_iter().map(|value| GridMark { value: value + shift, step_size: step.max(0.3) }).collect()
}

/// A tick's number: as many decimals as its step needs, thousands as `k`, millions as `M` where the axis is long.
pub fn format_tick(value: f64, step: f64, largest: f64) -> String {
    let (scale, suffix) = match largest {
        l if l >= 1e13 => return format!("{value:.2e}"),
        l if l >= 1e10 => (1e9, "G"),
        l if l >= 1e7 => (1e6, "M"),
        l if l >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    if value.abs() < step * 1e-6 {
        return "0".to_owned();
    }
    let decimals = decimals_of(step / scale);
    if decimals > 6 {
        return format!("{value:.1e}");
    }
    format!("{:.decimals$}{suffix}", value / scale)
}

/// Decimals that a tick's number needs where ticks are so far apart.
pub fn decimals_of(step: f64) -> usize {
    // 0.05 needs two decimals, 0.5 one, 2 none; the small nudge is for 0.1 that is a little less than 0.1.
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 17.0) as usize
}

/// A reading for a person: four digits that count, no tail of noughts.
pub fn format_value(value: f64) -> String {
    if !value.is_finite() {
        return "N/A".to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let before = if size < 1.0 { 0 } else { size.log10().floor() as usize + 1 };
    let decimals = if size == 0.0 {
        0
    } else if size < 1.0 {
        (3.0 - size.log10().floor()).clamp(0.0, 7.0) as usize
    } else {
        4usize.saturating_sub(before)
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A figure with the unit of its label, where that has one.
pub(super) fn with_unit(figure: String, label: &str) -> String {
    match unit_of(label) {
        "" => figure,
        unit => format!("{figure} {unit}"),
    }
}

/// What stands behind a figure: `time (min)` gives `min`, `images/s` itself. Brackets that begin with a figure say which values
/// there are, of what has no unit: `share (0 to 1)`.
pub(super) fn unit_of(label: &str) -> &str {
    let unit = in_brackets(label);
    if unit.starts_with(|first: char| first.is_ascii_digit()) { "" } else { unit }
}

/// What stands in the last brackets of a label, or the label: it then stands in brackets itself.
pub(super) fn in_brackets(label: &str) -> &str {
    let inside = |open: char, close: char| {
        let (begin, end) = (label.rfind(open)?, label.rfind(close)?);
        label.get(begin + open.len_utf8()..end)
    };
    inside('(', ')').or_else(|| inside('（', '）')).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn steps_are_nice() {
        for (least, step) in [(0.9, 1.0), (1.0, 1.0), (1.1, 2.0), (2.1, 5.0), (6.0, 10.0), (0.03, 0.05), (230.0, 500.0)]
        {
            assert!((nice_step(least) - step).abs() < 1e-12 * step, "{least}: {}", nice_step(least));
        }
        assert_eq!(nice_step(0.0).to_bits(), 1f64.to_bits());
    }

    #[test]
    fn ticks_are_multiples_of_the_unit_and_inside() {
        // 600 s over 600 points, ticks at least 60 points apart, in minutes.
        let input = GridInput { bounds: (-6.0, 606.0), base_step_size: 8.0 };
        let ticks = marks(&input, 60.0, false, 60.0, 8.0);
        let values: Vec<f64> = ticks.iter().map(|t| t.value).collect();
        assert_eq!(values, (0..=10).map(|i| f64::from(i) * 60.0).collect::<Vec<_>>());
        assert!(marks(&GridInput { bounds: (0.0, 1e300), base_step_size: 1e-300 }, 1.0, false, 1.0, 8.0).is_empty());
        assert!(marks(&GridInput { bounds: (0.2, 0.4), base_step_size: 8.0 }, 1.0, false, 60.0, 8.0).is_empty());
        let workers = GridInput { bounds: (0.0, 2.0), base_step_size: 0.01 };
        let values = |whole| marks(&workers, 1.0, whole, 60.0, 8.0).iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert!(values(false).len() > 3 && values(true) == [0.0, 1.0, 2.0]);
    }

    #[test]
    fn ticks_of_logarithms_are_round_values() {
        let values = |low: f64, high: f64, unit: f64, points: f64| -> Vec<f64> {
            let input = GridInput { bounds: (low, high), base_step_size: (high - low) / points * 8.0 };
            let value = |mark: GridMark| (10f64.powf(mark.value) / unit * 1e6).round() / 1e6;
            log_marks(&input, unit, 30.0, 8.0).into_iter().map(value).collect()
        };
        assert_eq!(values(-2.1, 1.1, 1.0, 200.0), [0.01, 0.1, 1.0, 10.0]);
        assert_eq!(values(-1.1, 1.1, 1.0, 400.0), [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
        assert_eq!(values(9.0, 11.0, 1e9, 150.0), [1.0, 10.0, 100.0]);
        let little = values(0.30, 0.36, 1.0, 200.0);
        assert!(little.len() >= 2 && little.iter().all(|v| (1.99..2.3).contains(v)), "{little:?}");
        assert!(values(-5000.0, 5000.0, 1.0, 100.0).is_empty());
    }

    #[test]
    fn tick_labels() {
        let cases = [
            ((0.5, 0.5, 2.0), "0.5"),
            ((1.0, 0.5, 2.0), "1.0"),
            ((0.0, 0.05, 1.0), "0"),
            ((-1e-17, 0.1, 1.0), "0"),
            ((0.3, 0.1, 1.0), "0.3"),
            ((250.0, 50.0, 900.0), "250"),
            ((2500.0, 500.0, 9000.0), "2500"),
            ((15_000.0, 5000.0, 20_000.0), "15k"),
            ((12_500.0, 500.0, 13_000.0), "12.5k"),
            ((2.0e7, 1.0e7, 5.0e7), "20M"),
            ((2e-8, 1e-8, 1e-7), "2.0e-8"),
        ];
        for ((value, step, largest), text) in cases {
            assert_eq!(format_tick(value, step, largest), text);
        }
    }

    #[test]
    fn readings() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.123_456, "0.1235"),
            (12.345_6, "12.35"),
            (15_234.7, "15235"),
            (f64::NAN, "N/A"),
            (1e-7, "1.000e-7"),
            (99.5, "99.5"),
            (0.05, "0.05"),
        ];
        for (value, text) in cases {
            assert_eq!(format_value(value), text);
        }
    }

    #[test]
    fn units() {
        assert_eq!(unit_of("time (min)"), "min");
        assert_eq!(unit_of("images/s"), "images/s");
        assert_eq!(unit_of("时间（分钟）"), "分钟");
        assert_eq!(unit_of("odd ) ("), "odd ) (");
        assert_eq!(with_unit("0.93".to_owned(), "share (0 to 1)"), "0.93");
        assert_eq!(with_unit("0.93".to_owned(), "占比（0 到 1）"), "0.93");
        assert_eq!(with_unit("35.2".to_owned(), "占每步时间（%）"), "35.2 %");
        assert_eq!(in_brackets("share (0 to 1)"), "0 to 1");
    }

    /// What the axis of values says stands once, and not behind each figure.
    #[test]
    fn pixel_values_have_no_unit() {
        for label in [msg!("page-measure-x"), msg!("page-measure-x-own")] {
            for language in Language::ALL {
                let label = label.render(language);
                assert_eq!(with_unit("1200".to_owned(), &label), "1200", "{label}");
            }
        }
    }
}
