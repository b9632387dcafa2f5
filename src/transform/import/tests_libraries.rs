//! Whose a transform is, what its library's own values come to here, and that the registry has what the libraries have.

use super::signatures::{WITHOUT_DEFAULT, needs_to_be_given, signature};
use super::tests::{line, notes, python, reads, with};
use super::*;
use crate::data::Image;
use crate::transform::core::description::Family;
use crate::transform::registry::registry;
use crate::transform::tests::run;
use crate::transform::{Chain, looks_unscaled};

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
    let image = Image::from_bytes([1, 2, 2], vec![0, 1, 2, 3]);
    let mut counts = std::collections::BTreeMap::new();
    for sample in 0..8_000 {
        let out = run(&chain, &image, sample);
        *counts.entry(out.data.iter().map(|v| *v as u8).collect::<Vec<_>>()).or_insert(0_u32) += 1;
    }
    // Five standard deviations of 1000.
    assert!(counts.len() == 8 && counts.values().all(|count| count.abs_diff(1_000) < 150), "{counts:?}");
}

/// Its figures are for bytes, which a step on colours makes of sixteen bits; validation has no such step and is of the same range.
#[test]
fn sixteen_bits_through_albumentations_figures_are_scaled_in_validation_as_in_training() {
    let imported = python("A.Compose([A.ColorJitter(hue=0, p=1), A.Normalize()])");
    let training = Chain::build(&imported.specs).unwrap();
    let image = Image::from_floats([3, 16, 16], (0..768).map(|v| (v * 85) as f32).collect());
    let image = Image { sixteen_bit: true, ..image };
    for chain in [training.deterministic(), training] {
        let out = run(&chain, &image, 0);
        assert!(!looks_unscaled(&out) && out.data.iter().any(|v| *v > 0.5), "{:?}", chain.specs());
    }
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
