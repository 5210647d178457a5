//! What a caller can do to the fund, as it stands in a body, and the command it becomes.

use green_channel::case::Private;
use green_channel::channel::fund::FundTarget;
use green_channel::fund::{FundCommand, Grounds, Paid, ProposalKind, Received};
use green_channel::ids::{AdvanceId, ProposalId, TenantId};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::money::Fen;
use green_channel::protocol::ProblemCode;
use green_channel::time::{Date, iso_date};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::data_folder::Engine;

/// The longest name, number or bank of a payee, in characters.
const PAYEE_MAX: usize = 200;
/// The longest reason, in characters, as everywhere.
const REASON_MAX: usize = 4000;

/// Money that came in or went out, as the bank's slip shows it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlipInput {
    /// How much, in fen.
    #[schema(value_type = i64, minimum = 1)]
    fen: Fen,
    /// The day it counts; today or earlier.
    #[serde(with = "iso_date")]
    #[schema(value_type = String, format = Date)]
    effective_on: Date,
    /// The number of the slip: 1 to 64 letters, digits, `-` `_` `.` `/`.
    #[schema(min_length = 1, max_length = 64)]
    reference: String,
}

impl From<SlipInput> for Received {
    fn from(slip: SlipInput) -> Self {
        let SlipInput { fen, effective_on, reference } = slip;
        Self { fen, effective_on, reference }
    }
}

/// To whom an advance is paid. Sealed with the case, destroyed with its key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayeeInput {
    /// 收款人
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) name: String,
    /// 账号
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) account: String,
    /// 开户行
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) bank: String,
}

/// An advance that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceInput {
    /// How much, in fen; no more than the settlement promises.
    #[schema(value_type = i64, minimum = 1)]
    pub(super) fen: Fen,
    /// The shop that answers for the case; none when the host bears it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(super) tenant: Option<TenantId>,
    /// 事实清楚、证据充分、依据明确、消费者无过错: all four.
    pub(super) grounds: Grounds,
    /// To whom.
    pub(super) payee: PayeeInput,
    /// Why it is paid first.
    #[schema(min_length = 1, max_length = 4000)]
    pub(super) reason: String,
}

/// What can be done to an advance.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AdvanceCommand {
    /// 审核通过: above the limit two people, one of them the manager.
    Approve {},
    /// 审核不通过
    Decline {
        /// Why; sealed with the case.
        #[schema(min_length = 1, max_length = 4000)]
        reason: String,
    },
    /// 撤回
    Cancel {
        /// Why; sealed with the case.
        #[schema(min_length = 1, max_length = 4000)]
        reason: String,
    },
    /// 提交付款: the cashier takes it in hand.
    Submit {
        /// Who pays: `manual`, `bank-file`.
        #[schema(min_length = 1, max_length = 32)]
        provider: String,
    },
    /// 确认已付
    ConfirmPaid(SlipInput),
    /// 确认未付: and under this advance it never will be.
    ConfirmRefused {
        /// Why: small letters, digits, `-` `_`.
        #[schema(min_length = 1, max_length = 32)]
        cause: String,
    },
    /// 消费者签收
    Sign {
        /// The number of the signed receipt.
        #[schema(min_length = 4, max_length = 32, pattern = "^[A-Za-z0-9-]{4,32}$")]
        paper_no: String,
    },
    /// 登记退汇: the bank gave back all that was paid.
    Bounce(SlipInput),
    /// 扣划保证金: also done by itself within a minute.
    Draw {},
    /// 商户缴还
    ReceiveRecourse(SlipInput),
    /// 银行对账: the statement shows the payment.
    Clear(SlipInput),
    /// 提出核销: another person decides.
    ProposeWriteOff {
        /// How much, in fen.
        #[schema(value_type = i64, minimum = 1)]
        fen: Fen,
    },
}

impl AdvanceCommand {
    /// The fund's command, and what it is about: this advance, with the words that go with it.
    pub(crate) fn into_command(
        self,
        advance: AdvanceId,
        engine: &Engine,
    ) -> ApiResult<(FundCommand, FundTarget)> {
        let mut target = FundTarget::advance(advance);
        let command = match self {
            Self::Approve {} => FundCommand::Approve,
            Self::Decline { reason } => {
                target.words = vec![word("reason", "reason", reason, REASON_MAX)?];
                FundCommand::Decline
            }
            Self::Cancel { reason } => {
                target.words = vec![word("reason", "reason", reason, REASON_MAX)?];
                FundCommand::Cancel
            }
            Self::Submit { provider } => FundCommand::Submit { provider },
            Self::ConfirmPaid(SlipInput { fen, effective_on, reference }) => {
                FundCommand::ConfirmPaid(Paid { fen, effective_on, reference })
            }
            Self::ConfirmRefused { cause } => FundCommand::ConfirmRefused { cause },
            Self::Sign { paper_no } => FundCommand::Sign { paper_no },
            Self::Bounce(slip) => FundCommand::Bounce(slip.into()),
            Self::Draw {} => FundCommand::Draw,
            Self::ReceiveRecourse(slip) => FundCommand::ReceiveRecourse(slip.into()),
            Self::Clear(slip) => FundCommand::Clear { received: slip.into() },
            Self::ProposeWriteOff { fen } => {
                propose(engine, ProposalKind::WriteOff { advance, fen })
            }
        };
        Ok((command, target))
    }
}

/// What can be done to the fund itself.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FundInput {
    /// 登记投入
    Contribute(SlipInput),
    /// 登记缴存保证金
    ReceiveDeposit {
        /// Whose.
        #[schema(value_type = String)]
        tenant: TenantId,
        /// How much, in fen.
        #[schema(value_type = i64, minimum = 1)]
        fen: Fen,
        /// The day it counts; today or earlier.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        effective_on: Date,
        /// The number of the slip: 1 to 64 letters, digits, `-` `_` `.` `/`.
        #[schema(min_length = 1, max_length = 64)]
        reference: String,
    },
    /// 提出退还保证金
    ProposeReturnDeposit {
        /// Whose.
        #[schema(value_type = String)]
        tenant: TenantId,
        /// How much, in fen.
        #[schema(value_type = i64, minimum = 1)]
        fen: Fen,
    },
    /// 提出提取
    ProposeReturnPool {
        /// How much, in fen.
        #[schema(value_type = i64, minimum = 1)]
        fen: Fen,
    },
    /// 提出冲正: of money that came in.
    ProposeReverse {
        /// The number of the entry.
        n: u64,
    },
    /// 同意并入账
    ApproveProposal {
        /// Which.
        #[schema(value_type = String)]
        proposal_id: ProposalId,
        /// The day it counts.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        effective_on: Date,
    },
    /// 不同意
    DeclineProposal {
        /// Which.
        #[schema(value_type = String)]
        proposal_id: ProposalId,
    },
    /// 日终核对
    Assert {
        /// The day that ends.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        on: Date,
    },
}

impl FundInput {
    /// The entry that it would reverse.
    pub(crate) const fn reverses(&self) -> Option<u64> {
        match self {
            Self::ProposeReverse { n } => Some(*n),
            _ => None,
        }
    }

    /// The fund's command, and what it is about. `moves` are those of the entry to reverse.
    pub(crate) fn into_command(
        self,
        moves: Vec<green_channel::fund::Move>,
        engine: &Engine,
    ) -> (FundCommand, FundTarget) {
        let none = FundTarget::default();
        match self {
            Self::Contribute(slip) => (FundCommand::Contribute(slip.into()), none),
            Self::ReceiveDeposit { tenant, fen, effective_on, reference } => {
                let received = Received { fen, effective_on, reference };
                (FundCommand::ReceiveDeposit { tenant, received }, none)
            }
            Self::ProposeReturnDeposit { tenant, fen } => {
                (propose(engine, ProposalKind::ReturnDeposit { tenant, fen }), none)
            }
            Self::ProposeReturnPool { fen } => {
                (propose(engine, ProposalKind::ReturnPool { fen }), none)
            }
            Self::ProposeReverse { n } => {
                (propose(engine, ProposalKind::Reverse { n, moves }), none)
            }
            Self::ApproveProposal { proposal_id, effective_on } => {
                let target = FundTarget::proposal(proposal_id);
                (FundCommand::ApproveProposal { effective_on }, target)
            }
            Self::DeclineProposal { proposal_id } => {
                (FundCommand::DeclineProposal, FundTarget::proposal(proposal_id))
            }
            Self::Assert { on } => (FundCommand::Assert { on }, none),
        }
    }
}

fn propose(engine: &Engine, kind: ProposalKind) -> FundCommand {
    let proposal = ProposalId::new(engine.now(), engine.random());
    FundCommand::Propose { proposal, kind }
}

/// The words of a request, as they are sealed.
pub(crate) fn words(payee: PayeeInput, reason: String) -> ApiResult<Vec<Private>> {
    Ok(vec![
        word("payee_name", "payee.name", payee.name, PAYEE_MAX)?,
        word("payee_account", "payee.account", payee.account, PAYEE_MAX)?,
        word("payee_bank", "payee.bank", payee.bank, PAYEE_MAX)?,
        word("reason", "reason", reason, REASON_MAX)?,
    ])
}

/// What somebody wrote, to be sealed under this name; `field` is where it stands in the body.
fn word(name: &'static str, field: &str, text: String, most: usize) -> ApiResult<Private> {
    let fits = !text.trim().is_empty() && text.chars().count() <= most;
    if fits { Ok(Private::new(name, text)) } else { Err(unfit(field)) }
}

fn unfit(field: &str) -> ApiProblem {
    ApiProblem::at(ProblemCode::FieldInvalid, field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reads_fund(body: Value) -> bool {
        serde_json::from_value::<FundInput>(body).is_ok()
    }

    fn reads_advance(body: Value) -> bool {
        serde_json::from_value::<AdvanceCommand>(body).is_ok()
    }

    #[test]
    fn a_body_says_all_that_its_action_needs_and_nothing_else() {
        let (tenant, on) = (TenantId::from_bytes([7; 16]), "2026-11-23");
        let slip = json!({ "fen": 1, "effective_on": on, "reference": "BANK-1" });
        let with = |action: &str, more: Value| {
            let mut body = slip.clone();
            body["action"] = json!(action);
            body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            body
        };
        assert!(reads_fund(with("contribute", json!({}))));
        assert!(reads_fund(with("receive_deposit", json!({ "tenant": tenant }))));
        assert!(reads_advance(with("confirm_paid", json!({}))));
        assert!(reads_advance(json!({ "action": "decline", "reason": "证据不足" })));
        for body in [
            with("contribute", json!({ "tenant": tenant })),
            with("contribute", json!({ "fen": 1.5 })),
            with("contribute", json!({ "effective_on": "2026-11-31" })),
            with("receive_deposit", json!({})),
            json!({ "action": "propose_reverse", "n": 0, "moves": [] }),
            json!({ "action": "approve_proposal" }),
        ] {
            assert!(!reads_fund(body.clone()), "{body}");
        }
        for body in [
            with("confirm_paid", json!({ "paid_fen": 1 })),
            json!({ "action": "approve", "reason": "x" }),
            json!({ "action": "decline" }),
            json!({ "action": "cancel" }),
            json!({ "action": "expire" }),
        ] {
            assert!(!reads_advance(body.clone()), "{body}");
        }
    }

    #[test]
    fn words_are_there_and_not_too_many() {
        let payee = |bank: &str| PayeeInput {
            name: "王某".to_owned(),
            account: "6222020000001234567".to_owned(),
            bank: bank.to_owned(),
        };
        let (longest, longer) = ("行".repeat(PAYEE_MAX), "行".repeat(PAYEE_MAX + 1));
        assert_eq!(words(payee(&longest), "x".to_owned()).unwrap().len(), 4);
        for (bank, reason, field) in [
            (longer.as_str(), "x".to_owned(), "payee.bank"),
            (" ", "x".to_owned(), "payee.bank"),
            ("行", String::new(), "reason"),
            ("行", "x".repeat(REASON_MAX + 1), "reason"),
        ] {
            let problem = words(payee(bank), reason).unwrap_err();
            assert_eq!(problem.0.field.as_deref(), Some(field));
        }
    }
}
