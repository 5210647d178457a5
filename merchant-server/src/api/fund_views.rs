//! What the API shows of the fund, and what an act on it led to.

use green_channel::case::{AdvanceStatus, PaperNo, Role};
use green_channel::channel::fund::{AdvanceRow, FundActed};
use green_channel::fund::{FundChoice, FundEvent, FundRefusal, JournalLine, Move, Proposal};
use green_channel::ids::{AdvanceId, CaseId, ProposalId, Pseudonym, TenantId};
use green_channel::money::Fen;
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::fund_input::{AdvanceCommand, FundInput};

/// An advance (先行赔付).
#[derive(Serialize, ToSchema)]
pub(crate) struct AdvanceView {
    /// Its id, and the provider's key.
    #[schema(value_type = String)]
    pub(super) advance_id: AdvanceId,
    /// Of which case.
    #[schema(value_type = String)]
    pub(super) case_id: CaseId,
    /// Who owes it once it is paid; absent when the host bears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) tenant: Option<TenantId>,
    /// How much was asked for, in fen.
    #[schema(value_type = i64)]
    pub(super) fen: Fen,
    /// Where it stands.
    pub(super) status: AdvanceStatus,
    /// The same in Chinese.
    pub(super) status_label: &'static str,
    /// Who asked.
    #[schema(value_type = String)]
    pub(super) requested_by: Pseudonym,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(super) requested_at: Timestamp,
    /// Who approved, in order.
    #[schema(value_type = Vec<String>)]
    pub(super) approved_by: Vec<Pseudonym>,
    /// Who has it in hand, or had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<String>,
    /// How much the consumer got, in fen.
    #[schema(value_type = i64)]
    pub(super) paid_fen: Fen,
    /// How much came back, in fen.
    #[schema(value_type = i64)]
    pub(super) recovered_fen: Fen,
    /// How much was written off, in fen.
    #[schema(value_type = i64)]
    pub(super) written_off_fen: Fen,
    /// What the tenant still owes, in fen.
    #[schema(value_type = i64)]
    pub(super) owed_fen: Fen,
    /// By when the tenant has to pay it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_up: Option<TopUpView>,
    /// SHA-256 of each picture of a slip or receipt, hexadecimal.
    pub(super) evidence: Vec<String>,
    /// The number of the receipt the consumer signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) receipt: Option<PaperNo>,
}

/// An advance, with what the caller may do with it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdvanceDetail {
    #[serde(flatten)]
    pub(super) advance: AdvanceView,
    /// Every action on an advance, by the rule that the command uses.
    pub(super) choices: Vec<FundChoiceView>,
}

/// An action, and what stands in its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct FundChoiceView {
    /// The action.
    pub(super) action: &'static str,
    /// In Chinese.
    pub(super) label: &'static str,
    /// Whether it may be done now.
    pub(super) allowed: bool,
    /// Why not, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why_not: Option<&'static str>,
    /// Why not, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why_not_text: Option<String>,
}

impl From<FundChoice> for FundChoiceView {
    fn from(choice: FundChoice) -> Self {
        let why_not = choice.why_not.as_ref();
        Self {
            action: choice.action.code(),
            label: choice.action.label_zh(),
            allowed: why_not.is_none(),
            why_not: why_not.map(FundRefusal::code),
            why_not_text: why_not.map(FundRefusal::message_zh),
        }
    }
}

/// What a tenant was asked to pay back.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopUpView {
    /// The last day.
    #[schema(format = Date)]
    pub(super) due_on: String,
    /// Whether that day passed: it is suggested to suspend the tenant.
    pub(super) overdue: bool,
}

impl From<AdvanceRow> for AdvanceView {
    fn from(row: AdvanceRow) -> Self {
        let (case_id, advance) = (row.case_id, row.advance);
        let top_up = advance.top_up.as_ref();
        Self {
            advance_id: advance.id,
            case_id,
            tenant: advance.tenant,
            fen: advance.fen,
            status: advance.status,
            status_label: advance.status.label_zh(),
            requested_by: advance.requested_by,
            requested_at: advance.requested_at,
            owed_fen: advance.owed(),
            top_up: top_up
                .map(|one| TopUpView { due_on: one.due_on.to_string(), overdue: one.overdue }),
            approved_by: advance.approved_by,
            provider: advance.provider,
            paid_fen: advance.paid_fen,
            recovered_fen: advance.recovered_fen,
            written_off_fen: advance.written_off_fen,
            evidence: advance.evidence.into_iter().map(|one| one.sha256).collect(),
            receipt: advance.receipt,
        }
    }
}

/// A page of advances.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdvanceList {
    /// The advances.
    pub(super) advances: Vec<AdvanceView>,
    /// Ask with `after` set to this for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) next: Option<AdvanceId>,
}

/// An entry of the fund.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Its number in the stream `fund` of the log.
    pub(super) n: u64,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// The day it counts.
    #[schema(format = Date)]
    pub(super) effective_on: String,
    /// What happened.
    pub(super) kind: &'static str,
    /// The same in Chinese.
    pub(super) label: &'static str,
    /// Who.
    #[schema(value_type = String)]
    pub(super) actor: Pseudonym,
    /// In which role.
    pub(super) role: Role,
    /// The facts.
    #[schema(value_type = Object)]
    pub(super) data: Value,
    /// Its postings.
    pub(super) moves: Vec<MoveView>,
}

/// So much from one account to another.
#[derive(Serialize, ToSchema)]
pub(crate) struct MoveView {
    /// 借
    pub(super) debit: String,
    /// 贷
    pub(super) credit: String,
    /// How much, in fen.
    #[schema(value_type = i64)]
    pub(super) fen: Fen,
}

impl From<Move> for MoveView {
    fn from(one: Move) -> Self {
        Self { debit: one.debit.to_string(), credit: one.credit.to_string(), fen: one.fen }
    }
}

impl From<JournalLine> for EntryView {
    fn from(line: JournalLine) -> Self {
        let (at, event) = (line.stamped.at, &line.stamped.event);
        Self {
            n: line.n,
            at,
            effective_on: event.effective_on(at).to_string(),
            kind: event.kind(),
            label: event.label_zh(),
            actor: line.stamped.actor.pseudonym,
            role: line.stamped.actor.role,
            data: facts(event),
            moves: event.moves().into_iter().map(MoveView::from).collect(),
        }
    }
}

/// What an event says beside its kind, as its leaf writes it.
fn facts(event: &FundEvent) -> Value {
    let written = serde_json::to_value(event).ok();
    written.and_then(|mut whole| whole.get_mut("data").map(Value::take)).unwrap_or_default()
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryList {
    /// The entries, in order.
    pub(super) entries: Vec<EntryView>,
    /// Ask with `from` set to this for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<u64>,
}

/// What waits for a second person.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposalList {
    /// The proposals, oldest first.
    #[schema(value_type = Vec<Object>)]
    pub(super) proposals: Vec<Proposal>,
}

/// An act on an advance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceAct {
    /// What to do.
    pub(super) command: AdvanceCommand,
}

/// An act on the fund itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FundAct {
    /// What to do.
    pub(super) command: FundInput,
}

/// What an act on an advance led to.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdvanceAnswer {
    /// The advance.
    #[schema(value_type = String)]
    pub(super) advance_id: AdvanceId,
    /// Where it stands now.
    pub(super) status: AdvanceStatus,
    /// The events that happened.
    pub(super) events: Vec<&'static str>,
    /// The whole of it now.
    pub(super) advance: AdvanceView,
    /// The proposal that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) proposal_id: Option<ProposalId>,
}

impl AdvanceAnswer {
    /// An act that leaves the advance as it was says how it stands all the same.
    pub(super) fn of(acted: FundActed, before: AdvanceRow) -> Self {
        let (events, proposal_id) = (kinds(&acted.events), proposed(&acted.events));
        let advance = AdvanceView::from(acted.advance.unwrap_or(before));
        let (advance_id, status) = (advance.advance_id, advance.status);
        Self { advance_id, status, events, advance, proposal_id }
    }
}

/// What an act on the fund led to.
#[derive(Serialize, ToSchema)]
pub(crate) struct FundAnswer {
    /// The events that happened.
    pub(super) events: Vec<&'static str>,
    /// The advance after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advance: Option<AdvanceView>,
    /// The proposal that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) proposal_id: Option<ProposalId>,
}

impl From<FundActed> for FundAnswer {
    fn from(acted: FundActed) -> Self {
        let (events, proposal_id) = (kinds(&acted.events), proposed(&acted.events));
        Self { events, advance: acted.advance.map(AdvanceView::from), proposal_id }
    }
}

fn kinds(events: &[FundEvent]) -> Vec<&'static str> {
    events.iter().map(FundEvent::kind).collect()
}

fn proposed(events: &[FundEvent]) -> Option<ProposalId> {
    events.iter().find_map(|event| match event {
        FundEvent::Proposed { proposal, .. } => Some(*proposal),
        _ => None,
    })
}
