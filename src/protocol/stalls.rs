//! Threads that hang: what is told of them, and what a person may answer.

use crate::language::{Arg, Message};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which thread hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Staller {
    /// `loader-{i}`: another can take its place.
    Worker(usize),
    /// The trainer's own thread, loading by itself, as there are 0 workers: nobody can take its place.
    Caller,
    /// The trainer's own thread, in a step or whatever the stage says.
    Trainer,
    /// The reading of the dataset before a run: it can begin anew without the file.
    Scan,
}

/// A thread that has been in one stage for far longer than that stage ever took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    pub who: Staller,
    /// What it has in hand; `None` for the trainer, and for a folder that is read.
    pub file: Option<StalledFile>,
    /// In the words of [`super::stage_words`]; for the trainer such as `step 812` or `writing a checkpoint`.
    pub stage: Message,
    pub elapsed_secs: f64,
    /// 99.9 % of images take less in that stage; `None` where too few came through it to tell.
    pub p999_secs: Option<f64>,
    /// The longest that it took before; `None` where it never came to an end.
    pub slowest_secs: Option<f64>,
    /// Images behind these figures; 0 for the trainer.
    pub images: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StalledFile {
    /// Index in the dataset; of a scan, which has none yet, the how-manieth that it waits for.
    pub sample: u32,
    #[serde(serialize_with = "crate::protocol::path_as_text")]
    pub path: PathBuf,
    /// As `data.quarantine` names it.
    pub name: String,
    /// Epoch and seed make the draws that its transforms were under way with.
    pub epoch: u64,
    pub seed: u64,
}

impl Stall {
    /// Tells it from other stalls: thread and sample.
    pub fn key(&self) -> (Staller, Option<u32>) {
        (self.who, self.file.as_ref().map(|file| file.sample))
    }

    /// Such as `loader-1`.
    pub fn thread(&self) -> Message {
        match self.who {
            Staller::Worker(worker) => format!("loader-{worker}").into(),
            Staller::Caller | Staller::Trainer => msg!("engine-stall-trainer"),
            Staller::Scan => msg!("engine-stall-scan"),
        }
    }

    /// Such as `loader-1 has been in decode for 12 s (99.9 % of 5,000 images take under 4.1 ms): /data/a/1.png`.
    pub fn sentence(&self) -> Message {
        let (thread, stage, time) = (self.thread(), &self.stage, time_words(self.elapsed_secs));
        match (self.usual(), &self.file) {
            (None, None) => msg!("engine-stall", thread, stage, time),
            (Some(usual), None) => msg!("engine-stall-usual", thread, stage, time, usual),
            (None, Some(file)) => {
                msg!("engine-stall-file", thread, stage, time, file = file.path.display().to_string())
            }
            (Some(usual), Some(file)) => {
                msg!("engine-stall-usual-file", thread, stage, time, usual, file = file.path.display().to_string())
            }
        }
    }

    /// What is usual there; `None` where nothing is known.
    pub fn usual(&self) -> Option<Message> {
        let (images, slowest) = (self.images, self.slowest_secs.map(time_words));
        match (self.who, self.p999_secs, slowest) {
            (Staller::Trainer, _, slowest) => slowest.map(|time| msg!("engine-stall-longest", time)),
            (_, Some(p999), _) => Some(msg!("engine-stall-most-images", images, time = time_words(p999))),
            (_, None, Some(time)) => Some(msg!("engine-stall-slowest-image", images, time)),
            (_, None, None) => None,
        }
    }
}

/// `0.031 ms`, `4.1 ms`, `0.52 s`, `12 s`, `3 min 05 s`.
fn time_words(secs: f64) -> Arg {
    match secs {
        s if s < 0.001 => format!("{:.3} ms", s * 1e3).into(),
        s if s < 0.1 => format!("{:.1} ms", s * 1e3).into(),
        s if s < 9.95 => msg!("engine-seconds", secs = Arg::number(s, 2)).into(),
        s => Arg::duration(s),
    }
}

/// All that hangs at one moment, the worst first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stalls {
    pub list: Vec<Stall>,
    /// Loader threads that were replaced as they hung, and hang still.
    pub left_behind: u64,
}

/// What to do about a stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StallAction {
    /// Say no more of it until it has taken twice as long.
    KeepWaiting,
    /// Leave the sample out of its batch; another thread takes the worker's place.
    Skip,
    /// Another thread takes the worker's place and tries the sample again.
    Replace,
    /// As `Skip`, and leave the file out from now on, in this run and in those started from its run.toml.
    Quarantine,
}

/// An answer to one stall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StallAnswer {
    pub who: Staller,
    /// The sample that the answer is about; a thread that has moved on to another is left alone.
    pub sample: Option<u32>,
    pub action: StallAction,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stall_is_a_sentence() {
        #[track_caller]
        fn check(who: Staller, p999_secs: Option<f64>, slowest_secs: Option<f64>, expected: &str) {
            let file = StalledFile { sample: 7, path: "/d/a/7.png".into(), name: "a/7.png".into(), epoch: 2, seed: 5 };
            let file = (who != Staller::Trainer).then_some(file);
            let (stage, images) = (super::super::stage_words("decode"), 5000);
            let stall = Stall { who, file, stage, elapsed_secs: 12.3, p999_secs, slowest_secs, images };
            assert_eq!(stall.sentence().to_string(), expected);
        }
        let head = "has been in decode for 12 s";
        check(
            Staller::Worker(1),
            Some(0.0041),
            Some(0.5),
            &format!("loader-1 {head} (99.9 % of 5,000 images take under 4.1 ms): /d/a/7.png"),
        );
        check(
            Staller::Caller,
            None,
            Some(0.5),
            &format!("the trainer {head} (the slowest of 5,000 images took 0.50 s): /d/a/7.png"),
        );
        check(Staller::Worker(0), None, None, &format!("loader-0 {head}: /d/a/7.png"));
        check(Staller::Scan, None, None, &format!("the scan {head}: /d/a/7.png"));
        check(Staller::Trainer, None, Some(90.0), &format!("the trainer {head} (the longest so far took 1 min 30 s)"));
    }
}
