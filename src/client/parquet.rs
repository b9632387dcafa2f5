//! A run's numbers as a Parquet file of four columns: `tag`, `step`, `secs`, `value`.
//!
//! Written by hand: plain values without compression, and a footer in Thrift's compact protocol. The crates there are for it bring
//! Arrow and its tree, for what is two hundred lines here.

use super::scalars::Scalar;
use std::io::{self, Write};

/// A page's size is an `i32`; so many rows stay far below it.
const ROWS_PER_GROUP: usize = 1 << 19;
const MAGIC: &[u8; 4] = b"PAR1";

#[derive(Clone, Copy)]
enum Column {
    Tag,
    Step,
    Secs,
    Value,
}

impl Column {
    const ALL: [Self; 4] = [Self::Tag, Self::Step, Self::Secs, Self::Value];

    fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Step => "step",
            Self::Secs => "secs",
            Self::Value => "value",
        }
    }

    /// Parquet's number of the physical type.
    fn physical_type(self) -> i64 {
        match self {
            Self::Tag => 6,
            Self::Step => 2,
            Self::Secs | Self::Value => 5,
        }
    }

    fn values(self, rows: &[Scalar]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for row in rows {
            match self {
                Self::Tag => {
                    bytes.extend_from_slice(&(row.tag.len() as u32).to_le_bytes());
                    bytes.extend_from_slice(row.tag.as_bytes());
                }
                Self::Step => bytes.extend_from_slice(&row.step.to_le_bytes()),
                Self::Secs => bytes.extend_from_slice(&row.secs.to_le_bytes()),
                Self::Value => bytes.extend_from_slice(&row.value.to_le_bytes()),
            }
        }
        bytes
    }
}

/// Where a column's page lies in the file, its header included.
struct Chunk {
    column: Column,
    at: u64,
    bytes: u64,
}

/// Writes the file.
///
/// # Errors
/// As `to` has them.
pub fn write_parquet(to: &mut dyn Write, rows: &[Scalar]) -> io::Result<()> {
    to.write_all(MAGIC)?;
    let mut at = MAGIC.len() as u64;
    let mut groups: Vec<(usize, Vec<Chunk>)> = Vec::new();
    for group in rows.chunks(ROWS_PER_GROUP) {
        let mut chunks = Vec::new();
        for column in Column::ALL {
            let values = column.values(group);
            let header = page_header(group.len(), values.len());
            to.write_all(&header)?;
            to.write_all(&values)?;
            let bytes = (header.len() + values.len()) as u64;
            chunks.push(Chunk { column, at, bytes });
            at += bytes;
        }
        groups.push((group.len(), chunks));
    }
    let footer = footer(rows.len(), &groups);
    to.write_all(&footer)?;
    to.write_all(&(footer.len() as u32).to_le_bytes())?;
    to.write_all(MAGIC)
}

fn page_header(rows: usize, bytes: usize) -> Vec<u8> {
    /// Encodings: plain values; run lengths for levels, of which a column that is always there has none.
    const PLAIN: i64 = 0;
    const RLE: i64 = 3;
    let mut header = Struct::default();
    // A data page.
    header.int(1, I32, 0);
    header.int(2, I32, bytes as i64);
    header.int(3, I32, bytes as i64);
    let mut page = Struct::default();
    page.int(1, I32, rows as i64);
    page.int(2, I32, PLAIN);
    page.int(3, I32, RLE);
    page.int(4, I32, RLE);
    header.part(5, page);
    header.end()
}

fn footer(rows: usize, groups: &[(usize, Vec<Chunk>)]) -> Vec<u8> {
    let mut root = Struct::default();
    root.text(4, "run");
    root.int(5, I32, Column::ALL.len() as i64);
    let column = |column: &Column| {
        let mut element = Struct::default();
        element.int(1, I32, column.physical_type());
        // Always there.
        element.int(3, I32, 0);
        element.text(4, column.name());
        if matches!(column, Column::Tag) {
            // UTF-8.
            element.int(6, I32, 0);
        }
        element.end()
    };
    let schema = std::iter::once(root.end()).chain(Column::ALL.iter().map(column)).collect();
    let mut footer = Struct::default();
    footer.int(1, I32, 1);
    footer.list(2, STRUCT, schema);
    footer.int(3, I64, rows as i64);
    footer.list(4, STRUCT, groups.iter().map(|(rows, chunks)| row_group(*rows, chunks)).collect());
    footer.text(6, &crate::about::version_line());
    footer.end()
}

fn row_group(rows: usize, chunks: &[Chunk]) -> Vec<u8> {
    let chunk = |chunk: &Chunk| {
        let mut data = Struct::default();
        data.int(1, I32, chunk.column.physical_type());
        // Plain values and run lengths.
        data.list(2, I32, vec![zigzag(0), zigzag(3)]);
        data.list(3, BINARY, vec![text(chunk.column.name())]);
        // Not compressed.
        data.int(4, I32, 0);
        data.int(5, I64, rows as i64);
        data.int(6, I64, chunk.bytes as i64);
        data.int(7, I64, chunk.bytes as i64);
        data.int(9, I64, chunk.at as i64);
        let mut whole = Struct::default();
        whole.int(2, I64, chunk.at as i64);
        whole.part(3, data);
        whole.end()
    };
    let mut group = Struct::default();
    group.list(1, STRUCT, chunks.iter().map(chunk).collect());
    group.int(2, I64, chunks.iter().map(|chunk| chunk.bytes as i64).sum());
    group.int(3, I64, rows as i64);
    group.end()
}

/// Types of Thrift's compact protocol.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// A struct of Thrift's compact protocol; fields come in rising numbers, each less than 16 further on.
#[derive(Default)]
struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

impl Struct {
    fn field(&mut self, number: u8, kind: u8) {
        self.bytes.push((number - self.last) << 4 | kind);
        self.last = number;
    }

    fn int(&mut self, number: u8, kind: u8, value: i64) {
        self.field(number, kind);
        self.bytes.extend(zigzag(value));
    }

    fn text(&mut self, number: u8, value: &str) {
        self.field(number, BINARY);
        self.bytes.extend(text(value));
    }

    fn part(&mut self, number: u8, part: Self) {
        self.field(number, STRUCT);
        self.bytes.extend(part.end());
    }

    fn list(&mut self, number: u8, kind: u8, items: Vec<Vec<u8>>) {
        self.field(number, LIST);
        match items.len() {
            short @ 0..15 => self.bytes.push((short as u8) << 4 | kind),
            long => {
                self.bytes.push(0xf0 | kind);
                self.bytes.extend(varint(long as u64));
            }
        }
        self.bytes.extend(items.into_iter().flatten());
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn zigzag(value: i64) -> Vec<u8> {
    varint((value << 1 ^ value >> 63) as u64)
}

fn text(value: &str) -> Vec<u8> {
    let mut bytes = varint(value.len() as u64);
    bytes.extend_from_slice(value.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag_varints() {
        assert_eq!([zigzag(0), zigzag(-1), zigzag(1)], [[0], [1], [2]]);
        assert_eq!(zigzag(300), [0xd8, 0x04]);
    }

    #[test]
    fn a_file_has_its_values_between_its_marks() {
        let row = |tag: &str, step| Scalar { tag: tag.to_owned(), step, secs: 0.5, value: f64::NAN };
        let mut file = Vec::new();
        write_parquet(&mut file, &[row("ab", 7), row("c", 8)]).unwrap();
        assert!(file.starts_with(MAGIC) && file.ends_with(MAGIC));
        let at = file.len() - 8;
        let length = u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let footer = &file[at - length..at];
        assert_eq!(footer.last(), Some(&0));
        for column in Column::ALL {
            assert!(footer.windows(column.name().len()).any(|part| part == column.name().as_bytes()));
        }
        let tags = [2u8, 0, 0, 0, b'a', b'b', 1, 0, 0, 0, b'c'];
        assert!(file.windows(tags.len()).any(|part| part == tags));
        write_parquet(&mut Vec::new(), &[]).unwrap();
    }
}
