//! What a run without a window does about threads that hang: `--on-stall`.

use super::{EXIT_DATA, EXIT_DEVICE};
use crate::language::Message;
use crate::protocol::{Stall, StallAction, StallAnswer, Staller, Stalls};
use clap::ValueEnum;
use std::collections::HashMap;

/// A stall that was answered and is still there so many seconds later cannot be helped.
const HELP_SECS: f64 = 15.0;

/// What is to be done about a thread that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnStall {
    /// Say so and wait.
    Warn,
    /// Leave the sample out of its batch and go on.
    Skip,
    /// Leave the file out of this batch and all later ones, and note it in run.toml.
    Quarantine,
    /// End the run with a checkpoint and exit code 3 (4 where the trainer itself hangs).
    Fail,
}

/// Decides; the caller carries out.
#[derive(Debug)]
pub(super) struct StallPolicy {
    on_stall: OnStall,
    grace_secs: f64,
    /// The command that goes on with the run.
    resume: String,
    /// When each was answered, in seconds that it had hung for.
    answered: HashMap<(Staller, Option<u32>), f64>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Answer(StallAnswer),
    /// End the run: why, and the exit code.
    Fail(Message, u8),
}

impl StallPolicy {
    pub fn new(on_stall: OnStall, grace_secs: u64, resume: String) -> Self {
        Self { on_stall, grace_secs: grace_secs as f64, resume, answered: HashMap::new() }
    }

    /// What is due now.
    pub fn decide(&mut self, stalls: &Stalls) -> Vec<Decision> {
        let here: Vec<_> = stalls.list.iter().map(Stall::key).collect();
        self.answered.retain(|key, _| here.contains(key));
        stalls.list.iter().filter_map(|stall| self.decide_one(stall)).collect()
    }

    fn decide_one(&mut self, stall: &Stall) -> Option<Decision> {
        let action = match self.on_stall {
            OnStall::Warn => return None,
            _ if stall.elapsed_secs < self.grace_secs => return None,
            OnStall::Fail => return Some(self.fail(stall)),
            OnStall::Skip => StallAction::Skip,
            OnStall::Quarantine => StallAction::Quarantine,
        };
        let hopeless = match stall.who {
            Staller::Trainer => true,
            // Its file can still be written down for the run that goes on from here.
            Staller::Caller => action == StallAction::Skip,
            // A folder cannot be left out.
            Staller::Scan => stall.file.is_none(),
            Staller::Worker(_) => false,
        };
        let key = stall.key();
        match self.answered.get(&key) {
            _ if hopeless => Some(self.fail(stall)),
            Some(since) if stall.elapsed_secs >= since + HELP_SECS => Some(self.fail(stall)),
            // Less than then: it hangs a second time.
            Some(since) if stall.elapsed_secs >= *since => None,
            _ => {
                self.answered.insert(key, stall.elapsed_secs);
                Some(Decision::Answer(StallAnswer { who: stall.who, sample: key.1, action }))
            }
        }
    }

    fn fail(&self, stall: &Stall) -> Decision {
        let command = &self.resume;
        let (advice, code) = match stall.who {
            Staller::Trainer => (msg!("command-stall-of-trainer", command), EXIT_DEVICE),
            Staller::Caller => {
                let command = format!("{command} --set loader.workers=1");
                (msg!("command-stall-of-caller", command), EXIT_DATA)
            }
            Staller::Worker(_) => (msg!("command-stall-of-worker", command), EXIT_DATA),
            Staller::Scan => (msg!("command-stall-of-scan"), EXIT_DATA),
        };
        Decision::Fail(msg!("command-stall-ended-run", stall = stall.sentence(), advice), code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::StalledFile;

    const RESUME: &str = "trainscope train --resume --run runs/a";

    fn stalls(who: Staller, elapsed_secs: f64) -> Stalls {
        let file = StalledFile { sample: 7, path: "/d/7.png".into(), name: "7.png".into(), epoch: 1, seed: 0 };
        let (file, stage) = ((who != Staller::Trainer).then_some(file), "read".into());
        let stall = Stall { who, file, stage, elapsed_secs, p999_secs: None, slowest_secs: None, images: 0 };
        Stalls { list: vec![stall], left_behind: 0 }
    }

    /// The exit codes and actions at these seconds.
    fn course(on_stall: OnStall, who: Staller, at: &[f64]) -> Vec<Result<StallAction, u8>> {
        let mut policy = StallPolicy::new(on_stall, 60, RESUME.to_owned());
        let decisions = at.iter().flat_map(|secs| policy.decide(&stalls(who, *secs)));
        let result = |decision| match decision {
            Decision::Answer(answer) => {
                assert_eq!((answer.who, answer.sample), (who, Some(7)));
                Ok(answer.action)
            }
            Decision::Fail(why, code) => {
                let why = why.to_string();
                assert!(why.contains("has been in read for") && why.contains(RESUME), "{why}");
                Err(code)
            }
        };
        decisions.map(result).collect()
    }

    #[test]
    fn each_policy_acts_once_its_grace_is_over() {
        let worker = Staller::Worker(1);
        let secs = [10.0, 59.0, 60.5, 61.5, 70.0];
        assert_eq!(course(OnStall::Warn, worker, &secs), []);
        assert_eq!(course(OnStall::Skip, worker, &secs), [Ok(StallAction::Skip)]);
        assert_eq!(course(OnStall::Quarantine, worker, &secs), [Ok(StallAction::Quarantine)]);
        assert_eq!(course(OnStall::Fail, worker, &secs[..3]), [Err(EXIT_DATA)]);
        // It hangs again; and what cannot be helped ends the run.
        assert_eq!(course(OnStall::Skip, worker, &[61.0, 5.0, 60.0]), [Ok(StallAction::Skip), Ok(StallAction::Skip)]);
        assert_eq!(course(OnStall::Skip, worker, &[61.0, 80.0]), [Ok(StallAction::Skip), Err(EXIT_DATA)]);
    }

    #[test]
    fn where_nobody_can_take_its_place_the_run_ends() {
        assert_eq!(course(OnStall::Skip, Staller::Caller, &[61.0]), [Err(EXIT_DATA)]);
        let quarantined = [Ok(StallAction::Quarantine), Err(EXIT_DATA)];
        assert_eq!(course(OnStall::Quarantine, Staller::Caller, &[61.0, 62.0, 77.0]), quarantined);
        for on_stall in [OnStall::Skip, OnStall::Quarantine, OnStall::Fail] {
            assert_eq!(course(on_stall, Staller::Trainer, &[59.0, 61.0]), [Err(EXIT_DEVICE)]);
        }
        assert_eq!(course(OnStall::Warn, Staller::Trainer, &[1e6]), []);
    }

    #[test]
    fn a_file_that_hangs_the_scan_is_left_out_and_a_folder_ends_the_run() {
        for (on_stall, action) in [(OnStall::Skip, StallAction::Skip), (OnStall::Quarantine, StallAction::Quarantine)] {
            assert_eq!(course(on_stall, Staller::Scan, &[61.0, 62.0]), [Ok(action)]);
            let mut stalls = stalls(Staller::Scan, 61.0);
            stalls.list[0].file = None;
            let decided = StallPolicy::new(on_stall, 60, RESUME.to_owned()).decide(&stalls);
            assert!(matches!(decided.as_slice(), [Decision::Fail(_, EXIT_DATA)]), "{decided:?}");
        }
    }
}
