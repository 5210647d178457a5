//! Telephone numbers: mobiles of the mainland, and every other number somebody may be called at.
//! Asks no operator whether a number is in service.

use super::text::{checked_text, redacted_debug};

/// A mobile number of the mainland: `1[3-9]` and nine digits, with or without `+86`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mobile {
    given: String,
}

/// Another number: a landline with its extension, or one from abroad.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherPhone(String);

/// A number somebody may be called at.
///
/// ```
/// use green_channel::codes::Phone;
/// assert_eq!(Phone::parse("+8613900001234")?.masked(), "139****1234");
/// assert_eq!(Phone::parse("0755-26900000")?.masked(), "0755****0000");
/// # Ok::<(), green_channel::codes::PhoneError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Phone {
    /// A mobile.
    Mobile(Mobile),
    /// Any other number.
    Other(OtherPhone),
}

/// The text is no telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Not a mobile of the mainland.
    #[error("a mobile number has 11 digits and begins with 13 to 19; give it with or without +86")]
    Mobile,
    /// Not a number at all.
    #[error("a telephone number has 3 to 32 digits, with + - ( ) and spaces between; check it")]
    Phone,
}

impl Mobile {
    /// Checks a mobile number.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let digits = text.strip_prefix("+86").unwrap_or(text);
        let bytes = digits.as_bytes();
        let good = bytes.len() == 11
            && bytes.iter().all(u8::is_ascii_digit)
            && bytes[0] == b'1'
            && (b'3'..=b'9').contains(&bytes[1]);
        if good { Ok(Self { given: text.to_owned() }) } else { Err(PhoneError::Mobile) }
    }

    /// The number as it was given; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.given
    }

    /// The eleven digits, so that two ways to write one number are equal.
    #[must_use]
    pub fn normalized(&self) -> &str {
        self.given.strip_prefix("+86").unwrap_or(&self.given)
    }

    /// What may be shown without a reason.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits = self.normalized();
        format!("{}****{}", &digits[..3], &digits[7..])
    }
}

impl OtherPhone {
    /// Checks a number that is no mobile.
    ///
    /// # Errors
    /// When it is no telephone number.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let allowed = |b: u8| b.is_ascii_digit() || b"+-() ".contains(&b);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let good = text.len() <= 40 && text.bytes().all(allowed) && (3..=32).contains(&digits);
        if good { Ok(Self(text.to_owned())) } else { Err(PhoneError::Phone) }
    }

    /// The number as it was given; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown without a reason: the first and the last four digits of a long number,
    /// nothing of a short one.
    #[must_use]
    pub fn masked(&self) -> String {
        let digits: String = self.0.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < 10 {
            return "****".to_owned();
        }
        format!("{}****{}", &digits[..4], &digits[digits.len() - 4..])
    }
}

impl Phone {
    /// Checks a number; one with the form of a mobile is a mobile.
    ///
    /// # Errors
    /// When it is no telephone number.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        Mobile::parse(text).map(Self::Mobile).or_else(|_| OtherPhone::parse(text).map(Self::Other))
    }

    /// The number as it was given; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.expose(),
            Self::Other(other) => other.expose(),
        }
    }

    /// What may be shown without a reason.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Mobile(mobile) => mobile.masked(),
            Self::Other(other) => other.masked(),
        }
    }
}

checked_text!(Mobile, PhoneError, expose, max 14, "手机号码: 11 digits, with or without +86");
checked_text!(Phone, PhoneError, expose, max 40, "电话: 3 to 32 digits, + - ( ) and spaces");
redacted_debug!(Mobile);
redacted_debug!(OtherPhone);
redacted_debug!(Phone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobiles_are_told_from_other_numbers() {
        for (text, mobile) in [
            ("13900001234", true),
            ("+8619900001234", true),
            ("12900001234", false),
            ("1390000123", false),
            ("0755-2690 0000", false),
            ("(0086)10-12315", false),
            ("12315", false),
        ] {
            assert_eq!(matches!(Phone::parse(text), Ok(Phone::Mobile(_))), mobile, "{text}");
            assert!(Phone::parse(text).is_ok(), "{text}");
        }
        for bad in [
            "",
            "12",
            "139000O1234",
            "１３９００００１２３４",
            "1390000\u{200b}1234",
            &"1".repeat(33),
        ] {
            assert_eq!(Phone::parse(bad), Err(PhoneError::Phone), "{bad:?}");
        }
    }

    #[test]
    fn two_ways_to_write_one_mobile_are_one_number() {
        let (a, b) =
            (Mobile::parse("13900001234").unwrap(), Mobile::parse("+8613900001234").unwrap());
        assert_eq!(a.normalized(), b.normalized());
        assert_eq!(a.masked(), "139****1234");
    }

    #[test]
    fn a_short_number_shows_nothing_when_masked() {
        assert_eq!(Phone::parse("26900000").unwrap().masked(), "****");
        assert_eq!(format!("{:?}", Phone::parse("26900000").unwrap()), "Phone(redacted)");
    }
}
