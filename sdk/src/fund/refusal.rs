//! Why something was not done to the fund: a stable code, and what to do instead in Chinese.

use std::fmt;

use super::account::Account;
use super::command::FundAction;
use super::ledger::LedgerError;
use crate::case::AdvanceStatus;

/// Why a rule said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FundRefusalCode {
    /// The role may never do this.
    RoleNotPermitted,
    /// There is no such advance or proposal.
    Unknown,
    /// The advance stands elsewhere.
    WrongStatus(AdvanceStatus),
    /// The proposal was decided.
    ProposalOver,
    /// Who asked, approved or paid does not also check (四眼).
    SamePerson,
    /// Above the limit the manager is one of the two.
    ManagerNeeded,
    /// Whoever asked for it, a supervisor or the manager takes it back.
    NotRequester,
    /// Nobody owes anything for it: the host bears it.
    NobodyOwes,
    /// The tenant owes, or may come to owe, what its deposit is for.
    TenantOwes,
    /// The consumer signed for it.
    Signed,
    /// The day until which it was to be paid has passed.
    PayDayOver,
    /// This slip was booked before.
    SlipBooked,
    /// The case has no settlement to perform, or is another's.
    CaseNotSettled,
    /// Only the first responder, or a supervisor, asks for a case.
    NotFirstResponder,
    /// A precondition is not confirmed.
    GroundsNotMet,
    /// More than the settlement promises, with what was advanced before.
    MoreThanSettled,
    /// More than one case may have.
    CaseLimit,
    /// More than may be out for one tenant.
    TenantLimit,
    /// More than is requested on one day.
    DayLimit,
    /// More than one person requests on one day.
    ClerkLimit,
    /// The tenant is not in the registry.
    TenantNotThere,
    /// An account has not so much.
    Short(Account),
    /// Not yet.
    NotDueYet,
    /// A field is missing or does not fit.
    FieldInvalid {
        /// Which.
        field: &'static str,
        /// What is wrong and the remedy.
        problem: &'static str,
    },
    /// The calendar cannot say when it would be due.
    NoDeadline,
}

/// A command that was not carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundRefusal {
    /// What was asked.
    pub action: FundAction,
    /// Why not.
    pub code: FundRefusalCode,
}

impl FundRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.code {
            FundRefusalCode::RoleNotPermitted => "role_not_permitted",
            FundRefusalCode::Unknown => "not_found",
            FundRefusalCode::WrongStatus(_) => "wrong_status",
            FundRefusalCode::ProposalOver => "proposal_over",
            FundRefusalCode::SamePerson => "same_person",
            FundRefusalCode::ManagerNeeded => "manager_needed",
            FundRefusalCode::NotRequester => "not_requester",
            FundRefusalCode::NobodyOwes => "nobody_owes",
            FundRefusalCode::TenantOwes => "tenant_owes",
            FundRefusalCode::Signed => "signed",
            FundRefusalCode::PayDayOver => "pay_day_over",
            FundRefusalCode::SlipBooked => "slip_booked",
            FundRefusalCode::CaseNotSettled => "case_not_settled",
            FundRefusalCode::NotFirstResponder => "not_first_responder",
            FundRefusalCode::GroundsNotMet => "grounds_not_met",
            FundRefusalCode::MoreThanSettled => "more_than_settled",
            FundRefusalCode::CaseLimit => "case_limit",
            FundRefusalCode::TenantLimit => "tenant_limit",
            FundRefusalCode::DayLimit => "day_limit",
            FundRefusalCode::ClerkLimit => "clerk_limit",
            FundRefusalCode::TenantNotThere => "tenant_not_there",
            FundRefusalCode::Short(_) => "short",
            FundRefusalCode::NotDueYet => "not_due_yet",
            FundRefusalCode::FieldInvalid { .. } => "field_invalid",
            FundRefusalCode::NoDeadline => "no_deadline",
        }
    }

    /// The field at fault, if one is.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match &self.code {
            FundRefusalCode::FieldInvalid { field, .. } => Some(field),
            FundRefusalCode::MoreThanSettled
            | FundRefusalCode::CaseLimit
            | FundRefusalCode::TenantLimit
            | FundRefusalCode::DayLimit
            | FundRefusalCode::ClerkLimit => Some("fen"),
            FundRefusalCode::SlipBooked => Some("reference"),
            _ => None,
        }
    }

    /// Why not, for a clerk or a cashier.
    #[must_use]
    pub fn message_zh(&self) -> String {
        let label = self.action.label_zh();
        match &self.code {
            FundRefusalCode::RoleNotPermitted => format!("您的岗位不能办理“{label}”"),
            FundRefusalCode::Unknown => "没有这一笔，请刷新页面".to_owned(),
            FundRefusalCode::WrongStatus(status) => {
                format!("该笔先付现为“{}”，不能“{label}”", status.label_zh())
            }
            FundRefusalCode::ProposalOver => "该事项已有结论".to_owned(),
            FundRefusalCode::SamePerson => {
                "须由另一人办理：申请、审核、付款不能是同一人".to_owned()
            }
            FundRefusalCode::ManagerNeeded => {
                "本案先付合计超过双人审核限额，两人中须有一名负责人".to_owned()
            }
            FundRefusalCode::NotRequester => "只有申请人本人、主管或负责人可以撤回".to_owned(),
            FundRefusalCode::NobodyOwes => "该笔由本单位自担，没有可追偿的商户".to_owned(),
            FundRefusalCode::TenantOwes => {
                "该商户尚有应收追偿款或在办先付，先收回、扣划或核销，再退还保证金".to_owned()
            }
            FundRefusalCode::Signed => "消费者已签收，不能登记退汇".to_owned(),
            FundRefusalCode::PayDayOver => "已过付款期限，预留即将释放；请重新申请".to_owned(),
            FundRefusalCode::SlipBooked => "该凭证号已登记过，请核对是否重复入账".to_owned(),
            FundRefusalCode::CaseNotSettled => {
                "案件尚未和解或已办结；先行赔付用于履行已达成的和解".to_owned()
            }
            FundRefusalCode::NotFirstResponder => "只有首问责任人或主管可以申请".to_owned(),
            FundRefusalCode::GroundsNotMet => {
                "须逐项确认：事实清楚、证据充分、依据明确、消费者无过错".to_owned()
            }
            FundRefusalCode::MoreThanSettled => "金额超过和解约定（含此前先付）".to_owned(),
            FundRefusalCode::CaseLimit => "金额超过单个案件的先付限额".to_owned(),
            FundRefusalCode::TenantLimit => "超过该商户未收回先付款的限额".to_owned(),
            FundRefusalCode::DayLimit => "超过当日先付限额".to_owned(),
            FundRefusalCode::ClerkLimit => "超过您当日可申请的限额".to_owned(),
            FundRefusalCode::TenantNotThere => "没有登记该商户，请先在“商户”中登记".to_owned(),
            FundRefusalCode::Short(account) => {
                format!("“{}”余额不足", account.label_zh())
            }
            FundRefusalCode::NotDueYet => "尚未到时间，或已办理".to_owned(),
            FundRefusalCode::FieldInvalid { field, .. } => {
                format!("{}填写有误，请按提示改正", field_zh(field))
            }
            FundRefusalCode::NoDeadline => "该年度的工作日历未装入，无法计算期限".to_owned(),
        }
    }
}

/// What a cashier calls a field.
fn field_zh(field: &str) -> &'static str {
    match field {
        "fen" => "金额",
        "effective_on" => "日期",
        "reference" => "凭证号",
        "tenant" => "商户",
        "paper_no" => "纸质材料编号",
        "n" => "分录号",
        "text" => "正文",
        "file" => "照片",
        "effective_from" => "生效日期",
        "cause" => "原因",
        _ => "",
    }
}

impl fmt::Display for FundRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.code();
        match &self.code {
            FundRefusalCode::FieldInvalid { field, problem } => {
                write!(f, "cannot {action}: {field}: {problem}")
            }
            FundRefusalCode::WrongStatus(status) => {
                write!(f, "cannot {action} an advance that is {}", status.code())
            }
            FundRefusalCode::Short(account) => {
                write!(f, "cannot {action}: {account} has not so much")
            }
            _ => write!(f, "cannot {action}: {}", self.code()),
        }
    }
}

impl std::error::Error for FundRefusal {}

impl From<LedgerError> for FundRefusalCode {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Short { account } => Self::Short(account),
            LedgerError::NoMove | LedgerError::Full { .. } => Self::FieldInvalid {
                field: "fen",
                problem: "give an amount from 1 to 9007199254740991 fen",
            },
        }
    }
}
