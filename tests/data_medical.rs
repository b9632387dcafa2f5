//! DICOM and NIfTI files: values as pydicom and nibabel read them (`data/medical/make.py` wrote the files and what those
//! libraries make of them), what a scan counts, groups that stay together, and files that lie or end early.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use trainscope::config::{DataConfig, Orientation, SliceAxis};
use trainscope::data::{DataError, Dataset, Decoder, Dtype, Image, Split, Window, file_of, leak_note, scan_as, split};

const MAX_PIXELS: u64 = 1 << 20;

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/medical")
}

fn expected() -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(files().join("expected.json")).unwrap()).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn shape(value: &serde_json::Value) -> Vec<usize> {
    numbers(&value["shape"]).into_iter().map(|n| n as usize).collect()
}

fn decode(path: &Path, channels: usize, window: Window) -> Result<Image, String> {
    let mut decoder = Decoder::new(channels, MAX_PIXELS).decoding_as(Orientation::AsStored, window);
    let mut image = Image::empty();
    decoder.read(path).and_then(|()| decoder.decode(path, &mut image)).map_err(|e| e.to_string())?;
    Ok(image)
}

/// Rows, columns and channels, channels last.
fn values(image: &Image) -> Vec<f64> {
    match image.dtype {
        Dtype::U8 => image.bytes.iter().map(|&v| v.into()).collect(),
        Dtype::F32 => image.data.iter().map(|&v| v.into()).collect(),
    }
}

#[track_caller]
fn assert_near(name: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        // NumPy's doubles come to single precision in the end; JSON gives some a bit off.
        let b = &f64::from(*b as f32);
        assert!((a - b).abs() <= tolerance + b.abs() * 1e-12, "{name}, value {i}: {a} and not {b}");
    }
}

#[test]
fn dicom_values_are_those_of_pydicom() {
    let mut seen = 0;
    for (name, of_file) in expected().as_object().unwrap().iter().filter(|(name, _)| name.ends_with(".dcm")) {
        if name == "jpeg_ls.dcm" {
            continue;
        }
        let shape = shape(of_file);
        let channels = shape.get(2).copied().unwrap_or(1);
        let pages = of_file["pages"].as_array().unwrap();
        for (i, page) in pages.iter().enumerate() {
            let path = files().join(name);
            let path = if pages.len() > 1 { path.join(format!("#frame{i}")) } else { path };
            let image = decode(&path, channels, Window::Full).unwrap();
            assert_eq!((image.height, image.width, image.channels), (shape[0], shape[1], channels), "{name}");
            assert_near(name, &values(&image), &numbers(page), of_file["tolerance"].as_f64().unwrap());
            seen += 1;
        }
        // Without a page it is the first.
        let first = decode(&files().join(name), channels, Window::Full).unwrap();
        assert_near(name, &values(&first), &numbers(&pages[0]), of_file["tolerance"].as_f64().unwrap());
    }
    assert_eq!(seen, 30);
}

#[test]
fn nifti_slices_are_those_of_nibabel() {
    let mut seen = 0;
    for (name, of_file) in expected().as_object().unwrap().iter().filter(|(name, _)| name.contains(".nii")) {
        let shape = shape(of_file);
        let all = numbers(&of_file["values"]);
        // As NumPy numbers a C array of x, y, z and maybe channels.
        let (nx, ny, nz) = (shape[0], shape[1], shape.get(2).copied().unwrap_or(1));
        let channels = shape.get(3).copied().unwrap_or(1);
        let at = |x: usize, y: usize, z: usize, c: usize| all[((x * ny + y) * nz + z) * channels + c];
        for (axis, count, [rows, columns]) in [('x', nx, [ny, nz]), ('y', ny, [nx, nz]), ('z', nz, [nx, ny])] {
            for k in 0..count {
                let path = files().join(name).join(format!("#{axis}{k}"));
                let image = decode(&path, channels, Window::Full).unwrap();
                assert_eq!((image.height, image.width), (rows, columns), "{name} {axis}");
                let mut slice = Vec::new();
                for (r, s, c) in
                    (0..rows).flat_map(|r| (0..columns).flat_map(move |s| (0..channels).map(move |c| (r, s, c))))
                {
                    slice.push(match axis {
                        'x' => at(k, r, s, c),
                        'y' => at(r, k, s, c),
                        _ => at(r, s, k, c),
                    });
                }
                let largest = slice.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let tolerance = of_file["tolerance"].as_f64().unwrap() * largest;
                assert_near(&format!("{name} {axis}{k}"), &values(&image), &slice, tolerance);
                seen += 1;
            }
        }
        let middle = decode(&files().join(name), channels, Window::Full).unwrap();
        assert_eq!(middle, decode(&files().join(name).join(format!("#z{}", nz / 2)), channels, Window::Full).unwrap());
    }
    // Nine volumes of 5 x 4 x 3 and a flat one of 5 x 4.
    assert_eq!(seen, 9 * 12 + 10);
}

#[test]
fn a_window_makes_bytes_as_a_viewer_shows_them() {
    let windows = &expected()["windows"];
    for (window, values_shown) in windows.as_object().unwrap() {
        let image = decode(&files().join("ct.dcm"), 1, Window::parse(window).unwrap()).unwrap();
        assert_eq!(image.dtype, Dtype::U8);
        assert_near(window, &values(&image), &numbers(values_shown), 1.0);
    }
    // MONOCHROME1 is dark where its values are high; without a window in the file all of its range is shown.
    let plain = values(&decode(&files().join("mono1.dcm"), 1, Window::Full).unwrap());
    let shown = values(&decode(&files().join("mono1.dcm"), 1, Window::File).unwrap());
    let (low, high) = plain.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let turned: Vec<f64> = plain.iter().map(|v| (1.0 - (v - low) / (high - low)) * 255.0).collect();
    assert_near("mono1", &shown, &turned, 0.5 + 1e-4);
    // Colour has no window.
    let rgb = |window| decode(&files().join("rgb_planes.dcm"), 3, window).unwrap();
    assert_eq!(rgb(Window::File), rgb(Window::Full));
}

#[test]
fn what_is_not_supported_is_named() {
    for (name, word) in [
        ("jpeg_ls.dcm", "JPEG-LS"),
        ("report.dcm", "without pixels"),
        ("four.nii.gz", "2 volumes or channels"),
        ("film.dcm/#frame3", "no frame 3: there are 3"),
        ("film.dcm/#z0", "frames and no slices"),
        ("int16.nii/#z3", "no slice 3 along z: there are 3"),
        ("int16.nii/#frame0", "slices and no frames"),
    ] {
        let reason = decode(&files().join(name), 1, Window::Full).unwrap_err();
        assert!(reason.contains(word), "{name}: {reason}");
    }
}

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn copy(&self, name: &str, from: &str) {
        self.write(name, &std::fs::read(files().join(from)).unwrap());
    }

    fn scan(&self, config: &DataConfig) -> Dataset {
        let config = DataConfig { max_pixels: MAX_PIXELS, ..config.clone() };
        scan_as(self.0.path(), &config, &mut |_| ControlFlow::Continue(())).unwrap()
    }
}

#[test]
fn a_scan_counts_frames_and_slices_as_images_which_decode() {
    let dir = Dir::new();
    dir.copy("ct/IM0001", "ct.dcm");
    dir.copy("ct/film.dcm", "film.dcm");
    dir.copy("ct/wrong.png", "rle16.dcm");
    dir.copy("ct/DICOMDIR", "report.dcm");
    dir.copy("ct/report.dcm", "report.dcm");
    dir.copy("mr/a.nii", "int16.nii");
    dir.copy("mr/b.nii.gz", "scaled.nii.gz");
    dir.copy("mr/flat.nii", "flat.nii");
    dir.copy("mr/four.nii.gz", "four.nii.gz");
    dir.write("mr/notes.txt", b"ignored");
    let dataset = dir.scan(&DataConfig::default());
    let names: Vec<String> = (0..dataset.len()).map(|i| dataset.name_of(i)).collect();
    let expected = [
        "ct/film.dcm/#frame0",
        "ct/film.dcm/#frame1",
        "ct/film.dcm/#frame2",
        "ct/IM0001",
        "ct/wrong.png",
        "mr/a.nii/#z0",
        "mr/a.nii/#z1",
        "mr/a.nii/#z2",
        "mr/b.nii.gz/#z0",
        "mr/b.nii.gz/#z1",
        "mr/b.nii.gz/#z2",
        "mr/flat.nii",
    ];
    let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(sorted(&names), sorted(&expected.map(str::to_owned)));
    assert_eq!(dataset.formats, BTreeMap::from([("dicom".to_owned(), 5), ("nifti".to_owned(), 7)]));
    assert_eq!(dataset.class_counts(), [5, 7]);
    let bad: Vec<_> = dataset.bad_files.iter().map(|bad| bad.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(bad, ["report.dcm", "four.nii.gz"]);
    assert_eq!(dataset.ignored_files, 2);
    let notes = dataset.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for word in [
        "2 volumes taken as 6 slices along z",
        "1 volume is packed",
        "1 DICOM file of several frames",
        "wrong.png is dicom",
    ] {
        assert!(notes.contains(word), "{word} is not in:\n{notes}");
    }
    assert!(dataset.all_gray);
    let mut decoder = dataset.decoder(1, MAX_PIXELS);
    let mut image = Image::empty();
    for i in 0..dataset.len() {
        let path = dataset.path_of(i);
        decoder.read(&path).and_then(|()| decoder.decode(&path, &mut image)).unwrap();
        assert!(dataset.sizes.contains_key(&(image.width as u32, image.height as u32)), "{path:?}");
        assert!(file_of(&path).is_file());
    }
    let found: Vec<u32> = dataset.find_names(&names).into_iter().map(Option::unwrap).collect();
    assert_eq!(found, (0..dataset.len() as u32).collect::<Vec<_>>());
    let along_x = dir.scan(&DataConfig { slice_axis: SliceAxis::X, ..DataConfig::default() });
    assert_eq!(along_x.class_counts(), [5, 11]);
    assert!(along_x.sizes.contains_key(&(3, 4)));
    assert_ne!(along_x.fingerprint(), dataset.fingerprint());
    let windowed = dir.scan(&DataConfig { dicom_window: "40,400".to_owned(), ..DataConfig::default() });
    let mut decoder = windowed.decoder(1, MAX_PIXELS);
    let path = dir.0.path().join("ct/IM0001");
    decoder.read(&path).and_then(|()| decoder.decode(&path, &mut image)).unwrap();
    assert_eq!(image.dtype, Dtype::U8);
    let lung = DataConfig { dicom_window: "lung".to_owned(), ..DataConfig::default() };
    let wrong = scan_as(dir.0.path(), &lung, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(wrong.contains("data.dicom_window") && wrong.contains("40,400"), "{wrong}");
}

/// Every file cut at every length, and with every byte of its header replaced, is decoded or refused in words. What the
/// scan takes for good decodes, but for damage within compressed pixels.
#[test]
fn files_that_end_early_or_lie_are_refused() {
    let mut decoder = Decoder::new(1, 4096);
    let mut image = Image::empty();
    let mut try_one = |bytes: &[u8], name: &str| match decoder.decode_slice(bytes, &mut image) {
        Ok(()) => {
            assert!(image.height * image.width <= 4096, "{name}");
            assert_eq!(image.len(), image.height * image.width, "{name}");
            true
        }
        Err(reason) => {
            let reason = reason.to_string();
            assert!(
                !reason.is_empty() && !["cannot stand", "fault"].iter().any(|w| reason.contains(w)),
                "{name}: {reason}"
            );
            false
        }
    };
    for name in [
        "ct.dcm",
        "film.dcm",
        "rle_film.dcm",
        "jpeg_film.dcm",
        "jpeg2000.dcm",
        "jpeg_lossless.dcm",
        "palette.dcm",
        "sequences.dcm",
        "deflated.dcm",
        "int16.nii",
        "scaled.nii.gz",
        "float64.nii.gz",
    ] {
        let whole = std::fs::read(files().join(name)).unwrap();
        assert!(try_one(&whole, name), "{name}");
        for len in 0..whole.len() {
            let read = try_one(&whole[..len], name);
            // Nothing is made up for what is not there: plain pixels end with the file, but for a byte of padding.
            let is_plain = matches!(name, "ct.dcm" | "film.dcm" | "palette.dcm" | "int16.nii");
            assert!(!(read && is_plain && len + 1 < whole.len()), "{name} cut to {len} bytes was read");
        }
        for at in 0..whole.len().min(800) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut lying = whole.clone();
                lying[at] = value;
                try_one(&lying, name);
            }
        }
    }
}

#[test]
fn a_file_cut_off_is_a_bad_file_and_not_an_image() {
    let dir = Dir::new();
    dir.copy("a/good.dcm", "ct.dcm");
    dir.copy("b/good.nii", "int16.nii");
    for name in ["ct.dcm", "film.dcm", "jpeg_film.dcm", "rle_film.dcm", "int16.nii", "scaled.nii.gz", "float64.nii.gz"]
    {
        let whole = std::fs::read(files().join(name)).unwrap();
        dir.write(&format!("a/{name}"), &whole[..whole.len() - 40]);
    }
    let dataset = dir.scan(&DataConfig::default());
    assert_eq!((dataset.class_counts().as_slice(), dataset.bad_files.len()), ([1, 3].as_slice(), 7));
    assert!(dataset.bad_files.iter().all(|bad| bad.reason.to_string().contains("cut off")), "{:?}", dataset.bad_files);
}

/// A header alone that claims the most it can: nothing is allocated for it.
#[test]
fn headers_that_claim_too_much_are_refused_at_once() {
    let mut nifti = std::fs::read(files().join("int16.nii")).unwrap();
    for (i, n) in [3i16, 32_767, 32_767, 32_767].iter().enumerate() {
        nifti[40 + 2 * i..42 + 2 * i].copy_from_slice(&n.to_le_bytes());
    }
    let mut second = vec![0; 600];
    second[..8].copy_from_slice(b"\x1c\x02\0\0n+2\0");
    second[12..14].copy_from_slice(&64i16.to_le_bytes());
    for (i, n) in [3i64, 1, 1, i64::MAX].iter().enumerate() {
        second[16 + 8 * i..24 + 8 * i].copy_from_slice(&n.to_le_bytes());
    }
    let mut film = std::fs::read(files().join("jpeg_film.dcm")).unwrap();
    let frames = film.windows(8).position(|w| w == b"\x28\0\x08\0IS\x02\0").unwrap() + 8;
    film[frames..frames + 2].copy_from_slice(b"99");
    let mut rows = std::fs::read(files().join("ct.dcm")).unwrap();
    let at = rows.windows(8).position(|w| w == b"\x28\0\x10\0US\x02\0").unwrap() + 8;
    rows[at..at + 2].copy_from_slice(&[0xff, 0xff]);
    let mut decoder = Decoder::new(1, u64::MAX);
    let mut image = Image::empty();
    for (name, file, word) in [
        ("nifti", &nifti, "cut off"),
        ("nifti-2", &second, "damaged"),
        ("frames", &film, "cut off"),
        ("rows", &rows, "cut off"),
    ] {
        let reason = decoder.decode_slice(file, &mut image).unwrap_err().to_string();
        assert!(reason.contains(word), "{name}: {reason}");
    }
    let mut small = Decoder::new(1, 16);
    let reason =
        small.decode_slice(&std::fs::read(files().join("ct.dcm")).unwrap(), &mut image).unwrap_err().to_string();
    assert!(reason.contains("data.max_pixels"), "{reason}");
    // Sequences within sequences without an end.
    let mut deep = vec![0; 128];
    deep.extend_from_slice(b"DICM\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0");
    for _ in 0..100_000 {
        deep.extend_from_slice(b"\x40\0\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff");
    }
    let reason = decoder.decode_slice(&deep, &mut image).unwrap_err().to_string();
    assert!(reason.contains("nests sequences"), "{reason}");
}

/// The names of the images of each part.
fn parts(dataset: &Dataset, split: &Split) -> [BTreeSet<String>; 3] {
    [&split.train, &split.val, &split.test].map(|list| list.iter().map(|&i| dataset.name_of(i as usize)).collect())
}

/// Which parts each group has images in.
fn parts_of_groups(parts: &[BTreeSet<String>; 3], group: impl Fn(&str) -> String) -> BTreeMap<String, BTreeSet<usize>> {
    let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (part, names) in parts.iter().enumerate() {
        for name in names {
            found.entry(group(name)).or_default().insert(part);
        }
    }
    found
}

fn png() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(8, 8).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// 40 patients of 1 to 7 images in two classes.
fn patients() -> Dir {
    let dir = Dir::new();
    let png = png();
    for patient in 0..40 {
        for image in 0..1 + patient * 13 % 7 {
            let class = if (patient + image) % 3 == 0 { "ill" } else { "well" };
            dir.write(&format!("{class}/patient{patient:03}_{image}.png"), &png);
        }
    }
    dir
}

#[test]
fn groups_stay_in_one_part_and_leaks_are_said() {
    let dir = patients();
    let config = DataConfig { val_frac: 0.2, test_frac: 0.2, ..DataConfig::default() };
    let dataset = dir.scan(&config);
    let patient = |name: &str| name.split(['/', '_']).nth(1).unwrap().to_owned();
    let plain = split(&dataset, &config).unwrap();
    assert!(parts_of_groups(&parts(&dataset, &plain), patient).values().any(|parts| parts.len() > 1));
    let note = leak_note(&dataset, &plain, &config).unwrap().to_string();
    assert!(note.contains("such as patient0") && note.contains("`data.group` = '"), "{note}");
    // The expression that the note gives does it.
    let group = note.split('\'').nth(1).unwrap().to_owned();
    for group in [group, r"^(\w+?)_".to_owned(), r"/(patient\d+)".to_owned()] {
        let config = DataConfig { group: group.clone(), ..config.clone() };
        let grouped = split(&dataset, &config).unwrap();
        let found = parts(&dataset, &grouped);
        assert!(parts_of_groups(&found, patient).values().all(|parts| parts.len() == 1), "{group}");
        let total: usize = found.iter().map(BTreeSet::len).sum();
        assert_eq!(total, dataset.len());
        for (part, fraction) in found.iter().zip([0.6, 0.2, 0.2]) {
            let off = (part.len() as f64 - fraction * total as f64).abs();
            assert!(off <= 4.0, "{group}: {} of {total} for {fraction}", part.len());
        }
        assert_eq!(leak_note(&dataset, &grouped, &config), None);
        assert_eq!(parts(&dataset, &split(&dataset, &config).unwrap()), found);
        let other = DataConfig { split_seed: 1, ..config.clone() };
        assert_ne!(parts(&dataset, &split(&dataset, &other).unwrap()), found, "{group}");
        let few = split(&dataset, &DataConfig { limit: 40, ..config }).unwrap();
        assert_eq!(few.train.len() + few.val.len() + few.test.len(), 40);
        assert!(parts_of_groups(&parts(&dataset, &few), patient).values().all(|parts| parts.len() == 1));
    }
}

#[test]
fn wrong_groups_are_refused_in_words() {
    let dir = patients();
    let dataset = dir.scan(&DataConfig::default());
    for (group, word) in [
        ("(", "no regular expression"),
        ("(a)(b)", "this one has 2"),
        (r"(case\d+)", "fits no file's name"),
        ("patient_id", "DICOM"),
        ("doctor", "no column"),
    ] {
        let config = DataConfig { group: group.to_owned(), ..DataConfig::default() };
        let error = split(&dataset, &config).unwrap_err();
        assert!(matches!(error, DataError::Group { .. }));
        let message = error.to_string();
        assert!(message.contains(word) && message.contains("data.group"), "{group}: {message}");
    }
}

#[test]
fn slices_of_a_volume_and_images_of_a_folder_stay_together() {
    let dir = Dir::new();
    for class in ["a", "b"] {
        for k in 0..10 {
            dir.copy(&format!("{class}/v{k}.nii"), "int16.nii");
            for i in 0..3 {
                dir.copy(&format!("{class}/case{k}/{i}.dcm"), "ct.dcm");
            }
        }
    }
    let config = DataConfig::default();
    let dataset = dir.scan(&config);
    assert_eq!(dataset.len(), 120);
    let volume =
        |name: &str| if name.contains(".nii") { name.rsplit_once('/').unwrap().0.to_owned() } else { name.to_owned() };
    let found = split(&dataset, &config).unwrap();
    let names = parts(&dataset, &found);
    assert!(parts_of_groups(&names, volume).values().all(|parts| parts.len() == 1));
    assert_eq!(names.each_ref().map(BTreeSet::len), [96, 12, 12]);
    // All those files name one patient.
    let note = leak_note(&dataset, &found, &config).unwrap().to_string();
    assert!(note.contains("1 patient of the DICOM files") && note.contains("patient_id"), "{note}");
    let by_patient = DataConfig { group: "patient_id".to_owned(), ..DataConfig::default() };
    let names = parts(&dataset, &split(&dataset, &by_patient).unwrap());
    let dicom = |part: &BTreeSet<String>| part.iter().filter(|name| name.contains(".dcm")).count();
    assert_eq!(names.each_ref().map(dicom), [60, 0, 0]);
    let by_folder = DataConfig { group: "folder".to_owned(), ..DataConfig::default() };
    let names = parts(&dataset, &split(&dataset, &by_folder).unwrap());
    let folder =
        |name: &str| if name.contains("case") { name.rsplit_once('/').unwrap().0.to_owned() } else { volume(name) };
    let found = parts_of_groups(&names, folder);
    assert!(found.iter().filter(|(name, _)| name.contains("case")).all(|(_, parts)| parts.len() == 1));
}

/// Names in letters that are no UTF-8 are names all the same.
#[test]
fn patients_of_any_encoding_are_told_apart() {
    let dir = Dir::new();
    let file = std::fs::read(files().join("ct.dcm")).unwrap();
    let at = file.windows(8).position(|w| w == b"\x10\0\x20\0LO\x04\0").unwrap() + 8;
    for k in 0..20_u8 {
        let mut file = file.clone();
        file[at..at + 4].copy_from_slice(&[0xd5, 0xc5, 0xc1 + k, 0xae]);
        dir.write(&format!("{}/{k}.dcm", ["a", "b"][usize::from(k) % 2]), &file);
    }
    let config = DataConfig { group: "patient_id".to_owned(), ..DataConfig::default() };
    let dataset = dir.scan(&config);
    let names = parts(&dataset, &split(&dataset, &config).unwrap());
    assert!(dataset.len() == 20 && names.iter().all(|part| !part.is_empty()), "{names:?}");
}

/// A group is known by its name, wherever its files stand.
#[test]
fn the_order_of_files_does_not_change_which_group_is_where() {
    let group = r"(p\d+)";
    let names = |reversed: bool| {
        let dir = Dir::new();
        let png = png();
        for patient in 0..30 {
            for image in 0..4 {
                let front = if reversed { 999 - patient * 7 - image } else { patient * 7 + image };
                dir.write(&format!("{}/{front:03}_p{patient}.png", if image % 2 == 0 { "a" } else { "b" }), &png);
            }
        }
        let config = DataConfig { group: group.to_owned(), ..DataConfig::default() };
        let dataset = dir.scan(&config);
        let names = parts(&dataset, &split(&dataset, &config).unwrap());
        names.map(|part| part.iter().map(|name| name.rsplit_once('_').unwrap().1.to_owned()).collect::<BTreeSet<_>>())
    };
    assert_eq!(names(false), names(true));
    assert!(names(false).iter().all(|part| !part.is_empty()));
}

/// One configuration, one split: wherever the dataset lies and however the way there is written.
#[test]
fn where_the_dataset_lies_does_not_change_which_group_is_where() {
    for group in ["folder", "doctor_(.)"] {
        let names = |around: &str| {
            let dir = Dir::new();
            let png = png();
            for class in ["a", "b"] {
                dir.write(&format!("{around}set/{class}/doctor_1.png"), &png);
                for image in 0..60 {
                    dir.write(&format!("{around}set/{class}/case{}/{image}.png", image % 20), &png);
                }
            }
            let config = DataConfig { group: group.to_owned(), ..DataConfig::default() };
            let root = dir.0.path().join(format!("{around}set"));
            let dataset = scan_as(&root, &config, &mut |_| ControlFlow::Continue(())).unwrap();
            parts(&dataset, &split(&dataset, &config).unwrap())
        };
        let found = names("");
        assert!(found.iter().all(|part| !part.is_empty()));
        assert_eq!(found, names("some/where/else/"), "{group}");
    }
}

#[test]
fn a_column_of_the_table_makes_groups() {
    let dir = Dir::new();
    let png = png();
    let mut table = "file,label,Patient ID\n".to_owned();
    let mut entries = Vec::new();
    for i in 0..120 {
        let (label, patient) = (["cat", "dog"][i % 2], format!("P{}", i / 4 % 20));
        dir.write(&format!("images/{i}.png"), &png);
        table += &format!("images/{i}.png,{label},{patient}\n");
        entries.push(serde_json::json!({"file": format!("images/{i}.png"), "label": label, "Patient ID": patient}));
    }
    for (name, text) in [("labels.csv", table), ("labels.json", serde_json::Value::from(entries).to_string())] {
        dir.write(name, text.as_bytes());
        for group in ["Patient ID", "patient_id"] {
            if name.ends_with("json") && group == "patient_id" {
                continue;
            }
            let config = DataConfig { group: group.to_owned(), ..DataConfig::default() };
            let dataset = dir.scan(&config);
            assert_eq!(dataset.len(), 120);
            let names = parts(&dataset, &split(&dataset, &config).unwrap());
            let patient = |name: &str| {
                let i: usize = name.rsplit_once('/').unwrap().1.trim_end_matches(".png").parse().unwrap();
                format!("P{}", i / 4 % 20)
            };
            let found = parts_of_groups(&names, patient);
            assert!(found.len() == 20 && found.values().all(|parts| parts.len() == 1), "{name}, {group}: {found:?}");
            assert_eq!(names.each_ref().map(BTreeSet::len), [96, 12, 12], "{name}");
        }
        std::fs::remove_file(dir.0.path().join(name)).unwrap();
    }
}
