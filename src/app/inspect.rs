//! What the Inspect page asks for: the filter, the selected image and draw, thumbnails, the trace.

use super::App;
use super::jobs::JobKind;
use super::thumbnailer::Source;
use super::{trace, work};
use crate::language::Message;
use crate::ui::Page;
use crate::ui::inspect::measure::MeasureState;
use crate::ui::inspect::state::{Filter, InspectTab, Shown, TraceState};
use crate::ui::inspect::thumbs::MAX_CELL;
use crate::ui::state::DatasetState;
use crate::ui::timeline::state::TAKE_SECS;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

impl App {
    /// Another dataset is being read: nothing of the last one stays.
    pub(super) fn forget_inspected(&mut self) {
        let inspect = &mut self.state.inspect;
        inspect.filter = Filter::default();
        inspect.shown = Shown::default();
        inspect.thumbs.reset(inspect.thumbs.cell());
        inspect.trace = TraceState::default();
        inspect.measure = MeasureState::Idle;
        (self.preview_again, self.trace_again) = (false, false);
        for kind in [JobKind::Preview, JobKind::Trace, JobKind::Measure] {
            self.jobs.cancel(kind);
        }
        if let Some(thumbnailer) = &mut self.thumbnailer {
            thumbnailer.set_source(None);
        }
    }

    pub(super) fn show_page(&mut self, page: Page) {
        let was_shown = std::mem::replace(&mut self.state.view.page, page) == page;
        if page == Page::RUNS && !was_shown {
            self.read_runs();
        }
        if page == Page::INSPECT {
            self.trace();
        } else if let Some(thumbnailer) = &self.thumbnailer {
            thumbnailer.want(&[]);
        }
        if page == Page::TIMELINE && self.state.timeline.trace.is_none() {
            // Who comes for the first time sees something; more is had by asking.
            self.take_trace(TAKE_SECS[0]);
        }
    }

    pub(super) fn filter(&mut self, filter: Filter) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        self.state.inspect.filter = filter;
        self.state.inspect.shown = filter.apply(&ready.dataset, &ready.parts);
    }

    /// Selects an image; one that the filter hides is shown by dropping the filter.
    pub(super) fn select_image(&mut self, image: usize) {
        let Some(ready) = self.state.dataset.ready() else { return };
        if image >= ready.dataset.len() {
            return;
        }
        if self.state.inspect.shown.place_of(image).is_err() {
            self.filter(Filter::default());
        }
        self.state.preview.index = image;
        self.preview();
    }

    /// Shows an image step by step, with what that epoch drew for it, where the window's dataset has it.
    ///
    /// # Errors
    /// It has not: another dataset stands in the window than the one that the image is known from.
    pub(super) fn show_image(&mut self, path: &Path, draw: Option<u64>) -> Result<(), Message> {
        let found = self.state.dataset.ready().and_then(|ready| {
            let mut at = PathBuf::new();
            (0..ready.dataset.len()).find(|image| {
                ready.dataset.path_into(*image, &mut at);
                at == path
            })
        });
        let Some(image) = found else {
            return Err(msg!("page-results-not-in-dataset", path = path.display().to_string()));
        };
        self.state.inspect.tab = InspectTab::Chain;
        self.show_page(Page::INSPECT);
        self.select_image(image);
        if let Some(draw) = draw {
            self.set_draw(draw);
        }
        Ok(())
    }

    pub(super) fn set_draw(&mut self, draw: u64) {
        let preview = &mut self.state.preview;
        preview.draw = draw;
        preview.newest_draw = preview.newest_draw.max(draw);
        self.preview();
    }

    /// Works out the pictures of the chain view, where it is looked at.
    pub(super) fn trace(&mut self) {
        if self.state.view.page != Page::INSPECT || self.state.inspect.tab != InspectTab::Chain {
            return;
        }
        if self.state.inspect.trace.busy && self.jobs.is_busy(JobKind::Trace, Instant::now()) {
            self.trace_again = true;
        } else if let Some(request) = self.preview_request() {
            self.state.inspect.trace.busy = true;
            self.start_job(JobKind::Trace, move |job| trace::trace(job, &request));
        }
    }

    pub(super) fn measure(&mut self) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        let (dataset, config) = (Arc::clone(&ready.dataset), self.state.config.data.clone());
        self.state.inspect.measure = MeasureState::Busy(None);
        self.start_job(JobKind::Measure, move |job| work::measure(job, &dataset, &config));
    }

    /// Has the thumbnails that are looked at and not there yet made.
    pub(super) fn look_at(&mut self, images: &[u32], side: usize) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        let side = side.clamp(1, MAX_CELL);
        let thumbs = &mut self.state.inspect.thumbs;
        let Some(thumbnailer) = &mut self.thumbnailer else { return };
        if thumbs.cell() != side || !thumbnailer.has_source() {
            thumbs.reset(side);
            let data = &self.state.config.data;
            let quarantined = Arc::new(ready.dataset.quarantined(&data.quarantine));
            let dataset = Arc::clone(&ready.dataset);
            thumbnailer.set_source(Some(Source { dataset, quarantined, max_pixels: data.max_pixels, side }));
        }
        thumbnailer.want(&thumbs.look_at(images));
    }

    /// Takes in the thumbnails that are ready.
    pub(super) fn drain_thumbs(&mut self, deadline: Instant) {
        let Some(thumbnailer) = &mut self.thumbnailer else { return };
        while let Some((image, loaded)) = thumbnailer.try_recv() {
            self.state.inspect.thumbs.insert(&self.ctx, image, loaded);
            if Instant::now() > deadline {
                // More may wait.
                self.ctx.request_repaint();
                break;
            }
        }
    }
}
