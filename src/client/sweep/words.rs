//! A sweep's findings as sentences.

use super::report::{Interval, PredictedCurve, Standing, SweepKind, SweepPoint, SweepReport};
use super::spec::BATCH_SIZE_KEY;

/// `1.00 times the step time (0.99 to 1.01)`.
fn ratio(interval: &Interval, what: &str) -> String {
    let (Some(low), Some(high)) = (interval.low, interval.high) else {
        return format!("{:.2} times {what} (no interval yet)", interval.estimate);
    };
    let digits = if high - low < 0.015 { 3 } else { 2 };
    format!("{:.digits$} times {what} ({low:.digits$} to {high:.digits$})", interval.estimate)
}

/// What is compared: a step, or an image where steps differ.
pub(super) fn what_is_timed(key: &str) -> &'static str {
    if key == BATCH_SIZE_KEY || key.starts_with("data.") { "the time an image" } else { "the step time" }
}

/// The comparison of one value with the baseline. `None` while there is none.
pub(super) fn point(key: &str, point: &SweepPoint) -> Option<String> {
    let value = &point.value;
    if point.standing == Standing::Failed {
        return Some(format!("{key}={value} could not be measured: {}", point.note.as_deref().unwrap_or("no engine")));
    }
    let against = point.against.as_ref()?;
    let compared = point.time_ratio.as_ref().map(|r| ratio(r, what_is_timed(key)));
    let times = compared.clone().unwrap_or_default();
    let faster = point.time_ratio.map_or(1.0, |r| 1.0 / r.estimate);
    let mut words = match point.standing {
        Standing::Faster => {
            format!("{key}={value} is faster than {against}: {times}, {faster:.2} times the images a second")
        }
        Standing::Slower => format!("{key}={value} is slower than {against}: {times}"),
        Standing::Same => format!("{key}={value} is not faster than {against}: {times}"),
        Standing::Undecided => match compared {
            Some(times) => format!(
                "Whether {key}={value} is faster than {against} is undecided: {times} after {}",
                plural(u64::from(point.blocks), "round", "rounds")
            ),
            None => format!("There was no time to compare {key}={value} with {against}"),
        },
        Standing::Waiting | Standing::Measuring | Standing::Baseline | Standing::Failed => return None,
    };
    if let Some(loss) = point.loss_against {
        words.push_str(&format!(
            "; after {} its loss is {} against {}",
            plural(loss.steps as u64, "step", "steps"),
            digits(loss.loss),
            digits(loss.baseline_loss)
        ));
    }
    if let Some(note) = &point.note {
        words.push_str(&format!(" ({note})"));
    }
    Some(words)
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Three digits or so.
fn digits(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 0.1 => format!("{value:.2}"),
        v if v >= 0.001 => format!("{value:.4}"),
        _ => format!("{value:.1e}"),
    }
}

fn workers(count: &str) -> String {
    if count == "1" { "1 worker".to_owned() } else { format!("{count} workers") }
}

/// The whole sweep's verdict.
pub(super) fn verdict(report: &SweepReport) -> String {
    let mut words = match report.kind {
        SweepKind::Threads => threads(report),
        SweepKind::SideBySide => report.points.iter().filter_map(|p| p.sentence.clone()).collect(),
    };
    words.extend(report.notes.iter().cloned());
    if words.is_empty() {
        words.push("Nothing could be measured in that time; a longer budget tells".to_owned());
    }
    words.iter().map(|w| format!("{}.", w.trim_end_matches('.'))).collect::<Vec<_>>().join(" ")
}

fn threads(report: &SweepReport) -> Vec<String> {
    let rate = |p: &SweepPoint| p.images_per_sec.map(|r| r.estimate);
    let measured = || report.points.iter().filter(|p| rate(p).is_some());
    let failed = report.points.iter().filter(|p| p.standing == Standing::Failed).filter_map(|p| p.sentence.clone());
    let Some(best) = measured().max_by(|a, b| rate(a).unwrap_or(0.0).total_cmp(&rate(b).unwrap_or(0.0))) else {
        return failed.collect();
    };
    let best_rate = best.images_per_sec.map_or(0.0, |r| r.estimate);
    let band = best.images_per_sec.and_then(|r| Some((r.low?, r.high?)));
    let band = band.map_or_else(String::new, |(low, high)| format!(" ({} to {})", digits(low), digits(high)));
    // Of numbers that are not told from the baseline one is the highest all the same.
    let open = |p: &SweepPoint| matches!(p.standing, Standing::Measuring | Standing::Undecided);
    let is_open = open(best) || best.standing == Standing::Baseline && measured().any(open);
    let most = if is_open { "No number is the fastest beyond doubt; the highest was measured" } else { "Fastest" };
    let mut words = vec![format!("{most} with {}: {} images/s{band}", workers(&best.value), digits(best_rate))];
    let near = |p: &&SweepPoint| rate(p).is_some_and(|r| r >= best_rate * (1.0 - report.margin_frac));
    let fewest = measured().filter(near).min_by_key(|p| p.value.parse::<usize>().unwrap_or(usize::MAX));
    if let Some(fewest) = fewest.filter(|p| p.value != best.value) {
        words.push(format!(
            "{} come within {:.0} % of that ({} images/s)",
            workers(&fewest.value),
            100.0 * report.margin_frac,
            digits(rate(fewest).unwrap_or(0.0))
        ));
    }
    words.extend(report.curve.as_ref().and_then(hold_out));
    words.extend(failed);
    words
}

fn hold_out(curve: &PredictedCurve) -> Option<String> {
    let found = curve.hold_out?;
    let percent = |frac: f64| format!("{:.0} %", 100.0 * frac);
    Some(format!(
        "The prediction made with {} was off by {} in the median and by {} at worst (with {}); {} of {} measured rates lie in its band",
        workers(&curve.from_workers.to_string()),
        percent(found.median_frac),
        percent(found.worst_frac),
        workers(&found.worst_workers.to_string()),
        found.in_band,
        found.counts
    ))
}

#[cfg(test)]
mod tests {
    use super::super::report::made::report;
    use super::*;

    #[test]
    fn what_is_not_decided_is_not_called_the_fastest() {
        let mut report = report(SweepKind::Threads, "loader.workers");
        let said = |report: &SweepReport| verdict(report).split(" with ").next().unwrap_or_default().to_owned();
        let (open, sure) = ("No number is the fastest beyond doubt; the highest was measured", "Fastest");
        report.points[1].standing = Standing::Baseline;
        assert_eq!(said(&report), open);
        report.points[0].standing = Standing::Faster;
        assert_eq!(said(&report), sure);
        // The baseline is the highest.
        report.points[0].images_per_sec = report.points[1].images_per_sec.map(|mut r| {
            r.estimate *= 0.5;
            r
        });
        report.points[0].standing = Standing::Undecided;
        assert_eq!(said(&report), open);
        report.points[0].standing = Standing::Slower;
        assert_eq!(said(&report), sure);
    }
}
