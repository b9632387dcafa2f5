//! What the name of a folder, of a table or in a cell says of the images: a part of a dataset, a piece of one, images and
//! what goes with them, the system's own; or nothing, which is what a class's name says.
//!
//! Plain functions of names; touches no file.

use super::dataset::Part;
use std::ffi::{OsStr, OsString};
use unicode_normalization::UnicodeNormalization as _;

/// A part as names write it. `eval` is what is left over, see [`settle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PartWord {
    Train,
    Val,
    Eval,
    Test,
}

/// What a folder's name says of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Images for training, validation or the test.
    Part(PartWord),
    /// One of several numbered pieces of the same (`part_1`, `fold0`, `images_001`); the name without its numbers.
    Piece(String),
    /// Images, as against their labels (`images`, `JPEGImages`, `data`).
    Images,
    /// What goes with images and is none of them (`masks`, `labels`, `thumbnails`).
    Beside,
    /// Anything else: a class, as far as the name goes.
    Plain,
}

const PART_WORDS: &[(&str, PartWord)] = &[
    ("training", PartWord::Train),
    ("train", PartWord::Train),
    ("trn", PartWord::Train),
    ("训练", PartWord::Train),
    ("訓練", PartWord::Train),
    ("validation", PartWord::Val),
    ("validate", PartWord::Val),
    ("valid", PartWord::Val),
    ("val", PartWord::Val),
    ("development", PartWord::Val),
    ("devel", PartWord::Val),
    ("dev", PartWord::Val),
    ("验证", PartWord::Val),
    ("驗證", PartWord::Val),
    ("evaluation", PartWord::Eval),
    ("eval", PartWord::Eval),
    ("testing", PartWord::Test),
    ("test", PartWord::Test),
    ("tst", PartWord::Test),
    ("holdout", PartWord::Test),
    ("heldout", PartWord::Test),
    ("测试", PartWord::Test),
    ("測試", PartWord::Test),
];
/// Words beside a part's that change nothing.
const NEUTRAL: &[&str] = &[
    "set",
    "sets",
    "data",
    "dataset",
    "datasets",
    "folder",
    "dir",
    "files",
    "file",
    "split",
    "part",
    "input",
    "inputs",
    "sample",
    "samples",
    "public",
    "private",
    "raw",
    "resized",
    "processed",
    "cropped",
    "small",
    "full",
    "all",
    "new",
    "original",
    "orig",
    "final",
    "stage",
    "集",
    "数据集",
    "数据",
    "數據",
    "样本",
    "部分",
];
/// Of tables also these.
const NEUTRAL_IN_TABLES: &[&str] = &[
    "label",
    "labels",
    "list",
    "annotation",
    "annotations",
    "metadata",
    "meta",
    "gt",
    "ground",
    "truth",
    "groundtruth",
    "csv",
    "df",
    "info",
    "table",
    "index",
    "ids",
    "solution",
    "target",
    "targets",
    "class",
    "classes",
    "folds",
    "标签",
    "标注",
];
const IMAGE_WORDS: &[&str] = &[
    "image",
    "images",
    "img",
    "imgs",
    "pic",
    "pics",
    "picture",
    "pictures",
    "photo",
    "photos",
    "jpg",
    "jpeg",
    "jpgs",
    "jpegs",
    "png",
    "pngs",
    "jpegimages",
    "图片",
    "图像",
    "圖片",
    "图",
    "照片",
    "影像",
    "bilder",
];
const BESIDE_WORDS: &[&str] = &[
    "mask",
    "masks",
    "label",
    "labels",
    "annotation",
    "annotations",
    "annot",
    "annots",
    "segmentation",
    "segmentations",
    "seg",
    "gt",
    "groundtruth",
    "overlay",
    "overlays",
    "contour",
    "contours",
    "heatmap",
    "heatmaps",
    "bbox",
    "bboxes",
    "thumbnail",
    "thumbnails",
    "thumbs",
    "掩膜",
    "掩码",
    "标注",
    "标签",
    "分割",
    "masken",
];
const PIECE_WORDS: &[&str] = &[
    "part", "parts", "batch", "batches", "fold", "folds", "kfold", "cv", "chunk", "chunks", "shard", "shards", "split",
    "subset", "piece", "block", "archive", "set", "dataset", "部分", "批次", "批", "折", "分卷",
];
/// Where images come from, which is no class of theirs.
const SOURCE_WORDS: &[&str] = &[
    "site", "center", "centre", "hospital", "clinic", "patient", "patients", "pat", "subject", "subj", "sub", "case",
    "scanner", "device", "camera", "cam", "cohort", "country", "city", "user", "person", "reader", "day", "session",
    "year", "source", "machine", "vendor", "lab", "slide", "series", "study", "visit", "医院", "患者", "病人", "中心",
    "设备", "病例",
];
/// Names that are classes wherever they stand.
const VERDICT_WORDS: &[&str] = &[
    "benign",
    "malignant",
    "normal",
    "abnormal",
    "healthy",
    "positive",
    "negative",
    "pos",
    "neg",
    "tumor",
    "tumour",
    "cancer",
    "disease",
    "diseased",
    "infected",
    "uninfected",
    "good",
    "bad",
    "defect",
    "defective",
    "ok",
    "ng",
    "yes",
    "no",
    "cat",
    "cats",
    "dog",
    "dogs",
    "良性",
    "恶性",
    "正常",
    "异常",
    "阳性",
    "阴性",
];

/// Names that mean the same to a person: composed alike, without a difference of case.
pub(super) fn fold(name: &str) -> String {
    if name.is_ascii() { name.to_ascii_lowercase() } else { name.nfc().flat_map(char::to_lowercase).collect() }
}

/// The words and numbers of a name, folded: `trainingSet_02` is training, set, 02.
fn tokens(name: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Digit,
        Upper,
        Lower,
        Other,
    }
    let mut tokens: Vec<String> = Vec::new();
    let mut last: Option<Kind> = None;
    for c in name.nfc() {
        if !c.is_alphanumeric() {
            last = None;
            continue;
        }
        let kind = match c {
            c if c.is_numeric() => Kind::Digit,
            c if c.is_uppercase() => Kind::Upper,
            c if c.is_lowercase() => Kind::Lower,
            _ => Kind::Other,
        };
        let goes_on = last.is_some_and(|last| last == kind || (last == Kind::Upper && kind == Kind::Lower));
        match tokens.last_mut().filter(|_| goes_on) {
            Some(token) => token.extend(c.to_lowercase()),
            None => tokens.push(c.to_lowercase().collect()),
        }
        last = Some(kind);
    }
    tokens
}

fn is_number(token: &str) -> bool {
    token.chars().all(char::is_numeric)
}

/// What one word says: a part's word, alone or with neutral ones grown together (`testset`, `训练集图片`); `trainval` both.
fn part_token(token: &str, is_neutral: &dyn Fn(&str) -> bool) -> Option<Vec<PartWord>> {
    let exact = |text: &str| PART_WORDS.iter().find(|(word, _)| *word == text).map(|(_, part)| *part);
    if let Some(part) = exact(token) {
        return Some(vec![part]);
    }
    for (word, part) in PART_WORDS {
        if let Some(rest) = token.strip_prefix(word) {
            if is_made_of(rest, is_neutral) {
                return Some(vec![*part]);
            }
            if let Some(second) = exact(rest) {
                return Some(vec![*part, second]);
            }
        }
        if token.strip_suffix(word).is_some_and(|rest| is_made_of(rest, is_neutral)) {
            return Some(vec![*part]);
        }
    }
    None
}

/// One neutral word, or two without a gap.
fn is_made_of(text: &str, is_neutral: &dyn Fn(&str) -> bool) -> bool {
    is_neutral(text) || text.char_indices().skip(1).any(|(at, _)| is_neutral(&text[..at]) && is_neutral(&text[at..]))
}

/// The part that a name is made of, neutral words and numbers aside, and what other words there are.
fn part_and_rest(name: &str, of_table: bool) -> (Option<PartWord>, Vec<String>) {
    let is_neutral = |token: &str| {
        NEUTRAL.contains(&token) || IMAGE_WORDS.contains(&token) || (of_table && NEUTRAL_IN_TABLES.contains(&token))
    };
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for token in tokens(name) {
        if is_number(&token) || is_neutral(&token) {
            continue;
        }
        match part_token(&token, &is_neutral) {
            Some(words) => found.extend(words),
            None => rest.push(token),
        }
    }
    found.sort_unstable();
    found.dedup();
    let part = match found.as_slice() {
        [one] => Some(*one),
        // What is for both is trained on; validation images are cut from it.
        [PartWord::Train, PartWord::Val] => Some(PartWord::Train),
        _ => None,
    };
    (part, rest)
}

/// The part that a folder's or a cell's name says.
pub(super) fn part_word(name: &str) -> Option<PartWord> {
    let (part, rest) = part_and_rest(name, false);
    part.filter(|_| rest.is_empty())
}

/// The part that a table's name (without its extension) says.
pub(super) fn part_word_of_table(stem: &str) -> Option<PartWord> {
    let (part, rest) = part_and_rest(stem, true);
    part.filter(|_| rest.is_empty())
}

/// What `eval` is where these words stand together: the test, if there is a validation part and no other test.
pub(super) fn settle(words: &[PartWord]) -> impl Fn(PartWord) -> Part + use<> {
    let eval = match words.contains(&PartWord::Val) && !words.contains(&PartWord::Test) {
        true => Part::Test,
        false => Part::Val,
    };
    move |word| match word {
        PartWord::Train => Part::Train,
        PartWord::Val => Part::Val,
        PartWord::Test => Part::Test,
        PartWord::Eval => eval,
    }
}

/// What the name of a folder says by itself.
fn role(name: &str) -> Role {
    let tokens = tokens(name);
    let words: Vec<&str> = tokens.iter().map(String::as_str).filter(|token| !is_number(token)).collect();
    let numbered = words.len() < tokens.len();
    let is_neutral = |token: &str| NEUTRAL.contains(&token) || IMAGE_WORDS.contains(&token);
    let is_beside = |token: &&str| BESIDE_WORDS.contains(token);
    let is_part = |token: &str| part_token(token, &is_neutral).is_some();
    if words.iter().any(is_beside) && words.iter().all(|w| is_beside(w) || is_neutral(w) || is_part(w)) {
        return Role::Beside;
    }
    if let Some(part) = part_word(name) {
        return Role::Part(part);
    }
    let has_piece = words.iter().any(|word| PIECE_WORDS.contains(word));
    let images = |word: &&str| IMAGE_WORDS.contains(word) || matches!(*word, "data" | "dataset" | "数据" | "数据集");
    let of_images = words.iter().any(images) && words.iter().all(|word| is_neutral(word));
    match numbered && (has_piece || of_images) {
        true => Role::Piece(words.join(" ")),
        false if of_images => Role::Images,
        false => Role::Plain,
    }
}

/// What names that stand side by side say: also parts with a dataset's name around them (`ISIC_Training_Input` beside
/// `ISIC_Test_Input`).
pub(super) fn roles(names: &[&str]) -> Vec<Role> {
    let mut roles: Vec<Role> = names.iter().map(|name| role(name)).collect();
    let parts: Vec<_> = names.iter().map(|name| part_and_rest(name, false)).collect();
    for (role, (part, rest)) in roles.iter_mut().zip(&parts) {
        let twin = |(other, same): &&(Option<PartWord>, Vec<String>)| same == rest && other.is_some() && other != part;
        if let (Role::Plain, Some(part)) = (&*role, part)
            && parts.iter().any(|other| twin(&other))
        {
            *role = Role::Part(*part);
        }
    }
    roles
}

/// Which of the folders in a class's folder count to the class: not those of masks, labels and the like where the images lie
/// beside them.
pub(super) fn count_to_class(names: &[OsString], has_images: bool) -> Vec<bool> {
    let texts: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
    let roles = roles(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let beside_images = has_images || roles.contains(&Role::Images);
    roles.iter().map(|role| !beside_images || *role != Role::Beside).collect()
}

/// Whether a name says where images come from: a site, a patient, a bare number.
pub(super) fn is_source(name: &str) -> bool {
    let tokens = tokens(name);
    let words: Vec<&str> = tokens.iter().map(String::as_str).filter(|token| !is_number(token)).collect();
    let numbered = words.len() < tokens.len();
    let initial = |word: &str| matches!(word, "p" | "s" | "pt" | "id");
    // A short number alone may be a class.
    let known = |token: &String| token.chars().count() >= 3 || !words.is_empty();
    words.iter().any(|word| SOURCE_WORDS.contains(word))
        || (numbered && words.iter().all(|word| initial(word)) && tokens.iter().any(known))
}

/// Whether a name is a class's wherever it stands.
pub(super) fn is_verdict(name: &str) -> bool {
    tokens(name).iter().any(|token| VERDICT_WORDS.contains(&token.as_str()))
}

/// Folders and files that systems, network drives, editors and archives leave behind: never a dataset's own.
pub(crate) fn is_systems(name: &OsStr) -> bool {
    const NAMES: &[&str] = &[
        "@eadir",
        "@tmp",
        "@recycle",
        "@recently-snapshot",
        "#recycle",
        "#snapshot",
        "~snapshot",
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "lost+found",
        "__macosx",
        "__pycache__",
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "found.000",
    ];
    let Some(name) = name.to_str() else { return false };
    name.starts_with("._") || name == ".DS_Store" || NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts() {
        use PartWord::{Eval, Test, Train, Val};
        for (names, part) in [
            (
                "train Training TRAIN training_set trainset train_images images-train trainImages train_1 train2017 trn \
              训练 训练集 训练集图片 trainval train_val stage_1_train_images training_data",
                Some(Train),
            ),
            ("val valid Validation validation_set valset dev devset development 验证集 val2017", Some(Val)),
            ("test testing test_set testset test_images PublicTest holdout 测试集 测试数据", Some(Test)),
            ("eval evaluation eval_set", Some(Eval)),
            (
                "cat tests_of_metal contest testa trainA trains trainer value valve latest device set data images train_test \
              训练师 no_test test_tube validator",
                None,
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(part_word(name), part, "{name}");
            }
        }
        assert_eq!(part_word_of_table("train_labels"), Some(Train));
        assert_eq!(part_word_of_table("labels"), None);
        assert_eq!(part_word("train_labels"), None);
        assert_eq!(settle(&[Train, Val, Eval])(Eval), Part::Test);
        assert_eq!(settle(&[Train, Eval])(Eval), Part::Val);
        assert_eq!(settle(&[Train, Val, Eval, Test])(Eval), Part::Val);
    }

    #[test]
    fn roles_of_folders() {
        let piece = |name: &str| Role::Piece(name.to_owned());
        for (name, expected) in [
            ("images", Role::Images),
            ("JPEGImages", Role::Images),
            ("图片", Role::Images),
            ("masks", Role::Beside),
            ("train_masks", Role::Beside),
            ("标签", Role::Beside),
            ("part_1", piece("part")),
            ("HAM10000_images_part_2", piece("ham images part")),
            ("batch3", piece("batch")),
            ("fold0", piece("fold")),
            ("images_001", piece("images")),
            ("cat", Role::Plain),
            ("class_1", Role::Plain),
            ("stage_2", Role::Plain),
            ("grade 3", Role::Plain),
            ("with_mask", Role::Plain),
            ("0", Role::Plain),
        ] {
            assert_eq!(role(name), expected, "{name}");
        }
        let isic = roles(&["ISIC_Training_Input", "ISIC_Test_Input", "docs"]);
        assert_eq!(isic, [Role::Part(PartWord::Train), Role::Part(PartWord::Test), Role::Plain]);
        // A film's scenes are no parts.
        assert_eq!(roles(&["train_station", "bus_station"]), [Role::Plain, Role::Plain]);
        for name in ["site_A", "hospital 2", "p001", "0042", "患者1"] {
            assert!(is_source(name), "{name}");
        }
        for name in ["cat", "class1", "melanoma", "type_2"] {
            assert!(!is_source(name), "{name}");
        }
        for name in ["@eaDir", "$RECYCLE.BIN", "#recycle", "._a.png", "Thumbs.db", "__MACOSX"] {
            assert!(is_systems(name.as_ref()), "{name}");
        }
        assert!(!is_systems("recycle".as_ref()));
    }

    #[test]
    fn names_fold_alike() {
        assert_eq!(fold("Cafe\u{301}.PNG"), fold("CAFÉ.png"));
        assert_eq!(fold("A1"), "a1");
        assert_ne!(fold("a"), fold("ä"));
    }
}
