//! Datasets whose classes stand in a table (CSV, JSON, text), with everything such tables get wrong; and which of table and
//! folders is taken.

use image::{GrayImage, ImageFormat, Luma};
use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;
use trainscope::config::DataConfig;
use trainscope::console::show_path;
use trainscope::data::{DataError, Dataset, Part, scan, scan_as, split};

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

fn try_with(path: &Path, set: &dyn Fn(&mut DataConfig)) -> Dataset {
    let mut config = DataConfig::default();
    set(&mut config);
    scan_as(path, &config, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[track_caller]
fn assert_noted(dataset: &Dataset, words: &str) {
    assert!(
        dataset.notes.iter().any(|note| note.to_string().contains(words)),
        "{words:?} is not in {:#?}",
        dataset.notes
    );
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
        assert!(dataset.notes[0].to_string().starts_with("the classes are read from "), "{:?}", dataset.notes);
        dataset.check_usable().unwrap();
        // The file itself chosen, where one says it all.
        if let [(name, _)] = texts {
            assert_eq!(listed(&try_scan(&dir.path().join(name)).unwrap()), *expected, "{name}");
        }
    }
}

#[test]
fn class_folders_win_and_other_tables_do_no_harm() {
    let folders = ["cat/:cat/a.png", "dog/:dog/b.png"];
    let dir = folder(&["cat/a.png", "dog/b.png"], &[("labels.csv", "file,label\ncat/a.png,x\ndog/b.png,y\n")]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), folders);
    assert_eq!(
        dataset.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "two readings: the folders are the classes, which is taken; or the labels in labels.csv (x, y): `data.labels` = \
          \"labels.csv\" takes those"
        ]
    );
    assert_eq!(
        (dataset.reading.taken.as_str(), &dataset.reading.choices[..]),
        ("folders", &["folders".into(), "labels.csv".into()][..])
    );
    let dataset = try_with(dir.path(), &|config| config.labels = "labels.csv".into());
    assert_eq!(listed(&dataset), ["x/:cat/a.png", "y/:dog/b.png"]);
    // The same labels, or nothing about labels: no word is needed.
    for table in ["file,label\ncat/a.png,Cat\ndog/b.png,Dog\n", "name,age\ncat/a.png,3\n"] {
        let dir = folder(&["cat/a.png", "dog/b.png"], &[("labels.csv", table)]);
        let dataset = try_scan(dir.path()).unwrap();
        assert_eq!(
            (listed(&dataset), dataset.notes.len()),
            (folders.map(String::from).to_vec(), 0),
            "{:?}",
            dataset.notes
        );
    }
    // One class and a table of something else.
    let dir = folder(&["cat/a.png"], &[("ages.csv", "name,age\nx,3\n")]);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), ["cat/:cat/a.png"]);
    assert!(
        dataset
            .notes
            .iter()
            .any(|n| n.to_string().contains("ages.csv is not used as labels: not its one row names a file")),
        "{:?}",
        dataset.notes
    );
    // No class at all: the reason stands where it is looked for.
    let dir = folder(&["a.png"], &[("labels.csv", "file,age,size\na.png,3,4\n")]);
    let error = try_scan(dir.path()).unwrap().check_usable().unwrap_err().to_string();
    assert!(error.contains("1 image lies directly") && error.contains("no column of labels"), "{error}");
    let dir = folder(&["a.png"], &[("one.csv", "a.png,x\n"), ("two.csv", "a.png,y\n")]);
    let notes = try_scan(dir.path()).unwrap().notes;
    assert!(
        notes.iter().any(|n| n
            .to_string()
            .contains("choose one of them as the dataset, or as `data.labels`: one.csv, two.csv")),
        "{notes:?}"
    );
}

/// The folders and the table name the same classes; what the table says besides is not lost.
#[test]
fn a_table_beside_its_class_folders_is_taken_for_its_parts_and_groups() {
    let images = ["cat/a.png", "cat/b.png", "cat/c.png", "dog/d.png", "dog/e.png", "dog/f.png"];
    let rows = |columns: [&str; 6]| -> String {
        images.iter().zip(columns).map(|(file, rest)| format!("{file},{},{rest}\n", &file[..3])).collect()
    };
    let parts = rows(["train", "val", "test", "train", "val", "test"]);
    let dir = folder(&images, &[("labels.csv", &format!("file,label,split\n{parts}"))]);
    let dataset = try_scan(dir.path()).unwrap();
    let cats = ["cat/train:cat/a.png", "cat/val:cat/b.png", "cat/test:cat/c.png"];
    assert_eq!(listed(&dataset)[..3], cats, "{:?}", dataset.notes);
    assert_noted(&dataset, "the table is taken, as it says parts or groups besides");
    let folders = try_with(dir.path(), &|config| config.labels = "folders".into());
    assert!(!folders.has_parts && folders.len() == 6);
    // Two tables that are the parts.
    let [train, test] = [[0, 1, 3, 4].as_slice(), &[2, 5]].map(|of: &[usize]| -> String {
        of.iter().map(|i| format!("{},{}\n", images[*i], &images[*i][..3])).collect()
    });
    let (train, test) = (format!("file,label\n{train}"), format!("file,label\n{test}"));
    let dataset = try_scan(folder(&images, &[("train.csv", &train), ("test.csv", &test)]).path()).unwrap();
    assert_eq!(dataset.summary().classes.iter().map(|c| c.parts.unwrap().test).collect::<Vec<_>>(), [1, 1]);

    let patients = format!("file,label,PatientID\n{}", rows(["p1", "p1", "p2", "p3", "p3", "p4"]));
    let dir = folder(&images, &[("labels.csv", &patients)]);
    let by_patient = |config: &mut DataConfig| config.group = "patient_id".into();
    assert_eq!(try_scan(dir.path()).unwrap().reading.taken, "folders", "no group is asked for");
    let dataset = try_with(dir.path(), &by_patient);
    assert_eq!(dataset.reading.taken, "labels.csv", "{:?}", dataset.notes);
    let config = DataConfig { group: "patient_id".into(), val_frac: 0.34, test_frac: 0.0, ..DataConfig::default() };
    let split_by_patient = split(&dataset, &config).unwrap();
    for pair in ["ab", "de"] {
        let of_train = |letter: char| {
            split_by_patient.train.iter().any(|i| dataset.name_of(*i as usize).ends_with(&format!("{letter}.png")))
        };
        let mut letters = pair.chars();
        assert_eq!(letters.next().map(of_train), letters.next().map(of_train), "{pair}");
    }

    // A table that leaves a class out is no reading of all; then the reason is no column that is missing.
    let few: String =
        patients.lines().filter(|line| !line.starts_with("dog")).map(|line| format!("{line}\n")).collect();
    let dir = folder(&images, &[("labels.csv", &few)]);
    let dataset = try_with(dir.path(), &by_patient);
    assert_eq!((dataset.reading.taken.as_str(), dataset.len()), ("folders", 6));
    assert_noted(&dataset, "labels.csv also says parts or groups, but not for all images");
    let error = split(&dataset, &config).unwrap_err().to_string();
    assert!(error.contains("`data.labels` = \"labels.csv\" takes one"), "{error}");
    // Nor one that leaves out a class whose images lie further down, or one image of six.
    let few = format!("file,label,split\n{parts}");
    let dir = folder(&[&images[..], &["owl/left/g.png"]].concat(), &[("labels.csv", &few)]);
    assert_eq!(try_scan(dir.path()).unwrap().reading.taken, "folders");
    let few = few.replace("cat/a.png,cat,train\n", "");
    let dir = folder(&images, &[("labels.csv", &few)]);
    assert_eq!(try_scan(dir.path()).unwrap().reading.taken, "folders");
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
        f.png,dog,spare\n\
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
        "1 row with a part that is none of train, val and test: read as without (the first: row 13 of labels.csv: spare)",
        "1 row without a part: taken for train (the first: row 13 of labels.csv)",
        "1 row naming a file again, with the same label: counted once (the first: row 8 of labels.csv)",
        "1 label left out for want of an image that can be read: fish",
        "no row is for val: validation images are cut from train",
    ] {
        assert!(dataset.notes.iter().any(|n| n.to_string() == words), "{words:?} is not in {:#?}", dataset.notes);
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
        dataset.notes.iter().any(|n| n.to_string() == "500 rows more left out that cannot be used, not listed"),
        "{:?}",
        dataset.notes
    );
}

#[test]
fn a_file_that_is_no_labels_is_refused() {
    let dir = folder(&["a.png"], &[("x.csv", "1,2\n"), ("x.md", "a.png,cat")]);
    let dataset = try_scan(&dir.path().join("x.csv")).unwrap();
    let error = dataset.check_usable().unwrap_err();
    assert!(
        matches!(error, DataError::Labels { .. })
            && error.to_string().contains("no column of files: expected one named file"),
        "{error}"
    );
    // Its columns are there to be chosen from.
    let table = dataset.reading.table.unwrap();
    assert_eq!(
        (table.columns, table.rows),
        (vec!["column 1".into(), "column 2".into()], vec![vec!["1".into(), "2".into()]])
    );
    let error = try_scan(&dir.path().join("x.md")).unwrap_err().to_string();
    assert!(error.contains("not a folder, nor a table of labels (.csv"), "{error}");
    let sheet = folder(&["a.png"], &[("labels.xlsx", "PK")]);
    let error = try_scan(sheet.path()).unwrap().check_usable().unwrap_err().to_string();
    assert!(error.contains("labels.xlsx is a spreadsheet, which is not read: save it as CSV"), "{error}");
    let stopped = scan(&dir.path().join("x.csv"), 1 << 20, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(DataError::Cancelled)));
}

/// Two images in each of these folders, with labels that cut across them.
fn with_table(folders: &[&str], table: &str, prefix: bool) -> TempDir {
    let mut images = Vec::new();
    let mut text = "filename,label\n".to_owned();
    for (i, folder) in folders.iter().enumerate() {
        for (j, label) in ["cat", "dog"].iter().enumerate() {
            let name = format!("im{i}{j}.png");
            text += &if prefix { format!("{folder}/{name},{label}\n") } else { format!("{name},{label}\n") };
            images.push(format!("{folder}/{name}"));
        }
    }
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    folder(&images, &[(table, &text)])
}

#[test]
fn a_table_says_the_classes_where_folders_are_none() {
    for (folders, table, prefix) in [
        (&["train"][..], "labels.csv", false),
        (&["train_images"], "train.csv", false),
        (&["images"], "labels.csv", true),
        (&["HAM_part_1", "HAM_part_2"], "HAM_metadata.csv", false),
        (&["batch1", "batch2", "batch3"], "labels.csv", true),
        (&["images_001/images", "images_002/images"], "Data_Entry.csv", false),
        (&["fold_0", "fold_1"], "all.tsv", true),
        (&["JPEGImages"], "annotations/labels.csv", false),
        (&["data/images"], "data/labels.csv", false),
        (&["site_A", "site_B"], "labels.csv", true),
        (&["scanner one", "scanner two"], "labels.csv", false),
        (&["训练集"], "标签.csv", false),
    ] {
        let dir = with_table(folders, table, prefix);
        if let Some(text) = table.strip_suffix(".tsv") {
            let path = dir.path().join(format!("{text}.tsv"));
            fs::write(&path, fs::read_to_string(&path).unwrap().replace(',', "\t")).unwrap();
        }
        // What lies beside takes no part.
        if folders == ["train"] {
            write(dir.path(), "test/t0.png", &png(1));
            write(dir.path(), "sample_submission.csv", b"id,cat,dog\nt0,0.5,0.5\n");
        }
        if folders == ["images"] {
            write(dir.path(), "masks/im00.png", &png(1));
        }
        let dataset = try_scan(dir.path()).unwrap();
        assert_eq!(dataset.class_names, ["cat", "dog"], "{folders:?}: {:#?}", dataset.notes);
        assert_eq!((dataset.len(), dataset.bad_files.len()), (2 * folders.len(), 0), "{folders:?}");
        assert!(!dataset.has_parts, "{folders:?}: {:?}", dataset.notes);
        assert_noted(&dataset, "the classes are read from ");
    }
    let dir = with_table(&["site_A", "site_B"], "labels.csv", true);
    assert_noted(
        &try_scan(dir.path()).unwrap(),
        "two readings: the labels of the table, which are taken, as they cut across",
    );
    let dataset = try_with(dir.path(), &|config| config.labels = "folders".into());
    assert_eq!(dataset.class_names, ["site_A", "site_B"]);
    // The folder of the images was opened, not the one around both.
    for prefix in [true, false] {
        let dir = with_table(&["images"], "labels.csv", prefix);
        let dataset = try_scan(&dir.path().join("images")).unwrap();
        assert_eq!(listed(&dataset), ["cat/:im00.png", "dog/:im01.png"], "{:?}", dataset.notes);
        assert_noted(&dataset, "the table lies beside the folder");
    }
    // Parts by folders that the table's images lie in.
    let dir = with_table(&["ISIC_Training_Input", "ISIC_Test_Input"], "labels.csv", false);
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(dataset.summary().classes.iter().map(|c| c.parts.unwrap().test).collect::<Vec<_>>(), [1, 1]);
    assert_noted(&dataset, "the parts are those of the folders");
}

#[test]
fn several_tables_are_put_together() {
    // As many a competition has it: the second table has no labels.
    let dir = folder(
        &["train/a.png", "train/b.png", "test/c.png"],
        &[("train.csv", "id,sex,diagnosis\na,m,0\nb,m,1\n"), ("test.csv", "id,sex\nc,m\n")],
    );
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), ["0/:train/a.png", "1/:train/b.png"]);
    assert_noted(&dataset, "test.csv without labels: not used");
    // The same names in both parts: labels are of train's.
    let dir = folder(
        &["train/1.png", "train/2.png", "test/1.png", "test/2.png"],
        &[("trainLabels.csv", "id,label\n1,frog\n2,truck\n")],
    );
    assert_eq!(listed(&try_scan(dir.path()).unwrap()), ["frog/:train/1.png", "truck/:train/2.png"]);
    // A table of some images beside the one of all.
    let dir = folder(
        &["images/a.png", "images/b.png", "images/c.png", "images/d.png"],
        &[
            ("BBox_List.csv", "Image Index,Finding Label,x\na.png,Mass,1\na.png,Mass,2\n"),
            ("Data_Entry.csv", "Image Index,Finding Labels\na.png,Mass\nb.png,Mass\nc.png,None\nd.png,None\n"),
        ],
    );
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!((dataset.class_names.join(" "), dataset.len()), ("Mass None".to_owned(), 4));
    assert_noted(&dataset, "Data_Entry.csv names more images than BBox_List.csv, which is not used");
    // A table in each part's folder, as the image folders of HuggingFace have it.
    let lines = |name: &str, n: u8| format!("{{\"file_name\": \"{name}\", \"label\": {n}}}\n");
    let dir = folder(
        &["train/a.png", "train/b.png", "test/a.png"],
        &[
            ("train/metadata.jsonl", &(lines("a.png", 0) + &lines("b.png", 1))),
            ("test/metadata.jsonl", &lines("a.png", 1)),
        ],
    );
    let dataset = try_scan(dir.path()).unwrap();
    assert_eq!(listed(&dataset), ["0/train:train/a.png", "1/train:train/b.png", "1/test:test/a.png"]);
    assert_noted(&dataset, "the classes are read from test/metadata.jsonl, train/metadata.jsonl");
    // Dev and eval beside train.
    let dir = folder(
        &["a.png", "b.png", "c.png", "d.png"],
        &[("labels.csv", "filename,label,split\na.png,x,train\nb.png,y,train\nc.png,x,dev\nd.png,y,eval\n")],
    );
    assert_eq!(
        listed(&try_scan(dir.path()).unwrap()),
        ["x/train:a.png", "x/val:c.png", "y/train:b.png", "y/test:d.png"]
    );
}

#[test]
fn encodings_and_lists() {
    use encoding_rs::GB18030;
    let text = "文件名,标签\n图1.png,良性\n图2.png,恶性\n";
    let gbk = GB18030.encode(text).0.into_owned();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, noted) in [(gbk, Some("it is read as GBK")), (utf16, None), (text.into(), None)] {
        let dir = folder(&["图1.png", "图2.png"], &[]);
        write(dir.path(), "标签.csv", &bytes);
        let dataset = try_scan(dir.path()).unwrap();
        assert_eq!(listed(&dataset), ["恶性/:图2.png", "良性/:图1.png"], "{:?}", dataset.notes);
        assert_eq!(dataset.notes.iter().any(|note| note.to_string().contains("read as")), noted.is_some());
        noted.into_iter().for_each(|words| assert_noted(&dataset, words));
    }
    for (name, text) in [
        ("list.txt", "images/a.png 0\nimages/b.png 1\n"),
        ("list.lst", "images/a.png\t0\nimages/b.png\t1\n"),
        (
            "metadata.jsonl",
            "{\"file_name\": \"images/a.png\", \"label\": 0}\n{\"file_name\": \"images/b.png\", \"label\": 1}\n",
        ),
        (
            "dataset.json",
            r#"{"training": [{"image": "images/a.png", "label": 0}, {"image": "images/b.png", "label": 1}]}"#,
        ),
        ("one_hot.csv", "image,0,1\na,1.0,0.0\nb,0.0,1.0\n"),
    ] {
        let dir = folder(
            &["images/a.png", "images/b.png"],
            &[(name, text), ("readme.txt", "Images and labels.\nHave fun\n")],
        );
        let dataset = try_scan(dir.path()).unwrap();
        assert_eq!(listed(&dataset), ["0/:images/a.png", "1/:images/b.png"], "{name}: {:?}", dataset.notes);
    }
}

#[test]
fn columns_are_taken_as_configured() {
    let table = "a,b,c\nim1,x,7\nim2,y,7\n";
    let dir = folder(&["im1.png", "im2.png"], &[("labels.csv", table)]);
    let set = |config: &mut DataConfig| config.label_column = "b".into();
    for path in [dir.path().to_owned(), dir.path().join("labels.csv")] {
        let dataset = try_with(&path, &set);
        assert_eq!(listed(&dataset), ["x/:im1.png", "y/:im2.png"]);
        let table = dataset.reading.table.unwrap();
        assert_eq!((table.image, table.label, table.part, table.rows.len()), (Some(0), Some(1), None, 2));
    }
    let dataset = try_with(dir.path(), &|config| {
        config.labels = "labels.csv".into();
        config.label_column = "nothing".into();
    });
    let error = dataset.check_usable().unwrap_err().to_string();
    assert!(error.contains("`data.label_column` = \"nothing\" names no column of it; there are a, b, c"), "{error}");
    let gone = try_with(dir.path(), &|config| config.labels = "gone.csv".into());
    let error = gone.check_usable().unwrap_err().to_string();
    assert!(error.contains("not there") && error.contains("gone.csv"), "{error}");
}

#[test]
fn why_no_file_is_found_is_said_with_three_examples() {
    let rows: String = (0..700).map(|i| format!("D:\\far\\im{i}.png,x\n")).collect();
    let dir = folder(&["a.png"], &[("labels.csv", &format!("filename,label\n{rows}"))]);
    let error = try_scan(dir.path()).unwrap().check_usable().unwrap_err().to_string();
    assert!(
        error.contains("none of its 700 rows names a file that is there, such as D:/far/im0.png (an absolute path"),
        "{error}"
    );
    assert!(error.contains("im2.png") && !error.contains("im3.png") && error.len() < 900, "{error}");
}

#[test]
fn labels_that_are_no_classes_or_the_same() {
    let images: Vec<String> = (0..8).map(|i| format!("im{i}.png")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let classes = |labels: [&str; 8]| {
        let rows: String = images.iter().zip(labels).map(|(file, label)| format!("{file},{label}\n")).collect();
        let dir = folder(&images, &[("labels.csv", &format!("image,target\n{rows}"))]);
        let dataset = try_scan(dir.path()).unwrap();
        (dataset.class_names.join(" "), dataset.class_counts(), dataset)
    };
    let (names, counts, dataset) = classes(["0", "0.0", "1", "1.0", "1", "0", "2", "2"]);
    assert_eq!((names.as_str(), counts), ("0 1 2", vec![3, 3, 2]));
    assert_noted(&dataset, "labels that are the same number are one class: 0 / 0.0, 1 / 1.0");
    let (names, counts, dataset) = classes(["cat", "dog", "nan", "", "NaN", "N/A", "cat", "dog"]);
    assert_eq!((names.as_str(), counts), ("cat dog", vec![2, 2]));
    assert_noted(&dataset, "4 rows without a file or a label: left out (the first: row 4 of labels.csv: nan)");
    let (names, _, dataset) = classes(["cat", "dog", "Cat ", " DOG", "cat", "dog", "fish", "fish"]);
    assert_eq!(names, "Cat DOG cat dog fish");
    assert_noted(
        &dataset,
        "2 sets of classes differ by upper and lower case only and are kept apart: Cat / cat, DOG / dog",
    );
    let (names, _, dataset) = classes(["a", "b", "a|b", "a", "b", "a", "b", "a|b"]);
    assert_eq!(names, "a a|b b");
    assert_noted(&dataset, "2 rows give several labels at once: each combination is a class of its own (such as a|b)");
}
