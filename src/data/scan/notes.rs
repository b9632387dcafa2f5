//! What is said of a scan as a whole.

use std::collections::BTreeMap;

use super::super::roles::fold;
use super::{Part, Scan, counted, few};
use crate::console::show_path;

impl Scan<'_> {
    pub(super) fn note_empty(&mut self, empty: &[String]) {
        if empty.is_empty() {
            return;
        }
        let n = empty.len() as u64;
        let holds = if n == 1 { "holds no image and is" } else { "hold no image and are" };
        self.note(format!("{} {holds} left out: {}", counted(n, "class folder", "class folders"), few(empty)));
    }

    pub(super) fn note_findings(&mut self) {
        if self.nested.count > 0 {
            let (n, first) = (counted(self.nested.count, "image", "images"), std::mem::take(&mut self.nested.first));
            self.note(format!(
                "{n} in folders inside class folders; they count to the class around them (such as {first})"
            ));
        }
        if self.beside.count > 0 {
            let (n, first) = (counted(self.beside.count, "folder", "folders"), std::mem::take(&mut self.beside.first));
            self.note(format!("{n} of masks, labels and the like inside class folders left out (such as {first})"));
        }
        self.note_like_names();
        if self.dataset.class_names.len() == 1 {
            let only = self.dataset.class_names[0].clone();
            let hint =
                if self.nested.count > 0 { "; if the classes are the folders inside it, open that folder" } else { "" };
            self.note(format!(
                "one class only ({only}): there is nothing to tell apart; expected two or more class folders{hint}"
            ));
        }
        if self.wrong_extensions.count > 0 {
            let n = counted(self.wrong_extensions.count, "file has", "files have");
            let first = std::mem::take(&mut self.wrong_extensions.first);
            self.note(format!("{n} an extension that does not fit the content ({first}); they are read by content"));
        }
        if self.dataset.bit_depths.len() > 1 {
            let depths: Vec<_> = self
                .dataset
                .bit_depths
                .iter()
                .map(|(bits, n)| format!("{} of {bits} bit", counted(*n, "image", "images")))
                .collect();
            self.note(format!(
                "mixed bit depths ({}): their values differ in scale, use ScaleIntensity",
                depths.join(", ")
            ));
        }
        if self.dataset.turned_images > 0 {
            let n = counted(self.dataset.turned_images, "photograph was", "photographs were");
            self.note(format!(
                "{n} taken with the camera turned (EXIF orientation); they are read as stored, as Pillow does, unless \
                 `data.orientation` = \"upright\""
            ));
        }
        if self.dataset.many_pictures > 0 {
            let n = counted(self.dataset.many_pictures, "file holds", "files hold");
            self.note(format!("{n} several pages or frames; the first is taken"));
        }
        let (colour, all) = (self.dataset.colour_images, self.dataset.len() as u64);
        if colour > 0 && colour < all {
            let gray = counted(all - colour, "gray image", "gray images");
            self.note(format!("{gray} among {colour} in colour: all are read as colour unless `data.channels` = 1"));
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
            alike.into_values().filter(|names| names.len() > 1).map(|names| names.join(" and ")).collect();
        if !alike.is_empty() {
            let n = counted(alike.len() as u64, "set of classes differs", "sets of classes differ");
            self.note(format!("{n} by upper and lower case only and are kept apart: {}", few(&alike)));
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
        let folders = match folders {
            0 => String::new(),
            n => format!("{} ({})", counted(n, "folder", "folders"), few(&names)),
        };
        let files = if files == 0 { String::new() } else { counted(files, "file", "files") };
        let both = [folders, files].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" and ");
        self.note(format!("left out, as they are the system's, hidden or of a run of this program: {both}"));
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
                let n = counted(without.len() as u64, "class has", "classes have");
                self.note(format!("{n} no image in {word}: {}", few(&without)));
            }
        }
    }
}
