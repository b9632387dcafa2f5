//! Series colours that colour-blind readers can tell apart, after Okabe and Ito (2008), darkened or lightened until
//! every one has a contrast of 3:1 or more with the plot's background (WCAG 2.1, 1.4.11).

use crate::protocol::StepPhases;
use egui::Color32;
use std::sync::{Mutex, PoisonError};

/// Colours before the palette begins again.
pub const PALETTE_SLOTS: usize = 8;

/// Blue, vermilion, green, purple, olive, cyan, wine, slate: on white.
const LIGHT: [Color32; PALETTE_SLOTS] = [
    Color32::from_rgb(0x00, 0x6f, 0xd0),
    Color32::from_rgb(0xe2, 0x50, 0x1e),
    Color32::from_rgb(0x14, 0x99, 0x6b),
    Color32::from_rgb(0x7b, 0x1a, 0x7d),
    Color32::from_rgb(0x74, 0x7f, 0x00),
    Color32::from_rgb(0x1a, 0x9c, 0xcf),
    Color32::from_rgb(0x83, 0x23, 0x29),
    Color32::from_rgb(0x7f, 0x72, 0x83),
];

/// The same order on near-black.
const DARK: [Color32; PALETTE_SLOTS] = [
    Color32::from_rgb(0x4d, 0xa6, 0xff),
    Color32::from_rgb(0xff, 0x7a, 0x3a),
    Color32::from_rgb(0x34, 0xc9, 0x98),
    Color32::from_rgb(0xdc, 0x8f, 0xd0),
    Color32::from_rgb(0xec, 0xdc, 0x4c),
    Color32::from_rgb(0x8a, 0xe4, 0xf5),
    Color32::from_rgb(0xec, 0x4a, 0x72),
    Color32::from_rgb(0x8a, 0x8f, 0x98),
];

/// The colour of a palette slot, on a dark or a light background.
pub fn series_color(slot: usize, dark: bool) -> Color32 {
    if dark { DARK[slot % PALETTE_SLOTS] } else { LIGHT[slot % PALETTE_SLOTS] }
}

/// Palette slots of the step's phases, in the order of `StepPhases::NAMES`: waiting stands out, reading back recedes.
pub(super) const PHASE_COLORS: [usize; 6] = [1, 4, 0, 5, 2, 7];

/// The palette slot of a loader's stage or a step's phase, by its name: the same wherever it is shown. Stages get theirs in the
/// order in which they are first seen.
pub fn stage_slot(name: &str) -> usize {
    if let Some(phase) = StepPhases::NAMES.iter().position(|phase| *phase == name) {
        return PHASE_COLORS[phase];
    }
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter().position(|known| known == name).unwrap_or_else(|| {
        seen.push(name.to_owned());
        seen.len() - 1
    })
}

/// How the line of a slot is broken: whole for the first eight, then dashed, then dotted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    pub(super) fn of(slot: usize) -> Self {
        match slot / PALETTE_SLOTS % 3 {
            0 => Self::Solid,
            1 => Self::Dashed,
            _ => Self::Dotted,
        }
    }

    /// Dash and gap in line widths; `None` is a whole line.
    pub(super) fn lengths(self) -> Option<(f32, f32)> {
        match self {
            Self::Solid => None,
            Self::Dashed => Some((5.0, 3.0)),
            Self::Dotted => Some((1.0, 2.5)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(color: Color32) -> [f64; 3] {
        [color.r(), color.g(), color.b()].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c| {
            let [r, g, b] = linear(c);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// CIE Lab of a colour as a dichromat sees it: (red's share, blue's change) after Viénot, Brettel and Mollon
    /// (1999), on linear RGB.
    fn dichromat_lab(color: Color32, (red_share, blue_change): (f64, f64)) -> [f64; 3] {
        let [r, g, b] = linear(color);
        let red_green = red_share * r + (1.0 - red_share) * g;
        let [r, g, b] = [red_green, red_green, (blue_change * (r - g) + b).max(0.0)];
        let xyz = [
            0.4124 * r + 0.3576 * g + 0.1805 * b,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            0.0193 * r + 0.1192 * g + 0.9505 * b,
        ];
        let f = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let [x, y, z] = [f(xyz[0] / 0.9505), f(xyz[1]), f(xyz[2] / 1.089)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn colours_stand_out_from_the_background() {
        for slot in 0..PALETTE_SLOTS {
            let light = contrast(series_color(slot, false), Color32::WHITE);
            let dark = contrast(series_color(slot, true), Color32::from_gray(27));
            assert!(light >= 3.0 && dark >= 4.5, "slot {slot}: {light:.2} on white, {dark:.2} on dark");
        }
    }

    #[test]
    fn colours_stay_apart_for_the_colour_blind() {
        for (sight, vision) in [("deuteranope", (0.292_75, -0.022_34)), ("protanope", (0.112_38, 0.004_01))] {
            for dark in [false, true] {
                for (a, b) in (0..PALETTE_SLOTS).flat_map(|a| (0..a).map(move |b| (a, b))) {
                    let lab = |slot| dichromat_lab(series_color(slot, dark), vision);
                    let distance = lab(a).iter().zip(lab(b)).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 10.0, "{sight}, dark {dark}, slots {b} and {a}: {distance:.1}");
                }
            }
        }
    }
}
