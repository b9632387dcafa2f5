//! What the page of results shows beside the run's own record.

use crate::client::{Judged, Judges};
use crate::language::Message;
use std::collections::HashMap;
use std::path::PathBuf;

/// Images judged by the network of the run shown.
#[derive(Default)]
pub struct ResultsState {
    /// Of which run.
    pub run_dir: Option<PathBuf>,
    /// Images of known classes.
    pub judged: Option<JudgedSet>,
    /// Images of which no class is known.
    pub predicted: Option<Judged>,
    /// How many have been judged, and how many are to be.
    pub busy: Option<(u64, u64)>,
    pub error: Option<Message>,
}

/// Judged images of known classes, with what is shown of them in every frame worked out once.
pub struct JudgedSet {
    pub judges: Judges,
    pub judged: Judged,
    /// Rows are the true classes, columns the predicted.
    pub confusion: Vec<Vec<u64>>,
    /// Indices of images, the most confident first.
    mistakes: Vec<usize>,
    /// The same of each cell of the confusion matrix that has any.
    cells: HashMap<(u32, u32), Vec<usize>>,
}

impl JudgedSet {
    pub fn new(judges: Judges, judged: Judged) -> Self {
        let confusion = judged.confusion();
        let mut mistakes = Vec::new();
        let mut cells: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
        for at in judged.by_confidence() {
            let image = &judged.images[at];
            if image.is_mistake() {
                mistakes.push(at);
            }
            if let Some(class) = image.class {
                cells.entry((class, image.predicted)).or_default().push(at);
            }
        }
        Self { judges, judged, confusion, mistakes, cells }
    }

    /// Indices of mistakes, the most confident first; of one cell of the confusion matrix, of all of its images.
    pub fn worst(&self, cell: Option<(u32, u32)>) -> &[usize] {
        match cell {
            None => &self.mistakes,
            Some(cell) => self.cells.get(&cell).map(Vec::as_slice).unwrap_or_default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsCommand {
    /// Have images judged by the run's network.
    Judge(Judges),
    /// Choose a folder of class folders in a dialog, and have it judged.
    ChooseFolder,
    /// Choose images in a dialog, and have them judged.
    ChooseImages,
    Cancel,
    /// The run's own test again, in place of another folder.
    ForgetJudged,
    ForgetPredicted,
    /// Shows an image on the page of images.
    ShowImage(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::JudgedImage;

    #[test]
    fn mistakes_come_by_confidence_and_cells_by_class() {
        let image = |name: &str, class, predicted, confidence| JudgedImage {
            path: PathBuf::from(name),
            class,
            predicted,
            confidence,
            of_class: None,
        };
        let judged = Judged {
            classes: vec!["a".to_owned(), "b".to_owned()],
            total: 4,
            images: vec![
                image("1", Some(0), 0, 0.99),
                image("2", Some(0), 1, 0.6),
                image("3", Some(1), 0, 0.9),
                image("4", None, 0, 0.5),
            ],
            ..Judged::default()
        };
        let set = JudgedSet::new(Judges::Test, judged);
        assert_eq!(set.confusion, [[1, 1], [1, 0]]);
        assert_eq!(set.worst(None), [2, 1, 3]);
        assert_eq!(set.worst(Some((0, 0))), [0]);
        assert!(set.worst(Some((1, 1))).is_empty());
    }
}
