//! Battery and power profile.

use super::files::{text, trimmed};
use crate::protocol::doctor::Power;
use std::path::Path;

pub(super) fn power(root: &Path) -> Power {
    let mut supplies = Vec::new();
    if let Ok(entries) = std::fs::read_dir(root.join("sys/class/power_supply")) {
        supplies.extend(entries.flatten().filter_map(|entry| text(&entry.path(), "uevent")));
    }
    Power { profile: text(root, "sys/firmware/acpi/platform_profile").map(trimmed), ..of_supplies(&supplies) }
}

/// From the `uevent` of each supply.
fn of_supplies(supplies: &[String]) -> Power {
    let mut power = Power::default();
    let mut plugged_in = false;
    for supply in supplies {
        let value = |key: &str| {
            let of = |line: &str| {
                line.strip_prefix("POWER_SUPPLY_")?.strip_prefix(key)?.strip_prefix('=').map(str::to_owned)
            };
            supply.lines().find_map(of)
        };
        // The battery of a mouse says nothing of the machine.
        if value("SCOPE").as_deref() == Some("Device") {
            continue;
        }
        if value("TYPE").as_deref() == Some("Battery") {
            let discharging = value("STATUS").as_deref() == Some("Discharging");
            power.on_battery = Some(power.on_battery.unwrap_or(false) || discharging);
            power.battery_percent =
                value("CAPACITY").and_then(|percent| percent.parse().ok()).or(power.battery_percent);
        } else {
            plugged_in |= value("ONLINE").as_deref() == Some("1");
        }
    }
    // A second battery may empty while the machine is plugged in.
    power.on_battery = power.on_battery.map(|on_battery| on_battery && !plugged_in);
    power
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    const MOUSE: &str = "POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_SCOPE=Device\nPOWER_SUPPLY_STATUS=Discharging\n";
    const MAINS_OFF: &str = "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=0\n";
    const USB_ON: &str = "POWER_SUPPLY_NAME=ucsi\nPOWER_SUPPLY_TYPE=USB\nPOWER_SUPPLY_ONLINE=1\n";
    const BATTERY: &str = "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\nPOWER_SUPPLY_CAPACITY=73\n";

    #[track_caller]
    fn check(supplies: &[&str], on_battery: Option<bool>, percent: Option<f64>) {
        let supplies: Vec<String> = supplies.iter().map(|text| (*text).to_owned()).collect();
        let power = of_supplies(&supplies);
        assert_eq!((power.on_battery, power.battery_percent), (on_battery, percent));
    }

    #[test]
    fn a_battery_that_empties_without_a_plug_is_on_battery() {
        check(&[], None, None);
        check(&[MOUSE], None, None);
        check(&[MAINS_OFF, MOUSE], None, None);
        check(&[MAINS_OFF, BATTERY, MOUSE], Some(true), Some(73.0));
        check(&[MAINS_OFF, USB_ON, BATTERY], Some(false), Some(73.0));
        check(&[&BATTERY.replace("Discharging", "Full")], Some(false), Some(73.0));
    }

    #[test]
    fn files_are_found() {
        let dir = tree(&[
            ("sys/class/power_supply/BAT0/uevent", BATTERY),
            ("sys/firmware/acpi/platform_profile", "low-power\n"),
        ]);
        let power = power(dir.path());
        assert_eq!((power.profile.as_deref(), power.on_battery), (Some("low-power"), Some(true)));
    }
}
