//! Noise, fields and bending.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // Two float32 Fourier transforms of values up to 255, whose order of additions is not torch's.
    rule("monai", "GibbsNoise", |p| vec![spec("GibbsNoise", p)], |_| within(5e-4)),
    rule(
        "monai",
        "GridDistortion",
        |p| {
            let mut p = p.clone();
            for steps in p["distort_steps"].as_array_mut().unwrap() {
                // The index leaves out the sixth number that the files were made with; MONAI refuses five for five cells.
                steps.as_array_mut().unwrap().push(1.0.into());
            }
            vec![spec("GridDistortion", &p)]
        },
        // Places are float32 up to 72, off by some 4e-6 pixels, times neighbours that differ by up to 255.
        |_| within(2e-3),
    ),
];
