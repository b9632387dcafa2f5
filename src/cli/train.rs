//! `trainscope train`: a run without a window.

use super::config_args::dataset_dir;
use super::follow::{Follow, OnInterrupt, follow};
use super::on_stall::{OnStall, StallPolicy};
use super::place::Place;
use super::trace_file::TraceFile;
use super::{CommandResult, ConfigArgs, EXIT_OTHER, Failure};
use crate::client::{ClientError, Engine, EngineCommand};
use crate::config::RunConfig;
use crate::protocol::{Command, OnChangedData, StartRun};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

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
    /// Train on when this command is ended or its terminal or connection goes; Ctrl-C then only leaves. `trainscope attach RUNDIR`,
    /// with the same --ssh, watches the run again.
    #[arg(long)]
    detached: bool,
    /// When the training ends or is stopped, write a trace of its last 30 seconds, which ui.perfetto.dev opens: what each
    /// loader thread, the queue and the trainer did.
    #[arg(long, value_name = "FILE.json")]
    trace: Option<PathBuf>,
    /// Write the trace over a file that is there.
    #[arg(long, requires = "trace")]
    overwrite: bool,
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
    let trace = args.trace.clone().map(|path| TraceFile::at(path, args.overwrite, args.json)).transpose()?;
    let other = |e: ClientError| Failure::new(EXIT_OTHER, e);
    let engine = if args.detached { Engine::start_detached(&command, || {}) } else { Engine::start(&command, || {}) };
    let engine = engine.map_err(other)?;
    if trace.is_some() {
        engine.send(TraceFile::command()).map_err(other)?;
    }
    let place = Place { host: args.ssh.clone(), run_dir: start.run_dir.clone(), detached: args.detached };
    engine.send(Command::Start(Box::new(start))).map_err(other)?;
    let on_interrupt = if args.detached { OnInterrupt::Leave } else { OnInterrupt::Stop };
    let policy = Some(StallPolicy::new(args.on_stall, args.stall_grace, place.resume(&[])));
    follow(engine, Follow { json: args.json, place, on_interrupt, stopping: false, trace, policy })
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
