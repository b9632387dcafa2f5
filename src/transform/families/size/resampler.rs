//! torchvision's way to bring an image, or a region of it, to a size. Bytes stay bytes.

use super::canvas::{Span, Surround, lay};
use crate::data::{Dtype, Image, Layout};
use crate::language::{Message, sides};
use crate::transform::core::params::{Invalid, Values};
use crate::transform::core::sizes::within_bounds;
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::resample_bytes::{pick_bytes, resample_bytes};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::window::{Axis, Kernel, Mode, Scaling};
use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x2, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

/// Rows and columns of an image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub first: [usize; 2],
    pub size: [usize; 2],
}

/// torchvision's `interpolation` and `antialias`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resampler {
    /// Positions are looked up, with or without neighbours.
    Plain(Mode),
    /// Every pixel counts.
    Antialiased(Kernel),
}

impl Resampler {
    pub(crate) fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let interpolation = values.text("interpolation");
        match (interpolation.as_str(), values.bool("antialias")) {
            ("bilinear", true) => Ok(Self::Antialiased(Kernel::Triangle)),
            ("bicubic", true) => Ok(Self::Antialiased(Kernel::Cubic)),
            ("lanczos", true) => Ok(Self::Antialiased(Kernel::Lanczos)),
            ("lanczos", false) => Err(Invalid::new("antialias", msg!("transform-expected-antialias"))),
            (name, _) => Ok(Self::Plain(Mode::parse(name))),
        }
    }

    /// Brings the whole image to `[height, width]`.
    pub(crate) fn resize(self, image: &mut Image, to: [usize; 2], scratch: &mut Scratch) -> Result<(), Message> {
        let whole = Region { first: [0; 2], size: [image.height, image.width] };
        self.resize_region(image, whole, to, scratch)
    }

    /// Brings a region that lies within the image to `[height, width]`, as if nothing were around it.
    pub(crate) fn resize_region(
        self,
        image: &mut Image,
        region: Region,
        to: [usize; 2],
        scratch: &mut Scratch,
    ) -> Result<(), Message> {
        let [height, width] = region.size;
        if to.contains(&0) || region.size.contains(&0) {
            return Err(msg!("transform-would-become", from = sides(&[height, width]), to = sides(&to)));
        }
        within_bounds(to)?;
        // PIL's order is rows, then columns, this one's is the other: after the first pass a byte is clipped, so that
        // only the kernel that never overshoots gives the same both ways (but for rounding).
        let quick = self == Self::Antialiased(Kernel::Triangle) && image.dtype == Dtype::U8;
        if quick && to != region.size {
            return quick_bilinear(image, region, to, scratch);
        }
        let sides = [image.height, image.width];
        lay(image, [0, 1].map(|k| Span::crop(sides[k], region.first[k], region.size[k])), &Surround::zeros(), scratch)?;
        if to == region.size {
            return Ok(());
        }
        if image.dtype == Dtype::F32 || image.channels > 4 {
            image.to_channel_first(&mut scratch.image, &mut scratch.bytes);
        }
        self.fill(&mut scratch.rows, height, to[0]);
        self.fill(&mut scratch.columns, width, to[1]);
        let (rows, columns) = (&scratch.rows, &scratch.columns);
        match image.dtype {
            Dtype::U8 => {
                let unit = if image.layout == Layout::ChannelLast { image.channels } else { 1 };
                let shape = [height, width, unit];
                if matches!(self, Self::Plain(Mode::Nearest | Mode::NearestExact)) {
                    pick_bytes(&image.bytes, shape, rows, columns, &mut scratch.bytes);
                } else {
                    let buffers = &mut scratch.fixed_point;
                    resample_bytes(&image.bytes, shape, rows, columns, buffers, &mut scratch.bytes);
                }
                std::mem::swap(&mut image.bytes, &mut scratch.bytes);
            }
            Dtype::F32 => {
                resample(&image.data, [height, width], rows, columns, &mut scratch.line, &mut scratch.image);
                std::mem::swap(&mut image.data, &mut scratch.image);
            }
        }
        (image.height, image.width) = (to[0], to[1]);
        Ok(())
    }

    fn fill(self, axis: &mut Axis, input: usize, output: usize) {
        match self {
            Self::Plain(mode) => axis.resize(Scaling { mode, align_corners: false, input, output }),
            Self::Antialiased(kernel) => axis.antialias(kernel, input, output),
        }
    }
}

/// The antialiased bilinear resize of bytes by the processor's own vector instructions, in either layout; the region is
/// read where it lies.
fn quick_bilinear(image: &mut Image, region: Region, to: [usize; 2], scratch: &mut Scratch) -> Result<(), Message> {
    if image.layout == Layout::ChannelLast && image.channels > 4 {
        image.to_channel_first(&mut scratch.image, &mut scratch.bytes);
    }
    let unit = if image.layout == Layout::ChannelLast { image.channels } else { 1 };
    let (plane, out_plane) = (image.height * image.width * unit, to[0] * to[1] * unit);
    scratch.bytes.resize(image.channels / unit * out_plane, 0);
    let sides = [image.height, image.width];
    for (from, out) in image.bytes.chunks_exact(plane).zip(scratch.bytes.chunks_exact_mut(out_plane)) {
        let resizer = &mut scratch.resizer;
        match unit {
            1 => quick_plane::<U8>(from, sides, region, out, to, resizer),
            2 => quick_plane::<U8x2>(from, sides, region, out, to, resizer),
            3 => quick_plane::<U8x3>(from, sides, region, out, to, resizer),
            _ => quick_plane::<U8x4>(from, sides, region, out, to, resizer),
        }?;
    }
    std::mem::swap(&mut image.bytes, &mut scratch.bytes);
    (image.height, image.width) = (to[0], to[1]);
    Ok(())
}

fn quick_plane<P: PixelTrait>(
    from: &[u8],
    [height, width]: [usize; 2],
    region: Region,
    out: &mut [u8],
    to: [usize; 2],
    resizer: &mut Resizer,
) -> Result<(), Message> {
    // Sides are far below 2^32: the decoder's limit and the canvas's see to it.
    let view = TypedImageRef::<P>::from_buffer(width as u32, height as u32, from)
        .map_err(|e| Message::verbatim(e.to_string()))?;
    let mut out =
        TypedImage::<P>::from_buffer(to[1] as u32, to[0] as u32, out).map_err(|e| Message::verbatim(e.to_string()))?;
    let [top, left, height, width] =
        [region.first[0], region.first[1], region.size[0], region.size[1]].map(|v| v as u32);
    // A crop box of the resizer's own would let the kernel look beyond the region.
    let view =
        TypedCroppedImage::from_ref(&view, left, top, width, height).map_err(|e| Message::verbatim(e.to_string()))?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    resizer.resize_typed(&view, &mut out, &options).map_err(|e| Message::verbatim(e.to_string()))
}
