//! trainscope trains image classifiers and shows what holds training back.
//!
//! A folder is a layer and imports point down; ARCHITECTURE.md has the list, `tests/layers.rs` holds it.

#![warn(clippy::print_stdout, clippy::print_stderr)]

// Their macros are for all that follows.
#[macro_use]
pub mod console;
#[macro_use]
pub mod language;

pub mod about;
pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod data;
pub mod diagnose;
pub mod engine;
pub mod loader;
pub mod metrics;
pub mod plot;
pub mod protocol;
pub mod store;
pub mod system;
pub mod telemetry;
pub mod train;
pub mod transform;
pub mod ui;
