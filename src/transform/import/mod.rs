//! A chain written in Python, as MONAI's and torchvision's users have it (`Compose([...])`), read into ours. What cannot be
//! read is named, with its line, and left out.

mod python;
mod signatures;

use crate::config::{ParamValue, RunConfig, TransformSpec};
use crate::transform::core::description::{Library, TransformInfo};
use crate::transform::core::params::{ParamInfo, ParamKind};
use crate::transform::registry::find;
use python::{Call, Expr, read};
use signatures::signature;

/// What was read, and what was not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    pub specs: Vec<TransformSpec>,
    /// In the order of the text.
    pub notes: Vec<ImportNote>,
}

/// Something that was not taken over as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportNote {
    /// Of the pasted text, 1-based.
    pub line: usize,
    /// As written there.
    pub what: String,
    pub reason: String,
    /// The chain does less than the Python one; else nothing was lost.
    pub lost: bool,
}

impl std::fmt::Display for ImportNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.what, self.reason)
    }
}

/// Steps that move data between forms and devices, which happens here without being asked.
const NEEDLESS: &[&str] = &[
    "EnsureType",
    "Identity",
    "PILToTensor",
    "ToCupy",
    "ToDevice",
    "ToImage",
    "ToNumpy",
    "ToPIL",
    "ToPILImage",
    "ToPureTensor",
];

/// Longer texts are refused: a chain is a few lines, and reading one takes time that grows with the square.
const MAX_TEXT_BYTES: usize = 128 << 10;

/// Reads a chain out of a text: TOML with `[[transform]]` in it, or Python.
///
/// # Errors
/// The text is TOML, and not right; or it is too long to be a chain.
pub fn chain_from_text(text: &str) -> Result<Imported, String> {
    if text.len() > MAX_TEXT_BYTES {
        let (found, most) = (text.len() >> 10, MAX_TEXT_BYTES >> 10);
        return Err(format!("the text has {found} KiB, and at most {most} are read: leave only the chain in it"));
    }
    if !text.lines().any(|line| line.trim_start().starts_with("[[transform]]")) {
        return Ok(from_python(text));
    }
    let config = RunConfig::from_toml(text).map_err(|e| e.to_string())?;
    Ok(Imported { specs: config.transforms, notes: Vec::new() })
}

/// Reads a chain out of pasted Python: the first `Compose([...])` with a random transform in it, else the first; or a bare
/// list, or one call after the other.
pub fn from_python(text: &str) -> Imported {
    let is_chain = |name: &str| matches!(name, "Compose" | "Sequential");
    let mut import = Import::default();
    let found = read(text, is_chain);
    let mut chains = Vec::new();
    let mut loose = Vec::new();
    for value in found {
        match value {
            Expr::Call(call) if is_chain(call.short_name()) => chains.push(call),
            other => loose.push(other),
        }
    }
    if chains.is_empty() {
        import.set_library(&loose);
        for value in &loose {
            import.value(value, 1);
        }
        if import.out.specs.is_empty() && import.out.notes.is_empty() {
            import.note(1, "the text", "no Compose([...]) and no transform is in it", true);
        }
        return import.out;
    }
    let is_random = |call: &Call| {
        let mut names = Vec::new();
        names_in(&call.args, &mut names);
        names.iter().any(|name| name.starts_with("Rand") || find(name).is_some_and(|info| info.random))
    };
    let chosen = chains.iter().position(is_random).unwrap_or(0);
    let Some(chain) = chains.get(chosen) else { return import.out };
    if chains.len() > 1 {
        let reason = format!("{} chains are in the text; this one was read", chains.len());
        import.note(chain.line, &chain.name, &reason, false);
    }
    import.set_library(&chain.args);
    import.chain(chain);
    import.out
}

/// Names of all calls in there.
fn names_in<'a>(values: &'a [Expr], names: &mut Vec<&'a str>) {
    for value in values {
        match value {
            Expr::List(list) => names_in(list, names),
            Expr::Call(call) => {
                names.push(call.short_name());
                names_in(&call.args, names);
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Import {
    out: Imported,
    /// Most names of the chain are torchvision's, so that `Resize` is.
    torchvision: bool,
}

impl Import {
    fn note(&mut self, line: usize, what: &str, reason: &str, lost: bool) {
        let what = if what.chars().count() > 60 {
            what.chars().take(60).chain("…".chars()).collect()
        } else {
            what.to_owned()
        };
        self.out.notes.push(ImportNote {
            line,
            what: what.replace(char::is_control, " "),
            reason: reason.to_owned(),
            lost,
        });
    }

    fn set_library(&mut self, values: &[Expr]) {
        let mut names = Vec::new();
        names_in(values, &mut names);
        let only = |name: &&&str, has: Library, lacks: Library| {
            signature(has, name).is_some() && signature(lacks, name).is_none()
        };
        let torchvision = names.iter().filter(|n| only(n, Library::Torchvision, Library::Monai)).count();
        let monai = names.iter().filter(|n| only(n, Library::Monai, Library::Torchvision)).count();
        self.torchvision = torchvision > monai;
    }

    fn chain(&mut self, call: &Call) {
        for (key, value) in &call.named {
            if key == "transforms" {
                self.value(value, call.line);
            }
        }
        for value in &call.args {
            self.value(value, call.line);
        }
    }

    fn value(&mut self, value: &Expr, line: usize) {
        match value {
            Expr::List(list) => {
                for value in list {
                    let line = if let Expr::Call(call) = value { call.line } else { line };
                    self.value(value, line);
                }
            }
            Expr::Call(call) if matches!(call.short_name(), "Compose" | "Sequential") => self.chain(call),
            Expr::Call(call) => self.step(call),
            Expr::Name(name) => self.note(line, name, "a variable, whose value is not in the text", true),
            Expr::Unread(text) => self.note(line, text, "no call of a transform", true),
            _ => {}
        }
    }

    fn step(&mut self, call: &Call) {
        let Some(info) = self.find(call) else {
            let name = call.short_name();
            let bare = bare_names(name).find(|bare| NEEDLESS.contains(bare));
            if bare.is_some() {
                return self.note(call.line, name, "not needed here: left out", false);
            }
            let known = [Library::Monai, Library::Torchvision]
                .into_iter()
                .find(|library| bare_names(name).any(|bare| signature(*library, bare).is_some()));
            let reason = match (name, known) {
                ("RandomApply" | "RandomChoice" | "RandomOrder" | "OneOf" | "SomeOf", _) => {
                    "it chooses among transforms while it runs, which chains here do not: add those you want one by one"
                        .to_owned()
                }
                ("Lambda" | "RandLambda", _) => "Python code is not run".to_owned(),
                (_, Some(library)) => format!("{library} has it, trainscope does not"),
                _ => {
                    let names = crate::transform::registry::registry().iter().map(|info| info.name);
                    format!("no such transform{}", crate::config::hint(name, names))
                }
            };
            return self.note(call.line, name, &reason, true);
        };
        let mut spec = TransformSpec::new(info.name);
        let name = info.name.rsplit('.').next().unwrap_or(info.name);
        let order: Vec<&str> = signature(info.library, name).map(Iterator::collect).unwrap_or_default();
        // A dictionary transform's first value is its keys.
        let dictionary = call.short_name() != name;
        let skip = usize::from(dictionary && !call.named.iter().any(|(key, _)| key == "keys"));
        for (place, value) in call.args.iter().skip(skip).enumerate() {
            match order.get(place) {
                Some(key) => self.param(call, info, &mut spec, key, value),
                None => self.note(call.line, call.short_name(), "a value more than it has parameters", true),
            }
        }
        for (key, value) in &call.named {
            if !(dictionary && matches!(key.as_str(), "keys" | "allow_missing_keys" | "meta_keys" | "meta_key_postfix"))
            {
                self.param(call, info, &mut spec, key, value);
            }
        }
        self.out.specs.push(spec);
    }

    /// The transform that a call means.
    fn find(&self, call: &Call) -> Option<&'static TransformInfo> {
        let name = call.short_name();
        let qualified = format!("torchvision.{name}");
        if let Some(info) = find(&qualified) {
            let has = |library: Library| {
                let names: Vec<&str> = signature(library, name).map(Iterator::collect).unwrap_or_default();
                call.named.iter().filter(|(key, _)| names.contains(&key.as_str())).count()
            };
            let (monai, torchvision) = (has(Library::Monai), has(Library::Torchvision));
            if torchvision > monai || (torchvision == monai && self.torchvision) {
                return Some(info);
            }
        }
        bare_names(name).find_map(find)
    }

    fn param(&mut self, call: &Call, info: &'static TransformInfo, spec: &mut TransformSpec, key: &str, value: &Expr) {
        let what = format!("{}({key}=…)", call.short_name());
        let Some(param) = info.param(key) else {
            match info.elsewhere.iter().find(|(name, _)| *name == key) {
                Some((_, reason)) => self.note(call.line, &what, &format!("left out: {reason}"), false),
                None => {
                    let reason = format!("{} has no such parameter", info.name);
                    self.note(call.line, &what, &reason, true);
                }
            }
            return;
        };
        match to_value(value) {
            Ok(value) => match fit(param, value) {
                Ok(value) => {
                    spec.params.insert(key.to_owned(), value);
                }
                Err(value) => {
                    let reason = format!("{value} is not {}; its default {} stands", param.kind, param.default_value());
                    self.note(call.line, &what, &reason, true);
                }
            },
            Err(text) => {
                let reason =
                    format!("`{text}` is not a value that can be read; its default {} stands", param.default_value());
                self.note(call.line, &what, &reason, true);
            }
        }
    }
}

/// The name itself, and without the endings of MONAI's dictionary transforms.
fn bare_names(name: &str) -> impl Iterator<Item = &str> {
    [Some(name), name.strip_suffix("Dict"), name.strip_suffix('d'), name.strip_suffix('D')].into_iter().flatten()
}

/// # Errors
/// What cannot be read, as written.
fn to_value(value: &Expr) -> Result<ParamValue, String> {
    Ok(match value {
        Expr::None => ParamValue::Text("none".to_owned()),
        Expr::Bool(v) => ParamValue::Bool(*v),
        Expr::Int(v) => ParamValue::Int(*v),
        Expr::Float(v) => ParamValue::Float(*v),
        Expr::Text(v) => ParamValue::Text(v.clone()),
        Expr::List(list) => ParamValue::List(list.iter().map(to_value).collect::<Result<_, _>>()?),
        // InterpolationMode.BILINEAR, GridSamplePadMode.BORDER, torch.float32, AutoAugmentPolicy.IMAGENET
        Expr::Name(name) if name.contains('.') => {
            ParamValue::Text(name.rsplit('.').next().unwrap_or(name).to_lowercase())
        }
        Expr::Name(name) => return Err(name.clone()),
        Expr::Call(call) => return Err(format!("{}(…)", call.name)),
        Expr::Unread(text) => return Err(text.clone()),
    })
}

/// The value as the parameter takes it, where Python is freer than TOML.
///
/// # Errors
/// The value, where it does not fit.
fn fit(param: &ParamInfo, value: ParamValue) -> Result<ParamValue, ParamValue> {
    if param.accepts(&value) {
        return Ok(value);
    }
    let mut others = Vec::new();
    match &value {
        ParamValue::Text(text) => {
            others.push(ParamValue::Text(text.to_lowercase()));
            others.push(ParamValue::Text(text.to_lowercase().replace('-', "_")));
            others.push(ParamValue::Text(text.to_lowercase().replace('_', "-")));
            if let ParamKind::Bool | ParamKind::OptionalBool = param.kind {
                others.push(ParamValue::Bool(text.eq_ignore_ascii_case("true")));
            }
        }
        ParamValue::List(list) => {
            if let [one] = list.as_slice() {
                others.push(one.clone());
            }
            if let Some(first) = list.first()
                && list.iter().all(|v| v == first)
            {
                others.push(first.clone());
            }
        }
        ParamValue::Int(v) => {
            others.push(ParamValue::List(vec![ParamValue::Int(*v)]));
            others.push(ParamValue::Bool(*v != 0));
        }
        ParamValue::Float(v) => {
            others.push(ParamValue::List(vec![ParamValue::Float(*v)]));
            if v.fract() == 0.0 {
                others.push(ParamValue::Int(*v as i64));
            }
        }
        ParamValue::Bool(_) => {}
    }
    others.into_iter().find(|other| param.accepts(other)).ok_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::{Chain, Family, tutorial_chain};

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
        let imported = from_python(TUTORIAL);
        assert_eq!(imported.specs, tutorial_chain(None));
        assert!(imported.notes.iter().all(|note| !note.lost), "{:?}", imported.notes);
        assert!(imported.notes[0].reason.contains("2 chains"));
        Chain::build(&imported.specs).unwrap();
    }

    #[test]
    fn what_is_saved_is_read_again() {
        for preset in crate::transform::presets() {
            let specs = preset.chain(Some([64, 48]), 3);
            let text = crate::config::transforms_to_toml(&specs);
            assert_eq!(chain_from_text(&text).unwrap(), Imported { specs, notes: Vec::new() });
        }
        assert!(chain_from_text("[[transform]]\nname = 3").unwrap_err().contains("name"));
    }

    #[test]
    fn dictionaries_positions_and_lists_are_read() {
        let specs = |text: &str| {
            let imported = from_python(text);
            assert_eq!(imported.notes, [], "{text}");
            Chain::build(&imported.specs).unwrap();
            imported.specs
        };
        let rotate =
            TransformSpec::new("RandRotate").with("range_x", ParamValue::Float(0.3)).with("prob", ParamValue::Int(1));
        assert_eq!(specs("Compose([RandRotated(keys=['image'], range_x=0.3, prob=1)])"), std::slice::from_ref(&rotate));
        assert_eq!(specs("Compose([RandRotated('image', range_x=0.3, prob=1)])"), std::slice::from_ref(&rotate));
        assert_eq!(specs("[mt.RandRotate(range_x=0.3, prob=1)]"), std::slice::from_ref(&rotate));
        assert_eq!(
            specs("RandRotate(range_x=0.3, prob=1),\nFlip(0),"),
            [rotate, TransformSpec::new("Flip").with("spatial_axis", ParamValue::Int(0))]
        );
        let zoom = TransformSpec::new("RandZoom")
            .with("prob", ParamValue::Float(0.2))
            .with("min_zoom", ParamValue::Float(0.8))
            .with("max_zoom", ParamValue::Float(1.2))
            .with("mode", ParamValue::Text("bilinear".into()));
        assert_eq!(
            specs("LOW = 0.8\nCompose(transforms=[RandZoom(0.2, LOW, 2 - LOW, InterpolateMode.BILINEAR)])"),
            [zoom]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let text = "Compose([\n    LoadImage(),\n    Lambda(lambda x: x + 1),\n    RandFlip(prob=p, colour=1),\n    \
                    RandFlop(),\n    extra,\n    RandomApply([RandFlip()], p=0.3),\n    Spacing((1, 1)),\n    EnsureType(),\n    \
                    RandRotate(0.1, range_y=0.2, prob=7),\n])";
        let imported = from_python(text);
        let names: Vec<&str> = imported.specs.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["LoadImage", "RandFlip", "RandRotate"]);
        let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
        for (i, words) in [
            ["line 3", "Lambda", "not run"],
            ["line 4", "RandFlip(prob=…)", "`p`"],
            ["line 4", "RandFlip(colour=…)", "no such parameter"],
            ["line 5", "RandFlop", "did you mean `RandFlip`"],
            ["extra", "a variable", "not in the text"],
            ["line 7", "RandomApply", "one by one"],
            ["line 8", "Spacing", "MONAI 1.6.1 has it"],
            ["line 9", "EnsureType", "not needed"],
            ["line 10", "RandRotate(range_y=…)", "3-D"],
            ["line 10", "RandRotate(prob=…)", "a number from 0 to 1"],
        ]
        .into_iter()
        .enumerate()
        {
            for word in words {
                assert!(notes[i].contains(word), "{:?} lacks {word}", notes[i]);
            }
        }
        assert_eq!(notes.len(), 10, "{notes:#?}");
        assert!(from_python("hello world").notes[0].lost);
    }

    /// The registry speaks the libraries' language: every parameter is in the library's signature, and none is missing
    /// without a reason.
    #[test]
    fn the_registry_has_the_libraries_parameters() {
        let mut wrong = Vec::new();
        for info in crate::transform::registry::registry().iter().filter(|i| i.library != Library::Trainscope) {
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
}
