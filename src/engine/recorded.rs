//! The verdict on a run that is over: worked out of its record as the engine works it out while it trains.

use super::observer::Observer;
use crate::config::CacheMode;
use crate::diagnose::{RunFacts, switchable};
use crate::loader::{FIRST_STEP, stages_of};
use crate::protocol::{DeviceKind, Event, StagesEvent, Started, Telemetry, Verdict};
use crate::transform::Chain;

/// Readings of the hardware that troubles are told from: the last ten seconds, one a second.
const READINGS: usize = 10;

/// What held the run back in its last steps; `None` where it made none, or its chain is none that this program knows.
pub fn verdict_of_record(events: &[Event]) -> Option<Verdict> {
    let mut started: Option<&Started> = None;
    let mut stages: Option<&StagesEvent> = None;
    let mut readings: Vec<Telemetry> = Vec::new();
    let mut observer = Observer::default();
    for event in events {
        match event {
            Event::Started(now) => started = Some(now),
            Event::Step(step) => observer.step(step),
            Event::Stages(now) => {
                stages = Some(now);
                observer.stages(now);
            }
            Event::Telemetry(reading) => {
                if readings.len() >= READINGS {
                    readings.remove(0);
                }
                readings.push((**reading).clone());
            }
            _ => {}
        }
    }
    let started = started?;
    let config = &started.config;
    let chain = Chain::build(&config.transforms).ok()?;
    let cores = readings.last().map_or(0, |reading| reading.cpu_percent.len());
    let names = stages_of(&chain);
    let facts = RunFacts {
        batch_size: config.loader.batch_size,
        cores: if cores > 0 { cores } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) },
        device_is_cpu: matches!(started.device.kind, DeviceKind::Cpu | DeviceKind::SoftwareGpu),
        workers: stages.map_or(config.loader.workers, |stages| stages.workers),
        // Whether images are of one size is in no record: what a chain needs for that is not called a candidate.
        switchable: switchable(&chain, false).into_iter().map(|candidate| candidate.name).collect(),
        cacheable: match config.loader.cache {
            CacheMode::Off => names.iter().take(FIRST_STEP + chain.fixed_steps()).cloned().collect(),
            CacheMode::Ram | CacheMode::Disk => Vec::new(),
        },
        stalled_secs: None,
    };
    Some(observer.verdict(&facts, &readings))
}
