//! SimulateDelay: time that passes and nothing else, to see what a slow step or a slow disk does to training.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{ParamDefault, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use std::time::{Duration, Instant};

const SIMULATE_DELAY: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "SimulateDelay",
    Family::Utility,
    "Leaves the image as it is and takes its time: busy, as a costly transform does, or asleep, as a slow disk \
          or network makes a thread.",
    &[
        param(
            "delay_time",
            ParamKind::Float { min: 0.0, max: 3600.0 },
            ParamDefault::Float(0.0),
            "s",
            "time each image takes",
        ),
        param(
            "kind",
            ParamKind::Choice(&["sleep", "busy"]),
            ParamDefault::Text("sleep"),
            "",
            "sleep leaves the core to others, busy uses it up",
        ),
    ],
    |values| built(SimulateDelay::new(values)),
)
.noting("`kind` is trainscope's own");

pub(crate) const ALL: &[TransformInfo] = &[SIMULATE_DELAY];

#[derive(Debug, Clone)]
struct SimulateDelay {
    time: Duration,
    busy: bool,
}

impl SimulateDelay {
    fn new(values: &Values<'_>) -> Self {
        Self { time: Duration::from_secs_f64(values.float("delay_time")), busy: values.text("kind") == "busy" }
    }
}

impl Operation for SimulateDelay {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, _image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        if self.busy {
            let begun = Instant::now();
            while begun.elapsed() < self.time {
                std::hint::spin_loop();
            }
        } else if !self.time.is_zero() {
            std::thread::sleep(self.time);
        }
        Ok(())
    }
}
