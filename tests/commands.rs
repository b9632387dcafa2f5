//! The commands as a person or a script uses them.

#[path = "commands/chinese.rs"]
mod chinese;
mod common;

use clap::CommandFactory as _;
use common::{json_lines, of_type, program, run, run_ok, sample_images};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::tempdir;
use trainscope::cli::Cli;
use trainscope::config::{NETWORKS, RunConfig};
use trainscope::transform::registry;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn sample_scan_train_plot() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 40);
    let lines = json_lines(&run_ok(home.path(), &["scan", text(&images), "--json"]));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], "scan");
    assert_eq!(lines[0]["classes"].as_array().unwrap().len(), 6);
    assert!(lines[0]["bad_files"].as_array().unwrap().is_empty());

    let run_dir = home.path().join("run");
    let output = run_ok(
        home.path(),
        &[
            "train",
            "--data",
            text(&images),
            "--run",
            text(&run_dir),
            "--json",
            "--set",
            "train.device=cpu",
            "--set",
            "train.epochs=3",
            "--set",
            "loader.batch_size=32",
            "--set",
            "optimizer.lr=0.003",
        ],
    );
    let lines = json_lines(&output);
    let started = of_type(&lines, "started");
    assert_eq!(started.len(), 1);
    assert_eq!(started[0]["device"]["id"], "cpu");
    let steps = of_type(&lines, "step");
    assert_eq!(steps.len() as u64, 3 * started[0]["steps_per_epoch"].as_u64().unwrap());
    for key in ["step", "epoch", "loss", "lr", "images_per_sec", "data_wait_frac"] {
        assert!(steps[0][key].is_number(), "{key}: {}", steps[0]);
    }
    let loss = |i: usize| steps[i]["loss"].as_f64().unwrap();
    assert!(loss(steps.len() - 1) < loss(0), "the loss did not fall");
    let epochs = of_type(&lines, "epoch");
    assert_eq!(epochs.len(), 3);
    for key in ["epoch", "train_loss", "val_loss", "val_accuracy", "val_auc", "secs"] {
        assert!(epochs[0][key].is_number(), "{key}: {}", epochs[0]);
    }
    let finished = lines.last().unwrap();
    assert_eq!(finished["type"], "finished");
    assert_eq!(finished["status"], "completed");
    let confusion = finished["confusion"].as_array().unwrap();
    let counted: u64 = confusion.iter().flat_map(|r| r.as_array().unwrap()).map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(counted, started[0]["test_count"].as_u64().unwrap());

    assert_eq!(finished["stopped_early"], false);

    let png = home.path().join("range.png");
    let range = ["lr-range", "--data", text(&images), "--steps", "30", "--from", "1e-3", "--out", text(&png), "--json"];
    let output =
        run_ok(home.path(), &[&range[..], &["--set", "train.device=cpu", "--set", "loader.batch_size=8"]].concat());
    let range = json_lines(&output);
    let rates: Vec<f64> = of_type(&range, "lr_point").iter().map(|point| point["lr"].as_f64().unwrap()).collect();
    assert!((rates[0] / 1e-3 - 1.0).abs() < 1e-9 && rates.is_sorted(), "{rates:?}");
    let found = of_type(&range, "lr_range")[0];
    assert_eq!(found["steps"], rates.len());
    assert!(!found["sentence"].as_str().unwrap().is_empty(), "{found}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("written: {}", text(&png))), "{said}");
    assert!(std::fs::metadata(&png).unwrap().len() > 1000);
    check_refused(home.path(), &["lr-range", "--data", text(&images), "--out", text(&png)], &png);
    for more in [["--from", "2"], ["--steps", "12"]] {
        let refused = run(home.path(), &[&["lr-range", "--data", text(&images)][..], &more].concat());
        assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true));
    }

    let png = home.path().join("loss.png");
    run_ok(home.path(), &["plot", text(&run_dir), "--metric", "loss", "--out", text(&png), "--csv"]);
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&png).unwrap()));
    let reader = decoder.read_info().unwrap();
    assert_eq!((reader.info().width, reader.info().height), (3200, 1800));
    assert!(std::fs::read_to_string(png.with_extension("csv")).unwrap().lines().count() > steps.len());

    let again = ["plot", text(&run_dir), "--metric", "loss", "--out", text(&png)];
    check_refused(home.path(), &again, &png);
    run_ok(home.path(), &[&again[..], &["--overwrite"]].concat());
    // Of the two files none is written where one is there.
    let beside = home.path().join("beside.png");
    std::fs::write(beside.with_extension("csv"), "mine").unwrap();
    let both = ["plot", text(&run_dir), "--metric", "loss", "--out", text(&beside), "--csv"];
    check_refused(home.path(), &both, &beside.with_extension("csv"));
    assert!(!beside.exists());

    let output = run(home.path(), &["plot", text(&run_dir), "--metric", "los", "--out", text(&png), "--overwrite"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`loss`"));
    what_a_record_gives(home.path(), &run_dir, steps.len());

    // The same run once more from its record.
    let again = home.path().join("again");
    let config = run_dir.join("run.toml");
    let output = run_ok(
        home.path(),
        &["train", "--run", text(&again), "--config", text(&config), "--json", "--set", "train.epochs=1"],
    );
    let repeated = json_lines(&output);
    let first = |lines: &[serde_json::Value]| of_type(lines, "step")[0]["loss"].as_f64().unwrap();
    assert!((first(&repeated) - first(&lines)).abs() < 1e-5);
}

/// A file that is there stays as it is, and what would write over it is named.
#[track_caller]
fn check_refused(home: &Path, args: &[&str], file: &Path) {
    let before = std::fs::read(file).unwrap();
    let output = run(home, args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(said.contains("--overwrite") && said.contains(text(file)), "{args:?}: {said}");
    assert!(std::fs::read(file).unwrap() == before, "{args:?} wrote over it");
}

/// Pictures in every form, the report, the numbers for other programs, and the test images judged one by one.
fn what_a_record_gives(home: &std::path::Path, run_dir: &std::path::Path, steps: usize) {
    let out = |name: &str| home.join(name);
    let size = |png: &std::path::Path| {
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(png).unwrap()));
        let info = decoder.read_info().unwrap().info().clone();
        (info.width, info.height, info.color_type)
    };
    let png = out("inches.png");
    let args =
        ["plot", text(run_dir), text(run_dir), "--metric", "loss,metrics", "--log", "--smooth", "0.6", "--x", "epoch"];
    let look = ["--size", "6x4in", "--dpi", "150", "--theme", "dark", "--transparent", "--out", text(&png)];
    run_ok(home, &[&args[..], &look].concat());
    assert_eq!(size(&png), (900, 600, png::ColorType::Rgba));
    let svg = out("all.svg");
    run_ok(home, &["--lang", "zh-CN", "plot", text(run_dir), "--metric", "all", "--out", text(&svg)]);
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert!(drawn.contains("损失") && drawn.contains("<path d="));
    for (option, value) in [("--size", "6by4"), ("--smooth", "1"), ("--dpi", "7")] {
        let args = ["plot", text(run_dir), "--size", "800x600", option, value, "--out", text(&png), "--overwrite"];
        let wrong = run(home, &args);
        assert_eq!(wrong.status.code(), Some(2), "{option} {value}");
        assert!(!String::from_utf8_lossy(&wrong.stderr).contains("--overwrite"), "{option} {value}");
    }

    let html = out("report.html");
    run_ok(home, &["report", text(run_dir), "--out", text(&html)]);
    let report = std::fs::read_to_string(&html).unwrap();
    for wanted in ["<svg ", "Configuration", "Confusion matrix", "[optimizer]", "images/s"] {
        assert!(report.contains(wanted), "{wanted}");
    }
    assert!(!report.contains("src=\"") && !report.contains("href=\""), "it needs nothing else");
    assert_eq!(run(home, &["report", text(run_dir), "--out", text(&html)]).status.code(), Some(2), "not written over");

    for (format, file) in
        [("tensorboard", "events.out.tfevents."), ("parquet", "scalars.parquet"), ("csv", "scalars.csv")]
    {
        let dir = out(format);
        let exported = run_ok(home, &["export", text(run_dir), "--format", format, "--out", text(&dir)]);
        let said = String::from_utf8_lossy(&exported.stderr).into_owned();
        // Each file has its own count.
        assert!(format != "csv" || said.contains("0 changes: "), "{said}");
        let names = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(names.into_iter().any(|name| name.starts_with(file)), "{format}");
    }
    // The same run is the same file, whenever its record was written to last: of two, TensorBoard would draw both.
    let record = std::fs::File::options().write(true).open(run_dir.join("run.sqlite")).unwrap();
    record.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    let again = run(home, &["export", text(run_dir), "--format", "tensorboard", "--out", text(&out("tensorboard"))]);
    assert_eq!(again.status.code(), Some(2), "a second file");
    let csv = std::fs::read_to_string(out("csv").join("scalars.csv")).unwrap();
    assert_eq!(csv.lines().filter(|line| line.starts_with("train/loss,")).count(), steps);

    let judged = json_lines(&run_ok(home, &["judge", text(run_dir), "--json"]));
    let images = judged[0]["images"].as_u64().unwrap() as usize;
    assert!(images > 0 && judged.len() == images + 2);
    for key in ["class", "predicted", "confidence", "of_class"] {
        assert!(judged[1][key].is_number(), "{key}: {}", judged[1]);
    }
    let right = judged.iter().filter(|line| line["class"].is_number() && line["class"] == line["predicted"]).count();
    let report = &judged[images + 1]["report"];
    assert!((report["accuracy"].as_f64().unwrap() - right as f64 / images as f64).abs() < 1e-9, "{report}");
    // The whole dataset is judged as `evaluate` judges it.
    let data = home.join("images");
    let evaluated = json_lines(&run_ok(home, &["evaluate", text(run_dir), "--data", text(&data), "--json"]));
    let judged = json_lines(&run_ok(home, &["judge", text(run_dir), "--data", text(&data), "--json"]));
    let report = &judged.last().unwrap()["report"];
    for key in ["accuracy", "loss", "auc", "average_precision", "calibration_error"] {
        let [one, other] = [&report[key], &evaluated[0][key]].map(|figure| figure.as_f64().unwrap());
        assert!((one - other).abs() < 1e-5, "{key}: {one} and {other}");
    }
    // Images of no known class: as many lines, and no figures.
    let class =
        std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let asked = json_lines(&run_ok(home, &["judge", text(run_dir), "--in", text(&class), "--json"]));
    assert!(asked.len() > 1 && asked.len() as u64 == asked[0]["images"].as_u64().unwrap() + 1);
    assert!(asked[1]["class"].is_null() && asked[1]["predicted"].is_number());
}

// Elsewhere no command sends a Ctrl-C to another process.
#[cfg(unix)]
#[test]
fn a_stopped_run_resumes_with_the_batches_it_would_have_had() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 60);
    let whole = home.path().join("whole");
    let common = [
        "--data",
        text(&images),
        "--json",
        "--set",
        "train.device=cpu",
        "--set",
        "train.epochs=2",
        "--set",
        "loader.batch_size=16",
    ];
    let args: Vec<&str> = ["train", "--run", text(&whole)].into_iter().chain(common).collect();
    let expected = json_lines(&run_ok(home.path(), &args));

    let part = home.path().join("part");
    // A slow chain, so that there is time to interrupt it.
    let args: Vec<&str> = ["train", "--run", text(&part)].into_iter().chain(common).collect();
    let mut child = program(home.path()).args(&args).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut seen = 0;
    for line in lines.by_ref() {
        seen += usize::from(line.unwrap().contains("\"type\":\"step\""));
        if seen == 3 {
            break;
        }
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.iter().any(|l| l.contains("\"status\":\"stopped\"")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let output = run_ok(home.path(), &["train", "--run", text(&part), "--resume", "--json"]);
    let resumed = json_lines(&output);
    assert_eq!(of_type(&resumed, "started")[0]["resumed"], true);
    for step in of_type(&resumed, "step") {
        let same = of_type(&expected, "step").into_iter().find(|s| s["step"] == step["step"]).unwrap();
        let difference = (same["loss"].as_f64().unwrap() - step["loss"].as_f64().unwrap()).abs();
        assert!(difference < 2e-2, "{same} {step}");
    }
    let last = |lines: &[serde_json::Value]| of_type(lines, "step").last().unwrap()["step"].as_u64().unwrap();
    assert_eq!(last(&resumed), last(&expected));

    // It is complete, and says so with what would train on.
    let again = run_ok(home.path(), &["train", "--run", text(&part), "--resume"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    let on = format!("trainscope train --resume --run {} --set train.epochs=4", text(&part));
    assert!(said.contains("nothing is left to train: 2 of 2 epochs") && said.contains(&on), "{said}");
    let again = json_lines(&run_ok(home.path(), &["train", "--run", text(&part), "--resume", "--json"]));
    assert_eq!(again.last().unwrap()["new_steps"], 0);
}

#[cfg(unix)]
#[test]
fn sample_images_that_are_interrupted_leave_nothing() {
    let home = tempdir().unwrap();
    let out = home.path().join("drawn");
    std::fs::create_dir(&out).unwrap();
    // So many that there is time.
    let images = out.join("images");
    let args = ["sample", text(&images), "--images-per-class", "100000"];
    let mut child = program(home.path()).args(args).spawn().unwrap();
    common::wait_until("the drawing", || std::fs::read_dir(&out).unwrap().next().is_some());
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0, "drawn images are left");
}

#[test]
fn wrong_use_is_said_and_has_its_exit_code() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 4);
    let run_dir = home.path().join("run");
    let empty = home.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    #[track_caller]
    fn check(home: &Path, args: &[&str], code: i32, words: &[&str]) {
        let output = run(home, args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{args:?}: {stderr:?} lacks {word:?}");
        }
    }
    let train = ["train", "--data", text(&images), "--run", text(&run_dir)];
    let with = |more: &[&'static str]| train.into_iter().chain(more.iter().copied()).collect::<Vec<_>>();
    check(home.path(), &with(&["--set", "loader.worker=2"]), 2, &["loader.worker", "`workers`"]);
    check(home.path(), &with(&["--set", "loader.batch_size=0"]), 2, &["loader.batch_size", "1 to"]);
    check(home.path(), &with(&["--set", "transform.RandRotate.probe=1"]), 2, &["probe", "`prob`"]);
    check(home.path(), &with(&["--set", "transform.RandRotate.prob=2"]), 2, &["prob"]);
    check(home.path(), &with(&["--set", "transform.RandRot.enabled=false"]), 2, &["did you mean `RandRotate`"]);
    check(home.path(), &with(&["--set", "model.name=densnet121"]), 2, &["densenet121"]);
    check(home.path(), &with(&["--set", "train.device=vulkan:99"]), 4, &["vulkan:99"]);
    check(home.path(), &["train", "--run", text(&run_dir)], 2, &["--data"]);
    check(home.path(), &["train", "--data", text(&empty), "--run", text(&run_dir)], 3, &["empty"]);
    check(home.path(), &["scan", text(&home.path().join("none"))], 3, &["none"]);
    // Where no run is, every command ends alike.
    let out = home.path().join("x.png");
    let no_run = |args: &[&str]| check(home.path(), args, 2, &["no run is here"]);
    for dir in [text(&empty), text(&home.path().join("nowhere"))] {
        no_run(&["plot", dir, "--out", text(&out)]);
        no_run(&["report", dir, "--out", text(&out)]);
        no_run(&["export", dir, "--format", "csv", "--out", text(&out)]);
        no_run(&["evaluate", dir, "--data", text(&images)]);
        no_run(&["train", "--resume", "--run", dir]);
        no_run(&["attach", dir]);
        no_run(&["attach", dir, "--stop"]);
    }
    let jpeg = home.path().join("n.jpg");
    let plot = ["plot", text(&empty), "--out", text(&jpeg)];
    check(home.path(), &plot, 2, &["n.jpg", ".png", ".svg"]);
    let bisect = ["bisect", "--data", text(&images), "--loader-only", "--budget"];
    check(home.path(), &[&bisect[..], &["0"]].concat(), 2, &["seconds from 1"]);
    check(home.path(), &[&bisect[..2], &[text(&images), "--budget", "0.5"]].concat(), 2, &["seconds from 1"]);
    // Nothing can be written there, and room is not what it lacks.
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    check(home.path(), &["sample", text(&file.join("images"))], 1, &["cannot be written"]);
    for run_dir in [text(&file), text(&file.join("run"))] {
        let output = run(home.path(), &["train", "--data", text(&images), "--run", run_dir]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && !said.contains("disk full"), "{:?}: {said}", output.status);
    }
    check(home.path(), &["nonsense", "--flag"], 2, &[]);
    check(home.path(), &with(&["--set", "transform.RandRotate=1"]), 2, &["unknown key `transform.RandRotate`"]);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let strange = home.path().join(std::ffi::OsStr::from_bytes(b"Bilder \xff"));
        let sweep = ["sweep", "--key", "optimizer.lr", "--values", "1,2"];
        let resume = ["train", "--resume", "--run", text(&run_dir)];
        for args in [&["train", "--run", text(&run_dir)][..], &resume, &["lr-range"], &sweep, &["bisect"]] {
            let output = program(home.path()).args(args).arg("--data").arg(&strange).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
            assert!(stderr.contains("--data: the path is no text"), "{args:?}: {stderr}");
        }
        let output = program(home.path()).args(["train", "--data", text(&images), "--run"]).arg(&strange).output();
        let stderr = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
        assert!(stderr.contains("the engine cannot be told what to do"), "{stderr}");
        check(home.path(), &with(&["--config", "/dev/zero"]), 2, &["longer than 16 MiB"]);
        let apply = ["apply", "--chain", "/dev/zero", "--in", "x.png", "--out", "y.png"];
        check(home.path(), &apply, 2, &["longer than 16 MiB"]);
        check(home.path(), &with(&["--set", "train.device=cpu", "--set", "model.weights=/dev/zero"]), 3, &["no file"]);
    }
    check(home.path(), &[], 2, &["train"]);
}

fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_command_has_its_line_in_the_docs() {
    let docs = page("docs/command-line.md");
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        let words = format!("trainscope {}", command.get_name());
        let of_it = |line: &str| line.trim_start().strip_prefix(&words).is_some_and(|rest| rest.starts_with(' '));
        assert!(docs.lines().any(of_it), "docs/command-line.md has no line for `{words}`");
    }
}

#[test]
fn the_first_page_counts_networks_and_transforms_as_they_are() {
    const FROM_TEN: [&str; 11] = [
        "Ten",
        "Eleven",
        "Twelve",
        "Thirteen",
        "Fourteen",
        "Fifteen",
        "Sixteen",
        "Seventeen",
        "Eighteen",
        "Nineteen",
        "Twenty",
    ];
    let (networks, transforms) = (NETWORKS.len(), registry().len());
    let word = networks.checked_sub(10).and_then(|more| FROM_TEN.get(more)).expect("a word for the number of networks");
    for (path, counts) in [
        ("README.md", [format!("{word} networks"), format!("{transforms} of MONAI's")]),
        ("README.zh-CN.md", [format!("{networks} 种网络"), format!("{transforms} 个")]),
    ] {
        for count in counts {
            assert!(page(path).contains(&count), "{path} does not say `{count}`");
        }
    }
}

#[test]
fn settings_are_printed_as_a_configuration_a_table_and_json() {
    let home = tempdir().unwrap();
    let printed = |args: &[&str]| String::from_utf8(run_ok(home.path(), args).stdout).unwrap();
    let config = home.path().join("all.toml");
    std::fs::write(&config, printed(&["settings"])).unwrap();
    let defaults = RunConfig::from_toml(&std::fs::read_to_string(&config).unwrap()).unwrap();
    assert_eq!(defaults, RunConfig::default());
    let markdown = printed(&["settings", "--markdown"]);
    assert!(markdown.contains("| `cache_mb` | `1024` | a whole number from 0 to 4294967296 | MiB |"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&printed(&["settings", "--json"])).unwrap();
    let lr = json["settings"].as_array().unwrap().iter().find(|s| s["key"] == "optimizer.lr").unwrap();
    assert_eq!((&lr["default"], &lr["min"], &lr["live"]), (&1e-3.into(), &1e-12.into(), &false.into()));
}

/// A schedule changes what is trained with, step by step; the last step has what is asked for its end.
#[test]
fn a_cosine_schedule_lowers_the_learning_rate() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let run_dir = home.path().join("run");
    let mut args = vec!["train", "--data", text(&images), "--run", text(&run_dir), "--json"];
    for set in
        ["train.device=cpu", "train.epochs=1", "loader.batch_size=16", "schedule.name=cosine", "schedule.end_frac=0.1"]
    {
        args.extend(["--set", set]);
    }
    let lines = json_lines(&run_ok(home.path(), &args));
    let rates: Vec<f64> = of_type(&lines, "step").iter().map(|step| step["lr"].as_f64().unwrap()).collect();
    assert_eq!(rates.len(), 6, "96 images in batches of 16");
    assert!(rates.windows(2).all(|pair| pair[0] > pair[1]), "{rates:?}");
    assert!((rates[0] - 1e-3).abs() < 1e-12 && (rates[5] - 1e-4).abs() < 1e-12, "{rates:?}");
}

#[test]
fn bench_step_measures_training_steps() {
    let home = tempdir().unwrap();
    let args = ["bench-step", "--model", "small_cnn", "--batch", "4", "--side", "16", "--classes", "3", "--steps", "2"];
    let lines = json_lines(&run_ok(home.path(), &[&args[..], &["--threads", "1", "--json"]].concat()));
    assert_eq!(lines.len(), 1);
    let speed = &lines[0];
    assert_eq!(
        (&speed["type"], &speed["model"], &speed["device"]),
        (&json!("step_speed"), &json!("small_cnn"), &json!("cpu"))
    );
    for key in ["images_per_sec", "forward_ms", "backward_ms", "optimizer_ms", "cpu_ms", "peak_bytes"] {
        assert!(speed[key].as_f64().unwrap() > 0.0, "{key}: {speed}");
    }
    let said = run_ok(home.path(), &args).stdout;
    assert!(String::from_utf8_lossy(&said).contains("images/s"));

    for (wrong, code, words) in [
        (&["bench-step", "--model", "no_such"][..], 2, "densenet121"),
        (&["bench-step", "--model", "resnet18", "--side", "16"], 2, "at least 32 x 32"),
        (&["bench-step", "--model", "small_cnn", "--batch", "0"], 2, "--batch"),
        (&["bench-step", "--model", "small_cnn", "--device", "gpu:9"], 2, "no device is called `gpu:9`"),
    ] {
        let output = run(home.path(), wrong);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{wrong:?}: {said}");
        assert!(said.contains(words), "{wrong:?}: {said}");
    }
}

#[test]
fn bench_loader_measures_each_number_of_workers() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let args = ["bench-loader", "--data", text(&images), "--workers", "0,1,2", "--images", "500", "--json"];
    let lines = json_lines(&run_ok(home.path(), &args));
    assert_eq!(lines.iter().map(|l| l["workers"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
    for line in &lines {
        assert!(line["images_per_sec"].as_f64().unwrap() > 0.0);
        assert!(line["first_batch_secs"].as_f64().unwrap() > 0.0);
        let names: Vec<&str> = line["stages"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
        for name in ["read", "decode", "RandRotate", "collate"] {
            assert!(names.contains(&name), "{names:?}");
        }
    }
}

/// A chain with a step that takes so long, in `home/chain.toml`.
fn planted_delay(home: &Path, secs: f64) -> std::path::PathBuf {
    let config = home.join("chain.toml");
    let delay = format!("SimulateDelay\"\ndelay_time = {secs}\nkind = \"busy\"");
    let chain = ["LoadImage\"", "EnsureChannelFirst\"", "ScaleIntensity\"", delay.as_str(), "RandFlip\"\nprob = 0.5"];
    let toml: String = chain.iter().map(|lines| format!("[[transform]]\nname = \"{lines}\n")).collect();
    std::fs::write(&config, toml).unwrap();
    config
}

/// As lines, as text and in the report.
#[test]
fn a_run_ends_with_what_held_it_back() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 40);
    let config = planted_delay(home.path(), 0.004);
    let train = |run_dir: &Path, more: &[&str]| {
        let args = ["train", "--data", text(&images), "--config", text(&config), "--run", text(run_dir)];
        let sets = ["train.device=cpu", "model.name=small_cnn", "train.epochs=3", "loader.batch_size=8"];
        let sets: Vec<&str> = sets.iter().chain(&["loader.workers=0"]).flat_map(|set| ["--set", set]).collect();
        run_ok(home.path(), &[&args[..], &sets, more].concat())
    };
    let run_dir = home.path().join("run");
    let lines = json_lines(&train(&run_dir, &["--json"]));
    let verdict = &lines[lines.len() - 2];
    assert_eq!((&verdict["type"], &lines.last().unwrap()["type"]), (&json!("verdict"), &json!("finished")));
    assert!(["input", "compute", "balanced"].contains(&verdict["bound"].as_str().unwrap()), "{verdict}");
    assert!(!verdict["sentence"].as_str().unwrap().is_empty(), "{verdict}");
    let changes = verdict["predictions"].as_array().unwrap();
    assert!(changes.iter().any(|p| p["change"] == json!({"transform_off": "SimulateDelay"})), "{verdict}");
    let evidence = verdict["evidence"].as_array().unwrap();
    let names: Vec<&str> = evidence.iter().map(|found| found["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["steps", "training", "waiting", "queue"]), "{names:?}");
    assert_eq!((&evidence[1]["unit"], &evidence[1]["text"]), (&json!("images_per_sec"), &json!("training")));
    let said = train(&home.path().join("again"), &[]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("\nverdict: "), "{}", String::from_utf8_lossy(&said));
    let page = home.path().join("run.html");
    run_ok(home.path(), &["report", text(&run_dir), "--out", text(&page)]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("SimulateDelay off</td>"), "{page}");
}

/// In place: the delay is named, its gain predicted and confirmed, and the record of the run says which batches were
/// made with what.
#[test]
fn bisect_in_place_convicts_the_planted_delay_and_confirms_it() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 40);
    let config = planted_delay(home.path(), 0.004);
    let run_dir = home.path().join("run");
    let args = ["bisect", "--data", text(&images), "--config", text(&config), "--run", text(&run_dir), "--json"];
    let sets = ["train.device=cpu", "model.name=small_cnn", "loader.batch_size=8", "loader.workers=0"];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let lines = json_lines(&run_ok(home.path(), &[&args[..], &sets].concat()));
    let verdict = lines.last().unwrap();
    assert_eq!((&verdict["type"], &verdict["culprits"][0]["transform"]), (&"verdict".into(), &"SimulateDelay".into()));
    assert!(["input", "compute", "balanced"].contains(&verdict["bound"].as_str().unwrap()), "{verdict}");
    let number = |key: &str| verdict[key].as_f64().unwrap_or_else(|| panic!("{key}: {verdict}"));
    let (low, confirmed, high) = (number("confirmed_low"), number("confirmed_speedup"), number("confirmed_high"));
    assert!(1.0 < low && low <= confirmed && confirmed <= high && number("predicted_speedup") > 1.1, "{verdict}");
    assert!(verdict["not_confirmed"].is_null(), "{verdict}");
    assert!(number("noise_floor_frac") >= 0.0 && number("secs") > 0.0);
    let trials = of_type(&lines, "trial");
    assert!(trials.iter().all(|t| t["measure"] == "step_time"), "{trials:?}");

    let connection = rusqlite::Connection::open(run_dir.join("run.sqlite")).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let toggles = count("SELECT count(*) FROM changes WHERE experiment AND label LIKE 'bisect: %SimulateDelay%off'");
    assert!(toggles > 3, "{toggles}");
    // Each batch's version is one that is told of, or the first.
    let strange = "SELECT count(*) FROM steps WHERE config_version > 0
        AND config_version NOT IN (SELECT config_version FROM changes)";
    assert_eq!(count(strange), 0);
    assert_eq!(count("SELECT count(*) FROM events WHERE kind = 'bisect'"), 1);
}

/// In place and of the loader alone.
#[test]
fn a_bisect_that_has_nothing_to_switch_names_what_is_off() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 40);
    let config = planted_delay(home.path(), 0.001);
    let off = ["ScaleIntensity", "SimulateDelay", "RandFlip"].map(|name| format!("transform.{name}.enabled=false"));
    let sets = ["train.device=cpu", "model.name=small_cnn", "loader.batch_size=8", "loader.workers=0"];
    let sets = sets.into_iter().chain(off.iter().map(String::as_str)).flat_map(|set| ["--set", set]);
    let mut args = vec!["bisect", "--data", text(&images), "--config", text(&config)];
    args.extend(sets);
    for more in [&["--loader-only"][..], &[]] {
        let output = run(home.path(), &[&args[..], more].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {stderr}");
        assert!(stderr.contains("off already: ScaleIntensity, SimulateDelay and RandFlip; "), "{more:?}: {stderr}");
    }
}

/// Whatever this machine has, its CPU computes rightly, the dataset's disk is read and what is wrong is a finding.
#[test]
fn doctor_checks_and_measures_the_cpu_and_the_datasets_disk() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 4);
    // A graphics driver that fails its check does not matter: the CPU is asked for.
    let output = run_ok(home.path(), &["doctor", "--data", text(&images), "--device", "cpu", "--json"]);
    let lines = json_lines(&output);
    let machine = &lines[0];
    assert_eq!((&machine["type"], &machine["device_chosen"]), (&"machine".into(), &"cpu".into()));
    assert!(machine["threads"].as_u64().unwrap() > 0 && machine["memory_bytes"].as_u64().unwrap() > 0);
    let devices = of_type(&lines, "device");
    let cpu = devices.iter().find(|line| line["device"]["id"] == "cpu").unwrap();
    assert_eq!(cpu["passed"], true, "{cpu}");
    assert!(cpu["speed"]["matmul_tflops"].as_f64().unwrap() > 0.0, "{cpu}");
    let disk = &of_type(&lines, "disk")[0];
    assert_eq!((&disk["files"], &disk["all_files"], &disk["first"]["files"]), (&24.into(), &true.into(), &24.into()));

    let output = run(home.path(), &["doctor", "--data", text(&home.path().join("none")), "--device", "cpu"]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(report.contains("Problem: The dataset's disk could not be measured"), "{report}");
    assert!(report.contains("cpu (chosen)"), "{report}");

    // The way back that a driver gets whose fused kernels compute wrongly.
    let answer = run_ok(home.path(), &["self-check", "cpu", "--without-fusion"]);
    assert_eq!(json_lines(&answer)[0]["passed"], true, "{}", String::from_utf8_lossy(&answer.stdout));

    // Nothing is checked: no device can fail.
    let report = run_ok(home.path(), &["doctor", "--quick"]);
    let report = String::from_utf8_lossy(&report.stdout);
    assert!(report.contains("not checked"), "{report}");
}

#[test]
fn bisect_names_the_planted_delay() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 10);
    let config = planted_delay(home.path(), 0.001);
    let args =
        ["bisect", "--data", text(&images), "--config", text(&config), "--loader-only", "--budget", "5", "--json"];
    let lines = json_lines(&run_ok(home.path(), &args));
    let verdict = lines.last().unwrap();
    assert_eq!((&verdict["type"], &verdict["culprits"][0]["transform"]), (&"verdict".into(), &"SimulateDelay".into()));
    let speedup = verdict["predicted_speedup"].as_f64().unwrap();
    assert!(speedup > 2.0, "{verdict}");
    let trials = of_type(&lines, "trial");
    let of = |name: &str| trials.iter().find(|t| t["transform"] == name && t["measure"] == "loader_cpu").unwrap();
    let (low, high) = (of("SimulateDelay")["low"].as_f64().unwrap(), of("SimulateDelay")["high"].as_f64().unwrap());
    assert!(0.0 < low && low < high, "{low} to {high}");
    assert!(of("RandFlip")["blocks"].as_u64().unwrap() > 2);
}

#[test]
fn apply_puts_an_array_through_a_chain() {
    let home = tempdir().unwrap();
    let chain = home.path().join("chain.toml");
    std::fs::write(&chain, "[[transform]]\nname = \"Flip\"\nspatial_axis = [1]\n").unwrap();
    let (input, output) = (home.path().join("in.npy"), home.path().join("out.npy"));
    write_npy(&input, &[1, 2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let apply = ["apply", "--chain", text(&chain), "--in", text(&input), "--out", text(&output)];
    run_ok(home.path(), &apply);
    check_refused(home.path(), &apply, &output);
    run_ok(home.path(), &[&apply[..], &["--overwrite"]].concat());
    let bytes = std::fs::read(&output).unwrap();
    let values: Vec<f32> = npyz::NpyFile::new(bytes.as_slice()).unwrap().into_vec().unwrap();
    assert_eq!(values, [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
}

fn write_npy(path: &Path, shape: &[u64], values: &[f32]) {
    use npyz::WriterBuilder as _;
    let mut out = Vec::new();
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut out).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
    std::fs::write(path, out).unwrap();
}

/// A client that dies takes no engine with it that trains on for nobody.
#[test]
fn an_engine_ends_when_its_client_has_gone() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 60);
    let run_dir = home.path().join("run");
    let mut child = program(home.path())
        .args(["train", "--data", text(&images), "--run", text(&run_dir), "--json"])
        .args(["--set", "train.device=cpu", "--set", "train.epochs=500"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let first_step = lines.map(Result::unwrap).find(|l| l.contains("\"type\":\"step\""));
    assert!(first_step.is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    // The engine's last word in the record is that it stopped, and a checkpoint stands beside it.
    let deadline = Instant::now() + Duration::from_secs(60);
    let stopped = || {
        let (events, _) = trainscope::store::read_record(&run_dir).unwrap();
        events.iter().any(|e| matches!(e, trainscope::protocol::Event::Finished(_)))
    };
    while !stopped() {
        assert!(Instant::now() < deadline, "the engine trains on for nobody");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(trainscope::store::Checkpoints::of(&run_dir).newest().checkpoint.is_some());
}

/// Where images are kept, in which form they reach the device and who loads them is nothing to the training.
#[test]
fn cache_and_bytes_leave_the_training_as_it_is() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let config = home.path().join("run.toml");
    let chain = "[[transform]]\nname = \"LoadImage\"\n[[transform]]\nname = \"EnsureChannelFirst\"\n\
        [[transform]]\nname = \"RandFlip\"\nprob = 0.5\n\
        [[transform]]\nname = \"NormalizeIntensity\"\nsubtrahend = 90.0\ndivisor = 60.0\n";
    std::fs::write(&config, chain).unwrap();
    let train = |name: &str, sets: &[&str]| {
        let run_dir = home.path().join(name);
        let mut args = vec!["train", "--data", text(&images), "--run", text(&run_dir), "--json"];
        args.extend(["--config", text(&config), "--set", "train.device=cpu", "--set", "train.epochs=2"]);
        args.extend(["--set", "train.loss_every_steps=1", "--set", "loader.batch_size=16"]);
        args.extend(sets.iter().flat_map(|set| ["--set", *set]));
        let lines = json_lines(&run_ok(home.path(), &args));
        assert!(!run_dir.join("cache").exists(), "the run's own cache is left behind");
        let losses = of_type(&lines, "step").iter().map(|s| s["loss"].as_f64().unwrap()).collect::<Vec<_>>();
        let finished = lines.last().unwrap().clone();
        (losses, finished["test_loss"].as_f64().or(finished["loss"].as_f64()))
    };
    let (expected, test_loss) = train("plain", &["loader.workers=0"]);
    assert!(expected.len() > 10 && test_loss.is_some());
    let bytes = "loader.bytes_to_device=true";
    for (name, sets) in [
        ("ram", ["loader.cache=ram", "loader.workers=2", bytes]),
        ("disk", ["loader.cache=disk", "loader.workers=1", "loader.bytes_to_device=false"]),
    ] {
        let (losses, loss) = train(name, &sets);
        assert_eq!(losses.len(), expected.len());
        for (loss, expected) in losses.iter().zip(&expected).chain(loss.iter().zip(&test_loss)) {
            assert!((loss - expected).abs() < 1e-2 * expected.abs().max(0.1), "{name}: {loss}, expected {expected}");
        }
    }
}

#[test]
fn a_python_chain_becomes_toml_that_trains() {
    let home = tempdir().unwrap();
    let python = home.path().join("train.py");
    let code = "tf = transforms.Compose([transforms.Resize((48, 40)), transforms.RandomHorizontalFlip(p=0.3), \
        transforms.ToTensor(), MyOwn()])\n";
    std::fs::write(&python, code).unwrap();
    let output = run(home.path(), &["chain", text(&python)]);
    assert_eq!(output.status.code(), Some(3), "what was lost shows in the exit code");
    assert!(String::from_utf8_lossy(&output.stderr).contains("MyOwn"), "what was not read is not named");
    let config = home.path().join("chain.toml");
    std::fs::write(&config, &output.stdout).unwrap();
    let images = sample_images(home.path(), 10);
    let run_dir = home.path().join("run");
    let mut args = vec!["train", "--data", text(&images), "--run", text(&run_dir), "--config", text(&config), "--json"];
    args.extend(["--set", "train.device=cpu", "--set", "train.epochs=1"]);
    let lines = json_lines(&run_ok(home.path(), &args));
    assert_eq!(of_type(&lines, "started")[0]["sample_shape"], json!([1, 48, 40]));
    assert_eq!(lines.last().unwrap()["status"], "completed");
}

#[test]
fn the_chain_of_a_training_to_begin_with_is_a_preset_too() {
    let home = tempdir().unwrap();
    let preset = |name: &str| run(home.path(), &["chain", "--preset", name]);
    let tutorial = preset("tutorial");
    assert!(tutorial.status.success(), "{tutorial:?}");
    assert_eq!(tutorial.stdout, preset("mednist").stdout);
    let unknown = preset("tutoril");
    let said = String::from_utf8_lossy(&unknown.stderr);
    assert_eq!(unknown.status.code(), Some(2), "{said}");
    assert!(said.contains("did you mean `tutorial`") && said.contains("heavy, tutorial"), "{said}");
}

/// Which chain, whose transforms and which values: what a text leaves open is said, and can be told.
#[test]
fn what_a_python_file_leaves_open_is_asked_for() {
    let home = tempdir().unwrap();
    let python = home.path().join("data.py");
    let code = "chains = {\n    'train': Compose([Resize(cfg[\"size\"]), ToTensor()]),\n    'val': Compose([Resize(96)]),\n}\n";
    std::fs::write(&python, code).unwrap();
    let chain = |more: &[&str]| {
        let output = run(home.path(), &[["chain", text(&python)].as_slice(), more].concat());
        let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        (output.status.code(), out, err)
    };
    let (code, out, err) = chain(&[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("chains[\"train\"]") && err.contains("--value 'cfg[\"size\"]=…'"), "{err}");
    let (code, out, err) = chain(&["--value", "cfg['size']=64"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("torchvision.Resize") && out.contains("size = 64"), "{out}");
    assert!(err.contains("taken as torchvision's") && err.contains("chains[\"val\"]"), "{err}");
    let (code, out, err) = chain(&["--chain", "val", "--library", "monai"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("spatial_size = 96") && !err.contains("taken as"), "{out} {err}");
    let (code, _, err) = chain(&["--chain", "test"]);
    assert!(code == Some(2) && err.contains("chains[\"val\"]"), "{err}");
    let (code, _, err) = chain(&["--value", "64"]);
    assert!(code == Some(2) && err.contains("NAME=VALUE"), "{err}");
}

/// A run over images of 0 to 255 says so, with what to add.
#[test]
fn values_that_were_not_scaled_are_warned_of() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 10);
    let config = home.path().join("chain.toml");
    let warnings = |chain: &str, name: &str| {
        std::fs::write(&config, chain).unwrap();
        let run_dir = home.path().join(name);
        let mut args =
            vec!["train", "--data", text(&images), "--run", text(&run_dir), "--config", text(&config), "--json"];
        args.extend(["--set", "train.device=cpu", "--set", "train.epochs=1"]);
        let lines = json_lines(&run_ok(home.path(), &args));
        let messages = of_type(&lines, "warning").into_iter().map(|w| w["message"].as_str().unwrap().to_owned());
        messages.filter(|message| message.contains("enter the network")).collect::<Vec<_>>()
    };
    let flip = "[[transform]]\nname = \"LoadImage\"\n[[transform]]\nname = \"RandomHorizontalFlip\"\n";
    let found = warnings(flip, "raw");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("put ToDtype with scale = true at the chain's end"), "{found:?}");
    let scaled = format!("{flip}[[transform]]\nname = \"ToDtype\"\nscale = true\n");
    assert_eq!(warnings(&scaled, "scaled"), Vec::<String>::new());
}

#[test]
fn inspect_names_copies_across_the_parts() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let class = std::fs::read_dir(&images).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = std::fs::read_dir(&class).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    // So many of one that some fall into another part.
    for (i, _) in files.iter().enumerate().skip(1).step_by(2) {
        std::fs::copy(&files[0], &files[i]).unwrap();
    }
    let lines = json_lines(&run_ok(home.path(), &["inspect", text(&images), "--json"]));
    let duplicates = &lines[0]["duplicates"];
    assert_eq!((&duplicates["exact"]["images"], &duplicates["exact"]["redundant_images"]), (&json!(11), &json!(10)));
    let leak = &duplicates["leakage"]["equal"]["shown"][0];
    let parts: std::collections::BTreeSet<&str> =
        leak["members"].as_array().unwrap().iter().map(|m| m["part"].as_str().unwrap()).collect();
    assert!(leak["images"] == 11 && parts.len() > 1 && parts.contains("train"), "{leak}");
    let output = run_ok(home.path(), &["inspect", text(&images)]);
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(words.contains("LEAKAGE: ") && words.contains("EQUAL IMAGES: 11 images in 1 group"), "{words}");
}

/// What the program keeps lies in its state folder and in the folders that were named; the home stays as it was.
#[test]
fn nothing_is_written_outside_the_folders_that_were_named() {
    let home = tempdir().unwrap();
    let elsewhere = tempdir().unwrap();
    let (images, state) = (sample_images(elsewhere.path(), 4), elsewhere.path().join("state"));
    let before = names_below(elsewhere.path());
    let run_dir = elsewhere.path().join("run");
    let picture = run_dir.join("loss.png");
    let (data, run, picture) = (text(&images), text(&run_dir), text(&picture));
    let training = ["train", "--data", data, "--run", run, "--set", "model.name=small_cnn", "--set", "train.epochs=1"];
    for args in [&training[..], &["inspect", data], &["plot", run, "--out", picture], &["runs"], &["scan", data]] {
        let mut command = program(home.path());
        let output = command.args(args).env("TRAINSCOPE_STATE_DIR", &state).current_dir(home.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(names_below(home.path()), Vec::<PathBuf>::new());
    let new: Vec<PathBuf> = names_below(elsewhere.path()).into_iter().filter(|name| !before.contains(name)).collect();
    assert!(
        !new.is_empty() && new.iter().all(|name| name.starts_with(&run_dir) || name.starts_with(&state)),
        "{new:?}"
    );
}

fn names_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(names_below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn a_sweep_that_cannot_be_made_is_said_before_anything_is_started() {
    let home = tempdir().unwrap();
    let data = text(home.path());
    for (args, words) in [
        (&["--key", "optimizer.lr", "--values", "1e-3"][..], "at least two values"),
        (&["--key", "optimizer.lr", "--values", "1e-3,0.001"], "named twice"),
        (&["--key", "optimizer.rl", "--values", "1,2"], "did you mean `lr`"),
        (&["--key", "loader.workers", "--values", "0,two"], "a whole number"),
        (&["--key", "train.seed", "--values", "1,2"], "cannot be swept"),
        (&["--key", "optimizer.lr", "--values", "1e-3,1e-5", "--budget", "0"], "seconds from 1"),
    ] {
        let args: Vec<&str> = ["sweep", "--data", data].iter().chain(args).copied().collect();
        let output = run(home.path(), &args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{args:?}: {said}");
    }
    let output = run(home.path(), &["sweep", "--key", "optimizer.lr", "--values", "1,2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no dataset"));
}

#[test]
fn a_sweep_trains_each_value_and_ends_in_a_verdict() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 40);
    let dir = home.path().join("sweep");
    let output = run_ok(
        home.path(),
        &[
            "sweep",
            "--data",
            text(&images),
            "--key",
            "optimizer.lr",
            "--values",
            "1e-3,1e-5",
            "--steps",
            "30",
            "--budget",
            "60",
            "--run",
            text(&dir),
            "--json",
            "--set",
            "train.device=cpu",
            "--set",
            "loader.batch_size=16",
        ],
    );
    let lines = json_lines(&output);
    let points = of_type(&lines, "point");
    assert_eq!(points.iter().map(|p| p["value"].as_str().unwrap()).collect::<Vec<_>>(), ["1e-3", "1e-5"]);
    assert_eq!(points[0]["standing"], "baseline");
    assert!(points[1]["standing"].is_null() && points[1]["time_ratio"].is_null(), "the speed is the same: {points:?}");
    assert!(points.iter().all(|point| (30..32).contains(&point["steps"].as_u64().unwrap())), "{points:?}");
    // The same seed, batches and weights: a thousandth of the rate learns less in as many steps.
    let losses = &points[1]["loss_against"];
    assert!(losses["baseline_loss"].as_f64().unwrap() < losses["loss"].as_f64().unwrap(), "{losses}");
    let verdict = lines.last().unwrap();
    assert_eq!(verdict["type"], "verdict");
    let sentence = verdict["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("Learning rate: 1e-3 has the lowest loss after 30 steps"), "{verdict}");
    // Each value's run opens as any other.
    for value in ["1e-3", "1e-5"] {
        let run_dir = dir.join(format!("optimizer.lr={value}"));
        let png = home.path().join(format!("{value}.png"));
        run_ok(home.path(), &["plot", text(&run_dir), "--metric", "loss", "--out", text(&png)]);
    }
    assert!(dir.join("sweep.json").is_file());
}

#[test]
fn a_trace_tells_what_every_thread_did() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 20);
    let (run_dir, trace) = (home.path().join("run"), home.path().join("trace.json"));
    let mut args = vec!["train", "--data", text(&images), "--run", text(&run_dir), "--json", "--trace", text(&trace)];
    args.extend(["--set", "train.device=cpu", "--set", "train.epochs=1", "--set", "loader.batch_size=16"]);
    let lines = json_lines(&run_ok(home.path(), &args));
    let said = of_type(&lines, "trace");
    assert_eq!(said.len(), 1);
    assert_eq!(lines.last().unwrap()["type"], "finished");
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(&trace).unwrap()).unwrap();
    let events = file["traceEvents"].as_array().unwrap();
    let of = |ph: &str| events.iter().filter(|event| event["ph"] == ph).collect::<Vec<_>>();
    let spans = of("X");
    assert_eq!(said[0]["spans"].as_u64(), Some(spans.len() as u64));
    let threads: Vec<_> = of("M").iter().filter_map(|event| event["args"]["name"].as_str()).collect();
    for thread in ["trainer", "loader-0", "loader-1"] {
        assert!(threads.contains(&thread), "{thread} is not among {threads:?}");
    }
    let count = |name: &str| spans.iter().filter(|span| span["name"] == name).count();
    let steps = of_type(&lines, "step").len();
    assert_eq!((count("forward"), count("wait for data")), (steps, steps));
    assert_eq!((count("validation"), count("step")), (1, 0));
    assert!(count("checkpoint") >= 1);
    // 96 of the 120 images are for training; each was decoded once, in the training or in the validation.
    assert_eq!(count("decode"), 108);
    let decoded = spans.iter().find(|span| span["name"] == "decode").unwrap();
    assert!(images.join(decoded["args"]["file"].as_str().unwrap()).is_file());
    assert!(!of("C").is_empty() && !of("b").is_empty());

    let other = home.path().join("other");
    let args = ["train", "--data", text(&images), "--run", text(&other), "--trace", text(&trace)];
    check_refused(home.path(), &args, &trace);
    assert!(!home.path().join("other").exists(), "nothing was begun");
    let nowhere = home.path().join("no folder").join("trace.json");
    let output =
        run(home.path(), &["train", "--data", text(&images), "--run", text(&run_dir), "--trace", text(&nowhere)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no folder for the trace"));
}

/// A table beside two folders that are parts: scanned, read another way, and trained on, with what its split lacks said.
#[test]
fn a_table_says_the_classes_of_a_scan_and_of_a_run() {
    let home = tempdir().unwrap();
    let samples = sample_images(home.path(), 12);
    let data = home.path().join("data");
    let mut table = "no;verdict;reader\n".to_owned();
    for (class, label) in ["circles", "squares"].iter().zip(["benign", "malignant"]) {
        let mut images: Vec<_> = std::fs::read_dir(samples.join(class)).unwrap().map(|e| e.unwrap().path()).collect();
        images.sort();
        for (i, image) in images.iter().enumerate() {
            let folder = data.join(if i % 2 == 0 { "part_1" } else { "part_2" });
            std::fs::create_dir_all(&folder).unwrap();
            let extension = image.extension().unwrap().to_str().unwrap();
            std::fs::copy(image, folder.join(format!("{class}{i}.{extension}"))).unwrap();
            let label = if label == "malignant" && i > 0 { "benign" } else { label };
            table += &format!("{class}{i};{label};{}\n", i % 3);
        }
    }
    std::fs::write(data.join("list.csv"), table).unwrap();
    let refused = run(home.path(), &["scan", text(&data)]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("part_1, part_2 are pieces of one dataset") && said.contains("`data.label_column`"),
        "{said}"
    );
    let above = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!above.contains("pieces of one dataset"), "it is said twice: {above}");
    let set = ["--set", "data.label_column=verdict"];
    let scanned = json_lines(&run_ok(home.path(), &[&["scan", text(&data), "--json"][..], &set].concat()));
    let classes = scanned[0]["classes"].as_array().unwrap();
    assert_eq!(classes.iter().map(|c| c["images"].as_u64().unwrap()).collect::<Vec<_>>(), [23, 1]);
    let reading = &scanned[0]["reading"];
    assert_eq!(reading["taken"], "list.csv");
    assert_eq!(reading["choices"], serde_json::json!(["folders", "list.csv"]));
    assert_eq!((&reading["table"]["image"], &reading["table"]["label"]), (&0.into(), &1.into()));
    let folders = ["scan", text(&data), "--json", "--set", "data.labels=folders"];
    let scanned = json_lines(&run_ok(home.path(), &folders));
    assert_eq!(scanned[0]["classes"][0]["name"], "part_1");
    let run_dir = home.path().join("run");
    let train = ["train", "--data", text(&data), "--run", text(&run_dir), "--json", "--set", "train.device=cpu"];
    let short = ["--set", "train.epochs=1"];
    let lines = json_lines(&run_ok(home.path(), &[&train[..], &set, &short].concat()));
    assert_eq!(of_type(&lines, "started")[0]["class_names"], serde_json::json!(["benign", "malignant"]));
    let warned =
        |words: &str| of_type(&lines, "warning").iter().any(|l| l["message"].as_str().unwrap().contains(words));
    assert!(warned("the classes are read from list.csv"), "{lines:?}");
    assert!(warned("the validation part has no image of 1 class: malignant"), "{lines:?}");
    // The configuration it ran with reads the same again.
    let config = std::fs::read_to_string(run_dir.join("run.toml")).unwrap();
    assert!(config.contains("label_column = \"verdict\""), "{config}");
}
