//! An inspection in words: what needs action first, then the figures.

use std::fmt::{self, Write as _};

use super::{Bounded, DuplicateGroup, Duplicates, ImageRef, Inspection, Leakage, NearPair};
use crate::data::Part;
use crate::language::{Arg, Message, count};

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
    let (images, classes) = (images(found.images), classes(found.class_names.len()));
    let title = match found.split {
        Some([train, val, test]) => msg!("data-report-images-of-classes-in-parts", images, classes, train, val, test),
        None => msg!("data-report-images-of-classes", images, classes),
    };
    writeln!(out, "{title}")?;
    let before = out.len();
    write_findings(found, out)?;
    if out.len() == before {
        writeln!(out, "\n{}", msg!("data-report-nothing-found"))?;
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
        writeln!(out, "\n{}", msg!("data-report-unreadable", count = unreadable))?;
        let all = found.unreadable.shown.iter().chain(&found.bad_files.shown);
        all.take(SHOWN).try_for_each(|bad| writeln!(out, "  {}: {}", bad.path, bad.reason))?;
        more(out, unreadable, SHOWN)?;
    }
    let lines = |list: &Bounded<ImageRef>, out: &mut String| {
        list.shown.iter().take(SHOWN).try_for_each(|image| writeln!(out, "  {}", image.path))?;
        more(out, list.total, SHOWN)
    };
    if found.constant.total > 0 {
        writeln!(out, "\n{}", msg!("data-report-blank", count = found.constant.total))?;
        lines(&found.constant, out)?;
    }
    if found.nearly_constant.total > 0 {
        writeln!(out, "\n{}", msg!("data-report-nearly-blank", count = found.nearly_constant.total))?;
        lines(&found.nearly_constant, out)?;
    }
    if let Some(duplicates) = &found.duplicates {
        write_duplicates(duplicates, out)?;
    }
    if found.outliers.total > 0 {
        writeln!(out, "\n{}", msg!("data-report-outliers", count = found.outliers.total))?;
        for outlier in found.outliers.shown.iter().take(SHOWN) {
            let (path, z) = (outlier.image.path.as_str(), format!("{:+.1}", outlier.robust_z));
            let (mean, median) = (Arg::number(outlier.mean, 3), Arg::number(outlier.class_median, 3));
            writeln!(out, "  {}", msg!("data-report-outlier", path, mean, median, z))?;
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
    writeln!(out, "\n{}", msg!("data-report-leakage"))?;
    for seen in leakage.seen_in_training.iter().filter(|seen| seen.equal + seen.near > 0) {
        let (part, of, equal, similar) = (part_word(seen.part), images(seen.images), seen.equal, seen.near);
        let percent = Arg::percent((equal + similar) as f64 / seen.images.max(1) as f64, 1);
        writeln!(out, "  {}", msg!("data-report-seen-in-training", part, of, equal, similar, percent))?;
    }
    for pair in leakage.part_pairs.iter().filter(|pair| pair.equal_pairs + pair.near_pairs > 0) {
        let [a, b] = pair.parts.map(part_word);
        let (equal, similar) = (pair.equal_pairs, pair.near_pairs);
        writeln!(out, "  {}", msg!("data-report-pairs-of-parts", a, b, equal, similar))?;
    }
    write_groups(&leakage.equal, out)?;
    write_pairs(&leakage.near, out)
}

fn write_conflicts(duplicates: &Duplicates, out: &mut String) -> fmt::Result {
    let conflicts = &duplicates.conflicts;
    if conflicts.equal.total > 0 {
        writeln!(out, "\n{}", msg!("data-report-conflicts", count = conflicts.equal.total))?;
        write_groups(&conflicts.equal, out)?;
    }
    if conflicts.near.total > 0 {
        writeln!(out, "\n{}", msg!("data-report-possible-conflicts", count = conflicts.near.total))?;
        write_pairs(&conflicts.near, out)?;
    }
    Ok(())
}

fn write_duplicates(duplicates: &Duplicates, out: &mut String) -> fmt::Result {
    let exact = &duplicates.exact;
    if exact.groups.total > 0 {
        let (images, groups) = (images(exact.images), groups(exact.groups.total));
        let (of_equal_files, redundant) = (exact.equal_file_groups, exact.redundant_images);
        writeln!(out, "\n{}", msg!("data-report-equal", images, groups, of_equal_files, redundant))?;
        write_groups(&exact.groups, out)?;
    }
    let near = &duplicates.near;
    if near.pairs.total > 0 {
        let (images, groups, pairs) = (images(near.images), groups(near.groups.total), near.pairs.total);
        let (bits, correlation) = (near.max_hash_bits.to_string(), near.min_correlation.to_string());
        writeln!(out, "\n{}", msg!("data-report-similar", images, groups, pairs, bits, correlation))?;
        write_pairs(&near.pairs, out)?;
    }
    if near.images_cut_short > 0 {
        writeln!(out, "  {}", msg!("data-report-cut-short", count = near.images_cut_short))?;
    }
    Ok(())
}

fn write_groups(groups: &Bounded<DuplicateGroup>, out: &mut String) -> fmt::Result {
    for group in groups.shown.iter().take(SHOWN) {
        let names: Vec<String> = group.members.iter().take(3).map(named).collect();
        let (others, names) = (group.images.saturating_sub(names.len() as u64), names.join(" = "));
        let kind = if group.constant { "blank" } else { "equal" };
        writeln!(out, "  {}", msg!("data-report-equal-group", kind, names, others))?;
    }
    more(out, groups.total, SHOWN)
}

fn write_pairs(pairs: &Bounded<NearPair>, out: &mut String) -> fmt::Result {
    for pair in pairs.shown.iter().take(SHOWN) {
        let (a, b, correlation) = (named(&pair.a), named(&pair.b), Arg::number(pair.correlation, 4));
        writeln!(out, "  {}", msg!("data-report-similar-pair", a, b, correlation))?;
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
        Some(count) => writeln!(out, "  {}", msg!("data-report-more", count)),
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
    let (imbalance, entropy) = (Arg::number(balance.imbalance_ratio, 2), Arg::number(balance.entropy_bits, 3));
    let evenness = Arg::percent(balance.evenness, 1);
    writeln!(out, "\n{}", msg!("data-report-balance", imbalance, entropy, evenness))?;
    for (class, figures) in balance.classes.iter().zip(&found.statistics.classes).take(SHOWN_CLASSES) {
        let means: Vec<String> = figures.iter().map(|f| format!("{:.2} (std {:.2})", f.mean, f.std)).collect();
        let (name, images, share) = (&class.name, count(class.images), class.share * 100.0);
        let means = msg!("data-report-means", means = means.join(", "));
        writeln!(out, "  {name:<24} {images:>9}  {share:5.1} %  {means}")?;
    }
    more(out, balance.classes.len() as u64, SHOWN_CLASSES)?;
    let size = |s: &crate::data::summary::SizeCount| format!("{} x {}: {}", s.width, s.height, count(s.images));
    let sizes: Vec<String> = found.sizes.iter().take(SHOWN).map(size).collect();
    let all = found.sizes.len() as u64 + u64::from(found.more_sizes > 0);
    let sizes = sizes.join(", ");
    let sizes = match all > SHOWN as u64 {
        true => msg!("data-report-sizes-and-others", sizes),
        false => msg!("data-report-sizes", sizes),
    };
    writeln!(out, "\n{sizes}")?;
    let aspects: Vec<Message> = found
        .aspect_ratios
        .iter()
        .map(|bin| match bin.to {
            Some(to) => {
                let (from, to) = (Arg::number(bin.from, 2), Arg::number(to, 2));
                msg!("data-report-aspect-between", from, to, count = bin.images)
            }
            None => msg!("data-report-aspect-from", from = Arg::number(bin.from, 2), count = bin.images),
        })
        .collect();
    let aspects: Vec<String> = aspects.iter().map(Message::to_string).collect();
    writeln!(out, "{}", msg!("data-report-aspects", aspects = aspects.join(", ")))?;
    let files = &found.file_sizes;
    let (total, least, median, most) = (files.total_bytes, files.min_bytes, files.median_bytes, files.max_bytes);
    writeln!(out, "{}", msg!("data-report-file-sizes", total, least, median, most))?;
    let statistics = &found.statistics;
    writeln!(out, "\n{}", msg!("data-report-pixel-values", count = statistics.pixels))?;
    let rgb = || vec![msg!("data-channel-red"), msg!("data-channel-green"), msg!("data-channel-blue")];
    let channel_names = if statistics.channels == 1 { vec![msg!("data-channel-gray")] } else { rgb() };
    for (figures, name) in statistics.overall.iter().zip(channel_names) {
        let (mean, std) = (Arg::number(figures.mean, 6), Arg::number(figures.std, 6));
        let (unit_mean, unit_std) = (Arg::number(figures.unit_mean, 8), Arg::number(figures.unit_std, 8));
        let figures = msg!("data-report-channel", mean, std, unit_mean, unit_std);
        writeln!(out, "  {name:<6} {figures}")?;
    }
    if statistics.non_finite_values > 0 {
        writeln!(out, "  {}", msg!("data-report-not-finite", count = statistics.non_finite_values))?;
    }
    writeln!(out, "\n{}\n{}", msg!("data-report-for-decoded"), statistics.normalize_intensity_toml())?;
    writeln!(out, "\n{}\n{}", msg!("data-report-for-scaled"), statistics.normalize_toml())?;
    writeln!(out, "\n{}", msg!("data-report-in-torchvision", code = statistics.torchvision()))
}

fn images(count: u64) -> Message {
    msg!("data-report-images", count)
}

fn classes(count: usize) -> Message {
    msg!("data-report-classes", count)
}

fn groups(count: u64) -> Message {
    msg!("data-report-groups", count)
}
