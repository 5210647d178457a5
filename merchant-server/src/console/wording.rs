//! Events and states in the words of the desk.

use green_channel::case::{
    ContactMethod, ContactResult, HandbackReason, RejectionReason, ReportKind, Role, StateName,
};
use green_channel::channel::HistoryEntry;
use serde_json::Value;

use super::pages::parts::Tone;

/// How a state should feel.
pub(super) const fn state_tone(state: StateName) -> Tone {
    match state {
        StateName::Received | StateName::AwaitingApproval | StateName::Rejected => Tone::Warn,
        StateName::InProgress | StateName::Offered | StateName::Settled => Tone::Busy,
        StateName::Closed => Tone::Good,
        StateName::HandedBack | StateName::Withdrawn | StateName::Erased => Tone::Quiet,
    }
}

/// One event in a plain sentence.
pub(super) fn sentence(entry: &HistoryEntry) -> String {
    let text = |name: &str| entry.data.get(name).and_then(Value::as_str).unwrap_or_default();
    match entry.kind.as_str() {
        "received" => "12315 中心分流投诉，同意书核验通过，已出具收件回执".to_owned(),
        "accepted" => "受理，确定首问责任人".to_owned(),
        "contacted" => {
            let method = ContactMethod::ALL.into_iter().find(|m| m.code() == text("method"));
            let reached = text("result") == "reached";
            let result = if reached { ContactResult::Reached } else { ContactResult::Unreachable };
            let method = method.map_or("", ContactMethod::label_zh);
            format!("{method}联系消费者，{}", result.label_zh())
        }
        "offer_drafted" => "拟定和解方案，待另一人审核".to_owned(),
        "offered" => "向消费者提出和解方案".to_owned(),
        "offer_sent_back" => "方案审核退回".to_owned(),
        "settled" => "消费者接受方案，达成和解".to_owned(),
        "offer_declined" => "消费者未接受方案".to_owned(),
        "offer_expired" => "方案到期未答复，自动失效".to_owned(),
        "performed" => "和解内容已履行".to_owned(),
        "closed" => "办结".to_owned(),
        "breached" => "登记未按约履行，重新协商".to_owned(),
        "rejected" => {
            let reason = RejectionReason::ALL.into_iter().find(|r| r.code() == text("reason"));
            format!("申请退回：{}", reason.map_or("", RejectionReason::label_zh))
        }
        "rejection_overturned" => "中心复核：应由本单位办理".to_owned(),
        "handed_back" => {
            let known =
                HandbackReason::CHOICES.into_iter().chain([HandbackReason::RejectionUpheld]);
            let reason = known.into_iter().find(|r| r.code() == text("reason"));
            format!("退回 12315 中心：{}", reason.map_or("", HandbackReason::label_zh))
        }
        "handback_acknowledged" => "中心已收到退回的全部材料".to_owned(),
        "withdrawn" => "消费者撤回投诉".to_owned(),
        "erased" => "消费者撤回同意，个人信息已销毁".to_owned(),
        "urged" => "12315 中心催办".to_owned(),
        "supervised" => format!("12315 中心督办，要求 {} 前答复", text("reply_by")),
        "supplemented" => "补充材料".to_owned(),
        "rated" => {
            let stars = entry.data.get("stars").and_then(Value::as_u64).unwrap_or_default();
            format!("消费者评价 {stars} 星")
        }
        "reopened" => "消费者经中心要求重新办理".to_owned(),
        "notice_kept" => "收到新类型通知，已原样保存".to_owned(),
        "revealed" => "查看消费者完整信息".to_owned(),
        "reported" => {
            let kind = ReportKind::from_code(text("report")).map_or("", ReportKind::label_zh);
            format!("回传“{kind}”，已收到中心回执")
        }
        other => format!("新类型记录：{other}"),
    }
}

/// The words of an event, each on its line.
pub(super) fn note(entry: &HistoryEntry) -> String {
    let hidden = ["complaint_no", "body", "receipt", "raw"];
    let shown = entry.words.iter().filter(|(field, _)| !hidden.contains(&field.as_str()));
    shown.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
}

/// How an event should feel.
pub(super) fn event_tone(kind: &str) -> Tone {
    match kind {
        "settled" | "performed" | "closed" => Tone::Good,
        "urged" | "supervised" | "offer_expired" | "offer_sent_back" => Tone::Warn,
        "breached" | "erased" => Tone::Bad,
        "accepted" | "offered" | "contacted" | "offer_drafted" => Tone::Busy,
        _ => Tone::Quiet,
    }
}

/// The official word of a role's code.
pub(super) fn role(code: &str) -> &'static str {
    Role::from_code(code).map_or("", Role::label_zh)
}

/// Why a report did not arrive, and what to do.
pub(super) fn delivery_cause(cause: &str) -> (String, String) {
    let (said, remedy) = match cause {
        "timeout" => ("中心在时限内没有应答", "系统会自动重试；长时间不通请检查网络"),
        "connect" => ("连接不上中心", "系统会自动重试；请检查网络与 center.api_url"),
        "broken_off" => ("与中心的连接中断", "系统会自动重试，同一编号不会重复生效"),
        "receipt_invalid" => ("中心的回执未通过核验", "请核对中心公钥文件，必要时联系中心"),
        "answer_malformed" | "answer_too_large" => ("中心的应答无法识别", "请联系中心的技术人员"),
        "http_401" | "http_403" => ("中心不接受我们的签名", "请核对时钟，并向中心登记我们的公钥"),
        "http_422" | "http_400" => ("中心拒收这条回传", "请核对案件内容后重新发送，或联系中心"),
        other => {
            let status = other.strip_prefix("http_").unwrap_or(other);
            return (format!("中心应答异常（{status}）"), "系统会自动重试".to_owned());
        }
    };
    (said.to_owned(), remedy.to_owned())
}
