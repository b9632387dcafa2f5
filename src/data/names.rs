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

    /// The bytes that stand for image `i` in what is kept over runs: its path below the root with `/`, the same on every
    /// system. Into a buffer that is used again; `path` is one too.
    ///
    /// # Panics
    /// Where `i` is not below [`Self::len`], as indexing does.
    pub fn key_into(&self, i: usize, path: &mut PathBuf, key: &mut Vec<u8>) {
        self.path_into(i, path);
        key_below(&self.root, path, key);
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

/// The bytes that stand for a file or a folder of the dataset in `root`, whatever way the root is written and on every
/// system: the parts of its path below the root with `/` between. As [`name_below`], but two names are never one.
pub(super) fn key_below(root: &Path, path: &Path, key: &mut Vec<u8>) {
    key.clear();
    let Ok(inside) = path.strip_prefix(root) else {
        return key.extend_from_slice(path.as_os_str().as_encoded_bytes());
    };
    for part in inside.components() {
        if let Component::Normal(name) = part {
            if !key.is_empty() {
                key.push(b'/');
            }
            key.extend_from_slice(name.as_encoded_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{sample_images::write_sample_dataset, scan};
    use std::ops::ControlFlow;

    #[test]
    fn a_key_is_the_same_however_the_root_is_written() {
        let key = |root: &str, path: &str| {
            let mut key = vec![7];
            key_below(Path::new(root), Path::new(path), &mut key);
            String::from_utf8(key).unwrap()
        };
        let joined = |root: &str| Path::new(root).join("cat").join("a.png").to_str().unwrap().to_owned();
        for root in ["data", "./data", "/mnt/data", "data/"] {
            assert_eq!(key(root, &joined(root)), "cat/a.png", "{root}");
            assert_eq!(key(root, root), "", "{root}");
        }
        assert_eq!(key("data", "elsewhere"), "elsewhere");
    }

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
