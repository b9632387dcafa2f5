//! By Windows' performance counters: those that its task manager shows.
//!
//! An instance of `GPU Engine` is a process on an engine of an adapter, as
//! `pid_4_luid_0x00000000_0x0000D3F5_phys_0_eng_0_engtype_3D`; the registry says which adapter has which LUID (a number that Windows
//! gives it at each start).

use crate::protocol::GpuTelemetry;
use std::collections::BTreeMap;

const NVIDIA: u64 = 0x10DE;
/// Drivers of Microsoft's own compute on the CPU.
const MICROSOFT: u64 = 0x1414;

/// An adapter as `HKLM\\SOFTWARE\\Microsoft\\DirectX` lists it.
#[derive(Debug, Clone, PartialEq)]
struct Adapter {
    luid: u64,
    name: String,
    vendor: u64,
    dedicated_bytes: Option<u64>,
    /// When Windows saw it; of two with one number the later one is meant.
    last_seen: u64,
}

/// The adapter's number in the name of an instance, and what comes behind it up to the kind of engine.
fn place_of(instance: &str) -> Option<(u64, &str)> {
    let (_, rest) = instance.split_once("luid_0x")?;
    let (high, rest) = rest.split_once("_0x")?;
    let (low, rest) = rest.split_once('_').unwrap_or((rest, ""));
    let part = |digits: &str| u64::from_str_radix(digits, 16).ok().filter(|part| *part <= u64::from(u32::MAX));
    Some((part(high)? << 32 | part(low)?, rest))
}

/// Percent by adapter: what all processes do on each engine, of the busiest engine.
fn loads(engines: &[(String, f64)]) -> BTreeMap<u64, f64> {
    let mut by_engine: BTreeMap<(u64, &str), f64> = BTreeMap::new();
    for (instance, percent) in engines.iter().filter(|(_, percent)| percent.is_finite()) {
        if let Some(place) = place_of(instance) {
            *by_engine.entry(place).or_default() += percent;
        }
    }
    let mut loads = BTreeMap::new();
    for ((luid, _), percent) in by_engine {
        let load: &mut f64 = loads.entry(luid).or_default();
        *load = load.max(percent.clamp(0.0, 100.0));
    }
    loads
}

/// Bytes by adapter, of `GPU Adapter Memory`.
fn memory(instances: &[(String, f64)]) -> BTreeMap<u64, u64> {
    let mut used = BTreeMap::new();
    for (instance, bytes) in instances.iter().filter(|(_, bytes)| bytes.is_finite()) {
        if let Some((luid, _)) = place_of(instance) {
            *used.entry(luid).or_default() += bytes.max(0.0) as u64;
        }
    }
    used
}

/// What is known of each adapter that does something, in the order of their names.
fn readings(
    adapters: &[Adapter],
    engines: &[(String, f64)],
    used: &[(String, f64)],
    with_nvidia: bool,
) -> Vec<GpuTelemetry> {
    let (loads, used) = (loads(engines), memory(used));
    let reading = |(luid, percent): (&u64, &f64)| {
        let adapter =
            adapters.iter().filter(|adapter| adapter.luid == *luid).max_by_key(|adapter| adapter.last_seen)?;
        let ours = adapter.vendor != MICROSOFT && (with_nvidia || adapter.vendor != NVIDIA);
        ours.then(|| GpuTelemetry {
            name: adapter.name.clone(),
            utilization_percent: Some(*percent),
            memory_used_bytes: used.get(luid).copied(),
            memory_total_bytes: adapter.dedicated_bytes,
            ..GpuTelemetry::default()
        })
    };
    let mut readings: Vec<GpuTelemetry> = loads.iter().filter_map(reading).collect();
    readings.sort_by(|a, b| a.name.cmp(&b.name));
    readings
}

#[cfg(windows)]
pub(super) use reader::Reader;

#[cfg(windows)]
mod reader {
    use super::{Adapter, GpuTelemetry, readings};
    use crate::system::windows::{Counters, registry_keys, registry_number, registry_text};

    const DIRECTX: &str = r"SOFTWARE\Microsoft\DirectX";
    const COUNTERS: [&str; 2] = [r"\GPU Engine(*)\Utilization Percentage", r"\GPU Adapter Memory(*)\Dedicated Usage"];

    /// Opens the counters with the first reading, and not again where they are not there.
    #[derive(Default)]
    pub(crate) struct Reader {
        opened: Option<Option<Counters>>,
        adapters: Vec<Adapter>,
    }

    impl Reader {
        pub(crate) fn read(&mut self, _secs: f64, with_nvidia: bool) -> Vec<GpuTelemetry> {
            let opened = self.opened.get_or_insert_with(|| {
                self.adapters = adapters();
                Counters::open(&COUNTERS)
            });
            let Some(counters) = opened else { return Vec::new() };
            if !counters.collect() {
                return Vec::new();
            }
            readings(&self.adapters, &counters.values(0), &counters.values(1), with_nvidia)
        }
    }

    fn adapters() -> Vec<Adapter> {
        let adapter = |key: String| {
            let path = format!(r"{DIRECTX}\{key}");
            Some(Adapter {
                luid: registry_number(&path, "AdapterLuid")?,
                name: registry_text(&path, "Description")?,
                vendor: registry_number(&path, "VendorId")?,
                dedicated_bytes: registry_number(&path, "DedicatedVideoMemory"),
                last_seen: registry_number(&path, "LastSeen").unwrap_or(0),
            })
        };
        registry_keys(DIRECTX).into_iter().filter_map(adapter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(of: &[(&str, f64)]) -> Vec<(String, f64)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    fn adapter(luid: u64, name: &str, vendor: u64, last_seen: u64) -> Adapter {
        Adapter { luid, name: name.to_owned(), vendor, dedicated_bytes: Some(1 << 30), last_seen }
    }

    const ENGINES: [(&str, f64); 7] = [
        ("pid_4_luid_0x00000000_0x0000D3F5_phys_0_eng_0_engtype_3D", 30.0),
        ("pid_812_luid_0x00000000_0x0000D3F5_phys_0_eng_0_engtype_3D", 25.5),
        ("pid_812_luid_0x00000000_0x0000D3F5_phys_0_eng_3_engtype_Compute_0", 40.0),
        ("pid_9_luid_0x00000001_0x000000AB_phys_0_eng_5_engtype_Copy", 70.0),
        ("pid_7_luid_0x00000001_0x000000AB_phys_0_eng_5_engtype_Copy", 70.0),
        ("pid_7_luid_0x00000000_0x00000001_phys_0_eng_0_engtype_3D", f64::NAN),
        ("_Total", 99.0),
    ];

    #[test]
    fn an_adapter_is_as_busy_as_its_busiest_engine() {
        assert_eq!(loads(&instances(&ENGINES)), BTreeMap::from([(0xD3F5, 55.5), (0x1_0000_00AB, 100.0)]));
        for none in ["", "luid_0x", "luid_0x0_0x", "luid_0xzz_0x1_", "luid_0x1_0x1FFFFFFFF_"] {
            assert_eq!(place_of(none), None, "{none}");
        }
    }

    #[test]
    fn adapters_have_their_names_and_nvidia_s_are_left_to_its_own_library() {
        let adapters = [
            adapter(0xD3F5, "AMD Radeon 780M", 0x1002, 7),
            adapter(0xD3F5, "an adapter of an earlier start", 0x8086, 3),
            adapter(0x1_0000_00AB, "NVIDIA GeForce RTX 4060 Laptop GPU", NVIDIA, 7),
            adapter(0x77, "Microsoft Basic Render Driver", MICROSOFT, 7),
        ];
        let engines =
            instances(&[&ENGINES[..], &[("pid_1_luid_0x00000000_0x00000077_phys_0_eng_0_engtype_3D", 5.0)]].concat());
        let used = instances(&[("luid_0x00000000_0x0000D3F5_phys_0", 536_870_912.0)]);
        let names = |with_nvidia| -> Vec<String> {
            readings(&adapters, &engines, &used, with_nvidia).into_iter().map(|gpu| gpu.name).collect()
        };
        assert_eq!(names(false), ["AMD Radeon 780M"]);
        assert_eq!(names(true), ["AMD Radeon 780M", "NVIDIA GeForce RTX 4060 Laptop GPU"]);
        let radeon = &readings(&adapters, &engines, &used, false)[0];
        assert_eq!(
            (radeon.utilization_percent, radeon.memory_used_bytes, radeon.memory_total_bytes),
            (Some(55.5), Some(1 << 29), Some(1 << 30))
        );
        assert!(readings(&[], &engines, &used, true).is_empty());
    }
}
