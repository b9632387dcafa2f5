//! What must be known before the first batch: the chain fit to the dataset, the shape of a sample, the network's size.

use super::mailbox::Mailbox;
use super::pulse::Pulse;
use crate::config::{ClassWeights, NetworkInfo, Precision, RunConfig, TrainConfig, TransformSpec, network};
use crate::data::{Dataset, Dtype, Image};
use crate::language::{Arg, Message};
use crate::protocol::{DeviceInfo, DeviceKind, Event, FailureKind, Telemetry, Unscaled};
use crate::train::{LossSpec, StepCost, StepSize, TrainError, step_cost};
use crate::transform::{self, Chain, SampleSeed, Scratch, find, looks_unscaled, tutorial_chain};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// So many files are tried before a dataset is called unreadable.
pub(super) const PROBES: usize = 32;
/// Images whose short side has so many pixels are photographs.
const PHOTOGRAPH: u32 = 160;

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum PrepareError {
    OtherChannels {
        found: usize,
        needed: usize,
    },
    /// Of so many images; what the last one said.
    NoSample(usize, Message),
    TooSmall {
        height: usize,
        width: usize,
        model: String,
        needed: usize,
    },
    UnknownNetwork(String),
    TooFewClasses(usize),
    NoBatch {
        images: usize,
        batch_size: usize,
    },
    ClassWeights {
        given: usize,
        classes: usize,
    },
    Precision {
        precision: &'static str,
        device: String,
        why: Message,
    },
}

impl PrepareError {
    pub fn message(&self) -> Message {
        match self {
            Self::OtherChannels { found, needed } => {
                msg!("engine-other-channels", found = *found, needed = *needed)
            }
            Self::NoSample(images, last) => msg!("engine-no-sample", images = *images, last),
            Self::TooSmall { height, width, model, needed } => {
                msg!("engine-images-too-small", height = *height, width = *width, model, needed = *needed)
            }
            Self::UnknownNetwork(name) => msg!("engine-unknown-network", name),
            Self::TooFewClasses(classes) => msg!("engine-too-few-classes", classes = *classes),
            Self::NoBatch { images, batch_size } => {
                msg!("engine-no-batch", images = *images, batch_size = *batch_size)
            }
            Self::ClassWeights { given, classes } => {
                msg!("engine-class-weights", given = *given, classes = *classes)
            }
            Self::Precision { precision, device, why } => {
                msg!("engine-precision", precision = *precision, device, why)
            }
        }
    }

    /// Whether the configuration or the data is to blame.
    pub(crate) fn kind(&self) -> FailureKind {
        match self {
            Self::NoSample(..) | Self::TooFewClasses(_) => FailureKind::Data,
            Self::OtherChannels { .. }
            | Self::TooSmall { .. }
            | Self::UnknownNetwork(_)
            | Self::NoBatch { .. }
            | Self::ClassWeights { .. }
            | Self::Precision { .. } => FailureKind::Config,
        }
    }
}

/// The size that images are to be brought to before they can share a batch and be trained on; `None` where they fit as
/// they are.
pub fn resize_for(dataset: &Dataset, model: &str) -> Option<[usize; 2]> {
    // The trainer refuses a network that it does not know.
    let network = network(model)?;
    match dataset.one_size() {
        Some((width, height)) if width.min(height) as usize >= network.smallest_side => None,
        None if dataset.is_empty() => None,
        _ => Some(common_size(dataset, network)),
    }
}

/// Whether the images differ in size and no enabled step says that it brings them to one.
pub fn leaves_many_sizes(dataset: &Dataset, specs: &[TransformSpec]) -> bool {
    let fixes_size = |s: &TransformSpec| s.enabled && find(&s.name).is_some_and(|info| info.fixes_size(s));
    !dataset.is_empty() && dataset.one_size().is_none() && !specs.iter().any(fixes_size)
}

/// The configuration with its chain written out: where none was given, the tutorial's; with a Resize in it where the
/// images' sizes differ. A chain of the user's own is left as it is.
pub fn complete_chain(mut config: RunConfig, dataset: &Dataset) -> RunConfig {
    let tutorial = tutorial_chain(None);
    let names = |specs: &[TransformSpec]| specs.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    if config.transforms.is_empty() || names(&config.transforms) == names(&tutorial) {
        let mut chain = tutorial_chain(resize_for(dataset, &config.model.name));
        for spec in &mut chain {
            if let Some(own) = config.transforms.iter().find(|own| own.name == spec.name) {
                spec.clone_from(own);
            }
        }
        config.transforms = chain;
    }
    config
}

/// A square of 64 for small images, the network's own size for photographs, by the median of the short sides.
fn common_size(dataset: &Dataset, network: &NetworkInfo) -> [usize; 2] {
    let total: u64 = dataset.sizes.values().sum();
    let mut short_sides: Vec<(u32, u64)> = dataset.sizes.iter().map(|((w, h), n)| (*(w.min(h)), *n)).collect();
    short_sides.sort_unstable();
    let mut seen = 0;
    let median = short_sides.iter().find(|(_, n)| {
        seen += n;
        seen * 2 >= total
    });
    let side = match median {
        Some((side, _)) if *side >= PHOTOGRAPH => network.photo_side,
        _ => 64,
    };
    [side, side]
}

/// Images that a chain is tried on, one after another until one goes through.
pub struct Probes<'a> {
    dataset: &'a Dataset,
    indices: Vec<u32>,
    channels: usize,
    max_pixels: u64,
    pulse: Option<Arc<Pulse>>,
    unwanted: Option<Arc<AtomicBool>>,
}

impl<'a> Probes<'a> {
    /// Of the first of these samples.
    pub fn new(dataset: &'a Dataset, indices: impl IntoIterator<Item = u32>, channels: usize, max_pixels: u64) -> Self {
        let indices = indices.into_iter().take(PROBES).collect();
        Self { dataset, indices, channels, max_pixels, pulse: None, unwanted: None }
    }

    /// Has the watchdog know which file is tried.
    pub(super) fn watched(self, mailbox: &Mailbox) -> Self {
        Self { pulse: Some(mailbox.pulse()), ..self }
    }

    /// Begins no image once nobody wants to know any more.
    pub(super) fn until(self, unwanted: &Arc<AtomicBool>) -> Self {
        Self { unwanted: Some(Arc::clone(unwanted)), ..self }
    }

    /// `[channels, height, width]` of a sample at the chain's end.
    ///
    /// # Errors
    /// No image goes through.
    pub fn sample_shape(&self, chain: &Chain) -> Result<[usize; 3], PrepareError> {
        self.sample(chain).map(|image| image.shape())
    }

    /// So many of the images, as decoded; those that cannot be are passed over.
    pub(super) fn decoded(&self, most: usize) -> Vec<Image> {
        let mut decoder = self.dataset.decoder(self.channels, self.max_pixels);
        let decode = |index: &u32| {
            let (path, mut image) = (self.dataset.path_of(*index as usize), Image::empty());
            self.tell(Some(self.dataset.name_of(*index as usize)));
            let outcome = decoder.read(&path).and_then(|()| decoder.decode(&path, &mut image));
            self.tell(None);
            outcome.ok().map(|()| image)
        };
        self.indices.iter().filter_map(decode).take(most).collect()
    }

    /// The largest magnitude of a value at the chain's end.
    ///
    /// # Errors
    /// No image goes through.
    pub(super) fn value_reach(&self, chain: &Chain) -> Result<f32, PrepareError> {
        let image = self.sample(chain)?;
        let values = image.data.iter().copied().filter(|_| image.dtype == Dtype::F32);
        let bytes = image.bytes.iter().map(|v| f32::from(*v)).filter(|_| image.dtype == Dtype::U8);
        Ok(values.chain(bytes).map(f32::abs).filter(|v| v.is_finite()).fold(0.0, f32::max))
    }

    /// The first image that goes through the chain, at its end.
    ///
    /// # Errors
    /// None does.
    pub(super) fn sample(&self, chain: &Chain) -> Result<Image, PrepareError> {
        let mut decoder = self.dataset.decoder(self.channels, self.max_pixels);
        let mut image = Image::empty();
        let mut scratch = Scratch::default();
        let mut last_error = msg!("engine-no-images");
        let wanted = || self.unwanted.as_ref().is_none_or(|unwanted| !unwanted.load(Relaxed));
        for &index in self.indices.iter().take_while(|_| wanted()) {
            let path = self.dataset.path_of(index as usize);
            let seed = SampleSeed { seed: 0, epoch: 0, sample: u64::from(index) };
            self.tell(Some(self.dataset.name_of(index as usize)));
            let outcome = decoder
                .read(&path)
                .and_then(|()| decoder.decode(&path, &mut image))
                .map_err(|e| e.message())
                .and_then(|()| chain.run(&mut image, &mut scratch, seed, &mut ()).map_err(|e| e.message()));
            self.tell(None);
            match outcome {
                Ok(()) => return Ok(image),
                Err(error) => last_error = error,
            }
        }
        Err(PrepareError::NoSample(self.indices.len(), last_error))
    }

    fn tell(&self, file: Option<String>) {
        if let Some(pulse) = &self.pulse {
            pulse.probing(file);
        }
    }
}

/// Images that are looked at where the first one has the values of a file.
const RANGE_IMAGES: usize = 4;

/// Whether images come into the network in 0 to 255 or 0 to 65535, with the step that the chain lacks; `sample` is one at its
/// end.
pub(super) fn range_fault(probes: &Probes<'_>, chain: &Chain, sample: &Image) -> Option<transform::RangeFault> {
    // A step that is rare did not happen to this one.
    let rarely = || {
        let always = chain.always_happening().filter(|always| always.specs() != chain.specs())?;
        probes.sample(&always).ok()
    };
    if !looks_unscaled(sample) && !rarely().is_some_and(|sample| looks_unscaled(&sample)) {
        return None;
    }
    transform::range_fault(chain, &probes.decoded(RANGE_IMAGES))
}

/// What the client was told of the values that the network gets.
#[derive(Debug, Default)]
pub(super) struct RangeWord {
    warned: bool,
    offered: bool,
}

impl RangeWord {
    /// Says what is found of the chain that trains from now on: as a warning where the one before it was in order, and what makes
    /// it right each time, as that is a whole chain.
    pub fn tell(&mut self, mailbox: &Mailbox, found: Option<&transform::RangeFault>) {
        let warned = std::mem::replace(&mut self.warned, found.is_some());
        if let Some(found) = found.filter(|_| !warned) {
            mailbox.warn(found.message());
        }
        let remedy = found.and_then(|found| Some((found.message(), found.remedy.clone()?)));
        let offered = std::mem::replace(&mut self.offered, remedy.is_some());
        if offered || remedy.is_some() {
            let unscaled =
                remedy.map(|(message, remedy)| Unscaled { message, words: remedy.words, transforms: remedy.specs });
            mailbox.send(Event::Unscaled(unscaled.map(Box::new)));
        }
    }
}

/// The loss to train with. A class without training images has the weight 1: nothing is weighed by it.
///
/// # Errors
/// There are not as many numbers by hand as classes.
pub(super) fn loss_of(config: &TrainConfig, dataset: &Dataset, train: &[u32]) -> Result<LossSpec, PrepareError> {
    let classes = dataset.class_names.len();
    let class_weights = match config.class_weights {
        ClassWeights::None => Vec::new(),
        ClassWeights::Balanced => {
            let mut counts = vec![0_u64; classes];
            train.iter().for_each(|image| counts[dataset.class_of(*image as usize)] += 1);
            let mean = train.len() as f64 / counts.len().max(1) as f64;
            counts.into_iter().map(|count| if count == 0 { 1.0 } else { (mean / count as f64) as f32 }).collect()
        }
        ClassWeights::ByHand if config.class_weight_values.len() != classes => {
            return Err(PrepareError::ClassWeights { given: config.class_weight_values.len(), classes });
        }
        ClassWeights::ByHand => config.class_weight_values.iter().map(|weight| *weight as f32).collect(),
    };
    Ok(LossSpec { smoothing: config.label_smoothing, class_weights })
}

/// What a step of a run with this configuration takes, on the CPU or elsewhere.
///
/// # Errors
/// The network is none of the catalogue's.
pub fn cost_of(config: &RunConfig, sample: [usize; 3], classes: usize, on_cpu: bool) -> Result<StepCost, TrainError> {
    let RunConfig { model, optimizer, .. } = config;
    step_cost(&StepSize { model, optimizer, sample, classes, batch: config.loader.batch_size, on_cpu })
}

/// The memory that training on the device can have now: of a GPU what it has, less what others use, by the last reading of
/// the hardware. `None` where it is not known.
pub(super) fn free_memory(device: &DeviceInfo, last: Option<&Telemetry>) -> Option<u64> {
    match device.kind {
        DeviceKind::Cpu | DeviceKind::SoftwareGpu => crate::telemetry::available_memory(),
        _ => {
            let gpu = last?.gpus.iter().find(|gpu| gpu.name == device.name)?;
            Some(gpu.memory_total_bytes?.saturating_sub(gpu.memory_used_bytes.unwrap_or(0)))
        }
    }
}

/// Says so where a step wants more memory than there is, and what can be done.
pub(super) fn memory_warning(cost: &StepCost, config: &RunConfig, device: &str, free: Option<u64>) -> Option<Message> {
    let free = free.filter(|free| cost.bytes() > *free)?;
    let (needed, free) = (Arg::bytes(cost.bytes()), Arg::bytes(free));
    let batch = config.loader.batch_size;
    Some(match batch {
        1 => msg!("engine-memory-short-of-one", device, needed, free),
        _ => msg!("engine-memory-short", device, needed, free, batch, half = batch / 2),
    })
}

/// Refuses numbers that the device does not train with. `computes` says whether it has arithmetic in them.
pub(super) fn check_precision(precision: Precision, device: &DeviceInfo, computes: bool) -> Result<(), PrepareError> {
    let why = match (precision, device.kind) {
        (Precision::F32, _) => return Ok(()),
        (_, DeviceKind::Cpu) => msg!("engine-precision-cpu"),
        (Precision::F16, _) => msg!("engine-precision-f16"),
        // SPV_KHR_bfloat16: conversions, dot products and cooperative matrices.
        (Precision::Bf16, _) if !computes => msg!("engine-precision-bf16"),
        (Precision::Bf16, _) => msg!("engine-precision-gpu"),
    };
    Err(PrepareError::Precision { precision: precision.name(), device: device.name.clone(), why })
}

/// Refuses what no network here can take.
pub(super) fn check_fits(
    config: &RunConfig,
    shape: [usize; 3],
    classes: usize,
    train_images: usize,
) -> Result<(), PrepareError> {
    if classes < 2 {
        return Err(PrepareError::TooFewClasses(classes));
    }
    let batch_size = config.loader.batch_size;
    if config.loader.drop_last && train_images < batch_size {
        return Err(PrepareError::NoBatch { images: train_images, batch_size });
    }
    let [_, height, width] = shape;
    let model = &config.model.name;
    let needed = network(model).ok_or_else(|| PrepareError::UnknownNetwork(model.clone()))?.smallest_side;
    if height < needed || width < needed {
        return Err(PrepareError::TooSmall { height, width, model: model.clone(), needed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::GpuTelemetry;

    fn device(kind: DeviceKind) -> DeviceInfo {
        let (id, name) = ("x:0".to_owned(), "X".to_owned());
        DeviceInfo { id, name, kind, driver: Message::default(), memory_bytes: None }
    }

    #[test]
    fn a_folder_without_images_has_none_that_differ_in_size() {
        let empty = Dataset::default();
        let chain = tutorial_chain(None);
        assert_eq!(resize_for(&empty, &RunConfig::default().model.name), None);
        assert!(!leaves_many_sizes(&empty, &chain));
        assert_eq!(complete_chain(RunConfig::default(), &empty).transforms, chain);
    }

    #[test]
    fn half_precision_is_refused_with_the_reason_that_holds() {
        let check = |precision: Precision, kind, computes, words: &str| {
            let error = check_precision(precision, &device(kind), computes).unwrap_err();
            let message = error.message().to_string();
            assert!(message.contains(words) && message.contains(precision.name()), "{message}");
            assert_eq!(error.kind(), FailureKind::Config);
        };
        let gpu = DeviceKind::DiscreteGpu;
        check(Precision::Bf16, DeviceKind::Cpu, true, "single precision");
        check(Precision::F16, DeviceKind::Cpu, true, "single precision");
        check(Precision::Bf16, gpu, false, "no arithmetic");
        check(Precision::Bf16, gpu, true, "self-check");
        check(Precision::F16, gpu, true, "scaling of the loss");
        check(Precision::F16, gpu, false, "scaling of the loss");
        for kind in [DeviceKind::Cpu, gpu] {
            check_precision(Precision::F32, &device(kind), false).unwrap();
        }
    }

    #[test]
    fn memory_that_does_not_suffice_is_said_with_what_to_do() {
        let config = RunConfig::default();
        let cost = cost_of(&config, [3, 64, 64], 6, true).unwrap();
        let warning = |config: &RunConfig, free| memory_warning(&cost, config, "the CPU", free).map(|w| w.to_string());
        assert_eq!(warning(&config, Some(cost.bytes())), None);
        assert_eq!(warning(&config, None), None);
        let said = warning(&config, Some(cost.bytes() - 1)).unwrap();
        assert!(said.contains("loader.batch_size = 32") && said.contains("64 images"), "{said}");
        let mut one = config;
        one.loader.batch_size = 1;
        let said = warning(&one, Some(0)).unwrap();
        assert!(!said.contains("batch_size") && said.contains("smaller images"), "{said}");
    }

    #[test]
    fn what_a_gpu_has_left_is_what_others_do_not_use() {
        let gpu = |name: &str, memory_total_bytes, memory_used_bytes| GpuTelemetry {
            name: name.to_owned(),
            memory_total_bytes,
            memory_used_bytes,
            ..GpuTelemetry::default()
        };
        let reading = |gpus| Telemetry { gpus, ..Telemetry::default() };
        let last = reading(vec![gpu("Y", Some(1), None), gpu("X", Some(100), Some(30))]);
        assert_eq!(free_memory(&device(DeviceKind::DiscreteGpu), Some(&last)), Some(70));
        assert_eq!(free_memory(&device(DeviceKind::DiscreteGpu), Some(&reading(vec![gpu("X", None, None)]))), None);
        assert_eq!(free_memory(&device(DeviceKind::DiscreteGpu), None), None);
    }
}
