//! The help of every command, and what is wrong with a command line, in the current language.
//!
//! What a command and its options are stands beside them, in English; texts of other languages are laid over clap's own.

use super::Cli;
use crate::client::dirs::path_from_argument;
use crate::language::{self, Language, documented};
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use std::any::TypeId;
use std::error::Error as _;
use std::path::PathBuf;

/// The command line as it is parsed, with its help in the current language. In English it is clap's own.
pub(super) fn command() -> Command {
    let command = taking_urls(Cli::command());
    if language::current() == Language::English {
        return command;
    }
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let version = version.help(tr!("command-print-version")).help_heading(tr!("command-heading-options"));
    let key = key_of(&command);
    let mut command = translated(command, &key).disable_version_flag(true).arg(version);
    // Only now is there a command `help`.
    command.build();
    command.mut_subcommand("help", |help| help.about(tr!("command-print-help-of-command")))
}

/// Every path may be given as file managers and browsers give it, `file:///data/a%20b`.
fn taking_urls(command: Command) -> Command {
    let taking_url = |arg: Arg| match arg.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
        true => arg.value_parser(PathBufValueParser::new().map(path_from_argument)),
        false => arg,
    };
    command.mut_args(taking_url).mut_subcommands(taking_urls)
}

fn key_of(command: &Command) -> String {
    format!("command-help-{}", command.get_name())
}

fn value_key(key: &str, arg: &Arg, value: &str) -> String {
    format!("{key}.{}-value-{value}", arg.get_id())
}

fn translated(mut command: Command, key: &str) -> Command {
    if let Some(about) = command.get_about().map(ToString::to_string) {
        command = command.about(documented(key, &about).into_owned());
    }
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help = help.help(tr!("command-print-help")).help_heading(tr!("command-heading-options"));
    let template =
        format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}", tr!("command-heading-usage"));
    command
        .help_template(template)
        .subcommand_help_heading(tr!("command-heading-commands"))
        .disable_help_flag(true)
        .mut_args(|arg| translated_arg(arg, key))
        .arg(help)
        .mut_subcommands(|sub| {
            let key = key_of(&sub);
            translated(sub, &key)
        })
}

/// Defaults and possible values, which clap adds in English, become part of the text.
fn translated_arg(arg: Arg, key: &str) -> Arg {
    let heading = match arg.is_positional() {
        true => tr!("command-heading-arguments"),
        false => tr!("command-heading-options"),
    };
    let Some(english) = arg.get_help().map(ToString::to_string) else { return arg.help_heading(heading) };
    let mut text = documented(&format!("{key}.{}", arg.get_id()), &english).into_owned();
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    let takes_values = arg.get_action().takes_values();
    if takes_values && !defaults.is_empty() {
        text = tr!("command-option-with-default", text, default = defaults.join(","));
    }
    let values = arg.get_possible_values();
    let (explained, plain): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.get_help().is_some());
    if takes_values && !plain.is_empty() {
        let names: Vec<&str> = plain.iter().map(|value| value.get_name()).collect();
        text = tr!("command-option-with-values", text, values = names.join(", "));
    }
    for value in explained {
        let english = value.get_help().map(ToString::to_string).unwrap_or_default();
        let meaning = documented(&value_key(key, &arg, value.get_name()), &english);
        text = format!("{text}\n{}", tr!("command-value", name = value.get_name(), meaning));
    }
    arg.help(text).help_heading(heading).hide_default_value(true).hide_possible_values(true)
}

/// Every text of the help in English, by the key of what it is in other languages.
pub fn help_texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    of_command(&Cli::command(), &mut texts);
    texts
}

fn of_command(command: &Command, texts: &mut Vec<(String, String)>) {
    if command.is_hide_set() {
        return;
    }
    let key = key_of(command);
    texts.extend(command.get_about().map(|about| (key.clone(), about.to_string())));
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        texts.extend(arg.get_help().map(|help| (format!("{key}.{}", arg.get_id()), help.to_string())));
        for value in arg.get_possible_values() {
            let help = value.get_help().map(|help| (value_key(&key, arg, value.get_name()), help.to_string()));
            texts.extend(help);
        }
    }
    command.get_subcommands().for_each(|sub| of_command(sub, texts));
}

/// Ends the program with what clap found: help that was asked for, or what is wrong.
pub(super) fn exit(error: &clap::Error) -> ! {
    match in_words(error).filter(|_| language::current() != Language::English) {
        Some(words) => {
            say!("{words}");
            std::process::exit(error.exit_code())
        }
        None => error.exit(),
    }
}

/// `None` for what has no words of ours.
fn in_words(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(list) => Some(list.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        ContextValue::Number(n) => Some(n.to_string()),
        _ => None,
    };
    let argument = || context(ContextKind::InvalidArg).unwrap_or_default();
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let near = near.into_iter().find_map(context);
    let near = near.map_or_else(language::Message::default, |name| msg!("config-did-you-mean", name));
    let said = match error.kind() {
        ErrorKind::UnknownArgument => msg!("command-unknown-argument", argument = argument(), near),
        ErrorKind::InvalidSubcommand => {
            msg!("command-unknown", name = context(ContextKind::InvalidSubcommand).unwrap_or_default(), near)
        }
        ErrorKind::InvalidValue if value.is_empty() => msg!("command-value-missing", argument = argument()),
        ErrorKind::InvalidValue => {
            let known = context(ContextKind::ValidValue).unwrap_or_default();
            msg!("command-value-unknown", argument = argument(), value, known, near)
        }
        ErrorKind::ValueValidation => {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            msg!("command-value-refused", argument = argument(), value, reason)
        }
        ErrorKind::MissingRequiredArgument => msg!("command-argument-missing", arguments = argument()),
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg).unwrap_or_default();
            msg!("command-arguments-conflict", argument = argument(), other)
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            msg!("command-value-count", argument = argument())
        }
        _ => return None,
    };
    let usage = context(ContextKind::Usage).unwrap_or_default();
    let usage = usage.trim().trim_start_matches("Usage:").trim();
    Some(match usage {
        "" => tr!("command-line-refused", said),
        usage => tr!("command-line-refused-with-usage", said, usage),
    })
}
