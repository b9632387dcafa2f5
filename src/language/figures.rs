//! Figures with their units, as a person reads them.

use super::languages::{Language, current};

/// 58954 as `58,954`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds as `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 days`, in the current language.
pub fn duration(secs: f64) -> String {
    duration_in(current(), secs)
}

pub(super) fn duration_in(language: Language, secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "N/A".to_owned();
    }
    let whole = secs.round() as u64;
    let [s, min, h, days] = match language {
        Language::English => ["s", "min", "h", "days"],
        Language::SimplifiedChinese => ["秒", "分", "小时", "天"],
    };
    match whole {
        _ if secs < 9.95 => format!("{secs:.1} {s}"),
        0..60 => format!("{whole} {s}"),
        60..3600 => format!("{} {min} {:02} {s}", whole / 60, whole % 60),
        3600..172_800 => format!("{} {h} {:02} {min}", whole / 3600, whole % 3600 / 60),
        _ => format!("{} {days}", whole / 86_400),
    }
}

/// Microseconds an image as `0.031 ms`, `1.72 ms`, `43 ms`.
pub fn milliseconds(us: f64) -> String {
    let ms = us / 1000.0;
    match ms {
        _ if !ms.is_finite() => "N/A".to_owned(),
        _ if ms > 0.0 && ms < 0.0005 => "<0.001 ms".to_owned(),
        _ if ms < 1.0 => format!("{ms:.3} ms"),
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ => format!("{ms:.0} ms"),
    }
}

/// A rate with as many digits as it is worth.
pub fn rate(per_sec: f64) -> String {
    match per_sec {
        r if !r.is_finite() => "N/A".to_owned(),
        r if r < 10.0 => format!("{r:.2}"),
        r if r < 100.0 => format!("{r:.1}"),
        r => count(r.round() as u64),
    }
}

/// A count of which the beginning is enough, as `306.2 M`, `4.09 G`.
pub fn large_count(n: u64) -> String {
    match n {
        1_000_000_000.. => format!("{:.2} G", n as f64 / 1e9),
        1_000_000.. => format!("{:.1} M", n as f64 / 1e6),
        _ => count(n),
    }
}

/// Bytes as `640 KiB`, `972 MiB`, `12.4 GiB`.
pub fn bytes(n: u64) -> String {
    let bytes = n as f64;
    match bytes {
        _ if bytes < 1024.0 * 1024.0 => format!("{:.0} KiB", (bytes / 1024.0).ceil()),
        _ if bytes < 10_000.0 * 1024.0 * 1024.0 => format!("{:.0} MiB", bytes / 1024f64.powi(2)),
        _ => format!("{} GiB", gib(n)),
    }
}

/// Gibibytes as a bare figure, where the unit stands elsewhere.
pub fn gib(n: u64) -> String {
    format!("{:.1}", n as f64 / 1024f64.powi(3))
}

/// Sides in pixels as `480 x 640`.
pub fn sides(sides: &[usize]) -> String {
    sides.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}

/// `a, b and c`.
pub(super) fn list(language: Language, items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    let Some(last) = items.pop() else { return String::new() };
    if items.is_empty() {
        return last;
    }
    match language {
        Language::English => format!("{} and {last}", items.join(", ")),
        Language::SimplifiedChinese => {
            let rest = items.join("、");
            // Between Chinese and Latin there is a space.
            let space = |beside: Option<char>| if beside.is_some_and(|c| c.is_ascii()) { " " } else { "" };
            let (before, after) = (space(rest.chars().last()), space(last.chars().next()));
            format!("{rest}{before}和{after}{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(58_954), "58,954");
        assert_eq!(count(1_000_000), "1,000,000");
        for (secs, english, chinese) in [
            (0.42, "0.4 s", "0.4 秒"),
            (9.96, "10 s", "10 秒"),
            (59.4, "59 s", "59 秒"),
            (185.0, "3 min 05 s", "3 分 05 秒"),
            (7800.0, "2 h 10 min", "2 小时 10 分"),
            (f64::NAN, "N/A", "N/A"),
            (f64::INFINITY, "N/A", "N/A"),
            (400_000.0, "4 days", "4 天"),
        ] {
            assert_eq!(duration_in(Language::English, secs), english, "{secs}");
            assert_eq!(duration_in(Language::SimplifiedChinese, secs), chinese, "{secs}");
        }
        assert_eq!(milliseconds(31.0), "0.031 ms");
        assert_eq!(milliseconds(0.2), "<0.001 ms");
        assert_eq!(milliseconds(1720.0), "1.72 ms");
        assert_eq!(rate(15_234.4), "15,234");
        assert_eq!(bytes(1), "1 KiB");
        assert_eq!(bytes(13_314_398_618), "12.4 GiB");
    }

    #[test]
    fn lists_read_well() {
        let names = |n: usize| ["a", "b", "c"].into_iter().take(n).map(str::to_owned);
        let some = [(0, "", ""), (1, "a", "a"), (2, "a and b", "a 和 b"), (3, "a, b and c", "a、b 和 c")];
        for (n, english, chinese) in some {
            assert_eq!(list(Language::English, names(n)), english);
            assert_eq!(list(Language::SimplifiedChinese, names(n)), chinese);
        }
        let chinese = |items: [&str; 2]| list(Language::SimplifiedChinese, items.into_iter().map(str::to_owned));
        assert_eq!(chinese(["读取", "解码"]), "读取和解码");
        assert_eq!(chinese(["解码", "Resize"]), "解码和 Resize");
        assert_eq!(chinese(["Resize", "解码"]), "Resize 和解码");
    }
}
