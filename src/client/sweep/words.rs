//! A sweep's findings as sentences.

use super::report::{Interval, PredictedCurve, Standing, SweepKind, SweepPoint, SweepReport};
use super::spec::{BATCH_SIZE_KEY, changes_loss};
use crate::language::{Arg, Message, clauses, sentences};

/// What falls by less than this of what the best value's loss falls by hardly learns.
const HARDLY_FRAC: f64 = 0.2;
/// The best value's loss has fallen by this part of what it began with before others are held against its fall; one that has risen
/// by as much grows.
const LEARNS_FRAC: f64 = 0.05;

/// `1.00 times the step time (0.99 to 1.01)`.
fn ratio(interval: &Interval, key: &str) -> Message {
    let what = what_is_timed(key);
    let (Some(low), Some(high)) = (interval.low, interval.high) else {
        return msg!("client-sweep-ratio-open", times = Arg::number(interval.estimate, 2), what);
    };
    let figure = |value: f64| Arg::number(value, if high - low < 0.015 { 3 } else { 2 });
    msg!("client-sweep-ratio", times = figure(interval.estimate), what, low = figure(low), high = figure(high))
}

/// What is compared: a step, or an image where steps differ.
pub(super) fn what_is_timed(key: &str) -> Message {
    match key == BATCH_SIZE_KEY || key.starts_with("data.") {
        true => msg!("client-sweep-image-time"),
        false => msg!("client-sweep-step-time"),
    }
}

/// The comparison of one value with the baseline; `by_loss` where they differ in nothing else. `None` while there is none.
pub(super) fn point(key: &str, by_loss: bool, point: &SweepPoint) -> Option<Message> {
    let value = &point.value;
    if point.standing == Standing::Failed {
        let why = point.note.clone().unwrap_or_else(|| msg!("client-sweep-no-engine"));
        return Some(msg!("client-sweep-not-measured", key, value, why));
    }
    let with_note = |words: Message| match &point.note {
        Some(note) => msg!("client-sweep-with-note", words, note),
        None => words,
    };
    let against = point.against.as_ref()?;
    let loss = point.loss_against.map(|loss| {
        let (steps, baseline) = (loss.steps as u64, figure(loss.baseline_loss));
        msg!("client-sweep-loss", steps, loss = figure(loss.loss), baseline)
    });
    let accuracy = point.accuracy_against.map(|found| {
        let [accuracy, baseline] = [found.accuracy, found.baseline_accuracy].map(|accuracy| Arg::percent(accuracy, 1));
        msg!("client-sweep-accuracy", steps = found.steps, accuracy, baseline)
    });
    if by_loss {
        let beside = loss.or(accuracy).filter(|_| point.diverged_at.is_none());
        let beside = beside.map(|loss| msg!("client-sweep-beside", value, against, loss));
        return beside.or_else(|| diverged(point)).map(with_note);
    }
    let compared = point.time_ratio.as_ref().map(|interval| ratio(interval, key));
    let times = compared.clone().unwrap_or_default();
    let compared = match point.standing {
        Standing::Faster => {
            let faster = point.time_ratio.map_or(0.0, |ratio| 1.0 / ratio.estimate - 1.0);
            let percent = Arg::percent(faster, if faster < 0.0995 { 1 } else { 0 });
            msg!("client-sweep-faster", key, value, percent, against, times)
        }
        Standing::Slower => msg!("client-sweep-slower", key, value, against, times),
        Standing::Same => msg!("client-sweep-same", key, value, against, times),
        Standing::Undecided => match compared {
            Some(_) if point.blocks == 0 => {
                let about = point.time_ratio.map_or(0.0, |ratio| ratio.estimate);
                let times = Arg::number(about, if about < 3.0 { 2 } else { 1 });
                msg!("client-sweep-unproved", key, value, against, times, what = what_is_timed(key))
            }
            Some(times) => msg!("client-sweep-undecided", key, value, against, times, rounds = point.blocks),
            None => msg!("client-sweep-no-time", key, value, against),
        },
        Standing::Waiting | Standing::Measuring | Standing::Baseline | Standing::Failed => return None,
    };
    Some(with_note(clauses([compared].into_iter().chain(loss).chain(accuracy).chain(diverged(point)))))
}

/// Why no losses are compared, and what is instead.
pub(super) fn losses_differ(report: &SweepReport) -> Message {
    let key = &report.key;
    match report.points.iter().any(|point| point.accuracy_against.is_some()) {
        true => msg!("client-sweep-accuracies-instead", key),
        false => msg!("client-sweep-no-accuracies", key),
    }
}

/// Since when its loss is no number, if it is none.
fn diverged(point: &SweepPoint) -> Option<Message> {
    point.diverged_at.map(|step| msg!("client-sweep-diverged", value = &point.value, step))
}

/// Of values that differ in what they learn alone: which learns most, and what each comes to.
fn by_loss(report: &SweepReport) -> Vec<Message> {
    let title = report.title();
    let is_lost = |p: &&SweepPoint| p.standing == Standing::Failed || p.note.is_some();
    let said = match report.losses_beside() {
        // Losses that are not of one kind are not ranked.
        _ if changes_loss(&report.key) => {
            let learns = report.points.iter().filter(|p| p.diverged_at.is_none() && !is_lost(p));
            learns.filter_map(|p| p.sentence.clone()).collect()
        }
        Some((steps, losses)) => {
            let beside = report.points.iter().zip(losses).filter_map(|(point, loss)| Some((point, loss?)));
            let mut beside: Vec<(&SweepPoint, f64)> = beside.collect();
            beside.sort_by(|a, b| a.1.total_cmp(&b.1));
            let fall = |(point, loss): &(&SweepPoint, f64)| point.losses.first().map_or(0.0, |first| first.loss - loss);
            // Where none has learnt yet, none hardly learns.
            let learns = |one: &&(&SweepPoint, f64)| {
                one.0.losses.first().is_some_and(|first| fall(one) > LEARNS_FRAC * first.loss)
            };
            let grows = |one: &(&SweepPoint, f64)| {
                one.0.losses.first().is_some_and(|first| fall(one) < -LEARNS_FRAC * first.loss)
            };
            let most = beside.first().filter(learns).map_or(f64::NEG_INFINITY, fall);
            let of = |(rank, one): (usize, &(&SweepPoint, f64))| {
                let (value, loss) = (&one.0.value, figure(one.1));
                if rank == 0 {
                    msg!("client-sweep-lowest-loss", title = title.clone(), value, loss, steps = steps as u64)
                } else if grows(one) {
                    msg!("client-sweep-loss-grows", value, loss)
                } else if fall(one) < HARDLY_FRAC * most {
                    msg!("client-sweep-hardly-learns", value, loss)
                } else {
                    msg!("client-sweep-next-loss", value, loss)
                }
            };
            beside.iter().enumerate().map(of).collect()
        }
        None if report.points.iter().any(|point| point.diverged_at.is_some()) => Vec::new(),
        None => vec![msg!("client-sweep-no-losses", title)],
    };
    let said = said.into_iter().chain(report.points.iter().filter_map(diverged));
    let lost = report.points.iter().filter(is_lost).filter_map(|p| p.sentence.clone());
    [clauses(said.chain([msg!("client-sweep-same-speed")]))].into_iter().chain(lost).collect()
}

/// Three digits or so.
fn figure(value: f64) -> Arg {
    match value.abs() {
        v if v >= 100.0 => Arg::number(value, 0),
        v if v >= 0.1 => Arg::number(value, 2),
        v if v >= 0.001 => Arg::number(value, 4),
        _ => format!("{value:.1e}").into(),
    }
}

fn workers(count: &str) -> Message {
    match count.parse::<u64>() {
        Ok(workers) => msg!("client-sweep-workers", workers),
        Err(_) => count.into(),
    }
}

/// The whole sweep's verdict.
pub(super) fn verdict(report: &SweepReport) -> Message {
    let mut words = match report.kind {
        SweepKind::Threads => threads(report),
        SweepKind::SideBySide if report.is_by_loss() => by_loss(report),
        SweepKind::SideBySide => report.points.iter().filter_map(|p| p.sentence.clone()).collect(),
    };
    words.extend(report.notes.iter().cloned());
    if words.is_empty() {
        words.push(msg!("client-sweep-nothing-measured"));
    }
    words.extend(would_do(report));
    sentences(words)
}

/// Which budget would do, where this one did not.
fn would_do(report: &SweepReport) -> Option<Message> {
    let needed = report.needed_secs.filter(|needed| report.is_left_open() && *needed > report.budget_secs)?;
    let needed = Arg::duration(needed);
    Some(match report.is_by_loss() {
        true => msg!("client-sweep-would-do-for-losses", needed),
        false => msg!("client-sweep-would-do", needed),
    })
}

fn threads(report: &SweepReport) -> Vec<Message> {
    let rate = |p: &SweepPoint| p.images_per_sec.map(|r| r.estimate);
    // One whose engine died is no choice, however fast it was before.
    let is_gone = |p: &SweepPoint| p.standing == Standing::Failed || p.note.is_some();
    let measured = || report.points.iter().filter(|p| rate(p).is_some() && !is_gone(p));
    let failed = report.points.iter().filter(|p| is_gone(p)).filter_map(|p| p.sentence.clone());
    let Some(best) = measured().max_by(|a, b| rate(a).unwrap_or(0.0).total_cmp(&rate(b).unwrap_or(0.0))) else {
        return failed.collect();
    };
    let best_rate = best.images_per_sec.map_or(0.0, |r| r.estimate);
    let shown = match best.images_per_sec.and_then(|r| Some((r.low?, r.high?))) {
        Some((low, high)) => {
            msg!("client-sweep-rate-within", rate = figure(best_rate), low = figure(low), high = figure(high))
        }
        None => msg!("client-sweep-rate", rate = figure(best_rate)),
    };
    // Of numbers that are not told from the baseline one is the highest all the same.
    let open = |p: &SweepPoint| matches!(p.standing, Standing::Measuring | Standing::Undecided);
    let is_open = open(best) || best.standing == Standing::Baseline && measured().any(open);
    let mut words = vec![match is_open {
        true => msg!("client-sweep-no-clear-winner", workers = workers(&best.value), rate = shown),
        false => msg!("client-sweep-fastest", workers = workers(&best.value), rate = shown),
    }];
    let near = |p: &&SweepPoint| rate(p).is_some_and(|r| r >= best_rate * (1.0 - report.margin_frac));
    let fewest = measured().filter(near).min_by_key(|p| p.value.parse::<usize>().unwrap_or(usize::MAX));
    if let Some(fewest) = fewest.filter(|p| p.value != best.value) {
        let (percent, rate) = (Arg::percent(report.margin_frac, 0), figure(rate(fewest).unwrap_or(0.0)));
        words.push(msg!("client-sweep-fewer-come-near", workers = workers(&fewest.value), percent, rate));
    }
    words.extend(report.curve.as_ref().and_then(hold_out));
    words.extend(failed);
    words
}

fn hold_out(curve: &PredictedCurve) -> Option<Message> {
    let found = curve.hold_out?;
    Some(msg!(
        "client-sweep-prediction-error",
        workers = workers(&curve.from_workers.to_string()),
        median = Arg::percent(found.median_frac, 0),
        worst = Arg::percent(found.worst_frac, 0),
        worst_workers = workers(&found.worst_workers.to_string()),
        in_band = found.in_band,
        counts = found.counts
    ))
}

#[cfg(test)]
mod tests {
    use super::super::report::{LossPoint, SweepState, made::report};
    use super::*;

    #[test]
    fn what_was_broken_off_is_said_with_what_would_do() {
        let mut report = report(SweepKind::SideBySide, "loader.pin");
        (report.state, report.budget_secs, report.needed_secs) = (SweepState::BudgetSpent, 60.0, Some(130.0));
        let mut open = report.points[0].clone();
        (open.standing, open.against, open.blocks) = (Standing::Undecided, Some("0".to_owned()), 0);
        assert_eq!(
            point("loader.pin", false, &open).unwrap().to_string(),
            "There was no time to compare loader.pin=4 with 0"
        );
        open.time_ratio = Some(Interval { estimate: 6.04, low: None, high: None });
        open.sentence = point("loader.pin", false, &open);
        report.points = vec![open];
        assert_eq!(
            verdict(&report).to_string(),
            "loader.pin=4 took about 6.0 times the step time of 0, but there was no time to prove it. A budget of about 2 min 10 s \
             would do where values differ much."
        );
        report.needed_secs = Some(60.0);
        assert!(verdict(&report).to_string().ends_with("to prove it."), "it was enough");
        assert!(report.is_left_open());
        // The rest of the budget went into the rates of what is decided.
        report.points[0].standing = Standing::Slower;
        assert!(!report.is_left_open());
    }

    #[test]
    fn a_loss_that_rises_is_said_to_grow() {
        let mut report = report(SweepKind::SideBySide, "optimizer.lr");
        let mut said = |losses: [f64; 2]| {
            for (point, end) in report.points.iter_mut().zip(losses) {
                let loss = |step: u32| 1.8 + (end - 1.8) * f64::from(step - 1) / 199.0;
                let at = |step: u32| LossPoint { step: step.into(), secs: step.into(), loss: loss(step) };
                point.losses = (1..=200).map(at).collect();
            }
            verdict(&report).to_string()
        };
        assert!(said([0.2, 63.0]).contains("; 0 makes the loss grow: "));
        // A first batch's loss is its own.
        assert!(said([0.2, 1.82]).contains("; 0 hardly learns: "));
    }

    #[test]
    fn what_is_not_decided_is_not_called_the_fastest() {
        let mut report = report(SweepKind::Threads, "loader.workers");
        let said = |report: &SweepReport| verdict(report).to_string().starts_with("No clear winner");
        let (open, sure) = (true, false);
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
