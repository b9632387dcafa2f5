//! What stands around every page: the run bar, the hardware's line, the notice, the log, dialogs.

pub(crate) mod about;
pub(crate) mod action;
pub(crate) mod banner;
pub(crate) mod export_dialog;
pub(crate) mod hardware;
pub(crate) mod log_panel;
pub(crate) mod notice;
pub(crate) mod palette;
pub(crate) mod path_dialog;
pub(crate) mod run_bar;
pub(crate) mod stall_card;
pub(crate) mod verdict;
pub(crate) mod welcome;
