//! Resize, and the Gaussian filter that goes before it where asked.

use crate::data::Image;
use crate::language::{Message, sides};
use crate::transform::core::description::{DTYPE, Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamKind, Values, param};
use crate::transform::core::sizes::{MAX_SIDE, within_bounds};
use crate::transform::kernels::gaussian::smooth;
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::window::{MODES, Mode, Scaling};

const RESIZE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Resize",
    Family::Size,
    "Brings every image to one size. Images of different sizes need it before they can share a batch.",
    &[
        param(
            "spatial_size",
            ParamKind::Size { max: MAX_SIDE },
            ParamDefault::Ints(&[64, 64]),
            "px",
            "the new size; with size_mode longest, one number for the longer side",
        ),
        param(
            "size_mode",
            ParamKind::Choice(&["all", "longest"]),
            ParamDefault::Text("all"),
            "",
            "longest keeps the picture's proportions",
        ),
        param("mode", ParamKind::Choice(MODES), ParamDefault::Text("area"), "", "interpolation"),
        param(
            "align_corners",
            ParamKind::OptionalBool,
            ParamDefault::None,
            "",
            "for bilinear and bicubic: true puts corner pixels on corner pixels",
        ),
        param(
            "anti_aliasing",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "smooth with a Gaussian before making smaller",
        ),
        param(
            "anti_aliasing_sigma",
            ParamKind::OptionalFloats { min: 0.0, max: 1000.0 },
            ParamDefault::None,
            "px",
            "standard deviation of that Gaussian, or [H, W]; none: half of (the factor - 1)",
        ),
    ],
    |values| built(Resize::new(values)?),
)
.without(&[LAZY, DTYPE])
.noting("`spatial_size` has no default there")
.fixing_size(|_| true);

pub(crate) const ALL: &[TransformInfo] = &[RESIZE];

/// `align_corners`, which torch takes with two modes only.
pub(crate) fn align_corners(values: &Values<'_>, mode: Mode) -> Result<bool, Invalid> {
    match values.text("align_corners").as_str() {
        "true" | "false" if !matches!(mode, Mode::Bilinear | Mode::Bicubic) => {
            Err(Invalid::new("align_corners", msg!("transform-expected-no-corners")))
        }
        text => Ok(text == "true"),
    }
}

#[derive(Debug, Clone)]
struct Resize {
    size: Size,
    mode: Mode,
    align_corners: bool,
    /// `None`: not smoothed; else sigma for H and W, where given.
    anti_aliasing: Option<Option<[f64; 2]>>,
}

#[derive(Debug, Clone)]
enum Size {
    All([Option<usize>; 2]),
    Longest(usize),
}

impl Resize {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let size = values.size("spatial_size");
        let size = if values.text("size_mode") == "longest" {
            match size {
                [Some(side), _] if values.is_one_number("spatial_size") => Size::Longest(side),
                _ => return Err(Invalid::new("spatial_size", msg!("transform-expected-one-size"))),
            }
        } else {
            Size::All(size)
        };
        let sigma = match values.optional_floats("anti_aliasing_sigma").as_deref() {
            None => None,
            Some([one]) => Some([*one; 2]),
            Some([h, w]) => Some([*h, *w]),
            Some(_) => return Err(Invalid::new("anti_aliasing_sigma", msg!("transform-expected-one-or-two"))),
        };
        let mode = Mode::parse(&values.text("mode"));
        Ok(Self {
            size,
            mode,
            align_corners: align_corners(values, mode)?,
            anti_aliasing: values.bool("anti_aliasing").then_some(sigma),
        })
    }
}

impl Operation for Resize {
    fn least_input(&self) -> Option<[usize; 2]> {
        match self.size {
            Size::All([Some(height), Some(width)]) => Some([height, width]),
            Size::All(_) | Size::Longest(_) => None,
        }
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [channels, height, width] = image.shape();
        let from = [height, width];
        let to = match self.size {
            Size::All([h, w]) => [h.unwrap_or(height), w.unwrap_or(width)],
            Size::Longest(side) => {
                let scale = side as f64 / height.max(width) as f64;
                from.map(|n| (n as f64 * scale).round_ties_even() as usize)
            }
        };
        if to.contains(&0) {
            return Err(msg!("transform-would-become", from = sides(&[height, width]), to = sides(&to)));
        }
        if to == from {
            return Ok(());
        }
        within_bounds(to)?;
        if let Some(sigma) = self.anti_aliasing.filter(|_| to[0] < height || to[1] < width) {
            let factor = [height as f64 / to[0] as f64, width as f64 / to[1] as f64];
            let sigma = match sigma {
                Some(sigma) => [0, 1].map(|k| if factor[k] > 1.0 { sigma[k] } else { 0.0 }),
                None => factor.map(|f| ((f - 1.0) / 2.0).max(0.0)),
            };
            smooth(image, sigma, scratch);
        }
        let scaling = |input, output| Scaling { mode: self.mode, align_corners: self.align_corners, input, output };
        scratch.rows.resize(scaling(height, to[0]));
        scratch.columns.resize(scaling(width, to[1]));
        resample(&image.data, from, &scratch.rows, &scratch.columns, &mut scratch.line, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
        (image.channels, image.height, image.width) = (channels, to[0], to[1]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    /// `monai.transforms.Resize(..., anti_aliasing=True)` of MONAI 1.6.1 on
    /// `(torch.arange(2 * 20 * 30) * 7919 % 251).reshape(2, 20, 30).float()`: [0, 0, 0], [0, -1, 0], [1, 2, 3],
    /// [1, -1, -1] and the mean.
    #[test]
    fn anti_aliasing_is_monais() {
        use crate::transform::tests::{one, picture, run};
        for (lines, expected) in [
            ("[7, 11]\nmode = \"area\"", [74.85, 120.339, 135.481, 79.813, 119.345]),
            ("[7, 11]\nmode = \"bilinear\"", [79.019, 142.979, 135.837, 89.963, 120.794]),
            ("[7, 40]\nmode = \"bilinear\"\nalign_corners = true", [42.742, 99.708, 166.4, 68.694, 114.27]),
            (
                "[5, 30]\nmode = \"bicubic\"\nanti_aliasing_sigma = [1.5, 2]",
                [131.876, 144.94, 180.961, 104.769, 120.739],
            ),
            ("[10, 9]\nmode = \"nearest\"\nanti_aliasing_sigma = 0.7", [34.309, 126.007, 150.918, 79.998, 118.362]),
            ("[10, 9]\nmode = \"nearest-exact\"", [79.885, 115.677, 156.786, 73.996, 120.151]),
            ("[40, 50]\nmode = \"bilinear\"", [0.0, 97.0, 170.85, 53.0, 125.018]),
            ("[7, 40]\nmode = \"area\"\nanti_aliasing_sigma = [1, 1]", [110.611, 135.794, 173.499, 97.391, 120.454]),
        ] {
            let resize = one("Resize", &format!("anti_aliasing = true\nspatial_size = {lines}"));
            let out = run(&resize, &picture(2, 20, 30), 0);
            let [_, h, w] = out.shape();
            let mean = out.data.iter().sum::<f32>() / out.data.len() as f32;
            let at = |c, y, x| out.at(c, y, x).unwrap();
            let found = [at(0, 0, 0), at(0, h - 1, 0), at(1, 2, 3), at(1, h - 1, w - 1), mean];
            let off = found.iter().zip(expected).map(|(a, b): (&f32, f32)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 1.5e-3, "{lines}: {found:?} {expected:?}");
        }
    }
}
