//! A chain written in Python, as MONAI's, torchvision's, albumentations' and Keras' users have it (`Compose([...])`), read
//! into ours. What cannot be read is named, with its line, and left out; what is not in the text is asked for.

mod albumentations;
mod arguments;
mod builtins;
mod changes;
mod clean;
mod evaluate;
mod expressions;
mod imported;
mod keras;
mod libraries;
mod operators;
mod outcomes;
mod signatures;
mod step;
mod syntax;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_libraries;
#[cfg(test)]
mod tests_script;
mod tokens;
mod value;

pub use imported::{Ask, ImportNote, Imported};

use crate::config::RunConfig;
use crate::language::Message;
use crate::transform::core::description::Library;
use crate::transform::registry::find;
use evaluate::{Found, Script, evaluate, given_value, value_of};
use libraries::Evidence;
use std::collections::BTreeMap;
use step::Import;
use value::{Call, Value};

/// What is known beside the text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportOptions {
    /// Whose the transforms are, where the text leaves it open.
    pub library: Option<Library>,
    /// Which chain is meant, where the text has several: a variable's, a function's or an entry's name.
    pub chain: Option<String>,
    /// Values from elsewhere, as Python has them, by the name that [`Ask::name`] has: `cfg["size"]`, `224`.
    pub values: Vec<(String, String)>,
}

impl ImportOptions {
    /// Takes `name=value` for a value from elsewhere.
    ///
    /// # Errors
    /// It is not of that form.
    pub fn give(&mut self, assignment: &str) -> Result<(), Message> {
        let Some((name, _)) = given_value(assignment) else {
            return Err(msg!("transform-import-no-assignment", assignment));
        };
        // The name may hold an equals sign of its own, within brackets.
        let places = assignment.match_indices('=').map(|(at, _)| at);
        let same = |at: &usize| given_value(&assignment[..=*at]).is_some_and(|(found, _)| found == name);
        let value = places.into_iter().find(same).and_then(|at| assignment.get(at + 1..)).unwrap_or_default();
        self.values.push((name, value.trim().to_owned()));
        Ok(())
    }
}

/// Longer texts are refused: whole scripts are read, and no chain needs more.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// No file that holds a chain is larger: notebooks carry their pictures with them.
pub const MAX_CHAIN_FILE_BYTES: u64 = clean::MAX_NOTEBOOK_BYTES as u64;

/// The text of a chain's file, whatever it is encoded in; of a notebook its code.
///
/// # Errors
/// It is too long, or a damaged notebook.
pub fn chain_file_text(bytes: &[u8]) -> Result<String, Message> {
    let text = clean::decoded(bytes);
    let text = if clean::is_notebook(&text) { clean::code_of_notebook(&text)? } else { text };
    within(&text, MAX_TEXT_BYTES)?;
    Ok(text)
}

/// # Errors
/// It is longer.
fn within(text: &str, most: usize) -> Result<(), Message> {
    let (found, most_kib) = (text.len().div_ceil(1024), most >> 10);
    if text.len() <= most {
        return Ok(());
    }
    Err(msg!("transform-import-too-long", found_kib = found, most_kib))
}

/// Reads a chain out of a text: TOML with `[[transform]]` in it, a notebook, or Python.
///
/// # Errors
/// The text is TOML or a notebook, and not right; it is too long; it has no chain of the name wanted.
pub fn chain_from_text(text: &str, options: &ImportOptions) -> Result<Imported, Message> {
    if clean::is_notebook(text) {
        within(text, clean::MAX_NOTEBOOK_BYTES)?;
        return from_python(&clean::code_of_notebook(text)?, options);
    }
    within(text, MAX_TEXT_BYTES)?;
    if !text.lines().any(|line| line.trim_start().starts_with("[[transform]]")) {
        return from_python(text, options);
    }
    let config = RunConfig::from_toml(text).map_err(|e| e.message())?;
    Ok(Imported { specs: config.transforms, ..Imported::default() })
}

/// Reads a chain out of pasted Python: of several `Compose([...])` the one that is wanted, or called after training, or
/// the first with a random transform in it; or a bare list, or one call after the other.
///
/// # Errors
/// The text makes too much; it has no chain of the name wanted.
pub fn from_python(text: &str, options: &ImportOptions) -> Result<Imported, Message> {
    within(text, MAX_TEXT_BYTES)?;
    let given: BTreeMap<String, Value> = options
        .values
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| (name.clone(), value_of(value)))
        .collect();
    let script = evaluate(&clean::without_prompts(text), &given).map_err(|e| e.message())?;
    let candidates = candidates(&script);
    if candidates.is_empty() {
        return Ok(loose(&script, options));
    }
    let chosen = choose(&candidates, options.chain.as_deref())?;
    let Some(found) = candidates.get(chosen) else { return Ok(Imported::default()) };
    let mut calls = Vec::new();
    found.value.calls(&mut calls);
    let evidence = Evidence::new(&script.imports, &calls, options.library);
    let mut import = Import::new(evidence, &script.own);
    let line = calls.first().map_or(1, |call| call.line);
    if candidates.len() > 1 {
        let others = candidates.iter().enumerate().filter(|(i, _)| *i != chosen);
        let others: Vec<String> = others.take(8).map(|(_, other)| shown(other)).collect();
        let others = others.join(", ");
        let others = if candidates.len() > 9 { format!("{others}, …") } else { others };
        let reason = msg!("transform-import-several-chains", count = candidates.len(), others);
        import.note(line, &shown(found), reason, false);
        import.out.chains = candidates.iter().map(|other| shown(other)).collect();
    }
    import.out.chain = shown(found);
    import.ask(line, shown(found), &found.needs);
    import.value(&found.value, line);
    Ok(import.finish())
}

/// What a chain is called in notes and lists: its name, else its line.
fn shown(found: &Found) -> String {
    match &found.value {
        Value::Call(call) if found.name.is_empty() => {
            tr!("transform-import-call-in-line", name = call.name.as_str(), line = call.line.to_string())
        }
        _ => found.name.clone(),
    }
}

/// The chains of a text; lists of transforms where it has none.
fn candidates(script: &Script) -> Vec<&Found> {
    let knows = |found: &&Found| {
        let mut calls = Vec::new();
        found.value.calls(&mut calls);
        calls.iter().any(|call| is_transform(call))
    };
    // Networks are Sequential too.
    let chains: Vec<&Found> = script.chains.iter().filter(knows).collect();
    let alone = script.loose.iter().any(|value| {
        let mut calls = Vec::new();
        value.calls(&mut calls);
        calls.iter().any(|call| is_transform(call))
    });
    match (chains.is_empty(), script.chains.is_empty()) {
        (false, _) => chains,
        (_, true) if !alone => script.lists.iter().filter(knows).collect(),
        _ => script.chains.iter().collect(),
    }
}

fn is_transform(call: &Call) -> bool {
    let known = |library: &Library| libraries::name_in(*library, call.short_name()).is_some();
    libraries::ALL.iter().any(known) || find(call.short_name()).is_some()
}

/// # Errors
/// None has the name wanted; those there are.
fn choose(found: &[&Found], wanted: Option<&str>) -> Result<usize, Message> {
    // `train` is enough for `chains["train"]` and `Data.train`.
    let key = |name: &str| name.rsplit(['.', '[']).next().unwrap_or(name).trim_matches([']', '"', '\'']).to_owned();
    if let Some(wanted) = wanted {
        let exact = found.iter().position(|f| shown(f) == wanted || f.name == wanted);
        return exact.or_else(|| found.iter().position(|f| key(&f.name) == key(wanted))).ok_or_else(|| {
            let names: Vec<String> = found.iter().map(|f| shown(f)).collect();
            let near = crate::config::hint(wanted, names.iter().map(String::as_str));
            msg!("transform-import-no-such-chain", wanted, near, known = names.join(", "))
        });
    }
    let is_train = |f: &&Found| key(&f.name).eq_ignore_ascii_case("train");
    // `train_transforms` and `get_train`, not `constrain` nor `val_transforms`.
    let trains = |f: &&Found| {
        let name = f.name.to_lowercase();
        name.split(|c: char| !c.is_alphabetic()).any(|word| word.starts_with("train") || matches!(word, "trn" | "tr"))
    };
    let is_random = |f: &&Found| {
        let mut calls = Vec::new();
        f.value.calls(&mut calls);
        calls.iter().any(|call| {
            let name = call.short_name();
            name.starts_with("Rand") || find(name).is_some_and(|info| info.random) || name.ends_with("Flip")
        })
    };
    let first = |of: &dyn Fn(&&Found) -> bool| found.iter().position(of);
    Ok(first(&is_train)
        .or_else(|| first(&|f| trains(f) && is_random(f)))
        .or_else(|| first(&trains))
        .or_else(|| first(&is_random))
        .unwrap_or(0))
}

/// Calls that stand one after the other.
fn loose(script: &Script, options: &ImportOptions) -> Imported {
    let mut calls = Vec::new();
    script.loose.iter().for_each(|value| value.calls(&mut calls));
    let evidence = Evidence::new(&script.imports, &calls, options.library);
    let mut import = Import::new(evidence, &script.own);
    for value in &script.loose {
        // The bracket of a list whose beginning was not pasted.
        if !matches!(value, Value::Unread(text, _) if text.chars().all(|c| ")],} \n".contains(c))) {
            import.value(value, 1);
        }
    }
    if import.out.specs.is_empty() && import.out.notes.is_empty() && import.out.asks.is_empty() {
        import.note_of(1, msg!("transform-import-the-text"), msg!("transform-import-nothing-found"), true);
    }
    import.finish()
}
