//! The verdict that is always there: what holds training back, by the operational laws, and what would change it.

use super::laws::{Demands, FEWEST_STEPS, LoaderCase, Rate, RunFacts, StageDemand, UNSURE_FRAC};
use crate::protocol::{Bound, Ceiling, Evidence, Prediction, RunChange, StagesEvent, StepEvent, Verdict};

/// The trainer waits for this share of the step or more: the input is the limit.
const INPUT_WAIT_FRAC: f64 = 0.10;
/// It waits for less than this: the input is not.
const TRAINER_WAIT_FRAC: f64 = 0.03;
/// Two sides that differ by no more are equally fast.
const BALANCED_FRAC: f64 = 0.10;
/// Uploads of this share of the device's time are the limit.
const TRANSFER_FRAC: f64 = 0.5;
/// Where the host waits for the device for less than this share, handing out the work is the limit.
const LAUNCH_READ_FRAC: f64 = 0.1;
/// A change that brings less is not worth a sentence.
const WORTH_FRAC: f64 = 0.03;
const PHASES: [&str; 4] = ["upload", "forward", "backward", "optimiser"];

/// What the window says. `steps` and `stages` in order, at least the last [`FEWEST_STEPS`] steps and the stages of the
/// same time; those of earlier versions of the chain are left aside.
pub fn verdict(steps: &[StepEvent], stages: &[StagesEvent], facts: &RunFacts) -> Verdict {
    let demands = Demands::of(steps, stages, facts);
    let bare = |bound, sentence| Verdict {
        bound,
        sentence,
        images_per_sec: None,
        evidence: Vec::new(),
        ceilings: Vec::new(),
        predictions: Vec::new(),
        troubles: Vec::new(),
    };
    if let Some(secs) = facts.stalled_secs {
        return bare(Bound::Stalled, format!("Stalled: nothing has moved for {secs:.0} s"));
    }
    let Some(demands) = demands.filter(|d| d.steps >= FEWEST_STEPS) else {
        let newest = steps.last().map(|s| s.config_version);
        let count = steps.iter().filter(|s| Some(s.config_version) == newest).count();
        return bare(Bound::NotEnough, format!("Not enough steps to say yet: {count} of {FEWEST_STEPS}"));
    };
    let bound = bound(&demands, facts);
    let predictions = predictions(&demands, facts);
    Verdict {
        bound,
        sentence: sentence(bound, &demands, facts, &predictions),
        images_per_sec: Some(demands.images_per_sec),
        evidence: evidence(&demands, facts),
        ceilings: ceilings(&demands, facts),
        predictions,
        troubles: Vec::new(),
    }
}

fn bound(demands: &Demands, facts: &RunFacts) -> Bound {
    let trainer = trainer_bound(demands, facts);
    if facts.workers == 0 {
        // They take turns: whoever takes the larger part.
        return match demands.wait_frac {
            wait if wait > 0.5 * (1.0 + BALANCED_FRAC) => Bound::Input,
            wait if wait < 0.5 * (1.0 - BALANCED_FRAC) => trainer,
            _ => Bound::Balanced,
        };
    }
    let near = demands.loader_images_per_sec(facts).is_some_and(|loader| {
        let ratio = loader / demands.trainer_images_per_sec();
        (1.0 - BALANCED_FRAC..1.0 + BALANCED_FRAC).contains(&ratio)
    });
    match demands.wait_frac {
        wait if wait >= 1.5 * INPUT_WAIT_FRAC => Bound::Input,
        wait if wait >= INPUT_WAIT_FRAC && !near => Bound::Input,
        wait if wait < TRAINER_WAIT_FRAC => trainer,
        _ => Bound::Balanced,
    }
}

/// What the trainer's own time goes into.
fn trainer_bound(demands: &Demands, facts: &RunFacts) -> Bound {
    if let Some([upload, rest @ ..]) = demands.phases_secs
        && upload > TRANSFER_FRAC * (upload + rest.iter().sum::<f64>())
    {
        return Bound::Transfer;
    }
    let waits_little = demands.read_frac.is_some_and(|read| read < LAUNCH_READ_FRAC);
    if waits_little && !facts.device_is_cpu { Bound::Launch } else { Bound::Compute }
}

fn evidence(demands: &Demands, facts: &RunFacts) -> Vec<Evidence> {
    let of = |name: &str, value: f64, unit: &str| Evidence { name: name.to_owned(), value, unit: unit.to_owned() };
    let loader = demands.loader(facts);
    let mut evidence = vec![
        of("steps looked at", demands.steps as f64, ""),
        of("training", demands.images_per_sec, "images/s"),
        of("waiting for data", 100.0 * demands.wait_frac, "% of a step"),
        of("batches waiting", demands.queue_len, ""),
        of("trainer's time", 1e6 * demands.train_secs, "us/image"),
        of("trainer alone", demands.trainer_images_per_sec(), "images/s"),
        of("workers", facts.workers as f64, ""),
        of("cores", facts.cores as f64, ""),
    ];
    if let Some(alone) = demands.loader_images_per_sec(facts) {
        evidence.push(of("loader's CPU time", 1e6 * loader.cpu_secs, "us/image"));
        evidence.push(of("loader's time", 1e6 * loader.wall_secs, "us/image"));
        evidence.push(of("loader alone", alone, "images/s"));
    }
    if let Some(read) = demands.read_frac {
        evidence.push(of("host waiting for the device", 100.0 * read, "% of the trainer's time"));
    }
    evidence
}

fn ceilings(demands: &Demands, facts: &RunFacts) -> Vec<Ceiling> {
    let threads = facts.workers.clamp(1, facts.cores.max(1)) as f64;
    let rate = |count: f64, secs: f64| (secs > 0.0).then(|| count / secs);
    let ceiling = |name: &str, images_per_sec| Ceiling { name: name.to_owned(), images_per_sec, lowest: false };
    let mut ceilings: Vec<Ceiling> =
        demands.stages.iter().map(|stage| ceiling(&stage.name, rate(threads, stage.wall_secs))).collect();
    for (i, name) in PHASES.iter().enumerate() {
        let secs = demands.phases_secs.and_then(|phases| phases.get(i).copied());
        ceilings.push(ceiling(name, secs.and_then(|secs| rate(1.0, secs))));
    }
    let least = ceilings.iter().filter_map(|c| c.images_per_sec).fold(f64::INFINITY, f64::min);
    if let Some(lowest) = ceilings.iter_mut().find(|c| c.images_per_sec == Some(least)) {
        lowest.lowest = true;
    }
    ceilings
}

fn predictions(demands: &Demands, facts: &RunFacts) -> Vec<Prediction> {
    let now = demands.loader(facts);
    let without = |gone: &dyn Fn(&StageDemand) -> bool| {
        let gone = || demands.stages.iter().filter(|s| gone(s));
        let (cpu, wall): (f64, f64) = (gone().map(|s| s.cpu_secs).sum(), gone().map(|s| s.wall_secs).sum());
        LoaderCase { cpu_secs: now.cpu_secs - cpu, wall_secs: now.wall_secs - wall, ..now }
    };
    let mut predictions = Vec::new();
    let mut predict = |change: RunChange, case: LoaderCase, gone: &dyn Fn(&StageDemand) -> bool| {
        let Some(rate) = demands.predict(facts, case) else { return };
        let (next_bound, next_limit) = next_limit(demands, facts, rate, case, gone);
        let Rate { images_per_sec, low, high, .. } = rate;
        predictions.push(Prediction { change, images_per_sec, low, high, next_bound, next_limit });
    };
    for name in facts.switchable.iter().filter(|name| demands.stages.iter().any(|s| s.name == **name)) {
        let gone = |stage: &StageDemand| stage.name == *name;
        predict(RunChange::TransformOff(name.clone()), without(&gone), &gone);
    }
    for workers in 0..=facts.cores {
        predict(RunChange::Workers(workers), LoaderCase { workers, ..now }, &|_| false);
    }
    if !facts.cacheable.is_empty() {
        let gone = |stage: &StageDemand| facts.cacheable.contains(&stage.name);
        let mut case = without(&gone);
        // What is kept must be copied out, as a finished sample is into its batch.
        let copy = demands.stages.iter().find(|s| s.name == "collate");
        case.cpu_secs += copy.map_or(0.0, |s| s.cpu_secs);
        case.wall_secs += copy.map_or(0.0, |s| s.wall_secs);
        predict(RunChange::Cache, case, &gone);
    }
    predictions.extend(larger_batch(demands, facts));
    predictions
}

/// Twice the batch: what a step costs whatever its size (handing out the work) is shared by twice the images. How much
/// that is, one size of batch cannot tell: the band reaches from nothing to all of the trainer's time.
fn larger_batch(demands: &Demands, facts: &RunFacts) -> Option<Prediction> {
    let now = demands.images_per_sec;
    let case = demands.loader(facts);
    let loader = demands.predict(facts, case)?;
    let most = if facts.device_is_cpu {
        now
    } else if facts.workers == 0 {
        now / (1.0 - 0.5 * (1.0 - demands.wait_frac))
    } else {
        (2.0 * now).min(demands.loader_images_per_sec(facts)?).max(now)
    };
    let launch = bound(demands, facts) == Bound::Launch;
    let images_per_sec = if launch { most } else { now };
    let loader_over_trainer = loader.loader_over_trainer * now / images_per_sec;
    let (low, high) = ((1.0 - UNSURE_FRAC) * now, (1.0 + UNSURE_FRAC) * most);
    let rate = Rate { images_per_sec, low, high, loader_over_trainer };
    let (next_bound, next_limit) = next_limit(demands, facts, rate, case, &|_| false);
    let change = RunChange::BatchSize(2 * facts.batch_size);
    Some(Prediction { change, images_per_sec, low, high, next_bound, next_limit })
}

/// What limits training after a change, and its name.
fn next_limit(
    demands: &Demands,
    facts: &RunFacts,
    rate: Rate,
    case: LoaderCase,
    gone: &dyn Fn(&StageDemand) -> bool,
) -> (Bound, String) {
    let trainer = trainer_bound(demands, facts);
    let ratio = rate.loader_over_trainer;
    let costliest = demands.stages.iter().filter(|s| !gone(s)).max_by(|a, b| a.wall_secs.total_cmp(&b.wall_secs));
    let loader = costliest.map_or("the loader".to_owned(), |s| format!("the loader, {} first", s.name));
    let device = if facts.device_is_cpu { "training on the CPU" } else { "the device" };
    match ratio {
        _ if case.workers == 0 && ratio < 1.0 => (Bound::Input, format!("{loader}, in turns with training")),
        _ if case.workers == 0 => (trainer, format!("{device}, in turns with the loader")),
        ratio if ratio < 1.0 - BALANCED_FRAC => (Bound::Input, loader),
        ratio if ratio > 1.0 + BALANCED_FRAC => (trainer, device.to_owned()),
        _ => (Bound::Balanced, format!("{loader}, and {device} alike")),
    }
}

fn sentence(bound: Bound, demands: &Demands, facts: &RunFacts, predictions: &[Prediction]) -> String {
    let loader = demands.loader(facts);
    let costliest = demands.stages.iter().max_by(|a, b| a.wall_secs.total_cmp(&b.wall_secs));
    let stage = costliest.filter(|_| loader.wall_secs > 0.0).map(|s| {
        let share = 100.0 * s.wall_secs / loader.wall_secs;
        format!("; {} is {share:.0} % of the loader's time", s.name)
    });
    let wait = 100.0 * demands.wait_frac;
    let mut words = match bound {
        Bound::Input if facts.workers == 0 => {
            format!(
                "Input-bound: loading takes {wait:.0} % of each step, as loader and training take turns without workers"
            )
        }
        Bound::Input => format!("Input-bound: the trainer waits for data {wait:.0} % of each step"),
        Bound::Transfer => "Transfer-bound: uploads take most of the trainer's time".to_owned(),
        Bound::Launch => {
            "Launch-bound: the host hands out work more slowly than the device does it; larger batches help".to_owned()
        }
        Bound::Balanced => {
            "Balanced: loader and training are about equally fast, and only both together can be faster".to_owned()
        }
        _ if facts.workers == 0 => {
            format!("Compute-bound: training takes {:.0} % of each step, loading the rest", 100.0 - wait)
        }
        _ => format!("Compute-bound: training takes {:.0} % of each step", 100.0 - wait),
    };
    if bound == Bound::Input {
        words.push_str(&stage.unwrap_or_default());
    }
    if facts.device_is_cpu && facts.workers > 0 {
        words.push_str(&format!("; loader and training share {} cores", facts.cores));
    }
    let changes: Vec<String> = best(demands, predictions).map(|p| in_words(demands, p)).collect();
    if !changes.is_empty() {
        words.push_str(&format!("; training would be {}", changes.join(", ")));
    } else if !predictions.is_empty() {
        words.push_str("; no transform, cache or number of workers would change much");
    }
    words
}

/// Of switching off, of workers and of a cache, each the change that brings most for certain, where it is worth it.
fn best<'a>(demands: &Demands, predictions: &'a [Prediction]) -> impl Iterator<Item = &'a Prediction> {
    let worth = (1.0 + WORTH_FRAC) * demands.images_per_sec;
    let kinds: [fn(&RunChange) -> bool; 4] = [
        |c| matches!(c, RunChange::TransformOff(_)),
        |c| matches!(c, RunChange::Workers(_)),
        |c| matches!(c, RunChange::Cache),
        |c| matches!(c, RunChange::BatchSize(_)),
    ];
    kinds.into_iter().filter_map(move |kind| {
        let worthy = predictions.iter().filter(|p| kind(&p.change) && p.low > worth);
        // No more workers than bring something.
        worthy.reduce(|a, b| if b.low > 1.02 * a.low { b } else { a })
    })
}

fn in_words(demands: &Demands, prediction: &Prediction) -> String {
    let times = |rate: f64| rate / demands.images_per_sec;
    let (usual, low, high) = (times(prediction.images_per_sec), times(prediction.low), times(prediction.high));
    let change = match &prediction.change {
        RunChange::TransformOff(name) => format!("with {name} off"),
        RunChange::Workers(1) => "with 1 worker".to_owned(),
        RunChange::Workers(workers) => format!("with {workers} workers"),
        RunChange::Cache => "with a cache".to_owned(),
        RunChange::BatchSize(size) => format!("with batches of {size}"),
    };
    format!("{usual:.1} times as fast ({low:.1} to {high:.1}) {change}")
}
