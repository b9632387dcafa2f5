//! `trainscope export --format tensorboard|parquet|csv`: a run's numbers as files of a folder.

use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, at_path};
use crate::client::{RunState, Scalar, scalars, scalars_csv, write_parquet, write_tensorboard};
use crate::console::show_path;
use crate::plot::csv_field;
use crate::protocol::Event;
use crate::store::{about_begun, atomic, read_record};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordFormat {
    Tensorboard,
    Parquet,
    Csv,
}

pub(super) fn run(run_dir: &Path, format: RecordFormat, out: &Path, overwrite: bool) -> CommandResult {
    let recorded = read_record(run_dir).map_err(|e| Failure::new(EXIT_DATA, e))?;
    if let Some(missing) = recorded.what_is_missing() {
        say!("{}", msg!("command-warning", message = at_path(&missing, run_dir)));
    }
    let rows = scalars(&recorded.events);
    if rows.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("page-export-nothing")));
    }
    let unwritten = |error: io::Error| {
        Failure::new(
            EXIT_OTHER,
            msg!("page-export-failed", error = error.to_string(), path = out.display().to_string()),
        )
    };
    std::fs::create_dir_all(out).map_err(unwritten)?;
    let secs = rows.iter().map(|row| row.secs).fold(0.0, f64::max);
    let began = about_begun(run_dir, secs).and_then(|began| Some(began.duration_since(UNIX_EPOCH).ok()?.as_secs_f64()));
    let began = began.unwrap_or_default();
    let files: Vec<PathBuf> = match format {
        // TensorBoard takes files by this name alone.
        RecordFormat::Tensorboard => vec![out.join(format!("events.out.tfevents.{:010}.trainscope", began as u64))],
        RecordFormat::Parquet => vec![out.join("scalars.parquet")],
        RecordFormat::Csv => vec![out.join("scalars.csv"), out.join("changes.csv")],
    };
    if let Some(there) = files.iter().find(|file| file.exists() && !overwrite) {
        return Err(Failure::new(EXIT_USAGE, msg!("page-export-exists", path = there.display().to_string())));
    }
    for file in &files {
        let written = match format {
            RecordFormat::Tensorboard => atomic::write_with(file, |to| tensorboard(to, &recorded.events, &rows, began)),
            RecordFormat::Parquet => atomic::write_with(file, |to| write_parquet(to, &rows)),
            RecordFormat::Csv if file.ends_with("changes.csv") => {
                atomic::write(file, changes(&recorded.events).as_bytes())
            }
            RecordFormat::Csv => atomic::write(file, scalars_csv(&rows).as_bytes()),
        };
        written.map_err(unwritten)?;
        say!("{}", tr!("page-export-written", values = rows.len(), path = show_path(file).to_string()));
    }
    Ok(EXIT_OK)
}

fn tensorboard(to: &mut dyn io::Write, events: &[Event], rows: &[Scalar], began: f64) -> io::Result<()> {
    let state = RunState::from_events(events);
    let config = state.started.as_ref().and_then(|started| toml::to_string(&started.config).ok());
    // As a block of code, which the page "Text" shows as it is.
    let config: String = config.iter().flat_map(|text| text.lines()).map(|line| format!("    {line}\n")).collect();
    let device = state.started.as_ref().map_or_else(String::new, |started| started.device.name.clone());
    write_tensorboard(to, rows, &[("configuration", &config), ("device", &device)], began)
}

/// What was changed while the run trained, by a person or a bisect.
fn changes(events: &[Event]) -> String {
    let mut text = String::from("step,secs,change,experiment\n");
    for event in events {
        if let Event::Changed(mark) = event {
            let label = csv_field(&mark.label.to_string());
            let _ = writeln!(text, "{},{},{label},{}", mark.step, mark.secs, mark.experiment);
        }
    }
    text
}
