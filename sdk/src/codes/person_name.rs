//! Names of people, as they are: rare characters and middle dots are somebody's name.

use super::text::{checked_text, redacted_debug};
use super::visible::visible;

/// The most characters a name may have.
const LENGTH_MAX: usize = 64;

/// The name of a person: 1 to 64 characters, kept exactly as it came.
///
/// Nothing is normalised: `买买提·艾力`, characters beyond the basic plane and variation selectors are
/// names. Invisible characters are kept too, and made visible where the name is shown.
///
/// ```
/// use green_channel::codes::PersonName;
/// let name = PersonName::parse("买买提·艾力")?;
/// assert_eq!(name.expose(), "买买提·艾力");
/// assert_eq!(name.masked(), "买买提·*");
/// assert_eq!(format!("{name:?}"), "PersonName(redacted)");
/// # Ok::<(), green_channel::codes::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// The text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing but spaces.
    #[error("a name is missing; give at least one character")]
    Empty,
    /// Too long.
    #[error("a name has at most 64 characters; shorten it")]
    TooLong,
    /// A control character.
    #[error("a name has no control characters; remove line breaks and tabs")]
    Control,
}

impl PersonName {
    /// Checks a name.
    ///
    /// # Errors
    /// When it is empty, too long, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().nth(LENGTH_MAX).is_some() {
            return Err(NameError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name itself; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The name for a page, its invisible characters written out.
    #[must_use]
    pub fn shown(&self) -> String {
        visible(&self.0).into_owned()
    }

    /// What may be shown without a reason: the family name, or what stands before a middle dot.
    #[must_use]
    pub fn masked(&self) -> String {
        const DOTS: [char; 3] = ['\u{b7}', '\u{2022}', '\u{30fb}'];
        const DOUBLE: [&str; 12] = [
            "欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐",
            "夏侯",
        ];
        if let Some(at) = self.0.find(DOTS) {
            let dot: String = self.0[at..].chars().take(1).collect();
            return format!("{}{dot}*", visible(&self.0[..at]));
        }
        let family = DOUBLE.iter().find(|family| self.0.starts_with(**family));
        let length = if family.is_some() { 2 } else { 1 };
        let head: String = self.0.chars().take(length).collect();
        let stars = "*".repeat(self.0.chars().count().saturating_sub(length).clamp(1, 2));
        format!("{}{stars}", visible(&head))
    }
}

checked_text!(PersonName, NameError, expose, max 64, "姓名: 1 to 64 characters, kept as they are");
redacted_debug!(PersonName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_legitimate_name_is_refused_or_altered() {
        for name in [
            "张三",
            "王𠀀",
            "𡃁仔华",
            "买买提·艾合买提",
            "阿依古丽•吐尔逊",
            "マリア・ロペス",
            "葛\u{e0100}城",
            "Zoë O’Neill",
            "一",
            &"长".repeat(64),
        ] {
            assert_eq!(PersonName::parse(name).unwrap().expose(), name);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (name, error) in [
            ("", NameError::Empty),
            (" \u{3000}", NameError::Empty),
            ("张\n三", NameError::Control),
            ("张\u{0}三", NameError::Control),
            (&"长".repeat(65), NameError::TooLong),
        ] {
            assert_eq!(PersonName::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn a_masked_name_shows_the_family_and_nothing_else() {
        for (name, masked) in [
            ("张三", "张*"),
            ("张晓明", "张**"),
            ("欧阳静", "欧阳*"),
            ("王𠀀", "王*"),
            ("一", "一*"),
            ("买买提·艾力", "买买提·*"),
            ("张\u{202e}三", "张**"),
        ] {
            assert_eq!(PersonName::parse(name).unwrap().masked(), masked);
        }
    }
}
