//! What a chain's last steps leave to the device: where all that is left to be done is a scale and a shift of each
//! channel, an image may stay in bytes until then.

use super::chain::{Chain, StageClock, Step, TransformError};
use crate::config::ParamValue;
use crate::data::{Dtype, Image};
use crate::transform::core::description::Family;
use crate::transform::core::draw::SampleSeed;
use crate::transform::kernels::scratch::Scratch;

/// A sample is drawn so many times to see whether the steps before the tail keep bytes.
const TRIES: u64 = 16;

/// The steps from `first` on make `v * scale + shift` of every value.
#[derive(Debug, Clone, PartialEq)]
pub struct AffineTail {
    pub first: usize,
    /// One a channel.
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Chain {
    /// The steps at the chain's end that only scale and shift, maybe none, where those before them leave an image of
    /// bytes (`sample`, as decoded) in bytes. `None` where it ends as floats before that, or where batches are mixed.
    pub fn affine_tail(&self, sample: &Image) -> Option<AffineTail> {
        let mut scratch = Scratch::default();
        let steps = self.steps();
        if steps.iter().any(|step| step.enabled() && step.info().family == Family::Batch) {
            return None;
        }
        // A rare step that needs floats would else be seen only when it happens, in training.
        let always = self.always_happening()?;
        // The channels at the tail are known only once the steps before it have run.
        let mut channels = None;
        for epoch in 0..TRIES {
            let seed = SampleSeed { seed: 0, epoch, sample: 0 };
            let first = self.tail_begins(channels.unwrap_or(sample.channels));
            let mut image = sample.clone();
            always.run_steps(0..first, &mut image, &mut scratch, seed, &mut ()).ok()?;
            if image.dtype != Dtype::U8 || channels.is_some_and(|c| c != image.channels) {
                return None;
            }
            channels = Some(image.channels);
        }
        let channels = channels?;
        let first = self.tail_begins(channels);
        let mut all = vec![[1.0, 0.0]; channels];
        for step in steps.get(first..)?.iter().filter(|step| step.does_something()) {
            for (sum, next) in all.iter_mut().zip(step.affine(channels)?) {
                *sum = [sum[0] * next[0], sum[1] * next[0] + next[1]];
            }
        }
        let column = |i: usize| all.iter().map(|pair| pair[i] as f32).collect();
        let tail = AffineTail { first, scale: column(0), shift: column(1) };
        self.agrees(&tail, sample.clone(), &mut scratch).then_some(tail)
    }

    /// The same chain with every random step that may happen happening always; `None` where it cannot be built so.
    pub fn always_happening(&self) -> Option<Self> {
        let mut specs = self.specs().to_vec();
        for (spec, step) in specs.iter_mut().zip(self.steps()) {
            for name in ["prob", "p"] {
                let never = spec.params.get(name).and_then(ParamValue::as_f64) == Some(0.0);
                if step.info().random && step.does_something() && step.info().param(name).is_some() && !never {
                    spec.params.insert(name.to_owned(), ParamValue::Float(1.0));
                }
            }
        }
        Some(Self::build(&specs).ok()?.with_fuse(self.fuses()))
    }

    /// The whole chain makes of the sample what the tail makes of its bytes: steps that refuse bytes, or are affine on
    /// their own and not behind each other, are told here.
    fn agrees(&self, tail: &AffineTail, mut whole: Image, scratch: &mut Scratch) -> bool {
        let (mut bytes, seed) = (whole.clone(), SampleSeed::default());
        if self.run_to_tail(0..tail.first, &mut bytes, scratch, seed, &mut ()).is_err()
            || self.run(&mut whole, scratch, seed, &mut ()).is_err()
            || whole.shape() != bytes.shape()
        {
            return false;
        }
        let plane = (bytes.height * bytes.width).max(1);
        let planes = whole.data.chunks(plane).zip(bytes.bytes.chunks(plane)).zip(tail.scale.iter().zip(&tail.shift));
        let mut pairs = planes.flat_map(|((floats, bytes), (scale, shift))| {
            floats.iter().zip(bytes).map(move |(v, byte)| (*v, f32::from(*byte) * scale + shift))
        });
        pairs.all(|(v, from_byte)| (v - from_byte).abs() <= 1e-4 * v.abs().max(1.0))
    }

    fn tail_begins(&self, channels: usize) -> usize {
        let steps = self.steps();
        let stays = |step: &&Step| !step.does_something() || step.affine(channels).is_some();
        steps.len() - steps.iter().rev().take_while(stays).count()
    }

    /// As [`Chain::run_from`], but the steps from `last` on are left out and bytes stay bytes, as `[C, H, W]`.
    ///
    /// # Errors
    /// As [`Chain::run`].
    pub fn run_to_tail(
        &self,
        steps: std::ops::Range<usize>,
        image: &mut Image,
        scratch: &mut Scratch,
        seed: SampleSeed,
        clock: &mut dyn StageClock,
    ) -> Result<(), TransformError> {
        self.run_steps(steps, image, scratch, seed, clock)?;
        image.to_channel_first(&mut scratch.image, &mut scratch.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TransformSpec;
    use crate::data::Layout;

    fn specs(of: &[TransformSpec]) -> Chain {
        let begin = [TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
        Chain::build(&[begin.as_slice(), of].concat()).unwrap()
    }

    fn normalize(subtrahend: &[f64], divisor: &[f64]) -> TransformSpec {
        let list = |values: &[f64]| ParamValue::List(values.iter().map(|v| ParamValue::Float(*v)).collect());
        TransformSpec::new("NormalizeIntensity")
            .with("subtrahend", list(subtrahend))
            .with("divisor", list(divisor))
            .with("channel_wise", ParamValue::Bool(true))
    }

    #[test]
    fn the_tail_makes_what_the_steps_make() {
        let flip = TransformSpec::new("RandFlip").with("prob", ParamValue::Float(0.5));
        let chain = specs(&[flip, normalize(&[100.0, 120.0, 90.0], &[50.0, 60.0, 0.0]), normalize(&[0.5], &[2.0])]);
        let bytes: Vec<u8> = (0..60).map(|i| (i * 4) as u8).collect();
        let sample = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 4, 5], bytes) };
        let tail = chain.affine_tail(&sample).unwrap();
        assert_eq!(tail.first, 3);
        for epoch in 0..4 {
            let seed = SampleSeed { epoch, ..SampleSeed::default() };
            let (mut whole, mut part, mut scratch) = (sample.clone(), sample.clone(), Scratch::default());
            chain.run(&mut whole, &mut scratch, seed, &mut ()).unwrap();
            chain.run_to_tail(0..tail.first, &mut part, &mut scratch, seed, &mut ()).unwrap();
            assert_eq!((part.dtype, part.layout), (Dtype::U8, Layout::ChannelFirst));
            for (i, (v, byte)) in whole.data.iter().zip(&part.bytes).enumerate() {
                let (scale, shift) = (tail.scale[i / 20], tail.shift[i / 20]);
                assert!((v - (f32::from(*byte) * scale + shift)).abs() < 1e-4, "{i}: {v}");
            }
        }
    }

    /// torchvision's usual end: bytes to 0 to 1, then ImageNet's figures.
    #[test]
    fn torchvisions_end_is_a_tail() {
        let preset =
            crate::transform::chain_presets().iter().find(|preset| preset.key == "imagenet").unwrap().chain(None, 3);
        let ends = preset.iter().position(|spec| spec.name == "ToDtype").unwrap();
        let chain = specs(&preset[ends..]);
        let sample = Image::from_bytes([3, 2, 2], vec![0, 85, 170, 255, 0, 85, 170, 255, 0, 85, 170, 255]);
        let tail = chain.affine_tail(&sample).unwrap();
        assert_eq!(tail.first, 2);
        for (scale, std) in tail.scale.iter().zip([0.229, 0.224, 0.225]) {
            assert!((scale * 255.0 * std - 1.0).abs() < 1e-5, "{scale}");
        }
        // Once more, it does nothing: that is no tail to be reckoned from its steps alone.
        assert_eq!(specs(&[&preset[ends..=ends], &preset[ends..]].concat()).affine_tail(&sample), None);
    }

    #[test]
    fn what_needs_floats_has_no_tail() {
        let sample = Image::from_bytes([1, 4, 5], (0..20).collect());
        let bytes_to_the_end = specs(&[TransformSpec::new("RandFlip")]).affine_tail(&sample).unwrap();
        assert_eq!(bytes_to_the_end, AffineTail { first: 3, scale: vec![1.0], shift: vec![0.0] });
        // By each image's own values; in floats before the tail; by a mean of its own; a list of the wrong length.
        let own_mean = TransformSpec::new("NormalizeIntensity");
        let scaled = [TransformSpec::new("ScaleIntensity"), normalize(&[0.5], &[2.0])];
        assert_eq!(specs(&scaled).affine_tail(&sample), None);
        assert_eq!(specs(&[own_mean]).affine_tail(&sample), None);
        assert_eq!(specs(&[normalize(&[1.0, 2.0], &[2.0])]).affine_tail(&sample), None);
        let mut off = scaled.clone();
        off[0].enabled = false;
        assert_eq!(specs(&off).affine_tail(&sample).map(|tail| (tail.first, tail.shift)), Some((2, vec![-0.25])));
        // What is said of the tail must be what the chain does: here it fails.
        let beyond = normalize(&[0.0], &[1e-45]);
        assert_eq!(specs(&[beyond]).affine_tail(&sample), None);
        // Rare, but it happens, and on floats.
        let rare = TransformSpec::new("RandGibbsNoise").with("prob", ParamValue::Float(1e-9));
        assert_eq!(specs(&[rare, normalize(&[0.5], &[2.0])]).affine_tail(&sample), None);
        let floats = Image::from_floats([1, 4, 5], vec![1.0; 20]);
        assert_eq!(specs(&[]).affine_tail(&floats), None);
    }
}
