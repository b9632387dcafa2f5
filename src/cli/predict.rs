//! `trainscope predict`: what a run's network sees in images, as CSV.

use super::outcome::refuse_existing;
use super::trained::{failed, open};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, Failure};
use crate::console::show_path;
use crate::data::is_image_name;
use crate::engine::{TrainedError, TrainedRun};
use crate::plot::{UTF8_MARK, csv_field};
use crate::system::refused;
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Folders inside the folder deeper than this are left out.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The run's folder; its best weights are used.
    run: PathBuf,
    /// An image, or a folder whose images are taken, those in folders inside it too.
    #[arg(long = "in", value_name = "FILE|DIR")]
    input: PathBuf,
    /// The table to write: path, class, and the probability of each class.
    #[arg(long, value_name = "F.csv")]
    out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(args: &PredictArgs) -> CommandResult {
    refuse_existing(&args.out, args.overwrite)?;
    let run = open(&args.run)?;
    let files = files_in(&args.input)?;
    let (mut told, mut bad) = (0_u64, 0_u64);
    let mut failure = None;
    let written = crate::store::atomic::write_with(&args.out, |out| {
        write_header(out, &run)?;
        let result = run.predict(files, |path, outcome| -> Result<(), WriteFailure> {
            match outcome {
                Ok(probabilities) => {
                    told += 1;
                    write_row(out, &run, path, probabilities)?;
                }
                Err(reason) => {
                    bad += 1;
                    say!("{}", msg!("command-left-out", reason, path = show_path(path)));
                }
            }
            Ok(())
        });
        result.map_err(|error| match error {
            WriteFailure::Io(error) => error,
            WriteFailure::Network(error) => {
                failure = Some(failed(error));
                // Nobody reads it: `failure` is what is said.
                io::Error::other("network")
            }
        })?;
        if told == 0 {
            failure = Some(Failure::new(EXIT_DATA, msg!("command-no-usable-file", count = bad)));
            return Err(io::Error::other("empty"));
        }
        Ok(())
    });
    match (written, failure) {
        (Ok(()), _) => {
            say!("{}", msg!("command-predicted", images = told, path = show_path(&args.out), left_out = bad));
            Ok(EXIT_OK)
        }
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => {
            let (reason, path) = (refused(&error, &args.out), show_path(&args.out));
            Err(Failure::new(EXIT_OTHER, msg!("command-table-not-written", reason, path)))
        }
    }
}

/// The file itself, or the images of a folder and of those inside it.
pub(super) fn files_in(input: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let unreadable = |e: io::Error, path: &Path| {
        let (reason, path) = (refused(&e, path), show_path(path));
        Failure::new(EXIT_DATA, msg!("command-not-read", reason, path))
    };
    if std::fs::metadata(input).map_err(|e| unreadable(e, input))?.is_dir() {
        collect(input, 0, &mut files).map_err(|e| unreadable(e, input))?;
        if files.is_empty() {
            let path = show_path(input);
            return Err(Failure::new(EXIT_DATA, msg!("command-no-image-in-folder", path)));
        }
    } else {
        files.push(input.to_owned());
    }
    Ok(files)
}

/// The table or the network.
enum WriteFailure {
    Io(io::Error),
    Network(TrainedError),
}

impl From<io::Error> for WriteFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TrainedError> for WriteFailure {
    fn from(error: TrainedError) -> Self {
        Self::Network(error)
    }
}

/// Images by their extension, folders in the order of names. Links to folders are not followed.
fn collect(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if depth < MAX_DEPTH
                && let Err(error) = collect(&path, depth + 1, files)
            {
                let reason = msg!("data-folder-cannot-be-read", reason = error.to_string());
                say!("{}", msg!("command-left-out", reason, path = show_path(&path)));
            }
        } else if is_image_name(&name.to_string_lossy()) {
            files.push(path);
        }
    }
    Ok(())
}

fn write_header(out: &mut dyn Write, run: &TrainedRun) -> io::Result<()> {
    let classes: Vec<String> = run.class_names.iter().map(|name| csv_field(name)).collect();
    writeln!(out, "{UTF8_MARK}path,class,{}", classes.join(","))
}

fn write_row(out: &mut dyn Write, run: &TrainedRun, path: &Path, probabilities: &[f32]) -> io::Result<()> {
    let best = probabilities.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(label, _)| label);
    let class = run.class_names.get(best).map_or("", String::as_str);
    write!(out, "{},{}", csv_field(&path.to_string_lossy()), csv_field(class))?;
    for probability in probabilities {
        write!(out, ",{probability:.6}")?;
    }
    writeln!(out)
}
