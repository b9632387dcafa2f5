//! What stands around every page: the run bar, banners and cards, the log, dialogs.

pub(crate) mod about;
pub(crate) mod action;
pub(crate) mod banner;
pub(crate) mod export_dialog;
pub(crate) mod log_panel;
pub(crate) mod report;
pub(crate) mod run_bar;
pub(crate) mod stall_card;
