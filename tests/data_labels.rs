//! Datasets whose classes stand in a CSV or JSON file, with everything such files get wrong.

use image::{GrayImage, ImageFormat, Luma};
use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;
use trainscope::config::DataConfig;
use trainscope::console::show_path;
use trainscope::data::{DataError, Dataset, Part, scan, split};

fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    GrayImage::from_pixel(8, 8, Luma([shade])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A folder with these images and these texts.
fn folder(images: &[&str], texts: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    images.iter().for_each(|name| write(dir.path(), name, &png(7)));
    texts.iter().for_each(|(name, text)| write(dir.path(), name, text.as_bytes()));
    dir
}

fn try_scan(path: &Path) -> Result<Dataset, DataError> {
    scan(path, 1 << 20, &mut |_| ControlFlow::Continue(()))
}

/// `class/part:path` of each image, in order.
fn listed(dataset: &Dataset) -> Vec<String> {
    let one = |i: usize| {
        let path = dataset.path_of(i);
        let path = show_path(path.strip_prefix(&dataset.root).unwrap()).replace('\\', "/");
        let part = match dataset.part_of(i) {
            None => "",
            Some(Part::Train) => "train",
            Some(Part::Val) => "val",
            Some(Part::Test) => "test",
        };
        format!("{}/{part}:{path}", dataset.class_names[dataset.class_of(i)])
    };
    (0..dataset.len()).map(one).collect()
}

fn faults(dataset: &Dataset) -> Vec<String> {
    let shown = |bad: &trainscope::data::BadFile| {
        let path = bad.path.strip_prefix(&dataset.root).unwrap_or(&bad.path);
        format!("{}: {}", show_path(path).replace('\\', "/"), bad.reason)
    };
    dataset.bad_files.iter().map(shown).collect()
}

#[test]
fn forms_of_datasets() {
    let plain = ["cat/:a2.png", "cat/:a10.png", "dog/:b.png"];
    let below = ["cat/:images/a.png", "dog/:images/b.png"];
    let split = ["cat/train:a.png", "cat/test:b.png", "dog/train:c.png", "dog/val:d.png"];
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (
            &["a10.png", "a2.png", "b.png"],
            &[("labels.csv", "file,label\na10.png,cat\nb.png,dog\na2.png,cat\n")],
            &plain,
        ),
        (&["a10.png", "a2.png", "b.png"], &[("list.tsv", "b.png\tdog\na2.png\tcat\na10.png\tcat\n")], &plain),
        (
            &["a10.png", "a2.png", "b.png"],
            &[("labels.json", r#"{"a10.png": "cat", "b.png": "dog", "a2.png": "cat"}"#), ("other.csv", "x")],
            &plain,
        ),
        // A folder of images only looks like a class.
        (&["images/a.png", "images/b.png"], &[("any.csv", "path;class\nimages/a.png;cat\nimages/b.png;dog")], &below),
        // Names without an extension.
        (&["images/a.png", "images/b.png"], &[("any.csv", "image_id,label\nimages/a,cat\nimages/b,dog")], &below),
        (
            &["a.png", "b.png", "c.png", "d.png"],
            &[("labels.csv", "file,label,split\nc.png,dog,train\nd.png,dog,valid\na.png,cat,Train\nb.png,cat,test\n")],
            &split,
        ),
        (
            &["a.png", "b.png", "c.png", "d.png"],
            &[
                ("train.csv", "file,label\nc.png,dog\na.png,cat\n"),
                ("val.csv", "file,label\nd.png,dog\n"),
                ("test.csv", "file,label\nb.png,cat\n"),
            ],
            &split,
        ),
    ];
    for (images, texts, expected) in cases {
        let dir = folder(images, texts);
        let dataset = try_scan(dir.path()).unwrap();
        assert_eq!(listed(&dataset), *expected, "{texts:?}: {:?}", dataset.notes);
        assert_eq!(dataset.bad_files, []);
        assert!(dataset.notes[0].starts_with("the classes are read from "), "{:?}", dataset.notes);
        dataset.check_usable().unwrap();
        // The file itself chosen, where one says it all.
        if let [(name, _)] = texts {
            assert_eq!(listed(&try_scan(&dir.path().join(name)).unwrap()), *expected, "{name}");
        }
    }
}

#[test]
fn class_folders_win_and_other_tables_do_no_harm() {
    let dir = folder(&["cat/a.png", "dog/b.png"], &[("labels.csv", "file,label\ncat/a.png,x\ndog/b.png,y\n")]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!((listed(&dataset), dataset.notes.len()), (vec!["cat/:cat/a.png".into(), "dog/:dog/b.png".into()], 0));
    // One class and a table of something else.
    let dir = folder(&["cat/a.png"], &[("ages.csv", "name,age\nx,3\n")]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), ["cat/:cat/a.png"]);
    assert!(
        dataset.notes.iter().any(|n| n.contains("ages.csv is not used as labels: no columns")),
        "{:?}",
        dataset.notes
    );
    // No class at all: the reason stands where it is looked for.
    let dir = folder(&["a.png"], &[("labels.csv", "file,age\na.png,3\n")]);
    let error = try_scan(dir.path()).unwrap().check_usable().unwrap_err().to_string();
    assert!(error.contains("1 image lies directly") && error.contains("no column of labels"), "{error}");
    let dir = folder(&["a.png"], &[("one.csv", "a.png,x\n"), ("two.csv", "a.png,y\n")]);
    let notes = try_scan(dir.path()).unwrap().notes;
    assert!(notes.iter().any(|n| n.contains("choose one of them as the dataset: one.csv, two.csv")), "{notes:?}");
}

#[test]
fn what_is_wrong_is_said_with_its_row() {
    let table = "file,label,split\n\
        a.png,cat,train\n\
        gone.png,cat,train\n\
        b.png,dog,train\n\
        b.png,cat,train\n\
        b.png,dog,train\n\
        c.png,dog,train\n\
        c.png,dog,train\n\
        d.png,,train\n\
        ,dog,train\n\
        ../e.png,dog,train\n\
        /etc/passwd,dog,train\n\
        f.png,dog,holdout\n\
        broken.png,dog,test\n\
        g.png,dog,train\n\
        g.png,dog,test\n\
        h.png,bird,test\n\
        nothing.png,fish,test\n";
    let images = ["a.png", "b.png", "c.png", "d.png", "f.png", "g.png", "h.png", "extra.png", "extra2.png"];
    let dir = folder(&images, &[("labels.csv", table), ("broken.png", "no image"), ("notes.txt", "x")]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), ["bird/test:h.png", "cat/train:a.png", "dog/train:c.png", "dog/train:f.png"]);
    let faults = faults(&dataset);
    for words in [
        ["gone.png: ", "not there", "row 3 of labels.csv"],
        ["b.png: ", "row 4 of labels.csv and row 5 of labels.csv", "different labels (dog, cat)"],
        ["../e.png: ", "row 11 of labels.csv", "leads out of the folder"],
        ["/etc/passwd: ", "row 12 of labels.csv", "an absolute path"],
        ["broken.png: ", "", "row 14 of labels.csv"],
        ["g.png: ", "row 15 of labels.csv and row 16 of labels.csv", "different parts"],
        ["nothing.png: ", "not there", "row 18 of labels.csv"],
    ] {
        assert!(
            faults.iter().any(|f| f.starts_with(words[0]) && words.iter().all(|w| f.contains(w))),
            "{words:?} {faults:?}"
        );
    }
    assert_eq!(faults.len(), 7, "{faults:?}");
    for words in [
        "3 images beside the labelled ones without a label are left out: d.png",
        "2 rows without a file or a label: left out (the first: row 9 of labels.csv)",
        "1 row with a part that is none of train, val and test: read as without (the first: row 13 of labels.csv: holdout)",
        "1 row without a part: taken for train (the first: row 13 of labels.csv)",
        "1 row naming a file again, with the same label: counted once (the first: row 8 of labels.csv)",
        "1 label left out for want of an image that can be read: fish",
        "no row is for val: validation images are cut from train",
    ] {
        assert!(dataset.notes.iter().any(|n| n == words), "{words:?} is not in {:#?}", dataset.notes);
    }
    let parts = split(&dataset, &DataConfig::default()).unwrap();
    assert_eq!((parts.train.len() + parts.val.len(), parts.test.len()), (3, 1));
}

#[test]
fn many_bad_rows_are_counted() {
    let rows: String = (0..1500).map(|i| format!("gone{i}.png,cat\n")).collect();
    let dir = folder(&["a.png", "b.png"], &[("labels.csv", &format!("file,label\na.png,cat\nb.png,dog\n{rows}"))]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!((dataset.len(), dataset.bad_files.len()), (2, 1000));
    assert!(
        dataset.notes.iter().any(|n| n == "500 rows more left out that cannot be used, not listed"),
        "{:?}",
        dataset.notes
    );
}

#[test]
fn a_file_that_is_no_labels_is_refused() {
    let dir = folder(&["a.png"], &[("x.csv", "1,2\n"), ("x.txt", "a.png,cat")]);
    let error = try_scan(&dir.path().join("x.csv")).unwrap_err();
    assert!(
        matches!(error, DataError::Labels { .. }) && error.to_string().contains("header such as file,label"),
        "{error}"
    );
    let error = try_scan(&dir.path().join("x.txt")).unwrap_err().to_string();
    assert!(error.contains("not a folder, nor a .csv"), "{error}");
    let stopped = scan(&dir.path().join("x.csv"), 1 << 20, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(DataError::Cancelled)));
}
