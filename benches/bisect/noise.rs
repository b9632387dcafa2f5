//! What a machine does to work, recorded: the simulated loader is run over it.

use super::cases::Machine;
use super::sim::Weather;
use super::training::Neighbour;
use std::hint::black_box;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Of a recording.
const EVERY_SECS: f64 = 0.002;
/// Work that takes about so long is done again and again.
const PIECE_SECS: f64 = 0.001;

/// Work that no compiler leaves out.
fn work(rounds: u64) -> u64 {
    (0..rounds).fold(1, |state: u64, _| black_box(state.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)))
}

/// Rounds of a piece, where nothing disturbs them: the fastest of many.
pub fn calibrate() -> u64 {
    let rounds = 200_000;
    let timed = |_| {
        let begun = Instant::now();
        black_box(work(rounds));
        begun.elapsed().as_secs_f64()
    };
    let fastest = (0..200).map(timed).fold(f64::INFINITY, f64::min);
    (rounds as f64 * PIECE_SECS / fastest) as u64
}

/// How many times as long as usual each piece of work took, on as many threads at once as there are workers, for so many
/// seconds.
pub fn record(machine: Machine, workers: usize, rounds: u64, secs: f64) -> Result<Weather, String> {
    let _neighbour = match machine {
        Machine::Idle => None,
        Machine::Neighbour => Some(Neighbour::move_in()?),
    };
    let recorder = move || {
        let begun = Instant::now();
        let mut slowness = Vec::new();
        let mut at = Duration::ZERO;
        while at.as_secs_f64() < secs {
            black_box(work(rounds));
            let now = begun.elapsed();
            let factor = ((now - at).as_secs_f64() / PIECE_SECS) as f32;
            while slowness.len() as f64 * EVERY_SECS < now.as_secs_f64() {
                slowness.push(factor);
            }
            at = now;
        }
        slowness
    };
    let other = |number| thread::Builder::new().name(format!("recorder-{number}")).spawn(recorder);
    let others = (1..workers).map(other).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let mut slowness = recorder();
    for other in others {
        other.join().map_err(|_| "A thread of the recording died.")?;
    }
    // Of what is usual there: a crowd of workers is slow all the time.
    let mut sorted = slowness.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(1.0).max(1e-3);
    slowness.iter_mut().for_each(|factor| *factor /= usual);
    Ok(Weather::Recorded { every_secs: EVERY_SECS, slowness: Arc::from(slowness) })
}
