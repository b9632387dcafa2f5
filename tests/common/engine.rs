//! A run of the real engine, followed as a client follows it.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use super::common::PROGRAM;
use std::time::{Duration, Instant};
use trainscope::client::{ClientEvent, Engine, EngineCommand, EngineExit, Live, RunState};
use trainscope::protocol::{Command, Event, Finished, StartRun};

const PATIENCE: Duration = Duration::from_secs(120);

pub struct Run {
    pub engine: Engine,
    pub state: RunState,
    /// All that came, but steps and readings.
    pub events: Vec<Event>,
    pub exit: Option<EngineExit>,
}

impl Run {
    pub fn start(start: StartRun) -> Self {
        Self::start_and(start, [])
    }

    /// Sends these commands right behind the start, before the engine can have begun.
    pub fn start_and(start: StartRun, commands: impl IntoIterator<Item = Command>) -> Self {
        let command = EngineCommand::Program { path: PROGRAM.into(), args: vec!["engine".to_owned()] };
        let engine = Engine::start(&command, || {}).unwrap();
        engine.send(Command::Start(Box::new(start))).unwrap();
        for command in commands {
            engine.send(command).unwrap();
        }
        Self { engine, state: RunState::default(), events: Vec::new(), exit: None }
    }

    pub fn send(&self, command: Command) {
        self.engine.send(command).unwrap();
    }

    /// Takes events in until `done`.
    #[track_caller]
    pub fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(
                Instant::now() < deadline,
                "waited in vain for {what}: {:?}, {:?}",
                self.state.live,
                self.state.log
            );
            assert!(self.exit.is_none(), "{:?} while waiting for {what}; {:?}", self.exit, self.state.log);
            self.take(Duration::from_millis(100));
        }
    }

    fn take(&mut self, timeout: Duration) {
        match self.engine.recv_timeout(timeout) {
            Some(ClientEvent::Event(event)) => {
                self.state.apply(&event);
                if !matches!(event, Event::Step(_) | Event::Telemetry(_) | Event::Heartbeat { .. } | Event::Stages(_)) {
                    self.events.push(event);
                }
            }
            Some(ClientEvent::Exited(exit)) => self.exit = Some(exit),
            None => {}
        }
    }

    /// Takes events in until the engine is gone.
    #[track_caller]
    pub fn until_gone(&mut self) -> EngineExit {
        self.until("the engine's end", |run| run.exit.is_some());
        self.exit.clone().unwrap()
    }

    /// Waits for the run's end, and for the engine's, which holds the folder until then; but not long: one that left a thread
    /// behind which hangs in the system cannot go.
    #[track_caller]
    pub fn finished(&mut self) -> Finished {
        self.until("the run's end", |run| matches!(run.state.live, Live::Finished(_)));
        let Live::Finished(finished) = self.state.live.clone() else { unreachable!() };
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.exit.is_none() && Instant::now() < deadline {
            self.take(Duration::from_millis(100));
        }
        finished
    }

    /// Waits for the run to fail; gives what it said.
    #[track_caller]
    pub fn failed(&mut self) -> String {
        self.until("a failure", |run| matches!(run.state.live, Live::Failed { .. }));
        let Live::Failed { error, .. } = self.state.live.clone() else { unreachable!() };
        self.until_gone();
        error.to_string()
    }

    #[track_caller]
    pub fn stop(&mut self) -> Finished {
        self.send(Command::Stop);
        self.finished()
    }

    /// Warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Warning { message, .. } => Some(message.to_string()),
                _ => None,
            })
            .collect()
    }

    #[track_caller]
    pub fn assert_warned(&self, words: &str) {
        let warnings = self.warnings();
        assert!(warnings.iter().any(|warning| warning.contains(words)), "no warning says {words:?}: {warnings:?}");
    }
}
