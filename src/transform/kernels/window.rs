//! One axis of a resampling, as a table: for each output position, where its window of inputs begins and their weights.
//!
//! Every way to interpolate here is separable, so that two such tables say all. The arithmetic follows
//! `torch.nn.functional.interpolate` with a given output size, float32 where torch's is.

/// torch's interpolation modes for images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Adaptive average pooling.
    Area,
    Nearest,
    NearestExact,
    Bilinear,
    /// Cubic convolution, a = -0.75.
    Bicubic,
}

/// MONAI's names of [`Mode`]s, its default first.
pub(crate) const MODES: &[&str] = &["area", "bilinear", "bicubic", "nearest", "nearest-exact"];

impl Mode {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "nearest" => Self::Nearest,
            "nearest-exact" => Self::NearestExact,
            "bilinear" => Self::Bilinear,
            "bicubic" => Self::Bicubic,
            _ => Self::Area,
        }
    }
}

/// From `input` positions to `output` ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaling {
    pub mode: Mode,
    pub align_corners: bool,
    pub input: usize,
    pub output: usize,
}

impl Scaling {
    /// The longest window.
    fn taps(&self) -> usize {
        let taps = match self.mode {
            _ if self.input == self.output => 1,
            Mode::Nearest | Mode::NearestExact => 1,
            Mode::Bilinear => 2,
            Mode::Bicubic => 4,
            Mode::Area if self.input.is_multiple_of(self.output.max(1)) => self.input / self.output.max(1),
            Mode::Area => self.input / self.output.max(1) + 2,
        };
        taps.min(self.input)
    }

    /// Where output position `i` looks, before anything is clamped.
    fn source(&self, i: usize) -> f32 {
        let (input, output) = (self.input as f32, self.output as f32);
        if self.align_corners {
            let scale = if self.output > 1 { (input - 1.0) / (output - 1.0) } else { 0.0 };
            return scale * i as f32;
        }
        let scale = input / output;
        match self.mode {
            Mode::Nearest => i as f32 * scale,
            Mode::NearestExact => (i as f32 + 0.5) * scale,
            _ => scale * (i as f32 + 0.5) - 0.5,
        }
    }

    /// Fills in the weights (all 0 before) and gives where the window begins. `weights` has [`Self::taps`] places.
    fn window(&self, i: usize, weights: &mut [f32]) -> usize {
        let last_start = self.input - weights.len();
        let last = self.input - 1;
        if self.input == self.output {
            weights[0] = 1.0;
            return i.min(last);
        }
        match self.mode {
            Mode::Nearest | Mode::NearestExact => {
                weights[0] = 1.0;
                (self.source(i) as usize).min(last)
            }
            Mode::Area => {
                let begin = i * self.input / self.output;
                let end = ((i + 1) * self.input).div_ceil(self.output);
                let start = begin.min(last_start);
                weights[begin - start..end - start].fill(1.0 / (end - begin) as f32);
                start
            }
            Mode::Bilinear => {
                let source = self.source(i).max(0.0);
                let left = (source as usize).min(last);
                let right = (left + 1).min(last);
                let share = (source - left as f32).clamp(0.0, 1.0);
                let start = left.min(last_start);
                weights[left - start] += 1.0 - share;
                weights[right - start] += share;
                start
            }
            Mode::Bicubic => {
                let source = self.source(i);
                let left = source.floor();
                let first = left as i64 - 1;
                let start = first.clamp(0, last_start as i64) as usize;
                for (k, weight) in cubic(source - left).into_iter().enumerate() {
                    let at = (first + k as i64).clamp(0, last as i64) as usize;
                    weights[at - start] += weight;
                }
                start
            }
        }
    }
}

/// Keys' cubic convolution with torch's a = -0.75, for the four neighbours of a point at `t` past the second.
fn cubic(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Filters that widen as an image is made smaller, so that every input counts: PIL's, and torch's with `antialias`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    Triangle,
    /// Cubic convolution, a = -0.5.
    Cubic,
    /// Three lobes.
    Lanczos,
}

impl Kernel {
    /// Where it ends, in output positions from its middle.
    fn support(self) -> f64 {
        match self {
            Self::Triangle => 1.0,
            Self::Cubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            _ if x >= self.support() => 0.0,
            Self::Triangle => 1.0 - x,
            Self::Cubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Cubic => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Lanczos => sinc(x) * sinc(x / 3.0),
        }
    }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

/// The table of one axis; its buffers are used again and again.
#[derive(Debug, Default)]
pub(crate) struct Axis {
    /// Inputs in a window, the same for all; spare ones have weight 0.
    pub taps: usize,
    /// By output position. A window lies within the input.
    pub starts: Vec<u32>,
    /// `taps` by output position.
    pub weights: Vec<f32>,
    /// The output is the input.
    pub identity: bool,
}

impl Axis {
    /// No position yet; `weights` are 0, `taps` for each of `len`.
    pub(crate) fn clear(&mut self, taps: usize, len: usize) {
        self.taps = taps;
        self.identity = false;
        self.starts.clear();
        self.weights.clear();
        self.weights.resize(taps * len, 0.0);
    }

    /// `len` output positions; `position` says which of the scaling's outputs stands at each, `None` for a 0.
    pub(crate) fn fill(&mut self, scaling: Scaling, len: usize, position: impl Fn(usize) -> Option<usize>) {
        let taps = scaling.taps();
        self.clear(taps, len);
        for (p, weights) in self.weights.chunks_exact_mut(taps.max(1)).enumerate() {
            let start = position(p).map_or(0, |i| scaling.window(i, weights));
            // Sides are far below 2^32: the decoder's limit and Resize's see to it.
            self.starts.push(start as u32);
        }
    }

    /// A plain resize of the whole axis.
    pub(crate) fn resize(&mut self, scaling: Scaling) {
        self.fill(scaling, scaling.output, Some);
        self.identity = scaling.input == scaling.output;
    }

    /// A resize of the whole axis by a kernel that is as wide as the inputs that fall on one output.
    pub(crate) fn antialias(&mut self, kernel: Kernel, input: usize, output: usize) {
        let scale = input as f64 / output.max(1) as f64;
        let support = kernel.support() * scale.max(1.0);
        let taps = (support.ceil() as usize * 2 + 1).min(input);
        self.clear(taps, output);
        self.identity = input == output;
        for (i, weights) in self.weights.chunks_exact_mut(taps.max(1)).enumerate() {
            let center = scale * (i as f64 + 0.5);
            let begin = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(input);
            let start = begin.min(input - taps);
            let at = |k: usize| match start + k {
                p if (begin..end).contains(&p) => kernel.at((p as f64 - center + 0.5) / scale.max(1.0)),
                _ => 0.0,
            };
            let sum: f64 = (0..taps).map(at).sum();
            for (k, weight) in weights.iter_mut().enumerate() {
                *weight = (at(k) / sum) as f32;
            }
            self.starts.push(start as u32);
        }
    }
}
