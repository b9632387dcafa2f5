//! GPUs on the PCI bus, with or without a driver: what no driver's own list can show.

use super::files::{text, trimmed};
use crate::protocol::doctor::{PciGpu, PcieLink};
use std::path::Path;

/// `None` where the system does not list its devices.
pub(super) fn gpus(root: &Path) -> Option<Vec<PciGpu>> {
    let entries = std::fs::read_dir(root.join("sys/bus/pci/devices")).ok()?;
    let mut gpus: Vec<PciGpu> = entries.flatten().filter_map(|entry| gpu(&entry.path())).collect();
    gpus.sort_by(|a, b| a.address.cmp(&b.address));
    Some(gpus)
}

fn gpu(dir: &Path) -> Option<PciGpu> {
    let read = |file: &str| text(dir, file).map(trimmed);
    // Display controllers and processing accelerators.
    let class = read("class")?;
    if !class.starts_with("0x03") && !class.starts_with("0x1200") {
        return None;
    }
    let digits = |file: &str| read(file).map(|id| id.trim_start_matches("0x").to_owned()).unwrap_or_default();
    let driver = std::fs::read_link(dir.join("driver")).ok();
    let driver = driver.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let width = |file: &str| read(file).and_then(|lanes| lanes.parse().ok()).filter(|lanes| (1..=32).contains(lanes));
    let speed = |file: &str| read(file).and_then(|speed| generation(&speed));
    Some(PciGpu {
        address: dir.file_name()?.to_string_lossy().into_owned(),
        vendor: vendor(&digits("vendor")),
        device: digits("device"),
        driver,
        link: PcieLink {
            width: width("current_link_width"),
            max_width: width("max_link_width"),
            generation: speed("current_link_speed"),
            max_generation: speed("max_link_speed"),
        },
    })
}

fn vendor(id: &str) -> String {
    match id {
        "10de" => "NVIDIA",
        "1002" => "AMD",
        "8086" => "Intel",
        "1a03" => "ASPEED",
        "102b" => "Matrox",
        "1af4" => "virtio",
        "1234" | "1b36" => "QEMU",
        "15ad" => "VMware",
        other => other,
    }
    .to_owned()
}

/// `16.0 GT/s PCIe` is the fourth.
fn generation(speed: &str) -> Option<u32> {
    match speed.split_whitespace().next()? {
        "2.5" => Some(1),
        "5" | "5.0" => Some(2),
        "8" | "8.0" => Some(3),
        "16" | "16.0" => Some(4),
        "32" | "32.0" => Some(5),
        "64" | "64.0" => Some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    #[test]
    fn gpus_are_told_from_other_devices() {
        let gpu = "sys/bus/pci/devices/0000:01:00.0";
        let dir = tree(&[
            (&format!("{gpu}/class"), "0x030000\n"),
            (&format!("{gpu}/vendor"), "0x10de\n"),
            (&format!("{gpu}/device"), "0x2684\n"),
            (&format!("{gpu}/current_link_width"), "8\n"),
            (&format!("{gpu}/max_link_width"), "16\n"),
            (&format!("{gpu}/current_link_speed"), "2.5 GT/s PCIe\n"),
            (&format!("{gpu}/max_link_speed"), "16.0 GT/s PCIe\n"),
            ("sys/bus/pci/devices/0000:01:00.1/class", "0x040300\n"),
            ("sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n"),
            ("sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n"),
            ("sys/bus/pci/devices/0000:00:02.0/max_link_width", "255\n"),
            ("sys/bus/pci/devices/0000:00:02.0/current_link_speed", "Unknown\n"),
        ]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("../../../bus/pci/drivers/nvidia", dir.path().join(gpu).join("driver")).unwrap();
        let gpus = gpus(dir.path()).unwrap();
        assert_eq!(gpus.len(), 2, "{gpus:?}");
        let link = PcieLink { width: Some(8), max_width: Some(16), generation: Some(1), max_generation: Some(4) };
        assert_eq!((gpus[1].vendor.as_str(), gpus[1].device.as_str(), gpus[1].link), ("NVIDIA", "2684", link));
        #[cfg(unix)]
        assert_eq!(gpus[1].driver.as_deref(), Some("nvidia"));
        assert_eq!((gpus[0].vendor.as_str(), gpus[0].driver.as_deref()), ("Intel", None));
        assert_eq!(gpus[0].link, PcieLink::default());
        assert_eq!(super::gpus(tree(&[]).path()), None);
    }
}
