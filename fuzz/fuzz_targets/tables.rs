//! Any bytes as a table of labels beside three images: a dataset or a reason, and no image twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use trainscope_fuzz::data::scan;

/// By the first byte.
const NAMES: [&str; 4] = ["labels.csv", "labels.json", "labels.jsonl", "labels.txt"];

thread_local! {
    /// A folder of this process, which goes with it.
    static FOLDER: tempfile::TempDir = folder();
}

fn folder() -> tempfile::TempDir {
    let made = tempfile::tempdir().and_then(|folder| {
        std::fs::create_dir(folder.path().join("sub"))?;
        for name in ["a.png", "b.png", "sub/c.png"] {
            let gray = image::GrayImage::from_pixel(2, 2, image::Luma([9]));
            gray.save(folder.path().join(name)).map_err(std::io::Error::other)?;
        }
        Ok(folder)
    });
    made.unwrap_or_else(|error| panic!("no folder to work in: {error}"))
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    FOLDER.with(|folder| {
        let table = folder.path().join(NAMES[usize::from(*kind) % NAMES.len()]);
        if std::fs::write(&table, text).is_err() {
            return;
        }
        match scan(folder.path(), 1 << 20, &mut |_| ControlFlow::Continue(())) {
            Ok(dataset) => {
                let paths: BTreeSet<PathBuf> = (0..dataset.len()).map(|image| dataset.path_of(image)).collect();
                assert_eq!(paths.len(), dataset.len(), "an image stands there twice");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        let _ = std::fs::remove_file(&table);
    });
});
