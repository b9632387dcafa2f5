//! A run's numbers as a TensorBoard event file: TFRecord frames around `Event` messages of Protocol Buffers. Both are written by
//! hand, as there are two kinds of message; `tensorboard` reads them.

use super::scalars::Scalar;
use std::io::{self, Write};

/// Writes the file. `began` is the run's beginning in seconds of Unix time; `texts` are shown on the page "Text".
///
/// # Errors
/// As `to` has them.
pub fn write_tensorboard(to: &mut dyn Write, scalars: &[Scalar], texts: &[(&str, &str)], began: f64) -> io::Result<()> {
    let mut first = Message::default();
    first.double(1, began);
    first.bytes(3, b"brain.Event:2");
    frame(to, &first.0)?;
    for (tag, text) in texts {
        frame(to, &event(began, 0, &text_value(tag, text)))?;
    }
    for Scalar { tag, step, secs, value } in scalars {
        let mut entry = Message::default();
        entry.bytes(1, tag.as_bytes());
        entry.float(2, *value as f32);
        frame(to, &event(began + secs, *step, &entry.0))?;
    }
    Ok(())
}

fn event(wall_time: f64, step: u64, value: &[u8]) -> Vec<u8> {
    let mut summary = Message::default();
    summary.bytes(1, value);
    let mut event = Message::default();
    event.double(1, wall_time);
    event.varint(2, step);
    event.bytes(5, &summary.0);
    event.0
}

/// A string tensor, which the plugin called `text` shows.
fn text_value(tag: &str, text: &str) -> Vec<u8> {
    /// `DT_STRING`.
    const STRING: u64 = 7;
    let mut plugin = Message::default();
    plugin.bytes(1, b"text");
    let mut metadata = Message::default();
    metadata.bytes(1, &plugin.0);
    let mut tensor = Message::default();
    tensor.varint(1, STRING);
    tensor.bytes(2, &[]);
    tensor.bytes(8, text.as_bytes());
    let mut value = Message::default();
    value.bytes(1, tag.as_bytes());
    value.bytes(8, &tensor.0);
    value.bytes(9, &metadata.0);
    value.0
}

/// A message of Protocol Buffers, field after field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire_type: u64) {
        self.raw_varint(field << 3 | wire_type);
    }

    fn raw_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn varint(&mut self, field: u64, value: u64) {
        self.key(field, 0);
        self.raw_varint(value);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.raw_varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }
}

/// Length, its checksum, the message, its checksum.
fn frame(to: &mut dyn Write, message: &[u8]) -> io::Result<()> {
    let length = (message.len() as u64).to_le_bytes();
    to.write_all(&length)?;
    to.write_all(&masked_crc(&length).to_le_bytes())?;
    to.write_all(message)?;
    to.write_all(&masked_crc(message).to_le_bytes())
}

/// TFRecord's: turned, so that a checksum of data with its own checksum in it is none of these.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut value = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
                bit += 1;
            }
            table[byte] = value;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| (crc >> 8) ^ TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of RFC 3720, B.4.
    #[test]
    fn checksums_are_castagnoli_s() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&rising), 0x46dd_794e);
    }

    #[test]
    fn frames_hold_messages_with_their_fields() {
        let scalar = Scalar { tag: "train/loss".to_owned(), step: 300, secs: 1.5, value: 0.25 };
        let mut file = Vec::new();
        write_tensorboard(&mut file, &[scalar], &[("config", "a = 1")], 100.0).unwrap();
        let mut rest = &file[..];
        let mut messages = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            assert_eq!(u32::from_le_bytes(rest[8..12].try_into().unwrap()), masked_crc(&rest[..8]));
            let message = &rest[12..12 + length];
            assert_eq!(u32::from_le_bytes(rest[12 + length..16 + length].try_into().unwrap()), masked_crc(message));
            messages.push(message.to_vec());
            rest = &rest[16 + length..];
        }
        assert_eq!(messages.len(), 3);
        assert!(messages[0].ends_with(b"brain.Event:2"));
        // 1: 101.5, 2: 300, 5 { 1 { 1: the tag, 2: 0.25 } }
        let mut wanted = vec![0x09];
        wanted.extend_from_slice(&101.5f64.to_le_bytes());
        wanted.extend_from_slice(&[0x10, 0xac, 0x02, 0x2a, 19, 0x0a, 17, 0x0a, 10]);
        wanted.extend_from_slice(b"train/loss");
        wanted.push(0x15);
        wanted.extend_from_slice(&0.25f32.to_le_bytes());
        assert_eq!(messages[2], wanted);
    }
}
