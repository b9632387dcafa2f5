//! What a chain does to whole batches: which of its mixing steps is drawn, and what that draws.

use super::chain::{Chain, Step};
use crate::transform::core::draw::{SampleSeed, step_key};
use crate::transform::core::mix::{BatchMix, MixDraw};

impl Chain {
    /// The enabled steps that mix the samples of a batch.
    pub fn batch_steps(&self) -> impl Iterator<Item = (&Step, BatchMix)> {
        self.steps().iter().filter(|step| step.enabled()).filter_map(|step| Some((step, step.batch_mix()?)))
    }

    /// What is done to a batch of samples of `[height, width]`; `sample` of the seed is the batch's number in its epoch.
    /// `None` where the chain mixes nothing.
    pub fn draw_mix(&self, seed: SampleSeed, size: [usize; 2]) -> Option<MixDraw> {
        let which = match self.batch_steps().count() {
            0 => return None,
            1 => 0,
            several => seed.stream(step_key("which mix", 0)).integer(0, several as i64) as usize,
        };
        let (step, mix) = self.batch_steps().nth(which)?;
        Some(mix.draw(&mut step.stream(seed), size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::{chain, one};

    fn draws(chain: &Chain, size: [usize; 2], n: u64) -> Vec<MixDraw> {
        (0..n).map(|sample| chain.draw_mix(SampleSeed { seed: 1, epoch: 1, sample }, size).unwrap()).collect()
    }

    /// Sample i holds i + 1 everywhere, a bit more from value to value.
    fn batch([n, c, h, w]: [usize; 4]) -> Vec<f32> {
        let size = c * h * w;
        (0..n * size).map(|i| (i / size) as f32 + 1.0 + (i % size) as f32 / size as f32 / 2.0).collect()
    }

    #[test]
    fn mix_up_mixes_with_the_sample_before() {
        let chain = one("MixUp", "alpha = 0.4");
        let drawn = draws(&chain, [9, 7], 20_000);
        assert!(drawn.iter().all(|d| d.cut.is_none()));
        let n = drawn.len() as f64;
        let variance = drawn.iter().map(|d| (f64::from(d.share) - 0.5).powi(2)).sum::<f64>() / n;
        assert!((variance - 0.25 / 1.8).abs() < 0.002, "{variance}");
        // More values than a tile holds.
        for shape in [[1, 3, 9, 7], [2, 1, 9, 7], [5, 3, 40, 41]] {
            let before = batch(shape);
            let mut data = before.clone();
            let draw = MixDraw { share: 0.3, cut: None };
            draw.apply(&mut data, shape);
            let size = before.len() / shape[0];
            for (i, v) in data.iter().enumerate() {
                let partner = before[(i + before.len() - size) % before.len()];
                let expected = 0.3 * before[i] + 0.7 * partner;
                assert!((v - expected).abs() < 1e-5, "{i} of {shape:?}: {v}, expected {expected}");
            }
        }
    }

    #[test]
    fn cut_mix_puts_a_box_whose_area_is_the_share() {
        let (height, width) = (40, 60);
        let drawn = draws(&one("CutMix", ""), [height, width], 5_000);
        let (mut whole, mut middles) = (0.0, [0.0; 2]);
        for draw in &drawn {
            let [rows, columns] = draw.cut.unwrap();
            assert!(rows[0] <= rows[1] && rows[1] <= height && columns[0] <= columns[1] && columns[1] <= width);
            let area = ((rows[1] - rows[0]) * (columns[1] - columns[0])) as f32;
            assert!((draw.share - (1.0 - area / (height * width) as f32)).abs() < 1e-6);
            whole += f64::from(area) / (height * width) as f64;
            middles[0] += (rows[0] + rows[1]) as f64 / 2.0 / height as f64;
            middles[1] += (columns[0] + columns[1]) as f64 / 2.0 / width as f64;
        }
        // A side s of the unit square, about a uniform middle, keeps s (1 - s / 4) inside; the area is the mean of
        // a (1 - sqrt(a) / 4)² over uniform a = s². Cutting to whole pixels takes a bit.
        let expected = 0.5 - 2.0 / 5.0 / 2.0 + 1.0 / 3.0 / 16.0;
        let n = drawn.len() as f64;
        assert!((whole / n - expected).abs() < 0.03, "{} and {expected}", whole / n);
        assert!(middles.iter().all(|m| (m / n - 0.5).abs() < 0.02), "{middles:?}");
        let shape = [4, 3, height, width];
        let before = batch(shape);
        let size = before.len() / 4;
        for draw in &drawn[..50] {
            let mut data = before.clone();
            draw.apply(&mut data, shape);
            let [rows, columns] = draw.cut.unwrap();
            for (i, v) in data.iter().enumerate() {
                let (x, y) = (i % width, i / width % height);
                let inside = (rows[0]..rows[1]).contains(&y) && (columns[0]..columns[1]).contains(&x);
                let from = if inside { (i + before.len() - size) % before.len() } else { i };
                assert_eq!(*v, before[from], "{i} of {draw:?}");
            }
        }
    }

    #[test]
    fn one_is_drawn_where_there_are_several_and_none_where_there_are_none() {
        let both = "[[transform]]\nname = \"MixUp\"\n[[transform]]\nname = \"CutMix\"\n";
        let both = chain(both).unwrap();
        let n = 4_000;
        let up = draws(&both, [8, 8], n).iter().filter(|d| d.cut.is_none()).count() as f64 / n as f64;
        assert!((up - 0.5).abs() < 0.04, "{up}");
        let off =
            chain("[[transform]]\nname = \"MixUp\"\nenabled = false\n[[transform]]\nname = \"CutMix\"\n").unwrap();
        assert!(draws(&off, [8, 8], 50).iter().all(|d| d.cut.is_some()));
        assert_eq!(both.deterministic().draw_mix(SampleSeed::default(), [8, 8]), None);
        // Every word of the seed counts.
        let at = |seed, epoch, sample| both.draw_mix(SampleSeed { seed, epoch, sample }, [64, 64]);
        assert!(at(1, 1, 1) == at(1, 1, 1) && at(1, 1, 1) != at(1, 1, 2));
        assert!(at(1, 1, 1) != at(1, 2, 1) && at(1, 1, 1) != at(2, 1, 1));
        // A box of a sample without area is none.
        assert!(both.draw_mix(SampleSeed::default(), [0, 0]).is_some());
    }
}
