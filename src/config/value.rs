//! How a field of the configuration becomes a plain value, and back.

use super::param::ParamInfo;
use super::spec::ParamValue;
use std::path::PathBuf;

/// A type that a setting's field may have.
pub(super) trait SettingValue: Sized {
    /// As TOML and the window's forms have it.
    fn to_param(&self) -> ParamValue;
    /// `None` where it is a value of another type, or beyond what the type holds.
    fn from_param(value: &ParamValue) -> Option<Self>;
    /// It stands for nothing, and is not written.
    fn is_absent(&self) -> bool {
        false
    }
}

/// The field's default. What the description says and the type does not hold is caught by the settings' tests.
pub(super) fn default_of<T: SettingValue + Default>(info: &ParamInfo) -> T {
    T::from_param(&info.default_value()).unwrap_or_default()
}

impl SettingValue for bool {
    fn to_param(&self) -> ParamValue {
        ParamValue::Bool(*self)
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::Bool(v) => Some(*v),
            _ => None,
        }
    }
}

/// Whole numbers without a sign. TOML's have one; ranges end there.
macro_rules! whole_numbers {
    ($($Type:ty),+) => {$(
        impl SettingValue for $Type {
            fn to_param(&self) -> ParamValue {
                ParamValue::Int(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn from_param(value: &ParamValue) -> Option<Self> {
                match value {
                    ParamValue::Int(v) => Self::try_from(*v).ok(),
                    _ => None,
                }
            }
        }
    )+};
}

whole_numbers!(u64, usize);

impl SettingValue for f64 {
    fn to_param(&self) -> ParamValue {
        ParamValue::Float(*self)
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        value.as_f64()
    }
}

impl SettingValue for String {
    fn to_param(&self) -> ParamValue {
        ParamValue::Text(self.clone())
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::Text(v) => Some(v.clone()),
            _ => None,
        }
    }
}

/// Without a path: an empty text.
impl SettingValue for Option<PathBuf> {
    fn to_param(&self) -> ParamValue {
        ParamValue::Text(self.as_ref().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default())
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::Text(v) => Some((!v.is_empty()).then(|| PathBuf::from(v))),
            _ => None,
        }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl SettingValue for Vec<String> {
    fn to_param(&self) -> ParamValue {
        ParamValue::List(self.iter().cloned().map(ParamValue::Text).collect())
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::List(list) => list.iter().map(String::from_param).collect(),
            _ => None,
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl SettingValue for Vec<f64> {
    fn to_param(&self) -> ParamValue {
        ParamValue::List(self.iter().copied().map(ParamValue::Float).collect())
    }

    fn from_param(value: &ParamValue) -> Option<Self> {
        match value {
            ParamValue::List(list) => list.iter().map(ParamValue::as_f64).collect(),
            one => Some(vec![one.as_f64()?]),
        }
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// An enum as a setting: its variants with their names in TOML, titles and meanings. The first is the default.
macro_rules! choices {
    (
        $(#[$meta:meta])* $Name:ident {
            $(#[doc = $first_doc:literal])+ $First:ident = $first:literal $first_title:literal,
            $( $(#[doc = $doc:literal])+ $Variant:ident = $text:literal $title:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum $Name {
            $(#[doc = $first_doc])+
            #[default]
            #[serde(rename = $first)]
            $First,
            $( $(#[doc = $doc])+ #[serde(rename = $text)] $Variant, )*
        }

        impl $Name {
            /// The variants as a form and the docs have them.
            pub const ITEMS: &[Item] = &[
                Item::new($first, $first_title, concat!($($first_doc),+).trim_ascii()),
                $( Item::new($text, $title, concat!($($doc),+).trim_ascii()), )*
            ];

            /// As TOML has it.
            pub fn name(self) -> &'static str {
                match self {
                    Self::$First => $first,
                    $( Self::$Variant => $text, )*
                }
            }
        }

        impl SettingValue for $Name {
            fn to_param(&self) -> ParamValue {
                ParamValue::Text(self.name().to_owned())
            }

            fn from_param(value: &ParamValue) -> Option<Self> {
                match value {
                    ParamValue::Text(text) if text == $first => Some(Self::$First),
                    $( ParamValue::Text(text) if text == $text => Some(Self::$Variant), )*
                    _ => None,
                }
            }
        }
    };
}

pub(super) use choices;
