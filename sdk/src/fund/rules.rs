//! The limits of the fund. No law fixes any of them (domain: U); all are the host's configuration.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::money::Fen;

/// How much may be advanced, who approves, and how long things may wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FundRules {
    /// The most for one case, in fen.
    pub case_limit_fen: Fen,
    /// The most that may be out or on its way for one tenant, in fen.
    pub tenant_limit_fen: Fen,
    /// The most that is requested on one day, in fen.
    pub day_limit_fen: Fen,
    /// The most that one person requests on one day, in fen.
    pub clerk_day_limit_fen: Fen,
    /// Above this two different people approve, one of them the manager; in fen.
    pub second_approval_above_fen: Fen,
    /// 小额即赔: up to this nobody needs to approve; 0 turns the lane off. In fen.
    pub small_claim_fen: Fen,
    /// So many working days after it was approved an advance that nobody paid is released.
    pub expire_working_days: u32,
    /// So many working days a tenant has to pay back what its deposit did not cover.
    pub top_up_working_days: u32,
    /// So many days back a slip may be dated: what is older is looked into by a person first.
    pub backdate_days: u32,
    /// Below this the fund raises an alarm; in fen.
    pub floor_fen: Fen,
}

impl Default for FundRules {
    /// 5,000 yuan a case, 20,000 a tenant, 50,000 a day, 10,000 a clerk and day; two people above
    /// 2,000; no small-claims lane; 5 working days each; slips of 31 days; alarm below 5,000. Choices of ours (U).
    fn default() -> Self {
        Self {
            case_limit_fen: Fen::new(500_000),
            tenant_limit_fen: Fen::new(2_000_000),
            day_limit_fen: Fen::new(5_000_000),
            clerk_day_limit_fen: Fen::new(1_000_000),
            second_approval_above_fen: Fen::new(200_000),
            small_claim_fen: Fen::ZERO,
            expire_working_days: 5,
            top_up_working_days: 5,
            backdate_days: 31,
            floor_fen: Fen::new(500_000),
        }
    }
}

/// What a decision about the fund is measured against.
#[derive(Clone, Debug)]
pub struct FundPolicy {
    /// The limits.
    pub rules: FundRules,
    /// The working days.
    pub calendar: Calendar,
}
