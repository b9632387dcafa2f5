//! `trainscope runs`: what lies in a folder of runs.

use super::{CommandResult, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::console::{one_line, show_path};
use crate::store::{RunStanding, RunSummary, list_runs, trained_by};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// A folder of runs, or one run; the window's own where none is named.
    dir: Option<PathBuf>,
    /// A JSON object a run: dir, name, state, dataset, model, epochs, best_val_auc, images_per_sec, can_resume, trouble.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RunsArgs) -> CommandResult {
    let dir = args.dir.clone().unwrap_or_else(|| crate::client::dirs::Dirs::find().runs());
    let runs = match list_runs(&dir) {
        // The window's own folder comes with its first run.
        Err(e) if args.dir.is_none() && e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(|e| {
            Failure::new(EXIT_USAGE, format!("the folder of runs cannot be read: {e}: {}", show_path(&dir)))
        })?,
    };
    for run in &runs {
        if args.json {
            let mut line = json!(run);
            line["type"] = json!("run");
            print_json(&line);
        } else {
            print_run(run);
        }
    }
    if runs.is_empty() && !args.json {
        say!("no runs in {}", show_path(&dir));
    }
    Ok(EXIT_OK)
}

fn print_run(run: &RunSummary) {
    let state = match run.state {
        RunStanding::Running => "running",
        RunStanding::Completed => "completed",
        RunStanding::Stopped => "stopped",
        RunStanding::Failed => "failed",
        RunStanding::Died => "died",
    };
    let figure =
        |value: Option<f64>, digits: usize| value.map_or("N/A".to_owned(), |value| format!("{value:.digits$}"));
    let resume = if run.resume.goes_on() { ", can be resumed" } else { "" };
    print_line!(
        "{:<40} {state:<10} {:<12} {:>4} epochs, AUC {:>6}, {:>7} images/s{resume}",
        one_line(&run.name),
        run.model,
        run.epochs,
        figure(run.best_val_auc, 4),
        figure(run.images_per_sec, 0)
    );
    if run.state == RunStanding::Running
        && let Some(who) = trained_by(&run.dir)
    {
        print_line!("    by {who}");
    }
    if let Some(trouble) = &run.trouble {
        print_line!("    {}", one_line(&trouble.to_string()));
    }
}
