//! Folders of images: what is in them ([`scan`]), which image is for what ([`split`]), and their pixels
//! ([`Decoder`]).
//!
//! Runs on whatever thread calls it: a scan on a thread of its own, the decoder on loader threads. Imports
//! `config` only; knows nothing of transforms, batches or training.

mod bmp;
mod convert;
mod dataset;
mod decode;
mod directory;
mod error;
mod gif;
mod group_split;
mod groups;
mod hash;
mod header;
mod image;
pub mod inspect;
mod jpeg;
mod labels;
mod leaks;
mod medical;
mod names;
mod open;
mod orientation;
mod png;
mod probe;
mod roles;
mod room;
pub mod sample_images;
mod scan;
mod split;
mod summary;
mod tiff;
mod watch;
mod webp;

pub use dataset::{BadFile, Dataset, Part, Reading, TablePreview};
pub use decode::{Decoder, channels_of_file};
pub use error::DataError;
pub(crate) use error::io_reason;
pub(crate) use image::split_channels;
pub use image::{Dtype, Image, Layout};
pub use labels::TABLE_EXTENSIONS;
pub(crate) use labels::is_image_name;
pub use leaks::leak_note;
pub use medical::{Window, file_of};
pub(crate) use roles::is_systems;
pub(crate) use room::LARGE_BYTES;
pub use room::set_room_for_pictures;
pub(crate) use scan::folder_of_table;
pub use scan::{ScanProgress, scan, scan_as};
pub use split::{Split, split, split_doubts};
pub use summary::{BadFileSummary, ClassSummary, PartCounts, ScanSummary, SizeCount};
pub use watch::Waiting;
