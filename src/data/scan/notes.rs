//! What is said of a scan as a whole.

use std::collections::BTreeMap;

use super::super::roles::fold;
use super::{Part, Scan, few};
use crate::console::show_path;
use crate::language::Message;

impl Scan<'_> {
    pub(super) fn note_empty(&mut self, empty: &[String]) {
        if empty.is_empty() {
            return;
        }
        self.note(msg!("data-note-empty-classes", count = empty.len(), names = few(empty)));
    }

    pub(super) fn note_findings(&mut self) {
        if self.nested.count > 0 {
            let first = std::mem::take(&mut self.nested.first);
            self.note(msg!("data-note-nested", count = self.nested.count, first));
        }
        if self.beside.count > 0 {
            let first = std::mem::take(&mut self.beside.first);
            self.note(msg!("data-note-masks", count = self.beside.count, first));
        }
        self.note_like_names();
        if self.dataset.class_names.len() == 1 {
            let only = self.dataset.class_names[0].clone();
            self.note(match self.nested.count {
                0 => msg!("data-note-one-class", only),
                _ => msg!("data-note-one-class-with-folders", only),
            });
        }
        if self.wrong_extensions.count > 0 {
            let first = std::mem::take(&mut self.wrong_extensions.first);
            self.note(msg!("data-note-wrong-extensions", count = self.wrong_extensions.count, first));
        }
        if self.dataset.bit_depths.len() > 1 {
            let depths = self.dataset.bit_depths.iter();
            let depths: Vec<Message> =
                depths.map(|(bits, n)| msg!("data-images-of-depth", count = *n, bits = bits.to_string())).collect();
            self.note(msg!("data-note-mixed-depths", depths));
        }
        if self.dataset.turned_images > 0 {
            self.note(msg!("data-note-turned", count = self.dataset.turned_images));
        }
        if self.dataset.many_pictures > 0 {
            self.note(msg!("data-note-many-pictures", count = self.dataset.many_pictures));
        }
        let (colour, all) = (self.dataset.colour_images, self.dataset.len() as u64);
        if colour > 0 && colour < all {
            self.note(msg!("data-note-gray-among-colour", gray = all - colour, colour));
        }
        self.dataset.notes.append(&mut self.medical.notes());
        self.note_class_parts();
    }

    /// `cat` and `Cat`: two classes, which may not be meant.
    fn note_like_names(&mut self) {
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in &self.dataset.class_names {
            let key = fold(name).split_whitespace().collect::<Vec<_>>().join(" ");
            alike.entry(key).or_default().push(name.clone());
        }
        let alike: Vec<String> =
            alike.into_values().filter(|names| names.len() > 1).map(|names| names.join(" / ")).collect();
        if !alike.is_empty() {
            self.note(msg!("data-note-like-names", count = alike.len(), names = few(&alike)));
        }
    }

    /// What the system, or this program, left in the folder.
    pub(super) fn note_systems(&mut self) {
        let (folders, files) = (self.system.len() as u64, self.system_files);
        if folders + files == 0 {
            return;
        }
        let root = &self.dataset.root;
        let names: Vec<String> =
            self.system.iter().map(|path| show_path(path.strip_prefix(root).unwrap_or(path))).collect();
        let folders = (folders > 0).then(|| msg!("data-system-folders", count = folders, names = few(&names)));
        let files = (files > 0).then(|| msg!("data-system-files", count = files));
        let both: Vec<Message> = folders.into_iter().chain(files).collect();
        self.note(msg!("data-note-system", both));
    }

    /// Classes that miss a part which others have.
    fn note_class_parts(&mut self) {
        if !self.dataset.has_parts {
            return;
        }
        let mut has = vec![[false; 3]; self.dataset.class_names.len()];
        for i in 0..self.dataset.len() {
            if let Some(part) = self.dataset.part_of(i) {
                has[self.dataset.class_of(i)][part as usize] = true;
            }
        }
        for (part, word) in [(Part::Train, "train"), (Part::Val, "val"), (Part::Test, "test")] {
            let lacks = |h: &[bool; 3]| !h[part as usize];
            if has.iter().all(lacks) {
                continue;
            }
            let without: Vec<String> = has
                .iter()
                .zip(&self.dataset.class_names)
                .filter(|(h, _)| lacks(h))
                .map(|(_, name)| name.clone())
                .collect();
            if !without.is_empty() {
                self.note(msg!(
                    "data-note-class-without-part",
                    count = without.len(),
                    part = word,
                    names = few(&without)
                ));
            }
        }
    }
}
