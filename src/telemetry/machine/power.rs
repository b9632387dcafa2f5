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

/// As Windows names its power plans, by their GUIDs; what a person made is `custom`.
#[cfg(any(windows, test))]
fn plan_name(guid: &str) -> &'static str {
    match guid.trim_matches(['{', '}']).to_ascii_lowercase().as_str() {
        "a1841308-3541-4fab-bc81-f71556f20b4a" => "power saver",
        "381b4222-f694-41f0-9685-ff5bb260df2e" => "balanced",
        "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c" => "high performance",
        "e9a42b02-d5df-448d-aa00-03f14749eb61" => "ultimate performance",
        // The slider of Windows' settings, which lies over a plan.
        "961cc777-2547-4f9d-8174-7d86181b8a7a" => "best power efficiency",
        "3af9b8d9-7c97-431d-ad78-34a8bfea439f" => "better performance",
        "ded574b5-45a0-4f42-8737-46345c09c238" => "best performance",
        _ => "custom",
    }
}

/// By `GetSystemPowerStatus`, and the GUIDs of the plan and of what lies over it.
#[cfg(any(windows, test))]
fn of_windows([ac_line, battery_flag, percent, saver]: [u8; 4], plan: Option<&str>, overlay: Option<&str>) -> Power {
    let has_battery = battery_flag != 255 && battery_flag & 128 == 0;
    let no_overlay = |guid: &&str| !guid.trim_matches(['{', '}', '0', '-']).is_empty();
    let profile = if saver == 1 { Some("battery saver") } else { overlay.filter(no_overlay).or(plan).map(plan_name) };
    Power {
        profile: profile.map(str::to_owned),
        on_battery: (has_battery && ac_line <= 1).then_some(ac_line == 0),
        battery_percent: (has_battery && percent <= 100).then_some(f64::from(percent)),
    }
}

#[cfg(windows)]
pub(super) fn power_of_windows() -> Power {
    use crate::system::windows::{power_status, registry_text};
    const SCHEMES: &str = r"SYSTEM\CurrentControlSet\Control\Power\User\PowerSchemes";
    let Some(status) = power_status() else { return Power::default() };
    let overlay = if status.ac_line == 0 { "ActiveOverlayDcPowerScheme" } else { "ActiveOverlayAcPowerScheme" };
    of_windows(
        [status.ac_line, status.battery_flag, status.battery_percent, status.saver],
        registry_text(SCHEMES, "ActivePowerScheme").as_deref(),
        registry_text(SCHEMES, overlay).as_deref(),
    )
}

/// By `pmset -g batt` and `pmset -g`.
#[cfg(any(target_os = "macos", test))]
fn of_pmset(batteries: &str, settings: &str) -> Power {
    let battery = batteries.lines().find(|line| line.contains("InternalBattery"));
    let percent = battery.and_then(|line| line.split('%').next()?.rsplit(char::is_whitespace).next()?.parse().ok());
    let low = settings.lines().any(|line| line.split_whitespace().eq(["lowpowermode", "1"]));
    Power {
        profile: low.then(|| "low-power".to_owned()),
        on_battery: battery.map(|_| batteries.contains("'Battery Power'")),
        battery_percent: percent,
    }
}

#[cfg(target_os = "macos")]
pub(super) fn power_of_macos() -> Power {
    let ask = |args: &[&str]| {
        let asked = std::process::Command::new("/usr/bin/pmset").args(args).output();
        asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    };
    of_pmset(&ask(&["-g", "batt"]), &ask(&["-g"]))
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
    fn windows_names_its_plans_and_the_slider_lies_over_them() {
        const BALANCED: &str = "381b4222-f694-41f0-9685-ff5bb260df2e";
        const EFFICIENT: &str = "961cc777-2547-4f9d-8174-7d86181b8a7a";
        let none = "00000000-0000-0000-0000-000000000000";
        for (status, plan, overlay, profile, on_battery, percent) in [
            ([1, 1, 88, 0], Some(BALANCED), Some(none), Some("balanced"), Some(false), Some(88.0)),
            ([0, 1, 61, 0], Some(BALANCED), Some(EFFICIENT), Some("best power efficiency"), Some(true), Some(61.0)),
            ([0, 4, 9, 1], Some(BALANCED), None, Some("battery saver"), Some(true), Some(9.0)),
            // A desktop computer, and one that tells nothing.
            (
                [1, 128, 255, 0],
                Some("8C5E7FDA-E8BF-4A96-9A85-A6E23A8C635C"),
                None,
                Some("high performance"),
                None,
                None,
            ),
            ([255, 255, 255, 0], Some("{12345678-0000-0000-0000-000000000000}"), None, Some("custom"), None, None),
            ([1, 128, 255, 0], None, None, None, None, None),
        ] {
            let power = of_windows(status, plan, overlay);
            assert_eq!(
                (power.profile.as_deref(), power.on_battery, power.battery_percent),
                (profile, on_battery, percent),
                "{status:?}"
            );
        }
    }

    #[test]
    fn macos_tells_battery_and_low_power_mode() {
        let on_battery = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4522083)\t73%; discharging; 4:10 remaining present: true\n";
        let settings = "Currently in use:\n standby              1\n lowpowermode         1\n";
        let power = of_pmset(on_battery, settings);
        assert_eq!((power.on_battery, power.battery_percent), (Some(true), Some(73.0)));
        assert_eq!(power.profile.as_deref(), Some("low-power"));
        let plugged = on_battery.replace("Battery Power", "AC Power");
        assert_eq!(of_pmset(&plugged, &settings.replace("1\n", "0\n")).on_battery, Some(false));
        assert_eq!(of_pmset("Now drawing from 'AC Power'\n", ""), Power::default());
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
