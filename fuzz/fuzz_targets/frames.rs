//! Any bytes as the stream of an engine or of its client: a message or a reason, never more memory than the bytes fill, and what is
//! read is written and read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use trainscope_fuzz::protocol::{Command, Event, read_frame, write_frame};

fn read_all<T: Serialize + DeserializeOwned>(data: &[u8]) {
    let mut stream = data;
    loop {
        match read_frame::<T>(&mut stream) {
            Ok(message) => {
                let mut once = Vec::new();
                // A number that is none is written as it is, and is unlike itself: bytes are compared.
                if write_frame(&mut once, &message).is_ok() {
                    let Ok(again) = read_frame::<T>(&mut once.as_slice()) else { panic!("what was written is not read") };
                    let mut twice = Vec::new();
                    assert!(write_frame(&mut twice, &again).is_ok() && once == twice, "it changes on its way");
                }
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    read_all::<Command>(data);
    read_all::<Event>(data);
});
