//! What a run's network takes images for, asked of a process of its own (`trainscope judge`): weights and networks are no
//! business of a client's.

use crate::engine::own_program;
use crate::language::{self, LANGUAGE_VARIABLE, Message};
use crate::protocol::TestReport;
use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A line is a path and a few numbers; the last is a confusion matrix, of a thousand classes some megabytes.
const MAX_LINE_BYTES: u64 = 1 << 24;
/// Of what the process complains of, the end.
const MAX_COMPLAINT_BYTES: u64 = 1 << 16;

/// Images as the network sees them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// By label.
    pub classes: Vec<String>,
    /// How many are to come in all.
    pub total: u64,
    /// Why the network's weights are not the best epoch's, and which they are; `None` where they are.
    pub instead: Option<Message>,
    pub images: Vec<JudgedImage>,
    /// Images that could not be judged, with the reason.
    pub left_out: Vec<(PathBuf, Message)>,
    /// What it comes to, once all images of known classes are judged.
    pub report: Option<Box<TestReport>>,
}

/// What is to be judged.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Judges {
    /// The test images of the run's dataset.
    #[default]
    Test,
    /// Another dataset with the run's classes, or some of them.
    Folder(PathBuf),
    /// Images of no known class, or folders of such.
    Images(Vec<PathBuf>),
}

/// One image.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct JudgedImage {
    pub path: PathBuf,
    /// Its label; `None` for a class that the network does not know.
    pub class: Option<u32>,
    pub predicted: u32,
    /// The probability of what was predicted, 0 to 1.
    pub confidence: f32,
    /// The probability of its own class.
    pub of_class: Option<f32>,
}

impl JudgedImage {
    pub fn is_mistake(&self) -> bool {
        self.class != Some(self.predicted)
    }
}

impl Judged {
    /// Rows are the true classes, columns the predicted.
    pub fn confusion(&self) -> Vec<Vec<u64>> {
        let classes = self.classes.len();
        let mut counts = vec![vec![0; classes]; classes];
        for image in &self.images {
            let row = image.class.and_then(|class| counts.get_mut(class as usize));
            if let Some(count) = row.and_then(|row| row.get_mut(image.predicted as usize)) {
                *count += 1;
            }
        }
        counts
    }

    /// Indices of all images, the most confident first.
    pub fn by_confidence(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.images.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.images[*a], &self.images[*b]);
            b.confidence.total_cmp(&a.confidence).then_with(|| a.path.cmp(&b.path))
        });
        order
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Judging { images: u64, classes: Vec<String>, instead: Option<Message> },
    Image(JudgedImage),
    LeftOut { path: PathBuf, reason: Message },
    Figures { report: Box<TestReport> },
}

/// Why nothing was judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct JudgeError(pub Message);

/// Has images judged by a run's network. `told` gets it after each image and may end it.
///
/// # Errors
/// The process could not be started or failed; what it said.
pub fn judge(
    run_dir: &Path,
    judges: &Judges,
    told: &mut dyn FnMut(&Judged) -> ControlFlow<()>,
) -> Result<Judged, JudgeError> {
    let fail = |error: std::io::Error| JudgeError(msg!("page-judge-not-started", error = error.to_string()));
    let mut process = std::process::Command::new(own_program().map_err(fail)?);
    process.args(["judge", "--json"]).env("BURN_DEVICE", "flex").env(LANGUAGE_VARIABLE, language::current().tag());
    match judges {
        Judges::Test => {}
        Judges::Folder(dir) => {
            process.arg("--data").arg(dir);
        }
        Judges::Images(inputs) => inputs.iter().for_each(|input| {
            process.arg("--in").arg(input);
        }),
    }
    process.arg("--").arg(run_dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    crate::system::without_window(&mut process);
    let mut child = process.spawn().map_err(fail)?;
    let mut judged = Judged::default();
    let mut ended = false;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while !ended && lines.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line).unwrap_or(0) > 0 {
            match serde_json::from_slice(&line) {
                Ok(Line::Judging { images, classes, instead }) => {
                    (judged.total, judged.classes, judged.instead) = (images, classes, instead);
                }
                Ok(Line::Image(image)) => judged.images.push(image),
                Ok(Line::LeftOut { path, reason }) => judged.left_out.push((path, reason)),
                Ok(Line::Figures { report }) => judged.report = Some(report),
                Err(_) => {}
            }
            line.clear();
            ended = told(&judged).is_break();
        }
    }
    if ended {
        // It may have gone already.
        let _ = child.kill();
    }
    let mut complaint = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(MAX_COMPLAINT_BYTES).read_to_end(&mut complaint);
    }
    let status = child.wait().map_err(fail)?;
    if ended || status.success() {
        return Ok(judged);
    }
    let complaint = String::from_utf8_lossy(&complaint);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(JudgeError(msg!("page-judge-failed", reason = last.trim_start_matches("trainscope: "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let line = r#"{"type":"judging","images":3,"classes":["a","b"],"instead":"no epoch was judged"}"#;
        let Line::Judging { images, instead, .. } = serde_json::from_str(line).unwrap() else { panic!() };
        assert_eq!((images, instead), (3, Some("no epoch was judged".into())));
        let line = r#"{"type":"image","path":"/a/b.png","class":1,"predicted":0,"confidence":0.75,"of_class":0.25}"#;
        let Line::Image(image) = serde_json::from_str(line).unwrap() else { panic!() };
        assert_eq!((image.class, image.predicted, image.is_mistake()), (Some(1), 0, true));
        let line =
            serde_json::json!({ "type": "figures", "report": TestReport { accuracy: 0.5, ..Default::default() } });
        let Line::Figures { report } = serde_json::from_value(line).unwrap() else { panic!() };
        assert_eq!(report.accuracy, 0.5);
    }
}
