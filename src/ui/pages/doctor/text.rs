//! The doctor's report as text, for a terminal and for a message to somebody who helps.

use super::facts::{self, DEVICE_COLUMNS, Section, column_name, severity};
use crate::console::{columns, fill};
use crate::protocol::doctor::{DoctorReport, Finding};

/// Lines are broken at blanks before this column.
const WIDTH: usize = 110;

/// Facts first, findings last, what matters most first among them.
#[must_use]
pub fn doctor_text(report: &DoctorReport) -> String {
    let mut text = String::new();
    for section in facts::sections(report) {
        section_text(&mut text, &section);
    }
    devices_text(&mut text, report);
    if report.findings.is_empty() {
        text.push_str(&match report.measured {
            true => tr!("page-doctor-all-well"),
            false => tr!("page-doctor-all-well-unmeasured"),
        });
        text.push('\n');
    } else {
        text.push_str(&tr!("page-doctor-findings", findings = report.findings.len()));
        text.push('\n');
        for (i, finding) in report.findings.iter().enumerate() {
            finding_text(&mut text, i + 1, finding);
        }
    }
    text
}

fn section_text(text: &mut String, section: &Section) {
    text.push_str(&section.title);
    text.push('\n');
    let widest = section.rows.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
    for (name, value) in &section.rows {
        wrap(text, &format!("  {}  ", fill(name, widest)), value);
    }
    text.push('\n');
}

fn devices_text(text: &mut String, report: &DoctorReport) {
    text.push_str(&tr!("page-doctor-devices"));
    text.push('\n');
    for row in facts::devices(report) {
        let [id, device, check, figures @ ..] = &row;
        wrap(text, "  ", &tr!("page-doctor-device", id, device, check));
        let measured = DEVICE_COLUMNS[3..].iter().zip(figures).filter(|(_, figure)| *figure != "N/A");
        let measured: Vec<String> =
            measured.map(|(column, figure)| format!("{figure} {}", column_name(column))).collect();
        wrap(text, "    ", &if measured.is_empty() { tr!("page-doctor-no-speed") } else { facts::listed(measured) });
    }
    text.push('\n');
}

fn finding_text(text: &mut String, number: usize, finding: &Finding) {
    let head = format!("{number:>3}. {}", tr!("page-doctor-finding-head", severity = severity(finding.severity).0));
    wrap(text, &head, &finding.what.to_string());
    wrap(text, "     ", &finding.why.to_string());
    wrap(text, "     ", &tr!("page-doctor-what-to-do", advice = finding.what_to_do.to_string()));
}

/// `value` behind `head`, later lines under its beginning.
fn wrap(text: &mut String, head: &str, value: &str) {
    let indent = columns(head);
    text.push_str(head);
    let mut column = indent;
    for (i, word) in value.split(' ').enumerate() {
        let wide = columns(word);
        if i > 0 && column + 1 + wide > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if i > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += wide;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::doctor::{
        Board, BoardState, DeviceReport, DeviceSpeed, DiskReport, ReadSpeed, Severity, Throttle,
    };
    use crate::protocol::{DeviceInfo, DeviceKind};

    fn report() -> DoctorReport {
        let info = DeviceInfo {
            id: "cpu".to_owned(),
            name: "CPU".to_owned(),
            kind: DeviceKind::Cpu,
            driver: "burn-flex, 2 threads".into(),
            memory_bytes: None,
        };
        let speed = DeviceSpeed { matmul_tflops: Some(0.1234), launch_us: Some(1.5), ..DeviceSpeed::default() };
        let device = DeviceReport {
            info,
            passed: Some(true),
            without_fusion: false,
            reason: None,
            check_secs: Some(1.2),
            speed: Some(speed),
            speed_error: None,
        };
        let mut report =
            DoctorReport { devices: vec![device], chosen: Some("cpu".to_owned()), ..DoctorReport::default() };
        report.measured = true;
        report
    }

    #[test]
    fn an_unknown_machine_is_na_and_never_0() {
        let text = doctor_text(&report());
        assert!(text.contains("Memory available") && text.contains("N/A"), "{text}");
        assert!(text.contains("N/A physical, N/A logical"), "{text}");
        assert!(text.contains("cpu (chosen): CPU (CPU; burn-flex, 2 threads); right, 1.2 s"), "{text}");
        assert!(text.contains("0.123 TFLOP/s, 1.50 launch μs"), "{text}");
        assert!(text.ends_with("Nothing wrong was found.\n"), "{text}");
        assert!(!text.contains(" 0 "), "{text}");
    }

    #[test]
    fn findings_end_the_text_the_gravest_first_and_lines_are_not_too_long() {
        let mut report = report();
        let long = "A sentence that goes on for longer than a line. ".repeat(6).trim_end().to_owned();
        for severity in [Severity::Problem, Severity::Hint] {
            let (what, why) = (format!("What is {severity:?}."), long.clone());
            report.findings.push(Finding { severity, what: what.into(), why: why.into(), what_to_do: "Do it.".into() });
        }
        let text = doctor_text(&report);
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{text} lacks {words}"));
        assert!(
            at("2 findings") < at("1. Problem: What is Problem.") && at("1. Problem") < at("2. Hint: What is Hint.")
        );
        assert!(text.ends_with("     What to do: Do it.\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(unwrapped.matches("longer than a line.").count(), 12, "nothing is lost: {text}");
    }

    #[test]
    fn boards_and_disks_are_described() {
        let mut report = report();
        let busy = BoardState {
            utilization_percent: Some(97.0),
            throttle: Some(vec![Throttle::PowerCap]),
            ..BoardState::default()
        };
        report.boards.list.push(Board { name: "Board 9000".to_owned(), busy: Some(busy), ..Board::default() });
        let speed = |frac| Some(ReadSpeed { files: 400, bytes: 4_000_000, secs: 0.5, from_disk_frac: frac });
        report.disk = Some(DiskReport {
            dir: "/data".into(),
            files: 1234,
            first: speed(Some(0.04)),
            again: speed(None),
            ..DiskReport::default()
        });
        let text = doctor_text(&report);
        for words in [
            "Board 9000\n",
            "97 % busy, clocks held down by the power limit",
            "1,234 or more",
            "800 files/s, 8.00 MB/s (400 files, one thread); from memory, where they lay already",
            "N/A: this system or file system does not read past its page cache",
        ] {
            let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(unwrapped.contains(words.trim()), "{text}\nlacks {words}");
        }
    }
}
