//! Why things happen to a case, and what the center is told of: closed tables of words.

use super::words::words;

words! {
    /// Why a case is not ours.
    pub enum RejectionReason {
        /// 非本单位
        NotOurs = "not_ours", "非本单位";
        /// 重复
        Duplicate = "duplicate", "重复投诉";
        /// 不属消费争议
        NotAConsumerDispute = "not_a_consumer_dispute", "不属消费争议";
    }
}

words! {
    /// Why a case goes back to the center.
    pub enum HandbackReason {
        /// 协商不成
        NoAgreement = "no_agreement", "协商不成";
        /// 逾期未达成和解
        Expired = "expired", "逾期未达成和解";
        /// 联系不到消费者
        Unreachable = "unreachable", "联系不到消费者";
        /// 消费者要求行政处理
        ConsumerAsks = "consumer_asks", "消费者要求行政处理";
        /// 非本单位, upheld by the center's review.
        RejectionUpheld = "rejection_upheld", "中心复核：同意退回";
    }
}

impl HandbackReason {
    /// The reasons a clerk may choose.
    pub const CHOICES: [Self; 4] =
        [Self::NoAgreement, Self::Expired, Self::Unreachable, Self::ConsumerAsks];
}

words! {
    /// How a case came to us.
    pub enum Origin {
        /// 分流: from the center.
        Diverted = "diverted", "12315中心分流";
        /// 现场登记; the consumer wants the center to know.
        DeskReported = "desk_reported", "现场登记（报送12315中心）";
        /// 现场登记; between the consumer and us.
        DeskOnly = "desk_only", "现场登记（消费者选择不报送）";
    }
}

impl Origin {
    /// Whether the center hears of the case.
    #[must_use]
    pub const fn is_reported(self) -> bool {
        match self {
            Self::Diverted | Self::DeskReported => true,
            Self::DeskOnly => false,
        }
    }

    /// Whether the consumer speaks to us at the desk rather than through the center.
    #[must_use]
    pub const fn is_desk(self) -> bool {
        match self {
            Self::Diverted => false,
            Self::DeskReported | Self::DeskOnly => true,
        }
    }

    /// Whether it is the ordinary one, which leaves do not name.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        *self == Self::Diverted
    }
}

words! {
    /// By which way the consumer's word reached us.
    pub enum Via {
        /// 经 12315 中心
        Center = "center", "经12315中心";
        /// 现场, signed.
        Desk = "desk", "现场签字";
        /// 一次性链接
        Link = "link", "一次性链接";
    }
}

impl Via {
    /// Whether it is the ordinary one, which leaves do not name.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        *self == Self::Center
    }
}

words! {
    /// Why a clock stands still.
    pub enum PauseGround {
        /// 等待消费者补充材料
        Supplement = "supplement", "等待消费者补充材料";
        /// 鉴定、检测: its time is not counted (令20号 Art. 20, 实施条例 Art. 46).
        Examination = "examination", "鉴定、检测期间";
    }
}

words! {
    /// Why a person's data were destroyed.
    pub enum EraseReason {
        /// 撤回同意 (PIPL Art. 15, 47)
        ConsentWithdrawn = "consent_withdrawn", "撤回同意";
        /// 保存期限届满 (PIPL Art. 19, 47)
        Retention = "retention", "保存期限届满";
        /// An older backup had brought them back.
        Restored = "restored", "恢复旧备份后再次删除";
    }
}

impl EraseReason {
    /// Whether it is the ordinary one, which leaves do not name.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        *self == Self::ConsentWithdrawn
    }
}

words! {
    /// Whom the escalation of a clock tells.
    pub enum Rung {
        /// 首问责任人
        Responder = "responder", "首问责任人";
        /// 主管
        Supervisor = "supervisor", "主管";
        /// 负责人
        Manager = "manager", "负责人";
    }
}

words! {
    /// A step that the center is told of (回传).
    pub enum ReportKind {
        /// 现场登记
        Registered = "registered", "现场登记";
        /// 已受理
        Accepted = "accepted", "已受理";
        /// 首问责任人变更
        Transferred = "transferred", "首问责任人变更";
        /// 已联系
        Contacted = "contacted", "已联系消费者";
        /// 请消费者补充
        SupplementAsked = "supplement_asked", "请消费者补充材料";
        /// 申请延期
        ExtensionAsked = "extension_asked", "申请延长办理期限";
        /// 延期
        Extended = "extended", "已延长办理期限";
        /// 暂停计时
        Paused = "paused", "计时暂停";
        /// 恢复计时
        Resumed = "resumed", "计时恢复";
        /// 已提出方案
        Offered = "offered", "已提出和解方案";
        /// 方案未被接受
        Declined = "declined", "方案未被接受";
        /// 消费者另提方案
        Countered = "countered", "消费者另提方案";
        /// 未接受消费者的方案
        CounterDeclined = "counter_declined", "未接受消费者方案";
        /// 已和解
        Settled = "settled", "已和解";
        /// 已先行赔付
        PaidInAdvance = "paid_in_advance", "已先行赔付";
        /// 已履行
        Performed = "performed", "已履行";
        /// 未按约履行
        Breached = "breached", "未按约履行";
        /// 办结
        Closed = "closed", "办结";
        /// 现场重新办理
        Reopened = "reopened", "重新办理";
        /// 非本单位等
        Rejected = "rejected", "申请退回（非本单位等）";
        /// 退回
        HandedBack = "handed_back", "退回";
        /// 已撤诉
        Withdrawn = "withdrawn", "消费者撤诉";
        /// 已删除个人信息
        Erased = "erased", "个人信息已删除";
    }
}

words! {
    /// Where an advance stands.
    pub enum AdvanceStatus {
        /// Somebody asked for it; it waits for those who approve.
        Requested = "requested", "待审核";
        /// Approved, and the money is reserved; nobody pays yet.
        Intended = "intended", "已批准待付款";
        /// Handed to a provider under its key; the answer is not here.
        Submitted = "submitted", "付款中";
        /// Nobody knows whether it was paid. Left by a query, a callback or recorded evidence alone.
        Unknown = "unknown", "付款结果待核实";
        /// The consumer has the money.
        Paid = "paid", "已付款";
        /// Not paid, for certain; the money is free again.
        Refused = "refused", "付款未成";
        /// Those who approve said no.
        Declined = "declined", "审核未通过";
        /// Taken back before anybody paid.
        Cancelled = "cancelled", "已撤回";
        /// Approved, and nobody paid in time.
        Expired = "expired", "逾期未付已释放";
    }
}

impl AdvanceStatus {
    /// Whether money may still move to the consumer: the case must wait for it.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Requested | Self::Intended | Self::Submitted | Self::Unknown)
    }

    /// Whether somebody has to know where the money goes: approved, and not paid yet.
    #[must_use]
    pub const fn is_to_be_paid(self) -> bool {
        matches!(self, Self::Intended | Self::Submitted | Self::Unknown)
    }

    /// Whether a provider has it in hand.
    #[must_use]
    pub const fn is_in_flight(self) -> bool {
        matches!(self, Self::Submitted | Self::Unknown)
    }
}
