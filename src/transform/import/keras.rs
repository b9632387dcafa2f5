//! Keras' preprocessing layers by ours, where ours do the same; all others are refused by name.

use super::albumentations::to_floats;
use super::arguments::{Arguments, Refused};
use super::value::Call;
use crate::config::{ParamValue, TransformSpec};
use crate::language::Message;
use crate::transform::core::description::Library;
use std::f64::consts::TAU;

type Translated = Result<Vec<TransformSpec>, Refused>;

/// Of every layer; they change nothing of what it does.
const OF_ALL: &[&str] =
    &["seed", "name", "dtype", "data_format", "input_shape", "trainable", "batch_input_shape", "autocast"];

/// What that layer does in training, as a chain of ours.
///
/// # Errors
/// Why there is none, or what it needs to be told first.
pub(super) fn translate(name: &str, call: &Call) -> Translated {
    let args = Arguments::new(Library::Keras, name, call, OF_ALL)?;
    let spec = |name: &str| TransformSpec::new(name);
    let p = |spec: TransformSpec| spec.with("p", ParamValue::Float(0.5));
    Ok(match name {
        "RandomFlip" => match args.text("mode").unwrap_or("horizontal_and_vertical") {
            "horizontal" => vec![p(spec("RandomHorizontalFlip"))],
            "vertical" => vec![p(spec("RandomVerticalFlip"))],
            "horizontal_and_vertical" => vec![p(spec("RandomHorizontalFlip")), p(spec("RandomVerticalFlip"))],
            other => return Err(msg!("transform-import-no-mode", value = other).into()),
        },
        "RandomRotation" => vec![rotation(&args)?],
        "RandomCrop" => {
            vec![spec("RandomCrop").with("size", ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]))]
        }
        "CenterCrop" => {
            let crop = spec("keras.CenterCrop").with("height", args.pixels("height")?);
            vec![crop.with("width", args.pixels("width")?)]
        }
        "Rescaling" => {
            let (scale, offset) = (args.numbers("scale")?, args.numbers("offset")?);
            let ([scale], [] | [_]) = (&scale[..], &offset[..]) else {
                return Err(msg!("transform-import-one-scale").into());
            };
            let rescaling = spec("Rescaling").with("scale", ParamValue::Float(*scale));
            vec![offset.into_iter().fold(rescaling, |spec, offset| spec.with("offset", ParamValue::Float(offset)))]
        }
        "Resizing" => resizing(&args)?,
        "Normalization" => normalization(&args)?,
        other => return Err(reason(other).into()),
    })
}

fn reason(name: &str) -> Message {
    match name {
        "RandomZoom" => msg!("transform-import-keras-zoom"),
        "RandomTranslation" => msg!("transform-import-keras-translation"),
        "RandomContrast" => msg!("transform-import-keras-contrast"),
        "RandomBrightness" => msg!("transform-import-keras-brightness"),
        "RandomHeight" | "RandomWidth" => msg!("transform-import-keras-sizes"),
        _ => msg!("transform-import-no-equal", library = Library::Keras.short_name()),
    }
}

/// A share of a full turn.
fn rotation(args: &Arguments) -> Result<TransformSpec, Refused> {
    // Keras turns the other way: from low to high there is from -high to -low here.
    let range = match args.numbers("factor")?[..] {
        [one] => ParamValue::Float(one.abs() * TAU),
        [low, high] => ParamValue::List(vec![ParamValue::Float(-high * TAU), ParamValue::Float(-low * TAU)]),
        _ => return Err(msg!("transform-import-needs", name = "factor").into()),
    };
    let mode = match args.text("interpolation").unwrap_or("bilinear") {
        way @ ("bilinear" | "nearest") => way,
        other => return Err(msg!("transform-import-value-without-equal", name = "interpolation", value = other).into()),
    };
    let around = match args.text("fill_mode").unwrap_or("reflect") {
        "reflect" => "reflection",
        "nearest" => "border",
        "constant" if args.number("fill_value", 0.0)? == 0.0 => "zeros",
        other => return Err(msg!("transform-import-fill-mode", value = other).into()),
    };
    Ok(TransformSpec::new("RandRotate")
        .with("range_x", range)
        .with("prob", ParamValue::Float(1.0))
        .with("keep_size", ParamValue::Bool(true))
        .with("mode", ParamValue::Text(mode.to_owned()))
        .with("padding_mode", ParamValue::Text(around.to_owned())))
}

/// Floats, as TensorFlow gives them: bytes would be rounded, as they are on other backends.
fn resizing(args: &Arguments) -> Translated {
    for name in ["crop_to_aspect_ratio", "pad_to_aspect_ratio"] {
        if args.is_true(name) {
            return Err(msg!("transform-import-parameter-without-equal", name).into());
        }
    }
    let way = match args.text("interpolation").unwrap_or("bilinear") {
        "bilinear" => "bilinear",
        "nearest" => "nearest-exact",
        other => return Err(msg!("transform-import-value-without-equal", name = "interpolation", value = other).into()),
    };
    let size = ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]);
    let antialias = ParamValue::Bool(args.is_true("antialias"));
    let resize = TransformSpec::new("torchvision.Resize").with("size", size);
    Ok(vec![to_floats(), resize.with("interpolation", ParamValue::Text(way.to_owned())).with("antialias", antialias)])
}

fn normalization(args: &Arguments) -> Translated {
    let (mean, variance) = (args.numbers("mean")?, args.numbers("variance")?);
    if mean.is_empty() || variance.is_empty() {
        return Err(msg!("transform-import-keras-adapt").into());
    }
    if args.is_true("invert") {
        return Err(msg!("transform-import-parameter-without-equal", name = "invert").into());
    }
    let list = |values: Vec<f64>| ParamValue::List(values.into_iter().map(ParamValue::Float).collect());
    let std = variance.into_iter().map(f64::sqrt).collect();
    Ok(vec![to_floats(), TransformSpec::new("Normalize").with("mean", list(mean)).with("std", list(std))])
}
