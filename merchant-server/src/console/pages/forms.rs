//! The forms of the case page: what was typed, what was wrong with it, and what may be chosen.
//!
//! A form that is present is an action that is allowed. After a refusal the same form comes back
//! with the values kept and the message at the field. Checks nothing itself.

use super::parts::Tone;

/// A text, date or amount field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    /// What was typed, or the proposal.
    pub(crate) value: String,
    /// What is wrong and the remedy; empty when nothing is.
    pub(crate) error: String,
}

/// Something to choose.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) code: String,
    /// What is read.
    pub(crate) label: String,
    /// Whether it is chosen.
    pub(crate) chosen: bool,
}

/// A choice among several, one or many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Select {
    /// What may be chosen.
    pub(crate) options: Vec<Choice>,
    /// What is wrong and the remedy; empty when nothing is.
    pub(crate) error: String,
}

/// An amount in yuan that belongs to a term.
#[derive(Clone, Debug, Default)]
pub(crate) struct AmountField {
    /// The field's name: `refund_yuan`, `damages_yuan`, `multiple_yuan`, `mental_damages_yuan`.
    pub(crate) name: String,
    /// The term it belongs to, e.g. "赔偿损失".
    pub(crate) label: String,
    /// What was typed.
    pub(crate) value: String,
    /// What is wrong and the remedy; empty when nothing is.
    pub(crate) error: String,
}

/// Every action this person may take now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Actions {
    /// 受理
    pub(crate) accept: Option<AcceptForm>,
    /// 审核, both ways.
    pub(crate) review: Option<ReviewForm>,
    /// 登记联系
    pub(crate) contact: Option<ContactForm>,
    /// 提出和解方案
    pub(crate) offer: Option<OfferForm>,
    /// 履行完成并办结
    pub(crate) perform: Option<PerformForm>,
    /// 登记未按约履行
    pub(crate) breach: Option<BreachForm>,
    /// 非本单位等
    pub(crate) reject: Option<RejectForm>,
    /// 退回 12315
    pub(crate) hand_back: Option<HandBackForm>,
    /// What waits for this person: a transfer to take, a proposal of the consumer's to answer.
    pub(crate) waiting: Vec<PlainForm>,
    /// What else there is to do.
    pub(crate) more: Vec<PlainForm>,
    /// What the consumer says at the desk, to be written down.
    pub(crate) at_desk: Vec<PlainForm>,
}

impl Actions {
    /// Whether there is nothing this person may do now.
    pub(crate) const fn is_empty(&self) -> bool {
        self.accept.is_none()
            && self.review.is_none()
            && self.contact.is_none()
            && self.offer.is_none()
            && self.perform.is_none()
            && self.breach.is_none()
            && self.reject.is_none()
            && self.hand_back.is_none()
            && self.waiting.is_empty()
            && self.more.is_empty()
            && self.at_desk.is_empty()
    }
}

/// What a field of a [`PlainForm`] is typed or chosen with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PlainKind {
    /// One line.
    #[default]
    Text,
    /// Several lines.
    Area,
    /// A day.
    Date,
    /// Yuan.
    Amount,
    /// One of several.
    Select,
    /// Any of several; of a single one, a tick.
    Checks,
    /// Sent as it stands.
    Hidden,
}

/// A field of a [`PlainForm`].
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainField {
    /// The name it is sent under.
    pub(crate) name: String,
    /// What is read beside it.
    pub(crate) label: String,
    /// How it is filled in.
    pub(crate) kind: PlainKind,
    /// What was typed, or the proposal.
    pub(crate) value: String,
    /// What may be chosen.
    pub(crate) options: Vec<Choice>,
    /// The first day that may be chosen, ISO; empty for any.
    pub(crate) earliest: String,
    /// A word of help; empty for none.
    pub(crate) hint: String,
    /// What is wrong and the remedy; empty when nothing is.
    pub(crate) error: String,
    /// Whether it must be filled in.
    pub(crate) required: bool,
    /// At most so many characters; 0 for as many as any field of its kind.
    pub(crate) max: u32,
}

impl PlainField {
    /// At most so many characters.
    pub(crate) const fn longest(&self) -> u32 {
        if self.max > 0 { self.max } else { 1200 }
    }

    /// Whether it has several lines.
    pub(crate) const fn is_area(&self) -> bool {
        matches!(self.kind, PlainKind::Area)
    }

    /// Whether it is a day.
    pub(crate) const fn is_date(&self) -> bool {
        matches!(self.kind, PlainKind::Date)
    }

    /// Whether it is an amount.
    pub(crate) const fn is_amount(&self) -> bool {
        matches!(self.kind, PlainKind::Amount)
    }

    /// Whether one of several is chosen.
    pub(crate) const fn is_select(&self) -> bool {
        matches!(self.kind, PlainKind::Select)
    }

    /// Whether any of several are ticked.
    pub(crate) const fn is_checks(&self) -> bool {
        matches!(self.kind, PlainKind::Checks)
    }

    /// Whether it is only sent.
    pub(crate) const fn is_hidden(&self) -> bool {
        matches!(self.kind, PlainKind::Hidden)
    }

    /// Whether it is a tick without which nothing is sent.
    pub(crate) fn is_needed_tick(&self) -> bool {
        self.required && self.options.len() == 1
    }
}

/// A form that is only its fields: one block of the template shows every one of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainForm {
    /// The action's code; it is sent, and the ids of the fields begin with it.
    pub(crate) action: String,
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// The action's word.
    pub(crate) title: String,
    /// A word beside the title.
    pub(crate) hint: String,
    /// What to know before it is filled in; empty for nothing.
    pub(crate) intro: String,
    /// What is asked before it is sent.
    pub(crate) confirm: Option<String>,
    /// The fields in their order.
    pub(crate) fields: Vec<PlainField>,
    /// The word on the button.
    pub(crate) submit_label: String,
    /// How it should feel: what cannot be undone is bad.
    pub(crate) tone: Tone,
}

impl PlainForm {
    /// The looks of the button.
    pub(crate) const fn button(&self) -> &'static str {
        match self.tone {
            Tone::Bad => "btn btn-danger",
            Tone::Quiet | Tone::Good | Tone::Busy | Tone::Warn => "btn btn-main",
        }
    }

    /// The looks of what is said first.
    pub(crate) const fn notice(&self) -> &'static str {
        match self.tone {
            Tone::Bad => "alert alert-warn field-wide",
            Tone::Quiet | Tone::Good | Tone::Busy | Tone::Warn => "prose field-wide",
        }
    }
}

/// 受理: nothing to fill in.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcceptForm {
    /// Who becomes 首问责任人, as a sentence of the page.
    pub(crate) responder: String,
}

/// 审核通过 or 审核退回.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReviewForm {
    /// The draft in a line.
    pub(crate) summary: String,
    /// What is asked before it is approved: what follows.
    pub(crate) confirm: String,
    /// Why it is sent back.
    pub(crate) reason: Field,
}

/// 登记联系
#[derive(Clone, Debug, Default)]
pub(crate) struct ContactForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// 联系方式
    pub(crate) method: Select,
    /// 联系结果
    pub(crate) result: Select,
    /// 联系内容
    pub(crate) note: Field,
}

/// 提出和解方案
#[derive(Clone, Debug, Default)]
pub(crate) struct OfferForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Above which amount a supervisor approves, as a sentence; empty for no limit.
    pub(crate) limit_hint: String,
    /// The terms, sent as `kinds`, once for each.
    pub(crate) kinds: Select,
    /// The amounts in yuan.
    pub(crate) amounts: Vec<AmountField>,
    /// What the consumer does in exchange, sent as `in_exchange`, once for each.
    pub(crate) in_exchange: Select,
    /// 履行期限
    pub(crate) perform_by: Field,
    /// 消费者答复期限
    pub(crate) answer_by: Field,
    /// The first day that may be chosen, ISO.
    pub(crate) earliest: String,
    /// 方案说明
    pub(crate) text: Field,
}

/// 履行完成并办结
#[derive(Clone, Debug, Default)]
pub(crate) struct PerformForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// 办结结果
    pub(crate) outcome: Select,
    /// 协商方式
    pub(crate) method: Select,
    /// 协商过程
    pub(crate) process: Field,
    /// 协商结果
    pub(crate) result: Field,
    /// 挽回经济损失, in yuan.
    pub(crate) recovered_yuan: Field,
    /// 履行凭证
    pub(crate) proof: Field,
}

/// 登记未按约履行
#[derive(Clone, Debug, Default)]
pub(crate) struct BreachForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// What happened.
    pub(crate) reason: Field,
}

/// 非本单位, 重复, 不属消费争议
#[derive(Clone, Debug, Default)]
pub(crate) struct RejectForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Which of them.
    pub(crate) reason: Select,
    /// In words.
    pub(crate) text: Field,
}

/// 退回 12315
#[derive(Clone, Debug, Default)]
pub(crate) struct HandBackForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Whether it lies here because the time is over.
    pub(crate) drafted: bool,
    /// Why.
    pub(crate) reason: Select,
    /// What was tried.
    pub(crate) summary: Field,
    /// What is wrong with the confirmation; empty when nothing is.
    pub(crate) confirm_error: String,
}

/// 显示个人信息
#[derive(Clone, Debug, Default)]
pub(crate) struct RevealForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Which fields, sent as `fields`, once for each.
    pub(crate) fields: Select,
    /// Why.
    pub(crate) reason: Field,
}
