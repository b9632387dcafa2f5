//! Any text as a chain in Python, and any bytes as a file or a notebook that holds one: steps and notes, or a reason, within bounded
//! time and memory (libFuzzer's `-timeout` and `-rss_limit_mb` see that). What is read is a chain or is said not to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainscope_fuzz::transform::{Chain, ImportOptions, chain_file_text, chain_from_text};

fuzz_target!(|data: &[u8]| {
    let text = match chain_file_text(data) {
        Ok(text) => text,
        Err(reason) => {
            assert!(!reason.is_empty());
            return;
        }
    };
    match chain_from_text(&text, &ImportOptions::default()) {
        Ok(imported) => {
            if let Err(error) = Chain::build(&imported.specs) {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(reason) => assert!(!reason.is_empty()),
    }
});
