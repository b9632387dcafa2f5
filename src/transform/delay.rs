//! SimulateDelay: time that passes and nothing else, to see what a slow step or a slow disk does to training.

use super::params::{ParamDefault, ParamInfo, ParamKind, Values, param};
use super::registry::{Family, Op, TransformInfo};
use std::time::{Duration, Instant};

pub(super) const SIMULATE_DELAY: TransformInfo = TransformInfo {
    name: "SimulateDelay",
    family: Family::Utility,
    random: false,
    pinned: false,
    doc: "Leaves the image as it is and takes its time: busy, as a costly transform does, or asleep, as a slow disk \
          or network makes a thread.",
    source: "MONAI 1.6.1 SimulateDelay (which sleeps); `kind` is trainscope's own",
    params: &[
        param(
            "delay_time",
            ParamKind::Float { min: 0.0, max: 3600.0 },
            ParamDefault::Float(0.0),
            "s",
            "time each image takes",
        ),
        ParamInfo {
            name: "kind",
            kind: ParamKind::Choice(&["sleep", "busy"]),
            default: ParamDefault::Text("sleep"),
            unit: "",
            doc: "sleep leaves the core to others, busy uses it up",
        },
    ],
    elsewhere: &[],
    build: |values| Ok(Op::SimulateDelay(SimulateDelay::new(values))),
};

#[derive(Debug, Clone)]
pub(super) struct SimulateDelay {
    time: Duration,
    busy: bool,
}

impl SimulateDelay {
    fn new(values: &Values<'_>) -> Self {
        Self { time: Duration::from_secs_f64(values.float("delay_time")), busy: values.text("kind") == "busy" }
    }

    pub(super) fn apply(&self) {
        if self.busy {
            let begun = Instant::now();
            while begun.elapsed() < self.time {
                std::hint::spin_loop();
            }
        } else if !self.time.is_zero() {
            std::thread::sleep(self.time);
        }
    }
}
