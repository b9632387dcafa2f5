//! What the Doctor page shows; part of the window's state. Only `app` changes it.

use crate::protocol::doctor::{DoctorProgress, DoctorReport};

/// The examination under way and the last one done.
#[derive(Default)]
pub struct DoctorState {
    pub busy: Option<DoctorProgress>,
    pub report: Option<Box<DoctorReport>>,
}
