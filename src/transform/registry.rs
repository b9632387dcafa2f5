//! The list of transforms, and the one file that knows all families. Each entry stands in its family's file; forms, TOML,
//! docs and checks are made from it.

use super::families::batch;
use super::families::colour::{adjust, jitter, tone};
use super::families::deformation::{deform, elastic};
use super::families::erasing::{coarse, erase};
use super::families::intensity::{contrast, histogram, normalize, percentile, scale, smooth_field};
use super::families::io::{load, numeric};
use super::families::noise::{field, gaussian, jpeg, kspace};
use super::families::policy::{augmix, auto};
use super::families::size::{crop, framing, pad, resize, resized};
use super::families::smoothing::{blur, edges, median, smooth};
use super::families::spatial::{affine, flip, geometry, perspective, rotate, zoom};
use super::families::utility::delay;
use crate::config::Owner;
use crate::transform::core::description::TransformInfo;
use std::sync::LazyLock;

static REGISTRY: LazyLock<Vec<TransformInfo>> = LazyLock::new(|| {
    let mut all = [
        load::ALL,
        rotate::ALL,
        flip::ALL,
        zoom::ALL,
        affine::ALL,
        geometry::ALL,
        perspective::ALL,
        resize::ALL,
        crop::ALL,
        pad::ALL,
        framing::ALL,
        resized::ALL,
        deform::ALL,
        elastic::ALL,
        normalize::ALL,
        scale::ALL,
        contrast::ALL,
        percentile::ALL,
        histogram::ALL,
        smooth::ALL,
        median::ALL,
        edges::ALL,
        numeric::ALL,
        adjust::ALL,
        jitter::ALL,
        tone::ALL,
        blur::ALL,
        jpeg::ALL,
        gaussian::ALL,
        kspace::ALL,
        field::ALL,
        smooth_field::ALL,
        coarse::ALL,
        erase::ALL,
        auto::ALL,
        augmix::ALL,
        batch::ALL,
        delay::ALL,
    ]
    .concat();
    all.sort_by_key(|info| info.family);
    for info in &mut all {
        let owner = Owner::Transform(info.name);
        // Kept for as long as the process lives, as the list is.
        info.params = info.params.iter().map(|param| param.of(owner)).collect::<Vec<_>>().leak();
    }
    all
});

/// Every transform, by family, in the order of menus and docs.
pub fn registry() -> &'static [TransformInfo] {
    &REGISTRY
}

/// The transform of that name, spelt as its library does.
pub fn find(name: &str) -> Option<&'static TransformInfo> {
    REGISTRY.iter().find(|t| t.name == name)
}
