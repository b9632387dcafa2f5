//! What kind of numbers an image holds, and their range: torchvision's ToDtype and its like, Normalize, GaussianNoise.

use crate::data::{Dtype, Image, Layout, split_channels};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::families::intensity::scale::NUMBER;
use crate::transform::kernels::bytes::{BYTE, TO_BYTE, high_bytes, to_byte, unit_range};
use crate::transform::kernels::scratch::Scratch;

const DTYPE: ParamInfo = param(
    "dtype",
    ParamKind::Choice(&["float32", "uint8"]),
    ParamDefault::Text("float32"),
    "",
    "float32, or uint8 for bytes",
);

const CHANNELS_FIRST: &str = "Leaves the values as they are. For chains that come from torchvision: EnsureChannelFirst \
    has moved the channels to the front.";
const TO_IMAGE: TransformInfo =
    TransformInfo::fixed(Library::Torchvision, "ToImage", Family::Io, CHANNELS_FIRST, &[], |_| built(ChannelFirst));
const PIL_TO_TENSOR: TransformInfo =
    TransformInfo::fixed(Library::Torchvision, "PILToTensor", Family::Io, CHANNELS_FIRST, &[], |_| built(ChannelFirst));

const FLOATS_ARE_UNITS: &str = "floats count as 0 to 1 already; the whole numbers of 16-bit files do not";
/// For `ToTensor`, which gives I;16 pictures as int16 there, those above 32767 negative.
const TO_TENSOR_NOTE: &str =
    "floats count as 0 to 1 already; 16-bit gray becomes 0 to 1 as colour does, where torchvision leaves it as int16";

const TO_DTYPE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "ToDtype",
    Family::Io,
    "Makes the values floats or bytes.",
    &[
        DTYPE,
        param(
            "scale",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "whole numbers of 8 or 16 bits become 0 to 1, and 0 to 1 becomes bytes",
        ),
    ],
    |values| built(ToDtype { bytes: values.text("dtype") == "uint8", scale: values.bool("scale") }),
)
.noting(FLOATS_ARE_UNITS);

const CONVERT_IMAGE_DTYPE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "ConvertImageDtype",
    Family::Io,
    "Makes the values floats of 0 to 1 or bytes of 0 to 255; ToDtype with scale is its newer name.",
    &[DTYPE],
    |values| built(ToDtype { bytes: values.text("dtype") == "uint8", scale: true }),
)
.noting(FLOATS_ARE_UNITS);

const TO_TENSOR: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "ToTensor",
    Family::Io,
    "Makes the whole numbers of 8 or 16 bits floats of 0 to 1; ToDtype with scale is its newer name.",
    &[],
    |_| built(ToDtype { bytes: false, scale: true }),
)
.noting(TO_TENSOR_NOTE);

const AS_THEY_ARE: &str = "Makes the values floats and leaves them as they are: 0 to 255 stays 0 to 255.";

/// Not torchvision's, which scales.
pub(super) const MONAI_TO_TENSOR: TransformInfo =
    TransformInfo::fixed(Library::Monai, "monai.ToTensor", Family::Io, AS_THEY_ARE, &[], |_| {
        built(ToDtype { bytes: false, scale: false })
    })
    .without(&[
        ("dtype", "values are float32 at a chain's end"),
        ("device", "batches go to the device when they are whole"),
        ("wrap_sequence", "there is one image at a time"),
        ("track_meta", "an image carries no dictionary here"),
    ]);

/// Nor is this.
pub(super) const TO_TENSOR_V2: TransformInfo =
    TransformInfo::fixed(Library::Albumentations, "ToTensorV2", Family::Io, CHANNELS_FIRST, &[], |_| {
        built(ChannelFirst)
    })
    .without(&[("transpose_mask", "there are no masks here"), ("p", "it happens to every image")]);

pub(super) const RESCALING: TransformInfo = TransformInfo::fixed(
    Library::Keras,
    "Rescaling",
    Family::Intensity,
    "Makes v * scale + offset of every value v.",
    &[
        param("scale", NUMBER, ParamDefault::Float(1.0 / 255.0), "", "1/255 makes 0 to 1 of bytes"),
        param("offset", NUMBER, ParamDefault::Float(0.0), "", "what is added then"),
    ],
    |values| built(Rescaling { scale: values.float("scale"), offset: values.float("offset") }),
)
.noting("`scale` has no default there");

const NORMALIZE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "Normalize",
    Family::Intensity,
    "Subtracts mean and divides by std, figures that were reckoned before: one for each channel, or one for all.",
    &[
        param(
            "mean",
            ParamKind::Floats { min: -1e12, max: 1e12, least: 1, most: 1024 },
            ParamDefault::Float(0.0),
            "",
            "ImageNet's, for values of 0 to 1: [0.485, 0.456, 0.406]",
        ),
        param(
            "std",
            ParamKind::Floats { min: -1e12, max: 1e12, least: 1, most: 1024 },
            ParamDefault::Float(1.0),
            "",
            "ImageNet's: [0.229, 0.224, 0.225]",
        ),
    ],
    |values| built(Normalize::new(values)?),
)
.without(&[("inplace", "it makes no difference to the result")])
.noting("`mean` and `std` have no defaults there");

const GAUSSIAN_NOISE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "GaussianNoise",
    Family::Noise,
    "Adds Gaussian noise to every picture, a number for each value.",
    &[
        param("mean", ParamKind::Float { min: -1e6, max: 1e6 }, ParamDefault::Float(0.0), "", "mean of the noise"),
        param(
            "sigma",
            ParamKind::Float { min: 0.0, max: 1e6 },
            ParamDefault::Float(0.1),
            "",
            "its standard deviation, for values of 0 to 1; for bytes it counts 255 times as much",
        ),
        param(
            "clip",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "cut off what leaves the range; bytes that leave it come in again at its other end without this",
        ),
    ],
    &[],
    |values| {
        let (mean, sigma) = (values.float("mean"), values.float("sigma"));
        built(GaussianNoise { mean, sigma, clip: values.bool("clip") })
    },
);

pub(crate) const ALL: &[TransformInfo] = &[
    TO_IMAGE,
    PIL_TO_TENSOR,
    TO_DTYPE,
    CONVERT_IMAGE_DTYPE,
    TO_TENSOR,
    MONAI_TO_TENSOR,
    TO_TENSOR_V2,
    RESCALING,
    NORMALIZE,
    GAUSSIAN_NOISE,
];

/// The chain has done it on the way here.
#[derive(Debug)]
struct ChannelFirst;

impl Operation for ChannelFirst {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, _image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        Ok(())
    }
}

#[derive(Debug)]
struct ToDtype {
    /// To bytes; else to floats.
    bytes: bool,
    scale: bool,
}

impl Operation for ToDtype {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    /// Of bytes; floats stay as they are, which the chain finds out where it tries its tail.
    fn affine(&self, channels: usize) -> Option<Vec<[f64; 2]>> {
        let scale = if self.scale { f64::from(BYTE) } else { 1.0 };
        (!self.bytes).then(|| vec![[scale, 0.0]; channels])
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let counts = std::mem::take(&mut image.sixteen_bit);
        match (image.dtype, self.bytes) {
            (Dtype::F32, false) if counts && self.scale => {
                image.data.iter_mut().for_each(|v| *v /= MOST_OF_16_BITS);
            }
            (Dtype::F32, true) if counts && self.scale => {
                image.sixteen_bit = true;
                high_bytes(image);
            }
            (Dtype::U8, true) | (Dtype::F32, false) => {}
            (Dtype::U8, false) => to_floats(image, if self.scale { BYTE } else { 1.0 }),
            (Dtype::F32, true) => to_bytes(image, if self.scale { TO_BYTE } else { 1.0 }),
        }
        Ok(())
    }
}

/// The largest whole number of sixteen bits.
const MOST_OF_16_BITS: f32 = 65_535.0;

#[derive(Debug)]
struct Rescaling {
    scale: f64,
    offset: f64,
}

impl Operation for Rescaling {
    fn affine(&self, channels: usize) -> Option<Vec<[f64; 2]>> {
        Some(vec![[self.scale, self.offset]; channels])
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let (scale, offset) = (self.scale as f32, self.offset as f32);
        image.data.iter_mut().for_each(|v| *v = *v * scale + offset);
        Ok(())
    }
}

/// Bytes times `factor` as planar floats, in one pass.
fn to_floats(image: &mut Image, factor: f32) {
    image.data.resize(image.bytes.len(), 0.0);
    let of = |v: u8| f32::from(v) * factor;
    if image.layout == Layout::ChannelLast && image.channels > 1 {
        split_channels(&image.bytes, image.channels, image.height * image.width, &mut image.data, of);
    } else {
        image.data.iter_mut().zip(&image.bytes).for_each(|(to, from)| *to = of(*from));
    }
    (image.dtype, image.layout) = (Dtype::F32, Layout::ChannelFirst);
}

/// Floats times `factor`, cut to bytes; what no byte can hold becomes the nearest one.
pub(crate) fn to_bytes(image: &mut Image, factor: f32) {
    image.bytes.resize(image.data.len(), 0);
    image.bytes.iter_mut().zip(&image.data).for_each(|(to, from)| *to = to_byte(*from * factor));
    image.dtype = Dtype::U8;
}

#[derive(Debug)]
struct Normalize {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Normalize {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let list = |name| values.floats(name).into_iter().map(|v| v as f32).collect::<Vec<_>>();
        let (mean, std) = (list("mean"), list("std"));
        if std.contains(&0.0) {
            return Err(Invalid::new("std", msg!("transform-expected-not-0")));
        }
        if mean.len() != std.len() && mean.len() != 1 && std.len() != 1 {
            return Err(Invalid::new("std", msg!("transform-expected-as-many", name = "mean", count = mean.len())));
        }
        Ok(Self { mean, std })
    }

    /// Mean and standard deviation of each channel; `None` where there are not as many as channels.
    fn of_channels(&self, channels: usize) -> Option<impl Iterator<Item = (f32, f32)>> {
        let numbers = self.mean.len().max(self.std.len());
        let of = |list: &[f32], channel: usize, rest| list.get(channel).or(list.first()).copied().unwrap_or(rest);
        (numbers == 1 || numbers == channels)
            .then(|| (0..channels).map(move |channel| (of(&self.mean, channel, 0.0), of(&self.std, channel, 1.0))))
    }
}

impl Operation for Normalize {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn affine(&self, channels: usize) -> Option<Vec<[f64; 2]>> {
        let numbers = self.of_channels(channels)?.map(|(mean, std)| (f64::from(mean), f64::from(std)));
        Some(numbers.map(|(mean, std)| [1.0 / std, -mean / std]).collect())
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        image.sixteen_bit = false;
        if image.dtype == Dtype::U8 {
            return Err(msg!("transform-needs-floats"));
        }
        let Some(numbers) = self.of_channels(image.channels) else {
            let (numbers, channels) = (self.mean.len().max(self.std.len()), image.channels);
            return Err(msg!("transform-one-or-each-channel", name = "mean/std", given = numbers, channels));
        };
        let plane = (image.height * image.width).max(1);
        for (values, (mean, std)) in image.data.chunks_mut(plane).zip(numbers) {
            values.iter_mut().for_each(|v| *v = (*v - mean) / std);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct GaussianNoise {
    mean: f64,
    sigma: f64,
    clip: bool,
}

impl Operation for GaussianNoise {
    fn draw(&self, stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::happens(&[], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let mut stream = drawn.stream();
        match image.dtype {
            Dtype::U8 => {
                let (mean, sigma) = (self.mean * 255.0, self.sigma * 255.0);
                for v in &mut image.bytes {
                    // Cut to a whole number before it is added, as torchvision's int16 does.
                    let sum = i32::from(*v) + (mean + stream.normal() * sigma).clamp(-32_768.0, 32_767.0) as i32;
                    *v = if self.clip { sum.clamp(0, 255) as u8 } else { sum.rem_euclid(256) as u8 };
                }
            }
            Dtype::F32 => {
                for v in &mut image.data {
                    let noisy = *v + (self.mean + stream.normal() * self.sigma) as f32;
                    *v = if self.clip { unit_range(noisy) } else { noisy };
                }
            }
        }
        Ok(())
    }
}
