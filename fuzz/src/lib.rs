//! What the fuzz targets share: the program's lower layers, and chains made of bytes.
#![allow(dead_code, unused_imports, reason = "what the layers have for those above them")]

pub mod chains;
#[macro_use]
#[path = "../../src/console.rs"]
pub mod console;
#[macro_use]
#[path = "../../src/language/mod.rs"]
pub mod language;
#[path = "../../src/system/mod.rs"]
pub mod system;
#[path = "../../src/config/mod.rs"]
pub mod config;
#[path = "../../src/data/mod.rs"]
pub mod data;
#[path = "../../src/transform/mod.rs"]
pub mod transform;
#[path = "../../src/protocol/mod.rs"]
pub mod protocol;
#[path = "../../src/store/mod.rs"]
pub mod store;
// No target throws anything at it: its threads run under Miri and the thread sanitizer here (README.md).
#[path = "../../src/loader/mod.rs"]
pub mod loader;
