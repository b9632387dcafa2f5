//! Bytes of a table as text: UTF-8 or UTF-16 with or without a mark, else GBK or Windows-1252, whichever it looks like.

use crate::language::Message;
use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Bytes looked at for the zeros that UTF-16 is full of.
const LOOKED_AT: usize = 4096;

/// The text, and what is to be said of its encoding where that needs a word.
///
/// # Errors
/// It is no text, or a row of it is damaged.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Message>), Message> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let bytes = &bytes[mark..];
        if encoding != encoding_rs::UTF_8 {
            return utf16(bytes, encoding);
        }
        return utf8(bytes);
    }
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // ASCII has a zero in every pair; a table of other letters has at least its commas and ends of lines.
    if even + odd > head.len() / 16 {
        return utf16(bytes, if odd > even { UTF_16LE } else { UTF_16BE });
    }
    if even + odd > 0 {
        return Err(msg!("data-text-zero-bytes"));
    }
    utf8(bytes)
}

fn utf16<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<(Cow<'a, str>, Option<Message>), Message> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    // Zeros stand in a damaged text, and in what is no text at all.
    if had_errors || text.contains('\0') {
        return Err(msg!("data-text-no-encoding"));
    }
    Ok((text, None))
}

fn utf8(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<Message>), Message> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => {
            return match disguise(text) {
                Disguise::None => Ok((Cow::Borrowed(text), None)),
                Disguise::Doubtful => Ok((Cow::Borrowed(text), Some(msg!("data-note-encoding-doubtful")))),
                Disguise::Gbk => other(bytes, GB18030, "GBK"),
            };
        }
        Err(error) => error,
    };
    let (mut letters, mut in_words, mut faults) = (0, 0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        in_words += beside_plain_letters(chunk.valid());
        faults += usize::from(!chunk.invalid().is_empty());
    }
    let is_gbk = looks_like_gbk(bytes);
    // Text of another encoding is hardly ever good UTF-8 by chance; but in GBK some characters always are, and a class's
    // name stands in many rows (猫 is è). Letters with marks stand in words.
    if letters > faults && (!is_gbk || in_words * 2 > letters) {
        let row = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        return Err(msg!("data-text-row-damaged", row = row.to_string()));
    }
    if is_gbk { other(bytes, GB18030, "GBK") } else { other(bytes, WINDOWS_1252, "Windows-1252") }
}

fn other<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    name: &str,
) -> Result<(Cow<'a, str>, Option<Message>), Message> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        return Err(msg!("data-text-unknown"));
    }
    Ok((text, Some(msg!("data-note-encoding", name))))
}

/// Whether good UTF-8 is GBK in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Disguise {
    None,
    /// It may be either.
    Doubtful,
    Gbk,
}

/// GBK is good UTF-8 where each of its characters is by chance: the two bytes of 猫 are è. Letters with marks stand in words
/// with plain ones, and what has none of these is a word of one script (дом); characters stand by themselves, and side by
/// side they come out as letters of scripts that never meet. Latin letters alone may be either (üç is a number), and are left
/// as they are; signs (°, and µ in µΩ) are of no script.
fn disguise(text: &str) -> Disguise {
    let mut found = Disguise::None;
    let is_plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
        let before = rest[..at].chars().next_back();
        let from = &rest[at..];
        let (run, after) = from.split_at(from.find(|c: char| c.is_ascii()).unwrap_or(from.len()));
        if is_plain(before) || is_plain(after.chars().next()) || !run.chars().all(is_common_in_gbk) {
            return Disguise::None;
        }
        let scripts: BTreeSet<Script> = run.chars().filter_map(Script::of).collect();
        let letters = run.chars().count();
        if letters > 1 && scripts.len() == 1 && !scripts.contains(&Script::Latin) {
            return Disguise::None;
        }
        if run.chars().all(char::is_alphabetic) {
            found = found.max(if scripts.len() > 1 { Disguise::Gbk } else { Disguise::Doubtful });
        }
        rest = after;
    }
    found
}

/// Whether the letter's bytes in UTF-8 are in GBK one of the 3,755 characters of everyday (GB 2312's first level).
fn is_common_in_gbk(letter: char) -> bool {
    let code = u32::from(letter);
    // First bytes up to 0xd7, second ones from 0xa1.
    (0x80..0x600).contains(&code) && code & 0x3f >= 0x21
}

/// Of letters that are two bytes in UTF-8, as far as [`is_common_in_gbk`] lets them through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Script {
    /// Letters with marks, of phonetics, and marks: what no word is made of alone.
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
}

impl Script {
    /// `None` of a sign.
    fn of(letter: char) -> Option<Self> {
        Some(match u32::from(letter) {
            0x80..0xc0 | 0xd7 | 0xf7 => return None,
            0x370..0x400 => Self::Greek,
            0x400..0x530 => Self::Cyrillic,
            0x530..0x590 => Self::Armenian,
            0x590.. => Self::Hebrew,
            _ => Self::Latin,
        })
    }
}

/// Letters beyond ASCII that stand beside one of it.
fn beside_plain_letters(text: &str) -> usize {
    let mut chars = text.chars().peekable();
    let (mut count, mut after_plain) = (0, false);
    while let Some(c) = chars.next() {
        let before_plain = chars.peek().is_some_and(char::is_ascii_alphabetic);
        count += usize::from(!c.is_ascii() && (after_plain || before_plain));
        after_plain = c.is_ascii_alphabetic();
    }
    count
}

/// Common Chinese characters are two bytes from 0xa1 up in GBK; European letters with marks stand alone.
fn looks_like_gbk(bytes: &[u8]) -> bool {
    let (mut pairs, mut alone) = (0, 0);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if *byte < 0x80 {
            continue;
        }
        match bytes.get(at) {
            Some(0xa1..=0xfe) if (0xa1..=0xf7).contains(byte) => {
                pairs += 1;
                at += 1;
            }
            _ => alone += 1,
        }
    }
    pairs > alone && !GB18030.decode_without_bom_handling(bytes).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let words = "文件名,标签\n1.png,猫\n2.png,狗\n";
        let wide = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let with = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
        let european = "Datei;Klasse\na.png;Müll\nb.png;Größe\n";
        let cases: &[(Vec<u8>, &str, Option<&str>)] = &[
            (words.into(), words, None),
            (with(b"\xef\xbb\xbf", words.into()), words, None),
            (with(b"\xff\xfe", wide(words, false)), words, None),
            (with(b"\xfe\xff", wide(words, true)), words, None),
            (wide(words, false), words, None),
            (wide(words, true), words, None),
            (GB18030.encode(words).0.into_owned(), words, Some("GBK")),
            (WINDOWS_1252.encode(european).0.into_owned(), european, Some("Windows-1252")),
        ];
        for (bytes, text, encoding) in cases {
            let said = encoding.map(|name| msg!("data-note-encoding", name));
            assert_eq!(decode(bytes), Ok((Cow::Borrowed(*text), said)), "{bytes:x?}");
        }
        for (bytes, words) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\xd8\x00"[..], "no text"),
            ("é,ü,ö\n\u{e9}\n".as_bytes(), ""),
            (b"file,label\na.png,M\xc3\xbcll\nb.png,\xc3\xa4\nc.png,\xff\n", "row 4 is damaged"),
        ] {
            match decode(bytes) {
                Ok(_) => assert_eq!(words, ""),
                Err(error) => {
                    assert!(!words.is_empty() && error.to_string().contains(words), "{error:?} lacks {words:?}")
                }
            }
        }
    }

    /// The bytes of 猫 are è in UTF-8, as those of é are 茅 in GBK.
    #[test]
    fn cats_are_no_letters_with_marks_nor_the_reverse() {
        let gbk = |text: &str| GB18030.encode(text).0.into_owned();
        let cats = format!("file,label\n{}99.png,狗\n", (0..99).map(|i| format!("{i}.png,猫\n")).collect::<String>());
        // Good UTF-8 to the last byte: the Latin letter è beside the Cyrillic б.
        let words = "file,label\na.png,猫斜\nb.png,猫\n";
        assert_eq!(std::str::from_utf8(&gbk(words)), Ok("file,label\na.png,èб\nb.png,è\n"));
        for text in [cats.as_str(), words] {
            let bytes = gbk(text);
            let found = decode(&bytes).unwrap();
            assert_eq!((&*found.0, found.1), (text, Some(msg!("data-note-encoding", name = "GBK"))));
        }
        // European words stay, whatever they would be in GBK; those of letters with marks alone do with a word.
        let doubtful = || Some(msg!("data-note-encoding-doubtful"));
        for (text, said) in [
            ("fichier,classe\né.png,été\n", None),
            ("Datei;Klasse\na.png;Müll\nb.png;ö\n", None),
            ("file,label\na.png,дом\nb.png,лодка\n", None),
            ("file,angle\na.png,20°\nb.png,±\n", None),
            ("file,R (µΩ)\na.png,20°\nb.png,±\n", None),
            ("file,label\na.png,è\nb.png,ê\n", doubtful()),
            ("file,label\na.png,üç\nb.png,öö\n", doubtful()),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok((Cow::Borrowed(text), said)), "{text}");
        }
        // A byte of another encoding in such a text is a fault of it, no Chinese.
        let mixed = b"file,label\na.png,caf\xc3\xa9\nb.png,th\xc3\xa9s\nc.png,caf\xe9s\n";
        assert!(decode(mixed).unwrap_err().to_string().contains("row 4 is damaged"));
    }
}
