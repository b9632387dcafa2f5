//! `trainscope runs`: what lies in a folder of runs.

use super::{CommandResult, EXIT_OK, EXIT_USAGE, Failure, print_json};
use crate::console::{fill, one_line, show_path};
use crate::language::Message;
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
    let dirs = crate::client::dirs::Dirs::find();
    let dir = args.dir.clone().unwrap_or_else(|| dirs.runs());
    let runs = match list_runs(&dir, Some(&dirs.run_list(&dir))) {
        // The window's own folder comes with its first run.
        Err(e) if args.dir.is_none() && e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.map_err(|e| {
            let (reason, path) = (e.to_string(), show_path(&dir));
            Failure::new(EXIT_USAGE, msg!("command-runs-not-read", reason, path))
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
        say!("{}", msg!("command-no-runs", path = show_path(&dir)));
    }
    Ok(EXIT_OK)
}

fn print_run(run: &RunSummary) {
    let state = match run.state {
        RunStanding::Running => msg!("command-run-running"),
        RunStanding::Completed => msg!("command-run-completed"),
        RunStanding::Stopped => msg!("command-run-stopped"),
        RunStanding::Failed => msg!("command-run-failed"),
        RunStanding::Died => msg!("command-run-died"),
    };
    let figure =
        |value: Option<f64>, digits: usize| value.map_or("N/A".to_owned(), |value| format!("{value:.digits$}"));
    let auc = format!("{:>6}", figure(run.best_val_auc, 4));
    let rate = format!("{:>7}", figure(run.images_per_sec, 0));
    let (name, state) = (fill(one_line(&run.name), 40), fill(state, 10));
    let figures = figures(run.epochs, auc, rate, run.resume.goes_on());
    print_line!("{name} {state} {:<12} {figures}", run.model);
    if run.state == RunStanding::Running
        && let Some(who) = trained_by(&run.dir)
    {
        print_line!("    {}", msg!("command-run-by", who));
    }
    if let Some(trouble) = &run.trouble {
        print_line!("    {}", one_line(&trouble.to_string()));
    }
}

fn figures(count: u64, auc: String, rate: String, goes_on: bool) -> Message {
    let epochs = format!("{count:>4}");
    match goes_on {
        true => msg!("command-run-figures-resumable", count, epochs, auc, rate),
        false => msg!("command-run-figures", count, epochs, auc, rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_epoch_is_not_many_and_what_follows_stands_in_its_column() {
        for goes_on in [false, true] {
            let said = |count| figures(count, "0.9000".to_owned(), "    100".to_owned(), goes_on).to_string();
            assert!(said(1).starts_with("   1 epoch, ") && said(20).starts_with("  20 epochs, "), "{}", said(1));
            assert_eq!(said(1).find("AUC"), said(20).find("AUC"));
        }
    }
}
