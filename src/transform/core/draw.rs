//! Random draws: one stream for every (seed, epoch, sample, step), so that neither the thread nor the other steps of
//! the chain have a say in what a step draws.

/// Which sample is drawn for. The same seed gives the same draws on any number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleSeed {
    /// The run's seed.
    pub seed: u64,
    /// The epoch, so that a sample looks different each time.
    pub epoch: u64,
    /// The sample's index in the dataset.
    pub sample: u64,
}

impl SampleSeed {
    /// The stream of one step; `step_key` is [`step_key`]'s.
    pub(crate) fn stream(self, step_key: u64) -> Stream {
        let words = [self.epoch, self.sample, step_key];
        Stream { state: words.iter().fold(splitmix64(self.seed), |hash, word| absorb(hash, *word)) }
    }
}

/// 2^64 divided by the golden ratio, SplitMix64's step.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output function (Steele, Lea and Flood, 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One step of SplitMix64 and its output: near values give unlike ones.
pub(crate) fn splitmix64(value: u64) -> u64 {
    mix(value.wrapping_add(GOLDEN))
}

fn absorb(hash: u64, word: u64) -> u64 {
    splitmix64(hash ^ word)
}

/// What tells a step's stream from the others': its name and which of that name it is, counted over the whole chain,
/// switched off or not. So a switch, a move past other names or a parameter leaves all other draws alone.
pub(crate) fn step_key(name: &str, occurrence: u64) -> u64 {
    // FNV-1a: a fixed function, unlike the standard hasher, whose result may change between versions.
    let name = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    absorb(mix(name), occurrence)
}

/// A stream of random numbers: SplitMix64.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    state: u64,
}

impl Stream {
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in [0, 1), of 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform from `low` to `high`.
    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number, uniform from `low` to below `high`; `low` where there is none.
    pub(crate) fn integer(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(1) as u64;
        // The bias of the product is below 2^-40 for spans here.
        low + ((u128::from(self.next_u64()) * u128::from(span)) >> 64) as i64
    }

    /// Whether a thing of that probability happens; MONAI's `R.rand() < prob`.
    pub(crate) fn happens(&mut self, prob: f64) -> bool {
        self.unit() < prob
    }
}

/// Numbers that a step draws for one sample at most.
pub(crate) const MAX_DRAWN: usize = 8;

/// What a random step drew for one sample: its figures, and the stream to draw the rest from (noise, fields).
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    values: [f64; MAX_DRAWN],
    len: usize,
    stream: Stream,
}

impl Drawn {
    /// For steps that draw nothing.
    pub(crate) const NOTHING: Self = Self { values: [0.0; MAX_DRAWN], len: 0, stream: Stream { state: 0 } };

    /// The figures, and the stream as it stands after them.
    pub(crate) fn new(figures: &[f64], stream: Stream) -> Self {
        let len = figures.len().min(MAX_DRAWN);
        let mut values = [0.0; MAX_DRAWN];
        for (to, from) in values.iter_mut().zip(figures) {
            *to = *from;
        }
        Self { values, len, stream }
    }

    /// The figures drawn, named by [`super::description::TransformInfo::drawn`].
    pub fn figures(&self) -> &[f64] {
        self.values.get(..self.len).unwrap_or_default()
    }

    /// The figure at `i`; 0 where none was drawn.
    pub(crate) fn figure(&self, i: usize) -> f64 {
        self.values.get(i).copied().unwrap_or_default()
    }

    /// Where further numbers come from.
    pub(crate) fn stream(&self) -> Stream {
        self.stream.clone()
    }
}

/// What a step decided for one sample, before a pixel was touched.
#[derive(Debug, Clone, PartialEq)]
pub enum Draw {
    /// Not a random transform: it always does the same.
    Fixed,
    /// The sample is left as it is (`prob`).
    Skip,
    /// It happens, with these figures.
    Happens(Drawn),
}

impl Draw {
    /// It happens, with these figures.
    pub(crate) fn happens(figures: &[f64], stream: Stream) -> Self {
        Self::Happens(Drawn::new(figures, stream))
    }

    /// The figures drawn; none where nothing was drawn or done.
    pub fn figures(&self) -> &[f64] {
        match self {
            Self::Happens(drawn) => drawn.figures(),
            Self::Fixed | Self::Skip => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_seed_matters() {
        let seed = SampleSeed { seed: 1, epoch: 2, sample: 3 };
        let key = step_key("RandFlip", 0);
        let first = |seed: SampleSeed, key| seed.stream(key).next_u64();
        let base = first(seed, key);
        assert_eq!(base, first(seed, key));
        for other in [
            first(SampleSeed { seed: 2, ..seed }, key),
            first(SampleSeed { epoch: 3, ..seed }, key),
            first(SampleSeed { sample: 2, ..seed }, key),
            first(SampleSeed { epoch: 3, sample: 2, ..seed }, key),
            first(seed, step_key("RandFlip", 1)),
            first(seed, step_key("RandZoom", 0)),
        ] {
            assert_ne!(base, other);
        }
    }

    /// The first draw over neighbouring samples must be as uniform as the draws of one stream.
    #[test]
    fn first_draws_are_uniform() {
        let key = step_key("RandRotate", 0);
        let n = 100_000u64;
        let mut counts = [0u64; 20];
        let mut previous = 0.0;
        let mut product = 0.0;
        for sample in 0..n {
            let u = SampleSeed { seed: 0, epoch: 1, sample }.stream(key).unit();
            assert!((0.0..1.0).contains(&u));
            counts[(u * 20.0) as usize] += 1;
            product += (u - 0.5) * (previous - 0.5);
            previous = u;
        }
        let expected = n as f64 / 20.0;
        let chi2: f64 = counts.iter().map(|c| (*c as f64 - expected).powi(2) / expected).sum();
        assert!(chi2 < 43.8, "chi² of 19 degrees: {chi2}"); // p = 0.001
        let correlation = product / n as f64 * 12.0;
        assert!(correlation.abs() < 0.013, "{correlation}"); // 4 sigma
    }
}
