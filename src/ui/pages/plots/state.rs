//! How the plots are looked at and in which order.

use crate::plot::PlotView;
use serde::{Deserialize, Serialize};

/// Choices of how many plots are in view at once.
pub const IN_VIEW: [u8; 5] = [2, 3, 4, 5, 6];

/// What a person chose of the page of plots.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlotsView {
    pub view: PlotView,
    /// Names of the catalogue; those that are not there follow in the catalogue's order.
    pub order: Vec<String>,
    /// Those that stand before all others.
    pub pinned: Vec<String>,
    /// Those that are shown as tables.
    pub tables: Vec<String>,
    /// So many fill the page; 0 is as many as there is room for.
    pub in_view: u8,
}

impl PlotsView {
    /// The plots in the order in which they are shown.
    pub fn arranged(&self, hidden: &[String]) -> Vec<&'static str> {
        let place = |name: &str| {
            let ordered = self.order.iter().position(|known| known == name).unwrap_or(usize::MAX);
            (!self.is_pinned(name), ordered)
        };
        let shown = crate::plot::METRICS.iter().copied().filter(|name| !hidden.iter().any(|h| h == name));
        let mut names: Vec<&'static str> = shown.collect();
        names.sort_by_key(|name| place(name));
        names
    }

    pub fn is_pinned(&self, name: &str) -> bool {
        self.pinned.iter().any(|pinned| pinned == name)
    }

    pub fn toggle_pin(&mut self, name: &str) {
        if self.is_pinned(name) {
            self.pinned.retain(|pinned| pinned != name);
        } else {
            self.pinned.push(name.to_owned());
        }
    }

    pub fn is_table(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table == name)
    }

    pub fn toggle_table(&mut self, name: &str) {
        if self.is_table(name) {
            self.tables.retain(|table| table != name);
        } else {
            self.tables.push(name.to_owned());
        }
    }

    /// Puts a plot into the place of another; those between move up.
    pub fn put(&mut self, name: &str, at: &str, hidden: &[String]) {
        let mut names: Vec<String> = self.arranged(hidden).into_iter().map(str::to_owned).collect();
        let (Some(from), Some(to)) = (names.iter().position(|n| n == name), names.iter().position(|n| n == at)) else {
            return;
        };
        let moved = names.remove(from);
        names.insert(to, moved);
        // Before a pinned one only a pinned one can stand.
        if self.is_pinned(at) != self.is_pinned(name) {
            self.toggle_pin(name);
        }
        self.order = names;
    }
}

/// Rows and columns of so many plots on a page of that size, whose cells come nearest to the shape of a plot.
pub fn grid_of(in_view: usize, width: f32, height: f32) -> (usize, usize) {
    let unfit = |columns: usize| {
        let rows = in_view.div_ceil(columns);
        let shape = (width / columns as f32) / (height / rows as f32).max(1.0);
        (shape / 1.7).ln().abs() + (rows * columns - in_view) as f32 * 0.4
    };
    let columns = (1..=in_view.max(1)).min_by(|a, b| unfit(*a).total_cmp(&unfit(*b))).unwrap_or(1);
    (in_view.div_ceil(columns), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_stand_where_they_were_put() {
        let mut view = PlotsView::default();
        let hidden = vec!["val".to_owned(), "cpu".to_owned()];
        assert_eq!(view.arranged(&hidden)[..2], ["loss", "metrics"]);
        view.put("queue", "metrics", &hidden);
        assert_eq!(view.arranged(&hidden)[..3], ["loss", "queue", "metrics"]);
        view.toggle_pin("memory");
        assert_eq!(view.arranged(&hidden)[..2], ["memory", "loss"]);
        view.put("loss", "memory", &hidden);
        assert_eq!(view.arranged(&hidden)[..3], ["loss", "memory", "queue"]);
        assert!(view.is_pinned("loss"));
        view.put("loss", "queue", &hidden);
        assert_eq!(view.arranged(&hidden)[..3], ["memory", "queue", "loss"]);
        assert!(!view.arranged(&hidden).contains(&"cpu"));
        assert_eq!(view.arranged(&hidden).len(), crate::plot::METRICS.len() - 2);
    }

    #[test]
    fn grids_fit_their_page() {
        assert_eq!(grid_of(4, 900.0, 600.0), (2, 2));
        assert_eq!(grid_of(2, 900.0, 900.0), (2, 1));
        assert_eq!(grid_of(6, 1800.0, 700.0), (2, 3));
        assert!([2, 3, 4, 5, 6].iter().all(|n| {
            let (rows, columns) = grid_of(*n, 1200.0, 700.0);
            rows * columns >= *n
        }));
    }
}
