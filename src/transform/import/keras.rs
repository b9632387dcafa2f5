//! Keras' preprocessing layers by ours, where ours do the same; all others are refused by name.

use super::albumentations::to_floats;
use super::arguments::{Arguments, Refused};
use super::value::Call;
use crate::config::{ParamValue, TransformSpec};
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
            other => return Err(format!("it has no mode \"{other}\"").into()),
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
                return Err("only one number for scale and one for offset have an equal here".into());
            };
            let rescaling = spec("Rescaling").with("scale", ParamValue::Float(*scale));
            vec![offset.into_iter().fold(rescaling, |spec, offset| spec.with("offset", ParamValue::Float(offset)))]
        }
        "Resizing" => resizing(&args)?,
        "Normalization" => normalization(&args)?,
        other => return Err(reason(other).into()),
    })
}

fn reason(name: &str) -> String {
    let words = match name {
        "RandomZoom" => {
            "it draws how much of the image is seen, for height and width apart; near to it is RandZoom, which draws the zoom"
        }
        "RandomTranslation" => {
            "it moves by fractions of a pixel and mirrors the edge; near to it is RandomAffine with translate"
        }
        "RandomContrast" => "its contrast is about the mean of each channel; near to it is ColorJitter",
        "RandomBrightness" => "it adds a share of the whole range; near to it is ColorJitter, which multiplies",
        "RandomHeight" | "RandomWidth" => "it makes images of many sizes, which share no batch",
        _ => return "Keras has it, trainscope has no equal".to_owned(),
    };
    words.to_owned()
}

/// A share of a full turn.
fn rotation(args: &Arguments) -> Result<TransformSpec, Refused> {
    // Keras turns the other way: from low to high there is from -high to -low here.
    let range = match args.numbers("factor")?[..] {
        [one] => ParamValue::Float(one.abs() * TAU),
        [low, high] => ParamValue::List(vec![ParamValue::Float(-high * TAU), ParamValue::Float(-low * TAU)]),
        _ => return Err("it needs factor".into()),
    };
    let mode = match args.text("interpolation").unwrap_or("bilinear") {
        way @ ("bilinear" | "nearest") => way,
        other => return Err(format!("nothing here turns with interpolation = \"{other}\"").into()),
    };
    let around = match args.text("fill_mode").unwrap_or("reflect") {
        "reflect" => "reflection",
        "nearest" => "border",
        "constant" if args.number("fill_value", 0.0)? == 0.0 => "zeros",
        other => return Err(format!("nothing here turns with fill_mode = \"{other}\" and that fill_value").into()),
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
            return Err(format!("{name} has no equal here").into());
        }
    }
    let way = match args.text("interpolation").unwrap_or("bilinear") {
        "bilinear" => "bilinear",
        "nearest" => "nearest-exact",
        other => return Err(format!("interpolation = \"{other}\" has no equal here").into()),
    };
    let size = ParamValue::List(vec![args.pixels("height")?, args.pixels("width")?]);
    let antialias = ParamValue::Bool(args.is_true("antialias"));
    let resize = TransformSpec::new("torchvision.Resize").with("size", size);
    Ok(vec![to_floats(), resize.with("interpolation", ParamValue::Text(way.to_owned())).with("antialias", antialias)])
}

fn normalization(args: &Arguments) -> Translated {
    let (mean, variance) = (args.numbers("mean")?, args.numbers("variance")?);
    if mean.is_empty() || variance.is_empty() {
        return Err(
            "its figures come from adapt(), which is not run: give mean and variance, or measure them in Inspect"
                .into(),
        );
    }
    if args.is_true("invert") {
        return Err("invert has no equal here".into());
    }
    let list = |values: Vec<f64>| ParamValue::List(values.into_iter().map(ParamValue::Float).collect());
    let std = variance.into_iter().map(f64::sqrt).collect();
    Ok(vec![to_floats(), TransformSpec::new("Normalize").with("mean", list(mean)).with("std", list(std))])
}
