//! Whether images that seem to be of one patient are in several parts of a split.

use crate::language::Message;
use regex::Regex;
use std::collections::HashMap;

use super::dataset::{Dataset, Part};
use super::groups::groups;
use super::hash::hash;
use super::split::Split;
use crate::config::DataConfig;
use crate::console::show_name;

/// How patients are named in files, the likeliest first: an expression for `data.group`, and what to call it.
const USUAL_NAMES: &[&str] = &[
    r"(?i)(?:^|[^a-z])((?:patient|pat|subject|subj|sub|person|case|pid)[-_ ]?\d+)",
    r"(?i)(tcga-[0-9a-z]{2}-[0-9a-z]{4})",
    r"^(\d{3,})_\d",
];

/// The patient in the name of an image.
type NameOf<'a> = &'a dyn Fn(usize) -> Option<String>;

/// Says that images which seem to be of one patient are in several parts of `split`, and what to do, where that is so.
pub fn leak_note(dataset: &Dataset, split: &Split, config: &DataConfig) -> Option<Message> {
    let mut part_of = vec![None; dataset.len()];
    for (part, list) in [(Part::Train, &split.train), (Part::Val, &split.val), (Part::Test, &split.test)] {
        for &i in list {
            *part_of.get_mut(i as usize)? = Some(part);
        }
    }
    let shared = |keys: &dyn Fn(usize) -> Option<u64>| Shared::of(&part_of, keys);
    if !config.group.is_empty() {
        // Only folders or a table that say the parts can do that.
        let keys = groups(dataset, config).ok()??;
        let found = shared(&|i| keys.get(i).copied());
        return (found.in_several > 0).then(|| msg!("data-leak-groups", count = found.in_several));
    }
    let by_patient = shared(&|i| Some(dataset.patient_of(i)).filter(|key| *key != 0));
    if by_patient.in_several > 0 {
        return Some(msg!("data-leak-patients", count = by_patient.in_several));
    }
    for pattern in USUAL_NAMES {
        let Ok(regex) = Regex::new(pattern) else { continue };
        let of_text = |text: &str| Some(regex.captures(text)?.get(1)?.as_str().to_owned());
        let in_name = |i: usize| of_text(&dataset.file_name_of(i).to_string_lossy());
        let in_folder = |i: usize| {
            let folder = dataset.dir_of(i).strip_prefix(&dataset.root).ok()?;
            // The outermost folder is the class.
            folder.components().nth(1)?;
            of_text(&folder.file_name()?.to_string_lossy())
        };
        let names: [(NameOf<'_>, String); 2] =
            [(&in_name, format!("'{pattern}'")), (&in_folder, "\"folder\"".to_owned())];
        for (name, key) in names {
            let found = shared(&|i| name(i).map(|name| hash(name.as_bytes())));
            if !found.is_obvious() {
                continue;
            }
            let example = found.example.and_then(name).unwrap_or_default();
            let example = show_name(example.as_ref()).to_string();
            return Some(msg!("data-leak-names", count = found.in_several, example, key));
        }
    }
    None
}

/// How groups lie over parts.
#[derive(Default)]
struct Shared {
    /// Images in some part.
    images: u64,
    /// Of them, those with a group.
    grouped: u64,
    groups: u64,
    in_several: u64,
    /// An image of a group that is in several parts.
    example: Option<usize>,
}

impl Shared {
    fn of(part_of: &[Option<Part>], key: &dyn Fn(usize) -> Option<u64>) -> Self {
        let mut found = Self::default();
        let mut parts: HashMap<u64, u8> = HashMap::new();
        for (i, part) in part_of.iter().enumerate() {
            let Some(part) = part else { continue };
            found.images += 1;
            let Some(key) = key(i) else { continue };
            found.grouped += 1;
            let seen = parts.entry(key).or_default();
            let before = *seen;
            *seen |= 1 << *part as u8;
            if before.count_ones() == 1 && seen.count_ones() == 2 {
                found.in_several += 1;
                found.example.get_or_insert(i);
            }
        }
        found.groups = parts.len() as u64;
        found
    }

    /// Most names have it, and it is no number of the image.
    fn is_obvious(&self) -> bool {
        self.in_several > 0 && self.grouped * 2 >= self.images && self.grouped >= self.groups + self.groups / 2
    }
}
