//! The arithmetic of MixUp and CutMix: what is drawn for a batch, and what that makes of it.

use super::draw::Stream;
use super::gamma::beta;

/// Which of the two a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    MixUp,
    CutMix,
}

/// A step that mixes the samples of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchMix {
    pub(crate) kind: Kind,
    /// Of the Beta distribution that the share is drawn from.
    pub(crate) alpha: f64,
}

/// What is done to one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixDraw {
    /// Of a sample in what it becomes; the rest is its partner's, the sample before it in the batch.
    pub share: f32,
    /// The box that comes from the partner: rows and columns, from the first to before the last. `None` where all pixels
    /// are mixed.
    pub cut: Option<[[usize; 2]; 2]>,
}

impl BatchMix {
    /// For a batch of samples of `[height, width]`.
    pub fn draw(&self, stream: &mut Stream, [height, width]: [usize; 2]) -> MixDraw {
        let share = beta(stream, self.alpha);
        if self.kind == Kind::MixUp {
            return MixDraw { share: share as f32, cut: None };
        }
        let half = 0.5 * (1.0 - share).sqrt();
        let mut side = |side: usize| {
            let (middle, half) = (stream.integer(0, side as i64) as usize, (half * side as f64) as usize);
            [middle.saturating_sub(half), (middle + half).min(side)]
        };
        let columns = side(width);
        let rows = side(height);
        let area = (rows[1] - rows[0]) as f64 * (columns[1] - columns[0]) as f64;
        let share = 1.0 - area / ((height * width).max(1) as f64);
        MixDraw { share: share as f32, cut: Some([rows, columns]) }
    }
}

impl MixDraw {
    /// Mixes a batch `[N, C, H, W]` in place; allocates nothing.
    pub fn apply(&self, data: &mut [f32], [samples, channels, height, width]: [usize; 4]) {
        let size = channels * height * width;
        if samples < 2 || size == 0 || data.len() != samples * size {
            // The partner of one alone is itself.
            return;
        }
        match self.cut {
            None => {
                let (own, other) = (self.share, 1.0 - self.share);
                with_partner(data, size, 0..size, |v, partner| partner * other + v * own);
            }
            Some([rows, [left, right]]) => {
                let right = right.min(width);
                for row in (0..channels).flat_map(|c| (rows[0]..rows[1].min(height)).map(move |y| c * height + y)) {
                    with_partner(data, size, row * width + left..row * width + right, |_, partner| partner);
                }
            }
        }
    }
}

/// Makes the values at `range` of every sample what `of` makes of them and of those of the sample before it.
fn with_partner(data: &mut [f32], size: usize, range: std::ops::Range<usize>, of: impl Fn(f32, f32) -> f32) {
    const TILE: usize = 1024;
    let mix = |own: &mut [f32], partner: &[f32]| own.iter_mut().zip(partner).for_each(|(v, p)| *v = of(*v, *p));
    for start in range.clone().step_by(TILE) {
        let tile = start..(start + TILE).min(range.end);
        // From the last to the first: a sample is read before it is written. Only the last is wanted once more.
        let mut last = [0.0; TILE];
        let last = &mut last[..tile.len()];
        last.copy_from_slice(&data[data.len() - size..][tile.clone()]);
        let mut samples = data.rchunks_exact_mut(size);
        let Some(mut own) = samples.next() else { return };
        for partner in samples {
            mix(&mut own[tile.clone()], &partner[tile.clone()]);
            own = partner;
        }
        mix(&mut own[tile], last);
    }
}
