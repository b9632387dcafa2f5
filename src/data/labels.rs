//! Files of labels: CSV (comma, semicolon or tab) or JSON that names images and their classes, and maybe their part.
//!
//! Only reads text into rows; which images there are is [`super::scan`]'s business. Nothing in such a file may lead out
//! of the folder it lies in.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

use super::dataset::Part;
use super::names::part_of_name;

/// Larger files are refused: ten million rows fit.
pub(super) const MAX_BYTES: u64 = 1 << 30;
/// A row of more cells refuses the file.
const MAX_COLUMNS: usize = 1024;

const FILE_COLUMNS: &[&str] = &[
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "path",
    "image",
    "image_path",
    "image_file",
    "image_name",
    "image_id",
    "img",
    "img_path",
];
const LABEL_COLUMNS: &[&str] = &["label", "labels", "class", "class_name", "label_name", "target", "category"];
const PART_COLUMNS: &[&str] = &["split", "set", "subset", "part", "partition", "fold_name", "dataset_split"];
const IMAGE_EXTENSIONS: &[&str] =
    &["png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp", "pgm", "ppm", "pbm", "pnm"];

/// One image that a file of labels names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// `row 3` (the header is row 1) or `entry 3`.
    pub(super) at: Place,
    /// As it stands there, slashes forward.
    pub(super) file: String,
    pub(super) label: String,
    /// As it stands there; empty: none.
    pub(super) part: String,
}

/// Where in the file something stands, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Row(u64),
    Entry(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(n) => write!(out, "row {n}"),
            Self::Entry(n) => write!(out, "entry {n}"),
        }
    }
}

/// What a file of labels is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Json,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// The rows of a file's text.
///
/// # Errors
/// In words: what is missing, and what was expected.
pub(super) fn parse(kind: Kind, bytes: &[u8]) -> Result<Vec<Row>, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16; save it as UTF-8".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let row = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        format!("row {row} is no UTF-8; save it as UTF-8")
    })?;
    let rows = match kind {
        Kind::Csv => csv(text)?,
        Kind::Json => json(text)?,
    };
    if rows.is_empty() { Err("it names no image".to_owned()) } else { Ok(rows) }
}

/// Below the file's own folder, without `.` and `..`.
///
/// # Errors
/// An absolute path, or one that leads out of the folder.
pub(super) fn relative(file: &str) -> Result<PathBuf, &'static str> {
    let drive = file.as_bytes().get(1) == Some(&b':') && file.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if file.starts_with('/') || drive {
        return Err("an absolute path; name files by their path below the folder of the labels");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or("it leads out of the folder of the labels; move the images below that folder")?;
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { Err("it names no file") } else { Ok(parts.iter().collect()) }
}

/// The part a cell names; `None` for an empty cell.
///
/// # Errors
/// Another word.
pub(super) fn part(cell: &str) -> Result<Option<Part>, ()> {
    if cell.is_empty() {
        return Ok(None);
    }
    part_of_name(cell.as_ref()).map(Some).ok_or(())
}

/// Which column holds what.
#[derive(Debug, Clone, Copy)]
struct Columns {
    file: usize,
    label: usize,
    part: Option<usize>,
}

fn csv(text: &str) -> Result<Vec<Row>, String> {
    let delimiter = delimiter(text);
    let mut columns: Option<Columns> = None;
    let mut rows = Vec::new();
    records(text, delimiter, &mut |line, cells| {
        let chosen = match columns {
            Some(chosen) => chosen,
            None => {
                let (chosen, is_header) = choose_columns(cells)?;
                columns = Some(chosen);
                if is_header {
                    return Ok(());
                }
                chosen
            }
        };
        let cell = |i: usize| cells.get(i).map_or("", |cell| cell.trim()).to_owned();
        rows.push(Row {
            at: Place::Row(line),
            file: cell(chosen.file).replace('\\', "/"),
            label: cell(chosen.label),
            part: chosen.part.map(cell).unwrap_or_default(),
        });
        Ok(())
    })?;
    Ok(rows)
}

/// What separates the cells of the first row, quoted ones left aside.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let mut quoted = false;
    let mut counts = [(b'\t', 0), (b';', 0), (b',', 0)];
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(d, _)| *d == byte && !quoted) {
            *count += 1;
        }
    }
    counts.iter().max_by_key(|(_, count)| *count).map_or(b',', |(d, _)| *d)
}

/// Takes the line on which a record begins (from 1, as editors count) and its cells.
type EachRecord<'a> = dyn FnMut(u64, &[&str]) -> Result<(), String> + 'a;

fn records(text: &str, delimiter: u8, each: &mut EachRecord<'_>) -> Result<(), String> {
    let mut reader: Reader = ReaderBuilder::new().delimiter(delimiter).build();
    let bytes = text.as_bytes();
    let (mut out, mut ends) = (vec![0; 4096], vec![0; 32]);
    let (mut out_len, mut ends_len) = (0, 0);
    // Bytes read; bytes of which the lines are counted, which is where the record begins.
    let (mut at, mut begin, mut line) = (0, 0, 1);
    loop {
        let (result, read, written, ended) =
            reader.read_record(&bytes[at..], &mut out[out_len..], &mut ends[ends_len..]);
        at += read;
        out_len += written;
        ends_len += ended;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => out.resize(out.len() * 2, 0),
            ReadRecordResult::OutputEndsFull if ends.len() >= MAX_COLUMNS => {
                return Err(format!("row {line} has more than {MAX_COLUMNS} cells"));
            }
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::Record => {
                let blank = bytes[begin..at].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                line += newlines(&bytes[begin..begin + blank]);
                let whole = std::str::from_utf8(&out[..out_len]).map_err(|_| format!("row {line} is no UTF-8"))?;
                let mut from = 0;
                let mut cells = Vec::with_capacity(ends_len);
                for end in &ends[..ends_len] {
                    cells.push(whole.get(from..*end).ok_or_else(|| format!("row {line} is no UTF-8"))?);
                    from = *end;
                }
                if cells.iter().any(|cell| !cell.trim().is_empty()) {
                    each(line, &cells)?;
                }
                line += newlines(&bytes[begin + blank..at]);
                (out_len, ends_len, begin) = (0, 0, at);
            }
            ReadRecordResult::End => return Ok(()),
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

/// The columns by the first row, and whether that row is a header.
fn choose_columns(cells: &[&str]) -> Result<(Columns, bool), String> {
    let names: Vec<String> = cells.iter().map(|c| c.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    // In the order of the list, so that `path` wins over `image_id` where both are there.
    let named = |wanted: &[&str]| wanted.iter().find_map(|w| names.iter().position(|name| name == w));
    let (file, label, part) = (named(FILE_COLUMNS), named(LABEL_COLUMNS), named(PART_COLUMNS));
    let found = || cells.iter().map(|c| c.trim()).collect::<Vec<_>>().join(", ");
    match (file, label) {
        (Some(file), Some(label)) => return Ok((Columns { file, label, part }, true)),
        (Some(_), None) => {
            return Err(format!("no column of labels: expected label, class, target or category, found {}", found()));
        }
        (None, Some(_)) => {
            return Err(format!("no column of files: expected file, filename, path or image, found {}", found()));
        }
        (None, None) => {}
    }
    // No header: the first cell that looks like an image's file, then the first other one that is no part.
    let is_image = |cell: &str| is_image_name(cell.trim());
    let Some(file) = cells.iter().position(|cell| is_image(cell)) else {
        return Err(format!("no columns of files and labels: expected a header such as file,label, found {}", found()));
    };
    let is_part = |cell: &str| matches!(part_of_cell(cell), Some(Some(_)));
    let others = || cells.iter().enumerate().filter(|(i, _)| *i != file);
    let part = if cells.len() > 2 { others().find(|(_, cell)| is_part(cell)).map(|(i, _)| i) } else { None };
    match others().find(|(i, _)| Some(*i) != part) {
        Some((label, _)) => Ok((Columns { file, label, part }, false)),
        None => Err(format!("no column of labels beside the files: found {}", found())),
    }
}

fn part_of_cell(cell: &str) -> Option<Option<Part>> {
    part(cell.trim()).ok()
}

fn is_image_name(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|e| IMAGE_EXTENSIONS.contains(&e.as_str()))
}

/// An object's members in the file's order, a name that comes twice twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list of {\"file\": …, \"label\": …} or an object {\"file\": \"label\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(value) = list.next_element()? {
                    members.push((String::new(), value));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_any(InOrder)
    }
}

fn json(text: &str) -> Result<Vec<Row>, String> {
    let Members(members) = serde_json::from_str(text).map_err(|e| format!("it is no JSON of labels: {e}"))?;
    (1..).zip(members).map(|(n, (name, value))| json_row(n, name, &value)).collect()
}

fn json_row(n: u64, name: String, value: &Value) -> Result<Row, String> {
    let at = Place::Entry(n);
    let field = |names: &[&str]| names.iter().find_map(|name| value.get(name)).and_then(scalar);
    let (file, label, part) = if value.is_object() {
        let file = if name.is_empty() { field(FILE_COLUMNS) } else { Some(name) };
        (file, field(LABEL_COLUMNS), field(PART_COLUMNS))
    } else {
        (Some(name), scalar(value), None)
    };
    match (file, label) {
        (Some(file), Some(label)) if !file.is_empty() => Ok(Row {
            at,
            file: file.trim().replace('\\', "/"),
            label: label.trim().to_owned(),
            part: part.unwrap_or_default().trim().to_owned(),
        }),
        _ => Err(format!("{at} has no file and label: expected {{\"file\": \"a.png\", \"label\": \"cat\"}}")),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(kind: Kind, text: &str) -> Vec<(String, String, String, String)> {
        let rows = parse(kind, text.as_bytes()).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        rows.into_iter().map(|r| (r.at.to_string(), r.file, r.label, r.part)).collect()
    }

    #[test]
    fn forms_of_tables() {
        let two = [("a.png", "cat", ""), ("d/b.png", "dog", "")];
        let split = [("a.png", "cat", "train"), ("d/b.png", "dog", "test")];
        type Cases<'a> = &'a [(&'a str, &'a [(&'a str, &'a str, &'a str)], u64)];
        // Text, what it means, the first row's number.
        let cases: Cases<'_> = &[
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
            (
                "file,label\n\"x, y.png\",\"big \"\"cat\"\"\"\nb.png\n",
                &[("x, y.png", "big \"cat\"", ""), ("b.png", "", "")],
                2,
            ),
        ];
        for (text, expected, first) in cases {
            let found = rows(Kind::Csv, text);
            let simple: Vec<_> = found.iter().map(|r| (r.1.as_str(), r.2.as_str(), r.3.as_str())).collect();
            assert_eq!(simple, *expected, "{text:?}");
            assert_eq!(found[0].0, format!("row {first}"), "{text:?}");
        }
    }

    #[test]
    fn forms_of_json() {
        for text in [
            r#"[{"file": "a.png", "label": "1"}, {"file": "d/b.png", "label": 2}]"#,
            r#"{"a.png": "1", "d/b.png": 2}"#,
            r#"{"a.png": {"label": 1}, "d/b.png": {"class": "2"}}"#,
        ] {
            let found: Vec<_> = rows(Kind::Json, text).into_iter().map(|r| (r.0, r.1, r.2)).collect();
            let row = |n: u32, file: &str| (format!("entry {n}"), file.to_owned(), n.to_string());
            assert_eq!(found, [row(1, "a.png"), row(2, "d/b.png")], "{text}");
        }
        let split = rows(Kind::Json, r#"[{"path": "a.png", "class": "x", "split": "val"}]"#);
        assert_eq!(split[0].3, "val");
        assert_eq!(rows(Kind::Json, r#"{"a.png": "x", "a.png": "y"}"#).len(), 2);
    }

    #[test]
    fn what_is_missing_is_said() {
        let cases: &[(Kind, &[u8], &str)] = &[
            (Kind::Csv, b"", "names no image"),
            (Kind::Csv, b"file,label\n", "names no image"),
            (
                Kind::Csv,
                b"file,age\na.png,3\n",
                "no column of labels: expected label, class, target or category, found file, age",
            ),
            (Kind::Csv, b"name,label\na.png,3\n", "no column of files"),
            (Kind::Csv, b"1,2\n3,4\n", "expected a header such as file,label"),
            (Kind::Csv, b"a.png\nb.png\n", "no column of labels beside the files"),
            (Kind::Csv, b"file,label\na.png,\xff\n", "row 2 is no UTF-8"),
            (Kind::Csv, b"\xff\xfef\0i\0", "UTF-16"),
            (Kind::Json, b"[1, 2]", "entry 1 has no file and label"),
            (Kind::Json, b"[{\"file\": \"a.png\"}]", "entry 1 has no file and label"),
            (Kind::Json, b"{\"a.png\": [1]}", "entry 1 has no file and label"),
            (Kind::Json, b"\"text\"", "no JSON of labels"),
            (Kind::Json, b"{\"a.png\": ", "no JSON of labels"),
        ];
        for (kind, text, words) in cases {
            let error = parse(*kind, text).unwrap_err();
            assert!(error.contains(words), "{error:?} lacks {words:?}");
        }
        let gaps = "file,label\r\n\r\na.png,\"two\r\nlines\"\r\nb.png,x\r\n\r\n\r\nc.png,y";
        let at: Vec<_> = rows(Kind::Csv, gaps).into_iter().map(|r| r.0).collect();
        assert_eq!(at, ["row 3", "row 5", "row 8"]);
        let wide = "x,".repeat(5000);
        assert!(parse(Kind::Csv, wide.as_bytes()).unwrap_err().contains("more than 1024 cells"));
        let deep = "[".repeat(100_000);
        assert!(parse(Kind::Json, deep.as_bytes()).is_err());
    }

    #[test]
    fn paths_stay_below_the_folder() {
        for (file, expected) in [("a.png", "a.png"), ("./d//b.png", "d/b.png"), ("d/../c.png", "c.png")] {
            assert_eq!(relative(file), Ok(PathBuf::from(expected)), "{file}");
        }
        for file in ["/etc/passwd", "C:/x.png", "../x.png", "d/../../x.png", "", "."] {
            assert!(relative(file).is_err(), "{file}");
        }
    }
}
