//! What a transform is: its description, its parameters, what it draws, and the one trait that the chain runs.
//! Knows no transform by name.

pub(crate) mod description;
pub(crate) mod draw;
pub(crate) mod gamma;
pub(crate) mod mix;
pub(crate) mod normal;
pub(crate) mod operation;
pub(crate) mod params;
pub(crate) mod placement;
pub(crate) mod sizes;
