//! What the Inspect page shows; part of the window's state. Only `app` changes it.

use super::measure::MeasureState;
use super::thumbs::Thumbs;
use crate::data::{Dataset, Part};
use crate::language::Message;
use egui::TextureHandle;
use std::path::PathBuf;

/// What stands beside the thumbnails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InspectTab {
    /// The selected image through the chain.
    #[default]
    Chain,
    /// Figures of the whole dataset.
    Dataset,
}

/// Sides of a thumbnail, in points.
pub const THUMB_SIDES: [u32; 3] = [64, 96, 128];

/// Everything the Inspect page shows.
pub struct InspectState {
    pub tab: InspectTab,
    /// One of [`THUMB_SIDES`].
    pub thumb_side: u32,
    pub filter: Filter,
    pub shown: Shown,
    pub thumbs: Thumbs,
    pub trace: TraceState,
    pub measure: MeasureState,
}

impl Default for InspectState {
    fn default() -> Self {
        Self {
            tab: InspectTab::default(),
            thumb_side: THUMB_SIDES[1],
            filter: Filter::default(),
            shown: Shown::default(),
            thumbs: Thumbs::default(),
            trace: TraceState::default(),
            measure: MeasureState::default(),
        }
    }
}

/// Which images are shown; `None` is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    pub class: Option<usize>,
    pub part: Option<Part>,
}

impl Filter {
    /// The images that pass. `parts` is by image; an image in no part (left out by the limit) passes only where any
    /// part does.
    pub fn apply(self, dataset: &Dataset, parts: &[Option<Part>]) -> Shown {
        if self == Self::default() {
            return Shown::All(dataset.len());
        }
        let passes = |i: &usize| {
            self.class.is_none_or(|class| dataset.class_of(*i) == class)
                && self.part.is_none_or(|part| parts.get(*i).copied().flatten() == Some(part))
        };
        let kept = (0..dataset.len()).filter(passes);
        Shown::Some(kept.filter_map(|i| u32::try_from(i).ok()).collect())
    }
}

/// The images that the filter lets through, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Every image, so many.
    All(usize),
    Some(Vec<u32>),
}

impl Default for Shown {
    fn default() -> Self {
        Self::All(0)
    }
}

impl Shown {
    pub fn len(&self) -> usize {
        match self {
            Self::All(len) => *len,
            Self::Some(indices) => indices.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The image at a place of the grid.
    pub fn get(&self, place: usize) -> Option<usize> {
        match self {
            Self::All(len) => (place < *len).then_some(place),
            Self::Some(indices) => indices.get(place).map(|i| *i as usize),
        }
    }

    /// Where in the grid an image stands; else where it would.
    ///
    /// # Errors
    /// It is not shown: the place it would have.
    pub fn place_of(&self, image: usize) -> Result<usize, usize> {
        match self {
            Self::All(len) if image < *len => Ok(image),
            Self::All(len) => Err(*len),
            Self::Some(indices) => indices.binary_search_by(|i| (*i as usize).cmp(&image)),
        }
    }

    /// The image so many places further on, round the ends; the nearest where `image` is not shown itself.
    pub fn step(&self, image: usize, by: i64) -> Option<usize> {
        let len = i64::try_from(self.len()).ok().filter(|len| *len > 0)?;
        let place = match self.place_of(image) {
            Ok(place) => place as i64 + by,
            // Between two: one step back is the one before it, one step on the one that has its place.
            Err(place) => place as i64 + by - i64::from(by > 0),
        };
        self.get(usize::try_from(place.rem_euclid(len)).ok()?)
    }
}

/// The selected image through the chain.
#[derive(Default)]
pub struct TraceState {
    pub busy: bool,
    pub shown: Option<Trace>,
    pub error: Option<String>,
}

/// A trace that was worked out.
pub struct Trace {
    /// Of the image and the draw that it shows.
    pub index: usize,
    pub draw: u64,
    pub path: PathBuf,
    /// Class and file name, for the caption.
    pub caption: String,
    pub rows: Vec<TraceRow>,
    /// The step that failed, and why.
    pub failed: Option<String>,
}

/// One enabled step of the chain.
pub struct TraceRow {
    pub name: &'static str,
    /// What was drawn, in words.
    pub drawn: String,
    /// A random step that left this image as it is.
    pub skipped: bool,
    /// `None` for the first: it has nothing before it.
    pub before: Option<TextureHandle>,
    pub after: TextureHandle,
    pub difference: TraceDifference,
    /// `1 × 64 × 64`
    pub shape: String,
    /// `0 to 1`
    pub range: String,
    /// `bytes` or `float`, by which the texts tell them apart.
    pub numbers: &'static str,
    /// The picture's black and white are the image's own least and largest value.
    pub stretched: bool,
    pub us: f64,
}

/// What a step changed.
pub enum TraceDifference {
    /// There is nothing before it.
    First,
    None,
    /// Why it cannot be shown.
    Incomparable(String),
    Picture {
        texture: TextureHandle,
        /// By how much it is brightened, and the largest difference.
        text: String,
    },
}

/// A part's name as the window says it.
pub(crate) fn part_name(part: Part) -> String {
    part_message(part).to_string()
}

/// The same for what is shown later.
pub(crate) fn part_message(part: Part) -> Message {
    let part = match part {
        Part::Train => "train",
        Part::Val => "validation",
        Part::Test => "test",
    };
    msg!("page-part", part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_says_which_images_are_shown() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
        crate::data::sample_images::write_sample_dataset(&root, 3, 0, &mut go_on).unwrap();
        let mut go_on = |_: &crate::data::ScanProgress| std::ops::ControlFlow::Continue(());
        let dataset = crate::data::scan(&root, 1_000_000, &mut go_on).unwrap();
        assert_eq!(dataset.len(), 18);
        let parts: Vec<_> = (0..18).map(|i| [Some(Part::Train), Some(Part::Val), None][i % 3]).collect();
        assert_eq!(Filter::default().apply(&dataset, &parts), Shown::All(18));
        let class = Filter { class: Some(1), part: None }.apply(&dataset, &parts);
        assert_eq!(class, Shown::Some(vec![3, 4, 5]));
        let both = Filter { class: Some(1), part: Some(Part::Val) }.apply(&dataset, &parts);
        assert_eq!(both, Shown::Some(vec![4]));
        assert!(Filter { class: None, part: Some(Part::Test) }.apply(&dataset, &parts).is_empty());
    }

    #[test]
    fn steps_go_round_and_find_the_nearest() {
        let some = Shown::Some(vec![2, 5, 9]);
        assert_eq!([2, 5, 9].map(|i| some.step(i, 1)), [Some(5), Some(9), Some(2)]);
        assert_eq!([2, 5, 9].map(|i| some.step(i, -1)), [Some(9), Some(2), Some(5)]);
        assert_eq!((some.step(6, 1), some.step(6, -1), some.step(6, 2)), (Some(9), Some(5), Some(2)));
        assert_eq!((some.step(99, 1), some.step(0, -1)), (Some(2), Some(9)));
        assert_eq!(Shown::All(4).step(3, 2), Some(1));
        assert_eq!(Shown::default().step(0, 1), None);
        assert_eq!((some.place_of(5), some.place_of(6)), (Ok(1), Err(2)));
    }
}
