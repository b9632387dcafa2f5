//! Any bytes behind the beginning of a DICOM or a NIfTI file: no panic that escapes the decoder, an image that is what it
//! says and within the limit, and no memory for what only a header claims (libFuzzer's `-rss_limit_mb` sees that).
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use std::io::Write as _;
use trainscope_fuzz::config::Orientation;
use trainscope_fuzz::data::{Decoder, Image, Window};

const MAX_PIXELS: u64 = 1 << 14;
/// How the elements behind it are written: explicit, little-endian, and packed in one way or another.
const SYNTAXES: [&[u8]; 4] =
    [b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.2\0"];

fn decoder(channels: usize, window: Window) -> Decoder {
    Decoder::new(channels, MAX_PIXELS).decoding_as(Orientation::AsStored, window)
}

thread_local! {
    static DECODERS: RefCell<([Decoder; 2], Image)> = RefCell::new((
        [decoder(1, Window::Full), decoder(3, Window::File)],
        Image::empty(),
    ));
}

/// The first byte says which kind of file the others are made to be.
fn file(data: &[u8]) -> Option<Vec<u8>> {
    let (&kind, rest) = data.split_first()?;
    let mut file = vec![0; 128];
    match kind % 4 {
        // From the elements that say how the others are written.
        0 => {
            file.extend_from_slice(b"DICM");
            file.extend_from_slice(rest);
        }
        // From the others.
        1 => {
            let syntax = SYNTAXES[usize::from(kind / 4) % SYNTAXES.len()];
            file.extend_from_slice(b"DICM\x02\0\x10\0UI");
            file.extend_from_slice(&(syntax.len() as u16).to_le_bytes());
            file.extend_from_slice(syntax);
            file.extend_from_slice(rest);
        }
        // A header whose size and magic are right, packed or not.
        kind => {
            file = rest.to_vec();
            file.resize(file.len().max(352), 0);
            file[..4].copy_from_slice(&348i32.to_le_bytes());
            file[344..348].copy_from_slice(b"n+1\0");
            if kind == 3 {
                let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                packed.write_all(&file).ok()?;
                file = packed.finish().ok()?;
            }
        }
    }
    Some(file)
}

fuzz_target!(
    // As in `decode`.
    init: std::panic::set_hook(Box::new(|_| {})),
    |data: &[u8]| {
        let Some(file) = file(data) else { return };
        DECODERS.with_borrow_mut(|(decoders, image)| {
            for decoder in decoders.iter_mut() {
                match decoder.decode_slice(&file, image) {
                    Ok(()) => {
                        assert_eq!(image.channels, decoder.channels());
                        assert!(image.height > 0 && image.width > 0);
                        assert!((image.height * image.width) as u64 <= MAX_PIXELS);
                        assert_eq!(image.len(), image.channels * image.height * image.width);
                    }
                    // Our own readers: a panic in one is a mistake, even though it is caught.
                    Err(reason) => assert!(!reason.is_empty() && !reason.says("data-decoder-failed"), "{reason}"),
                }
            }
        });
    }
);
