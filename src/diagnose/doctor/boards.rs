//! Boards that could do more: throttled, held below their power limit, on a narrow link, taken by others.

use super::found::{Found, System, gb};
use crate::protocol::doctor::Severity::{Hint, Warning};
use crate::protocol::doctor::{Board, BoardState, DoctorReport, PciGpu, PcieLink, Severity, Throttle};

/// A board that shows this much load computes.
const BUSY_PERCENT: f64 = 50.0;
/// A limit that is lower by less is rounding.
const POWER_FRAC: f64 = 0.97;

pub(super) fn look(report: &DoctorReport, found: &mut Found) {
    let system = System::of(&report.machine);
    for board in &report.boards.list {
        let on_bus = report.machine.pci_gpus.as_deref().unwrap_or_default();
        let on_bus = on_bus.iter().find(|gpu| board.pci_address.as_ref() == Some(&gpu.address));
        throttled(board, system, found);
        power_limit(board, system, found);
        link(Warning, &board.name, on_bus.map(|gpu| gpu.link), board.now.link, busy_link(board), found);
        taken(board, report, found);
        if board.persistent == Some(false) && report.machine.os.as_ref().is_some_and(|os| os.contains("Linux")) {
            found.add(
                Hint,
                format!("The driver of the {} is unloaded while nobody uses it (persistence mode is off).", board.name),
                "Each start of training then waits a second or more for it.",
                "Run `sudo nvidia-smi -pm 1`, or enable the service nvidia-persistenced.",
            );
        }
    }
    let known = |gpu: &&PciGpu| report.boards.list.iter().any(|board| board.pci_address.as_ref() == Some(&gpu.address));
    for gpu in report.machine.pci_gpus.iter().flatten().filter(|gpu| !known(gpu) && gpu.driver.is_some()) {
        let name = format!("{} GPU at {}", gpu.vendor, gpu.address);
        // It was idle, and others than NVIDIA's may give up lanes then.
        link(Hint, &name, None, gpu.link, None, found);
    }
}

/// Readings in which it computed.
fn computing(board: &Board) -> impl Iterator<Item = &BoardState> {
    let busy = |state: &&BoardState| state.utilization_percent.is_some_and(|percent| percent >= BUSY_PERCENT);
    [Some(&board.now), board.busy.as_ref()].into_iter().flatten().filter(busy)
}

fn busy_link(board: &Board) -> Option<PcieLink> {
    computing(board).last().map(|state| state.link)
}

fn throttled(board: &Board, system: System, found: &mut Found) {
    let states = [Some(&board.now), board.busy.as_ref()].into_iter().flatten();
    let mut reasons: Vec<Throttle> =
        states.clone().filter_map(|state| state.throttle.as_ref()).flatten().copied().collect();
    reasons.sort_unstable();
    reasons.dedup();
    let celsius = states.filter_map(|state| state.temperature_celsius).reduce(f64::max);
    let celsius = celsius.map_or_else(String::new, |celsius| format!(" It was {celsius:.0} °C hot."));
    let name = &board.name;
    let has = |reason| reasons.contains(&reason);
    if has(Throttle::Thermal) || has(Throttle::HardwareThermal) {
        found.add(
            Warning,
            format!("The {name} slows down because it is too hot."),
            format!("Its driver gives heat as the reason for lower clocks.{celsius}"),
            format!(
                "Clean fans and filters, give it air, and see that the fans turn; a lower power limit ({}) costs less than \
                 throttling does.",
                system.administers("nvidia-smi -pl")
            ),
        );
    } else if has(Throttle::PowerBrake) {
        found.add(
            Warning,
            format!("The power supply makes the {name} slow down."),
            "The board was told by the machine's power supply to halve its clocks or worse.",
            "Check the board's power cables and whether the supply is strong enough.",
        );
    } else if has(Throttle::HardwareSlowdown) {
        found.add(
            Warning,
            format!("The {name} halves its clocks or worse to protect itself."),
            format!("Its hardware reports a slowdown for temperature, current or power supply.{celsius}"),
            "Check cooling and the board's power cables; see `nvidia-smi -q -d PERFORMANCE`.",
        );
    }
    if has(Throttle::ClocksSetting) {
        found.add(
            Hint,
            format!("The clocks of the {name} were set by hand."),
            "They stay below what the board could do.",
            format!(
                "Run {} and {} to give them free.",
                system.administers("nvidia-smi -rgc"),
                system.administers("nvidia-smi -rac")
            ),
        );
    }
}

fn power_limit(board: &Board, system: System, found: &mut Found) {
    let limit = board.busy.as_ref().and_then(|state| state.power_limit_watts).or(board.now.power_limit_watts);
    let (Some(limit), Some(usual)) = (limit, board.power_default_limit_watts) else { return };
    if limit < usual * POWER_FRAC {
        let capped = computing(board).any(|state| state.throttle.iter().flatten().any(|t| *t == Throttle::PowerCap));
        let seen = if capped { ", and it held the clocks down while the board was measured" } else { "" };
        found.add(
            if capped { Warning } else { Hint },
            format!("The {} may take {limit:.0} W only, of its usual {usual:.0} W.", board.name),
            format!("The limit was lowered{seen}."),
            format!(
                "If that was not meant to save power or heat: {}.",
                system.administers(&format!("nvidia-smi -pl {usual:.0}"))
            ),
        );
    }
}

/// Width counts at any time; generation only under load, since idle boards lower it.
fn link(
    severity: Severity,
    name: &str,
    on_bus: Option<PcieLink>,
    now: PcieLink,
    busy: Option<PcieLink>,
    found: &mut Found,
) {
    // NVIDIA's own limit is of board and slot together; that on the bus is the board's.
    let widest = [on_bus.and_then(|link| link.max_width), now.max_width].into_iter().flatten().max();
    let width = busy.and_then(|link| link.width).or(now.width);
    if let (Some(width), Some(widest)) = (width, widest)
        && width < widest
    {
        found.add(
            severity,
            format!("The {name} is connected by {width} PCIe lanes of {widest}."),
            format!("Batches reach it {:.0} times slower than they could.", f64::from(widest) / f64::from(width.max(1))),
            "Put it into the slot next to the CPU, seat it anew, do without a riser, and see in the firmware that the lanes \
             are not shared with an M.2 disk; for small images it costs little.",
        );
    }
    if let Some(PcieLink { generation: Some(now), max_generation: Some(best), .. }) = busy
        && now < best
    {
        found.add(
            Warning,
            format!("The {name} runs its PCIe link as generation {now} under load; it and its slot could do {best}."),
            format!("Batches reach it {} times slower than they could.", 1_u32 << (best - now).min(8)),
            "Set the slot's speed to automatic in the firmware, do without a riser, seat the board anew.",
        );
    }
}

/// Somebody else computes on it: so it was before anything was measured.
fn taken(board: &Board, report: &DoctorReport, found: &mut Found) {
    if let Some(percent) = board.now.utilization_percent.filter(|percent| *percent >= BUSY_PERCENT && report.measured) {
        found.add(
            Warning,
            format!("Something else computes on the {}.", board.name),
            format!("It was {percent:.0} % busy before anything was measured; training would share it."),
            "See which process it is with `nvidia-smi`, and end it or wait.",
        );
    }
    if let (Some(used), Some(total)) = (board.now.memory_used_bytes, board.memory_total_bytes)
        && report.measured
        && used > total / 2
    {
        found.add(
            Warning,
            format!("Most of the memory of the {} is taken.", board.name),
            format!("{} of {} are in use before training begins.", gb(used), gb(total)),
            "See which process it is with `nvidia-smi`; a model and batch that do not fit end the run.",
        );
    }
}
