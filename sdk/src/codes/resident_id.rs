//! 公民身份号码 (GB 11643-1999): province, date of birth, check character. Asks no register whether
//! the person exists.

use super::open::Code;
use super::region::Province;
use super::text::{checked_text, redacted_debug};
use crate::time::Date;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
const LENGTH: usize = 18;

/// A resident identity number that can be one. Kept as it was given, with `x` or `X`.
#[derive(Clone, PartialEq, Eq)]
pub struct ResidentId(String);

/// The text is no resident identity number. Never says the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Not 17 digits and a digit or X.
    #[error("a resident identity number has 17 digits and then a digit or X; check it")]
    Form,
    /// No such province.
    #[error("the first two digits name no province; check them")]
    Region,
    /// No such day.
    #[error("digits 7 to 14 are no date of birth; check them")]
    Birth,
    /// The check character is wrong.
    #[error("the check character does not match; check every digit")]
    Check,
}

impl ResidentId {
    /// Checks a number.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, ResidentIdError> {
        let bytes = text.as_bytes();
        if bytes.len() != LENGTH || !bytes[..17].iter().all(u8::is_ascii_digit) {
            return Err(ResidentIdError::Form);
        }
        let last = bytes[17].to_ascii_uppercase();
        if !last.is_ascii_digit() && last != b'X' {
            return Err(ResidentIdError::Form);
        }
        Province::from_code(&text[..2]).ok_or(ResidentIdError::Region)?;
        birth(&text[6..14]).ok_or(ResidentIdError::Birth)?;
        let digits = bytes[..17].iter().map(|byte| u32::from(byte - b'0'));
        let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        let check = CHECKS.iter().zip(0..).find(|(_, at)| *at == sum % 11).map(|(check, _)| *check);
        if check == Some(last) { Ok(Self(text.to_owned())) } else { Err(ResidentIdError::Check) }
    }

    /// The number itself; every call is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown without a reason: the province.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}****************", &self.0[..2])
    }
}

fn birth(digits: &str) -> Option<Date> {
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let (month, day) = (i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?);
    let year = part(0..4)?;
    Date::new(year, month, day).ok().filter(|_| (1850..=2100).contains(&year))
}

checked_text!(ResidentId, ResidentIdError, expose, max 18, "公民身份号码: 18 characters, GB 11643");
redacted_debug!(ResidentId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_own_examples_are_right() {
        // GB 11643-1999, 附录: both people are made up by the standard.
        for good in ["11010519491231002X", "11010519491231002x", "440524188001010014"] {
            assert_eq!(ResidentId::parse(good).unwrap().expose(), good);
        }
    }

    #[test]
    fn what_cannot_be_a_number_is_refused_without_repeating_it() {
        for (text, error) in [
            ("1101051949123100", ResidentIdError::Form),
            ("11010519491231002Y", ResidentIdError::Form),
            ("00010519491231002X", ResidentIdError::Region),
            ("11010519490231002X", ResidentIdError::Birth),
            ("110105194912310021", ResidentIdError::Check),
            ("１１０１０５", ResidentIdError::Form),
        ] {
            assert_eq!(ResidentId::parse(text), Err(error));
            assert!(!error.to_string().contains("1101"));
        }
    }

    #[test]
    fn nothing_of_the_person_is_left_when_masked_or_printed() {
        let id = ResidentId::parse("11010519491231002X").unwrap();
        assert_eq!(id.masked(), "11****************");
        assert_eq!(format!("{id:?}"), "ResidentId(redacted)");
    }
}
