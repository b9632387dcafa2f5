//! Any bytes as a file: no panic that escapes the decoder, and an image that is what it says and within the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use trainscope_fuzz::data::{Decoder, Image};

/// Small, so that it stays fast.
const MAX_PIXELS: u64 = 1 << 14;

thread_local! {
    /// Kept, as a loader's are: what one file left must not harm the next.
    static DECODERS: RefCell<([Decoder; 2], Image)> = RefCell::new((
        [Decoder::new(1, MAX_PIXELS), Decoder::new(3, MAX_PIXELS)],
        Image::empty(),
    ));
}

fuzz_target!(
    // The decoder catches panics of the libraries below it and reports a damaged file. libFuzzer's hook would end the
    // process before that; a panic that escapes ends it still.
    init: std::panic::set_hook(Box::new(|_| {})),
    |data: &[u8]| {
        DECODERS.with_borrow_mut(|(decoders, image)| {
            for decoder in decoders {
                match decoder.decode_slice(data, image) {
                    Ok(()) => {
                        assert_eq!(image.channels, decoder.channels());
                        assert!(image.height > 0 && image.width > 0);
                        assert!((image.height * image.width) as u64 <= MAX_PIXELS);
                        assert_eq!(image.len(), image.channels * image.height * image.width);
                    }
                    Err(reason) => assert!(!reason.is_empty()),
                }
            }
        });
    }
);
