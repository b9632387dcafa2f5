//! What an inspection finds in folders made for it, against figures worked out here or by NumPy.

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage};
use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use trainscope::data::inspect::{InspectOptions, InspectStage, Inspection, inspect, report};
use trainscope::data::{DataError, Dataset, Part, scan};

const MAX_PIXELS: u64 = 100_000_000;

/// A smooth drawing of its own for every `seed`.
fn drawing(seed: u32, width: u32, height: u32) -> GrayImage {
    let wave = |k: u32| f64::from((seed.wrapping_mul(2_654_435_761).rotate_left(k * 5) >> 8) % 1000) / 1000.0;
    GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let value = 128.0
            + 60.0 * (6.3 * (x * (1.0 + 2.0 * wave(0)) + wave(1))).sin()
            + 50.0 * (6.3 * (y * (1.0 + 2.0 * wave(2)) + x * wave(3) + wave(4))).cos();
        Luma([value.clamp(0.0, 255.0) as u8])
    })
}

fn save(dir: &Path, name: &str, image: impl Into<DynamicImage>, format: ImageFormat) {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    write(dir, name, &bytes.into_inner());
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn scanned(dir: &Path) -> Arc<Dataset> {
    Arc::new(scan(dir, MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap())
}

fn inspected(dir: &Path, options: &InspectOptions) -> Inspection {
    inspect(&scanned(dir), options, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn paths<'a>(images: impl IntoIterator<Item = &'a trainscope::data::inspect::ImageRef>) -> Vec<&'a str> {
    images.into_iter().map(|image| image.path.as_str()).collect()
}

/// Two classes of drawings in train, val and test folders, and one of every fault.
fn faulty() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for i in 0..12 {
        save(root, &format!("train/cat/{i}.png"), drawing(i, 40, 40), ImageFormat::Png);
        save(root, &format!("train/dog/{i}.png"), drawing(100 + i, 40, 40), ImageFormat::Png);
    }
    for i in 0..4 {
        save(root, &format!("val/cat/v{i}.png"), drawing(200 + i, 40, 40), ImageFormat::Png);
        save(root, &format!("val/dog/v{i}.png"), drawing(300 + i, 40, 40), ImageFormat::Png);
        save(root, &format!("test/dog/t{i}.png"), drawing(400 + i, 40, 40), ImageFormat::Png);
    }
    // Equal pixels in another format, equal bytes, a larger copy, another label.
    save(root, "val/cat/same_pixels.bmp", drawing(3, 40, 40), ImageFormat::Bmp);
    fs::copy(root.join("train/dog/5.png"), root.join("test/dog/same_bytes.png")).unwrap();
    save(root, "test/cat/larger.png", drawing(7, 80, 80), ImageFormat::Png);
    fs::copy(root.join("train/cat/9.png"), root.join("train/dog/mislabelled.png")).unwrap();
    save(root, "train/cat/blank.png", GrayImage::from_pixel(40, 40, Luma([90])), ImageFormat::Png);
    save(root, "train/cat/faint.png", GrayImage::from_fn(40, 40, |x, _| Luma([90 + (x % 3) as u8])), ImageFormat::Png);
    save(
        root,
        "train/dog/dark.png",
        GrayImage::from_fn(40, 40, |x, y| Luma([(x * y / 400) as u8 * 3])),
        ImageFormat::Png,
    );
    dir
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    let dir = faulty();
    let found = inspected(dir.path(), &InspectOptions::default());
    assert_eq!((found.images, found.readable_images, found.split), (43, 43, Some([28, 9, 6])));
    let duplicates = found.duplicates.as_ref().unwrap();
    let groups = &duplicates.exact.groups;
    assert_eq!((groups.total, duplicates.exact.equal_file_groups, duplicates.exact.redundant_images), (3, 2, 3));
    let members: Vec<_> = groups.shown.iter().map(|g| paths(&g.members)).collect();
    assert!(members.contains(&vec!["train/cat/3.png", "val/cat/same_pixels.bmp"]), "{members:?}");
    assert!(members.contains(&vec!["train/dog/5.png", "test/dog/same_bytes.png"]), "{members:?}");
    let near: Vec<_> = duplicates.near.pairs.shown.iter().map(|p| paths([&p.a, &p.b])).collect();
    assert_eq!(near, [["train/cat/7.png", "test/cat/larger.png"]]);
    assert_eq!((duplicates.near.groups.total, duplicates.near.images, duplicates.near.images_cut_short), (1, 2, 0));

    let leakage = duplicates.leakage.as_ref().unwrap();
    let pairs: Vec<_> = leakage.part_pairs.iter().map(|p| (p.parts, p.equal_pairs, p.near_pairs)).collect();
    assert_eq!(
        pairs,
        [([Part::Train, Part::Val], 1, 0), ([Part::Train, Part::Test], 1, 1), ([Part::Val, Part::Test], 0, 0)]
    );
    let seen: Vec<_> = leakage.seen_in_training.iter().map(|s| (s.part, s.images, s.equal, s.near)).collect();
    assert_eq!(seen, [(Part::Val, 9, 1, 0), (Part::Test, 6, 1, 1)]);
    assert_eq!((leakage.equal.total, leakage.near.total), (2, 1));

    let conflicts = &duplicates.conflicts;
    assert_eq!((conflicts.equal.total, conflicts.near.total), (1, 0));
    assert_eq!(paths(&conflicts.equal.shown[0].members), ["train/cat/9.png", "train/dog/mislabelled.png"]);
    assert_eq!(paths(&found.constant.shown), ["train/cat/blank.png"]);
    assert_eq!(paths(&found.nearly_constant.shown), ["train/cat/faint.png"]);
    assert_eq!(found.outliers.shown.first().map(|o| o.image.path.as_str()), Some("train/dog/dark.png"));

    let text = report(&found);
    let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("no {word} in {text}"));
    assert!(at("LEAKAGE") < at("LABEL CONFLICTS") && at("LABEL CONFLICTS") < at("BLANK"));
    assert!(at("BLANK") < at("OUTLIERS") && at("OUTLIERS") < at("Classes:"));
    assert!(text.contains("equal: train/cat/3.png [train] = val/cat/same_pixels.bmp [val]"), "{text}");
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["duplicates"]["leakage"]["part_pairs"][1]["parts"][1], "test");
}

#[test]
fn threads_change_nothing() {
    let dir = faulty();
    let of = |threads| inspected(dir.path(), &InspectOptions { threads, ..InspectOptions::default() });
    let one = of(1);
    assert_eq!(one, of(3));
    assert_eq!(one, of(8));
}

#[test]
fn a_clean_folder_needs_no_action() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..20 {
        save(dir.path(), &format!("a/{i}.png"), drawing(i, 30, 20), ImageFormat::Png);
        save(dir.path(), &format!("b/{i}.png"), drawing(50 + i, 30, 20), ImageFormat::Png);
    }
    let found = inspected(dir.path(), &InspectOptions { outlier_z: 12.0, ..InspectOptions::default() });
    assert!(report(&found).contains("Nothing needs action."), "{}", report(&found));
    assert_eq!((found.balance.imbalance_ratio, found.balance.entropy_bits, found.balance.evenness), (1.0, 1.0, 1.0));
    assert_eq!(found.sizes.iter().map(|s| (s.width, s.height, s.images)).collect::<Vec<_>>(), [(30, 20, 40)]);
    assert_eq!(found.aspect_ratios.iter().map(|a| a.images).collect::<Vec<_>>(), [40]);
    let bytes: u64 = ["a", "b"]
        .iter()
        .flat_map(|class| fs::read_dir(dir.path().join(class)).unwrap())
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(found.file_sizes.total_bytes, bytes);
    assert_eq!(found.file_sizes.histogram.iter().map(|b| b.images).sum::<u64>(), 40);
}

#[test]
fn colour_and_wide_samples_have_numpys_figures() {
    let dir = tempfile::tempdir().unwrap();
    save(dir.path(), "a/1.png", RgbImage::from_fn(4, 2, |x, y| Rgb([x as u8, 10 * y as u8, 200])), ImageFormat::Png);
    save(dir.path(), "a/2.png", RgbImage::from_fn(2, 2, |x, _| Rgb([255, 100 + x as u8, 0])), ImageFormat::Png);
    let wide = ImageBuffer::<Luma<u16>, _>::from_fn(3, 1, |x, _| Luma([(x * 30_000) as u16]));
    save(dir.path(), "b/1.png", DynamicImage::ImageLuma16(wide), ImageFormat::Png);
    let found = inspected(dir.path(), &InspectOptions::default());
    let statistics = &found.statistics;
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-3), "{a} is not {b}");
    // numpy: mean and std over [0, 1, 2, 3] * 2 + [255] * 4 for red of class a, and so on.
    for (found, [mean, std]) in statistics.classes[0].iter().zip([
        [86.0, 119.504_532_689_489_79],
        [36.833_333_333_333_336, 45.204_780_966_422_37],
        [133.333_333_333_333_34, 94.280_904_158_206_34],
    ]) {
        close(found.mean, mean);
        close(found.std, std);
    }
    close(statistics.classes[1][2].mean, 30_000.0);
    close(statistics.classes[1][2].unit_std, 24_494.897_427_831_78 / 65_535.0);
    close(statistics.overall[0].mean, (86.0 * 12.0 + 90_000.0) / 15.0);
    close(statistics.overall[0].unit_mean, (86.0 * 12.0 / 255.0 + 90_000.0 / 65_535.0) / 15.0);
    assert_eq!((statistics.pixels, statistics.channels), (15, 3));
    assert_eq!((statistics.histograms[2][200], statistics.histograms[0][255]), (8, 4));
}

#[test]
fn damage_that_a_scan_passes_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..4 {
        save(dir.path(), &format!("a/{i}.png"), drawing(i, 40, 40), ImageFormat::Png);
        save(dir.path(), &format!("b/{i}.png"), drawing(9 + i, 40, 40), ImageFormat::Png);
    }
    let mut bytes = fs::read(dir.path().join("a/1.png")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20].fill(0x55);
    write(dir.path(), "a/damaged.png", &bytes);
    write(dir.path(), "b/empty.png", b"");
    let dataset = scanned(dir.path());
    fs::remove_file(dir.path().join("b/2.png")).unwrap();
    let found = inspect(&dataset, &InspectOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    let unreadable: Vec<_> = found.unreadable.shown.iter().map(|b| (b.path.as_str(), b.reason.to_string())).collect();
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(unreadable[0].0 == "a/damaged.png" && unreadable[0].1.contains("damaged"), "{unreadable:?}");
    assert!(unreadable[1].0 == "b/2.png" && unreadable[1].1.contains("not there"), "{unreadable:?}");
    assert_eq!((found.bad_files.total, found.images, found.readable_images), (1, 9, 7));
    assert!(report(&found).contains("UNREADABLE: 3 files"));

    // What hung once is not opened.
    let mut options = InspectOptions::default();
    options.data.quarantine = vec!["a/0.png".to_owned()];
    let found = inspect(&dataset, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let first = &found.unreadable.shown[0];
    assert!(first.path == "a/0.png" && first.reason.to_string().starts_with("quarantined"), "{first:?}");
    assert_eq!((found.images, found.readable_images), (9, 6));
}

#[test]
fn limits_and_lists_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..30 {
        save(dir.path(), &format!("a/{i}.png"), drawing(i % 10, 40, 40), ImageFormat::Png);
        save(dir.path(), &format!("b/{i}.png"), drawing(100 + i, 40, 40), ImageFormat::Png);
    }
    let options = InspectOptions { list_limit: 3, ..InspectOptions::default() };
    let exact = inspected(dir.path(), &options).duplicates.unwrap().exact;
    assert_eq!((exact.groups.total, exact.groups.shown.len(), exact.groups.left_out()), (10, 3, 7));
    assert_eq!((exact.images, exact.redundant_images), (30, 20));
    let mut few = InspectOptions { duplicates: false, ..InspectOptions::default() };
    few.data.limit = 12;
    let found = inspected(dir.path(), &few);
    assert_eq!((found.images, found.duplicates), (12, None));
    assert_eq!(found.balance.classes.iter().map(|c| c.images).collect::<Vec<_>>(), [6, 6]);
}

#[test]
fn a_stop_is_heeded_in_either_stage() {
    let dir = faulty();
    let dataset = scanned(dir.path());
    for stage in [InspectStage::Reading, InspectStage::Comparing] {
        let mut seen = false;
        let result = inspect(&dataset, &InspectOptions::default(), &mut |progress| {
            seen |= progress.stage == stage;
            assert!(progress.done <= progress.total && progress.total <= 43);
            if progress.stage == stage { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(seen && matches!(result, Err(DataError::Cancelled)), "{stage:?}");
    }
    let empty = tempfile::tempdir().unwrap();
    let nothing = inspect(&scanned(empty.path()), &InspectOptions::default(), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(nothing, Err(DataError::NoClasses { .. })));
}
