//! 统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the others. Asks no
//! register whether the firm exists.

use std::fmt;

use super::text::checked_text;

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i−1) mod 31 (GB 32100-2015, 附录 A).
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const LENGTH: usize = 18;

/// A unified social credit code with a right check character.
///
/// ```
/// use green_channel::codes::Uscc;
/// assert_eq!(Uscc::parse("91350100M000100Y43")?.as_str(), "91350100M000100Y43");
/// assert!(Uscc::parse("91350100M000100Y44").is_err());
/// # Ok::<(), green_channel::codes::UsccError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uscc(String);

/// The text is no unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Not 18 characters.
    #[error("统一社会信用代码须为18位，请核对位数 (a credit code has 18 characters)")]
    Length,
    /// A character that no code has.
    #[error(
        "第{position}位不是统一社会信用代码的字符：只用数字和除 I、O、S、V、Z 外的大写字母 (position {position})"
    )]
    Character {
        /// From 1.
        position: usize,
    },
    /// The check character is wrong: one of the others was mistyped.
    #[error("第18位校验码不符，请逐位核对 (the check character does not match)")]
    Check,
}

impl Uscc {
    /// Checks a code. Nothing is normalised: lower-case letters are not its characters.
    ///
    /// # Errors
    /// The first thing that is wrong, with its position.
    pub fn parse(text: &str) -> Result<Self, UsccError> {
        if text.chars().count() != LENGTH {
            return Err(UsccError::Length);
        }
        let mut sum = 0;
        let mut last = 0;
        for (place, character) in text.chars().enumerate() {
            let found = ALPHABET.iter().position(|known| char::from(*known) == character);
            let value = found.ok_or(UsccError::Character { position: place + 1 })?;
            match WEIGHTS.get(place) {
                Some(weight) => sum += value * weight,
                None => last = value,
            }
        }
        if (31 - sum % 31) % 31 == last { Ok(Self(text.to_owned())) } else { Err(UsccError::Check) }
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the organisation code within (characters 9 to 17) has a right check character of its
    /// own (GB 11714-1997). Codes of fixtures need not; codes in use do.
    #[must_use]
    pub fn organisation_code_is_valid(&self) -> bool {
        const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
        let code = &self.0.as_bytes()[8..17];
        let value = |byte: u8| char::from(byte).to_digit(36).unwrap_or(0);
        let sum: u32 = code.iter().zip(WEIGHTS).map(|(byte, weight)| value(*byte) * weight).sum();
        let check = match 11 - sum % 11 {
            10 => b'X',
            11 => b'0',
            digit => b'0' + u8::try_from(digit).unwrap_or(0),
        };
        code[8] == check
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

checked_text!(Uscc, UsccError, as_str, max 18, "统一社会信用代码: 18 characters, GB 32100-2015");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_may_be_any_of_the_alphabet() {
        assert!(Uscc::parse("91350100M000100Y43").is_ok());
        // Fictional: nobody is registered under it.
        assert!(Uscc::parse("91000000000000000K").is_ok());
    }

    #[test]
    fn any_one_wrong_character_is_noticed() {
        let good = "91350100M000100Y43";
        for place in 0..LENGTH {
            for other in ALPHABET {
                let mut bytes = good.as_bytes().to_vec();
                if bytes[place] == *other {
                    continue;
                }
                bytes[place] = *other;
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(Uscc::parse(&text), Err(UsccError::Check), "{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(Uscc::parse("9135"), Err(UsccError::Length));
        assert_eq!(Uscc::parse("91350100M000100Yi3"), Err(UsccError::Character { position: 17 }));
        assert_eq!(Uscc::parse("91350100m000100Y43"), Err(UsccError::Character { position: 9 }));
    }
}
