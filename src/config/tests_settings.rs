//! What holds of every key, whatever it is: its default, its range, its way through TOML and `--set`.

use super::*;
use std::collections::BTreeSet;

/// A configuration for each that can be chosen in a section, so that together they have every key there is. Nothing is
/// held out, so that either share may be set to its largest.
fn configs() -> Vec<RunConfig> {
    let sets = ["data.val_frac=0", "data.test_frac=0"].map(str::to_owned);
    let base = RunConfig::default().with_sets(&sets).unwrap();
    let mut configs = vec![base.clone()];
    for setting in SETTINGS.iter().filter(|setting| setting.info.name == "name") {
        let ParamKind::OneOf(items) = setting.info.kind else { panic!("{}.name is no choice", setting.section) };
        for item in items {
            configs.push(base.with_sets(&[format!("{}.name={}", setting.section, item.name)]).unwrap());
        }
    }
    configs
}

fn for_every_key(check: impl Fn(&RunConfig, &Key)) {
    let mut seen = BTreeSet::new();
    for config in configs() {
        for key in config.keys() {
            check(&config, &key);
            seen.insert(key.path());
        }
    }
    assert!(seen.len() > SETTINGS.len(), "the parameters of what can be chosen are keys too: {seen:?}");
}

/// The ends of what is allowed, and what lies just beyond or is of another kind.
fn edges(kind: ParamKind) -> (Vec<ParamValue>, Vec<ParamValue>) {
    let text = |text: &str| ParamValue::Text(text.to_owned());
    match kind {
        ParamKind::Bool => {
            (vec![ParamValue::Bool(true), ParamValue::Bool(false)], vec![ParamValue::Int(1), text("yes")])
        }
        ParamKind::Int { min, max } => {
            let beyond = [min.checked_sub(1), max.checked_add(1)].into_iter().flatten().map(ParamValue::Int);
            (
                vec![ParamValue::Int(min), ParamValue::Int(max)],
                beyond.chain([ParamValue::Float(1.5), text("two")]).collect(),
            )
        }
        ParamKind::Float { min, max } => (
            vec![ParamValue::Float(min), ParamValue::Float(max)],
            vec![ParamValue::Float(min.next_down()), ParamValue::Float(max.next_up()), text("x")],
        ),
        ParamKind::OneOf(items) => {
            (items.iter().map(|i| text(i.name)).collect(), vec![text("no such"), ParamValue::Int(1)])
        }
        ParamKind::Whole(numbers) => {
            let beyond = numbers.iter().max().unwrap() + 1;
            (numbers.iter().map(|n| ParamValue::Int(*n)).collect(), vec![ParamValue::Int(beyond), ParamValue::Int(-1)])
        }
        ParamKind::Text => (vec![text("/data/Bilder ü 1"), text("")], vec![ParamValue::Int(3), ParamValue::Bool(true)]),
        ParamKind::Texts => {
            let list = vec![text("a/1.png"), text("b")];
            (
                vec![ParamValue::List(list), ParamValue::List(vec![])],
                vec![text("a"), ParamValue::List(vec![ParamValue::Int(1)])],
            )
        }
        ParamKind::Floats { min, max, .. } => {
            let list = |numbers: &[f64]| ParamValue::List(numbers.iter().copied().map(ParamValue::Float).collect());
            (
                vec![list(&[]), list(&[min, 0.5, max])],
                vec![list(&[min.next_down()]), list(&[1.0, max.next_up()]), text("x")],
            )
        }
        other => panic!("no setting is {other:?} yet: say here what its ends are"),
    }
}

#[test]
fn every_default_is_in_its_range_and_is_what_a_configuration_begins_with() {
    for_every_key(|_, key| {
        let default = key.info.default_value();
        assert!(key.info.accepts(&default), "{} = {default}: {}", key.path(), key.info.expected());
        let fresh = RunConfig::default();
        // Another choice may have a parameter of that name with a default of its own.
        if let Some(own) = fresh.key(&key.path()) {
            assert_eq!(fresh.value(&own), own.info.default_value(), "{}", key.path());
            assert!(!fresh.is_changed(&own), "{}", key.path());
        }
        for suggestion in key.info.suggestions() {
            key.info.parse_text(&suggestion.text).unwrap_or_else(|e| panic!("{} {}: {e}", key.path(), suggestion.text));
        }
        assert!(!key.info.title().is_empty() && !key.info.doc.is_empty(), "{}", key.path());
    });
}

#[test]
fn the_ends_of_every_range_are_set_and_come_back_from_toml() {
    for_every_key(|config, key| {
        let path = key.path();
        for value in edges(key.info.kind).0 {
            let set = config.with_sets(&[format!("{path}={value}")]).unwrap_or_else(|e| panic!("{path}={value}: {e}"));
            assert_eq!(set.value_at(&path), Some(value.clone()), "{path}");
            assert_eq!(RunConfig::from_toml(&set.to_toml().unwrap()).unwrap(), set, "{path}={value}");
            let edit = Edit::set(config, &path, value.clone());
            let mut edited = config.clone();
            if let Some(edit) = edit {
                edit.apply(&mut edited).unwrap();
                assert_eq!(edited.value_at(&path), Some(value), "{path}");
                assert_eq!(edited, set, "{path}");
                edit.inverse().apply(&mut edited).unwrap();
                assert_eq!(edited, *config, "{path}");
            }
        }
    });
}

#[test]
fn what_lies_beyond_is_refused_with_key_range_and_unit() {
    for_every_key(|config, key| {
        let path = key.path();
        for value in edges(key.info.kind).1 {
            // A text is set without quotes, whatever it looks like; in a file it has them.
            let outcome = match (key.info.kind, path.split_once('.')) {
                (ParamKind::Text, Some((section, name))) => {
                    RunConfig::from_toml(&format!("[{section}]\n{name} = {value}"))
                }
                _ => config.with_sets(&[format!("{path}={value}")]),
            };
            let error = outcome.expect_err(&path).to_string();
            for word in [format!("`{path}`"), key.info.kind.to_string(), key.info.unit.to_owned()] {
                assert!(error.contains(&word), "{path}={value}: {error:?} lacks {word:?}");
            }
            assert!(config.clone().set_value(&path, &value).is_err(), "{path}={value}");
        }
    });
}

#[test]
fn parameters_belong_to_what_is_chosen() {
    let cosine = RunConfig::from_toml("[schedule]\nend_frac = 0.5\nname = \"cosine\"\n").unwrap();
    assert_eq!(cosine.value_at("schedule.end_frac"), Some(ParamValue::Float(0.5)));
    assert_eq!(cosine.schedule.values().float("end_frac"), 0.5);
    let mut constant = cosine.clone();
    constant.set_value("schedule.name", &ParamValue::Text("constant".to_owned())).unwrap();
    assert_eq!(constant, RunConfig { schedule: ScheduleConfig::default(), ..cosine.clone() });
    let error = constant.with_sets(&["schedule.end_frac=0.5".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("unknown key `schedule.end_frac`; known here: name"), "{error}");
    let at_default = cosine.with_sets(&["schedule.end_frac=0.0".to_owned()]).unwrap();
    assert_eq!(at_default, RunConfig { schedule: ScheduleConfig::named("cosine"), ..cosine });
}

/// Its range is another's: Adam's weight decay is a share, AdamW's may be 5.
#[test]
fn a_parameter_that_the_new_choice_does_not_take_is_left_behind() {
    let text = |text: &str| ParamValue::Text(text.to_owned());
    let mut config = RunConfig::default();
    config.set_value("optimizer.name", &text("adamw")).unwrap();
    config.set_value("optimizer.weight_decay", &ParamValue::Float(5.0)).unwrap();
    config.set_value("optimizer.beta_1", &ParamValue::Float(0.5)).unwrap();
    config.set_value("optimizer.name", &text("adam")).unwrap();
    assert_eq!(config.value_at("optimizer.weight_decay"), Some(ParamValue::Float(0.0)));
    assert_eq!(config.value_at("optimizer.beta_1"), Some(ParamValue::Float(0.5)), "both have it");
    assert_eq!(config.with_sets(&[]), Ok(config));
}

#[test]
fn rows_of_a_catalogue_have_names_of_their_own() {
    for setting in SETTINGS {
        if let ParamKind::OneOf(items) = setting.info.kind {
            let names: BTreeSet<&str> = items.iter().map(|item| item.name).collect();
            assert_eq!(names.len(), items.len(), "{}", setting.path());
            let keys = SETTINGS.iter().filter(|other| other.section == setting.section).map(|other| other.info.name);
            let keys: BTreeSet<&str> = keys.collect();
            for param in items.iter().flat_map(|item| item.params) {
                assert!(!keys.contains(param.name), "{}.{} is a key already", setting.section, param.name);
            }
        }
    }
}

#[test]
fn what_changes_nothing_of_a_step_s_work_is_known() {
    let same = |path: &&str| described(path).is_some_and(|info| info.same_work);
    let same_work = ["optimizer.lr", "optimizer.weight_decay", "optimizer.momentum", "schedule.warmup_steps"];
    assert_eq!(same_work.iter().chain(&["train.label_smoothing"]).find(|path| !same(path)), None);
    let other = ["optimizer.name", "optimizer.accumulate_batches", "loader.batch_size", "model.width", "no.such"];
    assert_eq!(other.iter().find(|path| same(path)), None);
}

/// A new row of the loader or of the training stands in one of these lists; those of other sections change the training.
#[test]
fn what_changes_nothing_of_what_is_learnt_is_known() {
    let same_training = [
        "loader.workers",
        "loader.prefetch",
        "loader.cache",
        "loader.cache_mb",
        "loader.cache_dir",
        "loader.pin",
        "loader.low_priority",
        "loader.bytes_to_device",
        "loader.instrument",
        "train.device",
        "train.loss_every_steps",
        "train.time_every_steps",
        "train.validate_every_epochs",
        "train.validate_every_steps",
        "train.on_divergence",
    ];
    let other = [
        "loader.batch_size",
        "loader.drop_last",
        "loader.fuse",
        "loader.scaled_decode",
        "train.epochs",
        "train.seed",
        "train.early_stopping",
        "train.label_smoothing",
        "train.class_weights",
        "train.class_weight_values",
        "train.sampling",
        "train.precision",
    ];
    for_every_key(|_, key| {
        let path = key.path();
        let same = same_training.contains(&path.as_str());
        assert_eq!(key.info.same_training, same, "{path}");
        let decided = same || other.contains(&path.as_str()) || !["loader", "train"].contains(&key.section.name);
        assert!(decided, "{path}: is what is learnt the same whatever it holds?");
    });
    for path in same_training.iter().chain(&other) {
        assert!(described(path).is_some(), "{path}");
    }
}
