//! What a step once made, in its place: what a chain costs where one step costs nothing and all others go on as before.
//!
//! To leave a step out changes what the others work on: without a Resize they may have ten times the pixels. Here they get
//! images of the same form as ever, for the price of a copy.

use crate::data::{Dtype, Image};
use crate::language::Message;
use std::collections::HashMap;

/// What one step made of some samples.
#[derive(Debug)]
pub struct Recording {
    step: usize,
    images: HashMap<u64, Image>,
}

impl Recording {
    /// Of the step with that index into [`super::chain::Chain::steps`].
    pub fn new(step: usize) -> Self {
        Self { step, images: HashMap::new() }
    }

    /// Keeps what the step made of a sample, in place of what was kept before.
    pub fn keep(&mut self, sample: u64, image: &Image) {
        let mut kept = Image::empty();
        copy(image, &mut kept);
        self.images.insert(sample, kept);
    }

    /// Bytes of the pixels of all.
    pub fn bytes(&self) -> usize {
        self.images.values().map(|image| image.data.len() * size_of::<f32>() + image.bytes.len()).sum()
    }

    /// Whose it is.
    pub fn step(&self) -> usize {
        self.step
    }

    /// Puts it in the image's place; allocates nothing once that has grown to size.
    ///
    /// # Errors
    /// Nothing was kept of that sample.
    pub(crate) fn play(&self, sample: u64, image: &mut Image) -> Result<(), Message> {
        let kept = self.images.get(&sample).ok_or(msg!("transform-not-recorded"))?;
        copy(kept, image);
        Ok(())
    }
}

fn copy(from: &Image, to: &mut Image) {
    match from.dtype {
        Dtype::U8 => {
            to.reshape_bytes(from.channels, from.height, from.width, from.layout).copy_from_slice(&from.bytes);
        }
        Dtype::F32 => to.reshape(from.channels, from.height, from.width, from.layout).copy_from_slice(&from.data),
    }
    to.sixteen_bit = from.sixteen_bit;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, TransformSpec};
    use crate::transform::{Chain, Draw, SampleSeed, Scratch};
    use std::sync::Arc;

    fn image(sample: u64) -> Image {
        Image::from_bytes([1, 6, 6], (0..36).map(|v| v * 3 + sample as u8).collect())
    }

    fn run(chain: &Chain, seed: SampleSeed) -> Image {
        let mut image = image(seed.sample);
        chain.run(&mut image, &mut Scratch::default(), seed, &mut ()).unwrap();
        image
    }

    /// Zoomed about its middle, scaled, shifted by lot.
    fn chain() -> Chain {
        let specs = [
            TransformSpec::new("EnsureChannelFirst"),
            TransformSpec::new("Zoom").with("zoom", ParamValue::Float(0.5)),
            TransformSpec::new("ScaleIntensity"),
            TransformSpec::new("RandShiftIntensity")
                .with("offsets", ParamValue::Float(0.5))
                .with("prob", ParamValue::Float(0.5)),
        ];
        Chain::build(&specs).unwrap()
    }

    #[test]
    fn with_each_step_replayed_the_same_images_come_out() {
        for step in 1..4 {
            let mut recording = Recording::new(step);
            for sample in 0..8 {
                let seed = SampleSeed { seed: 1, epoch: 1, sample };
                let mut keep = |index: usize, _: &Draw, image: &Image, _| {
                    if index == step {
                        recording.keep(sample, image);
                    }
                };
                chain().run_step_by_step(&mut image(sample), &mut Scratch::default(), seed, &mut keep).unwrap();
            }
            assert!(recording.bytes() > 0);
            let replaying = chain().replaying(Arc::new(recording));
            for sample in 0..8 {
                let seed = SampleSeed { seed: 1, epoch: 1, sample };
                assert_eq!(run(&replaying, seed), run(&chain(), seed), "step {step}, sample {sample}");
            }
            // Another epoch draws otherwise; a fixed step's results are the same, and what is not recorded is an error.
            let later = SampleSeed { seed: 1, epoch: 2, sample: 3 };
            assert_eq!(run(&replaying, later) == run(&chain(), later), step != 3 || skips(later));
            let mut unknown = image(9);
            let seed = SampleSeed { seed: 1, epoch: 1, sample: 9 };
            let outcome = replaying.run(&mut unknown, &mut Scratch::default(), seed, &mut ());
            assert!(
                step == 3 && skips(seed) || outcome.unwrap_err().reason.to_string().contains("nothing was recorded")
            );
        }
    }

    fn skips(seed: SampleSeed) -> bool {
        chain().steps()[3].draw(seed, [1, 6, 6]) == Draw::Skip
    }
}
