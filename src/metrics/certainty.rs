//! How sure predictions are, and whether rightly: the calibration error, and how far down the true class comes.

/// Bins of the largest probability, of equal width.
const BINS: usize = 15;
/// The true class may be among so many first.
const MOST_FIRST: usize = 5;

/// Sums over images.
#[derive(Debug, Clone, Default)]
pub(super) struct Certainty {
    images: u64,
    bins: [Bin; BINS],
    /// Images whose true class has that place.
    places: [u64; MOST_FIRST],
    classes: usize,
    is_number: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    hits: u64,
    images: u64,
    probability_sum: f64,
}

impl Certainty {
    pub fn new(classes: usize) -> Self {
        Self { classes, is_number: true, ..Self::default() }
    }

    /// Takes in an image: the probability of the predicted class, whether that is the true one, and how many classes come before
    /// the true one.
    pub fn add(&mut self, probability: f64, hit: bool, place: usize) {
        self.images += 1;
        self.is_number &= !probability.is_nan();
        // A bin has its upper end.
        let bin = &mut self.bins[((probability * BINS as f64).ceil() as usize).clamp(1, BINS) - 1];
        bin.hits += u64::from(hit);
        bin.images += 1;
        bin.probability_sum += probability;
        if let Some(count) = self.places.get_mut(place) {
            *count += 1;
        }
    }

    /// The expected calibration error (Guo et al. 2017): how far, on average, the share of hits is from the probability.
    pub fn calibration_error(&self) -> Option<f64> {
        let off = |bin: &Bin| (bin.hits as f64 - bin.probability_sum).abs();
        let error = self.bins.iter().map(off).sum::<f64>() / self.images as f64;
        self.is_number.then_some(error)
    }

    /// Shares of images whose true class is the first, one of the first two, and so on, up to five and below all classes.
    pub fn top_k(&self) -> Vec<f64> {
        let most = self.classes.saturating_sub(1).clamp(1, MOST_FIRST);
        let mut so_far = 0;
        let mut share = |count: &u64| {
            so_far += count;
            so_far as f64 / self.images as f64
        };
        self.places.iter().take(most).map(&mut share).collect()
    }
}
