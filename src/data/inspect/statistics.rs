//! Mean, standard deviation and histogram of pixel values, by class and channel.
//!
//! Bytes are counted by value: their figures come from integers and are exact, whatever the order of images and
//! threads. Wider samples are summed in f64 (Welford, merged by Chan's formula).

use serde::Serialize;

use crate::data::{Dtype, Image};

/// Bins of a histogram.
pub const HISTOGRAM_BINS: usize = 256;
/// Histograms by class are kept for this many classes; their means for all.
pub(super) const MAX_CLASS_HISTOGRAMS: usize = 256;

/// What the value 1 on the scale 0..1 is in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Scale {
    /// 255, from 8-bit files.
    #[default]
    Byte = 0,
    /// 65535, from 16-bit files.
    Wide = 1,
    /// 1, from files of floats, and of units of their own (Hounsfield's, a scanner's).
    Unit = 2,
}

impl Scale {
    pub(super) const ALL: [Self; 3] = [Self::Byte, Self::Wide, Self::Unit];

    pub(super) fn bound(self) -> f64 {
        match self {
            Self::Byte => 255.0,
            Self::Wide => 65_535.0,
            Self::Unit => 1.0,
        }
    }

    pub(super) fn of(image: &Image) -> Self {
        match image.dtype {
            Dtype::U8 => Self::Byte,
            Dtype::F32 if image.sixteen_bit => Self::Wide,
            Dtype::F32 => Self::Unit,
        }
    }
}

/// Count, mean and sum of squared deviations.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (mut n, mut sum) = (0.0, 0.0);
        for v in values.clone() {
            n += 1.0;
            sum += v;
        }
        if n == 0.0 {
            return Self::default();
        }
        let mean = sum / n;
        Self { n, mean, squares: values.map(|v| (v - mean) * (v - mean)).sum() }
    }

    fn merge(&mut self, other: &Self) {
        if other.n == 0.0 {
            return;
        }
        let n = self.n + other.n;
        let delta = other.mean - self.mean;
        self.mean += delta * (other.n / n);
        self.squares += other.squares + delta * delta * (self.n * other.n / n);
        self.n = n;
    }

    fn scaled(self, by: f64) -> Self {
        Self { n: self.n, mean: self.mean * by, squares: self.squares * by * by }
    }

    fn std(&self) -> f64 {
        if self.n > 0.0 { (self.squares / self.n).max(0.0).sqrt() } else { 0.0 }
    }
}

/// One class's one channel.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelSums {
    /// Count, sum and sum of squares of byte values.
    bytes: [u128; 3],
    /// Of values that are no bytes, by [`Scale`] less one.
    floats: [Moments; 2],
    /// None beyond [`MAX_CLASS_HISTOGRAMS`].
    histogram: Option<Bins>,
}

/// Counts over 0..1, and over as much more as it takes: bins are twice as wide as often as needed for all values to fall into
/// one. Which bins there are in the end depends on the least and the largest value alone, not on any order.
#[derive(Debug, Clone)]
struct Bins {
    counts: Vec<u64>,
    /// Of what is held: in bins as narrow as at first, over 0..1.
    low: i64,
    high: i64,
    /// The first bin is that of `low`.
    doublings: u32,
}

impl Bins {
    fn new() -> Self {
        Self { counts: vec![0; HISTOGRAM_BINS], low: 0, high: HISTOGRAM_BINS as i64 - 1, doublings: 0 }
    }

    /// Where a value on the scale 0..1 belongs; 1 is no bin of its own.
    fn index(value: f64) -> i64 {
        if value == 1.0 { HISTOGRAM_BINS as i64 - 1 } else { (value * HISTOGRAM_BINS as f64).floor() as i64 }
    }

    /// Makes room for values from `low` to `high`.
    fn hold(&mut self, low: i64, high: i64) {
        let (low, high) = (low.min(self.low), high.max(self.high));
        if (low, high) == (self.low, self.high) {
            return;
        }
        let mut doublings = self.doublings;
        while i128::from(high >> doublings) - i128::from(low >> doublings) >= HISTOGRAM_BINS as i128 {
            doublings += 1;
        }
        let old_first = self.low >> self.doublings;
        let mut counts = vec![0; HISTOGRAM_BINS];
        for (bin, count) in (old_first..).zip(&self.counts).filter(|(_, count)| **count > 0) {
            let bin = (bin >> (doublings - self.doublings)) - (low >> doublings);
            if let Some(into) = usize::try_from(bin).ok().and_then(|bin| counts.get_mut(bin)) {
                *into += count;
            }
        }
        *self = Self { counts, low, high, doublings };
    }

    /// Counts values that there is room for.
    fn add(&mut self, index: i64, count: u64) {
        let bin = (index >> self.doublings) - (self.low >> self.doublings);
        if let Some(into) = usize::try_from(bin).ok().and_then(|bin| self.counts.get_mut(bin)) {
            *into += count;
        }
    }

    fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        self.hold(other.low, other.high);
        other.hold(self.low, self.high);
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }

    /// From where to where the bins go, on the scale 0..1.
    fn span(&self) -> [f64; 2] {
        let width = f64::from(self.doublings).exp2() / HISTOGRAM_BINS as f64;
        let first = (self.low >> self.doublings) as f64;
        [first * width, (first + HISTOGRAM_BINS as f64) * width]
    }
}

impl ChannelSums {
    fn add_bytes(&mut self, counts: &[u32; 256]) {
        let (mut n, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
        for (value, count) in (0_u64..).zip(counts) {
            let count = u64::from(*count);
            n += count;
            sum += count * value;
            squares += count * value * value;
        }
        for (total, part) in self.bytes.iter_mut().zip([n, sum, squares]) {
            *total += u128::from(part);
        }
        if let Some(bins) = &mut self.histogram {
            (0..).zip(counts).for_each(|(value, count)| bins.add(value, (*count).into()));
        }
    }

    fn merge(&mut self, other: &Self) {
        self.bytes.iter_mut().zip(other.bytes).for_each(|(a, b)| *a += b);
        self.floats.iter_mut().zip(&other.floats).for_each(|(a, b)| a.merge(b));
        if let (Some(bins), Some(others)) = (&mut self.histogram, &other.histogram) {
            bins.merge(others);
        }
    }

    fn byte_moments(&self) -> Moments {
        let [n, sum, squares] = self.bytes;
        if n == 0 {
            return Moments::default();
        }
        // All in integers up to the last division: n * squares stays far below 2^128.
        let spread = n * squares - sum * sum;
        Moments { n: n as f64, mean: sum as f64 / n as f64, squares: spread as f64 / n as f64 }
    }

    fn figures(&self) -> ChannelFigures {
        let bytes = self.byte_moments();
        let [wide, real] = self.floats;
        let (mut decoded, mut unit) = (bytes, bytes.scaled(1.0 / Scale::Byte.bound()));
        for (part, scale) in [(wide, Scale::Wide), (real, Scale::Unit)] {
            decoded.merge(&part);
            unit.merge(&part.scaled(1.0 / scale.bound()));
        }
        ChannelFigures { mean: decoded.mean, std: decoded.std(), unit_mean: unit.mean, unit_std: unit.std() }
    }
}

/// Mean and standard deviation of a channel, by pixel: every pixel of every image counts the same. The deviation is the
/// population's (divided by n), as NumPy's `std`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ChannelFigures {
    /// In the file's units: 0 to 255, or 0 to 65535 for 16 bit.
    pub mean: f64,
    pub std: f64,
    /// On 0..1: by 255 for 8 bit, by 65535 for 16 bit, files of floats as they are.
    pub unit_mean: f64,
    pub unit_std: f64,
}

/// Values of one channel over [`Statistics::histogram_span`] in [`HISTOGRAM_BINS`] equal bins; of 8-bit files, bin v counts the
/// value v.
pub type Histogram = Vec<u64>;

/// Pixel values of the whole dataset and of each class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// 1 (gray) or 3 (red, green, blue).
    pub channels: usize,
    pub pixels: u64,
    /// Pixels of a file of floats that are infinite or NaN in some channel; in no figure.
    pub non_finite_values: u64,
    /// By channel.
    pub overall: Vec<ChannelFigures>,
    /// From where to where all histograms go: 0 and 1, by 255 for 8 bit and by 65535 for 16 bit; further where files of floats
    /// have values beyond.
    pub histogram_span: [f64; 2],
    /// By channel.
    pub histograms: Vec<Histogram>,
    /// By class, then by channel.
    pub classes: Vec<Vec<ChannelFigures>>,
    /// By class, then by channel; of the first 256 classes.
    pub class_histograms: Vec<Vec<Histogram>>,
}

/// What one thread has counted so far.
#[derive(Debug)]
pub(super) struct Sums {
    channels: usize,
    pixels: u64,
    non_finite: u64,
    /// By class, then channel.
    sums: Vec<ChannelSums>,
    counts: Vec<[u32; 256]>,
}

/// One image in brief.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Brief {
    /// What the other figures are by.
    pub(super) scale: Scale,
    /// Mean over all channels on 0..1.
    pub(super) mean: f64,
    /// Largest less smallest value of a channel on 0..1, the most of all channels.
    pub(super) range: f64,
}

impl Sums {
    pub(super) fn new(classes: usize, channels: usize) -> Self {
        let mut sums = vec![ChannelSums::default(); classes * channels];
        for sum in sums.iter_mut().take(MAX_CLASS_HISTOGRAMS * channels) {
            sum.histogram = Some(Bins::new());
        }
        Self { channels, pixels: 0, non_finite: 0, sums, counts: vec![[0; 256]; channels] }
    }

    /// Counts an image as decoded (channel last).
    pub(super) fn add(&mut self, image: &Image, class: usize) -> Brief {
        let [channels, height, width] = image.shape();
        self.pixels += (height * width) as u64;
        match Scale::of(image) {
            Scale::Byte => self.add_bytes(&image.bytes, channels, class),
            scale => self.add_floats(&image.data, channels, class, scale),
        }
    }

    fn add_bytes(&mut self, bytes: &[u8], channels: usize, class: usize) -> Brief {
        self.counts.iter_mut().for_each(|counts| counts.fill(0));
        match self.counts.as_mut_slice() {
            [gray] => bytes.iter().for_each(|v| gray[usize::from(*v)] += 1),
            [red, green, blue] => {
                for [r, g, b] in bytes.as_chunks::<3>().0 {
                    red[usize::from(*r)] += 1;
                    green[usize::from(*g)] += 1;
                    blue[usize::from(*b)] += 1;
                }
            }
            _ => {}
        }
        let (mut sum, mut range) = (0_u64, 0);
        for (counts, into) in self.counts.iter().zip(self.sums.iter_mut().skip(class * channels)) {
            into.add_bytes(counts);
            sum += (0_u64..).zip(counts).map(|(value, count)| value * u64::from(*count)).sum::<u64>();
            let low = counts.iter().position(|n| *n > 0).unwrap_or(0);
            let high = counts.iter().rposition(|n| *n > 0).unwrap_or(0);
            range = range.max(high - low);
        }
        let mean = sum as f64 / (bytes.len().max(1) as f64 * 255.0);
        Brief { scale: Scale::Byte, mean, range: range as f64 / 255.0 }
    }

    fn add_floats(&mut self, data: &[f32], channels: usize, class: usize, scale: Scale) -> Brief {
        let bound = scale.bound();
        let (mut total, mut range) = (Moments::default(), 0.0_f64);
        for (channel, into) in self.sums.iter_mut().skip(class * channels).take(channels).enumerate() {
            let values = data.iter().skip(channel).step_by(channels).map(|v| f64::from(*v)).filter(|v| v.is_finite());
            let moments = Moments::of(values.clone());
            let ends = (f64::INFINITY, f64::NEG_INFINITY);
            let (low, high) = values.clone().fold(ends, |(low, high), v| (low.min(v), high.max(v)));
            if let Some(bins) = into.histogram.as_mut().filter(|_| low <= high) {
                bins.hold(Bins::index(low / bound), Bins::index(high / bound));
                values.for_each(|value| bins.add(Bins::index(value / bound), 1));
            }
            range = range.max((high - low) / bound);
            into.floats[scale as usize - 1].merge(&moments);
            total.merge(&moments);
        }
        self.non_finite += data.iter().filter(|v| !v.is_finite()).count() as u64;
        Brief { scale, mean: total.mean / bound, range }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        self.non_finite += other.non_finite;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| a.merge(b));
    }

    pub(super) fn statistics(&self) -> Statistics {
        let mut overall = vec![ChannelSums { histogram: Some(Bins::new()), ..Default::default() }; self.channels];
        let by_class: Vec<&[ChannelSums]> = self.sums.chunks(self.channels.max(1)).collect();
        for class in &by_class {
            overall.iter_mut().zip(*class).for_each(|(a, b)| a.merge(b));
        }
        // The same bins for all, to be compared.
        let mut all = Bins::new();
        overall.iter().filter_map(|sums| sums.histogram.as_ref()).for_each(|bins| all.hold(bins.low, bins.high));
        let alike = |bins: &Bins| {
            let mut bins = bins.clone();
            bins.hold(all.low, all.high);
            bins.counts
        };
        let histogram = |sums: &ChannelSums| sums.histogram.as_ref().map_or_else(Vec::new, &alike);
        let histograms = |sums: &[ChannelSums]| sums.iter().map(&histogram).collect::<Vec<_>>();
        let figures = |sums: &[ChannelSums]| sums.iter().map(ChannelSums::figures).collect::<Vec<_>>();
        Statistics {
            channels: self.channels,
            pixels: self.pixels,
            non_finite_values: self.non_finite,
            overall: figures(&overall),
            histogram_span: all.span(),
            histograms: histograms(&overall),
            classes: by_class.iter().map(|class| figures(class)).collect(),
            class_histograms: by_class.iter().take(MAX_CLASS_HISTOGRAMS).map(|class| histograms(class)).collect(),
        }
    }
}

impl Statistics {
    /// A `[[transform]]` table that does the same to the values as decoded; its place is before any scaling.
    pub fn normalize_intensity_toml(&self) -> String {
        let (mean, std) = (self.list(|f| f.mean), self.list(|f| divisor(f.std)));
        let name = "[[transform]]\nname = \"NormalizeIntensity\"";
        format!("{name}\nsubtrahend = [{mean}]\ndivisor = [{std}]\nchannel_wise = true")
    }

    /// A `[[transform]]` table for values that were scaled to 0..1 by their type's range.
    pub fn normalize_toml(&self) -> String {
        let (mean, std) = (self.list(|f| f.unit_mean), self.list(|f| divisor(f.unit_std)));
        format!("[[transform]]\nname = \"Normalize\"\nmean = [{mean}]\nstd = [{std}]")
    }

    /// The same in Python, for torchvision.
    pub fn torchvision(&self) -> String {
        let (mean, std) = (self.list(|f| f.unit_mean), self.list(|f| divisor(f.unit_std)));
        format!("Normalize(mean=[{mean}], std=[{std}])")
    }

    fn list(&self, figure: impl Fn(&ChannelFigures) -> f64) -> String {
        // Eight digits are more than float32 keeps.
        let digits = |v: f64| format!("{:.*}", if v.abs() >= 10.0 { 6 } else { 8 }, v);
        self.overall.iter().map(|f| digits(figure(f))).collect::<Vec<_>>().join(", ")
    }
}

/// Images of one constant value cannot be divided by their deviation.
fn divisor(std: f64) -> f64 {
    if std > 0.0 { std } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Layout;

    #[test]
    fn bytes_and_wide_values_agree_with_numpy() {
        let mut sums = Sums::new(2, 1);
        let brief = sums.add(&Image::from_bytes([1, 1, 4], vec![0, 10, 20, 255]), 0);
        assert_eq!(brief, Brief { scale: Scale::Byte, mean: 285.0 / 1020.0, range: 1.0 });
        let wide = Image { sixteen_bit: true, ..Image::from_floats([1, 1, 2], vec![1000.0, 65_535.0]) };
        assert_eq!(sums.add(&wide, 1).scale, Scale::Wide);
        sums.add(&Image::from_floats([1, 1, 3], vec![0.25, 0.75, f32::NAN]), 1);
        let found = sums.statistics();
        // numpy: np.mean and np.std of [0, 10, 20, 255], [1000, 65535, .25, .75] and all of them.
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
        close(found.classes[0][0].mean, 71.25);
        close(found.classes[0][0].std, 106.323_503_986_653_86);
        close(found.classes[1][0].mean, 16_634.0);
        close(found.overall[0].mean, 8352.625);
        close(found.overall[0].unit_mean, (285.0 / 255.0 + 66_535.0 / 65_535.0 + 1.0) / 8.0);
        assert_eq!((found.pixels, found.non_finite_values), (9, 1));
        assert_eq!(found.histograms[0].iter().sum::<u64>(), 8);
        assert_eq!((found.histograms[0][3], found.histograms[0][192], found.class_histograms[0][0][20]), (1, 1, 1));
    }

    /// A scanner's values are whole numbers too, and no share of 65535.
    #[test]
    fn values_in_units_of_their_own_stay_in_them() {
        let mut sums = Sums::new(2, 1);
        let brief = sums.add(&Image::from_floats([1, 1, 4], vec![0.0, 100.0, 300.0, 400.0]), 0);
        assert_eq!(brief, Brief { scale: Scale::Unit, mean: 200.0, range: 400.0 });
        sums.add(&Image::from_floats([1, 1, 2], vec![-1000.0, 800.0]), 1);
        let found = sums.statistics();
        assert_eq!((found.overall[0].unit_mean, found.overall[0].mean), (100.0, 100.0));
        // 1,800 and more in bins of 8.
        assert_eq!(found.histogram_span, [-1000.0, 1048.0]);
        let bins =
            |histogram: &[u64]| (0..).zip(histogram).filter(|(_, n)| **n > 0).map(|(i, _)| i).collect::<Vec<i32>>();
        assert_eq!(bins(&found.histograms[0]), [0, 125, 137, 162, 175, 225]);
        assert_eq!(bins(&found.class_histograms[1][0]), [0, 225]);
    }

    #[test]
    fn bins_are_the_same_in_any_order() {
        let values = [0.0, 1.0, 0.5, 3.7, -2.25, 1e6, -1e30, f64::from(f32::MAX)];
        for n in 1..=values.len() {
            let one = |value: f64| {
                let mut bins = Bins::new();
                bins.hold(Bins::index(value), Bins::index(value));
                bins.add(Bins::index(value), 1);
                bins
            };
            let merged = |values: &mut dyn Iterator<Item = &f64>| {
                let mut all = Bins::new();
                values.for_each(|value| all.merge(&one(*value)));
                (all.counts.clone(), all.span())
            };
            let found = merged(&mut values[..n].iter());
            assert_eq!(found, merged(&mut values[..n].iter().rev()));
            assert_eq!(found.0.iter().sum::<u64>(), n as u64);
        }
    }

    #[test]
    fn channels_stand_apart_and_order_is_nothing() {
        let colour = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 1, 2], vec![1, 2, 3, 5, 2, 9]) };
        let other = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 1, 1], vec![7, 0, 255]) };
        let (mut one, mut two, mut both) = (Sums::new(1, 3), Sums::new(1, 3), Sums::new(1, 3));
        one.add(&colour, 0);
        two.add(&other, 0);
        both.add(&other, 0);
        both.add(&colour, 0);
        one.merge(&two);
        assert_eq!(one.statistics(), both.statistics());
        let found = one.statistics();
        assert_eq!(found.overall.iter().map(|f| f.mean).collect::<Vec<_>>(), [13.0 / 3.0, 4.0 / 3.0, 89.0]);
        assert!(found.torchvision().starts_with("Normalize(mean=[0.01699346, 0.00522876, 0.34901961], std=["));
    }

    #[test]
    fn one_value_everywhere_divides_by_one() {
        let mut sums = Sums::new(1, 1);
        sums.add(&Image::from_bytes([1, 2, 2], vec![51; 4]), 0);
        let found = sums.statistics();
        assert_eq!(found.torchvision(), "Normalize(mean=[0.20000000], std=[1.00000000])");
        let toml: toml::Table = found.normalize_intensity_toml().parse().unwrap();
        assert_eq!(toml["transform"][0]["subtrahend"][0].as_float(), Some(51.0));
    }
}
