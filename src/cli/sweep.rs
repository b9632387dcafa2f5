//! `trainscope sweep`: one key, several values, the same seed; which trains faster, with an interval, and how the losses go.

use super::outcome::refuse_budget;
use super::{
    CommandResult, ConfigArgs, EXIT_DEVICE, EXIT_INTERRUPTED, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, interrupt_flag,
    print_json,
};
use crate::client::sweep::{
    Interval, Standing, SweepError, SweepKind, SweepPoint, SweepReport, SweepSpec, SweepState, changes_loss, sweep,
};
use crate::client::{EngineCommand, process_starter};
use crate::console::{fill, fill_front};
use crate::language::{Arg, Message};
use crate::plot::{PngOptions, sweep_plots, write_png};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

const LINE_EVERY: Duration = Duration::from_secs(5);
/// In a cell for which nothing was measured.
const NOT_KNOWN: &str = "N/A";

#[derive(Debug, Args)]
pub struct SweepArgs {
    /// The dataset's folder; may stand in the configuration instead.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What to vary: loader.workers, loader.batch_size, loader.prefetch, optimizer.lr or any other key.
    #[arg(long, value_name = "a.b")]
    key: String,
    /// Its values; the others are compared with the first (workers with the configuration's).
    #[arg(long, value_name = "A,B", value_delimiter = ',', required = true)]
    values: Vec<String>,
    /// Compare losses after so many steps; 0 leaves it at the speed. Of keys that change the training 200, else 0.
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Stop after so many seconds; what is open then is undecided.
    #[arg(long, value_name = "SECS", default_value_t = 180.0)]
    budget: f64,
    /// The sweep's folder, with a run's folder for each value; the first free `sweep-KEY` here without it.
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// One JSON object a line: `point` for each value, then `verdict`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &SweepArgs) -> CommandResult {
    let spec = spec_from(args)?;
    let interrupted = interrupt_flag();
    let (values, path) = (args.values.join(", "), crate::console::show_path(&spec.dir));
    say!("{}", msg!("command-sweep-started", key = &spec.key, values, path));
    let mut last_line: Option<(Instant, Message)> = None;
    let start = process_starter(EngineCommand::Local);
    let report = sweep(&spec, &start, &|| interrupted.load(Relaxed), &mut |report| {
        // Turns follow each other quickly: whose it is is said now and then.
        let due = last_line.as_ref().is_none_or(|(at, now)| {
            let measures = report.now.is("client-sweep-measuring") || report.now.is("client-sweep-measuring-value");
            at.elapsed() >= LINE_EVERY || *now != report.now && !measures
        });
        if due && !report.now.is_empty() {
            say!("{}", msg!("command-sweep-now", now = &report.now, secs = Arg::number(report.left_secs(), 0)));
            last_line = Some((Instant::now(), report.now.clone()));
        }
    })
    .map_err(|error| Failure::new(code_of(&error), error))?;
    let plots = sweep_plots(&report);
    if !plots.is_empty()
        && let Err(error) = write_png(&report.dir.join("sweep.png"), &plots, &PngOptions::default())
    {
        say!("trainscope: {error}");
    }
    if args.json {
        print_lines(&report)
    } else {
        print_table(&report)
    }
    Ok(exit_code(&report))
}

/// Nothing that was compared is no success.
fn exit_code(report: &SweepReport) -> u8 {
    match report.state {
        SweepState::Cancelled => EXIT_INTERRUPTED,
        SweepState::BudgetSpent if !report.compares() => EXIT_OTHER,
        _ => EXIT_OK,
    }
}

fn code_of(error: &SweepError) -> u8 {
    match error {
        SweepError::AllFailed(_) => EXIT_DEVICE,
        SweepError::Write { .. } => EXIT_OTHER,
        _ => EXIT_USAGE,
    }
}

fn spec_from(args: &SweepArgs) -> Result<SweepSpec, Failure> {
    let config = args.config.read_with_data(args.data.as_deref(), false)?;
    refuse_budget(args.budget)?;
    let run_dir = args.run.clone().unwrap_or_else(|| free_dir(&args.key));
    let values = args.values.iter().map(|value| value.trim().to_owned()).collect();
    let mut spec = SweepSpec::new(config, args.key.trim(), values, std::path::absolute(&run_dir).unwrap_or(run_dir));
    spec.steps = args.steps.unwrap_or(spec.steps);
    spec.budget_secs = args.budget;
    // Said before anything is started.
    spec.configs().map_err(|error| Failure::new(EXIT_USAGE, error))?;
    Ok(spec)
}

/// `sweep-optimizer.lr` in the current folder, with a number behind where there is one.
fn free_dir(key: &str) -> PathBuf {
    let stem: String = format!("sweep-{key}").chars().map(|c| if c == '/' || c == '\\' { '_' } else { c }).collect();
    let numbered = |n: u32| PathBuf::from(if n == 1 { stem.clone() } else { format!("{stem}-{n}") });
    (1..u32::MAX).map(numbered).find(|dir| !dir.exists()).unwrap_or_else(|| numbered(1))
}

fn print_lines(report: &SweepReport) {
    for point in &report.points {
        let of = |interval: Option<Interval>| {
            (interval.map(|i| i.estimate), interval.and_then(|i| i.low), interval.and_then(|i| i.high))
        };
        let (rate, rate_low, rate_high) = of(point.images_per_sec);
        // Where losses decide, nothing is asked of the speed.
        let by_loss = report.is_by_loss();
        let (ratio, low, high) = of(point.time_ratio.filter(|_| !by_loss));
        let predicted = report.predicted(&point.value);
        let tells = !by_loss || matches!(point.standing, Standing::Baseline | Standing::Failed);
        print_json(&json!({
            "type": "point", "key": report.key, "value": point.value, "standing": tells.then_some(point.standing),
            "images_per_sec": rate, "images_per_sec_low": rate_low, "images_per_sec_high": rate_high,
            "time_ratio": ratio, "low": low, "high": high, "against": point.against, "blocks": point.blocks,
            "steps": point.steps, "predicted_images_per_sec": predicted.map(|p| p.images_per_sec),
            "predicted_low": predicted.map(|p| p.low), "predicted_high": predicted.map(|p| p.high),
            "loss_against": point.loss_against, "accuracy_against": point.accuracy_against, "run_dir": point.run_dir,
            "note": point.note, "sentence": point.sentence,
        }));
    }
    print_json(&json!({
        "type": "verdict", "key": report.key, "state": report.state,
        "from_workers": report.curve.as_ref().map(|c| c.from_workers),
        "hold_out": report.curve.as_ref().and_then(|c| c.hold_out), "margin_frac": report.margin_frac,
        "secs": report.secs, "needed_secs": report.needed_secs, "notes": report.notes, "sentence": report.sentence,
        "dir": report.dir,
    }));
}

fn print_table(report: &SweepReport) {
    // Of the columns between the first and the last.
    let widths: &[usize] = match report.kind {
        SweepKind::Threads => &[14, 19, 9, 16, 28],
        SweepKind::SideBySide if report.is_by_loss() => &[10, 8],
        SweepKind::SideBySide => &[10, 19, 9, 16, 8],
    };
    for row in table(report) {
        let [value, between @ .., last] = row.as_slice() else { continue };
        let between: Vec<String> = between.iter().zip(widths).map(|(cell, width)| fill_front(cell, *width)).collect();
        let line = format!("{} {}  {last}", fill(value, 16), between.join(" "));
        print_line!("{}", line.trim_end());
    }
    print_line!("{}", report.sentence);
}

/// A line of titles and one for each value: rate and time, each with its interval, or where losses decide the loss alone, or the
/// accuracy where those are not of one kind; and what came of it. Steps are as fast with every value then: its rate would tell of the
/// noise. Of numbers of workers a rate may be measured or predicted, and says which.
fn table(report: &SweepReport) -> Vec<Vec<String>> {
    let (threads, by_loss) = (report.kind == SweepKind::Threads, report.is_by_loss());
    let by_accuracy = by_loss && changes_loss(&report.key);
    let band = || "(95 %)".to_owned();
    let titles = if by_loss {
        let judged = if by_accuracy { tr!("command-column-accuracy") } else { tr!("command-column-loss") };
        vec![report.key.clone(), judged, tr!("command-column-steps"), String::new()]
    } else {
        let last = if threads { tr!("command-column-predicted") } else { tr!("command-column-rounds") };
        let [rate, time] = [tr!("command-column-images-per-sec"), tr!("command-column-time-ratio")];
        vec![report.key.clone(), rate, band(), time, band(), last, tr!("command-column-standing")]
    };
    let mut rows = vec![titles];
    let losses = report.losses_beside().map(|(_, losses)| losses).unwrap_or_default();
    for (i, point) in report.points.iter().enumerate() {
        let mut row = vec![point.value.clone()];
        if by_accuracy {
            let accuracy = report.accuracy(point);
            row.push(accuracy.map_or_else(|| NOT_KNOWN.to_owned(), |accuracy| format!("{accuracy:.4}")));
        } else if by_loss {
            let loss = losses.get(i).copied().flatten();
            row.push(loss.map_or_else(|| NOT_KNOWN.to_owned(), |loss| format!("{loss:.4}")));
        } else {
            let [rate, band] = cells(point.images_per_sec, 0);
            row.push(match point.images_per_sec {
                Some(_) if threads => tr!("client-sweep-measured", rate),
                None if threads => tr!("client-sweep-unmeasured"),
                _ => rate,
            });
            row.push(band);
            row.extend(cells(point.time_ratio, 3));
        }
        row.push(match report.predicted(&point.value) {
            Some(p) => {
                let [rate, low, high] = [p.images_per_sec, p.low, p.high].map(|rate| Arg::number(rate, 0));
                tr!("client-sweep-predicted", rate, low, high)
            }
            // Nothing is predicted of it.
            None if threads && point.standing == Standing::Baseline => String::new(),
            None if threads => NOT_KNOWN.to_owned(),
            None if by_loss => point.steps.to_string(),
            None => point.blocks.to_string(),
        });
        row.push(standing(point, by_loss).map_or_else(String::new, String::from));
        rows.push(row);
    }
    rows
}

fn cells(interval: Option<Interval>, digits: usize) -> [String; 2] {
    let Some(Interval { estimate, low, high }) = interval else { return [NOT_KNOWN.to_owned(), String::new()] };
    let band = low.zip(high).map_or_else(String::new, |(low, high)| {
        let [low, high] = [low, high].map(|end| format!("{end:.digits$}"));
        tr!("command-sweep-band", low, high)
    });
    [format!("{estimate:.digits$}"), band]
}

/// `None` while there is none. Values that are compared by their losses are not held against a baseline.
fn standing(point: &SweepPoint, by_loss: bool) -> Option<Message> {
    Some(match point.standing {
        Standing::Failed => msg!("command-sweep-failed"),
        _ if by_loss => return None,
        Standing::Baseline => msg!("command-sweep-baseline"),
        Standing::Undecided => msg!("command-sweep-undecided"),
        Standing::Faster => msg!("command-sweep-faster"),
        Standing::Slower => msg!("command-sweep-slower"),
        Standing::Same => msg!("command-sweep-same"),
        Standing::Waiting | Standing::Measuring => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::sweep::{AccuracyAgainst, LossAgainst, LossPoint, WORKERS_KEY, made};

    #[test]
    fn what_is_compared_by_losses_shows_them() {
        let mut report = made::report(SweepKind::SideBySide, "optimizer.lr");
        for (point, level) in report.points.iter_mut().zip([2.0, 0.5]) {
            point.steps = 20;
            let at = |step: u32| LossPoint { step: f64::from(step), secs: 0.0, loss: level };
            point.losses = (1..=20).map(at).collect();
            point.standing = Standing::Undecided;
        }
        report.points[0].standing = Standing::Baseline;
        report.points[1].loss_against = Some(LossAgainst { steps: 20.0, loss: 0.5, baseline_loss: 2.0 });
        let shown = |report: &SweepReport| table(report).iter().map(|row| row[1..].join("|")).collect::<Vec<_>>();
        assert_eq!(shown(&report), ["loss|steps|", "2.0000|20|", "0.5000|20|"], "rates are noise");
        report.points[1].diverged_at = Some(12);
        assert_eq!(shown(&report)[2], "N/A|20|");
        report.key = "loader.prefetch".to_owned();
        let rows = shown(&report);
        assert_eq!(rows[0], "images/s|(95 %)|time x|(95 %)|rounds|standing");
        assert!(rows[1].ends_with("N/A||1|the baseline") && rows[2].ends_with("N/A||1|undecided"), "{rows:?}");
    }

    #[test]
    fn what_is_compared_by_accuracies_shows_them() {
        let mut report = made::report(SweepKind::SideBySide, "train.label_smoothing");
        (report.points[0].standing, report.points[1].standing) = (Standing::Undecided, Standing::Baseline);
        report.points[0].against = Some("0".to_owned());
        let found = AccuracyAgainst { steps: 20, accuracy: 0.84, baseline_accuracy: 0.81 };
        report.points[0].accuracy_against = Some(found);
        let shown = table(&report).iter().map(|row| row[1].clone()).collect::<Vec<_>>();
        assert_eq!(shown, ["accuracy", "0.8400", "0.8100"]);
    }

    #[test]
    fn rates_of_workers_say_whether_they_were_measured() {
        let mut report = made::report(SweepKind::Threads, WORKERS_KEY);
        (report.points[0].standing, report.points[1].standing) = (Standing::Faster, Standing::Baseline);
        let shown = |report: &SweepReport| table(report).iter().map(|row| row[1..].join("|")).collect::<Vec<_>>();
        let title = "images/s|(95 %)|time x|(95 %)|predicted|standing";
        let measured = ["measured 40||N/A||predicted 50 (1 to 99)|faster", "measured 10||N/A|||the baseline"];
        assert_eq!(shown(&report), [title, measured[0], measured[1]]);
        (report.points[0].standing, report.points[0].images_per_sec) = (Standing::Undecided, None);
        assert_eq!(shown(&report)[1], "not measured||N/A||predicted 50 (1 to 99)|undecided");
        report.curve = None;
        assert_eq!(shown(&report)[1..], ["not measured||N/A||N/A|undecided", measured[1]]);
    }

    #[test]
    fn a_budget_in_which_nothing_was_compared_is_no_success() {
        let mut report = made::report(SweepKind::Threads, WORKERS_KEY);
        let mut code = |state: SweepState, compared: bool| {
            report.state = state;
            report.points[1].time_ratio = compared.then_some(Interval { estimate: 6.0, low: None, high: None });
            exit_code(&report)
        };
        assert_eq!(code(SweepState::BudgetSpent, false), EXIT_OTHER);
        assert_eq!(code(SweepState::BudgetSpent, true), EXIT_OK);
        assert_eq!(code(SweepState::Done, false), EXIT_OK);
        assert_eq!(code(SweepState::Cancelled, false), EXIT_INTERRUPTED);
    }
}
