//! How Vulkan is installed: its loader, and the files by which the loader finds drivers.

use crate::protocol::doctor::VulkanSetup;
use std::path::{Path, PathBuf};

/// Where distributions put such files (the loader's documentation names most of them).
const DRIVER_DIRS: [&str; 6] = [
    "etc/vulkan/icd.d",
    "usr/local/etc/vulkan/icd.d",
    "usr/local/share/vulkan/icd.d",
    "usr/share/vulkan/icd.d",
    "run/opengl-driver/share/vulkan/icd.d",
    "usr/lib/x86_64-linux-gnu/GL/vulkan/icd.d",
];
const LIBRARY_DIRS: [&str; 8] = [
    "lib",
    "lib64",
    "usr/lib",
    "usr/lib64",
    "usr/local/lib",
    "lib/x86_64-linux-gnu",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
];
const LOADER: &str = "libvulkan.so.1";
/// Each makes the loader leave drivers out.
const RESTRICTIONS: [&str; 4] =
    ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_LOADER_DRIVERS_SELECT", "VK_LOADER_DRIVERS_DISABLE"];

/// `variable` reads the environment.
pub(super) fn setup(root: &Path, variable: &dyn Fn(&str) -> Option<String>) -> VulkanSetup {
    let home = variable("HOME").map(|home| PathBuf::from(home).join(".local/share/vulkan/icd.d"));
    let mut driver_files = Vec::new();
    for dir in DRIVER_DIRS.iter().map(|dir| root.join(dir)).chain(home) {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let files = entries.flatten().map(|entry| entry.path());
        driver_files.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "json")));
    }
    driver_files.sort();
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let libraries = set("LD_LIBRARY_PATH").unwrap_or_default();
    let mut dirs = LIBRARY_DIRS.iter().map(|dir| root.join(dir)).chain(std::env::split_paths(&libraries));
    VulkanSetup {
        loader: Some(dirs.any(|dir| dir.join(LOADER).exists())),
        driver_files: Some(driver_files),
        restricted_by: RESTRICTIONS.iter().find_map(|name| Some(format!("{name}={}", set(name)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    #[test]
    fn loader_files_and_restrictions_are_found() {
        let dir = tree(&[
            ("usr/share/vulkan/icd.d/nvidia_icd.json", "{}"),
            ("usr/share/vulkan/icd.d/README", ""),
            ("etc/vulkan/icd.d/lvp_icd.x86_64.json", "{}"),
            ("usr/lib/x86_64-linux-gnu/libvulkan.so.1", ""),
        ]);
        let found = setup(dir.path(), &|name| (name == "VK_ICD_FILENAMES").then(|| "/x.json".to_owned()));
        assert_eq!(found.loader, Some(true));
        let files = found.driver_files.unwrap();
        let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["lvp_icd.x86_64.json", "nvidia_icd.json"]);
        assert_eq!(found.restricted_by.as_deref(), Some("VK_ICD_FILENAMES=/x.json"));

        let none = setup(tree(&[]).path(), &|_| None);
        assert_eq!(none, VulkanSetup { loader: Some(false), driver_files: Some(Vec::new()), restricted_by: None });
    }
}
