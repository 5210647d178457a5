//! Code tables and the open value that stands for one on the wire. Knows no table in particular.

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;
use super::visible::visible;

/// The most characters a code may have that no table knows.
pub(super) const CODE_LENGTH_MAX: usize = 64;

/// A closed table of codes with their official words.
pub trait Code: Copy + Eq + Hash + fmt::Debug + Sized + 'static {
    /// Every value, in the order of the table.
    const ALL: &'static [Self];
    /// The name of the table.
    const NAME: &'static str;

    /// The code, as it stands on the wire.
    fn code(self) -> &'static str;

    /// The official word.
    fn label_zh(self) -> &'static str;

    /// The value with this code.
    #[must_use]
    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.code() == code)
    }

    /// The value with this official word.
    #[must_use]
    fn from_label_zh(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.label_zh() == label)
    }
}

/// A value of a table that may grow: one we know, or one we keep as it was sent.
///
/// A center that learns a new class tomorrow must not lose a complaint today, so an unknown code is
/// kept byte for byte and shown as 新取值.
///
/// ```
/// use green_channel::codes::{Issue, Open};
/// let known: Open<Issue> = serde_json::from_str(r#""quality""#)?;
/// assert_eq!(known, Open::Known(Issue::Quality));
/// let new: Open<Issue> = serde_json::from_str(r#""预付卡""#)?;
/// assert_eq!(new.label_zh(), "新取值：预付卡");
/// assert_eq!(serde_json::to_string(&new)?, r#""预付卡""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Open<T> {
    /// A value of the table.
    Known(T),
    /// A code that no table of ours holds, as it was sent.
    New(String),
}

impl<T: Code> Open<T> {
    /// The code: ours, or the one that was sent.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Known(value) => value.code(),
            Self::New(code) => code,
        }
    }

    /// The official word, or 新取值 and the code with its invisible characters written out.
    #[must_use]
    pub fn label_zh(&self) -> Cow<'static, str> {
        match self {
            Self::Known(value) => Cow::Borrowed(value.label_zh()),
            Self::New(code) if code.trim().is_empty() => Cow::Borrowed("新取值：（空）"),
            Self::New(code) => Cow::Owned(format!("新取值：{}", visible(code))),
        }
    }

    /// The value, when the table holds it.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::New(_) => None,
        }
    }

    /// Reads a code; one that the table does not hold is kept.
    ///
    /// # Errors
    /// A code of more than 64 characters.
    pub fn parse(code: &str) -> Result<Self, CodeError> {
        if let Some(value) = T::from_code(code) {
            return Ok(Self::Known(value));
        }
        match code.chars().nth(CODE_LENGTH_MAX) {
            Some(_) => Err(CodeError::TooLong { table: T::NAME }),
            None => Ok(Self::New(code.to_owned())),
        }
    }
}

impl<T: Code> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Code> FromStr for Open<T> {
    type Err = CodeError;

    fn from_str(code: &str) -> Result<Self, CodeError> {
        Self::parse(code)
    }
}

impl<T: Code> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de, T: Code> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, Self::parse)
    }
}

/// A code that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A closed table does not hold it.
    #[error("not a code of the table {table}; use one that its documentation lists")]
    Unknown {
        /// The name of the table.
        table: &'static str,
    },
    /// Too long to be a code at all.
    #[error("a code of {table} has at most 64 characters; put longer text into the facts")]
    TooLong {
        /// The name of the table.
        table: &'static str,
    },
}

/// Declares a closed code table: the enum, its codes and official words, serde, `Display` and the
/// OpenAPI schema. A line is `Variant = "code", "官方用语";`.
macro_rules! code_table {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $( $(#[$value_doc:meta])* $value:ident = $code:literal, $label:literal; )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$value_doc])* $value, )+
        }

        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The code, as it stands on the wire.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $( Self::$value => $code, )+
                }
            }

            /// The official word.
            #[must_use]
            pub const fn label_zh(self) -> &'static str {
                match self {
                    $( Self::$value => $label, )+
                }
            }
        }

        impl $crate::codes::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$value),+];
            const NAME: &'static str = stringify!($name);

            fn code(self) -> &'static str {
                $name::code(self)
            }

            fn label_zh(self) -> &'static str {
                $name::label_zh(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::codes::CodeError;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                $crate::codes::open::parse_closed(code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codes::text::deserialize(deserializer, $crate::codes::open::parse_closed)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::codes::open::schema::closed::<Self>()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }
        }
    };
}

pub(super) use code_table;

pub(super) fn parse_closed<T: Code>(code: &str) -> Result<T, CodeError> {
    T::from_code(code).ok_or(CodeError::Unknown { table: T::NAME })
}

/// How tables appear in the OpenAPI documents.
#[cfg(feature = "openapi")]
pub(super) mod schema {
    use utoipa::openapi::RefOr;
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

    use super::{CODE_LENGTH_MAX, Code, Open};

    /// A closed table: an enum.
    pub(in crate::codes) fn closed<T: Code>() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(words::<T>()))
            .enum_values(Some(T::ALL.iter().map(|value| value.code())))
            .into()
    }

    fn words<T: Code>() -> String {
        let word = |value: &T| format!("`{}` {}", value.code(), value.label_zh());
        T::ALL.iter().map(word).collect::<Vec<_>>().join(" · ")
    }

    // utoipa-gen composes a generic field type through this hidden trait, and gives `PartialSchema`
    // to whatever has it; its own derive would describe the Rust enum and not the text on the wire.
    impl<T: Code> utoipa::__dev::ComposeSchema for Open<T> {
        fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
            let known = words::<T>();
            let description =
                format!("Open table: a new value is kept as sent, never refused. Known: {known}");
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(description))
                .max_length(Some(CODE_LENGTH_MAX))
                .into()
        }
    }

    impl<T: Code> utoipa::ToSchema for Open<T> {
        fn name() -> std::borrow::Cow<'static, str> {
            std::borrow::Cow::Borrowed("Open")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::codes::{Channel, Goods, IdType, Issue, Outcome, Province, Request};

    #[test]
    fn an_unknown_code_survives_byte_for_byte() {
        for code in ["预付卡", "", " quality", "Quality", "a\u{202e}b\n", "110101103"] {
            let json = serde_json::to_string(code).unwrap();
            let open: Open<Issue> = serde_json::from_str(&json).unwrap();
            assert_eq!(open, Open::New(code.to_owned()));
            assert_eq!(serde_json::to_string(&open).unwrap(), json);
        }
    }

    #[test]
    fn a_new_value_cannot_hide_in_its_label() {
        let open: Open<Issue> = "退\u{202e}款\n".parse().unwrap();
        assert_eq!(open.label_zh(), "新取值：退⟨U+202E⟩款⟨U+000A⟩");
        assert_eq!(Open::<Issue>::New(String::new()).label_zh(), "新取值：（空）");
    }

    #[test]
    fn a_code_longer_than_64_characters_is_refused() {
        assert!("额".repeat(64).parse::<Open<Issue>>().is_ok());
        let refused = "额".repeat(65).parse::<Open<Issue>>();
        assert_eq!(refused, Err(CodeError::TooLong { table: "Issue" }));
    }

    #[test]
    fn a_closed_table_refuses_what_it_does_not_hold() {
        assert_eq!("monetary".parse::<Outcome>(), Ok(Outcome::Monetary));
        assert_eq!("cash".parse::<Outcome>(), Err(CodeError::Unknown { table: "Outcome" }));
        assert!(serde_json::from_str::<Outcome>("\"cash\"").is_err());
        assert!(serde_json::from_str::<Outcome>("null").is_err());
    }

    #[test]
    fn codes_and_words_of_a_table_are_unique_and_read_back() {
        fn check<T: Code + for<'de> Deserialize<'de> + Serialize>() {
            let mut seen = HashSet::new();
            for &value in T::ALL {
                assert!(seen.insert(value.code()) && seen.insert(value.label_zh()), "{value:?}");
                assert_eq!(T::from_code(value.code()), Some(value));
                assert_eq!(T::from_label_zh(value.label_zh()), Some(value));
                let json = serde_json::to_string(&value).unwrap();
                assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                assert!(value.code().bytes().all(plain), "{value:?}");
            }
        }
        check::<Channel>();
        check::<Goods>();
        check::<IdType>();
        check::<Issue>();
        check::<Outcome>();
        check::<Province>();
        check::<Request>();
    }

    #[cfg(feature = "openapi")]
    #[test]
    fn an_open_table_is_documented_without_being_a_constraint() {
        use utoipa::PartialSchema as _;
        let open = serde_json::to_value(Open::<Issue>::schema()).unwrap();
        assert_eq!(open["type"], "string");
        assert!(open.get("enum").is_none());
        assert!(open["description"].as_str().unwrap().contains("`quality` 质量"));
        let closed = serde_json::to_value(Outcome::schema()).unwrap();
        assert_eq!(closed["enum"][0], "monetary");
    }
}
