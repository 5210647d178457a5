//! Telephone numbers of consumers: mobile numbers, and whatever else can be dialled. Does not know
//! which ranges are in service, and tells nothing of a number but through `expose`.

use super::text::{checked_text, redacted_debug};

/// A Chinese mobile number: 11 digits from 13 to 19, with `+86` before it or not.
///
/// Kept as it was sent; [`Mobile::normalized`] is for comparing. Never printed by `Debug`.
///
/// ```
/// use green_channel::codes::Mobile;
/// let mobile = Mobile::parse("+8615400001234")?;
/// assert_eq!(mobile.normalized(), "15400001234");
/// assert_eq!(mobile.masked(), "154****1234");
/// assert_eq!(format!("{mobile:?}"), "Mobile(redacted)");
/// # Ok::<(), green_channel::codes::PhoneError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

impl Mobile {
    /// Reads 11 digits, or `+86` and 11 digits.
    ///
    /// # Errors
    /// Anything else; a number with spaces or hyphens is read by [`Phone::parse`].
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix("+86").unwrap_or(text);
        if is_mobile(digits) { Ok(Self(text.to_owned())) } else { Err(PhoneError::NotMobile) }
    }

    /// The number as it was sent, for those who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The 11 digits alone: two ways to write one number are equal here.
    #[must_use]
    pub fn normalized(&self) -> &str {
        self.0.strip_prefix("+86").unwrap_or(&self.0)
    }

    /// The number with its middle hidden: `138****5678`.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits = self.normalized();
        format!("{}****{}", &digits[..3], &digits[7..])
    }
}

/// A telephone number that is no plain mobile number: a landline, one with an extension, one
/// written with spaces, one of another country.
///
/// 3 to 32 characters: digits, `+ - ( ) # *`, space, full-width parentheses, `ext`, 转.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OtherPhone(String);

impl OtherPhone {
    /// Reads what can be dialled.
    ///
    /// # Errors
    /// Fewer than 3 digits, more than 32 characters, or a character that belongs to no number.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let belongs = |c: char| c.is_ascii_digit() || "+-()#* （）转extEXT".contains(c);
        if !text.chars().all(belongs) {
            return Err(PhoneError::Character);
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits < 3 || text.chars().count() > 32 {
            return Err(PhoneError::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The number as it was sent, for those who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The telephone number of a consumer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Phone {
    /// A mobile number, without spaces.
    Mobile(Mobile),
    /// Any other number.
    Other(OtherPhone),
}

impl Phone {
    /// Reads a mobile number, else anything that can be dialled.
    ///
    /// # Errors
    /// When no one could dial it. No error repeats any part of the number.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        match Mobile::parse(text) {
            Ok(mobile) => Ok(Self::Mobile(mobile)),
            Err(_) => OtherPhone::parse(text).map(Self::Other),
        }
    }

    /// The number as it was sent, for those who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.expose(),
            Self::Other(other) => other.expose(),
        }
    }

    /// The digits alone, a mobile number without its country: for finding the same caller again.
    #[must_use]
    pub fn normalized(&self) -> String {
        let digits: String = self.expose().chars().filter(char::is_ascii_digit).collect();
        let home = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
        match home {
            Some(home) if is_mobile(home) => home.to_owned(),
            Some(_) | None => digits,
        }
    }

    /// The number with most of it hidden: `138****5678`, or stars and the last two digits.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits = self.normalized();
        if is_mobile(&digits) {
            return format!("{}****{}", &digits[..3], &digits[7..]);
        }
        let shown = if digits.len() >= 7 { 2 } else { 0 };
        let hidden = digits.len() - shown;
        format!("{}{}", "*".repeat(hidden), &digits[hidden..])
    }
}

redacted_debug!(Mobile);
redacted_debug!(OtherPhone);
redacted_debug!(Phone);
checked_text!(Mobile, PhoneError, expose, max 14, "手机号: 11 digits, +86 before them or not");
checked_text!(OtherPhone, PhoneError, expose, max 32, "A number that is no mobile number.");
checked_text!(Phone, PhoneError, expose, max 32, "联系电话: a mobile number or any other number");

/// Why a text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Not 11 digits from 13 to 19.
    #[error("not a mobile number; write 11 digits like 138…, with +86 before them or not")]
    NotMobile,
    /// A character that belongs to no number.
    #[error(
        "a telephone number has digits, + - ( ) # *, spaces and an extension; leave out others"
    )]
    Character,
    /// Too short or too long.
    #[error("a telephone number has at least 3 digits and at most 32 characters")]
    Length,
}

fn is_mobile(digits: &str) -> bool {
    matches!(digits.as_bytes(), [b'1', b'3'..=b'9', rest @ ..]
        if rest.len() == 9 && rest.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_mobile_numbers_are_mobile() {
        for (text, mobile) in [
            ("15400001234", true),
            ("+8615400001234", true),
            ("19999999999", true),
            ("12400001234", false),
            ("1540000123", false),
            ("154000012345", false),
            ("8615400001234", false),
            ("+86 15400001234", false),
            ("+8515400001234", false),
            ("154 0000 1234", false),
            ("１５４00001234", false),
            ("", false),
        ] {
            assert_eq!(Mobile::parse(text).is_ok(), mobile, "{text}");
        }
    }

    #[test]
    fn every_way_to_write_one_number_finds_the_same_caller() {
        for text in [
            "15400001234",
            "+8615400001234",
            "8615400001234",
            "0086-154-0000-1234",
            "+86 154 0000 1234",
            "(86)15400001234",
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!(phone.normalized(), "15400001234", "{text}");
            assert_eq!(phone.masked(), "154****1234", "{text}");
            assert_eq!(phone.expose(), text);
        }
    }

    #[test]
    fn landlines_and_extensions_are_accepted_and_masked() {
        for (text, masked) in [
            ("010-12345678", "*********78"),
            ("（0755）1234567转802", "************02"),
            ("+44 20 7946 0000", "**********00"),
            ("12315", "*****"),
            ("0571 1234567 ext 8", "**********78"),
        ] {
            assert_eq!(Phone::parse(text).unwrap().masked(), masked, "{text}");
        }
    }

    #[test]
    fn what_nobody_can_dial_is_refused_without_repeating_it() {
        for (text, expect) in [
            ("", PhoneError::Length),
            ("12", PhoneError::Length),
            ("---", PhoneError::Length),
            ("123456789012345678901234567890123", PhoneError::Length),
            ("=1+1", PhoneError::Character),
            ("154\u{202e}00001234", PhoneError::Character),
            ("154\n00001234", PhoneError::Character),
            ("微信同号", PhoneError::Character),
        ] {
            assert_eq!(Phone::parse(text), Err(expect), "{text}");
            assert!(!expect.to_string().contains("154"));
        }
        assert_eq!(format!("{:?}", Phone::parse("010-12345678")), "Ok(Phone(redacted))");
    }
}
