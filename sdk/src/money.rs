//! Money: renminbi in whole fen, checked. There is no float here and no unchecked sum.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of renminbi in fen (1/100 yuan). On the wire an integer in a field named `…_fen`.
///
/// There is no `Add`, no `Default` and no way in from a float: a sum that overflows is an error
/// that the caller must name.
///
/// ```
/// use green_channel::money::Fen;
/// let price = Fen::parse_yuan("1234.56")?;
/// assert_eq!(price.to_string(), "¥1,234.56");
/// assert_eq!(price.checked_add(Fen::new(44)), Some(Fen::new(123_500)));
/// # Ok::<(), green_channel::money::AmountError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount a leaf may hold: RFC 8785 numbers are exact only to 2^53 − 1.
    pub const MAX_ON_WIRE: Self = Self((1 << 53) - 1);

    /// So many fen.
    #[must_use]
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    #[must_use]
    pub const fn as_fen(self) -> i64 {
        self.0
    }

    /// The sum, or nothing on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many, or nothing on overflow.
    #[must_use]
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// Whether this can be paid or promised: not negative and exact in JSON.
    #[must_use]
    pub fn is_payable(self) -> bool {
        self >= Self::ZERO && self <= Self::MAX_ON_WIRE
    }

    /// Reads what a clerk types: yuan with at most two decimals, without sign or separators.
    ///
    /// # Errors
    /// Anything else, so that `1e2`, `１２`, `+5` and `0.001` never become money by accident.
    pub fn parse_yuan(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        let (yuan, fen) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(yuan) || !digits(fen) || fen.len() > 2 {
            return Err(AmountError);
        }
        let whole: i64 = yuan.parse().map_err(|_| AmountError)?;
        let cents: i64 = fen.parse().map_err(|_| AmountError)?;
        let cents = if fen.len() == 1 { cents * 10 } else { cents };
        let sum = whole.checked_mul(100).and_then(|fen| fen.checked_add(cents));
        sum.map(Self).filter(|fen| fen.is_payable()).ok_or(AmountError)
    }

    /// Yuan with two decimals and no separators, as [`Fen::parse_yuan`] reads them.
    #[must_use]
    pub fn to_yuan(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let yuan = (fen / 100).to_string();
        let mut grouped = String::new();
        for (place, digit) in yuan.chars().enumerate() {
            if place > 0 && (yuan.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}¥{grouped}.{:02}", fen % 100)
    }
}

/// The text is no amount of money we accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an amount in yuan with at most two decimals, like 1234.56")]
pub struct AmountError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_yuan_is_read() {
        for (text, expect) in [
            ("0", Some(0)),
            ("0.01", Some(1)),
            ("12.3", Some(1230)),
            (" 1234.56 ", Some(123_456)),
            ("90071992547409.91", Some((1 << 53) - 1)),
            ("90071992547409.92", None),
            ("0.001", None),
            ("1e2", None),
            ("-1", None),
            ("+1", None),
            ("1,000", None),
            ("１２", None),
            (".5", None),
            ("5.", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Fen::parse_yuan(text).ok().map(Fen::as_fen), expect, "{text}");
        }
    }

    #[test]
    fn overflow_is_an_error_and_never_a_wrap() {
        assert_eq!(Fen::new(i64::MAX).checked_add(Fen::new(1)), None);
        assert_eq!(Fen::new(i64::MIN).checked_sub(Fen::new(1)), None);
        assert_eq!(Fen::checked_sum([Fen::new(i64::MAX), Fen::new(1)]), None);
    }

    /// Amounts at every edge, and anything between.
    fn any_fen() -> impl Strategy<Value = i64> {
        let most = (1 << 53) - 1;
        let edges = vec![0, 1, -1, most, most + 1, -most, i64::MAX, i64::MAX - 1, i64::MIN];
        prop_oneof![prop::sample::select(edges), any::<i64>(), -1_000_i64..1_000]
    }

    proptest! {
        #[test]
        fn a_sum_is_exact_or_there_is_none(a in any_fen(), b in any_fen(), c in any_fen()) {
            let exact = |wide: i128| i64::try_from(wide).ok().map(Fen::new);
            let (x, y, z) = (i128::from(a), i128::from(b), i128::from(c));
            prop_assert_eq!(Fen::new(a).checked_add(Fen::new(b)), exact(x + y));
            prop_assert_eq!(Fen::new(a).checked_sub(Fen::new(b)), exact(x - y));
            let sum = Fen::checked_sum([a, b, c].map(Fen::new));
            let steps = exact(x + y).and_then(|_| exact(x + y + z));
            prop_assert_eq!(sum, steps);
        }

        #[test]
        fn what_can_be_paid_is_read_back_to_the_fen_and_nothing_else_is(fen in any_fen()) {
            let amount = Fen::new(fen);
            let payable = (0..=(1_i64 << 53) - 1).contains(&fen);
            prop_assert_eq!(amount.is_payable(), payable);
            let read = Fen::parse_yuan(&amount.to_yuan());
            prop_assert_eq!(read.ok(), payable.then_some(amount));
        }
    }

    #[test]
    fn amounts_are_shown_grouped() {
        assert_eq!(Fen::new(0).to_string(), "¥0.00");
        assert_eq!(Fen::new(-123_456_789).to_string(), "-¥1,234,567.89");
        assert_eq!(Fen::new(i64::MIN).to_yuan(), "-92233720368547758.08");
    }
}
