//! What the machine is short of: cores, disk, memory. Linux's own accounts (`/proc`); elsewhere every field is `None`.
//!
//! Counters are read as they stand and become rates over the time between two readings.

use crate::protocol::Pressure;
use std::path::Path;

/// Sectors of `/proc/diskstats` are of so many bytes whatever the disk's are.
const SECTOR_BYTES: u64 = 512;
/// Pages of `/proc/vmstat` on the machines that have swap.
const PAGE_BYTES: u64 = 4096;

/// What this process has read, by the kernel; and the line of what came from a disk.
const OWN_IO: &str = "proc/self/io";
const FROM_DISK: &str = "read_bytes:";

/// The counters at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
struct Counters {
    /// Microseconds in which some task waited for a core, for I/O, for memory.
    cpu_stall_us: Option<u64>,
    io_stall_us: Option<u64>,
    memory_stall_us: Option<u64>,
    swapped_pages: Option<u64>,
    /// Of this process: all that it read, and what of it came from a disk.
    read_bytes: Option<u64>,
    disk_read_bytes: Option<u64>,
    /// By whole disk: milliseconds in which it was busy, sectors read.
    disks: Vec<(String, u64, u64)>,
    cpu_throttled: Option<u64>,
}

/// Remembers the reading before.
#[derive(Debug, Default)]
pub(super) struct PressureReader {
    before: Option<(f64, Counters)>,
}

impl PressureReader {
    /// Rates since the reading before; nothing in the first one.
    pub(super) fn read(&mut self, secs: f64) -> Pressure {
        let now = Counters::read(Path::new("/"));
        let pressure = match &self.before {
            Some((then_secs, then)) if secs - then_secs > 0.05 => now.since(then, secs - then_secs),
            _ => Pressure::default(),
        };
        self.before = Some((secs, now));
        pressure
    }
}

impl Counters {
    fn read(root: &Path) -> Self {
        let text = |path: &str| text(root, path);
        let stall = |path: &str| text(path).and_then(|text| stall_us(&text));
        let io = text(OWN_IO);
        let of_io = |key: &str| io.as_deref().and_then(|text| field(text, key));
        let vmstat = text("proc/vmstat");
        let of_vm = |key: &str| vmstat.as_deref().and_then(|text| field(text, key));
        Self {
            cpu_stall_us: stall("proc/pressure/cpu"),
            io_stall_us: stall("proc/pressure/io"),
            memory_stall_us: stall("proc/pressure/memory"),
            swapped_pages: of_vm("pswpin").zip(of_vm("pswpout")).map(|(i, o)| i + o),
            read_bytes: of_io("rchar:"),
            disk_read_bytes: of_io(FROM_DISK),
            disks: text("proc/diskstats").map(|text| disks(&text)).unwrap_or_default(),
            cpu_throttled: throttled(root),
        }
    }

    fn since(&self, then: &Self, secs: f64) -> Pressure {
        let grown = |now: Option<u64>, then: Option<u64>| Some(now?.saturating_sub(then?) as f64 / secs);
        let frac = |now, then| grown(now, then).map(|us: f64| (us * 1e-6).clamp(0.0, 1.0));
        let read = grown(self.read_bytes, then.read_bytes);
        let from_disk = grown(self.disk_read_bytes, then.disk_read_bytes);
        let busy = |(name, busy_ms, sectors): &(String, u64, u64)| {
            let (_, then_ms, then_sectors) = then.disks.iter().find(|(other, ..)| other == name)?;
            let busy_frac = busy_ms.saturating_sub(*then_ms) as f64 * 1e-3 / secs;
            let bytes = sectors.saturating_sub(*then_sectors) * SECTOR_BYTES;
            Some((busy_frac.clamp(0.0, 1.0), bytes as f64 / secs))
        };
        let disks: Vec<(f64, f64)> = self.disks.iter().filter_map(busy).collect();
        let busiest = disks.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0));
        Pressure {
            cpu_stall_frac: frac(self.cpu_stall_us, then.cpu_stall_us),
            io_stall_frac: frac(self.io_stall_us, then.io_stall_us),
            memory_stall_frac: frac(self.memory_stall_us, then.memory_stall_us),
            swap_bytes_per_sec: grown(self.swapped_pages, then.swapped_pages).map(|p| p * PAGE_BYTES as f64),
            read_bytes_per_sec: read,
            disk_read_bytes_per_sec: from_disk,
            disk_busy_frac: busiest.map(|(frac, _)| frac),
            busiest_disk_read_bytes_per_sec: busiest.map(|(_, bytes)| bytes),
            cpu_throttles_per_sec: grown(self.cpu_throttled, then.cpu_throttled),
        }
    }
}

fn text(root: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

/// Bytes that this process caused to be fetched from storage so far.
pub(super) fn bytes_from_disk() -> Option<u64> {
    field(&text(Path::new("/"), OWN_IO)?, FROM_DISK)
}

/// The total of the `some` line: microseconds in which at least one task waited.
fn stall_us(text: &str) -> Option<u64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.split_whitespace().find_map(|word| word.strip_prefix("total="))?.parse().ok()
}

/// The number behind a key at a line's beginning.
fn field(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix([' ', '\t'])?.trim().parse().ok())
}

/// Name, busy milliseconds and sectors read of whole disks that were ever used (no partitions, loops or RAM disks).
fn disks(text: &str) -> Vec<(String, u64, u64)> {
    let disk = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = *words.get(2)?;
        let (sectors, busy_ms) = (words.get(5)?.parse().ok()?, words.get(12)?.parse().ok()?);
        let virtual_one = ["loop", "ram", "zram", "dm-", "md", "sr"].iter().any(|prefix| name.starts_with(prefix));
        (!virtual_one && !is_partition(name) && sectors > 0).then(|| (name.to_owned(), busy_ms, sectors))
    };
    text.lines().filter_map(disk).collect()
}

/// `sda1`, `vdb2`, `nvme0n1p3`, `mmcblk0p1`.
fn is_partition(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == name.len() {
        return false;
    }
    let numbered = ["nvme", "mmcblk", "nbd"].iter().any(|prefix| name.starts_with(prefix));
    if numbered { stem.ends_with('p') && stem.len() > 4 } else { true }
}

/// Times that a core was slowed down by heat; x86 alone counts them.
fn throttled(root: &Path) -> Option<u64> {
    let cpus = std::fs::read_dir(root.join("sys/devices/system/cpu")).ok()?;
    let counts = cpus.flatten().filter_map(|cpu| {
        let path = cpu.path().join("thermal_throttle/core_throttle_count");
        std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok()
    });
    counts.reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISKSTATS: &str = "   7       0 loop0 9 0 9 9 0 0 0 0 0 9 9 0 0 0 0 0 0
 253       0 vda 4000 10 800000 900 50 5 4000 100 0 5000 1000 0 0 0 0 0 0
 253       1 vda1 3999 10 799000 900 50 5 4000 100 0 4999 1000 0 0 0 0 0 0
 259       0 nvme0n1 10 0 200 5 0 0 0 0 0 7 5 0 0 0 0 0 0
 259       1 nvme0n1p1 10 0 200 5 0 0 0 0 0 7 5 0 0 0 0 0 0
   8       0 sda 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
";

    #[test]
    fn whole_disks_are_told_from_their_parts() {
        assert_eq!(disks(DISKSTATS), [("vda".to_owned(), 5000, 800_000), ("nvme0n1".to_owned(), 7, 200)]);
    }

    #[test]
    fn counters_become_rates_and_what_is_missing_stays_so() {
        let home = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let stall = |us: u64| format!("some avg10=1.00 avg60=0.00 avg300=0.00 total={us}\nfull avg10=0.00 total=7\n");
        write("proc/pressure/cpu", &stall(1_000_000));
        write("proc/self/io", "rchar: 1000000\nwchar: 5\nread_bytes: 500000\n");
        write("proc/vmstat", "pswpin 10\npswpout 20\n");
        write("proc/diskstats", DISKSTATS);
        write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n");
        let then = Counters::read(home.path());
        write("proc/pressure/cpu", &stall(2_500_000));
        write("proc/self/io", "rchar: 5000000\nwchar: 5\nread_bytes: 3500000\n");
        write("proc/vmstat", "pswpin 10\npswpout 1020\n");
        write("proc/diskstats", &DISKSTATS.replace("800000", "840960").replace(" 5000 ", " 6800 "));
        write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "13\n");
        let pressure = Counters::read(home.path()).since(&then, 2.0);
        assert_eq!(
            pressure,
            Pressure {
                cpu_stall_frac: Some(0.75),
                io_stall_frac: None,
                memory_stall_frac: None,
                swap_bytes_per_sec: Some(500.0 * 4096.0),
                read_bytes_per_sec: Some(2e6),
                disk_read_bytes_per_sec: Some(1.5e6),
                disk_busy_frac: Some(0.9),
                busiest_disk_read_bytes_per_sec: Some(20480.0 * 512.0),
                cpu_throttles_per_sec: Some(5.0),
            }
        );
    }

    #[test]
    fn the_first_reading_has_no_rates() {
        let mut reader = PressureReader::default();
        assert_eq!(reader.read(0.0), Pressure::default());
    }
}
