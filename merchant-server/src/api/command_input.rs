//! What a caller can do to a case, as it stands in a body, and how it is carried out.

use green_channel::case::{
    Closing, Command, ContactMethod, ContactResult, HandbackReason, RejectionReason, Terms,
};
use green_channel::codes::Outcome;
use green_channel::ids::{OfferId, Pseudonym, TenantId};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{Date, iso_date};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::data_folder::Engine;

/// What can be done to a case through the API.
///
/// `signature` says how the consumer signed at the desk (a name, or the digest of a photo). It is
/// needed where a clerk writes down what the consumer said.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CommandInput {
    /// 受理: answer for it from now on.
    Accept {},
    /// 移交首问责任: ask another to take over, and answer for it until then.
    ProposeTransfer {
        /// Whom: the pseudonym of one of the staff.
        #[schema(value_type = String)]
        to: Pseudonym,
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 接收首问责任: only the one who was asked.
    TakeTransfer {},
    /// 不接收首问责任
    RefuseTransfer {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 收回移交
    RecallTransfer {},
    /// 登记联系
    Contact {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
        /// What was said.
        #[schema(max_length = 4000)]
        note: String,
    },
    /// 请消费者补充材料: clocks stand still meanwhile, where the rule set says so.
    AskSupplement {
        /// Until when; as long as the rule set lets it.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        reply_by: Date,
        /// What for.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 暂停计时, for an examination (鉴定、检测).
    Pause {
        /// The last day on which clocks stand still; they go on by themselves after it.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        until: Date,
        /// Which examination.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 恢复计时
    Resume {
        /// What it found.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 申请延期: ask the center for more time.
    AskExtension {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 延长办理期限, where the rule set lets a supervisor.
    Extend {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 提出和解方案
    Offer {
        /// The terms.
        terms: Terms,
        /// Until when the consumer may answer.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        answer_by: Date,
        /// In words.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 审核通过
    Approve {},
    /// 审核退回
    SendBack {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 生成确认链接: the answer carries `link`, once.
    IssueLink {},
    /// 登记消费者答复, given at the desk.
    Answer {
        /// To which offer.
        #[schema(value_type = String)]
        offer_id: OfferId,
        /// Yes or no.
        accepted: bool,
        /// In the consumer's words.
        #[schema(max_length = 4000)]
        text: Option<String>,
        /// How the consumer signed.
        #[schema(max_length = 4000)]
        signature: Option<String>,
    },
    /// 登记消费者方案, given at the desk.
    Counter {
        /// The offer it answers.
        #[schema(value_type = String)]
        answers: OfferId,
        /// What the consumer proposes.
        terms: Terms,
        /// In the consumer's words.
        #[schema(max_length = 4000)]
        text: String,
        /// How the consumer signed.
        #[schema(max_length = 4000)]
        signature: Option<String>,
    },
    /// 接受消费者方案: above the clerk's limit another person approves.
    AcceptCounter {
        /// Which proposal.
        #[schema(value_type = String)]
        offer_id: OfferId,
    },
    /// 不接受消费者方案
    DeclineCounter {
        /// Which proposal.
        #[schema(value_type = String)]
        offer_id: OfferId,
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 履行完成并办结
    Perform {
        /// What shows it.
        #[schema(max_length = 4000)]
        proof: String,
        /// How it ended.
        #[schema(value_type = String)]
        outcome: Outcome,
        /// 协商方式
        method: ContactMethod,
        /// 协商过程
        #[schema(max_length = 4000)]
        process: String,
        /// 协商结果
        #[schema(max_length = 4000)]
        result: String,
        /// 挽回经济损失, in fen.
        #[schema(value_type = i64, minimum = 0)]
        recovered_fen: Fen,
    },
    /// 未按约履行
    Breach {
        /// What happened.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 非本单位等
    Reject {
        /// Why.
        reason: RejectionReason,
        /// In words.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 退回12315中心
    HandBack {
        /// Why.
        reason: HandbackReason,
        /// What was tried.
        #[schema(max_length = 4000)]
        summary: String,
    },
    /// 消费者撤诉, at the desk.
    Withdraw {
        /// In the consumer's words.
        #[schema(max_length = 4000)]
        reason: Option<String>,
        /// How the consumer signed.
        #[schema(max_length = 4000)]
        signature: Option<String>,
    },
    /// 撤回同意: destroys the personal data, for good.
    WithdrawConsent {
        /// The number of the paper the consumer signed, in the host's own file: it outlives the
        /// personal data. No number of a person.
        #[serde(default)]
        #[schema(min_length = 4, max_length = 32, pattern = "^[A-Za-z0-9-]{4,32}$")]
        paper_no: Option<String>,
    },
    /// 补充材料: something more from the consumer.
    Supplement {
        /// What.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 指定责任商户: whether the consent names it is found out here.
    Assign {
        /// Which shop.
        #[schema(value_type = String)]
        tenant: TenantId,
    },
    /// 取消责任商户
    Unassign {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 商户说明: the shop says its part.
    TenantState {
        /// What.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 评价, at the desk.
    Rate {
        /// 1 to 5.
        #[schema(minimum = 1, maximum = 5)]
        stars: u8,
        /// In the consumer's words.
        #[schema(max_length = 4000)]
        text: Option<String>,
        /// How the consumer signed.
        #[serde(default)]
        #[schema(max_length = 4000)]
        signature: Option<String>,
    },
    /// 重新办理, at the desk.
    Reopen {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
        /// How the consumer signed.
        #[schema(max_length = 4000)]
        signature: Option<String>,
    },
    /// 显示个人信息: logged, with the reason.
    Reveal {
        /// name, phone, id_number, address
        fields: Vec<String>,
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
}

/// How something is done to a case.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// By the core's command alone.
    Command(Command),
    /// With a fresh link beside it, whose secret is shown once.
    IssueLink,
    /// With a look into the consent first.
    Assign(TenantId),
}

impl CommandInput {
    /// Whether it shows the caller something, and so needs a scope to read as well.
    pub(super) const fn reads(&self) -> bool {
        matches!(self, Self::Reveal { .. })
    }

    /// How it is carried out, with a fresh offer id where one is needed.
    pub(crate) fn into_step(self, engine: &Engine) -> Step {
        Step::Command(match self {
            Self::IssueLink {} => return Step::IssueLink,
            Self::Assign { tenant } => return Step::Assign(tenant),
            Self::Accept {} => Command::Accept,
            Self::ProposeTransfer { to, reason } => {
                Command::ProposeTransfer { to, reason: said(reason) }
            }
            Self::TakeTransfer {} => Command::TakeTransfer,
            Self::RefuseTransfer { reason } => Command::RefuseTransfer { reason: said(reason) },
            Self::RecallTransfer {} => Command::RecallTransfer,
            Self::Contact { method, result, note } => {
                Command::Contact { method, result, note: said(note) }
            }
            Self::AskSupplement { reply_by, text } => {
                Command::AskSupplement { reply_by, text: said(text) }
            }
            Self::Pause { until, reason } => Command::Pause { until, reason: said(reason) },
            Self::Resume { reason } => Command::Resume { reason: said(reason) },
            Self::AskExtension { reason } => Command::AskExtension { reason: said(reason) },
            Self::Extend { reason } => Command::Extend { reason: said(reason) },
            Self::Offer { terms, answer_by, text } => offer(engine, terms, answer_by, text),
            Self::Approve {} => Command::Approve,
            Self::SendBack { reason } => Command::SendBack { reason: said(reason) },
            Self::Answer { offer_id, accepted, text, signature } => {
                let (text, signature) = (text.map(said), signature.map(said));
                Command::Answer { offer_id, accepted, text, signature }
            }
            Self::Counter { answers, terms, text, signature } => {
                counter(engine, answers, terms, text, signature)
            }
            Self::AcceptCounter { offer_id } => Command::AcceptCounter { offer_id },
            Self::DeclineCounter { offer_id, reason } => {
                Command::DeclineCounter { offer_id, reason: said(reason) }
            }
            Self::Perform { proof, outcome, method, process, result, recovered_fen } => {
                let (process, result) = (said(process), said(result));
                let closing = Closing { outcome, method, process, result, recovered_fen };
                Command::Perform { proof: said(proof), closing }
            }
            Self::Breach { reason } => Command::Breach { reason: said(reason) },
            Self::Reject { reason, text } => Command::Reject { reason, text: said(text) },
            Self::HandBack { reason, summary } => {
                Command::HandBack { reason, summary: said(summary) }
            }
            Self::Withdraw { reason, signature } => {
                Command::Withdraw { reason: reason.map(said), signature: signature.map(said) }
            }
            Self::WithdrawConsent { paper_no } => Command::WithdrawConsent { paper_no },
            Self::Supplement { text } => Command::Supplement { text: said(text) },
            Self::Unassign { reason } => Command::Unassign { reason: said(reason) },
            Self::TenantState { text } => Command::TenantState { text: said(text) },
            Self::Rate { stars, text, signature } => {
                Command::Rate { stars, text: text.map(said), signature: signature.map(said) }
            }
            Self::Reopen { reason, signature } => {
                Command::Reopen { reason: said(reason), signature: signature.map(said) }
            }
            Self::Reveal { fields, reason } => Command::Reveal { fields, reason: said(reason) },
        })
    }
}

fn said(text: String) -> Personal<String> {
    Personal::new(text)
}

fn offer(engine: &Engine, terms: Terms, answer_by: Date, text: String) -> Command {
    let offer_id = OfferId::new(engine.now(), engine.random());
    Command::Offer { offer_id, terms, answer_by, text: said(text) }
}

fn counter(
    engine: &Engine,
    answers: OfferId,
    terms: Terms,
    text: String,
    signature: Option<String>,
) -> Command {
    let offer_id = OfferId::new(engine.now(), engine.random());
    let (text, signature) = (said(text), signature.map(said));
    Command::Counter { offer_id, answers, terms, text, signature }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: serde_json::Value) -> Result<CommandInput, serde_json::Error> {
        serde_json::from_value(body)
    }

    #[test]
    fn what_the_consumer_need_not_say_may_be_left_out() {
        let offer_id = OfferId::from_bytes([7; 16]);
        for body in [
            json!({ "action": "answer", "offer_id": offer_id, "accepted": true }),
            json!({ "action": "withdraw" }),
            json!({ "action": "rate", "stars": 5 }),
            json!({ "action": "reopen", "reason": "又坏了" }),
        ] {
            assert!(read(body.clone()).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_member_that_does_not_belong_to_the_action_is_refused() {
        let tenant = TenantId::from_bytes([7; 16]);
        for body in [
            json!({ "action": "take_transfer", "to": "x" }),
            json!({ "action": "assign", "tenant": tenant, "named": true }),
            json!({ "action": "issue_link", "offer_id": OfferId::from_bytes([7; 16]) }),
            json!({ "action": "erase", "reason": "retention" }),
        ] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn terms_may_name_what_the_consumer_gives_in_exchange() {
        let terms = json!({
            "kinds": ["return_goods"], "refund_fen": 0, "damages_fen": 0, "multiple_fen": 0,
            "mental_damages_fen": 0, "perform_by": "2026-12-01",
            "in_exchange": ["give_back_goods"],
        });
        let body = json!({
            "action": "counter", "answers": OfferId::from_bytes([7; 16]), "terms": terms,
            "text": "退货", "signature": "本人签字",
        });
        let Ok(CommandInput::Counter { terms, signature, .. }) = read(body) else {
            panic!("a counter reads as one")
        };
        assert_eq!(terms.in_exchange.len(), 1);
        assert_eq!(signature.as_deref(), Some("本人签字"));
    }
}
