//! The column of settings at the left: dataset, workers, transforms, loader, training.

pub(crate) mod chain_menu;
pub(crate) mod column;
pub(crate) mod dataset_panel;
mod dataset_reading;
pub(crate) mod paste_dialog;
pub(crate) mod preview_panel;
pub(crate) mod settings_panels;
pub(crate) mod transform_panel;
