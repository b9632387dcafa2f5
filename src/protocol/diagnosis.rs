//! What the diagnosis says: what a run is bound by, what each change would bring, and what a bisect measured.
//!
//! Effects are shares: `effect_frac` = 0.25 says that with the transform off a quarter more images are done in the same
//! time (time with it / time without it, less 1); below 0 it is slower without. `None` is "not known", never 0.

use crate::language::{Message, rate};
use serde::{Deserialize, Serialize};

/// What holds training back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The loader is the slower side: the trainer waits for batches.
    Input,
    /// Uploads take most of the trainer's time.
    Transfer,
    /// The device's arithmetic does.
    Compute,
    /// Handing work out to the device takes the host longer than the device takes to do it.
    Launch,
    /// Nothing moves.
    Stalled,
    /// Loader and trainer are about equally fast.
    Balanced,
    /// Too few steps to say.
    NotEnough,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = match self {
            Self::Input => msg!("diagnose-bound-input"),
            Self::Transfer => msg!("diagnose-bound-transfer"),
            Self::Compute => msg!("diagnose-bound-compute"),
            Self::Launch => msg!("diagnose-bound-launch"),
            Self::Stalled => msg!("diagnose-bound-stalled"),
            Self::Balanced => msg!("diagnose-bound-balanced"),
            Self::NotEnough => msg!("diagnose-bound-not-enough"),
        };
        words.fmt(f)
    }
}

/// The diagnosis that is always there: made from what a run tells anyhow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub bound: Bound,
    /// For a person, complete with its figures.
    pub sentence: Message,
    /// What training does now; `None` before it can be said.
    pub images_per_sec: Option<f64>,
    /// The numbers behind it.
    pub evidence: Vec<Evidence>,
    /// In the order of a batch's way: what each part could do on its own.
    pub ceilings: Vec<Ceiling>,
    /// What each change would bring.
    pub predictions: Vec<Prediction>,
    /// What is wrong around the run: cores fought over, heat, a saturated disk, short memory; a sentence each.
    pub troubles: Vec<Message>,
}

impl Verdict {
    /// The predictions that are of a change where there are so many workers, the best first.
    pub fn changes(&self, workers: usize) -> Vec<&Prediction> {
        let is_so = RunChange::Workers(workers);
        let mut changes: Vec<&Prediction> = self.predictions.iter().filter(|p| p.change != is_so).collect();
        changes.sort_by(|a, b| b.images_per_sec.total_cmp(&a.images_per_sec));
        changes
    }

    /// Of all cores, the share that other programs take; `None` where that is not known.
    pub fn others_frac(&self) -> Option<f64> {
        let figure = |id: &str| self.evidence.iter().find(|found| found.name.is(id)).map(|found| found.value);
        Some(figure("diagnose-evidence-others-cores")? / figure("diagnose-evidence-cores")?)
    }

    /// Other programs take the cores: what is measured meanwhile may be their doing.
    pub fn is_beside_others(&self) -> bool {
        let others =
            |trouble: &Message| trouble.says("diagnose-cores-other-programs") || trouble.says("diagnose-cores-taken");
        self.troubles.iter().any(others)
    }

    /// Another number of workers that is said to bring something; it changes nothing but the speed.
    pub fn better_workers(&self, workers: usize) -> Option<(usize, &Prediction)> {
        let is_workers: fn(&RunChange) -> bool = |change| matches!(change, RunChange::Workers(_));
        let best = Prediction::best(&self.predictions, self.images_per_sec?, workers, is_workers)?;
        match best.change {
            RunChange::Workers(workers) => Some((workers, best)),
            _ => None,
        }
    }
}

/// One number that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub name: Message,
    pub value: f64,
    /// Empty where it has none.
    pub unit: Message,
}

/// The images a second that training could not exceed if this part were all there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// A stage of the loader or a phase of the step.
    pub name: String,
    pub images_per_sec: Option<f64>,
    /// The lowest of all that are known.
    pub lowest: bool,
}

/// A change that could be made to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunChange {
    /// The stage of that name switched off.
    TransformOff(String),
    Workers(usize),
    /// Batches of so many images; for the next run.
    BatchSize(usize),
    /// Images kept as they are before the first random transform.
    Cache,
}

impl RunChange {
    /// As tables and buttons call it.
    pub fn words(&self) -> Message {
        match self {
            Self::TransformOff(name) => msg!("page-change-off", name),
            Self::Workers(workers) => msg!("page-change-workers", workers = *workers),
            Self::Cache => msg!("page-change-cache"),
            Self::BatchSize(size) => msg!("page-change-batch", size = *size),
        }
    }
}

/// What a change would bring, by the operational laws or by an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub change: RunChange,
    pub images_per_sec: f64,
    /// The band that the truth is expected in.
    pub low: f64,
    pub high: f64,
    /// Rate and band are what an experiment on this run measured, and no prediction.
    #[serde(default)]
    pub measured: bool,
    /// What limits training then.
    pub next_bound: Bound,
    /// The same in words: the costliest stage of the loader, or the device.
    pub next_limit: Message,
}

/// A change that brings less is not worth a word, nor a button.
const WORTH_FRAC: f64 = 0.03;

/// Another number of workers may be slower than this one, as less work for them cannot: what may be so by more than this share, which
/// is more than the figures themselves may be off, is a bet and no advice.
const SLOWER_FRAC: f64 = 0.2;

/// More workers are to bring at least this share.
const MORE_WORKERS_FRAC: f64 = 0.03;

impl Prediction {
    /// Worth a word and a button: at its middle it brings at least 3 % more than what is done now, in images a second, and other
    /// workers do not cost a fifth at the low end of their band.
    pub fn is_worth(&self, now_images_per_sec: f64) -> bool {
        let is_bet =
            matches!(self.change, RunChange::Workers(_)) && self.low < (1.0 - SLOWER_FRAC) * now_images_per_sec;
        self.images_per_sec >= (1.0 + WORTH_FRAC) * now_images_per_sec && !is_bet
    }

    /// Of these, which are in rising order of workers, the one of a kind that brings most, if it is worth it; of numbers of
    /// workers no more than bring something, and not the number that there is (`workers`).
    pub fn best(
        predictions: &[Self],
        now_images_per_sec: f64,
        workers: usize,
        kind: fn(&RunChange) -> bool,
    ) -> Option<&Self> {
        let is_other = move |change: &RunChange| *change != RunChange::Workers(workers) && kind(change);
        let mut worthy = predictions.iter().filter(|p| is_other(&p.change) && p.is_worth(now_images_per_sec));
        let most = worthy.clone().map(|p| p.images_per_sec).fold(0.0, f64::max);
        let slack = if kind(&RunChange::Workers(0)) { 1.0 + MORE_WORKERS_FRAC } else { 1.0 };
        worthy.find(|p| slack * p.images_per_sec >= most)
    }

    /// Where its rate is expected, or what it was measured to be, in words.
    pub fn band(&self) -> Message {
        let (low, high) = (rate(self.low), rate(self.high));
        match self.measured {
            true => msg!("page-measured-from-to", low, high),
            false => msg!("page-from-to", low, high),
        }
    }

    /// Worth it even at the low end of its band.
    pub fn is_certain(&self, now_images_per_sec: f64) -> bool {
        self.low >= (1.0 + WORTH_FRAC) * now_images_per_sec
    }
}

/// What "off" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffMethod {
    /// Left out: what comes after it sees other images, and may cost something else.
    Removed,
    /// Its recorded output is put in its place, so that later costs stay as they are.
    Replayed,
}

/// What a trial compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Seconds a training step, while training goes on.
    StepTime,
    /// CPU time that the loader alone takes for the same images.
    LoaderCpu,
    /// Wall time that one loading thread takes for the same images: sees waiting too.
    LoaderWall,
}

/// How a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Not resolved yet.
    Measuring,
    /// It changes the speed: the interval leaves 0 out and the estimate stands above the noise floor.
    Effect,
    /// It does not, or by less than the margin: the interval lies inside.
    Nothing,
    /// The budget was spent before either could be said.
    Undecided,
    /// It could not be switched off: batches could not be made without it.
    CannotSwitch,
}

/// One transform's trial as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its stage name: a chain's second Resize is `Resize 2`.
    pub transform: String,
    /// Its place in the chain.
    pub index: usize,
    pub method: OffMethod,
    pub measure: Measure,
    /// `None` before the first block.
    pub effect_frac: Option<f64>,
    /// Ends of the interval, valid at whatever moment it is looked at and for all transforms at once; `None` while it is
    /// without bound.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Paired blocks so far.
    pub blocks: u32,
    pub decision: Decision,
    /// Transforms that were off on both sides of the comparison: culprits found before it.
    #[serde(default)]
    pub without: Vec<String>,
    /// It was off only together with others: the estimate is of all these, itself among them, and the interval holds what
    /// it may cost alone. 0 where it was off by itself.
    #[serde(default)]
    pub together: usize,
}

impl Trial {
    /// As rows of a table or a plot: what is known of several only together is one row.
    pub fn rows(trials: &[Self]) -> Vec<Vec<&Self>> {
        let mut rows: Vec<Vec<&Self>> = Vec::new();
        for trial in trials {
            match rows.iter_mut().find(|row| row.iter().any(|other| trial.is_known_with(other))) {
                Some(row) => row.push(trial),
                None => rows.push(vec![trial]),
            }
        }
        rows
    }

    fn is_known_with(&self, other: &Self) -> bool {
        let known = |trial: &Self| (trial.together, trial.effect_frac, trial.low, trial.high, trial.decision);
        self.together > 0 && known(self) == known(other)
    }
}

/// A transform that costs training speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Culprit {
    pub transform: String,
    pub index: usize,
    /// With those off already that were found before it (`without`).
    pub effect_frac: f64,
    pub low: f64,
    pub high: f64,
    #[serde(default)]
    pub without: Vec<String>,
}

/// How a bisect ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BisectVerdict {
    /// The costliest first.
    pub culprits: Vec<Culprit>,
    /// Times as fast with all culprits off, `None` without one: as measured where each was found with those before it off,
    /// else were their costs to add up and nothing else to become the limit.
    pub predicted_speedup: Option<f64>,
    /// Effects below this cannot be told from nothing on this machine at present; `None` where it was not measured.
    pub noise_floor_frac: Option<f64>,
    /// Transforms about which nothing could be said.
    pub undecided: Vec<String>,
    /// Seconds that the bisect took.
    pub secs: f64,
    /// For a person.
    pub sentence: Message,
}

impl BisectVerdict {
    /// Switching these stages off is what it advised: it stays true of the others.
    pub fn is_followed_by(&self, switched_off: &[String]) -> bool {
        let is_culprit = |name: &String| self.culprits.iter().any(|culprit| culprit.transform == *name);
        !switched_off.is_empty() && switched_off.iter().all(is_culprit)
    }
}

/// A file that took long to decode, or a draw that a transform took long over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowSample {
    /// Such as `up to 512 x 512`, or a transform's name.
    pub class: Message,
    /// Relative to the dataset's folder.
    pub file: String,
    /// Index in the dataset.
    pub sample: u32,
    /// Whose draw it was, 1-based.
    pub epoch: u64,
    pub wall_us: f64,
}

/// The slowest that the loader met so far, a few of each class, the slowest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SlowSamples {
    /// By size of the picture.
    pub files: Vec<SlowSample>,
    /// By transform.
    pub draws: Vec<SlowSample>,
}

/// A share by which training is or would be faster, and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    pub effect_frac: f64,
    pub low: f64,
    pub high: f64,
}

/// What a live change did to the speed of training: the steps before it against those after.
///
/// Not randomised: whatever else changed meanwhile is in it too. The proof is a bisect's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeEffect {
    /// Of the first batch made with it.
    pub config_version: u64,
    /// In words, with the changes that are measured together with it.
    pub label: Message,
    /// The usual pace of the blocks that were compared, before and after; `None` where there is none yet.
    pub before_images_per_sec: Option<f64>,
    pub after_images_per_sec: Option<f64>,
    /// Images a second after / before, less 1; the interval holds at whatever moment it is looked at.
    pub effect_frac: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Blocks of steps compared so far.
    pub blocks: u32,
    /// What had been said that it would bring, where something had.
    pub predicted: Option<Gain>,
    pub decision: Decision,
    /// The next change came before it was measured at all: what both did is said of that one.
    #[serde(default)]
    pub with_next: bool,
    /// Other programs took more of the cores at some time since just before it than at another: it may be their doing.
    #[serde(default)]
    pub others_moved: bool,
    /// About how long until it is decided; `None` where that cannot be said yet, or it is.
    pub remaining_secs: Option<f64>,
}

/// Training's rate with less and less to do for its data, in images a second; `None` where it could not be measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCeilings {
    /// The run's own, just before.
    pub now_images_per_sec: Option<f64>,
    /// The loader alone, over files in the page cache.
    pub loader_images_per_sec: Option<f64>,
    /// Training on files in the page cache: what it is more than now, fetching costs.
    pub cached_images_per_sec: Option<f64>,
    /// Training on one batch again and again: what it is more than cached, preparing costs.
    pub synthetic_images_per_sec: Option<f64>,
}

/// What a client asks of a bisect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BisectRequest {
    /// Seconds of training, after which what is not decided stays so.
    pub budget_secs: f64,
    /// Go on until each transform is decided, not only until the costliest is.
    pub thorough: bool,
    /// Give the last bisect of this run so much more time, where nothing was changed since; else begin anew.
    #[serde(default)]
    pub go_on: bool,
}

/// A bisect in place as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BisectProgress {
    /// In the chain's order.
    pub trials: Vec<Trial>,
    /// What can be said already, for a person; empty before the first round.
    #[serde(default)]
    pub so_far: Message,
    /// Stages that are switched off in the batch trained with last.
    pub off: Vec<String>,
    pub spent_secs: f64,
    pub budget_secs: f64,
    pub noise_floor_frac: Option<f64>,
    /// Steps measured or left out so far.
    pub steps: u64,
    /// Of the run as it was when it began: a person's change of a later version makes it old. [`Self::NO_VERSION`] in records
    /// of before, which do not say.
    #[serde(default = "no_version")]
    pub config_version: u64,
    /// There at the end.
    pub verdict: Option<BisectVerdict>,
}

impl BisectProgress {
    /// No change is known to be later.
    pub const NO_VERSION: u64 = u64::MAX;
}

fn no_version() -> u64 {
    BisectProgress::NO_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{played, read_frame, write_frame};

    /// Of a training that does 100 images a second with two workers.
    #[test]
    fn changes_are_the_best_first_and_workers_as_few_as_bring_as_much() {
        let prediction = |change: RunChange, images_per_sec: f64| Prediction {
            change,
            images_per_sec,
            low: 0.9 * images_per_sec,
            high: 1.1 * images_per_sec,
            measured: false,
            next_bound: Bound::Compute,
            next_limit: msg!("diagnose-limit-device"),
        };
        let off = RunChange::TransformOff("RandZoom".to_owned());
        let workers = [(1, 60.0), (2, 100.0), (3, 180.0), (4, 181.0)];
        let mut predictions = vec![prediction(off.clone(), 150.0), prediction(RunChange::Cache, 101.0)];
        predictions.extend(workers.map(|(workers, rate)| prediction(RunChange::Workers(workers), rate)));
        let verdict = Verdict { images_per_sec: Some(100.0), predictions, ..played::verdict(Bound::Input) };
        let changes: Vec<&RunChange> = verdict.changes(2).into_iter().map(|p| &p.change).collect();
        let [four, three, one] = [4, 3, 1].map(RunChange::Workers);
        assert_eq!(changes, [&four, &three, &off, &RunChange::Cache, &one]);
        assert_eq!(verdict.better_workers(2).map(|(workers, _)| workers), Some(3));
        assert_eq!(
            [&three, &one, &off].map(|change| change.words().to_string()),
            ["3 workers", "1 worker", "RandZoom off"]
        );
        assert_eq!(Verdict { images_per_sec: Some(178.0), ..verdict.clone() }.better_workers(3), None);
        // Which of such is the best changes with each second.
        for alike in [[600.0, 612.0, 617.0], [612.0, 617.0, 600.0]] {
            let alike = [6, 8, 16].into_iter().zip(alike);
            let predictions = alike.map(|(workers, rate)| prediction(RunChange::Workers(workers), rate)).collect();
            let verdict = Verdict { predictions, ..verdict.clone() };
            assert_eq!(verdict.better_workers(2).map(|(workers, _)| workers), Some(6));
        }
    }

    /// Said of a training that did 224 images a second with two workers, and 172 with one; and of one whose workers wait for a disk.
    #[test]
    fn fewer_workers_are_not_proposed_where_they_may_well_be_slower() {
        let prediction = |change: RunChange, [images_per_sec, low, high]: [f64; 3]| Prediction {
            change,
            images_per_sec,
            low,
            high,
            measured: false,
            next_bound: Bound::Compute,
            next_limit: msg!("diagnose-limit-device"),
        };
        let workers = |rates: [f64; 3]| prediction(RunChange::Workers(1), rates);
        for rates in [[1.23, 0.76, 1.46], [1.48, 0.74, 1.92]] {
            assert!(!workers(rates).is_worth(1.0), "{rates:?}");
            // Less work is never slower.
            assert!(prediction(RunChange::Cache, rates).is_worth(1.0), "{rates:?}");
        }
        assert!(workers([2.31, 0.95, 5.17]).is_worth(1.0) && workers([1.3, 0.85, 1.5]).is_worth(1.0));
    }

    #[test]
    fn what_is_not_known_crosses_as_such() {
        let trial = Trial {
            transform: "RandZoom".to_owned(),
            index: 3,
            method: OffMethod::Removed,
            measure: Measure::StepTime,
            effect_frac: Some(0.25),
            low: None,
            high: None,
            blocks: 2,
            decision: Decision::Measuring,
            without: Vec::new(),
            together: 0,
        };
        let json = serde_json::to_value(&trial).unwrap();
        assert_eq!((&json["method"], &json["measure"]), (&"removed".into(), &"step_time".into()));
        assert!(json["low"].is_null());
        let prediction = Prediction {
            change: RunChange::TransformOff("RandZoom".to_owned()),
            images_per_sec: 2.0,
            low: 1.0,
            high: 3.0,
            measured: false,
            next_bound: Bound::Compute,
            next_limit: msg!("diagnose-limit-device"),
        };
        let sent = (trial, [prediction.clone(), Prediction { change: RunChange::Workers(4), ..prediction }]);
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &sent).unwrap();
        let received: (Trial, [Prediction; 2]) = read_frame(&mut bytes.as_slice()).unwrap();
        assert_eq!(received, sent);
    }
}
