//! The transforms, a folder or a file a family ([`super::Family`]). Only the registry imports them.

pub(crate) mod batch;
pub(crate) mod colour;
pub(crate) mod deformation;
pub(crate) mod erasing;
pub(crate) mod intensity;
pub(crate) mod io;
pub(crate) mod noise;
pub(crate) mod policy;
pub(crate) mod size;
pub(crate) mod smoothing;
pub(crate) mod spatial;
pub(crate) mod utility;
