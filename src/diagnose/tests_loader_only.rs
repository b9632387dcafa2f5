//! The bisect over the loader alone, over drawn images with delays planted.

use super::conclusion::Candidate;
use super::loader_only::{LoaderOnlySettings, loader_only, switchable};
use crate::config::{LoaderConfig, ParamValue, TransformSpec};
use crate::data::{Dataset, sample_images::write_sample_dataset, scan};
use crate::loader::{EpochOrder, Loader, LoaderJob};
use crate::protocol::{BisectVerdict, Decision, OffMethod};
use crate::transform::{Chain, tutorial_chain};
use std::ops::ControlFlow;
use std::sync::Arc;
use tempfile::TempDir;

/// 48 drawn images of 64 x 64; the folder lives as long as the first.
fn images() -> (TempDir, Arc<Dataset>) {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("images");
    write_sample_dataset(&dir, 8, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let dataset = scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
    (home, Arc::new(dataset))
}

fn job(dataset: &Arc<Dataset>, specs: &[TransformSpec]) -> LoaderJob {
    LoaderJob {
        dataset: Arc::clone(dataset),
        indices: (0..dataset.len() as u32).collect(),
        chain: Arc::new(Chain::build(specs).unwrap()),
        config: LoaderConfig::default(),
        channels: 1,
        max_pixels: 1 << 20,
        seed: 5,
        order: EpochOrder::Shuffled,
        first_epoch: 1,
        first_batch: 0,
        epochs: 1,
    }
}

fn delay(secs: f64, kind: &str) -> TransformSpec {
    TransformSpec::new("SimulateDelay")
        .with("delay_time", ParamValue::Float(secs))
        .with("kind", ParamValue::Text(kind.to_owned()))
}

/// Six delays, of which one may be planted.
fn six(planted: Option<(usize, TransformSpec)>) -> Vec<TransformSpec> {
    let mut specs = vec![TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
    specs.extend((0..6).map(|_| delay(0.0, "busy")));
    if let Some((at, spec)) = planted {
        specs[2 + at] = spec;
    }
    specs
}

fn bisect(specs: &[TransformSpec], alpha: f64) -> BisectVerdict {
    let (_home, dataset) = images();
    let job = job(&dataset, specs);
    let candidates = switchable(&job.chain, true);
    assert_eq!(candidates.len(), 6);
    let settings = LoaderOnlySettings { alpha, ..LoaderOnlySettings::new(candidates, 6.0, 1) };
    let (_, verdict) = loader_only(&job, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
    println!("{:.1} s, floor {:?}: {}", verdict.secs, verdict.noise_floor_frac, verdict.sentence);
    verdict
}

#[test]
fn a_planted_delay_comes_first() {
    for (at, secs) in [(0, 300e-6), (3, 100e-6), (5, 1000e-6)] {
        let verdict = bisect(&six(Some((at, delay(secs, "busy")))), 0.05);
        assert_eq!(verdict.culprits.first().map(|c| c.index), Some(2 + at), "{verdict:?}");
        let name = if at == 0 { "SimulateDelay".to_owned() } else { format!("SimulateDelay {}", at + 1) };
        assert_eq!(verdict.culprits[0].transform, name);
    }
}

/// Without the Resize the smoothing has 64 times the pixels to do: left out, it seems to spare time.
#[test]
fn replayed_a_step_shows_its_own_cost_whatever_it_does_to_others() {
    let (_home, dataset) = images();
    let mut specs = tutorial_chain(Some([8, 8]));
    specs.truncate(3);
    specs.extend((0..4).map(|_| TransformSpec::new("GaussianSmooth").with("sigma", ParamValue::Float(3.0))));
    let job = job(&dataset, &specs);
    let cost = |method| {
        let candidates = vec![Candidate { index: 2, name: "Resize".to_owned() }];
        let settings = LoaderOnlySettings { method, ..LoaderOnlySettings::new(candidates, 6.0, 1) };
        let (report, _) = loader_only(&job, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(report.trials.iter().all(|trial| trial.method == method));
        println!("{method:?}: {:?}", report.trials[0]);
        report.trials[0].clone()
    };
    let (removed, replayed) = (cost(OffMethod::Removed), cost(OffMethod::Replayed));
    assert!(removed.high.unwrap() < -0.2, "{removed:?}");
    assert!(replayed.low.unwrap() > -0.02, "{replayed:?}");
}

#[test]
fn a_delay_that_is_replayed_is_found() {
    let (_home, dataset) = images();
    let job = job(&dataset, &six(Some((3, delay(200e-6, "busy")))));
    let settings = LoaderOnlySettings {
        method: OffMethod::Replayed,
        ..LoaderOnlySettings::new(switchable(&job.chain, true), 6.0, 1)
    };
    let (_, verdict) = loader_only(&job, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(verdict.culprits.first().map(|c| c.index), Some(5), "{verdict:?}");
}

#[test]
fn a_transform_that_sleeps_is_seen_by_the_wall_clock() {
    let verdict = bisect(&six(Some((4, delay(1e-3, "sleep")))), 0.05);
    assert_eq!(verdict.culprits.first().map(|c| c.index), Some(6), "{verdict:?}");
}

#[test]
fn where_none_is_planted_there_is_no_culprit() {
    // One false alarm in a thousand, for the test's sake; and twice, as another program's load that comes or goes within these six
    // seconds is no noise of the loader.
    let verdict = bisect(&six(None), 0.001);
    assert!(verdict.noise_floor_frac.is_some());
    if !verdict.culprits.is_empty() {
        let again = bisect(&six(None), 0.001);
        assert!(again.culprits.is_empty(), "{verdict:?}, and again {again:?}");
    }
}

#[test]
fn names_are_those_of_the_stages_and_needed_steps_stay_on() {
    let (_home, dataset) = images();
    let mut specs = tutorial_chain(Some([32, 32]));
    specs.push(TransformSpec::new("RandFlip").with("prob", ParamValue::Float(1.0)));
    let job = job(&dataset, &specs);
    let mut loader = Loader::start(job.clone()).unwrap();
    loader.next().unwrap();
    let stages: Vec<String> = loader.stats().snapshot().stages.into_iter().map(|s| s.stage.to_string()).collect();
    let names = |one_size| switchable(&job.chain, one_size).into_iter().map(|c| c.name).collect::<Vec<_>>();
    assert!(names(true).iter().all(|name| stages.contains(name)), "{:?} {stages:?}", names(true));
    assert_eq!(names(false), ["ScaleIntensity", "RandRotate", "RandFlip", "RandZoom", "RandFlip 2"]);
    assert_eq!(names(true)[0], "Resize");
}

#[test]
fn it_ends_when_it_is_told_to() {
    let (_home, dataset) = images();
    let job = job(&dataset, &six(None));
    let settings = LoaderOnlySettings::new(switchable(&job.chain, true), 600.0, 1);
    let (report, verdict) = loader_only(&job, &settings, &mut |blocks| {
        if blocks >= 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap();
    assert_eq!((report.blocks, report.trials.len()), (3, 12));
    assert_eq!(verdict.undecided.len(), 6);
}

/// Images of two sizes that only the Resize makes one.
#[test]
fn a_step_without_which_there_is_no_batch_cannot_be_off() {
    let home = tempfile::tempdir().unwrap();
    for (class, sides) in [("a", [8u32, 12]), ("b", [8, 12])] {
        let dir = home.path().join(class);
        std::fs::create_dir(&dir).unwrap();
        for i in 0..16 {
            let side = sides[i % 2];
            image::GrayImage::from_pixel(side, side, image::Luma([100])).save(dir.join(format!("{i}.png"))).unwrap();
        }
    }
    let dataset = Arc::new(scan(home.path(), 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap());
    let job = job(&dataset, &tutorial_chain(Some([16, 16])));
    let settings =
        LoaderOnlySettings { max_blocks: 10, ..LoaderOnlySettings::new(switchable(&job.chain, true), 5.0, 1) };
    let (report, _) = loader_only(&job, &settings, &mut |_| ControlFlow::Continue(())).unwrap();
    let of = |name: &str| report.trials.iter().find(|t| t.transform == name).unwrap();
    assert_eq!(of("Resize").decision, Decision::CannotSwitch);
    assert!(of("RandFlip").blocks >= 9 && of("RandFlip").decision != Decision::CannotSwitch);
}
