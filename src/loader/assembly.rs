//! One batch under way: samples come in any order, from any thread, and leave as a [`Batch`] that depends on neither.

use super::batch::copy_of;
use super::lock::lock;
use super::order::Planned;
use super::setting::Setting;
use super::{Batch, SampleFailure};
use crate::data::{Dataset, Image};
use crate::protocol::Stage;
use std::sync::{Arc, Mutex};

/// A batch that was begun. Made with the setting of its beginning, whatever is set later.
#[derive(Debug)]
pub(super) struct Assembly {
    /// Counts every batch that this loader began.
    pub number: u64,
    pub epoch: u64,
    /// In its epoch.
    pub index: u64,
    pub setting: Arc<Setting>,
    filling: Mutex<Filling>,
}

#[derive(Debug)]
struct Filling {
    batch: Batch,
    /// `[C, H, W]` of what is in the buffer: the first to arrive.
    shape: Option<[usize; 3]>,
    slots: Vec<Slot>,
    /// Samples of another shape. One of them may stand before all others and so be the one that counts.
    odd: Vec<Odd>,
    failures: Vec<(usize, SampleFailure)>,
    remaining: usize,
    sealed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Empty,
    Filled,
    Odd,
    Failed,
}

#[derive(Debug)]
struct Odd {
    slot: usize,
    shape: [usize; 3],
    image: Image,
}

impl Assembly {
    /// Begins a batch of `samples` in the buffers of an old one.
    pub fn begin(
        number: u64,
        planned: Planned,
        samples: &[u32],
        dataset: &Dataset,
        setting: Arc<Setting>,
        mut batch: Batch,
    ) -> Self {
        batch.samples.clear();
        batch.samples.extend_from_slice(samples);
        batch.labels.clear();
        batch.labels.extend(samples.iter().map(|&i| dataset.class_of(i as usize) as u32));
        batch.failures.clear();
        (batch.epoch, batch.index) = (planned.epoch, planned.index);
        batch.config_version = setting.version;
        batch.begin_pixels(setting.tail.as_ref());
        let filling = Filling {
            batch,
            shape: None,
            slots: vec![Slot::Empty; samples.len()],
            odd: Vec::new(),
            failures: Vec::new(),
            remaining: samples.len(),
            sealed: false,
        };
        Self { number, epoch: planned.epoch, index: planned.index, setting, filling: Mutex::new(filling) }
    }

    /// Puts a sample in its place; true when it was the last.
    pub fn put(&self, slot: usize, image: &Image) -> bool {
        let mut filling = lock(&self.filling);
        let filling = &mut *filling;
        if filling.slots.get(slot) != Some(&Slot::Empty) {
            return false;
        }
        let shape = image.shape();
        let size = image.len();
        if *filling.shape.get_or_insert(shape) == shape {
            // Same as the buffer's last batch as a rule: nothing is written twice.
            filling.batch.resize_pixels(filling.slots.len(), size);
            filling.batch.set_pixels(slot, image);
            filling.slots[slot] = Slot::Filled;
        } else {
            filling.odd.push(Odd { slot, shape, image: copy_of(image) });
            filling.slots[slot] = Slot::Odd;
        }
        filling.remaining -= 1;
        filling.remaining == 0
    }

    /// Leaves a sample out; true when it was the last.
    pub fn fail(&self, slot: usize, failure: SampleFailure) -> bool {
        let mut filling = lock(&self.filling);
        if filling.slots.get(slot) != Some(&Slot::Empty) {
            return false;
        }
        filling.slots[slot] = Slot::Failed;
        filling.failures.push((slot, failure));
        filling.remaining -= 1;
        filling.remaining == 0
    }

    /// The batch, once, when every sample has come or failed.
    pub fn seal(&self, dataset: &Dataset) -> Option<Batch> {
        let mut filling = lock(&self.filling);
        if filling.remaining > 0 || filling.sealed {
            return None;
        }
        filling.sealed = true;
        filling.close_gaps(dataset);
        let filling = &mut *filling;
        let mut batch = std::mem::take(&mut filling.batch);
        let [c, h, w] = filling.shape.unwrap_or_default();
        batch.shape = [batch.labels.len(), c, h, w];
        filling.failures.sort_by_key(|(slot, _)| *slot);
        batch.failures.extend(filling.failures.drain(..).map(|(_, failure)| failure));
        Some(batch)
    }
}

impl Filling {
    /// Settles which shape counts (that of the first sample in the batch's order) and moves the samples together.
    fn close_gaps(&mut self, dataset: &Dataset) {
        if self.slots.iter().all(|s| *s == Slot::Filled) {
            return;
        }
        if let Some(first) = self.slots.iter().position(|s| *s != Slot::Failed)
            && let Some(odd) = self.odd.iter().find(|odd| odd.slot == first)
        {
            self.take_shape(odd.shape, dataset);
        }
        let shape = self.shape;
        for odd in std::mem::take(&mut self.odd) {
            self.refuse(odd.slot, odd.shape, shape, dataset);
        }
        let size = shape.map_or(0, |s| s.iter().product());
        let mut kept = 0;
        for slot in 0..self.slots.len() {
            if self.slots[slot] != Slot::Filled {
                continue;
            }
            if kept != slot {
                self.batch.move_pixels(slot, kept, size);
                self.batch.samples[kept] = self.batch.samples[slot];
                self.batch.labels[kept] = self.batch.labels[slot];
            }
            kept += 1;
        }
        self.batch.samples.truncate(kept);
        self.batch.labels.truncate(kept);
        self.batch.truncate_pixels(kept, size);
    }

    /// Makes `shape` the batch's: what is in the buffer goes, what came in that shape moves in.
    fn take_shape(&mut self, shape: [usize; 3], dataset: &Dataset) {
        let old = self.shape.replace(shape).unwrap_or_default();
        for slot in 0..self.slots.len() {
            if self.slots[slot] == Slot::Filled {
                self.refuse(slot, old, Some(shape), dataset);
            }
        }
        let size: usize = shape.iter().product();
        self.batch.resize_pixels(self.slots.len(), size);
        let (fitting, odd) = std::mem::take(&mut self.odd).into_iter().partition(|odd| odd.shape == shape);
        self.odd = odd;
        for Odd { slot, image, .. } in fitting as Vec<Odd> {
            self.batch.set_pixels(slot, &image);
            self.slots[slot] = Slot::Filled;
        }
    }

    fn refuse(&mut self, slot: usize, shape: [usize; 3], batch: Option<[usize; 3]>, dataset: &Dataset) {
        let ([c, h, w], [bc, bh, bw]) = (shape, batch.unwrap_or_default());
        let sample = self.batch.samples.get(slot).copied().unwrap_or_default();
        self.slots[slot] = Slot::Failed;
        self.failures.push((
            slot,
            SampleFailure {
                sample,
                path: dataset.path_of(sample as usize),
                place: Stage::Collate.into(),
                reason: msg!(
                    "loader-other-size",
                    channels = c,
                    height = h,
                    width = w,
                    first = format!("{bc} x {bh} x {bw}")
                ),
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Layout;
    use crate::transform::Chain;

    /// Samples come in any order, of any size: the first of the batch decides, as when they come in a row.
    #[test]
    fn who_comes_first_does_not_show() {
        const SIDES: [usize; 6] = [0, 3, 2, 2, 3, 2];
        let home = tempfile::tempdir().unwrap();
        let of_class = home.path().join("class");
        crate::data::sample_images::write_sample_dataset(&of_class, 1, 0, &mut |_, _| {
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        let dataset = crate::data::scan(&of_class, 1 << 20, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let setting = Setting::new(7, Arc::new(Chain::build(&[]).unwrap()), 0);
        let batch = |order: [usize; 6]| {
            let planned = Planned { epoch: 1, index: 0, start: 0, len: 6 };
            let old = Batch { data: vec![9.0; 3], samples: vec![1], ..Batch::default() };
            let batch = Assembly::begin(0, planned, &[0, 1, 2, 3, 4, 5], &dataset, Arc::clone(&setting), old);
            let mut whole = Vec::new();
            for slot in order {
                assert!(batch.seal(&dataset).is_none());
                let mut image = Image::empty();
                image.reshape(1, SIDES[slot], SIDES[slot], Layout::ChannelFirst).fill(slot as f32);
                let failure =
                    SampleFailure { sample: 0, path: "gone".into(), place: Stage::Read.into(), reason: "gone".into() };
                whole.push(if slot == 0 { batch.fail(slot, failure) } else { batch.put(slot, &image) });
                // A second one for the same place changes nothing.
                assert!(!batch.put(slot, &image));
            }
            assert_eq!(whole, [false, false, false, false, false, true]);
            let sealed = batch.seal(&dataset).unwrap();
            assert!(batch.seal(&dataset).is_none());
            // A thread that was given up for lost comes back: the batch is no longer here to be written into.
            let mut late = Image::empty();
            late.reshape(1, 3, 3, Layout::ChannelFirst).fill(9.0);
            assert!((0..6).all(|slot| !batch.put(slot, &late)));
            assert!(batch.seal(&dataset).is_none() && lock(&batch.filling).batch.data.is_empty());
            sealed
        };
        let expected: Vec<f32> = [1.0, 4.0].into_iter().flat_map(|v| [v; 9]).collect();
        for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 3, 5, 0, 4, 1], [4, 2, 0, 1, 5, 3]] {
            let batch = batch(order);
            assert_eq!((batch.shape, batch.config_version), ([2, 1, 3, 3], 7));
            assert_eq!((&batch.samples, &batch.data), (&vec![1, 4], &expected), "{order:?}");
            assert_eq!(batch.labels, [1, 4]);
            assert_eq!(batch.failures.iter().map(|f| f.sample).collect::<Vec<_>>(), [0, 2, 3, 5]);
            assert!(batch.failures[1].reason.is("loader-other-size"));
        }
    }
}
