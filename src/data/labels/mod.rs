//! Tables of labels: CSV (comma, semicolon, tab or bar), JSON, JSON lines or lists of `path label` that name images and
//! their classes, and maybe their part.
//!
//! Only reads text into rows and tells which column holds what; which images there are is [`super::scan`]'s business.

mod cells;
mod columns;
mod json;
mod text;

pub(super) use columns::{Choice, Columns, LabelColumns};

use crate::language::Message;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use super::error::few;
use super::header::Format;
use super::medical::is_medical_name;

/// Larger files are refused: ten million rows fit.
pub(super) const MAX_BYTES: u64 = 1 << 30;
/// Rows by which the columns are told.
const SAMPLE_ROWS: usize = 200;

/// Extensions of tables, for messages and dialogs.
pub const TABLE_EXTENSIONS: &[&str] = &["csv", "tsv", "json", "jsonl", "txt"];

/// One image that a table names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// `row 3` (the header is row 1) or `entry 3`.
    pub(super) at: Place,
    /// As it stands there, slashes forward.
    pub(super) file: String,
    /// Empty: none.
    pub(super) label: String,
    /// As it stands there; empty: none.
    pub(super) part: String,
    /// Of `data.group`; empty: none.
    pub(super) group: String,
}

/// Where in a table something stands, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Row(u64),
    Entry(u64),
}

impl Place {
    pub(super) fn message(self) -> Message {
        match self {
            Self::Row(n) => msg!("data-place-row", n = n.to_string()),
            Self::Entry(n) => msg!("data-place-entry", n = n.to_string()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(out)
    }
}

/// What a table is, by its file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Json,
    JsonLines,
    /// `path label` a line; much else has this extension too.
    List,
}

impl Kind {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" | "tab" | "psv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "txt" | "lst" => Some(Self::List),
            _ => None,
        }
    }
}

/// A table's text, its columns' names and its first rows.
pub(super) struct Table {
    /// The header; `column 1` and so on without one.
    pub(super) columns: Vec<String>,
    /// The first rows below the header, at most [`SAMPLE_ROWS`]; short rows are short here too.
    pub(super) sample: Vec<Vec<String>>,
    pub(super) has_header: bool,
    /// What had to be done to read it, in words.
    pub(super) notes: Vec<Message>,
    content: Content,
}

enum Content {
    Text { text: String, layout: cells::TextLayout },
    Records(Vec<(Place, Vec<String>)>),
}

/// Takes where a row stands and its cells.
type EachRow<'a> = dyn FnMut(Place, &[&str]) -> Result<(), Message> + 'a;

impl Table {
    /// Reads a file's bytes as far as its header and its first rows.
    ///
    /// # Errors
    /// In words: it is no text, no JSON, or its quotes are not closed.
    pub(super) fn read(kind: Kind, bytes: &[u8]) -> Result<Self, Message> {
        let (text, encoding) = text::decode(bytes)?;
        let mut table = match kind {
            Kind::Csv => Self::of_text(text, false)?,
            Kind::List => Self::of_text(text, true)?,
            Kind::Json => Self::of_records(json::records(&text)?),
            Kind::JsonLines => Self::of_records(json::records_of_lines(&text)?),
        };
        if let Some(note) = encoding {
            table.notes.insert(0, note);
        }
        if table.sample.is_empty() {
            return Err(msg!("data-table-names-nothing"));
        }
        Ok(table)
    }

    fn of_text(text: Cow<'_, str>, is_list: bool) -> Result<Self, Message> {
        let layout = cells::TextLayout::of(&text, is_list);
        let mut table = Self {
            columns: Vec::new(),
            sample: Vec::new(),
            has_header: false,
            notes: Vec::new(),
            content: Content::Text { text: text.into_owned(), layout },
        };
        let mut first = Vec::new();
        table.first_rows(SAMPLE_ROWS + 1, &mut first)?;
        if let Some(header) = first.first() {
            table.has_header = columns::is_header(header, first.get(1..).unwrap_or_default());
            let widest = first.iter().map(Vec::len).max().unwrap_or(0);
            table.columns = (0..widest)
                .map(|i| {
                    match header.get(i).map(|name| bare(name)).filter(|name| table.has_header && !name.is_empty()) {
                        Some(name) => name.to_owned(),
                        None => format!("column {}", i + 1),
                    }
                })
                .collect();
        }
        first.drain(..usize::from(table.has_header && !first.is_empty()));
        first.truncate(SAMPLE_ROWS);
        table.sample = first;
        let comments = table.comments();
        if comments > 0 {
            table.notes.push(msg!("data-note-comments", count = comments));
        }
        Ok(table)
    }

    fn of_records(records: json::Records) -> Self {
        let json::Records { columns, rows } = records;
        let sample = rows.iter().take(SAMPLE_ROWS).map(|(_, cells)| cells.clone()).collect();
        Self { columns, sample, has_header: true, notes: Vec::new(), content: Content::Records(rows) }
    }

    /// Calls `each` with the rows below the header, in order.
    ///
    /// # Errors
    /// What `each` says, or how a row is broken.
    pub(super) fn each_row(&self, each: &mut EachRow<'_>) -> Result<(), Message> {
        match &self.content {
            Content::Text { text, layout } => {
                let mut header = self.has_header;
                layout.each_record(text, &mut |line, cells| {
                    if std::mem::take(&mut header) { Ok(()) } else { each(Place::Row(line), cells) }
                })
            }
            Content::Records(rows) => rows.iter().try_for_each(|(place, cells)| {
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                each(*place, &cells)
            }),
        }
    }

    fn first_rows(&self, n: usize, rows: &mut Vec<Vec<String>>) -> Result<(), Message> {
        // What breaks off the walk; no message of a broken row is empty.
        let enough = Message::default();
        let found = self.each_row(&mut |_, cells| {
            rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
            if rows.len() >= n { Err(enough.clone()) } else { Ok(()) }
        });
        found.or_else(|words| if words.is_empty() { Ok(()) } else { Err(words) })
    }

    fn comments(&self) -> u64 {
        match &self.content {
            Content::Text { text, layout } => layout.comments(text),
            Content::Records(_) => 0,
        }
    }

    /// The rows, with the cells of these columns, and of the one that is called `group`, if there is one.
    ///
    /// # Errors
    /// How a row is broken.
    pub(super) fn rows(&self, columns: &Columns, group: Option<&str>) -> Result<Vec<Row>, Message> {
        let group = group.and_then(|group| columns::position(&self.columns, group));
        let mut rows = Vec::new();
        self.each_row(&mut |at, cells| {
            let cell = |i: usize| cells.get(i).map_or("", |cell| bare(cell));
            rows.push(Row {
                at,
                file: cell(columns.file).replace('\\', "/"),
                label: columns.label.of_row(&cell).replace(INVISIBLE, ""),
                part: columns.part.map(cell).unwrap_or_default().to_owned(),
                group: group.map(cell).unwrap_or_default().to_owned(),
            });
            Ok(())
        })?;
        Ok(rows)
    }

    /// Whether most of the first rows name an image's file: what a `.txt` or `.json` must do to count as a table unasked.
    pub(super) fn looks_like_labels(&self) -> bool {
        let names = |row: &&Vec<String>| row.len() > 1 && row.iter().any(|cell| is_image_name(cell));
        self.sample.iter().filter(names).count() * 5 >= self.sample.len() * 4
    }
}

impl LabelColumns {
    fn of_row<'a>(&'a self, cell: &dyn Fn(usize) -> &'a str) -> &'a str {
        match self {
            Self::One(i) => cell(*i),
            Self::OneEach(classes) => {
                let mut set = classes.iter().filter(|(i, _)| columns::flag(cell(*i)) == Some(true));
                match (set.next(), set.next()) {
                    (Some((_, name)), None) => name,
                    _ => "",
                }
            }
        }
    }
}

/// A mark of byte order, which tables that were put together have in their midst, and a blank without width: with it a label looks
/// like another and is none.
const INVISIBLE: [char; 2] = ['\u{feff}', '\u{200b}'];

/// A cell without what cannot be seen at its ends.
fn bare(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || INVISIBLE.contains(&c))
}

/// What tables write where there is no label (pandas' and spreadsheets' words for it).
pub(super) fn is_missing(label: &str) -> bool {
    const WORDS: &[&str] = &["nan", "-nan", "na", "n/a", "<na>", "#n/a", "#na", "null", "nat", "1.#qnan", "-1.#ind"];
    label.is_empty() || WORDS.contains(&label.to_ascii_lowercase().as_str())
}

/// The number that a label is, where it is nothing else.
pub(super) fn number(label: &str) -> Option<f64> {
    let plain = label.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { label.parse().ok().filter(|value: &f64| value.is_finite()) } else { None }
}

pub(crate) fn is_image_name(name: &str) -> bool {
    let extension = Path::new(name.trim()).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    extension.is_some_and(|e| Format::of_extension(&e).is_some()) || is_medical_name(name.trim().as_ref())
}

/// The names of columns in a message: the first ones, and how many more.
fn listed(columns: &[String]) -> Message {
    few(&columns.iter().map(|name| crate::console::show_name(name.as_ref())).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
