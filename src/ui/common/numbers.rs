//! Numbers in fields: what a field shows reads back as the very same number, as egui writes the text back when the field is left,
//! edited or not.

/// The shortest text that reads back as `x`: `0.001`, `2e-7`.
pub(crate) fn number_text(x: f64) -> String {
    text_of(x, 0)
}

/// A share as `12.5 %`, `1e-5 %`; [`read_percent`] gives the very same share.
pub(crate) fn percent_text(share: f64) -> String {
    format!("{} %", text_of(share, 2))
}

/// A number as it is typed; `None` for what is none.
pub(crate) fn read_number(text: &str) -> Option<f64> {
    plain_number(text).parse().ok()
}

/// Spaces may group digits, a minus may be the sign of that name, and Chinese input methods give wide signs.
fn plain_number(text: &str) -> String {
    narrow(text).chars().filter(|c| !c.is_whitespace()).map(|c| if c == '−' { '-' } else { c }).collect()
}

/// Wide signs as the ASCII ones that they stand for: `０．５` as `0.5`.
pub(crate) fn narrow(text: &str) -> String {
    const TO_WIDE: u32 = '！' as u32 - '!' as u32;
    let one = |c| match c {
        '！'..='～' => char::from_u32(u32::from(c) - TO_WIDE).unwrap_or(c),
        _ => c,
    };
    text.chars().map(one).collect()
}

/// A share from `12.5 %` or `12.5`; `None` for what is no number.
pub(crate) fn read_percent(text: &str) -> Option<f64> {
    let text = plain_number(text);
    let number = text.trim_end_matches('%');
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(2)?;
    format!("{digits}e{exponent}").parse().ok()
}

/// `x` times ten to the power of `by`. The point moves in the text: multiplying would round.
fn text_of(x: f64, by: i32) -> String {
    let scientific = format!("{x:e}");
    let Some((digits, exponent)) = scientific.split_once('e').filter(|_| x != 0.0 && x.is_finite()) else {
        return x.to_string();
    };
    let exponent = exponent.parse::<i32>().unwrap_or_default() + by;
    if !(-3..15).contains(&exponent) {
        return format!("{digits}e{exponent}");
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = digits.replace('.', "");
    match usize::try_from(exponent + 1) {
        Ok(before) if before >= digits.len() => format!("{sign}{digits}{}", "0".repeat(before - digits.len())),
        Ok(before) if before > 0 => format!("{sign}{}.{}", &digits[..before], &digits[before..]),
        _ => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (x, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.001, "0.001"),
            (0.0123, "0.0123"),
            (2e-7, "2e-7"),
            (-12.5, "-12.5"),
            (120.0, "120"),
            (1e20, "1e20"),
        ] {
            assert_eq!(number_text(x), text);
        }
        for (share, text) in [(0.0, "0 %"), (0.5, "50 %"), (0.125, "12.5 %"), (1.0, "100 %"), (1e-7, "1e-5 %")] {
            assert_eq!(percent_text(share), text);
        }
        assert_eq!(read_percent("35.2"), Some(0.352));
        assert_eq!(read_number(" −1 024 "), Some(-1024.0));
        assert_eq!(read_number("1,024"), None);
        assert_eq!(read_percent(" 1e-5 ％"), Some(1e-7));
        assert_eq!(read_number("－１２．５ｅ＋１"), Some(-125.0));
        assert_eq!(narrow("［０．１， 0.2］"), "[0.1, 0.2]");
        assert!(["", "%", "a few", "1e", "1e99999999999"].into_iter().all(|text| read_percent(text).is_none()));
    }

    #[test]
    fn what_a_field_shows_is_what_it_holds() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        let any = std::iter::repeat_with(|| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(bits)
        });
        let shares = (0..=1000).map(|n| f64::from(n) / 1000.0);
        let edges = [1e-12, 1e-7, 0.1 + 0.2, 1.0 / 3.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, -0.07];
        for x in edges.into_iter().chain(shares).chain(any.filter(|x| x.is_finite()).take(10_000)) {
            assert_eq!(number_text(x).parse::<f64>(), Ok(x));
            assert_eq!(read_percent(&percent_text(x)), Some(x), "{}", percent_text(x));
        }
    }
}
