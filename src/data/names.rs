//! Images by the names that a configuration gives them: the path in the dataset's folder, with `/` on every system.

use super::Dataset;
use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

impl Dataset {
    /// The name of image `i`, such as `AbdomenCT/000123.jpeg`; the whole path for a file outside the dataset's folder. What
    /// is no Unicode in it is replaced, and the image then not found by it again.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn name_of(&self, i: usize) -> String {
        name_below(&self.root, &self.path_of(i))
    }

    /// The images of these names, in their order; `None` for a name that no image here has. Looks through the dataset once.
    pub fn find_names(&self, names: &[String]) -> Vec<Option<u32>> {
        let mut found = vec![None; names.len()];
        if names.is_empty() {
            return found;
        }
        let mut wanted: HashMap<PathBuf, Vec<usize>> = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            // A whole path takes the place of the root.
            wanted.entry(self.root.join(Path::new(name))).or_default().push(place);
        }
        let mut path = PathBuf::new();
        for i in 0..self.len() {
            self.path_into(i, &mut path);
            for place in wanted.get(&path).into_iter().flatten() {
                found[*place] = u32::try_from(i).ok();
            }
        }
        found
    }

    /// Those of `data.quarantine` that are here.
    pub fn quarantined(&self, names: &[String]) -> HashSet<u32> {
        self.find_names(names).into_iter().flatten().collect()
    }
}

/// As [`Dataset::name_of`], for a file of the dataset in `root`.
pub(super) fn name_below(root: &Path, path: &Path) -> String {
    let Ok(inside) = path.strip_prefix(root) else { return path.to_string_lossy().into_owned() };
    let parts = inside.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use crate::data::{sample_images::write_sample_dataset, scan};
    use std::ops::ControlFlow;

    #[test]
    fn every_image_is_found_by_its_name_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("images");
        write_sample_dataset(&dir, 3, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let dataset = scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut names: Vec<String> = (0..dataset.len()).map(|i| dataset.name_of(i)).collect();
        assert!(names.iter().all(|name| name.split('/').count() == 2), "{names:?}");
        let mut expected: Vec<Option<u32>> = (0..dataset.len() as u32).map(Some).collect();
        names.extend(["", "no/such.png", "../images", "/"].map(str::to_owned));
        expected.extend([None; 4]);
        // The same one twice, once by its whole path.
        names.extend([names[4].clone(), dataset.path_of(5).display().to_string()]);
        expected.extend([Some(4), Some(5)]);
        assert_eq!(dataset.find_names(&names), expected);
        assert_eq!(dataset.find_names(&[]), []);
    }
}
