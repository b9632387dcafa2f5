//! What an inspection of the dataset's pixels found, in the form that the page shows. Made on the job's thread.

use super::state::part_message;
use crate::config::DataConfig;
use crate::data::Dataset;
use crate::data::inspect::{Bounded, DuplicateGroup, ImageRef, InspectProgress, Inspection, NearPair};
use crate::language::{Arg, Message};
use std::collections::HashMap;

/// The inspection of the dataset's pixels.
#[derive(Default)]
pub enum MeasureState {
    #[default]
    Idle,
    Busy(Option<InspectProgress>),
    Done(Box<Measured>),
    Failed(Message),
}

/// An inspection that is done.
pub struct Measured {
    pub found: Inspection,
    /// What it was made with: another split makes another leakage.
    pub config: DataConfig,
    pub lists: Vec<FindingList>,
}

/// Findings of one kind.
pub struct FindingList {
    /// Its own name, which no language changes.
    pub kind: &'static str,
    pub title: Message,
    /// What it means and what to do.
    pub hint: Message,
    /// Metrics or labels are wrong, rather than images wasted.
    pub grave: bool,
    /// More than are listed.
    pub total: u64,
    pub rows: Vec<Finding>,
}

/// One finding.
pub struct Finding {
    pub images: Vec<u32>,
    pub text: Message,
}

impl Measured {
    pub fn new(found: Inspection, config: DataConfig, dataset: &Dataset) -> Self {
        let lists = lists(&found, dataset).into_iter().filter(|list| list.total > 0).collect();
        Self { found, config, lists }
    }
}

fn list<T>(kind: &'static str, grave: bool, found: &Bounded<T>, row: impl Fn(&T) -> Finding) -> FindingList {
    let (title, hint) = (msg!("page-finding", kind), msg!("page-finding-hint", kind));
    FindingList { kind, title, hint, grave, total: found.total, rows: found.shown.iter().map(row).collect() }
}

/// The gravest first.
fn lists(found: &Inspection, dataset: &Dataset) -> Vec<FindingList> {
    let mut all = Vec::new();
    if let Some(duplicates) = &found.duplicates {
        if let Some(leakage) = &duplicates.leakage {
            all.push(list("leakage-equal", true, &leakage.equal, group));
            all.push(list("leakage-similar", true, &leakage.near, pair));
        }
        let conflicts = &duplicates.conflicts;
        all.push(list("conflicting-equal", true, &conflicts.equal, group));
        all.push(list("conflicting-similar", true, &conflicts.near, pair));
    }
    all.push(unreadable(found, dataset));
    let image = |image: &ImageRef| Finding { images: vec![image.index], text: Message::verbatim(&image.path) };
    all.push(list("blank", false, &found.constant, image));
    all.push(list("nearly-blank", false, &found.nearly_constant, image));
    if let Some(duplicates) = &found.duplicates {
        all.push(list("equal", false, &duplicates.exact.groups, group));
        all.push(list("similar", false, &duplicates.near.pairs, pair));
    }
    all.push(list("outliers", false, &found.outliers, |outlier| Finding {
        images: vec![outlier.image.index],
        text: msg!(
            "page-finding-outlier",
            path = &outlier.image.path,
            mean = Arg::number(outlier.mean, 3),
            median = Arg::number(outlier.class_median, 3)
        ),
    }));
    all
}

/// Files that the scan passed and the decoder refused stand in the dataset, the others do not.
fn unreadable(found: &Inspection, dataset: &Dataset) -> FindingList {
    let mut index_of: HashMap<String, u32> = HashMap::new();
    if !found.unreadable.shown.is_empty() {
        let wanted: HashMap<&str, ()> = found.unreadable.shown.iter().map(|bad| (bad.path.as_str(), ())).collect();
        for index in 0..dataset.len() {
            let path = dataset.path_of(index);
            let shown = crate::console::show_path(path.strip_prefix(&dataset.root).unwrap_or(&path));
            if let (true, Ok(index)) = (wanted.contains_key(shown.as_str()), u32::try_from(index)) {
                index_of.insert(shown, index);
            }
        }
    }
    let both = found.unreadable.shown.iter().chain(&found.bad_files.shown);
    let rows = both.map(|bad| Finding {
        images: index_of.get(&bad.path).copied().into_iter().collect(),
        text: msg!("page-finding-unreadable", path = &bad.path, reason = bad.reason.to_string()),
    });
    FindingList {
        kind: "unreadable",
        title: msg!("page-finding", kind = "unreadable"),
        hint: msg!("page-finding-hint", kind = "unreadable"),
        grave: false,
        total: found.unreadable.total + found.bad_files.total,
        rows: rows.collect(),
    }
}

fn group(group: &DuplicateGroup) -> Finding {
    let what = match (group.constant, group.equal_files) {
        (true, _) => "blank",
        (_, true) => "files",
        (_, false) => "pixels",
    };
    let images = group.members.iter().map(|member| member.index).collect();
    Finding { images, text: msg!("page-finding-group", images = group.images, what, whose = whose(&group.members)) }
}

fn pair(pair: &NearPair) -> Finding {
    let both = [pair.a.clone(), pair.b.clone()];
    Finding {
        images: vec![pair.a.index, pair.b.index],
        text: msg!("page-finding-pair", correlation = Arg::number(pair.correlation, 3), whose = whose(&both)),
    }
}

/// `AbdomenCT in train and test`, `AbdomenCT and Hand in train`.
fn whose(images: &[ImageRef]) -> Message {
    let classes = Arg::names(distinct(images.iter().map(|image| image.class.as_str())));
    let parts = distinct(images.iter().filter_map(|image| image.part));
    if parts.is_empty() {
        return msg!("page-finding-classes", classes);
    }
    let parts: Vec<Message> = parts.into_iter().map(part_message).collect();
    msg!("page-finding-whose", classes, parts)
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen: Vec<T> = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TransformSpec;
    use crate::transform::{Chain, SampleSeed, Scratch, tutorial_chain, with_normalize};
    use std::ops::ControlFlow;
    use std::sync::Arc;

    #[test]
    fn the_normalised_dataset_has_mean_0_and_deviation_1() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("data");
        crate::data::sample_images::write_sample_dataset(&root, 4, 0, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let copy = root.join("copy.png");
        let dataset = Arc::new(crate::data::scan(&root, 1_000_000, &mut |_| ControlFlow::Continue(())).unwrap());
        std::fs::copy(dataset.path_of(0), &copy).unwrap();
        std::fs::rename(copy, dataset.path_of(23)).unwrap();
        std::fs::write(dataset.path_of(7), b"\x89PNG\r\n\x1a\n no picture").unwrap();
        let options = crate::data::inspect::InspectOptions::default();
        let found = crate::data::inspect::inspect(&dataset, &options, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut chain = tutorial_chain(None);
        chain.push(TransformSpec::new("NormalizeIntensity"));
        let specs = with_normalize(&chain, &found.statistics.overall);
        let names: Vec<_> = specs.iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(names[..4], ["LoadImage", "EnsureChannelFirst", "NormalizeIntensity", "ScaleIntensity"]);
        assert!(!specs[3].enabled && names.iter().filter(|name| **name == "NormalizeIntensity").count() == 1);
        let chain = Chain::build(&specs).unwrap().deterministic();
        let mut decoder = crate::data::Decoder::new(dataset.channels(0), 1_000_000);
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for index in (0..dataset.len()).filter(|index| *index != 7) {
            let mut image = crate::data::Image::empty();
            decoder.read(&dataset.path_of(index)).unwrap();
            decoder.decode(&dataset.path_of(index), &mut image).unwrap();
            chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ()).unwrap();
            for value in image.data.iter().map(|v| f64::from(*v)) {
                n += 1.0;
                sum += value;
                squares += value * value;
            }
        }
        let mean = sum / n;
        assert!(mean.abs() < 1e-4 && (squares / n - mean * mean - 1.0).abs() < 1e-3, "{mean} {}", squares / n);

        let measured = Measured::new(found, options.data, &dataset);
        let list = |kind: &str| measured.lists.iter().find(|list| list.kind == kind);
        let bad = list("unreadable").unwrap();
        assert_eq!((bad.total, &bad.rows[0].images[..]), (1, &[7][..]));
        let conflict = list("conflicting-equal").unwrap();
        assert!(conflict.grave && conflict.rows[0].images == [0, 23], "{:?}", conflict.rows[0].images);
        assert!(list("blank").is_none());
    }
}
