//! `trainscope attach`: a client for a run that trains without one.

use super::follow::{Follow, OnInterrupt, follow};
use super::outcome::EXIT_NOTHING_TRAINS;
use super::place::Place;
use super::{CommandResult, EXIT_OTHER, EXIT_USAGE, Failure, at_path};
use crate::client::{Engine, EngineCommand};
use crate::language::Message;
use crate::protocol::Command;
use crate::store::{DoorKey, StoreError, holder_of, is_run};
use clap::Args;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run's folder, on the machine where it trains.
    run: PathBuf,
    /// That machine; the run is reached over ssh.
    #[arg(long, value_name = "HOST")]
    ssh: Option<String>,
    /// Have it finish its step, write a checkpoint and stop.
    #[arg(long)]
    stop: bool,
    /// As `train --json`.
    #[arg(long)]
    json: bool,
    /// Hand the engine's own protocol through, between it and stdin and stdout.
    #[arg(long, hide = true, conflicts_with_all = ["ssh", "stop", "json"])]
    relay: bool,
}

pub(super) fn run(args: &AttachArgs) -> CommandResult {
    if args.relay {
        return relay(&args.run);
    }
    let run_dir = match &args.ssh {
        Some(_) => args.run.clone(),
        None => std::path::absolute(&args.run).unwrap_or_else(|_| args.run.clone()),
    };
    let place = Place { host: args.ssh.clone(), run_dir: run_dir.clone(), detached: true };
    if args.ssh.is_none() {
        door_key(&run_dir).map_err(|why| Failure::new(EXIT_USAGE, why.words(&place)))?;
    }
    let command = EngineCommand::Attach { run_dir, host: args.ssh.clone() };
    let engine = Engine::start(&command, || {}).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    if args.stop {
        engine.send(Command::Stop).map_err(|e| Failure::new(EXIT_OTHER, e))?;
    }
    let on_interrupt = if args.stop { OnInterrupt::Stop } else { OnInterrupt::Leave };
    follow(engine, Follow { json: args.json, place, on_interrupt, stopping: args.stop, trace: None, policy: None })
}

/// Bytes from the run's door to stdout and from stdin to the door, until either ends.
fn relay(run_dir: &Path) -> CommandResult {
    let stream = knock(run_dir)?;
    let broken = |e: io::Error| Failure::new(EXIT_OTHER, msg!("command-connection-broke", reason = e.to_string()));
    let (mut to_engine, mut from_engine) = (stream.try_clone().map_err(broken)?, stream);
    let send = move || {
        let _ = pass_on(&mut io::stdin(), &mut to_engine);
        let _ = to_engine.shutdown(Shutdown::Both);
    };
    std::thread::Builder::new().name("relay-commands".to_owned()).spawn(send).map_err(broken)?;
    pass_on(&mut from_engine, &mut io::stdout()).map_err(broken)?;
    Ok(super::EXIT_OK)
}

/// At once, piece by piece: an event must not wait for the next.
fn pass_on(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut piece = [0; 16 << 10];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                to.write_all(&piece[..read])?;
                to.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn knock(run_dir: &Path) -> Result<TcpStream, Failure> {
    let key = door_key(run_dir).map_err(|why| {
        let code = if matches!(why, NoKey::NothingTrains) { EXIT_NOTHING_TRAINS } else { EXIT_USAGE };
        Failure::new(code, why.words(&Place { host: None, run_dir: run_dir.to_owned(), detached: true }))
    })?;
    let connect = || -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, key.port))?;
        stream.write_all(key.word.as_bytes())?;
        Ok(stream)
    };
    connect().map_err(|e| {
        let silent = msg!("command-engine-silent", reason = e.to_string());
        Failure::new(EXIT_OTHER, at_path(&silent, run_dir))
    })
}

/// Why there is no key to a run.
enum NoKey {
    NothingTrains,
    Other(Message),
}

impl NoKey {
    fn words(self, place: &Place) -> Message {
        match self {
            Self::NothingTrains => place.nothing_trains(),
            Self::Other(words) => words,
        }
    }
}

/// The key to the run that trains in that folder.
fn door_key(run_dir: &Path) -> Result<DoorKey, NoKey> {
    if holder_of(run_dir).is_some() {
        DoorKey::read(run_dir).ok_or_else(|| NoKey::Other(at_path(&msg!("command-not-detached"), run_dir)))
    } else if is_run(run_dir) {
        Err(NoKey::NothingTrains)
    } else {
        Err(NoKey::Other(StoreError::NoRun(run_dir.to_owned()).message()))
    }
}
