//! A run's record as plain rows: a name, a step, a time and a value, for programs that draw or reckon with them.

use super::Ruler;
use crate::protocol::{Event, StepPhases};

/// One value of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// Such as `train/loss`.
    pub tag: String,
    /// The step that it is of, or that was under way.
    pub step: u64,
    /// Since the run began.
    pub secs: f64,
    pub value: f64,
}

/// Every number of the record, in its order. Readings that were not there are left out; a value that is no number stays one.
pub fn scalars(events: &[Event]) -> Vec<Scalar> {
    let mut rows = Rows { ruler: Ruler::default(), rows: Vec::new() };
    for event in events {
        match event {
            Event::Step(e) => {
                rows.ruler.push(e.secs, e.step);
                let mut add = |tag: &str, value: f64| rows.add(tag, e.step, e.secs, value);
                if let Some(loss) = e.loss {
                    add("train/loss", loss);
                }
                add("train/learning_rate", e.lr);
                add("train/images_per_sec", e.images_per_sec);
                add("train/data_wait_frac", e.data_wait_frac);
                add("loader/batches_ready", e.queue_len as f64);
                if e.phases.synced {
                    for (name, secs) in StepPhases::NAMES.iter().zip(e.phases.secs()) {
                        add(&format!("phase_secs/{}", name.replace(' ', "_")), secs);
                    }
                }
            }
            Event::Epoch(e) => {
                let values = [
                    ("epoch/train_loss", Some(e.train_loss)),
                    ("validation/loss", e.val_loss),
                    ("validation/accuracy", e.val_accuracy),
                    ("validation/roc_auc", e.val_auc),
                    ("epoch/secs", Some(e.epoch_secs)),
                ];
                values.into_iter().for_each(|(tag, value)| rows.add_known(tag, e.step, e.secs, value));
            }
            Event::Validation(e) => {
                let values = [
                    ("validation/loss", Some(e.loss)),
                    ("validation/accuracy", Some(e.accuracy)),
                    ("validation/roc_auc", e.auc),
                ];
                values.into_iter().for_each(|(tag, value)| rows.add_known(tag, e.step, e.secs, value));
            }
            Event::Stages(e) => {
                let step = rows.step_at(e.secs);
                for stage in e.stages.iter().filter(|stage| stage.images > 0) {
                    rows.add(&format!("loader_us_per_image/{}", stage.stage), step, e.secs, stage.wall_us);
                }
            }
            Event::Telemetry(e) => {
                let step = rows.step_at(e.secs);
                let mut add = |tag: &str, value: Option<f64>| rows.add_known(tag, step, e.secs, value);
                if !e.cpu_percent.is_empty() {
                    let sum: f64 = e.cpu_percent.iter().map(|percent| f64::from(*percent)).sum();
                    add("machine/cpu_percent", Some(sum / e.cpu_percent.len() as f64));
                }
                let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
                add("machine/memory_bytes", bytes(e.memory_used_bytes));
                add("machine/engine_memory_bytes", bytes(e.engine_memory_bytes));
                for (number, gpu) in e.gpus.iter().enumerate() {
                    let values = [
                        ("utilization_percent", gpu.utilization_percent),
                        ("memory_bytes", bytes(gpu.memory_used_bytes)),
                        ("power_watts", gpu.power_watts),
                        ("temperature_celsius", gpu.temperature_celsius),
                        ("sm_clock_mhz", gpu.sm_clock_mhz),
                        ("memory_clock_mhz", gpu.memory_clock_mhz),
                        ("pcie_rx_bytes_per_sec", gpu.pcie_rx_bytes_per_sec),
                        ("pcie_tx_bytes_per_sec", gpu.pcie_tx_bytes_per_sec),
                    ];
                    values.into_iter().for_each(|(what, value)| add(&format!("gpu{number}/{what}"), value));
                }
            }
            Event::Finished(e) => {
                if let Some(test) = &e.test {
                    let values = [
                        ("test/loss", Some(test.loss)),
                        ("test/accuracy", Some(test.accuracy)),
                        ("test/roc_auc", test.auc),
                    ];
                    values.into_iter().for_each(|(tag, value)| rows.add_known(tag, e.steps, e.secs, value));
                }
            }
            _ => {}
        }
    }
    rows.rows
}

struct Rows {
    ruler: Ruler,
    rows: Vec<Scalar>,
}

impl Rows {
    fn step_at(&self, secs: f64) -> u64 {
        self.ruler.step_at(secs).floor() as u64
    }

    fn add(&mut self, tag: &str, step: u64, secs: f64, value: f64) {
        self.rows.push(Scalar { tag: tag.to_owned(), step, secs, value });
    }

    fn add_known(&mut self, tag: &str, step: u64, secs: f64, value: Option<f64>) {
        if let Some(value) = value {
            self.add(tag, step, secs, value);
        }
    }
}

/// As CSV, with a header.
pub fn scalars_csv(scalars: &[Scalar]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("tag,step,secs,value\n");
    for Scalar { tag, step, secs, value } in scalars {
        let tag = if tag.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", tag.replace('"', "\"\""))
        } else {
            tag.clone()
        };
        let _ = writeln!(text, "{tag},{step},{secs},{value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{EpochEvent, StageCost, StagesEvent, StepEvent, played};

    #[test]
    fn every_number_has_its_name_its_step_and_its_time() {
        let step = |step: u64, loss| Event::Step(StepEvent { loss, ..played::step(step) });
        let stage = StageCost { stage: "decode".into(), images: 8, wall_us: 120.0, cpu_us: 1.0 };
        let stages = Event::Stages(StagesEvent {
            secs: 2.5,
            config_version: 0,
            workers: 1,
            stages: vec![stage],
            queue_len: 0,
            queue_capacity: 4,
            cache: None,
        });
        let epoch = Event::Epoch(EpochEvent { val_loss: Some(0.5), ..played::epoch(1) });
        let rows = scalars(&[step(1, Some(2.0)), step(2, None), step(3, Some(f64::NAN)), stages, epoch]);
        let of = |tag: &str| -> Vec<(u64, f64)> {
            rows.iter().filter(|row| row.tag == tag).map(|row| (row.step, row.value)).collect()
        };
        let losses = of("train/loss");
        assert_eq!((losses.len(), losses[0], losses[1].0), (2, (1, 2.0), 3));
        assert!(losses[1].1.is_nan());
        assert_eq!(of("loader_us_per_image/decode"), [(2, 120.0)]);
        assert_eq!((of("validation/loss"), of("validation/accuracy")), (vec![(1, 0.5)], Vec::new()));
        let csv = scalars_csv(&rows[..1]);
        assert_eq!(csv.lines().next(), Some("tag,step,secs,value"));
        assert!(csv.lines().nth(1).unwrap().starts_with("train/loss,1,"));
    }
}
