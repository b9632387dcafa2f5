//! `trainscope train`: a run without a window.

use super::config_args::dataset_dir;
use super::on_stall::{Decision, OnStall, StallPolicy};
use super::report::{figures, lines};
use super::trace_file::TraceFile;
use super::{
    CommandResult, ConfigArgs, EXIT_DATA, EXIT_DEVICE, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_OK, EXIT_OTHER,
    EXIT_USAGE, Failure, print_json,
};
use crate::client::{ClientError, ClientEvent, Engine, EngineCommand, EngineExit, Findings};
use crate::config::RunConfig;
use crate::console::{one_line, show_path};
use crate::language::{Arg, Message};
use crate::protocol::{
    Bound, Command, Event, FailureKind, Finished, OnChangedData, RunChange, RunPhase, RunStatus, StartRun, TestReport,
    Verdict,
};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);
const STEP_LINE_EVERY: Duration = Duration::from_secs(2);
/// Between two lines of verdicts that say the same of what holds training back; there is one a second.
const VERDICT_LINE_EVERY: Duration = Duration::from_secs(10);
/// An engine that is ended for a stall has so long to write a checkpoint.
const LAST_CHECKPOINT_GRACE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// The dataset's folder; may stand in the configuration instead.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The run's folder; made if missing.
    #[arg(long, value_name = "RUNDIR")]
    run: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// Go on from the last checkpoint in RUNDIR, with the configuration it was started with.
    #[arg(long)]
    resume: bool,
    /// With --resume, what to do where the data, the split or the batch size are not what they were: exit with code 3, go on
    /// with the weights over what is there now, or begin anew and keep what was in a folder within RUNDIR.
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT", requires = "resume")]
    on_changed_data: ChangedData,
    /// One JSON object a line: started, step, epoch, validation, trying, changed, verdict, warning, trace, finished or failed.
    #[arg(long)]
    json: bool,
    /// What to do about a thread that hangs: in a file that cannot be read to its end, a transform that never returns.
    #[arg(long, value_enum, default_value = "warn", value_name = "WHAT")]
    on_stall: OnStall,
    /// ... once it has hung for so many seconds.
    #[arg(long, default_value_t = 60, value_name = "SECS")]
    stall_grace: u64,
    /// Train on another machine: the engine is started there over ssh.
    #[arg(long, value_name = "HOST")]
    ssh: Option<String>,
    /// Train on when this command is ended or its terminal or connection goes; Ctrl-C then only leaves. `trainscope attach RUNDIR`
    /// watches the run again.
    #[arg(long)]
    detached: bool,
    /// When the training ends or is stopped, write a trace of its last 30 seconds, which ui.perfetto.dev opens: what each
    /// loader thread, the queue and the trainer did.
    #[arg(long, value_name = "FILE.json")]
    trace: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChangedData {
    Refuse,
    Keep,
    Restart,
}

impl From<ChangedData> for OnChangedData {
    fn from(what: ChangedData) -> Self {
        match what {
            ChangedData::Refuse => Self::Refuse,
            ChangedData::Keep => Self::Keep,
            ChangedData::Restart => Self::Restart,
        }
    }
}

pub(super) fn run(args: &TrainArgs) -> CommandResult {
    let start = start_from(args)?;
    let command = match &args.ssh {
        Some(host) => EngineCommand::Ssh { host: host.clone() },
        None => EngineCommand::Local,
    };
    let trace = args.trace.clone().map(|path| TraceFile::at(path, args.json)).transpose()?;
    let other = |e: ClientError| Failure::new(EXIT_OTHER, e);
    let engine = if args.detached { Engine::start_detached(&command, || {}) } else { Engine::start(&command, || {}) };
    let engine = engine.map_err(other)?;
    if trace.is_some() {
        engine.send(TraceFile::command()).map_err(other)?;
    }
    let place = Place { host: args.ssh.clone(), run_dir: start.run_dir.clone(), detached: args.detached };
    engine.send(Command::Start(Box::new(start))).map_err(other)?;
    let on_interrupt = if args.detached { OnInterrupt::Leave } else { OnInterrupt::Stop };
    let policy = Some(StallPolicy::new(args.on_stall, args.stall_grace));
    follow(engine, Follow { json: args.json, place, on_interrupt, stopping: false, trace, policy })
}

/// What a Ctrl-C means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnInterrupt {
    /// The run is to stop, with a checkpoint.
    Stop,
    /// Nobody watches any more, and it goes on.
    Leave,
}

/// How a run is followed to its end.
pub(super) struct Follow {
    pub json: bool,
    pub place: Place,
    pub on_interrupt: OnInterrupt,
    /// It has been told to stop.
    pub stopping: bool,
    pub trace: Option<TraceFile>,
    /// What to do about stalls; `None` where another client does.
    pub policy: Option<StallPolicy>,
}

/// Where a run trains that is followed.
pub(super) struct Place {
    /// Another machine, over ssh.
    pub host: Option<String>,
    pub run_dir: PathBuf,
    /// It trains on without its client.
    pub detached: bool,
}

impl Place {
    /// That nothing more comes of a run that had begun, and which command is next.
    fn lost(&self, exit: &EngineExit) -> Message {
        let over = self.host.as_ref().map_or_else(String::new, |host| format!(" --ssh {host}"));
        let dir = show_path(&self.run_dir);
        let dir = if dir.contains(char::is_whitespace) { format!("\"{dir}\"") } else { dir };
        let resume = format!("trainscope train --resume{over} --run {dir}");
        let Some(host) = self.host.as_ref().filter(|_| is_of_ssh(exit)) else {
            return msg!("command-engine-gone-resume", gone = engine_gone(exit), command = resume);
        };
        let how = exit.telling_word().map_or_else(|| exit.how.clone(), |word| word.to_owned().into());
        match self.detached {
            true => {
                let command = format!("trainscope attach{over} {dir}");
                msg!("command-connection-lost-goes-on", host, how, command)
            }
            false => msg!("command-connection-lost", host, how, command = resume),
        }
    }
}

/// A connection that says nothing for longer is worth a word: there is a heartbeat a second.
const SILENCE: Duration = Duration::from_secs(30);

/// Says what happens until the run ends, or nobody wants to hear it any more.
pub(super) fn follow(engine: Engine, follow: Follow) -> CommandResult {
    let Follow { json, place, on_interrupt, stopping, mut trace, mut policy } = follow;
    let mut stop_sent = stopping;
    let interrupts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&interrupts);
    if let Err(error) = crate::console::on_interrupt(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }) {
        say!("trainscope: {}", msg!("command-train-no-interrupt", reason = error.to_string()));
    }
    let mut report = Report { json, last_line: None, trying: None, verdicts: Verdicts::default() };
    let (mut heard, mut met, mut started) = (Instant::now(), false, false);
    let mut silent = false;
    loop {
        match (interrupts.load(Ordering::Relaxed), on_interrupt) {
            (0, _) => {}
            (_, OnInterrupt::Leave) => {
                say!("trainscope: {}", msg!("command-run-goes-on"));
                engine.leave();
                return Ok(EXIT_OK);
            }
            (1, OnInterrupt::Stop) if stop_sent => {}
            (1, OnInterrupt::Stop) => {
                say!("trainscope: {}", msg!("command-stopping"));
                // An engine that is gone has stopped.
                let _ = engine.send(Command::Stop);
                stop_sent = true;
            }
            _ => {
                engine.kill();
                return Ok(EXIT_INTERRUPTED);
            }
        }
        let received = engine.recv_timeout(POLL);
        met |= matches!(received, Some(ClientEvent::Event(_)));
        started |= matches!(received, Some(ClientEvent::Event(Event::Started(_))));
        if received.is_some() {
            heard = Instant::now();
            if std::mem::take(&mut silent) {
                say!("{}", msg!("command-warning", message = msg!("command-engine-heard-again")));
            }
        } else if heard.elapsed() > SILENCE && !std::mem::replace(&mut silent, true) {
            let message = msg!("command-engine-not-heard", secs = SILENCE.as_secs());
            say!("{}", msg!("command-warning", message));
        }
        match received {
            None => {}
            Some(ClientEvent::Event(Event::Trace(taken))) => {
                if let Some(trace) = &mut trace {
                    trace.write(&taken);
                }
            }
            Some(ClientEvent::Event(event)) => {
                if let (Event::Stalls(stalls), Some(policy)) = (&event, &mut policy) {
                    for decision in policy.decide(stalls) {
                        match decision {
                            // An engine that is gone is reported by its exit.
                            Decision::Answer(answer) => drop(engine.send(Command::AnswerStall(answer))),
                            Decision::Fail(why, code) => {
                                let _ = engine.send(Command::Stop);
                                // Where the trainer itself hangs it is killed.
                                engine.wait(LAST_CHECKPOINT_GRACE);
                                report.failed(&why.to_string());
                                return Ok(code);
                            }
                        }
                    }
                }
                if let Some(code) = report.event(&event) {
                    if let Some(trace) = &trace {
                        trace.end();
                    }
                    engine.wait(Duration::from_secs(10));
                    return Ok(if stop_sent && code == EXIT_OK { EXIT_INTERRUPTED } else { code });
                }
            }
            Some(ClientEvent::Exited(exit)) => {
                // Who was never met cannot have been stopped from here.
                let stopped = stop_sent && (met || !stopping);
                // It said why it does not even begin, on another machine say, and that is all there is to say.
                if let Some(why) = exit.telling_word().filter(|_| !met && is_refusal(&exit)) {
                    report.failed(why.strip_prefix("trainscope: ").unwrap_or(why));
                    return Ok(EXIT_USAGE);
                }
                let gone = if started { place.lost(&exit) } else { engine_gone(&exit) };
                report.failed(&gone.to_string());
                return Ok(if stopped { EXIT_INTERRUPTED } else { EXIT_DEVICE });
            }
        }
    }
}

fn start_from(args: &TrainArgs) -> Result<StartRun, Failure> {
    // The engine may run in another folder than this command, and on another machine.
    let elsewhere = args.ssh.is_some();
    let run_dir = args.run.clone();
    let run_dir = if elsewhere { run_dir } else { std::path::absolute(&run_dir).unwrap_or(run_dir) };
    if args.resume {
        // What the run was started with stands where the engine is.
        let mut sets = args.config.sets.clone();
        if let Some(data) = &args.data {
            sets.push(format!("data.dir={}", toml::Value::from(dataset_dir(data, elsewhere)?)));
        }
        let start = StartRun::resume(RunConfig::default(), run_dir);
        return Ok(StartRun {
            keep_config: Some(sets),
            on_changed_data: args.on_changed_data.into(),
            detached: args.detached,
            ..start
        });
    }
    let config = args.config.read_with_data(args.data.as_deref(), elsewhere)?;
    Ok(StartRun { detached: args.detached, ..StartRun::new(config, run_dir) })
}

/// Says what happens, as JSON lines or as text.
struct Report {
    json: bool,
    last_line: Option<Instant>,
    /// The change of transforms that was last said to be tried.
    trying: Option<Message>,
    verdicts: Verdicts,
}

impl Report {
    /// The exit code, where the event is the last.
    fn event(&mut self, event: &Event) -> Option<u8> {
        match event {
            Event::Started(s) => {
                if self.json {
                    let mut line = json!(s);
                    line["type"] = json!("started");
                    print_json(&line);
                } else {
                    let (model, device, driver) = (&s.config.model.name, &s.device.name, s.device.driver.to_string());
                    let (train, val, test, classes) = (s.train_count, s.val_count, s.test_count, s.class_names.len());
                    say!("{}", msg!("command-train-started", model, device, driver, train, val, test, classes));
                }
            }
            Event::Step(s) if self.json => print_json(&json!({
                "type": "step", "step": s.step, "epoch": s.epoch, "loss": s.loss, "lr": s.lr, "secs": s.secs,
                "images_per_sec": s.images_per_sec, "data_wait_frac": s.data_wait_frac,
                "config_version": s.config_version,
            })),
            Event::Step(s) if self.last_line.is_none_or(|t| t.elapsed() >= STEP_LINE_EVERY) => {
                self.last_line = Some(Instant::now());
                let loss = s.loss.map_or_else(|| "-".to_owned(), |l| format!("{l:.4}"));
                let (epoch, step) = (s.epoch.to_string(), s.step.to_string());
                let (rate, waiting) = (Arg::number(s.images_per_sec, 0), Arg::percent(s.data_wait_frac, 0));
                say!("{}", msg!("command-train-step", epoch, step, loss, rate, waiting));
            }
            Event::Epoch(e) if self.json => print_json(&json!({
                "type": "epoch", "epoch": e.epoch, "train_loss": finite(e.train_loss), "val_loss": e.val_loss,
                "val_accuracy": e.val_accuracy, "val_auc": e.val_auc, "secs": e.epoch_secs, "best": e.best,
            })),
            Event::Epoch(e) => {
                let show = |v: Option<f64>| v.map_or_else(|| "N/A".to_owned(), |v| format!("{v:.4}"));
                let (epoch, train_loss) = (e.epoch.to_string(), Arg::number(e.train_loss, 4));
                let [val_loss, accuracy, auc] = [e.val_loss, e.val_accuracy, e.val_auc].map(show);
                let secs = Arg::number(e.epoch_secs, 0);
                say!("{}", msg!("command-train-epoch", epoch, train_loss, val_loss, accuracy, auc, secs));
            }
            Event::Validation(v) if self.json => print_json(&json!({
                "type": "validation", "epoch": v.epoch, "step": v.step, "val_loss": finite(v.loss),
                "val_accuracy": v.accuracy, "val_auc": v.auc, "secs": v.val_secs, "best": v.best,
            })),
            Event::Validation(v) => {
                let auc = v.auc.map_or_else(|| "N/A".to_owned(), |auc| format!("{auc:.4}"));
                let (step, loss, accuracy) = (v.step.to_string(), Arg::number(v.loss, 4), Arg::number(v.accuracy, 4));
                say!("{}", msg!("command-train-validation", step, loss, accuracy, auc));
            }
            Event::Changed(mark) if self.json => print_json(&json!({
                "type": "changed", "step": mark.step, "secs": mark.secs, "label": mark.label,
            })),
            Event::Trying(trying) => {
                let before = std::mem::replace(&mut self.trying, trying.label.clone());
                if let Some(label) = trying.label.as_ref().filter(|label| before.as_ref() != Some(label)) {
                    if self.json {
                        print_json(&json!({"type": "trying", "secs": trying.secs, "label": label}));
                    } else {
                        say!("{}", msg!("command-trying", label));
                    }
                }
            }
            Event::Stages(stages) => self.verdicts.findings.stages = Some(stages.clone()),
            Event::Verdict(verdict) => {
                self.verdicts.findings.take_verdict(verdict);
                if self.json && self.verdicts.is_due(Instant::now()) {
                    self.verdicts.json_line().iter().for_each(print_json);
                }
            }
            Event::Warning { message, .. } if self.json => print_json(&json!({"type": "warning", "message": message})),
            Event::Warning { message, .. } => {
                say!("{}", msg!("command-warning", message = one_line(&message.to_string())))
            }
            Event::Phase(phase) if !self.json => {
                if matches!(phase, RunPhase::CheckingDevice | RunPhase::WarmingUp | RunPhase::Testing) {
                    say!("{}", describe(*phase));
                }
            }
            Event::Finished(finished) => {
                self.finished(finished);
                return Some(if finished.missing.is_empty() { EXIT_OK } else { EXIT_INCOMPLETE });
            }
            Event::Failed { error, kind } => {
                match kind {
                    FailureKind::ChangedData => self.failed(&tr!("command-changed-data", error)),
                    _ => self.failed(&error.to_string()),
                }
                return Some(failure_code(*kind));
            }
            _ => {}
        }
        None
    }

    fn finished(&self, finished: &Finished) {
        if self.json {
            self.verdicts.json_line().iter().for_each(print_json);
            let test = finished.test.as_ref();
            let mut object = json!({
                "type": "finished",
                "status": finished.status,
                "steps": finished.steps,
                "secs": finished.secs,
                "best_epoch": finished.best_epoch,
                "confusion": test.map(|t| &t.confusion),
                "classes": test.map(|t| &t.classes),
                "missing": finished.missing,
                "stopped_early": finished.stopped_early,
            });
            for (name, figure) in figures(test.unwrap_or(&TestReport::default())) {
                object[format!("test_{name}")] = test.map_or(serde_json::Value::Null, |_| figure);
            }
            print_json(&object);
            return;
        }
        let (steps, secs) = (finished.steps, Arg::number(finished.secs, 0));
        say!(
            "{}",
            match finished.status {
                RunStatus::Completed => msg!("command-train-finished", steps, secs),
                RunStatus::Stopped => msg!("command-train-stopped", steps, secs),
            }
        );
        for missing in &finished.missing {
            say!("{}", msg!("command-missing", what = one_line(&missing.to_string())));
        }
        self.verdicts.lines().iter().for_each(|line| say!("{}", one_line(&line.to_string())));
        if let Some(test) = &finished.test {
            say!("{}", msg!("command-test"));
            lines(test).iter().for_each(|line| say!("  {line}"));
        }
    }

    fn failed(&self, error: &str) {
        if self.json {
            print_json(&json!({"type": "failed", "error": error}));
        }
        say!("trainscope: {}", one_line(error));
    }
}

/// What holds training back, as the engine says it.
#[derive(Default)]
struct Verdicts {
    findings: Findings,
    /// The last one that had a line while training went on, and when.
    told: Option<(Instant, Verdict)>,
}

impl Verdicts {
    /// Whether the newest is to have a line now, which then counts as told: at once where it is the first that says something or
    /// says something else.
    fn is_due(&mut self, now: Instant) -> bool {
        let Some(newest) = self.findings.verdict.as_ref().filter(|verdict| verdict.bound != Bound::NotEnough) else {
            return false;
        };
        let is_due = self.told.as_ref().is_none_or(|(at, last)| {
            last.bound != newest.bound || last != newest && now.duration_since(*at) >= VERDICT_LINE_EVERY
        });
        if is_due {
            self.told = Some((now, newest.clone()));
        }
        is_due
    }

    /// The newest as a line; `old` says that it is of before the last change.
    fn json_line(&self) -> Option<serde_json::Value> {
        let mut line = json!(self.findings.verdict.as_ref()?);
        line["type"] = json!("verdict");
        line["old"] = json!(self.findings.verdict_is_old);
        Some(line)
    }

    /// The newest for a person, at the end: what held training back, what was wrong around it, what to try next.
    fn lines(&self) -> Vec<Message> {
        let (Some(verdict), Some(sentence)) = (&self.findings.verdict, self.findings.verdict_words()) else {
            return Vec::new();
        };
        if verdict.bound == Bound::NotEnough {
            return vec![msg!("page-diagnosis-too-short")];
        }
        let mut lines = vec![msg!("command-train-verdict", sentence)];
        lines.extend(verdict.troubles.iter().cloned());
        if self.findings.verdict_is_old {
            return lines;
        }
        let workers = self.findings.stages.as_ref().map_or(0, |stages| stages.workers);
        lines.extend(match to_set(verdict, workers) {
            Some(set) => Some(msg!("command-train-try-set", set)),
            None => (verdict.bound == Bound::Input).then(|| msg!("command-train-try-bisect")),
        });
        lines
    }
}

/// What of the configuration to change next, of what surely brings something: the workers where loading holds training back, for they
/// change nothing but the speed, else what brings most.
fn to_set(verdict: &Verdict, workers: usize) -> Option<String> {
    let now = verdict.images_per_sec?;
    if matches!(verdict.bound, Bound::Input | Bound::Balanced)
        && let Some((workers, better)) = verdict.better_workers(workers)
        && better.is_certain(now)
    {
        return Some(format!("loader.workers={workers}"));
    }
    let certain = verdict.changes(workers).into_iter().filter(|prediction| prediction.is_certain(now));
    certain.map(|prediction| &prediction.change).find_map(|change| match change {
        // The second of a name, `Resize 2`, has no key by it.
        RunChange::TransformOff(name) if !name.contains(' ') => Some(format!("transform.{name}.enabled=false")),
        RunChange::Cache => Some("loader.cache=ram".to_owned()),
        RunChange::TransformOff(_) | RunChange::Workers(_) | RunChange::BatchSize(_) => None,
    })
}

/// It ended with the exit code of wrong use.
fn is_refusal(exit: &EngineExit) -> bool {
    exit.how == msg!("engine-exit-code", code = EXIT_USAGE.to_string())
}

/// What ended is ssh itself and not what it ran, whose own exit code it passes on.
fn is_of_ssh(exit: &EngineExit) -> bool {
    !exit.how.is("engine-exit-code") || exit.how == msg!("engine-exit-code", code = "255")
}

/// How an engine ended that was not asked to.
pub(super) fn engine_gone(exit: &EngineExit) -> Message {
    let how = exit.how.to_string();
    match exit.telling_word() {
        Some(word) => msg!("command-engine-gone-with-words", how, words = word.to_string()),
        None => msg!("command-engine-gone", how),
    }
}

/// The exit code that such a failure brings.
pub(super) fn failure_code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Config => EXIT_USAGE,
        FailureKind::Data | FailureKind::ChangedData => EXIT_DATA,
        FailureKind::Device => EXIT_DEVICE,
        FailureKind::Other => EXIT_OTHER,
    }
}

fn finite(value: f64) -> Option<f64> {
    Some(value).filter(|v| v.is_finite())
}

fn describe(phase: RunPhase) -> Message {
    match phase {
        RunPhase::CheckingDevice => msg!("command-phase-checking"),
        RunPhase::WarmingUp => msg!("command-phase-warming-up"),
        RunPhase::Testing => msg!("command-phase-testing"),
        _ => Message::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Prediction, StagesEvent, played};

    fn verdict(bound: Bound, images_per_sec: f64) -> Verdict {
        Verdict { images_per_sec: Some(images_per_sec), ..played::verdict(bound) }
    }

    #[test]
    fn what_holds_training_back_has_a_line_at_once_and_its_figures_now_and_then() {
        let (begun, mut verdicts) = (Instant::now(), Verdicts::default());
        let mut due = |secs: u64, verdict: Verdict| {
            verdicts.findings.take_verdict(&verdict);
            verdicts.is_due(begun + Duration::from_secs(secs))
        };
        let told = [
            due(0, played::verdict(Bound::NotEnough)),
            due(1, verdict(Bound::Input, 100.0)),
            due(10, verdict(Bound::Input, 101.0)),
            due(11, verdict(Bound::Input, 102.0)),
            due(12, verdict(Bound::Compute, 103.0)),
            due(30, verdict(Bound::Compute, 103.0)),
        ];
        assert_eq!(told, [false, true, false, true, true, false]);
    }

    #[test]
    fn a_line_has_what_the_protocol_has() {
        let mut verdicts = Verdicts::default();
        assert_eq!(verdicts.json_line(), None);
        verdicts.findings.take_verdict(&Verdict { predictions: vec![more_workers()], ..verdict(Bound::Input, 100.0) });
        verdicts.findings.take_verdict(&played::verdict(Bound::NotEnough));
        let line = verdicts.json_line().unwrap();
        assert_eq!((&line["type"], &line["bound"], &line["old"]), (&json!("verdict"), &json!("input"), &json!(true)));
        assert_eq!(line["predictions"][0]["change"], json!({"workers": 4}));
        assert!(line["sentence"].is_string() && line["ceilings"].is_array(), "{line}");
    }

    fn more_workers() -> Prediction {
        Prediction {
            change: RunChange::Workers(4),
            images_per_sec: 180.0,
            low: 150.0,
            high: 200.0,
            next_bound: Bound::Compute,
            next_limit: msg!("diagnose-limit-device"),
        }
    }

    #[test]
    fn a_run_that_is_lost_names_the_command_that_is_next() {
        let lost = |host: Option<&str>, detached: bool, code: &str| {
            let place = Place { host: host.map(str::to_owned), run_dir: "my runs".into(), detached };
            let how = msg!("engine-exit-code", code = code.to_owned());
            place.lost(&EngineExit { how, last_words: vec!["Broken pipe".to_owned()] }).to_string()
        };
        let resume = "trainscope train --resume --ssh far --run \"my runs\"";
        let attached = lost(Some("far"), true, "255");
        assert!(attached.starts_with("the connection to far is lost: Broken pipe; "), "{attached}");
        assert!(attached.ends_with("trainscope attach --ssh far \"my runs\""), "{attached}");
        let cut = lost(Some("far"), false, "255");
        assert!(cut.starts_with("the connection to far is lost") && cut.ends_with(resume), "{cut}");
        // ssh passes on how the engine ended there.
        let died = lost(Some("far"), true, "101");
        assert!(died.starts_with("the engine is gone: exit code 101") && died.ends_with(resume), "{died}");
        assert!(lost(None, false, "1").ends_with("trainscope train --resume --run \"my runs\""));
    }

    #[test]
    fn the_end_says_what_held_training_back_and_what_to_try() {
        let lines = |verdict: Verdict| {
            let mut verdicts = Verdicts::default();
            let stages = Vec::new();
            verdicts.findings.stages = Some(StagesEvent {
                secs: 1.0,
                config_version: 0,
                workers: 2,
                stages,
                queue_len: 0,
                queue_capacity: 4,
                cache: None,
            });
            verdicts.findings.take_verdict(&verdict);
            verdicts.lines().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let helped = Verdict {
            predictions: vec![more_workers()],
            troubles: vec!["It is hot.".into()],
            ..verdict(Bound::Input, 100.0)
        };
        let words = ["verdict: input-bound", "It is hot.", "to try next: --set loader.workers=4"];
        assert_eq!(lines(helped), words);
        let helpless = lines(verdict(Bound::Input, 100.0));
        assert!(helpless[1].contains("trainscope bisect"), "{helpless:?}");
        assert_eq!(lines(verdict(Bound::Compute, 100.0)), ["verdict: compute-bound"]);
        // What the verdict speaks against, or what is not certain, is not advised.
        let of = |bound: Bound, predictions: Vec<Prediction>| lines(Verdict { predictions, ..verdict(bound, 100.0) });
        assert_eq!(of(Bound::Compute, vec![more_workers()]), ["verdict: compute-bound"]);
        let unsure = Prediction { low: 80.0, ..more_workers() };
        assert!(of(Bound::Input, vec![unsure.clone()])[1].contains("trainscope bisect"));
        let sure = |change: RunChange| Prediction { change, ..more_workers() };
        let off = sure(RunChange::TransformOff("RandZoom".to_owned()));
        let try_off = "to try next: --set transform.RandZoom.enabled=false";
        assert_eq!(of(Bound::Balanced, vec![unsure, off]), ["verdict: balanced", try_off]);
        let second = sure(RunChange::TransformOff("RandZoom 2".to_owned()));
        let cached = of(Bound::Input, vec![second, sure(RunChange::Cache)]);
        assert_eq!(cached[1], "to try next: --set loader.cache=ram");
        assert!(lines(played::verdict(Bound::NotEnough))[0].starts_with("The run was over before"));
        assert!(Verdicts::default().lines().is_empty());
    }
}
