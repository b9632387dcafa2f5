//! Every setting: one row has its name in TOML, type, title, range, default, unit and meaning. The sections' types, their
//! defaults, reading and writing TOML, `--set`, range checks, the window's forms and the docs are made from these rows.
//!
//! A new setting is one row here, and whoever reads the field.

use super::catalogue::{NETWORK_ITEMS, OPTIMIZERS, SCHEDULES};
use super::param::{Item, Owner, ParamDefault, ParamInfo, ParamKind, param};
use super::spec::{ParamValue, Params, TransformSpec};
use super::value::{SettingValue, choices, default_of};
use super::values::Values;
use ParamDefault::{Bool, Float, Floats, Int, Text, Texts};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Everything needed to run a training again, but the machine it ran on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunConfig {
    pub data: DataConfig,
    pub loader: LoaderConfig,
    pub model: ModelConfig,
    pub optimizer: OptimizerConfig,
    pub schedule: ScheduleConfig,
    pub train: TrainConfig,
    /// The chain, in order; empty means "the tutorial's chain, fit to the dataset".
    #[serde(rename = "transform", skip_serializing_if = "Vec::is_empty")]
    pub transforms: Vec<TransformSpec>,
}

/// One section of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// As TOML has it.
    pub name: &'static str,
    /// What a form calls it, in English.
    pub(super) english_title: &'static str,
    /// One line, in English.
    pub(super) doc: &'static str,
    /// Where the parameters of what is chosen by its `name` are, in a section that is a choice.
    pub(super) params: Option<ParamsOf>,
}

/// The parameters that a section keeps beside its keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct ParamsOf {
    pub read: fn(&RunConfig) -> &Params,
    pub write: fn(&mut RunConfig) -> &mut Params,
}

/// One key of a section, whatever is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub section: &'static str,
    pub info: ParamInfo,
    pub(super) read: fn(&RunConfig) -> ParamValue,
    /// False where the value is of another type.
    pub(super) write: fn(&mut RunConfig, &ParamValue) -> bool,
}

/// A setting that is fixed while a run is active. Its name and meaning come from the field.
const fn set(title: &'static str, kind: ParamKind, default: ParamDefault) -> ParamInfo {
    param("", kind, default, "", "").titled(title).fixed()
}

impl ParamInfo {
    /// The same, in that unit.
    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same, taking effect in a run that is active.
    const fn live(self) -> Self {
        Self { live: true, ..self }
    }

    const fn of_field(self, section: &'static str, name: &'static str, doc: &'static str) -> Self {
        Self { owner: Owner::Section(section), name, doc: doc.trim_ascii(), ..self }
    }
}

const fn int(min: i64, max: i64) -> ParamKind {
    ParamKind::Int { min, max }
}

const fn float(min: f64, max: f64) -> ParamKind {
    ParamKind::Float { min, max }
}

const ANY: i64 = i64::MAX;
/// The largest share that may be held out.
const MOST_HELD_OUT: f64 = 0.9;

const CLASS_WEIGHTS: ParamKind = ParamKind::Floats { min: 1e-6, max: 1e6, least: 0, most: 1_000_000 };

/// How phases are timed, by name.
const TIMING: &[Item] = &[
    Item::new("0", "normal", "What the host sees; costs nothing, the device's phases stay unknown"),
    // With `optimizer.accumulate_batches`, all batches of one step of the optimiser in ten; of many batches, more often.
    Item::new("10", "sampled", "One step in ten waits for the device between phases"),
    Item::new("1", "exact", "Every step waits for the device between phases; slows training on a GPU"),
];

choices! {
    /// What is done about photographs that were taken with the camera turned (EXIF's orientation in JPEG, PNG and WebP).
    Orientation {
        /// Nothing, as Pillow, torchvision and MONAI open them.
        AsStored = "as_stored" "as stored",
        /// They are turned upright, as viewers show them.
        Upright = "upright" "upright",
    }
}

choices! {
    /// Along which axis of a volume its slices are taken.
    SliceAxis {
        /// The last axis of nibabel's array: axial slices in most files.
        Z = "z" "z (last)",
        /// The second axis: coronal slices in most files.
        Y = "y" "y (second)",
        /// The first axis: sagittal slices in most files.
        X = "x" "x (first)",
    }
}

choices! {
    /// Where the loader keeps what does not change from epoch to epoch.
    CacheMode {
        /// Every image is read, decoded and prepared anew in each epoch.
        Off = "off" "off",
        /// Keeps images in memory as they are before the first random transform, filled as it trains.
        Ram = "ram" "memory",
        /// Keeps images in a file as they are before the first random transform, filled as it trains; a later run over the
        /// same files uses it again.
        Disk = "disk" "disk",
    }
}

choices! {
    /// What of a network is not trained.
    Freeze {
        /// Every layer is trained.
        None = "none" "nothing",
        /// Only the last layer is trained; the batch norms before it keep their running statistics.
        Body = "body" "all but the last layer",
    }
}

choices! {
    /// What each class counts in the loss.
    ClassWeights {
        /// Every image counts the same.
        None = "none" "the same",
        /// A class counts the more the fewer training images it has: their number over that of a class, on average 1.
        Balanced = "balanced" "balanced",
        /// What `train.class_weight_values` says, a number a class.
        ByHand = "by_hand" "by hand",
    }
}

choices! {
    /// Which training images an epoch has, and in which order.
    Sampling {
        /// Each once, in another order each epoch.
        Shuffled = "shuffled" "each once, shuffled",
        /// As many as there are, drawn with replacement so that every class comes equally often.
        Balanced = "balanced" "classes equally often",
    }
}

choices! {
    /// What is done when the loss is no number any more.
    OnDivergence {
        /// Training goes on; it is said and marked.
        GoOn = "go_on" "go on",
        /// The run ends at once; no checkpoint is written of weights that are no numbers.
        Stop = "stop" "stop",
    }
}

choices! {
    /// In what numbers the network computes.
    Precision {
        /// Single precision, which every device has.
        F32 = "f32" "f32",
        /// Half as wide with f32's range; weights stay f32.
        Bf16 = "bf16" "bf16",
        /// Half as wide with a small range; weights stay f32 and the loss is scaled.
        F16 = "f16" "f16",
    }
}

/// Makes the types of the sections, [`SECTIONS`] and [`SETTINGS`] from the rows below.
macro_rules! settings {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident $title:literal: $Config:ident $(choosing from $items:ident)? {
            $( $(#[doc = $doc:literal])+ $field:ident: $Type:ty = $info:expr; )+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(default)]
            pub struct $Config {
                $(
                    $(#[doc = $doc])+
                    #[serde(skip_serializing_if = "SettingValue::is_absent")]
                    pub $field: $Type,
                )+
                $(
                    #[doc = concat!("Parameters of the chosen row of `", stringify!($items), "` that are not at their defaults.")]
                    #[serde(flatten)]
                    pub params: Params,
                )?
            }

            impl Default for $Config {
                fn default() -> Self {
                    Self {
                        $( $field: default_of(&$info), )+
                        $( params: { let _: &[Item] = $items; Params::new() }, )?
                    }
                }
            }

            $(
                impl $Config {
                    /// The one of that name with its parameters at their defaults.
                    pub fn named(name: &str) -> Self {
                        Self { name: name.to_owned(), ..Self::default() }
                    }

                    /// The parameters of the chosen one, those left out at their defaults; none where there is no such name.
                    pub fn values(&self) -> Values<'_> {
                        let chosen = $items.iter().find(|item| item.name == self.name);
                        Values { given: &self.params, params: chosen.map_or(&[], |item| item.params) }
                    }
                }
            )?
        )+

        /// The sections but `[[transform]]`, in the order of the docs.
        pub static SECTIONS: &[Section] = &[$(
            Section {
                name: stringify!($section),
                english_title: $title,
                doc: concat!($($section_doc),+).trim_ascii(),
                params: settings!(@params $section $($items)?),
            },
        )+];

        /// Every key of theirs, in the order of the docs.
        pub static SETTINGS: &[Setting] = &[$($(
            Setting {
                section: stringify!($section),
                info: $info.of_field(stringify!($section), stringify!($field), concat!($($doc),+)),
                read: |config| config.$section.$field.to_param(),
                write: |config, value| match SettingValue::from_param(value) {
                    Some(value) => {
                        config.$section.$field = value;
                        true
                    }
                    None => false,
                },
            },
        )+)+];
    };
    (@params $section:ident) => { None };
    (@params $section:ident $items:ident) => {
        Some(ParamsOf { read: |config| &config.$section.params, write: |config| &mut config.$section.params })
    };
}

settings! {
    /// Which images, and how they are split.
    data "Dataset": DataConfig {
        /// Folder of the dataset, or its table of labels.
        dir: Option<PathBuf> = set("Folder", ParamKind::Text, Text(""));
        /// Where the classes are from: `auto`, `folders`, `subfolders`, or a table's path, from the folder or whole.
        labels: String = set("Classes from", ParamKind::Text, Text("auto"));
        /// The table's column with the images: its name, or its number from 1; guessed where empty.
        image_column: String = set("Images in", ParamKind::Text, Text("")).advanced();
        /// The table's column with the labels: its name, or its number from 1; guessed where empty.
        label_column: String = set("Labels in", ParamKind::Text, Text("")).advanced();
        /// The table's column that says train, val or test: its name, its number from 1, or `none`; guessed where empty.
        part_column: String = set("Parts in", ParamKind::Text, Text("")).advanced();
        /// Share of the images held out for validation, unless folders say otherwise.
        val_frac: f64 = set("Validation", float(0.0, MOST_HELD_OUT), Float(0.1));
        /// Share of the images held out for the test, unless folders say otherwise.
        test_frac: f64 = set("Test", float(0.0, MOST_HELD_OUT), Float(0.1));
        /// Seed of the split, which is even over the classes.
        split_seed: u64 = set("Split seed", int(0, ANY), Int(0));
        /// Use at most this many images, evenly over the classes; 0 takes all.
        limit: usize = set("Use at most", int(0, ANY), Int(0)).unit("images");
        /// Channels of every sample: 1, 3, or 0 for what the files have (1 where all are gray, else 3).
        channels: usize = set("Channels", ParamKind::Whole(&[0, 1, 3]), Int(0)).advanced();
        /// Files of more pixels are refused before anything is allocated.
        max_pixels: u64 = set("Largest image", int(1, 1 << 40), Int(100_000_000)).unit("pixels").advanced();
        /// What is done about photographs that were taken with the camera turned: stored as Pillow opens them, or upright.
        orientation: Orientation = set("Turned photographs", ParamKind::OneOf(Orientation::ITEMS), Text("as_stored"));
        /// What keeps images, such as a patient's, in one part of the split: a column of the table, `folder`, `patient_id` (of
        /// DICOM files), or a regular expression with one group for the file's name; empty keeps together what is one file's.
        group: String = set("Keep together", ParamKind::Text, Text(""));
        /// Along which axis of a volume (NIfTI) its slices are taken.
        slice_axis: SliceAxis = set("Slices along", ParamKind::OneOf(SliceAxis::ITEMS), Text("z")).advanced();
        /// Values of gray DICOM files: `full`, or 8 bits as a viewer shows them, by the window of the `file` or `CENTER,WIDTH`.
        dicom_window: String = set("DICOM window", ParamKind::Text, Text("full")).advanced();
        /// Files that are left out of every batch without being touched, by their paths in the dataset's folder, with `/`: they
        /// hung once. They keep their place in the split and in the order, so that all other batches stay as they are.
        quarantine: Vec<String> = set("Quarantine", ParamKind::Texts, Texts(&[])).advanced();
    }

    /// How samples become batches.
    loader "Loader": LoaderConfig {
        /// Loader threads; 0 loads on the trainer's own thread, as PyTorch does.
        workers: usize = set("Workers", int(0, 256), Int(2)).unit("threads").live().same_training();
        /// Samples in a batch.
        batch_size: usize = set("Batch size", int(1, 65_536), Int(64)).unit("images");
        /// Full batches that may wait in the queue.
        prefetch: usize = set("Prefetch", int(1, 1024), Int(4)).unit("batches").same_training();
        /// Leave out a last training batch that is not full.
        drop_last: bool = set("Drop a last batch that is not full", ParamKind::Bool, Bool(false)).advanced();
        /// Where what the chain makes of an image before its first random transform is kept, once made.
        cache: CacheMode = set("Cache", ParamKind::OneOf(CacheMode::ITEMS), Text("off")).same_training();
        /// Room for the cache; images beyond it are not kept. 0 keeps nothing.
        cache_mb: u64 = set("Cache limit", int(0, 1 << 32), Int(1024)).unit("MiB").same_training();
        /// Folder of the cache on disk; without one the run's own is used.
        cache_dir: Option<PathBuf> = set("Cache folder", ParamKind::Text, Text("")).advanced().same_training();
        /// Worker i runs on core i + 1 only (modulo the cores there are), so that core 0 is left to the trainer.
        pin: bool = set("Pin workers to cores", ParamKind::Bool, Bool(false)).advanced().same_training();
        /// Workers give way to every other thread that wants to run.
        low_priority: bool = set("Workers at low priority", ParamKind::Bool, Bool(false)).advanced().same_training();
        /// Neighbouring spatial transforms are done in one resampling; faster, and not quite the same pixels.
        fuse: bool = set("One resampling for neighbouring spatial transforms", ParamKind::Bool, Bool(false)).advanced();
        /// JPEGs are decoded at a half, a quarter or an eighth of their size where the chain needs no more; faster, and not
        /// quite the same pixels.
        scaled_decode: bool = set("Scaled JPEG decoding", ParamKind::Bool, Bool(false)).advanced();
        /// Batches stay bytes where nothing but a scale and a shift of each channel is left to do, which the device does: a
        /// quarter of the memory and of the upload.
        bytes_to_device: bool = set("Bytes to the device", ParamKind::Bool, Bool(false)).advanced().same_training();
        /// Stages are timed and their spans recorded. Off, there are no stage costs, no trace and a poorer verdict: only to
        /// measure what the instruments themselves cost.
        instrument: bool = set("Time stages and record spans", ParamKind::Bool, Bool(true)).advanced().same_training();
    }

    /// What is trained.
    model "Network": ModelConfig choosing from NETWORK_ITEMS {
        /// The network.
        name: String = set("Network", ParamKind::OneOf(NETWORK_ITEMS), Text("small_cnn"));
        /// A file of weights to begin with, as torchvision, timm or MONAI name them: .pt, .pth or .safetensors. The last layer is
        /// drawn anew where the classes are others; without a file all weights are drawn.
        weights: Option<PathBuf> = set("Weights", ParamKind::Text, Text(""));
        /// What is left as it is: nothing, or all but the last layer.
        freeze: Freeze = set("Freeze", ParamKind::OneOf(Freeze::ITEMS), Text("none"));
    }

    /// How the weights follow the gradients.
    optimizer "Optimiser": OptimizerConfig choosing from OPTIMIZERS {
        /// The optimiser.
        name: String = set("Optimiser", ParamKind::OneOf(OPTIMIZERS), Text("adam"));
        /// Learning rate.
        lr: f64 = set("Learning rate", float(1e-12, 100.0), Float(1e-3)).same_work();
        /// Times the learning rate, the last layer's: a body of trained weights wants a smaller rate than a last layer drawn
        /// anew.
        head_lr_factor: f64 = set("Last layer's rate", float(0.0, 1e6), Float(1.0)).unit("times").advanced();
        /// Weight decay holds for norms and biases too, as in PyTorch unless told otherwise.
        decay_norms: bool = set("Weight decay on norms and biases", ParamKind::Bool, Bool(true)).advanced();
        /// Gradients are scaled down where their norm over all weights is larger; 0 leaves them as they are.
        clip_norm: f64 = set("Clip gradients to a norm of", float(0.0, 1e9), Float(0.0)).advanced();
        /// Batches whose gradients' mean makes one step of the optimiser, never over the end of an epoch. A step of the run
        /// stays a batch.
        accumulate_batches: usize = set("Batches in a step of the optimiser", int(1, 10_000), Int(1)).unit("batches").advanced();
        /// Share of its past that a moving average of weights and running statistics keeps in a step of the optimiser; where
        /// it is not 0, the average is validated, tested and exported. 0 keeps none.
        ema_decay: f64 = set("Moving average of weights", float(0.0, 0.999_999), Float(0.0)).advanced();
    }

    /// How the learning rate changes from step to step.
    schedule "Schedule": ScheduleConfig choosing from SCHEDULES {
        /// The schedule of the learning rate.
        name: String = set("Schedule", ParamKind::OneOf(SCHEDULES), Text("constant"));
        /// Steps in which the rate first rises in a straight line to where the schedule begins.
        warmup_steps: usize = set("Warm-up", int(0, 1_000_000_000), Int(0)).unit("steps").same_work();
        /// Share of the schedule's first rate that the warm-up begins with.
        warmup_start_frac: f64 = set("Warm-up from", float(0.0, 1.0), Float(0.01)).advanced().same_work();
    }

    /// For how long, from which seed, and on what.
    train "Training": TrainConfig {
        /// Passes over the training images.
        epochs: usize = set("Epochs", int(1, 100_000), Int(4)).unit("epochs");
        /// Seed of the initial weights, the epoch order and every random draw.
        seed: u64 = set("Seed", int(0, ANY), Int(0));
        /// Where it is trained: `auto`, `cpu` or an id that the doctor lists.
        device: String = set("Device", ParamKind::Text, Text("auto")).same_training();
        /// The loss is read back from the device every so many steps.
        loss_every_steps: usize = set("Read the loss every", int(1, 10_000), Int(1)).unit("steps").advanced().same_training();
        /// One step in so many is timed phase by phase; 0 never, 1 every step.
        time_every_steps: usize = set("Step timing", int(0, 10_000), Int(10)).unit("steps").presets(TIMING).same_training();
        /// The validation images are looked at after every so many epochs, and after the last; 0 only then.
        validate_every_epochs: usize = set("Validate every", int(0, 100_000), Int(1)).unit("epochs").same_training();
        /// ... and within epochs after every so many steps; 0 never.
        validate_every_steps: usize = set("Validate within epochs every", int(0, 1_000_000_000), Int(0)).unit("steps").advanced().same_training();
        /// The run ends after so many validations (without a validation part, epochs) in a row that were no better than the
        /// best; 0 never.
        early_stopping: usize = set("Stop early after", int(0, 100_000), Int(0)).unit("validations");
        /// Share of each label that is spread evenly over all classes (label smoothing).
        label_smoothing: f64 = set("Label smoothing", float(0.0, 1.0), Float(0.0)).advanced().same_work();
        /// What each class counts in the loss.
        class_weights: ClassWeights = set("Class weights", ParamKind::OneOf(ClassWeights::ITEMS), Text("none"));
        /// What each class counts where that is by hand: a number a class, in the order of their names.
        class_weight_values: Vec<f64> = set("Class weights by hand", CLASS_WEIGHTS, Floats(&[])).advanced();
        /// Which training images an epoch has, and in which order.
        sampling: Sampling = set("Images of an epoch", ParamKind::OneOf(Sampling::ITEMS), Text("shuffled"));
        /// What is done when the loss is no number any more.
        on_divergence: OnDivergence = set("Where the loss diverges", ParamKind::OneOf(OnDivergence::ITEMS), Text("go_on")).advanced().same_training();
        /// In what numbers the network computes; a device that has not got them is refused with the reason.
        precision: Precision = set("Precision", ParamKind::OneOf(Precision::ITEMS), Text("f32")).advanced();
    }
}

impl OptimizerConfig {
    /// Batches of one step of the optimiser, for arithmetic with the numbers of steps: at least 1, whatever a test or an old file says.
    pub(crate) fn batches_together(&self) -> u64 {
        self.accumulate_batches.max(1) as u64
    }
}

impl TrainConfig {
    /// The run goes on until it is stopped: as many epochs as can be set, and no early end.
    pub fn endless(&mut self) {
        (self.epochs, self.early_stopping) = (100_000, 0);
    }
}
