//! A batch whose samples were mixed (MixUp, CutMix), and what that makes of its labels.

use super::job::{Batch, Mixed};
use crate::transform::{Chain, SampleSeed};

impl Batch {
    /// Does what the chain has for whole batches. Drawn from seed, epoch and the batch's number in it, so that it is the
    /// same whoever does it.
    pub(super) fn mix(&mut self, chain: &Chain, seed: u64) {
        let [_, _, height, width] = self.shape;
        let seed = SampleSeed { seed, epoch: self.epoch, sample: self.index };
        let old = self.mixed.take();
        let Some(draw) = chain.draw_mix(seed, [height, width]).filter(|_| !self.labels.is_empty()) else { return };
        draw.apply(&mut self.data, self.shape);
        let mut partner_labels = old.map_or_else(Vec::new, |mixed| mixed.partner_labels);
        partner_labels.clone_from(&self.labels);
        partner_labels.rotate_right(1);
        self.mixed = Some(Mixed { share: draw.share, partner_labels });
    }
}
