//! The chain's menus, the paste dialog, and the loader's cache and switches.

use super::*;
use trainscope::config::{CacheMode, ParamValue, TransformSpec};
use trainscope::protocol::Unscaled;
use trainscope::ui::UiCommand;
use trainscope::ui::state::AskedPath;

impl Bench {
    fn chain(&self) -> Vec<String> {
        self.harness.state().state().config.transforms.iter().map(|s| s.name.clone()).collect()
    }
}

#[test]
fn a_transform_is_found_by_a_word_and_put_in() {
    let mut bench = Bench::with_dataset();
    let before = bench.chain();
    bench.click("Add transform ▾");
    // All families are there, and a search leaves those that fit.
    assert!(bench.has("RandAugment") && bench.has("Rand2DElastic"));
    bench.type_into("Search transforms", "monai randgibbs");
    bench.until("the new step", |b| b.chain().len() == before.len() + 1);
    assert_eq!(bench.chain().last().map(String::as_str), Some("RandGibbsNoise"));
    bench.click("Add transform ▾");
    bench.harness.get_by_label("Search transforms").type_text("solarize threshold");
    bench.harness.step();
    bench.click("RandomSolarize");
    assert_eq!(bench.chain().last().map(String::as_str), Some("RandomSolarize"));
    assert!(bench.harness.state().state().chain_error.is_none());
}

#[test]
fn a_preset_replaces_the_chain() {
    let mut bench = Bench::with_dataset();
    for (name, step) in
        [("ImageNet", "RandomResizedCrop"), ("Heavy", "Rand2DElastic"), ("MedNIST tutorial", "RandZoom")]
    {
        bench.click("Chain ▾");
        bench.click(name);
        assert!(bench.chain().iter().any(|s| s == step), "{name}: {:?}", bench.chain());
        assert!(bench.harness.state().state().chain_error.is_none(), "{name}");
    }
}

#[test]
fn a_pasted_chain_is_read_and_what_cannot_be_is_named() {
    let mut bench = Bench::with_dataset();
    bench.click("Chain ▾");
    bench.click("Paste a chain…");
    bench.until("the dialog", |b| b.has("Chain as text"));
    let field = bench.harness.get_by_label("Chain as text");
    field.type_text(
        "train = Compose([LoadImage(image_only=True), EnsureChannelFirst(), RandRotate(range_x=0.3, prob=0.4), \
         MyOwn(3)])",
    );
    bench.harness.step();
    bench.until("what was read", |b| b.has_containing("3 read: LoadImage, EnsureChannelFirst, RandRotate"));
    assert!(bench.has_containing("MyOwn"), "what could not be read is not named");
    bench.click("Use this chain");
    assert_eq!(bench.chain(), ["LoadImage", "EnsureChannelFirst", "RandRotate"]);
    let rotate = bench.harness.state().state().config.transforms[2].clone();
    assert_eq!(rotate.params.get("prob"), Some(&ParamValue::Float(0.4)));
    assert!(!bench.has("Use this chain"));
}

/// Ctrl+Enter starts training everywhere else.
#[test]
fn a_pasted_chain_is_used_by_keys_and_its_field_is_left_by_tab() {
    let mut bench = Bench::with_dataset();
    bench.click("Chain ▾");
    bench.click("Paste a chain…");
    bench.until("the dialog", |b| b.has("Chain as text"));
    let before = bench.chain();
    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Enter);
    assert!(bench.has("Chain as text") && bench.chain() == before, "there is no chain yet");
    bench.harness.get_by_label("Chain as text").type_text("Compose([LoadImage(), EnsureChannelFirst()])");
    bench.until("what was read", |b| b.has_containing("2 read: LoadImage, EnsureChannelFirst"));
    bench.press_keys(egui::Modifiers::NONE, egui::Key::Tab);
    assert!(!bench.harness.get_by_label("Chain as text").is_focused());
    assert!(bench.has_containing("2 read: "), "a tab was typed");
    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Enter);
    assert_eq!(bench.chain(), ["LoadImage", "EnsureChannelFirst"]);
    assert!(!bench.has("Chain as text") && bench.engine.started_with().is_none());
}

/// The field has the focus a frame after the dialog is there.
#[test]
fn what_is_pasted_in_the_frame_in_which_the_dialog_opens_is_read() {
    let mut bench = Bench::with_dataset();
    bench.click("Chain ▾");
    bench.harness.get_by_label("Paste a chain…").click();
    bench.harness.step();
    assert!(bench.harness.state().state().view.paste_open && !bench.has("Chain as text"), "it is drawn next");
    bench.harness.input_mut().events.push(egui::Event::Paste("Compose([LoadImage()])".to_owned()));
    bench.until("what was read", |b| b.has_containing("1 read: LoadImage"));
}

#[test]
fn what_a_pasted_text_leaves_open_is_asked_for() {
    let mut bench = Bench::with_dataset();
    bench.click("Chain ▾");
    bench.click("Paste a chain…");
    bench.until("the dialog", |b| b.has("Chain as text"));
    let field = bench.harness.get_by_label("Chain as text");
    field.type_text("c = {'val': Compose([Resize(9)]), 'train': Compose([Resize((cfg['size'], 48)), ToTensor()])}");
    bench.harness.step();
    bench.until("the question for the value", |b| b.has("Value of cfg[\"size\"]"));
    assert!(bench.has_containing("which the text does not hold"));
    bench.click("Use this chain");
    assert!(bench.has("Use this chain"), "it is used though a value is missing");
    bench.type_into("Value of cfg[\"size\"]", "64");
    bench.until("the answer", |b| !b.has_containing("which the text does not hold"));
    // Whose they are is open too: torchvision's until somebody says otherwise.
    assert!(bench.has_containing("2 read: torchvision.Resize, ToTensor"));
    bench.click("MONAI");
    bench.until("MONAI's", |b| b.has_containing("2 read: Resize, monai.ToTensor"));
    bench.click("Use this chain");
    assert_eq!(bench.chain(), ["Resize", "monai.ToTensor"]);
    let size = bench.harness.state().state().config.transforms[0].params.get("spatial_size").cloned();
    assert_eq!(size, Some(ParamValue::List(vec![ParamValue::Int(64), ParamValue::Int(48)])));
}

/// What the engine finds of the chain that is shown.
fn unscaled(bench: &Bench) -> Unscaled {
    let mut transforms = bench.harness.state().state().config.transforms.clone();
    transforms.push(TransformSpec::new("ToDtype").with("scale", ParamValue::Bool(true)));
    let (message, words) = ("images enter the network with values from 0 to 255".to_owned(), "put it in".to_owned());
    Unscaled { message: message.into(), words: words.into(), transforms }
}

/// Where the system has no dialog of files.
#[test]
fn a_path_is_typed_and_a_refused_one_stays_to_be_changed() {
    type Window = (trainscope::ui::State, trainscope::ui::PathForm, trainscope::ui::Commands);
    let asked = |refused: Option<&str>| {
        Some(AskedPath { title: "Save the chain as".to_owned(), refused: refused.map(Into::into) })
    };
    let mut window = Window::default();
    window.0.view.asked_path = asked(None);
    let mut harness = Harness::new_ui_state(
        |ui, (state, form, commands): &mut Window| {
            trainscope::ui::path_dialog(&ui.ctx().clone(), state, form, commands);
        },
        window,
    );
    harness.run_steps(3);
    harness.event(egui::Event::Text("/tmp/chain.toml".to_owned()));
    harness.step();
    harness.key_press(egui::Key::Enter);
    harness.step();
    let typed = UiCommand::GivePath(Some("/tmp/chain.toml".to_owned()));
    assert_eq!(harness.state_mut().2.take(), std::slice::from_ref(&typed));
    harness.state_mut().0.view.asked_path = None;
    harness.run_steps(2);
    harness.state_mut().0.view.asked_path = asked(Some("there is a file already"));
    harness.run_steps(3);
    assert!(harness.query_by_label("there is a file already").is_some());
    harness.get_by_label("Use this path").click();
    harness.run_steps(2);
    assert_eq!(harness.state_mut().2.take(), [typed]);
    // Of something else it is no part.
    harness.state_mut().0.view.asked_path = None;
    harness.run_steps(2);
    harness.state_mut().0.view.asked_path = asked(None);
    harness.run_steps(3);
    harness.event(egui::Event::Text("images".to_owned()));
    harness.step();
    harness.key_press(egui::Key::Enter);
    harness.step();
    assert_eq!(harness.state_mut().2.take(), [UiCommand::GivePath(Some("images".to_owned()))]);
}

/// The engine tells whoever comes how things stand.
#[test]
fn values_that_were_kept_as_they_are_are_kept_in_the_next_window_too() {
    let (dir, run_dir, lock) = super::resume::leave_a_run_that_goes_on();
    let mut bench = Bench::in_dir(dir);
    let attach = |bench: &mut Bench| {
        bench.until("the offer", |b| b.has("A run goes on in the background"));
        bench.click("Attach");
        bench.until("its curves", |b| b.harness.state().state().run.now.step == 20);
        let start = StartRun::new(trainscope::config::RunConfig::default(), run_dir.clone());
        bench.engine.say(Event::Started(Box::new(started(&start, 0))));
        let message =
            trainscope::msg!("transform-unscaled", images = 16_usize, low = "0", high = "255", remedy = "put it in");
        bench.engine.say(Event::Warning { secs: 10.1, message });
        bench.engine.say(Event::Unscaled(Some(Box::new(unscaled(bench)))));
        bench.engine.say(step(21));
        bench.until("the step", |b| b.harness.state().state().run.now.step == 21);
    };
    attach(&mut bench);
    bench.click("Keep it as it is");
    bench.until("it to be gone", |b| !b.has("Change the chain"));
    let mut bench = bench.reopened();
    attach(&mut bench);
    assert!(!bench.has("Change the chain"), "it was to be kept");
    let log = &bench.harness.state().state().run.log;
    assert!(log.iter().all(|line| !line.message.is("transform-unscaled")), "nor is it said again");
    // Of another chain it is asked again.
    let found = unscaled(&bench);
    bench.engine.say(Event::Unscaled(None));
    bench.engine.say(Event::Unscaled(Some(Box::new(found))));
    bench.until("the word again", |b| b.has("Change the chain"));
    drop(lock);
}

#[test]
fn values_that_were_not_scaled_come_with_a_button_that_scales_them() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let found = unscaled(&bench);
    bench.engine.say(Event::Unscaled(Some(Box::new(found.clone()))));
    bench.until("the word on it", |b| b.has_containing("values from 0 to 255"));
    bench.click("Keep it as it is");
    bench.until("it to be gone", |b| !b.has("Change the chain"));
    // The next change leaves it as it is.
    bench.engine.say(Event::Unscaled(Some(Box::new(found.clone()))));
    (0..3).for_each(|_| bench.harness.step());
    assert!(!bench.has("Change the chain"), "it was to be kept");
    bench.engine.say(Event::Unscaled(None));
    bench.engine.say(Event::Unscaled(Some(Box::new(found))));
    bench.until("the word again", |b| b.has("Change the chain"));
    bench.click("Change the chain");
    bench.until("the step", |b| b.chain().last().is_some_and(|name| name == "ToDtype"));
}

#[test]
fn a_cache_says_its_size_before_it_is_switched_on() {
    let mut bench = Bench::with_dataset();
    // The preview moves what is beneath it when it comes.
    bench.until("the preview", |b| b.harness.state().state().preview.shown.is_some());
    bench.until("the size", |b| b.has_containing("All 30 images would take"));
    bench.click("Cache memory");
    bench.click("More of Loader");
    bench.switch("Bytes to the device");
    bench.switch("Scaled JPEG decoding");
    bench.until("the limit", |b| b.has("Cache limit"));
    bench.type_into("Cache limit", "0");
    bench.until("the word on the limit", |b| b.has_containing("beyond the limit images are loaded each time"));
    bench.start();
    let loader = bench.engine.started_with().unwrap().config.loader;
    assert_eq!((loader.cache, loader.cache_mb), (CacheMode::Ram, 0));
    assert!(loader.bytes_to_device && loader.scaled_decode && !loader.fuse && !loader.pin);
}

/// One image of the dataset becomes smaller than the others.
fn make_sizes_differ(data: &Path) {
    let first = std::fs::read_dir(data).unwrap().next().unwrap().unwrap().path();
    let odd = std::fs::read_dir(&first).unwrap().next().unwrap().unwrap().path();
    let small = image::open(&odd).unwrap().resize_exact(40, 48, image::imageops::FilterType::Nearest);
    small.save(&odd).unwrap();
}

/// The folder and the step that its images needed are two changes; history brings back each as it was.
#[test]
fn a_resize_that_is_put_in_is_taken_back_and_put_in_again() {
    let mut bench = Bench::with_dataset();
    let first = bench.dir.path().join("sample data");
    let second = bench.dir.path().join("of two sizes");
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&second, 3, 0, &mut go_on).unwrap();
    make_sizes_differ(&second);
    let shown = |b: &Bench| b.harness.state().state().dataset.ready().map(|r| r.opened.clone());
    let before = bench.chain();
    bench.click("Dataset");
    bench.type_into("Dataset folder", &second.display().to_string());
    bench.until("the second", |b| shown(b) == Some(second.clone()));
    let fit = bench.chain();
    assert!(fit.contains(&"Resize".to_owned()) && !before.contains(&"Resize".to_owned()));

    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Z);
    assert_eq!((bench.chain(), shown(&bench)), (before.clone(), Some(second.clone())));
    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Z);
    bench.until("the first again", |b| shown(b) == Some(first.clone()));
    assert_eq!(bench.chain(), before);
    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Y);
    bench.until("the second again", |b| shown(b) == Some(second.clone()));
    assert_eq!(bench.chain(), before);
    bench.press_keys(egui::Modifiers::COMMAND, egui::Key::Y);
    assert_eq!(bench.chain(), fit);
}

#[test]
fn images_of_many_sizes_without_a_resize_are_warned_of() {
    let mut bench = Bench::new();
    let data = bench.write_images();
    make_sizes_differ(&data);
    bench.open(&data);
    assert!(bench.chain().iter().any(|s| s == "Resize"));
    assert!(!bench.has_containing("differ in size"));
    bench.switch("Resize");
    bench.until("the warning", |b| b.has_containing("the images differ in size"));
}
