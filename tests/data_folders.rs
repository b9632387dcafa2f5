//! Scan, split, decode and sample images on real folders, faults included.

#[path = "common/missing.rs"]
mod missing;

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, RgbaImage};
use missing::missing;
use std::ffi::OsStr;
use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trainscope::config::DataConfig;
use trainscope::data::{
    DataError, Dataset, Decoder, Image, Layout, Part, channels_of_file, sample_images, scan, scan_as, split,
};
use trainscope::language::Message;

const MAX_PIXELS: u64 = 100_000_000;

/// A folder for one test.
struct Dir(TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.0.path().join(Path::new(&name))
    }

    fn write(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn scan(&self) -> Dataset {
        scan(self.0.path(), MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap()
    }
}

fn gray() -> DynamicImage {
    GrayImage::from_fn(16, 12, |x, y| Luma([(x * 13 + y * 5) as u8])).into()
}

fn colour() -> DynamicImage {
    RgbImage::from_fn(16, 12, |x, y| Rgb([(x * 16) as u8, (y * 20) as u8, 90])).into()
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png() -> Vec<u8> {
    encode(&gray(), ImageFormat::Png)
}

fn said(notes: &[Message]) -> String {
    notes.iter().map(Message::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_words(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{text:?} lacks {word:?}");
    }
}

/// The reason of the one bad file of that name.
#[track_caller]
fn reason(dataset: &Dataset, name: &str) -> String {
    let mut bad = dataset.bad_files.iter().filter(|b| b.path.ends_with(name));
    let found = bad.next().unwrap_or_else(|| panic!("{name} is not among {:?}", dataset.bad_files));
    assert!(bad.next().is_none(), "{name} is listed twice");
    found.reason.to_string()
}

fn decode(path: &Path, channels: usize) -> Result<Image, DataError> {
    let (mut decoder, mut image) = (Decoder::new(channels, MAX_PIXELS), Image::empty());
    decoder.read(path)?;
    decoder.decode(path, &mut image)?;
    image.to_floats();
    Ok(image)
}

#[test]
fn classes_and_files_stand_in_natural_order() {
    let dir = Dir::new();
    for name in ["class 10/img10.png", "class 10/img2.png", "class 2/a.png", "class 1/b.png", "Ünï 手/c.png"] {
        dir.write(name, &png());
    }
    let dataset = dir.scan();
    assert_eq!(dataset.class_names, ["class 1", "class 2", "class 10", "Ünï 手"]);
    assert_eq!(dataset.class_counts(), [1, 1, 2, 1]);
    let names: Vec<_> = (0..dataset.len()).map(|i| dataset.path_of(i)).collect();
    assert!(names[2].ends_with("img2.png") && names[3].ends_with("class 10/img10.png"), "{names:?}");
    assert_eq!(dataset.one_size(), Some((16, 12)));
    assert_eq!((dataset.all_gray, dataset.channels(0), dataset.channels(3)), (true, 1, 3));
    assert!(dataset.notes.is_empty() && dataset.bad_files.is_empty(), "{dataset:?}");
}

#[test]
fn every_format_is_known_by_its_content() {
    let dir = Dir::new();
    let formats = [
        ("jpeg", ImageFormat::Jpeg),
        ("png", ImageFormat::Png),
        ("tiff", ImageFormat::Tiff),
        ("bmp", ImageFormat::Bmp),
        ("webp", ImageFormat::WebP),
        ("gif", ImageFormat::Gif),
        ("pnm", ImageFormat::Pnm),
    ];
    for (name, format) in formats {
        // GIF and WebP are written from colour only.
        let gray = if matches!(format, ImageFormat::Gif | ImageFormat::WebP) {
            DynamicImage::from(gray().to_rgba8())
        } else {
            gray()
        };
        dir.write(format!("gray/{name}.bin"), &encode(&gray, format));
        let colour = if format == ImageFormat::Gif { DynamicImage::from(colour().to_rgba8()) } else { colour() };
        dir.write(format!("colour/{name}.wrong.png"), &encode(&colour, format));
    }
    let dataset = dir.scan();
    assert_eq!(dataset.bad_files, []);
    assert_eq!(dataset.len(), 14);
    for (name, _) in formats {
        assert_eq!(dataset.formats[name], 2, "{name}");
    }
    assert_eq!(dataset.one_size(), Some((16, 12)));
    assert_words(&said(&dataset.notes), &["6 files have an extension that does not fit", "read by content", "among"]);
    for i in 0..dataset.len() {
        let path = dataset.path_of(i);
        let image = decode(&path, 3).unwrap();
        assert_eq!((image.shape(), image.layout), ([3, 12, 16], Layout::ChannelLast));
        let original = if path.starts_with(dir.path("gray")) { gray().to_rgb8() } else { colour().to_rgb8() };
        let lossy = path.to_string_lossy().contains("jpeg") || path.to_string_lossy().contains("gif");
        let worst =
            image.data.iter().zip(original.as_raw()).map(|(a, b)| (a - f32::from(*b)).abs()).fold(0.0, f32::max);
        assert!(worst <= if lossy { 40.0 } else { 0.0 }, "{path:?}: {worst}");
    }
}

#[test]
fn sixteen_bits_alpha_and_palettes_keep_their_values() {
    let dir = Dir::new();
    let wide: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(5, 4, |x, y| Luma([(x * 13_000 + y * 7) as u16]));
    for (name, format) in [("w.png", ImageFormat::Png), ("w.tif", ImageFormat::Tiff), ("w.pgm", ImageFormat::Pnm)] {
        let path = dir.write(format!("wide/{name}"), &encode(&wide.clone().into(), format));
        for channels in [1, 3] {
            let image = decode(&path, channels).unwrap();
            assert_eq!(image.at(channels - 1, 3, 4), Some(52_021.0), "{name}");
        }
    }
    let clear = RgbaImage::from_pixel(4, 4, image::Rgba([200, 100, 50, 0]));
    let path = dir.write("alpha/a.png", &encode(&clear.into(), ImageFormat::Png));
    assert_eq!(decode(&path, 3).unwrap().data[..3], [200.0, 100.0, 50.0]);
    assert_eq!(
        decode(&path, 1).unwrap().data[0],
        f32::from(((200 * 19_595 + 100 * 38_470 + 50 * 7_471 + 0x8000) >> 16) as u16)
    );
    for (name, palette, gray) in
        [("gray.png", [0, 0, 0, 80, 80, 80], true), ("colour.png", [0, 0, 0, 80, 90, 80], false)]
    {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 4, 1);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.to_vec());
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0, 1, 1, 0]).unwrap();
        writer.finish().unwrap();
        let own = Dir::new();
        let path = own.write(format!("p/{name}"), &bytes);
        assert_eq!(channels_of_file(&path).unwrap(), if gray { 1 } else { 3 });
        assert_eq!(own.scan().all_gray, gray, "{name}");
        assert_eq!(decode(&path, 3).unwrap().data[3], 80.0);
    }
    let dataset = dir.scan();
    assert_eq!(dataset.bit_depths.iter().map(|(b, n)| (*b, *n)).collect::<Vec<_>>(), [(8, 1), (16, 3)]);
    assert_words(&said(&dataset.notes), &["mixed bit depths", "3 images of 16 bit", "3 gray images among 1 in colour"]);
}

#[test]
fn part_folders_are_used_and_odd_ones_named() {
    let dir = Dir::new();
    for name in [
        "Training/a/1.png",
        "Training/b/1.png",
        "Training/b/2.png",
        "valid/a/1.png",
        "valid/b/1.png",
        "testing/a/1.png",
        "other/x.png",
    ] {
        dir.write(name, &png());
    }
    dir.write("valid/loose.png", &png());
    let dataset = dir.scan();
    assert!(dataset.has_parts);
    assert_eq!(dataset.class_names, ["a", "b"]);
    let parts: Vec<_> = (0..dataset.len()).filter_map(|i| dataset.part_of(i)).collect();
    assert_eq!(parts, [Part::Train, Part::Val, Part::Test, Part::Train, Part::Train, Part::Val]);
    let notes = said(&dataset.notes);
    assert_words(
        &notes,
        &["left out: other", "1 image lies beside the class folders", "1 class has no image in test: b"],
    );
    let found = split(&dataset, &DataConfig::default()).unwrap();
    assert_eq!((found.train, found.val, found.test), (vec![0, 3, 4], vec![1, 5], vec![2]));
    let summary = serde_json::to_value(dataset.summary()).unwrap();
    assert_eq!(summary["classes"][1]["parts"]["train"], 2);
}

#[test]
fn a_missing_val_folder_is_cut_from_train() {
    let dir = Dir::new();
    for class in ["a", "b"] {
        for i in 0..20 {
            dir.write(format!("train/{class}/{i}.png"), &png());
        }
        dir.write(format!("test/{class}/0.png"), &png());
    }
    let dataset = dir.scan();
    assert_words(&said(&dataset.notes), &["no val folder", "cut from train"]);
    let found = split(&dataset, &DataConfig::default()).unwrap();
    assert_eq!((found.train.len(), found.val.len(), found.test.len()), (36, 4, 2));
    let limited = split(&dataset, &DataConfig { limit: 10, ..DataConfig::default() }).unwrap();
    assert_eq!(limited.train.len() + limited.val.len() + limited.test.len(), 10);
}

/// `class:part` and how many images, in order.
fn census(dataset: &Dataset) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for i in 0..dataset.len() {
        let part = match dataset.part_of(i) {
            None => "",
            Some(Part::Train) => ":train",
            Some(Part::Val) => ":val",
            Some(Part::Test) => ":test",
        };
        let key = format!("{}{part}", dataset.class_names[dataset.class_of(i)]);
        match counts.last_mut().filter(|(last, _)| *last == key) {
            Some((_, n)) => *n += 1,
            None => counts.push((key, 1)),
        }
    }
    counts.into_iter().map(|(key, n)| format!("{key} {n}")).collect::<Vec<_>>().join(", ")
}

/// An image in each of these folders.
fn images_in(folders: &str) -> Dir {
    let dir = Dir::new();
    for folder in folders.split_whitespace() {
        dir.write(format!("{}/1.png", folder.replace('~', " ")), &png());
    }
    dir
}

#[test]
fn folders_are_read_as_they_are_meant() {
    for (folders, expected, noted) in [
        // Parts, by many names.
        (
            "training_set/cats training_set/dogs test_set/cats test_set/dogs",
            "cats:train 1, cats:test 1, dogs:train 1, dogs:test 1",
            "no val folder",
        ),
        (
            "train_data/a train_data/b valid_data/a dev_set/b",
            "a:train 1, a:val 1, b:train 1, b:val 1",
            "no test folder",
        ),
        ("train/a train/b dev/a dev/b eval/a eval/b", "a:train 1, a:val 1, a:test 1, b:train 1, b:val 1, b:test 1", ""),
        ("训练集/猫 训练集/狗 验证集/猫 测试集/狗", "狗:train 1, 狗:test 1, 猫:train 1, 猫:val 1", ""),
        ("ISIC-Training/mel ISIC-Training/nv ISIC-Test/mel", "mel:train 1, mel:test 1, nv:train 1", ""),
        ("train/cat train/dog", "cat:train 1, dog:train 1", "no test folder"),
        ("val/cat val/dog test/cat", "cat 2, dog 1", "all are taken together"),
        ("train/images/cat train/images/dog test/images/cat", "cat:train 1, cat:test 1, dog:train 1", ""),
        ("data/train/cat data/train/dog data/test/cat", "cat:train 1, cat:test 1, dog:train 1", ""),
        (
            "cat/train cat/val dog/train dog/val",
            "cat:train 1, cat:val 1, dog:train 1, dog:val 1",
            "holds the parts as folders",
        ),
        (
            "A/train/cat A/train/dog A/test/cat A/test/dog B/train/cat B/train/dog B/test/cat B/test/dog",
            "cat:train 2, cat:test 2, dog:train 2, dog:test 2",
            "the classes are the innermost",
        ),
        // A vehicle among others.
        ("train bus car", "bus 1, car 1, train 1", "the folder train is taken for a class"),
        // Pieces and places.
        ("fold0/cat fold0/dog fold1/cat fold1/dog", "cat 2, dog 2", "pieces of one dataset"),
        ("part_1/cat part_1/dog part_2/cat", "cat 2, dog 1", "pieces of one dataset"),
        ("site_A/x site_A/y site_B/x site_B/y", "x 2, y 2", "`data.labels` = \"folders\" takes those"),
        ("p001/left p001/right p002/left p002/right", "left 2, right 2", "two readings"),
        ("one/benign one/malignant two/benign two/malignant", "benign 2, malignant 2", "two readings"),
        ("cat/front cat/side dog/front dog/side", "cat 2, dog 2", "`data.labels` = \"subfolders\" takes those"),
        // What goes with images.
        ("images/cat images/dog masks/cat masks/dog", "cat 1, dog 1", "left out beside it: masks"),
        ("COVID/images COVID/masks Normal/images Normal/masks", "COVID 1, Normal 1", "2 folders of masks"),
        ("cat cat/labels dog", "cat 1, dog 1", "1 folder of masks"),
        ("with_mask without_mask", "with_mask 1, without_mask 1", ""),
        ("MedNIST/Hand MedNIST/CXR", "CXR 1, Hand 1", "the folders inside MedNIST"),
        ("images/cat images/dog", "cat 1, dog 1", ""),
        ("stage_1 stage_2 stage_3", "stage_1 1, stage_2 1, stage_3 1", ""),
        ("0 1 2", "0 1, 1 1, 2 1", ""),
        ("cat Cat", "Cat 1, cat 1", "differs by upper and lower case only"),
    ] {
        if cfg!(not(target_os = "linux")) && folders == "cat Cat" {
            continue;
        }
        let dir = images_in(folders);
        let dataset = dir.scan();
        assert_eq!(census(&dataset), expected, "{folders}: {:#?}", dataset.notes);
        let notes = said(&dataset.notes);
        assert!(
            notes.contains(noted)
                && (!noted.is_empty() || notes.lines().all(|n| n.starts_with("no ") || n.contains("has no image in"))),
            "{folders}: {notes}"
        );
    }
}

#[test]
fn folders_that_are_no_classes_are_refused_until_they_are_asked_for() {
    for (folders, words) in [
        ("train test", "the folders test, train are parts of a dataset rather than classes"),
        ("train val test", "parts of a dataset"),
        ("training_set validation_set", "parts of a dataset"),
        ("train", "the folder train is a part of a dataset rather than a class"),
        ("images masks", "the folders images, masks hold images and what goes with them, not classes"),
        ("train/images train/masks", "images and what goes with them"),
        ("HAM_part_1 HAM_part_2", "pieces of one dataset"),
        ("batch1 batch2 batch3", "pieces of one dataset"),
        ("fold_0 fold_1", "pieces of one dataset"),
        ("images/train images/val labels/train", "parts of a dataset"),
        ("训练集 测试集", "parts of a dataset"),
    ] {
        let dir = images_in(folders);
        let dataset = dir.scan();
        assert!(dataset.is_empty(), "{folders}: {:?}", dataset.class_names);
        let error = dataset.check_usable().unwrap_err();
        assert!(matches!(error, DataError::NoClasses { .. }), "{folders}: {error}");
        assert_words(&error.to_string(), &[words, "`data.labels` = \"folders\" takes them"]);
        assert_words(&said(&dataset.notes), &["no class folders", words]);
        let config = DataConfig { labels: "folders".to_owned(), ..DataConfig::default() };
        let forced = scan_as(dir.0.path(), &config, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut tops: Vec<&str> = folders.split_whitespace().filter_map(|path| path.split('/').next()).collect();
        tops.sort_unstable();
        tops.dedup();
        let mut found = forced.class_names.clone();
        found.sort_unstable();
        assert_eq!(found, tops, "{folders}");
        assert!(!forced.has_parts);
    }
    let dir = images_in("cat/front cat/side dog/front dog/side");
    let config = DataConfig { labels: "subfolders".to_owned(), ..DataConfig::default() };
    let inner = scan_as(dir.0.path(), &config, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((census(&inner).as_str(), inner.reading.taken.as_str()), ("front 2, side 2", "subfolders"));
}

#[test]
fn folders_of_systems_and_of_runs_are_left_out() {
    let dir = images_in(
        "cat dog cat/@eaDir/1.png dog/.thumbnails @eaDir/1.png #recycle/cat #snapshot $RECYCLE.BIN/S-1-5 __MACOSX/cat \
         System~Volume~Information __pycache__ .ipynb_checkpoints .Trash-1000/files .git runs/one/exports cat/run2/exports run3/exports",
    );
    for run in ["runs/one", "cat/run2", "run3"] {
        dir.write(format!("{run}/run.toml"), b"[data]\n");
    }
    for file in ["cat/._1.png", "dog/Thumbs.db", "dog/.DS_Store", "cat/desktop.ini"] {
        dir.write(file, &png());
    }
    let dataset = dir.scan();
    assert_eq!(census(&dataset), "cat 1, dog 1", "{:#?}", dataset.notes);
    assert_eq!(dataset.bad_files, []);
    assert_words(
        &said(&dataset.notes),
        &[
            "left out, as they are the system's, hidden or of a run of this program: 15 folders (",
            "and 10 more) and 4 files",
        ],
    );
    // In the folders that a table's images lie in as well.
    dir.write("labels.csv", b"file,label\n1.png,x\n");
    let config = DataConfig { labels: "labels.csv".to_owned(), ..DataConfig::default() };
    let dataset = scan_as(dir.0.path(), &config, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_words(&dataset.check_usable().unwrap_err().to_string(), &["2 folders have a file of that name: cat, dog"]);
}

#[test]
fn what_is_found_instead_is_said() {
    let flat = Dir::new();
    for i in 0..12 {
        flat.write(format!("{i}.png"), &png());
    }
    let dataset = flat.scan();
    assert_words(
        &dataset.notes[0].to_string(),
        &["no class folders: 12 images lie directly", "expected one folder per class"],
    );
    let error = split(&dataset, &DataConfig::default()).unwrap_err();
    assert!(matches!(error, DataError::NoClasses { .. }));
    assert_words(&error.to_string(), &["no class folders: 12 images lie directly in the folder; expected"]);

    let empty = Dir::new().scan();
    assert_words(&empty.notes[0].to_string(), &["no class folders: no image is there either"]);

    let one = Dir::new();
    one.write("MedNIST/Hand/1.png", &png());
    one.write("MedNIST/CXR/1.png", &png());
    one.write("nothing/readme.txt", b"words");
    one.write("loose.png", &png());
    let dataset = one.scan();
    assert_eq!((dataset.class_names.join(" "), dataset.len()), ("CXR Hand".to_owned(), 2));
    let notes = said(&dataset.notes);
    assert_words(&notes, &["the classes are the folders inside MedNIST, the one folder there"]);
    assert_words(
        &notes,
        &["1 class folder holds no image and is left out: nothing", "1 image lies beside the class folders"],
    );

    let single = Dir::new();
    single.write("Hand/left/1.png", &png());
    single.write("Hand/2.png", &png());
    let notes = said(&single.scan().notes);
    assert_words(&notes, &["one class only (Hand)", "open that folder", "1 image in folders inside class folders"]);

    let missing = scan(Path::new("/no/such/folder"), MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_words(&missing.to_string(), &["cannot be read", "not there", ": /no/such/folder"]);
    let file = one.path("loose.png");
    let error = scan(&file, MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert_words(&error, &["it is not a folder"]);
}

#[test]
fn bad_files_are_listed_and_the_rest_is_used() {
    let dir = Dir::new();
    dir.write("a/good.png", &png());
    dir.write("b/good.jpg", &encode(&colour(), ImageFormat::Jpeg));
    dir.write("a/empty.png", b"");
    dir.write("a/text.jpg", b"not an image at all");
    dir.write("a/zeros.png", &[0; 300]);
    for (name, format) in [
        ("cut.jpg", ImageFormat::Jpeg),
        ("cut.png", ImageFormat::Png),
        ("cut.tif", ImageFormat::Tiff),
        ("cut.bmp", ImageFormat::Bmp),
        ("cut.webp", ImageFormat::WebP),
        ("cut.gif", ImageFormat::Gif),
        ("cut.ppm", ImageFormat::Pnm),
    ] {
        let bytes = encode(&if format == ImageFormat::Gif { colour().to_rgba8().into() } else { colour() }, format);
        dir.write(format!("b/{name}"), &bytes[..bytes.len() - bytes.len() / 4]);
        dir.write(format!("b/head-{name}"), &bytes[..12]);
    }
    for hidden in ["a/.DS_Store", "a/Thumbs.db", "a/labels.csv", "a/._good.png", "notes.txt"] {
        dir.write(hidden, b"x");
    }
    let dataset = dir.scan();
    assert_eq!(dataset.len(), 2, "{:?}", dataset.bad_files);
    assert_eq!(dataset.ignored_files, 5);
    assert_words(&reason(&dataset, "empty.png"), &["0 bytes"]);
    assert_words(&reason(&dataset, "text.jpg"), &["not an image: it holds text; expected jpeg"]);
    assert_words(&reason(&dataset, "zeros.png"), &["only zeros"]);
    assert_words(&reason(&dataset, "cut.jpg"), &["cut off", "data end early"]);
    for name in ["cut.png", "cut.tif", "cut.bmp", "cut.webp", "cut.gif", "cut.ppm"] {
        println!("{name}: {}", reason(&dataset, name));
    }
    assert_words(&reason(&dataset, "head-cut.bmp"), &["not"]);
    assert_words(&reason(&dataset, "head-cut.png"), &["cut off", "header"]);
    let summary = dataset.summary();
    assert_eq!(summary.bad_file_count, 17);
    for bad in &dataset.bad_files {
        assert!(decode(&bad.path, 3).is_err(), "{bad:?} decodes");
    }
}

/// A PNG whose header's checksum fits what was made of it.
fn with_header_sum(mut png: Vec<u8>) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(&png[12..29]);
    png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    png
}

#[test]
fn a_png_header_that_means_nothing_is_seen_by_the_scan() {
    let dir = Dir::new();
    dir.write("a/ok.png", &png());
    // Bit depth and colour type that no PNG has, or not together; a checksum that does not fit; no pixels.
    for (name, depth, colour) in [("depth", 3, 0), ("colour", 8, 1), ("both", 16, 3)] {
        let mut bytes = png();
        bytes[24..26].copy_from_slice(&[depth, colour]);
        dir.write(format!("a/{name}.png"), &with_header_sum(bytes));
    }
    let mut bytes = png();
    bytes[30] ^= 1;
    dir.write("a/sum.png", &bytes);
    let good = png();
    dir.write("a/none.png", &[&good[..33], b"\0\0\0\0IEND\xae\x42\x60\x82"].concat());
    let dataset = dir.scan();
    assert_eq!((dataset.len(), dataset.bad_files.len()), (1, 5), "{:?}", dataset.bad_files);
    for bad in &dataset.bad_files {
        assert!(decode(&bad.path, 3).is_err(), "{bad:?} decodes");
    }
}

#[test]
fn huge_sizes_are_refused_by_their_header() {
    let dir = Dir::new();
    let mut bytes = png();
    bytes[16..20].copy_from_slice(&100_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&100_000u32.to_be_bytes());
    dir.write("a/huge.png", &with_header_sum(bytes));
    let mut bytes = encode(&colour(), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&100_000u32.to_le_bytes());
    bytes[22..26].copy_from_slice(&100_000u32.to_le_bytes());
    dir.write("a/huge.bmp", &bytes);
    dir.write("a/huge.pgm", b"P5 4000000000 4000000000 255\n0");
    dir.write("a/flat.pgm", b"P5 0 7 255\n");
    dir.write("a/ok.png", &png());
    let dataset = dir.scan();
    assert_eq!(dataset.len(), 1);
    for name in ["huge.png", "huge.bmp"] {
        let reason = reason(&dataset, name);
        assert_words(&reason, &["100000 x 100000 is 10,000,000,000 pixels", "`data.max_pixels` = 100,000,000"]);
        assert_words(&decode(&dir.path(format!("a/{name}")), 1).unwrap_err().to_string(), &["10,000,000,000"]);
    }
    assert_words(&reason(&dataset, "flat.pgm"), &["no pixels (0 x 7)"]);
    assert_words(&reason(&dataset, "huge.pgm"), &["data.max_pixels"]);
}

#[test]
fn a_decoder_goes_on_after_an_error() {
    let dir = Dir::new();
    let good = dir.write("good.png", &png());
    let bad = dir.write("bad.png", b"nothing");
    let (mut decoder, mut image) = (Decoder::new(1, MAX_PIXELS), Image::empty());
    for _ in 0..3 {
        decoder.read(&bad).unwrap();
        let error = decoder.decode(&bad, &mut image).unwrap_err().to_string();
        assert!(error.ends_with("bad.png"), "{error}");
        decoder.read(&good).unwrap();
        decoder.decode(&good, &mut image).unwrap();
        assert_eq!(image.at(0, 2, 3), Some(49.0));
    }
}

#[test]
fn a_file_that_changes_after_the_scan_is_an_error() {
    let dir = Dir::new();
    for name in ["gone.png", "folder.png", "short.png"] {
        dir.write(format!("a/{name}"), &png());
    }
    let dataset = dir.scan();
    assert_eq!(dataset.len(), 3);
    fs::remove_file(dir.path("a/gone.png")).unwrap();
    fs::remove_file(dir.path("a/folder.png")).unwrap();
    fs::create_dir(dir.path("a/folder.png")).unwrap();
    fs::write(dir.path("a/short.png"), &png()[..40]).unwrap();
    let words = |name: &str| decode(&dir.path(format!("a/{name}")), 1).unwrap_err().to_string();
    assert_words(&words("gone.png"), &["not there, or no longer", "gone.png"]);
    assert_words(&words("folder.png"), &["cannot be read", "folder.png"]);
    assert_words(&words("short.png"), &["cut off", "short.png"]);
}

#[test]
fn damage_anywhere_is_an_error_or_pixels_never_a_panic() {
    let dir = Dir::new();
    let (mut decoder, mut image) = (Decoder::new(3, 1_000_000), Image::empty());
    let formats = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Tiff,
        ImageFormat::Bmp,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Pnm,
    ];
    for format in formats {
        let whole =
            encode(&colour().to_rgba8().into(), if format == ImageFormat::Jpeg { ImageFormat::Png } else { format });
        let whole = if format == ImageFormat::Jpeg { encode(&colour(), format) } else { whole };
        for step in 0..whole.len().min(400) {
            let mut bytes = whole.clone();
            bytes[step] ^= 0xa5;
            let path = dir.write("f", &bytes);
            decoder.read(&path).unwrap();
            if decoder.decode(&path, &mut image).is_ok() {
                assert_eq!(image.len(), image.channels * image.height * image.width);
            }
            bytes.truncate(step);
            fs::write(&path, &bytes).unwrap();
            decoder.read(&path).unwrap();
            let _ = decoder.decode(&path, &mut image);
        }
    }
}

#[test]
fn a_scan_reports_and_can_be_stopped() {
    let dir = Dir::new();
    for i in 0..600 {
        dir.write(format!("a/{i}.png"), &png());
    }
    let mut seen = Vec::new();
    let dataset = scan(dir.0.path(), MAX_PIXELS, &mut |p| {
        seen.push((p.files_seen, p.images));
        ControlFlow::Continue(())
    });
    assert_eq!(dataset.unwrap().len(), 600);
    assert_eq!(seen.last(), Some(&(600, 600)));
    assert!(seen.len() > 3 && seen.is_sorted(), "{seen:?}");
    let mut calls = 0;
    let stopped = scan(dir.0.path(), MAX_PIXELS, &mut |_| {
        calls += 1;
        if calls == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(DataError::Cancelled)));
    assert_eq!(calls, 3);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    fn mkfifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn special_files_are_never_opened() {
        let dir = Dir::new();
        dir.write("a/good.png", &png());
        dir.write("b/good.png", &png());
        mkfifo(&dir.path("a/pipe.png"));
        let _socket = UnixListener::bind(dir.path("a/socket.png")).unwrap();
        symlink("/dev/zero", dir.path("a/zero.png")).unwrap();
        symlink(dir.path("a/pipe.png"), dir.path("a/link-to-pipe.png")).unwrap();
        let dataset = dir.scan();
        assert_eq!(dataset.len(), 2);
        assert_words(&reason(&dataset, "a/pipe.png"), &["a FIFO"]);
        assert_words(&reason(&dataset, "a/link-to-pipe.png"), &["a FIFO"]);
        assert_words(&reason(&dataset, "a/socket.png"), &["a socket"]);
        assert_words(&reason(&dataset, "a/zero.png"), &["a device"]);
    }

    #[test]
    fn a_fifo_put_in_after_the_scan_does_not_hang() {
        let dir = Dir::new();
        let path = dir.write("a/x.png", &png());
        assert_eq!(dir.scan().len(), 1);
        fs::remove_file(&path).unwrap();
        mkfifo(&path);
        assert_words(&decode(&path, 1).unwrap_err().to_string(), &["a FIFO (named pipe), not a file"]);
    }

    /// Whatever it is now; it was an image when it hung, and no other image may get another number.
    #[test]
    fn a_file_that_is_not_to_be_touched_keeps_its_place() {
        let dir = Dir::new();
        for name in ["a/1.png", "a/2.png", "a/3.png", "b/1.png"] {
            dir.write(name, &png());
        }
        let before = dir.scan();
        dir.write("a/2.png", b"no image");
        assert_eq!(dir.scan().len(), 3);
        let quarantine = vec!["a/2.png".to_owned(), "b/none.png".to_owned()];
        let config = DataConfig { quarantine, ..DataConfig::default() };
        let around = scan_as(dir.0.path(), &config, &mut |_: &_| ControlFlow::Continue(())).unwrap();
        let names = |dataset: &Dataset| (0..dataset.len()).map(|i| dataset.name_of(i)).collect::<Vec<_>>();
        assert_eq!((names(&around), around.bad_files.len()), (names(&before), 0));
        assert_eq!((around.one_size(), around.sizes.values().sum::<u64>()), (before.one_size(), 3));
    }

    #[test]
    fn links_are_followed_and_circles_end() {
        let dir = Dir::new();
        dir.write("real/1.png", &png());
        dir.write("real/deeper/2.png", &png());
        dir.write("b/1.png", &png());
        symlink(dir.path("real"), dir.path("linked")).unwrap();
        symlink(dir.path("b/1.png"), dir.path("b/again.png")).unwrap();
        symlink("loop.png", dir.path("b/loop.png")).unwrap();
        symlink("nowhere.png", dir.path("b/broken.png")).unwrap();
        symlink(dir.path("real"), dir.path("real/deeper/up")).unwrap();
        symlink(dir.0.path(), dir.path("b/root")).unwrap();
        let dataset = dir.scan();
        assert_words(&reason(&dataset, "b/loop.png"), &["link"]);
        assert_words(&reason(&dataset, "b/broken.png"), &["leads nowhere"]);
        assert_eq!(dataset.class_names, ["b", "linked", "real"]);
        assert_eq!(dataset.class_counts()[1..], [2, 2]);
        assert!(dataset.bad_files.iter().any(|b| b.reason.to_string().contains("circle")), "{:?}", dataset.bad_files);
    }

    #[test]
    fn names_that_are_no_text_work_and_are_shown_escaped() {
        let dir = Dir::new();
        dir.write("new\nline/a\nb.png", &png());
        dir.write(OsStr::from_bytes(b"bytes \xff\xfe/c\xff.png"), &png());
        dir.write(OsStr::from_bytes(b"bytes \xff\xfe/bad\xff.png"), b"");
        let dataset = dir.scan();
        assert_eq!(dataset.class_names, ["bytes \\xff\\xfe", "new\\nline"]);
        for i in 0..dataset.len() {
            assert_eq!(decode(&dataset.path_of(i), 1).unwrap().shape(), [1, 12, 16]);
        }
        let summary = dataset.summary();
        assert!(summary.bad_files[0].path.ends_with("bytes \\xff\\xfe/bad\\xff.png"), "{summary:?}");
        assert_eq!(split(&dataset, &DataConfig::default()).unwrap().train.len(), 2);
    }

    /// Root may read everything: the test is run again as nobody, from a copy of the program that nobody may start.
    #[test]
    fn what_may_not_be_read_is_listed() {
        const NAME: &str = "unix::what_may_not_be_read_is_listed";
        if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            let dir = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
            let program = dir.path().join("test");
            fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
            let output = std::process::Command::new("setpriv")
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .arg(&program)
                .args([NAME, "--exact"])
                .current_dir("/")
                .output();
            let Ok(output) = output else { return missing("setpriv (util-linux) is not installed") };
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let dir = Dir::new();
        dir.write("a/good.png", &png());
        let file = dir.write("a/locked.png", &png());
        dir.write("b/x.png", &png());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
        fs::set_permissions(dir.path("b"), fs::Permissions::from_mode(0o0)).unwrap();
        assert!(fs::File::open(&file).is_err(), "this user may read everything");
        let dataset = dir.scan();
        assert_words(&reason(&dataset, "locked.png"), &["no permission"]);
        assert_words(&reason(&dataset, "b"), &["folder cannot be read: no permission"]);
        fs::set_permissions(dir.path("b"), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn sample_images_are_a_dataset() {
    let dir = Dir::new();
    let (one, two) = (dir.path("new/one"), dir.path("two"));
    fs::create_dir(&two).unwrap();
    let mut last = (0, 0);
    let mut progress = |done, total| {
        last = (done, total);
        ControlFlow::Continue(())
    };
    let summary = sample_images::write_sample_dataset(&one, 20, 3, &mut progress).unwrap();
    assert_eq!(summary.class_names, sample_images::CLASSES);
    assert_eq!((summary.images, last), (120, (120, 120)));
    sample_images::write_sample_dataset(&two, 20, 3, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let dataset = scan(&one, MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(dataset.class_names, sample_images::CLASSES);
    assert_eq!((dataset.class_counts(), dataset.one_size(), dataset.all_gray), (vec![20; 6], Some((64, 64)), true));
    assert_eq!((dataset.formats["png"], dataset.formats["jpeg"]), (60, 60));
    assert!(dataset.bad_files.is_empty() && dataset.notes.is_empty());
    for i in 0..dataset.len() {
        let path = dataset.path_of(i);
        let twin = two.join(path.strip_prefix(&one).unwrap());
        assert_eq!(fs::read(&path).unwrap(), fs::read(twin).unwrap());
        decode(&path, 1).unwrap();
    }
}

#[test]
fn sample_images_never_overwrite_and_leave_nothing_half_done() {
    let dir = Dir::new();
    dir.write("full/mine.txt", b"keep");
    let error = sample_images::write_sample_dataset(&dir.path("full"), 1, 0, &mut |_, _| ControlFlow::Continue(()));
    assert_words(&error.unwrap_err().to_string(), &["empty or new folder", "full"]);
    let stopped = sample_images::write_sample_dataset(&dir.path("stopped"), 5, 0, &mut |done, _| {
        if done == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(DataError::Cancelled)));
    let left: Vec<_> = fs::read_dir(dir.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["full"]);
    let file = dir.write("file", b"x");
    let error = sample_images::write_sample_dataset(&file, 1, 0, &mut |_, _| ControlFlow::Continue(()));
    assert_words(&error.unwrap_err().to_string(), &["cannot be written", "file"]);
}

/// Set TRAINSCOPE_MEDNIST to the MedNIST folder to run it: figures, and one image against MONAI's.
#[test]
fn mednist_is_read_as_monai_reads_it() {
    let Some(root) = std::env::var_os("TRAINSCOPE_MEDNIST").map(PathBuf::from) else {
        return missing("TRAINSCOPE_MEDNIST is not set");
    };
    let begun = std::time::Instant::now();
    let dataset = scan(&root, MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap();
    println!("scanned {} images in {:.2} s", dataset.len(), begun.elapsed().as_secs_f64());
    assert_eq!(dataset.class_names, ["AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT"]);
    assert_eq!(dataset.class_counts(), [10_000, 8_954, 10_000, 10_000, 10_000, 10_000]);
    assert_eq!((dataset.bad_files.len(), dataset.one_size(), dataset.all_gray), (0, Some((64, 64)), true));

    let (mut decoder, mut image) = (Decoder::new(1, MAX_PIXELS), Image::empty());
    let begun = std::time::Instant::now();
    let mut read_secs = 0.0;
    for i in 0..dataset.len() {
        let path = dataset.path_of(i);
        let reading = std::time::Instant::now();
        decoder.read(&path).unwrap();
        read_secs += reading.elapsed().as_secs_f64();
        decoder.decode(&path, &mut image).unwrap();
    }
    let us = 1e6 / dataset.len() as f64;
    println!(
        "read and decoded in {:.1} us an image, {:.1} of it reading",
        begun.elapsed().as_secs_f64() * us,
        read_secs * us
    );

    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/transforms/in_gray_Hand.npy");
    let Ok(bytes) = fs::read(golden) else {
        return missing(format_args!("no golden file at {golden}"));
    };
    let expected = npyz::NpyFile::new(&bytes[..]).unwrap().into_vec::<f32>().unwrap();
    let ours = decode(&root.join("Hand/000123.jpeg"), 1).unwrap();
    assert_eq!(ours.data.len(), expected.len());
    let worst = ours.data.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("largest difference to PIL: {worst}");
    assert!(worst <= 1.0, "{worst}");
}
