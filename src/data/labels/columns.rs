//! Which column of a table names the images, which their labels and which their part: as told, by usual names, else by what
//! stands in them.

use crate::language::Message;
use std::collections::HashSet;

use super::super::roles::part_word;
use super::{Table, bare, is_image_name, is_missing, listed};

/// Names of columns with files, the surest first; compared without case, spaces and underscores.
const FILE_NAMES: &[&str] = &[
    "filename",
    "filepath",
    "imagepath",
    "imagefile",
    "imagefilename",
    "imagename",
    "file",
    "filenames",
    "imagefilepath",
    "path",
    "paths",
    "imgpath",
    "imgfile",
    "imgname",
    "image",
    "images",
    "img",
    "imgs",
    "imageindex",
    "imageid",
    "imageids",
    "imgid",
    "idcode",
    "isicid",
    "picture",
    "photo",
    "fullpath",
    "relativepath",
    "relpath",
    "filelocation",
    "dateiname",
    "datei",
    "bilddatei",
    "bildname",
    "bild",
    "bildpfad",
    "pfad",
    "文件名",
    "文件名称",
    "文件路径",
    "文件",
    "图片名",
    "图片名称",
    "图片路径",
    "图片",
    "图像名",
    "图像名称",
    "图像路径",
    "图像",
    "影像",
    "路径",
    "fichier",
    "archivo",
    "imagen",
    "fname",
    "id",
    "name",
    "名称",
    "编号",
];
/// Names of columns with labels, the surest first.
const LABEL_NAMES: &[&str] = &[
    "label",
    "labels",
    "class",
    "classname",
    "labelname",
    "classlabel",
    "classes",
    "target",
    "targets",
    "category",
    "categories",
    "breed",
    "diagnosis",
    "dx",
    "findinglabels",
    "findinglabel",
    "species",
    "classid",
    "labelid",
    "categoryname",
    "diagnose",
    "klasse",
    "kategorie",
    "befund",
    "标签",
    "类别",
    "分类",
    "类",
    "类别名称",
    "诊断",
    "诊断结果",
    "病种",
    "类型",
    "clase",
    "classe",
    "etiqueta",
    "finding",
    "findings",
    "pathology",
    "disease",
    "benignmalignant",
    "retinopathygrade",
    "level",
    "grade",
    "severity",
    "groundtruth",
    "gt",
    "tag",
    "tags",
    "art",
    "y",
    "type",
];
/// Names of columns with parts.
const PART_NAMES: &[&str] = &[
    "split",
    "set",
    "subset",
    "part",
    "partition",
    "datasetsplit",
    "dataset",
    "phase",
    "usage",
    "foldname",
    "fold",
    "划分",
    "数据划分",
    "数据集划分",
    "数据集",
    "集合",
    "子集",
    "用途",
    "teil",
    "datensatz",
];

/// What a configuration says of the columns: a name, a number from 1, or nothing to have it guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::data) struct Choice<'a> {
    pub(in crate::data) image: &'a str,
    pub(in crate::data) label: &'a str,
    /// `none` for none.
    pub(in crate::data) part: &'a str,
}

/// Which column holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::data) struct Columns {
    pub(in crate::data) file: usize,
    pub(in crate::data) label: LabelColumns,
    pub(in crate::data) part: Option<usize>,
    /// Files and labels are told by usual names or as configured, not by content.
    pub(in crate::data) by_name: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::data) enum LabelColumns {
    One(usize),
    /// One column a class, 1 in the image's own: where each is and its name.
    OneEach(Vec<(usize, String)>),
}

impl LabelColumns {
    fn holds(&self, column: usize) -> bool {
        match self {
            Self::One(i) => *i == column,
            Self::OneEach(classes) => classes.iter().any(|(i, _)| *i == column),
        }
    }
}

fn plain(name: &str) -> String {
    super::super::roles::fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The column of that name: of just this one, else of one that differs in case, spaces and underscores.
pub(super) fn position(columns: &[String], told: &str) -> Option<usize> {
    let exact = columns.iter().position(|name| name == told.trim());
    exact.or_else(|| {
        let told = plain(told);
        columns.iter().position(|name| !told.is_empty() && plain(name) == told)
    })
}

/// Whether one of these is a usual name of a column of files or labels.
pub(super) fn has_known_name<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    names.map(plain).any(|name| FILE_NAMES.contains(&name.as_str()) || LABEL_NAMES.contains(&name.as_str()))
}

/// Whether a table's first row names its columns.
pub(super) fn is_header(first: &[String], rest: &[Vec<String>]) -> bool {
    if first.iter().any(|cell| is_image_name(cell)) {
        return false;
    }
    if has_known_name(first.iter().map(String::as_str)) {
        return true;
    }
    let column = |i: usize| rest.iter().filter_map(move |row| row.get(i));
    if (0..first.len()).any(|i| column(i).filter(|cell| is_image_name(cell)).count() * 2 > rest.len()) {
        return true;
    }
    let is_name = |(i, cell): (usize, &String)| {
        !is_missing(cell.trim()) && cell.trim().parse::<f64>().is_err() && !column(i).any(|other| other == cell)
    };
    rest.len() > 1 && first.iter().enumerate().all(is_name)
}

/// 1 or 0, true or false.
pub(super) fn flag(cell: &str) -> Option<bool> {
    match cell.trim() {
        "1" | "1.0" | "1." | "true" | "True" | "TRUE" => Some(true),
        "0" | "0.0" | "0." | "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

struct Chooser<'a> {
    table: &'a Table,
    plain: Vec<String>,
}

impl Columns {
    /// The columns of `table`. `names_file` says whether a cell names an image that is there. `by_name_only`: nothing is
    /// told by content.
    ///
    /// # Errors
    /// In words: what is missing, what was expected and which columns there are.
    pub(in crate::data) fn choose(
        table: &Table,
        choice: &Choice<'_>,
        by_name_only: bool,
        names_file: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Self, Message> {
        let chooser = Chooser { table, plain: table.columns.iter().map(|name| plain(name)).collect() };
        let label = chooser.told("data.label_column", choice.label)?;
        let part = match choice.part {
            "none" => None,
            told => chooser.told("data.part_column", told)?,
        };
        let told_file = chooser.told("data.image_column", choice.image)?;
        let (file, file_by_name) = match told_file {
            Some(file) => (file, true),
            None => chooser.file(by_name_only, &[label, part], names_file)?,
        };
        let part = part.or_else(|| match choice.part {
            "" => chooser.part(&[Some(file), label]),
            _ => None,
        });
        let (label, label_by_name) = match label {
            Some(label) => (LabelColumns::One(label), true),
            None => chooser.label(by_name_only, file, part)?,
        };
        Ok(Self { file, label, part, by_name: file_by_name && label_by_name })
    }

    /// The column of labels, or the first of them.
    pub(in crate::data) fn first_label(&self) -> Option<usize> {
        match &self.label {
            LabelColumns::One(i) => Some(*i),
            LabelColumns::OneEach(classes) => classes.first().map(|(i, _)| *i),
        }
    }
}

impl Chooser<'_> {
    fn columns(&self) -> std::ops::Range<usize> {
        0..self.table.columns.len()
    }

    fn told(&self, key: &str, told: &str) -> Result<Option<usize>, Message> {
        if told.is_empty() {
            return Ok(None);
        }
        let number =
            || told.trim().parse().ok().and_then(|n: usize| n.checked_sub(1)).filter(|i| self.columns().contains(i));
        position(&self.table.columns, told).or_else(number).map(Some).ok_or_else(|| {
            let there = listed(&self.table.columns);
            msg!("data-no-such-column", key, told, there)
        })
    }

    /// In the order of the list, so that `path` wins over `image_id` where both are there.
    fn named<'a>(&'a self, wanted: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
        wanted.iter().filter_map(|wanted| self.plain.iter().position(|name| name == wanted))
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.table.sample.iter().filter_map(move |row| row.get(column)).map(|cell| bare(cell)).filter(|c| !c.is_empty())
    }

    fn file(
        &self,
        by_name_only: bool,
        taken: &[Option<usize>],
        names_file: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(usize, bool), Message> {
        let free = |column: &usize| !taken.contains(&Some(*column));
        let mut hits = |column: usize| self.cells(column).take(20).filter(|cell| names_file(cell)).count();
        let named: Vec<usize> = self.named(FILE_NAMES).filter(free).collect();
        if let Some(column) = named.iter().copied().find(|column| hits(*column) > 0) {
            return Ok((column, true));
        }
        if !by_name_only {
            let of_images = |column: usize| self.cells(column).take(20).filter(|cell| is_image_name(cell)).count();
            let best = self.columns().filter(free).map(|column| (hits(column), of_images(column), column));
            // The first of those that are equally good.
            let best = best.max_by_key(|(hits, images, column)| (*hits, *images, std::cmp::Reverse(*column)));
            let rows = self.table.sample.len().min(20);
            if let Some((hits, images, column)) = best
                && (hits * 2 > rows || (images * 2 > rows && named.is_empty()))
            {
                return Ok((column, false));
            }
        }
        // Its cells name no file: why not, is for whoever looks for them to say.
        if let Some(column) = named.first() {
            return Ok((*column, true));
        }
        let there = listed(&self.table.columns);
        Err(msg!("data-no-file-column", there))
    }

    fn part(&self, taken: &[Option<usize>]) -> Option<usize> {
        let says_parts = |column: &usize| {
            let words: HashSet<&str> = self.cells(*column).collect();
            !words.is_empty() && words.iter().filter(|word| part_word(word).is_some()).count() * 2 >= words.len()
        };
        let free = |column: &usize| !taken.contains(&Some(*column));
        let named = self.named(PART_NAMES).filter(free).find(says_parts);
        named.or_else(|| {
            let all_parts = |column: &usize| self.cells(*column).all(|cell| part_word(cell).is_some());
            let beside_two = self.table.columns.len() > 2 && !self.table.has_header;
            self.columns().filter(|_| beside_two).filter(free).filter(says_parts).find(all_parts)
        })
    }

    fn label(&self, by_name_only: bool, file: usize, part: Option<usize>) -> Result<(LabelColumns, bool), Message> {
        let free = |column: &usize| *column != file && Some(*column) != part;
        let named = self.named(LABEL_NAMES).find(free);
        let one_each = self.one_each(&free)?;
        if let Some(column) = named
            && one_each.as_ref().is_none_or(|classes| !classes.holds(column) && self.cells(column).next().is_some())
        {
            return Ok((LabelColumns::One(column), true));
        }
        if let Some(classes) = one_each {
            return Ok((classes, true));
        }
        let rest: Vec<usize> = self.columns().filter(free).collect();
        if !by_name_only {
            let repeats = |column: &&usize| {
                let different: HashSet<&str> = self.cells(**column).collect();
                different.len() > 1 && different.len() < self.cells(**column).count()
            };
            match rest.iter().filter(repeats).collect::<Vec<_>>().as_slice() {
                [only] => return Ok((LabelColumns::One(**only), false)),
                // Without a header there is nothing else to go by: the first beside the file.
                _ if !self.table.has_header && !rest.is_empty() => return Ok((LabelColumns::One(rest[0]), false)),
                _ if rest.len() == 1 => return Ok((LabelColumns::One(rest[0]), false)),
                _ => {}
            }
        }
        if self.table.columns.len() < 2 {
            return Err(msg!("data-one-column-only"));
        }
        if let Some(names) = self.several_set(&free) {
            return Err(msg!("data-several-classes-set", names));
        }
        let there = listed(&self.table.columns);
        Err(msg!("data-no-label-column", there))
    }

    /// Which columns of the first rows hold 1 or 0.
    fn flags(&self) -> Vec<Vec<Option<bool>>> {
        let of_row = |row: &Vec<String>| self.columns().map(|i| row.get(i).and_then(|cell| flag(cell))).collect();
        self.table.sample.iter().map(of_row).collect()
    }

    /// Columns of 1 and 0, in words, of which a row sets more than one: those of classes set one.
    fn several_set(&self, free: &dyn Fn(&usize) -> bool) -> Option<Message> {
        let rows = self.flags();
        let is_flag = |column: &usize| free(column) && rows.iter().all(|row| row[*column].is_some());
        let columns: Vec<usize> = self.columns().filter(|_| self.table.has_header).filter(is_flag).collect();
        let set = |row: &Vec<Option<bool>>| columns.iter().filter(|column| row[**column] == Some(true)).count();
        let names = || columns.iter().map(|column| self.table.columns[*column].clone()).collect::<Vec<_>>();
        rows.iter().any(|row| set(row) > 1).then(|| listed(&names()))
    }

    /// Neighbouring columns of which exactly one holds a 1 in (nearly) every row: the longest such run.
    fn one_each(&self, free: &dyn Fn(&usize) -> bool) -> Result<Option<LabelColumns>, Message> {
        if !self.table.has_header || self.table.sample.is_empty() {
            return Ok(None);
        }
        let rows = self.flags();
        let is_flag = |column: &usize| free(column) && rows.iter().all(|row| row[*column].is_some());
        let flags: Vec<usize> = self.columns().filter(is_flag).collect();
        let mut several = None;
        let mut best: &[usize] = &[];
        for run in flags.chunk_by(|a, b| a + 1 == *b).filter(|run| run.len() > 1) {
            for from in 0..run.len() - 1 {
                // How many of each row's columns are set, from `from` on.
                let mut set = vec![0usize; rows.len()];
                for to in from..run.len() {
                    for (row, set) in rows.iter().zip(&mut set) {
                        *set += usize::from(row[run[to]] == Some(true));
                    }
                    let ones = set.iter().filter(|n| **n == 1).count();
                    let more = set.iter().filter(|n| **n > 1).count();
                    if ones * 10 >= rows.len() * 9 && more == 0 && to - from + 1 > best.len().max(1) {
                        best = &run[from..=to];
                    }
                }
                if best.len() >= run.len() - from {
                    break;
                }
            }
            if best.is_empty() {
                several = Some(run);
            }
        }
        if best.is_empty() {
            let Some(run) = several.filter(|run| run.len() > 2) else { return Ok(None) };
            if self.named(LABEL_NAMES).any(|column| free(&column) && !run.contains(&column)) {
                return Ok(None);
            }
            let names: Vec<String> = run.iter().map(|i| self.table.columns[*i].clone()).collect();
            return Err(msg!("data-several-classes-set", names = listed(&names)));
        }
        Ok(Some(LabelColumns::OneEach(best.iter().map(|i| (*i, self.table.columns[*i].clone())).collect())))
    }
}
