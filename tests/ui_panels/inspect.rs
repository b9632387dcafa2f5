//! The Inspect page: thumbnails, filters, the chain step by step, figures of the dataset.

use super::*;
use egui_kittest::kittest::NodeT as _;
use trainscope::data::Part;
use trainscope::ui::Page;
use trainscope::ui::inspect::measure::MeasureState;
use trainscope::ui::inspect::state::{Trace, TraceDifference};
use trainscope::ui::inspect::thumbs::Thumb;

impl Bench {
    fn inspecting() -> Self {
        let mut bench = Self::with_dataset();
        bench.click("Inspect");
        bench
    }

    fn state(&self) -> &trainscope::ui::State {
        self.harness.state().state()
    }

    /// The images whose thumbnails are laid out.
    fn thumbnails(&self) -> Vec<String> {
        let nodes = self.harness.query_all_by_label_contains("Image ");
        let tiles = nodes.filter(|node| node.accesskit_node().role() == egui::accesskit::Role::ListBoxOption);
        tiles.filter_map(|node| node.accesskit_node().label()).collect()
    }

    fn trace(&self) -> &Trace {
        self.state().inspect.trace.shown.as_ref().unwrap()
    }

    fn until_traced(&mut self, index: usize, draw: u64) {
        self.until("the trace", |b| {
            b.state().inspect.trace.shown.as_ref().is_some_and(|t| (t.index, t.draw) == (index, draw))
        });
    }

    fn drawn(&self) -> Vec<String> {
        self.trace().rows.iter().map(|row| row.drawn.clone()).collect()
    }
}

/// A folder of `images` hard links to few files, for their number's sake.
fn many_images(bench: &Bench, images: usize) -> std::path::PathBuf {
    let samples = bench.write_images();
    let data = bench.dir.path().join("many");
    let mut sources: Vec<_> = std::fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.sort();
    sources.truncate(4);
    for class in &sources {
        let to = data.join(class.file_name().unwrap());
        std::fs::create_dir_all(&to).unwrap();
        let source = std::fs::read_dir(class).unwrap().next().unwrap().unwrap().path();
        let extension = source.extension().unwrap().to_string_lossy().into_owned();
        for i in 0..images / sources.len() {
            std::fs::hard_link(&source, to.join(format!("{i:06}.{extension}"))).unwrap();
        }
    }
    data
}

#[test]
fn of_a_hundred_thousand_images_only_those_in_sight_are_laid_out() {
    let mut bench = Bench::new();
    let data = many_images(&bench, 100_000);
    bench.open(&data);
    bench.click("Inspect");
    bench.until("the thumbnails", |b| {
        let thumbs = &b.state().inspect.thumbs;
        (0..20).all(|image| matches!(thumbs.get(image), Some(Thumb::Picture(_))))
    });
    let shown = bench.thumbnails();
    assert!(shown.len() > 20 && shown.len() < 400, "{} thumbnails", shown.len());
    assert!(shown[0].starts_with("Image 0, "), "{}", shown[0]);

    // A jump by index: far images are shown and read, the first ones are no longer laid out.
    bench.type_into("Image index", "77777");
    bench.until("the far image", |b| {
        matches!(b.state().inspect.thumbs.get(77_777), Some(Thumb::Picture(_)))
            && b.thumbnails().iter().any(|label| label.starts_with("Image 77777, "))
    });
    assert!(!bench.thumbnails().iter().any(|label| label.starts_with("Image 0, ")));
    assert!(bench.thumbnails().len() < 400);
    // What lies between was never read.
    let known = (0..100_000).filter(|image| bench.state().inspect.thumbs.get(*image).is_some()).count();
    assert!(known < 1200, "{known} thumbnails were made");
}

#[test]
fn the_page_is_reached_by_keyboard_and_arrows_move_the_selection() {
    let mut bench = Bench::with_dataset();
    assert!(bench.thumbnails().is_empty());
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num2);
    bench.until("the page", |b| b.thumbnails().len() == 30);
    assert_eq!(bench.state().view.page, Page::INSPECT);
    bench.harness.get_by_label("Thumbnails").focus();
    bench.harness.step();
    for (key, index) in [
        (egui::Key::ArrowRight, 1),
        (egui::Key::ArrowRight, 2),
        (egui::Key::ArrowLeft, 1),
        (egui::Key::End, 29),
        (egui::Key::ArrowRight, 29),
        (egui::Key::Home, 0),
        (egui::Key::ArrowUp, 0),
    ] {
        bench.harness.key_press(key);
        bench.harness.step();
        bench.harness.step();
        assert_eq!(bench.state().preview.index, index, "{key:?}");
    }
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    bench.until("the plots", |b| b.thumbnails().is_empty());
}

#[test]
fn a_click_selects_the_image_and_every_step_shows_what_it_did() {
    let mut bench = Bench::inspecting();
    bench.until_traced(0, 0);
    let label = bench.thumbnails()[7].clone();
    bench.click(&label);
    bench.until_traced(7, 0);
    let enabled: Vec<_> =
        bench.state().config.transforms.iter().filter(|s| s.enabled).map(|s| s.name.clone()).collect();
    let rows: Vec<_> = bench.trace().rows.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(rows, enabled);
    let first = &bench.trace().rows[0];
    assert!(first.before.is_none() && matches!(first.difference, TraceDifference::First) && first.us > 0.0);
    let scale = bench.trace().rows.iter().find(|row| row.name == "ScaleIntensity").unwrap();
    assert_eq!((scale.range.as_str(), scale.numbers), ("0 to 1", "float"));
    let TraceDifference::Picture { text, .. } = &scale.difference else { panic!("no difference") };
    assert!(bench.has(text) && bench.has_containing(&bench.trace().caption));
    // A step that is switched off has no row.
    bench.switch("ScaleIntensity");
    bench.until("the shorter chain", |b| b.trace().rows.len() + 1 == enabled.len());
    bench.click("Next image shown");
    bench.until_traced(8, 0);
}

#[test]
fn stepping_the_draw_changes_what_is_drawn_and_stepping_back_restores_it() {
    let mut bench = Bench::inspecting();
    bench.until_traced(0, 0);
    let first = bench.drawn();
    let mut all = vec![first.clone()];
    for draw in 1..=4 {
        bench.click("Next draw");
        bench.until_traced(0, draw);
        all.push(bench.drawn());
    }
    all.sort();
    all.dedup();
    assert!(all.len() > 1, "five draws alike: {first:?}");
    bench.click("New draw");
    bench.until_traced(0, 5);
    bench.type_into("Image index", "30");
    bench.until("the refusal", |b| b.has("30 was not taken: expected a whole number from 0 to 29"));
    assert_eq!(bench.state().preview.index, 0);
    bench.type_into("Draw number", "0");
    bench.until_traced(0, 0);
    assert_eq!(bench.drawn(), first);
    // A new draw is one that was not looked at, whatever is shown now.
    bench.click("New draw");
    bench.until_traced(0, 6);
}

#[test]
fn filters_by_class_and_part_say_what_is_shown() {
    let mut bench = Bench::inspecting();
    let class = bench.state().dataset.ready().unwrap().dataset.class_names[2].clone();
    bench.click("Class shown");
    bench.click(&format!("{class} (5)"));
    assert!(bench.has("5 of 30 images"));
    assert_eq!(bench.thumbnails(), (10..15).map(|i| format!("Image {i}, {class}")).collect::<Vec<_>>());
    bench.click("Part shown");
    bench.click("validation");
    let ready = bench.state().dataset.ready().unwrap();
    let wanted: Vec<_> = (10..15).filter(|i| ready.parts[*i] == Some(Part::Val)).collect();
    assert!(!wanted.is_empty());
    assert_eq!(bench.thumbnails(), wanted.iter().map(|i| format!("Image {i}, {class}")).collect::<Vec<_>>());
    // Next and previous stay among the images shown.
    bench.click("Next image shown");
    assert_eq!(bench.state().preview.index, wanted[0]);
    bench.click("Show all");
    assert_eq!(bench.thumbnails().len(), 30);
}

#[test]
fn a_file_that_went_bad_has_a_tile_that_says_why() {
    let mut bench = Bench::with_dataset();
    let path = bench.state().dataset.ready().unwrap().dataset.path_of(3);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    bench.click("Inspect");
    bench.until("the tile", |b| matches!(b.state().inspect.thumbs.get(3), Some(Thumb::Failed(_))));
    let label = bench.thumbnails()[3].clone();
    bench.harness.get_by_label(&label).hover();
    bench.until("the reason", |b| b.has_containing("cut off"));
}

#[test]
fn measuring_gives_figures_findings_and_a_normalisation() {
    let mut bench = Bench::with_dataset();
    let dataset = std::sync::Arc::clone(&bench.state().dataset.ready().unwrap().dataset);
    // The same picture under two labels.
    std::fs::copy(dataset.path_of(0), dataset.path_of(29)).unwrap();
    bench.click("Inspect");
    bench.click("Whole dataset");
    bench.click("Measure the dataset");
    bench.until("the figures", |b| matches!(b.state().inspect.measure, MeasureState::Done(_)));
    assert!(bench.has("Measure again"));
    bench.click("Conflicting labels: equal images (1)");
    // The list unfolds.
    bench.until("the finding", |b| b.has("Show image 29"));
    for _ in 0..30 {
        bench.harness.step();
    }
    bench.click("Show image 29");
    assert_eq!(bench.state().preview.index, 29);
    bench.click("Add NormalizeIntensity with these");
    let specs = &bench.state().config.transforms;
    assert_eq!(enabled(specs, "NormalizeIntensity"), Some(true));
    assert_eq!(enabled(specs, "ScaleIntensity"), Some(false));
    assert!(bench.state().chain_error.is_none());
}
