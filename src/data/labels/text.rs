//! Bytes of a table as text: UTF-8 or UTF-16 with or without a mark, else GBK or Windows-1252, whichever it looks like.

use crate::language::Message;
use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Bytes looked at for the zeros that UTF-16 is full of.
const LOOKED_AT: usize = 4096;

/// The text, and the encoding where it is none of those that need no word.
///
/// # Errors
/// It is no text, or a row of it is damaged.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), Message> {
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

fn utf16<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<(Cow<'a, str>, Option<&'static str>), Message> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    // Zeros stand in a damaged text, and in what is no text at all.
    if had_errors || text.contains('\0') {
        return Err(msg!("data-text-no-encoding"));
    }
    Ok((text, None))
}

fn utf8(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), Message> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((Cow::Borrowed(text), None)),
        Err(error) => error,
    };
    let (mut letters, mut faults) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    // Text of another encoding is hardly ever good UTF-8 by chance.
    if letters > faults {
        let row = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        return Err(msg!("data-text-row-damaged", row = row.to_string()));
    }
    let encoding = if looks_like_gbk(bytes) { GB18030 } else { WINDOWS_1252 };
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        return Err(msg!("data-text-unknown"));
    }
    Ok((text, Some(if encoding == GB18030 { "GBK" } else { "Windows-1252" })))
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
            assert_eq!(decode(bytes), Ok((Cow::Borrowed(*text), *encoding)), "{bytes:x?}");
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
}
