//! A table's text as records of cells: what separates them, which lines are none, and quotes that are not closed.

use crate::language::Message;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// A row of more cells refuses the table.
const MAX_COLUMNS: usize = 1024;

/// How the cells of a text are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextLayout {
    cells: Cells,
    /// Where the first record begins, past `sep=;`.
    start: usize,
    /// Lines before that.
    lines_before: u64,
    /// The first record begins with # and is the header.
    hash_header: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cells {
    Separated(u8),
    /// By any white space; all lines have as many.
    Spaced,
    /// The last word of a line is the label, all before it the path, spaces and all.
    LastWord,
}

/// Takes the line on which a record begins (from 1, as editors count) and its cells.
type EachRecord<'a> = dyn FnMut(u64, &[&str]) -> Result<(), Message> + 'a;

impl TextLayout {
    /// `is_list`: lines of `path label`, unless other separators are there.
    pub(super) fn of(text: &str, is_list: bool) -> Self {
        let (start, named) = named_separator(text);
        let lines_before = newlines(&text.as_bytes()[..start]);
        let rest = &text[start..];
        let hash_header = has_hash_header(rest);
        let is_data = |line: &&str| !line.trim().is_empty() && (hash_header || !line.starts_with('#'));
        let first = rest.lines().find(is_data).unwrap_or("");
        let separator = separator(first);
        let cells = match (named, separator) {
            (Some(separator), _) => Cells::Separated(separator),
            (None, Some(separator)) => Cells::Separated(separator),
            (None, None) if is_list => spaced(rest),
            (None, None) => Cells::Separated(b','),
        };
        Self { cells, start, lines_before, hash_header }
    }

    /// Calls `each` for every record that is neither blank nor a comment.
    ///
    /// # Errors
    /// What `each` says, a row of too many cells, or one whose quote is not closed.
    pub(super) fn each_record(self, text: &str, each: &mut EachRecord<'_>) -> Result<(), Message> {
        let rest = &text[self.start..];
        let mut header = self.hash_header;
        let mut each = |line: u64, cells: &[&str]| {
            let first = cells.first().copied().unwrap_or_default();
            if let Some(name) = first.strip_prefix('#') {
                if !std::mem::take(&mut header) {
                    return Ok(());
                }
                let mut cells = cells.to_vec();
                // `#` alone is a column's name.
                if !name.trim().is_empty() {
                    cells[0] = name.trim();
                }
                return each(line, &cells);
            }
            header = false;
            each(line, cells)
        };
        match self.cells {
            Cells::Separated(separator) => records(rest, separator, self.lines_before, &mut each),
            Cells::Spaced | Cells::LastWord => {
                (self.lines_before + 1..).zip(rest.lines()).try_for_each(|(line, text)| match self.cells {
                    _ if text.trim().is_empty() => Ok(()),
                    Cells::Spaced => each(line, &text.split_whitespace().collect::<Vec<_>>()),
                    _ => {
                        let text = text.trim();
                        match text.rsplit_once(char::is_whitespace) {
                            Some((path, label)) => each(line, &[path.trim(), label]),
                            None => each(line, &[text]),
                        }
                    }
                })
            }
        }
    }

    /// Lines that are left out as comments.
    pub(super) fn comments(self, text: &str) -> u64 {
        let all = text[self.start..].lines().filter(|line| line.starts_with('#')).count() as u64;
        all - u64::from(self.hash_header)
    }
}

/// What a spreadsheet writes into the first line for other spreadsheets: `sep=;`.
fn named_separator(text: &str) -> (usize, Option<u8>) {
    let line = text.split_inclusive('\n').next().unwrap_or("");
    let named = line.trim_end_matches(['\r', '\n']).trim_matches('"');
    match named.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &named.as_bytes()[4..]) {
        Some([separator]) => (line.len(), Some(*separator)),
        _ => (0, None),
    }
}

/// A first line with # that has as many cells as the next, or is `#` and a name: a header, not a comment.
fn has_hash_header(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next().filter(|line| line.starts_with('#')) else { return false };
    let Some(second) = lines.find(|line| !line.starts_with('#')) else { return false };
    let Some(separator) = separator(second) else { return false };
    let cells = |line: &str| line.bytes().filter(|b| *b == separator).count();
    // A sentence with a comma is no header: names of columns are short.
    let names = first.trim_start_matches('#').split(char::from(separator));
    cells(first) == cells(second)
        && names.clone().all(|name| name.split_whitespace().count() <= 3)
        && super::columns::has_known_name(names)
}

/// What separates the cells of this row, quoted ones left aside.
fn separator(row: &str) -> Option<u8> {
    let mut quoted = false;
    let mut counts = [(b'|', 0), (b'\t', 0), (b';', 0), (b',', 0)];
    for byte in row.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(d, _)| *d == byte && !quoted) {
            *count += 1;
        }
    }
    counts.iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map(|(separator, _)| *separator)
}

fn spaced(text: &str) -> Cells {
    let mut words = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().count());
    let Some(first) = words.next() else { return Cells::Spaced };
    if first > 1 && words.all(|n| n == first) { Cells::Spaced } else { Cells::LastWord }
}

fn records(text: &str, separator: u8, lines_before: u64, each: &mut EachRecord<'_>) -> Result<(), Message> {
    let mut reader: Reader = ReaderBuilder::new().delimiter(separator).build();
    let bytes = text.as_bytes();
    let (mut out, mut ends) = (vec![0; 4096], vec![0; 32]);
    let (mut out_len, mut ends_len) = (0, 0);
    // Bytes read; bytes of which the lines are counted, which is where the record begins.
    let (mut at, mut begin, mut line) = (0, 0, lines_before + 1);
    // Of the first record.
    let mut columns = 0;
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
                return Err(msg!("data-row-too-many-cells", line = line.to_string(), most = MAX_COLUMNS.to_string()));
            }
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::Record => {
                let blank = bytes[begin..at].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
                line += newlines(&bytes[begin..begin + blank]);
                let record = &bytes[begin + blank..at];
                columns = if columns == 0 { ends_len } else { columns };
                if let Some(lines) = unclosed_quote(record, separator, columns) {
                    return Err(msg!("data-row-open-quote", row = (line + lines).to_string()));
                }
                let whole = std::str::from_utf8(&out[..out_len])
                    .map_err(|_| msg!("data-row-no-utf8", line = line.to_string()))?;
                let mut from = 0;
                let mut cells = Vec::with_capacity(ends_len);
                for end in &ends[..ends_len] {
                    cells.push(whole.get(from..*end).ok_or_else(|| msg!("data-row-no-utf8", line = line.to_string()))?);
                    from = *end;
                }
                if cells.iter().any(|cell| !cell.trim().is_empty()) {
                    each(line, &cells)?;
                }
                line += newlines(record);
                (out_len, ends_len, begin) = (0, 0, at);
            }
            ReadRecordResult::End => return Ok(()),
        }
    }
}

/// Where a cell's quote is not meant to reach as far as it does, how many lines below the record's beginning it stands:
/// the text ends in it, what follows it is no end of a cell, or a line in it looks like a row of its own, or two do that name no
/// file.
fn unclosed_quote(record: &[u8], separator: u8, columns: usize) -> Option<u64> {
    let mut at = 0;
    while at < record.len() {
        if record[at] != b'"' {
            // An unquoted cell.
            at = record[at..].iter().position(|b| *b == separator).map_or(record.len(), |n| at + n + 1);
            continue;
        }
        let from = at + 1;
        let mut to = from;
        loop {
            match record[to..].iter().position(|b| *b == b'"') {
                None => return Some(newlines(&record[..at])),
                Some(n) if record.get(to + n + 1) == Some(&b'"') => to += n + 2,
                Some(n) => {
                    to += n;
                    break;
                }
            }
        }
        let cell = &record[from..to];
        let after = record[to + 1..].iter().position(|b| *b == separator).map_or(record.len(), |n| to + 1 + n);
        let is_end = record[to + 1..after].trim_ascii().is_empty();
        if cell.contains(&b'\n') && (!is_end || holds_a_row(cell, separator) || holds_rows(cell, separator, columns)) {
            return Some(newlines(&record[..at]));
        }
        at = after + 1;
    }
    None
}

fn holds_a_row(cell: &[u8], separator: u8) -> bool {
    let is_row = |line: &[u8]| {
        let mut cells = line.split(|b| *b == separator);
        line.contains(&separator)
            && cells
                .any(|cell| std::str::from_utf8(cell).is_ok_and(|cell| super::is_image_name(cell.trim_matches('"'))))
    };
    cell.split(|b| *b == b'\n').skip(1).any(is_row)
}

/// Two lines or more, one below the other, have as many cells as the table has columns: prose with that many commas in each line
/// is rarer than a quote that was forgotten. The first line stands beside the quote, and the last may be cut by one.
fn holds_rows(cell: &[u8], separator: u8, columns: usize) -> bool {
    let cells = |line: &[u8]| line.iter().filter(|b| **b == separator).count() + 1;
    let lines: Vec<usize> = cell.split(|b| *b == b'\n').skip(1).map(cells).collect();
    let [whole @ .., _] = lines.as_slice() else { return false };
    columns > 1 && whole.len() >= 2 && whole.iter().all(|cells| *cells == columns)
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, is_list: bool) -> Result<Vec<(u64, Vec<String>)>, Message> {
        let mut rows = Vec::new();
        TextLayout::of(text, is_list).each_record(text, &mut |line, cells| {
            rows.push((line, cells.iter().map(|cell| (*cell).to_owned()).collect()));
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn records_and_their_lines() {
        for (text, is_list, expected) in [
            ("a,b\nc,d\n", false, "1:a·b 2:c·d"),
            ("sep=;\r\na;b,c\r\n", false, "2:a·b,c"),
            ("a|b\nc|d", false, "1:a·b 2:c·d"),
            ("a\tb|c\n", false, "1:a·b|c"),
            ("# made by hand, 2024\na,b\n#c,d\n\ne,f\n", false, "2:a·b 5:e·f"),
            ("# filename,label\nx.png,1\n", false, "1:filename·label 2:x.png·1"),
            ("#,Image,Label\n1,x.png,1\n", false, "1:#·Image·Label 2:1·x.png·1"),
            ("a.png 1\nb.png 2\n", true, "1:a.png·1 2:b.png·2"),
            ("my cat.png 1\n\nb.png  2\n", true, "1:my cat.png·1 3:b.png·2"),
            ("a b.png\t1\nb.png\t2\n", true, "1:a b.png·1 2:b.png·2"),
            ("a.png,1\nb.png,2\n", true, "1:a.png·1 2:b.png·2"),
            ("\"x, y\",\"two\nlines, and more\"\nb,c", false, "1:x, y·two\nlines, and more 3:b·c"),
            ("a,5\" lens\nb,6\" lens", false, "1:a·5\" lens 2:b·6\" lens"),
        ] {
            let found = read(text, is_list).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            let found: Vec<String> = found.iter().map(|(line, cells)| format!("{line}:{}", cells.join("·"))).collect();
            assert_eq!(found.join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_named_by_its_row() {
        for (text, row) in [
            ("f,l\na.png,\"cat\nb.png,dog\nc.png,bird\n", 2),
            ("f,l\na.png,cat\n\"b.png,dog\nc.png,bird\n", 3),
            ("f,l\na.png,\"cat\nb.png,\"dog\"\nc.png,bird\n", 2),
            ("f,l\na.png,\"cat\nb.png,dog\"\nc.png,bird\n", 2),
            ("f,l\na.png,cat\nb.png,\"dog", 3),
            ("f,l\n\n\"one\ntwo\",\"x\nc.png,bird\n", 4),
        ] {
            let error = read(text, false).unwrap_err().to_string();
            assert!(error.starts_with(&format!("row {row}: a quote")), "{text:?}: {error}");
        }
    }

    /// Twenty rows of ids, none of which looks like a file, lie between a quote that was not closed and the next one.
    #[test]
    fn a_quote_that_swallows_rows_of_ids_is_found() {
        let rows: String = (2..22).map(|n| format!("id_{n},{}\n", n % 5)).collect();
        for end in ["id_22,4\"\nid_23,1\n", "\"id_22\",4\nid_23,1\n"] {
            let text = format!("id_code,diagnosis\nid_0,1\nid_1,\"3\n{rows}{end}");
            let error = read(&text, false).unwrap_err().to_string();
            assert!(error.starts_with("row 3: a quote"), "{end:?}: {error}");
        }
        // Notes over several lines are no rows.
        let notes = "id,notes\n1,\"seen, twice\nby two readers\nand again, later\"\n2,none\n";
        assert_eq!(read(notes, false).unwrap().len(), 3);
    }

    #[test]
    fn too_many_cells() {
        assert!(read(&"x,".repeat(5000), false).unwrap_err().to_string().contains("more than 1024 cells"));
    }
}
