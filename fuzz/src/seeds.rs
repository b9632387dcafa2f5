//! Writes what fuzzing starts from into a folder a target below `corpus` of the current folder: small images in every format, the
//! headers and pixels of the tests' medical files, bytes of every length up to some hundred for chains, and a few texts and messages.

use image::{DynamicImage, ImageFormat};
use std::io::Cursor;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("corpus");
    for (name, bytes) in images()? {
        write(&folder.join("decode"), &name, &bytes)?;
    }
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/medical"))? {
        let path = entry?.path();
        let (bytes, name) = (std::fs::read(&path)?, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        // As the target puts them together again.
        let (kinds, from): (&[u8], usize) = match path.extension().and_then(|e| e.to_str()) {
            Some("dcm") => (&[0], 132),
            Some("nii") => (&[2, 3], 0),
            _ => continue,
        };
        for kind in kinds {
            let seed = [&[*kind], bytes.get(from..).unwrap_or_default()].concat();
            write(&folder.join("medical"), &format!("{kind}-{name}"), &seed)?;
        }
        write(&folder.join("decode"), &name, &bytes)?;
    }
    let chain = "import torchvision.transforms as T\nsize = cfg['size']\ntrain = T.Compose([T.Resize((size, size)), T.RandomHorizontalFlip(p=0.5), T.ToTensor()])\n";
    let notebook = "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"from monai.transforms import *\\n\",\"t = Compose([RandRotate(range_x=15, prob=0.5), *[RandFlip(spatial_axis=i) for i in range(2)]])\"]}]}";
    let seeds: [(&str, &[&str]); 4] = [
        ("python", &[chain, notebook, "def f(a, n=2):\n    return [a] * n if n else [x for x in a]\nc = Compose(f(RandZoom(prob=.1)))\n"]),
        ("config", &["[data]\nval_frac = 0.2\n[loader]\nworkers = 2\n[model]\nname = \"small_cnn\"\n[[transform]]\nname = \"RandRotate\"\nprob = 0.5\n"]),
        ("tables", &[
            "0filename,label,split\na.png,cat,train\nb.png,dog,val\nsub/c.png,cat,test\n",
            "0id,cat,dog\na,1,0\nb,0,1\n",
            "0sep=;\nname;note;y\n\"a\";\"two\nlines\";3\n",
            "1[{\"file\":\"a.png\",\"label\":\"x\"},{\"file\":\"b.png\",\"label\":\"y\"}]",
            "2{\"image\":\"a.png\",\"class\":1}\n{\"image\":\"b.png\",\"class\":2}\n",
            "3a.png 0\nsub/c.png 1\n",
        ]),
        ("checkpoints", &[
            "{\"step\":1,\"next_epoch\":1,\"next_batch\":1,\"epoch_loss_sum\":1.5,\"epoch_loss_count\":1,\"best_epoch\":null,\"best_score\":null,\"best_val_auc\":null,\"is_best\":false,\"secs\":2.0}\0",
        ]),
    ];
    for (target, texts) in seeds {
        for (number, text) in texts.iter().enumerate() {
            write(&folder.join(target), &number.to_string(), text.as_bytes())?;
        }
    }
    for (number, frame) in frames()?.into_iter().enumerate() {
        write(&folder.join("frames"), &number.to_string(), &frame)?;
    }
    let mut state = 1u64;
    for i in 0..256usize {
        let bytes: Vec<u8> = (0..16 + 2 * i).map(|_| random(&mut state)).collect();
        write(&folder.join("chain"), &format!("random-{i}"), &bytes)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(name), bytes)
}

/// Some messages as they are written, one and several a stream.
fn frames() -> Result<Vec<Vec<u8>>, Box<dyn std::error::Error>> {
    use trainscope_fuzz::config::{RunConfig, TransformSpec};
    use trainscope_fuzz::protocol::{Command, Event, StartRun, write_frame};
    let start = StartRun::resume(RunConfig::default(), "run".into());
    let commands = [
        Command::Start(Box::new(start)),
        Command::SetTransforms(vec![TransformSpec::new("RandFlip")]),
        Command::SetWorkers(2),
        Command::TakeTrace { secs: 5.0 },
        Command::Stop,
    ];
    let events = [
        Event::Hello { protocol: 1, version: "0.1".to_owned(), pid: 7 },
        Event::Warning { secs: 1.0, message: "a word".into() },
        Event::Heartbeat { secs: 2.0 },
    ];
    let mut frames = Vec::new();
    let mut all = Vec::new();
    for command in &commands {
        let mut frame = Vec::new();
        write_frame(&mut frame, command)?;
        all.extend_from_slice(&frame);
        frames.push(frame);
    }
    for event in &events {
        let mut frame = Vec::new();
        write_frame(&mut frame, event)?;
        frames.push(frame);
    }
    frames.push(all);
    Ok(frames)
}

/// Knuth's linear congruential generator.
fn random(state: &mut u64) -> u8 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 56) as u8
}

fn images() -> Result<Vec<(String, Vec<u8>)>, image::ImageError> {
    let mut out = Vec::new();
    for (width, height) in [(1, 1), (7, 3), (16, 16), (17, 33)] {
        let rgb = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 9) as u8, (y * 7) as u8, 90]));
        let rgb = DynamicImage::ImageRgb8(rgb);
        let kinds = [
            ("gray", DynamicImage::ImageLuma8(rgb.to_luma8())),
            ("gray16", DynamicImage::ImageLuma16(rgb.to_luma16())),
            ("rgba", DynamicImage::ImageRgba8(rgb.to_rgba8())),
            ("rgb16", DynamicImage::ImageRgb16(rgb.to_rgb16())),
            ("rgb", rgb),
        ];
        for (kind, picture) in kinds {
            for format in [
                ImageFormat::Png,
                ImageFormat::Jpeg,
                ImageFormat::Bmp,
                ImageFormat::Gif,
                ImageFormat::Tiff,
                ImageFormat::WebP,
                ImageFormat::Pnm,
            ] {
                let mut bytes = Cursor::new(Vec::new());
                // Not every format has every kind.
                if picture.write_to(&mut bytes, format).is_ok() {
                    let ending = format.extensions_str().first().unwrap_or(&"img");
                    out.push((format!("{kind}-{width}x{height}.{ending}"), bytes.into_inner()));
                }
            }
        }
    }
    Ok(out)
}
