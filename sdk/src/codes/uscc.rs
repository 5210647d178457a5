//! 统一社会信用代码: the 18-character code of a firm, GB 32100-2015. Does not ask whether the firm
//! is registered, and corrects nothing: a code in small letters or with a space is not a code.

use std::fmt;

use super::region::Region;
use super::text::checked_text;

/// The code of a firm (统一社会信用代码), whose check character is right.
///
/// ```
/// use green_channel::codes::Uscc;
/// let uscc = Uscc::parse("91350100M000100Y43")?;
/// assert_eq!(uscc.organisation_code(), "M000100Y4");
/// assert!(uscc.organisation_code_is_valid());
/// # Ok::<(), green_channel::codes::UsccError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

impl Uscc {
    /// Reads the 18 characters as they stand on a business licence.
    ///
    /// # Errors
    /// The first thing that is wrong, from left to right; the check character last.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        let found = text.chars().count();
        if found != LENGTH {
            return Err(UsccError::Length { found });
        }
        let mut sum = 0;
        for (index, character) in text.chars().enumerate() {
            let position = index + 1;
            let value = value_of(character).ok_or(UsccError::Character { position })?;
            if REGION.contains(&index) && value > 9 {
                return Err(UsccError::RegionDigit { position });
            }
            // The check character counts once, so that a right code sums to a multiple of 31.
            sum += value * WEIGHTS[index];
        }
        if sum.is_multiple_of(31) { Ok(Self(text.to_owned())) } else { Err(UsccError::Check) }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the firm was first registered, characters 3 to 8.
    #[must_use]
    pub fn region(&self) -> Region {
        Region::parse(&self.0[REGION]).expect("checked when the code was read")
    }

    /// The organisation code (主体标识码), characters 9 to 17.
    #[must_use]
    pub fn organisation_code(&self) -> &str {
        &self.0[ORGANISATION]
    }

    /// Whether the organisation code has the right check character of its own (GB 11714).
    ///
    /// Apart from [`Uscc::parse`], because codes whose inner check is wrong have been issued: a
    /// failure here is a reason to look at the licence again and never one to refuse a complaint.
    #[must_use]
    pub fn organisation_code_is_valid(&self) -> bool {
        let mut characters = self.organisation_code().chars();
        let mut sum = 0;
        for weight in ORGANISATION_WEIGHTS {
            let value = characters.next().and_then(|c| c.to_digit(36)).unwrap_or(0);
            sum += value * weight;
        }
        let expected = match 11 - sum % 11 {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(digit, 10).expect("1 to 9"),
        };
        characters.next() == Some(expected)
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

checked_text!(Uscc, UsccError, as_str, max 18, "统一社会信用代码 (GB 32100-2015), 18 characters");

/// Why a text is no code of a firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Too short or too long.
    #[error(
        "a unified social credit code has 18 characters and this has {found}; leave out spaces"
    )]
    Length {
        /// How many characters it has.
        found: usize,
    },
    /// A character outside the alphabet.
    #[error(
        "character {position} of the unified social credit code is not a digit or a capital letter \
         other than I, O, S, V, Z; copy it from the business licence"
    )]
    Character {
        /// Which one, from 1.
        position: usize,
    },
    /// A letter within the region.
    #[error(
        "character {position} of the unified social credit code must be a digit, it belongs to the \
         region; copy it from the business licence"
    )]
    RegionDigit {
        /// Which one, from 1.
        position: usize,
    },
    /// The check character does not fit the others.
    #[error(
        "the last character of the unified social credit code does not fit the others; one of them \
         is mistyped, copy it from the business licence"
    )]
    Check,
}

const LENGTH: usize = 18;
const REGION: std::ops::Range<usize> = 2..8;
const ORGANISATION: std::ops::Range<usize> = 8..17;
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of 3 modulo 31 for the first 17 characters, and 1 for the check character.
const WEIGHTS: [usize; LENGTH] =
    [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

fn value_of(character: char) -> Option<usize> {
    // The alphabet is ASCII, so a byte offset is a value.
    ALPHABET.find(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_of_the_organisation_code_is_apart() {
        for (code, organisation) in [
            ("91350100M000100Y43", true),
            ("91110000600037341L", true),
            ("11097204Y71TJ5KD27", true),
            ("91072205LDQ4YPLW0M", true),
            ("91085174JTB3Y5HK85", true),
            ("930683276XXLMFGW8K", true),
            ("91045036G6DWMYCB49", false),
            ("9109940757LTYTHB7X", false),
            ("93041189UT87BK1A44", false),
        ] {
            let uscc = Uscc::parse(code).unwrap();
            assert_eq!(uscc.organisation_code_is_valid(), organisation, "{code}");
        }
    }

    #[test]
    fn the_fictional_code_of_our_fixtures_passes_both_checks() {
        let uscc = Uscc::parse("91000000000000000K").unwrap();
        assert!(uscc.organisation_code_is_valid());
        assert_eq!(uscc.region().province(), None);
    }

    #[test]
    fn the_error_says_which_character_is_wrong() {
        for (code, expect) in [
            ("", UsccError::Length { found: 0 }),
            ("91350100M000100Y4", UsccError::Length { found: 17 }),
            (" 91350100M000100Y43", UsccError::Length { found: 19 }),
            ("91350100m000100Y43", UsccError::Character { position: 9 }),
            ("91350100M0001O0Y43", UsccError::Character { position: 14 }),
            ("９1350100M000100Y43", UsccError::Character { position: 1 }),
            ("9135A100M000100Y43", UsccError::RegionDigit { position: 5 }),
            ("91350100M000100Y44", UsccError::Check),
            ("19350100M000100Y43", UsccError::Check),
        ] {
            assert_eq!(Uscc::parse(code), Err(expect), "{code}");
        }
    }

    #[test]
    fn no_single_wrong_character_passes() {
        let good = "91350100M000100Y43";
        for index in 0..LENGTH {
            for letter in ALPHABET.chars().filter(|&c| good.chars().nth(index) != Some(c)) {
                let bad: String = good
                    .chars()
                    .enumerate()
                    .map(|(at, c)| if at == index { letter } else { c })
                    .collect();
                assert!(Uscc::parse(&bad).is_err(), "{bad}");
            }
        }
    }
}
