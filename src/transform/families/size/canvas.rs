//! All crops and pads in one: an image is laid on a canvas of another size, and what stands around it is filled in.

use crate::data::{Dtype, Image, Layout};
use crate::language::{Message, sides};
use crate::transform::core::operation::Accepts;
use crate::transform::core::params::{Invalid, Values};
use crate::transform::core::sizes::within_bounds;
use crate::transform::kernels::padding::Padding;
use crate::transform::kernels::scratch::Scratch;

/// One axis: what is taken of the image, and where it lies on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// First position taken of the image.
    start: usize,
    /// Positions taken; padding that mirrors or repeats knows of no others.
    len: usize,
    /// Canvas positions before the first one taken; below 0 where those are cut off.
    before: i64,
    /// Positions of the canvas.
    out: usize,
}

impl Span {
    /// `len` positions from `start`, cut where the image of `side` positions ends.
    pub(crate) fn crop(side: usize, start: usize, len: usize) -> Self {
        let start = start.min(side);
        let len = len.min(side - start);
        Self { start, len, before: 0, out: len }
    }

    /// All of an image of `side` positions, `before` and `after` more around it; below 0 cuts off.
    pub(crate) fn pad(side: usize, before: i64, after: i64) -> Self {
        let out = (side as i64).saturating_add(before).saturating_add(after);
        Self { start: 0, len: side, before, out: usize::try_from(out).unwrap_or_default() }
    }

    /// `out` positions beginning at `first` of an image of `side` positions, which may lie outside.
    pub(crate) fn window(side: usize, first: i64, out: usize) -> Self {
        Self { start: 0, len: side, before: first.saturating_neg(), out }
    }

    /// The same with padding before and after what it takes.
    pub(crate) fn padded(self, before: usize, after: usize) -> Self {
        Self { before: self.before + before as i64, out: self.out + before + after, ..self }
    }

    /// Positions of the canvas.
    pub(crate) fn total(&self) -> usize {
        self.out
    }

    fn is_whole(&self, side: usize) -> bool {
        (self.start, self.len, self.before, self.out) == (0, side, 0, side)
    }

    /// Canvas positions that the image itself takes.
    fn inside(&self) -> std::ops::Range<usize> {
        let out = self.out as i64;
        let from = self.before.clamp(0, out);
        let to = self.before.saturating_add(self.len as i64).clamp(from, out);
        from as usize..to as usize
    }

    /// Which position of the image stands at one of the canvas; `None` for the fill.
    fn source(&self, at: usize, padding: Padding) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        padding.position((at as i64).saturating_sub(self.before), self.len as i64).map(|p| p + self.start)
    }
}

/// Where MONAI's centre crop of `size` begins.
pub(crate) fn center_start(side: usize, size: usize) -> usize {
    (side / 2).saturating_sub(size / 2)
}

/// MONAI's centre crop of one axis.
pub(crate) fn center(side: usize, size: usize) -> Span {
    Span::crop(side, center_start(side, size), size)
}

/// What stands around the image.
#[derive(Debug, Clone)]
pub(crate) struct Surround {
    pub padding: Padding,
    /// One value, or one a channel.
    pub fill: Vec<f64>,
}

impl Surround {
    pub(crate) fn zeros() -> Self {
        Self { padding: Padding::Constant, fill: vec![0.0] }
    }

    /// torchvision's `fill` and `padding_mode`.
    pub(crate) fn torchvision(values: &Values<'_>) -> Result<Self, Invalid> {
        let surround = Self { padding: Padding::parse(&values.text("padding_mode")), fill: values.floats("fill") };
        if surround.fill.len() > 1 && surround.padding != Padding::Constant {
            return Err(Invalid::new("fill", msg!("transform-expected-one-fill")));
        }
        Ok(surround)
    }

    /// Bytes where the fill is one, so that an 8-bit image stays 8-bit only where MONAI's floats hold the same.
    pub(crate) fn accepts(&self) -> Accepts {
        let is_byte = |v: &f64| (0.0..=255.0).contains(v) && v.fract() == 0.0;
        Accepts { bytes: self.padding != Padding::Constant || self.fill.iter().all(is_byte), channel_last: true }
    }

    fn of(&self, channel: usize) -> f64 {
        self.fill.get(if self.fill.len() == 1 { 0 } else { channel }).copied().unwrap_or_default()
    }
}

/// Lays the image on a canvas of those rows and columns, in its own layout and kind of numbers.
///
/// # Errors
/// Nothing would be left, the canvas would be too large, or the fill has values for another number of channels.
pub(crate) fn lay(
    image: &mut Image,
    [rows, columns]: [Span; 2],
    surround: &Surround,
    scratch: &mut Scratch,
) -> Result<(), Message> {
    let [channels, height, width] = image.shape();
    if rows.is_whole(height) && columns.is_whole(width) {
        return Ok(());
    }
    if rows.out == 0 || columns.out == 0 {
        return Err(msg!("transform-no-pixel-left", from = sides(&[height, width])));
    }
    within_bounds([rows.out, columns.out])?;
    if surround.fill.len() > 1 && surround.fill.len() != channels {
        return Err(msg!("transform-numbers-for-channels", name = "fill", given = surround.fill.len(), channels));
    }
    let job = Job { width, height, layout: image.layout, channels, rows, columns, surround };
    match image.dtype {
        // As torch turns a number into a uint8: its fraction is dropped.
        Dtype::U8 => {
            job.run(&image.bytes, &mut scratch.bytes, |v| v as u8);
            std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        }
        Dtype::F32 => {
            job.run(&image.data, &mut scratch.image, |v| v as f32);
            std::mem::swap(&mut image.data, &mut scratch.image);
        }
    }
    (image.height, image.width) = (rows.out, columns.out);
    Ok(())
}

struct Job<'a> {
    width: usize,
    height: usize,
    layout: Layout,
    channels: usize,
    rows: Span,
    columns: Span,
    surround: &'a Surround,
}

impl Job<'_> {
    fn run<T: Copy + Default>(&self, from: &[T], to: &mut Vec<T>, value: impl Fn(f64) -> T) {
        // Values that stand together: a pixel's channels, or one.
        let unit = if self.layout == Layout::ChannelLast { self.channels } else { 1 };
        let (line, out_line) = (self.width * unit, self.columns.out * unit);
        let (plane, out_plane) = (self.height * line, self.rows.out * out_line);
        to.resize(self.channels / unit * out_plane, T::default());
        let inside = self.columns.inside();
        for (p, (from, to)) in from.chunks_exact(plane).zip(to.chunks_exact_mut(out_plane)).enumerate() {
            let fill = |pixel: &mut [T]| {
                for (c, v) in pixel.iter_mut().enumerate() {
                    *v = value(self.surround.of(p + c % unit));
                }
            };
            for (y, row) in to.chunks_exact_mut(out_line).enumerate() {
                let Some(source) = self.rows.source(y, self.surround.padding) else {
                    fill(row);
                    continue;
                };
                let source = &from[source * line..][..line];
                let middle = inside.start * unit..inside.end * unit;
                // A window beside the image has none of it.
                if !middle.is_empty() {
                    let skipped = (inside.start as i64 - self.columns.before) as usize;
                    let first = (self.columns.start + skipped) * unit;
                    row[middle.clone()].copy_from_slice(&source[first..first + middle.len()]);
                }
                for x in (0..inside.start).chain(inside.end..self.columns.out) {
                    let pixel = &mut row[x * unit..(x + 1) * unit];
                    match self.columns.source(x, self.surround.padding) {
                        Some(at) => pixel.copy_from_slice(&source[at * unit..(at + 1) * unit]),
                        None => fill(pixel),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::picture;

    /// Bytes and floats, planes and pixels give the same, pixel for pixel, and every pixel is the one meant.
    #[test]
    fn every_form_is_laid_alike() {
        let spans = [
            [Span::crop(5, 1, 3), Span::crop(7, 6, 9)],
            [Span::pad(5, 2, 9), Span::pad(7, -2, 3)],
            [Span::window(5, -8, 4), Span::window(7, 3, 2)],
            [Span::window(5, 1, 30), Span::window(7, -1, 3)],
            [Span::window(5, 0, 5), Span::window(7, -1_000_000, 2)],
            [Span::crop(5, 2, 3).padded(1, 2), Span::crop(7, 0, 7)],
        ];
        for padding in [Padding::Constant, Padding::Edge, Padding::Reflect, Padding::Symmetric, Padding::Wrap] {
            let surround = Surround { padding, fill: vec![9.0, 8.0, 7.0] };
            for spans in spans {
                let floats = picture(3, 5, 7);
                let mut results = Vec::new();
                for (bytes, last) in [(false, false), (true, false), (false, true), (true, true)] {
                    let mut image = floats.clone();
                    if last {
                        image.layout = Layout::ChannelLast;
                        for (i, v) in image.data.iter_mut().enumerate() {
                            *v = floats.at(i % 3, i / 3 / 7, i / 3 % 7).unwrap();
                        }
                    }
                    if bytes {
                        image.bytes = image.data.iter().map(|v| *v as u8).collect();
                        image.dtype = Dtype::U8;
                    }
                    lay(&mut image, spans, &surround, &mut Scratch::default()).unwrap();
                    assert_eq!((image.height, image.width), (spans[0].out, spans[1].out));
                    image.to_planar_floats(&mut Vec::new(), &mut Vec::new());
                    results.push(image);
                }
                for (c, y, x) in
                    (0..3).flat_map(|c| (0..spans[0].out).flat_map(move |y| (0..spans[1].out).map(move |x| (c, y, x))))
                {
                    let [row, column] = [(0, y), (1, x)].map(|(k, at)| spans[k].source(at, padding));
                    let expected = match (row, column) {
                        (Some(row), Some(column)) => floats.at(c, row, column),
                        _ => Some(9.0 - c as f32),
                    };
                    assert_eq!(results[0].at(c, y, x), expected, "{padding:?} {spans:?} {c} {y} {x}");
                }
                assert!(results.iter().all(|r| *r == results[0]), "{padding:?} {spans:?}");
            }
        }
    }

    #[test]
    fn canvases_have_bounds() {
        let mut image = picture(2, 3, 4);
        let mut lay = |rows, columns, fill: &[f64]| {
            let surround = Surround { fill: fill.to_vec(), ..Surround::zeros() };
            lay(&mut image, [rows, columns], &surround, &mut Scratch::default()).unwrap_err().to_string()
        };
        assert!(lay(Span::crop(3, 3, 1), Span::crop(4, 0, 4), &[0.0]).contains("no pixel"));
        assert!(lay(Span::pad(3, -9, 1), Span::crop(4, 0, 4), &[0.0]).contains("no pixel"));
        assert!(lay(Span::pad(3, 0, i64::MAX), Span::crop(4, 0, 4), &[0.0]).contains("16384"));
        assert!(lay(Span::pad(3, 0, 1), Span::crop(4, 0, 4), &[0.0; 3]).contains("2 channels"));
    }
}
