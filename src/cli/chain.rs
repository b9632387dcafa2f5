//! `trainscope chain`: a chain from a preset, from Python or from TOML, printed as TOML; and the catalogue in writing.

use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_USAGE, Failure};
use crate::config::transforms_to_toml;
use crate::console::text_to_stdout;
use crate::transform::{Chain, chain_from_text, markdown_docs, presets, toml_docs};
use clap::{Args, ValueEnum};
use std::io::Read as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ChainArgs {
    /// A file with a chain in Python (`Compose([...])`) or TOML; `-` reads it from stdin.
    #[arg(required_unless_present_any = ["preset", "docs"])]
    file: Option<PathBuf>,
    /// A chain to begin with: mednist, imagenet, light or heavy.
    #[arg(long, conflicts_with = "file")]
    preset: Option<String>,
    /// Print every transform with its parameters instead.
    #[arg(long, value_enum, conflicts_with_all = ["file", "preset"])]
    docs: Option<Docs>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Docs {
    /// A configuration with every transform at its defaults.
    Toml,
    /// A table a transform.
    Markdown,
}

pub(super) fn run(args: &ChainArgs) -> CommandResult {
    match (&args.docs, &args.preset, &args.file) {
        (Some(Docs::Toml), ..) => text_to_stdout(&toml_docs()),
        (Some(Docs::Markdown), ..) => text_to_stdout(&markdown_docs()),
        (None, Some(key), _) => {
            let keys = || presets().iter().map(|p| p.key);
            let preset = presets().iter().find(|p| p.key == key).ok_or_else(|| {
                let near = crate::config::hint(key, keys());
                let known = keys().collect::<Vec<_>>().join(", ");
                Failure::new(EXIT_USAGE, format!("no preset is called `{key}`{near}; known: {known}"))
            })?;
            text_to_stdout(&transforms_to_toml(&preset.chain(None, 3)));
        }
        (None, None, Some(file)) => return read(file),
        (None, None, None) => {}
    }
    Ok(EXIT_OK)
}

/// What could not be read goes to stderr, line by line; the exit code says whether anything was lost.
fn read(file: &PathBuf) -> CommandResult {
    let mut text = String::new();
    let result = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    result.map_err(|e| Failure::new(EXIT_USAGE, format!("the chain could not be read: {e}: {}", file.display())))?;
    let imported = chain_from_text(&text).map_err(|e| Failure::new(EXIT_USAGE, e))?;
    for note in &imported.notes {
        say!("{note}");
    }
    if imported.specs.is_empty() {
        return Err(Failure::new(EXIT_DATA, "no transform could be read"));
    }
    Chain::build(&imported.specs).map_err(|e| Failure::new(EXIT_USAGE, e))?;
    text_to_stdout(&transforms_to_toml(&imported.specs));
    Ok(if imported.notes.iter().any(|note| note.lost) { EXIT_DATA } else { EXIT_OK })
}
