//! Whose a transform is. `Resize`, `ToTensor`, `RandomCrop` or `Normalize` mean one thing in torchvision, another in MONAI,
//! albumentations or Keras: what the text imports says it, then what stands before the dot, then the names beside it that
//! only one library has, then the parameters.

use super::signatures::{dictionary_signature, signature};
use super::value::{Call, Value};
use crate::transform::core::description::Library;

/// What is told apart, the likeliest first.
pub(super) const ALL: [Library; 4] = [Library::Torchvision, Library::Monai, Library::Albumentations, Library::Keras];

/// What MONAI's dictionary transforms take beside what those of arrays do: names of entries, which no image has here.
pub(super) const OF_DICTIONARIES: &[&str] = &[
    "allow_missing_keys",
    "end_coord_key",
    "factor_key",
    "image_key",
    "keys",
    "meta_key_postfix",
    "meta_keys",
    "new_key",
    "new_key_prefix",
    "overwriting",
    "source_key",
    "start_coord_key",
];

/// Whether a call of that name is of the dictionary transform beside MONAI's `name`.
pub(super) fn is_dictionary(called: &str, name: &str) -> bool {
    called.strip_prefix(name).is_some_and(|end| matches!(end, "d" | "D" | "Dict"))
}

/// Whose a call is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Owner {
    Library(Library),
    /// One that nothing is read of, by name.
    Foreign(&'static str),
    /// Imported from a module that is none of a library's.
    Elsewhere(String),
    /// One of several, the likeliest first; this one was taken.
    Open(Vec<Library>),
    /// None has the name.
    Nobody,
}

const FOREIGN: &[&str] =
    &["kornia", "imgaug", "torchio", "timm", "mmcv", "detectron2", "volumentations", "paddle", "solt"];

/// The library whose module that is.
fn of_module(module: &str) -> Option<Owner> {
    let root = module.split('.').next().unwrap_or(module);
    let library = match root {
        "torchvision" => Library::Torchvision,
        "monai" => Library::Monai,
        "albumentations" | "albumentationsx" => Library::Albumentations,
        "keras" | "tensorflow" | "keras_cv" | "tf_keras" => Library::Keras,
        _ => return FOREIGN.iter().find(|name| **name == root).map(|name| Owner::Foreign(name)),
    };
    Some(Owner::Library(library))
}

/// What people call a library where the text does not say what it imports.
fn of_prefix(name: &str) -> Option<Owner> {
    let (prefix, _) = name.rsplit_once('.')?;
    let root = prefix.split('.').next().unwrap_or(prefix);
    let library = match root {
        "transforms" | "T" | "v2" | "v1" | "tv" | "tvt" | "TV" | "tvF" | "TF" | "F" | "vtransforms" => {
            Library::Torchvision
        }
        "A" | "alb" | "albu" | "Alb" | "ALB" => Library::Albumentations,
        "layers" | "tf" | "preprocessing" => Library::Keras,
        "mt" | "MT" | "mtf" | "monai_transforms" | "mtransforms" => Library::Monai,
        "K" | "KA" => return Some(Owner::Foreign("kornia")),
        "iaa" => return Some(Owner::Foreign("imgaug")),
        "tio" => return Some(Owner::Foreign("torchio")),
        _ => return of_module(root),
    };
    Some(Owner::Library(library))
}

/// The name in that library, without the endings of MONAI's dictionary transforms.
pub(super) fn name_in(library: Library, name: &str) -> Option<&str> {
    let stripped = |suffix| name.strip_suffix(suffix).filter(|_| library == Library::Monai);
    [Some(name), stripped("Dict"), stripped("d"), stripped("D")]
        .into_iter()
        .flatten()
        .find(|name| signature(library, name).is_some())
}

/// What the whole text and the chain say of their libraries.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Everything of these modules was imported, in order.
    stars: Vec<String>,
    /// All that is imported.
    imported: Vec<Library>,
    /// How many calls of the chain can only be that library's, in the order of [`ALL`].
    votes: [usize; 4],
    /// Somebody said so.
    said: Option<Library>,
    /// Keras has no `Compose`.
    without_keras: bool,
}

impl Evidence {
    /// Of the calls of a chain, the one that holds the others first where there is one.
    pub(super) fn new(imports: &[(String, String)], calls: &[&Call], said: Option<Library>) -> Self {
        let stars = imports.iter().filter(|(_, known_as)| known_as == "*").map(|(module, _)| module.clone()).collect();
        let mut imported = Vec::new();
        for (module, _) in imports {
            if let Some(Owner::Library(library)) = of_module(module)
                && !imported.contains(&library)
            {
                imported.push(library);
            }
        }
        let without_keras = calls.first().is_some_and(|call| call.short_name() == "Compose");
        let mut evidence = Self { stars, imported, votes: [0; 4], said, without_keras };
        for call in calls {
            let library = match evidence.certain(call) {
                Some(Owner::Library(library)) => Some(library),
                Some(_) => None,
                None => match evidence.candidates(call)[..] {
                    [only] => Some(only),
                    _ => None,
                },
            };
            let place = library.and_then(|library| ALL.iter().position(|other| *other == library));
            if let Some(votes) = place.and_then(|place| evidence.votes.get_mut(place)) {
                *votes += 1;
            }
        }
        evidence
    }

    /// The libraries that have the name and take the values, the likeliest first; those that have the name where none
    /// takes them.
    fn candidates(&self, call: &Call) -> Vec<Library> {
        let named = having(call).into_iter().filter(|library| *library != Library::Keras || !self.without_keras);
        let named: Vec<Library> = named.collect();
        let fits: Vec<Library> = named.iter().copied().filter(|library| accepts(*library, call)).collect();
        if fits.is_empty() { named } else { fits }
    }

    /// What imports and prefixes say, if they say anything.
    fn certain(&self, call: &Call) -> Option<Owner> {
        let short = call.short_name();
        if let Some(whole) = &call.whole {
            let module = whole.rsplit_once('.').map_or(whole.as_str(), |(module, _)| module);
            return Some(of_module(whole).unwrap_or_else(|| Owner::Elsewhere(module.to_owned())));
        }
        if !call.name.contains('.') {
            // Of two that have the name the later import hides the earlier.
            let star = self.stars.iter().rev().filter_map(|module| of_module(module)).find(|owner| match owner {
                Owner::Library(library) => name_in(*library, short).is_some(),
                _ => false,
            });
            return star;
        }
        match of_prefix(&call.name)? {
            // A habit, not a fact: it counts where the library has the name.
            Owner::Library(library) => {
                (call.is_chain() || name_in(library, short).is_some()).then_some(Owner::Library(library))
            }
            foreign => (having(call) != [Library::Keras]).then_some(foreign),
        }
    }

    /// Whose the call is.
    pub(super) fn owner(&self, call: &Call) -> Owner {
        if let Some(owner) = self.certain(call) {
            return owner;
        }
        let left = self.candidates(call);
        let votes = |library: &Library| {
            ALL.iter().position(|other| other == library).and_then(|i| self.votes.get(i)).copied().unwrap_or(0)
        };
        match left[..] {
            [] => return Owner::Nobody,
            [only] => return Owner::Library(only),
            _ => {}
        }
        if let Some(said) = self.said.filter(|said| left.contains(said)) {
            return Owner::Library(said);
        }
        let most = left.iter().map(&votes).max().unwrap_or(0);
        let leading: Vec<Library> = left.iter().copied().filter(|library| votes(library) == most).collect();
        if let ([only], true) = (&leading[..], most > 0) {
            return Owner::Library(*only);
        }
        let imported: Vec<Library> = leading.iter().copied().filter(|l| self.imported.contains(l)).collect();
        match imported[..] {
            [only] => Owner::Library(only),
            _ => Owner::Open(leading),
        }
    }
}

/// The libraries that have the name, the likeliest first.
fn having(call: &Call) -> Vec<Library> {
    ALL.into_iter().filter(|library| name_in(*library, call.short_name()).is_some()).collect()
}

/// Whether the library's signature takes the call's values and names.
fn accepts(library: Library, call: &Call) -> bool {
    let short = call.short_name();
    let Some(name) = name_in(library, short) else { return false };
    let Some(order) = signature(library, name) else { return false };
    let mut order: Vec<&str> = order.collect();
    let dictionary = is_dictionary(short, name);
    if dictionary && let Some(own) = dictionary_signature(name) {
        order = own.collect();
    }
    let own = |key: &str| match library {
        Library::Monai => dictionary && OF_DICTIONARIES.contains(&key),
        Library::Albumentations => matches!(key, "always_apply" | "height" | "width"),
        Library::Keras => matches!(key, "seed" | "name" | "data_format" | "dtype" | "input_shape"),
        _ => false,
    };
    let named = call.named.iter().all(|(key, _)| order.contains(&key.as_str()) || own(key));
    // Two whole numbers without names are a height and a width where these come first.
    let sides = matches!(call.args.get(..2), Some([Value::Int(_), Value::Int(second)]) if *second >= 16);
    let second_is_width = order.get(1) == Some(&"width");
    let crop = order.first() == Some(&"size") && !second_is_width && library == Library::Torchvision;
    // Height and width have no defaults there.
    let both = library != Library::Albumentations
        || !matches!(name, "Resize" | "RandomCrop" | "CenterCrop")
        || call.args.len() + call.named.len() >= 2;
    both && named
        && call.args.len() <= order.len() + usize::from(dictionary) && !(sides && crop)
        // `Normalize()` has figures of its own in albumentations only.
        && !(library == Library::Torchvision && short == "Normalize" && call.args.is_empty() && call.named.is_empty())
}
