//! What is wrong around a run: cores that are fought over, heat, clocks held down, a disk that can give no more, files
//! that the page cache does not hold, memory that is short. From the hardware readings of the last seconds; a sentence
//! each, with what to do; but what other numbers of workers would bring is the verdict's to say.

use super::laws::{DEVICE_TRAINER_CORES, Demands, RunFacts};
use crate::language::{Arg, Message};
use crate::protocol::doctor::Throttle;
use crate::protocol::{Pressure, Telemetry};

/// Fewer readings say nothing.
const FEWEST_READINGS: usize = 3;
/// Cores busy to this share on average leave nothing.
const BUSY_PERCENT: f64 = 90.0;
/// Some thread waits for a core for more of the time than this: usual are a few hundredths.
const CPU_STALL_FRAC: f64 = 0.25;
/// Other programs that take so much of the cores hold a run back; less is the system's own, or a figure that is off.
const OTHERS_FRAC: f64 = 0.25;
const DISK_BUSY_FRAC: f64 = 0.85;
/// A disk that waits for itself for less holds nothing up.
const IO_STALL_FRAC: f64 = 0.10;
const CACHE_MISS_FRAC: f64 = 0.2;
/// Less than this is no reading to speak of.
const LEAST_BYTES_PER_SEC: f64 = 1e6;
const MEMORY_STALL_FRAC: f64 = 0.05;

/// Readings are of the last seconds, the newest last; `demands` where there are steps enough.
pub fn troubles(readings: &[Telemetry], facts: &RunFacts, demands: Option<&Demands>) -> Vec<Message> {
    if readings.len() < FEWEST_READINGS {
        return Vec::new();
    }
    let of = |field: fn(&Pressure) -> Option<f64>| mean(readings.iter().filter_map(|r| field(&r.pressure)));
    let mb = |bytes: f64| Arg::number(bytes / 1e6, 0);
    let percent = |frac: f64| Arg::percent(frac, 0);
    let mut found = Vec::new();
    if let Some((busy, stall)) = cores_fought_over(readings) {
        let why = who_fights(facts, demands);
        found.push(msg!("diagnose-cores-oversubscribed", busy = Arg::number(busy, 0), percent = percent(stall), why));
    }
    if of(|p| p.cpu_throttles_per_sec).is_some_and(|n| n > 0.0) {
        found.push(msg!("diagnose-cpu-hot"));
    }
    found.extend(throttled(readings));
    if let Some(swapped) = of(|p| p.swap_bytes_per_sec).filter(|b| *b > LEAST_BYTES_PER_SEC) {
        found.push(msg!("diagnose-swapping", mb = mb(swapped)));
    } else if let Some(stall) = of(|p| p.memory_stall_frac).filter(|s| *s > MEMORY_STALL_FRAC) {
        found.push(msg!("diagnose-memory-short", percent = percent(stall)));
    }
    if let (Some(busy), Some(stall)) = (of(|p| p.disk_busy_frac), of(|p| p.io_stall_frac))
        && busy > DISK_BUSY_FRAC
        && stall > IO_STALL_FRAC
        // The busiest disk of all may be another program's.
        && of(|p| p.disk_read_bytes_per_sec).is_none_or(|own| own > LEAST_BYTES_PER_SEC)
    {
        let percent = percent(busy);
        found.push(match of(|p| p.busiest_disk_read_bytes_per_sec) {
            Some(rate) => msg!("diagnose-disk-saturated-at", percent, mb = mb(rate)),
            None => msg!("diagnose-disk-saturated", percent),
        });
    }
    if let (Some(read), Some(missed)) = (of(|p| p.read_bytes_per_sec), of(|p| p.disk_read_bytes_per_sec))
        && read > LEAST_BYTES_PER_SEC
        && missed / read > CACHE_MISS_FRAC
    {
        let percent = percent((missed / read).min(1.0));
        found.push(msg!("diagnose-page-cache-misses", percent, mb = mb(missed)));
    }
    found
}

/// Whose threads fight over the cores, and what to do about it. Whether fewer workers help, or more, the verdict's predictions say:
/// workers that sleep leave the cores alone.
fn who_fights(facts: &RunFacts, demands: Option<&Demands>) -> Message {
    let (workers, cores) = (facts.workers, facts.cores);
    // Those that others may take at most are too few.
    let is_too_few = |others: f64| facts.device_is_cpu || others + DEVICE_TRAINER_CORES < OTHERS_FRAC * cores as f64;
    let others = demands.and_then(|demands| demands.others_cores(facts));
    let are_own = others.is_some_and(is_too_few);
    let are_many = workers > 0 && workers + 1 > cores;
    match demands.and_then(|demands| taken_by_others(demands, facts)) {
        Some(taking) => msg!("diagnose-cores-taken", taking),
        None if are_many && others.is_some() => msg!("diagnose-cores-many-threads", workers, cores),
        None if are_own => msg!("diagnose-cores-own"),
        None if workers > 0 && facts.device_is_cpu => msg!("diagnose-cores-shared"),
        None if are_many => msg!("diagnose-cores-own-or-others"),
        None => msg!("diagnose-cores-other-programs"),
    }
}

/// What other programs take of cores of which nearly all are busy, where it is enough to hold the run back.
pub(super) fn taken_by_others(demands: &Demands, facts: &RunFacts) -> Option<Message> {
    let cores = facts.cores as f64;
    let (busy, others) = (facts.busy_cores?, demands.others_cores(facts)?);
    let held_back = busy > BUSY_PERCENT / 100.0 * cores && others >= OTHERS_FRAC * cores;
    held_back.then(|| msg!("diagnose-others-take", taken = Arg::number(others, 1), cores = facts.cores))
}

/// More threads have work than there are cores, as [`troubles`] says it.
pub fn oversubscribed(readings: &[Telemetry]) -> bool {
    readings.len() >= FEWEST_READINGS && cores_fought_over(readings).is_some()
}

/// Cores that all programs use together, of so many; `None` where readings are of others too, as within a container.
pub fn busy_cores<'a>(readings: impl IntoIterator<Item = &'a Telemetry>, cores: usize) -> Option<f64> {
    let of_these = |reading: &&Telemetry| reading.cpu_percent.len() == cores;
    let busy = |reading: &Telemetry| reading.cpu_percent.iter().map(|p| f64::from(*p) / 100.0).sum::<f64>();
    let busy: Vec<f64> = readings.into_iter().filter(of_these).map(busy).collect();
    mean(busy.iter().copied()).filter(|_| busy.len() >= FEWEST_READINGS)
}

/// Where they are: how busy, in percent, and the share of the time in which some thread waits for one.
fn cores_fought_over(readings: &[Telemetry]) -> Option<(f64, f64)> {
    let busy = mean(readings.iter().flat_map(|r| &r.cpu_percent).map(|p| f64::from(*p)))?;
    let stall = mean(readings.iter().filter_map(|r| r.pressure.cpu_stall_frac))?;
    (busy > BUSY_PERCENT && stall > CPU_STALL_FRAC).then_some((busy, stall))
}

/// Of each GPU whose clocks are held down in most of the readings, why.
fn throttled(readings: &[Telemetry]) -> Vec<Message> {
    let gpus = readings.iter().map(|reading| reading.gpus.len()).max().unwrap_or(0);
    let sentence = |gpu: usize| {
        let states = || readings.iter().filter_map(|reading| reading.gpus.get(gpu));
        let most = |which: &[Throttle]| {
            let held = states().filter(|state| state.throttle.iter().flatten().any(|reason| which.contains(reason)));
            2 * held.count() > readings.len()
        };
        let last = states().next_back()?;
        let gpu = &last.name;
        if most(&[Throttle::Thermal, Throttle::HardwareThermal]) {
            Some(match last.temperature_celsius {
                Some(celsius) => msg!("diagnose-gpu-hot-at", gpu, celsius = Arg::number(celsius, 0)),
                None => msg!("diagnose-gpu-hot", gpu),
            })
        } else if most(&[Throttle::PowerBrake]) {
            Some(msg!("diagnose-gpu-power-supply", gpu))
        } else if most(&[Throttle::HardwareSlowdown]) {
            Some(msg!("diagnose-gpu-slowdown", gpu))
        } else if most(&[Throttle::PowerCap]) {
            Some(match last.power_limit_watts {
                Some(watts) => msg!("diagnose-gpu-power-limit-at", gpu, watts = Arg::number(watts, 0)),
                None => msg!("diagnose-gpu-power-limit", gpu),
            })
        } else {
            None
        }
    };
    (0..gpus).filter_map(sentence).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::GpuTelemetry;

    fn readings(busy: f32, pressure: Pressure) -> Vec<Telemetry> {
        vec![Telemetry { cpu_percent: vec![busy, busy], pressure, ..Telemetry::default() }; 5]
    }

    #[track_caller]
    fn check(busy: f32, pressure: Pressure, facts: &RunFacts, words: &[&str]) {
        let found = troubles(&readings(busy, pressure), facts, None);
        assert_eq!(found.len(), words.len(), "{found:?}");
        for (sentence, word) in found.iter().zip(words) {
            assert!(sentence.to_string().contains(word), "{sentence}");
        }
    }

    #[test]
    fn each_trouble_has_its_sentence_and_calm_has_none() {
        let facts = RunFacts { workers: 4, cores: 2, ..RunFacts::default() };
        let calm = Pressure { cpu_stall_frac: Some(0.5), io_stall_frac: Some(0.3), ..Pressure::default() };
        check(40.0, calm, &facts, &[]);
        assert!(!oversubscribed(&readings(40.0, calm)) && oversubscribed(&readings(98.0, calm)));
        assert!(!oversubscribed(&readings(98.0, calm)[..2]));
        let used = |readings: &[Telemetry]| busy_cores(readings, readings[0].cpu_percent.len());
        let count = readings(98.0, calm)[0].cpu_percent.len();
        assert!((used(&readings(50.0, calm)).unwrap() - 0.5 * count as f64).abs() < 1e-6);
        assert_eq!((used(&readings(98.0, calm)[..2]), busy_cores(&readings(98.0, calm), count + 1)), (None, None));
        check(98.0, calm, &facts, &["the loader's threads or other programs want"]);
        // What others take is not known, so that they may be its own, or not.
        check(98.0, calm, &RunFacts { device_is_cpu: true, ..facts.clone() }, &["and other programs share them"]);
        let alone = RunFacts { workers: 1, ..facts.clone() };
        check(98.0, calm, &alone, &["other programs"]);
        check(98.0, calm, &RunFacts { device_is_cpu: true, ..alone.clone() }, &["training on the CPU"]);
        check(98.0, calm, &RunFacts { device_is_cpu: true, workers: 0, ..alone.clone() }, &["other programs"]);
        check(
            10.0,
            Pressure { cpu_throttles_per_sec: Some(2.0), ..Pressure::default() },
            &alone,
            &["because it is hot"],
        );
        let swaps = Pressure { swap_bytes_per_sec: Some(12e6), memory_stall_frac: Some(0.5), ..Pressure::default() };
        check(10.0, swaps, &alone, &["swaps (12 MB/s)"]);
        let short = Pressure { swap_bytes_per_sec: Some(0.0), memory_stall_frac: Some(0.5), ..Pressure::default() };
        check(10.0, short, &alone, &["Memory is short: in 50 %"]);
        let disk = Pressure {
            disk_busy_frac: Some(0.97),
            io_stall_frac: Some(0.4),
            busiest_disk_read_bytes_per_sec: Some(210e6),
            read_bytes_per_sec: Some(200e6),
            disk_read_bytes_per_sec: Some(150e6),
            ..Pressure::default()
        };
        check(10.0, disk, &alone, &["busy 97 % of the time at 210 MB/s", "75 % of what is read"]);
        let another_s = Pressure { disk_read_bytes_per_sec: Some(2e3), ..disk };
        check(10.0, another_s, &alone, &[]);
    }

    #[test]
    fn what_holds_a_gpu_down_in_most_readings_is_said() {
        let words = |reasons: [&[Throttle]; 3]| {
            let reading = |reasons: &[Throttle]| Telemetry {
                gpus: vec![GpuTelemetry {
                    name: "Fake 9000".to_owned(),
                    temperature_celsius: Some(93.4),
                    power_limit_watts: Some(350.0),
                    throttle: Some(reasons.to_vec()),
                    ..GpuTelemetry::default()
                }],
                ..Telemetry::default()
            };
            let readings: Vec<Telemetry> = reasons.into_iter().map(reading).collect();
            crate::language::clauses(troubles(&readings, &RunFacts::default(), None)).to_string()
        };
        let (hot, capped): (&[Throttle], &[Throttle]) =
            (&[Throttle::Thermal, Throttle::PowerCap], &[Throttle::PowerCap]);
        assert!(words([hot, &[], hot]).contains("Fake 9000's clocks are held down by its heat (93 °C)"));
        assert!(words([hot, capped, capped]).contains("its power limit (350 W)"));
        assert_eq!(words([&[], hot, &[]]), "");
    }

    #[test]
    fn two_readings_say_nothing() {
        let facts = RunFacts::default();
        let swaps = Pressure { swap_bytes_per_sec: Some(12e6), ..Pressure::default() };
        assert!(troubles(&readings(10.0, swaps)[..2], &facts, None).is_empty());
    }
}
