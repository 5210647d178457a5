//! Refusals: a rule said no. Each names the state, the action and a stable code, and tells a clerk
//! in Chinese what to do instead.

use std::fmt;

use super::clocks::DeadlineError;
use super::command::Action;
use super::offer::TermsError;
use super::state::StateName;
use super::words::words;

words! {
    /// What stands in the way although role and state would allow it.
    pub enum Circumstance {
        /// Only the one who was asked.
        NotAddressee = "not_addressee", "只有被移交的人可以办理";
        /// Nothing was proposed.
        NoTransfer = "no_transfer", "没有待接收的移交";
        /// One is proposed already.
        TransferPending = "transfer_pending", "已有移交等待对方接收，请先收回";
        /// The consumer says so through the center.
        AskCenter = "ask_center", "分流案件须由消费者经12315中心提出";
        /// The center has been asked already.
        ExtensionPending = "extension_pending", "延期申请正等待中心答复";
        /// The center was not asked.
        NoExtensionAsked = "no_extension_asked", "没有待答复的延期申请";
        /// Used up, or the rule set has none.
        NoMoreExtension = "no_more_extension", "适用规则不允许（再次）延期";
        /// The deadline has passed.
        DeadlineOver = "deadline_over", "期限已过，不能再延长或暂停";
        /// Another grants it.
        ExtensionElsewhere = "extension_elsewhere", "按适用规则，延期由另一方决定";
        /// The rule set does not let clocks stand still for it.
        NoPause = "no_pause", "适用规则不允许为此暂停计时";
        /// So often, and no more.
        PauseUsedUp = "pause_used_up", "为此暂停计时的次数已用完";
        /// They stand still already.
        PausedAlready = "paused_already", "计时已暂停";
        /// They do not stand still for an examination.
        NotPaused = "not_paused", "没有因鉴定检测暂停的计时";
        /// The consumer was asked already.
        SupplementPending = "supplement_pending", "已请消费者补充材料，尚未到期";
        /// The consumer was not asked.
        NothingAsked = "nothing_asked", "没有待补充的材料";
        /// No proposal of the consumer's waits.
        NoCounter = "no_counter", "没有待答复的消费者方案";
        /// The clock has not run out.
        NotOverdue = "not_overdue", "协商期限尚未届满";
        /// Nobody was reached, and nothing was answered.
        NotNegotiated = "not_negotiated", "尚未联系上消费者，方案也未得到答复，不能认定协商不成";
        /// An offer waits for the consumer.
        OfferOpen = "offer_open", "方案尚待消费者答复，不能认定协商不成";
        /// Too few attempts on too few days.
        StillReachable = "still_reachable", "联系次数或天数未达到规定，不能认定联系不上";
        /// Not yet, or done already.
        NotDueYet = "not_due_yet", "尚未到时间，或已办理";
        /// The day by which it was to be answered, or kept, has passed.
        DraftOutdated = "draft_outdated", "方案的答复或履行期限已过，请退回重拟";
        /// The consumer chose that the center does not hear of it.
        CenterNotTold = "center_not_told", "消费者选择不报送中心，中心不参与本案";
        /// Not by a clerk, and not by whoever answers for the case.
        OtherPerson = "other_person", "须由首问责任人以外的主管或负责人登记";
        /// Money for the consumer is on its way, or nobody knows whether it came.
        MoneyPending = "money_pending", "先行赔付款项尚未付清，不能办结";
        /// No advance of this case is to be paid.
        NothingToPay = "nothing_to_pay", "本案没有待付的先行赔付";
        /// No shop is named.
        NoTenant = "no_tenant", "没有指定责任商户";
        /// The consent does not name it.
        NotNamed = "not_named", "同意书未写明该商户，个人信息不予提供";
    }
}

/// Why a rule said no. The order here is the order of precedence (tested).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// The actor's role may never do this.
    RoleNotPermitted,
    /// The case is in a state that has no such step.
    WrongState,
    /// Only the first responder, or a supervisor, acts on a case.
    NotFirstResponder,
    /// Who drafted an offer may not approve it (四眼).
    SamePerson,
    /// The answer names no open offer.
    OfferUnknown,
    /// The offer's time is over.
    OfferExpired,
    /// The offer's time is not over yet.
    OfferStillOpen,
    /// Something else stands in the way.
    Circumstance(Circumstance),
    /// A field is missing or does not fit.
    FieldInvalid {
        /// Which.
        field: &'static str,
        /// What is wrong and the remedy.
        problem: &'static str,
    },
    /// The calendar cannot say when it would be due.
    NoDeadline(DeadlineError),
}

/// A command that was not carried out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub action: Action,
    /// Where the case stood; nothing when there was none.
    pub state: Option<StateName>,
    /// Why not.
    pub code: RefusalCode,
}

impl Refusal {
    /// The stable code, one per cause; a wrong state names it: `case_is_settled`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.code {
            RefusalCode::RoleNotPermitted => "role_not_permitted",
            RefusalCode::WrongState => self.state.map_or("case_is_new", StateName::refusal_code),
            RefusalCode::NotFirstResponder => "not_first_responder",
            RefusalCode::SamePerson => "same_person",
            RefusalCode::OfferUnknown => "offer_unknown",
            RefusalCode::OfferExpired => "offer_expired",
            RefusalCode::OfferStillOpen => "offer_still_open",
            RefusalCode::Circumstance(circumstance) => circumstance.code(),
            RefusalCode::FieldInvalid { .. } => "field_invalid",
            RefusalCode::NoDeadline(_) => "no_deadline",
        }
    }

    /// The field at fault, if one is.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match &self.code {
            RefusalCode::FieldInvalid { field, .. } => Some(field),
            RefusalCode::OfferUnknown | RefusalCode::OfferExpired => Some("offer_id"),
            RefusalCode::RoleNotPermitted
            | RefusalCode::WrongState
            | RefusalCode::NotFirstResponder
            | RefusalCode::SamePerson
            | RefusalCode::OfferStillOpen
            | RefusalCode::Circumstance(_)
            | RefusalCode::NoDeadline(_) => None,
        }
    }

    /// Why not, for a clerk.
    #[must_use]
    pub fn message_zh(&self) -> String {
        let label = self.action.label_zh();
        match &self.code {
            RefusalCode::RoleNotPermitted => format!("您的岗位不能办理“{label}”"),
            RefusalCode::WrongState => match self.state {
                Some(state) => format!("案件{}，不能“{label}”", state.label_zh()),
                None => format!("案件尚未建立，不能“{label}”"),
            },
            RefusalCode::NotFirstResponder => "只有首问责任人或主管可以办理".to_owned(),
            RefusalCode::SamePerson => "方案须由另一人审核，拟定人不能审核自己的方案".to_owned(),
            RefusalCode::OfferUnknown => "没有这份待确认的方案".to_owned(),
            RefusalCode::OfferExpired => "方案已过答复期限，请重新提出".to_owned(),
            RefusalCode::OfferStillOpen => "方案仍在答复期限内".to_owned(),
            RefusalCode::Circumstance(circumstance) => circumstance.label_zh().to_owned(),
            RefusalCode::FieldInvalid { problem, .. } => format!("填写有误：{problem}"),
            RefusalCode::NoDeadline(_) => "该年度的工作日历未装入，无法计算期限".to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action.code();
        match (&self.code, self.state) {
            (RefusalCode::WrongState, Some(state)) => {
                write!(f, "cannot {action} a case that is {}", state.code())
            }
            (RefusalCode::FieldInvalid { field, problem }, _) => {
                write!(f, "cannot {action}: {field}: {problem}")
            }
            (RefusalCode::NoDeadline(error), _) => write!(f, "cannot {action}: {error}"),
            _ => write!(f, "cannot {action}: {}", self.code()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Circumstance> for RefusalCode {
    fn from(circumstance: Circumstance) -> Self {
        Self::Circumstance(circumstance)
    }
}

impl From<TermsError> for RefusalCode {
    fn from(error: TermsError) -> Self {
        Self::FieldInvalid { field: error.field, problem: error.problem }
    }
}

impl From<DeadlineError> for RefusalCode {
    fn from(error: DeadlineError) -> Self {
        Self::NoDeadline(error)
    }
}
