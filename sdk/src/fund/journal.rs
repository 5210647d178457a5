//! The journal for outside accountants.

use super::event::FundStamped;

/// An entry of the fund with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// The number of its leaf in the stream `fund`.
    pub n: u64,
    /// When, who, what.
    pub stamped: FundStamped,
}
