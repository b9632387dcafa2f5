//! A chain as validation and test run it: its random steps are left out, and what they made of an image's numbers, whatever
//! they drew, is made all the same where it matters to a step behind them.

use super::{Chain, Step};
use crate::config::{ParamValue, TransformSpec};

/// The step that makes floats and nothing else.
const FLOATS_AS_THEY_ARE: &str = "monai.ToTensor";

/// The step that makes bytes of a 16-bit file's numbers, as all of its kind do, and nothing else: a bell one pixel wide.
fn upper_eight_bits() -> TransformSpec {
    TransformSpec::new("gaussian_blur").with("kernel_size", ParamValue::Int(1))
}

impl Step {
    /// Behind it a 16-bit file's numbers count as such no longer.
    fn ends_sixteen_bits(&self) -> bool {
        let by_name = self.tells_bytes() || self.info.name == FLOATS_AS_THEY_ARE;
        self.does_something() && (by_name || !self.operation.accepts().bytes)
    }

    /// It brings a 16-bit file's numbers and the upper eight bits of them to the same range.
    fn scales_sixteen_bits(&self, spec: &TransformSpec) -> bool {
        match self.info.name {
            "ToTensor" | "ConvertImageDtype" => true,
            "ToDtype" => spec.params.get("scale") == Some(&ParamValue::Bool(true)),
            _ => self.info.wants_bytes_of_sixteen_bits(),
        }
    }
}

impl Chain {
    /// The chain without its random transforms, for validation and test.
    ///
    /// A random step that others depend on (a random crop to a size) is replaced by what its library's own evaluation
    /// does in its place. One that works on floats alone leaves floats where a step behind it tells them from bytes, and
    /// one on colours the upper eight of sixteen bits where a step behind it, or the network, takes numbers as they are.
    #[must_use]
    pub fn deterministic(&self) -> Self {
        let mut kept = Self { specs: Vec::new(), steps: Vec::new(), fuse: self.fuse, replay: None };
        let make = |kept: &mut Self, specs: Vec<TransformSpec>| {
            // They are made from parameters that were checked, so they build.
            if let Ok(chain) = Self::build(&specs) {
                kept.specs.extend(chain.specs);
                kept.steps.extend(chain.steps);
            }
        };
        // The image is floats by now; and it is in training, by a step that is left out here.
        let (mut floats, mut owed) = (false, false);
        // A 16-bit file's numbers are still there in training; they are not, by a step on colours that is left out here.
        let (mut sixteen_bits, mut bytes_owed) = (true, false);
        for (spec, step) in self.specs.iter().zip(&self.steps) {
            let makes_floats = step.does_something() && !step.operation.accepts().bytes;
            if step.info.random {
                let specs = step.info.evaluation.map(|evaluation| evaluation(spec)).unwrap_or_default();
                owed |= specs.is_empty() && makes_floats && !floats;
                let makes_bytes = step.does_something() && step.info.wants_bytes_of_sixteen_bits();
                bytes_owed |= specs.is_empty() && makes_bytes && sixteen_bits;
                make(&mut kept, specs.into_iter().map(|s| TransformSpec { enabled: spec.enabled, ..s }).collect());
            } else {
                // What tells bytes from floats must not find bytes here where it finds floats in training.
                let floats_due = owed && step.tells_bytes();
                if bytes_owed && step.ends_sixteen_bits() {
                    if floats_due || !step.scales_sixteen_bits(spec) {
                        make(&mut kept, vec![upper_eight_bits()]);
                    }
                    bytes_owed = false;
                }
                if floats_due {
                    make(&mut kept, vec![TransformSpec::new(FLOATS_AS_THEY_ARE)]);
                    owed = false;
                }
                kept.specs.push(spec.clone());
                kept.steps.push(step.clone());
                let may_make_bytes = step.enabled && matches!(step.info.name, "ToDtype" | "ConvertImageDtype");
                floats = makes_floats || floats && !may_make_bytes;
            }
            sixteen_bits &= !step.ends_sixteen_bits();
        }
        if bytes_owed {
            make(&mut kept, vec![upper_eight_bits()]);
        }
        kept
    }
}
