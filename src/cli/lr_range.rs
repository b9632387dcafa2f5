//! `trainscope lr-range`: which learning rates a network can be trained with.

use super::outcome::{engine_gone, failure_code, refuse_existing, say_written};
use super::plot::writer_of;
use super::progress::ProgressLine;
use super::{
    CommandResult, ConfigArgs, EXIT_DEVICE, EXIT_INTERRUPTED, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, interrupt_flag,
    print_json,
};
use crate::client::{ClientError, ClientEvent, Engine, EngineCommand, RangeTest};
use crate::config::{OnDivergence, RunConfig, ScheduleConfig};
use crate::console::one_line;
use crate::plot::{PngOptions, range_plot};
use crate::protocol::{Command, Event, StartRun};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(100);
const GRACE: Duration = Duration::from_secs(30);
const MOST_STEPS: u32 = 100_000;

#[derive(Debug, Args)]
pub struct LrRangeArgs {
    /// The dataset's folder; may stand in the configuration instead.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// The first rate.
    #[arg(long, default_value_t = 1e-7)]
    from: f64,
    /// The last rate; it ends before where the loss explodes.
    #[arg(long, default_value_t = 1.0)]
    to: f64,
    /// Steps from the first to the last: ten for each tenfold rise, and twenty, are the fewest after which a rate is named.
    #[arg(long, default_value_t = 100)]
    steps: u32,
    /// The picture to write: a PNG, or an SVG by its name's ending.
    #[arg(long, value_name = "F.png|F.svg")]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// One JSON object a step (type lr_point), and one at the end (lr_range): steepest, tenth_of_lowest, sentence.
    #[arg(long)]
    json: bool,
}

/// The network is trained in a folder that goes with the command: what stays is what was found.
pub(super) fn run(args: &LrRangeArgs) -> CommandResult {
    let config = config_of(args)?;
    let picture = match &args.out {
        Some(out) => {
            refuse_existing(out, args.overwrite)?;
            Some((out, writer_of(out)?))
        }
        None => None,
    };
    let folder = tempfile::tempdir()
        .map_err(|e| Failure::new(EXIT_OTHER, msg!("command-no-run-folder", reason = e.to_string())))?;
    let other = |e: ClientError| Failure::new(EXIT_OTHER, e);
    let engine = Engine::start(&EngineCommand::Local, || {}).map_err(other)?;
    engine.send(Command::Start(Box::new(StartRun::new(config, folder.path().join("run"))))).map_err(other)?;
    let interrupted = interrupt_flag();
    let mut test = RangeTest::new(args.from, args.to);
    let mut line = ProgressLine::logged();
    loop {
        if interrupted.load(Relaxed) {
            line.clear();
            engine.wait(GRACE);
            return Ok(EXIT_INTERRUPTED);
        }
        match engine.recv_timeout(POLL) {
            None => {}
            Some(ClientEvent::Event(Event::Step(step))) => {
                let (done, steps, lr) = (step.step, args.steps, format!("{:.1e}", step.lr));
                line.show(|| tr!("command-lr-range-progress", done, steps, lr));
                let goes_on = test.take(step.lr, step.loss.unwrap_or(f64::NAN));
                if let (true, Some(point)) = (args.json, test.points().last().filter(|_| step.loss.is_some())) {
                    print_json(&json!({
                        "type": "lr_point", "step": step.step, "lr": point.lr, "loss": point.loss,
                        "smoothed": point.smoothed,
                    }));
                }
                if !goes_on || step.step >= u64::from(args.steps) {
                    break;
                }
            }
            Some(ClientEvent::Event(Event::Warning { message, .. })) => {
                line.clear();
                say!("{}", msg!("command-warning", message = one_line(&message.to_string())));
            }
            Some(ClientEvent::Event(Event::Failed { error, kind })) => {
                line.clear();
                return Err(Failure::new(failure_code(kind), one_line(&error.to_string())));
            }
            Some(ClientEvent::Event(Event::Finished(_))) => break,
            Some(ClientEvent::Event(_)) => {}
            Some(ClientEvent::Exited(exit)) => {
                line.clear();
                return Err(Failure::new(EXIT_DEVICE, engine_gone(&exit)));
            }
        }
    }
    line.clear();
    engine.wait(GRACE);
    if args.json {
        print_json(&json!({
            "type": "lr_range", "steps": test.points().len(), "steepest": test.steepest(),
            "tenth_of_lowest": test.tenth_of_lowest(), "sentence": test.sentence(),
        }));
    } else {
        print_line!("{}", test.sentence());
    }
    // Last: what was found is said wherever that cannot be written.
    if let Some((out, write)) = picture {
        write(out, &[range_plot(&test)], &PngOptions::default()).map_err(|e| Failure::new(EXIT_OTHER, e))?;
        say_written(out);
    }
    Ok(EXIT_OK)
}

fn config_of(args: &LrRangeArgs) -> Result<RunConfig, Failure> {
    if !(args.from > 0.0 && args.from < args.to) {
        let (from, to) = (args.from.to_string(), args.to.to_string());
        return Err(Failure::new(EXIT_USAGE, msg!("command-rates-expected", from, to)));
    }
    let fewest = RangeTest::fewest_steps(args.from, args.to);
    if args.steps > MOST_STEPS || (args.steps as usize) < fewest {
        let (given, most) = (args.steps.to_string(), MOST_STEPS.to_string());
        let words = msg!("command-lr-steps-expected", given, fewest = fewest.to_string(), most);
        return Err(Failure::new(EXIT_USAGE, words));
    }
    let mut config = args.config.read_with_data(args.data.as_deref(), false)?;
    config.schedule = ScheduleConfig::named("range_test");
    // As many epochs as the steps need, of which the last, which is validated, is never reached.
    let train = &mut config.train;
    train.endless();
    train.loss_every_steps = 1;
    (train.validate_every_epochs, train.validate_every_steps) = (0, 0);
    // That the loss leaves its range is what the test is for.
    train.on_divergence = OnDivergence::GoOn;
    let sets = [
        format!("optimizer.lr={:e}", args.to),
        format!("schedule.start_frac={:e}", args.from / args.to),
        format!("schedule.rise_steps={}", args.steps),
    ];
    config.with_sets(&sets).map_err(|e| Failure::new(EXIT_USAGE, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command as Asked};
    use clap::Parser as _;

    /// It would end as a failure before it says what it found.
    #[test]
    fn a_range_test_goes_on_where_a_training_would_end() {
        let words = ["trainscope", "lr-range", "--data", ".", "--set", "train.on_divergence=stop"];
        let sets =
            ["--set", "train.early_stopping=3", "--set", "schedule.name=cosine", "--set", "schedule.end_frac=0.1"];
        let asked = Cli::try_parse_from(words.into_iter().chain(sets)).unwrap().command;
        let Some(Asked::LrRange(args)) = asked else { panic!("{asked:?}") };
        let config = config_of(&args).unwrap();
        assert_eq!((config.train.on_divergence, config.train.early_stopping), (OnDivergence::GoOn, 0));
        assert_eq!((config.schedule.name.as_str(), config.optimizer.lr), ("range_test", 1.0));
    }

    /// Ten for each tenfold rise.
    #[test]
    fn steps_after_which_no_rate_is_named_are_refused_before_any_is_made() {
        let refused = |more: &[&str]| {
            let words = ["trainscope", "lr-range", "--data", "."].into_iter().chain(more.iter().copied());
            let asked = Cli::try_parse_from(words).unwrap().command;
            let Some(Asked::LrRange(args)) = asked else { panic!("{asked:?}") };
            config_of(&args).err().map(|failure| (failure.code, failure.message))
        };
        for steps in ["5", "69", "100001"] {
            let (code, message) = refused(&["--steps", steps]).unwrap();
            assert!(code == EXIT_USAGE && message.contains("from 70 to 100000"), "{message}");
        }
        assert_eq!(refused(&["--steps", "70"]), None);
        assert_eq!(refused(&["--from", "1e-3", "--steps", "30"]), None);
        assert!(refused(&["--from", "1e-1", "--steps", "19"]).unwrap().1.contains("from 20 to"));
    }
}
