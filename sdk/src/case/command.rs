//! Commands: what somebody wants to do to a case. Imperative where events are past.

use super::clocks::ClockKind;
use super::event::Private;
use super::offer::Terms;
use super::reasons::{
    AdvanceStatus, EraseReason, HandbackReason, Origin, RejectionReason, ReportKind,
};
use super::words::words;
use crate::codes::Outcome;
use crate::ids::{AdvanceId, OfferId, Pseudonym, ReportId, TenantId};
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp};

words! {
    /// How the consumer was contacted (协商方式).
    pub enum ContactMethod {
        /// 电话
        Phone = "phone", "电话";
        /// 短信
        Sms = "sms", "短信";
        /// 网络
        Online = "online", "网络";
        /// 现场
        OnSite = "on_site", "现场";
        /// 信函
        Letter = "letter", "信函";
    }
}

words! {
    /// What came of a contact attempt.
    pub enum ContactResult {
        /// 已联系上
        Reached = "reached", "已联系上";
        /// 未联系上
        Unreachable = "unreachable", "未联系上";
    }
}

/// What a closing must say (domain: 处理时间 · 协商过程 · 协商方式 · 协商结果; the time is the event's).
#[derive(Clone, Debug)]
pub struct Closing {
    /// How it ended.
    pub outcome: Outcome,
    /// 协商方式
    pub method: ContactMethod,
    /// 协商过程
    pub process: Personal<String>,
    /// 协商结果
    pub result: Personal<String>,
    /// 挽回经济损失, in fen.
    pub recovered_fen: Fen,
}

/// What a diversion brings, once its consent is verified.
#[derive(Clone, Debug)]
pub struct Intake {
    /// How it came.
    pub origin: Origin,
    /// When the center diverted it, or the clerk began to write it down.
    pub diverted_at: Timestamp,
    /// How often this consumer came before.
    pub repeat: u32,
    /// The center's number.
    pub complaint_no: Personal<String>,
    /// The complaint as received, byte for byte.
    pub body: Personal<String>,
}

/// What somebody wants to do to a case that exists.
///
/// `signature` says how the consumer signed at the desk (a name, or the digest of a photo); it is
/// needed where a clerk writes down what the consumer said.
#[derive(Clone, Debug)]
pub enum Command {
    /// Answer for it as first responder.
    Accept,
    /// Ask another to take over.
    ProposeTransfer {
        /// Whom.
        to: Pseudonym,
        /// Why.
        reason: Personal<String>,
    },
    /// Take over.
    TakeTransfer,
    /// Do not take over.
    RefuseTransfer {
        /// Why.
        reason: Personal<String>,
    },
    /// Keep it after all.
    RecallTransfer,
    /// Record a contact attempt.
    Contact {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
        /// What was said.
        note: Personal<String>,
    },
    /// Ask the consumer for more.
    AskSupplement {
        /// Until when.
        reply_by: Date,
        /// What for.
        text: Personal<String>,
    },
    /// Note that nothing came in time.
    LapseSupplement,
    /// Let clocks stand still for an examination (鉴定、检测), for so long.
    Pause {
        /// The last day on which they stand still.
        until: Date,
        /// Which examination.
        reason: Personal<String>,
    },
    /// Let them go on.
    Resume {
        /// What it found.
        reason: Personal<String>,
    },
    /// Note that the examination took longer than was said: the clocks go on.
    LapsePause,
    /// Ask the center for more time.
    AskExtension {
        /// Why.
        reason: Personal<String>,
    },
    /// The center's answer.
    AnswerExtension {
        /// Yes or no.
        granted: bool,
        /// In words.
        text: Option<Personal<String>>,
    },
    /// Lengthen the clock oneself, where the rule set lets a supervisor.
    Extend {
        /// Why.
        reason: Personal<String>,
    },
    /// Propose terms.
    Offer {
        /// A fresh id.
        offer_id: OfferId,
        /// The terms.
        terms: Terms,
        /// Until when the consumer may answer.
        answer_by: Date,
        /// The offer in words.
        text: Personal<String>,
    },
    /// Approve the draft that waits.
    Approve,
    /// Send the draft back.
    SendBack {
        /// Why.
        reason: Personal<String>,
    },
    /// Make a one-time link for the consumer.
    IssueLink,
    /// The consumer's answer.
    Answer {
        /// To which offer.
        offer_id: OfferId,
        /// Yes or no.
        accepted: bool,
        /// In the consumer's words.
        text: Option<Personal<String>>,
        /// At the desk.
        signature: Option<Personal<String>>,
    },
    /// The consumer proposes other terms.
    Counter {
        /// A fresh id for the proposal.
        offer_id: OfferId,
        /// The offer it answers.
        answers: OfferId,
        /// The terms.
        terms: Terms,
        /// In the consumer's words.
        text: Personal<String>,
        /// At the desk.
        signature: Option<Personal<String>>,
    },
    /// Take the consumer's proposal.
    AcceptCounter {
        /// Which.
        offer_id: OfferId,
    },
    /// Decline the consumer's proposal.
    DeclineCounter {
        /// Which.
        offer_id: OfferId,
        /// Why.
        reason: Personal<String>,
    },
    /// Note that the offer's time is over.
    ExpireOffer,
    /// The promise was kept; close.
    Perform {
        /// What shows it.
        proof: Personal<String>,
        /// The closing record.
        closing: Closing,
    },
    /// The promise was not kept.
    Breach {
        /// What happened.
        reason: Personal<String>,
    },
    /// Say that it is not ours.
    Reject {
        /// Why.
        reason: RejectionReason,
        /// In words.
        text: Personal<String>,
    },
    /// The center's review of our rejection.
    Review {
        /// Whether it agrees with us.
        upheld: bool,
        /// In words.
        text: Option<Personal<String>>,
    },
    /// Return the case with its dossier.
    HandBack {
        /// Why.
        reason: HandbackReason,
        /// What was tried.
        summary: Personal<String>,
    },
    /// The consumer withdraws the complaint.
    Withdraw {
        /// In words.
        reason: Option<Personal<String>>,
        /// At the desk.
        signature: Option<Personal<String>>,
    },
    /// The consumer withdraws the consent.
    WithdrawConsent {
        /// At the desk: the number of the signed paper in the host's own file
        /// ([`super::PaperNo`]). It outlives the case's key.
        paper_no: Option<String>,
    },
    /// Destroy the personal data for another reason.
    Erase {
        /// Which.
        reason: EraseReason,
    },
    /// 催办
    Urge,
    /// 督办
    Supervise {
        /// By when.
        reply_by: Date,
    },
    /// Something more from the consumer or the center.
    Supplement {
        /// What.
        text: Personal<String>,
    },
    /// Say which shop answers for it.
    Assign {
        /// The shop.
        tenant: TenantId,
        /// Whether the consent names it.
        named: bool,
    },
    /// Say that no shop does.
    Unassign {
        /// Why.
        reason: Personal<String>,
    },
    /// The shop says its part.
    TenantState {
        /// What.
        text: Personal<String>,
    },
    /// 评价
    Rate {
        /// 1 to 5.
        stars: u8,
        /// In words.
        text: Option<Personal<String>>,
        /// At the desk.
        signature: Option<Personal<String>>,
    },
    /// Reopen a closed case.
    Reopen {
        /// Why.
        reason: Personal<String>,
        /// At the desk.
        signature: Option<Personal<String>>,
    },
    /// Note that a clock ran out.
    NoteExpiry {
        /// Which.
        clock: ClockKind,
        /// When it began.
        start_at: Timestamp,
    },
    /// Tell somebody of a deadline.
    Escalate {
        /// Of which clock.
        clock: ClockKind,
        /// When it began.
        start_at: Timestamp,
        /// The step of the rule set's ladder.
        step: u32,
    },
    /// Compute a running clock again with the calendar of now.
    MoveClock {
        /// Which.
        clock: ClockKind,
        /// When it began.
        start_at: Timestamp,
    },
    /// Follow an advance of the fund.
    MoveAdvance {
        /// Which.
        advance: AdvanceId,
        /// Where it stands now.
        status: AdvanceStatus,
        /// How much was asked for.
        fen: Fen,
        /// How much the consumer got.
        paid_fen: Fen,
        /// Words that belong to it: to whom it is paid, why, what was said.
        words: Vec<Private>,
    },
    /// Keep a notice that this version does not understand.
    KeepNotice {
        /// The notice as received.
        raw: Personal<String>,
        /// Whether it tells that the center opened a case of its own (诉转案).
        case_filed: bool,
    },
    /// Show sealed fields to somebody.
    Reveal {
        /// Which.
        fields: Vec<String>,
        /// Why.
        reason: Personal<String>,
    },
    /// Show a cashier to whom an advance is paid.
    ShowPayee {
        /// Which.
        advance: AdvanceId,
    },
    /// Note the center's receipt for a report.
    RecordReceipt {
        /// The report.
        report_id: ReportId,
        /// What it told.
        report: ReportKind,
        /// The receipt.
        receipt: Personal<String>,
    },
}

impl Command {
    /// The action that must be allowed for it.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Accept => Action::Accept,
            Self::ProposeTransfer { .. } => Action::ProposeTransfer,
            Self::TakeTransfer => Action::TakeTransfer,
            Self::RefuseTransfer { .. } => Action::RefuseTransfer,
            Self::RecallTransfer => Action::RecallTransfer,
            Self::Contact { .. } => Action::Contact,
            Self::AskSupplement { .. } => Action::AskSupplement,
            Self::LapseSupplement => Action::LapseSupplement,
            Self::Pause { .. } => Action::Pause,
            Self::Resume { .. } => Action::Resume,
            Self::LapsePause => Action::LapsePause,
            Self::AskExtension { .. } => Action::AskExtension,
            Self::AnswerExtension { .. } => Action::AnswerExtension,
            Self::Extend { .. } => Action::Extend,
            Self::Offer { .. } => Action::Offer,
            Self::Approve => Action::Approve,
            Self::SendBack { .. } => Action::SendBack,
            Self::IssueLink => Action::IssueLink,
            Self::Answer { .. } => Action::Answer,
            Self::Counter { .. } => Action::Counter,
            Self::AcceptCounter { .. } => Action::AcceptCounter,
            Self::DeclineCounter { .. } => Action::DeclineCounter,
            Self::ExpireOffer => Action::ExpireOffer,
            Self::Perform { .. } => Action::Perform,
            Self::Breach { .. } => Action::Breach,
            Self::Reject { .. } => Action::Reject,
            Self::Review { .. } => Action::Review,
            Self::HandBack { .. } => Action::HandBack,
            Self::Withdraw { .. } => Action::Withdraw,
            Self::WithdrawConsent { .. } => Action::WithdrawConsent,
            Self::Erase { .. } => Action::Erase,
            Self::Urge => Action::Urge,
            Self::Supervise { .. } => Action::Supervise,
            Self::Supplement { .. } => Action::Supplement,
            Self::Assign { .. } => Action::Assign,
            Self::Unassign { .. } => Action::Unassign,
            Self::TenantState { .. } => Action::TenantState,
            Self::Rate { .. } => Action::Rate,
            Self::Reopen { .. } => Action::Reopen,
            Self::NoteExpiry { .. } => Action::NoteExpiry,
            Self::Escalate { .. } => Action::Escalate,
            Self::MoveClock { .. } => Action::MoveClock,
            Self::MoveAdvance { .. } => Action::MoveAdvance,
            Self::KeepNotice { .. } => Action::KeepNotice,
            Self::Reveal { .. } => Action::Reveal,
            Self::ShowPayee { .. } => Action::ShowPayee,
            Self::RecordReceipt { .. } => Action::RecordReceipt,
        }
    }
}

words! {
    /// A command without its particulars: what the permission tables and the views speak of. The
    /// word is the one on a button.
    pub enum Action {
        /// 受理
        Accept = "accept", "受理";
        /// 转交
        ProposeTransfer = "propose_transfer", "移交首问责任";
        /// 接手
        TakeTransfer = "take_transfer", "接收首问责任";
        /// 不接手
        RefuseTransfer = "refuse_transfer", "不接收首问责任";
        /// 收回移交
        RecallTransfer = "recall_transfer", "收回移交";
        /// 联系消费者
        Contact = "contact", "登记联系";
        /// 请消费者补充
        AskSupplement = "ask_supplement", "请消费者补充材料";
        /// 补充逾期
        LapseSupplement = "lapse_supplement", "补充期限届满";
        /// 暂停计时
        Pause = "pause", "暂停计时（鉴定检测）";
        /// 恢复计时
        Resume = "resume", "恢复计时";
        /// 暂停期限届满
        LapsePause = "lapse_pause", "暂停期限届满";
        /// 申请延期
        AskExtension = "ask_extension", "申请延期";
        /// 答复延期
        AnswerExtension = "answer_extension", "答复延期申请";
        /// 延期
        Extend = "extend", "延长办理期限";
        /// 提出方案
        Offer = "offer", "提出和解方案";
        /// 审核通过
        Approve = "approve", "审核通过";
        /// 审核退回
        SendBack = "send_back", "审核退回";
        /// 一次性链接
        IssueLink = "issue_link", "生成确认链接";
        /// 消费者答复
        Answer = "answer", "登记消费者答复";
        /// 消费者另提方案
        Counter = "counter", "登记消费者方案";
        /// 接受消费者方案
        AcceptCounter = "accept_counter", "接受消费者方案";
        /// 不接受消费者方案
        DeclineCounter = "decline_counter", "不接受消费者方案";
        /// 方案到期
        ExpireOffer = "expire_offer", "方案到期";
        /// 履行并办结
        Perform = "perform", "履行完成并办结";
        /// 未按约履行
        Breach = "breach", "登记未按约履行";
        /// 申请退回（非本单位等）
        Reject = "reject", "非本单位等";
        /// 中心复核
        Review = "review", "中心复核";
        /// 退回
        HandBack = "hand_back", "退回12315中心";
        /// 撤诉
        Withdraw = "withdraw", "消费者撤诉";
        /// 撤回同意
        WithdrawConsent = "withdraw_consent", "撤回同意";
        /// 删除个人信息
        Erase = "erase", "删除个人信息";
        /// 催办
        Urge = "urge", "催办";
        /// 督办
        Supervise = "supervise", "督办";
        /// 补充
        Supplement = "supplement", "补充材料";
        /// 指定商户
        Assign = "assign", "指定责任商户";
        /// 取消商户
        Unassign = "unassign", "取消责任商户";
        /// 商户说明
        TenantState = "tenant_state", "商户说明";
        /// 评价
        Rate = "rate", "评价";
        /// 重新办理
        Reopen = "reopen", "重新办理";
        /// 记录超期
        NoteExpiry = "note_expiry", "记录超期";
        /// 逐级提醒
        Escalate = "escalate", "逐级提醒";
        /// 重算期限
        MoveClock = "move_clock", "按新日历重算期限";
        /// 先行赔付进展
        MoveAdvance = "move_advance", "先行赔付进展";
        /// 新类通知
        KeepNotice = "keep_notice", "新类通知";
        /// 显示个人信息
        Reveal = "reveal", "显示个人信息";
        /// 显示收款账户
        ShowPayee = "show_payee", "显示收款账户";
        /// 登记回执
        RecordReceipt = "record_receipt", "登记回执";
    }
}
