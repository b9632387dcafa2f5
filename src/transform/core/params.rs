//! What families describe and read their parameters with; the description itself is `config`'s, as settings have the same.

use crate::language::Message;

pub use crate::config::{ParamDefault, ParamInfo, ParamKind};
pub(crate) use crate::config::{Values, param};

/// The parameter of every random transform.
pub(crate) const PROB: ParamInfo = param(
    "prob",
    ParamKind::Float { min: 0.0, max: 1.0 },
    ParamDefault::Float(0.1),
    "",
    "probability that it happens to a sample",
);
/// torchvision's.
pub(crate) const P: ParamInfo = param(
    "p",
    ParamKind::Float { min: 0.0, max: 1.0 },
    ParamDefault::Float(0.5),
    "",
    "probability that it happens to a sample",
);

/// A transform's own objection, where each parameter is allowed and together they are not.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub param: &'static str,
    pub expected: Message,
}

impl Invalid {
    pub(crate) fn new(param: &'static str, expected: Message) -> Self {
        Self { param, expected }
    }
}
