//! Boards that could do more: throttled, held below their power limit, on a narrow link, taken by others.

use super::found::{Found, System};
use crate::language::{Arg, Message, paragraph};
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
        link(Warning, &board.name.as_str().into(), on_bus.map(|gpu| gpu.link), board.now.link, busy_link(board), found);
        taken(board, report, found);
        if board.persistent == Some(false) && report.machine.os.as_ref().is_some_and(|os| os.contains("Linux")) {
            found.add(
                Hint,
                msg!("doctor-not-persistent", board = &board.name),
                msg!("doctor-not-persistent-why"),
                msg!("doctor-not-persistent-do"),
            );
        }
    }
    let known = |gpu: &&PciGpu| report.boards.list.iter().any(|board| board.pci_address.as_ref() == Some(&gpu.address));
    for gpu in report.machine.pci_gpus.iter().flatten().filter(|gpu| !known(gpu) && gpu.driver.is_some()) {
        let name = msg!("doctor-gpu-at", vendor = &gpu.vendor, address = &gpu.address);
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
    // With the temperature, where it is known.
    let hot = |why: Message| {
        paragraph([why].into_iter().chain(celsius.map(|c| msg!("doctor-was-hot", celsius = Arg::number(c, 0)))))
    };
    let board = &board.name;
    let has = |reason| reasons.contains(&reason);
    if has(Throttle::Thermal) || has(Throttle::HardwareThermal) {
        found.add(
            Warning,
            msg!("doctor-board-hot", board),
            hot(msg!("doctor-board-hot-why")),
            msg!("doctor-board-hot-do", command = system.administers("nvidia-smi -pl")),
        );
    } else if has(Throttle::PowerBrake) {
        found.add(
            Warning,
            msg!("doctor-board-power-brake", board),
            msg!("doctor-board-power-brake-why"),
            msg!("doctor-board-power-brake-do"),
        );
    } else if has(Throttle::HardwareSlowdown) {
        found.add(
            Warning,
            msg!("doctor-board-slowdown", board),
            hot(msg!("doctor-board-slowdown-why")),
            msg!("doctor-board-slowdown-do"),
        );
    }
    if has(Throttle::ClocksSetting) {
        found.add(
            Hint,
            msg!("doctor-board-clocks-set", board),
            msg!("doctor-board-clocks-set-why"),
            msg!(
                "doctor-board-clocks-set-do",
                first = system.administers("nvidia-smi -rgc"),
                then = system.administers("nvidia-smi -rac")
            ),
        );
    }
}

fn power_limit(board: &Board, system: System, found: &mut Found) {
    let limit = board.busy.as_ref().and_then(|state| state.power_limit_watts).or(board.now.power_limit_watts);
    let (Some(limit), Some(usual)) = (limit, board.power_default_limit_watts) else { return };
    if limit < usual * POWER_FRAC {
        let capped = computing(board).any(|state| state.throttle.iter().flatten().any(|t| *t == Throttle::PowerCap));
        found.add(
            if capped { Warning } else { Hint },
            msg!(
                "doctor-power-limit",
                board = &board.name,
                limit = Arg::number(limit, 0),
                usual = Arg::number(usual, 0)
            ),
            if capped { msg!("doctor-power-limit-held-why") } else { msg!("doctor-power-limit-why") },
            msg!("doctor-power-limit-do", command = system.administers(&format!("nvidia-smi -pl {usual:.0}"))),
        );
    }
}

/// Width counts at any time; generation only under load, since idle boards lower it.
fn link(
    severity: Severity,
    board: &Message,
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
            msg!("doctor-narrow-link", board, width, widest),
            msg!("doctor-narrow-link-why", times = Arg::number(f64::from(widest) / f64::from(width.max(1)), 0)),
            msg!("doctor-narrow-link-do"),
        );
    }
    if let Some(PcieLink { generation: Some(now), max_generation: Some(best), .. }) = busy
        && now < best
    {
        found.add(
            Warning,
            msg!("doctor-slow-link", board, now, best),
            msg!("doctor-slow-link-why", times = 1_u32 << (best - now).min(8)),
            msg!("doctor-slow-link-do"),
        );
    }
}

/// Somebody else computes on it: so it was before anything was measured.
fn taken(board: &Board, report: &DoctorReport, found: &mut Found) {
    if let Some(percent) = board.now.utilization_percent.filter(|percent| *percent >= BUSY_PERCENT && report.measured) {
        found.add(
            Warning,
            msg!("doctor-board-busy", board = &board.name),
            msg!("doctor-board-busy-why", percent = Arg::number(percent, 0)),
            msg!("doctor-board-busy-do"),
        );
    }
    if let (Some(used), Some(total)) = (board.now.memory_used_bytes, board.memory_total_bytes)
        && report.measured
        && used > total / 2
    {
        found.add(
            Warning,
            msg!("doctor-board-full", board = &board.name),
            msg!("doctor-board-full-why", used = Arg::bytes(used), total = Arg::bytes(total)),
            msg!("doctor-board-full-do"),
        );
    }
}
