//! Which images belong together (`data.group`): a patient's, say. What a network has seen of one is no test of it.

use crate::language::Message;
use regex::Regex;
use std::path::PathBuf;

use super::dataset::Dataset;
use super::error::DataError;
use super::hash::hash;
use super::names::key_below;
use crate::config::DataConfig;
use crate::console::show_name;

/// What images belong together by.
#[derive(Debug, Clone)]
enum GroupBy {
    /// The file: slices of a volume, frames of a film.
    File,
    /// The folder that the file lies in.
    Folder,
    /// A table's column of that name, or the patient that a DICOM file names.
    PatientId,
    /// What the group of this expression takes from the file's name; from its path below the dataset's folder, with `/`,
    /// where a `/` stands in the expression.
    Pattern(Regex),
    /// A column of the table of labels.
    Column,
}

impl GroupBy {
    fn parse(text: &str) -> Result<Self, Message> {
        match text {
            "" => return Ok(Self::File),
            "folder" => return Ok(Self::Folder),
            "patient_id" => return Ok(Self::PatientId),
            text if !text.contains('(') => return Ok(Self::Column),
            _ => {}
        }
        let pattern = Regex::new(text).map_err(|e| {
            // The last line says what is wrong, those before it show where.
            let reason = e.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            msg!("data-group-no-expression", reason = reason.to_string())
        })?;
        match pattern.captures_len() - 1 {
            1 => Ok(Self::Pattern(pattern)),
            n => Err(msg!("data-group-groups", n = n.to_string())),
        }
    }
}

/// The column that a table's reader is to look for; `None` where `data.group` can be none.
pub(super) fn column(group: &str) -> Option<&str> {
    matches!(GroupBy::parse(group), Ok(GroupBy::Column | GroupBy::PatientId)).then_some(group)
}

/// The group of every image, by numbers that stand for names. `None` where every image is for itself.
///
/// # Errors
/// `data.group` is neither of what it may be, or fits no image.
pub(super) fn groups(dataset: &Dataset, config: &DataConfig) -> Result<Option<Vec<u64>>, DataError> {
    let failed = |reason: Message| DataError::Group { group: config.group.clone(), reason };
    let by = GroupBy::parse(&config.group).map_err(failed)?;
    if matches!(by, GroupBy::File) && !dataset.has_pages() {
        return Ok(None);
    }
    let (mut path, mut name) = (PathBuf::new(), Vec::new());
    let mut matched = false;
    let mut keys = Vec::with_capacity(dataset.len());
    for i in 0..dataset.len() {
        let key = match &by {
            GroupBy::File => None,
            GroupBy::Folder => {
                key_below(&dataset.root, dataset.dir_of(i), &mut name);
                Some(hash(&name))
            }
            GroupBy::PatientId => [dataset.group_of(i), dataset.patient_of(i)].into_iter().find(|key| *key != 0),
            GroupBy::Column => Some(dataset.group_of(i)).filter(|key| *key != 0),
            GroupBy::Pattern(pattern) => {
                let name = if pattern.as_str().contains('/') {
                    dataset.name_of(i)
                } else {
                    dataset.file_name_of(i).to_string_lossy().into_owned()
                };
                let found = pattern.captures(&name).and_then(|captures| captures.get(1));
                found.map(|found| hash(found.as_str().as_bytes()))
            }
        };
        matched |= key.is_some();
        // What has no group is one of its own, with all that its file holds.
        keys.push(key.unwrap_or_else(|| {
            path.clear();
            path.push(dataset.dir_of(i));
            path.push(dataset.file_name_of(i));
            key_below(&dataset.root, &path, &mut name);
            hash(&name).rotate_left(32)
        }));
    }
    if matched || matches!(by, GroupBy::File) {
        return Ok(Some(keys));
    }
    let from_folders = matches!(dataset.reading.taken.as_str(), "folders" | "subfolders");
    let table = dataset.reading.choices.iter().find(|choice| !matches!(choice.as_str(), "folders" | "subfolders"));
    if let (GroupBy::Column | GroupBy::PatientId, true, Some(table)) = (&by, from_folders, table) {
        return Err(failed(msg!("data-group-no-table", table)));
    }
    let first = if dataset.is_empty() { String::new() } else { show_name(dataset.file_name_of(0)) };
    Err(failed(match by {
        GroupBy::Pattern(_) => msg!("data-group-fits-none", first = first.to_string()),
        GroupBy::PatientId => msg!("data-group-no-patient"),
        _ => msg!("data-group-unknown"),
    }))
}
