//! What stands in the middle of the window, a file or a folder a page.

pub(crate) mod diagnosis;
pub mod doctor;
pub mod inspect;
pub mod plots;
pub mod results;
pub mod runs;
pub(crate) mod settings;
pub mod sweep;
mod table;
pub mod timeline;

pub use table::{PAGES, PageForms, PageInfo};
