//! Changes of a configuration by hand, each with what was there before: so that they can be undone.

use super::error::ConfigError;
use super::keys::Key;
use super::param::ParamInfo;
use super::preset::Preset;
use super::settings::RunConfig;
use super::spec::{ParamValue, TransformSpec};
use crate::language::Message;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Another value of a key.
    Set { key: String, old: ParamValue, new: ParamValue },
    /// Another chain.
    Transforms { old: Vec<TransformSpec>, new: Vec<TransformSpec> },
    /// Several that are one, in the order in which they can be made.
    Many { of: ManyOf, edits: Vec<Edit> },
}

/// What changes that are made as one lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum ManyOf {
    /// The preset of that name.
    Preset(&'static str),
    /// The settings of the run of that name.
    Run(String),
    /// Another optimiser, schedule or table, without what was set for the one before.
    Choice,
}

/// Another folder is read rather than set.
const DIR: &str = "data.dir";
/// Where the classes are from, and the columns of that table.
const LABELS: &str = "data.labels";
const COLUMNS: [&str; 3] = ["data.image_column", "data.label_column", "data.part_column"];

impl Edit {
    /// To another value of a key; `None` where the configuration has no such key, or the value stands there already. What goes with
    /// a choice and not with the next one (an optimiser's parameters, a table's columns) is set back to its default before, so that
    /// it comes back with the choice.
    pub fn set(config: &RunConfig, key: &str, new: ParamValue) -> Option<Self> {
        let known = config.key(key)?;
        let (old, new) = (config.value(&known), known.info.as_kind(&new));
        if old == new {
            return None;
        }
        let set = Self::Set { key: key.to_owned(), old, new };
        let mut after = config.clone();
        // What may not stand there is refused when the change is made.
        if set.apply(&mut after).is_err() {
            return Some(set);
        }
        let goes = |path: &str, old: &ParamValue| {
            path != key && after.value_at(path).as_ref() != Some(old) || key == LABELS && COLUMNS.contains(&path)
        };
        let back_to_default = |key: Key| {
            let (path, old, new) = (key.path(), config.value(&key), key.info.default_value());
            (old != new && goes(&path, &old)).then_some(Self::Set { key: path, old, new })
        };
        let mut edits: Vec<Self> = config.section_keys(known.section).into_iter().filter_map(back_to_default).collect();
        if edits.is_empty() {
            return Some(set);
        }
        edits.push(set);
        Some(Self::Many { of: ManyOf::Choice, edits })
    }

    /// Back to the default; `None` where that stands there.
    pub fn reset(config: &RunConfig, key: &str) -> Option<Self> {
        let default = config.key(key)?.info.default_value();
        Self::set(config, key, default)
    }

    /// To a preset and its chain; `None` where all of it stands there already.
    pub fn preset(config: &RunConfig, preset: &Preset, chain: Vec<TransformSpec>) -> Option<Self> {
        let mut to = preset.applied(config.clone());
        to.transforms = chain;
        Self::many(ManyOf::Preset(preset.item.name), config, &to, true)
    }

    /// To the settings and the chain of another run, called `name`, but for the dataset's folder; without `with_data` `[data]` stays
    /// as it is. `None` where all of it stands there already.
    pub fn settings_of_run(config: &RunConfig, run: &RunConfig, name: &str, with_data: bool) -> Option<Self> {
        Self::many(ManyOf::Run(name.to_owned()), config, run, with_data)
    }

    fn many(of: ManyOf, from: &RunConfig, to: &RunConfig, with_data: bool) -> Option<Self> {
        let mut now = from.clone();
        let mut edits = Vec::new();
        for key in to.keys() {
            let path = key.path();
            if path == DIR || !with_data && path.starts_with("data.") {
                continue;
            }
            // What another version allowed and this one does not stays as it is.
            edits.extend(Self::set(&now, &path, to.value(&key)).filter(|edit| edit.apply(&mut now).is_ok()));
        }
        if now.transforms != to.transforms {
            edits.push(Self::Transforms { old: now.transforms, new: to.transforms.clone() });
        }
        (!edits.is_empty()).then_some(Self::Many { of, edits })
    }

    /// Makes the change.
    ///
    /// # Errors
    /// The configuration has no such key, or the value may not stand there.
    pub fn apply(&self, config: &mut RunConfig) -> Result<(), ConfigError> {
        match self {
            Self::Set { key, new, .. } => config.set_value(key, new)?,
            Self::Transforms { new, .. } => config.transforms.clone_from(new),
            Self::Many { edits, .. } => edits.iter().try_for_each(|edit| edit.apply(config))?,
        }
        Ok(())
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Set { key, old, new } => Self::Set { key, old: new, new: old },
            Self::Transforms { old, new } => Self::Transforms { old: new, new: old },
            Self::Many { of, edits } => Self::Many { of, edits: edits.into_iter().rev().map(Self::inverse).collect() },
        }
    }

    /// Whether it may be made while a run is active.
    pub fn is_live(&self, config: &RunConfig) -> bool {
        match self {
            Self::Set { key, .. } => config.key(key).is_some_and(|key| key.info.live),
            Self::Transforms { .. } => true,
            Self::Many { edits, .. } => edits.iter().all(|edit| edit.is_live(config)),
        }
    }

    /// In words: `Batch size 64 → 32`.
    pub fn describe(&self, config: &RunConfig) -> Message {
        match self {
            Self::Set { key, old, new } => {
                let title = config.key(key).map_or(key.into(), |key| key.info.title());
                let (old, new) = (ParamInfo::show_text(old), ParamInfo::show_text(new));
                msg!("config-change", title, old, new)
            }
            Self::Transforms { .. } => msg!("config-change-of-chain"),
            Self::Many { of: ManyOf::Preset(name), .. } => {
                let title = Preset::find(name).map_or((*name).into(), |preset| preset.title().into_owned());
                msg!("config-change-to-preset", title)
            }
            Self::Many { of: ManyOf::Run(name), .. } => msg!("config-change-to-run", name),
            // The choice itself is the last of them.
            Self::Many { of: ManyOf::Choice, edits } => {
                edits.last().map_or_else(Message::default, |edit| edit.describe(config))
            }
        }
    }

    /// It leads to what stands there.
    fn holds(&self, config: &RunConfig) -> bool {
        match self {
            Self::Set { key, new, .. } => config.value_at(key).as_ref() == Some(new),
            Self::Transforms { new, .. } => config.transforms == *new,
            // Not each of them: one that came before another choice is of a key that may be gone.
            Self::Many { .. } => {
                let mut again = config.clone();
                let back = self.clone().inverse().apply(&mut again);
                back.and_then(|()| self.apply(&mut again)).is_ok() && again == *config
            }
        }
    }

    /// Both are of the same key, or of the chain.
    fn is_of_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set { key, .. }, Self::Set { key: other, .. }) => key == other,
            (Self::Transforms { .. }, Self::Transforms { .. }) => true,
            _ => false,
        }
    }
}

/// So many changes can be undone.
const MOST_KEPT: usize = 200;

/// The changes made, and those taken back.
#[derive(Debug, Default)]
pub struct EditHistory {
    done: Vec<Edit>,
    undone: Vec<Edit>,
    /// The last one is still under way: what follows of the same key belongs to it.
    open: bool,
}

impl EditHistory {
    /// Keeps a change that was made. `settled` is false while a value is being dragged: the next one of the same key is
    /// then the same change.
    pub fn made(&mut self, edit: Edit, settled: bool) {
        self.undone.clear();
        let last = self.done.last_mut().filter(|last| self.open && last.is_of_same(&edit));
        match (last, edit) {
            (Some(Edit::Set { new, .. }), Edit::Set { new: newer, .. }) => *new = newer,
            (Some(Edit::Transforms { new, .. }), Edit::Transforms { new: newer, .. }) => *new = newer,
            (_, edit) => self.done.push(edit),
        }
        if self.done.len() > MOST_KEPT {
            self.done.remove(0);
        }
        self.open = !settled;
    }

    /// The value that was being dragged rests.
    pub fn settle(&mut self) {
        self.open = false;
    }

    /// What undoing would do; `None` where there is nothing to undo. A change whose outcome was itself changed by something
    /// else (another dataset, an engine that refused) is passed over.
    pub fn to_undo(&self, config: &RunConfig) -> Option<Edit> {
        self.done.iter().rev().find(|edit| edit.holds(config)).cloned().map(Edit::inverse)
    }

    /// What redoing would do.
    pub fn to_redo(&self, config: &RunConfig) -> Option<Edit> {
        self.undone.last().cloned().filter(|edit| edit.clone().inverse().holds(config))
    }

    /// Keeps that [`Self::to_undo`] was done, before it is made.
    pub fn undone(&mut self, config: &RunConfig) {
        while let Some(edit) = self.done.pop() {
            if edit.holds(config) {
                self.undone.push(edit);
                break;
            }
        }
        self.open = false;
    }

    /// Keeps that [`Self::to_redo`] was done.
    pub fn redone(&mut self) {
        self.done.extend(self.undone.pop());
        self.open = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        config: RunConfig,
        history: EditHistory,
    }

    impl Bench {
        fn new() -> Self {
            Self { config: RunConfig::default(), history: EditHistory::default() }
        }

        fn set(&mut self, key: &str, value: i64, settled: bool) {
            let edit = Edit::set(&self.config, key, ParamValue::Int(value)).unwrap();
            edit.apply(&mut self.config).unwrap();
            self.history.made(edit, settled);
        }

        fn undo(&mut self) -> bool {
            let Some(edit) = self.history.to_undo(&self.config) else { return false };
            self.history.undone(&self.config);
            edit.apply(&mut self.config).unwrap();
            true
        }

        fn redo(&mut self) -> bool {
            let Some(edit) = self.history.to_redo(&self.config) else { return false };
            self.history.redone();
            edit.apply(&mut self.config).unwrap();
            true
        }
    }

    #[test]
    fn what_was_changed_comes_back_and_goes_again() {
        let mut bench = Bench::new();
        bench.set("loader.batch_size", 32, true);
        bench.set("train.epochs", 9, true);
        let changed = bench.config.clone();
        assert!(bench.undo() && bench.undo());
        assert_eq!(bench.config, RunConfig::default());
        assert!(!bench.undo());
        assert!(bench.redo() && bench.redo() && !bench.redo());
        assert_eq!(bench.config, changed);
        assert!(bench.undo());
        bench.set("train.seed", 3, true);
        assert!(!bench.redo(), "a new change ends what could be redone");
    }

    #[test]
    fn a_drag_is_one_change() {
        let mut bench = Bench::new();
        bench.set("loader.batch_size", 63, false);
        bench.set("loader.batch_size", 50, false);
        bench.set("loader.batch_size", 40, true);
        bench.set("loader.batch_size", 41, true);
        assert!(bench.undo());
        assert_eq!(bench.config.loader.batch_size, 40);
        assert!(bench.undo());
        assert_eq!(bench.config.loader.batch_size, 64);
        assert!(!bench.undo());
    }

    #[test]
    fn a_preset_is_one_change() {
        let mut bench = Bench::new();
        let preset = Preset::find("tutorial").unwrap();
        let chain = vec![TransformSpec::new("LoadImage")];
        let edit = Edit::preset(&bench.config, preset, chain.clone()).unwrap();
        assert_eq!(edit.describe(&bench.config).to_string(), "preset MONAI's MedNIST tutorial");
        assert!(!edit.is_live(&bench.config));
        edit.apply(&mut bench.config).unwrap();
        let mut wanted = preset.applied(RunConfig::default());
        wanted.transforms.clone_from(&chain);
        assert_eq!(bench.config, wanted);
        assert_eq!(Edit::preset(&bench.config, preset, chain), None, "nothing is left to change");
        bench.history.made(edit, true);
        assert!(bench.undo());
        assert_eq!(bench.config, RunConfig::default());
        assert!(!bench.undo());
        assert!(bench.redo());
        assert_eq!(bench.config, wanted);

        let tuned = ["optimizer.name=sgd", "optimizer.momentum=0.5", "schedule.name=cosine", "schedule.end_frac=0.5"];
        let config = configured(&tuned);
        let edit = Edit::preset(&config, preset, wanted.transforms.clone()).unwrap();
        let mut changed = config.clone();
        edit.apply(&mut changed).unwrap();
        assert_eq!(changed, wanted);
        edit.inverse().apply(&mut changed).unwrap();
        assert_eq!(changed, config);
    }

    fn configured(sets: &[&str]) -> RunConfig {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        RunConfig::default().with_sets(&sets).unwrap()
    }

    /// Also where the parameters of a choice before are not those of the next one, or may not be so large with it.
    #[test]
    fn settings_of_another_run_are_one_change() {
        let mut bench = Bench::new();
        let own = ["data.dir=/own", "data.labels=a.csv", "data.label_column=sort", "model.width=4"];
        let adamw = ["optimizer.name=adamw", "optimizer.weight_decay=5", "optimizer.beta_1=0.5", "train.epochs=9"];
        let cosine = ["schedule.name=cosine", "schedule.end_frac=0.5"];
        bench.config = configured(&[&own[..], &adamw, &cosine].concat());
        let before = bench.config.clone();
        let theirs = ["data.dir=/theirs", "data.labels=b.csv", "data.label_column=sort", "model.name=resnet18"];
        let adam =
            ["optimizer.weight_decay=0.5", "optimizer.beta_1=0.5", "schedule.name=plateau", "schedule.end_frac=0.1"];
        let mut run = configured(&[&theirs[..], &adam].concat());
        run.transforms = vec![TransformSpec::new("LoadImage")];
        for with_data in [true, false] {
            let edit = Edit::settings_of_run(&bench.config, &run, "first", with_data).unwrap();
            assert_eq!(edit.describe(&bench.config).to_string(), "the settings of first");
            edit.apply(&mut bench.config).unwrap();
            let mut wanted = run.clone();
            if !with_data {
                wanted.data = before.data.clone();
            }
            wanted.data.dir.clone_from(&before.data.dir);
            assert_eq!(bench.config, wanted);
            assert_eq!(
                Edit::settings_of_run(&bench.config, &run, "first", with_data),
                None,
                "nothing is left to change"
            );
            bench.history.made(edit, true);
            assert!(bench.undo());
            assert_eq!(bench.config, before);
            assert!(bench.redo());
            assert_eq!(bench.config, wanted);
            assert!(bench.undo());
            assert_eq!(bench.config, before);
        }
    }

    #[test]
    fn a_choice_that_is_taken_back_brings_back_what_went_with_it() {
        let mut bench = Bench::new();
        bench.config = configured(&[
            "optimizer.name=sgd",
            "optimizer.momentum=0.5",
            "data.labels=a.csv",
            "data.label_column=sort",
        ]);
        for (key, value, words) in
            [("optimizer.name", "adam", "Optimiser sgd → adam"), ("data.labels", "b.csv", "Classes from a.csv → b.csv")]
        {
            let before = bench.config.clone();
            let edit = Edit::set(&bench.config, key, value.into()).unwrap();
            assert!(edit.describe(&bench.config).to_string().ends_with(words), "{}", edit.describe(&bench.config));
            edit.apply(&mut bench.config).unwrap();
            assert!(bench.config.optimizer.params.is_empty() || key != "optimizer.name");
            assert!(bench.config.data.label_column.is_empty() || key != "data.labels");
            bench.history.made(edit, true);
            let after = bench.config.clone();
            assert!(bench.undo());
            assert_eq!(bench.config, before);
            assert!(bench.redo());
            assert_eq!(bench.config, after);
        }
    }

    #[test]
    fn what_something_else_changed_of_many_since_is_left_alone() {
        let mut bench = Bench::new();
        let run = configured(&["train.epochs=9", "optimizer.name=sgd", "optimizer.momentum=0.5"]);
        let edit = Edit::settings_of_run(&bench.config, &run, "first", false).unwrap();
        edit.apply(&mut bench.config).unwrap();
        bench.history.made(edit, true);
        let momentum = bench.config.optimizer.params.insert("momentum".to_owned(), ParamValue::Float(0.25));
        assert_eq!(bench.history.to_undo(&bench.config), None);
        bench.config.optimizer.params.extend(momentum.map(|value| ("momentum".to_owned(), value)));
        assert!(bench.history.to_undo(&bench.config).is_some());
    }

    #[test]
    fn what_something_else_changed_since_is_left_alone() {
        let mut bench = Bench::new();
        bench.set("train.epochs", 9, true);
        bench.set("loader.batch_size", 32, true);
        bench.config.loader.batch_size = 8;
        assert!(bench.undo());
        assert_eq!((bench.config.train.epochs, bench.config.loader.batch_size), (4, 8));
    }

    #[test]
    fn a_change_is_described_and_refused_like_any_other_value() {
        let config = RunConfig::default();
        assert_eq!(Edit::set(&config, "loader.batch_size", ParamValue::Int(64)), None);
        assert_eq!(Edit::set(&config, "loader.nothing", ParamValue::Int(64)), None);
        assert_eq!(Edit::reset(&config, "loader.batch_size"), None);
        let edit = Edit::set(&config, "loader.batch_size", ParamValue::Int(0)).unwrap();
        assert_eq!(edit.describe(&config).to_string(), "Batch size 64 → 0");
        let error = edit.apply(&mut config.clone()).unwrap_err().to_string();
        assert_eq!(error, "`loader.batch_size` = 0: expected a whole number from 1 to 65536, in images");
    }
}
