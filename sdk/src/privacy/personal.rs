//! A value about a person that cannot be printed by accident.

use std::fmt;

/// A value about a person: no `Display`, no `Serialize`, and a `Debug` that says nothing.
///
/// ```
/// use green_channel::privacy::Personal;
/// let name = Personal::new("张三".to_owned());
/// assert_eq!(format!("{name:?}"), "•••");
/// assert_eq!(name.expose(), "张三");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value; every call is a place to look at in a review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}
