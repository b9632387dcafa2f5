//! albumentations' transforms by ours, where ours do the same; all others are refused by name. What both do to bytes may
//! differ by one level, as OpenCV rounds where torch cuts.

use super::arguments::{Arguments, Refused};
use super::value::{Call, Value};
use crate::config::{ParamValue, TransformSpec};
use crate::language::Message;
use crate::transform::core::description::Library;

type Translated = Result<Vec<TransformSpec>, Refused>;

/// What that call does, as a chain of ours.
///
/// # Errors
/// Why there is none, or what it needs to be told first.
pub(super) fn translate(name: &str, call: &Call) -> Translated {
    // Up to 1.3 height and width were values of their own here, and `size` came later.
    let sides = name == "RandomResizedCrop" && matches!(call.args.get(..2), Some([Value::Int(_), Value::Int(_)]));
    let mut own = call.clone();
    if sides {
        let size = Value::List(own.args.drain(..2).collect());
        own.args.insert(0, size);
    }
    let args =
        Arguments::new(Library::Albumentations, name, &own, &["always_apply", "height", "width", "num_bits", "value"])?;
    let spec = |name: &str| TransformSpec::new(name);
    Ok(match name {
        "HorizontalFlip" => vec![by_chance(spec("RandomHorizontalFlip"), &args)?],
        "VerticalFlip" => vec![by_chance(spec("RandomVerticalFlip"), &args)?],
        "InvertImg" => vec![by_chance(spec("RandomInvert"), &args)?],
        "D4" | "SquareSymmetry" => {
            always(&args, 1.0)?;
            // Each of the four turns is as likely, mirrored or not: all eight are.
            let turn = spec("RandRotate90").with("prob", ParamValue::Float(0.75)).with("max_k", ParamValue::Int(3));
            vec![turn, spec("RandomHorizontalFlip")]
        }
        "RandomRotate90" => {
            // One of four turns, no turn among them; ours draws among the three others.
            let p = 0.75 * probability(&args, 0.5)?;
            vec![spec("RandRotate90").with("prob", ParamValue::Float(p)).with("max_k", ParamValue::Int(3))]
        }
        "ToGray" => {
            if args.get("method").is_some_and(|method| *method != ParamValue::Text("weighted_average".into()))
                || args.number("num_output_channels", 3.0)? != 3.0
            {
                return Err(msg!("transform-import-only-weighted-average").into());
            }
            // Gray images stay as they are.
            vec![by_chance(spec("RandomGrayscale"), &args)?]
        }
        "Resize" => {
            always(&args, 1.0)?;
            vec![resize(&args, ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]))?]
        }
        "RandomCrop" => {
            always(&args, 1.0)?;
            unpadded(&args)?;
            vec![spec("RandomCrop").with("size", ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]))]
        }
        "CenterCrop" => {
            always(&args, 1.0)?;
            unpadded(&args)?;
            let crop = spec("albumentations.CenterCrop");
            vec![crop.with("height", args.pixels("height")?).with("width", args.pixels("width")?)]
        }
        "RandomResizedCrop" => {
            always(&args, 1.0)?;
            vec![random_resized_crop(&args)?]
        }
        "Crop" => {
            always(&args, 1.0)?;
            unpadded(&args)?;
            vec![crop(&args)?]
        }
        "PadIfNeeded" => {
            always(&args, 1.0)?;
            pad_if_needed(&args)?
        }
        "Normalize" => {
            always(&args, 1.0)?;
            normalize(&args)?
        }
        "ToFloat" => {
            always(&args, 1.0)?;
            match args.get("max_value") {
                None => vec![scaled_to_one()],
                Some(_) => {
                    let by = args.number("max_value", 255.0)?;
                    vec![spec("Rescaling").with("scale", ParamValue::Float(1.0 / by))]
                }
            }
        }
        "ToTensorV2" => {
            always(&args, 1.0)?;
            vec![spec("ToTensorV2")]
        }
        "ColorJitter" => {
            always(&args, 0.5)?;
            vec![color_jitter(&args)?]
        }
        other => return Err(reason(other).into()),
    })
}

fn random_resized_crop(args: &Arguments) -> Result<TransformSpec, Refused> {
    let size = match args.get("size") {
        Some(size @ ParamValue::List(list)) if list.len() == 2 => size.clone(),
        Some(other) => return Err(msg!("transform-import-no-size", value = other.to_string()).into()),
        None => ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]),
    };
    let (name, value) = interpolation(args)?;
    let mut crop = TransformSpec::new("RandomResizedCrop").with("size", size).with(name, value);
    for name in ["scale", "ratio"] {
        if let Some(value) = args.get(name) {
            crop = crop.with(name, value.clone());
        }
    }
    Ok(crop.with("antialias", ParamValue::Bool(false)))
}

fn crop(args: &Arguments) -> Result<TransformSpec, Refused> {
    let [left, top] = [args.number("x_min", 0.0)?, args.number("y_min", 0.0)?];
    let [right, bottom] = [args.pixels("x_max")?, args.pixels("y_max")?].map(|v| v.as_f64().unwrap_or(0.0));
    let pixels = |v: f64| ParamValue::Int(v as i64);
    let at = TransformSpec::new("crop").with("top", pixels(top)).with("left", pixels(left));
    Ok(at.with("height", pixels(bottom - top)).with("width", pixels(right - left)))
}

fn color_jitter(args: &Arguments) -> Result<TransformSpec, Refused> {
    if args.get("hue").is_none_or(|hue| hue.as_f64() != Some(0.0)) {
        return Err(msg!("transform-import-hue-of-opencv").into());
    }
    let mut jitter = TransformSpec::new("ColorJitter").with("hue", ParamValue::Int(0));
    for name in ["brightness", "contrast", "saturation"] {
        let of_1_2 = ParamValue::List(vec![ParamValue::Float(0.8), ParamValue::Float(1.2)]);
        jitter = jitter.with(name, args.get(name).cloned().unwrap_or(of_1_2));
    }
    Ok(jitter)
}

/// Why there is none.
fn reason(name: &str) -> Message {
    match name {
        "ShiftScaleRotate" | "Affine" | "Rotate" | "SafeRotate" | "Perspective" => {
            msg!("transform-import-warp-of-opencv")
        }
        "RandomBrightnessContrast" => {
            msg!("transform-import-brightness-contrast")
        }
        "Flip" => msg!("transform-import-flips-and-turns"),
        "Transpose" => msg!("transform-import-transpose"),
        "LongestMaxSize" | "SmallestMaxSize" => msg!("transform-import-longest-max-size"),
        "GaussianBlur" | "Blur" | "MotionBlur" | "MedianBlur" => msg!("transform-import-blur"),
        "GaussNoise" => msg!("transform-import-noise"),
        "CoarseDropout" | "Cutout" | "Erasing" => msg!("transform-import-holes"),
        "ElasticTransform" | "GridDistortion" | "OpticalDistortion" => msg!("transform-import-field"),
        "CLAHE" | "Equalize" => msg!("transform-import-histogram"),
        "HueSaturationValue" | "RGBShift" | "RandomGamma" => msg!("transform-import-colour"),
        _ => msg!("transform-import-no-equal", library = Library::Albumentations.short_name()),
    }
}

/// # Errors
/// It is no number.
fn probability(args: &Arguments, default: f64) -> Result<f64, Refused> {
    if args.is_true("always_apply") { Ok(1.0) } else { args.number("p", default) }
}

/// # Errors
/// Its probability is no number.
fn by_chance(spec: TransformSpec, args: &Arguments) -> Result<TransformSpec, Refused> {
    let p = probability(args, 0.5)?;
    // What is the default in both is not written.
    let name = if spec.name == "RandomGrayscale" || p != 0.5 { Some("p") } else { None };
    Ok(name.into_iter().fold(spec, |spec, name| spec.with(name, ParamValue::Float(p))))
}

/// # Errors
/// It happens to some images only, which nothing here does with such a step.
fn always(args: &Arguments, default: f64) -> Result<(), Refused> {
    let p = probability(args, default)?;
    if p == 1.0 {
        return Ok(());
    }
    Err(msg!("transform-import-by-chance", percent = (p * 100.0).to_string()).into())
}

/// # Errors
/// Images that are too small are padded.
fn unpadded(args: &Arguments) -> Result<(), Refused> {
    if args.is_true("pad_if_needed") {
        return Err(msg!("transform-import-pad-if-needed").into());
    }
    Ok(())
}

/// OpenCV's ways, by name and number.
fn interpolation(args: &Arguments) -> Result<(&'static str, ParamValue), Refused> {
    if args.is_true("area_for_downscale") || args.get("area_for_downscale").is_some() {
        return Err(msg!("transform-import-parameter-without-equal", name = "area_for_downscale").into());
    }
    let way = match (args.text("interpolation"), args.get("interpolation").and_then(ParamValue::as_f64)) {
        (None, None) | (Some("inter_linear"), _) | (_, Some(1.0)) => "bilinear",
        (Some("inter_nearest"), _) | (_, Some(0.0)) => "nearest",
        (Some(other), _) => {
            return Err(msg!("transform-import-interpolation-of-opencv", name = other.to_uppercase()).into());
        }
        (_, Some(number)) => {
            return Err(msg!("transform-import-interpolation-of-opencv", name = number.to_string()).into());
        }
    };
    Ok(("interpolation", ParamValue::Text(way.to_owned())))
}

/// OpenCV counts the nearest pixels only, however much smaller the image becomes.
fn resize(args: &Arguments, size: ParamValue) -> Result<TransformSpec, Refused> {
    let (name, value) = interpolation(args)?;
    let resize = TransformSpec::new("torchvision.Resize").with("size", size).with(name, value);
    Ok(resize.with("antialias", ParamValue::Bool(false)))
}

pub(super) fn to_floats() -> TransformSpec {
    TransformSpec::new("ToDtype").with("dtype", ParamValue::Text("float32".to_owned()))
}

fn scaled_to_one() -> TransformSpec {
    to_floats().with("scale", ParamValue::Bool(true))
}

fn floats(values: &[f64]) -> ParamValue {
    // Products of figures with few digits, without the tail that binary fractions leave.
    let tidy = |v: f64| format!("{v:.9}").parse().unwrap_or(v);
    ParamValue::List(values.iter().map(|v| ParamValue::Float(tidy(*v))).collect())
}

/// `(v - mean * max) / (std * max)`, whatever kind of numbers the image holds.
fn normalize(args: &Arguments) -> Translated {
    if let Some(other) = args.text("normalization").filter(|text| *text != "standard") {
        return Err(msg!("transform-import-normalization", value = other).into());
    }
    let max = args.number("max_pixel_value", 255.0)?;
    let of = |name, default: [f64; 3]| -> Result<Vec<f64>, Refused> {
        let given = args.numbers(name)?;
        let figures = if given.is_empty() { default.to_vec() } else { given };
        Ok(figures.into_iter().map(|v| v * max).collect())
    };
    let (mean, std) = (of("mean", [0.485, 0.456, 0.406])?, of("std", [0.229, 0.224, 0.225])?);
    Ok(vec![to_floats(), TransformSpec::new("Normalize").with("mean", floats(&mean)).with("std", floats(&std))])
}

fn pad_if_needed(args: &Arguments) -> Translated {
    if args.get("pad_height_divisor").is_some() || args.get("pad_width_divisor").is_some() {
        return Err(msg!("transform-import-divisors").into());
    }
    if args.text("position").is_some_and(|position| position.rsplit('.').next() != Some("center")) {
        return Err(msg!("transform-import-only-center").into());
    }
    let border = (args.text("border_mode"), args.get("border_mode").and_then(ParamValue::as_f64));
    let mode = match border {
        (Some("border_constant"), _) | (_, Some(0.0)) => "constant",
        (Some("border_replicate"), _) | (_, Some(1.0)) => "edge",
        (Some("border_reflect"), _) | (_, Some(2.0)) => "symmetric",
        (Some("border_reflect_101" | "border_default"), _) | (_, Some(4.0)) => "reflect",
        (None, None) => {
            return Err(msg!("transform-import-border-mode").into());
        }
        _ => return Err(msg!("transform-import-padding").into()),
    };
    let size = |name| args.pixels(name).unwrap_or(ParamValue::Int(1024));
    let pad = TransformSpec::new("SpatialPad")
        .with("spatial_size", ParamValue::List(vec![size("min_height"), size("min_width")]))
        .with("mode", ParamValue::Text(mode.to_owned()));
    let fill = args.get("fill").or_else(|| args.get("value")).cloned().filter(|_| mode == "constant");
    // A colour: one number where its channels are alike.
    let fill = match fill {
        Some(ParamValue::List(list)) => match list.as_slice() {
            [first, rest @ ..] if rest.iter().all(|v| v == first) => Some(first.clone()),
            _ => return Err(msg!("transform-import-one-fill").into()),
        },
        other => other,
    };
    Ok(vec![fill.into_iter().fold(pad, |pad, fill| pad.with("value", fill))])
}
