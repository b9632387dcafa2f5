//! Chains as people write them.

use super::signatures::{WITHOUT_DEFAULT, needs_to_be_given, signature};
use super::*;
use crate::config::{TransformSpec, transforms_to_toml};
use crate::transform::core::description::{Family, Library};
use crate::transform::registry::registry;
use crate::transform::{Chain, tutorial_chain};

fn python(text: &str) -> Imported {
    from_python(text, &ImportOptions::default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn with(text: &str, options: &ImportOptions) -> Imported {
    let imported = from_python(text, options).unwrap_or_else(|e| panic!("{e}: {text}"));
    Chain::build(&imported.specs).unwrap_or_else(|e| panic!("{e}: {text}"));
    imported
}

fn given(values: &[&str]) -> ImportOptions {
    let mut options = ImportOptions::default();
    values.iter().for_each(|value| options.give(value).unwrap());
    options
}

/// `Resize(size=[64, 48]) ToTensor()`: the chain in a line.
fn line(specs: &[TransformSpec]) -> String {
    let one = |spec: &TransformSpec| {
        let params: Vec<String> = spec.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}({})", spec.name, params.join(", "))
    };
    specs.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Nothing is lost, nothing is asked for.
#[track_caller]
fn reads(text: &str, expected: &str) {
    let imported = python(text);
    assert_eq!(line(&imported.specs), expected, "{text}: {:?}", imported.notes);
    assert!(imported.asks.is_empty() && imported.notes.iter().all(|note| !note.lost), "{text}: {imported:?}");
    Chain::build(&imported.specs).unwrap_or_else(|e| panic!("{e}: {text}"));
}

#[track_caller]
fn notes(text: &str, expected: &[&[&str]]) -> Imported {
    let imported = python(text);
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    for words in expected {
        assert!(notes.iter().any(|note| words.iter().all(|word| note.contains(word))), "{words:?} of {notes:#?}");
    }
    imported
}

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
    for preset in crate::transform::presets() {
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
        ["line 3", "Lambda", "not run"],
        ["line 4", "RandFlip(colour=…)", "no such parameter"],
        ["line 5", "RandFlop", "did you mean `RandFlip`"],
        ["extra", "a variable", "not in the text"],
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

/// `Resize(64)` is the shorter side's in torchvision, both sides' in MONAI; `ToTensor` scales in torchvision alone.
#[test]
fn imports_prefixes_and_neighbours_say_whose_a_transform_is() {
    let torchvision = "torchvision.Resize(size=64) ToTensor()";
    let monai = "Resize(spatial_size=64) monai.ToTensor()";
    for text in [
        "from torchvision import transforms\nt = transforms.Compose([transforms.Resize(64), transforms.ToTensor()])",
        "import torchvision.transforms as tf\nt = tf.Compose([tf.Resize(64), tf.ToTensor()])",
        "import torchvision\nt = torchvision.transforms.Compose([torchvision.transforms.Resize(64), torchvision.transforms.ToTensor()])",
        "from torchvision.transforms import Compose, Resize, ToTensor\nt = Compose([Resize(64), ToTensor()])",
        "from torchvision.transforms import *\nt = Compose([Resize(64), ToTensor()])",
        "from torchvision.transforms import Resize as R, ToTensor as TT\nt = Compose([R(64), TT()])",
        "from torchvision.transforms import v2\nt = v2.Compose([v2.Resize(64), v2.ToTensor()])",
        "T.Compose([T.Resize(64), T.ToTensor()])",
        "T = torchvision.transforms\nt = T.Compose([T.Resize(64), T.ToTensor()])",
        // Of two imports of a name the later one hides the earlier.
        "from monai.transforms import *\nfrom torchvision.transforms import *\nt = Compose([Resize(64), ToTensor()])",
    ] {
        reads(text, torchvision);
    }
    for text in [
        "from monai.transforms import Compose, Resize, ToTensor\nt = Compose([Resize(64), ToTensor()])",
        "from monai import transforms\nt = transforms.Compose([transforms.Resize(64), transforms.ToTensor()])",
        "from monai.transforms import *\nt = Compose([Resize(64), ToTensor()])",
        "import monai.transforms as mt\nt = mt.Compose([mt.Resized(keys='image', spatial_size=64), mt.ToTensord('image')])",
        "mt.Compose([mt.Resize(64), mt.ToTensor()])",
        "from torchvision.transforms import *\nfrom monai.transforms import *\nt = Compose([Resize(64), ToTensor()])",
    ] {
        reads(text, monai);
    }
    // By what only one of them has, and by a parameter.
    reads(
        "Compose([Resize(64), RandomHorizontalFlip(), ToTensor()])",
        "torchvision.Resize(size=64) RandomHorizontalFlip() ToTensor()",
    );
    reads("Compose([RandFlip(), Resize(64), ToTensor()])", "RandFlip() Resize(spatial_size=64) monai.ToTensor()");
    reads("Compose([Resize(size=(64, 48))])", "torchvision.Resize(size=[64, 48])");
    reads("Compose([Resize(spatial_size=(64, 48))])", "Resize(spatial_size=[64, 48])");
}

#[test]
fn where_it_stays_open_it_is_said_and_can_be_told() {
    let text = "Compose([Resize(64), ToTensor()])";
    let imported = notes(text, &[&["Resize", "taken as torchvision's", "MONAI"]]);
    assert_eq!(imported.libraries, [Library::Torchvision, Library::Monai]);
    assert_eq!(line(&imported.specs), "torchvision.Resize(size=64) ToTensor()");
    let told = with(text, &ImportOptions { library: Some(Library::Monai), ..ImportOptions::default() });
    assert_eq!(line(&told.specs), "Resize(spatial_size=64) monai.ToTensor()");
    assert!(told.libraries.is_empty() && told.notes.is_empty(), "{told:?}");
}

/// albumentations 2.0.8 of PyPI; what is translated was compared with it on
/// `(np.arange(13 * 11 * 3) * 7919 % 251).reshape(13, 11, 3).astype(np.uint8)`.
#[test]
fn albumentations_is_translated_where_it_has_an_equal() {
    reads(
        "A.Compose([A.RandomCrop(64, 48), A.Normalize()])",
        "RandomCrop(size=[64, 48]) ToDtype(dtype=\"float32\") Normalize(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])",
    );
    reads(
        "import albumentations as A\nfrom albumentations.pytorch import ToTensorV2\nA.Compose([A.Resize(height=7, width=5), \
         A.HorizontalFlip(p=0.3), A.VerticalFlip(), A.InvertImg(p=1), ToTensorV2()])",
        "torchvision.Resize(antialias=false, interpolation=\"bilinear\", size=[7, 5]) RandomHorizontalFlip(p=0.3) \
         RandomVerticalFlip() RandomInvert(p=1) ToTensorV2()",
    );
    reads(
        "Compose([RandomResizedCrop(64, 48), HorizontalFlip(), RandomRotate90(p=0.8)])",
        "RandomResizedCrop(antialias=false, interpolation=\"bilinear\", size=[64, 48]) RandomHorizontalFlip() \
         RandRotate90(max_k=3, prob=0.6000000000000001)",
    );
    reads(
        "A.Compose([A.CenterCrop(6, 4), A.ToFloat()])",
        "albumentations.CenterCrop(height=6, width=4) ToDtype(dtype=\"float32\", scale=true)",
    );
    reads(
        "A.Compose([A.PadIfNeeded(16, 16, border_mode=cv2.BORDER_CONSTANT, fill=7)])",
        "SpatialPad(mode=\"constant\", spatial_size=[16, 16], value=7)",
    );
    reads(
        "A.Compose([A.HorizontalFlip(p=1), A.VerticalFlip(p=1.0), A.InvertImg(always_apply=True), A.ToGray(p=1), A.ToGray(p=0.2)])",
        "RandomHorizontalFlip(p=1) RandomVerticalFlip(p=1) RandomInvert(p=1) RandomGrayscale(p=1) RandomGrayscale(p=0.2)",
    );
    reads(
        "A.Compose([A.D4(), A.SquareSymmetry(p=1)])",
        &["RandRotate90(max_k=3, prob=0.75) RandomHorizontalFlip()"; 2].join(" "),
    );
    // A colour whose channels are alike is a number; another is this call's loss alone.
    reads(
        "A.Compose([A.PadIfNeeded(16, 16, border_mode=cv2.BORDER_CONSTANT, value=(0, 0, 0))])",
        "SpatialPad(mode=\"constant\", spatial_size=[16, 16], value=0)",
    );
    let colours = notes(
        "A.Compose([A.PadIfNeeded(16, 16, border_mode=0, fill=(1, 2, 3)), A.CenterCrop(0, 4), A.D4(p=0.5), A.VerticalFlip()])",
        &[&["PadIfNeeded", "one number"], &["CenterCrop", "height = 0"], &["D4", "50 %"]],
    );
    assert_eq!(line(&colours.specs), "RandomVerticalFlip()");
    // Of its chains one happens by chance unless it is told otherwise.
    let half = "A.Compose([A.Sequential([A.VerticalFlip()])])";
    assert_eq!(line(&notes(half, &[&["Sequential", "by chance"]]).specs), "RandomVerticalFlip()");
    for whole in [
        "A.Sequential([A.VerticalFlip()], p=1)",
        "A.Sequential([A.VerticalFlip()], 1.0)",
        "A.Compose([A.VerticalFlip()])",
    ] {
        reads(&format!("A.Compose([{whole}])"), "RandomVerticalFlip()");
    }
    let refused = notes(
        "A.Compose([A.ShiftScaleRotate(), A.RandomBrightnessContrast(p=0.2), A.ColorJitter(0.2, 0.2, 0.2, 0.2),\n\
         A.Resize(8, 8, interpolation=cv2.INTER_AREA), A.PadIfNeeded(8, 8), A.CLAHE(), A.OneOf([A.Blur(), A.CLAHE()]), A.Nothing()])",
        &[
            &["ShiftScaleRotate", "RandomAffine"],
            &["RandomBrightnessContrast", "ColorJitter"],
            &["ColorJitter", "50 % of the images"],
            &["Resize", "INTER_AREA"],
            &["PadIfNeeded", "border_mode"],
            &["CLAHE", "RandomEqualize"],
            &["OneOf", "one by one"],
        ],
    );
    assert!(refused.specs.is_empty());
    notes("from mine.data import Resize\nT.Compose([Resize(3), T.CenterCrop(2)])", &[&["Resize", "`mine.data`'s"]]);
    // Whose it is is known though the library has no such thing.
    notes(
        "import albumentations as A\nA.Compose([A.HorizontalFlip(), A.Nothing()])",
        &[&["Nothing", "albumentations"]],
    );
    // `T.RandomCrop(32, 4)` is torchvision's, with a padding of 4.
    reads("T.Compose([T.RandomCrop(32, 4)])", "RandomCrop(padding=4, size=32)");
}

/// The eight symmetries of a square, each as likely: 2 x 2 pixels tell them apart.
#[test]
fn d4_draws_each_symmetry_alike() {
    let chain = Chain::build(&python("A.Compose([A.D4()])").specs).unwrap();
    let image = crate::data::Image::from_bytes([1, 2, 2], vec![0, 1, 2, 3]);
    let mut counts = std::collections::BTreeMap::new();
    for sample in 0..8_000 {
        let out = crate::transform::tests::run(&chain, &image, sample);
        *counts.entry(out.data.iter().map(|v| *v as u8).collect::<Vec<_>>()).or_insert(0_u32) += 1;
    }
    // Five standard deviations of 1000.
    assert!(counts.len() == 8 && counts.values().all(|count| count.abs_diff(1_000) < 150), "{counts:?}");
}

/// Keras 3.15.1 of PyPI.
#[test]
fn keras_layers_are_translated_where_they_have_an_equal() {
    reads(
        "tf.keras.Sequential([layers.RandomRotation(0.25), layers.RandomCrop(180, 160)])",
        "RandRotate(keep_size=true, mode=\"bilinear\", padding_mode=\"reflection\", prob=1, range_x=1.5707963267948966) \
         RandomCrop(size=[180, 160])",
    );
    reads(
        "from tensorflow.keras import layers\nm = keras.Sequential([layers.Resizing(7, 5), layers.RandomFlip(), \
         layers.Rescaling(1./127.5, offset=-1)])",
        "ToDtype(dtype=\"float32\") torchvision.Resize(antialias=false, interpolation=\"bilinear\", size=[7, 5]) \
         RandomHorizontalFlip(p=0.5) RandomVerticalFlip(p=0.5) Rescaling(offset=-1, scale=0.00784313725490196)",
    );
    reads(
        "from keras.layers import RandomFlip, Normalization, CenterCrop\n[RandomFlip('horizontal'), CenterCrop(6, 4), \
         Normalization(mean=[0.4, 0.5], variance=[0.04, 0.25])]",
        "RandomHorizontalFlip(p=0.5) keras.CenterCrop(height=6, width=4) ToDtype(dtype=\"float32\") \
         Normalize(mean=[0.4, 0.5], std=[0.2, 0.5])",
    );
    notes(
        "keras.Sequential([layers.RandomZoom(0.2), layers.RandomContrast(0.1), layers.RandomRotation(0.1, fill_mode='wrap'), \
         layers.Conv2D(3, 3)])",
        &[
            &["RandomZoom", "RandZoom"],
            &["RandomContrast", "ColorJitter"],
            &["RandomRotation", "wrap"],
            &["Conv2D", "no such"],
        ],
    );
}

/// MONAI 1.6.1's dictionary transforms: other orders, values by key, names of entries.
#[test]
fn monais_dictionary_transforms_are_read_by_their_own_signatures() {
    reads(
        "Compose([RandAffined(['image', 'label'], (64, 64), 0.5, 0.3, mode=('bilinear', 'nearest'))])",
        "RandAffine(mode=\"bilinear\", prob=0.5, rotate_range=0.3, spatial_size=[64, 64])",
    );
    reads("Compose([RandAffine(0.5, 0.3)])", "RandAffine(prob=0.5, rotate_range=0.3)");
    reads(
        "Compose([Rand2DElasticd('image', 20, (1, 2), (64, 64), 0.5)])",
        "Rand2DElastic(magnitude_range=[1, 2], prob=0.5, spacing=20, spatial_size=[64, 64])",
    );
    reads(
        "Compose([RandShiftIntensityd('image', 0.1, True, 'factor', prob=0.5)])",
        "RandShiftIntensity(offsets=0.1, prob=0.5)",
    );
    reads("Compose([CropForegroundd(['image', 'label'], 'image', margin=2)])", "CropForeground(margin=2)");
    reads("Compose([CropForegroundd(keys=['image'], source_key='image')])", "CropForeground()");
    reads(
        "Compose([RandZoomd(['image', 'label'], 0.5, mode=['bilinear', 'nearest'], align_corners=(True, None))])",
        "RandZoom(align_corners=true, mode=\"bilinear\", prob=0.5)",
    );
    // What cannot be together is the loss of one step, not of the chain.
    let imported = notes("Compose([RandFlip(), Zoom(1.5, align_corners=True)])", &[&["Zoom", "align_corners"]]);
    assert_eq!(line(&imported.specs), "RandFlip()");
    // torchvision's names of before are no dictionaries.
    reads(
        "t = transforms.Compose([transforms.Scale(256), transforms.ToTensor()])",
        "torchvision.Resize(size=256) ToTensor()",
    );
    reads("T.Compose([T.RandomSizedCrop(64)])", "RandomResizedCrop(size=64)");
}

/// Python has the last of an entry that is given twice.
#[test]
fn dictionaries_and_chains_are_put_together_as_python_does() {
    reads(
        "cfg = {'size': 96}\nkwargs = {'size': 224, **cfg}\nT.Compose([T.RandomCrop(**kwargs)])",
        "RandomCrop(size=96)",
    );
    reads(
        "cfg = {'size': 96}\nkwargs = {**cfg, 'size': 224}\nT.Compose([T.RandomCrop(**kwargs)])",
        "RandomCrop(size=224)",
    );
    reads(
        "base = T.Compose(transforms=[T.RandomCrop(96)])\ntrain = T.Compose(base.transforms + [T.ToTensor()])",
        "RandomCrop(size=96) ToTensor()",
    );
}

#[test]
fn where_axes_differ_from_monais_it_is_said() {
    for (text, said) in [
        ("Compose([LoadImage(), Flip(0)])", true),
        ("Compose([LoadImage(), Resize((64, 48))])", true),
        ("Compose([LoadImage(), Resize((64, 64)), Flip()])", false),
        ("Compose([LoadImage(reverse_indexing=True), Flip(0)])", false),
        ("Compose([Flip(0)])", false),
    ] {
        let imported = python(text);
        let found = imported.notes.iter().filter(|note| note.reason.to_string().contains("(W, H)")).count();
        assert_eq!(found, usize::from(said), "{text}: {:?}", imported.notes);
        assert!(imported.notes.iter().all(|note| !note.lost), "{text}: {:?}", imported.notes);
    }
    notes("keras.Sequential([layers.RandomCrop(180, 160)])", &[&["RandomCrop", "centre"]]);
}

const RESIZED: &str = "torchvision.Resize(size=[64, 48])";

/// Each as people have it, and what Python makes of it.
#[test]
fn forms_of_python_are_read() {
    for text in [
        "H, W = 64, 48\nT.Compose([T.Resize((H, W))])",
        "(H, W) = (64, 48)\nT.Compose([T.Resize((H, W))])",
        "SIZE: Tuple[int, int] = (64, 48)\ntf: T.Compose = T.Compose([T.Resize(SIZE)])",
        "size = 128\nT.Compose([T.Resize((size // 2, int(size * 0.375)))])",
        "T.Compose([T.Resize((round(63.6), math.floor(48.9)))])",
        "T.Compose([T.Resize(tuple([64, 48]))])",
        "class CFG:\n    size = 64\n    width: int = 48\nT.Compose([T.Resize((CFG.size, CFG.width))])",
        "cfg = dict(size=(64, 48))\nT.Compose([T.Resize(cfg['size'])])",
        "cfg = {\"data\": {\"size\": [64, 48]}}\nT.Compose([T.Resize(cfg['data']['size'])])",
        "cfg = EasyDict(size=[64, 48])\nT.Compose([T.Resize(cfg.size)])",
        "args.size = (64, 48)\nT.Compose([T.Resize(args.size)])",
        "steps = [T.Resize((64, 48))]\nT.Compose(steps)",
        "steps = []\nsteps.append(T.Resize((64, 48)))\nT.Compose(steps)",
        "steps = []\nsteps += [T.Resize((64, 48))]\nT.Compose(steps)",
        "steps = []\nsteps.extend([T.Resize((64, 48))])\nT.Compose(transforms=steps)",
        "tf = T.Compose([])\ntf.transforms.insert(0, T.Resize((64, 48)))",
        "T.Compose([*[T.Resize((64, 48))]])",
        "kwargs = dict(size=(64, 48))\nT.Compose([T.Resize(**kwargs)])",
        "def resize(h, w=48):\n    return T.Resize((h, w))\nT.Compose([resize(64)])",
        "def build(size=64):\n    \"\"\"A chain.\"\"\"\n    steps = [T.Resize((size, 48))]\n    return T.Compose(steps)\n",
        "def build(train):\n    if train:\n        return T.Compose([T.Resize((64, 48))])\n    return T.Compose([T.CenterCrop(3)])\ntrain = build(True)",
        "class Tf(T.Compose):\n    def __init__(self):\n        super().__init__([T.Resize((64, 48))])\n",
        "class Data(Dataset):\n    def __init__(self, root):\n        self.root = root\n        self.tf = T.Compose([T.Resize((64, 48))])\n",
        "if True:\n    tf = T.Compose([T.Resize((64, 48))])\nelse:\n    tf = None",
        "ds = ImageFolder('x', transform=T.Compose([T.Resize((64, 48))]))",
        "nn.Sequential(T.Resize((64, 48)), nn.Identity())",
        "T.Compose([T.Resize((64, 48)) if True else T.CenterCrop(3)])",
        ">>> tf = T.Compose([\n...     T.Resize((64, 48)),\n... ])\n>>> tf\nCompose(\n    Resize(size=9)\n)",
        "In [3]: tf = T.Compose([\n   ...:     T.Resize((64, 48)),\n   ...: ])\nOut[3]: Compose([Resize(9)])",
        "```python\nT.Compose([T.Resize((64, 48))])\n```",
        "\u{a0}\u{a0}T.Compose([\u{a0}T.Resize((64,\u{3000}48))])",
        "T．Compose（［T．Resize（（64，48））］）",
        "T.Compose([T.Resize((６４, ４８), interpolation=“bilinear”)])",
        "T.Compose([T.Resize((64, 48), interpolation=2)])",
        "T.Compose([T.Resize((64, 48), interpolation=T.InterpolationMode.BILINEAR)])",
        "T.Compose([T.Resize((64, 48), interpolation=Image.BILINEAR, antialias=True)])",
        "T.Compose([\n    T.Resize((64, 48)),  # it’s a “comment\n])",
        "text = 'don\nT.Compose([T.Resize((64, 48))])",
        "x = T.Compose([T.Resize((64, 48))])(image)",
        "tf = nn.Sequential(T.Resize((64, 48))).to(device)",
        "model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())\ntf = T.Compose([T.Resize((64, 48))])",
    ] {
        let imported = with(text, &ImportOptions::default());
        let read = line(&imported.specs);
        let defaults = [", interpolation=\"bilinear\"", "antialias=true, ", "interpolation=\"bilinear\", "];
        let read = defaults.iter().fold(read, |read, part| read.replace(part, ""));
        assert_eq!(read, RESIZED, "{text}\n{imported:?}");
        assert!(imported.asks.is_empty() && imported.notes.iter().all(|note| !note.lost), "{text}\n{imported:?}");
    }
    let normalize = "Normalize(mean=[0.5, 0.5, 0.5], std=[0.25, 0.25, 0.25])";
    for text in [
        "T.Compose([T.Normalize([0.5] * 3, 3 * [0.25])])",
        "stats = ([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])\nT.Compose([T.Normalize(*stats)])",
        "T.Compose([T.Normalize(np.array([0.5, 0.5, 0.5]), np.array([127.5] * 3) / 510)])",
        "T.Compose([T.Normalize(mean=[x / 255.0 for x in [127.5, 127.5, 127.5]], std=torch.tensor([0.25] * 3).tolist())])",
        "mean = std = [0.5, 0.5, 0.5]\nstd = [s / 2 for s in std]\nT.Compose([T.Normalize(mean, std)])",
        "norms = {'a': ([0.5] * 3, [0.25] * 3)}\nmean, std = norms['a']\nT.Compose([T.Normalize(mean, std)])",
    ] {
        reads(text, normalize);
    }
    reads(
        "T.Compose([T.PILToTensor(), T.ConvertImageDtype(torch.float)])",
        "PILToTensor() ConvertImageDtype(dtype=\"float32\")",
    );
    reads(
        "v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])",
        "ToImage() ToDtype(dtype=\"float32\", scale=true)",
    );
    reads("[T.RandomRotation(math.degrees(np.pi) / 12)]", "RandomRotation(degrees=15)");
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

/// A list that a loop, a choice or an `except` puts something into keeps what it had, and what is not known is named.
#[test]
fn what_may_have_been_put_in_is_named_and_the_rest_stays() {
    let flip = "T.RandomHorizontalFlip()";
    for (text, words, left) in [
        (
            format!(
                "ops = []\nops.append(T.Resize(64))\nfor n in names:\n    if n == 'flip':\n        ops.append({flip})\n\
                 ops += [T.ToTensor()]\nT.Compose(ops)"
            ),
            ["ops", "the loop in line 3", "puts in"],
            "torchvision.Resize(size=64) ToTensor()",
        ),
        (
            format!("ops = [T.Resize(64)]\nwhile more():\n    ops.insert(0, {flip})\n"),
            ["ops", "the loop in line 2", "puts in"],
            "torchvision.Resize(size=64)",
        ),
        // What is taken out once may be taken out again.
        (
            format!("ops = [T.Resize(64), {flip}]\nfor i in range(n):\n    ops.pop()\nT.Compose(ops + [T.ToTensor()])"),
            ["ops", "the loop in line 2", "neither what it was before"],
            "ToTensor()",
        ),
        (
            format!(
                "ops = [T.Resize(64)]\ntry:\n    import x\nexcept ImportError:\n    ops.append({flip})\n\
                 ops.append(T.ToTensor())\nT.Compose(ops)"
            ),
            ["ops", "line 4", "done or not"],
            "torchvision.Resize(size=64) ToTensor()",
        ),
    ] {
        let imported = notes(&text, &[&words[..]]);
        assert_eq!(line(&imported.specs), left, "{text}: {imported:?}");
        assert!(imported.asks.is_empty() && imported.notes.iter().any(|note| note.lost), "{text}: {imported:?}");
    }
    let text = format!("t = [T.Resize(64)]\nif args.flip:\n    t += [{flip}]\nt.append(T.ToTensor())\nT.Compose(t)");
    let imported = python(&text);
    assert_eq!(line(&imported.specs), "torchvision.Resize(size=64) ToTensor()");
    assert_eq!(imported.asks.iter().map(|ask| ask.name.as_str()).collect::<Vec<_>>(), ["args.flip"]);
}

#[test]
fn a_value_that_is_not_known_takes_its_step_along_where_the_library_has_no_default() {
    let chance = "random.random() > .5";
    for (text, words) in [
        (
            "s = 64\ntry:\n    import x\nexcept ImportError:\n    s = 32\nT.Compose([T.Resize(s), T.ToTensor()])"
                .to_owned(),
            ["`s`", "line 4", "left out"],
        ),
        (
            format!("T.Compose([T.Resize(256 if {chance} else 128), T.ToTensor()])"),
            ["`256 if random.random() > .5 else 128`", "condition", "left out"],
        ),
        (
            "T.Compose([T.Resize(int(random.random() * 100)), T.ToTensor()])".to_owned(),
            ["`random.random(…)`", "not a value", "left out"],
        ),
        ("T.Compose([T.Resize('large'), T.ToTensor()])".to_owned(), ["Resize(size=…)", "large", "left out"]),
    ] {
        let imported = notes(&text, &[&words[..]]);
        assert_eq!(line(&imported.specs), "ToTensor()", "{text}: {imported:?}");
        assert!(imported.notes.iter().all(|note| !note.to_string().contains("224")), "{text}: {imported:?}");
    }
    let text = format!("T.Compose([T.RandomHorizontalFlip(p=0.3 if {chance} else 0.4)])");
    let imported = notes(&text, &[&["`0.3 if", "condition", "default 0.5 stands"]]);
    assert_eq!(line(&imported.specs), "RandomHorizontalFlip()");
}

#[test]
fn a_function_changes_the_names_that_it_declares_global() {
    let small = "size = 64\ndef small():\n    global size\n    size = 32\n";
    reads(&format!("{small}small()\nT.Compose([T.Resize(size)])"), "torchvision.Resize(size=32)");
    // One that nothing calls changes nothing.
    reads(&format!("{small}def train():\n    return T.Compose([T.Resize(size)])"), "torchvision.Resize(size=64)");
}

#[test]
fn comprehensions_are_gone_through_and_named_where_they_cannot_be() {
    reads(
        "Compose([LoadImage(), *[RandGaussianNoise(prob=0.1*i) for i in range(1,3)]])",
        "LoadImage() RandGaussianNoise(prob=0.1) RandGaussianNoise(prob=0.2)",
    );
    reads(
        "T.Compose([T.RandomRotation(a) for a in range(30, 0, -15)])",
        "RandomRotation(degrees=30) RandomRotation(degrees=15)",
    );
    notes(
        "T.Compose([T.ToTensor(), *[T.RandomErasing(p) for p in zip(a)]])",
        &[&["T.RandomErasing(p) for p in zip(a)", "no call of a transform"]],
    );
}

/// A parameter that none is here for is a word where its value makes a difference.
#[test]
fn values_by_which_nothing_changes_are_no_word() {
    for text in [
        "Compose([LoadImage(image_only=True, ensure_channel_first=True, dtype=np.float32), Flip(lazy=False)])",
        "Compose([LoadImaged(keys='image', image_only=True, reader=None), Flipd('image')])",
        "T.Compose([T.ToTensor(), T.Normalize(0.5, 0.5, inplace=True)])",
    ] {
        let imported = python(text);
        assert!(imported.notes.is_empty(), "{text}: {:?}", imported.notes);
    }
    notes(
        "Compose([LoadImage(image_only=False, dtype=np.float64), Flip()])",
        &[&["LoadImage(image_only=…)", "left out"], &["LoadImage(dtype=…)", "left out"]],
    );
}

/// Never guessed: each is asked for by the name that the text has for it.
#[test]
fn values_from_elsewhere_are_asked_for_by_name() {
    for (text, asks, values) in [
        ("T.Compose([T.Resize((cfg[\"size\"], 48))])", vec!["cfg[\"size\"]"], vec!["cfg['size']=64"]),
        ("T.Compose([T.Resize((args.size, 48))])", vec!["args.size"], vec!["args.size=64"]),
        ("T.Compose([T.Resize((int(args.size * 0.5), W))])", vec!["args.size", "W"], vec!["args.size=128", "W = 48"]),
        ("T.Compose([T.Resize((int(os.environ['S']), 48))])", vec!["os.environ[\"S\"]"], vec!["os.environ[\"S\"]=64"]),
        ("h = CFG.SIZE\nT.Compose([T.Resize((h, 48))])", vec!["CFG.SIZE"], vec!["CFG.SIZE=64"]),
        ("T.Compose([T.Resize((64 if big else 32, 48))])", vec!["big"], vec!["big=True"]),
        (
            "t = [T.Resize((64, 48))]\nif args.augment:\n    t.append(T.RandomHorizontalFlip())\nT.Compose(t)",
            vec!["args.augment"],
            vec!["args.augment=False"],
        ),
        (
            "T.Compose([T.Resize((64, 48)), T.RandomHorizontalFlip() if opt.flip else nn.Identity()])",
            vec!["opt.flip"],
            vec!["opt.flip=0"],
        ),
        ("def build(size):\n    return T.Compose([T.Resize((size, 48))])", vec!["size"], vec!["size=64"]),
        (
            "def build(train):\n    if train:\n        return T.Compose([T.Resize((64, 48))])\n    return T.Compose([T.CenterCrop(3)])",
            vec!["train"],
            vec!["train=True"],
        ),
        ("h, w = load()\nT.Compose([T.Resize((h, w))])", vec!["h", "w"], vec!["h=64", "w=48"]),
    ] {
        let imported = python(text);
        let names: Vec<&str> = imported.asks.iter().map(|ask| ask.name.as_str()).collect();
        assert_eq!(names, asks, "{text}: {imported:?}");
        let told = with(text, &given(&values));
        assert!(told.asks.is_empty(), "{text}: {told:?}");
        assert_eq!(line(&told.specs), RESIZED, "{text}: {told:?}");
    }
    // What nothing hangs on is not asked for.
    reads("T.Compose([T.Normalize(0.5, 0.5, inplace=cfg.inplace)])", "Normalize(mean=0.5, std=0.5)");
    for wrong in ["224", "cfg[size", "=3", "1=2"] {
        assert!(ImportOptions::default().give(wrong).unwrap_err().to_string().contains("NAME=VALUE"), "{wrong}");
    }
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

/// What a transform's note says of a missing default is known to who reads chains.
#[test]
fn what_has_no_default_there_is_known() {
    let of_libraries = registry().iter().filter(|i| matches!(i.library, Library::Monai | Library::Torchvision));
    for info in of_libraries.filter(|info| info.note.contains("no default")) {
        for name in info.note.split('`').skip(1).step_by(2).filter(|name| info.param(name).is_some()) {
            assert!(needs_to_be_given(info.name, name), "{} has no default for {name}", info.name);
        }
    }
    for (name, params) in WITHOUT_DEFAULT {
        let info = find(name).unwrap_or_else(|| panic!("{name}"));
        assert!(params.split_whitespace().all(|param| info.param(param).is_some()), "{name}: {params}");
    }
}

/// The registry speaks the libraries' language: every parameter is in the library's signature, and none is missing
/// without a reason.
#[test]
fn the_registry_has_the_libraries_parameters() {
    let mut wrong = Vec::new();
    for info in registry().iter().filter(|i| i.library != Library::Trainscope) {
        let name = info.name.rsplit('.').next().unwrap();
        let Some(order) = signature(info.library, name) else {
            wrong.push(format!("{} is not {}'s", info.name, info.library));
            continue;
        };
        let order: Vec<&str> = order.collect();
        let known = |key: &&str| info.param(key).is_some() || info.elsewhere.iter().any(|(name, _)| name == key);
        for key in order.iter().filter(|key| !known(key)) {
            wrong.push(format!("{} lacks {key}, without a reason", info.name));
        }
        let mut last = 0;
        for param in info.params {
            match order.iter().position(|key| *key == param.name) {
                Some(place) if place < last => wrong.push(format!("{}: {} is out of order", info.name, param.name)),
                Some(place) => last = place,
                // The one parameter that is this program's own.
                None if (info.name, param.name) == ("SimulateDelay", "kind") => {}
                None if (info.name, param.name) == ("LoadImage", "reverse_indexing") => {}
                // numpy.pad's, which MONAI hands on.
                None if matches!((info.name, param.name), (_, "value" | "constant_values"))
                    && info.family == Family::Size => {}
                None => wrong.push(format!("{} has no {} there", info.name, param.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
