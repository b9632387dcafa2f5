//! By the files of Linux's drivers amdgpu, i915 and xe.

use crate::protocol::GpuTelemetry;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const AMD: &str = "0x1002";
const INTEL: &str = "0x8086";

pub(super) struct Files {
    root: PathBuf,
    /// Milliseconds a card has slept in all, and when that was read (seconds since the run began).
    slept: BTreeMap<PathBuf, (f64, u64)>,
}

fn number<T: std::str::FromStr>(path: &Path) -> Option<T> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

impl Files {
    /// As Linux has them below that folder.
    pub(super) fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), slept: BTreeMap::new() }
    }

    pub(super) fn read(&mut self, secs: f64) -> Vec<GpuTelemetry> {
        let entries = std::fs::read_dir(self.root.join("sys/class/drm"));
        let mut cards: Vec<(u32, PathBuf)> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let number = entry.file_name().to_str()?.strip_prefix("card")?.parse().ok()?;
                Some((number, entry.path()))
            })
            .collect();
        cards.sort();
        cards.into_iter().filter_map(|(_, card)| self.read_card(&card, secs)).collect()
    }

    fn read_card(&mut self, card: &Path, secs: f64) -> Option<GpuTelemetry> {
        let device = card.join("device");
        let vendor = std::fs::read_to_string(device.join("vendor")).ok()?;
        let vendor_name = match vendor.trim() {
            AMD => "AMD",
            INTEL => "Intel",
            _ => return None,
        };
        let address = std::fs::canonicalize(&device).ok();
        let address = address.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{vendor_name} GPU at {address}");
        // To be read would wake it.
        let status = std::fs::read_to_string(device.join("power/runtime_status")).unwrap_or_default();
        if status.trim() == "suspended" {
            return Some(GpuTelemetry { name, utilization_percent: Some(0.0), ..GpuTelemetry::default() });
        }
        let sensors = std::fs::read_dir(device.join("hwmon")).ok().and_then(|mut dirs| Some(dirs.next()?.ok()?.path()));
        let sensor = |names: &[&str], factor: f64| {
            let value = |name: &&str| number::<f64>(&sensors.as_ref()?.join(name));
            names.iter().find_map(value).map(|value| value * factor)
        };
        let clock = ["gt/gt0/rps_act_freq_mhz", "gt_act_freq_mhz", "device/tile0/gt0/freq0/act_freq"];
        let clock = clock.iter().find_map(|file| number::<f64>(&card.join(file)));
        let busy = number::<f64>(&device.join("gpu_busy_percent")).filter(|percent| (0.0..=100.0).contains(percent));
        Some(GpuTelemetry {
            name,
            utilization_percent: busy.or_else(|| self.awake_percent(card, secs)),
            memory_used_bytes: number(&device.join("mem_info_vram_used")),
            memory_total_bytes: number(&device.join("mem_info_vram_total")),
            // Microwatts, thousandths of a degree, hertz.
            power_watts: sensor(&["power1_average", "power1_input"], 1e-6),
            power_limit_watts: sensor(&["power1_cap"], 1e-6),
            temperature_celsius: sensor(&["temp1_input"], 1e-3),
            sm_clock_mhz: sensor(&["freq1_input"], 1e-6).or(clock),
            memory_clock_mhz: sensor(&["freq2_input"], 1e-6),
            ..GpuTelemetry::default()
        })
    }

    /// Share of the time since the last reading in which the card did not sleep: Intel's drivers count that, and work is at most
    /// as much.
    fn awake_percent(&mut self, card: &Path, secs: f64) -> Option<f64> {
        let counters =
            ["gt/gt0/rc6_residency_ms", "power/rc6_residency_ms", "device/tile0/gt0/gtidle/idle_residency_ms"];
        let slept: u64 = counters.iter().find_map(|file| number(&card.join(file)))?;
        let (then, before) = self.slept.insert(card.to_owned(), (secs, slept))?;
        let (passed_ms, slept_ms) = ((secs - then) * 1e3, slept.checked_sub(before)? as f64);
        (passed_ms > 0.0).then(|| (100.0 * (1.0 - slept_ms / passed_ms)).clamp(0.0, 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join("sys/class/drm").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_files_of_amdgpu_are_read_in_their_units() {
        let root = tempfile::tempdir().unwrap();
        let device = "card1/device";
        put(
            root.path(),
            &[
                (&format!("{device}/vendor"), "0x1002\n"),
                (&format!("{device}/gpu_busy_percent"), "87\n"),
                (&format!("{device}/mem_info_vram_used"), "1073741824\n"),
                (&format!("{device}/mem_info_vram_total"), "8573157376\n"),
                (&format!("{device}/hwmon/hwmon3/power1_average"), "61500000\n"),
                (&format!("{device}/hwmon/hwmon3/power1_cap"), "120000000\n"),
                (&format!("{device}/hwmon/hwmon3/temp1_input"), "53000\n"),
                (&format!("{device}/hwmon/hwmon3/freq1_input"), "2100000000\n"),
                ("card1-HDMI-A-1/device/vendor", "0x1002\n"),
                ("card0/device/vendor", "0x10de\n"),
                ("renderD128/device/vendor", "0x1002\n"),
            ],
        );
        let [gpu] = Files::below(root.path()).read(0.0).try_into().unwrap();
        let expected = GpuTelemetry {
            name: "AMD GPU at device".to_owned(),
            utilization_percent: Some(87.0),
            memory_used_bytes: Some(1 << 30),
            memory_total_bytes: Some(8_573_157_376),
            power_watts: Some(61.5),
            power_limit_watts: Some(120.0),
            temperature_celsius: Some(53.0),
            sm_clock_mhz: Some(2100.0),
            ..GpuTelemetry::default()
        };
        assert_eq!(gpu, expected);
        put(root.path(), &[(&format!("{device}/power/runtime_status"), "suspended\n")]);
        let [gpu] = Files::below(root.path()).read(0.0).try_into().unwrap();
        assert_eq!((gpu.utilization_percent, gpu.temperature_celsius), (Some(0.0), None));
    }

    #[test]
    fn what_intel_s_driver_did_not_sleep_it_was_awake() {
        let root = tempfile::tempdir().unwrap();
        put(
            root.path(),
            &[
                ("card0/device/vendor", "0x8086\n"),
                ("card0/gt/gt0/rc6_residency_ms", "5000\n"),
                ("card0/gt_act_freq_mhz", "1300\n"),
            ],
        );
        let mut files = Files::below(root.path());
        let mut percent = |secs| files.read(secs)[0].utilization_percent;
        assert_eq!(percent(10.0), None, "one reading is no share of time");
        put(root.path(), &[("card0/gt/gt0/rc6_residency_ms", "6500\n")]);
        assert_eq!(percent(12.0), Some(25.0));
        // The counter began anew.
        put(root.path(), &[("card0/gt/gt0/rc6_residency_ms", "10\n")]);
        assert_eq!(percent(13.0), None);
        assert_eq!(percent(14.0), Some(100.0));
        assert_eq!(files.read(15.0)[0].sm_clock_mhz, Some(1300.0));
    }

    #[test]
    fn a_machine_without_cards_has_none() {
        assert_eq!(Files::below(tempfile::tempdir().unwrap().path()).read(0.0), []);
    }
}
