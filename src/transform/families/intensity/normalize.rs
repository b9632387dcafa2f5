//! ScaleIntensity and NormalizeIntensity: arithmetic on values, wherever they stand.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::{self, extremes, sum};

pub(crate) const ANY_FLOAT: ParamKind = ParamKind::OptionalFloat { min: -1e12, max: 1e12 };
const ANY_FLOATS: ParamKind = ParamKind::OptionalFloats { min: -1e12, max: 1e12 };
pub(crate) const CHANNEL_WISE: ParamInfo =
    param("channel_wise", ParamKind::Bool, ParamDefault::Bool(false), "", "each channel by its own figures");

const SCALE_INTENSITY: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ScaleIntensity",
    Family::Intensity,
    "Brings the values to the range minv to maxv; with both none, multiplies them by 1 + factor.",
    &[
        param("minv", ANY_FLOAT, ParamDefault::Float(0.0), "", "what the smallest value becomes"),
        param("maxv", ANY_FLOAT, ParamDefault::Float(1.0), "", "what the largest value becomes"),
        param(
            "factor",
            ANY_FLOAT,
            ParamDefault::None,
            "",
            "values become v * (1 + factor), where minv and maxv are none",
        ),
        CHANNEL_WISE,
    ],
    |values| built(ScaleIntensity::new(values)),
)
.without(&[DTYPE]);

const NORMALIZE_INTENSITY: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "NormalizeIntensity",
    Family::Intensity,
    "Subtracts the mean and divides by the standard deviation: the image's own unless they are given.",
    &[
        param(
            "subtrahend",
            ANY_FLOATS,
            ParamDefault::None,
            "",
            "what is subtracted, a list by channel with channel_wise; none: the mean",
        ),
        param(
            "divisor",
            ANY_FLOATS,
            ParamDefault::None,
            "",
            "what is divided by, a list by channel with channel_wise; none: the standard deviation",
        ),
        param("nonzero", ParamKind::Bool, ParamDefault::Bool(false), "", "leave values of 0 out and as they are"),
        CHANNEL_WISE,
    ],
    |values| built(NormalizeIntensity::new(values)?),
)
.without(&[DTYPE]);

pub(crate) const ALL: &[TransformInfo] = &[SCALE_INTENSITY, NORMALIZE_INTENSITY];

#[derive(Debug, Clone)]
struct ScaleIntensity {
    minv: Option<f32>,
    maxv: Option<f32>,
    factor: Option<f32>,
    channel_wise: bool,
}

impl ScaleIntensity {
    fn new(values: &Values<'_>) -> Self {
        let float = |name| values.optional_float(name).map(|v| v as f32);
        Self {
            minv: float("minv"),
            maxv: float("maxv"),
            factor: float("factor"),
            channel_wise: values.bool("channel_wise"),
        }
    }

    /// MONAI's `rescale_array`, its special cases included.
    fn rescale(&self, values: &mut [f32]) {
        let (low, high) = extremes(values);
        if low == high {
            if let Some(minv) = self.minv {
                values.iter_mut().for_each(|v| *v *= minv);
            }
            return;
        }
        let span = high - low;
        match (self.minv, self.maxv) {
            (Some(minv), Some(maxv)) if minv != 0.0 || maxv != 1.0 => {
                let to = maxv - minv;
                values.iter_mut().for_each(|v| *v = (*v - low) / span * to + minv);
            }
            _ => values.iter_mut().for_each(|v| *v = (*v - low) / span),
        }
    }
}

impl Operation for ScaleIntensity {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        if self.minv.is_none() && self.maxv.is_none() {
            if let Some(factor) = self.factor {
                image.data.iter_mut().for_each(|v| *v *= 1.0 + factor);
            }
            return Ok(());
        }
        for part in parts(image, self.channel_wise) {
            self.rescale(part);
        }
        Ok(())
    }
}

/// The whole image, or one channel at a time.
pub(crate) fn parts(image: &mut Image, channel_wise: bool) -> std::slice::ChunksMut<'_, f32> {
    let len = if channel_wise { image.height * image.width } else { image.data.len() };
    image.data.chunks_mut(len.max(1))
}

#[derive(Debug, Clone)]
struct NormalizeIntensity {
    subtrahend: Option<Vec<f64>>,
    divisor: Option<Vec<f64>>,
    nonzero: bool,
    channel_wise: bool,
}

impl NormalizeIntensity {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let channel_wise = values.bool("channel_wise");
        let list = |name: &'static str| match values.optional_floats(name) {
            Some(list) if list.len() != 1 && !channel_wise => {
                Err(Invalid::new(name, msg!("transform-expected-one-or-channel-wise")))
            }
            list => Ok(list),
        };
        Ok(Self {
            subtrahend: list("subtrahend")?,
            divisor: list("divisor")?,
            nonzero: values.bool("nonzero"),
            channel_wise,
        })
    }

    fn normalize(&self, values: &mut [f32], subtrahend: Option<f64>, divisor: Option<f64>) {
        let counts = |v: f32| !self.nonzero || v != 0.0;
        let (sum, n) = sum(values, |v| if counts(v) { (f64::from(v), 1.0) } else { (0.0, 0.0) });
        if n == 0.0 {
            return;
        }
        let mean = sum / n;
        let divisor = divisor.unwrap_or_else(|| {
            // In a second pass, as a difference of two large sums would lose digits.
            let squares =
                statistics::sum(values, |v| if counts(v) { ((f64::from(v) - mean).powi(2), 0.0) } else { (0.0, 0.0) });
            (squares.0 / n).sqrt()
        });
        let subtrahend = subtrahend.unwrap_or(mean) as f32;
        let divisor = if divisor == 0.0 { 1.0 } else { divisor as f32 };
        if self.nonzero {
            for v in values.iter_mut().filter(|v| **v != 0.0) {
                *v = (*v - subtrahend) / divisor;
            }
        } else {
            values.iter_mut().for_each(|v| *v = (*v - subtrahend) / divisor);
        }
    }
}

impl Operation for NormalizeIntensity {
    fn affine(&self, channels: usize) -> Option<Vec<[f64; 2]>> {
        let (subtrahend, divisor) = (self.subtrahend.as_ref()?, self.divisor.as_ref()?);
        let fits = |list: &Vec<f64>| list.len() == 1 || list.len() == channels;
        if self.nonzero || !fits(subtrahend) || !fits(divisor) {
            return None;
        }
        let pick = |list: &[f64], i: usize| list.get(i).or(list.first()).copied().unwrap_or_default();
        let of_channel = |i| {
            let divisor = Some(pick(divisor, i)).filter(|d| *d != 0.0).unwrap_or(1.0);
            [1.0 / divisor, -pick(subtrahend, i) / divisor]
        };
        Some((0..channels).map(of_channel).collect())
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let channels = image.channels;
        for (name, list) in [("subtrahend", &self.subtrahend), ("divisor", &self.divisor)] {
            if let Some(list) = list.as_ref().filter(|list| list.len() > 1 && list.len() != channels) {
                return Err(msg!("transform-numbers-for-channels", name, given = list.len(), channels));
            }
        }
        let pick = |list: &Option<Vec<f64>>, i: usize| list.as_ref().and_then(|l| l.get(i).or(l.first()).copied());
        for (i, part) in parts(image, self.channel_wise).enumerate() {
            self.normalize(part, pick(&self.subtrahend, i), pick(&self.divisor, i));
        }
        Ok(())
    }
}
