//! Chains as people write them.

use super::*;
use crate::config::{TransformSpec, transforms_to_toml};
use crate::transform::{Chain, tutorial_chain};

pub(super) fn python(text: &str) -> Imported {
    from_python(text, &ImportOptions::default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

pub(super) fn with(text: &str, options: &ImportOptions) -> Imported {
    let imported = from_python(text, options).unwrap_or_else(|e| panic!("{e}: {text}"));
    Chain::build(&imported.specs).unwrap_or_else(|e| panic!("{e}: {text}"));
    imported
}

/// `Resize(size=[64, 48]) ToTensor()`: the chain in a line.
pub(super) fn line(specs: &[TransformSpec]) -> String {
    let one = |spec: &TransformSpec| {
        let params: Vec<String> = spec.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}({})", spec.name, params.join(", "))
    };
    specs.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Nothing is lost, nothing is asked for.
#[track_caller]
pub(super) fn reads(text: &str, expected: &str) {
    let imported = python(text);
    assert_eq!(line(&imported.specs), expected, "{text}: {:?}", imported.notes);
    assert!(imported.asks.is_empty() && imported.notes.iter().all(|note| !note.lost), "{text}: {imported:?}");
    Chain::build(&imported.specs).unwrap_or_else(|e| panic!("{e}: {text}"));
}

#[track_caller]
pub(super) fn notes(text: &str, expected: &[&[&str]]) -> Imported {
    let imported = python(text);
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    for words in expected {
        assert!(notes.iter().any(|note| words.iter().all(|word| note.contains(word))), "{words:?} of {notes:#?}");
    }
    imported
}

/// What several texts come to.
pub(super) const RESIZED: &str = "torchvision.Resize(size=[64, 48])";

const TUTORIAL: &str = "
train_transforms = Compose(
    [
        LoadImage(image_only=True),
        EnsureChannelFirst(),
        ScaleIntensity(),
        RandRotate(range_x=np.pi / 12, prob=0.5, keep_size=True),
        RandFlip(spatial_axis=0, prob=0.5),
        RandZoom(min_zoom=0.9, max_zoom=1.1, prob=0.5),
    ]
)

val_transforms = Compose([LoadImage(image_only=True), EnsureChannelFirst(), ScaleIntensity()])
";

#[test]
fn monais_tutorial_is_our_tutorial_chain() {
    let imported = python(TUTORIAL);
    assert_eq!(imported.specs, tutorial_chain(None));
    assert!(imported.notes.iter().all(|note| !note.lost), "{:?}", imported.notes);
    // `image_only=True` is so anyway.
    assert!(imported.notes.iter().all(|note| !note.to_string().contains("left out")), "{:?}", imported.notes);
    assert!(imported.notes[0].reason.to_string().contains("2 chains"));
    assert_eq!(imported.chains, ["train_transforms", "val_transforms"]);
    Chain::build(&imported.specs).unwrap();
}

#[test]
fn what_is_saved_is_read_again() {
    for preset in crate::transform::chain_presets() {
        let specs = preset.chain(Some([64, 48]), 3);
        let text = transforms_to_toml(&specs);
        let read = chain_from_text(&text, &ImportOptions::default()).unwrap();
        assert_eq!(read, Imported { specs, ..Imported::default() });
    }
    let wrong = chain_from_text("[[transform]]\nname = 3", &ImportOptions::default());
    assert!(wrong.unwrap_err().to_string().contains("name"));
}

#[test]
fn dictionaries_positions_and_lists_are_read() {
    reads("Compose([RandRotated(keys=['image'], range_x=0.3, prob=1)])", "RandRotate(prob=1, range_x=0.3)");
    reads("Compose([RandRotated('image', range_x=0.3, prob=1)])", "RandRotate(prob=1, range_x=0.3)");
    reads("[mt.RandRotate(range_x=0.3, prob=1)]", "RandRotate(prob=1, range_x=0.3)");
    reads("RandRotate(range_x=0.3, prob=1),\nFlip(0),", "RandRotate(prob=1, range_x=0.3) Flip(spatial_axis=0)");
    reads("    RandRotate(range_x=0.3),\n    Flip(0),\n])", "RandRotate(range_x=0.3) Flip(spatial_axis=0)");
    reads(
        "LOW = 0.8\nCompose(transforms=[RandZoom(0.2, LOW, 2 - LOW, InterpolateMode.BILINEAR)])",
        "RandZoom(max_zoom=1.2, min_zoom=0.8, mode=\"bilinear\", prob=0.2)",
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let text = "Compose([\n    LoadImage(),\n    Lambda(lambda x: x + 1),\n    RandFlip(colour=1),\n    \
                    RandFlop(),\n    extra,\n    RandomApply([RandFlip()], p=0.3),\n    Spacing((1, 1)),\n    EnsureType(),\n    \
                    RandRotate(0.1, range_y=0.2, prob=7),\n    RandZoom(mode=f'{x}'),\n])";
    let imported = python(text);
    let names: Vec<&str> = imported.specs.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["LoadImage", "RandFlip", "RandRotate", "RandZoom"]);
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    for (i, words) in [
        // A name has its chain's line.
        ["extra", "a variable", "not in the text"],
        ["line 3", "Lambda", "not run"],
        ["line 4", "RandFlip(colour=…)", "no such parameter"],
        ["line 5", "RandFlop", "did you mean `RandFlip`"],
        ["line 7", "RandomApply", "one by one"],
        ["line 8", "Spacing", "MONAI 1.6.1 has it"],
        ["line 9", "EnsureType", "not needed"],
        ["line 10", "RandRotate(range_y=…)", "3-D"],
        ["line 10", "RandRotate(prob=…)", "a number from 0 to 1"],
        ["line 11", "RandZoom(mode=…)", "not a value that can be read"],
    ]
    .into_iter()
    .enumerate()
    {
        for word in words {
            assert!(notes[i].contains(word), "{:?} lacks {word}", notes[i]);
        }
    }
    assert_eq!(notes.len(), 10, "{notes:#?}");
    assert!(python("hello world").notes[0].lost);
}

#[test]
fn notes_stand_in_the_order_of_the_text() {
    let imported = python("kept = EnsureType()\ntrain = Compose([\n    Lambda(lambda x: x + 1),\n    kept,\n])");
    assert_eq!(imported.notes.iter().map(|note| note.line).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn of_several_chains_the_one_for_training_is_read_and_another_can_be_named() {
    let text = "chains = {\n  'val': T.Compose([T.Resize(110), T.CenterCrop(96)]),\n  'train': T.Compose([T.RandomCrop(96)]),\n}\n\
                other = T.Compose([T.Resize(3)])";
    let imported = notes(text, &[&["chains[\"train\"]", "3 chains", "chains[\"val\"]", "other"]]);
    assert_eq!((line(&imported.specs).as_str(), imported.chain.as_str()), ("RandomCrop(size=96)", "chains[\"train\"]"));
    for name in ["val", "chains[\"val\"]", "chains['val']"] {
        let options = ImportOptions { chain: Some(name.to_owned()), ..ImportOptions::default() };
        assert_eq!(line(&with(text, &options).specs), "torchvision.Resize(size=110) CenterCrop(size=96)", "{name}");
    }
    let options = ImportOptions { chain: Some("tset".to_owned()), ..ImportOptions::default() };
    let error = from_python(text, &options).unwrap_err().to_string();
    assert!(error.contains("tset") && error.contains("chains[\"train\"]"), "{error}");
    // Functions and methods have names, too; a chain within another is none of its own.
    let text = "base = T.Compose([T.Resize(9)])\ndef get_train():\n    return T.Compose([base, T.RandomCrop(8)])\n\
                def get_val():\n    return T.Compose([base])\n";
    let imported = python(text);
    assert_eq!((imported.chain.as_str(), imported.chains.len()), ("get_train", 2), "{imported:?}");
    assert_eq!(line(&imported.specs), "torchvision.Resize(size=9) RandomCrop(size=8)");
}

#[test]
fn no_text_takes_the_memory_or_the_stack() {
    let mut bomb = "a=[1]\n".to_owned();
    (0..40).for_each(|_| bomb.push_str("a=[a,a,a,a,a,a,a,a]\n"));
    let eight = format!("a=[{0}]\n{1}", "1,".repeat(20), "a=[a,a,a,a,a,a,a,a,a,a]\n".repeat(8));
    let mut functions = String::new();
    (0..30).for_each(|i| functions.push_str(&format!("def f{}():\n    return [f{i}(), f{i}(), f{i}()]\n", i + 1)));
    for text in [bomb.as_str(), &eight, "a=[0]*1000000000000\nCompose([Resize(a)])", "a=[[0]*100000]*100000"] {
        let error = from_python(text, &ImportOptions::default()).unwrap_err().to_string();
        assert!(error.contains("more values"), "{error}");
    }
    let deep_value = format!("a=[1]\n{}Compose([Resize(a)])", "a=[a]\n".repeat(100_000));
    assert!(from_python(&deep_value, &ImportOptions::default()).unwrap_err().to_string().contains("more values"));
    let unknown: String = (0..8_000).map(|i| format!("x = x + y{i}\n")).collect();
    let nested = format!("Compose({}", "[".repeat(10_000));
    let deep = format!("{}x", "if a:\n ".repeat(3_000));
    let steps: String = (0..3_000).map(|i| format!("{}if a:\n", " ".repeat(i))).collect();
    let leftmost = (0..47).fold("1".to_owned(), |text, _| format!("({text}{})", "+1".repeat(390)));
    let leftmost = format!("Compose([Resize({leftmost})])");
    let row = format!("Compose([Resize({}1)])", "1+".repeat(50_000));
    let calls = format!("Compose([Resize(f{})])", "()".repeat(50_000));
    let unary = format!("Compose([Resize({}1)])", "-".repeat(50_000));
    let commas = format!("Compose([{}", "(,".repeat(20_000));
    let text = format!("a={}\n", "'x'".repeat(20_000));
    let conditions = "if a:\n x=[1]\nelif b:\n x=[2]\n".repeat(2_000);
    for text in [
        "",
        "(",
        "Compose(",
        "Compose([",
        "a.",
        "'",
        "x = ",
        "]]]",
        "Compose(a=)",
        "1 +",
        "é(ü=ß)",
        "a = [] * 1000000000000000",
        "def",
        "class",
        "if",
        "from",
        "import",
        "def f(",
        "a, = ",
        "a = b = ",
        "[x for x in",
        "{1:",
        "lambda",
        "def f(): return f()\nf()",
        "def f(a=f()): return a\nf()",
        "def f(a=g()): return a\ndef g(a=f()): return a\nCompose([f()])",
        functions.as_str(),
        &nested,
        &deep,
        &steps,
        &row,
        &calls,
        &unary,
        &commas,
        &text,
        &conditions,
        &unknown,
        &leftmost,
    ] {
        // Refused or read; it ends.
        let _ = from_python(text, &ImportOptions::default());
    }
}

#[test]
fn files_are_read_whatever_they_are_encoded_in() {
    let text = "# 训练\ntrain = T.Compose([T.Resize((64, 48))])\n";
    let utf16: Vec<u8> = [0xfeffu16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let gbk = b"# \xd1\xb5\xc1\xb7\ntrain = T.Compose([T.Resize((64, 48))])\n".to_vec();
    let notebook = serde_json::json!({"cells": [
        {"cell_type": "markdown", "source": ["# T.Compose([T.Resize(3)])"]},
        {"cell_type": "code", "outputs": [], "source": ["%matplotlib inline\n", "!pip install x\n", "size = (64, 48)"]},
        {"cell_type": "code", "source": ["train = T.Compose([T.Resize(size)])"]},
    ]});
    for bytes in [text.as_bytes().to_vec(), utf16, gbk, notebook.to_string().into_bytes()] {
        let text = chain_file_text(&bytes).unwrap();
        let read = chain_from_text(&text, &ImportOptions::default()).unwrap();
        assert_eq!(line(&read.specs), RESIZED, "{text}");
    }
    assert!(chain_file_text(&vec![b'#'; (1 << 20) + 1]).unwrap_err().to_string().contains("1,025 KiB"));
}
