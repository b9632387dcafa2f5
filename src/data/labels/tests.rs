use super::*;
use crate::language::Message;

/// The table's rows as `file/label/part`, its columns chosen by names and content; `there` are files that exist.
fn rows_with(kind: Kind, text: &[u8], choice: &Choice<'_>, there: &[&str]) -> Result<Vec<String>, Message> {
    let table = Table::read(kind, text)?;
    let mut exists = |cell: &str| there.contains(&cell.trim()) || (there.is_empty() && is_image_name(cell));
    let columns = Columns::choose(&table, choice, false, &mut exists)?;
    let rows = table.rows(&columns, None)?;
    Ok(rows.into_iter().map(|row| format!("{}:{}/{}/{}", row.at, row.file, row.label, row.part)).collect())
}

fn rows(kind: Kind, text: &str) -> Vec<String> {
    rows_with(kind, text.as_bytes(), &Choice::default(), &[]).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

#[test]
fn forms_of_tables() {
    let two = ["a.png/cat/", "d/b.png/dog/"];
    let split = ["a.png/cat/train", "d/b.png/dog/test"];
    // Text, what it means, the first row's number.
    let cases: &[(&str, &[&str], u64)] = &[
        ("file,label\na.png,cat\nd/b.png,dog\n", &two, 2),
        ("file,label\r\na.png,cat\r\nd/b.png,dog", &two, 2),
        ("\u{feff}filename;class\na.png;cat\nd\\b.png;dog\n", &two, 2),
        ("Image\tTarget\na.png\tcat\nd/b.png\tdog\n", &two, 2),
        ("\"path\",\"label\"\n\"a.png\",\"cat\"\n\"d/b.png\",\"dog\"\n", &two, 2),
        ("id,label,age,path\n1,cat,7,a.png\n2, dog ,8,d/b.png\n", &two, 2),
        ("a.png,cat\nd/b.png,dog\n", &two, 1),
        ("cat,a.png\ndog,d/b.png\n", &two, 1),
        ("split,image,label\ntrain,a.png,cat\ntest,d/b.png,dog\n", &split, 2),
        ("a.png,train,cat\nd/b.png,test,dog\n", &split, 1),
        ("set;file;class name\ntrain;a.png;cat\ntest;d/b.png;dog\n", &split, 2),
        ("sep=;\nDateiname;Klasse\na.png;cat\nd/b.png;dog\n", &two, 3),
        ("文件名,标签,划分\na.png,cat,train\nd/b.png,dog,test\n", &split, 2),
        ("# hand made\nname|species\na.png|cat\nd/b.png|dog\n", &two, 3),
        ("lesion_id,image_id,dx,dx_type,age\nL1,a.png,cat,histo,80.0\nL2,d/b.png,dog,histo,80.0\n", &two, 2),
        ("Image Index,Finding Labels,Follow-up #\na.png,cat,0\nd/b.png,dog,1\n", &two, 2),
        // One column a class.
        ("image,cat,dog,fish\na.png,1.0,0.0,0\nd/b.png,0,1,0\n", &two, 2),
        ("image,age,sex,cat,dog\na.png,7,1,1,0\nd/b.png,8,1,0,1\n", &two, 2),
        // By what stands in them.
        ("Ident;Ergebnis;Alter\na.png;cat;1\nd/b.png;dog;2\nc.png;dog;3\n", &[two[0], two[1], "c.png/dog/"], 2),
        ("file,label\n\"x, y.png\",\"big \"\"cat\"\"\"\nb.png\n", &["x, y.png/big \"cat\"/", "b.png//"], 2),
    ];
    for (text, expected, first) in cases {
        let found = rows(Kind::Csv, text);
        let simple: Vec<_> = found.iter().filter_map(|row| row.split_once(':')).map(|(_, row)| row).collect();
        assert_eq!(simple, *expected, "{text:?}");
        assert!(found[0].starts_with(&format!("row {first}:")), "{text:?}: {found:?}");
    }
    for text in ["a.png cat\nd/b.png dog\n", "a.png\tcat\nd/b.png\tdog\n", "a.png,cat\nd/b.png,dog\n"] {
        let found = rows(Kind::List, text);
        assert_eq!(found, ["row 1:a.png/cat/", "row 2:d/b.png/dog/"], "{text:?}");
    }
}

#[test]
fn what_cannot_be_seen_makes_no_other_class() {
    let text = "file,label\n\u{feff}a.png,cat\nb.png,\u{feff}cat\nc.png,ca\u{200b}t\u{a0}\n";
    assert_eq!(rows(Kind::Csv, text), ["row 2:a.png/cat/", "row 3:b.png/cat/", "row 4:c.png/cat/"]);
    let text = r#"{"a.png": "cat", "b.png": "\u200bcat"}"#;
    assert_eq!(rows(Kind::Json, text), ["entry 1:a.png/cat/", "entry 2:b.png/cat/"]);
}

#[test]
fn forms_of_json() {
    for text in [
        r#"[{"file": "a.png", "label": "1"}, {"file": "d/b.png", "label": 2}]"#,
        r#"{"a.png": "1", "d/b.png": 2}"#,
        r#"{"a.png": {"label": 1}, "d/b.png": {"class": "x", "label": "2"}}"#,
        r#"{"file": {"0": "a.png", "1": "d/b.png"}, "label": {"0": 1, "1": 2}}"#,
        r#"{"image": ["a.png", "d/b.png"], "target": [1, 2]}"#,
        r#"{"columns": ["image", "label"], "index": [0, 1], "data": [["a.png", 1], ["d/b.png", 2]]}"#,
        r#"{"version": 1, "data": [{"image": "a.png", "label": 1}, {"image": "d/b.png", "label": 2}]}"#,
    ] {
        assert_eq!(rows(Kind::Json, text), ["entry 1:a.png/1/", "entry 2:d/b.png/2/"], "{text}");
    }
    let parts = r#"{"name": "x", "training": [{"image": "a.png", "label": 0}], "validation": [{"image": "b.png", "label": 1}]}"#;
    assert_eq!(rows(Kind::Json, parts), ["entry 1:a.png/0/training", "entry 2:b.png/1/validation"]);
    assert_eq!(rows(Kind::Json, r#"[{"path": "a.png", "class": "x", "split": "val"}]"#), ["entry 1:a.png/x/val"]);
    assert_eq!(rows(Kind::Json, r#"{"a.png": "x", "a.png": "y"}"#).len(), 2);
    let lines = "{\"file_name\": \"a.png\", \"label\": 0}\n\n{\"file_name\": \"b.png\", \"label\": 1, \"w\": [1]}\n";
    assert_eq!(rows(Kind::JsonLines, lines), ["row 1:a.png/0/", "row 3:b.png/1/"]);
}

#[test]
fn columns_can_be_named() {
    let text = b"ident,when,verdict,which,label\nim0,2020,cat,train,7\nim1,2021,dog,test,8\n";
    let choose = |image, label, part| rows_with(Kind::Csv, text, &Choice { image, label, part }, &["im0", "im1"]);
    for (image, label, part) in [("ident", "verdict", "which"), ("1", "3", "4"), ("IDENT", " Verdict", "Which")] {
        assert_eq!(choose(image, label, part).unwrap(), ["row 2:im0/cat/train", "row 3:im1/dog/test"]);
    }
    // Files are found by what is there, the label by its name.
    assert_eq!(choose("", "", "").unwrap(), ["row 2:im0/7/", "row 3:im1/8/"]);
    assert_eq!(choose("", "verdict", "none").unwrap(), ["row 2:im0/cat/", "row 3:im1/dog/"]);
    let error = choose("", "verdikt", "").unwrap_err().to_string();
    assert_eq!(
        error,
        "`data.label_column` = \"verdikt\" names no column of it; there are ident, when, verdict, which, label"
    );
    // A part's column that names none is not taken for one.
    let folds = b"file,label,fold\na.png,x,0\nb.png,y,1\n";
    assert_eq!(rows_with(Kind::Csv, folds, &Choice::default(), &[]).unwrap(), ["row 2:a.png/x/", "row 3:b.png/y/"]);
}

#[test]
fn what_is_missing_is_said() {
    let wide = format!("file,{}\na.png,{}\n", vec!["n"; 700].join(","), vec!["7.5"; 700].join(","));
    let cases: &[(Kind, &[u8], &str)] = &[
        (Kind::Csv, b"", "names no image"),
        (Kind::Csv, b"file,label\n", "names no image"),
        (
            Kind::Csv,
            b"file,age,size\na.png,3,4\nb.png,4,5\n",
            "no column of labels: expected one named label, class, target",
        ),
        (Kind::Csv, wide.as_bytes(), "found file, n, n, n, n and 696 more. `data.label_column` names it"),
        (Kind::Csv, b"size,label\n7,3\n", "no column of files: expected one named file"),
        (Kind::Csv, b"1,2\n3,4\n", "found column 1, column 2. `data.image_column` names it"),
        (Kind::Csv, b"a.png\nb.png\n", "no column of labels beside the files"),
        (Kind::Csv, b"image,a,b,c\na.png,1,1,0\nb.png,0,0,0\n", "the columns a, b, c set several classes"),
        (Kind::Csv, b"image,a,b\na.png,1,1\nb.png,0,1\n", "the columns a, b set several classes"),
        (Kind::Csv, b"file,label\na.png,\"cat\nb.png,dog\n", "row 2: a quote"),
        (Kind::Json, b"[1, 2]", "entry 1 is no object"),
        (Kind::Json, b"[{\"file\": \"a.png\"}]", "no column of labels"),
        (Kind::Json, b"{\"a.png\": [1]}", "entry 1 is no object"),
        (Kind::Json, b"\"text\"", "no JSON of labels"),
        (Kind::Json, b"{\"a.png\": ", "no JSON of labels"),
        (Kind::JsonLines, b"{\"file\": \"a.png\", \"label\": 1}\n{\n", "row 2 is no JSON"),
    ];
    for (kind, text, words) in cases {
        let error = rows_with(*kind, text, &Choice::default(), &[]).unwrap_err().to_string();
        assert!(error.contains(words), "{error:?} lacks {words:?}");
    }
    let gaps = "file,label\r\n\r\na.png,\"two\r\nlines\"\r\nb.png,x\r\n\r\n\r\nc.png,y";
    let at: Vec<_> = rows(Kind::Csv, gaps).into_iter().filter_map(|r| Some(r.split_once(':')?.0.to_owned())).collect();
    assert_eq!(at, ["row 3", "row 5", "row 8"]);
    let deep = "[".repeat(100_000);
    assert!(Table::read(Kind::Json, deep.as_bytes()).is_err());
}

#[test]
fn words_for_no_label() {
    for word in ["", "nan", "NaN", "NA", "N/A", "<NA>", "null"] {
        assert!(is_missing(word), "{word}");
    }
    for word in ["none", "normal", "0", "nano"] {
        assert!(!is_missing(word), "{word}");
    }
    assert_eq!(
        [number("1"), number("1.0"), number("-2e1"), number("inf"), number("1x")],
        [Some(1.0), Some(1.0), Some(-20.0), None, None]
    );
}
