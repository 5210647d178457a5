//! The number of a signed paper in the host's own file. It stands in the log in the clear and outlives
//! the person's data, so it must not say who the person is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of a signed paper, such as `CH-2026-0031`.
///
/// 4 to 32 letters, digits and hyphens, and nowhere seven digits in a row: no telephone or identity
/// number fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PaperNo(String);

impl PaperNo {
    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a number.
    ///
    /// # Errors
    /// What is wrong with it, with the remedy.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(4..=32).contains(&text.len()) || !text.bytes().all(plain) {
            return Err("give the number of the signed paper: 4 to 32 letters, digits and hyphens");
        }
        let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        if longest.is_some_and(|digits| digits > 6) {
            return Err("give the number of the paper, not of a telephone or an identity card");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PaperNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PaperNo {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_has_a_number_and_a_person_s_number_is_none() {
        for good in ["CH-2026-0031", " CH-2026-0031 ", "2026-0031", "A001", "20261126-000031"] {
            let read = PaperNo::parse(good);
            // Eight digits of a day in a row are too many: the rule is blunt, and says so.
            assert_eq!(read.is_ok(), good != "20261126-000031", "{good}");
        }
        for bad in
            ["", "123", "13800138000", "CH13800138000", "110101199003071234", "张三", "a b c"]
        {
            assert!(PaperNo::parse(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<PaperNo>("\"13800138000\"").is_err());
    }
}
