//! A run's network put to use: its weights, classes and chain, as the run's folder has them. On the CPU and on the caller's
//! thread, in the caller's process: a driver that may crash is not asked.

use super::evaluate::{pixels_of, report};
use super::run_error::of_metrics;
use crate::config::{RunConfig, network};
use crate::console::show_path;
use crate::data::{Dataset, Decoder, Image, Window};
use crate::language::{Arg, Message, clauses};
use crate::loader::{EpochOrder, Loader, LoaderJob, Quarantine, SampleCache, SampleFailure};
use crate::metrics::{Evaluation, Tally};
use crate::protocol::{Event, TestReport};
use crate::store::{self, Checkpoint, CheckpointState, Checkpoints, Identity, StoreError};
use crate::train::{Evaluator, LossSpec, OpenDevice, Pixels, Trainer, TrainerSpec};
use crate::transform::{Chain, SampleSeed, Scratch};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Images of one size that go through the network together.
const TOGETHER: usize = 16;

/// Why a run's network cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum TrainedError {
    Store(#[from] StoreError),
    NotBegun(PathBuf),
    NoWeights { reasons: Message, path: PathBuf },
    UnknownClasses { unknown: Vec<String>, known: Vec<String> },
    Train(#[from] crate::train::TrainError),
    Chain(#[from] crate::transform::ChainError),
    Loader(#[from] crate::loader::LoaderError),
    Metrics(#[from] crate::metrics::MetricsError),
}

impl TrainedError {
    pub fn message(&self) -> Message {
        match self {
            Self::Store(error) => error.message(),
            Self::NotBegun(path) => msg!("engine-no-network-yet", path = show_path(path)),
            Self::NoWeights { reasons, path } => msg!("engine-no-weights", reasons, path = show_path(path)),
            Self::UnknownClasses { unknown, known } => msg!(
                "engine-unknown-classes",
                count = unknown.len(),
                unknown = Arg::names(unknown),
                known = Arg::names(known)
            ),
            Self::Train(error) => error.message(),
            Self::Chain(error) => error.message(),
            Self::Loader(error) => error.message(),
            Self::Metrics(error) => of_metrics(error),
        }
    }
}

/// A run's network.
pub struct TrainedRun {
    pub config: RunConfig,
    /// By label.
    pub class_names: Vec<String>,
    /// `[C, H, W]` of a sample at the chain's end; of one when the run began, where later changes of the chain leave images as
    /// large as they are.
    pub sample_shape: [usize; 3],
    /// The step after which the weights were so.
    pub step: u64,
    /// Why they are not the best epoch's, and which they are; `None` where they are.
    pub instead: Option<Message>,
    /// Why another epoch may have been better: a part of the record is not there. `None` where all is.
    pub doubt: Option<Message>,
    /// Its deterministic part.
    pub chain: Chain,
    /// Of the decoded images, before the chain.
    pub channels: usize,
    evaluator: Evaluator,
}

/// What an evaluation came to.
pub struct Evaluated {
    /// Images that were judged.
    pub images: u64,
    pub report: TestReport,
    /// Images that could not be loaded.
    pub failures: Vec<SampleFailure>,
}

impl TrainedRun {
    /// Reads the run's best weights; where they cannot be had, those that come next.
    ///
    /// # Errors
    /// There is no run, or none with whole weights.
    pub fn open(run_dir: &Path) -> Result<Self, TrainedError> {
        let config = store::read_config(run_dir)?;
        let (events, missing) = store::read_record(run_dir)?;
        let doubt = missing.map(|missing| msg!("engine-best-of-a-part", missing));
        let recorded = best_of_record(&events);
        let started = events.into_iter().rev().find_map(|event| match event {
            Event::Started(started) => Some(*started),
            _ => None,
        });
        let started = started.ok_or_else(|| TrainedError::NotBegun(run_dir.to_owned()))?;
        let (checkpoint, instead) = best_checkpoint(run_dir, recorded)?;
        let identity = store::read_identity(run_dir);
        let channels = identity.and_then(|identity| identity.settings.get(Identity::CHANNELS)?.parse().ok());
        let chain = Chain::build(&config.transforms)?.deterministic();
        let spec = TrainerSpec {
            model: config.model.clone(),
            optimizer: config.optimizer.clone(),
            loss: LossSpec::default(),
            in_channels: started.sample_shape[0],
            classes: started.class_names.len(),
            seed: config.train.seed,
        };
        let evaluator = Trainer::new(spec, OpenDevice::open("cpu")?)?.evaluator_of(&checkpoint)?;
        let channels = channels.unwrap_or(if started.sample_shape[0] == 1 { 1 } else { 3 });
        let was_changed = started.config.transforms != config.transforms;
        let shape_now = if was_changed { shape_at_end(&chain, channels) } else { None };
        Ok(Self {
            channels,
            config,
            class_names: started.class_names,
            sample_shape: shape_now.unwrap_or(started.sample_shape),
            step: checkpoint.state.step,
            instead,
            doubt,
            chain,
            evaluator,
        })
    }

    /// The weights are those of the best epoch.
    pub fn is_best(&self) -> bool {
        self.instead.is_none()
    }

    pub fn evaluator(&self) -> &Evaluator {
        &self.evaluator
    }

    /// Judges the network by a dataset whose classes are the run's, or some of them. `progress` gets the images so far.
    ///
    /// # Errors
    /// The dataset has a class that the network does not know; no image of it can be loaded.
    pub fn evaluate(&self, dataset: Dataset, progress: &mut dyn FnMut(u64)) -> Result<Evaluated, TrainedError> {
        let label_of = |name: &String| self.class_names.iter().position(|known| known == name);
        let unknown: Vec<String> = dataset.class_names.iter().filter(|n| label_of(n).is_none()).cloned().collect();
        if !unknown.is_empty() {
            return Err(TrainedError::UnknownClasses { unknown, known: self.class_names.clone() });
        }
        let labels: Vec<u32> = dataset.class_names.iter().filter_map(label_of).map(|label| label as u32).collect();
        let mut loader_config = self.config.loader.clone();
        loader_config.drop_last = false;
        loader_config.cache = crate::config::CacheMode::Off;
        let cache = SampleCache::new(&loader_config);
        let quarantine = Quarantine::new(dataset.quarantined(&self.config.data.quarantine));
        let job = LoaderJob {
            indices: (0..dataset.len() as u32).collect(),
            dataset: Arc::new(dataset),
            chain: Arc::new(self.chain.clone()),
            config: loader_config,
            channels: self.channels,
            max_pixels: self.config.data.max_pixels,
            seed: self.config.train.seed,
            order: EpochOrder::Listed,
            first_epoch: 1,
            first_batch: 0,
            epochs: 1,
        };
        let mut loader = Loader::start_with(job, cache, quarantine)?;
        let mut tally = Tally::new(self.class_names.len());
        let mut failures = Vec::new();
        while let Some(mut batch) = loader.next()? {
            failures.append(&mut batch.failures);
            if !batch.labels.is_empty() {
                // By the run's labels.
                let batch_labels: Vec<u32> = batch.labels.iter().map(|label| labels[*label as usize]).collect();
                tally.add(&batch_labels, &self.evaluator.logits(pixels_of(&batch), batch.shape)?)?;
            }
            loader.recycle(batch);
            progress(tally.images());
        }
        failures.append(&mut loader.take_failures());
        let evaluation = tally.finish()?;
        Ok(Evaluated { images: evaluation.images(), report: report(&evaluation, &self.class_names), failures })
    }

    /// The figures of an evaluation by the run's classes.
    pub fn report(&self, evaluation: &Evaluation) -> TestReport {
        report(evaluation, &self.class_names)
    }

    /// Says of each file what the network sees in it, in the files' order: probabilities by label, or in words why not.
    /// Neighbours of one size go through the network together.
    ///
    /// # Errors
    /// The network failed, or `tell` did.
    pub fn predict<E: From<TrainedError>>(
        &self,
        files: impl IntoIterator<Item = PathBuf>,
        mut tell: impl FnMut(&Path, Result<&[f32], Message>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = Reader { run: self, decoder: self.decoder(), scratch: Scratch::default() };
        let quarantined = self.quarantined();
        let mut waiting = Waiting::default();
        for file in files {
            let read = match !quarantined.is_empty() && quarantined.contains(&whole(&file)) {
                true => Err(msg!("data-inspect-quarantined")),
                false => reader.read(&file),
            };
            match read {
                Ok(image) => {
                    if waiting.files.len() >= TOGETHER || waiting.shape != image.shape() {
                        self.predict_waiting(&mut waiting, &mut tell)?;
                    }
                    waiting.push(file, &image);
                }
                Err(reason) => {
                    self.predict_waiting(&mut waiting, &mut tell)?;
                    tell(&file, Err(reason))?;
                }
            }
        }
        self.predict_waiting(&mut waiting, &mut tell)
    }

    /// Decodes as the run did.
    fn decoder(&self) -> Decoder {
        let data = &self.config.data;
        // The run began with it, so that it is one.
        let window = Window::parse(&data.dicom_window).unwrap_or_default();
        Decoder::new(self.channels, data.max_pixels).decoding_as(data.orientation, window)
    }

    /// Files of the run's dataset that hung once (`data.quarantine`), by their whole paths.
    fn quarantined(&self) -> HashSet<PathBuf> {
        let data = &self.config.data;
        let Some(dir) = data.dir.as_deref().filter(|_| !data.quarantine.is_empty()) else { return HashSet::new() };
        // The folder of a table is the dataset's.
        let root = if dir.is_dir() { dir } else { dir.parent().unwrap_or(dir) };
        data.quarantine.iter().map(|name| whole(&root.join(name))).collect()
    }

    fn predict_waiting<E: From<TrainedError>>(
        &self,
        waiting: &mut Waiting,
        tell: &mut impl FnMut(&Path, Result<&[f32], Message>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Waiting { files, shape: [c, h, w], pixels } = waiting;
        if !files.is_empty() {
            let logits = self.evaluator.logits(Pixels::Floats(pixels), [files.len(), *c, *h, *w]);
            let logits = logits.map_err(TrainedError::from)?;
            for (file, row) in files.iter().zip(logits.chunks(self.class_names.len().max(1))) {
                tell(file, Ok(&softmax(row)))?;
            }
        }
        files.clear();
        pixels.clear();
        Ok(())
    }
}

/// `[C, H, W]` of what leaves a chain, where that is one whatever comes; found by images of two sizes, which hold nothing.
fn shape_at_end(chain: &Chain, channels: usize) -> Option<[usize; 3]> {
    let shape_of = |height: usize, width: usize| {
        let mut image = Image::from_bytes([channels, height, width], vec![0; channels * height * width]);
        let seed = SampleSeed { seed: 0, epoch: 1, sample: 0 };
        chain.run(&mut image, &mut Scratch::default(), seed, &mut ()).ok()?;
        Some(image.shape())
    };
    shape_of(256, 256).filter(|shape| shape_of(320, 448) == Some(*shape))
}

/// An epoch that was the best, and the step after which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Best {
    epoch: u64,
    step: u64,
}

/// The best epoch as the record has it, but for those after which a resume did not go on.
fn best_of_record(events: &[Event]) -> Option<Best> {
    let mut bests = Vec::new();
    for event in events {
        match event {
            Event::Started(started) => bests.retain(|best: &Best| best.step <= started.first_step),
            Event::Epoch(epoch) if epoch.best => bests.push(Best { epoch: epoch.epoch, step: epoch.step }),
            Event::Validation(seen) if seen.best => bests.push(Best { epoch: seen.epoch, step: seen.step }),
            _ => {}
        }
    }
    bests.pop()
}

/// The best weights, or else those that come next, with what is to be said of that.
fn best_checkpoint(run_dir: &Path, recorded: Option<Best>) -> Result<(Checkpoint, Option<Message>), TrainedError> {
    let checkpoints = Checkpoints::of(run_dir);
    let newest = checkpoints.newest();
    let best_of = |state: &CheckpointState| Some(Best { epoch: state.best_epoch?, step: state.best_step? });
    let of_newest = newest.checkpoint.as_ref().and_then(|checkpoint| best_of(&checkpoint.state));
    let mut reasons = newest.passed_over;
    // The disk may have refused the one's checkpoint, or a power cut taken the other's record.
    let best = recorded.into_iter().chain(of_newest).max_by_key(|best| best.step);
    let mut refused = None;
    if let Some(best) = best {
        match checkpoints.best(best.step) {
            Ok(checkpoint) => return Ok((checkpoint, None)),
            Err(why) => refused = Some((best, why)),
        }
    }
    let best_before = of_newest.filter(|before| best != Some(*before));
    let best_before = best_before.and_then(|before| checkpoints.best(before.step).ok());
    let Some(checkpoint) = best_before.or(newest.checkpoint) else {
        let why = refused.map(|(_, why)| why).filter(|why| !reasons.contains(why));
        reasons.extend(why);
        let reasons = if reasons.is_empty() { msg!("engine-no-checkpoint") } else { clauses(reasons) };
        return Err(TrainedError::NoWeights { reasons, path: run_dir.to_owned() });
    };
    let step = checkpoint.state.step.to_string();
    let instead = match refused {
        Some((best, why)) => {
            msg!("engine-not-the-best", epoch = best.epoch.to_string(), best = best.step.to_string(), why, step)
        }
        None => msg!("engine-no-best", step),
    };
    Ok((checkpoint, Some(instead)))
}

/// Files to the network's input.
struct Reader<'a> {
    run: &'a TrainedRun,
    decoder: Decoder,
    scratch: Scratch,
}

impl Reader<'_> {
    fn read(&mut self, file: &Path) -> Result<Image, Message> {
        let mut image = Image::empty();
        let decoder = &mut self.decoder;
        decoder.read(file).and_then(|()| decoder.decode(file, &mut image)).map_err(|error| error.reason())?;
        let seed = SampleSeed { seed: self.run.config.train.seed, epoch: 1, sample: 0 };
        self.run.chain.run(&mut image, &mut self.scratch, seed, &mut ()).map_err(|e| e.message())?;
        let [channels, height, width] = image.shape();
        let wanted = self.run.sample_shape[0];
        if channels != wanted {
            return Err(msg!("engine-image-other-channels", channels, wanted));
        }
        let least = network(&self.run.config.model.name).map_or(1, |network| network.smallest_side);
        if height.min(width) < least {
            return Err(msg!("engine-image-too-small", height, width, least));
        }
        Ok(image)
    }
}

/// Images of one size that wait for the network.
#[derive(Default)]
struct Waiting {
    files: Vec<PathBuf>,
    shape: [usize; 3],
    pixels: Vec<f32>,
}

impl Waiting {
    fn push(&mut self, file: PathBuf, image: &Image) {
        self.files.push(file);
        self.shape = image.shape();
        // A chain ends in planar floats.
        self.pixels.extend_from_slice(&image.data);
    }
}

fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shares: Vec<f32> = logits.iter().map(|v| (v - top).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.into_iter().map(|v| v / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, TransformSpec};
    use crate::protocol::{EpochEvent, Started, played};

    fn epoch(epoch: u64, step: u64, best: bool) -> Event {
        Event::Epoch(EpochEvent { step, best, ..played::epoch(epoch) })
    }

    /// A checkpoint at that epoch's end, where that one was the best.
    fn write(run_dir: &Path, epoch: u64, step: u64, best: Option<Best>) -> Checkpoint {
        let state = CheckpointState {
            step,
            next_epoch: epoch + 1,
            best_epoch: best.map(|best| best.epoch),
            best_step: best.map(|best| best.step),
            is_best: best == Some(Best { epoch, step }),
            ..CheckpointState::begin()
        };
        let fill = |dir: &Path| std::fs::write(dir.join("model.bpk"), "weights").map_err(|e| e.to_string().into());
        Checkpoints::of(run_dir).write(&state, fill).unwrap()
    }

    #[test]
    fn the_record_s_best_epoch_is_the_last_one_but_for_what_a_resume_began_before() {
        let of = |events: &[Event]| best_of_record(events).map(|best| (best.epoch, best.step));
        let events = [epoch(1, 10, true), epoch(2, 20, true), epoch(3, 30, false)];
        assert_eq!((of(&[]), of(&events)), (None, Some((2, 20))));
        let started = |first_step| Event::Started(Box::new(Started { first_step, ..played::started() }));
        assert_eq!(of(&[&events[..], &[started(20)]].concat()), Some((2, 20)));
        assert_eq!(of(&[&events[..], &[started(15)]].concat()), Some((1, 10)));
        assert_eq!(of(&[&events[..], &[started(15), epoch(2, 20, true)]].concat()), Some((2, 20)));
    }

    #[test]
    fn other_weights_than_the_best_are_never_taken_without_a_word() {
        let (first, second) = (Best { epoch: 1, step: 10 }, Best { epoch: 2, step: 20 });
        let chosen = |folder: &Path, recorded| {
            let (checkpoint, instead) = best_checkpoint(folder, recorded).unwrap();
            (checkpoint.state.step, instead.map(|words| words.to_string()).unwrap_or_default())
        };
        // The record goes on after the disk was full; the best epoch's weights never came there.
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 1, 10, Some(first));
        assert_eq!(chosen(folder.path(), Some(first)), (10, String::new()));
        let (step, words) = chosen(folder.path(), Some(second));
        let said = "the best epoch, 2 (step 20), cannot be used (it is not there): the weights are those after step 10";
        assert!(step == 10 && words.ends_with(said), "{words}");
        // They are damaged, and the last ones are not.
        let damaged = write(folder.path(), 2, 20, Some(second));
        write(folder.path(), 3, 30, Some(second));
        assert_eq!(chosen(folder.path(), None), (20, String::new()));
        std::fs::write(damaged.path.join("model.bpk"), "weighus").unwrap();
        let (step, words) = chosen(folder.path(), Some(second));
        let said =
            "(step-0000000020 is damaged: model.bpk is not as it was written): the weights are those after step 30";
        assert!(step == 30 && words.ends_with(said), "{words}");
        // No epoch was judged.
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 1, 5, None);
        let (step, words) = chosen(folder.path(), None);
        assert!(step == 5 && words.contains("no epoch was judged the best"), "{words}");
    }

    #[test]
    fn a_chain_says_what_shape_leaves_it_where_that_is_one() {
        let resize = TransformSpec::new("Resize")
            .with("spatial_size", ParamValue::List(vec![ParamValue::Int(48), ParamValue::Int(40)]));
        let chain = [TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst"), resize];
        let shape = |specs: &[TransformSpec]| shape_at_end(&Chain::build(specs).unwrap(), 1);
        assert_eq!(shape(&chain), Some([1, 48, 40]));
        assert_eq!(shape(&chain[..2]), None, "images stay as large as they are");
    }
}
