//! MixUp and CutMix: every sample of a batch mixed with the one before it, the first with the last. They do nothing to an
//! image on its own; whoever puts a batch together asks `Chain::draw_mix` and applies what it drew.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::mix::{BatchMix, Kind};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{ParamDefault, ParamInfo, ParamKind, param};
use crate::transform::kernels::scratch::Scratch;

const ALPHA: ParamInfo = param(
    "alpha",
    ParamKind::Float { min: 0.001, max: 1e6 },
    ParamDefault::Float(1.0),
    "",
    "the share is drawn from Beta(alpha, alpha): 1 gives any share, less gives mostly one of the two, more gives halves",
);
const ELSEWHERE: &[(&str, &str)] =
    &[("num_classes", "the dataset says how many there are"), ("labels_getter", "a batch's labels are known")];
const NOTE: &str = "where several are switched on, one of them is drawn for every batch, as v2.RandomChoice does; their \
    place in the chain makes no difference; they take the time of collate";

const MIX_UP: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "MixUp",
    Family::Batch,
    "Mixes each sample of a batch with another, and their labels likewise, in one share drawn for the batch.",
    &[ALPHA],
    &[],
    |values| built(BatchMix { kind: Kind::MixUp, alpha: values.float("alpha") }),
)
.without(ELSEWHERE)
.noting(NOTE);

const CUT_MIX: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "CutMix",
    Family::Batch,
    "Puts a box of another sample into each sample of a batch, the same box for all, and mixes labels by its area.",
    &[ALPHA],
    &[],
    |values| built(BatchMix { kind: Kind::CutMix, alpha: values.float("alpha") }),
)
.without(ELSEWHERE)
.noting(NOTE);

pub(crate) const ALL: &[TransformInfo] = &[MIX_UP, CUT_MIX];

impl Operation for BatchMix {
    fn draw(&self, _stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::Skip
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn is_nothing(&self) -> bool {
        true
    }

    fn batch_mix(&self) -> Option<BatchMix> {
        Some(*self)
    }

    fn apply(&self, _drawn: &Drawn, _image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        Ok(())
    }
}
