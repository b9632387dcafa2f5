//! `trainscope settings`: every key of a configuration, its default, range, unit and meaning.

use super::{CommandResult, EXIT_OK};
use crate::config::{SettingsDocs, settings_docs};
use crate::console::text_to_stdout;
use clap::Args;

#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// A table a section, instead of a configuration with every key at its default.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// One JSON object with a list `settings`.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &SettingsArgs) -> CommandResult {
    let format = match (args.markdown, args.json) {
        (true, _) => SettingsDocs::Markdown,
        (false, true) => SettingsDocs::Json,
        (false, false) => SettingsDocs::Toml,
    };
    let text = settings_docs(format);
    text_to_stdout(if text.ends_with('\n') { text } else { text + "\n" }.as_str());
    Ok(EXIT_OK)
}
