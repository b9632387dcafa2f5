//! `trainscope export --format tensorboard|parquet|csv`: a run's numbers as files of a folder.

use super::outcome::{refuse_existing, unread};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, Failure, at_path};
use crate::client::{RunState, Scalar, scalars, scalars_csv, write_parquet, write_tensorboard};
use crate::console::show_path;
use crate::plot::{UTF8_MARK, csv_field};
use crate::protocol::Event;
use crate::store::{atomic, began_at, read_record};
use crate::system::refused;
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
    let (events, missing) = read_record(run_dir).map_err(unread)?;
    if let Some(missing) = missing {
        say!("{}", msg!("command-warning", message = at_path(&missing, run_dir)));
    }
    let rows = scalars(&events);
    if rows.is_empty() {
        return Err(Failure::new(EXIT_DATA, msg!("page-export-nothing")));
    }
    let unwritten = |error: io::Error| {
        Failure::new(
            EXIT_OTHER,
            msg!("page-export-failed", error = refused(&error, out), path = out.display().to_string()),
        )
    };
    std::fs::create_dir_all(out).map_err(unwritten)?;
    let began = began_at(run_dir).and_then(|began| began.duration_since(UNIX_EPOCH).ok());
    let began = began.map_or(0.0, |began| began.as_secs_f64());
    let files: Vec<PathBuf> = match format {
        RecordFormat::Tensorboard => vec![out.join(tensorboard_name(&events))],
        RecordFormat::Parquet => vec![out.join("scalars.parquet")],
        RecordFormat::Csv => vec![out.join("scalars.csv"), out.join("changes.csv")],
    };
    files.iter().try_for_each(|file| refuse_existing(file, overwrite))?;
    for file in &files {
        let path = show_path(file);
        let mut said = msg!("page-export-written", values = rows.len(), path = &path);
        let written = match format {
            RecordFormat::Tensorboard => atomic::write_with(file, |to| tensorboard(to, &events, &rows, began)),
            RecordFormat::Parquet => atomic::write_with(file, |to| write_parquet(to, &rows)),
            RecordFormat::Csv if file.ends_with("changes.csv") => {
                let (text, changes) = changes(&events);
                said = msg!("page-export-changes-written", changes, path);
                atomic::write(file, text.as_bytes())
            }
            RecordFormat::Csv => atomic::write(file, scalars_csv(&rows).as_bytes()),
        };
        written.map_err(unwritten)?;
        say!("{said}");
    }
    Ok(EXIT_OK)
}

/// TensorBoard takes files by the beginning of their names alone, and all that a folder has: the same run must write the same file again,
/// wherever its folder lies and however it is called by now.
fn tensorboard_name(events: &[Event]) -> String {
    let began_as = events.iter().find_map(|event| match event {
        Event::Started(started) => Some(started.run_id.as_str()),
        _ => None,
    });
    let run = blake3::hash(began_as.unwrap_or_default().as_bytes()).to_hex();
    format!("events.out.tfevents.{}.trainscope", &run[..10])
}

fn tensorboard(to: &mut dyn io::Write, events: &[Event], rows: &[Scalar], began: f64) -> io::Result<()> {
    let state = RunState::from_events(events);
    let config = state.started.as_ref().and_then(|started| toml::to_string(&started.config).ok());
    // As a block of code, which the page "Text" shows as it is.
    let config: String = config.iter().flat_map(|text| text.lines()).map(|line| format!("    {line}\n")).collect();
    let device = state.started.as_ref().map_or_else(String::new, |started| started.device.name.clone());
    write_tensorboard(to, rows, &[("configuration", &config), ("device", &device)], began)
}

/// What was changed while the run trained, by a person or a bisect, as a table; and how many changes there are.
fn changes(events: &[Event]) -> (String, usize) {
    let mut text = format!("{UTF8_MARK}step,secs,change,experiment\n");
    let mut count = 0;
    for event in events {
        if let Event::Changed(mark) = event {
            let label = csv_field(&mark.label.to_string());
            let _ = writeln!(text, "{},{},{label},{}", mark.step, mark.secs, mark.experiment);
            count += 1;
        }
    }
    (text, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ChangeMark;

    #[test]
    fn changes_are_counted_without_the_line_of_titles() {
        assert_eq!(changes(&[]).1, 0);
        let (experiment, switched_off) = (false, Vec::new());
        let mark =
            ChangeMark { secs: 1.0, step: 3, config_version: 1, label: "two\nlines".into(), experiment, switched_off };
        let (text, count) = changes(&[Event::Changed(mark), Event::Heartbeat { secs: 2.0 }]);
        assert!(count == 1 && text.ends_with("3,1,\"two\nlines\",false\n"), "{text}");
    }
}
