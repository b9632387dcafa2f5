//! What a run was trained on, kept so that a resume can tell whether it still is.

use super::{StoreError, atomic};
use crate::language::{Arg, Message, clauses};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const FILE: &str = "data.json";
/// Differences of one kind that are named; more are counted.
const MOST_NAMED: usize = 5;

/// The dataset and its split, by names: what the files hold is not looked at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// By label: class 0 first.
    pub classes: Vec<ClassIdentity>,
    /// Training, validation and test images.
    pub parts: [ListIdentity; 3],
    /// Settings that the place in the batch stream depends on, by their keys.
    pub settings: BTreeMap<String, String>,
}

/// One class.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClassIdentity {
    pub name: String,
    #[serde(flatten)]
    pub images: ListIdentity,
}

/// Images in their order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ListIdentity {
    pub count: u64,
    /// BLAKE3 of their paths within the dataset, as hex.
    pub names: String,
}

impl Identity {
    /// Settings that a network is made by.
    pub const CHANNELS: &str = "data.channels";
    pub const MODEL: &str = "model.name";

    /// Whether a key's value is the network's shape.
    pub fn is_of_network(key: &str) -> bool {
        key.starts_with("model.") && !["model.weights", "model.freeze"].contains(&key)
    }

    /// What is different now, one sentence each, what matters most first; empty where a run goes on as it was.
    pub fn changes(&self, now: &Self) -> Vec<Message> {
        let mut changes = self.class_changes(now);
        if changes.is_empty() {
            let parts = [
                || msg!("store-training-images-changed"),
                || msg!("store-validation-images-changed"),
                || msg!("store-test-images-changed"),
            ];
            for ((before, now), part) in self.parts.iter().zip(&now.parts).zip(parts) {
                if before != now {
                    changes.push(match before.count == now.count {
                        true => msg!("store-as-many-images", changed = part(), count = now.count),
                        false => msg!("store-other-number", changed = part(), count = now.count, before = before.count),
                    });
                }
            }
        }
        for (key, value) in &now.settings {
            match self.settings.get(key) {
                Some(before) if before != value => changes.push(msg!("store-setting-changed", key, value, before)),
                _ => {}
            }
        }
        changes
    }

    /// Whether a network made for the one can be trained on with the other.
    pub fn fits(&self, now: &Self) -> bool {
        let same = |key: &str| self.settings.get(key) == now.settings.get(key);
        // What an earlier version did not write is as it was.
        let same_where_known = |key: &String| !self.settings.contains_key(key) || same(key);
        self.classes.len() == now.classes.len()
            && same(Self::CHANNELS)
            && same(Self::MODEL)
            && now.settings.keys().filter(|key| Self::is_of_network(key)).all(same_where_known)
    }

    fn class_changes(&self, now: &Self) -> Vec<Message> {
        let names = |of: &Self| of.classes.iter().map(|class| class.name.clone()).collect::<Vec<_>>();
        let (before, after) = (names(self), names(now));
        let mut changes = Vec::new();
        let missing = |of: &[String], from: &[String]| -> Vec<String> {
            of.iter().filter(|name| !from.contains(name)).cloned().collect()
        };
        let (gone, new) = (missing(&before, &after), missing(&after, &before));
        if !gone.is_empty() {
            changes.push(msg!("store-classes-gone", count = gone.len(), classes = named(&gone)));
        }
        if !new.is_empty() {
            changes.push(msg!("store-classes-new", count = new.len(), classes = named(&new)));
        }
        if before != after && changes.is_empty() {
            changes.push(msg!("store-classes-reordered"));
        }
        let mut others = Vec::new();
        for class in &now.classes {
            let Some(was) = self.classes.iter().find(|was| was.name == class.name) else { continue };
            if was.images.count != class.images.count {
                let (count, before) = (class.images.count, was.images.count);
                others.push(msg!("store-class-number", class = &class.name, count, before));
            } else if was.images.names != class.images.names {
                others.push(msg!("store-class-images", class = &class.name, count = class.images.count));
            }
        }
        if !others.is_empty() {
            let more = others.len().saturating_sub(MOST_NAMED);
            others.truncate(MOST_NAMED);
            others.extend((more > 0).then(|| msg!("store-more-classes", more)));
            changes.push(msg!("store-images-changed", classes = clauses(others)));
        }
        changes
    }
}

/// Up to [`MOST_NAMED`] of them, and how many more there are.
fn named(names: &[String]) -> Arg {
    let shown = names.iter().take(MOST_NAMED).map(|name| Message::verbatim(format!("{name:?}")));
    let more = names.len().saturating_sub(MOST_NAMED);
    Arg::List(shown.chain((more > 0).then(|| msg!("store-more-names", more))).collect())
}

/// Keeps it in the run's folder.
///
/// # Errors
/// The folder cannot be written.
pub fn write_identity(run_dir: &Path, identity: &Identity) -> Result<(), StoreError> {
    let path = run_dir.join(FILE);
    let text = serde_json::to_vec_pretty(identity).unwrap_or_default();
    atomic::write(&path, &text).map_err(|source| StoreError::Io { source, path })
}

/// What the run was begun with; `None` where that is not known: a damaged file, or a run of an older program.
pub fn read_identity(run_dir: &Path) -> Option<Identity> {
    serde_json::from_slice(&super::folder::read_small(&run_dir.join(FILE)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: u64, names: &str) -> ListIdentity {
        ListIdentity { count, names: names.to_owned() }
    }

    fn identity(classes: &[(&str, u64, &str)]) -> Identity {
        let class = |(name, count, names): &(&str, u64, &str)| ClassIdentity {
            name: (*name).to_owned(),
            images: list(*count, names),
        };
        Identity {
            classes: classes.iter().map(class).collect(),
            parts: [list(80, "a"), list(10, "b"), list(10, "c")],
            settings: BTreeMap::from([("loader.batch_size".to_owned(), "32".to_owned())]),
        }
    }

    #[track_caller]
    fn check(before: &Identity, now: &Identity, expected: &[&str]) {
        let changes: Vec<String> = before.changes(now).iter().map(ToString::to_string).collect();
        assert_eq!(changes, expected);
    }

    #[test]
    fn what_changed_is_named() {
        let before = identity(&[("Hand", 50, "x"), ("Hüfte", 50, "y")]);
        check(&before, &before, &[]);
        // The labels would be swapped.
        let renamed = identity(&[("AAA", 50, "x"), ("Hüfte", 50, "y")]);
        check(&before, &renamed, &["gone: class \"Hand\"", "new: class \"AAA\""]);
        check(
            &before,
            &identity(&[("Hüfte", 50, "y"), ("Hand", 50, "x")]),
            &["the classes are numbered in another order"],
        );
        let fewer = identity(&[("Hand", 25, "x2"), ("Hüfte", 50, "z")]);
        check(&before, &fewer, &["images: Hand has 25 images, before 50; Hüfte has 50 other images"]);
        assert!(before.fits(&fewer) && !before.fits(&identity(&[("Hand", 1, "")])));
        let mut other = before.clone();
        other.settings.insert(Identity::MODEL.to_owned(), "small_cnn".to_owned());
        assert!(!before.fits(&other), "its weights are another network's");
    }

    #[test]
    fn another_split_and_another_batch_size_are_changes_too() {
        let before = identity(&[("Hand", 100, "x")]);
        let mut now = before.clone();
        now.parts = [list(70, "d"), list(20, "e"), list(10, "c")];
        now.settings.insert("loader.batch_size".to_owned(), "64".to_owned());
        check(
            &before,
            &now,
            &[
                "the training images are other ones: 70, before they were 80",
                "the validation images are other ones: 20, before they were 10",
                "`loader.batch_size` is 64, before it was 32",
            ],
        );
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_identity(folder.path()), None);
        write_identity(folder.path(), &now).unwrap();
        assert_eq!(read_identity(folder.path()), Some(now));
    }
}
