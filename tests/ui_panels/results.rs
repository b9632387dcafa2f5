//! The page of results asks a run's network: of its test, of another folder, of images that are dropped on it. The process that
//! judges is played.

use super::*;
use egui::Key;
use egui_kittest::kittest::NodeT as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use trainscope::client::{JudgeError, Judged, JudgedImage, Judges};
use trainscope::ui::Page;

/// Two classes; of three images with a class one is taken for the other. A folder named `none` cannot be judged; of what is named
/// `lost` other weights than the best judge.
pub fn judge(
    _: &Path,
    judges: &Judges,
    told: &mut dyn FnMut(&Judged) -> ControlFlow<()>,
) -> Result<Judged, JudgeError> {
    let image = |path: PathBuf, class, predicted, confidence| JudgedImage {
        path,
        class,
        predicted,
        confidence,
        of_class: class.map(|_| 1.0 - confidence),
    };
    let mut judged = Judged { classes: vec!["a".to_owned(), "b".to_owned()], ..Judged::default() };
    match judges {
        Judges::Folder(dir) if dir.ends_with("none") => return Err(JudgeError("no class folders".into())),
        Judges::Images(paths) => {
            judged.images = paths.iter().map(|path| image(path.clone(), None, 1, 0.75)).collect();
            judged.left_out = vec![(PathBuf::from("broken.png"), "not an image".into())];
        }
        Judges::Test | Judges::Folder(_) => {
            judged.images = [("1.png", 0, 0, 0.9), ("2.png", 0, 1, 0.8), ("3.png", 1, 1, 0.7)]
                .map(|(name, class, predicted, confidence)| image(name.into(), Some(class), predicted, confidence))
                .to_vec();
            judged.report = Some(Box::new(TestReport {
                accuracy: 0.6667,
                loss: 0.25,
                average_precision: Some(0.8125),
                calibration_error: Some(0.0625),
                top_k: vec![0.6667, 1.0],
                ..TestReport::default()
            }));
        }
    }
    let is_lost = |path: &Path| path.file_stem().is_some_and(|name| name == "lost");
    let by_others = match judges {
        Judges::Test => false,
        Judges::Folder(dir) => is_lost(dir),
        Judges::Images(paths) => paths.iter().any(|path| is_lost(path)),
    };
    judged.instead = by_others.then(|| OTHER_WEIGHTS.into());
    judged.total = judged.images.len() as u64;
    let _ = told(&judged);
    Ok(judged)
}

const OTHER_WEIGHTS: &str = "The weights are those after step 30";

/// A file let go over the window; nobody reads it there.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("it is only a path".to_owned())
    }
}

fn after_a_run() -> Bench {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.engine.say(finished());
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the page", |b| b.has("Confusion matrix"));
    bench
}

#[test]
fn the_newer_figures_stand_on_the_page() {
    let mut bench = after_a_run();
    bench.by_id("judge-folder").expect("a way to evaluate another folder");
    bench.type_into("Folder or image to ask about", "/data/other");
    bench.click("Evaluate");
    bench.until("the folder's figures", |b| b.has("On /data/other"));
    for (name, value) in [("average precision", "0.8125"), ("calibration error", "0.0625"), ("top 2", "1.0000")] {
        assert!(bench.has(&format!("{name} {value}")), "{name}");
    }
    assert!(bench.has_containing("1 mistake in 3 images"));
    bench.click("Back to the run's own test");
    bench.until("its own", |b| b.has("ROC AUC 0.8765") && !b.has("On /data/other"));
}

#[test]
fn a_result_of_other_weights_than_the_best_says_so() {
    let mut bench = after_a_run();
    assert!(bench.has("Test, with the best epoch's network") && !bench.has(OTHER_WEIGHTS));
    bench.type_into("Folder or image to ask about", "/data/lost");
    bench.click("Evaluate");
    bench.until("the folder's figures", |b| b.has("On /data/lost"));
    assert!(bench.has(OTHER_WEIGHTS));
    bench.click("Back to the run's own test");
    bench.until("its own", |b| b.has("Test, with the best epoch's network"));
    assert!(!bench.has(OTHER_WEIGHTS));
    bench.type_into("Folder or image to ask about", "/data/lost.png");
    bench.click("Predict");
    bench.until("the prediction", |b| b.has("1 image predicted"));
    assert!(bench.has(OTHER_WEIGHTS));
}

#[test]
fn a_test_of_the_last_weights_is_not_said_to_be_the_best_s() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut end) = finished() else { panic!() };
    end.missing = vec![trainscope::msg!("engine-best-gone", epoch = "2", why = "it is not there")];
    bench.engine.say(Event::Finished(end));
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the page", |b| b.has("Confusion matrix"));
    let words = "The checkpoint of the best epoch, 2, is gone (it is not there): the last weights are tested";
    assert!(bench.has(words) && bench.has("Test") && !bench.has("Test, with the best epoch's network"));
}

/// A thousand classes are a million cells, which no window draws in a frame.
#[test]
fn of_many_classes_only_what_is_in_sight_is_drawn() {
    const CLASSES: usize = 200;
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut end) = finished() else { panic!() };
    let test = end.test.as_mut().unwrap();
    test.confusion = (0..CLASSES).map(|row| (0..CLASSES).map(|column| u64::from(row == column)).collect()).collect();
    let class = |at: usize| ClassReport { name: format!("class {at}"), ..ClassReport::default() };
    test.classes = (0..CLASSES).map(class).collect();
    bench.engine.say(Event::Finished(end));
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the matrix", |b| b.by_id("cells").is_some());
    assert!(bench.by_id("cell=1,0").is_none(), "every cell is a widget");
    assert!(bench.has("class 0") && !bench.has("class 199"));
    // The head stays where it is.
    bench.harness.get_by_label("class 0").scroll_to_me();
    bench.harness.run_steps(3);
    let pos = bench.harness.get_by_label("class 0").rect().center();
    bench.harness.event(egui::Event::PointerMoved(pos));
    bench.harness.step();
    bench.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -6e3),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    bench.until("the last class", |b| b.has("class 199"));
    let head = bench.by_id("classes-sort=support").expect("the head").rect();
    assert!(!bench.has("class 0") && head.bottom() < bench.harness.get_by_label("class 199").rect().top());
}

/// What is painted as text, and at which angle.
pub fn painted(bench: &Bench) -> Vec<(String, f32)> {
    fn of(shape: &egui::Shape, into: &mut Vec<(String, f32)>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| of(shape, into)),
            egui::Shape::Text(painted) => into.push((painted.galley.text().to_owned(), painted.angle)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    bench.harness.output().shapes.iter().for_each(|clipped| of(&clipped.shape, &mut found));
    found
}

#[test]
fn names_of_columns_that_fit_are_not_turned() {
    let bench = after_a_run();
    let painted: Vec<f32> =
        painted(&bench).into_iter().filter(|(text, _)| text == "b").map(|(_, angle)| angle).collect();
    assert!(painted.len() >= 3, "in the table, at the row and at the column: {painted:?}");
    assert!(painted.iter().all(|angle| *angle == 0.0), "{painted:?}");
}

#[test]
fn long_names_of_classes_are_told_apart_by_their_ends() {
    let mut bench = Bench::with_dataset();
    bench.click("Start");
    bench.until("the start", |b| b.engine.started_with().is_some());
    let mut begun = started(&bench.engine.started_with().unwrap(), 0);
    begun.class_names = ["benign", "malignant"].map(|kind| format!("node of the left upper lobe, {kind}")).to_vec();
    bench.engine.say(Event::Started(Box::new(begun)));
    bench.engine.say(finished());
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the matrix", |b| b.by_id("cell=1,0").is_some());
    let texts = painted(&bench);
    for end in ["benign", "malignant"] {
        let is_cut = |text: &str| text.starts_with("node") && text.contains('…') && text.ends_with(end);
        assert!(texts.iter().any(|(text, _)| is_cut(text)), "{texts:?}");
    }
}

#[test]
fn long_names_of_classes_leave_the_matrix_its_room() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut end) = finished() else { panic!() };
    let long = |end: &str| format!("{} {end}", "node of the left upper lobe, ".repeat(4));
    for class in &mut end.test.as_mut().unwrap().classes {
        class.name = long(&class.name);
    }
    bench.engine.say(Event::Finished(end));
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the matrix", |b| b.by_id("cell=1,1").is_some());
    let name = bench.harness.get_by_label(&long("a")).rect();
    assert!(name.width() < 210.0, "{name:?}");
    let title = bench.harness.get_by_label("Confusion matrix").rect();
    assert!(title.height() < 30.0 && title.right() < 1280.0, "{title:?}");
    assert!(bench.by_id("cell=1,1").unwrap().rect().right() < 1280.0);
}

/// Below a matrix that fills the window they would not be seen.
#[test]
fn a_cell_s_images_come_into_sight_and_it_is_of_one_judgement_only() {
    const HEIGHT: f32 = 600.0;
    let mut bench = after_a_run();
    let evaluate = |bench: &mut Bench, folder: &str| {
        bench.type_into("Folder or image to ask about", folder);
        bench.click("Evaluate");
        bench.until("the folder's figures", |b| b.has(&format!("On {folder}")) && b.has_containing("1 mistake in 3"));
    };
    evaluate(&mut bench, "/data/other");
    bench.harness.set_size(egui::vec2(1280.0, HEIGHT));
    bench.click_id("cell=0,1");
    let list = "a taken for b: 1 image";
    bench.until("the images", |b| b.has(list) && b.harness.get_by_label(list).rect().bottom() < HEIGHT);
    evaluate(&mut bench, "/data/third");
    assert!(!bench.has(list));
}

#[test]
fn table_and_matrix_have_the_classes_in_one_order() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut end) = finished() else { panic!() };
    let [good, bad] = end.test.as_mut().unwrap().classes.as_mut_slice() else { panic!() };
    (good.f1, bad.f1) = (0.9, 0.1);
    bench.engine.say(Event::Finished(end));
    bench.until("the banner", |b| b.has("Test results…"));
    bench.click("Test results…");
    bench.until("the matrix", |b| b.by_id("cell=0,0").is_some());
    let place = |b: &Bench, id: &str| {
        let bounds = b.by_id(id)?.accesskit_node().bounding_box()?;
        Some([bounds.x0, bounds.y0])
    };
    bench.until("the places", |b| place(b, "cell=0,0").is_some() && place(b, "cell=1,1").is_some());
    let [first, second] = ["cell=0,0", "cell=1,1"].map(|id| place(&bench, id).unwrap());
    assert!(first[0] < second[0] && first[1] < second[1]);
    bench.by_id("classes-sort=f1").unwrap().click();
    bench.until("the worst first", |b| place(b, "cell=1,1") == Some(first));
    assert_eq!(place(&bench, "cell=0,0"), Some(second));
    bench.by_id("classes-sort=class").unwrap().click();
    bench.until("their own order", |b| place(b, "cell=0,0") == Some(first));
}

#[test]
fn a_test_that_is_made_now_is_told_from_the_run_s_own() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut end) = finished() else { panic!() };
    end.test = None;
    bench.engine.say(Event::Finished(end));
    bench.until("the end", |b| !b.harness.state().state().run.live.is_active());
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Num5);
    bench.until("that there is none", |b| b.has_containing("This run has no test"));
    bench.by_id("judge").unwrap().click();
    bench.until("the figures", |b| b.has("Confusion matrix") && b.has("average precision 0.8125"));
    assert!(bench.has_containing("The run itself made no test") && !bench.has_containing("This run has no test"));
}

#[test]
fn a_folder_that_cannot_be_judged_is_said() {
    let mut bench = after_a_run();
    bench.type_into("Folder or image to ask about", "/data/none");
    bench.click("Evaluate");
    bench.until("the reason", |b| b.has("no class folders"));
    assert!(bench.harness.state().state().results.busy.is_none());
}

#[test]
fn images_dropped_on_the_page_are_predicted_and_a_folder_is_evaluated() {
    let mut bench = after_a_run();
    let opened = bench.harness.state().state().dataset.dir().cloned();
    let drop = |bench: &mut Bench, names: &[&str]| {
        let files =
            names.iter().map(|name| Arc::new(Dropped(PathBuf::from(name))) as egui::DroppedFileHandle).collect();
        bench.harness.input_mut().dropped_files = files;
        bench.harness.step();
    };
    drop(&mut bench, &["/x/one.png", "/x/two.jpeg"]);
    bench.until("the predictions", |b| b.has("2 images predicted") && b.has("one.png") && b.has("0.750"));
    assert!(bench.has_containing("not an image"), "what was left out is said");
    drop(&mut bench, &["/data/other"]);
    bench.until("the folder's figures", |b| b.has("On /data/other"));
    assert_eq!(bench.harness.state().state().dataset.dir().cloned(), opened, "no other dataset was opened");
    bench.click("Clear");
    bench.until("none", |b| !b.has("2 images predicted"));
    // On another page it is a dataset.
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Num1);
    bench.harness.step();
    assert_eq!(bench.harness.state().state().view.page, Page::PLOTS);
    drop(&mut bench, &["/data/third"]);
    bench.until("it to be looked for", |b| b.has_containing("Not opened: /data/third"));
}
