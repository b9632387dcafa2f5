//! `trainscope report`: a run as one HTML file that needs nothing else: what it was, how it went, what held it back.

use super::bisect::{confirmed, name_of, standing};
use super::outcome::{refuse_existing, say_written, unread};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, Failure};
use crate::client::{RunState, figures_of};
use crate::engine::verdict_of_record;
use crate::language::{self, Arg, Message};
use crate::plot::{PlotView, PngOptions, Theme, catalogue, format_value, render_svg};
use crate::protocol::{
    BisectVerdict, ChangeEffect, ChangeMark, EpochEvent, Event, Finished, Gain, Started, Telemetry, TestReport, Trial,
    Verdict, stage_words,
};
use crate::store::{RunStanding, atomic, glance, read_config, read_record};
use crate::system::refused;
use crate::ui::effect_outcome;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const STYLE: &str = include_str!("../../assets/report.css");

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run's folder.
    run: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "F.html")]
    out: PathBuf,
    /// Plots on dark ground.
    #[arg(long)]
    dark: bool,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(args: &ReportArgs) -> CommandResult {
    refuse_existing(&args.out, args.overwrite)?;
    let html = report_of(&args.run, args.dark)?;
    atomic::write(&args.out, html.as_bytes()).map_err(|error| {
        let path = args.out.display().to_string();
        Failure::new(EXIT_OTHER, msg!("page-export-failed", error = refused(&error, &args.out), path))
    })?;
    say_written(&args.out);
    Ok(EXIT_OK)
}

fn report_of(run_dir: &Path, dark: bool) -> Result<String, Failure> {
    let (events, missing) = read_record(run_dir).map_err(unread)?;
    let run = RunState::from_events(&events);
    let Some(started) = &run.started else {
        return Err(Failure::new(EXIT_DATA, msg!("page-runs-not-begun")));
    };
    let finished = events.iter().rev().find_map(|event| match event {
        Event::Finished(finished) => Some(finished.as_ref()),
        _ => None,
    });
    let mut page = Page::begin(&tr!("page-report-title", run = &started.run_id), dark);
    let standing = glance(run_dir).map_or(RunStanding::Died, |summary| summary.state);
    summary(&mut page, &run, started, finished, standing);
    if let Some(missing) = missing {
        page.paragraph(&missing.to_string());
    }
    let newest = read_config(run_dir).ok();
    if let Some(verdict) = verdict_of_record(&events, newest.as_ref()) {
        verdict_section(&mut page, &verdict, newest.as_ref().unwrap_or(&started.config).loader.workers);
    }
    bisect_section(&mut page, &run, &events);
    plots_section(&mut page, &run, dark);
    epochs_section(&mut page, &run);
    if let Some(test) = finished.and_then(|finished| finished.test.as_ref()) {
        test_section(&mut page, test);
    }
    changes_section(&mut page, &run, &events);
    let readings = events.iter().filter_map(|event| match event {
        Event::Telemetry(reading) => Some(reading.as_ref()),
        _ => None,
    });
    machine_section(&mut page, &readings.collect::<Vec<_>>(), started);
    page.heading(&tr!("page-report-configuration"));
    // A configuration that TOML cannot say would not have been read from TOML.
    if let Ok(config) = toml::to_string(&started.config) {
        page.code(&config);
    }
    Ok(page.end())
}

fn summary(page: &mut Page, run: &RunState, started: &Started, finished: Option<&Finished>, standing: RunStanding) {
    let dataset = started.config.data.dir.as_ref().map_or_else(|| "N/A".to_owned(), |dir| dir.display().to_string());
    let (best_auc, best_accuracy) = best_validation(run);
    let share = |value: Option<f64>| value.map_or_else(|| "N/A".to_owned(), |value| format!("{value:.4}"));
    let network = crate::config::network_title(&started.config.model.name);
    let images = started.train_count + started.val_count + started.test_count;
    let rows: Vec<(Message, String)> = vec![
        (msg!("page-report-state"), tr!("page-runs-state", state = standing.name())),
        (msg!("page-report-dataset"), dataset),
        (
            msg!("page-report-images"),
            tr!(
                "page-report-image-counts",
                images,
                classes = started.class_names.len(),
                train = started.train_count,
                validation = started.val_count,
                test = started.test_count
            ),
        ),
        (
            msg!("page-report-network"),
            tr!("page-report-network-figures", network, parameters = started.parameter_count),
        ),
        (msg!("page-report-device"), format!("{} ({})", started.device.name, started.device.driver)),
        (msg!("page-report-time"), language::duration(finished.map_or(run.now.secs, |finished| finished.secs))),
        (msg!("page-report-steps"), tr!("page-report-step-counts", steps = run.now.step, epochs = run.epochs.len())),
        (msg!("page-report-best-auc"), share(best_auc)),
        (msg!("page-report-best-accuracy"), share(best_accuracy)),
    ];
    page.pairs(rows.into_iter().map(|(name, value)| (name.to_string(), value)));
}

/// AUC and accuracy of the validation, at an epoch's end or within one, that found the best weights; of the last epoch where none did.
fn best_validation(run: &RunState) -> (Option<f64>, Option<f64>) {
    let at_end = |epoch: &EpochEvent| (epoch.step, epoch.val_auc, epoch.val_accuracy);
    let at_ends = run.epochs.iter().filter(|epoch| epoch.best).map(at_end);
    let within = run.validations.iter().filter(|found| found.best).map(|v| (v.step, v.auc, Some(v.accuracy)));
    let best = at_ends.chain(within).max_by_key(|(step, ..)| *step).or_else(|| run.epochs.last().map(at_end));
    best.map_or((None, None), |(_, auc, accuracy)| (auc, accuracy))
}

fn verdict_section(page: &mut Page, verdict: &Verdict, workers: usize) {
    page.heading(&tr!("page-report-verdict"));
    page.strong(&verdict.sentence.to_string());
    for trouble in &verdict.troubles {
        page.paragraph(&trouble.to_string());
    }
    let evidence =
        verdict.evidence.iter().map(|e| (e.name.to_string(), format!("{} {}", format_value(e.value), e.unit)));
    page.pairs(evidence);
    if !verdict.ceilings.is_empty() {
        page.paragraph(&tr!("page-report-ceilings"));
        let ceilings = verdict.ceilings.iter().map(|ceiling| {
            let rate = ceiling.images_per_sec.map_or_else(|| "N/A".to_owned(), language::rate);
            let name = stage_words(&ceiling.name).to_string();
            let name = if ceiling.lowest { format!("▸ {name}") } else { name };
            (name, rate)
        });
        page.pairs(ceilings);
    }
    predictions_table(page, verdict, workers);
}

fn predictions_table(page: &mut Page, verdict: &Verdict, workers: usize) {
    let changes = verdict.changes(workers);
    if changes.is_empty() {
        return;
    }
    page.paragraph(&tr!("page-report-predictions"));
    let head =
        [tr!("page-report-change"), tr!("page-report-rate"), tr!("page-report-range"), tr!("page-report-next-limit")];
    let rows = changes.into_iter().map(|prediction| {
        let is_worth = verdict.images_per_sec.is_some_and(|now| prediction.is_worth(now));
        let name = prediction.change.words().to_string();
        vec![
            if is_worth { format!("▸ {name}") } else { name },
            language::rate(prediction.images_per_sec),
            prediction.band().to_string(),
            prediction.next_limit.to_string(),
        ]
    });
    page.table(&head, rows);
}

fn bisect_section(page: &mut Page, run: &RunState, events: &[Event]) {
    let Some(bisect) = &run.findings.bisect else { return };
    let Some(verdict) = &bisect.verdict else { return };
    page.heading(&tr!("page-report-bisect"));
    page.strong(&verdict.sentence.to_string());
    if run.findings.bisect_is_old {
        page.paragraph(&tr!("page-bisect-old"));
    }
    if let Some(gain) = confirmation(verdict, run, events) {
        page.paragraph(&confirmed(&gain));
    }
    let head = ["transform", "effect", "interval", "standing"].map(|head| tr!("page-report-bisect-head", head));
    let rows = Trial::rows(&bisect.trials).into_iter().filter_map(|of| of.first().map(|trial| trial_row(&of, trial)));
    page.table(&head, rows);
}

fn trial_row(of: &[&Trial], trial: &Trial) -> Vec<String> {
    let percent = |frac: f64| Arg::percent(frac, 1);
    let effect = trial.effect_frac.filter(|_| trial.blocks > 0);
    let effect = effect
        .map_or_else(|| tr!("command-bisect-not-measured"), |frac| tr!("page-report-percent", percent = percent(frac)));
    let interval = match (trial.low, trial.high) {
        (Some(low), Some(high)) => tr!("page-report-from-to", low = percent(low), high = percent(high)),
        _ => tr!("command-bisect-no-interval"),
    };
    let decision = standing(trial, None);
    let standing = match trial.without.as_slice() {
        [] => tr!("page-report-trial-standing", decision),
        names => tr!("page-report-trial-standing-without", decision, without = names.join(", ")),
    };
    vec![name_of(of), effect, interval, standing]
}

/// What it brought to switch off what that bisect found, where that was done and measured.
fn confirmation(verdict: &BisectVerdict, run: &RunState, events: &[Event]) -> Option<Gain> {
    let all_off = |mark: &&ChangeMark| {
        verdict.is_followed_by(&mark.switched_off) && mark.switched_off.len() == verdict.culprits.len()
    };
    let effect = effect_of(events, run.marks.iter().rev().find(all_off)?)?;
    Some(Gain { effect_frac: effect.effect_frac?, low: effect.low?, high: effect.high? })
}

/// What that change was measured to bring, by the engine that made it: each counts versions anew.
fn effect_of<'a>(events: &'a [Event], mark: &ChangeMark) -> Option<&'a ChangeEffect> {
    let made_it = |event: &Event| matches!(event, Event::Changed(made) if made == mark);
    let engines = events.split(|event| matches!(event, Event::Started(_)));
    let mut engines = engines.filter(|events| events.iter().any(made_it));
    engines.next_back()?.iter().rev().find_map(|event| match event {
        Event::Effect(effect) if effect.config_version == mark.config_version => Some(effect.as_ref()),
        _ => None,
    })
}

fn plots_section(page: &mut Page, run: &RunState, dark: bool) {
    page.heading(&tr!("page-report-plots"));
    let options = PngOptions {
        width: 760,
        height: 380,
        theme: if dark { Theme::Dark } else { Theme::Light },
        transparent: true,
        ..PngOptions::default()
    };
    let view = PlotView::default();
    let plots = catalogue::metrics_of(run).filter(|name| *name != "val");
    let plots = plots.filter_map(|name| catalogue::metric_plot(name, run, &view)).filter(crate::plot::Plot::has_data);
    page.raw("<div class=\"plots\">");
    for (number, plot) in plots.enumerate() {
        // Its size always can be drawn.
        if let Ok(svg) = render_svg(&[plot], &options) {
            // A document has one clip by a name.
            let svg = svg.replace("id=\"c", &format!("id=\"p{number}c")).replace("url(#c", &format!("url(#p{number}c"));
            page.raw(&svg);
        }
    }
    page.raw("</div>");
}

fn epochs_section(page: &mut Page, run: &RunState) {
    if run.epochs.is_empty() {
        return;
    }
    page.heading(&tr!("page-report-epochs"));
    let head = ["epoch", "train-loss", "val-loss", "accuracy", "auc"].map(|head| tr!("page-results-head", head));
    let share = |value: Option<f64>| value.map_or_else(|| "N/A".to_owned(), |value| format!("{value:.4}"));
    let rows = run.epochs.iter().map(|epoch| {
        let number = if epoch.best { format!("{} ★", epoch.epoch) } else { epoch.epoch.to_string() };
        let figures = [Some(epoch.train_loss), epoch.val_loss, epoch.val_accuracy, epoch.val_auc];
        std::iter::once(number).chain(figures.map(share)).collect()
    });
    page.table(&head, rows);
}

fn test_section(page: &mut Page, test: &TestReport) {
    page.heading(&tr!("page-results-test"));
    page.pairs(figures_of(test).into_iter().map(|figure| (figure.name.to_string(), figure.value)));
    let four = |figure: Option<f64>| figure.map_or_else(|| "N/A".to_owned(), |figure| format!("{figure:.4}"));
    let head = ["class", "precision", "recall", "f1", "auc", "average-precision", "support"];
    let head = head.map(|head| tr!("page-results-head", head));
    let rows = test.classes.iter().map(|class| {
        let figures =
            [Some(class.precision), Some(class.recall), Some(class.f1), class.auc, class.average_precision].map(four);
        std::iter::once(class.name.clone()).chain(figures).chain([language::count(class.support)]).collect()
    });
    page.table(&head, rows);
    page.paragraph(&tr!("page-results-confusion"));
    let head: Vec<String> = std::iter::once(String::new()).chain(test.classes.iter().map(|c| c.name.clone())).collect();
    let rows = test.confusion.iter().zip(&test.classes).map(|(counts, class)| {
        std::iter::once(class.name.clone()).chain(counts.iter().map(|count| language::count(*count))).collect()
    });
    page.table(&head, rows);
}

fn changes_section(page: &mut Page, run: &RunState, events: &[Event]) {
    if run.marks.is_empty() {
        return;
    }
    page.heading(&tr!("page-report-changes"));
    let head = [tr!("page-report-when"), tr!("page-report-change"), tr!("page-report-did")];
    let rows = run.marks.iter().map(|mark| {
        let when = tr!("page-report-at", step = mark.step, time = Arg::duration(mark.secs));
        let did = effect_of(events, mark).map_or_else(|| tr!("command-bisect-not-measured"), effect_outcome);
        vec![when, mark.label.to_string(), did]
    });
    page.table(&head, rows);
}

/// Each figure from the newest reading that has it: an engine's first one has no load of the cores, and any may lack another.
fn machine_section(page: &mut Page, readings: &[&Telemetry], started: &Started) {
    page.heading(&tr!("page-report-machine"));
    let none = || "N/A".to_owned();
    let newest_first = || readings.iter().rev();
    let cores = newest_first().map(|reading| reading.cpu_percent.len()).find(|cores| *cores > 0);
    let memory = newest_first().find_map(|reading| reading.memory_total_bytes);
    let gpus = newest_first().map(|reading| reading.gpus.as_slice()).find(|gpus| !gpus.is_empty()).unwrap_or_default();
    let mut rows = vec![
        (tr!("page-report-device"), format!("{} ({})", started.device.name, started.device.driver)),
        (tr!("page-report-cores"), cores.map_or_else(none, |cores| cores.to_string())),
        (tr!("page-report-memory"), memory.map_or_else(none, language::bytes)),
    ];
    for (i, gpu) in gpus.iter().enumerate() {
        let memory = newest_first().find_map(|reading| reading.gpus.get(i)?.memory_total_bytes);
        rows.push((gpu.name.clone(), memory.map_or_else(none, language::bytes)));
    }
    rows.push((tr!("page-report-program"), crate::about::version_line()));
    page.pairs(rows.into_iter());
}

/// HTML as it grows.
struct Page(String);

impl Page {
    fn begin(title: &str, dark: bool) -> Self {
        let ground = if dark { "dark" } else { "light" };
        let mut page = Self(String::new());
        let (language, title) = (language::current().tag(), escaped(title));
        let _ = write!(
            page.0,
            "<!DOCTYPE html>\n<html lang=\"{language}\" class=\"{ground}\"><head><meta charset=\"utf-8\">\
             <title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
        );
        page
    }

    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn heading(&mut self, text: &str) {
        let _ = write!(self.0, "\n<h2>{}</h2>", escaped(text));
    }

    fn paragraph(&mut self, text: &str) {
        let _ = write!(self.0, "\n<p>{}</p>", escaped(text));
    }

    fn strong(&mut self, text: &str) {
        let _ = write!(self.0, "\n<p><b>{}</b></p>", escaped(text));
    }

    fn code(&mut self, text: &str) {
        let _ = write!(self.0, "\n<pre>{}</pre>", escaped(text));
    }

    fn pairs(&mut self, rows: impl Iterator<Item = (String, String)>) {
        self.raw("\n<table class=\"pairs\">");
        for (name, value) in rows {
            let _ = write!(self.0, "<tr><th>{}</th><td>{}</td></tr>", escaped(&name), escaped(&value));
        }
        self.raw("</table>");
    }

    fn table(&mut self, head: &[String], rows: impl Iterator<Item = Vec<String>>) {
        self.raw("\n<table><tr>");
        head.iter().for_each(|cell| {
            let _ = write!(self.0, "<th>{}</th>", escaped(cell));
        });
        self.raw("</tr>");
        for row in rows {
            self.raw("<tr>");
            row.iter().for_each(|cell| {
                let _ = write!(self.0, "<td>{}</td>", escaped(cell));
            });
            self.raw("</tr>");
        }
        self.raw("</table>");
    }

    fn end(mut self) -> String {
        let made = tr!(
            "page-report-made",
            version = crate::about::version_line(),
            date = crate::client::dirs::date(SystemTime::now())
        );
        let _ = write!(self.0, "\n<footer>{}</footer></body></html>\n", escaped(&made));
        self.0
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{
        BisectProgress, Bound, Culprit, Decision, GpuTelemetry, Prediction, RunChange, ValidationEvent, played,
    };

    /// A run that is gone on with and ends at once has a first reading behind all others, which says nothing of the cores.
    #[test]
    fn the_machine_is_known_from_whichever_reading_tells_of_it() {
        let gpu =
            |memory_total_bytes| GpuTelemetry { name: "Board".to_owned(), memory_total_bytes, ..Default::default() };
        let whole = Telemetry {
            cpu_percent: vec![1.0; 12],
            memory_total_bytes: Some(8 << 30),
            gpus: vec![gpu(Some(24 << 30))],
            ..Telemetry::default()
        };
        let first = Telemetry { gpus: vec![gpu(None)], ..Telemetry::default() };
        let section = |readings: &[&Telemetry]| {
            let mut page = Page::begin("a run", false);
            machine_section(&mut page, readings, &played::started());
            page.end()
        };
        let html = section(&[&first, &whole, &first, &Telemetry::default()]);
        assert!(html.contains("<tr><th>Logical cores</th><td>12</td></tr>"), "{html}");
        assert!(html.contains("<th>Board</th>") && !html.contains("N/A"), "{html}");
        assert!(section(&[]).contains("<tr><th>Logical cores</th><td>N/A</td></tr>"));
    }

    #[test]
    fn the_best_validation_may_stand_within_an_epoch_or_before_one_without() {
        let found = |step, accuracy| ValidationEvent {
            secs: 1.0,
            step,
            epoch: 1,
            loss: 1.0,
            accuracy,
            auc: Some(accuracy + 0.1),
            best: true,
            val_secs: 0.0,
        };
        let mut run = RunState { validations: vec![found(5, 0.5), found(8, 0.6)], ..RunState::default() };
        run.epochs = vec![played::epoch(10)];
        let close = |(auc, accuracy): (Option<f64>, Option<f64>)| [auc, accuracy].map(|v| (v.unwrap() * 10.0).round());
        assert_eq!(close(best_validation(&run)), [7.0, 6.0]);
        run.epochs = vec![EpochEvent { best: true, val_auc: Some(0.9), val_accuracy: Some(0.8), ..played::epoch(10) }];
        assert_eq!(close(best_validation(&run)), [9.0, 8.0]);
        assert_eq!(best_validation(&RunState::default()), (None, None));
    }

    #[test]
    fn the_verdict_has_a_table_of_what_each_change_would_bring() {
        let prediction = |change: RunChange, images_per_sec: f64| Prediction {
            change,
            images_per_sec,
            low: 0.5 * images_per_sec,
            high: 2.0 * images_per_sec,
            measured: false,
            next_bound: Bound::Compute,
            next_limit: "the <device>".into(),
        };
        let off = RunChange::TransformOff("RandZoom".to_owned());
        let rates = [(RunChange::Workers(2), 100.0), (off, 101.0), (RunChange::Workers(4), 180.0)];
        let mut predictions = rates.map(|(change, rate)| prediction(change, rate)).to_vec();
        predictions[2].measured = true;
        let verdict = Verdict { images_per_sec: Some(100.0), predictions, ..played::verdict(Bound::Input) };
        let mut page = Page::begin("a run", false);
        verdict_section(&mut page, &verdict, 2);
        let html = page.end();
        let rows = [
            "<tr><td>▸ 4 workers</td><td>180</td><td>measured, 90.0 to 360</td><td>the &lt;device&gt;</td></tr>",
            "<tr><td>RandZoom off</td><td>101</td><td>50.5 to 202</td><td>the &lt;device&gt;</td></tr>",
        ];
        assert!(html.contains(&rows.concat()), "{html}");
        assert!(!html.contains("2 workers"), "{html}");
        let mut bare = Page::begin("a run", false);
        verdict_section(&mut bare, &played::verdict(Bound::NotEnough), 2);
        assert!(!bare.end().contains("<td>"));
    }

    fn change(config_version: u64, label: &str, off: &[&str]) -> Event {
        let switched_off = off.iter().map(|name| (*name).to_owned()).collect();
        let (secs, step) = (config_version as f64, config_version);
        let mark = ChangeMark { secs, step, config_version, label: label.into(), experiment: false, switched_off };
        Event::Changed(mark)
    }

    fn effect(config_version: u64, frac: f64) -> Event {
        Event::Effect(Box::new(ChangeEffect {
            config_version,
            label: "".into(),
            before_images_per_sec: Some(100.0),
            after_images_per_sec: Some(100.0 * (1.0 + frac)),
            effect_frac: Some(frac),
            low: Some(frac - 0.1),
            high: Some(frac + 0.1),
            blocks: 9,
            predicted: None,
            decision: Decision::Effect,
            with_next: false,
            others_moved: false,
            remaining_secs: None,
        }))
    }

    #[test]
    fn each_change_stands_beside_what_it_was_measured_to_bring() {
        let began = || Event::Started(Box::new(played::started()));
        let (more, fewer) = (change(1, "workers 2 → 4", &[]), change(1, "workers 4 → 2", &[]));
        let events = [began(), more, effect(1, 0.96), began(), fewer, effect(1, -0.48), change(2, "last", &[])];
        let mut run = RunState::default();
        run.marks = events
            .iter()
            .filter_map(|event| if let Event::Changed(mark) = event { Some(mark.clone()) } else { None })
            .collect();
        let mut page = Page::begin("a run", false);
        changes_section(&mut page, &run, &events);
        let html = page.end();
        for row in [
            "<td>workers 2 → 4</td><td>+96 % (+86 to +106 %) images/s</td>",
            "<td>workers 4 → 2</td><td>-48 % (-58 to -38 %) images/s</td>",
            "<td>last</td><td>not measured</td>",
        ] {
            assert!(html.contains(row), "{html}");
        }
    }

    #[test]
    fn a_bisect_has_all_its_rows_and_what_came_of_following_it() {
        let delay = Trial { transform: "SimulateDelay".to_owned(), ..played::trial(2, 1.5, 0.1) };
        let open = Trial { high: None, decision: Decision::Undecided, ..played::trial(3, 0.02, 0.05) };
        let culprit = Culprit {
            transform: "SimulateDelay".to_owned(),
            index: 2,
            effect_frac: 1.5,
            low: 1.4,
            high: 1.6,
            without: Vec::new(),
        };
        let ended = played::bisect();
        let verdict = ended.verdict.clone().map(|nothing| BisectVerdict { culprits: vec![culprit], ..nothing });
        let bisect = BisectProgress { trials: vec![delay, open], verdict, ..ended };
        let mut run = RunState::default();
        run.findings.bisect = Some(bisect);
        let section = |run: &RunState, events: &[Event]| {
            let mut page = Page::begin("a run", false);
            bisect_section(&mut page, run, events);
            page.end()
        };
        let html = section(&run, &[]);
        for row in [
            "<td>SimulateDelay</td><td>150.0 %</td><td>140.0 to 160.0 %</td><td>decided</td>",
            "<td>T3</td><td>2.0 %</td><td>no interval yet</td><td>undecided</td>",
        ] {
            assert!(html.contains(row), "{html}");
        }
        assert!(!html.contains("Confirmed"), "{html}");
        let events = [change(5, "SimulateDelay off", &["SimulateDelay"]), effect(5, 1.83)];
        let Event::Changed(mark) = &events[0] else { unreachable!() };
        run.marks.push(mark.clone());
        assert!(section(&run, &events).contains("2.83 times as fast (2.73 to 2.93)"));
    }
}
