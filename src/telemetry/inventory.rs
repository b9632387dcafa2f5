//! What NVIDIA's driver says of its boards: once for the doctor, and again and again while a device is measured.
//!
//! The driver may hang or crash: call this in a child process.

use super::board::{Board, Boards, Fault, Reading};
use super::nvidia;
use crate::protocol::doctor::{self, BoardState, BoardsFault};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A board's own figures change about so often.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
/// A driver that hangs must not keep what was measured.
const WATCH_GRACE: Duration = Duration::from_secs(1);

/// Every NVIDIA board of this machine.
#[must_use]
pub fn boards() -> doctor::Boards {
    match nvidia::open_or_fault() {
        Ok(driver) => of(driver.as_ref()),
        Err((why, fault)) => doctor::Boards { note: Some(why), fault, ..doctor::Boards::default() },
    }
}

pub(super) fn of(driver: &dyn Boards) -> doctor::Boards {
    let mut boards = doctor::Boards { driver: driver.driver().ok(), ..doctor::Boards::default() };
    let listed = driver.for_each(&mut |index, board| {
        let board = board.and_then(describe);
        // One that is lost keeps its place.
        boards.list.push(board.unwrap_or_default());
        if let Some(board) = boards.list.last_mut().filter(|board| board.name.is_empty()) {
            board.name = format!("GPU {index}");
        }
    });
    if let Err(fault) = listed {
        boards.note = Some(msg!("telemetry-gpus-not-listed", why = fault.why()));
        boards.fault = Some(BoardsFault::Other);
    } else if boards.list.is_empty() {
        boards.note = Some(msg!("telemetry-no-gpu"));
    }
    boards
}

fn describe(board: &dyn Board) -> Reading<doctor::Board> {
    let name = match board.name() {
        Err(fault @ Fault::Gone(_)) => return Err(fault),
        name => name.unwrap_or_default(),
    };
    Ok(doctor::Board {
        name,
        pci_address: board.pci_address().ok(),
        memory_total_bytes: board.memory_bytes().ok().map(|(_, total)| total),
        power_default_limit_watts: board.power_default_limit_watts().ok(),
        persistent: board.persistent().ok(),
        now: state(board),
        busy: None,
    })
}

fn state(board: &dyn Board) -> BoardState {
    BoardState {
        utilization_percent: board.utilization_percent().ok(),
        memory_used_bytes: board.memory_bytes().ok().map(|(used, _)| used),
        temperature_celsius: board.temperature_celsius().ok(),
        power_watts: board.power_watts().ok(),
        power_limit_watts: board.power_limit_watts().ok(),
        sm_clock_mhz: board.sm_clock_mhz().ok(),
        link: board.pcie_link().unwrap_or_default(),
        throttle: board.throttle().ok(),
    }
}

/// Runs `work`, and gives with its answer each board's busiest reading meanwhile, in the driver's order; none where there
/// is no board or its driver does not answer.
pub fn while_watching_boards<T>(work: impl FnOnce() -> T) -> (T, Vec<BoardState>) {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let watch = std::thread::Builder::new().name("board-watch".to_owned()).spawn(move || {
        let mut busiest: Vec<Option<BoardState>> = Vec::new();
        let Ok(driver) = nvidia::open() else { return busiest };
        while !stopped.load(Relaxed) {
            let listed = driver.for_each(&mut |index, board| {
                busiest.resize(busiest.len().max(index + 1), None);
                if let Ok(board) = board {
                    keep_busiest(&mut busiest[index], state(board));
                }
            });
            if listed.is_err() {
                break;
            }
            std::thread::sleep(WATCH_INTERVAL);
        }
        busiest
    });
    let answer = work();
    stop.store(true, Relaxed);
    let Ok(watch) = watch else { return (answer, Vec::new()) };
    let deadline = Instant::now() + WATCH_GRACE;
    while !watch.is_finished() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let seen = if watch.is_finished() { watch.join().unwrap_or_default() } else { Vec::new() };
    (answer, seen.into_iter().map(Option::unwrap_or_default).collect())
}

/// Keeps the reading with the highest utilisation, with the reasons and the highest temperature of all.
pub fn keep_busiest(kept: &mut Option<BoardState>, reading: BoardState) {
    let Some(before) = kept.take() else {
        *kept = Some(reading);
        return;
    };
    let busyness = |state: &BoardState| state.utilization_percent.unwrap_or(-1.0);
    let (mut busiest, other) =
        if busyness(&reading) > busyness(&before) { (reading, before) } else { (before, reading) };
    if let Some(reasons) = other.throttle {
        let all = busiest.throttle.get_or_insert_with(Vec::new);
        all.extend(reasons);
        all.sort_unstable();
        all.dedup();
    }
    busiest.temperature_celsius =
        [busiest.temperature_celsius, other.temperature_celsius].into_iter().flatten().reduce(f64::max);
    *kept = Some(busiest);
}
