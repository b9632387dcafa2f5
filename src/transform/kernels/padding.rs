//! What stands beside a picture's pixels, position by position: numpy's and torch's padding modes.

/// A padding mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Padding {
    Edge,
    Constant,
    Reflect,
    Symmetric,
    Wrap,
}

impl Padding {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "constant" => Self::Constant,
            "reflect" => Self::Reflect,
            "symmetric" => Self::Symmetric,
            "wrap" => Self::Wrap,
            _ => Self::Edge,
        }
    }

    /// Which of `len` positions stands at `i`, which may lie outside; `None` for a 0.
    pub(crate) fn position(self, i: i64, len: i64) -> Option<usize> {
        let i = match self {
            _ if (0..len).contains(&i) => i,
            Self::Edge => i.clamp(0, len - 1),
            Self::Constant => return None,
            Self::Wrap => i.rem_euclid(len),
            Self::Symmetric => {
                let i = i.rem_euclid(2 * len);
                i.min(2 * len - 1 - i)
            }
            Self::Reflect => {
                let period = (2 * len - 2).max(1);
                let i = i.rem_euclid(period);
                i.min(period - i)
            }
        };
        usize::try_from(i).ok()
    }
}
