//! 公民身份号码: the 18-character number of a resident, GB 11643. Does not ask whether the person
//! exists, and tells nothing of the number but through [`ResidentId::expose`].

use super::region::Region;
use super::text::{checked_text, redacted_debug};
use crate::time::Date;

/// The number of a resident identity card, whose check character is right.
///
/// A small `x` at the end is accepted and kept, because consumers type it. Never printed by
/// `Debug`; there is no `Display`.
///
/// ```
/// use green_channel::codes::ResidentId;
/// let id = ResidentId::parse("11010118510214009X")?;
/// assert_eq!(id.masked(), "110***********009X");
/// assert_eq!(format!("{id:?}"), "ResidentId(redacted)");
/// # Ok::<(), green_channel::codes::ResidentIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId(String);

impl ResidentId {
    /// Reads 17 digits and a digit or X.
    ///
    /// # Errors
    /// The first thing that is wrong, from left to right; the check character last. No error
    /// repeats any part of the number.
    pub fn parse(text: &str) -> Result<Self, ResidentIdError> {
        if text.chars().count() != LENGTH {
            return Err(ResidentIdError::Length);
        }
        let mut sum = 0;
        for (index, character) in text.chars().enumerate() {
            let value = match character {
                'X' | 'x' if index == LENGTH - 1 => 10,
                '0'..='9' => character.to_digit(10).unwrap_or(0),
                _ => return Err(ResidentIdError::Character { position: index + 1 }),
            };
            // The check character counts once, so that a right number sums to 1 modulo 11.
            sum += value * WEIGHTS[index];
        }
        if !region_is_known(&text[..6]) {
            return Err(ResidentIdError::Region);
        }
        if birth_date(&text[6..14]).is_none() {
            return Err(ResidentIdError::BirthDate);
        }
        if sum % 11 == 1 { Ok(Self(text.to_owned())) } else { Err(ResidentIdError::Check) }
    }

    /// The number, for those who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The number with its day of birth hidden: the first three and the last four characters stay.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}***********{}", &self.0[..3], &self.0[14..])
    }

    /// The number with a capital X, for comparing two of them.
    #[must_use]
    pub fn normalized(&self) -> String {
        self.0.to_ascii_uppercase()
    }
}

redacted_debug!(ResidentId);
checked_text!(ResidentId, ResidentIdError, expose, max 18, "公民身份号码 (GB 11643), 18 characters");

/// Why a text is no resident's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Not 18 characters.
    #[error("a resident id number has 18 characters; leave out spaces")]
    Length,
    /// Something else than a digit, or than X at the end.
    #[error("character {position} of the resident id number must be a digit (X only at the end)")]
    Character {
        /// Which one, from 1.
        position: usize,
    },
    /// The first two digits name no province.
    #[error("the first two digits of the resident id number name no province; check them")]
    Region,
    /// Digits 7 to 14 are no date.
    #[error("digits 7 to 14 of the resident id number are no date of birth; check them")]
    BirthDate,
    /// The check character does not fit the others.
    #[error("the last character of the resident id number does not fit the others; check them all")]
    Check,
}

const LENGTH: usize = 18;
/// 2^(18 − position) modulo 11; the check character itself weighs 1.
const WEIGHTS: [u32; LENGTH] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];

fn region_is_known(region: &str) -> bool {
    // Residents from Taiwan get numbers that begin with 83, which is no province in GB/T 2260.
    let listed = |region: Region| region.province().is_some();
    region.starts_with("83") || Region::parse(region).is_ok_and(listed)
}

fn birth_date(text: &str) -> Option<Date> {
    let (year, month, day) = (&text[..4], &text[4..6], &text[6..]);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    // Whether anyone can be that old is not for this room, which knows no today.
    (date.year() >= 1800).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_the_day_of_birth() {
        let id = ResidentId::parse("11010118510214009X").unwrap();
        assert_eq!(id.expose(), "11010118510214009X");
        assert_eq!(id.masked(), "110***********009X");
        assert!(ResidentId::parse("110101185202290036").is_ok(), "a leap day");
    }

    #[test]
    fn the_error_says_what_is_wrong_and_not_what_was_sent() {
        for (number, expect) in [
            ("", ResidentIdError::Length),
            ("110101510229003", ResidentIdError::Length),
            ("11010118510214009X ", ResidentIdError::Length),
            ("1101011851021400XX", ResidentIdError::Character { position: 17 }),
            ("１1010118510214009X", ResidentIdError::Character { position: 1 }),
            ("99010118510214009X", ResidentIdError::Region),
            ("11010118510230003X", ResidentIdError::BirthDate),
            ("11010117510229003X", ResidentIdError::BirthDate),
            ("110101185102140091", ResidentIdError::Check),
        ] {
            assert_eq!(ResidentId::parse(number), Err(expect), "{number}");
            assert!(!expect.to_string().contains("1851"));
        }
    }

    #[test]
    fn a_small_x_is_kept_and_still_compares_equal_when_normalized() {
        let small = ResidentId::parse("11010118520229001x").unwrap();
        assert_eq!(small.expose(), "11010118520229001x");
        assert_eq!(small.normalized(), "11010118520229001X");
    }
}
