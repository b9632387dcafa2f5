//! What people do without a bisect.

use super::training::Training;
use std::time::Instant;
use trainscope::diagnose::Candidate;
use trainscope::loader::StageSnapshot;

/// Less is taken for nothing.
const EFFECT_FRAC: f64 = 0.02;

/// One after another: everything on, then each transform off once, for so many seconds in all. The largest gain wins, if it
/// is one. With it, what the stages took while everything was on.
pub fn naive(
    training: &mut Training,
    candidates: &[Candidate],
    secs: f64,
) -> Result<(Option<usize>, StageSnapshot), String> {
    let each = secs / (candidates.len() + 1) as f64;
    let mut mean = |off: &[usize]| {
        let begun = Instant::now();
        training.settle(off)?;
        let mut steps = Vec::new();
        while steps.is_empty() || begun.elapsed().as_secs_f64() < each {
            steps.push(training.step()?.step_secs);
        }
        Ok::<f64, String>(steps.iter().sum::<f64>() / steps.len() as f64)
    };
    let whole = mean(&[])?;
    let mut best: Option<(usize, f64)> = None;
    for candidate in candidates {
        let gain = whole / mean(&[candidate.index])? - 1.0;
        if gain > best.map_or(EFFECT_FRAC, |(_, gain)| gain) {
            best = Some((candidate.index, gain));
        }
    }
    training.settle(&[])?;
    Ok((best.map(|(index, _)| index), training.stages()))
}

/// By self time: the candidate whose stage took the most, if that is more than a fiftieth of all stages.
pub fn self_time(stages: &StageSnapshot, candidates: &[Candidate]) -> Option<usize> {
    let mean = |wall_ns: u64, images: u64| if images == 0 { 0.0 } else { wall_ns as f64 / images as f64 };
    let total: f64 = stages.stages.iter().map(|stage| mean(stage.wall_ns, stage.images)).sum();
    let own = |candidate: &Candidate| {
        let stage = stages.stages.iter().find(|stage| stage.stage.is_step(&candidate.name));
        stage.map_or(0.0, |stage| mean(stage.wall_ns, stage.images) / total)
    };
    let first = candidates.iter().max_by(|a, b| own(a).total_cmp(&own(b)))?;
    (own(first) > EFFECT_FRAC).then_some(first.index)
}
