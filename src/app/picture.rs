//! Images as pictures on the screen: values to colours, differences, and what is to be said of them. Runs on jobs' threads.

use crate::data::{Dtype, Image};
use egui::{Color32, ColorImage};

/// What stands for black and what for white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tones {
    pub black: f32,
    pub white: f32,
    /// The values are on none of the usual scales: black and white are the image's own least and largest.
    pub stretched: bool,
}

/// Least and largest finite value, mean and whether all are finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub low: f32,
    pub high: f32,
    pub mean: f64,
    pub all_finite: bool,
}

/// `None` for an image without a finite value.
pub fn figures(image: &Image) -> Option<Figures> {
    let (mut low, mut high, mut sum, mut count, mut total) = (f32::INFINITY, f32::NEG_INFINITY, 0.0, 0u64, 0u64);
    let mut add = |v: f32| {
        total += 1;
        if v.is_finite() {
            (low, high) = (low.min(v), high.max(v));
            sum += f64::from(v);
            count += 1;
        }
    };
    match image.dtype {
        Dtype::U8 => image.bytes.iter().for_each(|v| add(f32::from(*v))),
        Dtype::F32 => image.data.iter().for_each(|v| add(*v)),
    }
    (count > 0).then(|| Figures { low, high, mean: sum / count as f64, all_finite: count == total })
}

/// Values 0 to 1 and 0 to 255 are shown as they are; any other range is stretched to black and white. Bytes are always
/// of 0 to 255.
pub fn tones(image: &Image) -> Tones {
    let scale = |white| Tones { black: 0.0, white, stretched: false };
    match figures(image) {
        _ if image.dtype == Dtype::U8 => scale(255.0),
        Some(Figures { low, high, .. }) if low >= 0.0 && high <= 1.0 => scale(1.0),
        Some(Figures { low, high, .. }) if low >= 0.0 && high <= 255.0 => scale(255.0),
        Some(Figures { low, high, .. }) if low < high => Tones { black: low, white: high, stretched: true },
        _ => scale(1.0),
    }
}

/// A value with as many digits as it is worth on the screen: `0.12`, `254`, `-1.3`.
pub fn number(value: f32) -> String {
    let text = match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.01 || v == 0.0 => format!("{value:.2}"),
        v => return format!("{}{v:.1e}", if value < 0.0 { "−" } else { "" }),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text.as_str() };
    // Zero has no sign worth showing.
    (if text == "-0" { "0" } else { text }).replace('-', "−")
}

/// `1 × 64 × 64`.
pub fn shape_text(image: &Image) -> String {
    let [c, h, w] = image.shape();
    format!("{c} × {h} × {w}")
}

/// `0 to 1`, with a word on values that are no numbers.
pub fn range_text(image: &Image) -> String {
    let Some(figures) = figures(image) else { return tr!("window-no-finite-value") };
    let (low, high) = (number(figures.low), number(figures.high));
    if figures.all_finite { tr!("window-range", low, high) } else { tr!("window-range-not-finite", low, high) }
}

/// The image, no side longer than `max_side`: of a larger one each pixel shows the mean of a block.
pub fn picture(image: &Image, max_side: usize) -> ColorImage {
    let Tones { black, white, .. } = tones(image);
    let scale = 255.0 / (white - black);
    let tone = |c, y, x| (image.at(c, y, x).unwrap_or(0.0) - black) * scale;
    blocks(image, max_side, tone, |tones, n| tones.sum::<f32>() / n as f32)
}

/// Square blocks of an image of that shape, so large that no side of the result is longer than `max_side`; `tone` is by
/// channel, row and column, 0 black, 255 white, and `of_block` makes one of those of a block and their number.
fn blocks(
    image: &Image,
    max_side: usize,
    tone: impl Fn(usize, usize, usize) -> f32,
    of_block: impl Fn(&mut dyn Iterator<Item = f32>, usize) -> f32,
) -> ColorImage {
    let [channels, height, width] = image.shape();
    let side = height.max(width).div_ceil(max_side.max(1)).max(1);
    let size = [width.div_ceil(side), height.div_ceil(side)];
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            let (rows, columns) = (top..(top + side).min(height), left..(left + side).min(width));
            let byte = |c: usize| {
                let n = rows.len() * columns.len();
                let mut tones =
                    rows.clone().flat_map(|y| columns.clone().map(move |x| (y, x))).map(|(y, x)| tone(c, y, x));
                (of_block(&mut tones, n) + 0.5) as u8
            };
            pixels.push(if channels < 3 {
                Color32::from_gray(byte(0))
            } else {
                Color32::from_rgb(byte(0), byte(1), byte(2))
            });
        }
    }
    ColorImage::new(size, pixels)
}

/// How a step changed the values.
pub enum Difference {
    /// Not at all.
    None,
    /// Not to be told: why, in words.
    Incomparable(String),
    /// `|after - before|`, brightened by `factor`.
    Picture { picture: ColorImage, largest: f32, factor: f32 },
}

/// Compares two images of one shape, in whatever layout and kind of numbers they are.
pub fn difference(before: &Image, after: &Image, max_side: usize) -> Difference {
    let ([c0, h0, w0], [channels, height, width]) = (before.shape(), after.shape());
    if [h0, w0] != [height, width] {
        return Difference::Incomparable(tr!(
            "window-size-became",
            before = format!("{h0} × {w0}"),
            after = format!("{height} × {width}")
        ));
    }
    if c0 != channels {
        return Difference::Incomparable(tr!("window-channels-became", before = c0, after = channels));
    }
    let mut largest = 0.0f32;
    for (c, y) in (0..channels).flat_map(|c| (0..height).map(move |y| (c, y))) {
        for x in 0..width {
            let change = change(before, after, c, y, x);
            if change.is_finite() {
                largest = largest.max(change);
            }
        }
    }
    if largest == 0.0 {
        return Difference::None;
    }
    // On the scale that the two are seen on, the wider one where a step changes the scale.
    let span = |image: &Image| {
        let tones = tones(image);
        tones.white - tones.black
    };
    let span = span(before).max(span(after));
    let factor = nice_factor(span / largest);
    let scale = factor / span * 255.0;
    // The largest of a block: a single changed pixel of a large image is seen.
    let tone = |c, y, x| change(before, after, c, y, x) * scale;
    let picture = blocks(after, max_side, tone, |tones, _| tones.fold(0.0, f32::max));
    Difference::Picture { picture, largest, factor }
}

fn change(before: &Image, after: &Image, c: usize, y: usize, x: usize) -> f32 {
    (after.at(c, y, x).unwrap_or(0.0) - before.at(c, y, x).unwrap_or(0.0)).abs()
}

/// The largest of 1, 2, 5, 10, 20, … that is not above `most`.
fn nice_factor(most: f32) -> f32 {
    if !most.is_finite() || most < 2.0 {
        return 1.0;
    }
    let decade = 10f32.powi(most.min(1e9).log10().floor() as i32);
    [5.0, 2.0, 1.0].into_iter().map(|digit| digit * decade).find(|factor| *factor <= most).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(shape: [usize; 3], value: impl Fn(usize) -> f32) -> Image {
        Image::from_floats(shape, (0..shape.iter().product()).map(value).collect())
    }

    #[test]
    fn values_get_the_tones_of_their_scale() {
        let unit = floats([1, 2, 2], |i| i as f32 / 4.0);
        assert_eq!(tones(&unit), Tones { black: 0.0, white: 1.0, stretched: false });
        let signed = floats([1, 2, 2], |i| i as f32 - 2.0);
        assert_eq!(tones(&signed), Tones { black: -2.0, white: 1.0, stretched: true });
        let bytes = Image::from_bytes([1, 1, 2], vec![0, 1]);
        assert_eq!(tones(&bytes).white, 255.0);
        let shown = picture(&signed, 8);
        assert_eq!((shown.pixels[0], shown.pixels[3]), (Color32::BLACK, Color32::WHITE));
        assert_eq!(
            range_text(&floats([1, 1, 3], |i| [f32::NAN, -0.001, 1234.5][i])),
            "−1.0e-3 to 1234, some not finite"
        );
        assert_eq!(range_text(&floats([1, 1, 1], |_| f32::NAN)), "no finite value");
        assert_eq!((number(0.5), number(-0.0), number(12.34)), ("0.5".to_owned(), "0".to_owned(), "12.3".to_owned()));
    }

    #[test]
    fn of_large_images_blocks_are_shown() {
        let wide = floats([3, 10, 1000], |i| (i % 7) as f32);
        assert_eq!(picture(&wide, 100).size, [100, 1]);
        let checks = floats([1, 4, 4], |i| ((i + i / 4) % 2) as f32);
        assert!(picture(&checks, 2).pixels.iter().all(|p| *p == Color32::from_gray(128)));
        let dot = floats([1, 4, 4], |i| if i == 5 { 1.0 } else { ((i + i / 4) % 2) as f32 });
        let Difference::Picture { picture: change, .. } = difference(&checks, &dot, 2) else { panic!() };
        assert_eq!((change.pixels[0], change.pixels[1]), (Color32::WHITE, Color32::BLACK));
        assert_eq!(picture(&floats([2, 1, 1], |_| 0.0), 100).size, [1, 1]);
    }

    #[test]
    fn differences_are_brightened_by_a_round_factor() {
        let before = floats([1, 8, 8], |_| 0.5);
        let after = floats([1, 8, 8], |i| if i == 9 { 0.519 } else { 0.5 });
        let Difference::Picture { picture, largest, factor } = difference(&before, &after, 64) else { panic!() };
        assert!((largest - 0.019).abs() < 1e-6);
        assert_eq!(factor, 50.0);
        assert_eq!(picture.pixels[9], Color32::from_gray((0.019f32 * 50.0 * 255.0).round() as u8));
        assert_eq!(picture.pixels[10], Color32::BLACK);
        assert!(matches!(difference(&before, &before, 64), Difference::None));
        // The same values in another layout are no difference.
        let mut turned = Image::from_floats([3, 2, 2], (0..12).map(|v| v as f32).collect());
        let planar = turned.clone();
        let planes: Vec<f32> = (0..4).flat_map(|i| [i as f32, i as f32 + 4.0, i as f32 + 8.0]).collect();
        turned.layout = crate::data::Layout::ChannelLast;
        turned.data = planes;
        assert!(matches!(difference(&turned, &planar, 64), Difference::None));
        assert!(matches!(difference(&before, &planar, 64), Difference::Incomparable(_)));
        assert_eq!(
            [0.3, 1.9, 2.0, 7.0, 99.0, 100.0, f32::NAN].map(nice_factor),
            [1.0, 1.0, 2.0, 5.0, 50.0, 100.0, 1.0]
        );
    }
}
