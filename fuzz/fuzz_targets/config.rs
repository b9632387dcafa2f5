//! Any text as a configuration, and as a setting: a configuration or a reason, and what it is written as is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainscope_fuzz::config::RunConfig;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match RunConfig::from_toml(text) {
        Ok(config) => {
            let written = config.to_toml().expect("its paths are text, as the TOML is");
            match RunConfig::from_toml(&written) {
                Ok(again) => assert!(again.to_toml().as_ref() == Ok(&written), "it changes on its way:\n{written}"),
                Err(error) => panic!("what was written is not read: {error}\n{written}"),
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let sets: Vec<String> = text.lines().take(8).map(str::to_owned).collect();
    if let Err(error) = RunConfig::default().with_sets(&sets) {
        assert!(!error.to_string().is_empty());
    }
});
