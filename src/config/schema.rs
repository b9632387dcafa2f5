//! The one list of configuration keys: where each stands, what it may hold, and what it means.

/// What a key may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyKind {
    Bool,
    /// A whole number, both ends allowed.
    Int {
        min: i64,
        max: i64,
    },
    /// A number, both ends allowed.
    Float {
        min: f64,
        max: f64,
    },
    /// One of these.
    Choice(&'static [&'static str]),
    /// Any text (a path, a device id).
    Text,
    /// A list of texts, which may be empty.
    Texts,
}

/// One key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub section: &'static str,
    pub name: &'static str,
    pub kind: KeyKind,
    pub doc: &'static str,
}

/// Names of the models that `train::model` builds.
pub const MODELS: &[&str] = &["densenet121", "small_cnn"];
/// Names of the optimisers.
pub const OPTIMIZERS: &[&str] = &["adam"];

/// What may be done about EXIF's orientation.
pub const ORIENTATIONS: &[&str] = &["as_stored", "upright"];

/// Places for the loader's cache.
pub const CACHES: &[&str] = &["off", "ram", "disk"];

const fn key(section: &'static str, name: &'static str, kind: KeyKind, doc: &'static str) -> Key {
    Key { section, name, kind, doc }
}

const INT_MAX: i64 = i64::MAX;

/// Every key outside `[[transform]]`, in the order of the docs.
pub const KEYS: &[Key] = &[
    key("data", "dir", KeyKind::Text, "folder of the dataset"),
    key(
        "data",
        "labels",
        KeyKind::Text,
        "where the classes are from: auto, folders (those in the dataset's folder), subfolders (those inside them), or the \
         path of a table of files and labels",
    ),
    key(
        "data",
        "image_column",
        KeyKind::Text,
        "column of the table that names the images: its name, or its number from 1; without one it is guessed",
    ),
    key("data", "label_column", KeyKind::Text, "column of the table with the labels, likewise"),
    key("data", "part_column", KeyKind::Text, "column of the table with train, val or test, likewise; none for none"),
    key("data", "val_frac", KeyKind::Float { min: 0.0, max: 0.9 }, "share held out for validation"),
    key("data", "test_frac", KeyKind::Float { min: 0.0, max: 0.9 }, "share held out for the test"),
    key("data", "split_seed", KeyKind::Int { min: 0, max: INT_MAX }, "seed of the split"),
    key("data", "limit", KeyKind::Int { min: 0, max: INT_MAX }, "use at most so many images; 0 is all"),
    key("data", "channels", KeyKind::Int { min: 0, max: 3 }, "1 or 3; 0 is as the files have"),
    key("data", "max_pixels", KeyKind::Int { min: 1, max: 1 << 40 }, "refuse images of more pixels"),
    key(
        "data",
        "orientation",
        KeyKind::Choice(ORIENTATIONS),
        "photographs with an EXIF orientation: as_stored as Pillow opens them, upright as viewers show them",
    ),
    key("data", "quarantine", KeyKind::Texts, "files in that folder to leave out untouched"),
    key("loader", "workers", KeyKind::Int { min: 0, max: 256 }, "loader threads; 0 loads on the trainer's"),
    key("loader", "batch_size", KeyKind::Int { min: 1, max: 65_536 }, "samples in a batch"),
    key("loader", "prefetch", KeyKind::Int { min: 1, max: 1024 }, "full batches that may wait"),
    key("loader", "drop_last", KeyKind::Bool, "leave out a last batch that is not full"),
    key(
        "loader",
        "cache",
        KeyKind::Choice(CACHES),
        "where images are kept as they are before the first random transform",
    ),
    key("loader", "cache_mb", KeyKind::Int { min: 0, max: 1 << 32 }, "room for that in MiB; 0 keeps nothing"),
    key("loader", "cache_dir", KeyKind::Text, "folder of the cache on disk; the run's own without one"),
    key("loader", "pin", KeyKind::Bool, "worker i runs on core i + 1 only"),
    key("loader", "low_priority", KeyKind::Bool, "workers give way to all other threads"),
    key(
        "loader",
        "fuse",
        KeyKind::Bool,
        "neighbouring spatial transforms in one resampling; not quite the same pixels",
    ),
    key("loader", "scaled_decode", KeyKind::Bool, "decode JPEGs smaller where it does; not quite the same pixels"),
    key("loader", "bytes_to_device", KeyKind::Bool, "upload bytes where only scale and shift are left to do"),
    key("loader", "instrument", KeyKind::Bool, "time stages and record spans; off only to see what that costs"),
    key("model", "name", KeyKind::Choice(MODELS), "the network"),
    key("optimizer", "name", KeyKind::Choice(OPTIMIZERS), "the optimiser"),
    key("optimizer", "lr", KeyKind::Float { min: 1e-12, max: 100.0 }, "learning rate"),
    key("train", "epochs", KeyKind::Int { min: 1, max: 100_000 }, "passes over the training images"),
    key("train", "seed", KeyKind::Int { min: 0, max: INT_MAX }, "seed of weights, order and draws"),
    key("train", "device", KeyKind::Text, "auto, cpu or an id that `doctor` lists"),
    key("train", "loss_every_steps", KeyKind::Int { min: 1, max: 10_000 }, "read the loss every so many steps"),
    key("train", "time_every_steps", KeyKind::Int { min: 0, max: 10_000 }, "time phases one step in so many"),
];

/// The sections, in the order of the docs.
pub const SECTIONS: &[&str] = &["data", "loader", "model", "optimizer", "train", "transform"];

/// The key of that section and name.
pub fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.section == section && k.name == name)
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => write!(f, "true or false"),
            Self::Int { min, max } if *max == INT_MAX => write!(f, "a whole number from {min} up"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Float { min, max } => write!(f, "a number from {min} to {max}"),
            Self::Choice(names) => write!(f, "one of {}", names.join(", ")),
            Self::Text => write!(f, "a text in quotes"),
            Self::Texts => write!(f, "a list of texts in quotes, such as [\"class/image.png\"]"),
        }
    }
}
