//! A run as one thing: started, stopped, killed, resumed, damaged, watched, on disks that fill and terminals that go.
//! docs/reliability.md names the promise that each of these tests holds.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/engine.rs"]
mod engine;

mod attach;
mod commands;
mod damage;
mod data;
mod death;
mod disk;
mod folder;
mod output;
mod resume;
mod soak;

use common::{run_ok, sample_images};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trainscope::config::{ParamValue, RunConfig, TransformSpec};
use trainscope::protocol::{EpochEvent, Event, Finished, StartRun, ValidationEvent};
use trainscope::store::read_record;

/// A folder with a dataset of small images and one configuration over it.
struct Home {
    folder: TempDir,
    images: PathBuf,
}

impl Home {
    fn new(images_per_class: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let images = sample_images(folder.path(), images_per_class);
        Self { folder, images }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Steps of some milliseconds.
    fn config(&self, epochs: usize) -> RunConfig {
        let mut config = RunConfig::default();
        config.data.dir = Some(self.images.clone());
        config.model.name = "small_cnn".to_owned();
        config.train.device = "cpu".to_owned();
        config.train.epochs = epochs;
        config.loader.batch_size = 16;
        let side = ParamValue::List(vec![ParamValue::Int(16); 2]);
        config.transforms = vec![
            TransformSpec::new("LoadImage"),
            TransformSpec::new("EnsureChannelFirst"),
            TransformSpec::new("Resize").with("spatial_size", side),
            TransformSpec::new("ScaleIntensity"),
            TransformSpec::new("RandFlip").with("prob", ParamValue::Float(0.5)),
            TransformSpec::new("RandRotate").with("range_x", ParamValue::Float(0.26)),
        ];
        config
    }

    fn start(&self, name: &str, epochs: usize) -> StartRun {
        StartRun::new(self.config(epochs), self.run(name))
    }

    fn resume(&self, name: &str, epochs: usize) -> StartRun {
        StartRun::resume(self.config(epochs), self.run(name))
    }

    /// The configuration as a file.
    fn config_file(&self, epochs: usize) -> PathBuf {
        let path = self.path().join(format!("{epochs}-epochs.toml"));
        std::fs::write(&path, self.config(epochs).to_toml().unwrap()).unwrap();
        path
    }

    fn train(&self, name: &str, epochs: usize) {
        let config = self.config_file(epochs);
        run_ok(self.path(), &["train", "--config", text(&config), "--run", text(&self.run(name))]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What training came to, to the bit.
#[derive(Debug, Clone, PartialEq)]
struct Story {
    /// Step, and the loss where it was read.
    steps: Vec<(u64, Option<u64>)>,
    /// Epoch and its figures.
    epochs: Vec<(u64, Vec<Option<u64>>)>,
    /// Step of a validation within an epoch, and its figures.
    validations: Vec<(u64, Vec<Option<u64>>)>,
    /// Best epoch and the test's loss.
    end: Option<(Option<u64>, Option<u64>)>,
}

impl Story {
    #[track_caller]
    fn of(run_dir: &Path) -> Self {
        let (events, missing) = read_record(run_dir).unwrap();
        assert_eq!(missing, None);
        let bits = |value: f64| value.to_bits();
        let mut story = Self { steps: Vec::new(), epochs: Vec::new(), validations: Vec::new(), end: None };
        for event in &events {
            match event {
                Event::Step(step) => story.steps.push((step.step, step.loss.map(bits))),
                Event::Epoch(EpochEvent { epoch, train_loss, val_loss, val_accuracy, val_auc, .. }) => {
                    let figures = [Some(*train_loss), *val_loss, *val_accuracy, *val_auc];
                    story.epochs.push((*epoch, figures.map(|figure| figure.map(bits)).to_vec()));
                }
                Event::Validation(ValidationEvent { step, loss, accuracy, auc, .. }) => {
                    let figures = [Some(*loss), Some(*accuracy), *auc];
                    story.validations.push((*step, figures.map(|figure| figure.map(bits)).to_vec()));
                }
                Event::Finished(finished) => {
                    let Finished { best_epoch, test, .. } = &**finished;
                    story.end = Some((*best_epoch, test.as_ref().map(|test| bits(test.loss))));
                }
                _ => {}
            }
        }
        story
    }

    /// The first thing that is another in `other`.
    #[cfg(target_os = "linux")]
    fn difference(&self, other: &Self) -> Option<String> {
        fn first<T: std::fmt::Debug + PartialEq>(what: &str, ours: &[T], theirs: &[T]) -> Option<String> {
            let at = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at))?;
            Some(format!("{what} {at}: {:?} and {:?}", ours.get(at), theirs.get(at)))
        }
        first("step", &self.steps, &other.steps)
            .or_else(|| first("epoch", &self.epochs, &other.epochs))
            .or_else(|| first("validation", &self.validations, &other.validations))
            .or_else(|| first("end", &[self.end], &[other.end]))
    }

    /// No step is missing or there twice.
    #[track_caller]
    fn check_steps(&self) {
        let expected: Vec<u64> = (1..=self.steps.len() as u64).collect();
        let steps: Vec<u64> = self.steps.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, expected);
    }
}
