//! Has the doctor look at this machine, on a thread of its own; drivers and disks are met in children of that.

use super::App;
use super::jobs::{JobHandle, JobKind};
use super::work::Report;
use crate::engine::{DoctorOptions, examine};
use crate::protocol::doctor::DoctorProgress;
use std::ops::ControlFlow;

impl App {
    pub(super) fn examine_machine(&mut self) {
        let options = DoctorOptions {
            data: self.state.dataset.dir().cloned(),
            device: self.state.config.train.device.clone(),
            // A run would be measured along, and slowed down.
            measure: !self.state.run.live.is_active(),
        };
        self.state.doctor.busy = Some(DoctorProgress { total: 1, ..DoctorProgress::default() });
        self.start_job(JobKind::Doctor, move |job| examine_in_job(job, &options));
    }
}

fn examine_in_job(job: &JobHandle<Report>, options: &DoctorOptions) {
    let mut sent = None;
    let report = examine(options, &mut |progress| {
        if sent != Some(progress.done) {
            sent = Some(progress.done);
            job.send(Report::Examining(progress.clone()));
        }
        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Some(report) = report {
        job.send(Report::Examined(Box::new(report)));
    }
}
