//! An inspection in words: what needs action first, then the figures.

use std::fmt::{self, Write as _};

use super::{Bounded, DuplicateGroup, Duplicates, ImageRef, Inspection, Leakage, NearPair};
use crate::data::Part;
use crate::data::error::{counted, thousands};

/// Findings of a kind that are named; the JSON has more.
const SHOWN: usize = 5;
/// Classes whose figures are listed.
const SHOWN_CLASSES: usize = 50;

/// A report to read, several lines, the findings that need action first.
pub fn report(found: &Inspection) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write_report(found, &mut text);
    text
}

fn write_report(found: &Inspection, out: &mut String) -> fmt::Result {
    write!(
        out,
        "{} of {}",
        counted(found.images, "image", "images"),
        counted(found.class_names.len() as u64, "class", "classes")
    )?;
    match found.split {
        Some([train, val, test]) => writeln!(
            out,
            ": {} to train on, {} for validation, {} for the test",
            thousands(train),
            thousands(val),
            thousands(test)
        )?,
        None => writeln!(out)?,
    }
    let before = out.len();
    write_findings(found, out)?;
    if out.len() == before {
        writeln!(out, "\nNothing needs action.")?;
    }
    write_figures(found, out)?;
    for note in &found.notes {
        writeln!(out, "{note}")?;
    }
    Ok(())
}

fn write_findings(found: &Inspection, out: &mut String) -> fmt::Result {
    if let Some(duplicates) = &found.duplicates {
        if let Some(leakage) = &duplicates.leakage {
            write_leakage(leakage, out)?;
        }
        write_conflicts(duplicates, out)?;
    }
    let unreadable = found.unreadable.total + found.bad_files.total;
    if unreadable > 0 {
        writeln!(out, "\nUNREADABLE: {}", counted(unreadable, "file", "files"))?;
        let all = found.unreadable.shown.iter().chain(&found.bad_files.shown);
        all.take(SHOWN).try_for_each(|bad| writeln!(out, "  {}: {}", bad.path, bad.reason))?;
        more(out, unreadable, SHOWN)?;
    }
    let lines = |list: &Bounded<ImageRef>, out: &mut String| {
        list.shown.iter().take(SHOWN).try_for_each(|image| writeln!(out, "  {}", image.path))?;
        more(out, list.total, SHOWN)
    };
    if found.constant.total > 0 {
        let n = counted(found.constant.total, "image has", "images have");
        writeln!(out, "\nBLANK: {n} one value everywhere: nothing can be learned from them")?;
        lines(&found.constant, out)?;
    }
    if found.nearly_constant.total > 0 {
        let n = counted(found.nearly_constant.total, "image is", "images are");
        writeln!(out, "\nNEARLY BLANK: {n} within 4/255 of one value")?;
        lines(&found.nearly_constant, out)?;
    }
    if let Some(duplicates) = &found.duplicates {
        write_duplicates(duplicates, out)?;
    }
    if found.outliers.total > 0 {
        let n = counted(found.outliers.total, "image is", "images are");
        writeln!(out, "\nOUTLIERS: {n} far darker or brighter than their class")?;
        for outlier in found.outliers.shown.iter().take(SHOWN) {
            writeln!(
                out,
                "  {}: mean {:.3}, the class's median {:.3} (robust z {:+.1})",
                outlier.image.path, outlier.mean, outlier.class_median, outlier.robust_z
            )?;
        }
        more(out, found.outliers.total, SHOWN)?;
    }
    Ok(())
}

fn write_leakage(leakage: &Leakage, out: &mut String) -> fmt::Result {
    let (equal, near): (u64, u64) =
        leakage.part_pairs.iter().fold((0, 0), |(e, n), pair| (e + pair.equal_pairs, n + pair.near_pairs));
    if equal + near == 0 {
        return Ok(());
    }
    writeln!(out, "\nLEAKAGE: the same or similar images stand in different parts; held-out metrics look too good")?;
    for seen in leakage.seen_in_training.iter().filter(|seen| seen.equal + seen.near > 0) {
        writeln!(
            out,
            "  {}: of {}, training has an equal one of {} and a similar one of {} more ({:.1} %)",
            part_word(seen.part),
            counted(seen.images, "image", "images"),
            thousands(seen.equal),
            thousands(seen.near),
            (seen.equal + seen.near) as f64 * 100.0 / seen.images.max(1) as f64
        )?;
    }
    for pair in leakage.part_pairs.iter().filter(|pair| pair.equal_pairs + pair.near_pairs > 0) {
        let [a, b] = pair.parts.map(part_word);
        writeln!(
            out,
            "  {a} and {b}: {}, {}",
            counted(pair.equal_pairs, "equal pair", "equal pairs"),
            counted(pair.near_pairs, "similar pair", "similar pairs")
        )?;
    }
    write_groups(&leakage.equal, "equal", out)?;
    write_pairs(&leakage.near, out)
}

fn write_conflicts(duplicates: &Duplicates, out: &mut String) -> fmt::Result {
    let conflicts = &duplicates.conflicts;
    if conflicts.equal.total > 0 {
        let n = counted(conflicts.equal.total, "group of equal images has", "groups of equal images have");
        writeln!(out, "\nLABEL CONFLICTS: {n} more than one class: at most one label is right")?;
        write_groups(&conflicts.equal, "equal", out)?;
    }
    if conflicts.near.total > 0 {
        let n = counted(conflicts.near.total, "pair of similar images has", "pairs of similar images have");
        writeln!(out, "\nPOSSIBLE LABEL CONFLICTS: {n} different classes")?;
        write_pairs(&conflicts.near, out)?;
    }
    Ok(())
}

fn write_duplicates(duplicates: &Duplicates, out: &mut String) -> fmt::Result {
    let exact = &duplicates.exact;
    if exact.groups.total > 0 {
        writeln!(
            out,
            "\nEQUAL IMAGES: {} in {}, {} of them of equal files; {} could go",
            counted(exact.images, "image", "images"),
            counted(exact.groups.total, "group", "groups"),
            thousands(exact.equal_file_groups),
            thousands(exact.redundant_images)
        )?;
        write_groups(&exact.groups, "equal", out)?;
    }
    let near = &duplicates.near;
    if near.pairs.total > 0 {
        writeln!(
            out,
            "\nSIMILAR IMAGES: {} in {}, {} (hashes within {} of 64 bits, correlation of at least {})",
            counted(near.images, "image", "images"),
            counted(near.groups.total, "group", "groups"),
            counted(near.pairs.total, "pair", "pairs"),
            near.max_hash_bits,
            near.min_correlation
        )?;
        write_pairs(&near.pairs, out)?;
    }
    if near.images_cut_short > 0 {
        let n = counted(near.images_cut_short, "image resembles", "images resemble");
        writeln!(out, "  {n} so many others that not all were compared: there are more pairs")?;
    }
    Ok(())
}

fn write_groups(groups: &Bounded<DuplicateGroup>, word: &str, out: &mut String) -> fmt::Result {
    for group in groups.shown.iter().take(SHOWN) {
        let names: Vec<String> = group.members.iter().take(3).map(named).collect();
        let others = group.images.saturating_sub(names.len() as u64);
        let others = if others > 0 { format!(" and {} more", thousands(others)) } else { String::new() };
        let blank = if group.constant { " (blank)" } else { "" };
        writeln!(out, "  {word}{blank}: {}{others}", names.join(" = "))?;
    }
    more(out, groups.total, SHOWN)
}

fn write_pairs(pairs: &Bounded<NearPair>, out: &mut String) -> fmt::Result {
    for pair in pairs.shown.iter().take(SHOWN) {
        writeln!(out, "  similar: {} ~ {} (correlation {:.4})", named(&pair.a), named(&pair.b), pair.correlation)?;
    }
    more(out, pairs.total, SHOWN)
}

fn named(image: &ImageRef) -> String {
    match image.part {
        Some(part) => format!("{} [{}]", image.path, part_word(part)),
        None => image.path.clone(),
    }
}

fn more(out: &mut String, total: u64, shown: usize) -> fmt::Result {
    match total.checked_sub(shown as u64) {
        None | Some(0) => Ok(()),
        Some(rest) => writeln!(out, "  and {} more", thousands(rest)),
    }
}

fn part_word(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Val => "val",
        Part::Test => "test",
    }
}

fn write_figures(found: &Inspection, out: &mut String) -> fmt::Result {
    let balance = &found.balance;
    writeln!(
        out,
        "\nClasses: imbalance {:.2} to 1, entropy {:.3} bits ({:.1} % of even)",
        balance.imbalance_ratio,
        balance.entropy_bits,
        balance.evenness * 100.0
    )?;
    for (class, figures) in balance.classes.iter().zip(&found.statistics.classes).take(SHOWN_CLASSES) {
        let means: Vec<String> = figures.iter().map(|f| format!("{:.2} (std {:.2})", f.mean, f.std)).collect();
        let (name, images, share) = (&class.name, thousands(class.images), class.share * 100.0);
        writeln!(out, "  {name:<24} {images:>9}  {share:5.1} %  mean {}", means.join(", "))?;
    }
    more(out, balance.classes.len() as u64, SHOWN_CLASSES)?;
    let size = |s: &crate::data::dataset::SizeCount| format!("{} x {}: {}", s.width, s.height, thousands(s.images));
    let sizes: Vec<String> = found.sizes.iter().take(SHOWN).map(size).collect();
    let all = found.sizes.len() as u64 + u64::from(found.more_sizes > 0);
    let others = if all > SHOWN as u64 { ", and others" } else { "" };
    writeln!(out, "\nSizes: {}{others}", sizes.join(", "))?;
    let aspects: Vec<String> = found
        .aspect_ratios
        .iter()
        .map(|bin| match bin.to {
            Some(to) => format!("{:.2} to {to:.2}: {}", bin.from, thousands(bin.images)),
            None => format!("{:.2} and more: {}", bin.from, thousands(bin.images)),
        })
        .collect();
    writeln!(out, "Width by height: {}", aspects.join(", "))?;
    let files = &found.file_sizes;
    writeln!(
        out,
        "Files: {} bytes in all; smallest {}, median {}, largest {}",
        thousands(files.total_bytes),
        thousands(files.min_bytes),
        thousands(files.median_bytes),
        thousands(files.max_bytes)
    )?;
    let statistics = &found.statistics;
    writeln!(out, "\nPixel values over {} pixels:", thousands(statistics.pixels))?;
    let channel_names = if statistics.channels == 1 { ["gray", "", ""] } else { ["red", "green", "blue"] };
    for (figures, name) in statistics.overall.iter().zip(channel_names) {
        writeln!(
            out,
            "  {name:<6} mean {:.6}, std {:.6} as decoded; mean {:.8}, std {:.8} on 0..1",
            figures.mean, figures.std, figures.unit_mean, figures.unit_std
        )?;
    }
    if statistics.non_finite_values > 0 {
        let n = counted(statistics.non_finite_values, "value is", "values are");
        writeln!(out, "  {n} infinite or NaN and in no figure")?;
    }
    writeln!(out, "\nFor the values as decoded, before any scaling:\n{}", statistics.normalize_intensity_toml())?;
    writeln!(out, "\nFor values scaled to 0..1 by their type:\n{}", statistics.normalize_toml())?;
    writeln!(out, "\nIn torchvision: {}", statistics.torchvision())
}
