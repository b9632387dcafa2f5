//! From a DICOM frame's samples to an image: rescale, window, palette, colour.

use super::codecs::{Samples, unpack};
use super::dicom::{Curve, Dicom, Photometric, Table};
use crate::data::convert::convert;
use crate::data::image::{Image, Layout};
use crate::language::Message;
use image::ColorType;

/// Which values of a gray DICOM file become which of the image (`data.dicom_window`).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Window {
    /// All of them, in the file's own units: rescaled by slope and intercept (Hounsfield units for CT), as MONAI's
    /// `PydicomReader` gives them.
    #[default]
    Full,
    /// Bytes from 0 to 255 as a viewer shows it, by the file's own window (the first, if it has several); without one
    /// from the smallest to the largest value.
    File,
    /// As [`Self::File`], by this centre and this width (at least 1).
    Of { center: f64, width: f64 },
}

impl Window {
    /// Reads `full`, `file` or `CENTER,WIDTH`.
    ///
    /// # Errors
    /// Any other text, in words.
    pub fn parse(text: &str) -> Result<Self, Message> {
        let expected = || msg!("data-window-expected", given = crate::console::show_name(text.as_ref()).to_string());
        match text.trim() {
            "full" => return Ok(Self::Full),
            "file" => return Ok(Self::File),
            _ => {}
        }
        let (center, width) = text.split_once(',').ok_or_else(expected)?;
        let number = |text: &str| text.trim().parse().ok().filter(|value: &f64| value.is_finite());
        match (number(center), number(width)) {
            (Some(center), Some(width)) if width >= 1.0 => Ok(Self::Of { center, width }),
            _ => Err(expected()),
        }
    }
}

/// Decodes one frame to `channels` (1 or 3).
///
/// # Errors
/// Damaged, or not what its header says.
pub(super) fn dicom(
    dicom: &Dicom,
    bytes: &[u8],
    channels: usize,
    window: Window,
    out: &mut Image,
) -> Result<(), Message> {
    let samples = unpack(dicom, bytes)?;
    let size = [usize::from(dicom.rows), usize::from(dicom.columns)];
    if dicom.is_gray() {
        return gray(dicom, &samples, size, channels, window, out);
    }
    match &dicom.palette {
        Some(tables) => palette(dicom, &samples, tables, size, channels, out),
        None => colour(dicom, &samples, size, channels, out),
    }
}

/// Sample `i` with its sign, without bits that are not its own.
fn integer(dicom: &Dicom, samples: &Samples<'_>, i: usize) -> i64 {
    let bits = samples.bits(i);
    let unused = 64 - u32::from(dicom.stored);
    if dicom.signed { (bits << unused).cast_signed() >> unused } else { (bits << unused >> unused).cast_signed() }
}

fn gray(
    dicom: &Dicom,
    samples: &Samples<'_>,
    size: [usize; 2],
    channels: usize,
    window: Window,
    out: &mut Image,
) -> Result<(), Message> {
    let [height, width] = size;
    let pixels = height * width;
    let rescale = dicom.rescale.filter(|rescale| *rescale != [1.0, 0.0]);
    let is_plain = dicom.stored == 8 && !dicom.signed && rescale.is_none();
    if let (Some(bytes), true, Window::Full) = (samples.as_bytes(), is_plain, window) {
        return convert(&bytes[..pixels], ColorType::L8, size, channels, out);
    }
    // In double precision, as NumPy multiplies by pydicom's numbers, and single in the end.
    let value = |i: usize| {
        let raw = match (dicom.float, dicom.allocated) {
            (true, 64) => f64::from_bits(samples.bits(i)),
            (true, _) => f32::from_bits(samples.bits(i) as u32).into(),
            (false, _) => f64::from(integer(dicom, samples, i) as f32),
        };
        rescale.map_or(raw, |[slope, intercept]| raw * slope + intercept) as f32
    };
    let (curve, window) = match window {
        Window::Full => {
            let values = out.reshape(channels, height, width, Layout::ChannelLast);
            for (i, pixel) in values.chunks_exact_mut(channels).enumerate() {
                pixel.fill(value(i));
            }
            return Ok(());
        }
        Window::Of { center, width } => (Curve::Linear, Some([center, width])),
        Window::File => (dicom.curve, dicom.window),
    };
    let (curve, [center, width_of_values]) = match window {
        Some(window) => (curve, window),
        None => {
            let finite = || (0..pixels).map(value).filter(|v| v.is_finite());
            let (low, high) = finite().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            (Curve::LinearExact, [(f64::from(low) + f64::from(high)) / 2.0, f64::from(high) - f64::from(low)])
        }
    };
    let shown = |i: usize| {
        let share = share(curve, center, width_of_values, value(i).into());
        let share = if dicom.photometric == Photometric::Monochrome1 { 1.0 - share } else { share };
        (share * 255.0).round() as u8
    };
    let values = out.reshape_bytes(channels, height, width, Layout::ChannelLast);
    for (i, pixel) in values.chunks_exact_mut(channels).enumerate() {
        pixel.fill(shown(i));
    }
    Ok(())
}

/// Where `value` lies in the window, from 0 to 1 (PS3.3 C.11.2.1.2 and C.11.2.1.3).
fn share(curve: Curve, center: f64, width: f64, value: f64) -> f64 {
    let share = match curve {
        Curve::Linear if width > 1.0 => (value - (center - 0.5)) / (width - 1.0) + 0.5,
        Curve::LinearExact if width > 0.0 => (value - center) / width + 0.5,
        Curve::Sigmoid if width > 0.0 => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
        // A window without width is a threshold.
        Curve::Linear => f64::from(u8::from(value > center - 0.5)),
        Curve::LinearExact | Curve::Sigmoid => f64::from(u8::from(value > center)),
    };
    share.clamp(0.0, 1.0)
}

fn palette(
    dicom: &Dicom,
    samples: &Samples<'_>,
    tables: &[Table; 3],
    size: [usize; 2],
    channels: usize,
    out: &mut Image,
) -> Result<(), Message> {
    let pixels = size[0] * size[1];
    let entry = |table: &Table, i: usize| {
        let place = integer(dicom, samples, i) - i64::from(table.first);
        let last = table.entries.len().saturating_sub(1);
        table.entries.get(usize::try_from(place.max(0)).map_or(last, |place| place.min(last))).copied().unwrap_or(0)
    };
    let values = (0..pixels).flat_map(|i| tables.each_ref().map(|table| entry(table, i)));
    if dicom.palette_bits == 8 {
        let bytes: Vec<u8> = values.map(|value| value as u8).collect();
        convert(&bytes, ColorType::Rgb8, size, channels, out)
    } else {
        let bytes: Vec<u8> = values.flat_map(u16::to_ne_bytes).collect();
        convert(&bytes, ColorType::Rgb16, size, channels, out)
    }
}

fn colour(
    dicom: &Dicom,
    samples: &Samples<'_>,
    size: [usize; 2],
    channels: usize,
    out: &mut Image,
) -> Result<(), Message> {
    let pixels = size[0] * size[1];
    let place = |i: usize, channel: usize| if samples.planar { channel * pixels + i } else { i * 3 + channel };
    let value = |i: usize, channel: usize| integer(dicom, samples, place(i, channel));
    if dicom.allocated == 16 {
        let bytes: Vec<u8> =
            (0..pixels * 3).flat_map(|i| (value(i / 3, i % 3).clamp(0, 65_535) as u16).to_ne_bytes()).collect();
        return convert(&bytes, ColorType::Rgb16, size, channels, out);
    }
    let mut bytes = Vec::with_capacity(pixels * 3);
    let is_ybr = !samples.is_rgb && dicom.photometric != Photometric::Rgb;
    for i in 0..pixels {
        let pixel = if dicom.is_422() {
            // Two pixels are Y, Y, Cb, Cr.
            let at = |k: usize| integer(dicom, samples, i / 2 * 4 + k);
            [at(i % 2), at(2), at(3)]
        } else {
            [value(i, 0), value(i, 1), value(i, 2)]
        };
        bytes.extend(if is_ybr { rgb(pixel) } else { pixel.map(|v| v.clamp(0, 255) as u8) });
    }
    convert(&bytes, ColorType::Rgb8, size, channels, out)
}

/// The inverse of ITU-R 601's full range colours (PS3.3 C.7.6.3.1.2), rounded.
fn rgb([y, cb, cr]: [i64; 3]) -> [u8; 3] {
    let [y, cb, cr] = [y as f32, (cb - 128) as f32, (cr - 128) as f32];
    let green = -0.114 * 1.772 / 0.587 * cb - 0.299 * 1.402 / 0.587 * cr;
    [y + 1.402 * cr, y + green, y + 1.772 * cb].map(|v| (v + 0.5).floor().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_from_text() {
        let cases = [
            ("full", Window::Full),
            ("file", Window::File),
            ("40,400", Window::Of { center: 40.0, width: 400.0 }),
            (" -600.5 , 1500 ", Window::Of { center: -600.5, width: 1500.0 }),
        ];
        for (text, expected) in cases {
            assert_eq!(Window::parse(text), Ok(expected), "{text}");
        }
        for text in ["", "lung", "40", "40,0", "40,nan", "inf,400", "1,2,3"] {
            let message = Window::parse(text).unwrap_err().to_string();
            assert!(message.contains("40,400"), "{text}: {message}");
        }
    }

    /// The formula's own corners (PS3.3 C.11.2.1.2.1): centre 2048 and width 4096 takes 0 to 4095 to all of the range.
    #[test]
    fn a_window_takes_its_ends_to_the_ends() {
        let linear = |c, w, v| share(Curve::Linear, c, w, v);
        assert_eq!([0.0, 4095.0].map(|v| linear(2048.0, 4096.0, v)), [0.0, 1.0]);
        assert_eq!([-1.0, 5000.0].map(|v| linear(2048.0, 4096.0, v)), [0.0, 1.0]);
        assert_eq!([2047.0, 2048.0].map(|v| linear(2048.0, 1.0, v)), [0.0, 1.0]);
        assert_eq!([0.0, 10.0, 20.0].map(|v| share(Curve::LinearExact, 10.0, 20.0, v)), [0.0, 0.5, 1.0]);
        assert_eq!(share(Curve::Sigmoid, 10.0, 20.0, 10.0), 0.5);
        assert_eq!([7.0, 8.0].map(|v| share(Curve::LinearExact, 7.0, 0.0, v)), [0.0, 1.0]);
    }
}
