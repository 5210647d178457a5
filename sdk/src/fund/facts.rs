//! What a decision about the fund is made on: the case, the day, what waits, the ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::advance::Advance;
use super::event::ProposalKind;
use super::ledger::{Ledger, Move};
use crate::ids::{ProposalId, Pseudonym, TenantId};
use crate::money::Fen;
use crate::time::{Date, Timestamp};

/// What a decision about an advance needs to know of its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its stream.
    pub stream: Pseudonym,
    /// What the settlement that waits to be performed promises in money; none without one.
    pub settled_fen: Option<Fen>,
    /// What was paid or may still be paid for it, refused and cancelled advances left out.
    pub advanced_fen: Fen,
    /// 首问责任人
    pub first_responder: Option<Pseudonym>,
    /// 责任商户: the shop that answers for the case; from nobody else is anything recovered.
    pub tenant: Option<TenantId>,
}

/// What was requested on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// By everybody together.
    pub fen: Fen,
    /// By person.
    pub by_person: BTreeMap<String, Fen>,
}

impl Default for DayUse {
    fn default() -> Self {
        Self { fen: Fen::ZERO, by_person: BTreeMap::new() }
    }
}

impl DayUse {
    /// The same with one more request; nothing when it is more than can be counted.
    #[must_use]
    pub fn with(mut self, who: Pseudonym, fen: Fen) -> Option<Self> {
        self.fen = self.fen.checked_add(fen)?;
        let own = self.by_person.entry(who.to_string()).or_insert(Fen::ZERO);
        *own = own.checked_add(fen)?;
        Some(self)
    }
}

/// Something that waits for a second person, or was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What.
    pub kind: ProposalKind,
    /// Who asked.
    pub proposed_by: Pseudonym,
    /// When.
    pub proposed_at: Timestamp,
    /// Whether it was agreed to; nothing while it waits.
    pub agreed: Option<bool>,
}

/// What there is, as far as a command needs it.
#[derive(Clone, Debug, Default)]
pub struct FundState {
    /// Every account.
    pub ledger: Ledger,
    /// The advance the command is about.
    pub advance: Option<Advance>,
    /// The proposal the command is about.
    pub proposal: Option<Proposal>,
    /// The case of the advance, when one is requested.
    pub case: Option<CaseFacts>,
    /// Whether the tenant is in the registry.
    pub tenant_is_there: bool,
    /// What is out or on its way for the tenant.
    pub tenant_open_fen: Option<Fen>,
    /// What was requested today.
    pub day: DayUse,
    /// Whether the slip that the command names was booked before.
    pub slip_is_booked: bool,
    /// The version of the agreement with the tenants that is in force today.
    pub agreement: Option<u32>,
    /// How many versions there are.
    pub agreements: u32,
    /// The last day that was closed.
    pub closed_on: Option<Date>,
    /// The moves of the entry that is to be reversed; none when there is no such entry, or it was
    /// reversed before.
    pub to_reverse: Option<Vec<Move>>,
}
