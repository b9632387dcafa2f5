//! `trainscope chain`: a chain from a preset, from Python or from TOML, printed as TOML; and the catalogue in writing.

use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_USAGE, Failure, at_path};
use crate::config::{self, PRESETS, transforms_to_toml};
use crate::console::{show_path, text_to_stdout};
use crate::language::Message;
use crate::transform::{
    Chain, ImportOptions, Library, MAX_CHAIN_FILE_BYTES, chain_file_text, chain_from_text, chain_presets,
    markdown_docs, toml_docs,
};
use clap::{Args, ValueEnum};
use std::io::Read as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct ChainArgs {
    /// A file with a chain in Python (`Compose([...])`), a notebook or TOML; `-` reads it from stdin.
    #[arg(required_unless_present_any = ["preset", "docs"])]
    file: Option<PathBuf>,
    /// Which chain of the file: the name of a variable or function, or a dictionary's entry. Without it the one for
    /// training.
    #[arg(long, value_name = "NAME")]
    chain: Option<String>,
    /// Whose the transforms are, where the file leaves it open.
    #[arg(long, value_enum)]
    library: Option<Whose>,
    /// A value that the file takes from elsewhere, as in --value 'cfg["size"]=224'. May be given several times.
    #[arg(long = "value", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// A chain to begin with: mednist, imagenet, light or heavy; or that of a training to begin with: tutorial.
    #[arg(long, conflicts_with = "file")]
    preset: Option<String>,
    /// Print every transform with its parameters instead.
    #[arg(long, value_enum, conflicts_with_all = ["file", "preset"])]
    docs: Option<Docs>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Whose {
    Torchvision,
    Monai,
    Albumentations,
    Keras,
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
            let keys =
                || chain_presets().iter().map(|p| p.key).chain(PRESETS.iter().map(|training| training.item.name));
            let chain = config::Preset::find(key).map_or(key.as_str(), |training| training.chain);
            let preset = chain_presets().iter().find(|p| p.key == chain).ok_or_else(|| {
                let near = config::hint(key, keys());
                let known = keys().collect::<Vec<_>>().join(", ");
                Failure::new(EXIT_USAGE, msg!("command-no-preset", key, near, known))
            })?;
            text_to_stdout(&transforms_to_toml(&preset.chain(None, 3)));
        }
        (None, None, Some(file)) => return read(file, &options(args)?),
        (None, None, None) => {}
    }
    Ok(EXIT_OK)
}

fn options(args: &ChainArgs) -> Result<ImportOptions, Failure> {
    let library = args.library.map(|library| match library {
        Whose::Torchvision => Library::Torchvision,
        Whose::Monai => Library::Monai,
        Whose::Albumentations => Library::Albumentations,
        Whose::Keras => Library::Keras,
    });
    let mut options = ImportOptions { library, chain: args.chain.clone(), ..ImportOptions::default() };
    for value in &args.values {
        options.give(value).map_err(|e| Failure::new(EXIT_USAGE, e))?;
    }
    Ok(options)
}

/// What could not be read goes to stderr, line by line; the exit code says whether anything was lost.
fn read(file: &Path, options: &ImportOptions) -> CommandResult {
    let words =
        |e: Message| Failure::new(EXIT_USAGE, msg!("command-chain-not-read", reason = e, path = show_path(file)));
    let io = |e: std::io::Error| words(e.to_string().into());
    // A byte more than is read, so that a longer file is refused and not cut.
    let most = MAX_CHAIN_FILE_BYTES + 1;
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(io)?;
    } else {
        std::fs::File::open(file).map_err(io)?.take(most).read_to_end(&mut bytes).map_err(io)?;
    }
    if bytes.len() as u64 == most {
        return Err(words(msg!("command-chain-too-long", mib = MAX_CHAIN_FILE_BYTES >> 20)));
    }
    let text = chain_file_text(&bytes).map_err(words)?;
    let imported = chain_from_text(&text, options).map_err(words)?;
    for note in &imported.notes {
        say!("{note}");
    }
    if !imported.asks.is_empty() {
        let asks = imported.asks.iter().map(|ask| tr!("command-add-value", ask = ask.message(), name = &ask.name));
        return Err(Failure::new(EXIT_USAGE, asks.collect::<Vec<_>>().join("\n")));
    }
    if imported.specs.is_empty() {
        return Err(Failure::new(EXIT_DATA, at_path(&msg!("command-no-transform-read"), file)));
    }
    Chain::build(&imported.specs).map_err(|e| Failure::new(EXIT_USAGE, at_path(&e.message(), file)))?;
    text_to_stdout(&transforms_to_toml(&imported.specs));
    Ok(if imported.notes.iter().any(|note| note.lost) { EXIT_DATA } else { EXIT_OK })
}
