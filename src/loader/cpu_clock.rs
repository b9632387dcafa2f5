//! CPU time of a thread and of the process, for differences of two readings.

use cpu_time::{ProcessTime, ThreadTime};
use std::time::Duration;

/// CPU time of the process so far, of all its threads; `None` where the system does not tell.
pub(crate) fn process_cpu_time() -> Option<Duration> {
    ProcessTime::try_now().ok().map(|time| time.as_duration())
}

/// CPU time of the calling thread so far; `None` where the system does not tell.
pub(crate) fn thread_cpu_time() -> Option<Duration> {
    #[cfg(windows)]
    if let Some(time) = by_cycles() {
        return Some(time);
    }
    ThreadTime::try_now().ok().map(|time| time.as_duration())
}

/// Windows counts a thread's time in ticks of 15.6 ms, but its cycles to the last; where the processor's counter runs at one rate
/// whatever the clock, as all do for years, cycles are time.
#[cfg(windows)]
fn by_cycles() -> Option<Duration> {
    use std::sync::OnceLock;
    static NANOS_OF_MILLION: OnceLock<Option<f64>> = OnceLock::new();
    // Its own calibration takes some milliseconds, once.
    let nanos = (*NANOS_OF_MILLION
        .get_or_init(|| rate_of_counter(quanta::Clock::new().delta_as_nanos(0, 1_000_000_000_000) as f64 / 1e6)))?;
    let cycles = crate::system::windows::thread_cycles()?;
    Some(time_of(cycles, nanos))
}

/// Nanoseconds of a million cycles, if what was measured is the processor's counter: a system's own counter that stands in for it
/// runs a hundred times slower, or in nanoseconds.
#[cfg(any(windows, test))]
fn rate_of_counter(nanos_of_million: f64) -> Option<f64> {
    (50_000.0..999_000.0).contains(&nanos_of_million).then_some(nanos_of_million)
}

#[cfg(any(windows, test))]
fn time_of(cycles: u64, nanos_of_million: f64) -> Duration {
    Duration::from_nanos((cycles as f64 * nanos_of_million * 1e-6) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_time_only_where_the_counter_is_the_processor_s() {
        // 3.2 GHz; nanoseconds; Windows' counter of 10 MHz.
        assert_eq!(rate_of_counter(312_500.0), Some(312_500.0));
        assert_eq!((rate_of_counter(1e6), rate_of_counter(1e8)), (None, None));
        assert_eq!(time_of(3_200_000_000, 312_500.0), Duration::from_secs(1));
    }

    #[test]
    fn work_takes_time_and_its_clock_never_runs_back() {
        let begun = thread_cpu_time().unwrap();
        let mut last = begun;
        for n in 0..1000_u64 {
            std::hint::black_box((0..n).fold(0, |a: u64, b| a.rotate_left(5) ^ b));
            let now = thread_cpu_time().unwrap();
            assert!(now >= last);
            last = now;
        }
        assert!(last > begun);
    }
}
