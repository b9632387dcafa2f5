//! A file that hangs while a dataset is read: it is named, the reading can be stopped, and begins anew without it.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/hanging_file.rs"]
mod hanging_file;

use common::sample_images;
use hanging_file::HangingFile;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use trainscope::config::DataConfig;
use trainscope::data::inspect::{InspectOptions, inspect};
use trainscope::data::{DataError, Dataset, Waiting, scan_as};
use trainscope::store::read_config;

fn go_on<P>(_: &P) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Sample images, and one of them with its name.
fn samples(home: &Path) -> (PathBuf, Dataset, PathBuf, String) {
    let dir = sample_images(home, 8);
    let dataset = scan_as(&dir, &DataConfig::default(), &mut go_on).unwrap();
    let (path, name) = (dataset.path_of(5), dataset.name_of(5));
    (dir, dataset, path, name)
}

fn without(name: &str) -> DataConfig {
    DataConfig { quarantine: vec![name.to_owned()], ..DataConfig::default() }
}

/// Breaks off once something is waited for.
fn until_waiting<'a, P>(
    of: impl Fn(&P) -> Option<Waiting> + 'a,
    seen: &'a mut Option<Waiting>,
) -> impl FnMut(&P) -> ControlFlow<()> + 'a {
    move |progress| {
        *seen = of(progress);
        if seen.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn a_scan_names_the_file_stops_and_goes_without_it() {
    let home = tempfile::tempdir().unwrap();
    let (dir, dataset, path, name) = samples(home.path());
    let Some(_file) = HangingFile::over(&path) else { return };
    let mut seen = None;
    let mut stop = until_waiting(|progress: &trainscope::data::ScanProgress| progress.waiting.clone(), &mut seen);
    let stopped = scan_as(&dir, &DataConfig::default(), &mut stop);
    assert!(matches!(stopped, Err(DataError::Cancelled)), "{stopped:?}");
    drop(stop);
    let waiting = seen.unwrap();
    assert_eq!((waiting.path, waiting.name), (path, Some(name.clone())));
    // It hangs on, and is not opened.
    let anew = scan_as(&dir, &without(&name), &mut go_on).unwrap();
    assert_eq!((anew.len(), anew.name_of(5)), (dataset.len(), name));
}

#[test]
fn an_inspection_names_the_file_stops_and_goes_without_it() {
    let home = tempfile::tempdir().unwrap();
    let (_, dataset, path, name) = samples(home.path());
    let dataset = Arc::new(dataset);
    let Some(_file) = HangingFile::over(&path) else { return };
    let mut seen = None;
    let mut stop =
        until_waiting(|progress: &trainscope::data::inspect::InspectProgress| progress.waiting.clone(), &mut seen);
    let stopped = inspect(&dataset, &InspectOptions::default(), &mut stop);
    assert!(matches!(stopped, Err(DataError::Cancelled)));
    drop(stop);
    assert_eq!(seen.unwrap().name, Some(name.clone()));
    let options = InspectOptions { data: without(&name), ..InspectOptions::default() };
    let found = inspect(&dataset, &options, &mut go_on).unwrap();
    assert_eq!(found.readable_images, found.images - 1);
}

#[test]
fn a_command_says_what_its_scan_waits_for() {
    let home = tempfile::tempdir().unwrap();
    let (dir, _, path, name) = samples(home.path());
    let Some(file) = HangingFile::over(&path) else { return };
    let mut child = Command::new(env!("CARGO_BIN_EXE_trainscope"))
        .arg("scan")
        .arg(&dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut said = String::new();
    let mut byte = [0];
    while !said.ends_with('\n') && stderr.read(&mut byte).unwrap() == 1 {
        said.push(char::from(byte[0]));
    }
    assert!(said.contains("no answer for 1") && said.trim_end().ends_with(&name), "{said}");
    // It comes back, and so does the command.
    file.hang(false);
    file.let_go();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_run_quarantines_what_hangs_its_scan() {
    let home = tempfile::tempdir().unwrap();
    let (dir, _, path, name) = samples(home.path());
    let Some(_file) = HangingFile::over(&path) else { return };
    let run_dir = home.path().join("run");
    let output = Command::new(env!("CARGO_BIN_EXE_trainscope"))
        .arg("train")
        .arg("--data")
        .arg(&dir)
        .arg("--run")
        .arg(&run_dir)
        .args(["--set", "train.device=cpu", "--set", "train.epochs=1", "--set", "model.name=small_cnn"])
        .args(["--on-stall", "quarantine", "--stall-grace", "10"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("the scan has been in reading the dataset for 1"), "{said}");
    assert_eq!(read_config(&run_dir).unwrap().data.quarantine, [name]);
}
