//! The verdict that is always there: what holds training back, by the operational laws, and what would change it.

use super::laws::{Demands, FEWEST_STEPS, RunFacts, StageDemand, UNSURE_FRAC};
use super::queue_model::{LoaderCase, QueueModel, Rate};
use super::trouble::taken_by_others;
use crate::language::{Arg, Message, clauses, enumeration};
use crate::protocol::{
    Bound, Ceiling, Evidence, Gain, Prediction, RunChange, Stage, StagesEvent, StepEvent, StepPhases, Verdict,
};

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
/// A band this much higher at its end than at its beginning says little.
const WIDE_BAND: f64 = 2.0;
/// The loader takes this share of the cores' time: they are the limit.
const CORES_FULL_FRAC: f64 = 0.85;
/// More threads than cores are proposed where the loader waits for this share of its time or more.
const WAITS_MOSTLY_FRAC: f64 = 0.5;
/// Where others have the cores too, a stage that waits for its core looks asleep: there so much of it.
const WAITS_ALL_BUT_FRAC: f64 = 0.9;
/// ... and up to so many.
const MOST_WORKERS: usize = 64;

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
        return bare(Bound::Stalled, msg!("diagnose-stalled", time = Arg::duration(secs)));
    }
    let collecting = |done: usize, needed: usize| msg!("diagnose-collecting-steps", done, needed);
    let Some(demands) = demands.filter(|d| d.steps > 0) else {
        return bare(Bound::NotEnough, collecting(0, FEWEST_STEPS));
    };
    if !demands.is_enough() {
        return bare(Bound::NotEnough, collecting(demands.steps, demands.steps_needed));
    }
    let bound = bound(&demands, facts);
    let model = QueueModel::of(&demands, facts);
    let predictions = model.as_ref().map_or_else(Vec::new, |model| predictions(&demands, facts, model));
    Verdict {
        bound,
        sentence: sentence(bound, &demands, facts, &predictions),
        images_per_sec: Some(demands.images_per_sec),
        evidence: evidence(&demands, facts, model.as_ref()),
        ceilings: ceilings(&demands, facts, model.as_ref()),
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
    let over_trainer = demands.loader_images_per_sec(facts).map(|loader| loader / demands.trainer_images_per_sec());
    let near = over_trainer.is_some_and(|ratio| (1.0 - BALANCED_FRAC..1.0 + BALANCED_FRAC).contains(&ratio));
    let loader_is_faster = over_trainer.is_some_and(|ratio| ratio >= 1.0 + BALANCED_FRAC);
    match demands.wait_frac {
        wait if wait >= 1.5 * INPUT_WAIT_FRAC => Bound::Input,
        wait if wait >= INPUT_WAIT_FRAC && !near => Bound::Input,
        wait if wait < TRAINER_WAIT_FRAC => trainer,
        // It waits now and then, for a batch that came late.
        wait if wait < INPUT_WAIT_FRAC && loader_is_faster => trainer,
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

fn evidence(demands: &Demands, facts: &RunFacts, model: Option<&QueueModel>) -> Vec<Evidence> {
    let of = |name: Message, value: f64, unit: Message| Evidence { name, value, unit };
    let (none, rate, time) =
        (Message::default, || msg!("diagnose-unit-images-per-sec"), || msg!("diagnose-unit-us-per-image"));
    let [alone_frac, _] = trainer_alone_fracs(model);
    // Alone they are without each other, on the cores that the run gets.
    let beside = || if taken_by_others(demands, facts).is_some() { "others" } else { "nobody" };
    let trainer_alone = demands.trainer_images_per_sec() / alone_frac;
    let mut evidence = vec![
        of(msg!("diagnose-evidence-steps"), demands.steps as f64, none()),
        of(msg!("diagnose-evidence-training"), demands.images_per_sec, rate()),
        of(msg!("diagnose-evidence-waiting"), 100.0 * demands.wait_frac, msg!("diagnose-unit-percent-of-step")),
        of(msg!("diagnose-evidence-queue"), demands.queue_len, none()),
        of(msg!("diagnose-evidence-trainer-time"), 1e6 * demands.train_secs, time()),
        of(msg!("diagnose-evidence-trainer-alone", beside = beside()), trainer_alone, rate()),
        of(msg!("diagnose-evidence-workers"), facts.workers as f64, none()),
        of(msg!("diagnose-evidence-cores"), facts.cores as f64, none()),
    ];
    if let Some(alone) = demands.loader_images_per_sec(facts) {
        evidence.push(of(msg!("diagnose-evidence-loader-cpu-time"), 1e6 * demands.cpu_secs(), time()));
        evidence.push(of(msg!("diagnose-evidence-loader-time"), 1e6 * demands.wall_secs(), time()));
        // As the ceilings, never below what training does.
        let alone = alone.max(demands.images_per_sec);
        evidence.push(of(msg!("diagnose-evidence-loader-alone", beside = beside()), alone, rate()));
    }
    evidence.extend(facts.busy_cores.map(|busy| of(msg!("diagnose-evidence-busy-cores"), busy, none())));
    let others = demands.others_cores(facts);
    evidence.extend(others.map(|others| of(msg!("diagnose-evidence-others-cores"), others, none())));
    if let Some(read) = demands.read_frac {
        let unit = msg!("diagnose-unit-percent-of-trainer");
        evidence.push(of(msg!("diagnose-evidence-host-waiting"), 100.0 * read, unit));
    }
    evidence
}

/// See [`QueueModel::trainer_alone_fracs`]; of what it takes where that is not known.
fn trainer_alone_fracs(model: Option<&QueueModel>) -> [f64; 2] {
    model.and_then(QueueModel::trainer_alone_fracs).unwrap_or([1.0; 2])
}

/// Each at what it could do with the cores to itself, and never below what training does.
fn ceilings(demands: &Demands, facts: &RunFacts, model: Option<&QueueModel>) -> Vec<Ceiling> {
    let now = demands.images_per_sec;
    let (workers, cores) = (facts.workers.max(1) as f64, facts.cores.max(1) as f64);
    let stage_rate = |stage: &StageDemand| {
        // Threads that wait need no core, threads that compute need one each.
        let alone_secs = model.map_or(0.0, |m| m.sleep_secs(stage)) + stage.cpu_secs.min(stage.wall_secs);
        let by_threads = (alone_secs > 0.0).then(|| workers / alone_secs)?;
        Some(by_threads.min(cores / stage.cpu_secs.max(1e-12)))
    };
    let stages = demands.stages.iter().map(|stage| (stage.stage.name().to_owned(), stage_rate(stage)));
    let [_, own_cores_frac] = trainer_alone_fracs(model);
    // Upload to optimiser.
    let phases = StepPhases::NAMES.into_iter().skip(1).take(4).enumerate().map(|(i, name)| {
        let secs = demands.phases_secs.and_then(|phases| phases.get(i).copied());
        (name.to_owned(), secs.filter(|secs| *secs > 0.0).map(|secs| 1.0 / (own_cores_frac * secs)))
    });
    let rates: Vec<(String, Option<f64>)> = stages.chain(phases).collect();
    let least = rates.iter().filter_map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min);
    let lowest = rates.iter().position(|(_, rate)| *rate == Some(least));
    let ceiling = |(i, (name, rate)): (usize, (String, Option<f64>))| Ceiling {
        name,
        images_per_sec: rate.map(|rate| rate.max(now)),
        lowest: lowest == Some(i),
    };
    rates.into_iter().enumerate().map(ceiling).collect()
}

fn predictions(demands: &Demands, facts: &RunFacts, model: &QueueModel) -> Vec<Prediction> {
    let now = model.as_it_is();
    let without = |gone: &dyn Fn(&StageDemand) -> bool| LoaderCase {
        stages: demands.stages.iter().filter(|s| !gone(s)).collect(),
        workers: facts.workers,
    };
    let mut predictions = Vec::new();
    let mut predict = |change: RunChange, case: &LoaderCase| {
        let rate = model.predict(case);
        let (next_bound, next_limit) = next_limit(demands, facts, rate, case);
        let measured = facts.measured.iter().find(|(of, _)| *of == change).map(|(_, gain)| *gain);
        let [images_per_sec, low, high] = match measured {
            Some(Gain { effect_frac, low, high }) => {
                [effect_frac, low, high].map(|frac| (1.0 + frac) * demands.images_per_sec)
            }
            None => [rate.images_per_sec, rate.low, rate.high],
        };
        let measured = measured.is_some();
        predictions.push(Prediction { change, images_per_sec, low, high, measured, next_bound, next_limit });
    };
    for name in facts.switchable.iter().filter(|name| demands.stages.iter().any(|s| s.stage.is_step(name))) {
        predict(RunChange::TransformOff(name.clone()), &without(&|stage| stage.stage.is_step(name)));
    }
    for workers in worker_counts(demands, facts, model) {
        predict(RunChange::Workers(workers), &LoaderCase { workers, ..now.clone() });
    }
    if demands.stages.iter().any(|s| facts.cacheable.contains(&s.stage)) {
        let mut case = without(&|stage| facts.cacheable.contains(&stage.stage));
        // What is kept must be copied out, as a finished sample is into its batch.
        case.stages.extend(demands.stages.iter().filter(|s| s.stage == Stage::Collate));
        predict(RunChange::Cache, &case);
    }
    if facts.workers > 0 {
        no_more_than_measured(&mut predictions, demands.images_per_sec);
    }
    predictions.extend(larger_batch(demands, facts, model));
    predictions
}

/// Where the trainer is the limit without a stage, what was measured without it is what the trainer can do: more workers, who do that
/// stage's work beside it, have it do no more. The high ends stay, as it may have been the loader that was the limit.
fn no_more_than_measured(predictions: &mut [Prediction], now: f64) {
    let is_trainers = |p: &&Prediction| {
        let is_off = matches!(p.change, RunChange::TransformOff(_));
        is_off && p.measured && p.low > now && !matches!(p.next_bound, Bound::Input | Bound::Balanced)
    };
    let measured = predictions.iter().filter(is_trainers).map(|p| (p.images_per_sec, p.low));
    let Some((most, least)) = measured.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    for p in predictions.iter_mut().filter(|p| matches!(p.change, RunChange::Workers(_)) && !p.measured) {
        (p.images_per_sec, p.low) = (p.images_per_sec.min(most), p.low.min(least));
    }
}

/// Up to the number of cores; beyond it where workers mostly wait for something else than a core; where cores are fought over, nearly all
/// the time, and only if the run tells its CPU time.
fn worker_counts(demands: &Demands, facts: &RunFacts, model: &QueueModel) -> Vec<usize> {
    let cores = facts.cores.max(1);
    let mut counts: Vec<usize> = (0..=cores).collect();
    let sleeps: f64 = demands.stages.iter().map(|s| model.sleep_secs(s)).sum();
    let told_apart = !facts.oversubscribed || demands.cpu.is_some();
    let mostly = if facts.oversubscribed { WAITS_ALL_BUT_FRAC } else { WAITS_MOSTLY_FRAC };
    if told_apart && sleeps >= mostly * demands.wall_secs() {
        let more = [cores.div_ceil(2) + cores, 2 * cores, 3 * cores, 4 * cores, 16, 2 * facts.workers];
        counts.extend(more.into_iter().filter(|count| (cores + 1..=MOST_WORKERS.max(2 * cores)).contains(count)));
    }
    if facts.workers > cores {
        counts.push(facts.workers);
    }
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// Twice the batch: what a step costs whatever its size (handing out the work) is shared by twice the images. How much
/// that is, one size of batch cannot tell: the band reaches from nothing to all of the trainer's time. `None` where an epoch
/// has not so many images.
fn larger_batch(demands: &Demands, facts: &RunFacts, model: &QueueModel) -> Option<Prediction> {
    if facts.train_images.is_some_and(|images| images < 2 * facts.batch_size) {
        return None;
    }
    let now = demands.images_per_sec;
    let case = model.as_it_is();
    let most = if facts.device_is_cpu {
        now
    } else if facts.workers == 0 {
        now / (1.0 - 0.5 * (1.0 - demands.wait_frac))
    } else {
        (2.0 * now).min(demands.loader_images_per_sec(facts)?).max(now)
    };
    let launch = bound(demands, facts) == Bound::Launch;
    let images_per_sec = if launch { most } else { now };
    let loader_over_trainer = model.predict(&case).loader_over_trainer * now / images_per_sec;
    let (low, high) = ((1.0 - UNSURE_FRAC) * now, (1.0 + UNSURE_FRAC) * most);
    let rate = Rate { images_per_sec, low, high, loader_over_trainer };
    let (next_bound, next_limit) = next_limit(demands, facts, rate, &case);
    let change = RunChange::BatchSize(2 * facts.batch_size);
    Some(Prediction { change, images_per_sec, low, high, measured: false, next_bound, next_limit })
}

/// What limits training after a change, and its name.
fn next_limit(demands: &Demands, facts: &RunFacts, rate: Rate, case: &LoaderCase) -> (Bound, Message) {
    let trainer = trainer_bound(demands, facts);
    let costliest = case.stages.iter().max_by(|a, b| a.wall_secs.total_cmp(&b.wall_secs));
    let loader = costliest.map_or_else(
        || msg!("diagnose-limit-loader"),
        |s| msg!("diagnose-limit-loader-stage", stage = s.stage.words()),
    );
    let device = if facts.device_is_cpu { msg!("diagnose-limit-cpu") } else { msg!("diagnose-limit-device") };
    let turns = case.workers == 0;
    // In turns each takes a share of the step; see `bound`.
    let (least, most) = if turns {
        let share = |frac: f64| 0.5 * (1.0 + frac) / (1.0 - 0.5 * (1.0 + frac));
        (1.0 / share(BALANCED_FRAC), share(BALANCED_FRAC))
    } else {
        (1.0 - BALANCED_FRAC, 1.0 + BALANCED_FRAC)
    };
    match rate.loader_over_trainer {
        ratio if ratio < least && turns => (Bound::Input, msg!("diagnose-limit-loader-in-turns", loader, device)),
        ratio if ratio > most && turns => (trainer, msg!("diagnose-limit-device-in-turns", device)),
        ratio if ratio < least => (Bound::Input, loader),
        ratio if ratio > most => (trainer, device),
        _ if turns => (Bound::Balanced, msg!("diagnose-limit-alike-in-turns", loader, device)),
        _ => (Bound::Balanced, msg!("diagnose-limit-alike", loader, device)),
    }
}

/// What holds training back, and what would change it: each kind of change that the table marks, with its numbers.
fn sentence(bound: Bound, demands: &Demands, facts: &RunFacts, predictions: &[Prediction]) -> Message {
    let mut best: Vec<&Prediction> = best(demands, facts, predictions).collect();
    best.sort_by(|a, b| b.images_per_sec.total_cmp(&a.images_per_sec));
    let (waits, trains) = (Arg::percent(demands.wait_frac, 0), Arg::percent(1.0 - demands.wait_frac, 0));
    let mut said = vec![match bound {
        Bound::Input if facts.workers == 0 => msg!("diagnose-input-in-turns", percent = waits),
        Bound::Input => msg!("diagnose-input", percent = waits),
        Bound::Transfer => msg!("diagnose-transfer"),
        Bound::Launch => msg!("diagnose-launch"),
        Bound::Balanced if best.is_empty() => msg!("diagnose-balanced-both"),
        Bound::Balanced => msg!("diagnose-balanced"),
        _ if facts.workers == 0 => msg!("diagnose-compute-in-turns", percent = trains),
        _ => msg!("diagnose-compute", percent = trains),
    }];
    if bound == Bound::Input {
        said.extend(costliest(demands));
    }
    if facts.device_is_cpu && facts.workers > 0 {
        said.push(msg!("diagnose-shared-cores", cores = facts.cores));
    }
    said.extend(taken_by_others(demands, facts));
    if !best.is_empty() {
        let changes: Vec<Message> = best.into_iter().map(|p| brings(demands, p)).collect();
        said.push(msg!("diagnose-training-would-be", changes = enumeration(changes)));
    } else if !predictions.is_empty() && demands.wait_frac < TRAINER_WAIT_FRAC {
        said.push(msg!("diagnose-nothing-changes-much"));
    } else if bound == Bound::Input && !predictions.is_empty() {
        said.push(nothing_helps(demands, facts));
    }
    clauses(said)
}

/// `RandZoom is 40 % of the loader's time`.
fn costliest(demands: &Demands) -> Option<Message> {
    let costliest = demands.stages.iter().max_by(|a, b| a.wall_secs.total_cmp(&b.wall_secs))?;
    let frac = costliest.wall_secs / demands.wall_secs();
    let stage = costliest.stage.words();
    frac.is_finite().then(|| msg!("diagnose-costliest-stage", stage, percent = Arg::percent(frac, 0)))
}

/// The trainer waits, and no change is known that would help: what the case is instead.
fn nothing_helps(demands: &Demands, facts: &RunFacts) -> Message {
    if demands.images_per_sec * demands.cpu_secs() >= CORES_FULL_FRAC * facts.cores as f64 {
        return msg!("diagnose-cores-full", cores = facts.cores);
    }
    let mut stages: Vec<&StageDemand> = demands.stages.iter().collect();
    stages.sort_by(|a, b| b.wall_secs.total_cmp(&a.wall_secs));
    let own = stages.iter().filter(|s| !facts.switchable.iter().any(|step| s.stage.is_step(step)));
    let half = own.filter(|s| s.wall_secs >= 0.25 * demands.wall_secs()).map(|s| s.stage.words());
    let half: Vec<Message> = half.collect();
    if half.is_empty() { msg!("diagnose-no-known-help") } else { msg!("diagnose-loaders-own-work", stages = half) }
}

/// Of switching off, of workers, of a cache and of larger batches, each the change that brings most, if it is worth it.
fn best<'a>(
    demands: &Demands,
    facts: &RunFacts,
    predictions: &'a [Prediction],
) -> impl Iterator<Item = &'a Prediction> {
    let now = demands.images_per_sec;
    let workers = facts.workers;
    let kinds: [fn(&RunChange) -> bool; 4] = [
        |c| matches!(c, RunChange::TransformOff(_)),
        |c| matches!(c, RunChange::Workers(_)),
        |c| matches!(c, RunChange::Cache),
        |c| matches!(c, RunChange::BatchSize(_)),
    ];
    kinds.into_iter().filter_map(move |kind| Prediction::best(predictions, now, workers, kind))
}

/// It is worth it, and said without a doubt.
pub fn is_sure(prediction: &Prediction, now: f64) -> bool {
    // What is twice as fast at the least is a sure thing, however much more it may be.
    let is_narrow = prediction.high < WIDE_BAND * prediction.low || prediction.low >= WIDE_BAND * now;
    prediction.is_certain(now) && (is_narrow || prediction.measured)
}

/// `1.82 times as fast (1.60 to 2.05) with RandZoom off`, `about 2.31 times (0.95 to 5.17, uncertain) with 4 workers`,
/// `1.74 times as fast (1.70 to 1.79, measured) with RandZoom off`.
fn brings(demands: &Demands, prediction: &Prediction) -> Message {
    let now = demands.images_per_sec;
    let times = |rate: f64| Arg::number(rate / now, 2);
    let [times, low, high] = [prediction.images_per_sec, prediction.low, prediction.high].map(times);
    let change = change_words(&prediction.change);
    if prediction.measured {
        msg!("diagnose-brings-measured", times, low, high, change)
    } else if is_sure(prediction, now) {
        msg!("diagnose-brings", times, low, high, change)
    } else {
        msg!("diagnose-brings-uncertain", times, low, high, change)
    }
}

fn change_words(change: &RunChange) -> Message {
    match change {
        RunChange::TransformOff(transform) => msg!("diagnose-with-transform-off", transform),
        RunChange::Workers(workers) => msg!("diagnose-with-workers", workers = *workers),
        RunChange::Cache => msg!("diagnose-with-cache"),
        RunChange::BatchSize(size) => msg!("diagnose-with-batch-size", size = *size),
    }
}
