//! A run's network put to use by commands: judged, asked, exported, and begun from again.

mod common;

use common::{json_lines, of_type, run, run_ok, sample_images};
#[cfg(unix)]
use common::{program, wait_until};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Two epochs of the small network, with other settings laid over.
fn train(home: &Path, images: &Path, name: &str, sets: &[&str]) -> (PathBuf, Vec<Value>) {
    let run_dir = home.join(name);
    let mut args = vec!["train", "--data", text(images), "--run", text(&run_dir), "--json"];
    for set in ["train.device=cpu", "train.epochs=2", "loader.batch_size=16", "optimizer.lr=0.003"].iter().chain(sets) {
        args.extend(["--set", set]);
    }
    let lines = json_lines(&run_ok(home, &args));
    (run_dir, lines)
}

fn column<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let mut rows = table.strip_prefix('\u{feff}').expect("the mark of UTF-8").lines();
    let at = rows.next().unwrap().split(',').position(|column| column == name).unwrap();
    rows.map(|row| row.split(',').nth(at).unwrap()).collect()
}

#[test]
fn a_run_is_evaluated_asked_exported_and_begun_from() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let (run_dir, lines_of_run) = train(home.path(), &images, "first", &[]);

    // Over all images; each is counted once, whatever part it was in.
    let lines = json_lines(&run_ok(home.path(), &["evaluate", text(&run_dir), "--data", text(&images), "--json"]));
    let evaluation = of_type(&lines, "evaluation")[0];
    assert_eq!((&evaluation["images"], &evaluation["failures"]), (&120.into(), &0.into()), "{evaluation}");
    assert_eq!(evaluation["best"], true);
    let confusion: u64 = evaluation["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(confusion, 120);
    let finished = lines_of_run.last().unwrap();
    let figures = [
        "loss",
        "accuracy",
        "auc",
        "average_precision",
        "f1",
        "balanced_accuracy",
        "kappa",
        "mcc",
        "calibration_error",
    ];
    for key in figures {
        assert!(evaluation[key].is_number(), "{key}: {evaluation}");
        assert!(finished[format!("test_{key}")].is_number(), "{key}: {finished}");
    }
    assert_eq!(evaluation["top_k"].as_array().unwrap().len(), 5);
    assert_eq!(evaluation["top_k"][0], evaluation["accuracy"]);
    let classes = evaluation["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 6);
    for key in ["precision", "recall", "f1", "auc", "average_precision", "support"] {
        assert!(classes[0][key].is_number(), "{key}: {evaluation}");
    }

    // The same images one by one, a bad file and a text among them: the class with the largest probability is the one counted.
    let bad = images.join("broken.png");
    std::fs::write(&bad, b"\x89PNG\r\n\x1a\nno picture").unwrap();
    std::fs::write(images.join("notes.txt"), "no image").unwrap();
    let table = home.path().join("out.csv");
    let predict = ["predict", text(&run_dir), "--in", text(&images), "--out", text(&table)];
    std::fs::write(&table, "mine").unwrap();
    let refused = run(home.path(), &predict);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--overwrite"));
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "mine");
    let output = run_ok(home.path(), &[&predict[..], &["--overwrite"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("broken.png") && said.contains("1 left out") && !said.contains("notes.txt"), "{said}");
    let table = std::fs::read_to_string(&table).unwrap();
    let (paths, classes) = (column(&table, "path"), column(&table, "class"));
    assert_eq!(paths.len(), 120);
    let right =
        paths.iter().zip(&classes).filter(|(path, class)| Path::new(path).parent().unwrap().ends_with(class)).count();
    let accuracy = evaluation["accuracy"].as_f64().unwrap();
    assert_eq!(right, (accuracy * 120.0).round() as usize);
    for row in table.lines().skip(1) {
        let sum: f64 = row.split(',').skip(2).map(|cell| cell.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{row}");
    }
    std::fs::remove_file(&bad).unwrap();
    #[cfg(unix)]
    check_interrupted(home.path(), &run_dir, &images);

    // Weights out, never over another file unasked; and in again, into a network of other classes.
    let weights = home.path().join("w.safetensors");
    let export = ["export", text(&run_dir), "--format", "safetensors", "--out", text(&weights)];
    run_ok(home.path(), &export);
    let first = std::fs::read(&weights).unwrap();
    let refused = run(home.path(), &export);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--overwrite"));
    run_ok(home.path(), &[&export[..], &["--overwrite"]].concat());
    // The header's words come in any order.
    let parts = |bytes: &[u8]| -> (serde_json::Value, Vec<u8>) {
        let begin = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        (serde_json::from_slice(&bytes[8..begin]).unwrap(), bytes[begin..].to_vec())
    };
    assert!(parts(&std::fs::read(&weights).unwrap()) == parts(&first), "it is another file");
    let header = String::from_utf8_lossy(&first[8..4096]);
    for word in ["small_cnn", "labels", "preprocessing", "num_batches_tracked", "ScaleIntensity"] {
        assert!(header.contains(word), "{word}: {header}");
    }
    // The whole network, with what it takes and gives beside it.
    let onnx = home.path().join("w.onnx");
    let export = ["export", text(&run_dir), "--format", "onnx", "--out", text(&onnx)];
    run_ok(home.path(), &export);
    let beside: Value = serde_json::from_slice(&std::fs::read(home.path().join("w.onnx.json")).unwrap()).unwrap();
    assert_eq!(beside["labels"].as_array().unwrap().len(), 6);
    assert_eq!(beside["input"]["shape"][0], "N");
    assert!(beside["preprocessing"].as_array().unwrap().iter().any(|step| step["name"] == "ScaleIntensity"));
    assert!(std::fs::metadata(&onnx).unwrap().len() > 20_000);
    assert_eq!(run(home.path(), &export).status.code(), Some(2), "it is not written over");
    std::fs::remove_file(&onnx).unwrap();
    let refused = run(home.path(), &export);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("w.onnx.json"), "{refused:?}");
    assert!(!onnx.exists(), "of the two files none is written where one is there");
    let nowhere = home.path().join("no such folder").join("w.onnx");
    let refused = run(home.path(), &["export", text(&run_dir), "--format", "onnx", "--out", text(&nowhere)]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("could not be written"), "{refused:?}");

    let fewer = home.path().join("fewer");
    for class in
        std::fs::read_dir(&images).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).take(3)
    {
        let copy = fewer.join(class.file_name().unwrap());
        std::fs::create_dir_all(&copy).unwrap();
        for image in std::fs::read_dir(&class).unwrap() {
            let image = image.unwrap();
            std::fs::copy(image.path(), copy.join(image.file_name())).unwrap();
        }
    }
    let set = format!("model.weights={}", text(&weights));
    let (second, lines) = train(home.path(), &fewer, "second", &[&set, "model.freeze=body"]);
    let warnings: Vec<&str> = of_type(&lines, "warning").iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert!(warnings.contains(&"weights: 20 tensors were taken"), "{warnings:?}");
    assert!(warnings.iter().any(|words| words.contains("for 3 classes; the file has 6")), "{warnings:?}");
    assert!(!warnings.iter().any(|words| words.contains("drawn at random")), "{warnings:?}");
    // All but the last layer is what it was.
    let again = home.path().join("again.safetensors");
    run_ok(home.path(), &["export", text(&second), "--out", text(&again)]);
    let (before, after) = (tensors(&first), tensors(&std::fs::read(&again).unwrap()));
    for (name, values) in &before {
        assert_eq!(after[name] == *values, !name.starts_with("out."), "{name}");
    }
    // What does not know some of the classes cannot judge them.
    let refused = run(home.path(), &["evaluate", text(&second), "--data", text(&images)]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not know"));
}

/// An average of weights that follows them slowly is what is judged and exported.
#[test]
fn a_moving_average_is_tested_evaluated_and_exported() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 8);
    let exported = |name: &str, set: &str| {
        let (run_dir, _) = train(home.path(), &images, name, &["model.freeze=none", set]);
        let file = home.path().join(format!("{name}.safetensors"));
        run_ok(home.path(), &["export", text(&run_dir), "--out", text(&file)]);
        tensors(&std::fs::read(file).unwrap())
    };
    let (plain, averaged) =
        (exported("plain", "optimizer.ema_decay=0"), exported("averaged", "optimizer.ema_decay=0.9"));
    assert_eq!(plain.keys().collect::<Vec<_>>(), averaged.keys().collect::<Vec<_>>());
    assert_ne!(plain["out.weight"], averaged["out.weight"]);
}

/// A photograph and the same with a mark that the camera stood on its head: a run that turns such photographs does so here too.
#[test]
fn photographs_are_predicted_as_they_were_trained_on() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 8);
    let (run_dir, _) = train(home.path(), &images, "run", &["data.orientation=upright"]);
    let mut all =
        std::fs::read_dir(&images).unwrap().flat_map(|class| std::fs::read_dir(class.unwrap().path()).unwrap());
    let photograph =
        all.find_map(|image| Some(image.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "jpg")));
    let stored = std::fs::read(photograph.unwrap()).unwrap();
    // EXIF with one entry, the orientation, which is 3.
    let mark = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
    let pair = home.path().join("pair");
    std::fs::create_dir(&pair).unwrap();
    std::fs::write(pair.join("a.jpg"), &stored).unwrap();
    std::fs::write(pair.join("b.jpg"), [&stored[..2], &mark[..], &stored[2..]].concat()).unwrap();
    let table = home.path().join("out.csv");
    run_ok(home.path(), &["predict", text(&run_dir), "--in", text(&pair), "--out", text(&table)]);
    let table = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').skip(2).collect()).collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert_ne!(rows[0], rows[1], "the turned one was predicted as it is stored");
}

/// Bytes by name, as the header says where they are.
fn tensors(file: &[u8]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let header = header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__");
    let place = |info: &Value, end: usize| info["data_offsets"][end].as_u64().unwrap() as usize + 8 + length;
    header.map(|(name, info)| (name.clone(), file[place(info, 0)..place(info, 1)].to_vec())).collect()
}

/// MobileNetV2 has dropout.
#[test]
fn a_network_with_dropout_repeats_with_its_seed() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 8);
    let losses = |name: &str, seed: &str| {
        let sets = ["model.name=mobilenet_v2", "train.epochs=1", "loader.batch_size=8", seed];
        let lines = train(home.path(), &images, name, &sets).1;
        of_type(&lines, "step").iter().map(|step| step["loss"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    let first = losses("first", "train.seed=1");
    assert_eq!(first, losses("second", "train.seed=1"));
    assert_ne!(first, losses("third", "train.seed=2"));
}

#[test]
fn models_are_listed_with_their_parameters() {
    let home = tempdir().unwrap();
    let lines = json_lines(&run_ok(home.path(), &["models", "--json"]));
    let parameters = |name: &str| {
        let model = of_type(&lines, "model").into_iter().find(|model| model["name"] == name).unwrap();
        assert!(model["smallest_side"].as_u64().unwrap() >= 16);
        model["parameters"].as_u64().unwrap()
    };
    // As torchvision and timm count them, for three channels and a thousand classes.
    assert_eq!(parameters("resnet18"), 11_689_512);
    assert_eq!(parameters("resnet50"), 25_557_032);
    assert_eq!(parameters("mobilenet_v2"), 3_504_872);
    assert_eq!(parameters("efficientnet_b0"), 5_288_548);
    assert_eq!(parameters("efficientnet_lite0"), 4_652_008);
    assert_eq!(parameters("convnext_tiny"), 28_589_128);
    assert_eq!(parameters("vit_tiny_patch16"), 5_717_416);
    assert_eq!(lines.len(), 11);
    // Of the usual 224 pixels; networks that cannot take images of 24 have no figures for them.
    assert!(lines.iter().all(|model| model["multiply_adds"].as_u64().unwrap() > 10_000_000), "{lines:?}");
    let small = json_lines(&run_ok(home.path(), &["models", "--json", "--side", "24", "--batch", "8"]));
    for model in small {
        let fits = model["smallest_side"].as_u64().unwrap() <= 24;
        for key in ["multiply_adds", "activations_bytes", "memory_bytes", "gpu_memory_bytes"] {
            assert_eq!(model[key].as_u64().is_some(), fits, "{key}: {model}");
        }
    }
    let table = run_ok(home.path(), &["models", "--channels", "1", "--classes", "6"]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("6953734"), "DenseNet121 as MONAI counts it");
}

/// The estimate against what a process that makes a few steps has held in memory, less what it holds without a network.
#[test]
fn the_memory_of_a_step_is_what_was_estimated() {
    let home = tempdir().unwrap();
    let peak = |name: &str, batch: &str, side: &str| {
        let args = ["bench-step", "--model", name, "--batch", batch, "--side", side, "--classes", "10", "--steps", "1"];
        let lines = json_lines(&run_ok(home.path(), &[&args[..], &["--json"]].concat()));
        lines[0]["peak_bytes"].as_f64().unwrap()
    };
    let program = peak("small_cnn", "1", "16");
    for (name, batch, side) in [("resnet18", "16", "64"), ("mobilenet_v2", "32", "64"), ("densenet121", "16", "64")] {
        let args = ["models", "--json", "--classes", "10", "--batch", batch, "--side", side];
        let lines = json_lines(&run_ok(home.path(), &args));
        let model = lines.iter().find(|model| model["name"] == name).unwrap();
        let (estimated, measured) = (model["memory_bytes"].as_f64().unwrap(), peak(name, batch, side) - program);
        let ratio = measured / estimated;
        assert!((0.75..1.25).contains(&ratio), "{name}: measured {measured}, estimated {estimated}: {ratio}");
    }
}

/// Steps that follow take no more than those before.
#[test]
fn memory_stays_flat_over_many_steps() {
    let home = tempdir().unwrap();
    let peak = |steps: &str| {
        let args = ["bench-step", "--model", "small_cnn", "--batch", "32", "--side", "64", "--classes", "3", "--json"];
        let lines = json_lines(&run_ok(home.path(), &[&args[..], &["--steps", steps]].concat()));
        lines[0]["peak_bytes"].as_f64().unwrap()
    };
    let (few, many) = (peak("5"), peak("100"));
    assert!(many < 1.1 * few, "{few} bytes in a few steps, {many} in a hundred");
}

#[test]
fn a_preset_is_a_training_to_begin_with_and_sets_are_laid_over_it() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 4);
    let run_dir = home.path().join("run");
    let args = ["train", "--preset", "tutorial", "--data", text(&images), "--run", text(&run_dir), "--json"];
    let sets = ["train.device=cpu", "train.epochs=1", "model.name=small_cnn"].iter().flat_map(|set| ["--set", set]);
    let lines = json_lines(&run_ok(home.path(), &args.into_iter().chain(sets).collect::<Vec<_>>()));
    let config = &of_type(&lines, "started")[0]["config"];
    assert_eq!(config["loader"]["batch_size"], 300);
    assert_eq!(config["optimizer"]["lr"], 1e-5);
    assert_eq!((&config["train"]["epochs"], &config["model"]["name"]), (&1.into(), &"small_cnn".into()));
    let chain: Vec<&str> =
        config["transform"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(chain, ["LoadImage", "EnsureChannelFirst", "ScaleIntensity", "RandRotate", "RandFlip", "RandZoom"]);
    let output = run(home.path(), &["train", "--preset", "no_such", "--data", text(&images), "--run", text(&run_dir)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tutorial"));
}

#[test]
fn class_weights_by_hand_are_one_a_class() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 4);
    let by_hand = "train.class_weights=by_hand";
    let weights = |values: &str| format!("train.class_weight_values={values}");
    let (_, lines) = train(home.path(), &images, "six", &[by_hand, &weights("[1.0, 2.0, 0.5, 1.0, 1.0, 3.0]")]);
    assert_eq!(lines.last().unwrap()["status"], "completed");
    let (_, plain) = train(home.path(), &images, "none", &[]);
    let first = |lines: &[Value]| of_type(lines, "step")[0]["loss"].as_f64().unwrap();
    assert!((first(&lines) - first(&plain)).abs() > 1e-6, "weights change the loss");
    let (_, even) = train(home.path(), &images, "even", &[by_hand, &weights("[2.0, 2.0, 2.0, 2.0, 2.0, 2.0]")]);
    assert!((first(&even) - first(&plain)).abs() < 1e-5, "the mean is weighed");

    let run_dir = home.path().join("five");
    let five = weights("[1.0, 2.0, 0.5, 1.0, 1.0]");
    let args = ["train", "--data", text(&images), "--run", text(&run_dir), "--set", by_hand, "--set", &five];
    let output = run(home.path(), &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("5 numbers") && said.contains("6 classes"), "{said}");
}

#[test]
fn wrong_use_is_said_and_has_its_exit_code() {
    #[track_caller]
    fn check(home: &Path, args: &[&str], code: i32, word: &str) {
        let output = run(home, args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(word) && said.trim().lines().count() == 1, "{args:?}: {said}");
    }
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 6);
    let nowhere = home.path().join("nowhere");
    let out = home.path().join("out.csv");
    check(home.path(), &["evaluate", text(&nowhere), "--data", text(&images)], 2, "run");
    check(home.path(), &["predict", text(&nowhere), "--in", text(&images), "--out", text(&out)], 2, "run");
    check(home.path(), &["export", text(&nowhere), "--out", text(&out)], 2, "run");
    // Weights that are none end a run before its first step, and leave no run behind.
    let weights = home.path().join("w.pt");
    std::fs::write(&weights, b"cos\nsystem\n(S'touch owned'\ntR.").unwrap();
    let run_dir = home.path().join("run");
    let set = format!("model.weights={}", text(&weights));
    let args = ["train", "--data", text(&images), "--run", text(&run_dir), "--set", "train.device=cpu", "--set", &set];
    let output = run(home.path(), &args);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("weights could not be taken"));
    assert!(!home.path().join("owned").exists());
    // A body that is frozen without any has random features.
    let (run_dir, lines) = train(home.path(), &images, "good", &["train.epochs=1", "model.freeze=body"]);
    let warnings = of_type(&lines, "warning");
    let said = warnings.iter().any(|line| line["message"].as_str().unwrap().contains("drawn at random"));
    assert!(said, "{warnings:?}");
    let text_file = home.path().join("a.png");
    std::fs::write(&text_file, "no picture").unwrap();
    check_predict_of_nothing(home.path(), &run_dir, &text_file, &out);
}

/// A table that is interrupted while it is written leaves nothing behind, and the exit code says why.
#[cfg(unix)]
#[track_caller]
fn check_interrupted(home: &Path, run_dir: &Path, images: &Path) {
    // So many images that there is time.
    let (many, out) = (home.join("many"), home.join("cut"));
    std::fs::create_dir(&out).unwrap();
    for class in std::fs::read_dir(images).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for copy in 0..40 {
            let to = many.join(format!("{copy}")).join(class.file_name().unwrap());
            std::fs::create_dir_all(&to).unwrap();
            for image in std::fs::read_dir(&class).unwrap().map(Result::unwrap) {
                std::fs::hard_link(image.path(), to.join(image.file_name())).unwrap();
            }
        }
    }
    let table = out.join("out.csv");
    let args = ["predict", text(run_dir), "--in", text(&many), "--out", text(&table)];
    let mut child = program(home).args(args).spawn().unwrap();
    wait_until("the table", || std::fs::read_dir(&out).unwrap().next().is_some());
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0, "half a table is left");
}

#[track_caller]
fn check_predict_of_nothing(home: &Path, run_dir: &Path, file: &Path, out: &Path) {
    let output = run(home, &["predict", text(run_dir), "--in", text(file), "--out", text(out)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("a.png") && !out.exists(), "{said}");
}
