//! Files of others taken in, and ours given out.

use super::file::WeightsFile;
use super::*;
use crate::config::{Freeze, ModelConfig, OptimizerConfig};
use crate::data::{Decoder, Image};
use crate::language::Language::{English, SimplifiedChinese};
use crate::language::clauses;
use crate::train::golden_networks::images as made_up;
use crate::train::golden_tests::{Fill, Formula, floats};
use crate::train::missing::missing;
use crate::train::{LossSpec, OpenDevice, Pixels, Samples, StepMode, TrainerSpec};
use std::path::PathBuf;

fn trainer(model: &str, in_channels: usize, classes: usize, seed: u64) -> Trainer {
    let (model, optimizer) = (ModelConfig::named(model), OptimizerConfig::default());
    let spec = TrainerSpec { model, optimizer, loss: LossSpec::default(), in_channels, classes, seed };
    Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap()
}

fn logits(trainer: &Trainer, pixels: &[f32], shape: [usize; 4]) -> Vec<f32> {
    trainer.evaluator().unwrap().logits(Pixels::Floats(pixels), shape).unwrap()
}

fn pixels(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i * 37 % 101) as f32 / 101.0).collect()
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[track_caller]
fn close(got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len());
    let largest = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() <= tolerance * largest, "{got} against {expected}, largest {largest}");
    }
}

/// What MONAI trained gives what MONAI computed: for made-up images (`tests/make_checkpoint_logits.py`) to 1e-3, and for MedNIST's
/// files as near as their decoder allows. Ours is one level off libjpeg's in half a percent of their pixels, and that alone moves
/// these logits by up to 0.05 on 48 files (PyTorch's own, given our pixels of 12 files, by 0.0055). MONAI's reader hands pictures over as (W, H).
#[test]
fn monais_checkpoint_gives_monais_logits() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden/monai_checkpoint");
    let Ok(text) = std::fs::read_to_string(golden.join("predictions.json")) else {
        return missing("the golden checkpoint is not beside this checkout");
    };
    let mut trainer = trainer("densenet121", 1, 6, 1);
    let report = trainer.take_weights(&golden.join("densenet121_mednist.pt")).unwrap();
    assert_eq!((&report.not_found, &report.left), (&Vec::new(), &Vec::new()));
    assert_eq!((report.adapted, report.replaced), (None, None));
    let worst = |got: &[f32], expected: &[f64]| {
        assert_eq!(got.len(), expected.len());
        got.iter().zip(expected).map(|(got, expected)| (f64::from(*got) - expected).abs()).fold(0.0, f64::max)
    };
    let expected = floats(&serde_json::from_str(include_str!("../../../tests/data/monai_checkpoint.json")).unwrap());
    let shape = [8, 1, 64, 64];
    let difference = worst(&logits(&trainer, &made_up(shape), shape), &expected);
    assert!(difference <= 1e-3, "{difference:.2e}");

    let Some(images) = std::env::var_os("TRAINSCOPE_MEDNIST").map(PathBuf::from) else {
        return missing("TRAINSCOPE_MEDNIST is not set");
    };
    let reference: serde_json::Value = serde_json::from_str(&text).unwrap();
    let items = reference["items"].as_array().unwrap()[..48].chunks(16);
    for (batch, rows) in items.zip(reference["logits"].as_array().unwrap().chunks(16)) {
        let mut values = Vec::with_capacity(16 * 4096);
        for item in batch {
            values.extend(as_monai_reads(&images.join(item.as_str().unwrap())));
        }
        let got = logits(&trainer, &values, [batch.len(), 1, 64, 64]);
        for ((got, row), item) in got.chunks(6).zip(rows).zip(batch) {
            let difference = worst(got, &floats(row));
            assert!(difference <= 0.1, "{item}: {difference:.2e}");
        }
    }
}

/// LoadImage and ScaleIntensity: [x][y], stretched to 0 to 1.
fn as_monai_reads(path: &Path) -> Vec<f32> {
    let mut decoder = Decoder::new(1, 1 << 20);
    let mut image = Image::empty();
    decoder.read(path).and_then(|()| decoder.decode(path, &mut image)).unwrap();
    let [_, height, width] = image.shape();
    let bytes: Vec<f32> = image.bytes.iter().map(|v| f32::from(*v)).collect();
    let (low, high) = bytes.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    (0..width)
        .flat_map(|x| (0..height).map(move |y| (x, y)))
        .map(|(x, y)| (bytes[y * width + x] - low) / (high - low))
        .collect()
}

/// Both of `tests/make_weights.py`'s: with and without wrappers, halves and floats.
#[test]
fn zip_and_legacy_files_of_pytorch_are_read() {
    let shape = [2, 1, 32, 32];
    let images = pixels(2 * 32 * 32);
    let mut filled = trainer("small_cnn", 1, 3, 1);
    filled.network = filled.network.map(|n| n.map(&mut Fill::new(Formula::HashAndStatistics)));
    let expected = logits(&filled, &images, shape);

    let mut legacy = trainer("small_cnn", 1, 3, 2);
    let report = legacy.take_weights(&data("small_cnn_legacy.pth")).unwrap();
    assert_eq!((report.taken.len(), report.not_found.len(), report.left.len()), (22, 0, 0));
    close(&logits(&legacy, &images, shape), &expected, 1e-6);

    let mut zip = trainer("small_cnn", 1, 3, 3);
    let report = zip.take_weights(&data("small_cnn_zip.pt")).unwrap();
    assert_eq!((report.taken.len(), report.not_found.len()), (22, 0));
    assert_eq!(report.left, ["state_dict.module.projector.weight"]);
    close(&logits(&zip, &images, shape), &expected, 5e-3);
}

/// What is written is what is taken in, for every kind of layer; and the header says what the caller said.
#[test]
fn what_is_written_can_be_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    for (model, side) in
        [("densenet121", 32), ("resnet18", 32), ("mobilenet_v2", 32), ("convnext_tiny", 32), ("vit_tiny_patch16", 40)]
    {
        let shape = [1, 3, side, side];
        let images = pixels(3 * side * side);
        let first = trainer(model, 3, 4, 1);
        let file = folder.path().join(format!("{model}.safetensors"));
        let metadata = HashMap::from([("labels".to_owned(), "[\"a\"]".to_owned())]);
        write_safetensors(&first.evaluator().unwrap(), metadata.clone(), &file, false).unwrap();
        let mut second = trainer(model, 3, 4, 2);
        let report = second.take_weights(&file).unwrap();
        assert_eq!((report.not_found.len(), report.left.len()), (0, 0), "{model}: {report:?}");
        assert_eq!(logits(&second, &images, shape), logits(&first, &images, shape), "{model}");

        let bytes = std::fs::read(&file).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(header.metadata().as_ref(), Some(&metadata));
        let again = write_safetensors(&first.evaluator().unwrap(), HashMap::new(), &file, false);
        assert!(matches!(again, Err(WriteError::Exists(_))));
        assert_eq!(std::fs::read(&file).unwrap(), bytes);
        write_safetensors(&first.evaluator().unwrap(), HashMap::new(), &file, true).unwrap();
    }
}

/// Another number of classes: the last layer is drawn. Of channels: one gets the sum, as of a gray picture seen as three.
#[test]
fn classes_and_channels_may_be_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("three.safetensors");
    let three = trainer("resnet18", 3, 5, 1);
    write_safetensors(&three.evaluator().unwrap(), HashMap::new(), &file, false).unwrap();
    let gray = pixels(32 * 32);
    let expected = logits(&three, &gray.repeat(3), [1, 3, 32, 32]);

    let mut one = trainer("resnet18", 1, 5, 2);
    assert_eq!(one.take_weights(&file).unwrap().adapted, Some((3, 1)));
    close(&logits(&one, &gray, [1, 1, 32, 32]), &expected, 1e-4);
    let mut four = trainer("resnet18", 6, 5, 2);
    assert_eq!(four.take_weights(&file).unwrap().adapted, Some((3, 6)));
    close(&logits(&four, &gray.repeat(6), [1, 6, 32, 32]), &expected, 1e-4);

    let mut two = trainer("resnet18", 3, 2, 7);
    let report = two.take_weights(&file).unwrap();
    assert_eq!(report.replaced, Some((5, 2)));
    assert!(report.left.is_empty() && report.not_found.is_empty() && !report.taken.contains(&"fc.weight".to_owned()));
    let words = clauses(report.sentences()).to_string();
    assert!(words.contains("for 2 classes; the file has 5"), "{words}");
    assert_eq!(logits(&two, &gray.repeat(3), [1, 3, 32, 32]).len(), 2);
}

/// Of many names the first few.
#[test]
fn what_was_taken_is_said_in_either_language() {
    let names = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
    let report = WeightsReport { taken: names(20), not_found: names(2), left: names(11), ..WeightsReport::default() };
    let said = |language| report.sentences().iter().map(|s| s.render(language)).collect::<Vec<_>>();
    assert_eq!(
        said(English),
        [
            "weights: 20 tensors were taken",
            "weights: not found, and drawn anew: t0 and t1",
            "weights: left, as the network has none of that name: t0, t1, t2, t3, t4, t5, t6, t7 and 3 more",
        ]
    );
    assert_eq!(
        said(SimplifiedChinese),
        [
            "权重：已载入 20 个张量",
            "权重：文件中没有，改为随机初始化：t0 和 t1",
            "权重：网络中没有同名张量，未使用：t0、t1、t2、t3、t4、t5、t6、t7 和另外 3 个",
        ]
    );
    let error = WeightsFile::open(Path::new("no such file.pt")).err().unwrap().message();
    assert_eq!(error.render(SimplifiedChinese), "无法载入权重：不存在，或已被移走：no such file.pt");
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weights.pt");
    std::fs::write(&file, bytes).unwrap();
    let mut trainer = trainer("small_cnn", 1, 3, 1);
    let images = pixels(32 * 32);
    let before = logits(&trainer, &images, [1, 1, 32, 32]);
    let error = trainer.take_weights(&file).unwrap_err().to_string();
    assert!(error.contains(expected) && error.contains("weights.pt") && !error.contains('\n'), "{error}");
    assert_eq!(logits(&trainer, &images, [1, 1, 32, 32]), before);
    // Nothing that was in the file has happened.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn safetensors_of(header: &str, values: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; values]);
    bytes
}

#[test]
fn hostile_files_are_a_sentence() {
    refused(b"", "torch.save");
    refused(b"no weights at all", "torch.save");
    // A length of the header beyond the file, one that would not fit in memory, offsets beyond the file, and too many values.
    refused(&[&u64::MAX.to_le_bytes()[..], b"{\"a\":1}"].concat(), "header");
    refused(&safetensors_of("{}", 0)[..9], "header");
    refused(&safetensors_of(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4), "header");
    refused(&safetensors_of(r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4), "header");
    refused(
        &safetensors_of(r#"{"a":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,4]}}"#, 4),
        "header",
    );
    refused(&safetensors_of(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4), "0 of the 14 parameters");
    // Another network's, of which a tensor has the same name.
    let wrong = r#"{"out.weight":{"dtype":"F32","shape":[3,8,2],"data_offsets":[0,192]}}"#;
    refused(&safetensors_of(wrong, 192), "choose the model");
    // pickle: os.system("touch owned"), plain, and with the magic of the legacy format before it.
    refused(b"cos\nsystem\n(S'touch owned'\ntR.", "");
    refused(
        b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01cposix\nsystem\nq\x02X\x0b\x00\x00\x00touch ownedq\x03\x85q\x04Rq\x05s.",
        "",
    );
    // A zip whose directory lies, and one cut off.
    let zip = std::fs::read(data("small_cnn_zip.pt")).unwrap();
    refused(&zip[..zip.len() / 2], "torch.save");
    refused(&zip[..zip.len() - 30], "torch.save");
    let legacy = std::fs::read(data("small_cnn_legacy.pth")).unwrap();
    refused(&legacy[..legacy.len() / 2], "");
}

#[test]
fn values_that_are_no_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nan.safetensors");
    let mut bytes = safetensors_of(r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 0);
    bytes.extend(f32::NAN.to_le_bytes());
    std::fs::write(&file, bytes).unwrap();
    let error = WeightsFile::open(&file).unwrap().values("a").unwrap_err().to_string();
    assert!(error.contains("no numbers"), "{error}");
}

/// Of the tensors, the last layer's alone are other ones after a step, running statistics included.
#[test]
fn a_frozen_body_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let tensors = |trainer: &Trainer, name: &str| {
        let path = folder.path().join(name);
        write_safetensors(&trainer.evaluator().unwrap(), HashMap::new(), &path, true).unwrap();
        let file = WeightsFile::open(&path).unwrap();
        let names: Vec<String> = file.names().filter(|n| !n.ends_with("tracked")).map(str::to_owned).collect();
        names.into_iter().map(|name| (name.clone(), file.values(&name).unwrap())).collect::<Vec<_>>()
    };
    for freeze in [Freeze::Body, Freeze::None] {
        let model = ModelConfig { freeze, ..ModelConfig::named("small_cnn") };
        let (optimizer, loss) = (OptimizerConfig::default(), LossSpec::default());
        let spec = TrainerSpec { model, optimizer, loss, in_channels: 1, classes: 2, seed: 1 };
        let mut trainer = Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap();
        let before = tensors(&trainer, "before");
        let images = pixels(4 * 32 * 32);
        let shape = [4, 1, 32, 32];
        let samples = Samples { pixels: Pixels::Floats(&images), shape, labels: &[0, 1, 1, 0], mixed: None };
        trainer.step(samples, StepMode::whole(false, true)).unwrap();
        let changed: Vec<String> = before
            .into_iter()
            .zip(tensors(&trainer, "after"))
            .filter_map(|(before, after)| (before != after).then_some(before.0))
            .collect();
        match freeze {
            Freeze::Body => assert_eq!(changed, ["out.bias", "out.weight"]),
            Freeze::None => assert_eq!(changed.len(), 22, "{changed:?}"),
        }
    }
}
