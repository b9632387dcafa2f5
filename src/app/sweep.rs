//! Sweeps for the window: a job that starts engines of its own, and its report.

use super::App;
use super::jobs::JobKind;
use super::work::Report;
use crate::client::sweep::{SweepReport, SweepSpec, sweep};
use crate::plot::{PngOptions, sweep_plots, write_png};
use crate::ui::sweep::SweepRequest;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::SystemTime;

/// What a sweep's job reports.
pub enum SweepNews {
    Now(Box<SweepReport>),
    Over(Result<Box<SweepReport>, String>),
}

impl App {
    pub(super) fn start_sweep(&mut self, request: SweepRequest, now: SystemTime) {
        if self.state.why_not_start().is_some() {
            return;
        }
        let mut config = self.state.config.clone();
        config.data.dir = self.state.dataset.dir().cloned();
        let dataset = config.data.dir.clone();
        let dir = self.dirs.new_run(&format!("sweep-{}", request.key), now);
        let mut spec = SweepSpec::new(config, request.key, request.values, dir);
        (spec.budget_secs, spec.steps) = (request.budget_secs, request.steps);
        let cancel = Arc::new(AtomicBool::new(false));
        self.sweep_cancel = Arc::clone(&cancel);
        self.state.sweep = crate::ui::sweep::SweepView { busy: true, dataset, ..Default::default() };
        let start = self.start_engine.clone();
        self.start_job(JobKind::Sweep, move |job| {
            let cancelled = || cancel.load(Relaxed) || job.is_cancelled();
            let result = sweep(&spec, &start, &cancelled, &mut |report| {
                job.send(Report::Sweep(SweepNews::Now(Box::new(report.clone()))));
            });
            let result = result.map_err(|error| error.to_string()).map(|mut report| {
                let plots = sweep_plots(&report);
                let picture = report.dir.join("sweep.png");
                if !plots.is_empty()
                    && let Err(error) = write_png(&picture, &plots, &PngOptions::default())
                {
                    report.notes.push(error.to_string().into());
                }
                Box::new(report)
            });
            job.send(Report::Sweep(SweepNews::Over(result)));
        });
        // Without a thread there is no job, and no word of it but the log's.
        self.state.sweep.busy = self.jobs.is_running(JobKind::Sweep);
    }

    /// The job goes on until its engines have stopped, and reports what it has.
    pub(super) fn cancel_sweep(&mut self) {
        self.sweep_cancel.store(true, Relaxed);
        self.state.sweep.stopping = self.state.sweep.busy;
    }

    pub(super) fn take_sweep(&mut self, news: SweepNews) {
        let view = &mut self.state.sweep;
        match news {
            SweepNews::Now(report) => view.report = Some(report),
            SweepNews::Over(result) => {
                (view.busy, view.stopping) = (false, false);
                match result {
                    Ok(report) => view.report = Some(report),
                    Err(error) => view.error = Some(error),
                }
            }
        }
    }
}
