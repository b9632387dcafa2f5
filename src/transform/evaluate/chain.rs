//! The chain: specs in, checked steps out, run on one image after another.

mod deterministic;

use super::fuse::Group;
use super::replay::Recording;
use crate::config::{ParamValue, TransformSpec, hint};
use crate::data::{Dtype, Image};
use crate::language::{Message, sides};
use crate::transform::core::description::{Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, SampleSeed, Stream, step_key};
use crate::transform::core::mix::BatchMix;
use crate::transform::core::operation::{Accepts, Operation};
use crate::transform::core::params::Values;
use crate::transform::kernels::bytes::high_bytes;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::registry::{find, registry};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is wrong with a chain. Keys are written as in a configuration, positions from 0: `transform.2.prob`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChainError {
    UnknownTransform {
        key: String,
        name: String,
        hint: Message,
        known: String,
    },
    UnknownParam {
        key: String,
        name: &'static str,
        hint: Message,
        known: String,
    },
    /// The library has that parameter, and the transform here has not.
    ParamElsewhere {
        key: String,
        name: &'static str,
        library: Library,
        reason: Cow<'static, str>,
    },
    BadValue {
        key: String,
        value: Message,
        expected: Message,
        hint: Message,
    },
    /// Switched off, and it may not be.
    Pinned {
        key: String,
        name: &'static str,
    },
    LoadImageFirst {
        key: String,
        before: String,
    },
}

impl ChainError {
    pub fn message(&self) -> Message {
        match self {
            Self::UnknownTransform { key, name, hint, known } => msg!("transform-unknown", key, name, hint, known),
            Self::UnknownParam { key, name, hint, known } => {
                msg!("transform-unknown-parameter", key, name = *name, hint, known)
            }
            Self::ParamElsewhere { key, name, library, reason } => {
                let (library, reason) = (library.to_string(), &**reason);
                msg!("transform-without-parameter", key, name = *name, library, reason)
            }
            Self::BadValue { key, value, expected, hint } => msg!("config-bad-value", key, value, expected, hint),
            Self::Pinned { key, name } => msg!("transform-pinned", key, name = *name),
            Self::LoadImageFirst { key, before } => msg!("transform-load-image-first", key, before),
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for ChainError {}

/// A transform failed on an image.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformError {
    /// The transform's name.
    pub step: &'static str,
    /// What happened.
    pub reason: Message,
}

impl TransformError {
    pub fn message(&self) -> Message {
        msg!("transform-failed", step = self.step, reason = &self.reason)
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for TransformError {}

/// Told when each step begins and ends. `step` is the index into [`Chain::steps`].
pub trait StageClock {
    fn begin(&mut self, step: usize);
    fn end(&mut self, step: usize);

    /// A random step left this sample as it is: nothing was done, and nothing need be timed. Counted as a step of no
    /// length unless overridden.
    fn skipped(&mut self, step: usize) {
        self.begin(step);
        self.end(step);
    }
}

/// Told by [`Chain::run_step_by_step`] of an enabled step: its index into [`Chain::steps`], what it drew, the image after it in
/// whatever layout and kind of numbers it has then, and the time it took.
pub type Witness<'a> = &'a mut dyn FnMut(usize, &Draw, &Image, Duration);

/// Not timed.
impl StageClock for () {
    fn begin(&mut self, _step: usize) {}
    fn end(&mut self, _step: usize) {}
    fn skipped(&mut self, _step: usize) {}
}

/// One step of a chain, switched on or off.
#[derive(Debug, Clone)]
pub struct Step {
    info: &'static TransformInfo,
    enabled: bool,
    key: u64,
    operation: Arc<dyn Operation>,
    /// A step behind it tells bytes from floats.
    told_apart: bool,
}

impl Step {
    /// The transform's name.
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// The transform's entry in the registry.
    pub fn info(&self) -> &'static TransformInfo {
        self.info
    }

    /// What this step decides for a sample of that shape (`[C, H, W]`, as it comes to this step); costs some nanoseconds
    /// and touches no pixel.
    pub fn draw(&self, seed: SampleSeed, shape: [usize; 3]) -> Draw {
        if self.info.random { self.operation.draw(self.stream(seed), shape) } else { Draw::Fixed }
    }

    /// Where this step's random numbers come from.
    pub(crate) fn stream(&self, seed: SampleSeed) -> Stream {
        seed.stream(self.key)
    }

    /// See [`Operation::batch_mix`].
    pub(crate) fn batch_mix(&self) -> Option<BatchMix> {
        self.operation.batch_mix()
    }

    /// It is switched on, and not nothing.
    pub(crate) fn does_something(&self) -> bool {
        self.enabled && !self.operation.is_nothing()
    }

    /// See [`Operation::affine`]; never of a random step.
    pub(crate) fn affine(&self, channels: usize) -> Option<Vec<[f64; 2]>> {
        if self.info.random { None } else { self.operation.affine(channels) }
    }

    /// Makes the image what the operation can work on and runs it.
    pub(crate) fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.make_ready(image, scratch);
        self.operation.apply(drawn, image, scratch)
    }

    /// Makes the image what the operation can work on.
    fn make_ready(&self, image: &mut Image, scratch: &mut Scratch) {
        if self.wants_bytes_of(image) {
            high_bytes(image);
        }
        prepare(self.operation.accepts(), image, scratch);
    }

    fn wants_bytes_of(&self, image: &Image) -> bool {
        image.sixteen_bit && self.info.wants_bytes_of_sixteen_bits()
    }

    /// It makes other numbers of bytes than of floats, or takes none.
    fn tells_bytes(&self) -> bool {
        let by_name = matches!(self.info.name, "ToDtype" | "ConvertImageDtype" | "ToTensor" | "Normalize");
        self.enabled && (by_name || self.info.wants_bytes_of_sixteen_bits())
    }

    /// The image's numbers are none that the operation works on. Where it leaves a sample as it is, they become such all
    /// the same: what scales bytes further on must not depend on a draw.
    fn changes_numbers_of(&self, image: &Image) -> bool {
        let counts = image.sixteen_bit || self.told_apart && image.dtype == Dtype::U8;
        self.wants_bytes_of(image) || counts && !self.operation.accepts().bytes
    }
}

/// What works on floats alone gets floats that count as such, whatever they were.
fn prepare(accepts: Accepts, image: &mut Image, scratch: &mut Scratch) {
    match (accepts.bytes, accepts.channel_last) {
        (true, true) => {}
        (true, false) => image.to_channel_first(&mut scratch.image, &mut scratch.bytes),
        (false, true) => image.to_floats(),
        (false, false) => image.to_planar_floats(&mut scratch.image, &mut scratch.bytes),
    }
    image.sixteen_bit &= accepts.bytes;
}

/// A checked chain of transforms: immutable, shared by all threads.
#[derive(Debug, Clone)]
pub struct Chain {
    specs: Vec<TransformSpec>,
    steps: Vec<Step>,
    fuse: bool,
    replay: Option<Arc<Recording>>,
}

impl Chain {
    /// Checks and builds every step, those switched off too.
    ///
    /// # Errors
    /// An unknown name or parameter, a value out of range, a needed step switched off or out of place; the message
    /// names the key, what is allowed and the nearest valid name.
    pub fn build(specs: &[TransformSpec]) -> Result<Self, ChainError> {
        let mut steps: Vec<Step> = Vec::with_capacity(specs.len());
        for (position, spec) in specs.iter().enumerate() {
            let info = find(&spec.name).ok_or_else(|| unknown_transform(position, &spec.name))?;
            if info.pinned && !spec.enabled {
                return Err(ChainError::Pinned { key: format!("transform.{position}.enabled"), name: info.name });
            }
            if let (Some(first), "LoadImage") = (specs.first().filter(|_| position > 0), info.name) {
                let before = first.name.clone();
                return Err(ChainError::LoadImageFirst { key: format!("transform.{position}"), before });
            }
            for (name, value) in &spec.params {
                check_param(position, info, name, value)?;
            }
            let values = Values { given: &spec.params, params: info.params };
            let operation = (info.build)(&values).map_err(|invalid| ChainError::BadValue {
                key: format!("transform.{position}.{}", invalid.param),
                value: spec.params.get(invalid.param).map_or_else(|| msg!("transform-its-default"), show),
                expected: invalid.expected,
                hint: Message::default(),
            })?;
            let occurrence = steps.iter().filter(|s| s.info.name == info.name).count() as u64;
            steps.push(Step {
                info,
                enabled: spec.enabled,
                key: step_key(info.name, occurrence),
                operation: Arc::from(operation),
                told_apart: false,
            });
        }
        let mut told_apart = false;
        for step in steps.iter_mut().rev() {
            step.told_apart = told_apart;
            told_apart |= step.tells_bytes();
        }
        Ok(Self { specs: specs.to_vec(), steps, fuse: false, replay: None })
    }

    /// Whether steps that only move the picture (turns, flips, zooms, affine maps) and follow each other are done as one,
    /// where they agree on interpolation and on what stands outside: the picture is sampled once instead of once for
    /// each. MONAI's `lazy`. Off unless said.
    #[must_use]
    pub fn with_fuse(self, on: bool) -> Self {
        Self { fuse: on, ..self }
    }

    /// With what one of its steps made before in place of that step. Where the step leaves a sample as it is (`prob`), it
    /// still does.
    #[must_use]
    pub fn replaying(self, recording: Arc<Recording>) -> Self {
        Self { replay: Some(recording), ..self }
    }

    /// What it was built from, in order.
    pub fn specs(&self) -> &[TransformSpec] {
        &self.specs
    }

    /// Every step in order, those switched off too; as many as [`Self::specs`].
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether steps are done as one, see [`Self::with_fuse`].
    pub fn fuses(&self) -> bool {
        self.fuse
    }

    /// How many steps come before the first enabled random one: what these make of a sample is the same in every epoch.
    /// Those that may be done as one with a random step count to what comes after.
    pub fn fixed_steps(&self) -> usize {
        let draws = |step: &Step| step.enabled && step.info.random && !step.operation.is_nothing();
        let random = self.steps.iter().position(draws);
        let Some(random) = random.filter(|_| self.fuse) else { return random.unwrap_or(self.steps.len()) };
        let moves = |step: &Step| {
            let placed = |size| step.operation.placement(&Drawn::NOTHING, size).is_some();
            !step.enabled || step.operation.is_nothing() || placed([64, 48]) || placed([1, 1])
        };
        random - self.steps.iter().take(random).rev().take_while(|step| moves(step)).count()
    }

    /// The least `[height, width]` of an image that the chain's first change of size makes smaller and never larger,
    /// where it is the first thing done to an image: a decoder may give a picture of no less instead of the whole one.
    pub fn least_input(&self) -> Option<[usize; 2]> {
        let mut steps = self.steps.iter().filter(|step| step.enabled && !step.operation.is_nothing());
        steps.find(|step| step.name() != "EnsureChannelFirst").and_then(|step| step.operation.least_input())
    }

    /// Runs the enabled steps on an image, in place. The image ends as floats `[C, H, W]`, with or without a step that
    /// says so. Allocates nothing once image and scratch have grown to size. LoadImage, whose work is the loader's, is
    /// timed only where it turns the axes. Steps done as one are timed as the last of them that happened; of the others
    /// the clock hears as of steps that were skipped.
    ///
    /// # Errors
    /// An image without pixels, or one that a step cannot work on. The image is then to be thrown away.
    pub fn run(
        &self,
        image: &mut Image,
        scratch: &mut Scratch,
        seed: SampleSeed,
        clock: &mut dyn StageClock,
    ) -> Result<(), TransformError> {
        self.run_from(0, image, scratch, seed, clock)
    }

    /// The rest of [`Self::run`]: the enabled steps from `first` on, over what those before it made.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_from(
        &self,
        first: usize,
        image: &mut Image,
        scratch: &mut Scratch,
        seed: SampleSeed,
        clock: &mut dyn StageClock,
    ) -> Result<(), TransformError> {
        self.run_steps(first..self.steps.len(), image, scratch, seed, clock)?;
        image.to_planar_floats(&mut scratch.image, &mut scratch.bytes);
        Ok(())
    }

    /// The enabled ones of these steps; the image is left in whatever form the last of them leaves it.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_steps(
        &self,
        steps: Range<usize>,
        image: &mut Image,
        scratch: &mut Scratch,
        seed: SampleSeed,
        clock: &mut dyn StageClock,
    ) -> Result<(), TransformError> {
        if let Some(reason) = lacks_pixels(image) {
            return Err(TransformError { step: "LoadImage", reason });
        }
        let mut waiting: Option<Group> = None;
        let chosen = self.steps.iter().enumerate().take(steps.end).skip(steps.start);
        for (index, step) in chosen.filter(|(_, step)| step.enabled) {
            if step.operation.is_nothing() {
                continue;
            }
            let [height, width] = waiting.as_ref().map_or([image.height, image.width], Group::size);
            let draw = step.draw(seed, [image.channels, height, width]);
            let drawn = match &draw {
                Draw::Skip if !step.changes_numbers_of(image) => {
                    clock.skipped(index);
                    continue;
                }
                Draw::Skip => {
                    // What waits need not end: it makes the floats, as it would had this step joined it.
                    if let Some(group) = &mut waiting
                        && !step.operation.accepts().bytes
                    {
                        group.accepts.bytes = false;
                        clock.skipped(index);
                        continue;
                    }
                    self.finish(waiting.take(), image, scratch, clock)?;
                    clock.begin(index);
                    step.make_ready(image, scratch);
                    clock.end(index);
                    continue;
                }
                Draw::Fixed => &Drawn::NOTHING,
                Draw::Happens(drawn) => drawn,
            };
            if let Some(recording) = self.replay.as_deref().filter(|recording| recording.step() == index) {
                self.finish(waiting.take(), image, scratch, clock)?;
                let played = recording.play(seed.sample, image);
                played.map_err(|reason| TransformError { step: step.name(), reason })?;
                continue;
            }
            let placement = if self.fuse { step.operation.placement(drawn, [height, width]) } else { None };
            if let (Some(group), Some(placement)) = (&mut waiting, &placement)
                && group.fits(placement)
            {
                clock.skipped(group.last);
                group.join(index, placement, step.operation.accepts());
                continue;
            }
            self.finish(waiting.take(), image, scratch, clock)?;
            if let Some(placement) = placement {
                waiting = Some(Group::new(index, placement, drawn, step.operation.accepts()));
                continue;
            }
            clock.begin(index);
            let outcome = step.apply(drawn, image, scratch);
            clock.end(index);
            outcome.map_err(|reason| TransformError { step: step.name(), reason })?;
        }
        self.finish(waiting, image, scratch, clock)
    }
}

impl Chain {
    /// Does what waits to be done as one, if anything does.
    fn finish(
        &self,
        group: Option<Group>,
        image: &mut Image,
        scratch: &mut Scratch,
        clock: &mut dyn StageClock,
    ) -> Result<(), TransformError> {
        let Some((group, step)) = group.and_then(|group| self.steps.get(group.last).map(|step| (group, step))) else {
            return Ok(());
        };
        clock.begin(group.last);
        let outcome = if let Some(drawn) = &group.alone {
            // One behind it that was left out may make floats.
            step.apply(drawn, image, scratch).inspect(|()| {
                if !group.accepts.bytes {
                    prepare(group.accepts, image, scratch);
                }
            })
        } else {
            prepare(group.accepts, image, scratch);
            group.apply(image, scratch)
        };
        clock.end(group.last);
        outcome.map_err(|reason| TransformError { step: step.name(), reason })
    }
}

fn unknown_transform(position: usize, name: &str) -> ChainError {
    let names = || registry().iter().map(|info| info.name);
    ChainError::UnknownTransform {
        key: format!("transform.{position}.name"),
        name: name.to_owned(),
        hint: hint(name, names()),
        known: names().collect::<Vec<_>>().join(", "),
    }
}

fn check_param(
    position: usize,
    info: &'static TransformInfo,
    name: &str,
    value: &ParamValue,
) -> Result<(), ChainError> {
    let key = format!("transform.{position}.{name}");
    let Some(param) = info.param(name) else {
        if let Some(reason) = info.reason_without(name) {
            return Err(ChainError::ParamElsewhere { key, name: info.name, library: info.library, reason });
        }
        let names: Vec<&str> = info.params.iter().map(|p| p.name).chain(["enabled"]).collect();
        let near = hint(name, names.iter().copied());
        return Err(ChainError::UnknownParam { key, name: info.name, hint: near, known: names.join(", ") });
    };
    if param.accepts(value) {
        return Ok(());
    }
    Err(ChainError::BadValue { key, value: show(value), expected: param.expected(), hint: param.near(value) })
}

/// The value, cut where it is long.
fn show(value: &ParamValue) -> Message {
    let text = value.to_string();
    let cut = || text.chars().take(60).chain("…".chars()).collect::<String>();
    Message::verbatim(if text.chars().count() > 60 { cut() } else { text })
}

impl Chain {
    /// As [`Self::run`], one step after another, and tells `witness` of every enabled one, those too that leave the image
    /// as it is. Draws what [`Self::run`] draws.
    ///
    /// # Errors
    /// As [`Self::run`]; the steps before the one that failed have been told of.
    pub fn run_step_by_step(
        &self,
        image: &mut Image,
        scratch: &mut Scratch,
        seed: SampleSeed,
        witness: Witness<'_>,
    ) -> Result<(), TransformError> {
        if let Some(reason) = lacks_pixels(image) {
            return Err(TransformError { step: "LoadImage", reason });
        }
        for (index, step) in self.steps.iter().enumerate().filter(|(_, step)| step.enabled) {
            let draw = if step.operation.is_nothing() { Draw::Fixed } else { step.draw(seed, image.shape()) };
            let begun = Instant::now();
            if !step.operation.is_nothing() {
                let outcome = match &draw {
                    Draw::Skip => {
                        if step.changes_numbers_of(image) {
                            step.make_ready(image, scratch);
                        }
                        Ok(())
                    }
                    Draw::Fixed => step.apply(&Drawn::NOTHING, image, scratch),
                    Draw::Happens(drawn) => step.apply(drawn, image, scratch),
                };
                outcome.map_err(|reason| TransformError { step: step.name(), reason })?;
            }
            witness(index, &draw, image, begun.elapsed());
        }
        image.to_planar_floats(&mut scratch.image, &mut scratch.bytes);
        Ok(())
    }
}

/// Why the image has no pixels, or not as many as its shape says.
fn lacks_pixels(image: &Image) -> Option<Message> {
    let pixels = image.shape().iter().try_fold(1usize, |n, side| n.checked_mul(*side));
    if pixels.is_some_and(|n| n > 0 && n == image.len()) {
        return None;
    }
    Some(msg!("transform-value-count", count = image.len(), size = sides(&image.shape())))
}
