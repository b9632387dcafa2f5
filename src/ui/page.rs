//! What stands in the middle of the window, by name.

/// A page. Its constant stands in the page's own file, its row in `pages::PAGES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page(&'static str);

impl Page {
    pub(super) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its own name, which no text of the window changes.
    pub fn name(self) -> &'static str {
        self.0
    }
}
