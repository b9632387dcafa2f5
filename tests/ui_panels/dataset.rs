//! The dataset panel: where the classes are from, and a table's columns.

use super::*;

#[cfg(target_os = "linux")]
#[path = "../common/hanging_file.rs"]
mod hanging_file;

/// A folder of images in two folders, and a table that divides them otherwise, by columns of no usual names.
fn folders_and_table(bench: &Bench) -> std::path::PathBuf {
    let samples = bench.write_images();
    let source = samples.join("circles");
    let mut images: Vec<_> = std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).collect();
    images.sort();
    let data = bench.dir.path().join("data");
    let mut table = "bildnr;ergebnis;alter\n".to_owned();
    for (i, image) in images.iter().take(4).enumerate() {
        let folder = data.join(if i < 2 { "left" } else { "right" });
        std::fs::create_dir_all(&folder).unwrap();
        let extension = image.extension().unwrap().to_str().unwrap();
        std::fs::copy(image, folder.join(format!("{i}.{extension}"))).unwrap();
        table += &format!("{i};{};3{}\n", ["nevus", "melanoma"][i % 2], i / 2);
    }
    std::fs::write(data.join("patients.csv"), table).unwrap();
    data
}

impl Bench {
    fn classes(&self) -> Vec<String> {
        self.harness.state().state().dataset.ready().map(|r| r.dataset.class_names.clone()).unwrap_or_default()
    }

    /// Folds the dataset's part out, where it is not.
    fn unfold_dataset(&mut self) {
        if !self.has("Choose folder…") {
            self.click("Dataset");
        }
    }

    pub(super) fn choose_in_row(&mut self, row: &str, value: &str) {
        self.harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, row).click();
        self.harness.step();
        self.harness.step();
        self.click(value);
    }
}

#[test]
fn classes_are_from_folders_or_from_columns_of_a_table() {
    let mut bench = Bench::new();
    let data = folders_and_table(&bench);
    bench.open(&data);
    assert_eq!(bench.classes(), ["left", "right"]);
    bench.unfold_dataset();
    bench.choose_in_row("Classes from", "table patients.csv");
    bench.until("the table", |b| b.has("First rows of patients.csv"));
    // Its columns say nothing by their names: two could hold labels.
    bench.choose_in_row("Labels in", "ergebnis");
    bench.until("the labels", |b| b.classes() == ["melanoma", "nevus"]);
    bench.click("First rows of patients.csv");
    assert!(bench.has("bildnr") && bench.has("alter") && bench.has("31"));
    let config = bench.harness.state().state().config.data.clone();
    assert_eq!((config.labels.as_str(), config.label_column.as_str()), ("patients.csv", "ergebnis"));
    // Another folder begins anew.
    bench.choose_in_row("Classes from", "top folders");
    bench.until("the folders", |b| b.classes() == ["left", "right"]);
    let samples = bench.dir.path().join("sample data");
    bench.open(&samples);
    bench.until("the samples", |b| b.classes().len() == 6);
    assert_eq!(bench.harness.state().state().config.data.labels, "auto");
}

/// A folder without images has nothing to train on and to resize; why, stands there once, and folded in there is a sign of it.
#[test]
fn what_is_to_be_seen_of_a_dataset_is_not_folded_in() {
    let mut bench = Bench::with_dataset();
    assert!(!bench.has("Choose folder…"), "of the samples there is nothing to be seen");
    let chain = bench.harness.state().state().config.transforms.clone();
    let empty = bench.dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    bench.unfold_dataset();
    bench.type_into("Dataset folder", &empty.display().to_string());
    bench.until("the folder", |b| b.harness.state().state().dataset.ready().is_some_and(|r| r.opened == empty));
    assert!(bench.has("Choose folder…") && bench.has_containing("no class folders"));
    assert!(!bench.has_containing("0 sizes") && !bench.has("1 note"));
    assert_eq!(bench.harness.state().state().config.transforms, chain);
    bench.click("Dataset");
    bench.until("the sign", |b| b.has("1 note") && !b.has("Labels…"));
}

/// Nothing is to be told apart in it.
#[test]
fn a_folder_of_one_class_is_not_trained_on() {
    let mut bench = Bench::new();
    let samples = bench.write_images();
    let one = bench.dir.path().join("one");
    std::fs::create_dir(&one).unwrap();
    std::fs::rename(samples.join("circles"), one.join("circles")).unwrap();
    bench.open(&one);
    assert_eq!(bench.classes(), ["circles"]);
    let why = bench.harness.state().state().why_not_start().unwrap();
    assert!(why.starts_with("1 class was found"), "{why}");
    assert!(bench.by_id("welcome-choose").is_some(), "the first step is not done");
    bench.open(&samples);
    assert_eq!(bench.harness.state().state().why_not_start(), None);
    assert!(bench.by_id("welcome-choose").is_none());
}

/// What a run says of one folder says nothing of the next.
#[test]
fn a_failure_of_its_data_goes_with_the_dataset() {
    let mut bench = Bench::with_dataset();
    bench.click("Start");
    bench.until("the start", |b| b.engine.started_with().is_some());
    let kind = trainscope::protocol::FailureKind::Data;
    bench.engine.say(Event::Failed { error: "there are no images".into(), kind });
    bench.until("the failure", |b| b.has("The dataset cannot be used"));
    let other = bench.dir.path().join("another");
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&other, 3, 0, &mut go_on).unwrap();
    bench.unfold_dataset();
    bench.type_into("Dataset folder", &other.display().to_string());
    bench.until("the other", |b| b.harness.state().state().dataset.ready().is_some_and(|r| r.opened == other));
    assert!(!bench.has("The dataset cannot be used") && !bench.has("Start again"));
    assert_eq!(bench.harness.state().state().run.live, Live::Idle);
}

/// Whatever the dataset before was read with.
#[test]
fn sample_images_are_read_as_such_after_a_dataset_with_a_table() {
    let mut bench = Bench::new();
    let data = folders_and_table(&bench);
    bench.open(&data);
    bench.unfold_dataset();
    bench.choose_in_row("Classes from", "table patients.csv");
    bench.until("the table", |b| b.has("First rows of patients.csv"));
    // A table without classes is nothing to train on, and the first step still asks for a folder.
    bench.click_id("welcome-sample");
    bench.until("the samples", |b| b.classes().len() == 6);
    assert_eq!(bench.harness.state().state().config.data.labels, "auto");
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    bench.until("the dataset before", |b| b.harness.state().state().dataset.ready().is_some_and(|r| r.opened == data));
    assert_eq!(bench.harness.state().state().config.data.labels, "patients.csv");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_hangs_while_images_are_read_is_named_and_left_out() {
    let mut bench = Bench::new();
    let data = bench.write_images();
    let Some(file) = hanging_file::HangingFile::over(&data.join("circles/00002.png")) else { return };
    bench.type_into("Dataset folder", &data.display().to_string());
    bench.until("the word", |b| b.has_containing("from circles/00002.png"));
    bench.click("Leave this file out");
    bench.until("the classes", |b| b.classes().len() == 6);
    assert_eq!(bench.harness.state().state().config.data.quarantine, ["circles/00002.png"]);
    // Neither thumbnails nor measuring open it.
    let reads = file.reads();
    bench.click("Inspect");
    bench.click("Whole dataset");
    bench.click("Measure the dataset");
    bench.until("the figures", |b| b.has("Measure again"));
    assert_eq!(file.reads(), reads);
}

#[cfg(target_os = "linux")]
#[test]
fn a_preview_that_hangs_is_passed_by() {
    let mut bench = Bench::with_dataset();
    bench.until("the preview", |b| b.harness.state().state().preview.shown.is_some());
    let path = bench.harness.state().state().dataset.ready().unwrap().dataset.path_of(1);
    let Some(file) = hanging_file::HangingFile::over(&path) else { return };
    bench.click("Next image");
    file.wait_until_it_hangs();
    bench.click("Next image");
    bench.until("the one after it", |b| {
        let preview = &b.harness.state().state().preview;
        preview.index == 2 && !preview.busy && preview.shown.as_ref().is_some_and(|shown| shown.path != path)
    });
}

/// A configuration could not hold it.
#[cfg(unix)]
#[test]
fn a_folder_whose_path_is_no_text_is_not_opened() {
    use std::os::unix::ffi::OsStrExt as _;
    let mut bench = Bench::with_dataset();
    let before = bench.harness.state().state().config.clone();
    let strange = bench.dir.path().join(std::ffi::OsStr::from_bytes(b"Bilder \xff"));
    bench.harness.state_mut().open_dataset(strange);
    bench.until("the word", |b| b.has_containing("path is no text"));
    assert_eq!(bench.harness.state().state().config, before, "the dataset before stays");
    assert!(!bench.classes().is_empty());
}
