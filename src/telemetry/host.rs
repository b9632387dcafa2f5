//! CPU load, memory and this process's own memory, through `sysinfo`.

use super::machine;
use super::notes::Notes;
use cpu_time::ProcessTime;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

pub(super) struct Host {
    system: Option<System>,
    pid: Option<Pid>,
    /// When CPU load was last read; the kernel's counters are too coarse for a shorter interval than the library's.
    cpu_read_secs: Option<f64>,
    cpu_percent: Vec<f32>,
    belief: Belief,
}

/// What this process computes within an interval for the cores to have a load that cannot be 0.
const SEEN_SECS: f64 = 0.1;

/// Whether loads are to be believed: where Windows' counters fail, they are 0 on every core.
#[derive(Debug, Default)]
struct Belief {
    /// What this process had computed when the load was last read.
    own: Option<ProcessTime>,
    /// Loads of 0 were seen while it computed: they are failures from then on.
    lost: bool,
}

impl Belief {
    fn begin(&mut self) {
        self.own = ProcessTime::try_now().ok();
    }

    fn take(&mut self, load: &[f32]) -> bool {
        let now = ProcessTime::try_now().ok();
        let own = now.zip(self.own).map_or(0.0, |(now, before)| now.duration_since(before).as_secs_f64());
        self.own = now;
        // Elsewhere they come from the kernel, which counts in ticks: two readings within one have nothing between them.
        !cfg!(windows) || self.holds(load, own)
    }

    fn holds(&mut self, load: &[f32], own_secs: f64) -> bool {
        let zero = load.iter().all(|load| *load == 0.0);
        self.lost |= zero && own_secs >= SEEN_SECS;
        !(zero && self.lost)
    }
}

#[derive(Debug, Default)]
pub(super) struct HostReading {
    pub(super) cpu_percent: Vec<f32>,
    pub(super) memory_used_bytes: Option<u64>,
    pub(super) memory_total_bytes: Option<u64>,
    pub(super) process_memory_bytes: Option<u64>,
}

impl Host {
    pub(super) fn new(notes: &mut Notes) -> Self {
        let system = System::new()
            .map_err(|error| notes.once("host", || msg!("telemetry-no-host", error = error.to_string())))
            .ok();
        let pid = sysinfo::get_current_pid()
            .map_err(|error| notes.once("pid", || msg!("telemetry-no-own-memory-error", error = error.to_string())))
            .ok();
        Self { system, pid, cpu_read_secs: None, cpu_percent: Vec::new(), belief: Belief::default() }
    }

    pub(super) fn read(&mut self, secs: f64, notes: &mut Notes) -> HostReading {
        let Some(system) = &mut self.system else { return HostReading::default() };

        let shortest_secs = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL.as_secs_f64();
        match self.cpu_read_secs {
            // The first reading is only what the next is subtracted from: what it shows is load since boot.
            None => {
                system.refresh_cpu_usage();
                self.cpu_read_secs = Some(secs);
                self.belief.begin();
            }
            Some(before) if secs - before >= shortest_secs => {
                system.refresh_cpu_usage();
                self.cpu_read_secs = Some(secs);
                self.cpu_percent.clear();
                self.cpu_percent.extend(system.cpus().iter().map(|core| core.usage().clamp(0.0, 100.0)));
                if self.cpu_percent.is_empty() {
                    notes.once("cpu", || msg!("telemetry-no-cpu-load"));
                } else if !self.belief.take(&self.cpu_percent) {
                    self.cpu_percent.clear();
                    notes.once("cpu-zero", || msg!("telemetry-cpu-load-wrong"));
                }
            }
            Some(_) => {} // too soon: the load read last stands
        }

        system.refresh_memory();
        let total = system.total_memory();
        // The library answers 0 where it could not read; no machine has 0 bytes.
        let known = total > 0;
        if !known {
            notes.once("memory", || msg!("telemetry-no-memory"));
        }
        HostReading {
            cpu_percent: self.cpu_percent.clone(),
            memory_used_bytes: known.then(|| system.used_memory()),
            memory_total_bytes: known.then_some(total),
            process_memory_bytes: self.pid.and_then(|pid| own_memory(system, pid, notes)),
        }
    }
}

/// Bytes of memory that could be had without swapping, as far as a container lets this process; `None` where that is not known.
#[must_use]
pub fn available_memory() -> Option<u64> {
    memory_within(System::available_memory, machine::limits().memory_free)
}

/// Bytes of memory of this machine, as far as a container lets this process; `None` where that is not known.
#[must_use]
pub fn total_memory() -> Option<u64> {
    memory_within(System::total_memory, machine::limits().memory)
}

/// The machine's figure, or the container's where that is less.
fn memory_within(of_machine: fn(&System) -> u64, of_container: Option<u64>) -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    let most = of_container.unwrap_or(u64::MAX);
    Some(of_machine(&system)).filter(|bytes| *bytes > 0).map(|bytes| bytes.min(most))
}

/// The most that this process has had in memory at once; where the system does not keep that, what it has now.
pub fn peak_memory_bytes() -> Option<u64> {
    let peak = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    });
    peak.or_else(|| own_memory(&mut System::new().ok()?, sysinfo::get_current_pid().ok()?, &mut Notes::default()))
}

/// Resident bytes of process `pid`.
fn own_memory(system: &mut System, pid: Pid, notes: &mut Notes) -> Option<u64> {
    let wanted = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, wanted);
    let bytes = system.process(pid).map(sysinfo::Process::memory).filter(|&bytes| bytes > 0);
    if bytes.is_none() {
        notes.once("own-memory", || msg!("telemetry-no-own-memory"));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_load_at_all_while_this_process_computes_is_no_load_known() {
        let mut belief = Belief::default();
        assert!(belief.holds(&[0.0, 0.0], 0.01), "it computed next to nothing");
        assert!(belief.holds(&[0.0, 12.5], 0.9));
        assert!(!belief.holds(&[0.0, 0.0], 0.9));
        assert!(!belief.holds(&[0.0, 0.0], 0.0), "counters that failed once say nothing by 0");
        assert!(belief.holds(&[3.0, 0.0], 0.9));
    }
}
