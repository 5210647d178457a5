//! Reading checked text from the wire without ever repeating it. Knows nothing of what is checked.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserializer, de};

/// Reads text and checks it. No error repeats what was read, whatever its JSON type: serde's own
/// "invalid type: integer `13800000000`" would carry a phone number into logs and answers.
pub(super) fn deserialize<'de, D, T, E>(
    deserializer: D,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    // Not `deserialize_str`: there serde_json writes its own error, with the value in it.
    deserializer.deserialize_any(TextVisitor { parse, output: PhantomData })
}

struct TextVisitor<T, E> {
    parse: fn(&str) -> Result<T, E>,
    output: PhantomData<T>,
}

const NOT_TEXT: &str = "expected a JSON string";

impl<T, E: fmt::Display> de::Visitor<'_> for TextVisitor<T, E> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON string")
    }

    fn visit_str<F: de::Error>(self, text: &str) -> Result<T, F> {
        (self.parse)(text).map_err(F::custom)
    }

    fn visit_bool<F: de::Error>(self, _: bool) -> Result<T, F> {
        Err(F::custom(NOT_TEXT))
    }

    fn visit_i64<F: de::Error>(self, _: i64) -> Result<T, F> {
        Err(F::custom(NOT_TEXT))
    }

    fn visit_u64<F: de::Error>(self, _: u64) -> Result<T, F> {
        Err(F::custom(NOT_TEXT))
    }

    fn visit_f64<F: de::Error>(self, _: f64) -> Result<T, F> {
        Err(F::custom(NOT_TEXT))
    }
}

/// Gives a type that is checked text its `FromStr`, serde and OpenAPI faces.
macro_rules! checked_text {
    ($name:ident, $error:ty, $text:ident, max $max:literal, $description:literal) => {
        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$text())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codes::text::deserialize(deserializer, Self::parse)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description))
                    .max_length(Some($max))
                    .into()
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

/// Gives a type that holds personal data a `Debug` that prints none of it.
macro_rules! redacted_debug {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

pub(super) use checked_text;
pub(super) use redacted_debug;

#[cfg(test)]
mod tests {
    use crate::codes::{Mobile, PersonName};

    #[test]
    fn an_error_never_repeats_what_was_sent() {
        for json in ["13900001234", "-13900001234", "1390000.1234", "\"139000012\"", "true"] {
            let error = serde_json::from_str::<Mobile>(json).unwrap_err().to_string();
            assert!(!error.contains("139000"), "{error}");
        }
        let error = serde_json::from_str::<PersonName>("\"张三\\u0000\"").unwrap_err();
        assert!(!error.to_string().contains('张'));
    }
}
